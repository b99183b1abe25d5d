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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_files_that_grow),
        cmocka_unit_test(plain_files_are_what_they_are),
        cmocka_unit_test(long_words),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
