/*
 * checkpoint.c - the state of a training run, to a file and back.
 *
 * The file, little-endian throughout:
 *
 *     "W2BSTATE"       8 bytes
 *     version          u64
 *     head             u64 [HEAD_COUNT]: the options that decide the result, as
 *                      SETTINGS lists them (reals by their bits), then what
 *                      `head_slot` lists
 *     checksum         u64, XXH3-64 of all bytes before it
 *     starts           u64 [words + 1]: where each word begins in `bytes`
 *     counts           u64 [words]
 *     bytes            the words, a zero byte after each
 *     walkers          u64 [streams][WALKER_COUNT + 2 room], see put_walker
 *     sums             u64 [streams][1 + 2 epochs]: windows trained on; of each
 *                      epoch the sum of losses (by its bits) and its windows
 *     u, v             i16 [words][columns] the latent matrices
 *
 * Each section after the head comes in blocks of 1 MiB, the last one shorter,
 * with the XXH3-64 of each block behind it.
 *
 * A run that is gone on with knows all sizes from its own options and text, and
 * only compares; nothing is allocated because the file says so. Where a
 * checkpoint is read on its own, its claims have to add up to the size of the
 * file first.
 */
#include "word2bits/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "io/checksum.h"
#include "io/little.h"
#include "io/out.h"
#include "io/stream.h"
#include "word2bits/vocab.h"

#define VERSION 4
#define BLOCK ((size_t)1 << 20)

static const char MAGIC[8] = {'W', '2', 'B', 'S', 'T', 'A', 'T', 'E'};

/* An option that must be the same to go on. */
typedef struct setting {
    const char *name;
    size_t at, size;
    int real;
} setting;

