"""The exercises of the chapter on the gates of the LSTM."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqlearn.exercises.judging import (
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


def _sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


# ---- Counting parameters -----------------------------------------------------------


def _count(parts: int = 4, units: int = 50, features: int = 10, biases: int = 1) -> int:
    return parts * units * (features + units + biases)


PARAMETERS = Exercise(
    id="lstm-parameters",
    asks="How many parameters has an LSTM with 50 units on 10 features?",
    expects="a whole number, the parameters of the recurrent layer",
    read=read_whole_number,
    is_right=is_one_of(_count()),
    confirms="four parts, each with its kernel, its recurrent kernel and one bias.",
    misconceptions=(
        (is_one_of(_count(parts=1)), "that is one part. How many sums does a step work out?"),
        (is_one_of(_count(parts=3)), "three gates, yes. Is there nothing else with weights?"),
        (is_one_of(_count(parts=5)), "one part too many: the cell state itself has no weights."),
        (is_one_of(_count(biases=0)), "the kernels are right, and the biases are missing."),
        (is_one_of(_count(biases=2)), "two biases is PyTorch's way. Keras's LSTM adds one."),
        (is_one_of(4 * 50 * 11), "what carries the hidden state into the gates?"),
        (is_one_of(_count(units=10, features=50)), "units and features have changed places."),
    ),
    otherwise="write down the shapes of kernel, recurrent kernel and bias of one gate first.",
)


# ---- One step ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Step:
    """What a reader's function made of one step, and the parts to hold it against."""

    h: Array
    c: Array
    sums: tuple[Array, Array, Array, Array]  # what enters i, f, candidate, o
    result: Array

    def equals(self, h: Array, c: Array) -> bool:
        expected = np.stack([h, c])
        return same_array(self.result, expected)

    def states(self, order: tuple[int, ...] = (0, 1, 2, 3)) -> tuple[Array, Array]:
        i, f, g, o = (self.sums[place] for place in order)
        c = _sigmoid(f) * self.c + _sigmoid(i) * np.tanh(g)
        return _sigmoid(o) * np.tanh(c), c


def _step_arrays() -> tuple[Array, ...]:
    rng = np.random.default_rng(3)
    return (
        rng.normal(size=(BATCH, FEATURES)),
        rng.uniform(-1, 1, size=(BATCH, UNITS)),
        rng.normal(size=(BATCH, UNITS)),
        rng.normal(size=(FEATURES, 4 * UNITS)),
        rng.normal(size=(UNITS, 4 * UNITS)),
        rng.normal(size=4 * UNITS),
    )


def _read_step(function: Any) -> _Step:
    x, h, c, W, U, b = arrays = _step_arrays()
    return _Step(h, c, tuple(np.split(x @ W + h @ U + b, 4, axis=1)), call_on(function, *arrays))


def _no_forgetting(s: _Step) -> bool:
    i, _, g, o = s.sums
    c = s.c + _sigmoid(i) * np.tanh(g)
    return s.equals(_sigmoid(o) * np.tanh(c), c)


def _hidden_kept(s: _Step) -> bool:
    i, f, g, o = s.sums
    c = _sigmoid(f) * s.h + _sigmoid(i) * np.tanh(g)
    return s.equals(_sigmoid(o) * np.tanh(c), c)


def _unsquashed(s: _Step) -> bool:
    _, c = s.states()
    return s.equals(_sigmoid(s.sums[3]) * c, c)


def _old_state_shown(s: _Step) -> bool:
    _, c = s.states()
    return s.equals(_sigmoid(s.sums[3]) * np.tanh(s.c), c)


def _candidate_gated(s: _Step) -> bool:
    i, f, g, o = s.sums
    c = _sigmoid(f) * s.c + _sigmoid(i) * _sigmoid(g)
    return s.equals(_sigmoid(o) * np.tanh(c), c)


