/*
 * fixed_round.c - rounds in whole numbers: few bits in the loop.
 *
 * In units of half a step, a quantized number is odd and small, and the sum of a
 * context is a whole number; what has to be multiplied by the step, or divided by
 * the number of contexts, is the score and the error. Sums over the words of a
 * context are differences of running sums. Errors are rounded to 16 bits twice:
 * for the gradients of inputs as they are, for those of outputs divided by the
 * number of contexts.
 *
 * Traffic: see quant/fixed.h. Each thread keeps the codes of its columns by
 * itself, so that no two write to one line of the cache.
 */
#include "word2bits/round.h"

#include <string.h>

enum { PANEL = W2B_FIXED_PANEL };

/* Work space of one stream. Matrices of columns lie panel by panel. */
typedef struct lane_work {
    int32_t *means;                  /* [panels][8 chunks][32] sums of contexts, two woven */
    int32_t *outputs;                /* [panels][pairs][32] quantized rows of v, two woven: paired
                                        ones, if any, up to 8 chunks, then the others */
    int32_t *partials;               /* [groups][chunks][rows][16]; a thread writes its sums to
                                        the place of its first group, the others stay 0 */
    float *errors;                   /* [chunks][rows][16] */
    int16_t *rounded;                /* [rows - 1][16 chunks] errors over contexts, the others */
    int32_t *crossed;                /* [chunks][pairs of the others][16] errors, two rows woven */
    int32_t *diagonal;               /* [16 chunks] errors of the paired, in the half that their row
                                        has in its pair */
    int16_t *own;                    /* [16 chunks][2] the same over contexts */
    uint8_t *begins, *ends, *own_at; /* [positions] of w2b_fixed_spans */
    uint8_t next_begin[W2B_MAX_BLOCK], next_end[W2B_MAX_BLOCK];
    float rate;
} lane_work;

/* Work space of one thread. */
typedef struct share_work {
    size_t panels;     /* of its columns */
    size_t live;       /* of its columns are in use */
    uint32_t *u, *v;   /* [words][panels][bits] codes of its columns */
    int16_t *sums;     /* [panels][positions + 1][32] running sums of contexts */
    int16_t *means;    /* [panels][16 chunks][32] */
    int16_t *outputs;  /* [panels][2 pairs][32] */
    int32_t *inputs;   /* [panels][16 chunks][32] gradients of inputs, woven order */
    int32_t *tile;     /* [16][16] pairs, transposed */
    uint32_t *at;      /* of outputs, then of contexts: places in the noise, */
    int16_t **targets; /* latents */
    uint32_t **codes;  /* and their codes */
} share_work;

/* A score of 2^31 is far: 16 bits for a context, 4 for a number, and the
 * dimension. Sums of errors (15 bits, all those of an input together weigh 1 +
 * negative) times outputs, over the inputs of a block, must be so too. */
int w2b_fixed_fits(w2b_loop_quant quant, const w2b_walk_options *walk)
{
    if (quant.bits < 1 || quant.bits > 4)
        return 0;
    const uint64_t most = (1u << quant.bits) - 1;
    return 2 * walk->window * most <= 511 && (1 + (uint64_t)walk->negative) * most < 1024;
}

/* ----- Memory --------------------------------------------------------------- */

static size_t input_rows(const w2b_round *round)
{
    return (size_t)round->room.chunks * 16;
}

/* Pairs of outputs: paired ones fill whole chunks. */
static size_t output_pairs(const w2b_round *round)
{
    return input_rows(round) / 2 + (round->room.rows + 1) / 2;
}

/* Panels lie an odd number of cache lines apart. */
static size_t means_stride(const w2b_round *round)
{
    return (input_rows(round) + 1) * PANEL;
}

static size_t outputs_stride(const w2b_round *round)
{
    return (2 * output_pairs(round) + 1) * PANEL;
}

static size_t sums_stride(const w2b_round *round)
{
    return (((size_t)round->room.positions + 1) | 1) * PANEL;
}

static size_t crossed_room(const w2b_round *round)
{
    return (size_t)round->room.chunks * output_pairs(round) * 16;
}

static size_t target_room(const w2b_round *round)
{
    return round->room.outputs > round->room.positions ? round->room.outputs
                                                       : round->room.positions;
}

