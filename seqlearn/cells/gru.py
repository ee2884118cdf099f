"""The gated recurrent unit, in both of its forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from seqlearn.cells.activations import ACTIVATIONS
from seqlearn.cells.cell import Cell, Gradients, Trace
from seqlearn.cells.inputs import Inputs, sum_over_steps, times_matrix
from seqlearn.cells.kinds import KINDS, Kind

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

    kind: ClassVar[Kind] = KINDS["GRU"]
    trace_type: ClassVar[type[Trace]] = GRUTrace

    def _run(self, inputs: Inputs) -> GRUTrace:
        (W, U, b), n = self._weights(inputs.dtype), self.units
        b, b_recurrent = b if self.reset_after else (b, 0)
        sigma, tanh = ACTIVATIONS[self.recurrent_activation], ACTIVATIONS[self.activation]
        (h,) = inputs.initial_state
        z, r, candidate, hidden = (inputs.empty(n) for _ in range(4))
        a = times_matrix(inputs.x, W) + b  # it needs no earlier step: all steps at once
        for t in range(inputs.timesteps):
            a_z, a_r, a_h = np.split(a[:, t], 3, axis=-1)
            # From the old state: into both gates, and, if the reset comes after, the candidate.
            from_h = h @ (U if self.reset_after else U[:, : 2 * n]) + b_recurrent
            # 1. Update: how much of the old state stays?
            a_z += from_h[:, :n]
            z[:, t] = sigma(a_z)
            # 2. Reset: how much of the old state may the candidate see?
            a_r += from_h[:, n : 2 * n]
            r[:, t] = sigma(a_r)
            # 3. Candidate: what could the new state be?
            if self.reset_after:
                a_h += r[:, t] * from_h[:, 2 * n :]
            else:
                a_h += (r[:, t] * h) @ U[:, 2 * n :]
            candidate[:, t] = tanh(a_h)
            # 4. Mix the old state and the candidate.
            new_h = z[:, t] * h + (1 - z[:, t]) * candidate[:, t]

            h = inputs.where_real(t, new_h, h)
            hidden[:, t] = h
        return GRUTrace(
            h=inputs.outputs(hidden),
            final_state=(h,),
            inputs=inputs,
            pre_activations=a,
            update_gate=z,
            reset_gate=r,
            candidate=candidate,
        )

    def _backward(
        self, trace: GRUTrace, from_outputs: Array, from_final: tuple[Array, ...]
    ) -> Gradients:
        inputs = trace.inputs
        (_, U, b), n = self._weights(inputs.dtype), self.units
        U_gates, U_candidate = U[:, : 2 * n], U[:, 2 * n :]
        sigma, tanh = ACTIVATIONS[self.recurrent_activation], ACTIVATIONS[self.activation]
        z, r, candidate = trace.update_gate, trace.reset_gate, trace.candidate
        old_h = inputs.before(trace.h, inputs.initial_state[0])
        # Derivatives do not depend on what comes back from later steps: all steps at once.
        a_z, a_r, a_h = np.split(trace.pre_activations, 3, axis=-1)
        of_z, of_r = sigma.derivative(a_z, z), sigma.derivative(a_r, r)
        of_candidate = tanh.derivative(a_h, candidate)
        # What r_t multiplies, and so hides.
        behind_reset = old_h
        if self.reset_after:
            behind_reset = times_matrix(old_h, U_candidate) + b[1, 2 * n :]

        (dh,) = from_final
        grad_h, grad_a = inputs.empty(n), inputs.empty(3 * n)
        for t in reversed(range(inputs.timesteps)):
            dh = dh + from_outputs[:, t]  # by way of step t + 1, and of the output at t
            grad_h[:, t] = dh
            # 4. h_t = z_t ⊙ h_{t-1} + (1 − z_t) ⊙ h̃_t
            d_z = dh * (old_h[:, t] - candidate[:, t])
            d_a_h = dh * (1 - z[:, t]) * of_candidate[:, t]
            # 3. Through the candidate to the reset gate, and to what that multiplies.
            d_product = d_a_h if self.reset_after else d_a_h @ U_candidate.T
            d_r = d_product * behind_reset[:, t]
            d_behind_reset = d_product * r[:, t]
            # 2. and 1. Through the gates, to the pre-activations.
            d_gates = np.concatenate([d_z * of_z[:, t], d_r * of_r[:, t]], axis=-1)
            grad_a[:, t] = inputs.where_real(t, np.concatenate([d_gates, d_a_h], axis=-1), 0)
            # To the step before: past the update gate, through both gates, behind the reset.
            if self.reset_after:
                d_behind_reset = d_behind_reset @ U_candidate.T
            d_old = dh * z[:, t] + d_gates @ U_gates.T + d_behind_reset
            dh = inputs.where_real(t, d_old, dh)

        grads = self._weight_gradients(trace, grad_a)
        d_gates, d_a_h = grad_a[..., : 2 * n], grad_a[..., 2 * n :]
        # What U_h was multiplied by: h_{t-1}, whose product is then reset, or h_{t-1} reset.
        left, right = (old_h, r * d_a_h) if self.reset_after else (r * old_h, d_a_h)
        grad_U = [sum_over_steps(old_h, d_gates), sum_over_steps(left, right)]
        grads["recurrent_kernel"] = np.concatenate(grad_U, axis=-1)
        if self.reset_after and self.bias is not None:
            of_gates, of_h = grads["bias"][: 2 * n], np.sum(r * d_a_h, axis=(0, 1))
            grads["bias"] = np.stack([grads["bias"], np.concatenate([of_gates, of_h])])
        return Gradients(**grads, initial_state=(dh,), h=grad_h)

    @property
    def _bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    @property
    def _bias_hint(self) -> str:
        other = (3 * self.units,) if self.reset_after else (2, 3 * self.units)
        if self.bias.shape == other:
            return f": is this a GRU with reset_after={not self.reset_after}?"
        return ""
