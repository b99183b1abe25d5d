/*
 * tables.c - reads the tables of facts into memory.
 *
 * A table is small (a few hundred rows), so everything is kept as it stands in
 * the file: the texts of cells are pieces of the file's own bytes.
 */
#define W2B_BASE_KEEP_MALLOC /* scandir hands out memory of malloc */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/gen.h"
#include "io/stream.h"

/* A table of facts is written by hand; anything larger is a mistake. */
#define MAX_FILE ((size_t)4 << 20)

/* Frequency of row r is proportional to (r + SHIFT)^-SLOPE (Mandelbrot's form
 * of Zipf's law): steep enough for common and rare words in every table, flat
 * enough for the last rows to be learnable from a million words. */
#define SLOPE 0.75
#define SHIFT 3.0

/* Where an error is: the file and its line. */
struct place {
    const char *path;
    uint64_t line;
};

w2b_err gen_file_read(gen_world *world, const char *path, char **text,
                      size_t *size, w2b_diag *diag)
{
    w2b_stream *stream = NULL;
    w2b_err err = w2b_stream_open(path, &stream, diag);
    if (err != W2B_OK) {
        return err;
    }
    char *bytes = NULL;
    size_t room = 0, n = 0, got = 0;
    do {
        if (n > MAX_FILE) {
            err = w2b_fail_at(diag, W2B_ERR_LIMIT, path, W2B_NOWHERE, W2B_NOWHERE,
                              "a table of more than 4 MiB");
            goto fail;
        }
        if (w2b_grow((void **)&bytes, &room, n + 65536, 1) != 0) {
            err = w2b_fail_memory(diag, n + 65536, "a table");
            goto fail;
        }
        err = w2b_stream_read(stream, bytes + n, 65536, &got, diag);
        if (err != W2B_OK) {
            goto fail;
        }
        n += got;
    } while (got > 0);
    if (w2b_grow((void **)&world->files, &world->room_files, world->n_files + 1,
                 sizeof *world->files) != 0) {
        err = w2b_fail_memory(diag, sizeof *world->files, "a list of tables");
        goto fail;
    }
    world->files[world->n_files++] = bytes;
    w2b_stream_close(stream);
    *text = bytes;
    *size = n;
    return W2B_OK;

fail:
    w2b_free(bytes);
    w2b_stream_close(stream);
    return err;
}

/* "an" goes before vowels, but not before those that sound like "you" or
 * "one", and before a silent h. */
static int takes_an(const char *s, size_t bytes)
{
    static const char *const as_consonant[] = {"eu", "ew", "uni", "use", "usu", "uk", "ura",
                                               "ute", "uto", "ug", "one", "once", "uz"};
    static const char *const silent[] = {"hour", "honest", "heir", "honour"};
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        const size_t n = strlen(silent[i]);
        if (bytes >= n && memcmp(s, silent[i], n) == 0) {
            return 1;
        }
    }
    if (bytes == 0 || memchr("aeiou", s[0], 5) == NULL) {
        return 0;
    }
    for (size_t i = 0; i < sizeof as_consonant / sizeof as_consonant[0]; i++) {
        const size_t n = strlen(as_consonant[i]);
        if (bytes >= n && memcmp(s, as_consonant[i], n) == 0) {
            return 0;
        }
    }
    return 1;
}

int gen_text_add(gen_world *world, const char *s, size_t bytes)
{
    if (w2b_grow((void **)&world->texts, &world->room_texts, world->n_texts + 1,
                 sizeof *world->texts) != 0) {
        return -1;
    }
    uint16_t words = bytes > 0;
    for (size_t i = 0; i < bytes; i++) {
        words = (uint16_t)(words + (s[i] == ' '));
    }
    world->texts[world->n_texts++] = (gen_text){
        .s = s, .bytes = (uint32_t)bytes, .words = words, .an = (uint16_t)takes_an(s, bytes)};
    return 0;
}

uint32_t gen_table_find(const gen_world *world, const char *name, size_t n)
{
    for (uint32_t i = 0; i < world->n_tables; i++) {
        if (strlen(world->tables[i].name) == n && memcmp(world->tables[i].name, name, n) == 0) {
            return i;
        }
    }
    return GEN_NONE;
}

