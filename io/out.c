/*
 * out.c - bytes out: a file that appears whole under its name, or not at all.
 *
 * Where the system can, the temporary file has no name (O_TMPFILE), so that
 * not even a killed process leaves it behind; it gets one when it is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/out.h"

#define BUFFER_SIZE ((size_t)256 << 10)
#define WRITE_MAX ((size_t)1 << 30)
#define LINKS_MAX 40      /* symbolic links in a row, as the kernel has it */
#define TRIES_MAX 100     /* random names */
#define NAME_KEPT 200     /* bytes of the name in that of the temporary file */
#define TEMP_EXTRA 16     /* "." and ".XXXXXX.tmp" around it */
#define PROC_ROOM 32

struct w2b_out {
    int fd;
    int in_place;      /* standard output, a device or a pipe */
    int owned;         /* fd is ours to close */
    int replace;
    int existed;       /* there is a file to be replaced */
    char *name;        /* for messages */
    char *target;      /* where the file is to appear, links followed */
    size_t folder_n;   /* bytes of `target` up to and with its last slash */
    char *temp;        /* the temporary file; "" while it has no name */
    size_t temp_room;
    char *kept;        /* a second name of the file that is replaced, or "" */
    uint64_t offset;
    uint8_t *buffer;   /* the last bytes of `offset`, not written yet */
    size_t n;
};

/* ----- Paths -------------------------------------------------------------- */

static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* What the link at *path points to, in place of *path. Relative ones start
 * at the folder of the link. Returns an errno, 0 if all is well. */
static int follow_link(char **path)
{
    char link[PATH_MAX];
    const ssize_t n = readlink(*path, link, sizeof link);
    if (n < 0)
        return errno;
    if ((size_t)n == sizeof link)
        return ENAMETOOLONG;
    const size_t folder = link[0] == '/' ? 0 : folder_length(*path);
    char *joined = w2b_alloc(folder + (size_t)n + 1, 1);
    if (!joined)
        return ENOMEM;
    memcpy(joined, *path, folder);
    memcpy(joined + folder, link, (size_t)n);
    joined[folder + (size_t)n] = 0;
    w2b_free(*path);
    *path = joined;
    return 0;
}

/* Follows links until *path is none, or does not exist (then *st has mode 0).
 * realpath() would not do: it refuses a link whose file is yet to be made. */
static int resolve(char **path, struct stat *st)
{
    for (int i = 0; i < LINKS_MAX; i++) {
        if (lstat(*path, st) != 0) {
            memset(st, 0, sizeof *st);
            return errno == ENOENT ? 0 : errno;
        }
        if (!S_ISLNK(st->st_mode))
            return 0;
        const int error = follow_link(path);
        if (error)
            return error;
    }
    return ELOOP;
}

/* A fresh name beside the target, to out->temp or out->kept. Returns an errno. */
static int make_temp_name(const w2b_out *out, char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    const char *base = out->target + out->folder_n;
    const size_t kept = strnlen(base, NAME_KEPT);
    uint8_t random[6];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return errno;
    char suffix[sizeof random + 1] = "";
    for (size_t i = 0; i < sizeof random; i++)
        suffix[i] = letters[random[i] & 31];
    snprintf(name, out->temp_room, "%.*s.%.*s.%s.tmp", (int)out->folder_n, out->target,
             (int)kept, base, suffix);
    return 0;
}

/* ----- The temporary file ------------------------------------------------- */

static void proc_name(int fd, char name[PROC_ROOM])
{
    snprintf(name, PROC_ROOM, "/proc/self/fd/%d", fd);
}

/* -1 where the file system, or a missing /proc, does not allow it. */
static int open_nameless(w2b_out *out)
{
#ifdef O_TMPFILE
    char folder[PATH_MAX] = ".";
    char proc[PROC_ROOM];
    if (out->folder_n >= sizeof folder)
        return -1;
    if (out->folder_n > 0) {
        memcpy(folder, out->target, out->folder_n);
        folder[out->folder_n] = 0;
    }
    int fd;
    do {
        fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return -1;
    /* Without this name it could never be linked. */
    proc_name(fd, proc);
    if (access(proc, F_OK) == 0)
        return fd;
    close(fd);
#else
    (void)out;
#endif
    return -1;
}

/* Returns an errno. 0666: the umask of the process applies, as to any file
 * that a program makes; mkstemp would make it 0600. */
static int open_named(w2b_out *out)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        const int error = make_temp_name(out, out->temp);
        if (error)
            return error;
        out->fd = open(out->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (out->fd >= 0)
            return 0;
        if (errno != EEXIST && errno != EINTR)
            break;
    }
    out->temp[0] = 0;
    return errno;
}

