/*
 * cut.h - how the reading of a corpus is cut into pieces of work.
 *
 * Everyone but the tests uses w2b_corpus_read and w2b_vocab_count, which cut
 * as W2B_CUT says. Tests take pieces of a few bytes to meet every boundary.
 */
#ifndef W2B_CUT_H
#define W2B_CUT_H

#include "word2bits/corpus.h"
#include "word2bits/text.h"

typedef struct w2b_cut {
    size_t piece;    /* bytes of text that one thread counts at a time */
    uint32_t pieces; /* of a round; the vocabulary is pruned between rounds,
                        so that results depend on piece * pieces once there
                        are more than max_vocab words */
} w2b_cut;

/* 1 MiB holds about 180,000 English words, 20,000 of them different: few enough
 * for a table in the second-level cache, enough to make merging cheap beside
 * counting. A round has a piece for each thread of a large machine; with the
 * next round and the tallies it takes some 120 MiB. Pieces of 0.5 to 8 MiB
 * differ in speed by less than a tenth. */
#define W2B_CUT ((w2b_cut){(size_t)1 << 20, 32})

/* What is counted in place of the text as it stands: apply() makes of each piece
 * another one, which it finds room for (w2b_piece_room), padding included. Any
 * thread, the same for the same piece. -1: memory is short. */
typedef struct w2b_lens {
    int (*apply)(void *context, const w2b_piece *in, w2b_piece *out);
    void *context;
} w2b_lens;

/* As w2b_vocab_count, through a lens; lines come whole if they are no longer
 * than a piece. min_count and max_vocab are of what the lens shows, max_word is
 * its own affair. */
w2b_err w2b_vocab_count_lens(const char *const *paths, size_t n_paths,
                             const w2b_corpus_options *options, const w2b_lens *lens,
                             w2b_vocab **vocab, w2b_corpus_report *report, w2b_diag *diag);

/* As the functions without _cut. */
w2b_err w2b_corpus_read_cut(const char *const *paths, size_t n_paths,
                            const w2b_corpus_options *options, w2b_cut cut,
                            w2b_corpus **corpus, w2b_diag *diag);
w2b_err w2b_vocab_count_cut(const char *const *paths, size_t n_paths,
                            const w2b_corpus_options *options, w2b_cut cut,
                            w2b_vocab **vocab, w2b_corpus_report *report,
                            w2b_diag *diag);

#endif
