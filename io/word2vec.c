/*
 * word2vec.c - reading the files of word2vec.c and of all that imitate it.
 *
 * Both forms begin with the line "words numbers". Then come, in the binary
 * form, the word, one space, 32-bit floats in little-endian order and, from
 * some writers, a newline; in the text form a line a word, with single spaces
 * and from most writers one more at the end.
 *
 * Words end at the first space (0x20) and hold any other bytes: word2vec.c
 * cuts long ones in the middle of a character. A file with fewer rows than its
 * first line promises is refused, since a copy that was cut off looks the
 * same; asking for as many rows as there are reads it. Of words that occur
 * twice all rows are kept, and the first is the one that is found.
 */
#include <string.h>

#include "io/format.h"
#include "io/gather.h"
#include "io/number.h"
#include "io/word2vec.h"

/* A longer first line is no header. */
#define HEADER_MAX 100

/* A number takes a digit and the space in front of it at least. */
#define TEXT_LEAST 2

/* So many printable bytes where floats would stand are text. */
#define SAMPLE_MIN 16

/* ----- Recognition -------------------------------------------------------- */

/* Digits from *at on; UINT64_MAX for what is larger. -1: there are none. */
static int read_count(const char *bytes, size_t n, size_t *at, uint64_t *value)
{
    const size_t first = *at;
    uint64_t v = 0;
    for (; *at < n && bytes[*at] >= '0' && bytes[*at] <= '9'; ++*at) {
        const uint64_t digit = (uint64_t)(bytes[*at] - '0');
        v = v > (UINT64_MAX - digit) / 10 ? UINT64_MAX : v * 10 + digit;
    }
    *value = v;
    return *at > first ? 0 : -1;
}

static void skip_spaces(const char *bytes, size_t n, size_t *at)
{
    while (*at < n && (bytes[*at] == ' ' || bytes[*at] == '\t'))
        ++*at;
}

int w2b_word2vec_header_read(const char *bytes, size_t n, w2b_word2vec_header *h)
{
    size_t at = 0;
    n = n < HEADER_MAX ? n : HEADER_MAX;
    skip_spaces(bytes, n, &at);
    if (read_count(bytes, n, &at, &h->words) != 0)
        return -1;
    const size_t gap = at;
    skip_spaces(bytes, n, &at);
    if (at == gap || read_count(bytes, n, &at, &h->dim) != 0)
        return -1;
    skip_spaces(bytes, n, &at);
    at += at < n && bytes[at] == '\r';
    if (at == n || bytes[at] != '\n')
        return -1;
    h->length = at + 1;
    return 0;
}

/* Whether text[n] is `dim` numbers. */
static int is_numbers(const char *text, size_t n, uint64_t dim)
{
    const char *end = text + n;
    uint64_t found = 0;
    for (;;) {
        float value;
        while (text < end && (*text == ' ' || *text == '\t' || *text == '\r'))
            text++;
        if (text == end)
            return found == dim;
        text = w2b_number_read(text, end, &value);
        if (!text)
            return 0;
        found++;
    }
}

/* Whether the first row is text: it reads as the right number of numbers, or,
 * so that a text file with a mistake in that line gets a message about it, as
 * many bytes are printable as floats hardly ever are. */
static int is_text(const char *bytes, size_t n, const w2b_word2vec_header *h)
{
    const char *row = bytes + h->length;
    const char *end = bytes + n;
    const char *newline = memchr(row, '\n', (size_t)(end - row));
    const char *space = memchr(row, ' ', (size_t)(end - row));
    if (row == end)
        return 1;
    if (!space)
        return newline != NULL;
    const char *vector = space + 1;
    /* A newline in front of the vector belongs to the word, or is no text. */
    if (newline && newline < vector)
        return newline > row;
    size_t size = (size_t)((newline ? newline : end) - vector);
    if (is_numbers(vector, size, h->dim))
        return 1;
    if (h->dim < size / sizeof(float))
        size = (size_t)h->dim * sizeof(float);
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)vector[i];
        if ((c < 0x20 && c != '\t' && c != '\r') || c >= 0x7f)
            return 0;
    }
    return size >= SAMPLE_MIN;
}

int w2b_word2vec_sniff_binary(const uint8_t *head, size_t n, int at_end)
{
    w2b_word2vec_header h;
    const char *text = (const char *)head;
    (void)at_end;
    return w2b_word2vec_header_read(text, n, &h) == 0 && !is_text(text, n, &h) ? 2 : 0;
}

int w2b_word2vec_sniff_text(const uint8_t *head, size_t n, int at_end)
{
    w2b_word2vec_header h;
    const char *text = (const char *)head;
    (void)at_end;
    return w2b_word2vec_header_read(text, n, &h) == 0 && is_text(text, n, &h) ? 2 : 0;
}

