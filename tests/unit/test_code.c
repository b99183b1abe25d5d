/*
 * test_code.c - levels, scales, packing, and rows there and back.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quant/code.h"
#include "quant/codebook.h"
#include "quant/num.h"
#include "tests/unit/seed.h"

#define MOST_DIM 1024

static const w2b_method packed_methods[] = { W2B_METHOD_GAUSS, W2B_METHOD_UNIFORM };

/* ----- Sources of rows ---------------------------------------------------- */

static double normal(w2b_rng *rng)
{
    const double u = w2b_rng_unit(rng) + 0x1p-53;
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * w2b_rng_unit(rng));
}

/* Peaked with long tails, as some columns of real vectors are. */
static double laplace(w2b_rng *rng)
{
    const double u = w2b_rng_unit(rng) + 0x1p-54;
    return u < 0.5 ? log(2 * u) : -log(2 - 2 * u);
}

static void fill(float *x, uint32_t dim, double (*source)(w2b_rng *), w2b_rng *rng)
{
    for (uint32_t i = 0; i < dim; i++)
        x[i] = (float)source(rng);
}

/* Code i of a row as code.h defines it, bit by bit. */
static int code_at(const uint8_t *codes, uint32_t bits, uint32_t i)
{
    int value = 0;
    for (uint32_t j = 0; j < bits; j++) {
        const size_t bit = (size_t)i * bits + j;
        value |= (codes[bit / 8] >> (bit % 8) & 1) << j;
    }
    return value;
}

static double squared_error(const float *x, const float *y, uint32_t dim)
{
    double error = 0;
    for (uint32_t i = 0; i < dim; i++)
        error += ((double)x[i] - y[i]) * ((double)x[i] - y[i]);
    return error;
}

static double squares(const float *x, uint32_t dim)
{
    double sum = 0;
    for (uint32_t i = 0; i < dim; i++)
        sum += (double)x[i] * x[i];
    return sum;
}

/* ----- Levels ------------------------------------------------------------- */

/* Integrals of the normal density, of x times it and of x^2 times it, from 0
 * to x. */
static double mass(double x)
{
    return 0.5 * erf(x * 0.7071067811865476);
}

static double density(double x)
{
    return exp(-x * x / 2) * 0.3989422804014327;
}

static double cell_error(double from, double to, double level)
{
    const double all = mass(to) - mass(from);
    const double first = density(from) - density(to);
    const double second = all + from * density(from) - to * density(to);
    return second - 2 * level * first + level * level * all;
}

/* Mean squared error on a unit normal of rising positive levels and their
 * mirror image. */
static double normal_error(const double *levels, int count)
{
    double error = 0;
    for (int i = 0; i < count; i++) {
        const double from = i ? (levels[i - 1] + levels[i]) / 2 : 0;
        const double to = i + 1 < count ? (levels[i] + levels[i + 1]) / 2 : 40;
        error += 2 * cell_error(from, to, levels[i]);
    }
    return error;
}

/* The optimum of Max (1960): borders in the middle of levels, levels in the
 * centre of mass of cells, in turn until nothing moves. */
static double lloyd_max_error(int count)
{
    double levels[128];
    for (int i = 0; i < count; i++)
        levels[i] = (i + 0.5) * 4 / count;
    double moved = 1;
    for (int round = 0; round < 50000 && moved > 1e-10; round++) {
        double from = 0;
        moved = 0;
        for (int i = 0; i < count; i++) {
            const double to = i + 1 < count ? (levels[i] + levels[i + 1]) / 2 : 40;
            const double centre = (density(from) - density(to)) / (mass(to) - mass(from));
            moved += fabs(centre - levels[i]);
            levels[i] = centre;
            from = to;
        }
    }
    return normal_error(levels, count);
}

static double gauss_error(const int8_t *levels, uint32_t bits, double step)
{
    const int half = 1 << (bits - 1);
    double real[128];
    for (int i = 0; i < half; i++)
        real[i] = levels[half + i] * step;
    return normal_error(real, half);
}

/* What whole numbers up to 127 may cost over the real optimum. */
static const double level_tolerance[] = {
    [1] = 1.00001, [2] = 1.00001, [3] = 1.0001, [4] = 1.001, [5] = 1.006, [6] = 1.02, [7] = 1.101
};