static w2b_err open_temp(w2b_out *out, const struct stat *old, w2b_diag *diag)
{
    out->temp_room = strlen(out->target) + TEMP_EXTRA;
    out->temp = w2b_alloc_zero(out->temp_room, 1);
    out->kept = w2b_alloc_zero(out->temp_room, 1);
    out->existed = old->st_mode != 0;
    if (!out->temp || !out->kept)
        return w2b_fail_memory(diag, out->temp_room, "writing a file");
    out->fd = open_nameless(out);
    if (out->fd < 0) {
        const int error = open_named(out);
        if (error)
            return w2b_fail_sys(diag, out->name, error, "cannot create");
    }
    /* A file that replaces another one keeps its owner, if we may give files
     * away, and its mode. */
    if (out->existed) {
        const int given = fchown(out->fd, old->st_uid, old->st_gid);
        (void)given;
        if (fchmod(out->fd, old->st_mode & 0777) != 0)
            return w2b_fail_sys(diag, out->name, errno, "cannot create");
    }
    return W2B_OK;
}

/* ----- Opening ------------------------------------------------------------ */

static w2b_err fail_exists(const w2b_out *out, w2b_diag *diag)
{
    return w2b_fail_at(diag, W2B_ERR_EXISTS, out->name, W2B_NOWHERE, W2B_NOWHERE,
                       "exists already");
}

