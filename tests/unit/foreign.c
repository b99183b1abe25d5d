/*
 * foreign.c - small files in the formats of other programs, made byte by byte.
 */
#include "tests/unit/foreign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const foreign_words[] = {"</s>", "the", "caf\xc3\xa9", "xy"};
const char *const foreign_parts[] = {"<th", "xy", "\xc3\xa9>"};
const uint64_t foreign_part_numbers[] = {1, 0, 1};

float foreign_number(size_t row, size_t column)
{
    return (float)((int)((row * 7 + column * 3 + row * column) % 17) - 8) / 4;
}

/* ----- Bytes -------------------------------------------------------------- */

void foreign_put(foreign *f, const void *bytes, size_t n)
{
    if (n > sizeof f->bytes - f->n) {
        fprintf(stderr, "a foreign file is too long\n");
        exit(99);
    }
    memcpy(f->bytes + f->n, bytes, n);
    f->n += n;
}

void foreign_text(foreign *f, const char *text)
{
    foreign_put(f, text, strlen(text));
}

void foreign_u8(foreign *f, unsigned value)
{
    const uint8_t byte = (uint8_t)value;
    foreign_put(f, &byte, 1);
}

static void little(foreign *f, uint64_t value, int n)
{
    for (int i = 0; i < n; i++)
        foreign_u8(f, (unsigned)(value >> (8 * i) & 0xff));
}

void foreign_u32(foreign *f, uint32_t value)
{
    little(f, value, 4);
}

void foreign_u64(foreign *f, uint64_t value)
{
    little(f, value, 8);
}

void foreign_f32(foreign *f, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    foreign_u32(f, bits);
}

void foreign_rows(foreign *f, size_t first, size_t rows, size_t dim)
{
    for (size_t row = first; row < first + rows; row++) {
        for (size_t i = 0; i < dim; i++)
            foreign_f32(f, foreign_number(row, i));
    }
}

/* ----- NumPy, safetensors ------------------------------------------------- */

void foreign_npy(foreign *f, int version, const char *description)
{
    const size_t before = version == 1 ? 10 : 12;
    const size_t length = (before + strlen(description) + 1 + 63) / 64 * 64 - before;
    foreign_text(f, "\x93NUMPY");
    foreign_u8(f, (unsigned)version);
    foreign_u8(f, 0);
    little(f, length, version == 1 ? 2 : 4);
    foreign_text(f, description);
    for (size_t i = strlen(description); i + 1 < length; i++)
        foreign_u8(f, ' ');
    foreign_u8(f, '\n');
}

void foreign_safetensors(foreign *f, const char *object)
{
    const size_t length = (strlen(object) + 7) / 8 * 8;
    foreign_u64(f, length);
    foreign_text(f, object);
    for (size_t i = strlen(object); i < length; i++)
        foreign_u8(f, ' ');
}

/* ----- fastText ----------------------------------------------------------- */

/* Centroid `c` of part 0 (numbers 0 to 2) and 1 (number 3), number i of it. */
static float centroid(size_t part, size_t c, size_t i)
{
    return (float)((int)((part * 5 + c * 3 + i) % 13) - 6) / 2;
}

static unsigned code_of(size_t row, size_t part)
{
    return (unsigned)((row * 31 + part * 77) % 256);
}

static unsigned norm_code_of(size_t row)
{
    return (unsigned)((row * 13 + 1) % 256);
}

static float norm_of(size_t code)
{
    return (float)(code % 5 + 1) / 2;
}

float foreign_quantized(size_t row, size_t column)
{
    const size_t part = column / 3;
    return norm_of(norm_code_of(row)) * centroid(part, code_of(row, part), column % 3);
}

