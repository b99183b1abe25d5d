/*
 * binary.c - files of binary fields and arrays, read from front to back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/binary.h"
#include "io/little.h"
#include "io/temp.h"

/* Arrays arrive in such pieces: enough that system calls cost nothing. */
#define PIECE ((size_t)1 << 20)

/* Bytes of an array to keep in memory while vectors are quantized, where nobody
 * says: the others are in a file, as the system sees fit. */
#define MEMORY ((uint64_t)128 << 20)

/* ----- Opening, errors, progress ------------------------------------------ */

w2b_err w2b_binary_open(w2b_binary *file, w2b_stream *stream, const w2b_open_options *options,
                        w2b_diag *diag)
{
    memset(file, 0, sizeof *file);
    file->stream = stream;
    file->name = w2b_stream_name(stream);
    file->options = options;
    w2b_meter_start(&file->meter, options->progress, options->progress_user, W2B_STAGE_READ,
                    "bytes");
    return w2b_window_open(&file->window, stream, diag);
}

void w2b_binary_close(w2b_binary *file)
{
    w2b_window_free(&file->window);
}

w2b_err w2b_binary_fail(const w2b_binary *file, w2b_err code, w2b_diag *diag,
                        const char *format, ...)
{
    char text[sizeof diag->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return w2b_fail_at(diag, code, file->name, W2B_NOWHERE, file->window.offset, "%s", text);
}

w2b_err w2b_binary_tick(w2b_binary *file, w2b_diag *diag)
{
    return w2b_meter_tick(&file->meter, w2b_stream_consumed(file->stream),
                          w2b_stream_size(file->stream), diag);
}

w2b_err w2b_binary_finish(w2b_binary *file, w2b_diag *diag)
{
    return w2b_meter_finish(&file->meter, w2b_stream_consumed(file->stream),
                            w2b_stream_size(file->stream), diag);
}

/* ----- Fields ------------------------------------------------------------- */

/* Bytes that follow, UINT64_MAX if nobody knows. */
static uint64_t left(const w2b_binary *file)
{
    const uint64_t unread = w2b_stream_left(file->stream);
    return unread == UINT64_MAX ? unread : unread + w2b_window_left(&file->window);
}

static w2b_err fail_end(const w2b_binary *file, const char *what, w2b_diag *diag)
{
    return w2b_binary_fail(file, W2B_ERR_FORMAT, diag, "the file ends within %s", what);
}

w2b_err w2b_binary_expect(const w2b_binary *file, uint64_t count, uint64_t size,
                          const char *what, w2b_diag *diag)
{
    uint64_t bytes;
    const uint64_t most = left(file);
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return w2b_binary_fail(file, W2B_ERR_FORMAT, diag,
                               "%s would be %llu times %llu bytes", what,
                               (unsigned long long)count, (unsigned long long)size);
    if (bytes > most)
        return w2b_binary_fail(file, W2B_ERR_FORMAT, diag,
                               "%s would be %llu bytes, but only %llu follow", what,
                               (unsigned long long)bytes, (unsigned long long)most);
    return W2B_OK;
}

w2b_err w2b_binary_take(w2b_binary *file, size_t size, const char *what, const uint8_t **bytes,
                        w2b_diag *diag)
{
    const w2b_err err = w2b_window_need(&file->window, size, diag);
    if (err)
        return err;
    if (w2b_window_left(&file->window) < size)
        return fail_end(file, what, diag);
    *bytes = (const uint8_t *)w2b_window_bytes(&file->window);
    w2b_window_use(&file->window, size);
    return W2B_OK;
}

w2b_err w2b_binary_u32(w2b_binary *file, const char *what, uint32_t *value, w2b_diag *diag)
{
    const uint8_t *bytes = NULL;
    const w2b_err err = w2b_binary_take(file, sizeof *value, what, &bytes, diag);
    if (!err)
        *value = w2b_get_u32(bytes);
    return err;
}

w2b_err w2b_binary_u64(w2b_binary *file, const char *what, uint64_t *value, w2b_diag *diag)
{
    const uint8_t *bytes = NULL;
    const w2b_err err = w2b_binary_take(file, sizeof *value, what, &bytes, diag);
    if (!err)
        *value = w2b_get_u64(bytes);
    return err;
}

w2b_err w2b_binary_skip(w2b_binary *file, uint64_t size, const char *what, w2b_diag *diag)
{
    w2b_err err = W2B_OK;
    while (!err && size > 0) {
        const uint8_t *bytes;
        const size_t n = size < PIECE ? (size_t)size : PIECE;
        err = w2b_binary_take(file, n, what, &bytes, diag);
        size -= n;
        if (!err)
            err = w2b_binary_tick(file, diag);
    }
    return err;
}

w2b_err w2b_binary_end(w2b_binary *file, w2b_diag *diag)
{
    const w2b_err err = w2b_window_need(&file->window, 1, diag);
    if (err)
        return err;
    if (w2b_window_left(&file->window) > 0)
        return w2b_binary_fail(file, W2B_ERR_FORMAT, diag,
                               "more bytes follow where the file should end");
    return W2B_OK;
}

/* ----- Arrays ------------------------------------------------------------- */

static w2b_err load_to_memory(w2b_binary *file, size_t size, const char *what, w2b_bulk *bulk,
                              w2b_diag *diag)
{
    uint8_t *bytes = NULL;
    size_t room = 0;
    size_t n = 0;
    w2b_err err = W2B_OK;
    /* All at once where it is known that so many bytes are there. */
    if (left(file) != UINT64_MAX && w2b_grow((void **)&bytes, &room, size, 1) != 0)
        return w2b_fail_memory(diag, size, what);
    while (!err && n < size) {
        const uint8_t *piece = NULL;
        const size_t m = size - n < PIECE ? size - n : PIECE;
        err = w2b_binary_take(file, m, what, &piece, diag);
        if (!err && w2b_grow((void **)&bytes, &room, n + m, 1) != 0)
            err = w2b_fail_memory(diag, size, what);
        if (!err) {
            memcpy(bytes + n, piece, m);
            err = w2b_binary_tick(file, diag);
        }
        n += m;
    }
    if (err)
        w2b_free(bytes);
    else
        *bulk = (w2b_bulk){.bytes = bytes, .size = size};
    return err;
}

/* Written first and mapped in the end: a full disk is then an error that can be
 * reported, not a signal. */
static w2b_err load_to_file(w2b_binary *file, size_t size, const char *what, w2b_bulk *bulk,
                            w2b_diag *diag)
{
    const char *folder = file->options->spool_dir ? file->options->spool_dir : W2B_TEMP_DIR;
    int fd;
    w2b_err err = w2b_temp_open(folder, &fd, diag);
    if (err)
        return err;
    for (size_t n = 0; !err && n < size;) {
        const uint8_t *piece = NULL;
        const size_t m = size - n < PIECE ? size - n : PIECE;
        err = w2b_binary_take(file, m, what, &piece, diag);
        if (!err)
            err = w2b_temp_write(fd, folder, what, n, piece, m, diag);
        if (!err)
            err = w2b_binary_tick(file, diag);
        n += m;
    }
    if (!err) {
        void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
        if (map == MAP_FAILED)
            err = w2b_fail_sys(diag, folder, errno, "cannot map a temporary file");
        else
            *bulk = (w2b_bulk){.bytes = map, .size = size, .mapped = 1};
    }
    close(fd);
    return err;
}

w2b_err w2b_binary_load(w2b_binary *file, uint64_t count, uint64_t size, const char *what,
                        w2b_bulk *bulk, w2b_diag *diag)
{
    const w2b_open_options *options = file->options;
    const uint64_t memory = options->quantize && !options->memory ? MEMORY : options->memory;
    const w2b_err err = w2b_binary_expect(file, count, size, what, diag);
    if (err)
        return err;
    const size_t bytes = (size_t)(count * size);
    if (memory > 0 && bytes > memory)
        return load_to_file(file, bytes, what, bulk, diag);
    return load_to_memory(file, bytes, what, bulk, diag);
}

void w2b_bulk_free(w2b_bulk *bulk)
{
    if (bulk->mapped)
        munmap((void *)(uintptr_t)bulk->bytes, bulk->size);
    else
        w2b_free((void *)(uintptr_t)bulk->bytes);
    *bulk = (w2b_bulk){0};
}
