/*
 * lines.h - the lines of a test set's text, and their fields.
 */
#ifndef W2B_EVAL_LINES_H
#define W2B_EVAL_LINES_H

#include "eval/testset.h"

/* Where reading stands, in text[at .. end). */
typedef struct w2b_lines {
    const char *text;
    uint32_t at;
    uint32_t end;
    uint32_t number;  /* of the line read last, from 1 */
} w2b_lines;

/* One line without its end. */
typedef struct w2b_line {
    uint32_t start;
    uint32_t length;
    uint32_t number;
    int gap;          /* an empty line came before it */
} w2b_line;

/* What divides the fields of a line. */
typedef enum w2b_divider { W2B_TABS, W2B_COMMAS, W2B_SPACES } w2b_divider;

#define W2B_FIELDS_MAX 64  /* further columns are not looked at */

typedef struct w2b_fields {
    w2b_slice at[W2B_FIELDS_MAX];
    int n;
} w2b_fields;

/* The lines of text[start .. end), without a byte order mark in front. */
w2b_lines w2b_lines_of(const char *text, uint32_t start, uint32_t end);

/* The next line that is neither empty nor a comment. 0 at the end. */
int w2b_lines_next(w2b_lines *lines, w2b_line *line);

/* text[start .. end) without the blanks around it. */
w2b_slice w2b_slice_trim(const char *text, uint32_t start, uint32_t end);

int w2b_slice_equal(const char *text, w2b_slice a, w2b_slice b);

/* Whether the whole field is a finite number. */
int w2b_slice_number(const char *text, w2b_slice field, double *value);

/* Tabs if the line has one, else commas if it has one, else spaces. */
w2b_divider w2b_line_divider(const char *text, const w2b_line *line);

/* Cuts a line up. One without a tab is cut at its spaces where tabs divide. */
void w2b_line_split(const char *text, const w2b_line *line, w2b_divider by, w2b_fields *fields);

/* The column whose title has the letters and digits of `name`, in any case;
 * -1 if there is none. */
int w2b_fields_column(const char *text, const w2b_fields *fields, const char *name);

#endif
