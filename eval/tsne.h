/*
 * tsne.h - points laid out so that neighbours stay neighbours.
 */
#ifndef W2B_EVAL_TSNE_H
#define W2B_EVAL_TSNE_H

#include <stddef.h>
#include <stdint.h>

#include "io/progress.h"

/* The nearest others of each point, nearest first. */
typedef struct w2b_near {
    size_t n, k;
    uint32_t *rows;  /* [n][k] */
    float *cosines;  /* [n][k] */
} w2b_near;

typedef struct w2b_tsne {
    double perplexity;    /* below k */
    uint32_t iterations;
    uint64_t seed;
    uint32_t threads;
    w2b_meter *meter;     /* told after each iteration */
} w2b_tsne;

/* Moves the points xy[n][2] from where they are, only the shape of which
 * matters, to a layout by t-SNE (van der Maaten and Hinton 2008) in which the
 * squared distance of two points stands for 2 - 2 cosine. The result does not
 * depend on the number of threads. W2B_ERR_MEMORY, or W2B_ERR_CANCELLED with
 * xy anywhere. */
w2b_err w2b_tsne_run(const w2b_near *near, const w2b_tsne *options, double (*xy)[2],
                     w2b_diag *diag);

#endif
