/*
 * format.c - the formats of embeddings, and opening and saving in any of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/folder.h"
#include "io/format.h"
#include "io/inside.h"
#include "io/model.h"

/* A new format is a new row. */
static const w2b_format_row formats[] = {
    {W2B_FORMAT_W2B, "w2b", ".w2b", w2b_w2b_sniff, w2b_w2b_read, w2b_w2b_write, NULL},
    /* In front of word2vec's, which begin with the same line and ask for less. */
    {W2B_FORMAT_SIGNS, "binarized-text", "", w2b_signs_sniff, w2b_signs_read, NULL, NULL},
    {W2B_FORMAT_WORD2VEC_BINARY, "word2vec-binary", ".bin", w2b_word2vec_sniff_binary,
     w2b_word2vec_read_binary, w2b_word2vec_write_binary, NULL},
    {W2B_FORMAT_WORD2VEC_TEXT, "word2vec-text", ".txt .vec", w2b_word2vec_sniff_text,
     w2b_word2vec_read_text, w2b_word2vec_write_text, NULL},
    {W2B_FORMAT_NPY, "npy", ".npy", w2b_npy_sniff, w2b_npy_read, NULL, w2b_npy_save},
    {W2B_FORMAT_SAFETENSORS, "safetensors", ".safetensors", w2b_safetensors_sniff,
     w2b_safetensors_read, NULL, w2b_safetensors_save},
    {W2B_FORMAT_FINALFUSION, "finalfusion", ".fifu", w2b_finalfusion_sniff, w2b_finalfusion_read,
     w2b_finalfusion_write, NULL},
    {W2B_FORMAT_GLOVE, "glove", ".glove", w2b_glove_sniff, w2b_glove_read, w2b_glove_write, NULL},
    {W2B_FORMAT_TABLE, "table", ".tsv", w2b_table_sniff, w2b_table_read, w2b_table_write, NULL},
    {W2B_FORMAT_FASTTEXT, "fasttext", ".ftz", w2b_fasttext_sniff, w2b_fasttext_read, NULL, NULL},
    {W2B_FORMAT_MODEL2VEC, "model2vec", "", NULL, NULL, NULL, w2b_model2vec_save},
};

#define N_FORMATS (sizeof formats / sizeof formats[0])

const w2b_format_row *w2b_format_find(w2b_format id)
{
    for (size_t i = 0; i < N_FORMATS; i++) {
        if (formats[i].id == id)
            return &formats[i];
    }
    return NULL;
}

/* From the last dot of the last part of the path; "" if there is none. */
static const char *extension_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return dot && dot > name ? dot : "";
}

/* Whether `word` is one of those in `list`, which spaces divide. */
static int listed(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = list; *at;) {
        const size_t item = strcspn(at, " ");
        if (item == n && strncasecmp(at, word, n) == 0)
            return 1;
        at += item;
        at += *at == ' ';
    }
    return 0;
}

w2b_format w2b_format_of_name(const char *path)
{
    const char *extension = extension_of(path);
    const size_t length = strlen(path);
    if (length > 0 && path[length - 1] == '/')
        return W2B_FORMAT_MODEL2VEC;
    for (size_t i = 0; *extension && i < N_FORMATS; i++) {
        if (listed(formats[i].extensions, extension))
            return formats[i].id;
    }
    return W2B_FORMAT_AUTO;
}

/* ----- Options ------------------------------------------------------------ */

void w2b_open_defaults(w2b_open_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->max_words = (uint64_t)UINT32_MAX - 1;
    options->max_dim = 65536;
    options->max_word = (uint32_t)1 << 20;
    options->max_bytes = (uint64_t)1 << 36;
    options->max_json = (uint64_t)1 << 27;
    options->max_depth = 256;
}

void w2b_save_defaults(w2b_save_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

/* Copies the caller's options, which may be of an older or newer version, over
 * the defaults of ours. `size` is the first field of `given`. */
static w2b_err take_options(void *ours, size_t our_size, const void *given, w2b_diag *diag)
{
    size_t size;
    if (!given)
        return W2B_OK;
    memcpy(&size, given, sizeof size);
    if (size < sizeof size)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "the options have not been initialized");
    memcpy(ours, given, size < our_size ? size : our_size);
    memcpy(ours, &our_size, sizeof our_size);
    return W2B_OK;
}

/* ----- Opening ------------------------------------------------------------ */

/* A regular file that is not compressed can be mapped. Whatever goes wrong
 * here goes wrong again, with a message, where the file is read. */
static int is_plain_w2b(const char *path)
{
    struct stat st;
    uint8_t head[W2B_MAGIC_SIZE];
    /* A pipe must not be opened twice. */
    if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n;
    do {
        n = pread(fd, head, sizeof head, 0);
    } while (n < 0 && errno == EINTR);
    close(fd);
    return n == (ssize_t)sizeof head && memcmp(head, W2B_MAGIC, sizeof head) == 0;
}

/* The format that the first `n` bytes look most like, and how sure that is. */
static const w2b_format_row *sniff(const uint8_t *head, size_t n, int *score)
{
    const w2b_format_row *best = NULL;
    *score = 0;
    for (size_t i = 0; i < N_FORMATS; i++) {
        const int found =
            formats[i].sniff ? formats[i].sniff(head, n, n < W2B_STREAM_PEEK) : 0;
        if (found > *score) {
            *score = found;
            best = &formats[i];
        }
    }
    return best;
}

