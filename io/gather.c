/*
 * gather.c - a model made row by row, for formats of float vectors.
 *
 * Rows beyond the bound of memory are encoded (press.c), where the model is to
 * be quantized by a method that can do so; or they go to a file without a name
 * with pwrite, and are mapped for reading only at the end: a full disk is then
 * an error that can be reported, not a signal.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/gather.h"
#include "io/levels.h"
#include "io/little.h"
#include "io/temp.h"

#define FIRST_BYTES ((size_t)64 << 10)

/* Rows to wait for before they are encoded, if nobody says. */
#define MEMORY ((uint64_t)64 << 20)

/* Once rows leave memory they do so in batches of this size: enough that
 * system calls cost nothing, and that there is work for many threads. */
#define BATCH_BYTES ((uint64_t)16 << 20)

/* ----- Room for rows ------------------------------------------------------ */

/* Moves the rows to room for `rows`. */
static w2b_err resize(w2b_gather *g, size_t rows, w2b_diag *diag)
{
    size_t bytes;
    w2b_parts *parts = &g->parts;
    if (w2b_mul(rows, parts->code.stride, &bytes) != 0)
        return w2b_fail_memory(diag, UINT64_MAX, "vectors");
    uint8_t *codes = w2b_pages(bytes);
    if (!codes)
        return w2b_fail_memory(diag, bytes, "vectors");
    if (parts->codes) {
        memcpy(codes, parts->codes, g->rows_n * parts->code.stride);
        w2b_pages_free(parts->codes, parts->code_room);
    }
    parts->codes = codes;
    parts->code_room = bytes;
    g->rows_room = rows;
    return W2B_OK;
}

/* The press, if rows can be encoded by what is known of them so far. */
static w2b_err try_press(w2b_gather *g, w2b_diag *diag)
{
    const w2b_parts *parts = &g->parts;
    int possible = 0;
    float unit;
    /* These need no choice, if all rows are like that. */
    if (g->may_be_levels &&
        w2b_levels_find(parts->codes, g->rows_n * parts->code.dim, &unit) > 0)
        return W2B_OK;
    g->press = w2b_alloc_zero(1, sizeof *g->press);
    if (!g->press)
        return w2b_fail_memory(diag, sizeof *g->press, "encoding rows");
    const w2b_err err = w2b_press_begin(g->press, g->quantize, parts->code.dim, parts->codes,
                                        parts->code_room, g->rows_n, g->expected, &possible,
                                        diag);
    if (err || !possible) {
        w2b_press_free(g->press);
        w2b_free(g->press);
        g->press = NULL;
    }
    return err;
}

/* Sends the rows that are in memory to the press, or to the file. */
static w2b_err spill(w2b_gather *g, w2b_diag *diag)
{
    const size_t stride = g->parts.code.stride;
    w2b_err err = W2B_OK;
    if (g->quantize && !g->press && g->fd < 0)
        err = try_press(g, diag);
    if (!err && g->press)
        err = w2b_press_add(g->press, g->parts.codes, g->rows_n, diag);
    else if (!err && g->fd < 0)
        err = w2b_temp_open(g->spool_dir, &g->fd, diag);
    if (!err && !g->press)
        err = w2b_temp_write(g->fd, g->spool_dir, "vectors", (g->vectors - g->rows_n) * stride,
                             g->parts.codes, g->rows_n * stride, diag);
    g->rows_n = 0;
    return err;
}

/* Rows that are kept in memory at most. */
static size_t most_rows(const w2b_gather *g)
{
    const size_t stride = g->parts.code.stride;
    if (g->memory == 0)
        return SIZE_MAX / stride;
    const int leaving = g->fd >= 0 || g->press;
    const uint64_t bytes = leaving && g->memory > BATCH_BYTES ? BATCH_BYTES : g->memory;
    uint64_t rows = bytes / stride;
    if (rows > W2B_ENCODE_CHUNK)
        rows -= rows % W2B_ENCODE_CHUNK;
    return rows < 1 ? 1 : rows > SIZE_MAX / stride ? SIZE_MAX / stride : (size_t)rows;
}

