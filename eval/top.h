/*
 * top.h - the best k of a stream of scored rows, in one total order.
 *
 * Rows may come in any order and through any number of collectors: the order
 * is total (falling score, then rising row), so that what is kept, and in
 * which order it comes out, does not depend on how the rows were shared out.
 */
#ifndef W2B_EVAL_TOP_H
#define W2B_EVAL_TOP_H

#include "io/base.h"

/* A heap whose root is the worst hit kept. */
typedef struct w2b_top {
    w2b_hit *hits;
    size_t n;
    size_t room;
    float floor;  /* a score below this can not enter any more */
} w2b_top;

/* Collects the best `room` >= 1 hits in hits[room], the caller's. */
void w2b_top_start(w2b_top *top, w2b_hit *hits, size_t room);

/* Offers a row. Calling it for scores below top->floor is useless but right;
 * a NaN is never kept. */
void w2b_top_offer(w2b_top *top, uint64_t row, float score);

/* Puts top->hits[0 .. n) into the order of answers. Nothing can be offered
 * after that. */
void w2b_top_sort(w2b_top *top);

/* One collector a thread and question. */
typedef struct w2b_tops {
    size_t threads;
    size_t n;        /* questions */
    size_t k;
    w2b_top *tops;   /* [threads][n] */
    w2b_hit *hits;   /* [threads][n][k] */
} w2b_tops;

/* How many questions may be collected at once, at least 1, so that collectors
 * take some 64 MiB at the most. */
size_t w2b_tops_limit(size_t threads, size_t k);

/* Makes room for `n` questions of `k` >= 1 answers. 0, or -1 if memory is
 * short. Release with w2b_tops_free, which accepts a zeroed struct. */
int w2b_tops_make(w2b_tops *tops, size_t threads, size_t n, size_t k);
void w2b_tops_free(w2b_tops *tops);

/* Empties all of them, for the next batch. */
void w2b_tops_clear(w2b_tops *tops);

/* The collector of a thread for question i. */
static inline w2b_top *w2b_tops_at(const w2b_tops *tops, size_t thread,
                                   size_t i)
{
    return &tops->tops[thread * tops->n + i];
}

/* Merges the threads' collections of question i to hits[k]; returns how many
 * there are. */
size_t w2b_tops_take(w2b_tops *tops, size_t i, w2b_hit *hits);

#endif
