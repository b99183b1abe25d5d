/*
 * scan.c - the scan of a model's rows. See search.h.
 *
 * A tile of rows is unpacked to 16-bit integers (or floats) once and meets all
 * probes while it lies in the cache. Norms are not computed ahead: the first
 * scan finds them on the way, a part at a time, so that a handle made for a
 * single question does not read the model twice.
 */
#include <math.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "eval/search.h"
#include "quant/scheme.h"

#define TILE_BYTES ((size_t)96 << 10)    /* of unpacked rows: second cache */
#define COSINE_BYTES ((size_t)512 << 10) /* of a tile with all probes: same */
#define TILE_ROWS 1024
#define DOTS_PROBES 64                   /* multiplied at a time */
/* Probes meet tables where these take no more steps than so many for each number of an
 * unpacked row: 12 probes at 1 bit, 3 at 4. */
#define TABLE_STEPS 1.5
/* Of rows times probes, some eight milliseconds: a second thread for less gains
 * little on an idle machine, and on a busy one loses more than that, waiting
 * for its turn. */
#define THREAD_BYTES (48.0 * (1 << 20))

/* Each of these works on whole groups; what stands past the last row of a tile
 * is some number, and its cosine is replaced by NaN later. */

static void cosines_of_ints(const int32_t *restrict dots, size_t groups, double probe,
                            const double *restrict rows, float *restrict out)
{
    for (size_t i = 0; i < groups * W2B_GROUP; i += W2B_GROUP) {
        for (size_t j = 0; j < W2B_GROUP; j++) {
            out[i + j] = (float)((double)dots[i + j] * (probe * rows[i + j]));
        }
    }
}

static void cosines_of_floats(const float *restrict dots, size_t groups, double probe,
                              const double *restrict rows, float *restrict out)
{
    for (size_t i = 0; i < groups * W2B_GROUP; i += W2B_GROUP) {
        for (size_t j = 0; j < W2B_GROUP; j++) {
            out[i + j] = (float)((double)dots[i + j] * (probe * rows[i + j]));
        }
    }
}

static void cosines_of_counts(const w2b_search *search, const uint32_t *restrict counts,
                              size_t groups, double inverse, float *restrict out)
{
    for (size_t i = 0; i < groups * W2B_GROUP; i += W2B_GROUP) {
        for (size_t j = 0; j < W2B_GROUP; j++) {
            out[i + j] = (float)((double)w2b_sign_dot(search, counts[i + j]) * inverse);
        }
    }
}

/* What one scan shares among its threads. */
typedef struct scan_job {
    w2b_search *search;
    const w2b_probes *probes;
    size_t n;
    size_t tile;     /* rows, a multiple of W2B_GROUP */
    const w2b_tops *tops;  /* NULL, or: */
    w2b_sift sift;
    int32_t *tables; /* [n] of w2b_rows_table numbers, or NULL: rows are unpacked */
    w2b_tile_fn take;
    void *user;
} scan_job;

/* Rows of a model on their way through the kernels. */
typedef struct row_set {
    const uint8_t *codes;
    uint64_t first;          /* as in w2b_tile */
    const uint64_t *rows;
    size_t n;
    const uint32_t *squares; /* at 1 to 8 bits, NULL for signs */
    int known;               /* inverses are, at 16 and 32 bits */
} row_set;

/* Probes from .. to. */
typedef struct probe_range {
    size_t from;
    size_t to;
} probe_range;

/* Rows at .. at + n of a set. */
static row_set set_part(const w2b_search *search, const row_set *set, size_t at, size_t n)
{
    row_set part = *set;
    part.codes += at * search->code->stride;
    part.first += at;
    part.rows = set->rows != NULL ? set->rows + at : NULL;
    part.squares = set->squares != NULL ? set->squares + at : NULL;
    part.n = n;
    return part;
}

/* Leaves the inverses of unpacked rows, as the kernels' dots want them, in
 * work->inverses; finds those of floats, and brings rows into range that need
 * it. */
static void tile_norms(w2b_search *search, w2b_work *work, const row_set *set)
{
    if (!search->floating) {
        const uint32_t level = (uint32_t)search->code->levels[1];
        for (size_t i = 0; i < set->n; i++) {
            const uint32_t square = set->squares != NULL ? set->squares[i]
                                                         : level * level * search->code->dim;
            work->inverses[i] = square > 0 ? 1 / sqrt(square) : 0;
        }
        return;
    }
    for (size_t i = 0; i < set->n; i++) {
        const uint64_t number = set->rows != NULL ? set->rows[i] : set->first + i;
        double *const inverse = &search->inverses[number];
        float *const row = (float *)work->rows + i * search->width;
        if (!set->known) {
            *inverse = w2b_row_inverse_float(search, row);
        } else if (*inverse < 0) {
            w2b_row_fit(row, search->width);
        }
        work->inverses[i] = fabs(*inverse);
    }
}

