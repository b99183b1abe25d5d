/*
 * float_round.c - rounds in floats: for training without a quantizer in the
 * loop, or with many bits.
 *
 * Traffic: rows of u and v are read once to be quantized and once, from the
 * cache, to be changed, 4 bytes a number.
 */
#include "word2bits/round.h"

#include <string.h>

/* Work space of one stream. Buffers of columns are cut into panels, see
 * quant/step.h. */
typedef struct lane_work {
    float *means;     /* contexts, averaged: 16 * chunks rows */
    float *outputs;   /* quantized rows of v: paired ones first, the
                         others from row 16 * chunks on, or from 0 */
    float *partials;  /* [groups][chunks][rows][16] */
    float *grads;     /* [chunks][rows][16] */
    uint32_t *takers; /* the inputs that each position is part of, rising; */
    uint32_t *taken;  /* [positions + 1] those of p from taken[p] on */
} lane_work;

/* Work space of one share. */
typedef struct share_work {
    size_t panels;   /* of its columns */
    float *contexts; /* quantized rows of u, its panels alone */
    float *inputs;   /* gradients of the inputs, likewise */
    float *tiles;    /* [2][16][16] transposed */
    float **targets; /* [outputs] */
    float *rates;    /* [outputs] */
} share_work;

/* ----- Memory --------------------------------------------------------------- */

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

static size_t takers_room(const w2b_round *round)
{
    return (size_t)round->room.chunks * 16 * round->room.positions;
}

static size_t lane_bytes(const w2b_round *round)
{
    const size_t panels = round->latents->ld / 16;
    return (panels * (means_stride(round) + outputs_stride(round)) +
            (round->latents->groups + 1) * w2b_score_room(round)) *
               sizeof(float) +
           (takers_room(round) + round->room.positions + 2) * sizeof(uint32_t);
}

static void lane_release(w2b_lane *lane)
{
    lane_work *work = lane->work;
    w2b_free(work->means);
    w2b_free(work->outputs);
    w2b_free(work->partials);
    w2b_free(work->grads);
    w2b_free(work->takers);
    w2b_free(work->taken);
    w2b_free(work);
}

static int lane_make(w2b_lane *lane, const w2b_round *round)
{
    const size_t panels = round->latents->ld / 16, scores = w2b_score_room(round);
    lane_work *work = lane->work = w2b_alloc_zero(1, sizeof *work);
    if (!work) return -1;
    work->means = w2b_alloc_lines(panels * means_stride(round), sizeof(float));
    work->outputs = w2b_alloc_lines(panels * outputs_stride(round), sizeof(float));
    work->partials = w2b_alloc_lines(round->latents->groups * scores, sizeof(float));
    work->grads = w2b_alloc_lines(scores, sizeof(float));
    work->takers = w2b_alloc_lines(takers_room(round), sizeof *work->takers);
    work->taken = w2b_alloc_lines(round->room.positions + 2, sizeof *work->taken);
    return work->means && work->outputs && work->partials && work->grads && work->takers &&
                   work->taken
               ? 0
               : -1;
}

static size_t share_bytes(const w2b_round *round, uint32_t groups)
{
    const size_t panels = (size_t)groups * round->latents->group / 16;
    return panels * (contexts_stride(round) + means_stride(round)) * sizeof(float) +
           512 * sizeof(float) + round->room.outputs * (sizeof(float *) + sizeof(float));
}

static void share_release(w2b_share *share)
{
    share_work *work = share->work;
    w2b_free(work->contexts);
    w2b_free(work->inputs);
    w2b_free(work->tiles);
    w2b_free(work->targets);
    w2b_free(work->rates);
    w2b_free(work);
}

static int share_make(w2b_share *share, const w2b_round *round)
{
    share_work *work = share->work = w2b_alloc_zero(1, sizeof *work);
    if (!work) return -1;
    work->panels = (share->end - share->first) / 16;
    work->contexts = w2b_alloc_lines(work->panels * contexts_stride(round), sizeof(float));
    work->inputs = w2b_alloc_lines(work->panels * means_stride(round), sizeof(float));
    work->tiles = w2b_alloc_lines(512, sizeof(float));
    work->targets = w2b_alloc_lines(round->room.outputs, sizeof *work->targets);
    work->rates = w2b_alloc_lines(round->room.outputs, sizeof *work->rates);
    return work->contexts && work->inputs && work->tiles && work->targets && work->rates ? 0 : -1;
}

