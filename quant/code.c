/*
 * code.c - rows of numbers to packed codes and back: the table of methods.
 */
#include "quant/code.h"

#include <string.h>

#include "quant/scheme.h"

static const w2b_scheme *const schemes[] = {
    &w2b_scheme_gauss,
    &w2b_scheme_uniform,
    &w2b_scheme_gauss_rotated,
    &w2b_scheme_uniform_rotated,
    &w2b_scheme_kmeans,
    &w2b_scheme_rabitq,
    &w2b_scheme_pq,
    &w2b_scheme_opq,
    &w2b_scheme_transform,
    &w2b_scheme_half,
    &w2b_scheme_float,
};

#define N_SCHEMES (sizeof schemes / sizeof *schemes)

static const w2b_scheme *find(w2b_method method, uint32_t bits)
{
    for (size_t i = 0; i < N_SCHEMES; i++)
        if (schemes[i]->method == method && bits >= schemes[i]->least_bits &&
            bits <= schemes[i]->most_bits)
            return schemes[i];
    return NULL;
}

int w2b_code_init(w2b_code *code, w2b_method method, uint32_t bits, uint32_t dim)
{
    const w2b_scheme *scheme = find(method, bits);
    if (dim == 0 || !scheme || (scheme->dim_limit && dim > scheme->dim_limit))
        return -1;
    memset(code, 0, sizeof *code);
    code->scheme = scheme;
    code->method = method;
    code->bits = bits;
    code->dim = dim;
    code->stride = (size_t)(((uint64_t)dim * bits + 7) / 8);
    code->unit = 1.0f;
    const size_t packed = code->stride;
    if (scheme->init)
        scheme->init(code);
    const size_t stored = scheme->squeeze ? packed : code->stride;
    code->bytes = (double)(stored + (bits <= 8 ? sizeof(uint16_t) : 0));
    return 0;
}

int w2b_code_set_stride(w2b_code *code, size_t stride)
{
    const uint32_t most = code->scheme->part_most;
    if (stride == code->stride)
        return 0;
    if (most == 0 || stride < ((size_t)code->dim + most - 1) / most || stride > code->stride)
        return -1;
    code->stride = stride;
    code->bytes = (double)(stride + sizeof(uint16_t));
    return 0;
}

/* Rows of bytes in no more of them than asked for. */
static int fit_parts(w2b_code *code, w2b_method method, size_t bytes, uint32_t dim)
{
    const size_t scale = sizeof(uint16_t);
    for (uint32_t bits = 1; bits <= 8; bits++)
        if (w2b_code_init(code, method, bits, dim) == 0 &&
            (code->stride + scale >= bytes || code->stride == dim))
            break;
    if (bytes <= scale)
        return -1;
    return w2b_code_set_stride(code, bytes - scale < code->stride ? bytes - scale : code->stride);
}

int w2b_code_fit(w2b_code *code, w2b_method method, size_t bytes, uint32_t dim)
{
    if (w2b_code_init(code, method, 1, dim) != 0)
        return -1;
    if (code->scheme->part_most)
        return fit_parts(code, method, bytes, dim);
    for (uint32_t bits = 8; bits > 0; bits--)
        if (w2b_code_init(code, method, bits, dim) == 0 && code->bytes <= (double)bytes) {
            /* Squeezed rows may have any size. */
            code->bytes = code->scheme->squeeze ? (double)bytes : code->bytes;
            return 0;
        }
    return -1;
}

/* Levels are whole numbers, so a scale never exceeds the largest number of
 * its row. With that number brought to [2^14, 2^15) no scale overflows, and
 * rows 2^28 times smaller than the largest still have scales in full. */
float w2b_code_unit(float largest)
{
    uint32_t bits;
    memcpy(&bits, &largest, sizeof bits);
    const int exponent = (int)(bits >> 23 & 0xff);
    if (exponent == 255 || (bits & 0x7fffffff) == 0)
        return 1.0f;
    const uint32_t unit = exponent > 15 ? (uint32_t)(exponent - 14) << 23 : UINT32_C(1) << 23;
    float result;
    memcpy(&result, &unit, sizeof result);
    return result;
}

