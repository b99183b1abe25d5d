/*
 * test_text.c - which files are read as text, and what is said of the others.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/scratch.h"
#include "word2bits/corpus.h"

static char folder[512];

static w2b_corpus_options options_of(uint32_t threads)
{
    w2b_corpus_options options;
    w2b_corpus_defaults(&options);
    options.threads = threads;
    options.spool_dir = folder;
    return options;
}

typedef struct refused {
    const char *bytes;
    size_t n;
    w2b_err err;
    const char *message;
} refused;

static void refuses_what_is_not_text(void **state)
{
    (void)state;
    static const refused cases[] = {
        {"", 0, W2B_ERR_DATA, "no words in the text"},
        {" \n\t\r\n", 5, W2B_ERR_DATA, "no words in the text"},
        {"\xef\xbb\xbf", 3, W2B_ERR_DATA, "no words in the text"},
        {"the one the two the", 19, W2B_ERR_DATA,
         "no word occurs 5 times or more; the most frequent, \"the\", occurs 3 times"},
        {"o\033[7me", 6, W2B_ERR_DATA,
         "no word occurs 5 times or more; the most frequent, \"o?[7me\", occurs 1 time"},
        {"words and\0 a zero", 17, W2B_ERR_FORMAT,
         "is binary, not text (byte 0 at offset 9)"},
        {"\001\002\003\004 some bytes of control", 26, W2B_ERR_FORMAT,
         "is binary, not text (many control characters)"},
        {"PK\003\004 and so on", 14, W2B_ERR_FORMAT, "is a zip archive, not plain text"},
        {"\004\042\115\030 and so on", 14, W2B_ERR_FORMAT, "is an lz4 file, not plain text"},
        {"7z\274\257\047\034\0\004", 8, W2B_ERR_FORMAT, "is a 7z archive, not plain text"},
        {"\377\376a\0b\0", 6, W2B_ERR_FORMAT,
         "is UTF-16 text (convert it to UTF-8 first), not plain text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = scratch_write("bad", cases[i].bytes, cases[i].n);
        const w2b_corpus_options options = options_of(2);
        w2b_corpus *corpus = NULL;
        w2b_vocab *vocab = NULL;
        w2b_diag diag;
        assert_int_equal(w2b_corpus_read(&path, 1, &options, &corpus, &diag), cases[i].err);
        assert_string_equal(diag.text, cases[i].message);
        assert_true(diag.code == cases[i].err);
        assert_int_equal(w2b_vocab_count(&path, 1, &options, &vocab, NULL, NULL), cases[i].err);
        assert_null(corpus);
        assert_null(vocab);
    }
}

static void expect_failure(const char *const *paths, size_t n, const w2b_corpus_options *options,
                           w2b_err err, const char *path, const char *message)
{
    w2b_corpus *corpus = NULL;
    w2b_diag diag;
    assert_int_equal(w2b_corpus_read(paths, n, options, &corpus, &diag), err);
    assert_string_equal(diag.path, path);
    assert_string_equal(diag.text, message);
    assert_null(corpus);
}

/* The missing second file is found before the first one, a binary, is read. */
static void refuses_files_that_cannot_be_read(void **state)
{
    (void)state;
    const w2b_corpus_options options = options_of(1);
    const char *missing[] = {scratch_write("binary", "\0\0", 2), scratch_path("not-there")};
    expect_failure(missing, 2, &options, W2B_ERR_IO, missing[1],
                   "cannot open: No such file or directory");
    const char *is_folder = folder;
    expect_failure(&is_folder, 1, &options, W2B_ERR_IO, folder, "cannot read: Is a directory");
    const char *empty[] = {scratch_write("empty", "", 0), scratch_write("blank", "\n", 1)};
    expect_failure(empty, 2, &options, W2B_ERR_DATA, "", "no words in the 2 files");
    expect_failure(empty, 0, &options, W2B_ERR_ARGUMENT, "", "no files to read");
}

