/*
 * test_scan.c - the distance kernels: the scalar ones against their definition,
 * written out here bit by bit, and those of each instruction set that this
 * machine has against the scalar ones, bit for bit.
 *
 * All data stand in pages between two that cannot be touched: flush with the
 * front, flush with the end, and in between at odd places, so that a read or
 * write outside a row is a crash.
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
#include "quant/scan_isa.h"
#include "tests/unit/seed.h"

#define MOST_DIM 1023
#define MOST_ROWS 19
#define MOST_QUERIES 9
#define PLACES 3

/* ----- Guarded memory ----------------------------------------------------- */

typedef struct arena {
    uint8_t *map;
    size_t page;
    size_t size;
} arena;

static arena arena_make(size_t size)
{
    arena a = { .page = (size_t)sysconf(_SC_PAGESIZE) };
    a.size = (size + 64 + a.page - 1) / a.page * a.page;
    a.map = mmap(NULL, a.size + 2 * a.page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(a.map != MAP_FAILED);
    assert_int_equal(mprotect(a.map + a.page, a.size, PROT_READ | PROT_WRITE), 0);
    return a;
}

static void arena_drop(arena *a)
{
    munmap(a->map, a->size + 2 * a->page);
}

/* Room for `bytes`, a multiple of `align` from the front: place 0 at the
 * front, 1 at the end, 2 a little behind the front. */
static void *arena_place(const arena *a, int place, size_t bytes, size_t align)
{
    assert_true(bytes + 64 <= a->size);
    uint8_t *front = a->map + a->page;
    if (place == 0)
        return front;
    if (place == 1)
        return front + a->size - bytes;
    return front + 37 * align % 64;
}

/* ----- Data --------------------------------------------------------------- */

typedef enum kind { RANDOM, ZEROS, ONES, KINDS } kind;

static void fill_bytes(uint8_t *p, size_t n, kind what, w2b_rng *rng)
{
    for (size_t i = 0; i < n; i++)
        p[i] = what == ZEROS ? 0 : what == ONES ? 0xff : (uint8_t)(w2b_rng_next(rng) >> 32);
}

/* The numbers of dimensions to try: 1 to 130, then some beyond. */
static uint32_t dim_at(size_t i)
{
    static const uint32_t beyond[] = { 257, 300, MOST_DIM };
    if (i < 130)
        return (uint32_t)i + 1;
    return i - 130 < sizeof beyond / sizeof *beyond ? beyond[i - 130] : 0;
}

static const w2b_scan *scalar(void)
{
    return w2b_scan_for(W2B_ISA_SCALAR);
}

/* The other tables that can run here, NULL behind the last. */
static const w2b_scan *vector_at(size_t i)
{
    const w2b_scan *found[2] = { NULL };
    size_t n = 0;
    for (int isa = W2B_ISA_AVX2; isa <= W2B_ISA_AVX512; isa++) {
        const w2b_scan *scan = w2b_scan_for((w2b_isa)isa);
        if (scan)
            found[n++] = scan;
    }
    return i < n ? found[i] : NULL;
}

static w2b_rng rng_of(uint64_t stream)
{
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), stream);
    return rng;
}

/* ----- The choice --------------------------------------------------------- */

static void tables_are_whole(void **state)
{
    (void)state;
    for (int isa = W2B_ISA_SCALAR; isa <= W2B_ISA_AVX512; isa++) {
        const w2b_scan *scan = w2b_scan_for((w2b_isa)isa);
        if (!scan) {
            print_message("%s: not here, so not tested\n", w2b_isa_name((w2b_isa)isa));
            assert_int_not_equal(isa, W2B_ISA_SCALAR);
            continue;
        }
        assert_int_equal(scan->isa, isa);
        assert_true(w2b_isa_present((w2b_isa)isa));
        assert_non_null(scan->unpack);
        assert_non_null(scan->dot_i16);
        assert_non_null(scan->hamming);
        assert_non_null(scan->widen_f16);
        assert_non_null(scan->widen_f32);
        assert_non_null(scan->dot_f32);
    }
}

