/*
 * test_schemes.c - the methods of the table: what each learns, what its codes
 * lose, and that rows in working form are what decoding says.
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
#include "quant/near.h"
#include "quant/num.h"
#include "quant/scan.h"
#include "quant/scheme.h"
#include "quant/turn.h"

/* ----- Rows to code ------------------------------------------------------- */

static double normal(w2b_rng *rng)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += w2b_rng_unit(rng);
    return sum;
}

/* Rows whose numbers hang together: each is a mixture of a few. */
static void fill_mixed(float *rows, size_t n, uint32_t dim, w2b_rng *rng)
{
    enum { FEW = 4 };
    w2b_rng fixed;
    w2b_rng_seed(&fixed, 99, dim);
    float *mix = w2b_alloc(FEW * (size_t)dim, sizeof *mix);
    assert_non_null(mix);
    for (size_t i = 0; i < FEW * (size_t)dim; i++)
        mix[i] = (float)normal(&fixed);
    for (size_t row = 0; row < n; row++) {
        double weight[FEW];
        for (int k = 0; k < FEW; k++)
            weight[k] = normal(rng);
        const double length = 0.25 + w2b_rng_unit(rng);
        for (uint32_t i = 0; i < dim; i++) {
            double x = 0.3 * normal(rng);
            for (int k = 0; k < FEW; k++)
                x += weight[k] * mix[(size_t)k * dim + i];
            rows[row * dim + i] = (float)(length * x);
        }
    }
    w2b_free(mix);
}

/* A code that has learned, and what it has learned. */
typedef struct learned {
    w2b_code code;
    uint8_t *params;
} learned;

static learned learn(w2b_method method, uint32_t bits, uint32_t dim, const float *rows, size_t n,
                     uint64_t seed, int threads)
{
    learned l = {.params = NULL};
    assert_int_equal(w2b_code_init(&l.code, method, bits, dim), 0);
    const size_t size = w2b_code_params_room(&l.code), room = w2b_code_train_room(&l.code, n);
    l.params = size ? w2b_alloc(size, 1) : NULL;
    void *scratch = room ? w2b_pages(room) : NULL;
    const w2b_lesson lesson = {.rows = rows, .n = n, .seed = seed, .threads = threads};
    w2b_code_train(&l.code, &lesson, l.params, scratch);
    if (scratch)
        w2b_pages_free(scratch, room);
    assert_null(w2b_code_params_check(&l.code));
    l.code.unit = w2b_code_unit(16);
    return l;
}

static void forget(learned *l)
{
    w2b_free(l->params);
}

/* Squared error of n rows, by their squares. */
static double loss(const w2b_code *code, const float *rows, size_t n)
{
    double error = 0, energy = 0;
    uint8_t *codes = w2b_alloc(code->stride, 1);
    float *y = w2b_alloc(code->dim, sizeof *y);
    assert_true(codes && y);
    for (size_t row = 0; row < n; row++) {
        const float *x = rows + row * code->dim;
        uint16_t scale;
        w2b_code_encode(code, x, codes, &scale);
        w2b_code_decode(code, codes, scale, y);
        for (uint32_t i = 0; i < code->dim; i++) {
            error += ((double)x[i] - y[i]) * ((double)x[i] - y[i]);
            energy += (double)x[i] * x[i];
        }
    }
    w2b_free(codes);
    w2b_free(y);
    return error / energy;
}

static float *mixed_rows(size_t n, uint32_t dim, uint64_t seed)
{
    w2b_rng rng;
    w2b_rng_seed(&rng, seed, dim);
    float *rows = w2b_alloc(n, dim * sizeof *rows);
    assert_non_null(rows);
    fill_mixed(rows, n, dim, &rng);
    return rows;
}

/* ----- Rotations ---------------------------------------------------------- */

