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

/* Many queries against rows that were turned to lie side by side. The bits of
 * query i begin at passing[i * passing_stride]. */
typedef struct w2b_sieve_batch {
    size_t queries;
    size_t rows;
    const uint8_t *turned;
    uint64_t *passing;
    size_t passing_stride;
} w2b_sieve_batch;

/* Queries in 8 bits, in plain order. */
typedef struct w2b_sieve_numbers {
    const int8_t *numbers; /* [queries][w2b_scan_width(dim)], zero past dim */
    const int32_t *sums;   /* of each query's */
} w2b_sieve_numbers;

/* Queries as tables of what each value of four bits of a row brings to its
 * product with them, for codes of 1, 2 and 4 bits: a step is four bits of a row,
 * beginning with the lowest of its first byte. Entries are below 64 and rounded
 * up, so that with S, the sum of a row's entries,
 *
 *     q . row <= S * unit + least
 *
 * which is by half a unit a step too much on average: the price of a quarter of
 * the work. */
typedef struct w2b_sieve_tables {
    const uint8_t *entries; /* [queries][w2b_sieve_steps][16] */
    const int32_t *units;
    const int32_t *least;
} w2b_sieve_tables;

/* Steps of a row, up to a multiple of 16. */
static inline size_t w2b_sieve_steps(uint32_t dim, uint32_t bits)
{
    return ((size_t)dim * bits + 63) / 64 * 16;
}

/* The table of one query. */
void w2b_sieve_table(const int8_t *numbers, uint32_t dim, uint32_t bits, const int8_t *levels,
                     uint8_t *entries, int32_t *unit, int32_t *least);

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

    /* Batches: for each of three ways to compare, what turns n rows to `turned`,
     * at a multiple of 64, with w2b_sieve_turned_room bytes for each 64 rows; and
     * what takes queries past them. NULL where that would not be faster than one
     * query after the other. */

    /* As dots and pass_dots do it, of rows [n][w2b_scan_width(dim)] that are unpacked
     * already (scan->unpack). */
    void (*turn_dots)(const int16_t *rows, size_t n, uint32_t dim, uint8_t *turned);
    void (*batch_dots)(const w2b_sieve_batch *batch, uint32_t dim,
                       const w2b_sieve_numbers *queries, const uint32_t *squares,
                       const float *bars);

    /* As pass_dots with S * unit + least for a dot: what does not pass would not
     * pass pass_dots either. Faster than batch_dots up to so many bits. */
    uint32_t table_bits;
    void (*turn_tables)(const uint8_t *codes, size_t stride, size_t n, size_t steps,
                        uint8_t *turned);
    void (*batch_tables)(const w2b_sieve_batch *batch, size_t steps,
                         const w2b_sieve_tables *queries, const uint32_t *squares,
                         const float *bars);

    /* For bits that differ from those of queries [stride]: as scan->hamming and
     * pass_counts. Query rows can be read up to a multiple of 8 bytes: they are
     * (stride + 7) / 8 * 8 apart, filled with zeros. */
    void (*turn_counts)(const uint8_t *codes, size_t stride, size_t n, uint8_t *turned);
    void (*batch_counts)(const w2b_sieve_batch *batch, size_t stride, const uint8_t *queries,
                         const uint32_t *limits);
} w2b_sieve;

/* Bytes that 64 rows take when they are turned, in any way. */
static inline size_t w2b_sieve_turned_room(uint32_t dim, size_t stride)
{
    const size_t width = ((size_t)dim + 31) / 32 * 32, bytes = (stride + 7) / 8 * 16;
    return 64 * (width > bytes ? width : bytes);
}

/* For scan.h's tables. */
extern const w2b_sieve w2b_sieve_scalar, w2b_sieve_avx2, w2b_sieve_avx512;

#endif
