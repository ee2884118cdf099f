"""The visual language of the book's diagrams: few shapes, few colours, each with one meaning.

* A *box* is a layer: it has weights. A *circle* or a *pill* has none: it works element by element.
* A tinted *frame* is a recurrent cell. Its colour says which kind, and is that of
  ``seqlearn.plotting``; grey stands for any kind.
* A thin *wire* carries a vector. The thick one is the *belt*: a state that a cell changes by
  products and sums alone. A dashed violet wire is a gradient on its way back.
* A *dot* is a branch. Wires that cross without a dot do not touch: one of them has a gap.
* In a picture that grows, what is being explained is *lit*, in the cell's colour and thicker, and
  what was explained before is in the *past*, and quiet.

Every picture is 400 units wide, so that strokes and letters have the same size in all of them. On
a telephone a unit is a little less than a pixel, on a desk one and a half.
"""

import contextlib
import math
import re
from dataclasses import dataclass, field
from itertools import pairwise
from xml.sax.saxutils import escape

WIDTH = 400

# The shades are those of seqlearn.plotting. A line needs a darker one on a light page; on a dark
# page it is the shade itself.
SHADES = {
    "any": "#8593a0",
    "rnn": "#e08a00",
    "lstm": "#2f88c9",
    "gru": "#12a37c",
    "bidirectional": "#c56aa3",
}
# "paper" is the page; the pictures stand on it, and on nothing else.
THEMES = {
    "light": {
        "paper": "#ffffff",
        "ink": "#1f2933",
        "quiet": "#566370",
        "faint": "#76838f",
        "gradient": "#7a3db8",
        "any": "#62707d",
        "rnn": "#a05e00",
        "lstm": "#1a68a5",
        "gru": "#0a7457",
        "bidirectional": "#a03f78",
    },
    "dark": {
        "paper": "#15191e",
        "ink": "#d6dce2",
        "quiet": "#9aa7b4",
        "faint": "#76828e",
        "gradient": "#b78fe8",
        **SHADES,
    },
}
FRAME, BOX = 0.1, 0.3  # how much of the shade is mixed into the paper

STYLE = """\
.diagram{display:block;width:100%;max-width:37.5rem;height:auto;margin:0 auto;
font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",sans-serif;
font-synthesis:none}
.diagram text{fill:var(--ink)}
.diagram .strong{font-weight:640}
.diagram .aside{fill:var(--quiet)}
.diagram .letter{font:italic 17px MJXTEX-I,"Latin Modern Math","STIX Two Text","Cambria Math",
Cambria,"Times New Roman","DejaVu Serif",serif}
.diagram .roman{font-family:MJXTEX,"Latin Modern Math","STIX Two Text","Cambria Math",Cambria,
"Times New Roman","DejaVu Serif",serif;font-style:normal}
.diagram .low{font-size:12.5px}
.diagram path,.diagram rect{fill:none;stroke:var(--ink);stroke-width:1.6;stroke-linejoin:round}
.diagram .paper{fill:var(--paper);stroke:none}
.diagram .frame{fill:var(--frame);stroke:var(--line)}
.diagram .box{fill:var(--box)}
.diagram .op{fill:var(--paper)}
.diagram .solid{fill:var(--quiet);stroke:var(--quiet)}
.diagram .group,.diagram .rule{stroke:var(--quiet);stroke-width:1}
.diagram .ghost{stroke:var(--quiet);stroke-dasharray:3.5 3}
.diagram .head,.diagram .dot{fill:var(--ink);stroke:none}
.diagram .gap{stroke:var(--paper);stroke-width:7.5}
.diagram .gap.wide{stroke-width:11}
.diagram .gap.inside{stroke:var(--frame)}
.diagram .belt{stroke:var(--line);stroke-width:5}
.diagram .belt.head{fill:var(--line);stroke:none}
.diagram .gradient{stroke:var(--gradient);stroke-dasharray:4 3}
.diagram .gradient.head{fill:var(--gradient);stroke:none}
.diagram .stop{stroke:var(--gradient);stroke-width:2.6}
.diagram .past{stroke:var(--quiet)}
.diagram text.past{fill:var(--quiet);stroke:none}
.diagram .past.accent{stroke:var(--quiet)}
.diagram .past:is(.head,.dot){fill:var(--quiet);stroke:none}
.diagram .past.box{fill:var(--frame)}
.diagram .past.belt{stroke:var(--faint)}
.diagram .past.belt.head{fill:var(--faint);stroke:none}
.diagram .accent{stroke-width:1.1}
.diagram .lit{stroke:var(--line);stroke-width:2.8}
.diagram text.lit{fill:var(--ink);stroke:none}
.diagram .lit:is(.head,.dot){fill:var(--line);stroke:none}
.diagram .lit.belt{stroke-width:6.5}
.diagram .lit.accent{stroke:var(--ink);stroke-width:1.1}
@media (max-width:600px){section>:is(figure,p) .diagram{width:calc(100% + 2.5rem);
margin:0 -1.25rem}}
@media print{.diagram{break-inside:avoid}}
"""


