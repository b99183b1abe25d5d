/*
 * test_spool.c - token ids in memory and in a file, against a plain array.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "tests/unit/scratch.h"
#include "word2bits/count.h"
#include "word2bits/spool.h"

#define IDS 1000u

/* What w2b_spool_remap promises, done in the plainest way. */
static size_t remap_plainly(uint32_t *ids, size_t n, const uint32_t *map)
{
    size_t kept = 0;
    int word_since = 0;
    for (size_t i = 0; i < n; i++) {
        if (ids[i] == W2B_EOL) {
            if (word_since)
                ids[kept++] = W2B_EOL;
            word_since = 0;
        } else if (map[ids[i]] != W2B_UNKNOWN) {
            ids[kept++] = map[ids[i]];
            word_since = 1;
        }
    }
    return kept;
}

/* `n` random ids, one in `line` a line end. */
static uint32_t *random_ids(size_t n, uint64_t line)
{
    uint32_t *ids = w2b_alloc(n, sizeof *ids);
    assert_non_null(ids);
    for (size_t i = 0; i < n; i++)
        ids[i] = scratch_random() % line == 0 ? W2B_EOL : (uint32_t)(scratch_random() % IDS);
    return ids;
}

/* Ids that are all unknown in long stretches too. */
static void random_map(uint32_t *map, uint64_t known_percent)
{
    for (uint32_t i = 0; i < IDS; i++) {
        const int known = scratch_random() % 100 < known_percent;
        map[i] = known ? (uint32_t)(scratch_random() % IDS) : W2B_UNKNOWN;
    }
}

static void put_in_parts(w2b_spool *spool, const uint32_t *ids, size_t n)
{
    for (size_t at = 0; at < n;) {
        const size_t most = 1 + scratch_random() % 300000;
        const size_t size = n - at < most ? n - at : most;
        uint64_t place = 0;
        assert_int_equal(w2b_spool_extend(spool, size, &place, NULL), W2B_OK);
        assert_int_equal(place, at);
        assert_int_equal(w2b_spool_put(spool, place, ids + at, size, NULL), W2B_OK);
        at += size;
    }
    assert_int_equal(w2b_spool_size(spool), n);
}

static void compare(w2b_spool *spool, const uint32_t *expected, size_t n_expected)
{
    const uint32_t *ids = NULL;
    uint64_t n = 0;
    assert_int_equal(w2b_spool_finish(spool, &ids, &n, NULL), W2B_OK);
    assert_int_equal(n, n_expected);
    if (n > 0)
        assert_memory_equal(ids, expected, n_expected * sizeof *ids);
}

static void keeps_what_is_put(void **state)
{
    (void)state;
    const size_t n = 700000;
    uint32_t *ids = random_ids(n, 10);
    const uint64_t budgets[] = {0, 4, n * 2, n * 4 - 1, n * 4, UINT64_MAX};
    for (size_t b = 0; b < sizeof budgets / sizeof budgets[0]; b++) {
        w2b_spool *spool = w2b_spool_new(budgets[b], scratch_path(""));
        assert_non_null(spool);
        put_in_parts(spool, ids, n);
        assert_int_equal(w2b_spool_on_disk(spool), budgets[b] < n * 4);
        assert_int_equal(scratch_count(), 0);
        compare(spool, ids, n);
        w2b_spool_free(spool);
        assert_int_equal(scratch_count(), 0);
    }
    w2b_free(ids);
}

static void remap_once(size_t n, uint64_t line, uint64_t known_percent, uint64_t memory,
                       uint32_t threads)
{
    uint32_t map[IDS];
    uint32_t *ids = random_ids(n, line);
    random_map(map, known_percent);
    w2b_spool *spool = w2b_spool_new(memory, scratch_path(""));
    assert_non_null(spool);
    put_in_parts(spool, ids, n);
    assert_int_equal(w2b_spool_remap(spool, map, IDS, threads, NULL), W2B_OK);
    n = remap_plainly(ids, n, map);
    /* A second time, with more behind it: as when the ids are renumbered. */
    uint64_t at = 0;
    const uint32_t more[] = {W2B_EOL, 3, W2B_EOL, W2B_EOL, 4, W2B_EOL};
    uint32_t *longer = w2b_realloc(ids, n + 6, sizeof *ids);
    assert_non_null(longer);
    memcpy(longer + n, more, sizeof more);
    assert_int_equal(w2b_spool_extend(spool, 6, &at, NULL), W2B_OK);
    assert_int_equal(at, n);
    assert_int_equal(w2b_spool_put(spool, at, more, 6, NULL), W2B_OK);
    random_map(map, known_percent);
    assert_int_equal(w2b_spool_remap(spool, map, IDS, threads, NULL), W2B_OK);
    n = remap_plainly(longer, n + 6, map);
    compare(spool, longer, n);
    w2b_spool_free(spool);
    w2b_free(longer);
}

