/*
 * quantize.c - the same words at other bits.
 *
 * Rows are independent. They are worked on in chunks of a fixed number of
 * rows, by all threads, and what is summed over rows is summed within a chunk
 * in the order of rows and then in the order of chunks: the number of threads
 * shows nowhere.
 */
#include <math.h> /* sqrt alone: exact by IEEE 754 */
#include <string.h>

#include "io/inside.h"
#include "io/metadata.h"
#include "io/progress.h"
#include "quant/num.h"

#define CHUNK_ROWS 256
#define ROUND_CHUNKS 64 /* chunks between two looks at the progress callback */
#define THREADS_MOST 1024
#define SAMPLE_ROWS 2000
#define SAMPLE_SEED 1
#define HALF_OVERFLOW 65520.0f /* the least number that becomes infinite as a half */

void w2b_quantize_defaults(w2b_quantize_options *options)
{
    *options = (w2b_quantize_options){.size = sizeof *options, .bits = 4};
}

typedef struct tally {
    w2b_err err;
    uint64_t bad_row; /* the first with a number that is not finite, or UINT64_MAX */
    float largest;    /* of |x| */
    double error;     /* sum |x - x'|^2 */
    double energy;    /* sum |x|^2 */
    double cosine_sum;
    double worst;
} tally;

typedef struct job {
    const w2b_model *model;
    w2b_code code; /* to be */
    int threads;
    uint8_t *codes; /* [words][code.stride] */
    size_t code_room;
    uint16_t *scales; /* [words] */
    w2b_meter meter;
} job;

/* Buffers of one thread. */
typedef struct room {
    float *x, *y; /* [dim] before and after */
} room;

static const tally nothing = {.bad_row = UINT64_MAX, .worst = 1.0};

/* ----- One row ------------------------------------------------------------ */

static w2b_err read_row(const job *j, uint64_t row, float *x)
{
    return w2b_model_vector(j->model, row, x, NULL);
}

static void inspect_row(const job *j, uint64_t row, const float *x, tally *t)
{
    for (uint32_t i = 0; i < j->code.dim; i++) {
        const float size = x[i] < 0 ? -x[i] : x[i];
        if (size > t->largest)
            t->largest = size;
        if (x[i] - x[i] != 0 && t->bad_row == UINT64_MAX)
            t->bad_row = row;
    }
}

static void compare_rows(const float *x, const float *y, uint32_t dim, tally *t)
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

static void encode_row(const job *j, uint64_t row, const room *r, tally *t)
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

static void do_chunk(const job *j, uint64_t first, int encode, const room *r, tally *t)
{
    const uint64_t words = w2b_model_words(j->model);
    const uint64_t end = words - first < CHUNK_ROWS ? words : first + CHUNK_ROWS;
    for (uint64_t row = first; row < end && !t->err; row++) {
        t->err = read_row(j, row, r->x);
        if (!t->err && encode)
            encode_row(j, row, r, t);
        else if (!t->err)
            inspect_row(j, row, r->x, t);
    }
}

static void merge(tally *to, const tally *from)
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
static void do_round(const job *j, uint64_t first, size_t n, int encode, tally *tallies)
{
    for (size_t c = 0; c < n; c++)
        tallies[c] = nothing;
#pragma omp parallel num_threads(j->threads) if (n > 1)
    {
        room r;
        const int short_of_memory = room_make(&r, j->code.dim);
#pragma omp for schedule(dynamic)
        for (size_t c = 0; c < n; c++) {
            if (short_of_memory)
                tallies[c].err = W2B_ERR_MEMORY;
            else
                do_chunk(j, first + c * CHUNK_ROWS, encode, &r, &tallies[c]);
        }
        room_free(&r);
    }
}

/* Threads leave no diagnosis: the damaged block is asked for once more. */
static w2b_err explain(const job *j, w2b_err code, w2b_diag *diag)
{
    w2b_rows rows;
    for (size_t b = 0; b < w2b_model_blocks(j->model); b++) {
        const w2b_err err = w2b_model_block(j->model, b, &rows, diag);
        if (err)
            return err;
    }
    return code == W2B_ERR_MEMORY ? w2b_fail_memory(diag, j->code.dim * 8, "rows")
                                  : w2b_fail(diag, code, "a row cannot be read");
}

