"""The exercises of the chapter on digits read row by row."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqlearn.exercises.before import (
    Exercise,
    NotAnAnswer,
    call_on,
    describe,
    is_one_of,
    read_flags,
    read_whole_number,
    same_array,
)

Array = np.ndarray


@dataclass(frozen=True)
class _Reshaped:
    """What a reader's function made of some images."""

    images: Array  # (batch, rows, columns), every pixel different
    result: Array

    @property
    def shape(self) -> tuple[int, ...]:
        return self.result.shape

    def equals(self, expected: Array) -> bool:
        return same_array(self.result, expected)

    def has_shape(self, *shapes: tuple[int, ...]) -> bool:
        return self.shape in shapes


def _read_reshaping(function: Any) -> _Reshaped:
    """Call the function on MNIST's 28 by 28 and, if it can't have them, on 8 by 8.

    A reader without the full data works with the embedded digits of 8 rows of 8,
    and may have written those numbers into the function.
    """
    problems = []
    for size in (28, 8):
        # Three images: a batch size that a fixed shape for the other digits can't fit.
        images = np.arange(3 * size * size, dtype="float32").reshape(3, size, size)
        images = images / images.size
        try:
            return _Reshaped(images, call_on(function, images))
        except NotAnAnswer as problem:
            problems.append(problem)
    raise problems[0]


# ---- Two rows at a time ------------------------------------------------------------


