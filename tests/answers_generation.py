"""Answers to the exercises of chapter 9: right ones, wrong ones, and ones of another kind."""

import itertools

import numpy as np

SECRETS = ("np.exp", "-np.log", ".mean()", "axis=1", "axis=-1", "keepdims", "a.max", "subtract",
           "cumsum", "argsort", "64,520", "64520", "33,000")  # fmt: skip


def softmax(a, axis=-1):
    e = np.exp(a - a.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def counted(tokens, size):
    counts = np.zeros((size, size))
    for before, after in itertools.pairwise(tokens):
        counts[before, after] += 1
    return counts


def table(tokens, size, k):
    counts = counted(tokens, size) + k
    return counts / counts.sum(axis=1)[:, None]


def counted_once(tokens, size, k):
    counts = np.full((size, size), float(k))
    counts[tokens[:-1], tokens[1:]] += 1
    return counts / counts.sum(axis=1, keepdims=True)


def nucleus(probs, share):
    kept, total = np.zeros_like(probs), 0.0
    for token in sorted(range(len(probs)), key=lambda i: -probs[i]):
        if total < share:
            kept[token] = probs[token]
            total += probs[token]
    return kept / total


def unshared(probs, share):
    return np.where(nucleus(probs, share) > 0, probs, 0)


def too_few(probs, share):
    order = np.argsort(-probs)
    kept = np.zeros_like(probs)
    kept[order[: np.sum(np.cumsum(probs[order]) < share)]] = 1
    return probs * kept / (probs * kept).sum()


def in_the_order_given(probs, share):
    kept = np.where(np.cumsum(probs) - probs < share, probs, 0)
    return kept / kept.sum()


def likely_alone(probs, share):
    kept = np.where(probs >= share, probs, 0)
    return kept / max(kept.sum(), 1e-9)


def least_likely(probs, share):
    order = np.argsort(probs)
    kept = np.zeros_like(probs)
    kept[order[np.cumsum(probs[order]) - probs[order] < share]] = 1
    return probs * kept / (probs * kept).sum()


LSTM, HIDDEN, READOUT = 4 * 64 * (50 + 64 + 1), 64 * 32 + 32, 32 * 1000 + 1000

RIGHT = {
    "generation-perplexity": [
        lambda p: np.exp(-np.log(p).mean()),
        lambda p: 2 ** (-np.log2(p).mean()),
        lambda p: np.prod(p) ** (-1 / len(p)),
    ],
    "generation-bigrams": [table, lambda t, n, k: table(t.tolist(), n, k)],
    "generation-temperature": [
        lambda a, tau: softmax(a / tau),
        lambda a, tau: np.stack([softmax((row - row.max()) / tau) for row in a]),
    ],
    "generation-nucleus": [nucleus],
    "generation-trainable": [LSTM + HIDDEN + READOUT, np.int64(64_520), 64520.0],
}

# A wrong answer and words of the message that must meet it.
WRONG = {
    "generation-perplexity": [
        (lambda p: np.exp(np.log(p).mean()), "that is a probability"),
        (lambda p: -np.log(p).mean(), "in nats"),
        (lambda p: -np.log2(p).mean(), "in bits"),
        (lambda p: np.exp(-np.log(p).sum()), "length of the text"),
        (lambda p: 1 / np.prod(p), "length of the text"),
        (lambda p: 2 ** (-np.log(p).mean()), "different bases"),
        (lambda p: np.exp(-np.log2(p).mean()), "different bases"),
        (lambda p: np.mean(1 / p), "single surprise"),
        (lambda p: 1 / p.mean(), "averages the probabilities"),
        (lambda p: 7, "one quarter"),
    ],
    "generation-bigrams": [
        (lambda t, n, k: counted(t, n) + k, "these are counts"),
        (lambda t, n, k: table(t[::-1], n, k), "what came before"),
        (lambda t, n, k: table(t, n, k).T, "changed places"),
        (lambda t, n, k: (counted(t, n) + k) / (counted(t, n) + k).sum(), "probability of a pair"),
        (lambda t, n, k: (counted(t, n) + k) / (counted(t, n) + k).sum(0), "columns sum to 1"),
        (lambda t, n, k: (counted(t, n) + k) / counted(t, n).sum(1)[:, None], "above the line"),
        (counted_once, "counts once"),
        (lambda t, n, k: table(t, n, 1), "whatever k is"),
        (lambda t, n, k: table(t, n, 0), "impossible"),
        (lambda t, n, k: table(t, n, k)[0], "number of axes"),
        (lambda t, n, k: table(t, n, k + 7), "by hand"),
    ],
    "generation-temperature": [
        (lambda a, tau: np.exp(a / tau) / np.exp(a / tau).sum(-1)[:, None], "900"),
        (lambda a, tau: softmax(a * tau), "sharper"),
        (lambda a, tau: softmax(a), "no effect"),
        (lambda a, tau: softmax(a) / tau, "belong to the scores"),
        (lambda a, tau: softmax(softmax(a) / tau), "two softmaxes"),
        (lambda a, tau: softmax(a / tau, axis=0), "wrong axis"),
        (lambda a, tau: softmax(a / tau)[0], "batch axis"),
        (lambda a, tau: np.exp((a - a.max()) / tau), "does not sum"),
        (lambda a, tau: softmax(-a / tau), "two equal scores"),
    ],
    "generation-nucleus": [
        (unshared, "no longer sum"),
        (too_few, "crosses the line"),
        (lambda p, share: np.sort(nucleus(p, share))[::-1], "sorted"),
        (in_the_order_given, "order of the vocabulary"),
        (likely_alone, "own probability"),
        (least_likely, "least likely"),
        (lambda p, share: p, "nothing is left out"),
        (lambda p, share: p[nucleus(p, share) > 0], "one probability for each"),
        (lambda p, share: np.full_like(p, 1 / len(p)), "three tenths"),
    ],
    "generation-trainable": [
        (LSTM + HIDDEN + READOUT + 50_000, "frozen"),
        (LSTM // 4 + HIDDEN + READOUT, "number of parts"),
        (3 * LSTM // 4 + HIDDEN + READOUT, "number of parts"),
        (LSTM + HIDDEN, "names the next word"),
        (LSTM, "names the next word"),
        (LSTM + 65 * 1000, "hidden dense layer"),
        (LSTM + HIDDEN + READOUT - 256 - 32 - 1000, "biases are missing"),
        (4 * 64 * (1000 + 64 + 1) + HIDDEN + READOUT, "word's vector"),
        (12, "layer to layer"),
    ],
}

UNREADABLE = {
    "generation-perplexity": [
        (4.0, "got 4.0"),
        (lambda p: 1 / p, "one perplexity"),
        (lambda p: None, "is a return missing"),
    ],
    "generation-bigrams": [
        (np.eye(3), "without calling it"),
        (lambda tokens: tokens, "raised TypeError"),
    ],
    "generation-temperature": [
        (lambda a: a, "raised TypeError"),
        (lambda a, tau: a.__isub__(1), "changes the array"),
    ],
    "generation-nucleus": [("0.9", "got '0.9'"), (lambda p, share: None, "is a return missing")],
    "generation-trainable": [("many", "got 'many'"), (None, "nothing (None)")],
}