static lane_work *work_of(const w2b_lane *lane)
{
    return lane->work;
}

static share_work *own(const w2b_share *share)
{
    return share->work;
}

static float *row_of(const w2b_round *round, void *matrix, uint32_t row, const w2b_share *share)
{
    return (float *)matrix + row * round->latents->ld + share->first;
}

/* Where the share's panels of a lane's buffers begin. */
static float *own_means(const w2b_round *round, const w2b_lane *lane, const w2b_share *share)
{
    return work_of(lane)->means + share->first / 16 * means_stride(round);
}

static float *own_outputs(const w2b_round *round, const w2b_lane *lane, const w2b_share *share)
{
    return work_of(lane)->outputs + share->first / 16 * outputs_stride(round);
}

/* ----- Forward -------------------------------------------------------------- */

/* Quantized copy of the share's columns of a latent row. */
static void copy_row(const w2b_round *round, const w2b_share *share, void *matrix, uint32_t row,
                     float *to, size_t stride)
{
    const w2b_latents *latents = round->latents;
    const size_t end = share->end < latents->dim ? share->end : latents->dim;
    round->kern->quantize(round->quant, row_of(round, matrix, row, share), end - share->first, to,
                          stride, own(share)->panels);
}

static void average_contexts(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                             w2b_share *share)
{
    const size_t from = contexts_stride(round), to = means_stride(round);
    float *means = own_means(round, lane, share);
    for (uint32_t p = 0; p < block->positions; p++)
        copy_row(round, share, round->latents->u, block->in_rows[p],
                 own(share)->contexts + (size_t)p * 16, from);
    for (uint32_t i = 0; i < 16 * block->chunks; i++) {
        const w2b_span span = w2b_block_span(block, i);
        round->kern->mean(own(share)->contexts, from, span.first, span.end, span.skip,
                          w2b_round_share(round, span), means + (size_t)i * 16, to,
                          own(share)->panels);
    }
}

/* Partial scores of one group of columns. */
static void score_group(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                        w2b_share *share, uint32_t group)
{
    const w2b_step_kern *kern = round->kern;
    const size_t panels = round->latents->group / 16;
    float *const means = own(share)->tiles, *const targets = own(share)->tiles + 256;
    for (uint32_t c = 0; c < block->chunks; c++) {
        float *out =
            work_of(lane)->partials + group * w2b_score_room(round) + (size_t)c * block->rows * 16;
        for (size_t p = group * panels; p < (group + 1) * panels; p++) {
            const float *rows = work_of(lane)->outputs + p * outputs_stride(round);
            const int add = p != group * panels;
            kern->transpose(work_of(lane)->means + p * means_stride(round) + (size_t)c * 256,
                            means);
            if (block->paired) {
                kern->transpose(rows + (size_t)c * 256, targets);
                kern->pair_dots(means, targets, out, add);
            }
            kern->scores(rows + w2b_block_dense_row(block) * 16,
                         block->outputs - block->paired, means, out + 16, add);
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
        const float *row = r < next->positions ? row_of(round, latents->u, next->in_rows[r], share)
                                               : row_of(round, latents->v,
                                                        next->out_rows[r - next->positions], share);
        for (size_t c = 0; c < share->end - share->first; c += 16)
            __builtin_prefetch(row + c, 0, 2);
    }
}

static void forward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                    const w2b_block *next, w2b_share *share)
{
    average_contexts(round, lane, block, share);
    float *outputs = own_outputs(round, lane, share);
    for (uint32_t y = 0; y < block->outputs; y++) {
        const size_t row = y < block->paired ? y : w2b_block_dense_row(block) + y - block->paired;
        copy_row(round, share, round->latents->v, block->out_rows[y], outputs + row * 16,
                 outputs_stride(round));
    }
    const uint32_t groups = share->end_group - share->first_group;
    for (uint32_t g = 0; g < groups; g++) {
        if (next) prefetch_part(round, next, share, g, groups);
        score_group(round, lane, block, share, share->first_group + g);
    }
}

/* ----- Scores --------------------------------------------------------------- */

