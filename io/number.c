/*
 * number.c - decimal numbers, read and written the same in every locale.
 *
 * Reading: the digits become a whole number m and a power of ten. With m and
 * 10^|e| both exact in a double, one multiplication or division gives the
 * nearest double (Clinger 1990); where they are not, and for floats, the
 * result is taken only if no float midpoint is so near that the error could
 * have carried it across: of a double's 53 bits a float keeps 24, so that only
 * one number in some ten million is left in doubt. These, and what has an
 * extreme exponent, go to strtod, as digits and an exponent without a decimal
 * point, which is the one thing locales change. Numbers as files of vectors
 * have them, a few digits and a point, take a way of their own: 6 ns each.
 *
 * Writing: 6, 7, 8, then 9 digits are tried until they read back as the same
 * float. The digits themselves need not be the nearest for that, only right:
 * reading decides.
 */
#include "io/number.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ten to these powers are exact in a double. */
#define EXACT_POWER 22
static const double power_of_ten[EXACT_POWER + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

/* The nearest doubles to the negative powers. */
static const double power_of_tenth[EXACT_POWER + 1] = {
    1e0,   1e-1,  1e-2,  1e-3,  1e-4,  1e-5,  1e-6,  1e-7,  1e-8,  1e-9,  1e-10, 1e-11,
    1e-12, 1e-13, 1e-14, 1e-15, 1e-16, 1e-17, 1e-18, 1e-19, 1e-20, 1e-21, 1e-22,
};

#define M_DIGITS 19              /* so many always fit 64 bits */
#define SLOW_DIGITS 800          /* more than decide any double (767) */
#define EXPONENT_MAX 1000000

/* A number as written: (-1)^negative * m * 10^exponent, if not `cut`. */
typedef struct decimal {
    int negative;
    int cut;             /* digits other than 0 follow those in m */
    uint64_t m;
    int64_t exponent;
    const char *digits;  /* where the digits are, with their point */
    const char *digits_end;
} decimal;

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether `word`, in lower case, stands at `text`. */
static int stands(const char *text, const char *end, const char *word)
{
    for (; *word; word++, text++) {
        if (text == end || (*text | 0x20) != *word)
            return 0;
    }
    return 1;
}

static const char *read_exponent(const char *text, const char *end, int64_t *exponent)
{
    const char *at = text + 1;
    int negative = 0;
    if (at < end && (*at == '-' || *at == '+'))
        negative = *at++ == '-';
    if (at == end || !is_digit(*at))
        return text;             /* "1e" is the number 1 and a letter */
    int64_t value = 0;
    for (; at < end && is_digit(*at); at++) {
        if (value < EXPONENT_MAX)
            value = value * 10 + (*at - '0');
    }
    *exponent += negative ? -value : value;
    return at;
}

/* Digits from `text`, after the sign. NULL if there are none. */
static const char *read_decimal(const char *text, const char *end, decimal *d)
{
    const char *at = text;
    int used = 0;                /* digits in m, leading zeros not counted */
    int point = 0;
    int any = 0;
    d->m = 0;
    d->cut = 0;
    d->exponent = 0;
    d->digits = text;
    for (; at < end; at++) {
        if (*at == '.' && !point) {
            point = 1;
            continue;
        }
        if (!is_digit(*at))
            break;
        any = 1;
        if (used < M_DIGITS) {
            d->m = d->m * 10 + (uint64_t)(*at - '0');
            used += d->m > 0;
            d->exponent -= point;
        } else {
            d->cut |= *at != '0';
            d->exponent += !point;
        }
    }
    if (!any)
        return NULL;
    d->digits_end = at;
    if (at < end && (*at | 0x20) == 'e')
        at = read_exponent(at, end, &d->exponent);
    return at;
}

/* The digits of `d` and its exponent as text for strtod. Digits past those
 * that can decide are replaced by a 1, which stands for "and some more". */
static void write_plain(const decimal *d, char *text, size_t room)
{
    if (!d->cut) {
        snprintf(text, room, "%llue%lld", (unsigned long long)d->m, (long long)d->exponent);
        return;
    }
    size_t n = 0;
    int64_t exponent = d->exponent;
    int more = 0;
    for (const char *at = d->digits; at < d->digits_end; at++) {
        if (*at == '.' || (n == 0 && *at == '0'))
            continue;
        if (n < SLOW_DIGITS) {
            text[n++] = *at;
            exponent -= n > M_DIGITS;
        } else {
            more |= *at != '0';
        }
    }
    if (more) {
        text[n++] = '1';
        exponent--;
    }
    snprintf(text + n, room - n, "e%lld", (long long)exponent);
}

/* Whether (float)x is the float that is nearest to any number within 4 units of
 * x's last place: no midpoint between two floats is there. */
static inline int is_settled(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int64_t past_middle = (int64_t)(bits & 0x1fffffff) - 0x10000000;
    return x >= 0x1p-126 && x < 0x1p127 && (past_middle > 4 || past_middle < -4);
}

static float nearest_float(const decimal *d)
{
    if (d->m == 0)
        return 0;
    if (d->exponent >= -EXACT_POWER && d->exponent <= EXACT_POWER) {
        /* Off by at most 3 units of the last place: m may have been rounded,
         * or cut, so is a tenth, and the operation rounds. */
        const double x = d->exponent < 0 ? (double)d->m * power_of_tenth[-d->exponent]
                                         : (double)d->m * power_of_ten[d->exponent];
        if (is_settled(x))
            return (float)x;
    }
    char text[SLOW_DIGITS + 32];
    write_plain(d, text, sizeof text);
    return strtof(text, NULL);
}

static double nearest_double(const decimal *d)
{
    if (!d->cut && d->m <= (uint64_t)1 << 53 && d->exponent >= -EXACT_POWER &&
        d->exponent <= EXACT_POWER)
        return d->exponent < 0 ? (double)d->m / power_of_ten[-d->exponent]
                               : (double)d->m * power_of_ten[d->exponent];
    char text[SLOW_DIGITS + 32];
    write_plain(d, text, sizeof text);
    return strtod(text, NULL);
}

/* Sign and digits; or a word, whose value goes to *special. */
static const char *read_number(const char *text, const char *end, decimal *d, float *special)
{
    const char *at = text;
    d->negative = 0;
    *special = 0;
    if (at < end && (*at == '-' || *at == '+'))
        d->negative = *at++ == '-';
    if (at < end && (is_digit(*at) || *at == '.'))
        return read_decimal(at, end, d);
    if (stands(at, end, "nan")) {
        *special = NAN;
        return at + 3;
    }
    if (stands(at, end, "inf")) {
        *special = INFINITY;
        return at + (stands(at, end, "infinity") ? 8 : 3);
    }
    return NULL;
}

/* "-0.12345": digits with a point among them, no more than fit 64 bits, and no
 * exponent. NULL where it is not as simple as that. */
static inline const char *read_simple(const char *text, const char *end, float *value)
{
    const char *at = text;
    const int negative = at < end && *at == '-';
    at += negative;
    const char *first = at;
    uint64_t m = 0;
    for (; at < end && is_digit(*at); at++)
        m = m * 10 + (uint64_t)(*at - '0');
    size_t digits = (size_t)(at - first), places = 0;
    if (at < end && *at == '.') {
        const char *point = at++;
        for (; at < end && is_digit(*at); at++)
            m = m * 10 + (uint64_t)(*at - '0');
        places = (size_t)(at - point) - 1;
        digits += places;
    }
    if (digits == 0 || digits > M_DIGITS || (at < end && (*at | 0x20) == 'e'))
        return NULL;
    const double x = (double)m * power_of_tenth[places];
    if (m != 0 && !is_settled(x))
        return NULL;
    *value = negative ? -(float)x : (float)x;
    return at;
}

const char *w2b_number_read(const char *text, const char *end, float *value)
{
    const char *simple = read_simple(text, end, value);
    if (simple)
        return simple;
    decimal d;
    float special;
    const char *after = read_number(text, end, &d, &special);
    if (after) {
        const float x = special == 0 ? nearest_float(&d) : special;
        *value = d.negative ? -x : x;
    }
    return after;
}

const char *w2b_number_read_double(const char *text, const char *end,
                                   double *value)
{
    decimal d;
    float special;
    const char *after = read_number(text, end, &d, &special);
    if (after) {
        const double x = special == 0 ? nearest_double(&d) : (double)special;
        *value = d.negative ? -x : x;
    }
    return after;
}

/* ----- Writing ------------------------------------------------------------ */

#define MIN_DIGITS 6  /* so many always survive decimal -> float -> decimal */
#define MAX_DIGITS 9  /* so many tell any two floats apart */

/* x > 0 rounded to n digits: m with n digits, x ~ m * 10^(*power - n + 1). */
static uint64_t round_digits(double x, int n, int *power)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int exponent2 = (int)(bits >> 52) - 1023;
    /* From log10(2), never too large, so that the search only goes up and a
     * number that rounds up to a power of ten ends it. */
    int p = (exponent2 * 1233 + 4096 * 100) / 4096 - 101;
    for (;;) {
        const int shift = n - 1 - p;
        if (shift < -EXACT_POWER || shift > EXACT_POWER)
            break;
        const double scaled = shift < 0 ? x / power_of_ten[-shift] : x * power_of_ten[shift];
        const uint64_t m = (uint64_t)(scaled + 0.5);
        if ((double)m < power_of_ten[n]) {
            *power = p;
            return m;
        }
        p++;
    }
    /* Very large or small: let the C library do it. What its locale writes
     * for a decimal point is skipped. */
    char text[40];
    uint64_t m = 0;
    snprintf(text, sizeof text, "%.*e", n - 1, x);
    const char *at = text;
    for (; *at && *at != 'e'; at++) {
        if (is_digit(*at))
            m = m * 10 + (uint64_t)(*at - '0');
    }
    *power = (int)strtol(at + (*at == 'e'), NULL, 10);
    return m;
}

