/*
 * patterns.c - compiles sentence patterns into short programs.
 *
 * Everything that can be wrong with a pattern is found here, once, so that
 * writing text has nothing left to check.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/gen.h"

/* Where the compiler stands. */
struct source {
    gen_world *world;
    const char *path;
    uint64_t line;
    const char *s;      /* the pattern */
    size_t n;
    size_t at;
    uint32_t main_table;
    gen_pattern pattern;
    w2b_diag *diag;
};

static w2b_err complain(struct source *src, const char *what, const char *s, size_t n)
{
    return w2b_fail_at(src->diag, W2B_ERR_FORMAT, src->path, src->line, W2B_NOWHERE,
                       "%s: \"%.*s\"", what, (int)n, s);
}

/* Adds an operation; what follows a piece without a space is glued to it. */
static w2b_err add_op(struct source *src, gen_op op)
{
    gen_world *world = src->world;
    if (src->pattern.n_ops == GEN_MAX_OPS) {
        return complain(src, "too long a pattern", src->s, src->n);
    }
    if (w2b_grow((void **)&world->ops, &world->room_ops, world->n_ops + 1,
                 sizeof *world->ops) != 0) {
        return w2b_fail_memory(src->diag, sizeof op, "a pattern");
    }
    world->ops[world->n_ops++] = op;
    src->pattern.n_ops++;
    return W2B_OK;
}

static w2b_err add_text(struct source *src, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((s[i] < 'a' || s[i] > 'z') && s[i] != ' ') {
            return complain(src, "only a-z and spaces make text", s, n);
        }
    }
    return gen_text_add(src->world, s, n) == 0
               ? W2B_OK
               : w2b_fail_memory(src->diag, sizeof(gen_text), "a text");
}

/* Pieces of s[0..n) between `divider`, as one list of texts. */
static w2b_err add_list(struct source *src, const char *s, size_t n, char divider,
                        gen_list *list)
{
    list->first = (uint32_t)src->world->n_texts;
    list->n = 0;
    for (size_t from = 0; from <= n;) {
        const char *end = from < n ? memchr(s + from, divider, n - from) : NULL;
        const size_t to = end != NULL ? (size_t)(end - s) : n;
        const w2b_err err = add_text(src, s + from, to - from);
        if (err != W2B_OK) {
            return err;
        }
        list->n++;
        from = to + 1;
    }
    return W2B_OK;
}

/* The row of this kind, which may serve several slots of the sentence. */
static uint32_t find_bind(gen_pattern *pattern, gen_bind_kind kind, uint32_t table,
                          uint32_t number)
{
    for (uint32_t i = 0; i < pattern->n_binds; i++) {
        const gen_bind *b = &pattern->binds[i];
        if (b->kind == kind && b->table == table && b->number == number) {
            return i;
        }
    }
    if (pattern->n_binds == GEN_MAX_BINDS) {
        return GEN_NONE;
    }
    pattern->binds[pattern->n_binds] =
        (gen_bind){.kind = kind, .table = table, .number = number, .needs = 0};
    return pattern->n_binds++;
}

/* What stands between braces: {he/she}, {table}, {table.column}, {an ...};
 * "+" or a digit behind the table, "!" at the end. */
static w2b_err compile_slot(struct source *src, const char *s, size_t n, int glue)
{
    gen_op op = {.kind = GEN_OP_CELL, .glue = (uint8_t)glue};
    const char *slash = memchr(s, '/', n);
    if (slash != NULL) {
        op.kind = GEN_OP_SEX;
        const w2b_err err = add_list(src, s, n, '/', &op.list);
        if (err == W2B_OK && op.list.n != 2) {
            return complain(src, "expected {his/hers}", s, n);
        }
        return err == W2B_OK ? add_op(src, op) : err;
    }
    const char *const whole = s;
    const size_t whole_n = n;
    if (n > 3 && memcmp(s, "an ", 3) == 0) {
        op.article = 1;
        s += 3;
        n -= 3;
    }
    if (n > 0 && s[n - 1] == '!') {
        op.other = 1;
        n--;
    }
    const char *const name = s;
    const char *dot = memchr(s, '.', n);
    size_t n_table = dot != NULL ? (size_t)(dot - s) : n;
    if (dot != NULL) {
        s = dot + 1;
        n -= n_table + 1;
    }
    gen_bind_kind kind = GEN_BIND_FRESH;
    uint32_t number = 1;
    const int peer = n_table > 0 && name[n_table - 1] == '+';
    if (peer) {
        n_table--;
    } else if (n_table > 0 && name[n_table - 1] >= '2' && name[n_table - 1] <= '9') {
        number = (uint32_t)(name[n_table - 1] - '0');
        n_table--;
    }
    const uint32_t table = gen_table_find(src->world, name, n_table);
    if (table == GEN_NONE) {
        return complain(src, "no table of that name", whole, whole_n);
    }
    if (dot != NULL) {
        op.column = gen_column_find(&src->world->tables[table], s, n);
    }
    if (op.column == GEN_NONE) {
        return complain(src, "no column of that name", whole, whole_n);
    }
    if (table == src->main_table && number == 1) {
        kind = peer ? GEN_BIND_PEER : GEN_BIND_MAIN;
    } else if (peer) {
        return complain(src, "+ belongs to the section's own table", whole, whole_n);
    }
    op.bind = find_bind(&src->pattern, kind, table, number);
    if (op.bind == GEN_NONE) {
        return complain(src, "too many different rows in one pattern", whole, whole_n);
    }
    src->pattern.binds[op.bind].needs |= 1u << op.column;
    return add_op(src, op);
}

