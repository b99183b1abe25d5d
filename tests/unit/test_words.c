/*
 * test_words.c - words, counts and the index in their stored forms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/words.h"
#include "tests/unit/scratch.h"

static void leb_round_trips(void **state)
{
    (void)state;
    for (unsigned shift = 0; shift < 64; shift++) {
        for (int delta = -1; delta <= 1; delta++) {
            const uint64_t x = ((uint64_t)1 << shift) + (uint64_t)(int64_t)delta;
            uint8_t bytes[W2B_LEB_MOST];
            const size_t n = w2b_leb_put(x, bytes);
            const uint8_t *at = bytes;
            uint64_t back = 0;
            assert_int_equal(w2b_leb_get(&at, bytes + n, &back), 0);
            assert_true(back == x && at == bytes + n);
            at = bytes;
            assert_int_equal(w2b_leb_get(&at, bytes + n - 1, &back), -1);
        }
    }
}

static void leb_refuses_other_forms(void **state)
{
    static const uint8_t padded[] = {0x80, 0x00};
    static const uint8_t wide[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    static const uint8_t endless[] = {0x81, 0x81, 0x81, 0x81, 0x81, 0x81,
                                      0x81, 0x81, 0x81, 0x81, 0x81, 0x01};
    (void)state;
    uint64_t x;
    const uint8_t *at = padded;
    assert_int_equal(w2b_leb_get(&at, padded + sizeof padded, &x), -1);
    at = wide;
    assert_int_equal(w2b_leb_get(&at, wide + sizeof wide, &x), -1);
    at = endless;
    assert_int_equal(w2b_leb_get(&at, endless + sizeof endless, &x), -1);
}

static void counts_round_trip(void **state)
{
    static const uint64_t counts[] = {UINT64_MAX, 0, 1, UINT64_MAX, 5, 5, 5, 4, (uint64_t)1 << 63};
    const size_t n = sizeof counts / sizeof *counts;
    uint8_t bytes[sizeof counts / sizeof *counts * W2B_LEB_MOST];
    const char *why;
    (void)state;
    const size_t size = w2b_counts_encode(counts, n, bytes);
    uint64_t *back = w2b_counts_decode(bytes, size, n, &why);
    assert_non_null(back);
    assert_memory_equal(back, counts, sizeof counts);
    w2b_free(back);
    assert_null(w2b_counts_decode(bytes, size - 1, n, &why));
    assert_non_null(why);
    assert_null(w2b_counts_decode(bytes, size, n - 1, &why));
    assert_null(w2b_counts_decode(bytes, size, n + 1, &why));
    assert_null(w2b_counts_decode(bytes, size, SIZE_MAX, &why));
}

static void word_blocks_are_read(void **state)
{
    static const uint8_t raw[] = {2, 0, 3, 'o', 'f', 'a', '\0', 'b'};
    const char *why;
    (void)state;
    w2b_word_block *block = w2b_words_decode(raw, sizeof raw, 3, &why);
    assert_non_null(block);
    assert_memory_equal(block->bytes, "of\0\0a\0b", 8);
    assert_int_equal(block->starts[1], 3);
    assert_int_equal(block->starts[2], 4);
    assert_int_equal(block->starts[3], 8);
    w2b_free(block);
}

static void word_blocks_are_refused(void **state)
{
    static const uint8_t sums[][4] = {{2, 2, 'o', 'f'}, {0, 0, 'o', 'f'}, {9, 0, 'o', 'f'}};
    static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1};
    const char *why;
    (void)state;
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        assert_null(w2b_words_decode(sums[i], sizeof sums[i], 2, &why));
        assert_non_null(why);
    }
    assert_null(w2b_words_decode(huge, sizeof huge, 2, &why));
    assert_null(w2b_words_decode(huge, sizeof huge, SIZE_MAX / 2, &why));
}

static void index_holds_each_word_once(void **state)
{
    enum { MOST = 3000 };
    static uint64_t hashes[MOST];
    (void)state;
    for (size_t n = 1; n <= MOST; n = n * 3 + 1) {
        w2b_index index;
        for (size_t i = 0; i < n; i++)
            hashes[i] = scratch_random();
        hashes[n - 1] = hashes[0];
        assert_int_equal(w2b_index_build(hashes, n, &index), 0);
        assert_int_equal(index.starts[0], 0);
        assert_int_equal(index.starts[index.buckets], n);
        for (uint32_t b = 0; b < index.buckets; b++) {
            assert_true(index.starts[b] <= index.starts[b + 1]);
            for (uint32_t e = index.starts[b]; e < index.starts[b + 1]; e++) {
                const uint64_t hash = hashes[index.rows[e]];
                assert_int_equal(w2b_index_bucket(hash, index.buckets), b);
                assert_int_equal(index.marks[e], w2b_index_mark(hash));
                assert_true(e == index.starts[b] || index.rows[e] > index.rows[e - 1]);
            }
        }
        w2b_index_free(&index);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leb_round_trips),
        cmocka_unit_test(leb_refuses_other_forms),
        cmocka_unit_test(counts_round_trip),
        cmocka_unit_test(word_blocks_are_read),
        cmocka_unit_test(word_blocks_are_refused),
        cmocka_unit_test(index_holds_each_word_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
