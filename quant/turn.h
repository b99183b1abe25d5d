/*
 * turn.h - a random rotation of rows, drawn from a seed.
 */
#ifndef W2B_QUANT_TURN_H
#define W2B_QUANT_TURN_H

#include "quant/code.h"

/* y = R x and y = R^-1 x, of dim numbers each, 1 <= dim <= W2B_TURN_DIM_LIMIT,
 * x != y. The same bits everywhere. */
void w2b_turn(uint64_t seed, uint32_t dim, const float *x, float *y);
void w2b_turn_back(uint64_t seed, uint32_t dim, const float *x, float *y);

/* Fields of a w2b_scheme whose params begin with a seed, eight bytes. */
size_t w2b_turn_seed_size(const w2b_code *code);
void w2b_turn_seed_draw(w2b_code *code, const w2b_lesson *lesson, uint8_t *params, void *room);
void w2b_turn_by_seed(const w2b_code *code, const float *x, float *y);
void w2b_turn_back_by_seed(const w2b_code *code, const float *x, float *y);

/* All of them, in the initializer of such a scheme. */
#define W2B_TURN_FIELDS                                                              \
    .dim_limit = W2B_TURN_DIM_LIMIT, .params_size = w2b_turn_seed_size,              \
    .train = w2b_turn_seed_draw, .turn = w2b_turn_by_seed, .turn_back = w2b_turn_back_by_seed

#endif
