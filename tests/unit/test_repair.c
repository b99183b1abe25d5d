/*
 * test_repair.c - damaged files: what can be saved of them is saved, the rest is
 * named; and files that change while they are in use.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/container.h"
#include "io/inside.h"
#include "io/little.h"
#include "tests/unit/sample.h"
#include "tests/unit/scratch.h"

/* 128 rows of 2 KiB a block of codes; 1024 words a block of these. */
static const sample_shape shape = {.words = 3000, .dim = 2048, .bits = 8,
                                   .method = W2B_METHOD_GAUSS, .counts = 1, .prefix = "w",
                                   .metadata = "{\"made\":\"here\"}", .seed = 1};

/* Any part of a small file. */
static const sample_shape small = {.words = 60, .dim = 24, .bits = 3,
                                   .method = W2B_METHOD_GAUSS, .counts = 1, .prefix = "word ",
                                   .seed = 2};

/* Where block number `block` of a section begins in the file. */
static size_t block_at(const uint8_t *file, uint32_t kind, size_t block)
{
    const size_t entry = sample_section(file, kind) + W2B_SECTION_ENTRY + block * W2B_BLOCK_ENTRY;
    return (size_t)w2b_get_u64(file + entry);
}

/* Repairs a file with one byte that is another. */
static w2b_err repair_with(uint8_t *file, size_t size, size_t at, w2b_repair_report *report,
                           w2b_diag *diag)
{
    file[at] ^= 0x40;
    const char *path = scratch_write("bad.w2b", file, size);
    file[at] ^= 0x40;
    return w2b_repair(path, scratch_path("whole.w2b"), 1, report, diag);
}

/* The repaired file is whole, and has the rows of the truth but those lost. */
static void expect_rest(const w2b_model *truth, const w2b_repair_report *report)
{
    w2b_model *model = NULL;
    w2b_diag diag;
    const char *path = scratch_path("whole.w2b");
    if (w2b_verify(path, &diag) || w2b_model_open(path, NULL, &model, &diag))
        fail_msg("%s", diag.text);
    uint64_t next = 0, lost = 0;
    size_t range = 0;
    for (uint64_t row = 0; row < w2b_model_words(truth); row++) {
        if (range < report->n_lost && row >= report->lost[range].first) {
            lost++;
            range += row + 1 == report->lost[range].first + report->lost[range].n;
            continue;
        }
        size_t a_length, b_length;
        const uint8_t *a_codes, *b_codes;
        uint16_t a_scale, b_scale;
        const char *a = w2b_model_word(truth, row, &a_length);
        const char *b = w2b_model_word(model, next, &b_length);
        assert_int_equal(a_length, b_length);
        assert_memory_equal(a, b, a_length);
        assert_int_equal(w2b_model_row(truth, row, &a_codes, &a_scale, NULL), W2B_OK);
        assert_int_equal(w2b_model_row(model, next, &b_codes, &b_scale, NULL), W2B_OK);
        assert_int_equal(a_scale, b_scale);
        assert_memory_equal(a_codes, b_codes, w2b_model_code(truth)->stride);
        if (!report->counts_lost)
            assert_int_equal(w2b_model_count(truth, row), w2b_model_count(model, next));
        next++;
    }
    assert_int_equal(range, report->n_lost);
    assert_int_equal(next, report->kept);
    assert_int_equal(next + lost, report->words);
    assert_int_equal(next, w2b_model_words(model));
    w2b_model_free(model);
}

static void saves_what_is_whole(void **state)
{
    (void)state;
    static const struct {
        uint32_t kind;
        size_t block;
        uint64_t first, n; /* rows that are lost */
        uint64_t counts;   /* that are lost */
    } cases[] = {
        {W2B_KIND_CODES, 0, 0, 128, 0},      {W2B_KIND_CODES, 2, 256, 128, 0},
        {W2B_KIND_CODES, 23, 2944, 56, 0},   {W2B_KIND_WORDS, 0, 0, 1024, 0},
        {W2B_KIND_WORDS, 2, 2048, 952, 0},   {W2B_KIND_COUNTS, 1, 0, 0, 1024},
        {W2B_KIND_STARTS, 0, 0, 0, 0},       {W2B_KIND_MARKS, 0, 0, 0, 0},
        {W2B_KIND_ROWS, 0, 0, 0, 0},
    };
    w2b_model *truth = sample_model(&shape);
    size_t size;
    uint8_t *file = sample_file(truth, &size);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w2b_repair_report report;
        w2b_diag diag;
        const size_t at = block_at(file, cases[i].kind, cases[i].block);
        if (repair_with(file, size, at, &report, &diag))
            fail_msg("case %zu: %s", i, diag.text);
        assert_int_equal(report.n_lost, cases[i].n > 0);
        if (cases[i].n > 0) {
            assert_int_equal(report.lost[0].first, cases[i].first);
            assert_int_equal(report.lost[0].n, cases[i].n);
        }
        assert_int_equal(report.counts_lost, cases[i].counts);
        assert_int_equal(report.metadata_lost, 0);
        expect_rest(truth, &report);
        w2b_repair_report_free(&report);
    }
    w2b_free(file);
    w2b_model_free(truth);
}