STEP = Exercise(
    id="lstm-step",
    asks="Write one step of an LSTM with Keras's weights.",
    expects="a function of x_t, h, c, W, U and b that returns the new states (h, c)",
    read=_read_step,
    is_right=lambda s: s.equals(*s.states()),
    confirms="both states, from weights in the order in which Keras packs them.",
    misconceptions=(
        (
            lambda s: s.equals(*s.states()[::-1]),
            "the two states have changed places: which of them does the layer show?",
        ),
        (
            lambda s: any(
                s.equals(*s.states(order)) or s.equals(*s.states(order)[::-1])
                for order in ((1, 0, 2, 3), (0, 2, 1, 3), (0, 1, 3, 2), (1, 0, 3, 2))
            ),
            "the formulas are right, and the weights were cut apart in another order than Keras's.",
        ),
        (_no_forgetting, "nothing is ever forgotten here: that is the LSTM of 1997."),
        (_hidden_kept, "the forget gate acts on the hidden state: which state is the memory?"),
        (_unsquashed, "the hidden state may leave −1 to 1: something is missing around c."),
        (_old_state_shown, "the output gate shows the cell state from before the update."),
        (_candidate_gated, "the candidate came out as a gate, never negative."),
        (
            lambda s: s.result.shape == (BATCH, UNITS),
            "that is one state. The next step needs two.",
        ),
    ),
    otherwise="go through the four steps of the chapter one by one, and compare each.",
)


# ---- A bias for a time scale -------------------------------------------------------


_SCALES = (1.5, 5.0, 20.0)


def _read_biases(function: Any) -> tuple[float, ...]:
    results = [call_on(function, steps) for steps in _SCALES]
    if any(result.ndim for result in results):
        raise NotAnAnswer(f"your function returned {describe(results[0])}, not one number")
    return tuple(float(result) for result in results)


def _by(formula: Callable[[float], float]) -> Callable[[tuple[float, ...]], bool]:
    return lambda given: np.allclose(given, [formula(steps) for steps in _SCALES], atol=1e-6)


BIAS = Exercise(
    id="lstm-bias-for",
    asks="Which forget bias has a time scale of so many steps?",
    expects="a function of a number of steps that returns the bias",
    read=_read_biases,
    is_right=_by(lambda steps: -math.log(math.expm1(1 / steps))),
    confirms="the formula of the chapter, solved for the bias.",
    misconceptions=(
        (
            _by(math.log),
            "that is close for long times, and it is the rule of thumb of chrono "
            "initialisation. For short ones it is off: solve the formula without rounding.",
        ),
        (
            _by(lambda steps: math.exp(-1 / steps)),
            "that is what the gate keeps at each step. Which bias gives a sigmoid this value?",
        ),
        (
            _by(lambda steps: math.log(math.expm1(1 / steps))),
            "the sign: this gate forgets where it should keep.",
        ),
        (
            _by(lambda steps: 1 / math.log1p(math.exp(-steps))),
            "that turns a bias into steps. Asked for is the way back.",
        ),
    ),
    otherwise="put your bias into seqlearn.initializers.time_scale: what comes out?",
)


# ---- What arrives at the end -------------------------------------------------------


@dataclass(frozen=True)
class _Arriving:
    """What a reader's function made of forget gates."""

    f: Array  # (timesteps, units)
    result: Array

    def equals(self, expected: Array) -> bool:
        return same_array(self.result, expected)


def _read_arriving(function: Any) -> _Arriving:
    f = np.random.default_rng(4).uniform(0.3, 0.99, size=(6, UNITS))
    return _Arriving(f, call_on(function, f))


def _arriving(f: Array) -> Array:
    """∏ of the gates after each step: nothing stands between the last step and the end."""
    return np.vstack([np.cumprod(f[:0:-1], axis=0)[::-1], np.ones((1, f.shape[1]))])


