/*
 * json.c - results as JSON.
 */
#include "cli/json.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/opt.h"
#include "cli/talk.h"

/* As many as tell every float from the next one. */
#define DIGITS 9

size_t w2b_json_character(const char *bytes, size_t left)
{
    const unsigned char *s = (const unsigned char *)bytes;
    if (s[0] < 0x80) return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4) return 0;
    size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (n > left) return 0;
    unsigned char low = 0x80, high = 0xbf;
    if (s[0] == 0xe0) low = 0xa0;
    else if (s[0] == 0xed) high = 0x9f;
    else if (s[0] == 0xf0) low = 0x90;
    else if (s[0] == 0xf4) high = 0x8f;
    if (s[1] < low || s[1] > high) return 0;
    for (size_t i = 2; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0;
    }
    return n;
}

json_t *w2b_json_text(const char *bytes, size_t length)
{
    if (length > SIZE_MAX / 3) return NULL;
    char *text = malloc(length ? length * 3 : 1), *to = text;
    if (!text) return NULL;
    for (size_t i = 0; i < length;) {
        size_t n = w2b_json_character(bytes + i, length - i);
        memcpy(to, n ? bytes + i : "\xef\xbf\xbd", n ? n : 3);
        to += n ? n : 3;
        i += n ? n : 1;
    }
    json_t *json = json_stringn(text, (size_t)(to - text));
    free(text);
    return json;
}

json_t *w2b_json_real(double number)
{
    return isfinite(number) ? json_real(number) : json_null();
}

json_t *w2b_json_float(float number)
{
    /* The decimal number that is meant, as near as a double comes to it: nine
     * digits of that are the short form again. */
    char text[32];
    return w2b_json_real(strtod(w2b_talk_float(number, text), NULL));
}

json_t *w2b_json_append(json_t *array, json_t *item)
{
    /* Releases the item if it fails. */
    if (json_array_append_new(array, item) == 0) return array;
    json_decref(array);
    return NULL;
}

static int print(json_t *value, size_t flags)
{
    if (!value) return w2b_talk_memory();
    flags |= JSON_REAL_PRECISION(DIGITS);
    /* JSON escapes the control characters of ASCII, but Unicode has others. */
    if (isatty(STDOUT_FILENO)) flags |= JSON_ENSURE_ASCII;
    char *text = json_dumps(value, flags);
    json_decref(value);
    if (!text) return w2b_talk_memory();
    puts(text);
    free(text);
    return W2B_EXIT_DONE;
}

int w2b_json_line(json_t *value)
{
    return print(value, JSON_COMPACT);
}

int w2b_json_page(json_t *value)
{
    return print(value, JSON_INDENT(2));
}
