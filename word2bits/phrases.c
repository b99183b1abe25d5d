/*
 * phrases.c - pairs of words that belong together, joined.
 *
 * As word2phrase (Mikolov et al. 2013), with these differences: several passes
 * at once; pairs are counted exactly as long as words and pairs fit max_vocab;
 * all processors count. A pair is a string like any word, two words with the
 * byte 0x1f between, so that the counting of words counts pairs too: each
 * piece of text is spelled out as its words and pairs first.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/out.h"
#include "quant/num.h"
#include "word2bits/cut.h"
#include "word2bits/vocab.h"

#define BETWEEN '\x1f'
#define JOINER '_'
#define MOST_PASSES 8

/* Pieces that are rewritten at a time. */
#define PIECES 32u

typedef struct phrase {
    const char *text;   /* with JOINER */
    uint32_t length;
    uint32_t pass;
    double score;
    uint64_t count;
} phrase;

struct w2b_phrases {
    w2b_table *passes[MOST_PASSES]; /* the pairs that each joins */
    uint32_t n_passes;
    phrase *list;
    size_t n, room;
    w2b_vocab *texts[MOST_PASSES];  /* hold the list's words */
};

void w2b_phrases_defaults(w2b_phrases_options *options)
{
    *options = (w2b_phrases_options){.size = sizeof *options, .threshold = NAN, .delta = 5,
                                     .passes = 2};
    w2b_corpus_defaults(&options->corpus);
    options->corpus.max_vocab = 10000000;
}

void w2b_phrases_free(w2b_phrases *phrases)
{
    if (!phrases)
        return;
    for (uint32_t p = 0; p < MOST_PASSES; p++) {
        w2b_table_free(phrases->passes[p]);
        w2b_vocab_free(phrases->texts[p]);
    }
    w2b_free(phrases->list);
    w2b_free(phrases);
}

uint64_t w2b_phrases_size(const w2b_phrases *phrases)
{
    return phrases->n;
}

int w2b_phrases_at(const w2b_phrases *phrases, uint64_t i, w2b_phrase *to)
{
    if (i >= phrases->n)
        return -1;
    const phrase *one = &phrases->list[i];
    *to = (w2b_phrase){one->text, one->length, one->score, one->count, one->pass};
    return 0;
}

/* ----- Joining a line ---------------------------------------------------------- */

/* A word of a line: so many bytes of its text. Joined words are neighbours there,
 * so that joining only moves them up to each other. */
typedef struct token {
    char *at;
    uint32_t length;
    int apart;          /* takes no part in phrases */
} token;

/* The words of a line, and room for a pair. */
typedef struct line {
    token *tokens;
    size_t n, room;
    char *text;         /* the words, with room for a byte between any two */
    size_t text_n, text_room;
    char *pair;
    size_t pair_room;
} line;

static void line_release(line *l)
{
    w2b_free(l->tokens);
    w2b_free(l->text);
    w2b_free(l->pair);
}

/* The pair of two tokens as the counting spells it; NULL if memory is short. */
static const char *spell_pair(line *l, const token *a, const token *b, uint32_t *length)
{
    *length = a->length + 1 + b->length;
    if (w2b_grow((void **)&l->pair, &l->pair_room, *length, 1))
        return NULL;
    memcpy(l->pair, a->at, a->length);
    l->pair[a->length] = BETWEEN;
    memcpy(l->pair + a->length + 1, b->at, b->length);
    return l->pair;
}

static int may_pair(const token *a, const token *b)
{
    return !a->apart && !b->apart && a->length + b->length < W2B_WORD_MOST;
}

/* One pass, from left to right; a word that was joined waits for the next. */
static int join_pass(line *l, const w2b_table *pairs)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++) {
        token *last = &l->tokens[n];
        *last = l->tokens[i];
        if (i + 1 < l->n && may_pair(last, &l->tokens[i + 1])) {
            const token *next = &l->tokens[i + 1];
            uint32_t length;
            const char *pair = spell_pair(l, last, next, &length);
            if (!pair)
                return -1;
            if (w2b_table_find(pairs, pair, length)) {
                last->at[last->length] = JOINER;
                memmove(last->at + last->length + 1, next->at, next->length);
                last->length = length;
                i++;
            }
        }
        n++;
    }
    l->n = n;
    return 0;
}

