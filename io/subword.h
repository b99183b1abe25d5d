/*
 * subword.h - vectors for words that are in no vocabulary, added up from those
 * of their parts: n-grams of characters (Bojanowski et al. 2017).
 */
#ifndef W2B_IO_SUBWORD_H
#define W2B_IO_SUBWORD_H

#include "io/matrix.h"
#include "io/model.h"
#include "io/words.h"

/* Longer parts are a sign that the file is damaged. */
#define W2B_SUBWORD_LENGTH_MAX 255

/* How a part gets its number. */
typedef enum w2b_subword_kind {
    W2B_SUBWORD_FASTTEXT,    /* fastText's hash modulo buckets */
    W2B_SUBWORD_FINALFUSION, /* the low bits of finalfusion's hash */
    W2B_SUBWORD_EXPLICIT,    /* a list has them all */
    W2B_SUBWORD_FLORET       /* 1 to 4 hashes modulo buckets, also of the word
                                as a whole */
} w2b_subword_kind;

/* Part and row, of fastText's dictionaries that have been pruned. */
typedef struct w2b_subword_kept {
    uint32_t bucket;
    uint32_t row;
} w2b_subword_kept;

struct w2b_subword {
    w2b_subword_kind kind;
    uint32_t min_n, max_n;   /* characters of a part, both included */
    uint64_t buckets;        /* how many numbers there are */
    char *begin, *end;       /* put around the word; NULL: "<" and ">" */
    int edges;               /* nonzero: these alone are parts, too */
    int unit;                /* nonzero: vectors get length 1; else they are the
                                mean of their parts' */
    w2b_subword_kept *kept;  /* [n_kept] by rising bucket; NULL: all */
    size_t n_kept;
    uint32_t hashes, seed;   /* of floret */
    w2b_index index;         /* of explicit parts: */
    char *bytes;             /* one after the other */
    uint64_t *starts;        /* [buckets + 1], and the end of the last one */
    uint64_t *numbers;       /* [parts] the row of each, from `first` on */
    w2b_matrix matrix;
    uint64_t first;          /* row of part number 0 */
};

/* Adds the rows of the parts of a word to `sum`; *n is how many they are.
 * W2B_ERR_MEMORY is the only error. Safe from several threads. */
w2b_err w2b_subword_add(const w2b_subword *subword, const char *word, size_t length, float *sum,
                        size_t *n, w2b_diag *diag);

/* The vector of a word. W2B_ERR_WORD: it has no parts that are known. */
w2b_err w2b_subword_compose(const w2b_subword *subword, const char *word, size_t length,
                            float *vector, w2b_diag *diag);

/* `explicit parts`: builds the index over bytes and starts of n parts. */
w2b_err w2b_subword_index(w2b_subword *subword, size_t n, w2b_diag *diag);

/* NULL is fine. */
void w2b_subword_free(w2b_subword *subword);

#endif
