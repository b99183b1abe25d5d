/*
 * test_foreign.c - damaged files of other programs: cut at every length, with
 * bits turned, under compression; and headers that promise what is not there.
 *
 * A cut file is always refused. A turned bit may make another sound file, as
 * one in a number does: what matters is that nothing else happens. Under
 * AddressSanitizer these tests say most.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "tests/unit/foreign.h"
#include "tests/unit/sample.h"
#include "tests/unit/scratch.h"

#define WORDS "a\nb\nc\n"
#define FLIPS 1500
#define FRONT ((size_t)200)

static foreign f;

/* ----- One file of each kind ---------------------------------------------- */

static void make_npy(void)
{
    foreign_npy(&f, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }");
    foreign_rows(&f, 0, 3, 2);
}

static void make_npy_columns(void)
{
    foreign_npy(&f, 2, "{'descr': '>f2', 'fortran_order': True, 'shape': (3, 2), }");
    foreign_rows(&f, 0, 1, 3);
}

static void make_safetensors(void)
{
    foreign_safetensors(&f, "{\"embeddings\":{\"dtype\":\"F32\",\"shape\":[3,2],"
                            "\"data_offsets\":[0,24]}}");
    foreign_rows(&f, 0, 3, 2);
}

static void make_model2vec(void)
{
    foreign_safetensors(&f, "{\"embeddings\":{\"dtype\":\"F32\",\"shape\":[2,2],"
                            "\"data_offsets\":[36,52]},\"mapping\":{\"dtype\":\"I32\","
                            "\"shape\":[3],\"data_offsets\":[0,12]},\"weights\":{\"dtype\":"
                            "\"F64\",\"shape\":[3],\"data_offsets\":[12,36]}}");
    foreign_u32(&f, 1);
    foreign_u32(&f, 0);
    foreign_u32(&f, 1);
    for (int i = 0; i < 3; i++)
        foreign_u64(&f, UINT64_C(0x3ff0000000000000));
    foreign_rows(&f, 0, 2, 2);
}

static void make_fasttext(void)
{
    foreign_fasttext_model(&f, &(foreign_fasttext){.min_n = 2, .max_n = 3, .buckets = 5});
}

static void make_supervised(void)
{
    foreign_fasttext_model(&f, &(foreign_fasttext){.buckets = 3, .supervised = 1});
}

static void make_ftz(void)
{
    foreign_fasttext_model(&f, &(foreign_fasttext){.min_n = 2, .max_n = 3, .buckets = 6,
                                                   .supervised = 1, .quantized = 1, .pruned = 1});
}

static void make_simple(void)
{
    foreign_fifu_model(&f, &(foreign_fifu){.vocab = 1, .norms = 1, .metadata = 1});
}

static void make_buckets(void)
{
    foreign_fifu_model(&f, &(foreign_fifu){.vocab = 3, .buckets = 3, .norms = 1});
}

static void make_explicit(void)
{
    foreign_fifu_model(&f, &(foreign_fifu){.vocab = 8, .quantized = 1, .turned = 1});
}

static void make_floret(void)
{
    foreign_fifu_model(&f, &(foreign_fifu){.vocab = 9, .buckets = 9});
}

static const struct {
    const char *name;
    void (*make)(void);
} kinds[] = {
    {"npy", make_npy}, {"npy, columns", make_npy_columns}, {"safetensors", make_safetensors},
    {"Model2Vec", make_model2vec}, {"fastText", make_fasttext},
    {"fastText, supervised", make_supervised}, {"ftz", make_ftz},
    {"finalfusion, simple", make_simple}, {"finalfusion, buckets", make_buckets},
    {"finalfusion, explicit", make_explicit}, {"finalfusion, floret", make_floret},
};

#define KINDS (sizeof kinds / sizeof kinds[0])

