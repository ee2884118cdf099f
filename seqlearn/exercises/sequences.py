"""The exercises of the chapter on what makes data a sequence."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqlearn.exercises.before import Exercise, NotAnAnswer, call_on, describe, same_array

Array = np.ndarray
Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class _Applied:
    """What a reader's function made of an array."""

    given: Array
    result: Array

    @property
    def shape(self) -> tuple[int, ...]:
        return self.result.shape

    def equals(self, expected: Array) -> bool:
        return same_array(self.result, expected)


# ---- Shape by shape ----------------------------------------------------------------

_SHAPES = ((32, 24, 16), (32, 24, 16), (32, 10), (32, 4))


def _read_shapes(answer: Any) -> tuple[Shape, ...]:
    if not isinstance(answer, Sequence) or isinstance(answer, str) or len(answer) != len(_SHAPES):
        raise NotAnAnswer(f"got {describe(answer)}")
    return tuple(_read_shape(shape) for shape in answer)


def _read_shape(shape: Any) -> Shape:
    if not isinstance(shape, Sequence | np.ndarray) or isinstance(shape, str):
        raise NotAnAnswer(f"got {describe(shape)} for one of the shapes")
    for size in shape:
        if size is not None and (isinstance(size, bool) or not isinstance(size, numbers.Integral)):
            raise NotAnAnswer(f"got {describe(size)} in one of the shapes")
    return tuple(size if size is None else int(size) for size in shape)


SHAPES = Exercise(
    id="sequences-shapes",
    asks="Which shape does a batch of drawings have after each of four layers?",
    expects="a list of four shapes, each a tuple of whole numbers",
    read=_read_shapes,
    is_right=lambda shapes: shapes == _SHAPES,
    confirms="the timesteps stay as long as sequences are returned, and go with the last state.",
    misconceptions=(
        (
            lambda shapes: shapes == tuple(shape[1:] for shape in _SHAPES),
            "the batch axis is missing. How many drawings went in?",
        ),
        (
            lambda shapes: any(None in shape for shape in shapes),
            "None is what Keras prints while it doesn't know the batch. Here it is known.",
        ),
        (
            lambda shapes: shapes[0] in ((32, 16), (32, 16, 2), (32, 16, 24)),
            "look at the first layer again: its units are not timesteps, and it was told to "
            "return every step.",
        ),
        (
            lambda shapes: shapes[1] == (32, 24, 8),
            "look at the second layer again: how many LSTMs are in a Bidirectional, and what "
            "becomes of their outputs?",
        ),
        (
            lambda shapes: len(shapes[1]) == 3 and shapes[1][1] == 48,
            "two readers don't make the sequence longer: each of them gives something for the "
            "same timesteps.",
        ),
        (
            lambda shapes: len(shapes[1]) == 2,
            "look at the second layer again: does it hand on a sequence?",
        ),
        (
            lambda shapes: len(shapes[2]) == 3,
            "look at the third layer again: which argument do the other two recurrent layers "
            "have, and this one not?",
        ),
        (
            lambda shapes: shapes[:3] == _SHAPES[:3],
            "right up to the last one: a softmax gives a number for each class, and Dense "
            "changes the last axis alone.",
        ),
    ),
    otherwise=(
        "go layer by layer: how many sequences, is there still a time axis, and how many numbers "
        "are there at each step?"
    ),
)


# ---- From one long recording -------------------------------------------------------

_READINGS, _STEPS, _CHANNELS = 31, 7, 3
_BATCH = _READINGS // _STEPS


def _recording() -> Array:
    return np.arange(_READINGS * _CHANNELS, dtype="float64").reshape(_READINGS, _CHANNELS)


def _read_cut(function: Any) -> _Applied:
    recording = _recording()
    return _Applied(recording, call_on(function, recording, _STEPS))


def _whole(recording: Array) -> Array:
    return recording[: _BATCH * _STEPS]


def _cut(recording: Array) -> Array:
    return _whole(recording).reshape(_BATCH, _STEPS, _CHANNELS)


