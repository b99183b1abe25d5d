/*
 * test_search.c - nearest rows and similarities, against cosines computed in
 * double from codes read bit by bit.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eval/search.h"
#include "tests/unit/scratch.h"
#include "tests/unit/seed.h"
#include "tests/unit/toy_model.h"

static const uint32_t all_bits[] = {1, 2, 3, 4, 5, 6, 7, 8, 16, 32};
#define N_BITS (sizeof all_bits / sizeof all_bits[0])

static w2b_search *search_of(const w2b_model *model, uint32_t threads, w2b_isa isa,
                             uint64_t first)
{
    w2b_search_options options;
    w2b_search_defaults(&options);
    options.threads = threads;
    options.isa = isa;
    options.first = first;
    w2b_search *search = NULL;
    w2b_diag diag;
    if (w2b_search_new(model, &options, &search, &diag) != W2B_OK) {
        fail_msg("%s", diag.text);
    }
    return search;
}

static int by_answer_order(const void *a, const void *b)
{
    const w2b_hit *const x = a, *const y = b;
    if (x->score < y->score || x->score > y->score) {
        return x->score > y->score ? -1 : 1;
    }
    return x->row < y->row ? -1 : x->row > y->row;
}

/* All answers to a query in order, by plain arithmetic; returns how many. */
static size_t plain_answers(const w2b_model *model, const w2b_query *query, w2b_hit *hits)
{
    const size_t dim = w2b_model_code(model)->dim, n = w2b_model_words(model);
    double *const sum = w2b_alloc_zero(dim, sizeof *sum);
    double *const row = w2b_alloc(dim, sizeof *row);
    for (size_t t = 0; t < query->n_terms; t++) {
        toy_numbers(model, query->terms[t].row, row);
        double square = 0;
        for (size_t j = 0; j < dim; j++) {
            square += row[j] * row[j];
        }
        for (size_t j = 0; j < dim; j++) {
            sum[j] += square > 0 ? query->terms[t].weight * row[j] / sqrt(square) : 0;
        }
    }
    for (size_t j = 0; query->vector != NULL && j < dim; j++) {
        sum[j] += query->vector[j];
    }
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        int is_term = 0;
        for (size_t t = 0; t < query->n_terms; t++) {
            is_term |= query->terms[t].row == i;
        }
        if (!is_term) {
            toy_numbers(model, i, row);
            hits[found++] = (w2b_hit){i, (float)toy_cosine(sum, row, dim)};
        }
    }
    qsort(hits, found, sizeof *hits, by_answer_order);
    w2b_free(sum);
    w2b_free(row);
    return found;
}

/* The answers have the right cosines to `tolerance`, are in order, and no
 * better one is missing. */
static void check_answers(const w2b_model *model, const w2b_query *query, const w2b_hit *hits,
                          size_t found, size_t k, double tolerance)
{
    const size_t n = w2b_model_words(model);
    w2b_hit *const plain = w2b_alloc(n, sizeof *plain);
    float *const scores = w2b_alloc_zero(n, sizeof *scores);
    const size_t available = plain_answers(model, query, plain);
    assert_int_equal(found, k < available ? k : available);
    for (size_t i = 0; i < available; i++) {
        scores[plain[i].row] = plain[i].score;
    }
    for (size_t i = 0; i < found; i++) {
        assert_true(fabs(hits[i].score - scores[hits[i].row]) <= tolerance);
        assert_true(fabs(hits[i].score - plain[i].score) <= tolerance);
        assert_true(i == 0 || by_answer_order(&hits[i - 1], &hits[i]) < 0);
    }
    w2b_free(plain);
    w2b_free(scores);
}

static void single_rows_are_exact(void **state)
{
    (void)state;
    static const uint32_t dims[] = {1, 2, 7, 8, 31, 32, 33, 64, 100, 127, 300};
    for (size_t b = 0; b < N_BITS; b++) {
        for (size_t d = 0; d < sizeof dims / sizeof dims[0]; d++) {
            w2b_model *const model = toy_random(test_seed(), 150, dims[d], all_bits[b]);
            w2b_search *const search = search_of(model, 1, W2B_ISA_AUTO, 0);
            const w2b_term term = {d, 2};
            const w2b_query query = {&term, 1, NULL};
            w2b_hit hits[10];
            size_t found;
            assert_int_equal(w2b_search_nearest(search, &query, 1, 10, hits, &found, NULL),
                             W2B_OK);
            /* Integers: nothing but the last rounding to float. */
            check_answers(model, &query, hits, found, 10, all_bits[b] <= 8 ? 6e-8 : 2e-6);
            w2b_search_free(search);
            w2b_model_free(model);
        }
    }
}

