/*
 * textrows.h - rows of a word and numbers, one a line of text, read by all
 * threads.
 *
 * Text comes in blocks that end with a line; a block is cut into pieces of
 * whole lines, which threads parse on their own, while one of them already
 * reads the next block. Rows are then gathered in the order of the file, and
 * the first mistake is reported with its line, so that the number of threads
 * shows nowhere.
 */
#ifndef W2B_IO_TEXTROWS_H
#define W2B_IO_TEXTROWS_H

#include "io/gather.h"
#include "io/progress.h"
#include "io/window.h"

/* Longer words are a sign that the file is something else. word2vec.c cuts
 * them at 100 bytes, Word2Bits at 4096. */
#define W2B_WORD_MAX 65535

typedef struct w2b_textform w2b_textform;

/* Parses one line without its end, [at, end), whose bytes may be changed: its
 * numbers to vector[dim], where the word is to *word and *length, W2B_OK; or an
 * error, whose line is filled in by the caller. In any thread. */
typedef w2b_err w2b_textparse(const w2b_textform *form, char *at, char *end, float *vector,
                              const char **word, size_t *length, w2b_diag *diag);

struct w2b_textform {
    const char *name;       /* of the file, for messages */
    uint32_t dim;
    char separator;         /* of fields, where `parse` asks */
    uint64_t promised;      /* rows that the file says it has, or UINT64_MAX */
    uint64_t limit;         /* rows to read at most, or UINT64_MAX */
    int partial;            /* nonzero: fewer rows than promised are enough */
    uint64_t first_line;    /* number of the line that the window stands at */
    uint32_t threads;       /* 0 = all */
    w2b_textparse *parse;
};

/* Reads rows from where `window` stands, which is used up. Empty lines are
 * allowed at the end of the file only. */
w2b_err w2b_textrows_read(w2b_window *window, const w2b_textform *form, w2b_gather *gather,
                          w2b_meter *meter, w2b_diag *diag);

/* `dim` numbers from the separator at `at` up to `end`. Where that is a space
 * there may be several, and tabs; spaces around others do not count. */
w2b_err w2b_textrows_numbers(const w2b_textform *form, const char *at, const char *end,
                             float *vector, w2b_diag *diag);

/* "the line is wrong" with form->name and the line left open. */
w2b_err w2b_textrows_fail(const w2b_textform *form, w2b_err code, w2b_diag *diag,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "expected a number, found "x"": the field at `at`, as far as it can be shown. */
w2b_err w2b_textrows_fail_field(const w2b_textform *form, const char *at, const char *end,
                                w2b_diag *diag);

#endif
