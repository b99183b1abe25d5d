/*
 * round.h - the arithmetic of training: one block of every stream at a time.
 *
 * In a round every stream computes one block against the same latents, and the
 * updates are then added, stream after stream. The work is shared out by
 * columns: a share is a range of the dimensions of every row, and whoever works on it
 * reads and writes no others, and so needs neither locks nor copies of updates. All
 * that is exchanged are scores: a dot product is the sum of parts over groups of
 * columns. The groups depend on the dimension alone and their parts are added
 * in order, so that the result is the same for any number of threads; in whole
 * numbers, whose sum is exact, a share's groups are one part.
 *
 * There are two ways to do the arithmetic, a table of functions each. Where few
 * bits in the loop allow it, whole numbers (fixed_round.c): latents have 16 bits,
 * products are exact. Otherwise floats (float_round.c).
 *
 *     forward    by share and stream: quantize rows, average contexts, partial
 *                scores of every group
 *     scores     by stream: add the parts, errors of all pairs
 *     backward   by share and stream: gradients, added to the latents
 *
 * run.c says who does what when.
 *
 * Traffic: a CBOW block of 32 windows, each up to 8 words wide, with 48 shared
 * negatives meets 48 rows of u and 80 of v, 4 a window. In whole numbers each is
 * read and written once, 2 bytes a number, and its codes read once, 1 bit a
 * number at one bit in the loop.
 */
#ifndef W2B_ROUND_H
#define W2B_ROUND_H

#include "quant/fixed.h"
#include "quant/step.h"
#include "word2bits/rates.h"
#include "word2bits/walk.h"

typedef struct w2b_engine w2b_engine;

/* How numbers of the latents are stored: 16-bit multiples of a unit, or floats
 * where it is 0; in panels of so many columns. */
typedef struct w2b_form {
    uint32_t panel;
    float unit;
} w2b_form;

w2b_form w2b_form_for(w2b_loop_quant quant, const w2b_walk_options *walk);

/* What a training run computes with. */
typedef struct w2b_round {
    const w2b_engine *engine;
    const w2b_step_kern *kern;
    const w2b_fixed_kern *fixed;
    w2b_loop_quant quant;
    w2b_context context;
    w2b_block_room room;
    struct w2b_latents *latents;
    const w2b_rates *rates; /* what the steps of rows are multiplied by */
    uint32_t threads;       /* that share the columns */
    /* in whole numbers alone */
    unsigned fraction;  /* a step of the quantizer is 2^fraction units of a latent */
    float weight;       /* an error of 1 is so much as a whole number */
    float noise[W2B_FIXED_NOISE_ROOM];
} w2b_round;

/* Chooses the arithmetic. The latents may be made after that, and the rates and the
 * number of threads are set; latents and rates outlive the round. 0, or -1 if the
 * CPU or the build lacks `isa`. */
int w2b_round_init(w2b_round *round, w2b_isa isa, w2b_loop_quant quant,
                   const w2b_walk_options *walk, struct w2b_latents *latents);

/* The latent matrices. Floats lie as [words][ld], 16-bit numbers in panels of 32
 * columns, [ld / 32][words][32]: where rows of two threads lie end to end, each of
 * the two fetches lines of the other ahead, which has just changed them. Columns
 * past dim stay 0. */
typedef struct w2b_latents {
    void *u, *v;
    uint32_t words, dim;
    uint32_t group, groups;  /* columns a group, and how many groups */
    size_t ld;
    size_t apart;            /* from panel to panel */
    float unit;              /* of 16-bit numbers; 0: they are floats */
    size_t bytes;            /* of each matrix */
} w2b_latents;

/* 0, or -1 if memory is short: latents->bytes then says how much was wanted. */
int w2b_latents_make(w2b_latents *latents, uint32_t words, uint32_t dim, w2b_form form);
void w2b_latents_release(w2b_latents *latents);

/* Numbers [first, first + n) of a row of u (matrix 0) or v (matrix 1). 16-bit
 * numbers are rounded and cut off. */
void w2b_latents_store(const w2b_latents *latents, int matrix, uint64_t row, uint32_t first,
                       uint32_t n, const float *numbers);
void w2b_latents_fetch(const w2b_latents *latents, int matrix, uint64_t row, uint32_t first,
                       uint32_t n, float *numbers);

