/*
 * utf8.h - characters in words.
 */
#ifndef W2B_IO_UTF8_H
#define W2B_IO_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at the begin of text[n], and the character; 0 if
 * n is 0 or the bytes are not sound UTF-8 (Unicode, table 3-7). */
size_t w2b_utf8_char(const char *text, size_t n, uint32_t *character);

/* Whether all of text[n] is sound. */
int w2b_utf8_sound(const char *text, size_t n);

#endif