/* Cosines of probes with n rows of a 1-bit model. */
static void tile_hamming(const scan_job *job, w2b_work *work, probe_range probes,
                         const uint8_t *codes, size_t n)
{
    const w2b_search *const search = job->search;
    const size_t stride = search->code->stride;
    const double inverse = w2b_sign_inverse(search);
    for (size_t p = probes.from; p < probes.to; p++) {
        search->scan->hamming(job->probes->codes + p * stride, codes, stride, n, work->dots);
        cosines_of_counts(search, work->dots, w2b_groups(n), job->probes->inverses[p] * inverse,
                          work->cosines + (p - probes.from) * job->tile);
    }
}

/* Brings cosines with a vector from elsewhere to where they are right on
 * average, with methods that keep what it takes. */
static void correct_cosines(const w2b_code *code, const uint8_t *codes, size_t n, float *cosines)
{
    for (size_t i = 0; i < n; i++) {
        cosines[i] /= code->scheme->kept(code, codes + i * code->stride);
    }
}

/* Products of probes with rows of codes, to work->dots. */
static void set_dots(const scan_job *job, w2b_work *work, probe_range range, const row_set *set)
{
    const w2b_search *const search = job->search;
    const size_t width = search->width, many = range.to - range.from;
    if (job->tables != NULL) {
        const size_t numbers = w2b_rows_table(search);
        for (size_t i = 0; i < many; i++) {
            search->code->scheme->table_dots(search->code,
                                             job->tables + (range.from + i) * numbers,
                                             set->codes, set->n,
                                             (int32_t *)work->dots + i * job->tile);
        }
    } else if (search->floating) {
        search->scan->dot_f32(job->probes->floats + range.from * width, many, work->rows, set->n,
                              width, work->dots, job->tile);
    } else {
        search->scan->dot_i16(job->probes->ints + range.from * width, many, work->rows, set->n,
                              width, work->dots, job->tile);
    }
}

/* Cosines of probes with rows of codes. */
static void tile_dots(const scan_job *job, w2b_work *work, probe_range range, const row_set *set)
{
    w2b_search *const search = job->search;
    const w2b_probes *const probes = job->probes;
    const size_t n = set->n;
    if (job->tables == NULL) {
        w2b_rows_unpack(search, set->codes, n, work->rows);
    }
    tile_norms(search, work, set);
    for (size_t p = range.from; p < range.to; p += DOTS_PROBES) {
        const size_t m = range.to - p < DOTS_PROBES ? range.to - p : DOTS_PROBES;
        set_dots(job, work, (probe_range){p, p + m}, set);
        for (size_t i = 0; i < m; i++) {
            const double inverse = probes->inverses[p + i];
            float *const out = work->cosines + (p - range.from + i) * job->tile;
            if (search->floating) {
                cosines_of_floats((const float *)work->dots + i * job->tile, w2b_groups(n),
                                  inverse, work->inverses, out);
            } else {
                cosines_of_ints((const int32_t *)work->dots + i * job->tile, w2b_groups(n),
                                inverse, work->inverses, out);
            }
            if (probes->outside[p + i] && search->code->scheme->kept != NULL) {
                correct_cosines(search->code, set->codes, n, out);
            }
        }
    }
}

/* Up to a tile of rows to the job's owner. */
static void set_take(const scan_job *job, size_t thread, probe_range probes, const row_set *set)
{
    w2b_work *const work = &job->search->works[thread];
    const size_t n = set->n, many = probes.to - probes.from;
    if (job->probes->as_codes) {
        tile_hamming(job, work, probes, set->codes, n);
    } else {
        tile_dots(job, work, probes, set);
    }
    for (size_t p = 0; p < many; p++) {
        for (size_t i = n; i < w2b_groups(n) * W2B_GROUP; i++) {
            work->cosines[p * job->tile + i] = NAN;
        }
    }
    const w2b_tile tile = {set->first, set->rows, n, probes.from, many, w2b_groups(n),
                           work->cosines, job->tile};
    job->take(job->user, thread, &tile);
}

