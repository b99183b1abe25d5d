/*
 * test_transform.c - eigenvectors, entropy coding, the trellis, and the codes
 * that are made of them: exact round trips, how near they come to the bound,
 * and what damage does.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/base.h"
#include "quant/linalg.h"
#include "quant/num.h"
#include "quant/rans.h"
#include "quant/scan.h"
#include "quant/scheme.h"
#include "quant/transform.h"
#include "quant/trellis.h"
#include "tests/unit/sample.h"
#include "tests/unit/seed.h"

static uint64_t seed;

static w2b_rng rng_of(uint64_t stream)
{
    w2b_rng rng;
    w2b_rng_seed(&rng, seed, stream);
    return rng;
}

static double normal(w2b_rng *rng)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += w2b_rng_unit(rng);
    return sum;
}

static void *some(size_t count, size_t size)
{
    void *p = w2b_alloc_zero(count + 1, size);
    assert_non_null(p);
    return p;
}

/* ----- Matrices ----------------------------------------------------------- */

/* The product of an n x rank matrix with its transpose, signs mixed. */
static void fill_symmetric(double *a, size_t n, size_t rank, w2b_rng *rng)
{
    double *b = some(n * rank, sizeof *b);
    for (size_t i = 0; i < n * rank; i++)
        b[i] = normal(rng);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            a[i * n + k] = 0;
            for (size_t r = 0; r < rank; r++)
                a[i * n + k] += (r % 3 ? 1 : -1) * b[i * rank + r] * b[k * rank + r];
        }
    }
    w2b_free(b);
}

static void check_orthonormal(const double *rows, size_t m, size_t n)
{
    for (size_t i = 0; i < m; i++) {
        for (size_t k = 0; k <= i; k++) {
            double dot = 0;
            for (size_t j = 0; j < n; j++)
                dot += rows[i * n + j] * rows[k * n + j];
            if (!(fabs(dot - (i == k)) < 1e-12))
                fail_msg("rows %zu and %zu of %zu: %g", i, k, m, dot);
        }
    }
}

static void check_eigen(const double *before, double *a, size_t n)
{
    double *values = some(n, sizeof *values), *work = some(n, sizeof *work), norm = 1e-300;
    assert_int_equal(w2b_eigen(a, n, values, work), 0);
    check_orthonormal(a, n, n);
    for (size_t i = 0; i < n; i++)
        norm = fabs(values[i]) > norm ? fabs(values[i]) : norm;
    for (size_t i = 0; i < n; i++) {
        assert_true(i == 0 || values[i] <= values[i - 1]);
        for (size_t k = 0; k < n; k++) {
            double product = 0;
            for (size_t j = 0; j < n; j++)
                product += before[k * n + j] * a[i * n + j];
            if (!(fabs(product - values[i] * a[i * n + k]) < 1e-12 * norm * (double)n))
                fail_msg("n = %zu, vector %zu, number %zu", n, i, k);
        }
    }
    w2b_free(values);
    w2b_free(work);
}

static void eigenvectors_are_those_of_the_matrix(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 4, 17, 64};
    w2b_rng rng = rng_of(1);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const size_t n = sizes[s], ranks[] = {0, 1, n / 2, n, 2 * n};
        double *a = some(n * n, sizeof *a), *before = some(n * n, sizeof *a);
        for (size_t r = 0; r < sizeof ranks / sizeof *ranks; r++) {
            fill_symmetric(a, n, ranks[r], &rng);
            memcpy(before, a, n * n * sizeof *a);
            check_eigen(before, a, n);
        }
        w2b_free(a);
        w2b_free(before);
    }
}

static void keep_as_it_is(void *user, double *direction, size_t n)
{
    (void)user;
    (void)direction;
    (void)n;
}

static void round_roughly(void *user, double *direction, size_t n)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        direction[i] = floor(direction[i] * 30 + 0.5);
}

