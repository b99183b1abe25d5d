/*
 * spool.c - token ids in memory or in a file.
 *
 * The file is written and rewritten with pwrite and mapped for reading only at
 * the end: a full disk is then an error that can be reported, not a signal.
 */
#include "word2bits/spool.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/temp.h"
#include "word2bits/count.h"

/* Ids that a thread remaps at a time: 4 MiB. */
#define BLOCK ((size_t)1 << 20)

/* At once in one system call; Linux takes 2 GiB at most. */
#define MOST_BYTES ((size_t)1 << 30)

struct w2b_spool {
    uint64_t memory;    /* bytes */
    const char *folder;
    uint32_t *ids;      /* in memory; NULL once there is a file */
    size_t room;
    uint64_t n;
    int fd;             /* -1: no file */
    void *map;          /* of the finished file */
    size_t map_size;
};

w2b_spool *w2b_spool_new(uint64_t memory, const char *folder)
{
    w2b_spool *spool = w2b_alloc_zero(1, sizeof *spool);
    if (!spool)
        return NULL;
    spool->memory = memory;
    spool->folder = folder;
    spool->fd = -1;
    return spool;
}

void w2b_spool_free(w2b_spool *spool)
{
    if (!spool)
        return;
    if (spool->map)
        (void)munmap(spool->map, spool->map_size);
    if (spool->fd >= 0)
        (void)close(spool->fd);
    w2b_free(spool->ids);
    w2b_free(spool);
}

uint64_t w2b_spool_size(const w2b_spool *spool)
{
    return spool->n;
}

int w2b_spool_on_disk(const w2b_spool *spool)
{
    return spool->fd >= 0;
}

/* ----- The file ------------------------------------------------------------ */

static w2b_err file_write(const w2b_spool *spool, uint64_t at, const uint32_t *ids, size_t n,
                          w2b_diag *diag)
{
    return w2b_temp_write(spool->fd, spool->folder, "token ids", at * sizeof *ids, ids,
                          n * sizeof *ids, diag);
}

static w2b_err file_read(const w2b_spool *spool, uint64_t at, uint32_t *ids, size_t n,
                         w2b_diag *diag)
{
    char *bytes = (char *)ids;
    size_t left = n * sizeof *ids;
    off_t offset = (off_t)(at * sizeof *ids);
    while (left > 0) {
        const ssize_t got = pread(spool->fd, bytes, left < MOST_BYTES ? left : MOST_BYTES,
                                  offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return w2b_fail_sys(diag, spool->folder, got < 0 ? errno : EIO,
                                "cannot read token ids from a temporary file");
        bytes += got;
        left -= (size_t)got;
        offset += got;
    }
    return W2B_OK;
}

/* ----- Growing ------------------------------------------------------------- */

w2b_err w2b_spool_extend(w2b_spool *spool, uint64_t n, uint64_t *at, w2b_diag *diag)
{
    const uint64_t most = (uint64_t)INT64_MAX / sizeof *spool->ids;
    if (n > most - spool->n || spool->n + n > SIZE_MAX / sizeof *spool->ids)
        return w2b_fail(diag, W2B_ERR_LIMIT, "the text has more words than can be numbered");
    const uint64_t size = spool->n + n;
    if (spool->fd < 0 && size * sizeof *spool->ids > spool->memory) {
        w2b_err err = w2b_temp_open(spool->folder, &spool->fd, diag);
        if (!err)
            err = file_write(spool, 0, spool->ids, (size_t)spool->n, diag);
        if (err)
            return err;
        w2b_free(spool->ids);
        spool->ids = NULL;
        spool->room = 0;
    }
    if (spool->fd < 0 &&
        w2b_grow((void **)&spool->ids, &spool->room, (size_t)size, sizeof *spool->ids))
        return w2b_fail_memory(diag, size * sizeof *spool->ids, "token ids");
    *at = spool->n;
    spool->n = size;
    return W2B_OK;
}

w2b_err w2b_spool_put(w2b_spool *spool, uint64_t at, const uint32_t *ids, size_t n,
                      w2b_diag *diag)
{
    if (spool->fd >= 0)
        return file_write(spool, at, ids, n, diag);
    if (n > 0)
        memcpy(spool->ids + at, ids, n * sizeof *ids);
    return W2B_OK;
}

/* ----- Remapping ----------------------------------------------------------- */

/* One block in the thread's own memory. Its first line end stays, whatever
 * comes before it in the spool. Returns the new length. */
static size_t remap_block(uint32_t *ids, size_t n, const uint32_t *map)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (ids[i] != W2B_EOL) {
            const uint32_t id = map[ids[i]];
            ids[kept] = id;
            kept += id != W2B_UNKNOWN;
        } else if (kept == 0 || ids[kept - 1] != W2B_EOL) {
            ids[kept++] = W2B_EOL;
        }
    }
    return kept;
}

