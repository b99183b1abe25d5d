/*
 * textguess.h - what the first lines of a text look like.
 */
#ifndef W2B_IO_TEXTGUESS_H
#define W2B_IO_TEXTGUESS_H

#include <stddef.h>
#include <stdint.h>

/* So many numbers in a row are vectors: "word 12" is a count, "one two 7.5" a
 * pair of words and its score. */
#define W2B_TEXTGUESS_DIM_LEAST 2

/* Whether most of the first lines are a word and as many numbers, that many in
 * *dim; `separator` divides the fields, a space in any number. The word may
 * hold separators itself; lines of nothing but numbers are no vectors of words,
 * unless other lines have words. `skip` lines are not looked at. */
int w2b_textguess_rows(const uint8_t *head, size_t n, int at_end, char separator, int skip,
                       uint32_t *dim);

/* Fields of a line, one at least. */
uint32_t w2b_textguess_fields(const char *at, const char *end, char separator);

/* From the end of a line back to where its last `count` fields begin; NULL if
 * there are fewer. What follows the last one has been cut off. */
const char *w2b_textguess_last(const char *at, const char *end, char separator, uint32_t count);

/* The line without separators and \r at its end. */
const char *w2b_textguess_trim(const char *at, const char *end, char separator);

#endif
