/*
 * generate.c - manual pages and shell completions from the tables.
 */
#include "cli/help.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "word2bits/w2b.h"

/* ===== Manual pages ======================================================= */

/* Text for roff: a hyphen is a minus sign, so that what is copied from the
 * page works in a shell; a point or quote that begins a line is no request. */
static void roff(FILE *file, const char *text)
{
    int begins = 1;
    for (; *text; text++) {
        if (begins && (*text == '.' || *text == '\'')) fputs("\\&", file);
        begins = *text == '\n';
        if (*text == '-') fputs("\\-", file);
        else if (*text == '\\') fputs("\\e", file);
        else fputc(*text, file);
    }
}

static void roff_paragraphs(FILE *file, const char *text)
{
    for (;;) {
        const char *end = strstr(text, "\n\n");
        char *copy = end ? strndup(text, (size_t)(end - text)) : strdup(text);
        if (!copy) return;
        roff(file, copy);
        fputc('\n', file);
        free(copy);
        if (!end) return;
        fprintf(file, ".PP\n");
        text = end + 2;
    }
}

static void man_head(FILE *file, const char *name, const char *summary)
{
    char title[64];
    snprintf(title, sizeof title, "%s", name);
    for (char *c = title; *c; c++) *c = (char)toupper((unsigned char)*c);
    fprintf(file, ".TH \"");
    roff(file, title);
    fprintf(file, "\" \"1\" \"\" \"w2b %s\" \"User Commands\"\n.SH NAME\n", w2b_version());
    roff(file, name);
    fprintf(file, " \\- ");
    roff(file, summary);
    fprintf(file, "\n.SH SYNOPSIS\n");
}

static void man_option(FILE *file, const w2b_opt *o, const void *args)
{
    char text[256], limits[400];
    fprintf(file, ".TP\n");
    if (o->letter) fprintf(file, "\\fB\\-%c\\fR, ", o->letter);
    fprintf(file, "\\fB\\-\\-");
    roff(file, o->name);
    fprintf(file, "\\fR");
    if (o->value) fprintf(file, " \\fI%s\\fR", o->value);
    fputc('\n', file);
    w2b_help_sentence(o->help, text, sizeof text);
    roff(file, text);
    fputc('\n', file);
    if (o->more) {
        roff(file, o->more);
        fputc('\n', file);
    }
    w2b_help_limits(o, args, limits, sizeof limits);
    if (limits[0]) {
        roff(file, limits);
        fputc('\n', file);
    }
}

static void man_exit(FILE *file, const w2b_command *command)
{
    fprintf(file, ".SH EXIT STATUS\n");
    for (int code = W2B_EXIT_DONE; code <= W2B_EXIT_STOPPED; code++) {
        const char *says = w2b_help_exit(command, code);
        if (says) fprintf(file, ".TP\n%d\n%s\n", code, says);
    }
}

void w2b_help_man(const w2b_command *command, FILE *file)
{
    char name[64];
    void *args = w2b_opt_defaults(command);
    if (!args) return;
    snprintf(name, sizeof name, "w2b-%s", command->name);
    man_head(file, name, command->summary);
    fprintf(file, "\\fBw2b %s\\fR ", command->name);
    roff(file, command->usage);
    fprintf(file, "\n.SH DESCRIPTION\n");
    roff_paragraphs(file, command->about);
    fprintf(file, ".SH OPTIONS\n");
    for (const w2b_opt *o = command->options; o->name; o++) {
        if (o->heading) fprintf(file, ".SS %s\n", o->heading);
        man_option(file, o, args);
    }
    fprintf(file, ".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nShort help with \\-h, all of it with "
            "\\-\\-help.\n.SH EXAMPLES\n");
    for (const w2b_example *e = command->examples; e && e->line; e++) {
        if (e > command->examples) fprintf(file, ".PP\n");
        if (e->says) {
            roff(file, e->says);
            fprintf(file, ":\n");
        }
        fprintf(file, ".PP\n.nf\n.RS\n");
        roff(file, e->line);
        fprintf(file, "\n.RE\n.fi\n");
    }
    man_exit(file, command);
    fprintf(file, ".SH SEE ALSO\n.BR w2b (1)\n");
    free(args);
}

