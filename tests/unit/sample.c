/*
 * sample.c - small models for tests.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "io/container.h"
#include "io/inside.h"
#include "io/little.h"
#include "io/mapped.h"
#include "quant/num.h"
#include "quant/scheme.h"
#include "tests/unit/sample.h"
#include "tests/unit/scratch.h"

#define CHECK(condition) check(!!(condition), #condition, __LINE__)

static void check(int condition, const char *text, int line)
{
    if (condition)
        return;
    fprintf(stderr, "sample.c:%d: %s does not hold\n", line, text);
    exit(1);
}

/* ----- Models ------------------------------------------------------------- */

/* Different words, also where they are random. Returns the length. */
static size_t make_word(const sample_shape *shape, uint64_t i, w2b_rng *rng, char *to, size_t room)
{
    if (shape->prefix) {
        const int n = snprintf(to, room, "%s%llu", shape->prefix, (unsigned long long)i);
        CHECK(n > 0 && (size_t)n < room);
        return (size_t)n;
    }
    size_t n = w2b_rng_below(rng, 12);
    for (size_t k = 0; k < n; k++) {
        to[k] = (char)w2b_rng_below(rng, 255);
        if (to[k] == '\n')
            to[k] = '\0';
    }
    to[n++] = (char)0xff;
    for (; i != 0; i /= 64)
        to[n++] = (char)(0x80 + i % 64);
    return n;
}

static void make_words(const sample_shape *shape, w2b_rng *rng, w2b_parts *parts)
{
    char word[256];
    size_t room = 0, used = 0;
    void *bytes = NULL;
    parts->starts = w2b_alloc((size_t)shape->words + 1, sizeof *parts->starts);
    CHECK(parts->starts);
    for (uint64_t i = 0; i < shape->words; i++) {
        const size_t n = make_word(shape, i, rng, word, sizeof word);
        CHECK(w2b_grow(&bytes, &room, used + n + 1, 1) == 0);
        parts->starts[i] = used;
        memcpy((char *)bytes + used, word, n);
        used += n;
        ((char *)bytes)[used++] = '\0';
    }
    parts->starts[shape->words] = used;
    parts->bytes = bytes;
}

/* What a method learns from rows that are any. */
static void make_params(const sample_shape *shape, w2b_rng *rng, w2b_parts *parts)
{
    enum { ROWS = 60 };
    const size_t size = w2b_code_params_room(&parts->code);
    const size_t room_size = w2b_code_train_room(&parts->code, ROWS);
    if (!parts->code.scheme->train)
        return;
    float *rows = w2b_alloc(ROWS, shape->dim * sizeof *rows);
    void *room = room_size ? w2b_pages(room_size) : NULL;
    parts->params = size ? w2b_alloc(size, 1) : NULL;
    CHECK(rows && (room || !room_size) && (parts->params || !size));
    for (size_t i = 0; i < ROWS * (size_t)shape->dim; i++)
        rows[i] = (float)(w2b_rng_unit(rng) + w2b_rng_unit(rng) - 0.9);
    const w2b_lesson lesson = {.rows = rows, .n = ROWS, .seed = shape->seed, .threads = 1};
    w2b_code_train(&parts->code, &lesson, parts->params, room);
    if (room)
        w2b_pages_free(room, room_size);
    w2b_free(rows);
}

/* Any codes, but finite numbers and no unused bits. */
static void make_codes(const sample_shape *shape, w2b_rng *rng, w2b_parts *parts)
{
    const size_t stride = parts->code.stride, n = (size_t)shape->words * stride;
    const size_t packed = (size_t)shape->dim * shape->bits;
    parts->code_room = n;
    parts->codes = w2b_pages(n);
    CHECK(parts->codes);
    for (size_t i = 0; i < n; i++) {
        uint8_t byte = (uint8_t)w2b_rng_below(rng, 256);
        if (shape->bits == 16 && i % 2 == 1)
            byte &= 0xfb;
        if (shape->bits == 32 && i % 4 == 2)
            byte &= 0x7f;
        if (parts->code.scheme->is_packed && packed % 8 != 0 && i % stride == packed / 8)
            byte &= (uint8_t)((1u << packed % 8) - 1);
        parts->codes[i] = byte;
    }
    if (shape->bits > 8)
        return;
    parts->scales = w2b_alloc((size_t)shape->words, sizeof *parts->scales);
    CHECK(parts->scales);
    for (uint64_t i = 0; i < shape->words; i++)
        parts->scales[i] = (uint16_t)(w2b_rng_below(rng, 65536) & 0x7bff);
}

