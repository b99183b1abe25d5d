/*
 * test_finalfusion.c - finalfusion's files: all vocabularies and matrices.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/ngrams.h"
#include "tests/unit/foreign.h"
#include "tests/unit/sample.h"
#include "tests/unit/scratch.h"

static foreign f;

static w2b_err open_fifu(const char *vocab, w2b_model **model, w2b_diag *diag)
{
    w2b_open_options options;
    w2b_open_defaults(&options);
    options.vocab = vocab;
    return w2b_model_open(scratch_write("model.fifu", f.bytes, f.n), &options, model, diag);
}

/* ----- Hashes ------------------------------------------------------------- */

/* Buckets that finalfusion's own tests list for n-grams of "Daniël" in 2^21. */
static void hashes_as_finalfusion_does(void **unused)
{
    static const struct { const char *part; uint64_t bucket; } known[] = {
        {"Dan", 214157}, {"i\xc3\xabl", 233912}, {"Dani\xc3\xab", 311961},
        {"i\xc3\xabl>", 488897}, {"ani\xc3\xab", 741276}, {"Dani", 841219},
    };
    uint64_t hash;
    (void)unused;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        assert_int_equal(w2b_ngram_finalfusion(known[i].part, strlen(known[i].part), &hash), 0);
        assert_int_equal(hash & ((1 << 21) - 1), known[i].bucket);
    }
    assert_int_equal(w2b_ngram_finalfusion("a\xff", 2, &hash), -1);
}

/* Published values of MurmurHash3_x64_128, seed 0. */
static void hashes_as_floret_does(void **unused)
{
    static const struct { const char *text; uint64_t low, high; } known[] = {
        {"", 0, 0},
        {"hello", UINT64_C(0xcbd8a7b341bd9b02), UINT64_C(0x5b1e906a48ae1d19)},
        {"The quick brown fox jumps over the lazy dog", UINT64_C(0xe34bbc7bbc071b6c),
         UINT64_C(0x7a433ca9c49a9347)},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint32_t hashes[4];
        w2b_ngram_floret(known[i].text, strlen(known[i].text), 0, hashes);
        assert_int_equal(hashes[0] | (uint64_t)hashes[1] << 32, known[i].low);
        assert_int_equal(hashes[2] | (uint64_t)hashes[3] << 32, known[i].high);
    }
}

/* ----- Vectors ------------------------------------------------------------ */

static const char *const grams_of_zed[] = {"<z", "<z>", "z>", NULL};
static const char *const grams_of_the[] = {"<t", "<th", "<the", "th", "the", "the>", "he", "he>",
                                           "e>", NULL};

/* The rows of a part, after those of the words. */
static size_t rows_of(const foreign_fifu *how, const char *part, size_t rows[2])
{
    const size_t length = strlen(part);
    uint64_t hash;
    uint32_t hashes[4];
    if (how->vocab == 3) {
        assert_int_equal(w2b_ngram_finalfusion(part, length, &hash), 0);
        rows[0] = (size_t)(hash % ((uint64_t)1 << how->buckets));
        return 1;
    }
    if (how->vocab == 7) {
        rows[0] = w2b_ngram_fasttext(part, length) % how->buckets;
        return 1;
    }
    if (how->vocab == 9) {
        w2b_ngram_floret(part, length, 2166136261u, hashes);
        rows[0] = hashes[0] % how->buckets;
        rows[1] = hashes[1] % how->buckets;
        return 2;
    }
    for (size_t i = 0; i < FOREIGN_PARTS; i++) {
        if (strcmp(foreign_parts[i], part) == 0) {
            rows[0] = (size_t)foreign_part_numbers[i];
            return 1;
        }
    }
    return 0;
}

/* The sum of the parts' rows at length 1; 0 if there are none. */
static int expect(const foreign_fifu *how, const char *whole, const char *const *grams,
                  double vector[FOREIGN_DIM])
{
    const size_t first = how->vocab == 9 ? 0 : FOREIGN_WORDS;
    size_t n = 0;
    double squares = 0;
    memset(vector, 0, FOREIGN_DIM * sizeof *vector);
    for (size_t g = how->vocab == 9 ? 0 : 1; g == 0 || grams[g - 1]; g++) {
        size_t rows[2];
        const size_t found = rows_of(how, g == 0 ? whole : grams[g - 1], rows);
        n += found;
        for (size_t r = 0; r < found; r++) {
            for (size_t i = 0; i < FOREIGN_DIM; i++)
                vector[i] += (double)foreign_fifu_number(how, first + rows[r], i);
        }
    }
    for (size_t i = 0; i < FOREIGN_DIM; i++)
        squares += vector[i] * vector[i];
    for (size_t i = 0; i < FOREIGN_DIM && squares > 0; i++)
        vector[i] /= sqrt(squares);
    return n > 0;
}

static void check_near(const float *found, const double *wanted, const foreign_fifu *how)
{
    for (size_t i = 0; i < FOREIGN_DIM; i++) {
        if (fabs((double)found[i] - wanted[i]) > 1e-6)
            fail_msg("vocabulary %u, quantized %d: number %zu is %g, not %g", how->vocab,
                     how->quantized, i, (double)found[i], wanted[i]);
    }
}

