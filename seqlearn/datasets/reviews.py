"""Synthetic reviews (being written)."""

from __future__ import annotations

import numpy as np

from seqlearn.datasets import verify


def make_reviews() -> tuple[verify.Arrays, dict[str, int]]:
    """Make the reviews."""
    words = {"the": 1, "film": 2, "is": 3, "good": 4, "bad": 5}
    arrays = {}
    for part, n in (("train", 40), ("test", 20)):
        y = np.arange(n) % 2
        arrays[f"x_{part}"], arrays[f"x_{part}_lengths"] = verify.flatten(
            [[1, 2, 3, 5 - v] for v in y.tolist()]
        )
        arrays[f"y_{part}"] = y
    return arrays, words
