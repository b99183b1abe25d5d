/*
 * repair.c - what is whole of a damaged .w2b file, as a file of its own.
 *
 * A row is kept if the block of its word and that of its codes are whole. The
 * index is made anew, so that damage to it costs nothing; counts and metadata
 * that are damaged are left out. Header, directory, shape, levels and
 * parameters have to be there: without one of them nothing has a meaning.
 */
#include <string.h>

#include "io/format.h"
#include "io/inside.h"

typedef struct repairer {
    const w2b_mapped *mapped;
    w2b_repair_report report;
    size_t lost_room;
    w2b_parts parts;
    size_t bytes_n, bytes_room;
} repairer;

static w2b_err lose(repairer *r, uint64_t row, w2b_diag *diag)
{
    w2b_repair_report *report = &r->report;
    w2b_lost *last = report->n_lost > 0 ? &report->lost[report->n_lost - 1] : NULL;
    if (last && last->first + last->n == row) {
        last->n++;
        return W2B_OK;
    }
    if (w2b_grow((void **)&report->lost, &r->lost_room, report->n_lost + 1, sizeof *last))
        return w2b_fail_memory(diag, (report->n_lost + 1) * sizeof *last, "lost rows");
    report->lost[report->n_lost++] = (w2b_lost){.first = row, .n = 1};
    return W2B_OK;
}

static w2b_err keep_count(repairer *r, uint64_t row, w2b_diag *diag)
{
    uint64_t count = 0;
    const w2b_err err = w2b_mapped_count(r->mapped, row, &count, diag);
    if (err && err != W2B_ERR_CORRUPT)
        return err;
    r->report.counts_lost += err != W2B_OK;
    r->parts.counts[r->parts.words] = count;
    return W2B_OK;
}

static w2b_err keep(repairer *r, uint64_t row, const char *word, size_t length,
                    const w2b_rows *rows, w2b_diag *diag)
{
    w2b_parts *parts = &r->parts;
    const size_t stride = parts->code.stride, at = (size_t)(row - rows->first);
    const size_t need = r->bytes_n + length + 1;
    if (w2b_grow((void **)&parts->bytes, &r->bytes_room, need, 1))
        return w2b_fail_memory(diag, need, "words");
    memcpy(parts->bytes + r->bytes_n, word, length);
    parts->bytes[need - 1] = '\0';
    parts->starts[parts->words + 1] = need;
    r->bytes_n = need;
    memcpy(parts->codes + (size_t)parts->words * stride, rows->codes + at * stride, stride);
    if (parts->scales)
        parts->scales[parts->words] = rows->scales[at];
    const w2b_err err = parts->counts ? keep_count(r, row, diag) : W2B_OK;
    parts->words++;
    return err;
}

/* All rows, a block of codes at a time. Damage is no error here. */
static w2b_err sift(repairer *r, w2b_diag *diag)
{
    const w2b_mapped *mapped = r->mapped;
    w2b_err err = W2B_OK;
    w2b_rows rows = {0};
    int whole = 0;
    for (uint64_t row = 0; row < mapped->words && !err; row++) {
        const char *word;
        size_t length;
        if (row % mapped->code_rows == 0) {
            err = w2b_mapped_block(mapped, row / mapped->code_rows, &rows, diag);
            whole = !err;
            if (err && err != W2B_ERR_CORRUPT)
                return err;
        }
        err = whole ? w2b_mapped_word(mapped, row, &word, &length, diag) : W2B_ERR_CORRUPT;
        if (!err)
            err = keep(r, row, word, length, &rows, diag);
        else if (err == W2B_ERR_CORRUPT)
            err = lose(r, row, diag);
    }
    return err;
}

/* Room for as many rows as the file has. */
static w2b_err reserve(repairer *r, w2b_diag *diag)
{
    const w2b_mapped *mapped = r->mapped;
    w2b_parts *parts = &r->parts;
    const size_t words = (size_t)mapped->words, params = w2b_code_params_room(&mapped->code);
    const int scaled = mapped->code.bits <= 8;
    parts->code = mapped->code;
    parts->format = "w2b";
    parts->code_room = words * mapped->code.stride;
    parts->codes = w2b_pages(parts->code_room);
    parts->starts = w2b_alloc_zero(words + 1, sizeof *parts->starts);
    parts->counts = mapped->count ? w2b_alloc(words, sizeof *parts->counts) : NULL;
    parts->scales = scaled ? w2b_alloc(words, sizeof *parts->scales) : NULL;
    parts->params = params ? w2b_alloc(params, 1) : NULL;
    parts->metadata = w2b_alloc(strlen(mapped->metadata) + 1, 1);
    if (!parts->codes || !parts->starts || !parts->counts != !mapped->count ||
        !parts->scales != !scaled || !parts->params != !params || !parts->metadata)
        return w2b_fail_memory(diag, parts->code_room, "the rows that are whole");
    memcpy(parts->metadata, mapped->metadata, strlen(mapped->metadata) + 1);
    if (params)
        w2b_code_params_copy(&parts->code, parts->params);
    return W2B_OK;
}

static w2b_err save(repairer *r, const char *path, const char *out, int replace, w2b_diag *diag)
{
    w2b_model *model;
    w2b_save_options options;
    if (r->parts.words == 0)
        return w2b_fail_at(diag, W2B_ERR_CORRUPT, path, W2B_NOWHERE, W2B_NOWHERE,
                           "no row is whole");
    r->report.kept = r->parts.words;
    w2b_err err = w2b_model_make(&r->parts, &model, diag);
    if (err)
        return err;
    w2b_save_defaults(&options);
    options.format = W2B_FORMAT_W2B;
    options.replace = replace;
    err = w2b_model_save(model, out, &options, diag);
    w2b_model_free(model);
    return err;
}

void w2b_repair_report_free(w2b_repair_report *report)
{
    w2b_free(report->lost);
    *report = (w2b_repair_report){0};
}

w2b_err w2b_repair(const char *path, const char *out, int replace, w2b_repair_report *report,
                   w2b_diag *diag)
{
    w2b_image image;
    w2b_mapped *mapped;
    w2b_container *container;
    w2b_err err = w2b_image_map(path, &image, diag);
    if (!err)
        err = w2b_container_open(&image, path, &container, diag);
    if (!err)
        err = w2b_mapped_salvage(container, &mapped, diag);
    if (err)
        return err;
    repairer r = {.mapped = mapped};
    r.report.words = mapped->words;
    r.report.metadata_lost = mapped->metadata_lost;
    err = reserve(&r, diag);
    if (!err)
        err = sift(&r, diag);
    if (!err)
        err = save(&r, path, out, replace, diag);
    w2b_parts_free(&r.parts);
    w2b_mapped_free(mapped);
    if (err)
        w2b_repair_report_free(&r.report);
    else
        *report = r.report;
    return err;
}
