/*
 * subword.c - vectors for words that are in no vocabulary.
 */
#include <math.h>
#include <string.h>

#include "io/ngrams.h"
#include "io/subword.h"

/* Rows that one part has at most. */
#define ROWS_MAX 4

/* ----- From parts to rows ------------------------------------------------- */

static int find_kept(const w2b_subword *s, uint32_t bucket, uint64_t *row)
{
    size_t low = 0;
    size_t high = s->n_kept;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (s->kept[middle].bucket < bucket)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == s->n_kept || s->kept[low].bucket != bucket)
        return 0;
    *row = s->kept[low].row;
    return 1;
}

static int find_explicit(const w2b_subword *s, const char *part, size_t length, uint64_t *row)
{
    if (!s->index.starts)
        return 0; /* the list is empty */
    const uint64_t hash = w2b_word_hash(part, length);
    const uint32_t bucket = w2b_index_bucket(hash, s->index.buckets);
    for (uint32_t e = s->index.starts[bucket]; e < s->index.starts[bucket + 1]; e++) {
        const uint32_t i = s->index.rows[e];
        if (s->index.marks[e] == w2b_index_mark(hash) &&
            s->starts[i + 1] - s->starts[i] == length &&
            memcmp(s->bytes + s->starts[i], part, length) == 0) {
            *row = s->numbers[i];
            return 1;
        }
    }
    return 0;
}

/* The rows of a part from `first` on; returns their number. */
static size_t rows_of(const w2b_subword *s, const char *part, size_t length,
                      uint64_t rows[ROWS_MAX])
{
    uint32_t hashes[ROWS_MAX];
    uint64_t hash;
    switch (s->kind) {
    case W2B_SUBWORD_FASTTEXT:
        rows[0] = w2b_ngram_fasttext(part, length) % s->buckets;
        return s->kept ? (size_t)find_kept(s, (uint32_t)rows[0], &rows[0]) : 1;
    case W2B_SUBWORD_FINALFUSION:
        if (w2b_ngram_finalfusion(part, length, &hash) != 0)
            return 0;
        rows[0] = hash & (s->buckets - 1);
        return 1;
    case W2B_SUBWORD_EXPLICIT:
        return (size_t)find_explicit(s, part, length, &rows[0]);
    case W2B_SUBWORD_FLORET:
        w2b_ngram_floret(part, length, s->seed, hashes);
        for (uint32_t i = 0; i < s->hashes; i++)
            rows[i] = hashes[i] % s->buckets;
        return s->hashes;
    }
    return 0;
}

/* ----- From words to parts ------------------------------------------------ */

static size_t add_part(const w2b_subword *s, const char *part, size_t length, float *sum)
{
    uint64_t rows[ROWS_MAX];
    const size_t n = rows_of(s, part, length, rows);
    for (size_t i = 0; i < n; i++)
        w2b_matrix_add(&s->matrix, s->first + rows[i], sum);
    return n;
}

/* Behind the character at `at`: what continues one, as fastText sees it, also
 * where bytes are not UTF-8. */
static size_t next_char(const char *text, size_t length, size_t at)
{
    do {
        at++;
    } while (at < length && ((unsigned char)text[at] & 0xc0) == 0x80);
    return at;
}

/* In the order of fastText, since the last bits of a sum depend on it. */
static size_t add_parts(const w2b_subword *s, const char *text, size_t length, float *sum)
{
    size_t found = 0;
    if (s->kind == W2B_SUBWORD_FLORET)
        found += add_part(s, text, length, sum);
    for (size_t i = 0; i < length; i++) {
        if (((unsigned char)text[i] & 0xc0) == 0x80)
            continue;
        size_t end = i;
        for (uint32_t n = 1; end < length && n <= s->max_n; n++) {
            end = next_char(text, length, end);
            const int edge = n == 1 && (i == 0 || end == length);
            if (n >= s->min_n && (s->edges || !edge))
                found += add_part(s, text + i, end - i, sum);
        }
    }
    return found;
}

w2b_err w2b_subword_add(const w2b_subword *subword, const char *word, size_t length, float *sum,
                        size_t *n, w2b_diag *diag)
{
    const char *begin = subword->begin ? subword->begin : "<";
    const char *end = subword->end ? subword->end : ">";
    const size_t before = strlen(begin);
    const size_t after = strlen(end);
    char *text = w2b_alloc(before + length + after + 1, 1);
    if (!text)
        return w2b_fail_memory(diag, (uint64_t)length + before + after, "a word");
    memcpy(text, begin, before);
    memcpy(text + before, word, length);
    memcpy(text + before + length, end, after + 1);
    *n = add_parts(subword, text, before + length + after, sum);
    w2b_free(text);
    return W2B_OK;
}

/* To length 1, or to the mean of `n`. */
static void scale(const w2b_subword *s, size_t n, float *vector)
{
    float factor = (float)(1.0 / (double)n);
    if (s->unit) {
        double squares = 0;
        for (uint32_t i = 0; i < s->matrix.dim; i++)
            squares += (double)vector[i] * (double)vector[i];
        factor = squares > 0 ? (float)(1 / sqrt(squares)) : 0;
    }
    for (uint32_t i = 0; i < s->matrix.dim; i++)
        vector[i] *= factor;
}

w2b_err w2b_subword_compose(const w2b_subword *subword, const char *word, size_t length,
                            float *vector, w2b_diag *diag)
{
    const uint32_t dim = subword->matrix.dim;
    size_t n = 0;
    float *room = w2b_alloc(dim, 2 * sizeof *room);
    if (!room)
        return w2b_fail_memory(diag, 2 * dim * sizeof *room, "a vector");
    memset(room, 0, dim * sizeof *room);
    w2b_err err = w2b_subword_add(subword, word, length, room, &n, diag);
    if (!err && n == 0)
        err = w2b_fail(diag, W2B_ERR_WORD, "no part of the word is known");
    if (!err) {
        w2b_matrix_turn(&subword->matrix, room, room + dim);
        scale(subword, n, room);
    }
    for (uint32_t i = 0; !err && i < dim; i++) {
        if (!(room[i] - room[i] == 0))
            err = w2b_fail(diag, W2B_ERR_DATA, "the vector of a part of the word is not finite");
    }
    if (!err)
        memcpy(vector, room, dim * sizeof *room);
    w2b_free(room);
    return err;
}

/* ----- Making and releasing ----------------------------------------------- */

w2b_err w2b_subword_index(w2b_subword *subword, size_t n, w2b_diag *diag)
{
    uint64_t *hashes = w2b_alloc(n, sizeof *hashes);
    int failed = !hashes;
    for (size_t i = 0; i < n && !failed; i++)
        hashes[i] = w2b_word_hash(subword->bytes + subword->starts[i],
                                  (size_t)(subword->starts[i + 1] - subword->starts[i]));
    failed = failed || w2b_index_build(hashes, n, &subword->index) != 0;
    w2b_free(hashes);
    return failed ? w2b_fail_memory(diag, n * sizeof *hashes, "parts of words") : W2B_OK;
}

void w2b_subword_free(w2b_subword *subword)
{
    if (!subword)
        return;
    w2b_free(subword->begin);
    w2b_free(subword->end);
    w2b_free(subword->kept);
    w2b_index_free(&subword->index);
    w2b_free(subword->bytes);
    w2b_free(subword->starts);
    w2b_free(subword->numbers);
    w2b_matrix_free(&subword->matrix);
    w2b_free(subword);
}
