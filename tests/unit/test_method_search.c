/*
 * test_method_search.c - search over the codes of every method: the cosines are
 * those of the decoded vectors, whatever rotation or codebook lies between, and
 * the same for every instruction set.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "io/model.h"
#include "quant/num.h"
#include "quant/scheme.h"
#include "tests/unit/sample.h"
#include "tests/unit/scratch.h"

enum { WORDS = 400, DIM = 45 };

static const char *const methods[] = {
    "gauss", "uniform", "gauss-rotated", "uniform-rotated", "kmeans", "rabitq", "pq", "opq"
};

static w2b_model *coded(const char *method, uint32_t bits)
{
    const sample_shape shape = {.words = WORDS, .dim = DIM, .bits = 32, .prefix = "w",
                                .method = W2B_METHOD_FLOAT, .seed = 21};
    w2b_parts parts;
    w2b_model *model = NULL, *made = NULL;
    w2b_rng rng;
    w2b_rng_seed(&rng, 21, bits);
    sample_parts(&shape, &parts);
    for (size_t i = 0; i < WORDS * DIM; i++) {
        const float x = (float)(w2b_rng_unit(&rng) + w2b_rng_unit(&rng) * w2b_rng_unit(&rng) - 0.7);
        memcpy(parts.codes + i * sizeof x, &x, sizeof x);
    }
    assert_int_equal(w2b_model_make(&parts, &model, NULL), W2B_OK);
    w2b_quantize_options options;
    w2b_quantize_defaults(&options);
    options.bits = bits;
    options.method = method;
    assert_int_equal(w2b_model_quantize(model, &options, &made, NULL, NULL), W2B_OK);
    w2b_model_free(model);
    return made;
}

/* What search should say of a row, for a vector from elsewhere. */
static double expected(const w2b_model *model, uint64_t row, const float *query, int outside)
{
    float x[DIM];
    const uint8_t *codes;
    uint16_t scale;
    const w2b_code *code = w2b_model_code(model);
    assert_int_equal(w2b_model_vector(model, row, x, NULL), W2B_OK);
    assert_int_equal(w2b_model_row(model, row, &codes, &scale, NULL), W2B_OK);
    const double kept = outside && code->scheme->kept ? code->scheme->kept(code, codes) : 1;
    return sample_cosine(x, query, DIM) / kept;
}

/* All answers to a query, by row. */
static void answers(const w2b_model *model, const w2b_query *query, w2b_isa isa, float *scores)
{
    w2b_search_options options;
    w2b_search *search = NULL;
    w2b_hit hits[WORDS];
    size_t found = 0;
    w2b_search_defaults(&options);
    options.isa = isa;
    options.threads = 2;
    assert_int_equal(w2b_search_new(model, &options, &search, NULL), W2B_OK);
    assert_int_equal(w2b_search_nearest(search, query, 1, WORDS, hits, &found, NULL), W2B_OK);
    assert_int_equal(found, WORDS - query->n_terms);
    for (size_t i = 0; i < WORDS; i++)
        scores[i] = NAN;
    for (size_t i = 0; i < found; i++)
        scores[hits[i].row] = hits[i].score;
    w2b_search_free(search);
}

static void check_query(const w2b_model *model, const w2b_query *query, const float *vector,
                        const char *name)
{
    float scalar[WORDS], best[WORDS];
    answers(model, query, W2B_ISA_SCALAR, scalar);
    answers(model, query, W2B_ISA_AUTO, best);
    assert_memory_equal(scalar, best, sizeof best);
    for (uint64_t row = 0; row < WORDS; row++) {
        if (query->n_terms && query->terms[0].row == row)
            continue;
        const double want = expected(model, row, vector, query->n_terms == 0);
        if (!(fabs(best[row] - want) < 3e-4))
            fail_msg("%s: row %llu has %g, not %g", name, (unsigned long long)row,
                     (double)best[row], want);
    }
}

static void scores_are_those_of_decoded_vectors(void **state)
{
    (void)state;
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        for (uint32_t bits = 1; bits <= 4; bits += 1) {
            w2b_model *model = coded(methods[m], bits);
            float vector[DIM];
            const w2b_term term = {.row = 17, .weight = 1};
            assert_int_equal(w2b_model_vector(model, 17, vector, NULL), W2B_OK);
            check_query(model, &(w2b_query){.terms = &term, .n_terms = 1}, vector, methods[m]);
            for (int i = 0; i < DIM; i++)
                vector[i] = vector[i] * 0.5f + (i % 7 == 3 ? 0.4f : -0.02f);
            check_query(model, &(w2b_query){.vector = vector}, vector, methods[m]);
            w2b_model_free(model);
        }
    }
}

/* Many questions at once and each alone: the same scores to the last bit, though rows
 * meet few probes by tables and many unpacked. */
static void batches_are_as_single_questions(void **state)
{
    enum { MANY = 40, K = 20 };
    (void)state;
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        w2b_model *model = coded(methods[m], 2);
        w2b_search_options options;
        w2b_search *search = NULL;
        w2b_term terms[MANY];
        w2b_query queries[MANY];
        w2b_hit together[MANY * K], alone[K];
        size_t found[MANY], some;
        w2b_search_defaults(&options);
        assert_int_equal(w2b_search_new(model, &options, &search, NULL), W2B_OK);
        for (size_t i = 0; i < MANY; i++) {
            terms[i] = (w2b_term){.row = i * 9, .weight = i % 2 ? -1 : 1};
            queries[i] = (w2b_query){.terms = &terms[i], .n_terms = 1};
        }
        assert_int_equal(w2b_search_nearest(search, queries, MANY, K, together, found, NULL),
                         W2B_OK);
        for (size_t i = 0; i < MANY; i++) {
            assert_int_equal(w2b_search_nearest(search, &queries[i], 1, K, alone, &some, NULL),
                             W2B_OK);
            assert_int_equal(some, found[i]);
            for (size_t k = 0; k < some; k++) {
                assert_int_equal(alone[k].row, together[i * K + k].row);
                assert_memory_equal(&alone[k].score, &together[i * K + k].score, sizeof(float));
            }
        }
        w2b_search_free(search);
        w2b_model_free(model);
    }
}

/* A file of each method is read back as it was, and verifies. */
static void files_hold_what_models_do(void **state)
{
    (void)state;
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        w2b_model *model = coded(methods[m], 3), *again = NULL;
        size_t size;
        uint8_t *file = sample_file(model, &size);
        assert_int_equal(sample_verify(file, size, NULL), W2B_OK);
        assert_int_equal(sample_open(file, size, &again, NULL), W2B_OK);
        sample_expect_equal(model, again);
        for (uint64_t row = 0; row < WORDS; row += 37) {
            float x[DIM], y[DIM];
            assert_int_equal(w2b_model_vector(model, row, x, NULL), W2B_OK);
            assert_int_equal(w2b_model_vector(again, row, y, NULL), W2B_OK);
            assert_memory_equal(x, y, sizeof x);
        }
        w2b_free(file);
        w2b_model_free(again);
        w2b_model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_decoded_vectors),
        cmocka_unit_test(batches_are_as_single_questions),
        cmocka_unit_test(files_hold_what_models_do),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
