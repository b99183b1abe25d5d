/*
 * test_opt.c - option tables, the parser, numbers, help made from the tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "word2bits/w2b.h"

/* Cuts `line` at the bytes of `ends` into at most `most` arguments. */
static int cut(char *line, const char *ends, char **argv, int most)
{
    int argc = 0;
    for (line += strspn(line, ends); *line; line += strspn(line, ends)) {
        assert_true(argc < most);
        argv[argc++] = line;
        line += strcspn(line, ends);
        if (*line) *line++ = '\0';
    }
    return argc;
}

/* ===== Tables ============================================================= */

static void assert_ascii(const char *text)
{
    assert_non_null(text);
    assert_true(text[0] != '\0');
    for (; *text; text++) assert_true((*text >= ' ' && *text <= '~') || *text == '\n');
}

static void check_option(const w2b_command *command, const w2b_opt *o)
{
    assert_ascii(o->name);
    assert_ascii(o->help);
    assert_true(strlen(o->name) <= 63);
    assert_true(o->help[strlen(o->help) - 1] != '.');
    if (o->more) {
        assert_ascii(o->more);
        assert_int_equal(o->more[strlen(o->more) - 1], '.');
    }
    assert_true(o->offset + o->size <= command->args_size);
    assert_string_not_equal(o->name, "help");
    assert_true(o->letter != 'h');
    /* Its negation would be taken for an option of this name. */
    assert_true(strncmp(o->name, "no-", 3) != 0);
    if (o->kind == W2B_OPT_SWITCH) assert_null(o->value);
    else assert_ascii(o->value);
    assert_int_equal(o->kind == W2B_OPT_CHOICE, o->choices != NULL);
    switch (o->kind) {
    case W2B_OPT_SWITCH:
    case W2B_OPT_CHOICE:
        assert_int_equal(o->size, sizeof(int));
        break;
    case W2B_OPT_COUNT:
        assert_true(o->size == sizeof(uint32_t) || o->size == sizeof(uint64_t));
        assert_true(o->high == 0 || o->low < o->high);
        break;
    case W2B_OPT_REAL:
        assert_int_equal(o->size, sizeof(double));
        assert_true(o->real_low < o->real_high);
        break;
    case W2B_OPT_TEXT:
        assert_int_equal(o->size, sizeof(char *));
        break;
    }
    for (const w2b_opt *other = o + 1; other->name; other++) {
        assert_string_not_equal(o->name, other->name);
        assert_true(!o->letter || o->letter != other->letter);
    }
}

static void test_tables(void **state)
{
    (void)state;
    assert_non_null(w2b_commands[0]);
    for (size_t i = 0; w2b_commands[i]; i++) {
        const w2b_command *c = w2b_commands[i];
        assert_ascii(c->name);
        assert_ascii(c->group);
        assert_ascii(c->summary);
        assert_ascii(c->usage);
        assert_ascii(c->about);
        assert_ascii(c->missing);
        assert_non_null(c->run);
        assert_non_null(c->examples);
        assert_non_null(c->examples[0].line);
        assert_true(c->least > 0 && (c->most == 0 || c->most >= c->least));
        assert_true(w2b_opt_total(c) <= 64);
        for (const w2b_opt *o = c->options; o->name; o++) check_option(c, o);
        for (size_t j = i + 1; w2b_commands[j]; j++) {
            assert_string_not_equal(c->name, w2b_commands[j]->name);
        }
        assert_ptr_equal(w2b_command_find(c->name), c);
    }
    assert_null(w2b_command_find("tra"));
    assert_ptr_equal(w2b_command_near("trian"), &w2b_cmd_train);
    assert_null(w2b_command_near("something-else"));
}

