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
    const char *output, *vocab;
    const char *spool_dir;
    uint64_t limit;
    int method;
    int force, quiet, json, partial;
} args;

static void defaults(void *into)
{
    args *a = into;
    w2b_quantize_defaults(&a->quantize);
}

static const char *const methods[] = {"quick", "auto", "gauss", "uniform", "gauss-rotated",
                                      "uniform-rotated", "kmeans", "rabitq", "pq", "opq",
                                      "transform", NULL};
static const uint32_t wide_bits[] = {16, 32, 0};

static const w2b_opt options[] = {
    W2B_OPT_OUTPUT(args, output, "where the compressed model goes"),
    {.name = "bits", .letter = 'B', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "bits to store a number in", .more = "16 and 32 store floating point.",
     W2B_OPT_AT(args, quantize.bits), .low = 1, .high = 8, .also = wide_bits},
    {.name = "method", .letter = 'M', .kind = W2B_OPT_CHOICE, .value = "NAME",
     .help = "how to code the numbers",
     .more = "gauss: levels for bell-shaped numbers; uniform: levels at equal distances; "
             "gauss-rotated, uniform-rotated: the same after a random rotation; kmeans: levels "
             "learned from the file; rabitq: a grid after a random rotation, without bias for "
             "vectors from elsewhere; pq, opq: learned codebooks, opq after a learned rotation; "
             "transform: principal axes and entropy coding, the least error. quick: the one of "
             "the first five that has the smallest error on a sample of 2,000 rows, the simpler "
             "one where they differ by less than a hundredth: all of these are searched as they "
             "lie; auto: the one of all nine, which takes longer to make (a minute or two for "
             "300 numbers a word) and mostly is transform, which takes longer to search.",
     W2B_OPT_AT(args, method), .choices = methods},
    {.name = "bytes-per-word", .letter = 'b', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "store a word in at most N bytes",
     .more = "A budget for codes and scales, in place of --bits.",
     W2B_OPT_AT(args, quantize.bytes_per_word), .low = 3, .high = 1 << 20,
     .zero = "not used"},
    {.name = "prune", .kind = W2B_OPT_SWITCH,
     .help = "leave rare words out, for more bits of the others",
     .more = "Spends the budget of --bytes-per-word for all words on the first ones, so that "
             "most is kept of the vectors, words weighted by their counts (or by their places, "
             "where there are no counts).",
     W2B_OPT_AT(args, quantize.prune)},
    {.name = "seed", .letter = 's', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "seed of samples, rotations and what is learned",
     W2B_OPT_AT(args, quantize.seed), .low = 0, .high = INT64_MAX},
    {.name = "limit", .letter = 'l', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "take the first N words only", W2B_OPT_AT(args, limit), .low = 1, .zero = "all"},
    {.name = "threads", .letter = 't', .kind = W2B_OPT_COUNT, .value = "N",
     .help = "threads to use", .more = "The result is the same with any number.",
     W2B_OPT_AT(args, quantize.threads), .low = 1, .high = 1024, .zero = "all processors"},
    {.name = "json", .kind = W2B_OPT_SWITCH, .help = "print what it cost as JSON",
     .more = "On standard output, instead of the summary.", W2B_OPT_AT(args, json)},
    W2B_OPT_VOCAB(args, vocab),
    W2B_OPT_PARTIAL(args, partial),
    W2B_OPT_SPOOL_DIR(args, spool_dir),
    W2B_OPT_FORCE(args, force),
    W2B_OPT_QUIET(args, quiet),
    {0}
};

static const w2b_example examples[] = {
    {"w2b quantize glove.txt -o glove.w2b", "Four bits a number"},
    {"w2b quantize vectors.bin -o small.w2b --bits 2", "Two bits a number"},
    {"w2b quantize vectors.vec.gz -o top.w2b --bits 3 --limit 100K",
     "The 100,000 most frequent words"},
    {"w2b quantize vectors.bin -o best.w2b --bytes-per-word 76 --method auto",
     "The least error that 76 bytes a word can have"},
    {0}
};

static void set_input(const args *a, w2b_open_options *open)
{
    w2b_open_defaults(open);
    open->limit = a->limit;
    open->vocab = a->vocab;
    open->partial = a->partial;
    open->spool_dir = a->spool_dir;
    open->threads = a->quantize.threads;
}

/* What has become of nearest neighbours among the most frequent words: these
 * are read once more, which a file allows and a pipe does not. They are few
 * enough to take little beside reading all. queries stays 0 if nothing can be
 * said. */
#define KEPT_WORDS 20000
#define KEPT_QUERIES 200

