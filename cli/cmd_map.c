/*
 * cmd_map.c - w2b map: words laid out in the plane.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/talk.h"

typedef struct args {
    w2b_map_options map;
    const char *output, *title;
    int format, isa;
    int force, quiet;
} args;

enum { FORMAT_AUTO, FORMAT_HTML, FORMAT_SVG, FORMAT_PROJECTOR };

static const char *const formats[] = {"auto", "html", "svg", "projector", NULL};

static void defaults(void *into)
{
    args *a = into;
    w2b_map_defaults(&a->map);
}

static const w2b_opt options[] = {
    W2B_OPT_OUTPUT(args, output, "where the map goes"),
    {.name = "to", .letter = 'T', .kind = W2B_OPT_CHOICE, .value = "FORMAT",
     .help = "format of the output",
     .more = "auto finds it from the name: .html, .svg or, for the projector, .tsv.",
     W2B_OPT_AT(args, format), .choices = formats},
    {.name = "words", .letter = 'N', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "show the first N words",
     .more = "These are the most frequent ones in most files.",
     W2B_OPT_AT(args, map.words), .low = 1, .high = 100000},
    {.name = "title", .kind = W2B_OPT_TEXT, .value = "TEXT",
     .help = "heading of the map", .more = "Without it, the name of the model.",
     W2B_OPT_AT(args, title)},
    W2B_OPT_FORCE(args, force),
    W2B_OPT_QUIET(args, quiet),
    {.name = "perplexity", .kind = W2B_OPT_REAL, .value = "X",
     .help = "about how many neighbours a word stays close to",
     .more = "Fewer make many small islands, more a few large ones.",
     W2B_OPT_AT(args, map.perplexity), .real_low = 2, .real_high = 100, .heading = "Layout"},
    {.name = "iterations", .kind = W2B_OPT_COUNT, .value = "N",
     .help = "steps of the layout",
     .more = "0 shows the two principal components of the vectors, without t-SNE.",
     W2B_OPT_AT(args, map.iterations), .low = 0, .high = 100000},
    {.name = "neighbors", .letter = 'k', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "nearest words that the page lists with each",
     W2B_OPT_AT(args, map.neighbors), .low = 0, .high = 100},
    {.name = "seed", .kind = W2B_OPT_COUNT, .value = "N",
     .help = "another seed, another layout", W2B_OPT_AT(args, map.seed)},
    W2B_ASK_OPT_THREADS(args, map.threads),
    W2B_ASK_OPT_ISA(args, isa),
    {0}
};

static const w2b_example examples[] = {
    {"w2b map model.w2b -o map.html", "A page to explore in a browser"},
    {"w2b map model.w2b -o map.svg --words 800", "A picture"},
    {"w2b map glove.txt -o glove.tsv --words 10K", "Files for the Embedding Projector"},
    {0}
};

static int ends_in(const char *path, const char *end)
{
    size_t length = strlen(path), least = strlen(end);
    return length > least && !strcasecmp(path + length - least, end);
}

/* An exit code. */
static int find_format(const args *a, int *format)
{
    *format = a->format;
    if (*format == FORMAT_AUTO) {
        *format = ends_in(a->output, ".html") || ends_in(a->output, ".htm") ? FORMAT_HTML
                  : ends_in(a->output, ".svg")                              ? FORMAT_SVG
                  : ends_in(a->output, ".tsv")                              ? FORMAT_PROJECTOR
                                                                            : FORMAT_AUTO;
    }
    if (*format == FORMAT_AUTO) {
        w2b_talk_error("map: the name \"%s\" does not tell the format; give --to html, svg or "
                       "projector", a->output);
        return W2B_EXIT_USAGE;
    }
    if (*format == FORMAT_PROJECTOR && !strcmp(a->output, "-")) {
        w2b_talk_error("map: the projector takes two files; give -o a name");
        return W2B_EXIT_USAGE;
    }
    return W2B_EXIT_DONE;
}

/* "model" of "dir/model.w2b"; from malloc. */
static char *title_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash && slash[1] ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    if (!strcmp(path, "-")) return strdup("word vectors");
    return dot && dot > name ? strndup(name, (size_t)(dot - name)) : strdup(name);
}

