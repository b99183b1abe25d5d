/*
 * report.c - scores as a table for people, and divided by tabs.
 */
#include "cli/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/opt.h"
#include "cli/talk.h"

#define CELL 9        /* least width of a model's column */
#define NAME_MOST 60  /* longer names push their row to the right */

const char *w2b_report_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

double w2b_report_mean(const w2b_report *r, size_t model, w2b_test_kind kind, size_t *n)
{
    double sum = 0;
    *n = 0;
    for (size_t i = 0; i < r->n_sets; i++) {
        const w2b_eval_result *result = &r->models[model].results[i];
        if (result->kind != kind || !isfinite(result->score)) continue;
        sum += result->score;
        ++*n;
    }
    return *n ? sum / (double)*n : NAN;
}

const char *w2b_report_checksum(uint64_t checksum, char text[17])
{
    text[0] = 0;
    if (checksum) snprintf(text, 17, "%016" PRIx64, checksum);
    return text;
}

static double share(const w2b_section *s)
{
    return s->used ? (double)s->correct / (double)s->used : NAN;
}

/* Whether sums are worth a row: there are sections of both kinds. */
static int has_sums(const w2b_eval_result *result)
{
    return result->semantic.questions && result->syntactic.questions;
}

/* Sections of words in categories are of no interest to people. */
static int shows_sections(const w2b_eval_result *result)
{
    return result->n_sections > 1 && result->kind != W2B_TEST_CATEGORIES;
}

/* ===== Table ============================================================== */

/* One line of it: a set, a section, a sum. */
typedef struct line {
    const char *name;
    const char *kind;       /* "": a line below a set */
    uint64_t items;
    size_t set;
    const w2b_section *(*section)(const w2b_eval_result *result, size_t i); /* NULL: the set */
    size_t i;
} line;

static const w2b_section *one_section(const w2b_eval_result *result, size_t i)
{
    return &result->sections[i];
}

static const w2b_section *sum_section(const w2b_eval_result *result, size_t i)
{
    return i ? &result->syntactic : &result->semantic;
}

static double row_score(const w2b_report *r, const line *row, size_t model)
{
    const w2b_eval_result *result = &r->models[model].results[row->set];
    return row->section ? share(row->section(result, row->i)) : result->score;
}

static uint64_t row_used(const w2b_report *r, const line *row, size_t model)
{
    const w2b_eval_result *result = &r->models[model].results[row->set];
    return row->section ? row->section(result, row->i)->used : result->used;
}

static void format_score(char *text, size_t room, w2b_test_kind kind, double score)
{
    if (!isfinite(score)) snprintf(text, room, "-");
    else if (kind == W2B_TEST_SIMILARITY) snprintf(text, room, "%.4f", score);
    else snprintf(text, room, "%.2f%%", 100 * score);
}

static void format_interval(char *text, size_t room, w2b_test_kind kind, w2b_interval v)
{
    if (!isfinite(v.low)) snprintf(text, room, "-");
    else if (kind == W2B_TEST_SIMILARITY) snprintf(text, room, "%.4f to %.4f", v.low, v.high);
    else snprintf(text, room, "%.2f to %.2f%%", 100 * v.low, 100 * v.high);
}

/* "6/7", or "5-6/7" if models differ in what they know. */
static void format_used(char *text, size_t room, const w2b_report *r, const line *row)
{
    uint64_t least = row_used(r, row, 0), most = least;
    for (size_t m = 1; m < r->n_models; m++) {
        uint64_t used = row_used(r, row, m);
        least = used < least ? used : least;
        most = used > most ? used : most;
    }
    if (least == most) snprintf(text, room, "%" PRIu64 "/%" PRIu64, most, row->items);
    else snprintf(text, room, "%" PRIu64 "-%" PRIu64 "/%" PRIu64, least, most, row->items);
}

static void print_name(const char *name, size_t width, int inner)
{
    char *shown = w2b_talk_escape(name, strlen(name));
    printf("%s%-*s", inner ? "  " : "", (int)width - (inner ? 2 : 0), shown ? shown : "?");
    if (!shown) w2b_talk_lost();
    free(shown);
}

/* With one model there is room for its interval, and for what else is known. */
static void print_single(const w2b_report *r, const line *row)
{
    const w2b_eval_result *result = &r->models[0].results[row->set];
    char score[32], interval[64];
    format_score(score, sizeof score, result->kind, row_score(r, row, 0));
    format_interval(interval, sizeof interval, result->kind,
                    row->section ? row->section(result, row->i)->interval : result->interval);
    int also = !row->section && result->kind == W2B_TEST_SIMILARITY && isfinite(result->pearson);
    printf("  %7" PRIu64 "  %7s  %-*s", row->items - row_used(r, row, 0), score, also ? 17 : 0,
           interval);
    if (also) {
        printf("  Pearson %.4f", result->pearson);
        if (result->used < result->items) {
            printf("; missing as the mean: %.4f", result->spearman_all);
        }
    }
}

/* Whether a model is marked as no different from the first on a set. */
static int is_marked(const w2b_report *r, size_t m, size_t set)
{
    return m && isfinite(r->models[m].differences[set].interval.low) &&
           !r->models[m].differences[set].significant;
}

