/*
 * passes.c - forward, scores and backward of a block.
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
#include "word2bits/space.h"

#include <string.h>

enum { PANEL = W2B_FIXED_PANEL };

_Static_assert(W2B_MAX_BLOCK <= W2B_FIXED_INPUTS, "kernels have room for all inputs of a block");

/* ----- Rows ----------------------------------------------------------------- */

static w2b_fixed_quant quant_of(const w2b_round *round)
{
    const w2b_scales *scales = &round->scales;
    return (w2b_fixed_quant){scales->fraction - 1, (int16_t)((1 << scales->quant.bits) - 1)};
}

static w2b_fixed_rows rows_of(const w2b_round *round, int matrix, const uint32_t *rows, size_t n,
                              const w2b_part *panels)
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
        .column = (uint32_t)column,
        .noise = round->noise,
    };
}

/* The rows of a block in the panels of a part. */
typedef struct rows_here {
    const w2b_part *panels;
    w2b_fixed_rows contexts, paired, others;
} rows_here;

static rows_here rows_in(const w2b_round *round, const w2b_block *block,
                         const w2b_fixed_step *steps, const w2b_part *panels)
{
    const uint32_t *out = block->out_rows;
    const uint32_t paired = block->paired, others = block->outputs - paired;
    rows_here here = {
        .panels = panels,
        .contexts = rows_of(round, 0, block->in_rows, block->positions, panels),
        .paired = rows_of(round, 1, out, paired, panels),
        .others = rows_of(round, 1, out + paired, others, panels),
    };
    here.paired.steps = steps;
    here.others.steps = steps + paired;
    here.contexts.steps = steps + block->outputs;
    return here;
}

/* One panel of them. */
static w2b_fixed_rows panel_of(const w2b_fixed_rows *rows, size_t number)
{
    w2b_fixed_rows one = *rows;
    one.latents += number * PANEL;
    one.column += (uint32_t)(number * PANEL);
    one.panels = 1;
    return one;
}

/* gcc 12 takes a function that only prefetches for one without effects, and leaves
 * calls of it out */
#define HAS_EFFECTS() __asm__ volatile("")

/* Asks for what another thread has just written: line after line as they are met, each
 * would be waited for. */
static void ask_for(const w2b_round *round, const void *p, size_t bytes)
{
    for (size_t at = 0; at < bytes && round->threads > 1; at += 64)
        __builtin_prefetch((const char *)p + at, 0, 3);
    HAS_EFFECTS();
}

/* Part `done` of `parts` of them. A core has room for a dozen or two of misses: asked
 * for all at once, they would stall it. */
static void ask_for_rows(const w2b_fixed_rows *rows, size_t done, size_t parts)
{
    const size_t end = rows->n * (done + 1) / parts;
    for (size_t r = rows->n * done / parts; r < end; r++) {
        const int16_t *row = rows->latents + rows->rows[r] * rows->apart;
        for (size_t p = 0; p < rows->panels; p++)
            __builtin_prefetch(row + p * PANEL, 1, 2);
    }
    HAS_EFFECTS();
}

/* Asks for rows of the next block, if there is one, on the way through these panels. */
static void ask_for_some(const w2b_round *round, const w2b_block *next, const w2b_part *panels,
                         size_t panel)
{
    if (!next)
        return;
    const w2b_fixed_rows in = rows_of(round, 0, next->in_rows, next->positions, panels);
    const w2b_fixed_rows out = rows_of(round, 1, next->out_rows, next->outputs, panels);
    ask_for_rows(&in, panel - panels->first, panels->end - panels->first);
    ask_for_rows(&out, panel - panels->first, panels->end - panels->first);
}

/* ----- Forward -------------------------------------------------------------- */

/* What the two passes work on. */
typedef struct pass_work {
    const w2b_round *round;
    const w2b_block *block;
    const w2b_lane_work *lane;
    const w2b_share_work *share;
    uint32_t number; /* of the share */
} pass_work;

static size_t dense_pairs(const w2b_block *block)
{
    return (block->outputs - block->paired + 1) / 2;
}

static int32_t *woven_means(const pass_work *pass, size_t panel)
{
    return pass->lane->means + w2b_woven_at(pass->number, panel, w2b_means_stride(pass->round));
}

static int32_t *woven_outputs(const pass_work *pass, size_t panel)
{
    return pass->lane->outputs + w2b_woven_at(pass->number, panel, w2b_outputs_stride(pass->round));
}

