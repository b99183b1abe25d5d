/*
 * test_container.c - .w2b files that are damaged, cut or lie: each is refused
 * with the right error, and nothing is read beyond its bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <zstd.h>

#include "io/container.h"
#include "io/format.h"
#include "io/little.h"
#include "io/mapped.h"
#include "io/packer.h"
#include "tests/unit/sample.h"
#include "tests/unit/scratch.h"

/* Words that shrink, counts, unused bits: every kind of byte a file can have. */
static const sample_shape small = {.words = 48, .dim = 5, .bits = 3, .method = W2B_METHOD_GAUSS,
                                   .counts = 1, .prefix = "common beginning ",
                                   .metadata = "{\"seed\":1}", .seed = 4};

/* ----- Damage ------------------------------------------------------------- */

/* A flipped bit anywhere is found, and what is still read is still true. */
static void every_flipped_bit_is_found(void **state)
{
    (void)state;
    w2b_model *truth = sample_model(&small);
    size_t size, opened = 0;
    uint8_t *file = sample_file(truth, &size);
    for (size_t bit = 0; bit < size * 8; bit++) {
        w2b_diag diag = {0};
        w2b_model *model = NULL;
        file[bit / 8] ^= (uint8_t)(1 << bit % 8);
        const w2b_err err = sample_verify(file, size, &diag);
        if (err != W2B_ERR_CORRUPT && !(err == W2B_ERR_FORMAT && bit < W2B_MAGIC_SIZE * 8))
            fail_msg("bit %zu gives %d %s", bit, err, diag.text);
        if (sample_open(file, size, &model, &diag) == W2B_OK) {
            sample_read_all(model, truth);
            w2b_model_free(model);
            opened++;
        }
        file[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(opened > size && opened < size * 8);
    assert_int_equal(sample_verify(file, size, NULL), W2B_OK);
    w2b_free(file);
    w2b_model_free(truth);
}

static void damage_is_named(void **state)
{
    (void)state;
    static const struct {
        w2b_kind kind;
        const char *text;
    } cases[] = {
        {W2B_KIND_WORDS, "block 0 of the words is damaged: its checksum does not match"},
        {W2B_KIND_COUNTS, "block 0 of the counts is damaged: its checksum does not match"},
        {W2B_KIND_SCALES, "block 0 of the scales is damaged: its checksum does not match"},
        {W2B_KIND_CODES, "block 0 of the codes is damaged: its checksum does not match"},
        {W2B_KIND_MARKS, "block 0 of the index marks is damaged: its checksum does not match"},
    };
    w2b_model *truth = sample_model(&small), *model = NULL;
    size_t size;
    uint8_t *file = sample_file(truth, &size);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t at = sample_block(file, cases[i].kind);
        w2b_diag diag;
        file[at + 1] ^= 4;
        const char *path = scratch_write("damaged.w2b", file, size);
        assert_int_equal(w2b_verify(path, &diag), W2B_ERR_CORRUPT);
        assert_string_equal(diag.text, cases[i].text);
        assert_string_equal(diag.path, path);
        assert_int_equal(diag.offset, at);
        assert_int_equal(w2b_model_open(path, NULL, &model, &diag), W2B_OK);
        assert_true(sample_read_all(model, truth) > 0);
        if (cases[i].kind == W2B_KIND_CODES) {
            float vector[5];
            assert_int_equal(w2b_model_vector(model, 3, vector, &diag), W2B_ERR_CORRUPT);
            assert_int_equal(diag.offset, at);
        }
        w2b_model_free(model);
        file[at + 1] ^= 4;
    }
    w2b_free(file);
    w2b_model_free(truth);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    w2b_model *truth = sample_model(&small), *model = NULL;
    size_t size;
    uint8_t *file = sample_file(truth, &size);
    for (size_t n = 0; n < size; n++)
        assert_int_equal(sample_open(file, n, &model, NULL), W2B_ERR_FORMAT);
    uint8_t *longer = w2b_alloc_zero(size + 1, 1);
    memcpy(longer, file, size);
    w2b_diag diag;
    assert_int_equal(sample_open(longer, size + 1, &model, &diag), W2B_ERR_FORMAT);
    assert_non_null(strstr(diag.text, "too long"));
    const char *path = scratch_write("cut.w2b", file, size / 2);
    assert_int_equal(w2b_model_open(path, NULL, &model, &diag), W2B_ERR_FORMAT);
    assert_non_null(strstr(diag.text, "truncated"));
    assert_string_equal(diag.path, path);
    path = scratch_write("empty.w2b", file, 0);
    assert_int_equal(w2b_verify(path, &diag), W2B_ERR_FORMAT);
    assert_int_equal(w2b_verify(scratch_path("missing"), &diag), W2B_ERR_IO);
    assert_int_equal(w2b_verify(scratch_path(""), &diag), W2B_ERR_IO);
    w2b_free(longer);
    w2b_free(file);
    w2b_model_free(truth);
}

/* ----- Lies with checksums that match ------------------------------------- */

typedef enum place {
    HEADER,   /* from the begin of the file */
    ENTRY,    /* from the directory's entry of section `kind` */
    BLOCK,    /* from the first block of section `kind` */
    DIRECTORY /* from the begin of the directory */
} place;

typedef struct lie {
    place place;
    uint32_t kind;
    size_t offset;
    int width;
    uint64_t value;
    w2b_err open, verify;
} lie;

static size_t place_of(const uint8_t *file, const lie *l)
{
    switch (l->place) {
    case ENTRY:
        return sample_section(file, l->kind) + l->offset;
    case BLOCK:
        return sample_block(file, l->kind) + l->offset;
    case DIRECTORY:
        return (size_t)w2b_get_u64(file + W2B_HEADER_DIRECTORY) + l->offset;
    case HEADER:
        break;
    }
    return l->offset;
}

static void put(uint8_t *to, int width, uint64_t value)
{
    for (int i = 0; i < width; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static void try_lies(const sample_shape *shape, const lie *lies, size_t n)
{
    w2b_model *truth = sample_model(shape);
    size_t size;
    uint8_t *file = sample_file(truth, &size), *copy = w2b_alloc(size, 1);
    for (size_t i = 0; i < n; i++) {
        w2b_model *model = NULL;
        w2b_diag diag = {0};
        memcpy(copy, file, size);
        const size_t at = place_of(file, &lies[i]);
        assert_true(at != 0 && at + (size_t)lies[i].width <= size);
        put(copy + at, lies[i].width, lies[i].value);
        sample_reseal(copy, size);
        assert_memory_not_equal(copy, file, size);
        w2b_err err = sample_open(copy, size, &model, &diag);
        if (err != lies[i].open)
            fail_msg("lie %zu: opening gives %d %s", i, err, diag.text);
        if (!err) {
            sample_touch_all(model);
            w2b_model_free(model);
        }
        err = sample_verify(copy, size, &diag);
        if (err != lies[i].verify)
            fail_msg("lie %zu: verifying gives %d %s", i, err, diag.text);
    }
    w2b_free(copy);
    w2b_free(file);
    w2b_model_free(truth);
}

#define REFUSED W2B_ERR_FORMAT, W2B_ERR_FORMAT
#define NEWER W2B_ERR_VERSION, W2B_ERR_VERSION
#define FOUND W2B_OK, W2B_ERR_CORRUPT

static void lying_headers_are_refused(void **state)
{
    static const lie lies[] = {
        {HEADER, 0, W2B_HEADER_MAJOR, 2, 2, NEWER},
        {HEADER, 0, W2B_HEADER_FLAGS, 4, 1, NEWER},
        {HEADER, 0, W2B_HEADER_RESERVED, 8, 1, NEWER},
        {HEADER, 0, W2B_HEADER_FILE_SIZE, 8, UINT64_MAX, REFUSED},
        {HEADER, 0, W2B_HEADER_FILE_SIZE, 8, 64, REFUSED},
        {HEADER, 0, W2B_HEADER_DIRECTORY, 8, 0, REFUSED},
        {HEADER, 0, W2B_HEADER_DIRECTORY, 8, UINT64_MAX - 7, REFUSED},
        {HEADER, 0, W2B_HEADER_DIRECTORY, 8, 64, REFUSED},
        {HEADER, 0, W2B_HEADER_DIRECTORY_SIZE, 8, 7, REFUSED},
        {HEADER, 0, W2B_HEADER_DIRECTORY_SIZE, 8, UINT64_MAX, REFUSED},
        {DIRECTORY, 0, 0, 4, 0, REFUSED},
        {DIRECTORY, 0, 0, 4, 9, REFUSED},
        {DIRECTORY, 0, 0, 4, 11, REFUSED},
        {DIRECTORY, 0, 0, 4, UINT32_MAX, REFUSED},
        {DIRECTORY, 0, 4, 4, 1, REFUSED},
    };
    (void)state;
    try_lies(&small, lies, sizeof lies / sizeof *lies);
}

static void lying_directories_are_refused(void **state)
{
    static const lie lies[] = {
        {ENTRY, W2B_KIND_CODES, 0, 4, W2B_KIND_SCALES, REFUSED},
        {ENTRY, W2B_KIND_CODES, 0, 4, 99, REFUSED},
        {ENTRY, W2B_KIND_COUNTS, 0, 4, W2B_KIND_WORDS, REFUSED},
        {ENTRY, W2B_KIND_SCALES, 24, 8, 2, REFUSED},
        {ENTRY, W2B_KIND_CODES, 4, 4, 1, NEWER},
        {ENTRY, W2B_KIND_CODES, 8, 8, UINT64_MAX, REFUSED},
        {ENTRY, W2B_KIND_CODES, 8, 8, 95, REFUSED},
        {ENTRY, W2B_KIND_CODES, 16, 4, 0, REFUSED},
        {ENTRY, W2B_KIND_CODES, 16, 4, 95, REFUSED},
        {ENTRY, W2B_KIND_CODES, 16, 4, 1 << 21, REFUSED},
        {ENTRY, W2B_KIND_CODES, 20, 4, 1, REFUSED},
        {ENTRY, W2B_KIND_CODES, 24, 8, 0, REFUSED},
        {ENTRY, W2B_KIND_CODES, 24, 8, UINT64_MAX / W2B_BLOCK_ENTRY + 2, REFUSED},
        {ENTRY, W2B_KIND_CODES, 32, 8, 64, REFUSED},
        {ENTRY, W2B_KIND_CODES, 32, 8, UINT64_MAX - 31, REFUSED},
        {ENTRY, W2B_KIND_CODES, 40, 4, 0, REFUSED},
        {ENTRY, W2B_KIND_CODES, 40, 4, 97, REFUSED},
        {ENTRY, W2B_KIND_CODES, 40, 4, 80, FOUND},
        {ENTRY, W2B_KIND_CODES, 40, 4, UINT32_MAX, REFUSED},
        {ENTRY, W2B_KIND_CODES, 44, 4, 0, REFUSED},
        {ENTRY, W2B_KIND_CODES, 44, 4, 1 << 20, REFUSED},
        {ENTRY, W2B_KIND_CODES, 44, 4, UINT32_MAX, REFUSED},
        {ENTRY, W2B_KIND_WORDS, 44, 4, 1 << 21, REFUSED},
        {ENTRY, W2B_KIND_STARTS, 16, 4, 3, REFUSED},
        {ENTRY, W2B_KIND_SCALES, 16, 4, 64, REFUSED},
    };
    (void)state;
    try_lies(&small, lies, sizeof lies / sizeof *lies);
}

static void lying_shapes_are_refused(void **state)
{
    static const lie lies[] = {
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_WORDS, 8, 0, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_WORDS, 8, 47, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_WORDS, 8, 49, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_WORDS, 8, UINT32_MAX - 1, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_WORDS, 8, UINT64_MAX, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_DIM, 4, 0, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_DIM, 4, 4, FOUND},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_DIM, 4, 6, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_DIM, 4, UINT32_MAX, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_BITS, 4, 0, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_BITS, 4, 9, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_BITS, 4, 32, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_METHOD, 4, W2B_METHOD_FLOAT, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_METHOD, 4, 77, NEWER},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_UNIT, 4, 0, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_UNIT, 4, 0x7f800000, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_UNIT, 4, 0xbf800000, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_UNIT, 4, 0x007fffff, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_STRIDE, 8, 3, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_STRIDE, 8, UINT64_MAX, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_CODE_ROWS, 4, 0, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_CODE_ROWS, 4, 3, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_CODE_ROWS, 4, UINT32_C(1) << 31, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_WORD_ROWS, 4, 0, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_WORD_ROWS, 4, 32, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_WORD_ROWS, 4, UINT32_C(1) << 31, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_BUCKETS, 4, 0, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_BUCKETS, 4, 7, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_BUCKETS, 4, UINT32_MAX, REFUSED},
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_RESERVED, 1, 1, REFUSED},
        {BLOCK, W2B_KIND_META, 0, 1, '[', REFUSED},
        {BLOCK, W2B_KIND_META, 9, 1, ' ', REFUSED},
        {BLOCK, W2B_KIND_LEVELS, 0, 1, 0x80, REFUSED},
        {BLOCK, W2B_KIND_LEVELS, 0, 1, 127, REFUSED},
        {ENTRY, W2B_KIND_META, 0, 4, 99, REFUSED},
        {ENTRY, W2B_KIND_LEVELS, 0, 4, 99, REFUSED},
        {ENTRY, W2B_KIND_SHAPE, 0, 4, 99, REFUSED},
        {ENTRY, W2B_KIND_WORDS, 0, 4, 99, REFUSED},
        {ENTRY, W2B_KIND_ROWS, 0, 4, 99, REFUSED},
    };
    static const lie of_words[] = {
        {BLOCK, W2B_KIND_SHAPE, W2B_SHAPE_WORD_ROWS, 4, 32, REFUSED},
    };
    sample_shape without_counts = small;
    (void)state;
    try_lies(&small, lies, sizeof lies / sizeof *lies);
    without_counts.counts = 0;
    try_lies(&without_counts, of_words, 1);
}

