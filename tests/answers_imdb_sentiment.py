"""Answers to the exercises of chapter 6: right ones, wrong ones, and ones of another kind."""

import itertools

import numpy as np

SECRETS = (
    "- 3", "index 4", "three", "[-n", "np.", "log(", "ln", "sum(", "minimum", "> 0", "2, 1, 0",
    "0.19",
)  # fmt: skip


def decode(indices, word_index, shift=3, padding="", start="", unknown="?", missing="?"):
    """Decode with a table of all that an index may stand for."""
    table = {rank + shift: word for word, rank in word_index.items()}
    table |= {0: padding, 1: start, 2: unknown}
    return " ".join(table.get(i, missing) for i in indices.tolist())


def decode_by_order(indices, word_index):
    """A solution written another way: the words in a list, in the order of their ranks."""
    words = ["", "", "?", "", *sorted(word_index, key=word_index.get)]
    return [words[i] for i in indices if words[i]]


def decode_through(shift, missing="?"):
    """Look up every index, marks included."""

    def through(indices, word_index):
        words = {rank: word for word, rank in word_index.items()}
        return " ".join(words.get(i - shift, missing) for i in indices)

    return through


def shifted(shift):
    return lambda indices, word_index: decode(indices, word_index, shift)


def from_the_end_of_a_list(indices, word_index):
    """Marks become negative places, and so the rarest words."""
    words = sorted(word_index, key=word_index.get)
    return " ".join(words[i - 4] for i in indices)


def by_entries(indices, word_index):
    words = list(word_index)
    return " ".join(words[i - 4] for i in indices if i > 2)


def filled(rows, n, after=False, value=0, dtype=int):
    out = np.full((len(rows), n), value, dtype)
    for i, row in enumerate(rows):
        place = slice(len(row)) if after else slice(n - len(row), n)
        out[i, place] = row
    return out


def keeping(rule, **how):
    return lambda reviews, n: filled([rule(np.asarray(r), n) for r in reviews], n, **how)


def longest_and_last(reviews, n):
    """A solution written another way: pad all, then cut all."""
    width = max(n, *(len(review) for review in reviews))
    return np.array([[0] * (width - len(r)) + list(r) for r in reviews], float)[:, -n:]


def weights(counts, y, often=lambda counts: counts > 0, smoothing=1.0, log=np.log):
    """A solution written another way: by a product with the classes."""
    texts = np.stack([1 - y, y]) @ often(counts) + smoothing
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.diff(log(texts / texts.sum(axis=1, keepdims=True)), axis=0)[0]


def present(counts, y, c):
    return (counts[y == c] > 0).sum(0)


def weights_over(divisor, after=0.0):
    """Divide the smoothed numbers of texts by something else."""

    def function(counts, y):
        shares = [(present(counts, y, c) + 1) / divisor(counts, y, c) + after for c in (1, 0)]
        return np.log(shares[0]) - np.log(shares[1])

    return function


def shares(counts, y):
    both = [present(counts, y, c) + 1 for c in (1, 0)]
    return [each / each.sum() for each in both]


def error(p, y, join=None, at=None, said=None, happened=None):
    """A solution written another way: by the edges of the bins, with sums in each."""
    k = np.digitize(p, np.linspace(0, 1, 11)[1:-1]) if at is None else at
    size = np.bincount(k).astype(float)
    said = np.bincount(k, p if said is None else said)
    happened = np.bincount(k, y if happened is None else happened)
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = (said - happened) / size
    used = size > 0
    if join is None:
        return np.abs(said - happened)[used].sum() / size.sum()
    return join(gaps, size / size.sum(), used)


def joined(join):
    return lambda p, y: error(p, y, join)


def error_by_loop(p, y, closed="left", last=1.1, total=True):
    """The loop over ten bins that most readers write."""
    edges, used, result = [*np.arange(10) / 10, last], 0, 0.0
    for low, high in itertools.pairwise(edges):
        inside = (p >= low) & (p < high) if closed == "left" else (p > low) & (p <= high)
        if inside.any():
            used += inside.sum()
            result += inside.sum() * abs(p[inside].mean() - y[inside].mean())
    return result / (len(p) if total else used)


def hits(p, y):
    return (p >= 0.5) == y


def of_predicted_class(p, y):
    sure = np.where(p >= 0.5, p, 1 - p)
    return error(sure, hits(p, y))


