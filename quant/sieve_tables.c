/*
 * sieve_tables.c - queries as tables of four bits of a row: see sieve.h.
 *
 * A product of four bits' codes with a query's numbers lies in a range; the
 * widest range of all steps sets the unit, of which 63 fit. Some 60 instructions
 * for each 16 entries.
 */
#include <string.h>

#include "quant/sieve.h"

enum { VALUES = 16, HIGHEST = 63 };

/* The level of code i of a step whose bits are v. */
typedef struct step_levels {
    int16_t of[4][VALUES];
} step_levels;

static void levels_make(step_levels *all, uint32_t bits, const int8_t *levels)
{
    const uint32_t mask = (1u << bits) - 1;
    for (uint32_t i = 0; i < 4 / bits; i++) {
        for (uint32_t v = 0; v < VALUES; v++)
            all->of[i][v] = levels[v >> i * bits & mask];
    }
}

/* What each value of a step of `codes` codes brings, and `more`. */
static void step_products(const int8_t *numbers, size_t codes, const step_levels *levels,
                          int32_t more, int32_t *restrict products)
{
    for (int v = 0; v < VALUES; v++)
        products[v] = more;
    for (size_t i = 0; i < codes; i++) {
        const int16_t number = numbers[i];
        const int16_t *level = levels->of[i];
        for (int v = 0; v < VALUES; v++)
            products[v] += (int16_t)(number * level[v]);  /* at most 127 * 127 */
    }
}

void w2b_sieve_table(const int8_t *numbers, uint32_t dim, uint32_t bits, const int8_t *levels,
                     uint8_t *entries, int32_t *unit, int32_t *least)
{
    const size_t steps = w2b_sieve_steps(dim, bits), codes = 4 / bits;
    int lowest = levels[0], highest = levels[0], widest = 0;
    for (size_t v = 1; v < (size_t)1 << bits; v++) {
        lowest = levels[v] < lowest ? levels[v] : lowest;
        highest = levels[v] > highest ? levels[v] : highest;
    }
    for (size_t at = 0; at < dim; at += codes) {
        int sum = 0;
        for (size_t i = at; i < at + codes && i < dim; i++)
            sum += numbers[i] < 0 ? -numbers[i] : numbers[i];
        widest = sum > widest ? sum : widest;
    }
    widest *= highest - lowest;
    *unit = widest > HIGHEST ? (widest + HIGHEST - 1) / HIGHEST : 1;
    *least = 0;
    step_levels all;
    levels_make(&all, bits, levels);
    memset(entries, 0, steps * VALUES);
    for (size_t at = 0; at < dim; at += codes, entries += VALUES) {
        const size_t many = dim - at < codes ? dim - at : codes;
        int32_t products[VALUES], low = 0;
        for (size_t i = at; i < at + many; i++)
            low += numbers[i] * (numbers[i] < 0 ? highest : lowest);
        step_products(numbers + at, many, &all, *unit - 1 - low, products);
        /* Quotients of whole numbers below 2^24 do not round up to the next. */
        for (int v = 0; v < VALUES; v++)
            entries[v] = (uint8_t)(int32_t)((float)products[v] / (float)*unit);
        *least += low;
    }
}
