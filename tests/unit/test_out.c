/*
 * test_out.c - files that appear whole or not at all.
 *
 * test_out_named.c runs all of this again on the way that is taken where the
 * system has no files without a name.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/out.h"
#include "tests/unit/scratch.h"

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void check_file(const char *path, const char *want)
{
    size_t n;
    const char *found = scratch_read(path, &n);
    assert_non_null(found);
    assert_int_equal(n, strlen(want));
    assert_string_equal(found, want);
}

static w2b_out *open_out(const char *path, int replace)
{
    w2b_out *out = NULL;
    w2b_diag diag;
    if (w2b_out_open(path, replace, &out, &diag) != W2B_OK)
        fail_msg("%s: %s", path, diag.text);
    return out;
}

static void write_text(w2b_out *out, const char *text)
{
    assert_int_equal(w2b_out_write(out, text, strlen(text), NULL), W2B_OK);
}

static void makes_a_file(void **unused)
{
    (void)unused;
    const mode_t old = umask(027);
    const char *path = scratch_path("new");
    w2b_out *out = open_out(path, 0);
    assert_true(w2b_out_seekable(out));
    write_text(out, "hello, ");
    write_text(out, "world");
    assert_int_equal(w2b_out_offset(out), 12);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(w2b_out_commit(out, NULL), W2B_OK);
    check_file(path, "hello, world");
    assert_int_equal(mode_of(path), 0640);
    assert_int_equal(scratch_count(), 1);
    umask(old);
    unlink(path);
}

static void leaves_nothing_when_aborted(void **unused)
{
    (void)unused;
    w2b_out *out = open_out(scratch_path("aborted"), 0);
    write_text(out, "half");
    w2b_out_abort(out);
    w2b_out_abort(NULL);
    assert_int_equal(scratch_count(), 0);

    const char *path = scratch_write("kept", "old", 3);
    out = open_out(path, 1);
    write_text(out, "new");
    w2b_out_abort(out);
    check_file(path, "old");
    assert_int_equal(scratch_count(), 1);
    unlink(path);
}

static void replaces_when_asked(void **unused)
{
    (void)unused;
    const char *path = scratch_write("there", "old", 3);
    w2b_diag diag;
    w2b_out *out = NULL;
    assert_int_equal(w2b_out_open(path, 0, &out, &diag), W2B_ERR_EXISTS);
    assert_null(out);
    assert_string_equal(diag.path, path);
    assert_string_equal(diag.text, "exists already");

    assert_int_equal(chmod(path, 0604), 0);
    out = open_out(path, 1);
    write_text(out, "new");
    check_file(path, "old");
    assert_int_equal(w2b_out_commit(out, NULL), W2B_OK);
    check_file(path, "new");
    assert_int_equal(mode_of(path), 0604);
    assert_int_equal(scratch_count(), 1);
    unlink(path);
}

/* Another process makes the file while we work on ours. */
static void keeps_a_file_made_meanwhile(void **unused)
{
    (void)unused;
    const char *path = scratch_path("meanwhile");
    w2b_diag diag;
    w2b_out *out = open_out(path, 0);
    write_text(out, "ours");
    scratch_write("meanwhile", "theirs", 6);
    assert_int_equal(w2b_out_commit(out, &diag), W2B_ERR_EXISTS);
    check_file(path, "theirs");
    assert_int_equal(scratch_count(), 1);

    out = open_out(path, 1);
    unlink(path);
    write_text(out, "ours");
    assert_int_equal(w2b_out_commit(out, NULL), W2B_OK);
    check_file(path, "ours");
    unlink(path);
}

