"""What every cell is, what running it leaves behind, and what its backward pass gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from seqlearn.cells.activations import ACTIVATIONS
from seqlearn.cells.inputs import (
    Inputs,
    cast,
    read_batch,
    read_gradients,
    sum_over_steps,
    times_matrix,
)
from seqlearn.cells.kinds import Kind
from seqlearn.checks import require_array, require_choice, shown

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
        inputs: The inputs, the mask and the initial state, in reading order.
        pre_activations: What enters each gate before its activation, ``(batch, timesteps,
            ...)``, packed as in ``kernel``.
    """

    h: Array
    final_state: tuple[Array, ...]
    inputs: Inputs
    pre_activations: Array

    @property
    def last(self) -> Array:
        """The output at the last step, ``(batch, units)``: ``return_sequences=False``."""
        return self.h[:, -1]

    @property
    def mask(self) -> Array | None:
        """Which steps are real, in reading order, ``(batch, timesteps)``; None if all are."""
        return self.inputs.mask

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

    __repr__ = Trace.__repr__


@dataclass(frozen=True, eq=False, repr=False)
class Cell:
    """Weights in Keras's layout, checked. The recurrence itself stands in each kind of cell."""

    kernel: Array
    recurrent_kernel: Array
    bias: Array | None

    kind: ClassVar[Kind]
    trace_type: ClassVar[type[Trace]]

    def __post_init__(self) -> None:
        for name in ("kernel", "recurrent_kernel", "bias"):
            array = getattr(self, name)
            if array is not None or name != "bias":
                array = require_array(array, name, "of numbers")
                if array.dtype.kind not in "iuf":
                    raise ValueError(
                        f"{name}: expected an array of numbers; got dtype {array.dtype}"
                    )
                object.__setattr__(self, name, array)  # the dataclass is frozen
        self._require_shapes()
        for name in ("activation", "recurrent_activation"):
            if hasattr(self, name):
                require_choice(getattr(self, name), name, ACTIVATIONS)

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

    def run(
        self,
        inputs: Array,
        initial_state: Array | Sequence[Array] | None = None,
        mask: Array | None = None,
    ) -> Trace:
        """Read a batch of sequences.

        Args:
            inputs: ``(batch, timesteps, features)``. Their precision is that of the whole
                computation: float64 in, float64 out. Whole numbers become float32, as in Keras.
            initial_state: h_0, ``(batch, units)``, or for an LSTM ``[h_0, c_0]``, two such
                arrays; zeros if None.
            mask: ``(batch, timesteps)``, true where a step is real. A masked step leaves the
                states as they were.

        Returns:
            The trace: ``h``, ``last``, ``final_state``, and what the cell has: its gates, its
            ``candidate``, for an LSTM ``c``.

        Raises:
            ValueError: If a shape doesn't fit, or a number can't be held in that precision.
        """
        return self._run(read_batch(self, inputs, initial_state, mask))

    def backward(
        self,
        trace: Trace,
        grad_h: Array,
        grad_final_state: Array | Sequence[Array] | None = None,
    ) -> Gradients:
        """Carry a gradient back through time.

        Args:
            trace: What :meth:`run` gave.
            grad_h: ∂L/∂(output), ``(batch, timesteps, units)``, or ``(batch, units)`` if the
                loss reads the last step alone.
            grad_final_state: Gradients that reach ``trace.final_state`` by another way than
                the outputs, shaped like ``initial_state``; none if None.

        Returns:
            The gradients of the loss.

        Raises:
            TypeError: If the trace is of another kind of cell.
            ValueError: If a shape doesn't fit.

        Source:
            Werbos 1990, "Backpropagation through time: what it does and how to do it".
        """
        if type(trace) is not self.trace_type:
            raise TypeError(
                f"trace: expected the {self.trace_type.__name__} that run() of this cell gave; "
                f"got {type(trace).__name__}"
            )
        sizes = (trace.inputs.x.shape[2], trace.h.shape[2], trace.inputs.backwards)
        if sizes != (self.features, self.units, self.go_backwards):
            raise ValueError(
                f"trace: expected one that run() of this {self!r} gave; got {shown(trace)}"
            )
        return self._backward(trace, *read_gradients(trace.inputs, grad_h, grad_final_state))

    def _weights(self, dtype: np.dtype) -> tuple[Array, Array, Array]:
        """W, U and b in the precision of the inputs; a missing bias is one of zeros."""
        bias = np.zeros(self._bias_shape) if self.bias is None else self.bias
        weights = {"kernel": self.kernel, "recurrent_kernel": self.recurrent_kernel, "bias": bias}
        return tuple(cast(array, name, dtype) for name, array in weights.items())

    def _weight_gradients(self, trace: Trace, grad_a: Array) -> dict[str, Array | None]:
        """What follows from the gradients at the pre-activations, where h_{t-1} enters as it is."""
        W, _, _ = self._weights(grad_a.dtype)
        old_h = trace.inputs.before(trace.h, trace.inputs.initial_state[0])
        return {
            "inputs": trace.inputs.in_time(times_matrix(grad_a, W.T)),
            "kernel": sum_over_steps(trace.inputs.x, grad_a),
            "recurrent_kernel": sum_over_steps(old_h, grad_a),
            "bias": None if self.bias is None else np.sum(grad_a, axis=(0, 1)),
        }

    def _require_shapes(self) -> None:
        blocks = len(self.kind.blocks)
        columns = f"{blocks}·units" if blocks > 1 else "units"
        if self.kernel.ndim != 2 or self.kernel.shape[1] % blocks or 0 in self.kernel.shape:
            raise ValueError(f"kernel: expected (features, {columns}); got {self.kernel.shape}")
        units = self.kernel.shape[1] // blocks
        expected = (units, blocks * units)
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
        return (len(self.kind.blocks) * self.units,)

    _bias_hint: ClassVar[str] = ""
