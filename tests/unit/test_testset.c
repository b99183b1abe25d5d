/*
 * test_testset.c - test sets in all their forms, and what is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <xxhash.h>

#include "eval/testset.h"
#include "tests/unit/scratch.h"

static w2b_err open_bytes(const char *bytes, size_t n, w2b_testset **set, w2b_diag *diag)
{
    return w2b_testset_open(scratch_write("set.txt", bytes, n), set, diag);
}

static w2b_testset *open_text(const char *text)
{
    w2b_testset *set = NULL;
    w2b_diag diag;
    if (open_bytes(text, strlen(text), &set, &diag) != W2B_OK) {
        fail_msg("\"%.40s\": line %d: %s", text, (int)diag.line, diag.text);
    }
    return set;
}

static void assert_word(const w2b_testset *set, w2b_slice slice, const char *word)
{
    if (slice.length != strlen(word) ||
        memcmp(set->text + slice.start, word, slice.length) != 0) {
        fail_msg("\"%.*s\" is not \"%s\"", (int)slice.length, set->text + slice.start, word);
    }
}

/* All forms of the same two pairs. */
static void pairs_in_every_form(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "old\tnew\t1.5\nTiger\tcat\t-7e-1\n",
        "old new 1.5\nTiger cat -.7",
        "old,new,1.5\r\nTiger,cat,-0.70\r\n",
        "  old \t new\t 1.5\n\n\nTiger\t cat \t-0.7\t\n",
        "old   new  1.5\r\n\r\nTiger  cat  -0.7\r\n",
        "Word 1\tWord 2\tHuman (mean)\nold\tnew\t1.5\nTiger\tcat\t-0.7\n",
        "Word 1,Word 2,Human (mean)\r\nold,new,1.5\r\nTiger,cat,-0.7",
        "word1 word2 score\nold new 1.5\nTiger cat -0.7\n",
        "word1\tword2\tPOS\tSimLex999\tSD\r\nold\tnew\tA\t1.5\t2\r\nTiger\tcat\tN\t-0.7\t1\r\n",
        "Word 1\tWord 2\tHuman (mean)\t1\t2\t\nold\tnew\t1.5\t9\t8\t\nTiger\tcat\t-0.7\t1\t1\t\n",
        "old\tnew\t1.5\t9\t8\nTiger\tcat\t-0.7\t1\n",
        "# made by hand\n# word\tword\tscore\nold\tnew\t1.5\nTiger\tcat\t-0.7\n",
        "\xEF\xBB\xBFold\tnew\t1.5\nTiger\tcat\t-0.7\n",
        ",word1,word2,similarity\n0,old,new,1.5\n1,Tiger,cat,-0.7\n",
        "\"old\",\"new\",1.5\n\"Tiger\", \"cat\" ,\"-0.7\"\n",
        "old\tnew\t1.5\nTiger cat -0.7\n",
        "score_of,word_2,word_1,mean\n3,new,old,1.5\n4,cat,Tiger,-0.7\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        w2b_testset *const set = open_text(texts[i]);
        assert_int_equal(w2b_testset_kind(set), W2B_TEST_SIMILARITY);
        assert_int_equal(w2b_testset_size(set), 2);
        assert_word(set, set->items[0].words[0], "old");
        assert_word(set, set->items[0].words[1], "new");
        assert_word(set, set->items[1].words[0], "Tiger");
        assert_word(set, set->items[1].words[1], "cat");
        assert_true(set->items[0].score == 1.5 && set->items[1].score == -0.7);
        w2b_testset_free(set);
    }
}

