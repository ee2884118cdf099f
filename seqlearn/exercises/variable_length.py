"""The exercises of the chapter on sequences of different lengths."""

from __future__ import annotations

from collections.abc import Callable
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


# ---- A mean that leaves padding out ------------------------------------------------


@dataclass(frozen=True)
class _Mean:
    """What a reader's function made of outputs and a mask, with an empty row and without."""

    h: Array
    mask: Array
    result: Array

    def equals(self, expected: Array) -> bool:
        return self.result.shape == expected.shape and np.allclose(
            self.result, expected, equal_nan=True
        )

    @property
    def sums(self) -> Array:
        return np.sum(self.h * self.mask[..., np.newaxis], axis=1)

    @property
    def counts(self) -> Array:
        return self.mask.sum(axis=1, keepdims=True)


def _masked_mean(m: _Mean) -> Array:
    return m.sums / np.maximum(m.counts, 1)


def _read_mean(function: Any) -> _Mean:
    h = np.random.default_rng(4).normal(size=(4, 5, 3)).astype("float32")
    # Padding after, a gap, a row without a real step, and padding before.
    mask = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [0, 0, 0, 1, 1]]) > 0
    h[0, 1] = 0  # a real output that is zero
    with np.errstate(invalid="ignore", divide="ignore"):
        return _Mean(h, mask, call_on(function, h, mask))


def _right_on_full_rows(m: _Mean) -> bool:
    expected = _masked_mean(m)
    real = m.mask.any(axis=1)
    return m.result.shape == expected.shape and np.allclose(m.result[real], expected[real])


MEAN = Exercise(
    id="variable-length-mean",
    asks="Write a mean over the real steps of each sequence.",
    expects=(
        "a function that takes outputs (batch, timesteps, units) and a mask (batch, timesteps) "
        "and returns means (batch, units)"
    ),
    read=_read_mean,
    is_right=lambda m: m.equals(_masked_mean(m)),
    confirms="padding neither adds to a mean nor makes it smaller, and an empty row harms nobody.",
    misconceptions=(
        (
            lambda m: m.equals(m.h.mean(axis=1)),
            "that is the mean of all steps: the mask is not used.",
        ),
        (
            lambda m: m.equals(m.sums / m.mask.shape[1]),
            "the padding is left out of the sum. Is it left out of the count?",
        ),
        (
            lambda m: m.equals(m.sums),
            "that is the sum over the real steps: by what does a mean divide?",
        ),
        (
            lambda m: _right_on_full_rows(m) and not np.isfinite(m.result).all(),
            "right, but for the row that has no real step: nothing divided by nothing.",
        ),
        (
            _right_on_full_rows,
            "right, but for the row that has no real step: it should give zeros.",
        ),
        (
            lambda m: m.equals(m.sums / (m.counts + 1)),
            "the count is one too many in every row, not only where it would be zero.",
        ),
        (
            lambda m: m.equals(
                np.sum(m.h * ~m.mask[..., np.newaxis], axis=1)
                / np.maximum((~m.mask).sum(axis=1, keepdims=True), 1)
            ),
            "that is the mean of what is padding: which way round does the mask point?",
        ),
        (
            lambda m: m.equals(m.sums / np.maximum(m.h.any(axis=2).sum(axis=1)[:, np.newaxis], 1)),
            "the real steps are counted by what is not zero. An output may be zero at a real "
            "step, and something else at padding.",
        ),
        (
            lambda m: m.result.shape != m.sums.shape,
            "the result should have one vector for each sequence: over which axis is the mean?",
        ),
    ),
    otherwise="try it on one sequence of two real steps, 1 and 3, and one of padding, 100.",
)


# ---- Would cuDNN take it? ----------------------------------------------------------


def _cudnn_takes(mask: Array) -> bool:
    lengths = mask.sum(axis=1)
    right_padded = np.arange(mask.shape[1]) < lengths[:, np.newaxis]
    return bool(np.array_equal(mask, right_padded) and lengths.all())


def _masks() -> tuple[Array, ...]:
    rows = (
        ([1, 1, 1, 1], [1, 1, 1, 1]),  # nothing is padding
        ([1, 1, 0, 0], [1, 1, 1, 1]),  # padding after
        ([0, 0, 1, 1], [0, 1, 1, 1]),  # padding before
        ([1, 1, 0, 0], [1, 0, 1, 0]),  # a gap
        ([1, 1, 0, 0], [0, 0, 0, 0]),  # a row without a real step
        ([1, 1, 1, 0], [0, 1, 1, 1]),  # one row of each kind
        ([1, 0, 0, 0], [1, 1, 1, 0]),  # padding after in every row
        ([0, 1, 0, 0], [1, 1, 1, 0]),  # padding at both ends
    )
    return tuple(np.array(pair) > 0 for pair in rows)


