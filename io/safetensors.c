/*
 * safetensors.c - reading safetensors files: a JSON object that names tables
 * of numbers, and the tables.
 *
 * The length of the object (64 bits), the object, the tables back to back; each
 * entry says type, shape and the place of its bytes from the end of the object
 * on. Words are in a file of their own. Three layouts are known by the names of
 * their tables: that of Model2Vec ("embeddings", with a "weights" for each token
 * and, where tokens share rows, a "mapping" from token to row), that of
 * sentence-transformers' StaticEmbedding ("embedding.weight"), and a single
 * table of any name.
 */
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "io/binary.h"
#include "io/element.h"
#include "io/format.h"
#include "io/gather.h"
#include "io/little.h"
#include "io/nesting.h"
#include "io/wordlist.h"

/* What the format allows. */
#define TEXT_MAX ((uint64_t)100000000)

typedef struct tensor {
    int there;
    int whole;             /* whole numbers of 4 or 8 bytes, little-endian */
    w2b_element element;   /* if they are not */
    size_t size;           /* bytes of a number */
    uint64_t rows;
    uint64_t dim;          /* 1 for a list */
    int list;
    uint64_t begin, end;   /* from the end of the object on */
} tensor;

typedef struct reader {
    w2b_binary file;
    w2b_gather gather;
    w2b_wordlist words;
    uint64_t buffer;       /* where its bytes begin in the file */
    uint64_t size;         /* of all tables */
    tensor table;
    tensor weights, mapping;
    uint64_t tokens;       /* rows as the words count them */
    float *vector;
} reader;

/* ----- The object --------------------------------------------------------- */

int w2b_safetensors_sniff(const uint8_t *head, size_t n, int at_end)
{
    if (n < 10)
        return 0;
    const uint64_t length = w2b_get_u64(head);
    if (length < 2 || length > TEXT_MAX || (at_end && length > n - 8) || head[8] != '{')
        return 0;
    return head[9] == '"' || head[9] == '}' || head[9] == ' ' || head[9] == '\n' ? 2 : 0;
}

static w2b_err fail(const reader *r, const char *name, const char *what, w2b_diag *diag)
{
    return w2b_fail_at(diag, W2B_ERR_FORMAT, r->file.name, W2B_NOWHERE, W2B_NOWHERE,
                       "the table \"%.80s\" %s", name, what);
}

static int take_type(const json_t *entry, tensor *t)
{
    static const struct { const char *name; size_t size; int whole; w2b_element element; }
    types[] = {
        {"F64", 8, 0, W2B_ELEMENT_F64}, {"F32", 4, 0, W2B_ELEMENT_F32},
        {"F16", 2, 0, W2B_ELEMENT_F16}, {"BF16", 2, 0, W2B_ELEMENT_BF16},
        {"I8", 1, 0, W2B_ELEMENT_I8},   {"U8", 1, 0, W2B_ELEMENT_U8},
        {"I64", 8, 1, W2B_ELEMENT_I8},  {"U64", 8, 1, W2B_ELEMENT_I8},
        {"I32", 4, 1, W2B_ELEMENT_I8},  {"U32", 4, 1, W2B_ELEMENT_I8},
    };
    const char *name = json_string_value(json_object_get(entry, "dtype"));
    for (size_t i = 0; name && i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(name, types[i].name) == 0) {
            t->size = types[i].size;
            t->whole = types[i].whole;
            t->element = types[i].element;
            return 0;
        }
    }
    return -1;
}

/* A number that is not negative; UINT64_MAX if it is none. */
static uint64_t count_of(const json_t *number)
{
    const json_int_t value = json_is_integer(number) ? json_integer_value(number) : -1;
    return value < 0 ? UINT64_MAX : (uint64_t)value;
}

static int take_places(const json_t *entry, tensor *t)
{
    const json_t *shape = json_object_get(entry, "shape");
    const json_t *places = json_object_get(entry, "data_offsets");
    const size_t n = json_array_size(shape);
    uint64_t bytes;
    if (!json_is_array(shape) || json_array_size(places) != 2)
        return -1;
    t->begin = count_of(json_array_get(places, 0));
    t->end = count_of(json_array_get(places, 1));
    t->list = n == 1;
    t->rows = n == 1 || n == 2 ? count_of(json_array_get(shape, 0)) : 0;
    t->dim = n == 2 ? count_of(json_array_get(shape, 1)) : 1;
    if (t->begin == UINT64_MAX || t->end == UINT64_MAX || t->begin > t->end)
        return -1;
    if (n != 1 && n != 2)
        return 0;
    if (__builtin_mul_overflow(t->rows, t->dim, &bytes) ||
        __builtin_mul_overflow(bytes, t->size ? t->size : 1, &bytes))
        return -1;
    return t->size == 0 || bytes == t->end - t->begin ? 0 : -1;
}

