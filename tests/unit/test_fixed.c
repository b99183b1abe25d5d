/*
 * test_fixed.c - fixed-point training kernels: each instruction set that this
 * machine has gives the scalar kernels' bits, and these compute what they should.
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
       PANELS = 5,
       ROWS = 40,
       STRIDE = (ROWS + 1) * PANEL };

static int16_t left[PANELS * STRIDE], right[PANELS * STRIDE], shorts[2][PANELS * STRIDE];
static int32_t woven[PANELS * STRIDE], weights[STRIDE * 4], longs[2][PANELS * STRIDE];
static int16_t latents[2][ROWS * PANELS * PANEL];
static uint32_t codes[2][ROWS * PANELS * 8];
static float rates[ROWS];
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

static w2b_fixed_rule rule_for(w2b_rng *rng, unsigned bits)
{
    for (size_t i = 0; i < W2B_FIXED_NOISE_ROOM; i++)
        noise[i] = i < W2B_FIXED_NOISE ? (float)(w2b_rng_unit(rng) - 0.5) * 0.999f
                                       : noise[i - W2B_FIXED_NOISE];
    /* now and then steps that leave the range */
    const float scale = w2b_rng_below(rng, 8) ? 0.003f : 1.0f;
    return (w2b_fixed_rule){bits, 14 - bits, scale, noise};
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

static void check_codes(const w2b_fixed_kern *kern, const w2b_fixed_kern *spec, w2b_rng *rng)
{
    for (unsigned bits = 1; bits <= 8; bits++) {
        const w2b_fixed_rule rule = rule_for(rng, bits);
        fill(rng, left, PANELS * PANEL, 32767);
        left[0] = INT16_MIN, left[1] = INT16_MAX, left[2] = 0, left[3] = -1;
        for (size_t p = 0; p < PANELS; p++) {
            spec->encode(&rule, left + p * PANEL, codes[0] + p * bits);
            kern->encode(&rule, left + p * PANEL, codes[1] + p * bits);
        }
        assert_memory_equal(codes[0], codes[1], PANELS * bits * sizeof(uint32_t));
    }
}

