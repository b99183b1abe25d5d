/*
 * cmd_verify.c - w2b verify: is a file whole?
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/talk.h"

typedef struct args {
    int quiet;
} args;

static const w2b_opt options[] = {
    {.name = "quiet", .letter = 'q', .kind = W2B_OPT_SWITCH, .help = "say nothing of whole files",
     W2B_OPT_AT(args, quiet)},
    {0}
};

static const w2b_example examples[] = {
    {"w2b verify model.w2b", "One file"},
    {"w2b verify -q *.w2b && echo all fine", "Many, from a script"},
    {0}
};

static int run(const w2b_parsed *parsed)
{
    const args *a = parsed->args;
    int code = W2B_EXIT_DONE;
    for (size_t i = 0; i < parsed->n_words; i++) {
        w2b_diag diag;
        if (w2b_verify(parsed->words[i], &diag)) {
            int failed = w2b_talk_diag(&diag);
            if (failed) code = W2B_EXIT_FAILED;
        } else if (!a->quiet) {
            w2b_talk_word(parsed->words[i], strlen(parsed->words[i]));
            printf(": ok\n");
            if (w2b_talk_flush()) return code;
        }
    }
    return code;
}

const w2b_command w2b_cmd_verify = {
    .name = "verify",
    .group = "Look at files",
    .summary = "check that .w2b files are whole",
    .usage = "FILE... [OPTIONS]",
    .about =
        "Reads every byte of each .w2b file, and checks it against the checksums and the parts "
        "of the file against each other. What is wrong is said with its place; the exit code is "
        "1 if any file is damaged.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .least = 1,
    .missing = "no file",
    .run = run
};
