/*
 * code.h - how a row of numbers becomes a row of codes and back.
 *
 * A method is a row of a table (scheme.h). Whatever the method, a row of `dim`
 * numbers at 1 to 8 bits is `stride` bytes of codes and one scale, a half
 * float, and stands for
 *
 *     x'[i] = unit * scale * n[i]
 *
 * where n are whole numbers in [-127, 127] that the codes say: the row in
 * working form. So products of two rows are exact integers on every machine,
 * and a cosine never needs the scale. `unit` is one power of two for the whole
 * model, which keeps the scales within the range of a half float.
 *
 * Most methods have n[i] = levels[code[i]], with dim codes of `bits` bits
 * packed without gaps in little-endian bit order: code i stands in bits
 * [i*bits, (i+1)*bits) of the row, bit j of the row being bit j%8 of byte j/8.
 * Unused bits of the last byte are zero. The levels never fall.
 *
 * Some methods turn rows before they code them, by a rotation that belongs to
 * the model. Cosines between rows are the same turned or not; vectors from
 * elsewhere must be turned before they meet the codes (w2b_code_turn), and
 * decoded rows are turned back (w2b_code_decode does).
 *
 * At 16 and 32 bits a row is dim IEEE half or single floats, little-endian,
 * with neither scale nor levels.
 *
 * From floats to codes:
 *
 *     w2b_code_init    a method at some bits
 *     w2b_code_train   learns what the method needs from a sample of rows
 *     code.unit = w2b_code_unit(largest number)
 *     w2b_code_encode  row by row, by any number of threads
 */
#ifndef W2B_QUANT_CODE_H
#define W2B_QUANT_CODE_H

#include <stddef.h>
#include <stdint.h>

typedef enum w2b_method {         /* values are part of the .w2b format */
    W2B_METHOD_FLOAT = 0,         /* 16 or 32 bits */
    W2B_METHOD_GAUSS = 1,         /* gauss.c */
    W2B_METHOD_UNIFORM = 2,       /* uniform.c */
    W2B_METHOD_GAUSS_ROTATED = 3, /* the same, rows turned (turn.c) */
    W2B_METHOD_UNIFORM_ROTATED = 4,
    W2B_METHOD_KMEANS = 5,        /* kmeans.c */
    W2B_METHOD_PQ = 6,            /* pq.c */
    W2B_METHOD_OPQ = 7,           /* opq.c */
    W2B_METHOD_RABITQ = 8,        /* rabitq.c */
    W2B_METHOD_TRANSFORM = 9      /* transform.c */
} w2b_method;

/* Rows that are turned have at most so many numbers. */
#define W2B_TURN_DIM_LIMIT 8192

struct w2b_scheme;

typedef struct w2b_code {
    const struct w2b_scheme *scheme; /* the method's row of the table */
    w2b_method method;
    uint32_t bits;         /* 1 to 8, 16, 32 */
    uint32_t dim;
    size_t stride;         /* bytes a row of codes */
    double bytes;          /* a row in a file, with its scale; where rows are
                              squeezed, what is aimed at */
    float unit;
    int8_t levels[256];    /* 1 << bits of them are used, where codes are packed
                              levels; some methods learn them */
    const uint8_t *params; /* what else was learned or drawn, in the bytes of
                              the file, aligned to 8; owned by whoever made
                              the code; NULL if the method has none */
} w2b_code;

/* Fills `code`, with unit 1 and without params. Returns 0, or -1 if there is
 * no such combination. */
int w2b_code_init(w2b_code *code, w2b_method method, uint32_t bits, uint32_t dim);

/* The same at as many bits, up to 8, as fit into `bytes` with the scale. */
int w2b_code_fit(w2b_code *code, w2b_method method, size_t bytes, uint32_t dim);

/* Sets the bytes a row of codes of a method that lets them be chosen. 0, or -1 if
 * the code cannot have rows of that size. */
int w2b_code_set_stride(w2b_code *code, size_t stride);

