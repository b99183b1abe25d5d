/*
 * walk.c - windows, contexts and pools of negatives.
 */
#include "word2bits/walk.h"

#include <string.h>

/* ----- Blocks --------------------------------------------------------------- */

w2b_block_room w2b_block_room_for(const w2b_walk_options *options)
{
    const uint32_t positions = options->block + 2 * options->window;
    const int paired = options->arch == W2B_ARCH_CBOW;
    return (w2b_block_room){
        .chunks = (options->block + 15) / 16,
        .positions = positions,
        .outputs = (paired ? options->block : positions) + options->pool,
        .rows = 1 + (paired ? 0 : positions) + options->pool,
    };
}

int w2b_block_make(w2b_block *block, const w2b_block_room *room)
{
    memset(block, 0, sizeof *block);
    block->chunks = room->chunks;
    block->rows = room->rows;
    const size_t weights = (size_t)room->chunks * room->rows * 16;
    block->in_rows = w2b_alloc_lines(room->positions, sizeof *block->in_rows);
    block->spans = w2b_alloc_lines(room->chunks * 16, sizeof *block->spans);
    block->out_rows = w2b_alloc_lines(room->outputs, sizeof *block->out_rows);
    /* a pool is never wanted: with paired outputs its rows stay as they are */
    block->want = w2b_alloc_lines(weights, sizeof *block->want);
    block->mass = w2b_alloc_lines(weights, sizeof *block->mass);
    if (block->in_rows && block->spans && block->out_rows && block->want && block->mass)
        return 0;
    w2b_block_release(block);
    return -1;
}

void w2b_block_release(w2b_block *block)
{
    w2b_free(block->in_rows);
    w2b_free(block->spans);
    w2b_free(block->out_rows);
    w2b_free(block->want);
    w2b_free(block->mass);
    memset(block, 0, sizeof *block);
}

/* ----- Walkers -------------------------------------------------------------- */

/* The first line start at or after position `at`. */
static uint64_t line_start(const w2b_corpus *corpus, uint64_t at)
{
    if (at == 0)
        return 0;
    while (at < corpus->n && corpus->ids[at - 1] != W2B_EOL)
        at++;
    return at;
}

int w2b_walker_make(w2b_walker *walker, const w2b_walk_options *options,
                    const w2b_sampler *sampler, const w2b_corpus *corpus, uint32_t number,
                    uint32_t streams, uint64_t seed)
{
    memset(walker, 0, sizeof *walker);
    walker->options = options;
    walker->sampler = sampler;
    walker->ids = corpus->ids;
    const uint64_t share = corpus->n / streams, rest = corpus->n % streams;
    walker->begin = line_start(corpus, number * share + (number < rest ? number : rest));
    const uint64_t next = number + 1;
    walker->end = line_start(corpus, next * share + (next < rest ? next : rest));
    walker->at = walker->begin;
    w2b_rng_seed(&walker->rng, seed, 1 + (uint64_t)number);
    walker->room = options->block + 2 * options->window;
    walker->tokens = w2b_alloc(walker->room, sizeof *walker->tokens);
    walker->lines = w2b_alloc(walker->room, sizeof *walker->lines);
    walker->begins = w2b_alloc(walker->room, sizeof *walker->begins);
    walker->ends = w2b_alloc(walker->room, sizeof *walker->ends);
    if (walker->tokens && walker->lines && walker->begins && walker->ends)
        return 0;
    w2b_walker_release(walker);
    return -1;
}

void w2b_walker_release(w2b_walker *walker)
{
    w2b_free(walker->tokens);
    w2b_free(walker->lines);
    w2b_free(walker->begins);
    w2b_free(walker->ends);
    memset(walker, 0, sizeof *walker);
}

/* At the end of the stream's text: goes to its begin, if there is another epoch. */
static int begin_again(w2b_walker *walker)
{
    if (walker->begin == walker->end || walker->epoch + 1 >= walker->options->epochs)
        return 0;
    walker->epoch++;
    walker->at = walker->begin;
    walker->line++;
    return 1;
}