int w2b_model_probe(const char *path)
{
    struct stat st;
    w2b_stream *stream;
    /* What is read from a pipe would be missing later. */
    if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
        w2b_stream_open(path, &stream, NULL) != W2B_OK)
        return 0;
    const uint8_t *head;
    size_t n;
    int score = 0;
    if (w2b_stream_peek(stream, &head, &n, NULL) == W2B_OK && n > 0)
        sniff(head, n, &score);
    w2b_stream_close(stream);
    return score;
}

static w2b_err read_any(w2b_stream *stream, const w2b_open_options *options,
                        w2b_model **model, w2b_diag *diag)
{
    const char *name = w2b_stream_name(stream);
    const uint8_t *head;
    size_t n;
    const w2b_err err = w2b_stream_peek(stream, &head, &n, diag);
    if (err)
        return err;
    if (n == 0)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, name, W2B_NOWHERE, W2B_NOWHERE,
                           "the file is empty");
    int score;
    const w2b_format_row *best = sniff(head, n, &score);
    if (!best)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, name, W2B_NOWHERE, W2B_NOWHERE,
                           "no known format of word vectors");
    return best->read(stream, options, model, diag);
}

static w2b_err open_file(const char *path, const w2b_open_options *options, w2b_model **model,
                         w2b_diag *diag)
{
    w2b_stream *stream;
    if (is_plain_w2b(path))
        return w2b_map_open(path, options, model, diag);
    w2b_err err = w2b_stream_open(path, &stream, diag);
    if (err)
        return err;
    w2b_stream_limit(stream, options->max_bytes);
    err = read_any(stream, options, model, diag);
    w2b_stream_close(stream);
    return err;
}

static w2b_err open_path(const char *path, const w2b_open_options *options,
                         w2b_model **model, w2b_diag *diag)
{
    char *within;
    if (!w2b_folder_is(path))
        return open_file(path, options, model, diag);
    w2b_err err = w2b_safetensors_within(path, &within, diag);
    if (err)
        return err;
    err = open_file(within, options, model, diag);
    w2b_free(within);
    return err;
}

w2b_err w2b_model_open(const char *path,
                       const w2b_open_options *options,
                       w2b_model **model, w2b_diag *diag)
{
    w2b_open_options ours;
    w2b_quantize_report report = {.method = NULL};
    w2b_model *opened;
    w2b_open_defaults(&ours);
    w2b_err err = take_options(&ours, sizeof ours, options, diag);
    if (err)
        return err;
    w2b_quantize_report *const wanted = ours.report;
    ours.report = &report;
    err = open_path(path, &ours, &opened, diag);
    if (err)
        return err;
    /* Rows may have been encoded on their way, or not. */
    if (ours.quantize && !report.method) {
        w2b_model *before = opened;
        err = w2b_model_quantize(before, ours.quantize, &opened, &report, diag);
        if (!err)
            w2b_model_move_subwords(before, opened);
        w2b_model_free(before);
    }
    if (err)
        return err;
    if (wanted && ours.quantize)
        *wanted = report;
    *model = opened;
    return W2B_OK;
}

/* ----- Saving ------------------------------------------------------------- */

/* The format that is asked for, or that the name stands for; a name without
 * an extension, "-" and devices included, stands for our own. */
static w2b_err choose_format(const char *path, w2b_format asked, const w2b_format_row **row,
                             w2b_diag *diag)
{
    const char *extension = extension_of(path);
    w2b_format id = asked;
    if (id == W2B_FORMAT_AUTO)
        id = w2b_format_of_name(path);
    if (id == W2B_FORMAT_AUTO && !*extension)
        id = W2B_FORMAT_W2B;
    if (id == W2B_FORMAT_AUTO)
        return w2b_fail_at(diag, W2B_ERR_ARGUMENT, path, W2B_NOWHERE, W2B_NOWHERE,
                           "no format is known by the extension \"%s\"", extension);
    const w2b_format_row *found = w2b_format_find(id);
    if (found && !found->write && !found->save)
        return w2b_fail_at(diag, W2B_ERR_ARGUMENT, path, W2B_NOWHERE, W2B_NOWHERE,
                           "%s files are only read, not written", found->name);
    *row = found;
    if (!found)
        return w2b_fail_at(diag, W2B_ERR_ARGUMENT, path, W2B_NOWHERE, W2B_NOWHERE,
                           "there is no format number %d", (int)id);
    return W2B_OK;
}

w2b_err w2b_model_save(const w2b_model *model, const char *path,
                       const w2b_save_options *options,
                       w2b_diag *diag)
{
    w2b_save_options ours;
    const w2b_format_row *row;
    w2b_out *out;
    w2b_save_defaults(&ours);
    w2b_err err = take_options(&ours, sizeof ours, options, diag);
    if (err)
        return err;
    err = choose_format(path, ours.format, &row, diag);
    if (err)
        return err;
    if (row->save)
        return row->save(model, path, &ours, diag);
    err = w2b_out_open(path, ours.replace, &out, diag);
    if (err)
        return err;
    err = row->write(model, out, &ours, diag);
    if (!err)
        err = w2b_model_unchanged(model, diag);
    if (err) {
        w2b_out_abort(out);
        return err;
    }
    return w2b_out_commit(out, diag);
}