/* The power of two to use as unit where the largest number is `largest`. */
float w2b_code_unit(float largest);

/* Name of a method at some bits: "gauss", "uniform", "half", "float"; NULL if
 * there is none. And back: -1 if there is none. */
const char *w2b_method_name(w2b_method method, uint32_t bits);
int w2b_method_find(const char *name, w2b_method *method);

/* Whether the number of a method, as a file says it, is one of those above. */
int w2b_method_known(uint32_t method);

/* Method number i of those for 1 to 8 bits, in the order of preference among
 * equals; -1 past the last. */
int w2b_method_at(size_t i, w2b_method *method);

/* ----- Learning ----------------------------------------------------------- */

/* Rows drawn from those to be coded. */
typedef struct w2b_lesson {
    const float *rows;  /* [n][dim], finite */
    size_t n;           /* at least 1 */
    uint64_t seed;      /* of whatever the method draws */
    int threads;        /* which change nothing but the time */
} w2b_lesson;

/* More rows than this teach a method nothing. */
size_t w2b_code_sample_rows(const w2b_code *code);

/* Bytes of params of this code: 0 for methods without. */
size_t w2b_code_params_size(const w2b_code *code);

/* The same in memory, where some methods keep what follows from params behind
 * them: those of a file have to be copied. */
size_t w2b_code_params_room(const w2b_code *code);

/* Copies what code->params points to to params[w2b_code_params_room], aligned to
 * 8, completes it, and uses it from then on. */
void w2b_code_params_copy(w2b_code *code, uint8_t *params);

/* Bytes of scratch memory to learn from n rows. */
size_t w2b_code_train_room(const w2b_code *code, size_t n);

/* Learns levels, or fills params[w2b_code_params_room], and sets code->params.
 * `params` is aligned to 8, `room` (w2b_code_train_room bytes) to 64; either
 * may be NULL where its size is 0. Methods that learn nothing do nothing. */
void w2b_code_train(w2b_code *code, const w2b_lesson *lesson, uint8_t *params, void *room);

/* NULL, or what is wrong with params that were read. */
const char *w2b_code_params_check(const w2b_code *code);

/* ----- Rows --------------------------------------------------------------- */

/* x[dim] to codes[stride] and its scale. Exact: the same bytes everywhere.
 * `code` is as w2b_code_init and w2b_code_train made it, but for the unit. A
 * row of zeros has scale 0; one whose scale is beyond a half float keeps its
 * direction, not its length. Numbers beyond a half become the largest half at
 * 16 bits. Numbers should be finite: others give some row, and no harm. */
void w2b_code_encode(const w2b_code *code, const float *x, uint8_t *codes, uint16_t *scale);

/* The other way; `scale` is ignored at 16 and 32 bits. */
void w2b_code_decode(const w2b_code *code, const uint8_t *codes, uint16_t scale, float *x);

/* ----- Blocks of rows ----------------------------------------------------- */

/* Some methods store rows squeezed, a block at a time, with their scales. A row
 * of theirs is 2 * dim bytes of codes, whole numbers of 16 bits; the squares of
 * a row add up to less than 2^30. */
int w2b_code_squeezes(const w2b_code *code);

/* Room that n rows need at most, and n rows to bytes: how many. */
size_t w2b_code_squeeze_room(const w2b_code *code, size_t n);
size_t w2b_code_squeeze(const w2b_code *code, const uint8_t *codes, const uint16_t *scales,
                        size_t n, uint8_t *room, size_t size);

/* The other way. NULL, or what is wrong with the bytes. */
const char *w2b_code_expand(const w2b_code *code, const uint8_t *bytes, size_t size, size_t n,
                            uint8_t *codes, uint16_t *scales);

/* Turns a vector as rows are turned before they are coded; y != x. A copy,
 * for methods that do not turn. */
void w2b_code_turn(const w2b_code *code, const float *x, float *y);

#endif
