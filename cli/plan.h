/*
 * plan.h - what training would take, for people and as JSON.
 */
#ifndef W2B_CLI_PLAN_H
#define W2B_CLI_PLAN_H

#include "word2bits/w2b.h"

/* Prints it on standard output. `options` are those that were asked about;
 * `output` and their checkpoint are the files that would be made. An exit
 * code. */
int w2b_plan_print(const w2b_train_plan *plan, const w2b_train_options *options,
                   const char *output, int json);

#endif
