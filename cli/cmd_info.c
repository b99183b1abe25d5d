/*
 * cmd_info.c - w2b info: what is in a file.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/talk.h"

typedef struct args {
    int json;
} args;

static const w2b_opt options[] = {
    {.name = "json", .kind = W2B_OPT_SWITCH, .help = "print JSON",
     .more = "One object: words, dim, bits, bytes_per_word, method, format, sizes in bytes, "
             "checksum, metadata.",
     W2B_OPT_AT(args, json)},
    {0}
};

static const w2b_example examples[] = {
    {"w2b info model.w2b", "What is in it, and how it was made"},
    {"w2b info --json model.w2b | jq .bytes_per_word", "For a program"},
    {0}
};

/* How the model was made, or null if it does not say. */
static json_t *metadata(const w2b_info *info)
{
    const char *text = info->metadata ? info->metadata : "{}";
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    return value ? value : json_null();
}

static int print_json(const w2b_info *info)
{
    char checksum[32];
    snprintf(checksum, sizeof checksum, "%016" PRIx64, info->checksum);
    json_t *sizes = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
        "codes", (json_int_t)info->code_bytes,
        "scales", (json_int_t)info->scale_bytes,
        "words", (json_int_t)info->word_bytes,
        "counts", (json_int_t)info->count_bytes,
        "index", (json_int_t)info->index_bytes,
        "other", (json_int_t)info->other_bytes,
        "file", (json_int_t)info->file_bytes);
    return w2b_json_page(json_pack("{s:I,s:i,s:i,s:o,s:s,s:s,s:o,s:s?,s:o}",
        "words", (json_int_t)info->words,
        "dim", (int)info->dim,
        "bits", (int)info->bits,
        "bytes_per_word", w2b_json_real(info->bytes_per_word),
        "method", info->method,
        "format", info->format,
        "sizes", sizes,
        "checksum", info->checksum ? checksum : NULL,
        "metadata", metadata(info)));
}

static void print_size(const char *name, uint64_t bytes, const w2b_info *info)
{
    char size[32];
    if (!bytes) return;
    printf("    %-12s %10s", name, w2b_talk_size((double)bytes, size));
    if (info->words) printf("  %8.2f a word", (double)bytes / (double)info->words);
    putchar('\n');
}

static void print_metadata(const w2b_info *info)
{
    json_t *made = metadata(info), *value;
    const char *key;
    if (json_is_object(made) && json_object_size(made)) printf("  made by\n");
    json_object_foreach(made, key, value) {
        char *text = json_is_string(value)
            ? strdup(json_string_value(value))
            : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
        printf("    ");
        w2b_talk_word(key, strlen(key));
        printf("%*s ", (int)(strlen(key) < 14 ? 14 - strlen(key) : 0), "");
        if (text) w2b_talk_word(text, strlen(text));
        putchar('\n');
        free(text);
    }
    json_decref(made);
}

static void print_text(const char *path, const w2b_info *info)
{
    char number[32], size[32];
    w2b_talk_word(path, strlen(path));
    printf("\n  words          %s\n", w2b_talk_number(info->words, number));
    printf("  dim            %" PRIu32 "\n", info->dim);
    printf("  bits           %" PRIu32 "\n", info->bits);
    printf("  method         %s\n", info->method);
    printf("  bytes a word   %.5g  (codes and scales)\n", info->bytes_per_word);
    printf("  format         %s\n", info->format);
    if (info->subwords) {
        printf("  parts of words %s  (vectors for words that are not there)\n",
               w2b_talk_number(info->subwords, number));
    }
    if (info->file_bytes) {
        printf("  file           %10s", w2b_talk_size((double)info->file_bytes, size));
        if (info->words) printf("  %8.2f a word", (double)info->file_bytes / (double)info->words);
        putchar('\n');
    }
    print_size("codes", info->code_bytes, info);
    print_size("scales", info->scale_bytes, info);
    print_size("words", info->word_bytes, info);
    print_size("counts", info->count_bytes, info);
    print_size("index", info->index_bytes, info);
    print_size("other", info->other_bytes, info);
    if (info->checksum) printf("  checksum       %016" PRIx64 "\n", info->checksum);
    print_metadata(info);
}

static int run(const w2b_parsed *parsed)
{
    const args *a = parsed->args;
    w2b_watch watch = w2b_talk_watch(0);
    w2b_open_options open;
    w2b_open_defaults(&open);
    open.progress = w2b_talk_progress;
    open.progress_user = &watch;
    w2b_model *model;
    w2b_diag diag;
    if (w2b_model_open(parsed->words[0], &open, &model, &diag)) return w2b_talk_diag(&diag);
    w2b_info info;
    w2b_model_info(model, &info);
    int code = W2B_EXIT_DONE;
    if (a->json) code = print_json(&info);
    else print_text(parsed->words[0], &info);
    w2b_model_free(model);
    return code;
}

const w2b_command w2b_cmd_info = {
    .name = "info",
    .group = "Look at files",
    .summary = "say what is in a file of vectors",
    .usage = "MODEL [OPTIONS]",
    .about =
        "Prints the number of words, numbers a vector, bits a number, bytes a word, what the "
        "parts of the file take, its checksum, and how it was made, as far as the file says.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .least = 1,
    .most = 1,
    .missing = "no model",
    .run = run
};