/* Sections of unknown kinds are passed over: here the counts become one. */
static void unknown_sections_are_ignored(void **state)
{
    static const lie lies[] = {{ENTRY, W2B_KIND_COUNTS, 0, 4, 99, W2B_OK, W2B_OK}};
    (void)state;
    try_lies(&small, lies, 1);
}

/* These open, for opening reads none of it; reading must be safe. */
static void lying_contents_are_found(void **state)
{
    static const sample_shape plain = {.words = 20, .dim = 5, .bits = 3,
                                       .method = W2B_METHOD_GAUSS, .counts = 1, .seed = 4};
    static const lie lies[] = {
        {BLOCK, W2B_KIND_STARTS, 0, 4, 1, FOUND},
        {BLOCK, W2B_KIND_STARTS, 4, 4, UINT32_MAX, FOUND},
        {BLOCK, W2B_KIND_STARTS, 4, 4, 0, FOUND},
        {BLOCK, W2B_KIND_STARTS, 12, 4, 21, FOUND},
        {BLOCK, W2B_KIND_STARTS, 12, 4, 19, FOUND},
        {BLOCK, W2B_KIND_ROWS, 0, 4, 20, FOUND},
        {BLOCK, W2B_KIND_ROWS, 0, 4, UINT32_MAX, FOUND},
        {BLOCK, W2B_KIND_ROWS, 4, 4, 0, FOUND},
        {BLOCK, W2B_KIND_MARKS, 3, 2, 0x5a5a, FOUND},
        {BLOCK, W2B_KIND_WORDS, 0, 1, 127, FOUND},
        {BLOCK, W2B_KIND_WORDS, 0, 1, 0x80, FOUND},
        {BLOCK, W2B_KIND_WORDS, 0, 8, UINT64_MAX, FOUND},
        {BLOCK, W2B_KIND_WORDS, 21, 1, '\n', FOUND},
        {BLOCK, W2B_KIND_WORDS, 21, 1, 'x', FOUND},
        {BLOCK, W2B_KIND_COUNTS, 0, 8, UINT64_MAX, FOUND},
        {BLOCK, W2B_KIND_COUNTS, 0, 2, 0, FOUND},
        {BLOCK, W2B_KIND_SCALES, 0, 2, 0x7c00, FOUND},
        {BLOCK, W2B_KIND_SCALES, 2, 2, 0xfe00, FOUND},
        {BLOCK, W2B_KIND_CODES, 1, 1, 0x80, FOUND},
    };
    (void)state;
    try_lies(&plain, lies, sizeof lies / sizeof *lies);
}