static void bases_come_back_from_reflections(void **state)
{
    (void)state;
    enum { N = 40 };
    w2b_rng rng = rng_of(2);
    double a[N * N], values[N], work[N], basis[N * N];
    fill_symmetric(a, N, N, &rng);
    assert_int_equal(w2b_eigen(a, N, values, work), 0);
    for (int rough = 0; rough < 2; rough++) {
        memcpy(basis, a, sizeof a);
        w2b_reflections_find(basis, N, N, work, rough ? round_roughly : keep_as_it_is, NULL);
        w2b_reflections(basis, N, N);
        check_orthonormal(basis, N, N);
        for (size_t i = 0; i < N; i++) {
            double dot = 0;
            for (size_t k = 0; k < N; k++)
                dot += a[i * N + k] * basis[i * N + k];
            /* The last ones are what the others leave. */
            if (!(fabs(dot) > (rough ? i < N / 2 ? 0.97 : 0.5 : 1 - 1e-12)))
                fail_msg("row %zu: cosine %g", i, dot);
        }
    }
}

/* ----- Entropy coding ----------------------------------------------------- */

static void random_table(w2b_rans_table *table, w2b_rng *rng)
{
    uint64_t counts[W2B_RANS_SYMBOLS];
    for (int i = 0; i < W2B_RANS_SYMBOLS; i++)
        counts[i] = w2b_rng_next(rng) >> (20 + w2b_rng_below(rng, 40));
    w2b_rans_fit(table, counts);
    assert_true(w2b_rans_valid(table));
}

static void symbols_come_back(void **state)
{
    (void)state;
    enum { N = 5000,
           TABLES = 8,
           ROOM = 3 * N };
    w2b_rng rng = rng_of(3);
    w2b_rans_table tables[TABLES];
    static uint8_t room[ROOM];
    static uint32_t symbols[N];
    for (int i = 0; i < TABLES; i++)
        random_table(&tables[i], &rng);
    for (size_t n = 0; n < N; n = 3 * n + 1) {
        w2b_rans_writer writer;
        w2b_rans_reader reader;
        const uint8_t *stream;
        w2b_rans_start(&writer, room, ROOM);
        for (size_t i = n; i-- > 0;) {
            const unsigned bits = i % 17;
            symbols[i] = w2b_rng_below(&rng, i % 2 ? W2B_RANS_SYMBOLS : UINT32_C(1) << bits);
            if (i % 2)
                w2b_rans_put(&writer, &tables[i % TABLES], symbols[i]);
            else
                w2b_rans_put_bits(&writer, symbols[i], bits);
        }
        const size_t size = w2b_rans_finish(&writer, room + ROOM, &stream);
        assert_true(size >= 4 && stream + size == room + ROOM);
        for (size_t cut = 0; cut < 3 && cut < size; cut++) {
            w2b_rans_open(&reader, stream, size - cut);
            for (size_t i = 0; i < n; i++) {
                const uint32_t got = i % 2 ? w2b_rans_get(&reader, &tables[i % TABLES])
                                           : w2b_rans_get_bits(&reader, i % 17);
                assert_true(cut > 0 || got == symbols[i]);
            }
            assert_int_equal(w2b_rans_done(&reader), cut == 0);
        }
        w2b_rans_start(&writer, room, size - 1);
        for (size_t i = n; i-- > 0;) {
            if (i % 2)
                w2b_rans_put(&writer, &tables[i % TABLES], symbols[i]);
            else
                w2b_rans_put_bits(&writer, symbols[i], i % 17);
        }
        assert_int_equal(w2b_rans_finish(&writer, room + size - 1, &stream), 0);
    }
}

