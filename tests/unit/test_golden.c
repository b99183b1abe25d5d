/*
 * test_golden.c - files of every version of the format that was written, as
 * they are kept in tests/golden: each reads as the text beside it says, also in
 * a reader of its own (w2b_reader.py); those in bad/ give the error that
 * bad/expected.txt names.
 *
 * W2B_GOLDEN_WRITE=DIR writes all of them to a folder instead, bad/ included.
 * That is for a new version of the format only: old files stay as they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <zstd.h>

#include "io/container.h"
#include "io/inside.h"
#include "io/little.h"
#include "quant/scheme.h"
#include "tests/unit/sample.h"
#include "tests/unit/scratch.h"

#define FOLDER "tests/golden"

typedef struct golden {
    const char *name;
    int compressed; /* zstd of another version may write other bytes */
    sample_shape shape;
} golden;

static const golden goldens[] = {
    {"bits1", 0, {.words = 12, .dim = 9, .bits = 1, .method = W2B_METHOD_GAUSS, .counts = 1,
                  .prefix = "w", .seed = 1,
                  .metadata = "{\"tool\":\"word2bits\",\"dim\":9,\"text\":\"\\u00e9\"}"}},
    {"bits2", 1, {.words = 40, .dim = 16, .bits = 2, .method = W2B_METHOD_GAUSS, .counts = 1,
                  .prefix = "a common beginning ", .seed = 2}},
    {"bits3", 0, {.words = 9, .dim = 7, .bits = 3, .method = W2B_METHOD_UNIFORM, .seed = 3}},
    {"bits8", 0, {.words = 3, .dim = 5, .bits = 8, .method = W2B_METHOD_GAUSS, .counts = 1,
                  .seed = 4}},
    {"half", 0, {.words = 5, .dim = 3, .bits = 16, .method = W2B_METHOD_FLOAT, .seed = 5}},
    {"float", 0, {.words = 1, .dim = 1, .bits = 32, .method = W2B_METHOD_FLOAT, .seed = 6,
                  .metadata = "{}"}},
    {"gauss-rotated", 0, {.words = 4, .dim = 13, .bits = 2, .seed = 7,
                          .method = W2B_METHOD_GAUSS_ROTATED}},
    {"uniform-rotated", 0, {.words = 3, .dim = 16, .bits = 3, .seed = 8,
                            .method = W2B_METHOD_UNIFORM_ROTATED}},
    {"kmeans", 0, {.words = 4, .dim = 9, .bits = 3, .method = W2B_METHOD_KMEANS, .seed = 9}},
    {"rabitq", 0, {.words = 4, .dim = 11, .bits = 4, .method = W2B_METHOD_RABITQ, .seed = 10}},
    {"pq", 0, {.words = 4, .dim = 5, .bits = 3, .method = W2B_METHOD_PQ, .seed = 11}},
    {"opq", 0, {.words = 4, .dim = 7, .bits = 2, .method = W2B_METHOD_OPQ, .seed = 12}},
};

#define N_GOLDENS (sizeof goldens / sizeof *goldens)

/* ----- The text of a model ------------------------------------------------ */

static void print_hex(FILE *to, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(to, "%02x", ((const uint8_t *)bytes)[i]);
}

static void print_row(FILE *to, const w2b_model *model, uint64_t row)
{
    size_t length = 0;
    const uint8_t *codes = NULL;
    uint16_t scale = 0;
    const w2b_code *code = w2b_model_code(model);
    const char *word = w2b_model_word(model, row, &length);
    assert_non_null(word);
    assert_int_equal(w2b_model_find(model, word, length), row);
    assert_int_equal(w2b_model_row(model, row, &codes, &scale, NULL), W2B_OK);
    print_hex(to, word, length);
    if (w2b_model_has_counts(model))
        fprintf(to, " %llu ", (unsigned long long)w2b_model_count(model, row));
    else
        fputs(" - ", to);
    if (code->bits <= 8)
        fprintf(to, "%04x ", scale);
    else
        fputs("- ", to);
    print_hex(to, codes, code->stride);
    fputc('\n', to);
}

static void print_model(FILE *to, const w2b_model *model)
{
    const w2b_code *code = w2b_model_code(model);
    uint32_t unit;
    memcpy(&unit, &code->unit, sizeof unit);
    fprintf(to, "words %llu\ndim %u\nbits %u\nmethod %u\nunit %08x\nmetadata %s\nlevels",
            (unsigned long long)w2b_model_words(model), code->dim, code->bits,
            (unsigned)code->method, unit, w2b_model_metadata(model));
    for (size_t i = 0; code->scheme->has_levels && i < (size_t)1 << code->bits; i++)
        fprintf(to, " %d", code->levels[i]);
    fputc('\n', to);
    if (code->params) {
        fputs("params ", to);
        print_hex(to, code->params, w2b_code_params_size(code));
        fputc('\n', to);
    }
    for (uint64_t row = 0; row < w2b_model_words(model); row++)
        print_row(to, model, row);
}

