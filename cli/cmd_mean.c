/*
 * cmd_mean.c - w2b mean: the mean vector of a line of text, and what is near.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/find.h"
#include "cli/query.h"
#include "cli/talk.h"

typedef struct args {
    w2b_find_args find;
    int neighbors;
} args;

static void defaults(void *into)
{
    args *a = into;
    w2b_find_defaults(&a->find);
}

static const w2b_opt options[] = {
    {.name = "neighbors", .letter = 'n', .kind = W2B_OPT_SWITCH,
     .help = "print the nearest words instead of the vector",
     .more = "The words of the text are no answers. The options from --count to --regex are for "
             "this.",
     W2B_OPT_AT(args, neighbors)},
    W2B_FIND_OPTS_ANSWERS(args, find),
    W2B_FIND_OPTS_COMPUTING(args, find),
    {0}
};

static const w2b_example examples[] = {
    {"w2b mean model.w2b \"the king of france\"", "One vector"},
    {"w2b mean model.w2b < sentences.txt > vectors.txt", "A vector for each line"},
    {"w2b mean model.w2b --neighbors \"strong black coffee\" -k 5", "What a text is about"},
    {0}
};

typedef struct asker {
    w2b_find find;
    const args *args;
    uint32_t dim;
    float *vector;       /* [dim] of a word, then the mean */
    double *sum;         /* [dim] */
    w2b_term *terms;     /* the words of the text, of weight 0 */
    size_t n, room;
    uint64_t skipped;    /* unknown words of this text */
    uint64_t skipped_all, words_all;
} asker;

static int add_term(asker *a, uint64_t row)
{
    if (a->n == a->room) {
        size_t room = a->room ? a->room * 2 : 64;
        w2b_term *terms = realloc(a->terms, room * sizeof *terms);
        if (!terms) return w2b_talk_memory();
        a->terms = terms;
        a->room = room;
    }
    a->terms[a->n++] = (w2b_term){.row = row, .weight = 0};
    return W2B_EXIT_DONE;
}

static int add_word(asker *a, const char *word, size_t length)
{
    const int64_t row = w2b_ask_row(&a->find.ask, word, length);
    if (a->find.ask.failed) return W2B_EXIT_FAILED;
    a->words_all++;
    if (row < 0) {
        a->skipped++;
        a->skipped_all++;
        return W2B_EXIT_DONE;
    }
    w2b_diag diag;
    if (w2b_model_vector(a->find.ask.model, (uint64_t)row, a->vector, &diag)) {
        return w2b_talk_diag(&diag);
    }
    for (uint32_t i = 0; i < a->dim; i++) a->sum[i] += a->vector[i];
    return add_term(a, (uint64_t)row);
}

static int is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* The mean of the words of a text to a->vector, and what they are. */
static int take_mean(asker *a, const char *text, size_t length)
{
    a->n = 0;
    a->skipped = 0;
    memset(a->sum, 0, a->dim * sizeof *a->sum);
    for (size_t i = 0; i < length;) {
        size_t begin = i;
        while (i < length && !is_space(text[i])) i++;
        int code = i > begin ? add_word(a, text + begin, i - begin) : W2B_EXIT_DONE;
        if (code) return code;
        if (i == begin) i++;
    }
    for (uint32_t i = 0; i < a->dim; i++) {
        a->vector[i] = a->n ? (float)(a->sum[i] / (double)a->n) : 0;
    }
    return W2B_EXIT_DONE;
}

static int print_json(const asker *a, const char *text, size_t length)
{
    json_t *result = json_array();
    for (uint32_t i = 0; i < a->dim && result && !a->args->neighbors; i++) {
        result = w2b_json_append(result, w2b_json_float(a->vector[i]));
    }
    if (a->args->neighbors) {
        json_decref(result);
        result = w2b_find_json(&a->find);
    }
    return w2b_json_line(json_pack("{s:o,s:I,s:I,s:o}",
        "text", w2b_json_text(text, length), "words", (json_int_t)a->n,
        "unknown", (json_int_t)a->skipped, a->args->neighbors ? "hits" : "vector", result));
}