def _two_rows(images: Array) -> Array:
    batch, rows, columns = images.shape
    return images.reshape(batch, rows // 2, 2 * columns)


def _far_rows_paired(images: Array) -> Array:
    half = images.shape[1] // 2
    return np.concatenate([images[:, :half], images[:, half:]], axis=-1)


def _pair_swapped(images: Array) -> Array:
    return np.concatenate([images[:, 1::2], images[:, ::2]], axis=-1)


def _interleaved(images: Array) -> Array:
    return np.stack([images[:, ::2], images[:, 1::2]], axis=-1).reshape(_two_rows(images).shape)


def _batch_lost(r: _Reshaped) -> bool:
    _, steps, features = _two_rows(r.images).shape
    return r.has_shape((steps, features))


def _batch_merged(r: _Reshaped) -> bool:
    batch, steps, features = _two_rows(r.images).shape
    return r.has_shape((batch * steps, features), (1, batch * steps, features))


def _axes_swapped(r: _Reshaped) -> bool:
    batch, steps, features = _two_rows(r.images).shape
    return r.has_shape((batch, features, steps))


TWO_ROWS = Exercise(
    id="mnist-two-rows",
    asks="Turn images into sequences that give the network two rows at a time.",
    expects=(
        "a function that takes images (batch, rows, columns) and returns sequences "
        "(batch, timesteps, features)"
    ),
    read=_read_reshaping,
    is_right=lambda r: r.equals(_two_rows(r.images)),
    confirms="half the steps, twice the features, and every pixel in its place.",
    misconceptions=(
        (
            lambda r: r.equals(r.images),
            "the images come back as they were: still one row at each step.",
        ),
        (
            _axes_swapped,
            "timesteps and features have changed places: the network would take as many "
            "steps as two rows have pixels.",
        ),
        (
            _batch_merged,
            "the images have run together into one long sequence: the first axis must "
            "still count images.",
        ),
        (_batch_lost, "the batch axis is gone: only one image is left."),
        (
            lambda r: r.result.ndim != 3,
            "the result has another number of axes than (batch, timesteps, features): "
            "which of the three is missing, or one too many?",
        ),
        (
            lambda r: r.has_shape(r.images[:, ::2].shape),
            "half of the rows are gone, or averaged away: two rows at a time means that "
            "the network still sees both.",
        ),
        (
            lambda r: r.equals(_far_rows_paired(r.images)),
            "the shape is right, but each step holds two rows that are half a picture "
            "apart: are they neighbours in the digit?",
        ),
        (
            lambda r: r.equals(_pair_swapped(r.images)),
            "the shape is right, but the lower row of each pair stands before the upper one.",
        ),
        (
            lambda r: r.equals(_interleaved(r.images)),
            "the shape is right, but the pixels of the two rows alternate: one row should "
            "follow the other whole.",
        ),
        (
            lambda r: r.equals(_two_rows(r.images.swapaxes(1, 2))),
            "the shape is right, but these are pairs of columns, not of rows.",
        ),
        (
            lambda r: r.has_shape(_two_rows(r.images).shape),
            "the shape is right, but pixels stand in the wrong place: compare the first step "
            "of your result with the first two rows of the picture.",
        ),
    ),
    otherwise=(
        "the shape is not (batch, half as many timesteps, twice as many features): "
        "count the pixels of one step."
    ),
)


# ---- Columns in place of rows ------------------------------------------------------


def _columns(images: Array) -> Array:
    return images.swapaxes(1, 2)


COLUMNS = Exercise(
    id="mnist-columns",
    asks="Turn images into sequences that give the network one column at a time, from the left.",
    expects=(
        "a function that takes images (batch, rows, columns) and returns sequences "
        "(batch, timesteps, features)"
    ),
    read=_read_reshaping,
    is_right=lambda r: r.equals(_columns(r.images)),
    confirms="step by step from left to right, each column read from its top.",
    misconceptions=(
        (
            lambda r: r.equals(r.images),
            "every pixel is where it was. For a square picture a reshape to the same shape "
            "changes nothing: which operation exchanges two axes?",
        ),
        (
            lambda r: r.equals(r.images[:, ::-1]),
            "these are still rows, read from the bottom of the picture to its top.",
        ),
        (
            lambda r: r.equals(r.images[:, :, ::-1]),
            "these are still rows, each read from right to left: a picture in a mirror.",
        ),
        (
            lambda r: r.equals(_columns(r.images)[:, ::-1]),
            "columns they are, but the network reads from the right edge to the left.",
        ),
        (
            lambda r: r.equals(_columns(r.images)[:, :, ::-1]),
            "columns from the left, but each of them upside down: the picture was turned, "
            "not its axes exchanged.",
        ),
        (
            lambda r: r.equals(r.images.T) or r.equals(r.images.T.swapaxes(1, 2)),
            "the last axis, or the middle one, now counts the images: all three axes were "
            "moved. Which of them has to stay first?",
        ),
        (
            lambda r: r.equals(r.images.swapaxes(0, 1)),
            "the batch axis has changed places with the rows: the first step of every image "
            "now looks like one image. Which axis has to stay first?",
        ),
        (
            lambda r: r.result.ndim != 3,
            "the result has another number of axes than (batch, timesteps, features).",
        ),
    ),
    otherwise=(
        "that is not each column as one step: compare the first step of your result with "
        "the left edge of the picture."
    ),
)


# ---- Counting parameters -----------------------------------------------------------


def _gru_parameters(
    units: int = 64,
    features: int = 28,
    *,
    directions: int = 2,
    gates: int = 3,
    biases: int = 2,
    recurrent: bool = True,
) -> int:
    """Count the weights of a bidirectional GRU, or of what it is mistaken for."""
    rows = features + (units if recurrent else 0) + biases
    return directions * gates * units * rows


PARAMETERS = Exercise(
    id="mnist-parameters",
    asks="How many parameters has a bidirectional GRU with 64 units on 28 features?",
    expects="a whole number, the parameters of both directions together",
    read=read_whole_number,
    is_right=is_one_of(_gru_parameters()),
    confirms=(
        "two directions, three gated parts, each with a kernel, a recurrent kernel and the "
        "two biases that Keras's reset_after=True asks for."
    ),
    misconceptions=(
        (
            is_one_of(_gru_parameters(directions=1)),
            "that is one direction. How many GRUs are in a Bidirectional?",
        ),
        (
            is_one_of(_gru_parameters() + 10 * (2 * 64 + 1)),
            "that counts the dense layer as well: the question is about the recurrent layer.",
        ),
        (
            is_one_of(
                _gru_parameters(gates=4),
                _gru_parameters(gates=4, biases=1),
                _gru_parameters(gates=4, biases=1, directions=1),
            ),
            "four gated parts is what an LSTM has. How many has a GRU?",
        ),
        (
            is_one_of(_gru_parameters(gates=2), _gru_parameters(gates=2, biases=1)),
            "two gates, yes, but the candidate has weights of its own too.",
        ),
        (
            is_one_of(_gru_parameters(gates=1), _gru_parameters(gates=1, biases=1)),
            "that is a plain recurrent layer: do the gates have no weights?",
        ),
        (
            is_one_of(_gru_parameters(biases=1), _gru_parameters(biases=1, directions=1)),
            "that is one bias vector for each part. With reset_after=True, Keras's default, "
            "the recurrent product has a bias too.",
        ),
        (
            is_one_of(_gru_parameters(biases=0), _gru_parameters(biases=0, directions=1)),
            "the kernels are right, and the biases are missing.",
        ),
        (
            is_one_of(
                *(
                    _gru_parameters(recurrent=False, biases=biases, directions=directions)
                    for biases in (0, 1, 2)
                    for directions in (1, 2)
                )
            ),
            "the input's weights are there. What carries the state from one step to the next?",
        ),
        (
            is_one_of(_gru_parameters(units=128), _gru_parameters(units=128, directions=1)),
            "that is a GRU of 128 units. The output has 128 numbers because two states of 64 "
            "are joined.",
        ),
        (
            is_one_of(_gru_parameters(features=8)),
            "that is the count for the embedded digits, with 8 pixels a row. The question asks "
            "for 28.",
        ),
        (
            lambda n: n == 28 * _gru_parameters() or n == 28 * _gru_parameters(directions=1),
            "the weights were counted once for each row, but every step uses the same ones.",
        ),
    ),
    otherwise=(
        "write down the shape of each weight: how many columns has the kernel, how many rows "
        "the recurrent kernel, how many biases are there?"
    ),
)


# ---- return_sequences --------------------------------------------------------------


RETURN_SEQUENCES = Exercise(
    id="mnist-return-sequences",
    asks="Which return_sequences do three stacked recurrent layers before a softmax need?",
    expects="a list of three values, True or False, in the order of the layers",
    read=read_flags(3),
    is_right=lambda flags: flags == (True, True, False),
    confirms="each recurrent layer gets a sequence, and the softmax gets one vector.",
    misconceptions=(
        (
            lambda flags: flags == (False, False, False),
            "the second layer would get one vector where it needs a sequence of them: that is "
            'Keras\'s "expected ndim=3, found ndim=2".',
        ),
        (
            lambda flags: flags == (False, False, True),
            "that is the wrong way round: which layers have a recurrent layer after them?",
        ),
        (
            lambda flags: flags == (True, True, True),
            "the last recurrent layer still hands on 28 vectors, one for each row. How many "
            "does a softmax that names one digit need?",
        ),
        (
            lambda flags: flags == (True, False, False),
            "the second layer hands on one vector only, and another recurrent layer is waiting "
            "for a sequence.",
        ),
        (
            lambda flags: not flags[0],
            "the first layer hands on one vector only, and the layer after it is recurrent.",
        ),
    ),
    otherwise=(
        "follow the shape from layer to layer: which of them hands on one vector although a "
        "sequence is wanted, or the other way round?"
    ),
)


# ---- When has the network made up its mind? ----------------------------------------


def _one_hot(classes: Sequence[int]) -> Array:
    """Probabilities whose largest entry at each row is the class named."""
    probs = np.full((len(classes), 5), 0.05)
    # Rows differ in how sure they are, so that the largest probability is no guide.
    for row, label in enumerate(classes):
        probs[row, label] = 0.5 + 0.4 * ((3 * row) % 5) / 5
    return probs / probs.sum(axis=1, keepdims=True)


# Classes that lead, row after row: back and forth, a late change, never a change,
# a change in the last row, the final class leading at first and again at last.
_READINGS = (
    [0, 1, 2, 1, 1, 1],
    [3, 3, 3, 4, 4],
    [2, 2, 2, 2],
    [1, 1, 1, 0],
    [4, 0, 4, 1, 4, 4, 4],
    [0, 1, 0, 1, 0, 2, 2],
)


def _decided_at(classes: Sequence[int]) -> int:
    row = len(classes)
    while row > 1 and classes[row - 2] == classes[-1]:
        row -= 1
    return row


def _leads_first(classes: Sequence[int]) -> int:
    return classes.index(classes[-1]) + 1


def _read_rows(function: Any) -> tuple[int, ...]:
    answers = []
    for classes in _READINGS:
        result = call_on(function, _one_hot(classes))
        if result.ndim or not float(result).is_integer():
            raise NotAnAnswer(
                f"on an array of shape {_one_hot(classes).shape} your function returned "
                f"{describe(result) if result.ndim else result.item()}"
            )
        answers.append(int(result))
    return tuple(answers)


def _always(wrong: Callable[[Sequence[int]], int]) -> Callable[[tuple[int, ...]], bool]:
    expected = tuple(wrong(classes) for classes in _READINGS)
    return lambda answers: answers == expected


READS_UNTIL = Exercise(
    id="mnist-reads-until",
    asks="From which row on does the predicted digit never change again?",
    expects=(
        "a function that takes the probs of one image (timesteps, classes) and returns a whole "
        "number, the row counted from 1"
    ),
    read=_read_rows,
    is_right=_always(_decided_at),
    confirms="from that row on the network keeps its mind, and before it the mind was another.",
    misconceptions=(
        (
            _always(_leads_first),
            "that is the first row in which the final class leads. It may lose the lead again: "
            "what if the network sees a 9, then a 4, then a 9?",
        ),
        (
            _always(lambda classes: _leads_first(classes) - 1),
            "that is the first row in which the final class leads, counted from 0. It may lose "
            "the lead again, and rows are counted from 1.",
        ),
        (
            _always(lambda classes: _decided_at(classes) - 1),
            "always one row early: are rows counted from 0 here, or is this the last row before "
            "the mind was made up?",
        ),
        (_always(lambda classes: _decided_at(classes) + 1), "always one row late."),
        (
            _always(lambda classes: len(classes) - _decided_at(classes) + 1),
            "that is for how many rows the final class has led, not from which row on.",
        ),
        (
            _always(lambda classes: sum(a != b for a, b in itertools.pairwise(classes))),
            "that is how often the prediction changes.",
        ),
        (
            _always(lambda classes: classes[-1]),
            "that is the class predicted in the end: the question asks for a row.",
        ),
        (_always(len), "that is the number of rows."),
        (
            lambda answers: (
                answers == tuple(int(_one_hot(c).max(1).argmax()) + 1 for c in _READINGS)
            ),
            "that is the row where the network is surest, which may be before it changes its mind.",
        ),
        (
            lambda answers: (
                answers[2] != 1
                and all(
                    answer == _decided_at(classes)
                    for i, (answer, classes) in enumerate(zip(answers, _READINGS, strict=True))
                    if i != 2
                )
            ),
            "right wherever the prediction changes. What if it never does?",
        ),
    ),
    otherwise=(
        "try it by hand on a short case: if the leading classes are 0, 1, 2, 1, 1, 1, in which "
        "row does the last change happen?"
    ),
)

EXERCISES = (TWO_ROWS, COLUMNS, PARAMETERS, RETURN_SEQUENCES, READS_UNTIL)
