/*
 * plot.c - scores against bytes a word, as SVG.
 *
 * One panel a kind of test sets, the horizontal axis in powers of two, a point
 * a model, joined from the smallest to the largest. Colours are classes, so
 * that the picture follows the reader's choice of light or dark.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/memo.h"
#include "cli/opt.h"
#include "cli/report.h"
#include "cli/talk.h"

#define KINDS 4
#define PANEL_W 460.0
#define PANEL_H 340.0
#define LEFT 58.0     /* margins inside a panel, around its axes */
#define RIGHT 26.0
#define TOP 44.0
#define BOTTOM 54.0

typedef struct point {
    double x, y;          /* log2 bytes, score (a share in percent) */
    w2b_interval spread;  /* of the score, NaN if there is none */
    const char *label;
} point;

typedef struct panel {
    w2b_test_kind kind;
    size_t sets;
    point *points;        /* [n] by rising x */
    size_t n;
    double left, top;     /* of the panel in the picture */
    double x0, x1, y0, y1;/* ends of its axes */
    double step;          /* of the vertical one's marks */
} panel;

static const char style[] =
    "<style>\n"
    "svg { background: #fff; font: 13px system-ui, sans-serif; }\n"
    "text { fill: #333; } .title { font-size: 15px; font-weight: 600; fill: #111; }\n"
    ".note { font-size: 11px; fill: #666; } .grid { stroke: #e4e4e4; }\n"
    ".axis { stroke: #888; } .line { fill: none; stroke: #2a6fb0; stroke-width: 2; }\n"
    ".spread { stroke: #2a6fb0; stroke-opacity: .5; } .dot { fill: #2a6fb0; }\n"
    ".label { font-size: 12px; paint-order: stroke; stroke: #fff; stroke-width: 3px; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "svg { background: #16191d; } text { fill: #ccc; } .title { fill: #f2f2f2; }\n"
    ".note { fill: #999; } .grid { stroke: #2c3137; } .axis { stroke: #777; }\n"
    ".line, .spread { stroke: #6cb0ee; } .dot { fill: #6cb0ee; }\n"
    ".label { stroke: #16191d; }\n"
    "}\n"
    "</style>\n";

/* Text between tags: the characters that mean something there are replaced,
 * and what is not UTF-8 or is a control character, which XML does not allow. */
static void put_text(w2b_memo *out, const char *text)
{
    const size_t length = strlen(text);
    for (size_t i = 0, n; i < length; i += n ? n : 1) {
        const char *at = text + i;
        n = w2b_json_character(at, length - i);
        if (*at == '&') w2b_memo_print(out, "&amp;");
        else if (*at == '<') w2b_memo_print(out, "&lt;");
        else if (*at == '>') w2b_memo_print(out, "&gt;");
        else if (n == 1) w2b_memo_print(out, "%c", (unsigned char)*at < 0x20 ? ' ' : *at);
        else w2b_memo_print(out, "%.*s", n ? (int)n : 3, n ? at : "\xef\xbf\xbd");
    }
}

static const char *title_of(w2b_test_kind kind)
{
    static const char *const titles[KINDS] = {
        "Similarity (Spearman)", "Analogies (% right)", "Categories (% purity)",
        "Odd one out (% right)"};
    return titles[kind];
}

/* ----- Panels ------------------------------------------------------------- */

static int compare_points(const void *a, const void *b)
{
    const point *p = a, *q = b;
    return p->x != q->x ? (p->x > q->x) - (p->x < q->x) : (p->y > q->y) - (p->y < q->y);
}

/* The interval of the only set of a kind. */
static w2b_interval spread_of(const w2b_report *r, size_t model, w2b_test_kind kind)
{
    for (size_t i = 0; i < r->n_sets; i++) {
        if (r->models[model].results[i].kind == kind) return r->models[model].results[i].interval;
    }
    return (w2b_interval){NAN, NAN};
}

/* The points of a kind. Models without a score have none. 0, or -1. */
static int panel_fill(panel *p, const w2b_report *r)
{
    double factor = p->kind == W2B_TEST_SIMILARITY ? 1 : 100;
    p->points = calloc(r->n_models, sizeof *p->points);
    if (!p->points) return -1;
    for (size_t m = 0; m < r->n_models; m++) {
        size_t n;
        double mean = w2b_report_mean(r, m, p->kind, &n);
        if (!isfinite(mean) || !(r->models[m].bytes_per_word > 0)) continue;
        w2b_interval spread = {NAN, NAN};
        if (p->sets == 1) spread = spread_of(r, m, p->kind);
        p->points[p->n++] = (point){log2(r->models[m].bytes_per_word), factor * mean,
                                    {factor * spread.low, factor * spread.high},
                                    r->models[m].label};
    }
    qsort(p->points, p->n, sizeof *p->points, compare_points);
    return 0;
}

/* Marks at 1, 2 or 5 times a power of ten, some five of them. */
static double nice_step(double range)
{
    double step = pow(10, floor(log10(range / 4)));
    if (range / step > 12) return 5 * step;
    return range / step > 6 ? 2 * step : step;
}

static void panel_scale(panel *p)
{
    p->x0 = p->x1 = p->n ? p->points[0].x : 5;
    p->y0 = p->y1 = p->n ? p->points[0].y : 0;
    for (size_t i = 0; i < p->n; i++) {
        const point *q = &p->points[i];
        double low = isfinite(q->spread.low) ? q->spread.low : q->y;
        double high = isfinite(q->spread.high) ? q->spread.high : q->y;
        p->x0 = fmin(p->x0, q->x);
        p->x1 = fmax(p->x1, q->x);
        p->y0 = fmin(p->y0, low);
        p->y1 = fmax(p->y1, high);
    }
    p->x0 = floor(p->x0 - 0.25);
    p->x1 = ceil(p->x1 + 0.25);
    double least = p->kind == W2B_TEST_SIMILARITY ? 0.05 : 5;
    double range = fmax(p->y1 - p->y0, least);
    p->step = nice_step(range * 1.25);
    p->y0 = p->step * floor((p->y0 - range * 0.1) / p->step);
    p->y1 = p->step * ceil((p->y1 + range * 0.1) / p->step);
}

static double place_x(const panel *p, double x)
{
    return p->left + LEFT + (x - p->x0) / (p->x1 - p->x0) * (PANEL_W - LEFT - RIGHT);
}

static double place_y(const panel *p, double y)
{
    return p->top + PANEL_H - BOTTOM - (y - p->y0) / (p->y1 - p->y0) * (PANEL_H - TOP - BOTTOM);
}

/* ----- Drawing ------------------------------------------------------------ */

static void draw_axes(w2b_memo *out, const panel *p)
{
    double left = p->left + LEFT, right = p->left + PANEL_W - RIGHT;
    double top = p->top + TOP, bottom = p->top + PANEL_H - BOTTOM;
    int skip = p->x1 - p->x0 > 8 ? 2 : 1;
    w2b_memo_print(out,
                   "<text class=\"title\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", left, p->top + 22,
                   title_of(p->kind));
    if (p->sets > 1) {
        w2b_memo_print(out,
                       "<text class=\"note\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">mean of %zu "
                       "sets</text>\n", right, p->top + 22, p->sets);
    }
    int marks = (int)lround((p->y1 - p->y0) / p->step);
    for (int i = 0; i <= marks; i++) {
        double value = p->y0 + i * p->step, y = place_y(p, value);
        w2b_memo_print(out,
                       "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n"
                       "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.4g</text>\n",
                       left, right, y, y, left - 8, y + 4.5, fabs(value) < p->step / 2 ? 0 : value);
    }
    for (int e = (int)p->x0; e <= (int)p->x1; e += skip) {
        double x = place_x(p, e);
        w2b_memo_print(out,
                       "<line class=\"axis\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n"
                       "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.4g</text>\n",
                       x, x, bottom, bottom + 5, x, bottom + 20, ldexp(1, e));
    }
    w2b_memo_print(out, "<path class=\"axis\" fill=\"none\" d=\"M%.1f %.1fV%.1fH%.1f\"/>\n"
                   "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">bytes a word</text>\n",
                   left, top, bottom, right, (left + right) / 2, bottom + 40);
}

/* A label stands above its point, or below where the line comes from above or
 * the label to the left is near. */
static void draw_label(w2b_memo *out, const panel *p, size_t i, int *below)
{
    double x = place_x(p, p->points[i].x), y = place_y(p, p->points[i].y);
    int falls = i && p->points[i - 1].y > p->points[i].y;
    int near = i && x - place_x(p, p->points[i - 1].x) < 90 &&
               fabs(y - place_y(p, p->points[i - 1].y)) < 30;
    *below = falls || (near && !*below);
    double middle = p->left + (LEFT + PANEL_W - RIGHT) / 2;
    const char *anchor = x < middle - 120 ? "start" : x > middle + 120 ? "end" : "middle";
    w2b_memo_print(out, "<text class=\"label\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x,
                   *below ? y + 20 : y - 10, anchor);
    put_text(out, p->points[i].label);
    w2b_memo_print(out, "</text>\n");
}

static void draw_panel(w2b_memo *out, const panel *p)
{
    int below = 0;
    draw_axes(out, p);
    for (size_t i = 0; i < p->n; i++) {
        const point *q = &p->points[i];
        double x = place_x(p, q->x);
        if (!isfinite(q->spread.low)) continue;
        w2b_memo_print(out,
                       "<line class=\"spread\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
                       x, x, place_y(p, q->spread.low), place_y(p, q->spread.high));
    }
    w2b_memo_print(out, "<polyline class=\"line\" points=\"");
    for (size_t i = 0; i < p->n; i++) {
        w2b_memo_print(out, "%s%.1f,%.1f", i ? " " : "", place_x(p, p->points[i].x),
                       place_y(p, p->points[i].y));
    }
    w2b_memo_print(out, "\"/>\n");
    for (size_t i = 0; i < p->n; i++) {
        const point *q = &p->points[i];
        w2b_memo_print(out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"><title>",
                       place_x(p, q->x), place_y(p, q->y));
        put_text(out, q->label);
        w2b_memo_print(out, ": %.4g at %.4g bytes a word</title></circle>\n", q->y, exp2(q->x));
    }
    for (size_t i = 0; i < p->n; i++) draw_label(out, p, i, &below);
}

static void draw(w2b_memo *out, const panel *panels, size_t n)
{
    double width = PANEL_W * (double)(n > 1 ? 2 : 1), height = PANEL_H * (double)((n + 1) / 2);
    w2b_memo_print(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
                   "viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n"
                   "<title>Quality of word vectors against bytes a word</title>\n%s",
                   width, height, width, height, style);
    for (size_t i = 0; i < n; i++) draw_panel(out, &panels[i]);
    w2b_memo_print(out, "</svg>\n");
}

/* The panels of kinds that have sets; their number, or -1. */
static int make_panels(const w2b_report *r, panel *panels)
{
    int n = 0;
    for (int kind = 0; kind < KINDS; kind++) {
        panel *p = &panels[n];
        *p = (panel){.kind = (w2b_test_kind)kind};
        for (size_t i = 0; i < r->n_sets; i++) {
            p->sets += w2b_testset_kind(r->sets[i]) == p->kind;
        }
        if (!p->sets) continue;
        p->left = PANEL_W * (n % 2);
        p->top = PANEL_H * (n / 2);
        n++;
        if (panel_fill(p, r)) return -1;
        panel_scale(p);
    }
    return n;
}

int w2b_plot_save(const w2b_report *r, const char *path, int replace)
{
    panel panels[KINDS] = {{0}};
    int code = W2B_EXIT_FAILED;
    int n = make_panels(r, panels);
    w2b_memo out;
    w2b_memo_open(&out);
    if (n >= 0) draw(&out, panels, (size_t)n);
    if (w2b_memo_close(&out) || n < 0) {
        code = w2b_talk_memory();
    } else {
        w2b_diag diag;
        w2b_err err = w2b_file_write(path, out.text, out.size, replace, &diag);
        code = err ? w2b_talk_diag(&diag) : W2B_EXIT_DONE;
    }
    free(out.text);
    for (int i = 0; i < KINDS; i++) free(panels[i].points);
    return code;
}
