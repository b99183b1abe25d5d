/*
 * round.c - forward, scores and backward of a block.
 */
#include "word2bits/round.h"

#include <string.h>

#include "quant/num.h"

/* ----- Memory --------------------------------------------------------------- */

/* At most about 26 groups: few enough that partial scores stay small beside
 * the rows, and an even share for 2 threads where the dimension allows. */
static uint32_t group_columns(uint32_t dim)
{
    const uint32_t lines = (dim + 15) / 16;
    return (lines + 25) / 26 * 16;
}

int w2b_latents_make(w2b_latents *latents, uint32_t words, uint32_t dim)
{
    memset(latents, 0, sizeof *latents);
    latents->words = words;
    latents->dim = dim;
    latents->group = group_columns(dim);
    latents->groups = (dim + latents->group - 1) / latents->group;
    latents->ld = (size_t)latents->group * latents->groups;
    size_t numbers;
    if (w2b_mul(words, latents->ld, &numbers) || w2b_mul(numbers, sizeof(float), &latents->bytes)) {
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

/* Distance in floats of panels of so many rows: an odd number of cache lines,
 * or the panels of one row would fall into few sets of the cache. */
static size_t panel_stride(size_t rows)
{
    return (rows | 1) * 16;
}

static size_t means_stride(const w2b_round *round)
{
    return panel_stride((size_t)round->room.chunks * 16);
}

static size_t outputs_stride(const w2b_round *round)
{
    return panel_stride((size_t)round->room.chunks * 16 + round->room.rows - 1);
}

static size_t contexts_stride(const w2b_round *round)
{
    return panel_stride(round->room.positions);
}

static size_t score_room(const w2b_round *round)
{
    return (size_t)round->room.chunks * round->room.rows * 16;
}

size_t w2b_lane_bytes(const w2b_round *round)
{
    const size_t panels = round->latents->ld / 16;
    return (panels * (means_stride(round) + outputs_stride(round)) +
            (round->latents->groups + 2) * score_room(round)) *
           sizeof(float);
}

int w2b_lane_make(w2b_lane *lane, const w2b_round *round)
{
    memset(lane, 0, sizeof *lane);
    const size_t panels = round->latents->ld / 16, scores = score_room(round);
    if (w2b_block_make(&lane->block[0], &round->room) ||
        w2b_block_make(&lane->block[1], &round->room))
        goto fail;
    lane->means = w2b_alloc_zero(panels * means_stride(round), sizeof(float));
    lane->outputs = w2b_alloc_zero(panels * outputs_stride(round), sizeof(float));
    lane->partials = w2b_alloc_zero(round->latents->groups * scores, sizeof(float));
    lane->scores = w2b_alloc_zero(scores, sizeof(float));
    lane->grads = w2b_alloc_zero(scores, sizeof(float));
    if (lane->means && lane->outputs && lane->partials && lane->scores && lane->grads)
        return 0;
fail:
    w2b_lane_release(lane);
    return -1;
}

void w2b_lane_release(w2b_lane *lane)
{
    w2b_block_release(&lane->block[0]);
    w2b_block_release(&lane->block[1]);
    w2b_free(lane->means);
    w2b_free(lane->outputs);
    w2b_free(lane->partials);
    w2b_free(lane->scores);
    w2b_free(lane->grads);
    memset(lane, 0, sizeof *lane);
}

int w2b_share_make(w2b_share *share, const w2b_round *round, uint32_t number, uint32_t threads)
{
    memset(share, 0, sizeof *share);
    const uint64_t groups = round->latents->groups;
    share->first_group = (uint32_t)(groups * number / threads);
    share->end_group = (uint32_t)(groups * (number + 1) / threads);
    share->first = (size_t)share->first_group * round->latents->group;
    share->end = (size_t)share->end_group * round->latents->group;
    share->panels = (share->end - share->first) / 16;
    share->contexts = w2b_alloc_zero(share->panels * contexts_stride(round), sizeof(float));
    share->inputs = w2b_alloc_zero(share->panels * means_stride(round), sizeof(float));
    share->tiles = w2b_alloc_zero(512, sizeof(float));
    share->targets = w2b_alloc(round->room.outputs, sizeof *share->targets);
    if (share->contexts && share->inputs && share->tiles && share->targets)
        return 0;
    w2b_share_release(share);
    return -1;
}

void w2b_share_release(w2b_share *share)
{
    w2b_free(share->contexts);
    w2b_free(share->inputs);
    w2b_free(share->tiles);
    w2b_free(share->targets);
    memset(share, 0, sizeof *share);
}

/* Where the share's panels of a lane's buffers begin. */
static float *own_means(const w2b_round *round, const w2b_lane *lane, const w2b_share *share)
{
    return lane->means + share->first / 16 * means_stride(round);
}

static float *own_outputs(const w2b_round *round, const w2b_lane *lane, const w2b_share *share)
{
    return lane->outputs + share->first / 16 * outputs_stride(round);
}

/* First row of the outputs that are not paired. */
static size_t dense_row(const w2b_block *block)
{
    return block->paired ? 16 * (size_t)block->chunks : 0;
}

/* ----- Forward -------------------------------------------------------------- */

/* Quantized copy of the share's columns of a latent row. */
static void copy_row(const w2b_round *round, const w2b_share *share, const float *matrix,
                     uint32_t row, float *to, size_t stride)
{
    const w2b_latents *latents = round->latents;
    const size_t end = share->end < latents->dim ? share->end : latents->dim;
    round->kern->quantize(round->quant, matrix + row * latents->ld + share->first,
                          end - share->first, to, stride, share->panels);
}

static void average_contexts(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                             w2b_share *share)
{
    const size_t from = contexts_stride(round), to = means_stride(round);
    float *means = own_means(round, lane, share);
    for (uint32_t p = 0; p < block->positions; p++)
        copy_row(round, share, round->latents->u, block->in_rows[p],
                 share->contexts + (size_t)p * 16, from);
    for (uint32_t i = 0; i < 16 * block->chunks; i++) {
        const w2b_span none = {0, 0, 0};
        const w2b_span span = i < block->inputs ? block->spans[i] : none;
        const int skips = span.first <= span.skip && span.skip < span.end;
        const uint32_t count = span.end - span.first - (uint32_t)skips;
        round->kern->mean(share->contexts, from, span.first, span.end, span.skip,
                          count ? 1.0f / (float)count : 0, means + (size_t)i * 16, to,
                          share->panels);
    }
}

/* Partial scores of one group of columns. */
static void score_group(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                        w2b_share *share, uint32_t group)
{
    const w2b_step_kern *kern = round->kern;
    const size_t panels = round->latents->group / 16;
    float *const means = share->tiles, *const targets = share->tiles + 256;
    for (uint32_t c = 0; c < block->chunks; c++) {
        float *out = lane->partials + group * score_room(round) + (size_t)c * block->rows * 16;
        for (size_t p = group * panels; p < (group + 1) * panels; p++) {
            const float *rows = lane->outputs + p * outputs_stride(round);
            const int add = p != group * panels;
            kern->transpose(lane->means + p * means_stride(round) + (size_t)c * 256, means);
            if (block->paired) {
                kern->transpose(rows + (size_t)c * 256, targets);
                kern->pair_dots(means, targets, out, add);
            }
            kern->scores(rows + dense_row(block) * 16, block->outputs - block->paired, means,
                         out + 16, add);
        }
    }
}

/* Asks for the rows of `next` that come after `done` of `parts` parts of it. A
 * core has room for a dozen or two of misses: asked for all at once, they would
 * stall it; between products they cost next to nothing. */
static void prefetch_part(const w2b_round *round, const w2b_block *next, const w2b_share *share,
                          uint32_t done, uint32_t parts)
{
    const w2b_latents *latents = round->latents;
    const uint32_t rows = next->positions + next->outputs;
    const uint32_t end = (uint32_t)((uint64_t)rows * (done + 1) / parts);
    for (uint32_t r = (uint32_t)((uint64_t)rows * done / parts); r < end; r++) {
        const float *row = r < next->positions
                               ? latents->u + next->in_rows[r] * latents->ld
                               : latents->v + next->out_rows[r - next->positions] * latents->ld;
        for (size_t c = share->first; c < share->end; c += 16)
            __builtin_prefetch(row + c, 0, 2);
    }
}

void w2b_round_forward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                       const w2b_block *next, w2b_share *share)
{
    if (block->inputs == 0 || share->panels == 0)
        return;
    average_contexts(round, lane, block, share);
    float *outputs = own_outputs(round, lane, share);
    for (uint32_t y = 0; y < block->outputs; y++) {
        const size_t row = y < block->paired ? y : dense_row(block) + y - block->paired;
        copy_row(round, share, round->latents->v, block->out_rows[y], outputs + row * 16,
                 outputs_stride(round));
    }
    const uint32_t groups = share->end_group - share->first_group;
    for (uint32_t g = 0; g < groups; g++) {
        if (next)
            prefetch_part(round, next, share, g, groups);
        score_group(round, lane, block, share, share->first_group + g);
    }
}

/* ----- Scores --------------------------------------------------------------- */

/* Weights of a chunk that are in use, and where they begin. */
static size_t used_weights(const w2b_block *block)
{
    return (size_t)(1 + block->outputs - block->paired) * 16;
}

void w2b_round_scores(const w2b_round *round, w2b_lane *lane, const w2b_block *block, float rate)
{
    for (uint32_t c = 0; c < block->chunks && block->inputs; c++) {
        const size_t at = w2b_block_at(block, 0, 16 * c);
        round->kern->gradient(lane->partials + at, round->latents->groups, score_room(round),
                              block->want + at, block->mass + at, rate, lane->scores + at,
                              lane->grads + at, used_weights(block));
    }
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
        for (size_t i = begin; i < begin + used_weights(block); i++) {
            const double want = block->want[i], not_wanted = block->mass[i] - want;
            if (want != 0)
                loss += want * softplus(-(double)lane->scores[i]);
            if (not_wanted != 0)
                loss += not_wanted * softplus(lane->scores[i]);
        }
    }
    return loss;
}

