"""Words as numbers, from counts alone: the bag of words, naive-Bayes ratios, word vectors.

Everything here looks at how often which word occurs in which text, and never at their order.
That makes it quick, a strong baseline, and a good place for a network that does read in order
to start from.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sparse

from seqlearn.text import FIRST_WORD, Vocabulary


def word_counts(sequences: Sequence[np.ndarray], vocabulary_size: int) -> sparse.csr_matrix:
    """Count the words of each text: the bag of words.

    Args:
        sequences: Word indices of each text, ``(timesteps,)``.
        vocabulary_size: Number of indices; every index must be smaller.

    Returns:
        Sparse float32 matrix ``(texts, vocabulary_size)``. Padding, start and unknown are no
        words: the columns before the first word's stay empty.

    Raises:
        ValueError: If there is no text, or an index is out of range.

    Example:
        >>> word_counts([[1, 4, 5, 4], [1, 2]], vocabulary_size=6).toarray()
        array([[0., 0., 0., 0., 2., 1.],
               [0., 0., 0., 0., 0., 0.]], dtype=float32)
    """
    if len(sequences) == 0:
        raise ValueError("sequences: expected at least one text; got none")
    ends = np.cumsum([0, *map(len, sequences)])
    words = np.concatenate([np.asarray(row, dtype=np.int64) for row in sequences])
    if len(words) and not 0 <= words.min() <= words.max() < vocabulary_size:
        wrong = words.min() if words.min() < 0 else words.max()
        raise ValueError(
            f"sequences: expected word indices from 0 to {vocabulary_size - 1:,}, below "
            f"vocabulary_size; got {wrong:,}"
        )
    ones = (words >= FIRST_WORD).astype(np.float32)
    counts = sparse.csr_matrix((ones, words, ends), shape=(len(sequences), vocabulary_size))
    counts.sum_duplicates()
    counts.eliminate_zeros()
    return counts


def log_ratios(counts: sparse.spmatrix, y: np.ndarray, smoothing: float = 1.0) -> np.ndarray:
    """Weigh each word by how much more often one class uses it than the other.

    Args:
        counts: Bag of words ``(texts, vocabulary)``. Whether a word occurs counts, not how often.
        y: Class of each text, 0 or 1, ``(texts,)``.
        smoothing: Texts of each class in which every word is imagined to occur besides, above 0:
            a word that was never seen weighs next to nothing.

    Returns:
        float32 array ``(vocabulary,)``, in nats: above 0 for words of class 1. Words that occur
        in no text get 0.

    Raises:
        ValueError: If texts and classes differ in number, a class is missing or is neither 0
            nor 1, or ``smoothing`` is not positive.

    Source:
        Wang and Manning 2012, section 2.1: the log-count ratio r, of presence.

    Example:
        >>> counts = word_counts([[4, 5], [4, 6]], vocabulary_size=7)
        >>> log_ratios(counts, [1, 0]).round(2)[4:]
        array([ 0.  ,  0.69, -0.69], dtype=float32)
    """
    y = np.asarray(y)
    if y.shape != counts.shape[:1]:
        raise ValueError(
            f"y: expected a class for each of {counts.shape[0]} texts; got shape {y.shape}"
        )
    if set(np.unique(y).tolist()) != {0, 1}:
        raise ValueError(f"y: expected both classes, 0 and 1; got {np.unique(y).tolist()}")
    if not smoothing > 0:
        raise ValueError(f"smoothing: expected a number above 0, such as 1; got {smoothing!r}")
    present = counts > 0
    often = [np.asarray(present[y == c].sum(axis=0), dtype=np.float64).ravel() for c in (0, 1)]
    seen = often[0] + often[1] > 0
    if not seen.any():
        return np.zeros(counts.shape[1], dtype=np.float32)
    logs = []
    for occurs in often:
        share = (occurs + smoothing) / (occurs + smoothing)[seen].sum()
        logs.append(np.log(share))
    return np.where(seen, logs[1] - logs[0], 0.0).astype(np.float32)


def word_vectors(
    counts: sparse.spmatrix, dimensions: int, *, spread: float = 0.3, seed: int
) -> np.ndarray:
    """Give words that occur in the same texts similar vectors: latent semantic analysis.

    The bag of words, weighted by TF-IDF, is taken apart into the few directions along which texts
    differ most. It takes seconds, and needs no other text.

    Args:
        counts: Bag of words of the training texts ``(texts, vocabulary)``.
        dimensions: Numbers in a word's vector, below the number of texts and of words.
        spread: Standard deviation of each number over the vocabulary. A few common words are
            far out; they are held within six times the spread.
        seed: Seed of the randomized decomposition.

    Returns:
        float32 array ``(vocabulary, dimensions)``, for ``keras.layers.Embedding``. Words that
        occur in no text, padding among them, have the zero vector.

    Raises:
        ValueError: If a number is out of range.

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

    most = min(counts.shape) - 1
    if (
        isinstance(dimensions, bool)
        or not isinstance(dimensions, int)
        or not (1 <= dimensions <= most)
    ):
        raise ValueError(
            f"dimensions: expected a whole number from 1 to {most}, fewer than there are texts "
            f"and words; got {dimensions!r}"
        )
    if not spread > 0:
        raise ValueError(f"spread: expected a number above 0, such as 0.3; got {spread!r}")
    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    directions = TruncatedSVD(dimensions, random_state=seed).fit(weighted).components_.T
    directions[np.diff(counts.tocsc().indptr) == 0] = 0
    deviation = directions.std(axis=0)
    vectors = directions / np.where(deviation > 0, deviation, 1)
    return (spread * np.clip(vectors, -6, 6)).astype(np.float32)


