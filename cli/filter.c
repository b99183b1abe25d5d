/*
 * filter.c - which words may be answers.
 */
#include "cli/filter.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/talk.h"

/* A bit a row. */
typedef struct rows {
    uint8_t *bits;
    size_t size;
} rows;

static int rows_make(rows *set, uint64_t words, int all)
{
    set->size = (size_t)((words + 7) / 8);
    set->bits = malloc(set->size);
    if (!set->bits) return w2b_talk_memory();
    memset(set->bits, all ? 0xFF : 0, set->size);
    return W2B_EXIT_DONE;
}

static void rows_add(rows *set, int64_t row)
{
    set->bits[row / 8] |= (uint8_t)(1u << (row % 8));
}

/* ----- Lists of words ----------------------------------------------------- */

/* Words that the model lacks are counted: a list may be meant for many models. */
static int read_list(w2b_ask *ask, const char *path, rows *set)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        w2b_talk_error("%s: cannot open: %s", path, strerror(errno));
        return W2B_EXIT_FAILED;
    }
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    unsigned long long words = 0, unknown = 0;
    errno = 0;
    while ((n = getline(&line, &room, file)) >= 0) {
        while (n && (line[n - 1] == '\n' || line[n - 1] == '\r')) n--;
        if (!n) continue;
        const int64_t row = w2b_ask_row(ask, line, (size_t)n);
        words++;
        if (row < 0) unknown++;
        else rows_add(set, row);
    }
    const int bad = ferror(file) ? errno : 0;
    free(line);
    fclose(file);
    if (bad) {
        w2b_talk_error("%s: cannot read: %s", path, strerror(bad));
        return W2B_EXIT_FAILED;
    }
    if (unknown) {
        w2b_talk_note("(%s: %llu of %llu words are not in the model)", path, unknown, words);
    }
    return W2B_EXIT_DONE;
}

static void cut_list(w2b_ask *ask, const char *text, rows *set)
{
    for (;;) {
        const size_t length = strcspn(text, ",");
        const int64_t row = length ? w2b_ask_find(ask, text, length) : -1;
        if (row >= 0) rows_add(set, row);
        if (!text[length]) return;
        text += length + 1;
    }
}

/* A word, a file, or words divided by commas: the first of these that it is. */
static int read_words(w2b_ask *ask, const char *text, rows *set)
{
    const int64_t row = w2b_ask_row(ask, text, strlen(text));
    struct stat found;
    if (row >= 0) {
        rows_add(set, row);
        return W2B_EXIT_DONE;
    }
    if (!stat(text, &found) && !S_ISDIR(found.st_mode)) return read_list(ask, text, set);
    if (strchr(text, '/')) {
        w2b_talk_error("%s: cannot open: %s", text, strerror(errno ? errno : ENOENT));
        return W2B_EXIT_FAILED;
    }
    cut_list(ask, text, set);
    return W2B_EXIT_DONE;
}

static int apply_list(w2b_ask *ask, const char *text, int exclude, rows *into)
{
    rows set;
    int code = rows_make(&set, (uint64_t)into->size * 8, 0);
    if (code) return code;
    code = read_words(ask, text, &set);
    for (size_t i = 0; i < into->size; i++) {
        into->bits[i] &= exclude ? (uint8_t)~set.bits[i] : set.bits[i];
    }
    free(set.bits);
    return code;
}

/* ----- Forms of words ----------------------------------------------------- */

static int matches(const regex_t *regex, const char *word, size_t length)
{
    /* A word may hold zero bytes. */
    regmatch_t part = {.rm_so = 0, .rm_eo = (regoff_t)length};
    return !regexec(regex, word, 1, &part, REG_STARTEND);
}

/* Looks at the words that are left only. */
static int apply_forms(w2b_ask *ask, const char *prefix, const regex_t *regex, uint64_t words,
                       rows *into)
{
    const size_t begin = prefix ? strlen(prefix) : 0;
    for (uint64_t row = 0; row < words; row++) {
        if (!(into->bits[row / 8] >> (row % 8) & 1)) continue;
        size_t length;
        const char *word = w2b_ask_word(ask, row, &length);
        if (!word) return W2B_EXIT_FAILED;
        if (length < begin || (begin && memcmp(word, prefix, begin)) ||
            (regex && !matches(regex, word, length))) {
            into->bits[row / 8] &= (uint8_t)~(1u << (row % 8));
        }
    }
    return W2B_EXIT_DONE;
}

static int apply_pattern(w2b_ask *ask, const w2b_filter_args *args, uint64_t words, rows *into)
{
    regex_t regex;
    if (!args->regex) return apply_forms(ask, args->prefix, NULL, words, into);
    const int bad = regcomp(&regex, args->regex, REG_EXTENDED);
    if (bad) {
        char why[160];
        regerror(bad, &regex, why, sizeof why);
        w2b_talk_error("--regex: \"%s\": %s", args->regex, why);
        return W2B_EXIT_USAGE;
    }
    const int code = apply_forms(ask, args->prefix, &regex, words, into);
    regfree(&regex);
    return code;
}

int w2b_filter_set(w2b_ask *ask, const w2b_filter_args *args)
{
    if (!args->among && !args->exclude && !args->prefix && !args->regex) return W2B_EXIT_DONE;
    w2b_info info;
    w2b_model_info(ask->model, &info);
    w2b_search *search = w2b_ask_search(ask);
    rows set;
    int code = search ? rows_make(&set, info.words, 1) : W2B_EXIT_FAILED;
    if (code) return code;
    if (args->among) code = apply_list(ask, args->among, 0, &set);
    if (!code && args->exclude) code = apply_list(ask, args->exclude, 1, &set);
    if (!code && (args->prefix || args->regex)) code = apply_pattern(ask, args, info.words, &set);
    w2b_diag diag;
    if (!code && w2b_search_filter(search, set.bits, &diag)) code = w2b_talk_diag(&diag);
    free(set.bits);
    return code;
}
