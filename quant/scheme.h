/*
 * scheme.h - the table of methods: one row and one file each.
 *
 * A new method is a file with a `const w2b_scheme w2b_scheme_NAME`, its line
 * in the table of code.c, a number in w2b_method, and a paragraph in
 * io/FORMAT.md. Everything else (the container, `w2b quantize`, search, the
 * choice by measured error) goes by the fields below.
 *
 * Nothing here allocates, and nothing here calls libm but sqrt: files must be
 * the same on every machine, and for any number of threads.
 */
#ifndef W2B_QUANT_SCHEME_H
#define W2B_QUANT_SCHEME_H

#include "quant/code.h"
#include "quant/scan.h"

typedef struct w2b_scheme {
    w2b_method method;
    const char *name;
    uint32_t least_bits, most_bits;
    uint32_t dim_limit;  /* 0: none but the format's */
    int has_levels;      /* rows are packed codes of `bits` bits, and `levels`
                            says what they stand for; scan.h unpacks them */
    int is_packed;       /* rows begin with packed codes at least */
    uint32_t part_most;  /* rows are bytes, each for so many numbers at most, and
                            may have fewer than `bits` would need; 0: no */
    size_t sample_rows;  /* more teach it nothing; 0: it learns nothing */

    /* Sets levels that are fixed, code->stride where rows are not packed
     * codes. NULL: neither. */
    void (*init)(w2b_code *code);

    /* As w2b_code_params_size, w2b_code_train_room, w2b_code_train,
     * w2b_code_params_check; NULL: 0, nothing. */
    size_t (*params_size)(const w2b_code *code);
    size_t (*params_room)(const w2b_code *code); /* NULL: as params_size */
    void (*params_read)(const w2b_code *code, uint8_t *params);
    size_t (*train_room)(const w2b_code *code, size_t n);
    void (*train)(w2b_code *code, const w2b_lesson *lesson, uint8_t *params, void *room);
    const char *(*params_check)(const w2b_code *code);

    /* As w2b_code_encode and w2b_code_decode, of rows that are turned. */
    void (*encode)(const w2b_code *code, const float *x, uint8_t *codes, uint16_t *scale);
    void (*decode)(const w2b_code *code, const uint8_t *codes, uint16_t scale, float *x);

    /* A rotation by code->params and its inverse, x != y. NULL: none. */
    void (*turn)(const w2b_code *code, const float *x, float *y);
    void (*turn_back)(const w2b_code *code, const float *x, float *y);

    /* n rows of codes to rows[n][w2b_scan_width(dim)] of whole numbers, zero
     * past dim. NULL where has_levels: scan->unpack does it. */
    void (*unpack)(const w2b_code *code, const w2b_scan *scan, const uint8_t *codes, size_t n,
                   int16_t *rows);

    /* Where each byte of a row adds something of its own to products: table[stride][256]
     * of what it adds to those with `row`, in working form, or to the square of its own
     * row, where that is NULL; and dots[n] of rows with what a table was made for: as
     * exact as unpacked rows. NULL: there is no such thing. */
    void (*table)(const w2b_code *code, const int16_t *row, int32_t *table);
    void (*table_dots)(const w2b_code *code, const int32_t *table, const uint8_t *codes,
                       size_t n, int32_t *dots);

    /* The cosine of a row before and after, where codes keep it: cosines with
     * vectors from elsewhere are divided by it. NULL: they are not. */
    float (*kept)(const w2b_code *code, const uint8_t *codes);

    /* As w2b_code_squeeze_room and so on. NULL: rows are stored as they are. */
    size_t (*squeeze_room)(const w2b_code *code, size_t n);
    size_t (*squeeze)(const w2b_code *code, const uint8_t *codes, const uint16_t *scales,
                      size_t n, uint8_t *room, size_t size);
    const char *(*expand)(const w2b_code *code, const uint8_t *bytes, size_t size, size_t n,
                          uint8_t *codes, uint16_t *scales);
} w2b_scheme;

extern const w2b_scheme w2b_scheme_half, w2b_scheme_float;             /* floats.c */
extern const w2b_scheme w2b_scheme_gauss, w2b_scheme_gauss_rotated;     /* gauss.c */
extern const w2b_scheme w2b_scheme_uniform, w2b_scheme_uniform_rotated; /* uniform.c */
extern const w2b_scheme w2b_scheme_kmeans;                              /* kmeans.c */
extern const w2b_scheme w2b_scheme_rabitq;                              /* rabitq.c */
extern const w2b_scheme w2b_scheme_pq;                                  /* pq.c */
extern const w2b_scheme w2b_scheme_opq;                                 /* opq.c */
extern const w2b_scheme w2b_scheme_transform;                           /* transform.c */

#endif
