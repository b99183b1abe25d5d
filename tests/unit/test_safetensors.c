/*
 * test_safetensors.c - safetensors files, tokenizers, and folders of Model2Vec's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <jansson.h>

#include "io/model.h"
#include "quant/num.h"
#include "tests/unit/foreign.h"
#include "tests/unit/sample.h"
#include "tests/unit/scratch.h"

static foreign f;

static w2b_err open_words(const char *vocab, w2b_model **model, w2b_diag *diag)
{
    w2b_open_options options;
    w2b_open_defaults(&options);
    options.vocab = vocab;
    return w2b_model_open(scratch_write("file.safetensors", f.bytes, f.n), &options, model, diag);
}

static const char *text_file(const char *name, const char *text)
{
    return scratch_write(name, text, strlen(text));
}

static void start(const char *object)
{
    f.n = 0;
    foreign_safetensors(&f, object);
}

static float number(const w2b_model *model, uint64_t row, size_t column)
{
    float vector[64];
    assert_int_equal(w2b_model_vector(model, row, vector, NULL), W2B_OK);
    return vector[column];
}

/* ----- Tables ------------------------------------------------------------- */

static void put_element(const char *type, float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (strcmp(type, "F32") == 0)
        foreign_f32(&f, x);
    else if (strcmp(type, "I8") == 0)
        foreign_u8(&f, (unsigned)(int)(4 * x) & 0xff);
    else if (strcmp(type, "BF16") == 0)
        foreign_put(&f, (const uint8_t *)&bits + 2, 2);
    else {
        const uint16_t half = w2b_half_from_float(x);
        foreign_put(&f, &half, 2);
    }
}