/* [a|b|] and {slot}: `at` is behind the closing character afterwards. */
static w2b_err compile_bracket(struct source *src, int glue)
{
    const char open = src->s[src->at];
    const char *from = src->s + src->at + 1;
    const char *end = memchr(from, open == '[' ? ']' : '}', src->n - src->at - 1);
    if (end == NULL) {
        return complain(src, "a bracket is not closed", from - 1, src->n - src->at);
    }
    src->at = (size_t)(end + 1 - src->s);
    if (open == '{') {
        return compile_slot(src, from, (size_t)(end - from), glue);
    }
    gen_op op = {.kind = GEN_OP_CHOICE, .glue = (uint8_t)glue};
    const w2b_err err = add_list(src, from, (size_t)(end - from), '|', &op.list);
    return err == W2B_OK ? add_op(src, op) : err;
}

static w2b_err compile_literal(struct source *src, int glue)
{
    const size_t from = src->at;
    while (src->at < src->n && src->s[src->at] != '{' && src->s[src->at] != '[') {
        src->at++;
    }
    size_t to = src->at;
    while (to > from && src->s[to - 1] == ' ') {
        to--;
    }
    gen_op op = {.kind = GEN_OP_CHOICE, .glue = (uint8_t)glue};
    op.list = (gen_list){.first = (uint32_t)src->world->n_texts, .n = 1};
    const w2b_err err = add_text(src, src->s + from, to - from);
    return err == W2B_OK ? add_op(src, op) : err;
}

static uint32_t longest_of(const gen_world *world, const gen_list *list)
{
    uint32_t bytes = 0;
    for (uint32_t i = list->first; i < list->first + list->n; i++) {
        if (world->texts[i].bytes > bytes) {
            bytes = world->texts[i].bytes;
        }
    }
    return bytes;
}

/* An upper bound for what the pattern can become, spaces and articles
 * included. */
static uint32_t pattern_bytes(const gen_world *world, const gen_pattern *pattern)
{
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < pattern->n_ops; i++) {
        const gen_op *op = &world->ops[pattern->first_op + i];
        uint32_t most = longest_of(world, &op->list);
        if (op->kind == GEN_OP_CELL) {
            const gen_table *table = &world->tables[pattern->binds[op->bind].table];
            for (uint32_t r = 0; r < table->n_rows; r++) {
                for (int sex = 0; sex < 2; sex++) {
                    const uint32_t n =
                        longest_of(world, &gen_cell_at(table, r, op->column)->sex[sex]);
                    most = n > most ? n : most;
                }
            }
        }
        bytes += most + 4;
    }
    return bytes;
}

/* Rows other than the paragraph's own must be there for the asking. */
static w2b_err check_binds(struct source *src)
{
    for (uint32_t i = 0; i < src->pattern.n_binds; i++) {
        const gen_bind *b = &src->pattern.binds[i];
        const gen_table *table = &src->world->tables[b->table];
        uint32_t fit = 0;
        for (uint32_t r = 0; r < table->n_rows; r++) {
            fit += (table->present[r] & b->needs) == b->needs;
        }
        if (b->kind == GEN_BIND_FRESH && fit < b->number) {
            return complain(src, "too few rows have all the columns that this needs", src->s,
                            src->n);
        }
    }
    return W2B_OK;
}

static w2b_err compile_pattern(struct source *src)
{
    gen_world *world = src->world;
    gen_pattern *const pattern = &src->pattern;
    *pattern = (gen_pattern){.first_op = (uint32_t)world->n_ops, .line = src->line};
    src->at = 0;
    w2b_err err = W2B_OK;
    while (src->at < src->n && err == W2B_OK) {
        const int glue = src->at > 0 && src->s[src->at] != ' ' && src->s[src->at - 1] != ' ';
        while (src->at < src->n && src->s[src->at] == ' ') {
            src->at++;
        }
        if (src->at < src->n) {
            const char c = src->s[src->at];
            err = c == '{' || c == '[' ? compile_bracket(src, glue) : compile_literal(src, glue);
        }
    }
    if (err == W2B_OK) {
        err = check_binds(src);
    }
    if (err != W2B_OK) {
        return err;
    }
    pattern->bytes = pattern_bytes(world, pattern);
    world->longest = pattern->bytes > world->longest ? pattern->bytes : world->longest;
    if (w2b_grow((void **)&world->patterns, &world->room_patterns, world->n_patterns + 1,
                 sizeof *world->patterns) != 0) {
        return w2b_fail_memory(src->diag, sizeof *pattern, "a pattern");
    }
    world->patterns[world->n_patterns++] = *pattern;
    world->sections[world->n_sections - 1].n++;
    return W2B_OK;
}