void w2b_help_man_list(const w2b_command *const *commands, FILE *file)
{
    const char *group = "";
    man_head(file, "w2b", "train, compress, search and evaluate word vectors");
    fprintf(file, "\\fBw2b\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR] \\fIARGUMENTS\\fR\n"
            ".SH DESCRIPTION\n"
            "Word vectors of 1 to 8 bits a number: trained from text with the quantizer\n"
            "inside the training loop, or made from vectors that exist already.\n"
            "Results go to standard output, messages to standard error.\n"
            ".SH COMMANDS\n");
    for (size_t i = 0; commands[i]; i++) {
        if (strcmp(group, commands[i]->group)) {
            group = commands[i]->group;
            fprintf(file, ".SS %s\n", group);
        }
        fprintf(file, ".TP\n.BR w2b\\-%s (1)\n", commands[i]->name);
        roff(file, commands[i]->summary);
        fputc('\n', file);
    }
    fprintf(file, ".SH ENVIRONMENT\n.TP\n.B W2B_ISA\n"
            "The instruction set to compute with where \\-\\-isa is not given: auto, scalar,\n"
            "avx2 or avx512. Results are the same with each.\n");
    man_exit(file, NULL);
}

/* ===== bash =============================================================== */

static void bash_names(const w2b_command *command, FILE *file)
{
    fprintf(file, "    %s) options='", command->name);
    for (const w2b_opt *o = command->options; o->name; o++) fprintf(file, "--%s ", o->name);
    fprintf(file, "--help' ;;\n");
}

static void bash_values(const w2b_command *command, FILE *file)
{
    for (const w2b_opt *o = command->options; o->name; o++) {
        if (o->kind == W2B_OPT_SWITCH) continue;
        fprintf(file, "    %s:--%s", command->name, o->name);
        if (o->letter) fprintf(file, "|%s:-%c", command->name, o->letter);
        fprintf(file, ") ");
        if (o->choices) {
            fprintf(file, "words='");
            for (size_t i = 0; o->choices[i]; i++) {
                fprintf(file, "%s%s", i ? " " : "", o->choices[i]);
            }
            fprintf(file, "' ;;\n");
        } else if (o->complete == W2B_COMPLETE_NOTHING) {
            fprintf(file, "return ;;\n");
        } else {
            fprintf(file, "action='%s' ;;\n",
                    o->complete == W2B_COMPLETE_FILE ? "file" : "directory");
        }
    }
}

void w2b_help_bash(const w2b_command *const *commands, FILE *file)
{
    fprintf(file, "# bash completion of w2b\n_w2b()\n{\n"
            "  local current=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]}\n"
            "  local options='' words='' action=''\n"
            "  COMPREPLY=()\n"
            "  if [ \"$COMP_CWORD\" -eq 1 ] || [ \"${COMP_WORDS[1]}\" = help ]; then\n"
            "    mapfile -t COMPREPLY < <(compgen -W 'help version");
    for (size_t i = 0; commands[i]; i++) fprintf(file, " %s", commands[i]->name);
    fprintf(file, "' -- \"$current\")\n    return\n  fi\n"
            "  case \"${COMP_WORDS[1]}:$last\" in\n");
    for (size_t i = 0; commands[i]; i++) bash_values(commands[i], file);
    fprintf(file, "  esac\n  case \"${COMP_WORDS[1]}\" in\n");
    for (size_t i = 0; commands[i]; i++) bash_names(commands[i], file);
    fprintf(file, "  esac\n"
            "  if [ -n \"$words\" ]; then\n"
            "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
            "  elif [ -n \"$action\" ]; then\n"
            "    mapfile -t COMPREPLY < <(compgen -A \"$action\" -- \"$current\")\n"
            "  elif [[ $current == -* ]]; then\n"
            "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
            "  else\n"
            "    mapfile -t COMPREPLY < <(compgen -A file -- \"$current\")\n"
            "  fi\n}\ncomplete -o filenames -F _w2b w2b\n");
}

/* ===== zsh ================================================================ */

/* Inside '...[help]': quotes, brackets and colons mean something to zsh. */
static void zsh_text(FILE *file, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'') fputs("'\\''", file);
        else if (strchr("[]:\\", *text)) fprintf(file, "\\%c", *text);
        else fputc(*text, file);
    }
}

