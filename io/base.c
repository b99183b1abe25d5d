/*
 * base.c - errors, memory and the clock.
 */
#define W2B_BASE_KEEP_MALLOC

#include "io/base.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* ----- Errors ------------------------------------------------------------- */

static void copy_path(w2b_diag *diag, const char *path)
{
    const size_t room = sizeof diag->path;
    const size_t length = strlen(path);
    if (length < room) {
        memcpy(diag->path, path, length + 1);
        return;
    }
    /* The end of a path says more than its beginning. */
    memcpy(diag->path, "...", 3);
    memcpy(diag->path + 3, path + length - (room - 4), room - 3);
}

static void fill(w2b_diag *diag, w2b_err code, const char *path, uint64_t line,
                 uint64_t offset)
{
    diag->code = code;
    diag->sys_errno = 0;
    diag->line = line;
    diag->offset = offset;
    copy_path(diag, path ? path : "");
}

w2b_err w2b_fail(w2b_diag *diag, w2b_err code, const char *format, ...)
{
    if (diag) {
        va_list args;
        fill(diag, code, "", W2B_NOWHERE, W2B_NOWHERE);
        va_start(args, format);
        vsnprintf(diag->text, sizeof diag->text, format, args);
        va_end(args);
    }
    return code;
}

w2b_err w2b_fail_at(w2b_diag *diag, w2b_err code, const char *path,
                    uint64_t line, uint64_t offset, const char *format, ...)
{
    if (diag) {
        va_list args;
        fill(diag, code, path, line, offset);
        va_start(args, format);
        vsnprintf(diag->text, sizeof diag->text, format, args);
        va_end(args);
    }
    return code;
}

w2b_err w2b_fail_sys(w2b_diag *diag, const char *path, int error,
                     const char *doing)
{
    const w2b_err code = error == ENOMEM ? W2B_ERR_MEMORY : W2B_ERR_IO;
    if (diag) {
        /* Not strerror: it may share a buffer between threads, and follows
         * the language of the program that we are part of. */
        const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
        fill(diag, code, path, W2B_NOWHERE, W2B_NOWHERE);
        diag->sys_errno = error;
        if (c != (locale_t)0) {
            snprintf(diag->text, sizeof diag->text, "%s: %s", doing,
                     strerror_l(error, c));
            freelocale(c);
        } else {
            snprintf(diag->text, sizeof diag->text, "%s: error %d", doing, error);
        }
    }
    return code;
}

w2b_err w2b_fail_memory(w2b_diag *diag, uint64_t bytes, const char *what)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024)
        return w2b_fail(diag, W2B_ERR_MEMORY, "out of memory: %d bytes for %s", (int)bytes, what);
    double value = (double)bytes / 1024;
    size_t unit = 0;
    /* What would be printed as 1024.0 belongs to the next unit. */
    while (value >= 1023.95 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1024;
        unit++;
    }
    /* By whole numbers: %f follows the locale. */
    const uint64_t tenths = (uint64_t)(value * 10 + 0.5);
    return w2b_fail(diag, W2B_ERR_MEMORY, "out of memory: %d.%d %s for %s", (int)(tenths / 10),
                    (int)(tenths % 10), units[unit], what);
}

const char *w2b_err_name(w2b_err err)
{
    switch (err) {
    case W2B_OK: return "ok";
    case W2B_ERR_ARGUMENT: return "argument";
    case W2B_ERR_MEMORY: return "memory";
    case W2B_ERR_CANCELLED: return "cancelled";
    case W2B_ERR_ISA: return "isa";
    case W2B_ERR_IO: return "io";
    case W2B_ERR_EXISTS: return "exists";
    case W2B_ERR_FORMAT: return "format";
    case W2B_ERR_CORRUPT: return "corrupt";
    case W2B_ERR_VERSION: return "version";
    case W2B_ERR_LIMIT: return "limit";
    case W2B_ERR_DATA: return "data";
    case W2B_ERR_WORD: return "word";
    }
    return "unknown";
}

/* ----- Memory ------------------------------------------------------------- */

void *w2b_alloc(size_t count, size_t size)
{
    size_t bytes;
    if (w2b_mul(count, size, &bytes) != 0)
        return NULL;
    return malloc(bytes > 0 ? bytes : 1);
}

void *w2b_alloc_zero(size_t count, size_t size)
{
    size_t bytes;
    if (w2b_mul(count, size, &bytes) != 0)
        return NULL;
    return calloc(bytes > 0 ? bytes : 1, 1);
}

void *w2b_alloc_lines(size_t count, size_t size)
{
    size_t bytes;
    if (w2b_mul(count, size, &bytes) != 0 || w2b_add(bytes, 64, &bytes) != 0)
        return NULL;
    bytes = bytes / 64 * 64;
    void *lines = aligned_alloc(64, bytes);
    return lines ? memset(lines, 0, bytes) : NULL;
}

void *w2b_realloc(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (w2b_mul(count, size, &bytes) != 0)
        return NULL;
    return realloc(old, bytes > 0 ? bytes : 1);
}

void w2b_free(void *p)
{
    free(p);
}

#define HUGE_PAGE ((size_t)2 << 20)
#define SMALL_PAGE ((size_t)4096)

/* Whole pages, so that what mmap gave and munmap takes are the same. 0 if
 * there is no such number. */
static size_t whole_pages(size_t bytes)
{
    size_t sum;
    if (w2b_add(bytes > 0 ? bytes : 1, SMALL_PAGE - 1, &sum) != 0)
        return 0;
    return sum & ~(SMALL_PAGE - 1);
}

void *w2b_pages(size_t bytes)
{
    const size_t need = whole_pages(bytes);
    const int huge = need >= 2 * HUGE_PAGE;
    size_t room = need;
    if (need == 0 || (huge && w2b_add(need, HUGE_PAGE, &room) != 0))
        return NULL;
    void *map = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    if (!huge)
        return map;

    /* Huge pages need an aligned start: take more, give back both ends. */
    const size_t ahead = (HUGE_PAGE - ((uintptr_t)map & (HUGE_PAGE - 1))) & (HUGE_PAGE - 1);
    char *start = (char *)map + ahead;
    if (ahead > 0)
        munmap(map, ahead);
    if (ahead < HUGE_PAGE)
        munmap(start + need, HUGE_PAGE - ahead);
#ifdef MADV_HUGEPAGE
    /* Only speed is lost if the system refuses. */
    (void)madvise(start, need, MADV_HUGEPAGE);
#endif
    return start;
}

void w2b_pages_free(void *p, size_t bytes)
{
    if (p)
        munmap(p, whole_pages(bytes));
}

int w2b_grow(void **array, size_t *room, size_t need, size_t size)
{
    if (need <= *room)
        return 0;
    size_t more = need;
    size_t half_again;
    if (w2b_add(*room, *room / 2, &half_again) == 0 && half_again > need)
        more = half_again;
    if (more < 16)
        more = 16;
    void *grown = w2b_realloc(*array, more, size);
    if (!grown)
        return -1;
    *array = grown;
    *room = more;
    return 0;
}

/* ----- The clock ---------------------------------------------------------- */

double w2b_now(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        return 0;
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