def mix(paper, shade, share):
    """Mix two colours as a tint would.

    Args:
        paper: the ground, ``#rrggbb``.
        shade: the colour laid over it.
        share: how much of it, 0 to 1.

    Returns:
        The colour that is seen.
    """
    pairs = zip(bytes.fromhex(paper[1:]), bytes.fromhex(shade[1:]), strict=True)
    return "#" + bytes(round(p + (s - p) * share) for p, s in pairs).hex()


def colours(theme, kind):
    """List the colours of a picture.

    Args:
        theme: ``"light"`` or ``"dark"``.
        kind: a key of ``SHADES``.

    Returns:
        A dictionary from what is coloured to ``#rrggbb``.
    """
    names = THEMES[theme]
    found = {name: names[name] for name in ("paper", "ink", "quiet", "faint", "gradient")}
    found["line"] = names[kind]
    found["frame"] = mix(names["paper"], SHADES[kind], FRAME)
    found["box"] = mix(names["paper"], SHADES[kind], BOX)
    return found


def style_sheet():
    """Write the rules that the pictures on a page share, for both themes of the page.

    Returns:
        The text of the style sheet.
    """
    rules = [
        f'html[data-theme="{theme}"] .diagram.{kind}{{{_variables(theme, kind)}}}'
        for theme in THEMES
        for kind in SHADES
    ]
    return STYLE + "\n".join(rules) + "\n"


def _variables(theme, kind):
    return ";".join(f"--{name}:{colour}" for name, colour in colours(theme, kind).items())


# Shapes


