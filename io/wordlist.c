/*
 * wordlist.c - the words of formats that hold vectors only.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "io/model.h"
#include "io/window.h"
#include "io/wordlist.h"

/* ----- Names of files ----------------------------------------------------- */

/* Whether `name` of `length` bytes ends in `ending`, in any case. */
static int ends_in(const char *name, size_t length, const char *ending)
{
    const size_t n = strlen(ending);
    return length > n && strncasecmp(name + length - n, ending, n) == 0;
}

/* The length of the folder's part, with its slash. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

static char *join(const char *path, size_t length, const char *ending)
{
    const size_t n = strlen(ending) + 1;
    char *joined = w2b_alloc(length + n, 1);
    if (joined) {
        memcpy(joined, path, length);
        memcpy(joined + length, ending, n);
    }
    return joined;
}

/* "dir/vectors" and `ending` for "dir/vectors.npy.gz"; NULL if memory is short. */
static char *name_beside(const char *path, const char *ending)
{
    static const char *const packed[] = {".gz", ".bz2", ".xz", ".zst"};
    const size_t folder = folder_length(path);
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++) {
        if (ends_in(path + folder, length - folder, packed[i])) {
            length -= strlen(packed[i]);
            break;
        }
    }
    for (size_t i = length; i > folder + 1; i--) {
        if (path[i - 1] == '.') {
            length = i - 1;
            break;
        }
    }
    return join(path, length, ending);
}

/* The first of the usual files that is there. */
static w2b_err find_beside(const char *name, char **path, w2b_diag *diag)
{
    static const struct {
        const char *ending;
        int beside; /* the vectors, by their name; or in their folder, whatever it is */
    } places[] = {{".vocab.txt", 1}, {".vocab", 1}, {"tokenizer.json", 0}, {"vocab.txt", 0}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char *tried = places[i].beside ? name_beside(name, places[i].ending)
                                       : join(name, folder_length(name), places[i].ending);
        if (!tried)
            return w2b_fail_memory(diag, strlen(name), "the name of a file");
        if (access(tried, F_OK) == 0) {
            *path = tried;
            return W2B_OK;
        }
        w2b_free(tried);
    }
    return w2b_fail_at(diag, W2B_ERR_FORMAT, name, W2B_NOWHERE, W2B_NOWHERE,
                       "it holds vectors without words: name a file of words, one a line, or "
                       "put one beside it that ends in .vocab.txt");
}

/* ----- The list ----------------------------------------------------------- */

const char *w2b_wordlist_word(const w2b_wordlist *list, uint64_t row, uint32_t *length)
{
    if (row >= list->n || list->starts[row] == UINT64_MAX)
        return NULL;
    *length = list->lengths[row];
    return list->bytes + list->starts[row];
}

w2b_err w2b_wordlist_put(w2b_wordlist *list, uint64_t row, const char *word, size_t length,
                         w2b_diag *diag)
{
    w2b_wordlist *l = list;
    size_t need;
    if (w2b_add(l->bytes_n, length, &need) != 0 ||
        w2b_grow((void **)&l->bytes, &l->bytes_room, need + 1, 1) != 0 ||
        w2b_grow((void **)&l->starts, &l->starts_room, (size_t)row + 1, sizeof *l->starts) != 0 ||
        w2b_grow((void **)&l->lengths, &l->lengths_room, (size_t)row + 1,
                 sizeof *l->lengths) != 0)
        return w2b_fail_memory(diag, (uint64_t)l->bytes_n + length, "words");
    for (; l->n <= row; l->n++)
        l->starts[l->n] = UINT64_MAX;
    memcpy(l->bytes + l->bytes_n, word, length);
    l->starts[row] = l->bytes_n;
    l->lengths[row] = (uint32_t)length;
    l->bytes_n = need;
    return W2B_OK;
}

