"""What all recurrences share: a batch in the order in which it is read, its mask, its states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqlearn.checks import require_array

Array = np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Reading:
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

    def keep(self, t: int, new: Array, old: Array | float) -> Array:
        """Take what is new where step t is real, and what was there where it is masked."""
        if self.mask is None:
            return new
        return np.where(self.mask[:, t, np.newaxis], new, old)

    def shown(self, h: Array) -> Array:
        """Turn hidden states into outputs: a layer shows zeros until its first real step."""
        return h if self.mask is None else np.where(self._started, h, 0)

    def before(self, states: Array, initial: Array) -> Array:
        """Give for each step the state that it started from."""
        if self.mask is not None:
            states = np.where(self._started, states, initial[:, np.newaxis])
        before = self.empty(initial.shape[1])
        before[:, 0], before[:, 1:] = initial, states[:, :-1]
        return before

    def gradients_in(
        self, grad_h: Array, grad_final_state: Sequence[Array] | None
    ) -> tuple[Array, tuple[Array, ...]]:
        """Check what reaches the outputs and the final states from outside.

        Args:
            grad_h: Gradient at every output, ``(batch, timesteps, units)``, or at the last
                alone, ``(batch, units)``.
            grad_final_state: Gradient at each final state; None stands for zeros.

        Returns:
            The gradient at every output, and a tuple of those at the final states.

        Raises:
            ValueError: If a shape is wrong.
        """
        batch, units = self.initial_state[0].shape
        every = (batch, self.timesteps, units)
        given = np.asarray(grad_h, self.dtype)
        if given.shape == every:
            grads = given
        elif given.shape == (batch, units):
            grads = np.zeros(every, self.dtype)
            grads[:, -1] = given
        else:
            raise ValueError(
                f"grad_h: expected {every}, a gradient for each step, or {(batch, units)}, "
                f"for the last step alone; got {given.shape}"
            )
        if grad_final_state is None:
            grad_final_state = [np.zeros_like(state) for state in self.initial_state]
        final = read_states(
            grad_final_state, len(self.initial_state), batch, units, self.dtype, "grad_final_state"
        )
        return self.shown(grads), final

    def in_time(self, array: Array) -> Array:
        """Turn an array in reading order into the order of the inputs."""
        return array[:, ::-1] if self.backwards else array

    @property
    def _started(self) -> Array:
        """Whether a real step has been met, ``(batch, timesteps, 1)``."""
        return np.logical_or.accumulate(self.mask, axis=1)[..., np.newaxis]


def read(
    inputs: Array,
    initial_state: Array | Sequence[Array] | None,
    mask: Array | None,
    *,
    features: int,
    units: int,
    states: int,
    backwards: bool,
) -> Reading:
    """Check what a cell is given, and put it into reading order.

    Args:
        inputs: ``(batch, timesteps, features)``. Whole numbers become float32.
        initial_state: See :func:`read_states`; None stands for zeros.
        mask: ``(batch, timesteps)``, true where a step is real; None if all are.
        features: Numbers that the cell reads at each step.
        units: Width of the cell.
        states: How many states it has.
        backwards: Whether it begins with the last timestep.

    Returns:
        The batch in reading order.

    Raises:
        ValueError: If something has the wrong shape or kind.
    """
    x = read_inputs(inputs, features)
    batch, timesteps, _ = x.shape
    if mask is not None:
        mask = require_array(mask, "mask", "(batch, timesteps)")
        if mask.shape != (batch, timesteps):
            raise ValueError(
                f"mask: expected {(batch, timesteps)}, true or false for each timestep of each "
                f"sequence; got {mask.shape}"
            )
        mask = mask.astype(bool)
    if initial_state is None:
        initial_state = [np.zeros((batch, units), x.dtype)] * states
    start = read_states(initial_state, states, batch, units, x.dtype, "initial_state")
    if backwards:
        x, mask = x[:, ::-1], mask if mask is None else mask[:, ::-1]
    x = np.array(x.swapaxes(0, 1), order="C").swapaxes(0, 1)  # a copy, laid out like empty()
    return Reading(x, mask, start, backwards)


def read_inputs(inputs: Array, features: int) -> Array:
    """Check the inputs of a cell.

    Args:
        inputs: ``(batch, timesteps, features)``.
        features: Numbers that the cell reads at each step.

    Returns:
        An array of float32 or float64.

    Raises:
        ValueError: If the shape or the kind of number is wrong.
    """
    x = require_array(inputs, "inputs")
    if x.dtype.kind in "biu":
        x = x.astype(np.float32)  # as Keras does
    if x.dtype not in (np.float32, np.float64):
        raise ValueError(f"inputs: expected numbers, float32 or float64; got dtype {x.dtype}")
    if x.ndim != 3:
        hint = ""
        if x.ndim == 2 and x.shape[1] == features:
            hint = ": a single sequence needs inputs[np.newaxis]"
        elif x.ndim == 2:
            hint = ": did you forget the features axis?"
        raise ValueError(
            f"inputs: expected (batch, timesteps, features); got shape {x.shape}{hint}"
        )
    if x.shape[2] != features:
        hint = ": are timesteps and features swapped?" if x.shape[1] == features else ""
        raise ValueError(
            f"inputs: expected (batch, timesteps, {features}), because the kernel has {features} "
            f"rows, one for each feature; got {x.shape}{hint}"
        )
    if x.shape[1] == 0:
        raise ValueError(f"inputs: expected at least 1 timestep; got shape {x.shape}")
    return x


def read_states(
    given: Array | Sequence[Array], states: int, batch: int, units: int, dtype: np.dtype, name: str
) -> tuple[Array, ...]:
    """Check states, or what has their shapes.

    Args:
        given: One array ``(batch, units)``, or a list of as many as the cell has states:
            ``[h]``, or ``[h, c]`` for an LSTM.
        states: How many states the cell has.
        batch: Sequences in the batch.
        units: Width of the cell.
        dtype: Precision of the result.
        name: The argument's name, for the error message.

    Returns:
        A tuple of arrays.

    Raises:
        ValueError: If their number or a shape is wrong.
    """
    alone = not isinstance(given, list | tuple) or (states == 1 and np.ndim(given) == 2)
    arrays = [given] if alone else list(given)
    wanted = "[h, c], two arrays" if states == 2 else "h, one array"
    if len(arrays) != states:
        raise ValueError(f"{name}: expected {wanted} of shape {(batch, units)}; got {len(arrays)}")
    arrays = [np.asarray(array, dtype) for array in arrays]
    for array in arrays:
        if array.shape != (batch, units):
            raise ValueError(
                f"{name}: expected {wanted} of shape {(batch, units)}, that is (batch, units); "
                f"got {array.shape}"
            )
    return tuple(arrays)


def times_matrix(array: Array, matrix: Array) -> Array:
    """Multiply by a matrix at all steps at once, in one product.

    Args:
        array: ``(batch, timesteps, m)``.
        matrix: ``(m, n)``.

    Returns:
        ``(batch, timesteps, n)``.

    Example:
        >>> times_matrix(np.ones((2, 3, 4)), np.ones((4, 5))).shape
        (2, 3, 5)
    """
    batch, timesteps, _ = array.shape
    return (_rows(array) @ matrix).reshape(timesteps, batch, matrix.shape[1]).swapaxes(0, 1)


def sum_over_steps(left: Array, right: Array) -> Array:
    """Add up ``left_tᵀ right_t`` over all sequences and steps, in one product.

    Args:
        left: ``(batch, timesteps, m)``.
        right: ``(batch, timesteps, n)``.

    Returns:
        ``(m, n)``.

    Example:
        >>> sum_over_steps(np.ones((2, 3, 1)), np.ones((2, 3, 1)))
        array([[6.]])
    """
    return _rows(left).T @ _rows(right)


def _rows(array: Array) -> Array:
    """Put steps and sequences one below the other; nothing is copied if time comes first."""
    return array.swapaxes(0, 1).reshape(-1, array.shape[2])
