/*
 * word2vec_write.c - writing files as word2vec.c does, binary and text, as GloVe
 * does, and tables.
 *
 * The binary form has a newline after each vector, as word2vec.c writes it;
 * the others have the fewest digits that read back as the same floats, and
 * nothing behind the last number of a line. GloVe's text is word2vec's without
 * its first line, and its words may hold spaces, since numbers are counted from
 * the end of a line. Tables have tabs, and quotes around words that need them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "io/format.h"
#include "io/model.h"
#include "io/number.h"
#include "io/progress.h"

struct writer;

typedef struct textform {
    /* Fills `row` from `vector`; returns its length. */
    size_t (*lay_out)(const struct writer *writer);
    size_t most;       /* bytes at most that stand for a number */
    int header;        /* the first line says how much there is */
    char separator;    /* in front of a number */
    const char *bans;  /* bytes that no word may hold */
    int ends;          /* nor may one begin or end with a space */
    int quotes;        /* a word may be quoted */
} textform;

typedef struct writer {
    const textform *form;
    const w2b_model *model;
    w2b_out *out;
    w2b_code plain;    /* 32-bit floats of the same dimension */
    float *vector;
    char *row;         /* what follows the word: a space, the vector, a newline */
} writer;

static size_t lay_out_binary(const writer *w)
{
    uint16_t scale;
    w->row[0] = ' ';
    w2b_code_encode(&w->plain, w->vector, (uint8_t *)w->row + 1, &scale);
    w->row[1 + w->plain.stride] = '\n';
    return w->plain.stride + 2;
}

static size_t lay_out_text(const writer *w)
{
    char *at = w->row;
    for (uint32_t i = 0; i < w->plain.dim; i++) {
        *at++ = w->form->separator;
        at += w2b_number_write(w->vector[i], at);
    }
    *at++ = '\n';
    return (size_t)(at - w->row);
}

static int all_finite(const float *vector, uint32_t dim)
{
    for (uint32_t i = 0; i < dim; i++) {
        if (!(vector[i] - vector[i] == 0))
            return 0;
    }
    return 1;
}

/* In quotes, those of its own twice. */
static w2b_err write_quoted(const writer *w, const char *word, size_t length, w2b_diag *diag)
{
    w2b_err err = w2b_out_write(w->out, "\"", 1, diag);
    for (const char *end = word + length; word < end && !err;) {
        const char *quote = memchr(word, '"', (size_t)(end - word));
        const char *stop = quote ? quote + 1 : end;
        err = w2b_out_write(w->out, word, (size_t)(stop - word), diag);
        if (!err && quote)
            err = w2b_out_write(w->out, "\"", 1, diag);
        word = stop;
    }
    return err ? err : w2b_out_write(w->out, "\"", 1, diag);
}

static w2b_err write_word(const writer *w, uint64_t row, w2b_diag *diag)
{
    size_t length;
    const char *word;
    const w2b_err err = w2b_model_word_at(w->model, row, &word, &length, diag);
    if (err)
        return err;
    if (length == 0)
        return w2b_fail(diag, W2B_ERR_DATA,
                        "the word of row %" PRIu64 " is empty: this format cannot hold it", row);
    int banned = w->form->ends && (word[0] == ' ' || word[length - 1] == ' ');
    for (const char *ban = w->form->bans; *ban; ban++)
        banned |= memchr(word, *ban, length) != NULL;
    if (banned)
        return w2b_fail(diag, W2B_ERR_DATA, "the word of row %" PRIu64
                        " holds a space or a newline: this format cannot hold it", row);
    if (w->form->quotes && (*word == '"' || memchr(word, w->form->separator, length)))
        return write_quoted(w, word, length, diag);
    return w2b_out_write(w->out, word, length, diag);
}

