"""The exercises of the chapter on the GRU."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqlearn.exercises.judging import Exercise, NotAnAnswer, describe, read_whole_number

Array = np.ndarray


def _sigma(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


def _call(function: Any, *arguments: Any) -> Any:
    """Call a reader's function on copies; say what went wrong in the reader's words."""
    if not callable(function):
        raise NotAnAnswer(
            f"got {describe(function)}; hand in the function itself, without calling it"
        )
    try:
        result = function(*(a.copy() if isinstance(a, np.ndarray) else a for a in arguments))
    except Exception as error:
        raise NotAnAnswer(f"your function raised {type(error).__name__}: {error}") from error
    if result is None:
        raise NotAnAnswer("your function returned nothing: is a return missing?")
    return result


def _numbers(result: Any) -> Array:
    try:
        array = np.asarray(result, dtype=float)
    except (TypeError, ValueError):
        raise NotAnAnswer(f"your function returned {describe(result)}, not numbers") from None
    return array


# ---- Parameters --------------------------------------------------------------------

_UNITS, _FEATURES = 20, 6
_SQUARE = _UNITS * (_FEATURES + _UNITS)  # kernel and recurrent kernel of one part

PARAMETERS = Exercise(
    id="gru-parameters",
    asks="How many parameters has a GRU of 20 units that reads 6 features?",
    expects="a whole number, the parameters of the layer",
    read=read_whole_number,
    is_right=lambda n: n == 3 * (_SQUARE + 2 * _UNITS),
    confirms="three parts, each with a kernel, a recurrent kernel and the two biases of Keras.",
    misconceptions=(
        (
            lambda n: n == 3 * (_SQUARE + _UNITS),
            "that is the GRU of the paper, or reset_after=False. What does Keras's default add on "
            "the recurrent side?",
        ),
        (
            lambda n: n == 4 * (_SQUARE + _UNITS),
            "that is an LSTM. Which of its four parts has a GRU no need of?",
        ),
        (
            lambda n: n == 4 * (_SQUARE + 2 * _UNITS),
            "four parts with two biases each: neither cell of Keras has these. Count the gates "
            "of a GRU, and what else has weights.",
        ),
        (
            lambda n: n in (2 * (_SQUARE + _UNITS), 2 * (_SQUARE + 2 * _UNITS)),
            "two gates, yes, but the candidate has weights of its own, too.",
        ),
        (
            lambda n: n in (_SQUARE + _UNITS, _SQUARE + 2 * _UNITS),
            "that is one part alone: a plain recurrent layer.",
        ),
        (lambda n: n == 3 * _SQUARE, "the kernels are right; the biases are missing."),
        (
            lambda n: n in (3 * (_UNITS * _FEATURES + _UNITS), 3 * (_UNITS * _FEATURES + 2 * 20)),
            "the weights from the old state are missing: they are a square of units by units.",
        ),
    ),
    otherwise="work it out for one part first: the shape of each of its weights, then the biases.",
)

# ---- The step of the paper ---------------------------------------------------------


@dataclass(frozen=True)
class _Step:
    """Arrays on which a step function is tried, and what it gave."""

    x: Array
    h: Array
    W: Array
    U: Array
    b: Array
    result: Array | None = None

    @property
    def units(self) -> int:
        return self.h.shape[1]

    def is_step(self, **changes: Any) -> bool:
        """Whether the result is that of a GRU step, or of one with this mistake."""
        expected = _paper_step(self, **changes)
        return self.result.shape == expected.shape and np.allclose(self.result, expected, atol=1e-5)


def _paper_step(
    s: _Step, order: str = "zrh", after: bool = False, keeps: bool = True, reset: bool = True,
    squash: bool = True, biased: bool = True,
) -> Array:  # fmt: skip
    n = s.units
    place = {part: slice(k * n, (k + 1) * n) for k, part in enumerate(order)}
    W, U, b = (
        {part: a[..., where] for part, where in place.items()}
        for a in (s.W, s.U, s.b if biased else 0 * s.b)
    )
    z, r = (_sigma(s.x @ W[g] + s.h @ U[g] + b[g]) for g in "zr")
    if not reset:
        r = np.ones_like(r)
    from_h = r * (s.h @ U["h"]) if after else (r * s.h) @ U["h"]
    candidate = s.x @ W["h"] + from_h + b["h"]
    candidate = np.tanh(candidate) if squash else candidate
    return z * s.h + (1 - z) * candidate if keeps else (1 - z) * s.h + z * candidate


def _read_step(function: Any) -> _Step:
    rng = np.random.default_rng(0)
    shapes = {"x": (2, 3), "h": (2, 4), "W": (3, 12), "U": (4, 12), "b": (12,)}
    step = _Step(**{name: rng.normal(size=shape) for name, shape in shapes.items()})
    result = _numbers(_call(function, step.x, step.h, step.W, step.U, step.b))
    return _Step(step.x, step.h, step.W, step.U, step.b, result)


STEP = Exercise(
    id="gru-step",
    asks="Write one step of the GRU with the reset gate before the product.",
    expects="a function of x, h, W, U and b that returns the new state, (batch, units)",
    read=_read_step,
    is_right=lambda s: s.is_step(),
    confirms="this is the step of the paper, and of reset_after=False.",
    misconceptions=(
        (
            lambda s: s.is_step(after=True),
            "the reset gate acts after the product with the recurrent kernel: that is the other "
            "form of the GRU.",
        ),
        (
            lambda s: s.is_step(keeps=False),
            "the update gate points the other way: what should z = 1 do to the old state?",
        ),
        (
            lambda s: s.is_step(after=True, keeps=False),
            "two things are turned round: where the reset acts, and which way the update gate "
            "points.",
        ),
        (
            lambda s: s.is_step(order="rzh"),
            "the two gates have changed places: in which order does Keras pack them?",
        ),
        (
            lambda s: any(s.is_step(order=order) for order in ("hzr", "hrz", "zhr", "rhz")),
            "the parts are cut out in another order than Keras packs them.",
        ),
        (
            lambda s: s.is_step(reset=False),
            "the reset gate is computed and never used, or left out.",
        ),
        (lambda s: s.is_step(squash=False), "the candidate is not squashed by tanh."),
        (lambda s: s.is_step(biased=False), "the bias is missing."),
        (
            lambda s: s.result.shape != s.h.shape,
            "the new state should have the shape of the old one, (batch, units).",
        ),
    ),
    otherwise="compare your four lines with those of the chapter: gate, gate, candidate, mixture.",
)

# ---- The update gate turned round --------------------------------------------------


@dataclass(frozen=True)
class _Turned:
    """Weights whose update gate replaces, and what a reader's function made of them."""

    weights: tuple[Array, Array, Array]
    result: tuple[Array, ...] = field(default=())

    def has_signs(self, kernel: str, recurrent: str, bias: str) -> bool:
        """Whether these are the weights with the parts marked - turned round."""
        return all(
            np.allclose(given, weight * _signs(signs, weight.shape[-1]))
            for given, weight, signs in zip(
                self.result, self.weights, (kernel, recurrent, bias), strict=True
            )
        )

    def all_signs(self, signs: str) -> bool:
        return self.has_signs(signs, signs, signs)


