"""The long short-term memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from seqlearn.cells.activations import ACTIVATIONS
from seqlearn.cells.cell import Cell, Gradients, Trace
from seqlearn.cells.inputs import Inputs, times_matrix
from seqlearn.cells.kinds import KINDS, Kind

Array = np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class LSTMTrace(Trace):
    """What an :class:`LSTM` did. See :class:`Trace` for what all traces hold.

    Attributes:
        forget_gate: f_t, how much of the old cell state stays, ``(batch, timesteps, units)``.
        input_gate: i_t, how much of the candidate is let in.
        candidate: c̃_t, what the cell would write.
        output_gate: o_t, how much of the cell state is shown.
        c: The cell state after each step.
    """

    forget_gate: Array
    input_gate: Array
    candidate: Array
    output_gate: Array
    c: Array


@dataclass(frozen=True, eq=False, repr=False)
class LSTMGradients(Gradients):
    """What back-propagation through an :class:`LSTM` gives. See :class:`Gradients`.

    Attributes:
        c: ∂L/∂c_t for each step, in reading order, ``(batch, timesteps, units)``: by way of
            h_t and of all later steps.
    """

    c: Array


@dataclass(frozen=True, eq=False, repr=False)
class LSTM(Cell):
    """A cell state that gates write, keep and show.

        i_t = σ(x_t W_i + h_{t-1} U_i + b_i)      input gate
        f_t = σ(x_t W_f + h_{t-1} U_f + b_f)      forget gate
        c̃_t = tanh(x_t W_c + h_{t-1} U_c + b_c)   candidate
        o_t = σ(x_t W_o + h_{t-1} U_o + b_o)      output gate
        c_t = f_t ⊙ c_{t-1} + i_t ⊙ c̃_t           cell state
        h_t = o_t ⊙ tanh(c_t)                     hidden state

    Args:
        kernel: W, ``(features, 4·units)``, the gates side by side in Keras's order i, f, c, o.
        recurrent_kernel: U, ``(units, 4·units)``, in the same order.
        bias: b, ``(4·units,)``, in the same order, or None.
        activation: Keras's name of the function written as tanh above, in both places.
        recurrent_activation: Keras's name of the function written as σ.
        go_backwards: Read from the last timestep to the first.

    Raises:
        ValueError: If a shape doesn't fit or an activation is unknown.

    Source:
        Hochreiter and Schmidhuber 1997, section 4; the forget gate is that of Gers,
        Schmidhuber and Cummins 2000, section 3.

    Example:
        Forget gate open, input gate shut: the cell state rides past unchanged.

        >>> shut, open_ = -100.0, 100.0
        >>> cell = LSTM(kernel=np.ones((1, 4)), recurrent_kernel=np.ones((1, 4)),
        ...             bias=[shut, open_, 0.0, open_])
        >>> trace = cell.run(np.ones((1, 3, 1)), initial_state=[[[0.0]], [[0.7]]])
        >>> trace.c.ravel()
        array([0.7, 0.7, 0.7])
        >>> trace.last.round(3), np.tanh([[0.7]]).round(3)
        (array([[0.604]]), array([[0.604]]))
    """

    activation: str = "tanh"
    recurrent_activation: str = "sigmoid"
    go_backwards: bool = False

    kind: ClassVar[Kind] = KINDS["LSTM"]
    trace_type: ClassVar[type[Trace]] = LSTMTrace

    def _run(self, inputs: Inputs) -> LSTMTrace:
        W, U, b = self._weights(inputs.dtype)
        sigma, tanh = ACTIVATIONS[self.recurrent_activation], ACTIVATIONS[self.activation]
        h, c = inputs.initial_state
        i, f, candidate, o, hidden, cells = (inputs.empty(self.units) for _ in range(6))
        a = times_matrix(inputs.x, W) + b  # it needs no earlier step: all steps at once
        for t in range(inputs.timesteps):
            a[:, t] += h @ U
            a_i, a_f, a_c, a_o = np.split(a[:, t], 4, axis=-1)
            # 1. Forget: how much of the old cell state stays?
            f[:, t] = sigma(a_f)
            # 2. Let in: what could be written, and how much of it is?
            i[:, t] = sigma(a_i)
            candidate[:, t] = tanh(a_c)
            # 3. Update: the old, as far as it stays, and the new, as far as it is let in.
            new_c = f[:, t] * c + i[:, t] * candidate[:, t]
            # 4. Show: how much of the cell state leaves the cell?
            o[:, t] = sigma(a_o)
            new_h = o[:, t] * tanh(new_c)

            h, c = inputs.where_real(t, new_h, h), inputs.where_real(t, new_c, c)
            hidden[:, t], cells[:, t] = h, c
        return LSTMTrace(
            h=inputs.outputs(hidden),
            final_state=(h, c),
            inputs=inputs,
            pre_activations=a,
            forget_gate=f,
            input_gate=i,
            candidate=candidate,
            output_gate=o,
            c=cells,
        )

    def _backward(
        self, trace: LSTMTrace, from_outputs: Array, from_final: tuple[Array, ...]
    ) -> LSTMGradients:
        inputs = trace.inputs
        _, U, _ = self._weights(inputs.dtype)
        sigma, tanh = ACTIVATIONS[self.recurrent_activation], ACTIVATIONS[self.activation]
        i, f, candidate, o = trace.input_gate, trace.forget_gate, trace.candidate, trace.output_gate
        squashed = tanh(trace.c)
        old_c = inputs.before(trace.c, inputs.initial_state[1])
        # Derivatives do not depend on what comes back from later steps: all steps at once.
        a_i, a_f, a_c, a_o = np.split(trace.pre_activations, 4, axis=-1)
        of_i, of_f, of_o = (
            sigma.derivative(a_i, i),
            sigma.derivative(a_f, f),
            sigma.derivative(a_o, o),
        )
        of_candidate = tanh.derivative(a_c, candidate)
        of_squashed = tanh.derivative(trace.c, squashed)

        dh, dc = from_final
        grad_h, grad_c = inputs.empty(self.units), inputs.empty(self.units)
        grad_a = inputs.empty(4 * self.units)
        for t in reversed(range(inputs.timesteps)):
            dh = dh + from_outputs[:, t]  # by way of step t + 1, and of the output at t
            # 4. h_t = o_t ⊙ tanh(c_t)
            d_o = dh * squashed[:, t]
            dc = inputs.where_real(t, dc + dh * o[:, t] * of_squashed[:, t], dc)
            grad_h[:, t], grad_c[:, t] = dh, dc
            # 3. c_t = f_t ⊙ c_{t-1} + i_t ⊙ c̃_t
            d_f, d_i, d_candidate = dc * old_c[:, t], dc * candidate[:, t], dc * i[:, t]
            # 2. and 1. Through the gates and the candidate, to the pre-activations.
            d_a = [
                d_i * of_i[:, t],
                d_f * of_f[:, t],
                d_candidate * of_candidate[:, t],
                d_o * of_o[:, t],
            ]
            grad_a[:, t] = inputs.where_real(t, np.concatenate(d_a, axis=-1), 0)
            # To the step before. The cell state's way is the forget gate, and nothing else.
            dh = inputs.where_real(t, grad_a[:, t] @ U.T, dh)
            dc = inputs.where_real(t, dc * f[:, t], dc)
        return LSTMGradients(
            **self._weight_gradients(trace, grad_a), initial_state=(dh, dc), h=grad_h, c=grad_c
        )
