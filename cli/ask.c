/*
 * ask.c - opening a model, words that it lacks, lines of standard input.
 */
#include "cli/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/memo.h"
#include "cli/talk.h"

#define SPELLINGS 5

/* In the order of w2b_isa. */
const char *const w2b_ask_isas[] = {"auto", "scalar", "avx2", "avx512", NULL};

int w2b_ask_isa(const w2b_parsed *parsed, int chosen, w2b_isa *isa)
{
    const char *wanted = getenv("W2B_ISA");
    const char *from = "W2B_ISA";
    if (w2b_opt_given(parsed, "isa") || !wanted || !*wanted) {
        wanted = w2b_ask_isas[chosen];
        from = "--isa";
    }
    int i = 0;
    while (w2b_ask_isas[i] && strcmp(w2b_ask_isas[i], wanted)) i++;
    if (!w2b_ask_isas[i]) {
        w2b_talk_error("W2B_ISA must be auto, scalar, avx2 or avx512, not \"%s\"", wanted);
        return W2B_EXIT_USAGE;
    }
    if (i > (int)w2b_isa_best()) {
        w2b_talk_error("%s %s: this processor does not have it; the best here is %s", from, wanted,
                       w2b_isa_name(w2b_isa_best()));
        return W2B_EXIT_FAILED;
    }
    *isa = (w2b_isa)i;
    return W2B_EXIT_DONE;
}

static int open_model(w2b_ask *ask)
{
    w2b_open_options open;
    w2b_open_defaults(&open);
    w2b_watch watch = w2b_talk_watch(0);
    open.progress = w2b_talk_progress;
    open.progress_user = &watch;
    w2b_diag diag;
    if (w2b_model_open(ask->given, &open, &ask->model, &diag)) return w2b_talk_diag(&diag);
    return W2B_EXIT_DONE;
}

static w2b_ask ask_of(const char *path)
{
    return (w2b_ask){.given = path, .path = strcmp(path, "-") ? path : "standard input",
                     .input_name = "standard input"};
}

int w2b_ask_open(w2b_ask *ask, const w2b_parsed *parsed, const w2b_ask_args *args)
{
    *ask = ask_of(parsed->words[0]);
    w2b_search_defaults(&ask->options);
    ask->options.first = args->first;
    ask->options.threads = args->threads;
    int code = w2b_ask_isa(parsed, args->isa, &ask->options.isa);
    return code ? code : open_model(ask);
}

int w2b_ask_open_like(w2b_ask *ask, const char *path, const w2b_ask *like)
{
    *ask = ask_of(path);
    ask->options = like->options;
    ask->options.first = 0;
    return open_model(ask);
}

int w2b_ask_from(w2b_ask *ask, const char *path)
{
    if (!strcmp(path, "-")) return W2B_EXIT_DONE;
    ask->input = fopen(path, "re");
    if (!ask->input) {
        w2b_talk_error("%s: cannot open: %s", path, strerror(errno));
        return W2B_EXIT_FAILED;
    }
    ask->input_name = path;
    return W2B_EXIT_DONE;
}

int w2b_ask_close(w2b_ask *ask, int code)
{
    w2b_prompt_close(ask->prompt);
    if (ask->model) w2b_ask_check(ask);
    w2b_search_free(ask->search);
    w2b_model_free(ask->model);
    if (ask->input) fclose(ask->input);
    free(ask->line);
    if (code != W2B_EXIT_DONE) return code;
    if (ask->failed) return W2B_EXIT_FAILED;
    if (ask->malformed) return W2B_EXIT_FAILED;
    return ask->unknown ? W2B_EXIT_UNKNOWN : W2B_EXIT_DONE;
}

w2b_search *w2b_ask_search(w2b_ask *ask)
{
    w2b_diag diag;
    if (!ask->search && w2b_search_new(ask->model, &ask->options, &ask->search, &diag)) {
        w2b_talk_diag(&diag);
    }
    return ask->search;
}

/* "; near: king, kings" in memory of its own, or NULL. */
static char *near_spellings(w2b_ask *ask, const char *word, size_t length)
{
    uint64_t rows[SPELLINGS];
    w2b_search *search = w2b_ask_search(ask);
    size_t n = search ? w2b_search_spellings(search, word, length, rows, SPELLINGS) : 0;
    w2b_memo memo;
    if (n == 0) return NULL;
    w2b_memo_open(&memo);
    for (size_t i = 0; i < n; i++) {
        const char *near = w2b_model_word(ask->model, rows[i], NULL);
        w2b_memo_print(&memo, "%s%s", i ? ", " : "; near: ", near ? near : "?");
    }
    return w2b_memo_close(&memo) ? NULL : memo.text;
}

/* Words that are damaged are not unknown: there is no answer then. */
static void fail(w2b_ask *ask, const w2b_diag *diag)
{
    if (!ask->failed) w2b_talk_diag(diag);
    ask->failed = 1;
}

