/*
 * sampler.h - random choices of training: which words are thinned out, and
 * which are drawn as negatives.
 */
#ifndef W2B_SAMPLER_H
#define W2B_SAMPLER_H

#include "io/base.h"
#include "quant/num.h"

/* A column of an alias table (Vose 1991): column i stands for word i if 32 random
 * bits are <= accept, else for the other one. */
typedef struct w2b_alias {
    uint32_t accept, other;
} w2b_alias;

/* Shared by all streams, never changed once made. */
typedef struct w2b_sampler {
    uint32_t words;
    uint32_t *keep;    /* [words] a token is kept if 32 random bits are <= it */
    w2b_alias *columns; /* [words] */
} w2b_sampler;

/* `sample` as word2vec's: a word that makes up the share f of the tokens is
 * kept with probability (sqrt(f/sample) + 1) * sample/f; 0 keeps all.
 * Negatives are drawn in proportion to count^exponent. 8 to 12 bytes a word, where
 * word2vec has a table of 400 MB. 0, or -1 if memory is short. */
int w2b_sampler_make(w2b_sampler *sampler, const w2b_vocab *vocab, double sample,
                     double exponent);

void w2b_sampler_release(w2b_sampler *sampler);

/* Draws n negatives. */
static inline void w2b_sampler_negatives(const w2b_sampler *sampler, w2b_rng *rng,
                                         uint32_t *words, uint32_t n)
{
    enum { AT_ONCE = 32 };
    for (uint32_t done = 0; done < n; done += AT_ONCE) {
        const uint32_t some = n - done < AT_ONCE ? n - done : AT_ONCE;
        uint32_t column[AT_ONCE], bits[AT_ONCE];
        /* columns come from all over the table: all are asked for first */
        for (uint32_t i = 0; i < some; i++) {
            const uint64_t random = w2b_rng_next(rng);
            column[i] = (uint32_t)(((random >> 32) * sampler->words) >> 32);
            bits[i] = (uint32_t)random;
            __builtin_prefetch(&sampler->columns[column[i]]);
        }
        for (uint32_t i = 0; i < some; i++) {
            const w2b_alias *c = &sampler->columns[column[i]];
            words[done + i] = bits[i] <= c->accept ? column[i] : c->other;
        }
    }
}

#endif
