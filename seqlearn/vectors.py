"""Words as numbers, from counts alone: the bag of words, naive-Bayes ratios, word vectors.

Everything here looks at how often which word occurs in which text, and never at their order.
That makes it quick, a strong baseline, and a good place for a network that does read in order
to start from.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

from seqlearn.checks import (
    require_items,
    require_numbers,
    require_rows,
    require_whole_number,
    shown,
)
from seqlearn.text import FIRST_WORD, Vocabulary, text_file


def word_counts(sequences: Sequence[np.ndarray], vocabulary_size: int) -> sparse.csr_matrix:
    """Count the words of each text: the bag of words.

    Args:
        sequences: Word indices of each text, ``(timesteps,)``.
        vocabulary_size: Number of indices; every index must be smaller.

    Returns:
        Sparse float32 matrix ``(texts, vocabulary_size)``; padding, start and unknown are no words.

    Raises:
        TypeError, ValueError: If there are no texts of whole numbers, or an index is out of range.

    Example:
        >>> word_counts([[1, 4, 5, 4], [1, 2]], vocabulary_size=6).toarray()
        array([[0., 0., 0., 0., 2., 1.],
               [0., 0., 0., 0., 0., 0.]], dtype=float32)
    """
    sequences = require_rows(sequences)
    words, lengths = _joined(sequences, vocabulary_size)
    ends = np.cumsum([0, *lengths])
    ones = (words >= FIRST_WORD).astype(np.float32)
    counts = sparse.csr_matrix((ones, words, ends), shape=(len(sequences), vocabulary_size))
    counts.sum_duplicates()
    counts.eliminate_zeros()
    return counts


def log_ratios(counts: sparse.spmatrix, y: np.ndarray) -> np.ndarray:
    """Weigh each word by how much more often one class uses it than the other.

    Each word is imagined to occur in one text more of each class.

    Args:
        counts: Bag of words ``(texts, vocabulary)``. Whether a word occurs counts, not how often.
        y: Class of each text, 0 or 1, ``(texts,)``.

    Returns:
        float32 array ``(vocabulary,)``, in nats: above 0 for words of class 1. Words that occur
        in no text get 0.

    Raises:
        TypeError, ValueError: If ``counts`` is no matrix of counts, or there is no class 0 or 1
            for each text.

    Source:
        Wang and Manning 2012, section 2.1: the log-count ratio r, of presence.

    Example:
        >>> counts = word_counts([[4, 5], [4, 6]], vocabulary_size=7)
        >>> log_ratios(counts, [1, 0]).round(2)[4:]
        array([ 0.  ,  0.69, -0.69], dtype=float32)
    """
    counts = _require_counts(counts)
    y = _both_classes(y, counts.shape[0])
    present = counts > 0
    often = [np.asarray(present[y == c].sum(axis=0), dtype=np.float64).ravel() for c in (0, 1)]
    seen = often[0] + often[1] > 0
    if not seen.any():
        return np.zeros(counts.shape[1], dtype=np.float32)
    logs = []
    for occurs in often:
        share = (occurs + 1.0) / (occurs + 1.0)[seen].sum()
        logs.append(np.log(share))
    return np.where(seen, logs[1] - logs[0], 0.0).astype(np.float32)


def word_vectors(counts: sparse.spmatrix, dimensions: int, *, seed: int) -> np.ndarray:
    """Give words that occur in the same texts similar vectors: latent semantic analysis.

    The bag of words, weighted by TF-IDF, is taken apart into the directions along which texts
    differ most.

    Args:
        counts: Bag of words of the training texts ``(texts, vocabulary)``.
        dimensions: Numbers in a word's vector, below the number of texts and of words.
        seed: Seed of the randomized decomposition.

    Returns:
        float32 array ``(vocabulary, dimensions)``, for ``keras.layers.Embedding``; over the
        vocabulary each number has a standard deviation of 0.3, and none lies beyond six. The zero
        vector for words that occur in no text.

    Raises:
        TypeError, ValueError: If ``counts`` is no matrix of counts, or ``dimensions`` out of range.

    Source:
        Deerwester et al. 1990; the decomposition is scikit-learn's ``TruncatedSVD``, after
        Halko, Martinsson and Tropp 2011.

    Example:
        >>> counts = word_counts([[4, 5], [4, 5, 6], [7, 8], [7, 8, 6]], vocabulary_size=9)
        >>> vectors = word_vectors(counts, dimensions=2, seed=0)
        >>> bool(np.allclose(vectors[4], vectors[5])), bool(np.allclose(vectors[4], vectors[7]))
        (True, False)
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer

    counts = _require_counts(counts)
    most = min(counts.shape) - 1  # fewer than there are texts and words
    require_whole_number(dimensions, "dimensions", 1, most)
    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    require_whole_number(seed, "seed", 0, 2**32 - 1)
    directions = TruncatedSVD(dimensions, random_state=seed).fit(weighted).components_.T
    directions[np.diff(counts.tocsc().indptr) == 0] = 0
    deviation = directions.std(axis=0)
    vectors = directions / np.where(deviation > 0, deviation, 1)
    return (0.3 * np.clip(vectors, -6, 6)).astype(np.float32)


