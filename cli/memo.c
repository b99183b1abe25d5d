/*
 * memo.c - text or bytes that grow in memory.
 */
#include "cli/memo.h"

#include <stdarg.h>
#include <stdlib.h>

void w2b_memo_open(w2b_memo *memo)
{
    *memo = (w2b_memo){.text = NULL};
    memo->file = open_memstream(&memo->text, &memo->size);
    memo->torn = !memo->file;
}

void w2b_memo_print(w2b_memo *memo, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (memo->torn || vfprintf(memo->file, format, list) < 0) memo->torn = 1;
    va_end(list);
}

void w2b_memo_write(w2b_memo *memo, const void *bytes, size_t size)
{
    if (memo->torn || fwrite(bytes, 1, size, memo->file) != size) memo->torn = 1;
}

int w2b_memo_close(w2b_memo *memo)
{
    if (memo->file && fclose(memo->file)) memo->torn = 1;
    memo->file = NULL;
    if (!memo->torn && memo->text) return 0;
    free(memo->text);
    memo->text = NULL;
    return -1;
}
