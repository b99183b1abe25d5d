/*
 * cmd_odd.c - w2b odd: the word that does not fit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/talk.h"

typedef struct args {
    w2b_ask_args ask;
} args;

static const w2b_opt options[] = {
    W2B_OPT_JSON(args, ask.json),
    {0}
};

static const w2b_example examples[] = {
    {"w2b odd model.w2b apple pear car plum", "One question"},
    {"w2b odd model.w2b --json < groups.txt", "A group of words a line, for a program"},
    {0}
};

typedef struct scored {
    w2b_piece word;
    float score;
    size_t place;
} scored;

static int by_score(const void *a, const void *b)
{
    const scored *x = a, *y = b;
    if (x->score < y->score || x->score > y->score) return x->score < y->score ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static int print_json(const scored *words, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n && array; i++) {
        array = w2b_json_append(array, json_pack("{s:o,s:o}",
            "word", w2b_json_text(words[i].word.at, words[i].word.length),
            "score", w2b_json_float(words[i].score)));
    }
    return w2b_json_line(json_pack("{s:o,s:o}",
        "odd", w2b_json_text(words[0].word.at, words[0].word.length), "words", array));
}

/* A line each; `name`: with the words as they were given in front. */
static void print(const scored *words, size_t n, const w2b_piece *given, int name)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; name && j < n; j++) {
            w2b_talk_word(given[j].at, given[j].length);
            putchar(j + 1 < n ? ' ' : '\t');
        }
        w2b_talk_word(words[i].word.at, words[i].word.length);
        printf("\t%.4f\n", (double)words[i].score);
    }
}

/* Scores n known words, and prints them in order. */
static int score(w2b_ask *ask, const w2b_piece *pieces, const uint64_t *rows, size_t n,
                 int name, int json)
{
    w2b_search *handle = w2b_ask_search(ask);
    if (!handle) return W2B_EXIT_FAILED;
    scored *words = malloc(n * sizeof *words);
    float *scores = malloc(n * sizeof *scores);
    w2b_diag diag;
    size_t odd;
    int code = W2B_EXIT_DONE;
    if (!words || !scores) {
        code = w2b_talk_memory();
    } else if (w2b_search_odd(handle, rows, n, scores, &odd, &diag)) {
        code = w2b_talk_diag(&diag);
    } else {
        for (size_t i = 0; i < n; i++) words[i] = (scored){pieces[i], scores[i], i};
        qsort(words, n, sizeof *words, by_score);
        if (json) code = print_json(words, n);
        else print(words, n, pieces, name);
    }
    free(words);
    free(scores);
    return code;
}

/* Answers one question of n >= 3 words. An exit code. */
static int answer(w2b_ask *ask, const w2b_piece *words, size_t n, int name, int json)
{
    uint64_t *rows = malloc(n * sizeof *rows);
    int known = 1;
    if (!rows) return w2b_talk_memory();
    for (size_t i = 0; i < n; i++) {
        int64_t row = w2b_ask_find(ask, words[i].at, words[i].length);
        if (row < 0) known = 0;
        else rows[i] = (uint64_t)row;
    }
    int code = known ? score(ask, words, rows, n, name, json) : W2B_EXIT_DONE;
    free(rows);
    return code;
}

static int answer_line(w2b_ask *ask, const char *line, size_t length, int json)
{
    const size_t n = w2b_ask_cut(line, length, NULL, 0);
    if (n < 3) {
        if (n) w2b_ask_malformed(ask, "expected three words or more");
        return W2B_EXIT_DONE;
    }
    w2b_piece *words = malloc(n * sizeof *words);
    if (!words) return w2b_talk_memory();
    w2b_ask_cut(line, length, words, n);
    int code = answer(ask, words, n, 1, json);
    free(words);
    return code;
}

static int answer_lines(w2b_ask *ask, int json)
{
    const char *line;
    size_t length;
    int status, code = W2B_EXIT_DONE;
    while ((status = w2b_ask_line(ask, &line, &length)) > 0) {
        code = answer_line(ask, line, length, json);
        if (code || w2b_talk_flush()) return code;
    }
    return status < 0 ? W2B_EXIT_FAILED : code;
}

static int answer_words(w2b_ask *ask, const w2b_parsed *parsed, int json)
{
    const size_t n = parsed->n_words - 1;
    w2b_piece *words = malloc(n * sizeof *words);
    if (!words) return w2b_talk_memory();
    for (size_t i = 0; i < n; i++) {
        words[i] = (w2b_piece){parsed->words[i + 1], strlen(parsed->words[i + 1])};
    }
    int code = answer(ask, words, n, 0, json);
    free(words);
    return code;
}

static int run(const w2b_parsed *parsed)
{
    const args *a = parsed->args;
    if (parsed->n_words == 2 || parsed->n_words == 3) {
        w2b_talk_error("odd: three words or more are needed: w2b odd MODEL WORD...");
        return W2B_EXIT_USAGE;
    }
    w2b_ask ask;
    int code = w2b_ask_open(&ask, parsed, &a->ask);
    ask.form = "three words or more, one of which does not fit";
    if (!code && parsed->n_words > 3) code = answer_words(&ask, parsed, a->ask.json);
    else if (!code) code = answer_lines(&ask, a->ask.json);
    return w2b_ask_close(&ask, code);
}

const w2b_command w2b_cmd_odd = {
    .name = "odd",
    .group = "Ask a model",
    .summary = "find the word that does not fit",
    .usage = "MODEL [WORD...] [OPTIONS]",
    .about =
        "Prints the words, the one that fits the others least first: word and the cosine of its "
        "vector with the mean of the others' unit vectors, divided by a tab.\n\n"
        "Without words, groups are read from standard input, three words or more a line divided "
        "by spaces or tabs, and answered line by line, with the words of the "
        "line as a first column.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .least = 1,
    .missing = "no model",
    .words = 1,
    .unknown = 1,
    .run = run
};
