/*
 * testset.h - the inside of a test set.
 */
#ifndef W2B_EVAL_TESTSET_H
#define W2B_EVAL_TESTSET_H

#include "io/base.h"

/* Bytes of the set's text. */
typedef struct w2b_slice {
    uint32_t start;
    uint32_t length;
} w2b_slice;

/* A word and what it is to be answered with, right answers all of them. Two
 * pairs make a question; pairs are what its authors chose, questions are their
 * combinations. */
typedef struct w2b_pair {
    w2b_slice word;
    uint32_t answers;   /* the first of them in set->words */
    uint32_t n_answers;
    uint32_t section;
} w2b_pair;

typedef struct w2b_item {
    w2b_slice words[2]; /* similarity: both; categories: the first */
    double score;       /* similarity */
    uint32_t pairs[2];  /* analogy: in set->pairs; two different ones, but
                           where a question is about one twice */
    uint32_t first, n;  /* odd: its words in set->words, the odd one last */
    uint32_t section;   /* of all but similarity: its category */
    uint32_t line;
} w2b_item;

struct w2b_testset {
    w2b_test_kind kind;
    char *text;            /* all files; in a folder, each after its name */
    size_t size;
    uint64_t bytes;        /* of the files */
    uint64_t checksum;
    w2b_item *items;
    size_t n;
    size_t room;
    w2b_pair *pairs;       /* no two of a section are equal */
    size_t n_pairs;
    size_t pairs_room;
    w2b_slice *words;      /* answers; words of odd-one-out questions */
    size_t n_words;
    size_t words_room;
    w2b_slice *sections;   /* names, in order of appearance */
    size_t n_sections;
    size_t sections_room;
};

#endif
