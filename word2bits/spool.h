/*
 * spool.h - a long row of token ids, in memory or in a file without a name.
 */
#ifndef W2B_SPOOL_H
#define W2B_SPOOL_H

#include "word2bits/corpus.h"

typedef struct w2b_spool w2b_spool;

/* Keeps up to `memory` bytes of ids in memory; with more than that all of
 * them go to a file in `folder` that never has a name, or loses it at once,
 * so that nothing is left behind however the program ends. `folder` must
 * outlive the spool. NULL if memory is short. */
w2b_spool *w2b_spool_new(uint64_t memory, const char *folder);

/* Makes the spool longer by `n` ids; they begin at *at, and are to be written
 * by w2b_spool_put. */
w2b_err w2b_spool_extend(w2b_spool *spool, uint64_t n, uint64_t *at, w2b_diag *diag);

/* Writes ids [at, at + n). Any thread, if the ranges are disjoint. */
w2b_err w2b_spool_put(w2b_spool *spool, uint64_t at, const uint32_t *ids, size_t n,
                      w2b_diag *diag);

uint64_t w2b_spool_size(const w2b_spool *spool);

/* Nonzero if the ids are in a file. */
int w2b_spool_on_disk(const w2b_spool *spool);

/* Replaces each id by map[id] [n_map], leaves out those that become
 * W2B_UNKNOWN, and line ends at the beginning or behind another line end. All
 * ids but W2B_EOL must be below n_map. */
w2b_err w2b_spool_remap(w2b_spool *spool, const uint32_t *map, uint64_t n_map,
                        uint32_t threads, w2b_diag *diag);

/* The ids as one array, owned by the spool, which cannot change any more. */
w2b_err w2b_spool_finish(w2b_spool *spool, const uint32_t **ids, uint64_t *n, w2b_diag *diag);

void w2b_spool_free(w2b_spool *spool);

#endif
