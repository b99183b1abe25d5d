/*
 * number.h - decimal numbers, read and written the same in every locale.
 */
#ifndef W2B_IO_NUMBER_H
#define W2B_IO_NUMBER_H

#include <stddef.h>

/* Reads one decimal number ("-1", ".5", "1e-3", "+2.50E4", "nan", "inf") that
 * begins at `text`, looking no further than `end`. Returns where it ends, or
 * NULL if none begins there. The value is the nearest float (or double) to
 * the number as written, however many digits it has; infinite if too large.
 * No white space is skipped; what may follow is the caller's business. */
const char *w2b_number_read(const char *text, const char *end, float *value);
const char *w2b_number_read_double(const char *text, const char *end,
                                   double *value);

/* Room for one number and its zero byte. */
#define W2B_NUMBER_ROOM 24

/* Writes the fewest digits, 1 to 9, that read back as the same float, and a
 * zero byte. Returns the length without it. */
size_t w2b_number_write(float value, char text[W2B_NUMBER_ROOM]);

#endif
