/*
 * model.c - a vocabulary and its vectors: in memory, or in a .w2b file
 * (mapped.c), behind the same functions.
 */
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "io/inside.h"
#include "io/metadata.h"
#include "io/subword.h"

struct w2b_model {
    uint64_t words;
    w2b_code code;
    size_t block_rows;
    w2b_mapped *mapped; /* NULL: everything is in the two below */
    w2b_parts parts;
    w2b_index index;
    atomic_size_t *reached; /* where rows were read last, if they are on disk */
};

/* ----- Making ------------------------------------------------------------- */

void w2b_parts_free(w2b_parts *parts)
{
    w2b_free(parts->bytes);
    w2b_free(parts->starts);
    w2b_free(parts->counts);
    if (parts->codes && !parts->borrowed)
        w2b_pages_free(parts->codes, parts->code_room);
    w2b_free(parts->scales);
    w2b_free(parts->params);
    w2b_free(parts->metadata);
    w2b_subword_free(parts->subword);
    *parts = (w2b_parts){0};
}

static w2b_err check_words(const w2b_parts *parts, w2b_diag *diag)
{
    for (uint64_t i = 0; i < parts->words; i++) {
        const char *word = parts->bytes + parts->starts[i];
        const size_t length = (size_t)(parts->starts[i + 1] - parts->starts[i]) - 1;
        if (length > W2B_BLOCK_LIMIT - W2B_LEB_MOST)
            return w2b_fail(diag, W2B_ERR_LIMIT, "word %llu is longer than 1 MiB",
                            (unsigned long long)i);
        if (memchr(word, '\n', length))
            return w2b_fail(diag, W2B_ERR_DATA, "word %llu holds a newline",
                            (unsigned long long)i);
    }
    return W2B_OK;
}

static w2b_err check_parts(const w2b_parts *parts, w2b_diag *diag)
{
    size_t size;
    if (parts->words == 0)
        return w2b_fail(diag, W2B_ERR_DATA, "a model needs one word at least");
    if (parts->words > W2B_WORDS_LIMIT || parts->code.dim > W2B_DIM_LIMIT)
        return w2b_fail(diag, W2B_ERR_LIMIT, "a model has at most %u words of %u numbers",
                        (unsigned)W2B_WORDS_LIMIT, (unsigned)W2B_DIM_LIMIT);
    if (!parts->bytes || !parts->starts || !parts->codes ||
        !parts->scales != (parts->code.bits > 8) || parts->code.params != parts->params ||
        !parts->params != (w2b_code_params_size(&parts->code) == 0) ||
        w2b_mul((size_t)parts->words, parts->code.stride, &size) || size > parts->code_room)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "the parts of a model do not match each other");
    if (!w2b_metadata_valid(parts->metadata, strlen(parts->metadata)))
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "the metadata is not a JSON object");
    if (strlen(parts->metadata) > W2B_BLOCK_LIMIT)
        return w2b_fail(diag, W2B_ERR_LIMIT, "the metadata is longer than 1 MiB");
    return check_words(parts, diag);
}

static w2b_err build_index(w2b_model *model, w2b_diag *diag)
{
    const w2b_parts *parts = &model->parts;
    const size_t n = (size_t)parts->words;
    uint64_t *hashes = w2b_alloc(n, sizeof *hashes);
    int failed = !hashes;
    for (size_t i = 0; i < n && !failed; i++)
        hashes[i] = w2b_word_hash(parts->bytes + parts->starts[i],
                                  (size_t)(parts->starts[i + 1] - parts->starts[i]) - 1);
    failed = failed || w2b_index_build(hashes, n, &model->index);
    w2b_free(hashes);
    return failed ? w2b_fail_memory(diag, n * 14, "an index of the words") : W2B_OK;
}

