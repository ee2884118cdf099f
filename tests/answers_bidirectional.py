"""Answers to the exercises of chapter 5: right ones, wrong ones, and ones of another kind."""

import numpy as np

SECRETS = ("30", "concatenate", "nonzero", "False, True", "[::-1]", "np.")


def real_reversed(x):
    """A solution written another way: sort the steps by where they go."""
    here = np.arange(x.shape[1])
    lengths = np.abs(x).sum(-1).astype(bool).sum(1, keepdims=True)
    place = np.where(here < lengths, lengths - 1 - here, here)
    return np.take_along_axis(x, place[..., None], axis=1)


def reversed_by_sums(x):
    """Takes a step for padding whose features sum to zero."""
    turned = np.zeros_like(x)
    for i, row in enumerate(x):
        length = int((row.sum(-1) != 0).sum())
        turned[i, :length] = row[:length][::-1]
    return turned


def all_but_the_last_reversed(x):
    turned = x.copy()
    for row in turned:
        length = row.any(-1).sum()
        row[: length - 1] = row[: length - 1][::-1].copy()
    return turned


def ahead_by(influence):
    """A solution written another way: the farthest diagonal that is not empty."""
    size = len(influence)
    return max([k for k in range(1, size) if (np.diagonal(influence, k) > 1e-6).any()], default=0)


def offsets(influence):
    t, s = np.nonzero(influence > 1e-6)
    return s - t


RIGHT = {
    "bidirectional-merge-parameters": [30, np.int64(30), 30.0],
    "bidirectional-allowed": [
        [False, True, True, False, True, False],
        np.array([0, 1, 1, 0, 1, 0]) > 0,
    ],
    "bidirectional-reverse": [
        real_reversed,
        lambda x: np.array([[*row[: (n := row.any(-1).sum())][::-1], *row[n:]] for row in x]),
    ],
    "bidirectional-ends": [
        lambda h: np.concatenate([h[:, -1, : h.shape[2] // 2], h[:, 0, h.shape[2] // 2 :]], 1),
        lambda h: np.hstack([np.split(h, 2, -1)[0][:, -1], np.split(h, 2, -1)[1][:, 0]]),
    ],
    "bidirectional-lookahead": [ahead_by, lambda m: float(ahead_by(m)), lambda m: [ahead_by(m)]],
}

# A wrong answer and words of the message that must meet it.
WRONG = {
    "bidirectional-merge-parameters": [
        (0, "nothing behind them"),
        (170, "one of the two readers"),
        (200, "one of the two readers"),
        (33, "whole dense layer"),
        (63, "whole dense layer"),
        (10, "how many numbers fewer"),
        (403, "two models differ"),
        (373, "two models differ"),
        (340, "two models differ"),
        (-30, "the larger one"),
        (7, "kernel and bias twice"),
    ],
    "bidirectional-allowed": [
        ([True, False, False, True, False, True], "wrong way round"),
        ([True] * 6, "before the end"),
        ([False] * 6, "known beforehand"),
        ([False, True, True, True, True, False], "the fourth"),
        ([False, True, False, False, True, False], "the third"),
        ([True, True, True, False, True, False], "still coming"),
        ([False, True, True, False, True, True], "still coming"),
        ([False, True, True, False, False, False], "the fifth"),
        ([False, False, True, False, True, False], "the second"),
    ],
    "bidirectional-reverse": [
        (lambda x: x, "as it was"),
        (lambda x: x[0], "shape has changed"),
        (lambda x: x[:, ::-1], "padding comes first"),
        (lambda x: x[::-1], "order of the sequences"),
        (lambda x: x[:, :, ::-1], "features round"),
        (lambda x: np.concatenate([x[:, :3][:, ::-1], x[:, 3:]], 1), "one and the same"),
        (all_but_the_last_reversed, "one step too few"),
        (reversed_by_sums, "sums to zero"),
        (lambda x: x + 1, "three real steps"),
    ],
    "bidirectional-ends": [
        (lambda h: h[:, -1], "output of the last step"),
        (lambda h: h[:, 0], "output of the first step"),
        (lambda h: np.hstack([h[:, 0, :5], h[:, -1, 5:]]), "one step only"),
        (lambda h: np.hstack([h[:, 0, 5:], h[:, -1, :5]]), "which order"),
        (lambda h: np.hstack([h[:, -1], h[:, 0]]), "twice as wide"),
        (lambda h: h.mean(1), "pooling"),
        (lambda h: h.max(1), "pooling"),
        (lambda h: h[-1], "counts sequences"),
        (lambda h: h[:, 1], "at which step has each"),
    ],
    "bidirectional-lookahead": [
        (lambda m: ahead_by(m.T), "looks back"),
        (lambda m: offsets(m).max(), "less than no time"),
        (lambda m: abs(offsets(m)).max(), "to either side"),
        (lambda m: max(0, np.subtract(*np.nonzero(m)[::-1]).max(initial=0)), "rounding error"),
        (lambda m: (np.triu(m, 1) > 1e-6).sum(), "how far they reach"),
        (lambda m: (np.triu(m, 1) > 1e-6).sum(1).max(), "later inputs an answer uses"),
        (lambda m: ahead_by(m) + 1, "one too many"),
        (lambda m: ahead_by(m > 0.001), "small influence"),
        (lambda m: np.nonzero(m > 1e-6)[1].max(), "read by any answer"),
        (lambda m: 77, "three steps"),
    ],
}

# An answer of the wrong kind and words of the message.
UNREADABLE = {
    "bidirectional-merge-parameters": [("30", "got '30'"), (0.5, "got 0.5")],
    "bidirectional-allowed": [
        ([1, 0, 0, 1, 0, 1], "got [1, 0, 0"),
        ([True, False], "got [True, False]"),
        ("all", "got 'all'"),
        (True, "got True"),
    ],
    "bidirectional-reverse": [
        (np.zeros((4, 5, 2)), "hand in the function itself"),
        (lambda x: x.sort(axis=1), "is a return missing?"),
    ],
    "bidirectional-ends": [(3, "got 3"), (lambda h: h[:, 99], "raised IndexError")],
    "bidirectional-lookahead": [
        (3, "got 3"),
        (lambda m: m, "an array of shape (6, 6)"),
        (lambda m: 1.5, "returned 1.5"),
    ],
}