static void print_vector(const asker *a)
{
    char text[32];
    for (uint32_t i = 0; i < a->dim; i++) {
        printf("%s%s", i ? " " : "", w2b_talk_float(a->vector[i], text));
    }
    putchar('\n');
}

/* Answers for one text; `name`: with it in front of its neighbours. */
static int answer(asker *a, const char *text, size_t length, int name)
{
    int code = take_mean(a, text, length), answered = 1;
    if (code) return code;
    if (!a->n) {
        if (!a->skipped) return W2B_EXIT_DONE;
        w2b_talk_error("%s: has no word of \"%.*s\"", a->find.ask.path,
                       (int)(length < 1000 ? length : 1000), text);
        a->find.ask.unknown = 1;
        return W2B_EXIT_DONE;
    }
    const w2b_query query = {.terms = a->terms, .n_terms = a->n, .vector = a->vector};
    if (a->args->neighbors) code = w2b_find_nearest(&a->find, &query, &answered);
    if (code || !answered) return code;
    if (a->args->find.ask.json) return print_json(a, text, length);
    const w2b_piece piece = {text, length};
    if (a->args->neighbors) w2b_find_print(&a->find, &piece, name ? 1 : 0);
    else print_vector(a);
    return W2B_EXIT_DONE;
}

static int answer_lines(asker *a)
{
    const char *line;
    size_t length;
    int status, code = W2B_EXIT_DONE;
    while ((status = w2b_ask_line(&a->find.ask, &line, &length)) > 0) {
        code = answer(a, line, length, 1);
        if (code || w2b_talk_flush()) return code;
    }
    return status < 0 ? W2B_EXIT_FAILED : code;
}

static int answer_all(asker *a, const w2b_parsed *parsed)
{
    w2b_info info;
    w2b_model_info(a->find.ask.model, &info);
    a->dim = info.dim;
    a->vector = malloc(info.dim * sizeof *a->vector);
    a->sum = malloc(info.dim * sizeof *a->sum);
    if (!a->vector || !a->sum) return w2b_talk_memory();
    a->find.ask.form = "a line of text";
    if (parsed->n_words == 1) return answer_lines(a);
    char *text = w2b_ask_join(parsed);
    if (!text) return w2b_talk_memory();
    int code = answer(a, text, strlen(text), 0);
    free(text);
    return code;
}

static int run(const w2b_parsed *parsed)
{
    asker a = {.args = parsed->args};
    int code = w2b_find_open(&a.find, parsed, &a.args->find);
    if (!code) code = answer_all(&a, parsed);
    if (a.skipped_all) {
        w2b_talk_note("(%llu of %llu words are not in the model and were skipped)",
                      (unsigned long long)a.skipped_all, (unsigned long long)a.words_all);
    }
    free(a.vector);
    free(a.sum);
    free(a.terms);
    return w2b_find_close(&a.find, code);
}

const w2b_command w2b_cmd_mean = {
    .name = "mean",
    .group = "Ask a model",
    .summary = "print the mean vector of a text",
    .usage = "MODEL [TEXT...] [OPTIONS]",
    .about =
        "Prints the mean of the vectors of the words of TEXT, as they are stored, each word as "
        "often as it occurs: numbers divided by spaces. Words are what lies between blanks, as "
        "it is: prepare the text as the one that the model was trained on. Words that the model "
        "lacks are skipped and counted. All arguments after the model are one text.\n\n"
        "Without TEXT, lines are read from standard input, each a text of its own, and answered "
        "line by line. With --neighbors the line then stands in a first column.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .defaults = defaults,
    .least = 1,
    .missing = "no model",
    .words = 1,
    .unknown = 1,
    .run = run
};