@dataclass(frozen=True)
class Shape:
    """What a wire can start from or lead to: a rectangle, with corners rounded or not."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self):
        """The middle of the left edge."""
        return self.x, self.y + self.height / 2

    @property
    def right(self):
        """The middle of the right edge."""
        return self.x + self.width, self.y + self.height / 2

    @property
    def top(self):
        """The middle of the upper edge."""
        return self.x + self.width / 2, self.y

    @property
    def bottom(self):
        """The middle of the lower edge."""
        return self.x + self.width / 2, self.y + self.height


# Letters

# MathJax's widths, in parts of the font's size, to centre a letter together with its index.
WIDTHS = {
    "W": 0.944, "U": 0.683, "L": 0.681, "T": 0.584, "c": 0.433, "f": 0.49, "h": 0.576, "i": 0.345,
    "m": 0.878, "o": 0.485, "p": 0.503, "r": 0.451, "t": 0.361, "x": 0.572, "y": 0.49, "z": 0.465,
    "σ": 0.571, "−": 0.778, "+": 0.778, "=": 0.778, ",": 0.278, " ": 0.3,
}  # fmt: skip
SIZE, LOW = 17, 12.5
ACCENTS = {  # around a point above the letter
    "~": "M-4.4,1.1C-2.8,-2.2 -1,-1.4 .2,-.4S3,1.2 4.4,-1.6",
    "→": "M-5,0H5.4M2.4,-2.8L5.4,0L2.4,2.8",
    "←": "M5,0H-5.4M-2.4,-2.8L-5.4,0L-2.4,2.8",
}
TALL = set("hfLTUW")
LABEL = re.compile(r"([~→←]?)([^_]+)(?:_(\{.+\}|.))?")


def _width(text, size):
    return size * sum(WIDTHS.get(letter, 0.5) for letter in text)


def _upright(text, *classes):
    """Mark what a formula sets upright, digits and signs, and pass letters on."""
    marked = ""
    for run in re.findall(r"[a-zA-Zσ]+|[^a-zA-Zσ]+", text):
        names = [*classes, *([] if run[0].isalpha() else ["roman"])]
        marked += f'<tspan class="{" ".join(names)}">{escape(run)}</tspan>' if names else run
    return marked


@dataclass
class Drawing:
    """A picture that shapes, wires and words are added to.

    Attributes:
        height: in the units of which the width is 400.
        kind: of the cell that is shown, a key of ``SHADES``.
        shapes: everything that a wire may begin or end at.
        wires: the points of each, from its start to its end, and its style.
        ports: the labelled ends of wires that come from or lead out of the picture.
        words: left, upper, right and lower edge of each text, and the text.
    """

    height: float
    kind: str = "any"
    shapes: list = field(default_factory=list)
    wires: list = field(default_factory=list)
    ports: list = field(default_factory=list)
    words: list = field(default_factory=list)
    _marks: list = field(default_factory=list)
    _state: str = ""

    @contextlib.contextmanager
    def part(self, state):
        """Draw what follows ``"lit"``, in the ``"past"``, plain (``""``), or not at all (None)."""
        before, self._state = self._state, state
        yield
        self._state = before

    def _mark(self, level, tag, classes, attributes, inside=None):
        if self._state is None:
            return
        state = "" if classes.startswith("gap") else self._state
        names = " ".join(filter(None, [classes, state]))
        end = "/>" if inside is None else f">{inside}</{tag}>"
        self._marks.append((level, f'<{tag} class="{names}" {attributes}{end}'))

    def _shape(self, level, classes, x, y, width, height, corner):
        shape = Shape(x, y, width, height)
        if self._state is not None:
            self.shapes.append(shape)
        box = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{corner:g}"'
        self._mark(level, "rect", classes, box)
        return shape

    def frame(self, x, y, width, height):
        """Draw a cell, from its upper left corner."""
        return self._shape(0, "frame", x, y, width, height, 10)

    def cell(self, x, y, label="", width=36, height=36, ghost=False):
        """Draw a small cell around its centre, as in an unrolled network."""
        classes = "ghost" if ghost else "frame"
        shape = self._shape(3, classes, x - width / 2, y - height / 2, width, height, 8)
        if label:
            self.math(x, y, label)
        return shape

    def box(self, x, y, label, width=40, height=30):
        """Draw a layer with weights around its centre."""
        shape = self._shape(3, "box", x - width / 2, y - height / 2, width, height, 2)
        (self.say if label == "tanh" else self.math)(x, y, label)
        return shape

    def pill(self, x, y, label, width=44):
        """Draw a function without weights around its centre."""
        shape = self._shape(3, "op", x - width / 2, y - 12, width, 24, 12)
        (self.say if label.isalpha() else self.math)(x, y, label)
        return shape

    def op(self, x, y, sign):
        """Draw a product (``×``) or a sum (``+``) of two vectors, element by element."""
        shape = self._shape(3, "op", x - 11, y - 11, 22, 22, 11)
        stroke = "M-4.2,-4.2L4.2,4.2M-4.2,4.2L4.2,-4.2" if sign == "×" else "M-5.6,0H5.6M0,-5.6V5.6"
        self._mark(4, "path", "", f'd="{stroke}" transform="translate({x:g},{y:g})"')
        return shape

    # Wires

    def wire(self, *points, arrow=True, style="wire"):
        """Lead a wire through points, round at its bends, with a gap where it crosses another.

        Args:
            points: ``(x, y)`` each, the first and the last on a shape, a port or another wire.
            arrow: whether its end has a head.
            style: ``"wire"``, ``"belt"`` or ``"gradient"``.
        """
        if self._state is None:
            return
        line, head = list(points), None
        if arrow:
            head, line[-1] = _head(*points[-2:], *((13, 8) if style == "belt" else (8.5, 4.4)))
        gaps = [
            (cross, other) for route, other in self.wires for cross in _crossings(points, route)
        ]
        for (place, along), other in gaps:
            if other != "belt":
                self._gap(place, along, "gap")
        level = 2 if style == "belt" else 1
        self._mark(level, "path", style, f'd="{_rounded(line)}"')
        if head:
            self._mark(level, "path", f"{style} head", f'd="{head}"')
        for (place, (dx, dy)), other in gaps:
            if other == "belt":  # it stays on top
                self._gap(place, (dy, dx), "gap wide")
        self.wires.append((points, style))

    def _gap(self, place, along, classes):
        """Part what has been drawn at a crossing, along what has yet to be drawn there."""
        (x, y), (dx, dy) = place, along
        inside = any(f.x < x < f.x + f.width and f.y < y < f.y + f.height for f in self.shapes)
        line = f"M{x - 5 * dx:g},{y - 5 * dy:g}L{x + 5 * dx:g},{y + 5 * dy:g}"
        self._mark(1, "path", classes + " inside" * inside, f'd="{line}"')

    def dot(self, x, y):
        """Mark a branch of a wire."""
        self._mark(3, "circle", "dot", f'cx="{x:g}" cy="{y:g}" r="3.2"')

    def port(self, point, label, side):
        """Name the outer end of a wire, and give its place back.

        Args:
            point: ``(x, y)``.
            label: a letter, as ``math`` takes it.
            side: where the label stands: ``"above"``, ``"below"``, ``"left"`` or ``"right"``.

        Returns:
            The point.
        """
        x, y = point
        away = {"above": (0, -12), "below": (0, 13), "left": (-5, 0), "right": (5, 0)}[side]
        anchor = {"left": "end", "right": "start"}.get(side, "middle")
        self.ports.append(point)
        self.math(x + away[0], y + away[1], label, anchor)
        return point

    def stroke(self, classes, path):
        """Draw a line that is no wire, such as a border."""
        self._mark(1, "path", classes, f'd="{path}"')

    def group(self, x, y, width, height):
        """Draw a thin frame around cells that belong together, from its upper left corner."""
        box = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4"'
        self._mark(0, "rect", "group", box)

    def tile(self, x, y, label="", style="box", width=28, height=28):
        """Draw a value of a table, from its upper left corner."""
        self._mark(
            1, "rect", style, f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="2"'
        )
        if label:
            self.math(x + width / 2, y + height / 2, label)

    # Words

    def math(self, x, y, label, anchor="middle"):
        """Write a letter of the notation, such as ``h_{t−1}``, ``~c_t`` or ``→h_1``.

        Args:
            x: where, as ``anchor`` says.
            y: the middle of its small letters.
            label: before the letter its accent, if it has one, and behind it the index.
            anchor: ``"start"``, ``"middle"`` or ``"end"``.
        """
        accent, base, low = LABEL.fullmatch(label).groups(default="")
        low = low.strip("{}")
        width = _width(base, SIZE) + _width(low, LOW)
        left = x - width * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        if accent:
            top = y - (9.5 if base in TALL else 5.5) - 2 * (accent != "~")
            middle = left + _width(base, SIZE) / 2 + (2.2 if base in TALL else 1.2)
            where = f'transform="translate({middle:.2f},{top:.2f})"'
            self._mark(4, "path", "accent", f'd="{ACCENTS[accent]}" {where}')
        text = _upright(base)
        if low:
            text += f'<tspan dy="3.6">{_upright(low, "low")}</tspan>'
        self._mark(5, "text", "letter", f'x="{left:.2f}" y="{y + 5:.2f}"', text)
        self._note(left, y - 9, left + width, y + 8, label)

    def say(self, x, y, text, anchor="middle", style=""):
        """Write words around the height ``y``.

        Args:
            x: where, as ``anchor`` says.
            y: the middle of the small letters.
            text: the words.
            anchor: ``"start"``, ``"middle"`` or ``"end"``.
            style: ``"aside"`` for what is said quietly, ``"strong"`` for a name.
        """
        place = f'x="{x:g}" y="{y + 4.4:g}" text-anchor="{anchor}"'
        self._mark(5, "text", style, place, escape(text))
        width = 6.9 * len(text)
        left = x - width * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        self._note(left, y - 7, left + width, y + 7, text)

    def _note(self, left, top, right, bottom, text):
        if self._state is not None:
            self.words.append((left, top, right, bottom, text))

    # The text of the picture

    def svg(self, title, description, alone=False):
        """Write the picture.

        Args:
            title: its name.
            description: what it shows, for those who do not see it.
            alone: for a file of its own, with paper and style, and not for a page of the book.

        Returns:
            The SVG, which has no ids, so that it may stand on a page more than once.
        """
        names, size = f"diagram {self.kind}", f'viewBox="0 0 {WIDTH} {self.height:g}"'
        if alone:
            size += f' width="{WIDTH * 1.5:g}" height="{self.height * 1.5:g}"'
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="{names}" {size} role="img">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(description)}</desc>",
        ]
        if alone:
            light, dark = (_variables(theme, self.kind) for theme in THEMES)
            lines += [
                f"<style>\n{STYLE}.diagram{{{light}}}",
                f"@media (prefers-color-scheme:dark){{.diagram{{{dark}}}}}\n</style>",
                f'<rect width="{WIDTH}" height="{self.height:g}" class="paper"/>',
            ]
        lines += [mark for _, mark in sorted(self._marks, key=lambda mark: mark[0])]
        return "\n".join([*lines, "</svg>"]) + "\n"


def _head(before, tip, length, half):
    """The head of an arrow, and the point inside it at which its line ends."""
    (x0, y0), (x, y) = before, tip
    far = math.dist(before, tip)
    dx, dy = (x - x0) / far, (y - y0) / far
    back = x - dx * length, y - dy * length
    sides = [(back[0] - side * dy, back[1] + side * dx) for side in (half, -half)]
    head = "M" + "L".join(f"{a:.2f},{b:.2f}" for a, b in (tip, *sides)) + "Z"
    return head, (back[0] + 2 * dx, back[1] + 2 * dy)


def _crossings(one, two):
    """Where two routes cross, and do not just meet, and the direction of the first one there."""
    for (ax, ay), (bx, by) in pairwise(one):
        for (cx, cy), (dx, dy) in pairwise(two):
            if ax == bx and cy == dy and _between(cx, ax, dx) and _between(ay, cy, by):
                yield (ax, cy), (0, 1)
            if ay == by and cx == dx and _between(ax, cx, bx) and _between(cy, ay, dy):
                yield (cx, ay), (1, 0)


def _between(one, value, other):
    return min(one, other) < value < max(one, other)


def _rounded(points, radius=9):
    """A path through points whose corners are arcs."""
    path = "M{:.2f},{:.2f}".format(*points[0])
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        path += "L{:.2f},{:.2f}Q{:.2f},{:.2f} {:.2f},{:.2f}".format(
            *_towards(here, before, radius), *here, *_towards(here, after, radius)
        )
    return path + "L{:.2f},{:.2f}".format(*points[-1])


def _towards(start, goal, distance):
    """The point at a distance from ``start``, or in the middle if the way is short."""
    far = math.dist(start, goal)
    share = min(distance / far, 0.5)
    return start[0] + (goal[0] - start[0]) * share, start[1] + (goal[1] - start[1]) * share