static void refuses_absurd_options(void **state)
{
    (void)state;
    const char *path = scratch_write("good", "a a a a a\n", 10);
    w2b_corpus_options options = options_of(1000000000);
    expect_failure(&path, 1, &options, W2B_ERR_ARGUMENT, "",
                   "1000000000 threads are too many, at most 1024");
    options = options_of(1);
    options.max_word = 0;
    expect_failure(&path, 1, &options, W2B_ERR_ARGUMENT, "",
                   "the longest word allowed must be 1 to 1048576 bytes, not 0");
    options = options_of(1);
    options.max_vocab = 0;
    expect_failure(&path, 1, &options, W2B_ERR_ARGUMENT, "",
                   "a vocabulary of 0 words is too small");
    options = options_of(1);
    options.memory = 0;
    options.spool_dir = "/not/there";
    expect_failure(&path, 1, &options, W2B_ERR_IO, "/not/there",
                   "cannot create a temporary file: No such file or directory");
    options = options_of(1);
    options.vocab = path;
    w2b_vocab *vocab = NULL;
    assert_int_equal(w2b_vocab_count(&path, 1, &options, &vocab, NULL, NULL), W2B_ERR_ARGUMENT);
    assert_null(vocab);
    /* No options at all are the defaults. */
    assert_int_equal(w2b_vocab_count(&path, 1, NULL, &vocab, NULL, NULL), W2B_OK);
    assert_int_equal(w2b_vocab_size(vocab), 1);
    w2b_vocab_free(vocab);
}

static void refuses_useless_vocabularies(void **state)
{
    (void)state;
    const char *path = scratch_write("text", "the dog\n", 8);
    w2b_corpus_options options = options_of(1);
    options.vocab = scratch_write("vocab", "lion 2\n", 7);
    char message[700];
    snprintf(message, sizeof message, "no word of the text is in the vocabulary %s",
             options.vocab);
    expect_failure(&path, 1, &options, W2B_ERR_DATA, "", message);
    options.vocab = scratch_write("vocab", "lion\n", 5);
    expect_failure(&path, 1, &options, W2B_ERR_FORMAT, options.vocab,
                   "expected a word and its count");
}

typedef struct watch {
    pthread_t thread;
    int calls;
    int stop;
    w2b_progress last;
} watch;

static int watch_progress(const w2b_progress *progress, void *user)
{
    watch *w = user;
    assert_true(pthread_equal(w->thread, pthread_self()));
    assert_true(progress->done >= w->last.done);
    assert_true(progress->done <= progress->total);
    w->calls++;
    w->last = *progress;
    return w->stop;
}

static void tells_its_progress(void **state)
{
    (void)state;
    const char *paths[] = {scratch_write("text1", "a b\n", 4), scratch_write("text2", "a b\n", 4)};
    watch w = {.thread = pthread_self()};
    w2b_corpus_options options = options_of(3);
    options.min_count = 1;
    options.progress = watch_progress;
    options.progress_user = &w;
    w2b_corpus *corpus = NULL;
    assert_int_equal(w2b_corpus_read(paths, 2, &options, &corpus, NULL), W2B_OK);
    w2b_corpus_free(corpus);
    assert_true(w.calls > 0);
    assert_int_equal(w.last.done, 8);
    assert_int_equal(w.last.total, 8);
    assert_int_equal(w.last.stage, W2B_STAGE_COUNT);
    assert_string_equal(w.last.unit, "bytes");
    w.stop = 1;
    w.last.done = 0;
    expect_failure(paths, 2, &options, W2B_ERR_CANCELLED, "", "cancelled");
}

static int open_folder(void **state)
{
    (void)state;
    scratch_open();
    snprintf(folder, sizeof folder, "%s", scratch_path(""));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_not_text),
        cmocka_unit_test(refuses_files_that_cannot_be_read),
        cmocka_unit_test(refuses_absurd_options),
        cmocka_unit_test(refuses_useless_vocabularies),
        cmocka_unit_test(tells_its_progress),
    };
    return cmocka_run_group_tests_name("text", tests, open_folder, scratch_tear_down);
}