/* What frequent symbols save is what their entropy says. */
static void symbols_cost_their_entropy(void **state)
{
    (void)state;
    enum { N = 20000 };
    w2b_rng rng = rng_of(4);
    static uint8_t room[2 * N], symbols[N];
    uint64_t counts[W2B_RANS_SYMBOLS] = {0};
    for (size_t i = 0; i < N; i++) {
        symbols[i] = (uint8_t)(fabs(normal(&rng)) * 2);
        counts[symbols[i]]++;
    }
    double bits = 0;
    for (int i = 0; i < W2B_RANS_SYMBOLS; i++)
        bits -= counts[i] ? (double)counts[i] * log2((double)counts[i] / N) : 0;
    w2b_rans_table table;
    w2b_rans_writer writer;
    const uint8_t *stream;
    w2b_rans_fit(&table, counts);
    w2b_rans_start(&writer, room, sizeof room);
    for (size_t i = N; i-- > 0;)
        w2b_rans_put(&writer, &table, symbols[i]);
    const double size = (double)w2b_rans_finish(&writer, room + sizeof room, &stream);
    if (!(size * 8 < bits * 1.002 + 64 && size * 8 > bits * 0.999))
        fail_msg("%g bits for an entropy of %g", size * 8, bits);
}

/* ----- Codes -------------------------------------------------------------- */

typedef struct learned {
    w2b_code code;
    uint8_t *params;
} learned;

static learned learn(uint32_t bits, uint32_t dim, const float *rows, size_t n, int threads)
{
    learned l;
    assert_int_equal(w2b_code_init(&l.code, W2B_METHOD_TRANSFORM, bits, dim), 0);
    assert_true(w2b_code_squeezes(&l.code));
    const size_t room = w2b_code_train_room(&l.code, n);
    l.params = some(w2b_code_params_room(&l.code), 1);
    void *scratch = w2b_pages(room);
    assert_non_null(scratch);
    const w2b_lesson lesson = {.rows = rows, .n = n, .seed = 1, .threads = threads};
    w2b_code_train(&l.code, &lesson, l.params, scratch);
    w2b_pages_free(scratch, room);
    assert_null(w2b_code_params_check(&l.code));
    return l;
}

/* Rows of one covariance, with eigenvalues that fall by `fall` each, in a basis
 * that is not that of the numbers. */
static float *normal_rows(size_t n, uint32_t dim, double fall, double *values)
{
    w2b_rng rng = rng_of(100 + dim);
    double *basis = some((size_t)dim * dim, sizeof *basis);
    float *rows = some(n * dim, sizeof *rows);
    for (size_t i = 0; i < (size_t)dim * dim; i++)
        basis[i] = normal(&rng);
    w2b_reflections(basis, dim, dim);
    for (uint32_t i = 0; i < dim; i++)
        values[i] = i == 0 ? 1 : values[i - 1] * fall;
    for (size_t r = 0; r < n; r++) {
        for (uint32_t i = 0; i < dim; i++) {
            const double y = sqrt(values[i]) * normal(&rng);
            for (uint32_t k = 0; k < dim; k++)
                rows[r * dim + k] += (float)(y * basis[(size_t)i * dim + k]);
        }
    }
    w2b_free(basis);
    return rows;
}

/* Squared error of normal vectors at so many bits a row, by reverse
 * water-filling. */
static double bound(const double *values, uint32_t dim, double bits)
{
    double low = 0, high = values[0];
    for (int turn = 0; turn < 200; turn++) {
        const double level = (low + high) / 2;
        double sum = 0;
        for (uint32_t i = 0; i < dim; i++)
            sum += values[i] > level ? 0.5 * log2(values[i] / level) : 0;
        if (sum > bits)
            low = level;
        else
            high = level;
    }
    double error = 0;
    for (uint32_t i = 0; i < dim; i++)
        error += values[i] < high ? values[i] : high;
    return error;
}

/* Codes all rows; checks that a block comes back as it was. Returns the bytes
 * they squeeze to. */