static void say_summary(const args *a, const w2b_model *model, const char *also)
{
    char words[32], size[32];
    w2b_info info;
    w2b_model_info(model, &info);
    uint64_t n = a->map.words < info.words ? a->map.words : info.words;
    uint64_t bytes = w2b_output_size(a->output);
    w2b_talk_note("%s%s%s: %s word%s%s%s", w2b_output_name(a->output), also ? " and " : "",
                  also ? also : "", w2b_talk_number(n, words), n == 1 ? "" : "s",
                  bytes ? "; file of " : "", bytes ? w2b_talk_size((double)bytes, size) : "");
}

static int save_map(const args *a, const w2b_model *model, const char *path, int format)
{
    w2b_map *map;
    w2b_diag diag;
    char *title = a->title ? strdup(a->title) : title_of(path);
    if (!title) return w2b_talk_memory();
    int code = W2B_EXIT_DONE;
    if (w2b_map_new(model, &a->map, &map, &diag)) {
        code = w2b_talk_diag(&diag);
    } else {
        if (w2b_map_save(map, a->output, format == FORMAT_SVG ? W2B_MAP_SVG : W2B_MAP_HTML, title,
                         a->force, &diag)) {
            code = w2b_talk_diag(&diag);
        }
        w2b_map_free(map);
    }
    free(title);
    if (!code && !a->quiet) say_summary(a, model, NULL);
    return code;
}

static int save_projector(const args *a, const w2b_model *model, const char *words_path)
{
    w2b_diag diag;
    if (w2b_projector_save(model, a->map.words, a->output, words_path, a->force, &diag)) {
        return w2b_talk_diag(&diag);
    }
    if (!a->quiet) say_summary(a, model, words_path);
    return W2B_EXIT_DONE;
}

static int draw(args *a, const char *path, int format, const char *words_path)
{
    w2b_watch watch = w2b_talk_guard(a->quiet);
    w2b_open_options open;
    w2b_open_defaults(&open);
    open.limit = a->map.words;
    open.progress = w2b_talk_progress;
    open.progress_user = &watch;
    a->map.progress = w2b_talk_progress;
    a->map.progress_user = &watch;
    w2b_model *model;
    w2b_diag diag;
    if (w2b_model_open(path, &open, &model, &diag)) return w2b_talk_diag(&diag);
    int code = words_path ? save_projector(a, model, words_path)
                          : save_map(a, model, path, format);
    w2b_model_free(model);
    return code;
}

static int run(const w2b_parsed *parsed)
{
    args *a = parsed->args;
    if (!a->output) {
        w2b_talk_error("map: no output; say where the map goes with -o FILE");
        return W2B_EXIT_USAGE;
    }
    int format;
    int code = find_format(a, &format);
    if (!code) code = w2b_ask_isa(parsed, a->isa, &a->map.isa);
    if (!code) code = w2b_output_check(a->output, a->force, 0);
    if (code) return code;
    char *words_path = NULL;
    if (format == FORMAT_PROJECTOR) {
        words_path = w2b_output_words_path(a->output);
        if (!words_path) return w2b_talk_memory();
        code = w2b_output_check(words_path, a->force, 0);
    }
    if (!code) code = draw(a, parsed->words[0], format, words_path);
    free(words_path);
    return code;
}

const w2b_command w2b_cmd_map = {
    .name = "map",
    .group = "Ask a model",
    .summary = "draw the words, alike ones side by side",
    .usage = "MODEL -o FILE [OPTIONS]",
    .about =
        "Lays the most frequent words out in the plane, so that words with similar vectors stand "
        "near to each other, and writes one of these:\n\n"
        ".html: one page that needs no network. Drag and zoom, search for a word, click one to "
        "see its nearest words, by the cosine of their vectors among the words of the map.\n\n"
        ".svg: a still picture with as many labels as fit.\n\n"
        ".tsv: the vectors themselves for the TensorFlow Embedding Projector, which makes its own "
        "layouts; the words go to a second file, NAME.meta.tsv.\n\n"
        "The layout is t-SNE started from principal components. Trust it for who is near whom; "
        "distances between far islands say little.",
    .examples = examples,
    .options = options,
    .args_size = sizeof(args),
    .defaults = defaults,
    .least = 1,
    .most = 1,
    .missing = "no model",
    .run = run
};
