/*
 * test_sieve.c - the sieve: the scalar kernels against their definition, and
 * those of each instruction set that this machine has against the scalar
 * ones. Rows end where memory does, or begin where it begins, or lie at odd
 * places.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "quant/code.h"
#include "quant/num.h"
#include "quant/scan.h"
#include "tests/unit/seed.h"

#define MOST_DIM 1023
#define MOST_ROWS 75
#define PLACES 3

/* Pages between two that cannot be touched. */
typedef struct guarded {
    uint8_t *map;
    size_t page, size;
} guarded;

static guarded guarded_make(size_t size)
{
    guarded g = { .page = (size_t)sysconf(_SC_PAGESIZE) };
    g.size = (size + g.page - 1) / g.page * g.page;
    g.map = mmap(NULL, g.size + 2 * g.page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(g.map != MAP_FAILED);
    assert_int_equal(mprotect(g.map + g.page, g.size, PROT_READ | PROT_WRITE), 0);
    return g;
}

static void guarded_drop(guarded *g)
{
    munmap(g->map, g->size + 2 * g->page);
}

/* Room for `bytes`: 0 at the front, 1 at the end, 2 at an odd place. */
static uint8_t *place_of(const guarded *g, int place, size_t bytes)
{
    assert_true(bytes + 37 <= g->size);
    uint8_t *front = g->map + g->page;
    return place == 0 ? front : place == 1 ? front + g->size - bytes : front + 37;
}

static const w2b_sieve *sieve_of(int isa)
{
    const w2b_scan *scan = w2b_scan_for((w2b_isa)isa);
    return scan ? scan->sieve : NULL;
}

static void fill(uint8_t *p, size_t n, w2b_rng *rng)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(w2b_rng_next(rng) >> 32);
}

/* 1 to 130, then some beyond. */
static uint32_t dim_at(size_t i)
{
    static const uint32_t beyond[] = { 257, 300, 512, 800, MOST_DIM };
    return i < 130 ? (uint32_t)i + 1 : i < 135 ? beyond[i - 130] : 0;
}

/* ----- One query ---------------------------------------------------------- */

typedef struct one_case {
    guarded codes;
    w2b_packed rows;
    int8_t levels[256];
    int8_t query[MOST_DIM];
    int8_t laid[2 * MOST_DIM + 1024];
    int8_t used[2 * MOST_DIM + 1024];
} one_case;

static int level_at(const w2b_packed *rows, size_t row, size_t i)
{
    unsigned code = 0;
    for (size_t bit = i * rows->bits; bit < (i + 1) * rows->bits; bit++)
        code |= (rows->codes[row * rows->stride + bit / 8] >> (bit % 8) & 1u)
                << (bit - i * rows->bits);
    return rows->levels[code];
}

/* Random codes, in bits that no code has as well, and random levels or those of
 * 8 bits in equal steps; the query's numbers and levels at times extreme. */
static void case_fill(one_case *c, uint32_t dim, uint32_t bits, size_t n, int place, w2b_rng *rng)
{
    const size_t need = ((size_t)dim * bits + 7) / 8;
    const size_t stride = need + (w2b_rng_below(rng, 4) == 0 ? 3 : 0);
    const size_t bytes = (n - 1) * stride + need;
    uint8_t *codes = place_of(&c->codes, place, bytes);
    fill(codes, bytes, rng);
    c->rows = (w2b_packed){ codes, stride, n, dim, bits, c->levels };
    w2b_code code;
    assert_int_equal(w2b_code_init(&code, W2B_METHOD_UNIFORM, bits, dim), 0);
    memcpy(c->levels, code.levels, sizeof c->levels);
    const uint32_t what = w2b_rng_below(rng, 3);
    for (size_t i = 0; what != 0 && i < (size_t)1 << bits; i++)
        c->levels[i] = (int8_t)(what == 1 ? -127 : (int)w2b_rng_below(rng, 255) - 127);
    int8_t ones[MOST_DIM];
    memset(ones, -1, sizeof ones);
    const uint32_t extreme = w2b_rng_below(rng, 4);
    for (size_t i = 0; i < dim; i++)
        c->query[i] = (int8_t)(extreme == 0   ? -127
                               : extreme == 1 ? 127
                                              : (int)w2b_rng_below(rng, 255) - 127);
    assert_true(w2b_sieve_room(dim, bits) <= sizeof c->laid);
    w2b_sieve_lay(c->query, dim, bits, c->laid);
    w2b_sieve_lay(ones, dim, bits, c->used);
}

