/*
 * w2b.c - a model to a .w2b file and back.
 */
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

#include "io/format.h"
#include "io/inside.h"
#include "io/little.h"
#include "io/packer.h"
#include "io/progress.h"
#include "quant/scheme.h"

/* What we write; readers take what the file says. Words: a block is read to
 * print one, so it should be small; larger ones hardly shrink better. Index:
 * blocks that cost little to check where one entry is looked up. */
#define WORD_ROWS 1024
#define WORD_BLOCK_BYTES ((size_t)256 << 10)
#define INDEX_BLOCK_BYTES ((uint32_t)64 << 10)
#define SCALE_ROWS ((uint32_t)32768)
#define WORD_LEVEL 12
#define CODE_LEVEL 1

/* Codes are compressed if that saves a 16th of them: what is raw needs neither
 * memory nor time when it is opened. Found on so many blocks. */
#define CODE_SAVING 16
#define CODE_SAMPLE 16

#define BATCH 16

/* ----- Reading ------------------------------------------------------------ */

int w2b_w2b_sniff(const uint8_t *head, size_t n, int at_end)
{
    (void)at_end;
    return n >= W2B_MAGIC_SIZE && memcmp(head, W2B_MAGIC, W2B_MAGIC_SIZE) == 0 ? 2 : 0;
}

/* Takes `image` over. */
static w2b_err open_image(w2b_image *image, const char *path, const w2b_open_options *options,
                          w2b_mapped **mapped, w2b_diag *diag)
{
    w2b_container *container;
    const w2b_err err = w2b_container_open(image, path, &container, diag);
    return err ? err : w2b_mapped_open(container, options, mapped, diag);
}

/* All of the stream, in memory that grows as the bytes come. It stops one byte
 * behind the size that the header names, which is enough to be called too
 * long: a decompressed stream may be endless. */
static w2b_err read_image(w2b_stream *stream, w2b_image *image, w2b_diag *diag)
{
    void *bytes = NULL;
    size_t room = 0, size = 0, got = 1;
    uint64_t stop = UINT64_MAX;
    w2b_err err = W2B_OK;
    while (!err && got != 0 && size < stop) {
        if (w2b_grow(&bytes, &room, size + 65536, 1)) {
            err = w2b_fail_memory(diag, size + 65536, "a .w2b file");
            break;
        }
        const uint64_t want = stop - size < room - size ? stop - size : room - size;
        err = w2b_stream_read(stream, (uint8_t *)bytes + size, (size_t)want, &got, diag);
        if (err)
            break;
        size += got;
        if (size >= W2B_HEADER_SIZE && stop == UINT64_MAX) {
            const uint64_t claim = w2b_get_u64((uint8_t *)bytes + W2B_HEADER_FILE_SIZE);
            stop = claim < size ? size : claim + (claim < UINT64_MAX);
        }
    }
    if (err) {
        w2b_free(bytes);
        return err;
    }
    *image = (w2b_image){.bytes = bytes, .size = size};
    return W2B_OK;
}

w2b_err w2b_w2b_read(w2b_stream *stream, const w2b_open_options *options, w2b_model **model,
                     w2b_diag *diag)
{
    w2b_image image;
    w2b_mapped *mapped;
    w2b_err err = read_image(stream, &image, diag);
    if (!err)
        err = open_image(&image, w2b_stream_name(stream), options, &mapped, diag);
    return err ? err : w2b_model_wrap(mapped, options->limit, model, diag);
}

w2b_err w2b_map_open(const char *path, const w2b_open_options *options, w2b_model **model,
                     w2b_diag *diag)
{
    w2b_image image;
    w2b_mapped *mapped;
    w2b_err err = w2b_image_map(path, &image, diag);
    if (!err)
        err = open_image(&image, path, options, &mapped, diag);
    return err ? err : w2b_model_wrap(mapped, options->limit, model, diag);
}

w2b_err w2b_verify(const char *path, w2b_diag *diag)
{
    struct stat st;
    w2b_image image;
    w2b_mapped *mapped;
    w2b_open_options options;
    w2b_err err;
    w2b_open_defaults(&options);
    if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        err = w2b_image_map(path, &image, diag);
    } else {
        w2b_stream *stream;
        err = w2b_stream_open(path, &stream, diag);
        if (!err) {
            err = read_image(stream, &image, diag);
            w2b_stream_close(stream);
        }
    }
    if (!err)
        err = open_image(&image, strcmp(path, "-") ? path : "standard input", &options, &mapped,
                         diag);
    if (err)
        return err;
    err = w2b_mapped_verify(mapped, diag);
    w2b_mapped_free(mapped);
    return err;
}

