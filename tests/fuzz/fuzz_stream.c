/*
 * fuzz_stream.c - compressed files: gzip, bzip2, xz, zstd, and several of them
 * one after the other.
 */
#include "io/stream.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static uint8_t buffer[100000];
    w2b_stream *stream;
    const uint8_t *head;
    size_t got = 1;
    if (w2b_stream_open(fuzz_file(0, bytes, size), &stream, NULL) != W2B_OK)
        return 0;
    w2b_stream_limit(stream, (uint64_t)4 << 20);
    if (size % 2)
        w2b_stream_peek(stream, &head, &got, NULL);
    got = 1;
    while (got && w2b_stream_read(stream, buffer, 1 + size * 7 % sizeof buffer, &got, NULL) ==
                      W2B_OK) {
    }
    w2b_stream_close(stream);
    return 0;
}
