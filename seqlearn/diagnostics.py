"""What a trained recurrent network remembers, measured inside the Keras model.

- :func:`gradient_norms`: how strongly the state at each step still moves the loss;
- :func:`memory_horizon`: how many steps back that reaches, with an interval;
- :func:`gate_activations` and :func:`saturation`: what the gates do, and how often all or nothing;
- :func:`cell_state_carry`: how much of an LSTM's cell state arrives at the end.

The recurrent layer is run by its cell of :mod:`seqlearn.cells`, which computes the same numbers
and keeps all of them; Keras runs the layers below and above it, on any of its backends. Everything
is computed at inference (no dropout), in float64 from the layer upwards, and returned as arrays.

**Steps** are in reading order: the last column is the last step that the layer reads. For a
layer that goes backwards, such as the second reader of a ``Bidirectional``, step 0 is the last
timestep of the inputs. Where a mask made by ``Embedding(mask_zero=True)`` or ``Masking`` passes
over a step, there is nothing to measure, and the arrays hold NaN.
"""

from __future__ import annotations

import contextlib
import inspect
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from seqlearn.cells import LSTM, from_keras
from seqlearn.checks import require_fits

Array = np.ndarray

_BATCH = 128  # examples at a time: memory stays small, and the loop over steps is shared
_RECURRENT = (keras.layers.SimpleRNN, keras.layers.LSTM, keras.layers.GRU)
_GATES = {
    "LSTM": ("forget_gate", "input_gate", "output_gate", "candidate", "c", "h"),
    "GRU": ("update_gate", "reset_gate", "candidate", "h"),
    "SimpleRNN": ("h",),
}


# --- how far back the loss reaches ----------------------------------------------------------


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
    place = _find(model, layer)
    if state not in ("h", "c"):
        raise ValueError(f"state: expected 'h' or 'c'; got {state!r}")
    if state == "c":
        _require_lstm(place, "state")
    value = _loss(model, loss)
    x, y = _examples(x, model), np.asarray(y)
    if y.ndim == 0 or len(y) != len(x):
        raise ValueError(
            f"y: expected a target for each of the {len(x)} examples of x; got shape {y.shape}"
        )
    norms = []
    with _double_precision():
        above = _copies(place.above)
        for chunk, trace, mask in _runs(place, x):
            outputs = trace.h if place.returns_sequences else trace.last
            targets = keras.ops.convert_to_tensor(y[chunk], dtype="float64")
            reached = mask if place.returns_sequences else None

            def total(h, targets=targets, reached=reached):
                predictions, left = _apply(above, h, reached)
                return _sum_of_own_losses(value, targets, predictions, left)

            grad = _gradient(total, outputs)
            of_state = getattr(place.reader_of(place.cell.backward(trace, grad)), state)
            norms.append(_unmasked(np.linalg.norm(of_state, axis=-1), place, trace))
    return np.concatenate(norms)


@dataclass(frozen=True, repr=False)
class Horizon:
    """How many steps back a network remembers, from :func:`memory_horizon`.

    Attributes:
        steps: The horizon, in steps.
        low: Lower end of its bootstrap interval; NaN if there was one example alone.
        high: Upper end.
        censored: Whether it is as long as the sequence: the memory reaches at least so far.
        longest: The longest horizon that could be seen in these sequences, in steps.
        level: Probability with which such an interval covers the true horizon.
    """

    steps: float
    low: float
    high: float
    censored: bool
    longest: int
    level: float

    def __repr__(self) -> str:
        steps = f"at least {self.longest}" if self.censored else f"{self.steps:.4g}"
        if np.isnan(self.low):
            return f"Horizon: {steps} steps (one example, no interval)"
        low, high = (
            f"at least {self.longest}" if end >= self.longest else f"{end:.4g}"
            for end in (self.low, self.high)
        )
        return f"Horizon: {steps} steps [{low}, {high}] ({self.level:.0%} bootstrap interval)"


