/*
 * cmd_train.c - w2b train: text to a model.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/plan.h"
#include "cli/talk.h"

typedef struct args {
    w2b_train_options train; /* first: the tests look at it */
    const char *output;
    uint32_t bytes_per_word; /* 0 = dim and bits as they are */
    double every;            /* minutes */
    const char *log;
    int arch, axes, context, isa;
    int force, quiet, dry_run, json;
} args;

/* What progress and epochs are told to. */
typedef struct audience {
    w2b_watch watch;
    w2b_log log;
} audience;

static void defaults(void *into)
{
    args *a = into;
    w2b_train_defaults(&a->train);
    a->arch = (int)a->train.arch;
    a->axes = (int)a->train.axes;
    a->context = (int)a->train.context;
    a->isa = (int)a->train.isa;
    a->every = a->train.checkpoint_seconds / 60;
}

static const char *const axes_modes[] = {"auto", "on", "off", NULL};
static const char *const contexts[] = {"mean", "sum", NULL};
static const char *const archs[] = {"cbow", "skipgram", NULL};
static const uint32_t wide_bits[] = {16, 32, 0};

static const w2b_opt options[] = {
    W2B_OPT_OUTPUT(args, output, "where the model goes"),
    W2B_OPT_FORCE(args, force),
    W2B_OPT_QUIET(args, quiet),

    {.heading = "Size of the model", .name = "bytes-per-word", .letter = 'b',
     .kind = W2B_OPT_COUNT, .value = "N", .help = "choose --dim and --bits for this budget",
     .more = "A budget for codes and scales. It takes the place of --dim and --bits.",
     W2B_OPT_AT(args, bytes_per_word), .low = 4, .high = 4096, .zero = "not used"},
    {.name = "dim", .letter = 'd', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "numbers of a stored vector", W2B_OPT_AT(args, train.dim), .low = 1,
     .high = 65536},
    {.name = "bits", .letter = 'B', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "bits to store a number in",
     .more = "16 and 32 store floating point.",
     W2B_OPT_AT(args, train.bits), .low = 1, .high = 8, .also = wide_bits},

    {.heading = "Training", .name = "arch", .letter = 'a', .kind = W2B_OPT_CHOICE,
     .value = "NAME", .help = "what predicts what",
     .more = "cbow predicts a word from the mean of its neighbours, skipgram from each of them.",
     W2B_OPT_AT(args, arch), .choices = archs},
    {.name = "window", .letter = 'w', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "words to each side, at most",
     .more = "Each word draws its own width from 1 to this.",
     W2B_OPT_AT(args, train.window), .low = 1, .high = 256},
    {.name = "context", .kind = W2B_OPT_CHOICE, .value = "NAME",
     .help = "what cbow makes of a word's neighbours",
     .more = "Their mean or their sum; a sum wants a lower --rate.",
     W2B_OPT_AT(args, context), .choices = contexts},
    {.name = "negative", .letter = 'n', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "negative samples a word", W2B_OPT_AT(args, train.negative), .low = 1, .high = 256},
    {.name = "exponent", .kind = W2B_OPT_REAL, .value = "X",
     .help = "draw those by their count to this power",
     .more = "The paper of word2vec has 0.75. 0 draws all words alike, 1 as often as they occur.",
     W2B_OPT_AT(args, train.exponent), .real_low = -2, .real_high = 2},
    {.name = "epochs", .letter = 'e', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "passes over the text", W2B_OPT_AT(args, train.epochs), .low = 1, .high = 100000},
    {.name = "sample", .kind = W2B_OPT_REAL, .value = "SHARE",
     .help = "thin words more frequent than this",
     .more = "A share of all words; 0 thins none.",
     W2B_OPT_AT(args, train.sample), .real_low = 0, .real_high = 1},
    {.name = "rate", .kind = W2B_OPT_REAL, .value = "X", .help = "learning rate to begin with",
     .more = "It falls like the root of what is left to do; rows of rare words move further, "
             "those of common ones less. 0 takes the rate that is recommended for the other "
             "options.",
     W2B_OPT_AT(args, train.rate), .real_low = 0, .real_high = 10, .zero = "recommended"},
    {.name = "train-bits", .letter = 'T', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "bits of the quantizer in the loop, 0 = none",
     .more = "The vectors learn to be used with so few bits; --bits is what is stored of them. "
             "1 is best for little text, 2 for much.",
     W2B_OPT_AT(args, train.train_bits), .low = 0, .high = 8},
    {.name = "train-dim", .letter = 'D', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "numbers of a vector while training",
     .more = "Long vectors learn more; of their principal axes the first --dim are kept.",
     W2B_OPT_AT(args, train.train_dim), .low = 1, .high = 65536, .zero = "recommended"},
    {.name = "axes", .kind = W2B_OPT_CHOICE, .value = "WHEN",
     .help = "turn the vectors to their principal axes",
     .more = "Centres them and draws the wide axes in, too. auto: unless --bits is 1, or they go "
             "on from a model.",
     W2B_OPT_AT(args, axes), .choices = axes_modes},
    {.name = "scale", .kind = W2B_OPT_REAL, .value = "X", .help = "step of that quantizer",
     .more = "0 takes the one that is recommended for the dimension. Without a quantizer numbers "
             "reach 8 times this to either side.",
     W2B_OPT_AT(args, train.scale), .real_low = 0, .real_high = 1000, .zero = "recommended"},
    {.name = "seed", .letter = 's', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "where the random numbers begin",
     .more = "The same text, options and seed give the same bytes.",
     W2B_OPT_AT(args, train.seed), .low = 0, .high = INT64_MAX},

    {.heading = "Vocabulary", .name = "min-count", .letter = 'm', .kind = W2B_OPT_COUNT,
     .value = "N", .help = "drop words that are rarer",
     W2B_OPT_AT(args, train.corpus.min_count), .low = 1},
    {.name = "vocab", .kind = W2B_OPT_TEXT, .value = "FILE",
     .help = "take the words from this file",
     .more = "As \"w2b vocab\" writes it: a word and its count on each line. The text is not "
             "counted then.",
     W2B_OPT_AT(args, train.corpus.vocab), .complete = W2B_COMPLETE_FILE},
    {.name = "max-vocab", .kind = W2B_OPT_COUNT, .value = "N",
     .help = "words to keep in memory while counting",
     .more = "Rare ones are dropped when there are more.",
     W2B_OPT_AT(args, train.corpus.max_vocab), .low = 1000, .high = 4000000000u},
    {.name = "max-word", .kind = W2B_OPT_COUNT, .value = "BYTES", .help = "skip longer words",
     W2B_OPT_AT(args, train.corpus.max_word), .low = 1, .high = 65535},

    {.heading = "Going on", .name = "checkpoint", .letter = 'c', .kind = W2B_OPT_TEXT,
     .value = "FILE", .help = "save the state of the run here",
     .more = "Now and then, at a signal (SIGINT, SIGTERM, SIGHUP: exit code 4) and at the end. A "
             "new state takes the place of the old one when it is whole.",
     W2B_OPT_AT(args, train.checkpoint), .complete = W2B_COMPLETE_FILE},
    {.name = "every", .kind = W2B_OPT_REAL, .value = "MINUTES",
     .help = "time between two checkpoints", .more = "0 saves at a signal and at the end alone.",
     W2B_OPT_AT(args, every), .real_low = 0, .real_high = 1e6, .zero = "none between"},
    {.name = "resume", .kind = W2B_OPT_SWITCH, .help = "go on from the checkpoint",
     .more = "If there is none yet, the run begins. Give the same text and options; the model "
             "has the same bytes as if nothing had happened. --bits, --dim, --axes, --threads and "
             "--isa may change.",
     W2B_OPT_AT(args, train.resume)},
    {.name = "update", .letter = 'u', .kind = W2B_OPT_TEXT, .value = "MODEL",
     .help = "begin from this model or checkpoint",
     .more = "Its words stay, their counts are added to those of the text, and new words that "
             "are frequent enough in the text join. A model holds one vector a word where "
             "training uses two, and rounded; its checkpoint holds both, and gives better "
             "vectors in the end.",
     W2B_OPT_AT(args, train.update), .complete = W2B_COMPLETE_FILE},

    {.heading = "Watching", .name = "log", .kind = W2B_OPT_TEXT, .value = "FILE",
     .help = "write the course of the training here",
     .more = "JSON lines: at the end of each epoch and every ten seconds, with loss, rate and "
             "words a second. A run that is resumed adds to the file.",
     W2B_OPT_AT(args, log), .complete = W2B_COMPLETE_FILE},
    {.name = "dry-run", .kind = W2B_OPT_SWITCH, .help = "count, say what it would take, and stop",
     .more = "Memory and files; --output is not needed then.",
     W2B_OPT_AT(args, dry_run)},
    {.name = "json", .kind = W2B_OPT_SWITCH, .help = "with --dry-run: print JSON",
     W2B_OPT_AT(args, json)},

    {.heading = "The machine", .name = "threads", .letter = 't', .kind = W2B_OPT_COUNT,
     .value = "N", .help = "threads to use", .more = "The result is the same with any number.",
     W2B_OPT_AT(args, train.corpus.threads), .low = 1, .high = 1024, .zero = "all processors"},
    W2B_ASK_OPT_ISA(args, isa),
    {.name = "memory", .kind = W2B_OPT_COUNT, .value = "SIZE",
     .help = "keep more text than this in a file",
     .more = "The text as numbers, 4 bytes a word. The file has no name and is gone at the end.",
     W2B_OPT_AT(args, train.corpus.memory), .low = 1},
    {.name = "spool-dir", .kind = W2B_OPT_TEXT, .value = "DIR", .help = "folder for that file",
     W2B_OPT_AT(args, train.corpus.spool_dir), .zero = "/var/tmp",
     .complete = W2B_COMPLETE_FOLDER},

    {.heading = "How the work is cut (the result depends on these)", .name = "streams",
     .kind = W2B_OPT_COUNT, .value = "N", .help = "parts of the text worked on side by side",
     W2B_OPT_AT(args, train.streams), .low = 1, .high = 1024, .zero = "recommended"},
    {.name = "block", .kind = W2B_OPT_COUNT, .value = "N", .help = "words a block",
     W2B_OPT_AT(args, train.block), .low = 1, .high = 64},
    {.name = "pool", .kind = W2B_OPT_COUNT, .value = "N",
     .help = "negative samples shared by a block",
     W2B_OPT_AT(args, train.pool), .low = 1, .high = 1024, .zero = "recommended"},
    {0}
};

