/*
 * test_base.c - errors, memory, progress, and what is known of the machine.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "io/base.h"
#include "io/progress.h"
#include "io/system.h"
#include "tests/unit/scratch.h"

static void fills_diagnostics(void **unused)
{
    (void)unused;
    w2b_diag diag;
    memset(&diag, 'x', sizeof diag);
    assert_int_equal(w2b_fail(&diag, W2B_ERR_DATA, "no words in %s", "it"), W2B_ERR_DATA);
    assert_int_equal(diag.code, W2B_ERR_DATA);
    assert_int_equal(diag.sys_errno, 0);
    assert_true(diag.line == W2B_NOWHERE && diag.offset == W2B_NOWHERE);
    assert_string_equal(diag.path, "");
    assert_string_equal(diag.text, "no words in it");

    assert_int_equal(w2b_fail_at(&diag, W2B_ERR_FORMAT, "a.txt", 7, W2B_NOWHERE, "bad"),
                     W2B_ERR_FORMAT);
    assert_int_equal(diag.line, 7);
    assert_string_equal(diag.path, "a.txt");

    assert_int_equal(w2b_fail_sys(&diag, "b.txt", ENOENT, "cannot open"), W2B_ERR_IO);
    assert_int_equal(diag.sys_errno, ENOENT);
    assert_string_equal(diag.text, "cannot open: No such file or directory");
    assert_int_equal(w2b_fail_sys(&diag, "b.txt", ENOMEM, "cannot open"), W2B_ERR_MEMORY);

    /* None of them needs a place to write to. */
    assert_int_equal(w2b_fail(NULL, W2B_ERR_DATA, "x"), W2B_ERR_DATA);
    assert_int_equal(w2b_fail_at(NULL, W2B_ERR_DATA, "p", 1, 1, "x"), W2B_ERR_DATA);
    assert_int_equal(w2b_fail_sys(NULL, "p", EIO, "x"), W2B_ERR_IO);
    assert_int_equal(w2b_fail_memory(NULL, 1, "x"), W2B_ERR_MEMORY);
}

static void cuts_long_texts(void **unused)
{
    (void)unused;
    char path[2000];
    w2b_diag diag;
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = 0;
    memcpy(path + sizeof path - 9, "name.txt", 8);
    w2b_fail_at(&diag, W2B_ERR_DATA, path, 1, 1, "%s", path);
    assert_int_equal(strlen(diag.text), sizeof diag.text - 1);
    assert_int_equal(strlen(diag.path), sizeof diag.path - 1);
    assert_memory_equal(diag.path, "...ppp", 6);
    assert_string_equal(diag.path + sizeof diag.path - 9, "name.txt");
    path[sizeof diag.path - 1] = 0;
    w2b_fail_at(&diag, W2B_ERR_DATA, path, 1, 1, "x");
    assert_string_equal(diag.path, path);
}

static void says_sizes(void **unused)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "out of memory: 0 bytes for x"},
        {1023, "out of memory: 1023 bytes for x"},
        {1024, "out of memory: 1.0 KiB for x"},
        {1024 * 1024 - 1, "out of memory: 1.0 MiB for x"},
        {UINT64_C(13207024435), "out of memory: 12.3 GiB for x"},
        {UINT64_MAX, "out of memory: 16.0 EiB for x"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        w2b_diag diag;
        assert_int_equal(w2b_fail_memory(&diag, cases[i].bytes, "x"), W2B_ERR_MEMORY);
        assert_string_equal(diag.text, cases[i].text);
    }
}

static void names_errors(void **unused)
{
    (void)unused;
    assert_string_equal(w2b_err_name(W2B_OK), "ok");
    assert_string_equal(w2b_err_name(W2B_ERR_CORRUPT), "corrupt");
    assert_string_equal(w2b_err_name((w2b_err)999), "unknown");
    /* The values are part of the binary interface. */
    assert_int_equal(W2B_ERR_EXISTS, 11);
    assert_int_equal(W2B_ERR_WORD, 31);
}

static void refuses_sizes_that_overflow(void **unused)
{
    (void)unused;
    const size_t half = SIZE_MAX / 2 + 1;
    assert_null(w2b_alloc(half, 2));
    assert_null(w2b_alloc_zero(half, 2));
    char *p = w2b_alloc(1, 1);
    assert_non_null(p);
    assert_null(w2b_realloc(p, half, 2));
    w2b_free(p);
    assert_null(w2b_pages(SIZE_MAX));
    assert_null(w2b_pages(SIZE_MAX - 4096));
    p = w2b_alloc(0, 8);
    assert_non_null(p);
    w2b_free(p);
    p = w2b_alloc_zero(8, 0);
    assert_non_null(p);
    p = w2b_realloc(p, 0, 8);
    assert_non_null(p);
    w2b_free(p);
    w2b_free(NULL);
    w2b_pages_free(NULL, 0);
}

static void gives_zeroed_pages(void **unused)
{
    static const size_t sizes[] = {0, 1, 4096, 4097, 1 << 20, (4 << 20) - 1, 4 << 20,
                                   (5 << 20) + 12345, 9 << 20};
    (void)unused;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned char *p = w2b_pages(sizes[i]);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 64, 0);
        for (size_t at = 0; at < sizes[i]; at += 4000) {
            assert_int_equal(p[at], 0);
            p[at] = 1;
        }
        if (sizes[i] > 0)
            p[sizes[i] - 1] = 1;
        w2b_pages_free(p, sizes[i]);
    }
}

