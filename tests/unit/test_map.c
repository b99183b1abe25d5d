/*
 * test_map.c - maps: principal components and layout against what was planted
 * in the data, repulsion against plain sums, text and files.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eval/map.h"
#include "eval/pca.h"
#include "eval/quadtree.h"
#include "tests/unit/scratch.h"
#include "tests/unit/seed.h"
#include "tests/unit/toy_model.h"

/* ----- Principal components ----------------------------------------------- */

/* Rows that vary most along axis 3, then along axis 5, around a far centre. */
static void components_are_found(void **state)
{
    (void)state;
    enum { n = 500, dim = 20 };
    static float rows[n * dim];
    static double planted[n][2], xy[n][2], again[n][2];
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 1);
    double sums[2] = {0};
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < dim; c++) {
            const float width = c == 3 ? 5.0F : c == 5 ? 3.0F : 0.1F;
            rows[i * dim + c] = 7 + width * toy_normal(&rng);
        }
        planted[i][0] = rows[i * dim + 3];
        planted[i][1] = rows[i * dim + 5];
        sums[0] += planted[i][0];
        sums[1] += planted[i][1];
    }
    static float copy[n * dim];
    memcpy(copy, rows, sizeof copy);
    assert_int_equal(w2b_pca(rows, n, dim, 1, 1, xy, NULL), W2B_OK);
    assert_int_equal(w2b_pca(copy, n, dim, 1, 3, again, NULL), W2B_OK);
    assert_memory_equal(xy, again, sizeof xy);
    for (int c = 0; c < 2; c++) {
        double ab = 0, aa = 0, bb = 0;
        for (size_t i = 0; i < n; i++) {
            const double a = xy[i][c], b = planted[i][c] - sums[c] / n;
            ab += a * b;
            aa += a * a;
            bb += b * b;
        }
        assert_true(fabs(ab) / sqrt(aa * bb) > 0.99);
    }
}

static void components_of_little(void **state)
{
    (void)state;
    float same[] = {1, 2, 3, 1, 2, 3}, line[] = {1, 5, -2};
    double xy[3][2];
    assert_int_equal(w2b_pca(same, 2, 3, 1, 2, xy, NULL), W2B_OK);
    assert_true(xy[0][0] == 0 && xy[1][0] == 0 && xy[0][1] == 0 && xy[1][1] == 0);
    assert_int_equal(w2b_pca(line, 3, 1, 1, 1, xy, NULL), W2B_OK);
    assert_true(fabs(fabs(xy[1][0] - xy[0][0]) - 4) < 1e-5 && xy[1][1] == 0);
}

/* ----- Repulsion ---------------------------------------------------------- */

static void check_repulsion(const double (*xy)[2], size_t n, double bound)
{
    w2b_quadtree *const tree = w2b_quadtree_new(n);
    assert_non_null(tree);
    w2b_quadtree_build(tree, xy);
    uint8_t *const met = w2b_alloc_zero(n, 1);
    for (size_t place = 0; place < n; place++) {
        const uint32_t i = w2b_quadtree_point(tree, place);
        assert_false(met[i]);
        met[i] = 1;
        double force[2], total, exact[2] = {0}, sum = 0, size = 0;
        w2b_quadtree_repulsion(tree, place, force, &total);
        for (size_t j = 0; j < n; j++) {
            const double dx = xy[i][0] - xy[j][0], dy = xy[i][1] - xy[j][1];
            const double q = 1 / (1 + dx * dx + dy * dy);
            sum += j == i ? 0 : q;
            exact[0] += q * q * dx;
            exact[1] += q * q * dy;
            size += q * q * sqrt(dx * dx + dy * dy);
        }
        assert_true(fabs(total - sum) <= bound * sum + 1e-9);
        assert_true(fabs(force[0] - exact[0]) <= bound * size + 1e-9);
        assert_true(fabs(force[1] - exact[1]) <= bound * size + 1e-9);
    }
    w2b_free(met);
    w2b_quadtree_free(tree);
}

static void repulsion_is_near(void **state)
{
    (void)state;
    enum { most = 1500 };
    static double xy[most][2];
    static const double widths[] = {1e-4, 1, 30, 1e6};
    static const size_t sizes[] = {1, 2, 7, 100, most};
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 2);
    for (size_t w = 0; w < 4; w++) {
        for (size_t s = 0; s < 5; s++) {
            for (size_t i = 0; i < sizes[s]; i++) {
                /* A crowd in one corner and a few points far away. */
                const double width = widths[w] * (i % 9 == 0 ? 10 : 1);
                xy[i][0] = toy_normal(&rng) * width;
                xy[i][1] = toy_normal(&rng) * width;
            }
            check_repulsion((const double (*)[2])xy, sizes[s], 0.05);
        }
    }
    for (size_t i = 0; i < 100; i++) {
        xy[i][0] = i < 60 ? 3 : 5;
        xy[i][1] = 4;
    }
    check_repulsion((const double (*)[2])xy, 100, 1e-9);
    check_repulsion((const double (*)[2])xy, 60, 1e-9);
}

