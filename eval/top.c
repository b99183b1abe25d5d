/*
 * top.c - the best k of a stream of scored rows. See top.h.
 */
#include "eval/top.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLLECTOR_BYTES ((size_t)64 << 20)

/* Whether a comes after b among the answers. */
static int is_worse(const w2b_hit *a, const w2b_hit *b)
{
    return a->score < b->score || (a->score == b->score && a->row > b->row);
}

void w2b_top_start(w2b_top *top, w2b_hit *hits, size_t room)
{
    top->hits = hits;
    top->n = 0;
    top->room = room;
    top->floor = -INFINITY;
}

static void sift_up(w2b_hit *hits, size_t i)
{
    const w2b_hit hit = hits[i];
    while (i > 0) {
        const size_t parent = (i - 1) / 2;
        if (!is_worse(&hit, &hits[parent])) {
            break;
        }
        hits[i] = hits[parent];
        i = parent;
    }
    hits[i] = hit;
}

static void sift_down(w2b_hit *hits, size_t n)
{
    const w2b_hit hit = hits[0];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= n) {
            break;
        }
        if (child + 1 < n && is_worse(&hits[child + 1], &hits[child])) {
            child++;
        }
        if (!is_worse(&hits[child], &hit)) {
            break;
        }
        hits[i] = hits[child];
        i = child;
    }
    hits[i] = hit;
}

void w2b_top_offer(w2b_top *top, uint64_t row, float score)
{
    /* The negation also turns a NaN away. */
    if (!(score >= top->floor)) {
        return;
    }
    const w2b_hit hit = {row, score};
    if (top->n < top->room) {
        top->hits[top->n++] = hit;
        sift_up(top->hits, top->n - 1);
        if (top->n < top->room) {
            return;
        }
    } else if (is_worse(&top->hits[0], &hit)) {
        top->hits[0] = hit;
        sift_down(top->hits, top->n);
    }
    top->floor = top->hits[0].score;
}

static int compare_hits(const void *a, const void *b)
{
    return is_worse(a, b) ? 1 : is_worse(b, a) ? -1 : 0;
}

void w2b_top_sort(w2b_top *top)
{
    qsort(top->hits, top->n, sizeof *top->hits, compare_hits);
}

size_t w2b_tops_limit(size_t threads, size_t k)
{
    size_t each;
    if (w2b_mul(threads, k, &each) != 0 || w2b_mul(each, sizeof(w2b_hit), &each) != 0) {
        return 1;
    }
    const size_t limit = COLLECTOR_BYTES / (each + threads * sizeof(w2b_top));
    return limit > 0 ? limit : 1;
}

int w2b_tops_make(w2b_tops *tops, size_t threads, size_t n, size_t k)
{
    size_t collectors, hits;
    memset(tops, 0, sizeof *tops);
    if (w2b_mul(threads, n, &collectors) != 0 || w2b_mul(collectors, k, &hits) != 0) {
        return -1;
    }
    tops->threads = threads;
    tops->n = n;
    tops->k = k;
    tops->tops = w2b_alloc(collectors, sizeof *tops->tops);
    tops->hits = w2b_alloc(hits, sizeof *tops->hits);
    if (tops->tops == NULL || tops->hits == NULL) {
        w2b_tops_free(tops);
        return -1;
    }
    w2b_tops_clear(tops);
    return 0;
}

void w2b_tops_free(w2b_tops *tops)
{
    w2b_free(tops->tops);
    w2b_free(tops->hits);
    memset(tops, 0, sizeof *tops);
}

void w2b_tops_clear(w2b_tops *tops)
{
    for (size_t i = 0; i < tops->threads * tops->n; i++) {
        w2b_top_start(&tops->tops[i], tops->hits + i * tops->k, tops->k);
    }
}

size_t w2b_tops_take(w2b_tops *tops, size_t i, w2b_hit *hits)
{
    w2b_top *const all = w2b_tops_at(tops, 0, i);
    for (size_t t = 1; t < tops->threads; t++) {
        const w2b_top *const part = w2b_tops_at(tops, t, i);
        for (size_t j = 0; j < part->n; j++) {
            w2b_top_offer(all, part->hits[j].row, part->hits[j].score);
        }
    }
    w2b_top_sort(all);
    for (size_t j = 0; j < all->n; j++) {
        hits[j] = all->hits[j];
        hits[j].score += 0.0f; /* -0 would print a sign */
    }
    return all->n;
}
