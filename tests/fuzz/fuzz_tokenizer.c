/*
 * fuzz_tokenizer.c - the words of a tokenizer.json: the first byte says how many
 * rows of vectors there are.
 */
#include "io/wordlist.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    w2b_open_options options;
    w2b_stream *stream;
    uint32_t length;
    if (size < 1)
        return 0;
    fuzz_limits(&options);
    w2b_wordlist list = {.rows = bytes[0]};
    if (w2b_stream_open(fuzz_file(0, bytes + 1, size - 1), &stream, NULL) != W2B_OK)
        return 0;
    if (w2b_tokenizer_read(stream, &list, &options, NULL) == W2B_OK)
        for (uint64_t row = 0; row < list.n; row++)
            w2b_wordlist_word(&list, row, &length);
    w2b_stream_close(stream);
    w2b_wordlist_free(&list);
    return 0;
}
