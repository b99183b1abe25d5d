/*
 * test_limits.c - the limits that a caller sets for files from elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <zlib.h>
#include <zstd.h>

#include "io/base.h"
#include "tests/unit/sample.h"
#include "tests/unit/scratch.h"

#define BOMB ((size_t)32 << 20)

/* Vectors of one number, and so many of them. */
static char *much_text(void)
{
    static const char line[] = "same 1\n";
    char *text = w2b_alloc(BOMB, 1);
    assert_non_null(text);
    size_t n = (size_t)snprintf(text, BOMB, "%zu 1\n", BOMB);
    for (; n + sizeof line < BOMB; n += sizeof line - 1)
        memcpy(text + n, line, sizeof line - 1);
    memset(text + n, '\n', BOMB - n);
    return text;
}

static void expect_limit(const char *path)
{
    w2b_open_options options;
    w2b_model *model = NULL;
    w2b_diag diag;
    w2b_open_defaults(&options);
    options.max_bytes = (uint64_t)1 << 20;
    assert_int_equal(w2b_model_open(path, &options, &model, &diag), W2B_ERR_LIMIT);
    assert_null(model);
    assert_non_null(strstr(diag.text, "1048576 bytes"));
    assert_string_equal(diag.path, path);
}

static void small_files_that_grow(void **state)
{
    (void)state;
    char *text = much_text();
    const size_t room = ZSTD_compressBound(BOMB);
    char *packed = w2b_alloc(room, 1);
    assert_non_null(packed);
    const size_t size = ZSTD_compress(packed, room, text, BOMB, 1);
    assert_true(!ZSTD_isError(size) && size < BOMB / 1000);
    expect_limit(scratch_write("bomb.zst", packed, size));
    const char *path = scratch_path("bomb.gz");
    gzFile file = gzopen(path, "wb1");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text, BOMB), (int)BOMB);
    assert_int_equal(gzclose(file), Z_OK);
    expect_limit(path);
    w2b_free(packed);
    w2b_free(text);
}

/* A file that is as large as it says is none of that limit's business. */
static void plain_files_are_what_they_are(void **state)
{
    (void)state;
    static const char text[] = "2 2\na 1 2\nb 3 4\n";
    w2b_open_options options;
    w2b_model *model = NULL;
    w2b_open_defaults(&options);
    options.max_bytes = 1;
    const char *path = scratch_write("plain.vec", text, sizeof text - 1);
    assert_int_equal(w2b_model_open(path, &options, &model, NULL), W2B_OK);
    w2b_model_free(model);
}

static void long_words(void **state)
{
    (void)state;
    static const char text[] = "2 2\nabc 1 2\nabcd 3 4\n";
    static const sample_shape shape = {.words = 12, .dim = 3, .bits = 2,
                                       .method = W2B_METHOD_GAUSS, .prefix = "abc", .seed = 1};
    w2b_open_options options;
    w2b_model *model = NULL, *made = sample_model(&shape);
    w2b_diag diag;
    const char *word;
    size_t length;
    w2b_open_defaults(&options);
    options.max_word = 4;
    const char *path = scratch_write("words.vec", text, sizeof text - 1);
    assert_int_equal(w2b_model_open(path, &options, &model, &diag), W2B_OK);
    w2b_model_free(model);
    model = NULL;
    options.max_word = 3;
    assert_int_equal(w2b_model_open(path, &options, &model, &diag), W2B_ERR_LIMIT);
    assert_null(model);
    /* Words of our own format are looked at when they are asked for. */
    options.max_word = 4;
    path = scratch_path("words.w2b");
    assert_int_equal(w2b_model_save(made, path, NULL, &diag), W2B_OK);
    assert_int_equal(w2b_model_open(path, &options, &model, &diag), W2B_OK);
    assert_int_equal(w2b_model_word_at(model, 9, &word, &length, &diag), W2B_OK);
    assert_string_equal(word, "abc9");
    assert_int_equal(w2b_model_word_at(model, 10, &word, &length, &diag), W2B_ERR_LIMIT);
    assert_int_equal(w2b_model_word_at(model, 12, &word, &length, &diag), W2B_ERR_ARGUMENT);
    w2b_model_free(model);
    w2b_model_free(made);
}