static void sums_and_vectors_are_near(void **state)
{
    (void)state;
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 3);
    for (size_t b = 0; b < N_BITS; b++) {
        const uint32_t dim = 75;
        w2b_model *const model = toy_random(test_seed(), 300, dim, all_bits[b]);
        w2b_search *const search = search_of(model, 2, W2B_ISA_AUTO, 0);
        float vector[75], large[75];
        for (uint32_t j = 0; j < dim; j++) {
            vector[j] = toy_normal(&rng);
            large[j] = vector[j] * 1e37f;
        }
        const w2b_term terms[] = {{3, 1}, {250, -0.5f}, {17, 1}, {3, 0.25f}};
        const w2b_query queries[] = {
            {terms, 4, NULL}, {terms, 2, vector}, {NULL, 0, vector}, {NULL, 0, large}};
        w2b_hit hits[4][12];
        size_t found[4];
        assert_int_equal(w2b_search_nearest(search, queries, 4, 12, hits[0], found, NULL),
                         W2B_OK);
        for (size_t i = 0; i < 4; i++) {
            check_answers(model, &queries[i], hits[i], found[i], 12,
                          all_bits[b] <= 8 ? 2e-5 : 2e-6);
        }
        for (size_t i = 0; i < 12; i++) {
            assert_int_equal(hits[2][i].row, hits[3][i].row);
        }
        w2b_search_free(search);
        w2b_model_free(model);
    }
}

/* Each row is a little nearer to the question than the one before: whatever is
 * held back wrongly would have been an answer. */
static void rows_that_get_better_slowly(void **state)
{
    (void)state;
    enum { N = 3000, DIM = 75, MANY = 20, K = 10 };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 71);
    float target[DIM], away[DIM];
    for (size_t j = 0; j < DIM; j++) {
        target[j] = toy_normal(&rng);
        away[j] = toy_normal(&rng);
    }
    float *const rows = w2b_alloc((size_t)N * DIM, sizeof *rows);
    for (size_t i = 0; i < N; i++) {
        const float far = i == 0 ? 0 : 2 * (1 - (float)i / N);
        for (size_t j = 0; j < DIM; j++) {
            rows[i * DIM + j] = target[j] + far * away[j];
        }
    }
    for (uint32_t bits = 1; bits <= 8; bits++) {
        w2b_model *const model = toy_model(NULL, rows, N, DIM, bits);
        const w2b_term word = {0, 1}, sum[] = {{0, 1}, {N / 2, -0.25f}};
        for (int isa = W2B_ISA_SCALAR; isa <= W2B_ISA_AVX512; isa++) {
            if (w2b_scan_for((w2b_isa)isa) == NULL) {
                continue;
            }
            w2b_search *const search = search_of(model, 1, (w2b_isa)isa, 0);
            w2b_query queries[MANY];
            w2b_hit hits[MANY * K];
            size_t found[MANY];
            for (size_t i = 0; i < MANY; i++) {
                queries[i] = i % 2 == 0 ? (w2b_query){&word, 1, NULL}
                                        : (w2b_query){sum, 2, NULL};
            }
            for (size_t n = 1; n <= MANY; n += MANY - 1) {
                assert_int_equal(w2b_search_nearest(search, queries + (n == 1), n, K, hits,
                                                    found, NULL), W2B_OK);
                for (size_t i = 0; i < n && i < 2; i++) {
                    check_answers(model, &queries[i + (n == 1)], hits + i * K, found[i], K, 2e-5);
                }
            }
            assert_int_equal(w2b_search_nearest(search, queries, 1, K, hits, found, NULL), W2B_OK);
            check_answers(model, &queries[0], hits, found[0], K, 6e-8);
            w2b_search_free(search);
        }
        w2b_model_free(model);
    }
    w2b_free(rows);
}

