/*
 * test_stream.c - reading files, plain and compressed, whole and damaged.
 */
#include <bzlib.h>
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#include "io/stream.h"
#include "tests/unit/scratch.h"

/* ----- Compressing -------------------------------------------------------- */

typedef struct bytes {
    uint8_t *data;
    size_t n;
} bytes;

enum { PLAIN, GZIP, BZIP2, XZ, ZSTD, KINDS };

static const char *const kind_names[KINDS] = {"plain", "gzip", "bzip2", "xz", "zstd"};

/* Bytes of a file that are needed to tell what it is. */
static const size_t magic_sizes[KINDS] = {0, 2, 5, 3, 3};

static bytes new_bytes(size_t room)
{
    const bytes b = {w2b_alloc(room, 1), 0};
    assert_non_null(b.data);
    return b;
}

static bytes compress_gzip(const void *data, size_t n)
{
    bytes b = new_bytes(n + n / 100 + 1000);
    z_stream z;
    memset(&z, 0, sizeof z);
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)data;
    z.avail_in = (uInt)n;
    z.next_out = b.data;
    z.avail_out = (uInt)(n + n / 100 + 1000);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    b.n = z.total_out;
    deflateEnd(&z);
    return b;
}

static bytes compress_bzip2(const void *data, size_t n)
{
    unsigned int room = (unsigned int)(n + n / 100 + 1000);
    bytes b = new_bytes(room);
    char none = 0;
    char *from = n > 0 ? (char *)(uintptr_t)data : &none;
    assert_int_equal(BZ2_bzBuffToBuffCompress((char *)b.data, &room, from, (unsigned int)n, 1, 0,
                                              0), BZ_OK);
    b.n = room;
    return b;
}

static bytes compress_xz(const void *data, size_t n)
{
    const size_t room = n + n / 100 + 1000;
    bytes b = new_bytes(room);
    assert_int_equal(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, NULL, data, n, b.data, &b.n,
                                             room), LZMA_OK);
    return b;
}

static bytes compress_zstd(const void *data, size_t n)
{
    const size_t room = ZSTD_compressBound(n);
    bytes b = new_bytes(room);
    ZSTD_CCtx *c = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    b.n = ZSTD_compress2(c, b.data, room, data, n);
    assert_false(ZSTD_isError(b.n));
    ZSTD_freeCCtx(c);
    return b;
}

static bytes pack(int kind, const void *data, size_t n)
{
    switch (kind) {
    case GZIP: return compress_gzip(data, n);
    case BZIP2: return compress_bzip2(data, n);
    case XZ: return compress_xz(data, n);
    case ZSTD: return compress_zstd(data, n);
    default: break;
    }
    bytes b = new_bytes(n + 1);
    memcpy(b.data, data, n);
    b.n = n;
    return b;
}

static void append(bytes *b, const void *data, size_t n)
{
    b->data = w2b_realloc(b->data, b->n + n, 1);
    assert_non_null(b->data);
    memcpy(b->data + b->n, data, n);
    b->n += n;
}

/* Something like text, which compresses to about a half. */
static bytes make_text(size_t n)
{
    bytes b = new_bytes(n + 1);
    for (b.n = 0; b.n < n; b.n++)
        b.data[b.n] = (uint8_t)("etaoin shrdlu\ncm"[scratch_random() & 15]);
    return b;
}

/* ----- Reading ------------------------------------------------------------ */

/* Reads all of `path` in pieces of `piece` bytes, 0 for random ones. */
static w2b_err read_all(const char *path, size_t piece, bytes *all, w2b_diag *diag)
{
    w2b_stream *s;
    *all = new_bytes(1);
    w2b_err err = w2b_stream_open(path, &s, diag);
    if (err)
        return err;
    for (;;) {
        static uint8_t buffer[600000];
        const size_t size = piece ? piece : 1 + (size_t)(scratch_random() % sizeof buffer);
        size_t got = 12345;
        err = w2b_stream_read(s, buffer, size, &got, diag);
        if (err) {
            assert_int_equal(got, 12345);
            break;
        }
        assert_true(got <= size);
        if (got == 0)
            break;
        append(all, buffer, got);
        assert_int_equal(w2b_stream_offset(s), all->n);
        assert_true(w2b_stream_consumed(s) <= w2b_stream_size(s));
    }
    w2b_stream_close(s);
    return err;
}

static void check_all(const char *path, size_t piece, const bytes *want)
{
    bytes all;
    w2b_diag diag;
    const w2b_err err = read_all(path, piece, &all, &diag);
    if (err)
        fail_msg("%s: %s", path, diag.text);
    assert_int_equal(all.n, want->n);
    if (want->n > 0)
        assert_memory_equal(all.data, want->data, want->n);
    w2b_free(all.data);
}

