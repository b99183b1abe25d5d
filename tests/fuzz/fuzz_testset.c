/*
 * fuzz_testset.c - test sets of all kinds, and asking a model what they ask.
 */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static w2b_search *search;
    w2b_testset *set = NULL;
    w2b_eval_options options;
    w2b_eval_result result;
    w2b_search_options how;
    w2b_search_defaults(&how);
    how.threads = 1;
    w2b_eval_defaults(&options);
    options.resamples = 3;
    options.restarts = 1;
    if (!search && w2b_search_new(fuzz_model(), &how, &search, NULL) != W2B_OK)
        return 0;
    if (w2b_testset_open(fuzz_file(0, bytes, size), &set, NULL) != W2B_OK)
        return 0;
    /* Questions grow with the square of the pairs in some kinds. */
    if (w2b_testset_size(set) < 20000 &&
        w2b_eval(search, set, &options, &result, NULL) == W2B_OK)
        w2b_eval_result_free(&result);
    w2b_testset_free(set);
    return 0;
}
