/*
 * cmd_vocab.c - w2b vocab: text to words and counts.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/talk.h"

typedef struct args {
    w2b_corpus_options corpus;
    const char *output;
    int force, quiet;
} args;

static void defaults(void *into)
{
    args *a = into;
    w2b_corpus_defaults(&a->corpus);
}

static const w2b_opt options[] = {
    W2B_OPT_OUTPUT(args, output, "where the words go, else to standard output"),
    W2B_OPT_FORCE(args, force),
    W2B_OPT_QUIET(args, quiet),
    {.name = "min-count", .letter = 'm', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "drop words that are rarer", W2B_OPT_AT(args, corpus.min_count), .low = 1},
    {.name = "max-vocab", .kind = W2B_OPT_COUNT, .value = "N",
     .help = "words to keep in memory while counting",
     .more = "Rare ones are dropped when there are more.",
     W2B_OPT_AT(args, corpus.max_vocab), .low = 1000, .high = 4000000000u},
    {.name = "max-word", .kind = W2B_OPT_COUNT, .value = "BYTES", .help = "skip longer words",
     W2B_OPT_AT(args, corpus.max_word), .low = 1, .high = 65535},
    {.name = "threads", .letter = 't', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "threads to use", .more = "The result is the same with any number.",
     W2B_OPT_AT(args, corpus.threads), .low = 1, .high = 1024, .zero = "all processors"},
    {0}
};

static const w2b_example examples[] = {
    {"w2b vocab text.txt.gz -o words.txt", "Count the words of a text"},
    {"w2b vocab --min-count 1 *.txt | head -20", "The 20 most frequent words"},
    {0}
};

static const char *word_of(const void *vocab, uint64_t i, size_t *length)
{
    return w2b_vocab_word(vocab, i, length, NULL);
}

static int run(const w2b_parsed *parsed)
{
    args *a = parsed->args;
    const char *output = a->output ? a->output : "-";
    int code = w2b_output_check(output, a->force, 0);
    if (code) return code;
    w2b_watch watch = w2b_talk_guard(a->quiet);
    a->corpus.progress = w2b_talk_progress;
    a->corpus.progress_user = &watch;
    w2b_vocab *vocab;
    w2b_corpus_report report;
    w2b_diag diag;
    if (w2b_vocab_count(parsed->words, parsed->n_words, &a->corpus, &vocab, &report, &diag)) {
        return w2b_talk_diag(&diag);
    }
    code = w2b_output_words(output, vocab, w2b_vocab_size(vocab), word_of);
    if (code) {
        w2b_vocab_free(vocab);
        return code;
    }
    if (w2b_vocab_save(vocab, output, a->force, &diag)) code = w2b_talk_diag(&diag);
    else if (!a->quiet) w2b_talk_corpus(&report);
    w2b_vocab_free(vocab);
    return code;
}

const w2b_command w2b_cmd_vocab = {
    .name = "vocab",
    .group = "Make a model",
    .summary = "count the words of a text",
    .usage = "CORPUS... [-o FILE] [OPTIONS]",
    .about =
        "Writes each word with its count on a line, the most frequent first; words of equal "
        "count by their bytes. The texts may be plain or compressed with gzip, bzip2, xz or "
        "zstd; - is standard input. The file can be edited, and read by \"w2b train --vocab\".",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .defaults = defaults,
    .least = 1,
    .missing = "no corpus",
    .run = run
};
