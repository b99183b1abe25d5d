/*
 * utf8.c - characters in words.
 */
#include "io/utf8.h"

size_t w2b_utf8_char(const char *text, size_t n, uint32_t *character)
{
    const unsigned char *t = (const unsigned char *)text;
    if (n == 0)
        return 0;
    if (t[0] < 0x80) {
        *character = t[0];
        return 1;
    }
    const size_t length = t[0] >= 0xf0 ? 4 : t[0] >= 0xe0 ? 3 : 2;
    if (t[0] < 0xc2 || t[0] > 0xf4 || length > n)
        return 0;
    uint32_t c = t[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((t[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (t[i] & 0x3f);
    }
    /* Longer than needed, half of a pair, or beyond the last plane. */
    if ((length == 3 && c < 0x800) || (length == 4 && c < 0x10000) || c > 0x10ffff ||
        (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *character = c;
    return length;
}

int w2b_utf8_sound(const char *text, size_t n)
{
    while (n > 0) {
        uint32_t c;
        const size_t length = w2b_utf8_char(text, n, &c);
        if (length == 0)
            return 0;
        text += length;
        n -= length;
    }
    return 1;
}
