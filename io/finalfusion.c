/*
 * finalfusion.c - reading finalfusion's files, .fifu.
 *
 * Magic, version, the list of chunks, and the chunks: metadata (or none), a
 * vocabulary, a matrix and the lengths of the words' vectors (or none). The
 * matrix has a row for each word and then one for each part of words. Rows of
 * words have length 1; multiplied by their lengths they are the vectors that
 * were trained. A vocabulary of floret's has no words: those of a file beside it
 * get vectors made from their parts.
 */
#include <string.h>

#include "io/element.h"
#include "io/finalfusion.h"
#include "io/format.h"
#include "io/gather.h"
#include "io/little.h"

#define CHUNKS_MAX 4

typedef struct reader {
    w2b_binary file;
    w2b_gather gather;
    w2b_wordlist words;
    w2b_subword *subword;
    w2b_matrix matrix;     /* goes to the subwords in the end */
    uint32_t chunks[CHUNKS_MAX];
    uint32_t n_chunks;
    float *norms;          /* [words.n], or NULL */
} reader;

int w2b_finalfusion_sniff(const uint8_t *head, size_t n, int at_end)
{
    (void)at_end;
    return n >= 12 && memcmp(head, W2B_FIFU_MAGIC, W2B_FIFU_MAGIC_SIZE) == 0 ? 2 : 0;
}

/* ----- Chunks ------------------------------------------------------------- */

/* The order that the format knows. */
static int in_order(const uint32_t *chunks, uint32_t n)
{
    uint32_t i = n > 0 && chunks[0] == W2B_FIFU_METADATA;
    if (i + 2 > n || !w2b_fifu_is_vocab(chunks[i]) ||
        (chunks[i + 1] != W2B_FIFU_ROWS && chunks[i + 1] != W2B_FIFU_CODES))
        return 0;
    return i + 2 == n || (i + 3 == n && chunks[i + 2] == W2B_FIFU_NORMS);
}

static w2b_err read_head(reader *r, w2b_diag *diag)
{
    const uint8_t *bytes = NULL;
    w2b_err err = w2b_binary_take(&r->file, W2B_FIFU_MAGIC_SIZE + 8, "its head", &bytes, diag);
    if (err)
        return err;
    const uint32_t version = w2b_get_u32(bytes + 4);
    r->n_chunks = w2b_get_u32(bytes + 8);
    if (version != 0)
        return w2b_binary_fail(&r->file, W2B_ERR_VERSION, diag,
                               "version %u of finalfusion's format is not known",
                               (unsigned)version);
    if (r->n_chunks > CHUNKS_MAX)
        return w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag, "%u chunks, at most %d are known",
                               (unsigned)r->n_chunks, CHUNKS_MAX);
    for (uint32_t i = 0; !err && i < r->n_chunks; i++)
        err = w2b_binary_u32(&r->file, "its head", &r->chunks[i], diag);
    if (!err && !in_order(r->chunks, r->n_chunks))
        err = w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag,
                              "the chunks are not a vocabulary and a matrix");
    return err;
}

/* In front of a chunk: its number and length. */
static w2b_err begin_chunk(reader *r, uint32_t id, uint64_t *length, w2b_diag *diag)
{
    uint32_t found = 0;
    w2b_err err = w2b_binary_u32(&r->file, "a chunk", &found, diag);
    if (!err)
        err = w2b_binary_u64(&r->file, "a chunk", length, diag);
    if (!err && found != id)
        err = w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag,
                              "chunk %u where the head promises %u", (unsigned)found,
                              (unsigned)id);
    return err ? err : w2b_binary_expect(&r->file, *length, 1, "a chunk", diag);
}

static w2b_err skip_padding(reader *r, w2b_diag *diag)
{
    return w2b_binary_skip(&r->file, w2b_fifu_padding(r->file.window.offset), "a chunk", diag);
}

static w2b_err check_type(const reader *r, uint32_t type, uint32_t wanted, w2b_diag *diag)
{
    return type == wanted ? W2B_OK
                          : w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag,
                                            "numbers of type %u, not %u", (unsigned)type,
                                            (unsigned)wanted);
}

/* ----- Matrices ----------------------------------------------------------- */

static w2b_err check_shape(const reader *r, w2b_diag *diag)
{
    const w2b_matrix *m = &r->matrix;
    const uint64_t parts = r->subword ? r->subword->buckets : 0;
    if (m->rows < r->words.n || m->rows - r->words.n != parts)
        return w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag,
                               "%llu rows for %llu words and %llu parts",
                               (unsigned long long)m->rows, (unsigned long long)r->words.n,
                               (unsigned long long)parts);
    if (m->dim == 0 || m->dim > r->file.options->max_dim)
        return w2b_binary_fail(&r->file, m->dim ? W2B_ERR_LIMIT : W2B_ERR_FORMAT, diag,
                               "%u numbers a word, at most %u are allowed", (unsigned)m->dim,
                               (unsigned)r->file.options->max_dim);
    return W2B_OK;
}

