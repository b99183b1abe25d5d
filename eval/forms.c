/*
 * forms.c - questions of four words, and pairs with a score.
 */
#include "eval/forms.h"

#include <string.h>

#include <xxhash.h>

#define SECTIONS_MAX 1000  /* that are found by name, one after the other */

/* ----- For all forms ------------------------------------------------------ */

w2b_err w2b_parser_expected(const w2b_parser *p, uint32_t number, const char *expected, int found)
{
    return w2b_fail_at(p->diag, W2B_ERR_FORMAT, p->path, number, W2B_NOWHERE,
                       "expected %s, found %d field%s", expected, found, found == 1 ? "" : "s");
}

w2b_err w2b_parser_memory(const w2b_parser *p)
{
    return w2b_fail_memory(p->diag, p->set->size, "a test set");
}

w2b_item *w2b_testset_item(w2b_testset *set, uint32_t line)
{
    if (w2b_grow((void **)&set->items, &set->room, set->n + 1, sizeof *set->items) != 0) {
        return NULL;
    }
    w2b_item *const item = &set->items[set->n++];
    memset(item, 0, sizeof *item);
    item->line = line;
    return item;
}

int w2b_testset_pair(w2b_testset *set, w2b_slice word, uint32_t section)
{
    if (w2b_grow((void **)&set->pairs, &set->pairs_room, set->n_pairs + 1, sizeof *set->pairs) !=
        0) {
        return -1;
    }
    set->pairs[set->n_pairs++] = (w2b_pair){word, (uint32_t)set->n_words, 0, section};
    return 0;
}

int w2b_testset_word(w2b_testset *set, w2b_slice word)
{
    if (w2b_grow((void **)&set->words, &set->words_room, set->n_words + 1, sizeof *set->words) !=
        0) {
        return -1;
    }
    set->words[set->n_words++] = word;
    return 0;
}

int w2b_testset_section(w2b_testset *set, w2b_slice name)
{
    if (w2b_grow((void **)&set->sections, &set->sections_room, set->n_sections + 1,
                 sizeof *set->sections) != 0) {
        return -1;
    }
    set->sections[set->n_sections++] = name;
    return 0;
}

w2b_err w2b_parser_section(w2b_parser *p, w2b_slice name, uint32_t number, uint32_t *section)
{
    w2b_testset *const set = p->set;
    for (size_t i = 0; i < set->n_sections; i++) {
        if (w2b_slice_equal(set->text, set->sections[i], name)) {
            *section = (uint32_t)i;
            return W2B_OK;
        }
    }
    if (set->n_sections == SECTIONS_MAX) {
        return w2b_fail_at(p->diag, W2B_ERR_LIMIT, p->path, number, W2B_NOWHERE,
                           "more than %d sections", SECTIONS_MAX);
    }
    *section = (uint32_t)set->n_sections;
    return w2b_testset_section(set, name) == 0 ? W2B_OK : w2b_parser_memory(p);
}

w2b_err w2b_parser_take(const w2b_parser *p, const w2b_line *l, const w2b_fields *f, int n,
                        w2b_slice *words)
{
    for (int i = 0; i < n; i++) {
        if (p->columns[i] >= f->n) {
            return w2b_parser_expected(p, l->number,
                                       n == 4 ? "four words" : "two words and a score", f->n);
        }
        words[i] = f->at[p->columns[i]];
        if (words[i].length == 0) {
            return w2b_fail_at(p->diag, W2B_ERR_FORMAT, p->path, l->number, W2B_NOWHERE,
                               "field %d is empty", p->columns[i] + 1);
        }
    }
    return W2B_OK;
}

/* ----- The pairs of questions --------------------------------------------- */

static int question_add(w2b_testset *set, const w2b_slice *words, uint32_t section, uint32_t line)
{
    w2b_item *const item = w2b_testset_item(set, line);
    if (item == NULL) {
        return -1;
    }
    item->section = section;
    for (int i = 0; i < 2; i++) {
        item->pairs[i] = (uint32_t)set->n_pairs;
        if (w2b_testset_pair(set, words[2 * i], section) != 0 ||
            w2b_testset_word(set, words[2 * i + 1]) != 0) {
            return -1;
        }
        set->pairs[set->n_pairs - 1].n_answers = 1;
    }
    return 0;
}

static int same_question_pair(const w2b_testset *set, const w2b_pair *a, const w2b_pair *b)
{
    return a->section == b->section && w2b_slice_equal(set->text, a->word, b->word) &&
           w2b_slice_equal(set->text, set->words[a->answers], set->words[b->answers]);
}