CUT = Exercise(
    id="sequences-cut",
    asks="Cut one long recording into sequences for a recurrent layer.",
    expects=(
        "a function of a recording (readings, 3) and a number of timesteps that returns "
        "(batch, timesteps, features)"
    ),
    read=_read_cut,
    is_right=lambda a: a.equals(_cut(a.given)),
    confirms="one sequence after the other, every reading whole and in its place.",
    misconceptions=(
        (
            lambda a: a.result.ndim != 3,
            "the result has another number of axes than (batch, timesteps, features): which of "
            "them is missing?",
        ),
        (
            lambda a: a.shape == (_BATCH, _CHANNELS, _STEPS),
            "timesteps and features have changed places: which axis holds the three numbers of "
            "a reading?",
        ),
        (
            lambda a: a.shape == (_STEPS, _BATCH, _CHANNELS),
            "the first axis counts timesteps here: it has to count sequences.",
        ),
        (
            lambda a: a.shape[1:] == (_STEPS, _CHANNELS) and a.shape[0] > _BATCH + 1,
            "your sequences overlap: the next one has to begin where the last one ended.",
        ),
        (
            lambda a: a.shape[1:] == (_STEPS, _CHANNELS) and a.shape[0] == _BATCH + 1,
            "that is one sequence too many: readings that don't fill a whole one are dropped.",
        ),
        (
            lambda a: a.shape[:1] == (1,),
            "that is a single sequence, as long as before: was it cut?",
        ),
        (
            lambda a: a.equals(a.given[-_BATCH * _STEPS :].reshape(_BATCH, _STEPS, _CHANNELS)),
            "what was dropped stood at the beginning of the recording.",
        ),
        (
            lambda a: a.equals(
                _whole(a.given).reshape(_STEPS, _BATCH, _CHANNELS).transpose(1, 0, 2)
            ),
            "the shape is right, but neighbouring timesteps lie far apart in the recording.",
        ),
        (
            lambda a: a.shape == (_BATCH, _STEPS, _CHANNELS),
            "the shape is right, but the numbers stand in the wrong place: compare the first "
            "timestep of your result with the first reading.",
        ),
    ),
    otherwise=(
        "take a recording of 7 readings and sequences of 3 timesteps: how many are there, and "
        "which readings are in each?"
    ),
)


# ---- A few steps ahead -------------------------------------------------------------

_AHEAD = 3


def _read_targets(function: Any) -> _Applied:
    x = np.random.default_rng(0).normal(size=(5, 9, 2))
    return _Applied(x, call_on(function, x, _AHEAD))


AHEAD = Exercise(
    id="sequences-ahead",
    asks="Which targets belong to the inputs of a prediction some steps ahead?",
    expects=(
        "a function of x (batch, timesteps, features) and a number of steps that returns the "
        "targets (batch, fewer timesteps, features)"
    ),
    read=_read_targets,
    is_right=lambda a: a.equals(a.given[:, _AHEAD:]),
    confirms="as many targets as inputs, each from the right distance.",
    misconceptions=(
        (
            lambda a: a.equals(a.given[:, :-_AHEAD]),
            "these are the inputs themselves: a network would only have to copy.",
        ),
        (
            lambda a: a.equals(a.given[:, 1:]) or a.equals(a.given[:, 1 : 1 - _AHEAD]),
            "that is the next point, whatever number of steps was asked for.",
        ),
        (
            lambda a: a.equals(np.roll(a.given, -_AHEAD, axis=1)),
            "at the end of every sequence its beginning comes round again: nobody knows what "
            "followed there, so there is no target.",
        ),
        (
            lambda a: a.equals(a.given[:, _AHEAD + 1 :]) or a.equals(a.given[:, _AHEAD - 1 :]),
            "that is off by one step: which step belongs to the very first input?",
        ),
        (
            lambda a: a.equals(a.given[_AHEAD:]) or a.equals(np.roll(a.given, -_AHEAD, axis=0)),
            "you have moved along the batch axis: these are other drawings, not later points.",
        ),
        (
            lambda a: a.shape[:2] == a.given.shape[:2],
            "that has as many timesteps as x, and the inputs are shorter. Which axis is time?",
        ),
        (
            lambda a: a.result.ndim != 3,
            "the result has another number of axes than x: is one target for each input left?",
        ),
    ),
    otherwise="write the timesteps 0 to 8 in a row, and below each the step that lies ahead of it.",
)


# ---- The loss by hand --------------------------------------------------------------