static w2b_err do_rows(job *j, int encode, tally *total, w2b_diag *diag)
{
    const uint64_t words = w2b_model_words(j->model), step = ROUND_CHUNKS * CHUNK_ROWS;
    tally tallies[ROUND_CHUNKS];
    *total = nothing;
    for (uint64_t first = 0; first < words; first += step) {
        const uint64_t rows = words - first < step ? words - first : step;
        const size_t n = (size_t)((rows + CHUNK_ROWS - 1) / CHUNK_ROWS);
        do_round(j, first, n, encode, tallies);
        for (size_t c = 0; c < n; c++)
            merge(total, &tallies[c]);
        if (total->err)
            return explain(j, total->err, diag);
        /* Looking is little work, but it may be the first reading of a file. */
        const uint64_t done = encode ? first + rows : 0;
        const w2b_err err = w2b_meter_tick(&j->meter, done, words, diag);
        if (err)
            return err;
    }
    return W2B_OK;
}

/* ----- Choosing ----------------------------------------------------------- */

static w2b_err check_numbers(const job *j, const tally *seen, w2b_diag *diag)
{
    if (seen->bad_row != UINT64_MAX)
        return w2b_fail(diag, W2B_ERR_DATA, "row %llu holds a number that is not finite",
                        (unsigned long long)seen->bad_row);
    if (j->code.bits == 16 && seen->largest >= HALF_OVERFLOW)
        return w2b_fail(diag, W2B_ERR_DATA, "a number of %g is too large for 16 bits",
                        (double)seen->largest);
    return W2B_OK;
}

/* Squared error of one method over the sampled rows. */
static w2b_err sample_error(const job *j, w2b_method method, const uint64_t *rows, size_t n,
                            double *error, w2b_diag *diag)
{
    w2b_code code;
    if (w2b_code_init(&code, method, j->code.bits, j->code.dim))
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "no such combination of bits and method");
    code.unit = j->code.unit;
    tally *tallies = w2b_alloc(n, sizeof *tallies);
    if (!tallies)
        return w2b_fail_memory(diag, n * sizeof *tallies, "a sample of rows");
    int failed = 0;
#pragma omp parallel num_threads(j->threads) reduction(| \
                                                       : failed)
    {
        room r;
        uint8_t *codes = w2b_alloc(code.stride, 1);
        const int unfit = room_make(&r, code.dim) != 0 || !codes;
#pragma omp for schedule(dynamic, 16)
        for (size_t i = 0; i < n; i++) {
            uint16_t scale;
            if (unfit || read_row(j, rows[i], r.x)) {
                failed = 1;
                continue;
            }
            tallies[i] = nothing;
            w2b_code_encode(&code, r.x, codes, &scale);
            w2b_code_decode(&code, codes, scale, r.y);
            compare_rows(r.x, r.y, code.dim, &tallies[i]);
        }
        room_free(&r);
        w2b_free(codes);
    }
    *error = 0;
    for (size_t i = 0; i < n && !failed; i++)
        *error += tallies[i].error;
    w2b_free(tallies);
    return failed ? w2b_fail_memory(diag, n * sizeof *tallies, "a sample of rows") : W2B_OK;
}

/* The method with the smaller squared error on the same rows. */
static w2b_err choose_method(const job *j, w2b_method *method, w2b_diag *diag)
{
    const uint64_t words = w2b_model_words(j->model);
    const size_t n = words < SAMPLE_ROWS ? (size_t)words : SAMPLE_ROWS;
    uint64_t *rows = w2b_alloc(n, sizeof *rows);
    if (!rows)
        return w2b_fail_memory(diag, n * sizeof *rows, "a sample of rows");
    w2b_rng rng;
    w2b_rng_seed(&rng, SAMPLE_SEED, 0);
    for (size_t i = 0; i < n; i++)
        rows[i] = n == words ? i : w2b_rng_below(&rng, (uint32_t)words);
    double gauss = 0, uniform = 0;
    w2b_err err = sample_error(j, W2B_METHOD_GAUSS, rows, n, &gauss, diag);
    if (!err)
        err = sample_error(j, W2B_METHOD_UNIFORM, rows, n, &uniform, diag);
    if (!err)
        *method = uniform < gauss ? W2B_METHOD_UNIFORM : W2B_METHOD_GAUSS;
    w2b_free(rows);
    return err;
}

