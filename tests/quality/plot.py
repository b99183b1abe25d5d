#!/usr/bin/env python3
"""Draws quality.svg from results.csv: accuracy against bytes a word, two panels.

    plot.py [CSV [SVG]]      by default the two beside this script; "-" for standard output

Seeds of a recipe are averaged, with a line from the least to the most where they are
several. Needs nothing but Python; the same rows give the same bytes.
"""

import csv
import math
import os
import sys
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 960, 430
TOP, BOTTOM = 64, 372
PANELS = (
    # field, title, left edge, right edge, step of the axis, how a value is written
    ("analogies", "Analogies answered right, %", 52, 466, 10, "{:.0f}"),
    ("similarity", "Similarity, mean Spearman of five sets", 536, 950, 0.02, "{:.2f}"),
)
BYTES = (20, 50, 100, 200, 500, 1000)
LEAST_BYTES, MOST_BYTES = 18, 1800
LETTER = 6.8  # width of a letter of 11 pixels, about, bold ones too

STYLE = """
text { font: 11px ui-sans-serif, system-ui, "Helvetica Neue", Arial, sans-serif; fill: #1f2328; }
.title { font-size: 14px; font-weight: 600; }
.soft { fill: #59636e; }
.paper { fill: #ffffff; }
.grid { stroke: #d9dee4; stroke-width: 1; }
.here { fill: #0969da; stroke: #0969da; stroke-width: 1.5; }
.reference { fill: #ffffff; stroke: #59636e; stroke-width: 1.5; }
.label { font-weight: 600; fill: #0550ae; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .soft { fill: #9198a1; }
  .paper { fill: #0d1117; }
  .grid { stroke: #2b323b; }
  .here { fill: #4493f8; stroke: #4493f8; }
  .reference { fill: #0d1117; stroke: #9198a1; }
  .label { fill: #79c0ff; }
}
"""


class Panel:
    """One pair of axes; bytes a word from left to right, equal factors equally far."""

    def __init__(self, points, field, title, left, right, step, form):
        self.field, self.title, self.form, self.step = field, title, form, step
        self.left, self.right = left, right
        values = [value for point in points for value in point[field]]
        self.low = math.floor(min(values) / step - 0.2) * step
        self.high = math.ceil(max(values) / step + 0.2) * step
        self.points = points
        self.taken = []  # boxes that text must keep clear of

    def x(self, size):
        share = math.log(size / LEAST_BYTES) / math.log(MOST_BYTES / LEAST_BYTES)
        return self.left + share * (self.right - self.left)

    def y(self, value):
        return BOTTOM - (value - self.low) / (self.high - self.low) * (BOTTOM - TOP)

    def axes(self, out):
        out.append(f'<text class="title" x="{self.left}" y="{TOP - 14}">{self.title}</text>')
        for i in range(round((self.high - self.low) / self.step) + 1):
            value = self.low + i * self.step
            y = self.y(value)
            out.append(f'<line class="grid" x1="{self.left}" x2="{self.right}" y1="{y:.1f}" '
                       f'y2="{y:.1f}"/>')
            out.append(f'<text class="soft" text-anchor="end" x="{self.left - 6}" '
                       f'y="{y + 4:.1f}">{self.form.format(value)}</text>')
        for size in BYTES:
            x = self.x(size)
            out.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{BOTTOM}"/>')
            out.append(f'<text class="soft" text-anchor="middle" x="{x:.1f}" '
                       f'y="{BOTTOM + 16}">{size:,}</text>')
        out.append(f'<text class="soft" text-anchor="middle" x="{(self.left + self.right) / 2:.1f}"'
                   f' y="{BOTTOM + 34}">bytes a word</text>')

    def place(self, text, x, y):
        """Anchor and place of text clear of what was drawn: beside the point, above or below."""
        width = len(text) * LETTER
        for anchor, dx, dy in (("start", 9, 4), ("end", -9, 4), ("middle", 0, -9),
                               ("middle", 0, 19), ("start", 6, -8), ("end", -6, 18),
                               ("start", 6, 18), ("end", -6, -8), ("end", -9, -1),
                               ("end", -9, 10), ("start", 9, -1), ("start", 9, 10),
                               ("start", 9, 4)):
            left = x + dx - {"start": 0, "middle": width / 2, "end": width}[anchor]
            box = (left, y + dy - 10, left + width, y + dy + 3)
            inside = box[0] >= self.left and box[2] <= self.right and box[3] <= BOTTOM
            if inside and not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and
                                  b[1] < box[3] for b in self.taken):
                break
        self.taken.append(box)
        return anchor, x + dx, y + dy

    def draw(self, out):
        self.axes(out)
        spots = []
        for point in self.points:
            if not point[self.field]:
                continue
            values = point[self.field]
            x, y = self.x(point["bytes"]), self.y(sum(values) / len(values))
            spots.append((point, x, y))
            self.taken.append((x - 6, y - 6, x + 6, y + 6))
        for point, x, y in spots:
            values, kind = point[self.field], point["source"]
            if len(values) > 1:
                out.append(f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" '
                           f'y1="{self.y(max(values)):.1f}" y2="{self.y(min(values)):.1f}"/>')
            out.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>')
        # Those of this program choose their places first.
        for point, x, y in sorted(spots, key=lambda spot: spot[0]["source"]):
            anchor, x, y = self.place(point["recipe"], x, y)
            name = "label" if point["source"] == "here" else "soft"
            out.append(f'<text class="{name}" text-anchor="{anchor}" x="{x:.1f}" y="{y:.1f}">'
                       f'{escape(point["recipe"])}</text>')


def read(path):
    """The points, in the order of their first rows, and the name of the text.

    The text is that of the first row: rows of others are not compared with it.
    """
    points, corpus = {}, None
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            corpus = corpus or row["corpus"]
            if row["corpus"] != corpus:
                continue
            if row["source"] not in ("here", "reference"):
                raise SystemExit(f"plot.py: {path}: source is here or reference, "
                                 f"not \"{row['source']}\"")
            point = points.setdefault((row["source"], row["recipe"]), {
                "source": row["source"], "recipe": row["recipe"], "bytes": float(row["bytes"]),
                "analogies": [], "similarity": []})
            for field in ("analogies", "similarity"):
                if row[field]:
                    point[field].append(float(row[field]))
    if not points:
        raise SystemExit(f"plot.py: {path}: no rows")
    return list(points.values()), corpus


def svg(points, corpus):
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           f'width="{WIDTH}" height="{HEIGHT}" role="img">',
           "<title>Accuracy of word vectors against their bytes a word</title>",
           f"<style>{STYLE}</style>",
           f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>',
           '<circle class="here" cx="58" cy="18" r="4.5"/>',
           '<text x="68" y="22">w2b</text>',
           '<circle class="reference" cx="112" cy="18" r="4.5"/>',
           f'<text x="122" y="22">other programs, trained on the same text ({escape(corpus)}) and '
           'scored on the same sets</text>']
    for panel in PANELS:
        Panel(points, *panel).draw(out)
    return "\n".join(out + ["</svg>", ""])


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    if len(sys.argv) > 3 or any(name.startswith("--") for name in sys.argv[1:]):
        raise SystemExit("usage: plot.py [CSV [SVG]]")
    source = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "results.csv")
    target = sys.argv[2] if len(sys.argv) > 2 else os.path.join(here, "quality.svg")
    text = svg(*read(source))
    if target == "-":
        sys.stdout.write(text)
    else:
        with open(target, "w", encoding="utf-8") as file:
            file.write(text)


main()