/* ----- Writing: words ----------------------------------------------------- */

/* What the writer knows of the words before it writes them. */
typedef struct plan {
    const w2b_model *model;
    uint64_t words;
    uint32_t *sizes; /* [words] bytes of each word with its length */
    uint32_t word_rows;
    uint32_t code_rows;
    w2b_index index;
    w2b_packer *packer;
} plan;

/* Bytes of block number `block` of the words. */
static size_t word_block_size(const plan *p, uint64_t block, uint32_t rows)
{
    const uint64_t first = block * rows;
    const uint64_t n = p->words - first < rows ? p->words - first : rows;
    size_t size = 0;
    for (uint64_t i = first; i < first + n; i++)
        size += p->sizes[i];
    return size;
}

/* The largest power of two that keeps every block small; one word may be
 * larger than that, and then has a block of its own. */
static uint32_t choose_word_rows(const plan *p)
{
    uint32_t rows = WORD_ROWS;
    for (; rows > 1; rows /= 2) {
        uint64_t block = 0;
        while (block * rows < p->words && word_block_size(p, block, rows) <= WORD_BLOCK_BYTES)
            block++;
        if (block * rows >= p->words)
            break;
    }
    return rows;
}

static w2b_err look_at_words(plan *p, w2b_diag *diag)
{
    const size_t n = (size_t)p->words;
    uint64_t *hashes = w2b_alloc(n, sizeof *hashes);
    p->sizes = w2b_alloc(n, sizeof *p->sizes);
    w2b_err err = W2B_OK;
    if (!hashes || !p->sizes)
        err = w2b_fail_memory(diag, n * 12, "hashes of the words");
    for (size_t i = 0; i < n && !err; i++) {
        const char *word;
        size_t length;
        uint8_t leb[W2B_LEB_MOST];
        err = w2b_model_word_at(p->model, i, &word, &length, diag);
        if (err)
            break;
        hashes[i] = w2b_word_hash(word, length);
        p->sizes[i] = (uint32_t)(w2b_leb_put(length, leb) + length);
    }
    if (!err && w2b_index_build(hashes, n, &p->index))
        err = w2b_fail_memory(diag, n * 6, "an index of the words");
    w2b_free(hashes);
    if (!err)
        p->word_rows = choose_word_rows(p);
    return err;
}

/* Blocks in memory, on their way to the file. */
typedef struct batch {
    w2b_piece pieces[BATCH];
    uint8_t *bytes[BATCH];
    size_t n;
} batch;

static uint8_t *batch_add(batch *b, size_t room)
{
    uint8_t *bytes = w2b_alloc(room, 1);
    if (bytes) {
        b->bytes[b->n] = bytes;
        b->pieces[b->n++] = (w2b_piece){.bytes = bytes, .size = room};
    }
    return bytes;
}

static w2b_err batch_flush(batch *b, w2b_packer *packer, int level, w2b_err err, w2b_diag *diag)
{
    if (!err)
        err = w2b_packer_add(packer, b->pieces, b->n, level, diag);
    for (size_t i = 0; i < b->n; i++)
        w2b_free(b->bytes[i]);
    b->n = 0;
    return err;
}

static w2b_err fill_words(const plan *p, uint64_t first, uint64_t n, uint8_t *to, w2b_diag *diag)
{
    const char *word;
    size_t length;
    w2b_err err = W2B_OK;
    for (uint64_t i = first; i < first + n && !err; i++) {
        err = w2b_model_word_at(p->model, i, &word, &length, diag);
        if (!err)
            to += w2b_leb_put(length, to);
    }
    for (uint64_t i = first; i < first + n && !err; i++) {
        err = w2b_model_word_at(p->model, i, &word, &length, diag);
        if (!err) {
            memcpy(to, word, length);
            to += length;
        }
    }
    return err;
}

