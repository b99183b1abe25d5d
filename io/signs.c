/*
 * signs.c - reading the text of near-lossless-binarization (Tissier, Gravier and
 * Habrard 2019): after the line "vectors bits" a word and as many whole numbers
 * of 64 bits as its bits fill, of which the first is the most significant bit of
 * the first number. A bit that is set is 1, one that is not -1.
 */
#include <string.h>

#include "io/format.h"
#include "io/textguess.h"
#include "io/textrows.h"
#include "io/word2vec.h"

#define GROUP 64

/* A number up to `end` or a space; NULL if it is none, or too large. */
static const char *read_group(const char *at, const char *end, uint64_t *bits)
{
    const char *first = at;
    *bits = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(*bits, 10, bits) ||
            __builtin_add_overflow(*bits, (uint64_t)(*at - '0'), bits))
            return NULL;
    }
    return at > first && (at == end || *at == ' ') ? at : NULL;
}

static w2b_err parse_line(const w2b_textform *form, char *at, char *end, float *vector,
                          const char **word, size_t *length, w2b_diag *diag)
{
    const char *stop = w2b_textguess_trim(at, end, ' ');
    const char *field = memchr(at, ' ', (size_t)(stop - at));
    field = field ? field : stop;
    uint32_t found = 0;
    *word = at;
    *length = (size_t)(field - at);
    while (field < stop) {
        uint64_t bits;
        const char *after = read_group(++field, stop, &bits);
        if (!after)
            return w2b_textrows_fail_field(form, field, stop, diag);
        for (uint32_t i = 0; i < GROUP && found < form->dim / GROUP; i++)
            vector[found * GROUP + i] = bits >> (GROUP - 1 - i) & 1 ? 1.0f : -1.0f;
        found++;
        field = after;
    }
    if (found != form->dim / GROUP)
        return w2b_textrows_fail(form, W2B_ERR_FORMAT, diag, "expected %u numbers, found %u",
                                 (unsigned int)form->dim / GROUP, (unsigned int)found);
    return W2B_OK;
}

int w2b_signs_sniff(const uint8_t *head, size_t n, int at_end)
{
    w2b_word2vec_header h;
    const char *text = (const char *)head;
    if (w2b_word2vec_header_read(text, n, &h) != 0 || h.dim == 0 || h.dim % GROUP != 0)
        return 0;
    const char *row = text + h.length;
    const char *newline = memchr(row, '\n', n - h.length);
    const char *end = w2b_textguess_trim(row, newline ? newline : text + n, ' ');
    const char *field = memchr(row, ' ', (size_t)(end - row));
    uint64_t found = 0, bits;
    if (!newline && !at_end)
        return 0;
    while (field && field < end) {
        field = read_group(field + 1, end, &bits);
        found += field != NULL;
    }
    return field && found == h.dim / GROUP ? 2 : 0;
}

w2b_err w2b_signs_read(w2b_stream *stream, const w2b_open_options *options, w2b_model **model,
                       w2b_diag *diag)
{
    return w2b_word2vec_read_lines(stream, options, "binarized-text", parse_line, model, diag);
}
