/*
 * outs.c - several files that appear together or not at all.
 */
#include "io/outs.h"

w2b_err w2b_outs_open(w2b_outs *outs, const char *path, int replace, w2b_out **out,
                      w2b_diag *diag)
{
    if (outs->n == W2B_OUTS_MAX)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "more than %d files at once", W2B_OUTS_MAX);
    const w2b_err err = w2b_out_open(path, replace, out, diag);
    if (!err)
        outs->outs[outs->n++] = *out;
    return err;
}

w2b_err w2b_outs_end(w2b_outs *outs, w2b_err err, w2b_diag *diag)
{
    w2b_out *order[W2B_OUTS_MAX];
    const size_t n = outs->n;
    for (size_t i = 0; i < n; i++)
        order[i] = outs->outs[n - 1 - i];
    outs->n = 0;
    for (size_t i = 0; i < n && err; i++)
        w2b_out_abort(order[i]);
    return err ? err : w2b_out_commit_all(order, n, diag);
}