uint32_t gen_column_find(const gen_table *table, const char *name, size_t n)
{
    for (uint32_t i = 0; i < table->n_columns; i++) {
        if (strlen(table->columns[i]) == n && memcmp(table->columns[i], name, n) == 0) {
            return i;
        }
    }
    return GEN_NONE;
}

/* Letters and single inner spaces: what the corpus is made of. */
static int is_plain(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const int letter = s[i] >= 'a' && s[i] <= 'z';
        const int space = s[i] == ' ' && i > 0 && i + 1 < n && s[i - 1] != ' ';
        if (!letter && !space) {
            return 0;
        }
    }
    return n > 0;
}

/* The texts between commas of one alternative of a cell. */
static w2b_err read_list(gen_world *world, const char *s, size_t n, gen_list *list,
                         const struct place *at, w2b_diag *diag)
{
    list->first = (uint32_t)world->n_texts;
    list->n = 0;
    for (size_t from = 0; from <= n;) {
        const char *comma = from < n ? memchr(s + from, ',', n - from) : NULL;
        const size_t to = comma != NULL ? (size_t)(comma - s) : n;
        if (!is_plain(s + from, to - from)) {
            return w2b_fail_at(diag, W2B_ERR_FORMAT, at->path, at->line, W2B_NOWHERE,
                               "expected words of a-z, found \"%.*s\"", (int)(to - from),
                               s + from);
        }
        if (gen_text_add(world, s + from, to - from) != 0) {
            return w2b_fail_memory(diag, sizeof(gen_text), "a text");
        }
        list->n++;
        from = to + 1;
    }
    return W2B_OK;
}

static w2b_err read_cell(gen_world *world, const char *s, size_t n, gen_cell *cell,
                         const struct place *at, w2b_diag *diag)
{
    const char *slash = memchr(s, '/', n);
    const size_t first = slash != NULL ? (size_t)(slash - s) : n;
    w2b_err err = read_list(world, s, first, &cell->sex[0], at, diag);
    if (err != W2B_OK) {
        return err;
    }
    cell->sex[1] = cell->sex[0];
    if (slash != NULL) {
        err = read_list(world, s + first + 1, n - first - 1, &cell->sex[1], at, diag);
    }
    return err;
}

/* The names of the columns; the one that groups the rows has a star before it. */
static w2b_err read_header(gen_table *table, const char *s, size_t n, const struct place *at,
                           w2b_diag *diag)
{
    table->group = GEN_NONE;
    for (size_t from = 0; from <= n;) {
        const char *tab = from < n ? memchr(s + from, '\t', n - from) : NULL;
        const size_t to = tab != NULL ? (size_t)(tab - s) : n;
        if (table->n_columns == GEN_MAX_COLUMNS) {
            return w2b_fail_at(diag, W2B_ERR_LIMIT, at->path, at->line, W2B_NOWHERE,
                               "more than %d columns", GEN_MAX_COLUMNS);
        }
        if (from < to && s[from] == '*') {
            table->group = table->n_columns;
            from++;
        }
        if (!is_plain(s + from, to - from) || to - from >= GEN_NAME) {
            return w2b_fail_at(diag, W2B_ERR_FORMAT, at->path, at->line, W2B_NOWHERE,
                               "column %u has no proper name", table->n_columns + 1);
        }
        memcpy(table->columns[table->n_columns++], s + from, to - from);
        from = to + 1;
    }
    return W2B_OK;
}

static w2b_err read_row(gen_world *world, gen_table *table, const char *s, size_t n,
                        const struct place *at, w2b_diag *diag)
{
    gen_cell *cells = &table->cells[(size_t)table->n_rows * table->n_columns];
    uint32_t column = 0, present = 0;
    for (size_t from = 0; from <= n; column++) {
        const char *tab = from < n ? memchr(s + from, '\t', n - from) : NULL;
        const size_t to = tab != NULL ? (size_t)(tab - s) : n;
        if (column < table->n_columns && !(to - from == 1 && s[from] == '-')) {
            const w2b_err err =
                read_cell(world, s + from, to - from, &cells[column], at, diag);
            if (err != W2B_OK) {
                return err;
            }
            present |= 1u << column;
        }
        from = to + 1;
    }
    if (column != table->n_columns || (present & 1) == 0) {
        return w2b_fail_at(diag, W2B_ERR_FORMAT, at->path, at->line, W2B_NOWHERE,
                           "expected %u columns of which the first is not empty, found %u",
                           table->n_columns, column);
    }
    table->present[table->n_rows++] = present;
    return W2B_OK;
}