const char *w2b_method_name(w2b_method method, uint32_t bits)
{
    const w2b_scheme *scheme = find(method, bits);
    return scheme ? scheme->name : NULL;
}

int w2b_method_find(const char *name, w2b_method *method)
{
    for (size_t i = 0; i < N_SCHEMES; i++) {
        if (strcmp(schemes[i]->name, name) == 0) {
            *method = schemes[i]->method;
            return 0;
        }
    }
    return -1;
}

int w2b_method_known(uint32_t method)
{
    for (size_t i = 0; i < N_SCHEMES; i++)
        if ((uint32_t)schemes[i]->method == method)
            return 1;
    return 0;
}

int w2b_method_at(size_t i, w2b_method *method)
{
    if (i >= N_SCHEMES || schemes[i]->most_bits > 8)
        return -1;
    *method = schemes[i]->method;
    return 0;
}

/* ----- Learning ----------------------------------------------------------- */

size_t w2b_code_sample_rows(const w2b_code *code)
{
    return code->scheme->sample_rows;
}

size_t w2b_code_params_size(const w2b_code *code)
{
    return code->scheme->params_size ? code->scheme->params_size(code) : 0;
}

size_t w2b_code_params_room(const w2b_code *code)
{
    return code->scheme->params_room ? code->scheme->params_room(code)
                                     : w2b_code_params_size(code);
}

void w2b_code_params_copy(w2b_code *code, uint8_t *params)
{
    memcpy(params, code->params, w2b_code_params_size(code));
    if (code->scheme->params_read)
        code->scheme->params_read(code, params);
    code->params = params;
}

size_t w2b_code_train_room(const w2b_code *code, size_t n)
{
    return code->scheme->train_room ? code->scheme->train_room(code, n) : 0;
}

void w2b_code_train(w2b_code *code, const w2b_lesson *lesson, uint8_t *params, void *room)
{
    if (!code->scheme->train)
        return;
    code->scheme->train(code, lesson, params, room);
    code->params = w2b_code_params_size(code) ? params : NULL;
}

const char *w2b_code_params_check(const w2b_code *code)
{
    return code->scheme->params_check ? code->scheme->params_check(code) : NULL;
}

/* ----- Rows --------------------------------------------------------------- */

void w2b_code_encode(const w2b_code *code, const float *x, uint8_t *codes, uint16_t *scale)
{
    const w2b_scheme *scheme = code->scheme;
    if (!scheme->turn) {
        scheme->encode(code, x, codes, scale);
        return;
    }
    float turned[W2B_TURN_DIM_LIMIT];
    scheme->turn(code, x, turned);
    scheme->encode(code, turned, codes, scale);
}

void w2b_code_decode(const w2b_code *code, const uint8_t *codes, uint16_t scale, float *x)
{
    const w2b_scheme *scheme = code->scheme;
    if (!scheme->turn) {
        scheme->decode(code, codes, scale, x);
        return;
    }
    float turned[W2B_TURN_DIM_LIMIT];
    scheme->decode(code, codes, scale, turned);
    scheme->turn_back(code, turned, x);
}

int w2b_code_squeezes(const w2b_code *code)
{
    return code->scheme->squeeze != NULL;
}

size_t w2b_code_squeeze_room(const w2b_code *code, size_t n)
{
    return code->scheme->squeeze_room(code, n);
}

size_t w2b_code_squeeze(const w2b_code *code, const uint8_t *codes, const uint16_t *scales,
                        size_t n, uint8_t *room, size_t size)
{
    return code->scheme->squeeze(code, codes, scales, n, room, size);
}

const char *w2b_code_expand(const w2b_code *code, const uint8_t *bytes, size_t size, size_t n,
                            uint8_t *codes, uint16_t *scales)
{
    return code->scheme->expand(code, bytes, size, n, codes, scales);
}

void w2b_code_turn(const w2b_code *code, const float *x, float *y)
{
    if (code->scheme->turn)
        code->scheme->turn(code, x, y);
    else
        memcpy(y, x, code->dim * sizeof *y);
}
