/*
 * folder.c - the files of a folder. See folder.h.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/folder.h"

int w2b_folder_is(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* "folder/name" in memory of its own, or NULL. */
static char *join(const char *folder, const char *name)
{
    const size_t before = strlen(folder), after = strlen(name);
    const size_t slash = before > 0 && folder[before - 1] != '/';
    char *const path = w2b_alloc(before + slash + after + 1, 1);
    if (path != NULL) {
        memcpy(path, folder, before);
        memcpy(path + before, "/", slash);
        memcpy(path + before + slash, name, after + 1);
    }
    return path;
}

static int ends_in(const char *name, const char *ending)
{
    const size_t length = strlen(name), n = strlen(ending);
    return length >= n && memcmp(name + length - n, ending, n) == 0;
}

static w2b_err list(w2b_folder *folder, const char *path, const char *ending, int depth,
                    w2b_diag *diag);

/* Takes `path` over. */
static w2b_err list_one(w2b_folder *folder, char *path, const char *ending, int depth,
                        w2b_diag *diag)
{
    struct stat st;
    w2b_err err = W2B_OK;
    if (path == NULL) {
        return w2b_fail_memory(diag, 4096, "the name of a file");
    }
    if (stat(path, &st) != 0) {
        err = w2b_fail_sys(diag, path, errno, "cannot open");
    } else if (S_ISDIR(st.st_mode)) {
        err = list(folder, path, ending, depth + 1, diag);
    } else if (S_ISREG(st.st_mode) && ends_in(path, ending)) {
        if (folder->n == W2B_FOLDER_FILES_MAX) {
            err = w2b_fail_at(diag, W2B_ERR_LIMIT, path, W2B_NOWHERE, W2B_NOWHERE,
                              "more than %zu files in a folder", W2B_FOLDER_FILES_MAX);
        } else if (w2b_grow((void **)&folder->paths, &folder->room, folder->n + 1,
                            sizeof *folder->paths) != 0) {
            err = w2b_fail_memory(diag, folder->n * sizeof *folder->paths, "the names of files");
        } else {
            folder->paths[folder->n++] = path;
            path = NULL;
        }
    }
    w2b_free(path);
    return err;
}

static w2b_err list(w2b_folder *folder, const char *path, const char *ending, int depth,
                    w2b_diag *diag)
{
    /* Also ends links that go round in circles. */
    if (depth > W2B_FOLDER_DEPTH_MAX) {
        return w2b_fail_at(diag, W2B_ERR_LIMIT, path, W2B_NOWHERE, W2B_NOWHERE,
                           "folders within folders more than %d deep", W2B_FOLDER_DEPTH_MAX);
    }
    DIR *const dir = opendir(path);
    if (dir == NULL) {
        return w2b_fail_sys(diag, path, errno, "cannot open");
    }
    w2b_err err = W2B_OK;
    while (err == W2B_OK) {
        errno = 0;
        const struct dirent *const entry = readdir(dir);
        if (entry == NULL) {
            err = errno != 0 ? w2b_fail_sys(diag, path, errno, "cannot read") : W2B_OK;
            break;
        }
        if (entry->d_name[0] != '.') {
            err = list_one(folder, join(path, entry->d_name), ending, depth, diag);
        }
    }
    closedir(dir);
    return err;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

w2b_err w2b_folder_list(const char *path, const char *ending, w2b_folder *folder, w2b_diag *diag)
{
    w2b_folder found = {0};
    const w2b_err err = list(&found, path, ending, 0, diag);
    if (err != W2B_OK) {
        w2b_folder_free(&found);
        return err;
    }
    if (found.n > 0) {
        qsort(found.paths, found.n, sizeof *found.paths, compare_paths);
    }
    *folder = found;
    return W2B_OK;
}

void w2b_folder_free(w2b_folder *folder)
{
    for (size_t i = 0; i < folder->n; i++) {
        w2b_free(folder->paths[i]);
    }
    w2b_free(folder->paths);
    *folder = (w2b_folder){0};
}