static void follows_links(void **unused)
{
    (void)unused;
    const char *link = scratch_path("link");
    const char *chain = scratch_path("chain");
    const char *file = scratch_write("file", "old", 3);
    assert_int_equal(symlink("file", link), 0);
    assert_int_equal(symlink(scratch_path("link"), chain), 0);
    w2b_out *out = NULL;
    assert_int_equal(w2b_out_open(chain, 0, &out, NULL), W2B_ERR_EXISTS);
    out = open_out(chain, 1);
    write_text(out, "new");
    assert_int_equal(w2b_out_commit(out, NULL), W2B_OK);
    check_file(file, "new");
    struct stat st;
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));

    /* A link to nothing names the file that is to be made. */
    unlink(file);
    out = open_out(link, 0);
    write_text(out, "made");
    assert_int_equal(w2b_out_commit(out, NULL), W2B_OK);
    check_file(file, "made");
    unlink(file);
    unlink(link);
    assert_int_equal(symlink("chain", link), 0);
    assert_int_equal(w2b_out_open(link, 1, &out, NULL), W2B_ERR_IO);
    unlink(link);
    unlink(chain);
    assert_int_equal(scratch_count(), 0);
}

static void patches(void **unused)
{
    (void)unused;
    enum { SIZE = 1000000 };
    static char text[SIZE + 1];
    const char *path = scratch_path("patched");
    w2b_out *out = open_out(path, 0);
    for (size_t i = 0; i < SIZE; i++)
        text[i] = (char)('a' + scratch_random() % 26);
    for (size_t at = 0, n = 1; at < SIZE; at += n, n = n * 3 + 1) {
        if (n > SIZE - at)
            n = SIZE - at;
        assert_int_equal(w2b_out_write(out, text + at, n, NULL), W2B_OK);
    }
    memcpy(text + 10, "PATCH", 5);
    memcpy(text + SIZE - 5, "PATCH", 5);
    assert_int_equal(w2b_out_patch(out, 10, "PATCH", 5, NULL), W2B_OK);
    assert_int_equal(w2b_out_patch(out, SIZE - 5, "PATCH", 5, NULL), W2B_OK);
    assert_int_equal(w2b_out_patch(out, SIZE - 4, "PATCH", 5, NULL), W2B_ERR_ARGUMENT);
    assert_int_equal(w2b_out_patch(out, UINT64_MAX, "PATCH", 5, NULL), W2B_ERR_ARGUMENT);
    assert_int_equal(w2b_out_offset(out), SIZE);
    write_text(out, "end");
    assert_int_equal(w2b_out_commit(out, NULL), W2B_OK);
    size_t n;
    const char *found = scratch_read(path, &n);
    assert_int_equal(n, SIZE + 3);
    assert_memory_equal(found, text, SIZE);
    assert_string_equal(found + SIZE, "end");
    unlink(path);
}

static void writes_devices_in_place(void **unused)
{
    (void)unused;
    w2b_out *out = open_out("/dev/null", 0);
    assert_false(w2b_out_seekable(out));
    write_text(out, "nothing");
    assert_int_equal(w2b_out_patch(out, 0, "x", 1, NULL), W2B_ERR_IO);
    assert_int_equal(w2b_out_commit(out, NULL), W2B_OK);
    struct stat st;
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));

    w2b_diag diag;
    out = open_out("/dev/full", 1);
    write_text(out, "too much");
    assert_int_equal(w2b_out_commit(out, &diag), W2B_ERR_IO);
    assert_int_equal(diag.sys_errno, ENOSPC);
    assert_string_equal(diag.text, "cannot write: No space left on device");
    assert_string_equal(diag.path, "/dev/full");
}

static void writes_standard_output(void **unused)
{
    (void)unused;
    const int old = dup(STDOUT_FILENO);
    const char *path = scratch_write("stdout", "", 0);
    fflush(stdout);
    const int fd = open(path, O_WRONLY);
    dup2(fd, STDOUT_FILENO);
    w2b_out *out = NULL;
    const w2b_err opened = w2b_out_open("-", 0, &out, NULL);
    const w2b_err written = w2b_out_write(out, "data", 4, NULL);
    const w2b_err committed = w2b_out_commit(out, NULL);
    const int still_open = fcntl(STDOUT_FILENO, F_GETFD) >= 0;
    dup2(old, STDOUT_FILENO);
    close(old);
    close(fd);
    assert_int_equal(opened | written | committed, W2B_OK);
    assert_true(still_open);
    check_file(path, "data");
    unlink(path);
}