/* Walker's method: one draw and one comparison for any distribution. */
static int make_alias(gen_table *table)
{
    const uint32_t n = table->n_rows;
    double *share = w2b_alloc(n, sizeof *share);
    uint32_t *small = w2b_alloc(n, sizeof *small);
    uint32_t *large = w2b_alloc(n, sizeof *large);
    table->alias = w2b_alloc(n, sizeof *table->alias);
    table->cut = w2b_alloc(n, sizeof *table->cut);
    const int failed =
        !share || !small || !large || table->alias == NULL || table->cut == NULL;
    if (!failed) {
        double sum = 0;
        for (uint32_t i = 0; i < n; i++) {
            share[i] = w2b_exp(-SLOPE * w2b_log(i + SHIFT));
            sum += share[i];
        }
        uint32_t n_small = 0, n_large = 0;
        for (uint32_t i = 0; i < n; i++) {
            share[i] *= n / sum;
            table->alias[i] = i;
            table->cut[i] = UINT32_MAX;
            if (share[i] < 1) {
                small[n_small++] = i;
            } else {
                large[n_large++] = i;
            }
        }
        while (n_small > 0 && n_large > 0) {
            const uint32_t s = small[--n_small], l = large[n_large - 1];
            table->cut[s] = (uint32_t)(share[s] * 4294967295.0);
            table->alias[s] = l;
            share[l] -= 1 - share[s];
            if (share[l] < 1) {
                n_large--;
                small[n_small++] = l;
            }
        }
    }
    w2b_free(share);
    w2b_free(small);
    w2b_free(large);
    return failed ? -1 : 0;
}

static int same_group(const gen_world *world, const gen_table *table, uint32_t a, uint32_t b)
{
    const uint32_t bit = 1u << table->group;
    if ((table->present[a] & bit) == 0 || (table->present[b] & bit) == 0) {
        return a == b;
    }
    const gen_text *s = &world->texts[gen_cell_at(table, a, table->group)->sex[0].first];
    const gen_text *t = &world->texts[gen_cell_at(table, b, table->group)->sex[0].first];
    return s->bytes == t->bytes && memcmp(s->s, t->s, s->bytes) == 0;
}

/* Rows of a group side by side; without a group column all rows are one. */
static int make_peers(const gen_world *world, gen_table *table)
{
    const uint32_t n = table->n_rows;
    table->peers = w2b_alloc(n, sizeof *table->peers);
    table->peer_first = w2b_alloc(n, sizeof *table->peer_first);
    table->peer_count = w2b_alloc_zero(n, sizeof *table->peer_count);
    if (table->peers == NULL || table->peer_first == NULL || table->peer_count == NULL) {
        return -1;
    }
    uint32_t filled = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (table->peer_count[i] != 0) {
            continue;
        }
        const uint32_t first = filled;
        for (uint32_t j = i; j < n; j++) {
            if (table->group == GEN_NONE || same_group(world, table, i, j)) {
                table->peers[filled++] = j;
            }
        }
        for (uint32_t k = first; k < filled; k++) {
            table->peer_first[table->peers[k]] = first;
            table->peer_count[table->peers[k]] = filled - first;
        }
    }
    return 0;
}

