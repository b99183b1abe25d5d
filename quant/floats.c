/*
 * floats.c - rows of half and single floats, as they are.
 */
#include <string.h>

#include "quant/num.h"
#include "quant/scheme.h"

#define HALF_LARGEST 0x7bff

static void put_bytes(uint8_t *p, uint32_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

/* A finite number beyond the range of a half becomes the largest one: an
 * infinity in a row would spoil every product with it. */
static uint16_t half_saturated(float x)
{
    const uint16_t h = w2b_half_from_float(x);
    if ((h & 0x7fff) == 0x7c00 && x - x == 0)
        return (uint16_t)((h & 0x8000) | HALF_LARGEST);
    return h;
}

static void encode_floats(const w2b_code *code, const float *x, uint8_t *codes, uint16_t *scale)
{
    *scale = 0;
    if (code->bits == 16) {
        for (uint32_t i = 0; i < code->dim; i++)
            put_bytes(codes + 2 * (size_t)i, half_saturated(x[i]), 2);
        return;
    }
    for (uint32_t i = 0; i < code->dim; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        put_bytes(codes + 4 * (size_t)i, bits, 4);
    }
}

static void decode_floats(const w2b_code *code, const uint8_t *codes, uint16_t scale, float *x)
{
    (void)scale;
    if (code->bits == 16) {
        for (uint32_t i = 0; i < code->dim; i++, codes += 2)
            x[i] = w2b_half_to_float((uint16_t)(codes[0] | codes[1] << 8));
        return;
    }
    for (uint32_t i = 0; i < code->dim; i++, codes += 4) {
        const uint32_t bits = codes[0] | (uint32_t)codes[1] << 8 | (uint32_t)codes[2] << 16 |
                              (uint32_t)codes[3] << 24;
        memcpy(x + i, &bits, sizeof bits);
    }
}

static void init_floats(w2b_code *code)
{
    code->stride = (size_t)code->dim * (code->bits / 8);
}

const w2b_scheme w2b_scheme_half = {
    .method = W2B_METHOD_FLOAT,
    .name = "half",
    .least_bits = 16,
    .most_bits = 16,
    .init = init_floats,
    .encode = encode_floats,
    .decode = decode_floats,
};

const w2b_scheme w2b_scheme_float = {
    .method = W2B_METHOD_FLOAT,
    .name = "float",
    .least_bits = 32,
    .most_bits = 32,
    .init = init_floats,
    .encode = encode_floats,
    .decode = decode_floats,
};
