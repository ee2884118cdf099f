"""Activations under Keras's names, each with its derivative."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Array = np.ndarray

# Klambauer et al. 2017, equation 14: with these two numbers mean 0 and variance 1 are kept.
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@dataclass(frozen=True)
class Activation:
    """A function of each number of an array by itself, with its derivative.

    Args:
        value: Function ``a -> y``.
        derivative: Function ``(a, y) -> dy/da``. It gets both the argument and the value,
            because some are simpler to write from the value: that of tanh is 1 − y².

    Example:
        >>> tanh = ACTIVATIONS["tanh"]
        >>> a = np.array([0.0, 0.5])
        >>> y = tanh(a)
        >>> y.round(3), tanh.derivative(a, y).round(3)
        (array([0.   , 0.462]), array([1.   , 0.786]))
    """

    value: Callable[[Array], Array]
    derivative: Callable[[Array, Array], Array]

    def __call__(self, a: Array) -> Array:
        """Apply the function."""
        return self.value(a)


def _sigmoid(a: Array) -> Array:
    # exp(-a) may reach infinity, and 1 / infinity is the 0 that is meant.
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-a))


def _one_between(low: float, high: float) -> Callable[[Array, Array], Array]:
    """Derivative of a function that is a straight line of slope 1 here and flat elsewhere."""
    return lambda a, y: ((a > low) & (a < high)).astype(a.dtype)


def _elu(a: Array) -> Array:
    return np.where(a > 0, a, np.expm1(np.minimum(a, 0)))


def _silu_derivative(a: Array, y: Array) -> Array:
    s = _sigmoid(a)
    return s + y * (1 - s)


ACTIVATIONS: dict[str, Activation] = {
    "linear": Activation(lambda a: a, lambda a, y: np.ones_like(a)),
    "tanh": Activation(np.tanh, lambda a, y: 1 - y * y),
    "hard_tanh": Activation(lambda a: np.clip(a, -1, 1), _one_between(-1, 1)),
    "sigmoid": Activation(_sigmoid, lambda a, y: y * (1 - y)),
    "hard_sigmoid": Activation(
        lambda a: np.clip(a + 3, 0, 6) / 6, lambda a, y: _one_between(-3, 3)(a, y) / 6
    ),
    "relu": Activation(lambda a: np.maximum(a, 0), _one_between(0, np.inf)),
    "relu6": Activation(lambda a: np.clip(a, 0, 6), _one_between(0, 6)),
    "leaky_relu": Activation(
        lambda a: np.where(a > 0, a, 0.2 * a),
        lambda a, y: np.where(a > 0, np.ones_like(a), 0.2),
    ),
    "elu": Activation(_elu, lambda a, y: np.where(a > 0, 1, y + 1)),
    "selu": Activation(
        lambda a: SELU_SCALE * np.where(a > 0, a, SELU_ALPHA * _elu(a)),
        lambda a, y: np.where(a > 0, SELU_SCALE, y + SELU_SCALE * SELU_ALPHA),
    ),
    "softplus": Activation(lambda a: np.logaddexp(a, 0), lambda a, y: _sigmoid(a)),
    "softsign": Activation(
        lambda a: a / (1 + np.abs(a)), lambda a, y: 1 / np.square(1 + np.abs(a))
    ),
    "silu": Activation(lambda a: a * _sigmoid(a), _silu_derivative),
    "exponential": Activation(np.exp, lambda a, y: y),
}
"""The activations that a cell can have, by the name that Keras gives them."""
