/*
 * round.h - the arithmetic of training: one block of every stream at a time.
 *
 * In a round every stream computes one block against the same latents, and the
 * updates are then added, stream after stream. The work is shared out by
 * columns: a thread owns a range of the dimensions of every row, reads and
 * writes no others, and so needs neither locks nor copies of updates. All that
 * threads exchange are scores: a dot product is the sum of parts over groups of
 * columns. The groups depend on the dimension alone and their parts are added
 * in order, so that the result is the same for any number of threads.
 *
 *     forward    threads by columns: quantize rows, average contexts, partial
 *                scores of every group
 *     -- barrier --
 *     scores     threads by streams: add the parts, errors of all pairs
 *     -- barrier --
 *     backward   threads by columns: gradients, added to the latents
 *
 * Between backward and the next forward there is no barrier: a thread meets
 * only its own columns.
 *
 * Traffic: a CBOW block of 32 windows, each up to 8 words wide, with 48 shared
 * negatives reads about 48 rows of u and 80 of v and writes them back: 4 rows
 * each way a window; and one partial score an input, output and group.
 */
#ifndef W2B_ROUND_H
#define W2B_ROUND_H

#include "quant/step.h"
#include "word2bits/walk.h"

/* The latent matrices, [words][ld] each; columns past dim stay 0. */
typedef struct w2b_latents {
    float *u, *v;
    uint32_t words, dim;
    uint32_t group, groups;  /* columns a group, and how many groups */
    size_t ld;
    size_t bytes;            /* of each matrix */
} w2b_latents;

/* 0, or -1 if memory is short: latents->bytes then says how much was wanted. */
int w2b_latents_make(w2b_latents *latents, uint32_t words, uint32_t dim);
void w2b_latents_release(w2b_latents *latents);

/* Work space of one stream. Buffers of columns are cut into panels, see
 * quant/step.h. */
typedef struct w2b_lane {
    w2b_block block[2];     /* the one being computed, and the next */
    float *means;           /* contexts, averaged: 16 * chunks rows */
    float *outputs;         /* quantized rows of v: paired ones first, the
                               others from row 16 * chunks on, or from 0 */
    float *partials;        /* [groups][chunks][rows][16] */
    float *scores, *grads;  /* [chunks][rows][16] */
} w2b_lane;

/* Work space of one thread, which owns columns [first, end). */
typedef struct w2b_share {
    uint32_t first_group, end_group;
    size_t first, end;
    size_t panels;          /* of its columns */
    float *contexts;        /* quantized rows of u, its panels alone */
    float *inputs;          /* gradients of the inputs, likewise */
    float *tiles;           /* [2][16][16] transposed */
    float **targets;        /* [outputs] */
} w2b_share;

typedef struct w2b_round {
    const w2b_step_kern *kern;
    w2b_loop_quant quant;
    w2b_latents *latents;
    w2b_block_room room;
} w2b_round;

int w2b_lane_make(w2b_lane *lane, const w2b_round *round);
void w2b_lane_release(w2b_lane *lane);
int w2b_share_make(w2b_share *share, const w2b_round *round, uint32_t number, uint32_t threads);
void w2b_share_release(w2b_share *share);

/* Bytes of one lane and one share, for the record. */
size_t w2b_lane_bytes(const w2b_round *round);

/* `next`, or NULL, is the block whose turn it is afterwards: its rows are asked
 * for on the way. */
void w2b_round_forward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                       const w2b_block *next, w2b_share *share);
void w2b_round_scores(const w2b_round *round, w2b_lane *lane, const w2b_block *block, float rate);
void w2b_round_backward(const w2b_round *round, w2b_lane *lane, const w2b_block *block,
                        w2b_share *share);

/* The loss of a block whose scores have been computed, in nats, all windows
 * together. */
double w2b_round_loss(const w2b_lane *lane, const w2b_block *block);

/* The specification: the same update, one window at a time, in plain C and
 * double. Gradients are taken at `from` and added to `to`, a copy of it. */
void w2b_plain_step(const w2b_latents *from, w2b_latents *to, w2b_loop_quant quant,
                    const w2b_block *block, double rate);

#endif
