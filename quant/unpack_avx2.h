/*
 * unpack_avx2.h - 32 packed codes of 1 to 7 bits to their levels. Included by
 * the files that are compiled for AVX2 alone.
 */
#ifndef W2B_QUANT_UNPACK_AVX2_H
#define W2B_QUANT_UNPACK_AVX2_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

/* What unpacking at some number of bits needs; each register is one constant
 * of the plan below. */
typedef struct unpack_plan {
    __m256i first, second;  /* byte shuffles */
    __m256i first_up, second_up;
    __m128i down;
    __m256i levels[8];      /* 16 levels each, twice */
    uint32_t bits;
} unpack_plan;

/* 32 codes go as two halves of 16, one in each lane of a register. Eight codes
 * are `bits` bytes, so the 16 codes of a lane are 2 * bits of its 16 bytes. A
 * code of up to 7 bits always lies within two neighbouring bytes: a shuffle
 * brings these to a 16-bit number, a multiplication moves the code to the top
 * of it and a shift down again. Unlike PDEP this is quick on every CPU. */
static inline void unpack_prepare(unpack_plan *plan, uint32_t bits, const int8_t *levels)
{
    uint8_t shuffle[2][16];
    uint16_t up[2][8];
    for (uint32_t i = 0; i < 16; i++) {
        const uint32_t start = i * bits;
        uint8_t *to = shuffle[i / 8] + i % 8 * 2;
        to[0] = (uint8_t)(start / 8);
        to[1] = (uint8_t)(start / 8 + 1);
        up[i / 8][i % 8] = (uint16_t)(1u << (16 - bits - start % 8));
    }
    plan->first = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)shuffle[0]));
    plan->second = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)shuffle[1]));
    plan->first_up = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)up[0]));
    plan->second_up = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)up[1]));
    plan->down = _mm_cvtsi32_si128((int)(16 - bits));
    plan->bits = bits;

    int8_t padded[128] = { 0 };
    memcpy(padded, levels, (size_t)1 << bits);
    for (size_t i = 0; i < 8; i++) {
        const __m128i part = _mm_loadu_si128((const __m128i *)(padded + 16 * i));
        plan->levels[i] = _mm256_broadcastsi128_si256(part);
    }
}

/* Entry `code` of 16 << steps levels. The shuffle looks at the lower 4 bits;
 * each further bit of the code, moved to the top of its byte, chooses between
 * two results. */
static inline __m256i look_up(const __m256i *levels, __m256i codes, uint32_t bits)
{
    if (bits <= 4)
        return _mm256_shuffle_epi8(levels[0], codes);
    const __m256i bit4 = _mm256_slli_epi16(codes, 3);
    __m256i found[4];
    for (uint32_t i = 0; i < 1u << (bits - 5); i++)
        found[i] = _mm256_blendv_epi8(_mm256_shuffle_epi8(levels[2 * i], codes),
                                      _mm256_shuffle_epi8(levels[2 * i + 1], codes), bit4);
    if (bits == 5)
        return found[0];
    const __m256i bit5 = _mm256_slli_epi16(codes, 2);
    const __m256i low = _mm256_blendv_epi8(found[0], found[1], bit5);
    if (bits == 6)
        return low;
    const __m256i high = _mm256_blendv_epi8(found[2], found[3], bit5);
    return _mm256_blendv_epi8(low, high, _mm256_slli_epi16(codes, 1));
}

/* 32 codes at `from`, of which 2 * bits + 16 bytes are read. `bits` is a constant
 * where this is inlined, so that look_up has no branches. */
static inline __m256i levels_32(const unpack_plan *plan, uint32_t bits, const uint8_t *from)
{
    const __m128i low = _mm_loadu_si128((const __m128i *)from);
    const __m128i high = _mm_loadu_si128((const __m128i *)(from + 2 * bits));
    const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    __m256i first = _mm256_shuffle_epi8(both, plan->first);
    __m256i second = _mm256_shuffle_epi8(both, plan->second);
    first = _mm256_srl_epi16(_mm256_mullo_epi16(first, plan->first_up), plan->down);
    second = _mm256_srl_epi16(_mm256_mullo_epi16(second, plan->second_up), plan->down);
    return look_up(plan->levels, _mm256_packus_epi16(first, second), bits);
}

#endif
