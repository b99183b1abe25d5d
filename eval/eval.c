/*
 * eval.c - scores of a model on a test set.
 *
 * Rules, which are those of gensim's evaluate_word_pairs and
 * evaluate_word_analogies where those say anything, so that figures can be
 * compared: an item is used if all of its words are among the searched rows (of
 * several right answers one will do); an answer is the best row other than the
 * three of the question, and right if it is the row of a right answer. A
 * question whose fourth word is one of its first three is therefore used and
 * never answered right.
 *
 * One difference: gensim compares words in capitals on both sides, so that
 * "Paris" in a set finds whichever of Paris and paris is more frequent in the
 * model. Here a word is looked up as it is, and only if that fails in lower
 * case (ASCII letters). For models of lower-case text the two are the same.
 */
#include <math.h>
#include <string.h>

#include "eval/sample.h"
#include "eval/score.h"

#define RESAMPLES_MAX 100000
#define RESTARTS_MAX 1000

void w2b_eval_defaults(w2b_eval_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->method = W2B_ANALOGY_ADD;
    options->resamples = 1000;
    options->restarts = 10;
    options->seed = 1;
}

static w2b_err take_options(w2b_eval_options *ours, const w2b_eval_options *options,
                            w2b_diag *diag)
{
    w2b_eval_defaults(ours);
    if (options != NULL) {
        memcpy(ours, options, options->size < sizeof *ours ? options->size : sizeof *ours);
    }
    if (ours->resamples > RESAMPLES_MAX) {
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "resamples must be at most %d", RESAMPLES_MAX);
    }
    if (ours->restarts < 1 || ours->restarts > RESTARTS_MAX) {
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "restarts must be 1 to %d", RESTARTS_MAX);
    }
    return W2B_OK;
}

void w2b_eval_result_free(w2b_eval_result *result)
{
    if (result != NULL) {
        w2b_free(result->sections);
        w2b_free(result->outcomes);
        result->sections = NULL;
        result->outcomes = NULL;
        result->n_sections = 0;
    }
}

/* ----- Words -------------------------------------------------------------- */

static size_t longest_of(const w2b_slice *words, size_t n, size_t longest)
{
    for (size_t i = 0; i < n; i++) {
        longest = words[i].length > longest ? words[i].length : longest;
    }
    return longest;
}

static int judge_make(w2b_judge *judge)
{
    const w2b_testset *const set = judge->set;
    size_t longest = longest_of(set->words, set->n_words, 0);
    for (size_t i = 0; i < set->n_pairs; i++) {
        longest = longest_of(&set->pairs[i].word, 1, longest);
    }
    for (size_t i = 0; i < set->n; i++) {
        longest = longest_of(set->items[i].words, 2, longest);
    }
    judge->lower = w2b_alloc(longest, 1);
    judge->outcomes = w2b_alloc(set->n, sizeof *judge->outcomes);
    if (judge->lower == NULL || judge->outcomes == NULL) {
        return -1;
    }
    for (size_t i = 0; i < set->n; i++) {
        judge->outcomes[i] = NAN;
    }
    return 0;
}

static w2b_err find_bytes(const w2b_judge *judge, const char *bytes, size_t length, uint64_t *row)
{
    int64_t found;
    const w2b_err err =
        w2b_model_find_at(judge->search->model, bytes, length, &found, judge->diag);
    *row = err == W2B_OK && found >= 0 && (uint64_t)found < judge->search->rows
               ? (uint64_t)found
               : W2B_UNKNOWN;
    return err;
}

