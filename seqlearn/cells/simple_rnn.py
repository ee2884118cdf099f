"""The simple recurrent cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from seqlearn.cells.activations import ACTIVATIONS
from seqlearn.cells.cell import Cell, Gradients, Trace
from seqlearn.cells.inputs import Inputs, times_matrix
from seqlearn.cells.kinds import KINDS, Kind

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

    kind: ClassVar[Kind] = KINDS["SimpleRNN"]
    trace_type: ClassVar[type[Trace]] = SimpleRNNTrace

    def _run(self, inputs: Inputs) -> SimpleRNNTrace:
        W, U, b = self._weights(inputs.dtype)
        phi = ACTIVATIONS[self.activation]
        (h,) = inputs.initial_state
        hidden = inputs.empty(self.units)
        a = times_matrix(inputs.x, W) + b  # it needs no earlier step: all steps at once
        for t in range(inputs.timesteps):
            a[:, t] += h @ U
            h = inputs.where_real(t, phi(a[:, t]), h)
            hidden[:, t] = h
        return SimpleRNNTrace(inputs.outputs(hidden), (h,), inputs, pre_activations=a)

    def _backward(
        self, trace: SimpleRNNTrace, from_outputs: Array, from_final: tuple[Array, ...]
    ) -> Gradients:
        inputs = trace.inputs
        _, U, _ = self._weights(inputs.dtype)
        phi = ACTIVATIONS[self.activation]
        derivative = phi.derivative(trace.pre_activations, phi(trace.pre_activations))
        (dh,) = from_final
        grad_h, grad_a = inputs.empty(self.units), inputs.empty(self.units)
        for t in reversed(range(inputs.timesteps)):
            dh = dh + from_outputs[:, t]  # by way of step t + 1, and of the output at t
            grad_h[:, t] = dh
            grad_a[:, t] = inputs.where_real(t, dh * derivative[:, t], 0)
            dh = inputs.where_real(t, grad_a[:, t] @ U.T, dh)
        return Gradients(**self._weight_gradients(trace, grad_a), initial_state=(dh,), h=grad_h)
