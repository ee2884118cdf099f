"""Initial biases that choose how long a gated cell remembers before it has learned anything.

An LSTM keeps the share f of its cell state at each step, a GRU the share z of its state. While the
inputs to a gate average out, its bias alone decides: σ(b) is kept, and a state fades to 1/e of
itself in −1/ln σ(b) steps (:func:`time_scale`). :func:`gate_bias` and :func:`chrono_bias` set that
bias; both give options for a Keras layer::

    keras.layers.LSTM(32, **chrono_bias("LSTM", longest=200))
"""

from __future__ import annotations

import math
import numbers
from typing import Any

import keras
import numpy as np

from seqlearn.cells.kinds import KINDS
from seqlearn.checks import require_choice, require_whole_number, shown

_GATED = [name for name, kind in KINDS.items() if kind.keeps]


def time_scale(bias: float) -> float:
    """Steps in which a state fades to 1/e of itself, when a gate with this bias keeps it.

    Args:
        bias: Bias of the LSTM's forget gate or the GRU's update gate, with no other input to it.

    Returns:
        −1/ln σ(bias), in steps: about exp(bias) where the bias is large.

    Raises:
        ValueError: If ``bias`` is not a finite number.

    Source:
        Tallec and Ollivier 2018, section 2, for the gate's time scale; the exact form is the
        solution of σ(b) to the power of k = 1/e.

    Example:
        >>> [round(time_scale(bias), 1) for bias in (0, 1, 5)]
        [1.4, 3.2, 148.9]
    """
    _require_finite(bias, "bias")
    # ln σ(b) = -ln(1 + e^-b), in a form that does not overflow for very negative b.
    return 1 / float(np.logaddexp(0, -float(bias)))


def gate_bias(cell: str, keep: float) -> dict[str, Any]:
    """Options that give the gate that keeps one bias in all units, and all else a bias of 0.

    Args:
        cell: ``"LSTM"``, whose forget gate keeps, or ``"GRU"``, whose update gate does.
        keep: The bias of that gate. Keras's own default is 1 for the LSTM and 0 for the GRU.

    Returns:
        Keyword arguments for the Keras layer: its ``bias_initializer``, and for an LSTM
        ``unit_forget_bias=False``, without which Keras sets the forget bias itself, to 1.

    Raises:
        ValueError: If ``cell`` is neither of the two, or ``keep`` is not finite.

    Source:
        Gers, Schmidhuber and Cummins 2000, section 3, and Jozefowicz, Zaremba and Sutskever
        2015, section 2, for a forget bias above 0.

    Example:
        >>> layer = keras.layers.LSTM(2, **gate_bias("LSTM", keep=5.0))
        >>> layer.build((None, None, 3))
        >>> keras.ops.convert_to_numpy(layer.cell.bias).tolist()  # i, f, c, o
        [0.0, 0.0, 5.0, 5.0, 0.0, 0.0, 0.0, 0.0]
    """
    require_choice(cell, "cell", _GATED)
    _require_finite(keep, "keep")
    return _options(cell, GateBias(cell, float(keep)))


def chrono_bias(cell: str, longest: int, seed: int | None = None) -> dict[str, Any]:
    """Options for chrono initialisation: time scales spread over the units, up to a longest.

    The gate that keeps has bias ln u, with u uniform from 1 to ``longest`` − 1 and one for each
    unit, so that unit by unit the state fades over about u steps. An LSTM's input gate has the
    negative of it: what is written is as small a share as what is forgotten.

    Args:
        cell: ``"LSTM"`` or ``"GRU"``.
        longest: Longest dependence that is expected, in steps, at least 3.
        seed: Seed of u; by default it is drawn from Keras's generator.

    Returns:
        Keyword arguments for the Keras layer, as from :func:`gate_bias`.

    Raises:
        TypeError: If ``longest`` or ``seed`` is no whole number.
        ValueError: If ``cell`` or ``longest`` is out of range.

    Source:
        Tallec and Ollivier 2018, "Can recurrent neural networks warp time?", equation 16; for
        the GRU, which has one gate for both, the bias of that gate.

    Example:
        >>> layer = keras.layers.LSTM(4, **chrono_bias("LSTM", longest=100, seed=1))
        >>> layer.build((None, None, 3))
        >>> i, f, c, o = np.split(keras.ops.convert_to_numpy(layer.cell.bias), 4)
        >>> bool(np.all(i == -f) and f.min() >= 0 and f.max() <= np.log(99) and not o.any())
        True
    """
    require_choice(cell, "cell", _GATED)
    longest = require_whole_number(longest, "longest", at_least=3)
    seed = None if seed is None else require_whole_number(seed, "seed", at_least=None)
    return _options(cell, ChronoBias(cell, longest, seed))


@keras.saving.register_keras_serializable(package="seqlearn")
class GateBias(keras.initializers.Initializer):
    """The ``bias_initializer`` of :func:`gate_bias`, which checks the arguments; use that."""

    def __init__(self, cell: str, keep: float):
        self.cell, self.keep = cell, keep

    def __call__(self, shape, dtype=None):
        """Give the bias, of the shape that Keras asks for."""
        bias = np.zeros(shape)
        _part(bias, self.cell, KINDS[self.cell].keeps)[:] = self.keep
        return keras.ops.convert_to_tensor(bias, dtype=dtype)

    def get_config(self):
        """Give what Keras needs to save and load the layer."""
        return {"cell": self.cell, "keep": self.keep}


@keras.saving.register_keras_serializable(package="seqlearn")
class ChronoBias(keras.initializers.Initializer):
    """The ``bias_initializer`` of :func:`chrono_bias`, which checks the arguments; use that."""

    def __init__(self, cell: str, longest: int, seed: int | None = None):
        self.cell, self.longest, self.seed = cell, longest, seed

    def __call__(self, shape, dtype=None):
        """Give the bias, of the shape that Keras asks for."""
        bias = np.zeros(shape)
        keep = _part(bias, self.cell, KINDS[self.cell].keeps)
        u = keras.random.uniform(keep.shape, 1, self.longest - 1, dtype="float32", seed=self.seed)
        keep[:] = np.log(keras.ops.convert_to_numpy(u))
        if KINDS[self.cell].writes:
            _part(bias, self.cell, KINDS[self.cell].writes)[:] = -keep
        return keras.ops.convert_to_tensor(bias, dtype=dtype)

    def get_config(self):
        """Give what Keras needs to save and load the layer."""
        return {"cell": self.cell, "longest": self.longest, "seed": self.seed}


def _options(cell: str, initializer: keras.initializers.Initializer) -> dict[str, Any]:
    # Keras's LSTM asks the initializer for the whole bias only when it does not set the
    # forget bias itself; a GRU knows no such option.
    return {"bias_initializer": initializer} | (
        {"unit_forget_bias": False} if cell == "LSTM" else {}
    )


def _require_finite(value: float, name: str) -> None:
    if not isinstance(value, numbers.Real) or not math.isfinite(value):
        raise ValueError(f"{name}: expected a finite number such as 5.0; got {shown(value)}")


def _part(bias: np.ndarray, cell: str, gate: str) -> np.ndarray:
    """View of one gate's share of a bias; of the first row, where a GRU has two."""
    if bias.shape[-1] % len(KINDS[cell].blocks):
        raise ValueError(
            f"bias_initializer: expected to fill the whole bias of a {cell} layer; got the shape "
            f"{bias.shape}: was it made for another type of layer?"
        )
    row = bias[0] if bias.ndim == 2 else bias
    return KINDS[cell].block(row, gate)
