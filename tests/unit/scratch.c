/*
 * scratch.c - a folder for the files of a test, and files in it.
 */
#include "tests/unit/scratch.h"
#include "tests/unit/seed.h"

#include <dirent.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFERS 8

static char folder[PATH_MAX / 2];
static char paths[BUFFERS][PATH_MAX];
static size_t next_path;
static char *last_read;
static uint64_t random_state;

static void die(const char *what, const char *path)
{
    fprintf(stderr, "%s: %s\n", what, path);
    exit(99);
}

void scratch_open(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/w2b-test-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(folder))
        die("cannot make a folder", folder);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

void scratch_close(void)
{
    free(last_read);
    last_read = NULL;
    if (nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        die("cannot remove", folder);
}

const char *scratch_path(const char *name)
{
    char *path = paths[next_path++ % BUFFERS];
    if (snprintf(path, PATH_MAX, "%s%s%s", folder, *name ? "/" : "", name) >= PATH_MAX)
        die("too long", name);
    return path;
}

const char *scratch_write(const char *name, const void *bytes, size_t size)
{
    const char *path = scratch_path(name);
    FILE *f = fopen(path, "wb");
    if (!f || (size > 0 && fwrite(bytes, size, 1, f) != 1) || fclose(f) != 0)
        die("cannot write", path);
    return path;
}

const char *scratch_read(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    size_t room = 4096;
    size_t n = 0;
    free(last_read);
    last_read = malloc(room + 1);
    while (last_read) {
        n += fread(last_read + n, 1, room - n, f);
        if (n < room)
            break;
        room *= 2;
        last_read = realloc(last_read, room + 1);
    }
    if (!last_read || ferror(f))
        die("cannot read", path);
    fclose(f);
    last_read[n] = 0;
    *size = n;
    return last_read;
}

size_t scratch_count(void)
{
    DIR *d = opendir(folder);
    size_t n = 0;
    if (!d)
        die("cannot open", folder);
    for (const struct dirent *e = readdir(d); e; e = readdir(d))
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

uint64_t scratch_random(void)
{
    if (random_state == 0) {
        random_state = test_seed() * UINT64_C(0x9e3779b97f4a7c15) | 1;
    }
    /* xorshift64* (Vigna 2016) */
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(2685821657736338717);
}

const char *scratch_sample(const char *name)
{
    const char *shared = getenv("W2B_SHARED");
    char *path = paths[next_path++ % BUFFERS];
    if (snprintf(path, PATH_MAX, "%s/%s", shared && *shared ? shared : "../shared", name) >=
        PATH_MAX)
        die("too long", name);
    if (access(path, R_OK) == 0)
        return path;
    printf("skipped: %s is not there\n", path);
    return NULL;
}

int scratch_set_up(void **state)
{
    (void)state;
    scratch_open();
    return 0;
}

int scratch_tear_down(void **state)
{
    (void)state;
    scratch_close();
    return 0;
}