static void check_composed(const foreign_fifu *how, const w2b_model *model, const char *word,
                           const char *whole, const char *const *grams)
{
    float found[FOREIGN_DIM];
    double wanted[FOREIGN_DIM];
    const int known = expect(how, whole, grams, wanted);
    const w2b_err err = w2b_model_compose(model, word, strlen(word), found, NULL);
    assert_int_equal(err, known ? W2B_OK : W2B_ERR_WORD);
    if (known)
        check_near(found, wanted, how);
}

static void check_model(const foreign_fifu *how)
{
    float found[FOREIGN_DIM];
    w2b_model *model = NULL;
    w2b_diag diag;
    w2b_info info;
    f.n = 0;
    foreign_fifu_model(&f, how);
    if (open_fifu(NULL, &model, &diag))
        fail_msg("vocabulary %u: %s", how->vocab, diag.text);
    w2b_model_info(model, &info);
    assert_string_equal(info.format, "finalfusion");
    assert_int_equal(info.words, FOREIGN_WORDS);
    assert_int_equal(info.subwords, how->vocab == 1 ? 0 : how->vocab == 8 ? 2
                     : how->vocab == 3 ? 1u << how->buckets : how->buckets);
    for (uint64_t row = 0; row < FOREIGN_WORDS; row++) {
        assert_string_equal(w2b_model_word(model, row, NULL), foreign_words[row]);
        assert_int_equal(w2b_model_vector(model, row, found, NULL), W2B_OK);
        for (size_t i = 0; i < FOREIGN_DIM; i++)
            assert_true(found[i] == foreign_fifu_number(how, row, i) *
                                        (how->norms ? (float)(row + 2) : 1));
    }
    if (how->vocab == 1) {
        assert_int_equal(w2b_model_compose(model, "z", 1, found, NULL), W2B_ERR_WORD);
    } else {
        check_composed(how, model, "the", "<the>", grams_of_the);
        check_composed(how, model, "z", "<z>", grams_of_zed);
    }
    w2b_model_free(model);
}

static void reads_all_kinds(void **unused)
{
    static const foreign_fifu vocabs[] = {
        {.vocab = 1}, {.vocab = 3, .buckets = 4}, {.vocab = 7, .buckets = 13}, {.vocab = 8}};
    (void)unused;
    for (size_t i = 0; i < 4 * 8; i++) {
        foreign_fifu how = vocabs[i % 4];
        how.norms = (i / 4) % 2;
        how.metadata = (i / 8) % 2;
        how.quantized = (i / 16) % 2;
        how.turned = how.metadata;
        check_model(&how);
    }
}

/* Unlike fastText's, these are parts even where they are a mark alone. */
static void takes_the_marks_alone(void **unused)
{
    static const char *const grams[] = {"<", "<z", "<z>", "z", "z>", ">", NULL};
    const foreign_fifu how = {.vocab = 7, .buckets = 97, .min_n = 1};
    w2b_model *model = NULL;
    (void)unused;
    f.n = 0;
    foreign_fifu_model(&f, &how);
    assert_int_equal(open_fifu(NULL, &model, NULL), W2B_OK);
    check_composed(&how, model, "z", "<z>", grams);
    w2b_model_free(model);
}

static void takes_words_for_floret(void **unused)
{
    const foreign_fifu how = {.vocab = 9, .buckets = 29};
    float found[FOREIGN_DIM];
    double wanted[FOREIGN_DIM];
    w2b_model *model = NULL;
    w2b_diag diag;
    (void)unused;
    f.n = 0;
    foreign_fifu_model(&f, &how);
    assert_int_equal(open_fifu(NULL, &model, &diag), W2B_ERR_FORMAT);
    assert_non_null(strstr(diag.text, "vectors without words"));
    if (open_fifu(scratch_write("words", "z\nthe\n", 6), &model, &diag))
        fail_msg("%s", diag.text);
    assert_int_equal(w2b_model_find(model, "the", 3), 1);
    assert_int_equal(w2b_model_vector(model, 1, found, NULL), W2B_OK);
    expect(&how, "<the>", grams_of_the, wanted);
    check_near(found, wanted, &how);
    check_composed(&how, model, "z", "<z>", grams_of_zed);
    w2b_model_free(model);
}

/* ----- Writing ------------------------------------------------------------ */