static w2b_err read_rows(reader *r, w2b_diag *diag)
{
    w2b_matrix *m = &r->matrix;
    uint32_t type = 0;
    w2b_err err = w2b_binary_u64(&r->file, "its matrix", &m->rows, diag);
    if (!err)
        err = w2b_binary_u32(&r->file, "its matrix", &m->dim, diag);
    if (!err)
        err = w2b_binary_u32(&r->file, "its matrix", &type, diag);
    if (!err)
        err = check_type(r, type, W2B_FIFU_F32, diag);
    if (!err)
        err = check_shape(r, diag);
    if (!err)
        err = skip_padding(r, diag);
    return err ? err : w2b_binary_load(&r->file, m->rows, (uint64_t)m->dim * sizeof(float),
                                       "its matrix", &m->dense, diag);
}

/* Codes beyond the centroids would be read beyond the book. */
static w2b_err check_codes(const reader *r, w2b_diag *diag)
{
    const w2b_matrix *m = &r->matrix;
    for (size_t i = 0; m->centroids < 256 && i < m->codes.size; i++) {
        if (m->codes.bytes[i] >= m->centroids)
            return w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag,
                                   "row %zu of its matrix has code %u of %u",
                                   i / m->parts + 1, (unsigned)m->codes.bytes[i],
                                   (unsigned)m->centroids);
    }
    return W2B_OK;
}

static w2b_err read_codebook(reader *r, int turned, int norms, w2b_diag *diag)
{
    w2b_matrix *m = &r->matrix;
    w2b_err err = skip_padding(r, diag);
    if (!err && turned)
        err = w2b_matrix_floats(&r->file, (uint64_t)m->dim * m->dim, "its projection", &m->turn,
                                diag);
    if (!err)
        err = w2b_matrix_floats(&r->file, (uint64_t)m->dim * m->centroids, "its quantizer",
                                &m->book, diag);
    if (!err && norms)
        err = w2b_binary_load(&r->file, m->rows, sizeof(float), "the norms of its matrix",
                              &m->norms, diag);
    if (!err)
        err = w2b_binary_load(&r->file, m->rows, m->parts, "its matrix", &m->codes, diag);
    return err ? err : check_codes(r, diag);
}

static w2b_err read_codes(reader *r, w2b_diag *diag)
{
    w2b_matrix *m = &r->matrix;
    const uint8_t *bytes = NULL;
    w2b_err err = w2b_binary_take(&r->file, 36, "its matrix", &bytes, diag);
    if (err)
        return err;
    const uint32_t turned = w2b_get_u32(bytes);
    const uint32_t norms = w2b_get_u32(bytes + 4);
    m->parts = w2b_get_u32(bytes + 8);
    m->dim = w2b_get_u32(bytes + 12);
    m->centroids = w2b_get_u32(bytes + 16);
    m->rows = w2b_get_u64(bytes + 20);
    const uint32_t types[2] = {w2b_get_u32(bytes + 28), w2b_get_u32(bytes + 32)};
    if (m->parts == 0 || m->dim % m->parts != 0 || m->centroids == 0 || m->centroids > 256 ||
        turned > 1 || norms > 1)
        return w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag,
                               "a quantizer of %u numbers in %u parts by %u centroids",
                               (unsigned)m->dim, (unsigned)m->parts, (unsigned)m->centroids);
    m->width = m->dim / m->parts;
    err = check_type(r, types[0], W2B_FIFU_U8, diag);
    if (!err)
        err = check_type(r, types[1], W2B_FIFU_F32, diag);
    if (!err)
        err = check_shape(r, diag);
    return err ? err : read_codebook(r, turned != 0, norms != 0, diag);
}

static w2b_err read_norms(reader *r, w2b_diag *diag)
{
    uint64_t n = 0;
    uint32_t type = 0;
    w2b_err err = w2b_binary_u64(&r->file, "its norms", &n, diag);
    if (!err)
        err = w2b_binary_u32(&r->file, "its norms", &type, diag);
    if (!err)
        err = check_type(r, type, W2B_FIFU_F32, diag);
    if (!err && n != r->words.n)
        err = w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag, "%llu norms for %llu words",
                              (unsigned long long)n, (unsigned long long)r->words.n);
    if (!err)
        err = skip_padding(r, diag);
    return err ? err : w2b_matrix_floats(&r->file, n, "its norms", &r->norms, diag);
}