static size_t lane_bytes(const w2b_round *round)
{
    const size_t panels = round->latents->ld / PANEL, scores = w2b_score_room(round);
    return panels * (means_stride(round) + outputs_stride(round)) / 2 * sizeof(int32_t) +
           (round->latents->groups + 1) * scores * sizeof(int32_t) + scores * sizeof(int16_t) +
           (crossed_room(round) + 2 * input_rows(round)) * sizeof(int32_t);
}

static void lane_release(w2b_lane *lane)
{
    lane_work *work = lane->work;
    w2b_free(work->means);
    w2b_free(work->outputs);
    w2b_free(work->partials);
    w2b_free(work->errors);
    w2b_free(work->rounded);
    w2b_free(work->crossed);
    w2b_free(work->diagonal);
    w2b_free(work->own);
    w2b_free(work->begins);
    w2b_free(work->ends);
    w2b_free(work->own_at);
    w2b_free(work);
}

static int lane_make(w2b_lane *lane, const w2b_round *round)
{
    const size_t panels = round->latents->ld / PANEL, scores = w2b_score_room(round);
    lane_work *work = lane->work = w2b_alloc_zero(1, sizeof *work);
    if (!work)
        return -1;
    work->means = w2b_alloc_zero(panels * means_stride(round) / 2, sizeof(int32_t));
    work->outputs = w2b_alloc_zero(panels * outputs_stride(round) / 2, sizeof(int32_t));
    work->partials = w2b_alloc_zero(round->latents->groups * scores, sizeof(int32_t));
    work->errors = w2b_alloc_zero(scores, sizeof(float));
    work->rounded = w2b_alloc_zero(scores, sizeof(int16_t));
    work->crossed = w2b_alloc_zero(crossed_room(round), sizeof(int32_t));
    work->diagonal = w2b_alloc_zero(input_rows(round), sizeof(int32_t));
    work->own = w2b_alloc_zero(2 * input_rows(round), sizeof(int16_t));
    work->begins = w2b_alloc(round->room.positions + 1, 1);
    work->ends = w2b_alloc(round->room.positions + 1, 1);
    work->own_at = w2b_alloc(round->room.positions, 1);
    return work->means && work->outputs && work->partials && work->errors && work->rounded &&
                   work->crossed && work->diagonal && work->own && work->begins && work->ends &&
                   work->own_at
               ? 0
               : -1;
}

static size_t share_bytes(const w2b_round *round, uint32_t threads)
{
    const size_t panels = round->latents->ld / PANEL;
    return 2 * (size_t)round->latents->words * panels * round->quant.bits * sizeof(uint32_t) +
           panels * (sums_stride(round) + means_stride(round) + outputs_stride(round)) *
               sizeof(int16_t) +
           panels * input_rows(round) * PANEL * sizeof(int32_t) +
           threads * (256 * sizeof(int32_t) +
                      target_room(round) * (sizeof(uint32_t) + 2 * sizeof(void *)));
}

static void share_release(w2b_share *share)
{
    share_work *work = share->work;
    w2b_free(work->u);
    w2b_free(work->v);
    w2b_free(work->sums);
    w2b_free(work->means);
    w2b_free(work->outputs);
    w2b_free(work->inputs);
    w2b_free(work->tile);
    w2b_free(work->at);
    w2b_free(work->targets);
    w2b_free(work->codes);
    w2b_free(work);
}

static w2b_fixed_rule rule_of(const w2b_round *round, float rate)
{
    const float half_step = (float)(1u << round->fraction) / 2;
    return (w2b_fixed_rule){round->quant.bits, round->fraction, rate * half_step / round->weight,
                            round->noise};
}

static int16_t *latent(const w2b_round *round, void *matrix, uint32_t row, const w2b_share *share)
{
    return (int16_t *)matrix + row * round->latents->ld + share->first;
}

static uint32_t *codes_of(const w2b_round *round, const share_work *work, uint32_t *matrix,
                          uint32_t row)
{
    return matrix + row * work->panels * round->quant.bits;
}

