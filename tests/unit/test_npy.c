/*
 * test_npy.c - NumPy's files and the lists of words beside them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/npy.h"
#include "quant/num.h"
#include "tests/unit/foreign.h"
#include "tests/unit/sample.h"
#include "tests/unit/scratch.h"

#define ROWS 300
#define DIM 3

static void write_words(const char *name, size_t n)
{
    char text[ROWS * 8 + 8];
    size_t length = 0;
    for (size_t i = 0; i < n; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "w%zu\n", i);
    scratch_write(name, text, length);
}

static w2b_err open_vocab(const char *path, const char *vocab, uint64_t limit, w2b_model **model,
                          w2b_diag *diag)
{
    w2b_open_options options;
    w2b_open_defaults(&options);
    options.vocab = vocab;
    options.limit = limit;
    return w2b_model_open(path, &options, model, diag);
}

static void check_rows(const w2b_model *model, size_t n, float factor)
{
    w2b_info info;
    w2b_model_info(model, &info);
    assert_int_equal(info.words, n);
    assert_int_equal(info.dim, DIM);
    for (size_t row = 0; row < n; row++) {
        char word[16];
        float vector[DIM];
        snprintf(word, sizeof word, "w%zu", row);
        assert_string_equal(w2b_model_word(model, row, NULL), word);
        assert_int_equal(w2b_model_vector(model, row, vector, NULL), W2B_OK);
        for (size_t i = 0; i < DIM; i++)
            assert_true(vector[i] == factor * foreign_number(row, i));
    }
}

/* ----- Descriptions ------------------------------------------------------- */

static void reads_descriptions(void **unused)
{
    static const struct { const char *text; w2b_npy npy; } good[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }",
         {W2B_ELEMENT_F32, 0, 0, 3, 2}},
        {"{\"shape\":(3L,2L),\"descr\":\">f8\",\"fortran_order\":True}  \n",
         {W2B_ELEMENT_F64, 1, 1, 3, 2}},
        {"{ 'fortran_order' : False , 'descr' : '|i1' , 'shape' : ( 10 , 20 ) }",
         {W2B_ELEMENT_I8, 0, 0, 10, 20}},
        {"{'descr': '=f2', 'fortran_order': False, 'shape': (3, 2,), }",
         {W2B_ELEMENT_F16, 0, 0, 3, 2}},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        w2b_npy npy = {0};
        const char *why = w2b_npy_parse(good[i].text, strlen(good[i].text), &npy);
        if (why)
            fail_msg("%s: %s", good[i].text, why);
        assert_int_equal(npy.element, good[i].npy.element);
        assert_int_equal(npy.big, good[i].npy.big);
        assert_int_equal(npy.columns, good[i].npy.columns);
        assert_int_equal(npy.rows, good[i].npy.rows);
        assert_int_equal(npy.dim, good[i].npy.dim);
    }
}

static void refuses_descriptions(void **unused)
{
    static const char *const bad[] = {
        "", "{", "{}", "[1]", "{'descr': '<f4'}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (3, 2)}",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '<f44', 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '', 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '<f4', 'descr': '<f4', 'shape': (3, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2)} x",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-3, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999, 2)}",
        "{'descr': '<f4, 'fortran_order': False",
    };
    (void)unused;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        w2b_npy npy;
        if (!w2b_npy_parse(bad[i], strlen(bad[i]), &npy))
            fail_msg("accepted: %s", bad[i]);
    }
}

/* ----- Reading ------------------------------------------------------------ */

/* A number as `type` has it. All are whole after multiplication by 4. */
static void put_number(foreign *f, const char *type, float x)
{
    uint8_t bytes[8];
    const double d = (double)x;
    const int whole = (int)(4 * x) + (type[0] == 'u' ? 100 : 0);
    const int n = type[1] - '0';
    uint64_t bits = 0;
    if (type[0] != 'f')
        bits = (uint64_t)whole;
    else if (n == 8)
        memcpy(&bits, &d, 8);
    else if (n == 4)
        memcpy(&bits, &x, 4);
    else
        bits = w2b_half_from_float(x);
    for (int i = 0; i < n; i++)
        bytes[i] = (uint8_t)(bits >> (8 * i));
    foreign_put(f, bytes, (size_t)n);
}

static void reverse(foreign *f, size_t from, size_t n)
{
    for (; from < f->n; from += n) {
        for (size_t i = 0; i < n / 2; i++) {
            const uint8_t byte = f->bytes[from + i];
            f->bytes[from + i] = f->bytes[from + n - 1 - i];
            f->bytes[from + n - 1 - i] = byte;
        }
    }
}

