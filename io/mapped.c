/*
 * mapped.c - a model in the bytes of a .w2b file.
 */
#include <string.h>

#include "io/little.h"
#include "io/mapped.h"
#include "io/metadata.h"
#include "io/nesting.h"
#include "io/words.h"
#include "quant/scheme.h"

/* The scales are handed out as they lie in the file. A machine of the other
 * byte order would have to copy them, as it would the halves and floats. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "mapped files are little-endian");

uint32_t w2b_code_rows(size_t stride)
{
    uint32_t rows = 1;
    while (rows < W2B_CODE_ROWS_LIMIT && (size_t)rows * 2 * stride <= (size_t)256 << 10)
        rows *= 2;
    return rows;
}

/* ----- Opening ------------------------------------------------------------ */

static w2b_err malformed(const w2b_mapped *mapped, const char *why, w2b_diag *diag)
{
    return w2b_container_malformed(mapped->container, why, diag);
}

/* A section that consists of one block of `size` bytes, or of any size if that
 * is 0. */
static w2b_err small_section(const w2b_mapped *mapped, w2b_kind kind, size_t want,
                             const uint8_t **bytes, size_t *size, w2b_diag *diag)
{
    const w2b_chunk *chunk = w2b_container_find(mapped->container, kind);
    if (!chunk || chunk->blocks != 1 || (want && chunk->raw_size != want))
        return w2b_fail_at(diag, W2B_ERR_FORMAT, w2b_container_path(mapped->container),
                           W2B_NOWHERE, chunk ? chunk->begin : W2B_NOWHERE,
                           "the section of the %s is missing or has a wrong size",
                           w2b_kind_name(kind));
    return w2b_container_block(mapped->container, chunk, 0, bytes, size, diag);
}

static int power_of_two(uint32_t x)
{
    return x != 0 && (x & (x - 1)) == 0;
}

static w2b_err read_shape(w2b_mapped *mapped, w2b_diag *diag)
{
    const uint8_t *shape;
    size_t size;
    const w2b_err err =
        small_section(mapped, W2B_KIND_SHAPE, W2B_SHAPE_SIZE, &shape, &size, diag);
    if (err)
        return err;
    mapped->words = w2b_get_u64(shape + W2B_SHAPE_WORDS);
    mapped->code_rows = w2b_get_u32(shape + W2B_SHAPE_CODE_ROWS);
    mapped->word_rows = w2b_get_u32(shape + W2B_SHAPE_WORD_ROWS);
    mapped->buckets = w2b_get_u32(shape + W2B_SHAPE_BUCKETS);
    const uint32_t dim = w2b_get_u32(shape + W2B_SHAPE_DIM);
    const uint32_t method = w2b_get_u32(shape + W2B_SHAPE_METHOD);
    const uint32_t unit = w2b_get_u32(shape + W2B_SHAPE_UNIT);
    if (!w2b_method_known(method))
        return w2b_fail_at(diag, W2B_ERR_VERSION, w2b_container_path(mapped->container),
                           W2B_NOWHERE, W2B_NOWHERE,
                           "coded by method %u, which this program does not know", method);
    if (mapped->words == 0 || mapped->words > W2B_WORDS_LIMIT)
        return malformed(mapped, "the number of words is beyond the limits of the format", diag);
    if (dim == 0 || dim > W2B_DIM_LIMIT ||
        w2b_code_init(&mapped->code, (w2b_method)method, w2b_get_u32(shape + W2B_SHAPE_BITS),
                      dim) != 0)
        return malformed(mapped, "no such combination of method, bits and dimension", diag);
    if (w2b_code_set_stride(&mapped->code, (size_t)w2b_get_u64(shape + W2B_SHAPE_STRIDE)) != 0)
        return malformed(mapped, "the size of a row does not match its bits and dimension", diag);
    if (unit < 0x00800000 || unit >= 0x7f800000)
        return malformed(mapped, "the unit is not a positive number", diag);
    memcpy(&mapped->code.unit, &unit, sizeof unit);
    if (!power_of_two(mapped->code_rows) || mapped->code_rows > W2B_CODE_ROWS_LIMIT ||
        !power_of_two(mapped->word_rows) || mapped->word_rows > W2B_WORD_ROWS_LIMIT ||
        mapped->buckets == 0)
        return malformed(mapped, "the rows a block or the buckets are beyond the limits of the "
                                 "format",
                         diag);
    for (size_t i = W2B_SHAPE_RESERVED; i < W2B_SHAPE_SIZE; i++)
        if (shape[i] != 0)
            return malformed(mapped, "a reserved field of the shape is not zero", diag);
    return W2B_OK;
}