static void zsh_option(const w2b_opt *o, FILE *file)
{
    if (o->letter) {
        fprintf(file, " \\\n        '(-%c --%s)'{-%c,--%s}'", o->letter, o->name, o->letter,
                o->name);
    } else {
        fprintf(file, " \\\n        '--%s", o->name);
    }
    fputc('[', file);
    zsh_text(file, o->help);
    fputc(']', file);
    if (o->kind != W2B_OPT_SWITCH) {
        fprintf(file, ":%s:", o->value);
        if (o->choices) {
            fputc('(', file);
            for (size_t i = 0; o->choices[i]; i++) {
                fprintf(file, "%s%s", i ? " " : "", o->choices[i]);
            }
            fputc(')', file);
        } else if (o->complete == W2B_COMPLETE_FILE) {
            fputs("_files", file);
        } else if (o->complete == W2B_COMPLETE_FOLDER) {
            fputs("_files -/", file);
        }
    }
    fputc('\'', file);
}

void w2b_help_zsh(const w2b_command *const *commands, FILE *file)
{
    fprintf(file, "#compdef w2b\n# zsh completion of w2b\n_w2b() {\n"
            "  local -a commands\n  commands=(\n"
            "    'help:all about a command'\n    'version:version and build'\n");
    for (size_t i = 0; commands[i]; i++) {
        fprintf(file, "    '%s:", commands[i]->name);
        zsh_text(file, commands[i]->summary);
        fprintf(file, "'\n");
    }
    fprintf(file, "  )\n  if (( CURRENT == 2 )) || [[ $words[2] == help ]]; then\n"
            "    _describe command commands\n    return\n  fi\n"
            "  local chosen=$words[2]\n  shift words\n  (( CURRENT-- ))\n"
            "  case $chosen in\n");
    for (size_t i = 0; commands[i]; i++) {
        fprintf(file, "    %s)\n      _arguments -s", commands[i]->name);
        for (const w2b_opt *o = commands[i]->options; o->name; o++) zsh_option(o, file);
        fprintf(file, " \\\n        '(- *)'{-h,--help}'[help]' \\\n");
        if (commands[i]->words) fprintf(file, "        '1:model:_files' '*:word: '\n      ;;\n");
        else fprintf(file, "        '*:file:_files'\n      ;;\n");
    }
    fprintf(file, "  esac\n}\n"
            "if [[ $funcstack[1] == _w2b ]]; then\n  _w2b \"$@\"\nelse\n  compdef _w2b w2b\nfi\n");
}

/* ===== fish =============================================================== */

static void fish_text(FILE *file, const char *text)
{
    fputc('\'', file);
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') fputc('\\', file);
        fputc(*text, file);
    }
    fputc('\'', file);
}

static void fish_option(const w2b_command *command, const w2b_opt *o, FILE *file)
{
    fprintf(file, "complete -c w2b -n '__fish_seen_subcommand_from %s' -l %s", command->name,
            o->name);
    if (o->letter) fprintf(file, " -s %c", o->letter);
    if (o->choices) {
        fprintf(file, " -x -a '");
        for (size_t i = 0; o->choices[i]; i++) fprintf(file, "%s%s", i ? " " : "", o->choices[i]);
        fprintf(file, "'");
    } else if (o->complete == W2B_COMPLETE_FILE) {
        fprintf(file, " -r -F");
    } else if (o->complete == W2B_COMPLETE_FOLDER) {
        fprintf(file, " -x -a '(__fish_complete_directories)'");
    } else if (o->kind != W2B_OPT_SWITCH) {
        fprintf(file, " -x");
    }
    fprintf(file, " -d ");
    fish_text(file, o->help);
    fputc('\n', file);
}

void w2b_help_fish(const w2b_command *const *commands, FILE *file)
{
    fprintf(file, "# fish completion of w2b\n"
            "complete -c w2b -n __fish_use_subcommand -f -a help -d 'all about a command'\n"
            "complete -c w2b -n __fish_use_subcommand -f -a version -d 'version and build'\n");
    for (size_t i = 0; commands[i]; i++) {
        fprintf(file, "complete -c w2b -n __fish_use_subcommand -f -a %s -d ", commands[i]->name);
        fish_text(file, commands[i]->summary);
        fputc('\n', file);
    }
    for (size_t i = 0; commands[i]; i++) {
        const w2b_command *c = commands[i];
        for (const w2b_opt *o = c->options; o->name; o++) fish_option(c, o, file);
        fprintf(file, "complete -c w2b -n '__fish_seen_subcommand_from %s' -s h -l help -d "
                "'help'\n", c->name);
    }
}
