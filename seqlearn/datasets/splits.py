"""Cut a validation part from the training part; the test part is nobody's to cut."""

from __future__ import annotations

import numpy as np


def validation_split(labels: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose validation examples at random, the same share of every class.

    Args:
        labels: Class of each training example, shape (examples,).
        share: Share that goes to validation, from 0 up to, but not including, 1.
        seed: Seed of the draw.

    Returns:
        Positions for training and positions for validation, each int64, rising.
        Together they hold every position once. Validation has
        ``round(share * examples)`` of them.

    Raises:
        TypeError: If ``share`` or ``seed`` is not a number of its kind.
        ValueError: If ``share`` is out of range.

    Example:
        >>> train, validation = validation_split(np.array([0, 0, 1, 1]), share=0.5, seed=7)
        >>> len(train), len(validation)
        (2, 2)
    """
    if isinstance(share, bool) or not isinstance(share, int | float):
        raise TypeError(f"validation: expected a share such as 0.1; got {share!r}")
    if not 0 <= share < 1:
        raise ValueError(
            f"validation: expected a share of the training examples, "
            f"at least 0 and less than 1; got {share!r}"
        )
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise TypeError(f"seed: expected a whole number from 0 upwards; got {seed!r}")
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    # Walk through the classes in equal strides: each class is hit in proportion to
    # its size, and the total is exact whatever the rounding within the classes.
    count = round(share * len(labels))
    strides = (np.arange(count) + 0.5) * (len(labels) / max(count, 1))
    chosen = np.zeros(len(labels), dtype=bool)
    chosen[by_class[strides.astype(np.int64)]] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)
