"""Text as sequences of word indices: vocabulary, padding, and batches of one length.

NumPy alone. The indices are those of Keras's film reviews: 0 is padding, 1 starts
a text, 2 stands for a word that the vocabulary lacks, and words follow from 4 on,
the commonest first. (3 is never used there, nor here, so that results compare.)

Texts differ in length and arrays do not, so something must be added or cut away,
at one end or the other. Which end matters more than most settings of a network:
every function here wants to be told.
"""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat
from types import MappingProxyType

import numpy as np

PADDING, START, UNKNOWN = 0, 1, 2
FIRST_WORD = 4
MARKS = {PADDING: "[padding]", START: "[start]", UNKNOWN: "[unknown]"}

# What parts words. The apostrophe of "don't" belongs to its word, and so does every letter of
# every alphabet; typographic quotes and dashes come in with text that is pasted.
_SEPARATORS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n\r\x0b\x0c«»“”„…–—\xa0'
_APART = {ord(mark): " " for mark in _SEPARATORS} | {ord(mark): "'" for mark in "‘’"}
# The same for plain ASCII, capitals included: a table of bytes is ten times as fast.
_ASCII = bytes(ord(chr(code).lower().translate(_APART)) for code in range(128)) + bytes(128)
_OUTER_QUOTE = re.compile(r"(?<!\S)'+|'+(?!\S)")


def split_words(text: str) -> list[str]:
    """Split a text into words: lower case, without punctuation.

    An apostrophe within a word stays, as in "don't"; quotes around words go.

    Args:
        text: Any text, also an empty one.

    Returns:
        The words in order.

    Raises:
        TypeError: If ``text`` is not a string.

    Example:
        >>> split_words("“Don't miss it!” -- they said, and I DIDN'T.")
        ["don't", 'miss', 'it', 'they', 'said', 'and', 'i', "didn't"]
        >>> split_words("")
        []
    """
    if not isinstance(text, str):
        raise TypeError(
            f"text: expected a string such as 'a fine film'; got {type(text).__name__}"
            + (": encode one text at a time, or use encode_all" if _is_collection(text) else "")
        )
    if text.isascii():
        text = text.encode("ascii").translate(_ASCII).decode("ascii")
    else:
        text = text.lower().translate(_APART)
    if "'" in text:
        text = _without_outer_quotes(text)
    return text.split()


