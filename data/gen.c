/*
 * gen.c - writes the default corpus and the questions that go with it.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/gen.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char help[] =
    "usage: gen [OPTIONS]\n"
    "\n"
    "Writes natural-looking English made from tables of facts: lower case a-z,\n"
    "one paragraph a line. The same seed gives the same bytes everywhere.\n"
    "\n"
    "  -w, --words N     about so many words of text, K M G understood (default 1M)\n"
    "  -a, --analogies   write analogy questions about the same facts instead\n"
    "  -p, --pairs       write pairs of words with a score of similarity instead\n"
    "  -s, --seed N      other text, other choice of questions (default 1)\n"
    "  -o, --output FILE write there (default: standard output)\n"
    "  -f, --force       replace an existing FILE\n"
    "  -t, --tables DIR  the folder of the tables (default data/tables)\n"
    "  -h, --help        show this\n";

struct options {
    uint64_t words;
    uint64_t seed;
    const char *output;
    const char *tables;
    int force;
    int analogies;
    int pairs;
};

/* A whole number with at most one of K, M, G behind it; -1 if it is none. */
static int parse_number(const char *s, int units, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    const unsigned long long n = strtoull(s, &end, 10);
    if (s[0] < '0' || s[0] > '9' || errno != 0) {
        return -1;
    }
    uint64_t unit = 1;
    if (units && *end != 0) {
        unit = *end == 'K' ? 1000 : *end == 'M' ? 1000000 : *end == 'G' ? 1000000000 : 0;
        end++;
    }
    return *end != 0 || unit == 0 || __builtin_mul_overflow((uint64_t)n, unit, out) ? -1 : 0;
}

static int usage(const char *what, const char *value)
{
    fprintf(stderr, "gen: %s%s (gen --help shows the options)\n", what, value);
    return EXIT_USAGE;
}

/* EXIT_DONE to go on, EXIT_USAGE after a message. */
static int parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        {"words", required_argument, NULL, 'w'}, {"analogies", no_argument, NULL, 'a'},
        {"pairs", no_argument, NULL, 'p'},       {"seed", required_argument, NULL, 's'},
        {"output", required_argument, NULL, 'o'}, {"force", no_argument, NULL, 'f'},
        {"tables", required_argument, NULL, 't'}, {NULL, 0, NULL, 0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "w:aps:o:ft:", longs, NULL)) != -1) {
        switch (c) {
        case 'w':
            if (parse_number(optarg, 1, &o->words) != 0 || o->words == 0) {
                return usage("--words needs a number above zero, not ", optarg);
            }
            break;
        case 's':
            if (parse_number(optarg, 0, &o->seed) != 0) {
                return usage("--seed needs a whole number, not ", optarg);
            }
            break;
        case 'a':
            o->analogies = 1;
            break;
        case 'p':
            o->pairs = 1;
            break;
        case 'o':
            o->output = optarg;
            break;
        case 'f':
            o->force = 1;
            break;
        case 't':
            o->tables = optarg;
            break;
        default:
            return usage("unknown option, or one without its value: ", argv[optind - 1]);
        }
    }
    if (optind < argc) {
        return usage("unexpected argument ", argv[optind]);
    }
    return o->analogies && o->pairs ? usage("--analogies and --pairs exclude each other", "")
                                    : EXIT_DONE;
}

static w2b_err run(const struct options *o, w2b_diag *diag)
{
    gen_world world;
    w2b_err err = gen_world_load(&world, o->tables, diag);
    if (err == W2B_OK) {
        err = o->analogies
                  ? gen_write_analogies(&world, o->seed, o->output, o->force, diag)
              : o->pairs ? gen_write_pairs(&world, o->seed, o->output, o->force, diag)
                         : gen_write_text(&world, o->words, o->seed, o->output, o->force, diag);
    }
    gen_world_free(&world);
    return err;
}

int main(int argc, char **argv)
{
    struct options o = {
        .words = 1000000, .seed = 1, .output = "-", .tables = "data/tables"};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
            return fputs(help, stdout) < 0 || fflush(stdout) != 0 ? EXIT_FAILED : EXIT_DONE;
        }
    }
    const int status = parse(argc, argv, &o);
    if (status != EXIT_DONE) {
        return status;
    }
    w2b_diag diag = {.line = W2B_NOWHERE};
    if (run(&o, &diag) == W2B_OK) {
        return EXIT_DONE;
    }
    fprintf(stderr, "gen: ");
    if (diag.path[0] != 0 && diag.line != W2B_NOWHERE) {
        fprintf(stderr, "%s:%" PRIu64 ": ", diag.path, diag.line);
    } else if (diag.path[0] != 0) {
        fprintf(stderr, "%s: ", diag.path);
    }
    fprintf(stderr, "%s\n", diag.text);
    return EXIT_FAILED;
}
