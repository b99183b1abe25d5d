/*
 * pairs.c - the words that two models have in common. See pairs.h.
 */
#include "eval/pairs.h"

#include <string.h>

/* Whether `row` is the one that its word is found at: of equal words that is
 * the first. */
static w2b_err is_first(const w2b_model *model, uint64_t row, const char *word, size_t length,
                        int *first, w2b_diag *diag)
{
    int64_t found;
    const w2b_err err = w2b_model_find_at(model, word, length, &found, diag);
    *first = err == W2B_OK && found >= 0 && (uint64_t)found == row;
    return err;
}

static w2b_err look_up(w2b_pairs *p, uint64_t row, uint64_t rows, w2b_diag *diag)
{
    const char *word;
    size_t length;
    int first;
    int64_t other = -1;
    w2b_err err = w2b_model_word_at(p->first, row, &word, &length, diag);
    if (err == W2B_OK) {
        err = is_first(p->first, row, word, length, &first, diag);
    }
    if (err != W2B_OK || !first) {
        return err;
    }
    p->first_rows++;
    err = w2b_model_find_at(p->second, word, length, &other, diag);
    if (err == W2B_OK && other >= 0 && (uint64_t)other < rows) {
        p->pairs[p->n++] = (w2b_pair){(uint32_t)row, (uint32_t)other};
    }
    return err;
}

w2b_err w2b_pairs_make(w2b_pairs *p, const w2b_model *first, const w2b_model *second,
                       uint64_t rows, uint32_t threads, w2b_diag *diag)
{
    *p = (w2b_pairs){.first = first, .second = second, .threads = threads};
    uint64_t n = w2b_model_words(first), m = w2b_model_words(second);
    n = rows > 0 && rows < n ? rows : n;
    m = rows > 0 && rows < m ? rows : m;
    p->pairs = w2b_alloc((size_t)n, sizeof *p->pairs);
    w2b_err err = p->pairs != NULL ? W2B_OK
                                   : w2b_fail_memory(diag, n * sizeof *p->pairs, "common words");
    for (uint64_t row = 0; row < n && err == W2B_OK; row++) {
        err = look_up(p, row, m, diag);
    }
    for (uint64_t row = 0; row < m && err == W2B_OK; row++) {
        const char *word;
        size_t length;
        int is = 0;
        err = w2b_model_word_at(second, row, &word, &length, diag);
        if (err == W2B_OK) {
            err = is_first(second, row, word, length, &is, diag);
        }
        p->second_rows += (uint64_t)is;
    }
    return err;
}

void w2b_pairs_free(w2b_pairs *p)
{
    w2b_free(p->pairs);
    p->pairs = NULL;
}
