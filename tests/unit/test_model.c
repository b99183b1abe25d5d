/*
 * test_model.c - models in memory and in .w2b files: the same from both, and
 * files that do not depend on where a model came from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include "io/inside.h"
#include "io/packer.h"
#include "tests/unit/sample.h"
#include "tests/unit/scratch.h"

static void expect_same_file(const w2b_model *model, const uint8_t *file, size_t size)
{
    size_t n;
    uint8_t *bytes = sample_file(model, &n);
    assert_int_equal(n, size);
    assert_memory_equal(bytes, file, size);
    w2b_free(bytes);
}

/* Memory to file to model to file. */
static void round_trip(const sample_shape *shape)
{
    w2b_diag diag;
    size_t size;
    w2b_model *model = sample_model(shape), *mapped = NULL, *read = NULL;
    uint8_t *file = sample_file(model, &size);
    const char *path = scratch_write("again.w2b", file, size);
    assert_int_equal(w2b_model_open(path, NULL, &mapped, &diag), W2B_OK);
    assert_int_equal(sample_open(file, size, &read, &diag), W2B_OK);
    sample_expect_equal(mapped, model);
    sample_expect_equal(read, model);
    if (w2b_verify(path, &diag) != W2B_OK)
        fail_msg("%s", diag.text);
    expect_same_file(mapped, file, size);

    w2b_info info;
    w2b_model_info(mapped, &info);
    assert_true(info.words == shape->words && info.dim == shape->dim && info.bits == shape->bits);
    assert_string_equal(info.format, "w2b");
    assert_int_equal(info.file_bytes, size);
    assert_int_equal(info.code_bytes + info.scale_bytes + info.word_bytes + info.count_bytes +
                         info.index_bytes + info.other_bytes,
                     size);
    assert_true(info.checksum != 0);
    w2b_free(file);
    w2b_model_free(read);
    w2b_model_free(mapped);
    w2b_model_free(model);
}

static void all_bits_round_trip(void **state)
{
    static const uint32_t bits[] = {1, 2, 3, 4, 5, 6, 7, 8, 16, 32};
    static const uint32_t dims[] = {1, 7, 8, 300};
    (void)state;
    for (size_t b = 0; b < sizeof bits / sizeof *bits; b++)
        for (size_t d = 0; d < sizeof dims / sizeof *dims; d++)
            for (int method = 0; method <= 2; method++) {
                if ((bits[b] > 8) != (method == W2B_METHOD_FLOAT))
                    continue;
                round_trip(&(sample_shape){.words = 1 + b * 13 + d, .dim = dims[d],
                                           .bits = bits[b], .method = (w2b_method)method,
                                           .counts = d % 2 == 0, .metadata = "{\"seed\":1}",
                                           .seed = b * 8 + d});
            }
}

/* Several blocks of everything, some of them compressed. */
static void many_blocks_round_trip(void **state)
{
    (void)state;
    round_trip(&(sample_shape){.words = 70001, .dim = 37, .bits = 3, .method = W2B_METHOD_GAUSS,
                               .counts = 1, .prefix = "word", .seed = 5});
    round_trip(&(sample_shape){.words = 300000, .dim = 3, .bits = 1, .method = W2B_METHOD_GAUSS,
                               .prefix = "w", .seed = 6});
    round_trip(&(sample_shape){.words = 5, .dim = 65536, .bits = 32, .method = W2B_METHOD_FLOAT,
                               .seed = 7});
}

static void compressed_codes_round_trip(void **state)
{
    (void)state;
    w2b_parts parts;
    w2b_model *model = NULL, *read = NULL;
    size_t size;
    sample_parts(&(sample_shape){.words = 9000, .dim = 64, .bits = 8,
                                 .method = W2B_METHOD_UNIFORM, .counts = 1, .seed = 3}, &parts);
    for (size_t i = 0; i < 9000 * 64; i++)
        parts.codes[i] &= 0x3f;
    assert_int_equal(w2b_model_make(&parts, &model, NULL), W2B_OK);
    uint8_t *file = sample_file(model, &size);
    assert_int_equal(sample_open(file, size, &read, NULL), W2B_OK);
    sample_expect_equal(read, model);
    w2b_info info;
    w2b_model_info(read, &info);
    assert_true(info.code_bytes < 9000 * 64 * 9 / 10);
    expect_same_file(read, file, size);
    assert_int_equal(sample_verify(file, size, NULL), W2B_OK);
    w2b_free(file);
    w2b_model_free(read);
    w2b_model_free(model);
}

