"""The exercises of the chapter on the GRU."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from seqlearn.exercises.formulas import bias_to_keep, normal, parameters, sigmoid
from seqlearn.exercises.judging import AnyOf, Exercise, Function, Where, not_shaped
from seqlearn.exercises.reading import Array, NotAnAnswer, arrays, one_number, whole_number

# ---- How many parameters has a GRU of 20 units that reads 6 features? ---------------

_count = partial(parameters, units=20, features=6, biases=2)

PARAMETERS = Exercise(
    id="gru-parameters",
    expects="a whole number, the parameters of the layer",
    read=whole_number,
    right=_count(3),
    confirms="three parts, each with a kernel, a recurrent kernel and the two biases of Keras.",
    misconceptions={
        "that is the GRU of the paper, or reset_after=False. What does Keras's default add on "
        "the recurrent side?": _count(3, biases=1),
        "that is an LSTM. Which of its four parts has a GRU no need of?": _count(4, biases=1),
        "four parts with two biases each: neither cell of Keras has these. Count the gates "
        "of a GRU, and what else has weights.": _count(4),
        "two gates, yes, but the candidate has weights of its own, too.": AnyOf(
            _count(2), _count(2, biases=1)
        ),
        "that is one part alone: a plain recurrent layer.": AnyOf(_count(1), _count(1, biases=1)),
        "the kernels are right; the biases are missing.": _count(3, biases=0),
        "the weights from the old state are missing: they are a square of units by units.": AnyOf(
            3 * 20 * (6 + 1), 3 * 20 * (6 + 2)
        ),
    },
    otherwise="work it out for one part first: the shape of each of its weights, then the biases.",
)

# ---- Write one step of the GRU with the reset gate before the product ---------------


def _step(
    x: Array, h: Array, W: Array, U: Array, b: Array,
    order: str = "zrh", after: bool = False, keeps: bool = True, reset: bool = True,
    squash: Callable[[Array], Array] = np.tanh, biased: bool = True,
) -> Array:  # fmt: skip
    W, U, b = (dict(zip(order, np.split(a, 3, axis=-1), strict=True)) for a in (W, U, b * biased))
    z, r = (sigmoid(x @ W[g] + h @ U[g] + b[g]) for g in "zr")
    r = r if reset else np.ones_like(r)
    from_h = r * (h @ U["h"]) if after else (r * h) @ U["h"]
    candidate = squash(x @ W["h"] + from_h + b["h"])
    return z * h + (1 - z) * candidate if keeps else (1 - z) * h + z * candidate


STEP = Exercise(
    id="gru-step",
    expects="a function of x, h, W, U and b that returns the new state, (batch, units)",
    read=Function([normal(0, (2, 3), (2, 4), (3, 12), (4, 12), 12)]),
    right=_step,
    confirms="this is the step of the paper, and of reset_after=False.",
    misconceptions={
        "the reset gate acts after the product with the recurrent kernel: that is the other "
        "form of the GRU.": partial(_step, after=True),
        "the update gate points the other way: what should z = 1 do to the old state?": partial(
            _step, keeps=False
        ),
        "two things are turned round: where the reset acts, and which way the update gate "
        "points.": partial(_step, after=True, keeps=False),
        "the two gates have changed places: in which order does Keras pack them?": partial(
            _step, order="rzh"
        ),
        "the parts are cut out in another order than Keras packs them.": AnyOf(
            *(partial(_step, order=order) for order in ("hzr", "hrz", "zhr", "rhz"))
        ),
        "the reset gate is computed and never used, or left out.": partial(_step, reset=False),
        "the candidate is not squashed by tanh.": partial(_step, squash=lambda a: a),
        "the bias is missing.": partial(_step, biased=False),
        "the new state should have the shape of the old one, (batch, units).": not_shaped((2, 4)),
    },
    otherwise="compare your four lines with those of the chapter: gate, gate, candidate, mixture.",
)

# ---- Make weights whose update gate replaces into weights whose update gate keeps ---

_PARTS = {"kernel": (3, 12), "recurrent kernel": (4, 12), "bias": (2, 12)}
_WEIGHTS = normal(1, *_PARTS.values())


def _turn(*all_signs: str) -> Callable[..., list[Array]]:
    """Turn the parts z, r, h marked - of kernel, recurrent kernel and bias."""

    def turned(*weights: Array) -> list[Array]:
        signs = [np.array([float(sign + "1") for sign in signs]) for signs in all_signs]
        return [w * np.repeat(s, w.shape[-1] // 3) for w, s in zip(weights, signs, strict=True)]

    return turned


def _read_weights(result: object) -> tuple[Array, ...]:
    found = arrays(3)(result)
    for given, (name, shape) in zip(found, _PARTS.items(), strict=True):
        if given.shape != shape:
            raise NotAnAnswer(f"a {name} of shape {given.shape}", f"{shape}")
    return found


TURN = Exercise(
    id="gru-turn",
    expects="a function of kernel, recurrent_kernel and bias that returns these three",
    read=Function([_WEIGHTS], returns=_read_weights),
    right=_turn("-++", "-++", "-++"),
    confirms="σ(−a) = 1 − σ(a): the new gate keeps just what the old one did not replace.",
    misconceptions={
        "nothing has changed: this update gate still replaces where Keras's keeps.": _turn(
            "+++", "+++", "+++"
        ),
        "everything is turned round: the reset gate and the candidate mean the same in both "
        "conventions.": _turn("---", "---", "---"),
        "the reset gate is turned round, too. Should it be?": _turn("--+", "--+", "--+"),
        "the wrong part is turned round: in which order does Keras pack z, r and h?": AnyOf(
            _turn("+-+", "+-+", "+-+"), _turn("++-", "++-", "++-")
        ),
        "both kernels are right. What else enters the update gate?": _turn("-++", "-++", "+++"),
        "only some of what enters the update gate is turned round: all three arrays have a "
        "share in it.": AnyOf(
            _turn("-++", "+++", "-++"),
            _turn("+++", "-++", "-++"),
            _turn("-++", "+++", "+++"),
            _turn("+++", "-++", "+++"),
            _turn("+++", "+++", "-++"),
        ),
        "one minus the weights is not one minus the gate: the sigmoid stands between them. "
        "For which b is σ(b) = 1 − σ(a)?": Where(
            lambda tried: any(
                np.allclose(given[..., :4], 1 - weight[..., :4])
                for given, weight in zip(tried.result, _WEIGHTS, strict=True)
            )
        ),
    },
    otherwise="only one of the three parts has to change, and its shape stays: look for a change "
    "of the sum inside σ that turns σ into 1 − σ.",
)

# ---- Which bias gives a time scale of so many steps to an update gate that replaces?


BIAS = Exercise(
    id="gru-bias",
    expects="a function of a number of steps that returns the bias, a number",
    read=Function([(1.5,), (4.0,), (20.0,), (100.0,), (300.0,)], returns=one_number),
    right=lambda steps: -bias_to_keep(steps),
    confirms="with this bias the other paper's gate keeps for that many steps, few or many.",
    misconceptions={
        "that is the bias for Keras, where z = 1 keeps the old state. Here z = 1 replaces "
        "it.": bias_to_keep,
        "right in the limit of many steps. Try it on a few: the time is off by half a step, "
        "which is much of a step and a half.": lambda steps: -math.log(steps),
        "that is chrono's rule for a gate that keeps, and holds for many steps only. What "
        "does z = 1 do here?": math.log,
        "that is the share that each step has to keep. How much is then replaced, and which "
        "bias gives that z?": lambda steps: math.exp(-1 / steps),
        "that is the share z that each step may replace. Which bias gives that z?": lambda steps: (
            -math.expm1(-1 / steps)
        ),
        "that replaces the share 1/steps: near, but the state then fades to a little less "
        "than 1/e.": lambda steps: -math.log(steps - 1),
    },
    otherwise="solve in two steps: which share may each step replace if 1/e is to be left after "
    "so many, and which b has σ(b) equal to that share?",
)

EXERCISES = (PARAMETERS, STEP, TURN, BIAS)
