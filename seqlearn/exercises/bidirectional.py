"""The exercises of the chapter on reading in both directions."""

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


@dataclass(frozen=True)
class _Applied:
    """What a reader's function made of an array."""

    given: Array
    result: Array

    def equals(self, expected: Array) -> bool:
        return same_array(self.result, expected)


# ---- What does the join cost? ------------------------------------------------------

_UNITS, _OUTPUTS, _FEATURES = 10, 3, 6
_READER = _UNITS * (_FEATURES + _UNITS + 1)
_DENSE_SUM, _DENSE_CONCAT = _OUTPUTS * (_UNITS + 1), _OUTPUTS * (2 * _UNITS + 1)


MERGE_PARAMETERS = Exercise(
    id="bidirectional-merge-parameters",
    asks="How many parameters does a model save with merge_mode='sum' in place of 'concat'?",
    expects="a whole number, the difference between the two models",
    read=read_whole_number,
    is_right=is_one_of(_DENSE_CONCAT - _DENSE_SUM),
    confirms="both readers keep their weights, and the readout sees half as many numbers.",
    misconceptions=(
        (
            is_one_of(0),
            "the two readers do stay as they are. But is nothing behind them that reads what "
            "they hand on?",
        ),
        (
            is_one_of(_READER, _READER + _DENSE_CONCAT - _DENSE_SUM),
            "that saves one of the two readers. A sum of two states still needs two readers, "
            "each with weights of its own.",
        ),
        (
            is_one_of(_DENSE_SUM, _DENSE_CONCAT),
            "that is the size of a whole dense layer, with one of the two joins. How much larger "
            "is it with the other?",
        ),
        (
            is_one_of(_UNITS),
            "that is how many numbers fewer the readout sees. How many weights does each of "
            "those numbers have?",
        ),
        (
            is_one_of(
                2 * _READER + _DENSE_CONCAT,
                2 * _READER + _DENSE_SUM,
                2 * _READER,
            ),
            "that is the size of a model, or of its two readers. The question is by how much two "
            "models differ.",
        ),
        (
            lambda n: n < 0,
            "a model with a sum is the larger one, then? Compare what the readout sees with "
            "either join.",
        ),
    ),
    otherwise=(
        "write down the shape of the dense layer's kernel and bias twice, once for each join, "
        "and see what else differs."
    ),
)


# ---- Who may read backwards? -------------------------------------------------------

_ALLOWED = (False, True, True, False, True, False)


ALLOWED = Exercise(
    id="bidirectional-allowed",
    asks="Which of six tasks may read in both directions?",
    expects="a list of six values, True or False, in the order of the tasks",
    read=read_flags(len(_ALLOWED)),
    is_right=lambda flags: flags == _ALLOWED,
    confirms="each time the question is whether all that is read will be there when asked.",
    misconceptions=(
        (
            lambda flags: flags == tuple(not flag for flag in _ALLOWED),
            "every one of them is the wrong way round: does your list say who may not?",
        ),
        (lambda flags: all(flags), "is there really nobody who has to answer before the end?"),
        (lambda flags: not any(flags), "is there nobody whose whole input is known beforehand?"),
        (
            lambda flags: flags[3],
            "look at the fourth again: where in the series does the target of an hour stand, and "
            "who has read it by then?",
        ),
        (
            lambda flags: not flags[2],
            "look at the third again: which of the values that are read lie after the moment at "
            "which the answer is wanted? That it is a forecast does not settle it.",
        ),
        (
            lambda flags: flags[0] or flags[5],
            "one of those who answer while the input is still coming is on your list of those "
            "who may look ahead.",
        ),
        (
            lambda flags: not flags[4],
            "look at the fifth again: last March is over, so what is known on either side of "
            "the silent hour?",
        ),
    ),
    otherwise="look at the second again: when the letter is stored, which of its words is missing?",
)


# ---- Turn round what is real -------------------------------------------------------


def _reverse_real(x: Array) -> Array:
    turned = np.zeros_like(x)
    for i, length in enumerate(_lengths(x)):
        turned[i, :length] = x[i, :length][::-1]
    return turned


def _lengths(x: Array) -> list[int]:
    return [int(n) for n in x.any(axis=-1).sum(axis=1)]


def _padding_first(x: Array) -> Array:
    return x[:, ::-1]