static void scalar_dots_are_right(void **state)
{
    (void)state;
    one_case c = { .codes = guarded_make(MOST_ROWS * (MOST_DIM + 3)) };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 60);
    const w2b_sieve *sieve = sieve_of(W2B_ISA_SCALAR);
    for (size_t d = 0; dim_at(d); d += 3) {
        for (uint32_t bits = 1; bits <= 8; bits++) {
            int32_t dots[3];
            uint32_t squares[3];
            case_fill(&c, dim_at(d), bits, 3, (int)(d % PLACES), &rng);
            sieve->dots(&c.rows, c.laid, dots);
            sieve->squares(&c.rows, c.used, squares);
            for (size_t j = 0; j < 3; j++) {
                int dot = 0, square = 0;
                for (size_t i = 0; i < dim_at(d); i++) {
                    dot += c.query[i] * level_at(&c.rows, j, i);
                    square += level_at(&c.rows, j, i) * level_at(&c.rows, j, i);
                }
                assert_int_equal(dots[j], dot);
                assert_int_equal(squares[j], square);
            }
        }
    }
    guarded_drop(&c.codes);
}

static void compare_one(one_case *c, const w2b_sieve *sieve, int isa)
{
    int32_t right[MOST_ROWS], dots[MOST_ROWS];
    uint32_t right_squares[MOST_ROWS], squares[MOST_ROWS];
    const w2b_sieve *scalar = sieve_of(W2B_ISA_SCALAR);
    scalar->dots(&c->rows, c->laid, right);
    scalar->squares(&c->rows, c->used, right_squares);
    sieve->dots(&c->rows, c->laid, dots);
    sieve->squares(&c->rows, c->used, squares);
    if (memcmp(dots, right, c->rows.n * sizeof *dots) != 0 ||
        memcmp(squares, right_squares, c->rows.n * sizeof *squares) != 0)
        fail_msg("%s: %u numbers, %u bits, %zu rows", w2b_isa_name((w2b_isa)isa), c->rows.dim,
                 c->rows.bits, c->rows.n);
}

static void vector_dots_are_the_scalar_ones(void **state)
{
    (void)state;
    one_case c = { .codes = guarded_make(MOST_ROWS * (MOST_DIM + 3)) };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 61);
    for (size_t d = 0; dim_at(d); d++) {
        for (uint32_t bits = 1; bits <= 8; bits++) {
            for (int place = 0; place < PLACES; place++) {
                const size_t most = place == 0 ? MOST_ROWS : 6;
                case_fill(&c, dim_at(d), bits, 1 + w2b_rng_below(&rng, (uint32_t)most), place,
                          &rng);
                for (int isa = W2B_ISA_AVX2; isa <= W2B_ISA_AVX512; isa++)
                    if (sieve_of(isa))
                        compare_one(&c, sieve_of(isa), isa);
            }
        }
    }
    guarded_drop(&c.codes);
}

/* ----- Bars --------------------------------------------------------------- */