/* Numbers of a panel's rows: sums of contexts, and outputs. Rows that there are not are
 * 0: at the end of the paired ones, and where the others are an odd number. */
static void quantize_panel(const pass_work *pass, const rows_here *here, size_t panel)
{
    const w2b_round *round = pass->round;
    const w2b_block *block = pass->block;
    const w2b_share_work *share = pass->share;
    const w2b_fixed_quant quant = quant_of(round);
    const size_t dim = round->latents->dim, column = panel * PANEL, k = panel - here->panels->first;
    const size_t live = dim > column ? dim - column : 0;
    const w2b_fixed_rows contexts = panel_of(&here->contexts, k);
    const w2b_fixed_rows paired = panel_of(&here->paired, k), others = panel_of(&here->others, k);
    const size_t dense = w2b_block_dense_row(block);
    /* the first row is 0 for ever */
    round->kern->quantize(quant, &contexts, live, 1, share->sums + PANEL);
    round->kern->windows(share->sums, block->spans, (size_t)16 * block->chunks, share->means);
    round->kern->quantize(quant, &paired, live, 0, share->outputs);
    round->kern->quantize(quant, &others, live, 0, share->outputs + dense * PANEL);
    memset(share->outputs + paired.n * PANEL, 0,
           (dense - paired.n) * PANEL * sizeof *share->outputs);
    memset(share->outputs + (dense + others.n) * PANEL, 0,
           (others.n & 1) * PANEL * sizeof *share->outputs);
}

/* What a panel adds to the scores, and its rows woven for the way back. */
static void multiply_panel(const pass_work *pass, size_t panel, int32_t *out, int add)
{
    const w2b_fixed_kern *kern = pass->round->kern;
    const w2b_block *block = pass->block;
    const w2b_share_work *share = pass->share;
    const size_t dense = w2b_block_dense_row(block);
    for (uint32_t c = 0; c < block->chunks; c++) {
        kern->transpose(share->means + (size_t)c * 16 * PANEL, share->tile);
        kern->scores(share->outputs + dense * PANEL, block->outputs - block->paired, share->tile,
                     out + w2b_block_at(block, 1, 16 * c), add);
    }
    if (block->paired)
        kern->dots(share->means, share->outputs, dense, share->dots, add);
    kern->weave(share->means, 8 * (size_t)block->chunks, woven_means(pass, panel));
    kern->weave(share->outputs, dense / 2 + dense_pairs(block), woven_outputs(pass, panel));
}

void w2b_round_forward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                       const w2b_block *next, w2b_share *share)
{
    const pass_work pass = {round, block, lane->work, share->work, share->number};
    if (!block->inputs || !share->work)
        return;
    int32_t *out = lane->work->partials + share->number * w2b_score_room(round);
    ask_for(round, block->in_rows, block->positions * sizeof *block->in_rows);
    ask_for(round, block->out_rows, block->outputs * sizeof *block->out_rows);
    ask_for(round, block->spans, 16 * block->chunks * sizeof *block->spans);
    const w2b_part *const parts = share->work->parts;
    for (const w2b_part *part = parts; part < parts + share->work->n_parts; part++) {
        const rows_here here = rows_in(round, block, lane->work->steps, part);
        for (size_t panel = part->first; panel < part->end; panel++) {
            ask_for_some(round, next, part, panel);
            quantize_panel(&pass, &here, panel);
            multiply_panel(&pass, panel, out, panel > parts->first);
        }
    }
    for (uint32_t c = 0; block->paired && c < block->chunks; c++)
        round->kern->sums(share->work->dots + (size_t)256 * c, 16,
                          out + w2b_block_at(block, 0, 16 * c));
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
        const float share = round->shares[w2b_span_count(block->spans[16 * chunk + i])];
        f.score[i] = half * half * share;
        f.error[i] = round->scales.weight;
        f.shared_error[i] = round->scales.weight * share;
    }
    return f;
}

/* Numbers of rows a and b, in the lower and the upper half. */
static void weave_errors(const int16_t a[16], const int16_t b[16], int32_t out[16])
{
    for (size_t i = 0; i < 16; i++)
        out[i] = (int32_t)((uint32_t)(uint16_t)a[i] | (uint32_t)(uint16_t)b[i] << 16);
}

/* Errors of the paired of a chunk: each in the half that its row has in its pair. */
static void own_errors(const int16_t errors[16], int32_t out[16])
{
    int16_t halves[2][16] = {{0}};
    for (size_t i = 0; i < 16; i++)
        halves[i % 2][i] = errors[i];
    weave_errors(halves[0], halves[1], out);
}