static void put_quantized(foreign *f, size_t rows)
{
    foreign_u8(f, 1);
    foreign_u64(f, rows);
    foreign_u64(f, FOREIGN_DIM);
    foreign_u32(f, (uint32_t)rows * 2);
    for (size_t row = 0; row < rows; row++) {
        foreign_u8(f, code_of(row, 0));
        foreign_u8(f, code_of(row, 1));
    }
    foreign_u32(f, FOREIGN_DIM);
    foreign_u32(f, 2);
    foreign_u32(f, 3);
    foreign_u32(f, 1);
    for (size_t c = 0; c < 256 * 3; c++)
        foreign_f32(f, centroid(0, c / 3, c % 3));
    for (size_t c = 0; c < 256; c++)
        foreign_f32(f, centroid(1, c, 0));
    for (size_t row = 0; row < rows; row++)
        foreign_u8(f, norm_code_of(row));
    for (size_t i = 0; i < 4; i++)
        foreign_u32(f, 1);
    for (size_t c = 0; c < 256; c++)
        foreign_f32(f, norm_of(c));
}

static void put_dense(foreign *f, size_t rows)
{
    foreign_u64(f, rows);
    foreign_u64(f, FOREIGN_DIM);
    foreign_rows(f, 0, rows, FOREIGN_DIM);
}

static void put_entry(foreign *f, const char *word, uint64_t count, unsigned type)
{
    foreign_put(f, word, strlen(word) + 1);
    foreign_u64(f, count);
    foreign_u8(f, type);
}

static void put_dictionary(foreign *f, const foreign_fasttext *how)
{
    const uint32_t labels = how->supervised ? 2 : 0;
    foreign_u32(f, FOREIGN_WORDS + labels);
    foreign_u32(f, FOREIGN_WORDS);
    foreign_u32(f, labels);
    foreign_u64(f, 1000);
    foreign_u64(f, how->pruned ? 2 : UINT64_MAX);
    for (size_t i = 0; i < FOREIGN_WORDS; i++)
        put_entry(f, foreign_words[i], 100 - i, 0);
    for (uint32_t i = 0; i < labels; i++)
        put_entry(f, i ? "__label__b" : "__label__a", 50 - i, 1);
    if (how->pruned) {
        foreign_u32(f, 5);
        foreign_u32(f, 0);
        foreign_u32(f, 0);
        foreign_u32(f, 1);
    }
}

void foreign_fasttext_model(foreign *f, const foreign_fasttext *how)
{
    const uint32_t args[] = {FOREIGN_DIM, 5, 5, 1, 5, 1, 2, how->supervised ? 3 : 1,
                             how->buckets, how->min_n, how->max_n, 100};
    const size_t rows = FOREIGN_WORDS + (how->pruned ? 2 : how->buckets);
    foreign_u32(f, 793712314);
    foreign_u32(f, how->version ? how->version : 12);
    for (size_t i = 0; i < sizeof args / sizeof args[0]; i++)
        foreign_u32(f, args[i]);
    foreign_u64(f, 0);
    put_dictionary(f, how);
    foreign_u8(f, how->quantized != 0);
    if (how->quantized)
        put_quantized(f, rows);
    else
        put_dense(f, rows);
    foreign_u8(f, how->quantized != 0);
    if (how->quantized)
        put_quantized(f, 2);
    else
        put_dense(f, how->supervised ? 2 : FOREIGN_WORDS);
}

/* ----- finalfusion -------------------------------------------------------- */

static void put_string(foreign *f, const char *text)
{
    foreign_u32(f, (uint32_t)strlen(text));
    foreign_text(f, text);
}

static void put_padding(foreign *f)
{
    const size_t n = 4 - f->n % 4;
    for (size_t i = 0; i < n; i++)
        foreign_u8(f, 0);
}

/* The chunk's length is written when it ends. */
static size_t begin_chunk(foreign *f, uint32_t id)
{
    foreign_u32(f, id);
    foreign_u64(f, 0);
    return f->n;
}

static void end_chunk(foreign *f, size_t begin)
{
    const size_t end = f->n;
    f->n = begin - 8;
    foreign_u64(f, end - begin);
    f->n = end;
}

static void put_words(foreign *f)
{
    for (size_t i = 0; i < FOREIGN_WORDS; i++)
        put_string(f, foreign_words[i]);
}

