"""Keras models of the book, a function for each architecture.

Each gives a model that is not yet compiled, so that the training recipe stays visible where the
model is trained. Initial weights come from Keras's generator, which :func:`seqlearn.start` seeds.
A size is a whole number of at least 1, of Python or NumPy.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import layers

from seqlearn.cells.kinds import KINDS
from seqlearn.checks import require_array, require_choice, require_share, require_whole_number

CELLS = {cell: getattr(layers, cell) for cell in KINDS}


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

    Raises:
        TypeError, ValueError: If an argument is not one of those above.

    Example:
        >>> build_stacked_lstm(timesteps=28, features=28, classes=10).count_params()
        216426
    """
    timesteps = require_whole_number(timesteps, "timesteps")
    features = require_whole_number(features, "features")
    classes = require_whole_number(classes, "classes")
    units = require_whole_number(units, "units")
    dense_units = require_whole_number(dense_units, "dense_units")
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
    return_sequences: bool = True,
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
        return_sequences: Whether the softmax sees the outputs of every step, laid side by side,
            or that of the last step alone.
        dropout: Share of the softmax's inputs set to zero while training.

    Returns:
        An uncompiled model from ``(batch, timesteps, features)`` to probabilities
        ``(batch, classes)``.

    Raises:
        TypeError, ValueError: If an argument is not one of those above.

    Example:
        >>> build_row_classifier(28, 28, 10, return_sequences=False).count_params()
        37386
        >>> build_row_classifier(28, 28, 10, cell="LSTM", units=128, bidirectional=False,
        ...                      return_sequences=False).output_shape
        (None, 10)
    """
    timesteps = require_whole_number(timesteps, "timesteps")
    features = require_whole_number(features, "features")
    classes = require_whole_number(classes, "classes")
    require_share(dropout, "dropout")
    stack = [_recurrent(cell, units, bidirectional, return_sequences)]
    if return_sequences:
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


def build_reader(
    features: int,
    outputs: int,
    cell: str = "LSTM",
    units: int = 32,
    bidirectional: bool = False,
    return_sequences: bool = False,
    **options: Any,
) -> keras.Model:
    """One recurrent layer and a linear readout, for sequences of any length.

    Args:
        features: Numbers at each step.
        outputs: Numbers in an answer: one logit for each class, or the predicted numbers.
        cell: ``"SimpleRNN"``, ``"LSTM"`` or ``"GRU"``.
        units: Width of the layer, in each direction.
        bidirectional: Read forwards and backwards, and join both outputs.
        return_sequences: Whether there is an answer after every step, by the same readout each
            time, or one after the last.
        **options: Handed on to the recurrent layer, such as ``bias_initializer``.

    Returns:
        An uncompiled model from ``(batch, timesteps, features)`` to ``(batch, outputs)``, or to
        ``(batch, timesteps, outputs)`` with ``return_sequences``. Nothing is put through a softmax:
        use a loss with ``from_logits=True``.

    Raises:
        TypeError, ValueError: If an argument is not one of those above.

    Example:
        >>> build_reader(features=8, outputs=4, cell="GRU", units=5).output_shape
        (None, 4)
        >>> build_reader(8, 4, "GRU", 5, return_sequences=True).output_shape
        (None, None, 4)
    """
    features = require_whole_number(features, "features")
    outputs = require_whole_number(outputs, "outputs")
    return keras.Sequential(
        [
            keras.Input((None, features)),
            _recurrent(cell, units, bidirectional, return_sequences, **options),
            layers.Dense(outputs),
        ],
        name="reader",
    )


def build_word_reader(words: int, outputs: int, cell: str = "LSTM", units: int = 32) -> keras.Model:
    """A learned vector of 16 numbers for each word, then :func:`build_reader`.

    Args:
        words: Size of the vocabulary; a word is a whole number from 0 to ``words`` - 1.
        outputs: Numbers in an answer: one logit for each class.
        cell: ``"SimpleRNN"``, ``"LSTM"`` or ``"GRU"``.
        units: Width of the layer.

    Returns:
        An uncompiled model from words ``(batch, timesteps)`` to logits ``(batch, outputs)``. No
        word is masked.

    Raises:
        TypeError, ValueError: If an argument is not one of those above.

    Example:
        >>> build_word_reader(words=50, outputs=4, cell="GRU", units=5).output_shape
        (None, 4)
    """
    words = require_whole_number(words, "words")
    outputs = require_whole_number(outputs, "outputs")
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(words, 16),
            _recurrent(cell, units, False, False),
            layers.Dense(outputs),
        ],
        name="word_reader",
    )


def build_sentiment_classifier(
    words: int,
    cell: str = "LSTM",
    units: int = 64,
    embedding: int = 64,
    bidirectional: bool = False,
    layers_stacked: int = 1,
    mask: bool = True,
) -> keras.Model:
    """The classic steps: a learned vector for each word, a recurrent layer, a sigmoid.

    Args:
        words: Size of the vocabulary; a word is a whole number from 0 to ``words`` - 1.
        cell: ``"SimpleRNN"``, ``"LSTM"`` or ``"GRU"``.
        units: Width of each recurrent layer, in each direction.
        embedding: Numbers in a word's vector.
        bidirectional: Read forwards and backwards, and join both outputs.
        layers_stacked: Recurrent layers, one upon the other. The last one is read at its last
            step.
        mask: Skip the steps that hold padding, index 0.

    Returns:
        An uncompiled model from words ``(batch, timesteps)`` to the probability ``(batch, 1)``
        of class 1.

    Raises:
        TypeError, ValueError: If an argument is not one of those above.

    Example:
        >>> build_sentiment_classifier(words=1000, cell="GRU", layers_stacked=2).output_shape
        (None, 1)
    """
    words = require_whole_number(words, "words")
    embedding = require_whole_number(embedding, "embedding")
    layers_stacked = require_whole_number(layers_stacked, "layers_stacked")
    stack = [
        _recurrent(cell, units, bidirectional, return_sequences)
        for return_sequences in [True] * (layers_stacked - 1) + [False]
    ]
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(words, embedding, mask_zero=mask),
            *stack,
            layers.Dense(1, activation="sigmoid"),
        ],
        name="sentiment_classifier",
    )


def build_two_bilstm(words: int = 20_000, embedding: int = 128, units: int = 64) -> keras.Model:
    """The IMDB classifier published with Keras: two bidirectional LSTM layers and a sigmoid.

    Padding is not masked there.

    Args:
        words: Size of the vocabulary; a word is a whole number from 0 to ``words`` - 1.
        embedding: Numbers in a word's vector.
        units: Width of both recurrent layers, in each direction.

    Returns:
        An uncompiled model from words ``(batch, timesteps)`` to the probability ``(batch, 1)``
        of class 1.

    Raises:
        TypeError, ValueError: If an argument is not one of those above.

    Source:
        The shape of the network in the Keras code example "Bidirectional LSTM on IMDB".

    Example:
        >>> build_two_bilstm().count_params()
        2757761
    """
    model = build_sentiment_classifier(words, "LSTM", units, embedding, True, 2, mask=False)
    model.name = "two_bilstm"
    return model


def build_pooling_reader(
    words: int,
    cell: str = "LSTM",
    units: int = 64,
    embedding: int = 64,
    vectors: np.ndarray | None = None,
    spatial_dropout: float = 0.0,
    dropout: float = 0.0,
    pairs: bool = False,
    pool: str = "mean",
) -> keras.Model:
    """Read a text in both directions, and judge it by what was seen at all its steps.

    The outputs of a bidirectional layer are pooled over time. Padding, index 0, is masked and
    takes no part in it, so the answer for a text does not depend on the batch that it is in.

    Args:
        words: Size of the vocabulary; a word is a whole number from 0 to ``words`` - 1.
        cell: ``"SimpleRNN"``, ``"LSTM"`` or ``"GRU"``.
        units: Width of the recurrent layer, in each direction.
        embedding: Numbers in a word's vector, where they are learned from nothing.
        vectors: Where the words' vectors start from, ``(words, features)``; None for random
            ones. They are trained on.
        spatial_dropout: Share of the features of the word vectors set to zero while training,
            each for a whole text.
        dropout: Share of the pooled features set to zero while training.
        pairs: Take two numbers at each step: the word, and the ratio of the pair of words that
            ends there, which joins the features of the word's vector. While training, the
            ratios of a whole text are left out as often as ``spatial_dropout`` says.
        pool: What is kept of each unit: its ``"mean"`` over the text, or ``"mean and max"``, its
            largest value besides.

    Returns:
        An uncompiled model from words ``(batch, timesteps)``, or with ``pairs`` from
        ``(batch, timesteps, 2)``, to the probability ``(batch, 1)`` of class 1.

    Raises:
        TypeError, ValueError: If an argument is not one of those above.

    Source:
        Pooling over the steps of an LSTM: Johnson and Zhang 2016; spatial dropout: Tompson et
        al. 2015, section 3.2.

    Example:
        >>> build_pooling_reader(words=50, units=8, vectors=np.zeros((50, 5))).output_shape
        (None, 1)
    """
    words = require_whole_number(words, "words")
    embedding = require_whole_number(embedding, "embedding")
    require_choice(pool, "pool", ("mean", "mean and max"))
    require_share(spatial_dropout, "spatial_dropout")
    require_share(dropout, "dropout")
    if vectors is not None:
        vectors = require_array(vectors, "vectors", "(words, features)")
        if vectors.ndim != 2 or len(vectors) != words:
            raise ValueError(
                f"vectors: expected a row for each of the {words:,} indices, shape ({words}, "
                f"features); got shape {vectors.shape}"
            )
        embedding = vectors.shape[1]
    inputs = keras.Input((None, 2) if pairs else (None,), dtype="float32" if pairs else "int32")
    word = keras.ops.cast(inputs[:, :, 0], "int32") if pairs else inputs
    embed = layers.Embedding(words, embedding, mask_zero=True)
    x = embed(word)
    if vectors is not None:
        embed.set_weights([vectors])
    if spatial_dropout:
        x = layers.SpatialDropout1D(spatial_dropout)(x)
    if pairs:
        ratio = inputs[:, :, 1:]
        if spatial_dropout:
            ratio = layers.Dropout(spatial_dropout, noise_shape=(None, 1, 1))(ratio)
        # A step counts as masked to Concatenate only where all its inputs have a mask, and the
        # ratios have none: so the mask is handed on by hand.
        x = layers.Concatenate()([x, ratio])
    mask = embed.compute_mask(word)
    x = _recurrent(cell, units, True, True)(x, mask=mask)
    pooled = layers.GlobalAveragePooling1D()(x, mask=mask)
    if pool == "mean and max":
        # Keras's GlobalMaxPooling1D counts masked steps, which are zeros. No output of a cell
        # with a tanh is below -1, so -1 can never win.
        outputs = keras.ops.where(keras.ops.expand_dims(mask, -1), x, -1.0)
        pooled = layers.Concatenate()([pooled, keras.ops.max(outputs, axis=1)])
    if dropout:
        pooled = layers.Dropout(dropout)(pooled)
    probability = layers.Dense(1, activation="sigmoid")(pooled)
    return keras.Model(inputs, probability, name="pooling_reader")


def _recurrent(
    cell: str, units: int, bidirectional: bool, return_sequences: bool, **options: Any
) -> layers.Layer:
    require_choice(cell, "cell", CELLS)
    units = require_whole_number(units, "units")
    if not isinstance(return_sequences, bool | np.bool_):
        raise TypeError(f"return_sequences: expected True or False; got {return_sequences!r}")
    recurrent = CELLS[cell](units, return_sequences=return_sequences, **options)
    return layers.Bidirectional(recurrent) if bidirectional else recurrent


def parameter_count(
    cell: str,
    units: int,
    features: int,
    outputs: int,
    bidirectional: bool = False,
    steps_read: int = 1,
) -> int:
    """Count the parameters of a recurrent layer and its readout, from the formula.

    Each gate, and each candidate, has a kernel of features × units, a recurrent kernel of
    units × units and a bias of units; how many there are says :mod:`seqlearn.cells.kinds`. Keras's
    GRU has a second bias (``reset_after=True``). Two directions have twice as many.

    Args:
        cell: ``"SimpleRNN"``, ``"LSTM"`` or ``"GRU"``.
        units: Width of the layer, in each direction.
        features: Numbers at each step.
        outputs: Numbers in an answer of the dense readout.
        bidirectional: Whether there are two directions, whose outputs are joined.
        steps_read: How many steps the readout sees side by side: 1 for the last step, and for
            one answer after every step by the same readout; all of them where they are flattened.

    Returns:
        Number of parameters, as ``count_params()`` of the Keras model gives it.

    Raises:
        TypeError, ValueError: If an argument is not one of those above.

    Example:
        >>> parameter_count("GRU", units=64, features=28, outputs=10, bidirectional=True)
        37386
    """
    units = require_whole_number(units, "units")
    square, linear, constant = _size_terms(cell, features, outputs, bidirectional, steps_read)
    return square * units**2 + linear * units + constant


def units_within(
    budget: int,
    cell: str,
    features: int,
    outputs: int,
    bidirectional: bool = False,
    steps_read: int = 1,
) -> int:
    """Find the width at which a model comes closest to a number of parameters, not above it.

    Args:
        budget: Most parameters that the model may have, its readout included.
        cell: ``"SimpleRNN"``, ``"LSTM"`` or ``"GRU"``.
        features: Numbers at each step.
        outputs: Numbers in an answer of the dense readout.
        bidirectional: Whether there are two directions, whose outputs are joined.
        steps_read: How many steps the readout sees side by side, as in :func:`parameter_count`.

    Returns:
        Units, in each direction. One unit more would exceed the budget.

    Raises:
        TypeError: If a size is no whole number.
        ValueError: If ``cell`` is unknown, or even one unit exceeds the budget.

    Example:
        >>> {cell: units_within(5000, cell, features=8, outputs=4) for cell in CELLS}
        {'SimpleRNN': 64, 'LSTM': 30, 'GRU': 35}
    """
    budget = require_whole_number(budget, "budget")
    square, linear, constant = _size_terms(cell, features, outputs, bidirectional, steps_read)
    if square + linear + constant > budget:
        raise ValueError(
            f"budget: expected at least {square + linear + constant} parameters, which one unit "
            f"of this {cell} and its readout need; got {budget}"
        )
    # The largest whole u with square·u² + linear·u + constant ≤ budget, in exact arithmetic.
    root = math.isqrt(linear**2 + 4 * square * (budget - constant))
    return (root - linear) // (2 * square)


def _size_terms(
    cell: str, features: int, outputs: int, bidirectional: bool, steps_read: int
) -> tuple[int, int, int]:
    """Coefficients of units², units and 1 in the number of parameters."""
    require_choice(cell, "cell", KINDS)
    features = require_whole_number(features, "features")
    outputs = require_whole_number(outputs, "outputs")
    steps_read = require_whole_number(steps_read, "steps_read")
    directions = 2 if bidirectional else 1
    parts = len(KINDS[cell].blocks)
    biases = KINDS[cell].biases
    linear = parts * (features + biases) + steps_read * outputs
    return directions * parts, directions * linear, outputs