/* Every format that is written is refused beyond 11 words or 2 numbers. */
static void many_words_and_numbers(void **state)
{
    (void)state;
    static const sample_shape shape = {.words = 12, .dim = 3, .bits = 32,
                                       .method = W2B_METHOD_FLOAT, .prefix = "abc", .seed = 1};
    w2b_model *made = sample_model(&shape);
    for (int format = W2B_FORMAT_W2B; format <= W2B_FORMAT_TABLE; format++) {
        w2b_save_options save;
        w2b_save_defaults(&save);
        save.format = (w2b_format)format;
        char name[16];
        snprintf(name, sizeof name, "as%d", format);
        const char *path = scratch_path(name);
        assert_int_equal(w2b_model_save(made, path, &save, NULL), W2B_OK);
        for (int i = 0; i < 4; i++) {
            w2b_open_options options;
            w2b_model *model = NULL;
            w2b_open_defaults(&options);
            /* Model2Vec adds a row for unknown words, which no limit of ours is on. */
            options.max_words = i == 1 ? 11 : 13;
            options.max_dim = i == 2 ? 2 : 3;
            options.limit = i == 3 ? 5 : 0;
            const w2b_err err = w2b_model_open(path, &options, &model, NULL);
            if (err != (i == 1 || i == 2 ? W2B_ERR_LIMIT : W2B_OK))
                fail_msg("format %d, limit %d: %s", format, i, w2b_err_name(err));
            w2b_model_free(model);
        }
    }
    w2b_model_free(made);
}

/* The error, which must be of a limit, for a file in this folder; 0: none. */
static w2b_err open_limited(const char *path, const char *vocab, uint32_t depth, uint64_t json)
{
    w2b_open_options options;
    w2b_model *model = NULL;
    w2b_diag diag = {.text = ""};
    w2b_open_defaults(&options);
    options.vocab = vocab;
    options.max_depth = depth;
    options.max_json = json;
    const w2b_err err = w2b_model_open(path, &options, &model, &diag);
    assert_true(!err == (model != NULL));
    if (err && !strstr(diag.text, "allowed"))
        fail_msg("%s", diag.text);
    w2b_model_free(model);
    return err;
}

/* `depth` levels, the innermost with brackets in a string. */
static size_t nested(char *text, size_t depth)
{
    static const char inner[] = "\"{[\\\"{[\"";
    memset(text, '[', depth);
    memcpy(text + depth, inner, sizeof inner - 1);
    memset(text + depth + sizeof inner - 1, ']', depth);
    return 2 * depth + sizeof inner - 1;
}

/* A safetensors file of one number, whose head is `levels` deep: at least 3. */
static const char *write_tensor(size_t levels)
{
    char text[8192] = "        {\"e\":{\"dtype\":\"F32\",\"shape\":[1,1],"
                      "\"data_offsets\":[0,4],\"x\":";
    size_t n = strlen(text);
    n += nested(text + n, levels - 2);
    text[n++] = '}';
    text[n++] = '}';
    for (size_t i = 0; i < 8; i++)
        text[i] = (char)((n - 8) >> 8 * i);
    memset(text + n, 0, 4);
    return scratch_write("a.safetensors", text, n + 4);
}

static const char *write_tokenizer(size_t levels)
{
    char text[8192] = "{\"model\":{\"vocab\":{\"word\":0}},\"x\":";
    size_t n = strlen(text);
    n += nested(text + n, levels - 1);
    text[n++] = '}';
    return scratch_write("tokenizer.json", text, n);
}