static void questions_in_every_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *sections[2];
    } cases[] = {
        {": one\na b c d\n: two\ne f g h\n", {"one", "two"}},
        {":one\r\na b c d\r\n\r\n: two \r\ne  f\tg h", {"one", "two"}},
        {"a b c d\ne f g h\n", {"", ""}},
        {"a\tb\tc\td\n: two\ne f g h\n", {"", "two"}},
        {",type,word1,word2,word3,target\n0,one,a,b,c,d\n1,two,e,f,g,h\n", {"one", "two"}},
        {"word1\tword2\tword3\ttarget\na\tb\tc\td\ne\tf\tg\th\n", {"", ""}},
        {"target,word3,word2,word1,type\nd,c,b,a,\"x,y\"\nh,g,f,e,\"x,y\"\n", {"x,y", "x,y"}},
    };
    static const char *const words = "abcdefgh";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        w2b_testset *const set = open_text(cases[i].text);
        assert_int_equal(w2b_testset_kind(set), W2B_TEST_ANALOGY);
        assert_int_equal(w2b_testset_size(set), 2);
        for (size_t j = 0; j < 8; j++) {
            const char word[2] = {words[j], 0};
            const w2b_pair pair = set->pairs[set->items[j / 4].pairs[j % 4 / 2]];
            assert_int_equal(pair.n_answers, 1);
            assert_word(set, j % 2 ? set->words[pair.answers] : pair.word, word);
        }
        for (size_t j = 0; j < 2; j++) {
            assert_word(set, set->sections[set->items[j].section], cases[i].sections[j]);
        }
        w2b_testset_free(set);
    }
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        w2b_err code;
        uint64_t line;
        const char *says;
    } cases[] = {
        {"", W2B_ERR_FORMAT, W2B_NOWHERE, "empty"},
        {"\n \r\n# nothing\n", W2B_ERR_FORMAT, W2B_NOWHERE, "empty"},
        {"word\n", W2B_ERR_FORMAT, 1, "not a test set"},
        {"one two\nthree four\n", W2B_ERR_FORMAT, 1, "not a test set"},
        {"\nEstimation of word similarity\n----\n", W2B_ERR_FORMAT, 2, "not a test set: line 2"},
        {"This is a text, and no test set.\nIt has lines.\n", W2B_ERR_FORMAT, 1, "not a test set"},
        {"a b x\nc d y\n", W2B_ERR_FORMAT, 1, "not a test set"},
        {"a b 5 7\nc d x 8\n", W2B_ERR_FORMAT, 2, "field 3 is not a score"},
        {"word1,word2,score\n", W2B_ERR_FORMAT, 1, "not a test set"},
        {"a b 1\nc d\n", W2B_ERR_FORMAT, 2, "expected two words and a score, found 2 fields"},
        {"a b 1\n\nc\n", W2B_ERR_FORMAT, 3, "expected two words and a score, found 1 field"},
        {"a b 1\nc d e\n", W2B_ERR_FORMAT, 2, "field 3 is not a score"},
        {"a b 1\nc d 1x\n", W2B_ERR_FORMAT, 2, "field 3 is not a score"},
        {"a b 1\nc d nan\n", W2B_ERR_FORMAT, 2, "field 3 is not a score"},
        {"a b 1\nc d inf\n", W2B_ERR_FORMAT, 2, "field 3 is not a score"},
        {"a,b,1\n,d,2\n", W2B_ERR_FORMAT, 2, "field 1 is empty"},
        {"a b 1\nc d 2\na b 2\na b 1.0\n", W2B_ERR_FORMAT, 4, "repeats line 1"},
        {": s\na b c\n", W2B_ERR_FORMAT, 2, "expected four words, found 3"},
        {": s\na b c d\na b c d e\n", W2B_ERR_FORMAT, 3, "expected four words, found 5"},
        {"a b c d\ne f g h\ni\n", W2B_ERR_FORMAT, 3, "expected four words, found 1 field"},
        {": s\n: t\n", W2B_ERR_FORMAT, W2B_NOWHERE, "no questions"},
        {"a b *c\nd e f\n", W2B_ERR_FORMAT, 2, "one of them with a * in front"},
        {"a *b *c\nd *e f\n", W2B_ERR_FORMAT, 1, "not a test set"},
        {"a\nb\n\n\n", W2B_ERR_FORMAT, 1, "not a test set"},
        {"a\nb\n\nc\n\nd\n\ne\n", W2B_ERR_FORMAT, 6, "two words at least that belong"},
        {"a\nb\n\nc\n\nd\ne\n", W2B_ERR_FORMAT, 6, "words that do not"},
        {"word\tcategory\na\n", W2B_ERR_FORMAT, 2, "expected a word and a category"},
        {"a\tx/y\nb\n", W2B_ERR_FORMAT, 1, "not a test set"},
        {"a,x\nb,y\n", W2B_ERR_FORMAT, 1, "not a test set"},
        {"word1,word2,word3,target\na,b,c\n", W2B_ERR_FORMAT, 2, "expected four words"},
        {"word1,word2,word3,target\na,b,,d\n", W2B_ERR_FORMAT, 2, "field 3 is empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        w2b_testset *set = NULL;
        w2b_diag diag = {0};
        const w2b_err err = open_bytes(cases[i].text, strlen(cases[i].text), &set, &diag);
        if (err != cases[i].code || diag.code != err || diag.line != cases[i].line ||
            strstr(diag.text, cases[i].says) == NULL ||
            strcmp(diag.path, scratch_path("set.txt")) != 0) {
            fail_msg("case %zu: %d, line %lld: %s", i, (int)err, (long long)diag.line, diag.text);
        }
        assert_null(set);
    }
    w2b_testset *set = NULL;
    w2b_diag diag;
    assert_int_equal(open_bytes("a b 1\nc\0d 2\n", 12, &set, &diag), W2B_ERR_FORMAT);
    assert_int_equal(diag.offset, 7);
    assert_int_equal(w2b_testset_open(scratch_path("missing"), &set, &diag), W2B_ERR_IO);
    assert_null(set);
    w2b_testset_free(NULL);
}