static void batches_threads_and_kernels_agree(void **state)
{
    (void)state;
    static const w2b_isa isas[] = {W2B_ISA_SCALAR, W2B_ISA_AVX2, W2B_ISA_AVX512};
    enum { N = 9000, QUERIES = 40, K = 5 };
    for (size_t b = 0; b < N_BITS; b++) {
        w2b_model *const model = toy_random(test_seed(), N, 70, all_bits[b]);
        w2b_term terms[QUERIES][2];
        w2b_query queries[QUERIES];
        for (size_t i = 0; i < QUERIES; i++) {
            terms[i][0] = (w2b_term){i * 13, 1};
            terms[i][1] = (w2b_term){i * 7 + 5000, -1};
            queries[i] = (w2b_query){terms[i], 1 + (i % 4 == 0), NULL};
        }
        w2b_hit expected[QUERIES * K], hits[QUERIES * K];
        size_t found[QUERIES];
        /* One by one, on one thread, in plain C. */
        memset(expected, 0, sizeof expected);
        w2b_search *const plain = search_of(model, 1, W2B_ISA_SCALAR, 0);
        for (size_t i = 0; i < QUERIES; i++) {
            assert_int_equal(
                w2b_search_nearest(plain, &queries[i], 1, K, expected + i * K, &found[i], NULL),
                W2B_OK);
        }
        w2b_search_free(plain);
        for (size_t s = 0; s < 3; s++) {
            if (w2b_scan_for(isas[s]) == NULL) {
                printf("skipped: no %s here\n", w2b_isa_name(isas[s]));
                continue;
            }
            for (uint32_t threads = 1; threads <= 5; threads += 2) {
                w2b_search *const search = search_of(model, threads, isas[s], 0);
                for (int again = 0; again < 2; again++) { /* norms unknown, then known */
                    memset(hits, 0, sizeof hits);
                    assert_int_equal(
                        w2b_search_nearest(search, queries, QUERIES, K, hits, found, NULL),
                        W2B_OK);
                    for (size_t i = 0; i < QUERIES * K; i++) {
                        assert_int_equal(hits[i].row, expected[i].row);
                        assert_memory_equal(&hits[i].score, &expected[i].score,
                                            sizeof(float));
                    }
                }
                w2b_search_free(search);
            }
        }
        w2b_model_free(model);
    }
}

static void many_queries_go_in_several_batches(void **state)
{
    (void)state;
    w2b_model *const model = toy_random(test_seed(), 2500, 8, 4);
    w2b_search *const search = search_of(model, 2, W2B_ISA_AUTO, 0);
    w2b_term *const terms = w2b_alloc(2500, sizeof *terms);
    w2b_query *const queries = w2b_alloc(2500, sizeof *queries);
    w2b_hit *const hits = w2b_alloc(2500 * 2, sizeof *hits);
    size_t *const found = w2b_alloc(2500, sizeof *found);
    assert_true(2500 > w2b_probes_limit(search));
    for (size_t i = 0; i < 2500; i++) {
        terms[i] = (w2b_term){i, 1};
        queries[i] = (w2b_query){&terms[i], 1, NULL};
    }
    assert_int_equal(w2b_search_nearest(search, queries, 2500, 2, hits, found, NULL), W2B_OK);
    for (size_t i = 0; i < 2500; i += 100) {
        check_answers(model, &queries[i], hits + 2 * i, found[i], 2, 6e-8);
    }
    w2b_free(terms);
    w2b_free(queries);
    w2b_free(hits);
    w2b_free(found);
    w2b_search_free(search);
    w2b_model_free(model);
}

