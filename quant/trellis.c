/*
 * trellis.c - the way through the trellis. See trellis.h.
 *
 * Cost: some 40 ns a number, most of it for the costs of the candidates: two or
 * three in each of four sets (quantizer, odd or even rank), of which the best
 * goes into the search over states. More states gain little: on float vectors
 * of 300 numbers at 1 and 3 bits the squared error is 1.15 and 1.17 times that of 8
 * states with one quantizer alone (no trellis), 1.01 with 4 states, and 0.99
 * with 64.
 */
#include "quant/trellis.h"

#include <math.h> /* fabsf alone: exact */

#define STATES 8
#define SETS 4

/* Squared steps that a bit is worth. In theory 2 ln 2 times the error, which
 * is about 1/3; .4 and .5 measure the same, .3 and .7 are worse. */
#define LAMBDA 0.45f

#define UNREACHABLE 1e30f

/* The best value of a set, and its cost. */
typedef struct choice {
    float cost;
    int value; /* a magnitude */
} choice;

static float rank_bits(const float *bits, unsigned shift, unsigned rank)
{
    const unsigned symbol = rank >> shift;
    const float plain = (float)(shift + (rank > 0));
    if (symbol < W2B_RANK_ESCAPE)
        return bits[symbol] + plain;
    const unsigned length = w2b_escape_length(symbol - W2B_RANK_ESCAPE);
    return bits[W2B_RANK_ESCAPE] + plain + (float)(5 + length);
}

static void try_rank(const float *bits, unsigned shift, unsigned quantizer, unsigned rank, float a,
                     choice *best)
{
    const int value = w2b_rank_value(quantizer, rank);
    const float miss = a - (float)value;
    const float cost = miss * miss + LAMBDA * rank_bits(bits, shift, rank);
    if (cost < best->cost)
        *best = (choice){cost, value};
}

/* Ranks that are odd or even are every fourth number, so that the two on
 * either side of `a` are the nearest; a small one may also become zero. */
static choice best_of_set(const float *bits, unsigned shift, unsigned quantizer, unsigned odd,
                          float a)
{
    choice best = {UNREACHABLE, 0};
    const float place = (a + (float)quantizer) * 0.25f - (float)odd * 0.5f;
    const unsigned low = odd + 2 * (unsigned)(place > 0 ? (int)place : 0);
    try_rank(bits, shift, quantizer, low, a, &best);
    try_rank(bits, shift, quantizer, low + 2, a, &best);
    if (!odd && (low == 2 || low == 4))
        try_rank(bits, shift, quantizer, 0, a, &best);
    return best;
}

/* One number further: the cheaper of the two ways into each state. Returns a
 * bit a state: whether it is the one from the upper half. */
static uint8_t step(float costs[STATES], const choice choices[SETS])
{
    float next[STATES];
    unsigned from = 0;
    for (unsigned to = 0; to < STATES; to++) {
        const unsigned low = to >> 1, high = low + STATES / 2;
        const unsigned odd_low = (to ^ low ^ low >> 2) & 1, odd_high = odd_low ^ 1;
        const float a = costs[low] + choices[2 * w2b_trellis_quantizer(low) + odd_low].cost;
        const float b = costs[high] + choices[2 * w2b_trellis_quantizer(high) + odd_high].cost;
        next[to] = b < a ? b : a;
        from |= (unsigned)(b < a) << to;
    }
    for (unsigned s = 0; s < STATES; s++)
        costs[s] = next[s];
    return (uint8_t)from;
}

void w2b_trellis_encode(const w2b_rates *rates, const float *x, const uint8_t *classes, size_t n,
                        int16_t *values)
{
    int16_t found[W2B_TRELLIS_ROW][SETS];
    uint8_t from[W2B_TRELLIS_ROW];
    float costs[STATES];
    for (unsigned s = 0; s < STATES; s++)
        costs[s] = s == 0 ? 0 : UNREACHABLE;
    for (size_t i = 0; i < n; i++) {
        choice choices[SETS];
        const float magnitude = fabsf(x[i]);
        const float a = magnitude < 2 * W2B_RANK_MOST - 8 ? magnitude : 2 * W2B_RANK_MOST - 8;
        const unsigned shift = w2b_class_shift(classes[i]);
        for (unsigned set = 0; set < SETS; set++) {
            choices[set] =
                best_of_set(rates->bits[classes[i]][set / 2], shift, set / 2, set % 2, a);
            found[i][set] = (int16_t)(x[i] < 0 ? -choices[set].value : choices[set].value);
        }
        from[i] = step(costs, choices);
    }
    unsigned state = 0;
    for (unsigned s = 1; s < STATES; s++)
        state = costs[s] < costs[state] ? s : state;
    for (size_t i = n; i-- > 0;) {
        const unsigned before = (state >> 1) + (from[i] >> state & 1) * (STATES / 2);
        const unsigned odd = (state ^ before ^ before >> 2) & 1;
        values[i] = found[i][2 * w2b_trellis_quantizer(before) + odd];
        state = before;
    }
}