static void long_words_round_trip(void **state)
{
    (void)state;
    w2b_parts parts = {.words = 40};
    w2b_model *model = NULL, *read = NULL;
    size_t used = 0, size;
    parts.bytes = w2b_alloc(40 * 70000, 1);
    parts.starts = w2b_alloc(41, sizeof *parts.starts);
    assert_int_equal(w2b_code_init(&parts.code, W2B_METHOD_GAUSS, 1, 3), 0);
    parts.codes = w2b_pages(40);
    parts.code_room = 40;
    parts.scales = w2b_alloc_zero(40, sizeof *parts.scales);
    for (size_t i = 0; i < 40; i++) {
        const size_t n = i % 3 == 0 ? 65536 - i : i % 3 == 1 ? 1 + i
                                              : i == 2       ? 0
                                                             : 1000 + i;
        parts.starts[i] = used;
        for (size_t k = 0; k < n; k++)
            parts.bytes[used++] = (char)(scratch_random() % 200 + 11);
        parts.bytes[used++] = '\0';
    }
    parts.starts[40] = used;
    assert_int_equal(w2b_model_make(&parts, &model, NULL), W2B_OK);
    uint8_t *file = sample_file(model, &size);
    assert_int_equal(sample_open(file, size, &read, NULL), W2B_OK);
    sample_expect_equal(read, model);
    assert_int_equal(w2b_model_find(read, "", 0), 2);
    w2b_free(file);
    w2b_model_free(read);
    w2b_model_free(model);
}

static void unknown_words_are_not_found(void **state)
{
    (void)state;
    size_t size;
    const sample_shape shape = {.words = 5000, .dim = 4, .bits = 2, .method = W2B_METHOD_GAUSS,
                                .prefix = "known", .seed = 1};
    w2b_model *model = sample_model(&shape), *read = NULL;
    uint8_t *file = sample_file(model, &size);
    assert_int_equal(sample_open(file, size, &read, NULL), W2B_OK);
    for (int i = 0; i < 5000; i++) {
        char word[32];
        const size_t n = (size_t)snprintf(word, sizeof word, "strange%d", i);
        assert_int_equal(w2b_model_find(model, word, n), -1);
        assert_int_equal(w2b_model_find(read, word, n), -1);
    }
    assert_int_equal(w2b_model_find(read, "known17", 6), 1);
    assert_null(w2b_model_word(read, 5000, NULL));
    assert_null(w2b_model_word(model, UINT64_MAX, NULL));
    assert_int_equal(w2b_model_count(read, 5000), 0);
    float vector[4];
    assert_int_equal(w2b_model_vector(read, 5000, vector, NULL), W2B_ERR_ARGUMENT);
    w2b_free(file);
    w2b_model_free(read);
    w2b_model_free(model);
}

static void first_of_equal_words_is_found(void **state)
{
    (void)state;
    w2b_parts parts;
    w2b_model *model = NULL, *read = NULL;
    size_t size;
    sample_parts(&(sample_shape){.words = 100, .dim = 4, .bits = 2, .method = W2B_METHOD_GAUSS,
                                 .prefix = "word", .seed = 1}, &parts);
    memcpy(parts.bytes + parts.starts[99], "word42", 7);
    memcpy(parts.bytes + parts.starts[77], "word42", 7);
    assert_int_equal(w2b_model_make(&parts, &model, NULL), W2B_OK);
    uint8_t *file = sample_file(model, &size);
    assert_int_equal(sample_open(file, size, &read, NULL), W2B_OK);
    assert_int_equal(w2b_model_find(model, "word42", 6), 42);
    assert_int_equal(w2b_model_find(read, "word42", 6), 42);
    assert_int_equal(sample_verify(file, size, NULL), W2B_OK);
    w2b_free(file);
    w2b_model_free(read);
    w2b_model_free(model);
}

