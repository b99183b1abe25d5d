/*
 * test_analogy.c - 3CosAdd and 3CosMul against plain arithmetic in double.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eval/search.h"
#include "tests/unit/seed.h"
#include "tests/unit/toy_model.h"

static w2b_search *search_of(const w2b_model *model, uint32_t threads, w2b_isa isa,
                             uint64_t first)
{
    w2b_search_options options;
    w2b_search_defaults(&options);
    options.threads = threads;
    options.isa = isa;
    options.first = first;
    w2b_search *search = NULL;
    assert_int_equal(w2b_search_new(model, &options, &search, NULL), W2B_OK);
    return search;
}

/* The score of candidate x, all as unit vectors. */
static double plain_score(w2b_analogy method, const w2b_model *model, const uint64_t words[3],
                          uint64_t x)
{
    const size_t dim = w2b_model_code(model)->dim;
    double *const rows = w2b_alloc(5 * dim, sizeof *rows);
    double *const candidate = rows + 3 * dim, *const sum = rows + 4 * dim;
    double cosines[3], score;
    toy_numbers(model, x, candidate);
    memset(sum, 0, dim * sizeof *sum);
    for (int i = 0; i < 3; i++) {
        double *const row = rows + (size_t)i * dim;
        toy_numbers(model, words[i], row);
        cosines[i] = toy_cosine(row, candidate, dim);
        double square = 0;
        for (size_t j = 0; j < dim; j++) {
            square += row[j] * row[j];
        }
        for (size_t j = 0; j < dim && square > 0; j++) {
            sum[j] += (i == 0 ? -1 : 1) * row[j] / sqrt(square);
        }
    }
    if (method == W2B_ANALOGY_ADD) {
        score = toy_cosine(sum, candidate, dim);
    } else {
        score = (1 + cosines[1]) / 2 * ((1 + cosines[2]) / 2) / ((1 + cosines[0]) / 2 + 0.001);
    }
    w2b_free(rows);
    return score;
}

static void check(w2b_analogy method, const w2b_model *model, const uint64_t words[3],
                  const w2b_hit *hits, size_t found)
{
    const double tolerance = method == W2B_ANALOGY_ADD ? 2e-6 : 2e-5;
    double least = 0;
    for (size_t i = 0; i < found; i++) {
        const double score = plain_score(method, model, words, hits[i].row);
        assert_true(fabs(score - hits[i].score) < tolerance * fmax(1, score));
        assert_true(i == 0 || hits[i - 1].score > hits[i].score ||
                    (hits[i - 1].score == hits[i].score && hits[i - 1].row < hits[i].row));
        least = score;
    }
    for (uint64_t x = 0; x < w2b_model_words(model); x++) {
        int taken = x == words[0] || x == words[1] || x == words[2];
        for (size_t i = 0; i < found; i++) {
            assert_false(taken && hits[i].row == x);
            taken |= hits[i].row == x;
        }
        if (!taken) {
            assert_true(plain_score(method, model, words, x) < least + tolerance * fmax(1, least));
        }
    }
}

static void answers_are_right(void **state)
{
    (void)state;
    static const uint32_t bits[] = {1, 2, 3, 4, 8, 16, 32};
    for (size_t b = 0; b < sizeof bits / sizeof bits[0]; b++) {
        w2b_model *const model = toy_random(test_seed(), 200, 50, bits[b]);
        w2b_search *const search = search_of(model, 2, W2B_ISA_AUTO, 0);
        static const uint64_t rows[][3] = {
            {1, 2, 3}, {199, 0, 100}, {5, 5, 6}, {5, 6, 6}, {9, 9, 9}};
        for (int method = 0; method < 2; method++) {
            w2b_hit hits[5][4];
            size_t found[5];
            assert_int_equal(w2b_search_analogy(search, (w2b_analogy)method, rows, 5, 4, hits[0],
                                                found, NULL),
                             W2B_OK);
            for (size_t i = 0; i < 5; i++) {
                assert_int_equal(found[i], 4);
                check((w2b_analogy)method, model, rows[i], hits[i], 4);
            }
        }
        w2b_search_free(search);
        w2b_model_free(model);
    }
}