static uint64_t slices_hash(const w2b_testset *set, w2b_slice a, w2b_slice b, uint64_t seed)
{
    const uint64_t first = XXH3_64bits_withSeed(set->text + a.start, a.length, seed);
    return XXH3_64bits_withSeed(set->text + b.start, b.length, first);
}

/* A power of two, at least twice `n`. */
static size_t slots_for(size_t n)
{
    size_t slots = 16;
    while (slots < 2 * n) {
        slots *= 2;
    }
    return slots;
}

/* Questions repeat their pairs. Makes the equal ones of a section one. */
static w2b_err merge_pairs(const w2b_parser *p)
{
    w2b_testset *const set = p->set;
    const size_t slots = slots_for(set->n_pairs);
    uint32_t *const table = w2b_alloc_zero(slots, sizeof *table); /* pair + 1 */
    if (table == NULL) {
        return w2b_parser_memory(p);
    }
    size_t kept = 0;
    for (size_t i = 0; i < set->n_pairs; i++) {
        const w2b_pair pair = set->pairs[i];
        const uint64_t hash =
            slices_hash(set, pair.word, set->words[pair.answers], pair.section);
        size_t slot = (size_t)hash & (slots - 1);
        while (table[slot] != 0 && !same_question_pair(set, &set->pairs[table[slot] - 1], &pair)) {
            slot = (slot + 1) & (slots - 1);
        }
        if (table[slot] == 0) {
            set->pairs[kept++] = pair;
            table[slot] = (uint32_t)kept;
        }
        /* Pairs 2 k and 2 k + 1 are those of item k. */
        set->items[i / 2].pairs[i % 2] = table[slot] - 1;
    }
    set->n_pairs = kept;
    w2b_free(table);
    return W2B_OK;
}

/* ----- Questions in lines of four words, with ": section" lines ----------- */

int w2b_match_sections(w2b_parser *p)
{
    w2b_fields f;
    w2b_parser_head(p, 0, W2B_SPACES, &f);
    return p->set->text[f.at[0].start] == ':';
}

/* Four words, twice: a sentence of four words is soon followed by another
 * number of them. */
int w2b_match_questions(w2b_parser *p)
{
    for (int i = 0; i < p->n_head; i++) {
        w2b_fields f;
        w2b_parser_head(p, i, W2B_SPACES, &f);
        const int section = i > 0 && p->set->text[f.at[0].start] == ':';
        if (f.n != 4 && !section) {
            return 0;
        }
    }
    return 1;
}

w2b_err w2b_read_questions(w2b_parser *p)
{
    w2b_testset *const set = p->set;
    w2b_line l;
    set->kind = W2B_TEST_ANALOGY;
    while (w2b_lines_next(&p->lines, &l)) {
        w2b_fields f;
        w2b_line_split(set->text, &l, W2B_SPACES, &f);
        if (set->text[f.at[0].start] == ':') {
            const uint32_t end = l.start + l.length;
            if (w2b_testset_section(set, w2b_slice_trim(set->text, f.at[0].start + 1, end)) != 0) {
                return w2b_parser_memory(p);
            }
            continue;
        }
        if (f.n != 4) {
            return w2b_parser_expected(p, l.number, "four words", f.n);
        }
        if ((set->n_sections == 0 && w2b_testset_section(set, (w2b_slice){0, 0}) != 0) ||
            question_add(set, f.at, (uint32_t)set->n_sections - 1, l.number) != 0) {
            return w2b_parser_memory(p);
        }
    }
    return merge_pairs(p);
}

/* ----- Questions in a table with titles (MSR) ----------------------------- */

int w2b_match_table(w2b_parser *p)
{
    static const char *const titles[4] = {"word1", "word2", "word3", "target"};
    w2b_fields f;
    p->divider = w2b_line_divider(p->set->text, &p->head[0]);
    w2b_parser_head(p, 0, p->divider, &f);
    for (int i = 0; i < 4; i++) {
        p->columns[i] = w2b_fields_column(p->set->text, &f, titles[i]);
        if (p->columns[i] < 0) {
            return 0;
        }
    }
    p->section = w2b_fields_column(p->set->text, &f, "type");
    return 1;
}

w2b_err w2b_read_table(w2b_parser *p)
{
    w2b_testset *const set = p->set;
    w2b_line l;
    set->kind = W2B_TEST_ANALOGY;
    w2b_lines_next(&p->lines, &l); /* the titles */
    while (w2b_lines_next(&p->lines, &l)) {
        w2b_fields f;
        w2b_slice words[4];
        uint32_t section;
        w2b_line_split(set->text, &l, p->divider, &f);
        w2b_err err = w2b_parser_take(p, &l, &f, 4, words);
        if (err == W2B_OK) {
            const int named = p->section >= 0 && p->section < f.n;
            err = w2b_parser_section(p, named ? f.at[p->section] : (w2b_slice){0, 0}, l.number,
                                     &section);
        }
        if (err != W2B_OK) {
            return err;
        }
        if (question_add(set, words, section, l.number) != 0) {
            return w2b_parser_memory(p);
        }
    }
    return merge_pairs(p);
}

