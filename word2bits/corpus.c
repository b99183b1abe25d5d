/*
 * corpus.c - text to a vocabulary and token ids, in one reading.
 *
 * Text comes in rounds of pieces. While the pieces of one round are counted
 * and merged, one thread (the caller's, which also calls the progress callback)
 * reads the next round and then helps counting. Ids are provisional until all
 * text has been seen; then they are replaced by rows of the vocabulary in one
 * pass over the spool.
 *
 * With a given vocabulary the same happens with a table that is closed to new
 * words, and the ids are rows from the beginning. All words of that vocabulary
 * are used: min_count and max_vocab were the business of whoever made it.
 */
#include "word2bits/corpus.h"

#include <string.h>

#include "io/temp.h"
#include "word2bits/count.h"
#include "word2bits/cut.h"
#include "word2bits/spool.h"
#include "word2bits/text.h"
#include "word2bits/vocab.h"

#define MOST_THREADS 1024u

typedef struct reading {
    w2b_corpus_options options;
    const char *const *paths;
    size_t n_paths;
    w2b_cut cut;
    uint32_t threads;
    double begun;
    w2b_text *text;
    w2b_piece *pieces[2];  /* [cut.pieces] each: counted, and read meanwhile */
    uint32_t n_pieces[2];
    w2b_tally *tallies;    /* [cut.pieces] */
    const w2b_lens *lens;  /* or NULL */
    w2b_piece *seen;       /* [cut.pieces] what it shows */
    int no_memory;         /* set by any thread */
    w2b_err read_err;
    w2b_diag read_diag;
    w2b_table *table;
    w2b_spool *spool;      /* NULL: only the vocabulary is wanted */
    const w2b_vocab *known; /* words that stay, whatever the text; or NULL */
    uint32_t last;         /* the last id of the spool */
    w2b_vocab *vocab;
    w2b_corpus_report report;
} reading;

void w2b_corpus_defaults(w2b_corpus_options *options)
{
    *options = (w2b_corpus_options){
        .size = sizeof *options,
        .min_count = 5,
        .max_vocab = 30000000,
        .max_word = 1000,
        .memory = (uint64_t)8 << 30,
    };
}

/* ----- Beginning and end --------------------------------------------------- */

static w2b_err check_options(const w2b_corpus_options *options, size_t n_paths, w2b_diag *diag)
{
    if (n_paths == 0)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "no files to read");
    if (options->max_word < 1 || options->max_word > W2B_WORD_MOST)
        return w2b_fail(diag, W2B_ERR_ARGUMENT,
                        "the longest word allowed must be 1 to %u bytes, not %u", W2B_WORD_MOST,
                        options->max_word);
    if (options->max_vocab < 1)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "a vocabulary of 0 words is too small");
    if (options->threads > MOST_THREADS)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "%u threads are too many, at most %u",
                        options->threads, MOST_THREADS);
    return W2B_OK;
}

static void reading_end(reading *r)
{
    for (uint32_t i = 0; i < r->cut.pieces; i++) {
        for (int side = 0; side < 2; side++) {
            if (r->pieces[side])
                w2b_free(r->pieces[side][i].text);
        }
        if (r->tallies)
            w2b_tally_clear(&r->tallies[i]);
        if (r->seen)
            w2b_free(r->seen[i].text);
    }
    w2b_free(r->seen);
    w2b_free(r->pieces[0]);
    w2b_free(r->pieces[1]);
    w2b_free(r->tallies);
    w2b_text_close(r->text);
    w2b_table_free(r->table);
    w2b_spool_free(r->spool);
    w2b_vocab_free(r->vocab);
}

/* Releases all that counting needed and finishing does not. */
static void reading_shrink(reading *r)
{
    reading rest = *r;
    rest.spool = NULL;
    rest.vocab = NULL;
    reading_end(&rest);
    r->pieces[0] = r->pieces[1] = NULL;
    r->tallies = NULL;
    r->seen = NULL;
    r->text = NULL;
    r->table = NULL;
}