static const char *write_metadata(size_t levels)
{
    char text[8192] = "{\"x\":";
    size_t n = strlen(text);
    n += nested(text + n, levels - 1);
    text[n++] = '}';
    text[n] = '\0';
    const sample_shape shape = {.words = 12, .dim = 3, .bits = 2, .method = W2B_METHOD_GAUSS,
                                .metadata = text, .seed = 1};
    w2b_model *made = sample_model(&shape);
    const char *path = scratch_path("deep.w2b");
    w2b_save_options options;
    w2b_save_defaults(&options);
    options.replace = 1;
    assert_int_equal(w2b_model_save(made, path, &options, NULL), W2B_OK);
    w2b_model_free(made);
    return path;
}

static void deep_and_long_json(void **state)
{
    (void)state;
    const uint64_t any = UINT64_MAX;
    const char *words = scratch_write("words.txt", "word\n", 5);
    assert_int_equal(open_limited(write_tensor(9), words, 9, any), W2B_OK);
    assert_int_equal(open_limited(write_tensor(10), words, 9, any), W2B_ERR_LIMIT);
    assert_int_equal(open_limited(write_tensor(9), words, 9, 50), W2B_ERR_LIMIT);
    const char *tensor = write_tensor(3);
    assert_int_equal(open_limited(tensor, write_tokenizer(9), 9, any), W2B_OK);
    assert_int_equal(open_limited(tensor, write_tokenizer(10), 9, any), W2B_ERR_LIMIT);
    /* Longer than a piece of the stream. */
    assert_int_equal(open_limited(tensor, write_tokenizer(1500), 1499, any), W2B_ERR_LIMIT);
    assert_int_equal(open_limited(tensor, write_tokenizer(1500), 1500, any), W2B_OK);
    assert_int_equal(open_limited(tensor, write_tokenizer(1500), 1500, 2999), W2B_ERR_LIMIT);
    assert_int_equal(open_limited(write_metadata(9), NULL, 9, any), W2B_OK);
    assert_int_equal(open_limited(write_metadata(10), NULL, 9, any), W2B_ERR_LIMIT);
    assert_int_equal(open_limited(write_metadata(9), NULL, 9, 9), W2B_ERR_LIMIT);
}

/* Without metadata a model can be repaired. */
static void deep_metadata_is_given_up(void **state)
{
    (void)state;
    w2b_repair_report report;
    const char *path = write_metadata(300);
    w2b_model *model = NULL;
    assert_int_equal(w2b_model_open(path, NULL, &model, NULL), W2B_ERR_LIMIT);
    assert_int_equal(w2b_repair(path, scratch_path("whole.w2b"), 0, &report, NULL), W2B_OK);
    assert_int_equal(report.kept, 12);
    assert_true(report.metadata_lost);
    w2b_repair_report_free(&report);
    assert_int_equal(w2b_model_open(scratch_path("whole.w2b"), NULL, &model, NULL), W2B_OK);
    w2b_model_free(model);
}

/* As many lines as rows are read of a file of words, and no more of it. */
static void words_without_end(void **state)
{
    (void)state;
    w2b_open_options options;
    w2b_model *model = NULL;
    w2b_diag diag;
    w2b_open_defaults(&options);
    options.vocab = scratch_path("words.gz");
    char *text = w2b_alloc(BOMB, 1);
    assert_non_null(text);
    memset(text, '\n', BOMB);
    gzFile file = gzopen(options.vocab, "wb1");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text, BOMB), (int)BOMB);
    assert_int_equal(gzclose(file), Z_OK);
    w2b_free(text);
    const char *path = write_tensor(3);
    assert_int_equal(w2b_model_open(path, &options, &model, &diag), W2B_ERR_FORMAT);
    assert_non_null(strstr(diag.text, "2 or more words for 1 rows"));
    options.max_bytes = 1;
    assert_int_equal(w2b_model_open(path, &options, &model, &diag), W2B_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_files_that_grow),
        cmocka_unit_test(plain_files_are_what_they_are),
        cmocka_unit_test(long_words),
        cmocka_unit_test(many_words_and_numbers),
        cmocka_unit_test(deep_and_long_json),
        cmocka_unit_test(deep_metadata_is_given_up),
        cmocka_unit_test(words_without_end),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
