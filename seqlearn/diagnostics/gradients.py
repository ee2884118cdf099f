"""How strongly the state at each step still moves the loss."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from seqlearn.checks import require_array, require_choice, shown
from seqlearn.diagnostics.place import apply, find, read_examples, require_lstm, runs, unmasked

Array = np.ndarray


def gradient_norms(
    model: keras.Model,
    x: Array,
    y: Array,
    loss: Any = None,
    layer: str | None = None,
    state: str = "h",
) -> Array:
    """Measure how strongly the state at each step moves the loss: ‖∂L/∂h_t‖ or ‖∂L/∂c_t‖.

    The gradient counts all paths, by way of the output at t and of all later steps, and is that
    of each example's own loss, as if the example were a batch by itself. If the layer's outputs
    are read at every step, the loss at t adds to it; to see memory alone, let the loss read the
    last step. Penalties on weights, and weights of examples, have no part in it.

    An LSTM has two states. ∂L/∂h_t holds c_t fixed, so it misses what the cell state carries past
    h_t, and falls from T to T − 1 however well the cell remembers. What an LSTM remembers shows
    in ∂L/∂c_t: ``state="c"``.

    Args:
        model: A built Keras model, Sequential or Functional, whose layers follow one another.
        x: Inputs of the model, ``(examples, ...)``.
        y: Targets, ``(examples, ...)``.
        loss: Keras's name of a loss, a loss object, or a function ``(y_true, y_pred)``; by
            default the one that the model was compiled with.
        layer: Name of the recurrent layer; by default the only one. The two readers of a
            ``Bidirectional`` have names of their own, such as ``"forward_lstm"``.
        state: ``"h"``, the hidden state, or for an LSTM ``"c"``, the cell state.

    Returns:
        Euclidean norms over the units, float64 ``(examples, timesteps)``, in reading order;
        NaN at masked steps.

    Raises:
        TypeError: If ``model`` is no Keras model.
        ValueError: If the layers don't follow one another, there is no such layer or more than
            one, it has no such state, there is no loss, or ``x`` and ``y`` don't fit.

    Source:
        Bengio, Simard and Frasconi 1994; Pascanu, Mikolov and Bengio 2013, equations 3 to 5.

    Example:
        A state that halves at each step, and a loss that is its last value.

        >>> model = keras.Sequential([keras.Input((4, 1)), keras.layers.SimpleRNN(
        ...     1, activation="linear", recurrent_initializer=keras.initializers.Constant(0.5))])
        >>> x, y = np.ones((1, 4, 1)), np.zeros((1, 1))
        >>> gradient_norms(model, x, y, loss=lambda y_true, y_pred: y_pred)
        array([[0.125, 0.25 , 0.5  , 1.   ]])
    """
    place = find(model, layer)
    require_choice(state, "state", ("h", "c"))
    if state == "c":
        require_lstm(place, "state")
    value = _loss(model, loss)
    x, y = read_examples(x, model, place), require_array(y, "y", "of targets")
    if y.ndim == 0 or len(y) != len(x):
        raise ValueError(
            f"y: expected a target for each of the {len(x)} examples of x; got shape {y.shape}"
        )
    norms = []
    with _double_precision():
        above = _copies(place.above)
        for chunk, trace, mask in runs(place, x):
            outputs = trace.h if place.returns_sequences else trace.last
            targets = keras.ops.convert_to_tensor(y[chunk], dtype="float64")
            reached = mask if place.returns_sequences else None

            def total(h, targets=targets, reached=reached):
                predictions, left = apply(above, h, reached)
                return _sum_of_own_losses(value, targets, predictions, left)

            grad = _gradient(total, outputs)
            of_state = getattr(place.reader_of(place.cell.backward(trace, grad)), state)
            norms.append(unmasked(np.linalg.norm(of_state, axis=-1), place, trace))
    return np.concatenate(norms)


def _copies(layers: list[Any]) -> list[Callable]:
    """Copy layers to compute in float64; one that can't be copied stays as it is.

    In float32 the gradient of a confident prediction is rounded to zero long before it is zero.
    """
    copies = []
    state = random.getstate()  # initialisers without a seed draw one from Python's generator
    for layer in layers:
        try:
            copy = type(layer).from_config(_in_double(layer.get_config()))
            copy.build_from_config(layer.get_build_config())
            copy.set_weights(layer.get_weights())
        except Exception:
            # Lambdas and layers of the reader's own need not be copyable.
            copy = layer
        copies.append(copy)
    random.setstate(state)
    return copies


def _in_double(config: Any) -> Any:
    """Replace every precision in a layer's configuration, those of layers within it too."""
    if isinstance(config, list | tuple):
        return type(config)(_in_double(part) for part in config)
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy":
        return "float64"
    return {key: _in_double(part) for key, part in config.items()}


