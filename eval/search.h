/*
 * search.h - the inside of a search handle.
 *
 * Everything that scans a model goes one way: vectors to compare with
 * ("probes") are laid out in the working form of the model's numbers; the
 * model's rows come by in tiles that fit the cache, are unpacked once and
 * multiplied with all probes (scan.c); and a function of the caller's takes
 * the cosines of each tile (nearest rows: search.c, analogies: analogy.c).
 * Where only the best rows are wanted, a sieve over the packed codes finds the
 * few that can be among them (sift.c), and these alone go this way.
 *
 * A cosine is computed in one way only, wherever it appears:
 *
 *     (float)((double)dot * (inverse of |probe| * inverse of |row|))
 *
 * The dot is an exact integer at 1 to 8 bits, and a float sum in a fixed order
 * (scan.h) at 16 and 32, so that it is the same in a batch and alone, with any
 * number of threads and any instruction set.
 */
#ifndef W2B_EVAL_SEARCH_H
#define W2B_EVAL_SEARCH_H

#include "eval/top.h"
#include "io/model.h"
#include "quant/scan.h"

/* Cosines come in groups of so many, so that loops over them have a fixed
 * length and compilers make plain SSE of them. */
#define W2B_GROUP 16

static inline size_t w2b_groups(size_t n)
{
    return (n + W2B_GROUP - 1) / W2B_GROUP;
}

/* Rows of a part: what a thread takes at a time. */
#define W2B_PART_ROWS 2048

/* What the sieve needs in one thread: see sift.c. */
typedef struct w2b_sieved {
    uint64_t *passing; /* of each probe of a batch, or of one with a part */
    float *bars;       /* of all probes */
    uint32_t *limits;
    uint8_t *turned;   /* rows side by side, and 63 bytes more */
    uint8_t *codes;    /* of a tile of rows that passed */
    uint64_t *numbers; /* their row numbers */
    uint32_t *squares; /* and squares */
    size_t passing_room; /* bytes of each */
    size_t bars_room;
    size_t limits_room;
    size_t turned_room;
    size_t codes_room;
    size_t numbers_room;
    size_t squares_room;
} w2b_sieved;

/* Buffers of one thread, kept from scan to scan. */
typedef struct w2b_work {
    void *rows;        /* a tile of int16 or float rows */
    void *dots;        /* int32 or float, of some probes with a tile */
    float *cosines;    /* of all probes with a tile */
    double *inverses;  /* of the tile's rows */
    uint8_t *codes;    /* of a tile of rows that pass the filter */
    uint64_t *numbers; /* their row numbers */
    uint32_t *squares; /* and squares */
    w2b_sieved sieved;
    size_t rows_room;  /* bytes of each */
    size_t dots_room;
    size_t cosines_room;
    size_t inverses_room;
    size_t codes_room;
    size_t numbers_room;
    size_t squares_room;
} w2b_work;

struct w2b_search {
    const w2b_model *model;
    const w2b_code *code;
    const w2b_scan *scan;
    uint64_t words;          /* of the model */
    uint64_t rows;           /* the first so many of them are searched */
    size_t width;            /* numbers of a row in working form */
    int floating;            /* 16 or 32 bits */
    int signs;               /* 1 bit with levels -L and L: hamming will do */
    unsigned threads;
    size_t block_rows;       /* rows of a block of the model */
    size_t block_parts;      /* parts of a block; the last one is shorter */
    size_t parts;
    uint8_t *filter;         /* a bit a row that may be an answer; NULL: all */
    uint64_t passing;        /* searched rows that pass the filter */
    /* Norms of rows in working form, found when a part is first scanned, in one
     * of two forms. At 1 to 8 bits squares, but none for `signs`, whose rows are
     * all alike. Else 1 / |row|. 0: the row is zero. Below 0: the magnitude
     * holds after row_fit. */
    uint32_t *squares;       /* [rows] */
    double *inverses;        /* [rows] */
    int8_t *used;            /* a row of -1, laid out for the sieve */
    int32_t *square_table;   /* of a method with tables, once it is needed */
    uint8_t *known;          /* [parts] */
    w2b_work *works;         /* [threads] */
    double *sum;             /* [dim] scratch of w2b_probes_sum */
    void *row;               /* [width] scratch of the same */
};

