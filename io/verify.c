/*
 * verify.c - what a .w2b file holds, against itself: everything that checksums
 * cannot know because a wrong writer would have made them right.
 */
#include <string.h>

#include "io/little.h"
#include "io/mapped.h"
#include "io/words.h"
#include "quant/scheme.h"

/* An array of the index, whole: its blocks are raw, and so touch. */
static const uint8_t *array_of(const w2b_mapped *mapped, const w2b_chunk *chunk)
{
    return w2b_container_image(mapped->container)->bytes + chunk->begin;
}

static w2b_err damaged(const w2b_mapped *mapped, const w2b_chunk *chunk, uint64_t item,
                       size_t width, const char *why, w2b_diag *diag)
{
    return w2b_container_damaged(mapped->container, chunk, item * width / chunk->block_size, why,
                                 diag);
}

/* Entries of a bucket rise, belong to it, and have the mark of their word: so
 * no row can stand in two places, and as there are as many entries as words,
 * each row stands in one, where looking for its word finds it. */
static w2b_err check_bucket(const w2b_mapped *mapped, uint32_t bucket, uint32_t begin,
                            uint32_t end, const uint8_t *marks, const uint8_t *rows,
                            w2b_diag *diag)
{
    for (uint32_t e = begin; e < end; e++) {
        const uint32_t row = w2b_get_u32(rows + (size_t)e * 4);
        if (row >= mapped->words ||
            (e > begin && row <= w2b_get_u32(rows + (size_t)(e - 1) * 4)))
            return damaged(mapped, mapped->rows, e, 4, "its rows are out of order", diag);
        const char *word;
        size_t length;
        const w2b_err err = w2b_mapped_word(mapped, row, &word, &length, diag);
        if (err)
            return err;
        const uint64_t hash = w2b_word_hash(word, length);
        if (w2b_index_bucket(hash, mapped->buckets) != bucket)
            return damaged(mapped, mapped->rows, e, 4, "a word is in the wrong bucket", diag);
        if (marks[e] != w2b_index_mark(hash))
            return damaged(mapped, mapped->marks, e, 1, "a word has the wrong mark", diag);
    }
    return W2B_OK;
}

static w2b_err check_index(const w2b_mapped *mapped, w2b_diag *diag)
{
    const uint8_t *starts = array_of(mapped, mapped->starts);
    const uint8_t *marks = array_of(mapped, mapped->marks);
    const uint8_t *rows = array_of(mapped, mapped->rows);
    uint32_t begin = w2b_get_u32(starts);
    if (begin != 0 || w2b_get_u32(starts + (size_t)mapped->buckets * 4) != mapped->words)
        return damaged(mapped, mapped->starts, 0, 4, "the buckets do not hold all words", diag);
    for (uint32_t bucket = 0; bucket < mapped->buckets; bucket++) {
        const uint32_t end = w2b_get_u32(starts + ((size_t)bucket + 1) * 4);
        if (end < begin || end > mapped->words)
            return damaged(mapped, mapped->starts, (uint64_t)bucket + 1, 4,
                           "buckets do not follow each other", diag);
        const w2b_err err = check_bucket(mapped, bucket, begin, end, marks, rows, diag);
        if (err)
            return err;
        begin = end;
    }
    return W2B_OK;
}

/* Every word and count, in order. */
static w2b_err check_words(const w2b_mapped *mapped, w2b_diag *diag)
{
    w2b_err err = W2B_OK;
    for (uint64_t row = 0; row < mapped->words && !err; row++) {
        const char *word;
        size_t length;
        uint64_t count;
        err = w2b_mapped_word(mapped, row, &word, &length, diag);
        if (!err && memchr(word, '\n', length))
            err = w2b_container_damaged(mapped->container, mapped->word, row / mapped->word_rows,
                                        "a word holds a newline", diag);
        if (!err)
            err = w2b_mapped_count(mapped, row, &count, diag);
    }
    return err;
}

/* NULL, or what is wrong with the row. */
static const char *check_row(const w2b_code *code, const uint8_t *codes)
{
    if (code->bits == 16) {
        for (uint32_t i = 0; i < code->dim; i++)
            if ((w2b_get_u16(codes + (size_t)i * 2) & 0x7c00) == 0x7c00)
                return "a number is not finite";
    } else if (code->bits == 32) {
        for (uint32_t i = 0; i < code->dim; i++)
            if ((w2b_get_u32(codes + (size_t)i * 4) & 0x7f800000) == 0x7f800000)
                return "a number is not finite";
    } else {
        const uint64_t bits = (uint64_t)code->dim * code->bits;
        if (code->scheme->is_packed && bits % 8 != 0 && codes[bits / 8] >> bits % 8 != 0)
            return "the unused bits of a row are not zero";
    }
    return NULL;
}

/* The same of rows that are squeezed: expanding them checks them. */
static w2b_err check_squeezed(const w2b_mapped *mapped, w2b_diag *diag)
{
    const size_t n = mapped->code_rows, codes = n * mapped->code.stride;
    uint8_t *bytes = w2b_alloc(codes + n * sizeof(uint16_t), 1);
    w2b_err err = bytes ? W2B_OK : w2b_fail_memory(diag, codes, "a block of codes");
    for (uint64_t b = 0; b < mapped->codes->blocks && !err; b++)
        err = w2b_mapped_expand(mapped, b, bytes, (uint16_t *)(void *)(bytes + codes), diag);
    w2b_free(bytes);
    return err;
}

/* Blocks are fetched rather than kept, so that a large file needs no memory. */
static w2b_err check_rows(const w2b_mapped *mapped, w2b_diag *diag)
{
    const w2b_code *code = &mapped->code;
    for (uint64_t b = 0; b < mapped->codes->blocks; b++) {
        const uint8_t *codes;
        uint8_t *owned;
        size_t size;
        const w2b_err err = w2b_container_fetch(mapped->container, mapped->codes, b, &codes,
                                                &size, &owned, diag);
        if (err)
            return err;
        const char *why = NULL;
        for (size_t at = 0; at < size && !why; at += code->stride)
            why = check_row(code, codes + at);
        w2b_free(owned);
        if (why)
            return w2b_container_damaged(mapped->container, mapped->codes, b, why, diag);
    }
    return W2B_OK;
}

static w2b_err check_scales(const w2b_mapped *mapped, w2b_diag *diag)
{
    if (!mapped->scales)
        return W2B_OK;
    const uint8_t *scales = array_of(mapped, mapped->scales);
    for (uint64_t row = 0; row < mapped->words; row++)
        if ((w2b_get_u16(scales + row * 2) & 0x7c00) == 0x7c00)
            return damaged(mapped, mapped->scales, row, 2, "a scale is not finite", diag);
    return W2B_OK;
}

w2b_err w2b_mapped_verify(const w2b_mapped *mapped, w2b_diag *diag)
{
    w2b_err err = w2b_container_check(mapped->container, diag);
    if (!err)
        err = check_words(mapped, diag);
    if (!err)
        err = check_index(mapped, diag);
    if (!err)
        err = check_scales(mapped, diag);
    if (err)
        return err;
    return w2b_code_squeezes(&mapped->code) ? check_squeezed(mapped, diag)
                                            : check_rows(mapped, diag);
}
