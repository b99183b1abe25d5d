/*
 * test_eval.c - scores of models whose cosines are known.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "eval/search.h"
#include "tests/unit/scratch.h"
#include "tests/unit/toy_model.h"

static w2b_eval_result eval_of(const w2b_model *model, uint64_t first, const char *text,
                               const w2b_eval_options *options)
{
    w2b_search_options o;
    w2b_search_defaults(&o);
    o.first = first;
    w2b_search *search = NULL;
    assert_int_equal(w2b_search_new(model, &o, &search, NULL), W2B_OK);
    w2b_testset *const set = toy_testset(text);
    w2b_eval_result result;
    w2b_diag diag;
    if (w2b_eval(search, set, options, &result, &diag) != W2B_OK) {
        fail_msg("%s", diag.text);
    }
    w2b_testset_free(set);
    w2b_search_free(search);
    return result;
}

static void assert_near(double a, double b)
{
    if (!(fabs(a - b) < 1e-6)) {
        fail_msg("%.9g is not %.9g", a, b);
    }
}

/* Words at angles: the cosine of "a" with each falls from row to row. */
static const char *const angle_words[] = {"a", "b", "c", "d", "E", "e"};

static w2b_model *angles(void)
{
    static const double degrees[] = {0, 10, 40, 60, 90, 120};
    float rows[6][2];
    for (int i = 0; i < 6; i++) {
        rows[i][0] = (float)cos(degrees[i] * 3.14159265358979 / 180);
        rows[i][1] = (float)sin(degrees[i] * 3.14159265358979 / 180);
    }
    return toy_model(angle_words, rows[0], 6, 2, 32);
}

static void similarity_over_the_used_pairs(void **state)
{
    (void)state;
    w2b_model *const model = angles();
    w2b_eval_result r = eval_of(model, 0, "a b 9\na c 7\na d 8\nx a 5\na E 1\n", NULL);
    assert_int_equal(r.kind, W2B_TEST_SIMILARITY);
    assert_int_equal(r.items, 5);
    assert_int_equal(r.used, 4);
    assert_int_equal(r.n_sections, 0);
    assert_null(r.sections);
    /* Ranks 4 3 2 1 against 4 2 3 1. */
    assert_near(r.spearman, 0.8);
    const double cosines[] = {0.984807753, 0.766044443, 0.5, 0}, scores[] = {9, 7, 8, 1};
    double mean = 0, xy = 0, xx = 0, yy = 0;
    for (int i = 0; i < 4; i++) {
        mean += cosines[i] / 4;
    }
    for (int i = 0; i < 4; i++) {
        xy += (cosines[i] - mean) * (scores[i] - 6.25);
        xx += (cosines[i] - mean) * (cosines[i] - mean);
        yy += (scores[i] - 6.25) * (scores[i] - 6.25);
    }
    assert_near(r.pearson, xy / sqrt(xx * yy));
    /* The unknown pair, 5, has the mean cosine, .56: ranks 5 4 2 3 1 of ours
     * against 5 3 4 2 1; squared differences 0 1 4 1 0. */
    assert_near(r.spearman_all, 1 - 6.0 * 6 / (5 * 24));
    w2b_eval_result_free(&r);
    w2b_model_free(model);
}

static void nothing_used_is_nan(void **state)
{
    (void)state;
    w2b_model *const model = angles();
    w2b_eval_result r = eval_of(model, 0, "x y 1\ny z 2\n", NULL);
    assert_int_equal(r.used, 0);
    assert_true(isnan(r.spearman) && isnan(r.pearson) && isnan(r.spearman_all));
    w2b_eval_result_free(&r);
    r = eval_of(model, 0, "x y 1\na b 2\n", NULL);
    assert_int_equal(r.used, 1);
    assert_true(isnan(r.spearman) && isnan(r.pearson) && isnan(r.spearman_all));
    w2b_eval_result_free(&r);
    w2b_model_free(model);
}

