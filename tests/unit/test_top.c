/*
 * test_top.c - the best k of a stream, against a sort of everything.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "eval/top.h"
#include "tests/unit/seed.h"
#include "tests/unit/toy_model.h"

static int by_answer_order(const void *a, const void *b)
{
    const w2b_hit *const x = a, *const y = b;
    if (x->score < y->score || x->score > y->score) {
        return x->score > y->score ? -1 : 1;
    }
    return x->row < y->row ? -1 : x->row > y->row;
}

/* Few different scores, so that most of the order is made by the rows. */
static void draw(w2b_rng *rng, w2b_hit *hits, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hits[i] = (w2b_hit){i, (float)w2b_rng_below(rng, 7) - 3};
    }
    for (size_t i = n; i > 1; i--) {
        const size_t j = w2b_rng_below(rng, (uint32_t)i);
        const w2b_hit hit = hits[i - 1];
        hits[i - 1] = hits[j];
        hits[j] = hit;
    }
}

static void keeps_the_best_in_any_order(void **state)
{
    (void)state;
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 1);
    w2b_hit all[200], kept[200];
    for (size_t n = 0; n <= 200; n += 1 + n / 3) {
        for (size_t k = 1; k <= 200; k += 1 + k / 2) {
            draw(&rng, all, n);
            w2b_top top;
            w2b_top_start(&top, kept, k);
            for (size_t i = 0; i < n; i++) {
                w2b_top_offer(&top, all[i].row, all[i].score);
            }
            w2b_top_sort(&top);
            qsort(all, n, sizeof all[0], by_answer_order);
            assert_int_equal(top.n, k < n ? k : n);
            for (size_t i = 0; i < top.n; i++) {
                assert_int_equal(kept[i].row, all[i].row);
                assert_true(kept[i].score == all[i].score);
            }
        }
    }
}

static void threads_merge_to_the_same(void **state)
{
    (void)state;
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 2);
    w2b_hit all[300], taken[10];
    w2b_tops tops;
    assert_int_equal(w2b_tops_make(&tops, 3, 2, 10), 0);
    for (int round = 0; round < 20; round++) {
        draw(&rng, all, 300);
        for (size_t i = 0; i < 300; i++) {
            w2b_top_offer(w2b_tops_at(&tops, w2b_rng_below(&rng, 3), 1), all[i].row, all[i].score);
        }
        qsort(all, 300, sizeof all[0], by_answer_order);
        assert_int_equal(w2b_tops_take(&tops, 0, taken), 0);
        assert_int_equal(w2b_tops_take(&tops, 1, taken), 10);
        for (size_t i = 0; i < 10; i++) {
            assert_int_equal(taken[i].row, all[i].row);
        }
        w2b_tops_clear(&tops);
    }
    w2b_tops_free(&tops);
}

static void a_nan_is_never_kept(void **state)
{
    (void)state;
    w2b_hit hit;
    w2b_top top;
    w2b_top_start(&top, &hit, 1);
    w2b_top_offer(&top, 5, NAN);
    assert_int_equal(top.n, 0);
    w2b_top_offer(&top, 6, -1);
    w2b_top_offer(&top, 7, NAN);
    assert_int_equal(top.n, 1);
    assert_int_equal(hit.row, 6);
}

static void memory_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(w2b_tops_limit(2, SIZE_MAX / 2), 1);
    assert_int_equal(w2b_tops_limit(1, 1 << 28), 1);
    assert_true(w2b_tops_limit(2, 10) > 1000);
    w2b_tops tops;
    assert_int_equal(w2b_tops_make(&tops, SIZE_MAX / 2, 3, 1), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_best_in_any_order),
        cmocka_unit_test(threads_merge_to_the_same),
        cmocka_unit_test(a_nan_is_never_kept),
        cmocka_unit_test(memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
