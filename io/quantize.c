/*
 * quantize.c - the same words at other bits.
 */
#include <string.h>

#include "io/choose.h"
#include "io/encode.h"
#include "io/inside.h"
#include "io/metadata.h"
#include "io/progress.h"
#include "io/quantize.h"

#define THREADS_MOST 1024
#define AUTO "auto"

void w2b_quantize_defaults(w2b_quantize_options *options)
{
    *options = (w2b_quantize_options){.size = sizeof *options, .bits = 4, .seed = 1};
}

typedef struct job {
    const w2b_model *model;
    w2b_encode encode; /* codes, scales and the code to be */
    size_t code_room;
    uint8_t *params;   /* of the code */
    w2b_trials trials;
    w2b_meter meter;
} job;

/* ----- The model ---------------------------------------------------------- */

/* The first n words. */
static w2b_err copy_words(const w2b_model *model, size_t n, w2b_parts *parts, w2b_diag *diag)
{
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
    const size_t n = (size_t)j->encode.n;
    if (w2b_mul(n, j->encode.code.stride, &j->code_room))
        return w2b_fail_memory(diag, UINT64_MAX, "codes");
    j->encode.codes = w2b_pages(j->code_room);
    if (j->encode.code.bits <= 8)
        j->encode.scales = w2b_alloc(n, sizeof *j->encode.scales);
    if (!j->encode.codes || (j->encode.code.bits <= 8 && !j->encode.scales))
        return w2b_fail_memory(diag, j->code_room + n * sizeof *j->encode.scales, "codes");
    return W2B_OK;
}

/* Rows that have the wanted form already are taken as they are: coding them
 * again could only lose. */
static w2b_err copy_rows(job *j, w2b_tally *total, w2b_diag *diag)
{
    w2b_encode *to = &j->encode;
    const size_t size = w2b_code_params_room(&to->code);
    *total = w2b_tally_nothing;
    total->cosine_sum = (double)w2b_model_words(j->model);
    if (size) {
        j->params = w2b_alloc(size, 1);
        if (!j->params)
            return w2b_fail_memory(diag, size, "parameters");
        w2b_code_params_copy(&to->code, j->params);
    }
    w2b_err err = make_room(j, diag);
    for (size_t b = 0; b < w2b_model_blocks(j->model) && !err; b++) {
        w2b_rows rows;
        err = w2b_model_block(j->model, b, &rows, diag);
        if (err)
            break;
        memcpy(to->codes + rows.first * to->code.stride, rows.codes, rows.n * to->code.stride);
        if (to->scales)
            memcpy(to->scales + rows.first, rows.scales, rows.n * sizeof *to->scales);
    }
    return err;
}

static w2b_err encode_rows(job *j, w2b_wish *wish, w2b_tally *total, w2b_diag *diag)
{
    *total = w2b_tally_nothing;
    w2b_err err = w2b_encode_look(&j->encode, total, diag);
    if (!err)
        err = w2b_encode_check(&j->encode, total, 0, diag);
    wish->largest = total->largest;
    if (!err)
        err = w2b_choose(j->model, wish, &j->encode.code, &j->params, &j->trials, diag);
    if (!err)
        err = make_room(j, diag);
    return err ? err : w2b_encode_rows(&j->encode, total, diag);
}

