/*
 * log.c - a training run as JSON lines.
 */
#include "cli/log.h"

#include <errno.h>
#include <string.h>

#include "cli/json.h"
#include "cli/opt.h"
#include "cli/talk.h"

#define SECONDS_BETWEEN 10.0

int w2b_log_open(w2b_log *log, const char *path, int append, int replace)
{
    *log = (w2b_log){.path = path, .next = SECONDS_BETWEEN};
    log->file = fopen(path, append ? "ae" : replace ? "we" : "wxe");
    if (log->file) return W2B_EXIT_DONE;
    if (errno == EEXIST) w2b_talk_error("%s: exists already; -f replaces it", path);
    else w2b_talk_error("%s: cannot write: %s", path, strerror(errno));
    return W2B_EXIT_FAILED;
}

static void put_line(w2b_log *log, json_t *line)
{
    if (!line || json_dumpf(line, log->file, JSON_COMPACT | JSON_REAL_PRECISION(9)) ||
        fputc('\n', log->file) == EOF || fflush(log->file)) log->failed = 1;
    json_decref(line);
}

void w2b_log_progress(w2b_log *log, const w2b_progress *p)
{
    if (!log->file || p->stage != W2B_STAGE_TRAIN || p->seconds < log->next) return;
    log->next = p->seconds + SECONDS_BETWEEN;
    double speed = (double)(p->done - p->before) / p->seconds;
    put_line(log, json_pack("{s:s, s:i, s:I, s:I, s:o, s:o, s:o, s:o}", "event", "progress",
                            "epoch", (int)p->epoch, "words", (json_int_t)p->done, "total",
                            (json_int_t)p->total, "loss", w2b_json_real(p->loss), "rate",
                            w2b_json_real(p->rate), "seconds", w2b_json_real(p->seconds),
                            "words_per_second", w2b_json_real(speed)));
}

void w2b_log_epoch(const w2b_epoch *e, void *user)
{
    w2b_log *log = user;
    if (!log->file) return;
    put_line(log, json_pack("{s:s, s:i, s:I, s:I, s:o, s:o, s:o, s:o}", "event", "epoch", "epoch",
                            (int)e->epoch, "words", (json_int_t)e->words, "windows",
                            (json_int_t)e->windows, "loss", w2b_json_real(e->loss), "rate",
                            w2b_json_real(e->rate), "seconds", w2b_json_real(e->seconds),
                            "words_per_second", w2b_json_real(e->words_per_second)));
}

int w2b_log_close(w2b_log *log)
{
    if (!log->file) return W2B_EXIT_DONE;
    if (fclose(log->file)) log->failed = 1;
    log->file = NULL;
    if (!log->failed) return W2B_EXIT_DONE;
    w2b_talk_error("%s: lines are missing: cannot write", log->path);
    return W2B_EXIT_FAILED;
}
