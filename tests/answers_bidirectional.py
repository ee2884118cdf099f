"""Answers to the exercises of chapter 5, of another make than the package's."""

import numpy as np

SECRETS = ("30", "concatenate", "nonzero", "False, True", "[::-1]", "np.")


def real_reversed(x, too_few=0):
    """Sort the steps by where they go."""
    here = np.arange(x.shape[1])
    lengths = np.abs(x).sum(-1).astype(bool).sum(1, keepdims=True) - too_few
    place = np.where(here < lengths, lengths - 1 - here, here)
    return np.take_along_axis(x, place[..., None], axis=1)


def reversed_by_sums(x):
    """Takes a step for padding whose features sum to zero."""
    turned = np.zeros_like(x)
    for i, row in enumerate(x):
        length = int((row.sum(-1) != 0).sum())
        turned[i, :length] = row[:length][::-1]
    return turned


def ahead_by(influence):
    """The farthest diagonal that is not empty."""
    size = len(influence)
    return max([k for k in range(1, size) if (np.diagonal(influence, k) > 1e-6).any()], default=0)


RIGHT = {
    "bidirectional-merge-parameters": [30],
    "bidirectional-allowed": [
        [False, True, True, False, True, False],
        np.array([0, 1, 1, 0, 1, 0]) > 0,
        [0, 1, 1, 0, 1, 0],
    ],
    "bidirectional-reverse": [real_reversed],
    "bidirectional-ends": [
        lambda h: np.hstack([np.split(h, 2, -1)[0][:, -1], np.split(h, 2, -1)[1][:, 0]]),
    ],
    "bidirectional-lookahead": [ahead_by, lambda m: float(ahead_by(m)), lambda m: [ahead_by(m)]],
}

# A wrong answer and words of the message that must meet it.
WRONG = {
    "bidirectional-merge-parameters": [
        (170, "one of the two readers"),
        (-30, "the larger one"),
        (7, "kernel and bias twice"),
    ],
    "bidirectional-allowed": [
        ([False, True, True, True, True, False], "the fourth"),
        ([False, True, False, False, True, False], "the third"),
        ([True, True, True, False, True, False], "still coming"),
        ([False, True, True, False, True, True], "still coming"),
        ([False, True, True, False, False, False], "the fifth"),
        ([False, False, True, False, True, False], "the second"),
    ],
    "bidirectional-reverse": [
        (lambda x: x[0], "shape has changed"),
        (lambda x: real_reversed(x, too_few=1), "one step too few"),
        (reversed_by_sums, "sums to zero"),
        (lambda x: x + 1, "three real steps"),
    ],
    "bidirectional-ends": [
        (lambda h: np.hstack([h[:, 0, 5:], h[:, -1, :5]]), "which order"),
        (lambda h: h[-1], "counts sequences"),
        (lambda h: h[:, 1], "at which step has each"),
    ],
    "bidirectional-lookahead": [
        (lambda m: ahead_by(m.T), "looks back"),
        (lambda m: ahead_by(m > 0.001), "small influence"),
        (lambda m: 77, "three steps"),
    ],
}

# An answer of the wrong kind and words of the message.
UNREADABLE = {
    "bidirectional-merge-parameters": [("30", "got '30'")],
    "bidirectional-allowed": [
        ([True, False], "got [True, False]"),
        ([0, 2, 1, 0, 1, 0], "got [0, 2, 1"),
        ("all", "got 'all'"),
        (True, "got True"),
    ],
    "bidirectional-reverse": [(lambda x: x.sort(axis=1), "is a return missing?")],
    "bidirectional-ends": [(lambda h: h[:, 99], "raised IndexError")],
    "bidirectional-lookahead": [
        (lambda m: m, "returned an array of shape (6, 6), not a whole number"),
        (lambda m: 1.5, "returned 1.5, not a whole number"),
    ],
}