static void compare(const args *a, const char *in, const w2b_model *small,
                    w2b_compare_report *kept)
{
    w2b_open_options open;
    w2b_compare_options o;
    w2b_model *before;
    *kept = (w2b_compare_report){0};
    if (!w2b_output_size(in)) return;
    set_input(a, &open);
    open.limit = a->limit && a->limit < KEPT_WORDS ? a->limit : KEPT_WORDS;
    w2b_compare_defaults(&o);
    o.first = KEPT_WORDS;
    o.queries = KEPT_QUERIES;
    o.threads = a->quantize.threads;
    o.no_eigenspace = 1;
    /* The output is there, and right, whatever comes of this. */
    if (w2b_model_open(in, &open, &before, NULL)) return;
    if (w2b_compare(before, small, &o, kept, NULL)) kept->queries = 0;
    w2b_model_free(before);
}

static json_t *json_kept(const w2b_compare_report *kept)
{
    if (!kept->queries) return json_null();
    return json_pack("{s:i,s:I,s:I,s:o,s:[o,o]}",
        "k", (int)kept->neighbors,
        "words", (json_int_t)kept->common,
        "queries", (json_int_t)kept->queries,
        "overlap", w2b_json_real(kept->overlap),
        "interval", w2b_json_real(kept->interval.low), w2b_json_real(kept->interval.high));
}

static json_t *json_trials(const w2b_trials *trials)
{
    json_t *all = json_array();
    for (uint32_t i = 0; i < trials->n; i++) {
        json_array_append_new(all, json_pack("{s:s,s:o}", "method", trials->of[i].method,
            "squared_error", w2b_json_real(trials->of[i].squared_error)));
    }
    return json_pack("{s:i,s:o}", "rows", (int)trials->rows, "methods", all);
}

static int print_json(const w2b_quantize_report *report, const w2b_info *info, uint64_t bytes,
                      const w2b_compare_report *kept)
{
    return w2b_json_page(json_pack("{s:I,s:i,s:i,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:I,s:I,s:o}",
        "words", (json_int_t)info->words,
        "dim", (int)info->dim,
        "bits", (int)info->bits,
        "method", report->method,
        "bytes_per_word_before", w2b_json_real(report->bytes_before),
        "bytes_per_word", w2b_json_real(report->bytes_after),
        "squared_error", w2b_json_real(report->squared_error),
        "mean_cosine", w2b_json_real(report->mean_cosine),
        "worst_cosine", w2b_json_real(report->worst_cosine),
        "neighbors", json_kept(kept),
        "file_bytes", (json_int_t)bytes,
        "parameter_bytes", (json_int_t)report->params,
        "trials", json_trials(&report->trials)));
}

static void say_kept(const w2b_compare_report *kept)
{
    char words[32], asked[32];
    if (!kept->queries) return;
    w2b_talk_note("neighbours kept   %.1f%% of %u  (%.1f to %.1f%%; %s of the first %s words "
                  "asked)", 100 * kept->overlap, kept->neighbors, 100 * kept->interval.low,
                  100 * kept->interval.high, w2b_talk_number(kept->queries, asked),
                  w2b_talk_number(kept->common, words));
}

/* Why this method: what it lost, and the others, least first. */
#define TRIALS_SAID 4

static void say_trials(const w2b_quantize_report *report)
{
    const w2b_trials *t = &report->trials;
    char rows[32], said[512] = "";
    size_t at = 0;
    uint32_t done = 0; /* a bit a trial */
    if (t->n < 2) return;
    for (uint32_t shown = 0; shown < TRIALS_SAID && shown < t->n; shown++) {
        uint32_t least = t->n;
        for (uint32_t i = 0; i < t->n; i++) {
            if (!(done >> i & 1) &&
                (least == t->n || t->of[i].squared_error < t->of[least].squared_error)) {
                least = i;
            }
        }
        done |= UINT32_C(1) << least;
        at += (size_t)snprintf(said + at, sizeof said - at, "%s%s %.3f%%", at ? ", " : "",
                               t->of[least].method, 100 * t->of[least].squared_error);
    }
    w2b_talk_note("method            %s, of %u tried on %s rows: %s%s", report->method, t->n,
                  w2b_talk_number(t->rows, rows), said, t->n > TRIALS_SAID ? ", ..." : "");
}

/* From so many parts of the codes on. */
#define PARAMS_SAID 100
#define PARAMS_HURT 2
/* What comes from rounding scales alone is less. */
#define ERROR_LEAST 1e-5

/* What is known to hurt: 300 floats a word of gensim's lose 12 to 15 of 32 points of
 * analogies at one bit, and 1 with transform. */
