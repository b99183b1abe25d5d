/*
 * npy.c - reading NumPy's .npy files: a table of numbers, whose words are in a
 * file of their own.
 *
 * Magic, version (two bytes), the length of the description (16 bits in version
 * 1, 32 bits later), the description, the numbers. It is a literal of Python,
 * which other programs write with other blanks, quotes and order of keys.
 */
#include <string.h>

#include "io/binary.h"
#include "io/format.h"
#include "io/gather.h"
#include "io/little.h"
#include "io/npy.h"
#include "io/wordlist.h"

/* Rows that are gathered at once from columns. */
#define COLUMN_ROWS 256

/* ----- The description ---------------------------------------------------- */

typedef struct text {
    const char *at;
    const char *end;
} text;

static void skip_blanks(text *t)
{
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\t' || *t->at == '\n'))
        t->at++;
}

static int take(text *t, char c)
{
    skip_blanks(t);
    if (t->at == t->end || *t->at != c)
        return 0;
    t->at++;
    return 1;
}

/* A string in quotes of either kind, without escapes; -1: there is none. */
static int take_string(text *t, text *string)
{
    skip_blanks(t);
    if (t->at == t->end || (*t->at != '\'' && *t->at != '"'))
        return -1;
    const char quote = *t->at++;
    const char *close = memchr(t->at, quote, (size_t)(t->end - t->at));
    if (!close)
        return -1;
    *string = (text){t->at, close};
    t->at = close + 1;
    return 0;
}

static int is(const text *string, const char *what)
{
    const size_t n = strlen(what);
    return (size_t)(string->end - string->at) == n && memcmp(string->at, what, n) == 0;
}

static const char *take_type(text *t, w2b_npy *npy)
{
    static const struct { const char *name; w2b_element element; } types[] = {
        {"f2", W2B_ELEMENT_F16}, {"f4", W2B_ELEMENT_F32}, {"f8", W2B_ELEMENT_F64},
        {"i1", W2B_ELEMENT_I8}, {"u1", W2B_ELEMENT_U8},
    };
    text name;
    if (take_string(t, &name) != 0)
        return "the numbers are not of one type";
    npy->big = name.at < name.end && *name.at == '>';
    if (name.at < name.end && memchr("<>|=", *name.at, 4))
        name.at++;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (is(&name, types[i].name)) {
            npy->element = types[i].element;
            return NULL;
        }
    }
    return "the numbers are of a type other than f2, f4, f8, i1 and u1";
}

static const char *take_order(text *t, w2b_npy *npy)
{
    static const char *const names[] = {"False", "True"};
    skip_blanks(t);
    for (int i = 0; i < 2; i++) {
        const size_t n = strlen(names[i]);
        if ((size_t)(t->end - t->at) >= n && memcmp(t->at, names[i], n) == 0) {
            t->at += n;
            npy->columns = i;
            return NULL;
        }
    }
    return "fortran_order is neither True nor False";
}

/* Digits, and the L of Python 2; -1: none, or too many. */
static int take_count(text *t, uint64_t *count)
{
    skip_blanks(t);
    const char *begin = t->at;
    *count = 0;
    for (; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++) {
        if (*count > (UINT64_MAX - 9) / 10)
            return -1;
        *count = *count * 10 + (uint64_t)(*t->at - '0');
    }
    const int any = t->at > begin;
    if (any)
        (void)take(t, 'L');
    return any ? 0 : -1;
}

static const char *take_shape(text *t, w2b_npy *npy)
{
    if (!take(t, '(') || take_count(t, &npy->rows) != 0 || !take(t, ',') ||
        take_count(t, &npy->dim) != 0)
        return "it is not a table of rows and columns";
    (void)take(t, ',');
    return take(t, ')') ? NULL : "it is not a table of rows and columns";
}

const char *w2b_npy_parse(const char *description, size_t length, w2b_npy *npy)
{
    static const struct {
        const char *name;
        const char *(*take)(text *t, w2b_npy *npy);
    } keys[] = {{"descr", take_type}, {"fortran_order", take_order}, {"shape", take_shape}};
    text t = {description, description + length};
    unsigned seen = 0;
    if (!take(&t, '{'))
        return "the description is not a dictionary";
    while (!take(&t, '}')) {
        text key;
        size_t k = 0;
        if (take_string(&t, &key) != 0 || !take(&t, ':'))
            return "the description is malformed";
        while (k < 3 && !is(&key, keys[k].name))
            k++;
        if (k == 3)
            return "the description has an unknown key";
        if (seen & 1u << k)
            return "the description has a key twice";
        seen |= 1u << k;
        const char *why = keys[k].take(&t, npy);
        if (why)
            return why;
        if (!take(&t, ',')) {
            if (!take(&t, '}'))
                return "the description is malformed";
            break;
        }
    }
    skip_blanks(&t);
    if (t.at != t.end)
        return "something follows the description";
    return seen == 7 ? NULL : "the description lacks a key";
}

