/*
 * help.c - help for reading in a terminal, 80 columns at the most.
 */
#include "cli/help.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "word2bits/w2b.h"

#define WIDTH 79
#define HELP_COLUMN 28

/* ===== Pieces ============================================================= */

/* Fills lines up to WIDTH, each after `indent` spaces. The cursor is at
 * `column` and the text goes on there. An empty line in the text stays one. */
static void wrap(FILE *file, const char *text, size_t indent, size_t column)
{
    while (*text) {
        if (!strncmp(text, "\n\n", 2)) {
            fprintf(file, "\n\n");
            column = 0;
            text += 2;
            continue;
        }
        size_t blank = strspn(text, " \n");
        if (blank && strncmp(text, "\n\n", 2)) text += blank;
        size_t length = strcspn(text, " \n");
        if (!length) continue;
        if (column > indent && column + 1 + length > WIDTH) {
            fputc('\n', file);
            column = 0;
        }
        if (column > indent) {
            fputc(' ', file);
            column++;
        }
        for (; column < indent; column++) fputc(' ', file);
        fwrite(text, 1, length, file);
        column += length;
        text += length;
    }
    fputc('\n', file);
}

void w2b_help_sentence(const char *phrase, char *text, size_t room)
{
    snprintf(text, room, "%s.", phrase);
    text[0] = (char)toupper((unsigned char)text[0]);
}

void w2b_help_limits(const w2b_opt *option, const void *args, char *text, size_t room)
{
    char range[160] = "", shown[160];
    const char *label = "Range";
    if (option->kind == W2B_OPT_CHOICE) label = "One of";
    if (option->kind != W2B_OPT_CHOICE || option->choices) {
        w2b_opt_range(option, range, sizeof range);
    }
    w2b_opt_show(option, args, shown, sizeof shown);
    int used = 0;
    text[0] = '\0';
    if (range[0]) used = snprintf(text, room, "%s: %s.", label, range);
    if (shown[0]) {
        snprintf(text + used, room - (size_t)used, "%sDefault: %s.", used ? " " : "", shown);
    }
}

const char *w2b_help_exit(const w2b_command *command, int code)
{
    switch (code) {
    case W2B_EXIT_DONE: return "done";
    case W2B_EXIT_FAILED: return "failed; a message says why";
    case W2B_EXIT_USAGE: return "the command line is wrong";
    case W2B_EXIT_UNKNOWN:
        return command && !command->unknown ? NULL : "some words are not in the model";
    case W2B_EXIT_STOPPED:
        return command && !command->stops ? NULL : "stopped by a signal; --resume goes on";
    }
    return NULL;
}

static int put_names(FILE *file, const w2b_opt *o)
{
    int n = o->letter ? fprintf(file, "  -%c, --%s", o->letter, o->name)
                      : fprintf(file, "      --%s", o->name);
    if (o->value) n += fprintf(file, " %s", o->value);
    return n;
}

static void put_usage(const w2b_command *command, FILE *file)
{
    fprintf(file, "Usage: w2b %s %s\n", command->name, command->usage);
}

/* ===== Help for one command =============================================== */

static void put_short_option(const w2b_opt *o, const void *args, FILE *file)
{
    char line[320], shown[160];
    int column = put_names(file, o);
    w2b_opt_show(o, args, shown, sizeof shown);
    snprintf(line, sizeof line, shown[0] ? "%s [%s]" : "%s", o->help, shown);
    if (column + 2 > HELP_COLUMN) {
        fputc('\n', file);
        column = 0;
    }
    wrap(file, line, HELP_COLUMN, (size_t)column);
}

void w2b_help_short(const w2b_command *command, FILE *file)
{
    char sentence[160];
    void *args = w2b_opt_defaults(command);
    if (!args) return;
    put_usage(command, file);
    w2b_help_sentence(command->summary, sentence, sizeof sentence);
    fprintf(file, "%s\n", sentence);
    const w2b_opt *o = command->options;
    fprintf(file, "\nOptions:\n");
    const w2b_opt help = {.name = "help", .letter = 'h', .help = "this list; --help says more"};
    put_short_option(&help, args, file);
    for (; o->name; o++) {
        if (o->heading) fprintf(file, "\n%s:\n", o->heading);
        put_short_option(o, args, file);
    }
    if (command->examples && command->examples[0].line) {
        fprintf(file, "\nExample:\n  %s\n", command->examples[0].line);
    }
    free(args);
}

static void put_long_option(const w2b_opt *o, const void *args, FILE *file)
{
    char text[1024], sentence[256], limits[400];
    put_names(file, o);
    fputc('\n', file);
    w2b_help_sentence(o->help, sentence, sizeof sentence);
    w2b_help_limits(o, args, limits, sizeof limits);
    snprintf(text, sizeof text, "%s%s%s%s%s", sentence, o->more ? " " : "",
             o->more ? o->more : "", limits[0] ? " " : "", limits);
    wrap(file, text, 10, 0);
}

void w2b_help_long(const w2b_command *command, FILE *file)
{
    void *args = w2b_opt_defaults(command);
    if (!args) return;
    fprintf(file, "w2b %s - %s\n\n", command->name, command->summary);
    put_usage(command, file);
    fputc('\n', file);
    wrap(file, command->about, 0, 0);
    const w2b_opt *o = command->options;
    fprintf(file, "\nOptions:\n"
            "  -h, --help\n          Short help with -h, all of it with --help.\n");
    for (; o->name; o++) {
        if (o->heading) fprintf(file, "\n%s:\n", o->heading);
        put_long_option(o, args, file);
    }
    fprintf(file, "\nExamples:\n");
    for (const w2b_example *e = command->examples; e && e->line; e++) {
        if (e->says) fprintf(file, "%s  %s:\n", e > command->examples ? "\n" : "", e->says);
        fprintf(file, "    %s\n", e->line);
    }
    fprintf(file, "\nExit codes:\n");
    for (int code = W2B_EXIT_DONE; code <= W2B_EXIT_STOPPED; code++) {
        const char *says = w2b_help_exit(command, code);
        if (says) fprintf(file, "  %d  %s\n", code, says);
    }
    free(args);
}

/* ===== The list of commands =============================================== */

void w2b_help_list(const w2b_command *const *commands, FILE *file)
{
    const char *group = "";
    fprintf(file, "w2b %s - train, compress, search and evaluate word vectors\n\n"
            "Usage: w2b COMMAND [OPTIONS] ARGUMENTS\n", w2b_version());
    for (; *commands; commands++) {
        const w2b_command *c = *commands;
        if (strcmp(group, c->group)) {
            group = c->group;
            fprintf(file, "\n%s\n", group);
        }
        fprintf(file, "  %-12s %s\n", c->name, c->summary);
    }
    fprintf(file, "\n\"w2b COMMAND -h\" lists the options of a command, \"w2b help COMMAND\" says\n"
            "all about it, \"w2b version\" tells the version. An example:\n\n"
            "  w2b train text.txt.gz -o model.w2b\n"
            "  w2b neighbors model.w2b king\n");
}
