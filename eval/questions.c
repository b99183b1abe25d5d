/*
 * questions.c - outcomes of analogies.
 */
#include <string.h>

#include "eval/score.h"
#include "io/progress.h"

/* Questions between two calls of the progress function. */
#define QUESTIONS_AT_ONCE 4096

/* The rows of a set's pairs; those of answers beside the set's words. */
typedef struct pair_rows {
    uint64_t *words;    /* [n_pairs] */
    uint64_t *answers;  /* [n_words] */
    uint64_t *first;    /* [n_pairs] the first known answer */
} pair_rows;

static w2b_err find_pairs(const w2b_judge *judge, pair_rows *rows)
{
    const w2b_testset *const set = judge->set;
    for (size_t i = 0; i < set->n_pairs; i++) {
        const w2b_pair *const pair = &set->pairs[i];
        w2b_err err = w2b_judge_find(judge, pair->word, &rows->words[i]);
        rows->first[i] = W2B_UNKNOWN;
        for (uint32_t j = pair->n_answers; err == W2B_OK && j-- > 0;) {
            uint64_t *const row = &rows->answers[pair->answers + j];
            err = w2b_judge_find(judge, set->words[pair->answers + j], row);
            rows->first[i] = err == W2B_OK && *row != W2B_UNKNOWN ? *row : rows->first[i];
        }
        if (err != W2B_OK) {
            return err;
        }
    }
    return W2B_OK;
}

/* The questions that can be asked. */
typedef struct questions {
    uint64_t (*rows)[3];  /* [n] */
    uint32_t *items;      /* [n] */
    size_t n;
} questions;

static void collect(const w2b_testset *set, const pair_rows *rows, questions *q)
{
    for (size_t i = 0; i < set->n; i++) {
        const uint32_t *const pairs = set->items[i].pairs;
        const uint64_t a = rows->words[pairs[0]], b = rows->first[pairs[0]];
        const uint64_t c = rows->words[pairs[1]];
        if (a != W2B_UNKNOWN && b != W2B_UNKNOWN && c != W2B_UNKNOWN &&
            rows->first[pairs[1]] != W2B_UNKNOWN) {
            q->rows[q->n][0] = a;
            q->rows[q->n][1] = b;
            q->rows[q->n][2] = c;
            q->items[q->n++] = (uint32_t)i;
        }
    }
}

static int is_answer(const w2b_testset *set, const pair_rows *rows, uint32_t item, uint64_t row)
{
    const w2b_pair *const pair = &set->pairs[set->items[item].pairs[1]];
    for (uint32_t i = 0; i < pair->n_answers; i++) {
        if (rows->answers[pair->answers + i] == row) {
            return 1;
        }
    }
    return 0;
}

static w2b_err answer(const w2b_judge *judge, const pair_rows *rows, const questions *q)
{
    const w2b_eval_options *const o = judge->options;
    w2b_hit *const hits = w2b_alloc(QUESTIONS_AT_ONCE, sizeof *hits);
    size_t *const found = w2b_alloc(QUESTIONS_AT_ONCE, sizeof *found);
    w2b_err err = W2B_OK;
    w2b_meter meter;
    if (hits == NULL || found == NULL) {
        err = w2b_judge_memory(judge);
        goto done;
    }
    w2b_meter_start(&meter, o->progress, o->progress_user, W2B_STAGE_EVAL, "questions");
    for (size_t at = 0; at < q->n; at += QUESTIONS_AT_ONCE) {
        const size_t n = q->n - at < QUESTIONS_AT_ONCE ? q->n - at : QUESTIONS_AT_ONCE;
        err = w2b_search_analogy(judge->search, o->method, (const uint64_t(*)[3])q->rows + at, n,
                                 1, hits, found, judge->diag);
        if (err != W2B_OK) {
            goto done;
        }
        for (size_t i = 0; i < n; i++) {
            const uint32_t item = q->items[at + i];
            judge->outcomes[item] =
                found[i] == 1 && is_answer(judge->set, rows, item, hits[i].row) ? 1 : 0;
        }
        err = w2b_meter_tick(&meter, at + n, q->n, judge->diag);
        if (err != W2B_OK) {
            goto done;
        }
    }
    err = w2b_meter_finish(&meter, q->n, q->n, judge->diag);
done:
    w2b_free(hits);
    w2b_free(found);
    return err;
}

w2b_err w2b_judge_analogies(const w2b_judge *judge)
{
    const w2b_testset *const set = judge->set;
    pair_rows rows = {w2b_alloc(set->n_pairs, sizeof *rows.words),
                      w2b_alloc(set->n_words, sizeof *rows.answers),
                      w2b_alloc(set->n_pairs, sizeof *rows.first)};
    questions q = {w2b_alloc(set->n, sizeof *q.rows), w2b_alloc(set->n, sizeof *q.items), 0};
    w2b_err err;
    if (rows.words == NULL || rows.answers == NULL || rows.first == NULL || q.rows == NULL ||
        q.items == NULL) {
        err = w2b_judge_memory(judge);
    } else {
        err = find_pairs(judge, &rows);
        if (err == W2B_OK) {
            collect(set, &rows, &q);
            err = answer(judge, &rows, &q);
        }
    }
    w2b_free(rows.words);
    w2b_free(rows.answers);
    w2b_free(rows.first);
    w2b_free(q.rows);
    w2b_free(q.items);
    return err;
}
