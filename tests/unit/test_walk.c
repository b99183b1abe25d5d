/*
 * test_walk.c - sampling, windows and blocks.
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
#include "word2bits/walk.h"

#define WORDS 50

static w2b_vocab *vocab;
static uint32_t ids[4000];
static w2b_corpus corpus;
static w2b_sampler sampler;

/* Word i occurs 2000 / (i + 1) times by the vocabulary; the text holds lines
 * of 1 to 30 words, its tokens being any of them. */
static int set_up(void **state)
{
    (void)state;
    scratch_open();
    char text[WORDS * 16] = "";
    for (int i = 0; i < WORDS; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "w%02d %d\n", i, 2000 / (i + 1));
    assert_int_equal(
        w2b_vocab_open(scratch_write("vocab", text, strlen(text)), &vocab, NULL), W2B_OK);
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 1);
    size_t n = 0;
    while (n + 32 < sizeof ids / sizeof *ids) {
        for (uint32_t left = 1 + w2b_rng_below(&rng, 30); left; left--, corpus.report.kept++)
            ids[n++] = w2b_rng_below(&rng, WORDS);
        ids[n++] = W2B_EOL;
    }
    corpus.vocab = vocab;
    corpus.ids = ids;
    corpus.n = n;
    return w2b_sampler_make(&sampler, vocab, 1e-2, 0.75);
}

static int tear_down(void **state)
{
    (void)state;
    w2b_sampler_release(&sampler);
    w2b_vocab_free(vocab);
    scratch_close();
    return 0;
}

static void expect_negatives(const w2b_sampler *drawn_by, double exponent)
{
    enum { DRAWS = 400000 };
    double total = 0;
    uint32_t drawn[WORDS] = {0};
    for (int i = 0; i < WORDS; i++)
        total += pow(2000 / (i + 1), exponent);
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 2);
    for (int i = 0; i < DRAWS; i += 80) {
        uint32_t words[80];
        w2b_sampler_negatives(drawn_by, &rng, words, 80);
        for (int j = 0; j < 80; j++)
            drawn[words[j]]++;
    }
    for (int i = 0; i < WORDS; i++) {
        const double share = pow(2000 / (i + 1), exponent) / total;
        /* five standard deviations */
        assert_float_equal(drawn[i], share * DRAWS, 5 * sqrt(share * DRAWS));
    }
}

static void negatives_follow_count_to_a_power(void **state)
{
    (void)state;
    expect_negatives(&sampler, 0.75);
    for (double exponent = -1; exponent <= 1; exponent += 0.5) {
        w2b_sampler other;
        assert_int_equal(w2b_sampler_make(&other, vocab, 0, exponent), 0);
        expect_negatives(&other, exponent);
        w2b_sampler_release(&other);
    }
}

static void thinning_follows_word2vec(void **state)
{
    (void)state;
    double total = 0;
    for (int i = 0; i < WORDS; i++)
        total += 2000 / (i + 1);
    for (int i = 0; i < WORDS; i++) {
        const double share = 2000 / (i + 1) / total;
        double keep = (sqrt(share / 1e-2) + 1) * 1e-2 / share;
        keep = keep < 1 ? keep : 1;
        assert_float_equal(sampler.keep[i] / 0x1p32, keep, 1e-9);
    }
}

/* A text whose tokens are all different by position can be told apart: walk it
 * without thinning and compare every window with the text. */
/* By what thinning leaves of a word in all epochs, 8 times at most. */
static void rows_of_rare_words_move_further(void **state)
{
    (void)state;
    double total = 0;
    for (int i = 0; i < WORDS; i++)
        total += 2000 / (i + 1);
    for (uint32_t epochs = 1; epochs <= 100; epochs += 33) {
        w2b_rates rates;
        assert_int_equal(w2b_rates_make(&rates, vocab, &sampler, epochs), 0);
        int capped = 0;
        for (int i = 0; i < WORDS; i++) {
            const double count = 2000 / (i + 1), share = count / total;
            const double kept = fmin(1, (sqrt(share / 1e-2) + 1) * 1e-2 / share);
            const double seen = epochs * count * kept;
            assert_float_equal(rates.of[1][i], fmin(8, pow(3000 / seen, 0.5)), 1e-4);
            assert_float_equal(rates.of[0][i], fmin(8, pow(3000 / seen, 0.25)), 1e-4);
            assert_true(i == 0 || rates.of[1][i] >= rates.of[1][i - 1]);
            capped += rates.of[1][i] == 8;
        }
        assert_int_equal(capped > 0, epochs == 1);
        w2b_rates_release(&rates);
    }
}