/* Looks for the tables that are wanted among all. */
static w2b_err take_entry(reader *r, const char *name, const json_t *entry, int *others,
                          w2b_diag *diag)
{
    tensor t = {.there = 1};
    const int known = take_type(entry, &t) == 0;
    if (take_places(entry, &t) != 0)
        return fail(r, name, "has no sound shape and place", diag);
    if (t.end > r->size)
        r->size = t.end;
    const int table = known && !t.whole && !t.list && t.rows > 0;
    if (strcmp(name, "embeddings") == 0 || strcmp(name, "embedding.weight") == 0) {
        if (!table)
            return fail(r, name, "is not a table of numbers of a known type", diag);
        r->table = t;
        *others = -1;
    } else if (strcmp(name, "weights") == 0 && known && !t.whole && t.list) {
        r->weights = t;
    } else if (strcmp(name, "mapping") == 0 && known && t.whole && t.list) {
        r->mapping = t;
    } else if (table && *others >= 0) {
        r->table = t;
        ++*others;
    }
    return W2B_OK;
}

static w2b_err take_object(reader *r, json_t *root, w2b_diag *diag)
{
    const char *name;
    json_t *entry;
    int others = 0; /* tables of other names; -1: not of interest any more */
    json_object_foreach(root, name, entry) {
        if (strcmp(name, "__metadata__") == 0)
            continue;
        const w2b_err err = take_entry(r, name, entry, &others, diag);
        if (err)
            return err;
    }
    if (!r->table.there || others > 1)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, r->file.name, W2B_NOWHERE, W2B_NOWHERE,
                           r->table.there ? "it holds several tables, none of which is called "
                                            "embeddings or embedding.weight"
                                          : "it holds no table of vectors");
    /* What belongs to the table of Model2Vec is no part of others. */
    if (others >= 0)
        r->weights.there = r->mapping.there = 0;
    r->tokens = r->mapping.there ? r->mapping.rows : r->table.rows;
    if (r->weights.there && r->weights.rows != r->tokens)
        return fail(r, "weights", "has not one number a token", diag);
    return W2B_OK;
}

static w2b_err read_object(reader *r, w2b_diag *diag)
{
    uint64_t length = 0;
    const uint8_t *bytes = NULL;
    w2b_nesting nesting = {.most = r->file.options->max_depth};
    json_error_t error;
    w2b_err err = w2b_binary_u64(&r->file, "the length of its head", &length, diag);
    if (err)
        return err;
    const w2b_open_options *options = r->file.options;
    if (length > options->max_json)
        return w2b_binary_fail(&r->file, W2B_ERR_LIMIT, diag,
                               "a head of %llu bytes, at most %llu are allowed",
                               (unsigned long long)length,
                               (unsigned long long)options->max_json);
    err = w2b_binary_take(&r->file, (size_t)length, "its head", &bytes, diag);
    if (!err)
        err = w2b_nesting_look(&nesting, bytes, (size_t)length, r->file.name, diag);
    if (err)
        return err;
    r->buffer = r->file.window.offset;
    json_t *root = json_loadb((const char *)bytes, (size_t)length, JSON_REJECT_DUPLICATES,
                              &error);
    if (!root)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, r->file.name, W2B_NOWHERE,
                           8 + (uint64_t)(error.position > 0 ? error.position : 0),
                           "the head is not sound JSON: %s", error.text);
    err = json_is_object(root) ? take_object(r, root, diag)
                               : w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag,
                                                 "the head is not a JSON object");
    json_decref(root);
    return err;
}

