/*
 * scalar.h - what the methods share that give each number a level of its own.
 *
 * Levels are whole numbers, so the borders between them are whole numbers of
 * half steps, and a table over these gives the level directly: finding the
 * nearest level costs the same at every number of bits.
 */
#ifndef W2B_QUANT_SCALAR_H
#define W2B_QUANT_SCALAR_H

#include "quant/scheme.h"

/* A search for the scale ends when it moves by less than this part of it: what
 * is left adds a millionth of the row's square to its error. */
#define W2B_SCALE_TOLERANCE 0x1p-10

/* Borders between levels from 0 to 127 lie in [0, 254] half steps. */
#define W2B_PLACES 256

/* For levels that are mirror images about zero: magnitudes are all that is
 * looked up; the sign chooses the code. Place p holds the level for magnitudes
 * of p half steps and more, up to the next place; a number on a border gets
 * the level farther from zero. */
typedef struct w2b_nearest {
    uint8_t rank[W2B_PLACES]; /* of the level among those >= 0, by place */
    uint8_t level[W2B_PLACES];
    int32_t up;   /* code of rank 0 where x >= 0: codes rise from here */
    int32_t down; /* and where x < 0: they fall from here */
} w2b_nearest;

/* Sums over a row go in four parts, number i to part i % 4: a fixed order in
 * which no addition has to wait for the one before. */
typedef struct w2b_sum4 {
    double part[4];
} w2b_sum4;

static inline double w2b_sum4_total(const w2b_sum4 *sum)
{
    return (sum->part[0] + sum->part[1]) + (sum->part[2] + sum->part[3]);
}

typedef struct w2b_moments {
    double squares;  /* sum of x^2 */
    double absolute; /* sum of |x| */
    double largest;  /* of |x| */
} w2b_moments;

w2b_moments w2b_moments_of(const float *x, uint32_t dim);

/* What the levels that are nearest at some scale would bring. */
typedef struct w2b_fit {
    double scale; /* of least squared error for these levels */
    double gain;  /* by how much sum x^2 exceeds that error */
} w2b_fit;

w2b_fit w2b_scalar_fit(const w2b_nearest *nearest, const float *x, uint32_t dim, double scale);

/* The scale of a row that is not zero, at 2 bits and more. */
typedef double (*w2b_scale_fn)(const w2b_code *code, const w2b_nearest *nearest, const float *x,
                               const w2b_moments *m);

/* Codes are chosen against the scale as it will be read back, so that each
 * number gets the level that is nearest in the decoded row. */
void w2b_scalar_encode(const w2b_code *code, const float *x, w2b_scale_fn choose, uint8_t *codes,
                       uint16_t *scale);

/* w2b_scheme.decode of every method with levels. */
void w2b_scalar_decode(const w2b_code *code, const uint8_t *codes, uint16_t scale, float *x);

/* The half float that stands for a scale of a row that is not zero, and the
 * scale to choose the codes against: the half as it will be read, unless the
 * half cannot come near. */
uint16_t w2b_scale_to_half(const w2b_code *code, double *scale);

/* ----- Packing ------------------------------------------------------------ */

typedef struct w2b_bits {
    uint8_t *to;
    uint32_t pending, held;
} w2b_bits;

static inline void w2b_bits_put(w2b_bits *out, uint32_t code, uint32_t bits)
{
    out->pending |= code << out->held;
    out->held += bits;
    if (out->held >= 8) {
        *out->to++ = (uint8_t)out->pending;
        out->pending >>= 8;
        out->held -= 8;
    }
}

static inline void w2b_bits_end(w2b_bits *out)
{
    if (out->held > 0)
        *out->to = (uint8_t)out->pending;
}

#endif