/* From a file in memory: there are tens of thousands, and disks take their time. */
static w2b_err open_bytes(const uint8_t *bytes, size_t n, w2b_model **model, w2b_diag *diag)
{
    static int fd = -1;
    char path[64];
    w2b_open_options options;
    if (fd < 0)
        fd = memfd_create("file", 0);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, bytes, n, 0), n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    w2b_open_defaults(&options);
    options.vocab = scratch_path("words");
    options.threads = 1;
    return w2b_model_open(path, &options, model, diag);
}

/* What can be asked of a model is answered or refused. */
static void touch(w2b_model *model)
{
    float *vector;
    w2b_info info;
    w2b_model_info(model, &info);
    vector = w2b_alloc(info.dim, sizeof *vector);
    (void)sample_touch_all(model);
    (void)w2b_model_compose(model, "another", 7, vector, NULL);
    (void)w2b_model_compose(model, "", 0, vector, NULL);
    (void)w2b_model_compose(model, "\xff\xc3", 2, vector, NULL);
    w2b_free(vector);
    w2b_model_free(model);
}

/* ----- Damage ------------------------------------------------------------- */

static void opens_whole_files(void **unused)
{
    (void)unused;
    scratch_write("words", WORDS, strlen(WORDS));
    for (size_t k = 0; k < KINDS; k++) {
        w2b_model *model = NULL;
        w2b_diag diag;
        f.n = 0;
        kinds[k].make();
        if (open_bytes(f.bytes, f.n, &model, &diag))
            fail_msg("%s: %s", kinds[k].name, diag.text);
        touch(model);
    }
}

/* An offset beyond the bytes that are there would be of no use to anybody. */
static void refuses_files_that_were_cut(void **unused)
{
    (void)unused;
    scratch_write("words", WORDS, strlen(WORDS));
    for (size_t k = 0; k < KINDS; k++) {
        f.n = 0;
        kinds[k].make();
        /* What follows the fields in front are numbers, all alike. */
        for (size_t n = 0; n < f.n; n += n < 240 || n + 40 > f.n ? 1 : 29) {
            w2b_model *model = NULL;
            w2b_diag diag = {.text = ""};
            const w2b_err err = open_bytes(f.bytes, n, &model, &diag);
            if (err != W2B_ERR_FORMAT || !diag.text[0] || !diag.path[0])
                fail_msg("%s, cut at %zu of %zu: %s: %s", kinds[k].name, n, f.n,
                         w2b_err_name(err), diag.text);
            if (diag.offset != W2B_NOWHERE && diag.offset > n)
                fail_msg("%s, cut at %zu: offset %llu", kinds[k].name, n,
                         (unsigned long long)diag.offset);
        }
    }
}