static void gauss_levels_are_near_lloyd_max(void **state)
{
    (void)state;
    static const double published[] = {
        [1] = 0.3634, [2] = 0.1175, [3] = 0.03454, [4] = 0.009497, [5] = 0.002499
    };
    for (uint32_t bits = 1; bits <= 7; bits++) {
        const double optimum = lloyd_max_error(1 << (bits - 1));
        if (bits <= 5)
            assert_true(fabs(optimum / published[bits] - 1) < 0.003);
        int8_t levels[256];
        w2b_codebook_gauss(bits, levels);
        const double ours = gauss_error(levels, bits, w2b_codebook_gauss_step(bits));
        if (!(ours >= optimum * 0.9999999 && ours <= optimum * level_tolerance[bits]))
            fail_msg("%u bits: error %g, that of Lloyd and Max %g", bits, ours, optimum);
    }
}

/* No other step, and no level moved by one, is better. */
static void gauss_levels_cannot_be_improved(void **state)
{
    (void)state;
    for (uint32_t bits = 1; bits <= 7; bits++) {
        int8_t levels[256];
        w2b_codebook_gauss(bits, levels);
        const double step = w2b_codebook_gauss_step(bits);
        const double best = gauss_error(levels, bits, step);
        assert_true(best < gauss_error(levels, bits, step * 1.001));
        assert_true(best < gauss_error(levels, bits, step * 0.999));
        const int half = 1 << (bits - 1);
        for (int i = half; i < 2 * half; i++) {
            const int8_t level = levels[i];
            for (int by = -1; by <= 1; by += 2) {
                const int to = level + by;
                const int below = i > half ? levels[i - 1] : 0;
                const int above = i + 1 < 2 * half ? levels[i + 1] : 128;
                if (to <= below || to >= above)
                    continue;
                levels[i] = (int8_t)to;
                assert_true(best < gauss_error(levels, bits, step));
            }
            levels[i] = level;
        }
    }
}

static void levels_rise_and_mirror(void **state)
{
    (void)state;
    for (size_t m = 0; m < 2; m++) {
        for (uint32_t bits = 1; bits <= 8; bits++) {
            w2b_code code;
            assert_int_equal(w2b_code_init(&code, packed_methods[m], bits, 10), 0);
            const int count = 1 << bits, first = bits == 8 ? 1 : 0;
            for (int i = first; i < count; i++) {
                assert_in_range(code.levels[i] + 127, 0, 254);
                assert_int_equal(code.levels[i], -code.levels[count - 1 + first - i]);
                if (i > first)
                    assert_true(code.levels[i] > code.levels[i - 1]);
            }
            if (bits == 8)
                assert_int_equal(code.levels[0], -127);
            else if (packed_methods[m] == W2B_METHOD_UNIFORM)
                assert_int_equal(code.levels[0], -(count - 1));
        }
    }
}

/* ----- Names and shapes --------------------------------------------------- */

static void init_knows_what_there_is(void **state)
{
    (void)state;
    w2b_code code;
    for (uint32_t bits = 0; bits <= 40; bits++) {
        const int packed = bits >= 1 && bits <= 8, wide = bits == 16 || bits == 32;
        assert_int_equal(w2b_code_init(&code, W2B_METHOD_GAUSS, bits, 3), packed ? 0 : -1);
        assert_int_equal(w2b_code_init(&code, W2B_METHOD_UNIFORM, bits, 3), packed ? 0 : -1);
        assert_int_equal(w2b_code_init(&code, W2B_METHOD_FLOAT, bits, 3), wide ? 0 : -1);
    }
    assert_int_equal(w2b_code_init(&code, W2B_METHOD_GAUSS, 2, 0), -1);
    assert_int_equal(w2b_code_init(&code, (w2b_method)77, 2, 3), -1);
    assert_int_equal(w2b_code_init(&code, W2B_METHOD_GAUSS, 3, 300), 0);
    assert_int_equal(code.stride, 113);
    assert_int_equal(w2b_code_init(&code, W2B_METHOD_FLOAT, 16, 300), 0);
    assert_int_equal(code.stride, 600);
    assert_true(code.unit == 1.0f);
}

