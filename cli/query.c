/*
 * query.c - questions in the form "king - man + 0.5*woman".
 */
#include "cli/query.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_term(w2b_ask_query *query, int64_t row, float weight)
{
    if (query->n == query->room) {
        size_t room = query->room ? query->room * 2 : 4;
        w2b_term *terms = realloc(query->terms, room * sizeof *terms);
        if (!terms) return -1;
        query->terms = terms;
        query->room = room;
    }
    query->terms[query->n++] = (w2b_term){.row = (uint64_t)row, .weight = weight};
    return 0;
}

/* The weight in front of "2*king"; 1 and nothing skipped if there is none. */
static double take_weight(const char *piece, size_t length, size_t *skip)
{
    char number[32];
    const char *star = memchr(piece, '*', length);
    double weight = 1;
    *skip = 0;
    if (!star || star == piece || star + 1 == piece + length) return 1;
    size_t n = (size_t)(star - piece);
    if (n >= sizeof number) return 1;
    memcpy(number, piece, n);
    number[n] = '\0';
    if (w2b_opt_real(number, &weight) || weight < -1e6 || weight > 1e6) return 1;
    *skip = n + 1;
    return weight;
}

/* Adds a word without a row: its vector is made from its parts, and counts with
 * length 1 as those of terms do. */
static int add_composed(w2b_ask *ask, const char *word, size_t length, double weight,
                        w2b_ask_query *query)
{
    w2b_info info;
    w2b_model_info(ask->model, &info);
    if (!query->vector) query->vector = calloc(info.dim, sizeof *query->vector);
    float *vector = malloc(info.dim * sizeof *vector);
    int failed = !query->vector || !vector;
    if (!failed && w2b_ask_compose(ask, word, length, vector)) {
        query->unknown = 1;
    } else if (!failed) {
        double squares = 0;
        for (uint32_t i = 0; i < info.dim; i++) squares += (double)vector[i] * (double)vector[i];
        const double factor = squares > 0 ? weight / sqrt(squares) : 0;
        for (uint32_t i = 0; i < info.dim; i++) {
            query->vector[i] += (float)(factor * (double)vector[i]);
        }
    }
    free(vector);
    return failed || ask->failed ? -1 : 0;
}

static int add_word(w2b_ask *ask, const char *piece, size_t length, float sign,
                    w2b_ask_query *query)
{
    size_t skip = 0;
    double weight = 1;
    int64_t row = w2b_ask_row(ask, piece, length);
    if (row < 0 && !ask->failed) {
        weight = take_weight(piece, length, &skip);
        row = w2b_ask_row(ask, piece + skip, length - skip);
    }
    if (ask->failed) return -1;
    if (row >= 0) return add_term(query, row, sign * (float)weight);
    return add_composed(ask, piece + skip, length - skip, (double)sign * weight, query);
}

static int parse_sum(w2b_ask *ask, const char *text, size_t length, w2b_ask_query *query)
{
    char operator = 0;  /* the one that waits for its word */
    for (size_t i = 0; i < length;) {
        if (text[i] == ' ' || text[i] == '\t') {
            i++;
            continue;
        }
        size_t begin = i;
        while (i < length && text[i] != ' ' && text[i] != '\t') i++;
        int sign = i - begin == 1 && (text[begin] == '+' || text[begin] == '-');
        if (sign && operator) {
            snprintf(query->why, sizeof query->why, "a word is missing between \"%c\" and \"%c\"",
                     operator, text[begin]);
            return 0;
        }
        if (sign) {
            operator = text[begin];
            continue;
        }
        float weight = operator == '-' ? -1.0f : 1.0f;
        if (add_word(ask, text + begin, i - begin, weight, query)) return -1;
        operator = 0;
    }
    if (operator) {
        snprintf(query->why, sizeof query->why, "a word is missing after \"%c\"", operator);
    }
    return 0;
}

int w2b_ask_parse(w2b_ask *ask, const char *text, size_t length, w2b_ask_query *query)
{
    *query = (w2b_ask_query){0};
    int64_t row = length ? w2b_ask_row(ask, text, length) : -1;
    if (row >= 0) return add_term(query, row, 1);
    if (ask->failed) return -1;
    return parse_sum(ask, text, length, query);
}

void w2b_ask_query_free(w2b_ask_query *query)
{
    free(query->terms);
    free(query->vector);
    *query = (w2b_ask_query){0};
}

/* ----- Vectors ------------------------------------------------------------ */

static int is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* The next piece at or after *at. 1, or 0 if there is none. */
static int next_piece(const char *line, size_t length, size_t *at, w2b_piece *piece)
{
    while (*at < length && is_blank(line[*at])) ++*at;
    const size_t begin = *at;
    while (*at < length && !is_blank(line[*at])) ++*at;
    *piece = (w2b_piece){line + begin, *at - begin};
    return *at > begin;
}

static int read_number(const w2b_piece *piece, float *number)
{
    char text[64];
    double value;
    if (piece->length >= sizeof text) return -1;
    memcpy(text, piece->at, piece->length);
    text[piece->length] = '\0';
    if (w2b_opt_real(text, &value) || value > FLT_MAX || value < -FLT_MAX) return -1;
    *number = (float)value;
    return 0;
}

int w2b_ask_vector(const char *line, size_t length, float *vector, uint32_t dim,
                   w2b_piece *name, char *why, size_t room)
{
    size_t at = 0, n = 0;
    w2b_piece piece;
    while (next_piece(line, length, &at, &piece)) n++;
    why[0] = '\0';
    if (!n) return -1;
    if (n != dim && n != (size_t)dim + 1) {
        snprintf(why, room, "expected %u numbers, found %zu", dim, n);
        return -1;
    }
    at = 0;
    *name = (w2b_piece){line, 0};
    if (n > dim) next_piece(line, length, &at, name);
    for (uint32_t i = 0; i < dim; i++) {
        next_piece(line, length, &at, &piece);
        if (read_number(&piece, &vector[i])) {
            snprintf(why, room, "\"%.*s\" is not a number",
                     (int)(piece.length < 40 ? piece.length : 40), piece.at);
            return -1;
        }
    }
    return 0;
}