static w2b_err read_levels(w2b_mapped *mapped, w2b_diag *diag)
{
    const size_t n = mapped->code.scheme->has_levels ? (size_t)1 << mapped->code.bits : 0;
    const uint8_t *bytes;
    size_t size;
    if (n == 0)
        return W2B_OK;
    const w2b_err err = small_section(mapped, W2B_KIND_LEVELS, n, &bytes, &size, diag);
    if (err)
        return err;
    memcpy(mapped->code.levels, bytes, n);
    for (size_t i = 0; i < n; i++)
        if (mapped->code.levels[i] == -128 ||
            (i != 0 && mapped->code.levels[i] < mapped->code.levels[i - 1]))
            return malformed(mapped, "the levels do not rise from -127 to 127", diag);
    return W2B_OK;
}

/* They are used where they lie, if they can be: the blocks are raw, and so
 * touch. */
static w2b_err read_params(w2b_mapped *mapped, w2b_diag *diag)
{
    const w2b_chunk *chunk = w2b_container_find(mapped->container, W2B_KIND_PARAMS);
    const size_t size = w2b_code_params_size(&mapped->code);
    if (!chunk != (size == 0) || (chunk && chunk->raw_size != size))
        return malformed(mapped, "the parameters do not have the size that they should have",
                         diag);
    const uint8_t *bytes;
    size_t got;
    w2b_err err = W2B_OK;
    for (uint64_t b = 0; chunk && b < chunk->blocks && !err; b++)
        err = w2b_container_block(mapped->container, chunk, b, &bytes, &got, diag);
    if (err || !chunk)
        return err;
    mapped->code.params = w2b_container_image(mapped->container)->bytes + chunk->begin;
    const char *why = w2b_code_params_check(&mapped->code);
    if (why)
        return malformed(mapped, why, diag);
    const size_t room = w2b_code_params_room(&mapped->code);
    if (room == size)
        return W2B_OK;
    mapped->params = w2b_alloc_zero(room, 1);
    if (!mapped->params)
        return w2b_fail_memory(diag, room, "parameters");
    w2b_code_params_copy(&mapped->code, mapped->params);
    return W2B_OK;
}

static w2b_err read_metadata(w2b_mapped *mapped, w2b_diag *diag)
{
    const uint8_t *bytes;
    size_t size;
    w2b_err err = small_section(mapped, W2B_KIND_META, 0, &bytes, &size, diag);
    if (err)
        return err;
    const char *path = w2b_container_path(mapped->container);
    if (size > mapped->max_json)
        return w2b_fail_at(diag, W2B_ERR_LIMIT, path, W2B_NOWHERE, W2B_NOWHERE,
                           "metadata of %llu bytes, at most %llu are allowed",
                           (unsigned long long)size, (unsigned long long)mapped->max_json);
    w2b_nesting nesting = {.most = mapped->max_depth};
    err = w2b_nesting_look(&nesting, bytes, size, path, diag);
    if (err)
        return err;
    if (!w2b_metadata_valid((const char *)bytes, size))
        return malformed(mapped, "the metadata is not a JSON object", diag);
    mapped->metadata = w2b_alloc(size + 1, 1);
    if (!mapped->metadata)
        return w2b_fail_memory(diag, size + 1, "metadata");
    memcpy(mapped->metadata, bytes, size);
    mapped->metadata[size] = '\0';
    return W2B_OK;
}

