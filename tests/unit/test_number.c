/*
 * test_number.c - decimal numbers: reading them to the nearest float, writing
 * the fewest digits that read back.
 */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/number.h"
#include "tests/unit/scratch.h"

#define ROUNDS 300000
#define VECTOR_ROUNDS 1000000

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Reads all of `text` and compares with the C library. */
static void check_read(const char *text)
{
    const char *end = text + strlen(text);
    float x = 12345;
    double d = 12345;
    if (w2b_number_read(text, end, &x) != end || bits_of(x) != bits_of(strtof(text, NULL)))
        fail_msg("%s reads as %a, not %a", text, (double)x, (double)strtof(text, NULL));
    const double want = strtod(text, NULL);
    if (w2b_number_read_double(text, end, &d) != end || memcmp(&d, &want, sizeof d) != 0)
        fail_msg("%s reads as %a, not %a", text, d, want);
}

static void reads_known_numbers(void **unused)
{
    static const char *const texts[] = {
        "0", "-0", "0.0", "-0.000", "1", "+1", "-1", "5.", ".5", "-.5e1", "1e0", "1E+05",
        "1e-5", "000123.4500", "0.016011", "-0.33333334", "3.4028235e38", "1.1754944e-38",
        "1e-45", "7e-46", "7.1e-46", "1e-46", "1e-400", "1e400", "-1e999999999999999999999",
        "0e999999999999999999999", "123456789012345678901234567890", "16777217", "16777216",
        "16777217.0000000000000000000001", "16777218.9999999999999999999",
        "0.000000000000000000000000000000000000000000001",
        "9007199254740993", "9007199254740992.999", "3.4028235677973366e38",
        "3.4028235677973362e38", "0.1000000000000000055511151231257827021181583404541015625",
        "1.00000005960464477539062500000000000000000000000000000000000000000000000000000001",
        "1.000000059604644775390625", "1.00000005960464477539062499999999999999999999",
        "2.2250738585072011e-308", "4.9e-324", "2.4703282292062328e-324",
    };
    (void)unused;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_read(texts[i]);
}

/* Digits beyond any buffer: zeros in front, behind, and a last one that
 * decides. */
static void reads_long_numbers(void **unused)
{
    enum { ZEROS = 5000 };
    static char text[ZEROS + 100];
    (void)unused;
    const size_t n = (size_t)snprintf(text, sizeof text, "1.000000059604644775390625");
    memset(text + n, '0', ZEROS);
    text[n + ZEROS] = 0;
    check_read(text);
    text[n + ZEROS - 1] = '1';
    check_read(text);
    memset(text, '0', ZEROS);
    snprintf(text + ZEROS, sizeof text - ZEROS, "7.25");
    check_read(text);
    text[1] = '.';
    snprintf(text + ZEROS, sizeof text - ZEROS, "725e4998");
    check_read(text);
    memset(text, '9', ZEROS);
    snprintf(text + ZEROS, sizeof text - ZEROS, "e-4990");
    check_read(text);
}

static void reads_random_numbers(void **unused)
{
    char text[128];
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        const uint64_t r = scratch_random();
        const float x = float_of((uint32_t)(r >> 32) & 0x7f7fffff);
        const float above = float_of(bits_of(x) + 1);
        switch (i % 4) {
        case 0: snprintf(text, sizeof text, "%.*f", (int)(r % 20), (double)(int64_t)r / 1e18);
            break;
        case 1: snprintf(text, sizeof text, "%llue%d", (unsigned long long)r, (int)(r % 90) - 60);
            break;
        /* Halfway between two floats, or nearly so. */
        case 2: snprintf(text, sizeof text, "%.*e", (int)(r % 60), ((double)x + (double)above) / 2);
            break;
        default: snprintf(text, sizeof text, "%.9g", (double)x); break;
        }
        check_read(text);
    }
}

/* As files of vectors have them: the quick way, and the numbers that it must
 * leave alone, the nearest decimals to the middle of two floats. */
static void reads_numbers_of_vectors(void **unused)
{
    char text[64];
    (void)unused;
    for (int i = 0; i < VECTOR_ROUNDS; i++) {
        const uint64_t r = scratch_random();
        const int places = (int)(r % 19);
        char *at = text;
        if (r >> 60 & 1)
            *at++ = '-';
        if (i % 2) {
            /* 19 digits at most: the middle is cut, not rounded to even. */
            const float x = float_of((uint32_t)(r >> 32 & 0x3ffffff) + 0x3c000000);
            const double middle = ((double)x + (double)float_of(bits_of(x) + 1)) / 2;
            snprintf(at, 40, "%.*f", places, middle);
        } else {
            snprintf(at, 40, "%.*f", places, (double)(r >> 12) * 0x1p-52 * (double)(1 + i % 50));
        }
        float x;
        const char *end = text + strlen(text);
        if (w2b_number_read(text, end, &x) != end || bits_of(x) != bits_of(strtof(text, NULL)))
            fail_msg("%s reads as %a, not %a", text, (double)x, (double)strtof(text, NULL));
    }
}

