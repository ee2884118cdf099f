"""The exercises of the chapter on the limits of a plain RNN."""

from __future__ import annotations

import math
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
    read_whole_number,
    same_array,
)

Array = np.ndarray

# Sizes that all differ, so that an array that was turned is noticed.
BATCH, FEATURES, UNITS = 2, 3, 5


# ---- Counting parameters -----------------------------------------------------------


PARAMETERS = Exercise(
    id="rnn-parameters",
    asks="How many parameters has a SimpleRNN with 32 units on 8 features?",
    expects="a whole number, the parameters of the recurrent layer",
    read=read_whole_number,
    is_right=is_one_of(32 * (8 + 32 + 1)),
    confirms="a kernel, a recurrent kernel and one bias, whatever the length of the sequence.",
    misconceptions=(
        (
            is_one_of(32 * (8 + 1)),
            "that is a dense layer on the input. What carries the state to the next step?",
        ),
        (
            is_one_of(32 * (8 + 32)),
            "both kernels are there, and something is not added to the sum.",
        ),
        (is_one_of(32 * (32 + 1)), "the state is looked after. What reads the input?"),
        (is_one_of(32 * (8 + 32 + 2)), "that has two biases. How many stand in the formula?"),
        (is_one_of(4 * 32 * (8 + 32 + 1)), "that is an LSTM: a plain RNN has no gates."),
        (is_one_of(3 * 32 * (8 + 32 + 1), 3 * 32 * (8 + 32 + 2)), "that is a GRU, with its gates."),
        (is_one_of(8 * (8 + 32 + 1)), "units and features have changed places."),
        (
            lambda n: n > 0 and n % (32 * (8 + 32 + 1)) == 0,
            "were the weights counted once for each step? Every step uses the same ones.",
        ),
    ),
    otherwise="write down the shapes of W, U and b, and count what is in each.",
)


# ---- One step of the loop ----------------------------------------------------------


@dataclass(frozen=True)
class _Step:
    """What a reader's function made of one step."""

    x: Array
    h: Array
    W: Array
    U: Array
    b: Array
    result: Array

    def equals(self, expected: Array) -> bool:
        return same_array(self.result, expected)


def _read_step(function: Any) -> _Step:
    rng = np.random.default_rng(1)
    arrays = (
        rng.normal(size=(BATCH, FEATURES)),
        rng.uniform(-1, 1, size=(BATCH, UNITS)),
        rng.normal(size=(FEATURES, UNITS)),
        rng.normal(size=(UNITS, UNITS)),
        rng.normal(size=UNITS),
    )
    return _Step(*arrays, call_on(function, *arrays))


ONE_STEP = Exercise(
    id="rnn-one-step",
    asks="Write one step of a plain RNN.",
    expects="a function of x_t, h, W, U and b that returns the new state (batch, units)",
    read=_read_step,
    is_right=lambda s: s.equals(np.tanh(s.x @ s.W + s.h @ s.U + s.b)),
    confirms="old state and new input in, new state out.",
    misconceptions=(
        (
            lambda s: s.equals(s.x @ s.W + s.h @ s.U + s.b),
            "the sum is right, and nothing keeps it within bounds.",
        ),
        (
            lambda s: s.equals(np.tanh(s.x @ s.W + s.h @ s.U.T + s.b)),
            "the recurrent kernel is transposed: rows of the batch stand on the left here.",
        ),
        (
            lambda s: s.equals(np.tanh(s.x @ s.W + s.h @ s.U)),
            "one of the five arguments has no part in your sum.",
        ),
        (
            lambda s: s.equals(np.tanh(s.x @ s.W + s.b)),
            "this step has no memory: what of the old state?",
        ),
        (
            lambda s: s.equals(np.tanh(s.h @ s.U + s.b)),
            "this step never looks at its input.",
        ),
        (
            lambda s: (
                s.equals(np.tanh(s.x @ s.W) + np.tanh(s.h @ s.U) + s.b)
                or s.equals(np.tanh(s.x @ s.W) + s.h @ s.U + s.b)
                or s.equals(np.tanh(s.x @ s.W + s.h @ s.U) + s.b)
            ),
            "the tanh is there, but not around the whole sum.",
        ),
        (
            lambda s: s.equals(1 / (1 + np.exp(-(s.x @ s.W + s.h @ s.U + s.b)))),
            "that is the sigmoid, which gates use; its values are never negative.",
        ),
        (
            lambda s: s.result.shape != (BATCH, UNITS),
            "the new state must have the shape of the old one, (batch, units).",
        ),
    ),
    otherwise="compare your function with the loop of the chapter, term by term.",
)