w2b_err w2b_model_make(w2b_parts *parts, w2b_model **out, w2b_diag *diag)
{
    w2b_model *model = w2b_alloc_zero(1, sizeof *model);
    if (!parts->metadata && (parts->metadata = w2b_alloc_zero(3, 1)) != NULL)
        memcpy(parts->metadata, "{}", 2);
    if (!model || !parts->metadata) {
        w2b_free(model);
        w2b_parts_free(parts);
        return w2b_fail_memory(diag, sizeof *model, "a model");
    }
    model->parts = *parts;
    *parts = (w2b_parts){0};
    if (!model->parts.format)
        model->parts.format = "memory";
    model->words = model->parts.words;
    model->code = model->parts.code;
    model->block_rows = w2b_code_rows(model->code.stride);
    w2b_err err = check_parts(&model->parts, diag);
    if (model->parts.on_disk)
        model->reached = w2b_alloc_zero(1, sizeof *model->reached);
    if (!err && model->parts.on_disk && !model->reached)
        err = w2b_fail_memory(diag, sizeof *model->reached, "a model");
    if (!err)
        err = build_index(model, diag);
    if (err) {
        w2b_model_free(model);
        return err;
    }
    *out = model;
    return W2B_OK;
}

w2b_err w2b_model_wrap(w2b_mapped *mapped, uint64_t limit, w2b_model **out, w2b_diag *diag)
{
    w2b_model *model = w2b_alloc_zero(1, sizeof *model);
    if (!model) {
        w2b_mapped_free(mapped);
        return w2b_fail_memory(diag, sizeof *model, "a model");
    }
    model->mapped = mapped;
    model->words = limit && limit < mapped->words ? limit : mapped->words;
    model->code = mapped->code;
    model->block_rows = mapped->code_rows;
    *out = model;
    return W2B_OK;
}

void w2b_model_free(w2b_model *model)
{
    if (!model)
        return;
    w2b_mapped_free(model->mapped);
    w2b_parts_free(&model->parts);
    w2b_index_free(&model->index);
    w2b_free(model->reached);
    w2b_free(model);
}

/* ----- Looking at it ------------------------------------------------------ */

w2b_err w2b_model_unchanged(const w2b_model *model, w2b_diag *diag)
{
    return model->mapped ? w2b_container_unchanged(model->mapped->container, diag) : W2B_OK;
}

uint64_t w2b_model_words(const w2b_model *model)
{
    return model->words;
}

const w2b_code *w2b_model_code(const w2b_model *model)
{
    return &model->code;
}

int w2b_model_has_counts(const w2b_model *model)
{
    return model->mapped ? model->mapped->count != NULL : model->parts.counts != NULL;
}

const char *w2b_model_metadata(const w2b_model *model)
{
    return model->mapped ? model->mapped->metadata : model->parts.metadata;
}

static uint64_t stored(const w2b_chunk *chunk)
{
    return chunk ? chunk->stored_size : 0;
}

/* Sizes are those of the whole file, also where a limit leaves rows out. */
static void info_of_file(const w2b_mapped *mapped, w2b_info *info)
{
    info->format = "w2b";
    info->code_bytes = stored(mapped->codes);
    info->scale_bytes = stored(mapped->scales);
    info->word_bytes = stored(mapped->word);
    info->count_bytes = stored(mapped->count);
    info->index_bytes = stored(mapped->starts) + stored(mapped->marks) + stored(mapped->rows);
    info->file_bytes = w2b_container_image(mapped->container)->size;
    info->other_bytes = info->file_bytes - info->code_bytes - info->scale_bytes -
                        info->word_bytes - info->count_bytes - info->index_bytes;
    info->checksum = w2b_container_checksum(mapped->container);
    info->bytes_per_word =
        (double)(info->code_bytes + info->scale_bytes) / (double)mapped->words;
}