static w2b_err reading_begin(reading *r, int keep_ids, w2b_diag *diag)
{
    const w2b_corpus_options *options = &r->options;
    w2b_err err = check_options(options, r->n_paths, diag);
    if (err)
        return err;
    r->begun = w2b_now();
    r->threads = options->threads > 0 ? options->threads : w2b_processors();
    r->last = W2B_EOL;
    if (options->vocab) {
        err = w2b_vocab_open(options->vocab, &r->vocab, diag);
        if (err)
            return err;
    }
    r->pieces[0] = w2b_alloc_zero(r->cut.pieces, sizeof *r->pieces[0]);
    r->pieces[1] = w2b_alloc_zero(r->cut.pieces, sizeof *r->pieces[1]);
    r->tallies = w2b_alloc_zero(r->cut.pieces, sizeof *r->tallies);
    r->seen = w2b_alloc_zero(r->cut.pieces, sizeof *r->seen);
    r->table = r->vocab ? w2b_vocab_table(r->vocab) : w2b_table_new();
    if (keep_ids)
        r->spool = w2b_spool_new(options->memory,
                                 options->spool_dir ? options->spool_dir : W2B_TEMP_DIR);
    if (!r->pieces[0] || !r->pieces[1] || !r->tallies || !r->seen || !r->table ||
        (keep_ids && !r->spool))
        return w2b_fail_memory(diag, r->cut.pieces * sizeof *r->tallies, "counting words");
    err = w2b_text_open(r->paths, r->n_paths, r->cut.piece, options, &r->text, diag);
    if (!err && r->lens)
        w2b_text_keep_lines(r->text);
    return err;
}

/* ----- Rounds -------------------------------------------------------------- */

static w2b_err read_round(reading *r, int side, w2b_diag *diag)
{
    uint32_t n = 0;
    r->n_pieces[side] = 0;
    while (n < r->cut.pieces) {
        const w2b_err err = w2b_text_read(r->text, &r->pieces[side][n], diag);
        if (err)
            return err;
        if (r->pieces[side][n].size == 0)
            break;
        n++;
    }
    r->n_pieces[side] = n;
    return W2B_OK;
}

/* Counts piece `i`, as it is or as the lens shows it. 0, or -1 without memory. */
static int count_piece(reading *r, w2b_probe *probe, const w2b_piece *piece, uint32_t i)
{
    const int keep_ids = r->spool != NULL;
    if (!r->lens)
        return w2b_tally_count(&r->tallies[i], probe, piece, r->options.max_word, keep_ids);
    if (r->lens->apply(r->lens->context, piece, &r->seen[i])) {
        memset(r->tallies[i].first, 0, sizeof r->tallies[i].first);
        return -1;
    }
    return w2b_tally_count(&r->tallies[i], probe, &r->seen[i], W2B_WORD_MOST, keep_ids);
}

/* Counts and merges the pieces of one side while the other is read. */
static void count_round(reading *r, int side)
{
    const w2b_piece *pieces = r->pieces[side];
    const uint32_t n = r->n_pieces[side];
    const int keep_ids = r->spool != NULL;
#pragma omp parallel num_threads(r->threads)
    {
        w2b_probe probe = {0};
#pragma omp master
        r->read_err = read_round(r, 1 - side, &r->read_diag);
#pragma omp for schedule(dynamic)
        for (uint32_t i = 0; i < n; i++) {
            if (count_piece(r, &probe, &pieces[i], i)) {
#pragma omp atomic write
                r->no_memory = 1;
            }
        }
        w2b_probe_clear(&probe);
#pragma omp for schedule(dynamic)
        for (uint32_t s = 0; s < W2B_SHARDS; s++)
            w2b_table_merge(r->table, s, r->tallies, n);
#pragma omp for schedule(dynamic)
        for (uint32_t i = 0; i < n; i++) {
            if (keep_ids)
                w2b_tally_globalize(&r->tallies[i]);
        }
    }
}

/* Puts the ids of `n` tallies behind those of the spool. */
static w2b_err spool_round(reading *r, uint32_t n, w2b_diag *diag)
{
    for (uint32_t i = 0; i < n; i++) {
        const w2b_tally *tally = &r->tallies[i];
        /* A line end may have been the last of the piece before. */
        const size_t skip = tally->n_ids > 0 && tally->ids[0] == W2B_EOL && r->last == W2B_EOL;
        const size_t size = tally->n_ids - skip;
        if (size == 0)
            continue;
        uint64_t at;
        w2b_err err = w2b_spool_extend(r->spool, size, &at, diag);
        if (!err)
            err = w2b_spool_put(r->spool, at, tally->ids + skip, size, diag);
        if (err)
            return err;
        r->last = tally->ids[tally->n_ids - 1];
    }
    return W2B_OK;
}