/* Turns spans round: which inputs take each position. */
static void list_takers(const w2b_block *block, lane_work *work)
{
    /* counted two places on, summed up, and moved back by one by the filling */
    uint32_t *const at = work->taken + 1;
    memset(work->taken, 0, ((size_t)block->positions + 2) * sizeof *work->taken);
    for (uint32_t i = 0; i < block->inputs; i++)
        for (uint32_t p = block->spans[i].first; p < block->spans[i].end; p++)
            at[p + 1] += p != block->spans[i].skip;
    for (uint32_t p = 0; p < block->positions; p++) at[p + 1] += at[p];
    for (uint32_t i = 0; i < block->inputs; i++)
        for (uint32_t p = block->spans[i].first; p < block->spans[i].end; p++)
            if (p != block->spans[i].skip) work->takers[at[p]++] = i;
}

static void scores(const w2b_round *round, w2b_lane *lane, const w2b_block *block, float rate)
{
    list_takers(block, lane->work);
    for (uint32_t c = 0; c < block->chunks; c++) {
        const size_t at = w2b_block_at(block, 0, 16 * c);
        round->kern->gradient(work_of(lane)->partials + at, round->latents->groups,
                              w2b_score_room(round), block->want + at, block->mass + at, rate,
                              lane->scores + at, work_of(lane)->grads + at,
                              w2b_used_weights(block));
    }
}

/* ----- Backward ------------------------------------------------------------- */

static void input_gradients(const w2b_round *round, const w2b_lane *lane, const w2b_block *block,
                            w2b_share *share)
{
    const float *outputs = own_outputs(round, lane, share);
    for (size_t p = 0; p < own(share)->panels; p++)
        for (uint32_t c = 0; c < block->chunks; c++) {
            const float *rows = outputs + p * outputs_stride(round);
            const float *grads = work_of(lane)->grads + w2b_block_at(block, 0, 16 * c);
            round->kern->gather(block->paired ? grads : NULL, rows + (size_t)c * 256, grads + 16,
                                rows + w2b_block_dense_row(block) * 16,
                                block->outputs - block->paired,
                                own(share)->inputs + p * means_stride(round) + (size_t)c * 256);
        }
}

static void update_outputs(const w2b_round *round, const w2b_lane *lane, const w2b_block *block,
                           w2b_share *share)
{
    float *const *targets = own(share)->targets;
    const float *rates = own(share)->rates;
    for (uint32_t y = 0; y < block->outputs; y++) {
        own(share)->targets[y] = row_of(round, round->latents->v, block->out_rows[y], share);
        own(share)->rates[y] = round->rates->of[1][block->out_rows[y]];
    }
    for (uint32_t c = 0; c < block->chunks; c++) {
        const float *grads = work_of(lane)->grads + w2b_block_at(block, 0, 16 * c);
        const float *means = own_means(round, lane, share) + (size_t)c * 256;
        const uint32_t first = 16 * c < block->paired ? 16 * c : block->paired;
        const uint32_t pairs = block->paired - first < 16 ? block->paired - first : 16;
        round->kern->spread_diagonal(grads, rates + first, pairs, means, means_stride(round),
                                     targets + first, own(share)->panels);
        round->kern->spread(grads + 16, rates + block->paired, block->outputs - block->paired,
                            means, means_stride(round), targets + block->paired,
                            own(share)->panels);
    }
}

/* Every row of a context takes the whole gradient of the mean, as in word2vec,
 * not its share of it. */
static void update_contexts(const w2b_round *round, const w2b_lane *lane, const w2b_block *block,
                            w2b_share *share)
{
    const lane_work *work = lane->work;
    for (uint32_t p = 0; p < block->positions; p++) {
        const uint32_t first = work->taken[p], end = work->taken[p + 1], row = block->in_rows[p];
        if (first != end)
            round->kern->accumulate(own(share)->inputs, means_stride(round), work->takers + first,
                                    end - first, round->rates->of[0][row],
                                    row_of(round, round->latents->u, row, share),
                                    own(share)->panels);
    }
}

static void backward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                     const w2b_block *next, w2b_share *share)
{
    (void)next;
    input_gradients(round, lane, block, share);
    update_outputs(round, lane, block, share);
    update_contexts(round, lane, block, share);
}

const w2b_engine w2b_float_engine = {
    .panel = 16,
    .lane_make = lane_make,
    .lane_release = lane_release,
    .lane_bytes = lane_bytes,
    .share_make = share_make,
    .share_release = share_release,
    .share_bytes = share_bytes,
    .forward = forward,
    .scores = scores,
    .backward = backward,
};
