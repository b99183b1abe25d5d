/*
 * quadtree.c - repulsion by a quadtree. See quadtree.h.
 *
 * Cost for n points: building takes four passes of a radix sort over 12-byte
 * entries and one visit of about n / 3 nodes; a walk touches 100 to 200 nodes
 * and leaf points at n = 2,000, twice that at 20,000, and is bound by its
 * divisions.
 */
#include "eval/quadtree.h"

#include <string.h>

#include "io/base.h"

#define LEVELS 16     /* bits of a coordinate that the tree tells apart */
#define LEAF_POINTS 6 /* fewer are cheaper to visit than to divide */

/* A group is one point where its side is below this share of its distance.
 * Half is what t-SNE programs use; the picture does not change below that. */
#define THETA 0.5

typedef struct node {
    double at[2];    /* centre of mass */
    double mass;     /* points */
    double reach;    /* squared distance from which it is one point */
    uint32_t first;  /* place of its first point */
    uint32_t leaf;   /* number of points if it is a leaf, else 0 */
    uint32_t after;  /* the node that follows its descendants */
} node;

typedef struct entry {
    uint32_t code;   /* bits of x and y in turn, highest first (Morton) */
    uint32_t point;
} entry;

struct w2b_quadtree {
    size_t n;
    double span;       /* side of the square that holds all points */
    entry *entries;    /* [n] sorted by code, then point */
    entry *spare;      /* [n] */
    double (*at)[2];   /* [n] the points in that order */
    node *nodes;       /* [2 n] */
    uint32_t n_nodes;
};

w2b_quadtree *w2b_quadtree_new(size_t n)
{
    w2b_quadtree *const tree = w2b_alloc_zero(1, sizeof *tree);
    if (tree == NULL) {
        return NULL;
    }
    tree->n = n;
    tree->entries = w2b_alloc(n, sizeof *tree->entries);
    tree->spare = w2b_alloc(n, sizeof *tree->spare);
    tree->at = w2b_alloc(n, sizeof *tree->at);
    tree->nodes = w2b_alloc(n, 2 * sizeof *tree->nodes);
    if (tree->entries == NULL || tree->spare == NULL || tree->at == NULL || tree->nodes == NULL) {
        w2b_quadtree_free(tree);
        return NULL;
    }
    return tree;
}

void w2b_quadtree_free(w2b_quadtree *tree)
{
    if (tree != NULL) {
        w2b_free(tree->entries);
        w2b_free(tree->spare);
        w2b_free(tree->at);
        w2b_free(tree->nodes);
        w2b_free(tree);
    }
}

/* ----- Building ----------------------------------------------------------- */

/* The bits of a 16-bit number, each followed by a zero. */
static uint32_t spread(uint32_t x)
{
    x = (x | x << 8) & 0x00ff00ff;
    x = (x | x << 4) & 0x0f0f0f0f;
    x = (x | x << 2) & 0x33333333;
    return (x | x << 1) & 0x55555555;
}

static uint32_t cell(double x, double low, double span)
{
    const double scaled = span > 0 ? (x - low) / span * (1 << LEVELS) : 0;
    return scaled < (1 << LEVELS) - 1 ? (uint32_t)scaled : (1 << LEVELS) - 1;
}

/* By radix, byte by byte: points of one cell stay in the order of their
 * numbers. */
static void entries_sort(w2b_quadtree *tree)
{
    for (unsigned shift = 0; shift < 32; shift += 8) {
        uint32_t starts[257] = {0};
        for (size_t i = 0; i < tree->n; i++) {
            starts[(tree->entries[i].code >> shift & 255) + 1]++;
        }
        for (size_t b = 1; b < 257; b++) {
            starts[b] += starts[b - 1];
        }
        for (size_t i = 0; i < tree->n; i++) {
            tree->spare[starts[tree->entries[i].code >> shift & 255]++] = tree->entries[i];
        }
        entry *const sorted = tree->spare;
        tree->spare = tree->entries;
        tree->entries = sorted;
    }
}

/* Where the quarter `quarter` of a cell of that level ends in [low, high). */
static uint32_t quarter_end(const w2b_quadtree *tree, uint32_t low, uint32_t high, int level,
                            uint32_t quarter)
{
    const int shift = 2 * (LEVELS - 1 - level);
    while (low < high && (tree->entries[low].code >> shift & 3) <= quarter) {
        low++;
    }
    return low;
}

