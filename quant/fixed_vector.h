/*
 * fixed_vector.h - the body of the vectorized training kernels, written once.
 *
 * The including file has defined
 *     INLINE
 *     LANES                      floats of a vector
 *     vec                        a vector of floats
 *     vec_all, vec_load, vec_store, vec_mul, vec_div, vec_min, vec_max, vec_floor
 *     vec_fma, vec_fnma, vec_fnms  a * b + c, -a * b + c, -a * b - c, rounded once
 *     vec_power(n)               2^n for whole numbers n
 *     whole                      as many bytes of whole numbers
 *     whole_zero, whole_all16, whole_all32, whole_load, whole_store
 *     whole_add16, whole_sub16, whole_add32, whole_sub32, whole_adds16 (saturating)
 *     whole_or, whole_and
 *     whole_min16, whole_max16, whole_shift16(x, n) (right, keeping the sign)
 *     whole_dot(sum, a, b)       sum += products of pairs
 *     whole_sum(x)               of its 32-bit numbers
 *     whole_low, whole_high      interleave 16-bit numbers within 16-byte lanes
 *     whole_pack                 32 to 16 bits, saturating, within the lanes
 *     to_float, to_whole         32 bits; to nearest, ties to even
 *     put_errors(x, p)           32 to 16 bits, saturating, LANES of them in order
 *     ROWS                       rows of scores computed side by side
 *     WOVEN                      the same for woven rows
 *     KEEP                       1 if 16 vectors of a matrix fit into registers
 *     transpose                  the kernel
 *     FIXED_ISA
 *
 * Sums are arrays of vectors with constant bounds, which the compiler must unroll
 * into registers.
 */
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* Vectors of 32 16-bit or of 16 32-bit numbers. */
#define VECS (16 / LANES)
/* 16-bit numbers of a vector. */
#define SHORTS (2 * LANES)

enum { PANEL = W2B_FIXED_PANEL };

/* ----- Rows ----------------------------------------------------------------- */

/* `all`: every column is in use; otherwise those from `live` on give 0. */
INLINE void quantize_as(w2b_fixed_quant quant, w2b_fixed_rows rows, size_t live, int all,
                        int running, int16_t *out)
{
    int16_t used[PANEL];
    for (size_t c = 0; c < PANEL; c++) used[c] = c < live ? -1 : 0;
    const whole one = whole_all16(1), most = whole_all16(quant.most);
    const whole least = whole_all16((short)-quant.most);
    whole sum[VECS];
    for (int v = 0; v < VECS; v++) sum[v] = whole_zero();
    for (size_t i = 0; i < rows.n; i++) {
        const int16_t *row = rows.latents + rows.rows[i] * rows.apart;
        for (int v = 0; v < VECS; v++) {
            whole x = whole_shift16(whole_load(row + SHORTS * v), (int)quant.shift);
            x = whole_max16(whole_min16(whole_or(x, one), most), least);
            if (!all) x = whole_and(x, whole_load(used + SHORTS * v));
            sum[v] = running ? whole_add16(sum[v], x) : x;
            whole_store(out + i * PANEL + (size_t)(SHORTS * v), sum[v]);
        }
    }
}

static void quantize(w2b_fixed_quant quant, const w2b_fixed_rows *rows, size_t live, int running,
                     int16_t *out)
{
    if (live < PANEL)
        quantize_as(quant, *rows, live, 0, running, out);
    else if (running)
        quantize_as(quant, *rows, live, 1, 1, out);
    else
        quantize_as(quant, *rows, live, 1, 0, out);
}

static void windows(const int16_t *sums, const w2b_fixed_window *windows, size_t n, int16_t *out)
{
    for (size_t i = 0; i < n; i++) {
        const w2b_fixed_window w = windows[i];
        for (int v = 0; v < VECS; v++) {
            const int16_t *at = sums + (size_t)(SHORTS * v);
            whole sum = whole_sub16(whole_load(at + (size_t)w.end * PANEL),
                                    whole_load(at + (size_t)w.first * PANEL));
            if (w.skip != W2B_FIXED_SKIPS_NONE) {
                const int16_t *own = at + (size_t)w.skip * PANEL;
                sum = whole_add16(whole_sub16(sum, whole_load(own + PANEL)), whole_load(own));
            }
            whole_store(out + i * PANEL + (size_t)(SHORTS * v), sum);
        }
    }
}

/* ----- Products ------------------------------------------------------------- */

