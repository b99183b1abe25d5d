/*
 * cmd_phrases.c - w2b phrases: words that belong together, joined in the text.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/memo.h"
#include "cli/output.h"
#include "cli/talk.h"

typedef struct args {
    w2b_phrases_options phrases;
    const char *output, *list;
    int score;
    int force, quiet;
} args;

static void defaults(void *into)
{
    args *a = into;
    w2b_phrases_defaults(&a->phrases);
    a->phrases.threshold = 0; /* stands for the recommended one */
}

static const char *const scores[] = {"count", "npmi", NULL};

static const w2b_opt options[] = {
    W2B_OPT_OUTPUT(args, output, "where the text goes, else to standard output"),
    {.name = "list", .letter = 'l', .kind = W2B_OPT_TEXT, .value = "FILE",
     .help = "write the phrases here",
     .more = "Phrase, score, count and pass on each line, divided by tabs. Without --output the "
             "text is not written then.",
     W2B_OPT_AT(args, list), .complete = W2B_COMPLETE_FILE},
    W2B_OPT_FORCE(args, force),
    W2B_OPT_QUIET(args, quiet),

    {.heading = "Phrases", .name = "score", .letter = 's', .kind = W2B_OPT_CHOICE,
     .value = "NAME", .help = "what makes a phrase",
     .more = "count is word2phrase's: (n(ab) - delta) / (n(a) n(b)) times the number of words. "
             "npmi is normalized pointwise mutual information, from -1 to 1.",
     W2B_OPT_AT(args, score), .choices = scores},
    {.name = "threshold", .kind = W2B_OPT_REAL, .value = "X", .help = "join pairs that score more",
     .more = "Of word2phrase's score it is halved from one pass to the next. 0 takes 100, or 0.5 "
             "for npmi.",
     W2B_OPT_AT(args, phrases.threshold), .real_low = -1, .real_high = 1e12,
     .zero = "recommended"},
    {.name = "delta", .kind = W2B_OPT_REAL, .value = "X", .help = "taken from the count of a pair",
     .more = "Keeps rare words from making phrases. npmi does without.",
     W2B_OPT_AT(args, phrases.delta), .real_low = 0, .real_high = 1e12},
    {.name = "min-count", .letter = 'm', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "drop words and pairs that are rarer",
     W2B_OPT_AT(args, phrases.corpus.min_count), .low = 1},
    {.name = "passes", .letter = 'p', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "passes over the text",
     .more = "Each joins two neighbours, so that 2 make phrases of up to four words.",
     W2B_OPT_AT(args, phrases.passes), .low = 1, .high = 8},

    {.heading = "The machine", .name = "max-vocab", .kind = W2B_OPT_COUNT, .value = "N",
     .help = "words and pairs to keep in memory",
     .more = "Rare ones are dropped when there are more. Each takes about 150 bytes.",
     W2B_OPT_AT(args, phrases.corpus.max_vocab), .low = 1000, .high = 4000000000u},
    {.name = "max-word", .kind = W2B_OPT_COUNT, .value = "BYTES", .help = "leave out longer words",
     W2B_OPT_AT(args, phrases.corpus.max_word), .low = 1, .high = 65535},
    {.name = "threads", .letter = 't', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "threads to use", .more = "The result is the same with any number.",
     W2B_OPT_AT(args, phrases.corpus.threads), .low = 1, .high = 1024, .zero = "all processors"},
    {0}
};

static const w2b_example examples[] = {
    {"w2b phrases text.txt.zst -o joined.txt", "Join phrases of up to four words"},
    {"w2b phrases text.txt --list - --score npmi --threshold 0.6", "Look at the phrases alone"},
    {"w2b phrases text.txt | w2b train - -o model.w2b", "Train on the joined text"},
    {0}
};

/* Doubles are printed with all their digits. */
static int save_list(const w2b_phrases *phrases, const char *path, int force)
{
    w2b_diag diag;
    w2b_memo to;
    w2b_memo_open(&to);
    w2b_phrase one;
    for (uint64_t i = 0; !w2b_phrases_at(phrases, i, &one); i++) {
        w2b_memo_write(&to, one.text, one.length);
        w2b_memo_print(&to, "\t%.9g\t%llu\t%u\n", one.score, (unsigned long long)one.count,
                       one.pass);
    }
    if (w2b_memo_close(&to)) return w2b_talk_memory();
    w2b_err err = w2b_file_write(path, to.text, to.size, force, &diag);
    free(to.text);
    return err ? w2b_talk_diag(&diag) : W2B_EXIT_DONE;
}

static int rewrite(const w2b_parsed *parsed, const args *a, const w2b_phrases *phrases)
{
    char words[32], joined[32], time[32];
    w2b_phrases_report report;
    w2b_diag diag;
    if (w2b_phrases_write(phrases, parsed->words, parsed->n_words, &a->phrases.corpus, a->output,
                          a->force, &report, &diag)) return w2b_talk_diag(&diag);
    if (a->quiet) return W2B_EXIT_DONE;
    w2b_talk_note("wrote %s words to %s in %s; %s were joined to the one before",
                  w2b_talk_number(report.words - report.joined, words),
                  w2b_output_name(a->output), w2b_talk_time(report.seconds, time),
                  w2b_talk_number(report.joined, joined));
    return W2B_EXIT_DONE;
}

static int run(const w2b_parsed *parsed)
{
    args *a = parsed->args;
    char number[32];
    int code = W2B_EXIT_DONE;
    if (!a->output && !a->list) a->output = "-";
    if (a->output) code = w2b_output_check(a->output, a->force, 0);
    if (!code && a->list) code = w2b_output_check(a->list, a->force, 0);
    if (code) return code;
    a->phrases.score = (w2b_phrase_score)a->score;
    if (a->phrases.threshold == 0) a->phrases.threshold = (double)NAN;
    w2b_watch watch = w2b_talk_guard(a->quiet);
    a->phrases.corpus.progress = w2b_talk_progress;
    a->phrases.corpus.progress_user = &watch;
    w2b_phrases *phrases;
    w2b_diag diag;
    if (w2b_phrases_find(parsed->words, parsed->n_words, &a->phrases, &phrases, &diag)) {
        return w2b_talk_diag(&diag);
    }
    if (!a->quiet) {
        w2b_talk_note("%s phrases", w2b_talk_number(w2b_phrases_size(phrases), number));
    }
    if (a->list) code = save_list(phrases, a->list, a->force);
    if (!code && a->output) code = rewrite(parsed, a, phrases);
    w2b_phrases_free(phrases);
    return code;
}

const w2b_command w2b_cmd_phrases = {
    .name = "phrases",
    .group = "Make a model",
    .summary = "join words that belong together in a text",
    .usage = "CORPUS... [-o FILE] [--list FILE] [OPTIONS]",
    .about =
        "Finds neighbours in a text that stand together much more often than chance would have "
        "it (new york, ice cream), and writes the text with such words joined by _, one space "
        "between words, lines as they were. The texts may be plain or compressed with gzip, "
        "bzip2, xz or zstd; they are read once for each pass and once to be written, so that a "
        "pipe will not do.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .defaults = defaults,
    .least = 1,
    .missing = "no corpus",
    .run = run
};