/* Between rounds: keeps the table within max_vocab, and the provisional ids,
 * which dropped words keep for ever, within a small multiple of it. */
static w2b_err prune(reading *r, w2b_diag *diag)
{
    const uint64_t most = r->options.max_vocab;
    if (r->table->closed || w2b_table_words(r->table) <= most)
        return W2B_OK;
    /* Room for a quarter of new words, lest every round should end here. */
    r->report.pruned += w2b_table_prune(r->table, most - most / 4, r->threads);
    const uint64_t ids = w2b_table_ids(r->table);
    if (!r->spool || ids / 4 < most || ids < ((uint64_t)1 << 16))
        return W2B_OK;
    uint32_t *map = NULL;
    uint64_t n;
    if (w2b_table_renumber(r->table, &map, &n))
        return w2b_fail_memory(diag, ids * sizeof *map, "the vocabulary");
    const w2b_err err = w2b_spool_remap(r->spool, map, n, r->threads, diag);
    w2b_free(map);
    return err;
}

static w2b_err read_rounds(reading *r, w2b_diag *diag)
{
    int side = 0;
    w2b_err err = read_round(r, side, diag);
    while (!err && r->n_pieces[side] > 0) {
        const uint32_t n = r->n_pieces[side];
        count_round(r, side);
        if (r->no_memory)
            return w2b_fail_memory(diag, r->cut.piece, "counting words");
        if (w2b_table_failed(r->table))
            return w2b_fail(diag, W2B_ERR_MEMORY,
                            "out of memory with %llu different words: a lower limit of the "
                            "vocabulary while counting helps",
                            (unsigned long long)w2b_table_words(r->table));
        for (uint32_t i = 0; i < n; i++) {
            r->report.tokens += r->tallies[i].tokens + r->tallies[i].long_words;
            r->report.long_words += r->tallies[i].long_words;
            r->report.lines += r->tallies[i].lines;
        }
        if (r->spool)
            err = spool_round(r, n, diag);
        if (!err && r->read_err) {
            if (diag)
                *diag = r->read_diag;
            return r->read_err;
        }
        side = 1 - side;
        if (!err && r->n_pieces[side] > 0)
            err = prune(r, diag);
    }
    return err;
}

/* ----- Finishing ----------------------------------------------------------- */

static w2b_err fail_empty(const reading *r, w2b_diag *diag)
{
    if (r->n_paths > 1)
        return w2b_fail(diag, W2B_ERR_DATA, "no words in the %zu files", r->n_paths);
    const char *name = strcmp(r->paths[0], "-") == 0 ? "standard input" : r->paths[0];
    return w2b_fail_at(diag, W2B_ERR_DATA, name, W2B_NOWHERE, W2B_NOWHERE, "no words in the text");
}

/* Says how far the most frequent word is from min_count. */
static w2b_err fail_rare(const reading *r, w2b_diag *diag)
{
    w2b_vocab *first = NULL;
    const w2b_err err = w2b_vocab_build(r->table, 1, NULL, 1, &first, NULL, diag);
    if (err)
        return err;
    if (first->n == 0) {
        w2b_vocab_free(first);
        return w2b_fail(diag, W2B_ERR_DATA, "no word is left: %llu words at once are too few",
                        (unsigned long long)r->options.max_vocab);
    }
    size_t length = 0;
    uint64_t count = 0;
    const char *word = w2b_vocab_word(first, 0, &length, &count);
    char shown[65];
    size_t n = 0;
    for (; n < length && n < sizeof shown - 1; n++) {
        const unsigned char c = (unsigned char)word[n];
        shown[n] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
    }
    shown[n] = '\0';
    w2b_vocab_free(first);
    return w2b_fail(diag, W2B_ERR_DATA,
                    "no word occurs %llu times or more; the most frequent, \"%s\", occurs %llu "
                    "time%s",
                    (unsigned long long)r->options.min_count, shown, (unsigned long long)count,
                    count == 1 ? "" : "s");
}