static void infinite_numbers_are_found(void **state)
{
    static const sample_shape half = {.words = 20, .dim = 5, .bits = 16,
                                      .method = W2B_METHOD_FLOAT, .seed = 4};
    static const sample_shape single = {.words = 20, .dim = 5, .bits = 32,
                                        .method = W2B_METHOD_FLOAT, .seed = 4};
    static const lie of_half[] = {{BLOCK, W2B_KIND_CODES, 4, 2, 0xfc00, FOUND},
                                  {BLOCK, W2B_KIND_CODES, 198, 2, 0x7e01, FOUND}};
    static const lie of_single[] = {{BLOCK, W2B_KIND_CODES, 4, 4, 0x7f800000, FOUND},
                                    {BLOCK, W2B_KIND_CODES, 396, 4, 0xffc00000, FOUND}};
    (void)state;
    try_lies(&half, of_half, 2);
    try_lies(&single, of_single, 2);
}

static void swap_bytes(uint8_t *a, uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
}

/* Two buckets of the same size change places: all is in order, but nowhere. */
static void buckets_of_words_are_checked(void **state)
{
    sample_shape shape = small;
    (void)state;
    shape.words = 400;
    w2b_model *truth = sample_model(&shape);
    size_t size;
    uint8_t *file = sample_file(truth, &size);
    const uint8_t *starts = file + sample_block(file, W2B_KIND_STARTS);
    size_t bucket = 0, first, n, other;
    do {
        first = w2b_get_u32(starts + 4 * bucket);
        other = w2b_get_u32(starts + 4 * bucket + 4);
        n = other - first;
        bucket++;
    } while (n == 0 || w2b_get_u32(starts + 4 * bucket + 4) - other != n);
    uint8_t *marks = file + sample_block(file, W2B_KIND_MARKS);
    uint8_t *rows = file + sample_block(file, W2B_KIND_ROWS);
    swap_bytes(marks + first, marks + other, n);
    swap_bytes(rows + 4 * first, rows + 4 * other, 4 * n);
    sample_reseal(file, size);
    w2b_diag diag;
    assert_int_equal(sample_verify(file, size, &diag), W2B_ERR_CORRUPT);
    assert_non_null(strstr(diag.text, "a word is in the wrong bucket"));
    w2b_free(file);
    w2b_model_free(truth);
}