/* An array of `items`, of `width` bytes each, whose blocks hold whole groups
 * of items. No product can overflow: at most 2^32 rows of 2^18 bytes. */
static int is_array(const w2b_chunk *chunk, uint64_t items, uint64_t width, uint64_t group)
{
    return chunk && chunk->raw_size == items * width && chunk->block_size != 0 &&
           chunk->block_size % (width * group) == 0;
}

/* All but words, counts and codes are raw by format: a file cannot claim more
 * words than it has bytes, and its numbers are aligned. */
static int may_be_stored_so(const w2b_chunk *chunk)
{
    return chunk->kind == W2B_KIND_WORDS || chunk->kind == W2B_KIND_COUNTS ||
           chunk->kind == W2B_KIND_CODES || chunk->kind > W2B_KIND_PARAMS ||
           chunk->stored_size == chunk->raw_size;
}

/* Blocks of rows that are squeezed with their scales differ in size. */
static w2b_err find_squeezed(const w2b_mapped *mapped, w2b_diag *diag)
{
    const uint64_t blocks = (mapped->words + mapped->code_rows - 1) / mapped->code_rows;
    if (!mapped->codes || mapped->codes->blocks != blocks || mapped->codes->block_size != 0)
        return malformed(mapped, "the codes do not have the blocks that they should have", diag);
    return mapped->scales ? malformed(mapped, "scales where there should be none", diag) : W2B_OK;
}

static w2b_err find_sections(w2b_mapped *mapped, w2b_diag *diag)
{
    const w2b_container *container = mapped->container;
    const uint64_t words = mapped->words;
    const uint64_t word_blocks = (words + mapped->word_rows - 1) / mapped->word_rows;
    for (size_t i = 0; i < w2b_container_sections(container); i++) {
        const w2b_chunk *chunk = w2b_container_at(container, i);
        if (chunk->kind <= W2B_KIND_PARAMS && chunk->encoding != 0)
            return w2b_fail_at(diag, W2B_ERR_VERSION, w2b_container_path(container), W2B_NOWHERE,
                               chunk->begin, "the %s are encoded in a way that this program does "
                                             "not know",
                               w2b_kind_name(chunk->kind));
        if (!may_be_stored_so(chunk))
            return malformed(mapped, "a section is compressed that may not be", diag);
    }
    mapped->word = w2b_container_find(container, W2B_KIND_WORDS);
    mapped->count = w2b_container_find(container, W2B_KIND_COUNTS);
    mapped->starts = w2b_container_find(container, W2B_KIND_STARTS);
    mapped->marks = w2b_container_find(container, W2B_KIND_MARKS);
    mapped->rows = w2b_container_find(container, W2B_KIND_ROWS);
    mapped->codes = w2b_container_find(container, W2B_KIND_CODES);
    mapped->scales = w2b_container_find(container, W2B_KIND_SCALES);
    if (!mapped->word || mapped->word->blocks != word_blocks)
        return malformed(mapped, "the words do not have the blocks that they should have", diag);
    if (mapped->count && mapped->count->blocks != word_blocks)
        return malformed(mapped, "the counts do not have the blocks that they should have", diag);
    if (!is_array(mapped->starts, (uint64_t)mapped->buckets + 1, 4, 1) ||
        !is_array(mapped->marks, words, 1, 1) || !is_array(mapped->rows, words, 4, 1))
        return malformed(mapped, "the index does not have the size that it should have", diag);
    if (w2b_code_squeezes(&mapped->code))
        return find_squeezed(mapped, diag);
    const size_t stride = mapped->code.stride;
    if (!is_array(mapped->codes, words, stride, mapped->code_rows) ||
        mapped->codes->block_size != mapped->code_rows * stride)
        return malformed(mapped, "the codes do not have the size that they should have", diag);
    if (mapped->code.bits > 8)
        return mapped->scales ? malformed(mapped, "scales where there should be none", diag)
                              : W2B_OK;
    if (!is_array(mapped->scales, words, 2, mapped->code_rows))
        return malformed(mapped, "the scales do not have the size that they should have", diag);
    return W2B_OK;
}

