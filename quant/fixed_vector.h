/*
 * fixed_vector.h - the body of the vectorized fixed-point training kernels,
 * written once.
 *
 * The including file has defined, beside the vectors of floats of vec_avx2.h or
 * vec_avx512.h:
 *     whole                      as many bytes of whole numbers
 *     whole_zero, whole_all16, whole_all32, whole_load, whole_store
 *     whole_add16, whole_sub16, whole_add32, whole_sub32, whole_adds16 (saturating)
 *     whole_min16, whole_max16, whole_shift16(x, n) (right, keeping the sign)
 *     whole_dot(sum, a, b)       sum += products of pairs
 *     whole_low, whole_high      interleave 16-bit numbers within 16-byte lanes
 *     whole_pack                 32 to 16 bits, saturating, within the lanes
 *     to_float, to_whole         32 bits; to nearest, ties to even
 *     put_errors(x, p)           32 to 16 bits, saturating, LANES of them in order
 *     expand_bits(word, value)   16-bit lanes: value[] where a bit is set, else 0;
 *                                VECS vectors
 *     take_bits(x, j)            bit j of 32 16-bit lanes, x[VECS]
 *     take_signs(x)              those that are not negative
 *     ROWS                       rows of scores computed side by side
 *     WOVEN                      the same for woven rows
 *     KEEP                       1 if 16 vectors of a matrix fit into registers
 *     ABREAST                    panels whose contexts' sums do
 *     FIXED_ISA
 *
 * Sums are arrays of vectors with constant bounds, which the compiler must unroll
 * into registers.
 */
#include "quant/vec_sigmoid.h"

/* Vectors of 32 16-bit or of 16 32-bit numbers. */
#define VECS (16 / LANES)
/* 16-bit numbers of a vector. */
#define SHORTS (2 * LANES)

enum { PANEL = W2B_FIXED_PANEL };

/* ----- Codes ---------------------------------------------------------------- */

INLINE void put_codes(w2b_fixed_rule rule, const whole x[VECS], uint32_t *codes)
{
    if (rule.bits == 1) {
        codes[0] = take_signs(x);
        return;
    }
    const int half = 1 << (rule.bits - 1);
    whole t[VECS];
    for (int v = 0; v < VECS; v++) {
        t[v] = whole_add16(whole_shift16(x[v], (int)rule.fraction), whole_all16((short)half));
        t[v] = whole_max16(t[v], whole_zero());
        t[v] = whole_min16(t[v], whole_all16((short)(2 * half - 1)));
    }
    for (unsigned j = 0; j < rule.bits; j++) codes[j] = take_bits(t, (int)j);
}

static void encode(const w2b_fixed_rule *rule, const int16_t *x, uint32_t *codes)
{
    whole r[VECS];
    for (int v = 0; v < VECS; v++) r[v] = whole_load(x + SHORTS * v);
    put_codes(*rule, r, codes);
}

INLINE void expand_as(const w2b_fixed_rows *rows, unsigned bits, size_t live, int running,
                      int16_t *out)
{
    const uint32_t used = live >= PANEL ? UINT32_MAX : (1u << live) - 1;
    whole least[VECS], sum[VECS], part[VECS];
    expand_bits(used, whole_all16((short)(1 - (1 << bits))), least);
    for (int v = 0; v < VECS; v++) sum[v] = whole_zero();
    for (size_t i = 0; i < rows->n; i++) {
        const uint32_t *row = rows->codes + rows->rows[i] * rows->words;
        for (int v = 0; v < VECS; v++)
            sum[v] = running ? whole_add16(sum[v], least[v]) : least[v];
        for (unsigned j = 0; j < bits; j++) {
            expand_bits(row[j] & used, whole_all16((short)(2 << j)), part);
            for (int v = 0; v < VECS; v++) sum[v] = whole_add16(sum[v], part[v]);
        }
        for (int v = 0; v < VECS; v++)
            whole_store(out + i * PANEL + (size_t)(SHORTS * v), sum[v]);
    }
}

/* The cases of one bit get loops of their own. */
static void expand(const w2b_fixed_rows *rows, unsigned bits, size_t live, int running,
                   int16_t *out)
{
    if (bits == 1 && running)
        expand_as(rows, 1, live, 1, out);
    else if (bits == 1)
        expand_as(rows, 1, live, 0, out);
    else
        expand_as(rows, bits, live, running, out);
}

