/*
 * test_sample.c - resamples, quantiles, scores of drawn items against the same
 * computed from the items written out, and k-means.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "eval/kmeans.h"
#include "eval/sample.h"
#include "eval/stats.h"
#include "tests/unit/scratch.h"
#include "tests/unit/seed.h"
#include "tests/unit/toy_model.h"

static void assert_near(double a, double b)
{
    if (!(fabs(a - b) < 1e-12)) {
        fail_msg("%.17g is not %.17g", a, b);
    }
}

static void quantiles(void **state)
{
    (void)state;
    const double x[] = {1, 2, 4, 8};
    assert_near(w2b_quantile(x, 4, 0), 1);
    assert_near(w2b_quantile(x, 4, 1), 8);
    assert_near(w2b_quantile(x, 4, 0.5), 3);
    assert_near(w2b_quantile(x, 4, 0.9), 6.8);
    assert_near(w2b_quantile(x, 1, 0.3), 1);
}

/* Each stratum is drawn as often as it has units. */
static void count_strata(void *user, const uint32_t *counts, double *values)
{
    double *const sums = user;
    assert_int_equal(counts[0] + counts[1] + counts[2], 3);
    assert_int_equal(counts[3], 1);
    for (int i = 0; i < 4; i++) {
        sums[i] += counts[i];
    }
    values[0] = counts[0];
    values[1] = NAN;
    values[2] = counts[0] > 0 ? 5 : NAN;
}

static void strata_are_kept(void **state)
{
    (void)state;
    static const uint32_t starts[] = {0, 3, 3, 4};
    double sums[4] = {0};
    w2b_interval v[3];
    w2b_bootstrap job = {starts, 3, 3000, test_seed(), count_strata, sums, 3};
    assert_int_equal(w2b_bootstrap_run(&job, v, NULL), W2B_OK);
    for (int i = 0; i < 3; i++) {
        assert_true(fabs(sums[i] / 3000 - 1) < 0.1);
    }
    assert_true(v[0].low == 0 && v[0].high == 3);
    assert_true(isnan(v[1].low) && isnan(v[1].high));
    assert_true(v[2].low == 5 && v[2].high == 5); /* 70% have a value */
    job.resamples = 0;
    assert_int_equal(w2b_bootstrap_run(&job, v, NULL), W2B_OK);
    assert_true(isnan(v[0].low));
}

static void weights_are_repetitions(void **state)
{
    (void)state;
    enum { N = 40 };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 1);
    for (int round = 0; round < 50; round++) {
        char text[N * 32];
        size_t n = 0;
        float outcomes[N];
        uint32_t counts[N];
        double x[4 * N], y[4 * N], scores[N];
        for (int i = 0; i < N; i++) {
            scores[i] = w2b_rng_below(&rng, 9);
            outcomes[i] = (float)w2b_rng_below(&rng, 12) / 12;
            n += (size_t)snprintf(text + n, sizeof text - n, "a%d b%d %g\n", i, i, scores[i]);
        }
        outcomes[3] = NAN;
        w2b_testset *const set = toy_testset(text);
        w2b_sample sample;
        w2b_scorer scorer;
        assert_int_equal(w2b_sample_make(&sample, set, outcomes, NULL), 0);
        assert_int_equal(sample.n, N - 1);
        assert_int_equal(w2b_scorer_make(&scorer, &sample, outcomes), 0);
        size_t used = 0;
        for (size_t i = 0; i < sample.n; i++) {
            counts[i] = w2b_rng_below(&rng, 4);
            for (uint32_t j = 0; j < counts[i]; j++) {
                x[used] = scores[sample.items[i]];
                y[used++] = outcomes[sample.items[i]];
            }
        }
        double expected;
        assert_int_equal(w2b_stats_spearman(x, y, used, &expected), 0);
        assert_near(w2b_scorer_score(&scorer, counts), expected);
        for (size_t i = 0; i < sample.n; i++) {
            x[i] = scores[sample.items[i]];
            y[i] = outcomes[sample.items[i]];
        }
        assert_int_equal(w2b_stats_spearman(x, y, sample.n, &expected), 0);
        assert_near(w2b_scorer_score(&scorer, NULL), expected);
        w2b_scorer_free(&scorer);
        w2b_sample_free(&sample);
        w2b_testset_free(set);
    }
}

