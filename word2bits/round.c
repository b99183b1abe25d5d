/*
 * round.c - what a round computes with: scales, latents, the loss.
 */
#include "word2bits/round.h"

#include <math.h> /* ldexpf alone, which is exact */
#include <string.h>

#include "quant/num.h"

/* ----- Scales --------------------------------------------------------------- */

/* Bits where there is no quantizer, if sums allow. More make no difference: 9 to 11
 * bits, and floats of 32, have the same scores after 5 epochs of 17 million words of
 * Wikipedia. */
#define FINEST 9

/* An error of 1 is at most so much; and at least, that small ones are not lost, but
 * where one negative stands for many. */
#define MOST_WEIGHT 32768
#define LEAST_WEIGHT 1024

/* What sums may come to; the rest of 2^31 is for what is rounded on the way. */
#define MOST_SUM 0x7FC00000

/* The greatest sums of a run, in numbers of the size of `most`. */
typedef struct extent {
    double context;  /* numbers of one input */
    double pair;     /* weight of a pair, which is that of a negative, which stands for
                        several draws, where it is more than 1 */
    double input;    /* weight of the pairs of all inputs that a row of u is part of */
    double output;   /* of those of a row of v, of `pair` each, times numbers of their
                        inputs */
} extent;

static extent extent_of(const w2b_walk_options *walk)
{
    const int cbow = walk->arch == W2B_ARCH_CBOW;
    const double width = 2.0 * walk->window, targets = w2b_walk_targets(walk);
    const double negative = targets * walk->negative / walk->pool;
    const double meet = !cbow ? 1 : width < walk->block ? width : walk->block;
    extent e = {.context = cbow ? width : 1, .pair = negative > 1 ? negative : 1};
    e.input = meet * targets * (1 + walk->negative);
    e.output = walk->block * (walk->context == W2B_CONTEXT_SUM ? e.context : 1);
    return e;
}

/* The largest power of two that an error of 1 can be, or 0: scores, or 16 bits of a
 * context's sum, do not fit. */
static float weight_for(unsigned bits, uint32_t dim, const extent *e)
{
    const double most = (double)((1u << bits) - 1);
    if (e->context * most > INT16_MAX || e->context * most * most * dim > MOST_SUM)
        return 0;
    double weight = MOST_WEIGHT;
    while (weight * e->input * most > MOST_SUM || weight * e->output * most > MOST_SUM)
        weight /= 2;
    if (weight < LEAST_WEIGHT)
        return 0;
    while (weight * e->pair > MOST_WEIGHT)
        weight /= 2;
    return (float)weight;
}

/* The range of a 16-bit latent is 16 steps of one bit to either side, whatever
 * the bits: finer ones have smaller steps. After 20 epochs the sums of two latents
 * are some 3 steps long at the median; with a range of 4, one in a hundred had
 * run into the end. */
static unsigned fraction_of(unsigned bits)
{
    return 12 - bits;
}

int w2b_scales_for(w2b_loop_quant quant, uint32_t dim, const w2b_walk_options *walk,
                   w2b_scales *scales)
{
    const extent e = extent_of(walk);
    unsigned bits = quant.bits ? quant.bits : FINEST;
    float weight = weight_for(bits, dim, &e);
    while (!quant.bits && bits > 1 && weight == 0)
        weight = weight_for(--bits, dim, &e);
    scales->fraction = quant.bits ? fraction_of(bits) : 16 - bits;
    scales->quant.bits = bits;
    scales->quant.step = quant.bits ? quant.step : ldexpf(quant.step, 4 - (int)bits);
    scales->unit = ldexpf(scales->quant.step, -(int)scales->fraction);
    scales->weight = weight;
    return weight == 0 ? -1 : 0;
}

int w2b_round_init(w2b_round *round, w2b_isa isa, const w2b_scales *scales,
                   const w2b_walk_options *walk, w2b_latents *latents)
{
    memset(round, 0, sizeof *round);
    round->scales = *scales;
    round->context = walk->context;
    round->latents = latents;
    round->room = w2b_block_room_for(walk);
    round->kern = w2b_fixed_for(isa);
    if (!round->kern)
        return -1;
    for (size_t n = 1; n < sizeof round->shares / sizeof *round->shares; n++)
        round->shares[n] = walk->context == W2B_CONTEXT_SUM ? 1.0f : 1.0f / (float)n;
    w2b_rng rng;
    w2b_rng_seed(&rng, 0, 0);
    for (size_t i = 0; i < sizeof round->noise / sizeof *round->noise; i++)
        round->noise[i] = i < W2B_FIXED_NOISE ? ((float)(w2b_rng_next(&rng) >> 41) + 0.5f) /
                                                        8388608.0f -
                                                    0.5f
                                              : round->noise[i - W2B_FIXED_NOISE];
    return 0;
}

/* ----- Latents -------------------------------------------------------------- */

/* At most about 26 groups: few enough that partial scores stay small beside
 * the rows, and an even share for 2 threads where the dimension allows. */
static uint32_t group_columns(uint32_t dim)
{
    const uint32_t panels = (dim + W2B_FIXED_PANEL - 1) / W2B_FIXED_PANEL;
    return (panels + 25) / 26 * W2B_FIXED_PANEL;
}