static void bars_are_kept(void **state)
{
    (void)state;
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 62);
    for (size_t n = 1; n <= 200; n++) {
        int32_t *dots = malloc(n * sizeof *dots);
        uint32_t *counts = malloc(n * sizeof *counts), *squares = malloc(n * sizeof *squares);
        uint32_t limit = w2b_rng_below(&rng, 2000);
        float bar = (float)(w2b_rng_unit(&rng) - 0.4) * 2e4f;
        if (n % 7 == 0) {
            limit = UINT32_MAX;
            bar = -3e38f;
        }
        for (size_t j = 0; j < n; j++) {
            counts[j] = w2b_rng_below(&rng, 3) == 0 ? limit : w2b_rng_below(&rng, 2000);
            dots[j] = (int32_t)w2b_rng_below(&rng, 20001) - 10000;
            squares[j] = w2b_rng_below(&rng, 2000);
        }
        for (int isa = W2B_ISA_SCALAR; isa <= W2B_ISA_AVX512; isa++) {
            uint64_t by_dot[4], by_count[4];
            if (!sieve_of(isa))
                continue;
            sieve_of(isa)->pass_dots(dots, squares, n, bar, by_dot);
            sieve_of(isa)->pass_counts(counts, n, limit, by_count);
            for (size_t j = 0; j < w2b_sieve_words(n) * 64; j++) {
                const int there = j < n;
                const float dot = there ? (float)dots[j] : 0;
                const int passes = there && dot * fabsf(dot) >= bar * (float)squares[j];
                assert_int_equal(by_dot[j / 64] >> j % 64 & 1, passes);
                assert_int_equal(by_count[j / 64] >> j % 64 & 1, there && counts[j] <= limit);
            }
        }
        free(dots);
        free(counts);
        free(squares);
    }
}

/* ----- Batches ------------------------------------------------------------ */

enum { MOST_QUERIES = 21, BATCH_ROWS = 150, BATCH_WORDS = 3, LONGEST = 1500 };

/* Rows in steps that meet the ends of words, halves and tiles. */
static size_t rows_after(size_t n)
{
    return n < 36 || (n > 60 && n < 68) || n > 124 ? n + 1 : n + 7;
}

/* What is written of each query, and one word more that is not. */
typedef struct outcome {
    uint64_t passing[MOST_QUERIES * (BATCH_WORDS + 1)];
} outcome;

static w2b_sieve_batch batch_of(outcome *out, size_t n, const uint8_t *turned)
{
    memset(out, 0x5a, sizeof *out);
    return (w2b_sieve_batch){ MOST_QUERIES, n, turned, out->passing, w2b_sieve_words(n) + 1 };
}

static void query_check(const outcome *out, size_t query, size_t n, const uint64_t *right)
{
    const size_t words = w2b_sieve_words(n);
    const uint64_t *passing = out->passing + query * (words + 1);
    assert_memory_equal(passing, right, words * sizeof *right);
    assert_int_equal(passing[words], UINT64_C(0x5a5a5a5a5a5a5a5a));
}

/* Bars that some rows reach, others not, and one that all do. */
static void bars_fill(float *bars, w2b_rng *rng)
{
    for (size_t i = 0; i < MOST_QUERIES; i++)
        bars[i] = i == 0 ? -3e38f : (float)(w2b_rng_unit(rng) - 0.5) * 2e4f;
}

static void numbers_fill(int8_t *numbers, uint32_t dim, w2b_rng *rng)
{
    memset(numbers, 0, w2b_scan_width(dim));
    for (size_t k = 0; k < dim; k++)
        numbers[k] = (int8_t)((int)w2b_rng_below(rng, 255) - 127);
}

/* As pass_dots has it, query by query. */
static void batch_dots_try(const w2b_sieve *sieve, const int16_t *rows, size_t n, uint32_t dim,
                           const w2b_sieve_numbers *queries, const uint32_t *squares,
                           const float *bars, uint8_t *room)
{
    const size_t width = w2b_scan_width(dim);
    outcome out;
    const w2b_sieve_batch batch = batch_of(&out, n, room);
    sieve->turn_dots(rows, n, dim, room);
    sieve->batch_dots(&batch, dim, queries, squares, bars);
    for (size_t i = 0; i < MOST_QUERIES; i++) {
        int32_t dots[BATCH_ROWS];
        uint64_t right[BATCH_WORDS];
        for (size_t j = 0; j < n; j++) {
            dots[j] = 0;
            for (size_t k = 0; k < dim; k++)
                dots[j] += queries->numbers[i * width + k] * rows[j * width + k];
        }
        sieve_of(W2B_ISA_SCALAR)->pass_dots(dots, squares, n, bars[i], right);
        query_check(&out, i, n, right);
    }
}

