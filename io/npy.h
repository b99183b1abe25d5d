/*
 * npy.h - the head of NumPy's .npy files.
 */
#ifndef W2B_IO_NPY_H
#define W2B_IO_NPY_H

#include <stddef.h>
#include <stdint.h>

#include "io/element.h"

#define W2B_NPY_MAGIC "\x93NUMPY"
#define W2B_NPY_MAGIC_SIZE 6

/* Longer descriptions are a sign that the file is damaged. */
#define W2B_NPY_TEXT_MAX ((uint32_t)1 << 20)

typedef struct w2b_npy {
    w2b_element element;
    int big;       /* big-endian */
    int columns;   /* column after column */
    uint64_t rows;
    uint64_t dim;
} w2b_npy;

/* The description, a literal of Python: "{'descr': '<f4', 'fortran_order':
 * False, 'shape': (3, 2), }". NULL, or what is wrong with it. */
const char *w2b_npy_parse(const char *text, size_t length, w2b_npy *npy);

#endif
