/*
 * cmd_analogy.c - w2b analogy: a is to b as c is to what?
 */
#include <string.h>

#include "cli/find.h"
#include "cli/talk.h"

typedef struct args {
    w2b_find_args find;
    int mul;
} args;

static void defaults(void *into)
{
    args *a = into;
    w2b_find_defaults(&a->find);
}

static const w2b_opt options[] = {
    {.name = "mul", .letter = 'm', .kind = W2B_OPT_SWITCH,
     .help = "multiply cosines instead of adding vectors",
     .more = "3CosMul (Levy and Goldberg 2014) instead of 3CosAdd; the scores are no cosines "
             "then.",
     W2B_OPT_AT(args, mul)},
    W2B_FIND_OPTS_ANSWERS(args, find),
    W2B_FIND_OPTS_RESCORE(args, find),
    W2B_FIND_OPTS_COMPUTING(args, find),
    {0}
};

static const w2b_example examples[] = {
    {"w2b analogy model.w2b france paris italy", "France is to Paris as Italy is to?"},
    {"w2b analogy model.w2b -k 1 < questions.txt", "The best answer to each of many"},
    {"w2b analogy 1bit.w2b france paris italy --rescore 8bit.w2b", "Fast, then exact"},
    {0}
};

typedef struct asker {
    w2b_find find;
    const args *args;
} asker;

static int print_json(const asker *a, const w2b_piece *words)
{
    return w2b_json_line(json_pack("{s:o,s:o,s:o,s:o}",
        "a", w2b_json_text(words[0].at, words[0].length),
        "b", w2b_json_text(words[1].at, words[1].length),
        "c", w2b_json_text(words[2].at, words[2].length),
        "hits", w2b_find_json(&a->find)));
}

/* Answers one question; `name`: with its words in front. An exit code. */
static int answer(asker *a, const w2b_piece *words, int name)
{
    uint64_t rows[3];
    int known = 1;
    for (size_t i = 0; i < 3; i++) {
        int64_t row = w2b_ask_find(&a->find.ask, words[i].at, words[i].length);
        if (row < 0) known = 0;
        else rows[i] = (uint64_t)row;
    }
    if (!known) return W2B_EXIT_DONE;
    int answered;
    int code = w2b_find_analogy(&a->find, a->args->mul ? W2B_ANALOGY_MUL : W2B_ANALOGY_ADD, rows,
                                &answered);
    if (code || !answered) return code;
    if (a->args->find.ask.json) return print_json(a, words);
    w2b_find_print(&a->find, words, name ? 3 : 0);
    return W2B_EXIT_DONE;
}

static int answer_lines(asker *a)
{
    const char *line;
    size_t length;
    int status, code = W2B_EXIT_DONE;
    while ((status = w2b_ask_line(&a->find.ask, &line, &length)) > 0) {
        w2b_piece words[3];
        size_t n = w2b_ask_cut(line, length, words, 3);
        if (n == 3) code = answer(a, words, 1);
        else if (n) w2b_ask_malformed(&a->find.ask, "expected three words");
        if (code || w2b_talk_flush()) return code;
    }
    return status < 0 ? W2B_EXIT_FAILED : code;
}

static int run(const w2b_parsed *parsed)
{
    asker a = {.args = parsed->args};
    if (parsed->n_words != 1 && parsed->n_words != 4) {
        w2b_talk_error("analogy: three words are needed: w2b analogy MODEL A B C");
        return W2B_EXIT_USAGE;
    }
    int code = w2b_find_open(&a.find, parsed, &a.args->find);
    a.find.ask.form = "three words, A B C: A is to B as C is to what?";
    if (!code && parsed->n_words == 4) {
        w2b_piece words[3];
        for (size_t i = 0; i < 3; i++) {
            words[i] = (w2b_piece){parsed->words[i + 1], strlen(parsed->words[i + 1])};
        }
        code = answer(&a, words, 0);
    } else if (!code) {
        code = answer_lines(&a);
    }
    return w2b_find_close(&a.find, code);
}

const w2b_command w2b_cmd_analogy = {
    .name = "analogy",
    .group = "Ask a model",
    .summary = "A is to B as C is to what?",
    .usage = "MODEL [A B C] [OPTIONS]",
    .about =
        "Prints the words that are to C as B is to A, best first: word and cosine, divided by a "
        "tab. A, B and C are no answers.\n\n"
        "Without words, questions are read from standard input, three words a line divided by "
        "spaces or tabs, and answered line by line. The three words then stand in front of each "
        "answer.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .defaults = defaults,
    .least = 1,
    .most = 4,
    .missing = "no model",
    .words = 1,
    .unknown = 1,
    .run = run
};
