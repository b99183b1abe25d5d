/*
 * test_train.c - the step against its specification; training as a whole.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/scratch.h"
#include "tests/unit/seed.h"
#include "word2bits/rates.h"
#include "word2bits/space.h"

#define TOPICS 6
#define RATE 0.05
#define MOST_RATE 8 /* of a row, see rates.h */
#define TOPIC_WORDS 8

/* Lines of words of one topic each, so that words of a topic end up near each
 * other. */
static const char *write_text(void)
{
    enum { LINES = 4000, ROOM = LINES * 10 * 8 };
    char *text = w2b_alloc(ROOM, 1);
    assert_non_null(text);
    size_t n = 0;
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 1);
    for (int line = 0; line < LINES; line++) {
        const uint32_t topic = w2b_rng_below(&rng, TOPICS);
        for (uint32_t left = 3 + w2b_rng_below(&rng, 6); left; left--)
            n += (size_t)snprintf(text + n, ROOM - n, "t%uw%u ", topic,
                                  w2b_rng_below(&rng, TOPIC_WORDS));
        text[n - 1] = '\n';
    }
    const char *path = scratch_write("text", text, n);
    w2b_free(text);
    return path;
}

static w2b_train_options small_options(void)
{
    w2b_train_options options;
    w2b_train_defaults(&options);
    options.dim = options.train_dim = 37;
    options.window = 3;
    options.negative = 5;
    options.epochs = 2;
    options.sample = 0;
    options.streams = 5;
    /* so few words that a larger block would meet each of them many times */
    options.block = 8;
    options.corpus.threads = 1;
    return options;
}

/* ----- The step ------------------------------------------------------------- */

typedef struct step_case {
    w2b_arch arch;
    unsigned bits;
    uint32_t dim, block, threads;
    w2b_context context;
} step_case;

static void fill_latents(const w2b_latents *latents, w2b_rng *rng)
{
    for (uint32_t row = 0; row < latents->words; row++)
        for (uint32_t c = 0; c < 2 * latents->dim; c++) {
            const float x = (float)(w2b_rng_unit(rng) - 0.5);
            w2b_latents_store(latents, c & 1, row, c / 2, 1, &x);
        }
}

static w2b_plain plain_copy(const w2b_latents *latents)
{
    const size_t n = (size_t)latents->words * latents->dim;
    w2b_plain plain = {w2b_alloc(n, sizeof(float)), w2b_alloc(n, sizeof(float)), latents->dim,
                       W2B_CONTEXT_MEAN, NULL};
    assert_true(plain.u && plain.v);
    for (uint32_t row = 0; row < latents->words; row++) {
        w2b_latents_fetch(latents, 0, row, 0, plain.dim, plain.u + (size_t)row * plain.dim);
        w2b_latents_fetch(latents, 1, row, 0, plain.dim, plain.v + (size_t)row * plain.dim);
    }
    return plain;
}

static void plain_free(w2b_plain *plain)
{
    w2b_free(plain->u);
    w2b_free(plain->v);
}

static uint32_t count_row(const uint32_t *rows, uint32_t n, uint32_t row)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++)
        count += rows[i] == row;
    return count;
}

/* What is left between two ways to the same numbers, in units of a latent. */
typedef struct leftover {
    double sum;
    uint64_t n;
} leftover;

/* Each change of a 16-bit latent is rounded, up or down: less than one unit, and
 * nothing on average. Errors are rounded, too: by up to half of a whole one, in each of
 * the pairs that a row is part of, which is multiplied by the rates and by numbers of
 * up to a half; those of a row of v by sums of up to 6 of these. */
static void expect_near(const w2b_latents *fast, const w2b_plain *spec, const w2b_block *block,
                        const w2b_scales *scales, leftover *left)
{
    w2b_plain got = plain_copy(fast);
    const uint32_t outputs = 1 + block->outputs - block->paired;
    const double pairs = 6.0 * (outputs > block->inputs ? outputs : block->inputs);
    const double error = pairs * 0.5 / scales->weight * RATE * MOST_RATE * 0.5;
    const double move = fast->unit + error;
    for (uint32_t row = 0; row < fast->words; row++) {
        const double u = count_row(block->in_rows, block->positions, row) * move + 1e-6;
        const double v = count_row(block->out_rows, block->outputs, row) * move + 1e-6;
        for (size_t i = (size_t)row * spec->dim; i < (size_t)(row + 1) * spec->dim; i++) {
            assert_float_equal(got.u[i], spec->u[i], u);
            assert_float_equal(got.v[i], spec->v[i], v);
            left->sum += (double)got.u[i] - spec->u[i] + got.v[i] - spec->v[i];
            left->n += 2;
        }
    }
    plain_free(&got);
}

