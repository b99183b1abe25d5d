/*
 * groups.c - words in categories, BATS lists, groups with a word too many.
 */
#include "eval/forms.h"

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

/* A list of n words makes n (n - 1) questions. */
#define BATS_LINES_MAX 1000

/* A cluster makes as many groups as there are words outside it. */
#define CLUSTER_MAX 1000

/* ----- Two columns -------------------------------------------------------- */

static int compare_hashes(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

typedef struct columns {
    size_t lines;
    size_t slashes;   /* lines with one in the second column */
    size_t distinct;  /* second fields */
} columns;

/* Looks a file of two columns through. 1, or 0 if it is none, or -1 if memory
 * is short. */
static int columns_count(w2b_parser *p, columns *found)
{
    const char *const text = p->set->text;
    uint64_t *hashes = NULL;
    size_t room = 0;
    w2b_line l;
    int result = 1;
    *found = (columns){0};
    p->divider = w2b_line_divider(text, &p->head[0]);
    result = p->divider != W2B_SPACES;
    while (result == 1 && w2b_lines_next(&p->lines, &l)) {
        w2b_fields f;
        w2b_line_split(text, &l, p->divider, &f);
        if (f.n != 2 || f.at[0].length == 0 || f.at[1].length == 0) {
            result = 0;
        } else if (w2b_grow((void **)&hashes, &room, found->lines + 1, sizeof *hashes) != 0) {
            result = -1;
        } else {
            const char *const second = text + f.at[1].start;
            hashes[found->lines++] = XXH3_64bits(second, f.at[1].length);
            found->slashes += memchr(second, '/', f.at[1].length) != NULL;
        }
    }
    w2b_parser_rewind(p);
    if (result == 1 && hashes) {
        qsort(hashes, found->lines, sizeof *hashes, compare_hashes);
        for (size_t i = 0; i < found->lines; i++) {
            found->distinct += i == 0 || hashes[i] != hashes[i - 1];
        }
    }
    w2b_free(hashes);
    return result;
}

/* Lists of words with answers and lists of words with categories look alike:
 * in a folder they are the first; else answers are divided by slashes or do
 * not recur, and categories do. */
int w2b_match_bats(w2b_parser *p)
{
    columns c;
    const int two = columns_count(p, &c);
    if (two != 1 || p->divider != W2B_TABS) {
        return two < 0 ? -1 : 0;
    }
    return c.lines > 1 && (p->in_folder || c.slashes > 0 || 2 * c.distinct > c.lines);
}

int w2b_match_categories(w2b_parser *p)
{
    columns c;
    const int two = columns_count(p, &c);
    p->columns[0] = 0;
    p->columns[1] = 1;
    p->has_header = 0;
    return two == 1 ? c.lines > 1 && 2 * c.distinct <= c.lines : two;
}

/* ----- Categories --------------------------------------------------------- */

int w2b_match_titled(w2b_parser *p)
{
    w2b_fields f;
    p->divider = w2b_line_divider(p->set->text, &p->head[0]);
    w2b_parser_head(p, 0, p->divider, &f);
    p->columns[0] = w2b_fields_column(p->set->text, &f, "word");
    p->columns[1] = w2b_fields_column(p->set->text, &f, "category");
    p->has_header = 1;
    return p->columns[0] >= 0 && p->columns[1] >= 0;
}

w2b_err w2b_read_categories(w2b_parser *p)
{
    w2b_testset *const set = p->set;
    w2b_line l;
    set->kind = W2B_TEST_CATEGORIES;
    if (p->has_header) {
        w2b_lines_next(&p->lines, &l);
    }
    while (w2b_lines_next(&p->lines, &l)) {
        w2b_fields f;
        w2b_slice fields[2] = {{0, 0}, {0, 0}};
        uint32_t category = 0;
        w2b_line_split(set->text, &l, p->divider, &f);
        const int last = p->columns[0] > p->columns[1] ? p->columns[0] : p->columns[1];
        if (last >= f.n) {
            return w2b_parser_expected(p, l.number, "a word and a category", f.n);
        }
        if (p->has_header && f.at[p->columns[0]].length == 0) {
            continue; /* the AP set as published ends each category so */
        }
        w2b_err err = w2b_parser_take(p, &l, &f, 2, fields);
        if (err == W2B_OK) {
            err = w2b_parser_section(p, fields[1], l.number, &category);
        }
        if (err != W2B_OK) {
            return err;
        }
        w2b_item *const item = w2b_testset_item(set, l.number);
        if (item == NULL) {
            return w2b_parser_memory(p);
        }
        item->words[0] = fields[0];
        item->section = category;
    }
    return W2B_OK;
}

/* ----- BATS --------------------------------------------------------------- */

/* One pair: the word, and its answers divided by slashes. */
static w2b_err read_bats_line(w2b_parser *p, const w2b_line *l, uint32_t section)
{
    w2b_testset *const set = p->set;
    w2b_fields f;
    w2b_line_split(set->text, l, W2B_TABS, &f);
    if (f.n != 2 || f.at[0].length == 0 || f.at[1].length == 0) {
        return w2b_parser_expected(p, l->number, "a word and its answers", f.n);
    }
    if (w2b_testset_pair(set, f.at[0], section) != 0) {
        return w2b_parser_memory(p);
    }
    const uint32_t end = f.at[1].start + f.at[1].length;
    for (uint32_t at = f.at[1].start; at < end;) {
        const char *const slash = memchr(set->text + at, '/', end - at);
        const uint32_t stop = slash != NULL ? (uint32_t)(slash - set->text) : end;
        const w2b_slice answer = w2b_slice_trim(set->text, at, stop);
        if (answer.length > 0) {
            if (w2b_testset_word(set, answer) != 0) {
                return w2b_parser_memory(p);
            }
            set->pairs[set->n_pairs - 1].n_answers++;
        }
        at = stop + 1;
    }
    return W2B_OK;
}

w2b_err w2b_read_bats(w2b_parser *p)
{
    w2b_testset *const set = p->set;
    const size_t first = set->n_pairs;
    w2b_line l;
    set->kind = W2B_TEST_ANALOGY;
    if (w2b_testset_section(set, p->name) != 0) {
        return w2b_parser_memory(p);
    }
    const uint32_t section = (uint32_t)set->n_sections - 1;
    while (w2b_lines_next(&p->lines, &l)) {
        if (set->n_pairs - first == BATS_LINES_MAX) {
            return w2b_fail_at(p->diag, W2B_ERR_LIMIT, p->path, l.number, W2B_NOWHERE,
                               "more than %d words to make questions from", BATS_LINES_MAX);
        }
        const w2b_err err = read_bats_line(p, &l, section);
        if (err != W2B_OK) {
            return err;
        }
    }
    for (size_t i = first; i < set->n_pairs; i++) {
        for (size_t j = first; j < set->n_pairs; j++) {
            if (i == j) {
                continue;
            }
            w2b_item *const item = w2b_testset_item(set, 0);
            if (item == NULL) {
                return w2b_parser_memory(p);
            }
            item->pairs[0] = (uint32_t)i;
            item->pairs[1] = (uint32_t)j;
            item->section = section;
        }
    }
    return W2B_OK;
}

/* ----- Odd one out -------------------------------------------------------- */

static w2b_item *group_add(w2b_testset *set, uint32_t section, uint32_t line)
{
    w2b_item *const item = w2b_testset_item(set, line);
    if (item != NULL) {
        item->section = section;
        item->first = (uint32_t)set->n_words;
    }
    return item;
}

/* A word alone in a line, twice, and an empty line further on. */
int w2b_match_clusters(w2b_parser *p)
{
    int gaps = 0;
    w2b_line l;
    for (int i = 0; i < p->n_head; i++) {
        w2b_fields f;
        w2b_parser_head(p, i, W2B_SPACES, &f);
        if (f.n != 1 || (i > 0 && p->head[i].gap)) {
            return 0;
        }
    }
    w2b_lines_next(&p->lines, &l); /* what is before it does not count */
    while (w2b_lines_next(&p->lines, &l)) {
        gaps += l.gap;
    }
    w2b_parser_rewind(p);
    return gaps > 0;
}

/* The groups of a cluster, words[from .. to), and the words outside it behind
 * them up to words[end). */
static w2b_err clusters_group(w2b_parser *p, size_t from, size_t to, size_t end, uint32_t section,
                              uint32_t line)
{
    w2b_testset *const set = p->set;
    if (to - from < 2 || to == end) {
        return w2b_fail_at(p->diag, W2B_ERR_FORMAT, p->path, line, W2B_NOWHERE,
                           "expected two words at least that belong together, an empty line, "
                           "and words that do not");
    }
    if (end - from > CLUSTER_MAX) {
        return w2b_fail_at(p->diag, W2B_ERR_LIMIT, p->path, line, W2B_NOWHERE,
                           "more than %d words in a cluster", CLUSTER_MAX);
    }
    for (size_t odd = to; odd < end; odd++) {
        w2b_item *const item = group_add(set, section, line);
        if (item == NULL) {
            return w2b_parser_memory(p);
        }
        for (size_t i = from; i <= to; i++) {
            if (w2b_testset_word(set, set->words[i < to ? i : odd]) != 0) {
                return w2b_parser_memory(p);
            }
        }
        item->n = (uint32_t)(to - from + 1);
    }
    return W2B_OK;
}

w2b_err w2b_read_clusters(w2b_parser *p)
{
    w2b_testset *const set = p->set;
    uint32_t begin = 0; /* the line where the cluster begins */
    size_t from = set->n_words, to = 0;
    int more = 1, outside = 0, empty = 1;
    set->kind = W2B_TEST_ODD;
    if (w2b_testset_section(set, p->name) != 0) {
        return w2b_parser_memory(p);
    }
    const uint32_t section = (uint32_t)set->n_sections - 1;
    while (more) {
        w2b_line l = {0};
        more = w2b_lines_next(&p->lines, &l);
        if (!more || (l.gap && !empty)) {
            /* The end of one of the two parts. */
            if (outside || !more) {
                to = outside ? to : set->n_words;
                const w2b_err err =
                    clusters_group(p, from, to, set->n_words, section, begin);
                if (err != W2B_OK) {
                    return err;
                }
                from = set->n_words;
            } else {
                to = set->n_words;
            }
            outside = !outside;
        }
        begin = set->n_words == from ? l.number : begin;
        if (more &&
            w2b_testset_word(set, w2b_slice_trim(set->text, l.start, l.start + l.length)) != 0) {
            return w2b_parser_memory(p);
        }
        empty = 0;
    }
    return W2B_OK;
}

static int is_marked(const w2b_testset *set, w2b_slice word)
{
    return word.length > 1 && set->text[word.start] == '*';
}

/* The only marked one of the fields, or -1. */
static int marked_find(const w2b_testset *set, const w2b_fields *f)
{
    int marked = -1;
    for (int i = 0; i < f->n; i++) {
        if (is_marked(set, f->at[i])) {
            if (marked >= 0) {
                return -1;
            }
            marked = i;
        }
    }
    return marked;
}

int w2b_match_marked(w2b_parser *p)
{
    w2b_fields f;
    p->divider = w2b_line_divider(p->set->text, &p->head[0]);
    w2b_parser_head(p, 0, p->divider, &f);
    return f.n >= 3 && marked_find(p->set, &f) >= 0;
}

w2b_err w2b_read_marked(w2b_parser *p)
{
    w2b_testset *const set = p->set;
    w2b_line l;
    set->kind = W2B_TEST_ODD;
    if (w2b_testset_section(set, p->name) != 0) {
        return w2b_parser_memory(p);
    }
    while (w2b_lines_next(&p->lines, &l)) {
        w2b_fields f;
        w2b_line_split(set->text, &l, p->divider, &f);
        const int marked = marked_find(set, &f);
        if (f.n < 3 || marked < 0) {
            return w2b_parser_expected(
                p, l.number, "three words at least, one of them with a * in front", f.n);
        }
        w2b_item *const item = group_add(set, (uint32_t)set->n_sections - 1, l.number);
        if (item == NULL) {
            return w2b_parser_memory(p);
        }
        const w2b_slice odd = {f.at[marked].start + 1, f.at[marked].length - 1};
        f.at[marked] = f.at[f.n - 1];
        f.at[f.n - 1] = odd;
        for (int i = 0; i < f.n; i++) {
            if (f.at[i].length > 0 && w2b_testset_word(set, f.at[i]) != 0) {
                return w2b_parser_memory(p);
            }
        }
        item->n = (uint32_t)set->n_words - item->first;
    }
    return W2B_OK;
}