void sample_parts(const sample_shape *shape, w2b_parts *parts)
{
    w2b_rng rng;
    w2b_rng_seed(&rng, shape->seed, shape->words);
    *parts = (w2b_parts){.words = shape->words};
    CHECK(w2b_code_init(&parts->code, shape->method, shape->bits, shape->dim) == 0);
    make_words(shape, &rng, parts);
    make_params(shape, &rng, parts);
    make_codes(shape, &rng, parts);
    if (shape->counts) {
        uint64_t count = (uint64_t)1 << 40;
        parts->counts = w2b_alloc((size_t)shape->words, sizeof *parts->counts);
        CHECK(parts->counts);
        for (uint64_t i = 0; i < shape->words; i++) {
            parts->counts[i] = count;
            count -= count / (2 + w2b_rng_below(&rng, 20));
        }
    }
    if (shape->metadata) {
        const size_t n = strlen(shape->metadata) + 1;
        parts->metadata = w2b_alloc(n, 1);
        CHECK(parts->metadata);
        memcpy(parts->metadata, shape->metadata, n);
    }
}

w2b_model *sample_model(const sample_shape *shape)
{
    w2b_parts parts;
    w2b_model *model = NULL;
    w2b_diag diag;
    sample_parts(shape, &parts);
    if (w2b_model_make(&parts, &model, &diag))
        fprintf(stderr, "%s\n", diag.text);
    CHECK(model);
    return model;
}

/* ----- Comparing ---------------------------------------------------------- */

double sample_cosine(const float *a, const float *b, size_t dim)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < dim; i++) {
        ab += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
    }
    return aa > 0 && bb > 0 ? ab / (sqrt(aa) * sqrt(bb)) : 0;
}

static size_t read_word(const w2b_model *model, const w2b_model *truth, uint64_t row)
{
    size_t length, n, refused = 0;
    const char *right = w2b_model_word(truth, row, &length);
    const char *word = w2b_model_word(model, row, &n);
    CHECK(right);
    refused += !word;
    if (word)
        CHECK(n == length && memcmp(word, right, length) == 0 && word[n] == '\0');
    const int64_t found = w2b_model_find(model, right, length);
    CHECK(found < 0 || found == w2b_model_find(truth, right, length));
    refused += found < 0;
    const uint64_t count = w2b_model_count(model, row);
    CHECK(count == 0 || count == w2b_model_count(truth, row));
    return refused + (count != w2b_model_count(truth, row));
}

static size_t read_codes(const w2b_model *model, const w2b_model *truth, uint64_t row)
{
    const uint8_t *right = NULL, *codes = NULL;
    uint16_t right_scale = 0, scale = 0;
    float *vector = w2b_alloc(w2b_model_code(model)->dim, sizeof *vector);
    CHECK(vector && w2b_model_row(truth, row, &right, &right_scale, NULL) == W2B_OK);
    const w2b_err err = w2b_model_row(model, row, &codes, &scale, NULL);
    CHECK(w2b_model_vector(model, row, vector, NULL) == err);
    if (!err)
        CHECK(scale == right_scale && memcmp(codes, right, w2b_model_code(truth)->stride) == 0);
    w2b_free(vector);
    return err != W2B_OK;
}

size_t sample_read_all(const w2b_model *model, const w2b_model *truth)
{
    const w2b_code *a = w2b_model_code(model), *b = w2b_model_code(truth);
    size_t refused = 0;
    CHECK(a->stride == b->stride && a->dim == b->dim && a->bits == b->bits);
    CHECK(a->method == b->method && a->unit == b->unit);
    CHECK(memcmp(a->levels, b->levels, sizeof a->levels) == 0);
    for (uint64_t row = 0; row < w2b_model_words(model); row++) {
        refused += read_word(model, truth, row);
        refused += read_codes(model, truth, row);
    }
    return refused;
}

size_t sample_touch_all(const w2b_model *model)
{
    size_t refused = 0;
    float *vector = w2b_alloc(w2b_model_code(model)->dim, sizeof *vector);
    CHECK(vector);
    for (uint64_t row = 0; row < w2b_model_words(model); row++) {
        size_t length = 0;
        const char *word = w2b_model_word(model, row, &length);
        refused += !word || w2b_model_find(model, word, length) < 0;
        refused += w2b_model_count(model, row) == 0 && w2b_model_has_counts(model);
        refused += w2b_model_vector(model, row, vector, NULL) != W2B_OK;
    }
    for (size_t b = 0; b < w2b_model_blocks(model); b++) {
        w2b_rows rows;
        refused += w2b_model_block(model, b, &rows, NULL) != W2B_OK;
    }
    w2b_free(vector);
    return refused;
}

