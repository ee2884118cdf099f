"""Answers to the exercises of chapter 2, of another make than the package's."""

import math

import numpy as np

SECRETS = ("1,312", "1312", ".T", "np.", "ceil", "1 - h")


def norm_clip(g, limit):
    length = math.sqrt(sum(x * x for x in g))
    return g if length <= limit else g * (limit / length)


def in_steps(gain, share):
    return math.ceil(math.log(share) / math.log(gain) - 1e-9)


RIGHT = {
    "rnn-parameters": [1312],
    "rnn-one-step": [lambda x, h, W, U, b: np.tanh(np.hstack([x, h]) @ np.vstack([W, U]) + b)],
    "rnn-one-step-back": [lambda delta, h, U: np.einsum("bj,ij->bi", delta - delta * h * h, U)],
    "rnn-steps-until": [in_steps, lambda g, s: next(k for k in range(999) if g**k <= s + 1e-15)],
    "rnn-clip": [norm_clip, lambda g, limit: g * min(1, limit / np.linalg.norm(g))],
}

WRONG = {
    "rnn-parameters": [(13120, "once for each step"), (7, "shapes of W, U and b")],
    "rnn-one-step": [
        (lambda x, h, W, U, b: np.tanh(x @ W + h @ U + b)[0], "shape of the old one"),
        (lambda x, h, W, U, b: np.tanh(x @ W - h @ U + b), "term by term"),
    ],
    "rnn-one-step-back": [
        (lambda delta, h, U: delta.sum(axis=0), "shape of the state"),
        (lambda delta, h, U: (delta * (1 + h**2)) @ U.T, "first formula"),
    ],
    "rnn-steps-until": [
        (lambda g, s: math.floor(math.log(s)), "negative number"),
        (lambda g, s: 5, "what is gain ** steps"),
    ],
    "rnn-clip": [
        (lambda g, limit: g * 0, "nothing is learned"),
        (lambda g, limit: g / 2, "length and the direction"),
    ],
}

UNREADABLE = {
    "rnn-steps-until": [(lambda g, s: [g, s], "on 0.9, 0.01 your function returned [0.9, 0.01]")],
}