/* Whole errors of a chunk, as the two products on the way back want them. */
static void round_errors(const w2b_round *round, w2b_lane_work *work, const w2b_block *block,
                         const factors *f, uint32_t chunk)
{
    const w2b_fixed_kern *kern = round->kern;
    const float *errors = work->errors + w2b_block_at(block, 0, 16 * chunk);
    const size_t others = block->outputs - block->paired, width = 16 * (size_t)block->chunks;
    int32_t *crossed = work->crossed + chunk * w2b_output_pairs(round) * 16;
    kern->round(errors, f->error, work->whole, 16, 1 + others);
    own_errors(work->whole, work->diagonal + (size_t)16 * chunk);
    memset(work->whole + 16 * (1 + others), 0, (others & 1) * 16 * sizeof *work->whole);
    for (size_t p = 0; p < dense_pairs(block); p++)
        weave_errors(work->whole + 16 * (1 + 2 * p), work->whole + 16 * (2 + 2 * p),
                     crossed + 16 * p);
    kern->round(errors, f->shared_error, work->whole, 16, 1);
    own_errors(work->whole, work->own + (size_t)16 * chunk);
    kern->round(errors + 16, f->shared_error, work->rounded + (size_t)16 * chunk, width, others);
}

/* Where in the noise a move begins. */
static uint32_t noise_of(uint64_t move)
{
    return (uint32_t)(move * 0x9E3779B97F4A7C15u >> 40);
}

/* Of the rows of a matrix, whose moves are the `number`th and following ones of the run. */
static void list_steps(const w2b_round *round, int matrix, const uint32_t *rows, size_t n,
                       float rate, uint64_t number, w2b_fixed_step *steps)
{
    const float half_step = (float)(1u << round->scales.fraction) / 2;
    const float scale = rate * half_step / round->scales.weight;
    for (size_t i = 0; i < n; i++) {
        const float wanted = scale * round->rates->of[matrix][rows[i]];
        steps[i].scale = wanted < W2B_FIXED_MOST_SCALE ? wanted : W2B_FIXED_MOST_SCALE;
        steps[i].noise = noise_of(number + i);
    }
}

static uint32_t place_of(const w2b_block *block, uint32_t input, int end)
{
    return end ? block->spans[input].end : block->spans[input].first;
}

/* The inputs in the order in which their spans begin, or end, and before[p], how many
 * do so before position p, of [positions + 2]. */
static void order_inputs(const w2b_block *block, int ends, uint8_t *before, uint8_t *order)
{
    const size_t places = block->positions + 1;
    memset(before, 0, places + 1);
    for (uint32_t i = 0; i < block->inputs; i++)
        before[place_of(block, i, ends)]++;
    uint8_t sum = 0;
    for (size_t p = 0; p <= places; p++) {
        sum += before[p];
        before[p] = sum;
    }
    for (uint32_t i = block->inputs; i > 0; i--)
        order[--before[place_of(block, i - 1, ends)]] = (uint8_t)(i - 1);
}

/* Turns spans round: which inputs reach over a position. */
static void order_spans(const w2b_block *block, w2b_lane_work *work)
{
    order_inputs(block, 0, work->begun, work->by_begin);
    order_inputs(block, 1, work->ended, work->by_end);
    memset(work->own_at, W2B_FIXED_NONE, block->positions);
    for (uint32_t i = 0; i < block->inputs; i++)
        if (block->spans[i].skip != W2B_FIXED_SKIPS_NONE)
            work->own_at[block->spans[i].skip] = (uint8_t)i;
}

static void ask_for_partials(const w2b_round *round, const w2b_lane_work *work,
                             const w2b_block *block)
{
    for (uint32_t i = 0; i < w2b_round_shares(round); i++) {
        const int32_t *partials = work->partials + i * w2b_score_room(round);
        for (uint32_t c = 0; c < block->chunks; c++)
            ask_for(round, partials + w2b_block_at(block, 0, 16 * c),
                    w2b_used_weights(block) * sizeof *partials);
    }
}

