/*
 * train.c - the trainer: from text and options to a model.
 */
#include <string.h>

#include "word2bits/checkpoint.h"
#include "word2bits/recipe.h"
#include "word2bits/update.h"

/* The loss is taken in one of so many rounds: its logarithms cost more than
 * the round itself. More of them where there are few, so that an epoch has
 * some dozens. */
#define LOSS_EVERY 256
#define LOSS_ROUNDS 64

/* ----- Making and releasing -------------------------------------------------- */

void w2b_trainer_release(w2b_trainer *t)
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
    w2b_rates_release(&t->rates);
    w2b_sampler_release(&t->sampler);
    w2b_base_free(t->base);
    w2b_corpus_free(t->corpus);
}

static w2b_err make_streams(w2b_trainer *t)
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

/* Depends on text and options alone, as the result does. */
static uint32_t loss_every(const w2b_trainer *t)
{
    const uint64_t centres = (uint64_t)t->options.streams * t->options.block;
    const uint64_t rounds = t->corpus->report.kept / centres; /* of an epoch, without thinning */
    const uint64_t every = rounds / LOSS_ROUNDS;
    return every < 1 ? 1 : every < LOSS_EVERY ? (uint32_t)every : LOSS_EVERY;
}

w2b_walk_options w2b_trainer_walk(const w2b_train_options *o)
{
    return (w2b_walk_options){o->arch, o->window, o->negative, o->epochs, o->block, o->pool,
                              o->context};
}

int w2b_trainer_scales(const w2b_train_options *o, w2b_scales *scales)
{
    const w2b_loop_quant quant = {o->train_bits, (float)o->scale};
    const w2b_walk_options walk = w2b_trainer_walk(o);
    return w2b_scales_for(quant, o->train_dim, &walk, scales);
}

int w2b_trainer_round(w2b_trainer *t)
{
    w2b_scales scales;
    t->walk = w2b_trainer_walk(&t->options);
    return w2b_trainer_scales(&t->options, &scales) ||
           w2b_round_init(&t->round, t->options.isa, &scales, &t->walk, &t->latents);
}

/* All of it but the latents' numbers. */
static w2b_err trainer_make(w2b_trainer *t)
{
    const w2b_train_options *o = &t->options;
    t->tokens = t->corpus->report.kept * o->epochs;
    t->loss_every = loss_every(t);
    const uint64_t words = w2b_vocab_size(t->corpus->vocab);
    if (words < 2)
        return w2b_fail(t->diag, W2B_ERR_DATA,
                        "only one word is left at a minimum count of %llu: nothing to learn",
                        (unsigned long long)o->corpus.min_count);
    if (w2b_sampler_make(&t->sampler, t->corpus->vocab, o->sample, o->exponent) ||
        w2b_rates_make(&t->rates, t->corpus->vocab, &t->sampler, o->epochs))
        return w2b_fail_memory(t->diag, 24 * words, "sampling tables");
    if (w2b_trainer_round(t))
        return w2b_fail(t->diag, W2B_ERR_ISA, "this processor has no %s", w2b_isa_name(o->isa));
    t->round.rates = &t->rates;
    if (w2b_latents_make(&t->latents, (uint32_t)words, o->train_dim,
                         t->round.scales.unit, w2b_trainer_wanted(o)))
        return w2b_fail_memory(t->diag, t->latents.bytes, "each of two latent matrices");
    return make_streams(t);
}

/* Checks the options and takes them; what they say to begin from is opened. */
w2b_err w2b_trainer_open(w2b_trainer *t, const w2b_train_options *options, int *resume,
                            w2b_diag *diag)
{
    *t = (w2b_trainer){.diag = diag};
    const char *wrong = w2b_train_check(options);
    if (wrong)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "%s", wrong);
    if (!w2b_fixed_for(options->isa))
        return w2b_fail(diag, W2B_ERR_ISA, "this processor has no %s", w2b_isa_name(options->isa));
    t->options = *options;
    if (options->update) {
        const w2b_err err = w2b_base_open(&t->options, &t->base, diag);
        if (err)
            return err;
        w2b_base_size(t->base, &t->options);
    }
    w2b_train_resolve(&t->options);
    w2b_scales scales;
    if (w2b_trainer_scales(&t->options, &scales))
        return w2b_fail(diag, W2B_ERR_ARGUMENT,
                        "sums of %u bits, %u numbers and a window of %u do not fit into 32 bits: "
                        "use fewer bits in the loop",
                        t->options.train_bits, t->options.train_dim, t->options.window);
    return w2b_checkpoint_check(&t->options, resume, diag);
}

w2b_err w2b_trainer_read(w2b_trainer *t, const char *const *paths, size_t n_paths, int keep_ids)
{
    return w2b_corpus_read_known(paths, n_paths, &t->options.corpus,
                                 t->base ? t->base->vocab : NULL, keep_ids, &t->corpus, t->diag);
}

/* The state to begin with. */
static w2b_err trainer_start(w2b_trainer *t, int resume)
{
    if (resume)
        return w2b_checkpoint_load(t);
    w2b_trainer_begin(t);
    return t->base ? w2b_base_plant(t->base, t) : W2B_OK;
}

/* ----- Training -------------------------------------------------------------- */

static w2b_err run(w2b_trainer *t)
{
    w2b_meter_start(&t->meter, t->options.corpus.progress, t->options.corpus.progress_user,
                    W2B_STAGE_TRAIN, "words");
    t->meter.progress.before = t->resumed;
    const w2b_err err = w2b_trainer_run(t);
    if (err)
        return err;
    t->meter.progress.loss = w2b_trainer_loss(t, t->options.epochs - 1);
    return w2b_meter_finish(&t->meter, t->tokens, t->tokens, t->diag)
               ? w2b_checkpoint_stopped(t)
               : W2B_OK;
}

static void fill_report(const w2b_trainer *t, double seconds, w2b_train_report *report)
{
    memset(report, 0, sizeof *report);
    report->corpus = t->corpus->report;
    for (uint32_t s = 0; s < t->options.streams; s++)
        report->windows += t->windows[s];
    report->seconds = seconds;
    report->first_loss = w2b_trainer_loss(t, 0);
    report->last_loss = w2b_trainer_loss(t, t->options.epochs - 1);
    report->memory = 2 * t->latents.bytes + t->options.streams * w2b_lane_bytes(&t->round);
    report->resumed = t->resumed;
    report->old_words = t->base ? w2b_vocab_size(t->base->vocab) : 0;
}

w2b_err w2b_train(const char *const *paths, size_t n_paths, const w2b_train_options *options,
                  w2b_model **model, w2b_train_report *report, w2b_diag *diag)
{
    w2b_trainer t;
    int resume = 0;
    w2b_err err = w2b_trainer_open(&t, options, &resume, diag);
    if (!err)
        err = w2b_trainer_read(&t, paths, n_paths, 1);
    if (!err)
        err = trainer_make(&t);
    if (!err)
        err = trainer_start(&t, resume);
    if (!err)
        err = run(&t);
    if (!err) {
        const double seconds = w2b_trainer_seconds(&t);
        err = w2b_trainer_model(&t, model);
        if (!err && report)
            fill_report(&t, seconds, report);
    }
    w2b_trainer_release(&t);
    return err;
}
