/*
 * code.h - how a row of numbers becomes a row of codes and back.
 *
 * A row of `dim` numbers at 1 to 8 bits is stored as dim codes of `bits` bits,
 * packed without gaps in little-endian bit order: code i stands in bits
 * [i*bits, (i+1)*bits) of the row, bit j of the row being bit j%8 of byte j/8.
 * Unused bits of the last byte are zero. With it goes one scale, a half float:
 *
 *     x'[i] = unit * scale * levels[code[i]]
 *
 * The levels are whole numbers in [-127, 127], rising with the code, so that
 * products of two rows are exact integers on every machine, and a cosine never
 * needs the scale. `unit` is one power of two for the whole model, which keeps
 * the scales within the range of a half float.
 *
 * At 16 and 32 bits a row is dim IEEE half or single floats, little-endian,
 * with neither scale nor levels.
 */
#ifndef W2B_QUANT_CODE_H
#define W2B_QUANT_CODE_H

#include <stddef.h>
#include <stdint.h>

typedef enum w2b_method {   /* values are part of the .w2b format */
    W2B_METHOD_FLOAT = 0,   /* 16 or 32 bits */
    W2B_METHOD_GAUSS = 1,   /* Lloyd-Max levels of a normal distribution
                               (Max 1960), rounded to whole numbers; the scale
                               of least squares for each row */
    W2B_METHOD_UNIFORM = 2  /* equally spaced levels; the clip of each row
                               minimises its squared error, by golden section
                               (May et al. 2019) */
} w2b_method;

typedef struct w2b_code {
    w2b_method method;
    uint32_t bits;        /* 1 to 8, 16, 32 */
    uint32_t dim;
    size_t stride;        /* bytes a row of codes */
    float unit;
    int8_t levels[256];   /* 1 << bits of them are used */
} w2b_code;

/* Fills `code`, with its levels and unit 1. Returns 0, or -1 if there is no
 * such combination. */
int w2b_code_init(w2b_code *code, w2b_method method, uint32_t bits,
                  uint32_t dim);

/* The power of two to use as unit where the largest number is `largest`. */
float w2b_code_unit(float largest);

/* Name of a method at some bits: "gauss", "uniform", "half", "float"; NULL if
 * there is none. And back: -1 if there is none. */
const char *w2b_method_name(w2b_method method, uint32_t bits);
int w2b_method_find(const char *name, w2b_method *method);

/* x[dim] to codes[stride] and its scale. Exact: the same bytes everywhere.
 * `code` is as w2b_code_init made it, but for the unit. Each number takes the
 * level nearest to it in the decoded row. A row of zeros has scale 0; one whose
 * scale is beyond a half float keeps its direction, not its length. Numbers
 * beyond a half become the largest half at 16 bits. Numbers should be finite:
 * others give some row, and no harm. */
void w2b_code_encode(const w2b_code *code, const float *x, uint8_t *codes,
                     uint16_t *scale);

/* The other way; `scale` is ignored at 16 and 32 bits. */
void w2b_code_decode(const w2b_code *code, const uint8_t *codes,
                     uint16_t scale, float *x);

#endif
