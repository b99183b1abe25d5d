/*
 * output.h - is the output going to work? Asked before hours are spent.
 */
#ifndef W2B_CLI_OUTPUT_H
#define W2B_CLI_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

/* Whether `path` ("-" is standard output) can be written: it does not exist or
 * `replace`, its folder takes files, and binary output does not go to a
 * terminal. W2B_EXIT_DONE, or W2B_EXIT_FAILED with a message. The library
 * checks again when it writes; this is for the sake of time. */
int w2b_output_check(const char *path, int replace, int binary);

/* Whether words that go to `path` as they are may go there: standard output
 * that is a terminal takes only those that it would not obey. `word` gives number
 * i < n of `of`, or NULL. An exit code, with a message. */
typedef const char *(*w2b_output_word)(const void *of, uint64_t i, size_t *length);
int w2b_output_words(const char *path, const void *of, uint64_t n, w2b_output_word word);

/* The path as messages name it: "standard output" for "-". */
const char *w2b_output_name(const char *path);

/* Size of a regular file in bytes; 0 if it is none. */
uint64_t w2b_output_size(const char *path);

/* Where the words of a projector's vectors go: "x.meta.tsv" of "x.tsv"; from
 * malloc. */
char *w2b_output_words_path(const char *path);

#endif
