/*
 * folder.h - the files of a folder, in one order everywhere.
 */
#ifndef W2B_IO_FOLDER_H
#define W2B_IO_FOLDER_H

#include "io/base.h"

#define W2B_FOLDER_FILES_MAX ((size_t)10000)
#define W2B_FOLDER_DEPTH_MAX 8

typedef struct w2b_folder {
    char **paths;  /* [n] each begins with the folder's; by rising bytes */
    size_t n;
    size_t room;
} w2b_folder;

/* Nonzero if `path` is a folder. */
int w2b_folder_is(const char *path);

/* All regular files below `path` whose names end in `ending`, but not those
 * that begin with a dot. Release with w2b_folder_free, which accepts a zeroed
 * struct. */
w2b_err w2b_folder_list(const char *path, const char *ending, w2b_folder *folder, w2b_diag *diag);
void w2b_folder_free(w2b_folder *folder);

#endif