/* Whatever the rate, steps are no larger than kernels can take. */
static void expect_bounded(const w2b_round *round, w2b_lane *lane, const w2b_block *block)
{
    w2b_round_scores(round, lane, block, 1e6f);
    for (uint32_t i = 0; i < block->outputs + block->positions; i++)
        assert_true(lane->work->steps[i].scale == W2B_FIXED_MOST_SCALE);
}

/* One round of every block of the text, each from the latents that the one
 * before left, by the fast step and by the plain one. */
static void compare_steps(const w2b_corpus *corpus, const step_case *c)
{
    const w2b_walk_options walk = {c->arch, 3, 5, 1, c->block, 7, c->context};
    w2b_scales scales;
    /* a power of two: latents between two levels are so for both ways */
    assert_int_equal(w2b_scales_for((w2b_loop_quant){c->bits, 0.5f}, c->dim, &walk, &scales), 0);
    assert_int_equal(scales.quant.bits, c->bits ? c->bits : 9);
    w2b_sampler sampler;
    w2b_rates rates;
    w2b_latents fast;
    w2b_walker walker;
    w2b_lane lane;
    w2b_share shares[3];
    w2b_round round;
    leftover left = {0, 0};
    const uint32_t words = (uint32_t)w2b_vocab_size(corpus->vocab);
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 2);
    assert_int_equal(w2b_sampler_make(&sampler, corpus->vocab, 0, 0.75), 0);
    assert_int_equal(w2b_rates_make(&rates, corpus->vocab, &sampler, 4), 0);
    assert_int_equal(w2b_round_init(&round, W2B_ISA_AUTO, &scales, &walk, &fast), 0);
    round.rates = &rates;
    round.threads = c->threads;
    assert_int_equal(w2b_latents_make(&fast, words, c->dim, scales.unit, c->threads), 0);
    fill_latents(&fast, &rng);
    assert_int_equal(w2b_lane_make(&lane, &round), 0);
    assert_int_equal(w2b_walker_make(&walker, &walk, &sampler, corpus, 0, 100, 1), 0);
    for (uint32_t t = 0; t < c->threads; t++)
        assert_int_equal(w2b_share_make(&shares[t], &round, t), 0);
    w2b_block *block = &lane.block[0];
    size_t blocks = 0, moved = 0;
    for (w2b_walker_next(&walker, block); block->inputs; w2b_walker_next(&walker, block)) {
        w2b_plain before = plain_copy(&fast), after = plain_copy(&fast);
        for (uint32_t t = 0; t < c->threads; t++)
            w2b_round_forward(&round, &lane, block, t ? block : NULL, &shares[t]);
        before.context = c->context;
        before.rates = &rates;
        expect_bounded(&round, &lane, block);
        w2b_round_scores(&round, &lane, block, (float)RATE);
        for (uint32_t t = 0; t < c->threads; t++)
            w2b_round_backward(&round, &lane, block, t ? block : NULL, &shares[t]);
        w2b_plain_step(&before, &after, scales.quant, block, RATE);
        expect_near(&fast, &after, block, &scales, &left);
        const size_t size = (size_t)words * c->dim * sizeof(float);
        moved += memcmp(before.u, after.u, size) && memcmp(before.v, after.v, size);
        plain_free(&before);
        plain_free(&after);
        blocks++;
    }
    /* a mean of one bit can be 0, and move nothing */
    assert_true(moved > blocks / 2);
    /* six times what so many roundings come to by chance */
    assert_true(fabs(left.sum) <= 6 * fast.unit * sqrt((double)left.n) + 1e-6 * (double)left.n);
    for (uint32_t t = 0; t < c->threads; t++)
        w2b_share_release(&shares[t]);
    w2b_walker_release(&walker);
    w2b_lane_release(&lane);
    w2b_latents_release(&fast);
    w2b_rates_release(&rates);
    w2b_sampler_release(&sampler);
}

