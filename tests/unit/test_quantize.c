/*
 * test_quantize.c - the same words at other bits: what it costs, what it says
 * it costs, and that neither threads nor files change it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "io/inside.h"
#include "quant/num.h"
#include "tests/unit/sample.h"
#include "tests/unit/scratch.h"

/* Rows of numbers: normal (sums of 12 uniform ones) or uniform. */
static w2b_model *float_model(uint64_t words, uint32_t dim, int normal, float factor)
{
    w2b_parts parts;
    w2b_model *model = NULL;
    w2b_rng rng;
    sample_parts(&(sample_shape){.words = words, .dim = dim, .bits = 32,
                                 .method = W2B_METHOD_FLOAT, .counts = 1, .prefix = "word",
                                 .metadata = "{\"seed\":7}"}, &parts);
    w2b_rng_seed(&rng, scratch_random(), 0);
    for (size_t i = 0; i < (size_t)words * dim; i++) {
        double x = normal ? -6 : -.5;
        for (int k = 0; k < (normal ? 12 : 1); k++)
            x += w2b_rng_unit(&rng);
        const float y = (float)x * factor;
        memcpy(parts.codes + i * sizeof y, &y, sizeof y);
    }
    assert_int_equal(w2b_model_make(&parts, &model, NULL), W2B_OK);
    return model;
}

static w2b_model *quantize(const w2b_model *model, uint32_t bits, const char *method,
                           uint32_t threads, w2b_quantize_report *report)
{
    w2b_quantize_options options;
    w2b_model *made = NULL;
    w2b_diag diag;
    w2b_quantize_defaults(&options);
    options.bits = bits;
    options.method = method;
    options.threads = threads;
    if (w2b_model_quantize(model, &options, &made, report, &diag))
        fail_msg("%s", diag.text);
    return made;
}

/* What the report says, computed anew from the public functions. */
static void check_report(const w2b_model *model, const w2b_model *made,
                         const w2b_quantize_report *report)
{
    const uint32_t dim = w2b_model_code(model)->dim;
    const uint64_t words = w2b_model_words(model);
    float *x = w2b_alloc(dim, sizeof *x), *y = w2b_alloc(dim, sizeof *y);
    double error = 0, energy = 0, sum = 0, worst = 1;
    for (uint64_t row = 0; row < words; row++) {
        assert_int_equal(w2b_model_vector(model, row, x, NULL), W2B_OK);
        assert_int_equal(w2b_model_vector(made, row, y, NULL), W2B_OK);
        double xx = 0, yy = 0, xy = 0;
        for (uint32_t i = 0; i < dim; i++) {
            const double d = (double)x[i] - (double)y[i];
            error += d * d;
            xx += (double)x[i] * x[i];
            yy += (double)y[i] * y[i];
            xy += (double)x[i] * y[i];
        }
        energy += xx;
        const double cosine = xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 1;
        sum += cosine;
        worst = cosine < worst ? cosine : worst;
    }
    assert_true(fabs(report->squared_error - error / energy) < 1e-9);
    assert_true(fabs(report->mean_cosine - sum / (double)words) < 1e-9);
    assert_true(fabs(report->worst_cosine - worst) < 1e-9);
    w2b_free(x);
    w2b_free(y);
}

/* Errors of the optimal quantizer of a normal number (Max 1960). Ours are a
 * little smaller: each row has a scale of its own, and the tails are short. */
static void errors_are_those_of_theory(void **state)
{
    static const struct {
        uint32_t bits;
        double error;
    } cases[] = {{1, .3634}, {2, .1175}, {3, .03454}, {4, .009497}, {5, .002499}, {6, .000642}};
    (void)state;
    w2b_model *model = float_model(3000, 100, 1, .1f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w2b_quantize_report report;
        w2b_model *made = quantize(model, cases[i].bits, "gauss", 0, &report);
        const double share = report.squared_error / cases[i].error;
        if (share > 1.03 || share < .65)
            fail_msg("%u bits: %g", cases[i].bits, report.squared_error);
        assert_string_equal(report.method, "gauss");
        assert_true(report.bytes_before == 400);
        assert_true(report.bytes_after == (100 * cases[i].bits + 7) / 8 + 2);
        check_report(model, made, &report);
        assert_true(w2b_model_count(made, 2999) == w2b_model_count(model, 2999));
        assert_int_equal(w2b_model_find(made, "word2999", 8), 2999);
        w2b_model_free(made);
    }
    w2b_model_free(model);
}

