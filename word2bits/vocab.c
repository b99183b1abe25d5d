/*
 * vocab.c - vocabularies: built from counts, read, written.
 */
#include "word2bits/vocab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/out.h"
#include "io/stream.h"

#define READ_SIZE ((size_t)256 << 10)

/* ----- Order --------------------------------------------------------------- */

/* A word to be sorted. Most comparisons end at the prefix, which saves the
 * ways to the words themselves. */
typedef struct item {
    uint64_t count;
    uint64_t prefix;   /* the first 8 bytes, the first in the highest place */
    const char *word;
    uint32_t length;
    uint32_t id;
} item;

static uint64_t prefix_of(const char *word, size_t length)
{
    uint64_t prefix = 0;
    for (size_t i = 0; i < 8; i++)
        prefix = prefix << 8 | (i < length ? (unsigned char)word[i] : 0);
    return prefix;
}

static int compare_items(const void *left, const void *right)
{
    const item *a = left;
    const item *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    const size_t shorter = a->length < b->length ? a->length : b->length;
    const int order = memcmp(a->word, b->word, shorter);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static int collect(const w2b_table *table, uint64_t min_count, const w2b_table *keep,
                   item **items, size_t *n)
{
    *n = 0;
    item *list = w2b_alloc((size_t)w2b_table_words(table), sizeof *list);
    if (!list)
        return -1;
    for (uint32_t s = 0; s < W2B_SHARDS; s++) {
        const w2b_shard *shard = &table->shards[s];
        for (size_t i = 0; i < shard->n; i++) {
            const w2b_entry *entry = &shard->entries[i];
            const char *word = shard->bytes + entry->start;
            if (entry->count < min_count && !(keep && w2b_table_find(keep, word, entry->length)))
                continue;
            list[(*n)++] = (item){entry->count, prefix_of(word, entry->length), word,
                                  entry->length, entry->id};
        }
    }
    qsort(list, *n, sizeof *list, compare_items);
    *items = list;
    return 0;
}

/* ----- Building ------------------------------------------------------------ */

w2b_vocab *w2b_vocab_new(uint64_t n, size_t bytes)
{
    w2b_vocab *vocab = w2b_alloc_zero(1, sizeof *vocab);
    if (!vocab)
        return NULL;
    vocab->n = n;
    vocab->bytes = w2b_alloc(bytes, 1);
    vocab->starts = w2b_alloc((size_t)n + 1, sizeof *vocab->starts);
    vocab->counts = w2b_alloc((size_t)n, sizeof *vocab->counts);
    if (vocab->bytes && vocab->starts && vocab->counts)
        return vocab;
    w2b_vocab_free(vocab);
    return NULL;
}

static w2b_vocab *from_items(const item *items, size_t n)
{
    size_t bytes = n;
    for (size_t i = 0; i < n; i++)
        bytes += items[i].length;
    w2b_vocab *vocab = w2b_vocab_new(n, bytes);
    if (!vocab)
        return NULL;
    uint64_t at = 0;
    for (size_t i = 0; i < n; i++) {
        vocab->starts[i] = at;
        vocab->counts[i] = items[i].count;
        memcpy(vocab->bytes + at, items[i].word, items[i].length);
        at += items[i].length;
        vocab->bytes[at++] = '\0';
    }
    vocab->starts[n] = at;
    return vocab;
}

w2b_err w2b_vocab_build(const w2b_table *table, uint64_t min_count, const w2b_table *keep,
                        uint64_t most, w2b_vocab **vocab, uint32_t **map, w2b_diag *diag)
{
    const uint64_t n_ids = map ? w2b_table_ids(table) : 0;
    item *items = NULL;
    size_t n = 0;
    w2b_vocab *made = NULL;
    uint32_t *rows = w2b_alloc((size_t)n_ids, sizeof *rows);
    if (rows && collect(table, min_count, keep, &items, &n) == 0) {
        n = n < most ? n : (size_t)most;
        made = from_items(items, n);
    }
    if (!made) {
        const uint64_t bytes = w2b_table_words(table) * sizeof *items + n_ids * sizeof *rows;
        w2b_free(items);
        w2b_free(rows);
        return w2b_fail_memory(diag, bytes, "the vocabulary");
    }
    if (map) {
        for (uint64_t i = 0; i < n_ids; i++)
            rows[i] = W2B_UNKNOWN;
        for (size_t i = 0; i < n; i++)
            rows[items[i].id] = (uint32_t)i;
        *map = rows;
    } else {
        w2b_free(rows);
    }
    w2b_free(items);
    *vocab = made;
    return W2B_OK;
}

w2b_table *w2b_vocab_table(const w2b_vocab *vocab)
{
    w2b_table *table = w2b_table_new();
    if (!table)
        return NULL;
    for (uint64_t i = 0; i < vocab->n; i++) {
        size_t length;
        const char *word = w2b_vocab_word(vocab, i, &length, NULL);
        if (w2b_table_add(table, word, (uint32_t)length, vocab->counts[i], (uint32_t)i) < 0) {
            w2b_table_free(table);
            return NULL;
        }
    }
    table->closed = 1;
    return table;
}

int w2b_vocab_parts(const w2b_vocab *vocab, char **bytes, uint64_t **starts, uint64_t **counts)
{
    const size_t n = (size_t)vocab->n;
    const size_t size = (size_t)vocab->starts[n];
    char *b = w2b_alloc(size, 1);
    uint64_t *s = w2b_alloc(n + 1, sizeof *s);
    uint64_t *c = w2b_alloc(n, sizeof *c);
    if (!b || !s || !c) {
        w2b_free(b);
        w2b_free(s);
        w2b_free(c);
        return -1;
    }
    memcpy(b, vocab->bytes, size);
    memcpy(s, vocab->starts, (n + 1) * sizeof *s);
    memcpy(c, vocab->counts, n * sizeof *c);
    *bytes = b;
    *starts = s;
    *counts = c;
    return 0;
}

uint64_t w2b_vocab_size(const w2b_vocab *vocab)
{
    return vocab->n;
}

const char *w2b_vocab_word(const w2b_vocab *vocab, uint64_t i, size_t *length, uint64_t *count)
{
    if (i >= vocab->n)
        return NULL;
    if (length)
        *length = (size_t)(vocab->starts[i + 1] - vocab->starts[i] - 1);
    if (count)
        *count = vocab->counts[i];
    return vocab->bytes + vocab->starts[i];
}

void w2b_vocab_free(w2b_vocab *vocab)
{
    if (!vocab)
        return;
    w2b_free(vocab->bytes);
    w2b_free(vocab->starts);
    w2b_free(vocab->counts);
    w2b_free(vocab);
}

/* ----- Reading ------------------------------------------------------------- */

/* A vocabulary file under way. */
typedef struct listing {
    w2b_stream *stream;
    const char *name;
    w2b_table *table;
    uint64_t line;     /* of the line under way, from 1 */
    uint64_t total;    /* of the counts so far */
    char *buffer;      /* holds a line at least */
    size_t room, n;
} listing;

static w2b_err fail_line(const listing *list, w2b_err code, const char *text, w2b_diag *diag)
{
    return w2b_fail_at(diag, code, list->name, list->line, W2B_NOWHERE, "%s", text);
}

/* Digits only; 0, or -1 if it is no number from 1 to 2^64 - 1. */
static int read_count(const char *text, size_t length, uint64_t *count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
            return -1;
    }
    *count = value;
    return value > 0 ? 0 : -1;
}