/* The code to write, once the numbers have been looked at. `method` is NULL to
 * choose. */
static w2b_err choose_code(job *j, const w2b_method *method, float largest, w2b_diag *diag)
{
    const uint32_t bits = j->code.bits, dim = j->code.dim;
    w2b_method chosen = W2B_METHOD_FLOAT;
    if (bits <= 8) {
        j->code.unit = w2b_code_unit(largest);
        chosen = method ? *method : W2B_METHOD_GAUSS;
        const w2b_err err = method ? W2B_OK : choose_method(j, &chosen, diag);
        if (err)
            return err;
    }
    const float unit = j->code.unit;
    if (w2b_code_init(&j->code, chosen, bits, dim))
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "no such combination of bits and method");
    if (bits <= 8)
        j->code.unit = unit;
    return W2B_OK;
}

/* ----- The model ---------------------------------------------------------- */

static w2b_err copy_words(const w2b_model *model, w2b_parts *parts, w2b_diag *diag)
{
    const size_t n = (size_t)w2b_model_words(model);
    size_t space = 0, used = 0;
    void *bytes = NULL;
    w2b_err err = W2B_OK;
    parts->words = n;
    parts->starts = w2b_alloc(n + 1, sizeof *parts->starts);
    if (w2b_model_has_counts(model))
        parts->counts = w2b_alloc(n, sizeof *parts->counts);
    if (!parts->starts || (w2b_model_has_counts(model) && !parts->counts))
        return w2b_fail_memory(diag, n * sizeof *parts->starts, "words");
    for (size_t i = 0; i < n && !err; i++) {
        const char *word;
        size_t length;
        err = w2b_model_word_at(model, i, &word, &length, diag);
        if (!err && w2b_grow(&bytes, &space, used + length + 1, 1))
            err = w2b_fail_memory(diag, used + length + 1, "words");
        if (err)
            break;
        parts->starts[i] = used;
        memcpy((char *)bytes + used, word, length + 1);
        used += length + 1;
        if (parts->counts)
            err = w2b_model_count_at(model, i, &parts->counts[i], diag);
    }
    parts->starts[n] = used;
    parts->bytes = bytes;
    return err;
}

static w2b_err make_room(job *j, w2b_diag *diag)
{
    const size_t n = (size_t)w2b_model_words(j->model);
    if (w2b_mul(n, j->code.stride, &j->code_room))
        return w2b_fail_memory(diag, UINT64_MAX, "codes");
    j->codes = w2b_pages(j->code_room);
    if (j->code.bits <= 8)
        j->scales = w2b_alloc(n, sizeof *j->scales);
    if (!j->codes || (j->code.bits <= 8 && !j->scales))
        return w2b_fail_memory(diag, j->code_room + n * sizeof *j->scales, "codes");
    return W2B_OK;
}

/* Rows that have the wanted form already are taken as they are: coding them
 * again could only lose. */
static w2b_err copy_rows(job *j, tally *total, w2b_diag *diag)
{
    *total = nothing;
    total->cosine_sum = (double)w2b_model_words(j->model);
    w2b_err err = make_room(j, diag);
    for (size_t b = 0; b < w2b_model_blocks(j->model) && !err; b++) {
        w2b_rows rows;
        err = w2b_model_block(j->model, b, &rows, diag);
        if (err)
            break;
        memcpy(j->codes + rows.first * j->code.stride, rows.codes, rows.n * j->code.stride);
        if (j->scales)
            memcpy(j->scales + rows.first, rows.scales, rows.n * sizeof *j->scales);
    }
    return err;
}