/* Pairs may come back with another score, and the Google set repeats whole
 * questions in another section. */
static void some_repeats_are_right(void **state)
{
    (void)state;
    w2b_testset *set = open_text("money cash 9.15\nmoney cash 9.08\ncash money 9.15\n");
    assert_int_equal(w2b_testset_size(set), 3);
    w2b_testset_free(set);
    set = open_text(": s\na b c d\n: t\na b c d\na b c d\n");
    assert_int_equal(w2b_testset_size(set), 3);
    w2b_testset_free(set);
}

static void categories_in_every_form(void **state)
{
    (void)state;
    static const char *const texts[] = {
        ",category,word\n0,red,a\n1,red,b\n2,blue,c\n3,blue,\n4,blue,d\n",
        "Word\tCategory\r\na\tred\r\nb\tred\r\nc\tblue\r\nd\tblue\r\n",
        "a\tred\nb\tred\n# more\n\nc\tblue\nd\tblue",
        "a,red\nb,red\nc,blue\nd,blue\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        w2b_testset *const set = open_text(texts[i]);
        assert_int_equal(w2b_testset_kind(set), W2B_TEST_CATEGORIES);
        assert_int_equal(w2b_testset_size(set), 4);
        assert_int_equal(set->n_sections, 2);
        for (size_t j = 0; j < 4; j++) {
            const char word[2] = {"abcd"[j], 0};
            assert_word(set, set->items[j].words[0], word);
            assert_word(set, set->sections[set->items[j].section], j < 2 ? "red" : "blue");
        }
        assert_int_equal(w2b_testset_bytes(set), strlen(texts[i]));
        assert_true(w2b_testset_checksum(set) == XXH3_64bits(texts[i], strlen(texts[i])));
        w2b_testset_free(set);
    }
}

/* Groups as "ab/x cd/y": the words that belong together, and the odd one. */
static void odd_ones_in_every_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *groups;
    } cases[] = {
        {"a\nb\nc\n\nx\ny\n", "abc/x abc/y"},
        {"\n# two\na\r\nb\r\n\r\n\r\nx\r\n\r\nc\r\nd\r\ne\r\n\r\ny\r\nz", "ab/x cde/y cde/z"},
        {"a b *x\nc *y d e\n", "ab/x ced/y"},
        {"a\tb\tc\t*x\n", "abc/x"},
        {"*x,b,c,d\n", "dbc/x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        w2b_testset *const set = open_text(cases[i].text);
        char groups[64] = "", *at = groups;
        assert_int_equal(w2b_testset_kind(set), W2B_TEST_ODD);
        for (size_t j = 0; j < set->n; j++) {
            *at = ' ';
            at += j > 0;
            for (uint32_t k = 0; k < set->items[j].n; k++) {
                const w2b_slice word = set->words[set->items[j].first + k];
                assert_int_equal(word.length, 1);
                *at = '/';
                at += k + 1 == set->items[j].n;
                *at++ = set->text[word.start];
            }
        }
        *at = '\0';
        assert_string_equal(groups, cases[i].groups);
        w2b_testset_free(set);
    }
}

static void assert_bats(const w2b_testset *set, size_t sections)
{
    assert_int_equal(w2b_testset_kind(set), W2B_TEST_ANALOGY);
    assert_int_equal(set->n_sections, sections);
    const w2b_pair *const pair = &set->pairs[set->items[1].pairs[0]];
    assert_word(set, pair->word, "rome");
    assert_int_equal(pair->n_answers, 2);
    assert_word(set, set->words[pair->answers], "italy");
    assert_word(set, set->words[pair->answers + 1], "empire");
    assert_word(set, set->pairs[set->items[1].pairs[1]].word, "paris");
}

