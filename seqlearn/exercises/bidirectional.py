"""The exercises of the chapter on reading in both directions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seqlearn.exercises.formulas import parameters
from seqlearn.exercises.judging import AnyOf, Exercise, Function, Tried, Where, not_shaped
from seqlearn.exercises.reading import Array, several, truth, whole_number

# ---- How many parameters does a model save with merge_mode='sum' in place of 'concat'?

_UNITS, _OUTPUTS, _FEATURES = 10, 3, 6
_READER = parameters(1, _UNITS, _FEATURES)
_DENSE_SUM, _DENSE_CONCAT = _OUTPUTS * (_UNITS + 1), _OUTPUTS * (2 * _UNITS + 1)
_SAVED = _DENSE_CONCAT - _DENSE_SUM

MERGE_PARAMETERS = Exercise(
    id="bidirectional-merge-parameters",
    expects="a whole number, the difference between the two models",
    read=whole_number,
    right=_SAVED,
    confirms="both readers keep their weights, and the readout sees half as many numbers.",
    misconceptions={
        "the two readers do stay as they are. But is nothing behind them that reads what "
        "they hand on?": 0,
        "that saves one of the two readers. A sum of two states still needs two readers, "
        "each with weights of its own.": AnyOf(_READER, _READER + _SAVED),
        "that is the size of a whole dense layer, with one of the two joins. How much larger "
        "is it with the other?": AnyOf(_DENSE_SUM, _DENSE_CONCAT),
        "that is how many numbers fewer the readout sees. How many weights does each of "
        "those numbers have?": _UNITS,
        "that is the size of a model, or of its two readers. The question is by how much two "
        "models differ.": AnyOf(2 * _READER + _DENSE_CONCAT, 2 * _READER + _DENSE_SUM, 2 * _READER),
        "a model with a sum is the larger one, then? Compare what the readout sees with "
        "either join.": Where(lambda n: n < 0),
    },
    otherwise="write down the shape of the dense layer's kernel and bias twice, once for each "
    "join, and see what else differs.",
)

# ---- Which of six tasks may read in both directions? --------------------------------

_ALLOWED = (False, True, True, False, True, False)

ALLOWED = Exercise(
    id="bidirectional-allowed",
    expects="a list of six values, True or False, in the order of the tasks",
    read=several(6, truth),
    right=_ALLOWED,
    confirms="each time the question is whether all that is read will be there when asked.",
    misconceptions={
        "every one of them is the wrong way round: does your list say who may not?": [
            not allowed for allowed in _ALLOWED
        ],
        "is there really nobody who has to answer before the end?": [True] * 6,
        "is there nobody whose whole input is known beforehand?": [False] * 6,
        "look at the fourth again: where in the series does the target of an hour stand, and "
        "who has read it by then?": Where(lambda flags: flags[3]),
        "look at the third again: which of the values that are read lie after the moment at "
        "which the answer is wanted? That it is a forecast does not settle "
        "it.": Where(lambda flags: not flags[2]),
        "one of those who answer while the input is still coming is on your list of those "
        "who may look ahead.": Where(lambda flags: flags[0] or flags[5]),
        "look at the fifth again: last March is over, so what is known on either side of "
        "the silent hour?": Where(lambda flags: not flags[4]),
    },
    otherwise="look at the second again: when the letter is stored, which of its words is missing?",
)

# ---- Reverse each sequence of a padded batch within its own length ------------------

# Lengths 5, 3, 1 and 4; single zeros stand in real steps too, and one step sums to zero.
_LENGTHS = (5, 3, 1, 4)
_PADDED = np.random.default_rng(5).integers(1, 9, size=(4, 5, 2)).astype("float32")
_PADDED[:, ::2, 0], _PADDED[1, 1] = 0, (-2, 2)
_PADDED[np.arange(5) >= np.reshape(_LENGTHS, (4, 1))] = 0


def _reverse(x: Array, too_few: int = 0) -> Array:
    turned = x.copy()
    for row, length in zip(turned, x.any(axis=-1).sum(axis=1) - too_few, strict=True):
        row[:length] = row[:length][::-1].copy()
    return turned


def _reverse_first(length: int) -> Callable[[Array], Array]:
    """Reverse every sequence within one length, that of another sequence."""
    return lambda x: np.concatenate([x[:, :length][:, ::-1], x[:, length:]], axis=1)


def _right_but_for_the_second(tried: Tried) -> bool:
    others = [0, 2, 3]
    return np.allclose(tried.result[others], _reverse(_PADDED)[others])


REVERSE = Exercise(
    id="bidirectional-reverse",
    expects="a function that takes a padded batch (batch, timesteps, features) and returns one of "
    "the same shape",
    read=Function([(_PADDED,)]),
    right=_reverse,
    confirms="every sequence is turned round, and the padding is where it was.",
    misconceptions={
        "the batch comes back as it was.": lambda x: x,
        "the shape has changed: the batch should come back with all its axes, padding "
        "included.": not_shaped(_PADDED.shape),
        "now the padding comes first, and a reader would start in it: how long is each "
        "sequence?": lambda x: x[:, ::-1],
        "that turns the order of the sequences round, not that of their steps.": lambda x: x[::-1],
        "that turns the features round within each step.": lambda x: x[:, :, ::-1],
        "all sequences are turned round within one and the same length, that of one of "
        "them.": AnyOf(_reverse_first(3), _reverse_first(4)),
        "the last real step has stayed in its place: one step too few is turned round.": lambda x: (
            _reverse(x, too_few=1)
        ),
        "right where no step sums to zero. A step of −2 and 2 does, and it is no padding: "
        "it is all zeros that mark padding.": Where(_right_but_for_the_second),
    },
    otherwise="try it on one sequence of three real steps, 1, 2, 3, and two of padding: what "
    "should come out, and what does?",
)

# ---- From all outputs of a bidirectional layer, make what return_sequences=False gives


def _ends(h: Array, ahead: int = -1, behind: int = 0, first: int = 0) -> Array:
    units = h.shape[-1] // 2
    halves = [h[:, ahead, :units], h[:, behind, units:]]
    return np.concatenate([halves[first], halves[1 - first]], axis=-1)


LAST_WORDS = Exercise(
    id="bidirectional-ends",
    expects="a function that takes outputs (batch, timesteps, 2 * units) and returns vectors "
    "(batch, 2 * units)",
    read=Function([(np.random.default_rng(6).normal(size=(3, 4, 10)).astype("float32"),)]),
    right=_ends,
    confirms="each reader is asked where it has read everything.",
    misconceptions={
        "that is the output of the last step. How much has the backward reader read "
        "there?": lambda h: h[:, -1],
        "that is the output of the first step. How much has the forward reader read "
        "there?": lambda h: h[:, 0],
        "each reader is asked where it has read one step only.": lambda h: _ends(h, 0, -1),
        "both are asked at the right step. In which order does Keras join them?": lambda h: _ends(
            h, first=1
        ),
        "both steps are there, with all that both readers say at either of them: twice as "
        "wide as what the layer gives.": lambda h: np.hstack([h[:, -1], h[:, 0]]),
        "that is a pooling over all steps: often a good idea, but not what the layer gives.": AnyOf(
            lambda h: h.mean(axis=1), lambda h: h.max(axis=1)
        ),
        "the first axis no longer counts sequences.": Where(
            lambda tried: tried.result.shape[:1] != (3,)
        ),
    },
    otherwise="the first half of the features is the forward reader's, the second the backward "
    "reader's: at which step has each of them read everything?",
)

# ---- How many steps does a network look ahead, by its matrix of influence? ----------

_ROUNDING = 1e-6


def _matrices() -> tuple[Array, ...]:
    """One direction; two; three steps ahead; ahead once only; a look back alone; a window."""
    size = 6
    full = np.random.default_rng(8).uniform(0.1, 0.9, (size, size))
    offset = np.arange(size) - np.arange(size)[:, np.newaxis]  # input minus answer
    once = np.tril(full)
    once[1, 3] = 0.0001
    return (
        np.where(offset <= 0, full, 6e-8),  # what floating point leaves where nothing was read
        full,
        np.where(offset <= 3, full, 0),
        once,
        np.tril(full, -2),
        np.where((offset >= -1) & (offset <= 2), full, 0),
    )


def _offsets(influence: Array, above: float = _ROUNDING) -> Array:
    t, s = np.nonzero(influence > above)
    return s - t


def _lookahead(influence: Array, above: float = _ROUNDING) -> int:
    return max(0, _offsets(influence, above).max(initial=0))


def _later(influence: Array) -> Array:
    return np.triu(influence, 1) > _ROUNDING


LOOKAHEAD = Exercise(
    id="bidirectional-lookahead",
    expects="a function that takes a matrix (answers, inputs) and returns a whole number of steps",
    read=Function([(matrix,) for matrix in _matrices()], returns=whole_number),
    right=_lookahead,
    confirms="0 for one direction, and else the reach of the farthest look.",
    misconceptions={
        "that is how far it looks back: which of the two axes counts inputs?": lambda m: _lookahead(
            m.T
        ),
        "right, but for a network whose answers rest on older inputs alone: can one wait "
        "for less than no time?": lambda m: _offsets(m).max(),
        "that is the largest distance to either side. Looking back costs no waiting.": lambda m: (
            abs(_offsets(m)).max()
        ),
        "a rounding error is taken for an influence: what is the smallest that counts?": lambda m: (
            _lookahead(m, above=0)
        ),
        "that counts all looks ahead, not how far they reach.": lambda m: _later(m).sum(),
        "that is how many later inputs an answer uses. It may use one alone, far away.": lambda m: (
            _later(m).sum(axis=1).max()
        ),
        "always one too many: how long does a network wait that needs the present step and "
        "nothing later?": lambda m: _lookahead(m) + 1,
        "a small influence is an influence, unless it is rounding.": lambda m: _lookahead(
            m, above=0.01
        ),
        "that is the last step that is read by any answer. How far is it from that "
        "answer?": lambda m: np.nonzero(m > _ROUNDING)[1].max(),
    },
    otherwise="draw a matrix of three steps with one entry in it: how long does it make you wait?",
)

EXERCISES = (MERGE_PARAMETERS, ALLOWED, REVERSE, LAST_WORDS, LOOKAHEAD)
