/*
 * update.c - training goes on from a finished model.
 *
 * A model holds one vector a word: the code of u and v together. What tells u from v is
 * lost, and what the code rounded off. So u begins as a part of what was stored,
 * and v as that of a new word: it is learned again soon, and is in the way if it
 * points where u does. One half of 17 million words, then 5 epochs of the other:
 * Google's analogies, Microsoft's and mean similarity are 51%, 38%, .565 so, and were
 * 48%, 27%, .553 where u took 4/5 and v the rest. Going on from a checkpoint, which
 * loses nothing, has 53%, 40%, .566; the other half alone 42%, 29%, .538. Words that
 * the text does not have keep their vectors.
 */
#include "word2bits/update.h"

#include <math.h>
#include <string.h>

#include "word2bits/checkpoint.h"
#include "word2bits/vocab.h"

/* What u begins with, of a stored vector. With all of it, models that were turned
 * to their axes come out a point and .005 worse, and others .004 better. */
#define U_PART 0.6f

void w2b_base_free(w2b_base *base)
{
    if (!base)
        return;
    w2b_vocab_free(base->vocab);
    w2b_model_free(base->model);
    w2b_latents_release(&base->latents);
    w2b_free(base);
}

uint64_t w2b_base_bytes(const w2b_base *base)
{
    if (!base)
        return 0;
    const uint64_t words = base->vocab->starts[base->vocab->n] + 16 * base->vocab->n;
    if (!base->model)
        return words + 2 * (uint64_t)base->latents.bytes;
    w2b_info info;
    w2b_model_info(base->model, &info);
    return 2 * words + info.code_bytes + info.scale_bytes + info.index_bytes;
}

/* ----- Its words ------------------------------------------------------------- */

static w2b_err copy_words(const w2b_model *model, w2b_vocab **vocab, w2b_diag *diag)
{
    w2b_info info;
    w2b_model_info(model, &info);
    size_t bytes = 0, length;
    const char *word;
    for (uint64_t i = 0; i < info.words; i++) {
        const w2b_err err = w2b_model_word_at(model, i, &word, &length, diag);
        if (err)
            return err;
        if (length == 0 || length > W2B_WORD_MOST)
            return w2b_fail(diag, W2B_ERR_DATA, "word %llu of the model is %s",
                            (unsigned long long)i, length ? "too long" : "empty");
        bytes += length + 1;
    }
    w2b_vocab *made = w2b_vocab_new(info.words, bytes);
    if (!made)
        return w2b_fail_memory(diag, bytes, "the vocabulary");
    uint64_t at = 0, count = 0;
    w2b_err err = W2B_OK;
    for (uint64_t i = 0; i < info.words; i++) {
        err = w2b_model_word_at(model, i, &word, &length, diag);
        if (!err)
            err = w2b_model_count_at(model, i, &count, diag);
        if (err)
            break;
        made->starts[i] = at;
        made->counts[i] = count ? count : 1;
        memcpy(made->bytes + at, word, length);
        made->bytes[at + length] = 0;
        at += length + 1;
    }
    made->starts[info.words] = at;
    *vocab = made; /* the caller's, whatever comes back */
    return err;
}

static w2b_err open_model(const w2b_train_options *options, w2b_base *base, w2b_diag *diag)
{
    w2b_open_options open;
    w2b_open_defaults(&open);
    open.progress = options->corpus.progress;
    open.progress_user = options->corpus.progress_user;
    w2b_err err = w2b_model_open(options->update, &open, &base->model, diag);
    if (!err)
        err = copy_words(base->model, &base->vocab, diag);
    if (err)
        return err;
    w2b_info info;
    w2b_model_info(base->model, &info);
    base->metadata = info.metadata;
    base->dim = info.dim;
    return W2B_OK;
}

static w2b_err open_checkpoint(const w2b_train_options *options, w2b_base *base, w2b_diag *diag)
{
    const w2b_err err = w2b_checkpoint_open(options->update, &base->vocab, &base->latents, diag);
    base->dim = base->latents.dim;
    return err;
}