static void words_are_found_by_rule(void **state)
{
    (void)state;
    w2b_model *const model = angles();
    w2b_eval_options keep;
    w2b_eval_defaults(&keep);
    keep.keep_case = 1;
    static const struct {
        const char *text;
        uint64_t first;
        uint64_t used, used_keeping;
    } cases[] = {
        {"A b 1\na b 2\n", 0, 2, 1},
        {"a b 1\nC D 2\nX a 3\n", 0, 2, 1},
        {"a b 1\na c 2\na e 3\n", 3, 2, 2},
        {"a E 1\nE e 2\n", 5, 1, 1},      /* e is not among the first five */
        {"a E 1\nE e 2\n", 0, 2, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        w2b_eval_result r = eval_of(model, cases[i].first, cases[i].text, NULL);
        assert_int_equal(r.used, cases[i].used);
        w2b_eval_result_free(&r);
        r = eval_of(model, cases[i].first, cases[i].text, &keep);
        assert_int_equal(r.used, cases[i].used_keeping);
        w2b_eval_result_free(&r);
    }
    /* E is looked up as it is first: 90 degrees, not 120. */
    w2b_eval_result r = eval_of(model, 0, "a E 1\na b 2\na d 1.5\n", NULL);
    assert_near(r.spearman, 1);
    w2b_eval_result_free(&r);
    w2b_model_free(model);
}

/* A grid: gender by role, and some that have nothing to do with it. */
static w2b_model *grid(uint32_t bits)
{
    static const char *const words[] = {"man",  "woman",  "king",  "queen",
                                        "boy",  "girl",   "noise", "Paris"};
    static const float rows[8][8] = {
        {1, 0, 1, 0, 0, 0, 0.0f, 0},   {0, 1, 1, 0, 0, 0, 0.1f, 0},
        {1, 0, 0, 1, 0, 0, 0.0f, 0},   {0, 1, 0, 1, 0, 0, 0.1f, 0},
        {1, 0, 0, 0, 1, 0, 0.0f, 0},   {0, 1, 0, 0, 1, 0, 0.1f, 0},
        {0, 0, 0, 0, 0, 1, 1.0f, 1},   {0, 0, 0, 0, 0, -1, 1.0f, 1},
    };
    return toy_model(words, rows[0], 8, 8, bits);
}

static const char analogy_text[] = ": first\n"
                                   "man woman king queen\n"
                                   "man king woman queen\n"
                                   "man woman king girl\n"
                                   "man woman king unknown\n"
                                   ": empty\n"
                                   ": second\n"
                                   "man woman boy girl\n"
                                   "Boy girl man woman\n"
                                   "man woman king king\n";

static void analogies_by_section(void **state)
{
    (void)state;
    static const uint32_t bits[] = {4, 8, 16, 32};
    for (size_t b = 0; b < 4; b++) {
        for (int method = 0; method < 2; method++) {
            w2b_model *const model = grid(bits[b]);
            w2b_eval_options options;
            w2b_eval_defaults(&options);
            options.method = (w2b_analogy)method;
            w2b_eval_result r = eval_of(model, 0, analogy_text, &options);
            assert_int_equal(r.kind, W2B_TEST_ANALOGY);
            assert_int_equal(r.items, 7);
            assert_int_equal(r.used, 6);
            assert_int_equal(r.correct, 4);
            assert_int_equal(r.n_sections, 3);
            static const struct w2b_section expected[] = {{.name = "first", 4, 3, 2, {0, 0}},
                                                          {.name = "empty", 0, 0, 0, {0, 0}},
                                                          {.name = "second", 3, 3, 2, {0, 0}}};
            for (size_t i = 0; i < 3; i++) {
                assert_string_equal(r.sections[i].name, expected[i].name);
                assert_int_equal(r.sections[i].questions, expected[i].questions);
                assert_int_equal(r.sections[i].used, expected[i].used);
                assert_int_equal(r.sections[i].correct, expected[i].correct);
            }
            w2b_eval_result_free(&r);
            assert_null(r.sections);
            w2b_eval_result_free(&r);
            w2b_eval_result_free(NULL);
            /* girl is row 5, and not among the first five. */
            r = eval_of(model, 5, analogy_text, &options);
            assert_int_equal(r.used, 3);
            w2b_eval_result_free(&r);
            w2b_model_free(model);
        }
    }
}

/* Several right answers, the first known one being b, and any other that is
 * known right. */
static void lists_have_several_answers(void **state)
{
    (void)state;
    w2b_model *const model = grid(32);
    w2b_eval_result r = eval_of(model, 0,
                                "man\tnothing/woman/noise\n"
                                "king\tnobody/girl/queen\n"
                                "noise\tnothing/nobody\n"
                                "nobody\tnoise/Paris\n",
                                NULL);
    assert_int_equal(r.kind, W2B_TEST_ANALOGY);
    assert_int_equal(r.items, 12);
    /* man woman king ?: queen. king girl man ?: girl itself is no answer, and
     * boy is none of woman and noise. */
    assert_int_equal(r.used, 2);
    assert_true(isnan(r.outcomes[1]));
    assert_true(r.outcomes[0] == 1);
    assert_int_equal(r.correct, r.outcomes[3] > 0 ? 2 : 1);
    w2b_eval_result_free(&r);
    w2b_model_free(model);
}

static void semantic_and_syntactic_sums(void **state)
{
    (void)state;
    w2b_model *const model = grid(32);
    w2b_eval_result r = eval_of(model, 0,
                                ": family\nman woman king queen\nman woman king girl\n"
                                ": I01 [x]\nman woman boy girl\n: gram1\nman woman x y\n",
                                NULL);
    assert_int_equal(r.semantic.questions, 2);
    assert_int_equal(r.semantic.correct, 1);
    assert_int_equal(r.syntactic.questions, 2);
    assert_int_equal(r.syntactic.used, 1);
    assert_int_equal(r.syntactic.correct, 1);
    assert_near(r.score, 2 / 3.0);
    /* All right, on two pairs: Wilson's interval. */
    assert_near(r.syntactic.interval.low, 2 / 5.841458820694124);
    assert_near(r.syntactic.interval.high, 1);
    w2b_eval_result_free(&r);
    w2b_model_free(model);
}

static void purity_of_categories(void **state)
{
    (void)state;
    w2b_model *const model = angles();
    /* 0, 10 | 40, 60 | 90, 120 degrees. */
    w2b_eval_result r = eval_of(
        model, 0, "a\tred\nb\tred\nx\tred\nc\tblue\nd\tred\nd\tblue\nE\tgrey\ne\tgrey\n", NULL);
    assert_int_equal(r.kind, W2B_TEST_CATEGORIES);
    assert_int_equal(r.items, 8);
    assert_int_equal(r.used, 7);
    assert_int_equal(r.correct, 6);
    assert_near(r.score, 6 / 7.0);
    assert_int_equal(r.n_sections, 3);
    assert_string_equal(r.sections[0].name, "red");
    assert_int_equal(r.sections[0].correct, 2);
    assert_int_equal(r.sections[0].used, 3);
    assert_true(r.interval.low < r.score && r.score < r.interval.high);
    w2b_eval_result_free(&r);
    w2b_model_free(model);
}

static void the_odd_one_is_the_least_similar(void **state)
{
    (void)state;
    w2b_model *const model = angles();
    w2b_eval_result r = eval_of(model, 0,
                                "a b c *e\n"   /* 120 degrees is the farthest */
                                "a b *d e\n"   /* 60 is not */
                                "a b *x c\n"   /* not in the model */
                                "a a *a\n",    /* all the same is not right */
                                NULL);
    assert_int_equal(r.kind, W2B_TEST_ODD);
    assert_int_equal(r.used, 3);
    assert_int_equal(r.correct, 1);
    assert_true(r.outcomes[0] == 1 && r.outcomes[1] == 0 && isnan(r.outcomes[2]) &&
                r.outcomes[3] == 0);
    w2b_eval_result_free(&r);
    w2b_model_free(model);
}

/* Intervals hold the score, do not depend on anything but the seed, and are
 * left out on request. */
static void intervals(void **state)
{
    (void)state;
    w2b_model *const model = toy_random(7, 300, 16, 8);
    char text[8192];
    size_t n = 0;
    for (int i = 0; i < 200; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "w%d w%d %d\n", i, i + 1, i * 37 % 101);
    }
    w2b_eval_options o;
    w2b_eval_defaults(&o);
    w2b_eval_result first = eval_of(model, 0, text, &o), again = eval_of(model, 0, text, &o);
    assert_true(first.interval.low < first.score && first.score < first.interval.high);
    /* The standard error of a correlation near 0 is 1 / sqrt(n). */
    const double width = first.interval.high - first.interval.low;
    assert_true(width > 0.2 && width < 0.36);
    assert_memory_equal(&first.interval, &again.interval, sizeof first.interval);
    w2b_eval_result_free(&again);
    o.seed = 2;
    again = eval_of(model, 0, text, &o);
    assert_memory_not_equal(&first.interval, &again.interval, sizeof first.interval);
    assert_true(fabs(first.interval.low - again.interval.low) < 0.05);
    w2b_eval_result_free(&again);
    o.resamples = 0;
    again = eval_of(model, 0, text, &o);
    assert_true(isnan(again.interval.low) && isnan(again.interval.high));
    assert_near(again.score, first.score);
    w2b_eval_result_free(&again);
    w2b_eval_result_free(&first);
    w2b_model_free(model);
}

