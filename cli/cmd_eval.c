/*
 * cmd_eval.c - w2b eval: scores on test sets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/talk.h"

typedef struct args {
    w2b_ask_args ask;
    int mul, keep_case, tsv, quiet, force;
    uint32_t resamples, restarts;
    uint64_t seed;
    const char *plot;
} args;

static void defaults(void *into)
{
    args *a = into;
    w2b_eval_options eval;
    w2b_eval_defaults(&eval);
    a->resamples = eval.resamples;
    a->restarts = eval.restarts;
    a->seed = eval.seed;
}

static const w2b_opt options[] = {
    {.name = "top", .letter = 'N', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "know and answer with the first N words only",
     .more = "These are the most frequent ones in most files. Questions with other words are "
             "missing.",
     W2B_OPT_AT(args, ask.first), .low = 1, .zero = "all"},
    {.name = "mul", .letter = 'm', .kind = W2B_OPT_SWITCH,
     .help = "answer analogies by 3CosMul, not 3CosAdd", W2B_OPT_AT(args, mul)},
    {.name = "keep-case", .kind = W2B_OPT_SWITCH,
     .help = "look words up as they are written only",
     .more = "Else a word that is not found is looked up in lower case.",
     W2B_OPT_AT(args, keep_case)},
    {.name = "json", .kind = W2B_OPT_SWITCH, .help = "print JSON",
     .more = "One object with the model, how it was asked, the sets with all scores and "
             "sections, and the mean. Of several models, an object whose \"models\" are such.",
     W2B_OPT_AT(args, ask.json)},
    {.name = "tsv", .kind = W2B_OPT_SWITCH, .help = "print a table divided by tabs",
     .more = "With a head line. Columns that do not apply are empty; each line says what was "
             "measured.", W2B_OPT_AT(args, tsv)},
    {.name = "plot", .kind = W2B_OPT_TEXT, .value = "FILE",
     .help = "draw scores against bytes a word as SVG",
     .more = "A panel for each kind of test set, with the mean score of its sets, for each model.",
     W2B_OPT_AT(args, plot), .complete = W2B_COMPLETE_FILE},
    W2B_OPT_FORCE(args, force),
    {.name = "resamples", .kind = W2B_OPT_COUNT, .value = "N",
     .help = "resamples of the bootstrap",
     .more = "0: no intervals and no marks.", W2B_OPT_AT(args, resamples), .high = 100000,
     .zero = "0"},
    {.name = "restarts", .kind = W2B_OPT_COUNT, .value = "N",
     .help = "restarts of k-means, the best of which counts", W2B_OPT_AT(args, restarts),
     .low = 1, .high = 1000},
    {.name = "seed", .kind = W2B_OPT_COUNT, .value = "N",
     .help = "seed of the bootstrap and of k-means", W2B_OPT_AT(args, seed),
     .high = INT64_MAX, .zero = "0"},
    W2B_ASK_OPT_THREADS(args, ask.threads),
    W2B_ASK_OPT_ISA(args, ask.isa),
    W2B_OPT_QUIET(args, quiet),
    {0}
};

static const w2b_example examples[] = {
    {"w2b eval model.w2b questions-words.txt wordsim353.csv", "One row a set"},
    {"w2b eval model.w2b questions-words.txt --top 30K", "Among the 30,000 most frequent words"},
    {"w2b eval 1bit.w2b 4bit.w2b sets/*.txt --plot quality.svg", "Models side by side"},
    {"w2b eval model.w2b BATS_3.0 --json", "A folder of lists, for a program"},
    {0}
};

/* ===== Work =============================================================== */

static int is_model(const char *path)
{
    int score = w2b_model_probe(path);
    w2b_testset *set = NULL;
    if (score == 1 && !w2b_testset_open(path, &set, NULL)) score = 0;
    w2b_testset_free(set);
    return score > 0;
}

/* The first argument is a model, and those after it that look like one. */
static size_t count_models(const w2b_parsed *parsed)
{
    size_t n = 1;
    while (n < parsed->n_words && is_model(parsed->words[n])) n++;
    return n;
}

static int open_sets(const w2b_report *r)
{
    for (size_t i = 0; i < r->n_sets; i++) {
        w2b_diag diag;
        if (w2b_testset_open(r->set_paths[i], &r->sets[i], &diag)) return w2b_talk_diag(&diag);
    }
    return W2B_EXIT_DONE;
}

static void describe(w2b_report_model *model, const w2b_ask *ask)
{
    w2b_info info;
    w2b_model_info(ask->model, &info);
    model->path = ask->path;
    model->words = info.words;
    model->dim = info.dim;
    model->bits = info.bits;
    model->bytes_per_word = info.bytes_per_word;
    model->file_bytes = info.file_bytes ? info.file_bytes : w2b_output_size(ask->path);
    model->checksum = info.checksum;
    snprintf(model->format, sizeof model->format, "%s", info.format);
}

static int score_sets(w2b_ask *ask, const w2b_report *r, w2b_report_model *model)
{
    w2b_search *search = w2b_ask_search(ask);
    if (!search) return W2B_EXIT_FAILED;
    for (size_t i = 0; i < r->n_sets; i++) {
        w2b_diag diag;
        if (w2b_eval(search, r->sets[i], &r->options, &model->results[i], &diag)) {
            return w2b_talk_diag(&diag);
        }
        if (model != r->models &&
            w2b_eval_compare(r->sets[i], &r->models[0].results[i], &model->results[i],
                             &r->options, &model->differences[i], &diag)) {
            return w2b_talk_diag(&diag);
        }
    }
    return W2B_EXIT_DONE;
}

