/*
 * checksum.h - XXH3-64 of blocks, at the speed of this processor.
 *
 * The shared library is built for the oldest processors. Checksums are half
 * the time of a first question to a model, and with wider registers take half
 * of that.
 */
#ifndef W2B_IO_CHECKSUM_H
#define W2B_IO_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t (*w2b_checksum_fn)(const void *bytes, size_t size);

/* The fastest one here. All give the same results. Asks the CPU: keep what it
 * returns. */
w2b_checksum_fn w2b_checksum_best(void);

/* NULL where it was not compiled for AVX2; only for processors that have it. */
extern const w2b_checksum_fn w2b_checksum_avx2;

#endif