/* Two entries of one bucket change places: each word is still found. */
static void order_within_buckets_is_checked(void **state)
{
    (void)state;
    w2b_model *truth = sample_model(&small), *model = NULL;
    size_t size;
    uint8_t *file = sample_file(truth, &size);
    const uint8_t *starts = file + sample_block(file, W2B_KIND_STARTS);
    uint8_t *marks = file + sample_block(file, W2B_KIND_MARKS);
    uint8_t *rows = file + sample_block(file, W2B_KIND_ROWS);
    size_t bucket = 0;
    while (w2b_get_u32(starts + 4 * bucket + 4) - w2b_get_u32(starts + 4 * bucket) < 2)
        bucket++;
    const size_t e = w2b_get_u32(starts + 4 * bucket);
    swap_bytes(marks + e, marks + e + 1, 1);
    swap_bytes(rows + 4 * e, rows + 4 * e + 4, 4);
    sample_reseal(file, size);
    assert_int_equal(sample_open(file, size, &model, NULL), W2B_OK);
    assert_int_equal(sample_read_all(model, truth), 0);
    w2b_model_free(model);
    w2b_diag diag;
    assert_int_equal(sample_verify(file, size, &diag), W2B_ERR_CORRUPT);
    assert_non_null(strstr(diag.text, "its rows are out of order"));
    w2b_free(file);
    w2b_model_free(truth);
}