/* Reading a part, and writing a part, give the model of these rows alone. */
static void limits_cut_rows(void **state)
{
    (void)state;
    const sample_shape shape = {.words = 3000, .dim = 5, .bits = 4, .method = W2B_METHOD_GAUSS,
                                .counts = 1, .prefix = "word", .seed = 9};
    w2b_model *model = sample_model(&shape), *part = NULL, *again = NULL;
    w2b_open_options options;
    w2b_save_options save;
    size_t size;
    uint8_t *file = sample_file(model, &size);
    scratch_write("whole.w2b", file, size);
    w2b_open_defaults(&options);
    options.limit = 1234;
    assert_int_equal(w2b_model_open(scratch_path("whole.w2b"), &options, &part, NULL), W2B_OK);
    assert_int_equal(w2b_model_words(part), 1234);
    assert_int_equal(sample_read_all(part, model), 0);
    assert_int_equal(w2b_model_find(part, "word1233", 8), 1233);
    assert_int_equal(w2b_model_find(part, "word1234", 8), -1);
    assert_null(w2b_model_word(part, 1234, NULL));
    w2b_rows rows;
    assert_int_equal(w2b_model_block(part, 0, &rows, NULL), W2B_OK);
    assert_int_equal(rows.n, 1234);
    assert_int_equal(w2b_model_block(part, 1, &rows, NULL), W2B_ERR_ARGUMENT);

    w2b_save_defaults(&save);
    save.limit = 1234;
    assert_int_equal(w2b_model_save(model, scratch_path("part.w2b"), &save, NULL), W2B_OK);
    w2b_free(file);
    file = sample_file(part, &size);
    size_t n;
    const char *bytes = scratch_read(scratch_path("part.w2b"), &n);
    assert_int_equal(n, size);
    assert_memory_equal(bytes, file, size);
    assert_int_equal(w2b_model_open(scratch_path("part.w2b"), NULL, &again, NULL), W2B_OK);
    sample_expect_equal(again, part);
    w2b_free(file);
    w2b_model_free(again);
    w2b_model_free(part);
    w2b_model_free(model);
}

static void limits_refuse_files(void **state)
{
    (void)state;
    const sample_shape shape = {.words = 30, .dim = 5, .bits = 4, .method = W2B_METHOD_GAUSS};
    w2b_model *model = sample_model(&shape), *read = NULL;
    w2b_open_options options;
    w2b_diag diag;
    size_t size;
    uint8_t *file = sample_file(model, &size);
    const char *path = scratch_write("small.w2b", file, size);
    w2b_open_defaults(&options);
    options.max_words = 29;
    assert_int_equal(w2b_model_open(path, &options, &read, &diag), W2B_ERR_LIMIT);
    assert_string_equal(diag.text, "30 words, more than the limit of 29");
    options.max_words = 30;
    options.max_dim = 4;
    assert_int_equal(w2b_model_open(path, &options, &read, &diag), W2B_ERR_LIMIT);
    assert_string_equal(diag.text, "5 numbers a word, more than the limit of 4");
    options.max_dim = 5;
    assert_int_equal(w2b_model_open(path, &options, &read, &diag), W2B_OK);
    w2b_free(file);
    w2b_model_free(read);
    w2b_model_free(model);
}

/* ----- Parts that are no model -------------------------------------------- */

static w2b_err make_broken(void (*breaking)(w2b_parts *), w2b_diag *diag)
{
    w2b_parts parts;
    w2b_model *model = NULL;
    sample_parts(&(sample_shape){.words = 3, .dim = 4, .bits = 2, .method = W2B_METHOD_GAUSS,
                                 .prefix = "word", .metadata = "{\"a\":[1]}"}, &parts);
    breaking(&parts);
    const w2b_err err = w2b_model_make(&parts, &model, diag);
    assert_true(err || model);
    w2b_model_free(model);
    return err;
}

static void break_nothing(w2b_parts *parts)
{
    (void)parts;
}

static void break_words(w2b_parts *parts)
{
    parts->words = 0;
}

static void break_newline(w2b_parts *parts)
{
    parts->bytes[2] = '\n';
}

static void break_metadata(w2b_parts *parts)
{
    parts->metadata[7] = '}';
}

static void break_object(w2b_parts *parts)
{
    memcpy(parts->metadata, "[1,2,3 ]", 9);
}

static void break_scales(w2b_parts *parts)
{
    w2b_free(parts->scales);
    parts->scales = NULL;
}

static void break_room(w2b_parts *parts)
{
    parts->words = 10000;
}

static void parts_are_checked(void **state)
{
    (void)state;
    w2b_diag diag;
    assert_int_equal(make_broken(break_nothing, &diag), W2B_OK);
    assert_int_equal(make_broken(break_words, &diag), W2B_ERR_DATA);
    assert_int_equal(make_broken(break_newline, &diag), W2B_ERR_DATA);
    assert_string_equal(diag.text, "word 0 holds a newline");
    assert_int_equal(make_broken(break_metadata, &diag), W2B_ERR_ARGUMENT);
    assert_int_equal(make_broken(break_object, &diag), W2B_ERR_ARGUMENT);
    assert_int_equal(make_broken(break_scales, &diag), W2B_ERR_ARGUMENT);
    assert_int_equal(make_broken(break_room, &diag), W2B_ERR_ARGUMENT);
}

