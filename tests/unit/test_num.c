/*
 * test_num.c - random numbers, elementary functions and half floats.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "quant/num.h"
#include "tests/unit/seed.h"

/* ----- Random numbers ----------------------------------------------------- */

/* The sequence that the authors' own code gives from the state 1, 2, 3, 4. */
static void rng_is_xoshiro256starstar(void **state)
{
    (void)state;
    w2b_rng rng = { { 1, 2, 3, 4 } };
    assert_int_equal(w2b_rng_next(&rng), 11520);
    assert_int_equal(w2b_rng_next(&rng), 0);
    assert_int_equal(w2b_rng_next(&rng), 1509978240);
    assert_int_equal(w2b_rng_next(&rng), UINT64_C(1215971899390074240));
}

/* SplitMix64 in other words than those of num.c, to hold the seeding against:
 * models depend on these numbers, so they may never change. */
static uint64_t split_mix(uint64_t z)
{
    z ^= z >> 30;
    z *= UINT64_C(0xbf58476d1ce4e5b9);
    z ^= z >> 27;
    z *= UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return z;
}

static void rng_seeding_is_pinned(void **state)
{
    (void)state;
    const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
    assert_true(split_mix(golden) == UINT64_C(0xe220a8397b1dcdaf));
    const uint64_t start = split_mix(split_mix(7 + golden) + 3);
    w2b_rng rng;
    w2b_rng_seed(&rng, 7, 3);
    for (uint64_t i = 0; i < 4; i++)
        assert_true(rng.s[i] == split_mix(start + (i + 1) * golden));
}

static void rng_streams_differ(void **state)
{
    (void)state;
    enum { SEEDS = 30, STREAMS = 30 };
    uint64_t first[SEEDS * STREAMS];
    for (int i = 0; i < SEEDS * STREAMS; i++) {
        w2b_rng rng;
        w2b_rng_seed(&rng, (uint64_t)(i / STREAMS), (uint64_t)(i % STREAMS));
        first[i] = w2b_rng_next(&rng);
        for (int j = 0; j < i; j++)
            assert_true(first[i] != first[j]);
    }
    w2b_rng a, b;
    w2b_rng_seed(&a, 5, 6);
    w2b_rng_seed(&b, 5, 6);
    assert_memory_equal(&a, &b, sizeof a);
}

static void rng_below_is_even(void **state)
{
    (void)state;
    enum { SIDES = 10, DRAWS = 100000 };
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 0);
    int seen[SIDES] = { 0 };
    for (int i = 0; i < DRAWS; i++) {
        const uint32_t side = w2b_rng_below(&rng, SIDES);
        assert_true(side < SIDES);
        seen[side]++;
    }
    /* Standard deviation 95: 600 are more than six of them. */
    for (int i = 0; i < SIDES; i++)
        assert_in_range(seen[i], DRAWS / SIDES - 600, DRAWS / SIDES + 600);
    for (int i = 0; i < 100; i++)
        assert_int_equal(w2b_rng_below(&rng, 1), 0);
}

static void rng_unit_is_in_range(void **state)
{
    (void)state;
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 1);
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        const double u = w2b_rng_unit(&rng);
        assert_true(u >= 0 && u < 1);
        sum += u;
    }
    assert_true(fabs(sum / 100000 - 0.5) < 0.006);
}

/* ----- Elementary functions ----------------------------------------------- */

#define TOLERANCE 1e-14L

static void assert_close(double ours, long double exact, double x)
{
    const long double miss = fabsl((ours - exact) / exact);
    if (!(miss < TOLERANCE))
        fail_msg("at %.17g: %.17g, not %.17g", x, ours, (double)exact);
}

static void exp_is_close(void **state)
{
    (void)state;
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 2);
    for (int i = 0; i < 200000; i++) {
        const double x = -708.0 + 1417.7 * w2b_rng_unit(&rng);
        assert_close(w2b_exp(x), expl(x), x);
        const double small = (w2b_rng_unit(&rng) - 0.5) * 2;
        assert_close(w2b_exp(small), expl(small), small);
        const double tiny = small * 0x1p-30;
        assert_close(w2b_exp(tiny), expl(tiny), tiny);
    }
    for (double x = -744; x < -708; x += 0.37)  /* subnormal: to one step */
        assert_true(fabsl((long double)w2b_exp(x) - expl(x)) <= 0x1p-1074L);
}

static void exp_at_its_limits(void **state)
{
    (void)state;
    assert_true(w2b_exp(0) == 1.0);
    assert_true(w2b_exp(-0.0) == 1.0);
    assert_true(w2b_exp(-746) == 0);
    assert_true(w2b_exp(-INFINITY) == 0);
    assert_true(w2b_exp(709.7) < INFINITY);
    assert_true(w2b_exp(709.79) == INFINITY);
    assert_true(w2b_exp(INFINITY) == INFINITY);
    assert_true(isnan(w2b_exp(NAN)));
}