_LABELS = np.array([0, 2, 1, 1, 3, 0])
_PROBS = np.random.default_rng(1).dirichlet([1.5] * 4, size=len(_LABELS))
_RIGHT_PROBS = _PROBS[np.arange(len(_LABELS)), _LABELS]


def _read_loss(function: Any) -> Array:
    return call_on(function, _PROBS, _LABELS)


def _gave(*values: Any) -> Callable[[Array], bool]:
    return lambda result: any(same_array(result, np.asarray(value)) for value in values)


_LOSS = -np.log(_RIGHT_PROBS).mean()

LOSS = Exercise(
    id="sequences-loss",
    asks="Compute the cross-entropy of probabilities and labels.",
    expects="a function of probs (batch, classes) and y (batch,) that returns one number",
    read=_read_loss,
    is_right=_gave(_LOSS, [_LOSS]),
    confirms="only the probability of the right class counts, and its logarithm is natural.",
    misconceptions=(
        (_gave(-_LOSS), "the sign is turned round: a loss of a probability below 1 is positive."),
        (
            _gave(-np.log(_RIGHT_PROBS)),
            "that is the loss of each example: one number is asked for, their average.",
        ),
        (
            _gave(len(_LABELS) * _LOSS),
            "that is the sum over the examples: a larger batch would have a larger loss.",
        ),
        (
            _gave(_LOSS / _PROBS.shape[1]),
            "that is divided by the number of classes as well: the zeros of a one-hot vector "
            "were counted as terms.",
        ),
        (
            _gave(_LOSS / np.log(2), _LOSS / np.log(10)),
            "that is the right quantity with another logarithm: a nat belongs to the natural one.",
        ),
        (
            _gave(-np.log(_PROBS[:, _LABELS]).mean()),
            "every example was paired with the labels of all the others: look at the shape of "
            "what you picked from probs.",
        ),
        (
            _gave(-np.log(_PROBS.max(axis=1)).mean()),
            "that takes the most probable class of each example. Is it the right class?",
        ),
        (
            _gave(-(_PROBS * np.log(_PROBS)).sum(axis=1).mean()),
            "that is the entropy of the probabilities: the labels play no part in it.",
        ),
        (
            _gave(-np.log(_RIGHT_PROBS.mean())),
            "the average was taken before the logarithm: the order of the two matters.",
        ),
        (
            _gave(_RIGHT_PROBS.mean(), 1 - _RIGHT_PROBS.mean()),
            "that is about the average probability of the right class: where is the logarithm?",
        ),
        (
            _gave((_PROBS.argmax(axis=1) == _LABELS).mean()),
            "that is the accuracy: it doesn't ask how sure the network was.",
        ),
    ),
    otherwise="do it by hand for one example: a probability of a half for the right class costs "
    "0.693 nats.",
)


# ---- What guessing gets ------------------------------------------------------------

# The most frequent class differs between the two, and so do its shares.
_TRAIN_LABELS = np.array([0, 3, 3, 3, 1, 1, 2])
_TEST_LABELS = np.array([1, 1, 1, 3, 3, 0, 1, 1, 2, 1])


def _read_guess(function: Any) -> Array:
    return call_on(function, _TRAIN_LABELS, _TEST_LABELS)


GUESS = Exercise(
    id="sequences-guess",
    asks="How often is the most frequent class of the training set right on the test set?",
    expects="a function of y_train and y_test, both (examples,), that returns one number",
    read=_read_guess,
    is_right=_gave(0.2, [0.2]),
    confirms="the guess was made from the training labels, and judged on the test labels.",
    misconceptions=(
        (
            _gave(0.6),
            "that guesses the class that is most frequent in the test set: who guesses has not "
            "seen it.",
        ),
        (_gave(3 / 7), "that is how often the guess is right on the training labels."),
        (_gave(1 / 4), "that is a guess evenly among the classes: can't one do otherwise?"),
        (_gave(3), "that is the class itself: how often is it right?"),
        (_gave(2), "that is how many test labels it gets right: an accuracy is a share."),
        (_gave(20), "that is in percent: an accuracy lies between 0 and 1."),
        (_gave(0.8), "that is how often the guess is wrong."),
    ),
    otherwise="two steps: which class do you name, and for which share of y_test is it right?",
)

EXERCISES = (SHAPES, CUT, AHEAD, LOSS, GUESS)
