/*
 * codebook.c - levels for normal and for unknown distributions.
 *
 * Max (1960) gives the levels of least squared error on a normal distribution
 * as real numbers. Ours are whole numbers up to 127, so that dot products of
 * rows are exact integers; what stands below is the best such set, not the
 * real levels rounded one by one: for each step (the width of the number 1) a
 * dynamic programme over "k levels, the last at p" finds the set of least
 * error among all sets of rising whole numbers, and the step is searched on a
 * fine grid. Common factors are taken out. tests/unit/test_code.c computes the
 * optimum of Max again and holds the table against it.
 *
 * bits   squared error   that of Max   times
 *    1       .36338        .36338      1.0000
 *    2       .11748        .11748      1.0000
 *    3       .034549       .034548     1.0001
 *    4       .0095062      .0095010    1.0006
 *    5       .0025192      .0025047    1.0058
 *    6       .00065669     .00064424   1.0193
 *    7       .00017990     .00016348   1.1005
 *    8       .000088308    .000041185  2.144
 *
 * At 7 and 8 bits the whole numbers run out: 255 levels are all there are, and
 * 8 bits use every one of them.
 */
#include "quant/codebook.h"

#include <stddef.h>

/* The positive half; the other is its mirror image. */
static const int8_t gauss_1[] = { 1 };
static const int8_t gauss_2[] = { 3, 10 };
static const int8_t gauss_3[] = { 10, 31, 55, 88 };
static const int8_t gauss_4[] = { 5, 15, 25, 36, 48, 62, 79, 104 };
static const int8_t gauss_5[] = {
    2, 6, 10, 14, 18, 22, 26, 31, 36, 41, 47, 53, 60, 69, 80, 97
};
static const int8_t gauss_6[] = {
    1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31,
    33, 35, 38, 41, 44, 47, 50, 53, 57, 61, 65, 70, 76, 83, 92, 106
};
static const int8_t gauss_7[] = {
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
    33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 45, 47, 49, 51, 53,
    55, 57, 59, 61, 63, 65, 68, 71, 74, 77, 81, 85, 90, 96, 104, 117
};

static const struct {
    const int8_t *half;
    double step;
} gauss[] = {
    [1] = { gauss_1, 0.797884561 },
    [2] = { gauss_2, 0.151034996 },
    [3] = { gauss_3, 0.0244461286 },
    [4] = { gauss_4, 0.026217117 },
    [5] = { gauss_5, 0.0336402486 },
    [6] = { gauss_6, 0.0352258923 },
    [7] = { gauss_7, 0.0356582121 },
    [8] = { NULL, 0.03087 }
};

void w2b_codebook_gauss(uint32_t bits, int8_t *levels)
{
    if (bits == 8) {
        w2b_codebook_uniform(bits, levels);
        return;
    }
    const int half = 1 << (bits - 1);
    for (int i = 0; i < half; i++) {
        levels[half + i] = gauss[bits].half[i];
        levels[half - 1 - i] = (int8_t)-gauss[bits].half[i];
    }
}

void w2b_codebook_uniform(uint32_t bits, int8_t *levels)
{
    const int count = 1 << bits;
    for (int i = 0; i < count; i++)
        levels[i] = (int8_t)(bits == 8 ? i - 128 : 2 * i - (count - 1));
    if (bits == 8)
        levels[0] = -127;
}

double w2b_codebook_gauss_step(uint32_t bits)
{
    return gauss[bits].step;
}