static void batches_of_dots_are_single_ones(void **state)
{
    (void)state;
    static const uint32_t dims[] = { 1, 3, 4, 31, 32, 33, 64, 75, 127, 300 };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 63);
    guarded matrix = guarded_make(BATCH_ROWS * 320 * sizeof(int16_t) + 37);
    int8_t numbers[MOST_QUERIES * 320];
    int32_t sums[MOST_QUERIES];
    uint8_t *room = aligned_alloc(64, BATCH_WORDS * 64 * 320);
    memset(room, 0, BATCH_WORDS * 64 * 320);
    for (size_t d = 0; d < sizeof dims / sizeof *dims; d++) {
        const size_t width = w2b_scan_width(dims[d]);
        for (size_t n = 1; n <= BATCH_ROWS; n = rows_after(n + d)) {
            uint32_t squares[BATCH_ROWS];
            float bars[MOST_QUERIES];
            int16_t *rows = (int16_t *)(void *)place_of(&matrix, (int)(n % 2),
                                                        n * width * sizeof *rows);
            for (size_t i = 0; i < n * width; i++)
                rows[i] = i % width < dims[d] ? (int16_t)((int)w2b_rng_below(&rng, 255) - 127) : 0;
            for (size_t i = 0; i < MOST_QUERIES; i++) {
                numbers_fill(numbers + i * width, dims[d], &rng);
                sums[i] = 0;
                for (size_t k = 0; k < width; k++)
                    sums[i] += numbers[i * width + k];
            }
            bars_fill(bars, &rng);
            for (size_t i = 0; i < n; i++)
                squares[i] = w2b_rng_below(&rng, 5000 * dims[d]);
            const w2b_sieve_numbers queries = { numbers, sums };
            for (int isa = W2B_ISA_SCALAR; isa <= W2B_ISA_AVX512; isa++)
                if (sieve_of(isa) && sieve_of(isa)->batch_dots)
                    batch_dots_try(sieve_of(isa), rows, n, dims[d], &queries, squares, bars, room);
        }
    }
    guarded_drop(&matrix);
    free(room);
}

/* ----- Tables ------------------------------------------------------------- */

static unsigned step_of(const w2b_packed *rows, size_t row, size_t step)
{
    const size_t bytes = ((size_t)rows->dim * rows->bits + 7) / 8;
    return step / 2 < bytes ? rows->codes[row * rows->stride + step / 2] >> step % 2 * 4 & 15u : 0;
}

static int64_t bound_of(const w2b_packed *rows, size_t row, const uint8_t *entries, int32_t unit,
                        int32_t least)
{
    int64_t sum = 0;
    for (size_t s = 0; s < w2b_sieve_steps(rows->dim, rows->bits); s++)
        sum += entries[s * 16 + step_of(rows, row, s)];
    return sum * unit + least;
}

/* No product is above its bound, and no bound more than a unit a step above. */
static void tables_bound_products(void **state)
{
    (void)state;
    one_case c = { .codes = guarded_make(MOST_ROWS * (MOST_DIM + 3)) };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 65);
    uint8_t *entries = malloc(w2b_sieve_steps(MOST_DIM, 4) * 16);
    for (size_t d = 0; dim_at(d); d++) {
        for (uint32_t bits = 1; bits <= 4; bits *= 2) {
            int32_t dots[3], unit, least;
            const uint32_t dim = dim_at(d);
            case_fill(&c, dim, bits, 3, (int)(d % PLACES), &rng);
            w2b_sieve_table(c.query, dim, bits, c.levels, entries, &unit, &least);
            sieve_of(W2B_ISA_SCALAR)->dots(&c.rows, c.laid, dots);
            for (size_t i = 0; i < w2b_sieve_steps(dim, bits) * 16; i++)
                assert_in_range(entries[i], 0, 63);
            for (size_t j = 0; j < 3; j++) {
                const int64_t bound = bound_of(&c.rows, j, entries, unit, least);
                assert_true(bound >= dots[j]);
                assert_true(bound - dots[j] <= (int64_t)(dim * bits + 3) / 4 * (unit - 1));
            }
        }
    }
    free(entries);
    guarded_drop(&c.codes);
}