static void weave(const int16_t *rows, size_t n, int32_t *out)
{
    for (size_t k = 0; k < n; k++)
        for (int v = 0; v < VECS; v++) {
            const whole a = whole_load(rows + 2 * k * PANEL + (size_t)(SHORTS * v));
            const whole b = whole_load(rows + (2 * k + 1) * PANEL + (size_t)(SHORTS * v));
            whole_store(out + k * PANEL + LANES * v, whole_low(a, b));
            whole_store(out + k * PANEL + 16 + LANES * v, whole_high(a, b));
        }
}

static void dots(const int16_t *a, const int16_t *b, size_t n, int32_t *out, int add)
{
    for (size_t at = 0; at < n * PANEL; at += SHORTS) {
        int32_t *to = out + at / 2;
        const whole sum = add ? whole_load(to) : whole_zero();
        whole_store(to, whole_dot(sum, whole_load(a + at), whole_load(b + at)));
    }
}

static void sums(const int32_t *x, size_t n, int32_t *out)
{
    for (size_t i = 0; i < n; i++) {
        whole sum = whole_load(x + 16 * i);
        UNROLL
        for (int v = 1; v < VECS; v++) sum = whole_add32(sum, whole_load(x + 16 * i + LANES * v));
        out[i] = whole_sum(sum);
    }
}

/* A pair of 16-bit numbers in every lane. */
INLINE whole pair_all(const void *pair)
{
    int32_t x;
    memcpy(&x, pair, sizeof x);
    return whole_all32(x);
}

INLINE void score_rows(const int16_t *left, const int32_t *right, const whole *kept, int rows,
                       int32_t *out, int add)
{
    whole sum[ROWS][VECS];
    UNROLL
    for (int r = 0; r < rows; r++) UNROLL
    for (int v = 0; v < VECS; v++)
        sum[r][v] = add ? whole_load(out + r * 16 + LANES * v) : whole_zero();
    UNROLL
    for (int j = 0; j < 16; j++) {
        whole row[VECS];
        UNROLL
        for (int v = 0; v < VECS; v++)
            row[v] = KEEP ? kept[j] : whole_load(right + 16 * j + LANES * v);
        UNROLL
        for (int r = 0; r < rows; r++) {
            const whole x = pair_all(left + r * PANEL + 2 * j);
            UNROLL
            for (int v = 0; v < VECS; v++) sum[r][v] = whole_dot(sum[r][v], x, row[v]);
        }
    }
    UNROLL
    for (int r = 0; r < rows; r++) UNROLL
    for (int v = 0; v < VECS; v++) whole_store(out + r * 16 + LANES * v, sum[r][v]);
}

static void scores(const int16_t *rows, size_t n, const int32_t *b, int32_t *out, int add)
{
    whole kept[16];
    UNROLL
    for (int j = 0; j < 16; j++) kept[j] = KEEP ? whole_load(b + 16 * j) : whole_zero();
    size_t y = 0;
    for (; y + ROWS <= n; y += ROWS) score_rows(rows + y * PANEL, b, kept, ROWS, out + y * 16, add);
    for (; y < n; y++) score_rows(rows + y * PANEL, b, kept, 1, out + y * 16, add);
}

/* sum[r] += the sum over p of pair r * g_row + p * g_pair of g . rows[p] */
INLINE void multiply_woven(const void *g, size_t g_row, size_t g_pair, const int32_t *rows,
                           size_t pairs, int n, whole sum[WOVEN][2][VECS])
{
    for (size_t p = 0; p < pairs; p++) {
        whole right[2][VECS];
        UNROLL
        for (int h = 0; h < 2; h++) UNROLL
        for (int v = 0; v < VECS; v++)
            right[h][v] = whole_load(rows + p * PANEL + (size_t)(16 * h + LANES * v));
        UNROLL
        for (int r = 0; r < n; r++) {
            const whole x = pair_all((const char *)g + 4 * ((size_t)r * g_row + p * g_pair));
            UNROLL
            for (int h = 0; h < 2; h++) UNROLL
            for (int v = 0; v < VECS; v++) sum[r][h][v] = whole_dot(sum[r][h][v], x, right[h][v]);
        }
    }
}

