"""Answers to the exercises of chapter 1: right ones, wrong ones, and ones of another kind."""

import numpy as np

SECRETS = ("(32", "reshape", "[:, ahead", "np.", "arange(", "bincount", "argmax", "0.2")

SHAPES = [(32, 24, 16), (32, 24, 16), (32, 10), (32, 4)]


def changed(place, shape):
    return [*SHAPES[:place], shape, *SHAPES[place + 1 :]]


def cut(recording, timesteps):
    """A solution written another way than the notebook's."""
    starts = range(0, len(recording) - timesteps + 1, timesteps)
    return np.stack([recording[start : start + timesteps] for start in starts])


def whole(recording, timesteps):
    return recording[: len(recording) // timesteps * timesteps]


def windows(recording, timesteps):
    starts = range(len(recording) - timesteps + 1)
    return np.stack([recording[start : start + timesteps] for start in starts])


def padded(recording, timesteps):
    missing = -len(recording) % timesteps
    return cut(np.pad(recording, ((0, missing), (0, 0))), timesteps)


def right_probs(probs, y):
    return np.array([row[label] for row, label in zip(probs, y, strict=True)])


def most_frequent(y):
    return max(set(y.tolist()), key=y.tolist().count)


RIGHT = {
    "sequences-shapes": [SHAPES, tuple(SHAPES), [list(shape) for shape in SHAPES],
                         [np.array(shape) for shape in SHAPES]],
    "sequences-cut": [cut, lambda r, t: whole(r, t).reshape(-1, t, r.shape[1])],
    "sequences-ahead": [
        lambda x, k: x[:, k:],
        lambda x, k: np.roll(x, -k, axis=1)[:, :-k],
    ],
    "sequences-loss": [
        lambda p, y: -np.log(right_probs(p, y)).mean(),
        lambda p, y: -(np.eye(p.shape[1])[y] * np.log(p)).sum() / len(y),
        lambda p, y: [np.mean(-np.log(right_probs(p, y)))],
    ],
    "sequences-guess": [
        lambda a, b: np.mean(b == np.bincount(a).argmax()),
        lambda a, b: (b == most_frequent(a)).sum() / len(b),
    ],
}  # fmt: skip

# A wrong answer and words of the message that must meet it.
WRONG = {
    "sequences-shapes": [
        ([shape[1:] for shape in SHAPES], "batch axis is missing"),
        ([(None, *shape[1:]) for shape in SHAPES], "None is what"),
        (changed(0, (32, 16)), "not timesteps"),
        (changed(0, (32, 16, 2)), "not timesteps"),
        (changed(1, (32, 24, 8)), "how many LSTMs"),
        (changed(1, (32, 48, 8)), "the sequence longer"),
        (changed(1, (32, 16)), "does it hand on a sequence"),
        (changed(2, (32, 24, 10)), "which argument"),
        (changed(3, (32, 1)), "right up to the last one"),
        (changed(3, (32,)), "right up to the last one"),
        (changed(2, (32, 11)), "layer by layer"),
    ],
    "sequences-cut": [
        (lambda r, t: r[:, 0], "another number of axes"),
        (lambda r, t: whole(r, t).reshape(-1, r.shape[1], t), "changed places"),
        (lambda r, t: cut(r, t).swapaxes(1, 2), "changed places"),
        (lambda r, t: whole(r, t).reshape(t, -1, r.shape[1]), "counts timesteps"),
        (windows, "overlap"),
        (padded, "one sequence too many"),
        (lambda r, t: r[np.newaxis], "single sequence"),
        (lambda r, t: cut(r[len(r) % t :], t), "at the beginning"),
        (lambda r, t: whole(r, t).reshape(t, -1, 3).swapaxes(0, 1), "far apart"),
        (lambda r, t: whole(r, t).T.reshape(-1, t, 3), "wrong place"),
        (lambda r, t: cut(r, t)[1:], "how many are there"),
    ],
    "sequences-ahead": [
        (lambda x, k: x[:, :-k], "only have to copy"),
        (lambda x, k: x[:, 1:], "the next point"),
        (lambda x, k: np.roll(x, -k, axis=1), "comes round again"),
        (lambda x, k: x[:, k + 1 :], "off by one"),
        (lambda x, k: x[:, k - 1 :], "off by one"),
        (lambda x, k: x[k:], "other drawings"),
        (lambda x, k: x[:, :, 1:], "Which axis is time"),
        (lambda x, k: x[:, k], "another number of axes"),
        (lambda x, k: x[:, ::k], "in a row"),
    ],
    "sequences-loss": [
        (lambda p, y: np.log(right_probs(p, y)).mean(), "sign is turned"),
        (lambda p, y: -np.log(right_probs(p, y)), "each example"),
        (lambda p, y: -np.log(right_probs(p, y)).sum(), "larger batch"),
        (lambda p, y: -(np.eye(4)[y] * np.log(p)).mean(), "number of classes"),
        (lambda p, y: -np.log2(right_probs(p, y)).mean(), "another logarithm"),
        (lambda p, y: -np.log10(right_probs(p, y)).mean(), "another logarithm"),
        (lambda p, y: -np.log(p[:, y]).mean(), "all the others"),
        (lambda p, y: -np.log(p.max(1)).mean(), "most probable"),
        (lambda p, y: -(p * np.log(p)).sum(1).mean(), "entropy"),
        (lambda p, y: -np.log(right_probs(p, y).mean()), "before the logarithm"),
        (lambda p, y: 1 - right_probs(p, y).mean(), "where is the logarithm"),
        (lambda p, y: (p.argmax(1) == y).mean(), "the accuracy"),
        (lambda p, y: 0.0, "by hand for one"),
    ],
    "sequences-guess": [
        (lambda a, b: np.mean(b == most_frequent(b)), "has not seen it"),
        (lambda a, b: np.mean(a == most_frequent(a)), "on the training labels"),
        (lambda a, b: 1 / (a.max() + 1), "evenly"),
        (lambda a, b: most_frequent(a), "the class itself"),
        (lambda a, b: (b == most_frequent(a)).sum(), "a share"),
        (lambda a, b: 100 * np.mean(b == most_frequent(a)), "in percent"),
        (lambda a, b: np.mean(b != most_frequent(a)), "is wrong"),
        (lambda a, b: 0.5, "two steps"),
    ],
}

# An answer of the wrong kind and words of the message.
UNREADABLE = {
    "sequences-shapes": [
        (SHAPES[:3], "got "),
        ("shapes", "got 'shapes'"),
        ([1, 2, 3, 4], "for one of the shapes"),
        ([("a", 2), (1,), (1,), (1,)], "in one of the shapes"),
        ([(True, 2), (1,), (1,), (1,)], "got True"),
    ],
    "sequences-cut": [
        (lambda r, t: None, "is a return missing?"),
        (lambda r, t: r.reshape(-1, t, 3), "raised ValueError"),
    ],
    "sequences-ahead": [(np.zeros((5, 6, 2)), "hand in the function itself")],
    "sequences-loss": [(0.7, "got 0.7"), (lambda p, y: "small", "not numbers")],
    "sequences-guess": [(0.25, "got 0.25")],
}
