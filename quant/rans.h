/*
 * rans.h - symbols of known frequency to bytes and back, at the cost of their
 * entropy: asymmetric numeral systems with ranges (Duda 2013).
 *
 * The state x is a number of 32 bits. A symbol that has `size` of the 2^15
 * places of its table from `begin` on makes of it
 *
 *     x' = x / size * 2^15 + begin + x % size
 *
 * which grows by as many bits as the symbol carries; before it would leave 32
 * bits, 16 of them go to the stream. The decoder runs all of it backwards, so
 * that the encoder begins with the last symbol. All of it is exact in whole
 * numbers.
 */
#ifndef W2B_QUANT_RANS_H
#define W2B_QUANT_RANS_H

#include <stddef.h>
#include <stdint.h>

#define W2B_RANS_BITS 15
#define W2B_RANS_TOTAL (1u << W2B_RANS_BITS)
#define W2B_RANS_FLOOR (UINT32_C(1) << 16) /* where a stream begins, and the least state */
#define W2B_RANS_SYMBOLS 16

/* Places of 16 symbols: symbol i has begin[i] to begin[i + 1]. */
typedef struct w2b_rans_table {
    uint16_t begin[W2B_RANS_SYMBOLS + 1];
} w2b_rans_table;

/* Frequencies in proportion to `counts`, at least 1 each. */
void w2b_rans_fit(w2b_rans_table *table, const uint64_t counts[W2B_RANS_SYMBOLS]);

/* Whether `begin` rises from 0 to 2^15. */
int w2b_rans_valid(const w2b_rans_table *table);

/* ----- Encoding: from the last symbol to the first ------------------------ */

typedef struct w2b_rans_writer {
    uint32_t state;
    uint8_t *at;    /* grows downwards */
    uint8_t *floor; /* the begin of the room */
    int full;       /* the room did not suffice */
} w2b_rans_writer;

/* Writes to the end of room[size]. */
void w2b_rans_start(w2b_rans_writer *writer, uint8_t *room, size_t size);

static inline void w2b_rans_spill(w2b_rans_writer *writer)
{
    if (writer->at - writer->floor < 2) {
        writer->full = 1;
        writer->state = W2B_RANS_FLOOR;
        return;
    }
    *--writer->at = (uint8_t)(writer->state >> 8);
    *--writer->at = (uint8_t)writer->state;
    writer->state >>= 16;
}

static inline void w2b_rans_put(w2b_rans_writer *writer, const w2b_rans_table *table,
                                unsigned symbol)
{
    const uint32_t begin = table->begin[symbol], size = table->begin[symbol + 1] - begin;
    if (writer->state >> (32 - W2B_RANS_BITS) >= size)
        w2b_rans_spill(writer);
    writer->state = (writer->state / size << W2B_RANS_BITS) + begin + writer->state % size;
}

/* n <= 16 bits as they are. */
static inline void w2b_rans_put_bits(w2b_rans_writer *writer, uint32_t bits, unsigned n)
{
    if (n > 0 && writer->state >> (32 - n) != 0)
        w2b_rans_spill(writer);
    writer->state = writer->state << n | bits;
}

/* Ends the stream: *stream points into the room, which ends at room_end; its
 * size is returned, 0 if the room did not suffice. */
size_t w2b_rans_finish(w2b_rans_writer *writer, const uint8_t *room_end, const uint8_t **stream);

/* ----- Decoding ----------------------------------------------------------- */

typedef struct w2b_rans_reader {
    uint32_t state;
    const uint8_t *at, *end;
    int bad; /* the stream ended too early */
} w2b_rans_reader;

void w2b_rans_open(w2b_rans_reader *reader, const uint8_t *stream, size_t size);

/* Whether everything was read and the state is where the encoder began, as it
 * is after the last symbol. Damage is seen where it changes how many bits the
 * symbols after it take; bits that were put as they are it changes silently. */
static inline int w2b_rans_done(const w2b_rans_reader *reader)
{
    return !reader->bad && reader->at == reader->end && reader->state == W2B_RANS_FLOOR;
}

static inline void w2b_rans_refill(w2b_rans_reader *reader)
{
    if (reader->state >= W2B_RANS_FLOOR)
        return;
    if (reader->end - reader->at < 2) {
        reader->bad = 1;
        reader->state = W2B_RANS_FLOOR;
        return;
    }
    reader->state = reader->state << 16 | (uint32_t)(reader->at[0] | reader->at[1] << 8);
    reader->at += 2;
}

static inline unsigned w2b_rans_get(w2b_rans_reader *reader, const w2b_rans_table *table)
{
    const uint32_t place = reader->state & (W2B_RANS_TOTAL - 1);
    /* As many comparisons as there are symbols, without a branch, are one or
     * two instructions of a vector unit. */
    unsigned symbol = 0;
    for (int i = 1; i < W2B_RANS_SYMBOLS; i++)
        symbol += place >= table->begin[i];
    const uint32_t begin = table->begin[symbol], size = table->begin[symbol + 1] - begin;
    reader->state = size * (reader->state >> W2B_RANS_BITS) + place - begin;
    w2b_rans_refill(reader);
    return symbol;
}

static inline uint32_t w2b_rans_get_bits(w2b_rans_reader *reader, unsigned n)
{
    const uint32_t bits = reader->state & ((UINT32_C(1) << n) - 1);
    reader->state >>= n;
    w2b_rans_refill(reader);
    return bits;
}

#endif