/* Whichever bit is wrong: everything or a part is saved, and right, or nothing
 * can be and no file is there. */
static void every_byte_of_a_small_file(void **state)
{
    (void)state;
    w2b_model *truth = sample_model(&small);
    size_t size, saved = 0;
    uint8_t *file = sample_file(truth, &size);
    for (size_t at = 0; at < size; at++) {
        w2b_repair_report report;
        w2b_diag diag;
        unlink(scratch_path("whole.w2b"));
        const w2b_err err = repair_with(file, size, at, &report, &diag);
        if (err) {
            assert_true(err == W2B_ERR_CORRUPT || err == W2B_ERR_FORMAT);
            assert_int_not_equal(access(scratch_path("whole.w2b"), F_OK), 0);
            continue;
        }
        saved++;
        expect_rest(truth, &report);
        w2b_repair_report_free(&report);
    }
    assert_true(saved > size / 4);
    w2b_free(file);
    w2b_model_free(truth);
}

static void goes_on_without_metadata(void **state)
{
    (void)state;
    w2b_model *truth = sample_model(&shape), *model = NULL;
    w2b_repair_report report;
    w2b_info info;
    size_t size;
    uint8_t *file = sample_file(truth, &size);
    assert_int_equal(repair_with(file, size, block_at(file, W2B_KIND_META, 0), &report, NULL),
                     W2B_OK);
    assert_int_equal(report.metadata_lost, 1);
    assert_int_equal(report.kept, shape.words);
    expect_rest(truth, &report);
    w2b_repair_report_free(&report);
    assert_int_equal(w2b_model_open(scratch_path("whole.w2b"), NULL, &model, NULL), W2B_OK);
    w2b_model_info(model, &info);
    assert_string_equal(info.metadata, "{}");
    w2b_model_free(model);
    w2b_free(file);
    w2b_model_free(truth);
}

static void keeps_what_exists(void **state)
{
    (void)state;
    w2b_model *truth = sample_model(&small);
    w2b_repair_report report;
    size_t size;
    uint8_t *file = sample_file(truth, &size);
    const char *path = scratch_write("good.w2b", file, size);
    const char *out = scratch_write("there", "old", 3);
    assert_int_equal(w2b_repair(path, out, 0, &report, NULL), W2B_ERR_EXISTS);
    assert_int_equal(w2b_repair(scratch_path("none"), out, 1, &report, NULL), W2B_ERR_IO);
    const char *text = scratch_read(out, &size);
    assert_string_equal(text, "old");
    w2b_free(file);
    w2b_model_free(truth);
}

/* ----- Files that change -------------------------------------------------- */

static void change_time(const char *path)
{
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void sees_a_file_change(void **state)
{
    (void)state;
    w2b_model *truth = sample_model(&small), *model = NULL, *made = NULL;
    size_t size;
    w2b_diag diag;
    uint8_t *file = sample_file(truth, &size);
    const char *path = scratch_write("open.w2b", file, size);
    assert_int_equal(w2b_model_open(path, NULL, &model, NULL), W2B_OK);
    assert_int_equal(w2b_model_unchanged(model, &diag), W2B_OK);
    assert_int_equal(w2b_model_unchanged(truth, &diag), W2B_OK);
    /* Another file of that name is none of its business. */
    assert_int_equal(rename(path, scratch_path("elsewhere.w2b")), 0);
    scratch_write("open.w2b", "x", 1);
    assert_int_equal(w2b_model_unchanged(model, &diag), W2B_OK);
    change_time(scratch_path("elsewhere.w2b"));
    assert_int_equal(w2b_model_unchanged(model, &diag), W2B_ERR_CORRUPT);
    assert_string_equal(diag.path, path);
    assert_int_equal(w2b_model_save(model, scratch_path("copy.w2b"), NULL, &diag),
                     W2B_ERR_CORRUPT);
    assert_int_not_equal(access(scratch_path("copy.w2b"), F_OK), 0);
    assert_int_equal(w2b_model_quantize(model, NULL, &made, NULL, &diag), W2B_ERR_CORRUPT);
    assert_null(made);
    w2b_model_free(model);
    w2b_free(file);
    w2b_model_free(truth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saves_what_is_whole),
        cmocka_unit_test(every_byte_of_a_small_file),
        cmocka_unit_test(goes_on_without_metadata),
        cmocka_unit_test(keeps_what_exists),
        cmocka_unit_test(sees_a_file_change),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