static void windows_stay_in_their_line(void **state)
{
    (void)state;
    w2b_sampler all = sampler;
    uint32_t keep[WORDS];
    memset(keep, 0xFF, sizeof keep);
    all.keep = keep;
    const w2b_walk_options options = {W2B_ARCH_CBOW, 5, 3, 2, 7, 9, W2B_CONTEXT_MEAN};
    const w2b_block_room room = w2b_block_room_for(&options);
    w2b_block block;
    assert_int_equal(w2b_block_make(&block, &room), 0);
    uint64_t tokens = 0;
    for (uint32_t stream = 0; stream < 3; stream++) {
        w2b_walker walker;
        assert_int_equal(w2b_walker_make(&walker, &options, &all, &corpus, stream, 3, 1), 0);
        uint64_t at = walker.begin;
        for (w2b_walker_next(&walker, &block); block.inputs; w2b_walker_next(&walker, &block))
            for (uint32_t i = 0; i < block.inputs; i++, tokens++) {
                at = at == walker.end ? walker.begin : at;
                at += ids[at] == W2B_EOL;
                at = at == walker.end ? walker.begin : at;
                const w2b_span span = block.spans[i];
                assert_int_equal(block.out_rows[i], ids[at]);
                assert_in_range(span.end - span.skip - 1, 0, options.window);
                assert_in_range(span.skip - span.first, 0, options.window);
                for (uint32_t p = span.first; p < span.end; p++)
                    assert_int_equal(block.in_rows[p], ids[at + p - span.skip]);
                const float want = span.end - span.first > 1 ? 1.0f : 0.0f;
                assert_true(block.want[w2b_block_at(&block, 0, i)] == want);
                at++;
            }
        w2b_walker_release(&walker);
    }
    assert_int_equal(tokens, 2 * corpus.report.kept);
    w2b_block_release(&block);
}

static void pool_weighs_as_much_as_its_draws(void **state)
{
    (void)state;
    for (int arch = W2B_ARCH_CBOW; arch <= W2B_ARCH_SKIPGRAM; arch++) {
        const w2b_walk_options options = {(w2b_arch)arch, 4, 6, 1, 16, 24, W2B_CONTEXT_MEAN};
        const w2b_block_room room = w2b_block_room_for(&options);
        w2b_block block;
        w2b_walker walker;
        assert_int_equal(w2b_block_make(&block, &room), 0);
        assert_int_equal(w2b_walker_make(&walker, &options, &sampler, &corpus, 0, 1, 1), 0);
        for (w2b_walker_next(&walker, &block); block.inputs; w2b_walker_next(&walker, &block)) {
            const uint32_t dense = block.outputs - block.paired;
            for (uint32_t i = 0; i < block.inputs; i++) {
                double wanted = 0, negative = 0, hits = 0;
                for (uint32_t y = 0; y <= dense; y++) {
                    const size_t at = w2b_block_at(&block, y, i);
                    wanted += block.want[at];
                    negative += block.mass[at] - block.want[at];
                    if (block.paired && y > 0)
                        hits += block.out_rows[block.paired + y - 1] == block.out_rows[i];
                }
                assert_float_equal(negative, wanted * 6 * (24 - hits) / 24, 1e-4);
            }
        }
        w2b_walker_release(&walker);
        w2b_block_release(&block);
    }
}

static void epochs_differ(void **state)
{
    (void)state;
    const w2b_walk_options options = {W2B_ARCH_CBOW, 5, 3, 2, 1, 3, W2B_CONTEXT_MEAN};
    const w2b_block_room room = w2b_block_room_for(&options);
    w2b_block block;
    w2b_walker walker;
    assert_int_equal(w2b_block_make(&block, &room), 0);
    assert_int_equal(w2b_walker_make(&walker, &options, &sampler, &corpus, 0, 1, 1), 0);
    uint32_t first[2][100], n[2] = {0, 0};
    for (w2b_walker_next(&walker, &block); block.inputs; w2b_walker_next(&walker, &block))
        if (n[block.epoch] < 100)
            first[block.epoch][n[block.epoch]++] = block.out_rows[1];
    assert_int_equal(n[0], 100);
    assert_int_equal(n[1], 100);
    assert_memory_not_equal(first[0], first[1], sizeof first[0]);
    w2b_walker_release(&walker);
    w2b_block_release(&block);
}

int main(void)
{
    test_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(negatives_follow_count_to_a_power),
        cmocka_unit_test(thinning_follows_word2vec),
        cmocka_unit_test(rows_of_rare_words_move_further),
        cmocka_unit_test(windows_stay_in_their_line),
        cmocka_unit_test(pool_weighs_as_much_as_its_draws),
        cmocka_unit_test(epochs_differ),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