/* ----- Maps --------------------------------------------------------------- */

#define GROUPS 12
#define GROUP_WORDS 30

/* Words of GROUPS directions, in turn. */
static w2b_model *grouped_model(uint32_t bits)
{
    enum { n = GROUPS * GROUP_WORDS, dim = 24 };
    static float rows[n * dim];
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 3);
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < dim; c++) {
            rows[i * dim + c] = toy_normal(&rng) + (c % GROUPS == i % GROUPS ? 4 : 0);
        }
    }
    return toy_model(NULL, rows, n, dim, bits);
}

static w2b_map *map_of(const w2b_model *model, const w2b_map_options *options)
{
    w2b_map *map = NULL;
    w2b_diag diag;
    if (w2b_map_new(model, options, &map, &diag) != W2B_OK) {
        fail_msg("%s", diag.text);
    }
    return map;
}

/* The share of words whose nearest point on the map is of their group. */
static double purity(const w2b_map *map)
{
    const size_t n = w2b_map_size(map);
    size_t good = 0;
    for (size_t i = 0; i < n; i++) {
        double least = INFINITY;
        size_t nearest = i;
        for (size_t j = 0; j < n; j++) {
            float a[2], b[2];
            assert_true(w2b_map_at(map, i, a, NULL) >= 0 && w2b_map_at(map, j, b, NULL) >= 0);
            const double d = (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]);
            if (j != i && d < least) {
                least = d;
                nearest = j;
            }
        }
        good += nearest % GROUPS == i % GROUPS;
    }
    return (double)good / (double)n;
}

static void check_range(const w2b_map *map)
{
    float low[2] = {2, 2}, high[2] = {-2, -2}, xy[2];
    for (size_t i = 0; i < w2b_map_size(map); i++) {
        w2b_map_at(map, i, xy, NULL);
        for (int c = 0; c < 2; c++) {
            low[c] = xy[c] < low[c] ? xy[c] : low[c];
            high[c] = xy[c] > high[c] ? xy[c] : high[c];
        }
    }
    const float wide = high[0] - low[0], tall = high[1] - low[1];
    assert_true(low[0] >= -1 && low[1] >= -1 && high[0] <= 1 && high[1] <= 1);
    assert_true(fabsf((wide > tall ? wide : tall) - 2) < 1e-5F);
}

static void groups_become_islands(void **state)
{
    (void)state;
    static const uint32_t bits[] = {4, 32};
    for (size_t b = 0; b < 2; b++) {
        w2b_model *const model = grouped_model(bits[b]);
        w2b_map_options options;
        w2b_map_defaults(&options);
        options.perplexity = 10;
        options.iterations = 0;
        w2b_map *const plain = map_of(model, &options);
        options.iterations = 300;
        w2b_map *const map = map_of(model, &options);
        check_range(plain);
        check_range(map);
        /* Two components cannot hold twelve directions apart; the layout does. */
        assert_true(purity(plain) < 0.9);
        assert_true(purity(map) > 0.97);
        w2b_map_free(plain);
        w2b_map_free(map);
        w2b_model_free(model);
    }
}

static void neighbours_are_those_of_the_search(void **state)
{
    (void)state;
    w2b_model *const model = grouped_model(2);
    w2b_map_options options;
    w2b_map_defaults(&options);
    options.words = 200;
    options.neighbors = 7;
    options.iterations = 0;
    w2b_map *const map = map_of(model, &options);
    assert_int_equal(w2b_map_size(map), 200);
    w2b_search_options search_options;
    w2b_search_defaults(&search_options);
    search_options.first = 200;
    w2b_search *search;
    assert_int_equal(w2b_search_new(model, &search_options, &search, NULL), W2B_OK);
    for (uint64_t row = 0; row < 200; row++) {
        const w2b_term term = {row, 1};
        const w2b_query query = {.terms = &term, .n_terms = 1};
        w2b_hit hits[7];
        const w2b_hit *kept;
        size_t found;
        float xy[2];
        assert_int_equal(w2b_search_nearest(search, &query, 1, 7, hits, &found, NULL), W2B_OK);
        assert_int_equal(w2b_map_at(map, row, xy, &kept), found);
        for (size_t i = 0; i < found; i++) {
            assert_true(kept[i].row == hits[i].row && kept[i].score == hits[i].score);
        }
    }
    float xy[2] = {5, 5};
    assert_int_equal(w2b_map_at(map, 200, xy, NULL), -1);
    assert_true(xy[0] == 5 && xy[1] == 5);
    w2b_search_free(search);
    w2b_map_free(map);
    w2b_model_free(model);
}

