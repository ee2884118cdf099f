"""The exercises of the chapter on digits read row by row."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from seqlearn.exercises.formulas import parameters
from seqlearn.exercises.judging import AnyOf, Exercise, Function, Tried, Where, without_axes
from seqlearn.exercises.reading import Array, several, truth, whole_number


def _images(size: int) -> Array:
    """Three images, every pixel different; a fixed shape for the other digits can't fit three."""
    return np.arange(3 * size * size, dtype="float32").reshape(3, size, size) / (3 * size * size)


# MNIST's size, then that of the embedded digits, which readers without the full data work with:
# they may have written either into their function.
_ON_IMAGES = Function([(_images(28),)], instead=[(_images(8),)])

# ---- Turn images into sequences that give the network two rows at a time ------------


def _two_rows(images: Array) -> Array:
    batch, rows, columns = images.shape
    return images.reshape(batch, rows // 2, 2 * columns)


def _shaped_like(*programs: Callable[[Array], Array]) -> Where:
    return Where(lambda tried: tried.result.shape in [p(*tried.cases[0]).shape for p in programs])


TWO_ROWS = Exercise(
    id="mnist-two-rows",
    expects="a function that takes images (batch, rows, columns) and returns sequences "
    "(batch, timesteps, features)",
    read=_ON_IMAGES,
    right=_two_rows,
    confirms="half the steps, twice the features, and every pixel in its place.",
    misconceptions={
        "the images come back as they were: still one row at each step.": lambda x: x,
        "timesteps and features have changed places: the network would take as many "
        "steps as two rows have pixels.": _shaped_like(lambda x: _two_rows(x).swapaxes(1, 2)),
        "the images have run together into one long sequence: the first axis must "
        "still count images.": _shaped_like(
            lambda x: np.vstack(_two_rows(x)), lambda x: np.vstack(_two_rows(x))[np.newaxis]
        ),
        "the batch axis is gone: only one image is left.": _shaped_like(lambda x: _two_rows(x)[0]),
        "the result has another number of axes than (batch, timesteps, features): which of the "
        "three is missing, or one too many?": without_axes(3),
        "half of the rows are gone, or averaged away: two rows at a time means that the "
        "network still sees both.": _shaped_like(lambda x: x[:, ::2]),
        "the shape is right, but each step holds two rows that are half a picture apart: "
        "are they neighbours in the digit?": lambda x: np.dstack(np.split(x, 2, axis=1)),
        "the shape is right, but the lower row of each pair stands before the upper "
        "one.": lambda x: np.dstack([x[:, 1::2], x[:, ::2]]),
        "the shape is right, but the pixels of the two rows alternate: one row should "
        "follow the other whole.": lambda x: np.stack([x[:, ::2], x[:, 1::2]], axis=-1).reshape(
            _two_rows(x).shape
        ),
        "the shape is right, but these are pairs of columns, not of rows.": lambda x: _two_rows(
            _columns(x)
        ),
        "the shape is right, but pixels stand in the wrong place: compare the first step of your "
        "result with the first two rows of the picture.": _shaped_like(_two_rows),
    },
    otherwise="the shape is not (batch, half as many timesteps, twice as many features): "
    "count the pixels of one step.",
)

# ---- Turn images into sequences that give the network one column at a time, from the left


def _columns(images: Array) -> Array:
    return images.swapaxes(1, 2)


COLUMNS = Exercise(
    id="mnist-columns",
    expects="a function that takes images (batch, rows, columns) and returns sequences "
    "(batch, timesteps, features)",
    read=_ON_IMAGES,
    right=_columns,
    confirms="step by step from left to right, each column read from its top.",
    misconceptions={
        "every pixel is where it was. For a square picture a reshape to the same shape "
        "changes nothing: which operation exchanges two axes?": lambda x: x,
        "these are still rows, read from the bottom of the picture to its top.": partial(
            np.flip, axis=1
        ),
        "these are still rows, each read from right to left: a picture in a mirror.": partial(
            np.flip, axis=2
        ),
        "columns they are, but the network reads from the right edge to the left.": lambda x: (
            _columns(x)[:, ::-1]
        ),
        "columns from the left, but each of them upside down: the picture was turned, "
        "not its axes exchanged.": lambda x: _columns(x)[:, :, ::-1],
        "the last axis, or the middle one, now counts the images: all three axes were moved. "
        "Which of them has to stay first?": AnyOf(lambda x: x.T, lambda x: x.T.swapaxes(1, 2)),
        "the batch axis has changed places with the rows: the first step of every image now "
        "looks like one image. Which axis has to stay first?": lambda x: x.swapaxes(0, 1),
        "the result has another number of axes than (batch, timesteps, features).": without_axes(3),
    },
    otherwise="that is not each column as one step: compare the first step of your result with "
    "the left edge of the picture.",
)

# ---- How many parameters has a bidirectional GRU with 64 units on 28 features? ------

_count = partial(parameters, units=64, features=28, biases=2)  # parts of both directions together

PARAMETERS = Exercise(
    id="mnist-parameters",
    expects="a whole number, the parameters of both directions together",
    read=whole_number,
    right=_count(6),
    confirms="two directions, three gated parts, each with a kernel, a recurrent kernel and the "
    "two biases that Keras's reset_after=True asks for.",
    misconceptions={
        "that is one direction. How many GRUs are in a Bidirectional?": _count(3),
        "that counts the dense layer as well: the question is about the recurrent layer.": (
            _count(6) + 10 * (2 * 64 + 1)
        ),
        "four gated parts is what an LSTM has. How many has a GRU?": AnyOf(
            _count(8), _count(8, biases=1), _count(4, biases=1)
        ),
        "two gates, yes, but the candidate has weights of its own too.": _count(4),
        "that is a plain recurrent layer: do the gates have no weights?": AnyOf(
            _count(2), _count(2, biases=1)
        ),
        "that is one bias vector for each part. With reset_after=True, Keras's default, "
        "the recurrent product has a bias too.": AnyOf(_count(6, biases=1), _count(3, biases=1)),
        "the kernels are right, and the biases are missing.": AnyOf(
            _count(6, biases=0), _count(3, biases=0)
        ),
        "the input's weights are there. What carries the state from one step to the next?": AnyOf(
            *(parts * 64 * (28 + biases) for biases in (0, 1, 2) for parts in (3, 6))
        ),
        "that is a GRU of 128 units. The output has 128 numbers because two states of 64 "
        "are joined.": AnyOf(_count(6, units=128), _count(3, units=128)),
        "that is the count for the embedded digits, with 8 pixels a row. The question "
        "asks for 28.": _count(6, features=8),
        "the weights were counted once for each row, but every step uses the same ones.": AnyOf(
            28 * _count(6), 28 * _count(3)
        ),
    },
    otherwise="write down the shape of each weight: how many columns has the kernel, how many rows "
    "the recurrent kernel, how many biases are there?",
)

# ---- Which return_sequences do three stacked recurrent layers before a softmax need?

_NEEDED = (True, True, False)

RETURN_SEQUENCES = Exercise(
    id="mnist-return-sequences",
    expects="a list of three values, True or False, in the order of the layers",
    read=several(3, truth),
    right=_NEEDED,
    confirms="each recurrent layer gets a sequence, and the softmax gets one vector.",
    misconceptions={
        "the second layer would get one vector where it needs a sequence of them: that is "
        'Keras\'s "expected ndim=3, found ndim=2".': [False, False, False],
        "that is the wrong way round: which layers have a recurrent layer after them?": [
            not flag for flag in _NEEDED
        ],
        "the last recurrent layer still hands on 28 vectors, one for each row. How many "
        "does a softmax that names one digit need?": [True, True, True],
        "the second layer hands on one vector only, and another recurrent layer is waiting "
        "for a sequence.": [True, False, False],
        "the first layer hands on one vector only, and the layer after it is recurrent.": AnyOf(
            [False, True, False], [False, True, True]
        ),
    },
    otherwise="follow the shape from layer to layer: which of them hands on one vector although a "
    "sequence is wanted, or the other way round?",
)

# ---- From which row on does the predicted digit never change again? -----------------

_READINGS = (  # the classes that lead, row after row
    [0, 1, 2, 1, 1, 1],  # back and forth
    [3, 3, 3, 4, 4],  # a late change
    [2, 2, 2, 2],  # never a change
    [1, 1, 1, 0],  # a change in the last row
    [4, 0, 4, 1, 4, 4, 4],  # the final class leads at first and again at last
    [0, 1, 0, 1, 0, 2, 2],
)


def _one_hot(classes: Sequence[int]) -> Array:
    """Probabilities whose largest entry at each row is the class named."""
    rows, probs = np.arange(len(classes)), np.full((len(classes), 5), 0.05)
    # Rows differ in how sure they are, so that the largest probability is no guide.
    probs[rows, classes] = 0.5 + 0.08 * (3 * rows % 5)
    return probs / probs.sum(axis=1, keepdims=True)


def _decided_at(classes: Sequence[int]) -> int:
    row = len(classes)
    while row > 1 and classes[row - 2] == classes[-1]:
        row -= 1
    return row


def _of(rule: Callable[[Sequence[int]], int], plus: int = 0) -> Callable[[Array], int]:
    """Make a program on probabilities from a rule on the classes that lead."""
    return lambda probs: rule(probs.argmax(axis=1).tolist()) + plus


def _right_if_it_changes(tried: Tried) -> bool:
    return tried.each_like(_of(_decided_at)) == tuple(len(set(r)) > 1 for r in _READINGS)


READS_UNTIL = Exercise(
    id="mnist-reads-until",
    expects="a function that takes the probs of one image (timesteps, classes) and returns a whole "
    "number, the row counted from 1",
    read=Function([(_one_hot(classes),) for classes in _READINGS], returns=whole_number),
    right=_of(_decided_at),
    confirms="from that row on the network keeps its mind, and before it the mind was another.",
    misconceptions={
        "that is the first row in which the final class leads. It may lose the lead again: what "
        "if the network sees a 9, then a 4, then a 9?": _of(lambda c: c.index(c[-1]) + 1),
        "that is the first row in which the final class leads, counted from 0. It may lose "
        "the lead again, and rows are counted from 1.": _of(lambda c: c.index(c[-1])),
        "always one row early: are rows counted from 0 here, or is this the last row before "
        "the mind was made up?": _of(_decided_at, -1),
        "always one row late.": _of(_decided_at, +1),
        "that is for how many rows the final class has led, not from which row on.": _of(
            lambda c: len(c) - _decided_at(c) + 1
        ),
        "that is how often the prediction changes.": _of(
            lambda c: sum(a != b for a, b in itertools.pairwise(c))
        ),
        "that is the class predicted in the end: the question asks for a row.": _of(
            lambda c: c[-1]
        ),
        "that is the number of rows.": len,
        "that is the row where the network is surest, which may be before it changes its "
        "mind.": lambda probs: probs.max(axis=1).argmax() + 1,
        "right wherever the prediction changes. What if it never does?": Where(
            _right_if_it_changes
        ),
    },
    otherwise="try it by hand on a short case: if the leading classes are 0, 1, 2, 1, 1, 1, in "
    "which row does the last change happen?",
)

EXERCISES = (TWO_ROWS, COLUMNS, PARAMETERS, RETURN_SEQUENCES, READS_UNTIL)
