/*
 * replay.c - a target with the bytes of files, for any compiler and for AFL++'s
 * `afl-fuzz ... -- PROGRAM @@`:
 *
 *   fuzz_NAME [-n TIMES] [-s SEED] FILE...
 *
 * Each file as it is, and then TIMES times one of them with random changes:
 * flipped bits, bytes and numbers of interest, pieces moved, doubled, cut out,
 * or taken from another file. The same seed gives the same changes.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define SIZE_MOST ((size_t)1 << 16)
#define FILES_MOST 4096

typedef struct input {
    uint8_t *bytes;
    size_t size;
} input;

static input inputs[FILES_MOST];
static size_t n_inputs;
static uint64_t state;
static uint64_t under_way; /* number of the changed input */
static uint64_t seed = 1;

static uint64_t next_random(void)
{
    /* xorshift64* (Vigna 2016) */
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

static size_t below(size_t n)
{
    return n > 0 ? (size_t)(next_random() % n) : 0;
}

static void load(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(SIZE_MOST);
    if (!file || !bytes || n_inputs == FILES_MOST) {
        fprintf(stderr, "%s: cannot be read, or there are too many\n", path);
        exit(2);
    }
    const size_t size = fread(bytes, 1, SIZE_MOST, file);
    fclose(file);
    inputs[n_inputs++] = (input){bytes, size};
}

/* One change of bytes[*size], which has room for SIZE_MOST. */
static void change(uint8_t *bytes, size_t *size)
{
    static const uint8_t special[] = {0, 1, 0x7f, 0x80, 0xff, '\n', '\t', ' ', '"', '{', '-', '9'};
    const size_t at = below(*size), rest = *size - at;
    const input *other = &inputs[below(n_inputs)];
    size_t n = below(1 + (rest < 64 ? rest : 64));
    if (*size == 0)
        return;
    switch (below(7)) {
    case 0: bytes[at] ^= (uint8_t)(1u << below(8)); break;
    case 1: bytes[at] = special[below(sizeof special)]; break;
    case 2: memset(bytes + at, special[below(sizeof special)], rest < 8 ? rest : 8); break;
    case 3:
        memmove(bytes + at, bytes + at + n, rest - n);
        *size -= n;
        break;
    case 4:
        if (*size + n <= SIZE_MOST) {
            memmove(bytes + at + n, bytes + at, rest);
            *size += n;
        }
        break;
    case 5: *size = at; break;
    default:
        if (other->size > 0) {
            const size_t from = below(other->size);
            n = below(1 + other->size - from);
            n = n < rest ? n : rest;
            memcpy(bytes + at, other->bytes + from, n);
        }
        break;
    }
}

/* A copy of just the size, so that a sanitizer sees every step beyond. */
static void try_input(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (!copy)
        exit(2);
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* Only what may be called from a signal. */
static void tell(int number)
{
    static const char text[] = "fuzz: ended by a signal; the seed and number of the input:\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(3);
    char digits[2][24];
    const uint64_t numbers[2] = {seed, under_way};
    for (int i = 0; i < 2; i++) {
        char *at = digits[i] + sizeof digits[i];
        *--at = '\n';
        uint64_t x = numbers[i];
        do {
            *--at = (char)('0' + x % 10);
            x /= 10;
        } while (x > 0);
        if (write(STDERR_FILENO, at, (size_t)(digits[i] + sizeof digits[i] - at)) < 0)
            _exit(3);
    }
    signal(number, SIG_DFL);
    raise(number);
}

int main(int argc, char **argv)
{
    static uint8_t bytes[SIZE_MOST];
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM};
    unsigned long long times = 0;
    int option;
    while ((option = getopt(argc, argv, "n:s:")) != -1) {
        if (option == '?')
            return 2;
        if (option == 'n')
            times = strtoull(optarg, NULL, 10);
        else
            seed = strtoull(optarg, NULL, 10);
    }
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        signal(deadly[i], tell);
    for (int i = optind; i < argc; i++)
        load(argv[i]);
    for (size_t i = 0; i < n_inputs; i++)
        try_input(inputs[i].bytes, inputs[i].size);
    for (under_way = 1; under_way <= times && n_inputs > 0; under_way++) {
        /* Of its own, so that one can be had again alone. */
        state = (seed + under_way) * UINT64_C(0x9e3779b97f4a7c15) | 1;
        const input *from = &inputs[below(n_inputs)];
        size_t size = from->size;
        memcpy(bytes, from->bytes, size);
        for (size_t n = 1 + below(8); n > 0; n--)
            change(bytes, &size);
        try_input(bytes, size);
    }
    printf("%zu inputs, %llu changed ones\n", n_inputs, times);
    return 0;
}
