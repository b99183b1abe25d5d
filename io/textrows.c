/*
 * textrows.c - rows of a word and numbers, one a line of text, read by all
 * threads.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "io/number.h"
#include "io/textrows.h"

/* Blocks of text grow from the first size to the last one, so that a few rows
 * of a long file are there at once. */
#define FIRST_BLOCK ((size_t)256 << 10)
#define BLOCK ((size_t)8 << 20)

/* Pieces of a block: small enough that all threads end at about the same time. */
#define PIECE_BYTES ((size_t)256 << 10)
#define PIECES (BLOCK / PIECE_BYTES)

/* Bytes of a number, at most, on average over a line. */
#define NUMBER_MAX 400

#define THREADS_MOST 1024

typedef struct word_at {
    const char *bytes;
    size_t length;
    size_t line;          /* from 0, within the piece */
} word_at;

/* What one thread makes of some lines. */
typedef struct piece {
    char *at, *end;
    size_t lines;         /* in it, up to the mistake if there is one */
    size_t rows;
    float *vectors;       /* [rows][dim] */
    word_at *words;
    size_t vectors_room, words_room;
    w2b_err err;          /* in line number `lines` */
    w2b_diag diag;
} piece;

typedef struct block {
    char *bytes;
    size_t room;
    size_t n;             /* up to the last line that is whole */
    size_t left;          /* bytes behind these that belong to the next block */
} block;

typedef struct job {
    const w2b_textform *form;
    w2b_window *window;
    block blocks[2];
    size_t size;          /* of the next block */
    int end;              /* the stream has no more */
    w2b_err read_err;     /* of the block read ahead */
    w2b_diag read_diag;
    piece pieces[PIECES + 1];
    uint64_t line;        /* number of the first line of the block */
    uint64_t next;        /* line that the next row must be in */
} job;

/* ----- One line ----------------------------------------------------------- */

