/*
 * word2vec.h - the first line of word2vec's files, and text that begins with it.
 */
#ifndef W2B_IO_WORD2VEC_H
#define W2B_IO_WORD2VEC_H

#include "io/stream.h"
#include "io/textrows.h"

typedef struct w2b_word2vec_header {
    uint64_t words;   /* UINT64_MAX for what is larger */
    uint64_t dim;
    size_t length;    /* with its newline */
} w2b_word2vec_header;

/* "1000 300\n" at the beginning; -1: there is no such line. */
int w2b_word2vec_header_read(const char *bytes, size_t n, w2b_word2vec_header *header);

/* Reads a file of this line and one for each word, by `parse`. */
w2b_err w2b_word2vec_read_lines(w2b_stream *stream, const w2b_open_options *options,
                                const char *format, w2b_textparse *parse, w2b_model **model,
                                w2b_diag *diag);

#endif