static void print_cells(const w2b_report *r, const line *row, const size_t *widths)
{
    for (size_t m = 0; m < r->n_models; m++) {
        char score[32];
        const w2b_eval_result *result = &r->models[m].results[row->set];
        format_score(score, sizeof score, result->kind, row_score(r, row, m));
        const char *blank = m + 1 < r->n_models ? " " : "";
        printf("  %*s%s", (int)widths[m] - 1, score,
               !row->section && is_marked(r, m, row->set) ? "~" : blank);
    }
}

static void print_row(const w2b_report *r, const line *row, size_t width, const size_t *widths)
{
    char used[80];
    format_used(used, sizeof used, r, row);
    print_name(row->name, width, row->section != NULL);
    printf("  %-10s  %13s", row->kind, used);
    if (r->n_models == 1) print_single(r, row);
    else print_cells(r, row, widths);
    putchar('\n');
}

static void print_set(const w2b_report *r, size_t set, size_t width, const size_t *widths)
{
    const w2b_eval_result *result = &r->models[0].results[set];
    line row = {w2b_report_name(r->set_paths[set]), w2b_test_kind_name(result->kind),
               result->items, set, NULL, 0};
    print_row(r, &row, width, widths);
    if (!shows_sections(result)) return;
    row.kind = "";
    row.section = one_section;
    for (row.i = 0; row.i < result->n_sections; row.i++) {
        const char *name = result->sections[row.i].name;
        row.name = name[0] ? name : "(no name)";
        row.items = result->sections[row.i].questions;
        print_row(r, &row, width, widths);
    }
    if (!has_sums(result)) return;
    row.section = sum_section;
    for (row.i = 0; row.i < 2; row.i++) {
        row.name = row.i ? "all syntactic" : "all semantic";
        row.items = sum_section(result, row.i)->questions;
        print_row(r, &row, width, widths);
    }
}

static void widen(size_t *width, size_t length)
{
    if (length > *width) *width = length < NAME_MOST ? length : NAME_MOST;
}

static size_t name_width(const w2b_report *r)
{
    size_t width = 20;
    for (size_t i = 0; i < r->n_sets; i++) {
        const w2b_eval_result *result = &r->models[0].results[i];
        widen(&width, strlen(w2b_report_name(r->set_paths[i])));
        for (size_t j = 0; j < result->n_sections && shows_sections(result); j++) {
            widen(&width, strlen(result->sections[j].name) + 2);
        }
    }
    return width;
}

static void print_means(const w2b_report *r, size_t width, const size_t *widths)
{
    size_t n;
    double mean = w2b_report_mean(r, 0, W2B_TEST_SIMILARITY, &n);
    if (n < 2) return;
    if (r->n_models == 1) {
        printf("mean Spearman of %zu similarity sets: %.4f\n", n, mean);
        return;
    }
    print_name("mean Spearman", width, 0);
    printf("  %-10s  %13s", "", "");
    for (size_t m = 0; m < r->n_models; m++) {
        char score[32];
        format_score(score, sizeof score, W2B_TEST_SIMILARITY,
                     w2b_report_mean(r, m, W2B_TEST_SIMILARITY, &n));
        printf("  %*s%s", (int)widths[m] - 1, score, m + 1 < r->n_models ? " " : "");
    }
    putchar('\n');
}

/* Any mark in the table? Then it has to be explained. */
static void print_mark(const w2b_report *r)
{
    for (size_t m = 1; m < r->n_models; m++) {
        for (size_t i = 0; i < r->n_sets; i++) {
            if (!is_marked(r, m, i)) continue;
            printf("~ the difference to ");
            w2b_talk_word(r->models[0].label, strlen(r->models[0].label));
            printf(" on the items that both know is not significant (95%%, paired bootstrap)\n");
            return;
        }
    }
}

/* What was measured, and how. */
static void print_identity(const w2b_report *r)
{
    char checksum[17], size[32], number[32];
    const w2b_eval_options *o = &r->options;
    printf("\nw2b %s: %s, ", w2b_version(),
           o->method == W2B_ANALOGY_MUL ? "3CosMul" : "3CosAdd");
    if (r->top) printf("the first %s words", w2b_talk_number(r->top, number));
    else printf("all words");
    printf("%s, %" PRIu32 " resamples, %" PRIu32 " restarts, seed %" PRIu64 "\n",
           o->keep_case ? ", case kept" : "", o->resamples, o->restarts, o->seed);
    for (size_t m = 0; m < r->n_models; m++) {
        const w2b_report_model *model = &r->models[m];
        w2b_talk_word(model->label, strlen(model->label));
        printf(": %s words x %" PRIu32 " at %" PRIu32 " bit%s, %.6g bytes a word, %s",
               w2b_talk_number(model->words, number), model->dim, model->bits,
               model->bits == 1 ? "" : "s", model->bytes_per_word, model->format);
        if (model->file_bytes) {
            printf(", %s", w2b_talk_size((double)model->file_bytes, size));
        }
        if (model->checksum) {
            printf(", checksum %s", w2b_report_checksum(model->checksum, checksum));
        }
        putchar('\n');
    }
    for (size_t i = 0; i < r->n_sets; i++) {
        const char *name = w2b_report_name(r->set_paths[i]);
        w2b_talk_word(name, strlen(name));
        printf(": %s, XXH3 %s\n", w2b_talk_size((double)w2b_testset_bytes(r->sets[i]), size),
               w2b_report_checksum(w2b_testset_checksum(r->sets[i]), checksum));
    }
}