static void info_of_memory(const w2b_model *model, w2b_info *info)
{
    const w2b_parts *parts = &model->parts;
    const uint64_t words = parts->words;
    info->format = parts->format;
    info->code_bytes = words * parts->code.stride;
    info->scale_bytes = parts->scales ? words * sizeof *parts->scales : 0;
    if (w2b_code_squeezes(&parts->code)) {
        /* As they will be in a file, about. */
        info->code_bytes = (uint64_t)(parts->code.bytes * (double)words);
        info->scale_bytes = 0;
    }
    info->word_bytes = parts->starts[words] + (words + 1) * sizeof *parts->starts;
    info->count_bytes = parts->counts ? words * sizeof *parts->counts : 0;
    info->index_bytes = ((uint64_t)model->index.buckets + 1) * sizeof(uint32_t) +
                        words * (sizeof(uint32_t) + 1);
    info->other_bytes = strlen(parts->metadata);
    if (parts->subword) {
        info->subwords = parts->subword->matrix.rows - parts->subword->first;
        info->other_bytes += w2b_matrix_bytes(&parts->subword->matrix);
    }
    info->bytes_per_word = (double)(info->code_bytes + info->scale_bytes) / (double)words;
}

void w2b_model_info(const w2b_model *model, w2b_info *info)
{
    *info = (w2b_info){
        .words = model->words,
        .dim = model->code.dim,
        .bits = model->code.bits,
        .method = w2b_method_name(model->code.method, model->code.bits),
        .metadata = w2b_model_metadata(model),
    };
    if (model->mapped)
        info_of_file(model->mapped, info);
    else
        info_of_memory(model, info);
}

/* ----- Words -------------------------------------------------------------- */

static int64_t find_in_memory(const w2b_model *model, const char *word, size_t length)
{
    const w2b_parts *parts = &model->parts;
    const w2b_index *index = &model->index;
    const uint64_t hash = w2b_word_hash(word, length);
    const uint32_t bucket = w2b_index_bucket(hash, index->buckets);
    for (uint32_t e = index->starts[bucket]; e < index->starts[bucket + 1]; e++) {
        if (index->marks[e] != w2b_index_mark(hash))
            continue;
        const uint64_t *start = parts->starts + index->rows[e];
        if (start[1] - start[0] - 1 == length &&
            memcmp(parts->bytes + start[0], word, length) == 0)
            return index->rows[e];
    }
    return -1;
}

w2b_err w2b_model_find_at(const w2b_model *model, const char *word, size_t length, int64_t *row,
                          w2b_diag *diag)
{
    if (model->mapped)
        return w2b_mapped_find(model->mapped, word, length, model->words, row, diag);
    *row = find_in_memory(model, word, length);
    return W2B_OK;
}

int64_t w2b_model_find(const w2b_model *model, const char *word, size_t length)
{
    int64_t row;
    return w2b_model_find_at(model, word, length, &row, NULL) ? -1 : row;
}

w2b_err w2b_model_word_at(const w2b_model *model, uint64_t row, const char **word,
                          size_t *length, w2b_diag *diag)
{
    if (row >= model->words)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "there is no row %llu", (unsigned long long)row);
    if (model->mapped)
        return w2b_mapped_word(model->mapped, row, word, length, diag);
    const uint64_t *start = model->parts.starts + row;
    *word = model->parts.bytes + start[0];
    *length = (size_t)(start[1] - start[0]) - 1;
    return W2B_OK;
}

const char *w2b_model_word(const w2b_model *model, uint64_t row, size_t *length)
{
    const char *word;
    size_t n;
    if (w2b_model_word_at(model, row, &word, &n, NULL))
        return NULL;
    if (length)
        *length = n;
    return word;
}

w2b_err w2b_model_count_at(const w2b_model *model, uint64_t row, uint64_t *count, w2b_diag *diag)
{
    if (row >= model->words)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "there is no row %llu", (unsigned long long)row);
    if (model->mapped)
        return w2b_mapped_count(model->mapped, row, count, diag);
    *count = model->parts.counts ? model->parts.counts[row] : 0;
    return W2B_OK;
}