static void ends_where_the_number_ends(void **unused)
{
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {
        {"1 2", 1}, {"1.5.2", 3}, {"1e", 1}, {"1e+", 1}, {"1e5e", 3}, {"12abc", 2}, {"0x10", 1},
        {"nano", 3}, {"infinite", 3}, {"-Infinity", 9}, {"+inf", 4}, {"1,5", 1}, {"-2-", 2},
    };
    static const char *const none[] = {"", "-", "+", ".", "-.", "e5", " 1", "abc", "na", "--1",
                                       "i", ",5"};
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = cases[i].text;
        float x;
        assert_ptr_equal(w2b_number_read(text, text + strlen(text), &x), text + cases[i].length);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        float x = 7;
        assert_null(w2b_number_read(none[i], none[i] + strlen(none[i]), &x));
        assert_true(x == 7);
    }
    /* Never past the end that the caller gives. */
    const char *text = "12345";
    float x;
    assert_ptr_equal(w2b_number_read(text, text + 2, &x), text + 2);
    assert_true(x == 12);
}

static void reads_words_for_no_numbers(void **unused)
{
    float x;
    const char *text = "nan";
    (void)unused;
    assert_non_null(w2b_number_read(text, text + 3, &x));
    assert_true(isnan(x));
    text = "-inf";
    assert_non_null(w2b_number_read(text, text + 4, &x));
    assert_true(isinf(x) && x < 0);
}

static void check_write(float x)
{
    char text[W2B_NUMBER_ROOM];
    memset(text, 'x', sizeof text);
    const size_t n = w2b_number_write(x, text);
    assert_true(n < W2B_NUMBER_ROOM);
    if (strlen(text) != n || bits_of(strtof(text, NULL)) != bits_of(x))
        fail_msg("%a is written as %s", (double)x, text);
    /* No fewer digits would do: those of %.8g do not read back. */
    size_t digits = 0;
    int started = 0;
    for (const char *at = text; *at && *at != 'e'; at++) {
        started |= *at >= '1' && *at <= '9';
        digits += started && *at >= '0' && *at <= '9';
    }
    if (digits > 8 && strchr(text, '.')) {
        char shorter[64];
        snprintf(shorter, sizeof shorter, "%.8g", (double)x);
        assert_true(bits_of(strtof(shorter, NULL)) != bits_of(x));
    }
}

static void writes_known_numbers(void **unused)
{
    static const struct {
        float x;
        const char *text;
    } cases[] = {
        {0.0f, "0"}, {-0.0f, "-0"}, {1.0f, "1"}, {-1.0f, "-1"}, {0.5f, "0.5"}, {0.1f, "0.1"},
        {1.0f / 3, "0.33333334"}, {100.0f, "100"}, {123456789.0f, "123456790"},
        {1e9f, "1e+09"}, {1e-4f, "0.0001"}, {1e-5f, "1e-05"}, {0.016011f, "0.016011"},
        {16777216.0f, "16777216"}, {3.4028235e38f, "3.4028235e+38"}, {1e-45f, "1.4013e-45"},
        {1.1754944e-38f, "1.1754944e-38"}, {9.99999f, "9.99999"}, {0.99999994f, "0.99999994"},
        {999999.94f, "999999.94"}, {-0.00012345678f, "-0.00012345678"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[W2B_NUMBER_ROOM];
        w2b_number_write(cases[i].x, text);
        assert_string_equal(text, cases[i].text);
        check_write(cases[i].x);
    }
}

static void writes_random_numbers(void **unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        const uint64_t r = scratch_random();
        const float any = float_of((uint32_t)(r >> 32));
        if (isfinite(any))
            check_write(any);
        check_write((float)((double)(int64_t)r / 9.3e18));
    }
    for (uint32_t i = 0; i < 2000; i++)
        check_write(float_of(i));
    for (uint32_t e = 1; e < 255; e++) {
        check_write(float_of(e << 23));
        check_write(float_of((e << 23) - 1));
    }
}

/* A language with a decimal comma changes nothing. */
static void ignores_the_locale(void **unused)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "ru_RU.UTF-8"};
    char text[W2B_NUMBER_ROOM];
    float x;
    int set = 0;
    (void)unused;
    for (size_t i = 0; !set && i < sizeof names / sizeof names[0]; i++)
        set = setlocale(LC_ALL, names[i]) != NULL;
    if (!set)
        printf("only partly tested: no locale with a decimal comma is installed\n");
    w2b_number_write(1.5e-30f, text);
    assert_string_equal(text, "1.5e-30");
    const char *slow = "1.000000059604644775390626";
    assert_non_null(w2b_number_read(slow, slow + strlen(slow), &x));
    assert_true(bits_of(x) == bits_of(1.0f) + 1);
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_known_numbers),
        cmocka_unit_test(reads_long_numbers),
        cmocka_unit_test(reads_random_numbers),
        cmocka_unit_test(reads_numbers_of_vectors),
        cmocka_unit_test(ends_where_the_number_ends),
        cmocka_unit_test(reads_words_for_no_numbers),
        cmocka_unit_test(writes_known_numbers),
        cmocka_unit_test(writes_random_numbers),
        cmocka_unit_test(ignores_the_locale),
    };
    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
