/*
 * find.h - nearest words and analogies among the words that options allow,
 * scored again by a finer model if wanted: what the commands that answer with
 * words have in common.
 */
#ifndef W2B_CLI_FIND_H
#define W2B_CLI_FIND_H

#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/filter.h"
#include "cli/json.h"

typedef struct w2b_find_args {
    w2b_ask_args ask;
    uint64_t k;
    w2b_filter_args filter;
    const char *rescore;
    uint64_t candidates;
} w2b_find_args;

/* Rows of an option table; `type` is the struct, `field` its w2b_find_args. */
#define W2B_FIND_OPTS_ANSWERS(type, field) \
    {.name = "count", .letter = 'k', .kind = W2B_OPT_COUNT, .value = "N", \
     .help = "answers to a question", W2B_OPT_AT(type, field.k), .low = 1}, \
    {.name = "max-rank", .letter = 'r', .kind = W2B_OPT_COUNT, .value = "N", \
     .help = "answer with the first N words only", \
     .more = "These are the most frequent ones in most files.", \
     W2B_OPT_AT(type, field.ask.first), .low = 1, .zero = "all"}, \
    W2B_FILTER_OPTS(type, field.filter)
#define W2B_FIND_OPTS_RESCORE(type, field) \
    {.name = "rescore", .kind = W2B_OPT_TEXT, .value = "FINE", \
     .help = "score the best again with this model", \
     .more = "A model of more bits with the same words: MODEL finds the candidates, FINE says " \
             "which of them are the answers, and their scores. Words are matched by name.", \
     W2B_OPT_AT(type, field.rescore), .complete = W2B_COMPLETE_FILE}, \
    {.name = "candidates", .kind = W2B_OPT_COUNT, .value = "N", \
     .help = "how many are scored again", W2B_OPT_AT(type, field.candidates), .low = 1}
#define W2B_FIND_OPTS_COMPUTING(type, field) \
    W2B_OPT_JSON(type, field.ask.json), \
    W2B_ASK_OPT_THREADS(type, field.ask.threads), \
    W2B_ASK_OPT_ISA(type, field.ask.isa)

void w2b_find_defaults(w2b_find_args *args);

typedef struct w2b_find {
    w2b_ask ask;
    const w2b_find_args *args;
    w2b_ask fine;          /* its model is NULL if there is none */
    uint64_t candidates;   /* asked for a question: k of them without `fine` */
    uint64_t left_out;     /* candidates that `fine` lacks */
    w2b_hit *hits;         /* [candidates]: the answers, rows of ask.model */
    size_t n;
} w2b_find;

/* Opens the models, sets the filter. An exit code. Release with
 * w2b_find_close, whatever this returns; `code` as in w2b_ask_close. */
int w2b_find_open(w2b_find *find, const w2b_parsed *parsed, const w2b_find_args *args);
int w2b_find_close(w2b_find *find, int code);

/* Answer one question, in find->hits. An exit code; *answered is 0, after a
 * message, if a word is not in the finer model. */
int w2b_find_nearest(w2b_find *find, const w2b_query *query, int *answered);
int w2b_find_analogy(w2b_find *find, w2b_analogy method, const uint64_t rows[3], int *answered);

/* A line each: `pieces` of the question, word, score. */
void w2b_find_print(const w2b_find *find, const w2b_piece *question, size_t pieces);

/* [{"word": ..., "score": ..., "row": ...}, ...], or NULL. */
json_t *w2b_find_json(const w2b_find *find);

#endif