/* ----- Reading ------------------------------------------------------------ */

typedef struct reader {
    w2b_binary file;
    w2b_gather gather;
    w2b_wordlist words;
    w2b_npy npy;
    uint64_t wanted;   /* rows of the table to look at */
    float *vectors;    /* room for one, or COLUMN_ROWS of them */
} reader;

int w2b_npy_sniff(const uint8_t *head, size_t n, int at_end)
{
    (void)at_end;
    return n >= W2B_NPY_MAGIC_SIZE && memcmp(head, W2B_NPY_MAGIC, W2B_NPY_MAGIC_SIZE) == 0 ? 2
                                                                                          : 0;
}

static w2b_err read_head(reader *r, w2b_diag *diag)
{
    const uint8_t *bytes;
    uint32_t length;
    w2b_err err = w2b_binary_take(&r->file, W2B_NPY_MAGIC_SIZE + 2, "its head", &bytes, diag);
    if (err)
        return err;
    const unsigned version = bytes[W2B_NPY_MAGIC_SIZE];
    if (version < 1 || version > 3)
        return w2b_binary_fail(&r->file, W2B_ERR_VERSION, diag,
                               "version %u of NumPy's format is not known", version);
    err = w2b_binary_take(&r->file, version == 1 ? 2 : 4, "its head", &bytes, diag);
    if (err)
        return err;
    length = version == 1 ? w2b_get_u16(bytes) : w2b_get_u32(bytes);
    if (length > W2B_NPY_TEXT_MAX)
        return w2b_binary_fail(&r->file, W2B_ERR_LIMIT, diag,
                               "a description of %u bytes, at most %u are allowed",
                               (unsigned)length, (unsigned)W2B_NPY_TEXT_MAX);
    err = w2b_binary_take(&r->file, length, "its description", &bytes, diag);
    if (err)
        return err;
    const char *why = w2b_npy_parse((const char *)bytes, length, &r->npy);
    return why ? w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag, "%s", why) : W2B_OK;
}

static w2b_err check_shape(const reader *r, w2b_diag *diag)
{
    const w2b_npy *npy = &r->npy;
    const w2b_open_options *options = r->file.options;
    if (npy->rows == 0 || npy->dim == 0)
        return w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag, "a table of %llu rows by %llu",
                               (unsigned long long)npy->rows, (unsigned long long)npy->dim);
    if (npy->rows > options->max_words || npy->dim > options->max_dim)
        return w2b_binary_fail(&r->file, W2B_ERR_LIMIT, diag,
                               "a table of %llu rows by %llu, at most %llu by %u are allowed",
                               (unsigned long long)npy->rows, (unsigned long long)npy->dim,
                               (unsigned long long)options->max_words,
                               (unsigned)options->max_dim);
    return w2b_binary_expect(&r->file, npy->rows, npy->dim * w2b_element_size(npy->element),
                             "the table", diag);
}

static w2b_err give_words(reader *r, w2b_diag *diag)
{
    w2b_err err = w2b_wordlist_open(&r->words, r->file.name, r->npy.rows, r->file.options, diag);
    if (!err)
        err = w2b_wordlist_check(&r->words, diag);
    for (uint64_t row = 0; !err && row < r->wanted; row++) {
        uint32_t length;
        const char *word = w2b_wordlist_word(&r->words, row, &length);
        if (word)
            err = w2b_gather_word(&r->gather, word, length, diag);
    }
    return err;
}

static w2b_err fail_number(const reader *r, uint64_t row, uint64_t column, w2b_diag *diag)
{
    return w2b_binary_fail(&r->file, W2B_ERR_DATA, diag,
                           "number %llu of row %llu is not finite, or too large for a float",
                           (unsigned long long)column + 1, (unsigned long long)row + 1);
}

/* The row is left out if it has no word. */
static w2b_err give_vector(reader *r, uint64_t row, const float *vector, w2b_diag *diag)
{
    uint32_t length;
    if (!w2b_wordlist_word(&r->words, row, &length))
        return W2B_OK;
    return w2b_gather_vectors(&r->gather, vector, 1, diag);
}

