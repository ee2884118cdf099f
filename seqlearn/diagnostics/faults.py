"""Trainings with one planted fault each, to practise diagnosis on.

A case is a whole pipeline: it splits and prepares the pictures that it is given, trains a small
recurrent net, and answers. What is wrong with it shows in how it answers, not in an error. Which
case has which fault stands in this file, for whoever prefers reading to finding out.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from seqlearn.cells.inputs import cast
from seqlearn.checks import require_choice, require_labels, require_sequences, require_whole_number

_FAULT_OF = {"A": "statistics", "B": "leak", "C": "axis", "D": "labels", "E": "rate"}
CASES = tuple(_FAULT_OF)
_TRAIN, _VAL, _UPDATES, _BATCH, _RATE = 320, 200, 300, 32, 0.01


@dataclass(frozen=True, eq=False)
class Case:
    """A trained pipeline, and the pictures that it was made with.

    Attributes:
        x_train: What it was trained on, before it was prepared, ``(batch, timesteps, features)``.
        y_train: The classes that it was trained towards, ``(batch,)``.
        x_val: What it reports its accuracy on.
        y_val: The classes of those.
        losses: Mean training loss of each 25 updates, in nats.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    losses: tuple[float, ...]
    _model: keras.Model
    _own_statistics: bool

    def answer(self, x: np.ndarray) -> np.ndarray:
        """Answer as the pipeline does: prepare the pictures, ask the net, take the largest score.

        Args:
            x: Pictures, ``(batch, timesteps, features)``, asked about together.

        Returns:
            A class for each, int64 ``(batch,)``.

        Example:
            >>> x, y = np.random.default_rng(0).random((600, 4, 3)), np.arange(600) % 3
            >>> train_case("D", x, y, seed=1).answer(x[:5]).shape
            (5,)
        """
        prepared = _standardised(x) if self._own_statistics else np.asarray(x, "float32")
        scores = keras.ops.convert_to_numpy(self._model(prepared))
        return scores.argmax(axis=-1)


def train_case(letter: str, x: np.ndarray, y: np.ndarray, seed: int) -> Case:
    """Train the pipeline of a case; only part of the pictures is used.

    Args:
        letter: Which case, "A" to "E".
        x: Pictures, ``(batch, timesteps, features)``, at least 520, in an order without meaning.
        y: Their classes as whole numbers from 0, ``(batch,)``.
        seed: Seed of the weights and of all that is drawn.

    Returns:
        The trained case. It has seen the first 520 pictures and no other.

    Raises:
        TypeError: If ``seed`` is no whole number, or ``y`` holds no numbers.
        ValueError: If there is no such case, there are too few pictures, or an argument is not
            as above.

    Example:
        >>> x, y = np.random.default_rng(0).random((600, 4, 3)), np.arange(600) % 3
        >>> case = train_case("E", x, y, seed=1)
        >>> len(case.losses), case.x_val.shape
        (12, (200, 4, 3))
    """
    require_choice(letter, "letter", CASES)
    require_whole_number(seed, "seed", at_least=0)
    x = cast(require_sequences(x), "x", "float32")
    y = require_labels(y, len(x))
    if len(x) < _TRAIN + _VAL:
        raise ValueError(f"x: expected at least {_TRAIN + _VAL} pictures; got {len(x)}")
    fault = _FAULT_OF[letter]
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    x_train, y_train = x[:_TRAIN], y[:_TRAIN]
    x_val, y_val = x[_TRAIN : _TRAIN + _VAL], y[_TRAIN : _TRAIN + _VAL]
    if fault == "labels":
        x_train = x_train[rng.permutation(_TRAIN)]  # the classes stay where they were
    if fault == "leak":
        x_train = np.concatenate([x_train[:-_VAL], x_val])
        y_train = np.concatenate([y_train[:-_VAL], y_val])
    model = (_build_across_the_batch if fault == "axis" else _build)(x.shape[1:], int(y.max()) + 1)
    model.compile(
        keras.optimizers.Adam(_RATE * (10 if fault == "rate" else 1)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=fault == "axis",
        steps_per_execution=25,
    )
    own_statistics = fault == "statistics"
    history = model.fit(
        _batches(_standardised(x_train) if own_statistics else x_train, y_train, seed),
        steps_per_epoch=25,
        epochs=_UPDATES // 25,
        shuffle=False,
        verbose=0,
    )
    losses = tuple(history.history["loss"])
    return Case(x_train, y_train, x_val, y_val, losses, model, own_statistics)


def _standardised(x: np.ndarray) -> np.ndarray:
    """Scale by the statistics of what is given, whatever that is."""
    x = np.asarray(x, "float32")
    return (x - x.mean(axis=0)) / (x.std(axis=0) + 0.1)


def _batches(x: np.ndarray, y: np.ndarray, seed: int):
    import tensorflow as tf

    examples = tf.data.Dataset.from_tensor_slices((x, y))
    # All batches have one size, so that the step is compiled once.
    return examples.shuffle(len(x), seed=seed).repeat().batch(_BATCH)


def _build(shape: tuple[int, ...], classes: int) -> keras.Model:
    reader = layers.SimpleRNN(32, unroll=True)
    return keras.Sequential([keras.Input(shape), reader, layers.Dense(classes)])


def _build_across_the_batch(shape: tuple[int, ...], classes: int) -> keras.Model:
    inputs = keras.Input(shape)
    turned = keras.ops.transpose(inputs, (1, 0, 2))  # so the layer steps from picture to picture
    states = layers.SimpleRNN(32, return_sequences=True)(turned)
    together = layers.Flatten()(keras.ops.transpose(states, (1, 0, 2)))
    return keras.Model(inputs, layers.Dense(classes)(together))
