"""Answers to the exercises of chapter 3, of another make than the package's."""

import math

import numpy as np

SECRETS = ("12,200", "12200", "expm1", "cumprod", "np.", "i, f, c, o")


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def step(x, h, c, W, U, b):
    n = h.shape[1]
    i, f, o = (sigmoid((x @ W + h @ U + b)[:, k * n : (k + 1) * n]) for k in (0, 1, 3))
    new = f * c + i * np.tanh((x @ W + h @ U + b)[:, 2 * n : 3 * n])
    return o * np.tanh(new), new


def arriving(f):
    return np.array([f[t + 1 :].prod(axis=0) for t in range(len(f))])


def peephole(x, h, c, W, U, b, v, used=(1, 1, 1)):
    i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=1)
    i, f = i + used[0] * v[0] * c, f + used[1] * v[1] * c
    new = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o + used[2] * v[2] * new) * np.tanh(new), new


RIGHT = {
    "lstm-parameters": [12200],
    "lstm-step": [step, lambda *a: np.stack(step(*a))],
    "lstm-bias-for": [
        lambda steps: -math.log(math.exp(1 / steps) - 1),
        lambda steps: math.log(math.exp(-1 / steps) / (1 - math.exp(-1 / steps))),
        lambda steps: [-np.log(np.expm1(1 / steps))],
    ],
    "lstm-arriving": [arriving],
    "lstm-peepholes": [peephole],
}

WRONG = {
    "lstm-parameters": [(1, "shapes of kernel")],
    "lstm-step": [
        (lambda *a: step(*a)[0], "one state"),
        (lambda *a: [2 * state for state in step(*a)], "one by one"),
    ],
    "lstm-bias-for": [(lambda steps: 1.0, "what comes out")],
    "lstm-arriving": [(lambda f: f, "three steps by hand")],
    "lstm-peepholes": [(lambda *a: peephole(*a, used=(0, 1, 1)), "unit by unit")],
}

UNREADABLE = {}
