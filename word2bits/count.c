/*
 * count.c - counting words.
 *
 * A word of English costs about 30 ns in all, with reading and numbering. What
 * keeps it low: white space is found 64 bytes at a time, so that the branch
 * that ends a word is a count of bits and not a guess; a word of up to 16 bytes
 * is two masked loads, hashed and compared in registers without a call; and a
 * piece's different words fit the second-level cache.
 */
#include "word2bits/count.h"

#include <string.h>
#include <xxhash.h>

#define MIN_SLOTS ((size_t)1 << 8)

/* Words that the merge looks ahead for what it will need from memory. */
#define AHEAD 8

/* A slot holds the upper half of the hash and index + 1; 0 is empty. */
static inline uint64_t slot_make(uint64_t hash, uint64_t index)
{
    return (hash & 0xffffffff00000000u) | (index + 1);
}

static inline int slot_is(uint64_t slot, uint64_t hash)
{
    return ((slot ^ hash) >> 32) == 0;
}

static inline size_t slot_index(uint64_t slot)
{
    return (size_t)(slot & 0xffffffffu) - 1;
}

static inline uint32_t shard_of(uint64_t hash)
{
    return (uint32_t)(hash >> 58);
}

/* ----- Words as numbers ---------------------------------------------------- */

static inline uint64_t load8(const unsigned char *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

/* The first 16 bytes of a word, which may be followed by anything. */
static inline void load_word(const unsigned char *word, size_t length, uint64_t *lo, uint64_t *hi)
{
    /* A window of this row is a mask: bytes of ones, then zeros. */
    static const unsigned char ones[32] = {
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    };
    const size_t n = length < 16 ? length : 16;
    *lo = load8(word) & load8(ones + 16 - n);
    *hi = load8(word + 8) & load8(ones + 24 - n);
}

/* Odd constants with bits all over; the rotation brings the well mixed upper
 * bits of one half to the poorly mixed lower bits of the other. */
static inline uint64_t hash_short(uint64_t lo, uint64_t hi)
{
    const uint64_t a = (lo ^ 0x2d358dccaa6c78a5u) * 0x9e3779b97f4a7c15u;
    const uint64_t b = (hi ^ 0x8bb84b93962eacc9u) * 0xc2b2ae3d27d4eb4fu;
    uint64_t h = a ^ (b << 32 | b >> 32);
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return h ^ h >> 32;
}

/* `bytes` must be readable for 16 bytes at least. */
static inline uint64_t hash_word(const unsigned char *bytes, size_t length, uint64_t lo,
                                 uint64_t hi)
{
    return length <= 16 ? hash_short(lo, hi) : XXH3_64bits(bytes, length);
}

/* The same for bytes that end where the word does. */
static uint64_t hash_bytes(const char *word, size_t length)
{
    unsigned char padded[16] = {0};
    if (length > 16)
        return XXH3_64bits(word, length);
    memcpy(padded, word, length);
    return hash_short(load8(padded), load8(padded + 8));
}

/* The high bit of each byte of `x` that is white space; exact, because no sum
 * carries into the next byte. */
static inline uint64_t white_bits(uint64_t x)
{
    const uint64_t ones = 0x0101010101010101u;
    const uint64_t high = 0x80 * ones;
    const uint64_t low7 = x & ~high;
    const uint64_t at_least_9 = low7 + (0x80 - 9) * ones;
    const uint64_t at_least_14 = low7 + (0x80 - 14) * ones;
    const uint64_t not_space = (low7 ^ 0x20 * ones) + 0x7f * ones;
    return ((at_least_9 & ~at_least_14) | ~not_space) & ~x & high;
}

/* One bit a byte of 64, the first byte in the lowest bit. */
static inline uint64_t white_mask(const unsigned char *p)
{
    uint64_t mask = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t x = load8(p + 8 * i);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        x = __builtin_bswap64(x);
#endif
        mask |= ((white_bits(x) >> 7) * 0x0102040810204080u) >> 56 << (8 * i);
    }
    return mask;
}

/* ----- One piece ----------------------------------------------------------- */