static size_t code_rows(const w2b_code *code, const float *rows, size_t n, double *error)
{
    uint8_t *codes = some(n, code->stride), *again = some(n, code->stride);
    uint16_t *scales = some(n, sizeof *scales), *scales_again = some(n, sizeof *scales);
    float *y = some(code->dim, sizeof *y);
    *error = 0;
    for (size_t r = 0; r < n; r++) {
        const float *x = rows + r * code->dim;
        w2b_code_encode(code, x, codes + r * code->stride, &scales[r]);
        w2b_code_decode(code, codes + r * code->stride, scales[r], y);
        for (uint32_t i = 0; i < code->dim; i++)
            *error += ((double)x[i] - y[i]) * ((double)x[i] - y[i]);
    }
    const size_t room = w2b_code_squeeze_room(code, n);
    uint8_t *bytes = some(room, 1);
    const size_t size = w2b_code_squeeze(code, codes, scales, n, bytes, room);
    assert_true(size > 0 && size <= room);
    assert_null(w2b_code_expand(code, bytes, size, n, again, scales_again));
    assert_memory_equal(codes, again, n * code->stride);
    assert_memory_equal(scales, scales_again, n * sizeof *scales);
    assert_non_null(w2b_code_expand(code, bytes, size - 1, n, again, scales_again));
    assert_non_null(w2b_code_expand(code, bytes, size, n - 1, again, scales_again));
    w2b_free(codes);
    w2b_free(again);
    w2b_free(scales);
    w2b_free(scales_again);
    w2b_free(y);
    w2b_free(bytes);
    return size;
}

/* On normal vectors, where going by the gain brings nothing and costs 3 to 4
 * bits a row, the codes come within a quarter of the bound all the same. */
static void codes_come_near_the_bound(void **state)
{
    (void)state;
    enum { DIM = 160,
           N = 3000 };
    double values[DIM], error;
    float *rows = normal_rows(N, DIM, 0.97, values);
    for (uint32_t bits = 1; bits <= 4; bits++) {
        learned l = learn(bits, DIM, rows, N, 2);
        const double size = (double)code_rows(&l.code, rows, N, &error) / N;
        const double ratio = error / N / bound(values, DIM, size * 8);
        if (!(fabs(size - l.code.bytes) < 0.01 * l.code.bytes))
            fail_msg("%g bytes a row, %g wanted", size, l.code.bytes);
        if (!(ratio > 0.9 && ratio < 1.25))
            fail_msg("%u bits: %g times the bound", bits, ratio);
        w2b_free(l.params);
    }
    w2b_free(rows);
}

/* Rows of lengths that differ by up to 256 times have less error, all in all, than the
 * best code of normal rows that are all alike: long ones get bits of short ones. */
static void lengths_of_rows_are_made_use_of(void **state)
{
    (void)state;
    enum { DIM = 64,
           N = 3000 };
    double values[DIM], error, energy = 0;
    float *rows = normal_rows(N, DIM, 0.95, values);
    for (size_t r = 0; r < N; r++) {
        const float length = (float)(1 << r % 5 * 2);
        for (size_t i = 0; i < DIM; i++)
            rows[r * DIM + i] *= length;
        energy += (double)length * length / N;
    }
    learned l = learn(2, DIM, rows, N, 2);
    const double size = (double)code_rows(&l.code, rows, N, &error) / N;
    const double ratio = error / N / energy / bound(values, DIM, size * 8);
    if (!(fabs(size - l.code.bytes) < 0.01 * l.code.bytes))
        fail_msg("%g bytes a row, %g wanted", size, l.code.bytes);
    if (!(ratio > 0.5 && ratio < 0.65))
        fail_msg("%g times the bound of rows of one length", ratio);
    w2b_free(l.params);
    w2b_free(rows);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    enum { DIM = 33,
           N = 500 };
    double values[DIM];
    float *rows = normal_rows(N, DIM, 0.9, values);
    learned one = learn(2, DIM, rows, N, 1), many = learn(2, DIM, rows, N, 5);
    assert_memory_equal(one.params, many.params, w2b_code_params_size(&one.code));
    w2b_free(one.params);
    w2b_free(many.params);
    w2b_free(rows);
}