static w2b_err add_words(const plan *p, batch *b, uint64_t first, uint64_t n, w2b_diag *diag)
{
    const size_t size = word_block_size(p, first / p->word_rows, p->word_rows);
    uint8_t *to = batch_add(b, size);
    return to ? fill_words(p, first, n, to, diag) : w2b_fail_memory(diag, size, "words");
}

static w2b_err add_counts(const plan *p, batch *b, uint64_t first, uint64_t n, w2b_diag *diag)
{
    uint64_t *counts = w2b_alloc((size_t)n, sizeof *counts);
    uint8_t *to = counts ? batch_add(b, (size_t)n * W2B_LEB_MOST) : NULL;
    w2b_err err = to ? W2B_OK : w2b_fail_memory(diag, n * W2B_LEB_MOST, "counts");
    for (uint64_t i = 0; i < n && !err; i++)
        err = w2b_model_count_at(p->model, first + i, &counts[i], diag);
    if (!err)
        b->pieces[b->n - 1].size = w2b_counts_encode(counts, (size_t)n, to);
    w2b_free(counts);
    return err;
}

/* A section with one block for each word_rows rows. */
static w2b_err put_rows(const plan *p, w2b_kind kind, w2b_diag *diag)
{
    batch b = {.n = 0};
    w2b_err err = w2b_packer_begin(p->packer, kind, 0, diag);
    for (uint64_t first = 0; first < p->words && !err; first += p->word_rows) {
        const uint64_t left = p->words - first;
        const uint64_t n = left < p->word_rows ? left : p->word_rows;
        err = kind == W2B_KIND_WORDS ? add_words(p, &b, first, n, diag)
                                     : add_counts(p, &b, first, n, diag);
        if (b.n == BATCH)
            err = batch_flush(&b, p->packer, WORD_LEVEL, err, diag);
    }
    return batch_flush(&b, p->packer, WORD_LEVEL, err, diag);
}

/* ----- Writing: codes ----------------------------------------------------- */

/* Copies n rows to codes and scales (NULL: there are none). The model's own
 * blocks may be of another size than those of the file. */
static w2b_err gather(const plan *p, uint64_t first, size_t n, uint8_t *codes, uint16_t *scales,
                      w2b_diag *diag)
{
    const size_t stride = w2b_model_code(p->model)->stride;
    const size_t block_rows = w2b_model_block_rows(p->model);
    while (n != 0) {
        w2b_rows rows;
        const w2b_err err = w2b_model_block(p->model, (size_t)(first / block_rows), &rows, diag);
        if (err)
            return err;
        const size_t skip = (size_t)(first - rows.first);
        const size_t some = rows.n - skip < n ? rows.n - skip : n;
        memcpy(codes, rows.codes + skip * stride, some * stride);
        codes += some * stride;
        if (scales) {
            memcpy(scales, rows.scales + skip, some * sizeof *scales);
            scales += some;
        }
        first += some;
        n -= some;
    }
    return W2B_OK;
}

static size_t rows_from(const plan *p, uint64_t first)
{
    const uint64_t left = p->words - first;
    return left < p->code_rows ? (size_t)left : p->code_rows;
}

/* The zstd level for the codes, 0 to leave them raw. */
static w2b_err choose_level(const plan *p, int *level, w2b_diag *diag)
{
    const size_t stride = w2b_model_code(p->model)->stride;
    const size_t room = p->code_rows * stride, frame_room = ZSTD_compressBound(room);
    const uint64_t blocks = (p->words + p->code_rows - 1) / p->code_rows;
    const uint64_t sample = blocks < CODE_SAMPLE ? blocks : CODE_SAMPLE;
    uint8_t *codes = w2b_alloc(room, 1), *frame = w2b_alloc(frame_room, 1);
    size_t before = 0, after = 0;
    w2b_err err = W2B_OK;
    if (!codes || !frame)
        err = w2b_fail_memory(diag, room + frame_room, "a block of codes");
    for (uint64_t i = 0; i < sample && !err; i++) {
        const uint64_t first = i * blocks / sample * p->code_rows;
        const size_t n = rows_from(p, first);
        err = gather(p, first, n, codes, NULL, diag);
        const size_t size =
            err ? 0 : ZSTD_compress(frame, frame_room, codes, n * stride, CODE_LEVEL);
        if (ZSTD_isError(size))
            err = w2b_fail_memory(diag, frame_room, "compressing");
        before += n * stride;
        after += size < n * stride ? size : n * stride;
    }
    if (!err)
        *level = (before - after) * CODE_SAVING > before ? CODE_LEVEL : 0;
    w2b_free(codes);
    w2b_free(frame);
    return err;
}

