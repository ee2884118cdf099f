"""What every cell is, what running it leaves behind, and what its backward pass gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from seqlearn.cells.activations import find_activation
from seqlearn.cells.reading import Reading, read

Array = np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """Everything that happened while a cell read a batch.

    The steps are in reading order: for a cell that goes backwards, step 0 is the last timestep
    of the inputs. At a masked step the gates hold what the cell computed before the mask threw
    it away; ``trace.mask`` tells which steps those are.

    Attributes:
        h: The output at each step, ``(batch, timesteps, units)``, what a layer with
            ``return_sequences=True`` gives: the hidden state, except that it is 0 before
            the first real step of a sequence, whatever the initial state.
        final_state: The states after the last step, each ``(batch, units)``, as a layer with
            ``return_state=True`` gives them. Hand them on as ``initial_state`` to read on.
        reading: The inputs, the mask and the initial state, in reading order.
        sums: What enters each gate before its activation, ``(batch, timesteps, ...)``, packed
            as in ``kernel``.
    """

    h: Array
    final_state: tuple[Array, ...]
    reading: Reading
    sums: Array

    @property
    def last(self) -> Array:
        """The output at the last step, ``(batch, units)``: ``return_sequences=False``."""
        return self.h[:, -1]

    @property
    def mask(self) -> Array | None:
        """Which steps are real, in reading order, ``(batch, timesteps)``; None if all are."""
        return self.reading.mask

    def __repr__(self) -> str:
        batch, timesteps, units = self.h.shape
        return f"{type(self).__name__}(batch={batch}, timesteps={timesteps}, units={units})"


@dataclass(frozen=True, eq=False, repr=False)
class Gradients:
    """What back-propagation through time gives.

    Attributes:
        inputs: ∂L/∂x, in the order of the inputs, ``(batch, timesteps, features)``.
        kernel: ∂L/∂W, shaped like ``kernel``, summed over batch and steps.
        recurrent_kernel: ∂L/∂U, shaped like ``recurrent_kernel``.
        bias: ∂L/∂b, shaped like ``bias``; None if the cell has none.
        initial_state: The gradient at each initial state, ``(batch, units)``.
        h: ∂L/∂h_t for each step, in reading order, ``(batch, timesteps, units)``: by way of
            the output at t and of all later steps.
    """

    inputs: Array
    kernel: Array
    recurrent_kernel: Array
    bias: Array | None
    initial_state: tuple[Array, ...]
    h: Array

    def __repr__(self) -> str:
        batch, timesteps, units = self.h.shape
        return f"{type(self).__name__}(batch={batch}, timesteps={timesteps}, units={units})"


@dataclass(frozen=True, eq=False, repr=False)
class Cell:
    """Weights in Keras's layout, checked. The recurrence itself stands in each kind of cell."""

    kernel: Array
    recurrent_kernel: Array
    bias: Array | None

    gates: ClassVar[int]  # how many blocks of units columns stand side by side in the kernels
    states: ClassVar[int]

    def __post_init__(self) -> None:
        for name in ("kernel", "recurrent_kernel", "bias"):
            array = getattr(self, name)
            if array is not None or name != "bias":
                array = np.asarray(array)
                if array.dtype.kind not in "iuf":
                    raise ValueError(
                        f"{name}: expected an array of numbers; got dtype {array.dtype}"
                    )
                object.__setattr__(self, name, array)  # the dataclass is frozen
        self._require_shapes()
        for name in ("activation", "recurrent_activation"):
            if hasattr(self, name):
                find_activation(getattr(self, name), name)

    @property
    def units(self) -> int:
        """Width of the cell."""
        return self.recurrent_kernel.shape[0]

    @property
    def features(self) -> int:
        """Numbers that the cell reads at each step."""
        return self.kernel.shape[0]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(features={self.features}, units={self.units})"

    def _require_shapes(self) -> None:
        columns = f"{self.gates}·units" if self.gates > 1 else "units"
        if self.kernel.ndim != 2 or self.kernel.shape[1] % self.gates or 0 in self.kernel.shape:
            raise ValueError(f"kernel: expected (features, {columns}); got {self.kernel.shape}")
        units = self.kernel.shape[1] // self.gates
        expected = (units, self.gates * units)
        if self.recurrent_kernel.shape != expected:
            raise ValueError(
                f"recurrent_kernel: expected (units, {columns}), here {expected} to fit the "
                f"kernel's {self.kernel.shape}; got {self.recurrent_kernel.shape}"
            )
        if self.bias is not None and self.bias.shape != self._bias_shape:
            raise ValueError(
                f"bias: expected {self._bias_shape} to fit the kernel's {self.kernel.shape}; "
                f"got {self.bias.shape}{self._bias_hint}"
            )

    @property
    def _bias_shape(self) -> tuple[int, ...]:
        return (self.gates * self.units,)

    _bias_hint: ClassVar[str] = ""

    def _read(self, inputs: Array, initial_state: object, mask: Array | None) -> Reading:
        return read(
            inputs,
            initial_state,
            mask,
            features=self.features,
            units=self.units,
            states=self.states,
            backwards=self.go_backwards,
        )

    def _weights(self, dtype: np.dtype) -> tuple[Array, Array, Array]:
        """W, U and b in the precision of the inputs; a missing bias is one of zeros."""
        bias = np.zeros(self._bias_shape) if self.bias is None else self.bias
        return tuple(
            array.astype(dtype, copy=False) for array in (self.kernel, self.recurrent_kernel, bias)
        )

    def _require_trace(self, trace: Trace, kind: type[Trace]) -> None:
        if type(trace) is not kind:
            raise TypeError(
                f"trace: expected the {kind.__name__} that run() of this cell gave; "
                f"got {type(trace).__name__}"
            )
        sizes = (trace.reading.x.shape[2], trace.h.shape[2], trace.reading.backwards)
        if sizes != (self.features, self.units, self.go_backwards):
            raise ValueError(f"trace: expected one that run() of this {self!r} gave; got {trace!r}")