static void remaps_as_the_plain_way(void **state)
{
    (void)state;
    const size_t block = (size_t)1 << 20;
    const size_t sizes[] = {0, 1, 2, 1000, block - 1, block, block + 1, 2 * block + block / 3};
    const uint32_t threads[] = {1, 2, 5};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (size_t t = 0; t < 3; t++) {
            remap_once(sizes[s], 20, 70, UINT64_MAX, threads[t]);
            remap_once(sizes[s], 2, 30, 0, threads[t]);
        }
    }
    /* Blocks of nothing but line ends and unknown words. */
    remap_once(2 * block + 5, 1, 50, UINT64_MAX, 2);
    remap_once(2 * block + 5, 20, 0, 0, 2);
    assert_int_equal(scratch_count(), 0);
}

static void tells_what_is_wrong_with_the_folder(void **state)
{
    (void)state;
    w2b_diag diag;
    uint64_t at = 77;
    const char *folder = scratch_path("not-there");
    w2b_spool *spool = w2b_spool_new(0, folder);
    assert_non_null(spool);
    assert_int_equal(w2b_spool_extend(spool, 1, &at, &diag), W2B_ERR_IO);
    assert_int_equal(at, 77);
    assert_string_equal(diag.path, folder);
    assert_string_equal(diag.text, "cannot create a temporary file: No such file or directory");
    w2b_spool_free(spool);
}

/* A limit on the size of files stands for a full disk. */
static void tells_when_it_cannot_write(void **state)
{
    (void)state;
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    struct rlimit small = old;
    small.rlim_cur = 100000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    uint32_t *ids = random_ids(50000, 10);
    w2b_spool *spool = w2b_spool_new(80000, scratch_path(""));
    w2b_diag diag = {.code = W2B_OK};
    uint64_t at = 0;
    w2b_err err = w2b_spool_extend(spool, 20000, &at, &diag);
    if (!err)
        err = w2b_spool_put(spool, at, ids, 20000, &diag);
    const w2b_err first = err;
    if (!err)
        err = w2b_spool_extend(spool, 30000, &at, &diag);
    if (!err)
        err = w2b_spool_put(spool, at, ids, 30000, &diag);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, handler);
    assert_int_equal(first, W2B_OK);
    assert_int_equal(err, W2B_ERR_IO);
    assert_string_equal(diag.text,
                        "cannot write token ids to a temporary file: File too large");
    w2b_spool_free(spool);
    w2b_free(ids);
    assert_int_equal(scratch_count(), 0);
}

static void refuses_lengths_beyond_all_files(void **state)
{
    (void)state;
    w2b_spool *spool = w2b_spool_new(0, scratch_path(""));
    uint64_t at = 0;
    assert_int_equal(w2b_spool_extend(spool, UINT64_MAX, &at, NULL), W2B_ERR_LIMIT);
    assert_int_equal(w2b_spool_extend(spool, UINT64_MAX / 4, &at, NULL), W2B_ERR_LIMIT);
    assert_int_equal(w2b_spool_size(spool), 0);
    w2b_spool_free(spool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_is_put),
        cmocka_unit_test(remaps_as_the_plain_way),
        cmocka_unit_test(tells_what_is_wrong_with_the_folder),
        cmocka_unit_test(tells_when_it_cannot_write),
        cmocka_unit_test(refuses_lengths_beyond_all_files),
    };
    return cmocka_run_group_tests_name("spool", tests, scratch_set_up, scratch_tear_down);
}