static void choice_is_the_best(void **state)
{
    (void)state;
    const w2b_scan *best = w2b_scan_for(W2B_ISA_AUTO);
    assert_non_null(best);
    assert_int_equal(best->isa, w2b_isa_best());
    for (int isa = best->isa + 1; isa <= W2B_ISA_AVX512; isa++)
        assert_null(w2b_scan_for((w2b_isa)isa));
    assert_null(w2b_scan_for((w2b_isa)4));
    assert_null(w2b_scan_for((w2b_isa)-1));
    assert_false(w2b_isa_present((w2b_isa)4));
}

#if defined(__x86_64__)
/* The compiler's own idea of the CPU, which it has from other code. */
static void presence_agrees_with_the_compiler(void **state)
{
    (void)state;
    __builtin_cpu_init();
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                     __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi2");
    const int avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                       __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512vnni") &&
                       __builtin_cpu_supports("avx512vbmi") &&
                       __builtin_cpu_supports("avx512bitalg") &&
                       __builtin_cpu_supports("avx512vpopcntdq");
    assert_int_equal(!!w2b_isa_present(W2B_ISA_AVX2), !!avx2);
    assert_int_equal(!!w2b_isa_present(W2B_ISA_AVX512), !!avx512);
}
#endif

static void isas_have_names(void **state)
{
    (void)state;
    assert_string_equal(w2b_isa_name(W2B_ISA_AUTO), "auto");
    assert_string_equal(w2b_isa_name(W2B_ISA_SCALAR), "scalar");
    assert_string_equal(w2b_isa_name(W2B_ISA_AVX2), "avx2");
    assert_string_equal(w2b_isa_name(W2B_ISA_AVX512), "avx512");
    assert_null(w2b_isa_name((w2b_isa)4));
}

/* ----- unpack ------------------------------------------------------------- */

static void unpack_by_definition(const uint8_t *codes, size_t stride, size_t n, uint32_t dim,
                                 uint32_t bits, const int8_t *levels, int16_t *rows)
{
    for (size_t row = 0; row < n; row++) {
        for (size_t i = 0; i < w2b_scan_width(dim); i++) {
            unsigned code = 0;
            for (size_t bit = i * bits; i < dim && bit < (i + 1) * bits; bit++)
                code |= (codes[row * stride + bit / 8] >> (bit % 8) & 1u) << (bit - i * bits);
            rows[row * w2b_scan_width(dim) + i] = i < dim ? levels[code] : 0;
        }
    }
}

typedef void unpack_fn(const uint8_t *, size_t, size_t, uint32_t, uint32_t, const int8_t *,
                       int16_t *);

typedef struct unpack_case {
    unpack_fn *expected;
    unpack_fn *tested;
    w2b_isa isa;
    arena codes, levels, rows;
    int16_t *right;
} unpack_case;

static void compare_unpack(const unpack_case *c, uint32_t dim, uint32_t bits, size_t n,
                           size_t spare, kind what, int place, w2b_rng *rng)
{
    const size_t need = ((size_t)dim * bits + 7) / 8, stride = need + spare;
    const size_t numbers = n * w2b_scan_width(dim);
    /* The last row ends with its last code: what is spare behind it is not
     * there. */
    const size_t bytes = n * stride - spare;
    uint8_t *codes = arena_place(&c->codes, place, bytes, 1);
    fill_bytes(codes, bytes, what, rng);
    int8_t *levels = arena_place(&c->levels, place, (size_t)1 << bits, 1);
    fill_bytes((uint8_t *)levels, (size_t)1 << bits, RANDOM, rng);
    if (what == ONES || w2b_rng_below(rng, 2)) {
        w2b_code code;
        assert_int_equal(w2b_code_init(&code, W2B_METHOD_UNIFORM, bits, dim), 0);
        memcpy(levels, code.levels, (size_t)1 << bits);
    }
    int16_t *rows = arena_place(&c->rows, place, numbers * sizeof *rows, sizeof *rows);
    memset(rows, 0x5a, numbers * sizeof *rows);
    c->expected(codes, stride, n, dim, bits, levels, c->right);
    c->tested(codes, stride, n, dim, bits, levels, rows);
    if (memcmp(rows, c->right, numbers * sizeof *rows) != 0)
        fail_msg("%s: unpack, %u dimensions, %u bits, %zu rows", w2b_isa_name(c->isa), dim, bits,
                 n);
}

