/*
 * cmd_vector.c - w2b vector: rows as word2vec text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/memo.h"
#include "cli/output.h"
#include "cli/talk.h"

typedef struct args {
    w2b_ask_args ask;
    const char *npy;
    int force;
} args;

static const w2b_opt options[] = {
    W2B_OPT_JSON(args, ask.json),
    {.name = "npy", .kind = W2B_OPT_TEXT, .value = "FILE",
     .help = "write a NumPy file instead",
     .more = "A matrix of 32-bit floats, a row a word in the order of the question. The file "
             "appears under its name when it is whole, and not at all if a word is unknown; - is "
             "standard output.",
     W2B_OPT_AT(args, npy), .complete = W2B_COMPLETE_FILE},
    W2B_OPT_FORCE(args, force),
    {0}
};

static const w2b_example examples[] = {
    {"w2b vector model.w2b king queen", "Two vectors"},
    {"w2b vector model.w2b < words.txt > some.vec", "Those of a list of words"},
    {"w2b vector model.w2b --npy some.npy < words.txt", "The same for numpy.load"},
    {0}
};

typedef struct asker {
    w2b_ask ask;
    int json;
    uint32_t dim;
    float *vector; /* [dim] */
    w2b_memo matrix; /* of --npy, while it is open: [rows][dim] */
    uint64_t rows;
} asker;

static int print_json(const asker *a, const char *word, size_t length)
{
    json_t *numbers = json_array();
    for (uint32_t i = 0; i < a->dim && numbers; i++) {
        numbers = w2b_json_append(numbers, w2b_json_float(a->vector[i]));
    }
    return w2b_json_line(json_pack("{s:o,s:o}", "word", w2b_json_text(word, length), "vector",
                                   numbers));
}

static int add_row(asker *a)
{
    a->rows++;
    w2b_memo_write(&a->matrix, a->vector, a->dim * sizeof *a->vector);
    return a->matrix.torn ? w2b_talk_memory() : W2B_EXIT_DONE;
}

static int answer(asker *a, const char *word, size_t length)
{
    if (w2b_ask_compose(&a->ask, word, length, a->vector)) return W2B_EXIT_DONE;
    if (a->matrix.file) return add_row(a);
    if (a->json) return print_json(a, word, length);
    w2b_talk_word(word, length);
    char text[32];
    for (uint32_t i = 0; i < a->dim; i++) printf(" %s", w2b_talk_float(a->vector[i], text));
    putchar('\n');
    return W2B_EXIT_DONE;
}

/* A line is one word if the model has it, else its pieces are words. */
static int answer_line(asker *a, const char *line, size_t length)
{
    if (w2b_ask_row(&a->ask, line, length) >= 0) return answer(a, line, length);
    int code = W2B_EXIT_DONE;
    for (size_t i = 0; i < length && !code;) {
        size_t begin = i;
        while (i < length && line[i] != ' ' && line[i] != '\t') i++;
        if (i > begin) code = answer(a, line + begin, i - begin);
        else i++;
    }
    return code;
}

static int answer_lines(asker *a)
{
    const char *line;
    size_t length;
    int status, code = W2B_EXIT_DONE;
    while ((status = w2b_ask_line(&a->ask, &line, &length)) > 0) {
        code = answer_line(a, line, length);
        if (code || w2b_talk_flush()) return code;
    }
    return status < 0 ? W2B_EXIT_FAILED : code;
}

static int answer_all(asker *a, const w2b_parsed *parsed)
{
    w2b_info info;
    w2b_model_info(a->ask.model, &info);
    a->dim = info.dim;
    a->vector = malloc(info.dim * sizeof *a->vector);
    if (!a->vector) return w2b_talk_memory();
    if (parsed->n_words == 1) return answer_lines(a);
    int code = W2B_EXIT_DONE;
    for (size_t i = 1; i < parsed->n_words && !code; i++) {
        code = answer(a, parsed->words[i], strlen(parsed->words[i]));
    }
    return code;
}

/* ----- NumPy -------------------------------------------------------------- */

/* The head of format version 1.0: magic, version, length, and a Python literal
 * filled up with blanks so that the numbers begin at a multiple of 64 bytes. */
#define NPY_HEAD 128
#define NPY_LENGTH_AT 8
#define NPY_TEXT_AT 10

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "floats are written as they are");

static void npy_head(char head[NPY_HEAD], uint64_t rows, uint32_t dim)
{
    memset(head, ' ', NPY_HEAD);
    memcpy(head, "\x93NUMPY\x01", NPY_LENGTH_AT - 1);
    head[NPY_LENGTH_AT - 1] = 0;
    head[NPY_LENGTH_AT] = NPY_HEAD - NPY_TEXT_AT;
    head[NPY_LENGTH_AT + 1] = 0;
    int n = snprintf(head + NPY_TEXT_AT, NPY_HEAD - NPY_TEXT_AT,
                     "{'descr': '<f4', 'fortran_order': False, 'shape': (%llu, %u), }",
                     (unsigned long long)rows, dim);
    head[NPY_TEXT_AT + n] = ' ';
    head[NPY_HEAD - 1] = '\n';
}

/* Answers into memory, then writes all of it. */
static int write_npy(asker *a, const w2b_parsed *parsed)
{
    const args *given = parsed->args;
    char head[NPY_HEAD] = {0};
    int code = w2b_output_check(given->npy, given->force, 1);
    if (code) return code;
    w2b_memo_open(&a->matrix);
    w2b_memo_write(&a->matrix, head, NPY_HEAD);
    code = a->matrix.torn ? w2b_talk_memory() : answer_all(a, parsed);
    if (w2b_memo_close(&a->matrix) && !code) code = w2b_talk_memory();
    if (!code && !a->ask.unknown) {
        w2b_diag diag;
        npy_head(a->matrix.text, a->rows, a->dim);
        if (w2b_file_write(given->npy, a->matrix.text, a->matrix.size, given->force, &diag)) {
            code = w2b_talk_diag(&diag);
        }
    }
    free(a->matrix.text);
    return code;
}

static int run(const w2b_parsed *parsed)
{
    const args *given = parsed->args;
    asker a = {.json = given->ask.json};
    if (given->npy && given->ask.json) {
        w2b_talk_error("vector: either --json or --npy");
        return W2B_EXIT_USAGE;
    }
    int code = w2b_ask_open(&a.ask, parsed, &given->ask);
    a.ask.form = "a word, or several";
    if (!code) code = given->npy ? write_npy(&a, parsed) : answer_all(&a, parsed);
    free(a.vector);
    return w2b_ask_close(&a.ask, code);
}

const w2b_command w2b_cmd_vector = {
    .name = "vector",
    .group = "Ask a model",
    .summary = "print vectors as text",
    .usage = "MODEL [WORD...] [OPTIONS]",
    .about =
        "Prints the word and its numbers on one line, divided by spaces, as word2vec text files "
        "do, without their first line. Numbers have the fewest digits that read back as the "
        "same number.\n\n"
        "Without words, they are read from standard input, one or several a line.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .least = 1,
    .missing = "no model",
    .words = 1,
    .unknown = 1,
    .run = run
};