static void step_equals_its_specification(void **state)
{
    (void)state;
    const w2b_context mean = W2B_CONTEXT_MEAN, sum = W2B_CONTEXT_SUM;
    const step_case cases[] = {
        {W2B_ARCH_CBOW, 0, 16, 16, 1, mean},
        {W2B_ARCH_CBOW, 1, 37, 16, 2, mean},
        {W2B_ARCH_CBOW, 2, 100, 5, 3, mean},
        {W2B_ARCH_CBOW, 3, 33, 33, 2, mean},
        {W2B_ARCH_CBOW, 8, 64, 64, 3, mean},
        {W2B_ARCH_CBOW, 1, 1, 1, 3, mean},
        {W2B_ARCH_CBOW, 4, 864, 33, 3, mean},
        {W2B_ARCH_CBOW, 1, 890, 7, 2, mean},
        {W2B_ARCH_SKIPGRAM, 0, 50, 16, 2, mean},
        {W2B_ARCH_SKIPGRAM, 1, 20, 3, 1, mean},
        {W2B_ARCH_SKIPGRAM, 2, 70, 20, 2, mean},
        {W2B_ARCH_CBOW, 1, 45, 16, 2, sum},
        {W2B_ARCH_CBOW, 0, 20, 16, 1, sum},
    };
    const char *path = write_text();
    w2b_corpus_options options;
    w2b_corpus_defaults(&options);
    w2b_corpus *corpus;
    assert_int_equal(w2b_corpus_read(&path, 1, &options, &corpus, NULL), W2B_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        compare_steps(corpus, &cases[i]);
    w2b_corpus_free(corpus);
}

/* No sum leaves 32 bits where each number is the largest there is; and what is said to
 * fit does. */
static void sums_fit(void **state)
{
    (void)state;
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 3);
    for (int trial = 0; trial < 20000; trial++) {
        const w2b_walk_options walk = {
            (w2b_arch)w2b_rng_below(&rng, 2), 1 + w2b_rng_below(&rng, trial % 2 ? 256 : 12),
            1 + w2b_rng_below(&rng, 256), 1, 1 + w2b_rng_below(&rng, 64),
            1 + w2b_rng_below(&rng, 1024), (w2b_context)w2b_rng_below(&rng, 2)};
        const uint32_t dim = 1 + w2b_rng_below(&rng, trial % 3 ? 2048 : 65536);
        const unsigned bits = w2b_rng_below(&rng, 9);
        w2b_scales scales;
        if (w2b_scales_for((w2b_loop_quant){bits, 1}, dim, &walk, &scales)) {
            assert_true(bits > 0);
            assert_false(bits <= 4 && walk.window <= 72);
            assert_false(walk.window <= 8 && dim <= 2048);
            continue;
        }
        const int cbow = walk.arch == W2B_ARCH_CBOW, sum = walk.context == W2B_CONTEXT_SUM;
        const double most = (double)((1u << scales.quant.bits) - 1), context = 2.0 * walk.window;
        const double targets = cbow ? 1 : context, error = scales.weight, room = 0x1p31;
        const double negative = targets * walk.negative / walk.pool;
        const double meet = cbow ? (context < walk.block ? context : walk.block) : 1;
        assert_true((cbow ? context : 1) * most < 32768);
        assert_true((cbow ? context : 1) * most * most * dim < room);
        assert_true(error * (negative > 1 ? negative : 1) <= 32768);
        assert_true(error * targets * (1 + walk.negative) * meet * most < room);
        /* an error is divided by the context and rounded, and its sum is multiplied */
        const double of_sum = sum ? error : error / (cbow ? context : 1) + 0.5;
        assert_true(walk.block * of_sum * (cbow ? context : 1) * most < room);
    }
}

/* However the columns are dealt out, each number has a place of its own, and what is
 * kept of them is the same. */
