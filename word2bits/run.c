/*
 * run.c - rounds: threads, losses, and when to stop.
 *
 * There is no barrier in a round. Every thread has a share of the columns, as equal as
 * may be. Each stream has a thread that scores it and walks to its next block before it
 * goes backward, or when it would have to wait; or another does so that has waited for
 * long. What waits for what:
 *
 *     forward(n, s)   backward(n - 1) of the same share and all streams, walk(n, s)
 *     scores(n, s)    forward(n, s) of all shares
 *     backward(n, s)  forward(n) of the same share and all streams, scores(n, s)
 *     walk(n + 1, s)  backward(n - 1) of all shares, which read the block that lies
 *                     in its place
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

/* What happens once a round is done. The first thread sets it for the next round
 * before it enters that, and all threads read it once the streams of that round
 * have been scored, which takes the first thread's forwards. By the time that the
 * place is used again all have gone on to another round. */
enum { PAUSE_NONE = 0, PAUSE_SAVE = 1, PAUSE_STOP = 2 };

/* Looks at what is waited for before another thread's stream is taken: some tenths of a
 * microsecond. Ten microseconds are half of what a block of 200 numbers takes, and two
 * threads waited for 12% of their time. */
#define PATIENCE 5

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

/* The root of what is left to do: higher rates for longer than word2vec's straight
 * line. In 3 epochs of 69 million words of Wikipedia that has a point more of the
 * analogies right and .01 more similarity. */
static double rate_at(const w2b_trainer *t, uint64_t done)
{
    const double left = 1 - (double)done / (double)(t->tokens + 1);
    return t->options.rate * sqrt(left > 1e-4 ? left : 1e-4);
}

double w2b_trainer_seconds(const w2b_trainer *t)
{
    return t->seconds_before + (w2b_now() - t->begun);
}

/* The loss of a window by one who knows nothing. */
static double ignorance(const w2b_trainer *t)
{
    return w2b_walk_targets(&t->walk) * (1 + t->walk.negative) * 0.6931471805599453;
}

/* Numbers have run away where so many blocks of an epoch have so many times that loss on
 * average. Single blocks may, where the same few words come again and again. */
#define SURE_BLOCKS 16
#define RAN_AWAY 16