static void log_is_close(void **state)
{
    (void)state;
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 3);
    for (int i = 0; i < 200000; i++) {
        const double u = w2b_rng_unit(&rng) + 0x1p-53;
        const double anywhere = ldexp(1 + u, (int)w2b_rng_below(&rng, 2096) - 1073);
        assert_close(w2b_log(anywhere), logl(anywhere), anywhere);
        const double near_one = 1 + (u - 0.5) * ldexp(1, -(int)w2b_rng_below(&rng, 50));
        if (near_one != 1)
            assert_close(w2b_log(near_one), logl(near_one), near_one);
    }
}

static void log_at_its_limits(void **state)
{
    (void)state;
    assert_true(w2b_log(1) == 0);
    assert_true(w2b_log(0) == -INFINITY);
    assert_true(w2b_log(-0.0) == -INFINITY);
    assert_true(w2b_log(INFINITY) == INFINITY);
    assert_true(isnan(w2b_log(-1)));
    assert_true(isnan(w2b_log(-INFINITY)));
    assert_true(isnan(w2b_log(NAN)));
    assert_close(w2b_log(0x1p-1074), logl(0x1p-1074L), 0x1p-1074);
    assert_close(w2b_log(0x1.fffffffffffffp+1023), logl(0x1.fffffffffffffp+1023L), INFINITY);
}

/* ----- Half floats -------------------------------------------------------- */

/* What the standard says of the bits, in arithmetic. */
static double half_value(uint16_t h)
{
    const int exponent = h >> 10 & 31, fraction = h & 1023;
    const double value = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    return h & 0x8000 ? -value : value;
}

static void half_to_float_is_exact(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        const float x = w2b_half_to_float((uint16_t)h);
        if ((h & 0x7fff) < 0x7c00) {
            assert_true(x == half_value((uint16_t)h));
            assert_int_equal(signbit(x) != 0, h >> 15);
        } else if ((h & 0x7fff) == 0x7c00) {
            assert_true(isinf(x) && (signbit(x) != 0) == (h >> 15));
        } else {
            assert_true(isnan(x));
        }
    }
}

static void half_and_back_is_the_same(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        const int is_nan = (h & 0x7fff) > 0x7c00;
        const uint32_t expected = is_nan ? h | 0x200 : h;
        assert_int_equal(w2b_half_from_float(w2b_half_to_float((uint16_t)h)), expected);
    }
}

/* Between each pair of neighbours: the middle goes to the even one, the floats
 * next to the middle to the nearer one. */
static void half_rounds_to_nearest_even(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 0x7c00; h++) {
        /* Above the largest half comes 65536, where infinity stands. */
        const double low = half_value((uint16_t)h);
        const double high = h == 0x7bff ? 65536.0 : half_value((uint16_t)(h + 1));
        const float middle = (float)((low + high) / 2);
        const uint32_t even = h + (h & 1);
        for (uint32_t sign = 0; sign <= 0x8000; sign += 0x8000) {
            const float s = sign ? -1.0f : 1.0f;
            assert_int_equal(w2b_half_from_float(s * middle), sign | even);
            const float below = nextafterf(middle, 0), above = nextafterf(middle, INFINITY);
            assert_int_equal(w2b_half_from_float(s * below), sign | h);
            assert_int_equal(w2b_half_from_float(s * above), sign | (h + 1));
        }
    }
}

static void half_of_extremes(void **state)
{
    (void)state;
    assert_int_equal(w2b_half_from_float(65519.996f), 0x7bff);
    assert_int_equal(w2b_half_from_float(65520.0f), 0x7c00);
    assert_int_equal(w2b_half_from_float(3e38f), 0x7c00);
    assert_int_equal(w2b_half_from_float(-3e38f), 0xfc00);
    assert_int_equal(w2b_half_from_float(INFINITY), 0x7c00);
    assert_int_equal(w2b_half_from_float(-INFINITY), 0xfc00);
    assert_int_equal(w2b_half_from_float(0.0f), 0);
    assert_int_equal(w2b_half_from_float(-0.0f), 0x8000);
    assert_int_equal(w2b_half_from_float(0x1p-149f), 0);
    assert_int_equal(w2b_half_from_float(-0x1p-149f), 0x8000);
    assert_int_equal(w2b_half_from_float(NAN) & 0x7e00, 0x7e00);
    const uint32_t signalling = 0x7f800001;  /* its payload is lost, not its kind */
    float x;
    memcpy(&x, &signalling, sizeof x);
    assert_int_equal(w2b_half_from_float(x), 0x7e00);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rng_is_xoshiro256starstar),
        cmocka_unit_test(rng_seeding_is_pinned),
        cmocka_unit_test(rng_streams_differ),
        cmocka_unit_test(rng_below_is_even),
        cmocka_unit_test(rng_unit_is_in_range),
        cmocka_unit_test(exp_is_close),
        cmocka_unit_test(exp_at_its_limits),
        cmocka_unit_test(log_is_close),
        cmocka_unit_test(log_at_its_limits),
        cmocka_unit_test(half_to_float_is_exact),
        cmocka_unit_test(half_and_back_is_the_same),
        cmocka_unit_test(half_rounds_to_nearest_even),
        cmocka_unit_test(half_of_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