#define WHOLE(field) \
    {#field, offsetof(w2b_train_options, field), sizeof(((w2b_train_options *)0)->field), 0}
#define REAL(field) \
    {#field, offsetof(w2b_train_options, field), sizeof(((w2b_train_options *)0)->field), 1}

/* Not `bits`, `dim` and `axes`: what is stored is chosen at the end. */
static const setting SETTINGS[] = {
    WHOLE(arch),     WHOLE(train_dim),  WHOLE(window), WHOLE(context), WHOLE(negative),
    WHOLE(epochs),   WHOLE(train_bits), WHOLE(seed),   WHOLE(streams), WHOLE(block),
    WHOLE(pool),     REAL(exponent),    REAL(sample),  REAL(rate),    REAL(scale),
};

enum { SETTING_COUNT = sizeof SETTINGS / sizeof *SETTINGS };

enum head_slot {
    TEXT_BYTES = SETTING_COUNT,
    TEXT_HASH,
    TEXT_KEPT,
    ID_COUNT,
    WORDS,
    WORD_BYTES,
    MATRIX_BYTES,  /* of each */
    ROOM,          /* of a walker's queue */
    ROUNDS,        /* done */
    SECONDS,       /* that they took, by its bits */
    TOLD,          /* epochs whose end has been reported */
    HEAD_COUNT
};

enum { HEAD_SIZE = 8 + 8 + 8 * HEAD_COUNT, WALKER_COUNT = 10 };

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double real_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t setting_of(const w2b_train_options *options, const setting *s)
{
    const char *at = (const char *)options + s->at;
    if (s->size == sizeof(uint32_t)) {
        uint32_t value;
        memcpy(&value, at, sizeof value);
        return value;
    }
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static void fill_head(const w2b_trainer *t, uint64_t head[HEAD_COUNT])
{
    const w2b_corpus *corpus = t->corpus;
    for (size_t i = 0; i < SETTING_COUNT; i++)
        head[i] = setting_of(&t->options, &SETTINGS[i]);
    head[TEXT_BYTES] = corpus->report.bytes;
    head[TEXT_HASH] = corpus->report.checksum;
    head[TEXT_KEPT] = corpus->report.kept;
    head[ID_COUNT] = corpus->n;
    head[WORDS] = corpus->vocab->n;
    head[WORD_BYTES] = corpus->vocab->starts[corpus->vocab->n];
    head[MATRIX_BYTES] = t->latents.bytes;
    head[ROOM] = t->walkers[0].room;
    head[ROUNDS] = t->rounds;
    head[SECONDS] = bits_of(w2b_trainer_seconds(t));
    head[TOLD] = t->told;
}

/* ----- Sizes ----------------------------------------------------------------- */

typedef struct sizes {
    size_t starts, counts, bytes, walkers, sums, matrix;
} sizes;

/* The value of the option at `at` in the struct. */
static uint64_t head_setting(const uint64_t head[HEAD_COUNT], size_t at)
{
    size_t i = 0;
    while (SETTINGS[i].at != at)
        i++;
    return head[i];
}

#define HEAD_SETTING(head, field) head_setting(head, offsetof(w2b_train_options, field))

/* The options of a head that was read on its own. -1: nobody has these. */
static int head_options(const uint64_t head[HEAD_COUNT], w2b_train_options *options)
{
    w2b_train_defaults(options);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const setting *s = &SETTINGS[i];
        char *at = (char *)options + s->at;
        const uint32_t narrow = (uint32_t)head[i];
        if (s->size == sizeof head[i])
            memcpy(at, &head[i], sizeof head[i]);
        else if (narrow == head[i])
            memcpy(at, &narrow, sizeof narrow);
        else
            return -1;
    }
    options->dim = options->train_dim;
    w2b_scales scales;
    return w2b_train_check(options) || options->scale == 0 || options->pool == 0 ||
                   w2b_trainer_scales(options, &scales)
               ? -1
               : 0;
}

/* 0, or -1 if they cannot be. */
static int sizes_of(const uint64_t head[HEAD_COUNT], sizes *s)
{
    const size_t streams = (size_t)HEAD_SETTING(head, streams);
    const size_t epochs = (size_t)HEAD_SETTING(head, epochs);
    const uint64_t dim = HEAD_SETTING(head, train_dim);
    if (head[WORDS] < 2 || head[WORDS] >= UINT32_MAX - 1 || streams < 1 || streams > 1024 ||
        epochs < 1 || epochs > 100000 || head[ROOM] > W2B_MAX_BLOCK + 2 * W2B_MAX_WINDOW ||
        dim < 1 || dim > 65536 || head[WORD_BYTES] > SIZE_MAX / 4 ||
        head[MATRIX_BYTES] > SIZE_MAX / 4 || head[MATRIX_BYTES] / head[WORDS] < dim)
        return -1;
    s->starts = (size_t)(head[WORDS] + 1) * 8;
    s->counts = (size_t)head[WORDS] * 8;
    s->bytes = (size_t)head[WORD_BYTES];
    s->walkers = streams * (WALKER_COUNT + 2 * (size_t)head[ROOM]) * 8;
    s->sums = streams * (1 + 2 * epochs) * 8;
    s->matrix = (size_t)head[MATRIX_BYTES];
    return 0;
}

static uint64_t stored(size_t size)
{
    return size + (uint64_t)((size + BLOCK - 1) / BLOCK) * 8;
}

static uint64_t file_size(const sizes *s)
{
    return HEAD_SIZE + 8 + stored(s->starts) + stored(s->counts) + stored(s->bytes) +
           stored(s->walkers) + stored(s->sums) + 2 * stored(s->matrix);
}

uint64_t w2b_checkpoint_size(const w2b_trainer *t)
{
    uint64_t head[HEAD_COUNT];
    sizes s;
    fill_head(t, head);
    return sizes_of(head, &s) ? 0 : file_size(&s);
}

/* ----- Walkers and sums as numbers --------------------------------------------- */

static void put_walker(const w2b_walker *w, uint8_t *to)
{
    const uint64_t numbers[WALKER_COUNT] = {
        w->at, w->consumed, w->epoch, w->line, w->queued, w->centre,
        w->rng.s[0], w->rng.s[1], w->rng.s[2], w->rng.s[3],
    };
    for (size_t i = 0; i < WALKER_COUNT; i++, to += 8)
        w2b_put_u64(to, numbers[i]);
    for (uint32_t i = 0; i < w->room; i++, to += 8)
        w2b_put_u64(to, i < w->queued ? w->tokens[i] : 0);
    for (uint32_t i = 0; i < w->room; i++, to += 8)
        w2b_put_u64(to, i < w->queued ? w->lines[i] : 0);
}

/* 0, or -1 if no walker can stand there. */
static int get_walker(w2b_walker *w, uint64_t words, const uint8_t *from)
{
    uint64_t n[WALKER_COUNT];
    for (size_t i = 0; i < WALKER_COUNT; i++, from += 8)
        n[i] = w2b_get_u64(from);
    if (n[0] < w->begin || n[0] > w->end || n[2] >= w->options->epochs || n[3] > UINT32_MAX ||
        n[4] > w->room || n[5] > n[4])
        return -1;
    w->at = n[0];
    w->consumed = n[1];
    w->epoch = (uint32_t)n[2];
    w->line = (uint32_t)n[3];
    w->queued = (uint32_t)n[4];
    w->centre = (uint32_t)n[5];
    memcpy(w->rng.s, n + 6, sizeof w->rng.s);
    for (uint32_t i = 0; i < w->room; i++, from += 8) {
        const uint64_t token = w2b_get_u64(from);
        if (token >= words)
            return -1;
        w->tokens[i] = (uint32_t)token;
    }
    for (uint32_t i = 0; i < w->room; i++, from += 8)
        w->lines[i] = (uint32_t)w2b_get_u64(from);
    return 0;
}

static void put_sums(const w2b_trainer *t, uint32_t stream, uint8_t *to)
{
    const w2b_loss_sum *sums = t->losses + (size_t)stream * t->options.epochs;
    w2b_put_u64(to, t->windows[stream]);
    for (uint32_t e = 0; e < t->options.epochs; e++) {
        w2b_put_u64(to + 8 + 16 * (size_t)e, bits_of(sums[e].loss));
        w2b_put_u64(to + 16 + 16 * (size_t)e, sums[e].windows);
    }
}

static int get_sums(w2b_trainer *t, uint32_t stream, const uint8_t *from)
{
    w2b_loss_sum *sums = t->losses + (size_t)stream * t->options.epochs;
    t->windows[stream] = w2b_get_u64(from);
    for (uint32_t e = 0; e < t->options.epochs; e++) {
        sums[e].loss = real_of(w2b_get_u64(from + 8 + 16 * (size_t)e));
        sums[e].windows = w2b_get_u64(from + 16 + 16 * (size_t)e);
        if (!isfinite(sums[e].loss))
            return -1;
    }
    return 0;
}

/* ----- Writing ----------------------------------------------------------------- */

static w2b_err write_head(w2b_out *out, const uint64_t head[HEAD_COUNT], w2b_diag *diag)
{
    uint8_t bytes[HEAD_SIZE + 8];
    memcpy(bytes, MAGIC, sizeof MAGIC);
    w2b_put_u64(bytes + 8, VERSION);
    for (size_t i = 0; i < HEAD_COUNT; i++)
        w2b_put_u64(bytes + 16 + 8 * i, head[i]);
    w2b_put_u64(bytes + HEAD_SIZE, w2b_checksum_best()(bytes, HEAD_SIZE));
    return w2b_out_write(out, bytes, sizeof bytes, diag);
}

static w2b_err write_block(w2b_out *out, const void *block, size_t n, w2b_diag *diag)
{
    uint8_t hash[8];
    w2b_put_u64(hash, w2b_checksum_best()(block, n));
    const w2b_err err = w2b_out_write(out, block, n, diag);
    return err ? err : w2b_out_write(out, hash, sizeof hash, diag);
}

static size_t block_at(size_t at, size_t size)
{
    return size - at < BLOCK ? size - at : BLOCK;
}

static w2b_err write_section(w2b_out *out, const void *section, size_t size, w2b_diag *diag)
{
    w2b_err err = W2B_OK;
    for (size_t at = 0; at < size && !err; at += BLOCK)
        err = write_block(out, (const uint8_t *)section + at, block_at(at, size), diag);
    return err;
}

static w2b_err write_matrix(w2b_out *out, const w2b_latents *latents, int matrix, w2b_diag *diag)
{
    int16_t *block = w2b_alloc(BLOCK, 1);
    w2b_err err = block ? W2B_OK : w2b_fail_memory(diag, BLOCK, "a checkpoint");
    for (size_t at = 0; at < latents->bytes && !err; at += BLOCK) {
        const size_t n = block_at(at, latents->bytes);
        w2b_latents_get(latents, matrix, at / sizeof *block, n / sizeof *block, block);
        err = write_block(out, block, n, diag);
    }
    w2b_free(block);
    return err;
}

static w2b_err write_sections(const w2b_trainer *t, w2b_out *out, const sizes *s)
{
    const w2b_vocab *vocab = t->corpus->vocab;
    const uint32_t streams = t->options.streams;
    w2b_diag *diag = t->diag;
    uint8_t *walkers = w2b_alloc(s->walkers, 1), *sums = w2b_alloc(s->sums, 1);
    w2b_err err = walkers && sums ? W2B_OK
                                  : w2b_fail_memory(diag, s->walkers + s->sums, "a checkpoint");
    for (uint32_t i = 0; !err && i < streams; i++) {
        put_walker(&t->walkers[i], walkers + s->walkers / streams * i);
        put_sums(t, i, sums + s->sums / streams * i);
    }
    if (!err)
        err = write_section(out, vocab->starts, s->starts, diag);
    if (!err)
        err = write_section(out, vocab->counts, s->counts, diag);
    if (!err)
        err = write_section(out, vocab->bytes, s->bytes, diag);
    if (!err)
        err = write_section(out, walkers, s->walkers, diag);
    if (!err)
        err = write_section(out, sums, s->sums, diag);
    for (int matrix = 0; matrix < 2 && !err; matrix++)
        err = write_matrix(out, &t->latents, matrix, diag);
    w2b_free(walkers);
    w2b_free(sums);
    return err;
}

static w2b_err write_file(w2b_trainer *t)
{
    uint64_t head[HEAD_COUNT];
    sizes s;
    w2b_out *out = NULL;
    fill_head(t, head);
    if (sizes_of(head, &s))
        return w2b_fail(t->diag, W2B_ERR_LIMIT, "the state is too large for a checkpoint");
    w2b_err err = w2b_out_open(t->options.checkpoint, 1, &out, t->diag);
    if (err)
        return err;
    err = write_head(out, head, t->diag);
    if (!err)
        err = write_sections(t, out, &s);
    if (err) {
        w2b_out_abort(out);
        return err;
    }
    return w2b_out_commit(out, t->diag);
}

w2b_err w2b_checkpoint_save(w2b_trainer *t)
{
    if (t->rounds == t->saved)
        return W2B_OK;
    /* what has run away must not take the place of what has not */
    if (w2b_trainer_at_end(t))
        return w2b_trainer_ran_away(t);
    w2b_err err = write_file(t);
    if (err)
        return err;
    t->saved = t->rounds;
    t->next_save = w2b_now() + t->options.checkpoint_seconds;
    w2b_meter meter;
    w2b_meter_start(&meter, t->options.corpus.progress, t->options.corpus.progress_user,
                    W2B_STAGE_WRITE, "bytes");
    const uint64_t size = w2b_checkpoint_size(t);
    err = w2b_meter_finish(&meter, size, size, t->diag);
    return err ? w2b_checkpoint_stopped(t) : W2B_OK;
}

w2b_err w2b_checkpoint_stopped(w2b_trainer *t)
{
    if (!t->options.checkpoint)
        return w2b_fail(t->diag, W2B_ERR_CANCELLED, "cancelled");
    return w2b_fail_at(t->diag, W2B_ERR_CANCELLED, t->options.checkpoint, W2B_NOWHERE,
                       W2B_NOWHERE, "cancelled; the checkpoint holds what was done");
}

/* ----- Reading ----------------------------------------------------------------- */

typedef struct reader {
    w2b_stream *stream;
    const char *name;
    uint8_t *block;     /* [BLOCK + 8] */
    w2b_diag *diag;
} reader;

static w2b_err fail_file(const reader *r, w2b_err code, const char *text)
{
    return w2b_fail_at(r->diag, code, r->name, W2B_NOWHERE, W2B_NOWHERE, "%s", text);
}

static w2b_err read_exactly(reader *r, uint8_t *to, size_t size)
{
    for (size_t have = 0, got = 0; have < size; have += got) {
        const w2b_err err = w2b_stream_read(r->stream, to + have, size - have, &got, r->diag);
        if (err)
            return err;
        if (got == 0)
            return w2b_fail_at(r->diag, W2B_ERR_FORMAT, r->name, W2B_NOWHERE,
                               w2b_stream_offset(r->stream), "the checkpoint ends too early");
    }
    return W2B_OK;
}

static void reader_close(reader *r)
{
    w2b_stream_close(r->stream);
    w2b_free(r->block);
}

static w2b_err read_head(reader *r, uint64_t head[HEAD_COUNT])
{
    uint8_t bytes[HEAD_SIZE + 8];
    const uint8_t *peeked;
    size_t n;
    w2b_err err = w2b_stream_peek(r->stream, &peeked, &n, r->diag);
    if (err)
        return err;
    if (n < 16 || memcmp(peeked, MAGIC, sizeof MAGIC) != 0)
        return fail_file(r, W2B_ERR_FORMAT, "is no checkpoint of training");
    if (w2b_get_u64(peeked + 8) != VERSION)
        return fail_file(r, W2B_ERR_VERSION,
                         "is a checkpoint of another version of this program");
    err = read_exactly(r, bytes, sizeof bytes);
    if (err)
        return err;
    if (w2b_get_u64(bytes + HEAD_SIZE) != w2b_checksum_best()(bytes, HEAD_SIZE))
        return fail_file(r, W2B_ERR_CORRUPT, "the head of the checkpoint is damaged");
    for (size_t i = 0; i < HEAD_COUNT; i++)
        head[i] = w2b_get_u64(bytes + 16 + 8 * i);
    return W2B_OK;
}

/* Release with reader_close, whatever this returns. */
static w2b_err reader_open(reader *r, const char *path, w2b_diag *diag, uint64_t head[HEAD_COUNT])
{
    *r = (reader){.diag = diag, .block = w2b_alloc(BLOCK + 8, 1)};
    if (!r->block)
        return w2b_fail_memory(diag, BLOCK, "reading a checkpoint");
    const w2b_err err = w2b_stream_open(path, &r->stream, diag);
    if (err)
        return err;
    r->name = w2b_stream_name(r->stream);
    return read_head(r, head);
}

/* A block of n bytes, to r->block. */
static w2b_err read_block(reader *r, size_t n)
{
    const uint64_t offset = w2b_stream_offset(r->stream);
    const w2b_err err = read_exactly(r, r->block, n + 8);
    if (err)
        return err;
    if (w2b_get_u64(r->block + n) != w2b_checksum_best()(r->block, n))
        return w2b_fail_at(r->diag, W2B_ERR_CORRUPT, r->name, W2B_NOWHERE, offset,
                           "a block of the checkpoint is damaged");
    return W2B_OK;
}

/* The next section: to memory, or compared with what it should be (*same is set
 * to 0 if it is not). */
static w2b_err read_section(reader *r, void *to, const void *like, size_t size, int *same)
{
    for (size_t at = 0; at < size; at += BLOCK) {
        const size_t n = block_at(at, size);
        const w2b_err err = read_block(r, n);
        if (err)
            return err;
        if (to)
            memcpy((uint8_t *)to + at, r->block, n);
        if (like && memcmp((const uint8_t *)like + at, r->block, n) != 0)
            *same = 0;
    }
    return W2B_OK;
}

static w2b_err read_matrix(reader *r, const w2b_latents *latents, int matrix)
{
    w2b_err err = W2B_OK;
    for (size_t at = 0; at < latents->bytes && !err; at += BLOCK) {
        const size_t n = block_at(at, latents->bytes);
        err = read_block(r, n);
        if (!err)
            w2b_latents_put(latents, matrix, at / sizeof(int16_t), n / sizeof(int16_t),
                            (const int16_t *)(const void *)r->block);
    }
    return err;
}

static w2b_err expect_end(reader *r)
{
    size_t got;
    const w2b_err err = w2b_stream_read(r->stream, r->block, 1, &got, r->diag);
    if (err)
        return err;
    return got ? fail_file(r, W2B_ERR_FORMAT, "there is more behind the checkpoint") : W2B_OK;
}

/* ----- Going on ---------------------------------------------------------------- */

static void show_setting(const setting *s, uint64_t value, char text[32])
{
    if (s->real)
        snprintf(text, 32, "%.9g", real_of(value));
    else
        snprintf(text, 32, "%llu", (unsigned long long)value);
}

static w2b_err compare_settings(const reader *r, const w2b_train_options *options,
                                const uint64_t head[HEAD_COUNT])
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const setting *s = &SETTINGS[i];
        const uint64_t now = setting_of(options, s);
        char then_text[32], now_text[32];
        if (now == head[i])
            continue;
        show_setting(s, head[i], then_text);
        show_setting(s, now, now_text);
        return w2b_fail_at(r->diag, W2B_ERR_ARGUMENT, r->name, W2B_NOWHERE, W2B_NOWHERE,
                           "the run was begun with another value of \"%s\": %s, not %s", s->name,
                           then_text, now_text);
    }
    return W2B_OK;
}

