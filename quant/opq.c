/*
 * opq.c - optimized product quantization (Ge et al. 2013): the rows are rotated
 * so that product quantization loses least.
 *
 * Rotation and centroids are learned in turn. Given the decoded rows y of rows
 * x, the rotation R that brings x nearest to y is the orthogonal factor of the
 * polar decomposition of C = sum y x' (the orthogonal Procrustes problem). The
 * usual way there is a singular value decomposition; ours is the iteration of
 * Newton and Schulz, R <- (3 R - R R' R) / 2, which needs products of matrices
 * alone and comes to the same factor. It starts from C + e R0, R0 being the
 * rotation before and e small, so that directions in which the sample does not
 * vary keep their rotation instead of none.
 *
 * params: float [dim][dim], number [j][i] being what number j of a row adds to
 * number i of the rotated row; then a book (pq.h).
 */
#include <math.h> /* sqrt alone: exact by IEEE 754 */
#include <string.h>

#include "quant/pq.h"
#include "quant/turn.h"

#define DIM_LIMIT 2048
#define SAMPLE_ROWS 8192
#define ROUNDS 16         /* of rotation and centroids in turn */
#define LAST_ROUNDS 10    /* of k-means behind the last rotation */
#define POLAR_ROUNDS 60
#define POLAR_TOLERANCE 1e-9
#define POLAR_FLOOR 1e-3  /* e, in parts of the mean singular value */

/* Where a file's rotation may not be orthogonal to the last digit. */
#define ORTHOGONAL_TOLERANCE 1e-3

static const float *matrix_of(const w2b_code *code)
{
    return (const float *)(const void *)code->params;
}

static size_t matrix_size(const w2b_code *code)
{
    return (size_t)code->dim * code->dim * sizeof(float);
}

static const uint8_t *book_of(const w2b_code *code)
{
    return code->params + matrix_size(code);
}

/* ----- Rotations ---------------------------------------------------------- */

static void rotate(const float *matrix, uint32_t dim, const float *x, float *y)
{
    memset(y, 0, dim * sizeof *y);
    for (uint32_t j = 0; j < dim; j++, matrix += dim)
        for (uint32_t i = 0; i < dim; i++)
            y[i] += x[j] * matrix[i];
}

/* Four sums, number i to sum i % 4: a fixed order. */
static void rotate_back(const float *matrix, uint32_t dim, const float *x, float *y)
{
    for (uint32_t j = 0; j < dim; j++, matrix += dim) {
        float part[4] = {0};
        uint32_t i = 0;
        for (; i + 4 <= dim; i += 4)
            for (int l = 0; l < 4; l++)
                part[l] += x[i + (uint32_t)l] * matrix[i + (uint32_t)l];
        for (int l = 0; i < dim; i++, l++)
            part[l] += x[i] * matrix[i];
        y[j] = (part[0] + part[2]) + (part[1] + part[3]);
    }
}

static void turn(const w2b_code *code, const float *x, float *y)
{
    rotate(matrix_of(code), code->dim, x, y);
}

static void turn_back(const w2b_code *code, const float *x, float *y)
{
    rotate_back(matrix_of(code), code->dim, x, y);
}

/* ----- Learning ----------------------------------------------------------- */

typedef struct learner {
    const w2b_code *code;
    const w2b_lesson *lesson;
    size_t n, dim;
    float *rows, *rotated;    /* [n][dim] */
    float *centroids;         /* [dim][256] */
    float *matrix;            /* [dim][dim], the rotation so far */
    double *polar, *next, *square; /* [dim][dim] */
} learner;

static void rotate_rows(learner *l)
{
#pragma omp parallel for num_threads(l->lesson->threads) schedule(static)
    for (size_t row = 0; row < l->n; row++)
        rotate(l->matrix, (uint32_t)l->dim, l->rows + row * l->dim, l->rotated + row * l->dim);
}

