/*
 * stream.h - bytes in: a file, or standard input, decompressed on the way.
 */
#ifndef W2B_IO_STREAM_H
#define W2B_IO_STREAM_H

#include "io/base.h"

typedef struct w2b_stream w2b_stream;

/* Opens `path` ("-" is standard input) for reading from front to back. gzip,
 * bzip2, xz and zstd are recognised by content, concatenated members too.
 * Directories and other things that cannot be read fail here. */
w2b_err w2b_stream_open(const char *path, w2b_stream **stream, w2b_diag *diag);

/* Up to `size` bytes to `buffer`; *got is 0 at the end only. A truncated or
 * damaged compressed file is W2B_ERR_FORMAT with the path and the offset. */
w2b_err w2b_stream_read(w2b_stream *stream, void *buffer, size_t size,
                        size_t *got, w2b_diag *diag);

/* The next bytes without consuming them: W2B_STREAM_PEEK of them, or all there
 * are. *head belongs to the stream and lasts until its next call. */
#define W2B_STREAM_PEEK ((size_t)64 << 10)
w2b_err w2b_stream_peek(w2b_stream *stream, const uint8_t **head, size_t *n,
                        w2b_diag *diag);

/* A compressed file that holds more bytes than that is W2B_ERR_LIMIT: a few KiB
 * can be made to hold any number of them. */
void w2b_stream_limit(w2b_stream *stream, uint64_t bytes);

/* Decompressed bytes handed out so far. */
uint64_t w2b_stream_offset(const w2b_stream *stream);

/* For progress: bytes consumed of the file as it lies on disk, and its size
 * (0 if it cannot be known). */
uint64_t w2b_stream_consumed(const w2b_stream *stream);
uint64_t w2b_stream_size(const w2b_stream *stream);

/* Bytes that are still to be handed out, where the file's size tells: it is
 * regular and not compressed. UINT64_MAX otherwise. */
uint64_t w2b_stream_left(const w2b_stream *stream);

/* The path as messages should show it: "-" becomes "standard input". */
const char *w2b_stream_name(const w2b_stream *stream);

void w2b_stream_close(w2b_stream *stream);

#endif
