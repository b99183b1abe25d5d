/*
 * quiz.c - analogy questions and similarity pairs from the tables.
 *
 * What is asked is what the tables say, so the truth is known; how hard it is
 * depends on how often the words come and how much text there is.
 */
#include <stdio.h>
#include <string.h>

#include "data/gen.h"
#include "io/out.h"

/* A random stream of its own for each question set: changing one set leaves
 * the others as they are. Text uses streams from 0 up. */
#define STREAM ((uint64_t)1 << 62)

/* One word of a row, or an empty text if it has none there. */
static gen_text word_at(const gen_world *world, const gen_table *table, uint32_t row,
                        uint32_t column, uint32_t other)
{
    if ((table->present[row] & (1u << column)) == 0) {
        return (gen_text){.words = 0};
    }
    return world->texts[gen_cell_at(table, row, column)->sex[other].first];
}

static int same(const gen_text *a, const gen_text *b)
{
    return a->bytes == b->bytes && memcmp(a->s, b->s, a->bytes) == 0;
}

static w2b_err put(w2b_out *out, w2b_diag *diag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static w2b_err put(w2b_out *out, w2b_diag *diag, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n < 0 || n >= (int)sizeof line) {
        return w2b_fail(diag, W2B_ERR_LIMIT, "a question is too long");
    }
    return w2b_out_write(out, line, (size_t)n, diag);
}

/* Pairs of words of a table that a question may use: single words, different
 * from each other. */
struct pair {
    gen_text a, b;
};

static uint32_t collect(const gen_world *world, const gen_quiz *quiz, struct pair *pairs)
{
    const gen_table *table = &world->tables[quiz->table];
    uint32_t n = 0;
    for (uint32_t r = 0; r < table->n_rows; r++) {
        const gen_text a = word_at(world, table, r, quiz->column[0], quiz->other[0]);
        const gen_text b = word_at(world, table, r, quiz->column[1], quiz->other[1]);
        if (a.words == 1 && b.words == 1 && !same(&a, &b)) {
            pairs[n++] = (struct pair){a, b};
        }
    }
    return n;
}

/* `count` of the ordered couples of pairs, drawn without repetition, in the
 * order of the table. */
static w2b_err write_section(const gen_world *world, const gen_quiz *quiz, w2b_rng *rng,
                             w2b_out *out, w2b_diag *diag)
{
    const uint32_t rows = world->tables[quiz->table].n_rows;
    struct pair *pairs = w2b_alloc(rows, sizeof *pairs);
    uint8_t *chosen = w2b_alloc_zero((size_t)rows * rows, 1);
    if (pairs == NULL || chosen == NULL) {
        w2b_free(pairs);
        w2b_free(chosen);
        return w2b_fail_memory(diag, (uint64_t)rows * rows, "questions");
    }
    const uint32_t n = collect(world, quiz, pairs);
    uint32_t possible = 0, wanted = quiz->count;
    for (uint32_t i = 0; i < n * n; i++) {
        const struct pair *p = &pairs[i / n], *q = &pairs[i % n];
        if (same(&p->a, &q->a) || same(&p->b, &q->b) || same(&p->a, &q->b) ||
            same(&p->b, &q->a)) {
            chosen[i] = 2;
        } else {
            possible++;
        }
    }
    wanted = wanted < possible ? wanted : possible;
    w2b_err err = put(out, diag, ": %s\n", quiz->name);
    /* Each of the rest is taken with the share that is still needed of it
     * (selection sampling): exactly `wanted` of them, all equally likely. */
    for (uint32_t i = 0; i < n * n && err == W2B_OK; i++) {
        if (chosen[i] != 0) {
            continue;
        }
        if (w2b_rng_below(rng, possible--) < wanted) {
            const struct pair *p = &pairs[i / n], *q = &pairs[i % n];
            wanted--;
            err = put(out, diag, "%.*s %.*s %.*s %.*s\n", (int)p->a.bytes, p->a.s,
                      (int)p->b.bytes, p->b.s, (int)q->a.bytes, q->a.s, (int)q->b.bytes, q->b.s);
        }
    }
    w2b_free(pairs);
    w2b_free(chosen);
    return err;
}