static void try_unpack(unpack_fn *expected, unpack_fn *tested, w2b_isa isa)
{
    static const size_t rows[] = { 1, 2, 5 };
    const size_t most = 5 * w2b_scan_width(MOST_DIM);
    unpack_case c = {
        .expected = expected, .tested = tested, .isa = isa, .codes = arena_make(5 * MOST_DIM + 64),
        .levels = arena_make(256), .rows = arena_make(most * sizeof(int16_t)),
        .right = malloc(most * sizeof(int16_t))
    };
    w2b_rng rng = rng_of(20);
    for (size_t i = 0; dim_at(i); i++) {
        for (uint32_t bits = 1; bits <= 8; bits++) {
            for (int what = 0; what < KINDS; what++) {
                for (int place = 0; place < PLACES; place++) {
                    const size_t n = rows[w2b_rng_below(&rng, 3)];
                    compare_unpack(&c, dim_at(i), bits, n, 0, (kind)what, place, &rng);
                }
            }
            compare_unpack(&c, dim_at(i), bits, 3, 3, RANDOM, 1, &rng);
        }
    }
    free(c.right);
    arena_drop(&c.codes);
    arena_drop(&c.levels);
    arena_drop(&c.rows);
}

static void unpack_scalar(void **state)
{
    (void)state;
    try_unpack(unpack_by_definition, scalar()->unpack, W2B_ISA_SCALAR);
}

static void unpack_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; vector_at(i); i++)
        try_unpack(scalar()->unpack, vector_at(i)->unpack, vector_at(i)->isa);
}

/* ----- dot_i16 ------------------------------------------------------------ */

static void dot_i16_by_definition(const int16_t *q, size_t nq, const int16_t *rows, size_t n,
                                  size_t width, int32_t *out, size_t out_stride)
{
    for (size_t i = 0; i < nq; i++) {
        for (size_t j = 0; j < n; j++) {
            int64_t sum = 0;
            for (size_t k = 0; k < width; k++)
                sum += (int64_t)q[i * width + k] * rows[j * width + k];
            /* Modulo 2^32, without an undefined conversion. */
            const uint32_t low = (uint32_t)(uint64_t)sum;
            memcpy(out + i * out_stride + j, &low, sizeof low);
        }
    }
}

typedef void dot_i16_fn(const int16_t *, size_t, const int16_t *, size_t, size_t, int32_t *,
                        size_t);

/* Kinds of numbers: those that occur, all zero, all the lowest (sums of which
 * leave 32 bits, and must wrap alike). */
static void fill_i16(int16_t *p, size_t n, kind what, uint32_t span, w2b_rng *rng)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (int16_t)(what == ZEROS  ? 0
                         : what == ONES ? -32768
                                        : (int)w2b_rng_below(rng, 2 * span + 1) - (int)span);
}

