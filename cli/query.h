/*
 * query.h - questions in the form "king - man + 0.5*woman".
 */
#ifndef W2B_CLI_QUERY_H
#define W2B_CLI_QUERY_H

#include "cli/ask.h"

/* A question, parsed. */
typedef struct w2b_ask_query {
    w2b_term *terms;  /* from malloc */
    size_t n, room;
    float *vector;    /* from malloc: the sum of words that have no row, their
                         vectors made from their parts; NULL: none */
    int unknown;      /* a word is not in the model; it has been reported */
    char why[160];    /* what is wrong with the form, or "" */
} w2b_ask_query;

/* Parses one question:
 *   - a text that is a word of the model as a whole is that word, whatever
 *     characters it holds;
 *   - else it is cut at its spaces; a piece that is a word of the model is
 *     that word, but for "+" and "-" where they can be operators;
 *   - NUMBER*WORD weighs a word; words side by side are added.
 * 0, or -1 if memory is short. Release `query` with w2b_ask_query_free. */
int w2b_ask_parse(w2b_ask *ask, const char *text, size_t length, w2b_ask_query *query);

void w2b_ask_query_free(w2b_ask_query *query);

/* Parses `dim` numbers, divided by blanks, with a name in front or none: then
 * name->length is 0. 0; or -1 with `why` saying what is wrong with the line, or
 * "" if it is empty. */
int w2b_ask_vector(const char *line, size_t length, float *vector, uint32_t dim,
                   w2b_piece *name, char *why, size_t room);

#endif