/* The defaults have to be values that may be given, or 0 with a word for it. */
static void test_defaults_in_range(void **state)
{
    (void)state;
    for (size_t i = 0; w2b_commands[i]; i++) {
        const w2b_command *c = w2b_commands[i];
        char *args = w2b_opt_defaults(c);
        assert_non_null(args);
        for (const w2b_opt *o = c->options; o->name; o++) {
            uint64_t count = 0;
            if (o->kind != W2B_OPT_COUNT) continue;
            if (o->size == sizeof count) {
                memcpy(&count, args + o->offset, sizeof count);
            } else {
                uint32_t narrow;
                memcpy(&narrow, args + o->offset, sizeof narrow);
                count = narrow;
            }
            int fits = count >= o->low && (!o->high || count <= o->high);
            for (const uint32_t *also = o->also; also && *also; also++) fits |= *also == count;
            if (!fits) assert_true(count == 0 && o->zero);
        }
        free(args);
    }
}

/* What the table lets pass, the library takes; it is the stricter of the two
 * where the two could differ. */
static void test_train_ranges(void **state)
{
    static const char *const names[] = {"dim", "window", "negative", "epochs", "train-bits", "bits",
                                        "streams", "block", "pool"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const w2b_opt *o = w2b_cmd_train.options;
        while (strcmp(o->name, names[i])) o++;
        for (int step = 0; step < 3; step++) {
            char *args = w2b_opt_defaults(&w2b_cmd_train);
            assert_non_null(args);
            uint32_t value = (uint32_t)(step == 0 ? o->low : step == 1 ? o->high : o->high + 1);
            memcpy(args + o->offset, &value, sizeof value);
            const char *wrong = w2b_train_check((const w2b_train_options *)(const void *)args);
            if ((wrong != NULL) != (step == 2)) print_message("%s %u\n", names[i], value);
            assert_int_equal(wrong != NULL, step == 2);
            free(args);
        }
    }
}

/* The lines that an example has to parse as, words and options alone. */
static void test_examples_parse(void **state)
{
    (void)state;
    for (size_t i = 0; w2b_commands[i]; i++) {
        const w2b_command *c = w2b_commands[i];
        for (const w2b_example *e = c->examples; e->line; e++) {
            const char *begin = strstr(e->line, "w2b ");
            assert_non_null(begin);
            char line[256];
            snprintf(line, sizeof line, "%s", begin);
            line[strcspn(line, "|<>&")] = '\0';
            char *argv[32];
            int argc = cut(line, " \"", argv, 32);
            assert_true(argc > 2);
            assert_string_equal(argv[1], c->name);
            const char *words[32];
            w2b_parsed parsed;
            w2b_parse result = w2b_opt_parse(c, argc - 2, argv + 2, words, &parsed);
            if (result != W2B_PARSE_RUN) print_message("%s: %s\n", e->line, parsed.why);
            assert_int_equal(result, W2B_PARSE_RUN);
            w2b_opt_release(&parsed);
        }
    }
}

/* ===== Help =============================================================== */

/* What is written of a command; from malloc. */
static char *written(void (*write)(const w2b_command *, FILE *), const w2b_command *command)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    write(command, file);
    assert_int_equal(fclose(file), 0);
    assert_ascii(text);
    assert_int_equal(text[size - 1], '\n');
    return text;
}

static void check_text(void (*write)(const w2b_command *, FILE *), const w2b_command *command,
                       size_t widest)
{
    char *text = written(write, command);
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        if (length > widest) print_message("too wide: %.*s\n", (int)length, line);
        assert_true(length <= widest);
        if (widest <= 80 && length) assert_true(line[length - 1] != ' ');
        line += length + 1;
    }
    for (const w2b_opt *o = command->options; o->name; o++) {
        char name[80];
        snprintf(name, sizeof name, "--%s", o->name);
        if (widest <= 80) assert_non_null(strstr(text, name));
    }
    free(text);
}

static void test_help(void **state)
{
    (void)state;
    for (size_t i = 0; w2b_commands[i]; i++) {
        check_text(w2b_help_short, w2b_commands[i], 80);
        check_text(w2b_help_long, w2b_commands[i], 80);
        check_text(w2b_help_man, w2b_commands[i], 1000);
    }
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    w2b_help_list(w2b_commands, file);
    assert_int_equal(fclose(file), 0);
    for (size_t i = 0; w2b_commands[i]; i++) {
        assert_non_null(strstr(text, w2b_commands[i]->summary));
    }
    free(text);
}

