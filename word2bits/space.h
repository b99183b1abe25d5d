/*
 * space.h - the work space of rounds: what lies where.
 */
#ifndef W2B_SPACE_H
#define W2B_SPACE_H

#include "word2bits/round.h"

/* Arrays that are released together. */
#define W2B_SPACE_ARRAYS 16
typedef struct w2b_space {
    void *arrays[W2B_SPACE_ARRAYS];
    unsigned n;
    size_t bytes; /* of all of them */
    int failed;   /* memory was short for one */
} w2b_space;

/* Work space of one stream. Matrices of columns lie panel by panel. */
typedef struct w2b_lane_work {
    w2b_space space;
    int32_t *means;                  /* [panels][8 chunks][32] sums of contexts, two woven */
    int32_t *outputs;                /* [panels][pairs][32] quantized rows of v, two woven: paired
                                        ones, if any, up to 8 chunks, then the others */
    int32_t *partials;               /* [shares][chunks][rows][16] */
    float *errors;                   /* [chunks][rows][16] */
    int16_t *rounded;                /* [rows - 1][16 chunks] errors over contexts, the others */
    int32_t *crossed;                /* [chunks][pairs of the others][16] errors, two rows woven */
    int32_t *diagonal;               /* [16 chunks] errors of the paired, in the half that their row
                                        has in its pair */
    int32_t *own;                    /* [16 chunks] the same over contexts */
    int16_t *whole;                  /* [rows][16] errors of a chunk, rounded */
    w2b_fixed_step *steps;           /* [outputs + positions] of the rows that move */
    /* of w2b_fixed_spans */
    uint8_t by_begin[W2B_MAX_BLOCK], by_end[W2B_MAX_BLOCK];
    uint8_t *begun, *ended;          /* [positions + 2] from the second on; how many do so
                                        before a position */
    uint8_t *own_at;                 /* [positions] */
} w2b_lane_work;

/* Panels [first, end) of a share, all in one stripe. */
typedef struct w2b_part {
    size_t first, end;
    w2b_columns stripe;
} w2b_part;

/* Work space of one share. */
typedef struct w2b_share_work {
    w2b_space space;
    w2b_part *parts;   /* [n_parts] */
    size_t n_parts;
    /* of one panel, so that they stay in the first cache */
    int16_t *sums;     /* [positions + 1][32] running sums of contexts */
    int16_t *means;    /* [16 chunks][32] */
    int16_t *outputs;  /* [2 pairs][32] */
    int32_t *tile;     /* [16][16] pairs, transposed */
    int32_t *inputs;   /* [16 chunks][32] gradients of inputs, woven order */
    int32_t *dots;     /* [16 chunks][16] of the paired, over all panels */
} w2b_share_work;

/* Inputs of a block; paired outputs fill as many rows. */
static inline size_t w2b_input_rows(const w2b_round *round)
{
    return (size_t)round->room.chunks * 16;
}

static inline size_t w2b_output_pairs(const w2b_round *round)
{
    return w2b_input_rows(round) / 2 + (round->room.rows + 1) / 2;
}

/* Pairs from one woven panel to the next: an odd number of cache lines. */
static inline size_t w2b_means_stride(const w2b_round *round)
{
    return (w2b_input_rows(round) + 1) * W2B_FIXED_PANEL / 2;
}

static inline size_t w2b_outputs_stride(const w2b_round *round)
{
    return (2 * w2b_output_pairs(round) + 1) * W2B_FIXED_PANEL / 2;
}

/* Woven panels of shares lie a page further apart, in pairs: lines ahead of those that a
 * thread writes are fetched for it, and had the thread whose they are just written them,
 * it would have to fetch them back. */
#define W2B_SHARES_APART 1024

/* Where a woven panel of a share begins. */
static inline size_t w2b_woven_at(uint32_t share, size_t panel, size_t stride)
{
    return panel * stride + share * (size_t)W2B_SHARES_APART;
}

#endif