/* Reads on until the queue is full or the text at its end. What changes is kept out of
 * the walker, where the compiler would store it for each token. */
static void fill_queue(w2b_walker *walker)
{
    const uint32_t *const keep = walker->sampler->keep, *const ids = walker->ids;
    uint32_t *const tokens = walker->tokens, *const lines = walker->lines;
    w2b_rng rng = walker->rng;
    while (walker->queued < walker->room && (walker->at < walker->end || begin_again(walker))) {
        const uint64_t end = walker->end;
        uint64_t at = walker->at, others = 0;
        uint32_t queued = walker->queued, line = walker->line;
        for (; at < end && queued < walker->room; at++) {
            const uint32_t id = ids[at];
            if (id == W2B_EOL) {
                line++;
                others++;
                continue;
            }
            /* whether a token stays is a coin that no branch predictor can foresee */
            tokens[queued] = id;
            lines[queued] = line;
            queued += (uint32_t)(w2b_rng_next(&rng) >> 32) <= keep[id];
        }
        walker->consumed += at - walker->at - others;
        walker->at = at;
        walker->queued = queued;
        walker->line = line;
    }
    walker->rng = rng;
}

/* Drops what lies more than a window behind the centre. */
static void shift_queue(w2b_walker *walker)
{
    const uint32_t window = walker->options->window;
    const uint32_t drop = walker->centre > window ? walker->centre - window : 0;
    walker->queued -= drop;
    walker->centre -= drop;
    memmove(walker->tokens, walker->tokens + drop, walker->queued * sizeof *walker->tokens);
    memmove(walker->lines, walker->lines + drop, walker->queued * sizeof *walker->lines);
}

/* Where the lines begin and end that tokens [from, to) of the queue are in. */
static void find_lines(const w2b_walker *walker, uint32_t from, uint32_t to)
{
    uint32_t begin = from, end = to;
    for (uint32_t q = from; q < to; q++) {
        if (q > from && walker->lines[q] != walker->lines[q - 1])
            begin = q;
        walker->begins[q] = begin;
    }
    for (uint32_t q = to; q > from; q--) {
        if (q < to && walker->lines[q] != walker->lines[q - 1])
            end = q;
        walker->ends[q - 1] = end;
    }
}

/* The window of a centre: as wide as drawn, within its line. */
static w2b_span window_of(w2b_walker *walker, uint32_t centre)
{
    const uint32_t width = 1 + w2b_rng_below(&walker->rng, walker->options->window);
    const uint32_t first = centre > width ? centre - width : 0, end = centre + width + 1;
    const uint32_t begin = walker->begins[centre], stop = walker->ends[centre];
    return (w2b_span){first > begin ? first : begin, end < stop ? end : stop, centre};
}

/* Appends the pool. It counts for input i as total[i] draws in all, but a draw
 * of the very word that a paired output stands for counts as nothing. Few
 * draws are: what the paired words have set in a small table tells most of the others. */
static void add_pool(w2b_walker *walker, w2b_block *block, const float *total)
{
    const uint32_t pool = walker->options->pool;
    const uint32_t dense = block->outputs - block->paired;
    float weight[W2B_MAX_BLOCK] = {0};
    uint8_t seen[1024] = {0};
    for (uint32_t i = 0; i < block->inputs; i++)
        weight[i] = total[i] / (float)pool;
    for (uint32_t i = 0; i < block->paired; i++)
        seen[block->out_rows[i] % sizeof seen] = 1;
    uint32_t *words = block->out_rows + block->outputs;
    w2b_sampler_negatives(walker->sampler, &walker->rng, words, pool);
    for (uint32_t p = 0; p < pool; p++) {
        const uint32_t word = words[p], row = 1 + dense + p;
        for (uint32_t c = 0; c < block->chunks; c++)
            memcpy(block->mass + w2b_block_at(block, row, 16 * c), weight + 16 * c,
                   16 * sizeof *weight);
        for (uint32_t i = 0; i < block->paired && seen[word % sizeof seen]; i++)
            if (block->out_rows[i] == word)
                block->mass[w2b_block_at(block, row, i)] = 0;
    }
    block->outputs += pool;
}