/* What a file holds is all that decoding needs. */
static void parameters_come_back(void **state)
{
    (void)state;
    enum { DIM = 21,
           N = 300 };
    double values[DIM];
    float *rows = normal_rows(N, DIM, 0.8, values), x[DIM], y[DIM];
    for (uint32_t bits = 1; bits <= 8; bits++) {
        learned l = learn(bits, DIM, rows, N, 1);
        uint8_t codes[2 * DIM], copied[2 * DIM];
        uint16_t scale, scale_copied;
        w2b_code copy = l.code;
        uint8_t *params = some(w2b_code_params_room(&copy), 1);
        w2b_code_params_copy(&copy, params);
        assert_ptr_equal(copy.params, params);
        for (size_t r = 0; r < N; r += 10) {
            w2b_code_encode(&l.code, rows + r * DIM, codes, &scale);
            w2b_code_encode(&copy, rows + r * DIM, copied, &scale_copied);
            assert_memory_equal(codes, copied, sizeof codes);
            assert_int_equal(scale, scale_copied);
            w2b_code_decode(&l.code, codes, scale, x);
            w2b_code_decode(&copy, codes, scale, y);
            assert_memory_equal(x, y, sizeof x);
        }
        w2b_free(params);
        w2b_free(l.params);
    }
    w2b_free(rows);
}

/* Rows that are nothing like those learned from: their direction stays. */
static void strange_rows_keep_their_direction(void **state)
{
    (void)state;
    enum { DIM = 24,
           N = 400 };
    double values[DIM];
    float *rows = normal_rows(N, DIM, 0.9, values), x[DIM], y[DIM];
    uint8_t codes[2 * DIM];
    uint16_t scale;
    learned l = learn(6, DIM, rows, N, 1);
    for (int exponent = -100; exponent <= 100; exponent += 4) {
        for (int single = 0; single < 2; single++) {
            for (uint32_t i = 0; i < DIM; i++)
                x[i] = (float)ldexp(single ? i == 3 : rows[i], exponent);
            w2b_code_encode(&l.code, x, codes, &scale);
            w2b_code_decode(&l.code, codes, scale, y);
            int64_t square = 0;
            for (uint32_t i = 0; i < DIM; i++) {
                const int64_t number = (int16_t)(codes[2 * i] | codes[2 * i + 1] << 8);
                square += number * number;
            }
            assert_true(square < INT64_C(1) << 30);
            if (!(sample_cosine(x, y, DIM) > 0.95))
                fail_msg("at 2^%d: cosine %g", exponent, sample_cosine(x, y, DIM));
        }
    }
    memset(x, 0, sizeof x);
    w2b_code_encode(&l.code, x, codes, &scale);
    w2b_code_decode(&l.code, codes, scale, y);
    assert_int_equal(scale, 0);
    assert_memory_equal(x, y, sizeof x);
    w2b_free(l.params);
    w2b_free(rows);
}

/* Samples without anything to learn from make codes that work. */
static void poor_samples_are_survived(void **state)
{
    (void)state;
    enum { DIM = 12 };
    float rows[3 * DIM] = {0}, y[DIM];
    uint8_t codes[2 * DIM];
    uint16_t scale;
    double error;
    for (size_t n = 1; n <= 3; n++) {
        for (int kind = 0; kind < 3; kind++) {
            for (size_t i = 0; i < n * DIM; i++)
                rows[i] = kind == 0 ? 0.0f : kind == 1 ? 1.0f
                                                       : (float)i - 7;
            learned l = learn(3, DIM, rows, n, 1);
            code_rows(&l.code, rows, n, &error);
            for (uint32_t i = 0; i < DIM; i++)
                y[i] = i % 2 ? 1e30f : -1e-30f;
            w2b_code_encode(&l.code, y, codes, &scale);
            w2b_code_decode(&l.code, codes, scale, y);
            w2b_free(l.params);
        }
    }
    for (uint32_t dim = 1; dim <= 3; dim++) {
        learned l = learn(1, dim, rows, 3, 1);
        code_rows(&l.code, rows, 3, &error);
        w2b_free(l.params);
    }
}

