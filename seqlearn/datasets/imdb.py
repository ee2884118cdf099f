"""Film reviews, as sequences of word indices, labelled by sentiment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from seqlearn.checks import require_whole_number
from seqlearn.datasets import reviews, sources, verify
from seqlearn.datasets.splits import validation_split
from seqlearn.text import FIRST_WORD, START, UNKNOWN, Vocabulary

_FIRST_RANK_AT = FIRST_WORD - 1  # the word of rank r has index r + 3; rank 1 is the commonest

_SHUFFLE_SEED = 113  # Keras's: the stored order is all positive, then all negative

REVIEWS_FILE = verify.DataFile(
    name="imdb.npz",
    size=17_464_789,
    file_hash="69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
    read=verify.read_npz,
    digests={
        "x_train": "839f238f42e49ed32804afd9148bb93e9a84328e97603b7bcd0a830b148a4281",
        "x_train_lengths": "87136a21e7fad3eb46e62acfdad6d6204f559302a5cd59e1d572317ea13f703a",
        "y_train": "c90c484a677c5e7c7aa54b3d0b0f558ceb368ce161b136435c53a2021a6c5984",
        "x_test": "88455a6ba2a9e95ffeb943b563f338f13951733bc0c8fee0892a4f9f2d72f23c",
        "x_test_lengths": "cf21e05a29659f00b5057a123013888ad9c2f25e5dc1191f9398adadfea636c9",
        "y_test": "c90c484a677c5e7c7aa54b3d0b0f558ceb368ce161b136435c53a2021a6c5984",
    },
    keep_flat=True,
)

WORDS_FILE = verify.DataFile(
    name="imdb_word_index.json",
    size=1_641_221,
    file_hash="bfafd718b763782e994055a2d397834f",
    read=json.loads,
)


@dataclass(frozen=True, repr=False, eq=False)
class IMDB:
    """Reviews as sequences of word indices, with the words to read them by.

    Index 1 starts each review, 2 stands for a word outside the vocabulary, words follow from 4 on,
    the commonest first (Keras's convention). The arrays are read-only.

    Attributes:
        x_train: Reviews, an object array ``(examples,)`` of int32 arrays ``(timesteps,)``.
        y_train: 1 for a favourable review, 0 for an unfavourable one, int64 ``(examples,)``.
        x_val, y_val: The same, for choosing between models.
        x_test, y_test: The same, for the final figure: the official test part, whole.
        source: "full" (IMDB) or "embedded" (synthetic reviews).
        vocabulary_size: Number of indices, the ``input_dim`` of an embedding.
        word_index: Word to index, read-only; Keras's ``get_word_index`` is 3 lower.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str
    vocabulary_size: int
    word_index: Mapping[str, int] = field(repr=False)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words with their indices, to read reviews and to encode sentences of one's own."""
        return Vocabulary(self.word_index, self.vocabulary_size)

    def __repr__(self) -> str:
        """Show sizes and source in one line."""
        return (
            f"IMDB({len(self.x_train):,} train, {len(self.x_val):,} validation, "
            f"{len(self.x_test):,} test reviews, {self.vocabulary_size:,} indices, {self.source})"
        )


def load_imdb(
    source: str = "auto",
    *,
    num_words: int | None = 20_000,
    validation: float = 0.1,
    seed: int = 7,
) -> IMDB:
    """Load film reviews as sequences of word indices, in the order of Keras's loader.

    Args:
        source: "full" for IMDB, "embedded" for synthetic reviews, "auto" for what is at hand.
        num_words: Keep indices below this number; others become 2, unknown. None keeps all.
        validation: Share of the training examples kept apart for validation, of each class.
        seed: Seed of that choice.

    Returns:
        The data; a printed line says which is in use.

    Raises:
        DataUnavailable: If ``source`` is "full" and IMDB can't be had.
        TypeError, ValueError: If an argument is out of range.

    Source:
        Maas, Daly, Pham, Huang, Ng and Potts (2011).

    Example:
        >>> data = load_imdb("embedded")  # doctest: +ELLIPSIS
        IMDB: embedded stand-in, ... synthetic reviews (full data: python -m seqlearn data)
        >>> len(data.x_train) == len(data.y_train)
        True
    """
    if num_words is not None:  # None keeps every word
        require_whole_number(num_words, "num_words", FIRST_WORD + 1)
    contents, missing = sources.obtain([REVIEWS_FILE, WORDS_FILE], source)
    if contents is None:
        arrays, ranks = reviews.make_reviews()
        count = len(arrays["y_train"]) + len(arrays["y_test"])
        what = f"{count:,} synthetic reviews"
    else:
        arrays, ranks = contents
        what, missing = "full, 25,000 + 25,000 reviews", None
    word_index = {word: rank + _FIRST_RANK_AT for word, rank in ranks.items()}
    size = max(word_index.values()) + 1
    size = size if num_words is None else min(size, num_words)

    x_train, x_test = (
        _indexed(arrays[part], arrays[f"{part}_lengths"], size) for part in ("x_train", "x_test")
    )
    y_train, y_test = (arrays[part].astype(np.int64) for part in ("y_train", "y_test"))
    if missing is None:
        # Keras's generator, for Keras's order.
        rng = np.random.RandomState(_SHUFFLE_SEED)
        order_train, order_test = (_shuffled(len(y), rng) for y in (y_train, y_test))
        x_train, y_train = x_train[order_train], y_train[order_train]
        x_test, y_test = x_test[order_test], y_test[order_test]
    train, val = validation_split(y_train, validation, seed)
    parts = {
        "x_train": x_train[train],
        "y_train": y_train[train],
        "x_val": x_train[val],
        "y_val": y_train[val],
        "x_test": x_test,
        "y_test": y_test,
    }
    for part in parts.values():
        part.setflags(write=False)
    data = IMDB(
        **parts,
        source="full" if missing is None else "embedded",
        vocabulary_size=size,
        word_index=MappingProxyType(word_index),
    )
    sources.announce("IMDB", what, missing)
    return data


def _indexed(flat: np.ndarray, lengths: np.ndarray, size: int) -> np.ndarray:
    """Turn ranks laid end to end into reviews of indices, each with its start mark."""
    ends = np.cumsum(lengths + 1, dtype=np.int64)
    starts = ends - lengths - 1
    indices = np.empty(flat.size + lengths.size, dtype=np.int32)
    is_word = np.ones(indices.size, dtype=bool)
    is_word[starts] = False
    indices[is_word] = flat + _FIRST_RANK_AT
    indices[starts] = START
    indices[indices >= size] = UNKNOWN
    indices.setflags(write=False)  # and with it every review, each a view of it
    rows = np.empty(lengths.size, dtype=object)
    for position, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        rows[position] = indices[start:end]
    return rows


def _shuffled(count: int, rng: np.random.RandomState) -> np.ndarray:
    order = np.arange(count)
    rng.shuffle(order)
    return order