static void first_and_k_limit_the_answers(void **state)
{
    (void)state;
    w2b_model *const model = toy_random(test_seed(), 5000, 20, 2);
    w2b_search *const search = search_of(model, 3, W2B_ISA_AUTO, 2050);
    /* A word that is not among the searched rows may be asked about. */
    const w2b_term terms[] = {{4999, 1}, {7, 1}};
    const w2b_query queries[] = {{&terms[0], 1, NULL}, {&terms[1], 1, NULL}};
    w2b_hit *const hits = w2b_alloc(2 * 6000, sizeof *hits);
    size_t found[2] = {99, 99};
    assert_int_equal(w2b_search_nearest(search, queries, 2, 6000, hits, found, NULL), W2B_OK);
    assert_int_equal(found[0], 2050);
    assert_int_equal(found[1], 2049);
    for (size_t i = 0; i < found[1]; i++) {
        assert_true(hits[6000 + i].row < 2050 && hits[6000 + i].row != 7);
    }
    assert_int_equal(w2b_search_nearest(search, queries, 2, 0, hits, found, NULL), W2B_OK);
    assert_int_equal(found[0] + found[1], 0);
    assert_int_equal(w2b_search_nearest(search, queries, 0, 5, hits, found, NULL), W2B_OK);
    w2b_free(hits);
    w2b_search_free(search);
    w2b_model_free(model);
}

/* ----- Filters ------------------------------------------------------------ */

static int has_bit(const uint8_t *bits, uint64_t row)
{
    return bits[row / 8] >> (row % 8) & 1;
}

/* Of hits[n] those that pass, at most k of them. */
static size_t sifted(const w2b_hit *hits, size_t n, const uint8_t *bits, w2b_hit *out, size_t k)
{
    size_t kept = 0;
    for (size_t i = 0; i < n && kept < k; i++) {
        if (has_bit(bits, hits[i].row)) {
            out[kept++] = hits[i];
        }
    }
    return kept;
}

static void same_hits(const w2b_hit *a, const w2b_hit *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(a[i].row, b[i].row);
        assert_memory_equal(&a[i].score, &b[i].score, sizeof(float));
    }
}

enum { FILTER_ROWS = 6001, FILTER_K = 40, FILTERS = 5 };

/* Nothing, a few, most, all, and whole parts of the rows beside empty ones. */
static void filter_fill(uint8_t *bits, int which, w2b_rng *rng)
{
    for (uint64_t row = 0; row < FILTER_ROWS; row++) {
        const double unit = w2b_rng_unit(rng);
        const int passes = which == 0   ? 0
                           : which == 1 ? unit < 0.01
                           : which == 2 ? unit < 0.8
                           : which == 3 ? 1
                                        : row / W2B_PART_ROWS == 1 || row == 5900;
        bits[row / 8] = (uint8_t)((bits[row / 8] & ~(1u << row % 8)) |
                                  (unsigned)passes << row % 8);
    }
    bits[FILTER_ROWS / 8] |= 0xFE; /* behind the last row: without meaning */
}

/* Asks one word, one sum, one analogy without a filter and with it: the
 * answers that pass are the same to the bit, however many there are. */
static void check_filter(w2b_search *search, const uint8_t *bits)
{
    const w2b_term terms[] = {{3, 1}, {2100, -0.5f}, {5999, 1}};
    const w2b_query queries[] = {{terms, 1, NULL}, {terms, 3, NULL}};
    const uint64_t analogy[1][3] = {{5, 2050, 17}};
    w2b_hit *const all = w2b_alloc(3 * FILTER_ROWS, sizeof *all);
    w2b_hit got[3][FILTER_K], expected[FILTER_K];
    size_t n[3], found[3];
    assert_int_equal(w2b_search_filter(search, NULL, NULL), W2B_OK);
    assert_int_equal(
        w2b_search_nearest(search, queries, 2, FILTER_ROWS, all, n, NULL), W2B_OK);
    assert_int_equal(w2b_search_analogy(search, W2B_ANALOGY_ADD, analogy, 1, FILTER_ROWS,
                                        all + 2 * FILTER_ROWS, n + 2, NULL),
                     W2B_OK);
    assert_int_equal(w2b_search_filter(search, bits, NULL), W2B_OK);
    assert_int_equal(w2b_search_nearest(search, queries, 2, FILTER_K, got[0], found, NULL),
                     W2B_OK);
    assert_int_equal(w2b_search_analogy(search, W2B_ANALOGY_ADD, analogy, 1, FILTER_K, got[2],
                                        found + 2, NULL),
                     W2B_OK);
    for (size_t i = 0; i < 3; i++) {
        const size_t kept = sifted(all + i * FILTER_ROWS, n[i], bits, expected, FILTER_K);
        assert_int_equal(found[i], kept);
        same_hits(got[i], expected, kept);
    }
    w2b_free(all);
}