# ---- One step back -----------------------------------------------------------------


@dataclass(frozen=True)
class _Back:
    """What a reader's function made of one step backwards."""

    delta: Array
    h: Array
    U: Array
    result: Array

    def equals(self, expected: Array) -> bool:
        return same_array(self.result, expected)


def _read_back(function: Any) -> _Back:
    rng = np.random.default_rng(2)
    arrays = (
        rng.normal(size=(BATCH, UNITS)),
        rng.uniform(-0.9, 0.9, size=(BATCH, UNITS)),
        rng.normal(size=(UNITS, UNITS)),
    )
    return _Back(*arrays, call_on(function, *arrays))


ONE_STEP_BACK = Exercise(
    id="rnn-one-step-back",
    asks="Send a gradient back by one step.",
    expects="a function of delta, h and U that returns the gradient one step earlier",
    read=_read_back,
    is_right=lambda s: s.equals((s.delta * (1 - s.h**2)) @ s.U.T),
    confirms="first through the tanh, then through the recurrent kernel, transposed.",
    misconceptions=(
        (
            lambda s: s.equals((s.delta * (1 - s.h**2)) @ s.U),
            "that walks forwards: U took h to the next step. What takes a gradient back?",
        ),
        (
            lambda s: s.equals(s.delta @ s.U.T),
            "the gradient went past the tanh as though it were not there.",
        ),
        (
            lambda s: s.equals(s.delta * (1 - s.h**2)),
            "through the tanh, yes. It has not yet crossed to the earlier state.",
        ),
        (
            lambda s: s.equals((s.delta @ s.U.T) * (1 - s.h**2)),
            "both factors are there, in the wrong order: which did the state meet last on its "
            "way forwards?",
        ),
        (
            lambda s: s.equals((s.delta * (1 - np.tanh(s.h) ** 2)) @ s.U.T),
            "h has been through the tanh already: the derivative was taken of a tanh of a tanh.",
        ),
        (
            lambda s: s.equals((s.delta * s.h * (1 - s.h)) @ s.U.T),
            "that is the derivative of the sigmoid.",
        ),
        (
            lambda s: s.result.shape != (BATCH, UNITS),
            "the gradient of a state has the shape of the state, (batch, units).",
        ),
    ),
    otherwise="compare with the first formula of the section on going back through time.",
)


# ---- When is a bounded gradient gone? ----------------------------------------------


_SPECTRA = ((0.9, 0.01), (0.5, 1e-6), (0.99, 0.1), (0.8, 0.8))


def _read_steps(function: Any) -> tuple[float, ...]:
    results = [call_on(function, gain, share) for gain, share in _SPECTRA]
    if any(result.ndim for result in results):
        raise NotAnAnswer(f"your function returned {describe(results[0])}, not one number")
    return tuple(float(result) for result in results)


def _by(formula: Callable[[float, float], float]) -> Callable[[tuple[float, ...]], bool]:
    expected = [formula(gain, share) for gain, share in _SPECTRA]
    return lambda given: np.allclose(given, expected)


def _steps(gain: float, share: float) -> int:
    steps = 0
    while gain**steps > share * (1 + 1e-12):
        steps += 1
    return steps


