/*
 * test_fixed.c - training kernels: each instruction set that this machine has gives
 * the scalar kernels' bits, and these compute what they should.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quant/fixed.h"
#include "quant/num.h"
#include "tests/unit/seed.h"

enum { PANEL = W2B_FIXED_PANEL,
       PANELS = W2B_FIXED_ABREAST,
       ROWS = 40,
       STRIDE = (ROWS + 1) * PANEL };

static int16_t left[PANELS * STRIDE], right[PANELS * STRIDE], shorts[2][PANELS * STRIDE];
static int32_t woven[PANELS * STRIDE], weights[STRIDE * 4], longs[2][PANELS * STRIDE];
static int16_t latents[2][ROWS * PANELS * PANEL];
static w2b_fixed_step steps[ROWS];
static float noise[W2B_FIXED_NOISE_ROOM];

static void fill(w2b_rng *rng, int16_t *x, size_t n, int most)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (int16_t)((int)w2b_rng_below(rng, (uint32_t)(2 * most + 1)) - most);
}

/* Pairs of numbers of up to `most`. */
static void fill_pairs(w2b_rng *rng, int32_t *x, size_t n, int most)
{
    for (size_t i = 0; i < n; i++) {
        int16_t pair[2];
        fill(rng, pair, 2, most);
        memcpy(&x[i], pair, sizeof pair);
    }
}

/* For rows that move: now and then by steps that leave the range. */
static void draw_steps(w2b_rng *rng)
{
    for (size_t i = 0; i < W2B_FIXED_NOISE_ROOM; i++)
        noise[i] = i < W2B_FIXED_NOISE ? (float)(w2b_rng_unit(rng) - 0.5) * 0.999f
                                       : noise[i - W2B_FIXED_NOISE];
    const float scales[8] = {0.2f, W2B_FIXED_MOST_SCALE};
    const float scale = scales[w2b_rng_below(rng, 8)];
    for (size_t i = 0; i < ROWS; i++)
        steps[i] = (w2b_fixed_step){(scale > 0 ? scale : 0.003f) * (float)w2b_rng_unit(rng),
                                    (uint32_t)(w2b_rng_next(rng) >> 40)};
}

typedef void (*kernel_check)(const w2b_fixed_kern *kern, const w2b_fixed_kern *spec, w2b_rng *rng);

static void on_each_isa(kernel_check check)
{
    const w2b_fixed_kern *spec = w2b_fixed_for(W2B_ISA_SCALAR);
    assert_non_null(spec);
    for (int isa = W2B_ISA_AVX2; isa <= W2B_ISA_AVX512; isa++) {
        const w2b_fixed_kern *kern = w2b_fixed_for((w2b_isa)isa);
        if (!kern)
            continue;
        assert_int_equal(kern->isa, isa);
        w2b_rng rng;
        w2b_rng_seed(&rng, test_seed(), 1);
        for (int trial = 0; trial < 40; trial++)
            check(kern, spec, &rng);
    }
}

/* Rows of latents, some of them more than once, in two copies. */
static void draw_rows(w2b_rng *rng, size_t n, uint32_t *which, w2b_fixed_rows rows[2])
{
    fill(rng, latents[0], ROWS * PANELS * PANEL, 32767);
    latents[0][0] = INT16_MIN;
    memcpy(latents[1], latents[0], sizeof latents[0]);
    for (size_t i = 0; i < n; i++) which[i] = w2b_rng_below(rng, ROWS);
    draw_steps(rng);
    for (int k = 0; k < 2; k++)
        rows[k] = (w2b_fixed_rows){.rows = which,
                                   .n = n,
                                   .panels = PANELS,
                                   .latents = latents[k],
                                   .apart = PANELS * PANEL,
                                   .column = 3 * PANEL,
                                   .steps = steps,
                                   .noise = noise};
}

static void check_quantize(const w2b_fixed_kern *kern, const w2b_fixed_kern *spec, w2b_rng *rng)
{
    for (unsigned shift = 0; shift < 16; shift++) {
        uint32_t which[ROWS];
        w2b_fixed_rows rows[2];
        const size_t n = w2b_rng_below(rng, ROWS), live = w2b_rng_below(rng, PANEL + 20);
        const w2b_fixed_quant quant = {shift, (int16_t)(2 * w2b_rng_below(rng, 1u << 14) + 1)};
        draw_rows(rng, n, which, rows);
        for (int running = 0; running <= 1; running++) {
            spec->quantize(quant, &rows[0], live, running, shorts[0]);
            kern->quantize(quant, &rows[1], live, running, shorts[1]);
            assert_memory_equal(shorts[0], shorts[1], n * PANEL * sizeof(int16_t));
        }
    }
}

