/*
 * json.h - results as JSON. Builders return NULL if memory is short, and pass
 * a NULL that they are given on, so that only the printing has to look.
 */
#ifndef W2B_CLI_JSON_H
#define W2B_CLI_JSON_H

#include <jansson.h>
#include <stddef.h>

/* Bytes of the character at `bytes` by the table of well-formed sequences of the
 * Unicode standard (table 3-7), or 0. */
size_t w2b_json_character(const char *bytes, size_t left);

/* A string; bytes that are not UTF-8 become U+FFFD. */
json_t *w2b_json_text(const char *bytes, size_t length);

/* A number of nine digits, or null if it is not finite. */
json_t *w2b_json_real(double number);

/* The same with the fewest digits that read back as the same float. */
json_t *w2b_json_float(float number);

/* Appends `item` to `array`; releases both and returns NULL on failure. */
json_t *w2b_json_append(json_t *array, json_t *item);

/* Prints `value` on standard output, on one line or on many, and releases it.
 * An exit code: W2B_EXIT_FAILED with a message if memory was short. */
int w2b_json_line(json_t *value);
int w2b_json_page(json_t *value);

#endif
