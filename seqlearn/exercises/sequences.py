"""The exercises of the chapter on what makes data a sequence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from seqlearn.exercises.judging import AnyOf, Exercise, Function, Where, shaped, without_axes
from seqlearn.exercises.reading import (
    Array,
    NotAnAnswer,
    describe,
    one_number,
    several,
    whole_number,
)

# ---- Which shape does a batch of drawings have after each of four layers? -----------

_SHAPES = ((32, 24, 16), (32, 24, 16), (32, 10), (32, 4))


def _read_shape(shape: Any) -> tuple[int | None, ...]:
    if not isinstance(shape, Iterable) or isinstance(shape, str):
        raise NotAnAnswer(f"{describe(shape)} for one of the shapes")
    try:
        return tuple(size if size is None else whole_number(size) for size in shape)
    except NotAnAnswer as problem:
        raise NotAnAnswer(f"{problem.found} in one of the shapes") from None


def _read_shapes(answer: Any) -> tuple[tuple[int | None, ...], ...]:
    return tuple(map(_read_shape, several(len(_SHAPES), lambda shape: shape)(answer)))


SHAPES = Exercise(
    id="sequences-shapes",
    expects="a list of four shapes, each a tuple of whole numbers",
    read=_read_shapes,
    right=_SHAPES,
    confirms="the timesteps stay as long as sequences are returned, and go with the last state.",
    misconceptions={
        "the batch axis is missing. How many drawings went in?": [s[1:] for s in _SHAPES],
        "None is what Keras prints while it doesn't know the batch. Here it is known.": Where(
            lambda shapes: any(None in shape for shape in shapes)
        ),
        "look at the first layer again: its units are not timesteps, and it was told to return "
        "every step.": Where(lambda shapes: shapes[0] in ((32, 16), (32, 16, 2), (32, 16, 24))),
        "look at the second layer again: how many LSTMs are in a Bidirectional, and what "
        "becomes of their outputs?": Where(lambda shapes: shapes[1] == (32, 24, 8)),
        "two readers don't make the sequence longer: each of them gives something for the "
        "same timesteps.": Where(lambda shapes: len(shapes[1]) == 3 and shapes[1][1] == 48),
        "look at the second layer again: does it hand on a sequence?": Where(
            lambda shapes: len(shapes[1]) == 2
        ),
        "look at the third layer again: which argument do the other two recurrent layers "
        "have, and this one not?": Where(lambda shapes: len(shapes[2]) == 3),
        "right up to the last one: a softmax gives a number for each class, and Dense "
        "changes the last axis alone.": Where(lambda shapes: shapes[:3] == _SHAPES[:3]),
    },
    otherwise="go layer by layer: how many sequences, is there still a time axis, and how many "
    "numbers are there at each step?",
)

# ---- Cut one long recording into sequences for a recurrent layer --------------------

_READINGS, _STEPS, _CHANNELS = 31, 7, 3
_BATCH = _READINGS // _STEPS
_RECORDING = np.arange(_READINGS * _CHANNELS, dtype="float64").reshape(_READINGS, _CHANNELS)


def _cut(recording: Array, steps: int) -> Array:
    return recording[: len(recording) // steps * steps].reshape(-1, steps, recording.shape[1])


def _cut_the_end(recording: Array, steps: int) -> Array:
    return _cut(recording[len(recording) % steps :], steps)


def _dealt_out(recording: Array, steps: int) -> Array:
    whole = _cut(recording, steps)
    return whole.reshape(steps, *whole.shape[::2]).swapaxes(0, 1)


CUT = Exercise(
    id="sequences-cut",
    expects="a function of a recording (readings, 3) and a number of timesteps that returns "
    "(batch, timesteps, features)",
    read=Function([(_RECORDING, _STEPS)]),
    right=_cut,
    confirms="one sequence after the other, every reading whole and in its place.",
    misconceptions={
        "the result has another number of axes than (batch, timesteps, features): which of "
        "them is missing?": without_axes(3),
        "timesteps and features have changed places: which axis holds the three numbers of "
        "a reading?": shaped((_BATCH, _CHANNELS, _STEPS)),
        "the first axis counts timesteps here: it has to count sequences.": shaped(
            (_STEPS, _BATCH, _CHANNELS)
        ),
        "your sequences overlap: the next one has to begin where the last one ended.": Where(
            lambda tried: (
                tried.result.shape[1:] == (_STEPS, _CHANNELS) and len(tried.result) > _BATCH + 1
            )
        ),
        "that is one sequence too many: readings that don't fill a whole one are dropped.": shaped(
            (_BATCH + 1, _STEPS, _CHANNELS)
        ),
        "that is a single sequence, as long as before: was it cut?": Where(
            lambda tried: len(tried.result) == 1
        ),
        "what was dropped stood at the beginning of the recording.": _cut_the_end,
        "the shape is right, but neighbouring timesteps lie far apart in the "
        "recording.": _dealt_out,
        "the shape is right, but the numbers stand in the wrong place: compare the first "
        "timestep of your result with the first reading.": shaped((_BATCH, _STEPS, _CHANNELS)),
    },
    otherwise="take a recording of 7 readings and sequences of 3 timesteps: how many are there, "
    "and which readings are in each?",
)

# ---- Which targets belong to the inputs of a prediction some steps ahead? -----------

_X = np.random.default_rng(0).normal(size=(5, 9, 2))

AHEAD = Exercise(
    id="sequences-ahead",
    expects="a function of x (batch, timesteps, features) and a number of steps that returns the "
    "targets (batch, fewer timesteps, features)",
    read=Function([(_X, 3)]),
    right=lambda x, n: x[:, n:],
    confirms="as many targets as inputs, each from the right distance.",
    misconceptions={
        "these are the inputs themselves: a network would only have to copy.": lambda x, n: x[
            :, :-n
        ],
        "that is the next point, whatever number of steps was asked for.": AnyOf(
            lambda x, n: x[:, 1:], lambda x, n: x[:, 1 : 1 - n]
        ),
        "at the end of every sequence its beginning comes round again: nobody knows what "
        "followed there, so there is no target.": lambda x, n: np.roll(x, -n, axis=1),
        "that is off by one step: which step belongs to the very first input?": AnyOf(
            lambda x, n: x[:, n + 1 :], lambda x, n: x[:, n - 1 :]
        ),
        "you have moved along the batch axis: these are other drawings, not later points.": AnyOf(
            lambda x, n: x[n:], lambda x, n: np.roll(x, -n, axis=0)
        ),
        "that has as many timesteps as x, and the inputs are shorter. Which axis is time?": Where(
            lambda tried: tried.result.shape[:2] == _X.shape[:2]
        ),
        "the result has another number of axes than x: is one target for each input "
        "left?": without_axes(3),
    },
    otherwise="write the timesteps 0 to 8 in a row, and below each the step that lies ahead of it.",
)

# ---- Compute the cross-entropy of probabilities and labels --------------------------

_LABELS = np.array([0, 2, 1, 1, 3, 0])
_PROBS = np.random.default_rng(1).dirichlet([1.5] * 4, size=len(_LABELS))


def _picked(probs: Array, y: Array) -> Array:
    """Pick the probability of the right class of each example."""
    return probs[np.arange(len(y)), y]


def _loss(probs: Array, y: Array) -> float:
    return -np.log(_picked(probs, y)).mean()


LOSS = Exercise(
    id="sequences-loss",
    expects="a function of probs (batch, classes) and y (batch,) that returns one number",
    read=Function([(_PROBS, _LABELS)]),
    right=AnyOf(_loss, lambda probs, y: [_loss(probs, y)]),
    confirms="only the probability of the right class counts, and its logarithm is natural.",
    misconceptions={
        "the sign is turned round: a loss of a probability below 1 is positive.": lambda probs, y: (
            -_loss(probs, y)
        ),
        "that is the loss of each example: one number is asked for, their "
        "average.": lambda probs, y: -np.log(_picked(probs, y)),
        "that is the sum over the examples: a larger batch would have a larger "
        "loss.": lambda probs, y: len(y) * _loss(probs, y),
        "that is divided by the number of classes as well: the zeros of a one-hot vector "
        "were counted as terms.": lambda probs, y: _loss(probs, y) / probs.shape[1],
        "that is the right quantity with another logarithm: a nat belongs to the natural "
        "one.": AnyOf(*(lambda probs, y, b=b: _loss(probs, y) / np.log(b) for b in (2, 10))),
        "every example was paired with the labels of all the others: look at the shape of "
        "what you picked from probs.": lambda probs, y: -np.log(probs[:, y]).mean(),
        "that takes the most probable class of each example. Is it the right "
        "class?": lambda probs, y: -np.log(probs.max(axis=1)).mean(),
        "that is the entropy of the probabilities: the labels play no part in "
        "it.": lambda probs, y: -(probs * np.log(probs)).sum(axis=1).mean(),
        "the average was taken before the logarithm: the order of the two "
        "matters.": lambda probs, y: -np.log(_picked(probs, y).mean()),
        "that is about the average probability of the right class: where is the logarithm?": AnyOf(
            lambda probs, y: _picked(probs, y).mean(), lambda probs, y: 1 - _picked(probs, y).mean()
        ),
        "that is the accuracy: it doesn't ask how sure the network was.": lambda probs, y: (
            probs.argmax(axis=1) == y
        ).mean(),
    },
    otherwise="do it by hand for one example: a probability of a half for the right class costs "
    "0.693 nats.",
)

# ---- How often is the most frequent class of the training set right on the test set?

# The most frequent class differs between the two, and so do its shares.
_TRAIN_LABELS = np.array([0, 3, 3, 3, 1, 1, 2])
_TEST_LABELS = np.array([1, 1, 1, 3, 3, 0, 1, 1, 2, 1])


def _guess(train: Array) -> int:
    return np.bincount(train).argmax()


def _share(guess_from: Array, judged_on: Array) -> float:
    return (judged_on == _guess(guess_from)).mean()


GUESS = Exercise(
    id="sequences-guess",
    expects="a function of y_train and y_test, both (examples,), that returns one number",
    read=Function([(_TRAIN_LABELS, _TEST_LABELS)], returns=one_number),
    right=_share,
    confirms="the guess was made from the training labels, and judged on the test labels.",
    misconceptions={
        "that guesses the class that is most frequent in the test set: who guesses has not "
        "seen it.": lambda train, test: _share(test, test),
        "that is how often the guess is right on the training labels.": lambda train, test: _share(
            train, train
        ),
        "that is a guess evenly among the classes: can't one do otherwise?": lambda train, test: (
            1 / len(set(train))
        ),
        "that is the class itself: how often is it right?": lambda train, test: _guess(train),
        "that is how many test labels it gets right: an accuracy is a share.": lambda train, test: (
            test == _guess(train)
        ).sum(),
        "that is in percent: an accuracy lies between 0 and 1.": lambda train, test: (
            100 * _share(train, test)
        ),
        "that is how often the guess is wrong.": lambda train, test: 1 - _share(train, test),
    },
    otherwise="two steps: which class do you name, and for which share of y_test is it right?",
)

EXERCISES = (SHAPES, CUT, AHEAD, LOSS, GUESS)