static int probe_grow(w2b_probe *probe, const w2b_tally *tally)
{
    const size_t room = probe->room * 2;
    uint64_t *slots = w2b_alloc_zero(room, sizeof *slots);
    if (!slots)
        return -1;
    for (size_t i = 0; i < tally->n_seen; i++) {
        size_t at = tally->seen[i].hash & (room - 1);
        while (slots[at])
            at = (at + 1) & (room - 1);
        slots[at] = slot_make(tally->seen[i].hash, i);
    }
    w2b_free(probe->slots);
    probe->slots = slots;
    probe->room = room;
    return 0;
}

/* Empty, with the room that the last piece needed. */
static int probe_reset(w2b_probe *probe)
{
    if (probe->slots) {
        memset(probe->slots, 0, probe->room * sizeof *probe->slots);
        return 0;
    }
    probe->slots = w2b_alloc_zero(MIN_SLOTS, sizeof *probe->slots);
    probe->room = probe->slots ? MIN_SLOTS : 0;
    return probe->slots ? 0 : -1;
}

/* Puts a new word into the empty slot `at`. */
static int tally_insert(w2b_tally *tally, w2b_probe *probe, size_t at, const w2b_seen *word)
{
    if (w2b_grow((void **)&tally->seen, &tally->seen_room, tally->n_seen + 1,
                 sizeof *tally->seen))
        return -1;
    probe->slots[at] = slot_make(word->hash, tally->n_seen);
    tally->seen[tally->n_seen++] = *word;
    return tally->n_seen * 2 > probe->room ? probe_grow(probe, tally) : 0;
}

/* Counts one word; its index in tally->seen, or -1 if memory is short. */
static inline int64_t tally_word(w2b_tally *tally, w2b_probe *probe, const unsigned char *text,
                                 size_t start, size_t length)
{
    uint64_t lo, hi;
    load_word(text + start, length, &lo, &hi);
    const uint64_t hash = hash_word(text + start, length, lo, hi);
    const size_t mask = probe->room - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        const uint64_t slot = probe->slots[at];
        if (!slot) {
            const w2b_seen word = {lo, hi, hash, (uint32_t)start, (uint32_t)length, 1, 0};
            const size_t index = tally->n_seen;
            return tally_insert(tally, probe, at, &word) ? -1 : (int64_t)index;
        }
        if (!slot_is(slot, hash))
            continue;
        w2b_seen *seen = &tally->seen[slot_index(slot)];
        if (seen->lo != lo || seen->hi != hi || seen->length != length)
            continue;
        if (length > 16 && memcmp(text + seen->start + 16, text + start + 16, length - 16) != 0)
            continue;
        seen->count++;
        return (int64_t)slot_index(slot);
    }
}

/* Sorts the words by shard, keeping their order: a counting sort. */
static int tally_order(w2b_tally *tally)
{
    uint32_t next[W2B_SHARDS] = {0};
    if (w2b_grow((void **)&tally->order, &tally->order_room, tally->n_seen,
                 sizeof *tally->order))
        return -1;
    for (size_t i = 0; i < tally->n_seen; i++)
        next[shard_of(tally->seen[i].hash)]++;
    uint32_t sum = 0;
    for (uint32_t s = 0; s < W2B_SHARDS; s++) {
        tally->first[s] = sum;
        sum += next[s];
        next[s] = tally->first[s];
    }
    tally->first[W2B_SHARDS] = sum;
    for (size_t i = 0; i < tally->n_seen; i++)
        tally->order[next[shard_of(tally->seen[i].hash)]++] = (uint32_t)i;
    return 0;
}

