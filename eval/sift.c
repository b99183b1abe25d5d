/*
 * sift.c - which rows may be among the best: probes of 8 bits against packed
 * codes. See quant/sieve.h for the kernels.
 *
 * A probe p is split into f * e + r, with e whole numbers in [-127, 127]. What
 * the kernels compute is the exact integer dot = e . row, and since
 * |r . row| <= |r| |row|, a row whose cosine with p reaches the floor has
 *
 *     dot >= (floor * |p| - |r|) / f * |row|
 *
 * The bar is that factor, squared with its sign, so that the square of a row
 * does and no root is needed. For a row of the model itself r is 0 and the sieve
 * as sharp as it can be; for sums of words, rounded to 8 bits, |r| is some
 * hundredth of |p|, and a few more rows pass than must. All that pass are then
 * compared as if there were no sieve, so that answers do not depend on it.
 *
 * 1-bit rows against each other go by the bits that differ, and the bar is the
 * most bits that may.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "eval/search.h"
#include "quant/scheme.h"

/* A batch of fewer probes is not worth turning the rows. */
#define BATCH_LEAST 16

/* Nor one of fewer tables, which let a few more rows pass. */
#define TABLES_LEAST 32

/* Of queries that go past a batch's rows before the next ones do: half a second
 * cache. */
#define QUERY_BYTES ((size_t)512 << 10)

/* More than all roundings of bars, dots and squares to floats together. */
#define SLACK 1e-6

int w2b_sift_can(const w2b_search *search)
{
    return !search->floating && search->code->scheme->has_levels;
}

/* ----- Probes ------------------------------------------------------------- */

/* Rounds numbers, of which the largest is `largest`, to 8 bits; returns |r| in
 * units of f. */
static double round_numbers(const int16_t *numbers, size_t width, int largest, int sign,
                            int8_t *rounded)
{
    const double per_unit = largest > 127 ? 127.0 / largest : 1;
    double miss = 0;
    for (size_t i = 0; i < width; i++) {
        const double x = numbers[i] * per_unit;
        const int whole = (int)(x < 0 ? x - 0.5 : x + 0.5);
        miss += (x - whole) * (x - whole);
        rounded[i] = (int8_t)(sign * whole);
    }
    return sqrt(miss);
}

