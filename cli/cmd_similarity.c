/*
 * cmd_similarity.c - w2b similarity: the cosine of two words.
 */
#include <math.h>
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
    W2B_ASK_OPT_ISA(args, ask.isa),
    {0}
};

static const w2b_example examples[] = {
    {"w2b similarity model.w2b coffee tea", "One pair"},
    {"w2b similarity model.w2b < pairs.txt", "A pair a line"},
    {0}
};

static double product(const float *a, const float *b, uint32_t dim)
{
    double sum = 0;
    for (uint32_t i = 0; i < dim; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

/* Of words without rows. An exit code; *known is 0, after a message, if there
 * is no vector for one of them. */
static int compose(w2b_ask *ask, const w2b_piece *words, float *cosine, int *known)
{
    w2b_info info;
    w2b_model_info(ask->model, &info);
    float *a = malloc(2 * (size_t)info.dim * sizeof *a), *b = a + info.dim;
    if (!a) return w2b_talk_memory();
    *known = !w2b_ask_compose(ask, words[0].at, words[0].length, a);
    *known = !w2b_ask_compose(ask, words[1].at, words[1].length, b) && *known;
    if (*known) {
        double norms = sqrt(product(a, a, info.dim)) * sqrt(product(b, b, info.dim));
        *cosine = norms > 0 ? (float)(product(a, b, info.dim) / norms) : 0;
    }
    free(a);
    return W2B_EXIT_DONE;
}

static int compare(w2b_ask *ask, uint64_t a, uint64_t b, float *cosine)
{
    w2b_diag diag;
    w2b_search *handle = w2b_ask_search(ask);
    if (!handle) return W2B_EXIT_FAILED;
    if (w2b_search_similarity(handle, &a, &b, 1, cosine, &diag)) return w2b_talk_diag(&diag);
    return W2B_EXIT_DONE;
}

/* Answers one question; `name`: with its words in front. An exit code. */
static int answer(w2b_ask *ask, const w2b_piece *words, int name, int json)
{
    int64_t a = w2b_ask_row(ask, words[0].at, words[0].length);
    int64_t b = w2b_ask_row(ask, words[1].at, words[1].length);
    float cosine;
    int known = 1;
    int code = a >= 0 && b >= 0 ? compare(ask, (uint64_t)a, (uint64_t)b, &cosine)
                                : compose(ask, words, &cosine, &known);
    if (code || !known) return code;
    if (json) {
        return w2b_json_line(json_pack("{s:o,s:o,s:o}",
            "a", w2b_json_text(words[0].at, words[0].length),
            "b", w2b_json_text(words[1].at, words[1].length),
            "cosine", w2b_json_float(cosine)));
    }
    for (size_t i = 0; name && i < 2; i++) {
        w2b_talk_word(words[i].at, words[i].length);
        putchar('\t');
    }
    printf("%.4f\n", (double)cosine);
    return W2B_EXIT_DONE;
}

static int answer_lines(w2b_ask *ask, int json)
{
    const char *line;
    size_t length;
    int status, code = W2B_EXIT_DONE;
    while ((status = w2b_ask_line(ask, &line, &length)) > 0) {
        w2b_piece words[2];
        size_t n = w2b_ask_cut(line, length, words, 2);
        if (n == 2) code = answer(ask, words, 1, json);
        else if (n) w2b_ask_malformed(ask, "expected two words");
        if (code || w2b_talk_flush()) return code;
    }
    return status < 0 ? W2B_EXIT_FAILED : code;
}

static int run(const w2b_parsed *parsed)
{
    const args *a = parsed->args;
    if (parsed->n_words == 2) {
        w2b_talk_error("similarity: two words are needed: w2b similarity MODEL A B");
        return W2B_EXIT_USAGE;
    }
    w2b_ask ask;
    int code = w2b_ask_open(&ask, parsed, &a->ask);
    ask.form = "two words";
    if (!code && parsed->n_words == 3) {
        const w2b_piece words[2] = {
            {parsed->words[1], strlen(parsed->words[1])},
            {parsed->words[2], strlen(parsed->words[2])}
        };
        code = answer(&ask, words, 0, a->ask.json);
    } else if (!code) {
        code = answer_lines(&ask, a->ask.json);
    }
    return w2b_ask_close(&ask, code);
}

const w2b_command w2b_cmd_similarity = {
    .name = "similarity",
    .group = "Ask a model",
    .summary = "print the cosine of two words",
    .usage = "MODEL [A B] [OPTIONS]",
    .about =
        "Prints the cosine of the vectors of A and B, from -1 to 1.\n\n"
        "Without words, pairs are read from standard input, two words a line divided by spaces "
        "or tabs, and answered line by line: both words and the cosine, divided by tabs.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .least = 1,
    .most = 3,
    .missing = "no model",
    .words = 1,
    .unknown = 1,
    .run = run
};
