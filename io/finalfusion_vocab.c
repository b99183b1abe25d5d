/*
 * finalfusion_vocab.c - the vocabularies of finalfusion's files.
 */
#include <string.h>

#include "io/finalfusion.h"

/* More buckets than this would not fit any file. */
#define EXPONENT_MAX 40

int w2b_fifu_is_vocab(uint32_t id)
{
    return id == W2B_FIFU_WORDS || id == W2B_FIFU_BUCKETS ||
           (id >= W2B_FIFU_FASTTEXT && id <= W2B_FIFU_FLORET);
}

/* The length of a string and its bytes. */
static w2b_err read_string(w2b_binary *file, const char *what, const uint8_t **bytes,
                           uint32_t *length, w2b_diag *diag)
{
    *length = 0;
    const w2b_err err = w2b_binary_u32(file, what, length, diag);
    if (err)
        return err;
    if (*length > W2B_WORDLIST_MAX)
        return w2b_binary_fail(file, W2B_ERR_FORMAT, diag, "%s of %u bytes", what,
                               (unsigned)*length);
    return w2b_binary_take(file, *length, what, bytes, diag);
}

static w2b_err read_words(w2b_binary *file, uint64_t n, w2b_wordlist *words, w2b_diag *diag)
{
    /* Each takes its length at least. */
    w2b_err err = w2b_binary_expect(file, n, 4, "its words", diag);
    if (!err && n > file->options->max_words)
        err = w2b_binary_fail(file, W2B_ERR_LIMIT, diag, "%llu words, at most %llu are allowed",
                              (unsigned long long)n,
                              (unsigned long long)file->options->max_words);
    for (uint64_t i = 0; !err && i < n; i++) {
        const uint8_t *bytes = NULL;
        uint32_t length;
        err = read_string(file, "a word", &bytes, &length, diag);
        if (!err)
            err = w2b_wordlist_put(words, i, (const char *)bytes, length, diag);
        if (!err)
            err = w2b_binary_tick(file, diag);
    }
    return err;
}

/* ----- Parts -------------------------------------------------------------- */

static w2b_err read_range(w2b_binary *file, w2b_subword *s, w2b_diag *diag)
{
    w2b_err err = w2b_binary_u32(file, "its vocabulary", &s->min_n, diag);
    if (!err)
        err = w2b_binary_u32(file, "its vocabulary", &s->max_n, diag);
    if (!err && (s->min_n == 0 || s->min_n > s->max_n || s->max_n > W2B_SUBWORD_LENGTH_MAX))
        err = w2b_binary_fail(file, W2B_ERR_FORMAT, diag, "parts of %u to %u characters",
                              (unsigned)s->min_n, (unsigned)s->max_n);
    return err;
}

static w2b_err read_buckets(w2b_binary *file, int exponent, w2b_wordlist *words, w2b_subword *s,
                            w2b_diag *diag)
{
    uint64_t n = 0;
    uint32_t buckets = 0;
    w2b_err err = w2b_binary_u64(file, "its vocabulary", &n, diag);
    if (!err)
        err = read_range(file, s, diag);
    if (!err)
        err = w2b_binary_u32(file, "its vocabulary", &buckets, diag);
    if (!err && (exponent ? buckets > EXPONENT_MAX : buckets == 0 || buckets > INT32_MAX))
        err = w2b_binary_fail(file, W2B_ERR_FORMAT, diag, "%s%u buckets",
                              exponent ? "2 to the power of " : "", (unsigned)buckets);
    if (err)
        return err;
    s->kind = exponent ? W2B_SUBWORD_FINALFUSION : W2B_SUBWORD_FASTTEXT;
    s->buckets = exponent ? UINT64_C(1) << buckets : buckets;
    return read_words(file, n, words, diag);
}

/* One part and its number. */
static w2b_err read_part(w2b_binary *file, w2b_subword *s, size_t i, size_t *bytes_n, size_t *room,
                         w2b_diag *diag)
{
    const uint8_t *bytes = NULL;
    uint32_t length;
    uint64_t number = 0;
    w2b_err err = read_string(file, "a part of words", &bytes, &length, diag);
    if (err)
        return err;
    if (w2b_grow((void **)&s->bytes, room, *bytes_n + length + 1, 1) != 0)
        return w2b_fail_memory(diag, (uint64_t)*bytes_n + length, "parts of words");
    memcpy(s->bytes + *bytes_n, bytes, length);
    *bytes_n += length;
    s->starts[i + 1] = *bytes_n;
    err = w2b_binary_u64(file, "a part of words", &number, diag);
    s->numbers[i] = number;
    if (number + 1 > s->buckets)
        s->buckets = number + 1;
    return err;
}

