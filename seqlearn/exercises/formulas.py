"""What more than one chapter's exercises compute, and the numbers they try a function on."""

from __future__ import annotations

import math

import numpy as np

from seqlearn.exercises.reading import Array


def parameters(parts: int, units: int, features: int, biases: int = 1) -> int:
    """Count the weights of a recurrent layer: kernel, recurrent kernel and biases of each part."""
    return parts * units * (features + units + biases)


def sigmoid(a: Array) -> Array:
    """Squash to between 0 and 1."""
    return 1 / (1 + np.exp(-a))


def bias_to_keep(steps: float) -> float:
    """Give the bias with which a gate that keeps has a time scale of so many steps."""
    return -math.log(math.expm1(1 / steps))


def normal(seed: int, *shapes: int | tuple[int, ...]) -> tuple[Array, ...]:
    """Draw arrays of these shapes; give sizes that all differ, so that one turned is noticed."""
    rng = np.random.default_rng(seed)
    return tuple(rng.normal(size=shape) for shape in shapes)