/* Room for one row more. */
static w2b_err make_room(w2b_gather *g, w2b_diag *diag)
{
    const size_t most = most_rows(g);
    if (g->rows_n >= most) {
        const w2b_err err = spill(g, diag);
        if (err)
            return err;
        return g->rows_room > most_rows(g) ? resize(g, most_rows(g), diag) : W2B_OK;
    }
    /* By half as much again. */
    const size_t first = FIRST_BYTES / g->parts.code.stride + 1;
    size_t rows;
    if (w2b_add(g->rows_room, g->rows_room / 2, &rows) != 0)
        return w2b_fail_memory(diag, UINT64_MAX, "vectors");
    if (rows < first)
        rows = first;
    return resize(g, rows < most ? rows : most, diag);
}

/* The place of the next row. */
static w2b_err next_row(w2b_gather *g, uint8_t **row, w2b_diag *diag)
{
    if (g->rows_n >= g->rows_room) {
        const w2b_err err = make_room(g, diag);
        if (err)
            return err;
    }
    *row = g->parts.codes + g->rows_n * g->parts.code.stride;
    g->rows_n++;
    g->vectors++;
    return W2B_OK;
}

/* ----- What readers do ---------------------------------------------------- */

w2b_err w2b_gather_start(w2b_gather *gather, const w2b_open_options *options, uint32_t dim,
                         uint64_t expected, const char *format, w2b_diag *diag)
{
    memset(gather, 0, sizeof *gather);
    gather->fd = -1;
    gather->max_words = options->max_words;
    gather->max_word = options->max_word;
    gather->quantize = options->quantize;
    gather->report = options->report;
    gather->memory = options->quantize && options->memory == 0 ? MEMORY : options->memory;
    gather->spool_dir = options->spool_dir ? options->spool_dir : W2B_TEMP_DIR;
    gather->parts.format = format;
    if (dim > options->max_dim)
        return w2b_fail(diag, W2B_ERR_LIMIT,
                        "vectors of %u numbers: at most %u are allowed", (unsigned int)dim,
                        (unsigned int)options->max_dim);
    if (w2b_code_init(&gather->parts.code, W2B_METHOD_FLOAT, 32, dim) != 0)
        return w2b_fail(diag, W2B_ERR_LIMIT, "vectors of %u numbers are not possible",
                        (unsigned int)dim);
    if (options->limit > 0 && expected > options->limit)
        expected = options->limit;
    gather->expected = expected;
    if (expected > most_rows(gather))
        expected = most_rows(gather);
    /* Untouched pages cost nothing: the reservation may be generous, and if it
     * is refused, growing may still do. */
    if (expected > 0)
        (void)resize(gather, (size_t)expected, NULL);
    return W2B_OK;
}

w2b_err w2b_gather_word(w2b_gather *gather, const char *word, size_t length, w2b_diag *diag)
{
    w2b_gather *g = gather;
    w2b_parts *parts = &g->parts;
    size_t need;
    if (parts->words >= g->max_words)
        return w2b_fail(diag, W2B_ERR_LIMIT, "more than the %llu words that are allowed",
                        (unsigned long long)g->max_words);
    if (length > g->max_word)
        return w2b_fail(diag, W2B_ERR_LIMIT, "word %llu is longer than the %u bytes allowed",
                        (unsigned long long)parts->words, g->max_word);
    if (w2b_add(g->bytes_n, length, &need) != 0 || w2b_add(need, 1, &need) != 0 ||
        w2b_grow((void **)&parts->bytes, &g->bytes_room, need, 1) != 0)
        return w2b_fail_memory(diag, (uint64_t)g->bytes_room + length, "words");
    const size_t starts = (size_t)parts->words + 2;
    if (w2b_grow((void **)&parts->starts, &g->starts_room, starts, sizeof *parts->starts) != 0)
        return w2b_fail_memory(diag, starts * sizeof *parts->starts, "words");
    memcpy(parts->bytes + g->bytes_n, word, length);
    parts->bytes[need - 1] = 0;
    parts->starts[parts->words] = g->bytes_n;
    parts->starts[parts->words + 1] = need;
    g->bytes_n = need;
    parts->words++;
    return W2B_OK;
}

w2b_err w2b_gather_count(w2b_gather *gather, uint64_t count, w2b_diag *diag)
{
    w2b_parts *parts = &gather->parts;
    const size_t need = (size_t)parts->words;
    const size_t had = gather->counts_room;
    if (w2b_grow((void **)&parts->counts, &gather->counts_room, need, sizeof *parts->counts) != 0)
        return w2b_fail_memory(diag, need * sizeof *parts->counts, "counts");
    if (gather->counts_room > had)
        memset(parts->counts + had, 0, (gather->counts_room - had) * sizeof *parts->counts);
    parts->counts[need - 1] = count;
    return W2B_OK;
}

