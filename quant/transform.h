/*
 * transform.h - what a transform code knows of its file, as bytes and in
 * memory. transform.c has the idea; io/FORMAT.md says the bytes.
 */
#ifndef W2B_QUANT_TRANSFORM_H
#define W2B_QUANT_TRANSFORM_H

#include "quant/code.h"
#include "quant/rans.h"
#include "quant/trellis.h"

#define W2B_TRANSFORM_DIM W2B_TRELLIS_ROW /* numbers a row at most */
#define W2B_TRANSFORM_SAMPLE 20000        /* rows to learn from */

/* Sizes of rows, in steps of a quarter octave; 0: a row of zeros. */
#define W2B_GAINS 128
#define W2B_GAIN_UNIT 64

/* Rows are quantized in steps that grow with their gain to the power of 7/8:
 * GAIN_WIDEN eighths of a quarter octave a gain. */
#define W2B_GAIN_WIDEN 7

/* How widely a component spreads at gain W2B_GAIN_UNIT: 2^(spread / 32) steps,
 * or not at all. */
#define W2B_SPREAD_NONE INT16_MIN
#define W2B_SPREAD_MOST 2000

typedef struct w2b_transform {
    uint32_t dim;
    size_t width; /* of rows of `basis` and `turned` */
    float step;   /* at gain W2B_GAIN_UNIT */
    float bytes;  /* a row, as planned */
    int16_t spread[W2B_TRANSFORM_DIM];
    w2b_rans_table gain_high;               /* gain / 8, */
    w2b_rans_table gain_low[W2B_GAINS / 8]; /* and gain % 8 (the others never) */
    w2b_rans_table ranks[W2B_CLASSES][2];
    w2b_rates rates;                  /* of ranks */
    double weight[W2B_TRANSFORM_DIM]; /* of a square, in a row's loudness */
    uint16_t scales[W2B_GAINS];       /* half floats that stand for the gains, rising */
    float *basis;                     /* [dim][width] unit vectors, by falling spread */
    float *across;                    /* [dim][width] the same, transposed */
} w2b_transform;

/* Bytes of the parameters in a file, and in memory, where what follows from
 * them comes behind them. */
size_t w2b_transform_size(const w2b_code *code);
size_t w2b_transform_room(const w2b_code *code);

/* What comes behind `params`, which are aligned to 8. Reading fills it; before
 * that, w2b_transform_blank sets what is the same for all parameters. */
w2b_transform *w2b_transform_at(const w2b_code *code, const uint8_t *params);
w2b_transform *w2b_transform_blank(const w2b_code *code, uint8_t *params);
void w2b_transform_read(const w2b_code *code, uint8_t *params);
const char *w2b_transform_check(const w2b_code *code);

/* The other way. Unit vectors that give the basis, [dim][dim], become the
 * directions of the file, which are rounded: that comes first, and work[dim] is
 * scratch. Then step, bytes, spreads and tables, from behind the parameters. */
void w2b_transform_write_basis(const w2b_code *code, uint8_t *params, double *vectors,
                               double *work);
void w2b_transform_write(const w2b_code *code, uint8_t *params);

/* The basis from the directions in `params`. */
void w2b_transform_read_basis(const w2b_code *code, uint8_t *params);

/* What follows from the spreads, and from the tables. */
void w2b_transform_weights(w2b_transform *t);
void w2b_transform_rates(w2b_transform *t);

/* The class of component i at a gain. */
static inline unsigned w2b_transform_class(const w2b_transform *t, size_t i, int gain)
{
    if (t->spread[i] == W2B_SPREAD_NONE)
        return 0;
    const int eighths = t->spread[i] + (gain - W2B_GAIN_UNIT) * (8 - W2B_GAIN_WIDEN) +
                        8 * W2B_CLASS_UNIT + 4;
    const int class = eighths < 8 ? 0 : eighths / 8;
    return (unsigned)(class < W2B_CLASSES ? class : W2B_CLASSES - 1);
}

/* x[dim] in components: dot products with the rows of a basis. */
void w2b_transform_turn(const w2b_transform *t, const float *basis, const float *x, float *y);

/* The mean of y^2 over the squares of the spreads, in steps. */
double w2b_transform_loudness(const w2b_transform *t, const float *y);

/* The gain that is nearest, from 1 on, and by what a row has to be multiplied to
 * have a gain that there is: 1, but for rows that differ from the others by a
 * factor of 60,000. */
int w2b_transform_gain(double loudness, double *factor);

/* A row in components, y[dim], which is overwritten, to whole numbers. Returns
 * its gain. */
int w2b_transform_quantize(const w2b_transform *t, float *y, int16_t *values);

/* As in scheme.h. */
size_t w2b_transform_train_room(const w2b_code *code, size_t n);
void w2b_transform_train(w2b_code *code, const w2b_lesson *lesson, uint8_t *params, void *room);

#endif
