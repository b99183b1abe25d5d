/*
 * round.c - what the two ways of doing the arithmetic have in common.
 */
#include "word2bits/round.h"

#include <math.h> /* floorf alone, which is exact */
#include <string.h>

#include "quant/num.h"

/* ----- The arithmetic ------------------------------------------------------- */

/* The greatest weight of a pair: that of a negative, which stands for several
 * draws, where it is more than 1. */
static double most_weight(const w2b_walk_options *walk)
{
    const double targets = walk->arch == W2B_ARCH_CBOW ? 1 : 2.0 * walk->window;
    const double negative = targets * walk->negative / walk->pool;
    return negative > 1 ? negative : 1;
}

/* The range of a 16-bit latent is 16 steps of one bit to either side, whatever
 * the bits: finer ones have smaller steps. After 20 epochs the sums of two latents
 * are some 3 steps long at the median; with a range of 4, one in a hundred had
 * run into the end. */
static unsigned fraction_of(w2b_loop_quant quant)
{
    return 12 - quant.bits;
}

w2b_form w2b_form_for(w2b_loop_quant quant, const w2b_walk_options *walk)
{
    if (!w2b_fixed_fits(quant, walk))
        return (w2b_form){w2b_float_engine.panel, 0};
    return (w2b_form){w2b_fixed_engine.panel, quant.step / (float)(1u << fraction_of(quant))};
}

int w2b_round_init(w2b_round *round, w2b_isa isa, w2b_loop_quant quant,
                   const w2b_walk_options *walk, w2b_latents *latents)
{
    memset(round, 0, sizeof *round);
    round->quant = quant;
    round->context = walk->context;
    round->latents = latents;
    round->room = w2b_block_room_for(walk);
    round->kern = w2b_step_for(isa);
    round->fixed = w2b_fixed_for(isa);
    if (!round->kern || !round->fixed)
        return -1;
    const int fixed = w2b_fixed_fits(quant, walk);
    round->engine = fixed ? &w2b_fixed_engine : &w2b_float_engine;
    if (!fixed)
        return 0;
    round->fraction = fraction_of(quant);
    round->weight = 32768;
    for (double most = most_weight(walk); most > 1; most /= 2)
        round->weight /= 2;
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
static uint32_t group_columns(uint32_t dim, uint32_t panel)
{
    const uint32_t panels = (dim + panel - 1) / panel;
    return (panels + 25) / 26 * panel;
}

int w2b_latents_make(w2b_latents *latents, uint32_t words, uint32_t dim, w2b_form form)
{
    memset(latents, 0, sizeof *latents);
    latents->words = words;
    latents->dim = dim;
    latents->unit = form.unit;
    latents->group = group_columns(dim, form.panel);
    latents->groups = (dim + latents->group - 1) / latents->group;
    latents->ld = (size_t)latents->group * latents->groups;
    latents->apart = (size_t)words * W2B_FIXED_PANEL;
    size_t numbers;
    if (w2b_mul(words, latents->ld, &numbers) ||
        w2b_mul(numbers, form.unit != 0 ? sizeof(int16_t) : sizeof(float), &latents->bytes)) {
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

/* A number of a row in 16 bits. */
static int16_t *fixed_at(const w2b_latents *latents, int matrix, uint64_t row, uint32_t column)
{
    return (int16_t *)(matrix ? latents->v : latents->u) +
           column / W2B_FIXED_PANEL * latents->apart + row * W2B_FIXED_PANEL +
           column % W2B_FIXED_PANEL;
}

static float *floats_at(const w2b_latents *latents, int matrix, uint64_t row, uint32_t column)
{
    return (float *)(matrix ? latents->v : latents->u) + row * latents->ld + column;
}

void w2b_latents_store(const w2b_latents *latents, int matrix, uint64_t row, uint32_t first,
                       uint32_t n, const float *numbers)
{
    if (latents->unit == 0) {
        memcpy(floats_at(latents, matrix, row, first), numbers, n * sizeof *numbers);
        return;
    }
    for (uint32_t c = 0; c < n; c++) {
        const float units = floorf(numbers[c] / latents->unit + 0.5f);
        const float least = units > -32768.0f ? units : -32768.0f;
        *fixed_at(latents, matrix, row, first + c) = (int16_t)(least < 32767.0f ? least : 32767.0f);
    }
}

void w2b_latents_fetch(const w2b_latents *latents, int matrix, uint64_t row, uint32_t first,
                       uint32_t n, float *numbers)
{
    if (latents->unit == 0) {
        memcpy(numbers, floats_at(latents, matrix, row, first), n * sizeof *numbers);
        return;
    }
    for (uint32_t c = 0; c < n; c++)
        numbers[c] = latents->unit * *fixed_at(latents, matrix, row, first + c);
}

/* ----- Lanes and shares ----------------------------------------------------- */

size_t w2b_score_room(const w2b_round *round)
{
    return (size_t)round->room.chunks * round->room.rows * 16;
}

int w2b_lane_make(w2b_lane *lane, const w2b_round *round)
{
    memset(lane, 0, sizeof *lane);
    lane->scores = w2b_alloc_lines(w2b_score_room(round), sizeof(float));
    if (lane->scores && !w2b_block_make(&lane->block[0], &round->room) &&
        !w2b_block_make(&lane->block[1], &round->room) && !round->engine->lane_make(lane, round))
        return 0;
    w2b_lane_release(lane, round);
    return -1;
}

void w2b_lane_release(w2b_lane *lane, const w2b_round *round)
{
    if (lane->work)
        round->engine->lane_release(lane);
    w2b_block_release(&lane->block[0]);
    w2b_block_release(&lane->block[1]);
    w2b_free(lane->scores);
    memset(lane, 0, sizeof *lane);
}

int w2b_share_make(w2b_share *share, const w2b_round *round, uint32_t number)
{
    const uint32_t least = round->latents->groups / round->threads, light = w2b_round_light(round);
    const uint32_t heavy_before = number > light ? number - light : 0;
    memset(share, 0, sizeof *share);
    share->number = least ? number : heavy_before;
    share->first_group = least * number + heavy_before;
    share->end_group = share->first_group + least + (number >= light);
    share->first = (size_t)share->first_group * round->latents->group;
    share->end = (size_t)share->end_group * round->latents->group;
    if (share->first == share->end || !round->engine->share_make(share, round))
        return 0;
    w2b_share_release(share, round);
    return -1;
}

void w2b_share_release(w2b_share *share, const w2b_round *round)
{
    if (share->work)
        round->engine->share_release(share);
    memset(share, 0, sizeof *share);
}

size_t w2b_lane_bytes(const w2b_round *round)
{
    return w2b_score_room(round) * sizeof(float) + round->engine->lane_bytes(round);
}

size_t w2b_share_bytes(const w2b_round *round)
{
    const uint32_t least = round->latents->groups / round->threads, light = w2b_round_light(round);
    return (least ? light * round->engine->share_bytes(round, least) : 0) +
           (round->threads - light) * round->engine->share_bytes(round, least + 1);
}

/* ----- A round -------------------------------------------------------------- */

void w2b_round_forward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                       const w2b_block *next, w2b_share *share)
{
    if (block->inputs && share->first < share->end)
        round->engine->forward(round, lane, block, next, share);
}

void w2b_round_scores(const w2b_round *round, w2b_lane *lane, const w2b_block *block, float rate)
{
    if (block->inputs)
        round->engine->scores(round, lane, block, rate);
}

void w2b_round_backward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                        const w2b_block *next, w2b_share *share)
{
    if (block->inputs && share->first < share->end)
        round->engine->backward(round, lane, block, next, share);
}

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
