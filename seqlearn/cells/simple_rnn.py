"""The simple recurrent cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from seqlearn.cells.activations import ACTIVATIONS
from seqlearn.cells.cell import Cell, Gradients, Trace
from seqlearn.cells.reading import sum_over_steps, times_matrix

Array = np.ndarray


class SimpleRNNTrace(Trace):
    """What a :class:`SimpleRNN` did: the hidden states, and no gates. See :class:`Trace`."""


@dataclass(frozen=True, eq=False, repr=False)
class SimpleRNN(Cell):
    """Elman's cell: the new state is a squashed sum of the input and the old state.

        h_t = tanh(x_t W + h_{t-1} U + b)

    Args:
        kernel: W, ``(features, units)``.
        recurrent_kernel: U, ``(units, units)``.
        bias: b, ``(units,)``, or None.
        activation: Keras's name of the squashing function.
        go_backwards: Read from the last timestep to the first.

    Raises:
        ValueError: If a shape doesn't fit or the activation is unknown.

    Source:
        Elman 1990, "Finding structure in time".

    Example:
        >>> cell = SimpleRNN(kernel=[[1.0]], recurrent_kernel=[[0.5]], bias=None,
        ...                  activation="linear")
        >>> trace = cell.run([[[1.0], [0.0], [0.0]]])
        >>> trace.h.ravel()
        array([1.  , 0.5 , 0.25])
        >>> cell.backward(trace, grad_h=[[1.0]]).inputs.ravel()
        array([0.25, 0.5 , 1.  ])
    """

    activation: str = "tanh"
    go_backwards: bool = False

    gates: ClassVar[int] = 1
    states: ClassVar[int] = 1

    def run(
        self,
        inputs: Array,
        initial_state: Array | Sequence[Array] | None = None,
        mask: Array | None = None,
    ) -> SimpleRNNTrace:
        """Read a batch of sequences.

        Args:
            inputs: ``(batch, timesteps, features)``. Their precision is that of the whole
                computation: float64 in, float64 out.
            initial_state: h_0, ``(batch, units)``; zeros if None.
            mask: ``(batch, timesteps)``, true where a step is real. A masked step leaves the
                state as it was.

        Returns:
            The trace: ``h``, ``last``, ``final_state``.

        Raises:
            ValueError: If a shape doesn't fit.
        """
        reading = self._read(inputs, initial_state, mask)
        W, U, b = self._weights(reading.dtype)
        phi = ACTIVATIONS[self.activation]
        (h,) = reading.initial_state
        hidden = reading.empty(self.units)
        sums = times_matrix(reading.x, W) + b  # it needs no earlier step: all steps at once
        for t in range(reading.timesteps):
            sums[:, t] += h @ U
            h = reading.keep(t, phi(sums[:, t]), h)
            hidden[:, t] = h
        return SimpleRNNTrace(reading.shown(hidden), (h,), reading, sums)

    def backward(
        self,
        trace: SimpleRNNTrace,
        grad_h: Array,
        grad_final_state: Array | Sequence[Array] | None = None,
    ) -> Gradients:
        """Carry a gradient back through time.

        Args:
            trace: What :meth:`run` gave.
            grad_h: ∂L/∂(output), ``(batch, timesteps, units)``, or ``(batch, units)`` if the
                loss reads the last step alone.
            grad_final_state: Gradient that reaches ``trace.final_state`` by another way than
                the outputs, ``(batch, units)``; none if None.

        Returns:
            The gradients of the loss.

        Raises:
            TypeError: If the trace is of another kind of cell.
            ValueError: If a shape doesn't fit.

        Source:
            Werbos 1990, "Backpropagation through time: what it does and how to do it".
        """
        self._require_trace(trace, SimpleRNNTrace)
        reading = trace.reading
        W, U, _ = self._weights(reading.dtype)
        phi = ACTIVATIONS[self.activation]
        from_outputs, (dh,) = reading.gradients_in(grad_h, grad_final_state)
        slope = phi.slope(trace.sums, phi(trace.sums))
        grad_hidden, grad_sums = reading.empty(self.units), reading.empty(self.units)
        for t in reversed(range(reading.timesteps)):
            dh = dh + from_outputs[:, t]  # by way of step t + 1, and of the output at t
            grad_hidden[:, t] = dh
            grad_sums[:, t] = reading.keep(t, dh * slope[:, t], 0)
            dh = reading.keep(t, grad_sums[:, t] @ U.T, dh)
        return Gradients(
            inputs=reading.in_time(times_matrix(grad_sums, W.T)),
            kernel=sum_over_steps(reading.x, grad_sums),
            recurrent_kernel=sum_over_steps(
                reading.before(trace.h, reading.initial_state[0]), grad_sums
            ),
            bias=None if self.bias is None else np.sum(grad_sums, axis=(0, 1)),
            initial_state=(dh,),
            h=grad_hidden,
        )
