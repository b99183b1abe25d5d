/*
 * glove.c - text without a first line that says how much there is: GloVe's, and
 * tables of words and numbers (TSV, CSV).
 *
 * GloVe's files have single spaces between fields, and some tokens hold spaces
 * themselves (". . .", "at name@domain.com" in 840B.300d); others hold U+00A0
 * or U+0085, which some languages take for space. So the number of dimensions
 * is that of most of the first lines, a line's last fields are its numbers, and
 * the bytes in front of them are the word.
 *
 * Tables have the word in their first column, which may be quoted, and perhaps
 * a line of titles.
 */
#include <string.h>

#include "io/format.h"
#include "io/number.h"
#include "io/textguess.h"
#include "io/textrows.h"

/* A number takes a digit and a separator at least. */
#define NUMBER_LEAST 2

/* 0, 1, 2 is a row of titles rather than a vector. */
#define RISING_LEAST 3

static const char separators[] = {'\t', ',', ';'};

typedef struct shape {
    uint32_t dim;
    char separator;
    int titles;     /* the first line is no row */
} shape;

/* ----- Both --------------------------------------------------------------- */

static w2b_err read_text(w2b_stream *stream, const w2b_open_options *options,
                         const char *format, const shape *s,
                         w2b_textparse *parse, w2b_model **model, w2b_diag *diag)
{
    w2b_window window;
    w2b_gather gather = {.fd = -1};
    w2b_meter meter;
    size_t titles = 0;
    int found = 0;
    const w2b_textform form = {
        .name = w2b_stream_name(stream),
        .dim = s->dim,
        .separator = s->separator,
        .promised = UINT64_MAX,
        .limit = options->limit > 0 ? options->limit : UINT64_MAX,
        .first_line = s->titles ? 2 : 1,
        .threads = options->threads,
        .parse = parse,
    };
    w2b_err err = w2b_window_open(&window, stream, diag);
    if (!err && s->titles)
        err = w2b_window_find(&window, '\n', W2B_STREAM_PEEK, &titles, &found, diag);
    if (!err && s->titles)
        w2b_window_use(&window, titles + (size_t)found);
    w2b_meter_start(&meter, options->progress, options->progress_user, W2B_STAGE_READ, "bytes");
    if (!err)
        err = w2b_gather_start(&gather, options, s->dim,
                               w2b_stream_size(stream) / ((uint64_t)NUMBER_LEAST * s->dim), format,
                               diag);
    if (!err)
        err = w2b_textrows_read(&window, &form, &gather, &meter, diag);
    if (!err)
        err = w2b_meter_finish(&meter, w2b_stream_consumed(stream), w2b_stream_size(stream), diag);
    w2b_window_free(&window);
    if (!err)
        return w2b_gather_finish(&gather, model, diag);
    w2b_gather_abort(&gather);
    return err;
}

static w2b_err fail_shape(w2b_stream *stream, w2b_diag *diag)
{
    return w2b_fail_at(diag, W2B_ERR_FORMAT, w2b_stream_name(stream), 1, W2B_NOWHERE,
                       "most of the first lines should be a word and as many numbers");
}

/* ----- GloVe -------------------------------------------------------------- */

int w2b_glove_sniff(const uint8_t *head, size_t n, int at_end)
{
    uint32_t dim;
    return w2b_textguess_rows(head, n, at_end, ' ', 0, &dim);
}

static w2b_err parse_glove(const w2b_textform *form, char *at, char *end, float *vector,
                           const char **word, size_t *length, w2b_diag *diag)
{
    const char *stop = w2b_textguess_trim(at, end, ' ');
    const char *space = memchr(at, ' ', (size_t)(stop - at));
    *word = at;
    if (space && space > at &&
        w2b_textrows_numbers(form, space, stop, vector, NULL) == W2B_OK) {
        *length = (size_t)(space - at);
        return W2B_OK;
    }
    /* A word that holds a space, or a mistake. */
    const char *first = w2b_textguess_last(at, stop, ' ', form->dim);
    if (!first || first == at) {
        const uint32_t fields = w2b_textguess_fields(at, stop, ' ');
        return w2b_textrows_fail(form, W2B_ERR_FORMAT, diag, "expected %u numbers, found %u",
                                 (unsigned int)form->dim, (unsigned int)fields - 1);
    }
    *length = (size_t)(w2b_textguess_trim(at, first, ' ') - at);
    if (*length == 0)
        return w2b_textrows_fail(form, W2B_ERR_FORMAT, diag, "no word in front of the numbers");
    return w2b_textrows_numbers(form, first, stop, vector, diag);
}