static void fill_cbow(w2b_walker *walker, w2b_block *block, const w2b_span *windows, uint32_t base)
{
    float total[W2B_MAX_BLOCK];
    block->paired = block->outputs = block->inputs;
    for (uint32_t i = 0; i < 16 * block->chunks; i++) {
        const size_t at = w2b_block_at(block, 0, i);
        block->want[at] = block->mass[at] = 0;
    }
    for (uint32_t i = 0; i < block->inputs; i++) {
        const w2b_span *w = &windows[i];
        const size_t at = w2b_block_at(block, 0, i);
        block->spans[i] = (w2b_span){w->first - base, w->end - base, w->skip - base};
        const int alone = w->end - w->first == 1;
        block->out_rows[i] = walker->tokens[w->skip];
        block->want[at] = block->mass[at] = alone ? 0 : 1;
        total[i] = alone ? 0 : (float)walker->options->negative;
        block->windows += !alone;
    }
    add_pool(walker, block, total);
}

static void fill_skipgram(w2b_walker *walker, w2b_block *block, const w2b_span *windows,
                          uint32_t base)
{
    float total[W2B_MAX_BLOCK];
    const size_t weights = (size_t)block->chunks * block->rows * 16;
    block->paired = 0;
    block->outputs = block->positions;
    memcpy(block->out_rows, block->in_rows, block->positions * sizeof *block->out_rows);
    memset(block->want, 0, weights * sizeof *block->want);
    for (uint32_t i = 0; i < block->inputs; i++) {
        const uint32_t first = windows[i].first - base, end = windows[i].end - base;
        const uint32_t self = windows[i].skip - base;
        /* a span of one position, itself, with nothing to skip */
        block->spans[i] = (w2b_span){self, self + 1, W2B_FIXED_SKIPS_NONE};
        for (uint32_t p = first; p < end; p++)
            if (p != self)
                block->want[w2b_block_at(block, 1 + p, i)] = 1;
        total[i] = (float)walker->options->negative * (float)(end - first - 1);
        block->windows += end - first > 1;
    }
    memcpy(block->mass, block->want, weights * sizeof *block->mass);
    add_pool(walker, block, total);
}

void w2b_walker_next(w2b_walker *walker, w2b_block *block)
{
    const w2b_walk_options *options = walker->options;
    shift_queue(walker);
    fill_queue(walker);
    const uint32_t left = walker->queued - walker->centre;
    block->inputs = left < options->block ? left : options->block;
    block->windows = 0;
    block->epoch = walker->epoch;
    block->consumed = walker->consumed;
    block->positions = block->outputs = block->paired = 0;
    if (block->inputs == 0)
        return;
    for (uint32_t i = block->inputs; i < 16 * block->chunks; i++)
        block->spans[i] = (w2b_span){0, 0, W2B_FIXED_SKIPS_NONE};

    const uint32_t window = options->window;
    const uint32_t base = walker->centre > window ? walker->centre - window : 0;
    const uint32_t past = walker->centre + block->inputs + window;
    const uint32_t last = past < walker->queued ? past : walker->queued;
    w2b_span windows[W2B_MAX_BLOCK];
    find_lines(walker, base, last);
    for (uint32_t i = 0; i < block->inputs; i++)
        windows[i] = window_of(walker, walker->centre + i);
    block->positions = last - base;
    memcpy(block->in_rows, walker->tokens + base, block->positions * sizeof *block->in_rows);
    if (options->arch == W2B_ARCH_CBOW)
        fill_cbow(walker, block, windows, base);
    else
        fill_skipgram(walker, block, windows, base);
    walker->centre += block->inputs;
}
