/*
 * rans.c - tables, and the two ends of a stream. See rans.h.
 */
#include "quant/rans.h"

void w2b_rans_fit(w2b_rans_table *table, const uint64_t counts[W2B_RANS_SYMBOLS])
{
    const uint64_t spare = W2B_RANS_TOTAL - W2B_RANS_SYMBOLS;
    uint64_t total = 0, passed = 0;
    for (int i = 0; i < W2B_RANS_SYMBOLS; i++)
        total += counts[i];
    for (int i = 0; i <= W2B_RANS_SYMBOLS; i++) {
        /* One place each, and the others shared out by rounding the sums. */
        table->begin[i] = (uint16_t)((unsigned)i + (total > 0 ? spare * passed / total
                                                              : spare * (unsigned)i /
                                                                    W2B_RANS_SYMBOLS));
        passed += i < W2B_RANS_SYMBOLS ? counts[i] : 0;
    }
}

int w2b_rans_valid(const w2b_rans_table *table)
{
    int valid = table->begin[0] == 0 && table->begin[W2B_RANS_SYMBOLS] == W2B_RANS_TOTAL;
    for (int i = 0; i < W2B_RANS_SYMBOLS; i++)
        valid &= table->begin[i] < table->begin[i + 1];
    return valid;
}

void w2b_rans_start(w2b_rans_writer *writer, uint8_t *room, size_t size)
{
    *writer = (w2b_rans_writer){.state = W2B_RANS_FLOOR, .at = room + size, .floor = room};
}

size_t w2b_rans_finish(w2b_rans_writer *writer, const uint8_t *room_end, const uint8_t **stream)
{
    if (writer->full || writer->at - writer->floor < 4)
        return 0;
    for (int shift = 24; shift >= 0; shift -= 8)
        *--writer->at = (uint8_t)(writer->state >> shift);
    *stream = writer->at;
    return (size_t)(room_end - writer->at);
}

void w2b_rans_open(w2b_rans_reader *reader, const uint8_t *stream, size_t size)
{
    *reader = (w2b_rans_reader){.at = stream, .end = stream + size};
    if (size < 4) {
        reader->state = W2B_RANS_FLOOR;
        reader->bad = 1;
        return;
    }
    for (int i = 0; i < 4; i++)
        reader->state |= (uint32_t)stream[i] << (8 * i);
    reader->at += 4;
    if (reader->state < W2B_RANS_FLOOR)
        reader->bad = 1;
}
