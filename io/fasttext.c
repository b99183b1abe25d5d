/*
 * fasttext.c - reading fastText's models, .bin and .ftz.
 *
 * Magic, version, arguments, dictionary, then a matrix whose rows are those of
 * the words and after them those of the buckets into which the n-grams of words
 * are hashed; then the matrix of outputs, which is of no use here. The vector of
 * a word is the mean of its row and of the rows of its n-grams. In a .ftz the
 * matrix is product-quantized, its rows may be divided into direction and
 * length, and words and n-grams may have been pruned. Written by the program
 * itself in the byte order of its machine, which was always little-endian.
 */
#include <stdlib.h>
#include <string.h>

#include "io/element.h"
#include "io/format.h"
#include "io/gather.h"
#include "io/little.h"
#include "io/subword.h"

#define MAGIC UINT32_C(793712314)
#define VERSION 12
#define VERSION_NO_NGRAMS 11 /* supervised models had none yet */
#define SUPERVISED 3
#define CENTROIDS 256

#define WORD_MAX 65535

/* Words whose vectors are made at once, by all threads. */
#define BATCH 1024

/* It stands for the end of a line, and has no n-grams. */
#define END_OF_LINE "</s>"

/* Places in the arguments, in 32-bit numbers. */
enum { ARG_DIM = 0, ARG_MODEL = 7, ARG_BUCKET = 8, ARG_MIN_N = 9, ARG_MAX_N = 10, ARGS = 12 };

typedef struct reader {
    w2b_binary file;
    w2b_gather gather;
    uint32_t dim;
    uint64_t words, labels;
    uint64_t wanted;        /* words to keep */
    int ngrams;             /* nonzero: vectors have parts */
    int64_t pruned;         /* n-grams that were kept; -1: all */
    w2b_subword *subword;   /* its matrix holds the rows of words as well */
} reader;

/* ----- Arguments and dictionary ------------------------------------------- */

int w2b_fasttext_sniff(const uint8_t *head, size_t n, int at_end)
{
    (void)at_end;
    return n >= 8 && w2b_get_u32(head) == MAGIC ? 2 : 0;
}

static w2b_err read_args(reader *r, w2b_diag *diag)
{
    const uint8_t *bytes = NULL;
    w2b_err err = w2b_binary_take(&r->file, 8, "its head", &bytes, diag);
    if (err)
        return err;
    const uint32_t version = w2b_get_u32(bytes + 4);
    if (version > VERSION)
        return w2b_binary_fail(&r->file, W2B_ERR_VERSION, diag,
                               "version %u of fastText's format is not known", (unsigned)version);
    err = w2b_binary_take(&r->file, ARGS * 4 + 8, "its arguments", &bytes, diag);
    if (err)
        return err;
    uint32_t args[ARGS];
    for (size_t i = 0; i < ARGS; i++)
        args[i] = w2b_get_u32(bytes + 4 * i);
    if (version <= VERSION_NO_NGRAMS && args[ARG_MODEL] == SUPERVISED)
        args[ARG_MAX_N] = 0;
    r->dim = args[ARG_DIM];
    if (r->dim == 0 || r->dim > r->file.options->max_dim)
        return w2b_binary_fail(&r->file, r->dim ? W2B_ERR_LIMIT : W2B_ERR_FORMAT, diag,
                               "%u numbers a word, at most %u are allowed", (unsigned)r->dim,
                               (unsigned)r->file.options->max_dim);
    if (args[ARG_BUCKET] > INT32_MAX || args[ARG_MIN_N] > INT32_MAX ||
        args[ARG_MAX_N] > W2B_SUBWORD_LENGTH_MAX || (args[ARG_MAX_N] && !args[ARG_BUCKET]))
        return w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag,
                               "n-grams of %u to %u characters in %u buckets",
                               (unsigned)args[ARG_MIN_N], (unsigned)args[ARG_MAX_N],
                               (unsigned)args[ARG_BUCKET]);
    r->subword->buckets = args[ARG_BUCKET];
    r->subword->min_n = args[ARG_MIN_N];
    r->subword->max_n = args[ARG_MAX_N];
    r->ngrams = args[ARG_MAX_N] > 0;
    return W2B_OK;
}