static int largest_of(const int16_t *numbers, size_t width)
{
    int largest = 0;
    for (size_t i = 0; i < width; i++) {
        const int magnitude = numbers[i] < 0 ? -numbers[i] : numbers[i];
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
}

static void sift_set(w2b_sift *sift, const w2b_search *search, const w2b_probes *probes,
                     size_t i, int8_t *plain)
{
    const w2b_code *const code = search->code;
    const int16_t *const numbers = probes->ints + i * search->width;
    const double inverse = probes->inverses[i];
    const int largest = largest_of(numbers, search->width);
    const double per_unit = largest > 127 ? 127.0 / largest : 1;
    sift->misses[i] = round_numbers(numbers, search->width, largest, inverse < 0 ? -1 : 1, plain);
    sift->lengths[i] = inverse == 0 ? 0 : per_unit / fabs(inverse);
    if (sift->entries != NULL) {
        const size_t size = w2b_sieve_steps(code->dim, code->bits) * 16;
        w2b_sieve_table(plain, code->dim, code->bits, code->levels, sift->entries + i * size,
                        &sift->units[i], &sift->least[i]);
    } else if (sift->batch) {
        sift->sums[i] = 0;
        for (size_t j = 0; j < code->dim; j++) {
            sift->sums[i] += plain[j];
        }
    } else {
        w2b_sieve_lay(plain, code->dim, code->bits, sift->laid + i * sift->room);
    }
}

static int make_codes(w2b_sift *sift, const w2b_search *search, const w2b_probes *probes)
{
    const size_t stride = search->code->stride;
    sift->whole = (stride + 7) / 8 * 8;
    sift->batch = sift->n >= BATCH_LEAST && search->scan->sieve->batch_counts != NULL;
    sift->codes = w2b_alloc_zero(sift->n, sift->whole);
    if (sift->codes == NULL) {
        return -1;
    }
    for (size_t i = 0; i < sift->n; i++) {
        memcpy(sift->codes + i * sift->whole, probes->codes + i * stride, stride);
        sift->lengths[i] = probes->inverses[i];
    }
    return 0;
}

/* In the form that the number of probes and the kernels ask for. */
static int make_numbers(w2b_sift *sift, const w2b_search *search, const w2b_probes *probes)
{
    const w2b_sieve *const sieve = search->scan->sieve;
    const w2b_code *const code = search->code;
    const size_t n = sift->n;
    const int tables = n >= TABLES_LEAST && 4 % code->bits == 0 && code->bits <= sieve->table_bits;
    sift->batch = tables || (n >= BATCH_LEAST && sieve->batch_dots != NULL);
    const int flat = sift->batch && !tables;
    int bad = 0;
    if (tables) {
        sift->entries_room = n * w2b_sieve_steps(code->dim, code->bits) * 16;
        sift->entries = w2b_pages(sift->entries_room);
        sift->units = w2b_alloc(n, sizeof *sift->units);
        sift->least = w2b_alloc(n, sizeof *sift->least);
        bad = sift->entries == NULL || sift->units == NULL || sift->least == NULL;
    } else if (flat) {
        sift->sums = w2b_alloc(n, sizeof *sift->sums);
        bad = sift->sums == NULL;
    } else {
        sift->room = w2b_sieve_room(code->dim, code->bits);
        sift->laid = w2b_alloc(n, sift->room);
        bad = sift->laid == NULL;
    }
    sift->plain = w2b_alloc(flat ? n : 1, search->width);
    bad |= sift->plain == NULL;
    for (size_t i = 0; !bad && i < n; i++) {
        sift_set(sift, search, probes, i, sift->plain + (flat ? i * search->width : 0));
    }
    return bad ? -1 : 0;
}

int w2b_sift_make(w2b_sift *sift, const w2b_search *search, const w2b_probes *probes, size_t n)
{
    memset(sift, 0, sizeof *sift);
    sift->n = n;
    sift->lengths = w2b_alloc(n, sizeof *sift->lengths);
    sift->misses = w2b_alloc(n, sizeof *sift->misses);
    int bad = sift->lengths == NULL || sift->misses == NULL;
    if (!bad && probes->as_codes) {
        bad = make_codes(sift, search, probes) != 0;
    } else if (!bad) {
        bad = make_numbers(sift, search, probes) != 0;
    }
    if (bad) {
        w2b_sift_free(sift);
        return -1;
    }
    return 0;
}

void w2b_sift_free(w2b_sift *sift)
{
    w2b_free(sift->laid);
    w2b_free(sift->plain);
    w2b_free(sift->sums);
    w2b_pages_free(sift->entries, sift->entries_room);
    w2b_free(sift->units);
    w2b_free(sift->least);
    w2b_free(sift->codes);
    w2b_free(sift->lengths);
    w2b_free(sift->misses);
    memset(sift, 0, sizeof *sift);
}

/* ----- Bars --------------------------------------------------------------- */

static float bar_of(const w2b_sift *sift, size_t p, float floor)
{
    if (floor == -INFINITY || sift->lengths[p] == 0) {
        return -FLT_MAX;
    }
    double bar = floor * sift->lengths[p] - sift->misses[p] * (1 + SLACK);
    bar -= fabs(bar) * SLACK;
    bar *= fabs(bar);
    return bar < -FLT_MAX ? -FLT_MAX : (float)(bar - fabs(bar) * SLACK);
}

/* The most bits that may differ. Those of a probe that was turned round are not
 * counted that way: all rows pass. */
static uint32_t limit_of(const w2b_search *search, const w2b_sift *sift, size_t p, float floor)
{
    const double dim = search->code->dim, level = search->code->levels[1];
    if (floor == -INFINITY || sift->lengths[p] <= 0) {
        return UINT32_MAX;
    }
    /* |probe| * |row| is level^2 * dim; 1 more for all roundings. */
    const double inverse = sift->lengths[p] / (level * sqrt(dim));
    const double limit = (dim - floor / (inverse * level * level)) / 2 + 1;
    return limit < 0 ? 0 : limit > dim ? search->code->dim : (uint32_t)limit;
}

/* ----- Rows --------------------------------------------------------------- */

/* The squares of rows of signs, which are all the same, where a kernel wants
 * to read them. */
static void sign_squares(const w2b_search *search, uint32_t *squares)
{
    const uint32_t level = (uint32_t)search->code->levels[1];
    for (size_t i = 0; i < W2B_PART_ROWS; i++) {
        squares[i] = level * level * search->code->dim;
    }
}

int w2b_sift_fit(const w2b_sift *sift, const w2b_search *search, w2b_work *work, size_t tile)
{
    w2b_sieved *const s = &work->sieved;
    const size_t stride = search->code->stride;
    const size_t parts = sift->batch ? sift->n * w2b_sieve_words(W2B_SIFT_BATCH_ROWS)
                                     : w2b_sieve_words(W2B_PART_ROWS);
    int bad = w2b_buffer_fit(&s->passing, &s->passing_room, parts, sizeof(uint64_t));
    bad |= w2b_buffer_fit(&s->bars, &s->bars_room, sift->n, sizeof(float));
    bad |= w2b_buffer_fit(&s->limits, &s->limits_room, sift->n, sizeof(uint32_t));
    bad |= w2b_buffer_fit(&s->codes, &s->codes_room, tile, stride);
    bad |= w2b_buffer_fit(&s->numbers, &s->numbers_room, tile, sizeof(uint64_t));
    bad |= w2b_buffer_fit(&s->squares, &s->squares_room, W2B_PART_ROWS, sizeof(uint32_t));
    if (sift->batch) {
        const size_t room = w2b_sieve_turned_room(search->code->dim, stride);
        bad |= w2b_buffer_fit(&s->turned, &s->turned_room,
                              w2b_sieve_words(W2B_SIFT_BATCH_ROWS) * room + 63, 1);
    }
    if (!bad && search->signs) {
        sign_squares(search, s->squares);
    }
    return bad;
}

static w2b_packed packed_of(const w2b_search *search, const uint8_t *codes, size_t n)
{
    const w2b_code *const code = search->code;
    return (w2b_packed){codes, code->stride, n, code->dim, code->bits, code->levels};
}

void w2b_sift_one(const w2b_sift *sift, const w2b_search *search, w2b_work *work, size_t p,
                  const w2b_top *top, const w2b_some_rows *rows)
{
    const w2b_sieve *const sieve = search->scan->sieve;
    const size_t stride = search->code->stride;
    if (sift->codes != NULL) {
        search->scan->hamming(sift->codes + p * sift->whole, rows->codes, stride, rows->n,
                              work->dots);
        sieve->pass_counts(work->dots, rows->n, limit_of(search, sift, p, top[p].floor),
                           work->sieved.passing);
        return;
    }
    const w2b_packed packed = packed_of(search, rows->codes, rows->n);
    sieve->dots(&packed, sift->laid + p * sift->room, work->dots);
    const uint32_t *const squares = rows->squares != NULL ? rows->squares : work->sieved.squares;
    sieve->pass_dots(work->dots, squares, rows->n,
                     bar_of(sift, p, top[p].floor), work->sieved.passing);
}

/* Turns rows as the probes' form asks for; bytes of a query in this form. */
static size_t rows_turn(const w2b_sift *sift, const w2b_search *search, w2b_work *work,
                        const w2b_some_rows *rows, uint8_t *turned)
{
    const w2b_sieve *const sieve = search->scan->sieve;
    const w2b_code *const code = search->code;
    if (sift->codes != NULL) {
        sieve->turn_counts(rows->codes, code->stride, rows->n, turned);
        return sift->whole;
    }
    if (sift->entries != NULL) {
        const size_t steps = w2b_sieve_steps(code->dim, code->bits);
        sieve->turn_tables(rows->codes, code->stride, rows->n, steps, turned);
        return steps * 16;
    }
    for (size_t at = 0; at < rows->n; at += W2B_SIFT_UNPACK_ROWS) {
        const size_t left = rows->n - at;
        const size_t n = left < W2B_SIFT_UNPACK_ROWS ? left : W2B_SIFT_UNPACK_ROWS;
        w2b_rows_unpack(search, rows->codes + at * code->stride, n, work->rows);
        sieve->turn_dots(work->rows, n, code->dim, turned + at * search->width);
    }
    return search->width;
}

void w2b_sift_batch(const w2b_sift *sift, const w2b_search *search, w2b_work *work,
                    const w2b_top *top, const w2b_some_rows *rows)
{
    const w2b_sieve *const sieve = search->scan->sieve;
    const w2b_code *const code = search->code;
    w2b_sieved *const s = &work->sieved;
    uint8_t *const turned = s->turned + (63 & -(uintptr_t)s->turned);
    const uint32_t *const squares = rows->squares != NULL ? rows->squares : s->squares;
    const size_t words = w2b_sieve_words(rows->n);
    const size_t bytes = rows_turn(sift, search, work, rows, turned);
    const size_t fitting = QUERY_BYTES / bytes / 12 * 12, step = fitting > 0 ? fitting : 12;
    for (size_t p = 0; p < sift->n; p++) {
        if (sift->codes != NULL) {
            s->limits[p] = limit_of(search, sift, p, top[p].floor);
        } else {
            s->bars[p] = bar_of(sift, p, top[p].floor);
        }
    }
    for (size_t p = 0; p < sift->n; p += step) {
        const w2b_sieve_batch batch = {sift->n - p < step ? sift->n - p : step, rows->n, turned,
                                       s->passing + p * words, words};
        if (sift->codes != NULL) {
            sieve->batch_counts(&batch, code->stride, sift->codes + p * bytes, s->limits + p);
        } else if (sift->entries != NULL) {
            const w2b_sieve_tables tables = {sift->entries + p * bytes, sift->units + p,
                                             sift->least + p};
            sieve->batch_tables(&batch, bytes / 16, &tables, squares, s->bars + p);
        } else {
            const w2b_sieve_numbers numbers = {sift->plain + p * bytes, sift->sums + p};
            sieve->batch_dots(&batch, code->dim, &numbers, squares, s->bars + p);
        }
    }
}

void w2b_rows_squares(const w2b_search *search, w2b_work *work, size_t tile,
                      const uint8_t *codes, size_t n, uint32_t *squares)
{
    if (w2b_sift_can(search)) {
        const w2b_packed packed = packed_of(search, codes, n);
        search->scan->sieve->squares(&packed, search->used, squares);
        return;
    }
    if (search->square_table != NULL) {
        search->code->scheme->table_dots(search->code, search->square_table, codes, n,
                                         (int32_t *)squares);
        return;
    }
    for (size_t at = 0; at < n; at += tile) {
        const size_t m = n - at < tile ? n - at : tile;
        w2b_rows_unpack(search, codes + at * search->code->stride, m, work->rows);
        for (size_t i = 0; i < m; i++) {
            const int16_t *const row = (const int16_t *)work->rows + i * search->width;
            int32_t square;
            search->scan->dot_i16(row, 1, row, 1, search->width, &square, 1);
            squares[at + i] = (uint32_t)square;
        }
    }
}