static void halves_and_floats_are_close(void **state)
{
    (void)state;
    w2b_model *model = float_model(300, 7, 1, 1.f), *again;
    w2b_quantize_report report;
    w2b_model *half = quantize(model, 16, "gauss", 0, &report);
    assert_string_equal(report.method, "half");
    assert_true(report.squared_error > 0 && report.squared_error < 1e-6);
    assert_true(report.bytes_after == 14);
    check_report(model, half, &report);
    again = quantize(half, 32, NULL, 0, &report);
    assert_true(report.squared_error == 0 && report.worst_cosine > 1 - 1e-12);
    w2b_model_free(again);
    w2b_model_free(half);
    w2b_model_free(model);
}

/* Of the methods asked for, the one with the smallest error, or one that stands
 * before it and is hardly worse. The sample is not all rows: hence the slack. */
static void smaller_error_is_chosen(void **state)
{
    (void)state;
    static const char *const quick[] = {"gauss", "uniform", "gauss-rotated", "uniform-rotated",
                                        "kmeans"};
    for (int kind = 0; kind < 2; kind++) {
        w2b_model *model = float_model(3000, 64, kind, 1.f);
        for (uint32_t bits = 2; bits <= 5; bits++) {
            w2b_quantize_report chosen, other;
            double least = 1;
            int among = 0;
            w2b_model_free(quantize(model, bits, NULL, 0, &chosen));
            for (size_t i = 0; i < sizeof quick / sizeof *quick; i++) {
                w2b_model_free(quantize(model, bits, quick[i], 0, &other));
                least = other.squared_error < least ? other.squared_error : least;
                among |= strcmp(chosen.method, quick[i]) == 0 &&
                         chosen.squared_error == other.squared_error;
            }
            if (!among || !(chosen.squared_error < 1.02 * least))
                fail_msg("kind %d at %u bits: %s with %g, not %g", kind, bits, chosen.method,
                         chosen.squared_error, least);
        }
        w2b_model_free(model);
    }
}

/* A budget of bytes is kept, whatever the method, and pruning keeps it for all
 * words together. */
static void budgets_are_kept(void **state)
{
    (void)state;
    enum { WORDS = 500, DIM = 30 };
    static const char *const methods[] = {NULL, "gauss-rotated", "pq", "rabitq"};
    static const uint32_t budgets[] = {10, 29, 60, 500};
    w2b_model *model = float_model(WORDS, DIM, 1, 1.f);
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        double before = 2;
        for (size_t b = 0; b < sizeof budgets / sizeof *budgets; b++) {
            w2b_quantize_options options;
            w2b_quantize_report report;
            w2b_model *made = NULL;
            w2b_info info;
            w2b_quantize_defaults(&options);
            options.bytes_per_word = budgets[b];
            options.method = methods[m];
            assert_int_equal(w2b_model_quantize(model, &options, &made, &report, NULL), W2B_OK);
            w2b_model_info(made, &info);
            assert_true(info.bytes_per_word <= budgets[b]);
            assert_true(info.words == WORDS && report.squared_error <= before);
            before = report.squared_error;
            w2b_model_free(made);
            options.prune = 1;
            made = NULL;
            assert_int_equal(w2b_model_quantize(model, &options, &made, &report, NULL), W2B_OK);
            w2b_model_info(made, &info);
            assert_true(info.bytes_per_word * (double)info.words <= budgets[b] * (double)WORDS);
            assert_true(info.words <= WORDS && (budgets[b] > 10 || info.words < WORDS));
            w2b_model_free(made);
        }
    }
    w2b_model_free(model);
}