static w2b_err read_chunks(reader *r, w2b_diag *diag)
{
    w2b_err err = W2B_OK;
    for (uint32_t i = 0; !err && i < r->n_chunks; i++) {
        const uint32_t id = r->chunks[i];
        uint64_t length = 0;
        err = begin_chunk(r, id, &length, diag);
        if (err)
            break;
        if (id == W2B_FIFU_METADATA)
            err = w2b_binary_skip(&r->file, length, "its metadata", diag);
        else if (id == W2B_FIFU_ROWS)
            err = read_rows(r, diag);
        else if (id == W2B_FIFU_CODES)
            err = read_codes(r, diag);
        else if (id == W2B_FIFU_NORMS)
            err = read_norms(r, diag);
        else
            err = w2b_fifu_vocab(&r->file, id, &r->words, &r->subword, diag);
    }
    return err ? err : w2b_binary_end(&r->file, diag);
}

/* ----- Vectors of words --------------------------------------------------- */

/* `vector` has room for two. */
static w2b_err give_row(reader *r, uint64_t row, float *vector, w2b_diag *diag)
{
    const w2b_matrix *m = &r->matrix;
    uint32_t length = 0;
    const char *word = w2b_wordlist_word(&r->words, row, &length);
    memset(vector, 0, m->dim * sizeof *vector);
    w2b_matrix_add(m, row, vector);
    w2b_matrix_turn(m, vector, vector + m->dim);
    for (uint32_t i = 0; i < m->dim; i++) {
        vector[i] *= r->norms ? r->norms[row] : 1;
        if (!(vector[i] - vector[i] == 0))
            return w2b_fail_at(diag, W2B_ERR_DATA, r->file.name, W2B_NOWHERE, W2B_NOWHERE,
                               "a number of row %llu is not finite",
                               (unsigned long long)row + 1);
    }
    return w2b_gather_add(&r->gather, word, length, vector, diag);
}

/* Of a vocabulary without words. */
static w2b_err give_composed(reader *r, uint64_t row, float *vector, w2b_diag *diag)
{
    uint32_t length;
    const char *word = w2b_wordlist_word(&r->words, row, &length);
    if (!word)
        return W2B_OK;
    const w2b_err err = w2b_subword_compose(r->subword, word, length, vector, diag);
    return err ? err : w2b_gather_add(&r->gather, word, length, vector, diag);
}

static w2b_err give_all(reader *r, w2b_diag *diag)
{
    const w2b_open_options *options = r->file.options;
    const uint32_t dim = r->subword ? r->subword->matrix.dim : r->matrix.dim;
    const int floret = r->subword && r->subword->kind == W2B_SUBWORD_FLORET;
    w2b_err err = W2B_OK;
    float *vector = w2b_alloc(dim, 2 * sizeof *vector);
    if (!vector)
        return w2b_fail_memory(diag, dim * 2 * sizeof *vector, "a vector");
    if (floret) {
        w2b_wordlist_free(&r->words);
        err = w2b_wordlist_open(&r->words, r->file.name, options->max_words, options, diag);
    }
    const uint64_t n = options->limit > 0 && options->limit < r->words.n ? options->limit
                                                                         : r->words.n;
    for (uint64_t row = 0; !err && row < n; row++) {
        err = floret ? give_composed(r, row, vector, diag) : give_row(r, row, vector, diag);
        if (!err)
            err = w2b_binary_tick(&r->file, diag);
    }
    w2b_free(vector);
    return err;
}

static w2b_err read_model(reader *r, w2b_diag *diag)
{
    w2b_err err = read_head(r, diag);
    if (!err)
        err = read_chunks(r, diag);
    if (!err)
        err = w2b_gather_start(&r->gather, r->file.options, r->matrix.dim, 0, "finalfusion",
                               diag);
    if (err)
        return err;
    if (r->subword)
        r->subword->matrix = r->matrix;
    err = give_all(r, diag);
    return err ? err : w2b_binary_finish(&r->file, diag);
}

w2b_err w2b_finalfusion_read(w2b_stream *stream, const w2b_open_options *options,
                             w2b_model **model, w2b_diag *diag)
{
    reader r = {.gather.fd = -1};
    w2b_err err = w2b_binary_open(&r.file, stream, options, diag);
    if (!err)
        err = read_model(&r, diag);
    w2b_binary_close(&r.file);
    w2b_wordlist_free(&r.words);
    w2b_free(r.norms);
    /* One of the two owns the matrix. */
    if (!r.subword || !r.subword->matrix.dim)
        w2b_matrix_free(&r.matrix);
    if (!err) {
        r.gather.parts.subword = r.subword;
        return w2b_gather_finish(&r.gather, model, diag);
    }
    w2b_subword_free(r.subword);
    w2b_gather_abort(&r.gather);
    return err;
}
