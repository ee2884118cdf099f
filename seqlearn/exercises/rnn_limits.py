"""The exercises of the chapter on the limits of a plain RNN."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from seqlearn.exercises.formulas import normal, parameters, sigmoid
from seqlearn.exercises.judging import AnyOf, Exercise, Function, Where, not_shaped
from seqlearn.exercises.reading import Array, one_number, whole_number

# ---- How many parameters has a SimpleRNN with 32 units on 8 features? ---------------

_count = partial(parameters, units=32, features=8)

PARAMETERS = Exercise(
    id="rnn-parameters",
    expects="a whole number, the parameters of the recurrent layer",
    read=whole_number,
    right=_count(1),
    confirms="a kernel, a recurrent kernel and one bias, whatever the length of the sequence.",
    misconceptions={
        "that is a dense layer on the input. What carries the state to the next step?": 8 * 32 + 32,
        "both kernels are there, and something is not added to the sum.": _count(1, biases=0),
        "the state is looked after. What reads the input?": 32 * (32 + 1),
        "that has two biases. How many stand in the formula?": _count(1, biases=2),
        "that is an LSTM: a plain RNN has no gates.": _count(4),
        "that is a GRU, with its gates.": AnyOf(_count(3), _count(3, biases=2)),
        "units and features have changed places.": _count(1, units=8, features=32),
        "were the weights counted once for each step? Every step uses the same ones.": Where(
            lambda n: n > 0 and n % _count(1) == 0
        ),
    },
    otherwise="write down the shapes of W, U and b, and count what is in each.",
)

# ---- Write one step of a plain RNN --------------------------------------------------

ONE_STEP = Exercise(
    id="rnn-one-step",
    expects="a function of x_t, h, W, U and b that returns the new state (batch, units)",
    read=Function([normal(1, (2, 3), (2, 5), (3, 5), (5, 5), 5)]),
    right=lambda x, h, W, U, b: np.tanh(x @ W + h @ U + b),
    confirms="old state and new input in, new state out.",
    misconceptions={
        "the sum is right, and nothing keeps it within bounds.": lambda x, h, W, U, b: (
            x @ W + h @ U + b
        ),
        "the recurrent kernel is transposed: rows of the batch stand on the left "
        "here.": lambda x, h, W, U, b: np.tanh(x @ W + h @ U.T + b),
        "one of the five arguments has no part in your sum.": lambda x, h, W, U, b: np.tanh(
            x @ W + h @ U
        ),
        "this step has no memory: what of the old state?": lambda x, h, W, U, b: np.tanh(x @ W + b),
        "this step never looks at its input.": lambda x, h, W, U, b: np.tanh(h @ U + b),
        "the tanh is there, but not around the whole sum.": AnyOf(
            lambda x, h, W, U, b: np.tanh(x @ W) + np.tanh(h @ U) + b,
            lambda x, h, W, U, b: np.tanh(x @ W) + h @ U + b,
            lambda x, h, W, U, b: np.tanh(x @ W + h @ U) + b,
        ),
        "that is the sigmoid, which gates use; its values are never "
        "negative.": lambda x, h, W, U, b: sigmoid(x @ W + h @ U + b),
        "the new state must have the shape of the old one, (batch, units).": not_shaped((2, 5)),
    },
    otherwise="compare your function with the loop of the chapter, term by term.",
)

# ---- Send a gradient back by one step -----------------------------------------------

ONE_STEP_BACK = Exercise(
    id="rnn-one-step-back",
    expects="a function of delta, h and U that returns the gradient one step earlier",
    read=Function([normal(2, (2, 5), (2, 5), (5, 5))]),
    right=lambda delta, h, U: (delta * (1 - h**2)) @ U.T,
    confirms="first through the tanh, then through the recurrent kernel, transposed.",
    misconceptions={
        "that walks forwards: U took h to the next step. What takes a gradient "
        "back?": lambda delta, h, U: (delta * (1 - h**2)) @ U,
        "the gradient went past the tanh as though it were not there.": lambda delta, h, U: (
            delta @ U.T
        ),
        "through the tanh, yes. It has not yet crossed to the earlier state.": lambda delta, h, U: (
            delta * (1 - h**2)
        ),
        "both factors are there, in the wrong order: which did the state meet last on its "
        "way forwards?": lambda delta, h, U: (delta @ U.T) * (1 - h**2),
        "h has been through the tanh already: the derivative was taken of a tanh of a "
        "tanh.": lambda delta, h, U: (delta * (1 - np.tanh(h) ** 2)) @ U.T,
        "that is the derivative of the sigmoid.": lambda delta, h, U: (delta * h * (1 - h)) @ U.T,
        "the gradient of a state has the shape of the state, (batch, units).": not_shaped((2, 5)),
    },
    otherwise="compare with the first formula of the section on going back through time.",
)

# ---- After how many steps is a gradient bounded below a share of itself? ------------


def _steps(gain: float, share: float) -> int:
    steps = 0
    while gain**steps > share * (1 + 1e-12):
        steps += 1
    return steps


STEPS_LEFT = Exercise(
    id="rnn-steps-until",
    expects="a function of a largest singular value below 1 and a share, giving whole steps",
    read=Function([(0.9, 0.01), (0.5, 1e-6), (0.99, 0.1), (0.8, 0.8)], returns=one_number),
    right=_steps,
    confirms="whole steps, the first at which the bound is down to the share.",
    misconceptions={
        "the formula is right; steps come whole.": lambda gain, share: (
            math.log(share) / math.log(gain)
        ),
        "one step too early: the bound is still above the share there.": lambda gain, share: (
            _steps(gain, share) - 1
        ),
        "one step later than need be.": lambda gain, share: _steps(gain, share) + 1,
        "the two logarithms have changed places.": lambda gain, share: math.ceil(
            math.log(gain) / math.log(share)
        ),
        "that takes away the same amount at each step. What does a product "
        "do?": lambda gain, share: math.ceil((1 - share) / (1 - gain)),
        "a negative number of steps: what is the sign of the logarithm of a share?": Where(
            lambda tried: min(tried.results) < 0
        ),
    },
    otherwise="put your result into the bound: what is gain ** steps?",
)

# ---- Clip a gradient by its norm ----------------------------------------------------


def _over(norm: Callable[[Array], float]) -> Callable[[Array, float], Array]:
    """Shorten a gradient whose norm, or what is taken for it, is above the limit."""
    return lambda gradient, limit: gradient / max(1.0, norm(gradient) / limit)


CLIP = Exercise(
    id="rnn-clip",
    expects="a function of a gradient and a limit that returns the clipped gradient",
    read=Function([(np.array([3.0, -4.0, 0.5, 0.0]), 1.0), (np.array([0.1, -0.2, 0.2, 0.0]), 1.0)]),
    right=_over(np.linalg.norm),
    confirms="a long gradient is shortened and keeps its direction, a short one passes.",
    misconceptions={
        "each number was clipped by itself (Keras's clipvalue), so the direction has "
        "changed.": lambda g, limit: np.clip(g, -limit, limit),
        "only large positive numbers were cut. How long is the gradient now?": np.minimum,
        "the small gradient was made longer: clipping never enlarges.": lambda g, limit: (
            limit * g / np.linalg.norm(g)
        ),
        "the long gradient came back as long as it was.": lambda g, limit: g,
        "that divides by the squared norm.": _over(lambda g: np.sum(g**2)),
        "that measures the gradient by its largest number, not by its length.": _over(
            lambda g: np.abs(g).max()
        ),
        "that measures the gradient by the sum of its numbers. Which norm is the length?": _over(
            lambda g: np.abs(g).sum()
        ),
        "a gradient became zero: then nothing is learned at all.": Where(
            lambda tried: not all(result.any() for result in tried.results)
        ),
    },
    otherwise="what are the length and the direction of your result, and which should change?",
)

EXERCISES = (PARAMETERS, ONE_STEP, ONE_STEP_BACK, STEPS_LEFT, CLIP)