static w2b_err compare_text(const w2b_trainer *t, const reader *r, const uint64_t head[HEAD_COUNT])
{
    uint64_t now[HEAD_COUNT];
    fill_head(t, now);
    if (head[TEXT_BYTES] != now[TEXT_BYTES] || head[TEXT_HASH] != now[TEXT_HASH])
        return w2b_fail_at(r->diag, W2B_ERR_ARGUMENT, r->name, W2B_NOWHERE, W2B_NOWHERE,
                           "the run was begun on another text (%llu bytes, not %llu)",
                           (unsigned long long)head[TEXT_BYTES],
                           (unsigned long long)now[TEXT_BYTES]);
    for (size_t i = TEXT_KEPT; i <= WORD_BYTES; i++)
        if (head[i] != now[i])
            return fail_file(r, W2B_ERR_ARGUMENT, "the run was begun with another vocabulary");
    for (size_t i = MATRIX_BYTES; i <= ROOM; i++)
        if (head[i] != now[i])
            return fail_file(r, W2B_ERR_VERSION,
                             "is a checkpoint of another version of this program");
    return W2B_OK;
}

w2b_err w2b_checkpoint_check(const w2b_train_options *options, int *found, w2b_diag *diag)
{
    struct stat info;
    *found = 0;
    if (!options->checkpoint || stat(options->checkpoint, &info) != 0)
        return W2B_OK;
    if (!options->resume)
        return options->replace_checkpoint
                   ? W2B_OK
                   : w2b_fail_at(diag, W2B_ERR_EXISTS, options->checkpoint, W2B_NOWHERE,
                                 W2B_NOWHERE, "exists already");
    uint64_t head[HEAD_COUNT];
    reader r;
    w2b_err err = reader_open(&r, options->checkpoint, diag, head);
    if (!err)
        err = compare_settings(&r, options, head);
    reader_close(&r);
    *found = !err;
    return err;
}

