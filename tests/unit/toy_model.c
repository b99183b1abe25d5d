/*
 * toy_model.c - small models for tests. See toy_model.h.
 */
#include "tests/unit/toy_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/scratch.h"

float toy_normal(w2b_rng *rng)
{
    double sum = -6;
    for (int i = 0; i < 12; i++) {
        sum += w2b_rng_unit(rng);
    }
    return (float)sum;
}

w2b_model *toy_model(const char *const *words, const float *rows, size_t n, uint32_t dim,
                     uint32_t bits)
{
    w2b_parts parts = {.words = n, .format = "memory"};
    const w2b_method method = bits > 8 ? W2B_METHOD_FLOAT : W2B_METHOD_GAUSS;
    assert_int_equal(w2b_code_init(&parts.code, method, bits, dim), 0);
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += words != NULL ? strlen(words[i]) + 1 : 24;
    }
    parts.bytes = w2b_alloc(bytes, 1);
    parts.starts = w2b_alloc(n + 1, sizeof *parts.starts);
    parts.code_room = n * parts.code.stride;
    parts.codes = w2b_pages(parts.code_room);
    parts.scales = bits > 8 ? NULL : w2b_alloc(n, sizeof *parts.scales);
    assert_true(parts.bytes && parts.starts && parts.codes && (bits > 8 || parts.scales));
    parts.starts[0] = 0;
    for (size_t i = 0; i < n; i++) {
        char *const word = parts.bytes + parts.starts[i];
        const int length = words != NULL ? snprintf(word, strlen(words[i]) + 1, "%s", words[i])
                                         : snprintf(word, 24, "w%zu", i);
        parts.starts[i + 1] = parts.starts[i] + (uint64_t)length + 1;
        uint16_t unused;
        w2b_code_encode(&parts.code, rows + i * dim, parts.codes + i * parts.code.stride,
                        parts.scales != NULL ? &parts.scales[i] : &unused);
    }
    w2b_model *model = NULL;
    w2b_diag diag;
    if (w2b_model_make(&parts, &model, &diag) != W2B_OK) {
        fail_msg("%s", diag.text);
    }
    return model;
}

w2b_model *toy_random(uint64_t seed, size_t n, uint32_t dim, uint32_t bits)
{
    w2b_rng rng;
    w2b_rng_seed(&rng, seed, n * 1000003 + dim);
    float *const rows = w2b_alloc(n * dim, sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < n * dim; i++) {
        rows[i] = toy_normal(&rng);
    }
    w2b_model *const model = toy_model(NULL, rows, n, dim, bits);
    w2b_free(rows);
    return model;
}

void toy_numbers(const w2b_model *model, uint64_t row, double *numbers)
{
    const w2b_code *const code = w2b_model_code(model);
    const uint8_t *codes;
    uint16_t scale;
    assert_int_equal(w2b_model_row(model, row, &codes, &scale, NULL), W2B_OK);
    for (uint32_t i = 0; i < code->dim; i++) {
        if (code->bits == 32) {
            float x;
            memcpy(&x, codes + 4 * (size_t)i, sizeof x);
            numbers[i] = x;
        } else if (code->bits == 16) {
            uint16_t h;
            memcpy(&h, codes + 2 * (size_t)i, sizeof h);
            numbers[i] = w2b_half_to_float(h);
        } else {
            unsigned value = 0;
            for (uint32_t b = 0; b < code->bits; b++) {
                const size_t bit = (size_t)i * code->bits + b;
                value |= (unsigned)(codes[bit / 8] >> (bit % 8) & 1) << b;
            }
            numbers[i] = code->levels[value];
        }
    }
}

double toy_cosine(const double *a, const double *b, size_t dim)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < dim; i++) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return aa > 0 && bb > 0 ? ab / (sqrt(aa) * sqrt(bb)) : 0;
}

w2b_testset *toy_testset(const char *text)
{
    w2b_testset *set = NULL;
    w2b_diag diag;
    if (w2b_testset_open(scratch_write("set.txt", text, strlen(text)), &set, &diag) != W2B_OK) {
        fail_msg("%s", diag.text);
    }
    return set;
}
