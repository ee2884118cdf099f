"""The diagrams of the book. ``drawing`` has the language that they are drawn in.

``python book/_ext/diagrams.py`` writes them to ``book/_static/diagrams``, a file for each picture
and step.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from drawing import Drawing

FOLDER = Path(__file__).parents[1] / "_static" / "diagrams"


@dataclass(frozen=True)
class Diagram:
    """A picture with its name in words, its description, and the steps in which it grows."""

    draw: Callable[..., Drawing]
    title: str
    description: str
    steps: dict[str, str]


DIAGRAMS: dict[str, Diagram] = {}


def diagram(name, title, description, **steps):
    """Enter the picture that a function draws into ``DIAGRAMS``.

    Args:
        name: what the book's pages call it by.
        title: its name in words.
        description: what it shows, said to who does not see it.
        steps: a description for each step of a picture that grows, in order.

    Returns:
        The decorator.
    """

    def enter(draw):
        texts = {step: " ".join(text.split()) for step, text in steps.items()}
        DIAGRAMS[name] = Diagram(draw, title, " ".join(description.split()), texts)
        return draw

    return enter


def svg(name, step=None, title=None, alone=False):
    """Write a picture, or one of its steps.

    Args:
        name: a key of ``DIAGRAMS``.
        step: a key of its ``steps``; the whole picture if None.
        title: its name in words, if another than its own.
        alone: for a file of its own, and not for a page of the book.

    Returns:
        The SVG's text.
    """
    own, description = words(name, step)
    return draw(name, step).svg(title or own, description, alone)


def draw(name, step=None):
    """Draw a picture, or one of its steps.

    Args:
        name: a key of ``DIAGRAMS``.
        step: a key of its ``steps``; the whole picture if None.

    Returns:
        The ``Drawing``.
    """
    return DIAGRAMS[name].draw(*filter(None, [step]))


def words(name, step=None):
    """Give the name in words and the description of a picture, or of one of its steps.

    Args:
        name: a key of ``DIAGRAMS``.
        step: a key of its ``steps``; the whole picture if None.

    Returns:
        Both texts.
    """
    found = DIAGRAMS[name]
    if step is None:
        return found.title, found.description
    number = list(found.steps).index(step) + 1
    return f"{found.title}, step {number}: {step}", found.steps[step]


def file_name(name, step=None):
    """Name the file of a picture, or of one of its steps.

    Args:
        name: a key of ``DIAGRAMS``.
        step: a key of its ``steps``; the whole picture if None.

    Returns:
        The name, without a folder.
    """
    return f"{name}-{step}.svg" if step else f"{name}.svg"


def files():
    """List the pictures by the files that hold them.

    Returns:
        A dictionary from the name of a file to the name and the step of its picture.
    """
    return {
        file_name(name, step): (name, step)
        for name, found in DIAGRAMS.items()
        for step in (None, *found.steps)
    }


def _states(steps, step):
    """How each step is drawn when one of them is lit: those before it past, those after it not."""
    if step is None:
        return dict.fromkeys(steps, "")
    at = steps.index(step)
    return {
        other: "lit" if here == at else "past" if here < at else None
        for here, other in enumerate(steps)
    }


# The cells


@diagram(
    "simple-rnn",
    "The plain recurrent cell",
    """The last hidden state h of t minus 1 comes in from the left and the input x of t from below.
    Both go into one tanh layer. Its output is the hidden state h of t, which leaves to the right,
    for the next step, and upwards, as the cell's output.""",
)
def simple_rnn():
    """Draw the plain cell."""
    d = Drawing(190, "rnn")
    d.frame(100, 44, 200, 96)
    layer = d.box(210, 92, "tanh", width=56)
    d.wire(d.port((52, 92), "h_{t−1}", "left"), layer.left)
    d.wire(d.port((138, 166), "x_t", "below"), (138, 92), (160, 92), arrow=False)
    d.wire(layer.right, d.port((348, 92), "h_t", "right"))
    d.dot(322, 92)
    d.wire((322, 92), d.port((322, 24), "h_t", "above"))
    return d


LSTM_STEPS = ["forget", "write", "update", "show"]