w2b_err w2b_base_open(const w2b_train_options *options, w2b_base **base, w2b_diag *diag)
{
    w2b_base *made = w2b_alloc_zero(1, sizeof *made);
    if (!made)
        return w2b_fail_memory(diag, sizeof *made, "a model");
    w2b_err err = w2b_checkpoint_probe(options->update) ? open_checkpoint(options, made, diag)
                                                        : open_model(options, made, diag);
    const uint32_t wish = options->train_dim ? options->train_dim : made->dim;
    if (!err && (wish != made->dim || options->dim > wish))
        err = w2b_fail_at(diag, W2B_ERR_ARGUMENT, options->update, W2B_NOWHERE, W2B_NOWHERE,
                          "vectors of %u numbers cannot go on as ones of %u", made->dim,
                          wish != made->dim ? wish : options->dim);
    if (err) {
        w2b_base_free(made);
        return err;
    }
    *base = made;
    return W2B_OK;
}

/* The vectors of a model have been turned to their axes already; latents have
 * not. */
void w2b_base_size(const w2b_base *base, w2b_train_options *options)
{
    options->train_dim = base->dim;
    w2b_train_options usual;
    w2b_train_defaults(&usual);
    if (options->dim == 0)
        options->dim = base->model || base->dim < usual.dim ? base->dim : usual.dim;
    if (base->model && options->axes == W2B_AXES_AUTO && options->dim == base->dim)
        options->axes = W2B_AXES_OFF;
}

/* ----- Its vectors ----------------------------------------------------------- */

/* Row `from` of the base to row `to` of the trainer; x has room for a row. */
static w2b_err plant_row(const w2b_base *base, w2b_trainer *t, uint64_t from, uint64_t to,
                         float *x)
{
    const uint32_t dim = t->latents.dim;
    if (!base->model) {
        for (int matrix = 0; matrix < 2; matrix++) {
            w2b_latents_fetch(&base->latents, matrix, from, 0, dim, x);
            w2b_latents_store(&t->latents, matrix, to, 0, dim, x);
        }
        return W2B_OK;
    }
    const w2b_err err = w2b_model_vector(base->model, from, x, t->diag);
    if (err)
        return err;
    for (uint32_t c = 0; c < dim; c++)
        if (!isfinite(x[c]))
            return w2b_fail_at(t->diag, W2B_ERR_DATA, t->options.update, W2B_NOWHERE, W2B_NOWHERE,
                               "has numbers that are not finite");
    const int met = t->corpus->vocab->counts[to] > base->vocab->counts[from];
    const float part = met ? U_PART : 1;
    for (uint32_t c = 0; c < dim; c++)
        x[c] *= part;
    w2b_latents_store(&t->latents, 0, to, 0, dim, x);
    if (!met) {
        memset(x, 0, dim * sizeof *x);
        w2b_latents_store(&t->latents, 1, to, 0, dim, x);
    }
    return W2B_OK;
}

w2b_err w2b_base_plant(const w2b_base *base, w2b_trainer *t)
{
    w2b_table *rows = w2b_vocab_table(base->vocab);
    float *x = w2b_alloc(t->latents.dim, sizeof *x);
    w2b_err err = rows && x ? W2B_OK : w2b_fail_memory(t->diag, t->latents.dim, "the vocabulary");
    for (uint64_t to = 0; to < t->latents.words && !err; to++) {
        size_t length;
        const char *word = w2b_vocab_word(t->corpus->vocab, to, &length, NULL);
        const w2b_entry *entry = w2b_table_find(rows, word, (uint32_t)length);
        if (entry)
            err = plant_row(base, t, entry->id, to, x);
    }
    w2b_table_free(rows);
    w2b_free(x);
    if (!err && w2b_trainer_at_end(t))
        err = w2b_fail_at(t->diag, W2B_ERR_DATA, t->options.update, W2B_NOWHERE, W2B_NOWHERE,
                          "has larger numbers than training goes on with");
    return err;
}