static void turning_keeps_lengths_and_comes_back(void **state)
{
    (void)state;
    static const uint32_t dims[] = { 1, 2, 3, 5, 8, 31, 64, 100, 255, 256, 257, 300, 1000 };
    for (size_t d = 0; d < sizeof dims / sizeof *dims; d++) {
        const uint32_t dim = dims[d];
        float *x = mixed_rows(1, dim, 3), y[1000], z[1000];
        w2b_turn(d, dim, x, y);
        w2b_turn_back(d, dim, y, z);
        double before = 0, after = 0, moved = 0;
        for (uint32_t i = 0; i < dim; i++) {
            before += (double)x[i] * x[i];
            after += (double)y[i] * y[i];
            moved += fabs(y[i] - x[i]);
            assert_true(fabs(x[i] - z[i]) <= 1e-5 * sqrt(before) + 1e-6);
        }
        assert_true(fabs(before - after) <= 1e-5 * before);
        assert_true(dim < 8 || moved > 0.1 * sqrt(before));
        w2b_free(x);
    }
}

/* A single number spreads over all of the row, wherever it stands: the largest
 * number of a random direction of 300 is about .2. */
static void turning_spreads_single_numbers(void **state)
{
    (void)state;
    enum { DIM = 300 };
    double worst = 0;
    for (uint32_t i = 0; i < DIM; i++) {
        float x[DIM] = {0}, y[DIM];
        x[i] = 1;
        w2b_turn(i + 7, DIM, x, y);
        for (uint32_t j = 0; j < DIM; j++)
            worst = fabs(y[j]) > worst ? fabs(y[j]) : worst;
    }
    if (!(worst < 0.4))
        fail_msg("a single number is %g after a turn", worst);
}

/* ----- Every method ------------------------------------------------------- */

/* Method number m of those that store rows as they are; others have tests of
 * their own. */
static int method_at(size_t m, w2b_method *method)
{
    w2b_code code;
    if (w2b_method_at(m, method) != 0 || w2b_code_init(&code, *method, 2, 8) != 0)
        return -1;
    return w2b_code_squeezes(&code) ? -1 : 0;
}

/* What rows in working form say is what decoding says, and codes survive being
 * coded again as well as they may. */
static void check_working_form(const w2b_code *code, const float *x)
{
    const size_t width = w2b_scan_width(code->dim);
    uint8_t *codes = w2b_alloc_zero(code->stride, 1);
    float *y = w2b_alloc(code->dim, sizeof *y), *turned = w2b_alloc(code->dim, sizeof *y);
    int16_t *row = w2b_alloc(width, sizeof *row);
    const w2b_scan *scan = w2b_scan_for(W2B_ISA_AUTO);
    assert_true(codes && y && turned && row && scan);
    uint16_t scale;
    w2b_code_encode(code, x, codes, &scale);
    w2b_code_decode(code, codes, scale, y);
    if (code->scheme->unpack)
        code->scheme->unpack(code, scan, codes, 1, row);
    else
        scan->unpack(codes, code->stride, 1, code->dim, code->bits, code->levels, row);
    w2b_code_turn(code, y, turned);
    const double factor = (double)code->unit * w2b_half_to_float(scale);
    for (uint32_t i = 0; i < code->dim; i++) {
        assert_in_range(row[i] + 127, 0, 254);
        assert_true(fabs(turned[i] - factor * row[i]) <= factor * 127 * 1e-4);
    }
    for (size_t i = code->dim; i < width; i++)
        assert_int_equal(row[i], 0);
    w2b_free(codes);
    w2b_free(y);
    w2b_free(turned);
    w2b_free(row);
}

static void rows_in_working_form_are_what_decoding_says(void **state)
{
    (void)state;
    static const uint32_t dims[] = { 1, 9, 50 };
    enum { ROWS = 40 };
    w2b_method method;
    for (size_t m = 0; method_at(m, &method) == 0; m++) {
        for (size_t d = 0; d < sizeof dims / sizeof *dims; d++) {
            float *rows = mixed_rows(ROWS, dims[d], 5);
            memset(rows, 0, dims[d] * sizeof *rows);
            for (uint32_t bits = 1 + d % 2; bits <= 8; bits += 2) {
                learned l = learn(method, bits, dims[d], rows, ROWS, 5, 1);
                for (size_t row = 0; row < 4; row++)
                    check_working_form(&l.code, rows + row * dims[d]);
                forget(&l);
            }
            w2b_free(rows);
        }
    }
}