/* What tables and buffers hold, and building the vocabulary will. */
static uint64_t counting_bytes(const reading *r)
{
    uint64_t sum = w2b_table_bytes(r->table);
    if (!r->table->closed)
        sum += w2b_table_words(r->table) * 48 + w2b_table_ids(r->table) * 4;
    for (uint32_t i = 0; i < r->cut.pieces; i++)
        sum += r->pieces[0][i].room + r->pieces[1][i].room + r->seen[i].room +
               w2b_tally_bytes(&r->tallies[i]);
    return sum;
}

/* Adds the former counts of the known words, *sum in all. -1: no memory. */
static int add_known(reading *r, const w2b_table *keep, uint64_t *sum)
{
    int failed = 0;
    for (uint64_t i = 0; i < r->known->n && !failed; i++) {
        size_t length;
        uint64_t count;
        const char *word = w2b_vocab_word(r->known, i, &length, &count);
        /* of a word that stands there twice, the first */
        if (w2b_table_find(keep, word, (uint32_t)length)->id != i)
            continue;
        failed = w2b_table_count(r->table, word, (uint32_t)length, count);
        *sum += count;
    }
    return failed;
}

/* Makes the vocabulary of the words that are known or, in this text, frequent
 * enough. max_vocab bounds the new words, while they are counted. */
static w2b_err choose_words(reading *r, uint64_t min_count, uint32_t **map, w2b_diag *diag)
{
    uint64_t before = 0, most = W2B_UNKNOWN;
    w2b_table *keep = NULL;
    if (r->known) {
        keep = w2b_vocab_table(r->known);
        if (!keep || add_known(r, keep, &before)) {
            w2b_table_free(keep);
            return w2b_fail_memory(diag, w2b_table_bytes(r->table), "the vocabulary");
        }
    } else if (r->options.max_vocab < most) {
        most = r->options.max_vocab;
    }
    const w2b_err err = w2b_vocab_build(r->table, min_count, keep, most, &r->vocab, map, diag);
    w2b_table_free(keep);
    if (err)
        return err;
    for (uint64_t i = 0; i < r->vocab->n; i++)
        r->report.kept += r->vocab->counts[i];
    r->report.kept -= before;
    return W2B_OK;
}

/* Makes the vocabulary from the table, and rows from provisional ids. */
static w2b_err build(reading *r, w2b_diag *diag)
{
    const uint64_t min_count = r->options.min_count > 0 ? r->options.min_count : 1;
    if (r->report.tokens == 0)
        return fail_empty(r, diag);
    const uint64_t enough = w2b_table_above(r->table, min_count - 1, r->threads);
    if (enough == 0 && !r->known)
        return fail_rare(r, diag);
    uint32_t *map = NULL;
    w2b_err err = choose_words(r, min_count, r->spool ? &map : NULL, diag);
    if (err)
        return err;
    if (!r->known)
        r->report.pruned += enough - r->vocab->n;
    const uint64_t ids = w2b_table_ids(r->table);
    reading_shrink(r);
    if (r->spool)
        err = w2b_spool_remap(r->spool, map, ids, r->threads, diag);
    w2b_free(map);
    return err;
}

/* Sums up what a closed table found. */
static w2b_err close_given(reading *r, w2b_diag *diag)
{
    for (uint32_t s = 0; s < W2B_SHARDS; s++)
        r->report.kept += r->table->shards[s].found;
    if (r->report.tokens == 0)
        return fail_empty(r, diag);
    if (r->report.kept == 0)
        return w2b_fail(diag, W2B_ERR_DATA, "no word of the text is in the vocabulary %s",
                        r->options.vocab);
    reading_shrink(r);
    return W2B_OK;
}

/* Leaves vocabulary, spool and report in `r`. */
static w2b_err reading_run(reading *r, int keep_ids, w2b_diag *diag)
{
    w2b_err err = reading_begin(r, keep_ids, diag);
    if (!err)
        err = read_rounds(r, diag);
    if (err)
        return err;
    r->report.bytes = w2b_text_bytes(r->text);
    r->report.checksum = w2b_text_checksum(r->text);
    r->report.memory = counting_bytes(r);
    const uint64_t skipped = w2b_text_long_words(r->text);
    r->report.long_words += skipped;
    r->report.tokens += skipped;
    err = r->table->closed ? close_given(r, diag) : build(r, diag);
    if (err)
        return err;
    r->report.words = r->vocab->n;
    r->report.seconds = w2b_now() - r->begun;
    return W2B_OK;
}

/* Fields that the caller's version of the struct does not have keep their
 * defaults. */
