/*
 * prompt.h - questions typed on a terminal: editing, history, completion of
 * words, help. Needs libedit; a build without it has no prompt.
 */
#ifndef W2B_CLI_PROMPT_H
#define W2B_CLI_PROMPT_H

#include <stddef.h>

#include "word2bits/w2b.h"

typedef struct w2b_prompt w2b_prompt;

/* A prompt on standard input and output that completes words of `model`, which
 * must outlive it. `form` says what a question looks like. NULL if there can
 * be none. */
w2b_prompt *w2b_prompt_open(const w2b_model *model, const char *form);

void w2b_prompt_close(w2b_prompt *prompt);

/* The next line, without its end, that is not a call for help; it lasts until
 * the next call. 1, or 0 at the end. */
int w2b_prompt_line(w2b_prompt *prompt, const char **line, size_t *length);

#define W2B_COMPLETIONS 12

/* Words of a model that begin with some bytes. */
typedef struct w2b_completion {
    uint64_t n;          /* how many there are */
    uint64_t rows[W2B_COMPLETIONS]; /* the first of them */
    const char *common;  /* what all of them begin with: a piece of a word of
                            the model */
    size_t length;
} w2b_completion;

/* Rows are in the order of the model, which for most files is that of falling
 * frequency. A beginning that would end within a UTF-8 character ends before
 * it. */
void w2b_prompt_complete(const w2b_model *model, const char *begin, size_t length,
                         w2b_completion *completion);

#endif