/* Each rotated row becomes what its centroids say. */
static void decode_rows(learner *l)
{
    const w2b_near *near = w2b_near_for(W2B_ISA_AUTO);
#pragma omp parallel for num_threads(l->lesson->threads) schedule(static)
    for (size_t row = 0; row < l->n; row++) {
        float *y = l->rotated + row * l->dim;
        for (size_t part = 0; part < l->code->stride; part++) {
            const uint32_t begin = w2b_pq_begin(l->code, part);
            const uint32_t end = w2b_pq_begin(l->code, part + 1);
            const float *own = l->centroids + (size_t)begin * W2B_PQ_CENTROIDS;
            const int k = near->floats(own, y + begin, end - begin);
            for (uint32_t i = begin; i < end; i++, own += W2B_PQ_CENTROIDS)
                y[i] = own[k];
        }
    }
}

/* polar[j][i] = sum over rows of x[j] y[i]; each thread has its own j. */
static void correlate(learner *l)
{
#pragma omp parallel for num_threads(l->lesson->threads) schedule(static)
    for (size_t j = 0; j < l->dim; j++) {
        double *sum = l->polar + j * l->dim;
        memset(sum, 0, l->dim * sizeof *sum);
        for (size_t row = 0; row < l->n; row++) {
            const double x = l->rows[row * l->dim + j];
            const float *y = l->rotated + row * l->dim;
            for (size_t i = 0; i < l->dim; i++)
                sum[i] += x * y[i];
        }
    }
}

/* to = a b, or a b' where `turned`. */
static void multiply(const learner *l, const double *a, const double *b, int turned, double *to)
{
    const size_t dim = l->dim;
#pragma omp parallel for num_threads(l->lesson->threads) schedule(static)
    for (size_t j = 0; j < dim; j++) {
        double *sum = to + j * dim;
        memset(sum, 0, dim * sizeof *sum);
        for (size_t k = 0; k < dim && !turned; k++)
            for (size_t i = 0; i < dim; i++)
                sum[i] += a[j * dim + k] * b[k * dim + i];
        for (size_t i = 0; i < dim && turned; i++) {
            double part[4] = {0};
            for (size_t k = 0; k < dim; k++)
                part[k % 4] += a[j * dim + k] * b[i * dim + k];
            sum[i] = (part[0] + part[2]) + (part[1] + part[3]);
        }
    }
}

static double norm_of(const learner *l, const double *matrix)
{
    double sum = 0;
    for (size_t i = 0; i < l->dim * l->dim; i++)
        sum += matrix[i] * matrix[i];
    return sqrt(sum);
}

/* Divided by its Frobenius norm no singular value is above 1, as the iteration
 * wants it. The largest may be far below: each round brings a small one up by
 * half as much again. Returns how far the last round moved. */
static double polar_round(learner *l)
{
    const size_t count = l->dim * l->dim;
    double moved = 0;
    multiply(l, l->polar, l->polar, 1, l->square);
    multiply(l, l->square, l->polar, 0, l->next);
    for (size_t i = 0; i < count; i++) {
        const double x = 1.5 * l->polar[i] - 0.5 * l->next[i];
        moved += (x - l->polar[i]) * (x - l->polar[i]);
        l->polar[i] = x;
    }
    return moved;
}

/* The rotation that brings rows nearest to what they were decoded to. */
static void turn_matrix(learner *l)
{
    const size_t count = l->dim * l->dim;
    double norm = norm_of(l, l->polar);
    if (!(norm > 0))
        return;
    const double some = POLAR_FLOOR * norm / sqrt((double)l->dim);
    for (size_t i = 0; i < count; i++)
        l->polar[i] += some * l->matrix[i];
    norm = norm_of(l, l->polar);
    for (size_t i = 0; i < count; i++)
        l->polar[i] /= norm;
    double moved = 1;
    for (int round = 0; round < POLAR_ROUNDS && moved > POLAR_TOLERANCE; round++)
        moved = polar_round(l);
    if (!(moved <= POLAR_TOLERANCE))
        return;
    for (size_t i = 0; i < count; i++)
        l->matrix[i] = (float)l->polar[i];
}

