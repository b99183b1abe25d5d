/*
 * lines.c - lines and fields. See lines.h.
 */
#include "eval/lines.h"

#include <math.h>
#include <string.h>

#include "io/number.h"

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

w2b_slice w2b_slice_trim(const char *text, uint32_t start, uint32_t end)
{
    while (start < end && is_blank(text[start])) {
        start++;
    }
    while (end > start && is_blank(text[end - 1])) {
        end--;
    }
    return (w2b_slice){start, end - start};
}

int w2b_slice_equal(const char *text, w2b_slice a, w2b_slice b)
{
    return a.length == b.length && memcmp(text + a.start, text + b.start, a.length) == 0;
}

int w2b_slice_number(const char *text, w2b_slice field, double *value)
{
    const char *const begin = text + field.start, *const end = begin + field.length;
    double number;
    if (field.length == 0 || w2b_number_read_double(begin, end, &number) != end ||
        !isfinite(number)) {
        return 0;
    }
    *value = number;
    return 1;
}

w2b_lines w2b_lines_of(const char *text, uint32_t start, uint32_t end)
{
    const int mark = end - start >= 3 && memcmp(text + start, "\xEF\xBB\xBF", 3) == 0;
    return (w2b_lines){text, start + (mark ? 3 : 0), end, 0};
}

int w2b_lines_next(w2b_lines *lines, w2b_line *line)
{
    const char *const text = lines->text;
    int gap = 0;
    while (lines->at < lines->end) {
        const char *const end = memchr(text + lines->at, '\n', lines->end - lines->at);
        const uint32_t stop = end != NULL ? (uint32_t)(end - text) : lines->end;
        const uint32_t begin = lines->at;
        uint32_t last = stop;
        lines->at = stop + (end != NULL);
        lines->number++;
        if (last > begin && text[last - 1] == '\r') {
            last--;
        }
        const w2b_slice inner = w2b_slice_trim(text, begin, last);
        if (inner.length > 0 && text[inner.start] != '#') {
            /* Outer tabs divide fields and stay. */
            *line = (w2b_line){begin, last - begin, lines->number, gap};
            return 1;
        }
        gap |= inner.length == 0;
    }
    return 0;
}

static void field_add(w2b_fields *f, w2b_slice slice)
{
    if (f->n < W2B_FIELDS_MAX) {
        f->at[f->n++] = slice;
    }
}

/* One field of a line that ends at `end`; returns where the field ends. One in
 * double quotes may hold a comma; doubled quotes in it stay doubled, for no
 * known set has a quote in a word. */
static uint32_t field_find(const char *text, uint32_t at, uint32_t end, char comma,
                           w2b_slice *field)
{
    uint32_t stop = at;
    while (stop < end && text[stop] == ' ') {
        stop++;
    }
    if (comma == ',' && stop < end && text[stop] == '"') {
        const uint32_t begin = stop + 1;
        stop = begin;
        while (stop < end && (text[stop] != '"' || (stop + 1 < end && text[stop + 1] == '"'))) {
            stop += text[stop] == '"' ? 2 : 1;
        }
        *field = (w2b_slice){begin, stop - begin};
        while (stop < end && text[stop] != comma) {
            stop++;
        }
        return stop;
    }
    while (stop < end && text[stop] != comma) {
        stop++;
    }
    *field = w2b_slice_trim(text, at, stop);
    return stop;
}

void w2b_line_split(const char *text, const w2b_line *line, w2b_divider by, w2b_fields *f)
{
    const uint32_t end = line->start + line->length;
    uint32_t at = line->start;
    f->n = 0;
    if (by == W2B_TABS && memchr(text + at, '\t', line->length) == NULL) {
        by = W2B_SPACES; /* sets typed by hand mix the two */
    }
    if (by != W2B_SPACES) {
        for (;;) {
            w2b_slice field;
            at = field_find(text, at, end, by == W2B_TABS ? '\t' : ',', &field);
            field_add(f, field);
            if (at == end) {
                return;
            }
            at++;
        }
    }
    while (at < end) {
        while (at < end && is_blank(text[at])) {
            at++;
        }
        const uint32_t begin = at;
        while (at < end && !is_blank(text[at])) {
            at++;
        }
        if (at > begin) {
            field_add(f, (w2b_slice){begin, at - begin});
        }
    }
}

w2b_divider w2b_line_divider(const char *text, const w2b_line *line)
{
    const char *const begin = text + line->start;
    return memchr(begin, '\t', line->length) != NULL  ? W2B_TABS
           : memchr(begin, ',', line->length) != NULL ? W2B_COMMAS
                                                      : W2B_SPACES;
}

int w2b_fields_column(const char *text, const w2b_fields *f, const char *name)
{
    for (int i = 0; i < f->n; i++) {
        const char *const title = text + f->at[i].start;
        const char *rest = name;
        int same = 1;
        for (uint32_t j = 0; j < f->at[i].length && same; j++) {
            const char c = title[j] >= 'A' && title[j] <= 'Z' ? (char)(title[j] + 32) : title[j];
            if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
                same = c == *rest;
                rest += same;
            }
        }
        if (same && *rest == '\0') {
            return i;
        }
    }
    return -1;
}