def _loss(model: keras.Model, loss: Any) -> keras.losses.Loss | Callable:
    if loss is None:
        loss = getattr(model, "loss", None)
        if isinstance(loss, list | tuple | dict) and len(loss) == 1:
            [loss] = loss.values() if isinstance(loss, dict) else loss
        if loss is None:
            raise ValueError("loss: the model isn't compiled with one; give it, such as loss='mse'")
    found = keras.losses.get(loss) if isinstance(loss, str) else loss
    if not callable(found):
        raise ValueError(
            "loss: expected the name of a Keras loss, a loss object or a function "
            f"(y_true, y_pred); got {shown(loss)}"
        )
    return found


def _sum_of_own_losses(loss: Any, targets: Any, predictions: Any, mask: Any) -> Any:
    """Add up the losses that the examples have, each by itself."""
    ops = keras.ops
    targets = ops.cast(targets, predictions.dtype)
    if isinstance(loss, keras.losses.Loss):
        values, mean = loss.call(targets, predictions), loss.reduction != "sum"
    else:
        if targets.ndim == predictions.ndim - 1 and predictions.shape[-1] == 1:
            targets = ops.expand_dims(targets, -1)  # as Keras does for its own losses
        values, mean = loss(targets, predictions), True
    examples = predictions.shape[0]
    if values.ndim == 0 or values.shape[0] != examples:
        raise ValueError(
            f"loss: expected a value for each of the {examples} examples, before any average over "
            f"the batch; got shape {tuple(values.shape)}"
        )
    weights = ops.ones_like(values)
    if mask is not None and values.ndim >= 2:
        mask = ops.cast(ops.convert_to_tensor(mask), values.dtype)
        weights = weights * ops.reshape(mask, (*mask.shape, *[1] * (values.ndim - mask.ndim)))
    values, weights = (ops.reshape(part, (examples, -1)) for part in (values * weights, weights))
    own = ops.sum(values, axis=1)
    if mean:
        own = own / ops.maximum(ops.sum(weights, axis=1), 1)
    return ops.sum(own)


def _gradient(function: Callable, at: Array) -> Array:
    """Differentiate a function of one array, on whichever backend Keras runs."""
    at = keras.ops.convert_to_tensor(at, dtype="float64")
    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            with tf.GradientTape() as tape:
                tape.watch(at)
                value = function(at)
            grad = tape.gradient(value, at, unconnected_gradients="zero")
        case "jax":
            import jax

            grad = jax.grad(function)(at)
        case "torch":
            import torch

            at = at.detach().requires_grad_()
            [grad] = torch.autograd.grad(function(at), [at], allow_unused=True)
            grad = torch.zeros_like(at) if grad is None else grad
        case other:
            raise ValueError(
                f"KERAS_BACKEND: expected tensorflow, jax or torch, which can differentiate; "
                f"got {other}"
            )
    return keras.ops.convert_to_numpy(grad)


def _double_precision() -> contextlib.AbstractContextManager:
    """On JAX, float64 has to be allowed; elsewhere it is always there."""
    if keras.backend.backend() != "jax":
        return contextlib.nullcontext()
    import jax

    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax.experimental import enable_x64

    return enable_x64()