@dataclass(frozen=True, repr=False, eq=False)
class Vocabulary:
    """The words that a network knows, and the index of each.

    Attributes:
        word_index: Word to index, read-only; indices start at 4. Words whose index
            is ``size`` or larger can be decoded, and are unknown when encoded.
        size: Number of indices, the ``input_dim`` of an embedding: every index
            that ``encode`` gives is smaller.

    Raises:
        ValueError: If two words share an index, an index is below 4, or ``size``
            leaves room for no word.

    Example:
        >>> vocabulary = Vocabulary.from_texts(["a fine film", "a dull film"])
        >>> vocabulary.encode("A FINE comedy!")
        array([1, 4, 7, 2], dtype=int32)
        >>> vocabulary.decode([1, 4, 7, 2])
        '[start] a fine [unknown]'
        >>> vocabulary.missing("A FINE comedy!")
        ['comedy']
    """

    word_index: Mapping[str, int]
    size: int
    _known: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        size = _whole(
            "size", self.size, FIRST_WORD + 1, "one word beside padding, start and unknown"
        )
        indices = list(self.word_index.values())
        if len(set(indices)) < len(indices):
            twice = next(index for index, count in Counter(indices).items() if count > 1)
            raise ValueError(f"word_index: expected an index for each word; {twice} stands twice")
        if indices and min(indices) < FIRST_WORD:
            raise ValueError(
                f"word_index: expected indices from {FIRST_WORD} on, because 0, 1 and 2 are "
                f"padding, start and unknown; got {min(indices)}: Keras's get_word_index is "
                "3 lower than the indices in its reviews"
            )
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "word_index", MappingProxyType(dict(self.word_index)))
        known = {word: index for word, index in self.word_index.items() if index < size}
        object.__setattr__(self, "_known", known)

    @classmethod
    def from_texts(cls, texts: Iterable[str], size: int | None = None) -> Vocabulary:
        """Number the words of some texts, the commonest first.

        Args:
            texts: Training texts; words that occur in others alone stay unknown.
            size: Number of indices, and with them the commonest words; None keeps all.

        Returns:
            The vocabulary. Words that are equally common stand in alphabetical order.

        Raises:
            TypeError: If ``texts`` is one string, or holds something else than strings.
            ValueError: If there is no word at all.

        Example:
            >>> dict(Vocabulary.from_texts(["so dull", "so so"]).word_index)
            {'so': 4, 'dull': 5}
        """
        if isinstance(texts, str):
            raise TypeError("texts: expected several texts, such as a list; got one string")
        counts = Counter(word for text in texts for word in split_words(text))
        if not counts:
            raise ValueError("texts: expected at least one word; got none")
        common_first = sorted(counts, key=lambda word: (-counts[word], word))
        word_index = {word: at for at, word in enumerate(common_first, start=FIRST_WORD)}
        full = FIRST_WORD + len(word_index)
        return cls(word_index, full if size is None else min(size, full))

    def encode(self, text: str) -> np.ndarray:
        """Turn a text into word indices.

        Args:
            text: Any text; capitals and punctuation do not matter. An empty one gives the
                start mark alone.

        Returns:
            int32 array, ``(timesteps,)``: 1 for the start, then an index for each word,
            2 for one that the vocabulary lacks.

        Raises:
            TypeError: If ``text`` is not a string.

        Example:
            >>> Vocabulary({"film": 4}, size=5).encode("")
            array([1], dtype=int32)
        """
        return self._indices(split_words(text))

    def encode_all(self, texts: Iterable[str]) -> list[np.ndarray]:
        """Turn several texts into word indices.

        Args:
            texts: Texts, as for :meth:`encode`.

        Returns:
            An int32 array for each text, of different lengths.

        Raises:
            TypeError: If ``texts`` is one string, or holds something else than strings.

        Example:
            >>> [row.tolist() for row in Vocabulary({"film": 4}, size=5).encode_all(["film", ""])]
            [[1, 4], [1]]
        """
        if isinstance(texts, str):
            raise TypeError(
                "texts: expected several texts, such as a list; got one string: use encode, "
                "or put it into a list"
            )
        return [self.encode(text) for text in texts]

    def decode(self, indices: Iterable[int]) -> str:
        """Turn word indices back into text.

        Args:
            indices: Whole numbers, ``(timesteps,)``; padding is shown too.

        Returns:
            The words, separated by blanks, with the marks "[padding]", "[start]"
            and "[unknown]" for the indices 0, 1 and 2.

        Raises:
            TypeError: If ``indices`` is not a sequence of whole numbers.
            ValueError: If no word has such an index.

        Example:
            >>> Vocabulary({"film": 4}, size=5).decode([1, 4, 0])
            '[start] film [padding]'
        """
        if np.ndim(indices) > 1:
            raise TypeError(
                f"indices: expected one text, shape (timesteps,); got shape "
                f"{np.shape(indices)}: decode one row at a time"
            )
        try:
            numbers = [operator.index(index) for index in indices]
        except TypeError:
            raise TypeError(
                f"indices: expected whole numbers such as [1, 14, 22]; got {indices!r}"
            ) from None
        try:
            return " ".join([self._words[number] for number in numbers])
        except KeyError as problem:
            raise ValueError(
                f"indices: no word has index {problem.args[0]}; expected 0 (padding), 1 (start), "
                f"2 (unknown) or a word's index, {FIRST_WORD} to "
                f"{max(self.word_index.values(), default=FIRST_WORD):,}"
            ) from None

    def missing(self, text: str) -> list[str]:
        """List the words of a text that the vocabulary lacks.

        Args:
            text: Any text.

        Returns:
            Each such word once, in order: to the network they all look the same.

        Raises:
            TypeError: If ``text`` is not a string.

        Example:
            >>> Vocabulary({"film": 4}, size=5).missing("Film, filmed, filmed.")
            ['filmed']
        """
        return list(dict.fromkeys(word for word in split_words(text) if word not in self._known))

    def _indices(self, words: list[str]) -> np.ndarray:
        indices = np.empty(len(words) + 1, dtype=np.int32)
        indices[0] = START
        found = map(self._known.get, words, repeat(UNKNOWN))
        indices[1:] = np.fromiter(found, dtype=np.int32, count=len(words))
        return indices

    @cached_property
    def _words(self) -> dict[int, str]:
        return {index: word for word, index in self.word_index.items()} | MARKS

    def __len__(self) -> int:
        """Give the number of words that are known."""
        return len(self._known)

    def __contains__(self, word: object) -> bool:
        """Tell whether a word is known."""
        return word in self._known

    def __repr__(self) -> str:
        """Show the size in one line."""
        return f"Vocabulary({len(self):,} words, {self.size:,} indices)"