/* Nothing that is learned, and no code, depends on the number of threads. */
static void threads_change_nothing(void **state)
{
    (void)state;
    enum { ROWS = 600, DIM = 37 };
    float *rows = mixed_rows(ROWS, DIM, 6);
    w2b_method method;
    for (size_t m = 0; method_at(m, &method) == 0; m++) {
        learned one = learn(method, 3, DIM, rows, ROWS, 6, 1);
        learned many = learn(method, 3, DIM, rows, ROWS, 6, 5);
        learned other = learn(method, 3, DIM, rows, ROWS, 7, 1);
        const size_t size = w2b_code_params_size(&one.code);
        assert_memory_equal(one.code.levels, many.code.levels, sizeof one.code.levels);
        if (size) {
            assert_memory_equal(one.params, many.params, size);
            assert_memory_not_equal(one.params, other.params, size);
        }
        forget(&one);
        forget(&many);
        forget(&other);
    }
    w2b_free(rows);
}

/* More bits lose less, and no method loses more than its kind may. */
static void losses_are_within_bounds(void **state)
{
    (void)state;
    static const double most[] = { 1, .45, .16, .052, .017, .006, .0019, .0007, .0006 };
    enum { ROWS = 700, DIM = 50 };
    float *rows = mixed_rows(ROWS, DIM, 8);
    w2b_method method;
    for (size_t m = 0; method_at(m, &method) == 0; m++) {
        double before = 1;
        for (uint32_t bits = 1; bits <= 8; bits += 1 + bits % 2) {
            learned l = learn(method, bits, DIM, rows, ROWS, 8, 2);
            const double lost = loss(&l.code, rows, ROWS);
            if (!(lost < most[bits] && lost < before))
                fail_msg("%s loses %g at %u bits", w2b_method_name(method, bits), lost, bits);
            before = lost;
            forget(&l);
        }
    }
    w2b_free(rows);
}

/* Every instruction set finds the same centroid, also among equal ones. */
static void nearest_centroids_are_the_same_everywhere(void **state)
{
    (void)state;
    const w2b_near *tables[] = { w2b_near_for(W2B_ISA_SCALAR), w2b_near_for(W2B_ISA_AVX2) };
    w2b_rng rng;
    w2b_rng_seed(&rng, 16, 0);
    for (int round = 0; round < 3000; round++) {
        float floats[16 * W2B_NEAR_CENTROIDS], x[16];
        int8_t numbers[16 * W2B_NEAR_CENTROIDS];
        const uint32_t length = 1 + w2b_rng_below(&rng, 16), values = round % 2 ? 3 : 200;
        double least = INFINITY;
        int best = 0;
        for (uint32_t i = 0; i < length * W2B_NEAR_CENTROIDS; i++) {
            numbers[i] = (int8_t)((int)w2b_rng_below(&rng, values) - (int)values / 2);
            floats[i] = numbers[i];
        }
        for (uint32_t j = 0; j < length; j++)
            x[j] = (float)((int)w2b_rng_below(&rng, values) - (int)values / 2);
        for (int k = 0; k < W2B_NEAR_CENTROIDS; k++) {
            double miss = 0;
            for (uint32_t j = 0; j < length; j++) {
                const double d = x[j] - floats[j * W2B_NEAR_CENTROIDS + (size_t)k];
                miss += d * d;
            }
            best = miss < least ? k : best;
            least = miss < least ? miss : least;
        }
        for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
            assert_true(!tables[t] || tables[t]->floats(floats, x, length) == best);
            assert_true(!tables[t] || tables[t]->numbers(numbers, x, length) == best);
        }
    }
}

/* ----- Single methods ----------------------------------------------------- */

/* Numbers that are all positive want levels that are. */
static void kmeans_learns_lopsided_numbers(void **state)
{
    (void)state;
    enum { ROWS = 400, DIM = 64 };
    w2b_rng rng;
    w2b_rng_seed(&rng, 9, 0);
    float *rows = w2b_alloc(ROWS * DIM, sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < ROWS * DIM; i++)
        rows[i] = (float)(normal(&rng) * normal(&rng) + 3);
    for (uint32_t bits = 1; bits <= 5; bits++) {
        learned gauss = learn(W2B_METHOD_GAUSS, bits, DIM, rows, ROWS, 9, 1);
        learned own = learn(W2B_METHOD_KMEANS, bits, DIM, rows, ROWS, 9, 1);
        const double lost = loss(&own.code, rows, ROWS);
        if (!(lost < 0.6 * loss(&gauss.code, rows, ROWS)))
            fail_msg("%g at %u bits", lost, bits);
        for (int i = 1; i < 1 << bits; i++)
            assert_true(own.code.levels[i] >= own.code.levels[i - 1]);
        forget(&gauss);
        forget(&own);
    }
    w2b_free(rows);
}

