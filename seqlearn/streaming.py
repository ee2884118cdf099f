"""Answer while the sequence is still coming: one step at a time, with the state kept between.

A Keras layer reads a whole sequence in one call. :class:`Stream` takes the cells out of a
trained model and lets them read one step a call, for several streams side by side. What it
answers is what the model would answer at that step of the whole sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from seqlearn.cells.inputs import cast, read_flags
from seqlearn.checks import (
    require_array,
    require_whole_number,
    require_whole_numbers,
    require_words,
)
from seqlearn.diagnostics.place import RECURRENT, layer_chain

# What these make of a step does not depend on any other step, unless an axis says so.
_STEPWISE = (
    *(layers.Embedding, layers.Masking, layers.Dense, layers.TimeDistributed, layers.Identity),
    *(layers.Activation, layers.ReLU, layers.LeakyReLU, layers.PReLU, layers.ELU, layers.Softmax),
    *(layers.BatchNormalization, layers.LayerNormalization, layers.RMSNormalization),
    *(layers.UnitNormalization, layers.Normalization, layers.Rescaling),
    *(layers.Dropout, layers.SpatialDropout1D, layers.GaussianNoise, layers.GaussianDropout),
    *(layers.AlphaDropout, layers.ActivityRegularization),
)
_REASONS = {
    "convolutional": "it looks at several steps at once",
    "pooling": "it looks at several steps at once",
    "reshaping": "it moves numbers from one step to another",
}


class Stream:
    """A trained model that reads one step a call.

    Each of the streams has a state of its own, which stays from call to call and starts at zero.
    The weights are the model's: if it is trained further, the stream follows. The states are not:
    a layer with ``stateful=True`` is left as it is, and counts as one that was just reset.

    Args:
        model: A built Keras model whose layers follow one another: ``SimpleRNN``, ``LSTM`` and
            ``GRU`` layers that read forwards, and between them layers that treat each step by
            itself, such as ``Embedding``, ``Dense`` or ``BatchNormalization``. After a recurrent
            layer with ``return_sequences=False`` there may be any.
        streams: How many streams are read side by side.

    Attributes:
        streams: How many streams there are.
        steps: For each stream, how many steps it has read since its start or its last reset,
            int64 ``(streams,)``.

    Raises:
        TypeError: If ``model`` is no Keras model, or ``streams`` no whole number.
        ValueError: If the layers don't follow one another, one of them can't answer before the
            sequence has ended (the message says why), or ``streams`` is below 1.

    Example:
        >>> model = keras.Sequential([keras.Input((None, 2)), layers.GRU(3), layers.Dense(1)])
        >>> x = np.ones((4, 5, 2), dtype="float32")
        >>> stream = Stream(model, streams=4)
        >>> for t in range(5):
        ...     answers = stream.step(x[:, t])
        >>> answers.shape, bool(np.allclose(answers, model(x), atol=1e-6))
        ((4, 1), True)
    """

    def __init__(self, model: keras.Model, streams: int = 1):
        chain = layer_chain(model)
        self.streams = require_whole_number(streams, "streams")
        self.steps = np.zeros(self.streams, dtype=np.int64)
        # From a layer on that gives its last output alone, there are no steps any more.
        ends = [type(layer) in RECURRENT and not layer.return_sequences for layer in chain]
        end = ends.index(True) + 1 if any(ends) else len(chain)
        self._layers, self._after, self._answers_once = chain[:end], chain[end:], any(ends)
        self._embedding = chain[0] if isinstance(chain[0], layers.Embedding) else None
        shape = model.input_shape
        if len(shape) < (2 if self._embedding else 3):
            raise ValueError(
                "model: expected one that reads sequences, (batch, timesteps, features), or words, "
                f"(batch, timesteps), by an Embedding; its input is {shape}"
            )
        self._step_shape, self._dtype = shape[2:], model.inputs[0].dtype
        for layer in self._layers:
            _require_streamable(layer, len(shape), first=layer is chain[0])
            shape = layer.compute_output_shape(shape)
        for layer in self._after:
            _require_no_state(layer)
        self._states = {
            place: layer.get_initial_state(batch_size=self.streams)
            for place, layer in enumerate(self._layers)
            if type(layer) in RECURRENT
        }

    def step(self, inputs: np.ndarray, present: Sequence[bool] | None = None) -> np.ndarray:
        """Read one step of each stream.

        Args:
            inputs: ``(streams, features)``, or word indices ``(streams,)`` for a model that
                begins with an ``Embedding``.
            present: For each stream, whether there is a step to read. Where there is none, the
                states stay as they are, as at a masked step. By default the model's own mask
                decides (``Embedding(mask_zero=True)``, ``Masking``); without one all are present.

        Returns:
            The answer after this step, ``(streams, outputs)``.

        Raises:
            ValueError: If there is not one step for each stream, or the model can't read it: a
                word that it has no vector for, or a number that its precision can't hold.
        """
        values = keras.ops.convert_to_tensor(self._read(inputs)[:, np.newaxis])
        mask = None
        if present is not None:
            expected = f"True or False for each of {self.streams} streams"
            mask = read_flags(present, "present", (self.streams,), expected)[:, np.newaxis]
        states, read = {}, None
        for place, layer in enumerate(self._layers):
            if place in self._states:
                read = mask if read is None else read
                before = self._states[place]
                _, new = layer.cell(values[:, 0], before, training=False)
                if mask is not None:
                    pairs = zip(new, before, strict=True)
                    new = [keras.ops.where(mask, after, old) for after, old in pairs]
                states[place] = new  # the hidden state is the layer's output
                values = new[0][:, np.newaxis] if layer.return_sequences else new[0]
            else:
                if present is None:
                    mask = layer.compute_mask(values, mask) if layer.supports_masking else None
                # A copy leaves behind the mask that Keras hangs on a tensor: we carry it.
                values = keras.ops.copy(layer(values, training=False))
        read = mask if read is None else read
        for layer in self._after:
            values = layer(values, training=False)
        self._states |= states
        self.steps += 1 if read is None else keras.ops.convert_to_numpy(read)[:, 0]
        answers = keras.ops.convert_to_numpy(values)
        return answers if self._answers_once else answers[:, 0]

    def reset(self, streams: int | Sequence[int] | None = None) -> None:
        """Begin anew: set the state of some streams to zero, or of all.

        Args:
            streams: Which streams, counted from 0; all if None. The others read on.

        Raises:
            TypeError: If one is no whole number; a truth value is none.
            ValueError: If there is no such stream.

        Example:
            >>> model = keras.Sequential([keras.Input((None, 2)), layers.GRU(3)])
            >>> stream = Stream(model, streams=2)
            >>> first = stream.step(np.ones((2, 2)))
            >>> stream.reset([1])
            >>> stream.steps
            array([1, 0])
        """
        named = range(self.streams) if streams is None else streams
        named = require_whole_numbers(named if hasattr(named, "__iter__") else [named], "streams")
        chosen = [require_whole_number(n, "streams", 0, self.streams - 1) for n in named.flat]
        keeps = np.ones((self.streams, 1), dtype="float32")
        keeps[chosen] = 0
        self.steps[chosen] = 0
        for place, states in self._states.items():
            # Not a product with 0: a state that has become NaN would stay NaN.
            self._states[place] = [
                keras.ops.where(keeps > 0, state, keras.ops.zeros_like(state)) for state in states
            ]

    def _read(self, inputs: Any) -> np.ndarray:
        """Check one step of each stream, before Keras sees it."""
        sizes = ["features" if size is None else size for size in self._step_shape]
        expected = f"({', '.join(map(str, [self.streams, *sizes]))}{'' if sizes else ','})"
        array = require_array(inputs, "inputs", expected)
        fits = [array.shape[:1] == (self.streams,), array.ndim == 1 + len(sizes)]
        pairs = zip(array.shape[1:], self._step_shape, strict=False)
        if not all(fits) or any(size not in (None, got) for got, size in pairs):
            hint = ""
            if array.ndim == len(sizes) and self.streams == 1:
                hint = ": the axis of the streams is missing, inputs[np.newaxis]"
            elif array.ndim == 2 + len(sizes):
                hint = ": hand over one step at a time, inputs[:, t]"
            raise ValueError(
                f"inputs: expected one step of each stream, {expected}; got {array.shape}{hint}"
            )
        if self._embedding is None:
            return cast(array, "inputs", self._dtype)
        require_words(array, self._embedding, "inputs")
        return array.astype("int32")


def _require_streamable(layer: layers.Layer, axes: int, first: bool) -> None:
    """Refuse a layer that can't answer a step as soon as it has come."""
    room = type(layer).__module__.split(".")[-2]
    reason = ""
    if isinstance(layer, layers.Bidirectional):
        reason = "its backward reader starts at the end of the sequence"
    elif type(layer) in RECURRENT:
        if layer.go_backwards:
            reason = "with go_backwards=True it starts at the end of the sequence"
        elif layer.return_state:
            reason = "with return_state=True it gives its states besides the answer"
        elif layer.zero_output_for_mask:
            reason = "zero_output_for_mask=True: a stream repeats the last output at masked steps"
    elif type(layer) not in _STEPWISE:
        reason = _REASONS.get(room, "it is not known to treat each step by itself")
    elif isinstance(layer, layers.Embedding) and not first:
        reason = "an Embedding has to come first, where the words are"
    elif _differs_by_step(layer, axes):
        reason = "it treats each step in another way, or several together (see its axis)"
    if reason:
        raise ValueError(
            "model: expected layers that read forwards, step by step; "
            f"got {type(layer).__name__} {layer.name!r}: {reason}"
        )
    if type(layer) not in RECURRENT:
        _require_no_state(layer)


def _differs_by_step(layer: layers.Layer, axes: int) -> bool:
    axis = getattr(layer, "axis", None)
    if any(int(place) % axes < 2 for place in ([] if axis is None else np.ravel(axis))):
        return True
    # Rescaling and PReLU may have numbers for each step: an axis as long as there are steps.
    numbers = [getattr(layer, name, 0) for name in ("scale", "offset", "alpha")]
    return any(np.ndim(own) >= axes - 1 and np.shape(own)[1 - axes] != 1 for own in numbers)


def _require_no_state(layer: layers.Layer) -> None:
    if getattr(getattr(layer, "layer", layer), "stateful", False):
        raise ValueError(
            f"model: expected layers without a memory of their own after the steps; got "
            f"{type(layer).__name__} {layer.name!r} with stateful=True"
        )