static const char *text_of(const w2b_model *model, size_t *size)
{
    const char *path = scratch_path("dump.txt");
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    print_model(f, model);
    assert_int_equal(fclose(f), 0);
    return scratch_read(path, size);
}

/* The whole of a file, from w2b_alloc. */
static char *load(const char *path, size_t *size)
{
    const char *bytes = scratch_read(path, size);
    char *copy = bytes ? w2b_alloc(*size + 1, 1) : NULL;
    if (!copy)
        fail_msg("%s cannot be read", path);
    memcpy(copy, bytes, *size + 1);
    return copy;
}

static void path_in(char *to, size_t room, const char *folder, const char *name, const char *end)
{
    const int n = snprintf(to, room, "%s/%s%s", folder, name, end);
    assert_true(n > 0 && (size_t)n < room);
}

/* ----- Good files --------------------------------------------------------- */

static void golden_files_read_as_ever(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_GOLDENS; i++) {
        char path[256], text_path[256];
        w2b_model *model = NULL;
        w2b_diag diag;
        size_t want_size, size;
        path_in(path, sizeof path, FOLDER, goldens[i].name, ".w2b");
        path_in(text_path, sizeof text_path, FOLDER, goldens[i].name, ".txt");
        if (w2b_model_open(path, NULL, &model, &diag) || w2b_verify(path, &diag))
            fail_msg("%s: %s", diag.path, diag.text);
        char *want = load(text_path, &want_size);
        assert_string_equal(text_of(model, &size), want);
        assert_int_equal(size, want_size);
        w2b_free(want);
        w2b_model_free(model);
    }
}

/* The writer has not changed: a model read from a file is written as that file. */
static void golden_files_are_written_as_ever(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_GOLDENS; i++) {
        char path[256];
        w2b_model *model = NULL;
        size_t size, want_size;
        if (goldens[i].compressed && ZSTD_versionNumber() != 10504)
            continue;
        path_in(path, sizeof path, FOLDER, goldens[i].name, ".w2b");
        assert_int_equal(w2b_model_open(path, NULL, &model, NULL), W2B_OK);
        char *want = load(path, &want_size);
        uint8_t *file = sample_file(model, &size);
        assert_int_equal(size, want_size);
        assert_memory_equal(file, want, size);
        w2b_free(file);
        w2b_free(want);
        w2b_model_free(model);
    }
}

/* FORMAT.md is enough: a reader that shares no line with ours says the same. */
static void another_reader_agrees(void **state)
{
    (void)state;
    if (system("python3 -c 'import sys; sys.exit(sys.version_info < (3, 7))' 2>/dev/null") != 0) {
        printf("skipped: python3 is not there\n");
        return;
    }
    const int zstd = system("command -v zstd > /dev/null") == 0 ||
                     system("python3 -c 'import zstandard' 2> /dev/null") == 0;
    for (size_t i = 0; i < N_GOLDENS; i++) {
        if (goldens[i].compressed && !zstd) {
            printf("skipped: zstd is not there\n");
            continue;
        }
        char text_path[256], command[512];
        size_t size, want_size;
        const char *out = scratch_path("reader.txt");
        path_in(text_path, sizeof text_path, FOLDER, goldens[i].name, ".txt");
        const int n = snprintf(command, sizeof command,
                               "python3 tests/w2b_reader.py " FOLDER "/%s.w2b > '%s'",
                               goldens[i].name, out);
        assert_true(n > 0 && (size_t)n < sizeof command);
        if (system(command) != 0)
            fail_msg("%s failed", command);
        char *want = load(text_path, &want_size);
        assert_string_equal(scratch_read(out, &size), want);
        w2b_free(want);
    }
}

/* ----- Bad files ---------------------------------------------------------- */

/* Lines of "name when error": the error of opening, or of verifying a file that
 * opens. */
static void bad_files_are_refused(void **state)
{
    (void)state;
    char name[64], when[16], error[32];
    size_t files = 0;
    FILE *list = fopen(FOLDER "/bad/expected.txt", "r");
    assert_non_null(list);
    while (fscanf(list, "%63s %15s %31s", name, when, error) == 3) {
        char path[256];
        w2b_model *model = NULL;
        w2b_diag diag;
        path_in(path, sizeof path, FOLDER "/bad", name, ".w2b");
        w2b_err err = w2b_model_open(path, NULL, &model, &diag);
        assert_true(strcmp(when, "open") == 0 ? err != W2B_OK : err == W2B_OK);
        if (!err) {
            assert_true(sample_touch_all(model) > 0 || strcmp(when, "verify") == 0);
            w2b_model_free(model);
            err = w2b_verify(path, &diag);
        }
        if (strcmp(w2b_err_name(err), error) != 0)
            fail_msg("%s: %s: %s", path, w2b_err_name(err), diag.text);
        files++;
    }
    fclose(list);
    assert_true(files >= 10);
}

