/*
 * test_checkpoint.c - runs that stop and go on, models that are updated, what is
 * told on the way and before.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/checksum.h"
#include "io/little.h"
#include "tests/unit/sample.h"
#include "tests/unit/scratch.h"
#include "tests/unit/seed.h"
#include "word2bits/checkpoint.h"
#include "word2bits/update.h"
#include "word2bits/vocab.h"

#define HEAD_BYTES 16 /* magic and version; numbers of 8 bytes follow */

/* A path of the scratch folder that stays, however many others are asked for. */
static const char *keep(const char *path)
{
    static char kept[16][4096];
    size_t i = 0;
    while (kept[i][0] && strcmp(kept[i], path) != 0)
        i++;
    assert_true(i < 16 && strlen(path) < sizeof kept[i]);
    memcpy(kept[i], path, strlen(path) + 1);
    return kept[i];
}

/* Lines of made-up words: a few of them `prefix` and a number. */
static const char *write_text(const char *name, const char *prefix, uint64_t stream)
{
    enum { LINES = 300, ROOM = LINES * 10 * 16 };
    char *text = w2b_alloc(ROOM, 1);
    assert_non_null(text);
    size_t n = 0;
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), stream);
    for (int line = 0; line < LINES; line++) {
        for (uint32_t left = 3 + w2b_rng_below(&rng, 6); left; left--) {
            const uint32_t word = w2b_rng_below(&rng, 30);
            n += (size_t)snprintf(text + n, ROOM - n, "%s%u ", word < 5 ? prefix : "w", word);
        }
        text[n - 1] = '\n';
    }
    const char *path = keep(scratch_write(name, text, n));
    w2b_free(text);
    return path;
}

/* Asks to stop at the `stop`-th checkpoint. */
typedef struct listener {
    uint32_t stop, saves;
    uint32_t epochs;
    double losses[16];
} listener;

static int listen(const w2b_progress *progress, void *user)
{
    listener *l = user;
    if (progress->stage != W2B_STAGE_WRITE)
        return 0;
    return ++l->saves == l->stop;
}

static void note_epoch(const w2b_epoch *epoch, void *user)
{
    listener *l = user;
    assert_int_equal(epoch->epoch, l->epochs + 1);
    assert_true(epoch->loss > 0 && isfinite(epoch->loss));
    assert_true(epoch->seconds >= 0 && epoch->words > 0 && epoch->windows > 0);
    l->losses[l->epochs++] = epoch->loss;
}

static w2b_train_options small_options(listener *l)
{
    w2b_train_options options;
    w2b_train_defaults(&options);
    options.dim = options.train_dim = 20;
    options.window = 3;
    options.negative = 3;
    options.pool = 9;
    options.epochs = 3;
    options.sample = 0.05;
    options.streams = 3;
    options.block = 5;
    options.bits = 32;
    options.checkpoint_seconds = 0;
    options.corpus.threads = 1;
    options.corpus.progress = listen;
    options.corpus.progress_user = l;
    options.epoch_fn = note_epoch;
    options.epoch_user = l;
    return options;
}

/* The file of the model that training gives, in memory of ours. */
static char *file_of(const char *text, const w2b_train_options *options, size_t *size)
{
    w2b_model *model;
    w2b_diag diag;
    if (w2b_train(&text, 1, options, &model, NULL, &diag))
        fail_msg("%s: %s", diag.path, diag.text);
    w2b_save_options save;
    w2b_save_defaults(&save);
    save.replace = 1;
    assert_int_equal(w2b_model_save(model, scratch_path("model.w2b"), &save, NULL), W2B_OK);
    w2b_model_free(model);
    char *kept = NULL;
    const char *bytes = scratch_read(scratch_path("model.w2b"), size);
    kept = w2b_alloc(*size, 1);
    assert_non_null(kept);
    memcpy(kept, bytes, *size);
    return kept;
}

/* ----- Going on -------------------------------------------------------------- */

/* Stops at a random checkpoint, goes on with other threads and kernels, stops
 * again, until the run is through. */
