/*
 * map_save.c - a map as a page or as a picture.
 */
#include <math.h>
#include <string.h>

#include "eval/map.h"

/* ----- The page ----------------------------------------------------------- */

/* Positions are whole numbers of this size at the edge: finer than any screen
 * at the deepest zoom. */
#define PAGE_UNIT 30000

static w2b_err write_text(w2b_out *out, const char *text, w2b_diag *diag)
{
    return w2b_out_write(out, text, strlen(text), diag);
}

static w2b_err page_words(const w2b_map *map, w2b_out *out, w2b_diag *diag)
{
    w2b_err err = write_text(out, ",\n\"words\":[", diag);
    for (size_t i = 0; i < map->n && err == W2B_OK; i++) {
        const char *word;
        size_t length;
        err = w2b_map_word(map, i, &word, &length, diag);
        if (err == W2B_OK && i > 0) {
            err = write_text(out, ",", diag);
        }
        if (err == W2B_OK) {
            err = w2b_map_text(out, W2B_QUOTE_JSON, word, length, diag);
        }
    }
    return err == W2B_OK ? write_text(out, "]", diag) : err;
}

static int page_coordinate(float x)
{
    return (int)(x * PAGE_UNIT + (x < 0 ? -0.5F : 0.5F));
}

/* x and y in turn, y downwards; the counts, if there are any. */
static w2b_err page_numbers(const w2b_map *map, w2b_out *out, w2b_diag *diag)
{
    w2b_err err = w2b_map_printf(out, diag, ",\n\"unit\":%d,\n\"xy\":[", PAGE_UNIT);
    for (size_t i = 0; i < map->n && err == W2B_OK; i++) {
        err = w2b_map_printf(out, diag, "%s%d,%d", i > 0 ? "," : "",
                             page_coordinate(map->xy[i][0]), -page_coordinate(map->xy[i][1]));
    }
    w2b_info info;
    w2b_model_info(map->model, &info);
    if (err == W2B_OK) {
        err = write_text(out, "],\n\"counts\":[", diag);
    }
    for (size_t i = 0; i < map->n && info.count_bytes > 0 && err == W2B_OK; i++) {
        uint64_t count = 0;
        err = w2b_model_count_at(map->model, i, &count, diag);
        if (err == W2B_OK) {
            err = w2b_map_printf(out, diag, "%s%llu", i > 0 ? "," : "",
                                 (unsigned long long)count);
        }
    }
    return err == W2B_OK ? write_text(out, "]", diag) : err;
}

/* Of each word: a neighbour, its cosine in thousandths, the next one, ... */
static w2b_err page_neighbours(const w2b_map *map, w2b_out *out, w2b_diag *diag)
{
    w2b_err err = write_text(out, ",\n\"near\":[", diag);
    for (size_t i = 0; i < map->n && err == W2B_OK; i++) {
        err = write_text(out, i > 0 ? ",[" : "[", diag);
        for (size_t j = 0; j < map->found[i] && err == W2B_OK; j++) {
            const w2b_hit *const hit = &map->hits[i * map->k + j];
            const float scaled = hit->score * 1000;
            err = w2b_map_printf(out, diag, "%s%llu,%d", j > 0 ? "," : "",
                                 (unsigned long long)hit->row,
                                 (int)(scaled < 0 ? scaled - 0.5F : scaled + 0.5F));
        }
        if (err == W2B_OK) {
            err = write_text(out, "]", diag);
        }
    }
    return err == W2B_OK ? write_text(out, "]", diag) : err;
}

static w2b_err page_data(const w2b_map *map, w2b_out *out, const char *title, w2b_diag *diag)
{
    w2b_err err = write_text(out, "<script type='application/json' id='data'>\n{\"title\":", diag);
    if (err == W2B_OK) {
        err = w2b_map_text(out, W2B_QUOTE_JSON, title, strlen(title), diag);
    }
    if (err == W2B_OK) {
        err = page_words(map, out, diag);
    }
    if (err == W2B_OK) {
        err = page_numbers(map, out, diag);
    }
    if (err == W2B_OK) {
        err = page_neighbours(map, out, diag);
    }
    return err == W2B_OK ? write_text(out, "}\n</script>\n", diag) : err;
}

