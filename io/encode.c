/*
 * encode.c - many rows of floats to codes, by all threads, and what that cost.
 */
#include "io/encode.h"

#include <math.h> /* sqrt alone: exact by IEEE 754 */
#include <string.h>

#define ROUND_CHUNKS 64 /* chunks between two looks at the progress callback */
#define HALF_OVERFLOW 65520.0f /* the least number that becomes infinite as a half */

#define SIZE_BITS UINT32_C(0x7fffffff) /* of a float: all but its sign */
#define INFINITE_BITS UINT32_C(0x7f800000)

/* Buffers of one thread. */
typedef struct room {
    float *x, *y; /* [dim] before and after */
} room;

const w2b_tally w2b_tally_nothing = {.bad_row = UINT64_MAX, .worst = 1.0};

/* ----- One row ------------------------------------------------------------ */

static w2b_err read_row(const w2b_encode *j, uint64_t row, float *x)
{
    if (j->model)
        return w2b_model_vector(j->model, row, x, NULL);
    memcpy(x, j->floats + (size_t)row * j->code.dim * sizeof *x, j->code.dim * sizeof *x);
    return W2B_OK;
}

static void inspect_row(const w2b_encode *j, uint64_t row, const float *x, w2b_tally *t)
{
    /* Magnitudes are in the order of their bits, infinity and what is no number last. */
    uint32_t most = 0;
    for (uint32_t i = 0; i < j->code.dim; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= SIZE_BITS;
        most = bits > most ? bits : most;
    }
    float largest;
    memcpy(&largest, &most, sizeof largest);
    if (most >= INFINITE_BITS && t->bad_row == UINT64_MAX)
        t->bad_row = row;
    else if (largest > t->largest)
        t->largest = largest;
}

