/*
 * codec.h - decompression of gzip, bzip2, xz and zstd, one member at a time.
 *
 * Each through its own library rather than through libarchive, whose gzip
 * filter (3.6) checks neither checksum nor length and takes damaged data for
 * the end of the file.
 */
#ifndef W2B_IO_CODEC_H
#define W2B_IO_CODEC_H

#include "io/base.h"

/* So many bytes of a member are enough for the recognition. */
#define W2B_CODEC_HEAD 10

/* What one step works on; it moves all four on. */
typedef struct w2b_codec_io {
    const uint8_t *in;
    size_t in_n;
    uint8_t *out;
    size_t out_room;
} w2b_codec_io;

typedef enum w2b_codec_step {
    W2B_CODEC_MORE = 0,     /* wants input or room, or has just gone on */
    W2B_CODEC_END = 1,      /* the member is whole, its checksum right */
    W2B_CODEC_DAMAGED = 2,
    W2B_CODEC_TOO_LARGE = 3,/* wants more than a bounded window */
    W2B_CODEC_MEMORY = 4
} w2b_codec_step;

typedef struct w2b_codec {
    const char *name;       /* "gzip" */

    /* Whether the first `n` bytes of a file are, or if it is no longer than
     * that, could have become, the beginning of a member. */
    int (*sniff)(const uint8_t *head, size_t n);

    /* A decoder that stands before a member; NULL: memory is short. */
    void *(*open)(void);

    /* Stands before the next member again. 0, or -1: memory is short. */
    int (*restart)(void *decoder);

    w2b_codec_step (*step)(void *decoder, w2b_codec_io *io);
    void (*close)(void *decoder);
} w2b_codec;

/* The codec of a file that begins with these bytes; NULL: none. */
const w2b_codec *w2b_codec_find(const uint8_t *head, size_t n);

#endif
