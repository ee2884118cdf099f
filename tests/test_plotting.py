"""Figures: what is drawn is what was handed in."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from seqlearn import plotting


@pytest.fixture
def ax():
    return Figure().subplots()


def luminance(colour):
    channels = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, two):
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("page", ["#ffffff", "#121212"])
def test_text_and_colours_stand_out_on_both_pages(page):
    assert contrast(plotting.INK, page) >= 4  # text, bold or large, asks for 3
    for colour in plotting.COLOURS.values():
        assert contrast(colour, page) >= 2.4


def test_a_digit_is_drawn_with_its_ink_as_opacity(ax):
    picture = np.array([[0, 0.5], [1, 0]])
    plotting.plot_digit(ax, picture, "two strokes")
    np.testing.assert_allclose(ax.images[0].get_array()[..., 3], picture)
    assert ax.get_title() == "two strokes"


def test_the_river_is_as_wide_as_the_probabilities(ax):
    probs = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.0, 0.0, 1.0]])
    plotting.plot_belief(ax, probs, highlight=[2])
    bands = [collection.get_paths()[0].vertices for collection in ax.collections]
    for label, band in enumerate(bands):
        for row in range(3):
            at_row = band[band[:, 1] == row, 0]
            assert np.ptp(at_row) == pytest.approx(probs[row, label])
    assert ax.yaxis_inverted()
    assert {text.get_text() for text in ax.texts} >= {"2"}


def test_runs_are_drawn_a_line_for_each_model(ax):
    plotting.plot_runs(ax, ["a", "b"], [[1, 2, 3], [4, 5, 6]], [(0, 4), (3, 7)], ["C0", "C1"])
    bars, dots = ax.lines[::2], ax.lines[1::2]
    assert [list(bar.get_xdata()) for bar in bars] == [[0, 4], [3, 7]]
    assert [list(dot.get_xdata()) for dot in dots] == [[1, 2, 3], [4, 5, 6]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]


def test_the_confusion_matrix_leaves_the_diagonal_out(ax):
    plotting.plot_confusion(ax, np.array([[90, 3], [0, 70]]))
    assert [text.get_text() for text in ax.texts] == ["·", "3", "·"]
    shade = ax.images[0].get_array()[..., 3]
    np.testing.assert_allclose(shade, [[0, 1], [0, 0]])


def test_runs_against_the_lag_stand_at_their_lag_with_a_line_through_the_middles(ax):
    plotting.plot_lags(ax, [10, 100], [[1, 2, 3], [4, 4, 4]], [2, 4], "C1", "net", "--", "s")
    *dots, line = ax.lines
    assert [list(each.get_ydata()) for each in dots] == [[1, 2, 3], [4, 4, 4]]
    for lag, each in zip([10, 100], dots, strict=True):
        assert each.get_marker() == "s"
        places = each.get_xdata()
        assert np.exp(np.log(places).mean()) == pytest.approx(lag)
        assert len(set(places)) == 3
        assert np.abs(np.log(places / lag)).max() < 0.1
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([10, 100], [2, 4])
    assert (line.get_label(), line.get_linestyle()) == ("net", "--")
    assert ax.get_xscale() == "log"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["10", "100"]


def tiles(ax):
    return {
        tuple(np.round(patch.get_xy()).astype(int)): patch.get_facecolor() for patch in ax.patches
    }


def test_an_equation_shows_every_number_in_its_place_and_every_sign(ax):
    columns = [("f", [0.5, 0.25]), ("c", [-1, 3]), ("kept", [-0.5, 0.75])]
    plotting.plot_columns(ax, columns, ["⊙", "="])
    at = {tuple(np.round(t.get_position(), 2)): t.get_text() for t in ax.texts}
    assert at[0.5, 0.5] == "0.50"
    assert at[2.5, 0.5] == "−1.00"
    assert at[2.5, 1.5] == "3.00"
    assert [at[1.5, 1.0], at[3.5, 1.0]] == ["⊙", "="]
    assert [at[place, -0.25] for place in (0.5, 2.5, 4.5)] == ["f", "c", "kept"]


def test_tiles_tell_the_sign_by_colour_and_the_size_by_its_strength(ax):
    plotting.plot_reading(ax, ["a", "b", "c"], {"f": [0.5, -0.5, 7], "i": [1, 0, -1]})
    drawn = tiles(ax)
    blue, orange = (mpl.colors.to_rgb(plotting.COLOURS[cell]) for cell in ("LSTM", "SimpleRNN"))
    assert drawn[0, 0][:3] == drawn[2, 0][:3] == blue
    assert drawn[1, 0][:3] == drawn[2, 1][:3] == orange
    strengths = [drawn[place][3] for place in ((1, 1), (0, 0), (1, 0), (0, 1), (2, 0), (2, 1))]
    np.testing.assert_allclose(strengths, [0, 0.45, 0.45, 0.9, 0.9, 0.9])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b", "c"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["f", "i"]
    assert ax.yaxis_inverted()


def test_influence_is_coloured_by_past_and_future(ax):
    plotting.plot_influence(ax, [[0.5, 0.25], [0.75, 1]], ["a", "b"], answered=[False, True])
    squares = [patch for patch in ax.patches if patch.get_alpha() != 0.1]
    # Only the second timestep answers: its past at input a, then itself.
    assert [patch.get_alpha() for patch in squares] == [0.75, 1]
    assert mpl.colors.same_color(squares[0].get_facecolor()[:3], plotting.COLOURS["GRU"])
    assert [patch.get_center().tolist() for patch in squares] == [[0, 1], [1, 1]]
    plotting.plot_influence(ax, [[0.5, 0.25], [0.75, 1]], ["a", "b"], title="two")
    ahead = next(patch for patch in ax.patches if patch.get_alpha() == 0.25)
    assert mpl.colors.same_color(ahead.get_facecolor()[:3], plotting.COLOURS["Bidirectional"])
    assert ahead.get_center().tolist() == [1, 0]  # input b lies after answer a
    assert ax.get_title("center") == "two"


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda ax: plotting.plot_columns(ax, [("a", [1, 2]), ("b", [1])], ["="]),
            "columns: expected numbers; got lists of different lengths",
        ),
        (
            lambda ax: plotting.plot_columns(ax, [("a", [1]), ("b", [1])], []),
            "signs: expected 1 for 2 columns; got 0",
        ),
        (
            lambda ax: plotting.plot_reading(ax, ["a", "b"], {"f": [1]}),
            "tokens, f: expected one of each for every token, and at least one; got 2 and 1",
        ),
        (lambda ax: plotting.plot_lags(ax, [1], [[1], [2]], [1], "C0"), "got 1, 2 and 1"),
        (lambda ax: plotting.plot_digit(ax, np.zeros((1, 2, 2))), r"picture: .* got \(1, 2, 2\)"),
        (lambda ax: plotting.plot_belief(ax, np.ones((3, 2)), []), "before the softmax"),
        (
            lambda ax: plotting.plot_belief(ax, np.full((2, 5), 0.2), [0, 1, 2, 3, 4]),
            "highlight: expected at most four",
        ),
        (
            lambda ax: plotting.plot_runs(ax, ["a"], [[1], [2]], [(0, 1)], ["C0"]),
            "got 1, 2, 1 and 1",
        ),
        (lambda ax: plotting.plot_confusion(ax, np.zeros((2, 3))), r"counts: .* got \(2, 3\)"),
        (lambda ax: plotting.plot_influence(ax, np.zeros((2, 3)), "ab"), r"got \(2, 3\)"),
        (lambda ax: plotting.plot_influence(ax, 2 * np.eye(2), "ab"), "got 0 to 2"),
        (lambda ax: plotting.plot_influence(ax, np.eye(2), "abc"), "influence, labels: .* 2 and 3"),
        (
            lambda ax: plotting.plot_influence(ax, [[0, np.nan], [1, 0]], "ab"),
            r"influence: expected a finite number .* got nan at position \(0, 1\)",
        ),
        (lambda ax: plotting.plot_confusion(ax, [[1, None], [0, 1]]), "counts: .* got None at"),
    ],
)
def test_bad_input_is_met_in_words(ax, draw, message):
    with pytest.raises(ValueError, match=message):
        draw(ax)


def test_verdicts_are_drawn_where_they_are():
    axes = Figure().subplots()
    plotting.plot_verdicts(axes, ["a", "fine", "mess"], [0.5, 0.9, 0.2], [0.5, 0.8, 0.6])
    read, counted = axes.lines[:2]
    np.testing.assert_allclose(read.get_ydata(), [0.5, 0.9, 0.2])
    np.testing.assert_allclose(counted.get_ydata(), [0.5, 0.8, 0.6])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "fine", "mess"]
    above, below = axes.collections
    heights = [[path.vertices[:, 1] for path in side.get_paths()] for side in (above, below)]
    assert np.concatenate(heights[0]).max() == pytest.approx(0.9, abs=0.02)
    assert np.concatenate(heights[1]).min() == pytest.approx(0.2, abs=0.02)


def test_verdicts_of_one_word_and_of_the_wrong_number():
    axes = Figure().subplots()
    plotting.plot_verdicts(axes, ["fine"], [0.9])
    with pytest.raises(ValueError, match=r"words, read, counted: .* got 2, 2 and 1"):
        plotting.plot_verdicts(axes, ["a", "b"], [0.1, 0.2], [0.1])


def test_a_path_is_drawn_in_order_from_a_ring(ax):
    path = np.array([[0, 0], [2, 0], [2, 3]])
    plotting.plot_path(ax, path, "#2f88c9", "a hook", fades=True)
    lines, dots, ring = ax.collections
    assert [segment.tolist() for segment in lines.get_segments()] == [
        [[0, 0], [2, 0]], [[2, 0], [2, 3]]
    ]  # fmt: skip
    np.testing.assert_array_equal(dots.get_offsets(), path)
    np.testing.assert_array_equal(ring.get_offsets(), path[:1])
    assert np.all(np.diff(dots.get_facecolors()[:, 3]) > 0)  # later is darker
    assert ax.get_title() == "a hook"
    before = len(ax.collections)
    plotting.plot_path(ax, path, "#2f88c9", ring=False)
    assert len(ax.collections) == before + 2


@pytest.mark.parametrize(
    ("path", "words"), [(np.zeros((5, 9, 2)), "one of them"), (np.zeros((9, 3)), "got")]
)
def test_a_path_is_one_sequence_of_points(ax, path, words):
    with pytest.raises(ValueError, match=rf"path: expected one sequence of points.*{words}"):
        plotting.plot_path(ax, path, "C0")


def test_an_unrolled_layer_has_a_box_for_each_timestep(ax):
    plotting.plot_unrolled(ax, ["a", "b", ""], ["", "c", "d"], "C0", "three steps", fed_back=[1])
    boxes = [patch for patch in ax.patches if isinstance(patch, mpl.patches.FancyBboxPatch)]
    assert len(boxes) == 3
    labels = {text.get_text(): text.get_position() for text in ax.texts if text.get_text()}
    assert {name: place[0] for name, place in labels.items()} == {"a": 0, "b": 1, "c": 1, "d": 2}
    assert labels["a"][1] < 0 < labels["c"][1]
    arrows = [text for text in ax.texts if not text.get_text()]
    assert len(arrows) == 2 + 2 + 2 + 1  # state, in, out, fed back
    (curve,) = (patch for patch in ax.patches if patch not in boxes)
    assert curve.get_path().vertices[[0, -1], 0] == pytest.approx([1.28, 2])


def test_an_unrolled_layer_wants_an_output_for_each_input(ax):
    with pytest.raises(ValueError, match=r"one of each for every timestep, .* got 2 and 1"):
        plotting.plot_unrolled(ax, ["a", "b"], ["c"], "C0")
    with pytest.raises(ValueError, match=r"fed_back: expected timesteps from 0 to 0; got \[1\]"):
        plotting.plot_unrolled(ax, ["a", "b"], ["c", "d"], "C0", fed_back=[1])


def test_a_batch_is_a_row_of_sheets(ax):
    x = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    plotting.plot_batch(ax, x)
    assert [(p.get_width(), p.get_height()) for p in ax.patches] == [(4, 3), (4, 3)]
    places = {
        text.get_text(): text.get_position() for text in ax.texts if text.get_text().isdigit()
    }
    assert len(places) == x.size
    for t in range(2):  # one timestep below the other, one feature right of the other
        assert places[str(x[1, t + 1, 2])][1] - places[str(x[1, t, 2])][1] == 1
        assert places[str(x[1, t, 3])][0] - places[str(x[1, t, 2])][0] == 1
    assert ax.yaxis_inverted()
    assert {"batch", "timesteps", "features"} <= {text.get_text() for text in ax.texts}


def test_a_batch_has_three_axes_and_few_sequences(ax):
    with pytest.raises(ValueError, match="did you forget the features axis"):
        plotting.plot_batch(ax, np.zeros((3, 4)))
    with pytest.raises(ValueError, match="at most four sequences; got 5"):
        plotting.plot_batch(ax, np.zeros((5, 1, 1)))


def test_text_is_written_character_by_character_in_shades(ax):
    shades = [np.array([0, 1, 0.5]), np.array([1])]
    plotting.plot_text(ax, ["a$b", "c"], shades, ["first", ""], colour="#ff0000")
    written = [(t.get_text(), t.get_position()) for t in ax.texts]
    assert written == [
        ("first", (-1.5, 0)),
        *[("a", (0.5, 0)), ("$", (1.5, 0)), ("b", (2.5, 0))],
        *[("", (-1.5, 1)), ("c", (0.5, 1))],
    ]
    ink, red = (np.array(mpl.colors.to_rgb(name)) for name in (plotting.INK, "#ff0000"))
    colours = [np.array(mpl.colors.to_rgb(t.get_color())) for t in ax.texts if t.get_text()]
    for found, expected in zip(colours[1:], (ink, red, (ink + red) / 2, red), strict=True):
        np.testing.assert_allclose(found, expected)
    assert ax.get_xlim() == (0, 3)
    ax.figure.canvas.draw()  # a dollar sign is no formula here


@pytest.mark.parametrize(
    ("lines", "shades", "labels", "words"),
    [
        ([], [], [], "every line, and at least one; got 0, 0 and 0"),
        (["a"], [np.zeros(1)], [], "lines, shades, labels: .* got 1, 1 and 0"),
        (["ab"], [np.zeros(1)], [""], "expected 2 numbers for line 0"),
    ],
)
def test_text_needs_a_shade_for_each_character(ax, lines, shades, labels, words):
    with pytest.raises(ValueError, match=words):
        plotting.plot_text(ax, lines, shades, labels, colour="#ff0000")
