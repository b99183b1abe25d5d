/*
 * fuzz_formats.c - files of embeddings, as every format there is: the first byte
 * chooses one, or that it be found from the content. A second part of the
 * input, behind four bytes FF, is the file of words for formats that have none.
 */
#include <string.h>

#include "io/format.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/sample.h"

static w2b_err open_as(int id, const char *path, const w2b_open_options *options,
                       w2b_model **model)
{
    const w2b_format_row *row = w2b_format_find((w2b_format)id);
    w2b_stream *stream;
    if (!row || !row->read)
        return w2b_model_open(path, options, model, NULL);
    w2b_err err = w2b_stream_open(path, &stream, NULL);
    if (err)
        return err;
    w2b_stream_limit(stream, options->max_bytes);
    err = row->read(stream, options, model, NULL);
    w2b_stream_close(stream);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    w2b_open_options options;
    w2b_model *model = NULL;
    fuzz_limits(&options);
    if (size < 1)
        return 0;
    const int id = bytes[0];
    bytes++;
    size--;
    const uint8_t *cut = memmem(bytes, size, "\xff\xff\xff\xff", 4);
    if (cut) {
        options.vocab = fuzz_file(1, cut + 4, size - (size_t)(cut + 4 - bytes));
        size = (size_t)(cut - bytes);
    }
    if (open_as(id, fuzz_file(0, bytes, size), &options, &model) == W2B_OK) {
        sample_touch_all(model);
        w2b_model_free(model);
    }
    return 0;
}