static void make_table(foreign *f, const char *type, int big, int columns, int version)
{
    char text[128];
    f->n = 0;
    snprintf(text, sizeof text,
             "{'descr': '%c%s', 'fortran_order': %s, 'shape': (%d, %d), }", big ? '>' : '<', type,
             columns ? "True" : "False", ROWS, DIM);
    foreign_npy(f, version, text);
    const size_t begin = f->n;
    for (size_t i = 0; i < ROWS * DIM; i++) {
        put_number(f, type, columns ? foreign_number(i % ROWS, i / ROWS)
                                    : foreign_number(i / DIM, i % DIM));
    }
    if (big)
        reverse(f, begin, (size_t)(type[1] - '0'));
}

static void reads_all_types_and_orders(void **unused)
{
    static const char *const types[] = {"f2", "f4", "f8", "i1"};
    static foreign f;
    (void)unused;
    write_words("table.vocab", ROWS);
    for (size_t i = 0; i < 4 * 2 * 2 * 3; i++) {
        const char *type = types[i % 4];
        w2b_model *model = NULL;
        w2b_diag diag;
        make_table(&f, type, i / 4 % 2, i / 8 % 2, 1 + (int)(i / 16));
        if (w2b_model_open(scratch_write("table.npy", f.bytes, f.n), NULL, &model, &diag))
            fail_msg("%zu: %s", i, diag.text);
        check_rows(model, ROWS, type[0] == 'i' ? 4 : 1);
        w2b_info info;
        w2b_model_info(model, &info);
        assert_string_equal(info.format, "npy");
        w2b_model_free(model);
    }
    make_table(&f, "u1", 0, 0, 1);
    w2b_model *model = NULL;
    float vector[DIM];
    assert_int_equal(w2b_model_open(scratch_write("table.npy", f.bytes, f.n), NULL, &model, NULL),
                     W2B_OK);
    assert_int_equal(w2b_model_vector(model, 5, vector, NULL), W2B_OK);
    assert_true(vector[1] == 100 + 4 * foreign_number(5, 1));
    w2b_model_free(model);
}

static void reads_as_many_rows_as_asked(void **unused)
{
    static foreign f;
    (void)unused;
    write_words("words.txt", ROWS);
    for (int columns = 0; columns < 2; columns++) {
        w2b_model *model = NULL;
        make_table(&f, "f4", 0, columns, 1);
        const char *path = scratch_write("few.npy", f.bytes, f.n);
        assert_int_equal(open_vocab(path, scratch_path("words.txt"), 258, &model, NULL), W2B_OK);
        check_rows(model, 258, 1);
        w2b_model_free(model);
    }
}

static void check_refused(const foreign *f, const char *vocab, w2b_err code, const char *text)
{
    w2b_model *model = NULL;
    w2b_diag diag = {.text = ""};
    const char *path = scratch_write("bad.npy", f->bytes, f->n);
    const w2b_err err = open_vocab(path, vocab, 0, &model, &diag);
    if (err != code || !strstr(diag.text, text))
        fail_msg("expected %s, found %s: %s", text, w2b_err_name(err), diag.text);
    assert_null(model);
}

static void refuses_what_is_wrong(void **unused)
{
    static foreign f;
    const float nan = 0.0f / 0.0f;
    (void)unused;
    write_words("words.txt", ROWS);
    write_words("short.txt", ROWS - 1);
    const char *words = scratch_path("words.txt");
    make_table(&f, "f4", 0, 0, 1);
    check_refused(&f, scratch_path("short.txt"), W2B_ERR_FORMAT, "299 words for 300 rows");
    check_refused(&f, NULL, W2B_ERR_FORMAT, "vectors without words");
    foreign_u8(&f, 0);
    check_refused(&f, words, W2B_ERR_FORMAT, "more bytes follow");
    f.n -= 2;
    check_refused(&f, words, W2B_ERR_FORMAT, "3600 bytes, but only 3599 follow");
    for (int columns = 0; columns < 2; columns++) {
        make_table(&f, "f4", 0, columns, 1);
        f.n -= 4 * 5;
        foreign_f32(&f, nan);
        foreign_rows(&f, 0, 1, 4);
        check_refused(&f, words, W2B_ERR_DATA, columns ? "number 3 of row 296" : "number 2 of row");
    }
    f.n = 0;
    foreign_npy(&f, 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }");
    foreign_u64(&f, 0x7fe0000000000000); /* finite, but not as a float */
    write_words("one.txt", 1);
    check_refused(&f, scratch_path("one.txt"), W2B_ERR_DATA, "too large for a float");
    f.n = 0;
    foreign_npy(&f, 1, "{'descr': '<f4', 'fortran_order': True, 'shape': (4000000000, 60000), }");
    check_refused(&f, words, W2B_ERR_FORMAT, "but only 0 follow");
    f.bytes[6] = 9;
    check_refused(&f, words, W2B_ERR_VERSION, "version 9");
}