int w2b_tally_count(w2b_tally *tally, w2b_probe *probe, const w2b_piece *piece,
                    uint32_t max_word, int keep_ids)
{
    const unsigned char *text = piece->text;
    tally->text = text;
    tally->n_seen = tally->n_ids = 0;
    tally->tokens = tally->lines = tally->long_words = 0;
    memset(tally->first, 0, sizeof tally->first); /* empty, should this fail */
    if (probe_reset(probe))
        return -1;
    size_t start = 0;
    for (size_t base = 0; base < piece->size; base += 64) {
        uint64_t mask = white_mask(text + base);
        /* Each byte is part of a word or a line end, and one word may have
         * begun before. */
        if (keep_ids && w2b_grow((void **)&tally->ids, &tally->ids_room, tally->n_ids + 65,
                                 sizeof *tally->ids))
            return -1;
        for (; mask; mask &= mask - 1) {
            const size_t end = base + (size_t)__builtin_ctzll(mask);
            const size_t length = end - start;
            if (length > max_word) {
                tally->long_words++;
            } else if (length > 0) {
                const int64_t index = tally_word(tally, probe, text, start, length);
                if (index < 0)
                    return -1;
                tally->tokens++;
                if (keep_ids)
                    tally->ids[tally->n_ids++] = (uint32_t)index;
            }
            start = end + 1;
            if (text[end] == '\n') {
                tally->lines++;
                if (keep_ids)
                    tally->ids[tally->n_ids++] = W2B_EOL;
            }
        }
    }
    return tally_order(tally);
}

void w2b_tally_globalize(w2b_tally *tally)
{
    size_t n = 0;
    for (size_t i = 0; i < tally->n_ids; i++) {
        const uint32_t index = tally->ids[i];
        if (index != W2B_EOL) {
            const uint32_t id = tally->seen[index].global;
            tally->ids[n] = id;
            n += id != W2B_UNKNOWN;
        } else if (n == 0 || tally->ids[n - 1] != W2B_EOL) {
            tally->ids[n++] = W2B_EOL;
        }
    }
    tally->n_ids = n;
}

uint64_t w2b_tally_bytes(const w2b_tally *tally)
{
    return tally->seen_room * sizeof *tally->seen + tally->ids_room * sizeof *tally->ids +
           tally->order_room * sizeof *tally->order;
}

void w2b_tally_clear(w2b_tally *tally)
{
    w2b_free(tally->seen);
    w2b_free(tally->ids);
    w2b_free(tally->order);
    memset(tally, 0, sizeof *tally);
}

void w2b_probe_clear(w2b_probe *probe)
{
    w2b_free(probe->slots);
    memset(probe, 0, sizeof *probe);
}

/* ----- All words ----------------------------------------------------------- */

w2b_table *w2b_table_new(void)
{
    w2b_table *table = w2b_alloc_zero(1, sizeof *table);
    if (!table)
        return NULL;
    for (uint32_t s = 0; s < W2B_SHARDS; s++) {
        w2b_shard *shard = &table->shards[s];
        shard->slots = w2b_alloc_zero(MIN_SLOTS, sizeof *shard->slots);
        if (!shard->slots) {
            w2b_table_free(table);
            return NULL;
        }
        shard->room = MIN_SLOTS;
    }
    return table;
}

void w2b_table_free(w2b_table *table)
{
    if (!table)
        return;
    for (uint32_t s = 0; s < W2B_SHARDS; s++) {
        w2b_free(table->shards[s].slots);
        w2b_free(table->shards[s].entries);
        w2b_free(table->shards[s].bytes);
    }
    w2b_free(table);
}

/* The entry of a word, or NULL with the slot where it would go. */
static w2b_entry *shard_find(const w2b_shard *shard, uint64_t hash, const void *word,
                             uint32_t length, size_t *at)
{
    const size_t mask = shard->room - 1;
    for (*at = hash & mask; shard->slots[*at]; *at = (*at + 1) & mask) {
        if (!slot_is(shard->slots[*at], hash))
            continue;
        w2b_entry *entry = &shard->entries[slot_index(shard->slots[*at])];
        if (entry->hash == hash && entry->length == length &&
            memcmp(shard->bytes + entry->start, word, length) == 0)
            return entry;
    }
    return NULL;
}

/* Enters all entries into `room` empty slots. */
static void shard_fill_slots(const w2b_shard *shard, uint64_t *slots, size_t room)
{
    for (size_t i = 0; i < shard->n; i++) {
        size_t at = shard->entries[i].hash & (room - 1);
        while (slots[at])
            at = (at + 1) & (room - 1);
        slots[at] = slot_make(shard->entries[i].hash, i);
    }
}

/* Adds a word that is not there, `at` the slot that shard_find gave. NULL if
 * memory is short. */