static void survives_turned_bits(void **unused)
{
    (void)unused;
    scratch_write("words", WORDS, strlen(WORDS));
    for (size_t k = 0; k < KINDS; k++) {
        f.n = 0;
        kinds[k].make();
        /* Mostly where lengths and numbers of rows are. */
        for (size_t i = 0; i < FLIPS; i++) {
            const size_t front = f.n < FRONT ? f.n : FRONT;
            const size_t bit = (size_t)(scratch_random() % ((i % 4 ? front : f.n) * 8));
            w2b_model *model = NULL;
            w2b_diag diag = {.text = ""};
            f.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            const w2b_err err = open_bytes(f.bytes, f.n, &model, &diag);
            if (err && !diag.text[0])
                fail_msg("%s, bit %zu: %s without a word", kinds[k].name, bit, w2b_err_name(err));
            if (!err)
                touch(model);
            f.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

/* Under compression the size of the rest is not known: what a header promises
 * is found out as the bytes run dry. */
static void survives_both_under_compression(void **unused)
{
    static uint8_t packed[1 << 17];
    (void)unused;
    scratch_write("words", WORDS, strlen(WORDS));
    for (size_t k = 0; k < KINDS; k++) {
        f.n = 0;
        kinds[k].make();
        for (size_t i = 0; i < 100; i++) {
            z_stream z = {0};
            w2b_model *model = NULL;
            w2b_diag diag = {.text = ""};
            const size_t range = i % 2 && FRONT < f.n ? FRONT : f.n;
            const size_t bit = (size_t)(scratch_random() % (range * 8));
            const size_t n = i == 0 ? f.n : i % 3 ? f.n : (size_t)(scratch_random() % f.n);
            f.bytes[bit / 8] ^= (uint8_t)(i > 0 ? 1u << bit % 8 : 0);
            assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
            z.next_in = f.bytes;
            z.avail_in = (unsigned)n;
            z.next_out = packed;
            z.avail_out = sizeof packed;
            assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
            const w2b_err err = open_bytes(packed, z.total_out, &model, &diag);
            deflateEnd(&z);
            if ((err && i == 0) || (!err && n < f.n))
                fail_msg("%s, %zu of %zu bytes, packed: %s", kinds[k].name, n, f.n, diag.text);
            if (!err)
                touch(model);
            f.bytes[bit / 8] ^= (uint8_t)(i > 0 ? 1u << bit % 8 : 0);
        }
    }
}

/* ----- Lying headers ------------------------------------------------------ */

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static struct rlimit limit_before;

/* Leaves the program 256 MiB more memory than it has. */
static void limit_memory(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu", &pages), 1);
    fclose(file);
    getrlimit(RLIMIT_AS, &limit_before);
    const struct rlimit limit = {(rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (256u << 20),
                                 limit_before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
}

/* Gigabytes are promised: the answer is that they are not there, not that there
 * is no memory for them; and the same where nobody knows the size. */
static void allocates_what_arrives(void **unused)
{
    static const struct { const char *what; void (*make)(void); size_t at; uint64_t value; int n; }
    lies[] = {
        {"safetensors, length", make_safetensors, 0, 16 << 20, 8},
        {"fastText, words", make_fasttext, 64, UINT64_C(0x7fffffff7fffffff), 8},
        {"fastText, rows", make_fasttext, 92 + 4 * 10 + 4 + 3 + 5 + 2 + 1, UINT64_C(1) << 28, 8},
        {"ftz, n-grams", make_ftz, 64 + 20, UINT64_C(0x7fffffff), 8},
        {"fifu, words", make_simple, 24 + 12 + 10 + 12, UINT64_C(0xfffffff0), 8},
        {"fifu, parts", make_explicit, 20 + 12 + 8, UINT64_C(0xfffffff0), 8},
    };
    static uint8_t packed[1 << 17];
    (void)unused;
    scratch_write("words", WORDS, strlen(WORDS));
    limit_memory();
    for (size_t i = 0; i < sizeof lies / sizeof lies[0] * 2; i++) {
        const size_t k = i / 2;
        w2b_model *model = NULL;
        w2b_diag diag = {.text = ""};
        uLongf size = sizeof packed;
        f.n = 0;
        lies[k].make();
        for (int b = 0; b < lies[k].n; b++)
            f.bytes[lies[k].at + (size_t)b] = (uint8_t)(lies[k].value >> (8 * b));
        z_stream z = {0};
        assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
        z.next_in = f.bytes;
        z.avail_in = (unsigned)f.n;
        z.next_out = packed;
        z.avail_out = (unsigned)size;
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        size = z.total_out;
        deflateEnd(&z);
        const w2b_err err = open_bytes(i % 2 ? packed : f.bytes, i % 2 ? size : f.n, &model, &diag);
        if (err != W2B_ERR_FORMAT && err != W2B_ERR_LIMIT)
            fail_msg("%s, %s: %s: %s", lies[k].what, i % 2 ? "packed" : "plain",
                     w2b_err_name(err), diag.text);
    }
    setrlimit(RLIMIT_AS, &limit_before);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_whole_files),
        cmocka_unit_test(refuses_files_that_were_cut),
        cmocka_unit_test(survives_turned_bits),
        cmocka_unit_test(survives_both_under_compression),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        cmocka_unit_test(allocates_what_arrives),
#endif
    };
    return cmocka_run_group_tests_name("foreign", tests, scratch_set_up, scratch_tear_down);
}