/* The size limit of a process stands for a disk that is full. */
static void leaves_nothing_on_a_full_disk(void **unused)
{
    (void)unused;
    static char block[100000];
    struct rlimit old;
    const char *path = scratch_write("full", "old", 3);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    const struct rlimit small = {250000, old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    w2b_out *out = open_out(path, 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    w2b_err err = W2B_OK;
    w2b_diag diag = {0};
    for (int i = 0; i < 10 && !err; i++)
        err = w2b_out_write(out, block, sizeof block, &diag);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(err, W2B_ERR_IO);
    assert_int_equal(diag.sys_errno, EFBIG);
    w2b_out_abort(out);
    check_file(path, "old");
    assert_int_equal(scratch_count(), 1);
    unlink(path);
}

static void refuses_bad_places(void **unused)
{
    (void)unused;
    w2b_out *out = NULL;
    w2b_diag diag;
    assert_int_equal(w2b_out_open(scratch_path("no/such"), 0, &out, &diag), W2B_ERR_IO);
    assert_int_equal(diag.sys_errno, ENOENT);
    assert_int_equal(w2b_out_open(scratch_path(""), 1, &out, &diag), W2B_ERR_IO);
    assert_int_equal(diag.sys_errno, EISDIR);
    assert_int_equal(w2b_out_open("", 1, &out, &diag), W2B_ERR_IO);
    assert_int_equal(w2b_out_open(scratch_path("new/"), 1, &out, &diag), W2B_ERR_IO);
    const char *file = scratch_write("file", "", 0);
    assert_int_equal(w2b_out_open(scratch_path("file/x"), 1, &out, &diag), W2B_ERR_IO);
    assert_int_equal(diag.sys_errno, ENOTDIR);
    unlink(file);
    assert_null(out);
    assert_int_equal(scratch_count(), 0);
}

static void takes_long_names(void **unused)
{
    (void)unused;
    char name[256];
    memset(name, 'n', 255);
    name[255] = 0;
    for (int replace = 0; replace < 2; replace++) {
        w2b_out *out = open_out(scratch_path(name), replace);
        write_text(out, "long");
        assert_int_equal(w2b_out_commit(out, NULL), W2B_OK);
        check_file(scratch_path(name), "long");
    }
    unlink(scratch_path(name));
}

/* Without a slash the folder is the current one. */
static void writes_to_the_current_folder(void **unused)
{
    (void)unused;
    char here[4096];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(scratch_path("")), 0);
    for (int replace = 0; replace < 2; replace++) {
        w2b_out *out = open_out("plain", replace);
        write_text(out, "here");
        assert_int_equal(w2b_out_commit(out, NULL), W2B_OK);
    }
    assert_int_equal(chdir(here), 0);
    check_file(scratch_path("plain"), "here");
    assert_int_equal(scratch_count(), 1);
    unlink(scratch_path("plain"));
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
        cmocka_unit_test(makes_a_file),
        cmocka_unit_test(leaves_nothing_when_aborted),
        cmocka_unit_test(replaces_when_asked),
        cmocka_unit_test(keeps_a_file_made_meanwhile),
        cmocka_unit_test(follows_links),
        cmocka_unit_test(patches),
        cmocka_unit_test(writes_devices_in_place),
        cmocka_unit_test(writes_standard_output),
        cmocka_unit_test(leaves_nothing_on_a_full_disk),
        cmocka_unit_test(refuses_bad_places),
        cmocka_unit_test(takes_long_names),
        cmocka_unit_test(writes_to_the_current_folder),
    };
    return cmocka_run_group_tests_name("out", tests, setup, teardown);
}