static w2b_entry *shard_insert(w2b_shard *shard, uint64_t hash, const void *word,
                               uint32_t length, size_t at)
{
    if (w2b_grow((void **)&shard->entries, &shard->entries_room, shard->n + 1,
                 sizeof *shard->entries) ||
        w2b_grow((void **)&shard->bytes, &shard->bytes_room, shard->n_bytes + length, 1))
        return NULL;
    w2b_entry *entry = &shard->entries[shard->n];
    *entry = (w2b_entry){.hash = hash, .start = shard->n_bytes, .length = length};
    memcpy(shard->bytes + shard->n_bytes, word, length);
    shard->n_bytes += length;
    shard->slots[at] = slot_make(hash, shard->n++);
    if (shard->n * 2 > shard->room) {
        uint64_t *slots = w2b_alloc_zero(shard->room * 2, sizeof *slots);
        if (!slots)
            return NULL;
        shard_fill_slots(shard, slots, shard->room * 2);
        w2b_free(shard->slots);
        shard->slots = slots;
        shard->room *= 2;
    }
    return entry;
}

int w2b_table_add(w2b_table *table, const char *word, uint32_t length, uint64_t count,
                  uint32_t id)
{
    const uint64_t hash = hash_bytes(word, length);
    w2b_shard *shard = &table->shards[shard_of(hash)];
    size_t at;
    if (shard_find(shard, hash, word, length, &at))
        return 0;
    w2b_entry *entry = shard_insert(shard, hash, word, length, at);
    if (!entry)
        return -1;
    entry->count = count;
    entry->id = id;
    return 1;
}

/* The entry of a word, which gets the next provisional id of the shard if it is
 * new. NULL if memory or ids have run out. */
static w2b_entry *shard_entry(w2b_shard *shard, uint32_t number, uint64_t hash, const void *word,
                              uint32_t length)
{
    size_t at;
    w2b_entry *entry = shard_find(shard, hash, word, length, &at);
    if (entry)
        return entry;
    if (shard->next >= W2B_UNKNOWN / W2B_SHARDS)
        return NULL;
    entry = shard_insert(shard, hash, word, length, at);
    if (entry)
        entry->id = shard->next++ * W2B_SHARDS + number;
    return entry;
}

int w2b_table_count(w2b_table *table, const char *word, uint32_t length, uint64_t count)
{
    const uint64_t hash = hash_bytes(word, length);
    const uint32_t number = shard_of(hash);
    w2b_entry *entry = shard_entry(&table->shards[number], number, hash, word, length);
    if (!entry)
        return -1;
    entry->count += count;
    return 0;
}

uint64_t w2b_table_bytes(const w2b_table *table)
{
    uint64_t sum = sizeof *table;
    for (uint32_t s = 0; s < W2B_SHARDS; s++) {
        const w2b_shard *shard = &table->shards[s];
        sum += shard->room * sizeof *shard->slots + shard->entries_room * sizeof *shard->entries +
               shard->bytes_room;
    }
    return sum;
}

const w2b_entry *w2b_table_find(const w2b_table *table, const char *word, uint32_t length)
{
    const uint64_t hash = hash_bytes(word, length);
    size_t at;
    return shard_find(&table->shards[shard_of(hash)], hash, word, length, &at);
}

/* One word of a piece. 0, or -1 if memory or ids have run out. */
static int merge_word(w2b_shard *shard, uint32_t number, int closed, const unsigned char *word,
                      w2b_seen *seen)
{
    if (closed) {
        size_t at;
        const w2b_entry *known = shard_find(shard, seen->hash, word, seen->length, &at);
        seen->global = known ? known->id : W2B_UNKNOWN;
        shard->found += known ? seen->count : 0;
        return 0;
    }
    w2b_entry *entry = shard_entry(shard, number, seen->hash, word, seen->length);
    if (!entry)
        return -1;
    entry->count += seen->count;
    seen->global = entry->id;
    return 0;
}

