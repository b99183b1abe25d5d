/*
 * latents.c - rows of the latent matrices as floats.
 *
 * What training begins with, and what it ends with.
 */
#include <math.h>

#include "word2bits/trainer.h"

/* Numbers that go through the stack at a time. */
#define CHUNK 256u

void *w2b_latents_bytes(const w2b_latents *latents, int matrix)
{
    return matrix ? latents->v : latents->u;
}

static uint32_t chunk_at(uint32_t first, uint32_t dim)
{
    return dim - first < CHUNK ? dim - first : CHUNK;
}

/* Both matrices start small and at random, so that signs are soon decided by the
 * text. Without a quantizer, too: from word2vec's beginning, v at 0 and u a tenth of
 * this, 300 floats have 4 points less of the analogies right after 5 epochs. */
static void begin_row(const w2b_trainer *t, uint32_t row)
{
    const w2b_latents *l = &t->latents;
    const double range = 0.02;
    float u[CHUNK], v[CHUNK];
    w2b_rng rng;
    w2b_rng_seed(&rng, t->options.seed, (1ull << 32) + row);
    for (uint32_t c = 0; c < l->dim; c += CHUNK) {
        const uint32_t n = chunk_at(c, l->dim);
        for (uint32_t i = 0; i < n; i++) {
            u[i] = (float)((2 * w2b_rng_unit(&rng) - 1) * range);
            v[i] = (float)((2 * w2b_rng_unit(&rng) - 1) * range);
        }
        w2b_latents_store(l, 0, row, c, n, u);
        w2b_latents_store(l, 1, row, c, n, v);
    }
}

void w2b_trainer_begin(w2b_trainer *t)
{
#pragma omp parallel for schedule(static)
    for (uint32_t row = 0; row < t->latents.words; row++)
        begin_row(t, row);
}

/* u + v */
void w2b_trainer_vector(const w2b_trainer *t, uint64_t row, uint32_t first, uint32_t n,
                        float *numbers)
{
    float v[CHUNK];
    w2b_latents_fetch(&t->latents, 0, row, first, n, numbers);
    for (uint32_t c = 0; c < n; c += CHUNK) {
        const uint32_t part = chunk_at(c, n);
        w2b_latents_fetch(&t->latents, 1, row, first + c, part, v);
        for (uint32_t i = 0; i < part; i++)
            numbers[c + i] += v[i];
    }
}

float w2b_trainer_largest(const w2b_trainer *t)
{
    const w2b_latents *l = &t->latents;
    float largest = 0;
    int finite = 1;
#pragma omp parallel for schedule(static) reduction(max : largest) reduction(& : finite)
    for (uint32_t row = 0; row < l->words; row++) {
        float x[CHUNK], v[CHUNK];
        for (uint32_t c = 0; c < l->dim; c += CHUNK) {
            const uint32_t n = chunk_at(c, l->dim);
            w2b_trainer_vector(t, row, c, n, x);
            w2b_latents_fetch(l, 1, row, c, n, v);
            for (uint32_t i = 0; i < n; i++) {
                finite &= isfinite(x[i]) && isfinite(v[i]);
                largest = fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
            }
        }
    }
    return finite ? largest : INFINITY;
}
