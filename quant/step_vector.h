/*
 * step_vector.h - the body of the vectorized training kernels, written once.
 *
 * The including file has defined, for its instruction set, mostly by vec_avx2.h or
 * vec_avx512.h:
 *     vec                       a vector of LANES floats (8 or 16)
 *     vec_zero, vec_all, vec_load, vec_store, vec_add, vec_mul, vec_div,
 *     vec_min, vec_max, vec_floor
 *     vec_fma(a, b, c)          a * b + c, rounded once
 *     vec_fnma(a, b, c)         c - a * b
 *     vec_fnms(a, b, c)         -(a * b) - c
 *     vec_power(n)              2^n for whole n
 *     vec_sign(x, a, b)         a where x >= 0, else b
 *     vec_load_some(p, n)       n floats, zeros after them
 *     vec_keep_some(x, n)       the same for a register
 *     transpose                 as w2b_step_kern has it
 *     ROWS                      rows of a product computed side by side: with
 *                               their VECS vectors as many sums as multiply-adds
 *                               are in flight (8)
 *     KEEP                      1 if a 16 by 16 matrix fits into registers
 *     INLINE                    static inline, always
 *     STEP_ISA                  the table's isa
 *
 * Sums are arrays of vectors with constant bounds, which the compiler must unroll
 * into registers: left to itself, gcc keeps them in memory.
 */
#include "quant/vec_sigmoid.h"

/* Vectors of a panel's row. */
#define VECS (16 / LANES)

INLINE vec level(w2b_loop_quant how, vec x)
{
    if (how.bits == 0)
        return x;
    const vec half = vec_all(0.5f * how.step);
    if (how.bits == 1)
        return vec_sign(x, half, vec_all(-0.5f * how.step));
    const float low = -(float)(1u << (how.bits - 1));
    const vec t = vec_floor(vec_mul(x, vec_all(1.0f / how.step)));
    return vec_fma(vec_min(vec_max(t, vec_all(low)), vec_all(-low - 1.0f)), vec_all(how.step),
                   half);
}

INLINE void quantize_as(w2b_loop_quant how, const float *x, size_t n, float *q, size_t stride,
                        size_t panels)
{
    for (size_t c = 0; c < 16 * panels; c += LANES) {
        float *to = q + c / 16 * stride + c % 16;
        const size_t live = c + LANES <= n ? LANES : c < n ? n - c : 0;
        if (live == LANES)
            vec_store(to, level(how, vec_load(x + c)));
        else
            vec_store(to, vec_keep_some(level(how, vec_load_some(x + c, live)), live));
    }
}

/* The case of one bit gets a loop of its own. */
static void quantize(w2b_loop_quant how, const float *x, size_t n, float *q, size_t stride,
                     size_t panels)
{
    if (how.bits == 1)
        quantize_as((w2b_loop_quant){1, how.step}, x, n, q, stride, panels);
    else
        quantize_as(how, x, n, q, stride, panels);
}

static void mean(const float *rows, size_t stride, size_t first, size_t end, size_t skip,
                 float scale, float *out, size_t out_stride, size_t panels)
{
    const vec by = vec_all(scale);
    for (size_t p = 0; p < panels; p++) {
        const float *panel = rows + p * stride;
        vec sum[VECS];
        for (int v = 0; v < VECS; v++)
            sum[v] = vec_zero();
        for (size_t r = first; r < end; r++)
            for (int v = 0; v < VECS && r != skip; v++)
                sum[v] = vec_add(sum[v], vec_load(panel + r * 16 + LANES * v));
        for (int v = 0; v < VECS; v++)
            vec_store(out + p * out_stride + LANES * v, vec_mul(by, sum[v]));
    }
}

static void accumulate(const float *rows, size_t stride, const unsigned *list, size_t count,
                       float by, float *out, size_t panels)
{
    const vec factor = vec_all(by);
    for (size_t p = 0; p < panels; p++) {
        const float *panel = rows + p * stride;
        vec sum[VECS];
        for (int v = 0; v < VECS; v++)
            sum[v] = vec_zero();
        for (size_t i = 0; i < count; i++)
            for (int v = 0; v < VECS; v++)
                sum[v] = vec_add(sum[v], vec_load(panel + (size_t)list[i] * 16 + LANES * v));
        for (int v = 0; v < VECS; v++) {
            float *to = out + p * 16 + LANES * v;
            vec_store(to, vec_fma(factor, sum[v], vec_load(to)));
        }
    }
}

static void pair_dots(const float *a, const float *b, float *out, int add)
{
    for (int v = 0; v < VECS; v++) {
        vec sum = add ? vec_load(out + LANES * v) : vec_zero();
        for (int j = 0; j < 16; j++)
            sum = vec_fma(vec_load(a + 16 * j + LANES * v), vec_load(b + 16 * j + LANES * v), sum);
        vec_store(out + LANES * v, sum);
    }
}

/* sum[r] += left[r] times a 16 by 16 matrix, for `rows` rows: either `right`,
 * or `kept`, its rows in registers. */
INLINE void multiply(const float *left, const float *right, const vec *kept, int rows,
                     vec sum[ROWS][VECS])
{
    UNROLL
    for (int j = 0; j < 16; j++) {
        vec row[VECS];
        UNROLL
        for (int v = 0; v < VECS; v++)
            row[v] = KEEP ? kept[j] : vec_load(right + 16 * j + LANES * v);
        UNROLL
        for (int r = 0; r < rows; r++) {
            const vec x = vec_all(left[r * 16 + j]);
            UNROLL
            for (int v = 0; v < VECS; v++)
                sum[r][v] = vec_fma(x, row[v], sum[r][v]);
        }
    }
}