static int share_make(w2b_share *share, const w2b_round *round)
{
    const w2b_latents *latents = round->latents;
    share_work *work = share->work = w2b_alloc_zero(1, sizeof *work);
    if (!work)
        return -1;
    const size_t panels = work->panels = (share->end - share->first) / PANEL;
    const size_t codes = panels * round->quant.bits;
    work->live = latents->dim > share->first ? latents->dim - share->first : 0;
    work->u = w2b_alloc(latents->words, codes * sizeof(uint32_t));
    work->v = w2b_alloc(latents->words, codes * sizeof(uint32_t));
    work->sums = w2b_alloc_zero(panels * sums_stride(round), sizeof(int16_t));
    work->means = w2b_alloc_zero(panels * means_stride(round), sizeof(int16_t));
    work->outputs = w2b_alloc_zero(panels * outputs_stride(round), sizeof(int16_t));
    work->inputs = w2b_alloc_zero(panels * input_rows(round) * PANEL, sizeof(int32_t));
    work->tile = w2b_alloc_zero(256, sizeof(int32_t));
    work->at = w2b_alloc(target_room(round), sizeof *work->at);
    work->targets = w2b_alloc(target_room(round), sizeof *work->targets);
    work->codes = w2b_alloc(target_room(round), sizeof *work->codes);
    if (!work->u || !work->v || !work->sums || !work->means || !work->outputs || !work->inputs ||
        !work->tile || !work->at || !work->targets || !work->codes)
        return -1;
    const w2b_fixed_rule rule = rule_of(round, 0);
    for (uint32_t row = 0; row < latents->words; row++) {
        round->fixed->encode(&rule, latent(round, latents->u, row, share),
                             codes_of(round, work, work->u, row), panels);
        round->fixed->encode(&rule, latent(round, latents->v, row, share),
                             codes_of(round, work, work->v, row), panels);
    }
    return 0;
}

/* ----- Forward -------------------------------------------------------------- */

static void sum_contexts(const w2b_round *round, const w2b_block *block, share_work *work)
{
    const size_t stride = sums_stride(round);
    for (uint32_t p = 0; p < block->positions; p++) {
        int16_t *before = work->sums + (size_t)p * PANEL;
        round->fixed->expand(codes_of(round, work, work->u, block->in_rows[p]),
                             round->quant.bits, work->live, before, before + PANEL, stride,
                             work->panels);
    }
    for (uint32_t i = 0; i < 16 * block->chunks; i++) {
        const w2b_span span = w2b_block_span(block, i);
        const int16_t *own = w2b_span_skips(span) ? work->sums + (size_t)span.skip * PANEL : NULL;
        round->fixed->window(work->sums + (size_t)span.first * PANEL,
                             work->sums + (size_t)span.end * PANEL,
                             own, stride, work->means + (size_t)i * PANEL, means_stride(round),
                             work->panels);
    }
}

static size_t dense_pairs(const w2b_block *block)
{
    return (block->outputs - block->paired + 1) / 2;
}

/* Rows that there are not are 0: at the end of the paired ones, and where the
 * others are an odd number. */
static void expand_outputs(const w2b_round *round, const w2b_block *block, share_work *work)
{
    const size_t stride = outputs_stride(round), dense = w2b_block_dense_row(block);
    const size_t rows = dense + 2 * dense_pairs(block);
    for (size_t r = 0; r < rows; r++) {
        const size_t y = r < dense ? r : r - dense + block->paired;
        int16_t *to = work->outputs + r * PANEL;
        if (r < dense ? y < block->paired : y < block->outputs) {
            round->fixed->expand(codes_of(round, work, work->v, block->out_rows[y]),
                                 round->quant.bits, work->live, NULL, to, stride, work->panels);
            continue;
        }
        for (size_t p = 0; p < work->panels; p++)
            memset(to + p * stride, 0, PANEL * sizeof *to);
    }
}

/* Asks for the latents that this block will change, a panel of all of them at a
 * time: between products they cost next to nothing. */
static void prefetch_panel(const w2b_round *round, const w2b_block *block, const w2b_share *share,
                           size_t panel)
{
    for (uint32_t p = 0; p < block->positions; p++)
        __builtin_prefetch(
            latent(round, round->latents->u, block->in_rows[p], share) + panel * PANEL, 1, 2);
    for (uint32_t y = 0; y < block->outputs; y++)
        __builtin_prefetch(
            latent(round, round->latents->v, block->out_rows[y], share) + panel * PANEL, 1, 2);
}

static void prefetch_codes(const w2b_round *round, const w2b_block *next, share_work *work)
{
    for (uint32_t p = 0; p < next->positions; p++)
        __builtin_prefetch(codes_of(round, work, work->u, next->in_rows[p]), 1, 3);
    for (uint32_t y = 0; y < next->outputs; y++)
        __builtin_prefetch(codes_of(round, work, work->v, next->out_rows[y]), 1, 3);
}