w2b_err w2b_judge_find(const w2b_judge *judge, w2b_slice word, uint64_t *row)
{
    const char *const bytes = judge->set->text + word.start;
    const w2b_err err = find_bytes(judge, bytes, word.length, row);
    if (err != W2B_OK || *row != W2B_UNKNOWN || judge->options->keep_case) {
        return err;
    }
    for (size_t i = 0; i < word.length; i++) {
        const char c = bytes[i];
        judge->lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return find_bytes(judge, judge->lower, word.length, row);
}

w2b_err w2b_judge_find_all(const w2b_judge *judge, const w2b_slice *words, size_t n,
                           uint64_t *rows, int *known)
{
    w2b_err err = W2B_OK;
    *known = 1;
    for (size_t i = 0; i < n && err == W2B_OK; i++) {
        err = w2b_judge_find(judge, words[i], &rows[i]);
        *known &= rows[i] != W2B_UNKNOWN;
    }
    return err;
}

/* ----- Sections ----------------------------------------------------------- */

static const w2b_interval no_interval = {NAN, NAN};

/* Sections with their names behind them, in one piece. */
static w2b_section *sections_make(const w2b_testset *set)
{
    size_t bytes = 0;
    for (size_t i = 0; i < set->n_sections; i++) {
        bytes += sizeof(w2b_section) + set->sections[i].length + 1;
    }
    w2b_section *const sections = w2b_alloc_zero(bytes, 1);
    if (sections == NULL) {
        return NULL;
    }
    char *name = (char *)(sections + set->n_sections);
    for (size_t i = 0; i < set->n_sections; i++) {
        const w2b_slice slice = set->sections[i];
        memcpy(name, set->text + slice.start, slice.length);
        sections[i].name = name;
        sections[i].interval = no_interval;
        name += slice.length + 1;
    }
    return sections;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Google's sections about grammar are named gram1, gram2, ...; BATS numbers
 * those of inflections and derivations I01, ... and D01, ... */
static int is_syntactic(const char *name)
{
    return strncmp(name, "gram", 4) == 0 ||
           ((name[0] == 'I' || name[0] == 'D') && is_digit(name[1]) && is_digit(name[2]));
}

static w2b_section *sum_of(w2b_eval_result *result, size_t section)
{
    return is_syntactic(result->sections[section].name) ? &result->syntactic : &result->semantic;
}

static void count_sections(w2b_eval_result *result, const w2b_testset *set,
                           const w2b_scorer *scorer)
{
    for (size_t i = 0; i < set->n; i++) {
        result->sections[set->items[i].section].questions++;
    }
    for (size_t i = 0; i < result->n_sections; i++) {
        w2b_section *const s = &result->sections[i];
        s->used = scorer->used[i];
        s->correct = scorer->correct[i];
        result->correct += s->correct;
        if (set->kind == W2B_TEST_ANALOGY) {
            w2b_section *const sum = sum_of(result, i);
            sum->questions += s->questions;
            sum->used += s->used;
            sum->correct += s->correct;
        }
    }
}

/* ----- Intervals ---------------------------------------------------------- */

/* The statistic: the score, then the share of each section, then the semantic
 * and the syntactic ones. */
typedef struct shares {
    w2b_scorer *scorer;
    w2b_eval_result *result;
} shares;

static double share(uint64_t correct, uint64_t used)
{
    return used > 0 ? (double)correct / (double)used : NAN;
}

static void compute_shares(void *user, const uint32_t *counts, double *values)
{
    const shares *const s = user;
    const size_t n = s->result->n_sections;
    uint64_t used[2] = {0, 0}, correct[2] = {0, 0};
    values[0] = w2b_scorer_score(s->scorer, counts);
    for (size_t i = 0; i < n; i++) {
        const int syntactic = sum_of(s->result, i) == &s->result->syntactic;
        values[1 + i] = share(s->scorer->correct[i], s->scorer->used[i]);
        used[syntactic] += s->scorer->used[i];
        correct[syntactic] += s->scorer->correct[i];
    }
    values[n + 1] = share(correct[0], used[0]);
    values[n + 2] = share(correct[1], used[1]);
}

/* The square of the normal quantile 0.975. */
#define Z2 3.841458820694124

/* Where all are right, or none is, every resample says the same. Wilson's
 * interval (1927), for as many questions as there are units, does not. */
static w2b_interval widened(w2b_interval interval, uint64_t correct, uint64_t used, uint64_t units)
{
    const double n = (double)units;
    return used == 0         ? no_interval
           : correct == 0    ? (w2b_interval){0, Z2 / (n + Z2)}
           : correct == used ? (w2b_interval){n / (n + Z2), 1}
                             : interval;
}

static void widen_intervals(const w2b_sample *sample, w2b_eval_result *result)
{
    uint64_t units[2] = {0, 0};
    for (size_t i = 0; i < result->n_sections; i++) {
        w2b_section *const s = &result->sections[i];
        const uint64_t n = result->kind == W2B_TEST_ANALOGY
                               ? sample->starts[i + 1] - sample->starts[i]
                               : s->used;
        s->interval = widened(s->interval, s->correct, s->used, n);
        units[sum_of(result, i) == &result->syntactic] += n;
    }
    w2b_section *const sums[2] = {&result->semantic, &result->syntactic};
    for (int i = 0; i < 2; i++) {
        sums[i]->interval = widened(sums[i]->interval, sums[i]->correct, sums[i]->used, units[i]);
    }
    result->interval =
        widened(result->interval, result->correct, result->used, units[0] + units[1]);
}

static w2b_err find_intervals(const w2b_judge *judge, w2b_scorer *scorer, w2b_eval_result *result)
{
    const w2b_sample *const sample = scorer->sample;
    const size_t n = result->n_sections;
    shares user = {scorer, result};
    const w2b_bootstrap job = {sample->starts, sample->strata, judge->options->resamples,
                               judge->options->seed, compute_shares, &user, n + 3};
    w2b_interval *const intervals = w2b_alloc(n + 3, sizeof *intervals);
    if (intervals == NULL) {
        return w2b_judge_memory(judge);
    }
    const w2b_err err = w2b_bootstrap_run(&job, intervals, judge->diag);
    if (err == W2B_OK) {
        result->interval = intervals[0];
        for (size_t i = 0; i < n; i++) {
            result->sections[i].interval = intervals[1 + i];
        }
        result->semantic.interval = intervals[n + 1];
        result->syntactic.interval = intervals[n + 2];
        if (result->kind != W2B_TEST_SIMILARITY && judge->options->resamples > 0) {
            widen_intervals(sample, result);
        }
    }
    w2b_free(intervals);
    return err;
}

/* The score with all that belongs to it, from the outcomes. */
static w2b_err finish(const w2b_judge *judge, w2b_eval_result *result)
{
    const w2b_testset *const set = judge->set;
    w2b_sample sample;
    w2b_scorer scorer = {0};
    w2b_err err = W2B_OK;
    result->sections = set->n_sections > 0 ? sections_make(set) : NULL;
    result->n_sections = set->n_sections;
    if (w2b_sample_make(&sample, set, judge->outcomes, NULL) != 0 ||
        w2b_scorer_make(&scorer, &sample, judge->outcomes) != 0 ||
        (result->sections == NULL && set->n_sections > 0)) {
        err = w2b_judge_memory(judge);
    } else {
        result->used = sample.n;
        result->score = w2b_scorer_score(&scorer, NULL);
        if (set->kind == W2B_TEST_SIMILARITY) {
            result->spearman = result->score;
        } else {
            count_sections(result, set, &scorer);
        }
        err = find_intervals(judge, &scorer, result);
    }
    w2b_scorer_free(&scorer);
    w2b_sample_free(&sample);
    return err;
}

w2b_err w2b_eval(w2b_search *search, const w2b_testset *set, const w2b_eval_options *options,
                 w2b_eval_result *result, w2b_diag *diag)
{
    w2b_eval_options o;
    w2b_err err = take_options(&o, options, diag);
    if (err != W2B_OK) {
        return err;
    }
    w2b_eval_result r = {.kind = set->kind, .items = set->n, .interval = no_interval};
    r.spearman = r.pearson = r.spearman_all = NAN;
    r.semantic = (w2b_section){.name = "semantic", .interval = no_interval};
    r.syntactic = (w2b_section){.name = "syntactic", .interval = no_interval};
    w2b_judge judge = {.search = search, .set = set, .options = &o, .diag = diag};
    if (judge_make(&judge) != 0) {
        err = w2b_judge_memory(&judge);
    } else {
        err = set->kind == W2B_TEST_SIMILARITY  ? w2b_judge_similarity(&judge, &r)
              : set->kind == W2B_TEST_ANALOGY   ? w2b_judge_analogies(&judge)
              : set->kind == W2B_TEST_CATEGORIES ? w2b_judge_categories(&judge)
                                                 : w2b_judge_odd(&judge);
    }
    r.outcomes = judge.outcomes;
    w2b_free(judge.lower);
    if (err == W2B_OK) {
        err = w2b_model_unchanged(search->model, diag);
    }
    if (err == W2B_OK) {
        err = finish(&judge, &r);
    }
    if (err != W2B_OK) {
        w2b_eval_result_free(&r);
        return err;
    }
    *result = r;
    return W2B_OK;
}

/* ----- Two models --------------------------------------------------------- */

static void compute_difference(void *user, const uint32_t *counts, double *values)
{
    w2b_scorer *const scorers = user;
    values[0] = w2b_scorer_score(&scorers[1], counts) - w2b_scorer_score(&scorers[0], counts);
}

w2b_err w2b_eval_compare(const w2b_testset *set, const w2b_eval_result *first,
                         const w2b_eval_result *second, const w2b_eval_options *options,
                         w2b_eval_difference *difference, w2b_diag *diag)
{
    w2b_eval_options o;
    w2b_err err = take_options(&o, options, diag);
    if (err != W2B_OK) {
        return err;
    }
    if (first->items != set->n || second->items != set->n || first->outcomes == NULL ||
        second->outcomes == NULL) {
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "the results are not of this test set");
    }
    w2b_sample sample;
    w2b_scorer scorers[2] = {{0}, {0}};
    if (w2b_sample_make(&sample, set, first->outcomes, second->outcomes) != 0 ||
        w2b_scorer_make(&scorers[0], &sample, first->outcomes) != 0 ||
        w2b_scorer_make(&scorers[1], &sample, second->outcomes) != 0) {
        err = w2b_fail_memory(diag, set->n * sizeof(double), "a comparison");
    } else {
        w2b_eval_difference d = {.common = sample.n};
        d.first = w2b_scorer_score(&scorers[0], NULL);
        d.second = w2b_scorer_score(&scorers[1], NULL);
        d.difference = d.second - d.first;
        const w2b_bootstrap job = {sample.starts, sample.strata, o.resamples, o.seed,
                                   compute_difference, scorers, 1};
        err = w2b_bootstrap_run(&job, &d.interval, diag);
        d.significant = d.interval.low > 0 || d.interval.high < 0;
        if (err == W2B_OK) {
            *difference = d;
        }
    }
    w2b_scorer_free(&scorers[0]);
    w2b_scorer_free(&scorers[1]);
    w2b_sample_free(&sample);
    return err;
}
