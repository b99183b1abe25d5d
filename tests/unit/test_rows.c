/*
 * test_rows.c - text without a first line (GloVe, tables), signs as whole
 * numbers, vectors of a few levels, and rows that arrive in any number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/format.h"
#include "io/model.h"
#include "tests/unit/scratch.h"

static w2b_err open_text(const char *text, const w2b_open_options *options, w2b_model **model,
                         w2b_diag *diag)
{
    return w2b_model_open(scratch_write("file", text, strlen(text)), options, model, diag);
}

static w2b_model *open_ok(const char *text)
{
    w2b_model *model = NULL;
    w2b_diag diag;
    if (open_text(text, NULL, &model, &diag) != W2B_OK)
        fail_msg("%.60s: %s", text, diag.text);
    return model;
}

static void check_row(const w2b_model *model, uint64_t row, const char *word, float first,
                      float last)
{
    w2b_info info;
    size_t length;
    float vector[256];
    w2b_model_info(model, &info);
    assert_true(info.dim <= 256);
    const char *name = w2b_model_word(model, row, &length);
    assert_non_null(name);
    assert_string_equal(name, word);
    assert_int_equal(length, strlen(word));
    assert_int_equal(w2b_model_vector(model, row, vector, NULL), W2B_OK);
    assert_true(vector[0] == first && vector[info.dim - 1] == last);
}

static void check_info(const w2b_model *model, const char *format, uint64_t words, uint32_t dim,
                       uint32_t bits)
{
    w2b_info info;
    w2b_model_info(model, &info);
    assert_string_equal(info.format, format);
    assert_int_equal(info.words, words);
    assert_int_equal(info.dim, dim);
    assert_int_equal(info.bits, bits);
}

static void check_refused(const char *text, w2b_err code, uint64_t line, const char *why)
{
    w2b_model *model = NULL;
    w2b_diag diag;
    const w2b_err err = open_text(text, NULL, &model, &diag);
    if (err != code || strcmp(diag.text, why) != 0 || diag.line != line)
        fail_msg("%.60s: %s, line %llu: %s", text, w2b_err_name(err),
                 (unsigned long long)diag.line, diag.text);
    assert_null(model);
}

/* ----- GloVe -------------------------------------------------------------- */

static void reads_text_without_header(void **unused)
{
    (void)unused;
    w2b_model *model = open_ok(", 1 2 3\n. . . 4 5 -6\r\nto name@domain.com 7 8 9 \n"
                               "a\xc2\xa0z\xc2\x85 1e-3 .5 +2\n5 0.5 1 2\nat 5 1 2 3\n"
                               "<unk> 0 0 -0");
    check_info(model, "glove", 7, 3, 32);
    check_row(model, 0, ",", 1, 3);
    check_row(model, 1, ". . .", 4, -6);
    check_row(model, 2, "to name@domain.com", 7, 9);
    check_row(model, 3, "a\xc2\xa0z\xc2\x85", 1e-3f, 2);
    check_row(model, 4, "5", 0.5f, 2);
    check_row(model, 5, "at 5", 1, 3);
    check_row(model, 6, "<unk>", 0, 0);
    assert_int_equal(w2b_model_find(model, ". . .", 5), 1);
    w2b_model_free(model);
}

