/*
 * nesting.h - how deep JSON is nested, told before it is parsed: what a parser
 * does for each level is its own affair, and its limit is not the caller's.
 */
#ifndef W2B_IO_NESTING_H
#define W2B_IO_NESTING_H

#include "io/base.h"

/* Zeroed but for `most` at the beginning of a text. */
typedef struct w2b_nesting {
    uint32_t most;   /* brackets that may be open at once */
    uint32_t depth;  /* that are open */
    int in_string;
    int escaped;     /* the character before was a backslash */
} w2b_nesting;

/* Looks at the next `n` bytes of the text, sound or not. Fails with
 * W2B_ERR_LIMIT, naming the file and the brackets allowed. */
w2b_err w2b_nesting_look(w2b_nesting *nesting, const void *bytes, size_t n, const char *path,
                         w2b_diag *diag);

#endif
