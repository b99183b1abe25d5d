/*
 * test_fasttext.c - fastText's models, and vectors of words that are in none.
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

#include "io/ngrams.h"
#include "tests/unit/foreign.h"
#include "tests/unit/sample.h"
#include "tests/unit/scratch.h"

static foreign f;

/* Bytes of vectors that may be in memory, and where the others go. */
static uint64_t memory;
static const char *spool_dir;

static w2b_model *open_model(const foreign_fasttext *how, uint64_t limit)
{
    w2b_model *model = NULL;
    w2b_diag diag;
    w2b_open_options options;
    w2b_open_defaults(&options);
    options.limit = limit;
    options.memory = memory;
    options.spool_dir = spool_dir;
    f.n = 0;
    foreign_fasttext_model(&f, how);
    if (w2b_model_open(scratch_write("model.bin", f.bytes, f.n), &options, &model, &diag))
        fail_msg("%s", diag.text);
    return model;
}

/* ----- Hashes ------------------------------------------------------------- */

/* FNV-1a of plain letters as its authors give it; where bytes count as
 * negative the result differs from that. */
static void hashes_as_fasttext_does(void **unused)
{
    (void)unused;
    assert_int_equal(w2b_ngram_fasttext("", 0), 0x811c9dc5);
    assert_int_equal(w2b_ngram_fasttext("a", 1), 0xe40c292c);
    assert_int_equal(w2b_ngram_fasttext("foobar", 6), 0xbf9cf968);
    assert_int_equal(w2b_ngram_fasttext("\xc3", 1),
                     (uint32_t)((UINT32_C(2166136261) ^ UINT32_C(0xffffffc3)) * 16777619u));
}

/* ----- Vectors ------------------------------------------------------------ */

/* N-grams of 2 and 3 characters, in the order of fastText. */
static const char *const grams_of_the[] = {"<t", "<th", "th", "the", "he", "he>", "e>", NULL};
static const char *const grams_of_cafe[] = {"<c", "<ca", "ca", "caf", "af", "af\xc3\xa9",
                                            "f\xc3\xa9", "f\xc3\xa9>", "\xc3\xa9>", NULL};
static const char *const grams_of_zed[] = {"<z", "<z>", "z>", NULL};

static float entry(const foreign_fasttext *how, size_t row, size_t column)
{
    return how->quantized ? foreign_quantized(row, column) : foreign_number(row, column);
}

/* What fastText would say; row is SIZE_MAX for a word that is not there. */
static void expect(const foreign_fasttext *how, size_t row, const char *const *grams,
                   float vector[FOREIGN_DIM])
{
    size_t n = row != SIZE_MAX;
    for (size_t i = 0; i < FOREIGN_DIM; i++)
        vector[i] = n ? entry(how, row, i) : 0;
    for (; grams && *grams; grams++) {
        const uint32_t bucket = w2b_ngram_fasttext(*grams, strlen(*grams)) % how->buckets;
        size_t at = FOREIGN_WORDS + bucket;
        if (how->pruned && bucket != 0 && bucket != 5)
            continue;
        if (how->pruned)
            at = FOREIGN_WORDS + (bucket == 0);
        for (size_t i = 0; i < FOREIGN_DIM; i++)
            vector[i] += entry(how, at, i);
        n++;
    }
    for (size_t i = 0; i < FOREIGN_DIM; i++)
        vector[i] *= (float)(1.0 / (double)n);
}

static void check_vector(const float *found, const float *wanted, const char *what)
{
    for (size_t i = 0; i < FOREIGN_DIM; i++) {
        if (found[i] != wanted[i])
            fail_msg("%s: number %zu is %g, not %g", what, i, (double)found[i],
                     (double)wanted[i]);
    }
}

