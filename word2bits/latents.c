/*
 * latents.c - rows of the latent matrices as floats.
 *
 * What training begins with, and what it ends with.
 */
#include <math.h>

#include "word2bits/trainer.h"

/* Numbers that go through the stack at a time. */
#define CHUNK 256u

/* If more than one in so many numbers has run into the end of its range, all of them
 * have run away. One in a hundred thousand does so in 5 epochs of 17 million words. */
#define MANY 4

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
#pragma omp parallel for num_threads((int)w2b_trainer_wanted(&t->options)) schedule(static)
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
#pragma omp parallel for num_threads((int)w2b_trainer_wanted(&t->options)) schedule(static) \
    reduction(max : largest)
    for (uint32_t row = 0; row < l->words; row++) {
        float x[CHUNK];
        for (uint32_t c = 0; c < l->dim; c += CHUNK) {
            const uint32_t n = chunk_at(c, l->dim);
            w2b_trainer_vector(t, row, c, n, x);
            for (uint32_t i = 0; i < n; i++)
                largest = fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
        }
    }
    return largest;
}

static uint64_t count_at_end(const int16_t *numbers, size_t n)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += numbers[i] == INT16_MAX || numbers[i] == INT16_MIN;
    return count;
}

/* Where there is a quantizer, whatever lies past its outermost level is the same. */
int w2b_trainer_at_end(const w2b_trainer *t)
{
    const w2b_latents *l = &t->latents;
    uint64_t count = 0;
    if (t->options.train_bits)
        return 0;
    /* columns past the dimension are 0 */
#pragma omp parallel for num_threads((int)w2b_trainer_wanted(&t->options)) schedule(static) \
    reduction(+ : count)
    for (uint32_t row = 0; row < l->words; row++)
        count += count_at_end(l->u + row * l->ld, l->ld) + count_at_end(l->v + row * l->ld, l->ld);
    return count > (uint64_t)l->words * l->dim * 2 / MANY;
}
