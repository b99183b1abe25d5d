/*
 * test_dense.c - products of rows with matrices: every instruction set adds the same
 * terms in the same order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quant/dense.h"
#include "quant/num.h"
#include "quant/scan.h"
#include "tests/unit/seed.h"

#define MOST 70

static float rows[MOST * MOST], matrix[MOST * MOST], got[MOST * MOST];
static double weights[MOST];

/* Numbers of very different sizes, so that another order gives other sums. */
static float draw(w2b_rng *rng)
{
    const float x = (float)(2 * w2b_rng_unit(rng) - 1);
    return w2b_rng_below(rng, 3) ? x : x * 10000;
}

static void check_moments(const w2b_dense *dense, w2b_rng *rng, size_t n, size_t count,
                          size_t stride)
{
    const double *weighted = w2b_rng_below(rng, 2) ? weights : NULL;
    for (size_t i = 0; i < n; i++) {
        double sums[MOST], expected[MOST];
        for (size_t k = 0; k < n; k++) {
            double sum = sums[k] = draw(rng);
            for (size_t r = 0; r < count && k >= i; r++) {
                const float *x = rows + r * stride;
                const double factor = weighted ? weighted[r] * x[i] : x[i];
                sum += factor * x[k];
            }
            expected[k] = sum;
        }
        dense->add_products(sums, i, n, rows, stride, count, weighted);
        assert_memory_equal(sums, expected, n * sizeof *sums);
    }
}

static void check_product(const w2b_dense *dense, size_t n, size_t from, size_t to, size_t stride)
{
    memset(got, 0x55, sizeof got);
    dense->multiply(rows, stride, n, from, matrix, to, got);
    for (size_t r = 0; r < n; r++)
        for (size_t k = 0; k < to; k++) {
            float sum = 0;
            for (size_t i = 0; i < from; i++)
                sum += rows[r * stride + i] * matrix[i * to + k];
            assert_memory_equal(&got[r * to + k], &sum, sizeof sum);
        }
    for (size_t i = n * to * sizeof *got; i < sizeof got; i++)
        assert_int_equal(((unsigned char *)got)[i], 0x55);
}

static void sums_keep_their_order(void **state)
{
    (void)state;
    const w2b_dense *tables[] = {w2b_dense_scalar,
                                 w2b_isa_present(W2B_ISA_AVX2) ? w2b_dense_avx2 : NULL};
    assert_ptr_equal(w2b_dense_best(), tables[1] ? tables[1] : tables[0]);
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 0);
    for (int trial = 0; trial < 300; trial++) {
        for (size_t i = 0; i < MOST * MOST; i++) {
            rows[i] = draw(&rng);
            matrix[i] = draw(&rng);
        }
        for (size_t i = 0; i < MOST; i++)
            weights[i] = w2b_rng_unit(&rng);
        const size_t n = 1 + w2b_rng_below(&rng, 20), from = w2b_rng_below(&rng, 50);
        const size_t to = 1 + w2b_rng_below(&rng, MOST), stride = from + w2b_rng_below(&rng, 20);
        for (size_t t = 0; t < 2 && tables[t]; t++) {
            check_moments(tables[t], &rng, from, w2b_rng_below(&rng, MOST), stride);
            check_product(tables[t], n, from, to, stride);
        }
    }
}

int main(void)
{
    test_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
