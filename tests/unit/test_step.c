/*
 * test_step.c - training kernels: each instruction set that this machine has
 * gives the scalar kernels' bits, and these compute what they should.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quant/num.h"
#include "quant/step.h"
#include "tests/unit/seed.h"

#define PANELS 13
#define MOST_ROWS 70
#define STRIDE (MOST_ROWS * 16)
#define NUMBERS (PANELS * STRIDE)

static float left[NUMBERS], right[NUMBERS], expected[NUMBERS], got[NUMBERS];

static void fill(w2b_rng *rng, float *x, size_t n, double range)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)((2 * w2b_rng_unit(rng) - 1) * range);
}

static void same_bits(const float *a, const float *b, size_t n)
{
    assert_memory_equal(a, b, n * sizeof *a);
}

typedef void (*kernel_check)(const w2b_step_kern *kern, const w2b_step_kern *spec, w2b_rng *rng);

static void on_each_isa(kernel_check check)
{
    const w2b_step_kern *spec = w2b_step_for(W2B_ISA_SCALAR);
    assert_non_null(spec);
    for (int isa = W2B_ISA_AVX2; isa <= W2B_ISA_AVX512; isa++) {
        const w2b_step_kern *kern = w2b_step_for((w2b_isa)isa);
        if (!kern)
            continue;
        assert_int_equal(kern->isa, isa);
        w2b_rng rng;
        w2b_rng_seed(&rng, test_seed(), 1);
        check(kern, spec, &rng);
    }
}

static void check_quantize(const w2b_step_kern *kern, const w2b_step_kern *spec, w2b_rng *rng)
{
    for (unsigned bits = 0; bits <= 8; bits++)
        for (size_t n = 1; n <= 100; n++) {
            const size_t panels = (n + 15) / 16 + n % 3;
            const w2b_loop_quant how = {bits, (float)(0.05 + w2b_rng_unit(rng))};
            fill(rng, left, n, n % 2 ? 1 : 30);
            left[0] = 0.0f;
            left[n / 2] = -0.0f;
            memset(expected, 0xFF, sizeof expected);
            memset(got, 0xFF, sizeof got);
            spec->quantize(how, left, n, expected, STRIDE, panels);
            kern->quantize(how, left, n, got, STRIDE, panels);
            same_bits(expected, got, NUMBERS);
        }
}

static void check_sums(const w2b_step_kern *kern, const w2b_step_kern *spec, w2b_rng *rng)
{
    unsigned list[20];
    for (size_t first = 0; first <= 20; first++)
        for (size_t panels = 1; panels <= PANELS; panels++) {
            const size_t end = first + w2b_rng_below(rng, 20);
            const size_t skip = first + w2b_rng_below(rng, 22) - 1;
            fill(rng, left, NUMBERS, 1);
            fill(rng, expected, NUMBERS, 1);
            memcpy(got, expected, sizeof got);
            spec->mean(left, STRIDE, first, end, skip, 0.3f, expected, 32, panels);
            kern->mean(left, STRIDE, first, end, skip, 0.3f, got, 32, panels);
            same_bits(expected, got, NUMBERS);
            for (size_t i = 0; i < first && i < 20; i++)
                list[i] = w2b_rng_below(rng, MOST_ROWS);
            spec->accumulate(left, STRIDE, list, first < 20 ? first : 20, 0.7f, expected, panels);
            kern->accumulate(left, STRIDE, list, first < 20 ? first : 20, 0.7f, got, panels);
            same_bits(expected, got, NUMBERS);
        }
}

static void check_tiles(const w2b_step_kern *kern, const w2b_step_kern *spec, w2b_rng *rng)
{
    float out[2][16];
    for (int trial = 0; trial < 20; trial++) {
        fill(rng, left, 512, 1);
        spec->transpose(left, expected);
        kern->transpose(left, got);
        same_bits(expected, got, 256);
        assert_true(expected[16 * 3 + 5] == left[16 * 5 + 3]);
        for (int add = 0; add <= 1; add++) {
            spec->pair_dots(left, left + 256, out[0], add);
            kern->pair_dots(left, left + 256, out[1], add);
            same_bits(out[0], out[1], 16);
        }
    }
}

/* Rows of latents, some of them more than once. */
static void draw_rows(w2b_rng *rng, size_t n, float **to_expected, float **to_got)
{
    for (size_t i = 0; i < n; i++) {
        const size_t row = (size_t)w2b_rng_below(rng, MOST_ROWS) * 16 * PANELS;
        to_expected[i] = expected + row;
        to_got[i] = got + row;
    }
}

static void check_products(const w2b_step_kern *kern, const w2b_step_kern *spec, w2b_rng *rng)
{
    float *to_expected[MOST_ROWS], *to_got[MOST_ROWS], diagonal[16], by[MOST_ROWS];
    for (size_t n = 0; n < MOST_ROWS; n++) {
        fill(rng, left, NUMBERS, 1);
        fill(rng, right, NUMBERS, 1);
        fill(rng, diagonal, 16, 1);
        fill(rng, by, MOST_ROWS, 4);
        fill(rng, expected, NUMBERS, 1);
        memcpy(got, expected, sizeof got);
        for (int add = 0; add <= 1; add++) {
            spec->scores(left, n, right, expected, add);
            kern->scores(left, n, right, got, add);
            same_bits(expected, got, NUMBERS);
        }
        const float *const first = n % 2 ? diagonal : NULL;
        spec->gather(first, right, left, right + 256, n, expected);
        kern->gather(first, right, left, right + 256, n, got);
        same_bits(expected, got, NUMBERS);
        const size_t panels = 1 + n % PANELS;
        draw_rows(rng, n, to_expected, to_got);
        spec->spread(left, by, n, right, STRIDE, to_expected, panels);
        kern->spread(left, by, n, right, STRIDE, to_got, panels);
        same_bits(expected, got, NUMBERS);
        spec->spread_diagonal(left, by, n % 17, right, STRIDE, to_expected, panels);
        kern->spread_diagonal(left, by, n % 17, right, STRIDE, to_got, panels);
        same_bits(expected, got, NUMBERS);
    }
}