static void filters_leave_the_best_of_the_rest(void **state)
{
    (void)state;
    static const uint32_t some_bits[] = {1, 3, 8, 16, 32};
    static const uint64_t firsts[] = {0, 5003};
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 9);
    uint8_t bits[FILTER_ROWS / 8 + 1] = {0};
    for (size_t b = 0; b < sizeof some_bits / sizeof some_bits[0]; b++) {
        w2b_model *const model = toy_random(test_seed(), FILTER_ROWS, 33, some_bits[b]);
        for (int which = 0; which < FILTERS; which++) {
            filter_fill(bits, which, &rng);
            w2b_search *const search = search_of(model, 2, W2B_ISA_AUTO, firsts[which % 2]);
            check_filter(search, bits);
            check_filter(search, bits);
            w2b_search_free(search);
        }
        w2b_model_free(model);
    }
}

/* A filter that is there from the first scan: no norms are known, and those
 * that the sparse scan found must not pass for all of their part's. */
static void filters_come_before_norms(void **state)
{
    (void)state;
    w2b_model *const model = toy_random(test_seed(), FILTER_ROWS, 24, 4);
    w2b_search *const search = search_of(model, 1, W2B_ISA_AUTO, 0);
    uint8_t bits[FILTER_ROWS / 8 + 1] = {0};
    const w2b_term term = {3, 1};
    const w2b_query query = {&term, 1, NULL};
    w2b_hit hits[20];
    size_t found;
    for (uint64_t row = 0; row < FILTER_ROWS; row += 100) {
        bits[row / 8] |= (uint8_t)(1u << row % 8);
    }
    assert_int_equal(w2b_search_filter(search, bits, NULL), W2B_OK);
    assert_int_equal(w2b_search_nearest(search, &query, 1, 20, hits, &found, NULL), W2B_OK);
    assert_int_equal(found, 20);
    for (size_t i = 0; i < found; i++) {
        float cosine;
        const uint64_t self = 3;
        assert_int_equal(hits[i].row % 100, 0);
        w2b_search_similarity(search, &self, &hits[i].row, 1, &cosine, NULL);
        assert_true(cosine == hits[i].score);
    }
    assert_int_equal(w2b_search_filter(search, NULL, NULL), W2B_OK);
    assert_int_equal(w2b_search_nearest(search, &query, 1, 20, hits, &found, NULL), W2B_OK);
    check_answers(model, &query, hits, found, 20, 6e-8);
    w2b_search_free(search);
    w2b_model_free(model);
}

/* The rows of two models are matched by their words. */
static void candidates_are_found_by_name(void **state)
{
    (void)state;
    static const char *const coarse_words[] = {"a", "b", "c", "d", "e"};
    static const char *const fine_words[] = {"e", "x", "c", "a", "b"};
    static const float rows[5][2] = {{1, 0}, {1, 1}, {1, 0.1f}, {0, 1}, {1, -1}};
    w2b_model *const coarse = toy_model(coarse_words, rows[0], 5, 2, 8);
    w2b_model *const fine = toy_model(fine_words, rows[0], 5, 2, 32);
    w2b_search *const search = search_of(fine, 1, W2B_ISA_AUTO, 0);
    const w2b_hit candidates[] = {{3, 1}, {2, 0.5f}, {4, 0.25f}}; /* d, c, e */
    const float axis[] = {1, 0};
    const w2b_query query = {NULL, 0, axis};
    w2b_hit hits[5];
    size_t missing = 99, found;
    assert_int_equal(w2b_search_candidates(search, coarse, candidates, 3, &missing, NULL),
                     W2B_OK);
    assert_int_equal(missing, 1);
    assert_int_equal(w2b_search_nearest(search, &query, 1, 5, hits, &found, NULL), W2B_OK);
    assert_int_equal(found, 2);
    assert_int_equal(hits[0].row, 0); /* e */
    assert_int_equal(hits[1].row, 2); /* c */
    assert_int_equal(w2b_search_candidates(search, coarse, candidates, 0, NULL, NULL), W2B_OK);
    assert_int_equal(w2b_search_nearest(search, &query, 1, 5, hits, &found, NULL), W2B_OK);
    assert_int_equal(found, 0);
    const w2b_hit beyond = {5, 1};
    missing = 99;
    assert_int_equal(w2b_search_candidates(search, coarse, &beyond, 1, &missing, NULL),
                     W2B_ERR_ARGUMENT);
    assert_int_equal(missing, 99);
    w2b_search_free(search);
    w2b_model_free(coarse);
    w2b_model_free(fine);
}

