/*
 * test_compare.c - two models side by side, against what can be worked out by
 * hand or by brute force.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/base.h"
#include "quant/linalg.h"
#include "tests/unit/seed.h"
#include "tests/unit/toy_model.h"

enum { N = 400,
       DIM = 12,
       K = 10 };

static void fill(float *rows, size_t n, uint64_t stream)
{
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), stream);
    for (size_t i = 0; i < n; i++)
        rows[i] = toy_normal(&rng);
}

static w2b_compare_report compare(const w2b_model *a, const w2b_model *b, uint32_t queries,
                                  uint32_t threads)
{
    w2b_compare_options options;
    w2b_compare_report report;
    w2b_diag diag;
    w2b_compare_defaults(&options);
    options.queries = queries;
    options.threads = threads;
    if (w2b_compare(a, b, &options, &report, &diag) != W2B_OK)
        fail_msg("%s", diag.text);
    return report;
}

static int near(double a, double b)
{
    return fabs(a - b) < 1e-6;
}

static void a_model_keeps_all_of_itself(void **state)
{
    (void)state;
    static const uint32_t bits[] = {2, 16, 32};
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        w2b_model *model = toy_random(test_seed(), N, DIM, bits[i]);
        const w2b_compare_report r = compare(model, model, N, 2);
        assert_true(r.common == N && r.only_first == 0 && r.only_second == 0);
        assert_true(r.queries == N && r.neighbors == K);
        assert_true(near(r.squared_error, 0) && near(r.scaled_error, 0) && near(r.scale, 1));
        assert_true(near(r.mean_cosine, 1) && near(r.worst_cosine, 1));
        assert_true(near(r.overlap, 1) && near(r.interval.low, 1) && near(r.interval.high, 1));
        assert_true(near(r.eigenspace, 1));
        w2b_model_free(model);
    }
}

/* Twice the vectors, turned: neighbours and spaces stay, vectors do not. */
static void turned_models_keep_neighbours(void **state)
{
    (void)state;
    static float rows[N * DIM], turned[N * DIM];
    double basis[DIM * DIM], error = 0, energy = 0;
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 1);
    fill(rows, N * DIM, 2);
    for (int i = 0; i < DIM * DIM; i++)
        basis[i] = toy_normal(&rng);
    w2b_reflections(basis, DIM, DIM);
    for (int r = 0; r < N; r++) {
        for (int i = 0; i < DIM; i++) {
            double sum = 0;
            for (int k = 0; k < DIM; k++)
                sum += 2 * basis[i * DIM + k] * rows[r * DIM + k];
            turned[r * DIM + i] = (float)sum;
            const double x = rows[r * DIM + i], miss = x - turned[r * DIM + i];
            error += miss * miss;
            energy += x * x;
        }
    }
    w2b_model *a = toy_model(NULL, rows, N, DIM, 32), *b = toy_model(NULL, turned, N, DIM, 32);
    const w2b_compare_report r = compare(a, b, N, 2);
    assert_true(near(r.squared_error, error / energy));
    assert_true(r.overlap > 0.999 && near(r.eigenspace, 1));
    assert_true(r.worst_cosine < r.mean_cosine && r.mean_cosine < 0.9);
    w2b_model_free(a);
    w2b_model_free(b);
}

/* Axes stretched from 1 to 12 times span the same space, however small some are
 * beside others. */
static void stretched_axes_span_the_same_space(void **state)
{
    (void)state;
    static float rows[N * DIM], stretched[N * DIM];
    fill(rows, N * DIM, 4);
    for (int i = 0; i < N * DIM; i++)
        stretched[i] = rows[i] * (float)(1 + i % DIM);
    w2b_model *a = toy_model(NULL, rows, N, DIM, 32), *b = toy_model(NULL, stretched, N, DIM, 32);
    const w2b_compare_report r = compare(a, b, N, 2);
    assert_true(near(r.eigenspace, 1));
    assert_true(r.overlap < 0.9 && r.squared_error > 1);
    w2b_model_free(a);
    w2b_model_free(b);
}

/* The answers of one word by sorting all cosines. */
static void nearest(const float *rows, size_t n, size_t dim, size_t word, size_t *answers)
{
    uint8_t taken[N] = {0};
    taken[word] = 1;
    for (int j = 0; j < K; j++) {
        double best = -2;
        for (size_t i = 0; i < n; i++) {
            double xx = 0, yy = 0, xy = 0;
            for (size_t d = 0; d < dim; d++) {
                const double x = rows[word * dim + d], y = rows[i * dim + d];
                xx += x * x;
                yy += y * y;
                xy += x * y;
            }
            if (!taken[i] && xy / sqrt(xx * yy) > best) {
                best = xy / sqrt(xx * yy);
                answers[j] = i;
            }
        }
        taken[answers[j]] = 1;
    }
}

