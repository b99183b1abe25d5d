/*
 * temp.h - a file without a name, for what does not fit memory.
 *
 * It never has a name, or loses it at once, so that nothing is left behind
 * however the program ends.
 */
#ifndef W2B_IO_TEMP_H
#define W2B_IO_TEMP_H

#include "io/base.h"

/* Where such files go if nobody says: not /tmp, which may be memory. */
#define W2B_TEMP_DIR "/var/tmp"

/* The caller closes *fd. */
w2b_err w2b_temp_open(const char *folder, int *fd, w2b_diag *diag);

/* All of the bytes, at `offset`; a full disk is an error that names `folder`
 * and `what` they are ("vectors"). */
w2b_err w2b_temp_write(int fd, const char *folder, const char *what, uint64_t offset,
                       const void *bytes, size_t size, w2b_diag *diag);

#endif