w2b_err w2b_textrows_fail(const w2b_textform *form, w2b_err code, w2b_diag *diag,
                          const char *format, ...)
{
    char text[sizeof diag->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return w2b_fail_at(diag, code, form->name, 0, W2B_NOWHERE, "%s", text);
}

static int is_gap(const w2b_textform *form, char c)
{
    return form->separator == ' ' ? c == ' ' || c == '\t' : c == form->separator;
}

w2b_err w2b_textrows_fail_field(const w2b_textform *form, const char *at, const char *end,
                                w2b_diag *diag)
{
    char shown[41];
    size_t n = 0;
    while (n < sizeof shown - 1 && at < end && !is_gap(form, *at)) {
        const unsigned char c = (unsigned char)*at++;
        shown[n++] = c < 0x20 || c >= 0x7f ? '?' : (char)c;
    }
    shown[n] = 0;
    return w2b_textrows_fail(form, W2B_ERR_FORMAT, diag, "expected a number, found \"%s\"", shown);
}

/* To the next field; NULL where a line ends instead. Spaces around numbers may
 * come in any number, also where something else divides the fields. */
static const char *next_field(const w2b_textform *form, const char *at, const char *end)
{
    const int own = form->separator != ' ';
    if (own && at == end)
        return NULL;
    at += own && *at == form->separator;
    while (at < end && (*at == ' ' || (*at == '\t' && !own)))
        at++;
    return at < end || own ? at : NULL;
}

w2b_err w2b_textrows_numbers(const w2b_textform *form, const char *at, const char *end,
                             float *vector, w2b_diag *diag)
{
    uint64_t found = 0;
    while ((at = next_field(form, at, end)) != NULL) {
        float value;
        const char *after = w2b_number_read(at, end, &value);
        while (after && after < end && *after == ' ' && form->separator != ' ')
            after++;
        if (!after || (after < end && !is_gap(form, *after)))
            return w2b_textrows_fail_field(form, at, end, diag);
        /* Infinity and NaN are the floats that differ from themselves here. */
        if (!(value - value == 0))
            return w2b_textrows_fail(form, W2B_ERR_DATA, diag, "number %llu is not finite",
                                     (unsigned long long)found + 1);
        if (found < form->dim)
            vector[found] = value;
        found++;
        at = after;
    }
    if (found != form->dim)
        return w2b_textrows_fail(form, W2B_ERR_FORMAT, diag, "expected %u numbers, found %llu",
                                 (unsigned int)form->dim, (unsigned long long)found);
    return W2B_OK;
}

/* ----- A piece ------------------------------------------------------------ */

static w2b_err parse_line(const w2b_textform *form, piece *p, char *end, w2b_diag *diag)
{
    const size_t dim = form->dim;
    if (w2b_grow((void **)&p->vectors, &p->vectors_room, (p->rows + 1) * dim,
                 sizeof *p->vectors) != 0 ||
        w2b_grow((void **)&p->words, &p->words_room, p->rows + 1, sizeof *p->words) != 0)
        return w2b_fail_memory(diag, (p->rows + 1) * dim * sizeof *p->vectors, "lines of text");
    word_at *word = &p->words[p->rows];
    const w2b_err err = form->parse(form, p->at, end, p->vectors + p->rows * dim, &word->bytes,
                                    &word->length, diag);
    if (err)
        return err;
    if (word->length > W2B_WORD_MAX)
        return w2b_textrows_fail(form, W2B_ERR_FORMAT, diag, "the word is longer than %d bytes",
                                 W2B_WORD_MAX);
    word->line = p->lines;
    p->rows++;
    return W2B_OK;
}

static void parse_piece(const w2b_textform *form, piece *p)
{
    p->lines = 0;
    p->rows = 0;
    p->err = W2B_OK;
    while (p->at < p->end) {
        char *newline = memchr(p->at, '\n', (size_t)(p->end - p->at));
        char *end = newline ? newline : p->end;
        char *next = newline ? newline + 1 : end;
        if (end > p->at && end[-1] == '\r')
            end--;
        /* Where empty lines may be is for the caller to say. */
        if (end > p->at)
            p->err = parse_line(form, p, end, &p->diag);
        if (p->err)
            return;
        p->lines++;
        p->at = next;
    }
}

/* Cuts the block into pieces of whole lines. */
static size_t cut(job *j, const block *b)
{
    size_t n = 0;
    char *at = b->bytes;
    char *end = at + b->n;
    while (at < end) {
        char *stop = end;
        if (n < PIECES && (size_t)(end - at) > PIECE_BYTES) {
            char *newline = memchr(at + PIECE_BYTES, '\n', (size_t)(end - at) - PIECE_BYTES);
            stop = newline ? newline + 1 : end;
        }
        j->pieces[n].at = at;
        j->pieces[n++].end = stop;
        at = stop;
    }
    return n;
}

/* ----- Blocks ------------------------------------------------------------- */

/* Some more bytes behind those of the block; first those of the window. */
static w2b_err read_some(job *j, block *b, size_t *got, w2b_diag *diag)
{
    w2b_window *w = j->window;
    const size_t room = b->room - b->n;
    if (w2b_window_left(w) == 0)
        return w2b_stream_read(w->stream, b->bytes + b->n, room, got, diag);
    *got = w2b_window_left(w) < room ? w2b_window_left(w) : room;
    memcpy(b->bytes + b->n, w2b_window_bytes(w), *got);
    w2b_window_use(w, *got);
    return W2B_OK;
}

/* The bytes of a block, without regard to lines; `begin` are there. Where only
 * some rows are wanted, no more than a line is waited for: a pipe may not have
 * more for now. */
static w2b_err fill(job *j, block *b, int *whole, w2b_diag *diag)
{
    const size_t most = W2B_WORD_MAX + (size_t)j->form->dim * NUMBER_MAX;
    *whole = b->n > 0 && memchr(b->bytes, '\n', b->n) != NULL;
    for (;;) {
        size_t got;
        if (b->n == b->room) {
            if (*whole)
                return W2B_OK;
            if (b->n > most)
                return w2b_textrows_fail(j->form, W2B_ERR_FORMAT, diag,
                                         "the line is longer than %u numbers can be",
                                         (unsigned int)j->form->dim);
            if (w2b_grow((void **)&b->bytes, &b->room, b->room + 1, 1) != 0)
                return w2b_fail_memory(diag, b->room, "one line of a file");
        }
        const w2b_err err = read_some(j, b, &got, diag);
        if (err)
            return err;
        j->end = got == 0;
        *whole |= j->end || memchr(b->bytes + b->n, '\n', got) != NULL;
        b->n += got;
        if (j->end || (*whole && j->form->limit != UINT64_MAX))
            return W2B_OK;
    }
}

/* The next block, which begins with what was left of `before`. */
static w2b_err read_block(job *j, block *b, const block *before, w2b_diag *diag)
{
    const size_t need = before->left > j->size ? before->left + j->size : j->size;
    if (b->room < need && w2b_grow((void **)&b->bytes, &b->room, need, 1) != 0)
        return w2b_fail_memory(diag, need, "reading text");
    if (before->left > 0)
        memcpy(b->bytes, before->bytes + before->n, before->left);
    b->n = before->left;
    b->left = 0;
    j->size = j->size < BLOCK ? j->size * 2 : BLOCK;
    int whole = 0;
    if (!j->end) {
        const w2b_err err = fill(j, b, &whole, diag);
        if (err)
            return err;
    }
    if (!j->end) {
        const char *last = memrchr(b->bytes, '\n', b->n);
        b->left = b->n - (size_t)(last + 1 - b->bytes);
        b->n -= b->left;
    }
    return W2B_OK;
}

/* Parses a block, and reads the next one meanwhile unless `next` is NULL. */
static size_t do_block(job *j, block *b, block *next, int threads)
{
    const size_t n = cut(j, b);
    (void)threads;
#pragma omp parallel num_threads(threads) if (n > 1)
    {
#pragma omp single nowait
        if (next)
            j->read_err = read_block(j, next, b, &j->read_diag);
#pragma omp for schedule(dynamic)
        for (size_t i = 0; i < n; i++)
            parse_piece(j->form, &j->pieces[i]);
    }
    return n;
}

/* ----- Rows in order ------------------------------------------------------ */

/* A row or a mistake is in `line`: is this where the file may have one? */
static w2b_err check_place(const job *j, uint64_t line, uint64_t rows, w2b_diag *diag)
{
    const w2b_textform *form = j->form;
    if (rows == form->promised)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, form->name, line, W2B_NOWHERE,
                           "more lines follow the %llu words that the first one promises",
                           (unsigned long long)form->promised);
    if (line != j->next)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, form->name, j->next, W2B_NOWHERE,
                           "expected %u numbers, found 0", (unsigned int)form->dim);
    return W2B_OK;
}

