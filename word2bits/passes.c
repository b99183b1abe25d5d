/*
 * passes.c - forward, scores and backward of a block; the work space that they need.
 *
 * In units of half a step, a quantized number is odd and small, and the sum of a
 * context is a whole number; what has to be multiplied by the step, or divided by
 * the number of contexts, is the score and the error. Sums over the words of a
 * context are differences of running sums. Errors are rounded to 16 bits twice:
 * for the gradients of inputs as they are, for those of outputs divided by the
 * number of contexts.
 *
 * Rows come from memory once a block: those that forward will meet next are asked for
 * between products, and are still in the second cache on the way back.
 */
#include "word2bits/round.h"

#include <string.h>

enum { PANEL = W2B_FIXED_PANEL, ABREAST = W2B_FIXED_ABREAST };

/* Work space of one stream. Matrices of columns lie panel by panel. */
typedef struct w2b_lane_work {
    int32_t *means;                  /* [panels][8 chunks][32] sums of contexts, two woven */
    int32_t *outputs;                /* [panels][pairs][32] quantized rows of v, two woven: paired
                                        ones, if any, up to 8 chunks, then the others */
    int32_t *partials;               /* [shares][chunks][rows][16] */
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

/* Work space of one share. */
typedef struct w2b_share_work {
    w2b_fixed_window *windows; /* [16 chunks] */
    /* of one panel, so that they stay in the first cache */
    int16_t *sums;     /* [positions + 1][32] running sums of contexts */
    int16_t *means;    /* [16 chunks][32] */
    int16_t *outputs;  /* [2 pairs][32] */
    int32_t *tile;     /* [16][16] pairs, transposed */
    int32_t *dots;     /* [16 chunks][16] of the paired, over all panels */
    /* of some panels */
    int32_t *inputs;   /* [ABREAST][16 chunks][32] gradients of inputs, woven order */
} share_work;

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

/* 16-bit numbers of the buffers of one panel. */
static size_t panel_room(const w2b_round *round)
{
    return (round->room.positions + 1 + input_rows(round) + 2 * output_pairs(round)) * PANEL;
}

static size_t crossed_room(const w2b_round *round)
{
    return (size_t)round->room.chunks * output_pairs(round) * 16;
}

size_t w2b_score_room(const w2b_round *round)
{
    return (size_t)round->room.chunks * round->room.rows * 16;
}

size_t w2b_lane_bytes(const w2b_round *round)
{
    const size_t panels = round->latents->ld / PANEL, scores = w2b_score_room(round);
    return panels * (means_stride(round) + outputs_stride(round)) / 2 * sizeof(int32_t) +
           (round->latents->groups + 2) * scores * sizeof(int32_t) + scores * sizeof(int16_t) +
           (crossed_room(round) + 2 * input_rows(round)) * sizeof(int32_t);
}

static void lane_work_free(lane_work *work)
{
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

static lane_work *lane_work_make(const w2b_round *round)
{
    const size_t panels = round->latents->ld / PANEL, scores = w2b_score_room(round);
    lane_work *work = w2b_alloc_zero(1, sizeof *work);
    if (!work)
        return NULL;
    work->means = w2b_alloc_lines(panels * means_stride(round) / 2, sizeof(int32_t));
    work->outputs = w2b_alloc_lines(panels * outputs_stride(round) / 2, sizeof(int32_t));
    work->partials = w2b_alloc_lines(round->latents->groups * scores, sizeof(int32_t));
    work->errors = w2b_alloc_lines(scores, sizeof(float));
    work->rounded = w2b_alloc_lines(scores, sizeof(int16_t));
    work->crossed = w2b_alloc_lines(crossed_room(round), sizeof(int32_t));
    work->diagonal = w2b_alloc_lines(input_rows(round), sizeof(int32_t));
    work->own = w2b_alloc_lines(2 * input_rows(round), sizeof(int16_t));
    work->begins = w2b_alloc_lines(round->room.positions + 1, 1);
    work->ends = w2b_alloc_lines(round->room.positions + 1, 1);
    work->own_at = w2b_alloc_lines(round->room.positions, 1);
    if (work->means && work->outputs && work->partials && work->errors && work->rounded &&
        work->crossed && work->diagonal && work->own && work->begins && work->ends && work->own_at)
        return work;
    lane_work_free(work);
    return NULL;
}

int w2b_lane_make(w2b_lane *lane, const w2b_round *round)
{
    memset(lane, 0, sizeof *lane);
    lane->scores = w2b_alloc_lines(w2b_score_room(round), sizeof(float));
    lane->work = lane_work_make(round);
    if (lane->scores && lane->work && !w2b_block_make(&lane->block[0], &round->room) &&
        !w2b_block_make(&lane->block[1], &round->room))
        return 0;
    w2b_lane_release(lane);
    return -1;
}

void w2b_lane_release(w2b_lane *lane)
{
    if (lane->work)
        lane_work_free(lane->work);
    w2b_block_release(&lane->block[0]);
    w2b_block_release(&lane->block[1]);
    w2b_free(lane->scores);
    memset(lane, 0, sizeof *lane);
}

size_t w2b_share_bytes(const w2b_round *round)
{
    return panel_room(round) * sizeof(int16_t) +
           input_rows(round) * ((ABREAST * PANEL + 16) * sizeof(int32_t) +
                                sizeof(w2b_fixed_window)) +
           256 * sizeof(int32_t);
}

static void share_work_free(share_work *work)
{
    w2b_free(work->windows);
    w2b_free(work->sums);
    w2b_free(work->means);
    w2b_free(work->outputs);
    w2b_free(work->tile);
    w2b_free(work->dots);
    w2b_free(work->inputs);
    w2b_free(work);
}

static share_work *share_work_make(const w2b_round *round)
{
    share_work *work = w2b_alloc_zero(1, sizeof *work);
    if (!work)
        return NULL;
    work->windows = w2b_alloc_lines(input_rows(round), sizeof *work->windows);
    work->sums = w2b_alloc_lines((round->room.positions + 1) * PANEL, sizeof(int16_t));
    work->means = w2b_alloc_lines(input_rows(round) * PANEL, sizeof(int16_t));
    work->outputs = w2b_alloc_lines(2 * output_pairs(round) * PANEL, sizeof(int16_t));
    work->tile = w2b_alloc_lines(256, sizeof(int32_t));
    work->dots = w2b_alloc_lines(input_rows(round) * 16, sizeof(int32_t));
    work->inputs = w2b_alloc_lines(ABREAST * input_rows(round) * PANEL, sizeof(int32_t));
    if (work->windows && work->sums && work->means && work->outputs && work->tile && work->dots &&
        work->inputs)
        return work;
    share_work_free(work);
    return NULL;
}

int w2b_share_make(w2b_share *share, const w2b_round *round, uint32_t number)
{
    memset(share, 0, sizeof *share);
    share->number = number;
    share->columns = w2b_share_columns(round->latents, round->threads, number);
    if (share->columns.first == share->columns.end)
        return 0;
    share->work = share_work_make(round);
    return share->work ? 0 : -1;
}

void w2b_share_release(w2b_share *share)
{
    if (share->work)
        share_work_free(share->work);
    memset(share, 0, sizeof *share);
}

/* ----- Rules and rows ------------------------------------------------------- */

static w2b_fixed_rule rule_of(const w2b_round *round, float rate)
{
    const float half_step = (float)(1u << round->scales.fraction) / 2;
    return (w2b_fixed_rule){rate * half_step / round->scales.weight, round->noise};
}

static w2b_fixed_quant quant_of(const w2b_round *round)
{
    const w2b_scales *scales = &round->scales;
    return (w2b_fixed_quant){scales->fraction - 1, (int16_t)((1 << scales->quant.bits) - 1)};
}

/* Panels [first, end) of a share, all in one stripe. */
typedef struct part {
    size_t first, end;
    w2b_columns stripe;
} part;

/* From a panel to the end of its stripe, or of the share. */
static part part_from(const w2b_round *round, const w2b_share *share, size_t panel)
{
    const w2b_columns stripe = w2b_stripe(round->latents, panel * PANEL);
    const size_t end = stripe.end < share->columns.end ? stripe.end : share->columns.end;
    return (part){panel, end / PANEL, stripe};
}

/* One panel of it. */
static part panel_of(const part *whole, size_t panel)
{
    return (part){panel, panel + 1, whole->stripe};
}

static w2b_fixed_rows rows_of(const w2b_round *round, int matrix, const uint32_t *rows, size_t n,
                              const part *panels)
{
    const w2b_latents *latents = round->latents;
    const size_t column = panels->first * PANEL;
    return (w2b_fixed_rows){
        .rows = rows,
        .n = n,
        .panels = panels->end - panels->first,
        .latents = (matrix ? latents->v : latents->u) + latents->words * panels->stripe.first +
                   (column - panels->stripe.first),
        .apart = panels->stripe.end - panels->stripe.first,
        .rates = round->rates->of[matrix],
        .column = (uint32_t)column,
    };
}

/* ----- Forward -------------------------------------------------------------- */

/* Columns of a panel that are in use. */
static size_t live_of(const w2b_round *round, size_t panel)
{
    const size_t dim = round->latents->dim;
    return dim > panel * PANEL ? dim - panel * PANEL : 0;
}

static void list_windows(const w2b_block *block, w2b_fixed_window *windows)
{
    for (uint32_t i = 0; i < 16 * block->chunks; i++) {
        const w2b_span span = w2b_block_span(block, i);
        windows[i] = (w2b_fixed_window){span.first, span.end,
                                        w2b_span_skips(span) ? span.skip : UINT32_MAX};
    }
}

static void sum_contexts(const w2b_round *round, const w2b_block *block, const share_work *work,
                         const part *panel)
{
    const w2b_fixed_rows rows = rows_of(round, 0, block->in_rows, block->positions, panel);
    const size_t live = live_of(round, panel->first);
    /* the first row is 0 for ever */
    round->kern->quantize(quant_of(round), &rows, live, 1, work->sums + PANEL);
    round->kern->windows(work->sums, work->windows, (size_t)16 * block->chunks, work->means);
}

static size_t dense_pairs(const w2b_block *block)
{
    return (block->outputs - block->paired + 1) / 2;
}

/* Rows that there are not are 0: at the end of the paired ones, and where the
 * others are an odd number. */
static void quantize_outputs(const w2b_round *round, const w2b_block *block, const part *panel,
                             int16_t *out)
{
    const w2b_fixed_quant quant = quant_of(round);
    const size_t dense = w2b_block_dense_row(block), others = block->outputs - block->paired;
    const size_t live = live_of(round, panel->first);
    const w2b_fixed_rows paired = rows_of(round, 1, block->out_rows, block->paired, panel);
    const w2b_fixed_rows rest =
        rows_of(round, 1, block->out_rows + block->paired, others, panel);
    round->kern->quantize(quant, &paired, live, 0, out);
    round->kern->quantize(quant, &rest, live, 0, out + dense * PANEL);
    memset(out + block->paired * PANEL, 0, (dense - block->paired) * PANEL * sizeof *out);
    memset(out + (dense + others) * PANEL, 0, (others & 1) * PANEL * sizeof *out);
}

/* Asks for these panels of the rows of `next` that come after `done` of `parts` parts
 * of it. A core has room for a dozen or two of misses: asked for all at once, they
 * would stall it. */
static void prefetch_some(const w2b_round *round, const w2b_block *next, const part *panels,
                          size_t done, size_t parts)
{
    const size_t rows = next->positions + next->outputs;
    const size_t last = rows * (done + 1) / parts;
    const w2b_fixed_rows of[2] = {rows_of(round, 0, next->in_rows, next->positions, panels),
                                  rows_of(round, 1, next->out_rows, next->outputs, panels)};
    for (size_t r = rows * done / parts; r < last; r++) {
        const int output = r >= next->positions;
        const int16_t *row = of[output].latents +
                             of[output].rows[r - (output ? next->positions : 0)] * of[output].apart;
        for (size_t p = 0; p < of[0].panels; p++)
            __builtin_prefetch(row + p * PANEL, 1, 2);
    }
    /* gcc 12 takes a function that only prefetches for one without effects, and leaves
     * calls of it out */
    __asm__ volatile("");
}

/* What one panel adds to the scores, and its rows woven for the way back. */
static void forward_panel(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                          const share_work *work, const part *panel, int32_t *out, int add)
{
    const w2b_fixed_kern *kern = round->kern;
    const lane_work *shared = lane->work;
    const size_t dense = w2b_block_dense_row(block);
    sum_contexts(round, block, work, panel);
    quantize_outputs(round, block, panel, work->outputs);
    for (uint32_t c = 0; c < block->chunks; c++) {
        kern->transpose(work->means + (size_t)c * 16 * PANEL, work->tile);
        kern->scores(work->outputs + dense * PANEL, block->outputs - block->paired, work->tile,
                     out + ((size_t)c * block->rows + 1) * 16, add);
    }
    if (block->paired)
        kern->dots(work->means, work->outputs, dense, work->dots, add);
    kern->weave(work->means, 8 * (size_t)block->chunks,
                shared->means + panel->first * means_stride(round) / 2);
    kern->weave(work->outputs, dense / 2 + dense_pairs(block),
                shared->outputs + panel->first * outputs_stride(round) / 2);
}

void w2b_round_forward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                       const w2b_block *next, w2b_share *share)
{
    const share_work *work = share->work;
    if (!block->inputs || !work)
        return;
    int32_t *out = lane->work->partials + share->number * w2b_score_room(round);
    list_windows(block, work->windows);
    const size_t first = share->columns.first / PANEL, end = share->columns.end / PANEL;
    for (part here = {.end = first}; here.end < end;) {
        here = part_from(round, share, here.end);
        for (size_t p = here.first; p < here.end; p++) {
            const part panel = panel_of(&here, p);
            if (next) prefetch_some(round, next, &here, p - here.first, here.end - here.first);
            forward_panel(round, lane, block, work, &panel, out, p > first);
        }
    }
    for (size_t i = 0; i < w2b_block_dense_row(block); i++) {
        int32_t sum = 0;
        for (size_t p = 0; p < 16; p++) sum += work->dots[16 * i + p];
        out[w2b_block_at(block, 0, (uint32_t)i)] = sum;
    }
}

/* ----- Scores --------------------------------------------------------------- */

/* For the 16 inputs of a chunk, what turns whole numbers into scores, and errors
 * into whole numbers. */
typedef struct factors {
    float score[16], error[16], shared_error[16];
} factors;

static factors factors_of(const w2b_round *round, const w2b_block *block, uint32_t chunk)
{
    const float half = round->scales.quant.step / 2;
    factors f;
    for (uint32_t i = 0; i < 16; i++) {
        const float share = w2b_round_share(round, w2b_block_span(block, 16 * chunk + i));
        f.score[i] = half * half * share;
        f.error[i] = round->scales.weight;
        f.shared_error[i] = round->scales.weight * share;
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
        round->kern->round(errors + 2 * p * 16, f->error, rows[0], 16, n - 2 * p < 2 ? 1 : 2);
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

void w2b_round_scores(const w2b_round *round, w2b_lane *lane, const w2b_block *block, float rate)
{
    const w2b_fixed_kern *kern = round->kern;
    lane_work *work = lane->work;
    const size_t width = 16 * (size_t)block->chunks, n = block->outputs - block->paired;
    if (!block->inputs)
        return;
    work->rate = rate;
    chain_spans(block, work);
    for (uint32_t c = 0; c < block->chunks; c++) {
        const size_t at = w2b_block_at(block, 0, 16 * c);
        const factors f = factors_of(round, block, c);
        float *errors = work->errors + at;
        kern->errors(work->partials + at, w2b_round_shares(round), w2b_score_room(round),
                     f.score, block->want + at, block->mass + at, lane->scores + at, errors,
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

/* Some panels of the rows that a block moves, which are its `number`th and following
 * ones. */
static w2b_fixed_rows moved(const w2b_round *round, const w2b_block *block, uint32_t number,
                            const part *panels)
{
    const int output = number < block->outputs;
    w2b_fixed_rows rows =
        output ? rows_of(round, 1, block->out_rows + number,
                         number < block->paired ? block->paired : block->outputs - number, panels)
               : rows_of(round, 0, block->in_rows, block->positions, panels);
    rows.number = block->consumed * 4096 + number;
    return rows;
}

/* Of one panel. */
static void input_gradients(const w2b_round *round, const lane_work *shared,
                            const w2b_block *block, size_t panel, int32_t *out)
{
    const size_t pairs = w2b_block_dense_row(block) / 2;
    const int32_t *rows = shared->outputs + panel * outputs_stride(round) / 2;
    for (uint32_t c = 0; c < block->chunks; c++)
        round->kern->gather(block->paired ? shared->diagonal + (size_t)16 * c : NULL,
                            rows + (size_t)8 * c * PANEL,
                            shared->crossed + c * output_pairs(round) * 16, rows + pairs * PANEL,
                            dense_pairs(block), out + (size_t)16 * c * PANEL);
}

static void update_outputs(const w2b_round *round, const lane_work *shared,
                           const w2b_block *block, const w2b_fixed_rule *rule,
                           const part *panels)
{
    const size_t stride = means_stride(round) / 2;
    const int32_t *means = shared->means + panels->first * stride;
    const w2b_fixed_rows paired = moved(round, block, 0, panels);
    const w2b_fixed_rows others = moved(round, block, block->paired, panels);
    if (block->paired)
        round->kern->spread_own(rule, shared->own, means, stride, &paired);
    /* two errors of one row are one pair */
    round->kern->spread(rule, shared->rounded, (size_t)8 * block->chunks, means, stride, &others);
}

/* Every row of a context takes the whole gradient of the mean, as in word2vec,
 * not its share of it. */
static void update_contexts(const w2b_round *round, const lane_work *shared,
                            const w2b_block *block, const share_work *work,
                            const w2b_fixed_rule *rule, const part *panels)
{
    const w2b_fixed_spans spans = {shared->begins, shared->ends, shared->next_begin,
                                   shared->next_end, shared->own_at};
    const w2b_fixed_rows to = moved(round, block, block->outputs, panels);
    round->kern->contexts(rule, work->inputs, input_rows(round) * PANEL, &spans, &to);
}

void w2b_round_backward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                        const w2b_block *next, w2b_share *share)
{
    const share_work *work = share->work;
    const lane_work *shared = lane->work;
    if (!block->inputs || !work)
        return;
    const w2b_fixed_rule rule = rule_of(round, shared->rate);
    for (part here = {.end = share->columns.first / PANEL};
         here.end < share->columns.end / PANEL;) {
        here = part_from(round, share, here.end);
        update_outputs(round, shared, block, &rule, &here);
        for (size_t p = here.first; p < here.end; p++) {
            if (next) prefetch_some(round, next, &here, p - here.first, here.end - here.first);
            input_gradients(round, shared, block, p,
                            work->inputs + (p - here.first) * input_rows(round) * PANEL);
        }
        update_contexts(round, shared, block, work, &rule, &here);
    }
}
