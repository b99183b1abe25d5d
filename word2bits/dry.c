/*
 * dry.c - what a run would take.
 */
#include <string.h>

#include "word2bits/axes.h"
#include "word2bits/checkpoint.h"
#include "word2bits/update.h"
#include "word2bits/vocab.h"

/* What is neither counted one by one nor grows with anything: code, libraries,
 * the allocator's own, stacks and arenas of threads. */
#define PROGRAM ((uint64_t)24 << 20)
#define PROGRAM_THREAD ((uint64_t)1 << 20)

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* So many tokens as numbers, and the line ends that can be among them. */
static uint64_t ids_of(const w2b_corpus_report *r, uint64_t tokens)
{
    return 4 * (tokens + (r->lines < tokens ? r->lines : tokens));
}

static uint64_t code_bytes(const w2b_train_options *o, uint64_t words)
{
    return words * (((uint64_t)o->dim * o->bits + 7) / 8 + (o->bits <= 8 ? 2 : 0));
}

/* Two blocks of a stream, beside its other buffers. */
static uint64_t block_bytes(const w2b_block_room *room)
{
    const uint64_t weights = (uint64_t)room->chunks * room->rows * 16;
    return 2 * 4 * (2 * weights + (uint64_t)room->positions +
                    (uint64_t)room->outputs + 48 * (uint64_t)room->chunks);
}

static void fill_plan(const w2b_trainer *t, w2b_train_plan *plan)
{
    const w2b_train_options *o = &t->options;
    const w2b_corpus_report *report = &t->corpus->report;
    const w2b_vocab *vocab = t->corpus->vocab;
    const uint64_t text = vocab->starts[vocab->n], most = ids_of(report, report->tokens);
    memset(plan, 0, sizeof *plan);
    plan->corpus = *report;
    plan->threads = t->round.threads;
    plan->matrices = 2 * (uint64_t)t->latents.bytes;
    plan->vocabulary = text + 16 * vocab->n + 20 * vocab->n;
    if (most > o->corpus.memory)
        plan->ids_on_disk = most;
    else
        plan->ids = ids_of(report, report->kept);
    plan->streams = o->streams * (w2b_lane_bytes(&t->round) + block_bytes(&t->round.room) +
                                  16 * (uint64_t)o->epochs);
    plan->thread = w2b_share_bytes(&t->round) + 2048;
    plan->base = w2b_base_bytes(t->base);
    plan->result = code_bytes(o, vocab->n) + 2 * text + 24 * vocab->n;
    if (o->axes == W2B_AXES_ON)
        plan->result += w2b_axes_bytes(o->train_dim, o->dim);
    plan->counting = report->memory + (plan->ids_on_disk ? 0 : most);
    plan->program = PROGRAM + plan->threads * PROGRAM_THREAD;
    plan->total = plan->program + plan->base +
                  larger(plan->counting, plan->matrices + plan->vocabulary + plan->ids +
                                             plan->streams + plan->threads * plan->thread +
                                             plan->result);
    plan->model_file = code_bytes(o, vocab->n) + text + 12 * vocab->n;
    plan->checkpoint_file = plan->matrices + text + 16 * vocab->n + plan->matrices / 131072 +
                            o->streams * (16 * (uint64_t)o->epochs + 16384);
}

w2b_err w2b_train_dry(const char *const *paths, size_t n_paths, const w2b_train_options *options,
                      w2b_train_plan *plan, w2b_diag *diag)
{
    w2b_trainer t;
    int resume = 0;
    w2b_err err = w2b_trainer_open(&t, options, &resume, diag);
    if (!err)
        err = w2b_trainer_read(&t, paths, n_paths, 0);
    if (!err) {
        /* it has been found to have the instruction set */
        (void)w2b_trainer_round(&t);
        /* the sizes are wanted, whether there is so much memory or not */
        (void)w2b_latents_make(&t.latents, (uint32_t)w2b_vocab_size(t.corpus->vocab),
                               t.options.train_dim, t.round.scales.unit,
                               w2b_trainer_wanted(&t.options));
        t.round.threads = w2b_trainer_threads(&t.options, &t.latents);
        fill_plan(&t, plan);
    }
    w2b_trainer_release(&t);
    return err;
}
