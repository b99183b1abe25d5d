/*
 * help.h - help, manual pages and completions, written from the tables.
 */
#ifndef W2B_CLI_HELP_H
#define W2B_CLI_HELP_H

#include <stdio.h>

#include "cli/opt.h"

/* One line an option, for -h. */
void w2b_help_short(const w2b_command *command, FILE *file);

/* All there is to say, for --help. */
void w2b_help_long(const w2b_command *command, FILE *file);

/* The commands by groups. `commands` ends in NULL. */
void w2b_help_list(const w2b_command *const *commands, FILE *file);

/* Manual page in roff: of one command, or of w2b itself. */
void w2b_help_man(const w2b_command *command, FILE *file);
void w2b_help_man_list(const w2b_command *const *commands, FILE *file);

/* Completions for a shell. */
void w2b_help_bash(const w2b_command *const *commands, FILE *file);
void w2b_help_zsh(const w2b_command *const *commands, FILE *file);
void w2b_help_fish(const w2b_command *const *commands, FILE *file);

/* What an exit code means; NULL if the command has no such code. */
const char *w2b_help_exit(const w2b_command *command, int code);

/* "The first letter made large and a full stop at the end." in `text`. */
void w2b_help_sentence(const char *phrase, char *text, size_t room);

/* "Range: 1 to 8. Default: 2." in `text`, or "". `args` are the defaults. */
void w2b_help_limits(const w2b_opt *option, const void *args, char *text, size_t room);

#endif
