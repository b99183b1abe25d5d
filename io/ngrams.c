/*
 * ngrams.c - the hash functions by which programs number the parts of words.
 */
#include "io/ngrams.h"
#include "io/little.h"
#include "io/utf8.h"

uint32_t w2b_ngram_fasttext(const char *bytes, size_t length)
{
    uint32_t h = UINT32_C(2166136261);
    for (size_t i = 0; i < length; i++) {
        h ^= (uint32_t)(int8_t)bytes[i];
        h *= UINT32_C(16777619);
    }
    return h;
}

/* FNV-1a over the `n` low bytes of a number, lowest first. */
static uint64_t fnv(uint64_t h, uint64_t number, int n)
{
    for (int i = 0; i < n; i++) {
        h ^= number >> (8 * i) & 0xff;
        h *= UINT64_C(0x100000001b3);
    }
    return h;
}

int w2b_ngram_finalfusion(const char *bytes, size_t length, uint64_t *hash)
{
    uint64_t characters = 0;
    uint32_t c;
    for (size_t i = 0; i < length; characters++) {
        const size_t n = w2b_utf8_char(bytes + i, length - i, &c);
        if (n == 0)
            return -1;
        i += n;
    }
    uint64_t h = fnv(UINT64_C(0xcbf29ce484222325), characters, 8);
    for (size_t i = 0; i < length;) {
        i += w2b_utf8_char(bytes + i, length - i, &c);
        h = fnv(h, c, 4);
    }
    *hash = h;
    return 0;
}

/* ----- MurmurHash3 (Appleby, 2011) ---------------------------------------- */

#define MULTIPLIER_1 UINT64_C(0x87c37b91114253d5)
#define MULTIPLIER_2 UINT64_C(0x4cf5ad432745937f)

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static uint64_t stir_1(uint64_t k)
{
    return rotate(k * MULTIPLIER_1, 31) * MULTIPLIER_2;
}

static uint64_t stir_2(uint64_t k)
{
    return rotate(k * MULTIPLIER_2, 33) * MULTIPLIER_1;
}

static uint64_t finish(uint64_t k)
{
    k ^= k >> 33;
    k *= UINT64_C(0xff51afd7ed558ccd);
    k ^= k >> 33;
    k *= UINT64_C(0xc4ceb9fe1a85ec53);
    return k ^ k >> 33;
}

void w2b_ngram_floret(const char *bytes, size_t length, uint32_t seed, uint32_t hashes[4])
{
    const uint8_t *at = (const uint8_t *)bytes;
    uint64_t h1 = seed;
    uint64_t h2 = seed;
    size_t left = length;
    for (; left >= 16; left -= 16, at += 16) {
        h1 ^= stir_1(w2b_get_u64(at));
        h1 = (rotate(h1, 27) + h2) * 5 + 0x52dce729;
        h2 ^= stir_2(w2b_get_u64(at + 8));
        h2 = (rotate(h2, 31) + h1) * 5 + 0x38495ab5;
    }
    uint64_t k1 = 0;
    uint64_t k2 = 0;
    for (size_t i = 0; i < left; i++) {
        if (i < 8)
            k1 |= (uint64_t)at[i] << (8 * i);
        else
            k2 |= (uint64_t)at[i] << (8 * (i - 8));
    }
    h1 ^= stir_1(k1) ^ (uint64_t)length;
    h2 ^= stir_2(k2) ^ (uint64_t)length;
    h1 += h2;
    h2 += h1;
    h1 = finish(h1);
    h2 = finish(h2);
    h1 += h2;
    h2 += h1;
    hashes[0] = (uint32_t)h1;
    hashes[1] = (uint32_t)(h1 >> 32);
    hashes[2] = (uint32_t)h2;
    hashes[3] = (uint32_t)(h2 >> 32);
}