static w2b_err write_row(const writer *w, uint64_t row, const uint8_t *codes, uint16_t scale,
                         w2b_diag *diag)
{
    const w2b_err err = write_word(w, row, diag);
    if (err)
        return err;
    w2b_code_decode(w2b_model_code(w->model), codes, scale, w->vector);
    if (!all_finite(w->vector, w->plain.dim))
        return w2b_fail(diag, W2B_ERR_DATA, "row %" PRIu64 " has a number that is not finite",
                        row);
    return w2b_out_write(w->out, w->row, w->form->lay_out(w), diag);
}

static w2b_err write_header(const writer *w, uint64_t words, w2b_diag *diag)
{
    char line[64];
    const int n = snprintf(line, sizeof line, "%" PRIu64 " %" PRIu32 "\n", words, w->plain.dim);
    return w2b_out_write(w->out, line, (size_t)n, diag);
}

static w2b_err write_rows(const writer *w, const w2b_save_options *options, w2b_diag *diag)
{
    const uint64_t all = w2b_model_words(w->model);
    const uint64_t words = options->limit > 0 && options->limit < all ? options->limit : all;
    const size_t stride = w2b_model_code(w->model)->stride;
    w2b_meter meter;
    w2b_meter_start(&meter, options->progress, options->progress_user, W2B_STAGE_WRITE, "rows");
    w2b_err err = w->form->header ? write_header(w, words, diag) : W2B_OK;
    uint64_t row = 0;
    for (size_t block = 0; !err && row < words; block++) {
        w2b_rows rows;
        err = w2b_model_block(w->model, block, &rows, diag);
        for (size_t i = 0; !err && i < rows.n && row < words; i++, row++) {
            err = write_row(w, row, rows.codes + i * stride, rows.scales ? rows.scales[i] : 0,
                            diag);
            if (!err)
                err = w2b_meter_tick(&meter, row + 1, words, diag);
        }
    }
    return err ? err : w2b_meter_finish(&meter, words, words, diag);
}

static w2b_err write_model(const w2b_model *model, w2b_out *out,
                           const w2b_save_options *options, const textform *form, w2b_diag *diag)
{
    const uint32_t dim = w2b_model_code(model)->dim;
    writer w = {.form = form, .model = model, .out = out};
    w2b_err err = W2B_ERR_MEMORY;
    if (w2b_code_init(&w.plain, W2B_METHOD_FLOAT, 32, dim) != 0)
        return w2b_fail(diag, W2B_ERR_LIMIT, "vectors of %" PRIu32 " numbers are not possible",
                        dim);
    w.vector = w2b_alloc(dim, sizeof *w.vector);
    w.row = w2b_alloc((size_t)dim + 1, form->most);
    if (w.vector && w.row)
        err = write_rows(&w, options, diag);
    else
        w2b_fail_memory(diag, (uint64_t)dim * (form->most + sizeof *w.vector), "a vector");
    w2b_free(w.vector);
    w2b_free(w.row);
    return err;
}

w2b_err w2b_word2vec_write_binary(const w2b_model *model, w2b_out *out,
                                  const w2b_save_options *options,
                                  w2b_diag *diag)
{
    static const textform binary = {lay_out_binary, sizeof(float), 1, ' ', " \n", 0, 0};
    return write_model(model, out, options, &binary, diag);
}

w2b_err w2b_word2vec_write_text(const w2b_model *model, w2b_out *out,
                                const w2b_save_options *options,
                                w2b_diag *diag)
{
    static const textform text = {lay_out_text, 1 + W2B_NUMBER_ROOM, 1, ' ', " \n", 0, 0};
    return write_model(model, out, options, &text, diag);
}

w2b_err w2b_glove_write(const w2b_model *model, w2b_out *out, const w2b_save_options *options,
                        w2b_diag *diag)
{
    static const textform glove = {lay_out_text, 1 + W2B_NUMBER_ROOM, 0, ' ', "\n", 1, 0};
    return write_model(model, out, options, &glove, diag);
}

w2b_err w2b_table_write(const w2b_model *model, w2b_out *out, const w2b_save_options *options,
                        w2b_diag *diag)
{
    static const textform table = {lay_out_text, 1 + W2B_NUMBER_ROOM, 0, '\t', "\n", 0, 1};
    return write_model(model, out, options, &table, diag);
}