void w2b_round_scores(const w2b_round *round, w2b_lane *lane, const w2b_block *block, float rate)
{
    w2b_lane_work *work = lane->work;
    if (!block->inputs)
        return;
    ask_for_partials(round, work, block);
    order_spans(block, work);
    for (uint32_t c = 0; c < block->chunks; c++) {
        const size_t at = w2b_block_at(block, 0, 16 * c);
        const factors f = factors_of(round, block, c);
        round->kern->errors(work->partials + at, w2b_round_shares(round), w2b_score_room(round),
                            f.score, block->want + at, block->mass + at, lane->scores + at,
                            work->errors + at, w2b_used_weights(block) / 16);
        round_errors(round, work, block, &f, c);
    }
    const uint64_t number = block->consumed * 4096;
    list_steps(round, 1, block->out_rows, block->outputs, rate, number, work->steps);
    list_steps(round, 0, block->in_rows, block->positions, rate, number + block->outputs,
               work->steps + block->outputs);
}

/* ----- Backward ------------------------------------------------------------- */

/* Of one panel. */
static void input_gradients(const pass_work *pass, size_t panel)
{
    const w2b_block *block = pass->block;
    const w2b_lane_work *lane = pass->lane;
    const int32_t *rows = woven_outputs(pass, panel);
    const int32_t *others = rows + w2b_block_dense_row(block) / 2 * PANEL;
    for (size_t c = 0; c < block->chunks; c++)
        pass->round->kern->gather(block->paired ? lane->diagonal + 16 * c : NULL,
                                  rows + 8 * c * PANEL,
                                  lane->crossed + c * w2b_output_pairs(pass->round) * 16, others,
                                  dense_pairs(block), pass->share->inputs + 16 * c * PANEL);
}

static void update_outputs(const pass_work *pass, const rows_here *here)
{
    const w2b_fixed_kern *kern = pass->round->kern;
    const w2b_lane_work *lane = pass->lane;
    const size_t stride = w2b_means_stride(pass->round);
    const int32_t *means = woven_means(pass, here->panels->first);
    if (pass->block->paired)
        kern->spread_own(lane->own, means, stride, &here->paired);
    /* two errors of one row are one pair */
    kern->spread(lane->rounded, (size_t)8 * pass->block->chunks, means, stride, &here->others);
}

/* Every row of a context takes the whole gradient of the mean, as in word2vec,
 * not its share of it. */
static void update_contexts(const pass_work *pass, const rows_here *here, size_t panel)
{
    const w2b_lane_work *lane = pass->lane;
    const w2b_fixed_spans spans = {
        .inputs = pass->block->inputs,
        .by_begin = lane->by_begin,
        .by_end = lane->by_end,
        .begun = lane->begun + 1,
        .ended = lane->ended + 1,
        .own = lane->own_at,
    };
    const w2b_fixed_rows to = panel_of(&here->contexts, panel - here->panels->first);
    pass->round->kern->contexts(pass->share->inputs, &spans, &to);
}

static void ask_for_errors(const pass_work *pass)
{
    const w2b_lane_work *lane = pass->lane;
    const w2b_block *block = pass->block;
    const size_t others = block->outputs - block->paired, width = 16 * (size_t)block->chunks;
    ask_for(pass->round, lane->steps, (block->outputs + block->positions) * sizeof *lane->steps);
    ask_for(pass->round, lane->own, width * sizeof *lane->own);
    ask_for(pass->round, lane->rounded, others * width * sizeof *lane->rounded);
    ask_for(pass->round, lane->diagonal, width * sizeof *lane->diagonal);
    for (size_t c = 0; c < block->chunks; c++)
        ask_for(pass->round, lane->crossed + c * w2b_output_pairs(pass->round) * 16,
                dense_pairs(block) * 16 * sizeof *lane->crossed);
    ask_for(pass->round, lane->begun, block->positions + 2);
    ask_for(pass->round, lane->ended, block->positions + 2);
    ask_for(pass->round, lane->own_at, block->positions);
}

void w2b_round_backward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                        const w2b_block *next, w2b_share *share)
{
    const pass_work pass = {round, block, lane->work, share->work, share->number};
    if (!block->inputs || !share->work)
        return;
    ask_for_errors(&pass);
    const w2b_part *const parts = share->work->parts;
    for (const w2b_part *part = parts; part < parts + share->work->n_parts; part++) {
        const rows_here here = rows_in(round, block, lane->work->steps, part);
        update_outputs(&pass, &here);
        for (size_t panel = part->first; panel < part->end; panel++) {
            ask_for_some(round, next, part, panel);
            input_gradients(&pass, panel);
            update_contexts(&pass, &here, panel);
        }
    }
}