static void check_expand(const w2b_fixed_kern *kern, const w2b_fixed_kern *spec, w2b_rng *rng)
{
    for (unsigned bits = 1; bits <= 8; bits++) {
        uint32_t which[ROWS];
        const size_t n = w2b_rng_below(rng, ROWS), live = w2b_rng_below(rng, PANEL + 20);
        const w2b_fixed_rows rows = {.rows = which, .n = n, .panels = 1, .codes = codes[0] + bits,
                                     .words = PANELS * bits};
        for (size_t i = 0; i < n; i++) which[i] = w2b_rng_below(rng, ROWS);
        for (size_t i = 0; i < ROWS * PANELS * bits; i++) codes[0][i] = (uint32_t)w2b_rng_next(rng);
        for (int running = 0; running <= 1; running++) {
            spec->expand(&rows, bits, live, running, shorts[0]);
            kern->expand(&rows, bits, live, running, shorts[1]);
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
            first, end, i % 3 ? first + w2b_rng_below(rng, end - first) : UINT32_MAX};
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
    for (int add = 0; add <= 1; add++) {
        spec->dots(left, right, n, longs[0], add);
        kern->dots(left, right, n, longs[1], add);
        assert_memory_equal(longs[0], longs[1], n * 16 * sizeof(int32_t));
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

/* Rows of latents, some of them more than once, in two copies. */
static void draw_rows(w2b_rng *rng, unsigned bits, size_t n, uint32_t *which,
                      w2b_fixed_rows rows[2])
{
    fill(rng, latents[0], ROWS * PANELS * PANEL, 32767);
    memcpy(latents[1], latents[0], sizeof latents[0]);
    memset(codes, 0, sizeof codes);
    for (size_t i = 0; i < n; i++) which[i] = w2b_rng_below(rng, ROWS);
    for (size_t i = 0; i < ROWS; i++) rates[i] = (float)w2b_rng_unit(rng) * 4;
    const uint64_t number = w2b_rng_next(rng);
    for (int k = 0; k < 2; k++)
        rows[k] = (w2b_fixed_rows){.rows = which,
                                   .n = n,
                                   .panels = PANELS,
                                   .latents = latents[k],
                                   .codes = codes[k],
                                   .apart = ROWS * PANEL,
                                   .words = PANELS * bits,
                                   .rates = rates,
                                   .number = number,
                                   .column = 3 * PANEL};
}

static void check_updates(const w2b_fixed_kern *kern, const w2b_fixed_kern *spec, w2b_rng *rng)
{
    uint32_t which[ROWS];
    w2b_fixed_rows to[2];
    const unsigned bits = 1 + w2b_rng_below(rng, 4);
    const w2b_fixed_rule rule = rule_for(rng, bits);
    const size_t n = w2b_rng_below(rng, ROWS), pairs = w2b_rng_below(rng, 20);
    draw_rows(rng, bits, n, which, to);
    fill(rng, left, 2 * n * (pairs + 1), 32767);
    fill_pairs(rng, woven, PANELS * STRIDE, 511);
    spec->spread(&rule, left, pairs, woven, STRIDE, &to[0]);
    kern->spread(&rule, left, pairs, woven, STRIDE, &to[1]);
    assert_memory_equal(latents[0], latents[1], sizeof latents[0]);
    assert_memory_equal(codes[0], codes[1], sizeof codes[0]);
    spec->spread_own(&rule, left, woven, STRIDE, &to[0]);
    kern->spread_own(&rule, left, woven, STRIDE, &to[1]);
    assert_memory_equal(latents[0], latents[1], sizeof latents[0]);
    assert_memory_equal(codes[0], codes[1], sizeof codes[0]);
}

static void check_contexts(const w2b_fixed_kern *kern, const w2b_fixed_kern *spec, w2b_rng *rng)
{
    uint8_t begins[ROWS + 1], ends[ROWS + 1], own[ROWS], next[2][ROWS];
    uint32_t which[ROWS];
    w2b_fixed_rows to[2];
    const unsigned bits = 1 + w2b_rng_below(rng, 4);
    const w2b_fixed_rule rule = rule_for(rng, bits);
    const size_t n = 1 + w2b_rng_below(rng, ROWS - 1);
    memset(begins, W2B_FIXED_NONE, sizeof begins);
    memset(ends, W2B_FIXED_NONE, sizeof ends);
    memset(own, W2B_FIXED_NONE, sizeof own);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t first = w2b_rng_below(rng, (uint32_t)n);
        const uint32_t end = first + 1 + w2b_rng_below(rng, (uint32_t)n - first);
        next[0][i] = begins[first];
        begins[first] = (uint8_t)i;
        next[1][i] = ends[end];
        ends[end] = (uint8_t)i;
        if (i % 2)
            own[first] = (uint8_t)i;
    }
    const w2b_fixed_spans spans = {begins, ends, next[0], next[1], own};
    draw_rows(rng, bits, n, which, to);
    /* any number of panels abreast */
    to[0].panels = to[1].panels = 1 + w2b_rng_below(rng, PANELS);
    for (size_t i = 0; i < PANELS * STRIDE; i++)
        woven[i] = (int32_t)(w2b_rng_next(rng) >> 44) - (1 << 19);
    spec->contexts(&rule, woven, STRIDE, &spans, &to[0]);
    kern->contexts(&rule, woven, STRIDE, &spans, &to[1]);
    assert_memory_equal(latents[0], latents[1], sizeof latents[0]);
    assert_memory_equal(codes[0], codes[1], sizeof codes[0]);
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

ISA_TEST(codes)
ISA_TEST(expand)
ISA_TEST(rows)
ISA_TEST(products)
ISA_TEST(updates)
ISA_TEST(contexts)
ISA_TEST(errors)

/* What comes out of codes is the odd number next to the latent, in half steps. */
static void codes_are_the_nearest_levels(void **state)
{
    (void)state;
    const w2b_fixed_kern *spec = w2b_fixed_for(W2B_ISA_SCALAR);
    for (unsigned bits = 1; bits <= 8; bits++) {
        const w2b_fixed_rule rule = {bits, 14 - bits, 1, noise};
        const double half = ldexp(1, (int)rule.fraction - 1), most = ldexp(1, (int)bits) - 1;
        for (int x = INT16_MIN; x <= INT16_MAX; x += 7) {
            const int16_t row[PANEL] = {(int16_t)x};
            uint32_t code[8];
            int16_t got[PANEL];
            spec->encode(&rule, row, code);
            const uint32_t first = 0;
            const w2b_fixed_rows rows = {.rows = &first, .n = 1, .panels = 1, .codes = code,
                                         .words = bits};
            spec->expand(&rows, bits, PANEL, 0, got);
            double odd = 2 * floor(x / (2 * half)) + 1;
            odd = odd > most ? most : odd < -most ? -most
                                                  : odd;
            assert_int_equal(got[0], (int)odd);
        }
    }
}

int main(void)
{
    test_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_agree),
        cmocka_unit_test(expand_agree),
        cmocka_unit_test(rows_agree),
        cmocka_unit_test(products_agree),
        cmocka_unit_test(updates_agree),
        cmocka_unit_test(contexts_agree),
        cmocka_unit_test(errors_agree),
        cmocka_unit_test(codes_are_the_nearest_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