/* Numbers of a few values are learned exactly. */
static void kmeans_finds_the_values_there_are(void **state)
{
    (void)state;
    enum { ROWS = 64, DIM = 40 };
    static const float values[] = { -1.0f, -0.25f, 0.5f, 1.25f };
    w2b_rng rng;
    w2b_rng_seed(&rng, 10, 0);
    float rows[ROWS * DIM];
    for (size_t i = 0; i < ROWS * DIM; i++)
        rows[i] = values[w2b_rng_below(&rng, 4)];
    learned l = learn(W2B_METHOD_KMEANS, 2, DIM, rows, ROWS, 10, 1);
    const double lost = loss(&l.code, rows, ROWS);
    if (!(lost < 2e-4))
        fail_msg("%g is lost", lost);
    forget(&l);
}

static double cosine_at(const float *x, uint32_t dim, int largest, double per_level)
{
    double product = 0, squares = 0, own = 0;
    for (uint32_t i = 0; i < dim; i++) {
        int rank = (int)(fabs(x[i]) * per_level);
        rank = rank > largest ? largest : rank;
        const double level = 2 * rank + 1;
        product += fabs(x[i]) * level;
        squares += level * level;
        own += (double)x[i] * x[i];
    }
    return product / sqrt(squares * own);
}

/* The largest cosine that any multiple of a row, rounded, has with it: all
 * multiples at which a code changes, one after the other. */
static double best_cosine(const float *x, uint32_t dim, uint32_t bits)
{
    const int largest = (1 << (bits - 1)) - 1;
    double best = cosine_at(x, dim, largest, 0);
    for (uint32_t i = 0; i < dim; i++) {
        for (int rank = 1; rank <= largest && x[i] != 0; rank++) {
            const double cosine =
                cosine_at(x, dim, largest, rank / fabs(x[i]) * (1 + 1e-12));
            best = cosine > best ? cosine : best;
        }
    }
    return best;
}

static void rabitq_finds_the_best_multiple(void **state)
{
    (void)state;
    enum { ROWS = 12, DIM = 100 };
    float *rows = mixed_rows(ROWS, DIM, 11);
    for (uint32_t bits = 2; bits <= 5; bits++) {
        learned l = learn(W2B_METHOD_RABITQ, bits, DIM, rows, 1, 11, 1);
        for (size_t row = 0; row < ROWS; row++) {
            float turned[DIM];
            w2b_code_turn(&l.code, rows + row * DIM, turned);
            const double best = best_cosine(turned, DIM, bits);
            const double error = loss(&l.code, rows + row * DIM, 1);
            /* 1 - cosine^2 is the error at the best scale. */
            if (!(error <= (1 - best * best) * 1.01 + 1e-5))
                fail_msg("row %zu at %u bits: %g, not %g", row, bits, error, 1 - best * best);
        }
        forget(&l);
    }
    w2b_free(rows);
}

/* Over many rotations the products of a decoded row with another vector are too
 * small by the square of the kept cosine, and divided by it they are right. */