static w2b_err open_target(w2b_out *out, const char *path, w2b_diag *diag)
{
    struct stat st;
    const int error = resolve(&out->target, &st);
    if (error)
        return w2b_fail_sys(diag, path, error, "cannot write");
    out->folder_n = folder_length(out->target);
    if (S_ISDIR(st.st_mode) || out->target[out->folder_n] == 0)
        return w2b_fail_sys(diag, path, path[0] ? EISDIR : ENOENT, "cannot write");
    if (st.st_mode != 0 && !S_ISREG(st.st_mode)) {
        out->in_place = 1;
        do {
            out->fd = open(out->target, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        } while (out->fd < 0 && errno == EINTR);
        return out->fd < 0 ? w2b_fail_sys(diag, path, errno, "cannot write") : W2B_OK;
    }
    if (st.st_mode != 0 && !out->replace)
        return fail_exists(out, diag);
    return open_temp(out, &st, diag);
}

w2b_err w2b_out_open(const char *path, int replace, w2b_out **out,
                     w2b_diag *diag)
{
    const int is_stdout = strcmp(path, "-") == 0;
    const char *name = is_stdout ? "standard output" : path;
    w2b_err err = W2B_OK;
    w2b_out *o = w2b_alloc_zero(1, sizeof *o);
    if (!o)
        return w2b_fail_memory(diag, sizeof *o, "writing a file");
    o->fd = is_stdout ? STDOUT_FILENO : -1;
    o->owned = !is_stdout;
    o->in_place = is_stdout;
    o->replace = replace;
    o->name = w2b_alloc(strlen(name) + 1, 1);
    o->target = w2b_alloc(strlen(path) + 1, 1);
    o->buffer = w2b_alloc(BUFFER_SIZE, 1);
    if (!o->name || !o->target || !o->buffer) {
        err = w2b_fail_memory(diag, BUFFER_SIZE, "writing a file");
    } else {
        memcpy(o->name, name, strlen(name) + 1);
        memcpy(o->target, path, strlen(path) + 1);
        if (!is_stdout)
            err = open_target(o, path, diag);
    }
    if (err) {
        w2b_out_abort(o);
        return err;
    }
    *out = o;
    return W2B_OK;
}

/* ----- Writing ------------------------------------------------------------ */

/* All of it, at `place` or, if that is -1, where the file stands. */
static w2b_err write_all(w2b_out *out, const uint8_t *bytes, size_t size, off_t place,
                         w2b_diag *diag)
{
    while (size > 0) {
        const size_t part = size < WRITE_MAX ? size : WRITE_MAX;
        const ssize_t n = place < 0 ? write(out->fd, bytes, part)
                                    : pwrite(out->fd, bytes, part, place);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return w2b_fail_sys(diag, out->name, n < 0 ? errno : ENOSPC, "cannot write");
        bytes += n;
        size -= (size_t)n;
        if (place >= 0)
            place += n;
    }
    return W2B_OK;
}

static w2b_err flush(w2b_out *out, w2b_diag *diag)
{
    const size_t n = out->n;
    out->n = 0;
    return write_all(out, out->buffer, n, -1, diag);
}

w2b_err w2b_out_write(w2b_out *out, const void *bytes, size_t size,
                      w2b_diag *diag)
{
    if (size > BUFFER_SIZE - out->n) {
        const w2b_err err = flush(out, diag);
        if (err)
            return err;
    }
    if (size >= BUFFER_SIZE) {
        const w2b_err err = write_all(out, bytes, size, -1, diag);
        if (err)
            return err;
    } else if (size > 0) {
        memcpy(out->buffer + out->n, bytes, size);
        out->n += size;
    }
    out->offset += size;
    return W2B_OK;
}

uint64_t w2b_out_offset(const w2b_out *out)
{
    return out->offset;
}

int w2b_out_seekable(const w2b_out *out)
{
    return !out->in_place;
}

w2b_err w2b_out_patch(w2b_out *out, uint64_t offset, const void *bytes,
                      size_t size, w2b_diag *diag)
{
    if (out->in_place)
        return w2b_fail_sys(diag, out->name, ESPIPE, "cannot write");
    if (offset > out->offset || size > out->offset - offset)
        return w2b_fail_at(diag, W2B_ERR_ARGUMENT, out->name, W2B_NOWHERE, offset,
                           "nothing has been written there yet");
    const w2b_err err = flush(out, diag);
    return err ? err : write_all(out, bytes, size, (off_t)offset, diag);
}

/* ----- The end ------------------------------------------------------------ */

/* Gives the file at `from` its name if that is free. Returns an errno. */
static int rename_new(const char *from, const char *to)
{
#ifdef RENAME_NOREPLACE
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
#endif
    /* File systems that cannot do that, NFS among them, can do this. */
    if (link(from, to) != 0)
        return errno;
    unlink(from);
    return 0;
}

/* A temporary name for a file that has none. Returns an errno. */
static int link_temp(w2b_out *out, const char *proc)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        const int error = make_temp_name(out, out->temp);
        if (error)
            return error;
        if (linkat(AT_FDCWD, proc, AT_FDCWD, out->temp, AT_SYMLINK_FOLLOW) == 0)
            return 0;
        if (errno != EEXIST)
            break;
    }
    out->temp[0] = 0;
    return errno;
}

/* Lets the whole file appear under its name. Returns an errno. */
static int publish(w2b_out *out)
{
    int error;
    if (out->temp[0] == 0) {
        char proc[PROC_ROOM];
        proc_name(out->fd, proc);
        if (!out->replace) {
            const int r = linkat(AT_FDCWD, proc, AT_FDCWD, out->target, AT_SYMLINK_FOLLOW);
            return r == 0 ? 0 : errno;
        }
        /* A link cannot replace a file, a renaming can. */
        error = link_temp(out, proc);
        if (error)
            return error;
    }
    if (out->replace)
        error = rename(out->temp, out->target) == 0 ? 0 : errno;
    else
        error = rename_new(out->temp, out->target);
    if (!error)
        out->temp[0] = 0;
    return error;
}

/* So that the name, too, survives a loss of power. The file is complete
 * already, and some folders cannot be opened or synced: no failure. */
