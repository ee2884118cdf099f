"""Handwritten digits, to be read one row at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqlearn.datasets import sources, verify
from seqlearn.datasets.splits import validation_split

FILE = verify.DataFile(
    name="mnist.npz",
    size=11_490_434,
    file_hash="731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    read=verify.read_npz,
    digests={
        "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
        "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
        "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
    },
    keep_flat=True,
)

# The stand-in has no official split: this seed chooses its test part, once for all.
_DIGITS_TEST_SEED = 0
_DIGITS_TEST_SHARE = 1 / 5


@dataclass(frozen=True, repr=False, eq=False)
class MNISTRows:
    """Digits as sequences: each image is read from the top, one row a timestep.

    The arrays are read-only: write ``x = data.x_train - mean``, not ``data.x_train -= mean``.

    Attributes:
        x_train: float32 ``(examples, timesteps, features)``, 0 for paper to 1 for ink.
        y_train: The digit, int64 ``(examples,)``.
        x_val, y_val: The same, for choosing between models.
        x_test, y_test: The same, for the final figure: the official test part, whole.
        source: "full" (MNIST, 28 rows of 28) or "embedded" (scikit-learn's digits, 8 of 8).
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str

    @property
    def timesteps(self) -> int:
        """Rows of an image."""
        return self.x_train.shape[1]

    @property
    def features(self) -> int:
        """Pixels of a row."""
        return self.x_train.shape[2]

    @property
    def classes(self) -> int:
        """Number of different digits."""
        return 10

    def __repr__(self) -> str:
        """Show sizes and source in one line."""
        return (
            f"MNISTRows({len(self.x_train):,} train, {len(self.x_val):,} validation, "
            f"{len(self.x_test):,} test, each {self.timesteps} timesteps × "
            f"{self.features} features, {self.source})"
        )


def load_mnist_rows(
    source: str = "auto", *, validation: float = 1 / 12, seed: int = 7
) -> MNISTRows:
    """Load handwritten digits as sequences of rows.

    Args:
        source: "full" for MNIST, "embedded" for scikit-learn's small digits, "auto" for what is
            at hand.
        validation: Share of the training examples kept apart for validation, of each digit.
        seed: Seed of that choice.

    Returns:
        The data; a printed line says which is in use.

    Raises:
        DataUnavailable: If ``source`` is "full" and MNIST can't be had.
        TypeError, ValueError: If an argument is out of range.

    Source:
        MNIST: LeCun, Bottou, Bengio and Haffner (1998). Digits: Alpaydin and
        Kaynak (1998), the test part of their set, as scikit-learn carries it.

    Example:
        >>> data = load_mnist_rows("embedded")
        MNIST: embedded stand-in, 1,797 digits of 8 × 8 pixels (full data: python -m seqlearn data)
        >>> data.x_train.shape
        (1318, 8, 8)
    """
    contents, missing = sources.obtain([FILE], source)
    if contents is None:
        arrays, brightest = _digits(), 16
        what = "1,797 digits of 8 × 8 pixels"
    else:
        (arrays,), brightest = contents, 255
        what, missing = "full, 60,000 + 10,000 images of 28 × 28 pixels", None
    train, val = validation_split(arrays["y_train"], validation, seed)
    data = MNISTRows(
        x_train=_scaled(arrays["x_train"][train], brightest),
        y_train=_labels(arrays["y_train"][train]),
        x_val=_scaled(arrays["x_train"][val], brightest),
        y_val=_labels(arrays["y_train"][val]),
        x_test=_scaled(arrays["x_test"], brightest),
        y_test=_labels(arrays["y_test"]),
        source="full" if missing is None else "embedded",
    )
    sources.announce("MNIST", what, missing)
    return data


def _scaled(images: np.ndarray, brightest: int) -> np.ndarray:
    scaled = np.divide(images, np.float32(brightest), dtype=np.float32)
    scaled.setflags(write=False)
    return scaled


def _labels(labels: np.ndarray) -> np.ndarray:
    # uint8, as stored, would turn y - 1 into 255 for a zero.
    labels = labels.astype(np.int64)
    labels.setflags(write=False)
    return labels


def _digits() -> verify.Arrays:
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, labels = digits.images.astype(np.uint8), digits.target
    train, test = validation_split(labels, _DIGITS_TEST_SHARE, _DIGITS_TEST_SEED)
    return {
        "x_train": images[train],
        "y_train": labels[train],
        "x_test": images[test],
        "y_test": labels[test],
    }