static void say_warnings(const w2b_quantize_report *report, const w2b_info *info,
                         const w2b_compare_report *kept)
{
    const double codes = report->bytes_after * (double)info->words;
    char more[32];
    const int transform = !strcmp(report->method, "transform");
    const int coded_before = report->bytes_before < 1.5 * info->dim;
    if (info->bits == 1 && !transform && !coded_before) {
        w2b_talk_note("note: one bit a number spoils the analogies of vectors that were not "
                      "trained for it; try --bits 2 to 4");
    }
    if (coded_before && report->squared_error > ERROR_LEAST) {
        w2b_talk_note("note: these vectors were quantized before, and both errors add up; "
                      "start from the originals if you have them");
    }
    if ((double)report->params * PARAMS_HURT > codes) {
        w2b_talk_note("note: rotation and codebooks of %s take %s beside the codes, too much for "
                      "so few words; try --method gauss", report->method,
                      w2b_talk_size((double)report->params, more));
    }
    if (transform) {
        w2b_talk_note("note: searches expand rows of transform codes, once: some 4 microseconds "
                      "and %u bytes of memory each", 2 * info->dim);
    }
    if (kept->queries && kept->interval.high < 0.5) {
        w2b_talk_note("note: less than half of the nearest neighbours are left; try more bits%s",
                      transform ? "" : ", or --method transform");
    }
    if (report->subwords) w2b_talk_note("not kept: vectors for words outside the vocabulary");
}

static void say_summary(const args *a, const w2b_quantize_report *report, const w2b_info *info,
                        const w2b_compare_report *kept)
{
    char words[32], size[32], params[32], more[64] = "";
    uint64_t bytes = w2b_output_size(a->output);
    const double codes = report->bytes_after * (double)info->words;
    const double times = report->bytes_after > 0 ? report->bytes_before / report->bytes_after : 1;
    w2b_talk_note("%s: %s words x %u, %u bit%s a number (%s)%s%s",
                  w2b_output_name(a->output), w2b_talk_number(info->words, words), info->dim,
                  info->bits, info->bits == 1 ? "" : "s", report->method,
                  bytes ? "; file of " : "", bytes ? w2b_talk_size((double)bytes, size) : "");
    say_trials(report);
    if ((double)report->params * PARAMS_SAID > codes) {
        snprintf(more, sizeof more, ", and %s for all",
                 w2b_talk_size((double)report->params, params));
    }
    w2b_talk_note("bytes a word      %.5g -> %.5g  (%.1f times %s)%s", report->bytes_before,
                  report->bytes_after, times < 1 ? 1 / times : times,
                  times < 1 ? "larger" : "smaller", more);
    w2b_talk_note("squared error     %.3f%%", 100 * report->squared_error);
    w2b_talk_note("cosine to before  %.4f on average, %.4f at worst", report->mean_cosine,
                  report->worst_cosine);
    say_kept(kept);
    say_warnings(report, info, kept);
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

/* Reads and encodes in one go: a long file would not fit memory before. */
static int compress(args *a, const char *in, w2b_watch *watch, w2b_model **small,
                    w2b_quantize_report *report)
{
    w2b_diag diag;
    w2b_open_options open;
    a->quantize.method = a->method ? methods[a->method] : NULL;
    a->quantize.progress = w2b_talk_progress;
    a->quantize.progress_user = watch;
    set_input(a, &open);
    open.quantize = &a->quantize;
    open.report = report;
    open.progress = w2b_talk_progress;
    open.progress_user = watch;
    if (w2b_model_open(in, &open, small, &diag)) return w2b_talk_diag(&diag);
    return W2B_EXIT_DONE;
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
    if (a->quantize.bytes_per_word && w2b_opt_given(parsed, "bits")) {
        w2b_talk_error("quantize: --bytes-per-word chooses --bits itself; give one of them");
        return W2B_EXIT_USAGE;
    }
    if (a->quantize.prune && !a->quantize.bytes_per_word) {
        w2b_talk_error("quantize: --prune spends a budget; give --bytes-per-word as well");
        return W2B_EXIT_USAGE;
    }
    int code = w2b_output_check(a->output, a->force, 1);
    if (code) return code;
    w2b_watch watch = w2b_talk_guard(a->quiet);
    w2b_model *small;
    w2b_quantize_report report;
    code = compress(a, parsed->words[0], &watch, &small, &report);
    if (code) return code;
    w2b_info info;
    w2b_model_info(small, &info);
    code = save(a, small, &watch);
    w2b_compare_report kept;
    if (!code && (a->json || !a->quiet)) compare(a, parsed->words[0], small, &kept);
    if (!code && a->json) code = print_json(&report, &info, w2b_output_size(a->output), &kept);
    else if (!code && !a->quiet) say_summary(a, &report, &info, &kept);
    w2b_model_free(small);
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
        "squared length, the cosine between a vector before and after and, where the input is a "
        "file, how many of the 10 nearest neighbours of 200 words drawn from the first 20,000 "
        "are the same as before, with a 95% interval (\"w2b compare\" says more).\n\n"
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
