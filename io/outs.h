/*
 * outs.h - several files that appear together or not at all.
 */
#ifndef W2B_IO_OUTS_H
#define W2B_IO_OUTS_H

#include "io/out.h"

#define W2B_OUTS_MAX 4

typedef struct w2b_outs {
    w2b_out *outs[W2B_OUTS_MAX];
    size_t n;
} w2b_outs;

/* Opens one more as w2b_out_open does; it belongs to `outs`. */
w2b_err w2b_outs_open(w2b_outs *outs, const char *path, int replace, w2b_out **out,
                      w2b_diag *diag);

/* The end of all, with `err` saying how writing went: they get their names, the
 * first one last, or are gone. */
w2b_err w2b_outs_end(w2b_outs *outs, w2b_err err, w2b_diag *diag);

#endif