static void writes_what_it_reads(void **unused)
{
    const foreign_fifu how = {.vocab = 1, .norms = 1};
    w2b_model *model = NULL, *again = NULL;
    float a[FOREIGN_DIM], b[FOREIGN_DIM];
    size_t size;
    (void)unused;
    f.n = 0;
    foreign_fifu_model(&f, &how);
    assert_int_equal(open_fifu(NULL, &model, NULL), W2B_OK);
    const char *path = scratch_path("out.fifu");
    assert_int_equal(w2b_model_save(model, path, NULL, NULL), W2B_OK);
    const uint8_t *bytes = (const uint8_t *)scratch_read(path, &size);
    /* The same chunks at the same places as in the file that was read. */
    assert_int_equal(size, f.n);
    assert_memory_equal(bytes, f.bytes, 12 + 12 + 12 + 8 + 4 * 4 + 4 + 3 + 5 + 2 + 12 + 16);
    assert_int_equal(w2b_model_open(path, NULL, &again, NULL), W2B_OK);
    for (uint64_t row = 0; row < FOREIGN_WORDS; row++) {
        assert_string_equal(w2b_model_word(model, row, NULL), w2b_model_word(again, row, NULL));
        assert_int_equal(w2b_model_vector(model, row, a, NULL), W2B_OK);
        assert_int_equal(w2b_model_vector(again, row, b, NULL), W2B_OK);
        for (size_t i = 0; i < FOREIGN_DIM; i++)
            assert_true(fabsf(a[i] - b[i]) <= 2e-7f * fabsf(a[i]));
    }
    w2b_model_free(model);
    w2b_model_free(again);
}

static void refuses_words_that_it_cannot_hold(void **unused)
{
    const sample_shape shape = {.words = 20, .dim = 2, .bits = 32, .seed = 3};
    w2b_model *model = sample_model(&shape); /* of any bytes */
    w2b_diag diag;
    size_t size;
    (void)unused;
    assert_int_equal(w2b_model_save(model, scratch_path("no.fifu"), NULL, &diag), W2B_ERR_DATA);
    assert_non_null(strstr(diag.text, "is not UTF-8"));
    assert_null(scratch_read(scratch_path("no.fifu"), &size));
    w2b_model_free(model);
}

/* ----- Files that are wrong ----------------------------------------------- */

static void check_refused(size_t at, uint32_t value, w2b_err code, const char *text)
{
    w2b_model *model = NULL;
    w2b_diag diag = {.text = ""};
    for (size_t k = 0; k < 4; k++)
        f.bytes[at + k] = (uint8_t)(value >> (8 * k));
    const w2b_err err = open_fifu(NULL, &model, &diag);
    if (err != code || !strstr(diag.text, text))
        fail_msg("expected %s, found %s: %s", text, w2b_err_name(err), diag.text);
}

static void refuses_what_is_wrong(void **unused)
{
    static const struct { size_t at; uint32_t value; w2b_err code; const char *text; } all[] = {
        {4, 1, W2B_ERR_VERSION, "version 1"},
        {8, 1000, W2B_ERR_FORMAT, "1000 chunks"},
        {8, 0, W2B_ERR_FORMAT, "not a vocabulary and a matrix"},
        {12, 2, W2B_ERR_FORMAT, "not a vocabulary and a matrix"},
        {16, 3, W2B_ERR_FORMAT, "not a vocabulary and a matrix"},
        {24, 7, W2B_ERR_FORMAT, "chunk 7 where the head promises 1"},
        {28, 1 << 20, W2B_ERR_FORMAT, "a chunk would be 1048576 bytes"},
        {36, 1 << 30, W2B_ERR_FORMAT, "its words would be"},
        {44, 1 << 30, W2B_ERR_FORMAT, "a word of 1073741824 bytes"},
        {36, 5, W2B_ERR_FORMAT, "chunk 0 where the head promises 2"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        f.n = 0;
        foreign_fifu_model(&f, &(foreign_fifu){.vocab = 1, .norms = 1});
        check_refused(all[i].at, all[i].value, all[i].code, all[i].text);
    }
    f.n = 0;
    foreign_fifu_model(&f, &(foreign_fifu){.vocab = 3, .buckets = 4});
    check_refused(20 + 12 + 16, 60, W2B_ERR_FORMAT, "2 to the power of 60 buckets");
    check_refused(20 + 12 + 16, 30, W2B_ERR_FORMAT, "20 rows for 4 words and 1073741824 parts");
    check_refused(20 + 12 + 12, 1, W2B_ERR_FORMAT, "parts of 2 to 1 characters");
    f.n = 0;
    foreign_fifu_model(&f, &(foreign_fifu){.vocab = 8});
    /* The number of the last part: behind the head, four counts, words, parts. */
    check_refused(20 + 12 + 24 + 30 + 44 - 8, 7, W2B_ERR_FORMAT, "part 3 has number 7 of 3");
    f.n = 0;
    foreign_fifu_model(&f, &(foreign_fifu){.vocab = 1, .quantized = 1});
    check_refused(f.n - 4, 0x09090909, W2B_ERR_FORMAT, "has code 9 of 7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_as_finalfusion_does),
        cmocka_unit_test(hashes_as_floret_does),
        cmocka_unit_test(reads_all_kinds),
        cmocka_unit_test(takes_the_marks_alone),
        cmocka_unit_test(takes_words_for_floret),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(refuses_words_that_it_cannot_hold),
        cmocka_unit_test(refuses_what_is_wrong),
    };
    return cmocka_run_group_tests_name("finalfusion", tests, scratch_set_up, scratch_tear_down);
}
