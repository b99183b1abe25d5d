/*
 * words.h - words, their counts and their index, as .w2b files hold them.
 *
 * Words and counts come in blocks of the same number of rows that are read one
 * at a time; the index is three arrays that are used where they lie.
 */
#ifndef W2B_IO_WORDS_H
#define W2B_IO_WORDS_H

#include "io/base.h"

/* ----- Index -------------------------------------------------------------- */

/* A hash table in compressed rows. Word w with h = XXH3-64(w) belongs to
 * bucket (h >> 32) * buckets >> 32, whose entries are starts[bucket] to
 * starts[bucket + 1]. Entry e is word number rows[e]; marks[e] is the low byte
 * of h, so that only one other word in 256 is looked at in vain. Rows rise
 * within a bucket: of words that occur twice the first is found. */
typedef struct w2b_index {
    uint32_t buckets;
    uint32_t *starts; /* [buckets + 1] */
    uint8_t *marks;   /* [words] */
    uint32_t *rows;   /* [words] */
} w2b_index;

#define W2B_INDEX_LOAD 8 /* words a bucket in the files that we write */

uint64_t w2b_word_hash(const char *word, size_t length);

static inline uint32_t w2b_index_bucket(uint64_t hash, uint32_t buckets)
{
    return (uint32_t)(((hash >> 32) * buckets) >> 32);
}

static inline uint8_t w2b_index_mark(uint64_t hash)
{
    return (uint8_t)hash;
}

/* The index of words with these hashes, 0 < words < 2^32 - 1. 0, or -1 if
 * memory is short. Release with w2b_index_free. */
int w2b_index_build(const uint64_t *hashes, uint64_t words, w2b_index *index);
void w2b_index_free(w2b_index *index);

/* ----- Blocks of words and counts ----------------------------------------- */

/* Words of one block, from one allocation. Word i is length i = starts[i + 1] -
 * starts[i] - 1 bytes from starts[i] on, and a zero byte. */
typedef struct w2b_word_block {
    char *bytes;
    uint32_t starts[];
} w2b_word_block;

/* Bytes of an unsigned number in LEB128: 7 bits a byte, low ones first, the
 * top bit set in all bytes but the last. At most W2B_LEB_MOST. */
#define W2B_LEB_MOST 10
size_t w2b_leb_put(uint64_t x, uint8_t *to);

/* The number at *at, which moves behind it; -1 if it does not end before `end`,
 * does not fit 64 bits or is longer than it needs to be. */
int w2b_leb_get(const uint8_t **at, const uint8_t *end, uint64_t *x);

/* The block of `n` words from its raw bytes: n lengths, then all bytes. NULL
 * with *why = NULL if memory is short, or with a reason. Memory is in
 * proportion to `size`, which is at most 1 MiB. Release with w2b_free. */
w2b_word_block *w2b_words_decode(const uint8_t *raw, size_t size, size_t n, const char **why);

/* Counts are differences to the count before (0 before the first), folded to
 * 0, -1, 1, -2, ... = 0, 1, 2, 3, ... `to` has room for n * W2B_LEB_MOST bytes;
 * returns how many were written. Differences wrap around. */
size_t w2b_counts_encode(const uint64_t *counts, size_t n, uint8_t *to);

/* counts[n] from w2b_alloc, or NULL as above. */
uint64_t *w2b_counts_decode(const uint8_t *raw, size_t size, size_t n, const char **why);

#endif
