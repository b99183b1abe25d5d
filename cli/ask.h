/*
 * ask.h - what the commands that ask a model have in common: opening it, words
 * that it lacks, questions from standard input.
 */
#ifndef W2B_CLI_ASK_H
#define W2B_CLI_ASK_H

#include <stdio.h>

#include "cli/opt.h"
#include "cli/prompt.h"
#include "word2bits/w2b.h"

/* The options that they share. */
typedef struct w2b_ask_args {
    uint64_t first;      /* 0 = all rows */
    uint32_t threads;
    int isa;             /* a w2b_isa */
    int json;
} w2b_ask_args;

extern const char *const w2b_ask_isas[];

/* Rows of option tables; `type` is the struct, `field` its threads or isa. */
#define W2B_ASK_OPT_THREADS(type, field) \
    {.name = "threads", .letter = 't', .kind = W2B_OPT_COUNT, .value = "N", \
     .help = "threads to use", .more = "The result is the same with any number.", \
     W2B_OPT_AT(type, field), .low = 1, .high = 1024, .zero = "all processors"}
#define W2B_ASK_OPT_ISA(type, field) \
    {.name = "isa", .kind = W2B_OPT_CHOICE, .value = "NAME", \
     .help = "instruction set to compute with", \
     .more = "The result is the same with each. Fails if this processor lacks it. " \
             "The variable W2B_ISA is the default.", \
     W2B_OPT_AT(type, field), .choices = w2b_ask_isas}

/* The instruction set to use: what --isa says, else the variable W2B_ISA. An
 * exit code, with a message if there is no such set or the CPU lacks it. */
int w2b_ask_isa(const w2b_parsed *parsed, int chosen, w2b_isa *isa);

/* A model that is asked questions. */
typedef struct w2b_ask {
    const char *given;   /* as on the command line */
    const char *path;    /* as messages name it */
    w2b_model *model;
    w2b_search *search;  /* made when it is first needed */
    w2b_search_options options;
    int unknown;         /* a word was not in the model */
    int malformed;       /* a line was no question */
    int failed;          /* words could not be read */
    int composed;        /* a vector was made from parts of its word */
    const char *form;    /* what a question looks like, for people at a prompt */
    FILE *input;         /* where questions come from; NULL: standard input */
    const char *input_name;
    w2b_prompt *prompt;  /* if that is a terminal */
    char *line;          /* of it */
    size_t line_room;
    uint64_t line_number;
} w2b_ask;

/* Opens the model that is the first argument. An exit code. Release with
 * w2b_ask_close, whatever this returns. */
int w2b_ask_open(w2b_ask *ask, const w2b_parsed *parsed, const w2b_ask_args *args);

/* Opens another model, at `path`, to be asked in the same way as `like`. */
int w2b_ask_open_like(w2b_ask *ask, const char *path, const w2b_ask *like);

/* Reads questions from a file instead of standard input; "-" is just that. An
 * exit code. */
int w2b_ask_from(w2b_ask *ask, const char *path);

/* Releases everything. Returns `code`, or if that is W2B_EXIT_DONE the one for
 * the unknown words and malformed lines that were met. */
int w2b_ask_close(w2b_ask *ask, int code);

/* The search handle, or NULL with a message. */
w2b_search *w2b_ask_search(w2b_ask *ask);

/* Whether the model is as it was opened; an exit code, with a message if not. */
int w2b_ask_check(w2b_ask *ask);

/* The row of a word, or -1: there is none, or ask->failed, with a message. */
int64_t w2b_ask_row(w2b_ask *ask, const char *word, size_t length);

/* The word of a row; NULL, with a message, if it cannot be read. */
const char *w2b_ask_word(w2b_ask *ask, uint64_t row, size_t *length);

/* The row of a word; -1 with a message and near spellings if there is none. */
int64_t w2b_ask_find(w2b_ask *ask, const char *word, size_t length);

/* The vector of a word, in `dim` numbers: that of its row, or if it has none one
 * made from its parts, which is said once. 0, or -1 as above. */
int w2b_ask_compose(w2b_ask *ask, const char *word, size_t length, float *vector);

/* The next line of questions without its end; it lasts until the next call. 1,
 * or 0 at the end, or -1 with a message. On a terminal there is a prompt. */
int w2b_ask_line(w2b_ask *ask, const char **line, size_t *length);

/* "w2b: INPUT:3: MESSAGE", and notes that the line was no question. */
void w2b_ask_malformed(w2b_ask *ask, const char *message);

/* The arguments after the model with a space between them, from malloc; NULL
 * if memory is short. */
char *w2b_ask_join(const w2b_parsed *parsed);

typedef struct w2b_piece {
    const char *at;
    size_t length;
} w2b_piece;

/* Cuts a line at its tabs or, if it has none, at its spaces. Returns the
 * number of pieces, `most` of which are stored. */
size_t w2b_ask_cut(const char *line, size_t length, w2b_piece *pieces, size_t most);

#endif
