"""Answer while the sequence is still coming: one step at a time, with the state kept between.

A Keras layer reads a whole sequence in one call. :class:`Stream` takes the cells out of a
trained model and lets them read one step a call, for several streams side by side. What it
answers is what the model would answer at that step of the whole sequence.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

_RECURRENT = (layers.SimpleRNN, layers.LSTM, layers.GRU)
# What these make of a step does not hang on any other step.
_STEP_BY_STEP = (
    *(layers.Dense, layers.Embedding, layers.Activation, layers.LayerNormalization),
    *(layers.Dropout, layers.SpatialDropout1D, layers.GaussianNoise, layers.Identity),
    *(layers.ReLU, layers.LeakyReLU, layers.Softmax),
)


class Stream:
    """A trained model that reads one step a call.

    Each of the streams has a state of its own, which stays from call to call and starts at zero.
    The weights are the model's: if it is trained further, the stream follows.

    Args:
        model: A ``keras.Sequential`` of one-directional ``SimpleRNN``, ``LSTM`` and ``GRU``
            layers, and of layers that treat each step by itself, such as ``Embedding`` and
            ``Dense``.
        streams: How many streams are read side by side.

    Attributes:
        streams: How many streams there are.
        steps: For each stream, how many steps it has read since its start or its last reset,
            int64 ``(streams,)``.

    Raises:
        TypeError: If ``model`` is no ``keras.Sequential``.
        ValueError: If the model has a layer that can't answer before the sequence has ended, or
            ``streams`` is below 1.

    Example:
        >>> model = keras.Sequential([keras.Input((None, 2)), layers.GRU(3), layers.Dense(1)])
        >>> x = np.ones((4, 5, 2), dtype="float32")
        >>> stream = Stream(model, streams=4)
        >>> for t in range(5):
        ...     answers = stream.step(x[:, t])
        >>> answers.shape, bool(np.allclose(answers, model(x), atol=1e-6))
        ((4, 1), True)
    """

    def __init__(self, model: keras.Sequential, streams: int = 1):
        if not isinstance(model, keras.Sequential):
            raise TypeError(
                f"model: expected a keras.Sequential, one layer after another; got "
                f"{type(model).__name__}"
            )
        if streams < 1:
            raise ValueError(f"streams: expected at least 1; got {streams!r}")
        for layer in model.layers:
            _require_streamable(layer)
        self._layers = [*model.layers]
        self.streams = streams
        self.steps = np.zeros(streams, dtype=np.int64)
        self._states = {
            place: layer.get_initial_state(batch_size=streams)
            for place, layer in enumerate(self._layers)
            if isinstance(layer, _RECURRENT)
        }

    def step(self, inputs: np.ndarray, present: Sequence[bool] | None = None) -> np.ndarray:
        """Read one step of each stream.

        Args:
            inputs: ``(streams, features)``, or word indices ``(streams,)`` for a model that
                begins with an ``Embedding``.
            present: For each stream, whether there is a step to read. Where there is none, the
                state stays as it is, as at a masked step. By default all are present; with an
                ``Embedding(mask_zero=True)``, all whose word is not 0.

        Returns:
            The answer after this step, ``(streams, outputs)``.

        Raises:
            ValueError: If there is not one step for each stream.
        """
        inputs = np.asarray(inputs)
        embeds = bool(self._layers) and isinstance(self._layers[0], layers.Embedding)
        if inputs.ndim != (1 if embeds else 2) or len(inputs) != self.streams:
            expected = f"({self.streams},)" if embeds else f"({self.streams}, features)"
            raise ValueError(
                f"inputs: expected one step of each stream, {expected}; got {inputs.shape}"
            )
        if present is None:
            masks = embeds and self._layers[0].mask_zero
            present = inputs != 0 if masks else np.ones(self.streams, dtype=bool)
        present = np.asarray(present, dtype=bool)
        if present.shape != (self.streams,):
            raise ValueError(
                f"present: expected True or False for each of {self.streams} streams; got shape "
                f"{present.shape}"
            )
        self.steps += present
        values = keras.ops.convert_to_tensor(inputs)
        for place, layer in enumerate(self._layers):
            if place in self._states:
                _, new = layer.cell(values, self._states[place], training=False)
                kept = zip(new, self._states[place], strict=True)
                self._states[place] = [
                    keras.ops.where(present[:, np.newaxis], after, before) for after, before in kept
                ]
                values = self._states[place][0]  # the hidden state is the layer's output
            else:
                # A copy leaves behind the mask that Keras hangs on a tensor: present is ours.
                values = keras.ops.copy(layer(values, training=False))
        return keras.ops.convert_to_numpy(values)

    def reset(self, streams: Sequence[int] | None = None) -> None:
        """Begin anew: set the state of some streams to zero, or of all.

        Args:
            streams: Which streams, counted from 0; all if None. The others read on.

        Raises:
            ValueError: If there is no such stream.

        Example:
            >>> model = keras.Sequential([keras.Input((None, 2)), layers.GRU(3)])
            >>> stream = Stream(model, streams=2)
            >>> first = stream.step(np.ones((2, 2)))
            >>> stream.reset([1])
            >>> stream.steps
            array([1, 0])
        """
        chosen = np.arange(self.streams) if streams is None else np.asarray(streams, dtype=int)
        if np.any((chosen < 0) | (chosen >= self.streams)):
            raise ValueError(
                f"streams: expected numbers from 0 to {self.streams - 1}; got {chosen.tolist()}"
            )
        keeps = np.ones((self.streams, 1), dtype="float32")
        keeps[chosen] = 0
        self.steps[chosen] = 0
        for place, states in self._states.items():
            # Not a product with 0: a state that has become NaN would stay NaN.
            self._states[place] = [
                keras.ops.where(keeps > 0, state, keras.ops.zeros_like(state)) for state in states
            ]


def _require_streamable(layer: layers.Layer) -> None:
    """Refuse a layer that can't answer a step as soon as it has come."""
    kind = type(layer).__name__
    reason = ""
    if isinstance(layer, layers.Bidirectional):
        reason = "its backward reader starts at the end of the sequence"
    elif isinstance(layer, _RECURRENT):
        if layer.go_backwards:
            reason = "with go_backwards=True it starts at the end of the sequence"
    elif not isinstance(layer, _STEP_BY_STEP):
        reason = "it may look at several steps at once"
    if reason:
        raise ValueError(
            f"model: expected layers that read forwards, step by step; got {kind} "
            f"{layer.name!r}: {reason}"
        )
