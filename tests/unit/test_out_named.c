/*
 * test_out_named.c - the tests of test_out.c on systems without O_TMPFILE and
 * RENAME_NOREPLACE, which are taken away here from a copy of out.c.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#undef O_TMPFILE
#undef RENAME_NOREPLACE

#include "io/out.c"
#include "tests/unit/test_out.c"