static void try_dot_i16(dot_i16_fn *expected, dot_i16_fn *tested, w2b_isa isa)
{
    enum { MOST_WIDTH = 1024, GAP = 3, MOST_OUT = MOST_QUERIES * (MOST_ROWS + GAP) };
    arena queries = arena_make(MOST_QUERIES * MOST_WIDTH * sizeof(int16_t));
    arena matrix = arena_make(MOST_ROWS * MOST_WIDTH * sizeof(int16_t));
    arena results = arena_make(MOST_OUT * sizeof(int32_t));
    int32_t right[MOST_OUT];
    w2b_rng rng = rng_of(21);
    for (size_t width = 32; width <= MOST_WIDTH; width += width < 352 ? 32 : 320) {
        for (size_t nq = 1; nq <= MOST_QUERIES; nq++) {
            for (int what = 0; what < KINDS * PLACES; what++) {
                const int place = what / KINDS;
                const size_t n = 1 + w2b_rng_below(&rng, MOST_ROWS), stride = n + GAP;
                const size_t bytes = ((nq - 1) * stride + n) * sizeof(int32_t);
                int16_t *q = arena_place(&queries, place, nq * width * sizeof *q, sizeof *q);
                int16_t *rows = arena_place(&matrix, place, n * width * sizeof *q, sizeof *q);
                int32_t *out = arena_place(&results, place, bytes, sizeof *out);
                fill_i16(q, nq * width, (kind)(what % KINDS), 32000, &rng);
                fill_i16(rows, n * width, (kind)(what % KINDS), 127, &rng);
                memset(out, 0x5a, bytes);
                memset(right, 0x5a, bytes);
                expected(q, nq, rows, n, width, right, stride);
                tested(q, nq, rows, n, width, out, stride);
                if (memcmp(out, right, bytes) != 0)
                    fail_msg("%s: dot_i16, %zu numbers, %zu queries, %zu rows", w2b_isa_name(isa),
                             width, nq, n);
            }
        }
    }
    arena_drop(&queries);
    arena_drop(&matrix);
    arena_drop(&results);
}

static void dot_i16_scalar(void **state)
{
    (void)state;
    try_dot_i16(dot_i16_by_definition, scalar()->dot_i16, W2B_ISA_SCALAR);
}

static void dot_i16_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; vector_at(i); i++)
        try_dot_i16(scalar()->dot_i16, vector_at(i)->dot_i16, vector_at(i)->isa);
}

/* ----- hamming ------------------------------------------------------------ */

static void hamming_by_definition(const uint8_t *q, const uint8_t *codes, size_t stride, size_t n,
                                  uint32_t *out)
{
    for (size_t row = 0; row < n; row++) {
        out[row] = 0;
        for (size_t bit = 0; bit < 8 * stride; bit++)
            out[row] += ((q[bit / 8] ^ codes[row * stride + bit / 8]) >> (bit % 8)) & 1;
    }
}

typedef void hamming_fn(const uint8_t *, const uint8_t *, size_t, size_t, uint32_t *);

static void try_hamming(hamming_fn *expected, hamming_fn *tested, w2b_isa isa)
{
    arena query = arena_make(MOST_DIM), matrix = arena_make(MOST_ROWS * MOST_DIM);
    arena results = arena_make(MOST_ROWS * sizeof(uint32_t));
    uint32_t right[MOST_ROWS];
    w2b_rng rng = rng_of(22);
    for (size_t i = 0; dim_at(i); i++) {
        const size_t stride = dim_at(i);
        for (size_t n = 1; n <= MOST_ROWS; n++) {
            for (int place = 0; place < PLACES; place++) {
                const kind of_query = (kind)w2b_rng_below(&rng, KINDS);
                const kind of_rows = (kind)w2b_rng_below(&rng, KINDS);
                uint8_t *q = arena_place(&query, place, stride, 1);
                uint8_t *codes = arena_place(&matrix, place, n * stride, 1);
                uint32_t *out = arena_place(&results, place, n * sizeof *out, sizeof *out);
                fill_bytes(q, stride, of_query, &rng);
                fill_bytes(codes, n * stride, of_rows, &rng);
                memset(out, 0x5a, n * sizeof *out);
                expected(q, codes, stride, n, right);
                tested(q, codes, stride, n, out);
                if (memcmp(out, right, n * sizeof *out) != 0)
                    fail_msg("%s: hamming, %zu bytes, %zu rows", w2b_isa_name(isa), stride, n);
            }
        }
    }
    arena_drop(&query);
    arena_drop(&matrix);
    arena_drop(&results);
}

