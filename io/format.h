/*
 * format.h - the formats of embeddings: one row each, found by content when
 * reading and by name when writing.
 */
#ifndef W2B_IO_FORMAT_H
#define W2B_IO_FORMAT_H

#include "io/base.h"
#include "io/out.h"
#include "io/stream.h"

typedef struct w2b_format_row {
    w2b_format id;
    const char *name;       /* as in w2b_info.format */
    const char *extensions; /* of file names: ".txt .vec" */

    /* Whether the first `n` bytes of a file (all of it if `at_end`) look like
     * this format: 0 no, 1 perhaps, 2 surely. */
    int (*sniff)(const uint8_t *head, size_t n, int at_end);

    /* Reads a whole model from a stream that stands at its first byte.
     * `options` are complete, never NULL. */
    w2b_err (*read)(w2b_stream *stream, const w2b_open_options *options,
                    w2b_model **model, w2b_diag *diag);

    /* Writes the model, or its first options->limit rows, to `out`, which the
     * caller commits or aborts. `options` are complete, never NULL. */
    w2b_err (*write)(const w2b_model *model, w2b_out *out,
                     const w2b_save_options *options, w2b_diag *diag);

    /* For formats of more than one file, instead of `write`: all of them
     * appear, or none. NULL for the others. */
    w2b_err (*save)(const w2b_model *model, const char *path,
                    const w2b_save_options *options, w2b_diag *diag);
} w2b_format_row;

/* The row of a format, NULL if there is none. */
const w2b_format_row *w2b_format_find(w2b_format id);

/* ----- .w2b (w2b.c) ------------------------------------------------------- */

#define W2B_MAGIC "\x89W2B\r\n\x1a\n"
#define W2B_MAGIC_SIZE 8

int w2b_w2b_sniff(const uint8_t *head, size_t n, int at_end);
w2b_err w2b_w2b_read(w2b_stream *stream, const w2b_open_options *options,
                     w2b_model **model, w2b_diag *diag);
w2b_err w2b_w2b_write(const w2b_model *model, w2b_out *out,
                      const w2b_save_options *options, w2b_diag *diag);

/* The quick way for a regular file that begins with the magic: maps it. */
w2b_err w2b_map_open(const char *path, const w2b_open_options *options,
                     w2b_model **model, w2b_diag *diag);

/* ----- word2vec, binary and text (word2vec.c) ----------------------------- */

int w2b_word2vec_sniff_binary(const uint8_t *head, size_t n, int at_end);
int w2b_word2vec_sniff_text(const uint8_t *head, size_t n, int at_end);
w2b_err w2b_word2vec_read_binary(w2b_stream *stream,
                                 const w2b_open_options *options,
                                 w2b_model **model, w2b_diag *diag);
w2b_err w2b_word2vec_read_text(w2b_stream *stream,
                               const w2b_open_options *options,
                               w2b_model **model, w2b_diag *diag);
w2b_err w2b_word2vec_write_binary(const w2b_model *model, w2b_out *out,
                                  const w2b_save_options *options,
                                  w2b_diag *diag);
w2b_err w2b_word2vec_write_text(const w2b_model *model, w2b_out *out,
                                const w2b_save_options *options,
                                w2b_diag *diag);

/* ----- Text without a first line: GloVe, tables (glove.c) ------------------ */

int w2b_glove_sniff(const uint8_t *head, size_t n, int at_end);
w2b_err w2b_glove_read(w2b_stream *stream, const w2b_open_options *options,
                       w2b_model **model, w2b_diag *diag);
w2b_err w2b_glove_write(const w2b_model *model, w2b_out *out,
                        const w2b_save_options *options, w2b_diag *diag);
int w2b_table_sniff(const uint8_t *head, size_t n, int at_end);
w2b_err w2b_table_read(w2b_stream *stream, const w2b_open_options *options,
                       w2b_model **model, w2b_diag *diag);
w2b_err w2b_table_write(const w2b_model *model, w2b_out *out,
                        const w2b_save_options *options, w2b_diag *diag);

/* ----- near-lossless-binarization (signs.c) -------------------------------- */

int w2b_signs_sniff(const uint8_t *head, size_t n, int at_end);
w2b_err w2b_signs_read(w2b_stream *stream, const w2b_open_options *options,
                       w2b_model **model, w2b_diag *diag);

/* ----- NumPy (npy.c) ------------------------------------------------------ */

int w2b_npy_sniff(const uint8_t *head, size_t n, int at_end);
w2b_err w2b_npy_read(w2b_stream *stream, const w2b_open_options *options,
                     w2b_model **model, w2b_diag *diag);
w2b_err w2b_npy_save(const w2b_model *model, const char *path,
                     const w2b_save_options *options, w2b_diag *diag);

/* ----- safetensors (safetensors.c) ---------------------------------------- */

int w2b_safetensors_sniff(const uint8_t *head, size_t n, int at_end);
w2b_err w2b_safetensors_read(w2b_stream *stream,
                             const w2b_open_options *options,
                             w2b_model **model, w2b_diag *diag);
w2b_err w2b_safetensors_save(const w2b_model *model, const char *path,
                             const w2b_save_options *options, w2b_diag *diag);
w2b_err w2b_model2vec_save(const w2b_model *model, const char *path,
                           const w2b_save_options *options, w2b_diag *diag);

/* ----- finalfusion (finalfusion.c) ---------------------------------------- */

int w2b_finalfusion_sniff(const uint8_t *head, size_t n, int at_end);
w2b_err w2b_finalfusion_read(w2b_stream *stream,
                             const w2b_open_options *options,
                             w2b_model **model, w2b_diag *diag);
w2b_err w2b_finalfusion_write(const w2b_model *model, w2b_out *out,
                              const w2b_save_options *options, w2b_diag *diag);

/* ----- fastText (fasttext.c) ---------------------------------------------- */

int w2b_fasttext_sniff(const uint8_t *head, size_t n, int at_end);
w2b_err w2b_fasttext_read(w2b_stream *stream, const w2b_open_options *options,
                          w2b_model **model, w2b_diag *diag);

/* The file of vectors in a folder of Model2Vec's or sentence-transformers', in
 * memory from w2b_alloc. */
w2b_err w2b_safetensors_within(const char *folder, char **path, w2b_diag *diag);

#endif
