/*
 * plain_step.c - the specification of training: read this first.
 *
 * Word2Bits (Lam 2018) for one block, one window after the other. Differences
 * from the paper's program: the quantizer has any number of bits and any step;
 * the mean of the contexts is not quantized again (nor is it there); weights
 * stand in place of repeated draws of negatives; the sigmoid is computed, not
 * looked up and cut off at 6.
 */
#include "word2bits/round.h"

#include <math.h>

#include "quant/num.h"

static double level(w2b_loop_quant quant, float x)
{
    const double low = -(double)(1u << (quant.bits - 1));
    double t = floor((double)(x * (1.0f / quant.step)));
    t = t > low ? t : low;
    t = t < -low - 1 ? t : -low - 1;
    return (t + 0.5) * quant.step;
}

typedef struct window {
    w2b_span span;
    const uint32_t *in_rows;
    uint32_t members;   /* positions of the span without the one to skip */
} window;

static double mean_at(const w2b_plain *from, w2b_loop_quant quant, const window *w, uint32_t c)
{
    double sum = 0;
    for (uint32_t p = w->span.first; p < w->span.end; p++)
        if (p != w->span.skip)
            sum += level(quant, from->u[w->in_rows[p] * from->dim + c]);
    return w->members && from->context == W2B_CONTEXT_MEAN ? sum / w->members : sum;
}

/* One input against one output: the error, times rate, goes to both sides. */
static void pair_step(const w2b_plain *from, w2b_plain *to, w2b_loop_quant quant,
                      const window *w, uint32_t out_row, double want, double mass, double rate)
{
    if (mass == 0)
        return;
    double score = 0;
    for (uint32_t c = 0; c < from->dim; c++)
        score += mean_at(from, quant, w, c) * level(quant, from->v[out_row * from->dim + c]);
    const double error = rate * (want - mass / (1 + w2b_exp(-score)));
    for (uint32_t c = 0; c < from->dim; c++) {
        const double mean = mean_at(from, quant, w, c);
        const double target = level(quant, from->v[out_row * from->dim + c]);
        to->v[out_row * to->dim + c] += (float)(error * mean * from->rates->of[1][out_row]);
        for (uint32_t p = w->span.first; p < w->span.end; p++)
            if (p != w->span.skip)
                to->u[w->in_rows[p] * to->dim + c] +=
                    (float)(error * target * from->rates->of[0][w->in_rows[p]]);
    }
}

void w2b_plain_step(const w2b_plain *from, w2b_plain *to, w2b_loop_quant quant,
                    const w2b_block *block, double rate)
{
    for (uint32_t i = 0; i < block->inputs; i++) {
        window w = {block->spans[i], block->in_rows, 0};
        for (uint32_t p = w.span.first; p < w.span.end; p++)
            w.members += p != w.span.skip;
        if (i < block->paired) {
            const size_t at = w2b_block_at(block, 0, i);
            pair_step(from, to, quant, &w, block->out_rows[i], block->want[at], block->mass[at],
                      rate);
        }
        for (uint32_t y = block->paired; y < block->outputs; y++) {
            const size_t at = w2b_block_at(block, 1 + y - block->paired, i);
            pair_step(from, to, quant, &w, block->out_rows[y], block->want[at], block->mass[at],
                      rate);
        }
    }
}
