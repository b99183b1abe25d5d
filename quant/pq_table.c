/*
 * pq_table.c - products with rows of product quantization, by table.
 *
 * A row is one of 256 centroids in each part, so that its product with a probe
 * is a sum of `stride` numbers out of 256 * stride, which are found once a probe
 * (Jegou et al. 2011, section 3). They are whole numbers, and so the sums are
 * what unpacked rows would give.
 *
 * Cost: a load and an addition a part, from some 80 KB of table at 300 numbers
 * and 2 bits, which the second cache holds. Unpacking such a row takes six times
 * as long, but is done once for all probes.
 */
#include "quant/pq.h"

#include <string.h>

void w2b_pq_table(const w2b_code *code, const uint8_t *book, const int16_t *row, int32_t *table)
{
    const int8_t *own = (const int8_t *)book + sizeof(float);
    memset(table, 0, code->stride * W2B_PQ_CENTROIDS * sizeof *table);
    for (size_t part = 0; part < code->stride; part++, table += W2B_PQ_CENTROIDS) {
        const uint32_t end = w2b_pq_begin(code, part + 1);
        for (uint32_t i = w2b_pq_begin(code, part); i < end; i++, own += W2B_PQ_CENTROIDS)
            for (size_t k = 0; k < W2B_PQ_CENTROIDS; k++)
                table[k] += own[k] * (row ? row[i] : own[k]);
    }
}

/* What code number i of eight adds. */
static inline int32_t entry(const int32_t *table, uint64_t codes, unsigned i)
{
    return table[i * W2B_PQ_CENTROIDS + (codes >> 8 * i & 0xff)];
}

void w2b_pq_table_dots(const w2b_code *code, const int32_t *table, const uint8_t *codes, size_t n,
                       int32_t *dots)
{
    for (size_t row = 0; row < n; row++, codes += code->stride) {
        const int32_t *own = table;
        int32_t even = 0, odd = 0;
        size_t part = 0;
        for (; part + 8 <= code->stride; part += 8, own += 8 * W2B_PQ_CENTROIDS) {
            uint64_t some;
            memcpy(&some, codes + part, sizeof some);
            even += entry(own, some, 0) + entry(own, some, 2) + entry(own, some, 4) +
                    entry(own, some, 6);
            odd += entry(own, some, 1) + entry(own, some, 3) + entry(own, some, 5) +
                   entry(own, some, 7);
        }
        for (; part < code->stride; part++, own += W2B_PQ_CENTROIDS)
            even += own[codes[part]];
        dots[row] = even + odd;
    }
}