def memory_horizon(
    norms: Array, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> Horizon:
    """Measure how many steps back the loss still depends on the state.

    With r_k the geometric mean over the examples of ‖∂L/∂h_{T−k}‖ / ‖∂L/∂h_T‖ (for an LSTM take
    the norms of its cell state, ``gradient_norms(..., state="c")``), the horizon is
    the lag k up to which r_k stays at or above 1/e, between whole lags by a straight line in
    ln r. A state that fades as a to the power of k has the horizon −1/ln a, exactly: the time
    scale of :func:`seqlearn.initializers.time_scale`. The interval is a percentile bootstrap: the
    examples are drawn again, with replacement.

    Masked steps (NaN) are left out, so lags are counted in real steps from an example's last one;
    lags that fewer than half of the examples have are not looked at. An example in which no
    gradient reaches the last step has no ratio, and is left out too. A gradient of exactly 0
    further back makes the geometric mean 0 from there.

    Args:
        norms: From :func:`gradient_norms`, ``(examples, timesteps)``, at least 0; NaN at masked
            steps.
        level: Probability with which such an interval covers the true horizon.
        resamples: How often the examples are drawn again.
        seed: Seed of that.

    Returns:
        The horizon in steps, with its interval.

    Raises:
        ValueError: If an argument is out of range, or nothing can be measured.

    Source:
        The definition is this book's own. Efron 1979 for the bootstrap.

    Example:
        >>> norms = 0.5 ** np.arange(9, -1, -1) * np.ones((4, 1))
        >>> memory_horizon(norms)
        Horizon: 1.443 steps [1.443, 1.443] (95% bootstrap interval)
        >>> print(f"{-1 / np.log(0.5):.3f}")
        1.443
        >>> memory_horizon(np.ones((4, 10)))
        Horizon: at least 9 steps [at least 9, at least 9] (95% bootstrap interval)
    """
    norms = np.asarray(norms, dtype=np.float64)
    if norms.ndim != 2 or norms.shape[1] < 2:
        raise ValueError(
            "norms: expected (examples, timesteps) with at least 2 timesteps; "
            f"got shape {norms.shape}"
        )
    if np.any(norms < 0) or np.any(np.isinf(norms)):
        raise ValueError("norms: expected finite numbers of at least 0; got others")
    if not 0 < level < 1:
        raise ValueError(f"level: expected a probability between 0 and 1; got {level!r}")
    if isinstance(resamples, bool) or not isinstance(resamples, int) or resamples < 1:
        raise ValueError(f"resamples: expected a whole number of at least 1; got {resamples!r}")

    back = norms[:, ::-1]
    order = np.argsort(np.isnan(back), axis=1, kind="stable")  # real steps first, last one foremost
    back = np.take_along_axis(back, order, axis=1)
    back = back[back[:, 0] > 0]
    if not len(back):
        raise ValueError(
            "norms: expected a gradient other than 0 at the last step of at least one example; "
            "got none: the loss doesn't depend on it"
        )
    there = ~np.isnan(back)
    lags = int(np.sum(2 * there.sum(axis=0) >= len(back)))
    if lags < 2:
        raise ValueError("norms: expected at least 2 real steps in half of the examples; got fewer")
    back, there = back[:, :lags], there[:, :lags]
    gone = there & (back == 0)
    logs = np.log(np.where(there & ~gone, back, 1))
    logs = np.where(there & ~gone, logs - logs[:, :1], 0)

    def horizons(counts: Array) -> Array:
        """Horizon of each sample, given how often each example stands in it."""
        with_lag = counts @ there.astype(float)
        curve = (counts @ logs) / np.maximum(with_lag, 1)
        curve[counts @ gone.astype(float) > 0] = -np.inf
        for k in np.flatnonzero(np.any(with_lag == 0, axis=0)):  # no example is so long
            curve[:, k] = np.where(with_lag[:, k] == 0, curve[:, k - 1], curve[:, k])
        return _crossing(curve)

    examples = len(back)
    steps = float(horizons(np.ones((1, examples)))[0])
    low = high = np.nan
    if examples > 1:
        drawn = np.random.default_rng(seed).multinomial(
            examples, np.full(examples, 1 / examples), size=resamples
        )
        tail = (1 - level) / 2
        low, high = np.quantile(horizons(drawn.astype(float)), [tail, 1 - tail])
    longest = lags - 1
    return Horizon(steps, float(low), float(high), steps >= longest, longest, level)


def _crossing(curve: Array) -> Array:
    """Lag at which each row of ``(samples, lags)`` first falls below −1; the last if it doesn't."""
    below = curve < -1
    first = np.argmax(below, axis=1)  # at lag 0 the curve is 0, so first > 0 if there is any
    rows = np.arange(len(curve))
    before, after = curve[rows, first - 1], curve[rows, first]
    found = below[rows, first]
    drop = np.where(found, before - after, 1)
    return np.where(found, first - 1 + (before + 1) / drop, curve.shape[1] - 1)


# --- what the gates do ----------------------------------------------------------------------


def gate_activations(model: keras.Model, x: Array, layer: str | None = None) -> dict[str, Array]:
    """Record what every gate of a recurrent layer does at every step.

    Args:
        model: A built Keras model, Sequential or Functional, whose layers follow one another.
        x: Inputs of the model, ``(examples, ...)``.
        layer: Name of the recurrent layer, as for :func:`gradient_norms`.

    Returns:
        Arrays float64 ``(examples, timesteps, units)``, in reading order; NaN at masked steps.
        For an LSTM ``forget_gate``, ``input_gate``, ``output_gate``, ``candidate``, ``c``, ``h``;
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
    place = _find(model, layer)
    names = _GATES[type(place.reader_of_cell).__name__]
    parts = {name: [] for name in names}
    for _, trace, _ in _runs(place, _examples(x, model)):
        reader = place.reader_of(trace)
        for name in names:
            parts[name].append(_unmasked(getattr(reader, name), place, trace))
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


def saturation(
    gate: Array, low: float = 0.1, high: float = 0.9, mask: Array | None = None
) -> tuple[Array, Array]:
    """Share of the time that each unit's gate is almost shut, and almost open.

    Args:
        gate: Activations of one gate from :func:`gate_activations`,
            ``(examples, timesteps, units)``. NaN is left out.
        low: Below it, a gate counts as shut (left-saturated).
        high: Above it, a gate counts as open (right-saturated).
        mask: ``(examples, timesteps)``, true at the steps that count; all if None.

    Returns:
        ``(left, right)``: two shares of all examples and steps, each float64 ``(units,)``.

    Raises:
        ValueError: If a shape is wrong, ``low`` is not below ``high``, or no step counts.

    Source:
        Karpathy, Johnson and Fei-Fei 2015, "Visualizing and understanding recurrent networks",
        section 4.2.

    Example:
        >>> left, right = saturation(np.array([[[0.05, 0.5], [0.95, 0.99]]]))
        >>> left, right
        (array([0.5, 0. ]), array([0.5, 0.5]))
    """
    gate = np.asarray(gate, dtype=np.float64)
    if gate.ndim != 3:
        raise ValueError(f"gate: expected (examples, timesteps, units); got shape {gate.shape}")
    if not low < high:
        raise ValueError(f"low and high: expected low below high; got {low!r} and {high!r}")
    counts = ~np.isnan(gate)
    if mask is not None:
        mask = np.asarray(mask)
        if mask.shape != gate.shape[:2]:
            raise ValueError(
                f"mask: expected {gate.shape[:2]}, true or false for each step of each example; "
                f"got {mask.shape}"
            )
        counts &= mask.astype(bool)[..., np.newaxis]
    steps = counts.sum(axis=(0, 1))
    if not np.all(steps):
        raise ValueError("gate: expected at least one step that counts; all are masked or NaN")
    left = np.sum(counts & (gate < low), axis=(0, 1)) / steps
    right = np.sum(counts & (gate > high), axis=(0, 1)) / steps
    return left, right


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
    place = _find(model, layer)
    _require_lstm(place, "layer")
    cell = place.reader_of_cell
    products, measured = [], []
    for _, whole, _ in _runs(place, _examples(x, model)):
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
        products.append(_unmasked(product, place, whole))
        measured.append(_unmasked(diagonal, place, whole))
    return Carry(np.concatenate(products), np.concatenate(measured))


# --- finding the layer ----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Place:
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
        return self.cell if self.reader is None else getattr(self.cell, f"{self.reader}_cell")


def _find(model: Any, name: str | None) -> _Place:
    chain = _chain(model)
    found: list[tuple[str, int, str | None]] = []
    both = {}
    for position, layer in enumerate(chain):
        if isinstance(layer, _RECURRENT):
            found.append((layer.name, position, None))
        elif isinstance(layer, keras.layers.Bidirectional):
            readers = (layer.forward_layer, layer.backward_layer)
            if all(isinstance(reader, _RECURRENT) for reader in readers):
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
    return _Place(
        name=name,
        below=chain[:position],
        cell=from_keras(chain[position]),
        reader=reader,
        returns_sequences=chain[position].return_sequences,
        above=chain[position + 1 :],
    )


def _require_lstm(place: _Place, argument: str) -> None:
    if not isinstance(place.reader_of_cell, LSTM):
        raise ValueError(
            f"{argument}: expected an LSTM, because only it has a cell state c; "
            f"got {place.name!r}, a {type(place.reader_of_cell).__name__}"
        )


def _chain(model: Any) -> list[Any]:
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
        flat += _chain(layer) if isinstance(layer, keras.Model) else [layer]
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


# --- running the model ----------------------------------------------------------------------


def _examples(x: Any, model: keras.Model) -> Array:
    if isinstance(x, list | tuple | dict) and not np.isscalar(x):
        x = np.asarray(x) if not isinstance(x, dict) else x
    if isinstance(x, dict) or np.ndim(x) < 2 or len(x) == 0:
        got = "a dict" if isinstance(x, dict) else f"shape {np.shape(x)}"
        raise ValueError(
            f"x: expected one array (examples, ...) with at least 1 example; got {got}"
        )
    require_fits(x, model)
    return np.asarray(x)


def _runs(place: _Place, x: Array) -> Iterator[tuple[slice, Any, Any]]:
    """Run the model up to and with the layer, some examples at a time.

    Yields:
        Which examples, the trace of the cell, and the mask for the layers above.
    """
    for start in range(0, len(x), _BATCH):
        chunk = slice(start, start + _BATCH)
        inputs, mask = x[chunk], None
        if place.below:
            inputs, mask = _apply(place.below, keras.ops.convert_to_tensor(inputs), None)
            inputs = keras.ops.convert_to_numpy(inputs)
            mask = None if mask is None else keras.ops.convert_to_numpy(mask)
        yield chunk, place.cell.run(np.asarray(inputs, np.float64), mask=mask), mask


def _apply(layers: list[Any], values: Any, mask: Any) -> tuple[Any, Any]:
    """Send values through layers at inference, and their mask along with them, as Keras does."""
    for layer in layers:
        takes_mask = "mask" in inspect.signature(layer.call).parameters
        given, before = values, mask
        values = layer(given, mask=before) if takes_mask and before is not None else layer(given)
        mask = layer.compute_mask(given, before) if layer.supports_masking else None
    return values, mask


def _unmasked(array: Array, place: _Place, trace: Any) -> Array:
    """Put NaN where the reader passes over a step."""
    mask = place.reader_of(trace).mask
    if mask is None:
        return array
    return np.where(mask if array.ndim == 2 else mask[..., np.newaxis], array, np.nan)


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


# --- the loss and its gradient --------------------------------------------------------------


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
            f"(y_true, y_pred); got {loss!r}"
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