static w2b_err read_line(listing *list, const char *text, size_t length, w2b_diag *diag)
{
    if (length > 0 && text[length - 1] == '\r')
        length--;
    size_t divide = length;
    while (divide > 0 && text[divide - 1] != ' ' && text[divide - 1] != '\t')
        divide--;
    if (divide < 2)
        return fail_line(list, W2B_ERR_FORMAT, "expected a word and its count", diag);
    const size_t n = divide - 1;
    uint64_t count;
    if (read_count(text + divide, length - divide, &count))
        return fail_line(list, W2B_ERR_FORMAT,
                         "expected a count of 1 or more behind the word", diag);
    for (size_t i = 0; i < n; i++) {
        if (w2b_text_white((unsigned char)text[i]))
            return fail_line(list, W2B_ERR_FORMAT, "expected one word and its count", diag);
    }
    if (n > W2B_WORD_MOST)
        return fail_line(list, W2B_ERR_LIMIT, "the word is longer than 1 MiB", diag);
    if (__builtin_add_overflow(list->total, count, &list->total))
        return fail_line(list, W2B_ERR_LIMIT, "the counts add up to 2^64 or more", diag);
    if (w2b_table_words(list->table) >= W2B_UNKNOWN)
        return fail_line(list, W2B_ERR_LIMIT, "more words than can be numbered", diag);
    /* The id is where a second occurrence finds the first one's line. */
    const uint32_t id = list->line < UINT32_MAX ? (uint32_t)list->line : 0;
    const int added = w2b_table_add(list->table, text, (uint32_t)n, count, id);
    if (added < 0)
        return w2b_fail_memory(diag, n, "the vocabulary");
    if (added > 0)
        return W2B_OK;
    const w2b_entry *first = w2b_table_find(list->table, text, (uint32_t)n);
    return w2b_fail_at(diag, W2B_ERR_FORMAT, list->name, list->line, W2B_NOWHERE,
                       "the word stands in line %lu already", (unsigned long)first->id);
}

