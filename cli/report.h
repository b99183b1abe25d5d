/*
 * report.h - what w2b eval found, and the forms that it is told in.
 */
#ifndef W2B_CLI_REPORT_H
#define W2B_CLI_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "word2bits/w2b.h"

/* A model that was scored; it is closed by the time of the report. */
typedef struct w2b_report_model {
    const char *path;
    const char *label;      /* its file name, or the path if two are the same */
    uint64_t words;
    uint32_t dim, bits;
    double bytes_per_word;
    uint64_t file_bytes;
    uint64_t checksum;      /* 0: its format has none */
    char format[32];
    w2b_eval_result *results;         /* [n_sets] */
    w2b_eval_difference *differences; /* [n_sets] to the first model */
} w2b_report_model;

typedef struct w2b_report {
    w2b_report_model *models;
    size_t n_models;
    const char *const *set_paths;
    w2b_testset **sets;
    size_t n_sets;
    uint64_t top;           /* 0 = all words */
    w2b_eval_options options;
} w2b_report;

/* The part of a path after its last slash. */
const char *w2b_report_name(const char *path);

/* The mean score over the sets of a kind that have one; their number in *n.
 * NaN if there are none. */
double w2b_report_mean(const w2b_report *report, size_t model, w2b_test_kind kind, size_t *n);

/* 16 hexadecimal digits; "" for 0. */
const char *w2b_report_checksum(uint64_t checksum, char text[17]);

/* Each prints all of it on standard output. An exit code. */
int w2b_report_table(const w2b_report *report);
int w2b_report_tsv(const w2b_report *report);
int w2b_report_json(const w2b_report *report);

/* Draws scores against bytes a word as an SVG file. An exit code. */
int w2b_plot_save(const w2b_report *report, const char *path, int replace);

#endif
