/*
 * output.c - is the output going to work?
 */
#include "cli/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/opt.h"
#include "cli/talk.h"

static int cannot(const char *path, int error)
{
    w2b_talk_error("%s: cannot create: %s", path, strerror(error));
    return W2B_EXIT_FAILED;
}

static int check_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash && !slash[1]) return cannot(path, EISDIR);
    char *folder = !slash ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (!folder) return w2b_talk_memory();
    struct stat found;
    int error = stat(folder, &found) ? errno : S_ISDIR(found.st_mode) ? 0 : ENOTDIR;
    if (!error && access(folder, W_OK | X_OK)) error = errno;
    free(folder);
    return error ? cannot(path, error) : W2B_EXIT_DONE;
}

int w2b_output_check(const char *path, int replace, int binary)
{
    if (!strcmp(path, "-")) {
        if (!binary || !isatty(STDOUT_FILENO)) return W2B_EXIT_DONE;
        w2b_talk_error("standard output: is a terminal; binary output needs a file or a pipe");
        return W2B_EXIT_FAILED;
    }
    struct stat found;
    if (stat(path, &found)) return errno == ENOENT ? check_folder(path) : cannot(path, errno);
    if (S_ISDIR(found.st_mode)) return cannot(path, EISDIR);
    if (!S_ISREG(found.st_mode)) return access(path, W_OK) ? cannot(path, errno) : W2B_EXIT_DONE;
    if (!replace) {
        w2b_talk_error("%s: exists already; -f replaces it", path);
        return W2B_EXIT_FAILED;
    }
    return check_folder(path);
}

int w2b_output_words(const char *path, const void *of, uint64_t n, w2b_output_word word)
{
    if (strcmp(path, "-") || !isatty(STDOUT_FILENO)) return W2B_EXIT_DONE;
    for (uint64_t i = 0; i < n; i++) {
        size_t length = 0;
        const char *raw = word(of, i, &length);
        char *shown = raw ? w2b_talk_escape(raw, length) : NULL;
        if (raw && !shown) return w2b_talk_memory();
        const int harmless = !raw || strlen(shown) == length;
        if (!harmless) {
            w2b_talk_error("standard output: is a terminal, which would obey the word \"%s\"; "
                           "give the output a file or a pipe", shown);
        }
        free(shown);
        if (!harmless) return W2B_EXIT_FAILED;
    }
    return W2B_EXIT_DONE;
}

const char *w2b_output_name(const char *path)
{
    return strcmp(path, "-") ? path : "standard output";
}

uint64_t w2b_output_size(const char *path)
{
    struct stat found;
    if (stat(path, &found) || !S_ISREG(found.st_mode)) return 0;
    return (uint64_t)found.st_size;
}

char *w2b_output_words_path(const char *path)
{
    size_t stem = strlen(path);
    if (stem > 4 && !strcasecmp(path + stem - 4, ".tsv")) stem -= 4;
    size_t room = stem + sizeof ".meta.tsv";
    char *made = malloc(room);
    if (made) snprintf(made, room, "%.*s.meta.tsv", (int)stem, path);
    return made;
}