static const w2b_example examples[] = {
    {"w2b train text.txt.zst -o model.w2b", "Train with the defaults"},
    {"w2b train text.txt -o small.w2b --bytes-per-word 54", "Vectors of 54 bytes a word"},
    {"w2b train a.gz b.xz -o m.w2b --dim 208 --bits 1 --min-count 10",
     "Two files, one bit a number"},
    {"cat *.txt | w2b train - -o model.w2b", "From a pipe"},
    {"w2b train text.txt -o model.w2b --checkpoint run.state --resume",
     "A run that may be killed and started again at any time"},
    {"w2b train more.txt -o newer.w2b --update run.state",
     "Go on with new text"},
    {0}
};

static int fail_usage(const char *why)
{
    w2b_talk_error("train: %s", why);
    return W2B_EXIT_USAGE;
}

/* The size of the model, from a budget or from the model to update. */
static int complete_size(const w2b_parsed *parsed, args *a)
{
    static const char *const chosen[] = {"dim", "bits"};
    w2b_diag diag;
    for (size_t i = 0; a->bytes_per_word && i < sizeof chosen / sizeof *chosen; i++) {
        if (w2b_opt_given(parsed, chosen[i])) {
            w2b_talk_error("train: --bytes-per-word chooses --%s itself; give one of them",
                           chosen[i]);
            return W2B_EXIT_USAGE;
        }
    }
    if (a->bytes_per_word && w2b_train_fit_bytes(&a->train, a->bytes_per_word, &diag)) {
        return w2b_talk_diag(&diag);
    }
    if (a->train.update && !a->bytes_per_word && !w2b_opt_given(parsed, "dim")) a->train.dim = 0;
    return W2B_EXIT_DONE;
}

