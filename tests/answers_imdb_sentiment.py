"""Answers to the exercises of chapter 6, of another make than the package's."""

import itertools

import numpy as np

SECRETS = (
    "- 3", "index 4", "three", "[-n", "np.", "log(", "ln", "sum(", "minimum", "> 0", "2, 1, 0",
    "0.19",
)  # fmt: skip


def decode(indices, word_index, start="", unknown="?"):
    """Decode by a list of the words, in the order of their ranks."""
    found = ["", start, unknown, "", *sorted(word_index, key=word_index.get)]
    return [found[i] for i in indices if found[i]]


def decode_through(shift, missing="?"):
    """Look up every index, marks included."""

    def through(indices, word_index):
        found = {rank: word for word, rank in word_index.items()}
        return " ".join(found.get(i - shift, missing) for i in indices)

    return through


def from_the_end_of_a_list(indices, word_index):
    """Marks become negative places, and so the rarest words."""
    ranked = sorted(word_index, key=word_index.get)
    return " ".join(ranked[i - 4] for i in indices)


def filled(rows, n):
    out = np.zeros((len(rows), n))
    for i, row in enumerate(rows):
        out[i, n - len(row) :] = row
    return out


def longest_and_last(reviews, n):
    """Pad all, then cut all."""
    width = max(n, *(len(review) for review in reviews))
    return np.array([[0] * (width - len(r)) + list(r) for r in reviews])[:, -n:]


def weights(counts, y, smoothing=1.0):
    """Weigh by a product with the classes."""
    texts = np.stack([1 - y, y]) @ (counts > 0) + smoothing
    return np.diff(np.log(texts / texts.sum(axis=1, keepdims=True)), axis=0)[0]


def error(p, y, said=None, right=False):
    """Sum by the edges of the bins."""
    k = np.digitize(p, np.linspace(0, 1, 11)[1:-1], right)
    gaps = np.bincount(k, p if said is None else said) - np.bincount(k, y)
    return np.abs(gaps).sum() / len(p)


def error_by_loop(p, y, closed="left", last=1.1, total=True):
    """The loop over ten bins that most readers write."""
    edges, used, result = [*np.arange(10) / 10, last], 0, 0.0
    for low, high in itertools.pairwise(edges):
        inside = (p >= low) & (p < high) if closed == "left" else (p > low) & (p <= high)
        if inside.any():
            used += inside.sum()
            result += inside.sum() * abs(p[inside].mean() - y[inside].mean())
    return result / (len(p) if total else used)


RIGHT = {
    "imdb-shift": [decode, lambda *given: " ".join(decode(*given))],
    "imdb-keep": [longest_and_last],
    "imdb-same-bag": [[2, 1, 0, 1, 0, 2], np.array([2.0, 1, 0, 1, 0, 2])],
    "imdb-log-ratio": [weights],
    "imdb-calibration": [error, error_by_loop, lambda p, y: [np.float32(error(p, y))]],
}

WRONG = {
    "imdb-shift": [
        (decode_through(0), "as if it were a rank"),
        (decode_through(4, missing=""), "another number than Keras's"),
        (lambda i, ranks: [list(ranks)[k] for k in i], "order of its entries"),
        (decode_through(3), "which of your question marks"),
        (decode_through(3, missing=""), "without a trace"),
        (from_the_end_of_a_list, "decoded as a word"),
        (lambda *given: decode(*given, start="the"), "decoded as a word"),
        (lambda *given: decode(*given, start="[start]"), "what is asked"),
        (lambda *given: decode(*given, unknown="[unknown]"), "what is asked"),
        (lambda *given: "the film", "by hand"),
        (lambda *given: decode(*given)[::-1], "by hand"),
    ],
    "imdb-keep": [
        (lambda reviews, n: filled([r[-n:] for r in reviews if len(r) > 3], n), "fewer rows"),
        (lambda reviews, n: filled(reviews, 6), "How wide"),
        (lambda reviews, n: filled([r[-n:] for r in reviews], min(n, 6)), "an n beyond"),
        (lambda reviews, n: filled(reviews, 9), "a column for each"),
        (lambda reviews, n: 0, "a column for each"),
        (lambda reviews, n: np.zeros((5, n)), "five cells"),
    ],
    "imdb-same-bag": [
        ([1] * 6, "the same for all"),
        ([2, 1, 0, 1, 1, 2], "the fifth"),
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
        (lambda counts, y: np.zeros(5), "on paper"),
    ],
    "imdb-calibration": [
        (lambda p, y: abs(p.mean() - y.mean()), "makes up for"),
        (lambda p, y: error(p, (p > 0.5) == y), "how often the decision was right"),
        (lambda p, y: error_by_loop(p, y, last=1.0), "has fallen out"),
        (lambda p, y: error_by_loop(p, y, last=1.0, total=False), "has fallen out"),
        (lambda p, y: error_by_loop(p, y, closed="right"), "on the border"),
        (lambda p, y: error_by_loop(p, y, closed="right", total=False), "on the border"),
        (lambda p, y: error(p, y, right=True), "on the border"),
        (lambda p, y: error(p, y, said=np.minimum(10 * p // 1, 9) / 10 + 0.05), "the middle"),
        (lambda p, y: ((p >= 0.5) == y).mean(), "four examples"),
    ],
}

UNREADABLE = {
    "imdb-shift": [
        (lambda i, ranks: [k - 3 for k in i], "not words"),
        (lambda i, ranks: ["the", 5], "returned ['the', 5], not words"),
        (lambda i, ranks: ranks.clear() or "", "work on a copy"),
    ],
    "imdb-keep": [
        (lambda reviews, n: [r[-n:] for r in reviews], "not numbers"),
        (lambda reviews, n: reviews.sort(key=len) or 0, "work on a copy"),
    ],
    "imdb-same-bag": [
        ([2, 1, 0], "got [2, 1, 0]"),
        ([3, 1, 0, 1, 0, 2], "got [3, 1, 0"),
        ([True] * 6, "got [True"),
        ("210102", "got '210102'"),
    ],
    "imdb-calibration": [(lambda p, y: p, "not one number")],
}