uint64_t w2b_model_count(const w2b_model *model, uint64_t row)
{
    uint64_t count;
    return w2b_model_count_at(model, row, &count, NULL) ? 0 : count;
}

/* ----- Rows --------------------------------------------------------------- */

size_t w2b_model_blocks(const w2b_model *model)
{
    return (size_t)((model->words + model->block_rows - 1) / model->block_rows);
}

size_t w2b_model_block_rows(const w2b_model *model)
{
    return model->block_rows;
}

/* Rows in a file of our own, read from front to back, would fill memory in the
 * end. Those some way behind leave it; they are still in the file, so that it
 * does no harm if another thread is at them, or somebody comes back. */
#define DROP_BLOCKS 32
#define DROP_ALIGN ((size_t)4096)

static void drop_behind(const w2b_model *model, size_t block)
{
    const size_t now = block / DROP_BLOCKS;
    const size_t before = atomic_exchange_explicit(model->reached, now, memory_order_relaxed);
    if (now <= before || now < 2)
        return;
    const size_t size = DROP_BLOCKS * model->block_rows * model->code.stride;
    const size_t from = (before > 0 ? before - 1 : 0) * size & ~(DROP_ALIGN - 1);
    const size_t to = (now - 1) * size & ~(DROP_ALIGN - 1);
    (void)madvise(model->parts.codes + from, to - from, MADV_DONTNEED);
}

w2b_err w2b_model_block(const w2b_model *model, size_t block, w2b_rows *rows, w2b_diag *diag)
{
    const uint64_t first = (uint64_t)block * model->block_rows;
    w2b_rows got = {.first = first, .n = model->block_rows};
    if (block >= w2b_model_blocks(model))
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "block %zu of %zu", block,
                        w2b_model_blocks(model));
    if (model->mapped) {
        const w2b_err err = w2b_mapped_block(model->mapped, block, &got, diag);
        if (err)
            return err;
    } else {
        if (model->reached)
            drop_behind(model, block);
        got.codes = model->parts.codes + (size_t)first * model->code.stride;
        got.scales = model->parts.scales ? model->parts.scales + first : NULL;
    }
    if (got.n > model->words - first)
        got.n = (size_t)(model->words - first);
    *rows = got;
    return W2B_OK;
}

w2b_err w2b_model_row(const w2b_model *model, uint64_t row, const uint8_t **codes,
                      uint16_t *scale, w2b_diag *diag)
{
    w2b_rows rows;
    if (row >= model->words)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "row %llu of %llu", (unsigned long long)row,
                        (unsigned long long)model->words);
    const w2b_err err = w2b_model_block(model, (size_t)(row / model->block_rows), &rows, diag);
    if (err)
        return err;
    const size_t i = (size_t)(row - rows.first);
    *codes = rows.codes + i * model->code.stride;
    *scale = rows.scales ? rows.scales[i] : 0;
    return W2B_OK;
}

w2b_err w2b_model_vector(const w2b_model *model, uint64_t row, float *vector, w2b_diag *diag)
{
    const uint8_t *codes = NULL;
    uint16_t scale = 0;
    const w2b_err err = w2b_model_row(model, row, &codes, &scale, diag);
    if (!err)
        w2b_code_decode(&model->code, codes, scale, vector);
    return err;
}

void w2b_model_move_subwords(w2b_model *from, w2b_model *to)
{
    to->parts.subword = from->parts.subword;
    from->parts.subword = NULL;
}

w2b_err w2b_model_compose(const w2b_model *model, const char *word, size_t length, float *vector,
                          w2b_diag *diag)
{
    if (!model->parts.subword)
        return w2b_fail(diag, W2B_ERR_WORD, "the model has no vectors for parts of words");
    return w2b_subword_compose(model->parts.subword, word, length, vector, diag);
}