/* ----- Pipes and threads -------------------------------------------------- */

typedef struct pipe_writer {
    const w2b_model *model;
    int to;
    w2b_err err;
} pipe_writer;

/* Standard output is the pipe while this runs. */
static void *write_to_pipe(void *arg)
{
    pipe_writer *w = arg;
    fflush(stdout);
    const int before = dup(STDOUT_FILENO);
    dup2(w->to, STDOUT_FILENO);
    close(w->to);
    w->err = w2b_model_save(w->model, "-", NULL, NULL);
    dup2(before, STDOUT_FILENO);
    close(before);
    return NULL;
}

/* What goes to an output that cannot seek is the file that goes to one that can. */
static void pipes_carry_files(void **state)
{
    (void)state;
    const sample_shape shape = {.words = 4000, .dim = 9, .bits = 5, .method = W2B_METHOD_UNIFORM,
                                .counts = 1, .seed = 2};
    w2b_model *model = sample_model(&shape), *read = NULL;
    size_t size;
    uint8_t *file = sample_file(model, &size);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pthread_t thread;
    pipe_writer writer = {.model = model, .to = ends[1]};
    const int before = dup(STDIN_FILENO);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    assert_int_equal(pthread_create(&thread, NULL, write_to_pipe, &writer), 0);
    const w2b_err err = w2b_model_open("-", NULL, &read, NULL);
    assert_int_equal(pthread_join(thread, NULL), 0);
    dup2(before, STDIN_FILENO);
    close(before);
    assert_int_equal(writer.err, W2B_OK);
    assert_int_equal(err, W2B_OK);
    sample_expect_equal(read, model);
    expect_same_file(read, file, size);
    w2b_free(file);
    w2b_model_free(read);
    w2b_model_free(model);
}

typedef struct reader {
    const w2b_model *model, *truth;
    size_t refused;
} reader;

static void *run_reader(void *arg)
{
    reader *r = arg;
    r->refused = sample_read_all(r->model, r->truth);
    return NULL;
}

static void threads_share_a_model(void **state)
{
    enum { THREADS = 4 };
    (void)state;
    const sample_shape shape = {.words = 5000, .dim = 60, .bits = 8, .method = W2B_METHOD_GAUSS,
                                .counts = 1, .prefix = "word", .seed = 2};
    w2b_model *model = sample_model(&shape), *read = NULL;
    size_t size;
    uint8_t *file = sample_file(model, &size);
    for (int round = 0; round < 5; round++) {
        pthread_t threads[THREADS];
        reader readers[THREADS];
        assert_int_equal(sample_open(file, size, &read, NULL), W2B_OK);
        for (int i = 0; i < THREADS; i++) {
            readers[i] = (reader){.model = read, .truth = model};
            assert_int_equal(pthread_create(&threads[i], NULL, run_reader, &readers[i]), 0);
        }
        for (int i = 0; i < THREADS; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
            assert_int_equal(readers[i].refused, 0);
        }
        w2b_model_free(read);
    }
    w2b_free(file);
    w2b_model_free(model);
}

static int cancel(const w2b_progress *progress, void *user)
{
    *(w2b_progress *)user = *progress;
    return 1;
}

static void saving_can_be_cancelled(void **state)
{
    (void)state;
    const sample_shape shape = {.words = 10, .dim = 4, .bits = 2, .method = W2B_METHOD_GAUSS};
    w2b_model *model = sample_model(&shape);
    w2b_progress last = {0};
    w2b_save_options options;
    w2b_save_defaults(&options);
    options.progress = cancel;
    options.progress_user = &last;
    const size_t files = scratch_count();
    assert_int_equal(w2b_model_save(model, scratch_path("never.w2b"), &options, NULL),
                     W2B_ERR_CANCELLED);
    assert_int_equal(last.stage, W2B_STAGE_WRITE);
    assert_int_equal(last.done, 10);
    assert_int_equal(scratch_count(), files);
    w2b_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_bits_round_trip),
        cmocka_unit_test(many_blocks_round_trip),
        cmocka_unit_test(compressed_codes_round_trip),
        cmocka_unit_test(long_words_round_trip),
        cmocka_unit_test(unknown_words_are_not_found),
        cmocka_unit_test(first_of_equal_words_is_found),
        cmocka_unit_test(limits_cut_rows),
        cmocka_unit_test(limits_refuse_files),
        cmocka_unit_test(parts_are_checked),
        cmocka_unit_test(pipes_carry_files),
        cmocka_unit_test(threads_share_a_model),
        cmocka_unit_test(saving_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