static void hamming_scalar(void **state)
{
    (void)state;
    try_hamming(hamming_by_definition, scalar()->hamming, W2B_ISA_SCALAR);
}

static void hamming_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; vector_at(i); i++)
        try_hamming(scalar()->hamming, vector_at(i)->hamming, vector_at(i)->isa);
}

/* ----- widen_f16, widen_f32 ----------------------------------------------- */

static void widen_f16_by_definition(const uint8_t *codes, size_t n, uint32_t dim, float *rows)
{
    for (size_t row = 0; row < n; row++) {
        for (size_t i = 0; i < w2b_scan_width(dim); i++) {
            const uint8_t *p = codes + 2 * (row * dim + i);
            rows[row * w2b_scan_width(dim) + i] =
                i < dim ? w2b_half_to_float((uint16_t)(p[0] | p[1] << 8)) : 0;
        }
    }
}

static void widen_f32_by_definition(const uint8_t *codes, size_t n, uint32_t dim, float *rows)
{
    for (size_t row = 0; row < n; row++) {
        memset(rows + row * w2b_scan_width(dim), 0, w2b_scan_width(dim) * sizeof *rows);
        for (size_t i = 0; i < dim; i++) {
            const uint8_t *p = codes + 4 * (row * dim + i);
            const uint32_t bits = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                                  (uint32_t)p[3] << 24;
            memcpy(rows + row * w2b_scan_width(dim) + i, &bits, sizeof bits);
        }
    }
}

typedef void widen_fn(const uint8_t *, size_t, uint32_t, float *);

/* Random bits are numbers of all kinds, infinities and NaN among them. */
static void try_widen(widen_fn *expected, widen_fn *tested, size_t size, w2b_isa isa)
{
    enum { ROWS = 5 };
    const size_t most = ROWS * w2b_scan_width(MOST_DIM);
    arena matrix = arena_make(ROWS * MOST_DIM * size), results = arena_make(most * sizeof(float));
    float *right = malloc(most * sizeof *right);
    w2b_rng rng = rng_of(23);
    for (size_t i = 0; dim_at(i); i++) {
        const uint32_t dim = dim_at(i);
        for (size_t n = 1; n <= ROWS; n++) {
            for (int place = 0; place < PLACES; place++) {
                const size_t numbers = n * w2b_scan_width(dim);
                uint8_t *codes = arena_place(&matrix, place, n * dim * size, 1);
                float *rows = arena_place(&results, place, numbers * sizeof *rows, sizeof *rows);
                fill_bytes(codes, n * dim * size, RANDOM, &rng);
                memset(rows, 0x5a, numbers * sizeof *rows);
                expected(codes, n, dim, right);
                tested(codes, n, dim, rows);
                if (memcmp(rows, right, numbers * sizeof *rows) != 0)
                    fail_msg("%s: widen_f%zu, %u dimensions, %zu rows", w2b_isa_name(isa),
                             8 * size, dim, n);
            }
        }
    }
    free(right);
    arena_drop(&matrix);
    arena_drop(&results);
}

static void widen_scalar(void **state)
{
    (void)state;
    try_widen(widen_f16_by_definition, scalar()->widen_f16, 2, W2B_ISA_SCALAR);
    try_widen(widen_f32_by_definition, scalar()->widen_f32, 4, W2B_ISA_SCALAR);
}

static void widen_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; vector_at(i); i++) {
        try_widen(scalar()->widen_f16, vector_at(i)->widen_f16, 2, vector_at(i)->isa);
        try_widen(scalar()->widen_f32, vector_at(i)->widen_f32, 4, vector_at(i)->isa);
    }
}