static w2b_err check_limits(const w2b_mapped *mapped, const w2b_open_options *options,
                            w2b_diag *diag)
{
    const char *path = w2b_container_path(mapped->container);
    if (mapped->words > options->max_words)
        return w2b_fail_at(diag, W2B_ERR_LIMIT, path, W2B_NOWHERE, W2B_NOWHERE,
                           "%llu words, more than the limit of %llu",
                           (unsigned long long)mapped->words,
                           (unsigned long long)options->max_words);
    if (mapped->code.dim > options->max_dim)
        return w2b_fail_at(diag, W2B_ERR_LIMIT, path, W2B_NOWHERE, W2B_NOWHERE,
                           "%u numbers a word, more than the limit of %u", mapped->code.dim,
                           options->max_dim);
    return W2B_OK;
}

/* Without its metadata a model is one still. */
static w2b_err lose_metadata(w2b_mapped *mapped, w2b_diag *diag)
{
    mapped->metadata_lost = 1;
    mapped->metadata = w2b_alloc(3, 1);
    if (!mapped->metadata)
        return w2b_fail_memory(diag, 3, "metadata");
    memcpy(mapped->metadata, "{}", 3);
    return W2B_OK;
}

static w2b_err open_mapped(w2b_container *container, const w2b_open_options *options, int salvage,
                           w2b_mapped **out, w2b_diag *diag)
{
    w2b_mapped *mapped = w2b_alloc_zero(1, sizeof *mapped);
    if (!mapped) {
        w2b_container_free(container);
        return w2b_fail_memory(diag, sizeof *mapped, "a model");
    }
    mapped->container = container;
    mapped->max_word = options->max_word;
    mapped->max_json = options->max_json;
    mapped->max_depth = options->max_depth;
    w2b_err err = read_shape(mapped, diag);
    if (!err)
        err = check_limits(mapped, options, diag);
    if (!err)
        err = find_sections(mapped, diag);
    if (!err)
        err = read_levels(mapped, diag);
    if (!err)
        err = read_params(mapped, diag);
    if (!err) {
        err = read_metadata(mapped, diag);
        if ((err == W2B_ERR_CORRUPT || err == W2B_ERR_LIMIT) && salvage)
            err = lose_metadata(mapped, diag);
    }
    if (err) {
        w2b_mapped_free(mapped);
        return err;
    }
    *out = mapped;
    return W2B_OK;
}

w2b_err w2b_mapped_open(w2b_container *container, const w2b_open_options *options,
                        w2b_mapped **out, w2b_diag *diag)
{
    return open_mapped(container, options, 0, out, diag);
}

w2b_err w2b_mapped_salvage(w2b_container *container, w2b_mapped **out, w2b_diag *diag)
{
    w2b_open_options options;
    w2b_open_defaults(&options);
    options.max_dim = options.max_word = UINT32_MAX;
    options.max_words = UINT64_MAX;
    return open_mapped(container, &options, 1, out, diag);
}

void w2b_mapped_free(w2b_mapped *mapped)
{
    if (!mapped)
        return;
    w2b_container_free(mapped->container);
    w2b_free(mapped->params);
    w2b_free(mapped->metadata);
    w2b_free(mapped);
}

/* ----- Words and counts --------------------------------------------------- */

/* Rows in block number `block` of the words; the last one may have fewer. */
static size_t rows_of(const w2b_mapped *mapped, uint64_t block)
{
    const uint64_t left = mapped->words - block * mapped->word_rows;
    return left < mapped->word_rows ? (size_t)left : mapped->word_rows;
}

static void *decode(const w2b_mapped *mapped, const w2b_chunk *chunk, const uint8_t *raw,
                    size_t size, size_t n, const char **why)
{
    return chunk == mapped->word ? (void *)w2b_words_decode(raw, size, n, why)
                                 : (void *)w2b_counts_decode(raw, size, n, why);
}

