/*
 * wordlist.h - the words of formats that hold vectors only: in a file beside
 * them, one a line, or in a tokenizer of Hugging Face's (tokenizer.c).
 */
#ifndef W2B_IO_WORDLIST_H
#define W2B_IO_WORDLIST_H

#include "io/outs.h"
#include "io/stream.h"

/* Longer words are a sign that the file is something else. */
#define W2B_WORDLIST_MAX 65535

/* Words by row; rows may be without one. */
typedef struct w2b_wordlist {
    char *path;        /* of the file */
    char *bytes;       /* the words one after the other */
    size_t bytes_n, bytes_room;
    uint64_t *starts;  /* [n] in `bytes`; UINT64_MAX: no word */
    uint32_t *lengths; /* [n] */
    uint64_t n;
    size_t starts_room, lengths_room;
    uint64_t rows;     /* of vectors: no token may have a higher number */
    int whole;         /* one word a line, and nothing was left out */
} w2b_wordlist;

/* Reads the words of the `rows` vectors in the file `name` ("standard input" if
 * it has none): from options->vocab, or from what lies beside it. Stops after
 * options->limit lines. Release with w2b_wordlist_free, whatever this returns. */
w2b_err w2b_wordlist_open(w2b_wordlist *list, const char *name, uint64_t rows,
                          const w2b_open_options *options, w2b_diag *diag);
void w2b_wordlist_free(w2b_wordlist *list);

/* Fails if the lines are fewer or more than the rows. */
w2b_err w2b_wordlist_check(const w2b_wordlist *list, w2b_diag *diag);

/* The word of a row and its length; NULL if there is none. Not terminated. */
const char *w2b_wordlist_word(const w2b_wordlist *list, uint64_t row, uint32_t *length);

/* Adds the word of a row, which has none yet. */
w2b_err w2b_wordlist_put(w2b_wordlist *list, uint64_t row, const char *word, size_t length,
                         w2b_diag *diag);

/* Where the words of vectors that are written to `path` go: options->vocab, or
 * "dir/vectors.vocab.txt" for "dir/vectors.npy". *place is from w2b_alloc. */
w2b_err w2b_wordlist_place(const char *path, const w2b_save_options *options, char **place,
                           w2b_diag *diag);

/* Writes the words of the first `rows` rows, one a line. */
w2b_err w2b_wordlist_write(const w2b_model *model, uint64_t rows, w2b_out *out, w2b_diag *diag);

/* ----- Tokenizers (tokenizer.c) ------------------------------------------- */

/* The tokens of a tokenizer.json by their numbers. Tokens with a newline, which
 * no word can hold, are left out. */
w2b_err w2b_tokenizer_read(w2b_stream *stream, w2b_wordlist *list,
                           const w2b_open_options *options, w2b_diag *diag);

/* The token for words that are not there, among the first `rows` words of a
 * model; -1 if none of them looks like one. */
int64_t w2b_tokenizer_unknown(const w2b_model *model, uint64_t rows);

/* Name of the token that is added to a model that has none. */
#define W2B_TOKENIZER_UNKNOWN "[UNK]"

/* Writes a tokenizer that divides text at white space into the first `rows`
 * words, which must be UTF-8 and different from each other, with row `unknown`
 * as its unknown token, or if that is -1 with another one at the end. */
w2b_err w2b_tokenizer_write(const w2b_model *model, uint64_t rows, int64_t unknown,
                            w2b_out *out, w2b_diag *diag);

#endif