/* Adds the node of the places [low, high), at least one. Cells that hold the
 * same points as a part of them are left out, so that every node but a leaf
 * has two children and all of them fit. */
static void node_add(w2b_quadtree *tree, uint32_t low, uint32_t high)
{
    node *const self = &tree->nodes[tree->n_nodes++];
    const uint32_t differ = tree->entries[low].code ^ tree->entries[high - 1].code;
    const int level = differ == 0 ? LEVELS : __builtin_clz(differ) / 2;
    const double side = tree->span / (double)(1 << level) / THETA;
    *self = (node){.mass = high - low, .reach = side * side, .first = low};
    if (level == LEVELS || high - low <= LEAF_POINTS) {
        self->leaf = high - low;
        for (uint32_t i = low; i < high; i++) {
            self->at[0] += tree->at[i][0];
            self->at[1] += tree->at[i][1];
        }
    } else {
        for (uint32_t quarter = 0; quarter < 4; quarter++) {
            const uint32_t end = quarter_end(tree, low, high, level, quarter);
            if (end > low) {
                const node *const child = &tree->nodes[tree->n_nodes];
                node_add(tree, low, end);
                self->at[0] += child->at[0] * child->mass;
                self->at[1] += child->at[1] * child->mass;
                low = end;
            }
        }
    }
    self->at[0] /= self->mass;
    self->at[1] /= self->mass;
    self->after = tree->n_nodes;
}

void w2b_quadtree_build(w2b_quadtree *tree, const double (*xy)[2])
{
    tree->n_nodes = 0;
    if (tree->n == 0) {
        return;
    }
    double low[2] = {xy[0][0], xy[0][1]}, high[2] = {xy[0][0], xy[0][1]};
    for (size_t i = 1; i < tree->n; i++) {
        for (int c = 0; c < 2; c++) {
            low[c] = xy[i][c] < low[c] ? xy[i][c] : low[c];
            high[c] = xy[i][c] > high[c] ? xy[i][c] : high[c];
        }
    }
    const double wide = high[0] - low[0], tall = high[1] - low[1];
    tree->span = wide > tall ? wide : tall;
    for (size_t i = 0; i < tree->n; i++) {
        tree->entries[i].point = (uint32_t)i;
        tree->entries[i].code = spread(cell(xy[i][0], low[0], tree->span)) << 1 |
                                spread(cell(xy[i][1], low[1], tree->span));
    }
    entries_sort(tree);
    for (size_t i = 0; i < tree->n; i++) {
        memcpy(tree->at[i], xy[tree->entries[i].point], sizeof tree->at[i]);
    }
    node_add(tree, 0, (uint32_t)tree->n);
}

/* ----- Walking ------------------------------------------------------------ */

uint32_t w2b_quadtree_point(const w2b_quadtree *tree, size_t place)
{
    return tree->entries[place].point;
}

void w2b_quadtree_repulsion(const w2b_quadtree *tree, size_t place, double force[2],
                            double *total)
{
    const double x = tree->at[place][0], y = tree->at[place][1];
    double fx = 0, fy = 0, sum = 0;
    for (uint32_t i = 0; i < tree->n_nodes;) {
        const node *const t = &tree->nodes[i];
        if (t->leaf > 0) {
            for (uint32_t j = t->first; j < t->first + t->leaf; j++) {
                const double dx = x - tree->at[j][0], dy = y - tree->at[j][1];
                const double q = 1 / (1 + dx * dx + dy * dy);
                sum += q;
                fx += q * q * dx;
                fy += q * q * dy;
            }
            i = t->after;
            continue;
        }
        const double dx = x - t->at[0], dy = y - t->at[1];
        const double square = dx * dx + dy * dy;
        if (square > t->reach) {
            const double q = 1 / (1 + square), part = t->mass * q;
            sum += part;
            fx += part * q * dx;
            fy += part * q * dy;
            i = t->after;
        } else {
            i++;
        }
    }
    force[0] = fx;
    force[1] = fy;
    *total = sum - 1; /* the point itself, which lies in one of the leaves */
}