/* The completions of one command alone. */
static void bash_alone(const w2b_command *command, FILE *file)
{
    w2b_help_bash((const w2b_command *const[]){command, NULL}, file);
}

static void zsh_alone(const w2b_command *command, FILE *file)
{
    w2b_help_zsh((const w2b_command *const[]){command, NULL}, file);
}

static void fish_alone(const w2b_command *command, FILE *file)
{
    w2b_help_fish((const w2b_command *const[]){command, NULL}, file);
}

static void assert_has(const char *text, const char *format, const char *name)
{
    char piece[512];
    assert_true((size_t)snprintf(piece, sizeof piece, format, name) < sizeof piece);
    if (!strstr(text, piece)) print_message("not there: %s\n", piece);
    assert_non_null(strstr(text, piece));
}

/* Every option, letter and choice of every command is in its manual page and in
 * the completions of all shells. */
static void test_generated(void **state)
{
    (void)state;
    for (size_t i = 0; w2b_commands[i]; i++) {
        const w2b_command *command = w2b_commands[i];
        char *man = written(w2b_help_man, command), *bash = written(bash_alone, command);
        char *zsh = written(zsh_alone, command), *fish = written(fish_alone, command);
        for (const w2b_opt *o = command->options; o->name; o++) {
            const char letter[] = {o->letter, '\0'};
            char roff[160], *to = roff, choices[512] = "";
            assert_true(strlen(o->name) < sizeof roff / 2);
            for (const char *c = o->name; *c; c++) {
                if (*c == '-') *to++ = '\\';
                *to++ = *c;
            }
            *to = '\0';
            assert_has(man, "\\fB\\-\\-%s\\fR", roff);
            assert_has(bash, "--%s ", o->name);
            assert_has(zsh, o->letter ? ",--%s}'[" : "'--%s[", o->name);
            assert_has(fish, o->letter ? " -l %s -s " : " -l %s ", o->name);
            if (o->letter) {
                assert_has(man, "\\fB\\-%s\\fR, ", letter);
                assert_has(zsh, "{-%s,", letter);
                assert_has(fish, " -s %s ", letter);
            }
            if (!o->choices) continue;
            for (size_t k = 0; o->choices[k]; k++) {
                size_t length = strlen(choices);
                snprintf(choices + length, sizeof choices - length, "%s%s", k ? " " : "",
                         o->choices[k]);
            }
            assert_has(bash, "words='%s'", choices);
            assert_has(zsh, "(%s)", choices);
            assert_has(fish, " -x -a '%s'", choices);
        }
        free(man);
        free(bash);
        free(zsh);
        free(fish);
    }
}

/* ===== Numbers ============================================================ */

static void test_numbers(void **state)
{
    static const struct { const char *text; uint64_t value; } good[] = {
        {"0", 0}, {"7", 7}, {"007", 7}, {"1K", 1000}, {"1k", 1000}, {"2M", 2000000},
        {"3G", 3000000000}, {"4T", UINT64_C(4000000000000)}, {"1Ki", 1024}, {"1KiB", 1024},
        {"64MiB", 67108864}, {"2 GiB", UINT64_C(2147483648)}, {"5B", 5},
        {"5KB", 5000}, {"1.5M", 1500000}, {"0.5Ki", 512}, {"1e6", 1000000}, {"1e9", 1000000000},
        {"1E+3", 1000}, {"25e-1K", 2500}, {"1.0", 1}, {"10.", 10}, {".5K", 500},
        {"18446744073709551615", UINT64_MAX}, {"0e1000", 0}, {"0T", 0}, {"16777215Ti",
        UINT64_C(18446742974197923840)}
    };
    static const char *const junk[] = {
        "", " ", "x", "-1", "+1", "1x", "1KK", "1Kib", "1kib", "1 K x", "1e", "1e+", "1eK", "0x10",
        "1.5", "0.0001K", "1..5", "1.2.3", ".", "K", "1BB", "1,000", "nan", "inf", "1  K", "1e-1",
        "1e-9999", "0e-9999", "1e-99999999999999999999"
    };
    static const char *const large[] = {
        "18446744073709551616", "99999999999999999999999", "1e20", "1e999", "1e99999999999999",
        "18446744073709551615K", "16777216Ti", "20000000T"
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint64_t value = 12345;
        int status = w2b_opt_number(good[i].text, &value);
        if (status || value != good[i].value) print_message("%s\n", good[i].text);
        assert_int_equal(status, 0);
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
        uint64_t value = 12345;
        if (w2b_opt_number(junk[i], &value) != -1) print_message("%s\n", junk[i]);
        assert_int_equal(w2b_opt_number(junk[i], &value), -1);
        assert_true(value == 12345);
    }
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        uint64_t value = 12345;
        if (w2b_opt_number(large[i], &value) != -2) print_message("%s\n", large[i]);
        assert_int_equal(w2b_opt_number(large[i], &value), -2);
        assert_true(value == 12345);
    }
}

