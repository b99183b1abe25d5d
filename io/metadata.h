/*
 * metadata.h - the JSON object that tells how a model was made.
 */
#ifndef W2B_IO_METADATA_H
#define W2B_IO_METADATA_H

#include "io/base.h"
#include "quant/code.h"

/* Nonzero if `text` is one JSON object in UTF-8. */
int w2b_metadata_valid(const char *text, size_t size);

/* A copy of the object in `text` that also tells how its vectors were coded
 * anew, under "quantize"; what stood there before goes into it as "before". The
 * number is the relative squared error. From w2b_alloc, NULL if memory is short
 * or `text` is no object. */
char *w2b_metadata_quantized(const char *text, const w2b_code *from, const w2b_code *to,
                             double squared_error);

#endif