def _read_takes(function: Any) -> tuple[bool, ...]:
    answers = []
    for mask in _masks():
        result = call_on(function, mask)
        if result.size != 1:
            raise NotAnAnswer(
                f"on an array of shape {mask.shape} your function returned {describe(result)}, "
                "not one answer for the whole mask"
            )
        answers.append(bool(result.ravel()[0]))
    return tuple(answers)


def _by(rule: Callable[[Array], Any]) -> Callable[[tuple[bool, ...]], bool]:
    return lambda answers: answers == tuple(bool(rule(mask)) for mask in _masks())


def _never_rises(mask: Array) -> bool:
    return not np.any(mask[:, 1:] & ~mask[:, :-1])


CUDNN = Exercise(
    id="variable-length-cudnn",
    asks="Say of a whole mask whether cuDNN takes it.",
    expects="a function that takes a mask (batch, timesteps) and returns True or False",
    read=_read_takes,
    is_right=_by(_cudnn_takes),
    confirms="every row begins with what is real, has no gap, and is not empty.",
    misconceptions=(
        (
            _by(lambda m: not _cudnn_takes(m)),
            "every answer is the wrong way round: True is for a mask that may go to cuDNN.",
        ),
        (
            _by(_never_rises),
            "right, but for a row that is all padding: what does the source say of it?",
        ),
        (
            _by(lambda m: m[:, 0].all()),
            "each row begins with a real step. But may it have a gap further on?",
        ),
        (
            _by(lambda m: _cudnn_takes(m[:, ::-1])),
            "that asks for padding before. At which end does cuDNN want it?",
        ),
        (
            _by(lambda m: m.any(axis=1).all()),
            "no row is empty, and that is half of it: where may the padding stand?",
        ),
        (
            _by(lambda m: m.all()),
            "that refuses all padding. cuDNN does take some.",
        ),
        (
            _by(lambda m: any(_cudnn_takes(row[np.newaxis]) for row in m)),
            "it is enough for you if one row of the mask fits.",
        ),
        (lambda answers: all(answers), "is there really no mask that cuDNN refuses?"),
        (lambda answers: not any(answers), "is there no mask at all that cuDNN takes?"),
    ),
    otherwise=(
        "try it on one row at a time: [True, True, False], [False, True, True], "
        "[True, False, True] and [False, False, False]."
    ),
)


# ---- Who passes the mask on? -------------------------------------------------------

_KEEPERS = (True, False, False, True, False, True)


KEEPERS = Exercise(
    id="variable-length-keepers",
    asks="Which of six layers and operations pass a mask on?",
    expects="a list of six values, True or False, in the order of the six",
    read=read_flags(len(_KEEPERS)),
    is_right=lambda flags: flags == _KEEPERS,
    confirms="a mask goes on where steps stay steps and a layer looks after it.",
    misconceptions=(
        (
            lambda flags: flags == tuple(not flag for flag in _KEEPERS),
            "every one of them is the wrong way round: does your list say who drops it?",
        ),
        (lambda flags: all(flags), "does nothing ever drop a mask?"),
        (lambda flags: not any(flags), "does nothing pass a mask on?"),
        (
            lambda flags: flags[2],
            "look at the third again: is it a layer, or an operation?",
        ),
        (
            lambda flags: flags[4],
            "look at the fifth again: how many steps does it hand on, for the mask to hide?",
        ),
        (
            lambda flags: flags[1],
            "look at the second again: can a layer that moves numbers between steps know which "
            "of the new ones are real?",
        ),
        (
            lambda flags: not flags[5],
            "look at the sixth again: all that goes in carries the mask, and a layer joins it.",
        ),
    ),
    otherwise=(
        "one of the two layers that treat each step by itself is missing: what hangs on its "
        "output as _keras_mask?"
    ),
)


# ---- What does sorting save? -------------------------------------------------------

_LENGTHS = np.array([3, 20, 4, 18, 2, 15, 5, 16])


def _steps(lengths: Array) -> int:
    return int(lengths.reshape(-1, 2).max(axis=1).sum())


