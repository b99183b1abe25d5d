/*
 * test_word2vec.c - word2vec files, binary and text: reading, writing, and
 * files that are wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <cmocka.h>

#include "io/format.h"
#include "io/model.h"
#include "tests/unit/scratch.h"

/* ----- Files made here ---------------------------------------------------- */

typedef struct file {
    char bytes[100000];
    size_t n;
} file;

static void add(file *f, const void *bytes, size_t n)
{
    assert_true(f->n + n <= sizeof f->bytes);
    memcpy(f->bytes + f->n, bytes, n);
    f->n += n;
}

static void add_text(file *f, const char *text)
{
    add(f, text, strlen(text));
}

/* A record of the binary form; `end` is "\n" or "". */
static void add_record(file *f, const char *word, const float *vector, size_t dim,
                       const char *end)
{
    add_text(f, word);
    add_text(f, " ");
    add(f, vector, dim * sizeof *vector);
    add_text(f, end);
}

static w2b_err open_bytes(const void *bytes, size_t n, const w2b_open_options *options,
                          w2b_model **model, w2b_diag *diag)
{
    return w2b_model_open(scratch_write("file", bytes, n), options, model, diag);
}

static w2b_model *open_ok(const void *bytes, size_t n)
{
    w2b_model *model = NULL;
    w2b_diag diag;
    if (open_bytes(bytes, n, NULL, &model, &diag) != W2B_OK)
        fail_msg("%.60s: %s", (const char *)bytes, diag.text);
    return model;
}

static void check_row(const w2b_model *model, uint64_t row, const char *word,
                      const float *vector)
{
    w2b_info info;
    size_t length;
    float found[64];
    w2b_model_info(model, &info);
    assert_true(info.dim <= 64);
    const char *name = w2b_model_word(model, row, &length);
    assert_non_null(name);
    assert_string_equal(name, word);
    assert_int_equal(length, strlen(word));
    assert_int_equal(w2b_model_vector(model, row, found, NULL), W2B_OK);
    assert_memory_equal(found, vector, info.dim * sizeof *found);
}

static const float vectors[3][4] = {
    {0.5f, -1.0f, 0.25f, 0.1f}, {1e-10f, 3e10f, 0.0f, -0.0f}, {1.0f / 3, -1.0f / 3, 2, 3},
};

/* ----- Reading ------------------------------------------------------------ */

static void reads_both_binary_forms(void **unused)
{
    static const char *const ends[] = {"\n", ""};
    (void)unused;
    for (size_t e = 0; e < 2; e++) {
        file f = {.n = 0};
        add_text(&f, "3 4\n");
        add_record(&f, "</s>", vectors[0], 4, ends[e]);
        add_record(&f, "na\xc3", vectors[1], 4, ends[e]);
        add_record(&f, "a\xc2\xa0\tb", vectors[2], 4, ends[e]);
        w2b_model *model = open_ok(f.bytes, f.n);
        w2b_info info;
        w2b_model_info(model, &info);
        assert_string_equal(info.format, "word2vec-binary");
        assert_int_equal(info.words, 3);
        assert_int_equal(info.dim, 4);
        assert_int_equal(info.bits, 32);
        check_row(model, 0, "</s>", vectors[0]);
        check_row(model, 1, "na\xc3", vectors[1]);
        check_row(model, 2, "a\xc2\xa0\tb", vectors[2]);
        assert_int_equal(w2b_model_find(model, "na\xc3", 3), 1);
        w2b_model_free(model);
    }
}

/* Floats whose bytes begin with a newline, or are letters, stay floats. */
static void tells_floats_from_text(void **unused)
{
    (void)unused;
    for (size_t dim = 1; dim <= 4; dim++) {
        for (int i = 0; i < 2000; i++) {
            file f = {.n = 0};
            char header[32];
            float vector[4];
            snprintf(header, sizeof header, "1 %zu\n", dim);
            for (size_t k = 0; k < dim; k++) {
                uint32_t bits = (uint32_t)(scratch_random() >> 32);
                if (i % 2)
                    bits = (bits & 0xffffff00) | '\n';
                if ((bits >> 23 & 0xff) == 0xff)
                    bits ^= 1u << 30;
                /* Sizes as vectors have them, that is to say no letters. */
                bits = (bits & 0x83ffffff) | 0x38000000;
                memcpy(&vector[k], &bits, sizeof bits);
            }
            add_text(&f, header);
            add_record(&f, "word", vector, dim, "\n");
            w2b_model *model = open_ok(f.bytes, f.n);
            check_row(model, 0, "word", vector);
            w2b_model_free(model);
        }
    }
}