static void rabitq_products_have_no_bias(void **state)
{
    (void)state;
    enum { DIM = 64, TURNS = 600 };
    float *rows = mixed_rows(2, DIM, 12);
    const float *x = rows, *q = rows + DIM;
    double truth = 0, xx = 0, qq = 0;
    for (uint32_t i = 0; i < DIM; i++) {
        truth += (double)x[i] * q[i];
        xx += (double)x[i] * x[i];
        qq += (double)q[i] * q[i];
    }
    for (uint32_t bits = 1; bits <= 3; bits++) {
        double plain = 0, right = 0, spread = 0;
        for (uint64_t seed = 0; seed < TURNS; seed++) {
            learned l = learn(W2B_METHOD_RABITQ, bits, DIM, rows, 1, seed, 1);
            uint8_t codes[DIM + 1];
            float y[DIM];
            uint16_t scale;
            double product = 0;
            w2b_code_encode(&l.code, x, codes, &scale);
            w2b_code_decode(&l.code, codes, scale, y);
            for (uint32_t i = 0; i < DIM; i++)
                product += (double)y[i] * q[i];
            const double kept = l.code.scheme->kept(&l.code, codes);
            plain += product / TURNS;
            right += product / (kept * kept) / TURNS;
            spread += (product / (kept * kept) - truth) * (product / (kept * kept) - truth);
            forget(&l);
        }
        const double sigma = sqrt(spread / TURNS / TURNS);
        if (!(fabs(right - truth) < 4 * sigma + 0.004 * sqrt(xx * qq)))
            fail_msg("%u bits: %g, not %g, sigma %g", bits, right, truth, sigma);
        assert_true(bits > 1 || fabs(plain - truth) > 0.2 * fabs(truth));
    }
    w2b_free(rows);
}

/* Where numbers hang together, parts that know it lose less than levels, and a
 * rotation that is learned less still. The rows are the same on every machine: bounds are
 * an hundredth above what is lost. */
static void products_learn_what_hangs_together(void **state)
{
    (void)state;
    enum { ROWS = 1200, TESTED = 300, DIM = 48 };
    static const double most[] = {0, 0.061, 0.0365}; /* by bits; pq */
    float *rows = mixed_rows(ROWS, DIM, 13);
    float *tested = mixed_rows(TESTED, DIM, 14);
    for (uint32_t bits = 1; bits <= 2; bits++) {
        learned gauss = learn(W2B_METHOD_GAUSS_ROTATED, bits, DIM, rows, ROWS, 13, 1);
        learned pq = learn(W2B_METHOD_PQ, bits, DIM, rows, ROWS, 13, 2);
        learned opq = learn(W2B_METHOD_OPQ, bits, DIM, rows, ROWS, 13, 2);
        const double a = loss(&gauss.code, tested, TESTED), b = loss(&pq.code, tested, TESTED);
        const double c = loss(&opq.code, tested, TESTED);
        if (!(b < 0.5 * a && b < most[bits] && c < 0.78 * b))
            fail_msg("%u bits: gauss %g, pq %g, opq %g", bits, a, b, c);
        forget(&gauss);
        forget(&pq);
        forget(&opq);
    }
    w2b_free(rows);
    w2b_free(tested);
}

/* Params that no writer makes are refused. */
static void damaged_params_are_refused(void **state)
{
    (void)state;
    enum { ROWS = 300, DIM = 8 };
    float *rows = mixed_rows(ROWS, DIM, 15);
    learned l = learn(W2B_METHOD_OPQ, 2, DIM, rows, ROWS, 15, 1);
    const size_t size = w2b_code_params_size(&l.code), matrix = DIM * DIM * sizeof(float);
    const float wrong[] = { NAN, INFINITY, 0.0f, -1.0f };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint8_t kept[4];
        memcpy(kept, l.params + matrix, 4);
        memcpy(l.params + matrix, &wrong[i], 4);
        assert_non_null(w2b_code_params_check(&l.code));
        memcpy(l.params + matrix, kept, 4);
    }
    uint8_t number = l.params[size - 1];
    l.params[size - 1] = 0x80;
    assert_non_null(w2b_code_params_check(&l.code));
    l.params[size - 1] = number;
    float first;
    memcpy(&first, l.params, sizeof first);
    first += 0.5f;
    memcpy(l.params, &first, sizeof first);
    assert_non_null(w2b_code_params_check(&l.code));
    forget(&l);
    w2b_free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turning_keeps_lengths_and_comes_back),
        cmocka_unit_test(turning_spreads_single_numbers),
        cmocka_unit_test(rows_in_working_form_are_what_decoding_says),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(losses_are_within_bounds),
        cmocka_unit_test(nearest_centroids_are_the_same_everywhere),
        cmocka_unit_test(kmeans_learns_lopsided_numbers),
        cmocka_unit_test(kmeans_finds_the_values_there_are),
        cmocka_unit_test(rabitq_finds_the_best_multiple),
        cmocka_unit_test(rabitq_products_have_no_bias),
        cmocka_unit_test(products_learn_what_hangs_together),
        cmocka_unit_test(damaged_params_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