/* Random bytes may miss some: all 65,536 halves, each in every lane. */
static void widen_every_half(void **state)
{
    (void)state;
    enum { DIM = 33, ROWS = 65536 };
    uint8_t *codes = malloc((size_t)2 * DIM * ROWS);
    const size_t numbers = ROWS * w2b_scan_width(DIM);
    float *right = malloc(numbers * sizeof *right), *rows = malloc(numbers * sizeof *rows);
    for (size_t i = 0; i < (size_t)DIM * ROWS; i++) {
        codes[2 * i] = (uint8_t)i;
        codes[2 * i + 1] = (uint8_t)(i >> 8);
    }
    widen_f16_by_definition(codes, ROWS, DIM, right);
    for (int isa = W2B_ISA_SCALAR; isa <= W2B_ISA_AVX512; isa++) {
        const w2b_scan *scan = w2b_scan_for((w2b_isa)isa);
        if (!scan)
            continue;
        scan->widen_f16(codes, ROWS, DIM, rows);
        assert_memory_equal(rows, right, numbers * sizeof *rows);
    }
    free(codes);
    free(right);
    free(rows);
}

/* ----- dot_f32 ------------------------------------------------------------ */

/* The order of scan.h, one operation a line, and nothing kept in registers of
 * more precision. */
static void dot_f32_by_definition(const float *q, size_t nq, const float *rows, size_t n,
                                  size_t width, float *out, size_t out_stride)
{
    for (size_t i = 0; i < nq; i++) {
        for (size_t j = 0; j < n; j++) {
            volatile float sum[16];
            for (size_t l = 0; l < 16; l++) {
                sum[l] = 0;
                for (size_t k = l; k < width; k += 16) {
                    volatile float product = q[i * width + k] * rows[j * width + k];
                    sum[l] = sum[l] + product;
                }
            }
            for (size_t l = 0; l < 8; l++)
                sum[l] = sum[l] + sum[l + 8];
            for (size_t l = 0; l < 4; l++)
                sum[l] = sum[l] + sum[l + 4];
            sum[0] = sum[0] + sum[2];
            sum[1] = sum[1] + sum[3];
            out[i * out_stride + j] = sum[0] + sum[1];
        }
    }
}

typedef void dot_f32_fn(const float *, size_t, const float *, size_t, size_t, float *, size_t);

/* Numbers of many sizes and both signs; zeros of both signs, subnormals and
 * numbers whose products overflow among them if `rough`. No infinities: where
 * a sum then is no number, its sign is the CPU's choice. */
static void fill_f32(float *p, size_t n, int rough, w2b_rng *rng)
{
    for (size_t i = 0; i < n; i++) {
        const float x = (float)(w2b_rng_unit(rng) - 0.5);
        const uint32_t pick = rough ? w2b_rng_below(rng, 8) : 7;
        p[i] = pick == 0   ? copysignf(0, x)
               : pick == 1 ? x * 0x1p-130f
               : pick == 2 ? x * 0x1p40f
               : pick == 3 ? x * 0x1p-70f
                           : x;
    }
}

