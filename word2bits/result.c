/*
 * result.c - the model at the end, and the story of its making.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "io/model.h"
#include "io/number.h"
#include "word2bits/axes.h"
#include "word2bits/checkpoint.h"
#include "word2bits/update.h"

/* Losses of more epochs than this are not listed one by one. */
#define LOSSES_LISTED 1000u

/* The story of a model to update is told in turn, if it is no longer. */
#define BASE_STORY ((size_t)64 << 10)

typedef struct story {
    char *text;
    size_t room, n;
    int failed;
} story;

__attribute__((format(printf, 2, 3)))
static void add(story *s, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    va_list again;
    va_copy(again, list);
    const int n = vsnprintf(NULL, 0, format, list);
    if (n < 0 || s->failed || w2b_grow((void **)&s->text, &s->room, s->n + (size_t)n + 1, 1))
        s->failed = 1;
    else
        s->n += (size_t)vsnprintf(s->text + s->n, (size_t)n + 1, format, again);
    va_end(again);
    va_end(list);
}

static void add_number(story *s, const char *before, double value)
{
    char number[W2B_NUMBER_ROOM];
    w2b_number_write((float)value, number);
    add(s, "%s%s", before, number);
}

static void add_losses(story *s, const w2b_trainer *t)
{
    const uint32_t epochs = t->options.epochs;
    add_number(s, ",\"first_loss\":", w2b_trainer_loss(t, 0));
    add_number(s, ",\"last_loss\":", w2b_trainer_loss(t, epochs - 1));
    if (epochs > LOSSES_LISTED)
        return;
    for (uint32_t e = 0; e < epochs; e++)
        add_number(s, e ? "," : ",\"losses\":[", w2b_trainer_loss(t, e));
    add(s, "]");
}

static void add_base(story *s, const w2b_base *base)
{
    const char *metadata = base->metadata;
    add(s, ",\"updated_words\":%llu", (unsigned long long)w2b_vocab_size(base->vocab));
    if (metadata && strlen(metadata) <= BASE_STORY)
        add(s, ",\"updated\":%s", metadata);
}

/* How the model was made, without anything that may differ between two runs
 * that give the same vectors: no times, threads or instruction sets. */
static char *metadata_of(const w2b_trainer *t)
{
    const w2b_train_options *o = &t->options;
    const w2b_corpus_report *r = &t->corpus->report;
    story s = {0};
    add(&s,
        "{\"tool\":\"word2bits %s\",\"made_by\":\"train\",\"arch\":\"%s\",\"dim\":%u,"
        "\"train_dim\":%u,\"axes\":%s,"
        "\"window\":%u,\"negative\":%u,\"epochs\":%u,\"min_count\":%llu,\"train_bits\":%u,"
        "\"bits\":%u,\"seed\":%llu,\"streams\":%u,\"block\":%u,\"pool\":%u,"
        "\"corpus_bytes\":%llu,\"corpus_tokens\":%llu,\"corpus_kept\":%llu,"
        "\"corpus_xxh3\":\"%016llx\"",
        w2b_version(), o->arch == W2B_ARCH_CBOW ? "cbow" : "skipgram", o->dim,
        o->train_dim, o->axes == W2B_AXES_ON ? "true" : "false", o->window,
        o->negative, o->epochs, (unsigned long long)o->corpus.min_count, o->train_bits, o->bits,
        (unsigned long long)o->seed, o->streams, o->block, o->pool, (unsigned long long)r->bytes,
        (unsigned long long)r->tokens, (unsigned long long)r->kept,
        (unsigned long long)r->checksum);
    if (o->context == W2B_CONTEXT_SUM)
        add(&s, ",\"context\":\"sum\"");
    add_number(&s, ",\"exponent\":", o->exponent);
    add_number(&s, ",\"sample\":", o->sample);
    add_number(&s, ",\"rate\":", o->rate);
    add_number(&s, ",\"scale\":", o->scale);
    add_losses(&s, t);
    if (t->base)
        add_base(&s, t->base);
    add(&s, "}");
    if (!s.failed)
        return s.text;
    w2b_free(s.text);
    return NULL;
}

/* The numbers that are saved of n rows from one on, in x[n][dim]; work[(n + 1) *
 * train_dim] is scratch. */
