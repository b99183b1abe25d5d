/*
 * quadtree.h - how points of the plane repel each other, in n log n.
 *
 * Barnes and Hut 1986, as van der Maaten 2014 uses it for t-SNE: a group of
 * points that looks small from where one stands counts as one point in its
 * centre of mass. The tree lies in an array, each node followed by its
 * descendants and knowing where they end, so that walking it needs no stack.
 */
#ifndef W2B_EVAL_QUADTREE_H
#define W2B_EVAL_QUADTREE_H

#include <stddef.h>
#include <stdint.h>

typedef struct w2b_quadtree w2b_quadtree;

/* Room for n points, fewer than 2^31; NULL if memory is short. */
w2b_quadtree *w2b_quadtree_new(size_t n);
void w2b_quadtree_free(w2b_quadtree *tree);

/* Sorts the points xy[n][2], all finite, into the tree. */
void w2b_quadtree_build(w2b_quadtree *tree, const double (*xy)[2]);

/* The point that stands at `place`, 0 to n - 1, in an order in which near ones
 * mostly follow each other. */
uint32_t w2b_quadtree_point(const w2b_quadtree *tree, size_t place);

/* With q = 1 / (1 + d^2) of the distance d to each other point: the sum of
 * q^2 times the vector from there to the point at `place`, and the sum of q in
 * *total. Safe from several threads. */
void w2b_quadtree_repulsion(const w2b_quadtree *tree, size_t place, double force[2],
                            double *total);

#endif