@diagram(
    "lstm",
    "The LSTM cell",
    """The cell state runs straight through the cell along its top, as on a belt, from c of t minus
    1 to c of t; only a product and a sum touch it. Below it stand four layers. Each reads the last
    hidden state h of t minus 1, from the left, and the input x of t, from below. The forget gate,
    a sigmoid, multiplies the old cell state. The input gate, a sigmoid, multiplies the candidate, a
    tanh, and the product is added to the belt, which gives c of t. The output gate, a sigmoid,
    multiplies the tanh of c of t, which gives the hidden state h of t. It leaves to the right, for
    the next step, and upwards, as the cell's output.""",
    forget="""Only the first step is drawn. The last hidden state and the input go into a sigmoid
    layer. Its output f of t, the forget gate, multiplies the old cell state c of t minus 1 on the
    belt.""",
    write="""The forget gate is drawn quietly. The second step is lit. The last hidden state and
    the input go into a sigmoid layer, the input gate i of t, and into a tanh layer, the candidate.
    The two are multiplied: this is what will be written.""",
    update="""The forget gate and the product of input gate and candidate are drawn quietly. The
    third step is lit: the product is added to what was kept of the old cell state on the belt, and
    the sum is the new cell state c of t.""",
    show="""The belt, the forget gate, the input gate and the candidate are drawn quietly. The
    fourth step is lit. A sigmoid layer makes the output gate o of t. It multiplies the tanh of the
    new cell state, which gives the hidden state h of t, for the next step and as output.""",
)
def lstm(step=None):
    """Draw the LSTM, whole or grown up to a step."""
    state = _states(LSTM_STEPS, step)
    d = Drawing(308, "lstm")
    belt, middle, gates, bus = 74, 124, 178, 234
    forget, write, candidate, show, out, leave = 94, 152, 212, 280, 330, 373
    # Where the bus ends that brings the inputs to the gates: it grows with the picture.
    last = {"forget": forget, "write": candidate, "update": candidate}.get(step, show)
    d.frame(46, 38, 314, 230)

    def gate(x, name, label, before):
        box = d.box(x, gates, label, width=38)
        if x == last:
            d.wire((before, bus), (x, bus), box.bottom)
        else:
            d.wire((before, bus), (x, bus), arrow=False)
            d.wire((x, bus), box.bottom)
            d.dot(x, bus)
        d.say(x, bus + 18, name, style="aside")
        return box

    # The belt is there from the beginning; each step lights its stretch.
    with d.part("past" if step else ""):
        old, new = (4, belt), (396, belt)
        d.ports += [old, new]
        d.wire(old, new, style="belt")
        d.math(22, belt - 18, "c_{t−1}")
    with d.part(state["forget"]):
        keep = d.op(forget, belt, "×")
        if step == "forget":
            d.wire(old, keep.left, style="belt", arrow=False)
        d.ports.append((4, bus))
        d.math(22, bus - 16, "h_{t−1}")
        d.wire((4, bus), (72, bus), arrow=False)
        d.wire(d.port((62, 284), "x_t", "below"), (62, bus), (72, bus), arrow=False)
        d.wire(gate(forget, "forget", "σ", 72).top, keep.bottom)
        d.math(forget + 14, middle, "f_t")
    with d.part(state["write"]):
        product = d.op(candidate, middle, "×")
        d.wire(gate(write, "input", "σ", forget).top, (write, middle), product.left)
        d.wire(gate(candidate, "candidate", "tanh", write).top, product.bottom)
        d.math(write - 12, middle + 20, "i_t")
        d.math(candidate + 16, middle + 23, "~c_t")
    with d.part(state["update"]):
        total = d.op(candidate, belt, "+")
        d.wire(product.top, total.bottom)
        if step == "update":
            d.wire(keep.right, total.left, style="belt", arrow=False)
            d.wire(total.right, new, style="belt")
        d.math(388, belt - 18, "c_t")
    with d.part(state["show"]):
        squash = d.pill(out, middle, "tanh")
        shown = d.op(out, gates, "×")
        d.dot(out, belt)
        d.wire((out, belt), squash.top)
        d.wire(squash.bottom, shown.top)
        d.wire(gate(show, "output", "σ", candidate).right, shown.left)
        d.math(308, gates - 15, "o_t")
        d.ports.append((396, bus))
        d.math(388, bus - 16, "h_t")
        d.wire(shown.bottom, (out, bus), (396, bus))
        d.dot(leave, bus)
        d.wire((leave, bus), d.port((leave, 22), "h_t", "above"))
    return d


