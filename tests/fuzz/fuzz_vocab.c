/*
 * fuzz_vocab.c - vocabularies, and text that is counted, compressed or not: the
 * first byte says which.
 */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    w2b_vocab *vocab = NULL;
    if (size < 1)
        return 0;
    const char *path = fuzz_file(0, bytes + 1, size - 1);
    if (bytes[0] & 1) {
        if (w2b_vocab_open(path, &vocab, NULL) != W2B_OK)
            return 0;
    } else {
        w2b_corpus_options options;
        w2b_corpus_report report;
        w2b_corpus_defaults(&options);
        options.threads = 1;
        options.min_count = 1 + (bytes[0] >> 4);
        options.max_word = 1 + (uint32_t)(bytes[0] & 0xe) * 20;
        if (w2b_vocab_count(&path, 1, &options, &vocab, &report, NULL) != W2B_OK)
            return 0;
    }
    for (uint64_t i = 0; i < w2b_vocab_size(vocab); i++)
        w2b_vocab_word(vocab, i, NULL, NULL);
    w2b_vocab_free(vocab);
    return 0;
}