int w2b_report_table(const w2b_report *r)
{
    size_t width = name_width(r);
    size_t *widths = calloc(r->n_models, sizeof *widths);
    if (!widths) return w2b_talk_memory();
    printf("%-*s  %-10s  %13s", (int)width, "set", "kind", "used/total");
    if (r->n_models == 1) printf("  missing    score  95%% interval");
    for (size_t m = 0; m < r->n_models; m++) {
        char *label = w2b_talk_escape(r->models[m].label, strlen(r->models[m].label));
        widths[m] = label && strlen(label) > CELL ? strlen(label) : CELL;
        if (r->n_models > 1) printf("  %*s", (int)widths[m], label ? label : "?");
        if (!label) w2b_talk_lost();
        free(label);
    }
    putchar('\n');
    for (size_t i = 0; i < r->n_sets; i++) print_set(r, i, width, widths);
    print_means(r, width, widths);
    print_mark(r);
    print_identity(r);
    free(widths);
    return W2B_EXIT_DONE;
}

/* ===== Tabs =============================================================== */

static void print_real(double number)
{
    if (isfinite(number)) printf("\t%.6f", number);
    else printf("\t");
}

/* Everything that tells one run from another, at the end of each line. */
static void print_origin(const w2b_report *r, size_t m, size_t set)
{
    char checksum[17];
    const w2b_report_model *model = &r->models[m];
    const w2b_eval_options *o = &r->options;
    putchar('\t');
    w2b_talk_word(model->path, strlen(model->path));
    printf("\t%s\t%.6g", w2b_report_checksum(model->checksum, checksum), model->bytes_per_word);
    printf("\t%" PRIu64 "\t%s", w2b_testset_bytes(r->sets[set]),
           w2b_report_checksum(w2b_testset_checksum(r->sets[set]), checksum));
    printf("\t%" PRIu64 "\t%s\t%d\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu64 "\t%s\n",
           r->top ? r->top : model->words, o->method == W2B_ANALOGY_MUL ? "mul" : "add",
           !!o->keep_case, o->resamples, o->restarts, o->seed, w2b_version());
}

static void print_tsv_row(const w2b_report *r, size_t m, size_t set, const w2b_section *section)
{
    const w2b_report_model *model = &r->models[m];
    const w2b_eval_result *result = &model->results[set];
    int similarity = result->kind == W2B_TEST_SIMILARITY;
    uint64_t items = section ? section->questions : result->items;
    uint64_t used = section ? section->used : result->used;
    w2b_interval interval = section ? section->interval : result->interval;
    w2b_talk_word(r->set_paths[set], strlen(r->set_paths[set]));
    printf("\t%s\t", w2b_test_kind_name(result->kind));
    if (section) w2b_talk_word(section->name, strlen(section->name));
    printf("\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64, items, used, items - used);
    print_real(similarity ? result->spearman : NAN);
    print_real(similarity ? result->pearson : NAN);
    print_real(similarity ? result->spearman_all : NAN);
    if (similarity) printf("\t");
    else printf("\t%" PRIu64, section ? section->correct : result->correct);
    print_real(similarity ? NAN : section ? share(section) : result->score);
    print_real(interval.low);
    print_real(interval.high);
    if (m && !section) {
        const w2b_eval_difference *d = &model->differences[set];
        printf("\t%" PRIu64, d->common);
        print_real(d->difference);
        print_real(d->interval.low);
        print_real(d->interval.high);
        printf("\t%d", d->significant);
    } else {
        printf("\t\t\t\t\t");
    }
    print_origin(r, m, set);
}

int w2b_report_tsv(const w2b_report *r)
{
    printf("set\tkind\tsection\titems\tused\tmissing\tspearman\tpearson\tspearman_all\tcorrect\t"
           "accuracy\tlow\thigh\tcommon\tdifference\tdifference_low\tdifference_high\t"
           "significant\tmodel\tmodel_checksum\tbytes_per_word\tset_bytes\tset_checksum\ttop\t"
           "analogy_method\tkeep_case\tresamples\trestarts\tseed\tw2b\n");
    for (size_t m = 0; m < r->n_models; m++) {
        for (size_t i = 0; i < r->n_sets; i++) {
            const w2b_eval_result *result = &r->models[m].results[i];
            print_tsv_row(r, m, i, NULL);
            for (size_t j = 0; j < result->n_sections && result->n_sections > 1; j++) {
                print_tsv_row(r, m, i, &result->sections[j]);
            }
            if (!has_sums(result)) continue;
            print_tsv_row(r, m, i, &result->semantic);
            print_tsv_row(r, m, i, &result->syntactic);
        }
    }
    return W2B_EXIT_DONE;
}