def _signs(signs: str, width: int) -> Array:
    return np.repeat([1.0 if sign == "+" else -1.0 for sign in signs], width // 3)


def _read_turned(function: Any) -> _Turned:
    rng = np.random.default_rng(0)
    weights = tuple(rng.normal(size=shape) for shape in ((3, 12), (4, 12), (2, 12)))
    result = _call(function, *weights)
    if not isinstance(result, tuple | list) or len(result) != 3:
        raise NotAnAnswer(
            f"your function returned {describe(result)}; it should return three arrays"
        )
    arrays = tuple(_numbers(part) for part in result)
    for name, given, weight in zip(
        ("kernel", "recurrent kernel", "bias"), arrays, weights, strict=True
    ):
        if given.shape != weight.shape:
            raise NotAnAnswer(f"your {name} has the shape {given.shape}, not {weight.shape}")
    return _Turned(weights, arrays)


TURN = Exercise(
    id="gru-turn",
    asks="Make weights whose update gate replaces into weights whose update gate keeps.",
    expects="a function of kernel, recurrent_kernel and bias that returns these three",
    read=_read_turned,
    is_right=lambda t: t.all_signs("-++"),
    confirms="σ(−a) = 1 − σ(a): the new gate keeps just what the old one did not replace.",
    misconceptions=(
        (
            lambda t: t.all_signs("+++"),
            "nothing has changed: this update gate still replaces where Keras's keeps.",
        ),
        (
            lambda t: t.all_signs("---"),
            "everything is turned round: the reset gate and the candidate mean the same in both "
            "conventions.",
        ),
        (lambda t: t.all_signs("--+"), "the reset gate is turned round, too. Should it be?"),
        (
            lambda t: t.all_signs("+-+") or t.all_signs("++-"),
            "the wrong part is turned round: in which order does Keras pack z, r and h?",
        ),
        (
            lambda t: t.has_signs("-++", "-++", "+++"),
            "both kernels are right. What else enters the update gate?",
        ),
        (
            lambda t: (
                t.has_signs("-++", "+++", "-++")
                or t.has_signs("+++", "-++", "-++")
                or t.has_signs("-++", "+++", "+++")
                or t.has_signs("+++", "-++", "+++")
                or t.has_signs("+++", "+++", "-++")
            ),
            "only some of what enters the update gate is turned round: all three arrays have a "
            "share in it.",
        ),
        (
            lambda t: any(
                np.allclose(given, 1 - weight) or np.allclose(given[..., :4], 1 - weight[..., :4])
                for given, weight in zip(t.result, t.weights, strict=True)
            ),
            "one minus the weights is not one minus the gate: the sigmoid stands between them. "
            "For which b is σ(b) = 1 − σ(a)?",
        ),
    ),
    otherwise=(
        "only one of the three parts has to change, and its shape stays: look for a change of the "
        "sum inside σ that turns σ into 1 − σ."
    ),
)

# ---- A bias for a time scale -------------------------------------------------------

_STEPS = (1.5, 4.0, 20.0, 100.0, 300.0)


def _keras_bias(steps: float) -> float:
    return -math.log(math.expm1(1 / steps))


def _read_bias(function: Any) -> tuple[float, ...]:
    answers = []
    for steps in _STEPS:
        result = _numbers(_call(function, steps))
        if result.shape not in ((), (1,)):
            raise NotAnAnswer(f"your function returned {describe(result)}, not one number")
        answers.append(float(result.reshape(())))
    return tuple(answers)


def _like(formula: Callable[[float], float]) -> Callable[[tuple[float, ...]], bool]:
    return lambda answers: bool(np.allclose(answers, [formula(s) for s in _STEPS], rtol=1e-4))


BIAS = Exercise(
    id="gru-bias",
    asks="Which bias gives a time scale of so many steps to an update gate that replaces?",
    expects="a function of a number of steps that returns the bias, a number",
    read=_read_bias,
    is_right=_like(lambda s: -_keras_bias(s)),
    confirms="with this bias the other paper's gate keeps for that many steps, few or many.",
    misconceptions=(
        (
            _like(_keras_bias),
            "that is the bias for Keras, where z = 1 keeps the old state. Here z = 1 replaces it.",
        ),
        (
            _like(lambda s: -math.log(s)),
            "right in the limit of many steps. Try it on a few: the time is off by half a step, "
            "which is much of a step and a half.",
        ),
        (
            _like(math.log),
            "that is chrono's rule for a gate that keeps, and holds for many steps only. What "
            "does z = 1 do here?",
        ),
        (
            _like(lambda s: math.exp(-1 / s)),
            "that is the share that each step has to keep. How much is then replaced, and which "
            "bias gives that z?",
        ),
        (
            _like(lambda s: -math.expm1(-1 / s)),
            "that is the share z that each step may replace. Which bias gives that z?",
        ),
        (
            _like(lambda s: -math.log(s - 1)),
            "that replaces the share 1/steps: near, but the state then fades to a little less "
            "than 1/e.",
        ),
    ),
    otherwise="solve in two steps: which share may each step replace if 1/e is to be left after "
    "so many, and which b has σ(b) equal to that share?",
)

EXERCISES = (PARAMETERS, STEP, TURN, BIAS)
