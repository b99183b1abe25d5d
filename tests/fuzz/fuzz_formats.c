/*
 * fuzz_formats.c - files of embeddings: the first line names the format that they
 * are read as, or says "auto": it is found from the content. A second part of
 * the input, behind four bytes FF, is the file of words for formats that have
 * none.
 */
#include <string.h>

#include "io/format.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/sample.h"

#define NAME_MOST 32

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t most) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed);

/* Where the first line ends, behind its newline; 0 if there is no such line. */
static size_t line_end(const uint8_t *bytes, size_t size)
{
    const uint8_t *end = memchr(bytes, '\n', size < NAME_MOST ? size : NAME_MOST);
    return end ? (size_t)(end - bytes) + 1 : 0;
}

/* Changes all but the first line, so that what began as seeds of one format are
 * inputs of that format for ever, and no other one takes its time. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed)
{
    const size_t head = line_end(bytes, size);
    (void)seed;
    return head + LLVMFuzzerMutate(bytes + head, size - head, most - head);
}

static const w2b_format_row *row_named(const uint8_t *name, size_t length)
{
    for (int id = 0; id < 256; id++) {
        const w2b_format_row *row = w2b_format_find((w2b_format)id);
        if (row && strlen(row->name) == length && memcmp(row->name, name, length) == 0)
            return row;
    }
    return NULL;
}

static w2b_err open_as(const w2b_format_row *row, const char *path,
                       const w2b_open_options *options, w2b_model **model)
{
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
    const size_t head = line_end(bytes, size);
    fuzz_limits(&options);
    if (head == 0)
        return 0;
    const w2b_format_row *row = row_named(bytes, head - 1);
    bytes += head;
    size -= head;
    const uint8_t *cut = memmem(bytes, size, "\xff\xff\xff\xff", 4);
    if (cut) {
        options.vocab = fuzz_file(1, cut + 4, size - (size_t)(cut + 4 - bytes));
        size = (size_t)(cut - bytes);
    }
    if (open_as(row, fuzz_file(0, bytes, size), &options, &model) == W2B_OK) {
        sample_touch_all(model);
        w2b_model_free(model);
    }
    return 0;
}