@diagram(
    "gru",
    "The GRU cell",
    """The hidden state runs through the cell along its top, as on a belt, from h of t minus 1 to h
    of t; only a product and a sum touch it. Two sigmoid layers read the last hidden state and the
    input x of t: the update gate z of t and the reset gate r of t. The update gate multiplies the
    old state on the belt: where z is 1, it is kept. The candidate is made in three steps. A layer
    with weights U of h takes the last hidden state, and the reset gate multiplies what comes out,
    after the layer; a layer with weights W of h takes the input; the sum of both goes through a
    tanh. The candidate is multiplied by 1 minus z and added to the belt. The new state h of t
    leaves to the right, for the next step, and upwards, as the cell's output.""",
)
def gru():
    """Draw the GRU as Keras has it: z keeps the old state, and the reset comes after U_h."""
    d = Drawing(346, "gru")
    belt, mix, gates, layers, bus = 74, 124, 180, 230, 238
    update, reset, apply, add, out = 112, 164, 212, 264, 326
    state, entry = 55, 75
    d.frame(46, 38, 314, 266)
    old, new = (4, belt), (396, belt)
    d.ports += [old, new]
    keep, total = d.op(update, belt, "×"), d.op(out, belt, "+")
    d.wire(old, new, style="belt")
    d.math(22, belt - 18, "h_{t−1}")
    d.math(388, belt - 18, "h_t")
    d.dot(373, belt)
    d.wire((373, belt), d.port((373, 22), "h_t", "above"))

    # Both gates read state and input, U_h the state alone, W_h the input alone.
    z, r = d.box(update, gates, "σ", width=38), d.box(reset, gates, "σ", width=38)
    recurrent, kernel = d.box(apply, layers, "U_h", width=38), d.box(add, layers, "W_h", width=38)
    d.dot(state, belt)
    d.wire((state, belt), (state, 266), (apply, 266), recurrent.bottom)
    d.dot(state, bus)
    d.wire((state, bus), (entry + 8, bus), arrow=False)
    d.wire(d.port((entry, 318), "x_t", "below"), (entry, bus), (reset, bus), r.bottom)
    d.dot(update, bus)
    d.wire((update, bus), z.bottom)
    d.dot(entry, 286)
    d.wire((entry, 286), (add, 286), kernel.bottom)

    product, sum_ = d.op(apply, gates, "×"), d.op(add, gates, "+")
    squash, share = d.pill(out, gates, "tanh"), d.op(out, mix, "×")
    rest = d.pill(apply, mix, "1−", width=40)
    d.wire(z.top, keep.bottom)
    d.dot(update, mix)
    d.wire((update, mix), rest.left)
    d.wire(rest.right, share.left)
    d.wire(r.right, product.left)
    d.wire(recurrent.top, product.bottom)
    d.wire(kernel.top, sum_.bottom)
    d.wire(product.right, sum_.left)
    d.wire(sum_.right, squash.left)
    d.wire(squash.top, share.bottom)
    d.wire(share.top, total.bottom)
    d.math(update + 13, 148, "z_t")
    d.math(192, gates - 16, "r_t")
    d.math(out + 16, 150, "~h_t")
    d.say(update - 8, 152, "update", "end", "aside")
    d.say(reset, 152, "reset", style="aside")
    d.say(256, 152, "candidate", style="aside")
    return d


