/*
 * fuzz_container.c - .w2b files whose checksums are right, so that what they
 * hold is looked at: the first bit of the first byte says whether the sums
 * are made anew, the second whether what is whole is saved, too.
 */
#include <string.h>

#include "io/container.h"
#include "io/mapped.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/sample.h"

static void repair(const uint8_t *file, size_t size)
{
    w2b_repair_report report;
    if (w2b_repair(fuzz_file(0, file, size), "/dev/null", 1, &report, NULL) == W2B_OK)
        w2b_repair_report_free(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    w2b_model *model = NULL;
    if (size < 1 + W2B_HEADER_SIZE + W2B_DIRECTORY_HEAD)
        return 0;
    uint8_t *file = w2b_alloc(size - 1, 1);
    if (!file)
        return 0;
    memcpy(file, bytes + 1, size - 1);
    if (bytes[0] & 1)
        sample_reseal(file, size - 1);
    if (sample_open(file, size - 1, &model, NULL) == W2B_OK) {
        sample_touch_all(model);
        w2b_model_free(model);
        sample_verify(file, size - 1, NULL);
    }
    if (bytes[0] & 2)
        repair(file, size - 1);
    w2b_free(file);
    return 0;
}
