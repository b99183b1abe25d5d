/*
 * cmd_compare.c - w2b compare: what one model has kept of another.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/talk.h"

typedef struct args {
    w2b_ask_args ask;
    int tsv, quiet, mul, keep_case;
    uint32_t queries, neighbors, resamples;
    uint64_t seed;
} args;

static void defaults(void *into)
{
    args *a = into;
    w2b_compare_options o;
    w2b_compare_defaults(&o);
    a->queries = o.queries;
    a->neighbors = o.neighbors;
    a->resamples = o.resamples;
    a->seed = o.seed;
}

static const w2b_opt options[] = {
    {.name = "top", .letter = 'N', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "look at the first N words of both only", W2B_OPT_AT(args, ask.first), .low = 1,
     .zero = "all"},
    {.name = "queries", .letter = 'Q', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "words whose neighbours are compared",
     .more = "They are drawn from the common ones by --seed.", W2B_OPT_AT(args, queries),
     .low = 1, .high = 1000000},
    {.name = "neighbors", .letter = 'k', .kind = W2B_OPT_COUNT, .value = "K",
     .help = "neighbours of each", W2B_OPT_AT(args, neighbors), .low = 1, .high = 1000},
    {.name = "mul", .letter = 'm', .kind = W2B_OPT_SWITCH,
     .help = "answer analogies by 3CosMul, not 3CosAdd", W2B_OPT_AT(args, mul)},
    {.name = "keep-case", .kind = W2B_OPT_SWITCH,
     .help = "look words of test sets up as they are written only", W2B_OPT_AT(args, keep_case)},
    {.name = "json", .kind = W2B_OPT_SWITCH, .help = "print JSON",
     .more = "One object. Numbers that do not apply are null.", W2B_OPT_AT(args, ask.json)},
    {.name = "tsv", .kind = W2B_OPT_SWITCH, .help = "print lines divided by tabs",
     .more = "A name and a value each; then, for test sets, a table with a head line.",
     W2B_OPT_AT(args, tsv)},
    {.name = "resamples", .kind = W2B_OPT_COUNT, .value = "N",
     .help = "resamples of the bootstrap", .more = "0: no intervals and no marks.",
     W2B_OPT_AT(args, resamples), .high = 100000, .zero = "0"},
    {.name = "seed", .kind = W2B_OPT_COUNT, .value = "N",
     .help = "seed of the words that are drawn and of the bootstrap", W2B_OPT_AT(args, seed),
     .high = INT64_MAX, .zero = "0"},
    W2B_ASK_OPT_THREADS(args, ask.threads),
    W2B_ASK_OPT_ISA(args, ask.isa),
    W2B_OPT_QUIET(args, quiet),
    {0}
};

static const w2b_example examples[] = {
    {"w2b compare glove.txt glove.w2b", "What compression cost"},
    {"w2b compare vectors.bin small.w2b questions-words.txt", "And what it did to analogies"},
    {"w2b compare a.w2b b.w2b --top 50K --json", "Frequent words only, for a program"},
    {0}
};

/* ===== Work =============================================================== */

/* A test set with both scores. */
typedef struct tried {
    const char *path;
    w2b_test_kind kind;
    w2b_eval_difference difference;
} tried;

typedef struct comparison {
    w2b_ask ask[2];
    w2b_info info[2];
    w2b_compare_report report;
    tried *sets;
    size_t n_sets;
} comparison;

static int score(comparison *c, const w2b_testset *set, const w2b_eval_options *o, tried *to)
{
    w2b_diag diag;
    w2b_eval_result results[2] = {{0}, {0}};
    int code = W2B_EXIT_DONE;
    for (int side = 0; side < 2 && !code; side++) {
        w2b_search *search = w2b_ask_search(&c->ask[side]);
        if (!search) code = W2B_EXIT_FAILED;
        else if (w2b_eval(search, set, o, &results[side], &diag)) code = w2b_talk_diag(&diag);
    }
    if (!code && w2b_eval_compare(set, &results[0], &results[1], o, &to->difference, &diag)) {
        code = w2b_talk_diag(&diag);
    }
    w2b_eval_result_free(&results[0]);
    w2b_eval_result_free(&results[1]);
    return code;
}