static w2b_err read_rows(reader *r, w2b_diag *diag)
{
    const size_t size = w2b_element_size(r->npy.element);
    const size_t dim = (size_t)r->npy.dim;
    w2b_err err = W2B_OK;
    for (uint64_t row = 0; !err && row < r->wanted; row++) {
        const uint8_t *bytes;
        err = w2b_binary_take(&r->file, dim * size, "the table", &bytes, diag);
        if (err)
            return err;
        const size_t read = w2b_element_read(r->npy.element, r->npy.big, bytes, size, dim,
                                             r->vectors);
        if (read < dim)
            return fail_number(r, row, read, diag);
        err = give_vector(r, row, r->vectors, diag);
        if (!err)
            err = w2b_binary_tick(&r->file, diag);
    }
    if (!err && r->wanted == r->npy.rows)
        err = w2b_binary_end(&r->file, diag);
    return err;
}

/* Rows [first, first + n) of a table that lies column after column. */
static w2b_err turn_rows(reader *r, const uint8_t *table, uint64_t first, size_t n,
                         w2b_diag *diag)
{
    const size_t size = w2b_element_size(r->npy.element);
    const size_t dim = (size_t)r->npy.dim;
    w2b_err err = W2B_OK;
    for (size_t c = 0; c < dim; c++) {
        float column[COLUMN_ROWS];
        const uint8_t *bytes = table + (c * (size_t)r->npy.rows + (size_t)first) * size;
        const size_t read = w2b_element_read(r->npy.element, r->npy.big, bytes, size, n, column);
        if (read < n)
            return fail_number(r, first + read, c, diag);
        for (size_t i = 0; i < n; i++)
            r->vectors[i * dim + c] = column[i];
    }
    for (size_t i = 0; !err && i < n; i++)
        err = give_vector(r, first + i, r->vectors + i * dim, diag);
    return err;
}

static w2b_err read_columns(reader *r, w2b_diag *diag)
{
    w2b_bulk table = {0};
    w2b_err err = w2b_binary_load(&r->file, r->npy.rows,
                                  r->npy.dim * w2b_element_size(r->npy.element), "the table",
                                  &table, diag);
    if (!err)
        err = w2b_binary_end(&r->file, diag);
    for (uint64_t row = 0; !err && row < r->wanted; row += COLUMN_ROWS) {
        const uint64_t left = r->wanted - row;
        err = turn_rows(r, table.bytes, row, left < COLUMN_ROWS ? (size_t)left : COLUMN_ROWS,
                        diag);
        if (!err)
            err = w2b_binary_tick(&r->file, diag);
    }
    w2b_bulk_free(&table);
    return err;
}

static w2b_err read_table(reader *r, w2b_diag *diag)
{
    const uint64_t limit = r->file.options->limit;
    const size_t rows = r->npy.columns ? COLUMN_ROWS : 1;
    r->wanted = limit > 0 && limit < r->npy.rows ? limit : r->npy.rows;
    const uint64_t sure = w2b_stream_left(r->file.stream) < UINT64_MAX ? r->wanted : 0;
    w2b_err err = w2b_gather_start(&r->gather, r->file.options, (uint32_t)r->npy.dim, sure, "npy",
                                   diag);
    if (err)
        return err;
    r->vectors = w2b_alloc(rows * (size_t)r->npy.dim, sizeof *r->vectors);
    if (!r->vectors)
        return w2b_fail_memory(diag, rows * r->npy.dim * sizeof *r->vectors, "vectors");
    err = give_words(r, diag);
    if (!err)
        err = r->npy.columns ? read_columns(r, diag) : read_rows(r, diag);
    return err ? err : w2b_binary_finish(&r->file, diag);
}

w2b_err w2b_npy_read(w2b_stream *stream, const w2b_open_options *options, w2b_model **model,
                     w2b_diag *diag)
{
    reader r = {.gather.fd = -1};
    w2b_err err = w2b_binary_open(&r.file, stream, options, diag);
    if (!err)
        err = read_head(&r, diag);
    if (!err)
        err = check_shape(&r, diag);
    if (!err)
        err = read_table(&r, diag);
    w2b_binary_close(&r.file);
    w2b_wordlist_free(&r.words);
    w2b_free(r.vectors);
    if (!err)
        return w2b_gather_finish(&r.gather, model, diag);
    w2b_gather_abort(&r.gather);
    return err;
}
