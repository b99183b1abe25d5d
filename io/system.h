/*
 * system.h - what the machine under us allows.
 */
#ifndef W2B_IO_SYSTEM_H
#define W2B_IO_SYSTEM_H

#include <stdint.h>

/* Processors' worth of time that control groups grant this process, rounded
 * up; 0 if they set no limit. `table` is the list of its groups as in
 * /proc/self/cgroup, `mount` the folder where groups are mounted, of version 2
 * or 1; the limits of all groups above count as well. */
uint32_t w2b_quota_processors(const char *table, const char *mount);

#endif