static void threads_and_kernels_agree(void **state)
{
    (void)state;
    w2b_model *const model = grouped_model(1);
    w2b_map_options options;
    w2b_map_defaults(&options);
    options.iterations = 60;
    options.threads = 1;
    options.isa = W2B_ISA_SCALAR;
    w2b_map *const first = map_of(model, &options);
    options.isa = W2B_ISA_AUTO;
    for (options.threads = 2; options.threads < 6; options.threads += 3) {
        w2b_map *const other = map_of(model, &options);
        assert_memory_equal(other->xy, first->xy, first->n * sizeof *first->xy);
        w2b_map_free(other);
    }
    options.seed = 2;
    w2b_map *const other = map_of(model, &options);
    assert_memory_not_equal(other->xy, first->xy, first->n * sizeof *first->xy);
    w2b_map_free(other);
    w2b_map_free(first);
    w2b_model_free(model);
}

/* One word, a few, all of them the same, some of them zero. */
static void small_and_flat_models(void **state)
{
    (void)state;
    static const float rows[9 * 2] = {1, 2, 1, 2, 1, 2, 0, 0, 0, 0, 1, 2, 1, 2, 1, 2, 1, 2};
    for (size_t n = 1; n <= 9; n++) {
        for (uint32_t bits = 1; bits <= 32; bits *= 32) {
            w2b_model *const model = toy_model(NULL, rows, n, 2, bits);
            w2b_map_options options;
            w2b_map_defaults(&options);
            options.iterations = 50;
            w2b_map *const map = map_of(model, &options);
            for (size_t i = 0; i < n; i++) {
                float xy[2];
                assert_int_equal(w2b_map_at(map, i, xy, NULL), n - 1);
                assert_true(isfinite(xy[0]) && isfinite(xy[1]));
            }
            w2b_map_free(map);
            w2b_model_free(model);
        }
    }
}

static int stop(const w2b_progress *progress, void *user)
{
    *(w2b_stage *)user = progress->stage;
    return 1;
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    w2b_model *const model = toy_random(test_seed(), 20, 8, 4);
    static const struct { uint64_t words; uint32_t neighbors, iterations; double perplexity; }
    bad[] = {{0, 1, 1, 30}, {100001, 1, 1, 30}, {1, 101, 1, 30}, {1, 1, 100001, 30},
             {1, 1, 1, 1.9}, {1, 1, 1, 101}, {1, 1, 1, NAN}};
    w2b_map_options options;
    w2b_map *map = NULL;
    w2b_diag diag;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        w2b_map_defaults(&options);
        options.words = bad[i].words;
        options.neighbors = bad[i].neighbors;
        options.iterations = bad[i].iterations;
        options.perplexity = bad[i].perplexity;
        assert_int_equal(w2b_map_new(model, &options, &map, &diag), W2B_ERR_ARGUMENT);
        assert_null(map);
    }
    w2b_stage stage = W2B_STAGE_COUNT;
    w2b_map_defaults(&options);
    options.progress = stop;
    options.progress_user = &stage;
    assert_int_equal(w2b_map_new(model, &options, &map, &diag), W2B_ERR_CANCELLED);
    assert_int_equal(stage, W2B_STAGE_MAP);
    assert_null(map);
    w2b_model_free(model);
}

/* ----- Text --------------------------------------------------------------- */

#define FFFD "\xef\xbf\xbd"

