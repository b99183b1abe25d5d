/*
 * trainer.h - the inside of a training run, which several files share.
 *
 *     train.c       makes it, and what is asked of the whole
 *     latents.c     rows of the latent matrices, whatever they are made of
 *     run.c         rounds, threads, losses, when to stop
 *     checkpoint.c  its state to a file and back
 *     update.c      a finished model to begin from
 *     result.c      the model at the end
 *     dry.c         what all that would take
 */
#ifndef W2B_TRAINER_H
#define W2B_TRAINER_H

#include <stdatomic.h>

#include "io/progress.h"
#include "word2bits/barrier.h"
#include "word2bits/round.h"

struct w2b_base;

/* Sums of one stream and epoch; added up in the order of streams. */
typedef struct w2b_loss_sum {
    double loss;
    uint64_t windows;
} w2b_loss_sum;

/* How far the work on one stream is. Each has a cache line of its own. */
typedef struct w2b_stream_pace {
    atomic_ullong walked;   /* its blocks up to this round are there */
    atomic_ullong forwards; /* done by any share, since the run began */
    atomic_ullong scored;   /* rounds */
    atomic_ullong next_walk, next_score; /* rounds whose jobs nobody has taken yet */
    char apart[64 - 5 * sizeof(atomic_ullong)];
} w2b_stream_pace;

/* What threads tell each other, see run.c. */
typedef struct w2b_pace {
    w2b_barrier barrier;
    uint64_t first;            /* round of this run */
    w2b_stream_pace *streams;
    atomic_ullong backwards;   /* of all streams, done by any share, since the run began */
    atomic_ullong walk_until;  /* no block of a later round */
    atomic_int pause[2];       /* after an even, and after an odd round */
} w2b_pace;

typedef struct w2b_trainer {
    w2b_train_options options; /* resolved */
    w2b_walk_options walk;
    w2b_corpus *corpus;
    struct w2b_base *base;     /* what --update begins from, or NULL */
    w2b_sampler sampler;
    w2b_rates rates;
    w2b_latents latents;
    w2b_round round;
    w2b_walker *walkers;       /* [streams] */
    w2b_lane *lanes;           /* [streams] */
    w2b_loss_sum *losses;      /* [streams][epochs] */
    uint64_t *windows;         /* [streams] */
    uint64_t tokens;           /* to be read over all epochs */
    uint64_t rounds;           /* done, wherever that happened */
    uint64_t saved;            /* rounds done at the last checkpoint */
    uint64_t resumed;          /* tokens read by the runs before this one */
    double seconds_before;     /* what they took */
    double begun, next_save;   /* times of this run */
    uint32_t told;             /* epochs whose end has been reported */
    uint32_t loss_every;       /* rounds */
    w2b_meter meter;
    w2b_diag *diag;
    w2b_pace pace;
    atomic_int stop;           /* a w2b_err: every thread ends at the next round */
} w2b_trainer;

/* ----- train.c -------------------------------------------------------------- */

/* Checks the options and takes them over, and opens what the run begins from;
 * *resume tells whether a checkpoint is to be loaded. Release the trainer
 * whatever this and the others return. */
w2b_err w2b_trainer_open(w2b_trainer *t, const w2b_train_options *options, int *resume,
                         w2b_diag *diag);
void w2b_trainer_release(w2b_trainer *t);

w2b_walk_options w2b_trainer_walk(const w2b_train_options *options);

/* 0, or -1 if sums might not fit, see w2b_scales_for. The options are resolved. */
int w2b_trainer_scales(const w2b_train_options *options, w2b_scales *scales);

/* Walk options and arithmetic; the latents come later. -1 if the processor lacks
 * the instruction set. */
int w2b_trainer_round(w2b_trainer *t);

/* Reads the text, and keeps its ids or not. */
w2b_err w2b_trainer_read(w2b_trainer *t, const char *const *paths, size_t n_paths, int keep_ids);

/* ----- latents.c ------------------------------------------------------------ */

/* Numbers of the vector that is saved in the end. */
void w2b_trainer_vector(const w2b_trainer *t, uint64_t row, uint32_t first, uint32_t n,
                        float *numbers);

/* The random beginning of all rows. */
void w2b_trainer_begin(w2b_trainer *t);

/* Largest size of a number of the saved vectors. */
float w2b_trainer_largest(const w2b_trainer *t);

/* Whether so many numbers stand at the end of their range that training has run
 * away. */
int w2b_trainer_at_end(const w2b_trainer *t);

/* ----- run.c ---------------------------------------------------------------- */

/* All rounds that are left. */
w2b_err w2b_trainer_run(w2b_trainer *t);

/* Seconds of training, those of earlier runs included. */
double w2b_trainer_seconds(const w2b_trainer *t);

/* Mean loss a window in an epoch, from 0; 0 if no window was looked at. */
double w2b_trainer_loss(const w2b_trainer *t, uint32_t epoch);

/* Threads that the options ask for, and how many of them can be of use. */
uint32_t w2b_trainer_wanted(const w2b_train_options *options);
uint32_t w2b_trainer_threads(const w2b_train_options *options, const w2b_latents *latents);

/* ----- result.c ------------------------------------------------------------- */

w2b_err w2b_trainer_model(w2b_trainer *t, w2b_model **model);

/* W2B_ERR_DATA: numbers have run away; which option to change, and what is
 * left. */
w2b_err w2b_trainer_ran_away(const w2b_trainer *t);

#endif