def _by_longest(x: Array, length: int) -> Array:
    """Every sequence reversed within one length, that of another sequence."""
    return np.concatenate([x[:, :length][:, ::-1], x[:, length:]], axis=1)


def _one_too_few(x: Array) -> Array:
    turned = np.zeros_like(x)
    for i, length in enumerate(_lengths(x)):
        turned[i, : length - 1] = x[i, : length - 1][::-1]
        turned[i, length - 1] = x[i, length - 1]
    return turned


def _read_reversed(function: Any) -> _Applied:
    # Lengths 5, 3, 1 and 4; single zeros stand in real steps too, and one step sums to zero.
    rng = np.random.default_rng(5)
    x = rng.integers(1, 9, size=(4, 5, 2)).astype("float32")
    x[:, ::2, 0], x[1, 1] = 0, (-2, 2)
    for row, length in zip(x, (5, 3, 1, 4), strict=True):
        row[length:] = 0
    return _Applied(x, call_on(function, x))


REVERSE = Exercise(
    id="bidirectional-reverse",
    asks="Reverse each sequence of a padded batch within its own length.",
    expects=(
        "a function that takes a padded batch (batch, timesteps, features) and returns one of "
        "the same shape"
    ),
    read=_read_reversed,
    is_right=lambda r: r.equals(_reverse_real(r.given)),
    confirms="every sequence is turned round, and the padding is where it was.",
    misconceptions=(
        (lambda r: r.equals(r.given), "the batch comes back as it was."),
        (
            lambda r: r.result.shape != r.given.shape,
            "the shape has changed: the batch should come back with all its axes, padding "
            "included.",
        ),
        (
            lambda r: r.equals(_padding_first(r.given)),
            "now the padding comes first, and a reader would start in it: how long is each "
            "sequence?",
        ),
        (
            lambda r: r.equals(r.given[::-1]),
            "that turns the order of the sequences round, not that of their steps.",
        ),
        (
            lambda r: r.equals(r.given[:, :, ::-1]),
            "that turns the features round within each step.",
        ),
        (
            lambda r: any(
                r.equals(_by_longest(r.given, length)) for length in set(_lengths(r.given))
            ),
            "all sequences are turned round within one and the same length, that of one of them.",
        ),
        (
            lambda r: r.equals(_one_too_few(r.given)),
            "the last real step has stayed in its place: one step too few is turned round.",
        ),
        (
            lambda r: _right_but_for(r, 1),
            "right where no step sums to zero. A step of −2 and 2 does, and it is no padding: "
            "it is all zeros that mark padding.",
        ),
    ),
    otherwise=(
        "try it on one sequence of three real steps, 1, 2, 3, and two of padding: what should "
        "come out, and what does?"
    ),
)


def _right_but_for(r: _Applied, row: int) -> bool:
    keep = np.arange(len(r.given)) != row
    return np.allclose(r.result[keep], _reverse_real(r.given)[keep])


# ---- The last words of both --------------------------------------------------------


def _last_words(h: Array) -> Array:
    units = h.shape[-1] // 2
    return np.concatenate([h[:, -1, :units], h[:, 0, units:]], axis=-1)


def _halves_at(h: Array, ahead: int, behind: int, backward_first: bool = False) -> Array:
    units = h.shape[-1] // 2
    halves = [h[:, ahead, :units], h[:, behind, units:]]
    return np.concatenate(halves[::-1] if backward_first else halves, axis=-1)


def _read_last_words(function: Any) -> _Applied:
    h = np.random.default_rng(6).normal(size=(3, 4, 10)).astype("float32")
    return _Applied(h, call_on(function, h))


