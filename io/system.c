/*
 * system.c - what the machine under us allows, and what this build is.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lzma.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

#include "io/base.h"
#include "io/system.h"

#define TEXT_ROOM 4096

/* The first bytes of a small file, as a string; -1: cannot be read. */
static int read_text(const char *path, char *text, size_t room)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    size_t n = 0;
    while (n < room - 1) {
        const ssize_t got = read(fd, text + n, room - 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    close(fd);
    text[n] = 0;
    return 0;
}

static uint32_t smaller_limit(uint32_t a, uint32_t b)
{
    if (a == 0 || b == 0)
        return a > b ? a : b;
    return a < b ? a : b;
}

/* Microseconds of processor time in each period, rounded up to processors. */
static uint32_t quota(long long time, long long period)
{
    if (time <= 0 || period <= 0)
        return 0;
    const long long n = time / period + (time % period != 0);
    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

/* The limit of the one group whose folder this is; 0: none, or no such folder. */
static uint32_t group_limit(const char *folder, int version)
{
    char path[PATH_MAX];
    char text[TEXT_ROOM];
    const char *file = version == 2 ? "cpu.max" : "cpu.cfs_quota_us";
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, file) >= sizeof path ||
        read_text(path, text, sizeof text) != 0)
        return 0;
    char *after = text;
    const long long time = strtoll(text, &after, 10); /* "max" reads as 0 */
    if (version == 2)
        return quota(time, strtoll(after, NULL, 10));
    if ((size_t)snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder) >= sizeof path ||
        read_text(path, text, sizeof text) != 0)
        return 0;
    return quota(time, strtoll(text, NULL, 10));
}

/* The least limit of a group and those above it. */
static uint32_t path_limit(const char *mount, const char *path, int version)
{
    char folder[PATH_MAX];
    const char *controller = version == 2 ? "" : "/cpu";
    uint32_t limit = 0;
    if ((size_t)snprintf(folder, sizeof folder, "%s%s%s", mount, controller, path) >=
        sizeof folder)
        return 0;
    const size_t top = strlen(mount) + strlen(controller);
    for (size_t n = strlen(folder);; n--) {
        if (n > top && folder[n] != '/' && folder[n] != 0)
            continue;
        folder[n] = 0;
        limit = smaller_limit(limit, group_limit(folder, version));
        if (n == top)
            return limit;
    }
}

/* Whether "cpu" is one of the names in a list divided by commas. */
static int names_cpu(const char *list)
{
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, "cpu", 3) == 0 && (at[3] == ',' || at[3] == 0))
            return 1;
    }
    return 0;
}

uint32_t w2b_quota_processors(const char *table, const char *mount)
{
    char text[TEXT_ROOM];
    uint32_t limit = 0;
    if (read_text(table, text, sizeof text) != 0)
        return 0;
    /* Lines of "number:controllers:path"; version 2 has no controllers. */
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        strsep(&line, ":");
        const char *controllers = strsep(&line, ":");
        if (!controllers || !line)
            continue;
        if (controllers[0] == 0)
            limit = smaller_limit(limit, path_limit(mount, line, 2));
        else if (names_cpu(controllers))
            limit = smaller_limit(limit, path_limit(mount, line, 1));
    }
    return limit;
}

/* Processors that the scheduler may put us on; 0: cannot be known. */
static uint32_t allowed_processors(void)
{
    /* The kernel's set may be larger than cpu_set_t: ask with growing ones. */
    for (int room = CPU_SETSIZE; room <= 1 << 20; room *= 4) {
        cpu_set_t *set = CPU_ALLOC(room);
        if (!set)
            return 0;
        const size_t size = CPU_ALLOC_SIZE(room);
        const int r = sched_getaffinity(0, size, set);
        const int error = errno;
        const int n = r == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (r == 0 || error != EINVAL)
            return (uint32_t)n;
    }
    return 0;
}

uint32_t w2b_processors(void)
{
    uint32_t n = allowed_processors();
    if (n == 0) {
        const long online = sysconf(_SC_NPROCESSORS_ONLN);
        n = online > 0 ? (uint32_t)online : 1;
    }
    return smaller_limit(n, w2b_quota_processors("/proc/self/cgroup", "/sys/fs/cgroup"));
}

/* ----- What this build is ------------------------------------------------- */

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *w2b_version(void)
{
    return TEXT(W2B_VERSION_MAJOR) "." TEXT(W2B_VERSION_MINOR) "." TEXT(W2B_VERSION_PATCH);
}

#if defined(__clang__)
#define COMPILER "clang " TEXT(__clang_major__) "." TEXT(__clang_minor__) "." \
    TEXT(__clang_patchlevel__)
#elif defined(__GNUC__)
#define COMPILER "gcc " TEXT(__GNUC__) "." TEXT(__GNUC_MINOR__) "." TEXT(__GNUC_PATCHLEVEL__)
#else
#define COMPILER "an unknown compiler"
#endif

#ifdef _OPENMP
#define THREADING "OpenMP"
#else
#define THREADING "no OpenMP"
#endif

const char *w2b_build(void)
{
    return COMPILER ", " THREADING ", zstd " ZSTD_VERSION_STRING ", xxHash " TEXT(
        XXH_VERSION_MAJOR) "." TEXT(XXH_VERSION_MINOR) "." TEXT(XXH_VERSION_RELEASE) ", zlib "
        ZLIB_VERSION ", xz " LZMA_VERSION_STRING;
}
