/*
 * trellis.h - rows of numbers to whole numbers by trellis-coded quantization,
 * with an eye on what they will cost.
 *
 * There are two quantizers. Both are twice as coarse as the whole numbers:
 * quantizer 0 has the even ones, quantizer 1 has zero and the odd ones. Which
 * of them is used for a number of a row follows from the numbers before it,
 * through a machine of eight states that takes one bit from each: whether the
 * value's rank (0, 1, 2, ... by magnitude in its quantizer) is odd. So the
 * decoder knows the quantizer and pays for one that is coarse, while the
 * encoder, which looks for the best way through all of the row (Viterbi 1967),
 * has about the error of the fine one. That is trellis-coded quantization
 * (Marcellin and Fischer 1990) with entropy coding, in the form with a zero in
 * each quantizer that suits low rates (Joshi, Crump and Fischer 1995); the machine is
 * the convolutional code of eight states of Ungerboeck (1982), 13/04 in octal.
 *
 * The way is chosen by squared error + LAMBDA * bits, the bits being those of
 * the entropy coder's own tables (rates).
 *
 * Numbers have a class each, which stands for how widely it is expected to
 * spread: class c for 2^((c - W2B_CLASS_UNIT) / 4) steps. Class 0 is not coded
 * at all. Ranks of wide classes are cut: `shift` low bits, which are as good as
 * random, are stored as they are, so that 15 symbols and an escape do for all.
 */
#ifndef W2B_QUANT_TRELLIS_H
#define W2B_QUANT_TRELLIS_H

#include <stddef.h>
#include <stdint.h>

#define W2B_CLASSES 64
#define W2B_CLASS_UNIT 12
#define W2B_RANK_SYMBOLS 16
#define W2B_RANK_ESCAPE 15  /* this symbol and above: the rest follows */
#define W2B_RANK_MOST 16383 /* so that numbers fit 16 bits */

/* Bits of each symbol, by class and quantizer. */
typedef struct w2b_rates {
    float bits[W2B_CLASSES][2][W2B_RANK_SYMBOLS];
} w2b_rates;

static inline unsigned w2b_class_shift(unsigned c)
{
    return c < 25 ? 0 : (c - 21) / 4;
}

static inline unsigned w2b_trellis_quantizer(unsigned state)
{
    return state >> 1 & 1;
}

static inline unsigned w2b_trellis_next(unsigned state, unsigned rank)
{
    return (state << 1 & 7) | ((rank ^ state ^ state >> 2) & 1);
}

/* The magnitude of a rank, and back. */
static inline int w2b_rank_value(unsigned quantizer, unsigned rank)
{
    return (int)(2 * rank) - (int)(quantizer & (rank > 0));
}

static inline unsigned w2b_rank_of(unsigned quantizer, int magnitude)
{
    return ((unsigned)magnitude + quantizer) / 2;
}

/* Bits that an escape needs beyond its symbol: 5 for the length of excess + 1,
 * and its bits below the highest. */
static inline unsigned w2b_escape_length(unsigned excess)
{
    return 31 - (unsigned)__builtin_clz(excess + 1);
}

/* x[n] in steps, n <= W2B_TRELLIS_ROW, and their classes, none of them 0, to
 * whole numbers. */
#define W2B_TRELLIS_ROW 1024
void w2b_trellis_encode(const w2b_rates *rates, const float *x, const uint8_t *classes, size_t n,
                        int16_t *values);

#endif