static void compare_rows(const float *x, const float *y, uint32_t dim, w2b_tally *t)
{
    double error = 0, xx = 0, yy = 0, xy = 0;
    for (uint32_t i = 0; i < dim; i++) {
        const double a = x[i], b = y[i];
        error += (a - b) * (a - b);
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    double cosine = xx == 0 && yy == 0 ? 1.0 : 0.0;
    if (xx > 0 && yy > 0)
        cosine = xy / (sqrt(xx) * sqrt(yy));
    t->error += error;
    t->energy += xx;
    t->cosine_sum += cosine;
    if (cosine < t->worst)
        t->worst = cosine;
}

static void encode_row(const w2b_encode *j, uint64_t row, const room *r, w2b_tally *t)
{
    uint8_t *codes = j->codes + row * j->code.stride;
    uint16_t scale;
    w2b_code_encode(&j->code, r->x, codes, &scale);
    if (j->scales)
        j->scales[row] = scale;
    w2b_code_decode(&j->code, codes, scale, r->y);
    compare_rows(r->x, r->y, j->code.dim, t);
}

/* ----- All rows ----------------------------------------------------------- */

static int room_make(room *r, uint32_t dim)
{
    r->x = w2b_alloc(dim, sizeof *r->x);
    r->y = w2b_alloc(dim, sizeof *r->y);
    return r->x && r->y ? 0 : -1;
}

static void room_free(room *r)
{
    w2b_free(r->x);
    w2b_free(r->y);
}

static void do_chunk(const w2b_encode *j, uint64_t first, int encode, const room *r, w2b_tally *t)
{
    const uint64_t end = j->n - first < W2B_ENCODE_CHUNK ? j->n : first + W2B_ENCODE_CHUNK;
    for (uint64_t row = first; row < end && !t->err; row++) {
        t->err = read_row(j, row, r->x);
        if (!t->err && encode)
            encode_row(j, row, r, t);
        else if (!t->err)
            inspect_row(j, row, r->x, t);
    }
}

static void merge(w2b_tally *to, const w2b_tally *from)
{
    if (!to->err)
        to->err = from->err;
    if (from->bad_row < to->bad_row)
        to->bad_row = from->bad_row;
    if (from->largest > to->largest)
        to->largest = from->largest;
    to->error += from->error;
    to->energy += from->energy;
    to->cosine_sum += from->cosine_sum;
    if (from->worst < to->worst)
        to->worst = from->worst;
}

/* Chunks number 0 to n - 1 from `first` on. */
static void do_round(const w2b_encode *j, uint64_t first, size_t n, int encode, w2b_tally *tallies)
{
    for (size_t c = 0; c < n; c++)
        tallies[c] = w2b_tally_nothing;
#pragma omp parallel num_threads(j->threads) if (n > 1)
    {
        room r;
        const int short_of_memory = room_make(&r, j->code.dim);
#pragma omp for schedule(dynamic)
        for (size_t c = 0; c < n; c++) {
            if (short_of_memory)
                tallies[c].err = W2B_ERR_MEMORY;
            else
                do_chunk(j, first + c * W2B_ENCODE_CHUNK, encode, &r, &tallies[c]);
        }
        room_free(&r);
    }
}

/* Threads leave no diagnosis: the damaged block is asked for once more. */
static w2b_err explain(const w2b_encode *j, w2b_err code, w2b_diag *diag)
{
    w2b_rows rows;
    for (size_t b = 0; j->model && b < w2b_model_blocks(j->model); b++) {
        const w2b_err err = w2b_model_block(j->model, b, &rows, diag);
        if (err)
            return err;
    }
    return code == W2B_ERR_MEMORY ? w2b_fail_memory(diag, j->code.dim * 8, "rows")
                                  : w2b_fail(diag, code, "a row cannot be read");
}

static w2b_err do_rows(const w2b_encode *j, int encode, w2b_tally *total, w2b_diag *diag)
{
    const uint64_t words = j->n, step = ROUND_CHUNKS * W2B_ENCODE_CHUNK;
    w2b_tally tallies[ROUND_CHUNKS];
    for (uint64_t first = 0; first < words; first += step) {
        const uint64_t rows = words - first < step ? words - first : step;
        const size_t n = (size_t)((rows + W2B_ENCODE_CHUNK - 1) / W2B_ENCODE_CHUNK);
        do_round(j, first, n, encode, tallies);
        for (size_t c = 0; c < n; c++)
            merge(total, &tallies[c]);
        if (total->err)
            return explain(j, total->err, diag);
        /* Looking is little work, but it may be the first reading of a file. */
        const uint64_t done = encode ? first + rows : 0;
        const w2b_err err = j->meter ? w2b_meter_tick(j->meter, done, words, diag) : W2B_OK;
        if (err)
            return err;
    }
    return W2B_OK;
}

w2b_err w2b_encode_look(const w2b_encode *encode, w2b_tally *total, w2b_diag *diag)
{
    return do_rows(encode, 0, total, diag);
}

w2b_err w2b_encode_rows(const w2b_encode *encode, w2b_tally *total, w2b_diag *diag)
{
    return do_rows(encode, 1, total, diag);
}

w2b_err w2b_encode_check(const w2b_encode *encode, const w2b_tally *seen, uint64_t first,
                         w2b_diag *diag)
{
    if (seen->bad_row != UINT64_MAX)
        return w2b_fail(diag, W2B_ERR_DATA, "row %llu holds a number that is not finite",
                        (unsigned long long)(first + seen->bad_row));
    if (encode->code.bits == 16 && seen->largest >= HALF_OVERFLOW)
        return w2b_fail(diag, W2B_ERR_DATA, "a number of %g is too large for 16 bits",
                        (double)seen->largest);
    return W2B_OK;
}

void w2b_encode_report(const w2b_tally *total, uint64_t n, const w2b_code *from,
                       const w2b_code *to, w2b_quantize_report *report)
{
    *report = (w2b_quantize_report){
        .method = w2b_method_name(to->method, to->bits),
        .bytes_before = from->bytes,
        .bytes_after = to->bytes,
        .params = w2b_code_params_size(to),
        .squared_error = total->energy > 0 ? total->error / total->energy : 0,
        .mean_cosine = total->cosine_sum / (double)n,
        .worst_cosine = total->worst,
    };
}