/* Takes the rows of a set that passed the sieve for probe p, together. */
static void passed_take(const scan_job *job, size_t thread, size_t p, const row_set *set,
                        const uint64_t *passing)
{
    const w2b_sieved *const kept = &job->search->works[thread].sieved;
    const size_t stride = job->search->code->stride;
    const probe_range one = {p, p + 1};
    row_set few = {.codes = kept->codes, .rows = kept->numbers,
                   .squares = set->squares != NULL ? kept->squares : NULL};
    for (size_t at = 0; at < set->n; at += 64) {
        for (uint64_t bits = passing[at / 64]; bits != 0; bits &= bits - 1) {
            const size_t i = at + (size_t)__builtin_ctzll(bits);
            memcpy(kept->codes + few.n * stride, set->codes + i * stride, stride);
            kept->numbers[few.n] = set->rows != NULL ? set->rows[i] : set->first + i;
            if (set->squares != NULL) {
                kept->squares[few.n] = set->squares[i];
            }
            if (++few.n == job->tile) {
                set_take(job, thread, one, &few);
                few.n = 0;
            }
        }
    }
    if (few.n > 0) {
        set_take(job, thread, one, &few);
    }
}

/* Up to a part's rows, when there are bars to hold them against. */
static void set_sift(const scan_job *job, size_t thread, const row_set *set)
{
    w2b_work *const work = &job->search->works[thread];
    const w2b_top *const top = w2b_tops_at(job->tops, thread, 0);
    const size_t step = job->sift.batch ? W2B_SIFT_BATCH_ROWS : set->n;
    for (size_t at = 0; at < set->n; at += step) {
        const row_set part = set_part(job->search, set, at,
                                      set->n - at < step ? set->n - at : step);
        const w2b_some_rows rows = {part.codes, part.squares, part.n};
        const size_t words = w2b_sieve_words(part.n);
        if (job->sift.batch) {
            w2b_sift_batch(&job->sift, job->search, work, top, &rows);
        }
        for (size_t p = 0; p < job->n; p++) {
            if (!job->sift.batch) {
                w2b_sift_one(&job->sift, job->search, work, p, top, &rows);
            }
            const uint64_t *const passing = work->sieved.passing +
                                            (job->sift.batch ? p * words : 0);
            uint64_t any = 0;
            for (size_t i = 0; i < words; i++) {
                any |= passing[i];
            }
            if (any != 0) {
                passed_take(job, thread, p, &part, passing);
            }
        }
    }
}

/* Up to a part's rows. The first ones of a thread go by tiles, until there is
 * something to hold the others against. */
static void set_scan(const scan_job *job, size_t thread, const row_set *set)
{
    const probe_range all = {0, job->n};
    for (size_t at = 0; at < set->n;) {
        const size_t left = set->n - at;
        if (job->tops != NULL && w2b_tops_at(job->tops, thread, job->n - 1)->floor > -INFINITY) {
            const row_set rest = set_part(job->search, set, at, left);
            set_sift(job, thread, &rest);
            return;
        }
        const row_set part = set_part(job->search, set, at, left < job->tile ? left : job->tile);
        set_take(job, thread, all, &part);
        at += part.n;
    }
}

static int row_passes(const w2b_search *search, uint64_t row)
{
    return search->filter[row / 8] >> (row % 8) & 1;
}

/* How many of n rows pass the filter. A byte at a time where it can be. */
static size_t rows_passing(const w2b_search *search, uint64_t first, size_t n)
{
    size_t passing = 0;
    for (size_t i = 0; i < n;) {
        const uint64_t row = first + i;
        if (row % 8 == 0 && n - i >= 8) {
            passing += (size_t)__builtin_popcount(search->filter[row / 8]);
            i += 8;
        } else {
            passing += (size_t)row_passes(search, row);
            i++;
        }
    }
    return passing;
}

/* Whether rows of this job need their squares. */
static int has_squares(const scan_job *job)
{
    return !job->search->floating && !job->search->signs;
}

/* The squares of gathered rows. */
static const uint32_t *gathered_squares(const scan_job *job, w2b_work *work, const row_set *set)
{
    const w2b_search *const search = job->search;
    if (!set->known) {
        w2b_rows_squares(search, work, job->tile, set->codes, set->n, work->squares);
        return work->squares;
    }
    for (size_t i = 0; i < set->n; i++) {
        work->squares[i] = search->squares[set->rows[i]];
    }
    return work->squares;
}

/* Those of rows begin .. end of a block that pass the filter, brought together
 * in tiles: so that few of many cost little. */
