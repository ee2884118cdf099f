"""Answers to the exercises of chapter 1, of another make than the package's."""

import numpy as np

SECRETS = ("(32", "reshape", "[:, ahead", "np.", "arange(", "bincount", "argmax", "0.2")

SHAPES = [(32, 24, 16), (32, 24, 16), (32, 10), (32, 4)]


def changed(place, shape):
    return [*SHAPES[:place], shape, *SHAPES[place + 1 :]]


def cut(recording, timesteps):
    starts = range(0, len(recording) - timesteps + 1, timesteps)
    return np.stack([recording[start : start + timesteps] for start in starts])


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
    "sequences-shapes": [
        SHAPES,
        tuple(SHAPES),
        [list(map(float, shape)) for shape in SHAPES],
        [np.array(shape) for shape in SHAPES],
    ],
    "sequences-cut": [cut],
    "sequences-ahead": [lambda x, k: np.roll(x, -k, axis=1)[:, :-k]],
    "sequences-loss": [
        lambda p, y: -(np.eye(p.shape[1])[y] * np.log(p)).sum() / len(y),
        lambda p, y: [np.mean(-np.log(right_probs(p, y)))],
    ],
    "sequences-guess": [lambda a, b: (b == most_frequent(a)).sum() / len(b)],
}

WRONG = {
    "sequences-shapes": [
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
        (lambda r, t: cut(r, t).swapaxes(1, 2), "changed places"),
        (lambda r, t: cut(r, t).reshape(t, -1, r.shape[1]), "counts timesteps"),
        (windows, "overlap"),
        (padded, "one sequence too many"),
        (lambda r, t: r[np.newaxis], "single sequence"),
        (lambda r, t: r[: len(r) // t * t].T.reshape(-1, t, 3), "wrong place"),
        (lambda r, t: cut(r, t)[1:], "how many are there"),
    ],
    "sequences-ahead": [
        (lambda x, k: x[:, :, 1:], "Which axis is time"),
        (lambda x, k: x[:, k], "another number of axes"),
        (lambda x, k: x[:, ::k], "in a row"),
    ],
    "sequences-loss": [
        (lambda p, y: -(np.eye(4)[y] * np.log(p)).mean(), "number of classes"),
        (lambda p, y: 0.0, "by hand for one"),
    ],
    "sequences-guess": [(lambda a, b: 0.5, "two steps")],
}

UNREADABLE = {
    "sequences-shapes": [
        (SHAPES[:3], "got "),
        ("shapes", "got 'shapes'"),
        ([1, 2, 3, 4], "for one of the shapes"),
        ([("a", 2), (1,), (1,), (1,)], "got 'a' in one of the shapes"),
        ([(True, 2), (1,), (1,), (1,)], "got True"),
    ],
    "sequences-loss": [(lambda p, y: "small", "returned 'small', not numbers")],
    "sequences-guess": [(lambda a, b: [0.2, 0.8], "returned [0.2, 0.8], not one number")],
}