static void stopped_runs_end_as_others_do(void **state)
{
    (void)state;
    const char *text = write_text("text", "x", 1);
    const char *path = keep(scratch_path("run.state"));
    listener whole = {0};
    w2b_train_options options = small_options(&whole);
    for (int arch = W2B_ARCH_CBOW; arch <= W2B_ARCH_SKIPGRAM; arch++) {
        options.arch = (w2b_arch)arch;
        whole.epochs = 0;
        size_t size, other;
        char *bytes = file_of(text, &options, &size);
        uint32_t stops = 0, epochs = 0;
        for (w2b_err err = W2B_ERR_CANCELLED; err; stops++) {
            /* the first one saves after every round */
            const uint32_t stop = 1 + w2b_rng_below(&(w2b_rng){{scratch_random(), 1, 2, 3}}, 6);
            listener l = {.stop = stops ? stop : 5,
                          .epochs = epochs};
            w2b_train_options part = small_options(&l);
            part.arch = (w2b_arch)arch;
            part.checkpoint = path;
            part.checkpoint_rounds = stops ? 1 + scratch_random() % 40 : 1;
            part.resume = 1;
            part.corpus.threads = 1 + (uint32_t)(scratch_random() % 3);
            part.isa = scratch_random() % 2 ? W2B_ISA_SCALAR : W2B_ISA_AUTO;
            w2b_model *model;
            w2b_diag diag;
            err = w2b_train(&text, 1, &part, &model, NULL, &diag);
            for (uint32_t e = epochs; e < l.epochs; e++)
                assert_true(l.losses[e] == whole.losses[e]);
            epochs = l.epochs;
            if (!err) {
                w2b_model_free(model);
                break;
            }
            assert_int_equal(err, W2B_ERR_CANCELLED);
            assert_string_equal(diag.path, path);
            assert_true(stops < 1000);
        }
        assert_true(stops > 0);
        assert_int_equal(epochs, 3);
        /* the checkpoint of the end gives the model without a round */
        listener l = {0};
        w2b_train_options again = small_options(&l);
        again.arch = (w2b_arch)arch;
        again.checkpoint = path;
        again.resume = 1;
        again.epoch_fn = NULL; /* whether the last epoch had been told is chance */
        char *resumed = file_of(text, &again, &other);
        assert_int_equal(l.saves, 0);
        assert_int_equal(size, other);
        assert_memory_equal(bytes, resumed, size);
        w2b_free(bytes);
        w2b_free(resumed);
        assert_int_equal(unlink(path), 0);
    }
}

/* A checkpoint of some rounds of the usual run, which is stopped there. */
static const char *make_checkpoint(const char *text, const char *name)
{
    listener l = {.stop = 2};
    w2b_train_options options = small_options(&l);
    options.checkpoint = keep(scratch_path(name));
    options.checkpoint_rounds = 10;
    options.replace_checkpoint = 1;
    w2b_model *model;
    assert_int_equal(w2b_train(&text, 1, &options, &model, NULL, NULL), W2B_ERR_CANCELLED);
    return options.checkpoint;
}

static w2b_err resume(const char *text, w2b_train_options *options, const char *path,
                      w2b_diag *diag)
{
    w2b_model *model = NULL;
    options->checkpoint = path;
    options->resume = 1;
    const w2b_err err = w2b_train(&text, 1, options, &model, NULL, diag);
    w2b_model_free(model);
    return err;
}