/* Work space of one stream. */
typedef struct w2b_lane {
    w2b_block block[2];     /* the one being computed, and the next */
    float *scores;          /* [chunks][rows][16] */
    void *work;             /* the engine's own */
} w2b_lane;

/* Work space of a thread's share of the columns, [first, end). */
typedef struct w2b_share {
    uint32_t number;        /* of the shares that are not empty */
    uint32_t first_group, end_group;
    size_t first, end;
    void *work;
} w2b_share;

/* One way of doing the arithmetic. Functions return 0, or -1 if memory is
 * short; release takes what was never made. */
struct w2b_engine {
    uint32_t panel;         /* columns that are worked on together */
    int (*lane_make)(w2b_lane *lane, const w2b_round *round);
    void (*lane_release)(w2b_lane *lane);
    size_t (*lane_bytes)(const w2b_round *round);
    int (*share_make)(w2b_share *share, const w2b_round *round);
    void (*share_release)(w2b_share *share);
    size_t (*share_bytes)(const w2b_round *round, uint32_t groups);
    void (*forward)(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                    const w2b_block *next, w2b_share *share);
    void (*scores)(const w2b_round *round, w2b_lane *lane, const w2b_block *block, float rate);
    void (*backward)(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                     const w2b_block *next, w2b_share *share);
};

extern const w2b_engine w2b_float_engine, w2b_fixed_engine;

/* Whether whole numbers can do it: no sum comes near 2^31. */
int w2b_fixed_fits(w2b_loop_quant quant, const w2b_walk_options *walk);

/* Weights of a chunk that are in use, and where they begin. */
static inline size_t w2b_used_weights(const w2b_block *block)
{
    return (size_t)(1 + block->outputs - block->paired) * 16;
}

/* Room for the scores of a block. */
size_t w2b_score_room(const w2b_round *round);

/* What the sum of a span's rows is multiplied by. */
static inline float w2b_round_share(const w2b_round *round, w2b_span span)
{
    const uint32_t count = w2b_span_count(span);
    if (count == 0)
        return 0;
    return round->context == W2B_CONTEXT_SUM ? 1.0f : 1.0f / (float)count;
}

int w2b_lane_make(w2b_lane *lane, const w2b_round *round);
void w2b_lane_release(w2b_lane *lane, const w2b_round *round);
/* The share of thread `number`. The latents have their first values. */
int w2b_share_make(w2b_share *share, const w2b_round *round, uint32_t number);
void w2b_share_release(w2b_share *share, const w2b_round *round);

/* Of the threads, so many have the fewest groups, or none; the ones after them have
 * one more. */
static inline uint32_t w2b_round_light(const w2b_round *round)
{
    return round->threads - round->latents->groups % round->threads;
}

/* Shares that are not empty. */
static inline uint32_t w2b_round_shares(const w2b_round *round)
{
    const uint32_t groups = round->latents->groups;
    return round->threads < groups ? round->threads : groups;
}

/* Bytes of one lane, and of all shares together. */
size_t w2b_lane_bytes(const w2b_round *round);
size_t w2b_share_bytes(const w2b_round *round);

/* `next`, or NULL, is the block whose turn it is afterwards: that of the next
 * stream in forward, that of the same stream in backward. Its rows are asked for on
 * the way. */
void w2b_round_forward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                       const w2b_block *next, w2b_share *share);
void w2b_round_scores(const w2b_round *round, w2b_lane *lane, const w2b_block *block, float rate);
void w2b_round_backward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                        const w2b_block *next, w2b_share *share);

/* The loss of a block whose scores have been computed, in nats, all windows
 * together. */
double w2b_round_loss(const w2b_lane *lane, const w2b_block *block);

/* The specification: the same update, one window at a time, in plain C and
 * double, on rows of floats [words][dim]. Gradients are taken at `from` and added
 * to `to`, a copy of it. */
typedef struct w2b_plain {
    float *u, *v;
    uint32_t dim;
    w2b_context context;
    const w2b_rates *rates; /* as in a round */
} w2b_plain;

void w2b_plain_step(const w2b_plain *from, w2b_plain *to, w2b_loop_quant quant,
                    const w2b_block *block, double rate);

#endif
