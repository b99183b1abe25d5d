/*
 * ngrams.h - the hash functions by which programs number the parts of words.
 */
#ifndef W2B_IO_NGRAMS_H
#define W2B_IO_NGRAMS_H

#include <stddef.h>
#include <stdint.h>

/* fastText's: FNV-1a of 32 bits, but for bytes from 0x80 on, which it takes for
 * negative numbers. */
uint32_t w2b_ngram_fasttext(const char *bytes, size_t length);

/* finalfusion's: FNV-1a of 64 bits over the number of characters, as 64 bits,
 * and each character, as 32 bits. -1 if the bytes are not UTF-8. */
int w2b_ngram_finalfusion(const char *bytes, size_t length, uint64_t *hash);

/* floret's: the four quarters of MurmurHash3's x64 variant of 128 bits. */
void w2b_ngram_floret(const char *bytes, size_t length, uint32_t seed, uint32_t hashes[4]);

#endif
