/*
 * main.c - w2b: finds the command, parses its options, runs it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/talk.h"

static int print_version(void)
{
    printf("w2b %s\n%s\nthis processor: %s kernels, %u thread%s\n", w2b_version(), w2b_build(),
           w2b_isa_name(w2b_isa_best()), w2b_processors(), w2b_processors() == 1 ? "" : "s");
    return W2B_EXIT_DONE;
}

static int unknown_command(const char *name)
{
    const w2b_command *near = w2b_command_near(name);
    if (near) {
        w2b_talk_error("unknown command \"%s\"; did you mean %s?", name, near->name);
    } else {
        w2b_talk_error("unknown command \"%s\"; \"w2b help\" lists them", name);
    }
    return W2B_EXIT_USAGE;
}

static int help(int argc, char **argv)
{
    if (argc == 0) {
        w2b_help_list(w2b_commands, stdout);
        return W2B_EXIT_DONE;
    }
    if (argc > 1) {
        w2b_talk_error("help: one command at a time; usage: w2b help [COMMAND]");
        return W2B_EXIT_USAGE;
    }
    const w2b_command *command = w2b_command_find(argv[0]);
    if (!command) return unknown_command(argv[0]);
    w2b_help_long(command, stdout);
    return W2B_EXIT_DONE;
}

/* For the build, not for users: the manual pages and completions. */
static int generate(int argc, char **argv)
{
    const char *what = argc ? argv[0] : "";
    const w2b_command *command = argc == 2 ? w2b_command_find(argv[1]) : NULL;
    if (argc == 2 && !command) return unknown_command(argv[1]);
    if (!strcmp(what, "man") && command) w2b_help_man(command, stdout);
    else if (!strcmp(what, "man")) w2b_help_man_list(w2b_commands, stdout);
    else if (!strcmp(what, "bash")) w2b_help_bash(w2b_commands, stdout);
    else if (!strcmp(what, "zsh")) w2b_help_zsh(w2b_commands, stdout);
    else if (!strcmp(what, "fish")) w2b_help_fish(w2b_commands, stdout);
    else if (!strcmp(what, "commands")) {
        for (size_t i = 0; w2b_commands[i]; i++) puts(w2b_commands[i]->name);
    } else {
        w2b_talk_error("usage: w2b __generate man [COMMAND] | bash | zsh | fish | commands");
        return W2B_EXIT_USAGE;
    }
    return W2B_EXIT_DONE;
}

static int run(const w2b_command *command, int argc, char **argv)
{
    const char **words = malloc(((size_t)argc + 1) * sizeof *words);
    if (!words) return w2b_talk_memory();
    w2b_parsed parsed;
    int code = W2B_EXIT_DONE;
    switch (w2b_opt_parse(command, argc, argv, words, &parsed)) {
    case W2B_PARSE_RUN:
        code = command->run(&parsed);
        break;
    case W2B_PARSE_SHORT_HELP:
        w2b_help_short(command, stdout);
        break;
    case W2B_PARSE_LONG_HELP:
        w2b_help_long(command, stdout);
        break;
    case W2B_PARSE_BAD:
        w2b_talk_error("%s", parsed.why);
        code = W2B_EXIT_USAGE;
        break;
    case W2B_PARSE_MEMORY:
        code = w2b_talk_memory();
        break;
    }
    w2b_opt_release(&parsed);
    free(words);
    return code;
}

static int dispatch(int argc, char **argv)
{
    const char *name = argv[1];
    if (!strcmp(name, "help") || !strcmp(name, "--help") || !strcmp(name, "-h")) {
        return help(argc - 2, argv + 2);
    }
    if (!strcmp(name, "version") || !strcmp(name, "--version")) return print_version();
    if (!strcmp(name, "__generate")) return generate(argc - 2, argv + 2);
    const w2b_command *command = w2b_command_find(name);
    return command ? run(command, argc - 2, argv + 2) : unknown_command(name);
}

int main(int argc, char **argv)
{
    w2b_talk_start();
    if (argc < 2) {
        w2b_help_list(w2b_commands, stderr);
        return W2B_EXIT_USAGE;
    }
    return w2b_talk_close(dispatch(argc, argv));
}