/* Writes the codes, and collects the scales. */
static w2b_err put_codes(const plan *p, uint16_t *scales, const w2b_save_options *options,
                         w2b_diag *diag)
{
    const size_t stride = w2b_model_code(p->model)->stride;
    int level = 0;
    batch b = {.n = 0};
    w2b_meter meter;
    w2b_meter_start(&meter, options->progress, options->progress_user, W2B_STAGE_WRITE, "rows");
    w2b_err err = choose_level(p, &level, diag);
    if (!err)
        err = w2b_packer_begin(p->packer, W2B_KIND_CODES, (uint32_t)(p->code_rows * stride), diag);
    for (uint64_t first = 0; first < p->words && !err; first += p->code_rows) {
        const size_t n = rows_from(p, first);
        uint8_t *codes = batch_add(&b, n * stride);
        err = codes ? gather(p, first, n, codes, scales ? scales + first : NULL, diag)
                    : w2b_fail_memory(diag, n * stride, "codes");
        if (b.n == BATCH)
            err = batch_flush(&b, p->packer, level, err, diag);
        if (!err)
            err = w2b_meter_tick(&meter, first + n, p->words, diag);
    }
    err = batch_flush(&b, p->packer, level, err, diag);
    return err ? err : w2b_meter_finish(&meter, p->words, p->words, diag);
}

/* Blocks of rows that are squeezed with their scales. */
static w2b_err squeeze_block(const plan *p, batch *b, uint64_t first, uint8_t *codes,
                             uint16_t *scales, w2b_diag *diag)
{
    const w2b_code *code = w2b_model_code(p->model);
    const size_t n = rows_from(p, first), room = w2b_code_squeeze_room(code, n);
    const w2b_err err = gather(p, first, n, codes, scales, diag);
    if (err)
        return err;
    uint8_t *to = batch_add(b, room);
    if (!to)
        return w2b_fail_memory(diag, room, "codes");
    b->pieces[b->n - 1].size = w2b_code_squeeze(code, codes, scales, n, to, room);
    return W2B_OK;
}

static w2b_err put_squeezed(const plan *p, const w2b_save_options *options, w2b_diag *diag)
{
    const size_t size = p->code_rows * w2b_model_code(p->model)->stride;
    uint8_t *codes = w2b_alloc(size, 1);
    uint16_t *scales = w2b_alloc(p->code_rows, sizeof *scales);
    batch b = {.n = 0};
    w2b_meter meter;
    w2b_meter_start(&meter, options->progress, options->progress_user, W2B_STAGE_WRITE, "rows");
    w2b_err err = codes && scales ? w2b_packer_begin(p->packer, W2B_KIND_CODES, 0, diag)
                                  : w2b_fail_memory(diag, size, "a block of codes");
    for (uint64_t first = 0; first < p->words && !err; first += p->code_rows) {
        err = squeeze_block(p, &b, first, codes, scales, diag);
        if (b.n == BATCH)
            err = batch_flush(&b, p->packer, 0, err, diag);
        if (!err)
            err = w2b_meter_tick(&meter, first + rows_from(p, first), p->words, diag);
    }
    err = batch_flush(&b, p->packer, 0, err, diag);
    w2b_free(codes);
    w2b_free(scales);
    return err ? err : w2b_meter_finish(&meter, p->words, p->words, diag);
}

static w2b_err put_vectors(const plan *p, const w2b_save_options *options, w2b_diag *diag)
{
    if (w2b_code_squeezes(w2b_model_code(p->model)))
        return put_squeezed(p, options, diag);
    if (w2b_model_code(p->model)->bits > 8)
        return put_codes(p, NULL, options, diag);
    uint16_t *scales = w2b_alloc((size_t)p->words, sizeof *scales);
    if (!scales)
        return w2b_fail_memory(diag, p->words * sizeof *scales, "scales");
    const uint32_t rows = p->code_rows > SCALE_ROWS ? p->code_rows : SCALE_ROWS;
    w2b_err err = put_codes(p, scales, options, diag);
    if (!err)
        err = w2b_packer_array(p->packer, W2B_KIND_SCALES, scales,
                               (size_t)p->words * sizeof *scales,
                               rows * (uint32_t)sizeof *scales, 0, diag);
    w2b_free(scales);
    return err;
}