int w2b_ask_check(w2b_ask *ask)
{
    w2b_diag diag;
    if (!ask->failed && w2b_model_unchanged(ask->model, &diag)) fail(ask, &diag);
    return ask->failed ? W2B_EXIT_FAILED : W2B_EXIT_DONE;
}

int64_t w2b_ask_row(w2b_ask *ask, const char *word, size_t length)
{
    int64_t row = -1;
    w2b_diag diag;
    if (w2b_model_find_at(ask->model, word, length, &row, &diag)) fail(ask, &diag);
    return row;
}

const char *w2b_ask_word(w2b_ask *ask, uint64_t row, size_t *length)
{
    const char *word = NULL;
    w2b_diag diag;
    if (w2b_model_word_at(ask->model, row, &word, length, &diag)) fail(ask, &diag);
    return word;
}

static int shown(size_t length)
{
    return (int)(length < 1000 ? length : 1000);
}

static void say_unknown(w2b_ask *ask, const char *word, size_t length)
{
    ask->unknown = 1;
    char *near = near_spellings(ask, word, length);
    w2b_talk_error("%s: unknown word \"%.*s\"%s", ask->path, shown(length), word,
                   near ? near : "");
    free(near);
}

int64_t w2b_ask_find(w2b_ask *ask, const char *word, size_t length)
{
    int64_t row = w2b_ask_row(ask, word, length);
    if (row < 0 && !ask->failed) say_unknown(ask, word, length);
    return row;
}

int w2b_ask_compose(w2b_ask *ask, const char *word, size_t length, float *vector)
{
    w2b_diag diag;
    int64_t row = w2b_ask_row(ask, word, length);
    if (ask->failed) return -1;
    w2b_err err = row >= 0 ? w2b_model_vector(ask->model, (uint64_t)row, vector, &diag)
                           : w2b_model_compose(ask->model, word, length, vector, &diag);
    if (err == W2B_ERR_WORD) say_unknown(ask, word, length);
    else if (err) fail(ask, &diag);
    if (err) return -1;
    if (row < 0 && !ask->composed) {
        w2b_talk_note("(%s: \"%.*s\" is not there; its vector is made from parts of the word)",
                      ask->path, shown(length), word);
        ask->composed = 1;
    }
    return 0;
}

/* A person who sees answers below the questions gets a prompt; one whose
 * answers go elsewhere gets a plain line to type on. */
static void greet(w2b_ask *ask)
{
    if (ask->input || ask->line_number || ask->prompt || !isatty(STDIN_FILENO)) return;
    if (isatty(STDOUT_FILENO)) ask->prompt = w2b_prompt_open(ask->model, ask->form);
    if (ask->prompt) {
        w2b_talk_note("one question a line: %s (Tab completes, ? helps, Ctrl-D ends)", ask->form);
    } else {
        w2b_talk_note("(reading from the terminal: one question a line, Ctrl-D ends)");
    }
}

int w2b_ask_line(w2b_ask *ask, const char **line, size_t *length)
{
    greet(ask);
    ask->line_number++;
    if (ask->prompt) return w2b_prompt_line(ask->prompt, line, length);
    FILE *input = ask->input ? ask->input : stdin;
    errno = 0;
    ssize_t n = getline(&ask->line, &ask->line_room, input);
    if (n < 0) {
        if (feof(input)) return 0;
        w2b_talk_error("%s: cannot read: %s", ask->input_name, strerror(errno));
        return -1;
    }
    size_t end = (size_t)n;
    if (end && ask->line[end - 1] == '\n') end--;
    if (end && ask->line[end - 1] == '\r') end--;
    *line = ask->line;
    *length = end;
    return 1;
}

void w2b_ask_malformed(w2b_ask *ask, const char *message)
{
    ask->malformed = 1;
    w2b_talk_error("%s:%llu: %s", ask->input_name, (unsigned long long)ask->line_number, message);
}

char *w2b_ask_join(const w2b_parsed *parsed)
{
    size_t length = 1;
    for (size_t i = 1; i < parsed->n_words; i++) length += strlen(parsed->words[i]) + 1;
    char *text = malloc(length), *at = text;
    if (!text) return NULL;
    for (size_t i = 1; i < parsed->n_words; i++) {
        const size_t n = strlen(parsed->words[i]);
        if (i > 1) *at++ = ' ';
        memcpy(at, parsed->words[i], n);
        at += n;
    }
    *at = '\0';
    return text;
}

size_t w2b_ask_cut(const char *line, size_t length, w2b_piece *pieces, size_t most)
{
    char separator = length && memchr(line, '\t', length) ? '\t' : ' ';
    size_t n = 0;
    for (size_t i = 0; i < length;) {
        if (line[i] == separator) {
            i++;
            continue;
        }
        size_t begin = i;
        while (i < length && line[i] != separator) i++;
        if (n < most) pieces[n] = (w2b_piece){line + begin, i - begin};
        n++;
    }
    return n;
}
