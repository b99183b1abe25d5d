/*
 * fuzz_query.c - questions: sums of words with weights, filters, misspelled
 * words, vectors.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/query.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static w2b_search *search;
    uint64_t rows[5];
    float vector[20];
    w2b_ask_query query;
    w2b_search_options how;
    w2b_search_defaults(&how);
    how.threads = 1;
    if (!search) {
        /* Every word is unknown, and said to be; sanitizers speak past stdio. */
        stderr = fopen("/dev/null", "we");
        if (!stderr || w2b_search_new(fuzz_model(), &how, &search, NULL) != W2B_OK)
            return 0;
    }
    w2b_ask ask = {.given = "model", .path = "model", .search = search, .input_name = "input"};
    /* Not changed by anything here. */
    ask.model = (w2b_model *)(uintptr_t)fuzz_model();
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, bytes, size);
    text[size] = '\0';
    if (w2b_ask_parse(&ask, text, size, &query) == 0)
        w2b_ask_query_free(&query);
    w2b_search_spellings(search, text, size, rows, 5);
    w2b_piece name;
    w2b_ask_vector(text, size, vector, 20, &name, query.why, sizeof query.why);
    free(text);
    return 0;
}
