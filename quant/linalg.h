/*
 * linalg.h - the linear algebra of small dense matrices: the same digits on
 * every machine, since only IEEE operations and square roots in a fixed order
 * go into it. Memory is the caller's.
 */
#ifndef W2B_QUANT_LINALG_H
#define W2B_QUANT_LINALG_H

#include <stddef.h>

/* Eigenvalues and eigenvectors of a symmetric matrix a[n][n] of finite
 * numbers. On return row i of `a` is the unit eigenvector of values[i], and
 * values fall. work[n] is scratch. 0, or -1 if it does not converge, which no
 * finite matrix has been seen to do. Some 9 n^3 operations. */
int w2b_eigen(double *a, size_t n, double *values, double *work);

/* The numbers before the diagonals of a[n][n] become those after them. */
void w2b_mirror_upper(double *a, size_t n);

/* The first m <= n columns of a product of reflections H_0 H_1 ... H_(m-1), as
 * the rows of basis[m][n], which are orthonormal whatever the numbers are. H_k
 * leaves the first k coordinates alone and sends axis k to plus or minus the
 * direction that the n - k numbers of row k from its diagonal on have when this
 * is called; where they are zeros it does nothing. The numbers before the
 * diagonal are not read. */
void w2b_reflections(double *basis, size_t m, size_t n);

/* The other way: directions, in that form and of length 1, that give the rows
 * of vectors[m][n] if these are orthonormal, up to signs. `round` may change
 * each of them, of n numbers, before it is used: the directions after it take
 * into account what it did. work[n] is scratch. */
typedef void (*w2b_reflections_round)(void *user, double *direction, size_t n);
void w2b_reflections_find(double *vectors, size_t m, size_t n, double *work,
                          w2b_reflections_round round, void *user);

#endif