def load_glove(path: str | os.PathLike, vocabulary: Vocabulary) -> tuple[np.ndarray, np.ndarray]:
    r"""Read word vectors from a text file in the format of GloVe, a word and its numbers a line.

    A first line with two whole numbers, as word2vec writes it, is passed over. Where a word
    stands twice, its first vector counts.

    Args:
        path: The file, unpacked.
        vocabulary: Words whose vectors are wanted.

    Returns:
        The vectors, float32 ``(vocabulary.size, dimensions)``, and whether each was found, bool
        ``(vocabulary.size,)``. Words that were not found have the zero vector.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not such a text, a line is damaged (its number is said), or
            none of the words is in it.

    Source:
        Pennington, Socher and Manning 2014.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "vectors.txt")
        ...     _ = path.write_text("film 0.5 -1.0\nthe 0.0 0.25\n")
        ...     vectors, found = load_glove(path, Vocabulary({"film": 4, "dull": 5}, 6))
        >>> vectors[4], found.tolist()
        (array([ 0.5, -1. ], dtype=float32), [False, False, False, False, True, False])
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path: there is no file {str(path)!r}")
    vectors, found, width = None, np.zeros(vocabulary.size, dtype=bool), None
    for number, line in enumerate(_lines(path), start=1):
        parts = line.split(" ")
        if number == 1 and len(parts) == 2 and all(part.isdecimal() for part in parts):
            continue  # word2vec's header: words and dimensions
        if width is None:
            width = len(parts) - 1
            vectors = np.zeros((vocabulary.size, max(width, 1)), dtype=np.float32)
        # Some words of the largest files hold blanks, so the numbers are counted from the end.
        word, values = " ".join(parts[:-width]), parts[-width:]
        if width < 1 or not word or (len(parts) > width + 1 and _is_number(parts[1])):
            raise ValueError(
                f"{path.name}, line {number}: expected a word and "
                f"{f'{width} numbers' if width > 0 else 'its numbers'}, parted by blanks; got "
                f"{_shortened(line)}"
            )
        try:
            row = np.array(values, dtype=np.float32)
        except ValueError:
            row = np.array([np.nan])
        if not np.isfinite(row).all():
            raise ValueError(
                f"{path.name}, line {number}: expected {width} finite numbers after the word, as "
                f"in the first line; got {_shortened(line)}"
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


def _is_number(part: str) -> bool:
    try:
        float(part)
    except ValueError:
        return False
    return True


def _lines(path: Path):
    """Yield the lines of a text file; say what it is if it isn't one."""
    with path.open("rb") as file:
        start = file.read(4)
    packed = {b"PK\x03\x04": "a zip archive", b"\x1f\x8b": "a gzip archive", b"\x93NUM": "NumPy's"}
    for mark, what in packed.items():
        if start.startswith(mark):
            raise ValueError(f"{path.name}: expected plain text; this file is {what}: unpack it")
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for line in file:
                yield line.rstrip("\r\n").rstrip(" ")
    except UnicodeDecodeError as problem:
        raise ValueError(
            f"{path.name}: expected UTF-8 text; byte {problem.start:,} of a block can't be read: "
            "the file may be damaged, or be of another kind"
        ) from None


def _shortened(line: str, most: int = 60) -> str:
    return repr(line if len(line) <= most else line[:most] + "…")