/* ----- Writing: the whole ------------------------------------------------- */

static w2b_err put_head(const plan *p, w2b_diag *diag)
{
    const w2b_code *code = w2b_model_code(p->model);
    const char *metadata = w2b_model_metadata(p->model);
    uint8_t shape[W2B_SHAPE_SIZE] = {0};
    uint32_t unit;
    memcpy(&unit, &code->unit, sizeof unit);
    w2b_put_u64(shape + W2B_SHAPE_WORDS, p->words);
    w2b_put_u32(shape + W2B_SHAPE_DIM, code->dim);
    w2b_put_u32(shape + W2B_SHAPE_BITS, code->bits);
    w2b_put_u32(shape + W2B_SHAPE_METHOD, code->method);
    w2b_put_u32(shape + W2B_SHAPE_UNIT, unit);
    w2b_put_u64(shape + W2B_SHAPE_STRIDE, code->stride);
    w2b_put_u32(shape + W2B_SHAPE_CODE_ROWS, p->code_rows);
    w2b_put_u32(shape + W2B_SHAPE_WORD_ROWS, p->word_rows);
    w2b_put_u32(shape + W2B_SHAPE_BUCKETS, p->index.buckets);
    w2b_err err = w2b_packer_array(p->packer, W2B_KIND_SHAPE, shape, sizeof shape, sizeof shape,
                                   0, diag);
    if (!err)
        err = w2b_packer_array(p->packer, W2B_KIND_META, metadata, strlen(metadata),
                               W2B_BLOCK_LIMIT, 0, diag);
    if (!err && code->scheme->has_levels)
        err = w2b_packer_array(p->packer, W2B_KIND_LEVELS, code->levels, (size_t)1 << code->bits,
                               (uint32_t)1 << code->bits, 0, diag);
    if (!err && code->params)
        err = w2b_packer_array(p->packer, W2B_KIND_PARAMS, code->params,
                               w2b_code_params_size(code), W2B_BLOCK_LIMIT, 0, diag);
    return err;
}

static w2b_err put_index(const plan *p, w2b_diag *diag)
{
    const w2b_index *index = &p->index;
    const size_t n = (size_t)p->words;
    w2b_err err = w2b_packer_array(p->packer, W2B_KIND_STARTS, index->starts,
                                   ((size_t)index->buckets + 1) * sizeof *index->starts,
                                   INDEX_BLOCK_BYTES, 0, diag);
    if (!err)
        err = w2b_packer_array(p->packer, W2B_KIND_MARKS, index->marks, n, INDEX_BLOCK_BYTES, 0,
                               diag);
    if (!err)
        err = w2b_packer_array(p->packer, W2B_KIND_ROWS, index->rows, n * sizeof *index->rows,
                               INDEX_BLOCK_BYTES, 0, diag);
    return err;
}

w2b_err w2b_w2b_write(const w2b_model *model, w2b_out *out, const w2b_save_options *options,
                      w2b_diag *diag)
{
    const uint64_t words = w2b_model_words(model);
    plan p = {
        .model = model,
        .words = options->limit && options->limit < words ? options->limit : words,
        .code_rows = w2b_code_rows(w2b_model_code(model)->stride),
    };
    w2b_err err = look_at_words(&p, diag);
    if (!err)
        err = w2b_packer_new(out, &p.packer, diag);
    if (!err)
        err = put_head(&p, diag);
    if (!err)
        err = put_index(&p, diag);
    if (!err)
        err = put_rows(&p, W2B_KIND_WORDS, diag);
    if (!err && w2b_model_has_counts(model))
        err = put_rows(&p, W2B_KIND_COUNTS, diag);
    if (!err)
        err = put_vectors(&p, options, diag);
    if (!err)
        err = w2b_packer_finish(p.packer, diag);
    w2b_packer_free(p.packer);
    w2b_index_free(&p.index);
    w2b_free(p.sizes);
    return err;
}