def pad(
    sequences: Sequence[np.ndarray],
    length: int | None = None,
    *,
    padding: str,
    keep: str,
    value: float = PADDING,
) -> np.ndarray:
    """Bring sequences to one length, and lay them one below the other.

    Both ends are always named. Keras's ``pad_sequences`` has them as ``padding="pre"``
    (here ``"before"``) and ``truncating="pre"`` (here ``keep="last"``), both by default.

    Args:
        sequences: Arrays or lists, each ``(timesteps,)``, such as word indices, or each
            ``(timesteps, features)``. They may be empty, but not all of them if there are
            features to know of.
        length: Timesteps of the result; None takes those of the longest sequence.
        padding: Where ``value`` is added to a sequence that is too short: ``"before"``
            its first step, or ``"after"`` its last.
        keep: Which steps of a sequence that is too long remain: the ``"first"`` ones, or
            the ``"last"`` ones.
        value: What is added, in every feature.

    Returns:
        A new array ``(batch, length)`` or ``(batch, length, features)``; int32 for whole
        numbers, else float32 (float64 stays float64).

    Raises:
        TypeError: If ``sequences`` is not a collection of sequences of numbers.
        ValueError: If there is no sequence, ``length`` is below 1, ``padding`` or ``keep``
            is something else, or the features differ in number.

    Example:
        >>> pad([[5, 6], [7, 8, 9, 10]], 3, padding="before", keep="last")
        array([[ 0,  5,  6],
               [ 8,  9, 10]], dtype=int32)
        >>> pad([[5, 6], [7, 8, 9, 10]], 3, padding="after", keep="first")
        array([[5, 6, 0],
               [7, 8, 9]], dtype=int32)
    """
    _one_of("padding", padding, ("before", "after"))
    _one_of("keep", keep, ("first", "last"))
    rows = _rows(sequences)
    lengths = np.array([len(row) for row in rows])
    length = max(int(lengths.max()), 1) if length is None else _whole("length", length, 1)
    if lengths.max() > length:
        rows = [row[-length:] if keep == "last" else row[:length] for row in rows]
        lengths = np.minimum(lengths, length)
    steps = np.arange(length)
    end = lengths[:, None]
    filled = steps >= length - end if padding == "before" else steps < end
    flat = np.concatenate(rows)
    padded = np.full((len(rows), length, *flat.shape[1:]), value, dtype=flat.dtype)
    padded[filled] = flat
    return padded


def length_batches(
    lengths: Sequence[int] | np.ndarray,
    batch_size: int,
    rng: np.random.Generator,
    *,
    pool: int = 50,
) -> list[np.ndarray]:
    """Gather examples into batches of similar length, at random, for one epoch.

    A batch is as long as its longest sequence, and shorter ones are padded. Here the
    examples are shuffled, cut into pools of ``pool`` batches, and sorted by length within
    each pool alone: so batches differ from epoch to epoch, yet hold little padding. Their
    order is random too.

    Args:
        lengths: Timesteps of each example, ``(examples,)``.
        batch_size: Examples in a batch; one batch of each epoch may be smaller.
        rng: Where the randomness comes from.
        pool: Batches sorted together. 1 sorts nothing: batches as in ordinary shuffling.
            Larger pools need less padding, and mix the examples less.

    Returns:
        Positions of the examples, an int64 array for each batch; each example is in
        exactly one.

    Raises:
        ValueError: If there is no example, a length is negative, or ``batch_size`` or
            ``pool`` is below 1.

    Example:
        >>> batches = length_batches([3, 9, 4, 8], 2, np.random.default_rng(0))
        >>> sorted(sorted(batch.tolist()) for batch in batches)
        [[0, 2], [1, 3]]
    """
    lengths = np.asarray(lengths)
    if lengths.ndim != 1 or len(lengths) == 0 or lengths.dtype.kind not in "iu":
        raise ValueError(
            "lengths: expected a whole number for each example, shape (examples,); got shape "
            f"{lengths.shape}, {lengths.dtype}"
        )
    if lengths.min() < 0:
        raise ValueError(f"lengths: expected numbers of timesteps; got {lengths.min()}")
    batch_size = _whole("batch_size", batch_size, 1)
    pool = _whole("pool", pool, 1)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng: expected a generator such as np.random.default_rng(7); got {type(rng).__name__}"
        )
    order = rng.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), pool * batch_size):
        together = order[start : start + pool * batch_size]
        if pool > 1:
            together = together[np.argsort(lengths[together], kind="stable")]
        batches += [together[at : at + batch_size] for at in range(0, len(together), batch_size)]
    return [batches[at] for at in rng.permutation(len(batches))]


