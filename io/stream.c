/*
 * stream.c - bytes in: a file, or standard input, decompressed on the way.
 *
 * Bytes of the file arrive in `raw`. Plain files are handed out from there,
 * and large reads of them bypass it. Compressed ones go through a decoder
 * straight into the caller's buffer; what was peeked waits in `ahead`.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/codec.h"
#include "io/stream.h"

#define RAW_SIZE ((size_t)256 << 10)

/* read() is not asked for more at once: some systems cut or refuse it. */
#define READ_MAX ((size_t)1 << 30)

struct w2b_stream {
    int fd;
    int owned;              /* fd is ours to close */
    char *name;
    uint64_t size;
    int regular;            /* `size` is known */
    uint64_t offset;        /* decompressed bytes handed out */
    uint64_t limit;         /* of them */

    uint8_t *raw;
    size_t raw_at;          /* raw[raw_at, raw_n) is not used yet */
    size_t raw_n;
    uint64_t taken;         /* bytes read from fd */
    int raw_end;            /* fd has no more */

    const w2b_codec *codec; /* NULL: plain */
    void *decoder;
    int in_member;
    int done;               /* the last member has ended */

    uint8_t *ahead;         /* peeked, decompressed bytes; NULL if unused */
    size_t ahead_at;
    size_t ahead_n;
};

/* ----- The file as it lies on disk ---------------------------------------- */

