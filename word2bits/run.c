/*
 * run.c - rounds: threads, losses, and when to stop.
 */
#include <math.h>

#include "word2bits/checkpoint.h"
#include "word2bits/trainer.h"

#ifdef _OPENMP
#include <omp.h>
#else
#define omp_get_thread_num() 0
#define omp_get_num_threads() 1
#endif

/* What happens once a round is done. The calling thread sets it for the next
 * round before it enters that, all threads read it between forward and scores,
 * with a barrier on either side: all see the same. */
enum { PAUSE_NONE = 0, PAUSE_SAVE = 1, PAUSE_STOP = 2 };

/* ----- Where the run is ------------------------------------------------------ */

static uint64_t consumed(const w2b_trainer *t, int current)
{
    uint64_t sum = 0;
    for (uint32_t s = 0; s < t->options.streams; s++)
        sum += t->lanes[s].block[current].consumed;
    return sum;
}

/* The epoch that the last of all streams is in; the number of epochs at the
 * end. */
static uint32_t epoch_of(const w2b_trainer *t, int current)
{
    uint32_t epoch = t->options.epochs;
    for (uint32_t s = 0; s < t->options.streams; s++) {
        const w2b_block *block = &t->lanes[s].block[current];
        if (block->inputs && block->epoch < epoch)
            epoch = block->epoch;
    }
    return epoch;
}

static double rate_at(const w2b_trainer *t, uint64_t done)
{
    const double left = 1 - (double)done / (double)(t->tokens + 1);
    return t->options.rate * (left > 1e-4 ? left : 1e-4);
}

double w2b_trainer_seconds(const w2b_trainer *t)
{
    return t->seconds_before + (w2b_now() - t->begun);
}

static void take_loss(w2b_trainer *t, uint32_t s, const w2b_block *block)
{
    w2b_loss_sum *sum = &t->losses[(size_t)s * t->options.epochs + block->epoch];
    const double loss = w2b_round_loss(&t->lanes[s], block);
    sum->loss += loss;
    sum->windows += block->windows;
    if (!isfinite(loss))
        atomic_store(&t->stop, W2B_ERR_DATA);
}

static w2b_loss_sum loss_sum(const w2b_trainer *t, uint32_t epoch)
{
    w2b_loss_sum all = {0, 0};
    for (uint32_t s = 0; s < t->options.streams; s++) {
        const w2b_loss_sum *one = &t->losses[(size_t)s * t->options.epochs + epoch];
        all.loss += one->loss;
        all.windows += one->windows;
    }
    return all;
}

double w2b_trainer_loss(const w2b_trainer *t, uint32_t epoch)
{
    const w2b_loss_sum sum = loss_sum(t, epoch);
    return sum.windows ? sum.loss / (double)sum.windows : 0;
}

/* Reports the epochs that have ended. */
static void tell_epochs(w2b_trainer *t, uint32_t epoch, uint64_t done, double rate)
{
    for (; t->told < epoch; t->told++) {
        const double now = w2b_now() - t->begun;
        const w2b_epoch ended = {
            .epoch = t->told + 1,
            .words = done,
            .windows = loss_sum(t, t->told).windows,
            .loss = w2b_trainer_loss(t, t->told),
            .rate = rate,
            .seconds = w2b_trainer_seconds(t),
            .words_per_second = now > 0 ? (double)(done - t->resumed) / now : 0,
        };
        if (t->options.epoch_fn)
            t->options.epoch_fn(&ended, t->options.epoch_user);
    }
}

/* The calling thread's part of a round: tell, and ask whether to go on. No
 * other thread takes losses meanwhile. */
static void tell(w2b_trainer *t, int current, uint64_t done, double rate)
{
    const w2b_train_options *o = &t->options;
    const uint32_t epoch = epoch_of(t, current);
    w2b_progress *progress = &t->meter.progress;
    progress->rate = rate;
    progress->epoch = epoch < o->epochs ? epoch + 1 : o->epochs;
    if (o->corpus.progress && w2b_now() >= t->meter.next) {
        const double loss = w2b_trainer_loss(t, progress->epoch - 1);
        progress->loss = loss > 0 ? loss : progress->loss;
    }
    tell_epochs(t, epoch, done, rate);
    int pause = PAUSE_NONE;
    /* this round and the next will be done then */
    if (o->checkpoint && ((o->checkpoint_rounds && (t->rounds + 2) % o->checkpoint_rounds == 0) ||
                          (o->checkpoint_seconds > 0 && w2b_now() >= t->next_save)))
        pause = PAUSE_SAVE;
    if (w2b_meter_tick(&t->meter, done, t->tokens, t->diag))
        pause = PAUSE_STOP;
    atomic_store(&t->pause, pause);
}

/* ----- Rounds ---------------------------------------------------------------- */

static void next_blocks(w2b_trainer *t, int side, uint32_t number, uint32_t threads)
{
    for (uint32_t s = number; s < t->options.streams; s += threads)
        w2b_walker_next(&t->walkers[s], &t->lanes[s].block[side]);
}