static w2b_err read_state(w2b_trainer *t, reader *r, const uint64_t head[HEAD_COUNT],
                          const sizes *s)
{
    const w2b_vocab *vocab = t->corpus->vocab;
    const uint32_t streams = t->options.streams;
    int same = 1;
    uint8_t *walkers = w2b_alloc(s->walkers, 1), *sums = w2b_alloc(s->sums, 1);
    w2b_err err = walkers && sums ? W2B_OK
                                  : w2b_fail_memory(r->diag, s->walkers + s->sums, "a checkpoint");
    if (!err)
        err = read_section(r, NULL, vocab->starts, s->starts, &same);
    if (!err)
        err = read_section(r, NULL, vocab->counts, s->counts, &same);
    if (!err)
        err = read_section(r, NULL, vocab->bytes, s->bytes, &same);
    if (!err && !same)
        err = fail_file(r, W2B_ERR_ARGUMENT, "the run was begun with another vocabulary");
    if (!err)
        err = read_section(r, walkers, NULL, s->walkers, &same);
    if (!err)
        err = read_section(r, sums, NULL, s->sums, &same);
    for (uint32_t i = 0; !err && i < streams; i++)
        if (get_walker(&t->walkers[i], head[WORDS], walkers + s->walkers / streams * i) ||
            get_sums(t, i, sums + s->sums / streams * i))
            err = fail_file(r, W2B_ERR_FORMAT, "the checkpoint cannot be right");
    for (int matrix = 0; matrix < 2 && !err; matrix++)
        err = read_matrix(r, &t->latents, matrix);
    w2b_free(walkers);
    w2b_free(sums);
    return err ? err : expect_end(r);
}

