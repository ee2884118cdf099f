"""Keras models of the book, a function for each architecture.

Each gives a model that is not yet compiled, so that the training recipe stays
visible where the model is trained.
"""

from __future__ import annotations

import keras
from keras import layers

CELLS = {"SimpleRNN": layers.SimpleRNN, "LSTM": layers.LSTM, "GRU": layers.GRU}


def build_stacked_lstm(
    timesteps: int, features: int, classes: int, units: int = 128, dense_units: int = 32
) -> keras.Model:
    """Two LSTM layers, a dense hidden layer and a softmax: the classifier of many tutorials.

    Args:
        timesteps: Length of a sequence, in steps.
        features: Numbers at each step.
        classes: Number of classes.
        units: Width of both LSTM layers.
        dense_units: Width of the dense hidden layer.

    Returns:
        An uncompiled model from ``(batch, timesteps, features)`` to probabilities
        ``(batch, classes)``. Dropout of 0.2, 0.1 and 0.2 follows the three hidden layers.
        Initial weights come from Keras's generator (:func:`seqlearn.start` seeds it).

    Raises:
        ValueError: If a size is not a whole number of at least 1.

    Example:
        >>> build_stacked_lstm(timesteps=28, features=28, classes=10).count_params()
        216426
    """
    _require_sizes(
        timesteps=timesteps,
        features=features,
        classes=classes,
        units=units,
        dense_units=dense_units,
    )
    return keras.Sequential(
        [
            keras.Input((timesteps, features)),
            layers.LSTM(units, return_sequences=True),
            layers.Dropout(0.2),
            layers.LSTM(units),
            layers.Dropout(0.1),
            layers.Dense(dense_units, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(classes, activation="softmax"),
        ],
        name="stacked_lstm",
    )


def build_row_classifier(
    timesteps: int,
    features: int,
    classes: int,
    cell: str = "GRU",
    units: int = 64,
    bidirectional: bool = True,
    read: str = "every step",
    dropout: float = 0.0,
) -> keras.Model:
    """One recurrent layer and a softmax.

    Args:
        timesteps: Length of a sequence, in steps.
        features: Numbers at each step.
        classes: Number of classes.
        cell: ``"SimpleRNN"``, ``"LSTM"`` or ``"GRU"``.
        units: Width of the layer, in each direction.
        bidirectional: Read forwards and backwards, and join both outputs.
        read: What the softmax sees: the outputs of ``"every step"``, laid side by side, or of
            the ``"last step"`` alone.
        dropout: Share of the softmax's inputs set to zero while training.

    Returns:
        An uncompiled model from ``(batch, timesteps, features)`` to probabilities
        ``(batch, classes)``. Initial weights come from Keras's generator.

    Raises:
        ValueError: If a size, ``cell``, ``read`` or ``dropout`` is not one of those above.

    Example:
        >>> build_row_classifier(28, 28, 10, read="last step").count_params()
        37386
        >>> build_row_classifier(28, 28, 10, cell="LSTM", units=128, bidirectional=False,
        ...                      read="last step").output_shape
        (None, 10)
    """
    _require_sizes(timesteps=timesteps, features=features, classes=classes, units=units)
    if cell not in CELLS:
        raise ValueError(f"cell: expected one of {', '.join(map(repr, CELLS))}; got {cell!r}")
    if read not in ("every step", "last step"):
        raise ValueError(f"read: expected 'every step' or 'last step'; got {read!r}")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout: expected a share from 0 up to 1 (not included); got {dropout}")
    recurrent = CELLS[cell](units, return_sequences=read == "every step")
    stack = [layers.Bidirectional(recurrent) if bidirectional else recurrent]
    if read == "every step":
        stack.append(layers.Flatten())
    if dropout:
        stack.append(layers.Dropout(dropout))
    return keras.Sequential(
        [
            keras.Input((timesteps, features)),
            *stack,
            layers.Dense(classes, activation="softmax"),
        ],
        name="row_classifier",
    )


def _require_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ValueError(f"{name}: expected a whole number of at least 1; got {size!r}")
