"""A recurrent layer in its model: finding it, and running the model up to it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from seqlearn.cells import LSTM, from_keras
from seqlearn.cells.kinds import KINDS
from seqlearn.checks import require_array, require_fits

Array = np.ndarray

RECURRENT = tuple(getattr(keras.layers, name) for name in KINDS)
_BATCH = 128  # examples at a time: memory stays small, and the loop over steps is shared


@dataclass(frozen=True, eq=False)
class Place:
    """A recurrent layer in its model, and the cell that computes what it computes."""

    name: str
    below: list[Any]
    cell: Any
    reader: str | None  # "forward" or "backward" of a Bidirectional
    returns_sequences: bool
    above: list[Any]

    def reader_of(self, whole: Any) -> Any:
        """Give what belongs to the named reader, of a trace or of gradients."""
        return whole if self.reader is None else getattr(whole, self.reader)

    @property
    def reader_of_cell(self) -> Any:
        """The cell, or that of the named reader."""
        return self.cell if self.reader is None else getattr(self.cell, f"{self.reader}_cell")


def find(model: Any, name: str | None) -> Place:
    """Find the recurrent layer of that name; the only one if None."""
    chain = layer_chain(model)
    found: list[tuple[str, int, str | None]] = []
    both = {}
    for position, layer in enumerate(chain):
        if isinstance(layer, RECURRENT):
            found.append((layer.name, position, None))
        elif isinstance(layer, keras.layers.Bidirectional):
            readers = (layer.forward_layer, layer.backward_layer)
            if all(isinstance(reader, RECURRENT) for reader in readers):
                names = [reader.name for reader in readers]
                found += zip(names, [position] * 2, ["forward", "backward"], strict=True)
                both[layer.name] = names
    listed = ", ".join(repr(known) for known, *_ in found)
    if not found:
        raise ValueError(
            "model: expected one with a SimpleRNN, LSTM or GRU layer, or a Bidirectional of "
            f"these; its layers are {', '.join(repr(layer.name) for layer in chain)}"
        )
    if name is None and len(found) > 1:
        raise ValueError(f"layer: the model has several, name one of {listed}")
    if name in both:
        raise ValueError(
            f"layer: {name!r} holds two readers, name one of {', '.join(map(repr, both[name]))}"
        )
    chosen = [entry for entry in found if name in (None, entry[0])]
    if not chosen:
        raise ValueError(f"layer: expected the name of a recurrent layer, {listed}; got {name!r}")
    if len(chosen) > 1:
        raise ValueError(f"layer: the model has {len(chosen)} of the name {name!r}")
    [(name, position, reader)] = chosen
    return Place(
        name=name,
        below=chain[:position],
        cell=from_keras(chain[position]),
        reader=reader,
        returns_sequences=chain[position].return_sequences,
        above=chain[position + 1 :],
    )


def require_lstm(place: Place, argument: str) -> None:
    """Refuse a cell that has no cell state."""
    if not isinstance(place.reader_of_cell, LSTM):
        raise ValueError(
            f"{argument}: expected an LSTM, because only it has a cell state c; "
            f"got {place.name!r}, a {type(place.reader_of_cell).__name__}"
        )


def layer_chain(model: Any) -> list[Any]:
    """List the layers of a model in the order in which data goes through them."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"model: expected a Keras model; got {type(model).__name__}")
    if isinstance(model, keras.Sequential):
        if not model.built:
            raise ValueError(
                "model: it has no weights yet: begin it with keras.Input, or call it on data first"
            )
        layers = list(model.layers)
    else:
        layers = _follow(model)
    flat = []
    for layer in layers:
        flat += layer_chain(layer) if isinstance(layer, keras.Model) else [layer]
    return flat


def _follow(model: keras.Model) -> list[Any]:
    outputs = getattr(model, "outputs", None)
    if not outputs:
        raise ValueError(
            "model: expected a Sequential or Functional model, whose layers can be followed; "
            f"got {type(model).__name__}, which computes in a method of its own"
        )
    rule = "model: expected layers that follow one another"
    if len(outputs) > 1:
        raise ValueError(f"{rule}; got {len(outputs)} outputs")
    layers, tensors = [], list(outputs)
    while True:
        if len(tensors) != 1:
            raise ValueError(f"{rule}; {layers[-1].name!r} has {len(tensors)} inputs")
        layer, node, _ = tensors[0]._keras_history
        if isinstance(layer, keras.layers.InputLayer):
            return layers[::-1]
        if not isinstance(layer, keras.Layer):
            raise ValueError(
                f"{rule}; {layer.name!r} is an operation, not a layer: wrap it in "
                "keras.layers.Lambda"
            )
        made = layer._inbound_nodes[node]
        if len(made.output_tensors) > 1:
            raise ValueError(f"{rule}; {layer.name!r} has {len(made.output_tensors)} outputs")
        layers.append(layer)
        tensors = made.input_tensors


def read_examples(x: Any, model: keras.Model, place: Place) -> Array:
    """Check the inputs of a model, before Keras sees them."""
    expected = "one array (examples, ...) with at least 1 example"
    if isinstance(x, dict):
        raise ValueError(f"x: expected {expected}; got a dict")
    array = require_array(x, "x", "(examples, ...)")
    if array.ndim < 2 or len(array) == 0:
        raise ValueError(f"x: expected {expected}; got shape {array.shape}")
    require_fits(array, model)
    return array


def runs(place: Place, x: Array) -> Iterator[tuple[slice, Any, Any]]:
    """Run the model up to and with the layer, some examples at a time.

    Yields:
        Which examples, the trace of the cell, and the mask for the layers above.
    """
    for start in range(0, len(x), _BATCH):
        chunk = slice(start, start + _BATCH)
        inputs, mask = x[chunk], None
        if place.below:
            inputs, mask = apply(place.below, keras.ops.convert_to_tensor(inputs), None)
            inputs = keras.ops.convert_to_numpy(inputs)
            mask = None if mask is None else keras.ops.convert_to_numpy(mask)
        yield chunk, place.cell.run(np.asarray(inputs, np.float64), mask=mask), mask


def apply(layers: list[Any], values: Any, mask: Any) -> tuple[Any, Any]:
    """Send values through layers at inference, and their mask along with them, as Keras does."""
    for layer in layers:
        takes_mask = "mask" in inspect.signature(layer.call).parameters
        given, before = values, mask
        values = layer(given, mask=before) if takes_mask and before is not None else layer(given)
        mask = layer.compute_mask(given, before) if layer.supports_masking else None
    return values, mask


def unmasked(array: Array, place: Place, trace: Any) -> Array:
    """Put NaN where the reader passes over a step."""
    mask = place.reader_of(trace).mask
    if mask is None:
        return array
    return np.where(mask if array.ndim == 2 else mask[..., np.newaxis], array, np.nan)
