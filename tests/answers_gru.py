"""Answers to the exercises of the chapter on the GRU, of another make than the package's."""

import numpy as np


def paper_step(x, h, W, U, b):
    """One step of a GRU, written with a loop over units."""
    n = h.shape[1]

    def total(part, state):
        columns = range(part * n, (part + 1) * n)
        return np.stack([x @ W[:, k] + state @ U[:, k] + b[k] for k in columns], axis=1)

    z, r = (1 / (1 + np.exp(-total(part, h))) for part in (0, 1))
    return z * h + (1 - z) * np.tanh(total(2, r * h))


def turned(*weights):
    return tuple(
        np.concatenate([-z, r, h], -1) for z, r, h in (np.split(w, 3, -1) for w in weights)
    )


RIGHT = {
    "gru-parameters": [1680],
    "gru-step": [paper_step],
    "gru-turn": [turned, lambda *w: list(turned(*w))],
    "gru-bias": [
        lambda steps: np.log(np.exp(1 / steps) - 1),
        lambda steps: np.log((1 - np.exp(-1 / steps)) / np.exp(-1 / steps)),
        lambda steps: np.array([np.log(np.expm1(1 / steps))]),
    ],
}

WRONG = {
    "gru-parameters": [(5, "one part first")],
    "gru-step": [
        (lambda *a: paper_step(*a)[0], "shape of the old one"),
        (lambda x, h, W, U, b: h, "compare your four lines"),
    ],
    "gru-turn": [
        (lambda *w: [1 - part for part in w], "the sigmoid stands between"),
        (lambda *w: [2 * part for part in w], "only one of the three parts"),
    ],
    "gru-bias": [(lambda steps: 0.0, "two steps")],
}

UNREADABLE = {
    "gru-turn": [
        (lambda *w: w[0], "three arrays"),
        (lambda *w: [part[0] for part in w], "a kernel of shape (12,), not (3, 12)"),
        (lambda *w: {"kernel": w[0]}, "three arrays"),
    ],
    "gru-bias": [(lambda steps: [1.0, 2.0], "on 1.5 your function returned [1.0, 2.0], not one")],
}

SECRETS = ["1680", "1,680", "np.repeat", "r * h", "expm1", "z / (1 - z)"]
