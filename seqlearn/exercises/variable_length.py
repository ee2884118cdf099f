"""The exercises of the chapter on sequences of different lengths."""

from __future__ import annotations

from functools import partial

import numpy as np

from seqlearn.exercises.judging import AnyOf, Exercise, Function, Where, not_shaped, shaped
from seqlearn.exercises.reading import Array, several, truth, whole_number

# ---- Write a mean over the real steps of each sequence ------------------------------

_H = np.random.default_rng(4).normal(size=(4, 5, 3)).astype("float32")
_H[0, 1] = 0  # a real output that is zero
# Padding after, a gap, a row without a real step, and padding before.
_MASK = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [0, 0, 0, 1, 1]]) > 0
_NOT_EMPTY = _MASK.any(axis=1)


def _sum(h: Array, mask: Array) -> Array:
    return np.sum(h * mask[..., np.newaxis], axis=1)


def _count(mask: Array, least: int = 0) -> Array:
    return np.maximum(mask.sum(axis=1, keepdims=True), least)


def _mean(h: Array, mask: Array) -> Array:
    return _sum(h, mask) / _count(mask, least=1)


MEAN = Exercise(
    id="variable-length-mean",
    expects="a function that takes outputs (batch, timesteps, units) and a mask (batch, timesteps) "
    "and returns means (batch, units)",
    read=Function([(_H, _MASK), (_H[_NOT_EMPTY], _MASK[_NOT_EMPTY])]),
    right=_mean,
    confirms="padding neither adds to a mean nor makes it smaller, and an empty row harms nobody.",
    misconceptions={
        "that is the mean of all steps: the mask is not used.": lambda h, mask: h.mean(axis=1),
        "the padding is left out of the sum. Is it left out of the count?": lambda h, mask: (
            _sum(h, mask) / mask.shape[1]
        ),
        "that is the sum over the real steps: by what does a mean divide?": _sum,
        "right, but for the row that has no real step: "
        "nothing divided by nothing.": lambda h, mask: _sum(h, mask) / _count(mask),
        "right, but for the row that has no real step: it should give zeros.": Where(
            lambda tried: tried.each_like(_mean)[1]
        ),
        "the count is one too many in every row, "
        "not only where it would be zero.": lambda h, mask: _sum(h, mask) / (_count(mask) + 1),
        "that is the mean of what is padding: which way round does the mask "
        "point?": lambda h, mask: _mean(h, ~mask),
        "the real steps are counted by what is not zero. An output may be zero at a real step, and "
        "something else at padding.": lambda h, mask: _sum(h, mask) / _count(h.any(axis=2), 1),
        "the result should have one vector for each sequence: over which axis is the "
        "mean?": not_shaped((4, 3), (3, 3)),
    },
    otherwise="try it on one sequence of two real steps, 1 and 3, and one of padding, 100.",
)

# ---- Say of a whole mask whether cuDNN takes it -------------------------------------

_MASKS = (
    [[1, 1, 1, 1], [1, 1, 1, 1]],  # nothing is padding
    [[1, 1, 0, 0], [1, 1, 1, 1]],  # padding after
    [[0, 0, 1, 1], [0, 1, 1, 1]],  # padding before
    [[1, 1, 0, 0], [1, 0, 1, 0]],  # a gap
    [[1, 1, 0, 0], [0, 0, 0, 0]],  # a row without a real step
    [[1, 1, 1, 0], [0, 1, 1, 1]],  # one row of each kind
    [[1, 0, 0, 0], [1, 1, 1, 0]],  # padding after in every row
    [[0, 1, 0, 0], [1, 1, 1, 0]],  # padding at both ends
)


def _cudnn_takes(mask: Array) -> bool:
    lengths = mask.sum(axis=1)
    right_padded = np.arange(mask.shape[1]) < lengths[:, np.newaxis]
    return bool(np.array_equal(mask, right_padded) and lengths.all())


CUDNN = Exercise(
    id="variable-length-cudnn",
    expects="a function that takes a mask (batch, timesteps) and returns True or False",
    read=Function(
        [(np.array(mask) > 0,) for mask in _MASKS],
        returns=partial(truth, wanted="one True or False for the whole mask"),
    ),
    right=_cudnn_takes,
    confirms="every row begins with what is real, has no gap, and is not empty.",
    misconceptions={
        "every answer is the wrong way round: True is for a mask that may go to "
        "cuDNN.": lambda mask: not _cudnn_takes(mask),
        "right, but for a row that is all padding: what does the source say of it?": lambda mask: (
            not np.any(mask[:, 1:] & ~mask[:, :-1])
        ),
        "each row begins with a real step. But may it have a gap further on?": lambda mask: np.all(
            mask[:, 0]
        ),
        "that asks for padding before. At which end does cuDNN want it?": lambda mask: _cudnn_takes(
            mask[:, ::-1]
        ),
        "no row is empty, and that is half of it: where may the padding stand?": lambda mask: (
            mask.any(axis=1).all()
        ),
        "that refuses all padding. cuDNN does take some.": np.all,
        "it is enough for you if one row of the mask fits.": lambda mask: any(
            _cudnn_takes(row[np.newaxis]) for row in mask
        ),
        "is there really no mask that cuDNN refuses?": lambda mask: True,
        "is there no mask at all that cuDNN takes?": lambda mask: False,
    },
    otherwise="try it on one row at a time: [True, True, False], [False, True, True], "
    "[True, False, True] and [False, False, False].",
)

