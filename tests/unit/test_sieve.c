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

enum { MOST_QUERIES = 21 };

/* As pass_dots has it, query by query. */
static void batch_dots_try(const w2b_sieve *sieve, const int16_t *rows, size_t n, uint32_t dim,
                           const int8_t *queries, const uint32_t *squares, const float *bars,
                           uint8_t *room)
{
    const size_t width = w2b_scan_width(dim), words = w2b_sieve_words(n) + 1;
    uint64_t passing[MOST_QUERIES * 3], right[3];
    memset(passing, 0x5a, sizeof passing);
    const w2b_sieve_batch batch = { MOST_QUERIES, n, words, passing };
    sieve->batch_dots(&batch, rows, dim, queries, squares, bars, room);
    for (size_t i = 0; i < MOST_QUERIES; i++) {
        int32_t dots[MOST_ROWS];
        for (size_t j = 0; j < n; j++) {
            dots[j] = 0;
            for (size_t k = 0; k < dim; k++)
                dots[j] += queries[i * width + k] * rows[j * width + k];
        }
        sieve_of(W2B_ISA_SCALAR)->pass_dots(dots, squares, n, bars[i], right);
        assert_memory_equal(passing + i * words, right, (words - 1) * sizeof *right);
        assert_int_equal(passing[i * words + words - 1], UINT64_C(0x5a5a5a5a5a5a5a5a));
    }
}

static void batches_of_dots_are_single_ones(void **state)
{
    (void)state;
    static const uint32_t dims[] = { 1, 3, 4, 31, 32, 33, 64, 75, 127, 300 };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 63);
    int16_t *rows = malloc(MOST_ROWS * 320 * sizeof *rows);
    int8_t queries[MOST_QUERIES * 320];
    uint8_t *room = aligned_alloc(64, W2B_SIEVE_TILE_ROWS * 320);
    memset(room, 0, W2B_SIEVE_TILE_ROWS * 320);
    for (size_t d = 0; d < sizeof dims / sizeof *dims; d++) {
        for (size_t n = 1; n <= MOST_ROWS; n++) {
            const size_t width = w2b_scan_width(dims[d]);
            uint32_t squares[MOST_ROWS];
            float bars[MOST_QUERIES];
            for (size_t i = 0; i < MOST_ROWS * width; i++)
                rows[i] = i % width < dims[d] ? (int16_t)((int)w2b_rng_below(&rng, 255) - 127) : 0;
            for (size_t i = 0; i < MOST_QUERIES * width; i++)
                queries[i] = i % width < dims[d] ? (int8_t)((int)w2b_rng_below(&rng, 255) - 127)
                                                 : 0;
            for (size_t i = 0; i < MOST_QUERIES; i++)
                bars[i] = i == 0 ? -3e38f : (float)(w2b_rng_unit(&rng) - 0.5) * 2e4f;
            for (size_t i = 0; i < n; i++)
                squares[i] = w2b_rng_below(&rng, 5000 * dims[d]);
            for (int isa = W2B_ISA_SCALAR; isa <= W2B_ISA_AVX512; isa++)
                if (sieve_of(isa) && sieve_of(isa)->batch_dots)
                    batch_dots_try(sieve_of(isa), rows, n, dims[d], queries, squares, bars, room);
        }
    }
    free(rows);
    free(room);
}

static void batches_of_counts_are_single_ones(void **state)
{
    (void)state;
    enum { MOST_STRIDE = 104 };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 64);
    guarded matrix = guarded_make(MOST_ROWS * MOST_STRIDE);
    uint8_t *room = aligned_alloc(64, W2B_SIEVE_TILE_ROWS * (MOST_STRIDE + 8));
    memset(room, 0, W2B_SIEVE_TILE_ROWS * (MOST_STRIDE + 8));
    for (size_t stride = 1; stride <= MOST_STRIDE; stride += stride < 20 ? 1 : 7) {
        for (size_t n = 1; n <= MOST_ROWS; n++) {
            const size_t whole = (stride + 7) / 8 * 8;
            uint8_t *codes = place_of(&matrix, (int)(n % PLACES), n * stride);
            uint8_t queries[MOST_QUERIES * MOST_STRIDE] = { 0 };
            uint32_t limits[MOST_QUERIES], counts[MOST_ROWS];
            uint64_t passing[MOST_QUERIES * 2], right[2];
            fill(codes, n * stride, &rng);
            for (size_t i = 0; i < MOST_QUERIES; i++) {
                fill(queries + i * whole, stride, &rng);
                limits[i] = i == 0 ? UINT32_MAX : w2b_rng_below(&rng, (uint32_t)(8 * stride + 1));
            }
            for (int isa = W2B_ISA_SCALAR; isa <= W2B_ISA_AVX512; isa++) {
                const w2b_scan *scan = w2b_scan_for((w2b_isa)isa);
                if (!scan || !scan->sieve->batch_counts)
                    continue;
                const w2b_sieve_batch batch = { MOST_QUERIES, n, w2b_sieve_words(n), passing };
                scan->sieve->batch_counts(&batch, codes, stride, queries, limits, room);
                for (size_t i = 0; i < MOST_QUERIES; i++) {
                    w2b_scan_for(W2B_ISA_SCALAR)
                        ->hamming(queries + i * whole, codes, stride, n, counts);
                    sieve_of(W2B_ISA_SCALAR)->pass_counts(counts, n, limits[i], right);
                    assert_memory_equal(passing + i * w2b_sieve_words(n), right,
                                        w2b_sieve_words(n) * sizeof *right);
                }
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
        cmocka_unit_test(batches_of_counts_are_single_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
