/*
 * linalg.c - eigenvectors of symmetric matrices, and orthonormal bases as
 * products of reflections. See linalg.h.
 *
 * Householder's reduction to a tridiagonal matrix and implicit QL steps (Golub
 * and Van Loan, chapter 8). Eigenvectors are kept as rows, so that every inner
 * loop runs along memory.
 */
#include "quant/linalg.h"

#include <float.h>
#include <math.h> /* sqrt and fabs alone: exact by IEEE 754 */

/* QL steps for one eigenvalue; two or three are usual. */
#define STEPS_MOST 60

static double dot(const double *x, const double *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

static void add_scaled(double *y, double factor, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += factor * x[i];
}

void w2b_mirror_upper(double *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            a[i * n + k] = a[k * n + i];
}

/* Makes of x[n] the unit normal of the mirror that sends x to the first axis,
 * up to a sign that keeps the sum below from cancelling. Returns the image's
 * first coordinate. All zeros, no mirror, where x lies on that axis. */
static double mirror(double *x, size_t n)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fabs(x[i]) > largest ? fabs(x[i]) : largest;
    const double first = x[0];
    double rest = 0;
    for (size_t i = 1; i < n; i++)
        rest = fabs(x[i]) > rest ? fabs(x[i]) : rest;
    if (!(rest > largest * DBL_EPSILON / 16)) {
        for (size_t i = 0; i < n; i++)
            x[i] = 0;
        return first;
    }
    for (size_t i = 0; i < n; i++)
        x[i] /= largest;
    const double length = sqrt(dot(x, x, n));
    const double image = x[0] > 0 ? -length : length;
    x[0] -= image;
    const double factor = 1 / sqrt(dot(x, x, n));
    for (size_t i = 0; i < n; i++)
        x[i] *= factor;
    return image * largest;
}

/* y becomes its mirror image. */
static void reflect(double *y, const double *normal, size_t n)
{
    add_scaled(y, -2 * dot(y, normal, n), normal, n);
}

/* ----- Eigenvectors ------------------------------------------------------- */

/* a = Q T Q', T being tridiagonal with diagonal d and, beside it, e; the mirrors
 * of which Q consists are left in the rows of a. */
static void tridiagonalise(double *a, size_t n, double *d, double *e)
{
    for (size_t k = 0; k < n; k++) {
        const size_t m = n - k - 1;
        double *const w = a + k * n + k + 1;
        d[k] = a[k * n + k];
        if (m == 0)
            break;
        e[k] = mirror(w, m);
        /* The rest, seen in the mirror: B - w q' - q w', q = 2 (Bw - (w'Bw) w),
         * which for want of room goes to the part of e not yet used. */
        double *const q = e + k + 1;
        for (size_t i = 0; i < m; i++)
            q[i] = 2 * dot(a + (k + 1 + i) * n + k + 1, w, m);
        add_scaled(q, -dot(q, w, m), w, m);
        for (size_t i = 0; i < m; i++) {
            double *const row = a + (k + 1 + i) * n + k + 1;
            add_scaled(row, -w[i], q, m);
            add_scaled(row, -q[i], w, m);
        }
    }
    e[n - 1] = 0;
}

/* The rows of a, which hold the mirrors, become those of Q'. */
static void accumulate(double *a, size_t n)
{
    for (size_t k = n; k-- > 0;) {
        const size_t m = n - k - 1;
        double *const w = a + k * n + k + 1;
        for (size_t i = 0; i < m; i++) {
            double *const row = a + (k + 1 + i) * n + k;
            row[0] = 0;
            reflect(row + 1, w, m);
        }
        for (size_t i = 0; i < m; i++)
            w[i] = 0;
        a[k * n + k] = 1;
        for (size_t i = 0; i < k; i++)
            a[k * n + i] = 0;
    }
}

/* Turns rows x and y by the angle of cosine c and sine s. */
static void rotate(double *x, double *y, double c, double s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double t = y[i];
        y[i] = s * x[i] + c * t;
        x[i] = c * x[i] - s * t;
    }
}