static w2b_err read_entry(reader *r, uint64_t i, w2b_diag *diag)
{
    w2b_window *w = &r->file.window;
    size_t length;
    int found;
    w2b_err err = w2b_window_find(w, '\0', WORD_MAX + 1, &length, &found, diag);
    if (err)
        return err;
    if (!found)
        return w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag, "word %llu of %llu does not end",
                               (unsigned long long)i + 1,
                               (unsigned long long)r->words + r->labels);
    const uint8_t *bytes = NULL;
    err = w2b_binary_take(&r->file, length + 1 + 8 + 1, "its dictionary", &bytes, diag);
    if (err)
        return err;
    const uint64_t count = w2b_get_u64(bytes + length + 1);
    const int label = bytes[length + 9];
    if (label != (i >= r->words) || count > INT64_MAX)
        return w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag,
                               "entry %llu of the dictionary is damaged",
                               (unsigned long long)i + 1);
    if (i >= r->wanted)
        return W2B_OK;
    err = w2b_gather_word(&r->gather, (const char *)bytes, length, diag);
    return err ? err : w2b_gather_count(&r->gather, count, diag);
}

static int compare_kept(const void *a, const void *b)
{
    const uint32_t x = ((const w2b_subword_kept *)a)->bucket;
    const uint32_t y = ((const w2b_subword_kept *)b)->bucket;
    return (x > y) - (x < y);
}

/* Which buckets are left, and their rows. */
static w2b_err read_kept(reader *r, w2b_diag *diag)
{
    w2b_subword *s = r->subword;
    const size_t n = (size_t)r->pruned;
    w2b_bulk bulk = {0};
    w2b_err err = w2b_binary_load(&r->file, n, 8, "its list of n-grams", &bulk, diag);
    if (err)
        return err;
    s->kept = w2b_alloc(n, sizeof *s->kept);
    if (!s->kept)
        err = w2b_fail_memory(diag, n * sizeof *s->kept, "n-grams");
    for (size_t i = 0; !err && i < n; i++) {
        s->kept[i].bucket = w2b_get_u32(bulk.bytes + 8 * i);
        s->kept[i].row = w2b_get_u32(bulk.bytes + 8 * i + 4);
        if (s->kept[i].bucket >= s->buckets || s->kept[i].row >= n)
            err = w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag,
                                  "n-gram %zu of %zu is beyond the buckets or the rows", i + 1,
                                  n);
    }
    w2b_bulk_free(&bulk);
    if (err)
        return err;
    s->n_kept = n;
    qsort(s->kept, n, sizeof *s->kept, compare_kept);
    return W2B_OK;
}

static w2b_err check_dictionary(reader *r, uint32_t size, w2b_diag *diag)
{
    const w2b_open_options *options = r->file.options;
    if (r->words > INT32_MAX || r->labels > INT32_MAX || r->words + r->labels != size ||
        r->pruned < -1 || r->pruned > INT32_MAX || r->words == 0)
        return w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag,
                               "a dictionary of %u entries, %llu words and %llu labels",
                               (unsigned)size, (unsigned long long)r->words,
                               (unsigned long long)r->labels);
    if (r->words > options->max_words)
        return w2b_binary_fail(&r->file, W2B_ERR_LIMIT, diag,
                               "%llu words, at most %llu are allowed",
                               (unsigned long long)r->words,
                               (unsigned long long)options->max_words);
    r->wanted = options->limit > 0 && options->limit < r->words ? options->limit : r->words;
    /* An entry takes a zero byte, its count and its type at least. */
    return w2b_binary_expect(&r->file, size, 10, "its dictionary", diag);
}

