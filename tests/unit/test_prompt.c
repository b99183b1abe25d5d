/*
 * test_prompt.c - which words complete what was typed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cli/prompt.h"
#include "tests/unit/toy_model.h"

#define N_WORDS 17

static const char *const words[N_WORDS] = {"the",  "there", "café", "cafè", "thin", "x0", "x1",
                                           "x2",   "x3",    "x4",   "x5",   "x6",   "x7", "x8",
                                           "x9",   "xa",    "xb"};

static void check(const w2b_model *model, const char *begin, uint64_t n, const char *common,
                  uint64_t first)
{
    w2b_completion found;
    w2b_prompt_complete(model, begin, strlen(begin), &found);
    assert_int_equal(found.n, n);
    if (n > 0) {
        assert_int_equal(found.length, strlen(common));
        assert_memory_equal(found.common, common, found.length);
        assert_int_equal(found.rows[0], first);
    }
}

static void words_are_completed(void **state)
{
    (void)state;
    float rows[N_WORDS][1];
    for (size_t i = 0; i < N_WORDS; i++) {
        rows[i][0] = 1;
    }
    w2b_model *const model = toy_model(words, rows[0], N_WORDS, 1, 8);
    check(model, "thi", 1, "thin", 4);
    check(model, "th", 3, "th", 0);
    check(model, "the", 2, "the", 0);
    check(model, "there", 1, "there", 1);
    check(model, "therefore", 0, "", 0);
    check(model, "x", 12, "x", 5);
    check(model, "", 17, "", 0);
    /* The two differ in the second byte of their last character. */
    check(model, "c", 2, "caf", 2);
    w2b_completion found;
    w2b_prompt_complete(model, "x", 1, &found);
    for (size_t i = 0; i < W2B_COMPLETIONS; i++) {
        assert_int_equal(found.rows[i], 5 + i);
    }
    w2b_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_completed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
