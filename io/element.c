/*
 * element.c - numbers as arrays of other programs hold them.
 */
#include <string.h>

#include "io/element.h"
#include "io/little.h"
#include "quant/num.h"

size_t w2b_element_size(w2b_element element)
{
    switch (element) {
    case W2B_ELEMENT_F64: return 8;
    case W2B_ELEMENT_F32: return 4;
    case W2B_ELEMENT_F16:
    case W2B_ELEMENT_BF16: return 2;
    case W2B_ELEMENT_I8:
    case W2B_ELEMENT_U8: return 1;
    }
    return 1;
}

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static float double_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return (float)x;
}

static float number_of(w2b_element element, const uint8_t *bytes)
{
    switch (element) {
    case W2B_ELEMENT_F64: return double_of(w2b_get_u64(bytes));
    case W2B_ELEMENT_F32: return float_of(w2b_get_u32(bytes));
    case W2B_ELEMENT_F16: return w2b_half_to_float(w2b_get_u16(bytes));
    case W2B_ELEMENT_BF16: return float_of((uint32_t)w2b_get_u16(bytes) << 16);
    case W2B_ELEMENT_I8: return (float)(int8_t)bytes[0];
    case W2B_ELEMENT_U8: return (float)bytes[0];
    }
    return 0;
}

size_t w2b_element_read(w2b_element element, int big, const uint8_t *bytes, size_t step,
                        size_t n, float *numbers)
{
    const size_t size = w2b_element_size(element);
    for (size_t i = 0; i < n; i++) {
        uint8_t turned[8];
        const uint8_t *at = bytes + i * step;
        for (size_t k = 0; big && k < size; k++)
            turned[k] = at[size - 1 - k];
        numbers[i] = number_of(element, big ? turned : at);
        if (!(numbers[i] - numbers[i] == 0))
            return i;
    }
    return n;
}