static void gather(const int32_t *diagonal, const int32_t *paired, const int32_t *g,
                   const int32_t *rows, size_t pairs, int32_t *out)
{
    for (int i = 0; i < 16; i += WOVEN) {
        whole sum[WOVEN][2][VECS];
        UNROLL
        for (int r = 0; r < WOVEN; r++) UNROLL
        for (int h = 0; h < 2; h++) UNROLL
        for (int v = 0; v < VECS; v++) {
            const int32_t *own = paired + (i + r) / 2 * PANEL + 16 * h + LANES * v;
            sum[r][h][v] =
                diagonal ? whole_dot(whole_zero(), pair_all(diagonal + i + r), whole_load(own))
                         : whole_zero();
        }
        multiply_woven(g + i, 1, 16, rows, pairs, WOVEN, sum);
        UNROLL
        for (int r = 0; r < WOVEN; r++) UNROLL
        for (int h = 0; h < 2; h++) UNROLL
        for (int v = 0; v < VECS; v++)
            whole_store(out + (i + r) * PANEL + 16 * h + LANES * v, sum[r][h][v]);
    }
}

/* ----- Updates -------------------------------------------------------------- */

/* Within 32 bits, since the scale is small. */
INLINE whole step_of(whole sum, vec scale, const float *noise)
{
    return to_whole(vec_fma(to_float(sum), scale, vec_load(noise)));
}

/* Moves panel p of row i. Structures come by value: the compiler cannot know that none
 * of their numbers is changed with the latents. */
INLINE void move(whole sum[2][VECS], w2b_fixed_rows to, size_t i, size_t p)
{
    const float *noise = to.noise + w2b_fixed_noise_at(&to, i, p);
    int16_t *latent = to.latents + to.rows[i] * to.apart + p * PANEL;
    const vec scale = vec_all(to.steps[i].scale);
    UNROLL
    for (int v = 0; v < VECS; v++) {
        const whole low = step_of(sum[0][v], scale, noise + LANES * v);
        const whole high = step_of(sum[1][v], scale, noise + 16 + LANES * v);
        whole_store(latent + SHORTS * v,
                    whole_adds16(whole_load(latent + SHORTS * v), whole_pack(low, high)));
    }
}

INLINE void spread_rows(const int16_t *g, size_t pairs, const int32_t *rows, int n,
                        w2b_fixed_rows to, size_t y, size_t p)
{
    whole sum[WOVEN][2][VECS];
    UNROLL
    for (int r = 0; r < n; r++) UNROLL
    for (int h = 0; h < 2; h++) UNROLL
    for (int v = 0; v < VECS; v++) sum[r][h][v] = whole_zero();
    multiply_woven(g + 2 * y * pairs, pairs, 1, rows, pairs, n, sum);
    UNROLL
    for (int r = 0; r < n; r++) move(sum[r], to, y + (size_t)r, p);
}

/* A few rows at a time from their begin to their end, which is the order in
 * which they are fetched fastest. */
static void spread(const int16_t *g, size_t pairs, const int32_t *rows, size_t stride,
                   const w2b_fixed_rows *which)
{
    const w2b_fixed_rows to = *which;
    size_t y = 0;
    for (; y + WOVEN <= to.n; y += WOVEN)
        for (size_t p = 0; p < to.panels; p++)
            spread_rows(g, pairs, rows + p * stride, WOVEN, to, y, p);
    for (; y < to.n; y++)
        for (size_t p = 0; p < to.panels; p++)
            spread_rows(g, pairs, rows + p * stride, 1, to, y, p);
}

static void spread_own(const int32_t *g, const int32_t *rows, size_t stride,
                       const w2b_fixed_rows *which)
{
    const w2b_fixed_rows to = *which;
    for (size_t y = 0; y < to.n; y++) {
        const whole pair = whole_all32(g[y]);
        for (size_t p = 0; p < to.panels; p++) {
            const int32_t *row = rows + p * stride + y / 2 * PANEL;
            whole sum[2][VECS];
            UNROLL
            for (int h = 0; h < 2; h++) UNROLL
            for (int v = 0; v < VECS; v++)
                sum[h][v] = whole_dot(whole_zero(), pair, whole_load(row + 16 * h + LANES * v));
            move(sum, to, y, p);
        }
    }
}

/* sums[k] = the sum of the first k of some rows, k <= n. */
INLINE void running_sums(const int32_t *rows, const uint8_t *which, size_t n, int32_t *sums)
{
    whole sum[2 * VECS];
    UNROLL
    for (int v = 0; v < 2 * VECS; v++) sum[v] = whole_zero();
    for (size_t k = 0;; k++) {
        UNROLL
        for (int v = 0; v < 2 * VECS; v++) whole_store(sums + k * PANEL + LANES * v, sum[v]);
        if (k == n)
            return;
        const int32_t *row = rows + (size_t)which[k] * PANEL;
        UNROLL
        for (int v = 0; v < 2 * VECS; v++)
            sum[v] = whole_add32(sum[v], whole_load(row + LANES * v));
    }
}