/* Returns how many rows of parts there are to be. */
static size_t put_vocab(foreign *f, const foreign_fifu *how)
{
    const size_t begin = begin_chunk(f, how->vocab);
    size_t parts = 0;
    if (how->vocab != 9)
        foreign_u64(f, FOREIGN_WORDS);
    if (how->vocab == 8)
        foreign_u64(f, FOREIGN_PARTS);
    if (how->vocab != 1) {
        foreign_u32(f, how->min_n ? how->min_n : 2);
        foreign_u32(f, 4);
    }
    if (how->vocab == 3 || how->vocab == 7) {
        foreign_u32(f, how->buckets);
        parts = how->vocab == 3 ? (size_t)1 << how->buckets : how->buckets;
    }
    if (how->vocab != 9)
        put_words(f);
    for (size_t i = 0; how->vocab == 8 && i < FOREIGN_PARTS; i++) {
        put_string(f, foreign_parts[i]);
        foreign_u64(f, foreign_part_numbers[i]);
        parts = 2;
    }
    if (how->vocab == 9) {
        foreign_u64(f, how->buckets);
        foreign_u32(f, 2);
        foreign_u32(f, 2166136261u);
        put_string(f, "<");
        put_string(f, ">");
        parts = how->buckets;
    }
    end_chunk(f, begin);
    return parts;
}

static void put_codes(foreign *f, const foreign_fifu *how, size_t rows)
{
    const size_t begin = begin_chunk(f, 4);
    foreign_u32(f, how->turned != 0);
    foreign_u32(f, 1);
    foreign_u32(f, 2);
    foreign_u32(f, FOREIGN_DIM);
    foreign_u32(f, 7);
    foreign_u64(f, rows);
    foreign_u32(f, 1);
    foreign_u32(f, 10);
    put_padding(f);
    for (size_t i = 0; how->turned && i < FOREIGN_DIM * FOREIGN_DIM; i++)
        foreign_f32(f, i / FOREIGN_DIM + i % FOREIGN_DIM == FOREIGN_DIM - 1 ? 1 : 0);
    for (size_t part = 0; part < 2; part++) {
        for (size_t c = 0; c < 7; c++) {
            foreign_f32(f, centroid(part, c, 0));
            foreign_f32(f, centroid(part, c, 1));
        }
    }
    for (size_t row = 0; row < rows; row++)
        foreign_f32(f, norm_of(row));
    for (size_t i = 0; i < rows * 2; i++)
        foreign_u8(f, code_of(i / 2, i % 2) % 7);
    end_chunk(f, begin);
}

static void put_matrix(foreign *f, const foreign_fifu *how, size_t rows)
{
    if (how->quantized) {
        put_codes(f, how, rows);
        return;
    }
    const size_t begin = begin_chunk(f, 2);
    foreign_u64(f, rows);
    foreign_u32(f, FOREIGN_DIM);
    foreign_u32(f, 10);
    put_padding(f);
    foreign_rows(f, 0, rows, FOREIGN_DIM);
    end_chunk(f, begin);
}

float foreign_fifu_number(const foreign_fifu *how, size_t row, size_t column)
{
    const size_t at = how->turned ? FOREIGN_DIM - 1 - column : column;
    if (!how->quantized)
        return foreign_number(row, column);
    return norm_of(row) * centroid(at / 2, code_of(row, at / 2) % 7, at % 2);
}

void foreign_fifu_model(foreign *f, const foreign_fifu *how)
{
    foreign_text(f, "FiFu");
    foreign_u32(f, 0);
    foreign_u32(f, 2 + (how->metadata != 0) + (how->norms != 0));
    if (how->metadata)
        foreign_u32(f, 5);
    foreign_u32(f, how->vocab);
    foreign_u32(f, how->quantized ? 4 : 2);
    if (how->norms)
        foreign_u32(f, 6);
    if (how->metadata) {
        const size_t begin = begin_chunk(f, 5);
        foreign_text(f, "[a]\nb = 1\n");
        end_chunk(f, begin);
    }
    const size_t words = how->vocab == 9 ? 0 : FOREIGN_WORDS;
    const size_t parts = put_vocab(f, how);
    put_matrix(f, how, words + parts);
    if (how->norms) {
        const size_t begin = begin_chunk(f, 6);
        foreign_u64(f, words);
        foreign_u32(f, 10);
        put_padding(f);
        for (size_t i = 0; i < words; i++)
            foreign_f32(f, (float)(i + 2));
        end_chunk(f, begin);
    }
}
