/*
 * press.h - rows of floats to codes as they arrive, so that a file of any
 * length needs memory for its codes alone.
 */
#ifndef W2B_IO_PRESS_H
#define W2B_IO_PRESS_H

#include "io/choose.h"
#include "io/encode.h"

typedef struct w2b_press {
    w2b_wish wish;
    w2b_method method;       /* where wish.method points, if anywhere */
    w2b_encode encode;
    uint8_t *params;         /* of the code */
    w2b_trials trials;
    uint8_t *codes;          /* [rows][code.stride] */
    size_t code_room;
    uint16_t *scales;        /* [rows], or NULL */
    size_t scales_room;
    uint64_t rows;
    w2b_tally total;
} w2b_press;

/* Chooses the code by the first `n` rows, `floats` [n][dim] from w2b_pages(room),
 * 32 bits in little-endian order. *possible is 0 where that would not do: the
 * method wants a look at all rows, or nothing is to be made smaller. `expected`
 * rows in all, or 0. Release with w2b_press_free, also where it fails. */
w2b_err w2b_press_begin(w2b_press *press, const w2b_quantize_options *options, uint32_t dim,
                        uint8_t *floats, size_t room, size_t n, uint64_t expected, int *possible,
                        w2b_diag *diag);

/* `n` rows more; the first ones included. */
w2b_err w2b_press_add(w2b_press *press, const uint8_t *floats, size_t n, w2b_diag *diag);

/* Moves the codes to `parts`, in place of its floats, and fills `report`. */
w2b_err w2b_press_finish(w2b_press *press, w2b_parts *parts, w2b_quantize_report *report,
                         w2b_diag *diag);

void w2b_press_free(w2b_press *press);

#endif