static w2b_err read_parts(w2b_binary *file, uint64_t n, w2b_subword *s, w2b_diag *diag)
{
    size_t bytes_n = 0, room = 0, starts_room = 0, numbers_room = 0;
    w2b_err err = w2b_binary_expect(file, n, 12, "its parts of words", diag);
    if (!err && n > UINT32_MAX - 1)
        err = w2b_binary_fail(file, W2B_ERR_LIMIT, diag, "%llu parts of words",
                              (unsigned long long)n);
    for (size_t i = 0; !err && i < n; i++) {
        if (w2b_grow((void **)&s->starts, &starts_room, i + 2, sizeof *s->starts) != 0 ||
            w2b_grow((void **)&s->numbers, &numbers_room, i + 1, sizeof *s->numbers) != 0)
            return w2b_fail_memory(diag, n * 16, "parts of words");
        s->starts[0] = 0;
        err = read_part(file, s, i, &bytes_n, &room, diag);
        if (!err && s->numbers[i] >= n)
            err = w2b_binary_fail(file, W2B_ERR_FORMAT, diag, "part %zu has number %llu of %llu",
                                  i + 1, (unsigned long long)s->numbers[i],
                                  (unsigned long long)n);
    }
    return err || n == 0 ? err : w2b_subword_index(s, (size_t)n, diag);
}

static w2b_err read_explicit(w2b_binary *file, w2b_wordlist *words, w2b_subword *s,
                             w2b_diag *diag)
{
    uint64_t n = 0;
    uint64_t parts = 0;
    w2b_err err = w2b_binary_u64(file, "its vocabulary", &n, diag);
    if (!err)
        err = w2b_binary_u64(file, "its vocabulary", &parts, diag);
    if (!err)
        err = read_range(file, s, diag);
    s->kind = W2B_SUBWORD_EXPLICIT;
    if (!err)
        err = read_words(file, n, words, diag);
    return err ? err : read_parts(file, parts, s, diag);
}

/* From w2b_alloc. */
static w2b_err read_mark(w2b_binary *file, char **mark, w2b_diag *diag)
{
    const uint8_t *bytes = NULL;
    uint32_t length;
    const w2b_err err = read_string(file, "a mark of words", &bytes, &length, diag);
    if (err)
        return err;
    if (length > 0 && memchr(bytes, 0, length))
        return w2b_binary_fail(file, W2B_ERR_FORMAT, diag, "a mark of words holds a zero byte");
    *mark = w2b_alloc_zero((size_t)length + 1, 1);
    if (!*mark)
        return w2b_fail_memory(diag, length, "a mark of words");
    if (length > 0)
        memcpy(*mark, bytes, length);
    return W2B_OK;
}

static w2b_err read_floret(w2b_binary *file, w2b_subword *s, w2b_diag *diag)
{
    w2b_err err = read_range(file, s, diag);
    if (!err)
        err = w2b_binary_u64(file, "its vocabulary", &s->buckets, diag);
    if (!err)
        err = w2b_binary_u32(file, "its vocabulary", &s->hashes, diag);
    if (!err)
        err = w2b_binary_u32(file, "its vocabulary", &s->seed, diag);
    if (!err && (s->buckets == 0 || s->hashes < 1 || s->hashes > 4))
        err = w2b_binary_fail(file, W2B_ERR_FORMAT, diag, "%u hashes in %llu buckets",
                              (unsigned)s->hashes, (unsigned long long)s->buckets);
    s->kind = W2B_SUBWORD_FLORET;
    if (!err)
        err = read_mark(file, &s->begin, diag);
    return err ? err : read_mark(file, &s->end, diag);
}

w2b_err w2b_fifu_vocab(w2b_binary *file, uint32_t id, w2b_wordlist *words,
                       w2b_subword **subword, w2b_diag *diag)
{
    uint64_t n = 0;
    w2b_err err;
    if (id == W2B_FIFU_WORDS) {
        err = w2b_binary_u64(file, "its vocabulary", &n, diag);
        return err ? err : read_words(file, n, words, diag);
    }
    w2b_subword *s = w2b_alloc_zero(1, sizeof *s);
    if (!s)
        return w2b_fail_memory(diag, sizeof *s, "a vocabulary");
    *subword = s;
    s->edges = 1;
    s->unit = 1;
    if (id == W2B_FIFU_EXPLICIT)
        err = read_explicit(file, words, s, diag);
    else if (id == W2B_FIFU_FLORET)
        err = read_floret(file, s, diag);
    else
        err = read_buckets(file, id == W2B_FIFU_BUCKETS, words, s, diag);
    s->first = words->n;
    return err;
}