/* Models are open one at a time. */
static int score_model(const w2b_parsed *parsed, const w2b_report *r, size_t m)
{
    const args *a = parsed->args;
    w2b_report_model *model = &r->models[m];
    w2b_parsed from = *parsed;
    w2b_ask ask = {0};
    from.words += m;
    model->results = calloc(r->n_sets, sizeof *model->results);
    model->differences = calloc(r->n_sets, sizeof *model->differences);
    int code = model->results && model->differences ? W2B_EXIT_DONE : w2b_talk_memory();
    if (!code) code = w2b_ask_open(&ask, &from, &a->ask);
    if (!code) {
        describe(model, &ask);
        code = score_sets(&ask, r, model);
    }
    return w2b_ask_close(&ask, code);
}

/* File names where they tell the models apart. */
static void label_models(const w2b_report *r)
{
    int same = 0;
    for (size_t i = 0; i < r->n_models; i++) {
        r->models[i].label = w2b_report_name(r->models[i].path);
        for (size_t j = 0; j < i; j++) {
            same |= !strcmp(r->models[i].label, r->models[j].label);
        }
    }
    for (size_t i = 0; same && i < r->n_models; i++) r->models[i].label = r->models[i].path;
}

static int score_all(const w2b_parsed *parsed, w2b_report *r)
{
    const args *a = parsed->args;
    w2b_watch watch = w2b_talk_watch(a->quiet);
    w2b_eval_defaults(&r->options);
    r->options.method = a->mul ? W2B_ANALOGY_MUL : W2B_ANALOGY_ADD;
    r->options.keep_case = a->keep_case;
    r->options.resamples = a->resamples;
    r->options.restarts = a->restarts;
    r->options.seed = a->seed;
    r->options.progress = w2b_talk_progress;
    r->options.progress_user = &watch;
    int code = W2B_EXIT_DONE;
    for (size_t m = 0; m < r->n_models && !code; m++) code = score_model(parsed, r, m);
    r->options.progress = NULL;
    r->options.progress_user = NULL;
    if (code) return code;
    label_models(r);
    if (a->plot) code = w2b_plot_save(r, a->plot, a->force);
    if (code) return code;
    if (a->ask.json) return w2b_report_json(r);
    return a->tsv ? w2b_report_tsv(r) : w2b_report_table(r);
}

static void release(w2b_report *r)
{
    for (size_t m = 0; m < r->n_models && r->models; m++) {
        for (size_t i = 0; i < r->n_sets && r->models[m].results; i++) {
            w2b_eval_result_free(&r->models[m].results[i]);
        }
        free(r->models[m].results);
        free(r->models[m].differences);
    }
    for (size_t i = 0; i < r->n_sets && r->sets; i++) w2b_testset_free(r->sets[i]);
    free(r->models);
    free(r->sets);
}

static int run(const w2b_parsed *parsed)
{
    const args *a = parsed->args;
    if (a->ask.json && a->tsv) {
        w2b_talk_error("eval: --json and --tsv exclude each other");
        return W2B_EXIT_USAGE;
    }
    w2b_report r = {.top = a->ask.first};
    r.n_models = count_models(parsed);
    r.n_sets = parsed->n_words - r.n_models;
    r.set_paths = parsed->words + r.n_models;
    if (!r.n_sets) {
        w2b_talk_error("eval: all of these are models, and a test set is needed");
        return W2B_EXIT_USAGE;
    }
    r.models = calloc(r.n_models, sizeof *r.models);
    r.sets = calloc(r.n_sets, sizeof *r.sets);
    int code = r.models && r.sets ? W2B_EXIT_DONE : w2b_talk_memory();
    if (!code && a->plot) code = w2b_output_check(a->plot, a->force, 0);
    if (!code) code = open_sets(&r);
    if (!code) code = score_all(parsed, &r);
    release(&r);
    return code;
}

const w2b_command w2b_cmd_eval = {
    .name = "eval",
    .group = "Ask a model",
    .summary = "score models on test sets",
    .usage = "MODEL... FILE... [OPTIONS]",
    .about =
        "Scores models on test sets, whose kind is found from their content:\n\n"
        "similarity: word pairs with human scores, and Spearman's correlation with the cosines "
        "(ties share their ranks). analogy: questions, and the share whose best answer is right: "
        "lines of four words in \": name\" sections, tables with titles as MSR's, or BATS lists "
        "with several right answers. categories: words with their categories, and the purity of "
        "k-means clusters. odd: groups of words, and the share where the one that does not fit is "
        "the least similar to the others: clusters and outliers divided by an empty line, or "
        "lines with a * before the odd word. A folder of BATS lists or of odd-one-out files is "
        "one set.\n\n"
        "Pairs and questions with a word that the model lacks are left out and counted as "
        "missing; for pairs there is also the correlation with missing ones counted as the mean. "
        "Below a set of several sections stands a row for each, and for analogies the sums of "
        "semantic and syntactic ones where sections are named as in the Google set or BATS. "
        "Intervals are 95% percentiles of a bootstrap, which draws pairs, groups and words, and "
        "of analogies the word pairs that questions are made from.\n\n"
        "The first argument is a model, and so is each after it whose content looks like one; "
        "the rest are test sets. With several models there is a column for each, and a mark ~ "
        "where the difference to the first is not significant by paired bootstrap over the items "
        "that both know. The last lines say what was measured, and how.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .defaults = defaults,
    .least = 2,
    .missing = "a model and a test set are needed",
    .run = run
};
