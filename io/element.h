/*
 * element.h - numbers as arrays of other programs hold them.
 */
#ifndef W2B_IO_ELEMENT_H
#define W2B_IO_ELEMENT_H

#include <stddef.h>
#include <stdint.h>

typedef enum w2b_element {
    W2B_ELEMENT_F16,
    W2B_ELEMENT_BF16, /* the upper half of a 32-bit float */
    W2B_ELEMENT_F32,
    W2B_ELEMENT_F64,
    W2B_ELEMENT_I8,
    W2B_ELEMENT_U8
} w2b_element;

/* Bytes of one. */
size_t w2b_element_size(w2b_element element);

/* `n` numbers to floats, the nearest ones; `step` bytes lie from one to the
 * next. Big-endian if `big`. Returns how many there are in front of the first
 * that is not finite, or not as a float: `n` if all are. */
size_t w2b_element_read(w2b_element element, int big, const uint8_t *bytes, size_t step,
                        size_t n, float *numbers);

#endif