/* One implicit QL step on rows l to m of the tridiagonal matrix. */
static void ql_step(double *a, size_t n, double *d, double *e, size_t l, size_t m)
{
    double g = (d[l + 1] - d[l]) / (2 * e[l]);
    double r = sqrt(g * g + 1);
    g = d[m] - d[l] + e[l] / (g + (g < 0 ? -r : r));
    double s = 1, c = 1, p = 0;
    for (size_t i = m; i-- > l;) {
        double f = s * e[i];
        const double b = c * e[i];
        r = sqrt(f * f + g * g);
        e[i + 1] = r;
        if (!(r > 0)) {
            d[i + 1] -= p;
            e[m] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        rotate(a + i * n, a + (i + 1) * n, c, s, n);
    }
    d[l] -= p;
    e[l] = g;
    e[m] = 0;
}

/* What may be taken for zero beside two numbers of the diagonal. Where both are
 * small, as those of a matrix that lacks rank, all about them is rounding, and
 * never gets small against them. */
static double negligible(double a, double b, double norm)
{
    const double beside = DBL_EPSILON / 2 * (fabs(a) + fabs(b));
    const double rounding = DBL_EPSILON / 16 * norm;
    return beside > rounding ? beside : rounding;
}

static void sort_falling(double *a, size_t n, double *d)
{
    for (size_t i = 0; i + 1 < n; i++) {
        size_t best = i;
        for (size_t j = i + 1; j < n; j++)
            best = d[j] > d[best] ? j : best;
        if (best == i)
            continue;
        const double value = d[i];
        d[i] = d[best];
        d[best] = value;
        rotate(a + i * n, a + best * n, 0, 1, n);
    }
}

int w2b_eigen(double *a, size_t n, double *values, double *work)
{
    double *const d = values, *const e = work;
    if (n == 0)
        return 0;
    tridiagonalise(a, n, d, e);
    accumulate(a, n);
    double norm = 0;
    for (size_t i = 0; i < n; i++)
        norm = fabs(d[i]) + fabs(e[i]) > norm ? fabs(d[i]) + fabs(e[i]) : norm;
    for (size_t l = 0; l < n; l++) {
        for (int step = 0;; step++) {
            size_t m = l;
            while (m + 1 < n && fabs(e[m]) > negligible(d[m], d[m + 1], norm))
                m++;
            if (m == l)
                break;
            if (step == STEPS_MOST)
                return -1;
            ql_step(a, n, d, e, l, m);
        }
    }
    sort_falling(a, n, d);
    return 0;
}

/* ----- Bases as reflections ----------------------------------------------- */

void w2b_reflections(double *basis, size_t m, size_t n)
{
    /* From the last one on: row k then needs no more than one mirror, and the
     * rows after it have zeros up to there. */
    for (size_t k = m; k-- > 0;) {
        double *const w = basis + k * n + k;
        const size_t rest = n - k;
        mirror(w, rest);
        for (size_t i = k + 1; i < m; i++) {
            basis[i * n + k] = 0;
            reflect(basis + i * n + k, w, rest);
        }
        /* The mirror image of the axis itself, in place. */
        const double first = w[0];
        for (size_t i = 0; i < rest; i++)
            w[i] *= -2 * first;
        w[0] += 1;
        for (size_t i = 0; i < k; i++)
            basis[k * n + i] = 0;
    }
}

void w2b_reflections_find(double *vectors, size_t m, size_t n, double *work,
                          w2b_reflections_round round, void *user)
{
    for (size_t k = 0; k < m; k++) {
        double *const direction = vectors + k * n + k;
        const size_t rest = n - k;
        const double length = sqrt(dot(direction, direction, rest));
        for (size_t i = 0; i < rest; i++)
            direction[i] = length > 0 ? direction[i] / length : 0;
        round(user, direction, rest);
        for (size_t i = 0; i < rest; i++)
            work[i] = direction[i];
        mirror(work, rest);
        for (size_t i = k + 1; i < m; i++)
            reflect(vectors + i * n + k, work, rest);
    }
}
