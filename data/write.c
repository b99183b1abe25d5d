/*
 * write.c - running text from tables and patterns.
 *
 * The text is cut into blocks of about BLOCK words. Block i draws its random
 * numbers from stream i of the seed and from nothing else: that is why any
 * number of threads gives the same bytes, and why a longer text begins with
 * the shorter one of the same seed, its last block excepted.
 */
#include <string.h>

#include "data/gen.h"
#include "io/out.h"

#define BLOCK 16384
#define ROUND 32          /* blocks made side by side before they are written */
#define ONE_IN_OPENER 7   /* sentences that begin with a phrase in front */
#define ONE_IN_GENERAL 9  /* sentences that belong to no topic */
#define TRIES 16          /* patterns drawn before the rest is gone through */
#define REDRAWS 8         /* the same for rows */
#define MIN_SENTENCES 3   /* a paragraph */
#define MAX_SENTENCES 8

/* A block under way. */
struct block {
    char *text;
    size_t room;
    size_t bytes;
    uint64_t words;
    int failed;           /* memory ran out */
};

/* A paragraph under way. */
struct state {
    const gen_world *world;
    w2b_rng rng;
    uint32_t main_row;
    unsigned sex;
    uint32_t said[MAX_SENTENCES]; /* patterns used in it */
    uint32_t n_said;
};

/* Earlier items of a list come more often: the smaller of two draws. */
static uint32_t pick(w2b_rng *rng, uint32_t n)
{
    if (n == 1) {
        return 0;
    }
    const uint64_t u = w2b_rng_next(rng);
    const uint32_t a = (uint32_t)(((u >> 32) * n) >> 32);
    const uint32_t b = (uint32_t)(((u & UINT32_MAX) * n) >> 32);
    return a < b ? a : b;
}

static int has_all(const gen_table *table, uint32_t row, uint32_t needs)
{
    return (table->present[row] & needs) == needs;
}

/* Another row of the main row's group, or the main row if there is none. */
static uint32_t draw_peer(struct state *st, const gen_table *table, uint32_t needs)
{
    const uint32_t n = table->peer_count[st->main_row];
    const uint32_t *peers = &table->peers[table->peer_first[st->main_row]];
    const uint32_t from = w2b_rng_below(&st->rng, n);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t row = peers[(from + i) % n];
        if (row != st->main_row && has_all(table, row, needs)) {
            return row;
        }
    }
    return st->main_row;
}

/* A row that differs from those drawn before for the same sentence, if there is
 * one that has what is needed. */
static uint32_t draw_fresh(struct state *st, const gen_pattern *pattern, uint32_t b,
                           const uint32_t *rows)
{
    const gen_bind *bind = &pattern->binds[b];
    const gen_table *table = &st->world->tables[bind->table];
    uint32_t row = gen_row_draw(table, &st->rng);
    uint32_t last_good = row;
    for (uint32_t tries = 0; tries < table->n_rows + REDRAWS; tries++) {
        int good = has_all(table, row, bind->needs);
        last_good = good ? row : last_good;
        for (uint32_t i = 0; i < b; i++) {
            good &= pattern->binds[i].table != bind->table || rows[i] != row;
        }
        if (good) {
            return row;
        }
        row = tries < REDRAWS ? gen_row_draw(table, &st->rng) : (row + 1) % table->n_rows;
    }
    return last_good;
}

/* Draws the rows of a sentence; 0 if the main row lacks what it needs. */
static int draw_rows(struct state *st, const gen_pattern *pattern, uint32_t *rows)
{
    for (uint32_t i = 0; i < pattern->n_binds; i++) {
        const gen_bind *bind = &pattern->binds[i];
        const gen_table *table = &st->world->tables[bind->table];
        if (bind->kind == GEN_BIND_FRESH) {
            rows[i] = draw_fresh(st, pattern, i, rows);
            continue;
        }
        rows[i] = st->main_row;
        if (bind->kind == GEN_BIND_PEER) {
            rows[i] = draw_peer(st, table, bind->needs);
            if (rows[i] == st->main_row) {
                return 0;
            }
        }
        if (!has_all(table, rows[i], bind->needs)) {
            return 0;
        }
    }
    return 1;
}

static void append(struct block *block, const char *s, size_t bytes)
{
    memcpy(block->text + block->bytes, s, bytes);
    block->bytes += bytes;
}

/* A text of the list. A sentence that takes two from the same cell ("wine and
 * cheese") takes different ones: picks[0..i) is what it took so far. */
static const gen_text *pick_text(struct state *st, const gen_list *list, const uint32_t *picks,
                                 uint32_t i)
{
    uint32_t k = pick(&st->rng, list->n);
    for (uint32_t j = 0; j < i && list->n > 1; j++) {
        if (picks[j] == list->first + k) {
            k = (k + 1) % list->n;
        }
    }
    return &st->world->texts[list->first + k];
}

