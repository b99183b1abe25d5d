/*
 * spell.c - rows whose words are spelled nearly like a given one.
 *
 * Optimal string alignment (Damerau 1964, in the restricted form: nothing is
 * edited twice) over bytes, in half edits: an insertion, deletion, replacement
 * or swap of neighbours costs 2, and 1 more or only 1 where letters differ in
 * case alone. How far a word may be off is counted without regard to case, so
 * that FRANCE finds france. Nearly all words are turned away by their length or
 * by their distance in whole edits of case-folded bytes, which never exceeds
 * half of ours and takes a few instructions a byte (Hyyro 2003, bit-parallel).
 */
#include <string.h>

#include "eval/search.h"
#include "eval/top.h"

#define WORD_MAX 65535     /* bytes; longer words get no suggestions */
#define EDITS_MAX 8        /* keeps the alignment of long words narrow */
#define BITS 64            /* bytes that the bit-parallel distance can take */
#define FAR 0x3fffffff

/* The word asked for, prepared. */
typedef struct speller {
    const uint8_t *word;
    size_t length;
    size_t edits;          /* allowed, case aside */
    uint64_t masks[256];   /* where each folded byte stands, if it fits */
    int *lines;            /* [3][line] of the alignment */
    size_t line;
} speller;

static uint8_t fold(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte;
}

/* Half edits between single bytes: 0, 1 or 2. */
static int byte_cost(uint8_t a, uint8_t b)
{
    return a == b ? 0 : fold(a) == fold(b) ? 1 : 2;
}

/* Whole edits between the folded words; the asked word has at most BITS bytes.
 * Bit i of the vectors is the difference between cells i and i + 1 of a column
 * of the alignment: +1 in `up`, -1 in `down`; `same` marks diagonals without
 * cost, among them swaps. */
static int folded_distance(const speller *ask, const uint8_t *other, size_t length)
{
    const uint64_t last = UINT64_C(1) << (ask->length - 1);
    uint64_t up = ~UINT64_C(0), down = 0, same = 0, before = 0;
    int distance = (int)ask->length;
    for (size_t i = 0; i < length; i++) {
        const uint64_t here = ask->masks[fold(other[i])];
        const uint64_t swaps = ((~same & here) << 1) & before;
        same = (((here & up) + up) ^ up) | here | down | swaps;
        uint64_t right = down | ~(same | up);
        uint64_t left = same & up;
        distance += (right & last) != 0;
        distance -= (left & last) != 0;
        right = right << 1 | 1;
        left <<= 1;
        up = left | ~(same | right);
        down = right & same;
        before = here;
    }
    return distance;
}

/* Half edits, exact up to `limit`; more than it otherwise. Cells further than
 * limit / 2 from the diagonal can not matter, and are FAR. The other length is
 * within that of ours. */
static int distance(const speller *ask, const uint8_t *other, size_t length, int limit)
{
    const uint8_t *const word = ask->word;
    const size_t band = (size_t)limit / 2;
    int *two = ask->lines, *one = two + ask->line, *now = one + ask->line;
    for (size_t j = 0; j <= length; j++) {
        one[j] = j <= band ? 2 * (int)j : FAR;
        two[j] = now[j] = FAR;
    }
    for (size_t i = 1; i <= ask->length; i++) {
        const size_t begin = i > band + 1 ? i - band : 1;
        const size_t end = i + band < length ? i + band : length;
        now[begin - 1] = i <= band ? 2 * (int)i : FAR;
        for (size_t j = begin; j <= end; j++) {
            int best = one[j - 1] + byte_cost(word[i - 1], other[j - 1]);
            best = one[j] + 2 < best ? one[j] + 2 : best;
            best = now[j - 1] + 2 < best ? now[j - 1] + 2 : best;
            if (i > 1 && j > 1 && fold(word[i - 1]) == fold(other[j - 2]) &&
                fold(word[i - 2]) == fold(other[j - 1])) {
                const int swap = two[j - 2] + 2 + byte_cost(word[i - 1], other[j - 2]) +
                                 byte_cost(word[i - 2], other[j - 1]);
                best = swap < best ? swap : best;
            }
            now[j] = best;
        }
        int *const oldest = two;
        two = one;
        one = now;
        now = oldest;
    }
    return one[length];
}

/* Whole edits after which a word no longer looks like a misspelling: about a
 * third of its bytes, and never so many that long words take long. */
static size_t edits_of(size_t length)
{
    const size_t third = (length + 1) / 3;
    return third < EDITS_MAX ? third : EDITS_MAX;
}

static void spell_scan(const w2b_search *search, const speller *ask, w2b_top *top)
{
    const int quick = ask->length <= BITS;
    /* Every byte may differ in case; in long words, which are compared the
     * slow way, case counts as edits do. */
    int limit = 2 * (int)ask->edits + (quick ? (int)ask->length : 0);
    for (uint64_t row = 0; row < search->rows && limit >= 0; row++) {
        size_t length;
        const uint8_t *const other =
            (const uint8_t *)w2b_model_word(search->model, row, &length);
        if (other == NULL) {
            continue; /* damaged: no suggestions from there */
        }
        const size_t apart = length > ask->length ? length - ask->length : ask->length - length;
        if (apart > ask->edits || 2 * (int)apart > limit) {
            continue;
        }
        if (quick) {
            const int edits = folded_distance(ask, other, length);
            if (edits > (int)ask->edits || 2 * edits > limit) {
                continue;
            }
        }
        const int far = distance(ask, other, length, limit);
        if (far <= limit) {
            w2b_top_offer(top, row, -(float)far);
            /* Among equals the earlier row stays, so only nearer ones count. */
            if (top->n == top->room) {
                limit = (int)-top->floor - 1;
            }
        }
    }
}

size_t w2b_search_spellings(const w2b_search *search, const char *word, size_t length,
                            uint64_t *rows, size_t max)
{
    max = max < search->rows ? max : (size_t)search->rows;
    if (length == 0 || length > WORD_MAX || max == 0) {
        return 0;
    }
    speller ask = {.word = (const uint8_t *)word, .length = length};
    ask.edits = edits_of(length);
    ask.line = length + EDITS_MAX + 1;
    ask.lines = w2b_alloc(3 * ask.line, sizeof *ask.lines);
    w2b_hit *const hits = w2b_alloc(max, sizeof *hits);
    w2b_top top = {0};
    if (ask.lines != NULL && hits != NULL) {
        for (size_t i = 0; i < length && i < BITS; i++) {
            ask.masks[fold(ask.word[i])] |= UINT64_C(1) << i;
        }
        w2b_top_start(&top, hits, max);
        spell_scan(search, &ask, &top);
        w2b_top_sort(&top);
        for (size_t i = 0; i < top.n; i++) {
            rows[i] = hits[i].row;
        }
    }
    w2b_free(hits);
    w2b_free(ask.lines);
    return top.n;
}