LAST_WORDS = Exercise(
    id="bidirectional-ends",
    asks="From all outputs of a bidirectional layer, make what return_sequences=False gives.",
    expects=(
        "a function that takes outputs (batch, timesteps, 2 * units) and returns vectors "
        "(batch, 2 * units)"
    ),
    read=_read_last_words,
    is_right=lambda r: r.equals(_last_words(r.given)),
    confirms="each reader is asked where it has read everything.",
    misconceptions=(
        (
            lambda r: r.equals(r.given[:, -1]),
            "that is the output of the last step. How much has the backward reader read there?",
        ),
        (
            lambda r: r.equals(r.given[:, 0]),
            "that is the output of the first step. How much has the forward reader read there?",
        ),
        (
            lambda r: r.equals(_halves_at(r.given, 0, -1)),
            "each reader is asked where it has read one step only.",
        ),
        (
            lambda r: r.equals(_halves_at(r.given, -1, 0, backward_first=True)),
            "both are asked at the right step. In which order does Keras join them?",
        ),
        (
            lambda r: r.equals(np.concatenate([r.given[:, -1], r.given[:, 0]], axis=-1)),
            "both steps are there, with all that both readers say at either of them: twice as "
            "wide as what the layer gives.",
        ),
        (
            lambda r: r.equals(r.given.mean(axis=1)) or r.equals(r.given.max(axis=1)),
            "that is a pooling over all steps: often a good idea, but not what the layer gives.",
        ),
        (
            lambda r: r.result.shape[:1] != r.given.shape[:1],
            "the first axis no longer counts sequences.",
        ),
    ),
    otherwise=(
        "the first half of the features is the forward reader's, the second the backward "
        "reader's: at which step has each of them read everything?"
    ),
)


# ---- How far ahead does it look? ---------------------------------------------------


_ROUNDING = 1e-6


def _lookahead(influence: Array) -> int:
    t, s = np.nonzero(influence > _ROUNDING)
    return int(max(0, (s - t).max(initial=0)))


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


def _read_lookahead(function: Any) -> tuple[int, ...]:
    answers = []
    for matrix in _matrices():
        result = call_on(function, matrix)
        if result.size != 1:
            raise NotAnAnswer(
                f"on an array of shape {matrix.shape} your function returned {describe(result)}"
            )
        number = result.ravel()[0].item()
        if isinstance(number, bool) or number != int(number):
            raise NotAnAnswer(
                f"on an array of shape {matrix.shape} your function returned {number}"
            )
        answers.append(int(number))
    return tuple(answers)


def _by(rule: Callable[[Array], Any]) -> Callable[[tuple[int, ...]], bool]:
    return lambda answers: answers == tuple(int(rule(matrix)) for matrix in _matrices())


def _offsets(influence: Array) -> Array:
    t, s = np.nonzero(influence > _ROUNDING)
    return s - t


def _offsets_anyhow(influence: Array) -> int:
    t, s = np.nonzero(influence)
    return int(max(0, (s - t).max(initial=0)))


LOOKAHEAD = Exercise(
    id="bidirectional-lookahead",
    asks="How many steps does a network look ahead, by its matrix of influence?",
    expects=(
        "a function that takes a matrix (answers, inputs) and returns a whole number of steps"
    ),
    read=_read_lookahead,
    is_right=_by(_lookahead),
    confirms="0 for one direction, and else the reach of the farthest look.",
    misconceptions=(
        (
            _by(lambda m: _lookahead(m.T)),
            "that is how far it looks back: which of the two axes counts inputs?",
        ),
        (
            _by(lambda m: _offsets(m).max()),
            "right, but for a network whose answers rest on older inputs alone: can one wait "
            "for less than no time?",
        ),
        (
            _by(lambda m: abs(_offsets(m)).max()),
            "that is the largest distance to either side. Looking back costs no waiting.",
        ),
        (
            _by(_offsets_anyhow),
            "a rounding error is taken for an influence: what is the smallest that counts?",
        ),
        (
            _by(lambda m: np.count_nonzero(np.triu(m, 1) > _ROUNDING)),
            "that counts all looks ahead, not how far they reach.",
        ),
        (
            _by(lambda m: np.count_nonzero(np.triu(m, 1) > _ROUNDING, axis=1).max()),
            "that is how many later inputs an answer uses. It may use one alone, far away.",
        ),
        (
            _by(lambda m: _lookahead(m) + 1),
            "always one too many: how long does a network wait that needs the present step and "
            "nothing later?",
        ),
        (
            _by(lambda m: _lookahead(np.where(m > 0.01, m, 0))),
            "a small influence is an influence, unless it is rounding.",
        ),
        (
            _by(lambda m: np.nonzero(m > _ROUNDING)[1].max()),
            "that is the last step that is read by any answer. How far is it from that answer?",
        ),
    ),
    otherwise="draw a matrix of three steps with one entry in it: how long does it make you wait?",
)

EXERCISES = (MERGE_PARAMETERS, ALLOWED, REVERSE, LAST_WORDS, LOOKAHEAD)