/* ----- The odd one out ---------------------------------------------------- */

static void odd_is_the_cosine_with_the_others(void **state)
{
    (void)state;
    enum { N = 6, DIM = 50 };
    for (size_t b = 0; b < N_BITS; b++) {
        w2b_model *const model = toy_random(test_seed(), 30, DIM, all_bits[b]);
        w2b_search *const search = search_of(model, 1, W2B_ISA_AUTO, 0);
        const uint64_t rows[N] = {4, 9, 2, 29, 0, 11};
        float scores[N];
        size_t odd = 99, least = 0;
        assert_int_equal(w2b_search_odd(search, rows, N, scores, &odd, NULL), W2B_OK);
        for (size_t i = 0; i < N; i++) {
            double sum[DIM] = {0}, own[DIM], other[DIM];
            toy_numbers(model, rows[i], own);
            for (size_t j = 0; j < N; j++) {
                toy_numbers(model, rows[j], other);
                double square = 0;
                for (size_t d = 0; d < DIM; d++) {
                    square += other[d] * other[d];
                }
                for (size_t d = 0; d < DIM && j != i; d++) {
                    sum[d] += other[d] / sqrt(square);
                }
            }
            assert_true(fabs(scores[i] - toy_cosine(own, sum, DIM)) < 1e-6);
            least = scores[i] < scores[least] ? i : least;
        }
        assert_int_equal(odd, least);
        w2b_search_free(search);
        w2b_model_free(model);
    }
}

static void odd_of_few_or_empty_rows(void **state)
{
    (void)state;
    static const float rows[4][2] = {{1, 0}, {0, 0}, {1, 0}, {1e38f, 1e38f}};
    w2b_model *const model = toy_model(NULL, rows[0], 4, 2, 32);
    w2b_search *const search = search_of(model, 1, W2B_ISA_AUTO, 0);
    const uint64_t same[] = {0, 2, 0}, mixed[] = {0, 1, 3, 2}, beyond[] = {0, 1, 4};
    float scores[4] = {7, 7, 7, 7};
    size_t odd = 99;
    assert_int_equal(w2b_search_odd(search, same, 2, scores, &odd, NULL), W2B_ERR_ARGUMENT);
    assert_int_equal(w2b_search_odd(search, beyond, 3, scores, &odd, NULL), W2B_ERR_ARGUMENT);
    assert_true(odd == 99 && scores[0] == 7);
    assert_int_equal(w2b_search_odd(search, same, 3, scores, &odd, NULL), W2B_OK);
    assert_true(odd == 0 && scores[0] == 1 && scores[1] == 1 && scores[2] == 1);
    assert_int_equal(w2b_search_odd(search, mixed, 4, scores, &odd, NULL), W2B_OK);
    assert_true(odd == 1 && scores[1] == 0 && scores[2] > 0.5f);
    w2b_search_free(search);
    w2b_model_free(model);
}

/* ----- Order, extremes, errors -------------------------------------------- */

static void ties_go_by_row(void **state)
{
    (void)state;
    for (size_t b = 0; b < N_BITS; b++) {
        float rows[40][4];
        for (size_t i = 0; i < 40; i++) {
            const float sign = i % 2 ? -1.0f : 1.0f;
            for (size_t j = 0; j < 4; j++) {
                rows[i][j] = sign * (j % 2 ? 1.0f : -1.0f);
            }
        }
        w2b_model *const model = toy_model(NULL, rows[0], 40, 4, all_bits[b]);
        w2b_search *const search = search_of(model, 2, W2B_ISA_AUTO, 0);
        const w2b_term terms[] = {{4, 1}, {4, -1}, {4, 0}};
        const w2b_query queries[] = {
            {&terms[0], 1, NULL}, {&terms[1], 1, NULL}, {&terms[2], 1, NULL}};
        w2b_hit hits[3][4];
        size_t found[3];
        assert_int_equal(w2b_search_nearest(search, queries, 3, 4, hits[0], found, NULL), W2B_OK);
        static const uint64_t even[] = {0, 2, 6, 8}, odd[] = {1, 3, 5, 7}, any[] = {0, 1, 2, 3};
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(hits[0][i].row, even[i]);
            assert_int_equal(hits[1][i].row, odd[i]);
            assert_int_equal(hits[2][i].row, any[i]);
            assert_true(hits[0][i].score == 1 && hits[1][i].score == 1);
            assert_true(hits[2][i].score == 0 && !signbit(hits[2][i].score));
        }
        w2b_search_free(search);
        w2b_model_free(model);
    }
}