/* Files that are to be written beside the model. */
static int check_files(const args *a)
{
    const char *file = a->train.checkpoint;
    int there = file && !access(file, F_OK);
    if (file && !strcmp(file, "-")) return fail_usage("a checkpoint needs a file of its own");
    if (a->log && !strcmp(a->log, "-")) return fail_usage("--log needs a file");
    if (file && a->output && !strcmp(file, a->output)) {
        return fail_usage("--checkpoint and --output are the same file");
    }
    if (there && !a->train.resume && !a->force) {
        w2b_talk_error("%s: exists already; --resume goes on from it, -f begins anew", file);
        return W2B_EXIT_FAILED;
    }
    if (file && !there && a->train.resume && !a->quiet) {
        w2b_talk_note("%s: not there yet, the run begins", file);
    }
    return file ? w2b_output_check(file, 1, 0) : W2B_EXIT_DONE;
}

/* Fills the options that are not plain values. An exit code. */
static int complete(const w2b_parsed *parsed, args *a)
{
    a->train.arch = (w2b_arch)a->arch;
    a->train.axes = (w2b_axes_mode)a->axes;
    a->train.context = (w2b_context)a->context;
    a->train.checkpoint_seconds = a->every * 60;
    a->train.replace_checkpoint = a->force;
    int code = w2b_ask_isa(parsed, a->isa, &a->train.isa);
    if (code) return code;
    if (!a->output && !a->dry_run) {
        return fail_usage("no output; say where the model goes with -o MODEL");
    }
    if (a->json && !a->dry_run) return fail_usage("--json is for --dry-run");
    if (a->train.resume && !a->train.checkpoint) {
        return fail_usage("--resume needs --checkpoint FILE");
    }
    code = complete_size(parsed, a);
    if (code) return code;
    const char *wrong = w2b_train_check(&a->train);
    if (wrong) return fail_usage(wrong);
    code = check_files(a);
    return code || !a->output ? code : w2b_output_check(a->output, a->force, 1);
}