/* Results without a model behind them: only outcomes count. */
static void comparisons_are_paired(void **state)
{
    (void)state;
    enum { N = 400 };
    char text[N * 24];
    size_t n = 0;
    float a[N], b[N], c[N];
    for (int i = 0; i < N; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "a%d b%d c%d *d%d\n", i, i, i, i);
        a[i] = i % 2 ? 1 : 0;
        b[i] = i % 2 || i % 20 == 0 ? 1 : 0; /* the same and 5% more */
        c[i] = i / 2 % 2 ? 1 : 0;            /* half, but others */
    }
    c[0] = NAN;
    w2b_testset *const set = toy_testset(text);
    const w2b_eval_result ra = {.items = N, .outcomes = a}, rb = {.items = N, .outcomes = b};
    const w2b_eval_result rc = {.items = N, .outcomes = c};
    w2b_eval_difference d;
    assert_int_equal(w2b_eval_compare(set, &ra, &rb, NULL, &d, NULL), W2B_OK);
    assert_int_equal(d.common, N);
    assert_near(d.first, 0.5);
    assert_near(d.difference, 0.05);
    /* Twenty wins and no loss: significant, which unpaired it is not. */
    assert_true(d.significant && d.interval.low > 0.02 && d.interval.high < 0.08);
    assert_int_equal(w2b_eval_compare(set, &rb, &ra, NULL, &d, NULL), W2B_OK);
    assert_true(d.significant && d.interval.high < 0);
    assert_int_equal(w2b_eval_compare(set, &ra, &rc, NULL, &d, NULL), W2B_OK);
    assert_int_equal(d.common, N - 1);
    assert_false(d.significant);
    assert_int_equal(w2b_eval_compare(set, &ra, &ra, NULL, &d, NULL), W2B_OK);
    assert_true(d.interval.low == 0 && d.interval.high == 0 && !d.significant);
    const w2b_eval_result wrong = {.items = N - 1, .outcomes = a};
    assert_int_equal(w2b_eval_compare(set, &ra, &wrong, NULL, &d, NULL), W2B_ERR_ARGUMENT);
    w2b_testset_free(set);
}