void w2b_table_merge(w2b_table *table, uint32_t shard, w2b_tally *tallies, size_t n)
{
    w2b_shard *to = &table->shards[shard];
    for (size_t i = 0; i < n && !to->failed; i++) {
        const w2b_tally *tally = &tallies[i];
        const uint32_t end = tally->first[shard + 1];
        for (uint32_t k = tally->first[shard]; k < end; k++) {
            if (k + AHEAD < end) {
                const w2b_seen *later = &tally->seen[tally->order[k + AHEAD]];
                __builtin_prefetch(&to->slots[later->hash & (to->room - 1)]);
            }
            w2b_seen *seen = &tally->seen[tally->order[k]];
            if (merge_word(to, shard, table->closed, tally->text + seen->start, seen)) {
                to->failed = 1;
                break;
            }
        }
    }
}

int w2b_table_failed(const w2b_table *table)
{
    for (uint32_t s = 0; s < W2B_SHARDS; s++) {
        if (table->shards[s].failed)
            return 1;
    }
    return 0;
}

uint64_t w2b_table_words(const w2b_table *table)
{
    uint64_t sum = 0;
    for (uint32_t s = 0; s < W2B_SHARDS; s++)
        sum += table->shards[s].n;
    return sum;
}

uint64_t w2b_table_ids(const w2b_table *table)
{
    uint64_t most = 0;
    for (uint32_t s = 0; s < W2B_SHARDS; s++)
        most = table->shards[s].next > most ? table->shards[s].next : most;
    return most * W2B_SHARDS;
}

uint64_t w2b_table_above(const w2b_table *table, uint64_t t, uint32_t threads)
{
    (void)threads; /* where there is no OpenMP */
    uint64_t sum = 0;
#pragma omp parallel for num_threads(threads) schedule(dynamic) reduction(+ : sum)
    for (uint32_t s = 0; s < W2B_SHARDS; s++) {
        const w2b_shard *shard = &table->shards[s];
        for (size_t i = 0; i < shard->n; i++)
            sum += shard->entries[i].count > t;
    }
    return sum;
}

/* Closes the gaps that words of `t` occurrences or less leave. */
static void shard_prune(w2b_shard *shard, uint64_t t)
{
    size_t n = 0;
    size_t n_bytes = 0;
    for (size_t i = 0; i < shard->n; i++) {
        w2b_entry entry = shard->entries[i];
        if (entry.count <= t)
            continue;
        memmove(shard->bytes + n_bytes, shard->bytes + entry.start, entry.length);
        entry.start = n_bytes;
        n_bytes += entry.length;
        shard->entries[n++] = entry;
    }
    shard->n = n;
    shard->n_bytes = n_bytes;
    memset(shard->slots, 0, shard->room * sizeof *shard->slots);
    shard_fill_slots(shard, shard->slots, shard->room);
}

uint64_t w2b_table_prune(w2b_table *table, uint64_t target, uint32_t threads)
{
    const uint64_t before = w2b_table_words(table);
    if (before <= target)
        return 0;
    /* The threshold is 1 or little more as a rule. */
    uint64_t low = 0;
    uint64_t high = 1;
    while (w2b_table_above(table, high, threads) > target) {
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        const uint64_t middle = low + (high - low) / 2;
        if (w2b_table_above(table, middle, threads) > target)
            low = middle;
        else
            high = middle;
    }
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (uint32_t s = 0; s < W2B_SHARDS; s++)
        shard_prune(&table->shards[s], high);
    return before - w2b_table_words(table);
}

int w2b_table_renumber(w2b_table *table, uint32_t **map, uint64_t *n)
{
    const uint64_t size = w2b_table_ids(table);
    uint32_t *to = w2b_alloc(size, sizeof *to);
    if (!to)
        return -1;
    for (uint64_t i = 0; i < size; i++)
        to[i] = W2B_UNKNOWN;
    for (uint32_t s = 0; s < W2B_SHARDS; s++) {
        w2b_shard *shard = &table->shards[s];
        for (size_t i = 0; i < shard->n; i++) {
            const uint32_t id = (uint32_t)(i * W2B_SHARDS + s);
            to[shard->entries[i].id] = id;
            shard->entries[i].id = id;
        }
        shard->next = (uint32_t)shard->n;
    }
    *map = to;
    *n = size;
    return 0;
}