/* Between two rounds, when walkers stand where the latents do. The calling
 * thread alone. */
static void rest(w2b_trainer *t, int pause)
{
    w2b_err err = W2B_OK;
    if (t->options.checkpoint)
        err = w2b_checkpoint_save(t);
    if (!err && pause == PAUSE_STOP)
        err = w2b_checkpoint_stopped(t);
    if (err)
        atomic_store(&t->stop, (int)err);
}

static void forward(w2b_trainer *t, w2b_share *share, int current)
{
    for (uint32_t s = 0; s < t->options.streams; s++) {
        const w2b_block *next =
            s + 1 < t->options.streams ? &t->lanes[s + 1].block[current] : NULL;
        w2b_round_forward(&t->round, &t->lanes[s], &t->lanes[s].block[current], next, share);
    }
}

static void scores(w2b_trainer *t, int current, uint64_t n, double rate, uint32_t number,
                   uint32_t threads)
{
    for (uint32_t s = number; s < t->options.streams; s += threads) {
        w2b_lane *lane = &t->lanes[s];
        w2b_round_scores(&t->round, lane, &lane->block[current], (float)rate);
        t->windows[s] += lane->block[current].windows;
        if (n % t->loss_every == 0)
            take_loss(t, s, &lane->block[current]);
    }
}

/* What one thread does from the first round to the last. */
static void work(w2b_trainer *t, w2b_share *share, uint32_t number, uint32_t threads)
{
    next_blocks(t, (int)(t->rounds & 1), number, threads);
    w2b_barrier_wait(&t->barrier);
    for (uint64_t n = t->rounds;; n++) {
        const int current = (int)(n & 1);
        const uint64_t done = consumed(t, current);
        if (atomic_load(&t->stop) || epoch_of(t, current) == t->options.epochs)
            return;
        const double rate = rate_at(t, done);
        forward(t, share, current);
        w2b_barrier_wait(&t->barrier);
        const int pause = atomic_load(&t->pause);
        scores(t, current, n, rate, number, threads);
        if (!pause)
            next_blocks(t, !current, number, threads);
        w2b_barrier_wait(&t->barrier);
        if (number == 0) {
            tell(t, current, done, rate);
            t->rounds = n + 1;
        }
        for (uint32_t s = 0; s < t->options.streams; s++)
            w2b_round_backward(&t->round, &t->lanes[s], &t->lanes[s].block[current],
                               pause ? NULL : &t->lanes[s].block[!current], share);
        if (pause) {
            w2b_barrier_wait(&t->barrier);
            if (number == 0)
                rest(t, pause);
            w2b_barrier_wait(&t->barrier);
            next_blocks(t, !current, number, threads);
            w2b_barrier_wait(&t->barrier);
        }
    }
}

/* ----- Threads --------------------------------------------------------------- */

uint32_t w2b_trainer_threads(const w2b_train_options *options, const w2b_latents *latents)
{
    const uint32_t wanted = options->corpus.threads ? options->corpus.threads : w2b_processors();
    const uint32_t useful =
        latents->groups > options->streams ? latents->groups : options->streams;
    return wanted < useful ? wanted : useful;
}

w2b_err w2b_trainer_run(w2b_trainer *t)
{
    const uint32_t wanted = w2b_trainer_threads(&t->options, &t->latents);
    w2b_share *shares = w2b_alloc_zero(wanted, sizeof *shares);
    if (!shares)
        return w2b_fail_memory(t->diag, wanted * sizeof *shares, "threads");
    atomic_int no_memory = 0;
    t->begun = w2b_now();
    t->next_save = t->begun + t->options.checkpoint_seconds;
    t->saved = t->rounds;
#pragma omp parallel num_threads((int)wanted)
    {
        /* fewer threads may have come than were asked for */
        const uint32_t number = (uint32_t)omp_get_thread_num();
        const uint32_t threads = (uint32_t)omp_get_num_threads();
#pragma omp single
        t->barrier.threads = threads;
        if (w2b_share_make(&shares[number], &t->round, number, threads))
            atomic_store(&no_memory, 1);
        w2b_barrier_wait(&t->barrier);
        if (!atomic_load(&no_memory))
            work(t, &shares[number], number, threads);
        w2b_share_release(&shares[number], &t->round);
    }
    w2b_free(shares);
    const w2b_err err = (w2b_err)atomic_load(&t->stop);
    if (atomic_load(&no_memory))
        return w2b_fail(t->diag, W2B_ERR_MEMORY, "out of memory for the buffers of a thread");
    if (err)
        return err == W2B_ERR_DATA ? w2b_trainer_ran_away(t) : err;
    tell_epochs(t, t->options.epochs, t->tokens, rate_at(t, t->tokens));
    return t->options.checkpoint ? w2b_checkpoint_save(t) : W2B_OK;
}