/* Cuts the text from *at on into the words of a line, to its end or that of the
 * piece. Words longer than max_word are left out. *whole: there was a line end. */
static int read_line(line *l, const w2b_piece *piece, size_t *at, uint32_t max_word, int *whole)
{
    const unsigned char *begin = piece->text + *at;
    const unsigned char *newline = memchr(begin, '\n', piece->size - *at);
    const size_t size = newline ? (size_t)(newline - begin) : piece->size - *at;
    *whole = newline != NULL;
    *at += size + (newline != NULL);
    l->n = l->text_n = 0;
    if (w2b_grow((void **)&l->text, &l->text_room, size + 1, 1) ||
        w2b_grow((void **)&l->tokens, &l->room, size / 2 + 1, sizeof *l->tokens))
        return -1;
    for (size_t i = 0; i < size;) {
        while (i < size && w2b_text_white(begin[i]))
            i++;
        const size_t first = i;
        while (i < size && !w2b_text_white(begin[i]))
            i++;
        const size_t length = i - first;
        if (length == 0 || length > max_word)
            continue;
        char *to = l->text + l->text_n;
        memcpy(to, begin + first, length);
        l->tokens[l->n++] =
            (token){to, (uint32_t)length, memchr(to, BETWEEN, length) != NULL};
        l->text_n += length + 1;
    }
    return 0;
}

static int join_line(line *l, const w2b_phrases *phrases)
{
    for (uint32_t p = 0; p < phrases->n_passes; p++)
        if (join_pass(l, phrases->passes[p]))
            return -1;
    return 0;
}

/* ----- Counting ------------------------------------------------------------------ */

typedef struct counting {
    const w2b_phrases *phrases;  /* of the passes before */
    uint32_t max_word;
    uint64_t words;
} counting;

static size_t put(w2b_piece *out, const void *bytes, size_t size, char end)
{
    memcpy(out->text + out->size, bytes, size);
    out->size += size;
    out->text[out->size++] = (unsigned char)end;
    return size + 1;
}

/* A piece as its words and pairs. Each word stands there up to three times. */
static int spell_out(void *context, const w2b_piece *in, w2b_piece *out)
{
    counting *c = context;
    line l = {0};
    uint64_t words = 0;
    int whole, failed = w2b_piece_room(out, 3 * in->size + 16);
    out->size = 0;
    for (size_t at = 0; at < in->size && !failed;) {
        failed = read_line(&l, in, &at, c->max_word, &whole) || join_line(&l, c->phrases);
        for (size_t i = 0; i < l.n && !failed; i++) {
            const token *a = &l.tokens[i];
            words++;
            if (!a->apart)
                put(out, a->at, a->length, ' ');
            if (i + 1 == l.n || !may_pair(a, a + 1))
                continue;
            put(out, a->at, a->length, BETWEEN);
            put(out, a[1].at, a[1].length, ' ');
        }
    }
    line_release(&l);
    if (!failed)
        memset(out->text + out->size, 0, W2B_TEXT_PAD);
#pragma omp atomic
    c->words += words;
    return failed ? -1 : 0;
}

/* ----- Scores -------------------------------------------------------------------- */

static double score_of(const w2b_phrases_options *o, double pair, double a, double b,
                       double words)
{
    if (o->score == W2B_PHRASE_COUNT)
        return (pair - o->delta) / (a * b) * words;
    /* a text of one pair alone has nothing to compare with */
    const double information = -w2b_log(pair / words);
    return information > 0 ? w2b_log(pair * words / (a * b)) / information : 0;
}

