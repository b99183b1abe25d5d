/*
 * cmd_convert.c - w2b convert: between formats.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/talk.h"

typedef struct args {
    uint64_t limit;
    const char *vocab, *words_to;
    int format;
    const char *spool_dir;
    int force, quiet, partial;
} args;

/* Vectors beyond this wait in a file. */
#define FLOATS_IN_MEMORY ((uint64_t)64 << 20)

/* In the order of w2b_format. */
static const char *const formats[] = {
    "auto", "w2b", "word2vec-binary", "word2vec-text", "npy", "safetensors", "model2vec",
    "finalfusion", "glove", "table", "projector", NULL
};
#define PROJECTOR ((w2b_format)10) /* two files, by w2b_projector_save */

static const w2b_opt options[] = {
    {.name = "to", .letter = 'T', .kind = W2B_OPT_CHOICE, .value = "FORMAT",
     .help = "format of the output",
     .more = "auto finds it from the name: .w2b, .bin (word2vec-binary), .txt or .vec "
             "(word2vec-text), .glove, .tsv (table), .npy, .safetensors, .fifu (finalfusion), or a "
             "folder, with / at its end (model2vec). projector: vectors and, in NAME.meta.tsv, "
             "words for the TensorFlow Embedding Projector.",
     W2B_OPT_AT(args, format), .choices = formats},
    {.name = "limit", .letter = 'l', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "take the first N words only", W2B_OPT_AT(args, limit), .low = 1, .zero = "all"},
    W2B_OPT_VOCAB(args, vocab),
    {.name = "words-to", .kind = W2B_OPT_TEXT, .value = "FILE",
     .help = "where the words of .npy and .safetensors go",
     .more = "NAME.vocab.txt beside NAME.npy if it is not given.", W2B_OPT_AT(args, words_to),
     .complete = W2B_COMPLETE_FILE},
    W2B_OPT_PARTIAL(args, partial),
    W2B_OPT_SPOOL_DIR(args, spool_dir),
    W2B_OPT_FORCE(args, force),
    W2B_OPT_QUIET(args, quiet),
    {0}
};

static const w2b_example examples[] = {
    {"w2b convert model.w2b model.bin", "For programs that read word2vec files"},
    {"w2b convert GoogleNews.bin.gz news.w2b --limit 500K", "The first 500,000 words"},
    {"w2b convert model.w2b - --to word2vec-text | less", "To look at"},
    {"w2b convert word2bits.bin small.w2b", "1 or 2 bits a number, as they were"},
    {0}
};

/* The format of the output, before an hour of reading. An exit code. */
static int find_format(const char *path, int chosen, w2b_format *format)
{
    *format = chosen ? (w2b_format)chosen : w2b_format_of_name(path);
    if (*format != W2B_FORMAT_AUTO) return W2B_EXIT_DONE;
    w2b_talk_error("convert: the name \"%s\" does not tell the format; say it with --to", path);
    return W2B_EXIT_USAGE;
}

static int is_text(w2b_format format)
{
    return format == W2B_FORMAT_WORD2VEC_TEXT || format == W2B_FORMAT_GLOVE ||
           format == W2B_FORMAT_TABLE || format == PROJECTOR;
}

/* What the output cannot hold. */
static void say_losses(w2b_format format, const w2b_info *info)
{
    const int counts = info->count_bytes && format != W2B_FORMAT_W2B && format != PROJECTOR;
    if (counts || info->subwords) {
        w2b_talk_note("not kept: %s%s%s", counts ? "how often words occur" : "",
                      counts && info->subwords ? "; " : "",
                      info->subwords ? "vectors for words outside the vocabulary" : "");
    }
}

static void say_summary(const char *path, w2b_format format, const w2b_model *model,
                        uint64_t limit)
{
    char words[32], size[32];
    w2b_info info;
    w2b_model_info(model, &info);
    uint64_t n = limit && limit < info.words ? limit : info.words;
    uint64_t bytes = w2b_output_size(path);
    w2b_talk_note("%s: %s words x %u%s%s", w2b_output_name(path), w2b_talk_number(n, words),
                  info.dim, bytes ? "; file of " : "",
                  bytes ? w2b_talk_size((double)bytes, size) : "");
    say_losses(format, &info);
}