static void reads_all_kinds_of_text(void **unused)
{
    static const char *const texts[] = {
        "3 4\n</s> 0.5 -1 0.25 0.1\nna\xc3 1e-10 3E+10 0 -0\nx 0.33333334 -0.33333334 2 3\n",
        "3 4\n</s> 0.5 -1 0.25 0.1 \nna\xc3 1e-10 3E+10 0 -0 \nx 0.33333334 -0.33333334 2 3 \n",
        "3 4 \r\n</s> 0.5 -1 0.25 0.1\r\nna\xc3 1e-10 3E+10 0 -0\r\n"
        "x 0.33333334 -0.33333334 2 3\r\n\r\n",
        "3\t4\n</s>  .5 -1.  +0.25\t0.1\nna\xc3 1e-10 30000000000 0 -0\n"
        "x 0.333333343267 -0.3333333433 2 3",
    };
    (void)unused;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        w2b_model *model = open_ok(texts[i], strlen(texts[i]));
        w2b_info info;
        w2b_model_info(model, &info);
        assert_string_equal(info.format, "word2vec-text");
        assert_int_equal(info.words, 3);
        check_row(model, 0, "</s>", vectors[0]);
        check_row(model, 1, "na\xc3", vectors[1]);
        check_row(model, 2, "x", vectors[2]);
        w2b_model_free(model);
    }
}

static void keeps_words_as_they_are(void **unused)
{
    (void)unused;
    const char *text = "4 1\na\xc2\xa0\xc2\x85z 1\n\ttab 2\ntwice 3\ntwice 4\n";
    w2b_model *model = open_ok(text, strlen(text));
    const float one = 1;
    const float four = 4;
    check_row(model, 0, "a\xc2\xa0\xc2\x85z", &one);
    check_row(model, 3, "twice", &four);
    assert_int_equal(w2b_model_find(model, "\ttab", 4), 1);
    assert_int_equal(w2b_model_find(model, "twice", 5), 2);
    w2b_model_free(model);
}

static void reads_compressed_files(void **unused)
{
    (void)unused;
    const char *text = "2 2\na 1 2\nb 3 4\n";
    char packed[200];
    const size_t n = ZSTD_compress(packed, sizeof packed, text, strlen(text), 1);
    w2b_model *model = open_ok(packed, n);
    const float row[2] = {3, 4};
    check_row(model, 1, "b", row);
    w2b_model_free(model);
}

static void reads_as_many_rows_as_asked(void **unused)
{
    (void)unused;
    const char *text = "5 2\na 1 2\nb 3 4\nc 5 6\n";
    w2b_open_options options;
    w2b_model *model;
    w2b_open_defaults(&options);
    options.limit = 2;
    assert_int_equal(open_bytes(text, strlen(text), &options, &model, NULL), W2B_OK);
    assert_int_equal(w2b_model_words(model), 2);
    w2b_model_free(model);
    options.limit = 3;
    assert_int_equal(open_bytes(text, strlen(text), &options, &model, NULL), W2B_OK);
    assert_int_equal(w2b_model_words(model), 3);
    w2b_model_free(model);
    options.limit = 4;
    assert_int_equal(open_bytes(text, strlen(text), &options, &model, NULL), W2B_ERR_FORMAT);
}

/* ----- Files that are wrong ----------------------------------------------- */

static void check_refused(const void *bytes, size_t n, w2b_err code, uint64_t line,
                          const char *text)
{
    w2b_model *model = NULL;
    w2b_diag diag;
    const w2b_err err = open_bytes(bytes, n, NULL, &model, &diag);
    if (err != code)
        fail_msg("%.60s: expected %s, found %s (%s)", (const char *)bytes, w2b_err_name(code),
                 w2b_err_name(err), err ? diag.text : "");
    assert_null(model);
    if (strcmp(diag.text, text) != 0)
        fail_msg("expected \"%s\", found \"%s\"", text, diag.text);
    assert_true(diag.line == line);
    assert_string_equal(diag.path, scratch_path("file"));
}

