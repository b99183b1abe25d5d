/*
 * out.h - bytes out: a file that appears whole under its name, or not at all.
 *
 * Bytes go to a temporary file in the same folder; w2b_out_commit flushes it,
 * syncs it, renames it to its name and syncs the folder. Until then an
 * existing file is as it was, and w2b_out_abort leaves nothing behind.
 */
#ifndef W2B_IO_OUT_H
#define W2B_IO_OUT_H

#include "io/base.h"

typedef struct w2b_out w2b_out;

/* "-" is standard output. An existing file is W2B_ERR_EXISTS unless `replace`;
 * this is checked now, before any work, and again at the end. A symbolic link
 * is followed; a device or pipe (/dev/null) is written in place. */
w2b_err w2b_out_open(const char *path, int replace, w2b_out **out,
                     w2b_diag *diag);

w2b_err w2b_out_write(w2b_out *out, const void *bytes, size_t size,
                      w2b_diag *diag);

/* Bytes written so far. */
uint64_t w2b_out_offset(const w2b_out *out);

/* Overwrites bytes written before; fails on standard output and pipes. */
w2b_err w2b_out_patch(w2b_out *out, uint64_t offset, const void *bytes,
                      size_t size, w2b_diag *diag);

/* Nonzero if w2b_out_patch can work. */
int w2b_out_seekable(const w2b_out *out);

/* These end the handles, whatever they return. commit_all lets several files
 * appear, or none: if one cannot, those before it are taken back, and what they
 * replaced is there again. */
w2b_err w2b_out_commit(w2b_out *out, w2b_diag *diag);
w2b_err w2b_out_commit_all(w2b_out *const *outs, size_t n, w2b_diag *diag);
void w2b_out_abort(w2b_out *out);

#endif
