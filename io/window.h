/*
 * window.h - a stream seen through a window that grows as far as one record
 * needs.
 */
#ifndef W2B_IO_WINDOW_H
#define W2B_IO_WINDOW_H

#include "io/stream.h"

typedef struct w2b_window {
    w2b_stream *stream;
    uint8_t *bytes;
    size_t room;
    size_t at;        /* bytes[at, n) is not used yet */
    size_t n;
    uint64_t offset;  /* of bytes[at] in the (decompressed) stream */
    int end;          /* nothing comes after bytes[n) */
} w2b_window;

/* `stream` must outlive the window. Release with w2b_window_free. */
w2b_err w2b_window_open(w2b_window *window, w2b_stream *stream, w2b_diag *diag);
void w2b_window_free(w2b_window *window);

/* Brings `need` unused bytes in, or all there are. Memory grows as bytes
 * arrive, and `bytes` may move. */
w2b_err w2b_window_need(w2b_window *window, size_t need, w2b_diag *diag);

/* Looks for `byte` among the next `most` bytes. *length is the number of
 * bytes in front of it; or *found is 0, and *length that of all bytes looked
 * at. Nothing is used up. */
w2b_err w2b_window_find(w2b_window *window, char byte, size_t most, size_t *length,
                        int *found, w2b_diag *diag);

/* The next bytes, and their use. */
static inline const char *w2b_window_bytes(const w2b_window *window)
{
    return (const char *)window->bytes + window->at;
}

static inline size_t w2b_window_left(const w2b_window *window)
{
    return window->n - window->at;
}

static inline void w2b_window_use(w2b_window *window, size_t n)
{
    window->at += n;
    window->offset += n;
}

#endif
