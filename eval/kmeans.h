/*
 * kmeans.h - k-means (Lloyd 1982) from k-means++ (Arthur and Vassilvitskii
 * 2007).
 */
#ifndef W2B_EVAL_KMEANS_H
#define W2B_EVAL_KMEANS_H

#include "io/base.h"

typedef struct w2b_kmeans {
    uint32_t k;         /* 1 <= k <= n */
    uint32_t restarts;  /* at least 1: the one with the smallest sum of squared
                           distances is kept, the first of several */
    uint64_t seed;
    uint32_t threads;   /* at least 1; restarts are shared out */
} w2b_kmeans;

/* Puts rows[n][dim] into clusters: labels[n] in 0 .. k. The same for any
 * number of threads. 0, or -1 if memory is short. */
int w2b_kmeans_run(const w2b_kmeans *job, const float *rows, size_t n, size_t dim,
                   uint32_t *labels);

#endif
