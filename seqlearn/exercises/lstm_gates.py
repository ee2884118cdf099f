"""The exercises of the chapter on the gates of the LSTM."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from seqlearn.exercises.formulas import bias_to_keep, normal, parameters, sigmoid
from seqlearn.exercises.judging import AnyOf, Exercise, Function, shaped
from seqlearn.exercises.reading import Array, one_number, whole_number

# ---- How many parameters has an LSTM with 50 units on 10 features? ------------------

_count = partial(parameters, units=50, features=10)

PARAMETERS = Exercise(
    id="lstm-parameters",
    expects="a whole number, the parameters of the recurrent layer",
    read=whole_number,
    right=_count(4),
    confirms="four parts, each with its kernel, its recurrent kernel and one bias.",
    misconceptions={
        "that is one part. How many sums does a step work out?": _count(1),
        "three gates, yes. Is there nothing else with weights?": _count(3),
        "one part too many: the cell state itself has no weights.": _count(5),
        "the kernels are right, and the biases are missing.": _count(4, biases=0),
        "two biases is PyTorch's way. Keras's LSTM adds one.": _count(4, biases=2),
        "what carries the hidden state into the gates?": 4 * 50 * (10 + 1),
        "units and features have changed places.": _count(4, units=10, features=50),
    },
    otherwise="write down the shapes of kernel, recurrent kernel and bias of one gate first.",
)

# ---- Write one step of an LSTM with Keras's weights ---------------------------------

States = tuple[Array, Array]


def _step(
    x: Array, h: Array, c: Array, W: Array, U: Array, b: Array,
    order: str = "ifgo", kept: str = "c", forget: bool = True, shown: str = "new",
    squash: Callable[[Array], Array] = np.tanh, write: Callable[[Array], Array] = np.tanh,
) -> States:  # fmt: skip
    a = dict(zip(order, np.split(x @ W + h @ U + b, 4, axis=1), strict=True))
    old = sigmoid(a["f"]) * (c if kept == "c" else h) if forget else c
    new = old + sigmoid(a["i"]) * write(a["g"])
    return sigmoid(a["o"]) * squash(new if shown == "new" else c), new


def _swapped(step: Callable[..., States]) -> Callable[..., States]:
    return lambda *arguments: step(*arguments)[::-1]


_STEP_ARRAYS = normal(3, (2, 3), (2, 5), (2, 5), (3, 20), (5, 20), 20)
_OTHER_ORDERS = [partial(_step, order=order) for order in ("figo", "igfo", "ifog", "fiog")]

STEP = Exercise(
    id="lstm-step",
    expects="a function of x_t, h, c, W, U and b that returns the new states (h, c)",
    read=Function([_STEP_ARRAYS]),
    right=_step,
    confirms="both states, from weights in the order in which Keras packs them.",
    misconceptions={
        "the two states have changed places: which of them does the layer show?": _swapped(_step),
        "the formulas are right, and the weights were cut apart in another order than "
        "Keras's.": AnyOf(*_OTHER_ORDERS, *map(_swapped, _OTHER_ORDERS)),
        "nothing is ever forgotten here: that is the LSTM of 1997.": partial(_step, forget=False),
        "the forget gate acts on the hidden state: which state is the memory?": partial(
            _step, kept="h"
        ),
        "the hidden state may leave −1 to 1: something is missing around c.": partial(
            _step, squash=lambda c: c
        ),
        "the output gate shows the cell state from before the update.": partial(_step, shown="old"),
        "the candidate came out as a gate, never negative.": partial(_step, write=sigmoid),
        "that is one state. The next step needs two.": shaped((2, 5)),
    },
    otherwise="go through the four steps of the chapter one by one, and compare each.",
)

# ---- Which forget bias has a time scale of so many steps? ---------------------------

BIAS = Exercise(
    id="lstm-bias-for",
    expects="a function of a number of steps that returns the bias",
    read=Function([(1.5,), (5.0,), (20.0,)], returns=one_number),
    right=bias_to_keep,
    confirms="the formula of the chapter, solved for the bias.",
    misconceptions={
        "that is close for long times, and it is the rule of thumb of chrono "
        "initialisation. For short ones it is off: solve the formula without rounding.": math.log,
        "that is what the gate keeps at each step. Which bias gives a sigmoid this "
        "value?": lambda steps: math.exp(-1 / steps),
        "the sign: this gate forgets where it should keep.": lambda steps: -bias_to_keep(steps),
        "that turns a bias into steps. Asked for is the way back.": lambda steps: (
            1 / math.log1p(math.exp(-steps))
        ),
    },
    otherwise="put your bias into seqlearn.initializers.time_scale: what comes out?",
)

# ---- Which share of the cell state after each step is left at the end? --------------


def _arriving(f: Array) -> Array:
    """∏ of the gates after each step: nothing stands between the last step and the end."""
    return np.vstack([np.cumprod(f[:0:-1], axis=0)[::-1], np.ones((1, f.shape[1]))])


ARRIVING = Exercise(
    id="lstm-arriving",
    expects="a function of forget gates (timesteps, units) that returns an array of that shape",
    read=Function([(np.random.default_rng(4).uniform(0.3, 0.99, size=(6, 5)),)]),
    right=_arriving,
    confirms="the product of all later gates; of the last state everything is left.",
    misconceptions={
        "one gate too many: the gate at step t acted before the state after step t was "
        "there.": lambda f: np.cumprod(f[::-1], axis=0)[::-1],
        "that is what is left of the state before the first step.": lambda f: np.cumprod(f, axis=0),
        "that is one product over the whole sequence: a later state passes fewer gates.": AnyOf(
            lambda f: f.prod(axis=0) + 0 * f, lambda f: f.prod(axis=0)
        ),
        "the product runs over the units: each unit has a belt of its own.": AnyOf(
            lambda f: np.cumprod(f, axis=1), lambda f: f.prod(axis=1)
        ),
        "the right numbers, from the last step to the first.": lambda f: _arriving(f)[::-1],
        "shares of shares are multiplied, not added.": lambda f: np.cumsum(f[::-1], axis=0)[::-1],
    },
    otherwise="try three steps by hand: which gates act on the state after the first?",
)

# ---- Let the gates of an LSTM see the cell state ------------------------------------


def _peephole(
    x: Array, h: Array, c: Array, W: Array, U: Array, b: Array, v: Array,
    seen: str = "new", gates: tuple[int, int, int] = (1, 1, 1),
) -> States:  # fmt: skip
    i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=1)
    v_i, v_f, v_o = (used * weights for used, weights in zip(gates, v, strict=True))
    new = sigmoid(f + v_f * c) * c + sigmoid(i + v_i * c) * np.tanh(g)
    return sigmoid(o + v_o * (new if seen == "new" else c)) * np.tanh(new), new


PEEPHOLE = Exercise(
    id="lstm-peepholes",
    expects="a function of x_t, h, c, W, U, b and v (3, units), the weights of the peepholes of i, "
    "f and o, that returns the new states (h, c)",
    read=Function([_STEP_ARRAYS + normal(5, (3, 5))]),
    right=_peephole,
    confirms="two gates look at the state before the update and one at the state after it.",
    misconceptions={
        "all gates look at the same cell state. The output gate opens after the update: "
        "which state is there to be shown?": partial(_peephole, seen="old"),
        "the peepholes have no effect.": partial(_peephole, gates=(0, 0, 0)),
        "two of the three gates can see. What of the third?": partial(_peephole, gates=(1, 1, 0)),
        "the two states have changed places.": _swapped(_peephole),
    },
    otherwise="add v times the cell state, unit by unit, to the sum inside each gate.",
)

EXERCISES = (PARAMETERS, STEP, BIAS, ARRIVING, PEEPHOLE)