/* ----- Pairs with a score ------------------------------------------------- */

/* The first column from `from` on that is a number, or INT_MAX. */
static int number_find(const char *text, const w2b_fields *f, int from)
{
    double value;
    for (int i = from; i < f->n; i++) {
        if (w2b_slice_number(text, f->at[i], &value)) {
            return i;
        }
    }
    return INT_MAX;
}

/* The score is the first column after the words that holds a number: SimLex-999
 * has a part of speech before it, and the WordSim originals have each rater's
 * score after it. A first line that has none there is a header; it may have
 * numbers further on, which stand for the raters. */
int w2b_match_pairs(w2b_parser *p)
{
    const char *const text = p->set->text;
    w2b_fields f[2];
    f[0].n = f[1].n = 0;
    p->divider = w2b_line_divider(text, &p->head[0]);
    for (int i = 0; i < p->n_head; i++) {
        w2b_parser_head(p, i, p->divider, &f[i]);
    }
    p->columns[0] = w2b_fields_column(text, &f[0], "word1");
    p->columns[1] = w2b_fields_column(text, &f[0], "word2");
    if (p->columns[0] < 0 || p->columns[1] < 0) {
        p->columns[0] = 0;
        p->columns[1] = 1;
    }
    const int last = p->columns[0] > p->columns[1] ? p->columns[0] : p->columns[1];
    const int first_score = number_find(text, &f[0], last + 1);
    const int second_score = number_find(text, &f[1], last + 1);
    p->has_header = second_score < first_score && second_score < f[0].n;
    p->score = p->has_header ? second_score : first_score;
    return p->score < INT_MAX;
}

/* Whether two items are the same line: words and score. */
static int same_line(const w2b_testset *set, const w2b_item *a, const w2b_item *b)
{
    return w2b_slice_equal(set->text, a->words[0], b->words[0]) &&
           w2b_slice_equal(set->text, a->words[1], b->words[1]) &&
           !(a->score < b->score || a->score > b->score);
}

/* A line that stands twice is a mistake of the file, and counts double. The
 * same pair with another score is not: WordSim-353 has money and cash twice. */
static w2b_err refuse_repeats(const w2b_parser *p)
{
    const w2b_testset *const set = p->set;
    const size_t slots = slots_for(set->n);
    size_t *const table = w2b_alloc_zero(slots, sizeof *table); /* item + 1 */
    if (table == NULL) {
        return w2b_parser_memory(p);
    }
    w2b_err err = W2B_OK;
    for (size_t i = 0; i < set->n && err == W2B_OK; i++) {
        const w2b_item *const item = &set->items[i];
        size_t slot = (size_t)slices_hash(set, item->words[0], item->words[1], 0) & (slots - 1);
        while (table[slot] != 0 && !same_line(set, &set->items[table[slot] - 1], item)) {
            slot = (slot + 1) & (slots - 1);
        }
        if (table[slot] != 0) {
            err = w2b_fail_at(p->diag, W2B_ERR_FORMAT, p->path, item->line, W2B_NOWHERE,
                              "this line repeats line %u",
                              (unsigned)set->items[table[slot] - 1].line);
        }
        table[slot] = i + 1;
    }
    w2b_free(table);
    return err;
}

w2b_err w2b_read_pairs(w2b_parser *p)
{
    w2b_testset *const set = p->set;
    w2b_line l;
    set->kind = W2B_TEST_SIMILARITY;
    if (p->has_header) {
        w2b_lines_next(&p->lines, &l);
    }
    while (w2b_lines_next(&p->lines, &l)) {
        w2b_fields f;
        w2b_line_split(set->text, &l, p->divider, &f);
        if (p->score >= f.n) {
            return w2b_parser_expected(p, l.number, "two words and a score", f.n);
        }
        w2b_item *const item = w2b_testset_item(set, l.number);
        if (item == NULL) {
            return w2b_parser_memory(p);
        }
        const w2b_err err = w2b_parser_take(p, &l, &f, 2, item->words);
        if (err != W2B_OK) {
            return err;
        }
        if (!w2b_slice_number(set->text, f.at[p->score], &item->score)) {
            return w2b_fail_at(p->diag, W2B_ERR_FORMAT, p->path, l.number, W2B_NOWHERE,
                               "field %d is not a score", p->score + 1);
        }
    }
    return refuse_repeats(p);
}