/* ----- The outer form by hand --------------------------------------------- */

/* One section made of pieces; the file is put into *size bytes. */
static uint8_t *pack(const w2b_piece *pieces, size_t n, uint32_t block_size, int level,
                     size_t *size)
{
    w2b_out *out = NULL;
    w2b_packer *packer = NULL;
    const char *path = scratch_path("packed.w2b");
    assert_int_equal(w2b_out_open(path, 1, &out, NULL), W2B_OK);
    assert_int_equal(w2b_packer_new(out, &packer, NULL), W2B_OK);
    assert_int_equal(w2b_packer_begin(packer, (w2b_kind)50, block_size, NULL), W2B_OK);
    assert_int_equal(w2b_packer_add(packer, pieces, n, level, NULL), W2B_OK);
    assert_int_equal(w2b_packer_begin(packer, (w2b_kind)51, 0, NULL), W2B_OK);
    assert_int_equal(w2b_packer_finish(packer, NULL), W2B_OK);
    w2b_packer_free(packer);
    assert_int_equal(w2b_out_commit(out, NULL), W2B_OK);
    const char *bytes = scratch_read(path, size);
    uint8_t *file = w2b_alloc(*size, 1);
    assert_true(bytes && file);
    memcpy(file, bytes, *size);
    return file;
}

static w2b_container *open_copy(const uint8_t *file, size_t size, w2b_err want)
{
    uint8_t *copy = w2b_alloc(size, 1);
    memcpy(copy, file, size);
    w2b_image image = {.bytes = copy, .size = size};
    w2b_container *container = NULL;
    assert_int_equal(w2b_container_open(&image, "bytes", &container, NULL), want);
    return container;
}

