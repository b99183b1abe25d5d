/*
 * train_options.c - defaults, recommended values and ranges of training.
 */
#include <math.h>
#include <string.h>

#include "word2bits/axes.h"
#include "word2bits/recipe.h"

/* Numbers a vector while training, where the user has no wish: so many, or so
 * many times those that are stored if that is less. */
#define TRAIN_DIM 832
#define TRAIN_TIMES 16

void w2b_train_defaults(w2b_train_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    w2b_corpus_defaults(&options->corpus);
    options->arch = W2B_ARCH_CBOW;
    options->dim = 208;
    options->window = 8;
    options->negative = 12;
    options->exponent = 0.6;
    options->epochs = 20;
    options->sample = 6e-5;
    options->train_bits = 2;
    options->bits = 4;
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
    const double one_bit = 11.5 / sqrt(options->train_dim);
    /* the same range for any number of levels */
    return options->train_bits <= 1 ? one_bit : one_bit * ldexp(1.0, -(int)options->train_bits + 1);
}

/* One bit stored is best as it was learned. */
static void resolve_axes(w2b_train_options *options)
{
    const int as_learned = options->axes == W2B_AXES_OFF ||
                           (options->axes == W2B_AXES_AUTO && options->bits == 1);
    const uint64_t times = (uint64_t)options->dim * TRAIN_TIMES;
    const uint32_t longer = times < TRAIN_DIM ? (uint32_t)times : TRAIN_DIM;
    if (options->train_dim == 0)
        options->train_dim = as_learned || options->dim > longer ? options->dim : longer;
    if (options->train_dim > options->dim)
        options->axes = W2B_AXES_ON;
    else if (options->axes == W2B_AXES_AUTO)
        options->axes = as_learned || options->dim > W2B_AXES_DIM ? W2B_AXES_OFF : W2B_AXES_ON;
}

/* With two bits in the loop and few epochs there is little time to learn: in 3
 * epochs of 69 million words of Wikipedia and in 5 of 17 million a rate of 0.05 has
 * one point more of the analogies right and .005 more similarity than 0.03; in 20
 * epochs of 17 million it has .01 less similarity. With one bit, and without
 * a quantizer, 0.03 is better in 5, too. */
static double recommended_rate(const w2b_train_options *options)
{
    return options->train_bits > 1 && options->epochs <= 10 ? 0.05 : 0.03;
}

void w2b_train_resolve(w2b_train_options *options)
{
    resolve_axes(options);
    if (options->scale == 0)
        options->scale = recommended_scale(options);
    if (options->rate == 0)
        options->rate = recommended_rate(options);
    /* All of them learn from the same latents in a round: with 4 rather than 1, 3
     * epochs of 69 million words have a point less of the analogies right and .004
     * less similarity. With 2 a thread that waits for scores has other work. */
    if (options->streams == 0)
        options->streams = 2;
    /* Fewer than 48 for a block of 32 cost accuracy, whatever they weigh: with 24,
     * 3 epochs of 69 million words have a point less of the analogies right and .007
     * less similarity, for a third less time. */
    if (options->pool == 0)
        options->pool = options->negative > 12 ? 4 * options->negative : 48;
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
    if (o->train_dim > 65536 || (o->train_dim && o->train_dim < o->dim))
        return "the dimension of training must be that of the vectors or more, up to 65536";
    if ((unsigned)o->axes > W2B_AXES_OFF)
        return "the vectors are turned to their axes, or not, or as it is best";
    if (o->axes == W2B_AXES_OFF && o->train_dim > o->dim && o->dim)
        return "to keep fewer numbers than are trained, vectors must be turned to their axes";
    if ((o->axes == W2B_AXES_ON || o->train_dim > o->dim) && o->dim &&
        (o->train_dim > o->dim ? o->train_dim : o->dim) > W2B_AXES_DIM)
        return "vectors of more than 2048 numbers cannot be turned to their axes";
    if (o->context != W2B_CONTEXT_MEAN && o->context != W2B_CONTEXT_SUM)
        return "a context must be the mean or the sum of its words";
    if (o->window < 1 || o->window > W2B_MAX_WINDOW)
        return "the window must be from 1 to 256";
    if (o->negative < 1 || o->negative > 256)
        return "the number of negative samples must be from 1 to 256";
    if (!(o->exponent >= -2 && o->exponent <= 2))
        return "the exponent of negative samples must be from -2 to 2";
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

/* Of the principal axes of what is learned, few numbers of many bits are better
 * than many of few: on 17 million words of Wikipedia 69 of 3 bits have 38% of the
 * analogies right in 28 bytes, 104 of 2 bits 37%, 208 of one bit as it was learned
 * 28%. From 54 bytes on 3 and 4 bits are equal (51% and 50% there), and 4 are faster
 * to search. */
w2b_err w2b_train_fit_bytes(w2b_train_options *options, uint32_t bytes_per_word, w2b_diag *diag)
{
    if (bytes_per_word < 4 || bytes_per_word > 4096)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "the bytes a word must be from 4 to 4096");
    const uint32_t scale_bytes = 2;
    options->bits = bytes_per_word < 40 ? 3 : 4;
    options->dim = (bytes_per_word - scale_bytes) * 8 / options->bits;
    return W2B_OK;
}
