"""Answers to the exercises of chapter 2: right ones, wrong ones, and ones of another kind."""

import math

import numpy as np

SECRETS = ("1,312", "1312", ".T", "np.", "ceil", "1 - h")


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def norm_clip(g, limit):
    """A solution written another way than the module's own."""
    length = math.sqrt(sum(x * x for x in g))
    return g if length <= limit else g * (limit / length)


def in_steps(gain, share):
    return math.ceil(math.log(share) / math.log(gain) - 1e-9)


RIGHT = {
    "rnn-parameters": [1312, np.int64(1312), 1312.0],
    "rnn-one-step": [
        lambda x, h, W, U, b: np.tanh(x @ W + h @ U + b),
        lambda x, h, W, U, b: np.tanh(np.hstack([x, h]) @ np.vstack([W, U]) + b),
    ],
    "rnn-one-step-back": [
        lambda delta, h, U: (delta * (1 - h**2)) @ U.T,
        lambda delta, h, U: np.einsum("bj,ij->bi", delta - delta * h * h, U),
    ],
    "rnn-steps-until": [in_steps, lambda g, s: next(k for k in range(999) if g**k <= s + 1e-15)],
    "rnn-clip": [norm_clip, lambda g, limit: g * min(1, limit / np.linalg.norm(g))],
}

WRONG = {
    "rnn-parameters": [
        (288, "dense layer"),
        (1280, "not added to the sum"),
        (1056, "reads the input"),
        (1344, "two biases"),
        (5248, "an LSTM"),
        (3936, "a GRU"),
        (8 * 41, "changed places"),
        (13120, "once for each step"),
        (7, "shapes of W, U and b"),
    ],
    "rnn-one-step": [
        (lambda x, h, W, U, b: x @ W + h @ U + b, "within bounds"),
        (lambda x, h, W, U, b: np.tanh(x @ W + h @ U.T + b), "transposed"),
        (lambda x, h, W, U, b: np.tanh(x @ W + h @ U), "five arguments"),
        (lambda x, h, W, U, b: np.tanh(x @ W + b), "no memory"),
        (lambda x, h, W, U, b: np.tanh(h @ U + b), "never looks"),
        (lambda x, h, W, U, b: np.tanh(x @ W) + np.tanh(h @ U) + b, "whole sum"),
        (lambda x, h, W, U, b: np.tanh(x @ W + h @ U) + b, "whole sum"),
        (lambda x, h, W, U, b: sigmoid(x @ W + h @ U + b), "the sigmoid"),
        (lambda x, h, W, U, b: np.tanh(x @ W + h @ U + b)[0], "shape of the old one"),
        (lambda x, h, W, U, b: np.tanh(x @ W - h @ U + b), "term by term"),
    ],
    "rnn-one-step-back": [
        (lambda delta, h, U: (delta * (1 - h**2)) @ U, "walks forwards"),
        (lambda delta, h, U: delta @ U.T, "went past the tanh"),
        (lambda delta, h, U: delta * (1 - h**2), "not yet crossed"),
        (lambda delta, h, U: (delta @ U.T) * (1 - h**2), "wrong order"),
        (lambda delta, h, U: (delta * (1 - np.tanh(h) ** 2)) @ U.T, "a tanh of a tanh"),
        (lambda delta, h, U: (delta * h * (1 - h)) @ U.T, "sigmoid"),
        (lambda delta, h, U: delta.sum(axis=0), "shape of the state"),
        (lambda delta, h, U: (delta * (1 + h**2)) @ U.T, "first formula"),
    ],
    "rnn-steps-until": [
        (lambda g, s: math.log(s) / math.log(g), "steps come whole"),
        (lambda g, s: in_steps(g, s) - 1, "too early"),
        (lambda g, s: in_steps(g, s) + 1, "later than"),
        (lambda g, s: math.ceil(math.log(g) / math.log(s)), "changed places"),
        (lambda g, s: math.ceil((1 - s) / (1 - g)), "same amount"),
        (lambda g, s: math.floor(math.log(s)), "negative number"),
        (lambda g, s: 5, "what is gain ** steps"),
    ],
    "rnn-clip": [
        (lambda g, limit: np.clip(g, -limit, limit), "by itself"),
        (lambda g, limit: np.minimum(g, limit), "large positive"),
        (lambda g, limit: limit * g / np.linalg.norm(g), "never enlarges"),
        (lambda g, limit: g, "as long as it was"),
        (lambda g, limit: g / max(1, (g**2).sum()), "squared norm"),
        (lambda g, limit: g / max(1, abs(g).max()), "largest number"),
        (lambda g, limit: g / max(1, abs(g).sum()), "sum of its numbers"),
        (lambda g, limit: g * 0, "nothing is learned"),
        (lambda g, limit: g / 2, "length and the direction"),
    ],
}

UNREADABLE = {
    "rnn-parameters": [("1312", "got '1312'"), (None, "nothing (None)")],
    "rnn-one-step": [
        (np.zeros((2, 5)), "hand in the function itself"),
        (lambda x, h, W, U, b: np.tanh(W @ x), "your function raised ValueError"),
        (lambda x, h: x, "your function raised TypeError"),
    ],
    "rnn-one-step-back": [(lambda delta, h, U: None, "is a return missing?")],
    "rnn-steps-until": [(44, "got 44"), (lambda g, s: [g, s], "not one number")],
    "rnn-clip": [
        (lambda g, limit: np.clip(g, -1, 1, out=g), "work on a copy"),
        (lambda g: g, "raised TypeError"),
    ],
}