/* The policy forbids the page to load anything at all. */
static const char page_head[] =
    "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
    "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
    "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
    "<meta name='color-scheme' content='light dark'>\n"
    "<link rel='icon' href='data:,'>\n<title>";

w2b_err w2b_map_write_html(const w2b_map *map, w2b_out *out, const char *title, w2b_diag *diag)
{
    w2b_err err = write_text(out, page_head, diag);
    if (err == W2B_OK) {
        err = w2b_map_text(out, W2B_QUOTE_MARKUP, title, strlen(title), diag);
    }
    const char *const middle[] = {"</title>\n<style>\n", w2b_page_style, "</style>\n</head>\n",
                                  w2b_page_body};
    for (size_t i = 0; i < sizeof middle / sizeof *middle && err == W2B_OK; i++) {
        err = write_text(out, middle[i], diag);
    }
    if (err == W2B_OK) {
        err = page_data(map, out, title, diag);
    }
    const char *const end[] = {"<script>\n", w2b_page_program, "</script>\n</body>\n</html>\n"};
    for (size_t i = 0; i < sizeof end / sizeof *end && err == W2B_OK; i++) {
        err = write_text(out, end[i], diag);
    }
    return err;
}

/* ----- The picture -------------------------------------------------------- */

#define SVG_SIZE 1600.0  /* the longer side of the map */
#define SVG_MARGIN 70.0
#define SVG_HEAD 50.0    /* above it, for the title */

typedef struct box {
    double left, top, right, bottom;
} box;

static const char svg_style[] =
    "<style>\n"
    "svg { background: #dfe8e9; font-family: Palatino, 'Palatino Linotype', 'Book Antiqua',\n"
    "  P052, Georgia, serif; }\n"
    ".title { fill: #4f564f; font-size: 30px; font-style: italic; }\n"
    "path { stroke-linecap: round; fill: none; }\n"
    ".sea { stroke: #d0dcde; } .coast { stroke: #9fb3b5; } .land { stroke: #f8f4e8; }\n"
    ".dots { stroke: #a99a7c; stroke-width: 3.2; }\n"
    ".words { fill: #2c2922; text-anchor: middle; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  svg { background: #10161a; } .title { fill: #98a0a6; }\n"
    "  .sea { stroke: #141d22; } .coast { stroke: #3d525a; } .land { stroke: #1c262b; }\n"
    "  .dots { stroke: #62757a; } .words { fill: #ebe7da; }\n"
    "}\n</style>\n";

/* To a tenth; by whole numbers, since printf would write a comma in some
 * locales. */
static w2b_err svg_number(w2b_out *out, double x, w2b_diag *diag)
{
    const long tenths = (long)(x * 10 + (x < 0 ? -0.5 : 0.5));
    const long size = tenths < 0 ? -tenths : tenths;
    return w2b_map_printf(out, diag, "%s%ld.%ld ", tenths < 0 ? "-" : "", size / 10, size % 10);
}

static double svg_x(const w2b_map *map, size_t i)
{
    return SVG_MARGIN + (map->xy[i][0] + 1) * SVG_SIZE / 2;
}

static double svg_y(const w2b_map *map, size_t i)
{
    return SVG_MARGIN + SVG_HEAD + (1 - map->xy[i][1]) * SVG_SIZE / 2;
}

/* The most frequent words are the largest. */
static double svg_font(size_t rank)
{
    return 10.5 + 330 / ((double)rank + 30);
}

/* How a word appears. */
enum { SVG_DOT, SVG_LABEL, SVG_COVERED };

