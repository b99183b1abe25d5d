/*
 * words.c - words, counts and the index in their stored forms.
 */
#include <string.h>
#include <xxhash.h>

#include "io/words.h"

/* ----- Index -------------------------------------------------------------- */

uint64_t w2b_word_hash(const char *word, size_t length)
{
    return XXH3_64bits(word, length);
}

int w2b_index_build(const uint64_t *hashes, uint64_t words, w2b_index *index)
{
    const uint32_t buckets = (uint32_t)((words + W2B_INDEX_LOAD - 1) / W2B_INDEX_LOAD);
    w2b_index made = {.buckets = buckets};
    made.starts = w2b_alloc_zero((size_t)buckets + 1, sizeof *made.starts);
    made.marks = w2b_alloc((size_t)words, sizeof *made.marks);
    made.rows = w2b_alloc((size_t)words, sizeof *made.rows);
    if (!made.starts || !made.marks || !made.rows) {
        w2b_index_free(&made);
        return -1;
    }
    /* A counting sort: it keeps rows in order within a bucket. Counted one place
     * further on, the sums are where each bucket begins; placing the words moves
     * each begin to its bucket's end, and one place further on again that is
     * where the next one begins. */
    uint32_t *starts = made.starts;
    for (uint64_t i = 0; i < words; i++)
        starts[w2b_index_bucket(hashes[i], buckets) + 1]++;
    for (uint32_t b = 0; b < buckets; b++)
        starts[b + 1] += starts[b];
    for (uint64_t i = 0; i < words; i++) {
        const uint32_t e = starts[w2b_index_bucket(hashes[i], buckets)]++;
        made.marks[e] = w2b_index_mark(hashes[i]);
        made.rows[e] = (uint32_t)i;
    }
    memmove(starts + 1, starts, (size_t)buckets * sizeof *starts);
    starts[0] = 0;
    *index = made;
    return 0;
}

void w2b_index_free(w2b_index *index)
{
    w2b_free(index->starts);
    w2b_free(index->marks);
    w2b_free(index->rows);
    *index = (w2b_index){0};
}

/* ----- LEB128 ------------------------------------------------------------- */

size_t w2b_leb_put(uint64_t x, uint8_t *to)
{
    size_t n = 0;
    for (; x >= 0x80; x >>= 7)
        to[n++] = (uint8_t)(x | 0x80);
    to[n++] = (uint8_t)x;
    return n;
}

int w2b_leb_get(const uint8_t **at, const uint8_t *end, uint64_t *x)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (*at == end)
            return -1;
        const uint8_t byte = *(*at)++;
        if (shift == 63 && byte > 1)
            return -1;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            if (byte == 0 && shift != 0)
                return -1;
            *x = value;
            return 0;
        }
    }
    return -1;
}

/* ----- Blocks ------------------------------------------------------------- */

w2b_word_block *w2b_words_decode(const uint8_t *raw, size_t size, size_t n, const char **why)
{
    *why = "it is too short for its words";
    if (n > size)
        return NULL; /* each length takes a byte */
    const size_t head = sizeof(w2b_word_block) + (n + 1) * sizeof(uint32_t);
    w2b_word_block *block = w2b_alloc(head + size + n, 1);
    if (!block) {
        *why = NULL;
        return NULL;
    }
    const uint8_t *at = raw, *end = raw + size;
    size_t start = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t length;
        if (w2b_leb_get(&at, end, &length) || length > size)
            goto fail;
        block->starts[i] = (uint32_t)start;
        start += (size_t)length + 1;
    }
    block->starts[n] = (uint32_t)start;
    if (start - n != (size_t)(end - at)) {
        *why = "the lengths of its words do not add up to its size";
        goto fail;
    }
    block->bytes = (char *)block + head;
    for (size_t i = 0; i < n; i++) {
        const size_t length = block->starts[i + 1] - block->starts[i] - 1;
        memcpy(block->bytes + block->starts[i], at, length);
        block->bytes[block->starts[i] + length] = '\0';
        at += length;
    }
    return block;
fail:
    w2b_free(block);
    return NULL;
}

static uint64_t fold(uint64_t difference)
{
    return difference << 1 ^ (0 - (difference >> 63));
}

static uint64_t unfold(uint64_t folded)
{
    return folded >> 1 ^ (0 - (folded & 1));
}

size_t w2b_counts_encode(const uint64_t *counts, size_t n, uint8_t *to)
{
    size_t size = 0;
    uint64_t before = 0;
    for (size_t i = 0; i < n; i++) {
        size += w2b_leb_put(fold(counts[i] - before), to + size);
        before = counts[i];
    }
    return size;
}

uint64_t *w2b_counts_decode(const uint8_t *raw, size_t size, size_t n, const char **why)
{
    *why = "it does not hold one count a word";
    if (n > size)
        return NULL;
    uint64_t *counts = w2b_alloc(n, sizeof *counts);
    if (!counts) {
        *why = NULL;
        return NULL;
    }
    const uint8_t *at = raw, *end = raw + size;
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t folded;
        if (w2b_leb_get(&at, end, &folded))
            goto fail;
        count += unfold(folded);
        counts[i] = count;
    }
    if (at != end)
        goto fail;
    return counts;
fail:
    w2b_free(counts);
    return NULL;
}