static void check_fails(const char *path, const char *text, uint64_t size)
{
    bytes all;
    w2b_diag diag;
    const w2b_err err = read_all(path, 1000, &all, &diag);
    if (err != W2B_ERR_FORMAT)
        fail_msg("%s: expected %s, found %s", path, text, w2b_err_name(err));
    assert_int_equal(diag.code, err);
    assert_string_equal(diag.path, path);
    assert_true(diag.offset <= size);
    if (!strstr(diag.text, text))
        fail_msg("expected \"%s\", found \"%s\"", text, diag.text);
    w2b_free(all.data);
}

static void reads_whole_files(void **unused)
{
    (void)unused;
    const size_t sizes[] = {0, 1, 9, 10, 11, 65536, 262143, 262144, 262145, 1500000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        bytes text = make_text(sizes[i]);
        for (int kind = 0; kind < KINDS; kind++) {
            bytes file = pack(kind, text.data, text.n);
            const char *path = scratch_write(kind_names[kind], file.data, file.n);
            check_all(path, 0, &text);
            check_all(path, 500000, &text);
            check_all(path, sizes[i] > 100000 ? 4096 : 1, &text);
            w2b_free(file.data);
        }
        w2b_free(text.data);
    }
}

/* Members one after the other, one of them empty, padding between. */
static void reads_members(void **unused)
{
    (void)unused;
    for (int kind = GZIP; kind < KINDS; kind++) {
        bytes text = make_text(300000);
        bytes part = make_text(7);
        bytes file = pack(kind, text.data, text.n);
        bytes empty = pack(kind, "", 0);
        bytes last = pack(kind, part.data, part.n);
        append(&file, empty.data, empty.n);
        append(&file, last.data, last.n);
        append(&text, part.data, part.n);
        check_all(scratch_write("members", file.data, file.n), 0, &text);
        append(&file, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
        append(&file, last.data, last.n);
        append(&file, "\0\0\0\0", 4);
        append(&text, part.data, part.n);
        check_all(scratch_write("padded", file.data, file.n), 0, &text);

        const char *path = scratch_write("none", empty.data, empty.n);
        text.n = 0;
        check_all(path, 0, &text);

        append(&file, "garbage", 7);
        check_fails(scratch_write("garbage", file.data, file.n), "other bytes follow", file.n);
        append(&last, file.data, 1);
        check_fails(scratch_write("cut", last.data, last.n), "other bytes follow", last.n);
        w2b_free(text.data);
        w2b_free(part.data);
        w2b_free(file.data);
        w2b_free(empty.data);
        w2b_free(last.data);
    }
}

/* zstd files may begin with a frame to be skipped. */
static void skips_zstd_frames(void **unused)
{
    (void)unused;
    bytes file = new_bytes(1);
    bytes text = make_text(1000);
    bytes frame = pack(ZSTD, text.data, text.n);
    append(&file, "\x53\x2a\x4d\x18\x03\0\0\0abc", 11);
    append(&file, frame.data, frame.n);
    check_all(scratch_write("skip", file.data, file.n), 0, &text);
    w2b_free(file.data);
    w2b_free(text.data);
    w2b_free(frame.data);
}

static void refuses_truncated_files(void **unused)
{
    (void)unused;
    for (int kind = GZIP; kind < KINDS; kind++) {
        bytes text = make_text(kind == BZIP2 ? 2000 : 600);
        bytes file = pack(kind, text.data, text.n);
        for (size_t n = magic_sizes[kind]; n < file.n; n++)
            check_fails(scratch_write("cut", file.data, n), "ends in the middle", n);
        w2b_free(text.data);
        w2b_free(file.data);
        /* And where several buffers have gone by. */
        text = make_text(1500000);
        file = pack(kind, text.data, text.n);
        for (size_t n = file.n - 3; n > 300000; n -= 123457)
            check_fails(scratch_write("cut", file.data, n), "ends in the middle", n);
        w2b_free(text.data);
        w2b_free(file.data);
    }
}

/* A changed bit is found, or it stands where it changes nothing. */
static void refuses_damaged_files(void **unused)
{
    (void)unused;
    for (int kind = GZIP; kind < KINDS; kind++) {
        bytes text = make_text(300);
        bytes file = pack(kind, text.data, text.n);
        size_t found = 0;
        for (size_t bit = 8 * 10; bit < 8 * file.n; bit++) {
            bytes all;
            w2b_diag diag;
            file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            const char *path = scratch_write("damaged", file.data, file.n);
            const w2b_err err = read_all(path, 1000, &all, &diag);
            if (err) {
                found++;
                assert_true(err == W2B_ERR_FORMAT || err == W2B_ERR_LIMIT);
            } else {
                assert_int_equal(all.n, text.n);
                assert_memory_equal(all.data, text.data, text.n);
            }
            file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            w2b_free(all.data);
        }
        assert_true(found > 7 * (file.n - 20));
        w2b_free(text.data);
        w2b_free(file.data);
    }
}

static void peeks(void **unused)
{
    (void)unused;
    for (int kind = 0; kind < KINDS; kind++) {
        bytes text = make_text(200000);
        bytes file = pack(kind, text.data, text.n);
        const char *path = scratch_write("peek", file.data, file.n);
        w2b_stream *s;
        assert_int_equal(w2b_stream_open(path, &s, NULL), W2B_OK);
        size_t at = 0;
        while (at < text.n) {
            const uint8_t *head;
            uint8_t buffer[30000];
            size_t n;
            size_t got;
            assert_int_equal(w2b_stream_peek(s, &head, &n, NULL), W2B_OK);
            const size_t left = text.n - at;
            assert_int_equal(n, left < W2B_STREAM_PEEK ? left : W2B_STREAM_PEEK);
            assert_memory_equal(head, text.data + at, n);
            assert_int_equal(w2b_stream_offset(s), at);
            assert_int_equal(w2b_stream_read(s, buffer, sizeof buffer, &got, NULL), W2B_OK);
            assert_true(got > 0);
            assert_memory_equal(buffer, text.data + at, got);
            at += got;
        }
        const uint8_t *head;
        size_t n;
        assert_int_equal(w2b_stream_peek(s, &head, &n, NULL), W2B_OK);
        assert_int_equal(n, 0);
        w2b_stream_close(s);
        w2b_free(text.data);
        w2b_free(file.data);
    }
}

/* ----- Things that are no files ------------------------------------------- */

typedef struct feed {
    int fd;
    bytes data;
} feed;

/* Writes in small pieces, as a program at the other end of a pipe does. */
static void *feed_pipe(void *argument)
{
    const feed *f = argument;
    for (size_t at = 0; at < f->data.n;) {
        const size_t left = f->data.n - at;
        const ssize_t n = write(f->fd, f->data.data + at, left < 777 ? left : 777);
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    close(f->fd);
    return NULL;
}

static void reads_standard_input(void **unused)
{
    (void)unused;
    const int old = dup(STDIN_FILENO);
    for (int kind = 0; kind < KINDS; kind++) {
        bytes text = make_text(100000);
        int ends[2];
        pthread_t thread;
        bytes all = new_bytes(text.n + 1);
        w2b_stream *s;
        assert_int_equal(pipe(ends), 0);
        feed f = {ends[1], pack(kind, text.data, text.n)};
        assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
        close(ends[0]);
        assert_int_equal(pthread_create(&thread, NULL, feed_pipe, &f), 0);
        assert_int_equal(w2b_stream_open("-", &s, NULL), W2B_OK);
        assert_string_equal(w2b_stream_name(s), "standard input");
        assert_int_equal(w2b_stream_size(s), 0);
        size_t got = 1;
        while (got > 0) {
            assert_int_equal(w2b_stream_read(s, all.data + all.n, text.n + 1 - all.n, &got, NULL),
                             W2B_OK);
            all.n += got;
        }
        assert_int_equal(all.n, text.n);
        assert_memory_equal(all.data, text.data, text.n);
        w2b_stream_close(s);
        pthread_join(thread, NULL);
        /* It is not ours to close. */
        assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
        w2b_free(f.data.data);
        w2b_free(text.data);
        w2b_free(all.data);
    }
    dup2(old, STDIN_FILENO);
    close(old);
}

static void refuses_what_cannot_be_read(void **unused)
{
    (void)unused;
    w2b_stream *s = NULL;
    w2b_diag diag;
    assert_int_equal(w2b_stream_open(scratch_path("missing"), &s, &diag), W2B_ERR_IO);
    assert_int_equal(diag.sys_errno, ENOENT);
    assert_string_equal(diag.text, "cannot open: No such file or directory");
    assert_string_equal(diag.path, scratch_path("missing"));
    assert_int_equal(w2b_stream_open(scratch_path(""), &s, &diag), W2B_ERR_IO);
    assert_int_equal(diag.sys_errno, EISDIR);
    assert_string_equal(diag.text, "cannot read: Is a directory");
    assert_int_equal(w2b_stream_open("", &s, &diag), W2B_ERR_IO);
    assert_null(s);
    w2b_stream_close(NULL);
}

static int setup(void **unused)
{
    (void)unused;
    scratch_open();
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    scratch_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_whole_files),
        cmocka_unit_test(reads_members),
        cmocka_unit_test(skips_zstd_frames),
        cmocka_unit_test(refuses_truncated_files),
        cmocka_unit_test(refuses_damaged_files),
        cmocka_unit_test(peeks),
        cmocka_unit_test(reads_standard_input),
        cmocka_unit_test(refuses_what_cannot_be_read),
    };
    return cmocka_run_group_tests_name("stream", tests, setup, teardown);
}