/* A damaged block of the index must not look like unknown words. */
static void damage_is_an_error(void **state)
{
    (void)state;
    w2b_model *model = toy_random(3, 2000, 16, 8);
    w2b_save_options save;
    w2b_save_defaults(&save);
    save.replace = 1;
    const char *const path = scratch_path("damaged.w2b");
    assert_int_equal(w2b_model_save(model, path, &save, NULL), W2B_OK);
    w2b_model_free(model);
    size_t size;
    const char *const good = scratch_read(path, &size);
    char *const bytes = test_malloc(size);
    memcpy(bytes, good, size);
    w2b_testset *const set = toy_testset("w1 w2 1\nw3 w4 2\nw1500 w1999 3\n");
    int damaged = 0;
    for (size_t at = 512; at + 1 < size; at += size / 40) {
        w2b_search *search = NULL;
        w2b_eval_result r;
        bytes[at] = (char)(bytes[at] ^ 0x55);
        scratch_write("damaged.w2b", bytes, size);
        bytes[at] = (char)(bytes[at] ^ 0x55);
        if (w2b_model_open(path, NULL, &model, NULL) != W2B_OK) {
            continue;
        }
        assert_int_equal(w2b_search_new(model, NULL, &search, NULL), W2B_OK);
        const w2b_err err = w2b_eval(search, set, NULL, &r, NULL);
        if (err == W2B_OK) {
            assert_int_equal(r.used, 3);
            w2b_eval_result_free(&r);
        } else {
            assert_int_equal(err, W2B_ERR_CORRUPT);
            damaged++;
        }
        w2b_search_free(search);
        w2b_model_free(model);
    }
    assert_true(damaged > 3);
    test_free(bytes);
    w2b_testset_free(set);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    w2b_model *const model = grid(8);
    w2b_search *search = NULL;
    assert_int_equal(w2b_search_new(model, NULL, &search, NULL), W2B_OK);
    w2b_testset *const set = toy_testset("man woman 1\nking queen 2\n");
    w2b_eval_options o;
    w2b_eval_result r;
    w2b_eval_defaults(&o);
    o.resamples = 100001;
    assert_int_equal(w2b_eval(search, set, &o, &r, NULL), W2B_ERR_ARGUMENT);
    w2b_eval_defaults(&o);
    o.restarts = 0;
    assert_int_equal(w2b_eval(search, set, &o, &r, NULL), W2B_ERR_ARGUMENT);
    w2b_testset_free(set);
    w2b_search_free(search);
    w2b_model_free(model);
}

