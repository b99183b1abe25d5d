/*
 * projector.c - files for the TensorFlow Embedding Projector.
 *
 * Its rules: one row a line, fields divided by tabs; the file of words has a
 * head line if it has more than one column, and none otherwise.
 */
#include <string.h>

#include "eval/map.h"
#include "io/number.h"

typedef struct projector {
    const w2b_model *model;
    uint64_t words;
    uint32_t dim;
    int counts;
    float *vector;  /* [dim] */
    char *line;     /* room for the text of one */
} projector;

static w2b_err write_vector(projector *p, w2b_out *out, uint64_t row, w2b_diag *diag)
{
    const w2b_err err = w2b_model_vector(p->model, row, p->vector, diag);
    if (err != W2B_OK) {
        return err;
    }
    char *at = p->line;
    for (uint32_t i = 0; i < p->dim; i++) {
        at += w2b_number_write(p->vector[i], at);
        *at++ = i + 1 < p->dim ? '\t' : '\n';
    }
    return w2b_out_write(out, p->line, (size_t)(at - p->line), diag);
}

static w2b_err write_word(const projector *p, w2b_out *out, uint64_t row, w2b_diag *diag)
{
    size_t length;
    const char *word;
    w2b_err err = w2b_model_word_at(p->model, row, &word, &length, diag);
    if (err != W2B_OK) {
        return err;
    }
    err = w2b_map_text(out, W2B_QUOTE_TABS, word, length, diag);
    if (err != W2B_OK || !p->counts) {
        return err != W2B_OK ? err : w2b_out_write(out, "\n", 1, diag);
    }
    uint64_t count = 0;
    err = w2b_model_count_at(p->model, row, &count, diag);
    return err != W2B_OK ? err
                         : w2b_map_printf(out, diag, "\t%llu\n", (unsigned long long)count);
}

static w2b_err write_both(projector *p, w2b_out *vectors, w2b_out *words, w2b_diag *diag)
{
    w2b_err err = W2B_OK;
    if (p->counts) {
        err = w2b_map_printf(words, diag, "word\tcount\n");
    }
    for (uint64_t row = 0; row < p->words && err == W2B_OK; row++) {
        err = write_vector(p, vectors, row, diag);
        if (err == W2B_OK) {
            err = write_word(p, words, row, diag);
        }
    }
    return err;
}

w2b_err w2b_projector_save(const w2b_model *model, uint64_t words, const char *vectors_path,
                           const char *words_path, int replace, w2b_diag *diag)
{
    w2b_info info;
    w2b_model_info(model, &info);
    projector p = {.model = model, .dim = info.dim, .counts = info.count_bytes > 0};
    p.words = words > 0 && words < info.words ? words : info.words;
    w2b_out *vectors_out = NULL, *words_out = NULL;
    p.vector = w2b_alloc(p.dim, sizeof *p.vector);
    p.line = w2b_alloc(p.dim, W2B_NUMBER_ROOM + 1);
    w2b_err err = W2B_OK;
    if (p.vector == NULL || p.line == NULL) {
        err = w2b_fail_memory(diag, (uint64_t)p.dim * W2B_NUMBER_ROOM, "a row");
    }
    if (err == W2B_OK) {
        err = w2b_out_open(vectors_path, replace, &vectors_out, diag);
    }
    if (err == W2B_OK) {
        err = w2b_out_open(words_path, replace, &words_out, diag);
    }
    if (err == W2B_OK) {
        err = write_both(&p, vectors_out, words_out, diag);
    }
    w2b_free(p.vector);
    w2b_free(p.line);
    if (err == W2B_OK) {
        w2b_out *const both[] = {words_out, vectors_out};
        return w2b_out_commit_all(both, 2, diag);
    }
    if (words_out != NULL) {
        w2b_out_abort(words_out);
    }
    if (vectors_out != NULL) {
        w2b_out_abort(vectors_out);
    }
    return err;
}
