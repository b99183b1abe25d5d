/*
 * safetensors_write.c - writing safetensors: a file with one table and the
 * words in another, or a folder that Model2Vec and sentence-transformers load.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/format.h"
#include "io/little.h"
#include "io/rows_out.h"
#include "io/wordlist.h"

/* ----- The file ----------------------------------------------------------- */

static w2b_err write_head(w2b_out *out, uint32_t bits, uint64_t rows, uint32_t dim,
                          w2b_diag *diag)
{
    char text[256];
    uint8_t length[8];
    size_t n = (size_t)snprintf(text, sizeof text,
                                "{\"embeddings\":{\"dtype\":\"F%" PRIu32 "\",\"shape\":[%" PRIu64
                                ",%" PRIu32 "],\"data_offsets\":[0,%" PRIu64 "]}}",
                                bits, rows, dim, rows * dim * (bits / 8));
    /* The table begins at a multiple of 8 bytes. */
    while (n % 8 != 0)
        text[n++] = ' ';
    w2b_put_u64(length, n);
    const w2b_err err = w2b_out_write(out, length, sizeof length, diag);
    return err ? err : w2b_out_write(out, text, n, diag);
}

/* `blank` rows of zeros follow those of the model. */
static w2b_err write_tables(const w2b_model *model, uint64_t rows, uint64_t blank, w2b_out *out,
                            const w2b_save_options *options, w2b_diag *diag)
{
    const uint32_t bits = w2b_rows_out_bits(model);
    const uint32_t dim = w2b_model_code(model)->dim;
    static const uint8_t zeros[4];
    w2b_err err = write_head(out, bits, rows + blank, dim, diag);
    if (!err)
        err = w2b_rows_out_write(model, rows, NULL, out, options, diag);
    for (uint64_t i = 0; !err && i < blank * dim; i++)
        err = w2b_out_write(out, zeros, bits / 8, diag);
    return err;
}

w2b_err w2b_safetensors_save(const w2b_model *model, const char *path,
                             const w2b_save_options *options, w2b_diag *diag)
{
    const uint64_t rows = w2b_rows_out_count(model, options);
    w2b_outs outs = {0};
    w2b_out *tables, *words;
    char *beside = NULL;
    w2b_err err = w2b_wordlist_place(path, options, &beside, diag);
    if (err)
        return err;
    err = w2b_outs_open(&outs, path, options->replace, &tables, diag);
    if (!err)
        err = w2b_outs_open(&outs, beside, options->replace, &words, diag);
    if (!err)
        err = w2b_wordlist_write(model, rows, words, diag);
    if (!err)
        err = write_tables(model, rows, 0, tables, options, diag);
    w2b_free(beside);
    return w2b_outs_end(&outs, err, diag);
}

/* ----- The folder --------------------------------------------------------- */

/* "path/name" in outs. */
static w2b_err open_within(w2b_outs *outs, const char *path, const char *name, int replace,
                           w2b_out **out, w2b_diag *diag)
{
    const size_t n = strlen(path);
    const size_t length = n + strlen(name) + 2;
    char *joined = w2b_alloc(length, 1);
    if (!joined)
        return w2b_fail_memory(diag, length, "the name of a file");
    snprintf(joined, length, "%s%s%s", path, n > 0 && path[n - 1] == '/' ? "" : "/", name);
    const w2b_err err = w2b_outs_open(outs, joined, replace, out, diag);
    w2b_free(joined);
    return err;
}

static w2b_err write_config(w2b_out *config, w2b_out *modules, uint32_t bits, w2b_diag *diag)
{
    char text[256];
    const int n = snprintf(text, sizeof text,
                           "{\n    \"model_type\": \"model2vec\",\n"
                           "    \"architectures\": [\"StaticModel\"],\n"
                           "    \"normalize\": false,\n"
                           "    \"embedding_dtype\": \"float%" PRIu32 "\"\n}\n", bits);
    static const char list[] = "[\n    {\n        \"idx\": 0,\n        \"name\": \"0\",\n"
                               "        \"path\": \".\",\n        \"type\": "
                               "\"sentence_transformers.models.StaticEmbedding\"\n    }\n]\n";
    const w2b_err err = w2b_out_write(config, text, (size_t)n, diag);
    return err ? err : w2b_out_write(modules, list, sizeof list - 1, diag);
}

static w2b_err write_folder(const w2b_model *model, const char *path, w2b_outs *outs,
                            const w2b_save_options *options, w2b_diag *diag)
{
    static const char *const names[] = {"model.safetensors", "tokenizer.json", "config.json",
                                        "modules.json"};
    const uint64_t rows = w2b_rows_out_count(model, options);
    const int64_t unknown = w2b_tokenizer_unknown(model, rows);
    w2b_out *files[4] = {NULL};
    w2b_err err = W2B_OK;
    for (size_t i = 0; !err && i < 4; i++)
        err = open_within(outs, path, names[i], options->replace, &files[i], diag);
    if (!err)
        err = w2b_tokenizer_write(model, rows, unknown, files[1], diag);
    if (!err)
        err = write_config(files[2], files[3], w2b_rows_out_bits(model), diag);
    return err ? err : write_tables(model, rows, unknown < 0, files[0], options, diag);
}

w2b_err w2b_model2vec_save(const w2b_model *model, const char *path,
                           const w2b_save_options *options, w2b_diag *diag)
{
    w2b_outs outs = {0};
    if (strcmp(path, "-") == 0)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "this format is a folder, not a file");
    const int made = mkdir(path, 0777) == 0;
    if (!made && errno != EEXIST)
        return w2b_fail_sys(diag, path, errno, "cannot make the folder");
    w2b_err err = write_folder(model, path, &outs, options, diag);
    err = w2b_outs_end(&outs, err, diag);
    if (err && made)
        (void)rmdir(path);
    return err;
}
