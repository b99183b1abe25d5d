/*
 * cmd_verify.c - w2b verify: is a file whole?
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/talk.h"

typedef struct args {
    const char *repair;
    int quiet, force;
} args;

static const w2b_opt options[] = {
    {.name = "repair", .letter = 'r', .kind = W2B_OPT_TEXT, .value = "OUT",
     .help = "write the rows that are whole to OUT",
     .more = "For one FILE. Rows are lost whose word or whose codes lie in a damaged block; they "
             "are listed, a range a line, from 0. The index is made anew. Nothing can be done "
             "without the directory at the end of the file.",
     W2B_OPT_AT(args, repair), .complete = W2B_COMPLETE_FILE},
    W2B_OPT_FORCE(args, force),
    {.name = "quiet", .letter = 'q', .kind = W2B_OPT_SWITCH, .help = "say nothing of whole files",
     W2B_OPT_AT(args, quiet)},
    {0}
};

static const w2b_example examples[] = {
    {"w2b verify model.w2b", "One file"},
    {"w2b verify -q *.w2b && echo all fine", "Many, from a script"},
    {"w2b verify damaged.w2b --repair whole.w2b", "What is whole of a damaged file"},
    {0}
};

static void say_lost(const w2b_repair_report *report)
{
    char number[3][32];
    for (size_t i = 0; i < report->n_lost; i++) {
        const w2b_lost *lost = &report->lost[i];
        printf("lost: rows %llu to %llu\n", (unsigned long long)lost->first,
               (unsigned long long)(lost->first + lost->n - 1));
    }
    if (report->metadata_lost) printf("lost: how the model was made\n");
    if (report->counts_lost) {
        printf("lost: the counts of %s words\n", w2b_talk_number(report->counts_lost, number[0]));
    }
    w2b_talk_note("kept %s of %s rows", w2b_talk_number(report->kept, number[1]),
                  w2b_talk_number(report->words, number[2]));
}

static int repair(const w2b_parsed *parsed, const args *a)
{
    w2b_diag diag;
    w2b_repair_report report;
    if (parsed->n_words > 1) {
        w2b_talk_error("verify: --repair takes one file at a time");
        return W2B_EXIT_USAGE;
    }
    int code = w2b_output_check(a->repair, a->force, 1);
    if (code) return code;
    if (w2b_repair(parsed->words[0], a->repair, a->force, &report, &diag)) {
        return w2b_talk_diag(&diag);
    }
    if (!a->quiet) say_lost(&report);
    w2b_repair_report_free(&report);
    return W2B_EXIT_DONE;
}

static int run(const w2b_parsed *parsed)
{
    const args *a = parsed->args;
    int code = W2B_EXIT_DONE;
    if (a->repair) return repair(parsed, a);
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
        "1 if any file is damaged. With --repair it is 0 if OUT could be written.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .least = 1,
    .missing = "no file",
    .run = run
};