static void take_loss(w2b_trainer *t, uint32_t s, const w2b_block *block)
{
    w2b_loss_sum *sum = &t->losses[(size_t)s * t->options.epochs + block->epoch];
    const double loss = w2b_round_loss(&t->lanes[s], block);
    sum->loss += loss;
    sum->windows += block->windows;
    if (sum->windows >= SURE_BLOCKS * (uint64_t)t->options.block &&
        sum->loss > RAN_AWAY * ignorance(t) * (double)sum->windows)
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

/* The first thread's part of round n, once all streams have been scored: tell, and
 * ask whether to go on. No thread takes losses before its next forward. */
static void tell(w2b_trainer *t, uint64_t n, uint64_t done, double rate)
{
    const int current = (int)(n & 1);
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
    const int pausing = atomic_load(&t->pace.pause[current]);
    int pause = PAUSE_NONE;
    /* this round and the next will be done then */
    if (o->checkpoint && ((o->checkpoint_rounds && (t->rounds + 2) % o->checkpoint_rounds == 0) ||
                          (o->checkpoint_seconds > 0 && !pausing && w2b_now() >= t->next_save)))
        pause = PAUSE_SAVE;
    if (w2b_meter_tick(&t->meter, done, t->tokens, t->diag))
        pause = PAUSE_STOP;
    atomic_store(&t->pace.pause[!current], pause);
    if (pause && !pausing)
        atomic_store(&t->pace.walk_until, n + 1);
    t->rounds = n + 1;
}

/* ----- Rounds ---------------------------------------------------------------- */

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

/* Takes the job of round n, if nobody has. */
static int take(atomic_ullong *next, uint64_t n)
{
    unsigned long long expected = n;
    return atomic_compare_exchange_strong(next, &expected, n + 1);
}

/* Scores the stream in round n, if that may be done. */
static int try_score(w2b_trainer *t, uint64_t n, uint32_t s)
{
    w2b_pace *pace = &t->pace;
    const uint64_t all = (n - pace->first + 1) * t->round.threads;
    if (atomic_load(&pace->streams[s].next_score) != n ||
        atomic_load(&pace->streams[s].forwards) < all)
        return 0;
    if (!take(&pace->streams[s].next_score, n))
        return 1;
    w2b_lane *lane = &t->lanes[s];
    const w2b_block *block = &lane->block[n & 1];
    w2b_round_scores(&t->round, lane, block, (float)rate_at(t, consumed(t, (int)(n & 1))));
    t->windows[s] += block->windows;
    if (n % t->loss_every == 0)
        take_loss(t, s, block);
    atomic_store(&pace->streams[s].scored, n + 1);
    return 1;
}

/* Makes the stream's block of round n, if that may be done. */
static int try_walk(w2b_trainer *t, uint64_t n, uint32_t s)
{
    w2b_pace *pace = &t->pace;
    if (atomic_load(&pace->streams[s].next_walk) != n || n > atomic_load(&pace->walk_until) ||
        atomic_load(&pace->backwards) < (n - 1 - pace->first) * t->round.threads)
        return 0;
    if (!take(&pace->streams[s].next_walk, n))
        return 1;
    w2b_walker_next(&t->walkers[s], &t->lanes[s].block[n & 1]);
    atomic_store(&pace->streams[s].walked, n);
    return 1;
}

static void forward(w2b_trainer *t, w2b_share *share, uint64_t n, uint32_t s)
{
    const int current = (int)(n & 1);
    const w2b_block *next = s + 1 < t->options.streams ? &t->lanes[s + 1].block[current] : NULL;
    w2b_round_forward(&t->round, &t->lanes[s], &t->lanes[s].block[current], next, share);
    atomic_fetch_add(&t->pace.streams[s].forwards, 1);
}

static void backward(w2b_trainer *t, w2b_share *share, uint64_t n, uint32_t s)
{
    const int current = (int)(n & 1), last = s + 1 == t->options.streams;
    const w2b_block *next = last && atomic_load(&t->pace.streams[0].walked) > n
                                ? &t->lanes[0].block[!current]
                                : NULL;
    w2b_round_backward(&t->round, &t->lanes[s], &t->lanes[s].block[current], next, share);
    if (last)
        atomic_fetch_add(&t->pace.backwards, 1);
}

static int all_walked(const w2b_trainer *t, uint64_t n)
{
    for (uint32_t s = 0; s < t->options.streams; s++)
        if (atomic_load(&t->pace.streams[s].walked) < n)
            return 0;
    return 1;
}

/* A job of a stream that thread `number` may take. Each stream has its thread, in
 * whose cache the block and its errors stay; others take its jobs when they have waited
 * for a while. Where the columns leave a remainder, only threads without a part of it
 * have streams: scoring and walking are about as much work as 32 columns. */
static int try_streams(w2b_trainer *t, uint64_t n, uint32_t number, unsigned looks,
                       int (*job)(w2b_trainer *t, uint64_t n, uint32_t s))
{
    const uint32_t threads = t->round.threads, first = t->latents.groups % threads;
    for (uint32_t s = 0; s < t->options.streams; s++)
        if ((first + s % (threads - first) == number || looks >= PATIENCE) && job(t, n, s))
            return 1;
    return 0;
}

/* Does something of round n, or of what has to be done before and after it, or
 * nothing. */
static void help(w2b_trainer *t, uint64_t n, uint32_t number, unsigned *looks)
{
    if (try_streams(t, n, number, *looks, try_score) ||
        try_streams(t, n + 1, number, *looks, try_walk))
        *looks = 0;
    else
        w2b_wait(looks);
}

/* Until all blocks of round n are there. */
static void await_blocks(w2b_trainer *t, uint64_t n, uint32_t number)
{
    for (unsigned looks = 0; !all_walked(t, n);) help(t, n - 1, number, &looks);
}

/* Until rounds before n are done with. */
static void await_backwards(w2b_trainer *t, uint64_t n, uint32_t number)
{
    const uint64_t all = (n - t->pace.first) * t->round.threads;
    for (unsigned looks = 0; atomic_load(&t->pace.backwards) < all;) help(t, n, number, &looks);
}

/* What one thread does from the first round to the last. */
static void work(w2b_trainer *t, w2b_share *share, uint32_t number)
{
    const uint32_t streams = t->options.streams;
    for (uint64_t n = t->pace.first;; n++) {
        const int current = (int)(n & 1);
        await_blocks(t, n, number);
        const uint64_t done = consumed(t, current);
        if (atomic_load(&t->stop) || epoch_of(t, current) == t->options.epochs) {
            await_backwards(t, n, number);
            return;
        }
        for (uint32_t s = 0; s < streams; s++) forward(t, share, n, s);
        for (uint32_t s = 0; s < streams; s++) {
            for (unsigned looks = 0; atomic_load(&t->pace.streams[s].scored) <= n;)
                help(t, n, number, &looks);
            /* others wait for scores; the last backward asks for rows of the next block */
            while (s == 0 && (try_streams(t, n, number, 0, try_score) ||
                              try_streams(t, n + 1, number, 0, try_walk)))
                ;
            if (s + 1 == streams && number == 0)
                tell(t, n, done, rate_at(t, done));
            backward(t, share, n, s);
        }
        const int pause = atomic_load(&t->pace.pause[current]);
        if (pause) {
            await_backwards(t, n + 1, number);
            w2b_barrier_wait(&t->pace.barrier);
            if (number == 0) {
                rest(t, pause);
                const int again = atomic_load(&t->pace.pause[!current]);
                atomic_store(&t->pace.walk_until, again ? n + 1 : UINT64_MAX);
            }
            w2b_barrier_wait(&t->pace.barrier);
        }
    }
}

/* ----- Threads --------------------------------------------------------------- */

uint32_t w2b_trainer_wanted(const w2b_train_options *options)
{
    return options->corpus.threads ? options->corpus.threads : w2b_processors();
}

uint32_t w2b_trainer_threads(const w2b_train_options *options, const w2b_latents *latents)
{
    const uint32_t wanted = w2b_trainer_wanted(options);
    const uint32_t useful =
        latents->groups > options->streams ? latents->groups : options->streams;
    return wanted < useful ? wanted : useful;
}

/* The blocks of the first round are made here. */
static int pace_make(w2b_trainer *t)
{
    const uint32_t streams = t->options.streams;
    w2b_pace *pace = &t->pace;
    *pace = (w2b_pace){.first = t->rounds};
    pace->streams = w2b_alloc_lines(streams, sizeof *pace->streams);
    if (!pace->streams)
        return -1;
    for (uint32_t s = 0; s < streams; s++) {
        w2b_walker_next(&t->walkers[s], &t->lanes[s].block[t->rounds & 1]);
        atomic_init(&pace->streams[s].walked, t->rounds);
        atomic_init(&pace->streams[s].scored, t->rounds);
        atomic_init(&pace->streams[s].next_score, t->rounds);
        atomic_init(&pace->streams[s].next_walk, t->rounds + 1);
    }
    atomic_init(&pace->walk_until, UINT64_MAX);
    return 0;
}

/* Sets *no_memory if any of the threads is short of it. */
static void run_threads(w2b_trainer *t, w2b_share *shares, atomic_int *no_memory)
{
    w2b_pace *pace = &t->pace;
#pragma omp parallel num_threads((int)w2b_trainer_threads(&t->options, &t->latents))
    {
        /* fewer threads may have come than were asked for */
        const uint32_t number = (uint32_t)omp_get_thread_num();
#pragma omp single
        t->round.threads = pace->barrier.threads = (uint32_t)omp_get_num_threads();
        if (w2b_share_make(&shares[number], &t->round, number))
            atomic_store(no_memory, 1);
        w2b_barrier_wait(&pace->barrier);
        if (!atomic_load(no_memory))
            work(t, &shares[number], number);
        w2b_share_release(&shares[number]);
    }
}

w2b_err w2b_trainer_run(w2b_trainer *t)
{
    const uint32_t wanted = w2b_trainer_threads(&t->options, &t->latents);
    w2b_share *shares = w2b_alloc_zero(wanted, sizeof *shares);
    atomic_int no_memory = 0;
    t->begun = w2b_now();
    t->next_save = t->begun + t->options.checkpoint_seconds;
    t->saved = t->rounds;
    if (!shares || pace_make(t))
        atomic_store(&no_memory, 1);
    else
        run_threads(t, shares, &no_memory);
    w2b_free(t->pace.streams);
    w2b_free(shares);
    const w2b_err err = (w2b_err)atomic_load(&t->stop);
    if (atomic_load(&no_memory))
        return w2b_fail(t->diag, W2B_ERR_MEMORY, "out of memory for the buffers of a thread");
    if (err)
        return err == W2B_ERR_DATA ? w2b_trainer_ran_away(t) : err;
    tell_epochs(t, t->options.epochs, t->tokens, rate_at(t, t->tokens));
    return t->options.checkpoint ? w2b_checkpoint_save(t) : W2B_OK;
}