/* What the blocks of a remapping share. */
typedef struct joint {
    uint64_t end;    /* ids written so far */
    uint32_t last;   /* the last of them; W2B_EOL at the beginning */
    w2b_err err;
    w2b_diag diag;
} joint;

static void joint_fail(joint *to, w2b_err err, const w2b_diag *diag)
{
#pragma omp critical(w2b_spool_joint)
    if (!to->err) {
        to->err = err;
        to->diag = *diag;
    }
}

/* Finds the place of a block behind the ones before it; called in the order
 * of the blocks. Returns where in the block the ids begin. */
static size_t joint_place(joint *to, const uint32_t *ids, size_t n, uint64_t *at)
{
    const size_t from = n > 0 && ids[0] == W2B_EOL && to->last == W2B_EOL;
    *at = to->end;
    to->end += n - from;
    if (n > from)
        to->last = ids[n - 1];
    return from;
}

w2b_err w2b_spool_remap(w2b_spool *spool, const uint32_t *map, uint64_t n_map,
                        uint32_t threads, w2b_diag *diag)
{
    (void)n_map;
    (void)threads;
    joint shared = {.last = W2B_EOL};
    const uint64_t blocks = (spool->n + BLOCK - 1) / BLOCK;
#pragma omp parallel num_threads(threads)
    {
        w2b_diag mine;
        uint32_t *ids = w2b_alloc(BLOCK, sizeof *ids);
        if (!ids)
            joint_fail(&shared, w2b_fail_memory(&mine, BLOCK * sizeof *ids, "token ids"), &mine);
        /* A block is written when all before it have been read: its new place
         * is never behind its old one, so that nothing unread is lost. */
#pragma omp for ordered schedule(dynamic)
        for (uint64_t b = 0; b < blocks; b++) {
            const uint64_t from = b * BLOCK;
            const size_t n = spool->n - from < BLOCK ? (size_t)(spool->n - from) : BLOCK;
            size_t kept = 0;
            size_t skip = 0;
            uint64_t at = 0;
            w2b_err err = W2B_OK;
            if (ids && spool->fd >= 0)
                err = file_read(spool, from, ids, n, &mine);
            else if (ids)
                memcpy(ids, spool->ids + from, n * sizeof *ids);
            if (ids && !err)
                kept = remap_block(ids, n, map);
#pragma omp ordered
            skip = joint_place(&shared, ids, kept, &at);
            if (!err && kept > skip)
                err = w2b_spool_put(spool, at, ids + skip, kept - skip, &mine);
            if (err)
                joint_fail(&shared, err, &mine);
        }
        w2b_free(ids);
    }
    if (shared.err) {
        if (diag)
            *diag = shared.diag;
        return shared.err;
    }
    spool->n = shared.end;
    return W2B_OK;
}

/* ----- The end ------------------------------------------------------------- */

w2b_err w2b_spool_finish(w2b_spool *spool, const uint32_t **ids, uint64_t *n, w2b_diag *diag)
{
    const size_t size = (size_t)(spool->n * sizeof *spool->ids);
    if (spool->fd < 0) {
        /* What growing and remapping left over goes back. */
        if (spool->room > spool->n) {
            uint32_t *exact = w2b_realloc(spool->ids, (size_t)spool->n, sizeof *exact);
            if (exact) {
                spool->ids = exact;
                spool->room = (size_t)spool->n;
            }
        }
        *ids = spool->ids;
    } else {
        int cut;
        do {
            cut = ftruncate(spool->fd, (off_t)size);
        } while (cut != 0 && errno == EINTR);
        if (cut != 0)
            return w2b_fail_sys(diag, spool->folder, errno, "cannot cut a temporary file");
        if (size > 0) {
            void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, spool->fd, 0);
            if (map == MAP_FAILED)
                return w2b_fail_sys(diag, spool->folder, errno, "cannot map a temporary file");
            spool->map = map;
            spool->map_size = size;
        }
        *ids = spool->map;
    }
    *n = spool->n;
    return W2B_OK;
}