/* Rows of codes hold floats in little-endian order. */
static void put_floats(const float *vector, uint32_t dim, uint8_t *row)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(row, vector, dim * sizeof *vector);
#else
    for (uint32_t i = 0; i < dim; i++) {
        uint32_t bits;
        memcpy(&bits, &vector[i], sizeof bits);
        w2b_put_u32(row + i * sizeof bits, bits);
    }
#endif
}

w2b_err w2b_gather_vectors(w2b_gather *gather, const float *vectors, size_t n, w2b_diag *diag)
{
    const uint32_t dim = gather->parts.code.dim;
    for (size_t i = 0; i < n; i++) {
        uint8_t *row;
        const w2b_err err = next_row(gather, &row, diag);
        if (err)
            return err;
        put_floats(vectors + i * dim, dim, row);
    }
    return W2B_OK;
}

w2b_err w2b_gather_add(w2b_gather *gather, const char *word, size_t length,
                       const float *vector, w2b_diag *diag)
{
    const w2b_err err = w2b_gather_word(gather, word, length, diag);
    return err ? err : w2b_gather_vectors(gather, vector, 1, diag);
}

w2b_err w2b_gather_add_bytes(w2b_gather *gather, const char *word, size_t length,
                             const uint8_t *vector, w2b_diag *diag)
{
    uint8_t *row;
    w2b_err err = w2b_gather_word(gather, word, length, diag);
    if (!err)
        err = next_row(gather, &row, diag);
    if (!err)
        memcpy(row, vector, gather->parts.code.stride);
    return err;
}

/* ----- The end ------------------------------------------------------------ */

/* The rows in the file, as if they were in memory. */
static w2b_err map_rows(w2b_gather *g, w2b_diag *diag)
{
    w2b_parts *parts = &g->parts;
    size_t bytes;
    w2b_err err = spill(g, diag);
    if (err)
        return err;
    if (w2b_mul((size_t)g->vectors, parts->code.stride, &bytes) != 0)
        return w2b_fail_memory(diag, UINT64_MAX, "vectors");
    void *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, g->fd, 0);
    if (map == MAP_FAILED)
        return w2b_fail_sys(diag, g->spool_dir, errno, "cannot map a temporary file");
    w2b_pages_free(parts->codes, parts->code_room);
    parts->codes = map;
    parts->code_room = bytes;
    parts->on_disk = 1;
    return W2B_OK;
}

static w2b_err press_rows(w2b_gather *g, w2b_diag *diag)
{
    const w2b_err err = spill(g, diag);
    return err ? err : w2b_press_finish(g->press, &g->parts, g->report, diag);
}

w2b_err w2b_gather_finish(w2b_gather *gather, w2b_model **model, w2b_diag *diag)
{
    w2b_gather *g = gather;
    w2b_parts *parts = &g->parts;
    w2b_err err = W2B_OK;
    if (parts->words != g->vectors)
        err = w2b_fail(diag, W2B_ERR_FORMAT, "%llu words, but %llu vectors",
                       (unsigned long long)parts->words, (unsigned long long)g->vectors);
    /* Counts reach as far as the last word that has one. */
    if (!err && parts->counts && g->counts_room < parts->words)
        err = w2b_gather_count(g, 0, diag);
    if (!err && g->press)
        err = press_rows(g, diag);
    else if (!err && g->fd >= 0)
        err = map_rows(g, diag);
    if (!err && g->may_be_levels && !g->press)
        err = w2b_levels_import(parts, diag);
    if (!err)
        err = w2b_model_make(parts, model, diag);
    w2b_gather_abort(g);
    return err;
}

void w2b_gather_abort(w2b_gather *gather)
{
    if (gather->parts.code.stride > 0 && gather->fd >= 0)
        (void)close(gather->fd);
    if (gather->press)
        w2b_press_free(gather->press);
    w2b_free(gather->press);
    w2b_parts_free(&gather->parts);
    memset(gather, 0, sizeof *gather);
    gather->fd = -1;
}