/* "== name table weight" */
static w2b_err begin_section(struct source *src)
{
    gen_world *world = src->world;
    char line[128], table[GEN_NAME] = "";
    gen_section section = {.table = GEN_NONE, .first = (uint32_t)world->n_patterns};
    if (src->n < sizeof line) {
        memcpy(line, src->s, src->n);
        line[src->n] = 0;
    }
    unsigned weight = 0;
    if (src->n >= sizeof line ||
        sscanf(line, "== %23[a-z] %23s %5u", section.name, table, &weight) != 3) {
        return complain(src, "expected \"== name table weight\"", src->s, src->n);
    }
    section.weight = weight;
    if (strcmp(table, "-") != 0) {
        section.table = gen_table_find(world, table, strlen(table));
        if (section.table == GEN_NONE) {
            return complain(src, "no table of that name", src->s, src->n);
        }
    }
    if (strcmp(section.name, "opener") == 0) {
        world->openers = (uint32_t)world->n_sections;
    } else if (strcmp(section.name, "general") == 0) {
        world->general = (uint32_t)world->n_sections;
    }
    if (w2b_grow((void **)&world->sections, &world->room_sections, world->n_sections + 1,
                 sizeof *world->sections) != 0) {
        return w2b_fail_memory(src->diag, sizeof section, "a section");
    }
    world->sections[world->n_sections++] = section;
    world->total_weight += section.weight;
    src->main_table = section.table;
    return W2B_OK;
}

/* Nonzero if row `r` has what the pattern wants of the paragraph's own row. */
static int row_fits(const gen_world *world, const gen_pattern *pattern, uint32_t r)
{
    for (uint32_t i = 0; i < pattern->n_binds; i++) {
        const gen_bind *b = &pattern->binds[i];
        const gen_table *table = &world->tables[b->table];
        if (b->kind == GEN_BIND_MAIN && (table->present[r] & b->needs) != b->needs) {
            return 0;
        }
        if (b->kind == GEN_BIND_PEER) {
            uint32_t fit = 0;
            for (uint32_t k = 0; k < table->peer_count[r]; k++) {
                const uint32_t p = table->peers[table->peer_first[r] + k];
                fit += p != r && (table->present[p] & b->needs) == b->needs;
            }
            if (fit == 0) {
                return 0;
            }
        }
    }
    return 1;
}

/* Whatever paragraph is begun, there is something to say in it; so writing
 * never searches in vain. */
static w2b_err check_sections(struct source *src)
{
    const gen_world *world = src->world;
    for (size_t i = 0; i < world->n_sections; i++) {
        const gen_section *section = &world->sections[i];
        const uint32_t rows =
            section->table == GEN_NONE ? 1 : world->tables[section->table].n_rows;
        for (uint32_t r = 0; r < rows; r++) {
            uint32_t fit = 0;
            for (uint32_t k = 0; k < section->n; k++) {
                fit += row_fits(world, &world->patterns[section->first + k], r) != 0;
            }
            if (fit == 0) {
                return w2b_fail_at(src->diag, W2B_ERR_FORMAT, src->path, W2B_NOWHERE, W2B_NOWHERE,
                                   "no pattern of section \"%s\" suits row %u of its table",
                                   section->name, r + 1);
            }
        }
    }
    if (world->total_weight == 0) {
        return w2b_fail_at(src->diag, W2B_ERR_FORMAT, src->path, W2B_NOWHERE, W2B_NOWHERE,
                           "no section has a weight");
    }
    return W2B_OK;
}

w2b_err gen_patterns_load(gen_world *world, const char *folder, w2b_diag *diag)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/patterns.txt", folder) >= (int)sizeof path) {
        return w2b_fail(diag, W2B_ERR_LIMIT, "the name of the folder is too long");
    }
    char *text = NULL;
    size_t size = 0;
    w2b_err err = gen_file_read(world, path, &text, &size, diag);
    struct source src = {
        .world = world, .path = path, .main_table = GEN_NONE, .diag = diag};
    for (size_t from = 0, to; from < size && err == W2B_OK; from = to + 1) {
        const char *end = memchr(text + from, '\n', size - from);
        to = end != NULL ? (size_t)(end - text) : size;
        src.line++;
        src.s = text + from;
        src.n = to - from;
        if (src.n == 0 || src.s[0] == '#') {
            continue;
        }
        if (src.s[0] == '=') {
            err = begin_section(&src);
        } else if (world->n_sections == 0) {
            err = complain(&src, "a pattern before the first section", src.s, src.n);
        } else {
            err = compile_pattern(&src);
        }
    }
    return err == W2B_OK ? check_sections(&src) : err;
}
