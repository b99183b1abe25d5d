/*
 * forms.h - the forms of test sets: how each is recognised and read.
 *
 * The form of a file is found from its first lines that are neither empty nor
 * comments. Each form is one row of a table; the first that matches reads the
 * file, and any later line that does not fit it is an error, since a set that
 * is read in part gives a number that means something else.
 */
#ifndef W2B_EVAL_FORMS_H
#define W2B_EVAL_FORMS_H

#include <limits.h>

#include "eval/lines.h"

typedef struct w2b_parser {
    w2b_testset *set;
    const char *path;
    uint32_t start, end;   /* the file in set->text */
    int in_folder;         /* a section of a set, not a set */
    w2b_slice name;        /* of the section, in a folder */
    w2b_lines lines;       /* at the file's beginning for `match` and `read` */
    w2b_line head[2];      /* the first lines with something in them */
    int n_head;
    /* Found by the form's match function. */
    w2b_divider divider;
    int has_header;
    int columns[4];        /* of the words */
    int score;             /* column of it */
    int section;           /* column of it, or -1 */
    w2b_diag *diag;
} w2b_parser;

typedef struct w2b_form {
    int (*match)(w2b_parser *p);
    w2b_err (*read)(w2b_parser *p);
} w2b_form;

/* ----- For forms ---------------------------------------------------------- */

static inline void w2b_parser_rewind(w2b_parser *p)
{
    p->lines = w2b_lines_of(p->set->text, p->start, p->end);
}

/* Cuts line i of the head, i < n_head. */
static inline void w2b_parser_head(const w2b_parser *p, int i, w2b_divider by, w2b_fields *f)
{
    w2b_line_split(p->set->text, &p->head[i], by, f);
}

/* "expected four words, found 3 fields". */
w2b_err w2b_parser_expected(const w2b_parser *p, uint32_t number, const char *expected, int found);
w2b_err w2b_parser_memory(const w2b_parser *p);

/* The words of `l` in the first `n` of p->columns, which are to be there. */
w2b_err w2b_parser_take(const w2b_parser *p, const w2b_line *l, const w2b_fields *f, int n,
                        w2b_slice *words);

/* Each adds to the set; NULL or -1: memory is short. */
w2b_item *w2b_testset_item(w2b_testset *set, uint32_t line);
int w2b_testset_pair(w2b_testset *set, w2b_slice word, uint32_t section);
int w2b_testset_word(w2b_testset *set, w2b_slice word);
int w2b_testset_section(w2b_testset *set, w2b_slice name);

/* The section of that name, which is added if need be. */
w2b_err w2b_parser_section(w2b_parser *p, w2b_slice name, uint32_t number, uint32_t *section);

/* ----- The forms ---------------------------------------------------------- */

/* forms.c */
int w2b_match_sections(w2b_parser *p);
int w2b_match_table(w2b_parser *p);
int w2b_match_pairs(w2b_parser *p);
int w2b_match_questions(w2b_parser *p);
w2b_err w2b_read_questions(w2b_parser *p);
w2b_err w2b_read_table(w2b_parser *p);
w2b_err w2b_read_pairs(w2b_parser *p);

/* groups.c */
int w2b_match_titled(w2b_parser *p);     /* categories under titles */
int w2b_match_bats(w2b_parser *p);
int w2b_match_categories(w2b_parser *p);
int w2b_match_clusters(w2b_parser *p);   /* odd-one-out, in columns */
int w2b_match_marked(w2b_parser *p);     /* odd-one-out, in lines */
w2b_err w2b_read_categories(w2b_parser *p);
w2b_err w2b_read_bats(w2b_parser *p);
w2b_err w2b_read_clusters(w2b_parser *p);
w2b_err w2b_read_marked(w2b_parser *p);

#endif
