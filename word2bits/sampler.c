/*
 * sampler.c - thinning of frequent words, alias table of negatives.
 */
#include "word2bits/sampler.h"

#include <math.h>
#include <string.h>

#include "quant/num.h"

/* A probability as the largest 32-bit number that still means yes. */
static uint32_t threshold(double probability)
{
    const double scaled = probability * 0x1p32 - 1.0;
    return scaled >= (double)UINT32_MAX ? UINT32_MAX : scaled > 0 ? (uint32_t)scaled : 0;
}

static uint64_t count_of(const w2b_vocab *vocab, uint32_t word)
{
    uint64_t count = 0;
    w2b_vocab_word(vocab, word, NULL, &count);
    return count;
}

static void fill_keep(w2b_sampler *sampler, const w2b_vocab *vocab, double sample)
{
    double total = 0;
    for (uint32_t i = 0; i < sampler->words; i++)
        total += (double)count_of(vocab, i);
    for (uint32_t i = 0; i < sampler->words; i++) {
        const double share = (double)count_of(vocab, i) / total;
        sampler->keep[i] = sample > 0 && share > 0
                               ? threshold((sqrt(share / sample) + 1) * sample / share)
                               : UINT32_MAX;
    }
}

/* Columns whose share is below the average are filled up from one above it,
 * each column thus holding two words at most. `share` is used up; `small` has
 * room for all words. The average is 1. */
static void fill_alias(w2b_sampler *sampler, double *share, uint32_t *small)
{
    const uint32_t n = sampler->words;
    uint32_t n_small = 0, n_large = 0;
    for (uint32_t i = 0; i < n; i++) {
        sampler->columns[i] = (w2b_alias){UINT32_MAX, i};
        if (share[i] < 1)
            small[n_small++] = i;
        else
            small[n - ++n_large] = i;
    }
    while (n_small && n_large) {
        const uint32_t poor = small[--n_small], rich = small[n - n_large];
        sampler->columns[poor] = (w2b_alias){threshold(share[poor]), rich};
        share[rich] -= 1 - share[poor];
        if (share[rich] < 1) {
            n_large--;
            small[n_small++] = rich;
        }
    }
}

static int make_negatives(w2b_sampler *sampler, const w2b_vocab *vocab, double exponent)
{
    double *share = w2b_alloc(sampler->words, sizeof *share);
    uint32_t *small = w2b_alloc(sampler->words, sizeof *small);
    if (share && small) {
        double total = 0;
        for (uint32_t i = 0; i < sampler->words; i++) {
            share[i] = w2b_exp(exponent * w2b_log((double)count_of(vocab, i)));
            total += share[i];
        }
        for (uint32_t i = 0; i < sampler->words; i++)
            share[i] *= sampler->words / total;
        fill_alias(sampler, share, small);
    }
    const int failed = !share || !small;
    w2b_free(share);
    w2b_free(small);
    return failed ? -1 : 0;
}

int w2b_sampler_make(w2b_sampler *sampler, const w2b_vocab *vocab, double sample, double exponent)
{
    memset(sampler, 0, sizeof *sampler);
    sampler->words = (uint32_t)w2b_vocab_size(vocab);
    sampler->keep = w2b_alloc(sampler->words, sizeof *sampler->keep);
    sampler->columns = w2b_alloc(sampler->words, sizeof *sampler->columns);
    if (!sampler->keep || !sampler->columns || make_negatives(sampler, vocab, exponent)) {
        w2b_sampler_release(sampler);
        return -1;
    }
    fill_keep(sampler, vocab, sample);
    return 0;
}

void w2b_sampler_release(w2b_sampler *sampler)
{
    w2b_free(sampler->keep);
    w2b_free(sampler->columns);
    memset(sampler, 0, sizeof *sampler);
}