static void part_sift(const scan_job *job, size_t thread, const w2b_rows *rows, size_t begin,
                      size_t end, int known)
{
    w2b_search *const search = job->search;
    w2b_work *const work = &search->works[thread];
    const size_t stride = search->code->stride;
    row_set set = {.codes = work->codes, .rows = work->numbers, .known = known};
    for (size_t at = begin; at < end; at++) {
        if (row_passes(search, rows->first + at)) {
            memcpy(work->codes + set.n * stride, rows->codes + at * stride, stride);
            work->numbers[set.n++] = rows->first + at;
        }
        if (set.n == job->tile || (set.n > 0 && at + 1 == end)) {
            set.squares = has_squares(job) ? gathered_squares(job, work, &set) : NULL;
            set_scan(job, thread, &set);
            set.n = 0;
        }
    }
}

static w2b_err part_scan(const scan_job *job, size_t part, size_t thread, w2b_diag *diag)
{
    w2b_search *const search = job->search;
    w2b_work *const work = &search->works[thread];
    const size_t block = part / search->block_parts;
    const size_t begin = part % search->block_parts * W2B_PART_ROWS;
    const uint64_t block_first = (uint64_t)block * search->block_rows;
    const uint64_t left = search->rows - block_first;
    size_t end = search->block_rows < left ? search->block_rows : (size_t)left;
    end = end - begin < W2B_PART_ROWS ? end : begin + W2B_PART_ROWS;
    const size_t passing = search->filter == NULL
                               ? end - begin
                               : rows_passing(search, block_first + begin, end - begin);
    if (passing == 0) {
        return W2B_OK;
    }
    w2b_rows rows;
    const w2b_err err = w2b_model_block(search->model, block, &rows, diag);
    if (err != W2B_OK) {
        return err;
    }
    if (passing < end - begin) {
        part_sift(job, thread, &rows, begin, end, search->known[part]);
        return W2B_OK;
    }
    row_set set = {.codes = rows.codes + begin * search->code->stride,
                   .first = rows.first + begin,
                   .n = end - begin,
                   .known = search->known[part]};
    if (has_squares(job)) {
        uint32_t *const squares = search->squares + set.first;
        if (!set.known) {
            w2b_rows_squares(search, work, job->tile, set.codes, set.n, squares);
        }
        set.squares = squares;
    }
    set_scan(job, thread, &set);
    search->known[part] = !job->probes->as_codes;
    return W2B_OK;
}

int w2b_buffer_fit(void *buffer, size_t *room, size_t count, size_t size)
{
    void *held;
    size_t bytes;
    if (w2b_mul(count, size, &bytes) != 0) {
        return -1;
    }
    if (bytes <= *room) {
        return 0;
    }
    memcpy(&held, buffer, sizeof held);
    w2b_free(held);
    *room = 0;
    held = w2b_alloc_zero(bytes, 1);
    memcpy(buffer, &held, sizeof held);
    if (held == NULL) {
        return -1;
    }
    *room = bytes;
    return 0;
}

/* One thread's buffers. */
static int work_fit(const scan_job *job, w2b_work *work)
{
    const w2b_search *const search = job->search;
    const int dense = !job->probes->as_codes, sifted = job->tops != NULL;
    const size_t at_once = !dense ? 1 : job->n < DOTS_PROBES ? job->n : DOTS_PROBES;
    const size_t least_dots = sifted ? W2B_PART_ROWS : 0;
    const size_t least_rows = sifted && job->sift.batch ? W2B_SIFT_UNPACK_ROWS : 0;
    const size_t dots = at_once * job->tile;
    int bad = w2b_buffer_fit(&work->cosines, &work->cosines_room, job->n * job->tile,
                             sizeof(float));
    bad |= w2b_buffer_fit(&work->dots, &work->dots_room, dots > least_dots ? dots : least_dots,
                          sizeof(int32_t));
    if (dense) {
        bad |= w2b_buffer_fit(&work->rows, &work->rows_room,
                              job->tile > least_rows ? job->tile : least_rows,
                              w2b_row_bytes(search));
        bad |= w2b_buffer_fit(&work->inverses, &work->inverses_room, job->tile, sizeof(double));
    }
    if (search->filter != NULL) {
        bad |= w2b_buffer_fit(&work->codes, &work->codes_room, job->tile, search->code->stride);
        bad |= w2b_buffer_fit(&work->numbers, &work->numbers_room, job->tile, sizeof(uint64_t));
        bad |= w2b_buffer_fit(&work->squares, &work->squares_room, job->tile, sizeof(uint32_t));
    }
    return sifted ? bad | w2b_sift_fit(&job->sift, search, work, job->tile) : bad;
}