static void numbers_have_one_place(void **state)
{
    (void)state;
    enum { WORDS = 5 };
    const uint32_t dims[] = {1, 37, 128, 200, 832, 2000};
    for (size_t d = 0; d < sizeof dims / sizeof *dims; d++)
        for (uint32_t threads = 1; threads <= 30; threads++) {
            w2b_latents l;
            assert_int_equal(w2b_latents_make(&l, WORDS, dims[d], 1, threads), 0);
            const size_t n = WORDS * l.ld;
            int16_t *kept = w2b_alloc(n, sizeof *kept);
            assert_non_null(kept);
            for (size_t i = 0; i < n; i++)
                kept[i] = (int16_t)i;
            w2b_latents_put(&l, 1, 0, n / 2, kept);
            w2b_latents_put(&l, 1, n / 2, n - n / 2, kept + n / 2);
            for (uint32_t row = 0; row < WORDS; row++)
                for (uint32_t c = 0; c < dims[d]; c++) {
                    float x;
                    w2b_latents_fetch(&l, 1, row, c, 1, &x);
                    assert_true(x == (float)kept[row * l.ld + c]);
                    x = (float)kept[row * l.ld + c] + 1;
                    w2b_latents_store(&l, 0, row, c, 1, &x);
                }
            memset(kept, 0, n * sizeof *kept);
            w2b_latents_get(&l, 0, 3, n - 3, kept + 3);
            for (size_t i = 3; i < n; i++)
                assert_int_equal(kept[i], i % l.ld < dims[d] ? (int16_t)i + 1 : 0);
            /* stripes lie in one share each, and make up all columns */
            for (size_t c = 0; c < l.ld;) {
                const w2b_columns stripe = w2b_stripe(&l, c);
                assert_true(stripe.first == c && stripe.end > c);
                for (uint32_t t = 0; t < threads; t++) {
                    const size_t end = w2b_share_columns(&l, threads, t).end;
                    assert_true(end <= stripe.first || end >= stripe.end);
                }
                c = stripe.end;
            }
            w2b_free(kept);
            w2b_latents_release(&l);
        }
}

/* ----- Training ------------------------------------------------------------- */

static w2b_model *train_text(const w2b_train_options *options, w2b_train_report *report)
{
    const char *path = write_text();
    w2b_model *model;
    w2b_diag diag;
    const w2b_err err = w2b_train(&path, 1, options, &model, report, &diag);
    if (err)
        fail_msg("%s", diag.text);
    return model;
}

/* The file of a model, saved as `name`. */
static const char *file_of(const w2b_train_options *options, const char *name, size_t *size)
{
    w2b_model *model = train_text(options, NULL);
    w2b_save_options save;
    w2b_save_defaults(&save);
    save.replace = 1;
    assert_int_equal(w2b_model_save(model, scratch_path(name), &save, NULL), W2B_OK);
    w2b_model_free(model);
    return scratch_read(scratch_path(name), size);
}

/* Share of words whose nearest neighbour is of their topic. */
static double topic_accuracy(const w2b_model *model)
{
    w2b_search *search;
    assert_int_equal(w2b_search_new(model, NULL, &search, NULL), W2B_OK);
    w2b_info info;
    w2b_model_info(model, &info);
    double right = 0;
    for (uint64_t row = 0; row < info.words; row++) {
        const w2b_term term = {row, 1};
        const w2b_query query = {&term, 1, NULL};
        w2b_hit hit;
        size_t found;
        assert_int_equal(w2b_search_nearest(search, &query, 1, 1, &hit, &found, NULL), W2B_OK);
        right += w2b_model_word(model, row, NULL)[1] == w2b_model_word(model, hit.row, NULL)[1];
    }
    w2b_search_free(search);
    return right / (double)info.words;
}

static void every_number_of_bits_learns(void **state)
{
    (void)state;
    for (int arch = W2B_ARCH_CBOW; arch <= W2B_ARCH_SKIPGRAM; arch++)
        for (uint32_t bits = 0; bits <= 8; bits++) {
            w2b_train_options options = small_options();
            options.arch = (w2b_arch)arch;
            options.train_bits = bits;
            options.bits = bits ? bits : 32;
            options.epochs = 6;
            options.rate = 0.1;
            w2b_train_report report;
            w2b_model *model = train_text(&options, &report);
            assert_true(report.last_loss < report.first_loss);
            assert_true(report.windows > 0);
            /* 37 single bits cannot hold these topics apart as well */
            assert_true(topic_accuracy(model) > (bits == 1 ? 0.6 : 0.95));
            w2b_model_free(model);
        }
}

static void threads_and_kernels_change_nothing(void **state)
{
    (void)state;
    w2b_train_options options = small_options();
    size_t size, other;
    const char *bytes = file_of(&options, "one.w2b", &size);
    char *kept = w2b_alloc(size, 1);
    assert_non_null(kept);
    memcpy(kept, bytes, size);
    for (int isa = W2B_ISA_SCALAR; isa <= W2B_ISA_AVX512; isa++)
        for (uint32_t threads = 1; threads <= 5; threads += 2) {
            if (!w2b_fixed_for((w2b_isa)isa))
                continue;
            options.isa = (w2b_isa)isa;
            options.corpus.threads = threads;
            bytes = file_of(&options, "other.w2b", &other);
            assert_int_equal(size, other);
            assert_memory_equal(kept, bytes, size);
        }
    options.seed = 2;
    bytes = file_of(&options, "other.w2b", &other);
    assert_true(size != other || memcmp(kept, bytes, size) != 0);
    w2b_free(kept);
}