static void methods_have_names(void **state)
{
    (void)state;
    assert_string_equal(w2b_method_name(W2B_METHOD_GAUSS, 1), "gauss");
    assert_string_equal(w2b_method_name(W2B_METHOD_UNIFORM, 8), "uniform");
    assert_string_equal(w2b_method_name(W2B_METHOD_FLOAT, 16), "half");
    assert_string_equal(w2b_method_name(W2B_METHOD_FLOAT, 32), "float");
    assert_null(w2b_method_name(W2B_METHOD_FLOAT, 8));
    assert_null(w2b_method_name(W2B_METHOD_GAUSS, 9));
    static const struct {
        const char *name;
        w2b_method method;
    } known[] = {
        { "gauss", W2B_METHOD_GAUSS }, { "uniform", W2B_METHOD_UNIFORM },
        { "half", W2B_METHOD_FLOAT }, { "float", W2B_METHOD_FLOAT }
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        w2b_method method = (w2b_method)77;
        assert_int_equal(w2b_method_find(known[i].name, &method), 0);
        assert_int_equal(method, known[i].method);
    }
    w2b_method untouched = W2B_METHOD_UNIFORM;
    assert_int_equal(w2b_method_find("gaus", &untouched), -1);
    assert_int_equal(w2b_method_find("", &untouched), -1);
    assert_int_equal(untouched, W2B_METHOD_UNIFORM);
}

static void unit_brings_scales_into_range(void **state)
{
    (void)state;
    for (int e = -130; e <= 127; e++) {
        const float largest = ldexpf(1.37f, e);
        const float unit = w2b_code_unit(largest);
        int exponent;
        assert_true(frexpf(unit, &exponent) == 0.5f);
        if (e > -112) {
            assert_true(largest / unit >= 0x1p14f);
            assert_true(largest / unit < 0x1p15f);
        } else {
            assert_true(unit == 0x1p-126f);
        }
    }
    assert_true(w2b_code_unit(0) == 1.0f);
    assert_true(w2b_code_unit(INFINITY) == 1.0f);
    assert_true(w2b_code_unit(NAN) == 1.0f);
}

/* ----- Rows --------------------------------------------------------------- */

/* What must hold for any row: unused bits clear, decoded values exact, and
 * each number on its nearest level. */
static void check_row(const w2b_code *code, const float *x)
{
    uint8_t codes[MOST_DIM + 1];
    float y[MOST_DIM];
    uint16_t scale = 0xabcd;
    memset(codes, 0xa5, sizeof codes);
    w2b_code_encode(code, x, codes, &scale);
    assert_int_equal(codes[code->stride], 0xa5);
    for (size_t bit = (size_t)code->dim * code->bits; bit < 8 * code->stride; bit++)
        assert_int_equal(codes[bit / 8] >> (bit % 8) & 1, 0);

    w2b_code_decode(code, codes, scale, y);
    const double factor = (double)w2b_half_to_float(scale) * code->unit;
    assert_true(factor > 0);
    for (uint32_t i = 0; i < code->dim; i++) {
        const int k = code_at(codes, code->bits, i);
        assert_true(y[i] == factor * code->levels[k]);
        if (code->bits == 8)
            assert_int_not_equal(k, 0);
        const double miss = fabs(x[i] - factor * code->levels[k]);
        for (int other = 0; other < 1 << code->bits; other++)
            assert_true(miss <= fabs(x[i] - factor * code->levels[other]) * (1 + 1e-12));
    }
}

static void rows_take_the_nearest_levels(void **state)
{
    (void)state;
    static const uint32_t dims[] = { 1, 2, 3, 7, 8, 9, 31, 64, 100, 300 };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 10);
    for (size_t m = 0; m < 2; m++) {
        for (uint32_t bits = 1; bits <= 8; bits++) {
            for (size_t d = 0; d < sizeof dims / sizeof *dims; d++) {
                w2b_code code;
                float x[MOST_DIM];
                assert_int_equal(w2b_code_init(&code, packed_methods[m], bits, dims[d]), 0);
                for (int i = 0; i < 5; i++) {
                    fill(x, dims[d], i % 2 ? laplace : normal, &rng);
                    check_row(&code, x);
                }
            }
        }
    }
}

