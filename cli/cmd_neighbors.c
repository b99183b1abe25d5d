/*
 * cmd_neighbors.c - w2b neighbors: the nearest words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/find.h"
#include "cli/query.h"
#include "cli/talk.h"

typedef struct args {
    w2b_find_args find;
    const char *vector;
    double least;
} args;

static void defaults(void *into)
{
    args *a = into;
    w2b_find_defaults(&a->find);
    a->least = -1;
}

static const w2b_opt options[] = {
    {.name = "vector", .kind = W2B_OPT_TEXT, .value = "FILE",
     .help = "ask for vectors, one a line of FILE",
     .more = "Each line has as many numbers as the model's vectors, divided by blanks, and may "
             "have a name in front, as \"w2b vector\" prints it; else the number of the line is "
             "its name. - is standard input. Words with the same vector are answers, too.",
     W2B_OPT_AT(args, vector), .complete = W2B_COMPLETE_FILE},
    W2B_FIND_OPTS_ANSWERS(args, find),
    {.name = "min-similarity", .kind = W2B_OPT_REAL, .value = "X",
     .help = "answer with cosines of X or more only", W2B_OPT_AT(args, least),
     .real_low = -1, .real_high = 1},
    W2B_FIND_OPTS_RESCORE(args, find),
    W2B_FIND_OPTS_COMPUTING(args, find),
    {0}
};

static const w2b_example examples[] = {
    {"w2b neighbors model.w2b king", "The ten nearest words"},
    {"w2b neighbors model.w2b king - man + woman -k 3", "Near a sum of words"},
    {"w2b neighbors model.w2b \"king + 0.5*young\" paris", "Two questions"},
    {"w2b neighbors model.w2b --json < words.txt", "Many questions, for a program"},
    {"w2b neighbors model.w2b paris --among cities.txt", "The nearest of some words"},
    {"w2b neighbors model.w2b walk --regex 'ing$' --min-similarity 0.5", "Words of one form"},
    {"w2b neighbors 1bit.w2b king --rescore 8bit.w2b", "Fast, then exact"},
    {0}
};

typedef struct asker {
    w2b_find find;
    const args *args;
    uint32_t dim;
    float *vector; /* [dim] of --vector */
    int name;      /* nonzero: the question is printed in a first column */
} asker;

static int print_json(const asker *a, const char *text, size_t length)
{
    return w2b_json_line(json_pack("{s:o,s:o}", "query", w2b_json_text(text, length), "hits",
                                   w2b_find_json(&a->find)));
}

static int search(asker *a, const char *text, size_t length, const w2b_query *query)
{
    int answered;
    int code = w2b_find_nearest(&a->find, query, &answered);
    if (code || !answered) return code;
    while (a->find.n && a->find.hits[a->find.n - 1].score < a->args->least) a->find.n--;
    if (a->args->find.ask.json) return print_json(a, text, length);
    const w2b_piece name = {text, length};
    w2b_find_print(&a->find, &name, a->name ? 1 : 0);
    return W2B_EXIT_DONE;
}

/* Answers one question. `line`: it came from standard input. An exit code. */
static int answer(asker *a, const char *text, size_t length, int line)
{
    w2b_ask_query query;
    int code = W2B_EXIT_DONE;
    if (w2b_ask_parse(&a->find.ask, text, length, &query)) {
        code = a->find.ask.failed ? W2B_EXIT_FAILED : w2b_talk_memory();
    } else if (query.why[0] && line) {
        w2b_ask_malformed(&a->find.ask, query.why);
    } else if (query.why[0]) {
        w2b_talk_error("neighbors: \"%s\": %s", text, query.why);
        code = W2B_EXIT_USAGE;
    } else if ((query.n || query.vector) && !query.unknown) {
        const w2b_query terms = {.terms = query.terms, .n_terms = query.n,
                                 .vector = query.vector};
        code = search(a, text, length, &terms);
    }
    w2b_ask_query_free(&query);
    return code;
}