/* Sums up to each begin and each end make every row the same work: following lists of
 * who begins and ends where, processors guess wrong, twice a position. */
static void contexts(const int32_t *rows, const w2b_fixed_spans *which,
                     const w2b_fixed_rows *moved)
{
    static const _Alignas(64) int32_t none[PANEL];
    _Alignas(64) int32_t begun[(W2B_FIXED_INPUTS + 1) * PANEL];
    _Alignas(64) int32_t ended[(W2B_FIXED_INPUTS + 1) * PANEL];
    const w2b_fixed_spans spans = *which;
    const w2b_fixed_rows to = *moved;
    running_sums(rows, spans.by_begin, spans.inputs, begun);
    running_sums(rows, spans.by_end, spans.inputs, ended);
    for (size_t q = 0; q < to.n; q++) {
        const size_t own = spans.own[q];
        const int32_t *left_out = own == W2B_FIXED_NONE ? none : rows + own * PANEL;
        const int32_t *begin = begun + (size_t)spans.begun[q] * PANEL;
        const int32_t *end = ended + (size_t)spans.ended[q] * PANEL;
        whole sum[2][VECS];
        UNROLL
        for (int h = 0; h < 2; h++) UNROLL
        for (int v = 0; v < VECS; v++) {
            const int at = 16 * h + LANES * v;
            sum[h][v] = whole_sub32(whole_sub32(whole_load(begin + at), whole_load(end + at)),
                                    whole_load(left_out + at));
        }
        move(sum, to, q, 0);
    }
}

/* ----- Errors --------------------------------------------------------------- */

/* See the scalar kernel for the method. */
INLINE vec sigmoid(vec x)
{
    x = vec_min(vec_max(x, vec_all(-80.0f)), vec_all(80.0f));
    const vec n = vec_floor(vec_fnma(x, vec_all(W2B_FIXED_LOG2E), vec_all(0.5f)));
    vec r = vec_fnms(n, vec_all(W2B_FIXED_LN2_HIGH), x);
    r = vec_fnma(n, vec_all(W2B_FIXED_LN2_LOW), r);
    vec p = vec_all(W2B_FIXED_EXP6);
    p = vec_fma(p, r, vec_all(W2B_FIXED_EXP5));
    p = vec_fma(p, r, vec_all(W2B_FIXED_EXP4));
    p = vec_fma(p, r, vec_all(W2B_FIXED_EXP3));
    p = vec_fma(p, r, vec_all(W2B_FIXED_EXP2));
    p = vec_fma(p, r, vec_all(1.0f));
    p = vec_fma(p, r, vec_all(1.0f));
    return vec_div(vec_all(1.0f), vec_fma(p, vec_power(n), vec_all(1.0f)));
}

static void errors(const int32_t *partials, size_t parts, size_t stride, const float by[16],
                   const float *want, const float *mass, float *s, float *error, size_t n)
{
    for (size_t i = 0; i < 16 * n; i += LANES) {
        whole sum = whole_zero();
        for (size_t k = 0; k < parts; k++)
            sum = whole_add32(sum, whole_load(partials + k * stride + i));
        const vec x = vec_mul(vec_load(by + i % 16), to_float(sum));
        vec_store(s + i, x);
        vec_store(error + i, vec_fnma(vec_load(mass + i), sigmoid(x), vec_load(want + i)));
    }
}

static void round_rows(const float *x, const float by[16], int16_t *out, size_t row_stride,
                       size_t n)
{
    for (size_t i = 0; i < 16 * n; i += LANES) {
        const vec y = vec_mul(vec_load(x + i), vec_load(by + i % 16));
        put_errors(to_whole(vec_min(y, vec_all(32767.0f))), out + i / 16 * row_stride + i % 16);
    }
}

static const w2b_fixed_kern table = {
    .isa = FIXED_ISA,
    .quantize = quantize,
    .windows = windows,
    .weave = weave,
    .transpose = transpose,
    .dots = dots,
    .sums = sums,
    .scores = scores,
    .gather = gather,
    .spread = spread,
    .spread_own = spread_own,
    .contexts = contexts,
    .errors = errors,
    .round = round_rows,
};
