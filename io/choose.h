/*
 * choose.h - which code to quantize a model with: by wish, or by the error that
 * is measured on a sample of its rows.
 */
#ifndef W2B_IO_CHOOSE_H
#define W2B_IO_CHOOSE_H

#include "io/base.h"
#include "io/model.h"

typedef struct w2b_wish {
    uint32_t bits;            /* 1 to 8, 16, 32; 0: as many as bytes allow, up
                                 to 8 */
    uint32_t bytes;           /* of codes and scale of a row at most */
    const w2b_method *method; /* NULL: whichever has the smallest error, */
    int all;                  /* of all, or of those whose codes are levels */
    uint64_t rows;            /* the first so many count; 0: all */
    uint64_t seed;            /* of the sample, and of what methods draw */
    int threads;
    float largest;            /* number of the model */
} w2b_wish;

/* What a method would make of it: as w2b_code_init, with the unit. */
int w2b_wish_code(const w2b_wish *wish, w2b_method method, uint32_t dim, w2b_code *code);

/* Sets how many rows to keep, the first ones, where the budget of wish->bytes for
 * every row may be spent on fewer, and the bytes of each then: so that most is
 * kept of the vectors' energy, each word having the weight of its count (or of
 * 1 / its place, if there are no counts). */
w2b_err w2b_wish_prune(const w2b_model *model, w2b_wish *wish, w2b_diag *diag);

/* Fills `code` and learns what its method needs. *params is what code->params
 * points to, from w2b_alloc, or NULL; *trials says what was measured. Where the
 * choice is free, methods whose parameters would be a large part of the file are
 * left out, and a method that is less simple than another must be better by a
 * hundredth. */
w2b_err w2b_choose(const w2b_model *model, const w2b_wish *wish, w2b_code *code,
                   uint8_t **params, w2b_trials *trials, w2b_diag *diag);

#endif