RIGHT = {
    "imdb-shift": [decode, decode_by_order, lambda *a: np.array(decode_by_order(*a))],
    "imdb-keep": [
        keeping(lambda r, n: r[-n:]),
        keeping(lambda r, n: r[max(0, len(r) - n) :], dtype="float32"),
        longest_and_last,
        lambda reviews, n: [[0] * (n - len(r)) + r[-n:].tolist() for r in reviews],
    ],
    "imdb-same-bag": [
        [2, 1, 0, 1, 0, 2],
        (2.0, 1.0, 0.0, 1.0, 0.0, 2.0),
        np.array([2, 1, 0, 1, 0, 2]),
    ],
    "imdb-log-ratio": [
        weights,
        lambda counts, y: weights(counts, y).astype("float32"),
        lambda counts, y: np.subtract(*np.log(shares(counts, y))).tolist(),
    ],
    "imdb-calibration": [
        error,
        error_by_loop,
        lambda p, y: [np.float32(error(p, y))],
    ],
}

# A wrong answer and words of the message that must meet it.
WRONG = {
    "imdb-shift": [
        (decode_through(0), "as if it were a rank"),
        (decode_through(0, missing=""), "as if it were a rank"),
        (shifted(0), "as if it were a rank"),
        (decode_through(-3), "the wrong way"),
        (shifted(-3), "the wrong way"),
        (shifted(2), "another number than Keras's"),
        (shifted(4), "another number than Keras's"),
        (decode_through(4, missing=""), "another number than Keras's"),
        (by_entries, "order of its entries"),
        (lambda i, words: [list(words)[k] for k in i], "order of its entries"),
        (decode_through(3), "which of your question marks"),
        (decode_through(3, missing=""), "without a trace"),
        (lambda *a: decode(*a).replace(" ", ""), "run together"),
        (lambda i, w: decode(i, w, start="the"), "decoded as a word"),
        (from_the_end_of_a_list, "decoded as a word"),
        (lambda i, w: decode(i, w, start="[start]"), "what is asked"),
        (lambda i, w: decode(i, w, unknown="[unknown]"), "what is asked"),
        (lambda *a: "the film", "by hand"),
        (lambda *a: decode(*a).split()[::-1], "by hand"),
    ],
    "imdb-keep": [
        (keeping(lambda r, n: r[:n]), "the beginning is left"),
        (keeping(lambda r, n: r[-n:], after=True), "where does its padding"),
        (keeping(lambda r, n: r[:n], after=True), "the other way round"),
        (keeping(lambda r, n: r[len(r) - n :]), "a start below zero"),
        (keeping(lambda r, n: r[-n:-1]), "the last word of a review is missing"),
        (keeping(lambda r, n: r[-n - 1 : -1]), "the last word of a review is missing"),
        (keeping(lambda r, n: r[1:][-n:]), "thrown away"),
        (keeping(lambda r, n: [1, *r[1:][1 - n :]]), "takes the place of a word"),
        (keeping(lambda r, n: r[::-1][:n]), "in reverse"),
        (keeping(lambda r, n: r[-n:], value=-1), "is not padding"),
        (keeping(lambda r, n: r[-n:], value=1), "is not padding"),
        (lambda reviews, n: filled([r[-n:] for r in reviews if len(r) > 3], n), "fewer rows"),
        (lambda reviews, n: filled(reviews, 6), "How wide"),
        (lambda reviews, n: filled([r[-n:] for r in reviews], min(n, 6)), "an n beyond"),
        (lambda reviews, n: filled(reviews, 9), "a column for each"),
        (lambda reviews, n: 0, "a column for each"),
        (lambda reviews, n: np.zeros((5, n)), "five cells"),
    ],
    "imdb-same-bag": [
        ([0, 1, 2, 1, 2, 0], "changed places"),
        ([1] * 6, "the same for all"),
        ([2, 1, 0, 1, 1, 2], "the fifth"),
        ([2, 1, 0, 1, 2, 2], "the fifth"),
        ([1, 1, 0, 1, 0, 2], "each equally often"),
        ([2, 1, 0, 1, 0, 1], "each equally often"),
        ([2, 2, 0, 1, 0, 2], "the second"),
        ([2, 1, 0, 2, 0, 2], "the fourth"),
        ([2, 1, 2, 1, 0, 2], "the third"),
        ([2, 1, 0, 1, 0, 0], "the sixth"),
        ([0, 1, 0, 1, 0, 2], "the first"),
    ],
    "imdb-log-ratio": [
        (lambda counts, y: weights(counts, y)[np.newaxis], "one number for each word"),
        (lambda counts, y: (counts > 0).sum(1), "one number for each word"),
        (lambda counts, y: weights(counts, y, smoothing=0.0), "to keep it finite"),
        (lambda counts, y: weights(counts, y, smoothing=1e-9), "to keep it finite"),
        (lambda counts, y: -weights(counts, y), "every sign"),
        (lambda counts, y: weights(counts, y, often=lambda x: x), "five times counts five"),
        (lambda counts, y: weights(counts, y, log=np.log2), "another unit"),
        (lambda counts, y: weights(counts, y, log=np.log10), "another unit"),
        (lambda counts, y: np.subtract(*shares(counts, y)), "a difference of shares"),
        (lambda counts, y: np.divide(*shares(counts, y)), "the ratio itself"),
        (weights_over(lambda counts, y, c: 1), "compared as they are"),
        (weights_over(lambda counts, y, c: len(y)), "compared as they are"),
        (weights_over(lambda counts, y, c: (y == c).sum()), "divide by the number of texts"),
        (weights_over(lambda counts, y, c: (y == c).sum() + 1), "divide by the number of texts"),
        (weights_over(lambda counts, y, c: (y == c).sum() + 2), "divide by the number of texts"),
        (weights_over(lambda counts, y, c: present(counts, y, c).sum()), "sum to 1"),
        (weights_over(lambda counts, y, c: present(counts, y, c).sum() + 1), "sum to 1"),
        (
            lambda counts, y: np.subtract(
                *(np.log1p((n := present(counts, y, c)) / n.sum()) for c in (1, 0))
            ),
            "added too late",
        ),
        (lambda counts, y: np.log(shares(counts, y)[0]), "What of the other?"),
        (lambda counts, y: np.zeros(5), "on paper"),
    ],
    "imdb-calibration": [
        (joined(lambda gaps, share, used: (share * abs(gaps)).sum()), "not a number"),
        (joined(lambda gaps, share, used: abs(gaps[used]).mean()), "counts alike"),
        (joined(lambda gaps, share, used: abs(gaps[used]).sum() / 10), "counts alike"),
        (joined(lambda gaps, share, used: abs(gaps[used]).sum()), "added up"),
        (joined(lambda gaps, share, used: (share * gaps)[used].sum()), "makes up for"),
        (lambda p, y: abs(p.mean() - y.mean()), "makes up for"),
        (lambda p, y: y.mean() - p.mean(), "makes up for"),
        (lambda p, y: error(p, hits(p, y)), "how often the decision was right"),
        (lambda p, y: error(p, (p > 0.5) == y), "how often the decision was right"),
        (of_predicted_class, "of the predicted class"),
        (lambda p, y: error_by_loop(p, y, last=1.0), "has fallen out"),
        (lambda p, y: error_by_loop(p, y, last=1.0, total=False), "has fallen out"),
        (lambda p, y: error(p, y, at=np.floor(10 * p).astype(int)), "a bin too many"),
        (lambda p, y: error_by_loop(p, y, closed="right"), "on the border"),
        (lambda p, y: error_by_loop(p, y, closed="right", total=False), "on the border"),
        (
            lambda p, y: error(p, y, at=np.digitize(p, np.linspace(0, 1, 11)[1:-1], right=True)),
            "on the border",
        ),
        (
            lambda p, y: error(p, y, said=np.minimum(np.floor(10 * p), 9) / 10 + 0.05),
            "the middle of each bin",
        ),
        (joined(lambda gaps, share, used: (share * gaps**2)[used].sum()), "squared"),
        (joined(lambda gaps, share, used: (share * gaps**2)[used].sum() ** 0.5), "squared"),
        (joined(lambda gaps, share, used: abs(gaps[used]).max()), "widest gap"),
        (lambda p, y: abs(p - y).mean(), "its own label"),
        (lambda p, y: ((p - y) ** 2).mean(), "its own label"),
        (lambda p, y: 100 * error(p, y), "percentage"),
        (lambda p, y: hits(p, y).mean(), "four examples"),
    ],
}