static void reads_all_types(void **unused)
{
    static const struct { const char *name; int size; } types[] = {
        {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I8", 1}};
    static const char *const names[] = {"embeddings", "embedding.weight", "anything"};
    (void)unused;
    for (size_t i = 0; i < 12; i++) {
        char text[200];
        w2b_model *model = NULL;
        const char *type = types[i % 4].name;
        snprintf(text, sizeof text,
                 "{\"__metadata__\":{\"format\":\"pt\"},"
                 "\"%s\":{\"dtype\":\"%s\",\"shape\":[3,4],\"data_offsets\":[0,%d]}}",
                 names[i / 4], type, 12 * types[i % 4].size);
        start(text);
        for (size_t k = 0; k < 12; k++)
            put_element(type, foreign_number(k / 4, k % 4));
        w2b_diag diag;
        if (open_words(text_file("words", "a\nb\nc\n"), &model, &diag))
            fail_msg("%s: %s", text, diag.text);
        for (size_t k = 0; k < 12; k++)
            assert_true(number(model, k / 4, k % 4) ==
                        foreign_number(k / 4, k % 4) * (type[0] == 'I' ? 4 : 1));
        assert_string_equal(w2b_model_word(model, 2, NULL), "c");
        w2b_model_free(model);
    }
}

/* Tokens share rows and have weights; tables lie in another order than their
 * names, with one between that is of no use. */
static void reads_mappings_and_weights(void **unused)
{
    w2b_model *model = NULL;
    w2b_diag diag;
    static const uint64_t rows[] = {1, 0, 1, 1};
    (void)unused;
    start("{\"embeddings\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[40,56]},"
          "\"weights\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[56,64]},"
          "\"other\":{\"dtype\":\"I32\",\"shape\":[2],\"data_offsets\":[32,40]},"
          "\"mapping\":{\"dtype\":\"I64\",\"shape\":[4],\"data_offsets\":[0,32]}}");
    for (size_t i = 0; i < 4; i++)
        foreign_u64(&f, rows[i]);
    foreign_u64(&f, 0);
    foreign_rows(&f, 0, 2, 2);
    for (size_t i = 0; i < 4; i++)
        put_element("F16", (float)(i + 1));
    const char *words = text_file("words", "a\nb\nc\nd\n");
    if (open_words(words, &model, &diag))
        fail_msg("%s", diag.text);
    for (size_t i = 0; i < 8; i++)
        assert_true(number(model, i / 2, i % 2) ==
                    (float)(i / 2 + 1) * foreign_number(rows[i / 2], i % 2));
    w2b_model_free(model);
    f.bytes[f.n - 8 - 16 - 8 - 32] = 2; /* the first number of the mapping */
    assert_int_equal(open_words(words, &model, &diag), W2B_ERR_FORMAT);
    assert_non_null(strstr(diag.text, "row that is not there"));
}

#define F32(name) "\"" name "\":{\"dtype\":\"F32\",\"shape\":"
#define PLACE ",\"data_offsets\":"
#define TABLE F32("embeddings") "[2,2]" PLACE "[0,16]}"

static void refuses_what_is_wrong(void **unused)
{
    static const struct { const char *object, *text; } bad[] = {
        {"{", "not sound JSON"},
        {"[1]", "no known format"},
        {"{" TABLE "," TABLE "}", "not sound JSON: duplicate"},
        {"{}", "no table of vectors"},
        {"{\"a\":1}", "no sound shape"},
        {"{" F32("embeddings") "[2,2]" PLACE "[0,15]}}", "no sound"},
        {"{" F32("embeddings") "[2,2]" PLACE "[16,0]}}", "no sound"},
        {"{" F32("embeddings") "[-2,2]" PLACE "[0,16]}}", "no sound"},
        {"{" F32("embeddings") "[4611686018427387904,4]" PLACE "[0,16]}}", "no sound"},
        {"{\"embeddings\":{\"dtype\":\"F4\",\"shape\":[2,2]" PLACE "[0,16]}}", "known type"},
        {"{" F32("embeddings") "[4]" PLACE "[0,16]}}", "not a table"},
        {"{" F32("embeddings") "[2,2]" PLACE "[8,24]}}", "would be 24 bytes, but only 16"},
        {"{" F32("embeddings") "[2,1]" PLACE "[0,8]}}", "more bytes"},
        {"{" F32("a") "[2,1]" PLACE "[0,8]}," F32("b") "[2,1]" PLACE "[8,16]}}", "several tables"},
        {"{" TABLE "," F32("weights") "[3]" PLACE "[0,12]}}", "one number a token"},
        {"{" TABLE "," F32("weights") "[2]" PLACE "[8,16]}}", "overlap"},
    };
    (void)unused;
    (void)text_file("words", "a\nb\n");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        w2b_model *model = NULL;
        w2b_diag diag = {.text = ""};
        start(bad[i].object);
        foreign_rows(&f, 0, 2, 2);
        const w2b_err err = open_words(scratch_path("words"), &model, &diag);
        if (err != W2B_ERR_FORMAT || !strstr(diag.text, bad[i].text))
            fail_msg("%s: expected %s, found %s", bad[i].object, bad[i].text, diag.text);
    }
    w2b_model *model = NULL;
    w2b_diag diag;
    const float infinite = 1e30f * 1e30f;
    start("{" TABLE "}");
    foreign_rows(&f, 0, 1, 3);
    foreign_f32(&f, infinite);
    assert_int_equal(open_words(scratch_path("words"), &model, &diag), W2B_ERR_DATA);
    assert_non_null(strstr(diag.text, "row 2"));
}

/* ----- Tokenizers --------------------------------------------------------- */

static w2b_err open_tokens(const char *json, w2b_model **model, w2b_diag *diag)
{
    start("{\"embeddings\":{\"dtype\":\"F32\",\"shape\":[4,1],\"data_offsets\":[0,16]}}");
    foreign_rows(&f, 0, 4, 1);
    return open_words(text_file("tokenizer.json", json), model, diag);
}

static void reads_tokenizers(void **unused)
{
    static const struct { const char *json; const char *words[4]; int rows[4]; } good[] = {
        {"{\"model\":{\"vocab\":{\"b\":1,\"a\":0,\"\\u00e9\\u0001\":3,\"c\":2}}}",
         {"a", "b", "c", "\xc3\xa9\x01"}, {0, 1, 2, 3}},
        {"{\"model\":{\"vocab\":[[\"a\",-1.5],[\"b\",0],[\"c\",1],[\"d\",2]]}}",
         {"a", "b", "c", "d"}, {0, 1, 2, 3}},
        /* Rows without tokens and tokens that no word can hold are left out. */
        {"{\"model\":{\"vocab\":{\"x\\ny\":1,\"a\":3}},"
         "\"added_tokens\":[{\"id\":0,\"content\":\"[PAD]\"},{\"id\":3,\"content\":\"z\"}]}",
         {"[PAD]", "a"}, {0, 3}},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        w2b_model *model = NULL;
        w2b_diag diag;
        w2b_info info;
        if (open_tokens(good[i].json, &model, &diag))
            fail_msg("%s: %s", good[i].json, diag.text);
        w2b_model_info(model, &info);
        for (size_t k = 0; k < info.words; k++) {
            assert_non_null(good[i].words[k]);
            assert_string_equal(w2b_model_word(model, k, NULL), good[i].words[k]);
            assert_true(number(model, k, 0) == foreign_number((size_t)good[i].rows[k], 0));
        }
        assert_true(info.words == 4 || !good[i].words[info.words]);
        w2b_model_free(model);
    }
}

static void refuses_wrong_tokenizers(void **unused)
{
    static const struct { const char *json, *text; } bad[] = {
        {"", "not sound JSON"},
        {"{\"model\":{\"vocab\":{\"a\":0}}", "not sound JSON"},
        {"{\"model\":{}}", "model.vocab is missing"},
        {"[]", "model.vocab is missing"},
        {"{\"model\":{\"vocab\":{\"a\":\"0\"}}}", "has no number"},
        {"{\"model\":{\"vocab\":{\"a\":4}}}", "number 4, but there are 4 rows"},
        {"{\"model\":{\"vocab\":{\"a\":-1}}}", "number -1"},
        {"{\"model\":{\"vocab\":[1]}}", "not a word and its score"},
        {"{\"model\":{\"vocab\":{\"a\":0}},\"added_tokens\":[{\"id\":1}]}", "no content"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        w2b_model *model = NULL;
        w2b_diag diag = {.text = ""};
        if (open_tokens(bad[i].json, &model, &diag) != W2B_ERR_FORMAT ||
            !strstr(diag.text, bad[i].text))
            fail_msg("%s: expected %s, found %s", bad[i].json, bad[i].text, diag.text);
    }
    /* As deep as a stack would be. */
    char *deep = w2b_alloc(1000001, 1);
    memset(deep, '[', 1000000);
    deep[1000000] = '\0';
    w2b_model *model = NULL;
    w2b_diag diag;
    assert_int_equal(open_tokens(deep, &model, &diag), W2B_ERR_LIMIT);
    w2b_free(deep);
}

/* ----- Folders and writing ------------------------------------------------ */

static w2b_err save(const w2b_model *model, const char *path, w2b_format format, w2b_diag *diag)
{
    w2b_save_options options;
    w2b_save_defaults(&options);
    options.format = format;
    return w2b_model_save(model, path, &options, diag);
}

static w2b_model *model_of(const char *words, size_t rows, const char *name)
{
    char text[200];
    w2b_model *model = NULL;
    w2b_diag diag;
    snprintf(text, sizeof text, "{\"embeddings\":{\"dtype\":\"F32\",\"shape\":[%zu,2],"
             "\"data_offsets\":[0,%zu]}}", rows, rows * 8);
    start(text);
    foreign_rows(&f, 0, rows, 2);
    if (open_words(text_file(name, words), &model, &diag))
        fail_msg("%s", diag.text);
    return model;
}

static void check_same(const w2b_model *a, const w2b_model *b, uint64_t rows)
{
    for (uint64_t row = 0; row < rows; row++) {
        assert_string_equal(w2b_model_word(a, row, NULL), w2b_model_word(b, row, NULL));
        for (size_t i = 0; i < 2; i++)
            assert_true(number(a, row, i) == number(b, row, i));
    }
}

static void writes_what_it_reads(void **unused)
{
    w2b_model *model = model_of("a\n\xff\na\n", 3, "words");
    w2b_model *again = NULL;
    w2b_info info;
    (void)unused;
    assert_int_equal(save(model, scratch_path("out.safetensors"), W2B_FORMAT_AUTO, NULL), W2B_OK);
    assert_int_equal(w2b_model_open(scratch_path("out.safetensors"), NULL, &again, NULL), W2B_OK);
    w2b_model_info(again, &info);
    assert_int_equal(info.words, 3);
    check_same(model, again, 3);
    w2b_model_free(model);
    w2b_model_free(again);
}

static void writes_folders(void **unused)
{
    static const char *const words[] = {"a\n\"\\\x01\ncaf\xc3\xa9\n", "a\n<unk>\nb\n"};
    static const char *const unknown[] = {"[UNK]", "<unk>"};
    (void)unused;
    for (size_t i = 0; i < 2; i++) {
        w2b_model *model = model_of(words[i], 3, "words");
        w2b_model *again = NULL;
        w2b_info info;
        w2b_diag diag;
        char path[32];
        snprintf(path, sizeof path, "folder%zu/", i);
        if (save(model, scratch_path(path), W2B_FORMAT_AUTO, &diag))
            fail_msg("%s", diag.text);
        path[strlen(path) - 1] = '\0';
        assert_int_equal(w2b_model_open(scratch_path(path), NULL, &again, NULL), W2B_OK);
        w2b_model_info(again, &info);
        assert_int_equal(info.words, i == 0 ? 4 : 3);
        check_same(model, again, 3);
        const int64_t row = w2b_model_find(again, unknown[i], 5);
        assert_int_equal(row, i == 0 ? 3 : 1);
        assert_true(i == 1 || (number(again, 3, 0) == 0 && number(again, 3, 1) == 0));
        snprintf(path, sizeof path, "folder%zu/tokenizer.json", i);
        json_t *json = json_load_file(scratch_path(path), 0, NULL);
        assert_string_equal(json_string_value(json_object_get(json_object_get(json, "model"),
                                                              "unk_token")), unknown[i]);
        json_decref(json);
        assert_int_equal(save(model, scratch_path("folder0/"), W2B_FORMAT_AUTO, &diag),
                         W2B_ERR_EXISTS);
        w2b_model_free(model);
        w2b_model_free(again);
    }
}

static void refuses_words_that_json_cannot_hold(void **unused)
{
    static const struct { const char *words, *text; } bad[] = {
        {"a\n\xff\n", "row 1 is not UTF-8"}, {"a\na\n", "row 1 is that of row 0"}};
    struct stat st;
    (void)unused;
    for (size_t i = 0; i < 2; i++) {
        w2b_model *model = model_of(bad[i].words, 2, "words");
        w2b_diag diag;
        assert_int_equal(save(model, scratch_path("none"), W2B_FORMAT_MODEL2VEC, &diag),
                         W2B_ERR_DATA);
        assert_non_null(strstr(diag.text, bad[i].text));
        assert_int_not_equal(stat(scratch_path("none"), &st), 0);
        w2b_model_free(model);
    }
}

static void finds_nested_folders(void **unused)
{
    w2b_model *model = model_of("a\nb\n", 2, "words");
    w2b_model *again = NULL;
    w2b_diag diag;
    (void)unused;
    assert_int_equal(mkdir(scratch_path("nest"), 0777), 0);
    assert_int_equal(w2b_model_open(scratch_path("nest"), NULL, &again, &diag), W2B_ERR_FORMAT);
    assert_non_null(strstr(diag.text, "no model.safetensors"));
    assert_int_equal(save(model, scratch_path("nest/0_StaticEmbedding"), W2B_FORMAT_MODEL2VEC,
                          NULL), W2B_OK);
    assert_int_equal(w2b_model_open(scratch_path("nest/"), NULL, &again, NULL), W2B_OK);
    check_same(model, again, 2);
    w2b_model_free(model);
    w2b_model_free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_types),
        cmocka_unit_test(reads_mappings_and_weights),
        cmocka_unit_test(refuses_what_is_wrong),
        cmocka_unit_test(reads_tokenizers),
        cmocka_unit_test(refuses_wrong_tokenizers),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(writes_folders),
        cmocka_unit_test(refuses_words_that_json_cannot_hold),
        cmocka_unit_test(finds_nested_folders),
    };
    return cmocka_run_group_tests_name("safetensors", tests, scratch_set_up, scratch_tear_down);
}
