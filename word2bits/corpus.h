/*
 * corpus.h - text to a vocabulary and token ids, in one reading.
 */
#ifndef W2B_CORPUS_H
#define W2B_CORPUS_H

#include "io/base.h"

/* Stands for the end of a line among the ids. Empty lines and lines without a
 * known word leave none, so that two never follow each other. */
#define W2B_EOL UINT32_MAX

/* A corpus that has been read. The ids lie in memory, or in a file without a
 * name that is mapped; words that are not in the vocabulary are gone. */
typedef struct w2b_corpus {
    w2b_vocab *vocab;          /* owned */
    const uint32_t *ids;       /* [n] rows of the vocabulary, or W2B_EOL; the
                                  last one is W2B_EOL if n > 0 */
    uint64_t n;
    w2b_corpus_report report;
    struct w2b_spool *spool;   /* holds the ids */
} w2b_corpus;

/* Reads all files once. The result is the same for any number of threads.
 * W2B_ERR_DATA: no word is left in the vocabulary. */
w2b_err w2b_corpus_read(const char *const *paths, size_t n_paths,
                        const w2b_corpus_options *options,
                        w2b_corpus **corpus, w2b_diag *diag);

/* The same for a vocabulary that has the words of `known` as well (NULL: there
 * are none), their counts added to those of the text; words that are not of it
 * have to occur min_count times in the text. Without `keep_ids` the corpus has
 * no ids. */
w2b_err w2b_corpus_read_known(const char *const *paths, size_t n_paths,
                              const w2b_corpus_options *options, const w2b_vocab *known,
                              int keep_ids, w2b_corpus **corpus, w2b_diag *diag);

void w2b_corpus_free(w2b_corpus *corpus);

/* The same without keeping ids is w2b_vocab_count. */

/* Words of a vocabulary for w2b_model_make: the bytes one after the other with
 * a zero after each, where each begins, and the counts; copies from w2b_alloc.
 * 0, or -1 if memory is short. */
int w2b_vocab_parts(const w2b_vocab *vocab, char **bytes, uint64_t **starts,
                    uint64_t **counts);

#endif