/* One line; *end after the last one. */
static w2b_err read_line(w2b_wordlist *list, w2b_window *w, int *end, w2b_diag *diag)
{
    size_t length;
    int found;
    w2b_err err = w2b_window_find(w, '\n', W2B_WORDLIST_MAX + 1, &length, &found, diag);
    if (err)
        return err;
    *end = !found && length == 0;
    if (*end)
        return W2B_OK;
    if (!found && length > W2B_WORDLIST_MAX)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, list->path, list->n + 1, W2B_NOWHERE,
                           "the word is longer than %d bytes", W2B_WORDLIST_MAX);
    const char *word = w2b_window_bytes(w);
    const size_t shorter = length > 0 && word[length - 1] == '\r';
    err = w2b_wordlist_put(list, list->n, word, length - shorter, diag);
    w2b_window_use(w, length + (size_t)found);
    return err;
}

static w2b_err read_lines(w2b_wordlist *list, w2b_stream *stream, uint64_t limit,
                          w2b_diag *diag)
{
    w2b_window window;
    int end = 0;
    w2b_err err = w2b_window_open(&window, stream, diag);
    if (err)
        return err;
    /* One more than there are rows is enough to be told so. */
    while (!err && !end && list->n <= list->rows && (limit == 0 || list->n < limit))
        err = read_line(list, &window, &end, diag);
    list->whole = end;
    w2b_window_free(&window);
    return err;
}

w2b_err w2b_wordlist_open(w2b_wordlist *list, const char *name, uint64_t rows,
                          const w2b_open_options *options, w2b_diag *diag)
{
    w2b_stream *stream;
    w2b_err err = W2B_OK;
    *list = (w2b_wordlist){.rows = rows};
    if (!options->vocab)
        err = find_beside(name, &list->path, diag);
    else if (!(list->path = join(options->vocab, strlen(options->vocab), "")))
        err = w2b_fail_memory(diag, strlen(options->vocab), "the name of a file");
    if (!err)
        err = w2b_stream_open(list->path, &stream, diag);
    if (err)
        return err;
    w2b_stream_limit(stream, options->max_bytes);
    if (ends_in(list->path, strlen(list->path), ".json"))
        err = w2b_tokenizer_read(stream, list, options, diag);
    else
        err = read_lines(list, stream, options->limit, diag);
    w2b_stream_close(stream);
    return err;
}

w2b_err w2b_wordlist_check(const w2b_wordlist *list, w2b_diag *diag)
{
    /* Reading stops at the first line too many. */
    if ((list->whole && list->n != list->rows) || list->n > list->rows)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, list->path, W2B_NOWHERE, W2B_NOWHERE,
                           "%llu%s words for %llu rows of vectors", (unsigned long long)list->n,
                           list->n > list->rows ? " or more" : "",
                           (unsigned long long)list->rows);
    return W2B_OK;
}

void w2b_wordlist_free(w2b_wordlist *list)
{
    w2b_free(list->path);
    w2b_free(list->bytes);
    w2b_free(list->starts);
    w2b_free(list->lengths);
    *list = (w2b_wordlist){0};
}

/* ----- Writing ------------------------------------------------------------ */

w2b_err w2b_wordlist_place(const char *path, const w2b_save_options *options, char **place,
                           w2b_diag *diag)
{
    const char *vocab = options->vocab;
    if (!vocab && strcmp(path, "-") == 0)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "this format holds vectors only: say where the "
                        "words go, too");
    *place = vocab ? join(vocab, strlen(vocab), "") : name_beside(path, ".vocab.txt");
    return *place ? W2B_OK : w2b_fail_memory(diag, strlen(path), "the name of a file");
}

w2b_err w2b_wordlist_write(const w2b_model *model, uint64_t rows, w2b_out *out, w2b_diag *diag)
{
    w2b_err err = W2B_OK;
    for (uint64_t row = 0; !err && row < rows; row++) {
        const char *word;
        size_t length;
        err = w2b_model_word_at(model, row, &word, &length, diag);
        /* Readers take it for a part of the line's end. */
        if (!err && length > 0 && word[length - 1] == '\r')
            err = w2b_fail(diag, W2B_ERR_DATA, "the word of row %llu ends in a carriage return: "
                           "a list of words cannot hold it", (unsigned long long)row);
        if (!err)
            err = w2b_out_write(out, word, length, diag);
        if (!err)
            err = w2b_out_write(out, "\n", 1, diag);
    }
    return err;
}
