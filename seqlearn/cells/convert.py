"""From a Keras layer to the cell that computes the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlearn.cells.activations import ACTIVATIONS
from seqlearn.cells.bidirectional import Bidirectional
from seqlearn.cells.cell import Cell
from seqlearn.cells.gru import GRU
from seqlearn.cells.lstm import LSTM
from seqlearn.cells.simple_rnn import SimpleRNN

CELLS: dict[str, type[Cell]] = {cell.__name__: cell for cell in (SimpleRNN, LSTM, GRU)}


def from_keras(layer: Any) -> Cell | Bidirectional:
    """Make the cell that computes what a Keras layer computes at inference.

    The weights are copied: training the layer further leaves the cell as it is. Dropout acts
    in training alone, so the cell has none. How the layer loops
    (``unroll``, ``use_cudnn``) and what it returns (``return_sequences``,
    ``return_state``) change no number, and the trace holds all that it could return.

    There is one case in which Keras's backends differ: at steps masked before the first real
    one, with an initial state other than zero, a layer outputs zeros on TensorFlow and PyTorch,
    and the initial state on JAX. The cells output zeros. The states agree everywhere.

    Args:
        layer: A built Keras ``SimpleRNN``, ``LSTM``, ``GRU``, or ``Bidirectional`` of these.

    Returns:
        The cell, or the :class:`Bidirectional` pair.

    Raises:
        TypeError: If the layer is of another kind.
        ValueError: If the layer has no weights yet, or an option that no cell has:
            ``stateful``, ``zero_output_for_mask``, an unknown activation, a precision other
            than float32 or float64, or ``unroll`` within a ``Bidirectional`` that returns
            sequences (there Keras 3.15 puts the zeros of a mask at the wrong steps). The
            message names the option.

    Example:
        >>> import keras
        >>> layer = keras.layers.LSTM(5, return_sequences=True)
        >>> x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
        >>> outputs = keras.ops.convert_to_numpy(layer(x))
        >>> cell = from_keras(layer)
        >>> cell
        LSTM(features=4, units=5)
        >>> bool(np.abs(cell.run(x).h - outputs).max() < 1e-6)
        True
    """
    kind = _kind(layer)
    if kind == "Bidirectional":
        return Bidirectional(
            _convert(layer.forward_layer, within="forward_layer: "),
            _convert(layer.backward_layer, within="backward_layer: "),
            layer.merge_mode,
        )
    # Bidirectional sets this option by itself, for the layers that it holds.
    if layer.zero_output_for_mask:
        raise ValueError(
            "zero_output_for_mask=True: a cell repeats its output at masked steps; "
            "make the layer without this option"
        )
    return _convert(layer)


def _kind(layer: Any) -> str:
    """Tell by the names of its class and module what a layer is: Keras is not imported here."""
    kind = type(layer).__name__
    known = (*CELLS, "Bidirectional")
    if kind not in known or type(layer).__module__.partition(".")[0] != "keras":
        hint = ""
        if hasattr(layer, "layers"):
            hint = ": for a model, convert its layers one by one, model.layers[0] and so on"
        raise TypeError(
            f"layer: expected a Keras 3 layer, one of {', '.join(known)}; got {kind}{hint}"
        )
    return kind


def _convert(layer: Any, within: str = "") -> Cell:
    kind = _kind(layer)
    if within and layer.unroll and layer.return_sequences:
        raise ValueError(
            f"{within}unroll=True: within Bidirectional, Keras's unrolled layers put the zeros "
            "of a mask at the wrong steps; make the layers without it, the rest is the same"
        )
    if not layer.built or not hasattr(layer.cell, "kernel"):
        raise ValueError(
            f"{within}layer: {layer.name!r} has no weights yet: call it on data first, or "
            "layer.build((None, None, features))"
        )
    if layer.stateful:
        raise ValueError(
            f"{within}stateful=True: a cell keeps nothing from one run to the next; make the "
            "layer without it, and hand trace.final_state on as initial_state"
        )
    if layer.compute_dtype not in ("float32", "float64"):
        raise ValueError(
            f"{within}dtype: expected a layer that computes in float32 or float64; "
            f"got {layer.compute_dtype}"
        )
    options = {
        name: _activation_name(getattr(layer.cell, name), within + name)
        for name in ("activation", "recurrent_activation")
        if hasattr(layer.cell, name)
    }
    if kind == "GRU":
        options["reset_after"] = bool(layer.cell.reset_after)
    return CELLS[kind](
        kernel=np.array(layer.cell.kernel.numpy()),
        recurrent_kernel=np.array(layer.cell.recurrent_kernel.numpy()),
        bias=None if layer.cell.bias is None else np.array(layer.cell.bias.numpy()),
        go_backwards=bool(layer.go_backwards),
        **options,
    )


def _activation_name(function: Any, option: str) -> str:
    """Name a Keras activation; a function of one's own may share a name with one of Keras's."""
    name = getattr(function, "__name__", type(function).__name__)
    module = getattr(function, "__module__", None) or ""
    if module.partition(".")[0] != "keras" or name not in ACTIVATIONS:
        raise ValueError(
            f"{option}: expected one of Keras's {', '.join(ACTIVATIONS)}; got {name!r} "
            f"of {module or 'no module'}"
        )
    return name