static w2b_err gather_piece(job *j, const piece *p, w2b_gather *g, w2b_diag *diag)
{
    const w2b_textform *form = j->form;
    uint64_t rows = w2b_gather_words(g);
    size_t n = 0;
    w2b_err err = W2B_OK;
    for (; n < p->rows && rows < form->limit && !err; n++, rows++) {
        err = check_place(j, j->line + p->words[n].line, rows, diag);
        j->next = j->line + p->words[n].line + 1;
        if (!err)
            err = w2b_gather_word(g, p->words[n].bytes, p->words[n].length, diag);
    }
    if (!err)
        err = w2b_gather_vectors(g, p->vectors, n, diag);
    if (err || rows == form->limit || !p->err)
        return err;
    err = check_place(j, j->line + p->lines, rows, diag);
    if (err)
        return err;
    if (diag) {
        *diag = p->diag;
        diag->line = diag->line == W2B_NOWHERE ? W2B_NOWHERE : j->line + p->lines;
    }
    return p->err;
}

static w2b_err fail_read(const job *j, w2b_diag *diag)
{
    if (diag) {
        *diag = j->read_diag;
        if (diag->line == 0)
            diag->line = j->line;
    }
    return j->read_err;
}

static w2b_err read_rows(job *j, int threads, w2b_gather *g, w2b_meter *meter, w2b_diag *diag)
{
    const w2b_textform *form = j->form;
    const w2b_stream *stream = j->window->stream;
    const int ahead = form->limit == UINT64_MAX;
    block none = {0};
    j->read_err = read_block(j, &j->blocks[0], &none, &j->read_diag);
    for (size_t turn = 0; w2b_gather_words(g) < form->limit; turn ^= 1) {
        block *b = &j->blocks[turn], *next = &j->blocks[turn ^ 1];
        if (j->read_err)
            return fail_read(j, diag);
        if (b->n == 0)
            return W2B_OK;
        const size_t pieces = do_block(j, b, ahead ? next : NULL, threads);
        w2b_err err = W2B_OK;
        for (size_t i = 0; i < pieces && !err && w2b_gather_words(g) < form->limit; i++) {
            err = gather_piece(j, &j->pieces[i], g, diag);
            j->line += j->pieces[i].lines;
        }
        if (!err)
            err = w2b_meter_tick(meter, w2b_stream_consumed(stream), w2b_stream_size(stream),
                                 diag);
        if (err)
            return err;
        if (!ahead && w2b_gather_words(g) < form->limit)
            j->read_err = read_block(j, next, b, &j->read_diag);
    }
    return W2B_OK;
}

w2b_err w2b_textrows_read(w2b_window *window, const w2b_textform *form, w2b_gather *gather,
                          w2b_meter *meter, w2b_diag *diag)
{
    job *j = w2b_alloc_zero(1, sizeof *j);
    if (!j)
        return w2b_fail_memory(diag, sizeof *j, "reading text");
    const uint32_t threads = form->threads ? form->threads : w2b_processors();
    j->form = form;
    j->window = window;
    j->size = FIRST_BLOCK;
    j->line = form->first_line;
    j->next = form->first_line;
    w2b_err err = read_rows(j, (int)(threads < THREADS_MOST ? threads : THREADS_MOST), gather,
                            meter, diag);
    const uint64_t rows = w2b_gather_words(gather);
    if (!err && rows < form->promised && rows < form->limit && !form->partial &&
        form->promised != UINT64_MAX)
        err = w2b_fail_at(diag, W2B_ERR_FORMAT, form->name, j->line, W2B_NOWHERE,
                          "the first line promises %llu words, but the file ends after %llu",
                          (unsigned long long)form->promised, (unsigned long long)rows);
    for (size_t i = 0; i < PIECES + 1; i++) {
        w2b_free(j->pieces[i].vectors);
        w2b_free(j->pieces[i].words);
    }
    w2b_free(j->blocks[0].bytes);
    w2b_free(j->blocks[1].bytes);
    w2b_free(j);
    return err;
}