/* The rotation to start from: a random one, as gauss-rotated has it. */
static void start_matrix(learner *l)
{
    float x[DIM_LIMIT] = {0};
    for (size_t j = 0; j < l->dim; j++) {
        x[j] = 1;
        w2b_turn(l->lesson->seed, (uint32_t)l->dim, x, l->matrix + j * l->dim);
        x[j] = 0;
    }
}

static size_t train_room(const w2b_code *code, size_t n)
{
    const size_t dim = code->dim;
    return 3 * dim * dim * sizeof(double) + (2 * n + W2B_PQ_CENTROIDS) * dim * sizeof(float);
}

static void train(w2b_code *code, const w2b_lesson *lesson, uint8_t *params, void *room)
{
    const size_t dim = code->dim;
    double *const matrices = room;
    float *const floats = (float *)(matrices + 3 * dim * dim);
    learner l = {
        .code = code,
        .lesson = lesson,
        .dim = dim,
        .rows = floats,
        .rotated = floats + lesson->n * dim,
        .centroids = floats + 2 * lesson->n * dim,
        .matrix = (float *)(void *)params,
        .polar = matrices,
        .next = matrices + dim * dim,
        .square = matrices + 2 * dim * dim,
    };
    l.n = w2b_pq_normalize(code, lesson, l.rows);
    start_matrix(&l);
    rotate_rows(&l);
    for (int round = 0; round < ROUNDS; round++) {
        w2b_pq_cluster(code, lesson, l.rotated, l.n, 2, round > 0, l.centroids);
        decode_rows(&l);
        correlate(&l);
        turn_matrix(&l);
        rotate_rows(&l);
    }
    w2b_pq_cluster(code, lesson, l.rotated, l.n, LAST_ROUNDS, 1, l.centroids);
    w2b_pq_round(code, l.centroids, params + matrix_size(code));
}

/* ----- The method --------------------------------------------------------- */

static size_t params_size(const w2b_code *code)
{
    return matrix_size(code) + w2b_pq_book_size(code);
}

/* Rows of the matrix have length 1: enough to keep decoded numbers finite. */
static const char *params_check(const w2b_code *code)
{
    const float *row = matrix_of(code);
    for (uint32_t j = 0; j < code->dim; j++, row += code->dim) {
        double squares = 0;
        for (uint32_t i = 0; i < code->dim; i++)
            squares += (double)row[i] * row[i];
        if (!(fabs(squares - 1) <= ORTHOGONAL_TOLERANCE))
            return "the rotation is none";
    }
    return w2b_pq_check(code, book_of(code));
}

static void encode(const w2b_code *code, const float *x, uint8_t *codes, uint16_t *scale)
{
    w2b_pq_encode(code, book_of(code), x, codes, scale);
}

static void decode(const w2b_code *code, const uint8_t *codes, uint16_t scale, float *x)
{
    w2b_pq_decode(code, book_of(code), codes, scale, x);
}

static void unpack(const w2b_code *code, const w2b_scan *scan, const uint8_t *codes, size_t n,
                   int16_t *rows)
{
    (void)scan;
    w2b_pq_unpack(code, book_of(code), codes, n, rows);
}

static void table(const w2b_code *code, const int16_t *row, int32_t *to)
{
    w2b_pq_table(code, book_of(code), row, to);
}

const w2b_scheme w2b_scheme_opq = {
    .method = W2B_METHOD_OPQ,
    .name = "opq",
    .least_bits = 1,
    .most_bits = 8,
    .dim_limit = DIM_LIMIT,
    .part_most = W2B_PQ_PART_MOST,
    .sample_rows = SAMPLE_ROWS,
    .params_size = params_size,
    .params_check = params_check,
    .train_room = train_room,
    .train = train,
    .encode = encode,
    .decode = decode,
    .turn = turn,
    .turn_back = turn_back,
    .unpack = unpack,
    .table = table,
    .table_dots = w2b_pq_table_dots,
};
