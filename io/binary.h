/*
 * binary.h - files of binary fields and arrays, read from front to back.
 *
 * Nothing that a file claims is believed before its bytes are there: memory
 * grows as they arrive, and what is larger than the rest of the file is refused
 * at once where the rest is known.
 */
#ifndef W2B_IO_BINARY_H
#define W2B_IO_BINARY_H

#include "io/progress.h"
#include "io/window.h"

typedef struct w2b_binary {
    w2b_window window;
    w2b_stream *stream;
    const char *name;
    const w2b_open_options *options;
    w2b_meter meter;
} w2b_binary;

/* Both must outlive the reader. Release with w2b_binary_close. */
w2b_err w2b_binary_open(w2b_binary *file, w2b_stream *stream, const w2b_open_options *options,
                        w2b_diag *diag);
void w2b_binary_close(w2b_binary *file);

/* An error at the place where reading stands. */
w2b_err w2b_binary_fail(const w2b_binary *file, w2b_err code, w2b_diag *diag,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The next `size` bytes, which last until the next call. Where there are
 * fewer, "the file ends within WHAT". */
w2b_err w2b_binary_take(w2b_binary *file, size_t size, const char *what, const uint8_t **bytes,
                        w2b_diag *diag);
w2b_err w2b_binary_u32(w2b_binary *file, const char *what, uint32_t *value, w2b_diag *diag);
w2b_err w2b_binary_u64(w2b_binary *file, const char *what, uint64_t *value, w2b_diag *diag);
w2b_err w2b_binary_skip(w2b_binary *file, uint64_t size, const char *what, w2b_diag *diag);

/* Fails if it is known already that count * size bytes do not follow. */
w2b_err w2b_binary_expect(const w2b_binary *file, uint64_t count, uint64_t size,
                          const char *what, w2b_diag *diag);

/* Fails if anything follows. */
w2b_err w2b_binary_end(w2b_binary *file, w2b_diag *diag);

/* Tells the progress callback. */
w2b_err w2b_binary_tick(w2b_binary *file, w2b_diag *diag);
w2b_err w2b_binary_finish(w2b_binary *file, w2b_diag *diag);

/* Bytes of a file that are needed in any order: in memory or, beyond
 * options->memory, mapped from a file without a name. Where that is 0 and
 * vectors are to be quantized, at most 128 MiB are in memory. */
typedef struct w2b_bulk {
    const uint8_t *bytes;
    size_t size;
    int mapped;
} w2b_bulk;

/* The next count * size bytes. Release with w2b_bulk_free, which accepts a
 * zeroed struct. */
w2b_err w2b_binary_load(w2b_binary *file, uint64_t count, uint64_t size, const char *what,
                        w2b_bulk *bulk, w2b_diag *diag);
void w2b_bulk_free(w2b_bulk *bulk);

#endif