static void budgets_that_cannot_be_are_refused(void **state)
{
    (void)state;
    w2b_model *model = float_model(10, 30, 1, 1.f), *made = NULL;
    w2b_quantize_options options;
    w2b_quantize_defaults(&options);
    options.bytes_per_word = 5;
    assert_int_equal(w2b_model_quantize(model, &options, &made, NULL, NULL), W2B_ERR_ARGUMENT);
    options.bytes_per_word = 3;
    options.method = "opq";
    assert_int_equal(w2b_model_quantize(model, &options, &made, NULL, NULL), W2B_ERR_ARGUMENT);
    options.bytes_per_word = 0;
    options.method = NULL;
    options.prune = 1;
    assert_int_equal(w2b_model_quantize(model, &options, &made, NULL, NULL), W2B_ERR_ARGUMENT);
    assert_null(made);
    w2b_model_free(model);
}

static void threads_and_files_change_nothing(void **state)
{
    (void)state;
    w2b_model *model = float_model(20000, 12, 1, 1e-3f), *mapped = NULL;
    w2b_quantize_report one, other;
    size_t size, n;
    uint8_t *from = sample_file(model, &n);
    assert_int_equal(sample_open(from, n, &mapped, NULL), W2B_OK);
    w2b_model *made = quantize(model, 3, NULL, 1, &one);
    uint8_t *file = sample_file(made, &size);
    for (uint32_t threads = 1; threads <= 7; threads += 3) {
        w2b_model *again = quantize(threads == 4 ? mapped : model, 3, NULL, threads, &other);
        uint8_t *bytes = sample_file(again, &n);
        assert_int_equal(n, size);
        assert_memory_equal(bytes, file, size);
        assert_true(one.squared_error == other.squared_error);
        assert_true(one.mean_cosine == other.mean_cosine);
        assert_true(one.worst_cosine == other.worst_cosine);
        w2b_free(bytes);
        w2b_model_free(again);
    }
    w2b_free(from);
    w2b_free(file);
    w2b_model_free(made);
    w2b_model_free(mapped);
    w2b_model_free(model);
}

/* Codes that are as wanted stay as they are, bit for bit. */
static void codes_are_not_coded_again(void **state)
{
    (void)state;
    const sample_shape shape = {.words = 700, .dim = 33, .bits = 3, .seed = 3, .counts = 1,
                                .method = W2B_METHOD_UNIFORM, .metadata = "{\"a\":[1]}"};
    w2b_model *model = sample_model(&shape);
    w2b_quantize_report report;
    for (int named = 0; named < 2; named++) {
        w2b_model *made = quantize(model, 3, named ? "uniform" : NULL, 0, &report);
        assert_int_equal(sample_read_all(made, model), 0);
        assert_string_equal(report.method, "uniform");
        assert_true(report.squared_error == 0 && report.mean_cosine == 1);
        assert_true(report.worst_cosine == 1);
        w2b_model_free(made);
    }
    w2b_model_free(model);
}

static void metadata_tells_what_was_done(void **state)
{
    (void)state;
    w2b_model *model = float_model(50, 8, 1, 1.f);
    w2b_model *made = quantize(model, 4, "gauss", 0, NULL);
    w2b_model *again = quantize(made, 1, NULL, 0, NULL);
    const char *text = w2b_model_metadata(made);
    assert_int_equal(strncmp(text, "{\"seed\":7,\"quantize\":{\"bits\":4,\"method\":\"gauss\","
                                   "\"from\":{\"bits\":32,\"method\":\"float\"},",
                             81),
                     0);
    text = w2b_model_metadata(again);
    assert_non_null(strstr(text, "\"from\":{\"bits\":4,\"method\":\"gauss\"}"));
    assert_non_null(strstr(text, "\"before\":{\"bits\":4,"));
    w2b_model_free(again);
    w2b_model_free(made);
    w2b_model_free(model);
}

/* Sizes that a half float alone could not hold, and rows of zeros. */
static void extreme_numbers_are_coded(void **state)
{
    static const float factors[] = {1e-37f, 1e-20f, 1e6f, 1e30f};
    (void)state;
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        w2b_model *model = float_model(40, 50, 1, factors[i]);
        w2b_quantize_report report;
        w2b_model *made = quantize(model, 4, "gauss", 0, &report);
        if (report.squared_error > .02)
            fail_msg("%g: %g", (double)factors[i], report.squared_error);
        w2b_model_free(made);
        w2b_model_free(model);
    }
    w2b_model *zero = float_model(40, 50, 1, 0.f);
    w2b_quantize_report report;
    w2b_model_free(quantize(zero, 2, NULL, 0, &report));
    assert_true(report.squared_error == 0 && report.mean_cosine == 1 && report.worst_cosine == 1);
    w2b_model_free(zero);
}