static void blocks_come_back(void **state)
{
    enum { PIECES = 150,
           PIECE = 1000 };
    static uint8_t bytes[PIECES][PIECE];
    w2b_piece pieces[PIECES];
    (void)state;
    for (size_t i = 0; i < PIECES; i++) {
        for (size_t k = 0; k < PIECE; k++)
            bytes[i][k] = (uint8_t)(i % 3 ? k / 100 + i : scratch_random());
        pieces[i] = (w2b_piece){.bytes = bytes[i], .size = PIECE - (i == PIECES - 1)};
    }
    for (int level = 0; level <= 5; level += 5) {
        size_t file_size;
        uint8_t *file = pack(pieces, PIECES, PIECE, level, &file_size);
        w2b_container *container = open_copy(file, file_size, W2B_OK);
        const w2b_chunk *chunk = w2b_container_find(container, 50);
        assert_true(chunk && chunk->blocks == PIECES && chunk->begin % W2B_SECTION_ALIGN == 0);
        assert_int_equal(chunk->raw_size, PIECES * PIECE - 1);
        assert_true(level == 0 ? chunk->stored_size == chunk->raw_size
                               : chunk->stored_size < chunk->raw_size / 2);
        const uint8_t *first = NULL;
        for (size_t i = 0; i < PIECES; i++) {
            const uint8_t *raw, *again;
            size_t size;
            assert_int_equal(w2b_container_block(container, chunk, i, &raw, &size, NULL), W2B_OK);
            assert_int_equal(size, pieces[i].size);
            assert_memory_equal(raw, pieces[i].bytes, size);
            assert_int_equal(w2b_container_block(container, chunk, i, &again, &size, NULL),
                             W2B_OK);
            assert_ptr_equal(raw, again);
            first = i == 0 ? raw : first;
            assert_true(level != 0 || raw == first + i * PIECE);
        }
        assert_int_equal(w2b_container_check(container, NULL), W2B_OK);
        w2b_container_free(container);
        w2b_free(file);
    }
}

/* The raw bytes of a section, from w2b_alloc. */
static uint8_t *whole_section(const w2b_container *container, const w2b_chunk *chunk)
{
    uint8_t *bytes = w2b_alloc((size_t)chunk->raw_size, 1);
    size_t at = 0;
    for (uint64_t b = 0; b < chunk->blocks; b++) {
        const uint8_t *raw;
        size_t size;
        assert_int_equal(w2b_container_block(container, chunk, b, &raw, &size, NULL), W2B_OK);
        memcpy(bytes + at, raw, size);
        at += size;
    }
    return bytes;
}

typedef struct repack {
    uint32_t code_rows;
    uint32_t index_entries; /* a block */
    int level;              /* of what is raw in our files */
} repack;

/* The same model in other blocks and in another order of sections. */
static void write_repacked(const uint8_t *file, size_t size, const repack *how, const char *path)
{
    static const w2b_kind order[] = {
        W2B_KIND_SCALES, W2B_KIND_CODES,  W2B_KIND_MARKS,  W2B_KIND_STARTS, W2B_KIND_ROWS,
        W2B_KIND_WORDS,  W2B_KIND_LEVELS, W2B_KIND_COUNTS, W2B_KIND_META,   W2B_KIND_SHAPE,
    };
    w2b_out *out = NULL;
    w2b_packer *packer = NULL;
    w2b_container *container = open_copy(file, size, W2B_OK);
    const size_t stride = w2b_get_u64(file + sample_block(file, W2B_KIND_SHAPE) +
                                      W2B_SHAPE_STRIDE);
    assert_int_equal(w2b_out_open(path, 1, &out, NULL), W2B_OK);
    assert_int_equal(w2b_packer_new(out, &packer, NULL), W2B_OK);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const w2b_chunk *chunk = w2b_container_find(container, order[i]);
        const size_t n = (size_t)chunk->raw_size;
        uint8_t *bytes = whole_section(container, chunk);
        uint32_t block_size = (uint32_t)n;
        if (order[i] == W2B_KIND_SHAPE)
            w2b_put_u32(bytes + W2B_SHAPE_CODE_ROWS, how->code_rows);
        if (order[i] == W2B_KIND_CODES)
            block_size = how->code_rows * (uint32_t)stride;
        if (order[i] == W2B_KIND_SCALES)
            block_size = how->code_rows * 4;
        if (order[i] == W2B_KIND_MARKS)
            block_size = how->index_entries;
        if (order[i] == W2B_KIND_STARTS || order[i] == W2B_KIND_ROWS)
            block_size = how->index_entries * 4;
        if (order[i] == W2B_KIND_WORDS || order[i] == W2B_KIND_COUNTS)
            block_size = 0;
        assert_int_equal(w2b_packer_begin(packer, order[i], block_size, NULL), W2B_OK);
        const size_t step = block_size ? block_size : n;
        for (size_t at = 0; at < n; at += step) {
            const w2b_piece piece = {bytes + at, n - at < step ? n - at : step};
            assert_int_equal(w2b_packer_add(packer, &piece, 1, how->level, NULL), W2B_OK);
        }
        w2b_free(bytes);
    }
    assert_int_equal(w2b_packer_finish(packer, NULL), W2B_OK);
    w2b_packer_free(packer);
    assert_int_equal(w2b_out_commit(out, NULL), W2B_OK);
    w2b_container_free(container);
}

