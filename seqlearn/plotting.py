"""Arrays onto Matplotlib axes; nothing is computed here but where to draw.

Figures are transparent, with text and lines in a middle grey, so that one picture serves a light
and a dark page. A cell type has the same colour through the whole book; the colours are Okabe and
Ito's, a little lightened, and can be told apart by readers with the common colour blindnesses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes

from seqlearn.checks import require_numbers, require_sequences

INK = "#7c7c7c"
FAINT = "#7c7c7c40"
COLOURS = {
    "baseline": "#8f8f8f",
    "linear": "#d9603b",
    "SimpleRNN": "#e08a00",
    "LSTM": "#2f88c9",
    "GRU": "#12a37c",
    "Bidirectional": "#c56aa3",
}
HIGHLIGHTS = ("#2f88c9", "#e08a00", "#12a37c", "#c56aa3")


def apply_style() -> None:
    """Set Matplotlib's defaults to those of the book.

    Example:
        >>> apply_style()
        >>> import matplotlib
        >>> matplotlib.rcParams["figure.facecolor"]
        'none'
    """
    mpl.rcParams.update(
        {
            "figure.facecolor": "none",
            "savefig.facecolor": "none",
            "axes.facecolor": "none",
            "figure.dpi": 144,
            "figure.figsize": (7.2, 3.2),
            "figure.constrained_layout.use": True,
            "font.size": 10,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": INK,
            "axes.titlesize": 10.5,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": False,
            "axes.prop_cycle": mpl.cycler(color=HIGHLIGHTS),
            "xtick.color": INK,
            "ytick.color": INK,
            "grid.color": FAINT,
            "legend.frameon": False,
            "lines.linewidth": 2,
            "image.cmap": "viridis",
        }
    )


def plot_digit(ax: Axes, picture: np.ndarray, title: str = "") -> None:
    """Draw one picture, ink in grey on nothing, so that it reads on any page.

    Args:
        ax: Where to draw.
        picture: ``(rows, columns)``, 0 for paper to 1 for full ink.
        title: Text above it.

    Raises:
        ValueError: If ``picture`` has not two axes, or lacks a number.

    Example:
        >>> import matplotlib.pyplot as plt, numpy as np
        >>> plot_digit(plt.figure().subplots(), np.eye(8), title="a stroke")
    """
    picture = _table(picture, "picture", "(rows, columns)")
    _show(ax, np.clip(picture, 0, 1), INK)
    ax.set_anchor("E")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    ax.spines[:].set_color(FAINT)
    ax.set_title(title, fontsize=9.5, loc="center")


def plot_belief(ax: Axes, probs: np.ndarray, highlight: Sequence[int]) -> None:
    """Draw class probabilities as a river that runs down the rows of a picture.

    At each row the width from 0 to 1 is shared out among the classes. Highlighted classes are
    coloured, in the order given; the rest are grey. A band is labelled where it is widest, unless
    it is too narrow everywhere.

    Args:
        ax: Where to draw; its vertical axis becomes the row, growing downwards.
        probs: ``(rows, classes)``, each row summing to 1.
        highlight: Classes to colour, at most four.

    Raises:
        ValueError: If ``probs`` has not two axes, lacks a number or has rows that do not sum to 1,
            or more than four classes are highlighted.

    Example:
        >>> import matplotlib.pyplot as plt, numpy as np
        >>> probs = np.array([[0.5, 0.5], [0.2, 0.8], [0.0, 1.0]])
        >>> plot_belief(plt.figure().subplots(), probs, highlight=[1])
    """
    probs = _table(probs, "probs", "(rows, classes)")
    if not np.allclose(probs.sum(axis=1), 1, atol=1e-3):
        raise ValueError(
            f"probs: expected rows that sum to 1; got sums from {probs.sum(axis=1).min():.3g} to "
            f"{probs.sum(axis=1).max():.3g}: are these logits, before the softmax?"
        )
    if len(highlight) > len(HIGHLIGHTS):
        raise ValueError(f"highlight: expected at most four classes; got {list(highlight)}")
    rows = np.arange(len(probs))
    edges = np.concatenate([np.zeros((len(probs), 1)), np.cumsum(probs, axis=1)], axis=1)
    colours = dict(zip(highlight, HIGHLIGHTS, strict=False))
    for label in range(probs.shape[1]):
        left, right = edges[:, label], edges[:, label + 1]
        coloured = label in colours
        ax.fill_betweenx(
            rows, left, right, color=colours.get(label, INK), lw=0,
            alpha=0.9 if coloured else 0.12 + 0.16 * (label % 2),
        )  # fmt: skip
        widest = _widest_inside(probs[:, label])
        if probs[widest, label] >= 0.16:
            ax.text(
                (left[widest] + right[widest]) / 2, widest, str(label),
                ha="center", va="center", fontsize=11 if coloured else 9,
                color="white" if coloured else INK, weight="bold" if coloured else "normal",
            )  # fmt: skip
    ax.set(xlim=(0, 1), ylim=(len(probs) - 0.5, -0.5), xticks=[], yticks=[])
    ax.set_title("probability", fontsize=9.5, loc="center")
    ax.spines[:].set_visible(False)
    # As high as the square picture beside it, so that rows stand level with rows.
    ax.set_box_aspect(4 / 3)
    ax.set_anchor("W")


def _widest_inside(widths: np.ndarray) -> int:
    """Row at which a band is widest, kept off the first and last row where a label is cut."""
    margin = min(1, (len(widths) - 1) // 2)
    inner = widths[margin : len(widths) - margin]
    # The middle of the widest stretch, not its first row: labels sit better there.
    return margin + int(np.median(np.flatnonzero(inner >= inner.max() - 0.02)))


def plot_runs(
    ax: Axes,
    labels: Sequence[str],
    runs: Sequence[Sequence[float]],
    intervals: Sequence[tuple[float, float]],
    colours: Sequence[str],
) -> None:
    """Draw one line for each model: a dot for each seed, and a bar for the interval of the mean.

    Args:
        ax: Where to draw; the first label is on top.
        labels: Names of the models.
        runs: For each model, one figure for each seed.
        intervals: For each model, ``(low, high)``.
        colours: For each model, its colour.

    Raises:
        ValueError: If the four do not have the same length.

    Example:
        >>> import matplotlib.pyplot as plt
        >>> plot_runs(plt.figure().subplots(), ["GRU"], [[0.98, 0.99]], [(0.97, 1.0)], ["green"])
    """
    _as_many("model", labels=labels, runs=runs, intervals=intervals, colours=colours)
    for place, (values, (low, high), colour) in enumerate(
        zip(runs, intervals, colours, strict=True)
    ):
        ax.plot([low, high], [place, place], color=colour, lw=7, alpha=0.3, solid_capstyle="round")
        ax.plot(values, [place] * len(values), "o", color=colour, ms=5)
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x")


def plot_confusion(ax: Axes, counts: np.ndarray) -> None:
    """Draw a confusion matrix whose diagonal is left out, so that the errors can be seen.

    Args:
        ax: Where to draw.
        counts: ``(classes, classes)`` whole numbers: true class down, predicted class across.

    Raises:
        ValueError: If ``counts`` is not square, or lacks a number.

    Example:
        >>> import matplotlib.pyplot as plt, numpy as np
        >>> plot_confusion(plt.figure().subplots(), np.array([[9, 1], [0, 7]]))
    """
    counts = _table(counts, "counts", "(classes, classes)")
    errors = counts - np.diag(np.diag(counts))
    share = errors / max(errors.max(), 1)
    _show(ax, share, COLOURS["SimpleRNN"])
    for (true, predicted), number in np.ndenumerate(counts):
        if true == predicted:
            ax.text(predicted, true, "·", ha="center", va="center", color=INK)
        elif number:
            colour = "white" if share[true, predicted] > 0.5 else INK
            ax.text(
                predicted, true, f"{number:g}", ha="center", va="center", fontsize=9, color=colour
            )
    ticks = range(len(counts))
    ax.set(xticks=ticks, yticks=ticks, xlabel="predicted class", ylabel="true class")
    _without_frame(ax)


def plot_columns(
    ax: Axes, columns: Sequence[tuple[str, Sequence[float]]], signs: Sequence[str]
) -> None:
    """Draw an equation between vectors: each a column of tiles that show its numbers.

    Blue tiles are positive, orange ones negative, and the fuller the colour the larger the
    number; 1 and more has the full colour.

    Args:
        ax: Where to draw.
        columns: For each vector its name, in Matplotlib's mathtext if it is a formula, and its
            numbers; all of the same length.
        signs: What stands between them, one fewer than there are columns: ``"⊙"``, ``"="``.

    Raises:
        ValueError: If the columns differ in length, or the number of signs does not fit.

    Example:
        >>> import matplotlib.pyplot as plt
        >>> plot_columns(plt.figure().subplots(), [("f", [0.5]), ("c", [-1]), ("kept", [-0.5])],
        ...              ["⊙", "="])
    """
    values = _table([column for _, column in columns], "columns", "(columns, numbers)")
    if len(signs) != len(columns) - 1:
        raise ValueError(
            f"signs: expected {len(columns) - 1} for {len(columns)} columns; got {len(signs)}"
        )
    rows = values.shape[1]
    for place, ((name, _), column) in enumerate(zip(columns, values, strict=True)):
        _draw_tiles(ax, column[:, np.newaxis], left=2 * place, numbers=True)
        ax.text(2 * place + 0.5, -0.25, name, ha="center", va="bottom", fontsize=10.5)
    for place, sign in enumerate(signs):
        ax.text(2 * place + 1.5, rows / 2, sign, ha="center", va="center", fontsize=13)
    ax.set(xlim=(-0.1, 2 * len(columns) - 0.9), ylim=(rows + 0.05, -0.8), xticks=[], yticks=[])
    ax.set_aspect(0.62)
    ax.spines[:].set_visible(False)


def plot_reading(ax: Axes, tokens: Sequence[str], rows: Mapping[str, Sequence[float]]) -> None:
    """Draw what a network does at each token: a row of tiles for each gate or state.

    Blue tiles are positive, orange ones negative, and the fuller the colour the larger the
    number; 1 and more has the full colour.

    Args:
        ax: Where to draw; steps run from left to right.
        tokens: What is read at each step.
        rows: For each quantity its name and its value at each step.

    Raises:
        ValueError: If a row has not one value for each token.

    Example:
        >>> import matplotlib.pyplot as plt
        >>> plot_reading(plt.figure().subplots(), ["a", "?"], {"forget gate": [0.9, 0.1]})
    """
    _as_many("token", tokens=tokens, **rows)
    _draw_tiles(ax, np.array([*rows.values()], dtype=float))
    ax.set(xlim=(-0.05, len(tokens) + 0.05), ylim=(len(rows) + 0.05, -0.05))
    ax.set_xticks(np.arange(len(tokens)) + 0.5, tokens)
    ax.set_yticks(np.arange(len(rows)) + 0.5, [*rows])
    ax.xaxis.tick_top()
    _without_frame(ax)


def plot_verdicts(
    ax: Axes, words: Sequence[str], read: Sequence[float], counted: Sequence[float] | None = None
) -> None:
    """Draw what is thought of a text after each of its words.

    A blue river above the middle is favourable, an orange one below it is not; the words stand
    underneath.

    Args:
        ax: Where to draw; words run from left to right.
        words: The words.
        read: Probability of a favourable verdict after each word, by the network.
        counted: The same by another model, as a dashed line; None for none.

    Raises:
        ValueError: If there is not one probability for each word.

    Example:
        >>> import matplotlib.pyplot as plt
        >>> plot_verdicts(plt.figure().subplots(), ["good", "grief"], [0.8, 0.3], [0.7, 0.6])
    """
    _as_many("word", words=words, read=read, counted=words if counted is None else counted)
    steps, probs = np.arange(len(words)), np.asarray(read, dtype=float)
    fine = np.linspace(0, max(len(words) - 1, 1), 40 * len(words))
    river = np.interp(fine, steps, probs)
    for colour, side in ((COLOURS["LSTM"], river >= 0.5), (COLOURS["SimpleRNN"], river <= 0.5)):
        ax.fill_between(fine, 0.5, river, where=side, color=colour, alpha=0.45, lw=0)
    ax.plot(steps, probs, "o-", color=COLOURS["Bidirectional"], ms=4, lw=1.4, label="read in order")
    if counted is not None:
        ax.plot(steps, counted, "--", color=COLOURS["baseline"], lw=1.6, label="words counted")
    ax.axhline(0.5, color=FAINT, lw=1)
    ax.set(xlim=(-0.4, len(words) - 0.6), ylim=(0, 1), yticks=[0, 0.5, 1])
    ax.set_ylabel("favourable")
    ax.set_xticks(steps, words, rotation=38, ha="right", rotation_mode="anchor")
    ax.tick_params(axis="x", length=0)


def _draw_tiles(ax: Axes, values: np.ndarray, left: float = 0, numbers: bool = False) -> None:
    """One tile a number, rows downwards from 0, columns rightwards from ``left``."""
    for (row, column), value in np.ndenumerate(values):
        strength = min(abs(value), 1.0)
        colour = COLOURS["LSTM"] if value >= 0 else COLOURS["SimpleRNN"]
        tile = mpl.patches.Rectangle(
            (left + column + 0.03, row + 0.03), 0.94, 0.94,
            facecolor=mpl.colors.to_rgba(colour, 0.9 * strength), edgecolor=FAINT, lw=0.6,
        )  # fmt: skip
        ax.add_patch(tile)
        if numbers:
            ax.text(
                left + column + 0.5, row + 0.5, f"{round(value, 2) + 0.0:.2f}".replace("-", "−"),
                ha="center", va="center", fontsize=8.5,
                color="white" if strength > 0.6 else INK,
            )  # fmt: skip


def plot_lags(
    ax: Axes,
    lags: Sequence[int],
    runs: Sequence[Sequence[float]],
    middles: Sequence[float],
    colour: str,
    label: str = "",
    style: str = "-",
    marker: str = "o",
) -> None:
    """Draw a figure against the lag: a dot for each run, and a line through the middles.

    Args:
        ax: Where to draw; its horizontal axis becomes logarithmic, with a tick at each lag.
        lags: The lags, in steps.
        runs: For each lag, one figure for each run.
        middles: For each lag, where the line passes: a mean, for instance.
        colour: Colour of dots and line.
        label: Name of the line, for a legend.
        style: Style of the line, such as ``"--"``.
        marker: Shape of the dots, to tell series of one colour apart.

    Raises:
        ValueError: If the first three do not have the same length.

    Example:
        >>> import matplotlib.pyplot as plt
        >>> axes = plt.figure().subplots()
        >>> plot_lags(axes, [10, 100], [[1.0, 0.9], [0.3, 0.2]], [0.95, 0.25], COLOURS["GRU"])
    """
    _as_many("lag", lags=lags, runs=runs, middles=middles)
    for lag, values in zip(lags, runs, strict=True):
        # Runs with the same figure would hide one another: they stand a little apart.
        places = lag * 1.025 ** (np.arange(len(values)) - (len(values) - 1) / 2)
        ax.plot(places, values, marker, color=colour, ms=5.5, alpha=0.55, mec="none")
    ax.plot(lags, middles, style, color=colour, label=label)
    ax.set_xscale("log")
    ax.set_xticks(lags, lags)
    ax.minorticks_off()


def plot_influence(
    ax: Axes,
    influence: np.ndarray,
    labels: Sequence[str],
    answered: Sequence[bool] | None = None,
    title: str = "",
) -> None:
    """Draw which inputs an answer rests on: a square for each answer and input.

    Left of the diagonal lies the past of an answer, in the colour of a one-directional net; to
    the right its future, in the colour of a bidirectional one. An empty square is 0.

    Args:
        ax: Where to draw; answers go downwards, inputs across.
        influence: ``(timesteps, timesteps)``, answers by inputs, from 0 to 1.
        labels: What stands at each timestep.
        answered: Which timesteps give an answer; the rows of the others stay empty. All if None.
        title: Text above it.

    Raises:
        ValueError: If ``influence`` is not square, lacks a number or goes outside of 0 to 1, or
            there is not one label for each timestep.

    Example:
        >>> import matplotlib.pyplot as plt, numpy as np
        >>> plot_influence(plt.figure().subplots(), np.tril(np.ones((3, 3))), ["a", "b", "?"])
    """
    influence = _table(influence, "influence", "(timesteps, timesteps)")
    steps = len(influence)
    if influence.min() < 0 or influence.max() > 1 + 1e-6:
        raise ValueError(
            "influence: expected numbers from 0 to 1; "
            f"got {influence.min():.4g} to {influence.max():.4g}"
        )
    _as_many("timestep", influence=influence, labels=labels)
    rows = np.ones(steps, dtype=bool) if answered is None else np.asarray(answered, dtype=bool)
    for (t, s), value in np.ndenumerate(influence):
        colour = COLOURS["GRU"] if s < t else COLOURS["Bidirectional"] if s > t else INK
        square = {"xy": (s - 0.44, t - 0.44), "width": 0.88, "height": 0.88, "lw": 0}
        if rows[t]:
            ax.add_patch(mpl.patches.Rectangle(**square, color=INK, alpha=0.1))
            ax.add_patch(mpl.patches.Rectangle(**square, color=colour, alpha=min(value, 1)))
    ax.plot([-0.5, steps - 0.5], [-0.5, steps - 0.5], color=INK, lw=0.8, alpha=0.6)
    ax.set(xlim=(-0.5, steps - 0.5), ylim=(steps - 0.5, -0.5), aspect="equal")
    ax.set_xticks(range(steps), labels, rotation=90, fontsize=8.5)
    ax.set_yticks(range(steps), labels, fontsize=8.5)
    _without_frame(ax)
    ax.set_title(title, loc="center")


def plot_path(
    ax: Axes,
    path: np.ndarray,
    colour: str,
    label: str = "",
    fades: bool = False,
    ring: bool = True,
    size: float = 3,
) -> None:
    """Draw a pen's path: a dot for each timestep, joined in order, with a ring where it begins.

    Args:
        ax: Where to draw; both axes get the same scale, and none is shown.
        path: ``(timesteps, 2)``: horizontal and vertical position.
        colour: Colour of dots and line.
        label: Text above it.
        fades: Let the early part be faint, so that the order can be seen.
        ring: Whether to mark the beginning.
        size: Size of the dots in points; the line is half as wide.

    Raises:
        ValueError: If ``path`` is not one sequence of points, or lacks a number.

    Example:
        >>> import matplotlib.pyplot as plt, numpy as np
        >>> plot_path(plt.figure().subplots(), np.array([[0, 0], [1, 0], [1, 1]]), INK)
    """
    path = require_numbers(path, "path")
    if path.ndim != 2 or path.shape[1] != 2 or not len(path):
        raise ValueError(
            "path: expected one sequence of points, (timesteps, 2); "
            f"got {path.shape}{': hand in one of them, x[0]' if path.ndim == 3 else ''}"
        )
    strength = np.linspace(0.2, 1, len(path)) if fades else np.ones(len(path))
    shades = [mpl.colors.to_rgba(colour, alpha) for alpha in strength]
    lines = mpl.collections.LineCollection(
        np.stack([path[:-1], path[1:]], axis=1), colors=shades[1:], linewidths=size / 2
    )
    ax.add_collection(lines)
    ax.scatter(*path.T, s=size**2, c=shades, linewidths=0, zorder=2, clip_on=False)
    if ring:
        circle = {"facecolors": "none", "edgecolors": colour, "linewidths": 1, "clip_on": False}
        ax.scatter(*path[0], s=(3 * size) ** 2, **circle)
    ax.set_aspect("equal", adjustable="datalim")
    ax.autoscale_view()
    ax.axis("off")
    ax.set_title(label, fontsize=9.5, loc="center")


def plot_unrolled(
    ax: Axes,
    inputs: Sequence[str],
    outputs: Sequence[str],
    colour: str,
    title: str = "",
    fed_back: Sequence[int] = (),
) -> None:
    """Draw a recurrent layer unrolled: a box for each timestep, what goes in and what comes out.

    Args:
        ax: Where to draw; time runs from left to right.
        inputs: What goes in at each timestep, below the box; ``""`` for nothing.
        outputs: What comes out, above the box; ``""`` for nothing.
        colour: Colour of the boxes.
        title: Text above it.
        fed_back: Timesteps, from 0, whose output is the input of the next timestep.

    Raises:
        ValueError: If there is not one output for each input, or the last timestep is fed back.

    Example:
        >>> import matplotlib.pyplot as plt
        >>> plot_unrolled(plt.figure().subplots(), ["a", "b"], ["", "yes"], COLOURS["LSTM"])
    """
    _as_many("timestep", inputs=inputs, outputs=outputs)
    if any(not 0 <= step < len(inputs) - 1 for step in fed_back):
        raise ValueError(
            f"fed_back: expected timesteps from 0 to {len(inputs) - 2}; got {list(fed_back)}"
        )

    def arrow(start: tuple[float, float], end: tuple[float, float], bend: float = 0) -> None:
        ax.annotate(
            "", end, start, annotation_clip=False,
            arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1, "shrinkA": 0, "shrinkB": 0,
                        "connectionstyle": f"arc3,rad={bend}"},
        )  # fmt: skip

    for step, (below, above) in enumerate(zip(inputs, outputs, strict=True)):
        box = mpl.patches.FancyBboxPatch(
            (step - 0.22, -0.22), 0.44, 0.44, boxstyle="round,pad=0.05", facecolor=colour, lw=0
        )
        ax.add_patch(box)
        if step:
            arrow((step - 0.73, 0), (step - 0.27, 0))
        if below:
            arrow((step, -0.72), (step, -0.27))
            ax.text(step, -0.8, below, ha="center", va="top", fontsize=9.5)
        if above:
            arrow((step, 0.27), (step, 0.72))
            ax.text(step, 0.8, above, ha="center", va="bottom", fontsize=9.5)
    curve = mpl.path.Path(
        [(0.28, 0.95), (0.62, 0.95), (0.4, -0.85), (0.75, -0.85), (0.95, -0.85), (1, -0.6),
         (1, -0.27)],
        [mpl.path.Path.MOVETO] + [mpl.path.Path.CURVE4] * 6,
    )  # fmt: skip
    for step in fed_back:
        moved = mpl.path.Path(curve.vertices + np.array([step, 0]), curve.codes)
        ax.add_patch(mpl.patches.PathPatch(moved, facecolor="none", edgecolor=INK, lw=1))
        arrow((step + 1, -0.5), (step + 1, -0.27))
    ax.set(xlim=(-0.5, len(inputs) - 0.5), ylim=(-1.25, 1.25))
    ax.set_aspect("equal")
    ax.axis("off")
    ax.set_title(title, fontsize=10, loc="center")


def plot_batch(ax: Axes, x: np.ndarray) -> None:
    """Draw an array (batch, timesteps, features) as sheets of numbers, one for each sequence.

    Args:
        ax: Where to draw. Each sheet is a sequence; its rows are timesteps, its columns features.
        x: ``(batch, timesteps, features)``, at most four sequences.

    Raises:
        ValueError: If ``x`` has not three axes, or there are more sequences.

    Example:
        >>> import matplotlib.pyplot as plt, numpy as np
        >>> plot_batch(plt.figure().subplots(), np.arange(12).reshape(2, 3, 2))
    """
    x = require_sequences(x)
    batch, timesteps, features = x.shape
    if batch > len(HIGHLIGHTS):
        raise ValueError(f"x: expected at most four sequences; got {batch}")
    shift = np.array([features + 0.5, -0.4])
    for sheet, colour in enumerate(HIGHLIGHTS[:batch]):
        left, top = sheet * shift
        paper = mpl.patches.Rectangle(
            (left, top), features, timesteps, edgecolor=colour, lw=1.5,
            facecolor=mpl.colors.to_rgba(colour, 0.12),
        )  # fmt: skip
        ax.add_patch(paper)
        for (t, feature), value in np.ndenumerate(x[sheet]):
            place = (left + feature + 0.5, top + t + 0.5)
            ax.text(*place, f"{value:g}", ha="center", va="center", fontsize=9)
    right, highest = (batch - 1) * shift
    arrow = {"arrowstyle": "->", "color": INK}
    for name, start, end, place in (
        ("timesteps", (-0.2, 0), (-0.2, timesteps), (-0.35, timesteps / 2)),
        ("features", (0, timesteps + 0.3), (features, timesteps + 0.3), (0, timesteps + 0.5)),
        ("batch", (0, -0.5), (right + features, highest - 0.5), (0, -0.8)),
    ):
        ax.annotate("", end, start, arrowprops=arrow)
        upright = start[0] == end[0]
        ax.text(
            *place, name, rotation=90 * upright, ha="right" if upright else "left",
            va="center" if upright else "top" if place[1] > 0 else "bottom",
        )  # fmt: skip
    ax.set(xlim=(-1, right + features + 0.2), ylim=(timesteps + 1.2, highest - 1))
    ax.axis("off")


def plot_text(
    ax: Axes,
    lines: Sequence[str],
    shades: Sequence[np.ndarray],
    labels: Sequence[str],
    colour: str,
) -> None:
    """Write lines of text on axes, each character in a shade from the ink to a colour.

    Args:
        ax: Where to draw; its frame and ticks go.
        lines: The lines, from the top; all characters are equally wide.
        shades: For each line a number for each character, 0 for ink to 1 for ``colour``.
        labels: A label to the left of each line, "" for none.
        colour: The colour of shade 1.

    Raises:
        ValueError: If there is not a label and a shade for everything that is written.

    Example:
        >>> import matplotlib.pyplot as plt, numpy as np
        >>> plot_text(plt.figure().subplots(), ["ab"], [np.array([0, 1])], ["first"], "#e08a00")
    """
    _as_many("line", lines=lines, shades=shades, labels=labels)
    ink, bright = (np.array(mpl.colors.to_rgb(name)) for name in (INK, colour))
    for row, (line, shade, label) in enumerate(zip(lines, shades, labels, strict=True)):
        if len(line) != len(shade):
            raise ValueError(
                f"shades: expected {len(line)} numbers for line {row}, one a character; "
                f"got {len(shade)}"
            )
        ax.text(-1.5, row, label, ha="right", va="center", fontsize=9)
        for column, (character, part) in enumerate(zip(line, shade, strict=True)):
            ax.text(
                column + 0.5, row, character, ha="center", va="center", family="monospace",
                fontsize=9, color=ink + float(part) * (bright - ink), parse_math=False,
            )  # fmt: skip
    ax.set(xlim=(0, max(map(len, lines))), ylim=(len(lines) - 0.5, -0.5))
    ax.set_axis_off()


def _table(x: np.ndarray, name: str, axes: str) -> np.ndarray:
    """Have numbers with two axes, of one size if they have one name."""
    x = require_numbers(x, name)
    first, second = axes.strip("()").split(", ")
    if x.ndim != 2 or not x.size or (first == second and x.shape[0] != x.shape[1]):
        raise ValueError(f"{name}: expected {axes}; got {x.shape}")
    return x


def _as_many(each: str, /, **given: Sequence) -> None:
    sizes = [len(values) for values in given.values()]
    if len(set(sizes)) != 1 or not sizes[0]:
        raise ValueError(
            f"{', '.join(given)}: expected one of each for every {each}, and at least one; got "
            f"{', '.join(map(str, sizes[:-1]))} and {sizes[-1]}"
        )


def _show(ax: Axes, opacity: np.ndarray, colour: str) -> None:
    shades = mpl.colors.to_rgba_array(colour, opacity.ravel())
    ax.imshow(shades.reshape(*opacity.shape, 4), interpolation="nearest")


def _without_frame(ax: Axes) -> None:
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