static void test_reals(void **state)
{
    static const char *const junk[] = {"", "x", "nan", "inf", "0x1p3", " 1", "1 ", "1e", "1e999",
                                       "--1", "1e5e5", "1,5"};
    (void)state;
    double value = 0;
    assert_int_equal(w2b_opt_real("1e-4", &value), 0);
    assert_true(value == 1e-4);
    assert_int_equal(w2b_opt_real("-.25", &value), 0);
    assert_true(value == -.25);
    assert_int_equal(w2b_opt_real("1e-999", &value), 0);
    assert_true(value == 0);
    for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
        assert_int_equal(w2b_opt_real(junk[i], &value), -1);
    }
}

/* ===== The parser ========================================================= */

typedef struct sample {
    uint32_t dim;
    uint64_t memory;
    double rate;
    const char *output;
    int arch, force, quiet;
} sample;

static void sample_defaults(void *into)
{
    sample *s = into;
    s->dim = 100;
    s->force = 0;
}

static int sample_run(const w2b_parsed *parsed)
{
    (void)parsed;
    return 0;
}

static const char *const sample_archs[] = {"cbow", "skipgram", NULL};
static const uint32_t sample_also[] = {16, 32, 0};

static const w2b_opt sample_options[] = {
    {.name = "dim", .letter = 'd', .kind = W2B_OPT_COUNT, .value = "N", .help = "numbers",
     W2B_OPT_AT(sample, dim), .low = 1, .high = 8, .also = sample_also},
    {.name = "memory", .kind = W2B_OPT_COUNT, .value = "N", .help = "bytes",
     W2B_OPT_AT(sample, memory), .low = 1},
    {.name = "memo", .kind = W2B_OPT_COUNT, .value = "N", .help = "beginning of another",
     W2B_OPT_AT(sample, memory), .low = 1},
    {.name = "rate", .letter = 'r', .kind = W2B_OPT_REAL, .value = "X", .help = "rate",
     W2B_OPT_AT(sample, rate), .real_low = 0, .real_high = 1},
    {.name = "output", .letter = 'o', .kind = W2B_OPT_TEXT, .value = "FILE", .help = "output",
     W2B_OPT_AT(sample, output)},
    {.name = "arch", .kind = W2B_OPT_CHOICE, .value = "NAME", .help = "kind",
     W2B_OPT_AT(sample, arch), .choices = sample_archs},
    {.name = "force", .letter = 'f', .kind = W2B_OPT_SWITCH, .help = "replace",
     W2B_OPT_AT(sample, force)},
    {.name = "quiet", .letter = 'q', .kind = W2B_OPT_SWITCH, .help = "no talk",
     W2B_OPT_AT(sample, quiet)},
    {0}
};

