/*
 * test_corpus.c - reading text, against a reader that is as plain as possible.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define W2B_BASE_KEEP_MALLOC
#include <cmocka.h>
#include <xxhash.h>
#include <zstd.h>

#include "tests/unit/scratch.h"
#include "word2bits/cut.h"

/* ----- The plain reader ---------------------------------------------------- */

typedef struct word {
    char *bytes;
    size_t length;
    uint64_t count;
    uint32_t row;
} word;

typedef struct plain {
    word *words;
    size_t n_words;     /* all of them, then those of min_count */
    uint32_t *ids;
    size_t n;
    w2b_corpus_report report;
} plain;

typedef struct text {
    char *bytes;
    size_t n;
} text;

static int is_white(char c)
{
    return c && strchr(" \t\n\v\f\r", c) != NULL;
}

static int compare_words(const void *left, const void *right)
{
    const word *a = left;
    const word *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    const int order = memcmp(a->bytes, b->bytes, a->length < b->length ? a->length : b->length);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

static uint32_t plain_word(plain *p, const char *bytes, size_t length)
{
    for (size_t i = 0; i < p->n_words; i++) {
        if (p->words[i].length == length && memcmp(p->words[i].bytes, bytes, length) == 0) {
            p->words[i].count++;
            return (uint32_t)i;
        }
    }
    p->words = realloc(p->words, (p->n_words + 1) * sizeof *p->words);
    assert_non_null(p->words);
    word *w = &p->words[p->n_words];
    *w = (word){malloc(length), length, 1, (uint32_t)p->n_words};
    assert_non_null(w->bytes);
    memcpy(w->bytes, bytes, length);
    return (uint32_t)p->n_words++;
}

static void plain_text(plain *p, const text *t, uint32_t max_word)
{
    const size_t mark = t->n >= 3 && memcmp(t->bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    size_t i = mark;
    p->report.bytes += t->n;
    while (i < t->n) {
        if (is_white(t->bytes[i])) {
            if (t->bytes[i] == '\n') {
                p->report.lines++;
                p->ids[p->n++] = W2B_EOL;
            }
            i++;
            continue;
        }
        size_t end = i;
        while (end < t->n && !is_white(t->bytes[end]))
            end++;
        p->report.tokens++;
        if (end - i > max_word)
            p->report.long_words++;
        else
            p->ids[p->n++] = plain_word(p, t->bytes + i, end - i);
        i = end;
    }
    if (t->n > mark && t->bytes[t->n - 1] != '\n') {
        p->report.lines++;
        p->ids[p->n++] = W2B_EOL;
    }
}

static plain plain_read(const text *texts, size_t n_texts, const w2b_corpus_options *options)
{
    plain p = {0};
    size_t most = 0;
    for (size_t i = 0; i < n_texts; i++)
        most += 2 * texts[i].n + 2;
    p.ids = malloc(most * sizeof *p.ids);
    assert_non_null(p.ids);
    for (size_t i = 0; i < n_texts; i++)
        plain_text(&p, &texts[i], options->max_word);
    /* Rows of the provisional numbers, which end as the words' `row`. */
    uint32_t *rows = calloc(p.n_words + 1, sizeof *rows);
    assert_non_null(rows);
    if (p.n_words > 0)
        qsort(p.words, p.n_words, sizeof *p.words, compare_words);
    size_t kept = 0;
    for (size_t i = 0; i < p.n_words; i++) {
        const int enough = p.words[i].count >= options->min_count;
        rows[p.words[i].row] = enough ? (uint32_t)kept++ : W2B_EOL;
    }
    size_t n = 0;
    for (size_t i = 0; i < p.n; i++) {
        if (p.ids[i] == W2B_EOL) {
            if (n > 0 && p.ids[n - 1] != W2B_EOL)
                p.ids[n++] = W2B_EOL;
        } else if (rows[p.ids[i]] != W2B_EOL) {
            p.ids[n++] = rows[p.ids[i]];
            p.report.kept++;
        }
    }
    free(rows);
    p.n = n;
    for (size_t i = kept; i < p.n_words; i++)
        free(p.words[i].bytes);
    p.report.words = p.n_words = kept;
    return p;
}

static void plain_free(plain *p)
{
    for (size_t i = 0; i < p->n_words; i++)
        free(p->words[i].bytes);
    free(p->words);
    free(p->ids);
}

static uint64_t checksum_of(const text *texts, size_t n)
{
    XXH3_state_t *state = XXH3_createState();
    assert_non_null(state);
    assert_int_equal(XXH3_64bits_reset(state), XXH_OK);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(XXH3_64bits_update(state, texts[i].bytes, texts[i].n), XXH_OK);
    const uint64_t sum = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return sum;
}

/* ----- Comparing ----------------------------------------------------------- */

static void same_words(const w2b_vocab *vocab, const plain *p)
{
    assert_int_equal(w2b_vocab_size(vocab), p->n_words);
    for (size_t i = 0; i < p->n_words; i++) {
        size_t length;
        uint64_t count;
        const char *bytes = w2b_vocab_word(vocab, i, &length, &count);
        assert_int_equal(length, p->words[i].length);
        assert_memory_equal(bytes, p->words[i].bytes, length);
        assert_int_equal(bytes[length], 0);
        assert_int_equal(count, p->words[i].count);
    }
}

static void same_report(const w2b_corpus_report *a, const w2b_corpus_report *b)
{
    assert_int_equal(a->bytes, b->bytes);
    assert_int_equal(a->lines, b->lines);
    assert_int_equal(a->tokens, b->tokens);
    assert_int_equal(a->kept, b->kept);
    assert_int_equal(a->long_words, b->long_words);
    assert_int_equal(a->pruned, b->pruned);
    assert_int_equal(a->words, b->words);
    assert_int_equal(a->checksum, b->checksum);
}

static void same_ids(const w2b_corpus *corpus, const uint32_t *ids, size_t n)
{
    assert_int_equal(corpus->n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(corpus->ids[i], ids[i]);
}

static w2b_corpus *read_well(const char *const *paths, size_t n, const w2b_corpus_options *options,
                             w2b_cut cut)
{
    w2b_corpus *corpus = NULL;
    w2b_diag diag;
    if (w2b_corpus_read_cut(paths, n, options, cut, &corpus, &diag))
        fail_msg("%s: %s", diag.path, diag.text);
    return corpus;
}

/* Everything that a reading of `paths`, which hold `texts`, must give. */
static void check(const char *const *paths, const text *texts, size_t n,
                  const w2b_corpus_options *options, w2b_cut cut)
{
    plain p = plain_read(texts, n, options);
    p.report.checksum = checksum_of(texts, n);
    w2b_vocab *vocab = NULL;
    w2b_corpus *corpus = NULL;
    w2b_corpus_report report;
    const w2b_err err = w2b_vocab_count_cut(paths, n, options, cut, &vocab, &report, NULL);
    if (p.n_words == 0) {
        assert_int_equal(err, W2B_ERR_DATA);
        assert_int_equal(w2b_corpus_read_cut(paths, n, options, cut, &corpus, NULL),
                         W2B_ERR_DATA);
    } else {
        assert_int_equal(err, W2B_OK);
        same_words(vocab, &p);
        same_report(&report, &p.report);
        corpus = read_well(paths, n, options, cut);
        same_words(corpus->vocab, &p);
        same_report(&corpus->report, &p.report);
        same_ids(corpus, p.ids, p.n);
    }
    w2b_vocab_free(vocab);
    w2b_corpus_free(corpus);
    plain_free(&p);
}

/* ----- Random text --------------------------------------------------------- */

static uint64_t below(uint64_t n)
{
    return scratch_random() % n;
}

static size_t add_word(char *to)
{
    size_t n = 0;
    const uint64_t kind = below(20);
    if (kind < 12) {
        to[n++] = (char)('a' + below(6));
        while (below(2) && n < 4)
            to[n++] = (char)('a' + below(2));
    } else if (kind < 18) {
        /* 14 to 19 bytes, alike but for the end: short and long words meet. */
        n = 14 + below(6);
        memset(to, 'x', n);
        to[n - 1] = (char)('0' + below(3));
    } else {
        n = 1 + below(kind == 18 ? 8 : 90);
        for (size_t i = 0; i < n; i++)
            to[i] = (char)(0xff - below(0x80));
    }
    return n;
}

/* Up to `most` bytes; no byte 0, few control characters. */
static text random_text(size_t most)
{
    static const char *const between[] = {" ",  " ",  " ",  "\n",   "\r\n", "\t",
                                          "\v", "\f", "\r", "\n\n", " \n ", "   "};
    text t = {malloc(most + 200), 0};
    assert_non_null(t.bytes);
    if (below(4) == 0) {
        memcpy(t.bytes, "\xef\xbb\xbf", 3);
        t.n = 3;
    } else {
        t.bytes[t.n++] = 'a';
    }
    while (t.n < most) {
        t.n += add_word(t.bytes + t.n);
        const char *gap = between[below(sizeof between / sizeof between[0])];
        memcpy(t.bytes + t.n, gap, strlen(gap));
        t.n += strlen(gap);
    }
    if (below(2))
        t.n = most;
    return t;
}

static char folder[512];

static w2b_corpus_options options_of(uint32_t threads)
{
    w2b_corpus_options options;
    w2b_corpus_defaults(&options);
    options.threads = threads;
    options.spool_dir = folder;
    return options;
}

/* Pieces from the shortest possible up to more than the text, one to three
 * files, ids in memory and in a file, any number of threads. */
static void reads_as_the_plain_reader(void **state)
{
    (void)state;
    static const uint32_t threads[] = {1, 2, 2, 1, 5};
    for (int round = 0; round < 200; round++) {
        text texts[3];
        const char *paths[3];
        char names[3][512];
        const size_t n = 1 + below(3);
        for (size_t i = 0; i < n; i++) {
            char name[8];
            snprintf(name, sizeof name, "text%zu", i);
            texts[i] = random_text(1 + below(round % 8 == 0 ? 4000 : 300));
            snprintf(names[i], sizeof names[i], "%s",
                     scratch_write(name, texts[i].bytes, texts[i].n));
            paths[i] = names[i];
        }
        w2b_corpus_options options = options_of(threads[round % 5]);
        options.min_count = below(5);
        options.max_word = (uint32_t)(1 + below(40));
        options.memory = below(3) ? options.memory : below(200);
        const w2b_cut cut = {1 + below(round % 2 ? 60 : 3000), (uint32_t)(1 + below(4))};
        check(paths, texts, n, &options, cut);
        for (size_t i = 0; i < n; i++)
            free(texts[i].bytes);
    }
}

/* Three pieces of the real size, one line, hardly any word but "a". */
static void reads_long_lines(void **state)
{
    (void)state;
    const size_t n = (size_t)5 << 20;
    text t = {malloc(n), n};
    assert_non_null(t.bytes);
    for (size_t i = 0; i < n; i++)
        t.bytes[i] = i % 2 ? ' ' : 'a';
    memset(t.bytes + 1000, 'b', 2500000);
    t.bytes[n - 1] = 'c';
    const char *path = scratch_write("long", t.bytes, n);
    w2b_corpus_options options = options_of(2);
    options.min_count = 1;
    check(&path, &t, 1, &options, W2B_CUT);
    free(t.bytes);
}

static int same_corpus(const w2b_corpus *a, const w2b_corpus *b)
{
    if (a->n != b->n || memcmp(a->ids, b->ids, a->n * sizeof *a->ids) != 0)
        return 0;
    if (w2b_vocab_size(a->vocab) != w2b_vocab_size(b->vocab))
        return 0;
    for (uint64_t i = 0; i < w2b_vocab_size(a->vocab); i++) {
        size_t n, m;
        uint64_t c, d;
        const char *u = w2b_vocab_word(a->vocab, i, &n, &c);
        const char *v = w2b_vocab_word(b->vocab, i, &m, &d);
        if (n != m || c != d || memcmp(u, v, n) != 0)
            return 0;
    }
    return a->report.pruned == b->report.pruned;
}

/* Each id occurs as often as the vocabulary says; line ends as promised. */
static void check_ids(const w2b_corpus *corpus)
{
    const uint64_t words = w2b_vocab_size(corpus->vocab);
    uint64_t *counts = calloc(words, sizeof *counts);
    assert_non_null(counts);
    for (uint64_t i = 0; i < corpus->n; i++) {
        if (corpus->ids[i] == W2B_EOL) {
            assert_true(i > 0 && corpus->ids[i - 1] != W2B_EOL);
            continue;
        }
        assert_in_range(corpus->ids[i], 0, words - 1);
        counts[corpus->ids[i]]++;
    }
    assert_int_equal(corpus->ids[corpus->n - 1], W2B_EOL);
    for (uint64_t i = 0; i < words; i++) {
        uint64_t count;
        assert_non_null(w2b_vocab_word(corpus->vocab, i, NULL, &count));
        assert_int_equal(counts[i], count);
    }
    free(counts);
}

/* 100,000 words that occur once, which are more provisional ids than are let
 * stand, among ten that occur all the time. "early", the first and last word,
 * is dropped and comes as a new word. */
static void prunes_rare_words(void **state)
{
    (void)state;
    text t = {malloc(2000000), 0};
    assert_non_null(t.bytes);
    uint64_t often = 0;
    t.n = (size_t)snprintf(t.bytes, 20, "early ");
    for (int i = 0; i < 100000; i++) {
        t.n += (size_t)snprintf(t.bytes + t.n, 20, "w%d%c", i, i % 5 ? ' ' : '\n');
        t.n += (size_t)snprintf(t.bytes + t.n, 20, "often%d ", i % 10);
        often += i % 10 == 0;
    }
    t.n += (size_t)snprintf(t.bytes + t.n, 20, "early");
    const char *path = scratch_write("rare", t.bytes, t.n);
    w2b_corpus *first = NULL;
    for (uint32_t threads = 1; threads <= 5; threads += 2) {
        w2b_corpus_options options = options_of(threads);
        options.min_count = 1;
        options.max_vocab = 1000;
        options.memory = threads == 3 ? 1000 : options.memory;
        const w2b_cut cut = {5000, 3};
        w2b_corpus *corpus = read_well(&path, 1, &options, cut);
        assert_in_range(w2b_vocab_size(corpus->vocab), 11, 1000);
        assert_int_equal(corpus->report.pruned, 100012 - w2b_vocab_size(corpus->vocab));
        assert_int_equal(corpus->report.tokens, 200002);
        for (uint64_t i = 0; i < 11; i++) {
            uint64_t count;
            const char *bytes = w2b_vocab_word(corpus->vocab, i, NULL, &count);
            assert_int_equal(count, i < 10 ? often : 1);
            assert_int_equal(strncmp(bytes, "often", 5) == 0, i < 10);
        }
        check_ids(corpus);
        if (first) {
            assert_true(same_corpus(first, corpus));
            w2b_corpus_free(corpus);
        } else {
            first = corpus;
        }
    }
    w2b_corpus_free(first);
    free(t.bytes);
}

/* Of more words than allowed that are left at the end the first in order stay. */
static void cuts_the_vocabulary_at_the_end(void **state)
{
    (void)state;
    const char *path = scratch_write("few", "d d d c c b b e a a\nc\n", 22);
    w2b_corpus_options options = options_of(2);
    options.min_count = 2;
    options.max_vocab = 3;
    w2b_corpus *corpus = read_well(&path, 1, &options, W2B_CUT);
    assert_int_equal(w2b_vocab_size(corpus->vocab), 3);
    assert_int_equal(corpus->report.pruned, 1);
    const uint32_t ids[] = {1, 1, 1, 0, 0, 2, 2, W2B_EOL, 0, W2B_EOL};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(w2b_vocab_word(corpus->vocab, i, NULL, NULL)[0], "cda"[i]);
    same_ids(corpus, ids, sizeof ids / sizeof ids[0]);
    w2b_corpus_free(corpus);
}

/* ----- Files --------------------------------------------------------------- */

static uint32_t crc32_of(const char *bytes, size_t n)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= (unsigned char)bytes[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

/* A gzip member with its data stored as they are. */
static size_t gzip_member(char *to, const char *bytes, size_t n)
{
    static const char head[] = {31, (char)139, 8, 0, 0, 0, 0, 0, 0, 3, 1};
    assert_true(n < 65536);
    memcpy(to, head, sizeof head);
    char *at = to + sizeof head;
    const uint32_t sizes[] = {(uint32_t)n, (uint32_t)~n};
    for (int i = 0; i < 4; i++)
        *at++ = (char)(sizes[i / 2] >> 8 * (i % 2));
    memcpy(at, bytes, n);
    at += n;
    const uint32_t tail[] = {crc32_of(bytes, n), (uint32_t)n};
    for (int i = 0; i < 8; i++)
        *at++ = (char)(tail[i / 4] >> 8 * (i % 4));
    return (size_t)(at - to);
}

/* Members that end in the middle of a word, in one file. */
static void reads_compressed_members(void **state)
{
    (void)state;
    w2b_corpus_options options = options_of(2);
    options.min_count = 1;
    const w2b_cut cut = {300, 3};
    const text t = random_text(5000);
    char *packed = malloc(20000);
    assert_non_null(packed);
    size_t n = gzip_member(packed, t.bytes, 777);
    n += gzip_member(packed + n, t.bytes + 777, 0);
    n += gzip_member(packed + n, t.bytes + 777, t.n - 777);
    const char *path = scratch_write("members.gz", packed, n);
    check(&path, &t, 1, &options, cut);
    n = ZSTD_compress(packed, 20000, t.bytes, 1234, 3);
    assert_false(ZSTD_isError(n));
    n += ZSTD_compress(packed + n, 20000 - n, t.bytes + 1234, t.n - 1234, 3);
    path = scratch_write("members", packed, n);
    check(&path, &t, 1, &options, cut);
    /* Cut off: an error, and no corpus. */
    path = scratch_write("cut", packed, n - 10);
    w2b_corpus *corpus = NULL;
    w2b_diag diag;
    assert_int_equal(w2b_corpus_read_cut(&path, 1, &options, cut, &corpus, &diag),
                     W2B_ERR_FORMAT);
    assert_string_equal(diag.path, path);
    assert_null(corpus);
    free(packed);
    free(t.bytes);
}

static void divides_words_and_lines(void **state)
{
    (void)state;
    static const char bytes[] = "\xef\xbb\xbf" "a b\r\n\r\n \n"
                                "\xef\xbb\xbf" "c\vb a\fa\rc\xc2\xa0" "d";
    const char *paths[] = {scratch_write("one", bytes, sizeof bytes - 1),
                           scratch_write("empty", "", 0), scratch_write("two", "a b", 3)};
    w2b_corpus_options options = options_of(1);
    options.min_count = 1;
    w2b_corpus *corpus = read_well(paths, 3, &options, W2B_CUT);
    const char *const words[] = {"a", "b", "c\xc2\xa0" "d", "\xef\xbb\xbf" "c"};
    assert_int_equal(w2b_vocab_size(corpus->vocab), 4);
    for (uint64_t i = 0; i < 4; i++)
        assert_string_equal(w2b_vocab_word(corpus->vocab, i, NULL, NULL), words[i]);
    const uint32_t ids[] = {0, 1, W2B_EOL, 3, 1, 0, 0, 2, W2B_EOL, 0, 1, W2B_EOL};
    same_ids(corpus, ids, sizeof ids / sizeof ids[0]);
    assert_int_equal(corpus->report.lines, 5);
    w2b_corpus_free(corpus);
}

/* Zero bytes far inside a text are part of words. */
static void keeps_any_bytes_behind_the_head(void **state)
{
    (void)state;
    const size_t n = 70000;
    text t = {malloc(n), n};
    assert_non_null(t.bytes);
    for (size_t i = 0; i < n; i++)
        t.bytes[i] = i % 7 ? 'w' : ' ';
    memcpy(t.bytes + 66000, " x x\0 x\0\0 ", 10);
    const char *path = scratch_write("zeros", t.bytes, n);
    w2b_corpus_options options = options_of(1);
    options.min_count = 1;
    check(&path, &t, 1, &options, W2B_CUT);
    free(t.bytes);
}

/* ----- A given vocabulary, pipes, a real text ------------------------------ */

static void encodes_with_a_given_vocabulary(void **state)
{
    (void)state;
    const char *vocab = scratch_write("vocab", "the 9\nzebra 7\ncat 7\n", 20);
    static const char bytes[] = "\ndog\nthe\n\ndog\nthe cat dog the\ndog cat\nx\n";
    const char *path = scratch_write("text", bytes, sizeof bytes - 1);
    const uint32_t ids[] = {0, W2B_EOL, 0, 1, 0, W2B_EOL, 1, W2B_EOL};
    for (size_t piece = 4; piece < 60; piece += 3) {
        w2b_corpus_options options = options_of(2);
        options.vocab = vocab;
        options.max_word = 3;
        options.max_vocab = 1;
        const w2b_cut cut = {piece, 2};
        w2b_corpus *corpus = read_well(&path, 1, &options, cut);
        same_ids(corpus, ids, sizeof ids / sizeof ids[0]);
        uint64_t count = 0;
        assert_string_equal(w2b_vocab_word(corpus->vocab, 2, NULL, &count), "zebra");
        assert_int_equal(count, 7);
        assert_int_equal(corpus->report.kept, 5);
        assert_int_equal(corpus->report.tokens, 10);
        assert_int_equal(corpus->report.words, 3);
        w2b_corpus_free(corpus);
    }
}

typedef struct feeder {
    const char *path;
    const text *text;
} feeder;

static void *feed(void *data)
{
    const feeder *f = data;
    FILE *pipe = fopen(f->path, "wb");
    if (pipe) {
        (void)fwrite(f->text->bytes, f->text->n, 1, pipe);
        (void)fclose(pipe);
    }
    return NULL;
}

/* A pipe is opened once; how long it is cannot be known. */
static void reads_pipes(void **state)
{
    (void)state;
    const char *path = scratch_path("pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    const text t = random_text(300000);
    feeder f = {path, &t};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, feed, &f), 0);
    w2b_corpus_options options = options_of(2);
    options.min_count = 1;
    const w2b_cut cut = {1500, 2};
    w2b_corpus *corpus = read_well(&path, 1, &options, cut);
    assert_int_equal(pthread_join(thread, NULL), 0);
    plain p = plain_read(&t, 1, &options);
    same_words(corpus->vocab, &p);
    same_ids(corpus, p.ids, p.n);
    plain_free(&p);
    w2b_corpus_free(corpus);
    free(t.bytes);
}

/* The figures that come with the sample corpus. */
static void counts_the_sample_corpus(void **state)
{
    (void)state;
    const char *path = scratch_sample("data/wiki17m.txt.zst");
    if (!path)
        skip();
    w2b_corpus_options options = options_of(2);
    w2b_vocab *vocab = NULL;
    w2b_corpus_report report;
    assert_int_equal(w2b_vocab_count(&path, 1, &options, &vocab, &report, NULL), W2B_OK);
    assert_int_equal(report.tokens, 17231605);
    assert_int_equal(report.words, 71249);
    w2b_vocab_free(vocab);
}

static int open_folder(void **state)
{
    (void)state;
    scratch_open();
    snprintf(folder, sizeof folder, "%s", scratch_path(""));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_as_the_plain_reader),
        cmocka_unit_test(reads_long_lines),
        cmocka_unit_test(prunes_rare_words),
        cmocka_unit_test(cuts_the_vocabulary_at_the_end),
        cmocka_unit_test(reads_compressed_members),
        cmocka_unit_test(divides_words_and_lines),
        cmocka_unit_test(keeps_any_bytes_behind_the_head),
        cmocka_unit_test(encodes_with_a_given_vocabulary),
        cmocka_unit_test(reads_pipes),
        cmocka_unit_test(counts_the_sample_corpus),
    };
    return cmocka_run_group_tests_name("corpus", tests, open_folder, scratch_tear_down);
}
