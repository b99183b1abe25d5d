/*
 * fuzz.h - what the targets of this folder share.
 *
 * Each fuzz_NAME.c has the one function that libFuzzer and AFL++ call with bytes of
 * any kind. A finding is a crash, a report of a sanitizer, a hang, or memory
 * beyond what the input can account for; answers are not looked at. replay.c
 * calls the same function with the bytes of files, for other compilers.
 */
#ifndef W2B_TEST_FUZZ_H
#define W2B_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "word2bits/w2b.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The path of a file in memory that holds these bytes until the next call with
 * the same `slot`, 0 or 1. */
const char *fuzz_file(int slot, const uint8_t *bytes, size_t size);

/* Limits that keep an input of some KiB from taking more than a moment. */
void fuzz_limits(w2b_open_options *options);

/* A model that is always the same, for questions. */
const w2b_model *fuzz_model(void);

#endif
