/*
 * base.h - what every floor above numbers needs: errors and memory.
 */
#ifndef W2B_IO_BASE_H
#define W2B_IO_BASE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "word2bits/w2b.h"

/* ----- Errors ------------------------------------------------------------- */

/* Each fills *diag if it is not NULL, and returns `code` so that a caller can
 * write: return w2b_fail(diag, W2B_ERR_DATA, "no words in %s", name). */
w2b_err w2b_fail(w2b_diag *diag, w2b_err code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* With a place; `line` and `offset` may be W2B_NOWHERE. */
w2b_err w2b_fail_at(w2b_diag *diag, w2b_err code, const char *path,
                    uint64_t line, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* The system refused with `error` (an errno): "cannot open: No such file or
 * directory". Code W2B_ERR_IO, or W2B_ERR_MEMORY for ENOMEM. */
w2b_err w2b_fail_sys(w2b_diag *diag, const char *path, int error,
                     const char *doing);

/* "out of memory: 12.3 GiB for latent vectors". */
w2b_err w2b_fail_memory(w2b_diag *diag, uint64_t bytes, const char *what);

/* An analyzer that sees one file at a time has to be told that they fail. */
#if defined(__clang_analyzer__) && !defined(W2B_BASE_KEEP_MALLOC)
static inline w2b_err w2b_known(w2b_err code, ...)
{
    return code;
}
#define w2b_fail(diag, code, ...) w2b_known(code, diag, __VA_ARGS__)
#define w2b_fail_at(diag, code, ...) w2b_known(code, diag, __VA_ARGS__)
#define w2b_fail_sys(...) w2b_known(W2B_ERR_IO, __VA_ARGS__)
#define w2b_fail_memory(...) w2b_known(W2B_ERR_MEMORY, __VA_ARGS__)
#endif

/* ----- Memory ------------------------------------------------------------- */

/* count * size bytes, NULL if the product overflows or memory is short. Never
 * NULL for zero bytes otherwise. Release with w2b_free, NULL is fine. */
void *w2b_alloc(size_t count, size_t size);
void *w2b_alloc_zero(size_t count, size_t size);
void *w2b_realloc(void *old, size_t count, size_t size);
/* Zeroed, and no other block shares its cache lines. */
void *w2b_alloc_lines(size_t count, size_t size);
void w2b_free(void *p);

/* Large zeroed blocks, aligned to 64 bytes at least, in huge pages where the
 * system allows. Release with w2b_pages_free and the same size. */
void *w2b_pages(size_t bytes);
void w2b_pages_free(void *p, size_t bytes);

/* Grows *array (of items of `size` bytes, *room of them) to hold `need` items
 * at least, by half as much again. 0, or -1 with the array as it was. */
int w2b_grow(void **array, size_t *room, size_t need, size_t size);

/* a * b and a + b, or -1 with *out untouched if the result does not fit. */
static inline int w2b_mul(size_t a, size_t b, size_t *out)
{
    return __builtin_mul_overflow(a, b, out) ? -1 : 0;
}

static inline int w2b_add(size_t a, size_t b, size_t *out)
{
    return __builtin_add_overflow(a, b, out) ? -1 : 0;
}

/* Seconds of a clock that never goes back. */
double w2b_now(void);

/* After this line the bare names are mistakes that do not compile. */
#ifndef W2B_BASE_KEEP_MALLOC
#define malloc use_w2b_alloc
#define calloc use_w2b_alloc_zero
#define realloc use_w2b_realloc
#define free use_w2b_free
#endif

#endif
