/*
 * temp.c - a file without a name, for what does not fit memory.
 */
#include "io/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* At once in one system call; Linux takes 2 GiB at most. */
#define MOST_BYTES ((size_t)1 << 30)

w2b_err w2b_temp_open(const char *folder, int *fd, w2b_diag *diag)
{
    do {
        *fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    } while (*fd < 0 && errno == EINTR);
    if (*fd >= 0)
        return W2B_OK;
    /* Not every file system knows files without a name. */
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
        return w2b_fail_sys(diag, folder, errno, "cannot create a temporary file");
    static const char name[] = "/w2b-spool-XXXXXX";
    const size_t length = strlen(folder);
    char *path = w2b_alloc(length + sizeof name, 1);
    if (!path)
        return w2b_fail_memory(diag, length + sizeof name, "a path");
    memcpy(path, folder, length);
    memcpy(path + length, name, sizeof name);
    *fd = mkostemp(path, O_CLOEXEC);
    const int error = errno;
    if (*fd >= 0)
        (void)unlink(path);
    w2b_free(path);
    if (*fd < 0)
        return w2b_fail_sys(diag, folder, error, "cannot create a temporary file");
    return W2B_OK;
}

w2b_err w2b_temp_write(int fd, const char *folder, const char *what, uint64_t offset,
                       const void *bytes, size_t size, w2b_diag *diag)
{
    const char *at = bytes;
    char doing[80];
    while (size > 0) {
        const ssize_t n = pwrite(fd, at, size < MOST_BYTES ? size : MOST_BYTES, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            const int error = n < 0 ? errno : ENOSPC;
            snprintf(doing, sizeof doing, "cannot write %s to a temporary file", what);
            return w2b_fail_sys(diag, folder, error, doing);
        }
        at += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return W2B_OK;
}