static w2b_err encode_rows(job *j, const w2b_method *method, tally *total, w2b_diag *diag)
{
    w2b_err err = do_rows(j, 0, total, diag);
    if (!err)
        err = check_numbers(j, total, diag);
    if (!err)
        err = choose_code(j, method, total->largest, diag);
    if (!err)
        err = make_room(j, diag);
    return err ? err : do_rows(j, 1, total, diag);
}

/* Takes the job's codes and scales over. */
static w2b_err make_model(job *j, double squared_error, w2b_model **quantized, w2b_diag *diag)
{
    w2b_parts parts = {
        .code = j->code,
        .codes = j->codes,
        .code_room = j->code_room,
        .scales = j->scales,
        .metadata = w2b_metadata_quantized(w2b_model_metadata(j->model),
                                           w2b_model_code(j->model), &j->code, squared_error),
        .format = "memory",
    };
    w2b_err err = copy_words(j->model, &parts, diag);
    if (!err && !parts.metadata)
        err = w2b_fail_memory(diag, strlen(w2b_model_metadata(j->model)), "metadata");
    j->codes = NULL;
    j->scales = NULL;
    if (!err)
        return w2b_model_make(&parts, quantized, diag);
    w2b_parts_free(&parts);
    return err;
}

static int count_threads(uint32_t wanted)
{
    const uint32_t n = wanted ? wanted : w2b_processors();
    return (int)(n < THREADS_MOST ? n : THREADS_MOST);
}

static double bytes_of(const w2b_code *code)
{
    return (double)(code->stride + (code->bits <= 8 ? sizeof(uint16_t) : 0));
}

/* NULL, or what is wrong with the options; the method goes to *method. */
static const char *check_options(const w2b_quantize_options *options, w2b_method *method)
{
    const uint32_t bits = options->bits;
    if (!(bits >= 1 && bits <= 8) && bits != 16 && bits != 32)
        return "bits must be 1 to 8, 16 or 32";
    if (bits <= 8 && options->method &&
        (w2b_method_find(options->method, method) || !w2b_method_name(*method, bits)))
        return "the method must be \"gauss\" or \"uniform\"";
    return NULL;
}

w2b_err w2b_model_quantize(const w2b_model *model, const w2b_quantize_options *given,
                           w2b_model **quantized, w2b_quantize_report *report, w2b_diag *diag)
{
    w2b_quantize_options options;
    w2b_quantize_defaults(&options);
    if (given)
        memcpy(&options, given, given->size < sizeof options ? given->size : sizeof options);
    w2b_method method;
    const char *why = check_options(&options, &method);
    if (why)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "%s", why);

    const w2b_code *from = w2b_model_code(model);
    const w2b_method *wanted = options.bits <= 8 && options.method ? &method : NULL;
    job j = {
        .model = model,
        .code = *from,
        .threads = count_threads(options.threads),
    };
    w2b_meter_start(&j.meter, options.progress, options.progress_user, W2B_STAGE_QUANTIZE,
                    "rows");
    tally total;
    w2b_err err;
    if (from->bits == options.bits && (!wanted || *wanted == from->method)) {
        err = copy_rows(&j, &total, diag);
    } else {
        j.code.bits = options.bits;
        err = encode_rows(&j, wanted, &total, diag);
    }
    const uint64_t words = w2b_model_words(model);
    const double squared_error = total.energy > 0 ? total.error / total.energy : 0;
    if (!err)
        err = w2b_meter_finish(&j.meter, words, words, diag);
    if (!err)
        err = make_model(&j, squared_error, quantized, diag);
    if (j.codes)
        w2b_pages_free(j.codes, j.code_room);
    w2b_free(j.scales);
    if (err)
        return err;
    if (report)
        *report = (w2b_quantize_report){
            .method = w2b_method_name(j.code.method, j.code.bits),
            .bytes_before = bytes_of(from),
            .bytes_after = bytes_of(&j.code),
            .squared_error = squared_error,
            .mean_cosine = total.cosine_sum / (double)words,
            .worst_cosine = total.worst,
        };
    return W2B_OK;
}
