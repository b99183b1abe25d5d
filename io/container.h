/*
 * container.h - the outer form of a .w2b file: a header, sections made of
 * blocks, and a directory of them. What the sections mean is not known here.
 *
 * FORMAT.md says every byte. In short: sections lie one after the other, each
 * from a multiple of 64 on; a block is raw or one zstd frame, and has its
 * XXH3-64 in the directory; the blocks of a section touch, so that a section
 * of raw blocks is one array of the file.
 */
#ifndef W2B_IO_CONTAINER_H
#define W2B_IO_CONTAINER_H

#include "io/base.h"

#define W2B_BLOCK_LIMIT ((size_t)1 << 20) /* raw bytes of a block, by format */
#define W2B_SECTION_LIMIT 64              /* sections of a file */
#define W2B_SECTION_ALIGN 64
#define W2B_HEADER_SIZE 64
#define W2B_VERSION_FORMAT 1 /* the major version that we read and write */

/* Fields of the header, in bytes from its begin. */
enum {
    W2B_HEADER_MAJOR = 8,
    W2B_HEADER_MINOR = 10,
    W2B_HEADER_FLAGS = 12,
    W2B_HEADER_FILE_SIZE = 16,
    W2B_HEADER_DIRECTORY = 24,
    W2B_HEADER_DIRECTORY_SIZE = 32,
    W2B_HEADER_DIRECTORY_HASH = 40,
    W2B_HEADER_RESERVED = 48,
    W2B_HEADER_HASH = 56
};

#define W2B_DIRECTORY_HEAD 8 /* number of sections, reserved */
#define W2B_SECTION_ENTRY 32 /* kind, encoding, raw size, block size, reserved, blocks */
#define W2B_BLOCK_ENTRY 24   /* offset, stored size, raw size, hash */

/* Values are part of the format. */
typedef enum w2b_kind {
    W2B_KIND_SHAPE = 1,
    W2B_KIND_META = 2,
    W2B_KIND_LEVELS = 3,
    W2B_KIND_STARTS = 4,
    W2B_KIND_MARKS = 5,
    W2B_KIND_ROWS = 6,
    W2B_KIND_WORDS = 7,
    W2B_KIND_COUNTS = 8,
    W2B_KIND_SCALES = 9,
    W2B_KIND_CODES = 10,
    W2B_KIND_PARAMS = 11
} w2b_kind;

/* "codes", "words", ...; "unknown" for kinds of later versions. */
const char *w2b_kind_name(uint32_t kind);

/* ----- Reading ------------------------------------------------------------ */

/* The bytes of a whole file: mapped, or from w2b_alloc. A mapped one keeps its
 * file open, to see whether somebody writes to it. */
typedef struct w2b_image {
    const uint8_t *bytes;
    size_t size;
    int mapped;
    int fd;
    int64_t seconds, nanoseconds; /* when it was last written */
} w2b_image;

/* Maps a regular file that is not empty. */
w2b_err w2b_image_map(const char *path, w2b_image *image, w2b_diag *diag);

void w2b_image_free(w2b_image *image);

typedef struct w2b_chunk {
    uint32_t kind;
    uint32_t encoding;
    uint64_t raw_size;   /* of all its blocks */
    uint32_t block_size; /* raw bytes of each block but the last; 0: each has its own */
    uint64_t blocks;
    uint64_t stored_size;   /* in the file */
    uint64_t begin, end;    /* in the file; `begin` is that of its first block */
    const uint8_t *entries; /* [blocks] in the directory */
    size_t first_cell;
} w2b_chunk;

typedef struct w2b_container w2b_container;

/* Checks header and directory, no block. Takes `image` over, also when it
 * fails. `path` is for messages, and copied. Memory is proportional to the
 * directory, which is part of the image. */
w2b_err w2b_container_open(w2b_image *image, const char *path, w2b_container **container,
                           w2b_diag *diag);

/* W2B_ERR_CORRUPT if the file has been written to or cut since it was mapped:
 * what was read from it may be wrong, checksums or not. */
w2b_err w2b_container_unchanged(const w2b_container *container, w2b_diag *diag);

/* Everything that was handed out goes with it. NULL is fine. */
void w2b_container_free(w2b_container *container);

const char *w2b_container_path(const w2b_container *container);
const w2b_image *w2b_container_image(const w2b_container *container);
uint64_t w2b_container_checksum(const w2b_container *container);  /* of the directory */
uint64_t w2b_container_directory(const w2b_container *container); /* its offset */

size_t w2b_container_sections(const w2b_container *container);
const w2b_chunk *w2b_container_at(const w2b_container *container, size_t i);
const w2b_chunk *w2b_container_find(const w2b_container *container, uint32_t kind);

/* Checks one block, block < section->blocks, and gives its raw bytes: in the
 * image (*owned = NULL), or in memory that the caller releases by w2b_free
 * (*owned). W2B_ERR_CORRUPT with the block's offset. Any thread. */
w2b_err w2b_container_fetch(const w2b_container *container, const w2b_chunk *section,
                            uint64_t block, const uint8_t **raw, size_t *size, uint8_t **owned,
                            w2b_diag *diag);

/* The same, checked and decompressed at the first call only; the bytes live as
 * long as the container. Any thread. */
w2b_err w2b_container_block(const w2b_container *container, const w2b_chunk *section,
                            uint64_t block, const uint8_t **raw, size_t *size, w2b_diag *diag);

/* Each block has one cell, empty at first. For sections that are not read by
 * w2b_container_block it may hold whatever its reader made of the block:
 * keep() stores `mine` (from w2b_alloc) unless another thread was first, and
 * returns what is stored; the container releases it. */
void *w2b_container_kept(const w2b_container *container, const w2b_chunk *section,
                         uint64_t block);
void *w2b_container_keep(const w2b_container *container, const w2b_chunk *section,
                         uint64_t block, void *mine);

/* W2B_ERR_CORRUPT at a block: "block 3 of the words is damaged: <why>". */
w2b_err w2b_container_damaged(const w2b_container *container, const w2b_chunk *section,
                              uint64_t block, const char *why, w2b_diag *diag);

/* W2B_ERR_FORMAT with the path. */
w2b_err w2b_container_malformed(const w2b_container *container, const char *why, w2b_diag *diag);

/* The bytes that belong to no block are all zero, and compressed blocks are one
 * frame each: what opening and reading need not know, but verifying does. */
w2b_err w2b_container_check(const w2b_container *container, w2b_diag *diag);

#endif
