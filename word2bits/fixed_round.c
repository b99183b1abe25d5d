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
 * Traffic: see quant/fixed.h. Each share keeps the codes of its columns by
 * itself, so that no two write to one line of the cache.
 */
#include "word2bits/round.h"

#include <string.h>

enum { PANEL = W2B_FIXED_PANEL, ABREAST = W2B_FIXED_ABREAST };

/* Work space of one stream. Matrices of columns lie panel by panel. */
typedef struct lane_work {
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
typedef struct share_work {
    size_t panels;     /* of its columns */
    size_t live;       /* of its columns are in use */
    size_t words;      /* of 32 bits that the codes of a row have */
    size_t code_bytes; /* of each matrix */
    uint32_t *u, *v;   /* codes of its columns, [panels][bits] a row */
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

/* 16-bit numbers of the buffers of one panel. */
static size_t panel_room(const w2b_round *round)
{
    return (round->room.positions + 1 + input_rows(round) + 2 * output_pairs(round)) * PANEL;
}

static size_t crossed_room(const w2b_round *round)
{
    return (size_t)round->room.chunks * output_pairs(round) * 16;
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
    return work->means && work->outputs && work->partials && work->errors && work->rounded &&
                   work->crossed && work->diagonal && work->own && work->begins && work->ends &&
                   work->own_at
               ? 0
               : -1;
}

/* So that a row of codes lies in as few cache lines as it can. */
static size_t code_words(size_t words)
{
    size_t room = 1;
    while (room < words && room < 16) room *= 2;
    return room < words ? (words + 15) / 16 * 16 : room;
}

static size_t share_bytes(const w2b_round *round, uint32_t groups)
{
    const size_t panels = (size_t)groups * round->latents->group / PANEL;
    return 2 * (size_t)round->latents->words * code_words(panels * round->quant.bits) *
               sizeof(uint32_t) +
           panel_room(round) * sizeof(int16_t) +
           input_rows(round) * ((ABREAST * PANEL + 16) * sizeof(int32_t) +
                                sizeof(w2b_fixed_window)) +
           256 * sizeof(int32_t);
}

static void share_release(w2b_share *share)
{
    share_work *work = share->work;
    w2b_pages_free(work->u, work->code_bytes);
    w2b_pages_free(work->v, work->code_bytes);
    w2b_free(work->windows);
    w2b_free(work->sums);
    w2b_free(work->means);
    w2b_free(work->outputs);
    w2b_free(work->tile);
    w2b_free(work->dots);
    w2b_free(work->inputs);
    w2b_free(work);
}

static w2b_fixed_rule rule_of(const w2b_round *round, float rate)
{
    const float half_step = (float)(1u << round->fraction) / 2;
    return (w2b_fixed_rule){round->quant.bits, round->fraction, rate * half_step / round->weight,
                            round->noise};
}

/* A share's columns of rows of u (0) or v (1). */
static w2b_fixed_rows rows_of(const w2b_round *round, const w2b_share *share, int matrix,
                              const uint32_t *rows, size_t n)
{
    const w2b_latents *latents = round->latents;
    const share_work *work = share->work;
    return (w2b_fixed_rows){
        .rows = rows,
        .n = n,
        .panels = work->panels,
        .latents = (int16_t *)(matrix ? latents->v : latents->u) +
                   share->first / PANEL * latents->apart,
        .codes = matrix ? work->v : work->u,
        .apart = latents->apart,
        .words = work->words,
        .rates = round->rates->of[matrix],
        .column = (uint32_t)share->first,
    };
}

static int share_make(w2b_share *share, const w2b_round *round)
{
    const w2b_latents *latents = round->latents;
    share_work *work = share->work = w2b_alloc_zero(1, sizeof *work);
    if (!work)
        return -1;
    const size_t panels = work->panels = (share->end - share->first) / PANEL;
    work->words = code_words(panels * round->quant.bits);
    work->live = latents->dim > share->first ? latents->dim - share->first : 0;
    work->code_bytes = latents->words * work->words * sizeof(uint32_t);
    work->u = w2b_pages(work->code_bytes);
    work->v = w2b_pages(work->code_bytes);
    work->windows = w2b_alloc_lines(input_rows(round), sizeof *work->windows);
    work->sums = w2b_alloc_lines((round->room.positions + 1) * PANEL, sizeof(int16_t));
    work->means = w2b_alloc_lines(input_rows(round) * PANEL, sizeof(int16_t));
    work->outputs = w2b_alloc_lines(2 * output_pairs(round) * PANEL, sizeof(int16_t));
    work->tile = w2b_alloc_lines(256, sizeof(int32_t));
    work->dots = w2b_alloc_lines(input_rows(round) * 16, sizeof(int32_t));
    work->inputs = w2b_alloc_lines(ABREAST * input_rows(round) * PANEL, sizeof(int32_t));
    if (!work->u || !work->v || !work->windows || !work->sums || !work->means || !work->outputs ||
        !work->tile || !work->dots || !work->inputs)
        return -1;
    const w2b_fixed_rule rule = rule_of(round, 0);
    for (int matrix = 0; matrix <= 1; matrix++) {
        const w2b_fixed_rows all = rows_of(round, share, matrix, NULL, 0);
        for (size_t p = 0; p < panels; p++)
            for (size_t row = 0; row < latents->words; row++)
                round->fixed->encode(&rule, all.latents + p * all.apart + row * PANEL,
                                     all.codes + row * all.words + p * rule.bits);
    }
    return 0;
}

/* ----- Forward -------------------------------------------------------------- */

/* `panels` panels of the rows, from one on. */
static w2b_fixed_rows panels_of(w2b_fixed_rows rows, size_t panel, size_t panels, unsigned bits)
{
    rows.latents += panel * rows.apart;
    rows.codes += panel * bits;
    rows.column += (uint32_t)panel * PANEL;
    rows.panels = panels;
    return rows;
}

/* Columns of a panel that are in use. */
static size_t live_of(const w2b_share *share, size_t panel)
{
    const size_t live = ((const share_work *)share->work)->live;
    return live > panel * PANEL ? live - panel * PANEL : 0;
}

static void list_windows(const w2b_block *block, w2b_fixed_window *windows)
{
    for (uint32_t i = 0; i < 16 * block->chunks; i++) {
        const w2b_span span = w2b_block_span(block, i);
        windows[i] = (w2b_fixed_window){span.first, span.end,
                                        w2b_span_skips(span) ? span.skip : UINT32_MAX};
    }
}

static void sum_contexts(const w2b_round *round, const w2b_block *block, const w2b_share *share,
                         size_t panel)
{
    const share_work *work = share->work;
    const unsigned bits = round->quant.bits;
    const w2b_fixed_rows rows = panels_of(
        rows_of(round, share, 0, block->in_rows, block->positions), panel, 1, bits);
    /* the first row is 0 for ever */
    round->fixed->expand(&rows, bits, live_of(share, panel), 1, work->sums + PANEL);
    round->fixed->windows(work->sums, work->windows, (size_t)16 * block->chunks, work->means);
}

static size_t dense_pairs(const w2b_block *block)
{
    return (block->outputs - block->paired + 1) / 2;
}

/* Rows that there are not are 0: at the end of the paired ones, and where the
 * others are an odd number. */
static void expand_outputs(const w2b_round *round, const w2b_block *block, const w2b_share *share,
                           size_t panel)
{
    int16_t *const out = ((const share_work *)share->work)->outputs;
    const unsigned bits = round->quant.bits;
    const size_t dense = w2b_block_dense_row(block), others = block->outputs - block->paired;
    const w2b_fixed_rows paired = panels_of(
        rows_of(round, share, 1, block->out_rows, block->paired), panel, 1, bits);
    const w2b_fixed_rows rest = panels_of(
        rows_of(round, share, 1, block->out_rows + block->paired, others), panel, 1, bits);
    round->fixed->expand(&paired, bits, live_of(share, panel), 0, out);
    round->fixed->expand(&rest, bits, live_of(share, panel), 0, out + dense * PANEL);
    memset(out + block->paired * PANEL, 0, (dense - block->paired) * PANEL * sizeof *out);
    memset(out + (dense + others) * PANEL, 0, (others & 1) * PANEL * sizeof *out);
}

/* Asks for the latents that this block will change, a panel of all of them at a
 * time: between products they cost next to nothing. */
static void prefetch_panel(const w2b_fixed_rows *rows, size_t panel)
{
    const int16_t *at = rows->latents + panel * rows->apart;
    for (size_t i = 0; i < rows->n; i++)
        __builtin_prefetch(at + rows->rows[i] * (size_t)PANEL, 1, 2);
}

static void prefetch_codes(const w2b_fixed_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        __builtin_prefetch(rows->codes + rows->rows[i] * rows->words, 1, 3);
}

/* What one panel adds to the scores, and its rows woven for the way back. */
static void forward_panel(const w2b_round *round, const lane_work *lane, const w2b_block *block,
                          const w2b_share *share, size_t panel, int32_t *out)
{
    const w2b_fixed_kern *kern = round->fixed;
    const share_work *work = share->work;
    const size_t dense = w2b_block_dense_row(block), at = share->first / PANEL + panel;
    const int add = panel > 0;
    sum_contexts(round, block, share, panel);
    expand_outputs(round, block, share, panel);
    for (uint32_t c = 0; c < block->chunks; c++) {
        round->kern->transpose(work->means + (size_t)c * 16 * PANEL, work->tile);
        kern->scores(work->outputs + dense * PANEL, block->outputs - block->paired, work->tile,
                     out + ((size_t)c * block->rows + 1) * 16, add);
    }
    if (block->paired)
        kern->dots(work->means, work->outputs, dense, work->dots, add);
    kern->weave(work->means, 8 * (size_t)block->chunks,
                lane->means + at * means_stride(round) / 2);
    kern->weave(work->outputs, dense / 2 + dense_pairs(block),
                lane->outputs + at * outputs_stride(round) / 2);
}

static void forward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                    const w2b_block *next, w2b_share *share)
{
    const share_work *work = share->work;
    int32_t *out =
        ((lane_work *)lane->work)->partials + share->number * w2b_score_room(round);
    (void)next;
    const w2b_fixed_rows u = rows_of(round, share, 0, block->in_rows, block->positions);
    const w2b_fixed_rows v = rows_of(round, share, 1, block->out_rows, block->outputs);
    list_windows(block, work->windows);
    for (size_t p = 0; p < work->panels; p++) {
        prefetch_panel(&u, p);
        prefetch_panel(&v, p);
        forward_panel(round, lane->work, block, share, p, out);
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
    const float half = round->quant.step / 2;
    factors f;
    for (uint32_t i = 0; i < 16; i++) {
        const float share = w2b_round_share(round, w2b_block_span(block, 16 * chunk + i));
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

/* Rows that a block moves, which are its `number`th and following ones. */
static w2b_fixed_rows moved(const w2b_round *round, const w2b_block *block, const w2b_share *share,
                            uint32_t number)
{
    const int output = number < block->outputs;
    w2b_fixed_rows rows = output ? rows_of(round, share, 1, block->out_rows + number,
                                           number < block->paired ? block->paired
                                                                  : block->outputs - number)
                                 : rows_of(round, share, 0, block->in_rows, block->positions);
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
        round->fixed->gather(block->paired ? shared->diagonal + (size_t)16 * c : NULL,
                             rows + (size_t)8 * c * PANEL,
                             shared->crossed + c * output_pairs(round) * 16, rows + pairs * PANEL,
                             dense_pairs(block), out + (size_t)16 * c * PANEL);
}

static void update_outputs(const w2b_round *round, const w2b_lane *lane, const w2b_block *block,
                           const w2b_share *share, const w2b_fixed_rule *rule)
{
    const lane_work *shared = lane->work;
    const size_t stride = means_stride(round) / 2;
    const int32_t *means = shared->means + share->first / PANEL * stride;
    const w2b_fixed_rows paired = moved(round, block, share, 0);
    const w2b_fixed_rows others = moved(round, block, share, block->paired);
    if (block->paired)
        round->fixed->spread_own(rule, shared->own, means, stride, &paired);
    /* two errors of one row are one pair */
    round->fixed->spread(rule, shared->rounded, (size_t)8 * block->chunks, means, stride, &others);
}

/* Every row of a context takes the whole gradient of the mean, as in word2vec,
 * not its share of it. */
static void update_contexts(const w2b_round *round, const w2b_lane *lane, const w2b_block *block,
                            const w2b_share *share, const w2b_fixed_rule *rule)
{
    const lane_work *shared = lane->work;
    const share_work *work = share->work;
    const w2b_fixed_spans spans = {shared->begins, shared->ends, shared->next_begin,
                                   shared->next_end, shared->own_at};
    const w2b_fixed_rows to = moved(round, block, share, block->outputs);
    const size_t stride = input_rows(round) * PANEL;
    for (size_t p = 0; p < work->panels; p += ABREAST) {
        const size_t n = work->panels - p < ABREAST ? work->panels - p : ABREAST;
        const w2b_fixed_rows some = panels_of(to, p, n, rule->bits);
        for (size_t k = 0; k < n; k++)
            input_gradients(round, shared, block, share->first / PANEL + p + k,
                            work->inputs + k * stride);
        round->fixed->contexts(rule, work->inputs, stride, &spans, &some);
    }
}

static void backward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                     const w2b_block *next, w2b_share *share)
{
    const w2b_fixed_rule rule = rule_of(round, ((lane_work *)lane->work)->rate);
    update_outputs(round, lane, block, share, &rule);
    update_contexts(round, lane, block, share, &rule);
    if (next) {
        const w2b_fixed_rows u = rows_of(round, share, 0, next->in_rows, next->positions);
        const w2b_fixed_rows v = rows_of(round, share, 1, next->out_rows, next->outputs);
        prefetch_codes(&u);
        prefetch_codes(&v);
    }
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
