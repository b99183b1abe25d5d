/*
 * test_vocab.c - vocabularies: order, reading, writing, parts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/scratch.h"
#include "word2bits/vocab.h"

static w2b_vocab *open_text(const char *text)
{
    w2b_vocab *vocab = NULL;
    w2b_diag diag;
    const char *path = scratch_write("vocab", text, strlen(text));
    if (w2b_vocab_open(path, &vocab, &diag))
        fail_msg("%s", diag.text);
    return vocab;
}

static void expect(const w2b_vocab *vocab, uint64_t i, const char *word, uint64_t count)
{
    size_t length = 0;
    uint64_t found = 0;
    const char *bytes = w2b_vocab_word(vocab, i, &length, &found);
    assert_non_null(bytes);
    assert_string_equal(bytes, word);
    assert_int_equal(length, strlen(word));
    assert_int_equal(found, count);
}

static void puts_words_in_order(void **state)
{
    (void)state;
    w2b_vocab *vocab = open_text("b 5\nrare 1\na 5\nab 5\nthe 18446744073709551000\n"
                                 "longer-than-eight-bytes 5\nlonger-than 5\n\xff 5\nZ 5\n");
    assert_int_equal(w2b_vocab_size(vocab), 9);
    expect(vocab, 0, "the", UINT64_C(18446744073709551000));
    expect(vocab, 1, "Z", 5);
    expect(vocab, 2, "a", 5);
    expect(vocab, 3, "ab", 5);
    expect(vocab, 4, "b", 5);
    expect(vocab, 5, "longer-than", 5);
    expect(vocab, 6, "longer-than-eight-bytes", 5);
    expect(vocab, 7, "\xff", 5);
    expect(vocab, 8, "rare", 1);
    assert_null(w2b_vocab_word(vocab, 9, NULL, NULL));
    assert_null(w2b_vocab_word(vocab, UINT64_MAX, NULL, NULL));
    assert_non_null(w2b_vocab_word(vocab, 0, NULL, NULL));
    w2b_vocab_free(vocab);
    w2b_vocab_free(NULL);
}

static void accepts_tabs_and_both_line_ends(void **state)
{
    (void)state;
    w2b_vocab *vocab = open_text("x\t3\r\ny 2\r\n\xe4\xb8\xad\t1");
    assert_int_equal(w2b_vocab_size(vocab), 3);
    expect(vocab, 0, "x", 3);
    expect(vocab, 1, "y", 2);
    expect(vocab, 2, "\xe4\xb8\xad", 1);
    w2b_vocab_free(vocab);
}

typedef struct mistake {
    const char *text;
    uint64_t line; /* W2B_NOWHERE: none */
    w2b_err err;
    const char *message;
} mistake;

static void names_the_line_of_a_mistake(void **state)
{
    (void)state;
    const mistake mistakes[] = {
        {"", W2B_NOWHERE, W2B_ERR_DATA, "no words in the vocabulary"},
        {"a 1\nb\n", 2, W2B_ERR_FORMAT, "expected a word and its count"},
        {"a 1\n\nb 2\n", 2, W2B_ERR_FORMAT, "expected a word and its count"},
        {" 1\n", 1, W2B_ERR_FORMAT, "expected a word and its count"},
        {"a 1 \n", 1, W2B_ERR_FORMAT, "expected a count of 1 or more behind the word"},
        {"a b\n", 1, W2B_ERR_FORMAT, "expected a count of 1 or more behind the word"},
        {"a -1\n", 1, W2B_ERR_FORMAT, "expected a count of 1 or more behind the word"},
        {"a 0\n", 1, W2B_ERR_FORMAT, "expected a count of 1 or more behind the word"},
        {"a 1.5\n", 1, W2B_ERR_FORMAT, "expected a count of 1 or more behind the word"},
        {"a 18446744073709551616\n", 1, W2B_ERR_FORMAT,
         "expected a count of 1 or more behind the word"},
        {"a  1\n", 1, W2B_ERR_FORMAT, "expected one word and its count"},
        {"a b 1\n", 1, W2B_ERR_FORMAT, "expected one word and its count"},
        {"a 18446744073709551615\nb 1\n", 2, W2B_ERR_LIMIT,
         "the counts add up to 2^64 or more"},
        {"a 3\nb 2\na 1\n", 3, W2B_ERR_FORMAT, "the word stands in line 1 already"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        const mistake *m = &mistakes[i];
        w2b_vocab *vocab = (w2b_vocab *)&mistakes;
        w2b_diag diag;
        const char *path = scratch_write("vocab", m->text, strlen(m->text));
        assert_int_equal(w2b_vocab_open(path, &vocab, &diag), m->err);
        assert_string_equal(diag.text, m->message);
        assert_string_equal(diag.path, path);
        assert_true(diag.line == m->line);
        assert_ptr_equal(vocab, &mistakes);
        assert_int_equal(w2b_vocab_open(path, &vocab, NULL), m->err);
    }
    w2b_vocab *none = NULL;
    assert_int_equal(w2b_vocab_open(scratch_path("not-there"), &none, NULL), W2B_ERR_IO);
    assert_int_equal(w2b_vocab_open(scratch_path(""), &none, NULL), W2B_ERR_IO);
    assert_null(none);
}

/* Nothing but a line is held in memory: 3 MiB without a line end fail. */
static void refuses_endless_lines(void **state)
{
    (void)state;
    const size_t n = (size_t)3 << 20;
    char *text = w2b_alloc(n, 1);
    assert_non_null(text);
    memset(text, 'x', n);
    const char *path = scratch_write("vocab", text, n);
    w2b_vocab *vocab = NULL;
    w2b_diag diag;
    assert_int_equal(w2b_vocab_open(path, &vocab, &diag), W2B_ERR_LIMIT);
    assert_true(diag.line == 1);
    /* The longest word that is allowed. */
    memcpy(text + W2B_WORD_MOST, " 7\ny 1", 6);
    path = scratch_write("vocab", text, W2B_WORD_MOST + 6);
    assert_int_equal(w2b_vocab_open(path, &vocab, &diag), W2B_OK);
    assert_int_equal(w2b_vocab_size(vocab), 2);
    w2b_vocab_free(vocab);
    w2b_free(text);
}

/* A word of any bytes that may stand in one, a zero byte too. */
static uint32_t random_word(char *word, size_t most)
{
    const uint32_t length = (uint32_t)(1 + scratch_random() % most);
    for (uint32_t i = 0; i < length; i++) {
        do
            word[i] = (char)scratch_random();
        while (w2b_text_white((unsigned char)word[i]));
    }
    return length;
}

static w2b_vocab *random_vocab(size_t words)
{
    w2b_table *table = w2b_table_new();
    assert_non_null(table);
    for (size_t i = 0; i < words; i++) {
        char word[40];
        const uint32_t length = random_word(word, i % 3 ? 3 : sizeof word);
        assert_true(w2b_table_add(table, word, length, 1 + scratch_random() % 9, 0) >= 0);
    }
    w2b_vocab *vocab = NULL;
    assert_int_equal(w2b_vocab_build(table, 1, NULL, UINT64_MAX, &vocab, NULL, NULL), W2B_OK);
    w2b_table_free(table);
    return vocab;
}

static void assert_same(const w2b_vocab *a, const w2b_vocab *b)
{
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->counts, b->counts, a->n * sizeof *a->counts);
    assert_memory_equal(a->starts, b->starts, (a->n + 1) * sizeof *a->starts);
    assert_memory_equal(a->bytes, b->bytes, a->starts[a->n]);
}

