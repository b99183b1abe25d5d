/*
 * vocab.h - the inside of a vocabulary.
 */
#ifndef W2B_VOCAB_H
#define W2B_VOCAB_H

#include "word2bits/count.h"

/* Words longer than this are in no vocabulary, in bytes. */
#define W2B_WORD_MOST ((uint32_t)1 << 20)

struct w2b_vocab {
    uint64_t n;
    char *bytes;      /* the words one after the other, a zero after each */
    uint64_t *starts; /* [n + 1] */
    uint64_t *counts; /* [n] */
};

/* Room for so many words of so many bytes in all, zero bytes included; NULL if
 * memory is short. */
w2b_vocab *w2b_vocab_new(uint64_t n, size_t bytes);

/* The words of `table` that occur `min_count` times or more, or are in `keep`
 * (NULL: none), in the order of vocabularies; of more than `most` the first so
 * many. If `map` is not NULL it receives the row, or W2B_UNKNOWN, of each
 * provisional id, [w2b_table_ids] from w2b_alloc. W2B_ERR_MEMORY only. */
w2b_err w2b_vocab_build(const w2b_table *table, uint64_t min_count, const w2b_table *keep,
                        uint64_t most, w2b_vocab **vocab, uint32_t **map, w2b_diag *diag);

/* A closed table of the vocabulary's words, their rows the provisional ids.
 * NULL if memory is short. */
w2b_table *w2b_vocab_table(const w2b_vocab *vocab);

#endif