static void check_gradient(const w2b_step_kern *kern, const w2b_step_kern *spec, w2b_rng *rng)
{
    float want[64], mass[64], s[2][64];
    for (size_t trial = 0; trial < 200; trial++) {
        const size_t groups = 1 + trial % 13;
        fill(rng, left, groups * 64, trial % 3 ? 2 : 60);
        fill(rng, want, 64, 1);
        fill(rng, mass, 64, 2);
        spec->gradient(left, groups, 64, want, mass, 0.03f, s[0], expected, 64);
        kern->gradient(left, groups, 64, want, mass, 0.03f, s[1], got, 64);
        same_bits(s[0], s[1], 64);
        same_bits(expected, got, 64);
    }
}

#define ISA_TEST(name)                    \
    static void name##_agrees(void **state) \
    {                                     \
        (void)state;                      \
        on_each_isa(check_##name);        \
    }

ISA_TEST(quantize)
ISA_TEST(sums)
ISA_TEST(tiles)
ISA_TEST(products)
ISA_TEST(gradient)

/* The levels of Word2Bits, and at most 2^bits different ones. */
static void quantizer_has_its_levels(void **state)
{
    (void)state;
    const w2b_step_kern *spec = w2b_step_for(W2B_ISA_SCALAR);
    const float x[16] = {-9, -0.6f, -0.4f, -0.1f, 0.1f, 0.4f, 0.6f, 9};
    float q[16];
    spec->quantize((w2b_loop_quant){1, 2.0f / 3}, x, 8, q, 16, 1);
    for (int i = 0; i < 8; i++)
        assert_float_equal(q[i], x[i] < 0 ? -1.0 / 3 : 1.0 / 3, 1e-7);
    spec->quantize((w2b_loop_quant){2, 0.5f}, x, 8, q, 16, 1);
    const float quarters[8] = {-.75f, -.75f, -.25f, -.25f, .25f, .25f, .75f, .75f};
    for (int i = 0; i < 8; i++)
        assert_float_equal(q[i], quarters[i], 0);
    for (unsigned bits = 1; bits <= 8; bits++) {
        int seen[1 << 9] = {0}, levels = 0;
        for (int i = -4000; i <= 4000; i++) {
            const float at = (float)i / 10;
            float level;
            float padded[16];
            spec->quantize((w2b_loop_quant){bits, 1.0f}, &at, 1, padded, 16, 1);
            level = padded[0];
            const int number = (int)floorf(level) + (1 << 8);
            assert_in_range(number, 0, (1 << 9) - 1);
            levels += !seen[number];
            seen[number] = 1;
        }
        assert_int_equal(levels, 1 << bits);
    }
}

static void gradient_is_that_of_the_sigmoid(void **state)
{
    (void)state;
    const w2b_step_kern *spec = w2b_step_for(W2B_ISA_SCALAR);
    for (int i = -300; i <= 300; i++) {
        float x[16] = {(float)i / 8}, want[16] = {0}, mass[16] = {1}, s[16], grad[16];
        spec->gradient(x, 1, 16, want, mass, 1, s, grad, 16);
        const double sigmoid = 1 / (1 + exp(-(double)x[0]));
        assert_float_equal(grad[0], -sigmoid, 1e-6 * sigmoid + 1e-34);
    }
}

/* The fused multiply-add of the scalar kernels rounds once: products that are
 * not floats, sums that cancel or that lie half way between two floats. */
static void scalar_products_round_once(void **state)
{
    (void)state;
    const w2b_step_kern *spec = w2b_step_for(W2B_ISA_SCALAR);
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 2);
    for (int trial = 0; trial < 100000; trial++) {
        float a[256] = {0}, b[256] = {0}, c[16];
        fill(&rng, a, 1, 1);
        fill(&rng, a + 16, 1, 1);
        fill(&rng, b, 1, 1);
        b[16] = trial % 2 ? -a[0] * b[0] / a[16] : ldexpf((float)(1 + trial % 7), -trial % 60);
        spec->pair_dots(a, b, c, 0);
        const float once = fmaf(a[16], b[16], fmaf(a[0], b[0], 0));
        assert_memory_equal(&c[0], &once, sizeof once);
    }
}

int main(void)
{
    test_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantize_agrees),
        cmocka_unit_test(sums_agrees),
        cmocka_unit_test(tiles_agrees),
        cmocka_unit_test(products_agrees),
        cmocka_unit_test(gradient_agrees),
        cmocka_unit_test(quantizer_has_its_levels),
        cmocka_unit_test(gradient_is_that_of_the_sigmoid),
        cmocka_unit_test(scalar_products_round_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