void sample_expect_equal(const w2b_model *a, const w2b_model *b)
{
    CHECK(w2b_model_words(a) == w2b_model_words(b));
    CHECK(w2b_model_has_counts(a) == w2b_model_has_counts(b));
    CHECK(strcmp(w2b_model_metadata(a), w2b_model_metadata(b)) == 0);
    CHECK(sample_read_all(a, b) == 0);
}

/* ----- Files in memory ---------------------------------------------------- */

uint8_t *sample_file(const w2b_model *model, size_t *size)
{
    const char *path = scratch_path("sample.w2b");
    w2b_save_options options;
    w2b_diag diag;
    w2b_save_defaults(&options);
    options.replace = 1;
    if (w2b_model_save(model, path, &options, &diag)) {
        fprintf(stderr, "%s: %s\n", diag.path, diag.text);
        exit(1);
    }
    const char *bytes = scratch_read(path, size);
    uint8_t *copy = w2b_alloc(*size, 1);
    CHECK(bytes && copy);
    memcpy(copy, bytes, *size);
    return copy;
}

static w2b_err open_mapped(const uint8_t *bytes, size_t size, w2b_mapped **mapped, w2b_diag *diag)
{
    w2b_open_options options;
    w2b_open_defaults(&options);
    uint8_t *copy = w2b_alloc(size, 1);
    CHECK(copy);
    memcpy(copy, bytes, size);
    w2b_image image = {.bytes = copy, .size = size};
    w2b_container *container;
    const w2b_err err = w2b_container_open(&image, "bytes", &container, diag);
    return err ? err : w2b_mapped_open(container, &options, mapped, diag);
}

w2b_err sample_open(const uint8_t *bytes, size_t size, w2b_model **model, w2b_diag *diag)
{
    w2b_mapped *mapped = NULL;
    const w2b_err err = open_mapped(bytes, size, &mapped, diag);
    return err ? err : w2b_model_wrap(mapped, 0, model, diag);
}

w2b_err sample_verify(const uint8_t *bytes, size_t size, w2b_diag *diag)
{
    w2b_mapped *mapped = NULL;
    w2b_err err = open_mapped(bytes, size, &mapped, diag);
    if (err)
        return err;
    err = w2b_mapped_verify(mapped, diag);
    w2b_mapped_free(mapped);
    return err;
}

size_t sample_section(const uint8_t *file, uint32_t kind)
{
    size_t at = (size_t)w2b_get_u64(file + W2B_HEADER_DIRECTORY);
    const uint32_t n = w2b_get_u32(file + at);
    at += W2B_DIRECTORY_HEAD;
    for (uint32_t i = 0; i < n; i++) {
        if (w2b_get_u32(file + at) == kind)
            return at;
        at += W2B_SECTION_ENTRY + (size_t)w2b_get_u64(file + at + 24) * W2B_BLOCK_ENTRY;
    }
    return 0;
}

size_t sample_block(const uint8_t *file, uint32_t kind)
{
    const size_t at = sample_section(file, kind);
    return at ? (size_t)w2b_get_u64(file + at + W2B_SECTION_ENTRY) : 0;
}

static void reseal_blocks(uint8_t *file, size_t size, size_t at)
{
    const uint32_t n = w2b_get_u32(file + at);
    at += W2B_DIRECTORY_HEAD;
    for (uint32_t i = 0; i < n && size - at >= W2B_SECTION_ENTRY; i++) {
        const uint64_t blocks = w2b_get_u64(file + at + 24);
        at += W2B_SECTION_ENTRY;
        for (uint64_t b = 0; b < blocks && size - at >= W2B_BLOCK_ENTRY; b++) {
            const uint64_t offset = w2b_get_u64(file + at);
            const uint32_t stored = w2b_get_u32(file + at + 8);
            if (offset <= size && stored <= size - offset)
                w2b_put_u64(file + at + 16, XXH3_64bits(file + offset, stored));
            at += W2B_BLOCK_ENTRY;
        }
    }
}

void sample_reseal(uint8_t *file, size_t size)
{
    const uint64_t directory = w2b_get_u64(file + W2B_HEADER_DIRECTORY);
    const uint64_t directory_size = w2b_get_u64(file + W2B_HEADER_DIRECTORY_SIZE);
    if (directory <= size - W2B_DIRECTORY_HEAD)
        reseal_blocks(file, size, (size_t)directory);
    if (directory <= size && directory_size <= size - directory)
        w2b_put_u64(file + W2B_HEADER_DIRECTORY_HASH,
                    XXH3_64bits(file + directory, (size_t)directory_size));
    w2b_put_u64(file + W2B_HEADER_HASH, XXH3_64bits(file, W2B_HEADER_HASH));
}