static void grows_arrays(void **unused)
{
    (void)unused;
    uint32_t *array = NULL;
    size_t room = 0;
    size_t moves = 0;
    for (size_t n = 0; n < 100000; n++) {
        const size_t before = room;
        assert_int_equal(w2b_grow((void **)&array, &room, n + 1, sizeof *array), 0);
        assert_true(room > n);
        moves += room != before;
        array[n] = (uint32_t)n;
    }
    assert_true(moves < 40);
    for (size_t n = 0; n < 100000; n++)
        assert_int_equal(array[n], n);
    const size_t old = room;
    assert_int_equal(w2b_grow((void **)&array, &room, SIZE_MAX, sizeof *array), -1);
    assert_int_equal(room, old);
    assert_int_equal(array[99999], 99999);
    w2b_free(array);
}

static int count_calls(const w2b_progress *progress, void *user)
{
    int *calls = user;
    assert_string_equal(progress->unit, "rows");
    assert_int_equal(progress->stage, W2B_STAGE_WRITE);
    return ++*calls >= 2;
}

static void limits_progress(void **unused)
{
    (void)unused;
    int calls = 0;
    w2b_diag diag;
    w2b_meter meter;
    w2b_meter_start(&meter, count_calls, &calls, W2B_STAGE_WRITE, "rows");
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(w2b_meter_tick(&meter, i, 1000, &diag), W2B_OK);
    assert_true(calls < 2);
    calls = 0;
    assert_int_equal(w2b_meter_finish(&meter, 1000, 1000, &diag), W2B_OK);
    assert_int_equal(calls, 1);
    assert_int_equal(w2b_meter_finish(&meter, 1000, 1000, &diag), W2B_ERR_CANCELLED);
    assert_int_equal(diag.code, W2B_ERR_CANCELLED);
    w2b_meter_start(&meter, NULL, NULL, W2B_STAGE_WRITE, "rows");
    assert_int_equal(w2b_meter_tick(&meter, 1, 1, NULL), W2B_OK);
    assert_int_equal(w2b_meter_finish(&meter, 1, 1, NULL), W2B_OK);
}

/* ----- The machine -------------------------------------------------------- */

static uint32_t quota_of(const char *table)
{
    const char *path = scratch_write("table", table, strlen(table));
    return w2b_quota_processors(path, scratch_path(""));
}

static void put(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}

static void reads_quotas(void **unused)
{
    (void)unused;
    mkdir(scratch_path("a"), 0700);
    mkdir(scratch_path("a/b"), 0700);
    mkdir(scratch_path("cpu"), 0700);
    mkdir(scratch_path("cpu/c"), 0700);

    /* Version 2. */
    assert_int_equal(quota_of("0::/a/b\n"), 0);
    put("a/b/cpu.max", "max 100000\n");
    assert_int_equal(quota_of("0::/a/b\n"), 0);
    put("a/b/cpu.max", "150000 100000\n");
    assert_int_equal(quota_of("0::/a/b\n"), 2);
    assert_int_equal(quota_of("0::/a\n"), 0);
    put("a/cpu.max", "50000 100000\n");
    assert_int_equal(quota_of("0::/a/b\n"), 1);
    put("a/cpu.max", "800000 100000\n");
    assert_int_equal(quota_of("0::/a/b\n"), 2);
    put("a/b/cpu.max", "max 100000\n");
    assert_int_equal(quota_of("0::/a/b\n"), 8);
    /* In a container the path is often that of the host. */
    put("cpu.max", "300000 100000\n");
    assert_int_equal(quota_of("0::/docker/0123\n"), 3);
    assert_int_equal(quota_of("0::/\n"), 3);
    put("cpu.max", "rubbish\n");
    assert_int_equal(quota_of("0::/\n"), 0);
    put("cpu.max", "100000\n");
    assert_int_equal(quota_of("0::/\n"), 0);

    /* Version 1. */
    const char *table = "3:memory:/x\n2:cpuset:/c\n1:cpuacct,cpu:/c\nname\n0::/\n";
    assert_int_equal(quota_of(table), 0);
    put("cpu/c/cpu.cfs_quota_us", "-1\n");
    put("cpu/c/cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota_of(table), 0);
    put("cpu/c/cpu.cfs_quota_us", "400001\n");
    assert_int_equal(quota_of(table), 5);
    assert_int_equal(quota_of("2:cpuset:/c\n"), 0);

    assert_int_equal(quota_of(""), 0);
    assert_int_equal(w2b_quota_processors(scratch_path("missing"), scratch_path("")), 0);
}

static void knows_the_machine(void **unused)
{
    (void)unused;
    assert_true(w2b_processors() >= 1);
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", W2B_VERSION_MAJOR, W2B_VERSION_MINOR,
             W2B_VERSION_PATCH);
    assert_string_equal(w2b_version(), version);
    assert_non_null(strstr(w2b_build(), "zstd 1."));
    const double before = w2b_now();
    assert_true(w2b_now() >= before);
}

static int setup(void **unused)
{
    (void)unused;
    scratch_open();
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    scratch_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_diagnostics),
        cmocka_unit_test(cuts_long_texts),
        cmocka_unit_test(says_sizes),
        cmocka_unit_test(names_errors),
        cmocka_unit_test(refuses_sizes_that_overflow),
        cmocka_unit_test(gives_zeroed_pages),
        cmocka_unit_test(grows_arrays),
        cmocka_unit_test(limits_progress),
        cmocka_unit_test(reads_quotas),
        cmocka_unit_test(knows_the_machine),
    };
    return cmocka_run_group_tests_name("base", tests, setup, teardown);
}