w2b_err w2b_glove_read(w2b_stream *stream, const w2b_open_options *options, w2b_model **model,
                       w2b_diag *diag)
{
    const uint8_t *head;
    size_t n;
    shape s = {.separator = ' '};
    const w2b_err err = w2b_stream_peek(stream, &head, &n, diag);
    if (err)
        return err;
    if (!w2b_textguess_rows(head, n, n < W2B_STREAM_PEEK, ' ', 0, &s.dim))
        return fail_shape(stream, diag);
    return read_text(stream, options, "glove", &s, parse_glove, model, diag);
}

/* ----- Tables ------------------------------------------------------------- */

/* Past the word at the beginning of a line, in front of the separator; `stop`
 * if there is none. Quotes hide separators, but only if they are closed where
 * a field ends: a quotation mark may be the word itself. */
static const char *word_end(const char *at, const char *stop, char separator)
{
    const char *end = memchr(at, separator, (size_t)(stop - at));
    if (at < stop && *at == '"') {
        for (const char *q = at + 1; q < stop; q++) {
            if (*q == '"' && q + 1 < stop && q[1] == '"')
                q++;
            else if (*q == '"' && (q + 1 == stop || q[1] == separator))
                return q + 1;
            else if (*q == '"')
                break;
        }
    }
    return end ? end : stop;
}

/* Takes the quotes off the word [at, end), in place. */
static size_t unquote(char *at, const char *end)
{
    const size_t length = (size_t)(end - at);
    if (length < 3 || at[0] != '"' || end[-1] != '"')
        return length;
    char *to = at;
    for (const char *from = at + 1; from < end - 1; from++) {
        *to++ = *from;
        from += *from == '"' && from[1] == '"' && from + 1 < end - 1;
    }
    return (size_t)(to - at);
}

static w2b_err parse_table(const w2b_textform *form, char *at, char *end, float *vector,
                           const char **word, size_t *length, w2b_diag *diag)
{
    const char *stop = w2b_textguess_trim(at, end, form->separator);
    const char *numbers = word_end(at, stop, form->separator);
    *word = at;
    const w2b_err err = w2b_textrows_numbers(form, numbers, stop, vector, diag);
    *length = unquote(at, numbers);
    return err;
}

/* Whether the first line are titles: not a row like the others, or nothing
 * but the numbers of the columns, as pandas writes them ("word,0,1,2"). */
static int has_titles(const uint8_t *head, size_t n, const shape *s)
{
    const char *at = (const char *)head;
    const char *newline = memchr(at, '\n', n);
    if (!newline)
        return 0;
    const char *end = w2b_textguess_trim(at, newline, s->separator);
    const char *field = word_end(at, end, s->separator);
    uint32_t found = 0;
    int rising = s->dim >= RISING_LEAST || field == at;
    for (; field < end; found++) {
        float value;
        field++;
        while (field < end && *field == ' ')
            field++;
        field = w2b_number_read(field, end, &value);
        if (!field || (field < end && *field != s->separator))
            return 1;
        rising = rising && value == (float)found;
    }
    return found != s->dim || rising;
}

static int find_shape(const uint8_t *head, size_t n, int at_end, shape *s)
{
    for (size_t i = 0; i < sizeof separators; i++) {
        s->separator = separators[i];
        /* By all lines but the first, unless that is all there is. */
        if (w2b_textguess_rows(head, n, at_end, s->separator, 1, &s->dim) ||
            w2b_textguess_rows(head, n, at_end, s->separator, 0, &s->dim)) {
            s->titles = has_titles(head, n, s);
            return 1;
        }
    }
    return 0;
}

int w2b_table_sniff(const uint8_t *head, size_t n, int at_end)
{
    shape s;
    return find_shape(head, n, at_end, &s);
}

w2b_err w2b_table_read(w2b_stream *stream, const w2b_open_options *options, w2b_model **model,
                       w2b_diag *diag)
{
    const uint8_t *head;
    size_t n;
    shape s;
    const w2b_err err = w2b_stream_peek(stream, &head, &n, diag);
    if (err)
        return err;
    if (!find_shape(head, n, n < W2B_STREAM_PEEK, &s))
        return fail_shape(stream, diag);
    return read_text(stream, options, "table", &s, parse_table, model, diag);
}