# An answer of the wrong kind and words of the message.
UNREADABLE = {
    "imdb-shift": [
        ("the film", "got 'the film'"),
        (lambda i, words: [k - 3 for k in i], "not words"),
        (lambda i, words: {v: k for k, v in words.items()}[i[0] - 3], "raised KeyError"),
        (lambda i, words: print(end=""), "is a return missing?"),
        (lambda i, words: words.clear() or "", "work on a copy"),
    ],
    "imdb-keep": [
        (np.zeros((5, 4)), "hand in the function itself"),
        (lambda reviews, n: [r[-n:] for r in reviews], "not numbers"),
        (lambda reviews, n: reviews.sort(key=len), "is a return missing?"),
        (lambda reviews, n: reviews[99], "raised IndexError"),
    ],
    "imdb-same-bag": [
        ([2, 1, 0], "got [2, 1, 0]"),
        ([3, 1, 0, 1, 0, 2], "got [3, 1, 0"),
        ([True] * 6, "got [True"),
        (2, "got 2"),
        ("210102", "got '210102'"),
    ],
    "imdb-log-ratio": [
        (0.5, "got 0.5"),
        (lambda counts, y: counts[:, 9], "arrays of shapes (6, 5) and (6,) your function raised"),
        (lambda counts, y: None, "is a return missing?"),
    ],
    "imdb-calibration": [
        (0.1, "got 0.1"),
        (lambda p, y: p, "not one number"),
        (lambda p, y: np.zeros(10)[(10 * p).astype(int)], "raised IndexError"),
    ],
}
