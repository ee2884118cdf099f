"""Answers to the exercises of chapter 7, of another make than the package's."""

import numpy as np

SECRETS = ("36,096", "36096", "transpose", "swapaxes", "reshape(", "14", "56",
           "True, True", "argmax")  # fmt: skip


def last_change(probs):
    leaders = np.argmax(probs, axis=1)
    changed = np.flatnonzero(leaders != leaders[-1])
    return changed[-1] + 2 if len(changed) else 1


RIGHT = {
    "mnist-two-rows": [
        lambda x: x.reshape(-1, 14, 56),
        lambda x: np.concatenate([x[:, ::2], x[:, 1::2]], axis=-1),
        lambda x: x.reshape(-1, 4, 16),  # written for the embedded digits
    ],
    "mnist-columns": [lambda x: np.stack([x[:, :, i] for i in range(x.shape[2])], axis=1)],
    "mnist-parameters": [36096],
    "mnist-return-sequences": [(True, True, False), np.array([1, 1, 0]) > 0, [1, 1, 0]],
    "mnist-reads-until": [last_change],
}

WRONG = {
    "mnist-two-rows": [
        (lambda x: x.reshape(len(x), 56, 14), "changed places"),
        (lambda x: x.reshape(len(x), 14, 56).swapaxes(1, 2), "changed places"),
        (lambda x: x.reshape(-1, 56), "run together"),
        (lambda x: x.reshape(1, -1, 56), "run together"),
        (lambda x: x[0].reshape(14, 56), "batch axis is gone"),
        (lambda x: x.reshape(len(x), -1), "another number of axes"),
        (lambda x: (x[:, ::2] + x[:, 1::2]) / 2, "gone, or averaged"),
        (lambda x: x.reshape(-1, 14, 2, 28).swapaxes(2, 3).reshape(-1, 14, 56), "alternate"),
        (lambda x: x.T.reshape(-1, 14, 56), "wrong place"),
        (lambda x: x.reshape(-1, 7, 112), "count the pixels"),
    ],
    "mnist-columns": [
        (lambda x: np.rot90(x, axes=(1, 2)), "right edge to the left"),
        (lambda x: np.rot90(x, k=-1, axes=(1, 2)), "upside down"),
        (lambda x: x[0].T, "another number of axes"),
        (lambda x: x + 1, "left edge"),
    ],
    "mnist-parameters": [(1, "shape of each weight")],
    "mnist-return-sequences": [([True, False, True], "follow the shape")],
    "mnist-reads-until": [
        (lambda p: (p.argmax(1) == p[-1].argmax()).argmax() + 1, "may lose the lead again: "),
        (lambda p: last_change(p) if last_change(p) > 1 else 0, "never does"),
        (lambda p: 77, "by hand"),
    ],
}

UNREADABLE = {
    "mnist-return-sequences": [([True, False], "got [True, False]"), ("TTF", "got 'TTF'")],
    "mnist-reads-until": [
        (lambda p: p.argmax(1), "an array of shape (6,), not a whole number"),
        (lambda p: 1.5, "returned 1.5"),
    ],
}