static void overlap_is_that_of_brute_force(void **state)
{
    (void)state;
    enum { OTHER = 7 };
    static float rows[N * DIM], less[N * OTHER];
    fill(rows, N * DIM, 3);
    for (int r = 0; r < N; r++)
        memcpy(less + r * OTHER, rows + r * DIM, OTHER * sizeof *less);
    double shares = 0;
    for (size_t word = 0; word < N; word++) {
        size_t a[K], b[K];
        nearest(rows, N, DIM, word, a);
        nearest(less, N, OTHER, word, b);
        for (int i = 0; i < K; i++)
            for (int j = 0; j < K; j++)
                shares += a[i] == b[j];
    }
    w2b_model *a = toy_model(NULL, rows, N, DIM, 32), *b = toy_model(NULL, less, N, OTHER, 32);
    const w2b_compare_report r = compare(a, b, N, 2);
    assert_true(isnan(r.squared_error) && isnan(r.mean_cosine) && r.worst_row == UINT64_MAX);
    /* Ties of the last digit may fall either way. */
    if (!(fabs(r.overlap - shares / N / K) < 0.002))
        fail_msg("%g, by brute force %g", r.overlap, shares / N / K);
    assert_true(r.interval.low < r.overlap && r.interval.high > r.overlap);
    /* Seven of twelve directions, all of them of the larger space. */
    assert_true(near(r.eigenspace, 7.0 / 12));
    const w2b_compare_report part = compare(a, b, N / 2, 1), again = compare(a, b, N / 2, 3);
    assert_true(part.queries == N / 2 && fabs(part.overlap - r.overlap) < 0.1);
    assert_memory_equal(&part.overlap, &again.overlap, sizeof part.overlap);
    assert_memory_equal(&part.interval, &again.interval, sizeof part.interval);
    w2b_model_free(a);
    w2b_model_free(b);
}

/* Words in another order, some in one model only, one of them twice. */
static void words_are_matched_by_name(void **state)
{
    (void)state;
    static const char *const first[] = {"a", "b", "c", "d", "b", "e"};
    static const char *const second[] = {"x", "e", "d", "c", "b", "a", "a"};
    static const float rows[] = {1, 0, 0, 1, 1, 1, 3, 4, 9, 9, -1, 2};
    static const float other[] = {7, 7, -1, 2, 3, 4, 1, 1, 0, 1, 1, 0, 5, 5};
    w2b_model *a = toy_model(first, rows, 6, 2, 32), *b = toy_model(second, other, 7, 2, 32);
    w2b_compare_report r = compare(a, b, 100, 1);
    assert_true(r.common == 5 && r.only_first == 0 && r.only_second == 1);
    assert_true(near(r.squared_error, 0) && near(r.overlap, 1) && r.queries == 5);
    r = compare(b, a, 100, 1);
    assert_true(r.common == 5 && r.only_first == 1 && r.only_second == 0);
    assert_true(near(r.squared_error, 0) && near(r.overlap, 1));
    w2b_model_free(a);
    w2b_model_free(b);
}

static void refusals(void **state)
{
    (void)state;
    static const char *const one[] = {"a", "b"}, *const two[] = {"c", "d"};
    static const float rows[] = {1, 2, 3, 4};
    w2b_model *a = toy_model(one, rows, 2, 2, 32), *b = toy_model(two, rows, 2, 2, 32);
    w2b_compare_options options;
    w2b_compare_report report;
    w2b_compare_defaults(&options);
    assert_int_equal(w2b_compare(a, b, &options, &report, NULL), W2B_ERR_DATA);
    options.neighbors = 0;
    assert_int_equal(w2b_compare(a, a, &options, &report, NULL), W2B_ERR_ARGUMENT);
    options.neighbors = 1001;
    assert_int_equal(w2b_compare(a, a, &options, &report, NULL), W2B_ERR_ARGUMENT);
    w2b_model_free(a);
    w2b_model_free(b);
    static const float zeros[4] = {0};
    a = toy_model(one, zeros, 2, 2, 32);
    report = compare(a, a, 5, 1);
    assert_true(isnan(report.squared_error) && isnan(report.eigenspace));
    assert_true(near(report.mean_cosine, 1));
    w2b_model_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_keeps_all_of_itself),
        cmocka_unit_test(turned_models_keep_neighbours),
        cmocka_unit_test(stretched_axes_span_the_same_space),
        cmocka_unit_test(overlap_is_that_of_brute_force),
        cmocka_unit_test(words_are_matched_by_name),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