@diagram(
    "unrolled",
    "A recurrent network, unrolled",
    """On the left one cell, whose hidden state goes back into it: input x of t from below, output h
    of t above. On the right the same, unrolled in time: one copy of the cell for each step, with
    the same weights. The first starts from the state h of 0, reads x of 1 and hands h of 1 to the
    next, which reads x of 2, and so on to the last, which reads x of T and gives h of T.""",
)
def unrolled():
    """Draw a recurrent layer as a loop, and the loop unrolled."""
    d = Drawing(186)
    y, down, up = 94, 146, 38
    cell = d.cell(40, y)
    d.wire(d.port((40, down), "x_t", "below"), cell.bottom)
    d.wire(cell.top, d.port((40, up), "h_t", "above"))
    d.dot(40, 60)
    d.wire((40, 60), (82, 60), (82, y), cell.right)
    d.math(108, y, "=")
    before = d.port((152, y), "h_0", "left")
    for x, index in ((194, "1"), (256, "2"), (374, "T")):
        cell = d.cell(x, y)
        d.wire(before, cell.left)
        d.wire(d.port((x, down), f"x_{index}", "below"), cell.bottom)
        d.wire(cell.top, d.port((x, up), f"h_{index}", "above"))
        before = cell.right
        if index == "2":
            d.ports += [(298, y), (332, y)]
            d.wire(before, (298, y))
            for x in (307, 315, 323):
                d.dot(x, y)
            before = (332, y)
    return d


@diagram(
    "three-tasks",
    "Three kinds of task",
    """Three unrolled networks of four steps, one below the other. In the first all inputs are read
    and there is one answer y, at the last step. In the second there is an answer at each step, y of
    1 to y of 4. In the third the network continues a sequence: it reads x of 1 and answers x of 2,
    which is its next input, and so on up to x of 5.""",
)
def three_tasks():
    """Draw one answer, an answer at each step, and a sequence continued."""
    d = Drawing(470)
    xs = [158, 224, 290, 356]
    for y, lines in (
        (80, ("one answer", "at the end", "Is the review", "favourable?")),
        (236, ("an answer", "at each step", "Which words", "are names?")),
        (392, ("a sequence,", "continued", "Which letter", "comes next?")),
    ):
        for k, line in enumerate(lines):
            d.say(4, y - 31 + 18 * k + 6 * (k > 1), line, "start", "aside" if k > 1 else "strong")
        cells = [d.cell(x, y) for x in xs]
        if y > 300:
            for x in xs[:3]:
                _feed(d, x, y, 66)
        for before, after in pairwise(cells):
            d.wire(before.right, after.left)
        for k, (x, cell) in enumerate(zip(xs, cells, strict=True), start=1):
            up, down = (x, y - 50), (x, y + 48)
            if y < 300:
                d.wire(d.port(down, f"x_{k}", "below"), cell.bottom)
                if y > 200 or k == 4:
                    d.wire(cell.top, d.port(up, f"y_{k}" if y > 200 else "y", "above"))
                continue
            if k == 1:
                d.wire(d.port(down, "x_1", "below"), cell.bottom)
            d.wire(cell.top, d.port(up, f"x_{k + 1}", "above"))
    return d


def _feed(d, x, y, pitch):
    """Lead an answer round, through the gap between two cells, to be the next input."""
    gap = x + 30
    d.dot(x, y - 29)
    d.wire((x, y - 29), (gap, y - 29), (gap, y + 38), (x + pitch, y + 38), (x + pitch, y + 18))


@diagram(
    "encoder-decoder",
    "An encoder and its decoder",
    """On the left the encoder, three cells that read x of 1 to x of 3. Its last state h of 3 is all
    that goes over to the decoder on the right, three cells with weights of their own. The decoder
    starts from that state and from a start mark, and gives y of 1; that is its next input, and it
    gives y of 2; and so on to y of 3.""",
)
def encoder_decoder():
    """Draw an encoder that hands its last state to a decoder, which feeds on its own answers."""
    d = Drawing(232)
    y = 122
    d.group(4, 26, 146, 188)
    d.group(206, 26, 190, 188)
    d.say(77, 13, "encoder", style="strong")
    d.say(301, 13, "decoder", style="strong")
    before = None
    for k, x in enumerate((29, 77, 125), start=1):
        cell = d.cell(x, y, width=32)
        d.wire(d.port((x, y + 50), f"x_{k}", "below"), cell.bottom)
        if before:
            d.wire(before, cell.left)
        before = cell.right
    d.math(178, y - 15, "h_3")
    for k, x in enumerate((232, 298, 364), start=1):
        if k < 3:
            _feed(d, x, y, 66)
        cell = d.cell(x, y, width=32)
        d.wire(before, cell.left)
        before = cell.right
        d.wire(cell.top, d.port((x, y - 50), f"y_{k}", "above"))
    d.ports.append((232, y + 50))
    d.wire((232, y + 50), (232, y + 18))
    d.say(232, y + 64, "start")
    return d