static void say_summary(const args *a, const w2b_train_report *report, const w2b_model *model)
{
    char number[32], time[32], size[32], rate[32];
    w2b_info info;
    w2b_model_info(model, &info);
    double trained = (double)report->corpus.kept * a->train.epochs;
    w2b_talk_corpus(&report->corpus);
    w2b_talk_rate(trained / fmax(report->seconds, 1e-9), rate);
    w2b_talk_time(report->seconds, time);
    if (report->old_words) {
        w2b_talk_note("%s words were known to %s", w2b_talk_number(report->old_words, number),
                      a->train.update);
    }
    if (report->resumed) {
        w2b_talk_note("%s words of text were read by the runs before",
                      w2b_talk_number(report->resumed, number));
    }
    if (a->train.epochs == 1) {
        w2b_talk_note("trained 1 epoch in %s, %s words/s; loss %.4f", time, rate,
                      report->last_loss);
    } else {
        w2b_talk_note("trained %u epochs in %s, %s words/s; loss %.4f -> %.4f", a->train.epochs,
                      time, rate, report->first_loss, report->last_loss);
    }
    uint64_t bytes = w2b_output_size(a->output);
    w2b_talk_note("%s: %s words x %u, %u bit%s a number, %.5g bytes a word%s%s",
                  w2b_output_name(a->output), w2b_talk_number(info.words, number), info.dim,
                  info.bits, info.bits == 1 ? "" : "s", info.bytes_per_word,
                  bytes ? "; file of " : "", bytes ? w2b_talk_size((double)bytes, size) : "");
}

static int progress(const w2b_progress *p, void *user)
{
    audience *to = user;
    w2b_log_progress(&to->log, p);
    return w2b_talk_progress(p, &to->watch);
}

static int dry_run(const w2b_parsed *parsed, const args *a)
{
    w2b_train_plan plan;
    w2b_diag diag;
    if (w2b_train_dry(parsed->words, parsed->n_words, &a->train, &plan, &diag)) {
        return w2b_talk_diag(&diag);
    }
    return w2b_plan_print(&plan, &a->train, a->output, a->json);
}

static int train(const w2b_parsed *parsed, const args *a, audience *to)
{
    int code = W2B_EXIT_DONE;
    w2b_model *model;
    w2b_train_report report;
    w2b_diag diag;
    if (w2b_train(parsed->words, parsed->n_words, &a->train, &model, &report, &diag)) {
        return w2b_talk_diag(&diag);
    }
    w2b_save_options save;
    w2b_save_defaults(&save);
    save.format = W2B_FORMAT_W2B;
    save.replace = a->force;
    save.progress = w2b_talk_progress;
    save.progress_user = &to->watch;
    if (w2b_model_save(model, a->output, &save, &diag)) code = w2b_talk_diag(&diag);
    else if (!a->quiet) say_summary(a, &report, model);
    w2b_model_free(model);
    return code;
}

static int run(const w2b_parsed *parsed)
{
    args *a = parsed->args;
    int code = complete(parsed, a);
    if (code) return code;
    audience to = {.watch = w2b_talk_guard(a->quiet)};
    to.watch.epochs = a->train.epochs;
    a->train.corpus.progress = progress;
    a->train.corpus.progress_user = &to;
    a->train.epoch_fn = w2b_log_epoch;
    a->train.epoch_user = &to.log;
    if (a->dry_run) return dry_run(parsed, a);
    if (a->log) code = w2b_log_open(&to.log, a->log, a->train.resume, a->force);
    if (code) return code;
    code = train(parsed, a, &to);
    int logged = w2b_log_close(&to.log);
    return code ? code : logged;
}

const w2b_command w2b_cmd_train = {
    .name = "train",
    .group = "Make a model",
    .summary = "learn word vectors from text",
    .usage = "CORPUS... -o MODEL [OPTIONS]",
    .about =
        "Reads text, learns a vector for each word that occurs often enough, and writes them in "
        "few bits. The text may be plain or compressed with gzip, bzip2, xz or zstd; - is "
        "standard input. Words are divided by white space, and a line is a sentence: words on "
        "different lines are no neighbours. Lower-case the text and cut off its punctuation "
        "before, if that is what you want.\n\n"
        "The method is Word2Bits: CBOW or skip-gram with negative sampling and a quantizer "
        "inside the training loop, so that the vectors fit the bits they are stored in.\n\n"
        "The defaults are a good recipe. To make the model smaller or better, change "
        "--bytes-per-word and nothing else.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .defaults = defaults,
    .least = 1,
    .missing = "no corpus",
    .stops = 1,
    .run = run
};