static void check_rows(const w2b_fixed_kern *kern, const w2b_fixed_kern *spec, w2b_rng *rng)
{
    fill(rng, left, PANELS * STRIDE, 900);
    w2b_fixed_window windows[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        const uint32_t first = w2b_rng_below(rng, ROWS - 2);
        const uint32_t end = first + 1 + w2b_rng_below(rng, ROWS - 1 - first);
        windows[i] = (w2b_fixed_window){
            first, end, i % 3 ? first + w2b_rng_below(rng, end - first) : W2B_FIXED_SKIPS_NONE};
    }
    spec->windows(left, windows, ROWS, shorts[0]);
    kern->windows(left, windows, ROWS, shorts[1]);
    assert_memory_equal(shorts[0], shorts[1], ROWS * PANEL * sizeof(int16_t));
    spec->weave(left, ROWS / 2, longs[0]);
    kern->weave(left, ROWS / 2, longs[1]);
    assert_memory_equal(longs[0], longs[1], ROWS / 2 * PANEL * sizeof(int32_t));
}

static void check_products(const w2b_fixed_kern *kern, const w2b_fixed_kern *spec, w2b_rng *rng)
{
    const size_t n = w2b_rng_below(rng, ROWS), pairs = w2b_rng_below(rng, ROWS);
    fill(rng, left, PANELS * STRIDE, 511);
    fill(rng, right, PANELS * STRIDE, 15);
    fill_pairs(rng, weights, 256, 511);
    spec->transpose(left, longs[0]);
    kern->transpose(left, longs[1]);
    assert_memory_equal(longs[0], longs[1], 256 * sizeof(int32_t));
    for (int add = 0; add <= 1; add++) {
        spec->dots(left, right, n, longs[0], add);
        kern->dots(left, right, n, longs[1], add);
        assert_memory_equal(longs[0], longs[1], n * 16 * sizeof(int32_t));
        spec->sums(longs[0], n, longs[0] + 16 * ROWS);
        kern->sums(longs[1], n, longs[1] + 16 * ROWS);
        assert_memory_equal(longs[0] + 16 * ROWS, longs[1] + 16 * ROWS, n * sizeof(int32_t));
        spec->scores(right, n, weights, longs[0], add);
        kern->scores(right, n, weights, longs[1], add);
        assert_memory_equal(longs[0], longs[1], n * 16 * sizeof(int32_t));
    }
    fill_pairs(rng, weights, 16 * ROWS, 32767);
    fill_pairs(rng, woven, STRIDE, 15);
    for (int own = 0; own <= 1; own++) {
        const int32_t *diagonal = own ? weights + 32 : NULL;
        spec->gather(diagonal, woven + 64, weights, woven, pairs, longs[0]);
        kern->gather(diagonal, woven + 64, weights, woven, pairs, longs[1]);
        assert_memory_equal(longs[0], longs[1], 16 * PANEL * sizeof(int32_t));
    }
}

static void check_updates(const w2b_fixed_kern *kern, const w2b_fixed_kern *spec, w2b_rng *rng)
{
    uint32_t which[ROWS];
    w2b_fixed_rows to[2];
    const size_t n = w2b_rng_below(rng, ROWS), pairs = w2b_rng_below(rng, 20);
    draw_rows(rng, n, which, to);
    fill(rng, left, 2 * n * (pairs + 1), 32767);
    fill_pairs(rng, woven, PANELS * STRIDE, 511);
    spec->spread(left, pairs, woven, STRIDE, &to[0]);
    kern->spread(left, pairs, woven, STRIDE, &to[1]);
    assert_memory_equal(latents[0], latents[1], sizeof latents[0]);
    fill_pairs(rng, weights, n, 32767);
    spec->spread_own(weights, woven, STRIDE, &to[0]);
    kern->spread_own(weights, woven, STRIDE, &to[1]);
    assert_memory_equal(latents[0], latents[1], sizeof latents[0]);
}

static void check_contexts(const w2b_fixed_kern *kern, const w2b_fixed_kern *spec, w2b_rng *rng)
{
    uint8_t by[2][ROWS], reached[2][ROWS] = {{0}}, own[ROWS];
    uint32_t which[ROWS];
    w2b_fixed_rows to[2];
    const uint32_t n = 1 + w2b_rng_below(rng, ROWS - 1);
    for (uint32_t i = 0; i < n; i++) {
        for (int k = 0; k < 2; k++) {
            const uint32_t other = w2b_rng_below(rng, i + 1);
            by[k][i] = by[k][other];
            by[k][other] = (uint8_t)i;
            reached[k][i] = (uint8_t)w2b_rng_below(rng, n + 1);
        }
        own[i] = i % 2 ? (uint8_t)w2b_rng_below(rng, n) : W2B_FIXED_NONE;
    }
    const w2b_fixed_spans spans = {n, by[0], by[1], reached[0], reached[1], own};
    draw_rows(rng, n, which, to);
    to[0].panels = to[1].panels = 1;
    for (size_t i = 0; i < PANELS * STRIDE; i++)
        woven[i] = (int32_t)(w2b_rng_next(rng) >> 44) - (1 << 19);
    spec->contexts(woven, &spans, &to[0]);
    kern->contexts(woven, &spans, &to[1]);
    assert_memory_equal(latents[0], latents[1], sizeof latents[0]);
}