static void refuses_wrong_text_without_header(void **unused)
{
    static const struct {
        const char *text;
        uint64_t line;
        w2b_err code;
        const char *why;
    } cases[] = {
        {"a 1 2 3\nb 1 2 3\nc 1 2\n", 3, W2B_ERR_FORMAT, "expected 3 numbers, found 2"},
        {"a 1 2 3\nb 1 2 3\nc 1 x 3\n", 3, W2B_ERR_FORMAT, "expected a number, found \"x\""},
        {"a 1 2 3\nb 1 inf 3\nc 1 2 3\n", 2, W2B_ERR_DATA, "number 2 is not finite"},
        {"a 1 2 3\n\nb 1 2 3\n", 2, W2B_ERR_FORMAT, "expected 3 numbers, found 0"},
        {"a 1 2 3\nb 1 2 3\n 4 5 6\n", 3, W2B_ERR_FORMAT, "no word in front of the numbers"},
        {"a\t1\t2\nb\t1\t2\nc\t1\n", 3, W2B_ERR_FORMAT, "expected 2 numbers, found 1"},
        {"a,1,2\nb,1,2\nc,1,,2\n", 3, W2B_ERR_FORMAT, "expected a number, found \"\""},
        {"a 5\nb 6\n", W2B_NOWHERE, W2B_ERR_FORMAT, "no known format of word vectors"},
        {"tiger cat 7.35\nbook paper 7.46\n", W2B_NOWHERE, W2B_ERR_FORMAT,
         "no known format of word vectors"},
        {"1 2 3\n4 5 6\n", W2B_NOWHERE, W2B_ERR_FORMAT, "no known format of word vectors"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_refused(cases[i].text, cases[i].code, cases[i].line, cases[i].why);
}

/* ----- Tables ------------------------------------------------------------- */

static void reads_tables(void **unused)
{
    static const char *const texts[] = {
        "king\t1\t2.5\nx y\t-3\t4\n\"\t5\t6\n",
        "word\ta\tb\nking\t1\t2.5\n\"x y\"\t-3\t4\n\"\"\"\"\t5\t6\n\n",
        "king,1,2.5\nx y, -3 , 4\n\",5,6\n",
        ",0,1\r\nking,1,2.5\r\n\"x y\",-3,4\r\n\"\"\"\",5,6\r\n",
        "w;v1;v2\nking;1;2.5;\nx y;-3;4;\n\";5;6;\n",
    };
    (void)unused;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        w2b_model *model = open_ok(texts[i]);
        check_info(model, "table", 3, 2, 32);
        check_row(model, 0, "king", 1, 2.5f);
        check_row(model, 1, "x y", -3, 4);
        check_row(model, 2, "\"", 5, 6);
        w2b_model_free(model);
    }
    w2b_model *model = open_ok("word,0,1,2\n\"a,b\",1,2,3\nc,4,5,6\n");
    check_info(model, "table", 2, 3, 32);
    check_row(model, 0, "a,b", 1, 3);
    w2b_model_free(model);
}

static void writes_what_it_reads(void **unused)
{
    static const struct {
        const char *name, *text;
    } cases[] = {
        {"a.glove", "king 1 2.5\nx y -3 4\n\" 5 6\n"},
        {"a.tsv", "king\t1\t2.5\n\"x\ty\"\t-3\t4\n\"\"\"\"\t5\t6\n"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n;
        w2b_model *model = open_ok(cases[i].text);
        assert_int_equal(w2b_model_save(model, scratch_path(cases[i].name), NULL, NULL), W2B_OK);
        const char *found = scratch_read(scratch_path(cases[i].name), &n);
        assert_non_null(found);
        assert_string_equal(found, cases[i].text);
        w2b_model_free(model);
    }
    /* A space at the end of a word would be lost. */
    w2b_diag diag;
    w2b_model *model = open_ok("a \t1\t2\nb\t1\t2\n");
    assert_int_equal(w2b_model_save(model, scratch_path("b.glove"), NULL, &diag), W2B_ERR_DATA);
    assert_string_equal(diag.text, "the word of row 0 holds a space or a newline: "
                                   "this format cannot hold it");
    w2b_model_free(model);
}

/* ----- Few levels --------------------------------------------------------- */

static void reads_signs(void **unused)
{
    (void)unused;
    w2b_model *model = open_ok("2 128\nking 1 9223372036854775808\n"
                               "queen 18446744073709551615 0 \n");
    check_info(model, "binarized-text", 2, 128, 1);
    check_row(model, 0, "king", -1, -1);
    check_row(model, 1, "queen", 1, -1);
    float vector[128];
    assert_int_equal(w2b_model_vector(model, 0, vector, NULL), W2B_OK);
    assert_true(vector[62] == -1 && vector[63] == 1 && vector[64] == 1 && vector[65] == -1);
    w2b_model_free(model);
    check_refused("2 64\na 5\nb 18446744073709551616\n", W2B_ERR_FORMAT, 3,
                  "expected a number, found \"18446744073709551616\"");
    check_refused("2 64\na 5\nb 1 2\n", W2B_ERR_FORMAT, 3, "expected 1 numbers, found 2");
    check_refused("3 64\na 5\nb 1\n", W2B_ERR_FORMAT, 4,
                  "the first line promises 3 words, but the file ends after 2");
}

/* Bytes written, which must fit. */
__attribute__((format(printf, 3, 4)))
static size_t print(char *at, const char *end, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(at, (size_t)(end - at), format, arguments);
    va_end(arguments);
    assert_true(n >= 0 && n < end - at);
    return (size_t)n;
}

/* `rows` of 16 numbers taken from `levels` in turn, as word2vec text. */
static char *level_text(const char *const *levels, size_t n_levels, size_t rows)
{
    const size_t room = rows * 400 + 100;
    char *text = w2b_alloc(room, 1), *at = text;
    assert_non_null(text);
    at += print(at, text + room, "%zu 16\n", rows);
    for (size_t i = 0; i < rows; i++) {
        at += print(at, text + room, "w%zu", i);
        for (size_t k = 0; k < 16; k++)
            at += print(at, text + room, " %s", levels[scratch_random() % n_levels]);
        at += print(at, text + room, "\n");
    }
    return text;
}

static void imports_levels_without_loss(void **unused)
{
    static const struct {
        const char *levels[5];
        size_t n;
        size_t rows;
        uint32_t bits;
    } cases[] = {
        {{"0.33333334", "-0.33333334"}, 2, 20, 1},
        {{"0.333333", "-0.333333"}, 2, 20, 1},
        {{"0.25", "-0.25", "0.75", "-0.75"}, 4, 20, 2},
        {{"1", "-1"}, 2, 20, 1},
        {{"0.33333334", "-0.33333334"}, 2, 3, 32},         /* too few to tell */
        {{"0.33333334", "-0.33333334", "0.3333"}, 3, 20, 32},
        {{"0.25", "-0.25", "0.75", "-0.75", "0"}, 5, 20, 32},
        {{"0.5", "-0.5"}, 2, 20, 32},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n;
        char *text = level_text(cases[i].levels, cases[i].n, cases[i].rows);
        w2b_model *model = open_ok(text), *again;
        check_info(model, "word2vec-text", cases[i].rows, 16, cases[i].bits);
        assert_int_equal(w2b_model_save(model, scratch_path("l.w2b"), NULL, NULL), W2B_OK);
        w2b_model_free(model);
        assert_int_equal(w2b_verify(scratch_path("l.w2b"), NULL), W2B_OK);
        assert_int_equal(w2b_model_open(scratch_path("l.w2b"), NULL, &again, NULL), W2B_OK);
        assert_int_equal(w2b_model_save(again, scratch_path("l.txt"), NULL, NULL), W2B_OK);
        w2b_model_free(again);
        const char *found = scratch_read(scratch_path("l.txt"), &n);
        assert_non_null(found);
        assert_string_equal(found, text);
        w2b_free(text);
        remove(scratch_path("l.w2b"));
        remove(scratch_path("l.txt"));
    }
}

/* ----- Many rows ---------------------------------------------------------- */

#define MANY 20000
#define DIM 16

/* About 2.5 MB: several blocks, and pieces in each. The numbers grow, so that
 * the last rows are the largest. */
static char *many_text(int header)
{
    const size_t room = (size_t)MANY * (DIM + 1) * 16 + 100;
    char *text = w2b_alloc(room, 1), *at = text;
    assert_non_null(text);
    at += header ? print(at, text + room, "%d %d\n", MANY, DIM) : 0;
    for (int i = 0; i < MANY; i++) {
        at += print(at, text + room, "word%d", i);
        for (int k = 0; k < DIM; k++)
            at += print(at, text + room, " %.5f",
                          ((double)(scratch_random() % 200000) / 1e5 - 1) * (1 + i / 500));
        at += print(at, text + room, "\n");
    }
    return text;
}

static void check_same(const w2b_model *one, const w2b_model *two)
{
    w2b_info a, b;
    w2b_model_info(one, &a);
    w2b_model_info(two, &b);
    assert_int_equal(a.words, b.words);
    assert_int_equal(a.bits, b.bits);
    assert_string_equal(a.method, b.method);
    assert_string_equal(a.metadata, b.metadata);
    const w2b_code *code = w2b_model_code(one);
    assert_true(code->unit == w2b_model_code(two)->unit);
    for (uint64_t row = 0; row < a.words; row++) {
        const uint8_t *codes, *others;
        uint16_t scale, other;
        assert_int_equal(w2b_model_row(one, row, &codes, &scale, NULL), W2B_OK);
        assert_int_equal(w2b_model_row(two, row, &others, &other, NULL), W2B_OK);
        if (memcmp(codes, others, code->stride) != 0 || scale != other)
            fail_msg("row %llu differs", (unsigned long long)row);
        assert_string_equal(w2b_model_word(one, row, NULL), w2b_model_word(two, row, NULL));
    }
}

static void threads_and_memory_change_nothing(void **unused)
{
    (void)unused;
    for (int header = 0; header < 2; header++) {
        char *text = many_text(header);
        w2b_model *all = open_ok(text), *other;
        w2b_open_options options;
        assert_int_equal(w2b_model_words(all), MANY);
        assert_string_equal(w2b_model_word(all, MANY - 1, NULL), "word19999");
        w2b_open_defaults(&options);
        for (uint32_t threads = 1; threads <= 5; threads += 2) {
            options.threads = threads;
            options.memory = threads == 1 ? 0 : threads == 3 ? 1 : 100000;
            assert_int_equal(open_text(text, &options, &other, NULL), W2B_OK);
            check_same(all, other);
            w2b_model_free(other);
        }
        options.limit = 12345;
        assert_int_equal(open_text(text, &options, &other, NULL), W2B_OK);
        assert_int_equal(w2b_model_words(other), 12345);
        w2b_model_free(other);
        w2b_model_free(all);
        w2b_free(text);
    }
}

/* The first mistake is named, whoever finds which one first. */
static void names_the_first_mistake(void **unused)
{
    (void)unused;
    char *text = many_text(1);
    char *at = strstr(text, "\nword19000 "), *late = at;
    at = strchr(at + 12, ' ');
    at[1] = 'x';
    for (uint32_t threads = 1; threads <= 4; threads++) {
        w2b_model *model;
        w2b_open_options options;
        w2b_diag diag;
        w2b_open_defaults(&options);
        options.threads = threads;
        assert_int_equal(open_text(text, &options, &model, &diag), W2B_ERR_FORMAT);
        assert_int_equal(diag.line, 19002);
        /* Rows in front of it can be had. */
        options.limit = 19000;
        assert_int_equal(open_text(text, &options, &model, &diag), W2B_OK);
        w2b_model_free(model);
    }
    at = strstr(text, "\nword7000 ");
    at[strlen("\nword7000 ")] = '?';
    assert_true(at < late);
    w2b_model *model;
    w2b_diag diag;
    assert_int_equal(open_text(text, NULL, &model, &diag), W2B_ERR_FORMAT);
    assert_int_equal(diag.line, 7002);
    w2b_free(text);
}

/* Rows that are encoded as they come are those of a model that was there. */
static void encodes_on_the_way(void **unused)
{
    static const struct {
        uint32_t bits;
        const char *method;
    } cases[] = {{1, "gauss"}, {2, "gauss"}, {3, "uniform"}, {8, "gauss"}, {16, NULL}, {32, NULL}};
    (void)unused;
    char *text = many_text(0);
    w2b_model *all = open_ok(text);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        w2b_quantize_options quantize;
        w2b_quantize_report before, report;
        w2b_model *small, *other;
        w2b_quantize_defaults(&quantize);
        quantize.bits = cases[i].bits;
        quantize.method = cases[i].method;
        assert_int_equal(w2b_model_quantize(all, &quantize, &small, &before, NULL), W2B_OK);
        for (uint32_t threads = 1; threads <= 3; threads++) {
            w2b_open_options options;
            w2b_open_defaults(&options);
            options.quantize = &quantize;
            options.report = &report;
            /* All in memory; whole chunks; ragged ones, by fewer rows than a chunk. */
            options.memory = threads == 1 ? 0 : threads == 2 ? 200000 : 300000;
            options.threads = quantize.threads = threads;
            assert_int_equal(open_text(text, &options, &other, NULL), W2B_OK);
            check_same(small, other);
            assert_string_equal(report.method, before.method);
            assert_true(report.squared_error == before.squared_error);
            assert_true(report.mean_cosine == before.mean_cosine);
            assert_true(report.worst_cosine == before.worst_cosine);
            assert_true(report.bytes_before == before.bytes_before);
            assert_true(report.bytes_after == before.bytes_after);
            w2b_model_free(other);
        }
        w2b_model_free(small);
    }
    w2b_model_free(all);
    w2b_free(text);
}

/* Levels stay as they are also where there are more rows than fit memory. */
static void encodes_levels_without_loss(void **unused)
{
    static const char *const levels[] = {"0.25", "-0.25", "0.75", "-0.75"};
    (void)unused;
    char *text = level_text(levels, 4, 3000);
    w2b_model *all = open_ok(text), *other;
    w2b_open_options options;
    w2b_quantize_options quantize;
    w2b_quantize_report report;
    w2b_open_defaults(&options);
    w2b_quantize_defaults(&quantize);
    quantize.bits = 2;
    options.quantize = &quantize;
    options.report = &report;
    options.memory = 50000;
    assert_int_equal(open_text(text, &options, &other, NULL), W2B_OK);
    assert_true(report.squared_error == 0);
    assert_true(w2b_model_code(other)->unit == 0.25f);
    for (uint64_t row = 0; row < 3000; row++) {
        float x[16], y[16];
        assert_int_equal(w2b_model_vector(all, row, x, NULL), W2B_OK);
        assert_int_equal(w2b_model_vector(other, row, y, NULL), W2B_OK);
        assert_memory_equal(x, y, sizeof x);
    }
    w2b_model_free(other);
    w2b_model_free(all);
    w2b_free(text);
}

static void takes_part_of_a_file(void **unused)
{
    (void)unused;
    w2b_open_options options;
    w2b_model *model;
    w2b_diag diag;
    w2b_open_defaults(&options);
    options.partial = 1;
    assert_int_equal(open_text("9 2\na 1 2\nb 3 4\n", &options, &model, NULL), W2B_OK);
    assert_int_equal(w2b_model_words(model), 2);
    w2b_model_free(model);
    const char binary[] = "9 1\na \x11\x22\x33\x3f" "b \x11\x22\x33\x3f";
    const char *path = scratch_write("file", binary, sizeof binary - 1);
    assert_int_equal(w2b_model_open(path, &options, &model, NULL), W2B_OK);
    assert_int_equal(w2b_model_words(model), 2);
    w2b_model_free(model);
    /* But not half a row, and not the folder of a file that is not there. */
    assert_int_equal(open_text("9 2\na 1 2\nb 3\n", &options, &model, &diag), W2B_ERR_FORMAT);
    options.spool_dir = scratch_path("nowhere");
    options.memory = 1;
    assert_int_equal(open_text("2 2\na 1 2\nb 3 4\n", &options, &model, &diag), W2B_ERR_IO);
    assert_non_null(strstr(diag.text, "cannot create a temporary file"));
}

static const char *sample_path(const char *name)
{
    char path[100];
    snprintf(path, sizeof path, "data/formats/%s", name);
    return scratch_sample(path);
}

static void tells_formats_apart(void **unused)
{
    static const char *const names[][2] = {
        {"word2vec-c.bin", "word2vec-binary"}, {"gensim.bin", "word2vec-binary"},
        {"word2bits-1bit.bin", "word2vec-binary"}, {"word2vec-c.txt", "word2vec-text"},
        {"word2bits-2bit.txt", "word2vec-text"}, {"fasttext-cbow.vec", "word2vec-text"},
        {"glove-awkward.txt", "glove"}, {"fasttext-cbow.bin", "fasttext"},
        {"numpy-f32.npy", "npy"}, {"static-embedding.safetensors", "safetensors"},
        {"finalfusion.fifu", "finalfusion"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = sample_path(names[i][0]);
        w2b_model *model;
        w2b_info info;
        w2b_diag diag;
        if (!path)
            continue;
        if (w2b_model_open(path, NULL, &model, &diag) != W2B_OK)
            fail_msg("%s: %s", names[i][0], diag.text);
        w2b_model_info(model, &info);
        assert_string_equal(info.format, names[i][1]);
        const uint32_t bits = strncmp(names[i][0], "word2bits-", 10) != 0 ? 32
                              : names[i][0][10] == '1'                    ? 1
                                                                          : 2;
        assert_int_equal(info.bits, bits);
        w2b_model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_text_without_header),
        cmocka_unit_test(refuses_wrong_text_without_header),
        cmocka_unit_test(reads_tables),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(reads_signs),
        cmocka_unit_test(imports_levels_without_loss),
        cmocka_unit_test(threads_and_memory_change_nothing),
        cmocka_unit_test(names_the_first_mistake),
        cmocka_unit_test(encodes_on_the_way),
        cmocka_unit_test(encodes_levels_without_loss),
        cmocka_unit_test(takes_part_of_a_file),
        cmocka_unit_test(tells_formats_apart),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