static const w2b_command sample_command = {
    .name = "sample", .group = "Test", .summary = "a sample", .usage = "FILE [FILE]",
    .about = "A sample.", .options = sample_options, .args_size = sizeof(sample),
    .defaults = sample_defaults, .least = 1, .most = 2, .missing = "no file",
    .run = sample_run
};

#define ROOM 24

/* Parses a line that is divided by spaces. */
static w2b_parse parse(const char *line, char copy[256], const char **words, w2b_parsed *parsed)
{
    char *argv[ROOM];
    snprintf(copy, 256, "%s", line);
    int argc = cut(copy, " ", argv, ROOM);
    return w2b_opt_parse(&sample_command, argc, argv, words, parsed);
}

static void test_forms(void **state)
{
    static const char *const lines[] = {
        "--dim 4 --rate 0.5 --output out --arch skipgram --force -q in",
        "--dim=4 --rate=0.5 --output=out --arch=skipgram --force -q in",
        "in -d 4 -r 0.5 -o out --arch skipgram -qf",
        "-d4 -r0.5 in -oout --arch skipgram -fq",
        "--di 4 --ra 0.5 --ou out --ar skipgram --fo --qu -- in",
        "-qfd4 -r.5 -oout --arch skipgram in",
        ("-d 3 -d 4 --rate 1 --rate 0.5 -o x -o out --arch cbow --arch skipgram --no-force -f "
         "-q in")
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char copy[256];
        const char *words[ROOM];
        w2b_parsed parsed;
        w2b_parse result = parse(lines[i], copy, words, &parsed);
        if (result != W2B_PARSE_RUN) print_message("%s: %s\n", lines[i], parsed.why);
        assert_int_equal(result, W2B_PARSE_RUN);
        const sample *s = parsed.args;
        assert_int_equal(s->dim, 4);
        assert_true(s->rate == 0.5);
        assert_string_equal(s->output, "out");
        assert_int_equal(s->arch, 1);
        assert_int_equal(s->force, 1);
        assert_int_equal(s->quiet, 1);
        assert_int_equal(parsed.n_words, 1);
        assert_string_equal(parsed.words[0], "in");
        assert_true(w2b_opt_given(&parsed, "dim"));
        assert_false(w2b_opt_given(&parsed, "memory"));
        w2b_opt_release(&parsed);
    }
}

static void test_defaults_and_words(void **state)
{
    char copy[256];
    const char *words[ROOM];
    w2b_parsed parsed;
    (void)state;
    assert_int_equal(parse("- --no-quiet -- --dim", copy, words, &parsed), W2B_PARSE_RUN);
    const sample *s = parsed.args;
    assert_int_equal(s->dim, 100);
    assert_int_equal(s->quiet, 0);
    assert_int_equal(parsed.n_words, 2);
    assert_string_equal(parsed.words[0], "-");
    assert_string_equal(parsed.words[1], "--dim");
    w2b_opt_release(&parsed);
    assert_int_equal(parse("--dim 16 --memo 2Ki x", copy, words, &parsed), W2B_PARSE_RUN);
    s = parsed.args;
    assert_int_equal(s->dim, 16);
    assert_true(s->memory == 2048);
    w2b_opt_release(&parsed);
    assert_int_equal(parse("x -h", copy, words, &parsed), W2B_PARSE_SHORT_HELP);
    w2b_opt_release(&parsed);
    assert_int_equal(parse("--help", copy, words, &parsed), W2B_PARSE_LONG_HELP);
    w2b_opt_release(&parsed);
}