static void windows(const int16_t *sums, const w2b_fixed_window *windows, size_t n, int16_t *out)
{
    for (size_t i = 0; i < n; i++) {
        const w2b_fixed_window w = windows[i];
        for (int v = 0; v < VECS; v++) {
            const int16_t *at = sums + (size_t)(SHORTS * v);
            whole sum = whole_sub16(whole_load(at + (size_t)w.end * PANEL),
                                    whole_load(at + (size_t)w.first * PANEL));
            if (w.skip != UINT32_MAX) {
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

/* Below -32768 the conversion or the packing cuts off. */
INLINE whole step_of(whole sum, vec scale, const float *noise)
{
    const vec x = vec_fma(to_float(sum), scale, vec_load(noise));
    return to_whole(vec_min(x, vec_all(32767.0f)));
}

/* What moving a panel of a row meets. */
typedef struct place {
    const float *noise;
    int16_t *latent;
    size_t apart;
    uint32_t *codes;
    vec scale;
} place;

/* Structures come by value: the compiler cannot know that none of their numbers is
 * changed with the latents. */
INLINE place place_of(w2b_fixed_rule rule, w2b_fixed_rows to, size_t i, size_t p)
{
    const size_t row = to.rows[i];
    const uint32_t at = w2b_fixed_noise_at(&to, i) + (uint32_t)p * PANEL;
    return (place){rule.noise + at % W2B_FIXED_NOISE, to.latents + p * to.apart + row * PANEL,
                   to.apart, to.codes + row * to.words + p * rule.bits,
                   vec_all(rule.scale * to.rates[row])};
}

/* Moves the k-th panel from a place on. */
INLINE void move(w2b_fixed_rule rule, whole sum[2][VECS], place at, unsigned k)
{
    const float *noise = at.noise + k * PANEL;
    int16_t *latent = at.latent + k * at.apart;
    whole x[VECS];
    UNROLL
    for (int v = 0; v < VECS; v++) {
        const whole low = step_of(sum[0][v], at.scale, noise + LANES * v);
        const whole high = step_of(sum[1][v], at.scale, noise + 16 + LANES * v);
        x[v] = whole_adds16(whole_load(latent + SHORTS * v), whole_pack(low, high));
        whole_store(latent + SHORTS * v, x[v]);
    }
    put_codes(rule, x, at.codes + k * rule.bits);
}

INLINE void spread_rows(w2b_fixed_rule rule, const int16_t *g, size_t pairs,
                        const int32_t *rows, int n, w2b_fixed_rows to, size_t y, size_t p)
{
    whole sum[WOVEN][2][VECS];
    UNROLL
    for (int r = 0; r < n; r++) UNROLL
    for (int h = 0; h < 2; h++) UNROLL
    for (int v = 0; v < VECS; v++) sum[r][h][v] = whole_zero();
    multiply_woven(g + 2 * y * pairs, pairs, 1, rows, pairs, n, sum);
    UNROLL
    for (int r = 0; r < n; r++) move(rule, sum[r], place_of(rule, to, y + (size_t)r, p), 0);
}

/* A few rows at a time from their begin to their end, which is the order in
 * which they are fetched fastest. */
INLINE void spread_as(w2b_fixed_rule rule, const int16_t *g, size_t pairs,
                      const int32_t *rows, size_t stride, w2b_fixed_rows to)
{
    size_t y = 0;
    for (; y + WOVEN <= to.n; y += WOVEN)
        for (size_t p = 0; p < to.panels; p++)
            spread_rows(rule, g, pairs, rows + p * stride, WOVEN, to, y, p);
    for (; y < to.n; y++)
        for (size_t p = 0; p < to.panels; p++)
            spread_rows(rule, g, pairs, rows + p * stride, 1, to, y, p);
}

/* `rule` with one bit, which the compiler then knows. */
INLINE w2b_fixed_rule one_bit(const w2b_fixed_rule *rule)
{
    return (w2b_fixed_rule){1, rule->fraction, rule->scale, rule->noise};
}

static void spread(const w2b_fixed_rule *rule, const int16_t *g, size_t pairs, const int32_t *rows,
                   size_t stride, const w2b_fixed_rows *to)
{
    if (rule->bits == 1)
        spread_as(one_bit(rule), g, pairs, rows, stride, *to);
    else
        spread_as(*rule, g, pairs, rows, stride, *to);
}

INLINE void spread_own_as(w2b_fixed_rule rule, const int16_t *g, const int32_t *rows,
                          size_t stride, w2b_fixed_rows to)
{
    for (size_t y = 0; y < to.n; y++) {
        const whole pair = pair_all(g + 2 * y);
        for (size_t p = 0; p < to.panels; p++) {
            const int32_t *row = rows + p * stride + y / 2 * PANEL;
            whole sum[2][VECS];
            UNROLL
            for (int h = 0; h < 2; h++) UNROLL
            for (int v = 0; v < VECS; v++)
                sum[h][v] = whole_dot(whole_zero(), pair, whole_load(row + 16 * h + LANES * v));
            move(rule, sum, place_of(rule, to, y, p), 0);
        }
    }
}

static void spread_own(const w2b_fixed_rule *rule, const int16_t *g, const int32_t *rows,
                       size_t stride, const w2b_fixed_rows *to)
{
    if (rule->bits == 1)
        spread_own_as(one_bit(rule), g, rows, stride, *to);
    else
        spread_own_as(*rule, g, rows, stride, *to);
}

/* n panels of the rows of a chain to or from their sums. */
INLINE void add_chain(whole sum[][2][VECS], int n, const int32_t *rows, size_t stride,
                      unsigned first, const uint8_t *next, int minus)
{
    for (unsigned i = first; i != W2B_FIXED_NONE; i = next[i]) UNROLL
    for (int k = 0; k < n; k++) UNROLL
    for (int h = 0; h < 2; h++) UNROLL
    for (int v = 0; v < VECS; v++) {
        const whole row =
            whole_load(rows + (size_t)k * stride + i * PANEL + (size_t)(16 * h + LANES * v));
        sum[k][h][v] =
            minus ? whole_sub32(sum[k][h][v], row) : whole_add32(sum[k][h][v], row);
    }
}

INLINE void contexts_of(w2b_fixed_rule rule, const int32_t *rows, size_t stride,
                        w2b_fixed_spans spans, w2b_fixed_rows to, size_t p, int n)
{
    whole running[ABREAST][2][VECS];
    UNROLL
    for (int k = 0; k < n; k++) UNROLL
    for (int v = 0; v < VECS; v++) running[k][0][v] = running[k][1][v] = whole_zero();
    rows += p * stride;
    for (size_t q = 0; q < to.n; q++) {
        const unsigned own = spans.own[q];
        const place at = place_of(rule, to, q, p);
        add_chain(running, n, rows, stride, spans.ends[q], spans.next_end, 1);
        add_chain(running, n, rows, stride, spans.begins[q], spans.next_begin, 0);
        UNROLL
        for (int k = 0; k < n; k++) {
            const int32_t *row = rows + (size_t)k * stride + own * PANEL;
            whole sum[2][VECS];
            UNROLL
            for (int h = 0; h < 2; h++) UNROLL
            for (int v = 0; v < VECS; v++)
                sum[h][v] = own == W2B_FIXED_NONE
                                ? running[k][h][v]
                                : whole_sub32(running[k][h][v],
                                              whole_load(row + 16 * h + LANES * v));
            move(rule, sum, at, (unsigned)k);
        }
    }
}

/* As many panels at a time as have their running sums in registers: where the next
 * chain ends is a guess that processors often get wrong. The latents have been
 * asked for. */
INLINE void contexts_as(w2b_fixed_rule rule, const int32_t *rows, size_t stride,
                        w2b_fixed_spans spans, w2b_fixed_rows to)
{
    size_t p = 0;
    for (; p + ABREAST <= to.panels; p += ABREAST)
        contexts_of(rule, rows, stride, spans, to, p, ABREAST);
    if (ABREAST == 4 && to.panels - p == 3)
        contexts_of(rule, rows, stride, spans, to, p, 3);
    else if (ABREAST == 4 && to.panels - p == 2)
        contexts_of(rule, rows, stride, spans, to, p, 2);
    else if (to.panels > p)
        contexts_of(rule, rows, stride, spans, to, p, 1);
}

static void contexts(const w2b_fixed_rule *rule, const int32_t *rows, size_t stride,
                     const w2b_fixed_spans *spans, const w2b_fixed_rows *to)
{
    if (rule->bits == 1)
        contexts_as(one_bit(rule), rows, stride, *spans, *to);
    else
        contexts_as(*rule, rows, stride, *spans, *to);
}

/* ----- Errors --------------------------------------------------------------- */

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
    .encode = encode,
    .expand = expand,
    .windows = windows,
    .weave = weave,
    .dots = dots,
    .scores = scores,
    .gather = gather,
    .spread = spread,
    .spread_own = spread_own,
    .contexts = contexts,
    .errors = errors,
    .round = round_rows,
};