/* Squares that leave the range of floats, zeros, and what no reader lets in. */
static void extreme_rows_have_sound_cosines(void **state)
{
    (void)state;
    static const float scales[] = {1, 1e30f, 3e37f, 1e-30f, 1e-38f, 0, INFINITY, NAN};
    float rows[8][3];
    for (size_t i = 0; i < 8; i++) {
        rows[i][0] = 1 * scales[i];
        rows[i][1] = -2 * scales[i];
        rows[i][2] = 2 * scales[i];
    }
    w2b_model *const model = toy_model(NULL, rows[0], 8, 3, 32);
    w2b_search *const search = search_of(model, 1, W2B_ISA_AUTO, 0);
    for (uint64_t row = 0; row < 8; row++) {
        const w2b_term term = {row, 1};
        const w2b_query query = {&term, 1, NULL};
        w2b_hit hits[8];
        size_t found;
        for (int again = 0; again < 2; again++) {
            assert_int_equal(w2b_search_nearest(search, &query, 1, 8, hits, &found, NULL),
                             W2B_OK);
            assert_int_equal(found, 7);
            for (size_t i = 0; i < found; i++) {
                const float expected = row < 5 && hits[i].row < 5 ? 1 : 0;
                assert_true(fabsf(hits[i].score - expected) < 1e-6f);
            }
        }
        uint64_t other = 1;
        float cosine;
        assert_int_equal(w2b_search_similarity(search, &row, &other, 1, &cosine, NULL), W2B_OK);
        assert_true(fabsf(cosine - (row < 5 ? 1 : 0)) < 1e-6f);
    }
    w2b_search_free(search);
    w2b_model_free(model);
}

static void similarity_is_the_score_of_nearest(void **state)
{
    (void)state;
    for (size_t b = 0; b < N_BITS; b++) {
        w2b_model *const model = toy_random(test_seed(), 60, 45, all_bits[b]);
        w2b_search *const search = search_of(model, 1, W2B_ISA_AUTO, 0);
        const w2b_term term = {11, 1};
        const w2b_query query = {&term, 1, NULL};
        w2b_hit hits[59];
        size_t found;
        assert_int_equal(w2b_search_nearest(search, &query, 1, 59, hits, &found, NULL), W2B_OK);
        for (size_t i = 0; i < found; i++) {
            const uint64_t self = 11;
            float there, back, one;
            w2b_search_similarity(search, &self, &hits[i].row, 1, &there, NULL);
            w2b_search_similarity(search, &hits[i].row, &self, 1, &back, NULL);
            w2b_search_similarity(search, &self, &self, 1, &one, NULL);
            assert_true(there == hits[i].score && back == there && one == 1);
        }
        w2b_search_free(search);
        w2b_model_free(model);
    }
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    w2b_model *const model = toy_random(test_seed(), 10, 3, 4);
    w2b_search *const search = search_of(model, 1, W2B_ISA_AUTO, 5);
    const float vector[] = {1, NAN, 1};
    const w2b_term terms[] = {{10, 1}, {1, INFINITY}};
    const w2b_query bad[] = {
        {NULL, 0, NULL}, {&terms[0], 1, NULL}, {&terms[1], 1, NULL}, {NULL, 0, vector}};
    const w2b_term good_term = {1, 1};
    for (size_t i = 0; i < 4; i++) {
        const w2b_query queries[] = {{&good_term, 1, NULL}, bad[i]};
        w2b_hit hits[2] = {{77, 7}, {77, 7}};
        size_t found[2] = {77, 77};
        w2b_diag diag;
        assert_int_equal(w2b_search_nearest(search, queries, 2, 1, hits, found, &diag),
                         W2B_ERR_ARGUMENT);
        assert_int_equal(diag.code, W2B_ERR_ARGUMENT);
        assert_true(hits[0].row == 77 && found[0] == 77 && found[1] == 77);
    }
    const uint64_t a = 1, b = 10;
    float cosine = 77;
    assert_int_equal(w2b_search_similarity(search, &a, &b, 1, &cosine, NULL), W2B_ERR_ARGUMENT);
    assert_true(cosine == 77);
    w2b_search_options options;
    w2b_search_defaults(&options);
    options.isa = (w2b_isa)99;
    w2b_search *none = NULL;
    assert_int_equal(w2b_search_new(model, &options, &none, NULL), W2B_ERR_ISA);
    assert_null(none);
    w2b_search_free(NULL);
    w2b_search_free(search);
    w2b_model_free(model);
}