/* Tables of few probes, and of squares. 0, or -1 if memory is short. */
static int tables_make(scan_job *job)
{
    w2b_search *const search = job->search;
    const w2b_code *const code = search->code;
    const size_t numbers = w2b_rows_table(search);
    if (numbers == 0) {
        return 0;
    }
    if (search->square_table == NULL) {
        search->square_table = w2b_alloc(numbers, sizeof *search->square_table);
        if (search->square_table == NULL) {
            return -1;
        }
        code->scheme->table(code, NULL, search->square_table);
    }
    if ((double)job->n * (double)code->stride > TABLE_STEPS * code->dim) {
        return 0;
    }
    job->tables = w2b_alloc(job->n * numbers, sizeof *job->tables);
    for (size_t p = 0; p < job->n && job->tables != NULL; p++) {
        code->scheme->table(code, job->probes->ints + p * search->width,
                            job->tables + p * numbers);
    }
    return job->tables != NULL ? 0 : -1;
}

static void job_free(scan_job *job)
{
    w2b_sift_free(&job->sift);
    w2b_free(job->tables);
}

/* Chooses the rows of a tile and sees to every thread's buffers. */
static w2b_err job_prepare(scan_job *job, size_t threads, w2b_diag *diag)
{
    w2b_search *const search = job->search;
    const int dense = !job->probes->as_codes;
    size_t tile = COSINE_BYTES / sizeof(float) / job->n;
    if (dense && tile > TILE_BYTES / w2b_row_bytes(search)) {
        tile = TILE_BYTES / w2b_row_bytes(search);
    }
    tile = tile > TILE_ROWS ? TILE_ROWS : tile / W2B_GROUP * W2B_GROUP;
    job->tile = tile > 0 ? tile : W2B_GROUP;
    int bad = job->tops != NULL &&
              w2b_sift_make(&job->sift, search, job->probes, job->n) != 0;
    bad |= tables_make(job) != 0;
    for (size_t t = 0; !bad && t < threads; t++) {
        bad = work_fit(job, &search->works[t]);
    }
    return bad ? w2b_fail_memory(diag, job->n * job->tile * sizeof(float),
                                 "the buffers of a search")
               : W2B_OK;
}

w2b_err w2b_search_filter(w2b_search *search, const uint8_t *rows, w2b_diag *diag)
{
    const size_t size = (size_t)((search->words + 7) / 8);
    uint8_t *filter = NULL;
    if (rows != NULL) {
        filter = w2b_alloc(size, 1);
        if (filter == NULL) {
            return w2b_fail_memory(diag, size, "the filter of a search");
        }
        memcpy(filter, rows, size);
    }
    w2b_free(search->filter);
    search->filter = filter;
    search->passing = filter != NULL ? rows_passing(search, 0, (size_t)search->rows)
                                     : search->rows;
    return W2B_OK;
}

static size_t threads_worth(const w2b_search *search, const w2b_probes *probes, size_t n,
                            int sifted)
{
    const int packed = probes->as_codes || sifted;
    const size_t bytes = packed ? search->code->stride : w2b_row_bytes(search);
    const double worth = 1 + (double)search->passing * (double)bytes * (double)n / THREAD_BYTES;
    const size_t threads = search->threads < search->parts ? search->threads : search->parts;
    return (double)threads < worth ? threads : (size_t)worth;
}

w2b_err w2b_search_scan(w2b_search *search, const w2b_probes *probes, size_t n,
                        const w2b_tops *tops, w2b_tile_fn take, void *user, w2b_diag *diag)
{
    scan_job job = {.search = search, .probes = probes, .n = n, .take = take, .user = user};
    job.tops = w2b_sift_can(search) ? tops : NULL;
    const size_t parts = search->parts;
    if (parts == 0) {
        return W2B_OK;
    }
    const size_t threads = threads_worth(search, probes, n, job.tops != NULL);
    w2b_err err = job_prepare(&job, threads, diag);
    if (err != W2B_OK) {
        job_free(&job);
        return err;
    }
    /* Damage in several parts: the first part's is told, by whichever thread. */
    size_t failed = SIZE_MAX;
#ifdef _OPENMP
#pragma omp parallel for num_threads((int)threads) schedule(dynamic, 1) if (threads > 1)
#endif
    for (size_t part = 0; part < parts; part++) {
#ifdef _OPENMP
        const size_t thread = (size_t)omp_get_thread_num();
#else
        const size_t thread = 0;
#endif
        w2b_diag own;
        const w2b_err result = part_scan(&job, part, thread, &own);
        if (result != W2B_OK) {
#ifdef _OPENMP
#pragma omp critical(w2b_search_failed)
#endif
            if (part < failed) {
                failed = part;
                err = result;
                if (diag != NULL) {
                    *diag = own;
                }
            }
        }
    }
    job_free(&job);
    return err;
}
