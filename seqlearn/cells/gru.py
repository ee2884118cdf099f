"""The gated recurrent unit, in both of its forms."""

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
class GRUTrace(Trace):
    """What a :class:`GRU` did. See :class:`Trace` for what all traces hold.

    Attributes:
        update_gate: z_t, how much of the old state stays, ``(batch, timesteps, units)``.
        reset_gate: r_t, how much of the old state the candidate sees.
        candidate: h̃_t, what the cell would write.
    """

    update_gate: Array
    reset_gate: Array
    candidate: Array


@dataclass(frozen=True, eq=False, repr=False)
class GRU(Cell):
    """One gate that decides between the old state and a candidate, one that hides the old.

        z_t = σ(x_t W_z + h_{t-1} U_z + b_z)               update gate: 1 keeps the old state
        r_t = σ(x_t W_r + h_{t-1} U_r + b_r)               reset gate
        h̃_t = tanh(x_t W_h + b_h + r_t ⊙ (h_{t-1} U_h + b'_h))   candidate, reset_after=True
        h̃_t = tanh(x_t W_h + b_h + (r_t ⊙ h_{t-1}) U_h)          candidate, reset_after=False
        h_t = z_t ⊙ h_{t-1} + (1 − z_t) ⊙ h̃_t              hidden state

    The two forms are different cells: weights trained in one are wrong in the other.

    Args:
        kernel: W, ``(features, 3·units)``, the gates side by side in Keras's order z, r, h.
        recurrent_kernel: U, ``(units, 3·units)``, in the same order.
        bias: With ``reset_after``, ``(2, 3·units)``: b above, and b' on the recurrent side
            (for the two gates only the sum of both counts). Without, ``(3·units,)``. Or None.
        reset_after: Whether the reset gate acts after the product with U_h or before it.
        activation: Keras's name of the function written as tanh above.
        recurrent_activation: Keras's name of the function written as σ.
        go_backwards: Read from the last timestep to the first.

    Raises:
        ValueError: If a shape doesn't fit or an activation is unknown.

    Source:
        Cho et al. 2014, equations 5 to 8, which have ``reset_after=False``. The other form,
        Keras's default, is the one that cuDNN computes.

    Example:
        Update gate open: the state stays as it was.

        >>> cell = GRU(kernel=np.ones((1, 3)), recurrent_kernel=np.ones((1, 3)),
        ...            bias=[100.0, 0.0, 0.0], reset_after=False)
        >>> cell.run(np.ones((1, 3, 1)), initial_state=[[0.7]]).h.ravel()
        array([0.7, 0.7, 0.7])
    """

    reset_after: bool = True
    activation: str = "tanh"
    recurrent_activation: str = "sigmoid"
    go_backwards: bool = False

    gates: ClassVar[int] = 3
    states: ClassVar[int] = 1

    def run(
        self,
        inputs: Array,
        initial_state: Array | Sequence[Array] | None = None,
        mask: Array | None = None,
    ) -> GRUTrace:
        """Read a batch of sequences.

        Args:
            inputs: ``(batch, timesteps, features)``. Their precision is that of the whole
                computation: float64 in, float64 out.
            initial_state: h_0, ``(batch, units)``; zeros if None.
            mask: ``(batch, timesteps)``, true where a step is real. A masked step leaves the
                state as it was.

        Returns:
            The trace: ``h``, ``last``, the gates, the candidate, ``final_state``.

        Raises:
            ValueError: If a shape doesn't fit.
        """
        reading = self._read(inputs, initial_state, mask)
        (W, U, b), n = self._weights(reading.dtype), self.units
        b, b_recurrent = b if self.reset_after else (b, 0)
        sigma, tanh = ACTIVATIONS[self.recurrent_activation], ACTIVATIONS[self.activation]
        (h,) = reading.initial_state
        hidden, update, reset, candidate = (reading.empty(n) for _ in range(4))
        sums = times_matrix(reading.x, W) + b  # it needs no earlier step: all steps at once
        for t in range(reading.timesteps):
            sum_z, sum_r, sum_h = np.split(sums[:, t], 3, axis=-1)
            # From the old state: into both gates, and, if the reset comes after, the candidate.
            from_h = h @ (U if self.reset_after else U[:, : 2 * n]) + b_recurrent
            # 1. Update: how much of the old state stays?
            sum_z += from_h[:, :n]
            update[:, t] = sigma(sum_z)
            # 2. Reset: how much of the old state may the candidate see?
            sum_r += from_h[:, n : 2 * n]
            reset[:, t] = sigma(sum_r)
            # 3. Candidate: what could the new state be?
            if self.reset_after:
                sum_h += reset[:, t] * from_h[:, 2 * n :]
            else:
                sum_h += (reset[:, t] * h) @ U[:, 2 * n :]
            candidate[:, t] = tanh(sum_h)
            # 4. Mix the old state and the candidate.
            new_h = update[:, t] * h + (1 - update[:, t]) * candidate[:, t]

            h = reading.keep(t, new_h, h)
            hidden[:, t] = h
        return GRUTrace(
            h=reading.shown(hidden),
            final_state=(h,),
            reading=reading,
            sums=sums,
            update_gate=update,
            reset_gate=reset,
            candidate=candidate,
        )

    def backward(
        self,
        trace: GRUTrace,
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
        self._require_trace(trace, GRUTrace)
        reading = trace.reading
        (W, U, b), n = self._weights(reading.dtype), self.units
        U_gates, U_candidate = U[:, : 2 * n], U[:, 2 * n :]
        sigma, tanh = ACTIVATIONS[self.recurrent_activation], ACTIVATIONS[self.activation]
        z, r, candidate = trace.update_gate, trace.reset_gate, trace.candidate
        old_h = reading.before(trace.h, reading.initial_state[0])
        # Slopes do not depend on what comes back from later steps: all steps at once.
        sum_z, sum_r, sum_h = np.split(trace.sums, 3, axis=-1)
        slope_z, slope_r = sigma.slope(sum_z, z), sigma.slope(sum_r, r)
        slope_h = tanh.slope(sum_h, candidate)
        # What r_t multiplies, and so hides.
        behind_reset = old_h
        if self.reset_after:
            behind_reset = times_matrix(old_h, U_candidate) + b[1, 2 * n :]

        from_outputs, (dh,) = reading.gradients_in(grad_h, grad_final_state)
        grad_hidden, grad_sums = reading.empty(n), reading.empty(3 * n)
        for t in reversed(range(reading.timesteps)):
            dh = dh + from_outputs[:, t]  # by way of step t + 1, and of the output at t
            grad_hidden[:, t] = dh
            # 4. h_t = z_t ⊙ h_{t-1} + (1 − z_t) ⊙ h̃_t
            d_z = dh * (old_h[:, t] - candidate[:, t])
            d_sum_h = dh * (1 - z[:, t]) * slope_h[:, t]
            # 3. Through the candidate to the reset gate, and to what that multiplies.
            d_product = d_sum_h if self.reset_after else d_sum_h @ U_candidate.T
            d_r = d_product * behind_reset[:, t]
            d_behind_reset = d_product * r[:, t]
            # 2. and 1. Through the gates, to the sums that enter them.
            d_gates = np.concatenate([d_z * slope_z[:, t], d_r * slope_r[:, t]], axis=-1)
            grad_sums[:, t] = reading.keep(t, np.concatenate([d_gates, d_sum_h], axis=-1), 0)
            # To the step before: past the update gate, through both gates, behind the reset.
            if self.reset_after:
                d_behind_reset = d_behind_reset @ U_candidate.T
            d_old = dh * z[:, t] + d_gates @ U_gates.T + d_behind_reset
            dh = reading.keep(t, d_old, dh)

        d_gates, d_sum_h = grad_sums[..., : 2 * n], grad_sums[..., 2 * n :]
        # What U_h was multiplied by: h_{t-1}, whose product is then reset, or h_{t-1} reset.
        left, right = (old_h, r * d_sum_h) if self.reset_after else (r * old_h, d_sum_h)
        grad_U = [sum_over_steps(old_h, d_gates), sum_over_steps(left, right)]
        grad_b = np.sum(grad_sums, axis=(0, 1))
        if self.reset_after:
            grad_b_h = np.sum(r * d_sum_h, axis=(0, 1))
            grad_b = np.stack([grad_b, np.concatenate([grad_b[: 2 * n], grad_b_h])])
        return Gradients(
            inputs=reading.in_time(times_matrix(grad_sums, W.T)),
            kernel=sum_over_steps(reading.x, grad_sums),
            recurrent_kernel=np.concatenate(grad_U, axis=-1),
            bias=None if self.bias is None else grad_b,
            initial_state=(dh,),
            h=grad_hidden,
        )

    @property
    def _bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    @property
    def _bias_hint(self) -> str:
        other = (3 * self.units,) if self.reset_after else (2, 3 * self.units)
        if self.bias.shape == other:
            return f": is this a GRU with reset_after={not self.reset_after}?"
        return ""
