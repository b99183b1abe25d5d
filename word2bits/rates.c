/*
 * rates.c - how far each word's rows move.
 */
#include "word2bits/rates.h"

#include <math.h>

/* Tokens of a word that is multiplied by 1. */
#define EVEN 3000.0

/* No row moves further than so many times that. */
#define MOST 8.0

static double at_most(double x)
{
    return x < MOST ? x : MOST;
}

int w2b_rates_make(w2b_rates *rates, const w2b_vocab *vocab, const w2b_sampler *sampler,
                   uint32_t epochs)
{
    const uint32_t words = sampler->words;
    for (int matrix = 0; matrix < 2; matrix++)
        rates->of[matrix] = w2b_alloc(words, sizeof *rates->of[matrix]);
    if (!rates->of[0] || !rates->of[1])
        return -1;
    for (uint32_t i = 0; i < words; i++) {
        uint64_t count = 1;
        w2b_vocab_word(vocab, i, NULL, &count);
        const double kept = ((double)sampler->keep[i] + 1) * 0x1p-32;
        /* by square roots, which are exact everywhere */
        const double root = sqrt(EVEN / ((double)count * kept * epochs));
        rates->of[0][i] = (float)at_most(sqrt(root));
        rates->of[1][i] = (float)at_most(root);
    }
    return 0;
}

void w2b_rates_release(w2b_rates *rates)
{
    w2b_free(rates->of[0]);
    w2b_free(rates->of[1]);
    *rates = (w2b_rates){0};
}
