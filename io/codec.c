/*
 * codec.c - decompression of gzip, bzip2, xz and zstd, one member at a time.
 */
#include <bzlib.h>
#include <limits.h>
#include <lzma.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "io/codec.h"

/* Decoders reserve what a member's header asks for, up to this: enough for
 * xz -9 and zstd --ultra -22 --long. */
#define WINDOW_MAX ((uint64_t)256 << 20)
#define WINDOW_MAX_LOG 27

/* The streams of zlib and bzip2 count with unsigned int. */
static unsigned int clamp(size_t n)
{
    return n > UINT_MAX / 2 ? UINT_MAX / 2 : (unsigned int)n;
}

static void move_on(w2b_codec_io *io, size_t taken, size_t made)
{
    io->in += taken;
    io->in_n -= taken;
    io->out += made;
    io->out_room -= made;
}

/* Whether head[n] begins like magic[size], or the other way round, in `least`
 * bytes or more. */
static int begins(const uint8_t *head, size_t n, const void *magic, size_t size,
                  size_t least)
{
    const size_t common = n < size ? n : size;
    return common >= least && memcmp(head, magic, common) == 0;
}

/* ----- gzip --------------------------------------------------------------- */

static int gzip_sniff(const uint8_t *head, size_t n)
{
    /* The upper flags are reserved and zero. */
    return begins(head, n, "\x1f\x8b\x08", 3, 2) && (n < 4 || (head[3] & 0xe0) == 0);
}

static void *gzip_open(void)
{
    z_stream *z = w2b_alloc_zero(1, sizeof *z);
    if (z && inflateInit2(z, 16 + MAX_WBITS) != Z_OK) {
        w2b_free(z);
        z = NULL;
    }
    return z;
}

static int gzip_restart(void *decoder)
{
    return inflateReset(decoder) == Z_OK ? 0 : -1;
}

static w2b_codec_step gzip_step(void *decoder, w2b_codec_io *io)
{
    z_stream *z = decoder;
    const unsigned int in_n = clamp(io->in_n);
    const unsigned int room = clamp(io->out_room);
    /* Older declarations lack the const. */
    z->next_in = (Bytef *)(uintptr_t)io->in;
    z->avail_in = in_n;
    z->next_out = io->out;
    z->avail_out = room;
    const int r = inflate(z, Z_NO_FLUSH);
    move_on(io, in_n - z->avail_in, room - z->avail_out);
    switch (r) {
    case Z_OK:
    case Z_BUF_ERROR: return W2B_CODEC_MORE;
    case Z_STREAM_END: return W2B_CODEC_END;
    case Z_MEM_ERROR: return W2B_CODEC_MEMORY;
    default: return W2B_CODEC_DAMAGED;
    }
}

static void gzip_close(void *decoder)
{
    inflateEnd(decoder);
    w2b_free(decoder);
}

/* ----- bzip2 -------------------------------------------------------------- */

static int bzip2_sniff(const uint8_t *head, size_t n)
{
    /* "BZh9" alone could be a word: ask for a block, or the end, as well. */
    if (n < 5 || memcmp(head, "BZh", 3) != 0 || head[3] < '1' || head[3] > '9')
        return 0;
    return begins(head + 4, n - 4, "1AY&SY", 6, 1) ||
           begins(head + 4, n - 4, "\x17\x72\x45\x38\x50\x90", 6, 1);
}

static void *bzip2_open(void)
{
    bz_stream *b = w2b_alloc_zero(1, sizeof *b);
    if (b && BZ2_bzDecompressInit(b, 0, 0) != BZ_OK) {
        w2b_free(b);
        b = NULL;
    }
    return b;
}

static int bzip2_restart(void *decoder)
{
    BZ2_bzDecompressEnd(decoder);
    memset(decoder, 0, sizeof(bz_stream));
    return BZ2_bzDecompressInit(decoder, 0, 0) == BZ_OK ? 0 : -1;
}

static w2b_codec_step bzip2_step(void *decoder, w2b_codec_io *io)
{
    bz_stream *b = decoder;
    const unsigned int in_n = clamp(io->in_n);
    const unsigned int room = clamp(io->out_room);
    b->next_in = (char *)(uintptr_t)io->in;
    b->avail_in = in_n;
    b->next_out = (char *)io->out;
    b->avail_out = room;
    const int r = BZ2_bzDecompress(b);
    move_on(io, in_n - b->avail_in, room - b->avail_out);
    switch (r) {
    case BZ_OK: return W2B_CODEC_MORE;
    case BZ_STREAM_END: return W2B_CODEC_END;
    case BZ_MEM_ERROR: return W2B_CODEC_MEMORY;
    default: return W2B_CODEC_DAMAGED;
    }
}