/* More distinct words than a batch can hold, and a batch that ends amid them. */
static void batches_threads_and_kernels_agree(void **state)
{
    (void)state;
    enum { N = 4000, QUESTIONS = 1500 };
    static const uint32_t bits[] = {1, 2, 5, 8, 16, 32};
    static const w2b_isa isas[] = {W2B_ISA_SCALAR, W2B_ISA_AVX2, W2B_ISA_AVX512};
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 5);
    uint64_t(*const rows)[3] = w2b_alloc(QUESTIONS, sizeof *rows);
    w2b_hit *const expected = w2b_alloc_zero(QUESTIONS, sizeof *expected);
    w2b_hit *const hits = w2b_alloc_zero(QUESTIONS, sizeof *hits);
    size_t *const found = w2b_alloc(QUESTIONS, sizeof *found);
    for (size_t i = 0; i < QUESTIONS * 3; i++) {
        rows[i / 3][i % 3] = w2b_rng_below(&rng, N);
    }
    for (size_t b = 0; b < sizeof bits / sizeof bits[0]; b++) {
        w2b_model *const model = toy_random(test_seed(), N, 10, bits[b]);
        for (int method = 0; method < 2; method++) {
            w2b_search *const plain = search_of(model, 1, W2B_ISA_SCALAR, 3000);
            for (size_t i = 0; i < QUESTIONS; i += 50) {
                assert_int_equal(w2b_search_analogy(plain, (w2b_analogy)method,
                                                    (const uint64_t(*)[3])rows + i, 1, 1,
                                                    &expected[i], &found[i], NULL),
                                 W2B_OK);
            }
            w2b_search_free(plain);
            for (size_t s = 0; s < 3; s++) {
                if (w2b_scan_for(isas[s]) == NULL) {
                    continue;
                }
                w2b_search *const search = search_of(model, 1 + 2 * (uint32_t)s, isas[s], 3000);
                assert_true(3 * QUESTIONS > w2b_probes_limit(search));
                assert_int_equal(w2b_search_analogy(search, (w2b_analogy)method,
                                                    (const uint64_t(*)[3])rows, QUESTIONS, 1,
                                                    hits, found, NULL),
                                 W2B_OK);
                for (size_t i = 0; i < QUESTIONS; i += 50) {
                    assert_int_equal(found[i], 1);
                    assert_true(hits[i].row < 3000);
                    assert_int_equal(hits[i].row, expected[i].row);
                    assert_memory_equal(&hits[i].score, &expected[i].score, sizeof(float));
                }
                w2b_search_free(search);
            }
        }
        w2b_model_free(model);
    }
    w2b_free(rows);
    w2b_free(expected);
    w2b_free(hits);
    w2b_free(found);
}

static void nothing_left_is_no_answer(void **state)
{
    (void)state;
    w2b_model *const model = toy_random(test_seed(), 4, 6, 4);
    w2b_search *const search = search_of(model, 1, W2B_ISA_AUTO, 0);
    const uint64_t rows[][3] = {{0, 1, 2}, {3, 3, 3}};
    w2b_hit hits[2][9];
    size_t found[2];
    assert_int_equal(w2b_search_analogy(search, W2B_ANALOGY_MUL, rows, 2, 9, hits[0], found, NULL),
                     W2B_OK);
    assert_int_equal(found[0], 1);
    assert_int_equal(hits[0][0].row, 3);
    assert_int_equal(found[1], 3);
    w2b_search_free(search);
    w2b_search *const few = search_of(model, 1, W2B_ISA_AUTO, 3);
    assert_int_equal(w2b_search_analogy(few, W2B_ANALOGY_ADD, rows, 2, 9, hits[0], found, NULL),
                     W2B_OK);
    assert_int_equal(found[0], 0);
    assert_int_equal(found[1], 3);
    w2b_search_free(few);
    w2b_model_free(model);
}

/* b - a + c = 0: every cosine with it is 0, and rows decide. */
static void a_sum_of_zero_has_no_direction(void **state)
{
    (void)state;
    const float rows[][2] = {{1, 0}, {0.5f, 0.8660254f}, {0.5f, -0.8660254f}, {0, 0}, {1, 1}};
    w2b_model *const model = toy_model(NULL, rows[0], 5, 2, 32);
    w2b_search *const search = search_of(model, 1, W2B_ISA_AUTO, 0);
    const uint64_t questions[][3] = {{0, 1, 2}};
    w2b_hit hits[2];
    size_t found;
    assert_int_equal(w2b_search_analogy(search, W2B_ANALOGY_ADD, questions, 1, 2, hits, &found,
                                        NULL),
                     W2B_OK);
    assert_int_equal(found, 2);
    assert_int_equal(hits[0].row, 3);
    assert_true(fabsf(hits[1].score) < 1e-6f);
    w2b_search_free(search);
    w2b_model_free(model);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    w2b_model *const model = toy_random(test_seed(), 4, 6, 1);
    w2b_search *const search = search_of(model, 1, W2B_ISA_AUTO, 0);
    const uint64_t rows[][3] = {{0, 1, 2}, {0, 4, 1}};
    w2b_hit hits[2] = {{77, 7}, {77, 7}};
    size_t found[2] = {77, 77};
    assert_int_equal(w2b_search_analogy(search, W2B_ANALOGY_ADD, rows, 2, 1, hits, found, NULL),
                     W2B_ERR_ARGUMENT);
    assert_int_equal(w2b_search_analogy(search, (w2b_analogy)2, rows, 1, 1, hits, found, NULL),
                     W2B_ERR_ARGUMENT);
    assert_true(hits[0].row == 77 && found[0] == 77);
    w2b_search_free(search);
    w2b_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_right),
        cmocka_unit_test(batches_threads_and_kernels_agree),
        cmocka_unit_test(nothing_left_is_no_answer),
        cmocka_unit_test(a_sum_of_zero_has_no_direction),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