/* ----- Damage ------------------------------------------------------------- */

static void damaged_blocks_are_survived(void **state)
{
    (void)state;
    enum { DIM = 40,
           N = 64,
           TURNS = 4000 };
    double values[DIM];
    w2b_rng rng = rng_of(7);
    float *rows = normal_rows(N, DIM, 0.9, values);
    uint8_t *codes = some(N, 2 * DIM), *good = some(N, 2 * DIM);
    uint16_t scales[N];
    learned l = learn(2, DIM, rows, N, 1);
    for (size_t r = 0; r < N; r++)
        w2b_code_encode(&l.code, rows + r * DIM, good + r * l.code.stride, &scales[r]);
    const size_t room = w2b_code_squeeze_room(&l.code, N);
    uint8_t *bytes = some(room, 1);
    const size_t size = w2b_code_squeeze(&l.code, good, scales, N, bytes, room);
    int passed = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        /* A copy of the exact size: reading beyond it is seen by the sanitizer. */
        const size_t cut = turn % 4 == 0 ? w2b_rng_below(&rng, (uint32_t)size) : size;
        uint8_t *bad = w2b_alloc(cut, 1);
        assert_non_null(bad);
        memcpy(bad, bytes, cut);
        for (uint32_t flips = 1 + w2b_rng_below(&rng, 3); flips > 0 && cut > 0; flips--)
            bad[w2b_rng_below(&rng, (uint32_t)cut)] ^= (uint8_t)(1u << w2b_rng_below(&rng, 8));
        passed += w2b_code_expand(&l.code, bad, cut, N, codes, scales) == NULL;
        w2b_free(bad);
    }
    /* Signs are stored as they are, so that a flip may go unseen here: that is
     * what checksums are for. Most leave bits over, or want more. */
    if (passed == 0 || passed > TURNS / 4)
        fail_msg("%d of %d pass", passed, TURNS);
    w2b_free(bytes);
    w2b_free(codes);
    w2b_free(good);
    w2b_free(l.params);
    w2b_free(rows);
}

static void damaged_parameters_are_survived(void **state)
{
    (void)state;
    enum { DIM = 10,
           N = 50,
           TURNS = 1500 };
    double values[DIM], error;
    w2b_rng rng = rng_of(8);
    float *rows = normal_rows(N, DIM, 0.7, values);
    learned l = learn(3, DIM, rows, N, 1);
    const size_t size = w2b_code_params_size(&l.code);
    uint8_t *bad = some(size, 1), *params = some(w2b_code_params_room(&l.code), 1);
    int refused = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        w2b_code code = l.code;
        memcpy(bad, l.params, size);
        for (int flips = 0; flips < 4; flips++)
            bad[w2b_rng_below(&rng, (uint32_t)size)] = (uint8_t)w2b_rng_next(&rng);
        code.params = bad;
        if (w2b_code_params_check(&code) != NULL) {
            refused++;
            continue;
        }
        w2b_code_params_copy(&code, params);
        code_rows(&code, rows, N, &error);
    }
    assert_true(refused > TURNS / 10 && refused < TURNS);
    w2b_free(bad);
    w2b_free(params);
    w2b_free(l.params);
    w2b_free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eigenvectors_are_those_of_the_matrix),
        cmocka_unit_test(bases_come_back_from_reflections),
        cmocka_unit_test(symbols_come_back),
        cmocka_unit_test(symbols_cost_their_entropy),
        cmocka_unit_test(codes_come_near_the_bound),
        cmocka_unit_test(lengths_of_rows_are_made_use_of),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(parameters_come_back),
        cmocka_unit_test(strange_rows_keep_their_direction),
        cmocka_unit_test(poor_samples_are_survived),
        cmocka_unit_test(damaged_blocks_are_survived),
        cmocka_unit_test(damaged_parameters_are_survived),
    };
    seed = test_seed();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
