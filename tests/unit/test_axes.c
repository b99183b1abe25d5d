/*
 * test_axes.c - vectors turned to their principal axes: directions and widths are what the
 * method says, and nothing else is lost.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "quant/num.h"
#include "tests/unit/seed.h"
#include "word2bits/axes.h"

#define DIM 24u
#define WORDS 3000u

/* A trainer with vectors of known spread along crossed axes and a mean that is not
 * 0; all of it in u. */
static void fill(w2b_trainer *t, uint32_t dim, uint32_t bits)
{
    memset(t, 0, sizeof *t);
    w2b_train_defaults(&t->options);
    t->options.dim = dim;
    t->options.train_dim = DIM;
    t->options.bits = bits;
    t->options.train_bits = 0;
    assert_int_equal(w2b_latents_make(&t->latents, WORDS, DIM, 0x1p-11f, 1), 0);
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 0);
    for (uint32_t row = 0; row < WORDS; row++) {
        float x[DIM], length = 1 + (float)(row % 7);
        for (uint32_t i = 0; i < DIM; i++)
            x[i] = (float)(2 * w2b_rng_unit(&rng) - 1) / (float)(i + 1);
        for (uint32_t i = 0; i + 1 < DIM; i += 2) { /* by 45 degrees */
            const float a = x[i], b = x[i + 1];
            x[i] = length * (a + b + 0.25f);
            x[i + 1] = length * (a - b);
        }
        w2b_latents_store(&t->latents, 0, row, 0, DIM, x);
    }
}

static double dot(const float *x, const float *y, uint32_t n)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += (double)x[i] * y[i];
    return sum;
}

static void unit_row(const w2b_trainer *t, uint64_t row, float x[DIM])
{
    w2b_trainer_vector(t, row, 0, DIM, x);
    const double length = sqrt(dot(x, x, DIM));
    for (uint32_t i = 0; i < DIM; i++)
        x[i] = (float)(x[i] / length);
}

/* Second moments of the turned vectors, brought back to length 1 before. */
static void turned_moments(const w2b_trainer *t, const w2b_axes *axes, double *mean,
                           double *square)
{
    memset(mean, 0, axes->to * sizeof *mean);
    memset(square, 0, (size_t)axes->to * axes->to * sizeof *square);
    float turned[W2B_AXES_ROWS * DIM], work[(W2B_AXES_ROWS + 1) * DIM];
    for (uint32_t row = 0; row < WORDS; row++) {
        const uint32_t at = row % W2B_AXES_ROWS, left = WORDS - row;
        float *y = turned + at * axes->to;
        if (at == 0)
            w2b_axes_turn(axes, t, row, left < W2B_AXES_ROWS ? left : W2B_AXES_ROWS, work, turned);
        w2b_trainer_vector(t, row, 0, DIM, work);
        const double length = sqrt(dot(work, work, DIM));
        for (uint32_t i = 0; i < axes->to; i++)
            y[i] = (float)(y[i] / length);
        for (uint32_t i = 0; i < axes->to; i++) {
            mean[i] += y[i] / (double)WORDS;
            for (uint32_t k = 0; k < axes->to; k++)
                square[i * axes->to + k] += (double)y[i] * y[k] / WORDS;
            assert_true(fabsf(y[i]) <= axes->widest);
        }
    }
}

static double total_variance(const w2b_trainer *t)
{
    double mean[DIM] = {0}, squares = 0;
    for (uint32_t row = 0; row < WORDS; row++) {
        float x[DIM];
        unit_row(t, row, x);
        squares += dot(x, x, DIM) / WORDS;
        for (uint32_t i = 0; i < DIM; i++)
            mean[i] += x[i] / (double)WORDS;
    }
    for (uint32_t i = 0; i < DIM; i++)
        squares -= mean[i] * mean[i];
    return squares;
}

/* A variance v along an axis becomes v to the power of 3/4: those of the whole add
 * up to what was there before only if the directions are right as well. */
static void axes_are_principal_and_drawn_in(void **state)
{
    (void)state;
    w2b_trainer t;
    w2b_axes axes;
    double mean[DIM], square[DIM * DIM], sum = 0;
    fill(&t, DIM, 32);
    assert_int_equal(w2b_axes_find(&t, &axes), 0);
    turned_moments(&t, &axes, mean, square);
    for (uint32_t i = 0; i < DIM; i++) {
        const double variance = square[i * DIM + i];
        assert_float_equal(mean[i], 0, 1e-5);
        assert_true(i == 0 || variance <= square[(i - 1) * DIM + i - 1] * (1 + 1e-6));
        for (uint32_t k = 0; k < i; k++)
            assert_float_equal(square[i * DIM + k], 0, 1e-5 * square[0]);
        sum += pow(variance, 4.0 / 3);
    }
    assert_true(square[0] > 2 * square[DIM * DIM - 1]);
    assert_float_equal(sum, total_variance(&t), 1e-5);
    w2b_axes_free(&axes);
    w2b_latents_release(&t.latents);
}

/* Fewer bits: the same vectors after one more rotation, which spreads them. Fewer
 * numbers: the first of the axes. */
static void rotation_changes_no_angle(void **state)
{
    (void)state;
    for (uint32_t dim = 5; dim <= DIM; dim += DIM - 5) {
        w2b_trainer plain, turned;
        w2b_axes straight, spread;
        fill(&plain, dim, 32);
        fill(&turned, dim, 4);
        assert_int_equal(w2b_axes_find(&plain, &straight), 0);
        assert_int_equal(w2b_axes_find(&turned, &spread), 0);
        float x[DIM], work[2 * DIM], y[DIM], z[DIM];
        int differ = 0;
        for (uint32_t row = 0; row < 50; row++) {
            w2b_trainer_vector(&plain, row, 0, DIM, x);
            const double length = sqrt(dot(x, x, DIM));
            w2b_axes_turn(&straight, &plain, row, 1, work, y);
            w2b_axes_turn(&spread, &turned, row, 1, work, z);
            assert_float_equal(dot(y, y, dim), dot(z, z, dim), 1e-4 * dot(y, y, dim));
            assert_true(dot(y, y, dim) < pow(length * straight.widest, 2));
            differ |= fabsf(y[0] - z[0]) > 1e-3f;
        }
        assert_true(differ);
        w2b_axes_free(&straight);
        w2b_axes_free(&spread);
        w2b_latents_release(&plain.latents);
        w2b_latents_release(&turned.latents);
    }
}

/* Two words, or all the same: nothing to turn by, and nothing that is not finite. */
static void poor_vectors_are_survived(void **state)
{
    (void)state;
    for (int same = 0; same < 2; same++) {
        w2b_trainer t;
        w2b_axes axes;
        fill(&t, DIM, 8);
        t.latents.words = same ? WORDS : 2;
        const float zero[DIM] = {0};
        for (uint32_t row = 0; same && row < WORDS; row++)
            w2b_latents_store(&t.latents, 0, row, 0, DIM, zero);
        assert_int_equal(w2b_axes_find(&t, &axes), 0);
        float work[2 * DIM], y[DIM];
        w2b_axes_turn(&axes, &t, 1, 1, work, y);
        for (uint32_t i = 0; i < DIM; i++)
            assert_true(isfinite(y[i]));
        w2b_axes_free(&axes);
        t.latents.words = WORDS;
        w2b_latents_release(&t.latents);
    }
}

int main(void)
{
    test_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_are_principal_and_drawn_in),
        cmocka_unit_test(rotation_changes_no_angle),
        cmocka_unit_test(poor_vectors_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