static void other_runs_are_refused(void **state)
{
    (void)state;
    const char *text = write_text("text", "x", 1), *other = write_text("other", "y", 1);
    const char *path = make_checkpoint(text, "run.state");
    listener l = {0};
    w2b_diag diag;
    w2b_train_options options;
#define EXPECT_REFUSED(change, word)                                                \
    do {                                                                            \
        options = small_options(&l);                                                \
        change;                                                                     \
        assert_int_equal(resume(text, &options, path, &diag), W2B_ERR_ARGUMENT);    \
        assert_non_null(strstr(diag.text, word));                                   \
        assert_string_equal(diag.path, path);                                       \
    } while (0)
    EXPECT_REFUSED(options.train_dim = 21, "\"train_dim\": 20, not 21");
    EXPECT_REFUSED(options.rate = 0.5, "\"rate\"");
    EXPECT_REFUSED(options.epochs = 4, "\"epochs\"");
    EXPECT_REFUSED(options.seed = 7, "\"seed\"");
    EXPECT_REFUSED(options.arch = W2B_ARCH_SKIPGRAM, "\"arch\"");
    EXPECT_REFUSED(options.corpus.min_count = 60, "vocabulary");
    options = small_options(&l);
    assert_int_equal(resume(other, &options, path, &diag), W2B_ERR_ARGUMENT);
    assert_non_null(strstr(diag.text, "another text"));
    /* what is stored may change; a file that exists is not written over */
    options = small_options(&l);
    options.bits = 1;
    assert_int_equal(resume(text, &options, path, &diag), W2B_OK);
    options = small_options(&l);
    options.checkpoint = path;
    w2b_model *model;
    assert_int_equal(w2b_train(&text, 1, &options, &model, NULL, &diag), W2B_ERR_EXISTS);
}

/* ----- Files that lie -------------------------------------------------------- */

static void expect_bad(const char *text, const char *bytes, size_t size, w2b_diag *diag)
{
    listener l = {0};
    w2b_train_options options = small_options(&l);
    const char *path = scratch_write("bad.state", bytes, size);
    const w2b_err err = resume(text, &options, path, diag);
    assert_true(err == W2B_ERR_FORMAT || err == W2B_ERR_CORRUPT || err == W2B_ERR_VERSION ||
                err == W2B_ERR_ARGUMENT);
    w2b_vocab *vocab = NULL;
    w2b_latents latents = {0};
    if (!w2b_checkpoint_open(path, &vocab, &latents, NULL)) {
        w2b_vocab_free(vocab);
        w2b_latents_release(&latents);
    }
}

static void damage_is_found(void **state)
{
    (void)state;
    const char *text = write_text("text", "x", 1);
    const char *path = make_checkpoint(text, "run.state");
    size_t size;
    const char *whole = scratch_read(path, &size);
    char *bytes = w2b_alloc(size + 1, 1);
    assert_non_null(bytes);
    memcpy(bytes, whole, size);
    w2b_diag diag;
    w2b_vocab *vocab;
    w2b_latents latents;
    assert_int_equal(w2b_checkpoint_open(path, &vocab, &latents, &diag), W2B_OK);
    assert_int_equal(vocab->n, latents.words);
    w2b_vocab_free(vocab);
    w2b_latents_release(&latents);
    for (int i = 0; i < 200; i++) {
        const size_t at = i < 40 ? (size_t)i * 4 : scratch_random() % size;
        const char bit = (char)(1 << scratch_random() % 8);
        bytes[at] ^= bit;
        expect_bad(text, bytes, size, &diag);
        bytes[at] ^= bit;
    }
    for (int i = 0; i < 40; i++)
        expect_bad(text, bytes, i < 8 ? (size_t)i * 30 : scratch_random() % size, &diag);
    bytes[size] = 0;
    expect_bad(text, bytes, size + 1, &diag);
    w2b_free(bytes);
}

/* Where the head's checksum is: the first place where it is right. */
static size_t head_end(const char *bytes)
{
    const w2b_checksum_fn checksum = w2b_checksum_best();
    for (size_t n = HEAD_BYTES; n < 1024; n += 8)
        if (w2b_get_u64((const uint8_t *)bytes + n) == checksum(bytes, n))
            return n;
    fail_msg("no checksum of the head");
    return 0;
}

