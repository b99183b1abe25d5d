/*
 * find.c - nearest words and analogies, filtered and scored again.
 */
#include "cli/find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/talk.h"

void w2b_find_defaults(w2b_find_args *args)
{
    args->k = 10;
    args->candidates = 1000;
}

static int open_fine(w2b_find *find)
{
    const char *path = find->args->rescore;
    int code = w2b_ask_open_like(&find->fine, path, &find->ask);
    if (code) return code;
    w2b_info coarse;
    w2b_model_info(find->ask.model, &coarse);
    if (find->candidates < find->args->candidates) find->candidates = find->args->candidates;
    if (find->candidates > coarse.words) find->candidates = coarse.words;
    return w2b_ask_search(&find->fine) ? W2B_EXIT_DONE : W2B_EXIT_FAILED;
}

int w2b_find_open(w2b_find *find, const w2b_parsed *parsed, const w2b_find_args *args)
{
    *find = (w2b_find){.args = args};
    if (!args->rescore && w2b_opt_given(parsed, "candidates")) {
        w2b_talk_error("%s: --candidates is for --rescore", parsed->command->name);
        return W2B_EXIT_USAGE;
    }
    int code = w2b_ask_open(&find->ask, parsed, &args->ask);
    if (code) return code;
    w2b_info info;
    w2b_model_info(find->ask.model, &info);
    find->candidates = args->k < info.words ? args->k : info.words;
    if (args->rescore) code = open_fine(find);
    if (code) return code;
    find->hits = malloc(find->candidates ? find->candidates * sizeof *find->hits : 1);
    if (!find->hits) return w2b_talk_memory();
    return w2b_filter_set(&find->ask, &args->filter);
}

int w2b_find_close(w2b_find *find, int code)
{
    if (find->left_out) {
        w2b_talk_note("(%s: %llu candidates are not there, and were left out)", find->fine.path,
                      (unsigned long long)find->left_out);
    }
    free(find->hits);
    find->ask.unknown |= find->fine.unknown;
    find->ask.failed |= find->fine.failed;
    w2b_ask_close(&find->fine, code);
    return w2b_ask_close(&find->ask, code);
}

/* ----- Scoring again ------------------------------------------------------ */

/* Rows of the model to rows of the finer one. 0, or -1 with a message. */
static int translate(w2b_find *find, const uint64_t *rows, size_t n, uint64_t *fine)
{
    int known = 1;
    for (size_t i = 0; i < n; i++) {
        size_t length;
        const char *word = w2b_ask_word(&find->ask, rows[i], &length);
        const int64_t row = word ? w2b_ask_find(&find->fine, word, length) : -1;
        if (row < 0) known = 0;
        else fine[i] = (uint64_t)row;
    }
    return known ? 0 : -1;
}

/* Leaves nothing but the candidates to be found in the finer model. */
static int choose(w2b_find *find)
{
    w2b_diag diag;
    size_t missing;
    if (w2b_search_candidates(find->fine.search, find->ask.model, find->hits, find->n, &missing,
                              &diag)) {
        return w2b_talk_diag(&diag);
    }
    find->left_out += missing;
    return W2B_EXIT_DONE;
}

/* Answers of the finer model get the row numbers of the other again. */
static int restore(w2b_find *find)
{
    for (size_t i = 0; i < find->n; i++) {
        size_t length = 0;
        const char *word = w2b_ask_word(&find->fine, find->hits[i].row, &length);
        const int64_t row = word ? w2b_ask_row(&find->ask, word, length) : -1;
        if (row < 0) return W2B_EXIT_FAILED;
        find->hits[i].row = (uint64_t)row;
    }
    return W2B_EXIT_DONE;
}

static int check_vector(const w2b_find *find)
{
    w2b_info coarse, fine;
    w2b_model_info(find->ask.model, &coarse);
    w2b_model_info(find->fine.model, &fine);
    if (coarse.dim == fine.dim) return W2B_EXIT_DONE;
    w2b_talk_error("%s: has %u numbers a word, the question %u", find->fine.path, fine.dim,
                   coarse.dim);
    return W2B_EXIT_FAILED;
}

static uint64_t answers(const w2b_find *find)
{
    return find->args->k < find->candidates ? find->args->k : find->candidates;
}