INLINE void keep(const float *right, vec kept[16])
{
    UNROLL
    for (int j = 0; j < 16; j++)
        kept[j] = KEEP ? vec_load(right + 16 * j) : vec_zero();
}

INLINE void score_rows(const float *left, const float *right, const vec *kept, int rows,
                       float *out, int add)
{
    vec sum[ROWS][VECS];
    UNROLL
    for (int r = 0; r < rows; r++)
        UNROLL
        for (int v = 0; v < VECS; v++)
            sum[r][v] = add ? vec_load(out + r * 16 + LANES * v) : vec_zero();
    multiply(left, right, kept, rows, sum);
    UNROLL
    for (int r = 0; r < rows; r++)
        UNROLL
        for (int v = 0; v < VECS; v++)
            vec_store(out + r * 16 + LANES * v, sum[r][v]);
}

static void scores(const float *rows, size_t n, const float *b, float *out, int add)
{
    vec kept[16];
    keep(b, kept);
    size_t y = 0;
    for (; y + ROWS <= n; y += ROWS)
        score_rows(rows + y * 16, b, kept, ROWS, out + y * 16, add);
    for (; y < n; y++)
        score_rows(rows + y * 16, b, kept, 1, out + y * 16, add);
}

INLINE void spread_rows(const float *g, const float *by, const float *right, int rows,
                        float *const *latent, size_t column)
{
    vec sum[ROWS][VECS];
    UNROLL
    for (int r = 0; r < rows; r++)
        UNROLL
        for (int v = 0; v < VECS; v++)
            sum[r][v] = vec_zero();
    vec kept[16];
    keep(right, kept);
    multiply(g, right, kept, rows, sum);
    UNROLL
    for (int r = 0; r < rows; r++)
        UNROLL
        for (int v = 0; v < VECS; v++) {
            float *to = latent[r] + column + LANES * v;
            vec_store(to, vec_fma(vec_all(by[r]), sum[r][v], vec_load(to)));
        }
}

/* A few rows at a time from their begin to their end, which is the order in
 * which they are fetched fastest. */
static void spread(const float *g, const float *by, size_t n, const float *rows, size_t stride,
                   float *const *latent, size_t panels)
{
    size_t y = 0;
    for (; y + ROWS <= n; y += ROWS)
        for (size_t p = 0; p < panels; p++)
            spread_rows(g + y * 16, by + y, rows + p * stride, ROWS, latent + y, p * 16);
    for (; y < n; y++)
        for (size_t p = 0; p < panels; p++)
            spread_rows(g + y * 16, by + y, rows + p * stride, 1, latent + y, p * 16);
}

static void spread_diagonal(const float *g, const float *by, size_t n, const float *rows,
                            size_t stride, float *const *latent, size_t panels)
{
    for (size_t i = 0; i < n; i++) {
        const vec factor = vec_all(g[i] * by[i]);
        for (size_t p = 0; p < panels; p++)
            for (int v = 0; v < VECS; v++) {
                float *to = latent[i] + p * 16 + LANES * v;
                const vec row = vec_load(rows + p * stride + i * 16 + LANES * v);
                vec_store(to, vec_fma(factor, row, vec_load(to)));
            }
    }
}

/* Rows i to i + ROWS of the output. */
INLINE void gather_rows(const float *diagonal, const float *paired, const float *g,
                        const float *rows, size_t n, float *out, int i)
{
    vec sum[ROWS][VECS];
    UNROLL
    for (int r = 0; r < ROWS; r++)
        UNROLL
        for (int v = 0; v < VECS; v++)
            sum[r][v] = diagonal ? vec_fma(vec_all(diagonal[i + r]),
                                           vec_load(paired + (i + r) * 16 + LANES * v), vec_zero())
                                 : vec_zero();
    for (size_t y = 0; y < n; y++) {
        vec right[VECS];
        UNROLL
        for (int v = 0; v < VECS; v++)
            right[v] = vec_load(rows + y * 16 + LANES * v);
        UNROLL
        for (int r = 0; r < ROWS; r++) {
            const vec x = vec_all(g[y * 16 + i + r]);
            UNROLL
            for (int v = 0; v < VECS; v++)
                sum[r][v] = vec_fma(x, right[v], sum[r][v]);
        }
    }
    UNROLL
    for (int r = 0; r < ROWS; r++)
        UNROLL
        for (int v = 0; v < VECS; v++)
            vec_store(out + (i + r) * 16 + LANES * v, sum[r][v]);
}

static void gather(const float *diagonal, const float *paired, const float *g, const float *rows,
                   size_t n, float *out)
{
    for (int i = 0; i < 16; i += ROWS)
        gather_rows(diagonal, paired, g, rows, n, out, i);
}

static void gradient(const float *partials, size_t groups, size_t stride, const float *want,
                     const float *mass, float rate, float *s, float *grad, size_t n)
{
    const vec by = vec_all(rate);
    for (size_t i = 0; i < n; i += LANES) {
        vec sum = vec_zero();
        for (size_t k = 0; k < groups; k++)
            sum = vec_add(sum, vec_load(partials + k * stride + i));
        vec_store(s + i, sum);
        const vec error = vec_fnma(vec_load(mass + i), sigmoid(sum), vec_load(want + i));
        vec_store(grad + i, vec_mul(by, error));
    }
}

static const w2b_step_kern table = {
    .isa = STEP_ISA,
    .quantize = quantize,
    .mean = mean,
    .accumulate = accumulate,
    .transpose = transpose,
    .pair_dots = pair_dots,
    .scores = scores,
    .gather = gather,
    .spread = spread,
    .spread_diagonal = spread_diagonal,
    .gradient = gradient,
};
