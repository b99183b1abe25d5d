/*
 * fuzz_checkpoint.c - checkpoints of training, read on their own and gone on from.
 *
 * An input is what is written over a sound checkpoint, piece by piece: its place
 * (16 bits), its length (8 bits), its bytes. The first byte says which of two
 * checkpoints, whether the checksums are made anew, so that what they hold is
 * looked at, and whether the file is cut at the place of the last piece.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/checksum.h"
#include "io/little.h"
#include "tests/fuzz/fuzz.h"
#include "word2bits/checkpoint.h"

#define SIZE_MOST 4096
#define SEALS_MOST 16

typedef struct sound {
    uint8_t bytes[SIZE_MOST];
    size_t size;
    size_t seals[SEALS_MOST]; /* where checksums stand: of the bytes since the one before */
    size_t n_seals;
} sound;

static char path[64];

static const char *text_file(void)
{
    static const char text[] = "a b c a b\nb c d a b a\nc c d d a\nb a a b\n";
    return fuzz_file(1, (const uint8_t *)text, sizeof text - 1);
}

static void fill_options(w2b_train_options *options, int bits)
{
    w2b_train_defaults(options);
    options->dim = 3;
    options->window = 1;
    options->negative = 1;
    options->pool = 1;
    options->epochs = 2;
    options->streams = 2;
    options->block = 1;
    options->train_bits = (uint32_t)bits;
    options->bits = 32;
    options->sample = 0;
    options->corpus.min_count = 1;
    options->corpus.threads = 1;
    options->checkpoint = path;
    options->checkpoint_seconds = 0;
}

static int stop_at_checkpoint(const w2b_progress *progress, void *user)
{
    (void)user;
    return progress->stage == W2B_STAGE_WRITE;
}

static void put_file(const uint8_t *bytes, size_t size)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd) != 0) {
        perror(path);
        exit(1);
    }
}

/* A section ends where the checksum of what is behind the last one stands. */
static void find_seals(sound *s)
{
    size_t from = 0;
    for (size_t at = 1; at + 8 <= s->size && s->n_seals < SEALS_MOST; at++) {
        if (w2b_get_u64(s->bytes + at) == w2b_checksum_best()(s->bytes + from, at - from)) {
            s->seals[s->n_seals++] = at;
            from = at + 8;
            at = from;
        }
    }
    if (from != s->size) {
        fprintf(stderr, "fuzz: a sound checkpoint was not understood\n");
        exit(1);
    }
}

static void make_sound(sound *s, int bits)
{
    w2b_train_options options;
    w2b_model *model = NULL;
    const char *text = text_file();
    fill_options(&options, bits);
    options.checkpoint_rounds = 4;
    options.replace_checkpoint = 1;
    options.corpus.progress = stop_at_checkpoint;
    if (w2b_train(&text, 1, &options, &model, NULL, NULL) != W2B_ERR_CANCELLED)
        exit(1);
    FILE *file = fopen(path, "rbe");
    s->size = file ? fread(s->bytes, 1, SIZE_MOST, file) : 0;
    if (file)
        fclose(file);
    unlink(path);
    find_seals(s);
}

static void seal(const sound *s, uint8_t *bytes, size_t size)
{
    size_t from = 0;
    for (size_t i = 0; i < s->n_seals && s->seals[i] + 8 <= size; i++) {
        w2b_put_u64(bytes + s->seals[i], w2b_checksum_best()(bytes + from, s->seals[i] - from));
        from = s->seals[i] + 8;
    }
}

/* The size of what is made in `file`. */
static size_t write_over(const sound *s, const uint8_t *bytes, size_t size, uint8_t *file)
{
    const uint8_t flags = bytes[0];
    size_t last = s->size;
    memcpy(file, s->bytes, s->size);
    for (size_t at = 1; at + 3 <= size;) {
        const size_t place = (size_t)(bytes[at] | bytes[at + 1] << 8) % s->size;
        size_t n = bytes[at + 2];
        at += 3;
        n = n < size - at ? n : size - at;
        n = n < s->size - place ? n : s->size - place;
        memcpy(file + place, bytes + at, n);
        at += n;
        last = place;
    }
    if (flags & 2)
        seal(s, file, s->size);
    return flags & 4 ? last : s->size;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static sound sounds[2];
    static uint8_t file[SIZE_MOST];
    w2b_vocab *vocab = NULL;
    w2b_latents latents = {0};
    w2b_train_options options;
    w2b_model *model = NULL;
    if (!path[0]) {
        const char *folder = getenv("TMPDIR");
        snprintf(path, sizeof path, "%.30s/w2b-fuzz-%ld.state", folder ? folder : "/tmp",
                 (long)getpid());
        make_sound(&sounds[0], 0);
        make_sound(&sounds[1], 1);
    }
    if (size < 1)
        return 0;
    const int bits = bytes[0] & 1;
    const size_t n = write_over(&sounds[bits], bytes, size, file);
    if (w2b_checkpoint_open(fuzz_file(0, file, n), &vocab, &latents, NULL) == W2B_OK) {
        w2b_vocab_free(vocab);
        w2b_latents_release(&latents);
    }
    fill_options(&options, bits);
    options.resume = 1;
    const char *text = text_file();
    put_file(file, n);
    if (w2b_train(&text, 1, &options, &model, NULL, NULL) == W2B_OK)
        w2b_model_free(model);
    unlink(path);
    return 0;
}
