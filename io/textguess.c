/*
 * textguess.c - what the first lines of a text look like.
 */
#include <string.h>

#include "io/number.h"
#include "io/textguess.h"

#define LINES_MOST 100

typedef struct line {
    const char *at, *end;
    uint32_t fields;
} line;

const char *w2b_textguess_trim(const char *at, const char *end, char separator)
{
    while (end > at && (end[-1] == '\r' || end[-1] == separator))
        end--;
    return end;
}

const char *w2b_textguess_last(const char *at, const char *end, char separator, uint32_t count)
{
    for (;; count--) {
        while (end > at && end[-1] != separator)
            end--;
        if (count == 1 || end == at)
            return count == 1 ? end : NULL;
        end--;
        while (separator == ' ' && end > at && end[-1] == separator)
            end--;
    }
}

uint32_t w2b_textguess_fields(const char *at, const char *end, char separator)
{
    uint32_t n = 1;
    for (; at < end; at++) {
        const int gap = *at == separator;
        n += gap;
        while (gap && separator == ' ' && at + 1 < end && at[1] == separator)
            at++;
    }
    return n;
}

/* Whether [at, end) are numbers and nothing else. */
static int are_numbers(const char *at, const char *end, char separator)
{
    while (at < end) {
        float value;
        while (at < end && (*at == ' ' || *at == separator))
            at++;
        at = at < end ? w2b_number_read(at, end, &value) : end;
        if (!at || (at < end && *at != ' ' && *at != separator))
            return 0;
    }
    return 1;
}

static size_t take_lines(const char *at, const char *stop, int at_end, char separator, int skip,
                         line *lines)
{
    size_t n = 0;
    while (at < stop && n < LINES_MOST) {
        const char *newline = memchr(at, '\n', (size_t)(stop - at));
        if (!newline && !at_end)
            break;
        const char *end = w2b_textguess_trim(at, newline ? newline : stop, separator);
        if (skip > 0)
            skip--;
        else if (end > at)
            lines[n++] = (line){at, end, w2b_textguess_fields(at, end, separator)};
        at = newline ? newline + 1 : stop;
    }
    return n;
}

int w2b_textguess_rows(const uint8_t *head, size_t n, int at_end, char separator, int skip,
                       uint32_t *dim)
{
    line lines[LINES_MOST];
    const char *text = (const char *)head;
    size_t most = 0, good = 0, words = 0;
    uint32_t mode = 0;
    const size_t count = take_lines(text, text + n, at_end, separator, skip, lines);
    for (size_t i = 0; i < count; i++) {
        size_t same = 0;
        for (size_t j = 0; j < count; j++)
            same += lines[j].fields == lines[i].fields;
        if (same > most) {
            most = same;
            mode = lines[i].fields;
        }
    }
    if (mode < 1 + W2B_TEXTGUESS_DIM_LEAST)
        return 0;
    for (size_t i = 0; i < count; i++) {
        const line *l = &lines[i];
        const char *first = l->fields < mode
                                ? NULL
                                : w2b_textguess_last(l->at, l->end, separator, mode - 1);
        good += first && are_numbers(first, l->end, separator);
        words += !first || !are_numbers(l->at, first, separator);
    }
    *dim = mode - 1;
    return good * 2 > count && words > 0;
}