_AS_GIVEN, _SORTED = _steps(_LENGTHS), _steps(np.sort(_LENGTHS))
_REAL, _TO_ONE_LENGTH = int(_LENGTHS.sum()), int(_LENGTHS.max() * 4)

STEPS = Exercise(
    id="variable-length-steps",
    asks="How many steps does sorting by length save in an epoch?",
    expects="a whole number, the difference between the two orders",
    read=read_whole_number,
    is_right=is_one_of(_AS_GIVEN - _SORTED),
    confirms="a batch takes as long as its longest sequence, so long ones should share it.",
    misconceptions=(
        (
            is_one_of(0),
            "the sequences have as many words in any order. But how long is a batch of 3 and 20?",
        ),
        (
            is_one_of(2 * (_AS_GIVEN - _SORTED)),
            "that counts the steps of both sequences of a batch. They are computed together.",
        ),
        (
            is_one_of(_AS_GIVEN, _SORTED),
            "that is what one of the two orders takes. By how much do they differ?",
        ),
        (
            is_one_of(_TO_ONE_LENGTH - _SORTED, _TO_ONE_LENGTH - _AS_GIVEN),
            "that compares with padding all to 20 steps. In either order, each batch is padded "
            "to its own longest.",
        ),
        (
            is_one_of(_REAL, 2 * _AS_GIVEN - _REAL, 2 * _SORTED - _REAL),
            "that counts words, or padding, for each sequence. How many steps does a batch take?",
        ),
        (
            lambda n: n < 0,
            "does sorting cost steps? Write down the longest of each pair, in both orders.",
        ),
    ),
    otherwise="write down the pairs in both orders, and the longer one of each.",
)


# ---- Eight lines at once -----------------------------------------------------------


@dataclass(frozen=True)
class _Cut:
    """What a reader's function made of one long series."""

    series: Array
    rows: int
    steps: int
    result: Array

    def equals(self, expected: Array) -> bool:
        return same_array(self.result, expected)

    @property
    def features(self) -> int:
        return self.series.shape[-1]


def _side_by_side(c: _Cut) -> Array:
    return c.series.reshape(c.rows, -1, c.steps, c.features).swapaxes(0, 1)


def _read_cut(function: Any) -> _Cut:
    # 3 rows of 4 chunks of 2 steps: no two of these numbers are the same.
    series = np.random.default_rng(6).normal(size=(24, 5)).astype("float32")
    return _Cut(series, 3, 2, call_on(function, series, 3, 2))


ROWS = Exercise(
    id="variable-length-rows",
    asks="Cut one long series into chunks for the rows of a stateful layer.",
    expects=(
        "a function that takes a series (timesteps, features), a number of rows and a number of "
        "steps, and returns chunks (chunks, rows, steps, features)"
    ),
    read=_read_cut,
    is_right=lambda c: c.equals(_side_by_side(c)),
    confirms="from chunk to chunk, each row goes on where it was.",
    misconceptions=(
        (
            lambda c: c.equals(c.series.reshape(-1, c.rows, c.steps, c.features)),
            "the shape is right, and successive chunks of the series stand one below the other in "
            "one batch. Where does row 0 of the next batch go on?",
        ),
        (
            lambda c: c.equals(c.series.reshape(c.rows, -1, c.steps, c.features)),
            "the parts are cut rightly, and the first axis counts rows. What should a loop over "
            "the result give, one after the other?",
        ),
        (
            lambda c: c.equals(_side_by_side(c).swapaxes(1, 2)),
            "rows and steps have changed places: a layer reads (rows, steps, features).",
        ),
        (
            lambda c: c.equals(_side_by_side(c)[:, ::-1]),
            "the parts are in the wrong order: row 0 holds the last one.",
        ),
        (
            lambda c: c.equals(c.series.reshape(-1, c.steps, c.rows, c.features).swapaxes(1, 2)),
            "each row gets every third step: neighbouring steps should stay neighbours.",
        ),
        (
            lambda c: c.result.ndim == 4 and c.result.shape == _side_by_side(c).shape,
            "the shape is right. Follow row 0 from chunk to chunk: are its steps those of the "
            "series, in order?",
        ),
        (
            lambda c: c.result.ndim == 3,
            "there are three axes: four are needed, (chunks, rows, steps, features).",
        ),
    ),
    otherwise="number 12 steps of a series from 0 and cut them by hand into 2 rows of 3 steps.",
)

EXERCISES = (MEAN, CUDNN, KEEPERS, STEPS, ROWS)
