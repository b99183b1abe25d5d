/*
 * packer.c - writing the outer form of a .w2b file.
 *
 * The header comes first and says where the directory is, which comes last:
 * zeros are written in its place and patched at the end, so that a file cut
 * short by a crash is never taken for a whole one.
 */
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#include "io/format.h"
#include "io/little.h"
#include "io/packer.h"

/* Blocks that are compressed side by side before they are written. */
#define BATCH 64

typedef struct entry {
    uint64_t offset;
    uint32_t stored, raw;
    uint64_t hash;
} entry;

typedef struct section_head {
    uint32_t kind;
    uint32_t block_size;
    uint64_t raw_size;
    uint64_t blocks;
} section_head;

struct w2b_packer {
    w2b_out *out;
    int threads;
    uint64_t base;   /* of the file in `out` */
    uint64_t offset; /* bytes of the file so far */
    uint8_t *memory; /* the whole file, where `out` cannot be patched */
    size_t room;
    size_t n_sections;
    section_head sections[W2B_SECTION_LIMIT];
    entry *entries; /* of all sections, one after the other */
    size_t n_entries, entry_room;
};

static w2b_err put(w2b_packer *packer, const void *bytes, size_t size, w2b_diag *diag)
{
    if (w2b_out_seekable(packer->out)) {
        const w2b_err err = w2b_out_write(packer->out, bytes, size, diag);
        if (err)
            return err;
    } else {
        void *memory = packer->memory;
        size_t need;
        if (w2b_add((size_t)packer->offset, size, &need) ||
            w2b_grow(&memory, &packer->room, need, 1))
            return w2b_fail_memory(diag, packer->offset + size,
                                   "a .w2b file for an output that cannot seek");
        packer->memory = memory;
        memcpy(packer->memory + packer->offset, bytes, size);
    }
    packer->offset += size;
    return W2B_OK;
}

static w2b_err put_zeros_to(w2b_packer *packer, size_t multiple, w2b_diag *diag)
{
    static const uint8_t zeros[W2B_SECTION_ALIGN];
    const size_t over = packer->offset % multiple;
    return over ? put(packer, zeros, multiple - over, diag) : W2B_OK;
}

w2b_err w2b_packer_new(w2b_out *out, w2b_packer **result, w2b_diag *diag)
{
    static const uint8_t zeros[W2B_HEADER_SIZE];
    w2b_packer *packer = w2b_alloc_zero(1, sizeof *packer);
    if (!packer)
        return w2b_fail_memory(diag, sizeof *packer, "a writer");
    packer->out = out;
    packer->threads = (int)w2b_processors();
    packer->base = w2b_out_offset(out);
    const w2b_err err = put(packer, zeros, sizeof zeros, diag);
    if (err) {
        w2b_packer_free(packer);
        return err;
    }
    *result = packer;
    return W2B_OK;
}

void w2b_packer_free(w2b_packer *packer)
{
    if (!packer)
        return;
    w2b_free(packer->entries);
    w2b_free(packer->memory);
    w2b_free(packer);
}

w2b_err w2b_packer_begin(w2b_packer *packer, w2b_kind kind, uint32_t block_size, w2b_diag *diag)
{
    if (packer->n_sections == W2B_SECTION_LIMIT)
        return w2b_fail(diag, W2B_ERR_LIMIT, "more than %d sections", W2B_SECTION_LIMIT);
    packer->sections[packer->n_sections++] =
        (section_head){.kind = kind, .block_size = block_size};
    return put_zeros_to(packer, W2B_SECTION_ALIGN, diag);
}

/* ----- Blocks ------------------------------------------------------------- */

static w2b_err add_stored(w2b_packer *packer, const uint8_t *stored, size_t size, size_t raw,
                          w2b_diag *diag)
{
    void *entries = packer->entries;
    if (w2b_grow(&entries, &packer->entry_room, packer->n_entries + 1, sizeof *packer->entries))
        return w2b_fail_memory(diag, (packer->n_entries + 1) * sizeof *packer->entries,
                               "the directory");
    packer->entries = entries;
    packer->entries[packer->n_entries++] = (entry){
        .offset = packer->offset,
        .stored = (uint32_t)size,
        .raw = (uint32_t)raw,
        .hash = XXH3_64bits(stored, size),
    };
    section_head *section = &packer->sections[packer->n_sections - 1];
    section->raw_size += raw;
    section->blocks++;
    return put(packer, stored, size, diag);
}

/* Compresses each piece into frames[i] of sizes[i]; 0 = it does not shrink.
 * Nonzero if memory was short. Which thread does which block cannot matter:
 * each frame depends on its block and the level alone. */
static int compress_batch(const w2b_piece *pieces, size_t n, int level, int threads,
                          uint8_t **frames, size_t *sizes)
{
    int failed = 0;
    (void)threads;
#pragma omp parallel num_threads(threads) if (n > 1) reduction(| \
                                                               : failed)
    {
        ZSTD_CCtx *context = ZSTD_createCCtx();
        failed |= !context;
#pragma omp for schedule(dynamic)
        for (size_t i = 0; i < n; i++) {
            const size_t room = ZSTD_compressBound(pieces[i].size);
            frames[i] = context ? w2b_alloc(room, 1) : NULL;
            if (!frames[i]) {
                failed = 1;
                continue;
            }
            const size_t size = ZSTD_compressCCtx(context, frames[i], room, pieces[i].bytes,
                                                  pieces[i].size, level);
            failed |= ZSTD_isError(size) != 0;
            sizes[i] = ZSTD_isError(size) || size >= pieces[i].size ? 0 : size;
        }
        ZSTD_freeCCtx(context);
    }
    return failed;
}

