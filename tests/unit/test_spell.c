/*
 * test_spell.c - near spellings, against the distance by its definition.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eval/search.h"
#include "tests/unit/seed.h"
#include "tests/unit/toy_model.h"

static int fold(int c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static int cost(int a, int b, int with_case)
{
    return a == b ? 0 : fold(a) == fold(b) ? with_case : 2;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Half edits, every cell of the table; with or without regard to case. */
static int plain_distance(const char *a, const char *b, int with_case)
{
    static int table[128][128];
    const size_t m = strlen(a), n = strlen(b);
    assert_true(m < 128 && n < 128);
    for (size_t i = 0; i <= m; i++) {
        for (size_t j = 0; j <= n; j++) {
            int best = i == 0 ? 2 * (int)j : j == 0 ? 2 * (int)i : 1 << 20;
            if (i > 0 && j > 0) {
                best = least(best, table[i - 1][j - 1] + cost(a[i - 1], b[j - 1], with_case));
                best = least(best, least(table[i - 1][j], table[i][j - 1]) + 2);
            }
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1])) {
                best = least(best, table[i - 2][j - 2] + 2 +
                                       cost(a[i - 1], b[j - 2], with_case) +
                                       cost(a[i - 2], b[j - 1], with_case));
            }
            table[i][j] = best;
        }
    }
    return table[m][n];
}

static w2b_search *search_of(const w2b_model *model, uint64_t first)
{
    w2b_search_options options;
    w2b_search_defaults(&options);
    options.first = first;
    w2b_search *search = NULL;
    assert_int_equal(w2b_search_new(model, &options, &search, NULL), W2B_OK);
    return search;
}

static w2b_model *model_of(const char *const *words, size_t n)
{
    float *const rows = w2b_alloc_zero(n, sizeof *rows);
    w2b_model *const model = toy_model(words, rows, n, 1, 1);
    w2b_free(rows);
    return model;
}

static void known_misspellings(void **state)
{
    (void)state;
    static const char *const words[] = {"the",    "king",  "kings", "France", "france", "queen",
                                        "frnace", "ring",  "ping",  "KING",   "a",      "b",
                                        "na\xc3\xafve", "paris"};
    static const struct {
        const char *word;
        const char *near[4];
    } cases[] = {
        {"kingg", {"king", "kings", "ring", NULL}},
        {"teh", {"the", NULL}},
        {"FRANCE", {"France", "france", "frnace", NULL}},
        {"francee", {"france", "France", "frnace", NULL}},
        {"Paris", {"paris", NULL}},
        {"naive", {"na\xc3\xafve", NULL}},
        {"A", {"a", NULL}},
        {"zzzzz", {NULL}},
        {"", {NULL}},
    };
    w2b_model *const model = model_of(words, sizeof words / sizeof words[0]);
    w2b_search *const search = search_of(model, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t rows[3];
        const size_t n =
            w2b_search_spellings(search, cases[i].word, strlen(cases[i].word), rows, 3);
        for (size_t j = 0; j < n; j++) {
            assert_non_null(cases[i].near[j]);
            assert_string_equal(words[rows[j]], cases[i].near[j]);
        }
        assert_null(cases[i].near[n]);
    }
    uint64_t row;
    assert_int_equal(w2b_search_spellings(search, "kingg", 5, &row, 0), 0);
    w2b_search_free(search);
    w2b_search *const few = search_of(model, 1);
    assert_int_equal(w2b_search_spellings(few, "kingg", 5, &row, 1), 0);
    w2b_search_free(few);
    w2b_model_free(model);
}

/* Words of few letters and all lengths, beyond the 64 of a machine word. */
static void as_by_definition(void **state)
{
    (void)state;
    enum { N = 400, K = 7 };
    static char text[N][128];
    const char *words[N];
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 12);
    for (size_t i = 0; i < N; i++) {
        size_t length = 1 + w2b_rng_below(&rng, i % 3 == 0 ? 100 : 9);
        for (size_t j = 0; j < length; j++) {
            text[i][j] = "abAB"[w2b_rng_below(&rng, 4)];
        }
        /* Long words are made from others, or none would be near. */
        if (i % 3 == 0 && i > 0) {
            memcpy(text[i], text[i - 3], sizeof text[i]);
            length = strlen(text[i]);
            for (size_t edits = 0; edits < 4; edits++) {
                text[i][w2b_rng_below(&rng, (uint32_t)length)] = "abAB"[w2b_rng_below(&rng, 4)];
            }
        }
        words[i] = text[i];
    }
    w2b_model *const model = model_of(words, N);
    w2b_search *const search = search_of(model, 0);
    size_t suggested = 0;
    for (size_t i = 0; i < N; i++) {
        const size_t length = strlen(words[i]);
        const int edits = (length + 1) / 3 < 8 ? (int)(length + 1) / 3 : 8;
        const int limit = 2 * edits + (length <= 64 ? (int)length : 0);
        uint64_t expected[K], rows[K];
        size_t n = 0;
        for (int d = 0; d <= limit; d++) {
            for (size_t j = 0; j < N && n < K; j++) {
                if (plain_distance(words[i], words[j], 1) == d &&
                    (length > 64 || plain_distance(words[i], words[j], 0) <= 2 * edits) &&
                    labs((long)length - (long)strlen(words[j])) <= edits) {
                    expected[n++] = j;
                }
            }
        }
        assert_int_equal(w2b_search_spellings(search, words[i], length, rows, K), n);
        for (size_t j = 0; j < n; j++) {
            assert_int_equal(plain_distance(words[i], words[rows[j]], 1),
                             plain_distance(words[i], words[expected[j]], 1));
            assert_int_equal(rows[j], expected[j]);
        }
        suggested += n;
    }
    assert_true(suggested > N);
    w2b_search_free(search);
    w2b_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_misspellings),
        cmocka_unit_test(as_by_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