static int rescore_nearest(w2b_find *find, const w2b_query *query, int *answered)
{
    const size_t n = query->n_terms;
    if (query->vector && check_vector(find)) return W2B_EXIT_FAILED;
    w2b_term *terms = malloc((n ? n : 1) * sizeof *terms);
    if (!terms) return w2b_talk_memory();
    int known = 1;
    for (size_t i = 0; i < n; i++) {
        terms[i] = query->terms[i];
        if (translate(find, &query->terms[i].row, 1, &terms[i].row)) known = 0;
    }
    const w2b_query again = {.terms = terms, .n_terms = n, .vector = query->vector};
    w2b_diag diag;
    int code = known ? choose(find) : W2B_EXIT_DONE;
    *answered = known;
    if (!code && known && w2b_search_nearest(find->fine.search, &again, 1, answers(find),
                                             find->hits, &find->n, &diag)) {
        code = w2b_talk_diag(&diag);
    }
    if (!code && known) code = restore(find);
    free(terms);
    return code;
}

static int rescore_analogy(w2b_find *find, w2b_analogy method, const uint64_t rows[3],
                           int *answered)
{
    uint64_t fine[1][3];
    *answered = !translate(find, rows, 3, fine[0]);
    if (!*answered) return W2B_EXIT_DONE;
    int code = choose(find);
    if (code) return code;
    w2b_diag diag;
    if (w2b_search_analogy(find->fine.search, method, (const uint64_t (*)[3])fine, 1,
                           answers(find), find->hits, &find->n, &diag)) {
        return w2b_talk_diag(&diag);
    }
    return restore(find);
}

/* ----- Questions ---------------------------------------------------------- */

/* Answers whose words cannot be read are none. */
static int check_words(w2b_find *find)
{
    for (size_t i = 0; i < find->n; i++) {
        size_t length;
        if (!w2b_ask_word(&find->ask, find->hits[i].row, &length)) return W2B_EXIT_FAILED;
    }
    if (find->fine.model && w2b_ask_check(&find->fine)) return W2B_EXIT_FAILED;
    return w2b_ask_check(&find->ask);
}

int w2b_find_nearest(w2b_find *find, const w2b_query *query, int *answered)
{
    w2b_search *search = w2b_ask_search(&find->ask);
    w2b_diag diag;
    *answered = 1;
    if (!search) return W2B_EXIT_FAILED;
    if (w2b_search_nearest(search, query, 1, find->candidates, find->hits, &find->n, &diag)) {
        return w2b_talk_diag(&diag);
    }
    int code = find->fine.model ? rescore_nearest(find, query, answered) : W2B_EXIT_DONE;
    return code || !*answered ? code : check_words(find);
}

int w2b_find_analogy(w2b_find *find, w2b_analogy method, const uint64_t rows[3], int *answered)
{
    w2b_search *search = w2b_ask_search(&find->ask);
    const uint64_t question[1][3] = {{rows[0], rows[1], rows[2]}};
    w2b_diag diag;
    *answered = 1;
    if (!search) return W2B_EXIT_FAILED;
    if (w2b_search_analogy(search, method, question, 1, find->candidates, find->hits, &find->n,
                           &diag)) {
        return w2b_talk_diag(&diag);
    }
    int code = find->fine.model ? rescore_analogy(find, method, rows, answered) : W2B_EXIT_DONE;
    return code || !*answered ? code : check_words(find);
}

/* ----- Answers ------------------------------------------------------------ */

void w2b_find_print(const w2b_find *find, const w2b_piece *question, size_t pieces)
{
    for (size_t i = 0; i < find->n; i++) {
        size_t length = 0;
        const char *word = w2b_model_word(find->ask.model, find->hits[i].row, &length);
        for (size_t j = 0; j < pieces; j++) {
            w2b_talk_word(question[j].at, question[j].length);
            putchar('\t');
        }
        w2b_talk_word(word ? word : "", length);
        printf("\t%.4f\n", (double)find->hits[i].score);
    }
}

json_t *w2b_find_json(const w2b_find *find)
{
    json_t *array = json_array();
    for (size_t i = 0; i < find->n && array; i++) {
        size_t length = 0;
        const char *word = w2b_model_word(find->ask.model, find->hits[i].row, &length);
        array = w2b_json_append(array, json_pack("{s:o,s:o,s:I}",
            "word", w2b_json_text(word ? word : "", length),
            "score", w2b_json_float(find->hits[i].score),
            "row", (json_int_t)find->hits[i].row));
    }
    return array;
}