/* Checksums are no protection from somebody who makes the file. */
static void lies_with_right_checksums_are_found(void **state)
{
    (void)state;
    const char *text = write_text("text", "x", 1);
    size_t size;
    const char *whole = scratch_read(make_checkpoint(text, "run.state"), &size);
    uint8_t *bytes = w2b_alloc(size, 1);
    assert_non_null(bytes);
    memcpy(bytes, whole, size);
    const size_t end = head_end((const char *)bytes);
    const uint64_t values[] = {0, 1, 2, 1000, 65537, UINT32_MAX, (uint64_t)1 << 40, UINT64_MAX};
    const size_t rounds = 16, last = end - 3 * 8; /* what is for show may be anything */
    w2b_diag diag;
    for (size_t at = rounds; at < last; at += 8)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            const uint64_t before = w2b_get_u64(bytes + at);
            if (before == values[v])
                continue;
            w2b_put_u64(bytes + at, values[v]);
            w2b_put_u64(bytes + end, w2b_checksum_best()(bytes, end));
            expect_bad(text, (const char *)bytes, size, &diag);
            w2b_put_u64(bytes + at, before);
        }
    /* more rounds than there are words */
    const uint64_t done = w2b_get_u64(bytes + last);
    const uint64_t more[] = {100000, (uint64_t)1 << 62, UINT64_MAX};
    for (size_t v = 0; v < sizeof more / sizeof *more; v++) {
        w2b_put_u64(bytes + last, more[v]);
        w2b_put_u64(bytes + end, w2b_checksum_best()(bytes, end));
        expect_bad(text, (const char *)bytes, size, &diag);
    }
    w2b_put_u64(bytes + last, done);
    w2b_put_u64(bytes + end, w2b_checksum_best()(bytes, end));
    /* walkers: behind starts, counts and bytes, each with one checksum */
    w2b_vocab *vocab;
    w2b_latents latents;
    assert_int_equal(w2b_checkpoint_open(keep(scratch_path("run.state")), &vocab, &latents, NULL),
                     W2B_OK);
    const size_t walkers = end + 8 + (vocab->n + 1) * 8 + 8 + vocab->n * 8 + 8 +
                           vocab->starts[vocab->n] + 8;
    const size_t room = 5 + 2 * 3, n = 3 * (10 + 2 * room) * 8;
    for (size_t i = 0; i < 6; i++) {
        if (i == 1 || i == 3)
            continue; /* tokens read and lines passed may be any number */
        const uint64_t before = w2b_get_u64(bytes + walkers + 8 * i);
        w2b_put_u64(bytes + walkers + 8 * i, (uint64_t)1 << 33);
        w2b_put_u64(bytes + walkers + n, w2b_checksum_best()(bytes + walkers, n));
        expect_bad(text, (const char *)bytes, size, &diag);
        assert_non_null(strstr(diag.text, "cannot be right"));
        w2b_put_u64(bytes + walkers + 8 * i, before);
    }
    w2b_put_u64(bytes + walkers + 80, vocab->n); /* a token */
    w2b_put_u64(bytes + walkers + n, w2b_checksum_best()(bytes + walkers, n));
    expect_bad(text, (const char *)bytes, size, &diag);
    w2b_vocab_free(vocab);
    w2b_latents_release(&latents);
    w2b_free(bytes);
}

/* ----- Numbers that run away --------------------------------------------------- */

static void last_good_state_is_kept(void **state)
{
    (void)state;
    const char *text = write_text("text", "x", 1);
    listener l = {0};
    w2b_train_options options = small_options(&l);
    options.train_bits = 0;
    options.rate = 10;
    options.epochs = 500;
    options.epoch_fn = NULL;
    options.checkpoint = keep(scratch_path("run.state"));
    options.replace_checkpoint = 1;
    options.checkpoint_rounds = 1;
    w2b_model *model;
    w2b_diag diag;
    assert_int_equal(w2b_train(&text, 1, &options, &model, NULL, &diag), W2B_ERR_DATA);
    assert_non_null(strstr(diag.text, "lower rate than 10"));
    assert_true(l.saves > 0);
    assert_non_null(strstr(diag.text, "run.state"));
    w2b_vocab *vocab;
    w2b_latents latents;
    assert_int_equal(w2b_checkpoint_open(options.checkpoint, &vocab, &latents, NULL), W2B_OK);
    float x[20];
    for (uint32_t row = 0; row < latents.words; row++) {
        w2b_latents_fetch(&latents, 0, row, 0, 20, x);
        for (int i = 0; i < 20; i++)
            assert_true(isfinite(x[i]));
    }
    w2b_vocab_free(vocab);
    w2b_latents_release(&latents);
}

