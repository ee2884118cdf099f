"""Time the cells beside the Keras layers that they are made of, in one run, in turn.

    python benchmarks/cells.py

``run`` gives every gate at every step, ``predict`` the outputs alone. Keras's gradient, compiled
with ``tf.function``, holds the forward pass that it needs; ours is timed with ``run`` in it and
without. Each is run several times in turn, so that a busy machine slows all, and the median is
taken. A ratio above 1 means that the cell takes longer than the layer.

NumPy's matrix products run on one thread here, TensorFlow on as many as it likes. Products of this
size gain nothing from a second one, and on a busy machine they wait for it at every step.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported

import numpy as np

import seqlearn

BATCH, TIMESTEPS, FEATURES, UNITS = 64, 200, 64, 64
RUNS = 11
LIMIT = 3.0


def contenders() -> dict[str, object]:
    """Build a Keras layer of each kind."""
    from keras import layers

    return {
        "SimpleRNN": layers.SimpleRNN(UNITS, return_sequences=True),
        "LSTM": layers.LSTM(UNITS, return_sequences=True),
        "GRU": layers.GRU(UNITS, return_sequences=True),
        "GRU, reset before": layers.GRU(UNITS, return_sequences=True, reset_after=False),
        "Bidirectional LSTM": layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True)),
    }


def compiled_gradient(model, x: np.ndarray, weights: np.ndarray) -> Callable[[], object]:
    """Keras's gradient of a weighted sum of the outputs, at the inputs and all weights."""
    import tensorflow as tf

    x, weights = tf.constant(x), tf.constant(weights)

    @tf.function
    def gradient() -> object:
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(weights * model(x, training=False))
        return tape.gradient(loss, [x, *(variable.value for variable in model.weights)])

    return lambda: [part.numpy() for part in gradient()]


def medians(actions: list[Callable[[], object]]) -> list[float]:
    """Time actions in turn.

    Args:
        actions: What to time. Each is called once beforehand, unmeasured.

    Returns:
        Median milliseconds of each.
    """
    milliseconds: list[list[float]] = [[] for _ in actions]
    for action in actions:
        action()
    for _ in range(RUNS):
        for times, action in zip(milliseconds, actions, strict=True):
            began = time.perf_counter()
            action()
            times.append(1000 * (time.perf_counter() - began))
    return [statistics.median(times) for times in milliseconds]


def main() -> int:
    """Print milliseconds and ratios.

    Returns:
        0 if every ratio keeps within the limit.
    """
    seqlearn.start(seed=0)
    import keras

    from seqlearn.cells import from_keras

    if keras.backend.backend() != "tensorflow":
        print("These times are taken with Keras on TensorFlow: unset KERAS_BACKEND.")
        return 1
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, TIMESTEPS, FEATURES)).astype("float32")
    print(f"batch {BATCH}, {TIMESTEPS} steps, {FEATURES} features, {UNITS} units;")
    print(f"median milliseconds of {RUNS} runs")
    print(f"{'':<20}{'predict':>9}{'run':>7}{'ratio':>7}", end="")
    print(f"{'gradient':>11}{'backward':>10}{'ratio':>7}{'with run':>10}{'ratio':>7}")
    slow = False
    for name, layer in contenders().items():
        model = keras.Sequential([keras.Input((TIMESTEPS, FEATURES)), layer])
        cell = from_keras(layer)
        trace = cell.run(x)
        weights = rng.normal(size=trace.h.shape).astype("float32")
        predict, run, gradient, backward, both = medians(
            [
                lambda model=model: model.predict(x, batch_size=BATCH, verbose=0),
                lambda cell=cell: cell.run(x),
                compiled_gradient(model, x, weights),
                lambda cell=cell, trace=trace, weights=weights: cell.backward(trace, weights),
                lambda cell=cell, weights=weights: cell.backward(cell.run(x), weights),
            ]
        )
        ratios = run / predict, backward / gradient, both / gradient
        print(f"{name:<20}{predict:9.0f}{run:7.0f}{ratios[0]:7.2f}", end="")
        print(f"{gradient:11.0f}{backward:10.0f}{ratios[1]:7.2f}{both:10.0f}{ratios[2]:7.2f}")
        slow = slow or max(ratios) > LIMIT
    if slow:
        print(f"Over the limit: a ratio exceeds {LIMIT:g}.")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