static void lists_of_answers(void **state)
{
    (void)state;
    static const char list[] = "paris\tfrance\nrome\titaly/empire\r\n";
    w2b_testset *set = open_text(list);
    assert_bats(set, 1);
    assert_int_equal(set->n, 2);
    w2b_testset_free(set);
    /* Without a slash: answers do not recur, categories do. */
    set = open_text("paris\tfrance\nrome\titaly\noslo\tnorway\n");
    assert_int_equal(w2b_testset_kind(set), W2B_TEST_ANALOGY);
    assert_int_equal(set->n, 6);
    w2b_testset_free(set);
}

/* A folder of lists is one set; files are taken in the order of their names. */
static void folders(void **state)
{
    (void)state;
    static const char list[] = "paris\tfrance\nrome\titaly/empire\n";
    static const char other[] = "kant\tgerman\nhegel\tgerman\nmarx\tgerman\n";
    w2b_testset *set = NULL;
    w2b_diag diag;
    assert_int_equal(mkdir(scratch_path("bats"), 0777), 0);
    assert_int_equal(w2b_testset_open(scratch_path("bats"), &set, &diag), W2B_ERR_FORMAT);
    assert_non_null(strstr(diag.text, "no .txt files"));
    assert_int_equal(mkdir(scratch_path("bats/sub"), 0777), 0);
    scratch_write("bats/sub/I02 [people].txt", other, strlen(other));
    scratch_write("bats/E01 [capitals].txt", list, strlen(list));
    scratch_write("bats/README.txt", "Hello.\n", 7);
    scratch_write("bats/more.json", "{}", 2);
    scratch_write("bats/.hidden.txt", "{}", 2);
    if (w2b_testset_open(scratch_path("bats"), &set, &diag) != W2B_OK) {
        fail_msg("%s: %s", diag.path, diag.text);
    }
    assert_bats(set, 2);
    assert_int_equal(set->n, 2 + 6);
    assert_word(set, set->sections[0], "E01 [capitals]");
    assert_word(set, set->sections[1], "I02 [people]");
    assert_int_equal(w2b_testset_bytes(set), strlen(list) + strlen(other));
    w2b_testset_free(set);
    set = NULL;
    scratch_write("bats/z.txt", "a\nb\n\nc\n", 7);
    assert_int_equal(w2b_testset_open(scratch_path("bats"), &set, &diag), W2B_ERR_FORMAT);
    assert_non_null(strstr(diag.text, "another kind"));
    scratch_write("bats/z.txt", "a b 1\nc d 2\n", 12);
    assert_int_equal(w2b_testset_open(scratch_path("bats"), &set, &diag), W2B_ERR_FORMAT);
    assert_int_equal(diag.line, 1);
    assert_non_null(strstr(diag.path, "z.txt"));
    assert_null(set);
    scratch_write("bats/z.txt", "", 0);
    assert_int_equal(w2b_testset_open(scratch_path("bats"), &set, &diag), W2B_ERR_FORMAT);
}

/* By its first bytes: what a model is, and that a set is none. */
static void sets_do_not_look_like_models(void **state)
{
    (void)state;
    static const char *const texts[] = {"a b 1\nc d 2\n", ": s\na b c d\n", "a\tx\nb\tx\n",
                                        "word1 word2 3\nold new 1.5\n", ""};
    static const char *const models[] = {"2 3\nold 1 2 3\nnew 1 2 4\n", "\x89W2B\r\n\x1a\n\1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *const path = scratch_write("x", texts[i], strlen(texts[i]));
        assert_int_equal(w2b_model_probe(path), 0);
    }
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        const char *const path = scratch_write("x", models[i], strlen(models[i]));
        assert_int_equal(w2b_model_probe(path), 2);
    }
    assert_int_equal(w2b_model_probe(scratch_path("")), 0);
    assert_int_equal(w2b_model_probe(scratch_path("missing")), 0);
    assert_int_equal(w2b_model_probe("-"), 0);
}

/* Bytes at random, and good files with some bytes changed: any answer will do
 * that is not a crash; sanitizers look on. */