/* ----- Probes ------------------------------------------------------------- */

typedef struct w2b_probes {
    size_t room;
    int as_codes;        /* all are rows, kept as codes: hamming */
    uint8_t *codes;      /* [room][stride], or NULL */
    int16_t *ints;       /* [room][width], or NULL */
    float *floats;       /* [room][width], or NULL */
    double *inverses;    /* [room] 1 / |probe|, 0 for zero */
    uint8_t *outside;    /* [room] nonzero: a vector from elsewhere, whose cosines
                            are corrected where the method can */
} w2b_probes;

/* How many probes to make room for at once, at least 3. */
size_t w2b_probes_limit(const w2b_search *search);

/* Room for `room` probes. `as_codes` asks for the cheaper form of a 1-bit
 * model, which can hold its rows only, and is ignored for other models. 0, or
 * -1 if memory is short. w2b_probes_free accepts a zeroed struct. */
int w2b_probes_make(w2b_probes *probes, const w2b_search *search, size_t room,
                    int as_codes);
void w2b_probes_free(w2b_probes *probes);

/* Sets probe i to a row of the model (any row, searched or not): exact. */
w2b_err w2b_probes_row(w2b_search *search, w2b_probes *probes, size_t i,
                       uint64_t row, w2b_diag *diag);

/* Sets probe i to the sum of unit vectors and `vector` that `query` says, its
 * rows and numbers being in range. At 1 to 8 bits it is rounded to whole
 * numbers of 16 bits, as large as the kernels can take: the largest one is at
 * most 32767, and the sum of their magnitudes times 127 below 2^31. */
w2b_err w2b_probes_sum(w2b_search *search, w2b_probes *probes, size_t i,
                       const w2b_query *query, w2b_diag *diag);

/* The cosine of two probes, not yet rounded to float. */
double w2b_probes_cosine(const w2b_search *search, const w2b_probes *probes,
                         size_t i, size_t j);

/* ----- Scanning ----------------------------------------------------------- */

/* Cosines of some rows with all probes. */
typedef struct w2b_tile {
    uint64_t first;        /* the rows are first .. first + n, */
    const uint64_t *rows;  /* [n] or, if this is not NULL, these, rising */
    size_t n;
    size_t probe;          /* the first probe, and how many: all of them, or */
    size_t n_probes;       /* one, for rows that passed its sieve */
    size_t groups;         /* of W2B_GROUP, the last one filled up with NaN */
    const float *cosines;  /* [n_probes][stride] */
    size_t stride;
} w2b_tile;

/* The number of row i of a tile. */
static inline uint64_t w2b_tile_row(const w2b_tile *tile, size_t i)
{
    return tile->rows != NULL ? tile->rows[i] : tile->first + i;
}

/* Takes one tile. Called from several threads at once, each with its own
 * number; one thread gets its tiles in any order. */
typedef void (*w2b_tile_fn)(void *user, size_t thread, const w2b_tile *tile);

/* Runs the first `n` >= 1 probes past all searched rows that pass the filter;
 * blocks of the model without such rows are not read. If `tops` is not NULL,
 * rows may be left out whose cosine with probe i is below the floor of the
 * thread's collector i. If several blocks of the model are damaged, the error
 * is that of the first one. */
w2b_err w2b_search_scan(w2b_search *search, const w2b_probes *probes, size_t n,
                        const w2b_tops *tops, w2b_tile_fn take, void *user, w2b_diag *diag);

/* ----- The sieve (sift.c) ------------------------------------------------- */

/* Probes in 8 bits. */
typedef struct w2b_sift {
    size_t n;
    size_t room;         /* bytes of a laid-out probe */
    int8_t *laid;        /* [n][room], or for a batch */
    int8_t *plain;       /* [n][width] and */
    int32_t *sums;       /* [n], or */
    uint8_t *entries;    /* [n][steps][16] in pages, */
    size_t entries_room;
    int32_t *units;      /* [n] and */
    int32_t *least;      /* [n], as in w2b_sieve_tables */
    uint8_t *codes;      /* [n][whole], or NULL: the same for probes as codes */
    size_t whole;        /* stride, up to a multiple of 8 */
    double *lengths;     /* [n] |probe| and */
    double *misses;      /* [n] what rounding took from it at most, both in units
                            of its 8-bit numbers; a length of 0: no bar */
    int batch;           /* a kernel for many probes is worth it */
} w2b_sift;

