"""What all recurrences share: a batch in the order in which it is read, its mask, its states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqlearn.checks import require_array, require_sequences

Array = np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Inputs:
    """A batch of sequences as a cell reads it: step 0 is the first that the cell meets.

    Args:
        x: Inputs in reading order, ``(batch, timesteps, features)``, float32 or float64.
        mask: Which steps are real, in reading order, ``(batch, timesteps)``; None if all are.
        initial_state: What the cell starts from, each ``(batch, units)``.
        backwards: Whether step 0 is the last timestep of the inputs.
    """

    x: Array
    mask: Array | None
    initial_state: tuple[Array, ...]
    backwards: bool

    @property
    def timesteps(self) -> int:
        """Number of steps."""
        return self.x.shape[1]

    @property
    def dtype(self) -> np.dtype:
        """Precision of the whole computation."""
        return self.x.dtype

    def empty(self, width: int) -> Array:
        """Make room for an array ``(batch, timesteps, width)``."""
        batch, timesteps, _ = self.x.shape
        # In memory time comes first: the numbers of one step lie together.
        return np.empty((timesteps, batch, width), self.dtype).swapaxes(0, 1)

    def where_real(self, t: int, new: Array, old: Array | float) -> Array:
        """Take what is new where step t is real, and what was there where it is masked."""
        if self.mask is None:
            return new
        return np.where(self.mask[:, t, np.newaxis], new, old)

    def outputs(self, h: Array) -> Array:
        """Turn hidden states into outputs: a layer shows zeros until its first real step."""
        return h if self.mask is None else np.where(self._started, h, 0)

    def before(self, states: Array, initial: Array) -> Array:
        """Give for each step the state that it started from."""
        if self.mask is not None:
            states = np.where(self._started, states, initial[:, np.newaxis])
        before = self.empty(initial.shape[1])
        before[:, 0], before[:, 1:] = initial, states[:, :-1]
        return before

    def in_time(self, array: Array) -> Array:
        """Turn an array in reading order into the order of the inputs."""
        return array[:, ::-1] if self.backwards else array

    @property
    def _started(self) -> Array:
        """Whether a real step has been met, ``(batch, timesteps, 1)``."""
        return np.logical_or.accumulate(self.mask, axis=1)[..., np.newaxis]


def read_batch(
    cell: Any, inputs: Array, initial_state: Array | Sequence[Array] | None, mask: Array | None
) -> Inputs:
    """Check what a cell is given, see :meth:`Cell.run`, and put it into reading order."""
    x = _read_sequences(inputs, cell.features)
    batch, timesteps, _ = x.shape
    if mask is not None:
        expected = f"{(batch, timesteps)}, true or false for each timestep of each sequence"
        mask = read_flags(mask, "mask", (batch, timesteps), expected)
    shapes = [(batch, cell.units)] * len(cell.kind.states)
    start = _read_states(initial_state, shapes, x.dtype, "initial_state")
    if cell.go_backwards:
        x, mask = x[:, ::-1], mask if mask is None else mask[:, ::-1]
    x = np.array(x.swapaxes(0, 1), order="C").swapaxes(0, 1)  # a copy, laid out like empty()
    return Inputs(x, mask, start, cell.go_backwards)


def read_gradients(
    inputs: Inputs, grad_h: Array, grad_final_state: Array | Sequence[Array] | None
) -> tuple[Array, tuple[Array, ...]]:
    """Check what reaches outputs and final states from outside, see :meth:`Cell.backward`."""
    batch, units = inputs.initial_state[0].shape
    every = (batch, inputs.timesteps, units)
    grads = cast(grad_h, "grad_h", inputs.dtype)
    if grads.shape == (batch, units):
        last, grads = grads, np.zeros(every, inputs.dtype)
        grads[:, -1] = last
    if grads.shape != every:
        raise ValueError(
            f"grad_h: expected {every}, a gradient for each step, or {(batch, units)}, "
            f"for the last step alone; got {grads.shape}"
        )
    shapes = [state.shape for state in inputs.initial_state]
    final = _read_states(grad_final_state, shapes, inputs.dtype, "grad_final_state")
    return inputs.outputs(grads), final


def read_flags(given: Any, name: str, shape: tuple[int, ...], expected: str) -> Array:
    """Have an array of true and false; 1 and 0 of any kind stand for them."""
    flags = require_array(given, name, expected)
    if flags.shape != shape:
        raise ValueError(f"{name}: expected {expected}; got {flags.shape}")
    truth = flags == 1
    require_everywhere(truth | (flags == 0), flags, name, "true or false, or 1 or 0")
    return truth


def cast(given: Any, name: str, dtype: Any) -> Array:
    """Turn numbers into those of a precision, and refuse what that can't hold.

    That is a whole number that would become another one, or a finite one that would become
    infinite; that a fraction is rounded goes without saying.
    """
    array = require_array(given, name, "of numbers")
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name}: expected numbers, float32 or float64; got dtype {array.dtype}")
    with np.errstate(over="ignore", invalid="ignore"):  # looked for below
        numbers = array.astype(dtype, copy=False)
        if numbers.dtype != array.dtype:
            held = np.isfinite(numbers) | ~np.isfinite(array)
            if "i" in (kinds := array.dtype.kind + numbers.dtype.kind) or "u" in kinds:
                held = numbers.astype(array.dtype) == array
            require_everywhere(held, array, name, f"numbers that {numbers.dtype} can hold")
    return numbers


def require_everywhere(holds: Array, array: Array, name: str, expected: str) -> None:
    """Refuse the first entry of an array for which something doesn't hold."""
    if not np.all(holds):
        place = tuple(map(int, np.argwhere(~holds)[0]))
        raise ValueError(f"{name}: expected {expected}; got {array[place]} at {place}")


