/*
 * scratch.h - a folder for the files of a test, and files in it.
 *
 * Whatever goes wrong here ends the test program: it is no result.
 */
#ifndef W2B_TEST_SCRATCH_H
#define W2B_TEST_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

/* A new folder under $TMPDIR; and its removal with all that is in it. */
void scratch_open(void);
void scratch_close(void);

/* The same, in the form that cmocka wants. */
int scratch_set_up(void **state);
int scratch_tear_down(void **state);

/* The path of a file in the folder, in one of a few buffers that are used in
 * turn. "" is the folder itself. */
const char *scratch_path(const char *name);

/* Writes a file of the folder and returns its path. */
const char *scratch_write(const char *name, const void *bytes, size_t size);

/* Reads a whole file; the next reading or scratch_close ends its bytes. A zero
 * byte follows them. NULL: there is no such file. */
const char *scratch_read(const char *path, size_t *size);

/* Files in the folder, hidden ones included. */
size_t scratch_count(void);

/* Random numbers from W2B_TEST_SEED, which is printed at the first call. */
uint64_t scratch_random(void);

/* The path of a file of the sample data, in a buffer as above. NULL, with a
 * line that says so, if it is missing. */
const char *scratch_sample(const char *name);

#endif
