/*
 * score.h - what the kinds of test sets have in common when a model is scored.
 */
#ifndef W2B_EVAL_SCORE_H
#define W2B_EVAL_SCORE_H

#include "eval/search.h"
#include "eval/testset.h"

#define W2B_UNKNOWN UINT64_MAX

/* A model on its way through a set. */
typedef struct w2b_judge {
    w2b_search *search;
    const w2b_testset *set;
    const w2b_eval_options *options;  /* complete */
    char *lower;       /* room for the longest word */
    float *outcomes;   /* [set->n], all NaN at first */
    w2b_diag *diag;
} w2b_judge;

/* The row of a word among the searched ones, or W2B_UNKNOWN. */
w2b_err w2b_judge_find(const w2b_judge *judge, w2b_slice word, uint64_t *row);

/* The rows of several: all of words[n] are there if *known. */
w2b_err w2b_judge_find_all(const w2b_judge *judge, const w2b_slice *words, size_t n,
                           uint64_t *rows, int *known);

static inline w2b_err w2b_judge_memory(const w2b_judge *judge)
{
    return w2b_fail_memory(judge->diag, judge->set->size, "answers to a test set");
}

/* Each fills the outcomes of the used items. */
w2b_err w2b_judge_analogies(const w2b_judge *judge);                          /* questions.c */
w2b_err w2b_judge_categories(const w2b_judge *judge);                         /* judge.c */
w2b_err w2b_judge_odd(const w2b_judge *judge);
w2b_err w2b_judge_similarity(const w2b_judge *judge, w2b_eval_result *result);

#endif
