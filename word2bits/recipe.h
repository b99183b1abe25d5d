/*
 * recipe.h - what training does where the user has no wish.
 */
#ifndef W2B_RECIPE_H
#define W2B_RECIPE_H

#include "word2bits/walk.h"

/* Puts recommended values for fields that are 0 and mean that. The options
 * have passed w2b_train_check. */
void w2b_train_resolve(w2b_train_options *options);

#endif
