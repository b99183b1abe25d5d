/*
 * train.c - the trainer: streams, rounds, threads, and the model at the end.
 */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "io/model.h"
#include "io/number.h"
#include "io/progress.h"
#include "word2bits/barrier.h"
#include "word2bits/recipe.h"
#include "word2bits/round.h"

#ifdef _OPENMP
#include <omp.h>
#else
#define omp_get_thread_num() 0
#define omp_get_num_threads() 1
#endif

/* The loss is taken in every so many-th round: its logarithms cost more than
 * the round itself. */
#define LOSS_EVERY 64

/* Sums of one stream and epoch; added up in the order of streams. */
typedef struct loss_sum {
    double loss;
    uint64_t windows;
} loss_sum;

typedef struct trainer {
    w2b_train_options options;
    w2b_walk_options walk;
    w2b_corpus *corpus;
    w2b_sampler sampler;
    w2b_latents latents;
    w2b_round round;
    w2b_walker *walkers;   /* [streams] */
    w2b_lane *lanes;       /* [streams] */
    loss_sum *losses;      /* [streams][epochs] */
    uint64_t *windows;     /* [streams] */
    uint64_t tokens;       /* to be read over all epochs */
    w2b_meter meter;
    w2b_diag *diag;
    w2b_barrier barrier;
    atomic_int stop;       /* a w2b_err: every thread ends after this round */
} trainer;

/* ----- Making and releasing ------------------------------------------------- */

static void trainer_release(trainer *t)
{
    for (uint32_t s = 0; t->walkers && s < t->options.streams; s++)
        w2b_walker_release(&t->walkers[s]);
    for (uint32_t s = 0; t->lanes && s < t->options.streams; s++)
        w2b_lane_release(&t->lanes[s]);
    w2b_free(t->walkers);
    w2b_free(t->lanes);
    w2b_free(t->losses);
    w2b_free(t->windows);
    w2b_latents_release(&t->latents);
    w2b_sampler_release(&t->sampler);
    w2b_corpus_free(t->corpus);
}

static w2b_err make_streams(trainer *t)
{
    const uint32_t n = t->options.streams;
    t->walkers = w2b_alloc_zero(n, sizeof *t->walkers);
    t->lanes = w2b_alloc_zero(n, sizeof *t->lanes);
    t->losses = w2b_alloc_zero((size_t)n * t->options.epochs, sizeof *t->losses);
    t->windows = w2b_alloc_zero(n, sizeof *t->windows);
    int failed = !t->walkers || !t->lanes || !t->losses || !t->windows;
    for (uint32_t s = 0; !failed && s < n; s++)
        failed = w2b_walker_make(&t->walkers[s], &t->walk, &t->sampler, t->corpus, s, n,
                                 t->options.seed) ||
                 w2b_lane_make(&t->lanes[s], &t->round);
    return failed ? w2b_fail_memory(t->diag, n * w2b_lane_bytes(&t->round), "training buffers")
                  : W2B_OK;
}

static w2b_err trainer_make(trainer *t)
{
    const w2b_train_options *o = &t->options;
    t->walk = (w2b_walk_options){o->arch, o->window, o->negative, o->epochs, o->block, o->pool};
    t->tokens = t->corpus->report.kept * o->epochs;
    const uint64_t words = w2b_vocab_size(t->corpus->vocab);
    if (words < 2)
        return w2b_fail(t->diag, W2B_ERR_DATA,
                        "only one word is left at a minimum count of %llu: nothing to learn",
                        (unsigned long long)o->corpus.min_count);
    if (w2b_sampler_make(&t->sampler, t->corpus->vocab, o->sample))
        return w2b_fail_memory(t->diag, 16 * words, "sampling tables");
    if (w2b_latents_make(&t->latents, (uint32_t)words, o->dim))
        return w2b_fail_memory(t->diag, t->latents.bytes, "each of two latent matrices");
    t->round = (w2b_round){
        .kern = w2b_step_for(o->isa),
        .quant = {o->train_bits, (float)o->scale},
        .latents = &t->latents,
        .room = w2b_block_room_for(&t->walk),
    };
    return make_streams(t);
}

/* With a quantizer in the loop both matrices start small and at random, so
 * that signs are soon decided by the text. Without one, u starts as word2vec
 * has it and v at 0. */