/* Readers take what the file says, and our writer makes its own file of it. */
static void read_repacked(const sample_shape *shape, const repack *how)
{
    w2b_model *truth = sample_model(shape), *model = NULL;
    size_t size, n;
    uint8_t *file = sample_file(truth, &size);
    const char *path = scratch_path("repacked.w2b");
    write_repacked(file, size, how, path);
    w2b_diag diag;
    if (w2b_model_open(path, NULL, &model, &diag) || w2b_verify(path, &diag))
        fail_msg("%s", diag.text);
    assert_int_equal(w2b_model_block_rows(model), how->code_rows);
    sample_expect_equal(model, truth);
    uint8_t *again = sample_file(model, &n);
    assert_int_equal(n, size);
    assert_memory_equal(again, file, size);
    w2b_free(again);
    w2b_free(file);
    w2b_model_free(model);
    w2b_model_free(truth);
}

static void other_block_sizes_are_read(void **state)
{
    static const sample_shape wide = {.words = 1000, .dim = 2000, .bits = 3, .counts = 1,
                                      .method = W2B_METHOD_UNIFORM, .prefix = "w", .seed = 8};
    (void)state;
    read_repacked(&small, &(repack){.code_rows = 4, .index_entries = 1});
    read_repacked(&small, &(repack){.code_rows = 16, .index_entries = 7});
    assert_true(w2b_code_rows(750) == 256);
    read_repacked(&wide, &(repack){.code_rows = 1024, .index_entries = 1000});
}

/* Metadata that shrinks, where nothing may be compressed but words, counts and
 * codes. */
static void compressed_sections_are_refused(void **state)
{
    static const char metadata[] =
        "{\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}";
    const repack how = {.code_rows = 64, .index_entries = 100, .level = 5};
    sample_shape shape = small;
    (void)state;
    shape.metadata = metadata;
    w2b_model *truth = sample_model(&shape), *model = NULL;
    size_t size;
    uint8_t *file = sample_file(truth, &size);
    const char *path = scratch_path("repacked.w2b");
    write_repacked(file, size, &how, path);
    w2b_diag diag;
    assert_int_equal(w2b_model_open(path, NULL, &model, &diag), W2B_ERR_FORMAT);
    assert_string_equal(diag.text, "a section is compressed that may not be");
    w2b_free(file);
    w2b_model_free(truth);
}

static w2b_err read_stream(const void *bytes, size_t size, w2b_model **model)
{
    w2b_open_options options;
    w2b_stream *stream = NULL;
    w2b_open_defaults(&options);
    const char *path = scratch_write("stream.w2b", bytes, size);
    assert_int_equal(w2b_stream_open(path, &stream, NULL), W2B_OK);
    const w2b_err err = w2b_w2b_read(stream, &options, model, NULL);
    w2b_stream_close(stream);
    return err;
}

/* What comes through a pipe or out of a compressed file is never mapped. */
static void streams_are_read_like_files(void **state)
{
    (void)state;
    sample_shape large = small;
    large.words = 30000;
    w2b_model *truth = sample_model(&large), *model = NULL;
    size_t size;
    uint8_t *file = sample_file(truth, &size), *longer = w2b_alloc_zero(size + 5, 1);
    memcpy(longer, file, size);
    assert_int_equal(read_stream(file, size, &model), W2B_OK);
    sample_expect_equal(model, truth);
    w2b_model_free(model);
    assert_int_equal(read_stream(longer, size + 1, &model), W2B_ERR_FORMAT);
    assert_int_equal(read_stream(longer, size + 5, &model), W2B_ERR_FORMAT);
    for (size_t n = 1; n < size; n += size / 10)
        assert_int_equal(read_stream(file, n, &model), W2B_ERR_FORMAT);
    for (uint64_t claim = 0; claim < 5; claim++) {
        w2b_put_u64(longer + W2B_HEADER_FILE_SIZE, claim < 3 ? claim : 1 - claim);
        sample_reseal(longer, size);
        assert_int_equal(read_stream(longer, size, &model), W2B_ERR_FORMAT);
    }
    w2b_free(longer);
    w2b_free(file);
    w2b_model_free(truth);
}