static void sync_folder(w2b_out *out)
{
    out->target[out->folder_n] = 0;
    const int fd = open(out->folder_n > 0 ? out->target : ".",
                        O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

/* Brings all bytes to the disk. */
static w2b_err settle(w2b_out *out, w2b_diag *diag)
{
    const w2b_err err = flush(out, diag);
    if (err)
        return err;
    if (out->in_place) {
        /* Some devices tell only now that they failed. */
        const int fd = out->fd;
        if (!out->owned)
            return W2B_OK;
        out->fd = -1;
        return close(fd) == 0 || errno == EINTR
                   ? W2B_OK
                   : w2b_fail_sys(diag, out->name, errno, "cannot write");
    }
    int synced;
    do {
        synced = fsync(out->fd);
    } while (synced != 0 && errno == EINTR);
    return synced == 0 || errno == EINVAL || errno == ENOTSUP
               ? W2B_OK
               : w2b_fail_sys(diag, out->name, errno, "cannot write");
}

static w2b_err appear(w2b_out *out, w2b_diag *diag)
{
    const int error = out->in_place ? 0 : publish(out);
    if (error == EEXIST)
        return fail_exists(out, diag);
    return error ? w2b_fail_sys(diag, out->name, error, "cannot create") : W2B_OK;
}

static void drop_old(w2b_out *out)
{
    if (out->kept && out->kept[0]) {
        unlink(out->kept);
        out->kept[0] = 0;
    }
}

/* Gives the file that is going to be replaced a second name, by which it can
 * come back. File systems without links have to do without. */
static w2b_err keep_old(w2b_out *out, w2b_diag *diag)
{
    if (out->in_place || !out->replace || !out->existed)
        return W2B_OK;
    int error = make_temp_name(out, out->kept);
    if (!error && link(out->target, out->kept) != 0)
        error = errno;
    if (error)
        out->kept[0] = 0;
    return error == 0 || error == EPERM || error == EOPNOTSUPP || error == ENOENT
               ? W2B_OK
               : w2b_fail_sys(diag, out->name, error, "cannot create");
}

/* Takes back what appear() did. */
static void disappear(w2b_out *out)
{
    if (out->in_place)
        return;
    if (out->kept[0] && rename(out->kept, out->target) == 0)
        out->kept[0] = 0;
    else if (!out->existed)
        unlink(out->target);
}

w2b_err w2b_out_commit(w2b_out *out, w2b_diag *diag)
{
    w2b_err err = settle(out, diag);
    if (!err)
        err = appear(out, diag);
    if (!err && !out->in_place)
        sync_folder(out);
    w2b_out_abort(out);
    return err;
}

w2b_err w2b_out_commit_all(w2b_out *const *outs, size_t n, w2b_diag *diag)
{
    w2b_err err = W2B_OK;
    size_t done = 0;
    for (size_t i = 0; i < n && !err; i++)
        err = settle(outs[i], diag);
    for (size_t i = 0; i < n && !err; i++)
        err = keep_old(outs[i], diag);
    while (done < n && !err) {
        err = appear(outs[done], diag);
        done += !err;
    }
    for (size_t i = 0; i < done && err; i++)
        disappear(outs[i]);
    for (size_t i = 0; i < n; i++)
        drop_old(outs[i]);
    for (size_t i = 0; i < n; i++) {
        if (!outs[i]->in_place && !err)
            sync_folder(outs[i]);
        w2b_out_abort(outs[i]);
    }
    return err;
}

void w2b_out_abort(w2b_out *out)
{
    if (!out)
        return;
    if (out->temp && out->temp[0])
        unlink(out->temp);
    drop_old(out);
    if (out->owned && out->fd >= 0)
        close(out->fd);
    w2b_free(out->name);
    w2b_free(out->target);
    w2b_free(out->temp);
    w2b_free(out->kept);
    w2b_free(out->buffer);
    w2b_free(out);
}

w2b_err w2b_file_write(const char *path, const void *bytes, size_t size, int replace,
                       w2b_diag *diag)
{
    w2b_out *out;
    w2b_err err = w2b_out_open(path, replace, &out, diag);
    if (err)
        return err;
    err = w2b_out_write(out, bytes, size, diag);
    if (err) {
        w2b_out_abort(out);
        return err;
    }
    return w2b_out_commit(out, diag);
}