typedef struct table_case {
    w2b_packed rows;
    size_t steps;
    uint8_t *entries;
    int32_t units[MOST_QUERIES];
    int32_t least[MOST_QUERIES];
} table_case;

static void batch_tables_try(const w2b_sieve *sieve, const table_case *c, const uint32_t *squares,
                             const float *bars, uint8_t *room)
{
    outcome out;
    const size_t n = c->rows.n;
    const w2b_sieve_batch batch = batch_of(&out, n, room);
    const w2b_sieve_tables queries = { c->entries, c->units, c->least };
    sieve->turn_tables(c->rows.codes, c->rows.stride, n, c->steps, room);
    sieve->batch_tables(&batch, c->steps, &queries, squares, bars);
    for (size_t i = 0; i < MOST_QUERIES; i++) {
        int32_t dots[BATCH_ROWS];
        uint64_t right[BATCH_WORDS];
        for (size_t j = 0; j < n; j++)
            dots[j] = (int32_t)bound_of(&c->rows, j, c->entries + i * c->steps * 16, c->units[i],
                                        c->least[i]);
        sieve_of(W2B_ISA_SCALAR)->pass_dots(dots, squares, n, bars[i], right);
        query_check(&out, i, n, right);
    }
}

static void tables_of(table_case *c, guarded *matrix, uint32_t dim, uint32_t bits, size_t n,
                      w2b_rng *rng)
{
    int8_t levels[16], numbers[LONGEST];
    const size_t stride = ((size_t)dim * bits + 7) / 8;
    uint8_t *codes = place_of(matrix, (int)(n % PLACES), n * stride);
    fill(codes, n * stride, rng);
    for (size_t i = 0; i < 16; i++)
        levels[i] = (int8_t)((int)w2b_rng_below(rng, 255) - 127);
    c->rows = (w2b_packed){ codes, stride, n, dim, bits, levels };
    c->steps = w2b_sieve_steps(dim, bits);
    for (size_t i = 0; i < MOST_QUERIES; i++) {
        for (size_t k = 0; k < dim; k++)
            numbers[k] = (int8_t)(i == 1 ? 127 : (int)w2b_rng_below(rng, 255) - 127);
        w2b_sieve_table(numbers, dim, bits, levels, c->entries + i * c->steps * 16, &c->units[i],
                        &c->least[i]);
    }
    c->rows.levels = NULL; /* the tables know them */
}