static void reads_what_it_writes(void **state)
{
    (void)state;
    for (size_t words = 1; words < 40000; words = words * 3 + 1) {
        w2b_vocab *vocab = random_vocab(words);
        w2b_vocab *back = NULL;
        const char *path = scratch_path("saved");
        assert_int_equal(w2b_vocab_save(vocab, path, 1, NULL), W2B_OK);
        assert_int_equal(w2b_vocab_open(path, &back, NULL), W2B_OK);
        assert_same(vocab, back);
        /* It is not replaced unless that is asked for. */
        assert_int_equal(w2b_vocab_save(back, path, 0, NULL), W2B_ERR_EXISTS);
        w2b_vocab_free(back);
        w2b_vocab_free(vocab);
    }
    assert_int_equal(remove(scratch_path("saved")), 0);
}

/* Total order, checked without its own comparison function. */
static void orders_random_words(void **state)
{
    (void)state;
    w2b_vocab *vocab = random_vocab(20000);
    for (uint64_t i = 1; i < vocab->n; i++) {
        size_t n, m;
        uint64_t before, after;
        const char *a = w2b_vocab_word(vocab, i - 1, &n, &before);
        const char *b = w2b_vocab_word(vocab, i, &m, &after);
        assert_true(before >= after);
        if (before > after)
            continue;
        const int order = memcmp(a, b, n < m ? n : m);
        assert_true(order < 0 || (order == 0 && n < m));
    }
    w2b_vocab_free(vocab);
}

static void copies_its_parts(void **state)
{
    (void)state;
    w2b_vocab *vocab = random_vocab(500);
    w2b_vocab copy = {.n = vocab->n};
    assert_int_equal(w2b_vocab_parts(vocab, &copy.bytes, &copy.starts, &copy.counts), 0);
    assert_same(vocab, &copy);
    w2b_vocab_free(vocab);
    w2b_free(copy.bytes);
    w2b_free(copy.starts);
    w2b_free(copy.counts);
}

static void finds_its_words_in_a_table(void **state)
{
    (void)state;
    w2b_vocab *vocab = random_vocab(5000);
    w2b_table *table = w2b_vocab_table(vocab);
    assert_non_null(table);
    assert_int_equal(w2b_table_words(table), vocab->n);
    for (uint64_t i = 0; i < vocab->n; i++) {
        size_t length;
        const char *word = w2b_vocab_word(vocab, i, &length, NULL);
        const w2b_entry *entry = w2b_table_find(table, word, (uint32_t)length);
        assert_non_null(entry);
        assert_int_equal(entry->id, i);
    }
    assert_null(w2b_table_find(table, "is it there ?", 13));
    w2b_table_free(table);
    w2b_vocab_free(vocab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_words_in_order),
        cmocka_unit_test(accepts_tabs_and_both_line_ends),
        cmocka_unit_test(names_the_line_of_a_mistake),
        cmocka_unit_test(refuses_endless_lines),
        cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(orders_random_words),
        cmocka_unit_test(copies_its_parts),
        cmocka_unit_test(finds_its_words_in_a_table),
    };
    return cmocka_run_group_tests_name("vocab", tests, scratch_set_up, scratch_tear_down);
}