/* A line of --vector. */
static int answer_vector(asker *a, const char *line, size_t length)
{
    char number[32], why[160];
    w2b_piece name;
    if (w2b_ask_vector(line, length, a->vector, a->dim, &name, why, sizeof why)) {
        if (why[0]) w2b_ask_malformed(&a->find.ask, why);
        return W2B_EXIT_DONE;
    }
    if (!name.length) {
        snprintf(number, sizeof number, "%llu", (unsigned long long)a->find.ask.line_number);
        name = (w2b_piece){number, strlen(number)};
    }
    const w2b_query query = {.vector = a->vector};
    return search(a, name.at, name.length, &query);
}

static int answer_lines(asker *a)
{
    const char *line;
    size_t length;
    int status, code = W2B_EXIT_DONE;
    a->name = 1;
    while ((status = w2b_ask_line(&a->find.ask, &line, &length)) > 0) {
        code = a->vector ? answer_vector(a, line, length) : answer(a, line, length, 1);
        if (code || w2b_talk_flush()) return code;
    }
    return status < 0 ? W2B_EXIT_FAILED : code;
}

/* "king", "-", "man" as arguments are one question: "king - man". */
static int is_sum(const w2b_parsed *parsed)
{
    int operators = 0, others = 0;
    for (size_t i = 1; i < parsed->n_words; i++) {
        if (!strcmp(parsed->words[i], "+") || !strcmp(parsed->words[i], "-")) operators++;
        else others++;
    }
    return operators && others;
}

static int answer_sum(asker *a, const w2b_parsed *parsed)
{
    char *text = w2b_ask_join(parsed);
    if (!text) return w2b_talk_memory();
    int code = answer(a, text, strlen(text), 0);
    free(text);
    return code;
}

static int answer_vectors(asker *a)
{
    w2b_info info;
    w2b_model_info(a->find.ask.model, &info);
    a->dim = info.dim;
    a->vector = malloc(info.dim * sizeof *a->vector);
    if (!a->vector) return w2b_talk_memory();
    int code = w2b_ask_from(&a->find.ask, a->args->vector);
    return code ? code : answer_lines(a);
}

static int answer_all(asker *a, const w2b_parsed *parsed)
{
    a->find.ask.form = "a word, or a sum such as \"king - man + woman\" or \"2*good + film\"";
    if (a->args->vector) return answer_vectors(a);
    if (parsed->n_words == 1) return answer_lines(a);
    if (is_sum(parsed)) return answer_sum(a, parsed);
    a->name = parsed->n_words > 2;
    int code = W2B_EXIT_DONE;
    for (size_t i = 1; i < parsed->n_words && !code; i++) {
        code = answer(a, parsed->words[i], strlen(parsed->words[i]), 0);
    }
    return code;
}

static int run(const w2b_parsed *parsed)
{
    asker a = {.args = parsed->args};
    if (a.args->vector && parsed->n_words > 1) {
        w2b_talk_error("neighbors: either words or --vector");
        return W2B_EXIT_USAGE;
    }
    int code = w2b_find_open(&a.find, parsed, &a.args->find);
    if (!code) code = answer_all(&a, parsed);
    free(a.vector);
    return w2b_find_close(&a.find, code);
}

const w2b_command w2b_cmd_neighbors = {
    .name = "neighbors",
    .group = "Ask a model",
    .summary = "find the nearest words",
    .usage = "MODEL [WORD...] [OPTIONS]",
    .about =
        "Prints the words whose vectors have the largest cosine with that of each WORD, nearest "
        "first: word and cosine, divided by a tab. The words of the question are no answers.\n\n"
        "Each argument is a question of its own. A question can be a sum, such as \"king - man + "
        "woman\" or \"2*good + film\", with spaces around + and -; words side by side are added. "
        "A sum may also be given as separate arguments. If there are several questions, a first "
        "column says which one is answered.\n\n"
        "Without words, questions are read from standard input, one a line, and answered line by "
        "line, always with that first column. On a terminal there is a prompt, with history and "
        "completion of words.\n\n"
        "Unknown words are reported with near spellings; the other questions are answered.",
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