@dataclass(frozen=True, repr=False, eq=False)
class PairRatios:
    """How much more often one class uses a pair of neighbouring words than the other.

    Attributes:
        pairs: Pairs that are known, int64 in rising order: index of the first word times
            ``vocabulary_size``, plus index of the second.
        ratios: Log ratio of each pair, float32, in nats; above 0 for pairs of class 1.
        vocabulary_size: Number of word indices.

    Source:
        Wang and Manning 2012, section 2.1, with pairs of words for words.

    Example:
        >>> texts = [[1, 4, 5], [1, 4, 5, 6], [1, 5, 4], [1, 6, 4]]
        >>> ratios = PairRatios.fit(texts, np.array([1, 1, 0, 0]), vocabulary_size=7, least=2)
        >>> ratios
        PairRatios(2 pairs of 7 words)
        >>> ratios.of([1, 4, 5, 4]).round(2)
        array([0. , 1.1, 1.1, 0. ], dtype=float32)
    """

    pairs: np.ndarray
    ratios: np.ndarray
    vocabulary_size: int

    @classmethod
    def fit(
        cls,
        sequences: Sequence[np.ndarray],
        y: np.ndarray,
        vocabulary_size: int,
        least: int = 2,
    ) -> PairRatios:
        """Weigh the pairs of some training texts.

        Each pair is imagined to occur in one text more of each class.

        Args:
            sequences: Word indices of each text, ``(timesteps,)``. A mark such as the start may
                be part of a pair.
            y: Class of each text, 0 or 1, ``(texts,)``.
            vocabulary_size: Number of indices; every index must be smaller.
            least: Texts in which a pair must occur to be known.

        Returns:
            The ratios.

        Raises:
            TypeError, ValueError: If there is no class for each text, or a number is out of range.
        """
        sequences = require_rows(sequences)
        y = _both_classes(y, len(sequences))
        require_whole_number(least, "least")
        pairs, texts = _pairs(sequences, vocabulary_size)
        known, at = np.unique(pairs, return_inverse=True)
        present = _present(texts, at, (len(sequences), len(known)))
        of_one, of_zero = (present.T @ (y == c).astype(float) for c in (1, 0))
        kept = of_one + of_zero >= least
        known, of_one, of_zero = known[kept], of_one[kept], of_zero[kept]
        ratios = np.log((of_one + 1.0) / (of_zero + 1.0)) - np.log(
            max(y.sum(), 1) / max(len(y) - y.sum(), 1)
        )
        return cls(known, ratios.astype(np.float32), vocabulary_size)

    def of(self, sequence: np.ndarray) -> np.ndarray:
        """Look up the pairs of a text.

        Args:
            sequence: Word indices, ``(timesteps,)``.

        Returns:
            float32 array ``(timesteps,)``: at each step the ratio of the pair that ends there, 0
            at the first step and for a pair that is not known.

        Raises:
            TypeError, ValueError: As for :func:`word_counts`.
        """
        return self.of_all([sequence])[0]

    def of_all(self, sequences: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Look up the pairs of several texts.

        Args:
            sequences: Word indices of each, ``(timesteps,)``.

        Returns:
            For each what :meth:`of` gives.

        Raises:
            TypeError, ValueError: As for :func:`word_counts`.

        Example:
            >>> PairRatios(np.array([29]), np.array([0.5], "float32"), 6).of_all([[4, 5], []])
            [array([0. , 0.5], dtype=float32), array([], dtype=float32)]
        """
        sequences = require_rows(sequences)
        place, is_known = self._found(_pairs(sequences, self.vocabulary_size)[0])
        lengths = np.array([len(sequence) for sequence in sequences])
        steps = np.zeros(lengths.sum(), dtype=np.float32)
        ends_pair = np.ones(len(steps), dtype=bool)
        starts = np.cumsum([0, *lengths[:-1]])
        ends_pair[starts[lengths > 0]] = False
        steps[np.flatnonzero(ends_pair)[is_known]] = self.ratios[place[is_known]]
        return np.split(steps, np.cumsum(lengths)[:-1])

    def weigh(self, sequences: Sequence[np.ndarray]) -> sparse.csr_matrix:
        """Make a bag of pairs, each with its ratio: naive-Bayes features for a linear model.

        Args:
            sequences: Word indices of each text, ``(timesteps,)``.

        Returns:
            Sparse float32 matrix ``(texts, pairs)``: the ratio of each known pair that occurs.

        Raises:
            TypeError, ValueError: As for :func:`word_counts`.

        Example:
            >>> pairs = PairRatios(np.array([29]), np.array([0.5], "float32"), 6)
            >>> pairs.weigh([[4, 5, 4, 5], [5]]).toarray()
            array([[0.5],
                   [0. ]], dtype=float32)
        """
        sequences = require_rows(sequences)
        found, texts = _pairs(sequences, self.vocabulary_size)
        place, is_known = self._found(found)
        shape = len(sequences), len(self.pairs)
        present = _present(texts[is_known], place[is_known], shape)
        return present.multiply(self.ratios).tocsr()

    def _found(self, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        place = np.searchsorted(self.pairs, pairs)
        return place, np.append(self.pairs, -1)[place] == pairs  # no pair has the number -1

    def __repr__(self) -> str:
        """Show the size in one line."""
        return f"PairRatios({len(self.pairs):,} pairs of {self.vocabulary_size:,} words)"


def out_of_fold_ratios(
    sequences: Sequence[np.ndarray],
    y: np.ndarray,
    vocabulary_size: int,
    *,
    folds: int = 5,
    seed: int,
    least: int = 2,
) -> list[np.ndarray]:
    """Look up the pairs of training texts in ratios that never saw these texts' labels.

    A rare pair's ratio gives away the label of the texts that it was counted in. So the texts are
    dealt into folds, and each fold is looked up in the counts of the others.

    Args:
        sequences: Word indices of each training text, ``(timesteps,)``.
        y: Class of each text, 0 or 1, ``(texts,)``.
        vocabulary_size: Number of indices; every index must be smaller.
        folds: Number of folds, at least 2 and at most as many as texts.
        seed: Seed of the dealing.
        least: As for :meth:`PairRatios.fit`.

    Returns:
        float32 array ``(timesteps,)`` for each text, as :meth:`PairRatios.of` gives it.

    Raises:
        TypeError, ValueError: As for :meth:`PairRatios.fit`; if ``folds`` is out of range.

    Source:
        Wolpert 1992: features of a second learner come from folds that the first did not see.

    Example:
        >>> texts, y = [[4, 5], [4, 5], [5, 4], [5, 4]] * 3, np.array([1, 1, 0, 0] * 3)
        >>> ratios = out_of_fold_ratios(texts, y, 6, folds=3, seed=0)
        >>> [float(row[1]) > 0 for row in ratios]  # what the other folds say of each text's pair
        [True, True, False, False, True, True, False, False, True, True, False, False]
    """
    sequences = require_rows(sequences)
    y = _both_classes(y, len(sequences))
    require_whole_number(folds, "folds", 2, len(y))  # at most a text in each
    require_whole_number(seed, "seed", 0)
    fold = np.random.default_rng(seed).permutation(np.arange(len(y)) % folds)
    ratios: list[np.ndarray] = [np.empty(0, np.float32)] * len(y)
    for left_out in range(folds):
        others, here = np.flatnonzero(fold != left_out), np.flatnonzero(fold == left_out)
        seen = PairRatios.fit([sequences[at] for at in others], y[others], vocabulary_size, least)
        looked_up = seen.of_all([sequences[at] for at in here])
        for at, row in zip(here, looked_up, strict=True):
            ratios[at] = row
    return ratios


def beside(sequences: Sequence[np.ndarray], ratios: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Lay each text's word indices and ratios side by side: two features at each step.

    Args:
        sequences: Word indices of each text, ``(timesteps,)``.
        ratios: A number for each step of each text, ``(timesteps,)``.

    Returns:
        float32 array ``(timesteps, 2)`` for each text. Whole numbers up to 16 million are exact.

    Raises:
        TypeError, ValueError: If texts or steps differ in number, or an index is too large.

    Example:
        >>> beside([[1, 5]], [[0.0, 0.5]])
        [array([[1. , 0. ],
               [5. , 0.5]], dtype=float32)]
    """
    sequences = require_rows(sequences)
    ratios = require_items(ratios, "ratios")
    if any(len(row) and np.max(row) >= 2**24 for row in sequences):
        raise ValueError("sequences: expected word indices below 2**24, exact in float32")
    if list(map(len, sequences)) != list(map(len, ratios)):
        raise ValueError(
            "ratios: expected a number for each step of each text; got "
            f"{len(ratios)} rows for {len(sequences)} texts, or rows of other lengths"
        )
    return [
        np.column_stack([words, row]).astype(np.float32)
        for words, row in zip(sequences, ratios, strict=True)
    ]


def _pairs(sequences: Sequence[np.ndarray], vocabulary_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Number the pairs of all texts, one after another, and name the text of each."""
    words, lengths = _joined(sequences, vocabulary_size)
    texts = np.repeat(np.arange(len(lengths)), lengths)
    within = texts[1:] == texts[:-1]
    return (words[:-1] * vocabulary_size + words[1:])[within], texts[1:][within]


def _present(texts: np.ndarray, pairs: np.ndarray, shape: tuple[int, int]) -> sparse.csr_matrix:
    """Which pairs each text holds, once or more often."""
    return sparse.csr_matrix((np.ones(len(pairs), np.float32), (texts, pairs)), shape=shape) > 0


def _joined(sequences: Sequence[np.ndarray], vocabulary_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Lay texts end to end, int64, and give their lengths."""
    if len(sequences) == 0:
        raise ValueError("sequences: expected at least one text; got none")
    require_whole_number(vocabulary_size, "vocabulary_size")
    lengths = np.array([len(sequence) for sequence in sequences])
    words = np.concatenate([np.asarray(row, dtype=np.int64) for row in sequences])
    if len(words) and not 0 <= words.min() <= words.max() < vocabulary_size:
        wrong = words.min() if words.min() < 0 else words.max()
        raise ValueError(
            f"sequences: expected word indices from 0 to {vocabulary_size - 1:,}, below "
            f"vocabulary_size; got {wrong:,}"
        )
    return words, lengths


def _require_counts(counts: sparse.spmatrix) -> sparse.csr_matrix:
    """Have a bag of words row by row, sparse or not."""
    expected = "counts: expected a matrix (texts, vocabulary), as word_counts gives it"
    if not sparse.issparse(counts):
        counts = require_numbers(counts, "counts")
    if counts.ndim != 2 or counts.dtype.kind not in "biuf":
        raise ValueError(f"{expected}; got shape {counts.shape}, {counts.dtype}")
    counts = sparse.csr_matrix(counts)
    if not (np.isfinite(counts.data) & (counts.data >= 0)).all():
        raise ValueError(f"{expected}; got a negative number, or NaN among its numbers")
    return counts


def _both_classes(y: np.ndarray, texts: int) -> np.ndarray:
    y = require_numbers(y, "y")
    y = np.asarray(y)  # nothing new, but records rest on this line
    if y.shape != (texts,):
        hint = ": flatten it, y.ravel()" if y.shape == (texts, 1) else ""
        raise ValueError(
            f"y: expected a class for each of {texts} texts; got shape {y.shape}{hint}"
        )
    if set(np.unique(y).tolist()) != {0, 1}:
        got = ", ".join(f"{c:g}" for c in np.unique(y))
        raise ValueError(f"y: expected both classes, 0 and 1; got [{got}]")
    return y


def load_glove(path: str | os.PathLike, vocabulary: Vocabulary) -> tuple[np.ndarray, np.ndarray]:
    r"""Read word vectors from a text file, a word and its numbers a line, as GloVe comes.

    The first line of word2vec's and fastText's files is passed over. Of a word that stands twice,
    the first vector counts.

    Args:
        path: The file, unpacked, in UTF-8.
        vocabulary: Words whose vectors are wanted.

    Returns:
        The vectors, float32 ``(vocabulary.size, dimensions)``, zero where none was found, and
        whether each was found, bool ``(vocabulary.size,)``.

    Raises:
        OSError, ValueError: If there is no such file, a line in it is damaged (its number is said),
            or none of the words is in it.

    Source:
        Pennington, Socher and Manning 2014.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "vectors.txt")
        ...     _ = path.write_text("film 0.5 -1.0\nthe 0.0 0.25\n")
        ...     vectors, found = load_glove(path, Vocabulary({"film": 4, "dull": 5}, 6))
        >>> vectors[4], found.tolist()
        (array([ 0.5, -1. ], dtype=float32), [False, False, False, False, True, False])
    """
    path, width = text_file(path), 0
    vectors, found = np.zeros((vocabulary.size, 0), np.float32), np.zeros(vocabulary.size, bool)
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):  # bytes, because other breaks are letters
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            try:
                parts = line.decode("utf-8").rstrip("\r\n\t ").replace("\t", " ").split(" ")
            except UnicodeDecodeError as problem:
                raise ValueError(
                    f"{path.name}, line {number:,}: expected UTF-8 text; byte {problem.start} of "
                    "the line can't be read: is the file damaged, or in another encoding?"
                ) from None
            if number == 1 and len(parts) == 2 and all(part.isdecimal() for part in parts):
                continue  # the header of word2vec: words and dimensions
            if not width:
                width = len(parts) - 1
                vectors = np.zeros((vocabulary.size, width), np.float32)
            # Some words of the largest files hold blanks, so the numbers are counted from the end.
            word, row = " ".join(parts[:-width]), _finite(parts[-width:])
            too_many = len(parts) > width + 1 and _finite(parts[1:2]) is not None
            if not word or row is None or too_many:
                raise ValueError(
                    f"{path.name}, line {number:,}: expected a word and {width or 'its'} finite "
                    f"numbers, parted by blanks; got {shown(' '.join(parts))}"
                )
            index = vocabulary.word_index.get(word, vocabulary.size)
            if index < vocabulary.size and not found[index]:
                vectors[index], found[index] = row, True
    if not found.any():
        raise ValueError(
            f"{path.name}: none of the {len(vocabulary):,} words of the vocabulary is in it: is "
            "it a file of word vectors, in this language?"
        )
    return vectors, found


def _finite(parts: Sequence[str]) -> np.ndarray | None:
    try:
        with np.errstate(over="ignore"):
            numbers = np.array(parts, dtype=np.float32)
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None
