/*
 * text.h - files to pieces of text that split neither words nor lines.
 */
#ifndef W2B_TEXT_H
#define W2B_TEXT_H

#include "io/base.h"

/* Zero bytes behind a piece, so that it may be read in larger steps. */
#define W2B_TEXT_PAD 80

/* Space, \t, \n, \v, \f, \r: all that divides words. */
static inline int w2b_text_white(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A run of text whose last byte is white space, from one file or several
 * (a line end lies between any two). Start with zeros; w2b_text_read makes
 * the room, w2b_free(piece.text) releases it. */
typedef struct w2b_piece {
    unsigned char *text;
    size_t size;
    size_t room;
} w2b_piece;

typedef struct w2b_text w2b_text;

/* Reads `paths` one after the other. Every file but pipes is opened once
 * before any is read, so that a missing one does not come to light hours
 * later. Pieces have `piece` bytes at the most, or max_word + 1 if that is
 * more. `paths` and `options` must outlive the handle. */
w2b_err w2b_text_open(const char *const *paths, size_t n_paths, size_t piece,
                      const w2b_corpus_options *options, w2b_text **text,
                      w2b_diag *diag);

/* The next piece; its size is 0 at the end, and only there. A word that does
 * not fit a piece is left out and counted. Calls options->progress. Fails
 * with W2B_ERR_FORMAT on files that are not text. */
w2b_err w2b_text_read(w2b_text *text, w2b_piece *piece, w2b_diag *diag);

/* From now on pieces end at the end of a line, but for lines longer than one. */
void w2b_text_keep_lines(w2b_text *text);

/* Room for `size` bytes and the padding. 0, or -1 if memory is short. */
int w2b_piece_room(w2b_piece *piece, size_t size);

/* So far: bytes read, their XXH3-64, words left out. */
uint64_t w2b_text_bytes(const w2b_text *text);
uint64_t w2b_text_checksum(const w2b_text *text);
uint64_t w2b_text_long_words(const w2b_text *text);

void w2b_text_close(w2b_text *text);

#endif
