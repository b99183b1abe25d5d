/*
 * count.h - counting words: a table a piece of text, and one for all.
 *
 * Each piece is counted by one thread into a small table of its own (a tally)
 * that stays in the cache; then the different words of all pieces of a round
 * are merged into the global table. That table is divided by hash into shards,
 * each of which one thread at a time merges, pieces always in the same order,
 * so that no locks are needed and nothing depends on the number of threads.
 */
#ifndef W2B_COUNT_H
#define W2B_COUNT_H

#include "word2bits/corpus.h"
#include "word2bits/text.h"

#define W2B_SHARDS 64u

/* Among provisional ids: a word that the table does not have. */
#define W2B_UNKNOWN (UINT32_MAX - 1)

/* ----- One piece ----------------------------------------------------------- */

/* A word of a piece. */
typedef struct w2b_seen {
    uint64_t lo, hi; /* the first 16 bytes, zeros behind a shorter word */
    uint64_t hash;
    uint32_t start;  /* where it first stands in the text */
    uint32_t length;
    uint32_t count;
    uint32_t global; /* provisional id, once merged */
} w2b_seen;

/* The words of a piece. Start with zeros; used again for the next piece. */
typedef struct w2b_tally {
    const unsigned char *text;   /* the piece's; must live until the merge */
    w2b_seen *seen;              /* [n_seen] */
    size_t n_seen, seen_room;
    uint32_t *ids;               /* [n_ids] index into seen, or W2B_EOL: the
                                    text as a row of numbers */
    size_t n_ids, ids_room;
    uint32_t *order;             /* [n_seen] indices by shard */
    size_t order_room;
    uint32_t first[W2B_SHARDS + 1]; /* where each shard begins in order */
    uint64_t tokens, lines, long_words;
} w2b_tally;

/* Slots of the hash table that a thread uses for one tally after the other.
 * Start with zeros. */
typedef struct w2b_probe {
    uint64_t *slots;
    size_t room; /* a power of two, or 0 */
} w2b_probe;

/* Counts the words of a piece; words longer than `max_word` bytes are left
 * out. Without `keep_ids` no ids are written. 0, or -1 if memory is short:
 * merging the tally then does nothing. */
int w2b_tally_count(w2b_tally *tally, w2b_probe *probe, const w2b_piece *piece,
                    uint32_t max_word, int keep_ids);

/* After the merge: turns the ids into provisional ids, without those of
 * unknown words and line ends that follow a line end. */
void w2b_tally_globalize(w2b_tally *tally);

/* Bytes of memory that it holds. */
uint64_t w2b_tally_bytes(const w2b_tally *tally);

void w2b_tally_clear(w2b_tally *tally);
void w2b_probe_clear(w2b_probe *probe);

/* ----- All words ----------------------------------------------------------- */

/* A word of the table, its bytes at `start` in its shard's. */
typedef struct w2b_entry {
    uint64_t hash;
    uint64_t count;
    uint64_t start;
    uint32_t length;
    uint32_t id; /* provisional */
} w2b_entry;

typedef struct w2b_shard {
    uint64_t *slots;
    size_t room;
    w2b_entry *entries;
    size_t n, entries_room;
    char *bytes;
    size_t n_bytes, bytes_room;
    uint32_t next;  /* provisional ids are next * W2B_SHARDS + shard */
    uint64_t found; /* tokens of known words, as merged */
    int failed;     /* memory or ids ran out: the table is of no use now */
} w2b_shard;

typedef struct w2b_table {
    w2b_shard shards[W2B_SHARDS];
    int closed;     /* nonzero: merging adds no words, and counts none */
} w2b_table;

/* NULL if memory is short. */
w2b_table *w2b_table_new(void);
void w2b_table_free(w2b_table *table);

/* Adds one word with its count and a provisional id of the caller's choice.
 * 1 if added, 0 if it was there (nothing is changed then), -1 if memory is
 * short. */
int w2b_table_add(w2b_table *table, const char *word, uint32_t length, uint64_t count,
                  uint32_t id);

/* Counts a word so many times more, which gets a provisional id if it is new.
 * 0, or -1 if memory or ids have run out. */
int w2b_table_count(w2b_table *table, const char *word, uint32_t length, uint64_t count);

/* Bytes of memory that it holds. */
uint64_t w2b_table_bytes(const w2b_table *table);

/* The entry of a word, or NULL. */
const w2b_entry *w2b_table_find(const w2b_table *table, const char *word, uint32_t length);

/* Merges one shard of `n` tallies, and sets `global` in them. Any thread; one
 * at a time for each shard. */
void w2b_table_merge(w2b_table *table, uint32_t shard, w2b_tally *tallies, size_t n);

/* Nonzero if a merge failed. */
int w2b_table_failed(const w2b_table *table);

uint64_t w2b_table_words(const w2b_table *table);

/* Of these, words that occur more often than `t` times. */
uint64_t w2b_table_above(const w2b_table *table, uint64_t t, uint32_t threads);

/* Provisional ids given so far are below this. */
uint64_t w2b_table_ids(const w2b_table *table);

/* Drops the rarest words: all that occur `t` times or less, for the smallest
 * `t` that leaves `target` words at the most. word2vec raises its threshold by
 * one each time instead, whether or not that is needed. Returns the number of
 * dropped words. The ids of dropped words are not given again. */
uint64_t w2b_table_prune(w2b_table *table, uint64_t target, uint32_t threads);

/* Gives new provisional ids without gaps. Entry i of *map is the new id of
 * the old one, or W2B_UNKNOWN; [*n], from w2b_alloc. -1 if memory is short. */
int w2b_table_renumber(w2b_table *table, uint32_t **map, uint64_t *n);

#endif
