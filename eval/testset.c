/*
 * testset.c - opening a test set: a file, or a folder of them.
 */
#include "eval/testset.h"

#include <string.h>

#include <xxhash.h>

#include "eval/forms.h"
#include "io/folder.h"
#include "io/stream.h"

#define TEXT_MAX ((size_t)64 << 20)
#define ITEMS_MAX ((size_t)10000000)

/* In order of how sure a match is. */
static const w2b_form forms[] = {
    {w2b_match_sections, w2b_read_questions},
    {w2b_match_table, w2b_read_table},
    {w2b_match_titled, w2b_read_categories},
    {w2b_match_bats, w2b_read_bats},
    {w2b_match_categories, w2b_read_categories},
    {w2b_match_pairs, w2b_read_pairs},
    {w2b_match_marked, w2b_read_marked},
    {w2b_match_questions, w2b_read_questions},
    {w2b_match_clusters, w2b_read_clusters},
};

/* Those of the files of a folder. */
static const w2b_form folder_forms[] = {
    {w2b_match_bats, w2b_read_bats},
    {w2b_match_marked, w2b_read_marked},
    {w2b_match_clusters, w2b_read_clusters},
};

/* Appends a whole file to the text. A set is small; what is large is something
 * else, a model say, and is not read to its end. */
static w2b_err text_read(w2b_testset *set, size_t *room, w2b_stream *stream, const char *path,
                         w2b_diag *diag)
{
    const size_t start = set->size;
    for (;;) {
        if (w2b_grow((void **)&set->text, room, set->size + 65536, 1) != 0) {
            return w2b_fail_memory(diag, set->size + 65536, "a test set");
        }
        size_t got;
        const w2b_err err =
            w2b_stream_read(stream, set->text + set->size, *room - set->size, &got, diag);
        if (err != W2B_OK || got == 0) {
            return err;
        }
        const char *const zero = memchr(set->text + set->size, 0, got);
        if (zero != NULL) {
            return w2b_fail_at(diag, W2B_ERR_FORMAT, path, W2B_NOWHERE,
                               (uint64_t)(zero - set->text - start),
                               "not a test set: it is binary");
        }
        set->size += got;
        if (set->size > TEXT_MAX) {
            return w2b_fail_at(diag, W2B_ERR_LIMIT, path, W2B_NOWHERE, W2B_NOWHERE,
                               "not a test set: it is larger than %zu MiB", TEXT_MAX >> 20);
        }
    }
}

static w2b_err text_parse(w2b_parser *p)
{
    const w2b_form *const rows = p->in_folder ? folder_forms : forms;
    const size_t n = p->in_folder ? sizeof folder_forms / sizeof folder_forms[0]
                                  : sizeof forms / sizeof forms[0];
    w2b_parser_rewind(p);
    while (p->n_head < 2 && w2b_lines_next(&p->lines, &p->head[p->n_head])) {
        p->n_head++;
    }
    if (p->n_head == 0) {
        return w2b_fail_at(p->diag, W2B_ERR_FORMAT, p->path, W2B_NOWHERE, W2B_NOWHERE,
                           "not a test set: it is empty");
    }
    for (size_t i = 0; i < n; i++) {
        w2b_parser_rewind(p);
        const int match = rows[i].match(p);
        if (match < 0) {
            return w2b_parser_memory(p);
        }
        if (match > 0) {
            return rows[i].read(p);
        }
    }
    const unsigned line = (unsigned)p->head[0].number;
    if (p->in_folder) {
        return w2b_fail_at(p->diag, W2B_ERR_FORMAT, p->path, line, W2B_NOWHERE,
                           "not a part of a test set: line %u is neither a word with its answers, "
                           "nor the first of a group with an odd one",
                           line);
    }
    return w2b_fail_at(p->diag, W2B_ERR_FORMAT, p->path, line, W2B_NOWHERE,
                       "not a test set: line %u is neither two words with a score, nor a "
                       "question of four words, nor the title of a section",
                       line);
}