static void finished(const w2b_trainer *t, const w2b_axes *axes, uint64_t row, size_t n,
                     float *work, float *x)
{
    if (axes->turn)
        w2b_axes_turn(axes, t, row, n, work, x);
    else
        for (size_t r = 0; r < n; r++)
            w2b_trainer_vector(t, row + r, 0, t->latents.dim, x + r * t->latents.dim);
}

/* Rows [first, end), up to W2B_AXES_ROWS. */
static void encode_some(const w2b_trainer *t, const w2b_axes *axes, uint64_t first, uint64_t end,
                        float *work, float *x, w2b_parts *parts)
{
    finished(t, axes, first, end - first, work, x);
    for (uint64_t row = first; row < end; row++) {
        uint16_t scale;
        w2b_code_encode(&parts->code, x + (row - first) * t->options.dim,
                        parts->codes + row * parts->code.stride, &scale);
        if (parts->scales)
            parts->scales[row] = scale;
    }
}

static int encode_rows(const w2b_trainer *t, const w2b_axes *axes, w2b_parts *parts)
{
    const size_t scratch = (W2B_AXES_ROWS + 1) * (size_t)t->latents.dim;
    int failed = 0;
#pragma omp parallel num_threads((int)w2b_trainer_wanted(&t->options)) reduction(| : failed)
    {
        float *work = w2b_alloc(scratch + W2B_AXES_ROWS * t->options.dim, sizeof *work);
        failed |= !work;
#pragma omp for schedule(static)
        for (uint64_t row = 0; row < parts->words; row += W2B_AXES_ROWS) {
            const uint64_t left = parts->words - row;
            const uint64_t end = row + (left < W2B_AXES_ROWS ? left : W2B_AXES_ROWS);
            if (work)
                encode_some(t, axes, row, end, work, work + scratch, parts);
        }
        w2b_free(work);
    }
    return failed ? -1 : 0;
}

w2b_err w2b_trainer_ran_away(const w2b_trainer *t)
{
    const w2b_train_options *o = &t->options;
    const char *kept = o->checkpoint && t->saved ? o->checkpoint : NULL;
    return w2b_fail(t->diag, W2B_ERR_DATA,
                    "the numbers ran away: use a lower rate than %g%s%s",
                    o->rate, kept ? "; the last good state is kept in " : "", kept ? kept : "");
}

static w2b_err make_model(const w2b_trainer *t, const w2b_axes *axes, float largest,
                          w2b_model **model)
{
    const uint32_t bits = t->options.bits;
    w2b_parts parts = {.words = t->latents.words, .format = "memory"};
    w2b_code_init(&parts.code, bits > 8 ? W2B_METHOD_FLOAT : W2B_METHOD_GAUSS, bits,
                  t->options.dim);
    if (bits <= 8)
        parts.code.unit = w2b_code_unit(largest);
    if (w2b_mul(parts.words, parts.code.stride, &parts.code_room))
        return w2b_fail_memory(t->diag, UINT64_MAX, "codes");
    parts.codes = w2b_pages(parts.code_room);
    parts.scales = bits <= 8 ? w2b_alloc(parts.words, sizeof *parts.scales) : NULL;
    parts.metadata = metadata_of(t);
    if (!parts.codes || (bits <= 8 && !parts.scales) || !parts.metadata ||
        w2b_vocab_parts(t->corpus->vocab, &parts.bytes, &parts.starts, &parts.counts) ||
        encode_rows(t, axes, &parts)) {
        w2b_parts_free(&parts);
        return w2b_fail_memory(t->diag, parts.code_room, "the model");
    }
    return w2b_model_make(&parts, model, t->diag);
}

w2b_err w2b_trainer_model(w2b_trainer *t, w2b_model **model)
{
    if (w2b_trainer_at_end(t))
        return w2b_trainer_ran_away(t);
    /* floats need no unit */
    float largest = t->options.bits <= 8 ? w2b_trainer_largest(t) : 0;
    w2b_axes axes = {0};
    const int turned = t->options.axes == W2B_AXES_ON;
    if (turned && w2b_axes_find(t, &axes)) {
        w2b_axes_free(&axes);
        return w2b_fail_memory(t->diag, w2b_axes_bytes(t->latents.dim, t->options.dim), "axes");
    }
    /* no more than the length of the longest vector could be, times what it grows by */
    if (turned)
        largest *= axes.widest * sqrtf((float)t->latents.dim);
    const w2b_err err = make_model(t, &axes, largest, model);
    w2b_axes_free(&axes);
    return err;
}
