/*
 * cmd_convert.c - w2b convert: between formats.
 */
#include <string.h>
#include <strings.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/talk.h"

typedef struct args {
    uint64_t limit;
    int format;
    int force, quiet;
} args;

/* In the order of w2b_format. */
static const char *const formats[] = {"auto", "w2b", "word2vec-binary", "word2vec-text", NULL};

static const w2b_opt options[] = {
    {.name = "to", .letter = 'T', .kind = W2B_OPT_CHOICE, .value = "FORMAT",
     .help = "format of the output",
     .more = "auto finds it from the name: .w2b, .bin (word2vec-binary), .txt or .vec "
             "(word2vec-text).",
     W2B_OPT_AT(args, format), .choices = formats},
    {.name = "limit", .letter = 'l', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "take the first N words only", W2B_OPT_AT(args, limit), .low = 1, .zero = "all"},
    W2B_OPT_FORCE(args, force),
    W2B_OPT_QUIET(args, quiet),
    {0}
};

static const w2b_example examples[] = {
    {"w2b convert model.w2b model.bin", "For programs that read word2vec files"},
    {"w2b convert GoogleNews.bin.gz news.w2b --limit 500K", "The first 500,000 words"},
    {"w2b convert model.w2b - --to word2vec-text | less", "To look at"},
    {0}
};

/* The format of the output, before an hour of reading. An exit code. */
static int find_format(const char *path, int chosen, w2b_format *format)
{
    static const struct { const char *end; w2b_format format; } ends[] = {
        {".w2b", W2B_FORMAT_W2B},
        {".bin", W2B_FORMAT_WORD2VEC_BINARY},
        {".txt", W2B_FORMAT_WORD2VEC_TEXT},
        {".vec", W2B_FORMAT_WORD2VEC_TEXT}
    };
    *format = (w2b_format)chosen;
    if (*format != W2B_FORMAT_AUTO) return W2B_EXIT_DONE;
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (length > 4 && !strcasecmp(path + length - 4, ends[i].end)) {
            *format = ends[i].format;
            return W2B_EXIT_DONE;
        }
    }
    w2b_talk_error("convert: the name \"%s\" does not tell the format; give --to w2b, "
                   "word2vec-binary or word2vec-text", path);
    return W2B_EXIT_USAGE;
}

static void say_summary(const char *path, const w2b_model *model, uint64_t limit)
{
    char words[32], size[32];
    w2b_info info;
    w2b_model_info(model, &info);
    uint64_t n = limit && limit < info.words ? limit : info.words;
    uint64_t bytes = w2b_output_size(path);
    w2b_talk_note("%s: %s words x %u%s%s", w2b_output_name(path), w2b_talk_number(n, words),
                  info.dim, bytes ? "; file of " : "",
                  bytes ? w2b_talk_size((double)bytes, size) : "");
}

static int run(const w2b_parsed *parsed)
{
    const args *a = parsed->args;
    const char *in = parsed->words[0], *out = parsed->words[1];
    w2b_format format;
    int code = find_format(out, a->format, &format);
    if (!code) code = w2b_output_check(out, a->force, format != W2B_FORMAT_WORD2VEC_TEXT);
    if (code) return code;
    w2b_watch watch = w2b_talk_guard(a->quiet);
    w2b_open_options open;
    w2b_open_defaults(&open);
    open.limit = a->limit;
    open.progress = w2b_talk_progress;
    open.progress_user = &watch;
    w2b_model *model;
    w2b_diag diag;
    if (w2b_model_open(in, &open, &model, &diag)) return w2b_talk_diag(&diag);
    w2b_save_options save;
    w2b_save_defaults(&save);
    save.format = format;
    save.replace = a->force;
    save.limit = a->limit;
    save.progress = w2b_talk_progress;
    save.progress_user = &watch;
    if (w2b_model_save(model, out, &save, &diag)) code = w2b_talk_diag(&diag);
    else if (!a->quiet) say_summary(out, model, a->limit);
    w2b_model_free(model);
    return code;
}

const w2b_command w2b_cmd_convert = {
    .name = "convert",
    .group = "Make a model",
    .summary = "change the format of word vectors",
    .usage = "IN OUT [OPTIONS]",
    .about =
        "Reads .w2b, word2vec binary and word2vec text files, which are told apart by their "
        "content and may be compressed with gzip, bzip2, xz or zstd, and writes .w2b, word2vec "
        "binary or word2vec text. - is standard input or output.\n\n"
        "Numbers are not changed: what was stored in few bits stays so in a .w2b file, and what "
        "was floating point stays that. \"w2b quantize\" makes files smaller.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .least = 2,
    .most = 2,
    .missing = "an input and an output are needed",
    .run = run
};
