/*
 * gen.h - the parts of the corpus generator.
 *
 * Text comes from tables of facts (tables/NAME.tsv) and sentence patterns
 * (tables/patterns.txt); README.txt beside them describes both forms. The same
 * seed gives the same bytes on every machine and with any number of threads.
 */
#ifndef W2B_DATA_GEN_H
#define W2B_DATA_GEN_H

#include <stddef.h>
#include <stdint.h>

#include "io/base.h"
#include "quant/num.h"

/* Words of a cell or of a pattern: a-z and single spaces, without a zero at
 * the end. Points into the file that it was read from. */
typedef struct gen_text {
    const char *s;
    uint32_t bytes;
    uint16_t words;
    uint16_t an;          /* nonzero: "an" goes before it, else "a" */
} gen_text;

/* A run of texts to choose from. */
typedef struct gen_list {
    uint32_t first;
    uint32_t n;
} gen_list;

/* What stands for a man and for a woman; both the same in most cells. */
typedef struct gen_cell {
    gen_list sex[2];
} gen_cell;

#define GEN_MAX_COLUMNS 24
#define GEN_MAX_TABLES 48
#define GEN_NAME 24
#define GEN_NONE UINT32_MAX

typedef struct gen_table {
    char name[GEN_NAME];
    char columns[GEN_MAX_COLUMNS][GEN_NAME];
    uint32_t n_columns;
    uint32_t group;       /* the column marked *, or GEN_NONE */
    uint32_t n_rows;
    gen_cell *cells;      /* [n_rows][n_columns] */
    uint32_t *present;    /* [n_rows], bit c: column c has a value */
    uint32_t *peers;      /* rows in order of group */
    uint32_t *peer_first; /* [n_rows], where the row's group begins there */
    uint32_t *peer_count; /* [n_rows], rows of that group, itself included */
    uint32_t *alias;      /* Walker's alias tables for Zipf's law by row */
    uint32_t *cut;
} gen_table;

typedef enum gen_op_kind { GEN_OP_CHOICE, GEN_OP_SEX, GEN_OP_CELL } gen_op_kind;

/* One piece of a sentence. */
typedef struct gen_op {
    gen_op_kind kind;
    gen_list list;        /* choice: any of them; sex: his and her text */
    uint32_t bind;        /* cell: which row of the sentence */
    uint32_t column;
    uint8_t glue;         /* no space before it */
    uint8_t article;      /* "a" or "an" before it */
    uint8_t other;        /* the other sex */
} gen_op;

typedef enum gen_bind_kind {
    GEN_BIND_MAIN,        /* the paragraph's own row */
    GEN_BIND_PEER,        /* another row of its group */
    GEN_BIND_FRESH        /* drawn for this sentence */
} gen_bind_kind;

/* A row that a sentence needs. */
typedef struct gen_bind {
    gen_bind_kind kind;
    uint32_t table;
    uint32_t number;      /* fresh: 1, 2, ... for different rows of a table */
    uint32_t needs;       /* columns that must have a value */
} gen_bind;

#define GEN_MAX_BINDS 8
#define GEN_MAX_OPS 48

typedef struct gen_pattern {
    uint32_t first_op;
    uint32_t n_ops;
    gen_bind binds[GEN_MAX_BINDS];
    uint32_t n_binds;
    uint32_t bytes;       /* no sentence from it is longer */
    uint64_t line;        /* in patterns.txt */
} gen_pattern;

/* Patterns of one kind of paragraph. */
typedef struct gen_section {
    char name[GEN_NAME];
    uint32_t table;       /* of the paragraph's own row, or GEN_NONE */
    uint32_t weight;      /* share of paragraphs */
    uint32_t first;
    uint32_t n;
} gen_section;

/* A question set to be drawn from a table: see tables/README.txt. */
typedef struct gen_quiz {
    char kind[GEN_NAME];
    char name[GEN_NAME];
    uint32_t table;       /* or GEN_NONE */
    uint32_t column[2];
    uint32_t other[2];    /* nonzero: the other sex of that column */
    uint32_t count;
    double score;
} gen_quiz;

#define GEN_MAX_QUIZZES 96

/* Everything that was read; immutable afterwards. */
typedef struct gen_world {
    gen_table tables[GEN_MAX_TABLES];
    uint32_t n_tables;
    gen_text *texts;
    size_t n_texts, room_texts;
    gen_op *ops;
    size_t n_ops, room_ops;
    gen_pattern *patterns;
    size_t n_patterns, room_patterns;
    gen_section *sections;
    size_t n_sections, room_sections;
    uint32_t total_weight;
    uint32_t openers;     /* section of that name, or GEN_NONE */
    uint32_t general;     /* likewise */
    uint32_t longest;     /* bytes of the longest sentence possible */
    gen_quiz quizzes[GEN_MAX_QUIZZES];
    uint32_t n_quizzes;
    char **files;         /* contents that the texts point into */
    size_t n_files, room_files;
} gen_world;

/* Reads a folder of tables. Release with gen_world_free, also after an
 * error. */
w2b_err gen_world_load(gen_world *world, const char *folder, w2b_diag *diag);
void gen_world_free(gen_world *world);

/* The parts of it. `path` is for messages. */
w2b_err gen_file_read(gen_world *world, const char *path, char **text,
                      size_t *size, w2b_diag *diag);
w2b_err gen_tables_load(gen_world *world, const char *folder, w2b_diag *diag);
w2b_err gen_patterns_load(gen_world *world, const char *folder,
                          w2b_diag *diag);
w2b_err gen_quizzes_load(gen_world *world, const char *folder,
                         w2b_diag *diag);

/* Adds a text; -1 if memory is short. `bytes` may be 0. */
int gen_text_add(gen_world *world, const char *s, size_t bytes);

/* Number of the table, or of a column, of that name; GEN_NONE if there is
 * none. The names need no zero at the end. */
uint32_t gen_table_find(const gen_world *world, const char *name, size_t n);
uint32_t gen_column_find(const gen_table *table, const char *name, size_t n);

static inline const gen_cell *gen_cell_at(const gen_table *table, uint32_t row,
                                          uint32_t column)
{
    return &table->cells[(size_t)row * table->n_columns + column];
}

/* A row by Zipf's law: the first rows of a table are the frequent ones. */
static inline uint32_t gen_row_draw(const gen_table *table, w2b_rng *rng)
{
    const uint64_t u = w2b_rng_next(rng);
    const uint32_t i = (uint32_t)(((u >> 32) * table->n_rows) >> 32);
    return (uint32_t)u < table->cut[i] ? i : table->alias[i];
}

/* Writes running text to `path`, "-" for standard output: `words` words, and
 * those that end the last sentence. */
w2b_err gen_write_text(const gen_world *world, uint64_t words, uint64_t seed,
                       const char *path, int replace, w2b_diag *diag);

/* Writes analogy questions or similarity pairs. */
w2b_err gen_write_analogies(const gen_world *world, uint64_t seed,
                            const char *path, int replace, w2b_diag *diag);
w2b_err gen_write_pairs(const gen_world *world, uint64_t seed,
                        const char *path, int replace, w2b_diag *diag);

#endif
