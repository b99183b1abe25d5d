/*
 * search.c - how fast a search is, next to the speed at which memory can be
 * read: `make bench-search`.
 *
 * For each number of bits a model of random codes is made that no cache holds.
 * Then, turn by turn, its codes are read as a plain sum, searched for one word,
 * and searched for one vector; the best turn of each counts, in processor time,
 * so that other work on the machine disturbs as little as may be. Last comes a
 * batch of words.
 *
 * usage: [W2B_ISA=ISA] search [MIB [DIM [BITS...]]]
 *
 * Lines go to standard output, divided by tabs; see the titles.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "io/model.h"
#include "quant/num.h"

#define SEED 1
#define TURNS 15
#define BATCH 1000
#define K 10

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void stop(const w2b_diag *diag)
{
    fprintf(stderr, "bench: %s\n", diag->text);
    exit(1);
}

static w2b_model *model_of(size_t bytes, uint32_t dim, uint32_t bits, const uint8_t **codes,
                           w2b_diag *diag)
{
    w2b_parts parts = {.format = "memory"};
    if (w2b_code_init(&parts.code, W2B_METHOD_GAUSS, bits, dim) != 0) {
        return NULL;
    }
    parts.words = bytes / parts.code.stride;
    parts.bytes = w2b_alloc(parts.words, 10);
    parts.starts = w2b_alloc(parts.words + 1, sizeof *parts.starts);
    parts.code_room = parts.words * parts.code.stride;
    parts.codes = w2b_pages(parts.code_room);
    parts.scales = w2b_alloc_zero(parts.words, sizeof *parts.scales);
    if (!parts.bytes || !parts.starts || !parts.codes || !parts.scales) {
        w2b_parts_free(&parts);
        return NULL;
    }
    for (uint64_t i = 0; i <= parts.words; i++) {
        parts.starts[i] = 10 * i;
        if (i < parts.words) {
            snprintf(parts.bytes + 10 * i, 10, "%09u", (unsigned)i);
        }
    }
    w2b_rng rng;
    w2b_rng_seed(&rng, SEED, bits);
    for (size_t i = 0; i + 8 <= parts.code_room; i += 8) {
        const uint64_t x = w2b_rng_next(&rng);
        memcpy(parts.codes + i, &x, 8);
    }
    /* Bits past the last code of a row are zero by format. */
    const unsigned used = dim * bits % 8;
    for (uint64_t i = 1; used != 0 && i <= parts.words; i++) {
        parts.codes[i * parts.code.stride - 1] &= (uint8_t)((1u << used) - 1);
    }
    *codes = parts.codes;
    w2b_model *model = NULL;
    return w2b_model_make(&parts, &model, diag) == W2B_OK ? model : NULL;
}

/* A plain read of n bytes, by the widest loads that the machine has. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
__attribute__((optimize("O3"), target_clones("avx512f", "avx2", "default")))
#endif
static uint64_t sum_of(const uint8_t *codes, size_t n)
{
    uint64_t sum[8] = {0};
    for (size_t i = 0; i + 64 <= n; i += 64) {
        uint64_t words[8];
        memcpy(words, codes + i, 64);
        for (int j = 0; j < 8; j++) {
            sum[j] += words[j];
        }
    }
    return sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
}

typedef struct bench {
    w2b_search *search;
    uint64_t words;
    w2b_hit *hits;    /* [BATCH][K] */
    size_t *found;
    w2b_term *terms;  /* [BATCH] */
    w2b_query *queries;
} bench;

static double time_of(const bench *b, const w2b_query *queries, size_t n)
{
    w2b_diag diag;
    const double begin = seconds();
    if (w2b_search_nearest(b->search, queries, n, K, b->hits, b->found, &diag) != W2B_OK) {
        stop(&diag);
    }
    return seconds() - begin;
}

static double less(double a, double b)
{
    return a < b ? a : b;
}