static w2b_err check_sizes(const reader *r, w2b_diag *diag)
{
    const w2b_open_options *options = r->file.options;
    if (r->tokens == 0 || r->table.dim == 0)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, r->file.name, W2B_NOWHERE, W2B_NOWHERE,
                           "a table of %llu rows by %llu", (unsigned long long)r->tokens,
                           (unsigned long long)r->table.dim);
    if (r->tokens > options->max_words || r->table.dim > options->max_dim)
        return w2b_fail_at(diag, W2B_ERR_LIMIT, r->file.name, W2B_NOWHERE, W2B_NOWHERE,
                           "a table of %llu rows by %llu, at most %llu by %u are allowed",
                           (unsigned long long)r->tokens, (unsigned long long)r->table.dim,
                           (unsigned long long)options->max_words, (unsigned)options->max_dim);
    return w2b_binary_expect(&r->file, r->size, 1, "the tables", diag);
}

/* ----- The tables --------------------------------------------------------- */

/* Goes forward to `place` among the tables. */
static w2b_err go_to(reader *r, uint64_t place, w2b_diag *diag)
{
    return w2b_binary_skip(&r->file, place - (r->file.window.offset - r->buffer), "its tables",
                           diag);
}

static w2b_err fail_number(const reader *r, uint64_t row, w2b_diag *diag)
{
    return w2b_binary_fail(&r->file, W2B_ERR_DATA, diag,
                           "a number of row %llu is not finite, or too large for a float",
                           (unsigned long long)row + 1);
}

static int has_word(const reader *r, uint64_t token)
{
    uint32_t length;
    return w2b_wordlist_word(&r->words, token, &length) != NULL;
}

/* The table alone: row by row. */
static w2b_err read_rows(reader *r, uint64_t wanted, w2b_diag *diag)
{
    const tensor *t = &r->table;
    const size_t dim = (size_t)t->dim;
    w2b_err err = go_to(r, t->begin, diag);
    for (uint64_t row = 0; !err && row < wanted; row++) {
        const uint8_t *bytes = NULL;
        err = w2b_binary_take(&r->file, dim * t->size, "its table", &bytes, diag);
        if (err)
            return err;
        if (w2b_element_read(t->element, 0, bytes, t->size, dim, r->vector) < dim)
            return fail_number(r, row, diag);
        if (has_word(r, row))
            err = w2b_gather_vectors(&r->gather, r->vector, 1, diag);
        if (!err)
            err = w2b_binary_tick(&r->file, diag);
    }
    return err;
}

typedef struct loaded {
    w2b_bulk table, weights, mapping;
} loaded;

static w2b_err give_token(reader *r, const loaded *l, uint64_t token, w2b_diag *diag)
{
    const tensor *t = &r->table;
    const size_t dim = (size_t)t->dim;
    uint64_t row = token;
    float weight = 1;
    if (l->mapping.bytes && r->mapping.size == 8)
        row = w2b_get_u64(l->mapping.bytes + token * 8);
    else if (l->mapping.bytes)
        row = w2b_get_u32(l->mapping.bytes + token * 4);
    if (row >= t->rows)
        return fail(r, "mapping", "names a row that is not there", diag);
    if (w2b_element_read(t->element, 0, l->table.bytes + (size_t)row * dim * t->size, t->size,
                         dim, r->vector) < dim)
        return fail_number(r, row, diag);
    if (l->weights.bytes &&
        w2b_element_read(r->weights.element, 0, l->weights.bytes + token * r->weights.size,
                         r->weights.size, 1, &weight) < 1)
        return fail_number(r, token, diag);
    for (size_t i = 0; i < dim; i++) {
        r->vector[i] *= weight;
        if (!(r->vector[i] - r->vector[i] == 0))
            return fail_number(r, token, diag);
    }
    return w2b_gather_vectors(&r->gather, r->vector, 1, diag);
}

/* All that is there into memory, in the order of the file. */
static w2b_err load_all(reader *r, loaded *l, w2b_diag *diag)
{
    struct { const tensor *tensor; w2b_bulk *bulk; } todo[] = {
        {&r->table, &l->table}, {&r->weights, &l->weights}, {&r->mapping, &l->mapping}};
    for (;;) {
        int next = -1;
        for (int i = 0; i < 3; i++) {
            if (todo[i].tensor->there && !todo[i].bulk->bytes &&
                (next < 0 || todo[i].tensor->begin < todo[next].tensor->begin))
                next = i;
        }
        if (next < 0)
            return W2B_OK;
        const tensor *t = todo[next].tensor;
        if (t->begin < r->file.window.offset - r->buffer)
            return w2b_binary_fail(&r->file, W2B_ERR_FORMAT, diag, "two tables overlap");
        w2b_err err = go_to(r, t->begin, diag);
        if (!err)
            err = w2b_binary_load(&r->file, t->end - t->begin, 1, "a table", todo[next].bulk,
                                  diag);
        if (err)
            return err;
    }
}