/* A decoded block of words or counts, which the container keeps. */
static w2b_err decoded_block(const w2b_mapped *mapped, const w2b_chunk *chunk, uint64_t block,
                             const void **decoded, w2b_diag *diag)
{
    *decoded = w2b_container_kept(mapped->container, chunk, block);
    if (*decoded)
        return W2B_OK;
    const uint8_t *raw;
    uint8_t *owned;
    size_t size;
    const w2b_err err =
        w2b_container_fetch(mapped->container, chunk, block, &raw, &size, &owned, diag);
    if (err)
        return err;
    const char *why;
    void *made = decode(mapped, chunk, raw, size, rows_of(mapped, block), &why);
    w2b_free(owned);
    if (!made)
        return why ? w2b_container_damaged(mapped->container, chunk, block, why, diag)
                   : w2b_fail_memory(diag, 2 * size, w2b_kind_name(chunk->kind));
    *decoded = w2b_container_keep(mapped->container, chunk, block, made);
    return W2B_OK;
}

w2b_err w2b_mapped_word(const w2b_mapped *mapped, uint64_t row, const char **word,
                        size_t *length, w2b_diag *diag)
{
    const void *decoded;
    const w2b_err err =
        decoded_block(mapped, mapped->word, row / mapped->word_rows, &decoded, diag);
    if (err)
        return err;
    const w2b_word_block *block = decoded;
    const size_t i = row % mapped->word_rows;
    *word = block->bytes + block->starts[i];
    *length = block->starts[i + 1] - block->starts[i] - 1;
    if (*length > mapped->max_word)
        return w2b_fail_at(diag, W2B_ERR_LIMIT, w2b_container_path(mapped->container), W2B_NOWHERE,
                           W2B_NOWHERE, "word %llu is longer than the %u bytes allowed",
                           (unsigned long long)row, mapped->max_word);
    return W2B_OK;
}

w2b_err w2b_mapped_count(const w2b_mapped *mapped, uint64_t row, uint64_t *count, w2b_diag *diag)
{
    const void *decoded;
    if (!mapped->count) {
        *count = 0;
        return W2B_OK;
    }
    const w2b_err err =
        decoded_block(mapped, mapped->count, row / mapped->word_rows, &decoded, diag);
    if (!err)
        *count = ((const uint64_t *)decoded)[row % mapped->word_rows];
    return err;
}

/* ----- Index -------------------------------------------------------------- */

/* Item number i, of `width` bytes, of an array. */
static w2b_err array_item(const w2b_mapped *mapped, const w2b_chunk *chunk, uint64_t i,
                          size_t width, const uint8_t **item, w2b_diag *diag)
{
    const uint64_t at = i * width;
    size_t size;
    const w2b_err err = w2b_container_block(mapped->container, chunk, at / chunk->block_size,
                                            item, &size, diag);
    if (!err)
        *item += at % chunk->block_size;
    return err;
}

static w2b_err array_u32(const w2b_mapped *mapped, const w2b_chunk *chunk, uint64_t i,
                         uint32_t *x, w2b_diag *diag)
{
    const uint8_t *item;
    const w2b_err err = array_item(mapped, chunk, i, sizeof *x, &item, diag);
    if (!err)
        *x = w2b_get_u32(item);
    return err;
}

static w2b_err bucket_bounds(const w2b_mapped *mapped, uint32_t bucket, uint32_t *begin,
                             uint32_t *end, w2b_diag *diag)
{
    w2b_err err = array_u32(mapped, mapped->starts, bucket, begin, diag);
    if (!err)
        err = array_u32(mapped, mapped->starts, (uint64_t)bucket + 1, end, diag);
    if (!err && (*begin > *end || *end > mapped->words))
        err = w2b_container_damaged(mapped->container, mapped->starts, 0,
                                    "buckets do not follow each other", diag);
    return err;
}