/* The last length has more steps than 16 bits can add up. */
static void batches_of_tables_are_single_ones(void **state)
{
    (void)state;
    static const uint32_t dims[] = { 1, 3, 4, 15, 16, 17, 33, 64, 75, 127, 300, LONGEST };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 66);
    const size_t stride = LONGEST / 2 + 1;
    guarded matrix = guarded_make(BATCH_ROWS * stride + 37);
    uint8_t *room = aligned_alloc(64, BATCH_WORDS * w2b_sieve_turned_room(LONGEST, stride));
    table_case c = { .entries = malloc(MOST_QUERIES * w2b_sieve_steps(LONGEST, 4) * 16) };
    memset(room, 0, BATCH_WORDS * w2b_sieve_turned_room(LONGEST, stride));
    for (size_t d = 0; d < sizeof dims / sizeof *dims; d++) {
        for (uint32_t bits = 1; bits <= 4; bits *= 2) {
            for (size_t n = 1; n <= BATCH_ROWS; n = rows_after(dims[d] > 64 ? n + 20 : n + d)) {
                uint32_t squares[BATCH_ROWS];
                float bars[MOST_QUERIES];
                tables_of(&c, &matrix, dims[d], bits, n, &rng);
                bars_fill(bars, &rng);
                for (size_t i = 0; i < n; i++)
                    squares[i] = w2b_rng_below(&rng, 5000 * dims[d]);
                for (int isa = W2B_ISA_SCALAR; isa <= W2B_ISA_AVX512; isa++)
                    if (sieve_of(isa) && sieve_of(isa)->batch_tables)
                        batch_tables_try(sieve_of(isa), &c, squares, bars, room);
            }
        }
    }
    guarded_drop(&matrix);
    free(c.entries);
    free(room);
}

/* ----- Counts ------------------------------------------------------------- */

static void batch_counts_try(const w2b_scan *scan, const uint8_t *codes, size_t stride, size_t n,
                             const uint8_t *queries, const uint32_t *limits, uint8_t *room)
{
    const size_t whole = (stride + 7) / 8 * 8;
    outcome out;
    const w2b_sieve_batch batch = batch_of(&out, n, room);
    scan->sieve->turn_counts(codes, stride, n, room);
    scan->sieve->batch_counts(&batch, stride, queries, limits);
    for (size_t i = 0; i < MOST_QUERIES; i++) {
        uint32_t counts[BATCH_ROWS];
        uint64_t right[BATCH_WORDS];
        w2b_scan_for(W2B_ISA_SCALAR)->hamming(queries + i * whole, codes, stride, n, counts);
        sieve_of(W2B_ISA_SCALAR)->pass_counts(counts, n, limits[i], right);
        query_check(&out, i, n, right);
    }
}

static void batches_of_counts_are_single_ones(void **state)
{
    (void)state;
    enum { MOST_STRIDE = 104 };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 64);
    guarded matrix = guarded_make(BATCH_ROWS * MOST_STRIDE + 37);
    const size_t room_bytes = BATCH_WORDS * w2b_sieve_turned_room(8 * MOST_STRIDE, MOST_STRIDE);
    uint8_t *room = aligned_alloc(64, room_bytes);
    memset(room, 0, room_bytes);
    for (size_t stride = 1; stride <= MOST_STRIDE; stride += stride < 20 ? 1 : 7) {
        for (size_t n = 1; n <= BATCH_ROWS; n = rows_after(n)) {
            const size_t whole = (stride + 7) / 8 * 8;
            uint8_t *codes = place_of(&matrix, (int)(n % PLACES), n * stride);
            uint8_t queries[MOST_QUERIES * MOST_STRIDE] = { 0 };
            uint32_t limits[MOST_QUERIES];
            fill(codes, n * stride, &rng);
            for (size_t i = 0; i < MOST_QUERIES; i++) {
                fill(queries + i * whole, stride, &rng);
                limits[i] = i == 0 ? UINT32_MAX : w2b_rng_below(&rng, (uint32_t)(8 * stride + 1));
            }
            for (int isa = W2B_ISA_SCALAR; isa <= W2B_ISA_AVX512; isa++) {
                const w2b_scan *scan = w2b_scan_for((w2b_isa)isa);
                if (scan && scan->sieve->batch_counts)
                    batch_counts_try(scan, codes, stride, n, queries, limits, room);
            }
        }
    }
    guarded_drop(&matrix);
    free(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalar_dots_are_right),
        cmocka_unit_test(vector_dots_are_the_scalar_ones),
        cmocka_unit_test(bars_are_kept),
        cmocka_unit_test(batches_of_dots_are_single_ones),
        cmocka_unit_test(tables_bound_products),
        cmocka_unit_test(batches_of_tables_are_single_ones),
        cmocka_unit_test(batches_of_counts_are_single_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