/* ----- Backward ------------------------------------------------------------- */

static void input_gradients(const w2b_round *round, const w2b_lane *lane, const w2b_block *block,
                            w2b_share *share)
{
    const float *outputs = own_outputs(round, lane, share);
    for (size_t p = 0; p < share->panels; p++)
        for (uint32_t c = 0; c < block->chunks; c++) {
            const float *rows = outputs + p * outputs_stride(round);
            const float *grads = lane->grads + w2b_block_at(block, 0, 16 * c);
            round->kern->gather(block->paired ? grads : NULL, rows + (size_t)c * 256, grads + 16,
                                rows + dense_row(block) * 16, block->outputs - block->paired,
                                share->inputs + p * means_stride(round) + (size_t)c * 256);
        }
}

static void update_outputs(const w2b_round *round, const w2b_lane *lane, const w2b_block *block,
                           w2b_share *share)
{
    for (uint32_t y = 0; y < block->outputs; y++)
        share->targets[y] =
            round->latents->v + block->out_rows[y] * round->latents->ld + share->first;
    for (uint32_t c = 0; c < block->chunks; c++) {
        const float *grads = lane->grads + w2b_block_at(block, 0, 16 * c);
        const float *means = own_means(round, lane, share) + (size_t)c * 256;
        const uint32_t first = 16 * c < block->paired ? 16 * c : block->paired;
        const uint32_t pairs = block->paired - first < 16 ? block->paired - first : 16;
        round->kern->spread_diagonal(grads, pairs, means, means_stride(round),
                                     share->targets + first, share->panels);
        round->kern->spread(grads + 16, block->outputs - block->paired, means,
                            means_stride(round), share->targets + block->paired, share->panels);
    }
}

/* Every row of a context takes the whole gradient of the mean, as in word2vec,
 * not its share of it. */
static void update_contexts(const w2b_round *round, const w2b_block *block, w2b_share *share)
{
    for (uint32_t p = 0; p < block->positions; p++) {
        const uint32_t first = block->taken[p], end = block->taken[p + 1];
        if (first != end)
            round->kern->accumulate(
                share->inputs, means_stride(round), block->takers + first, end - first,
                round->latents->u + block->in_rows[p] * round->latents->ld + share->first,
                share->panels);
    }
}

void w2b_round_backward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                        w2b_share *share)
{
    if (block->inputs == 0 || share->panels == 0)
        return;
    input_gradients(round, lane, block, share);
    update_outputs(round, lane, block, share);
    update_contexts(round, block, share);
}