/* A frame that holds more, or less, than the directory says; and two frames. */
static void frames_must_be_what_they_say(void **state)
{
    static uint8_t zeros[200000];
    const w2b_piece piece = {.bytes = zeros, .size = sizeof zeros};
    (void)state;
    size_t size;
    uint8_t *file = pack(&piece, 1, 0, 3, &size);
    const size_t at = sample_section(file, 50);
    for (int wrong = -1; wrong <= 1; wrong += 2) {
        const uint32_t raw = (uint32_t)((int)sizeof zeros + wrong);
        w2b_put_u32(file + at + W2B_SECTION_ENTRY + 12, raw);
        w2b_put_u64(file + at + 8, raw);
        sample_reseal(file, size);
        w2b_container *container = open_copy(file, size, W2B_OK);
        const uint8_t *bytes;
        size_t n;
        w2b_diag diag;
        assert_int_equal(w2b_container_block(container, w2b_container_find(container, 50), 0,
                                             &bytes, &n, &diag),
                         W2B_ERR_CORRUPT);
        assert_non_null(strstr(diag.text, "does not decompress"));
        w2b_container_free(container);
    }
    w2b_free(file);

    /* Stored as if raw, then declared compressed: two frames of half each. */
    uint8_t frames[1000];
    size_t half = ZSTD_compress(frames, sizeof frames, zeros, 100000, 3);
    half += ZSTD_compress(frames + half, sizeof frames - half, zeros, 100000, 3);
    file = pack(&(w2b_piece){.bytes = frames, .size = half}, 1, 0, 0, &size);
    w2b_put_u32(file + sample_section(file, 50) + W2B_SECTION_ENTRY + 12, sizeof zeros);
    w2b_put_u64(file + sample_section(file, 50) + 8, sizeof zeros);
    sample_reseal(file, size);
    w2b_container *container = open_copy(file, size, W2B_OK);
    assert_int_equal(w2b_container_check(container, NULL), W2B_ERR_CORRUPT);
    w2b_container_free(container);
    w2b_free(file);
}

/* Random changes with right checksums: anything may come of them but a crash. */
static void random_lies_are_survived(void **state)
{
    (void)state;
    w2b_model *truth = sample_model(&small);
    size_t size, opened = 0;
    uint8_t *file = sample_file(truth, &size), *copy = w2b_alloc(size, 1);
    for (int i = 0; i < 4000; i++) {
        w2b_model *model = NULL;
        memcpy(copy, file, size);
        for (uint64_t n = scratch_random() % 3 + 1; n > 0; n--)
            copy[W2B_HEADER_SIZE + scratch_random() % (size - W2B_HEADER_SIZE)] ^=
                (uint8_t)(1 << scratch_random() % 8);
        sample_reseal(copy, size);
        if (sample_open(copy, size, &model, NULL) == W2B_OK) {
            sample_touch_all(model);
            w2b_model_free(model);
            opened++;
        }
        sample_verify(copy, size, NULL);
    }
    assert_true(opened > 100);
    w2b_free(copy);
    w2b_free(file);
    w2b_model_free(truth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(damage_is_named),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(lying_headers_are_refused),
        cmocka_unit_test(lying_directories_are_refused),
        cmocka_unit_test(lying_shapes_are_refused),
        cmocka_unit_test(unknown_sections_are_ignored),
        cmocka_unit_test(lying_contents_are_found),
        cmocka_unit_test(infinite_numbers_are_found),
        cmocka_unit_test(buckets_of_words_are_checked),
        cmocka_unit_test(order_within_buckets_is_checked),
        cmocka_unit_test(blocks_come_back),
        cmocka_unit_test(other_block_sizes_are_read),
        cmocka_unit_test(compressed_sections_are_refused),
        cmocka_unit_test(streams_are_read_like_files),
        cmocka_unit_test(frames_must_be_what_they_say),
        cmocka_unit_test(random_lies_are_survived),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