static void test_mistakes(void **state)
{
    static const struct { const char *line, *why; } cases[] = {
        {"", "sample: no file; usage: w2b sample FILE [FILE]"},
        {"a b c", "sample: unexpected argument \"c\"; usage: w2b sample FILE [FILE]"},
        {"a --dim 0", "sample: --dim must be 1 to 8, 16 or 32, not 0"},
        {"a --dim 9", "sample: --dim must be 1 to 8, 16 or 32, not 9"},
        {"a --dim 1e30", "sample: --dim must be 1 to 8, 16 or 32, not 1e30"},
        {"a --dim x",
         "sample: --dim must be a whole number, 1 to 8, 16 or 32, not \"x\""},
        {"a --memory 0", "sample: --memory must be 1 or more, not 0"},
        {"a --rate 2", "sample: --rate must be 0 to 1, not 2"},
        {"a --rate -1", "sample: --rate must be 0 to 1, not -1"},
        {"a --rate nan", "sample: --rate must be a number, 0 to 1, not \"nan\""},
        {"a --arch foo", "sample: --arch must be cbow or skipgram, not \"foo\""},
        {"a --output=", "sample: --output needs a value that is not empty"},
        {"a --dim", "sample: --dim needs a value: --dim N"},
        {"a -d", "sample: --dim needs a value: --dim N"},
        {"a --force=1", "sample: --force takes no value"},
        {"a --help=1", "sample: --help takes no value"},
        {"a --mem 5", "sample: --mem could be --memory, --memo"},
        {"a --dmi 5", "sample: unknown option --dmi; did you mean --dim?"},
        {"a --no-dim", "sample: unknown option --no-dim; did you mean --dim?"},
        {"a --zzzzz", "sample: unknown option --zzzzz; \"w2b sample -h\" lists them"},
        {"a --=5", "sample: unknown option --; \"w2b sample -h\" lists them"},
        {"a -z", "sample: unknown option -z; \"w2b sample -h\" lists them"},
        {"a -qz", "sample: unknown option -z; \"w2b sample -h\" lists them"}
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char copy[256];
        const char *words[ROOM];
        w2b_parsed parsed;
        assert_int_equal(parse(cases[i].line, copy, words, &parsed), W2B_PARSE_BAD);
        assert_string_equal(parsed.why, cases[i].why);
        w2b_opt_release(&parsed);
    }
}

/* Names and values of any length and bytes: an answer, and no overrun. */
static void test_long_arguments(void **state)
{
    (void)state;
    for (size_t length = 1; length < 5000; length = length * 3 / 2 + 1) {
        char *text = malloc(length + 32);
        assert_non_null(text);
        static const char *const begins[] = {"--", "--dim=", "-d", "--arch=", "--rate=", "-",
                                             "--no-"};
        for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
            size_t used = (size_t)snprintf(text, 32, "%s", begins[i]);
            memset(text + used, i == 5 ? '\x1b' : '9', length);
            text[used + length] = '\0';
            char *argv[] = {text, text};
            const char *words[2];
            w2b_parsed parsed;
            assert_int_equal(w2b_opt_parse(&sample_command, 2, argv, words, &parsed),
                             W2B_PARSE_BAD);
            assert_true(strlen(parsed.why) > 0);
            w2b_opt_release(&parsed);
        }
        free(text);
    }
}

static void test_distance(void **state)
{
    (void)state;
    assert_int_equal(w2b_opt_distance("", ""), 0);
    assert_int_equal(w2b_opt_distance("", "abc"), 3);
    assert_int_equal(w2b_opt_distance("dim", "dim"), 0);
    assert_int_equal(w2b_opt_distance("dmi", "dim"), 1);
    assert_int_equal(w2b_opt_distance("widnow", "window"), 1);
    assert_int_equal(w2b_opt_distance("kitten", "sitting"), 3);
    assert_int_equal(w2b_opt_distance("ca", "abc"), 3);
}

static void test_show(void **state)
{
    static const struct { uint64_t value; const char *text; } counts[] = {
        {1, "1"}, {1000, "1000"}, {1000000, "1M"}, {30000000, "30M"}, {1048576, "1MiB"},
        {UINT64_C(8) << 30, "8GiB"}, {1500000, "1500000"}, {0, "0"}
    };
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const sample s = {.memory = counts[i].value};
        char text[64];
        w2b_opt_show(&sample_options[1], &s, text, sizeof text);
        assert_string_equal(text, counts[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_defaults_in_range),
        cmocka_unit_test(test_train_ranges),
        cmocka_unit_test(test_examples_parse),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_generated),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_defaults_and_words),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_long_arguments),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_show)
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