static void take_options(w2b_corpus_options *to, const w2b_corpus_options *from)
{
    w2b_corpus_defaults(to);
    if (from)
        memcpy(to, from, from->size < sizeof *to ? from->size : sizeof *to);
    to->size = sizeof *to;
}

/* ----- The functions ------------------------------------------------------- */

/* Reads into a corpus, with ids or without. */
static w2b_err read_corpus(reading *r, int keep_ids, w2b_corpus **corpus, w2b_diag *diag)
{
    w2b_corpus *made = NULL;
    w2b_err err = reading_run(r, keep_ids, diag);
    if (!err) {
        made = w2b_alloc_zero(1, sizeof *made);
        if (!made)
            err = w2b_fail_memory(diag, sizeof *made, "a corpus");
        else if (keep_ids)
            err = w2b_spool_finish(r->spool, &made->ids, &made->n, diag);
    }
    if (err) {
        w2b_free(made);
        reading_end(r);
        return err;
    }
    made->vocab = r->vocab;
    made->spool = r->spool;
    made->report = r->report;
    r->vocab = NULL;
    r->spool = NULL;
    reading_end(r);
    *corpus = made;
    return W2B_OK;
}

w2b_err w2b_corpus_read_cut(const char *const *paths, size_t n_paths,
                            const w2b_corpus_options *options, w2b_cut cut, w2b_corpus **corpus,
                            w2b_diag *diag)
{
    reading r = {.paths = paths, .n_paths = n_paths, .cut = cut};
    take_options(&r.options, options);
    return read_corpus(&r, 1, corpus, diag);
}

w2b_err w2b_corpus_read(const char *const *paths, size_t n_paths,
                        const w2b_corpus_options *options, w2b_corpus **corpus, w2b_diag *diag)
{
    return w2b_corpus_read_cut(paths, n_paths, options, W2B_CUT, corpus, diag);
}

w2b_err w2b_corpus_read_known(const char *const *paths, size_t n_paths,
                              const w2b_corpus_options *options, const w2b_vocab *known,
                              int keep_ids, w2b_corpus **corpus, w2b_diag *diag)
{
    reading r = {.paths = paths, .n_paths = n_paths, .cut = W2B_CUT, .known = known};
    take_options(&r.options, options);
    if (known && r.options.vocab)
        return w2b_fail(diag, W2B_ERR_ARGUMENT,
                        "a model to update brings its words: give no other vocabulary");
    return read_corpus(&r, keep_ids, corpus, diag);
}

void w2b_corpus_free(w2b_corpus *corpus)
{
    if (!corpus)
        return;
    w2b_vocab_free(corpus->vocab);
    w2b_spool_free(corpus->spool);
    w2b_free(corpus);
}

w2b_err w2b_vocab_count_cut(const char *const *paths, size_t n_paths,
                            const w2b_corpus_options *options, w2b_cut cut, w2b_vocab **vocab,
                            w2b_corpus_report *report, w2b_diag *diag)
{
    reading r = {.paths = paths, .n_paths = n_paths, .cut = cut};
    take_options(&r.options, options);
    if (r.options.vocab)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "a vocabulary is either read or counted");
    const w2b_err err = reading_run(&r, 0, diag);
    if (!err) {
        *vocab = r.vocab;
        r.vocab = NULL;
        if (report)
            *report = r.report;
    }
    reading_end(&r);
    return err;
}

w2b_err w2b_vocab_count_lens(const char *const *paths, size_t n_paths,
                             const w2b_corpus_options *options, const w2b_lens *lens,
                             w2b_vocab **vocab, w2b_corpus_report *report, w2b_diag *diag)
{
    reading r = {.paths = paths, .n_paths = n_paths, .cut = W2B_CUT, .lens = lens};
    take_options(&r.options, options);
    const w2b_err err = reading_run(&r, 0, diag);
    if (!err) {
        *vocab = r.vocab;
        r.vocab = NULL;
        *report = r.report;
    }
    reading_end(&r);
    return err;
}

w2b_err w2b_vocab_count(const char *const *paths, size_t n_paths,
                        const w2b_corpus_options *options, w2b_vocab **vocab,
                        w2b_corpus_report *report, w2b_diag *diag)
{
    return w2b_vocab_count_cut(paths, n_paths, options, W2B_CUT, vocab, report, diag);
}