static void check_errors(const w2b_fixed_kern *kern, const w2b_fixed_kern *spec, w2b_rng *rng)
{
    float by[16], want[64], mass[64], s[2][64], error[2][64];
    const size_t parts = 1 + w2b_rng_below(rng, 13);
    for (size_t i = 0; i < parts * 64; i++)
        woven[i] = (int32_t)(w2b_rng_next(rng) >> 48) - (1 << 15);
    for (size_t i = 0; i < 64; i++) {
        by[i % 16] = (float)w2b_rng_unit(rng) * (i % 3 ? 1e-4f : 0.1f);
        want[i] = (float)w2b_rng_unit(rng);
        mass[i] = (float)w2b_rng_unit(rng) * 2;
    }
    spec->errors(woven, parts, 64, by, want, mass, s[0], error[0], 4);
    kern->errors(woven, parts, 64, by, want, mass, s[1], error[1], 4);
    assert_memory_equal(s[0], s[1], sizeof s[0]);
    assert_memory_equal(error[0], error[1], sizeof error[0]);
    for (size_t i = 0; i < 16; i++)
        by[i] = 40000.0f * (float)w2b_rng_unit(rng);
    spec->round(error[0], by, shorts[0], 20, 4);
    kern->round(error[0], by, shorts[1], 20, 4);
    for (size_t y = 0; y < 4; y++)
        assert_memory_equal(shorts[0] + 20 * y, shorts[1] + 20 * y, 32);
}

#define ISA_TEST(name)                     \
    static void name##_agree(void **state) \
    {                                      \
        (void)state;                       \
        on_each_isa(check_##name);         \
    }

ISA_TEST(quantize)
ISA_TEST(rows)
ISA_TEST(products)
ISA_TEST(updates)
ISA_TEST(contexts)
ISA_TEST(errors)

/* The odd number next to the latent, in half steps. */
static void quantized_numbers_are_the_nearest_levels(void **state)
{
    (void)state;
    const w2b_fixed_kern *spec = w2b_fixed_for(W2B_ISA_SCALAR);
    for (unsigned bits = 1; bits <= 9; bits++) {
        const w2b_fixed_quant quant = {13 - bits, (int16_t)((1 << bits) - 1)};
        const double half = ldexp(1, (int)quant.shift);
        for (int x = INT16_MIN; x <= INT16_MAX; x += 7) {
            int16_t row[PANEL] = {(int16_t)x}, got[PANEL];
            const uint32_t first = 0;
            const w2b_fixed_rows rows = {.rows = &first, .n = 1, .panels = 1, .latents = row,
                                         .apart = PANEL};
            spec->quantize(quant, &rows, PANEL, 0, got);
            double odd = 2 * floor(x / (2 * half)) + 1;
            odd = odd > quant.most ? quant.most : odd < -quant.most ? -quant.most
                                                                    : odd;
            assert_int_equal(got[0], (int)odd);
        }
    }
}

/* Errors are what a sigmoid of libm gives. */
static void errors_are_those_of_the_sigmoid(void **state)
{
    (void)state;
    const w2b_fixed_kern *spec = w2b_fixed_for(W2B_ISA_SCALAR);
    for (int i = -300; i <= 300; i++) {
        const int32_t sums[16] = {i};
        float by[16] = {0.125f}, want[16] = {0}, mass[16] = {1}, s[16], error[16];
        spec->errors(sums, 1, 16, by, want, mass, s, error, 1);
        const double sigmoid = 1 / (1 + exp(-(double)i / 8));
        assert_float_equal(error[0], -sigmoid, 1e-6 * sigmoid + 1e-34);
    }
}

/* The fused multiply-add of the scalar kernels rounds once: products that are
 * not floats, sums that cancel or that lie half way between two floats. */
static void scalar_products_round_once(void **state)
{
    (void)state;
    const w2b_fixed_kern *spec = w2b_fixed_for(W2B_ISA_SCALAR);
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 2);
    for (int trial = 0; trial < 100000; trial++) {
        const int32_t sums[16] = {(int32_t)w2b_rng_below(&rng, 2000) - 1000};
        const float by[16] = {(float)w2b_rng_unit(&rng) / 100}, none[16] = {0}, one[16] = {1};
        const float mass[16] = {(float)w2b_rng_unit(&rng)};
        float want[16] = {0}, s[16], error[16];
        spec->errors(sums, 1, 16, by, none, one, s, error, 1);
        const float sigmoid = -error[0];
        want[0] = trial % 2 ? mass[0] * sigmoid : ldexpf((float)(1 + trial % 7), -trial % 60);
        spec->errors(sums, 1, 16, by, want, mass, s, error, 1);
        const float once = fmaf(-mass[0], sigmoid, want[0]);
        assert_memory_equal(&error[0], &once, sizeof once);
    }
}

int main(void)
{
    test_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantize_agree),
        cmocka_unit_test(rows_agree),
        cmocka_unit_test(products_agree),
        cmocka_unit_test(updates_agree),
        cmocka_unit_test(contexts_agree),
        cmocka_unit_test(errors_agree),
        cmocka_unit_test(quantized_numbers_are_the_nearest_levels),
        cmocka_unit_test(errors_are_those_of_the_sigmoid),
        cmocka_unit_test(scalar_products_round_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
