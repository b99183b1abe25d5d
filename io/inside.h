/*
 * inside.h - what the rest of io/ asks of a model beyond model.h.
 */
#ifndef W2B_IO_INSIDE_H
#define W2B_IO_INSIDE_H

#include "io/mapped.h"
#include "io/model.h"
#include "io/words.h"

/* A model over a .w2b file, of its first `limit` rows (0: all). Takes `mapped`
 * over, also when it fails. */
w2b_err w2b_model_wrap(w2b_mapped *mapped, uint64_t limit, w2b_model **model, w2b_diag *diag);

int w2b_model_has_counts(const w2b_model *model);

/* Gives `to`, which nobody knows yet, the vectors for words that are not there. */
void w2b_model_move_subwords(w2b_model *from, w2b_model *to);

/* Never NULL; lives as long as the model. */
const char *w2b_model_metadata(const w2b_model *model);

#endif