/* Before an hour of reading: is the output going to work? */
static int check_output(const args *a, const char *out, w2b_format *format)
{
    int code = find_format(out, a->format, format);
    if (!code && *format == PROJECTOR && !strcmp(out, "-")) {
        w2b_talk_error("convert: the projector takes two files; give the output a name");
        return W2B_EXIT_USAGE;
    }
    /* That of a folder would be about a file. */
    if (!code && *format != W2B_FORMAT_MODEL2VEC) {
        code = w2b_output_check(out, a->force, !is_text(*format));
    }
    return code;
}

static const char *word_of(const void *model, uint64_t row, size_t *length)
{
    return w2b_model_word(model, row, length);
}

static int save(const args *a, const w2b_model *model, const char *out, w2b_format format,
                w2b_watch *watch)
{
    w2b_diag diag;
    w2b_save_options save;
    w2b_save_defaults(&save);
    save.format = format;
    save.replace = a->force;
    save.vocab = a->words_to;
    save.limit = a->limit;
    save.progress = w2b_talk_progress;
    save.progress_user = watch;
    w2b_info info;
    w2b_model_info(model, &info);
    uint64_t rows = a->limit && a->limit < info.words ? a->limit : info.words;
    if (w2b_output_words(out, model, rows, word_of)) return W2B_EXIT_FAILED;
    if (format != PROJECTOR) {
        return w2b_model_save(model, out, &save, &diag) ? w2b_talk_diag(&diag) : W2B_EXIT_DONE;
    }
    char *words_path = a->words_to ? strdup(a->words_to) : w2b_output_words_path(out);
    if (!words_path) return w2b_talk_memory();
    w2b_err err = w2b_projector_save(model, a->limit, out, words_path, a->force, &diag);
    free(words_path);
    return err ? w2b_talk_diag(&diag) : W2B_EXIT_DONE;
}

static int run(const w2b_parsed *parsed)
{
    const args *a = parsed->args;
    const char *in = parsed->words[0], *out = parsed->words[1];
    w2b_format format;
    int code = check_output(a, out, &format);
    if (code) return code;
    w2b_watch watch = w2b_talk_guard(a->quiet);
    w2b_open_options open;
    w2b_open_defaults(&open);
    open.limit = a->limit;
    open.vocab = a->vocab;
    open.partial = a->partial;
    open.memory = FLOATS_IN_MEMORY;
    open.spool_dir = a->spool_dir;
    open.progress = w2b_talk_progress;
    open.progress_user = &watch;
    w2b_model *model;
    w2b_diag diag;
    if (w2b_model_open(in, &open, &model, &diag)) return w2b_talk_diag(&diag);
    code = save(a, model, out, format, &watch);
    if (!code && !a->quiet) say_summary(out, format, model, a->limit);
    w2b_model_free(model);
    return code;
}

const w2b_command w2b_cmd_convert = {
    .name = "convert",
    .group = "Make a model",
    .summary = "change the format of word vectors",
    .usage = "IN OUT [OPTIONS]",
    .about =
        "Reads .w2b, word2vec binary and text, GloVe text, tables (TSV, CSV: the word in the first "
        "column), fastText .bin and .ftz, NumPy .npy, safetensors, finalfusion, and the text of "
        "near-lossless-binarization. They are told apart by their content and may be compressed "
        "with gzip, bzip2, xz or zstd. - is standard input or output.\n\n"
        "Numbers are not changed: what was stored in few bits stays so in a .w2b file, as do the "
        "few levels of Word2Bits' files, and what was floating point stays that. \"w2b quantize\" "
        "makes files smaller.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .least = 2,
    .most = 2,
    .missing = "an input and an output are needed",
    .run = run
};
