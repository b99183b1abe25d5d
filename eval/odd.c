/*
 * odd.c - the odd one out of some words, and candidates for a finer model.
 */
#include <math.h>
#include <string.h>

#include "eval/search.h"

/* ----- The odd one out ---------------------------------------------------- */

/* The vector of a row as a unit vector; zeros remain zeros. Sums are in double
 * and in one order, and no scale can make a square leave its range. */
static w2b_err unit_vector(const w2b_search *search, uint64_t row, float *numbers, double *unit,
                           w2b_diag *diag)
{
    const size_t dim = search->code->dim;
    const w2b_err err = w2b_model_vector(search->model, row, numbers, diag);
    if (err != W2B_OK) {
        return err;
    }
    double square = 0;
    for (size_t j = 0; j < dim; j++) {
        square += (double)numbers[j] * numbers[j];
    }
    const double inverse = square > 0 && isfinite(square) ? 1 / sqrt(square) : 0;
    for (size_t j = 0; j < dim; j++) {
        unit[j] = inverse > 0 ? numbers[j] * inverse : 0;
    }
    return W2B_OK;
}

/* The cosine of `unit`, zero or of length 1, with `sum` less `unit`. */
static double rest_cosine(const double *unit, const double *sum, size_t dim)
{
    double dot = 0, square = 0;
    for (size_t j = 0; j < dim; j++) {
        const double rest = sum[j] - unit[j];
        dot += unit[j] * rest;
        square += rest * rest;
    }
    return square > 1e-18 ? dot / sqrt(square) : 0;
}

/* Scores of n rows; `units` has room for n vectors, `sum` for one. */
static w2b_err odd_scores(const w2b_search *search, const uint64_t *rows, size_t n,
                          float *numbers, double *units, double *sum, float *scores,
                          w2b_diag *diag)
{
    const size_t dim = search->code->dim;
    memset(sum, 0, dim * sizeof *sum);
    for (size_t i = 0; i < n; i++) {
        const w2b_err err = unit_vector(search, rows[i], numbers, units + i * dim, diag);
        if (err != W2B_OK) {
            return err;
        }
        for (size_t j = 0; j < dim; j++) {
            sum[j] += units[i * dim + j];
        }
    }
    for (size_t i = 0; i < n; i++) {
        scores[i] = (float)rest_cosine(units + i * dim, sum, dim);
    }
    return W2B_OK;
}

w2b_err w2b_search_odd(w2b_search *search, const uint64_t *rows, size_t n, float *scores,
                       size_t *odd, w2b_diag *diag)
{
    if (n < 3) {
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "the odd one out needs three words at least");
    }
    for (size_t i = 0; i < n; i++) {
        if (rows[i] >= search->words) {
            return w2b_fail(diag, W2B_ERR_ARGUMENT, "row %llu is not in the model",
                            (unsigned long long)rows[i]);
        }
    }
    const size_t dim = search->code->dim;
    size_t count;
    w2b_err err = W2B_OK;
    float *const numbers = w2b_alloc(dim, sizeof *numbers);
    float *const results = w2b_alloc(n, sizeof *results);
    double *const units = w2b_mul(n, dim, &count) == 0 ? w2b_alloc(count, sizeof *units) : NULL;
    double *const sum = w2b_alloc(dim, sizeof *sum);
    if (numbers == NULL || results == NULL || units == NULL || sum == NULL) {
        err = w2b_fail_memory(diag, (uint64_t)n * dim * sizeof *units, "the odd one out");
    } else {
        err = odd_scores(search, rows, n, numbers, units, sum, results, diag);
    }
    if (err == W2B_OK) {
        memcpy(scores, results, n * sizeof *scores);
        *odd = 0;
        for (size_t i = 1; i < n; i++) {
            *odd = scores[i] < scores[*odd] ? i : *odd;
        }
    }
    w2b_free(numbers);
    w2b_free(results);
    w2b_free(units);
    w2b_free(sum);
    return err;
}

/* ----- Candidates --------------------------------------------------------- */

w2b_err w2b_search_candidates(w2b_search *fine, const w2b_model *model, const w2b_hit *hits,
                              size_t n, size_t *missing, w2b_diag *diag)
{
    const size_t size = (size_t)((fine->words + 7) / 8);
    uint8_t *const filter = w2b_alloc_zero(size, 1);
    if (filter == NULL) {
        return w2b_fail_memory(diag, size, "the filter of a search");
    }
    w2b_err err = W2B_OK;
    size_t lacking = 0;
    for (size_t i = 0; err == W2B_OK && i < n; i++) {
        const char *word;
        size_t length;
        int64_t row;
        if (hits[i].row >= w2b_model_words(model)) {
            err = w2b_fail(diag, W2B_ERR_ARGUMENT, "row %llu of a hit is not in the model",
                           (unsigned long long)hits[i].row);
            break;
        }
        err = w2b_model_word_at(model, hits[i].row, &word, &length, diag);
        if (err == W2B_OK) {
            err = w2b_model_find_at(fine->model, word, length, &row, diag);
        }
        if (err == W2B_OK && row >= 0) {
            filter[row / 8] |= (uint8_t)(1u << (row % 8));
        } else if (err == W2B_OK) {
            lacking++;
        }
    }
    if (err == W2B_OK) {
        err = w2b_search_filter(fine, filter, diag);
    }
    if (err == W2B_OK && missing != NULL) {
        *missing = lacking;
    }
    w2b_free(filter);
    return err;
}
