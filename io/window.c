/*
 * window.c - a stream seen through a window that grows as far as one record
 * needs.
 */
#include <string.h>

#include "io/window.h"

/* Large enough that plain files are read straight into it. */
#define FIRST_ROOM ((size_t)1 << 20)

w2b_err w2b_window_open(w2b_window *window, w2b_stream *stream, w2b_diag *diag)
{
    memset(window, 0, sizeof *window);
    window->stream = stream;
    window->bytes = w2b_alloc(FIRST_ROOM, 1);
    if (!window->bytes)
        return w2b_fail_memory(diag, FIRST_ROOM, "reading a file");
    window->room = FIRST_ROOM;
    return W2B_OK;
}

void w2b_window_free(w2b_window *window)
{
    w2b_free(window->bytes);
    window->bytes = NULL;
}

w2b_err w2b_window_need(w2b_window *window, size_t need, w2b_diag *diag)
{
    w2b_window *w = window;
    if (w->n - w->at >= need || w->end)
        return W2B_OK;
    memmove(w->bytes, w->bytes + w->at, w->n - w->at);
    w->n -= w->at;
    w->at = 0;
    while (w->n < need && !w->end) {
        size_t got;
        if (w->n == w->room &&
            w2b_grow((void **)&w->bytes, &w->room, w->room + 1, 1) != 0)
            return w2b_fail_memory(diag, (uint64_t)w->room + w->room / 2, "one record of a file");
        const w2b_err err = w2b_stream_read(w->stream, w->bytes + w->n, w->room - w->n, &got,
                                            diag);
        if (err)
            return err;
        w->n += got;
        w->end = got == 0;
    }
    return W2B_OK;
}

w2b_err w2b_window_find(w2b_window *window, char byte, size_t most, size_t *length,
                        int *found, w2b_diag *diag)
{
    size_t seen = 0;
    for (;;) {
        const char *bytes = w2b_window_bytes(window);
        const size_t left = w2b_window_left(window);
        const size_t stop = left < most ? left : most;
        const char *place = memchr(bytes + seen, byte, stop - seen);
        *found = place != NULL;
        *length = place ? (size_t)(place - bytes) : stop;
        seen = stop;
        if (place || stop == most || window->end)
            return W2B_OK;
        const w2b_err err = w2b_window_need(window, left + 1, diag);
        if (err)
            return err;
    }
}