static void check_model(const foreign_fasttext *how)
{
    static const char *const *const grams[] = {NULL, grams_of_the, grams_of_cafe};
    float found[FOREIGN_DIM], wanted[FOREIGN_DIM];
    w2b_info info;
    w2b_model *model = open_model(how, 0);
    const int parts = how->max_n > 0 && how->version != 11;
    w2b_model_info(model, &info);
    assert_string_equal(info.format, "fasttext");
    assert_int_equal(info.words, FOREIGN_WORDS);
    assert_int_equal(info.subwords, parts ? (how->pruned ? 2 : how->buckets) : 0);
    for (uint64_t row = 0; row < 3; row++) {
        assert_string_equal(w2b_model_word(model, row, NULL), foreign_words[row]);
        assert_int_equal(w2b_model_count(model, row), 100 - row);
        assert_int_equal(w2b_model_vector(model, row, found, NULL), W2B_OK);
        expect(how, (size_t)row, parts ? grams[row] : NULL, wanted);
        check_vector(found, wanted, foreign_words[row]);
    }
    memset(found, 0, sizeof found);
    const w2b_err err = w2b_model_compose(model, "z", 1, found, NULL);
    assert_int_equal(err, parts && !how->pruned ? W2B_OK : W2B_ERR_WORD);
    if (!err) {
        expect(how, SIZE_MAX, grams_of_zed, wanted);
        check_vector(found, wanted, "z");
    }
    w2b_model_free(model);
}

