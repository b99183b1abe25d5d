/*
 * fuzz_number.c - decimal numbers: what is read must be what the C library reads
 * of the same characters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/number.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char text[512], back[W2B_NUMBER_ROOM];
    float value, again;
    double wide;
    if (size >= sizeof text)
        return 0;
    memcpy(text, bytes, size);
    text[size] = '\0';
    w2b_number_read_double(text, text + size, &wide);
    const char *end = w2b_number_read(text, text + size, &value);
    if (!end)
        return 0;
    text[end - text] = '\0';
    const float want = strtof(text, NULL);
    if (memcmp(&want, &value, sizeof want) != 0 && want == want) {
        fprintf(stderr, "fuzz_number: \"%s\" is %a, not %a\n", text, (double)want, (double)value);
        abort();
    }
    const size_t n = w2b_number_write(value, back);
    if (value == value && (!w2b_number_read(back, back + n, &again) || again != value))
        abort();
    return 0;
}