/* ----- Reading, both forms ------------------------------------------------ */

typedef struct reader {
    w2b_window window;
    w2b_gather gather;
    w2b_meter meter;
    const char *name;
    w2b_word2vec_header header;
    uint64_t wanted;   /* rows to read */
    int cut;           /* fewer than there are, by options->limit */
    int partial;       /* options->partial */
} reader;

static w2b_err check_header(const w2b_word2vec_header *h, const char *name,
                            const w2b_open_options *options, w2b_diag *diag)
{
    if (h->words == 0 || h->dim == 0)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, name, 1, W2B_NOWHERE,
                           "the first line promises no %s", h->words ? "numbers" : "words");
    if (h->words > options->max_words)
        return w2b_fail_at(diag, W2B_ERR_LIMIT, name, 1, W2B_NOWHERE,
                           "the first line promises %llu words, at most %llu are allowed",
                           (unsigned long long)h->words,
                           (unsigned long long)options->max_words);
    if (h->dim > options->max_dim)
        return w2b_fail_at(diag, W2B_ERR_LIMIT, name, 1, W2B_NOWHERE,
                           "the first line promises %llu numbers a word, at most %u are allowed",
                           (unsigned long long)h->dim, (unsigned int)options->max_dim);
    return W2B_OK;
}

/* `least` bytes stand for a number in this form. */
static w2b_err open_reader(reader *r, w2b_stream *stream, const w2b_open_options *options,
                           const char *format, size_t least, w2b_diag *diag)
{
    memset(r, 0, sizeof *r);
    r->name = w2b_stream_name(stream);
    w2b_err err = w2b_window_open(&r->window, stream, diag);
    if (!err)
        err = w2b_window_need(&r->window, HEADER_MAX, diag);
    if (err)
        return err;
    if (w2b_word2vec_header_read(w2b_window_bytes(&r->window), w2b_window_left(&r->window),
                                 &r->header) != 0)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, r->name, 1, W2B_NOWHERE,
                           "expected a line with the numbers of words and dimensions");
    w2b_window_use(&r->window, r->header.length);
    err = check_header(&r->header, r->name, options, diag);
    if (err)
        return err;
    r->cut = options->limit > 0 && options->limit < r->header.words;
    r->partial = options->partial;
    r->wanted = r->cut ? options->limit : r->header.words;
    w2b_meter_start(&r->meter, options->progress, options->progress_user, W2B_STAGE_READ,
                    "bytes");

    /* Reserve no more than the file as it lies on disk could hold. */
    const uint64_t possible = w2b_stream_size(stream) / (least * r->header.dim);
    const uint64_t expected = possible < r->wanted ? possible : r->wanted;
    err = w2b_gather_start(&r->gather, options, (uint32_t)r->header.dim, expected, format, diag);
    r->gather.may_be_levels = 1;
    return err;
}

static w2b_err close_reader(reader *r, w2b_err err, w2b_model **model, w2b_diag *diag)
{
    const w2b_stream *stream = r->window.stream;
    if (!err)
        err = w2b_meter_finish(&r->meter, w2b_stream_consumed(stream), w2b_stream_size(stream),
                               diag);
    w2b_window_free(&r->window);
    if (!err)
        return w2b_gather_finish(&r->gather, model, diag);
    w2b_gather_abort(&r->gather);
    return err;
}

static w2b_err tick(reader *r, w2b_diag *diag)
{
    const w2b_stream *stream = r->window.stream;
    return w2b_meter_tick(&r->meter, w2b_stream_consumed(stream), w2b_stream_size(stream), diag);
}

static w2b_err fail_count(const reader *r, w2b_diag *diag)
{
    return w2b_fail_at(diag, W2B_ERR_FORMAT, r->name, W2B_NOWHERE, r->window.offset,
                       "the first line promises %llu words, but the file ends after %llu",
                       (unsigned long long)r->header.words,
                       (unsigned long long)r->gather.parts.words);
}

/* ----- Binary ------------------------------------------------------------- */

static w2b_err fail_binary(const reader *r, w2b_err code, const char *text, w2b_diag *diag)
{
    return w2b_fail_at(diag, code, r->name, W2B_NOWHERE, r->window.offset,
                       "word %llu of %llu: %s", (unsigned long long)r->gather.parts.words + 1,
                       (unsigned long long)r->header.words, text);
}

/* Little-endian floats: all ones in the exponent are infinity or no number. */
static int all_finite(const uint8_t *vector, size_t dim)
{
    for (size_t i = 0; i < dim; i++) {
        const uint8_t *x = vector + i * sizeof(float);
        if ((x[3] & 0x7f) == 0x7f && (x[2] & 0x80))
            return 0;
    }
    return 1;
}

