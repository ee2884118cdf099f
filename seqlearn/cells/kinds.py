"""What a cell is, in one table: its blocks in Keras's order, its states, its biases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Kind:
    """A kind of recurrent cell; its layer in Keras has the same name.

    Args:
        blocks: What is computed at each step by a block of weights of its own, as a trace names
            it, in the order in which the blocks stand side by side in ``kernel``,
            ``recurrent_kernel`` and ``bias``. Each has ``units`` columns.
        states: What goes from step to step; the first is the output.
        keeps: The gate that says how much of the last state stays; None if there is none.
        writes: The gate that says how much is written, where ``keeps`` doesn't say that too.
        biases: Biases of a block in Keras's default layer.
    """

    blocks: tuple[str, ...]
    states: tuple[str, ...]
    keeps: str | None = None
    writes: str | None = None
    biases: int = 1

    def block(self, array: np.ndarray, name: str) -> np.ndarray:
        """Give the columns of one block, as a view.

        Example:
            >>> KINDS["GRU"].block(np.arange(6), "reset_gate")
            array([2, 3])
        """
        units, place = array.shape[-1] // len(self.blocks), self.blocks.index(name)
        return array[..., place * units : (place + 1) * units]


KINDS = {
    "SimpleRNN": Kind(blocks=("h",), states=("h",)),
    "LSTM": Kind(
        blocks=("input_gate", "forget_gate", "candidate", "output_gate"),
        states=("h", "c"),
        keeps="forget_gate",
        writes="input_gate",
    ),
    # Two biases, because by default the reset gate acts after the recurrent product.
    "GRU": Kind(
        blocks=("update_gate", "reset_gate", "candidate"),
        states=("h",),
        keeps="update_gate",
        biases=2,
    ),
}
"""The kinds of cells, by the name of their layer in Keras."""