static void forward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                    const w2b_block *next, w2b_share *share)
{
    const w2b_fixed_kern *kern = round->fixed;
    lane_work *shared = lane->work;
    share_work *work = share->work;
    const size_t inputs = means_stride(round), outputs = outputs_stride(round);
    const size_t dense = w2b_block_dense_row(block), first = share->first / PANEL;
    int32_t *out = shared->partials + share->first_group * w2b_score_room(round);
    (void)next;
    sum_contexts(round, block, work);
    expand_outputs(round, block, work);
    for (size_t p = 0; p < work->panels; p++) {
        const int16_t *means = work->means + p * inputs, *rows = work->outputs + p * outputs;
        prefetch_panel(round, block, share, p);
        for (uint32_t c = 0; c < block->chunks; c++) {
            round->kern->transpose(means + (size_t)c * 16 * PANEL, work->tile);
            kern->scores(rows + dense * PANEL, block->outputs - block->paired, work->tile,
                         out + ((size_t)c * block->rows + 1) * 16, p > 0);
        }
        kern->weave(means, 8 * (size_t)block->chunks, shared->means + (first + p) * inputs / 2);
        kern->weave(rows, dense / 2 + dense_pairs(block),
                    shared->outputs + (first + p) * outputs / 2);
    }
    for (uint32_t c = 0; c < block->chunks && block->paired; c++)
        kern->dots(work->means + (size_t)c * 16 * PANEL, inputs,
                   work->outputs + (size_t)c * 16 * PANEL, outputs, 16, work->panels,
                   out + (size_t)c * block->rows * 16);
}

/* ----- Scores --------------------------------------------------------------- */

/* For the 16 inputs of a chunk, what turns whole numbers into scores, and errors
 * into whole numbers. */
typedef struct factors {
    float score[16], error[16], shared_error[16];
} factors;

static factors factors_of(const w2b_round *round, const w2b_block *block, uint32_t chunk)
{
    const float half = round->quant.step / 2;
    factors f;
    for (uint32_t i = 0; i < 16; i++) {
        const uint32_t count = w2b_span_count(w2b_block_span(block, 16 * chunk + i));
        const float share = count ? 1.0f / (float)count : 0;
        f.score[i] = half * half * share;
        f.error[i] = round->weight;
        f.shared_error[i] = round->weight * share;
    }
    return f;
}

static int32_t in_half(int16_t x, uint32_t upper)
{
    return (int32_t)((uint32_t)(uint16_t)x << (upper ? 16 : 0));
}

/* Errors of the others with rows 2 p and 2 p + 1 woven. */
static void cross(const w2b_round *round, const w2b_block *block, const factors *f,
                  const float *errors, int32_t *out)
{
    const size_t n = block->outputs - block->paired;
    int16_t rows[2][16];
    for (size_t p = 0; p < dense_pairs(block); p++) {
        memset(rows, 0, sizeof rows);
        round->fixed->round(errors + 2 * p * 16, f->error, rows[0], 16, n - 2 * p < 2 ? 1 : 2);
        for (size_t i = 0; i < 16; i++)
            out[p * 16 + i] = in_half(rows[0][i], 0) | in_half(rows[1][i], 1);
    }
}

/* Turns spans round: where inputs begin and end. */
static void chain_spans(const w2b_block *block, lane_work *work)
{
    memset(work->begins, W2B_FIXED_NONE, block->positions + 1);
    memset(work->ends, W2B_FIXED_NONE, block->positions + 1);
    memset(work->own_at, W2B_FIXED_NONE, block->positions);
    for (uint32_t i = 0; i < block->inputs; i++) {
        const w2b_span *span = &block->spans[i];
        work->next_begin[i] = work->begins[span->first];
        work->begins[span->first] = (uint8_t)i;
        work->next_end[i] = work->ends[span->end];
        work->ends[span->end] = (uint8_t)i;
        if (w2b_span_skips(*span))
            work->own_at[span->skip] = (uint8_t)i;
    }
}

static void scores(const w2b_round *round, w2b_lane *lane, const w2b_block *block, float rate)
{
    const w2b_fixed_kern *kern = round->fixed;
    lane_work *work = lane->work;
    const size_t width = 16 * (size_t)block->chunks, n = block->outputs - block->paired;
    work->rate = rate;
    chain_spans(block, work);
    for (uint32_t c = 0; c < block->chunks; c++) {
        const size_t at = w2b_block_at(block, 0, 16 * c);
        const factors f = factors_of(round, block, c);
        float *errors = work->errors + at;
        kern->errors(work->partials + at, round->latents->groups, w2b_score_room(round), f.score,
                     block->want + at, block->mass + at, lane->scores + at, errors,
                     w2b_used_weights(block) / 16);
        cross(round, block, &f, errors + 16, work->crossed + c * output_pairs(round) * 16);
        kern->round(errors + 16, f.shared_error, work->rounded + (size_t)16 * c, width, n);
        int16_t own[2][16];
        kern->round(errors, f.error, own[0], 16, 1);
        kern->round(errors, f.shared_error, own[1], 16, 1);
        for (uint32_t i = 0; i < 16; i++) {
            work->diagonal[16 * c + i] = in_half(own[0][i], i & 1);
            work->own[2 * (16 * c + i) + (i & 1)] = own[1][i];
        }
    }
}