/* Two words that the quiz relates, or empty texts if this draw has none. */
static struct pair draw_pair(const gen_world *world, const gen_quiz *quiz, w2b_rng *rng)
{
    const struct pair none = {{.words = 0}, {.words = 0}};
    if (strcmp(quiz->kind, "apart") == 0) {
        const uint32_t t = w2b_rng_below(rng, world->n_quizzes);
        const uint32_t u = w2b_rng_below(rng, world->n_quizzes);
        const gen_quiz *q = &world->quizzes[t], *r = &world->quizzes[u];
        if (strcmp(q->kind, "class") != 0 || strcmp(r->kind, "class") != 0 ||
            q->table == r->table) {
            return none;
        }
        const gen_table *a = &world->tables[q->table], *b = &world->tables[r->table];
        return (struct pair){
            word_at(world, a, w2b_rng_below(rng, a->n_rows), q->column[0], q->other[0]),
            word_at(world, b, w2b_rng_below(rng, b->n_rows), r->column[0], r->other[0])};
    }
    const gen_table *table = &world->tables[quiz->table];
    const uint32_t r = w2b_rng_below(rng, table->n_rows);
    const uint32_t s = w2b_rng_below(rng, table->n_rows);
    const gen_text a = word_at(world, table, r, quiz->column[0], quiz->other[0]);
    if (strcmp(quiz->kind, "link") == 0) {
        return (struct pair){a, word_at(world, table, r, quiz->column[1], quiz->other[1])};
    }
    if (strcmp(quiz->kind, "synonym") == 0) {
        const gen_list *list = &gen_cell_at(table, r, quiz->column[0])->sex[0];
        if (a.words == 0 || list->n < 2) {
            return none;
        }
        return (struct pair){a, world->texts[list->first + 1]};
    }
    const int peers = table->peer_first[r] == table->peer_first[s];
    if (r == s || peers != (strcmp(quiz->kind, "class") == 0)) {
        return none;
    }
    return (struct pair){a, word_at(world, table, s, quiz->column[0], quiz->other[0])};
}

#define MAX_PAIRS 4096

/* Draws until there are enough new pairs, or it seems that there are none. */
static w2b_err write_pairs(const gen_world *world, const gen_quiz *quiz, w2b_rng *rng,
                           struct pair *seen, uint32_t *n_seen, w2b_out *out, w2b_diag *diag)
{
    w2b_err err = W2B_OK;
    uint32_t found = 0;
    for (uint32_t tries = 0; tries < quiz->count * 200 && found < quiz->count; tries++) {
        const struct pair p = draw_pair(world, quiz, rng);
        int good = p.a.words == 1 && p.b.words == 1 && !same(&p.a, &p.b) && *n_seen < MAX_PAIRS;
        for (uint32_t i = 0; i < *n_seen && good; i++) {
            good = !(same(&seen[i].a, &p.a) && same(&seen[i].b, &p.b)) &&
                   !(same(&seen[i].a, &p.b) && same(&seen[i].b, &p.a));
        }
        if (!good) {
            continue;
        }
        seen[(*n_seen)++] = p;
        found++;
        err = put(out, diag, "%.*s\t%.*s\t%.1f\n", (int)p.a.bytes, p.a.s, (int)p.b.bytes, p.b.s,
                  quiz->score);
        if (err != W2B_OK) {
            break;
        }
    }
    return err;
}

/* What ends a file: all of it, or nothing. */
static w2b_err finish(w2b_out *out, w2b_err err, w2b_diag *diag)
{
    if (err != W2B_OK) {
        w2b_out_abort(out);
        return err;
    }
    return w2b_out_commit(out, diag);
}

w2b_err gen_write_analogies(const gen_world *world, uint64_t seed, const char *path, int replace,
                            w2b_diag *diag)
{
    w2b_out *out = NULL;
    w2b_err err = w2b_out_open(path, replace, &out, diag);
    for (uint32_t i = 0; i < world->n_quizzes && err == W2B_OK; i++) {
        if (strcmp(world->quizzes[i].kind, "analogy") == 0) {
            w2b_rng rng;
            w2b_rng_seed(&rng, seed, STREAM + i);
            err = write_section(world, &world->quizzes[i], &rng, out, diag);
        }
    }
    return out != NULL ? finish(out, err, diag) : err;
}