w2b_err w2b_checkpoint_load(w2b_trainer *t)
{
    uint64_t head[HEAD_COUNT];
    sizes s;
    reader r;
    w2b_err err = reader_open(&r, t->options.checkpoint, t->diag, head);
    if (!err)
        err = compare_settings(&r, &t->options, head);
    if (!err)
        err = compare_text(t, &r, head);
    if (!err && sizes_of(head, &s))
        err = fail_file(&r, W2B_ERR_FORMAT, "the checkpoint cannot be right");
    if (!err)
        err = read_state(t, &r, head, &s);
    /* a round takes a word at least; jobs are numbered by it, see run.c */
    if (!err && head[ROUNDS] > t->tokens)
        err = fail_file(&r, W2B_ERR_FORMAT, "the checkpoint cannot be right");
    if (!err && w2b_trainer_at_end(t))
        err = fail_file(&r, W2B_ERR_FORMAT, "the numbers of the checkpoint have run away");
    reader_close(&r);
    if (err)
        return err;
    t->rounds = head[ROUNDS];
    t->seconds_before = real_of(head[SECONDS]);
    if (!(t->seconds_before >= 0))
        t->seconds_before = 0;
    t->told = head[TOLD] < t->options.epochs ? (uint32_t)head[TOLD] : t->options.epochs;
    for (uint32_t i = 0; i < t->options.streams; i++)
        t->resumed += t->walkers[i].consumed;
    return W2B_OK;
}

