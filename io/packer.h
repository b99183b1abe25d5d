/*
 * packer.h - writing the outer form of a .w2b file (see container.h).
 */
#ifndef W2B_IO_PACKER_H
#define W2B_IO_PACKER_H

#include "io/base.h"
#include "io/container.h"
#include "io/out.h"

typedef struct w2b_packer w2b_packer;

/* Raw bytes of one block: 1 to W2B_BLOCK_LIMIT of them. */
typedef struct w2b_piece {
    const uint8_t *bytes;
    size_t size;
} w2b_piece;

/* Starts a file at the place where `out` stands. Where `out` cannot be patched
 * the file is put together in memory. */
w2b_err w2b_packer_new(w2b_out *out, w2b_packer **packer, w2b_diag *diag);
void w2b_packer_free(w2b_packer *packer);

/* Begins a section. `block_size` as in the directory: raw bytes of each block
 * but the last, or 0. */
w2b_err w2b_packer_begin(w2b_packer *packer, w2b_kind kind, uint32_t block_size,
                         w2b_diag *diag);

/* Adds blocks. At zstd level `level` (0: raw) by all processors; a block that
 * does not shrink stays raw. */
w2b_err w2b_packer_add(w2b_packer *packer, const w2b_piece *pieces, size_t n, int level,
                       w2b_diag *diag);

/* A section that holds one array, cut into blocks of `block_size`. */
w2b_err w2b_packer_array(w2b_packer *packer, w2b_kind kind, const void *bytes, size_t size,
                         uint32_t block_size, int level, w2b_diag *diag);

/* The directory and the header. Nothing can be added then. */
w2b_err w2b_packer_finish(w2b_packer *packer, w2b_diag *diag);

#endif