w2b_err gen_write_pairs(const gen_world *world, uint64_t seed, const char *path, int replace,
                        w2b_diag *diag)
{
    w2b_out *out = NULL;
    struct pair *seen = w2b_alloc(MAX_PAIRS, sizeof *seen);
    if (seen == NULL) {
        return w2b_fail_memory(diag, MAX_PAIRS * sizeof *seen, "pairs");
    }
    uint32_t n_seen = 0;
    w2b_err err = w2b_out_open(path, replace, &out, diag);
    for (uint32_t i = 0; i < world->n_quizzes && err == W2B_OK; i++) {
        if (strcmp(world->quizzes[i].kind, "analogy") != 0) {
            w2b_rng rng;
            w2b_rng_seed(&rng, seed, STREAM + i);
            err = write_pairs(world, &world->quizzes[i], &rng, seen, &n_seen, out, diag);
        }
    }
    w2b_free(seen);
    return out != NULL ? finish(out, err, diag) : err;
}

/* "kind name table column column count score"; "-" where nothing belongs. */
static w2b_err read_quiz(gen_world *world, const char *path, uint64_t number, const char *line,
                         w2b_diag *diag)
{
    static const char *const kinds[] = {"analogy", "synonym", "class", "table", "link", "apart"};
    gen_quiz quiz = {.table = GEN_NONE};
    char table[GEN_NAME], column[2][GEN_NAME];
    int known = 0;
    if (sscanf(line, "%23s %23s %23s %23s %23s %u %lf", quiz.kind, quiz.name, table, column[0],
               column[1], &quiz.count, &quiz.score) != 7 ||
        quiz.count > 100000) {
        return w2b_fail_at(diag, W2B_ERR_FORMAT, path, number, W2B_NOWHERE,
                           "expected kind, name, table, two columns, count and score");
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        known |= strcmp(quiz.kind, kinds[i]) == 0;
    }
    const int apart = strcmp(quiz.kind, "apart") == 0;
    quiz.table = gen_table_find(world, table, strlen(table));
    if (!known || (quiz.table == GEN_NONE && !apart)) {
        return w2b_fail_at(diag, W2B_ERR_FORMAT, path, number, W2B_NOWHERE,
                           "no such kind or table: \"%s\", \"%s\"", quiz.kind, table);
    }
    for (int i = 0; i < 2 && !apart; i++) {
        size_t n = strlen(column[i]);
        if (n > 1 && column[i][n - 1] == '!') {
            quiz.other[i] = 1;
            n--;
        }
        if (i == 1 && strcmp(column[1], "-") == 0) {
            continue;
        }
        quiz.column[i] = gen_column_find(&world->tables[quiz.table], column[i], n);
        if (quiz.column[i] == GEN_NONE) {
            return w2b_fail_at(diag, W2B_ERR_FORMAT, path, number, W2B_NOWHERE,
                               "table \"%s\" has no column \"%s\"", table, column[i]);
        }
    }
    if (world->n_quizzes == GEN_MAX_QUIZZES) {
        return w2b_fail_at(diag, W2B_ERR_LIMIT, path, number, W2B_NOWHERE,
                           "more than %d question sets", GEN_MAX_QUIZZES);
    }
    world->quizzes[world->n_quizzes++] = quiz;
    return W2B_OK;
}

w2b_err gen_quizzes_load(gen_world *world, const char *folder, w2b_diag *diag)
{
    char path[4096], line[256];
    if (snprintf(path, sizeof path, "%s/questions.txt", folder) >= (int)sizeof path) {
        return w2b_fail(diag, W2B_ERR_LIMIT, "the name of the folder is too long");
    }
    char *text = NULL;
    size_t size = 0;
    uint64_t number = 0;
    w2b_err err = gen_file_read(world, path, &text, &size, diag);
    for (size_t from = 0, to; from < size && err == W2B_OK; from = to + 1) {
        const char *end = memchr(text + from, '\n', size - from);
        to = end != NULL ? (size_t)(end - text) : size;
        number++;
        if (to == from || text[from] == '#') {
            continue;
        }
        if (to - from >= sizeof line) {
            return w2b_fail_at(diag, W2B_ERR_FORMAT, path, number, W2B_NOWHERE,
                               "a line of more than 255 bytes");
        }
        memcpy(line, text + from, to - from);
        line[to - from] = 0;
        err = read_quiz(world, path, number, line, diag);
    }
    return err;
}