static void refuses_wrong_text(void **unused)
{
    static const struct {
        const char *file;
        w2b_err code;
        uint64_t line;
        const char *text;
    } cases[] = {
        {"2 3\na 1 2 3\nb 1 2\n", W2B_ERR_FORMAT, 3, "expected 3 numbers, found 2"},
        {"2 3\na 1 2 3\nb 1 2 3 4\n", W2B_ERR_FORMAT, 3, "expected 3 numbers, found 4"},
        {"2 3\na 1 2 3\n\nb 1 2 3\n", W2B_ERR_FORMAT, 3, "expected 3 numbers, found 0"},
        {"2 3\na 1 2 3\nb 1 2x 3\n", W2B_ERR_FORMAT, 3, "expected a number, found \"2x\""},
        {"2 3\na 1 2 3\nb c\x01\xff 2 3\n", W2B_ERR_FORMAT, 3,
         "expected a number, found \"c\?\?\""},
        {"2 3\na 1 2 3\nb 1 nan 3\n", W2B_ERR_DATA, 3, "number 2 is not finite"},
        {"2 3\na 1 2 3\nb 1 2 -1e39\n", W2B_ERR_DATA, 3, "number 3 is not finite"},
        {"3 3\na 1 2 3\nb 1 2 3\n", W2B_ERR_FORMAT, 4,
         "the first line promises 3 words, but the file ends after 2"},
        {"1 3\na 1 2 3\nb 1 2 3\n", W2B_ERR_FORMAT, 3,
         "more lines follow the 1 words that the first one promises"},
        {"2 2\n", W2B_ERR_FORMAT, 2,
         "the first line promises 2 words, but the file ends after 0"},
        {"0 3\n", W2B_ERR_FORMAT, 1, "the first line promises no words"},
        {"3 0\na\nb\nc\n", W2B_ERR_FORMAT, 1, "the first line promises no numbers"},
        {"4294967295 3\na 1 2 3\n", W2B_ERR_LIMIT, 1,
         "the first line promises 4294967295 words, at most 4294967294 are allowed"},
        {"99999999999999999999999 3\na 1 2 3\n", W2B_ERR_LIMIT, 1,
         "the first line promises 18446744073709551615 words, at most 4294967294 are allowed"},
        {"1 65537\na 1 2 3\n", W2B_ERR_LIMIT, 1,
         "the first line promises 65537 numbers a word, at most 65536 are allowed"},
        {"", W2B_ERR_FORMAT, W2B_NOWHERE, "the file is empty"},
        {"this is text\nand no vectors\n", W2B_ERR_FORMAT, W2B_NOWHERE,
         "no known format of word vectors"},
        {"12 34 56\n", W2B_ERR_FORMAT, W2B_NOWHERE, "no known format of word vectors"},
        {"12 34", W2B_ERR_FORMAT, W2B_NOWHERE, "no known format of word vectors"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_refused(cases[i].file, strlen(cases[i].file), cases[i].code, cases[i].line,
                      cases[i].text);
}

/* A header that promises the world gets no memory for it. */
static void allocates_what_arrives(void **unused)
{
    (void)unused;
    const char *text = "4294967294 65536\nword 0.25 0.5 0.75 1.25\n";
    check_refused(text, strlen(text), W2B_ERR_FORMAT, 2, "expected 65536 numbers, found 4");
    const char *binary = "4294967294 65536\nword \1\2\3\4\5\6\7\1\2\3\4\5\6\7";
    check_refused(binary, strlen(binary), W2B_ERR_FORMAT, W2B_NOWHERE,
                  "word 1 of 4294967294: the file ends within a vector");
}

static void refuses_wrong_binaries(void **unused)
{
    (void)unused;
    file f = {.n = 0};
    float bad[4] = {1, 2, 3, 4};
    const uint32_t infinity = 0x7f800000;
    add_text(&f, "3 4\n");
    add_record(&f, "a", vectors[0], 4, "\n");
    add_record(&f, "b", vectors[1], 4, "\n");
    const size_t two = f.n;
    check_refused(f.bytes, f.n, W2B_ERR_FORMAT, W2B_NOWHERE,
                  "the first line promises 3 words, but the file ends after 2");
    add_record(&f, "c", vectors[2], 4, "\n");
    const size_t three = f.n;
    w2b_model_free(open_ok(f.bytes, f.n));
    add_text(&f, "more");
    check_refused(f.bytes, f.n, W2B_ERR_FORMAT, W2B_NOWHERE,
                  "more bytes follow the 3 words that the first line promises");
    check_refused(f.bytes, three - 2, W2B_ERR_FORMAT, W2B_NOWHERE,
                  "word 3 of 3: the file ends within a vector");
    check_refused(f.bytes, two + 1, W2B_ERR_FORMAT, W2B_NOWHERE,
                  "word 3 of 3: the file ends within a word");
    /* The newline at the very end may be missing. */
    w2b_model_free(open_ok(f.bytes, three - 1));
    for (size_t n = 6; n + 1 < three; n++) {
        w2b_model *model = NULL;
        assert_int_equal(open_bytes(f.bytes, n, NULL, &model, NULL), W2B_ERR_FORMAT);
    }

    f.n = two;
    memcpy(&bad[2], &infinity, sizeof infinity);
    add_record(&f, "c", bad, 4, "\n");
    check_refused(f.bytes, f.n, W2B_ERR_DATA, W2B_NOWHERE, "word 3 of 3: a number is not finite");
    f.n = two;
    add_record(&f, "\nc", vectors[0], 4, "\n");
    check_refused(f.bytes, f.n, W2B_ERR_FORMAT, W2B_NOWHERE,
                  "word 3 of 3: a newline within a word");
    f.n = two;
    memset(f.bytes + f.n, 'w', 70000);
    f.n += 70000;
    check_refused(f.bytes, f.n, W2B_ERR_FORMAT, W2B_NOWHERE, "word 3 of 3: no word ends here");
}

/* ----- Writing ------------------------------------------------------------ */

static w2b_err save(const w2b_model *model, const char *name, uint64_t limit, w2b_diag *diag)
{
    w2b_save_options options;
    w2b_save_defaults(&options);
    options.replace = 1;
    options.limit = limit;
    return w2b_model_save(model, scratch_path(name), &options, diag);
}

static void check_content(const char *name, const void *want, size_t n)
{
    size_t found_n;
    const char *found = scratch_read(scratch_path(name), &found_n);
    assert_non_null(found);
    assert_int_equal(found_n, n);
    assert_memory_equal(found, want, n);
}

static void writes_both_forms(void **unused)
{
    (void)unused;
    const char *text = "3 4\n</s> 0.5 -1 0.25 0.1\nna\xc3 1e-10 3e+10 0 -0\n"
                       "x 0.33333334 -0.33333334 2 3\n";
    file f = {.n = 0};
    add_text(&f, "3 4\n");
    add_record(&f, "</s>", vectors[0], 4, "\n");
    add_record(&f, "na\xc3", vectors[1], 4, "\n");
    add_record(&f, "x", vectors[2], 4, "\n");
    w2b_model *model = open_ok(text, strlen(text));
    assert_int_equal(save(model, "a.txt", 0, NULL), W2B_OK);
    check_content("a.txt", text, strlen(text));
    assert_int_equal(save(model, "a.vec", 0, NULL), W2B_OK);
    check_content("a.vec", text, strlen(text));
    assert_int_equal(save(model, "a.bin", 0, NULL), W2B_OK);
    check_content("a.bin", f.bytes, f.n);
    assert_int_equal(save(model, "a.txt", 1, NULL), W2B_OK);
    check_content("a.txt", "1 4\n</s> 0.5 -1 0.25 0.1\n", 25);
    w2b_model_free(model);
}

/* Words that the formats cannot hold; a .w2b file can. */
static void refuses_words_with_spaces(void **unused)
{
    static const char words[] = "fine\0two words\0";
    static const char *const names[] = {"bad.txt", "bad.bin"};
    (void)unused;
    w2b_parts parts;
    memset(&parts, 0, sizeof parts);
    parts.words = 2;
    parts.bytes = w2b_alloc(sizeof words, 1);
    parts.starts = w2b_alloc(3, sizeof *parts.starts);
    assert_non_null(parts.bytes);
    assert_non_null(parts.starts);
    memcpy(parts.bytes, words, sizeof words);
    parts.starts[0] = 0;
    parts.starts[1] = 5;
    parts.starts[2] = 15;
    assert_int_equal(w2b_code_init(&parts.code, W2B_METHOD_FLOAT, 32, 1), 0);
    parts.code_room = 2 * sizeof(float);
    parts.codes = w2b_pages(parts.code_room);
    assert_non_null(parts.codes);
    parts.format = "memory";
    w2b_model *model;
    assert_int_equal(w2b_model_make(&parts, &model, NULL), W2B_OK);
    for (size_t i = 0; i < 2; i++) {
        w2b_diag diag;
        assert_int_equal(save(model, names[i], 0, &diag), W2B_ERR_DATA);
        assert_string_equal(diag.text, "the word of row 1 holds a space or a newline: "
                                       "this format cannot hold it");
        assert_int_not_equal(access(scratch_path(names[i]), F_OK), 0);
        assert_int_equal(save(model, names[i], 1, &diag), W2B_OK);
        unlink(scratch_path(names[i]));
    }
    w2b_model_free(model);
}

static void chooses_the_format(void **unused)
{
    (void)unused;
    assert_int_equal(w2b_format_of_name("a.w2b"), W2B_FORMAT_W2B);
    assert_int_equal(w2b_format_of_name("dir.txt/a.BIN"), W2B_FORMAT_WORD2VEC_BINARY);
    assert_int_equal(w2b_format_of_name("a.txt"), W2B_FORMAT_WORD2VEC_TEXT);
    assert_int_equal(w2b_format_of_name("a.b.vec"), W2B_FORMAT_WORD2VEC_TEXT);
    assert_int_equal(w2b_format_of_name("a.tx"), W2B_FORMAT_AUTO);
    assert_int_equal(w2b_format_of_name("dir.txt/a"), W2B_FORMAT_AUTO);
    assert_int_equal(w2b_format_of_name(".txt"), W2B_FORMAT_AUTO);
    const char *text = "1 1\na 1\n";
    w2b_model *model = open_ok(text, strlen(text));
    w2b_diag diag;
    assert_int_equal(save(model, "a.csv", 0, &diag), W2B_ERR_ARGUMENT);
    assert_string_equal(diag.text, "no format is known by the extension \".csv\"");
    /* Without an extension it is the format of this project. */
    assert_int_equal(save(model, "plain", 0, &diag), W2B_OK);
    size_t n;
    const char *found = scratch_read(scratch_path("plain"), &n);
    assert_true(n > W2B_MAGIC_SIZE);
    assert_memory_equal(found, W2B_MAGIC, W2B_MAGIC_SIZE);
    w2b_save_options options;
    w2b_save_defaults(&options);
    options.format = (w2b_format)99;
    assert_int_equal(w2b_model_save(model, scratch_path("a.txt"), &options, NULL),
                     W2B_ERR_ARGUMENT);
    options.size = 0;
    assert_int_equal(w2b_model_save(model, scratch_path("a.txt"), &options, NULL),
                     W2B_ERR_ARGUMENT);
    w2b_model_free(model);
}

static int stop(const w2b_progress *progress, void *user)
{
    (void)progress;
    (void)user;
    return 1;
}

static void can_be_cancelled(void **unused)
{
    (void)unused;
    const char *text = "1 1\na 1\n";
    w2b_open_options options;
    w2b_save_options saving;
    w2b_model *model = NULL;
    w2b_open_defaults(&options);
    options.progress = stop;
    assert_int_equal(open_bytes(text, strlen(text), &options, &model, NULL), W2B_ERR_CANCELLED);
    assert_null(model);
    model = open_ok(text, strlen(text));
    w2b_save_defaults(&saving);
    saving.progress = stop;
    const char *path = scratch_path("cancelled.txt");
    assert_int_equal(w2b_model_save(model, path, &saving, NULL), W2B_ERR_CANCELLED);
    assert_int_not_equal(access(path, F_OK), 0);
    w2b_model_free(model);
}

/* ----- Files of the real programs ----------------------------------------- */

static const struct {
    const char *name;
    const char *format;
    uint64_t words;
    uint32_t dim;
} samples[] = {
    {"data/formats/word2vec-c.bin", "word2vec-binary", 1880, 50},
    {"data/formats/gensim.bin", "word2vec-binary", 1880, 50},
    {"data/formats/word2bits-1bit.bin", "word2vec-binary", 1182, 64},
    {"data/formats/word2vec-c.txt", "word2vec-text", 1182, 25},
    {"data/formats/word2bits-2bit.txt", "word2vec-text", 853, 32},
    {"data/formats/fasttext-cbow.vec", "word2vec-text", 1182, 30},
};

/* Both models hold the same words and bits. */
static void check_equal(const w2b_model *a, const w2b_model *b)
{
    assert_int_equal(w2b_model_words(a), w2b_model_words(b));
    for (uint64_t row = 0; row < w2b_model_words(a); row++) {
        float vector[64];
        assert_int_equal(w2b_model_vector(a, row, vector, NULL), W2B_OK);
        check_row(b, row, w2b_model_word(a, row, NULL), vector);
    }
}

static void reads_files_of_real_programs(void **unused)
{
    (void)unused;
    w2b_model *first = NULL;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        const char *path = scratch_sample(samples[i].name);
        if (!path)
            continue;
        w2b_model *model;
        w2b_model *again;
        w2b_info info;
        w2b_diag diag;
        if (w2b_model_open(path, NULL, &model, &diag) != W2B_OK)
            fail_msg("%s: %s", path, diag.text);
        w2b_model_info(model, &info);
        assert_string_equal(info.format, samples[i].format);
        assert_int_equal(info.words, samples[i].words);
        assert_int_equal(info.dim, samples[i].dim);

        /* Written and read again, nothing has changed. */
        static const char *const copies[] = {"copy.txt", "copy.bin"};
        for (size_t k = 0; k < 2; k++) {
            assert_int_equal(save(model, copies[k], 0, NULL), W2B_OK);
            assert_int_equal(w2b_model_open(scratch_path(copies[k]), NULL, &again, NULL), W2B_OK);
            check_equal(model, again);
            w2b_model_free(again);
        }
        /* word2vec.c and gensim wrote the same vectors. */
        if (i == 1 && first)
            check_equal(first, model);
        if (i == 0)
            first = model;
        else
            w2b_model_free(model);
    }
    w2b_model_free(first);
}

/* What word2vec.c wrote comes back byte by byte. */
static void writes_as_word2vec_does(void **unused)
{
    (void)unused;
    const char *path = scratch_sample("data/formats/word2vec-c.bin");
    if (!path)
        return;
    static char want[500000];
    size_t n;
    w2b_model *model;
    const char *bytes = scratch_read(path, &n);
    assert_true(n <= sizeof want);
    memcpy(want, bytes, n);
    assert_int_equal(w2b_model_open(path, NULL, &model, NULL), W2B_OK);
    assert_int_equal(save(model, "same.bin", 0, NULL), W2B_OK);
    check_content("same.bin", want, n);
    w2b_model_free(model);
}

static int setup(void **unused)
{
    (void)unused;
    scratch_open();
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    scratch_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_both_binary_forms),
        cmocka_unit_test(tells_floats_from_text),
        cmocka_unit_test(reads_all_kinds_of_text),
        cmocka_unit_test(keeps_words_as_they_are),
        cmocka_unit_test(reads_compressed_files),
        cmocka_unit_test(reads_as_many_rows_as_asked),
        cmocka_unit_test(refuses_wrong_text),
        cmocka_unit_test(allocates_what_arrives),
        cmocka_unit_test(refuses_wrong_binaries),
        cmocka_unit_test(writes_both_forms),
        cmocka_unit_test(refuses_words_with_spaces),
        cmocka_unit_test(chooses_the_format),
        cmocka_unit_test(can_be_cancelled),
        cmocka_unit_test(reads_files_of_real_programs),
        cmocka_unit_test(writes_as_word2vec_does),
    };
    return cmocka_run_group_tests_name("word2vec", tests, setup, teardown);
}
