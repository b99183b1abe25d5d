/*
 * fuzz.c - what the targets of this folder share.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/sample.h"

const char *fuzz_file(int slot, const uint8_t *bytes, size_t size)
{
    static int fds[2] = {-1, -1};
    static char paths[2][32];
    if (fds[slot] < 0) {
        fds[slot] = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(paths[slot], sizeof paths[slot], "/proc/self/fd/%d", fds[slot]);
    }
    if (fds[slot] < 0 || ftruncate(fds[slot], 0) != 0 ||
        pwrite(fds[slot], bytes, size, 0) != (ssize_t)size) {
        perror("fuzz: memfd");
        exit(1);
    }
    return paths[slot];
}

void fuzz_limits(w2b_open_options *options)
{
    w2b_open_defaults(options);
    options->max_bytes = (uint64_t)16 << 20;
    options->threads = 1;
    /* Beside the file there is nothing of ours. */
    options->vocab = "/proc/self/cmdline";
}

const w2b_model *fuzz_model(void)
{
    static w2b_model *model;
    static const sample_shape shape = {.words = 200, .dim = 20, .bits = 2,
                                       .method = W2B_METHOD_GAUSS, .counts = 1, .prefix = "w",
                                       .seed = 1};
    if (!model)
        model = sample_model(&shape);
    return model;
}
