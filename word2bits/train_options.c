/*
 * train_options.c - defaults, recommended values and ranges of training.
 */
#include <math.h>
#include <string.h>

#include "word2bits/recipe.h"

void w2b_train_defaults(w2b_train_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    w2b_corpus_defaults(&options->corpus);
    options->arch = W2B_ARCH_CBOW;
    options->dim = 416;
    options->window = 8;
    options->negative = 12;
    options->epochs = 20;
    options->sample = 1e-4;
    options->train_bits = 1;
    options->bits = 2;
    options->seed = 1;
    options->block = 32;
    options->checkpoint_seconds = 600;
}

/* Each output level at one bit is half a step from 0. Measured on 17 million
 * words of Wikipedia at 208 and 416 numbers, a step of 11.5 over the square root
 * of the dimension, which keeps the length of a quantized row, is best at the
 * first and among the best at the second. */
static double recommended_scale(const w2b_train_options *options)
{
    const double one_bit = 11.5 / sqrt(options->dim);
    /* the same range for any number of levels */
    return options->train_bits <= 1 ? one_bit : one_bit * ldexp(1.0, -(int)options->train_bits + 1);
}

void w2b_train_resolve(w2b_train_options *options)
{
    if (options->scale == 0)
        options->scale = recommended_scale(options);
    if (options->rate == 0)
        options->rate = options->train_bits ? 0.03 : 0.06;
    if (options->streams == 0)
        options->streams = 4;
    /* Of floats fewer than 48 for a block of 32 cost accuracy, whatever they weigh:
     * 36% of the analogies with 20 of them, 39% with 48 (300 numbers, 5
     * negatives). With one bit in the loop half as many cost a percent at most, and
     * save a third of the time, which more epochs use better. */
    if (options->pool == 0) {
        const uint32_t each = options->train_bits ? 2 : 4, least = options->train_bits ? 24 : 48;
        const uint32_t pool = each * options->negative;
        options->pool = pool > least ? pool : least;
    }
    if (options->pool > W2B_MAX_POOL)
        options->pool = W2B_MAX_POOL;
}

static int stored_bits(uint32_t bits)
{
    return (bits >= 1 && bits <= 8) || bits == 16 || bits == 32;
}

const char *w2b_train_check(const w2b_train_options *o)
{
    if (o->size != sizeof *o)
        return "the options are of another version of the library";
    if (o->arch != W2B_ARCH_CBOW && o->arch != W2B_ARCH_SKIPGRAM)
        return "the architecture must be CBOW or skip-gram";
    if ((o->dim < 1 && !o->update) || o->dim > 65536)
        return "the dimension must be from 1 to 65536";
    if (o->window < 1 || o->window > W2B_MAX_WINDOW)
        return "the window must be from 1 to 256";
    if (o->negative < 1 || o->negative > 256)
        return "the number of negative samples must be from 1 to 256";
    if (o->epochs < 1 || o->epochs > 100000)
        return "the number of epochs must be from 1 to 100000";
    if (!(o->sample >= 0 && o->sample <= 1))
        return "the subsampling threshold must be from 0 to 1";
    if (!(o->rate >= 0 && o->rate <= 10))
        return "the learning rate must be from 0 to 10";
    if (!(o->scale >= 0 && o->scale <= 1000))
        return "the step of the quantizer must be from 0 to 1000";
    if (o->train_bits > 8)
        return "the bits in the loop must be from 0 to 8";
    if (!stored_bits(o->bits))
        return "the stored bits must be from 1 to 8, 16 or 32";
    if (o->streams > 1024)
        return "the number of streams must be at most 1024";
    if (o->block < 1 || o->block > W2B_MAX_BLOCK)
        return "the block must be from 1 to 64 centre words";
    if (o->pool > W2B_MAX_POOL)
        return "the pool must be at most 1024 negatives";
    if (!(o->checkpoint_seconds >= 0))
        return "the seconds between checkpoints must be 0 or more";
    if (o->resume && !o->checkpoint)
        return "without a checkpoint there is nothing to resume";
    return NULL;
}

/* One bit in the loop. Two bits stored are better than one of twice the numbers,
 * measured at 54 and 106 bytes on 17 million words of Wikipedia (47% of the
 * analogies against 41%, and 55% against 41%); at 28 it is the other way round (29%
 * with 208 numbers of one bit, less than 22% with 104). */
w2b_err w2b_train_fit_bytes(w2b_train_options *options, uint32_t bytes_per_word, w2b_diag *diag)
{
    if (bytes_per_word < 4 || bytes_per_word > 4096)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "the bytes a word must be from 4 to 4096");
    const uint32_t scale_bytes = 2;
    options->bits = bytes_per_word < 40 ? 1 : 2;
    options->train_bits = 1;
    options->dim = (bytes_per_word - scale_bytes) * 8 / options->bits;
    if (options->dim > 16)
        options->dim = options->dim / 16 * 16;
    return W2B_OK;
}