STEPS_LEFT = Exercise(
    id="rnn-steps-until",
    asks="After how many steps is a gradient bounded below a share of itself?",
    expects="a function of a largest singular value below 1 and a share, giving whole steps",
    read=_read_steps,
    is_right=_by(_steps),
    confirms="whole steps, the first at which the bound is down to the share.",
    misconceptions=(
        (
            _by(lambda gain, share: math.log(share) / math.log(gain)),
            "the formula is right; steps come whole.",
        ),
        (
            _by(lambda gain, share: _steps(gain, share) - 1),
            "one step too early: the bound is still above the share there.",
        ),
        (_by(lambda gain, share: _steps(gain, share) + 1), "one step later than need be."),
        (
            _by(lambda gain, share: math.ceil(math.log(gain) / math.log(share))),
            "the two logarithms have changed places.",
        ),
        (
            _by(lambda gain, share: math.ceil((1 - share) / (1 - gain))),
            "that takes away the same amount at each step. What does a product do?",
        ),
        (
            lambda given: any(steps < 0 for steps in given),
            "a negative number of steps: what is the sign of the logarithm of a share?",
        ),
    ),
    otherwise="put your result into the bound: what is gain ** steps?",
)


# ---- Clipping ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Clipped:
    """What a reader's function made of a large and of a small gradient, limit 1."""

    large: Array
    small: Array
    of_large: Array
    of_small: Array

    def equals(self, clip: Callable[[Array], Array]) -> bool:
        pairs = ((self.of_large, clip(self.large)), (self.of_small, clip(self.small)))
        return all(got.shape == want.shape and np.allclose(got, want) for got, want in pairs)


def _read_clipped(function: Any) -> _Clipped:
    large, small = np.array([3.0, -4.0, 0.5, 0.0]), np.array([0.1, -0.2, 0.2, 0.0])
    return _Clipped(large, small, call_on(function, large, 1.0), call_on(function, small, 1.0))


def _clip(gradient: Array) -> Array:
    return gradient / max(1.0, float(np.linalg.norm(gradient)))


CLIP = Exercise(
    id="rnn-clip",
    asks="Clip a gradient by its norm.",
    expects="a function of a gradient and a limit that returns the clipped gradient",
    read=_read_clipped,
    is_right=lambda c: c.equals(_clip),
    confirms="a long gradient is shortened and keeps its direction, a short one passes.",
    misconceptions=(
        (
            lambda c: c.equals(lambda g: np.clip(g, -1, 1)),
            "each number was clipped by itself (Keras's clipvalue), so the direction has changed.",
        ),
        (
            lambda c: c.equals(lambda g: np.minimum(g, 1)),
            "only large positive numbers were cut. How long is the gradient now?",
        ),
        (
            lambda c: c.equals(lambda g: g / np.linalg.norm(g)),
            "the small gradient was made longer: clipping never enlarges.",
        ),
        (
            lambda c: c.equals(lambda g: g),
            "the long gradient came back as long as it was.",
        ),
        (
            lambda c: c.equals(lambda g: g / max(1.0, float(np.sum(g**2)))),
            "that divides by the squared norm.",
        ),
        (
            lambda c: c.equals(lambda g: g / max(1.0, float(np.abs(g).max()))),
            "that measures the gradient by its largest number, not by its length.",
        ),
        (
            lambda c: c.equals(lambda g: g / max(1.0, float(np.abs(g).sum()))),
            "that measures the gradient by the sum of its numbers. Which norm is the length?",
        ),
        (
            lambda c: not c.of_large.any() or not c.of_small.any(),
            "a gradient became zero: then nothing is learned at all.",
        ),
    ),
    otherwise="what are the length and the direction of your result, and which should change?",
)


EXERCISES = (PARAMETERS, ONE_STEP, ONE_STEP_BACK, STEPS_LEFT, CLIP)
