/*
 * little.h - whole numbers as they stand in files: little-endian, at any
 * alignment, on any machine.
 */
#ifndef W2B_IO_LITTLE_H
#define W2B_IO_LITTLE_H

#include <stdint.h>

static inline uint16_t w2b_get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t w2b_get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t w2b_get_u64(const uint8_t *p)
{
    return (uint64_t)w2b_get_u32(p) | (uint64_t)w2b_get_u32(p + 4) << 32;
}

static inline void w2b_put_u16(uint8_t *p, uint16_t x)
{
    p[0] = (uint8_t)x;
    p[1] = (uint8_t)(x >> 8);
}

static inline void w2b_put_u32(uint8_t *p, uint32_t x)
{
    w2b_put_u16(p, (uint16_t)x);
    w2b_put_u16(p + 2, (uint16_t)(x >> 16));
}

static inline void w2b_put_u64(uint8_t *p, uint64_t x)
{
    w2b_put_u32(p, (uint32_t)x);
    w2b_put_u32(p + 4, (uint32_t)(x >> 32));
}

#endif