# ---- Which of six layers and operations pass a mask on? -----------------------------

_KEEPERS = (True, False, False, True, False, True)

KEEPERS = Exercise(
    id="variable-length-keepers",
    expects="a list of six values, True or False, in the order of the six",
    read=several(6, truth),
    right=_KEEPERS,
    confirms="a mask goes on where steps stay steps and a layer looks after it.",
    misconceptions={
        "every one of them is the wrong way round: does your list say who drops it?": [
            not keeps for keeps in _KEEPERS
        ],
        "does nothing ever drop a mask?": [True] * 6,
        "does nothing pass a mask on?": [False] * 6,
        "look at the third again: is it a layer, or an operation?": Where(lambda flags: flags[2]),
        "look at the fifth again: how many steps does it hand on, for the mask to hide?": Where(
            lambda flags: flags[4]
        ),
        "look at the second again: can a layer that moves numbers between steps know which "
        "of the new ones are real?": Where(lambda flags: flags[1]),
        "look at the sixth again: all that goes in carries the mask, and a layer joins it.": Where(
            lambda flags: not flags[5]
        ),
    },
    otherwise="one of the two layers that treat each step by itself is missing: what hangs on its "
    "output as _keras_mask?",
)

# ---- How many steps does sorting by length save in an epoch? ------------------------

_LENGTHS = [3, 20, 4, 18, 2, 15, 5, 16]


def _steps(lengths: list[int]) -> int:
    return sum(map(max, lengths[::2], lengths[1::2]))


_AS_GIVEN, _SORTED = _steps(_LENGTHS), _steps(sorted(_LENGTHS))
_SAVED, _WORDS, _TO_ONE_LENGTH = _AS_GIVEN - _SORTED, sum(_LENGTHS), 4 * max(_LENGTHS)

STEPS = Exercise(
    id="variable-length-steps",
    expects="a whole number, the difference between the two orders",
    read=whole_number,
    right=_SAVED,
    confirms="a batch takes as long as its longest sequence, so long ones should share it.",
    misconceptions={
        "the sequences have as many words in any order. But how long is a batch of 3 and 20?": 0,
        "that counts the steps of both sequences of a batch. They are computed together.": (
            2 * _SAVED
        ),
        "that is what one of the two orders takes. By how much do they differ?": AnyOf(
            _AS_GIVEN, _SORTED
        ),
        "that compares with padding all to 20 steps. In either order, each batch is padded to "
        "its own longest.": AnyOf(_TO_ONE_LENGTH - _SORTED, _TO_ONE_LENGTH - _AS_GIVEN),
        "that counts words, or padding, for each sequence. How many steps does a batch "
        "take?": AnyOf(_WORDS, 2 * _AS_GIVEN - _WORDS, 2 * _SORTED - _WORDS),
        "does sorting cost steps? Write down the longest of each pair, in both orders.": Where(
            lambda n: n < 0
        ),
    },
    otherwise="write down the pairs in both orders, and the longer one of each.",
)

# ---- Cut one long series into chunks for the rows of a stateful layer ---------------

# 3 rows of 4 chunks of 2 steps: no two of these numbers are the same.
_SERIES = np.random.default_rng(6).normal(size=(24, 5)).astype("float32")


def _chunks(s: Array, rows: int, steps: int) -> Array:
    return s.reshape(rows, -1, steps, s.shape[1]).swapaxes(0, 1)


ROWS = Exercise(
    id="variable-length-rows",
    expects="a function that takes a series (timesteps, features), a number of rows and a number "
    "of steps, and returns chunks (chunks, rows, steps, features)",
    read=Function([(_SERIES, 3, 2)]),
    right=_chunks,
    confirms="from chunk to chunk, each row goes on where it was.",
    misconceptions={
        "the shape is right, and successive chunks of the series stand one below the other in one "
        "batch. Where does row 0 of the next batch "
        "go on?": lambda s, rows, steps: s.reshape(-1, rows, steps, s.shape[1]),
        "the parts are cut rightly, and the first axis counts rows. What should a loop over the "
        "result give, one after the other?": lambda *given: _chunks(*given).swapaxes(0, 1),
        "rows and steps have changed places: a layer reads (rows, steps, "
        "features).": lambda *given: _chunks(*given).swapaxes(1, 2),
        "the parts are in the wrong order: row 0 holds the last one.": lambda *given: np.flip(
            _chunks(*given), axis=1
        ),
        "each row gets every third step: neighbouring steps should stay "
        "neighbours.": lambda s, rows, steps: s.reshape(-1, steps, rows, s.shape[1]).swapaxes(1, 2),
        "the shape is right. Follow row 0 from chunk to chunk: are its steps those of the "
        "series, in order?": shaped((4, 3, 2, 5)),
        "there are three axes: four are needed, (chunks, rows, steps, features).": Where(
            lambda tried: tried.result.ndim == 3
        ),
    },
    otherwise="number 12 steps of a series from 0 and cut them by hand into 2 rows of 3 steps.",
)

EXERCISES = (MEAN, CUDNN, KEEPERS, STEPS, ROWS)