static int score_sets(comparison *c, const args *a, const char *const *paths)
{
    w2b_watch watch = w2b_talk_watch(a->quiet);
    w2b_eval_options o;
    w2b_eval_defaults(&o);
    o.method = a->mul ? W2B_ANALOGY_MUL : W2B_ANALOGY_ADD;
    o.keep_case = a->keep_case;
    o.resamples = a->resamples;
    o.seed = a->seed;
    o.progress = w2b_talk_progress;
    o.progress_user = &watch;
    int code = W2B_EXIT_DONE;
    for (size_t i = 0; i < c->n_sets && !code; i++) {
        w2b_diag diag;
        w2b_testset *set;
        if (w2b_testset_open(paths[i], &set, &diag)) return w2b_talk_diag(&diag);
        c->sets[i].path = paths[i];
        c->sets[i].kind = w2b_testset_kind(set);
        code = score(c, set, &o, &c->sets[i]);
        w2b_testset_free(set);
    }
    return code;
}

static int compare(comparison *c, const args *a)
{
    w2b_diag diag;
    w2b_compare_options o;
    w2b_compare_defaults(&o);
    o.first = a->ask.first;
    o.queries = a->queries;
    o.neighbors = a->neighbors;
    o.resamples = a->resamples;
    o.seed = a->seed;
    o.threads = a->ask.threads;
    o.isa = c->ask[0].options.isa;
    if (w2b_compare(c->ask[0].model, c->ask[1].model, &o, &c->report, &diag)) {
        return w2b_talk_diag(&diag);
    }
    return W2B_EXIT_DONE;
}

/* ===== Table ============================================================== */

static void print_path(const char *path)
{
    char *shown = w2b_talk_escape(path, strlen(path));
    fputs(shown ? shown : "?", stdout);
    if (!shown) w2b_talk_lost();
    free(shown);
}

static void print_models(const comparison *c)
{
    for (int side = 0; side < 2; side++) {
        const w2b_info *info = &c->info[side];
        char words[32];
        printf("%-17s ", side ? "second" : "first");
        print_path(c->ask[side].path);
        printf(": %s words x %u, %.5g bytes a word\n", w2b_talk_number(info->words, words),
               info->dim, info->bytes_per_word);
    }
}

/* "  (79.1 to 82.3%)", or "" without an interval. */
static void print_interval(w2b_interval v)
{
    if (isfinite(v.low)) printf("  (%.1f to %.1f%%)", 100 * v.low, 100 * v.high);
}

static void print_worst(comparison *c)
{
    size_t length;
    const char *word = w2b_ask_word(&c->ask[0], c->report.worst_row, &length);
    char *shown = word ? w2b_talk_escape(word, length) : NULL;
    printf("cosine            %.4f on average, %.4f at worst (%s)\n", c->report.mean_cosine,
           c->report.worst_cosine, shown ? shown : "?");
    if (word && !shown) w2b_talk_lost();
    free(shown);
}

static void print_kept(comparison *c)
{
    const w2b_compare_report *r = &c->report;
    char common[32], first[32], second[32], asked[32];
    printf("words             %s common, %s in the first only, %s in the second only\n",
           w2b_talk_number(r->common, common), w2b_talk_number(r->only_first, first),
           w2b_talk_number(r->only_second, second));
    if (isfinite(r->squared_error)) {
        printf("squared error     %.4g%%, and %.4g%% with the second times %.4g\n",
               100 * r->squared_error, 100 * r->scaled_error, r->scale);
    }
    if (isfinite(r->mean_cosine)) print_worst(c);
    if (isfinite(r->overlap)) {
        printf("neighbours kept   %.1f%%", 100 * r->overlap);
        print_interval(r->interval);
        printf(" of %u, %s words asked\n", r->neighbors, w2b_talk_number(r->queries, asked));
    }
    if (isfinite(r->eigenspace)) printf("eigenspace        %.4f\n", r->eigenspace);
}

static void format_score(char *text, size_t room, const tried *t, double value)
{
    if (!isfinite(value)) snprintf(text, room, "-");
    else if (t->kind == W2B_TEST_SIMILARITY) snprintf(text, room, "%.4f", value);
    else snprintf(text, room, "%.2f%%", 100 * value);
}

