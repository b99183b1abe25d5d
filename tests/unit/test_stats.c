/*
 * test_stats.c - correlations: known values, ties, and ranks counted one by
 * one.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "eval/stats.h"
#include "tests/unit/seed.h"
#include "tests/unit/toy_model.h"

static void assert_near(double a, double b)
{
    if (!(fabs(a - b) < 1e-12)) {
        fail_msg("%.17g is not %.17g", a, b);
    }
}

static void known_values(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5}, y[] = {2, 1, 4, 3, 5};
    double rho;
    assert_near(w2b_stats_pearson(x, y, 5), 0.8);
    assert_int_equal(w2b_stats_spearman(x, y, 5, &rho), 0);
    assert_near(rho, 0.8);
    /* Monotone but not linear: 1 for ranks, less for values. */
    const double cubes[] = {1, 8, 27, 64, 125};
    assert_int_equal(w2b_stats_spearman(x, cubes, 5, &rho), 0);
    assert_near(rho, 1);
    /* 210 / sqrt(10 * 10 * 49.96): sums of squares by hand. */
    assert_near(w2b_stats_pearson(x, cubes, 5), 304.0 / sqrt(10.0 * 10390.0));
    const double falling[] = {5, 4, 3, 2, 1};
    assert_near(w2b_stats_pearson(x, falling, 5), -1);
}

static void ties_share_their_ranks(void **state)
{
    (void)state;
    const double x[] = {3, 1, 3, 2, 3, 1};
    const double expected[] = {5, 1.5, 5, 3, 5, 1.5};
    double ranks[6];
    assert_int_equal(w2b_stats_ranks(x, 6, ranks), 0);
    for (size_t i = 0; i < 6; i++) {
        assert_near(ranks[i], expected[i]);
    }
    /* Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / sqrt(4.5 * 5). */
    const double a[] = {1, 2, 2, 3}, b[] = {1, 2, 3, 4};
    double rho;
    assert_int_equal(w2b_stats_spearman(a, b, 4, &rho), 0);
    assert_near(rho, 4.5 / sqrt(4.5 * 5));
}

static void ranks_as_counted_one_by_one(void **state)
{
    (void)state;
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 11);
    double x[150], ranks[150];
    for (size_t n = 0; n <= 150; n += 10) {
        for (size_t i = 0; i < n; i++) {
            x[i] = (double)w2b_rng_below(&rng, 30) / 7;
        }
        assert_int_equal(w2b_stats_ranks(x, n, ranks), 0);
        for (size_t i = 0; i < n; i++) {
            size_t below = 0, equal = 0;
            for (size_t j = 0; j < n; j++) {
                below += x[j] < x[i];
                equal += x[j] == x[i];
            }
            assert_near(ranks[i], (double)below + ((double)equal + 1) / 2);
        }
    }
}

static void what_is_not_defined_is_nan(void **state)
{
    (void)state;
    /* The mean of three .1 is not .1. */
    const double x[] = {1, 2, 3}, same[] = {0.1, 0.1, 0.1};
    double rho;
    assert_true(isnan(w2b_stats_pearson(x, x, 0)));
    assert_true(isnan(w2b_stats_pearson(x, x, 1)));
    assert_true(isnan(w2b_stats_pearson(x, same, 3)));
    assert_int_equal(w2b_stats_spearman(same, x, 3, &rho), 0);
    assert_true(isnan(rho));
}

/* The one-pass formula gives nonsense here. */
static void large_offsets_cost_nothing(void **state)
{
    (void)state;
    double x[100], y[100];
    for (int i = 0; i < 100; i++) {
        x[i] = 1e9 + i;
        y[i] = -1e9 + 2 * i;
    }
    assert_near(w2b_stats_pearson(x, y, 100), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(ties_share_their_ranks),
        cmocka_unit_test(ranks_as_counted_one_by_one),
        cmocka_unit_test(what_is_not_defined_is_nan),
        cmocka_unit_test(large_offsets_cost_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