static void noise_is_survived(void **state)
{
    (void)state;
    static const char good[] =
        "w1,w2,s\n\"a\",b,1\nc,d,2\n: x\ne f g h\n0,word1,word2,3\na\tb/c\na\n\nb *c d\n";
    static const char bytes[] = "\n\n\r\t ,,\"\":#*/ab1.-\xff";
    uint32_t random = 12345;
    for (int i = 0; i < 3000; i++) {
        char text[sizeof good];
        memcpy(text, good, sizeof good);
        for (int j = 0; j < 1 + i % 40; j++) {
            random = random * 1664525 + 1013904223;
            text[(random >> 8) % (sizeof good - 1)] = bytes[(random >> 24) % (sizeof bytes - 1)];
        }
        w2b_testset *set = NULL;
        const w2b_err err = open_bytes(text, sizeof good - 1 - (size_t)(i % 7), &set, NULL);
        assert_true((err == W2B_OK) == (set != NULL));
        w2b_testset_free(set);
    }
}

static void published_sets(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        w2b_test_kind kind;
        uint64_t n;
        size_t sections;
        double last;  /* score of the last pair */
    } sets[] = {
        {"EN-MEN-TR-3k.txt", W2B_TEST_SIMILARITY, 3000, 0, 0},
        {"EN-RG-65.txt", W2B_TEST_SIMILARITY, 65, 0, 0.02},
        {"EN-RW-STANFORD.txt", W2B_TEST_SIMILARITY, 2034, 0, 7.71},
        {"EN-SIMLEX-999.txt", W2B_TEST_SIMILARITY, 999, 0, 6.08},
        {"EN-WS-353-ALL.txt", W2B_TEST_SIMILARITY, 353, 0, 3.78},
        {"EN-WS-353-REL.txt", W2B_TEST_SIMILARITY, 252, 0, 0.23},
        {"EN-WS-353-SIM.txt", W2B_TEST_SIMILARITY, 203, 0, 0.23},
        {"SimLex-999/SimLex-999.txt", W2B_TEST_SIMILARITY, 999, 0, 6.08},
        {"WS353-original/combined.csv", W2B_TEST_SIMILARITY, 353, 0, 3.78},
        {"WS353-original/combined.tab", W2B_TEST_SIMILARITY, 353, 0, 3.78},
        {"WS353-original/set1.tab", W2B_TEST_SIMILARITY, 153, 0, 7.27},
        {"WS353-original/set2.tab", W2B_TEST_SIMILARITY, 200, 0, 3.78},
        {"questions-words.txt", W2B_TEST_ANALOGY, 19544, 14, 0},
        {"analogy-msr.csv", W2B_TEST_ANALOGY, 8000, 16, 0},
        {"categorization-ap.csv", W2B_TEST_CATEGORIES, 402, 21, 0},
    };
    static const char *const others[] = {"SimLex-999/README.txt",
                                         "WS353-original/instructions.txt"};
    if (scratch_sample("data/eval") == NULL) {
        skip();
    }
    char name[64];
    w2b_diag diag;
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        w2b_testset *set = NULL;
        snprintf(name, sizeof name, "data/eval/%s", sets[i].name);
        if (w2b_testset_open(scratch_sample(name), &set, &diag) != W2B_OK) {
            fail_msg("%s:%lld: %s", name, (long long)diag.line, diag.text);
        }
        assert_int_equal(w2b_testset_kind(set), sets[i].kind);
        assert_int_equal(w2b_testset_size(set), sets[i].n);
        assert_int_equal(set->n_sections, sets[i].sections);
        if (sets[i].kind == W2B_TEST_SIMILARITY &&
            set->items[set->n - 1].score != sets[i].last) {
            fail_msg("%s ends with %g", name, set->items[set->n - 1].score);
        }
        w2b_testset_free(set);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        w2b_testset *set = NULL;
        snprintf(name, sizeof name, "data/eval/%s", others[i]);
        assert_int_equal(w2b_testset_open(scratch_sample(name), &set, &diag), W2B_ERR_FORMAT);
        assert_int_equal(diag.line, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_in_every_form),
        cmocka_unit_test(questions_in_every_form),
        cmocka_unit_test(categories_in_every_form),
        cmocka_unit_test(odd_ones_in_every_form),
        cmocka_unit_test(lists_of_answers),
        cmocka_unit_test(folders),
        cmocka_unit_test(sets_do_not_look_like_models),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(some_repeats_are_right),
        cmocka_unit_test(noise_is_survived),
        cmocka_unit_test(published_sets),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