/* Least squared error that any scale could give, by trying 1,000 of them. */
static double least_error(const w2b_code *code, const float *x)
{
    const int count = 1 << code->bits;
    double largest = 0, least = INFINITY;
    for (uint32_t i = 0; i < code->dim; i++)
        largest = fmax(largest, fabs((double)x[i]));
    for (int step = 1; step <= 1000; step++) {
        const double scale = largest * 1.1 / code->levels[count - 1] * step / 1000;
        double error = 0;
        for (uint32_t i = 0; i < code->dim; i++) {
            int low = 0, high = count - 1;
            while (low < high) {
                const int k = (low + high) / 2;
                if (2 * x[i] >= scale * (code->levels[k] + code->levels[k + 1]))
                    low = k + 1;
                else
                    high = k;
            }
            const double miss = x[i] - scale * code->levels[low];
            error += miss * miss;
        }
        least = fmin(least, error);
    }
    return least;
}

static void scales_are_near_the_best(void **state)
{
    (void)state;
    enum { DIM = 300, ROWS = 10 };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 11);
    for (size_t m = 0; m < 2; m++) {
        for (uint32_t bits = 2; bits <= 8; bits++) {
            w2b_code code;
            assert_int_equal(w2b_code_init(&code, packed_methods[m], bits, DIM), 0);
            double ours = 0, best = 0;
            for (int row = 0; row < ROWS; row++) {
                float x[DIM], y[DIM];
                uint8_t codes[DIM];
                uint16_t scale;
                fill(x, DIM, row % 2 ? laplace : normal, &rng);
                w2b_code_encode(&code, x, codes, &scale);
                w2b_code_decode(&code, codes, scale, y);
                ours += squared_error(x, y, DIM) / squares(x, DIM);
                best += least_error(&code, x) / squares(x, DIM);
            }
            if (!(ours <= best * 1.09))
                fail_msg("%s, %u bits: error %g, the best scales %g",
                         w2b_method_name(packed_methods[m], bits), bits, ours, best);
        }
    }
}

/* On normal rows the error is that of the levels: 4% for the rows' luck. */
static void normal_rows_cost_what_the_levels_cost(void **state)
{
    (void)state;
    enum { DIM = 1000, ROWS = 40 };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 12);
    for (uint32_t bits = 1; bits <= 7; bits++) {
        w2b_code code;
        assert_int_equal(w2b_code_init(&code, W2B_METHOD_GAUSS, bits, DIM), 0);
        double error = 0, all = 0;
        for (int row = 0; row < ROWS; row++) {
            float x[DIM], y[DIM];
            uint8_t codes[DIM];
            uint16_t scale;
            fill(x, DIM, normal, &rng);
            w2b_code_encode(&code, x, codes, &scale);
            w2b_code_decode(&code, codes, scale, y);
            error += squared_error(x, y, DIM);
            all += squares(x, DIM);
        }
        const double expected = gauss_error(code.levels, bits, w2b_codebook_gauss_step(bits));
        assert_true(error / all < expected * 1.04);
    }
}

/* A row that consists of levels, its ends among them, comes back as it was. */
static void quantized_rows_are_kept(void **state)
{
    (void)state;
    enum { DIM = 100 };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 13);
    for (uint32_t bits = 1; bits <= 8; bits++) {
        w2b_code code;
        assert_int_equal(w2b_code_init(&code, W2B_METHOD_UNIFORM, bits, DIM), 0);
        for (int row = 0; row < 50; row++) {
            float x[DIM], y[DIM];
            uint8_t codes[DIM];
            uint16_t scale;
            const int count = 1 << bits;
            const float factor = 0.25f * (float)(1 + row);
            for (uint32_t i = 0; i < DIM; i++) {
                const int k = i ? (int)w2b_rng_below(&rng, (uint32_t)count) : count - 1;
                x[i] = factor * code.levels[k];
            }
            w2b_code_encode(&code, x, codes, &scale);
            w2b_code_decode(&code, codes, scale, y);
            assert_memory_equal(x, y, sizeof x);
        }
    }
    /* The third of Word2Bits, in so far as a half float knows it. */
    w2b_code code;
    const float thirds[3] = { 1.0f / 3, -1.0f / 3, 1.0f / 3 };
    uint8_t byte;
    uint16_t scale;
    assert_int_equal(w2b_code_init(&code, W2B_METHOD_GAUSS, 1, 3), 0);
    w2b_code_encode(&code, thirds, &byte, &scale);
    assert_int_equal(byte, 5);
    assert_int_equal(scale, w2b_half_from_float(1.0f / 3));
}

