/*
 * progress.c - the progress callback, called a few times a second at most.
 */
#include "io/progress.h"

#include <string.h>

#define SECONDS_BETWEEN 0.2

void w2b_meter_start(w2b_meter *meter, w2b_progress_fn fn, void *user,
                     w2b_stage stage, const char *unit)
{
    memset(meter, 0, sizeof *meter);
    meter->fn = fn;
    meter->user = user;
    meter->progress.stage = stage;
    meter->progress.unit = unit;
    meter->begun = w2b_now();
    meter->next = meter->begun + SECONDS_BETWEEN;
}

static w2b_err call(w2b_meter *meter, uint64_t done, uint64_t total, double now,
                    w2b_diag *diag)
{
    meter->progress.done = done;
    meter->progress.total = total;
    meter->progress.seconds = now - meter->begun;
    meter->next = now + SECONDS_BETWEEN;
    if (meter->fn(&meter->progress, meter->user) != 0)
        return w2b_fail(diag, W2B_ERR_CANCELLED, "cancelled");
    return W2B_OK;
}

w2b_err w2b_meter_tick(w2b_meter *meter, uint64_t done, uint64_t total,
                       w2b_diag *diag)
{
    if (!meter->fn)
        return W2B_OK;
    const double now = w2b_now();
    return now < meter->next ? W2B_OK : call(meter, done, total, now, diag);
}

w2b_err w2b_meter_finish(w2b_meter *meter, uint64_t done, uint64_t total,
                         w2b_diag *diag)
{
    return meter->fn ? call(meter, done, total, w2b_now(), diag) : W2B_OK;
}