/* Words without a label whose dot would lie under one. */
static void svg_cover(const w2b_map *map, const box *boxes, size_t n, uint8_t *shown)
{
    for (size_t i = 0; i < map->n; i++) {
        const double x = svg_x(map, i), y = svg_y(map, i);
        for (size_t j = 0; j < n && shown[i] == SVG_DOT; j++) {
            if (x > boxes[j].left && x < boxes[j].right && y > boxes[j].top &&
                y < boxes[j].bottom) {
                shown[i] = SVG_COVERED;
            }
        }
    }
}

/* Gives labels, most frequent words first, where there is room; shown[i] says
 * to which. Widths are estimates: fonts are the reader's. */
static w2b_err svg_choose(const w2b_map *map, uint8_t *shown, w2b_diag *diag)
{
    box *const boxes = w2b_alloc(map->n, sizeof *boxes);
    if (boxes == NULL) {
        return w2b_fail_memory(diag, map->n * sizeof *boxes, "labels");
    }
    size_t n = 0;
    w2b_err err = W2B_OK;
    for (size_t i = 0; i < map->n && err == W2B_OK; i++) {
        const char *word;
        size_t length;
        err = w2b_map_word(map, i, &word, &length, diag);
        if (err != W2B_OK) {
            break;
        }
        const double x = svg_x(map, i), y = svg_y(map, i), font = svg_font(i);
        const double half = 0.27 * font * (double)w2b_map_length(word, length) + 2;
        const box b = {x - half, y - 0.55 * font, x + half, y + 0.55 * font};
        int free_place = half < SVG_SIZE / 4;
        for (size_t j = 0; j < n && free_place; j++) {
            free_place = b.right < boxes[j].left || b.left > boxes[j].right ||
                         b.bottom < boxes[j].top || b.top > boxes[j].bottom;
        }
        shown[i] = free_place ? SVG_LABEL : SVG_DOT;
        if (free_place) {
            boxes[n++] = b;
        }
    }
    if (err == W2B_OK) {
        svg_cover(map, boxes, n, shown);
    }
    w2b_free(boxes);
    return err;
}

/* A path that has a dot at each word or, given `shown`, at those that need one. */
static w2b_err svg_dots(const w2b_map *map, w2b_out *out, const char *begin,
                        const uint8_t *shown, w2b_diag *diag)
{
    w2b_err err = write_text(out, begin, diag);
    for (size_t i = 0; i < map->n && err == W2B_OK; i++) {
        if (shown != NULL && shown[i] != SVG_DOT) {
            continue;
        }
        err = write_text(out, "M", diag);
        if (err == W2B_OK) {
            err = svg_number(out, svg_x(map, i), diag);
        }
        if (err == W2B_OK) {
            err = svg_number(out, svg_y(map, i), diag);
        }
        if (err == W2B_OK) {
            err = write_text(out, "h0", diag);
        }
    }
    return err == W2B_OK ? write_text(out, "'/>\n", diag) : err;
}

/* A disc around each word: wide ones for the water along the shore, less wide
 * ones for the land on top of them, which leaves its outline as the coast. */
static w2b_err svg_land(const w2b_map *map, w2b_out *out, w2b_diag *diag)
{
    static const struct { const char *name; double wider; } layers[] = {
        {"sea", 16}, {"coast", 2.4}, {"land", 0}};
    const double usual = 1.05 * sqrt(3 / (double)map->n) * SVG_SIZE;
    const double wide = usual < 1.7 * SVG_MARGIN ? usual : 1.7 * SVG_MARGIN;
    w2b_err err = svg_dots(map, out, "<defs><path id='all' d='", NULL, diag);
    if (err == W2B_OK) {
        err = write_text(out, "</defs>\n", diag);
    }
    for (size_t i = 0; i < sizeof layers / sizeof *layers && err == W2B_OK; i++) {
        err = w2b_map_printf(out, diag, "<use href='#all' class='%s' stroke-width='",
                             layers[i].name);
        if (err == W2B_OK) {
            err = svg_number(out, wide + layers[i].wider, diag);
        }
        if (err == W2B_OK) {
            err = write_text(out, "'/>\n", diag);
        }
    }
    return err;
}