/* Takes the job's codes and scales over. */
static w2b_err make_model(job *j, double squared_error, w2b_model **quantized, w2b_diag *diag)
{
    w2b_parts parts = {
        .code = j->encode.code,
        .codes = j->encode.codes,
        .code_room = j->code_room,
        .scales = j->encode.scales,
        .params = j->params,
        .metadata = w2b_metadata_quantized(w2b_model_metadata(j->model), w2b_model_code(j->model),
                                           &j->encode.code, squared_error),
        .format = "memory",
    };
    w2b_err err = copy_words(j->model, (size_t)j->encode.n, &parts, diag);
    if (!err && !parts.metadata)
        err = w2b_fail_memory(diag, strlen(w2b_model_metadata(j->model)), "metadata");
    j->encode.codes = NULL;
    j->encode.scales = NULL;
    j->params = NULL;
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

/* NULL, or what is wrong with the options; the method goes to *method. */
static const char *check_options(const w2b_quantize_options *options, w2b_method *method)
{
    const uint32_t bits = options->bits, bytes = options->bytes_per_word;
    if (options->prune && !bytes)
        return "words are pruned for a budget of bytes, and there is none";
    if (!(bits >= 1 && bits <= 8) && bits != 16 && bits != 32)
        return "bits must be 1 to 8, 16 or 32";
    if ((bits <= 8 || bytes) && options->method && strcmp(options->method, AUTO) != 0 &&
        (w2b_method_find(options->method, method) || !w2b_method_name(*method, bytes ? 1 : bits)))
        return "there is no such method";
    return NULL;
}

static w2b_quantize_options complete(const w2b_quantize_options *given)
{
    w2b_quantize_options options;
    w2b_quantize_defaults(&options);
    if (given)
        memcpy(&options, given, given->size < sizeof options ? given->size : sizeof options);
    return options;
}

int w2b_quantize_prunes(const w2b_quantize_options *options)
{
    return complete(options).prune;
}

w2b_err w2b_quantize_wish(const w2b_quantize_options *given, uint32_t dim, w2b_method *method,
                          w2b_wish *wish, w2b_diag *diag)
{
    const w2b_quantize_options options = complete(given);
    const char *why = check_options(&options, method);
    if (why)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "%s", why);
    const int all = options.method && strcmp(options.method, AUTO) == 0;
    const uint64_t bytes = options.bytes_per_word;
    uint32_t bits = bytes ? 0 : options.bits;
    if (bytes && !options.prune && (!options.method || all))
        bits = bytes >= 4 * (uint64_t)dim ? 32 : bytes >= 2 * (uint64_t)dim ? 16 : 0;
    *wish = (w2b_wish){
        .bits = bits,
        .bytes = options.bytes_per_word,
        .method = bits <= 8 && options.method && !all ? method : NULL,
        .all = all,
        .seed = options.seed,
        .threads = count_threads(options.threads),
    };
    return W2B_OK;
}

/* Whether the rows have the wanted form already. */
static int is_so_already(const w2b_code *from, const w2b_wish *wish, w2b_method method)
{
    if (wish->rows || (wish->method && method != from->method))
        return 0;
    return wish->bits ? from->bits == wish->bits
                      : from->bits <= 8 && from->bytes <= (double)wish->bytes;
}

w2b_err w2b_model_quantize(const w2b_model *model, const w2b_quantize_options *given,
                           w2b_model **quantized, w2b_quantize_report *report, w2b_diag *diag)
{
    const w2b_quantize_options options = complete(given);
    const w2b_code *from = w2b_model_code(model);
    w2b_method method;
    w2b_wish wish;
    w2b_err err = w2b_quantize_wish(&options, from->dim, &method, &wish, diag);
    if (err)
        return err;
    job j = {
        .model = model,
        .encode = {
            .model = model,
            .n = w2b_model_words(model),
            .code = *from,
            .threads = wish.threads,
        },
    };
    j.encode.meter = &j.meter;
    w2b_meter_start(&j.meter, options.progress, options.progress_user, W2B_STAGE_QUANTIZE,
                    "rows");
    w2b_tally total = w2b_tally_nothing;
    if (options.prune) {
        err = w2b_wish_prune(model, &wish, diag);
        j.encode.n = wish.rows;
    }
    if (!err && is_so_already(from, &wish, method)) {
        err = copy_rows(&j, &total, diag);
    } else if (!err) {
        j.encode.code.bits = wish.bits;
        err = encode_rows(&j, &wish, &total, diag);
    }
    const uint64_t words = j.encode.n;
    const double squared_error = total.energy > 0 ? total.error / total.energy : 0;
    if (!err)
        err = w2b_meter_finish(&j.meter, words, words, diag);
    if (!err)
        err = w2b_model_unchanged(model, diag);
    if (!err)
        err = make_model(&j, squared_error, quantized, diag);
    if (j.encode.codes)
        w2b_pages_free(j.encode.codes, j.code_room);
    w2b_free(j.encode.scales);
    w2b_free(j.params);
    if (err)
        return err;
    if (report) {
        w2b_info info;
        w2b_model_info(model, &info);
        w2b_encode_report(&total, words, from, &j.encode.code, report);
        report->trials = j.trials;
        report->subwords = info.subwords;
    }
    return W2B_OK;
}