/* One read of up to `size` bytes; *got is 0 at the end. */
static w2b_err read_some(w2b_stream *s, void *buffer, size_t size, size_t *got,
                         w2b_diag *diag)
{
    ssize_t n;
    do {
        n = read(s->fd, buffer, size < READ_MAX ? size : READ_MAX);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return w2b_fail_sys(diag, s->name, errno, "cannot read");
    s->raw_end = n == 0;
    s->taken += (uint64_t)n;
    *got = (size_t)n;
    return W2B_OK;
}

/* Makes raw hold `need` unused bytes, or all there are. */
static w2b_err fill_raw(w2b_stream *s, size_t need, w2b_diag *diag)
{
    if (s->raw_n - s->raw_at >= need || s->raw_end)
        return W2B_OK;
    memmove(s->raw, s->raw + s->raw_at, s->raw_n - s->raw_at);
    s->raw_n -= s->raw_at;
    s->raw_at = 0;
    while (s->raw_n < need && !s->raw_end) {
        size_t got;
        const w2b_err err = read_some(s, s->raw + s->raw_n, RAW_SIZE - s->raw_n, &got, diag);
        if (err)
            return err;
        s->raw_n += got;
    }
    return W2B_OK;
}

/* ----- Opening ------------------------------------------------------------ */

static w2b_err open_file(w2b_stream *s, const char *path, w2b_diag *diag)
{
    struct stat st;
    if (s->owned) {
        do {
            s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        } while (s->fd < 0 && errno == EINTR);
        if (s->fd < 0)
            return w2b_fail_sys(diag, s->name, errno, "cannot open");
    }
    if (fstat(s->fd, &st) != 0)
        return w2b_fail_sys(diag, s->name, errno, "cannot open");
    if (S_ISDIR(st.st_mode))
        return w2b_fail_sys(diag, s->name, EISDIR, "cannot read");
    if (S_ISREG(st.st_mode)) {
        s->size = (uint64_t)st.st_size;
        s->regular = 1;
        (void)posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return W2B_OK;
}

w2b_err w2b_stream_open(const char *path, w2b_stream **stream, w2b_diag *diag)
{
    const int is_stdin = strcmp(path, "-") == 0;
    const char *name = is_stdin ? "standard input" : path;
    w2b_err err = W2B_ERR_MEMORY;
    w2b_stream *s = w2b_alloc_zero(1, sizeof *s);
    if (!s)
        return w2b_fail_memory(diag, sizeof *s, "reading a file");
    s->owned = !is_stdin;
    s->limit = UINT64_MAX;
    s->fd = is_stdin ? STDIN_FILENO : -1;
    s->name = w2b_alloc(strlen(name) + 1, 1);
    s->raw = w2b_alloc(RAW_SIZE, 1);
    if (!s->name || !s->raw) {
        w2b_fail_memory(diag, RAW_SIZE, "reading a file");
        goto fail;
    }
    memcpy(s->name, name, strlen(name) + 1);
    err = open_file(s, path, diag);
    if (!err)
        err = fill_raw(s, W2B_CODEC_HEAD, diag);
    if (err)
        goto fail;
    s->codec = w2b_codec_find(s->raw, s->raw_n);
    if (s->codec) {
        s->decoder = s->codec->open();
        if (!s->decoder) {
            err = w2b_fail_memory(diag, 1 << 20, "decompressing a file");
            goto fail;
        }
        s->in_member = 1;
    }
    *stream = s;
    return W2B_OK;

fail:
    w2b_stream_close(s);
    return err;
}

void w2b_stream_close(w2b_stream *s)
{
    if (!s)
        return;
    if (s->decoder)
        s->codec->close(s->decoder);
    if (s->owned && s->fd >= 0)
        close(s->fd);
    w2b_free(s->name);
    w2b_free(s->raw);
    w2b_free(s->ahead);
    w2b_free(s);
}

/* ----- Decompressing ------------------------------------------------------ */

static w2b_err fail_codec(const w2b_stream *s, w2b_codec_step step, w2b_diag *diag)
{
    const uint64_t at = w2b_stream_consumed(s);
    const char *codec = s->codec->name;
    if (step == W2B_CODEC_MEMORY)
        return w2b_fail_at(diag, W2B_ERR_MEMORY, s->name, W2B_NOWHERE, at,
                           "out of memory for decompressing %s data", codec);
    if (step == W2B_CODEC_TOO_LARGE)
        return w2b_fail_at(diag, W2B_ERR_LIMIT, s->name, W2B_NOWHERE, at,
                           "the %s data asks for too large a window", codec);
    return w2b_fail_at(diag, W2B_ERR_FORMAT, s->name, W2B_NOWHERE, at,
                       "the %s data is damaged", codec);
}

/* Between members: the end, or the next one. Zero bytes are padding, as tapes
 * and xz leave it. */
static w2b_err next_member(w2b_stream *s, w2b_diag *diag)
{
    for (;;) {
        const w2b_err err = fill_raw(s, W2B_CODEC_HEAD, diag);
        if (err)
            return err;
        if (s->raw_at == s->raw_n) {
            s->done = 1;
            return W2B_OK;
        }
        if (s->raw[s->raw_at] != 0)
            break;
        s->raw_at++;
    }
    if (!s->codec->sniff(s->raw + s->raw_at, s->raw_n - s->raw_at))
        return w2b_fail_at(diag, W2B_ERR_FORMAT, s->name, W2B_NOWHERE, w2b_stream_consumed(s),
                           "other bytes follow the %s data", s->codec->name);
    if (s->codec->restart(s->decoder) != 0)
        return fail_codec(s, W2B_CODEC_MEMORY, diag);
    s->in_member = 1;
    return W2B_OK;
}

/* Fills the buffer, or up to the end. */
static w2b_err decode(w2b_stream *s, uint8_t *buffer, size_t size, size_t *got,
                      w2b_diag *diag)
{
    w2b_codec_io io = {.out = buffer, .out_room = size};
    while (io.out_room > 0 && !s->done) {
        w2b_err err = s->in_member ? fill_raw(s, 1, diag) : next_member(s, diag);
        if (err)
            return err;
        if (s->done)
            break;
        const size_t room = io.out_room;
        io.in = s->raw + s->raw_at;
        io.in_n = s->raw_n - s->raw_at;
        const w2b_codec_step step = s->codec->step(s->decoder, &io);
        const size_t used = s->raw_n - s->raw_at - io.in_n;
        s->raw_at += used;
        if (step == W2B_CODEC_END) {
            s->in_member = 0;
        } else if (step != W2B_CODEC_MORE) {
            return fail_codec(s, step, diag);
        } else if (used == 0 && io.out_room == room) {
            if (s->raw_at < s->raw_n || !s->raw_end)
                return fail_codec(s, W2B_CODEC_DAMAGED, diag);
            return w2b_fail_at(diag, W2B_ERR_FORMAT, s->name, W2B_NOWHERE, s->taken,
                               "the file ends in the middle of its %s data", s->codec->name);
        }
    }
    *got = size - io.out_room;
    return W2B_OK;
}

/* ----- Reading ------------------------------------------------------------ */

static w2b_err read_plain(w2b_stream *s, uint8_t *buffer, size_t size, size_t *got,
                          w2b_diag *diag)
{
    if (s->raw_at == s->raw_n && size >= RAW_SIZE)
        return s->raw_end ? (*got = 0, W2B_OK) : read_some(s, buffer, size, got, diag);
    const w2b_err err = fill_raw(s, 1, diag);
    if (err)
        return err;
    const size_t there = s->raw_n - s->raw_at;
    const size_t n = there < size ? there : size;
    memcpy(buffer, s->raw + s->raw_at, n);
    s->raw_at += n;
    *got = n;
    return W2B_OK;
}

w2b_err w2b_stream_read(w2b_stream *stream, void *buffer, size_t size,
                        size_t *got, w2b_diag *diag)
{
    size_t n = stream->ahead_n - stream->ahead_at;
    w2b_err err = W2B_OK;
    if (size == 0) {
        n = 0;
    } else if (n > 0) {
        n = n < size ? n : size;
        memcpy(buffer, stream->ahead + stream->ahead_at, n);
        stream->ahead_at += n;
    } else if (stream->codec) {
        err = decode(stream, buffer, size, &n, diag);
    } else {
        err = read_plain(stream, buffer, size, &n, diag);
    }
    if (err)
        return err;
    stream->offset += n;
    if (stream->codec && stream->offset > stream->limit)
        return w2b_fail_at(diag, W2B_ERR_LIMIT, stream->name, W2B_NOWHERE,
                           w2b_stream_consumed(stream),
                           "more than the %llu bytes that are allowed when decompressed",
                           (unsigned long long)stream->limit);
    *got = n;
    return W2B_OK;
}

w2b_err w2b_stream_peek(w2b_stream *stream, const uint8_t **head, size_t *n,
                        w2b_diag *diag)
{
    w2b_stream *s = stream;
    if (!s->codec) {
        const w2b_err err = fill_raw(s, W2B_STREAM_PEEK, diag);
        if (err)
            return err;
        const size_t there = s->raw_n - s->raw_at;
        *head = s->raw + s->raw_at;
        *n = there < W2B_STREAM_PEEK ? there : W2B_STREAM_PEEK;
        return W2B_OK;
    }
    if (!s->ahead) {
        s->ahead = w2b_alloc(W2B_STREAM_PEEK, 1);
        if (!s->ahead)
            return w2b_fail_memory(diag, W2B_STREAM_PEEK, "reading a file");
    }
    memmove(s->ahead, s->ahead + s->ahead_at, s->ahead_n - s->ahead_at);
    s->ahead_n -= s->ahead_at;
    s->ahead_at = 0;
    size_t got;
    const w2b_err err = decode(s, s->ahead + s->ahead_n, W2B_STREAM_PEEK - s->ahead_n, &got, diag);
    if (err)
        return err;
    s->ahead_n += got;
    *head = s->ahead;
    *n = s->ahead_n;
    return W2B_OK;
}

void w2b_stream_limit(w2b_stream *stream, uint64_t bytes)
{
    stream->limit = bytes;
}

uint64_t w2b_stream_offset(const w2b_stream *stream)
{
    return stream->offset;
}

uint64_t w2b_stream_consumed(const w2b_stream *stream)
{
    return stream->taken - (stream->raw_n - stream->raw_at);
}

uint64_t w2b_stream_size(const w2b_stream *stream)
{
    return stream->size;
}

uint64_t w2b_stream_left(const w2b_stream *stream)
{
    if (stream->codec || !stream->regular)
        return UINT64_MAX;
    return stream->offset < stream->size ? stream->size - stream->offset : 0;
}

const char *w2b_stream_name(const w2b_stream *stream)
{
    return stream->name;
}