static w2b_err add_compressed(w2b_packer *packer, const w2b_piece *pieces, size_t n, int level,
                              w2b_diag *diag)
{
    uint8_t *frames[BATCH] = {NULL};
    size_t sizes[BATCH] = {0};
    w2b_err err = W2B_OK;
    if (compress_batch(pieces, n, level, packer->threads, frames, sizes))
        err = w2b_fail_memory(diag, n * W2B_BLOCK_LIMIT, "compressed blocks");
    for (size_t i = 0; i < n; i++) {
        if (!err && sizes[i])
            err = add_stored(packer, frames[i], sizes[i], pieces[i].size, diag);
        else if (!err)
            err = add_stored(packer, pieces[i].bytes, pieces[i].size, pieces[i].size, diag);
        w2b_free(frames[i]);
    }
    return err;
}

w2b_err w2b_packer_add(w2b_packer *packer, const w2b_piece *pieces, size_t n, int level,
                       w2b_diag *diag)
{
    w2b_err err = W2B_OK;
    for (size_t i = 0; i < n && !err; i += BATCH) {
        const size_t some = n - i < BATCH ? n - i : BATCH;
        if (level != 0) {
            err = add_compressed(packer, pieces + i, some, level, diag);
            continue;
        }
        for (size_t j = i; j < i + some && !err; j++)
            err = add_stored(packer, pieces[j].bytes, pieces[j].size, pieces[j].size, diag);
    }
    return err;
}

w2b_err w2b_packer_array(w2b_packer *packer, w2b_kind kind, const void *bytes, size_t size,
                         uint32_t block_size, int level, w2b_diag *diag)
{
    w2b_piece pieces[BATCH];
    const uint8_t *from = bytes;
    w2b_err err = w2b_packer_begin(packer, kind, block_size, diag);
    for (size_t at = 0; at < size && !err;) {
        size_t n = 0;
        for (; n < BATCH && at < size; n++) {
            pieces[n].bytes = from + at;
            pieces[n].size = size - at < block_size ? size - at : block_size;
            at += pieces[n].size;
        }
        err = w2b_packer_add(packer, pieces, n, level, diag);
    }
    return err;
}

/* ----- Directory and header ----------------------------------------------- */

static void fill_directory(const w2b_packer *packer, uint8_t *to)
{
    const entry *next = packer->entries;
    w2b_put_u32(to, (uint32_t)packer->n_sections);
    to += W2B_DIRECTORY_HEAD;
    for (size_t i = 0; i < packer->n_sections; i++) {
        const section_head *section = &packer->sections[i];
        w2b_put_u32(to, section->kind);
        w2b_put_u64(to + 8, section->raw_size);
        w2b_put_u32(to + 16, section->block_size);
        w2b_put_u64(to + 24, section->blocks);
        to += W2B_SECTION_ENTRY;
        for (uint64_t b = 0; b < section->blocks; b++, next++) {
            w2b_put_u64(to, next->offset);
            w2b_put_u32(to + 8, next->stored);
            w2b_put_u32(to + 12, next->raw);
            w2b_put_u64(to + 16, next->hash);
            to += W2B_BLOCK_ENTRY;
        }
    }
}

static void fill_header(const w2b_packer *packer, const uint8_t *directory, size_t size,
                        uint8_t *head)
{
    memset(head, 0, W2B_HEADER_SIZE);
    memcpy(head, W2B_MAGIC, W2B_MAGIC_SIZE);
    w2b_put_u16(head + W2B_HEADER_MAJOR, W2B_VERSION_FORMAT);
    w2b_put_u64(head + W2B_HEADER_FILE_SIZE, packer->offset);
    w2b_put_u64(head + W2B_HEADER_DIRECTORY, packer->offset - size);
    w2b_put_u64(head + W2B_HEADER_DIRECTORY_SIZE, size);
    w2b_put_u64(head + W2B_HEADER_DIRECTORY_HASH, XXH3_64bits(directory, size));
    w2b_put_u64(head + W2B_HEADER_HASH, XXH3_64bits(head, W2B_HEADER_HASH));
}

w2b_err w2b_packer_finish(w2b_packer *packer, w2b_diag *diag)
{
    const size_t size = W2B_DIRECTORY_HEAD + packer->n_sections * W2B_SECTION_ENTRY +
                        packer->n_entries * W2B_BLOCK_ENTRY;
    uint8_t *directory = w2b_alloc_zero(size, 1);
    if (!directory)
        return w2b_fail_memory(diag, size, "the directory");
    w2b_err err = put_zeros_to(packer, W2B_SECTION_ALIGN, diag);
    if (!err) {
        fill_directory(packer, directory);
        err = put(packer, directory, size, diag);
    }
    if (!err) {
        uint8_t head[W2B_HEADER_SIZE];
        fill_header(packer, directory, size, head);
        if (w2b_out_seekable(packer->out)) {
            err = w2b_out_patch(packer->out, packer->base, head, sizeof head, diag);
        } else {
            memcpy(packer->memory, head, sizeof head);
            err = w2b_out_write(packer->out, packer->memory, (size_t)packer->offset, diag);
        }
    }
    w2b_free(directory);
    return err;
}