def padding_share(lengths: Sequence[int] | np.ndarray, batches: Sequence[np.ndarray]) -> float:
    """Share of the steps of padded batches that are padding.

    Args:
        lengths: Timesteps of each example, ``(examples,)``.
        batches: Positions of the examples of each batch, as :func:`length_batches` gives them.

    Returns:
        A number from 0 (no padding) up to 1.

    Raises:
        IndexError: If a batch names an example that there is not.
        ValueError: If the batches hold no step at all.

    Example:
        >>> padding_share([1, 3, 2, 2], [np.array([0, 1]), np.array([2, 3])])  # 2 steps of 10
        0.2
    """
    lengths = np.asarray(lengths)
    last = max((int(np.max(batch)) for batch in batches if len(batch)), default=-1)
    if last >= len(lengths):
        raise IndexError(
            f"batches: expected positions of the {len(lengths)} examples, from 0; got {last}"
        )
    cells = sum(len(batch) * int(lengths[batch].max()) for batch in batches)
    if cells == 0:
        raise ValueError("batches: expected at least one step in all; got none")
    return (cells - sum(int(lengths[batch].sum()) for batch in batches)) / cells


def _without_outer_quotes(text: str) -> str:
    if not text.isascii():  # there may be other blanks than the common one
        return _OUTER_QUOTE.sub("", text)
    text = f" {text} "  # seven times as fast as the expression, for thousands of texts
    while " '" in text or "' " in text:
        text = text.replace(" '", " ").replace("' ", " ")
    return text


def _rows(sequences: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Check sequences and give them one dtype."""
    if isinstance(sequences, str) or not _is_collection(sequences):
        raise TypeError(
            "sequences: expected a list of sequences, such as [[1, 5, 6], [1, 7]]; got "
            f"{type(sequences).__name__}" + (": encode it first" * isinstance(sequences, str))
        )
    if len(sequences) == 0:
        raise ValueError("sequences: expected at least one sequence; got none")
    rows = []
    for at, sequence in enumerate(sequences):
        try:
            row = np.asarray(sequence)
        except ValueError:
            row = np.array(None)
        if row.size == 0 and row.ndim == 1:
            row = row.astype(np.int32)
        if row.ndim not in (1, 2) or row.dtype.kind not in "iufb":
            raise TypeError(
                f"sequences: expected numbers of shape (timesteps,) or (timesteps, features) in "
                f"each; sequence {at} is {_described(sequence, row)}"
            )
        rows.append(row)
    shapes = {row.shape[1:] for row in rows if len(row)} or {rows[0].shape[1:]}
    if len(shapes) > 1:
        raise ValueError(
            "sequences: expected as many features in each; got sequences of shapes "
            + " and ".join(f"(timesteps{''.join(f', {n}' for n in s)})" for s in sorted(shapes))
        )
    shape = shapes.pop()
    kind = np.result_type(*{row.dtype for row in rows})
    if kind.kind in "iub":
        kind = np.dtype(np.int32)
    elif kind != np.float64:
        kind = np.dtype(np.float32)
    return [row.astype(kind, copy=False).reshape(len(row), *shape) for row in rows]


def _described(sequence: object, row: np.ndarray) -> str:
    if isinstance(sequence, str):
        return f"the string {sequence!r}: encode it first"
    if row.ndim == 0:
        return f"{sequence!r}: put the one sequence into a list"
    return f"of shape {row.shape}, {row.dtype}"


def _is_collection(value: object) -> bool:
    return hasattr(value, "__len__") and hasattr(value, "__getitem__")


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name}: expected {' or '.join(map(repr, allowed))}; got {value!r}")


def _whole(name: str, value: object, least: int, why: str = "") -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < least:
        room = f", to leave room for {why}" if why else ""
        raise ValueError(
            f"{name}: expected a whole number of at least {least}{room}; got {value!r}"
        )
    return number
