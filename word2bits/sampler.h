/*
 * sampler.h - random choices of training: which words are thinned out, and
 * which are drawn as negatives.
 */
#ifndef W2B_SAMPLER_H
#define W2B_SAMPLER_H

#include "io/base.h"
#include "quant/num.h"

/* Shared by all streams, never changed once made. */
typedef struct w2b_sampler {
    uint32_t words;
    uint32_t *keep;    /* [words] a token is kept if 32 random bits are <= it */
    uint32_t *accept;  /* [words] alias table (Vose 1991): column i is taken if
                          32 random bits are <= accept[i], else alias[i] */
    uint32_t *alias;   /* [words] */
} w2b_sampler;

/* `sample` as word2vec's: a word that makes up the share f of the tokens is
 * kept with probability (sqrt(f/sample) + 1) * sample/f; 0 keeps all.
 * Negatives are drawn in proportion to count^0.75. 8 to 12 bytes a word, where
 * word2vec has a table of 400 MB. 0, or -1 if memory is short. */
int w2b_sampler_make(w2b_sampler *sampler, const w2b_vocab *vocab, double sample);

void w2b_sampler_release(w2b_sampler *sampler);

static inline uint32_t w2b_sampler_negative(const w2b_sampler *sampler, w2b_rng *rng)
{
    const uint64_t bits = w2b_rng_next(rng);
    const uint32_t column = (uint32_t)(((bits >> 32) * sampler->words) >> 32);
    return (uint32_t)bits <= sampler->accept[column] ? column : sampler->alias[column];
}

#endif