static w2b_err load_table(gen_world *world, const char *path, const char *name, size_t n_name,
                          w2b_diag *diag)
{
    gen_table *table = &world->tables[world->n_tables];
    struct place at = {.path = path, .line = 0};
    char *text = NULL;
    size_t size = 0;
    w2b_err err = gen_file_read(world, path, &text, &size, diag);
    if (err != W2B_OK) {
        return err;
    }
    memcpy(table->name, name, n_name);
    world->n_tables++;
    size_t lines = 1;
    for (size_t i = 0; i < size; i++) {
        lines += text[i] == '\n';
    }
    for (size_t from = 0, to; from < size && err == W2B_OK; from = to + 1) {
        const char *end = memchr(text + from, '\n', size - from);
        to = end != NULL ? (size_t)(end - text) : size;
        at.line++;
        if (to == from || text[from] == '#') {
            continue;
        }
        if (table->n_columns > 0) {
            err = read_row(world, table, text + from, to - from, &at, diag);
            continue;
        }
        err = read_header(table, text + from, to - from, &at, diag);
        if (err == W2B_OK) {
            size_t cells;
            if (w2b_mul(lines, table->n_columns, &cells) == 0) {
                table->cells = w2b_alloc_zero(cells, sizeof *table->cells);
            }
            table->present = w2b_alloc_zero(lines, sizeof *table->present);
            if (table->cells == NULL || table->present == NULL) {
                err = w2b_fail_memory(diag, lines * sizeof(gen_cell), "a table");
            }
        }
    }
    if (err == W2B_OK && table->n_rows == 0) {
        err = w2b_fail_at(diag, W2B_ERR_FORMAT, path, W2B_NOWHERE, W2B_NOWHERE,
                          "a table without rows");
    }
    if (err == W2B_OK && (make_alias(table) != 0 || make_peers(world, table) != 0)) {
        err = w2b_fail_memory(diag, (uint64_t)table->n_rows * 20, "a table");
    }
    return err;
}

static int is_table(const struct dirent *entry)
{
    const size_t n = strlen(entry->d_name);
    return n > 4 && n < GEN_NAME && memcmp(entry->d_name + n - 4, ".tsv", 4) == 0;
}

/* In the order of bytes, whatever the locale: numbers of tables decide
 * nothing, but an error should be the same one everywhere. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

w2b_err gen_tables_load(gen_world *world, const char *folder, w2b_diag *diag)
{
    struct dirent **entries = NULL;
    const int n = scandir(folder, &entries, is_table, by_bytes);
    if (n < 0) {
        return w2b_fail(diag, W2B_ERR_IO,
                        "cannot read the tables in \"%s\" (--tables names another folder)", folder);
    }
    w2b_err err = W2B_OK;
    if (n == 0 || n > GEN_MAX_TABLES) {
        err = w2b_fail(diag, W2B_ERR_DATA, "expected 1 to %d tables in \"%s\", found %d",
                       GEN_MAX_TABLES, folder, n);
    }
    for (int i = 0; i < n && err == W2B_OK; i++) {
        char path[4096];
        const char *name = entries[i]->d_name;
        if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
            err = w2b_fail(diag, W2B_ERR_LIMIT, "the name of the folder is too long");
        } else {
            err = load_table(world, path, name, strlen(name) - 4, diag);
        }
    }
    for (int i = 0; i < n; i++) {
        free(entries[i]);
    }
    free(entries);
    return err;
}

w2b_err gen_world_load(gen_world *world, const char *folder, w2b_diag *diag)
{
    *world = (gen_world){.openers = GEN_NONE, .general = GEN_NONE};
    w2b_err err = gen_tables_load(world, folder, diag);
    if (err == W2B_OK) {
        err = gen_patterns_load(world, folder, diag);
    }
    if (err == W2B_OK) {
        err = gen_quizzes_load(world, folder, diag);
    }
    return err;
}

void gen_world_free(gen_world *world)
{
    for (uint32_t i = 0; i < world->n_tables; i++) {
        gen_table *table = &world->tables[i];
        w2b_free(table->cells);
        w2b_free(table->present);
        w2b_free(table->peers);
        w2b_free(table->peer_first);
        w2b_free(table->peer_count);
        w2b_free(table->alias);
        w2b_free(table->cut);
    }
    for (size_t i = 0; i < world->n_files; i++) {
        w2b_free(world->files[i]);
    }
    w2b_free(world->files);
    w2b_free(world->texts);
    w2b_free(world->ops);
    w2b_free(world->patterns);
    w2b_free(world->sections);
    *world = (gen_world){.openers = GEN_NONE};
}
