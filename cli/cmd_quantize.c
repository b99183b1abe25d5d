/*
 * cmd_quantize.c - w2b quantize: other bits for vectors that exist.
 */
#include <string.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/talk.h"

typedef struct args {
    w2b_quantize_options quantize;
    const char *output;
    uint64_t limit;
    int method;
    int force, quiet, json;
} args;

static void defaults(void *into)
{
    args *a = into;
    w2b_quantize_defaults(&a->quantize);
}

static const char *const methods[] = {"auto", "gauss", "uniform", NULL};
static const uint32_t wide_bits[] = {16, 32, 0};

static const w2b_opt options[] = {
    W2B_OPT_OUTPUT(args, output, "where the compressed model goes"),
    {.name = "bits", .letter = 'B', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "bits to store a number in", .more = "16 and 32 store floating point.",
     W2B_OPT_AT(args, quantize.bits), .low = 1, .high = 8, .also = wide_bits},
    {.name = "method", .letter = 'M', .kind = W2B_OPT_CHOICE, .value = "NAME",
     .help = "how to choose the levels",
     .more = "gauss: levels for bell-shaped numbers; uniform: levels at equal distances; auto: "
             "the one with the smaller error.",
     W2B_OPT_AT(args, method), .choices = methods},
    {.name = "limit", .letter = 'l', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "take the first N words only", W2B_OPT_AT(args, limit), .low = 1, .zero = "all"},
    {.name = "threads", .letter = 't', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "threads to use", .more = "The result is the same with any number.",
     W2B_OPT_AT(args, quantize.threads), .low = 1, .high = 1024, .zero = "all processors"},
    {.name = "json", .kind = W2B_OPT_SWITCH, .help = "print what it cost as JSON",
     .more = "On standard output, instead of the summary.", W2B_OPT_AT(args, json)},
    W2B_OPT_FORCE(args, force),
    W2B_OPT_QUIET(args, quiet),
    {0}
};

static const w2b_example examples[] = {
    {"w2b quantize glove.txt -o glove.w2b", "Four bits a number"},
    {"w2b quantize vectors.bin -o small.w2b --bits 2", "Two bits a number"},
    {"w2b quantize vectors.vec.gz -o top.w2b --bits 3 --limit 100K",
     "The 100,000 most frequent words"},
    {0}
};

static int print_json(const w2b_quantize_report *report, const w2b_info *info, uint64_t bytes)
{
    return w2b_json_page(json_pack("{s:I,s:i,s:i,s:s,s:o,s:o,s:o,s:o,s:o,s:I}",
        "words", (json_int_t)info->words,
        "dim", (int)info->dim,
        "bits", (int)info->bits,
        "method", report->method,
        "bytes_per_word_before", w2b_json_real(report->bytes_before),
        "bytes_per_word", w2b_json_real(report->bytes_after),
        "squared_error", w2b_json_real(report->squared_error),
        "mean_cosine", w2b_json_real(report->mean_cosine),
        "worst_cosine", w2b_json_real(report->worst_cosine),
        "file_bytes", (json_int_t)bytes));
}

static void say_summary(const args *a, const w2b_quantize_report *report, const w2b_info *info,
                        int was_float)
{
    char words[32], size[32];
    uint64_t bytes = w2b_output_size(a->output);
    w2b_talk_note("%s: %s words x %u, %u bit%s a number (%s)%s%s",
                  w2b_output_name(a->output), w2b_talk_number(info->words, words), info->dim,
                  info->bits, info->bits == 1 ? "" : "s", report->method,
                  bytes ? "; file of " : "", bytes ? w2b_talk_size((double)bytes, size) : "");
    w2b_talk_note("bytes a word      %.5g -> %.5g  (%.1f times smaller)", report->bytes_before,
                  report->bytes_after,
                  report->bytes_after > 0 ? report->bytes_before / report->bytes_after : 0);
    w2b_talk_note("squared error     %.3f%%", 100 * report->squared_error);
    w2b_talk_note("cosine to before  %.4f on average, %.4f at worst", report->mean_cosine,
                  report->worst_cosine);
    if (info->bits == 1 && was_float) {
        w2b_talk_note("note: one bit a number spoils the analogies of vectors that were not "
                      "trained for it; try --bits 2 to 4");
    }
}

static int save(const args *a, const w2b_model *model, w2b_watch *watch)
{
    w2b_diag diag;
    w2b_save_options options_of_save;
    w2b_save_defaults(&options_of_save);
    options_of_save.format = W2B_FORMAT_W2B;
    options_of_save.replace = a->force;
    options_of_save.progress = w2b_talk_progress;
    options_of_save.progress_user = watch;
    if (w2b_model_save(model, a->output, &options_of_save, &diag)) return w2b_talk_diag(&diag);
    return W2B_EXIT_DONE;
}

static int compress(args *a, const w2b_model *model, w2b_watch *watch)
{
    w2b_model *small;
    w2b_quantize_report report;
    w2b_diag diag;
    w2b_info before, after;
    a->quantize.method = a->method ? methods[a->method] : NULL;
    a->quantize.progress = w2b_talk_progress;
    a->quantize.progress_user = watch;
    if (w2b_model_quantize(model, &a->quantize, &small, &report, &diag)) {
        return w2b_talk_diag(&diag);
    }
    int code = save(a, small, watch);
    w2b_model_info(model, &before);
    w2b_model_info(small, &after);
    if (!code && a->json) code = print_json(&report, &after, w2b_output_size(a->output));
    else if (!code && !a->quiet) say_summary(a, &report, &after, before.bits >= 16);
    w2b_model_free(small);
    return code;
}

static int run(const w2b_parsed *parsed)
{
    args *a = parsed->args;
    if (!a->output) {
        w2b_talk_error("quantize: no output; say where the model goes with -o MODEL");
        return W2B_EXIT_USAGE;
    }
    if (a->json && !strcmp(a->output, "-")) {
        w2b_talk_error("quantize: --json and -o - both want standard output; give one of them");
        return W2B_EXIT_USAGE;
    }
    int code = w2b_output_check(a->output, a->force, 1);
    if (code) return code;
    w2b_watch watch = w2b_talk_guard(a->quiet);
    w2b_open_options open;
    w2b_open_defaults(&open);
    open.limit = a->limit;
    open.progress = w2b_talk_progress;
    open.progress_user = &watch;
    w2b_model *model;
    w2b_diag diag;
    if (w2b_model_open(parsed->words[0], &open, &model, &diag)) return w2b_talk_diag(&diag);
    code = compress(a, model, &watch);
    w2b_model_free(model);
    return code;
}

const w2b_command w2b_cmd_quantize = {
    .name = "quantize",
    .group = "Make a model",
    .summary = "compress word vectors that exist already",
    .usage = "IN -o OUT [OPTIONS]",
    .about =
        "Reads word vectors in any format that \"w2b convert\" reads, stores each number in few "
        "bits, and says what that cost: bytes a word, squared error as a share of the vectors' "
        "squared length, and the cosine between a vector before and after.\n\n"
        "Vectors from elsewhere are best kept at 2 to 4 bits.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .defaults = defaults,
    .least = 1,
    .most = 1,
    .missing = "no input",
    .run = run
};