static void print_set(const tried *t)
{
    const w2b_eval_difference *d = &t->difference;
    const int plain = t->kind == W2B_TEST_SIMILARITY;
    char first[32], second[32], interval[64] = "-";
    format_score(first, sizeof first, t, d->first);
    format_score(second, sizeof second, t, d->second);
    if (isfinite(d->interval.low)) {
        snprintf(interval, sizeof interval, plain ? "%+.4f to %+.4f" : "%+.2f to %+.2f",
                 d->interval.low * (plain ? 1 : 100), d->interval.high * (plain ? 1 : 100));
    }
    printf("%-11s  %7" PRIu64 "  %8s  %8s  %-18s  %s  ", w2b_test_kind_name(t->kind), d->common,
           first, second, interval, !isfinite(d->interval.low) ? " " : d->significant ? "*" : "~");
    print_path(w2b_report_name(t->path));
    putchar('\n');
}

static int print_table(comparison *c)
{
    print_models(c);
    print_kept(c);
    if (!c->n_sets) return W2B_EXIT_DONE;
    printf("\n%-11s  %7s  %8s  %8s  %-18s\n", "kind", "common", "first", "second", "difference");
    for (size_t i = 0; i < c->n_sets; i++) print_set(&c->sets[i]);
    puts("\n* the difference is significant, ~ it is not (95%, paired bootstrap)");
    return W2B_EXIT_DONE;
}

/* ===== For programs ======================================================= */

typedef struct figure {
    const char *name;
    double value;
} figure;

/* What is a plain number, in the order of the output. */
static size_t list_figures(const w2b_compare_report *r, figure *figures)
{
    const figure all[] = {
        {"common", (double)r->common},
        {"only_first", (double)r->only_first},
        {"only_second", (double)r->only_second},
        {"squared_error", r->squared_error},
        {"scaled_error", r->scaled_error},
        {"scale", r->scale},
        {"mean_cosine", r->mean_cosine},
        {"worst_cosine", r->worst_cosine},
        {"queries", (double)r->queries},
        {"neighbors", r->neighbors},
        {"overlap", r->overlap},
        {"overlap_low", r->interval.low},
        {"overlap_high", r->interval.high},
        {"eigenspace", r->eigenspace},
    };
    memcpy(figures, all, sizeof all);
    return sizeof all / sizeof *all;
}

#define FIGURES_MOST 16

static void print_value(double value)
{
    if (isfinite(value)) printf("\t%.9g", value);
    else putchar('\t');
}

static int print_tsv(const comparison *c)
{
    figure figures[FIGURES_MOST];
    const size_t n = list_figures(&c->report, figures);
    for (int side = 0; side < 2; side++) {
        printf("%s\t", side ? "second" : "first");
        print_path(c->ask[side].path);
        putchar('\n');
    }
    for (size_t i = 0; i < n; i++) {
        fputs(figures[i].name, stdout);
        print_value(figures[i].value);
        putchar('\n');
    }
    if (c->n_sets) puts("\nset\tkind\tcommon\tfirst\tsecond\tdifference\tlow\thigh\tsignificant");
    for (size_t i = 0; i < c->n_sets; i++) {
        const tried *t = &c->sets[i];
        print_path(t->path);
        printf("\t%s\t%" PRIu64, w2b_test_kind_name(t->kind), t->difference.common);
        print_value(t->difference.first);
        print_value(t->difference.second);
        print_value(t->difference.difference);
        print_value(t->difference.interval.low);
        print_value(t->difference.interval.high);
        printf("\t%d\n", t->difference.significant);
    }
    return W2B_EXIT_DONE;
}

static json_t *json_model(const comparison *c, int side)
{
    const w2b_info *info = &c->info[side];
    return json_pack("{s:o,s:s,s:I,s:i,s:o}",
        "path", w2b_json_text(c->ask[side].path, strlen(c->ask[side].path)),
        "format", info->format,
        "words", (json_int_t)info->words,
        "dim", (int)info->dim,
        "bytes_per_word", w2b_json_real(info->bytes_per_word));
}

static json_t *json_set(const tried *t)
{
    const w2b_eval_difference *d = &t->difference;
    return json_pack("{s:o,s:s,s:I,s:o,s:o,s:o,s:[o,o],s:b}",
        "path", w2b_json_text(t->path, strlen(t->path)),
        "kind", w2b_test_kind_name(t->kind),
        "common", (json_int_t)d->common,
        "first", w2b_json_real(d->first),
        "second", w2b_json_real(d->second),
        "difference", w2b_json_real(d->difference),
        "interval", w2b_json_real(d->interval.low), w2b_json_real(d->interval.high),
        "significant", d->significant);
}