/* Some rows of codes. */
typedef struct w2b_some_rows {
    const uint8_t *codes;
    const uint32_t *squares;  /* NULL: as search->signs */
    size_t n;
} w2b_some_rows;

/* Rows that are sifted at once, at the most, and unpacked for it. */
#define W2B_SIFT_BATCH_ROWS 512
#define W2B_SIFT_UNPACK_ROWS 64

/* Whether rows of this model can be sifted. */
int w2b_sift_can(const w2b_search *search);

/* 0, or -1 if memory is short. w2b_sift_free accepts a zeroed struct. */
int w2b_sift_make(w2b_sift *sift, const w2b_search *search, const w2b_probes *probes, size_t n);
void w2b_sift_free(w2b_sift *sift);

/* Buffers of one thread; `work->dots` has room for W2B_PART_ROWS numbers, and
 * work->rows, unless probes are codes, for W2B_SIFT_UNPACK_ROWS rows. */
int w2b_sift_fit(const w2b_sift *sift, const w2b_search *search, w2b_work *work, size_t tile);

/* Bits of the rows that may reach top[p].floor to work->sieved.passing, for
 * probe p of a sift that is no batch, of up to W2B_PART_ROWS rows; and of up to
 * W2B_SIFT_BATCH_ROWS rows for all probes of a batch, one after the other,
 * w2b_sieve_words(n) words each. */
void w2b_sift_one(const w2b_sift *sift, const w2b_search *search, w2b_work *work, size_t p,
                  const w2b_top *top, const w2b_some_rows *rows);
void w2b_sift_batch(const w2b_sift *sift, const w2b_search *search, w2b_work *work,
                    const w2b_top *top, const w2b_some_rows *rows);

/* squares[n] of rows of codes, at 1 to 8 bits, by way of work->rows, which has
 * room for `tile` of them. */
void w2b_rows_squares(const w2b_search *search, w2b_work *work, size_t tile,
                      const uint8_t *codes, size_t n, uint32_t *squares);

/* Numbers of a table of this model's method, where few probes are better met by
 * tables than by unpacked rows; 0: they are not. */
size_t w2b_rows_table(const w2b_search *search);

/* Bytes of a row in working form. */
size_t w2b_row_bytes(const w2b_search *search);

/* Brings a float row whose square leaves the range of floats into it, by a
 * power of two, which changes no cosine. A row that is not finite becomes
 * zero: no reader makes such rows, but a file may hold them. */
void w2b_row_fit(float *row, size_t width);

/* 1 / |row| of a row in working form, 0 for one of zeros. A float row whose square
 * leaves the range of floats is fitted into it; the result is below zero then. */
double w2b_row_inverse_int(const w2b_search *search, const int16_t *row);
double w2b_row_inverse_float(const w2b_search *search, float *row);

/* Of a model with signs: 1 / |row|, of any row, and the dot product of two from
 * the bits in which they differ. */
double w2b_sign_inverse(const w2b_search *search);
int32_t w2b_sign_dot(const w2b_search *search, uint32_t differing);

/* Codes to working form. */
void w2b_rows_unpack(const w2b_search *search, const uint8_t *codes, size_t n, void *rows);

/* Makes `*buffer`, a pointer of any type, hold `count` things of `size` bytes,
 * zeros at first. 0, or -1 if memory is short. */
int w2b_buffer_fit(void *buffer, size_t *room, size_t count, size_t size);

/* Whether one of a group's scores reaches `floor`. */
static inline int w2b_group_reaches(const float *scores, float floor)
{
    int any = 0;
    for (int j = 0; j < W2B_GROUP; j++) {
        any |= scores[j] >= floor;
    }
    return any;
}

#endif