static int compare_phrases(const void *left, const void *right)
{
    const phrase *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    const size_t shorter = a->length < b->length ? a->length : b->length;
    const int order = memcmp(a->text, b->text, shorter);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* Enters a pair that is joined from now on, and its text with the joiner. */
static int add_phrase(w2b_phrases *phrases, char *text, uint32_t length, size_t between,
                      double score, uint64_t count)
{
    w2b_table *pairs = phrases->passes[phrases->n_passes];
    if (w2b_table_add(pairs, text, length, count, 0) < 0 ||
        w2b_grow((void **)&phrases->list, &phrases->room, phrases->n + 1, sizeof *phrases->list))
        return -1;
    text[between] = JOINER;
    phrases->list[phrases->n++] = (phrase){text, length, phrases->n_passes + 1, score, count};
    return 0;
}

/* Chooses among the pairs of `vocab`, which this takes over. */
static int choose(w2b_phrases *phrases, const w2b_phrases_options *o, double threshold,
                  w2b_vocab *vocab, uint64_t words)
{
    const size_t before = phrases->n;
    w2b_table *counts = w2b_vocab_table(vocab);
    phrases->texts[phrases->n_passes] = vocab;
    phrases->passes[phrases->n_passes] = w2b_table_new();
    int failed = !counts || !phrases->passes[phrases->n_passes];
    for (uint64_t i = 0; i < vocab->n && !failed; i++) {
        char *text = vocab->bytes + vocab->starts[i];
        const uint32_t length = (uint32_t)(vocab->starts[i + 1] - vocab->starts[i] - 1);
        const char *between = memchr(text, BETWEEN, length);
        if (!between)
            continue;
        const uint32_t n = (uint32_t)(between - text);
        const w2b_entry *a = w2b_table_find(counts, text, n);
        const w2b_entry *b = w2b_table_find(counts, between + 1, length - n - 1);
        if (!a || !b) /* pruned while counting */
            continue;
        const double score = score_of(o, (double)vocab->counts[i], (double)a->count,
                                      (double)b->count, (double)words);
        if (score > threshold)
            failed = add_phrase(phrases, text, length, n, score, vocab->counts[i]);
    }
    w2b_table_free(counts);
    if (!failed && phrases->n > before)
        qsort(phrases->list + before, phrases->n - before, sizeof *phrases->list,
              compare_phrases);
    phrases->n_passes++;
    return failed ? -1 : 0;
}

/* ----- Finding ------------------------------------------------------------------- */

static w2b_err check(const char *const *paths, size_t n_paths, const w2b_phrases_options *o,
                     w2b_diag *diag)
{
    if (o->size != sizeof *o)
        return w2b_fail(diag, W2B_ERR_ARGUMENT,
                        "the options are of another version of the library");
    if (o->score != W2B_PHRASE_COUNT && o->score != W2B_PHRASE_NPMI)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "there is no such score of phrases");
    if (o->passes < 1 || o->passes > MOST_PASSES)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "the passes must be from 1 to %d", MOST_PASSES);
    if (!(o->delta >= 0))
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "the delta must be 0 or more");
    if (o->score == W2B_PHRASE_COUNT && o->threshold <= 0)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "the threshold must be above 0");
    for (size_t i = 0; i < n_paths; i++) {
        struct stat st;
        const int is_stdin = strcmp(paths[i], "-") == 0;
        if (is_stdin || (stat(paths[i], &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
            return w2b_fail_at(diag, W2B_ERR_ARGUMENT, is_stdin ? "standard input" : paths[i],
                               W2B_NOWHERE, W2B_NOWHERE,
                               "can be read once only, and the text is needed more often");
    }
    return W2B_OK;
}

/* One reading and choice. */
static w2b_err find_pass(w2b_phrases *phrases, const char *const *paths, size_t n_paths,
                         const w2b_phrases_options *o, double threshold, w2b_diag *diag)
{
    counting c = {phrases, o->corpus.max_word, 0};
    const w2b_lens lens = {spell_out, &c};
    w2b_vocab *vocab = NULL;
    w2b_corpus_report report;
    const w2b_err err =
        w2b_vocab_count_lens(paths, n_paths, &o->corpus, &lens, &vocab, &report, diag);
    if (err)
        return err;
    return choose(phrases, o, threshold, vocab, c.words)
               ? w2b_fail_memory(diag, vocab->starts[vocab->n], "phrases")
               : W2B_OK;
}

w2b_err w2b_phrases_find(const char *const *paths, size_t n_paths,
                         const w2b_phrases_options *options, w2b_phrases **phrases,
                         w2b_diag *diag)
{
    w2b_err err = check(paths, n_paths, options, diag);
    if (err)
        return err;
    w2b_phrases *made = w2b_alloc_zero(1, sizeof *made);
    if (!made)
        return w2b_fail_memory(diag, sizeof *made, "phrases");
    const int npmi = options->score == W2B_PHRASE_NPMI;
    double threshold = options->threshold;
    if (isnan(threshold))
        threshold = npmi ? 0.5 : 100;
    for (uint32_t p = 0; p < options->passes && !err; p++) {
        err = find_pass(made, paths, n_paths, options, threshold, diag);
        if (!npmi)
            threshold /= 2;
    }
    if (err) {
        w2b_phrases_free(made);
        return err;
    }
    *phrases = made;
    return W2B_OK;
}

/* ----- Writing ------------------------------------------------------------------- */

typedef struct rewriting {
    const w2b_phrases *phrases;
    uint32_t max_word, threads;
    w2b_piece in[PIECES], out[PIECES];
    uint64_t read, written;   /* words */
    int failed;
} rewriting;

/* A piece with its phrases joined. It only becomes shorter, but for a line end
 * in place of which a space may follow a line's part. */
static int rewrite(rewriting *r, const w2b_piece *in, w2b_piece *out)
{
    line l = {0};
    uint64_t read = 0, written = 0;
    int whole, failed = w2b_piece_room(out, in->size + 16);
    out->size = 0;
    for (size_t at = 0; at < in->size && !failed;) {
        failed = read_line(&l, in, &at, r->max_word, &whole);
        read += l.n;
        failed = failed || join_line(&l, r->phrases);
        written += l.n;
        for (size_t i = 0; i < l.n && !failed; i++)
            put(out, l.tokens[i].at, l.tokens[i].length, i + 1 == l.n && whole ? '\n' : ' ');
        if (!failed && l.n == 0 && whole)
            out->text[out->size++] = '\n';
    }
    line_release(&l);
#pragma omp atomic
    r->read += read;
#pragma omp atomic
    r->written += written;
    return failed ? -1 : 0;
}

static w2b_err rewrite_round(rewriting *r, w2b_text *text, w2b_out *out, uint32_t *n,
                             w2b_diag *diag)
{
    *n = 0;
    while (*n < PIECES) {
        const w2b_err err = w2b_text_read(text, &r->in[*n], diag);
        if (err)
            return err;
        if (r->in[*n].size == 0)
            break;
        (*n)++;
    }
    const uint32_t pieces = *n;
#pragma omp parallel for num_threads(r->threads) schedule(dynamic)
    for (uint32_t i = 0; i < pieces; i++) {
        if (rewrite(r, &r->in[i], &r->out[i])) {
#pragma omp atomic write
            r->failed = 1;
        }
    }
    if (r->failed)
        return w2b_fail_memory(diag, (uint64_t)pieces << 20, "joining phrases");
    for (uint32_t i = 0; i < pieces; i++) {
        const w2b_err err = w2b_out_write(out, r->out[i].text, r->out[i].size, diag);
        if (err)
            return err;
    }
    return W2B_OK;
}

static w2b_err rewrite_text(rewriting *r, w2b_text *text, w2b_out *out, w2b_diag *diag)
{
    uint32_t n = 1;
    w2b_err err = W2B_OK;
    while (n > 0 && !err)
        err = rewrite_round(r, text, out, &n, diag);
    for (uint32_t i = 0; i < PIECES; i++) {
        w2b_free(r->in[i].text);
        w2b_free(r->out[i].text);
    }
    return err;
}

w2b_err w2b_phrases_write(const w2b_phrases *phrases, const char *const *paths, size_t n_paths,
                          const w2b_corpus_options *options, const char *path, int replace,
                          w2b_phrases_report *report, w2b_diag *diag)
{
    const double begun = w2b_now();
    rewriting r = {.phrases = phrases, .max_word = options->max_word,
                   .threads = options->threads ? options->threads : w2b_processors()};
    w2b_text *text = NULL;
    w2b_out *out = NULL;
    w2b_err err = w2b_out_open(path, replace, &out, diag);
    if (err)
        return err;
    err = w2b_text_open(paths, n_paths, W2B_CUT.piece, options, &text, diag);
    if (!err) {
        w2b_text_keep_lines(text);
        err = rewrite_text(&r, text, out, diag);
    }
    w2b_text_close(text);
    if (err) {
        w2b_out_abort(out);
        return err;
    }
    const uint64_t bytes = w2b_out_offset(out);
    err = w2b_out_commit(out, diag);
    if (!err && report)
        *report = (w2b_phrases_report){r.read, r.read - r.written, bytes, w2b_now() - begun};
    return err;
}