static void adds_up_parts_of_words(void **unused)
{
    static const foreign_fasttext all[] = {
        {.min_n = 2, .max_n = 3, .buckets = 11},
        {.min_n = 2, .max_n = 3, .buckets = 11, .supervised = 1},
        {.min_n = 2, .max_n = 3, .buckets = 11, .supervised = 1, .version = 11},
        {.buckets = 0},
        {.buckets = 7, .supervised = 1},
        {.min_n = 2, .max_n = 3, .buckets = 11, .quantized = 1},
        {.buckets = 7, .supervised = 1, .quantized = 1},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        check_model(&all[i]);
}

/* Where memory is short, the parts wait in a file, and are the same. */
static void reads_parts_from_a_file(void **unused)
{
    const foreign_fasttext how = {.min_n = 2, .max_n = 3, .buckets = 11};
    w2b_open_options options;
    w2b_model *model = NULL;
    w2b_diag diag;
    memory = 1;
    spool_dir = scratch_path("");
    adds_up_parts_of_words(unused);
    memory = 0;
    spool_dir = NULL;
    f.n = 0;
    foreign_fasttext_model(&f, &how);
    w2b_open_defaults(&options);
    options.memory = 1;
    options.spool_dir = scratch_path("nowhere");
    assert_int_equal(w2b_model_open(scratch_write("model.bin", f.bytes, f.n), &options, &model,
                                    &diag), W2B_ERR_IO);
    assert_non_null(strstr(diag.path, "nowhere"));
    assert_null(model);
}

/* With 6 buckets, 0 and 5 of which are left, each word has parts that are. */
static void leaves_out_what_was_pruned(void **unused)
{
    const foreign_fasttext how = {.min_n = 2, .max_n = 3, .buckets = 6, .quantized = 1,
                                  .supervised = 1, .pruned = 1};
    float found[FOREIGN_DIM], wanted[FOREIGN_DIM];
    static const char *const *const grams[] = {NULL, grams_of_the, grams_of_cafe};
    w2b_model *model = open_model(&how, 0);
    (void)unused;
    for (uint64_t row = 0; row < 3; row++) {
        assert_int_equal(w2b_model_vector(model, row, found, NULL), W2B_OK);
        expect(&how, (size_t)row, grams[row], wanted);
        check_vector(found, wanted, foreign_words[row]);
    }
    w2b_model_free(model);
}

/* Single characters are parts, but for the marks at both ends. */
static void leaves_out_the_marks_alone(void **unused)
{
    static const char *const grams[] = {"<t", "t", "th", "h", "he", "e", "e>", NULL};
    const foreign_fasttext how = {.min_n = 1, .max_n = 2, .buckets = 97};
    float found[FOREIGN_DIM], wanted[FOREIGN_DIM];
    w2b_model *model = open_model(&how, 0);
    (void)unused;
    assert_int_equal(w2b_model_vector(model, 1, found, NULL), W2B_OK);
    expect(&how, 1, grams, wanted);
    check_vector(found, wanted, "the");
    w2b_model_free(model);
}

static void reads_as_many_rows_as_asked(void **unused)
{
    const foreign_fasttext parts = {.min_n = 2, .max_n = 3, .buckets = 11};
    const foreign_fasttext plain = {.buckets = 7, .supervised = 1};
    float found[FOREIGN_DIM], wanted[FOREIGN_DIM];
    w2b_info info;
    (void)unused;
    for (int i = 0; i < 2; i++) {
        w2b_model *model = open_model(i ? &plain : &parts, 2);
        w2b_model_info(model, &info);
        assert_int_equal(info.words, 2);
        assert_int_equal(w2b_model_vector(model, 1, found, NULL), W2B_OK);
        expect(&parts, 1, i ? NULL : grams_of_the, wanted);
        check_vector(found, wanted, "the");
        w2b_model_free(model);
    }
}

/* ----- Real files --------------------------------------------------------- */

/* Every line is a word and fastText's own vector of it, to 5 digits. */
static void check_answers(const w2b_model *model, const char *text)
{
    w2b_info info;
    w2b_model_info(model, &info);
    float *found = w2b_alloc(info.dim, sizeof *found);
    while (*text) {
        char word[100];
        const size_t length = strcspn(text, " ");
        assert_true(length < sizeof word);
        memcpy(word, text, length);
        word[length] = '\0';
        text += length;
        const int64_t row = w2b_model_find(model, word, length);
        assert_int_equal(row >= 0 ? w2b_model_vector(model, (uint64_t)row, found, NULL)
                                  : w2b_model_compose(model, word, length, found, NULL), W2B_OK);
        for (uint32_t i = 0; i < info.dim; i++) {
            char *end, mine[32], theirs[32];
            const double wanted = strtod(text, &end);
            snprintf(mine, sizeof mine, "%.5g", (double)found[i]);
            snprintf(theirs, sizeof theirs, "%.5g", wanted);
            if (strcmp(mine, theirs) != 0)
                fail_msg("%s: number %u is %s, not %s", word, i, mine, theirs);
            text = end;
        }
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    w2b_free(found);
}

static void answers_as_fasttext_does(void **unused)
{
    static const char *const names[] = {"data/formats/fasttext-cbow.bin",
                                        "data/formats/fasttext-supervised.bin",
                                        "data/formats/fasttext-supervised-pruned.ftz"};
    (void)unused;
    for (size_t i = 0; i < 3; i++) {
        char name[100];
        w2b_model *model = NULL;
        w2b_diag diag;
        size_t size;
        snprintf(name, sizeof name, "%s.vectors.txt", names[i]);
        const char *path = scratch_sample(names[i]);
        const char *answers = path ? scratch_sample(name) : NULL;
        if (!path || !answers)
            return;
        if (w2b_model_open(path, NULL, &model, &diag))
            fail_msg("%s: %s", path, diag.text);
        check_answers(model, scratch_read(answers, &size));
        w2b_model_free(model);
    }
}

/* The text that fastText wrote beside its model has the same vectors. */
static void agrees_with_its_text(void **unused)
{
    const char *binary = scratch_sample("data/formats/fasttext-cbow.bin");
    const char *text = binary ? scratch_sample("data/formats/fasttext-cbow.vec") : NULL;
    w2b_model *a = NULL, *b = NULL;
    w2b_info info;
    (void)unused;
    if (!text)
        return;
    assert_int_equal(w2b_model_open(binary, NULL, &a, NULL), W2B_OK);
    assert_int_equal(w2b_model_open(text, NULL, &b, NULL), W2B_OK);
    w2b_model_info(b, &info);
    float *x = w2b_alloc(info.dim, 2 * sizeof *x), *y = x + info.dim;
    for (uint64_t row = 0; row < info.words; row++) {
        assert_string_equal(w2b_model_word(a, row, NULL), w2b_model_word(b, row, NULL));
        assert_int_equal(w2b_model_vector(a, row, x, NULL), W2B_OK);
        assert_int_equal(w2b_model_vector(b, row, y, NULL), W2B_OK);
        for (uint32_t i = 0; i < info.dim; i++)
            assert_true(fabsf(x[i] - y[i]) <= 5.1e-5f * fabsf(x[i]));
    }
    w2b_free(x);
    w2b_model_free(a);
    w2b_model_free(b);
}

/* ----- Files that are wrong ----------------------------------------------- */

typedef struct damage {
    size_t at;
    uint32_t value;
    w2b_err code;
    const char *text;
} damage;

static void refuses_what_is_wrong(void **unused)
{
    static const foreign_fasttext how = {.min_n = 2, .max_n = 3, .buckets = 11};
    static const damage all[] = {
        {4, 13, W2B_ERR_VERSION, "version 13"},
        {8, 0, W2B_ERR_FORMAT, "0 numbers a word"},
        {8, 70000, W2B_ERR_LIMIT, "70000 numbers a word"},
        {8, 5, W2B_ERR_FORMAT, "by 4 for 4 words"},
        {8 + 4 * 8, 0, W2B_ERR_FORMAT, "in 0 buckets"},
        {8 + 4 * 8, 0x80000000, W2B_ERR_FORMAT, "buckets"},
        {8 + 4 * 8, 1 << 30, W2B_ERR_FORMAT, "1073741824 n-grams"},
        {8 + 4 * 10, 100000, W2B_ERR_FORMAT, "2 to 100000 characters"},
        {64, 3, W2B_ERR_FORMAT, "3 entries, 4 words"},
        {64 + 4, 3, W2B_ERR_FORMAT, "4 entries, 3 words"},
        {64 + 8, 0xffffffff, W2B_ERR_FORMAT, "4 entries"},
        {64 + 20, 1 << 29, W2B_ERR_FORMAT, "4 entries"},
        {92 + 5 + 8, 1, W2B_ERR_FORMAT, "entry 1 of the dictionary"},
    };
    w2b_model *model = NULL;
    w2b_diag diag;
    (void)unused;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        f.n = 0;
        foreign_fasttext_model(&f, &how);
        for (int k = 0; k < 4; k++)
            f.bytes[all[i].at + (size_t)k] = (uint8_t)(all[i].value >> (8 * k));
        diag.text[0] = '\0';
        const w2b_err err =
            w2b_model_open(scratch_write("bad.bin", f.bytes, f.n), NULL, &model, &diag);
        if (err != all[i].code || !strstr(diag.text, all[i].text))
            fail_msg("%zu: expected %s, found %s: %s", i, all[i].text, w2b_err_name(err),
                     diag.text);
    }
    f.n = 0;
    foreign_fasttext_model(&f, &(foreign_fasttext){.min_n = 2, .max_n = 3, .buckets = 6,
                                                   .pruned = 1});
    assert_int_equal(w2b_model_open(scratch_write("bad.bin", f.bytes, f.n), NULL, &model, &diag),
                     W2B_ERR_FORMAT);
    assert_non_null(strstr(diag.text, "pruned dictionary with a matrix that is not"));
    f.n = 0;
    foreign_fasttext_model(&f, &how);
    foreign_u8(&f, 0);
    assert_int_equal(w2b_model_open(scratch_write("bad.bin", f.bytes, f.n), NULL, &model, &diag),
                     W2B_ERR_FORMAT);
    assert_non_null(strstr(diag.text, "more bytes follow"));
    assert_int_equal(diag.offset, f.n - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_as_fasttext_does),
        cmocka_unit_test(adds_up_parts_of_words),
        cmocka_unit_test(reads_parts_from_a_file),
        cmocka_unit_test(leaves_out_what_was_pruned),
        cmocka_unit_test(leaves_out_the_marks_alone),
        cmocka_unit_test(reads_as_many_rows_as_asked),
        cmocka_unit_test(answers_as_fasttext_does),
        cmocka_unit_test(agrees_with_its_text),
        cmocka_unit_test(refuses_what_is_wrong),
    };
    return cmocka_run_group_tests_name("fasttext", tests, scratch_set_up, scratch_tear_down);
}
