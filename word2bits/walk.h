/*
 * walk.h - from token ids to blocks of training windows.
 *
 * The text is cut into a fixed number of streams, each walked by a walker of
 * its own with its own random numbers: what a walker hands out depends on the
 * options alone, never on threads. A block holds up to 64 centre words that
 * follow each other, their contexts, and one pool of negatives for all of
 * them.
 *
 * A block in general form: `inputs` vectors, each the mean of some rows of u;
 * `outputs` rows of v; and for every pair of input x and output y two weights,
 *
 *     want  how often y is to be predicted from x,
 *     mass  want, plus how often it is not,
 *
 * so that the loss is  sum want * -log sigmoid(x.y) + (mass - want) * -log
 * sigmoid(-x.y)  and its derivative by x.y is  mass * sigmoid(x.y) - want.
 *
 * CBOW: input i is the mean (or sum) of the rows around centre i, and is to predict the
 * centre. Output i < inputs, the centre itself, is "paired": it meets no input
 * but i. The pool is shared by all.
 * Skip-gram: input i is centre i alone, and is to predict each word around it;
 * every position of the block is an output, and none is paired.
 */
#ifndef W2B_WALK_H
#define W2B_WALK_H

#include "quant/fixed.h"
#include "word2bits/corpus.h"
#include "word2bits/sampler.h"

#define W2B_MAX_BLOCK 64   /* centres */
#define W2B_MAX_WINDOW 256
#define W2B_MAX_POOL 1024

/* Rows of u that make up an input. */
typedef w2b_fixed_window w2b_span;

typedef struct w2b_block {
    uint32_t inputs;      /* 0: the walker is at its end */
    uint32_t positions;
    uint32_t outputs;
    uint32_t paired;      /* the first so many outputs are paired */
    uint32_t epoch;       /* of the first centre, from 0 */
    uint64_t windows;     /* inputs that have something to predict */
    uint64_t consumed;    /* tokens the walker has read so far */
    uint32_t *in_rows;    /* [positions] rows of u */
    w2b_span *spans;      /* [16 chunks]: those past the inputs are empty */
    uint32_t *out_rows;   /* [outputs] rows of v */
    /* Inputs come in chunks of 16, and each chunk has `rows` rows of 16
     * weights: row 0 belongs to the paired outputs, input i with output i;
     * rows 1, 2, ... to the others in order. Zero where there is no input. */
    uint32_t chunks, rows;
    float *want;          /* [chunks][rows][16] */
    float *mass;
} w2b_block;

/* Rows of u in it. */
static inline uint32_t w2b_span_count(w2b_span span)
{
    return span.end - span.first - (span.skip != W2B_FIXED_SKIPS_NONE);
}

/* Row of the first output that is not paired, where the paired ones, if any, fill
 * whole chunks. */
static inline size_t w2b_block_dense_row(const w2b_block *block)
{
    return block->paired ? 16 * (size_t)block->chunks : 0;
}

/* Place of the weights of input i and row y. */
static inline size_t w2b_block_at(const w2b_block *block, uint32_t y, uint32_t i)
{
    return ((size_t)(i / 16) * block->rows + y) * 16 + i % 16;
}

/* Room that a block needs for its options. */
typedef struct w2b_block_room {
    uint32_t chunks, positions, outputs, rows;
} w2b_block_room;

typedef struct w2b_walk_options {
    w2b_arch arch;
    uint32_t window, negative, epochs, block, pool;
    w2b_context context; /* of no concern to walkers */
} w2b_walk_options;

/* Words that an input is to predict, at most. */
static inline double w2b_walk_targets(const w2b_walk_options *options)
{
    return options->arch == W2B_ARCH_CBOW ? 1 : 2.0 * options->window;
}

w2b_block_room w2b_block_room_for(const w2b_walk_options *options);

/* 0, or -1 if memory is short. */
int w2b_block_make(w2b_block *block, const w2b_block_room *room);
void w2b_block_release(w2b_block *block);

/* Walks ids [begin, end) of a corpus, `epochs` times. */
typedef struct w2b_walker {
    const w2b_walk_options *options;
    const w2b_sampler *sampler;
    const uint32_t *ids;
    uint64_t begin, end, at;
    uint64_t consumed;
    uint32_t epoch;
    uint32_t line;        /* number of the line that `at` is in */
    w2b_rng rng;
    /* Tokens that survived the thinning: up to `window` behind the centre, and
     * as many as have been read ahead of it. */
    uint32_t *tokens, *lines;
    uint32_t *begins, *ends;  /* of the lines of tokens, while a block is made */
    uint32_t queued, centre, room;
} w2b_walker;

/* Stream `number` of `streams`, over the part of the corpus that is its share,
 * cut at line ends. 0, or -1 if memory is short. The options, sampler and
 * corpus must outlive the walker. */
int w2b_walker_make(w2b_walker *walker, const w2b_walk_options *options,
                    const w2b_sampler *sampler, const w2b_corpus *corpus, uint32_t number,
                    uint32_t streams, uint64_t seed);
void w2b_walker_release(w2b_walker *walker);

/* The next block; block->inputs = 0 at the end. */
void w2b_walker_next(w2b_walker *walker, w2b_block *block);

#endif