/* A question counts as its two pairs; those of other sections, and of unused
 * questions, are no units. */
static void questions_stand_on_pairs(void **state)
{
    (void)state;
    w2b_testset *const set = toy_testset(": one\na b c d\na b e f\nc d e f\nq r s t\n"
                                         ": two\na b g h\n");
    const float outcomes[] = {1, 0, 1, NAN, 1};
    w2b_sample sample;
    w2b_scorer scorer;
    assert_int_equal(w2b_sample_make(&sample, set, outcomes, NULL), 0);
    assert_int_equal(sample.n, 4);
    assert_int_equal(sample.strata, 2);
    assert_int_equal(sample.starts[1], 3);
    assert_int_equal(sample.starts[2], 5);
    assert_int_equal(w2b_scorer_make(&scorer, &sample, outcomes), 0);
    assert_near(w2b_scorer_score(&scorer, NULL), 0.75);
    assert_int_equal(scorer.used[0], 3);
    assert_int_equal(scorer.correct[1], 1);
    /* ab twice, cd never, ef once; ab of two never: 2 questions, wrong ones. */
    const uint32_t counts[] = {2, 0, 1, 0, 2};
    assert_near(w2b_scorer_score(&scorer, counts), 0);
    assert_int_equal(scorer.used[0], 2);
    assert_int_equal(scorer.used[1], 0);
    const uint32_t more[] = {1, 2, 0, 1, 1};
    assert_near(w2b_scorer_score(&scorer, more), 1);
    assert_int_equal(scorer.correct[0], 2);
    w2b_scorer_free(&scorer);
    w2b_sample_free(&sample);
    w2b_testset_free(set);
}

static void clusters_far_apart_are_found(void **state)
{
    (void)state;
    enum { K = 5, EACH = 13, DIM = 11 };
    float rows[K * EACH][DIM];
    uint32_t labels[2][K * EACH];
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 2);
    for (int i = 0; i < K * EACH; i++) {
        for (int j = 0; j < DIM; j++) {
            rows[i][j] = toy_normal(&rng) * 0.1f + (j == i % K ? 3 : 0);
        }
    }
    const w2b_kmeans one = {K, 8, 1, 1}, many = {K, 8, 1, 3};
    assert_int_equal(w2b_kmeans_run(&one, rows[0], K * EACH, DIM, labels[0]), 0);
    assert_int_equal(w2b_kmeans_run(&many, rows[0], K * EACH, DIM, labels[1]), 0);
    assert_memory_equal(labels[0], labels[1], sizeof labels[0]);
    for (int i = 0; i < K * EACH; i++) {
        assert_true(labels[0][i] < K);
        for (int j = 0; j < i; j++) {
            assert_int_equal(labels[0][i] == labels[0][j], i % K == j % K);
        }
    }
}

/* More means than there are different rows: no cluster is left without end. */
static void equal_rows_are_survived(void **state)
{
    (void)state;
    float rows[6][2] = {{1, 0}, {1, 0}, {1, 0}, {1, 0}, {0, 1}, {0, 1}};
    uint32_t labels[6];
    const w2b_kmeans job = {6, 3, 1, 2};
    assert_int_equal(w2b_kmeans_run(&job, rows[0], 6, 2, labels), 0);
    assert_true(labels[0] == labels[3] && labels[4] == labels[5] && labels[0] != labels[4]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles),
        cmocka_unit_test(strata_are_kept),
        cmocka_unit_test(weights_are_repetitions),
        cmocka_unit_test(questions_stand_on_pairs),
        cmocka_unit_test(clusters_far_apart_are_found),
        cmocka_unit_test(equal_rows_are_survived),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
