"""What the gates of a recurrent layer do, and what passes them."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from seqlearn.diagnostics.place import find, read_examples, require_lstm, runs, unmasked

Array = np.ndarray


def gate_activations(model: keras.Model, x: Array, layer: str | None = None) -> dict[str, Array]:
    """Record what every gate of a recurrent layer does at every step.

    Args:
        model: A built Keras model, Sequential or Functional, whose layers follow one another.
        x: Inputs of the model, ``(examples, ...)``.
        layer: Name of the recurrent layer, as for :func:`gradient_norms`.

    Returns:
        Arrays float64 ``(examples, timesteps, units)``, in reading order; NaN at masked steps.
        For an LSTM ``input_gate``, ``forget_gate``, ``candidate``, ``output_gate``, ``h``, ``c``;
        for a GRU ``update_gate``, ``reset_gate``, ``candidate``, ``h``; for a SimpleRNN ``h``.

    Raises:
        TypeError: If ``model`` is no Keras model.
        ValueError: If the layers don't follow one another, or there is no such layer or more
            than one.

    Example:
        >>> model = keras.Sequential([keras.Input((3, 4)), keras.layers.GRU(5)])
        >>> gates = gate_activations(model, np.zeros((2, 3, 4)))
        >>> {name: gate.shape for name, gate in gates.items()}["update_gate"]
        (2, 3, 5)
        >>> float(gates["update_gate"][0, 0, 0])  # σ(0): no input yet, and no bias
        0.5
    """
    place = find(model, layer)
    kind = place.reader_of_cell.kind
    names = dict.fromkeys((*kind.blocks, *kind.states))
    parts = {name: [] for name in names}
    for _, trace, _ in runs(place, read_examples(x, model, place)):
        reader = place.reader_of(trace)
        for name in names:
            parts[name].append(unmasked(getattr(reader, name), place, trace))
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


@dataclass(frozen=True, eq=False, repr=False)
class Carry:
    """How much of an LSTM's cell state arrives at the end, from :func:`cell_state_carry`.

    Attributes:
        product: ∏ f_k over the steps k after t, ``(examples, timesteps, units)``.
        measured: ∂c_T/∂c_t of each unit by all paths, ``(examples, timesteps, units)``.
    """

    product: Array
    measured: Array

    def __repr__(self) -> str:
        examples, timesteps, units = self.product.shape
        return f"Carry(examples={examples}, timesteps={timesteps}, units={units})"


def cell_state_carry(model: keras.Model, x: Array, layer: str | None = None) -> Carry:
    """Compare the product of an LSTM's forget gates with the true ∂c_T/∂c_t.

    The product is the direct path alone: c_t is multiplied by one forget gate at each later
    step, the conveyor belt. But c_t is also shown in h_t, which enters all the gates and the
    candidate of the next step, and these write the later cell states. The measured derivative,
    by back-propagation through time, counts those paths as well. Without recurrent weights there
    are none, and both are equal.

    Args:
        model: A built Keras model, Sequential or Functional, whose layers follow one another.
        x: Inputs of the model, ``(examples, ...)``. Time and memory grow with the number of
            examples times the square of the units.
        layer: Name of the LSTM layer, as for :func:`gradient_norms`.

    Returns:
        The product and the measured derivative of each unit by itself (the diagonal), for each
        t, float64 ``(examples, timesteps, units)``, in reading order; both 1 at the last step,
        NaN at masked steps.

    Raises:
        TypeError: If ``model`` is no Keras model.
        ValueError: If the layer is no LSTM, the layers don't follow one another, or there is no
            such layer or more than one.

    Source:
        Gers, Schmidhuber and Cummins 2000, section 3, for the path by the forget gates.

    Example:
        >>> from seqlearn.initializers import gate_bias
        >>> model = keras.Sequential([keras.Input((4, 1)), keras.layers.LSTM(
        ...     1, **gate_bias("LSTM", keep=0.0), kernel_initializer="zeros",
        ...     recurrent_initializer="zeros")])
        >>> carry = cell_state_carry(model, np.ones((1, 4, 1)))
        >>> carry.product.ravel(), carry.measured.ravel()
        (array([0.125, 0.25 , 0.5  , 1.   ]), array([0.125, 0.25 , 0.5  , 1.   ]))
    """
    place = find(model, layer)
    require_lstm(place, "layer")
    cell = place.reader_of_cell
    products, measured = [], []
    for _, whole, _ in runs(place, read_examples(x, model, place)):
        trace = place.reader_of(whole)
        forget = trace.forget_gate
        if trace.mask is not None:  # a masked step leaves the cell state as it is
            forget = np.where(trace.mask[..., np.newaxis], forget, 1)
        product = np.ones_like(forget)
        product[:, :-1] = np.cumprod(forget[:, :0:-1], axis=1)[:, ::-1]
        diagonal = np.empty_like(forget)
        nothing = np.zeros_like(trace.last)
        for unit in range(cell.units):
            of_unit = nothing.copy()
            of_unit[:, unit] = 1
            grads = cell.backward(trace, nothing, grad_final_state=[nothing, of_unit])
            diagonal[..., unit] = grads.c[..., unit]
        products.append(unmasked(product, place, whole))
        measured.append(unmasked(diagonal, place, whole))
    return Carry(np.concatenate(products), np.concatenate(measured))