static void init_latents(trainer *t)
{
    const w2b_latents *l = &t->latents;
    const int quantized = t->options.train_bits > 0;
    const double range = quantized ? 0.02 : 0.5 / l->dim;
#pragma omp parallel for schedule(static)
    for (uint32_t row = 0; row < l->words; row++) {
        w2b_rng rng;
        w2b_rng_seed(&rng, t->options.seed, (1ull << 32) + row);
        for (uint32_t c = 0; c < l->dim; c++) {
            l->u[row * l->ld + c] = (float)((2 * w2b_rng_unit(&rng) - 1) * range);
            if (quantized)
                l->v[row * l->ld + c] = (float)((2 * w2b_rng_unit(&rng) - 1) * range);
        }
    }
}

/* ----- Rounds --------------------------------------------------------------- */

static uint64_t consumed(const trainer *t, int current)
{
    uint64_t sum = 0;
    for (uint32_t s = 0; s < t->options.streams; s++)
        sum += t->lanes[s].block[current].consumed;
    return sum;
}

static int finished(const trainer *t, int current)
{
    for (uint32_t s = 0; s < t->options.streams; s++)
        if (t->lanes[s].block[current].inputs)
            return 0;
    return 1;
}

static double rate_at(const trainer *t, uint64_t done)
{
    const double left = 1 - (double)done / (double)(t->tokens + 1);
    return t->options.rate * (left > 1e-4 ? left : 1e-4);
}

static void take_loss(trainer *t, uint32_t s, const w2b_block *block)
{
    loss_sum *sum = &t->losses[(size_t)s * t->options.epochs + block->epoch];
    const double loss = w2b_round_loss(&t->lanes[s], block);
    sum->loss += loss;
    sum->windows += block->windows;
    if (!isfinite(loss))
        atomic_store(&t->stop, W2B_ERR_DATA);
}

static double mean_loss(const trainer *t, uint32_t epoch)
{
    loss_sum all = {0, 0};
    for (uint32_t s = 0; s < t->options.streams; s++) {
        const loss_sum *one = &t->losses[(size_t)s * t->options.epochs + epoch];
        all.loss += one->loss;
        all.windows += one->windows;
    }
    return all.windows ? all.loss / (double)all.windows : 0;
}

/* The calling thread's part of a round: tell, and ask whether to go on. Losses
 * of other streams may be a round old here; it is for show. */
static void tell(trainer *t, uint64_t done, double rate)
{
    t->meter.progress.rate = rate;
    t->meter.progress.epoch = t->walkers[0].epoch + 1;
    if (w2b_meter_tick(&t->meter, done, t->tokens, t->diag))
        atomic_store(&t->stop, W2B_ERR_CANCELLED);
}

/* What one thread does from the first round to the last. */
static void work(trainer *t, w2b_share *share, uint32_t number, uint32_t threads)
{
    const uint32_t streams = t->options.streams;
    for (uint32_t s = number; s < streams; s += threads)
        w2b_walker_next(&t->walkers[s], &t->lanes[s].block[0]);
    w2b_barrier_wait(&t->barrier);
    for (uint64_t n = 0;; n++) {
        const int current = (int)(n & 1);
        if (atomic_load(&t->stop) || finished(t, current))
            return;
        const uint64_t done = consumed(t, current);
        const double rate = rate_at(t, done);
        for (uint32_t s = 0; s < streams; s++) {
            const w2b_block *next = s + 1 < streams ? &t->lanes[s + 1].block[current] : NULL;
            w2b_round_forward(&t->round, &t->lanes[s], &t->lanes[s].block[current], next, share);
        }
        w2b_barrier_wait(&t->barrier);
        for (uint32_t s = number; s < streams; s += threads) {
            w2b_lane *lane = &t->lanes[s];
            w2b_round_scores(&t->round, lane, &lane->block[current], (float)rate);
            t->windows[s] += lane->block[current].windows;
            if (n % LOSS_EVERY == 0)
                take_loss(t, s, &lane->block[current]);
            w2b_walker_next(&t->walkers[s], &lane->block[!current]);
        }
        if (number == 0)
            tell(t, done, rate);
        w2b_barrier_wait(&t->barrier);
        for (uint32_t s = 0; s < streams; s++)
            w2b_round_backward(&t->round, &t->lanes[s], &t->lanes[s].block[current], share);
    }
}

