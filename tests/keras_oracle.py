"""Values and gradients of Keras layers as NumPy arrays, on whichever backend Keras runs.

The loss is a weighted sum of everything that the layer returns, with weights given by the
test, so that each output and each state has a gradient of its own.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import keras
import numpy as np

BACKEND = keras.backend.backend()


@dataclass
class Result:
    values: list  # outputs, then states if the layer returns them
    inputs: np.ndarray
    initial_state: list
    weights: list  # in the order of layer.trainable_variables


def evaluate(layer, x, initial_state=None, mask=None):
    """Everything that a layer returns, in one flat list."""
    with _plainly():
        returned = layer(x, **_options(initial_state, mask))
    return [keras.ops.convert_to_numpy(value) for value in keras.tree.flatten(returned)]


def differentiate(layer, weigh, x, initial_state=None, mask=None):
    """Values of a layer, and gradients of their weighted sum.

    ``weigh`` gets the list of values and returns as many arrays of weights.
    """
    with _plainly():
        return _BY_BACKEND[BACKEND](layer, weigh, x, initial_state or [], mask)


def _options(initial_state, mask):
    options = {}
    if initial_state:
        options["initial_state"] = [keras.ops.convert_to_tensor(state) for state in initial_state]
    if mask is not None:
        options["mask"] = keras.ops.convert_to_tensor(mask)
    return options


def _plainly():
    """On JAX, loop in Python: compiling anew for each tiny layer takes far longer."""
    if BACKEND == "jax":
        import jax

        return jax.disable_jit()
    return contextlib.nullcontext()


def _tensorflow(layer, weigh, x, initial_state, mask):
    import tensorflow as tf

    x, state = tf.constant(x), [tf.constant(array) for array in initial_state]
    variables = [variable.value for variable in layer.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch([x, *state])
        values = keras.tree.flatten(layer(x, **_options(state, mask)))
        weights = weigh([value.numpy() for value in values])
        loss = tf.add_n([tf.reduce_sum(w * v) for w, v in zip(weights, values, strict=True)])
    gradients = tape.gradient(loss, [x, *state, *variables], unconnected_gradients="zero")
    return _result(values, gradients, len(state))


def _torch(layer, weigh, x, initial_state, mask):
    import torch

    leaves = [torch.tensor(array, requires_grad=True) for array in (x, *initial_state)]
    values = keras.tree.flatten(layer(leaves[0], **_options(leaves[1:], mask)))
    weights = weigh([value.detach().numpy() for value in values])
    loss = sum((torch.tensor(w) * v).sum() for w, v in zip(weights, values, strict=True))
    leaves += [variable.value for variable in layer.trainable_variables]
    gradients = torch.autograd.grad(loss, leaves, allow_unused=True)
    gradients = [
        torch.zeros_like(leaf) if gradient is None else gradient
        for leaf, gradient in zip(leaves, gradients, strict=True)
    ]
    return _result(values, gradients, len(initial_state))


def _jax(layer, weigh, x, initial_state, mask):
    import jax

    fixed = [variable.value for variable in layer.non_trainable_variables]

    def returned(x, state, variables):
        outputs, _ = layer.stateless_call(variables, fixed, x, **_options(state, mask))
        return keras.tree.flatten(outputs)

    variables = [variable.value for variable in layer.trainable_variables]
    values, pull_back = jax.vjp(returned, jax.numpy.asarray(x), initial_state, variables)
    weights = weigh([np.asarray(value) for value in values])
    of_x, of_state, of_variables = pull_back([jax.numpy.asarray(w) for w in weights])
    return _result(values, [of_x, *of_state, *of_variables], len(initial_state))


def _result(values, gradients, states):
    arrays = [keras.ops.convert_to_numpy(value) for value in gradients]
    return Result(
        values=[keras.ops.convert_to_numpy(value) for value in values],
        inputs=arrays[0],
        initial_state=arrays[1 : 1 + states],
        weights=arrays[1 + states :],
    )


_BY_BACKEND = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