static int cancel(const w2b_progress *progress, void *user)
{
    *(int *)user += progress->stage == W2B_STAGE_TRAIN;
    return progress->stage == W2B_STAGE_TRAIN;
}

static void refusals_are_clear(void **state)
{
    (void)state;
    const char *path = write_text();
    w2b_train_options options = small_options();
    w2b_model *model = NULL;
    w2b_diag diag;
    options.rate = 10;
    options.train_bits = 0;
    options.epochs = 50;
    assert_int_equal(w2b_train(&path, 1, &options, &model, NULL, &diag), W2B_ERR_DATA);
    assert_non_null(strstr(diag.text, "rate"));
    options = small_options();
    options.corpus.min_count = 1000000;
    assert_int_equal(w2b_train(&path, 1, &options, &model, NULL, &diag), W2B_ERR_DATA);
    options = small_options();
    options.train_bits = 8;
    options.window = 256;
    options.dim = options.train_dim = 65536;
    assert_int_equal(w2b_train(&path, 1, &options, &model, NULL, &diag), W2B_ERR_ARGUMENT);
    assert_non_null(strstr(diag.text, "fewer bits"));
    options = small_options();
    int calls = 0;
    options.corpus.progress = cancel;
    options.corpus.progress_user = &calls;
    assert_int_equal(w2b_train(&path, 1, &options, &model, NULL, &diag), W2B_ERR_CANCELLED);
    assert_true(calls > 0);
    assert_null(model);
}

static void options_are_checked(void **state)
{
    (void)state;
    w2b_train_options good = small_options();
    assert_null(w2b_train_check(&good));
#define EXPECT_BAD(field, value)                \
    do {                                        \
        w2b_train_options bad = good;           \
        bad.field = value;                      \
        assert_non_null(w2b_train_check(&bad)); \
    } while (0)
    EXPECT_BAD(size, 1);
    EXPECT_BAD(dim, 0);
    EXPECT_BAD(dim, 1000000000);
    EXPECT_BAD(window, 0);
    EXPECT_BAD(negative, 0);
    EXPECT_BAD(epochs, 0);
    EXPECT_BAD(bits, 9);
    EXPECT_BAD(bits, 0);
    EXPECT_BAD(train_bits, 9);
    EXPECT_BAD(exponent, 2.1);
    EXPECT_BAD(exponent, NAN);
    EXPECT_BAD(sample, -1);
    EXPECT_BAD(sample, NAN);
    EXPECT_BAD(rate, NAN);
    EXPECT_BAD(block, 65);
    EXPECT_BAD(pool, 1025);
    EXPECT_BAD(streams, 1025);
}

static void budgets_are_kept(void **state)
{
    (void)state;
    for (uint32_t bytes = 4; bytes <= 4096; bytes++) {
        w2b_train_options options = small_options();
        options.train_dim = bytes % 2 ? 0 : 9000;
        assert_int_equal(w2b_train_fit_bytes(&options, bytes, NULL), W2B_OK);
        assert_int_equal(options.train_dim, bytes % 2 ? 0 : 9000);
        options.train_dim = 0;
        assert_null(w2b_train_check(&options));
        assert_true((options.dim * options.bits + 7) / 8 + 2 <= bytes);
        assert_true((options.dim * options.bits + 7) / 8 + 2 + 8 > bytes);
    }
    w2b_train_options options = small_options();
    assert_int_equal(w2b_train_fit_bytes(&options, 3, NULL), W2B_ERR_ARGUMENT);
    assert_int_equal(w2b_train_fit_bytes(&options, 4097, NULL), W2B_ERR_ARGUMENT);
}

int main(void)
{
    test_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(step_equals_its_specification),
        cmocka_unit_test(sums_fit),
        cmocka_unit_test(numbers_have_one_place),
        cmocka_unit_test(every_number_of_bits_learns),
        cmocka_unit_test(threads_and_kernels_change_nothing),
        cmocka_unit_test(refusals_are_clear),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(budgets_are_kept),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