static void try_dot_f32(dot_f32_fn *expected, dot_f32_fn *tested, w2b_isa isa)
{
    enum { MOST_WIDTH = 1024, GAP = 2, MOST_OUT = MOST_QUERIES * (MOST_ROWS + GAP) };
    arena queries = arena_make(MOST_QUERIES * MOST_WIDTH * sizeof(float));
    arena matrix = arena_make(MOST_ROWS * MOST_WIDTH * sizeof(float));
    arena results = arena_make(MOST_OUT * sizeof(float));
    float right[MOST_OUT];
    w2b_rng rng = rng_of(24);
    for (size_t width = 32; width <= MOST_WIDTH; width += width < 352 ? 32 : 320) {
        for (size_t nq = 1; nq <= MOST_QUERIES; nq++) {
            for (int round = 0; round < 3 * PLACES; round++) {
                const int place = round % PLACES;
                const size_t n = 1 + w2b_rng_below(&rng, MOST_ROWS), stride = n + GAP;
                const size_t bytes = ((nq - 1) * stride + n) * sizeof(float);
                float *q = arena_place(&queries, place, nq * width * sizeof *q, sizeof *q);
                float *rows = arena_place(&matrix, place, n * width * sizeof *q, sizeof *q);
                float *out = arena_place(&results, place, bytes, sizeof *out);
                fill_f32(q, nq * width, round / PLACES, &rng);
                fill_f32(rows, n * width, round / PLACES, &rng);
                if (round / PLACES == 2)  /* products of -0 alone: +0 comes out */
                    memset(rows, 0, n * width * sizeof *rows);
                memset(out, 0x5a, bytes);
                memset(right, 0x5a, bytes);
                expected(q, nq, rows, n, width, right, stride);
                tested(q, nq, rows, n, width, out, stride);
                if (memcmp(out, right, bytes) != 0)
                    fail_msg("%s: dot_f32, %zu numbers, %zu queries, %zu rows", w2b_isa_name(isa),
                             width, nq, n);
            }
        }
    }
    arena_drop(&queries);
    arena_drop(&matrix);
    arena_drop(&results);
}

static void dot_f32_scalar(void **state)
{
    (void)state;
    try_dot_f32(dot_f32_by_definition, scalar()->dot_f32, W2B_ISA_SCALAR);
}

static void dot_f32_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; vector_at(i); i++)
        try_dot_f32(scalar()->dot_f32, vector_at(i)->dot_f32, vector_at(i)->isa);
}

/* ----- No work ------------------------------------------------------------ */

static void nothing_is_asked_and_touched(void **state)
{
    (void)state;
    arena a = arena_make(64);
    uint8_t *end = a.map + a.page + a.size;  /* the first byte of the guard */
    const int8_t levels[256] = { 0 };
    for (int isa = W2B_ISA_SCALAR; isa <= W2B_ISA_AVX512; isa++) {
        const w2b_scan *scan = w2b_scan_for((w2b_isa)isa);
        if (!scan)
            continue;
        for (uint32_t bits = 1; bits <= 8; bits++)
            scan->unpack(end, 38, 0, 300, bits, levels, (int16_t *)(void *)end);
        scan->dot_i16(NULL, 0, NULL, 0, 320, NULL, 0);
        scan->dot_f32(NULL, 0, NULL, 0, 320, NULL, 0);
        scan->widen_f16(end, 0, 300, (float *)(void *)end);
        scan->widen_f32(end, 0, 300, (float *)(void *)end);
        const uint8_t query[38] = { 0 };
        scan->hamming(query, end, 38, 0, (uint32_t *)(void *)end);
        scan->hamming(query, end, 5, 0, (uint32_t *)(void *)end);
    }
    arena_drop(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_whole),
        cmocka_unit_test(choice_is_the_best),
#if defined(__x86_64__)
        cmocka_unit_test(presence_agrees_with_the_compiler),
#endif
        cmocka_unit_test(isas_have_names),
        cmocka_unit_test(unpack_scalar),
        cmocka_unit_test(unpack_vectors),
        cmocka_unit_test(dot_i16_scalar),
        cmocka_unit_test(dot_i16_vectors),
        cmocka_unit_test(hamming_scalar),
        cmocka_unit_test(hamming_vectors),
        cmocka_unit_test(widen_scalar),
        cmocka_unit_test(widen_vectors),
        cmocka_unit_test(widen_every_half),
        cmocka_unit_test(dot_f32_scalar),
        cmocka_unit_test(dot_f32_vectors),
        cmocka_unit_test(nothing_is_asked_and_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
