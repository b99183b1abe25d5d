/*
 * memo.h - text or bytes that grow in memory, and say whether they could.
 *
 * glibc tells that a stream in memory cannot grow to the call that prints alone,
 * not to ferror or fclose; and where the last cut to size fails there, fclose
 * succeeds and the text is gone.
 */
#ifndef W2B_CLI_MEMO_H
#define W2B_CLI_MEMO_H

#include <stdio.h>

typedef struct w2b_memo {
    char *text;     /* from w2b_memo_close on: the caller's to free; a 0 behind it */
    size_t size;
    FILE *file;     /* NULL: not open */
    int torn;
} w2b_memo;

/* An empty one. If memory is short, w2b_memo_close says so. */
void w2b_memo_open(w2b_memo *memo);

void w2b_memo_print(w2b_memo *memo, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void w2b_memo_write(w2b_memo *memo, const void *bytes, size_t size);

/* 0, or -1 if memory was short at some time: there is no text then. */
int w2b_memo_close(w2b_memo *memo);

#endif