static w2b_err run_rounds(trainer *t)
{
    uint32_t wanted = t->options.corpus.threads ? t->options.corpus.threads : w2b_processors();
    if (wanted > t->latents.groups && wanted > t->options.streams)
        wanted = t->latents.groups > t->options.streams ? t->latents.groups : t->options.streams;
    w2b_share *shares = w2b_alloc_zero(wanted, sizeof *shares);
    if (!shares)
        return w2b_fail_memory(t->diag, wanted * sizeof *shares, "threads");
#pragma omp parallel num_threads((int)wanted)
    {
        /* fewer threads may have come than were asked for */
        const uint32_t number = (uint32_t)omp_get_thread_num();
        const uint32_t threads = (uint32_t)omp_get_num_threads();
#pragma omp single
        t->barrier.threads = threads;
        if (w2b_share_make(&shares[number], &t->round, number, threads))
            atomic_store(&t->stop, W2B_ERR_MEMORY);
        w2b_barrier_wait(&t->barrier);
        if (!atomic_load(&t->stop))
            work(t, &shares[number], number, threads);
        w2b_share_release(&shares[number]);
    }
    w2b_free(shares);
    const w2b_err err = (w2b_err)atomic_load(&t->stop);
    if (err == W2B_ERR_MEMORY)
        return w2b_fail(t->diag, err, "out of memory for the buffers of a thread");
    if (err == W2B_ERR_DATA)
        return w2b_fail(t->diag, err,
                        "the numbers ran away (the loss is not finite): use a lower rate than %g",
                        t->options.rate);
    return err;
}

/* ----- The model ------------------------------------------------------------ */

static void add_number(char *text, size_t room, const char *key, double value)
{
    char number[W2B_NUMBER_ROOM];
    const size_t used = strlen(text);
    w2b_number_write((float)value, number);
    snprintf(text + used, room - used, ",\"%s\":%s", key, number);
}

/* How the model was made, without anything that may differ between two runs
 * that give the same vectors: no times, threads or instruction sets. */
static char *metadata_of(const trainer *t)
{
    enum { ROOM = 2048 };
    const w2b_train_options *o = &t->options;
    const w2b_corpus_report *r = &t->corpus->report;
    char *text = w2b_alloc(ROOM, 1);
    if (!text)
        return NULL;
    snprintf(text, ROOM,
             "{\"tool\":\"word2bits %s\",\"made_by\":\"train\",\"arch\":\"%s\",\"dim\":%u,"
             "\"window\":%u,\"negative\":%u,\"epochs\":%u,\"min_count\":%llu,\"train_bits\":%u,"
             "\"bits\":%u,\"seed\":%llu,\"streams\":%u,\"block\":%u,\"pool\":%u,"
             "\"corpus_bytes\":%llu,\"corpus_tokens\":%llu,\"corpus_kept\":%llu,"
             "\"corpus_xxh3\":\"%016llx\"",
             w2b_version(), o->arch == W2B_ARCH_CBOW ? "cbow" : "skipgram", o->dim, o->window,
             o->negative, o->epochs, (unsigned long long)o->corpus.min_count, o->train_bits,
             o->bits, (unsigned long long)o->seed, o->streams, o->block, o->pool,
             (unsigned long long)r->bytes, (unsigned long long)r->tokens,
             (unsigned long long)r->kept, (unsigned long long)r->checksum);
    add_number(text, ROOM, "sample", o->sample);
    add_number(text, ROOM, "rate", o->rate);
    add_number(text, ROOM, "scale", o->train_bits ? o->scale : 0);
    add_number(text, ROOM, "first_loss", mean_loss(t, 0));
    add_number(text, ROOM, "last_loss", mean_loss(t, o->epochs - 1));
    const size_t used = strlen(text);
    snprintf(text + used, ROOM - used, "}");
    return text;
}

/* A number of the saved vector: of u + v, or of u alone without a quantizer in
 * the loop, as word2vec saves. */
static float saved_number(const trainer *t, uint64_t row, uint32_t c)
{
    const size_t at = row * t->latents.ld + c;
    return t->options.train_bits ? t->latents.u[at] + t->latents.v[at] : t->latents.u[at];
}