w2b_columns w2b_stripe(const w2b_latents *latents, size_t column)
{
    const uint32_t least = latents->groups / latents->shares;
    const uint32_t more = latents->groups % latents->shares;
    const uint32_t group = (uint32_t)(column / latents->group);
    const uint32_t number = group < more * (least + 1) ? group / (least + 1)
                                                       : (group - more) / least;
    const w2b_columns share = w2b_share_columns(latents, latents->shares, number);
    const size_t first = column - (column - share.first) % W2B_FIXED_STRIPE;
    const size_t end = first + W2B_FIXED_STRIPE;
    return (w2b_columns){first, end < share.end ? end : share.end};
}

int w2b_latents_make(w2b_latents *latents, uint32_t words, uint32_t dim, float unit,
                     uint32_t threads)
{
    memset(latents, 0, sizeof *latents);
    latents->words = words;
    latents->dim = dim;
    latents->unit = unit;
    latents->group = group_columns(dim);
    latents->groups = (dim + latents->group - 1) / latents->group;
    latents->shares = threads < latents->groups ? threads : latents->groups;
    latents->ld = (size_t)latents->group * latents->groups;
    size_t numbers;
    if (w2b_mul(words, latents->ld, &numbers) ||
        w2b_mul(numbers, sizeof(int16_t), &latents->bytes)) {
        latents->bytes = SIZE_MAX;
        return -1;
    }
    latents->u = w2b_pages(latents->bytes);
    latents->v = w2b_pages(latents->bytes);
    if (latents->u && latents->v)
        return 0;
    const size_t wanted = latents->bytes;
    w2b_latents_release(latents);
    latents->bytes = wanted;
    return -1;
}

void w2b_latents_release(w2b_latents *latents)
{
    if (latents->u)
        w2b_pages_free(latents->u, latents->bytes);
    if (latents->v)
        w2b_pages_free(latents->v, latents->bytes);
    latents->u = latents->v = NULL;
}

/* Where a number of a row lies, and how many there are from it to the end of its
 * stripe. */
static int16_t *number_at(const w2b_latents *latents, int matrix, uint64_t row, size_t column,
                          size_t *follow)
{
    const w2b_columns stripe = w2b_stripe(latents, column);
    *follow = stripe.end - column;
    return (matrix ? latents->v : latents->u) + latents->words * stripe.first +
           row * (stripe.end - stripe.first) + (column - stripe.first);
}

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

void w2b_latents_get(const w2b_latents *latents, int matrix, size_t first, size_t n, int16_t *to)
{
    for (size_t i = 0, some; i < n; i += some) {
        const size_t at = first + i;
        const int16_t *from = number_at(latents, matrix, at / latents->ld, at % latents->ld, &some);
        some = least_of(some, n - i);
        memcpy(to + i, from, some * sizeof *to);
    }
}

void w2b_latents_put(const w2b_latents *latents, int matrix, size_t first, size_t n,
                     const int16_t *from)
{
    for (size_t i = 0, some; i < n; i += some) {
        const size_t at = first + i;
        int16_t *to = number_at(latents, matrix, at / latents->ld, at % latents->ld, &some);
        some = least_of(some, n - i);
        memcpy(to, from + i, some * sizeof *to);
    }
}

static int16_t nearest(float x)
{
    const float least = x + 0.5f > -32768.0f ? x + 0.5f : -32768.0f;
    const float up = least < 32767.0f ? least : 32767.0f;
    const int32_t toward_0 = (int32_t)up;
    return (int16_t)(toward_0 - ((float)toward_0 > up));
}

void w2b_latents_store(const w2b_latents *latents, int matrix, uint64_t row, uint32_t first,
                       uint32_t n, const float *numbers)
{
    for (size_t c = 0, some; c < n; c += some) {
        int16_t *to = number_at(latents, matrix, row, first + c, &some);
        some = least_of(some, n - c);
        for (size_t i = 0; i < some; i++)
            to[i] = nearest(numbers[c + i] / latents->unit);
    }
}

void w2b_latents_fetch(const w2b_latents *latents, int matrix, uint64_t row, uint32_t first,
                       uint32_t n, float *numbers)
{
    for (size_t c = 0, some; c < n; c += some) {
        const int16_t *from = number_at(latents, matrix, row, first + c, &some);
        some = least_of(some, n - c);
        for (size_t i = 0; i < some; i++)
            numbers[c + i] = latents->unit * from[i];
    }
}

/* ----- The loss ------------------------------------------------------------- */

/* log(1 + exp(x)) */
static double softplus(double x)
{
    return x > 0 ? x + w2b_log(1 + w2b_exp(-x)) : w2b_log(1 + w2b_exp(x));
}

double w2b_round_loss(const w2b_lane *lane, const w2b_block *block)
{
    double loss = 0;
    for (uint32_t c = 0; c < block->chunks && block->inputs; c++) {
        const size_t begin = w2b_block_at(block, 0, 16 * c);
        for (size_t i = begin; i < begin + w2b_used_weights(block); i++) {
            const double want = block->want[i], not_wanted = block->mass[i] - want;
            if (want != 0)
                loss += want * softplus(-(double)lane->scores[i]);
            if (not_wanted != 0)
                loss += not_wanted * softplus(lane->scores[i]);
        }
    }
    return loss;
}