static int cancel(const w2b_progress *progress, void *user)
{
    *(w2b_progress *)user = *progress;
    return 1;
}

static void wrong_orders_are_refused(void **state)
{
    (void)state;
    w2b_parts parts;
    w2b_model *model = NULL, *made = NULL;
    w2b_quantize_options options;
    w2b_progress last = {0};
    w2b_diag diag;
    sample_parts(&(sample_shape){.words = 9, .dim = 4, .bits = 32, .method = W2B_METHOD_FLOAT,
                                 .prefix = "word"}, &parts);
    const float big = 1e5f, nan = (float)NAN;
    memset(parts.codes, 0, 9 * 16);
    memcpy(parts.codes + 16, &big, sizeof big);
    assert_int_equal(w2b_model_make(&parts, &model, NULL), W2B_OK);
    w2b_quantize_defaults(&options);
    options.bits = 9;
    assert_int_equal(w2b_model_quantize(model, &options, &made, NULL, &diag), W2B_ERR_ARGUMENT);
    options.bits = 4;
    options.method = "best";
    assert_int_equal(w2b_model_quantize(model, &options, &made, NULL, &diag), W2B_ERR_ARGUMENT);
    options.method = "float";
    assert_int_equal(w2b_model_quantize(model, &options, &made, NULL, &diag), W2B_ERR_ARGUMENT);
    options.bits = 16;
    assert_int_equal(w2b_model_quantize(model, &options, &made, NULL, &diag), W2B_ERR_DATA);
    assert_string_equal(diag.text, "a number of 100000 is too large for 16 bits");
    options.bits = 2;
    options.method = NULL;
    options.progress = cancel;
    options.progress_user = &last;
    assert_int_equal(w2b_model_quantize(model, &options, &made, NULL, &diag), W2B_ERR_CANCELLED);
    assert_int_equal(last.stage, W2B_STAGE_QUANTIZE);
    assert_null(made);
    w2b_model_free(model);

    sample_parts(&(sample_shape){.words = 9, .dim = 4, .bits = 32, .method = W2B_METHOD_FLOAT,
                                 .prefix = "word"}, &parts);
    memcpy(parts.codes + 7 * 16 + 4, &nan, sizeof nan);
    assert_int_equal(w2b_model_make(&parts, &model, NULL), W2B_OK);
    assert_int_equal(w2b_model_quantize(model, NULL, &made, NULL, &diag), W2B_ERR_DATA);
    assert_string_equal(diag.text, "row 7 holds a number that is not finite");
    w2b_model_free(model);
}

static void damage_is_told(void **state)
{
    (void)state;
    w2b_model *model = float_model(40, 8, 1, 1.f), *read = NULL, *made = NULL;
    w2b_diag diag;
    size_t size;
    uint8_t *file = sample_file(model, &size);
    file[sample_block(file, 10) + 3] ^= 1;
    assert_int_equal(sample_open(file, size, &read, &diag), W2B_OK);
    assert_int_equal(w2b_model_quantize(read, NULL, &made, NULL, &diag), W2B_ERR_CORRUPT);
    assert_int_equal(diag.offset, sample_block(file, 10));
    w2b_free(file);
    w2b_model_free(read);
    w2b_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_those_of_theory),
        cmocka_unit_test(halves_and_floats_are_close),
        cmocka_unit_test(smaller_error_is_chosen),
        cmocka_unit_test(budgets_are_kept),
        cmocka_unit_test(budgets_that_cannot_be_are_refused),
        cmocka_unit_test(threads_and_files_change_nothing),
        cmocka_unit_test(codes_are_not_coded_again),
        cmocka_unit_test(metadata_tells_what_was_done),
        cmocka_unit_test(extreme_numbers_are_coded),
        cmocka_unit_test(wrong_orders_are_refused),
        cmocka_unit_test(damage_is_told),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
