"""Answers to the exercises of chapter 9, of another make than the package's."""

import itertools

import numpy as np

SECRETS = ("np.exp", "-np.log", ".mean()", "axis=1", "axis=-1", "keepdims", "a.max", "subtract",
           "cumsum", "argsort", "64,520", "64520", "33,000")  # fmt: skip


def table(tokens, size, k):
    counts = np.full((size, size), float(k))
    for before, after in itertools.pairwise(tokens.tolist()):
        counts[before, after] += 1
    return np.stack([row / sum(row) for row in counts])


def counted_once(tokens, size, k):
    """Repeated indices add once."""
    counts = np.full((size, size), float(k))
    counts[tokens[:-1], tokens[1:]] += 1
    return counts / counts.sum(axis=1, keepdims=True)


def softmax(a, tau):
    rows = [np.exp((row - row.max()) / tau) for row in a]
    return [row / row.sum() for row in rows]


def nucleus(probs, share):
    kept, total = np.zeros_like(probs), 0.0
    for token in sorted(range(len(probs)), key=lambda i: -probs[i]):
        if total < share:
            kept[token] = probs[token]
            total += probs[token]
    return kept / total


RIGHT = {
    "generation-perplexity": [
        lambda p: 2 ** (-np.log2(p).mean()),
        lambda p: np.prod(p) ** (-1 / len(p)),
    ],
    "generation-bigrams": [table],
    "generation-temperature": [softmax],
    "generation-nucleus": [nucleus],
    "generation-trainable": [256 * 115 + 65 * 32 + 33 * 1000],
}

WRONG = {
    "generation-perplexity": [(lambda p: 7, "one quarter")],
    "generation-bigrams": [
        (counted_once, "counts once"),
        (lambda t, n, k: table(t, n, 0), "impossible"),
        (lambda t, n, k: table(t, n, k) * np.nan, "not a number"),
        (lambda t, n, k: table(t, n, k)[0], "number of axes"),
        (lambda t, n, k: table(t, n, k + 7), "by hand"),
    ],
    "generation-temperature": [
        (lambda a, tau: np.exp(a / tau) / np.exp(a / tau).sum(-1)[:, None], "900"),
        (lambda a, tau: np.exp((a - a.max()) / tau) / np.exp((a - a.max()) / tau).sum(-1)[:, None],
         "900"),
        (lambda a, tau: softmax(a, tau)[0], "batch axis"),
        (lambda a, tau: np.exp((a - a.max()) / tau), "does not sum"),
        (lambda a, tau: softmax(-a, tau), "two equal scores"),
    ],
    "generation-nucleus": [
        (lambda p, share: p[nucleus(p, share) > 0], "one probability for each"),
        (lambda p, share: np.full_like(p, 1 / len(p)), "three tenths"),
    ],
    "generation-trainable": [(12, "layer to layer")],
}  # fmt: skip

UNREADABLE = {
    "generation-perplexity": [(lambda p: 1 / p, "not one number: a text has one perplexity")],
    "generation-bigrams": [(lambda t, n, k: [[1], [1, 2]], "not numbers")],
}