static w2b_err read_dictionary(reader *r, w2b_diag *diag)
{
    const uint8_t *bytes = NULL;
    w2b_err err = w2b_binary_take(&r->file, 28, "its dictionary", &bytes, diag);
    if (err)
        return err;
    const uint32_t size = w2b_get_u32(bytes);
    r->words = w2b_get_u32(bytes + 4);
    r->labels = w2b_get_u32(bytes + 8);
    r->pruned = (int64_t)w2b_get_u64(bytes + 20);
    err = check_dictionary(r, size, diag);
    if (!err)
        err = w2b_gather_start(&r->gather, r->file.options, r->dim, 0, "fasttext", diag);
    for (uint64_t i = 0; !err && i < size; i++)
        err = read_entry(r, i, diag);
    if (err)
        return err;
    if (r->pruned == 0)
        r->ngrams = 0;
    return r->pruned > 0 ? read_kept(r, diag) : W2B_OK;
}

/* ----- Matrices ----------------------------------------------------------- */

/* A product quantizer; its centroids are of use only if `book` is not NULL. */
static w2b_err read_quantizer(w2b_binary *file, uint32_t dim, uint32_t *parts, uint32_t *width,
                              float **book, w2b_diag *diag)
{
    const uint8_t *bytes = NULL;
    w2b_err err = w2b_binary_take(file, 16, "its quantizer", &bytes, diag);
    if (err)
        return err;
    const uint32_t all = w2b_get_u32(bytes);
    *parts = w2b_get_u32(bytes + 4);
    *width = w2b_get_u32(bytes + 8);
    const uint32_t last = w2b_get_u32(bytes + 12);
    if (all != dim || *width == 0 || *width > dim || *parts != (dim - 1) / *width + 1 ||
        last != dim - (*parts - 1) * *width)
        return w2b_binary_fail(file, W2B_ERR_FORMAT, diag,
                               "a quantizer of %u numbers in %u parts of %u and %u, not of %u",
                               (unsigned)all, (unsigned)*parts, (unsigned)*width, (unsigned)last,
                               (unsigned)dim);
    return w2b_matrix_floats(file, (uint64_t)dim * CENTROIDS, "its quantizer", book, diag);
}

/* Rows and columns. */
static w2b_err read_shape(w2b_binary *file, uint64_t *rows, uint64_t *dim, w2b_diag *diag)
{
    w2b_err err = w2b_binary_u64(file, "a matrix", rows, diag);
    if (!err)
        err = w2b_binary_u64(file, "a matrix", dim, diag);
    if (!err && (*rows > INT64_MAX || *dim == 0 || *dim > UINT32_MAX))
        err = w2b_binary_fail(file, W2B_ERR_FORMAT, diag, "a matrix of %llu rows by %llu",
                              (unsigned long long)*rows, (unsigned long long)*dim);
    return err;
}

static w2b_err read_quantized(w2b_binary *file, w2b_matrix *m, w2b_diag *diag)
{
    const uint8_t *with_norms = NULL;
    uint64_t dim = 0;
    uint32_t size = 0;
    uint32_t one, same;
    w2b_err err = w2b_binary_take(file, 1, "a matrix", &with_norms, diag);
    const int norms = !err && with_norms[0] != 0;
    if (!err)
        err = read_shape(file, &m->rows, &dim, diag);
    if (!err)
        err = w2b_binary_u32(file, "a matrix", &size, diag);
    if (!err)
        err = w2b_binary_load(file, size, 1, "its codes", &m->codes, diag);
    if (err)
        return err;
    m->dim = (uint32_t)dim;
    m->centroids = CENTROIDS;
    err = read_quantizer(file, m->dim, &m->parts, &m->width, &m->book, diag);
    if (!err && m->rows * m->parts != size)
        err = w2b_binary_fail(file, W2B_ERR_FORMAT, diag,
                              "%u codes for %llu rows of %u parts", (unsigned)size,
                              (unsigned long long)m->rows, (unsigned)m->parts);
    if (!err && norms)
        err = w2b_binary_load(file, m->rows, 1, "its norms", &m->norms, diag);
    if (!err && norms)
        err = read_quantizer(file, 1, &one, &same, &m->norm_book, diag);
    return err;
}