/* ----- Backward ------------------------------------------------------------- */

/* A place in the noise for row `number` of this block's updates. */
static uint32_t noise_at(const w2b_block *block, const w2b_share *share, uint32_t number)
{
    const uint64_t x = (block->consumed * 4096 + number) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(x >> 40) + (uint32_t)share->first;
}

static void input_gradients(const w2b_round *round, const w2b_lane *lane, const w2b_block *block,
                            const w2b_share *share)
{
    const lane_work *shared = lane->work;
    const share_work *work = share->work;
    const size_t pairs = w2b_block_dense_row(block) / 2;
    for (size_t p = 0; p < work->panels; p++) {
        const int32_t *rows =
            shared->outputs + (share->first / PANEL + p) * outputs_stride(round) / 2;
        int32_t *out = work->inputs + p * input_rows(round) * PANEL;
        for (uint32_t c = 0; c < block->chunks; c++)
            round->fixed->gather(block->paired ? shared->diagonal + (size_t)16 * c : NULL,
                                 rows + (size_t)8 * c * PANEL,
                                 shared->crossed + c * output_pairs(round) * 16,
                                 rows + pairs * PANEL, dense_pairs(block),
                                 out + (size_t)16 * c * PANEL);
    }
}

static void update_outputs(const w2b_round *round, const w2b_lane *lane, const w2b_block *block,
                           const w2b_share *share, const w2b_fixed_rule *rule)
{
    const lane_work *shared = lane->work;
    const share_work *work = share->work;
    const size_t stride = means_stride(round) / 2;
    const int32_t *means = shared->means + share->first / PANEL * stride;
    for (uint32_t y = 0; y < block->outputs; y++) {
        work->targets[y] = latent(round, round->latents->v, block->out_rows[y], share);
        work->codes[y] = codes_of(round, work, work->v, block->out_rows[y]);
        work->at[y] = noise_at(block, share, y);
    }
    for (uint32_t y = 0; y < block->paired; y++)
        round->fixed->spread(rule, shared->own + (size_t)2 * y, 1, 1,
                             means + (size_t)(y / 2) * PANEL, stride, work->at + y,
                             work->targets + y, work->codes + y, work->panels);
    /* two errors of one row are one pair */
    round->fixed->spread(rule, shared->rounded, (size_t)8 * block->chunks,
                         block->outputs - block->paired, means, stride,
                         work->at + block->paired, work->targets + block->paired,
                         work->codes + block->paired, work->panels);
}

/* Every row of a context takes the whole gradient of the mean, as in word2vec,
 * not its share of it. */
static void update_contexts(const w2b_round *round, const w2b_lane *lane, const w2b_block *block,
                            const w2b_share *share, const w2b_fixed_rule *rule)
{
    const lane_work *shared = lane->work;
    const share_work *work = share->work;
    const w2b_fixed_spans spans = {block->positions, shared->begins, shared->ends,
                                   shared->next_begin, shared->next_end, shared->own_at};
    for (uint32_t p = 0; p < block->positions; p++) {
        work->targets[p] = latent(round, round->latents->u, block->in_rows[p], share);
        work->codes[p] = codes_of(round, work, work->u, block->in_rows[p]);
        work->at[p] = noise_at(block, share, block->outputs + p);
    }
    round->fixed->contexts(rule, work->inputs, input_rows(round) * PANEL, &spans, work->at,
                           work->targets, work->codes, work->panels);
}

static void backward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                     const w2b_block *next, w2b_share *share)
{
    const w2b_fixed_rule rule = rule_of(round, ((lane_work *)lane->work)->rate);
    input_gradients(round, lane, block, share);
    update_outputs(round, lane, block, share, &rule);
    update_contexts(round, lane, block, share, &rule);
    if (next)
        prefetch_codes(round, next, share->work);
}

const w2b_engine w2b_fixed_engine = {
    .panel = PANEL,
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