static w2b_err read_all(reader *r, uint64_t wanted, w2b_diag *diag)
{
    loaded l = {0};
    w2b_err err = load_all(r, &l, diag);
    for (uint64_t token = 0; !err && token < wanted; token++) {
        if (has_word(r, token))
            err = give_token(r, &l, token, diag);
    }
    w2b_bulk_free(&l.table);
    w2b_bulk_free(&l.weights);
    w2b_bulk_free(&l.mapping);
    return err;
}

/* ----- Reading ------------------------------------------------------------ */

static w2b_err give_words(reader *r, uint64_t wanted, w2b_diag *diag)
{
    w2b_err err = w2b_wordlist_open(&r->words, r->file.name, r->tokens, r->file.options, diag);
    if (!err)
        err = w2b_wordlist_check(&r->words, diag);
    for (uint64_t token = 0; !err && token < wanted; token++) {
        uint32_t length;
        const char *word = w2b_wordlist_word(&r->words, token, &length);
        if (word)
            err = w2b_gather_word(&r->gather, word, length, diag);
    }
    return err;
}

static w2b_err read_tables(reader *r, w2b_diag *diag)
{
    const w2b_open_options *options = r->file.options;
    const uint64_t wanted =
        options->limit > 0 && options->limit < r->tokens ? options->limit : r->tokens;
    const uint64_t sure = w2b_stream_left(r->file.stream) < UINT64_MAX ? wanted : 0;
    w2b_err err = w2b_gather_start(&r->gather, options, (uint32_t)r->table.dim,
                                   r->mapping.there ? 0 : sure, "safetensors", diag);
    if (err)
        return err;
    r->vector = w2b_alloc((size_t)r->table.dim, sizeof *r->vector);
    if (!r->vector)
        return w2b_fail_memory(diag, r->table.dim * sizeof *r->vector, "a vector");
    err = give_words(r, wanted, diag);
    if (!err)
        err = r->weights.there || r->mapping.there ? read_all(r, wanted, diag)
                                                   : read_rows(r, wanted, diag);
    if (!err && wanted == r->tokens)
        err = go_to(r, r->size, diag);
    if (!err && wanted == r->tokens)
        err = w2b_binary_end(&r->file, diag);
    return err ? err : w2b_binary_finish(&r->file, diag);
}

w2b_err w2b_safetensors_read(w2b_stream *stream, const w2b_open_options *options,
                             w2b_model **model, w2b_diag *diag)
{
    reader r = {.gather.fd = -1};
    w2b_err err = w2b_binary_open(&r.file, stream, options, diag);
    if (!err)
        err = read_object(&r, diag);
    if (!err)
        err = check_sizes(&r, diag);
    if (!err)
        err = read_tables(&r, diag);
    w2b_binary_close(&r.file);
    w2b_wordlist_free(&r.words);
    w2b_free(r.vector);
    if (!err)
        return w2b_gather_finish(&r.gather, model, diag);
    w2b_gather_abort(&r.gather);
    return err;
}

/* ----- Folders ------------------------------------------------------------ */

w2b_err w2b_safetensors_within(const char *folder, char **path, w2b_diag *diag)
{
    static const char *const places[] = {"model.safetensors",
                                         "0_StaticEmbedding/model.safetensors"};
    const size_t length = strlen(folder);
    const size_t slash = length > 0 && folder[length - 1] != '/';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char *tried = w2b_alloc(length + slash + strlen(places[i]) + 1, 1);
        if (!tried)
            return w2b_fail_memory(diag, length, "the name of a file");
        memcpy(tried, folder, length);
        memcpy(tried + length, "/", slash);
        memcpy(tried + length + slash, places[i], strlen(places[i]) + 1);
        if (access(tried, F_OK) == 0) {
            *path = tried;
            return W2B_OK;
        }
        w2b_free(tried);
    }
    return w2b_fail_at(diag, W2B_ERR_FORMAT, folder, W2B_NOWHERE, W2B_NOWHERE,
                       "a folder, and it holds no model.safetensors");
}