static void measure(const bench *b, const uint8_t *codes, size_t bytes, uint32_t dim, uint32_t bits)
{
    float *const vector = w2b_alloc(dim, sizeof *vector);
    for (uint32_t i = 0; i < dim; i++) {
        vector[i] = (float)(i * 7 % 31) - 15.2f;
    }
    const w2b_query sum = {NULL, 0, vector};
    double read = 1e9, word = 1e9, other = 1e9, batch = 1e9;
    volatile uint64_t sink = 0;
    (void)time_of(b, b->queries, 1);
    (void)time_of(b, &sum, 1);
    for (int turn = 0; turn < TURNS; turn++) {
        const double begin = seconds();
        sink = sink + sum_of(codes, bytes);
        read = less(read, seconds() - begin);
        word = less(word, time_of(b, b->queries + turn, 1));
        other = less(other, time_of(b, &sum, 1));
    }
    for (int turn = 0; turn < 2; turn++) {
        batch = less(batch, time_of(b, b->queries, BATCH));
    }
    w2b_free(vector);
    const double rows = (double)b->words, giga = (double)bytes * 1e-9;
    printf("%u\t%.0f\t%.1f\t%.2f\t%.1f\t%.0f\t%.2f\t%.0f\t%.3f\t%.1f\n", bits, rows, giga / read,
           word / rows * 1e9, giga / word, 100 * read / word, other / rows * 1e9,
           100 * read / other, batch / BATCH / rows * 1e9, word * BATCH / batch);
    fflush(stdout);
}

static w2b_isa isa_wanted(void)
{
    const char *const name = getenv("W2B_ISA");
    for (int isa = W2B_ISA_AUTO; name != NULL && isa <= W2B_ISA_AVX512; isa++) {
        if (strcmp(name, w2b_isa_name((w2b_isa)isa)) == 0) {
            return (w2b_isa)isa;
        }
    }
    return W2B_ISA_AUTO;
}

static void bench_bits(size_t bytes, uint32_t dim, uint32_t bits)
{
    w2b_diag diag = {.text = "no memory"};
    const uint8_t *codes = NULL;
    w2b_model *const model = model_of(bytes, dim, bits, &codes, &diag);
    if (model == NULL) {
        stop(&diag);
    }
    w2b_search_options options;
    w2b_search_defaults(&options);
    options.threads = 1;
    options.isa = isa_wanted();
    bench b = {.words = w2b_model_words(model),
               .hits = w2b_alloc(BATCH * K, sizeof *b.hits),
               .found = w2b_alloc(BATCH, sizeof *b.found),
               .terms = w2b_alloc(BATCH, sizeof *b.terms),
               .queries = w2b_alloc(BATCH, sizeof *b.queries)};
    if (!b.hits || !b.found || !b.terms || !b.queries ||
        w2b_search_new(model, &options, &b.search, &diag) != W2B_OK) {
        stop(&diag);
    }
    for (size_t i = 0; i < BATCH; i++) {
        b.terms[i] = (w2b_term){i * 7919 % b.words, 1};
        b.queries[i] = (w2b_query){&b.terms[i], 1, NULL};
    }
    measure(&b, codes, b.words * w2b_model_code(model)->stride, dim, bits);
    w2b_search_free(b.search);
    w2b_model_free(model);
    w2b_free(b.hits);
    w2b_free(b.found);
    w2b_free(b.terms);
    w2b_free(b.queries);
}

int main(int argc, char **argv)
{
    static const uint32_t usual[] = {1, 2, 3, 4, 5, 6, 7, 8};
    const size_t mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 256;
    const uint32_t dim = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 300;
    if (mib == 0 || mib > 1 << 14 || dim == 0 || dim > 65536) {
        fprintf(stderr, "usage: search [MIB [DIM [BITS...]]]\n");
        return 2;
    }
    printf("bits\trows\tread GB/s\tword ns\tGB/s\t%% of read\tvector ns\t%% of read\t"
           "batch ns\tbatch/single\n");
    if (argc > 3) {
        for (int i = 3; i < argc; i++) {
            bench_bits(mib << 20, dim, (uint32_t)strtoul(argv[i], NULL, 10));
        }
        return 0;
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        bench_bits(mib << 20, dim, usual[i]);
    }
    return 0;
}
