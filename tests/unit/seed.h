/*
 * seed.h - the seed of a test program's random data: W2B_TEST_SEED, or a fixed
 * one. Printed, so that a failure can be had again.
 */
#ifndef W2B_TESTS_SEED_H
#define W2B_TESTS_SEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static inline uint64_t test_seed(void)
{
    static uint64_t seed;
    static int known;
    if (!known) {
        const char *text = getenv("W2B_TEST_SEED");
        seed = text ? strtoull(text, NULL, 0) : 20180315;
        known = 1;
        printf("W2B_TEST_SEED=%llu\n", (unsigned long long)seed);
    }
    return seed;
}

#endif