/* One record; the window is left in front of the next one. *more is 0 at the
 * end of a file that may end there. */
static w2b_err read_record(reader *r, int *more, w2b_diag *diag)
{
    w2b_window *w = &r->window;
    size_t length;
    int found;
    /* The newline after the row before, if its writer puts one there. */
    w2b_err err = w2b_window_need(w, 1, diag);
    if (err)
        return err;
    if (w2b_window_left(w) > 0 && *w2b_window_bytes(w) == '\n')
        w2b_window_use(w, 1);
    err = w2b_window_find(w, ' ', W2B_WORD_MAX + 1, &length, &found, diag);
    if (err)
        return err;
    if (length == 0 && !found) {
        *more = 0;
        return r->partial ? W2B_OK : fail_count(r, diag);
    }
    if (!found)
        return fail_binary(r, W2B_ERR_FORMAT, length > W2B_WORD_MAX ? "no word ends here"
                           : "the file ends within a word", diag);
    if (memchr(w2b_window_bytes(w), '\n', length))
        return fail_binary(r, W2B_ERR_FORMAT, "a newline within a word", diag);

    const size_t dim = (size_t)r->header.dim;
    const size_t size = length + 1 + dim * sizeof(float);
    err = w2b_window_need(w, size, diag);
    if (err)
        return err;
    if (w2b_window_left(w) < size)
        return fail_binary(r, W2B_ERR_FORMAT, "the file ends within a vector", diag);
    const char *word = w2b_window_bytes(w);
    const uint8_t *vector = (const uint8_t *)word + length + 1;
    if (!all_finite(vector, dim))
        return fail_binary(r, W2B_ERR_DATA, "a number is not finite", diag);
    err = w2b_gather_add_bytes(&r->gather, word, length, vector, diag);
    w2b_window_use(w, size);
    return err;
}

/* After the last record: a newline at most. */
static w2b_err check_binary_end(reader *r, w2b_diag *diag)
{
    w2b_window *w = &r->window;
    const w2b_err err = w2b_window_need(w, 2, diag);
    if (err)
        return err;
    if (w2b_window_left(w) > 0 && *w2b_window_bytes(w) == '\n')
        w2b_window_use(w, 1);
    if (w2b_window_left(w) > 0)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, r->name, W2B_NOWHERE, w->offset,
                           "more bytes follow the %llu words that the first line promises",
                           (unsigned long long)r->header.words);
    return W2B_OK;
}

w2b_err w2b_word2vec_read_binary(w2b_stream *stream,
                                 const w2b_open_options *options,
                                 w2b_model **model, w2b_diag *diag)
{
    reader r;
    w2b_err err = open_reader(&r, stream, options, "word2vec-binary", sizeof(float), diag);
    int more = 1;
    while (!err && more && r.gather.parts.words < r.wanted) {
        err = read_record(&r, &more, diag);
        if (!err)
            err = tick(&r, diag);
    }
    if (!err && !r.cut)
        err = check_binary_end(&r, diag);
    return close_reader(&r, err, model, diag);
}

/* ----- Text --------------------------------------------------------------- */

static w2b_err parse_line(const w2b_textform *form, char *at, char *end, float *vector,
                          const char **word, size_t *length, w2b_diag *diag)
{
    const char *space = memchr(at, ' ', (size_t)(end - at));
    *word = at;
    *length = (size_t)((space ? space : end) - at);
    return w2b_textrows_numbers(form, space ? space : end, end, vector, diag);
}

w2b_err w2b_word2vec_read_lines(w2b_stream *stream, const w2b_open_options *options,
                                const char *format, w2b_textparse *parse, w2b_model **model,
                                w2b_diag *diag)
{
    reader r;
    w2b_err err = open_reader(&r, stream, options, format, TEXT_LEAST, diag);
    if (!err) {
        const w2b_textform form = {
            .name = r.name,
            .dim = (uint32_t)r.header.dim,
            .separator = ' ',
            .promised = r.header.words,
            .limit = r.cut ? r.wanted : UINT64_MAX,
            .partial = options->partial,
            .first_line = 2,
            .threads = options->threads,
            .parse = parse,
        };
        err = w2b_textrows_read(&r.window, &form, &r.gather, &r.meter, diag);
    }
    return close_reader(&r, err, model, diag);
}

w2b_err w2b_word2vec_read_text(w2b_stream *stream,
                               const w2b_open_options *options,
                               w2b_model **model, w2b_diag *diag)
{
    return w2b_word2vec_read_lines(stream, options, "word2vec-text", parse_line, model, diag);
}
