/*
 * log.h - a training run as JSON lines, while it happens.
 *
 * A line at the end of each epoch ("event": "epoch"), and one every ten seconds
 * ("event": "progress"). It is a diary, not a result: lines appear at once, and
 * a run that is resumed adds to the file.
 */
#ifndef W2B_CLI_LOG_H
#define W2B_CLI_LOG_H

#include <stdio.h>

#include "word2bits/w2b.h"

typedef struct w2b_log {
    const char *path;
    FILE *file;
    double next;   /* seconds of training at the next progress line */
    int failed;
} w2b_log;

/* Appends to the file if `append`; else one that exists is an error unless
 * `replace`. An exit code. */
int w2b_log_open(w2b_log *log, const char *path, int append, int replace);

/* A line if it is time for one. */
void w2b_log_progress(w2b_log *log, const w2b_progress *progress);

/* A w2b_epoch_fn; `user` is the w2b_log. */
void w2b_log_epoch(const w2b_epoch *epoch, void *user);

/* Closes the file, if there is one. An exit code, with a message if lines are
 * missing from it. */
int w2b_log_close(w2b_log *log);

#endif