static void text_is_sound(void **state)
{
    (void)state;
    static const struct { w2b_quoting quoting; const char *bytes, *written; } cases[] = {
        {W2B_QUOTE_JSON, "", "\"\""},
        {W2B_QUOTE_JSON, "a\"\\\n</script>&",
         "\"a\\u0022\\u005c\\u000a\\u003c/script\\u003e\\u0026\""},
        {W2B_QUOTE_JSON, "\xc3\xbc\xe6\xb0\xb4\xf0\x9f\x98\x80",
         "\"\xc3\xbc\xe6\xb0\xb4\xf0\x9f\x98\x80\""},
        {W2B_QUOTE_MARKUP, "<a b='c'>\"&\x01", "&lt;a b=&#39;c&#39;&gt;&quot;&amp;" FFFD},
        {W2B_QUOTE_MARKUP, "\xef\xbf\xbf", FFFD},
        {W2B_QUOTE_TABS, "a\tb\rc<", "a b c<"},
        /* Cut short, overlong, surrogates, too large, a lone middle byte. */
        {W2B_QUOTE_TABS, "\xe6\xb0", FFFD FFFD},
        {W2B_QUOTE_TABS, "\xc0\x80x", FFFD FFFD "x"},
        {W2B_QUOTE_TABS, "\xed\xa0\x80", FFFD FFFD FFFD},
        {W2B_QUOTE_TABS, "\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD},
        {W2B_QUOTE_TABS, "\xff\x80y", FFFD FFFD "y"},
    };
    scratch_open();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const path = scratch_path("text");
        const size_t length = strlen(cases[i].bytes);
        w2b_out *out;
        size_t size;
        assert_int_equal(w2b_out_open(path, 1, &out, NULL), W2B_OK);
        assert_int_equal(w2b_map_text(out, cases[i].quoting, cases[i].bytes, length, NULL), W2B_OK);
        assert_int_equal(w2b_out_commit(out, NULL), W2B_OK);
        assert_string_equal(scratch_read(path, &size), cases[i].written);
    }
    assert_int_equal(w2b_map_length("a\xc3\xbc\xff", 4), 3);
    scratch_close();
}

/* ----- Files -------------------------------------------------------------- */

static const char *const odd_words[] = {"</script>", "<b>", "\"", "\xff", "a\tb", "plain"};

static void files_are_whole(void **state)
{
    (void)state;
    static const float rows[6 * 2] = {1, 2, 2, 1, -1, 1, 1, 1, 3, 1, 0, 1};
    w2b_model *const model = toy_model(odd_words, rows, 6, 2, 32);
    w2b_map *const map = map_of(model, NULL);
    size_t size;
    scratch_open();
    const char *const html = scratch_path("m.html");
    const char *const svg = scratch_path("m.svg");
    assert_int_equal(w2b_map_save(map, html, W2B_MAP_HTML, "<T>", 0, NULL), W2B_OK);
    const char *const page = scratch_read(html, &size);
    assert_non_null(strstr(page, "<title>&lt;T&gt;</title>"));
    assert_non_null(strstr(page, "[\"\\u003c/script\\u003e\",\"\\u003cb\\u003e\",\"\\u0022\",\""
                                 FFFD "\",\"a\\u0009b\",\"plain\"]"));
    assert_int_equal(w2b_map_save(map, svg, W2B_MAP_SVG, "T & t", 0, NULL), W2B_OK);
    assert_non_null(strstr(scratch_read(svg, &size), "T &amp; t"));
    w2b_diag diag;
    assert_int_equal(w2b_map_save(map, svg, W2B_MAP_SVG, "", 0, &diag), W2B_ERR_EXISTS);
    assert_int_equal(w2b_map_save(map, svg, W2B_MAP_SVG, "", 1, NULL), W2B_OK);
    assert_int_equal(w2b_map_save(map, svg, (w2b_map_format)9, "", 1, NULL), W2B_ERR_ARGUMENT);

    const char *const words = scratch_path("w.tsv");
    const char *const vectors = scratch_path("v.tsv");
    assert_int_equal(w2b_projector_save(model, 0, vectors, words, 0, NULL), W2B_OK);
    assert_string_equal(scratch_read(words, &size), "</script>\n<b>\n\"\n" FFFD "\na b\nplain\n");
    assert_string_equal(scratch_read(vectors, &size), "1\t2\n2\t1\n-1\t1\n1\t1\n3\t1\n0\t1\n");
    assert_int_equal(w2b_projector_save(model, 2, vectors, words, 1, NULL), W2B_OK);
    assert_string_equal(scratch_read(vectors, &size), "1\t2\n2\t1\n");
    assert_int_equal(scratch_count(), 4);
    /* One of them exists: neither is made. */
    assert_int_equal(w2b_projector_save(model, 2, scratch_path("new"), words, 0, NULL),
                     W2B_ERR_EXISTS);
    assert_int_equal(scratch_count(), 4);
    scratch_close();
    w2b_map_free(map);
    w2b_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components_are_found),
        cmocka_unit_test(components_of_little),
        cmocka_unit_test(repulsion_is_near),
        cmocka_unit_test(groups_become_islands),
        cmocka_unit_test(neighbours_are_those_of_the_search),
        cmocka_unit_test(threads_and_kernels_agree),
        cmocka_unit_test(small_and_flat_models),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(text_is_sound),
        cmocka_unit_test(files_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
