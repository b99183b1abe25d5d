/*
 * report_json.c - scores as JSON: an object a model, and one around them if
 * there are several.
 */
#include "cli/json.h"
#include "cli/report.h"

#include <math.h>
#include <string.h>

static json_t *json_interval(w2b_interval interval)
{
    return json_pack("[o,o]", w2b_json_real(interval.low), w2b_json_real(interval.high));
}

static json_t *json_section(const w2b_section *s)
{
    return json_pack("{s:o,s:I,s:I,s:I,s:o,s:o}",
        "name", w2b_json_text(s->name, strlen(s->name)),
        "items", (json_int_t)s->questions,
        "used", (json_int_t)s->used,
        "correct", (json_int_t)s->correct,
        "accuracy", w2b_json_real(s->used ? (double)s->correct / (double)s->used : NAN),
        "interval", json_interval(s->interval));
}

static json_t *json_sections(const w2b_eval_result *result)
{
    json_t *sections = json_array();
    for (size_t i = 0; i < result->n_sections && sections; i++) {
        sections = w2b_json_append(sections, json_section(&result->sections[i]));
    }
    return sections;
}

static json_t *json_scores(const w2b_eval_result *result)
{
    if (result->kind == W2B_TEST_SIMILARITY) {
        return json_pack("{s:o,s:o,s:o,s:o}",
            "spearman", w2b_json_real(result->spearman),
            "interval", json_interval(result->interval),
            "pearson", w2b_json_real(result->pearson),
            "spearman_all", w2b_json_real(result->spearman_all));
    }
    json_t *scores = json_pack("{s:I,s:o,s:o,s:o}",
        "correct", (json_int_t)result->correct,
        result->kind == W2B_TEST_CATEGORIES ? "purity" : "accuracy", w2b_json_real(result->score),
        "interval", json_interval(result->interval),
        "sections", json_sections(result));
    if (result->semantic.questions && result->syntactic.questions &&
        (json_object_set_new(scores, "semantic", json_section(&result->semantic)) ||
         json_object_set_new(scores, "syntactic", json_section(&result->syntactic)))) {
        json_decref(scores);
        return NULL;
    }
    return scores;
}

static json_t *json_difference(const w2b_eval_difference *d)
{
    return json_pack("{s:I,s:o,s:o,s:o,s:o,s:b}",
        "common", (json_int_t)d->common,
        "first", w2b_json_real(d->first),
        "this", w2b_json_real(d->second),
        "difference", w2b_json_real(d->difference),
        "interval", json_interval(d->interval),
        "significant", d->significant);
}

static json_t *json_set(const w2b_report *r, size_t m, size_t i)
{
    char checksum[17];
    const w2b_eval_result *result = &r->models[m].results[i];
    json_t *set = json_pack("{s:o,s:s,s:I,s:s,s:I,s:I}",
        "file", w2b_json_text(r->set_paths[i], strlen(r->set_paths[i])),
        "kind", w2b_test_kind_name(result->kind),
        "bytes", (json_int_t)w2b_testset_bytes(r->sets[i]),
        "checksum", w2b_report_checksum(w2b_testset_checksum(r->sets[i]), checksum),
        "items", (json_int_t)result->items,
        "used", (json_int_t)result->used);
    json_t *scores = json_scores(result);
    int failed = json_object_update(set, scores);
    json_decref(scores);
    if (!failed && m) {
        failed = json_object_set_new(set, "difference",
                                     json_difference(&r->models[m].differences[i]));
    }
    if (failed) {
        json_decref(set);
        return NULL;
    }
    return set;
}

static json_t *json_model(const w2b_report *r, size_t m)
{
    char checksum[17];
    size_t similarities;
    const w2b_report_model *model = &r->models[m];
    const w2b_eval_options *o = &r->options;
    json_t *sets = json_array();
    for (size_t i = 0; i < r->n_sets && sets; i++) {
        sets = w2b_json_append(sets, json_set(r, m, i));
    }
    w2b_report_checksum(model->checksum, checksum);
    return json_pack("{s:s,s:o,s:s,s:s?,s:I,s:I,s:i,s:i,s:o,s:I,s:s,s:b,s:I,s:I,s:I,s:o,s:o}",
        "w2b", w2b_version(),
        "model", w2b_json_text(model->path, strlen(model->path)),
        "format", model->format,
        "checksum", checksum[0] ? checksum : NULL,
        "bytes", (json_int_t)model->file_bytes,
        "words", (json_int_t)model->words,
        "dim", (int)model->dim,
        "bits", (int)model->bits,
        "bytes_per_word", w2b_json_real(model->bytes_per_word),
        "top", (json_int_t)(r->top ? r->top : model->words),
        "analogy_method", o->method == W2B_ANALOGY_MUL ? "mul" : "add",
        "keep_case", o->keep_case,
        "resamples", (json_int_t)o->resamples,
        "restarts", (json_int_t)o->restarts,
        "seed", (json_int_t)o->seed,
        "sets", sets,
        "mean_spearman",
        w2b_json_real(w2b_report_mean(r, m, W2B_TEST_SIMILARITY, &similarities)));
}

int w2b_report_json(const w2b_report *r)
{
    if (r->n_models == 1) return w2b_json_page(json_model(r, 0));
    json_t *models = json_array();
    for (size_t m = 0; m < r->n_models && models; m++) {
        models = w2b_json_append(models, json_model(r, m));
    }
    return w2b_json_page(json_pack("{s:s,s:o}", "w2b", w2b_version(), "models", models));
}
