/*
 * map.h - the inside of a map, and the words of its outputs.
 */
#ifndef W2B_EVAL_MAP_H
#define W2B_EVAL_MAP_H

#include "io/model.h"
#include "io/out.h"

struct w2b_map {
    const w2b_model *model;
    size_t n;
    size_t k;            /* room for neighbours of each */
    float (*xy)[2];      /* [n] in [-1, 1] */
    w2b_hit *hits;       /* [n][k] */
    uint32_t *found;     /* [n] of them */
};

/* ----- Text that is sound UTF-8 (map_text.c) ------------------------------ */

typedef enum w2b_quoting {
    W2B_QUOTE_JSON,   /* a JSON string, harmless inside <script> too */
    W2B_QUOTE_MARKUP, /* text or an attribute of HTML or XML */
    W2B_QUOTE_TABS    /* a field between tabs, on one line */
} w2b_quoting;

/* What is written of `bytes` where nothing of it is markup: UTF-8 as it is,
 * anything else, and what the output can not hold, as U+FFFD. JSON comes with
 * its quotation marks. */
w2b_err w2b_map_text(w2b_out *out, w2b_quoting quoting, const char *bytes,
                     size_t length, w2b_diag *diag);

w2b_err w2b_map_printf(w2b_out *out, w2b_diag *diag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Characters of `bytes` as w2b_map_text counts them. */
size_t w2b_map_length(const char *bytes, size_t length);

/* The word of a row of the map; an error names the row. */
w2b_err w2b_map_word(const w2b_map *map, size_t row, const char **word,
                     size_t *length, w2b_diag *diag);

/* ----- The outputs -------------------------------------------------------- */

w2b_err w2b_map_write_html(const w2b_map *map, w2b_out *out, const char *title,
                           w2b_diag *diag);
w2b_err w2b_map_write_svg(const w2b_map *map, w2b_out *out, const char *title,
                          w2b_diag *diag);

/* Parts of the page, in the order in which they stand: its style, what is on
 * it, and the program. */
extern const char w2b_page_style[];
extern const char w2b_page_body[];
extern const char w2b_page_program[];

#endif
