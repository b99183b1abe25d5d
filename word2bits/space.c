/*
 * space.c - the work space of rounds: how much it is, made and released.
 */
#include "word2bits/space.h"

#include <string.h>

enum { PANEL = W2B_FIXED_PANEL };

/* An array, which is counted, and made if `make`. */
static void *take(w2b_space *space, int make, size_t n, size_t size)
{
    space->bytes += n * size;
    if (!make)
        return NULL;
    void *array = w2b_alloc_lines(n, size);
    space->failed |= !array;
    space->arrays[space->n++] = array;
    return array;
}

static void release(w2b_space *space)
{
    for (unsigned i = 0; i < space->n; i++)
        w2b_free(space->arrays[i]);
}

size_t w2b_score_room(const w2b_round *round)
{
    return (size_t)round->room.chunks * round->room.rows * 16;
}

/* Pairs of the woven panels of all shares. */
static size_t woven_room(const w2b_round *round, size_t stride)
{
    const w2b_latents *latents = round->latents;
    return latents->ld / PANEL * stride + latents->groups * (size_t)W2B_SHARES_APART;
}

static void take_lane(w2b_lane_work *work, int make, const w2b_round *round)
{
    const size_t scores = w2b_score_room(round), inputs = w2b_input_rows(round);
    const size_t positions = round->room.positions;
    w2b_space *space = &work->space;
    work->means = take(space, make, woven_room(round, w2b_means_stride(round)), sizeof(int32_t));
    work->outputs =
        take(space, make, woven_room(round, w2b_outputs_stride(round)), sizeof(int32_t));
    work->partials = take(space, make, round->latents->groups * scores, sizeof(int32_t));
    work->errors = take(space, make, scores, sizeof(float));
    work->rounded = take(space, make, scores, sizeof(int16_t));
    work->crossed = take(space, make, inputs * w2b_output_pairs(round), sizeof(int32_t));
    work->diagonal = take(space, make, inputs, sizeof(int32_t));
    work->own = take(space, make, inputs, sizeof(int32_t));
    work->whole = take(space, make, 16 * (size_t)(round->room.rows + 1), sizeof(int16_t));
    work->steps = take(space, make, round->room.outputs + positions, sizeof *work->steps);
    work->begun = take(space, make, positions + 2, 1);
    work->ended = take(space, make, positions + 2, 1);
    work->own_at = take(space, make, positions, 1);
}

static void take_share(w2b_share_work *work, int make, const w2b_round *round)
{
    const size_t inputs = w2b_input_rows(round);
    w2b_space *space = &work->space;
    work->parts = take(space, make, round->latents->ld / PANEL, sizeof *work->parts);
    work->sums = take(space, make, (round->room.positions + 1) * (size_t)PANEL, sizeof(int16_t));
    work->means = take(space, make, inputs * PANEL, sizeof(int16_t));
    work->outputs = take(space, make, 2 * w2b_output_pairs(round) * PANEL, sizeof(int16_t));
    work->tile = take(space, make, 256, sizeof(int32_t));
    work->inputs = take(space, make, inputs * PANEL, sizeof(int32_t));
    work->dots = take(space, make, inputs * 16, sizeof(int32_t));
}

size_t w2b_lane_bytes(const w2b_round *round)
{
    w2b_lane_work work = {0};
    take_lane(&work, 0, round);
    return work.space.bytes + w2b_score_room(round) * sizeof(float);
}

size_t w2b_share_bytes(const w2b_round *round)
{
    w2b_share_work work = {0};
    take_share(&work, 0, round);
    return work.space.bytes;
}

int w2b_lane_make(w2b_lane *lane, const w2b_round *round)
{
    memset(lane, 0, sizeof *lane);
    lane->scores = w2b_alloc_lines(w2b_score_room(round), sizeof(float));
    lane->work = w2b_alloc_zero(1, sizeof *lane->work);
    if (lane->work)
        take_lane(lane->work, 1, round);
    if (lane->scores && lane->work && !lane->work->space.failed &&
        !w2b_block_make(&lane->block[0], &round->room) &&
        !w2b_block_make(&lane->block[1], &round->room))
        return 0;
    w2b_lane_release(lane);
    return -1;
}

void w2b_lane_release(w2b_lane *lane)
{
    if (lane->work)
        release(&lane->work->space);
    w2b_free(lane->work);
    w2b_block_release(&lane->block[0]);
    w2b_block_release(&lane->block[1]);
    w2b_free(lane->scores);
    memset(lane, 0, sizeof *lane);
}

static void list_parts(w2b_share_work *work, const w2b_round *round, w2b_columns columns)
{
    for (size_t column = columns.first; column < columns.end;) {
        const w2b_columns stripe = w2b_stripe(round->latents, column);
        const size_t end = stripe.end < columns.end ? stripe.end : columns.end;
        work->parts[work->n_parts++] = (w2b_part){column / PANEL, end / PANEL, stripe};
        column = end;
    }
}

int w2b_share_make(w2b_share *share, const w2b_round *round, uint32_t number)
{
    memset(share, 0, sizeof *share);
    share->number = number;
    share->columns = w2b_share_columns(round->latents, round->threads, number);
    if (share->columns.first == share->columns.end)
        return 0;
    share->work = w2b_alloc_zero(1, sizeof *share->work);
    if (share->work)
        take_share(share->work, 1, round);
    if (share->work && !share->work->space.failed) {
        list_parts(share->work, round, share->columns);
        return 0;
    }
    w2b_share_release(share);
    return -1;
}

void w2b_share_release(w2b_share *share)
{
    if (share->work)
        release(&share->work->space);
    w2b_free(share->work);
    memset(share, 0, sizeof *share);
}