w2b_err w2b_mapped_find(const w2b_mapped *mapped, const char *word, size_t length, uint64_t limit,
                        int64_t *found, w2b_diag *diag)
{
    const uint64_t hash = w2b_word_hash(word, length);
    const uint32_t bucket = w2b_index_bucket(hash, mapped->buckets);
    uint32_t begin, end;
    *found = -1;
    w2b_err err = bucket_bounds(mapped, bucket, &begin, &end, diag);
    for (uint32_t e = begin; !err && e < end; e++) {
        const uint8_t *mark;
        err = array_item(mapped, mapped->marks, e, 1, &mark, diag);
        if (err || *mark != w2b_index_mark(hash))
            continue;
        uint32_t row;
        err = array_u32(mapped, mapped->rows, e, &row, diag);
        if (err || row >= limit)
            continue;
        const char *other;
        size_t other_length;
        err = w2b_mapped_word(mapped, row, &other, &other_length, diag);
        if (!err && other_length == length && memcmp(other, word, length) == 0) {
            *found = row;
            break;
        }
    }
    return err;
}

/* ----- Rows --------------------------------------------------------------- */

size_t w2b_mapped_block_rows(const w2b_mapped *mapped, uint64_t block)
{
    const uint64_t left = mapped->words - block * mapped->code_rows;
    return left < mapped->code_rows ? (size_t)left : mapped->code_rows;
}

w2b_err w2b_mapped_expand(const w2b_mapped *mapped, uint64_t block, uint8_t *codes,
                          uint16_t *scales, w2b_diag *diag)
{
    const uint8_t *bytes;
    uint8_t *owned;
    size_t size;
    const w2b_err err = w2b_container_fetch(mapped->container, mapped->codes, block, &bytes, &size,
                                            &owned, diag);
    if (err)
        return err;
    const char *why = w2b_code_expand(&mapped->code, bytes, size,
                                      w2b_mapped_block_rows(mapped, block), codes, scales);
    w2b_free(owned);
    return why ? w2b_container_damaged(mapped->container, mapped->codes, block, why, diag) : W2B_OK;
}

/* Rows that were squeezed stay expanded: codes, then scales. */
static w2b_err expanded_block(const w2b_mapped *mapped, uint64_t block, w2b_rows *rows,
                              w2b_diag *diag)
{
    const size_t n = w2b_mapped_block_rows(mapped, block), codes_size = n * mapped->code.stride;
    uint8_t *bytes = w2b_container_kept(mapped->container, mapped->codes, block);
    if (!bytes) {
        bytes = w2b_alloc(codes_size + n * sizeof(uint16_t), 1);
        if (!bytes)
            return w2b_fail_memory(diag, codes_size, "a block of codes");
        const w2b_err err = w2b_mapped_expand(mapped, block, bytes,
                                              (uint16_t *)(void *)(bytes + codes_size), diag);
        if (err) {
            w2b_free(bytes);
            return err;
        }
        bytes = w2b_container_keep(mapped->container, mapped->codes, block, bytes);
    }
    *rows = (w2b_rows){
        .first = block * mapped->code_rows,
        .n = n,
        .codes = bytes,
        .scales = (const uint16_t *)(const void *)(bytes + codes_size),
    };
    return W2B_OK;
}

w2b_err w2b_mapped_block(const w2b_mapped *mapped, uint64_t block, w2b_rows *rows, w2b_diag *diag)
{
    if (w2b_code_squeezes(&mapped->code))
        return expanded_block(mapped, block, rows, diag);
    const uint8_t *codes, *scales = NULL;
    size_t size;
    const uint64_t first = block * mapped->code_rows;
    w2b_err err =
        w2b_container_block(mapped->container, mapped->codes, block, &codes, &size, diag);
    if (!err && mapped->scales)
        err = array_item(mapped, mapped->scales, first, sizeof(uint16_t), &scales, diag);
    if (err)
        return err;
    *rows = (w2b_rows){
        .first = first,
        .n = size / mapped->code.stride,
        .codes = codes,
        .scales = (const uint16_t *)(const void *)scales,
    };
    return W2B_OK;
}