def _read_sequences(inputs: Any, features: int) -> Array:
    x = require_sequences(inputs, "inputs", features)
    if x.dtype not in (np.float32, np.float64):
        if x.dtype.kind not in "biu":
            raise ValueError(f"inputs: expected numbers, float32 or float64; got dtype {x.dtype}")
        x = cast(x, "inputs", np.float32)  # as Keras does
    if x.shape[1] == 0:
        raise ValueError(f"inputs: expected at least 1 timestep; got shape {x.shape}")
    return x


def _read_states(
    given: Array | Sequence[Array] | None,
    shapes: list[tuple[int, int]],
    dtype: np.dtype,
    name: str,
) -> tuple[Array, ...]:
    """Check states, or what has their shapes: one array, or a list of as many as there are."""
    if given is None:
        return tuple(np.zeros(shape, dtype) for shape in shapes)
    wanted = f"{'h, one array' if len(shapes) == 1 else '[h, c], two arrays'} of shape {shapes[0]}"
    if len(shapes) == 1:
        array = cast(given, name, dtype)
        arrays = [array[0] if array.ndim == 3 and len(array) == 1 else array]  # h or [h]
    else:
        arrays = list(given) if isinstance(given, list | tuple) else [given]
        if len(arrays) != len(shapes):
            raise ValueError(f"{name}: expected {wanted}; got {len(arrays)}")
        arrays = [cast(array, name, dtype) for array in arrays]
    for array in arrays:
        if array.shape != shapes[0]:
            raise ValueError(
                f"{name}: expected {wanted}, that is (batch, units); got {array.shape}"
            )
    return tuple(arrays)


def times_matrix(array: Array, matrix: Array) -> Array:
    """Multiply ``(batch, timesteps, m)`` by ``(m, n)`` at all steps at once, in one product."""
    batch, timesteps, _ = array.shape
    return (_rows(array) @ matrix).reshape(timesteps, batch, matrix.shape[1]).swapaxes(0, 1)


def sum_over_steps(left: Array, right: Array) -> Array:
    """Add up ``left_tᵀ right_t``, each ``(m, n)``, over all sequences and steps, in one product."""
    return _rows(left).T @ _rows(right)


def _rows(array: Array) -> Array:
    """Put steps and sequences one below the other; nothing is copied if time comes first."""
    return array.swapaxes(0, 1).reshape(-1, array.shape[2])