static w2b_err svg_label(const w2b_map *map, w2b_out *out, size_t i, w2b_diag *diag)
{
    const double font = svg_font(i);
    const double places[] = {svg_x(map, i), svg_y(map, i) + 0.3 * font, font};
    static const char *const names[] = {"<text x='", "' y='", "' font-size='"};
    const char *word;
    size_t length;
    w2b_err err = w2b_map_word(map, i, &word, &length, diag);
    for (int part = 0; part < 3 && err == W2B_OK; part++) {
        err = write_text(out, names[part], diag);
        if (err == W2B_OK) {
            err = svg_number(out, places[part], diag);
        }
    }
    if (err == W2B_OK) {
        err = write_text(out, "'>", diag);
    }
    if (err == W2B_OK) {
        err = w2b_map_text(out, W2B_QUOTE_MARKUP, word, length, diag);
    }
    return err == W2B_OK ? write_text(out, "</text>\n", diag) : err;
}

static w2b_err svg_head(w2b_out *out, const char *title, w2b_diag *diag)
{
    const int wide = (int)(SVG_SIZE + 2 * SVG_MARGIN), tall = wide + (int)SVG_HEAD;
    w2b_err err = w2b_map_printf(out, diag,
                                 "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' "
                                 "viewBox='0 0 %d %d'>\n", wide, tall, wide, tall);
    static const char *const marks[] = {"<title>", "</title>\n",
                                        "<text class='title' x='70' y='68'>", "</text>\n"};
    for (int part = 0; part < 4 && err == W2B_OK; part++) {
        err = write_text(out, marks[part], diag);
        if (err == W2B_OK && part % 2 == 0) {
            err = w2b_map_text(out, W2B_QUOTE_MARKUP, title, strlen(title), diag);
        }
        if (err == W2B_OK && part == 1) {
            err = write_text(out, svg_style, diag);
        }
    }
    return err;
}

w2b_err w2b_map_write_svg(const w2b_map *map, w2b_out *out, const char *title, w2b_diag *diag)
{
    uint8_t *const shown = w2b_alloc_zero(map->n, sizeof *shown);
    if (shown == NULL) {
        return w2b_fail_memory(diag, map->n, "labels");
    }
    w2b_err err = svg_choose(map, shown, diag);
    if (err == W2B_OK) {
        err = svg_head(out, title, diag);
    }
    if (err == W2B_OK) {
        err = svg_land(map, out, diag);
    }
    if (err == W2B_OK) {
        err = svg_dots(map, out, "<path class='dots' d='", shown, diag);
    }
    if (err == W2B_OK) {
        err = write_text(out, "<g class='words'>\n", diag);
    }
    for (size_t i = 0; i < map->n && err == W2B_OK; i++) {
        err = shown[i] == SVG_LABEL ? svg_label(map, out, i, diag) : W2B_OK;
    }
    w2b_free(shown);
    return err == W2B_OK ? write_text(out, "</g>\n</svg>\n", diag) : err;
}

/* ----- Either ------------------------------------------------------------- */

w2b_err w2b_map_save(const w2b_map *map, const char *path, w2b_map_format format,
                     const char *title, int replace, w2b_diag *diag)
{
    if (format != W2B_MAP_HTML && format != W2B_MAP_SVG) {
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "there is no such format of maps");
    }
    w2b_out *out;
    w2b_err err = w2b_out_open(path, replace, &out, diag);
    if (err != W2B_OK) {
        return err;
    }
    err = format == W2B_MAP_HTML ? w2b_map_write_html(map, out, title, diag)
                                 : w2b_map_write_svg(map, out, title, diag);
    if (err != W2B_OK) {
        w2b_out_abort(out);
        return err;
    }
    return w2b_out_commit(out, diag);
}
