/*
 * filter.h - which words may be answers: options to rows of a model.
 */
#ifndef W2B_CLI_FILTER_H
#define W2B_CLI_FILTER_H

#include "cli/ask.h"

/* NULL where an option was not given. */
typedef struct w2b_filter_args {
    const char *among;
    const char *exclude;
    const char *prefix;
    const char *regex;
} w2b_filter_args;

/* Rows of an option table; `type` is the struct, `field` its w2b_filter_args. */
#define W2B_FILTER_OPTS(type, field) \
    {.name = "among", .kind = W2B_OPT_TEXT, .value = "WORDS", \
     .help = "answer with these words only", \
     .more = "A file of words, one a line; or a word, or several divided by commas. What is " \
             "a word of the model is taken for that.", \
     W2B_OPT_AT(type, field.among), .complete = W2B_COMPLETE_FILE}, \
    {.name = "exclude", .kind = W2B_OPT_TEXT, .value = "WORDS", \
     .help = "never answer with these words", .more = "Given in the same way.", \
     W2B_OPT_AT(type, field.exclude), .complete = W2B_COMPLETE_FILE}, \
    {.name = "prefix", .kind = W2B_OPT_TEXT, .value = "TEXT", \
     .help = "answer with words that begin so", W2B_OPT_AT(type, field.prefix)}, \
    {.name = "regex", .kind = W2B_OPT_TEXT, .value = "PATTERN", \
     .help = "answer with words that match", \
     .more = "A POSIX extended regular expression, which may match any part of a word unless " \
             "it says ^ or $; letters are bytes.", \
     W2B_OPT_AT(type, field.regex)}

/* Sets the filter of ask's search. An exit code. */
int w2b_filter_set(w2b_ask *ask, const w2b_filter_args *args);

#endif