static void bzip2_close(void *decoder)
{
    BZ2_bzDecompressEnd(decoder);
    w2b_free(decoder);
}

/* ----- xz ----------------------------------------------------------------- */

static int xz_sniff(const uint8_t *head, size_t n)
{
    return begins(head, n, "\xfd" "7zXZ", 6, 3);
}

static int xz_restart(void *decoder)
{
    return lzma_stream_decoder(decoder, WINDOW_MAX, 0) == LZMA_OK ? 0 : -1;
}

static void *xz_open(void)
{
    /* All zeros is LZMA_STREAM_INIT. */
    lzma_stream *x = w2b_alloc_zero(1, sizeof *x);
    if (x && xz_restart(x) != 0) {
        w2b_free(x);
        x = NULL;
    }
    return x;
}

static w2b_codec_step xz_step(void *decoder, w2b_codec_io *io)
{
    lzma_stream *x = decoder;
    x->next_in = io->in;
    x->avail_in = io->in_n;
    x->next_out = io->out;
    x->avail_out = io->out_room;
    const lzma_ret r = lzma_code(x, LZMA_RUN);
    move_on(io, io->in_n - x->avail_in, io->out_room - x->avail_out);
    switch (r) {
    case LZMA_OK:
    case LZMA_BUF_ERROR: return W2B_CODEC_MORE;
    case LZMA_STREAM_END: return W2B_CODEC_END;
    case LZMA_MEM_ERROR: return W2B_CODEC_MEMORY;
    case LZMA_MEMLIMIT_ERROR: return W2B_CODEC_TOO_LARGE;
    default: return W2B_CODEC_DAMAGED;
    }
}

static void xz_close(void *decoder)
{
    lzma_end(decoder);
    w2b_free(decoder);
}

/* ----- zstd --------------------------------------------------------------- */

static int zstd_sniff(const uint8_t *head, size_t n)
{
    /* A frame, or one to be skipped, as parallel compressors put in front. */
    return begins(head, n, "\x28\xb5\x2f\xfd", 4, 3) ||
           (n >= 4 && (head[0] & 0xf0) == 0x50 && memcmp(head + 1, "\x2a\x4d\x18", 3) == 0);
}

static void *zstd_open(void)
{
    ZSTD_DCtx *d = ZSTD_createDCtx();
    if (d && ZSTD_isError(ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, WINDOW_MAX_LOG))) {
        ZSTD_freeDCtx(d);
        d = NULL;
    }
    return d;
}

static int zstd_restart(void *decoder)
{
    return ZSTD_isError(ZSTD_DCtx_reset(decoder, ZSTD_reset_session_only)) ? -1 : 0;
}

static w2b_codec_step zstd_step(void *decoder, w2b_codec_io *io)
{
    ZSTD_inBuffer in = {io->in, io->in_n, 0};
    ZSTD_outBuffer out = {io->out, io->out_room, 0};
    const size_t r = ZSTD_decompressStream(decoder, &out, &in);
    move_on(io, in.pos, out.pos);
    if (r == 0)
        return W2B_CODEC_END;
    if (!ZSTD_isError(r))
        return W2B_CODEC_MORE;
    switch (ZSTD_getErrorCode(r)) {
    case ZSTD_error_memory_allocation: return W2B_CODEC_MEMORY;
    case ZSTD_error_frameParameter_windowTooLarge: return W2B_CODEC_TOO_LARGE;
    default: return W2B_CODEC_DAMAGED;
    }
}

static void zstd_close(void *decoder)
{
    ZSTD_freeDCtx(decoder);
}

/* -------------------------------------------------------------------------- */

static const w2b_codec codecs[] = {
    {"gzip", gzip_sniff, gzip_open, gzip_restart, gzip_step, gzip_close},
    {"bzip2", bzip2_sniff, bzip2_open, bzip2_restart, bzip2_step, bzip2_close},
    {"xz", xz_sniff, xz_open, xz_restart, xz_step, xz_close},
    {"zstd", zstd_sniff, zstd_open, zstd_restart, zstd_step, zstd_close},
};

const w2b_codec *w2b_codec_find(const uint8_t *head, size_t n)
{
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        if (codecs[i].sniff(head, n))
            return &codecs[i];
    }
    return NULL;
}