ARRIVING = Exercise(
    id="lstm-arriving",
    asks="Which share of the cell state after each step is left at the end?",
    expects="a function of forget gates (timesteps, units) that returns an array of that shape",
    read=_read_arriving,
    is_right=lambda s: s.equals(_arriving(s.f)),
    confirms="the product of all later gates; of the last state everything is left.",
    misconceptions=(
        (
            lambda s: s.equals(np.cumprod(s.f[::-1], axis=0)[::-1]),
            "one gate too many: the gate at step t acted before the state after step t was there.",
        ),
        (
            lambda s: s.equals(np.cumprod(s.f, axis=0)),
            "that is what is left of the state before the first step.",
        ),
        (
            lambda s: (
                s.equals(np.broadcast_to(s.f.prod(axis=0), s.f.shape)) or s.equals(s.f.prod(axis=0))
            ),
            "that is one product over the whole sequence: a later state passes fewer gates.",
        ),
        (
            lambda s: s.equals(np.cumprod(s.f, axis=1)) or s.equals(s.f.prod(axis=1)),
            "the product runs over the units: each unit has a belt of its own.",
        ),
        (
            lambda s: s.equals(_arriving(s.f)[::-1]),
            "the right numbers, from the last step to the first.",
        ),
        (
            lambda s: s.equals(np.cumsum(s.f[::-1], axis=0)[::-1]),
            "shares of shares are multiplied, not added.",
        ),
    ),
    otherwise="try three steps by hand: which gates act on the state after the first?",
)


# ---- Peepholes ---------------------------------------------------------------------


@dataclass(frozen=True)
class _Peephole:
    """What a reader's function made of one step with peepholes."""

    c: Array
    p: Array
    sums: tuple[Array, Array, Array, Array]
    result: Array

    def equals(self, h: Array, c: Array) -> bool:
        expected = np.stack([h, c])
        return same_array(self.result, expected)

    def states(self, output_sees: str = "new", gates: tuple[int, int, int] = (1, 1, 1)):
        i, f, g, o = self.sums
        p_i, p_f, p_o = (used * p for used, p in zip(gates, self.p, strict=True))
        c = _sigmoid(f + p_f * self.c) * self.c + _sigmoid(i + p_i * self.c) * np.tanh(g)
        seen = c if output_sees == "new" else self.c
        return _sigmoid(o + p_o * seen) * np.tanh(c), c


def _read_peephole(function: Any) -> _Peephole:
    x, h, c, W, U, b = arrays = _step_arrays()
    p = np.random.default_rng(5).normal(size=(3, UNITS))
    sums = tuple(np.split(x @ W + h @ U + b, 4, axis=1))
    return _Peephole(c, p, sums, call_on(function, *arrays, p))


PEEPHOLE = Exercise(
    id="lstm-peepholes",
    asks="Let the gates of an LSTM see the cell state.",
    expects=(
        "a function of x_t, h, c, W, U, b and v (3, units), the weights of the peepholes of i, f "
        "and o, that returns the new states (h, c)"
    ),
    read=_read_peephole,
    is_right=lambda s: s.equals(*s.states()),
    confirms="two gates look at the state before the update and one at the state after it.",
    misconceptions=(
        (
            lambda s: s.equals(*s.states(output_sees="old")),
            "all gates look at the same cell state. The output gate opens after the update: "
            "which state is there to be shown?",
        ),
        (lambda s: s.equals(*s.states(gates=(0, 0, 0))), "the peepholes have no effect."),
        (
            lambda s: s.equals(*s.states(gates=(1, 1, 0))),
            "two of the three gates can see. What of the third?",
        ),
        (
            lambda s: s.equals(*s.states()[::-1]),
            "the two states have changed places.",
        ),
    ),
    otherwise="add v times the cell state, unit by unit, to the sum inside each gate.",
)


EXERCISES = (PARAMETERS, STEP, BIAS, ARRIVING, PEEPHOLE)
