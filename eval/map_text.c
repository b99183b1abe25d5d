/*
 * map_text.c - words of any bytes in files that must be sound UTF-8.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "eval/map.h"

#define REPLACEMENT 0xfffd

/* The character at the front of `bytes`, at least one of them, and its length
 * in *used. Each byte that is part of none is one U+FFFD. */
static uint32_t character(const char *bytes, size_t length, size_t *used)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *const u = (const unsigned char *)bytes;
    const size_t n = u[0] < 0x80 ? 1 : u[0] >> 5 == 6 ? 2 : u[0] >> 4 == 14 ? 3
                                   : u[0] >> 3 == 30  ? 4
                                                      : 0;
    *used = 1;
    if (n <= 1) {
        return n == 1 ? u[0] : REPLACEMENT;
    }
    if (n > length) {
        return REPLACEMENT;
    }
    uint32_t c = u[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++) {
        if (u[i] >> 6 != 2) {
            return REPLACEMENT;
        }
        c = c << 6 | (u[i] & 0x3f);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
        return REPLACEMENT;
    }
    *used = n;
    return c;
}

/* What stands for a character that may not be written as it is; NULL if it
 * may. `room` is scratch. */
static const char *escape(w2b_quoting quoting, uint32_t c, char room[16])
{
    const int control = c < 0x20 || c == 0x7f;
    switch (quoting) {
    case W2B_QUOTE_JSON:
        /* The letters of tags and comments, so that no word ends a <script>. */
        if (control || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&') {
            snprintf(room, 16, "\\u%04x", (unsigned)c);
            return room;
        }
        return NULL;
    case W2B_QUOTE_MARKUP:
        return c == '<'    ? "&lt;"
               : c == '>'  ? "&gt;"
               : c == '&'  ? "&amp;"
               : c == '"'  ? "&quot;"
               : c == '\'' ? "&#39;"
               : control || c == 0xfffe || c == 0xffff ? "\xef\xbf\xbd"
                                                       : NULL;
    case W2B_QUOTE_TABS:
        return c == '\t' || c == '\r' || c == '\n' ? " " : control ? "\xef\xbf\xbd" : NULL;
    }
    return NULL;
}

w2b_err w2b_map_text(w2b_out *out, w2b_quoting quoting, const char *bytes, size_t length,
                     w2b_diag *diag)
{
    const char *const mark = "\"";
    const size_t marks = quoting == W2B_QUOTE_JSON ? 1 : 0;
    w2b_err err = w2b_out_write(out, mark, marks, diag);
    size_t plain = 0, used;
    for (size_t at = 0; at < length && err == W2B_OK; at += used) {
        char room[16];
        const uint32_t c = character(bytes + at, length - at, &used);
        const char *instead = escape(quoting, c, room);
        if (c == REPLACEMENT) {
            instead = "\xef\xbf\xbd";
        }
        if (instead != NULL) {
            err = w2b_out_write(out, bytes + plain, at - plain, diag);
            plain = at + used;
            if (err == W2B_OK) {
                err = w2b_out_write(out, instead, strlen(instead), diag);
            }
        }
    }
    if (err == W2B_OK) {
        err = w2b_out_write(out, bytes + plain, length - plain, diag);
    }
    return err == W2B_OK ? w2b_out_write(out, mark, marks, diag) : err;
}

size_t w2b_map_length(const char *bytes, size_t length)
{
    size_t n = 0, used;
    for (size_t at = 0; at < length; at += used) {
        character(bytes + at, length - at, &used);
        n++;
    }
    return n;
}

w2b_err w2b_map_printf(w2b_out *out, w2b_diag *diag, const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    const int n = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (n < 0 || (size_t)n >= sizeof text) {
        return w2b_fail(diag, W2B_ERR_LIMIT, "a line of a map is too long");
    }
    return w2b_out_write(out, text, (size_t)n, diag);
}

w2b_err w2b_map_word(const w2b_map *map, size_t row, const char **word, size_t *length,
                     w2b_diag *diag)
{
    return w2b_model_word_at(map->model, row, word, length, diag);
}
