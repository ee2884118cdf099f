"""Answers to the exercises of the chapter on the GRU."""

import numpy as np


def paper_step(
    x, h, W, U, b, *, after=False, keeps=True, order=(0, 1, 2), reset=True, tanh=np.tanh
):
    """One step of a GRU, written with a loop over units, and its common mistakes."""
    n = h.shape[1]

    def total(part, state):
        columns = range(order[part] * n, (order[part] + 1) * n)
        return np.stack([x @ W[:, k] + state @ U[:, k] + b[k] for k in columns], axis=1)

    z, r = (1 / (1 + np.exp(-total(part, h))) for part in (0, 1))
    r = r if reset else 1 + 0 * r
    if after:
        candidate = tanh(total(2, 0 * h) + r * (total(2, h) - total(2, 0 * h)))
    else:
        candidate = tanh(total(2, r * h))
    return z * h + (1 - z) * candidate if keeps else z * candidate + (1 - z) * h


def step_with(**mistakes):
    return lambda *arguments: paper_step(*arguments, **mistakes)


def turned(kernel="-++", recurrent="-++", bias="-++"):
    """A conversion that turns the signs of these parts, z, r, h."""

    def convert(*weights):
        return [
            np.concatenate(
                [float(sign + "1") * part for sign, part in zip(signs, parts, strict=True)], -1
            )
            for signs, parts in zip(
                (kernel, recurrent, bias), (np.split(w, 3, -1) for w in weights), strict=True
            )
        ]

    return convert


RIGHT = {
    "gru-parameters": [1680, np.int64(1680), 1680.0, np.array(1680)],
    "gru-step": [paper_step, lambda *a: paper_step(*a).tolist()],
    "gru-turn": [turned(), lambda *w: tuple(turned()(*w))],
    "gru-bias": [
        lambda steps: np.log(np.exp(1 / steps) - 1),
        lambda steps: np.log((1 - np.exp(-1 / steps)) / np.exp(-1 / steps)),
        lambda steps: np.array([np.log(np.expm1(1 / steps))]),
    ],
}

# A wrong answer and words of the message that must meet it.
WRONG = {
    "gru-parameters": [
        (3 * 20 * (6 + 20 + 1), "recurrent side"),
        (4 * 20 * (6 + 20 + 1), "that is an LSTM"),
        (4 * 20 * (6 + 20 + 2), "neither cell"),
        (2 * 20 * (6 + 20 + 2), "candidate has weights"),
        (2 * 20 * (6 + 20 + 1), "candidate has weights"),
        (20 * (6 + 20 + 1), "one part alone"),
        (20 * (6 + 20 + 2), "one part alone"),
        (3 * 20 * (6 + 20), "biases are missing"),
        (3 * 20 * (6 + 1), "square of units"),
        (3 * 20 * (6 + 2), "square of units"),
        (5, "one part first"),
    ],
    "gru-step": [
        (step_with(after=True), "after the product"),
        (step_with(keeps=False), "points the other way"),
        (step_with(after=True, keeps=False), "two things"),
        (step_with(order=(1, 0, 2)), "changed places"),
        (step_with(order=(1, 2, 0)), "another order"),
        (step_with(order=(2, 1, 0)), "another order"),
        (step_with(reset=False), "never used"),
        (step_with(tanh=lambda a: a), "not squashed"),
        (lambda x, h, W, U, b: paper_step(x, h, W, U, 0 * b), "bias is missing"),
        (lambda *a: paper_step(*a)[0], "shape of the old one"),
        (lambda x, h, W, U, b: h, "compare your four lines"),
    ],
    "gru-turn": [
        (lambda *w: w, "nothing has changed"),
        (turned("---", "---", "---"), "everything is turned"),
        (turned("--+", "--+", "--+"), "reset gate is turned"),
        (turned("+-+", "+-+", "+-+"), "wrong part"),
        (turned("++-", "++-", "++-"), "wrong part"),
        (turned(bias="+++"), "What else enters"),
        (turned(kernel="+++"), "only some"),
        (turned(recurrent="+++"), "only some"),
        (turned(kernel="+++", recurrent="+++"), "only some"),
        (turned(recurrent="+++", bias="+++"), "only some"),
        (turned(kernel="+++", bias="+++"), "only some"),
        (lambda *w: [1 - part for part in w], "the sigmoid stands between"),
        (lambda *w: [2 * part for part in w], "only one of the three parts"),
    ],
    "gru-bias": [
        (lambda steps: -np.log(np.expm1(1 / steps)), "the bias for Keras"),
        (lambda steps: -np.log(steps), "limit of many"),
        (np.log, "a gate that keeps"),
        (lambda steps: np.exp(-1 / steps), "has to keep"),
        (lambda steps: 1 - np.exp(-1 / steps), "may replace"),
        (lambda steps: -np.log(steps - 1), "near, but"),
        (lambda steps: 0.0, "two steps"),
    ],
}

# An answer of the wrong kind and words of the message.
UNREADABLE = {
    "gru-parameters": [("1680", "got '1680'"), (None, "got nothing (None)")],
    "gru-step": [
        (np.zeros((2, 4)), "without calling it"),
        (lambda *a: None, "is a return missing?"),
        (lambda x, h: h, "raised TypeError"),
        (lambda *a: "state", "not numbers"),
    ],
    "gru-turn": [
        (lambda *w: w[0], "three arrays"),
        (lambda *w: [part[0] for part in w], "has the shape"),
        (lambda *w: {"kernel": w[0]}, "three arrays"),
    ],
    "gru-bias": [
        (5.0, "got 5.0"),
        (lambda steps: [1.0, 2.0], "not one number"),
        (lambda steps: "large", "not numbers"),
    ],
}

SECRETS = ["1680", "1,680", "np.repeat", "r * h", "expm1", "z / (1 - z)"]
