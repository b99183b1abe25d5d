/*
 * progress.h - the progress callback, called a few times a second at most.
 */
#ifndef W2B_IO_PROGRESS_H
#define W2B_IO_PROGRESS_H

#include "io/base.h"

/* One stage of work, by one thread. */
typedef struct w2b_meter {
    w2b_progress_fn fn;
    void *user;
    w2b_progress progress; /* epoch, rate and loss are the caller's to set */
    double begun;
    double next;           /* time of the next call of fn */
} w2b_meter;

/* `fn` may be NULL; `unit` is kept, not copied. */
void w2b_meter_start(w2b_meter *meter, w2b_progress_fn fn, void *user,
                     w2b_stage stage, const char *unit);

/* Tells how far the work is, if it is time to. W2B_ERR_CANCELLED if the
 * callback asks to stop. */
w2b_err w2b_meter_tick(w2b_meter *meter, uint64_t done, uint64_t total,
                       w2b_diag *diag);

/* The same without regard to the time, for the last call of a stage. */
w2b_err w2b_meter_finish(w2b_meter *meter, uint64_t done, uint64_t total,
                         w2b_diag *diag);

#endif
