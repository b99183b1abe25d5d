/*
 * round.h - the arithmetic of training: one block of every stream at a time.
 *
 * In a round every stream computes one block against the same latents, and the
 * updates are then added, stream after stream. The work is shared out by
 * columns: a share is a range of the dimensions of every row, and whoever works on it
 * reads and writes no others, and so needs neither locks nor copies of updates. All
 * that is exchanged are scores: a dot product is the sum of parts over shares of the
 * columns. All of it is in whole numbers, whose sums are exact in any order, so that
 * the result is the same for any number of threads.
 *
 *     forward    by share and stream: quantize rows, sum contexts, partial scores
 *     scores     by stream: add the parts, errors of all pairs
 *     backward   by share and stream: gradients, added to the latents
 *
 * passes.c has the three of them; run.c says who does what when.
 *
 * Traffic: a CBOW block of 32 windows, each up to 8 words wide, with 48 shared
 * negatives meets 48 rows of u and 80 of v, 4 a window. Each is fetched and written
 * back once, 2 bytes a number.
 */
#ifndef W2B_ROUND_H
#define W2B_ROUND_H

#include "quant/fixed.h"
#include "word2bits/rates.h"
#include "word2bits/walk.h"

/* The quantizer in the loop: 2^bits equally spaced levels around 0, `step`
 * apart (mid-rise). With 1 bit and step 2/3 this is Word2Bits' sign(x)/3, with
 * 2 bits and step 1/2 its quarter levels. */
typedef struct w2b_loop_quant {
    unsigned bits;
    float step;
} w2b_loop_quant;

/* How numbers are stored and multiplied. */
typedef struct w2b_scales {
    w2b_loop_quant quant; /* of 1 to 9 bits */
    unsigned fraction;    /* a step of the quantizer is 2^fraction units of a latent */
    float unit;           /* of a latent, which has 16 bits */
    float weight;         /* an error of 1 is so much as a whole number */
} w2b_scales;

/* From the options alone. Without a quantizer (bits = 0) there is one as fine as sums of
 * 32 bits allow, over 8 steps to either side. 0, or -1 if no sum is sure to stay within
 * 32 bits. */
int w2b_scales_for(w2b_loop_quant quant, uint32_t dim, const w2b_walk_options *walk,
                   w2b_scales *scales);

/* What a training run computes with. */
typedef struct w2b_round {
    const w2b_fixed_kern *kern;
    w2b_scales scales;
    w2b_context context;
    w2b_block_room room;
    struct w2b_latents *latents;
    const w2b_rates *rates; /* what the steps of rows are multiplied by */
    uint32_t threads;       /* that share the columns */
    float shares[2 * W2B_MAX_WINDOW + 1]; /* what the sum of so many rows is multiplied by */
    float noise[W2B_FIXED_NOISE_ROOM];
} w2b_round;

/* The latents may be made after that, and the rates and the number of threads are
 * set; latents and rates outlive the round. 0, or -1 if the CPU or the build lacks
 * `isa`. */
int w2b_round_init(w2b_round *round, w2b_isa isa, const w2b_scales *scales,
                   const w2b_walk_options *walk, struct w2b_latents *latents);

/* The latent matrices, 16-bit numbers. The columns are cut into shares, one for each
 * thread, and these into stripes of 128 columns, the last ones narrower; stripes follow
 * each other, [words][columns]. Four lines of the cache that follow each other are
 * fetched in half the time that four others take; but where lines of two threads do,
 * each of the two fetches the other's ahead, which has just changed them. Columns past
 * dim stay 0. */
typedef struct w2b_latents {
    int16_t *u, *v;
    uint32_t words, dim;
    uint32_t group, groups;  /* columns a group, of which shares are made, and how many */
    uint32_t shares;         /* none of them empty */
    size_t ld;               /* columns of all groups */
    float unit;
    size_t bytes;            /* of each matrix */
} w2b_latents;

/* Columns [first, end). */
typedef struct w2b_columns {
    size_t first, end;
} w2b_columns;

/* Share `number` where the groups are dealt out to so many: the first ones have one
 * group more than the others, which may have none. */
static inline w2b_columns w2b_share_columns(const w2b_latents *latents, uint32_t shares,
                                            uint32_t number)
{
    const uint32_t least = latents->groups / shares, more = latents->groups % shares;
    const size_t first = (size_t)least * number + (number < more ? number : more);
    const size_t end = first + least + (number < more);
    return (w2b_columns){first * latents->group, end * latents->group};
}

/* The stripe that a column lies in. It begins at number words * first of a matrix. */
w2b_columns w2b_stripe(const w2b_latents *latents, size_t column);

/* For so many threads. 0, or -1 if memory is short: latents->bytes then says how much
 * was wanted. */
int w2b_latents_make(w2b_latents *latents, uint32_t words, uint32_t dim, float unit,
                     uint32_t threads);
void w2b_latents_release(w2b_latents *latents);

/* Numbers [first, first + n) of a row of u (matrix 0) or v (matrix 1), rounded and cut
 * off. */
void w2b_latents_store(const w2b_latents *latents, int matrix, uint64_t row, uint32_t first,
                       uint32_t n, const float *numbers);
void w2b_latents_fetch(const w2b_latents *latents, int matrix, uint64_t row, uint32_t first,
                       uint32_t n, float *numbers);

/* Numbers [first, first + n) of a matrix as it is without shares and stripes,
 * [words][ld]: the same for any number of threads. */
void w2b_latents_get(const w2b_latents *latents, int matrix, size_t first, size_t n, int16_t *to);
void w2b_latents_put(const w2b_latents *latents, int matrix, size_t first, size_t n,
                     const int16_t *from);

/* Work space of one stream. */
typedef struct w2b_lane {
    w2b_block block[2];     /* the one being computed, and the next */
    float *scores;          /* [chunks][rows][16] */
    struct w2b_lane_work *work;
} w2b_lane;

/* Work space of a thread's share of the columns. */
typedef struct w2b_share {
    uint32_t number;        /* of the shares that are not empty */
    w2b_columns columns;
    struct w2b_share_work *work;
} w2b_share;

/* Weights of a chunk that are in use, and where they begin. */
static inline size_t w2b_used_weights(const w2b_block *block)
{
    return (size_t)(1 + block->outputs - block->paired) * 16;
}

/* Room for the scores of a block. */
size_t w2b_score_room(const w2b_round *round);

int w2b_lane_make(w2b_lane *lane, const w2b_round *round);
void w2b_lane_release(w2b_lane *lane);
/* The share of thread `number`. */
int w2b_share_make(w2b_share *share, const w2b_round *round, uint32_t number);
void w2b_share_release(w2b_share *share);

/* Shares that are not empty. */
static inline uint32_t w2b_round_shares(const w2b_round *round)
{
    const uint32_t groups = round->latents->groups;
    return round->threads < groups ? round->threads : groups;
}

/* Bytes of one lane, and of one share. */
size_t w2b_lane_bytes(const w2b_round *round);
size_t w2b_share_bytes(const w2b_round *round);

/* `next`, or NULL, is the block that is to be the next in forward. Its rows are asked
 * for on the way. */
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