/* Reads one file of the set to the end of what there is. */
static w2b_err file_read(w2b_testset *set, size_t *room, const char *path, w2b_slice section,
                         int in_folder, XXH3_state_t *hash, w2b_diag *diag)
{
    w2b_stream *stream;
    const size_t start = set->size;
    w2b_err err = w2b_stream_open(path, &stream, diag);
    if (err != W2B_OK) {
        return err;
    }
    const char *const name = w2b_stream_name(stream);
    err = text_read(set, room, stream, name, diag);
    if (err == W2B_OK) {
        w2b_parser p = {.set = set, .path = name, .start = (uint32_t)start,
                        .end = (uint32_t)set->size, .in_folder = in_folder, .name = section,
                        .section = -1, .diag = diag};
        const size_t before = set->n;
        const w2b_test_kind kind = set->kind;
        XXH3_64bits_update(hash, set->text + start, set->size - start);
        set->bytes += set->size - start;
        err = text_parse(&p);
        if (err == W2B_OK && set->n == before) {
            err = w2b_fail_at(diag, W2B_ERR_FORMAT, name, W2B_NOWHERE, W2B_NOWHERE,
                              "the test set has no questions");
        } else if (err == W2B_OK && before > 0 && set->kind != kind) {
            err = w2b_fail_at(diag, W2B_ERR_FORMAT, name, W2B_NOWHERE, W2B_NOWHERE,
                              "this is of another kind than the other files of its folder");
        } else if (err == W2B_OK && set->n > ITEMS_MAX) {
            err = w2b_fail_at(diag, W2B_ERR_LIMIT, name, W2B_NOWHERE, W2B_NOWHERE,
                              "more than %zu questions", ITEMS_MAX);
        }
    }
    w2b_stream_close(stream);
    return err;
}

/* The name of a section: that of its file, without folder and ending. */
static w2b_err section_name(w2b_testset *set, size_t *room, const char *path, w2b_slice *name,
                            w2b_diag *diag)
{
    const char *const slash = strrchr(path, '/');
    const char *const base = slash != NULL ? slash + 1 : path;
    const size_t length = strlen(base) - strlen(".txt");
    if (w2b_grow((void **)&set->text, room, set->size + length + 1, 1) != 0) {
        return w2b_fail_memory(diag, set->size + length, "a test set");
    }
    *name = (w2b_slice){(uint32_t)set->size, (uint32_t)length};
    memcpy(set->text + set->size, base, length);
    set->text[set->size + length] = '\n';
    set->size += length + 1;
    return W2B_OK;
}

static w2b_err folder_read(w2b_testset *set, const char *path, XXH3_state_t *hash, w2b_diag *diag)
{
    w2b_folder folder = {0};
    size_t room = 0;
    w2b_err err = w2b_folder_list(path, ".txt", &folder, diag);
    for (size_t i = 0; i < folder.n && err == W2B_OK; i++) {
        const char *const slash = strrchr(folder.paths[i], '/');
        w2b_slice name;
        if (strncmp(slash != NULL ? slash + 1 : folder.paths[i], "README", 6) == 0) {
            continue;
        }
        err = section_name(set, &room, folder.paths[i], &name, diag);
        if (err == W2B_OK) {
            err = file_read(set, &room, folder.paths[i], name, 1, hash, diag);
        }
    }
    if (err == W2B_OK && set->n == 0) {
        err = w2b_fail_at(diag, W2B_ERR_FORMAT, path, W2B_NOWHERE, W2B_NOWHERE,
                          "not a test set: the folder holds no .txt files");
    }
    w2b_folder_free(&folder);
    return err;
}

w2b_err w2b_testset_open(const char *path, w2b_testset **set, w2b_diag *diag)
{
    w2b_testset *const s = w2b_alloc_zero(1, sizeof *s);
    XXH3_state_t *const hash = XXH3_createState();
    w2b_err err = W2B_OK;
    size_t room = 0;
    if (s == NULL || hash == NULL || XXH3_64bits_reset(hash) == XXH_ERROR) {
        err = w2b_fail_memory(diag, sizeof *s, "a test set");
    } else if (w2b_folder_is(path)) {
        err = folder_read(s, path, hash, diag);
    } else {
        err = file_read(s, &room, path, (w2b_slice){0, 0}, 0, hash, diag);
    }
    if (err == W2B_OK) {
        s->checksum = XXH3_64bits_digest(hash);
        *set = s;
    } else {
        w2b_testset_free(s);
    }
    XXH3_freeState(hash);
    return err;
}

w2b_test_kind w2b_testset_kind(const w2b_testset *set)
{
    return set->kind;
}

uint64_t w2b_testset_size(const w2b_testset *set)
{
    return set->n;
}

uint64_t w2b_testset_bytes(const w2b_testset *set)
{
    return set->bytes;
}

uint64_t w2b_testset_checksum(const w2b_testset *set)
{
    return set->checksum;
}

void w2b_testset_free(w2b_testset *set)
{
    if (set != NULL) {
        w2b_free(set->text);
        w2b_free(set->items);
        w2b_free(set->pairs);
        w2b_free(set->words);
        w2b_free(set->sections);
        w2b_free(set);
    }
}

const char *w2b_test_kind_name(w2b_test_kind kind)
{
    static const char *const names[] = {"similarity", "analogy", "categories", "odd"};
    return (unsigned)kind < sizeof names / sizeof names[0] ? names[kind] : NULL;
}