/* ----- Words -------------------------------------------------------------- */

static void reads_odd_lists_of_words(void **unused)
{
    static foreign f;
    static const char list[] = "a b\r\n\r\n\xff\x85x"; /* no newline at the end */
    w2b_model *model = NULL;
    size_t length;
    (void)unused;
    foreign_npy(&f, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 1), }");
    foreign_rows(&f, 0, 3, 1);
    const char *path = scratch_write("odd.npy", f.bytes, f.n);
    const char *vocab = scratch_write("odd.words", list, sizeof list - 1);
    assert_int_equal(open_vocab(path, vocab, 0, &model, NULL), W2B_OK);
    assert_string_equal(w2b_model_word(model, 0, NULL), "a b");
    assert_string_equal(w2b_model_word(model, 1, &length), "");
    assert_int_equal(length, 0);
    assert_string_equal(w2b_model_word(model, 2, NULL), "\xff\x85x");
    w2b_model_free(model);
}

/* ----- Writing ------------------------------------------------------------ */

static w2b_err save(const w2b_model *model, const char *path, int replace, w2b_diag *diag)
{
    w2b_save_options options;
    w2b_save_defaults(&options);
    options.format = W2B_FORMAT_NPY;
    options.replace = replace;
    return w2b_model_save(model, path, &options, diag);
}

static void writes_what_it_reads(void **unused)
{
    static const uint32_t bits[] = {32, 16, 3};
    (void)unused;
    for (size_t i = 0; i < 3; i++) {
        const sample_shape shape = {.words = 50, .dim = 7, .bits = bits[i], .prefix = "w",
                                    .method = bits[i] > 8 ? W2B_METHOD_FLOAT : W2B_METHOD_GAUSS};
        w2b_model *model = sample_model(&shape);
        w2b_model *again = NULL;
        size_t size;
        const char *path = scratch_path("out.npy");
        assert_int_equal(save(model, path, 1, NULL), W2B_OK);
        const uint8_t *bytes = (const uint8_t *)scratch_read(path, &size);
        assert_non_null(strstr((const char *)bytes + 10, bits[i] == 16 ? "'<f2'" : "'<f4'"));
        assert_int_equal(size, 128 + 50 * 7 * (bits[i] == 16 ? 2 : 4));
        assert_int_equal(w2b_model_open(path, NULL, &again, NULL), W2B_OK);
        for (uint64_t row = 0; row < 50; row++) {
            float a[7], b[7];
            assert_int_equal(w2b_model_vector(model, row, a, NULL), W2B_OK);
            assert_int_equal(w2b_model_vector(again, row, b, NULL), W2B_OK);
            assert_memory_equal(a, b, sizeof a);
            assert_string_equal(w2b_model_word(model, row, NULL),
                                w2b_model_word(again, row, NULL));
        }
        w2b_model_free(model);
        w2b_model_free(again);
    }
}

static void writes_both_files_or_none(void **unused)
{
    const sample_shape shape = {.words = 5, .dim = 2, .bits = 32, .prefix = "w"};
    w2b_model *model = sample_model(&shape);
    w2b_diag diag;
    size_t size;
    (void)unused;
    scratch_write("both.vocab.txt", "old", 3);
    assert_int_equal(save(model, scratch_path("both.npy"), 0, &diag), W2B_ERR_EXISTS);
    assert_null(scratch_read(scratch_path("both.npy"), &size));
    assert_string_equal(scratch_read(scratch_path("both.vocab.txt"), &size), "old");
    assert_int_equal(save(model, "-", 0, &diag), W2B_ERR_ARGUMENT);
    assert_non_null(strstr(diag.text, "where the words go"));
    w2b_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_descriptions),
        cmocka_unit_test(refuses_descriptions),
        cmocka_unit_test(reads_all_types_and_orders),
        cmocka_unit_test(reads_as_many_rows_as_asked),
        cmocka_unit_test(refuses_what_is_wrong),
        cmocka_unit_test(reads_odd_lists_of_words),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(writes_both_files_or_none),
    };
    return cmocka_run_group_tests_name("npy", tests, scratch_set_up, scratch_tear_down);
}