/* Takes the whole lines from the buffer, at the end of the file the rest too. */
static w2b_err take_lines(listing *list, int end, w2b_diag *diag)
{
    size_t from = 0;
    while (from < list->n) {
        const char *text = list->buffer + from;
        const char *stop = memchr(text, '\n', list->n - from);
        if (!stop && !end)
            break;
        const size_t length = stop ? (size_t)(stop - text) : list->n - from;
        list->line++;
        const w2b_err err = read_line(list, text, length, diag);
        if (err)
            return err;
        from += length + (stop != NULL);
    }
    memmove(list->buffer, list->buffer + from, list->n - from);
    list->n -= from;
    return W2B_OK;
}

static w2b_err read_listing(listing *list, w2b_diag *diag)
{
    for (size_t got = 1; got > 0;) {
        /* The longest line allowed: a word, a divider and a count. */
        if (list->n > W2B_WORD_MOST + 64) {
            list->line++;
            return fail_line(list, W2B_ERR_LIMIT, "the line is longer than 1 MiB", diag);
        }
        if (w2b_grow((void **)&list->buffer, &list->room, list->n + READ_SIZE, 1))
            return w2b_fail_memory(diag, list->n + READ_SIZE, "the vocabulary");
        w2b_err err = w2b_stream_read(list->stream, list->buffer + list->n, READ_SIZE, &got, diag);
        if (err)
            return err;
        list->n += got;
        err = take_lines(list, got == 0, diag);
        if (err)
            return err;
    }
    return W2B_OK;
}

w2b_err w2b_vocab_open(const char *path, w2b_vocab **vocab, w2b_diag *diag)
{
    listing list = {0};
    w2b_err err = w2b_stream_open(path, &list.stream, diag);
    if (err)
        return err;
    list.name = w2b_stream_name(list.stream);
    list.table = w2b_table_new();
    err = list.table ? read_listing(&list, diag) : w2b_fail_memory(diag, 0, "the vocabulary");
    if (!err && list.line == 0)
        err = w2b_fail_at(diag, W2B_ERR_DATA, list.name, W2B_NOWHERE, W2B_NOWHERE,
                          "no words in the vocabulary");
    if (!err)
        err = w2b_vocab_build(list.table, 1, NULL, UINT64_MAX, vocab, NULL, diag);
    w2b_free(list.buffer);
    w2b_table_free(list.table);
    w2b_stream_close(list.stream);
    return err;
}

/* ----- Writing ------------------------------------------------------------- */

w2b_err w2b_vocab_save(const w2b_vocab *vocab, const char *path, int replace, w2b_diag *diag)
{
    w2b_out *out = NULL;
    w2b_err err = w2b_out_open(path, replace, &out, diag);
    if (err)
        return err;
    for (uint64_t i = 0; i < vocab->n && !err; i++) {
        size_t length;
        uint64_t count;
        const char *word = w2b_vocab_word(vocab, i, &length, &count);
        char tail[24];
        const int n = snprintf(tail, sizeof tail, " %llu\n", (unsigned long long)count);
        err = w2b_out_write(out, word, length, diag);
        if (!err)
            err = w2b_out_write(out, tail, (size_t)n, diag);
    }
    if (err) {
        w2b_out_abort(out);
        return err;
    }
    return w2b_out_commit(out, diag);
}
