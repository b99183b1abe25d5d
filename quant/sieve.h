/*
 * sieve.h - which rows may be among the answers: a scan straight on packed
 * codes that leaves the exact work to the few rows that pass.
 *
 * A search keeps the best k rows, so that nearly all rows need no cosine but
 * the certainty that it lies below the worst one kept. A query of 8-bit whole
 * numbers gives that: its product with a row is an exact integer, which
 * together with the row's square is held against a bar, which the caller
 * lowers by what rounding a query to 8 bits may have cost.
 *
 * Rows that pass are told by bits: row j by bit j % 64 of passing[j / 64], the
 * bits past the last row being zero. As in scan.h, the scalar functions are
 * the specification, and nothing outside the rows is read.
 */
#ifndef W2B_QUANT_SIEVE_H
#define W2B_QUANT_SIEVE_H

#include <stddef.h>
#include <stdint.h>

/* Rows of packed codes of 1 to 8 bits, as in scan->unpack. */
typedef struct w2b_packed {
    const uint8_t *codes;  /* [n][stride] */
    size_t stride;
    size_t n;
    uint32_t dim;
    uint32_t bits;
    const int8_t *levels;  /* in [-127, 127] */
} w2b_packed;

/* Numbers in the order in which vector kernels meet packed codes. At 1, 2, 4
 * and 8 bits, 64 bytes of a row (a chunk) hold 8 / bits planes of 64 codes:
 * plane s has the codes that begin at bit s * bits of a byte. Planes follow
 * each other. What is left of a row behind whole chunks, and all of it at other
 * numbers of bits, is 64 codes after 64 as they come: about 5 instructions each,
 * and not 2 each and 2 more for a chunk, but less where most of a last chunk
 * would be empty. Numbers past dim are zeros. */
size_t w2b_sieve_room(uint32_t dim, uint32_t bits);
void w2b_sieve_lay(const int8_t *numbers, uint32_t dim, uint32_t bits, int8_t *laid);

/* Chunks of a row that go by planes. */
static inline size_t w2b_sieve_chunks(uint32_t dim, uint32_t bits)
{
    if (8 % bits != 0)
        return 0;
    const size_t planes = 8 / bits, row_bytes = ((size_t)dim * bits + 7) / 8;
    const size_t groups = (row_bytes % 64 + 8 * bits - 1) / (8 * bits);
    return row_bytes / 64 + (5 * groups >= 2 * planes + 2 && row_bytes % 64 != 0);
}

/* Where the number of a code goes. */
static inline size_t w2b_sieve_place(size_t code, size_t chunks, uint32_t bits)
{
    const size_t planes = 8 / bits, byte = code / planes;
    return byte < 64 * chunks ? (byte / 64 * planes + code % planes) * 64 + byte % 64 : code;
}

static inline size_t w2b_sieve_words(size_t rows)
{
    return (rows + 63) / 64;
}

/* What many queries are held against at once. */
typedef struct w2b_sieve_batch {
    size_t queries;
    size_t rows;
    size_t passing_stride; /* words of bits a query */
    uint64_t *passing;     /* [queries][passing_stride] */
} w2b_sieve_batch;

typedef struct w2b_sieve {
    /* dots[j] = q . row j, with q in [-127, 127] laid out. */
    void (*dots)(const w2b_packed *rows, const int8_t *laid, int32_t *dots);

    /* squares[j] = row j . row j; `used` is a row of -1 laid out. */
    void (*squares)(const w2b_packed *rows, const int8_t *used, uint32_t *squares);

    /* Row j passes if (float)dot * |(float)dot| >= bar * (float)square. */
    void (*pass_dots)(const int32_t *dots, const uint32_t *squares, size_t n, float bar,
                      uint64_t *passing);

    /* Row j passes if counts[j] <= limit. */
    void (*pass_counts)(const uint32_t *counts, size_t n, uint32_t limit, uint64_t *passing);

    /* Many queries past rows that are unpacked already (scan->unpack), as dots
     * and pass_dots do it: queries [width] of 8 bits in plain order, with
     * width = w2b_scan_width(dim), numbers past dim zero. NULL where it would
     * not be faster than one query after the other. `room` has
     * W2B_SIEVE_TILE_ROWS * width bytes at a multiple of 64. */
    void (*batch_dots)(const w2b_sieve_batch *batch, const int16_t *rows, uint32_t dim,
                       const int8_t *queries, const uint32_t *squares, const float *bars,
                       uint8_t *room);

    /* The same for bits that differ from those of queries [stride]: as
     * scan->hamming and pass_counts. `room` has W2B_SIEVE_TILE_ROWS * (stride +
     * 7) bytes, and query rows can be read up to a multiple of 8 bytes: they
     * are (stride + 7) / 8 * 8 apart, filled with zeros. */
    void (*batch_counts)(const w2b_sieve_batch *batch, const uint8_t *codes, size_t stride,
                         const uint8_t *queries, const uint32_t *limits, uint8_t *room);
} w2b_sieve;

#define W2B_SIEVE_TILE_ROWS 32

/* For scan.h's tables. */
extern const w2b_sieve w2b_sieve_scalar, w2b_sieve_avx2, w2b_sieve_avx512;

#endif