@diagram(
    "bidirectional",
    "Reading in both directions",
    """Three steps of a layer with two rows of cells, which have weights of their own. The lower row
    reads x of 1, x of 2, x of 3 from left to right, the upper row the same inputs from right to
    left. At each step the states of the two rows, h with an arrow to the right and h with an
    arrow to the left, are joined into the output of that step.""",
)
def bidirectional():
    """Draw a forward row, a backward row, and the join of both."""
    d = Drawing(300, "bidirectional")
    join, back, forth, split = 58, 134, 200, 246
    centres = (86, 193, 300)
    forwards = [d.cell(x - 22, forth) for x in centres]
    backwards = [d.cell(x + 22, back) for x in centres]
    d.wire(d.port((26, forth), "→h_0", "left"), forwards[0].left)
    d.wire(d.port((370, back), "←h_4", "right"), backwards[-1].right)
    for one, two in pairwise(forwards):
        d.wire(one.right, two.left)
    for one, two in pairwise(backwards):
        d.wire(two.left, one.right)
    d.say(396, back + 28, "backward", "end", "aside")
    d.say(4, forth + 28, "forward", "start", "aside")
    for k, (x, one, two) in enumerate(zip(centres, forwards, backwards, strict=True), start=1):
        both = d.pill(x, join, "join", width=76)
        d.dot(x, split)
        d.wire(d.port((x, 270), f"x_{k}", "below"), (x, split), arrow=False)
        d.wire((x, split), (x - 22, split), one.bottom)
        d.wire((x, split), (x + 22, split), two.bottom)
        d.wire(one.top, (x - 22, join + 12))
        d.wire(two.top, (x + 22, join + 12))
        d.wire(both.top, d.port((x, 24), f"h_{k}", "above"))
        d.math(x - 36, join + 36, f"→h_{k}")
        d.math(x + 37, join + 36, f"←h_{k}")
    return d


@diagram(
    "truncated",
    "Stateful reading, truncated training",
    """Six steps of a long sequence, in two chunks of three. Each chunk has its loss above it, L of
    1 and L of 2. The state goes from left to right through all six steps: the second chunk starts
    from h of 3, where the first has ended. The gradient of each loss, dashed, goes down into its
    own chunk and back through it, from right to left, and stops at the beginning of the chunk.""",
)
def truncated():
    """Draw two chunks: the state goes on, and the gradient is cut."""
    d = Drawing(262)
    y, loss = 128, 46
    before = d.port((24, y - 8), "h_0", "left")
    for chunk, first in enumerate((68, 266)):
        d.group(first - 38, 18, 162, 176)
        d.say(first + 43, 7, f"chunk {chunk + 1}", style="strong")
        d.pill(first + 50, loss, f"L_{chunk + 1}", width=132)
        for k in range(3):
            x = first + 50 * k
            cell = d.cell(x, y, width=30)
            d.wire(before, (x - 15, y - 8))
            before = (x + 15, y - 8)
            d.wire(d.port((x, y + 42), f"x_{3 * chunk + k + 1}", "below"), cell.bottom)
            d.wire((x - 6, y - 18), (x - 6, loss + 12))
            d.wire((x + 6, loss + 12), (x + 6, y - 18), style="gradient")
            end = (x - 35, y + 8)
            if k == 0:
                d.ports.append(end)
            d.wire((x - 15, y + 8), end, style="gradient")
        d.stroke("stop", f"M{first - 36.5},{y}v16")
    d.math(211, y - 22, "h_3")
    d.ports += [(18, 217), (46, 217), (18, 240), (46, 240)]
    d.wire((18, 217), (46, 217))
    d.say(56, 217, "the state: it goes on into the next chunk", "start")
    d.wire((46, 240), (18, 240), style="gradient")
    d.say(56, 240, "the gradient: it stops where its chunk begins", "start")
    return d