/* ----- Updates ----------------------------------------------------------------- */

static const w2b_model *words_of(w2b_model *model, const char *word, float *x, uint64_t *count)
{
    const int64_t row = w2b_model_find(model, word, strlen(word));
    assert_true(row >= 0);
    assert_int_equal(w2b_model_vector(model, (uint64_t)row, x, NULL), W2B_OK);
    *count = w2b_model_count(model, (uint64_t)row);
    return model;
}

static w2b_model *train(const char *text, const w2b_train_options *options,
                        w2b_train_report *report)
{
    w2b_model *model;
    w2b_diag diag;
    if (w2b_train(&text, 1, options, &model, report, &diag))
        fail_msg("%s: %s", diag.path, diag.text);
    return model;
}

static void updates_keep_what_was_known(void **state)
{
    (void)state;
    const char *text = write_text("text", "old", 1), *more = write_text("more", "new", 2);
    listener l = {0};
    w2b_train_options options = small_options(&l);
    options.axes = W2B_AXES_OFF;
    options.checkpoint = keep(scratch_path("run.state"));
    options.replace_checkpoint = 1;
    w2b_model *old = train(text, &options, NULL);
    assert_int_equal(w2b_model_save(old, scratch_path("old.w2b"), NULL, NULL), W2B_OK);
    const char *bases[] = {keep(scratch_path("old.w2b")), options.checkpoint};
    for (int i = 0; i < 2; i++) {
        float before[20], after[20];
        uint64_t count, sum;
        listener quiet = {0};
        options = small_options(&quiet);
        options.axes = W2B_AXES_OFF;
        options.dim = options.train_dim = 0;
        options.epochs = 1;
        options.rate = 1e-9; /* next to nothing is learned */
        options.update = bases[i];
        w2b_train_report report;
        w2b_model *model = train(more, &options, &report);
        words_of(old, "old3", before, &count);
        words_of(model, "old3", after, &sum);
        assert_int_equal(sum, count);
        /* latents are rounded to so much: 2^-11 of the quantizer's step */
        const double unit = 11.5 / sqrt(20) / 2048;
        for (int c = 0; c < 20; c++)
            assert_float_equal(before[c], after[c], 2 * unit);
        words_of(old, "w20", before, &count);
        words_of(model, "w20", after, &sum);
        assert_true(sum > count);
        /* a model's vector is there in part, beside a random beginning */
        for (int c = 0; c < 20 && i == 1; c++)
            assert_float_equal(before[c], after[c], 3 * unit);
        assert_true(sample_cosine(before, after, 20) > 0.9);
        words_of(model, "new3", after, &sum);
        assert_true(sum >= 5);
        w2b_info info;
        w2b_model_info(model, &info);
        assert_int_equal(info.words, 35);
        assert_int_equal(report.old_words, 30);
        assert_non_null(strstr(info.metadata, "\"updated_words\":30"));
        uint64_t total = 0, first = 0;
        for (uint64_t row = 0; row < info.words; row++)
            total += w2b_model_count(model, row);
        for (uint64_t row = 0; row < 30; row++)
            first += w2b_model_count(old, row);
        assert_int_equal(total, first + report.corpus.kept);
        w2b_model_free(model);
    }
    w2b_model_free(old);
    options.dim = 21;
    w2b_model *model;
    w2b_diag diag;
    assert_int_equal(w2b_train(&more, 1, &options, &model, NULL, &diag), W2B_ERR_ARGUMENT);
    assert_non_null(strstr(diag.text, "20 numbers"));
}

