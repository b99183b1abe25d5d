/*
 * checkpoint.h - the state of a training run, to a file and back.
 */
#ifndef W2B_CHECKPOINT_H
#define W2B_CHECKPOINT_H

#include "word2bits/trainer.h"

/* Before the text is read: W2B_ERR_EXISTS if there is a file that is not to be
 * gone on from; with `resume` an error if the file is damaged or was made with
 * other options. Sets *found if there is a run to go on with. */
w2b_err w2b_checkpoint_check(const w2b_train_options *options, int *found, w2b_diag *diag);

/* Puts a made trainer where the file left off. */
w2b_err w2b_checkpoint_load(w2b_trainer *t);

/* Between two rounds; does nothing if none was done since the last time. What
 * is not finite is W2B_ERR_DATA, and the file stays as it was. W2B_ERR_CANCELLED
 * if the progress callback says so, once the file is there. */
w2b_err w2b_checkpoint_save(w2b_trainer *t);

/* W2B_ERR_CANCELLED with the file's name, if there is one. */
w2b_err w2b_checkpoint_stopped(w2b_trainer *t);

/* Bytes of the file. */
uint64_t w2b_checkpoint_size(const w2b_trainer *t);

/* Nonzero if the file begins as a checkpoint does. */
int w2b_checkpoint_probe(const char *path);

/* Words and latents of any checkpoint; *vocab and *latents are the caller's. */
w2b_err w2b_checkpoint_open(const char *path, w2b_vocab **vocab, w2b_latents *latents,
                            w2b_diag *diag);

#endif