/* Room for the longest sentence and what comes with it must be there. */
static void write_sentence(struct state *st, struct block *block, const gen_pattern *pattern,
                           const uint32_t *rows)
{
    const gen_world *world = st->world;
    uint32_t picks[GEN_MAX_OPS];
    int after_text = 0;
    for (uint32_t i = 0; i < pattern->n_ops; i++) {
        const gen_op *op = &world->ops[pattern->first_op + i];
        const gen_text *text;
        if (op->kind == GEN_OP_CELL) {
            const gen_bind *bind = &pattern->binds[op->bind];
            const gen_cell *cell =
                gen_cell_at(&world->tables[bind->table], rows[op->bind], op->column);
            text = pick_text(st, &cell->sex[st->sex ^ op->other], picks, i);
        } else if (op->kind == GEN_OP_SEX) {
            text = &world->texts[op->list.first + st->sex];
        } else {
            text = pick_text(st, &op->list, picks, i);
        }
        picks[i] = (uint32_t)(text - world->texts);
        const int glue = op->glue && after_text;
        after_text = text->bytes > 0;
        if (!after_text) {
            continue;
        }
        if (glue) {
            block->bytes--;
            block->words--;
        }
        if (op->article) {
            append(block, text->an ? "an " : "a ", text->an ? 3 : 2);
            block->words++;
        }
        append(block, text->s, text->bytes);
        block->text[block->bytes++] = ' ';
        block->words += text->words;
    }
}

static int was_said(const struct state *st, uint32_t pattern)
{
    for (uint32_t i = 0; i < st->n_said; i++) {
        if (st->said[i] == pattern) {
            return 1;
        }
    }
    return 0;
}

/* A sentence of the section that the main row can fill, and that is new to the
 * paragraph if there is one. Sections have a pattern for every row, so the
 * last round of the loop finds one at the latest. */
static void write_from(struct state *st, struct block *block, const gen_section *section)
{
    uint32_t rows[GEN_MAX_BINDS];
    uint32_t k = w2b_rng_below(&st->rng, section->n);
    for (uint32_t tries = 0; tries < TRIES + section->n; tries++) {
        const uint32_t number = section->first + k;
        const gen_pattern *pattern = &st->world->patterns[number];
        if ((tries >= TRIES || !was_said(st, number)) && draw_rows(st, pattern, rows)) {
            write_sentence(st, block, pattern, rows);
            if (st->n_said < MAX_SENTENCES) {
                st->said[st->n_said++] = number;
            }
            return;
        }
        k = tries < TRIES ? w2b_rng_below(&st->rng, section->n) : (k + 1) % section->n;
    }
}

static const gen_section *draw_section(struct state *st)
{
    const gen_world *world = st->world;
    uint32_t left = w2b_rng_below(&st->rng, world->total_weight);
    size_t i = 0;
    while (left >= world->sections[i].weight) {
        left -= world->sections[i].weight;
        i++;
    }
    return &world->sections[i];
}

/* One paragraph, which ends early once the block has `target` words. */
static void write_paragraph(struct state *st, struct block *block, uint64_t target)
{
    const gen_world *world = st->world;
    const gen_section *section = draw_section(st);
    const size_t per_sentence = (size_t)world->longest * 2 + 16;
    if (section->table != GEN_NONE) {
        st->main_row = gen_row_draw(&world->tables[section->table], &st->rng);
    }
    st->sex = w2b_rng_next(&st->rng) >> 63;
    const uint32_t sentences =
        MIN_SENTENCES + w2b_rng_below(&st->rng, MAX_SENTENCES - MIN_SENTENCES + 1);
    st->n_said = 0;
    for (uint32_t i = 0; i < sentences && block->words < target; i++) {
        if (w2b_grow((void **)&block->text, &block->room, block->bytes + per_sentence, 1) != 0) {
            block->failed = 1;
            return;
        }
        const gen_section *from = section;
        if (world->general != GEN_NONE && w2b_rng_below(&st->rng, ONE_IN_GENERAL) == 0) {
            from = &world->sections[world->general];
        } else if (world->openers != GEN_NONE && w2b_rng_below(&st->rng, ONE_IN_OPENER) == 0) {
            write_from(st, block, &world->sections[world->openers]);
        }
        write_from(st, block, from);
    }
    if (block->bytes > 0) {
        block->text[block->bytes - 1] = '\n';
    }
}

static void write_block(const gen_world *world, uint64_t seed, uint64_t number, uint64_t target,
                        struct block *block)
{
    struct state st = {.world = world};
    w2b_rng_seed(&st.rng, seed, number);
    block->bytes = 0;
    block->words = 0;
    while (block->words < target && !block->failed) {
        write_paragraph(&st, block, target);
    }
}

w2b_err gen_write_text(const gen_world *world, uint64_t words, uint64_t seed, const char *path,
                       int replace, w2b_diag *diag)
{
    struct block blocks[ROUND] = {{0}};
    w2b_out *out = NULL;
    w2b_err err = w2b_out_open(path, replace, &out, diag);
    if (err != W2B_OK) {
        return err;
    }
    uint64_t left = words;
    for (uint64_t first = 0; left > 0 && err == W2B_OK; first += ROUND) {
        const int n = left / BLOCK < ROUND ? (int)(left / BLOCK) + 1 : ROUND;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) num_threads(w2b_processors())
#endif
        for (int i = 0; i < n; i++) {
            write_block(world, seed, first + (uint64_t)i, BLOCK, &blocks[i]);
        }
        for (int i = 0; i < n && left > 0 && err == W2B_OK; i++) {
            struct block *block = &blocks[i];
            if (block->words > left) {
                write_block(world, seed, first + (uint64_t)i, left, block);
            }
            left -= block->words < left ? block->words : left;
            err = block->failed ? w2b_fail_memory(diag, block->bytes, "a block of text")
                                : w2b_out_write(out, block->text, block->bytes, diag);
        }
    }
    for (int i = 0; i < ROUND; i++) {
        w2b_free(blocks[i].text);
    }
    if (err != W2B_OK) {
        w2b_out_abort(out);
        return err;
    }
    return w2b_out_commit(out, diag);
}