/* ----- Writing them ------------------------------------------------------- */

static void write_file(const char *folder, const char *name, const char *end, const void *bytes,
                       size_t size)
{
    char path[512];
    path_in(path, sizeof path, folder, name, end);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, size, f) != size || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

/* A changed file, its checksums right unless `torn`. */
static void write_bad(const char *folder, FILE *list, const char *name, const char *expected,
                      const uint8_t *file, size_t size, size_t at, uint64_t value, int torn)
{
    uint8_t *copy = w2b_alloc(size, 1);
    memcpy(copy, file, size);
    if (at + 8 <= size) {
        w2b_put_u64(copy + at, value);
        if (!torn)
            sample_reseal(copy, size);
    }
    write_file(folder, name, ".w2b", copy, size);
    fprintf(list, "%s %s\n", name, expected);
    w2b_free(copy);
}

static void write_bads(const char *folder, const uint8_t *file, size_t size)
{
    char path[512];
    path_in(path, sizeof path, folder, "expected", ".txt");
    FILE *list = fopen(path, "w");
    assert_non_null(list);
    const size_t none = size, shape = sample_block(file, W2B_KIND_SHAPE);
    const size_t codes = sample_section(file, W2B_KIND_CODES);
    write_bad(folder, list, "truncated", "open format", file, size - 9, none, 0, 1);
    write_bad(folder, list, "no-directory", "open format", file, W2B_HEADER_SIZE, none, 0, 1);
    write_bad(folder, list, "torn-header", "open corrupt", file, size, 40, 1, 1);
    write_bad(folder, list, "torn-directory", "open corrupt", file, size, codes, 1, 1);
    write_bad(folder, list, "torn-shape", "open corrupt", file, size, shape, 1, 1);
    write_bad(folder, list, "torn-codes", "read corrupt", file, size,
              sample_block(file, W2B_KIND_CODES), 1, 1);
    write_bad(folder, list, "torn-words", "read corrupt", file, size,
              sample_block(file, W2B_KIND_WORDS), 1, 1);
    write_bad(folder, list, "torn-gap", "verify corrupt", file, size,
              sample_block(file, W2B_KIND_LEVELS) + 8, 1, 1);
    write_bad(folder, list, "version-2", "open version", file, size, 8, 2, 0);
    write_bad(folder, list, "huge-words", "open format", file, size, shape, UINT64_MAX / 2, 0);
    write_bad(folder, list, "huge-dim", "open format", file, size, shape + W2B_SHAPE_DIM,
              UINT64_C(0x1ffffffff), 0);
    write_bad(folder, list, "huge-section", "open format", file, size, codes + 8, UINT64_MAX, 0);
    write_bad(folder, list, "huge-blocks", "open format", file, size, codes + 24, UINT64_MAX, 0);
    write_bad(folder, list, "overlap", "open format", file, size, codes + W2B_SECTION_ENTRY, 64,
              0);
    write_bad(folder, list, "beyond", "open format", file, size, codes + W2B_SECTION_ENTRY,
              UINT64_MAX - 63, 0);
    write_bad(folder, list, "wrong-index", "read corrupt", file, size,
              sample_block(file, W2B_KIND_ROWS), UINT64_C(0xffffffffffff), 0);
    assert_int_equal(fclose(list), 0);
}

static int write_all(const char *folder)
{
    char bad[256];
    scratch_open();
    path_in(bad, sizeof bad, folder, "bad", "");
    mkdir(bad, 0777);
    for (size_t i = 0; i < N_GOLDENS; i++) {
        size_t size, text_size;
        w2b_model *model = sample_model(&goldens[i].shape);
        uint8_t *file = sample_file(model, &size);
        write_file(folder, goldens[i].name, ".w2b", file, size);
        const char *text = text_of(model, &text_size);
        write_file(folder, goldens[i].name, ".txt", text, text_size);
        if (strcmp(goldens[i].name, "bits3") == 0)
            write_bads(bad, file, size);
        w2b_free(file);
        w2b_model_free(model);
    }
    scratch_close();
    return 0;
}

int main(void)
{
    const char *folder = getenv("W2B_GOLDEN_WRITE");
    if (folder && *folder)
        return write_all(folder);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_files_read_as_ever),
        cmocka_unit_test(golden_files_are_written_as_ever),
        cmocka_unit_test(another_reader_agrees),
        cmocka_unit_test(bad_files_are_refused),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
