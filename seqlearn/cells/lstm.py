"""The long short-term memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from seqlearn.cells.activations import ACTIVATIONS
from seqlearn.cells.cell import Cell, Gradients, Trace
from seqlearn.cells.reading import sum_over_steps, times_matrix

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

    gates: ClassVar[int] = 4
    states: ClassVar[int] = 2

    def run(
        self,
        inputs: Array,
        initial_state: Sequence[Array] | None = None,
        mask: Array | None = None,
    ) -> LSTMTrace:
        """Read a batch of sequences.

        Args:
            inputs: ``(batch, timesteps, features)``. Their precision is that of the whole
                computation: float64 in, float64 out.
            initial_state: ``[h_0, c_0]``, each ``(batch, units)``; zeros if None.
            mask: ``(batch, timesteps)``, true where a step is real. A masked step leaves both
                states as they were.

        Returns:
            The trace: ``h``, ``last``, ``c``, the gates, the candidate, ``final_state``.

        Raises:
            ValueError: If a shape doesn't fit.
        """
        reading = self._read(inputs, initial_state, mask)
        W, U, b = self._weights(reading.dtype)
        sigma, tanh = ACTIVATIONS[self.recurrent_activation], ACTIVATIONS[self.activation]
        h, c = reading.initial_state
        hidden, cells = reading.empty(self.units), reading.empty(self.units)
        forget, let_in, candidate, shown = (reading.empty(self.units) for _ in range(4))
        sums = times_matrix(reading.x, W) + b  # it needs no earlier step: all steps at once
        for t in range(reading.timesteps):
            sums[:, t] += h @ U
            sum_i, sum_f, sum_c, sum_o = np.split(sums[:, t], 4, axis=-1)
            # 1. Forget: how much of the old cell state stays?
            forget[:, t] = sigma(sum_f)
            # 2. Let in: what could be written, and how much of it is?
            let_in[:, t] = sigma(sum_i)
            candidate[:, t] = tanh(sum_c)
            # 3. Update: the old, as far as it stays, and the new, as far as it is let in.
            new_c = forget[:, t] * c + let_in[:, t] * candidate[:, t]
            # 4. Show: how much of the cell state leaves the cell?
            shown[:, t] = sigma(sum_o)
            new_h = shown[:, t] * tanh(new_c)

            h, c = reading.keep(t, new_h, h), reading.keep(t, new_c, c)
            hidden[:, t], cells[:, t] = h, c
        return LSTMTrace(
            h=reading.shown(hidden),
            final_state=(h, c),
            reading=reading,
            sums=sums,
            forget_gate=forget,
            input_gate=let_in,
            candidate=candidate,
            output_gate=shown,
            c=cells,
        )

    def backward(
        self,
        trace: LSTMTrace,
        grad_h: Array,
        grad_final_state: Sequence[Array] | None = None,
    ) -> LSTMGradients:
        """Carry a gradient back through time.

        Args:
            trace: What :meth:`run` gave.
            grad_h: ∂L/∂(output), ``(batch, timesteps, units)``, or ``(batch, units)`` if the
                loss reads the last step alone.
            grad_final_state: Gradients that reach ``trace.final_state``, h and c, by another
                way than the outputs, each ``(batch, units)``; none if None.

        Returns:
            The gradients of the loss.

        Raises:
            TypeError: If the trace is of another kind of cell.
            ValueError: If a shape doesn't fit.

        Source:
            Werbos 1990, "Backpropagation through time: what it does and how to do it".
        """
        self._require_trace(trace, LSTMTrace)
        reading = trace.reading
        W, U, _ = self._weights(reading.dtype)
        sigma, tanh = ACTIVATIONS[self.recurrent_activation], ACTIVATIONS[self.activation]
        i, f, candidate, o = trace.input_gate, trace.forget_gate, trace.candidate, trace.output_gate
        squashed = tanh(trace.c)
        old_c = reading.before(trace.c, reading.initial_state[1])
        # Slopes do not depend on what comes back from later steps: all steps at once.
        sum_i, sum_f, sum_c, sum_o = np.split(trace.sums, 4, axis=-1)
        slope_i, slope_f = sigma.slope(sum_i, i), sigma.slope(sum_f, f)
        slope_c, slope_o = tanh.slope(sum_c, candidate), sigma.slope(sum_o, o)
        slope_squashed = tanh.slope(trace.c, squashed)

        from_outputs, (dh, dc) = reading.gradients_in(grad_h, grad_final_state)
        grad_hidden, grad_cells = reading.empty(self.units), reading.empty(self.units)
        grad_sums = reading.empty(4 * self.units)
        for t in reversed(range(reading.timesteps)):
            dh = dh + from_outputs[:, t]  # by way of step t + 1, and of the output at t
            # 4. h_t = o_t ⊙ tanh(c_t)
            d_o = dh * squashed[:, t]
            dc = reading.keep(t, dc + dh * o[:, t] * slope_squashed[:, t], dc)
            grad_hidden[:, t], grad_cells[:, t] = dh, dc
            # 3. c_t = f_t ⊙ c_{t-1} + i_t ⊙ c̃_t
            d_f, d_i, d_candidate = dc * old_c[:, t], dc * candidate[:, t], dc * i[:, t]
            # 2. and 1. Through the gates and the candidate, to the sums that enter them.
            d_sums = [
                d_i * slope_i[:, t],
                d_f * slope_f[:, t],
                d_candidate * slope_c[:, t],
                d_o * slope_o[:, t],
            ]
            grad_sums[:, t] = reading.keep(t, np.concatenate(d_sums, axis=-1), 0)
            # To the step before. The cell state's way is the forget gate, and nothing else.
            dh = reading.keep(t, grad_sums[:, t] @ U.T, dh)
            dc = reading.keep(t, dc * f[:, t], dc)
        return LSTMGradients(
            inputs=reading.in_time(times_matrix(grad_sums, W.T)),
            kernel=sum_over_steps(reading.x, grad_sums),
            recurrent_kernel=sum_over_steps(
                reading.before(trace.h, reading.initial_state[0]), grad_sums
            ),
            bias=None if self.bias is None else np.sum(grad_sums, axis=(0, 1)),
            initial_state=(dh, dc),
            h=grad_hidden,
            c=grad_cells,
        )
