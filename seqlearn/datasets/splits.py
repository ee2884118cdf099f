"""Cut a validation part from the training part; the test part is nobody's to cut."""

from __future__ import annotations

import numpy as np

from seqlearn.checks import require_share, require_whole_number


def validation_split(labels: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose validation examples at random, the same share of every class.

    Args:
        labels: Class of each training example, shape (examples,).
        share: Share that goes to validation, from 0 up to, but not including, 1.
        seed: Seed of the draw.

    Returns:
        Positions for training and for validation, ``round(share * examples)`` of them, each int64,
        rising.

    Raises:
        TypeError, ValueError: If ``share`` is no share or ``seed`` no whole number.

    Example:
        >>> train, validation = validation_split(np.array([0, 0, 1, 1]), share=0.5, seed=7)
        >>> len(train), len(validation)
        (2, 2)
    """
    require_share(share, "validation")
    require_whole_number(seed, "seed", at_least=0)
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
