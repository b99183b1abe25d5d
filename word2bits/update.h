/*
 * update.h - a finished model, or a checkpoint, to begin training from.
 */
#ifndef W2B_UPDATE_H
#define W2B_UPDATE_H

#include "word2bits/trainer.h"

typedef struct w2b_base {
    w2b_vocab *vocab;      /* its words and counts, 1 where it has none */
    w2b_model *model;      /* one of the two */
    w2b_latents latents;
    uint32_t dim;
    const char *metadata;  /* of the model, or NULL */
} w2b_base;

/* Opens options->update. W2B_ERR_ARGUMENT if it is of another dimension. */
w2b_err w2b_base_open(const w2b_train_options *options, w2b_base **base, w2b_diag *diag);

void w2b_base_free(w2b_base *base);

/* The dimensions of training and of the model that goes on from it, where the
 * options leave them open. */
void w2b_base_size(const w2b_base *base, w2b_train_options *options);

/* Puts what the base knows into the latents of a trainer; rows of new words
 * stay as they are. */
w2b_err w2b_base_plant(const w2b_base *base, w2b_trainer *t);

/* Bytes of memory. */
uint64_t w2b_base_bytes(const w2b_base *base);

#endif
