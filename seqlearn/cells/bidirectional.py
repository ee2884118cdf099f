"""Two cells that read the same sequence from both ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqlearn.cells.cell import Cell, Gradients, Trace
from seqlearn.checks import require_array

Array = np.ndarray

MERGE_MODES = ("concat", "sum", "mul", "ave", None)


@dataclass(frozen=True, eq=False, repr=False)
class BidirectionalTrace:
    """What both readers of a :class:`Bidirectional` did.

    Attributes:
        h: Both outputs at each timestep, merged, in the order of the inputs, ``(batch,
            timesteps, width)``: what the layer gives with ``return_sequences=True``. Zero at
            masked timesteps. With ``merge_mode=None`` a pair of arrays.
        last: Both outputs after each reader's last step, merged, ``(batch, width)``: what
            the layer gives with ``return_sequences=False``. The backward reader's last step is
            the first timestep. With ``merge_mode=None`` a pair of arrays.
        forward: Trace of the forward reader.
        backward: Trace of the backward reader, in its reading order: step 0 is the last
            timestep, so ``trace.backward.h[:, ::-1]`` runs with the inputs.
    """

    h: Array | tuple[Array, Array]
    last: Array | tuple[Array, Array]
    forward: Trace
    backward: Trace

    @property
    def final_state(self) -> tuple[Array, ...]:
        """The forward reader's states after its last step, then the backward reader's."""
        return self.forward.final_state + self.backward.final_state

    @property
    def mask(self) -> Array | None:
        """Which timesteps are real, in the order of the inputs; None if all are."""
        return self.forward.mask

    def __repr__(self) -> str:
        return f"{type(self).__name__}(forward={self.forward!r}, backward={self.backward!r})"


@dataclass(frozen=True, eq=False, repr=False)
class BidirectionalGradients:
    """What back-propagation through both readers gives.

    Attributes:
        inputs: ∂L/∂x, by way of both, ``(batch, timesteps, features)``.
        forward: The gradients of the forward reader.
        backward: The gradients of the backward reader; per step, in its reading order.
    """

    inputs: Array
    forward: Gradients
    backward: Gradients

    @property
    def initial_state(self) -> tuple[Array, ...]:
        """The gradients at the forward reader's initial states, then at the backward's."""
        return self.forward.initial_state + self.backward.initial_state


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Bidirectional:
    """One cell reads from the first timestep, the other from the last; their outputs merge.

    Args:
        forward: The cell that reads forwards.
        backward: The cell that reads backwards, made with ``go_backwards=True``.
        merge_mode: ``"concat"`` lays both outputs side by side, forward first; ``"sum"``,
            ``"ave"`` (half the sum) and ``"mul"`` join them number by number; None keeps two.

    Raises:
        TypeError: If one of the two is not a cell.
        ValueError: If one reads in the wrong direction, they read different numbers of
            features, their widths can't be joined, or the mode is unknown.

    Source:
        Schuster and Paliwal 1997, section II.

    Example:
        >>> from seqlearn.cells import SimpleRNN
        >>> adder = dict(kernel=[[1.0]], recurrent_kernel=[[1.0]], bias=None, activation="linear")
        >>> cell = Bidirectional(SimpleRNN(**adder), SimpleRNN(**adder, go_backwards=True))
        >>> trace = cell.run([[[1.0], [2.0], [4.0]]])
        >>> trace.h[0].T  # the sum so far, and the sum from here on
        array([[1., 3., 7.],
               [7., 6., 4.]])
        >>> trace.last
        array([[7., 7.]])
    """

    forward_cell: Cell
    backward_cell: Cell
    merge_mode: str | None

    # Written by hand because `backward` names an argument here and a method below.
    def __init__(self, forward: Cell, backward: Cell, merge_mode: str | None = "concat"):
        for name, cell, backwards in (("forward", forward, False), ("backward", backward, True)):
            if not isinstance(cell, Cell):
                raise TypeError(
                    f"{name}: expected a SimpleRNN, LSTM or GRU of seqlearn.cells; "
                    f"got {type(cell).__name__}"
                )
            if cell.go_backwards is not backwards:
                raise ValueError(
                    f"{name}: expected a cell with go_backwards={backwards}; "
                    f"got go_backwards={cell.go_backwards}"
                )
        if merge_mode not in MERGE_MODES:
            raise ValueError(
                f"merge_mode: expected one of {', '.join(map(repr, MERGE_MODES))}; "
                f"got {merge_mode!r}"
            )
        if forward.features != backward.features:
            raise ValueError(
                "forward and backward: expected cells that read the same features; "
                f"got {forward.features} and {backward.features}"
            )
        if merge_mode in ("sum", "mul", "ave") and forward.units != backward.units:
            raise ValueError(
                f"merge_mode: {merge_mode!r} needs two cells of one width; "
                f"got {forward.units} and {backward.units} units"
            )
        object.__setattr__(self, "forward_cell", forward)
        object.__setattr__(self, "backward_cell", backward)
        object.__setattr__(self, "merge_mode", merge_mode)

    def __repr__(self) -> str:
        return f"Bidirectional({self.forward_cell!r}, {self.backward_cell!r}, {self.merge_mode!r})"

    def run(
        self,
        inputs: Array,
        initial_state: Sequence[Array] | None = None,
        mask: Array | None = None,
    ) -> BidirectionalTrace:
        """Read a batch of sequences from both ends, as :meth:`Cell.run` does from one.

        Args:
            inputs: ``(batch, timesteps, features)``.
            initial_state: The forward reader's states, then the backward reader's:
                ``[h, h]``, or ``[h, c, h, c]`` for two LSTMs; zeros if None.
            mask: ``(batch, timesteps)``; where it is false, the output is zero.

        Returns:
            The trace: ``h``, ``last``, ``forward``, ``backward``, ``final_state``.

        Raises:
            ValueError: If a shape doesn't fit.
        """
        ahead, back = self._halves(initial_state, "initial_state")
        forward = self.forward_cell.run(inputs, ahead, mask)
        backward = self.backward_cell.run(inputs, back, mask)
        return BidirectionalTrace(
            h=self._merge(*_in_time(forward, backward)),
            last=self._merge(forward.last, backward.last),
            forward=forward,
            backward=backward,
        )

    def backward(
        self,
        trace: BidirectionalTrace,
        grad_h: Array | Sequence[Array],
        grad_final_state: Sequence[Array] | None = None,
    ) -> BidirectionalGradients:
        """Carry a gradient back through time, in both readers, as :meth:`Cell.backward` does.

        Args:
            trace: What :meth:`run` gave.
            grad_h: Shaped like ``trace.h`` (a gradient for each timestep) or ``trace.last``;
                with ``merge_mode=None`` a pair of such arrays.
            grad_final_state: Gradients that reach ``trace.final_state`` by another way; none if
                None.

        Returns:
            The gradients of the loss.

        Raises:
            TypeError: If the trace is of another kind of cell.
            ValueError: If a shape doesn't fit.
        """
        if not isinstance(trace, BidirectionalTrace):
            raise TypeError(
                "trace: expected the BidirectionalTrace that run() of this cell gave; "
                f"got {type(trace).__name__}"
            )
        states_ahead, states_back = self._halves(grad_final_state, "grad_final_state")
        if self.merge_mode is not None:
            grad_h = require_array(grad_h, "grad_h", "of numbers")
        of_last = _shapes(grad_h) == _shapes(trace.last)
        if not of_last and _shapes(grad_h) != _shapes(trace.h):
            raise ValueError(
                f"grad_h: expected {_shapes(trace.h)}, a gradient for each timestep, or "
                f"{_shapes(trace.last)}, for the last output alone; got {_shapes(grad_h)}"
            )
        if of_last:
            ahead, back = self._split(grad_h, trace.forward.last, trace.backward.last)
        else:
            ahead, back = self._split(grad_h, *_in_time(trace.forward, trace.backward))
            if trace.mask is not None:  # the zeros at masked timesteps depend on nothing
                real = trace.mask[..., np.newaxis]
                ahead, back = np.where(real, ahead, 0), np.where(real, back, 0)
            back = back[:, ::-1]
        forward = self.forward_cell.backward(trace.forward, ahead, states_ahead)
        backward = self.backward_cell.backward(trace.backward, back, states_back)
        return BidirectionalGradients(forward.inputs + backward.inputs, forward, backward)

    def _merge(self, ahead: Array, back: Array) -> Array | tuple[Array, Array]:
        match self.merge_mode:
            case "concat":
                return np.concatenate([ahead, back], axis=-1)
            case "sum":
                return ahead + back
            case "ave":
                return (ahead + back) / 2
            case "mul":
                return ahead * back
        return ahead, back

    def _split(self, grad: Array, ahead: Array, back: Array) -> tuple[Array, Array]:
        """Give the gradient at either output, from that at both merged."""
        match self.merge_mode:
            case "concat":
                units = self.forward_cell.units
                return grad[..., :units], grad[..., units:]
            case "sum":
                return grad, grad
            case "ave":
                return grad / 2, grad / 2
            case "mul":
                return grad * back, grad * ahead
        return grad[0], grad[1]

    def _halves(self, states: Sequence[Array] | None, name: str) -> tuple:
        """Deal states out to the two readers."""
        if states is None:
            return None, None
        first = len(self.forward_cell.kind.states)
        wanted = first + len(self.backward_cell.kind.states)
        if not isinstance(states, list | tuple) or len(states) != wanted:
            got = len(states) if isinstance(states, list | tuple) else "one array"
            raise ValueError(
                f"{name}: expected a list of {wanted} arrays (batch, units), the forward "
                f"reader's first; got {got}"
            )
        return states[:first], states[first:]


def _in_time(forward: Trace, backward: Trace) -> tuple[Array, Array]:
    """Both outputs in the order of the inputs, zero where masked."""
    outputs = forward.h, backward.h[:, ::-1]
    if forward.mask is None:
        return outputs
    return tuple(np.where(forward.mask[..., np.newaxis], h, 0) for h in outputs)


def _shapes(arrays: Array | Sequence[Array]) -> tuple:
    """Shape of an array, or those of a pair."""
    pair = isinstance(arrays, tuple | list) and len(arrays) == 2 and np.ndim(arrays[0]) > 1
    return tuple(np.shape(array) for array in arrays) if pair else np.shape(arrays)