static void zero_rows_have_scale_zero(void **state)
{
    (void)state;
    enum { DIM = 11 };
    const float zeros[DIM] = { 0.0f, -0.0f, 0.0f };
    for (size_t m = 0; m < 2; m++) {
        for (uint32_t bits = 1; bits <= 8; bits++) {
            w2b_code code;
            assert_int_equal(w2b_code_init(&code, packed_methods[m], bits, DIM), 0);
            uint8_t codes[DIM];
            uint16_t scale = 1;
            float y[DIM];
            w2b_code_encode(&code, zeros, codes, &scale);
            assert_int_equal(scale, 0);
            for (uint32_t i = 0; i < DIM; i++)
                assert_int_equal(code_at(codes, bits, i), 1 << (bits - 1));
            w2b_code_decode(&code, codes, scale, y);
            for (uint32_t i = 0; i < DIM; i++)
                assert_true(y[i] == 0);
        }
    }
}

static void one_bit_is_the_sign(void **state)
{
    (void)state;
    const float x[10] = { 1, -1, 0.0f, -0.0f, 1e-45f, -1e-45f, 3e-5f, -3e-5f, 0.5f, -7 };
    for (size_t m = 0; m < 2; m++) {
        w2b_code code;
        uint8_t codes[2];
        uint16_t scale;
        assert_int_equal(w2b_code_init(&code, packed_methods[m], 1, 10), 0);
        w2b_code_encode(&code, x, codes, &scale);
        assert_int_equal(codes[0], 0x5d);
        assert_int_equal(codes[1], 0x01);
        assert_int_equal(scale, w2b_half_from_float(9.50006f / 10));
    }
}

/* Beyond the range of the scale the length is lost, the direction is not. */
static void scales_out_of_range_keep_the_codes(void **state)
{
    (void)state;
    enum { DIM = 64 };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 14);
    float x[DIM], scaled[DIM];
    fill(x, DIM, normal, &rng);
    for (size_t m = 0; m < 2; m++) {
        for (uint32_t bits = 1; bits <= 8; bits++) {
            w2b_code code;
            uint8_t large[DIM], small[DIM];
            uint16_t scale;
            assert_int_equal(w2b_code_init(&code, packed_methods[m], bits, DIM), 0);
            for (int i = 0; i < DIM; i++)
                scaled[i] = ldexpf(x[i], 60);
            w2b_code_encode(&code, scaled, large, &scale);
            assert_int_equal(scale, 0x7bff);
            for (int i = 0; i < DIM; i++)
                scaled[i] = ldexpf(x[i], -60);
            w2b_code_encode(&code, scaled, small, &scale);
            assert_int_equal(scale, 0);
            assert_memory_equal(large, small, code.stride);
            code.unit = w2b_code_unit(0x1p-58f);
            check_row(&code, scaled);
        }
    }
}

static void numbers_that_are_none_do_no_harm(void **state)
{
    (void)state;
    enum { DIM = 9 };
    const float odd[] = { NAN, INFINITY, -INFINITY, 3.4e38f, -3.4e38f, 1e-45f };
    for (size_t m = 0; m < 2; m++) {
        for (uint32_t bits = 1; bits <= 8; bits++) {
            for (size_t i = 0; i < 36; i++) {
                float x[DIM] = { 1, -2, 0.5f, 0, -0.25f, 1, -1, 1, -1 }, y[DIM];
                uint8_t codes[DIM];
                uint16_t scale;
                w2b_code code;
                x[i % 7] = odd[i % 6];
                x[8] = odd[i / 6];
                assert_int_equal(w2b_code_init(&code, packed_methods[m], bits, DIM), 0);
                w2b_code_encode(&code, x, codes, &scale);
                w2b_code_decode(&code, codes, scale, y);
            }
        }
    }
}