/* An update learns, and can be stopped and gone on with like any run. */
static void updates_can_be_stopped(void **state)
{
    (void)state;
    const char *text = write_text("text", "old", 1), *more = write_text("more", "new", 2);
    listener l = {0};
    w2b_train_options options = small_options(&l);
    w2b_model *old = train(text, &options, NULL);
    assert_int_equal(w2b_model_save(old, scratch_path("base.w2b"), NULL, NULL), W2B_OK);
    w2b_model_free(old);
    options.update = keep(scratch_path("base.w2b"));
    l.epochs = 0;
    size_t size, other;
    char *whole = file_of(more, &options, &size);
    listener stop = {.stop = 3};
    w2b_train_options part = small_options(&stop);
    part.update = options.update;
    part.checkpoint = keep(scratch_path("update.state"));
    part.checkpoint_rounds = 7;
    w2b_model *model;
    assert_int_equal(w2b_train(&more, 1, &part, &model, NULL, NULL), W2B_ERR_CANCELLED);
    part.resume = 1;
    char *resumed = file_of(more, &part, &other);
    assert_int_equal(size, other);
    assert_memory_equal(whole, resumed, size);
    w2b_free(whole);
    w2b_free(resumed);
}

/* ----- What is told ------------------------------------------------------------- */

static void losses_do_not_depend_on_threads(void **state)
{
    (void)state;
    const char *text = write_text("text", "x", 1);
    listener first = {0};
    for (uint32_t threads = 1; threads <= 3; threads++) {
        listener l = {0};
        w2b_train_options options = small_options(&l);
        options.corpus.threads = threads;
        w2b_train_report report;
        w2b_model *model = train(text, &options, &report);
        assert_int_equal(l.epochs, 3);
        assert_true(l.losses[2] < l.losses[0]);
        assert_true(report.first_loss == l.losses[0] && report.last_loss == l.losses[2]);
        w2b_info info;
        w2b_model_info(model, &info);
        assert_non_null(strstr(info.metadata, "\"losses\":["));
        if (threads == 1)
            first = l;
        for (int e = 0; e < 3; e++)
            assert_true(l.losses[e] == first.losses[e]);
        w2b_model_free(model);
    }
}

static void plans_add_up(void **state)
{
    (void)state;
    const char *text = write_text("text", "x", 1);
    listener l = {0};
    w2b_train_options options = small_options(&l);
    w2b_train_plan plan;
    assert_int_equal(w2b_train_dry(&text, 1, &options, &plan, NULL), W2B_OK);
    assert_int_equal(plan.corpus.words, 30);
    assert_int_equal(plan.matrices, 2 * 30 * 32 * sizeof(int16_t));
    assert_int_equal(plan.threads, 1);
    assert_true(plan.total >= plan.program + plan.counting);
    assert_true(plan.total >= plan.program + plan.matrices + plan.vocabulary + plan.ids +
                                  plan.streams + plan.thread + plan.result);
    assert_int_equal(plan.ids_on_disk, 0);
    w2b_train_report report;
    options.checkpoint = keep(scratch_path("run.state"));
    options.replace_checkpoint = 1;
    w2b_model_free(train(text, &options, &report));
    assert_true(report.memory <= plan.matrices + plan.streams);
    size_t size;
    assert_non_null(scratch_read(options.checkpoint, &size));
    assert_true(size <= plan.checkpoint_file);
    options.corpus.memory = 100;
    options.replace_checkpoint = 1;
    assert_int_equal(w2b_train_dry(&text, 1, &options, &plan, NULL), W2B_OK);
    assert_int_equal(plan.ids, 0);
    assert_true(plan.ids_on_disk > 100);
    /* one group of columns; a second stream keeps a second thread busy */
    options.streams = 0;
    options.corpus.threads = 3;
    assert_int_equal(w2b_train_dry(&text, 1, &options, &plan, NULL), W2B_OK);
    assert_int_equal(plan.threads, 2);
}

int main(void)
{
    test_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopped_runs_end_as_others_do),
        cmocka_unit_test(other_runs_are_refused),
        cmocka_unit_test(damage_is_found),
        cmocka_unit_test(lies_with_right_checksums_are_found),
        cmocka_unit_test(last_good_state_is_kept),
        cmocka_unit_test(updates_keep_what_was_known),
        cmocka_unit_test(updates_can_be_stopped),
        cmocka_unit_test(losses_do_not_depend_on_threads),
        cmocka_unit_test(plans_add_up),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