@diagram(
    "padding-and-mask",
    "Padding and its mask",
    """Above, three sequences of 5, 3 and 2 steps in one table of five columns. The steps that are
    missing at the end are filled with zeros. Beside it the mask, a table of the same shape, with 1
    at each real step and 0 at the padding. Below, a layer reads the second row with its mask. At
    the three real steps its state becomes h of 1, h of 2 and h of 3. At the two padded steps the
    cell is skipped, and h of 3 is handed on untouched.""",
)
def padding_and_mask():
    """Draw a padded batch with its mask, and a masked reading of its second row."""
    d = Drawing(338)
    left, right, pitch = 10, 232, 32
    d.say(left, 12, "three sequences, padded", "start", "strong")
    d.say(right, 12, "their mask", "start", "strong")
    for row, length in enumerate((5, 3, 2)):
        for t in range(5):
            real, top = t < length, 28 + pitch * row
            d.tile(left + pitch * t, top, f"x_{t + 1}" if real else "0", "box" if real else "ghost")
            d.tile(right + pitch * t, top, f"{real:d}", "box" if real else "ghost")
    y, down = 238, 286
    d.say(left, 158, "the second row, read with its mask", "start", "strong")
    before = d.port((32, y), "h_0", "left")
    for t, x in enumerate((82, 150, 218, 286, 354), start=1):
        real = t <= 3
        cell = d.cell(x, y, ghost=not real)
        up = d.port((x, y - 46), f"h_{min(t, 3)}", "above")
        if real:
            d.wire(before, cell.left)
            d.wire(cell.top, up)
            d.wire(d.port((x, down), f"x_{t}", "below"), cell.bottom)
            before = cell.right
        else:
            d.dot(x, y)
            d.wire((x, y), up)
            d.math(x, down + 13, "0")
        d.math(x, 328, f"{real:d}")
    d.ports.append((398, y))
    d.wire(before, (398, y))
    d.say(left, down + 13, "input", "start", "aside")
    d.say(left, 328, "mask", "start", "aside")
    return d


@diagram(
    "windows",
    "Windows of a time series",
    """A time series, in order of time, is split into three parts, train, validation and test, by
    two upright lines. Below it lie windows, each a light bar of five input values with a dark bar
    of three targets behind it. The moment between the two is the origin. Each part has two windows
    whose targets all lie in it; their inputs may reach back over the line before. Two windows are
    only outlined with dashes: their targets lie on both sides of a line, so they belong to no
    part.""",
)
def windows():
    """Draw windows that belong to a part, and two that belong to none."""
    d = Drawing(402)
    left, step, axis = 20, 15, 92
    for name, begin, end in (("train", 0, 12), ("validation", 12, 18), ("test", 18, 24)):
        d.say(left + step * (begin + end) / 2, 10, name, style="strong")
    values = [52 - 20 * math.sin(t / 1.7) - 0.9 * t + 8 for t in range(24)]
    points = [(left + step * (t + 0.5), value) for t, value in enumerate(values)]
    d.stroke("series", "M" + "L".join(f"{x:g},{y:.1f}" for x, y in points))
    for point in points:
        d.dot(*point)
    d.ports += [(left, axis), (left + 24 * step + 12, axis)]
    d.wire(*d.ports)
    d.say(left, axis + 14, "time", "start", "aside")
    for border in (12, 18):
        d.stroke("rule", f"M{left + step * border},22V322")
    parts = {0: 1, 4: 1, 6: 0, 7: 1, 10: 1, 12: 0, 13: 1, 16: 1}  # where it starts: is it whole?
    for row, (start, whole) in enumerate(parts.items()):
        _window(d, left + step * start, 124 + 25 * row, step, whole)
    for y, label in (
        (344, "input, as long as the lookback"),
        (367, "targets, as far as the horizon"),
    ):
        inputs = y == 344
        d.tile(left, y - 7, "", "box" if inputs else "solid", 30, 14)
        d.say(left + 42, y, label, "start")
    d.tile(left, 383, "", "ghost", 30, 14)
    d.say(left + 42, 390, "targets on both sides of a line: in no part", "start")
    return d


def _window(d, x, y, step, whole):
    d.tile(x, y, "", "box" if whole else "ghost", 5 * step, 14)
    d.tile(x + 5 * step, y, "", "solid" if whole else "ghost", 3 * step, 14)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, (name, step) in files().items():
        (FOLDER / file).write_text(svg(name, step, alone=True), encoding="utf8")