static void flip_bit(const char *path, long offset)
{
    FILE *const file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    const int byte = fgetc(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    assert_int_not_equal(fputc(byte ^ 1, file), EOF);
    assert_int_equal(fclose(file), 0);
}

/* Asks a file with damaged codes; returns the offset that the error names. */
static uint64_t ask_damaged(const char *path, uint32_t threads)
{
    w2b_model *model;
    w2b_info info;
    assert_int_equal(w2b_model_open(path, NULL, &model, NULL), W2B_OK);
    w2b_model_info(model, &info);
    assert_true(info.code_bytes > 1100000);
    w2b_search *const search = search_of(model, threads, W2B_ISA_AUTO, 0);
    const w2b_term term = {0, 1};
    const w2b_query query = {&term, 1, NULL};
    const uint64_t analogy[1][3] = {{0, 1, 2}};
    w2b_hit hit = {77, 7};
    size_t found = 77;
    w2b_diag diag;
    assert_int_equal(w2b_search_nearest(search, &query, 1, 1, &hit, &found, &diag),
                     W2B_ERR_CORRUPT);
    assert_string_equal(diag.path, path);
    assert_int_equal(
        w2b_search_analogy(search, W2B_ANALOGY_ADD, analogy, 1, 1, &hit, &found, NULL),
        W2B_ERR_CORRUPT);
    assert_true(hit.row == 77 && found == 77);
    w2b_search_free(search);
    w2b_model_free(model);
    return diag.offset;
}

/* Codes with a flipped bit are an error, and never an answer. The error is the
 * same however many blocks are damaged behind the first. */
static void damaged_codes_are_not_answered_from(void **state)
{
    (void)state;
    scratch_open();
    const char *const path = scratch_path("damaged.w2b");
    w2b_model *const made = toy_random(test_seed(), 3000, 512, 8);
    assert_int_equal(w2b_model_save(made, path, NULL, NULL), W2B_OK);
    w2b_model_free(made);
    /* The codes, a million and a half bytes, are nearly all of the file. */
    flip_bit(path, 600000);
    const uint64_t offset = ask_damaged(path, 1);
    assert_true(offset <= 600000);
    flip_bit(path, 900000);
    flip_bit(path, 1100000);
    for (uint32_t threads = 1; threads <= 4; threads++) {
        assert_int_equal(ask_damaged(path, threads), offset);
    }
    scratch_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_rows_are_exact),
        cmocka_unit_test(sums_and_vectors_are_near),
        cmocka_unit_test(rows_that_get_better_slowly),
        cmocka_unit_test(batches_threads_and_kernels_agree),
        cmocka_unit_test(many_queries_go_in_several_batches),
        cmocka_unit_test(first_and_k_limit_the_answers),
        cmocka_unit_test(filters_leave_the_best_of_the_rest),
        cmocka_unit_test(filters_come_before_norms),
        cmocka_unit_test(candidates_are_found_by_name),
        cmocka_unit_test(odd_is_the_cosine_with_the_others),
        cmocka_unit_test(odd_of_few_or_empty_rows),
        cmocka_unit_test(ties_go_by_row),
        cmocka_unit_test(extreme_rows_have_sound_cosines),
        cmocka_unit_test(similarity_is_the_score_of_nearest),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(damaged_codes_are_not_answered_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