static void wide_rows_are_plain_floats(void **state)
{
    (void)state;
    const float x[5] = { 1.5f, -0.0f, 1e6f, -1e6f, 0x1.002p0f };
    const uint8_t half[10] = { 0x00, 0x3e, 0x00, 0x80, 0xff, 0x7b, 0xff, 0xfb, 0x00, 0x3c };
    const uint8_t single[20] = { 0, 0, 0xc0, 0x3f, 0, 0, 0, 0x80, 0, 0x24, 0x74, 0x49,
                                 0, 0x24, 0x74, 0xc9, 0, 0x10, 0x80, 0x3f };
    w2b_code code;
    uint8_t codes[20];
    uint16_t scale = 9;
    float y[5];
    assert_int_equal(w2b_code_init(&code, W2B_METHOD_FLOAT, 16, 5), 0);
    w2b_code_encode(&code, x, codes, &scale);
    assert_memory_equal(codes, half, sizeof half);
    assert_int_equal(scale, 0);
    w2b_code_decode(&code, codes, 0x4000, y);
    assert_true(y[0] == 1.5f && y[2] == 65504.0f && y[3] == -65504.0f && y[4] == 1.0f);

    assert_int_equal(w2b_code_init(&code, W2B_METHOD_FLOAT, 32, 5), 0);
    w2b_code_encode(&code, x, codes, &scale);
    assert_memory_equal(codes, single, sizeof single);
    w2b_code_decode(&code, codes, 0x4000, y);
    assert_memory_equal(y, x, sizeof x);
}

/* The same bytes on every machine, compiler and optimization: rows made
 * without libm, all codes and scales hashed (FNV-1a). A change of this number is a
 * change of what every file holds. */
static void bytes_are_pinned(void **state)
{
    (void)state;
    enum { DIM = 301, ROWS = 20 };
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    w2b_rng rng;
    w2b_rng_seed(&rng, 1, 2);
    for (size_t m = 0; m < 2; m++) {
        for (uint32_t bits = 1; bits <= 8; bits++) {
            w2b_code code;
            assert_int_equal(w2b_code_init(&code, packed_methods[m], bits, DIM), 0);
            for (int row = 0; row < ROWS; row++) {
                float x[DIM];
                uint8_t codes[DIM + 2];
                uint16_t scale;
                for (int i = 0; i < DIM; i++) {
                    const double sum = w2b_rng_unit(&rng) + w2b_rng_unit(&rng) +
                                       w2b_rng_unit(&rng) + w2b_rng_unit(&rng) - 2;
                    x[i] = (float)(sum * sum * sum);
                }
                w2b_code_encode(&code, x, codes, &scale);
                codes[code.stride] = (uint8_t)scale;
                codes[code.stride + 1] = (uint8_t)(scale >> 8);
                for (size_t i = 0; i < code.stride + 2; i++)
                    hash = (hash ^ codes[i]) * UINT64_C(0x100000001b3);
            }
        }
    }
    if (hash != UINT64_C(0xd24c975f159b15d6))
        fail_msg("the hash is 0x%016llx", (unsigned long long)hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gauss_levels_are_near_lloyd_max),
        cmocka_unit_test(gauss_levels_cannot_be_improved),
        cmocka_unit_test(levels_rise_and_mirror),
        cmocka_unit_test(init_knows_what_there_is),
        cmocka_unit_test(methods_have_names),
        cmocka_unit_test(unit_brings_scales_into_range),
        cmocka_unit_test(rows_take_the_nearest_levels),
        cmocka_unit_test(scales_are_near_the_best),
        cmocka_unit_test(normal_rows_cost_what_the_levels_cost),
        cmocka_unit_test(quantized_rows_are_kept),
        cmocka_unit_test(zero_rows_have_scale_zero),
        cmocka_unit_test(one_bit_is_the_sign),
        cmocka_unit_test(scales_out_of_range_keep_the_codes),
        cmocka_unit_test(numbers_that_are_none_do_no_harm),
        cmocka_unit_test(wide_rows_are_plain_floats),
        cmocka_unit_test(bytes_are_pinned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