static int count_and_stop(const w2b_progress *progress, void *user)
{
    assert_int_equal(progress->stage, W2B_STAGE_EVAL);
    assert_string_equal(progress->unit, "questions");
    assert_true(progress->done <= progress->total);
    return ++*(int *)user >= 1;
}

static void progress_can_cancel(void **state)
{
    (void)state;
    w2b_model *const model = grid(8);
    w2b_search *search = NULL;
    assert_int_equal(w2b_search_new(model, NULL, &search, NULL), W2B_OK);
    w2b_testset *const set = toy_testset(analogy_text);
    w2b_eval_options options;
    w2b_eval_defaults(&options);
    int calls = 0;
    options.progress = count_and_stop;
    options.progress_user = &calls;
    w2b_eval_result result = {.items = 77};
    assert_int_equal(w2b_eval(search, set, &options, &result, NULL), W2B_ERR_CANCELLED);
    assert_int_equal(calls, 1);
    assert_int_equal(result.items, 77);
    w2b_testset_free(set);
    w2b_search_free(search);
    w2b_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(similarity_over_the_used_pairs),
        cmocka_unit_test(nothing_used_is_nan),
        cmocka_unit_test(words_are_found_by_rule),
        cmocka_unit_test(analogies_by_section),
        cmocka_unit_test(lists_have_several_answers),
        cmocka_unit_test(semantic_and_syntactic_sums),
        cmocka_unit_test(purity_of_categories),
        cmocka_unit_test(the_odd_one_is_the_least_similar),
        cmocka_unit_test(intervals),
        cmocka_unit_test(comparisons_are_paired),
        cmocka_unit_test(damage_is_an_error),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(progress_can_cancel),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