static float largest_number(const trainer *t)
{
    float largest = 0;
#pragma omp parallel for schedule(static) reduction(max : largest)
    for (uint32_t row = 0; row < t->latents.words; row++)
        for (uint32_t c = 0; c < t->latents.dim; c++) {
            const float x = fabsf(saved_number(t, row, c));
            largest = x > largest ? x : largest;
        }
    return largest;
}

static int encode_rows(const trainer *t, w2b_parts *parts)
{
    int failed = 0;
#pragma omp parallel reduction(| : failed)
    {
        float *x = w2b_alloc(t->latents.dim, sizeof *x);
        failed |= !x;
#pragma omp for schedule(static)
        for (uint64_t row = 0; row < parts->words; row++) {
            if (!x)
                continue;
            uint16_t scale;
            for (uint32_t c = 0; c < t->latents.dim; c++)
                x[c] = saved_number(t, row, c);
            w2b_code_encode(&parts->code, x, parts->codes + row * parts->code.stride, &scale);
            if (parts->scales)
                parts->scales[row] = scale;
        }
        w2b_free(x);
    }
    return failed ? -1 : 0;
}

static w2b_err make_model(trainer *t, w2b_model **model)
{
    const uint32_t bits = t->options.bits;
    w2b_parts parts = {.words = t->latents.words, .format = "memory"};
    w2b_code_init(&parts.code, bits > 8 ? W2B_METHOD_FLOAT : W2B_METHOD_GAUSS, bits,
                  t->options.dim);
    if (bits <= 8)
        parts.code.unit = w2b_code_unit(largest_number(t));
    if (w2b_mul(parts.words, parts.code.stride, &parts.code_room))
        return w2b_fail_memory(t->diag, UINT64_MAX, "codes");
    parts.codes = w2b_pages(parts.code_room);
    parts.scales = bits <= 8 ? w2b_alloc(parts.words, sizeof *parts.scales) : NULL;
    parts.metadata = metadata_of(t);
    if (!parts.codes || (bits <= 8 && !parts.scales) || !parts.metadata ||
        w2b_vocab_parts(t->corpus->vocab, &parts.bytes, &parts.starts, &parts.counts) ||
        encode_rows(t, &parts)) {
        w2b_parts_free(&parts);
        return w2b_fail_memory(t->diag, parts.code_room, "the model");
    }
    return w2b_model_make(&parts, model, t->diag);
}

static void fill_report(const trainer *t, double seconds, w2b_train_report *report)
{
    memset(report, 0, sizeof *report);
    report->corpus = t->corpus->report;
    for (uint32_t s = 0; s < t->options.streams; s++)
        report->windows += t->windows[s];
    report->seconds = seconds;
    report->first_loss = mean_loss(t, 0);
    report->last_loss = mean_loss(t, t->options.epochs - 1);
    report->memory = 2 * t->latents.bytes + t->options.streams * w2b_lane_bytes(&t->round);
}

w2b_err w2b_train(const char *const *paths, size_t n_paths, const w2b_train_options *options,
                  w2b_model **model, w2b_train_report *report, w2b_diag *diag)
{
    const char *wrong = w2b_train_check(options);
    if (wrong)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "%s", wrong);
    if (!w2b_step_for(options->isa))
        return w2b_fail(diag, W2B_ERR_ISA, "this processor has no %s", w2b_isa_name(options->isa));
    trainer t = {.options = *options, .diag = diag};
    w2b_train_resolve(&t.options);
    w2b_err err = w2b_corpus_read(paths, n_paths, &t.options.corpus, &t.corpus, diag);
    if (!err)
        err = trainer_make(&t);
    if (!err) {
        init_latents(&t);
        w2b_meter_start(&t.meter, options->corpus.progress, options->corpus.progress_user,
                        W2B_STAGE_TRAIN, "words");
        const double begun = w2b_now();
        err = run_rounds(&t);
        const double seconds = w2b_now() - begun;
        if (!err)
            err = w2b_meter_finish(&t.meter, t.tokens, t.tokens, diag);
        if (!err)
            err = make_model(&t, model);
        if (!err && report)
            fill_report(&t, seconds, report);
    }
    trainer_release(&t);
    return err;
}
