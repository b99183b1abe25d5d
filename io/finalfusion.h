/*
 * finalfusion.h - the chunks of finalfusion's files.
 */
#ifndef W2B_IO_FINALFUSION_H
#define W2B_IO_FINALFUSION_H

#include "io/binary.h"
#include "io/subword.h"
#include "io/wordlist.h"

#define W2B_FIFU_MAGIC "FiFu"
#define W2B_FIFU_MAGIC_SIZE 4

enum {
    W2B_FIFU_WORDS = 1,      /* words alone */
    W2B_FIFU_ROWS = 2,       /* floats */
    W2B_FIFU_BUCKETS = 3,    /* words, and parts by finalfusion's hash */
    W2B_FIFU_CODES = 4,      /* product-quantized rows */
    W2B_FIFU_METADATA = 5,   /* TOML */
    W2B_FIFU_NORMS = 6,      /* lengths of the words' vectors */
    W2B_FIFU_FASTTEXT = 7,   /* words, and parts by fastText's hash */
    W2B_FIFU_EXPLICIT = 8,   /* words, and a list of parts */
    W2B_FIFU_FLORET = 9      /* parts by floret's hashes, no words */
};

/* Types of numbers. */
enum { W2B_FIFU_U8 = 1, W2B_FIFU_F32 = 10 };

/* Zero bytes in front of numbers, where `position` is the first of them: up to
 * a multiple of 4, and 4 where there is one. */
static inline size_t w2b_fifu_padding(uint64_t position)
{
    return 4 - (size_t)(position % 4);
}

/* Whether a chunk holds a vocabulary. */
int w2b_fifu_is_vocab(uint32_t id);

/* Reads the vocabulary chunk `id`, from behind its length on: its words, and in
 * *subword how words are divided, NULL if they are not. It has buckets and
 * first, the row of part number 0. *subword is the caller's whatever this
 * returns. (finalfusion_vocab.c) */
w2b_err w2b_fifu_vocab(w2b_binary *file, uint32_t id, w2b_wordlist *words,
                       w2b_subword **subword, w2b_diag *diag);

#endif