/* ----- On its own --------------------------------------------------------------- */

int w2b_checkpoint_probe(const char *path)
{
    reader r = {0};
    const uint8_t *head;
    size_t n;
    /* of standard input nothing would be left */
    const int is = strcmp(path, "-") != 0 && !w2b_stream_open(path, &r.stream, NULL) &&
                   !w2b_stream_peek(r.stream, &head, &n, NULL) && n >= sizeof MAGIC &&
                   memcmp(head, MAGIC, sizeof MAGIC) == 0;
    w2b_stream_close(r.stream);
    return is;
}

static int words_are_sound(const w2b_vocab *vocab, size_t bytes)
{
    int sound = vocab->starts[0] == 0 && vocab->starts[vocab->n] == bytes;
    for (uint64_t i = 0; i < vocab->n && sound; i++) {
        const uint64_t begin = vocab->starts[i], end = vocab->starts[i + 1];
        sound = begin < end && end - begin >= 2 && end <= bytes && vocab->bytes[end - 1] == 0 &&
                end - begin <= W2B_WORD_MOST + 1;
    }
    return sound;
}

/* Reads the sections into what has their sizes. */
static w2b_err read_alone(reader *r, const sizes *s, w2b_vocab *vocab, const w2b_latents *latents)
{
    int same = 1;
    w2b_err err = read_section(r, vocab->starts, NULL, s->starts, &same);
    if (!err)
        err = read_section(r, vocab->counts, NULL, s->counts, &same);
    if (!err)
        err = read_section(r, vocab->bytes, NULL, s->bytes, &same);
    if (!err && !words_are_sound(vocab, s->bytes))
        err = fail_file(r, W2B_ERR_FORMAT, "the words of the checkpoint cannot be right");
    if (!err)
        err = read_section(r, NULL, NULL, s->walkers, &same);
    if (!err)
        err = read_section(r, NULL, NULL, s->sums, &same);
    for (int matrix = 0; matrix < 2 && !err; matrix++)
        err = read_matrix(r, latents, matrix);
    return err ? err : expect_end(r);
}

