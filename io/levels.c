/*
 * levels.c - floats that hold nothing but a few levels, brought to codes without
 * loss.
 *
 * Word2Bits saves 32-bit floats of +-1/3 at 1 bit and +-1/4, +-3/4 at 2 bits; its
 * text has six decimals, 0.333333. Codes of equal distances stand for unit *
 * scale * {-3, -1, 1, 3}: with scale 1 and the number itself as unit the
 * products are exact, for 3u = 3 * 0.25 too.
 */
#include <string.h>

#include "io/levels.h"
#include "io/little.h"
#include "quant/num.h"

/* Fewer numbers say nothing about a file. */
#define NUMBERS_LEAST 64

#define SIGN 0x80000000u

static const float units[] = {1.0f / 3, 0.333333f, 0.25f, 1.0f};

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Bits that the numbers need in steps of u; 0 if they are others. */
static uint32_t bits_needed(const uint8_t *floats, size_t n, float u)
{
    const uint32_t one = bits_of(u), three = bits_of(3 * u);
    int small = 0, large = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t size = w2b_get_u32(floats + i * sizeof(float)) & ~SIGN;
        if (size != one && size != three)
            return 0;
        small |= size == one;
        large |= size == three;
    }
    return !small ? 0 : large ? 2 : 1;
}

uint32_t w2b_levels_find(const uint8_t *floats, size_t n, float *unit)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < sizeof units / sizeof *units && bits == 0 && n >= NUMBERS_LEAST; i++) {
        *unit = units[i];
        bits = bits_needed(floats, n, *unit);
    }
    return bits;
}

/* Row i of floats to codes of one or two bits. */
static void pack_row(const w2b_parts *parts, size_t i, const w2b_code *to, float u, uint8_t *codes)
{
    const uint8_t *row = parts->codes + i * parts->code.stride;
    const uint32_t one = bits_of(u);
    memset(codes, 0, to->stride);
    for (uint32_t k = 0; k < to->dim; k++) {
        const uint32_t x = w2b_get_u32(row + k * sizeof(float));
        const uint32_t positive = !(x & SIGN), large = (x & ~SIGN) != one;
        /* In rising order: -3u, -u, u, 3u. */
        const uint32_t code = to->bits == 1 ? positive : positive ? 2 + large : 1 - large;
        codes[k * to->bits / 8] |= (uint8_t)(code << (k * to->bits % 8));
    }
}

w2b_err w2b_levels_import(w2b_parts *parts, w2b_diag *diag)
{
    const size_t words = (size_t)parts->words;
    float u = 0;
    size_t room;
    w2b_code to;
    const uint32_t bits = w2b_levels_find(parts->codes, words * parts->code.dim, &u);
    if (bits == 0 || w2b_code_init(&to, W2B_METHOD_UNIFORM, bits, parts->code.dim) != 0 ||
        w2b_mul(words, to.stride, &room) != 0)
        return W2B_OK;
    uint8_t *codes = w2b_pages(room);
    uint16_t *scales = w2b_alloc(words, sizeof *scales);
    if (!codes || !scales) {
        if (codes)
            w2b_pages_free(codes, room);
        w2b_free(scales);
        return w2b_fail_memory(diag, room, "codes");
    }
    for (size_t i = 0; i < words; i++) {
        pack_row(parts, i, &to, u, codes + i * to.stride);
        scales[i] = w2b_half_from_float(1.0f);
    }
    to.unit = u;
    w2b_pages_free(parts->codes, parts->code_room);
    parts->code = to;
    parts->codes = codes;
    parts->code_room = room;
    parts->scales = scales;
    parts->on_disk = 0;
    return W2B_OK;
}