/* digits[n] with the first at 10^power, as C's %g would lay them out. */
static char *lay_out(const char *digits, int n, int power, char *text)
{
    if (power < -4 || power >= MAX_DIGITS) {
        *text++ = *digits;
        if (n > 1) {
            *text++ = '.';
            memcpy(text, digits + 1, (size_t)n - 1);
            text += n - 1;
        }
        return text + snprintf(text, 8, "e%s%02d", power < 0 ? "-" : "+", abs(power));
    }
    if (power < 0) {
        *text++ = '0';
        *text++ = '.';
        for (int i = -1; i > power; i--)
            *text++ = '0';
        memcpy(text, digits, (size_t)n);
        return text + n;
    }
    for (int i = 0; i < n || i <= power; i++) {
        if (i == power + 1)
            *text++ = '.';
        *text++ = i < n ? digits[i] : '0';
    }
    return text;
}

size_t w2b_number_write(float value, char text[W2B_NUMBER_ROOM])
{
    char *at = text;
    if (signbit(value))
        *at++ = '-';
    const float x = fabsf(value);
    if (isnan(x) || isinf(x)) {
        memcpy(at, isnan(x) ? "nan" : "inf", 4);
        return (size_t)(at + 3 - text);
    }
    if (x == 0) {
        memcpy(at, "0", 2);
        return (size_t)(at + 1 - text);
    }
    int power = 0;
    uint64_t m = 0;
    int n = MIN_DIGITS;
    for (;; n++) {
        m = round_digits((double)x, n, &power);
        const decimal d = {.m = m, .exponent = power - n + 1};
        if (n == MAX_DIGITS || nearest_float(&d) == x)
            break;
    }
    for (; m % 10 == 0; n--)
        m /= 10;
    char digits[MAX_DIGITS] = {0};
    for (int i = n - 1; i >= 0; i--, m /= 10)
        digits[i] = (char)('0' + m % 10);
    at = lay_out(digits, n, power, at);
    *at = 0;
    return (size_t)(at - text);
}