static int print_json(comparison *c)
{
    const w2b_compare_report *r = &c->report;
    size_t length = 0;
    const char *worst = r->worst_row != UINT64_MAX
                            ? w2b_ask_word(&c->ask[0], r->worst_row, &length) : NULL;
    json_t *sets = json_array();
    for (size_t i = 0; i < c->n_sets && sets; i++) {
        sets = w2b_json_append(sets, json_set(&c->sets[i]));
    }
    return w2b_json_page(json_pack(
        "{s:o,s:o,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:{s:i,s:I,s:o,s:[o,o]},s:o,s:o}",
        "first", json_model(c, 0),
        "second", json_model(c, 1),
        "common", (json_int_t)r->common,
        "only_first", (json_int_t)r->only_first,
        "only_second", (json_int_t)r->only_second,
        "squared_error", w2b_json_real(r->squared_error),
        "scaled_error", w2b_json_real(r->scaled_error),
        "scale", w2b_json_real(r->scale),
        "mean_cosine", w2b_json_real(r->mean_cosine),
        "worst_cosine", w2b_json_real(r->worst_cosine),
        "worst_word", worst ? w2b_json_text(worst, length) : json_null(),
        "neighbors",
            "k", (int)r->neighbors,
            "queries", (json_int_t)r->queries,
            "overlap", w2b_json_real(r->overlap),
            "interval", w2b_json_real(r->interval.low), w2b_json_real(r->interval.high),
        "eigenspace", w2b_json_real(r->eigenspace),
        "sets", sets));
}

/* ===== The command ======================================================== */

static int work(comparison *c, const w2b_parsed *parsed)
{
    const args *a = parsed->args;
    int code = w2b_ask_open(&c->ask[0], parsed, &a->ask);
    if (!code) code = w2b_ask_open_like(&c->ask[1], parsed->words[1], &c->ask[0]);
    if (code) return code;
    w2b_model_info(c->ask[0].model, &c->info[0]);
    w2b_model_info(c->ask[1].model, &c->info[1]);
    code = compare(c, a);
    if (!code) code = score_sets(c, a, parsed->words + 2);
    if (code) return code;
    return a->ask.json ? print_json(c) : a->tsv ? print_tsv(c) : print_table(c);
}

static int run(const w2b_parsed *parsed)
{
    const args *a = parsed->args;
    if (a->ask.json && a->tsv) {
        w2b_talk_error("compare: --json and --tsv exclude each other");
        return W2B_EXIT_USAGE;
    }
    comparison c = {.n_sets = parsed->n_words - 2};
    c.sets = calloc(c.n_sets + 1, sizeof *c.sets);
    int code = c.sets ? work(&c, parsed) : w2b_talk_memory();
    free(c.sets);
    code = w2b_ask_close(&c.ask[1], code);
    return w2b_ask_close(&c.ask[0], code);
}

const w2b_command w2b_cmd_compare = {
    .name = "compare",
    .group = "Ask a model",
    .summary = "say what one model has kept of another",
    .usage = "FIRST SECOND [FILE...] [OPTIONS]",
    .about =
        "Compares two models by the words that they have in common: those of an original and of "
        "what compression made of it, or any two.\n\n"
        "squared error is that of the second model's vectors as a share of the first's squared "
        "length, as they are and with the best factor for all; cosine is between the two vectors "
        "of a word. Both need vectors of as many numbers. neighbours kept is the share of a "
        "word's nearest common words by the first model that are among its nearest by the second, "
        "for words drawn at random, with a 95% interval by bootstrap over the words. eigenspace "
        "is the overlap of May et al. (2019), from 0 to 1, of 20,000 words at most: it asks "
        "whether what can be told from the first model by a linear map can be told from the "
        "second, and so does not mind turns.\n\n"
        "Each FILE is a test set, as for \"w2b eval\": both are scored on the items that both "
        "know, and the difference, second minus first, has a 95% interval by paired bootstrap.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .defaults = defaults,
    .least = 2,
    .missing = "two models are needed",
    .run = run
};