/* Row by row, where words have no parts: nothing is kept. */
static w2b_err give_rows(reader *r, w2b_diag *diag)
{
    float *vector = w2b_alloc(r->dim, sizeof *vector);
    w2b_err err = vector ? W2B_OK : w2b_fail_memory(diag, r->dim * sizeof *vector, "a vector");
    for (uint64_t row = 0; !err && row < r->wanted; row++) {
        const uint8_t *bytes = NULL;
        err = w2b_binary_take(&r->file, r->dim * sizeof *vector, "its vectors", &bytes, diag);
        if (!err && w2b_element_read(W2B_ELEMENT_F32, 0, bytes, sizeof *vector, r->dim, vector) <
                        r->dim)
            err = w2b_binary_fail(&r->file, W2B_ERR_DATA, diag,
                                  "a number of row %llu is not finite",
                                  (unsigned long long)row + 1);
        if (!err)
            err = w2b_gather_vectors(&r->gather, vector, 1, diag);
        if (!err)
            err = w2b_binary_tick(&r->file, diag);
    }
    w2b_free(vector);
    return err;
}

static w2b_err check_rows(const reader *r, uint64_t rows, uint64_t dim, w2b_diag *diag)
{
    const uint64_t ngrams = !r->ngrams ? 0
                            : r->pruned > 0 ? (uint64_t)r->pruned : r->subword->buckets;
    if (dim != r->dim || rows < r->words + ngrams)
        return w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag,
                               "a matrix of %llu rows by %llu for %llu words and %llu n-grams of "
                               "%u numbers", (unsigned long long)rows, (unsigned long long)dim,
                               (unsigned long long)r->words, (unsigned long long)ngrams,
                               (unsigned)r->dim);
    return W2B_OK;
}

static w2b_err read_dense(reader *r, w2b_diag *diag)
{
    w2b_matrix *m = &r->subword->matrix;
    uint64_t dim = 0;
    w2b_err err = read_shape(&r->file, &m->rows, &dim, diag);
    if (!err)
        err = check_rows(r, m->rows, dim, diag);
    if (!err && r->pruned >= 0)
        err = w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag,
                              "a pruned dictionary with a matrix that is not quantized");
    if (!err)
        err = w2b_binary_expect(&r->file, m->rows, dim * sizeof(float), "its vectors", diag);
    if (err)
        return err;
    m->dim = r->dim;
    if (r->ngrams)
        return w2b_binary_load(&r->file, m->rows, dim * sizeof(float), "its vectors", &m->dense,
                               diag);
    err = give_rows(r, diag);
    return err ? err : w2b_binary_skip(&r->file, (m->rows - r->wanted) * dim * sizeof(float),
                                       "its vectors", diag);
}

static w2b_err skip_output(reader *r, int quantized, w2b_diag *diag)
{
    uint64_t rows = 0;
    uint64_t dim = 0;
    w2b_err err;
    if (quantized) {
        w2b_matrix unused = {0};
        err = read_quantized(&r->file, &unused, diag);
        w2b_matrix_free(&unused);
        return err;
    }
    err = read_shape(&r->file, &rows, &dim, diag);
    if (!err)
        err = w2b_binary_expect(&r->file, rows, dim * sizeof(float), "its output matrix", diag);
    return err ? err : w2b_binary_skip(&r->file, rows * dim * sizeof(float), "its output matrix",
                                       diag);
}

static w2b_err read_matrices(reader *r, w2b_diag *diag)
{
    w2b_matrix *m = &r->subword->matrix;
    const uint8_t *flag = NULL;
    w2b_err err = w2b_binary_take(&r->file, 1, "its matrix", &flag, diag);
    if (err)
        return err;
    const int quantized = flag[0] != 0;
    err = quantized ? read_quantized(&r->file, m, diag) : read_dense(r, diag);
    if (!err && quantized)
        err = check_rows(r, m->rows, m->dim, diag);
    if (!err)
        err = w2b_binary_take(&r->file, 1, "its output matrix", &flag, diag);
    if (!err)
        err = skip_output(r, quantized && flag[0] != 0, diag);
    return err ? err : w2b_binary_end(&r->file, diag);
}

/* ----- Vectors of words --------------------------------------------------- */

/* As fastText does it to the last bit: sums of floats in this order, and the
 * product with one over their number. */