w2b_err w2b_checkpoint_open(const char *path, w2b_vocab **vocab, w2b_latents *latents,
                            w2b_diag *diag)
{
    uint64_t head[HEAD_COUNT];
    sizes s;
    reader r;
    w2b_vocab *made = NULL;
    w2b_latents read = {0};
    w2b_train_options options;
    w2b_err err = reader_open(&r, path, diag, head);
    if (!err && head_options(head, &options))
        err = fail_file(&r, W2B_ERR_FORMAT, "the checkpoint cannot be right");
    if (!err && (sizes_of(head, &s) || w2b_stream_size(r.stream) != file_size(&s)))
        err = fail_file(&r, W2B_ERR_FORMAT, "the checkpoint is not as large as it says");
    if (!err) {
        w2b_scales scales;
        /* they fit, as has been seen */
        (void)w2b_trainer_scales(&options, &scales);
        made = w2b_vocab_new(head[WORDS], s.bytes);
        if (!made || w2b_latents_make(&read, (uint32_t)head[WORDS], options.train_dim,
                                      scales.unit, 1))
            err = w2b_fail_memory(diag, 2 * (uint64_t)s.matrix, "the checkpoint");
        else if (read.bytes != s.matrix)
            err = fail_file(&r, W2B_ERR_VERSION,
                            "is a checkpoint of another version of this program");
    }
    if (!err)
        err = read_alone(&r, &s, made, &read);
    reader_close(&r);
    if (err) {
        w2b_vocab_free(made);
        w2b_latents_release(&read);
        return err;
    }
    *vocab = made;
    *latents = read;
    return W2B_OK;
}