static w2b_err compose(const reader *r, uint64_t row, float *vector, w2b_diag *diag)
{
    const w2b_parts *parts = &r->gather.parts;
    const char *word = parts->bytes + parts->starts[row];
    const size_t length = (size_t)(parts->starts[row + 1] - parts->starts[row]) - 1;
    size_t n = 0;
    w2b_err err = W2B_OK;
    memset(vector, 0, r->dim * sizeof *vector);
    w2b_matrix_add(&r->subword->matrix, row, vector);
    if (r->ngrams && strcmp(word, END_OF_LINE) != 0)
        err = w2b_subword_add(r->subword, word, length, vector, &n, diag);
    const float share = (float)(1.0 / (double)(n + 1));
    int finite = 1;
    for (uint32_t i = 0; i < r->dim; i++) {
        vector[i] *= share;
        finite &= vector[i] - vector[i] == 0;
    }
    if (!err && !finite)
        err = w2b_fail_at(diag, W2B_ERR_DATA, r->file.name, W2B_NOWHERE, W2B_NOWHERE,
                          "a number of the vector of word %llu is not finite",
                          (unsigned long long)row + 1);
    return err;
}

/* The first word that fails speaks for all, whichever thread meets it. */
static w2b_err compose_batch(const reader *r, uint64_t first, int n, float *vectors,
                             w2b_diag *diag)
{
    int failed = n;
    const uint32_t wish = r->file.options->threads;
    const int threads = (int)(wish ? wish : w2b_processors());
    (void)threads;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 16) reduction(min : failed)
    for (int i = 0; i < n; i++) {
        const int bad = compose(r, first + (uint64_t)i, vectors + (size_t)i * r->dim, NULL) != 0;
        failed = bad && i < failed ? i : failed;
    }
    return failed < n ? compose(r, first + (uint64_t)failed, vectors, diag) : W2B_OK;
}

static w2b_err give_composed(reader *r, w2b_diag *diag)
{
    float *vectors = w2b_alloc((size_t)r->dim * BATCH, sizeof *vectors);
    w2b_err err = vectors ? W2B_OK
                          : w2b_fail_memory(diag, (uint64_t)r->dim * BATCH * sizeof *vectors,
                                            "vectors");
    for (uint64_t row = 0; !err && row < r->wanted; row += BATCH) {
        const uint64_t left = r->wanted - row;
        const int n = left < BATCH ? (int)left : BATCH;
        err = compose_batch(r, row, n, vectors, diag);
        if (!err)
            err = w2b_gather_vectors(&r->gather, vectors, (size_t)n, diag);
        if (!err)
            err = w2b_binary_tick(&r->file, diag);
    }
    w2b_free(vectors);
    return err;
}

/* ----- Reading ------------------------------------------------------------ */

static w2b_err read_model(reader *r, w2b_diag *diag)
{
    w2b_err err = read_args(r, diag);
    if (!err)
        err = read_dictionary(r, diag);
    r->subword->first = r->words;
    if (!err)
        err = read_matrices(r, diag);
    const w2b_matrix *m = &r->subword->matrix;
    if (!err && (m->dense.bytes || m->codes.bytes))
        err = give_composed(r, diag);
    return err ? err : w2b_binary_finish(&r->file, diag);
}

w2b_err w2b_fasttext_read(w2b_stream *stream, const w2b_open_options *options,
                          w2b_model **model, w2b_diag *diag)
{
    reader r = {.gather.fd = -1};
    r.subword = w2b_alloc_zero(1, sizeof *r.subword);
    w2b_err err = r.subword ? w2b_binary_open(&r.file, stream, options, diag)
                            : w2b_fail_memory(diag, sizeof *r.subword, "a model");
    if (!err)
        err = read_model(&r, diag);
    w2b_binary_close(&r.file);
    if (err || !r.ngrams) {
        w2b_subword_free(r.subword);
        r.subword = NULL;
    }
    r.gather.parts.subword = r.subword;
    if (!err)
        return w2b_gather_finish(&r.gather, model, diag);
    w2b_gather_abort(&r.gather);
    return err;
}
