"""Answers to the exercises of chapter 3: right ones, wrong ones, and ones of another kind."""

import math

import numpy as np

SECRETS = ("12,200", "12200", "expm1", "cumprod", "np.", "i, f, c, o")


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def step(x, h, c, W, U, b, order="ifco", forget=True, kept="c", squash=np.tanh, write=np.tanh):
    """A solution with switches, one for each mistake."""
    gate = dict(zip(order, np.split(x @ W + h @ U + b, 4, axis=1), strict=True))
    old = {"c": c, "h": h}[kept]
    new = (sigmoid(gate["f"]) if forget else 1) * old + sigmoid(gate["i"]) * write(gate["c"])
    return sigmoid(gate["o"]) * squash(new), new


def swapped(states):
    return states[::-1]


def shows_the_old(x, h, c, W, U, b):
    o = sigmoid(np.split(x @ W + h @ U + b, 4, axis=1)[3])
    return o * np.tanh(c), step(x, h, c, W, U, b)[1]


def arriving(f):
    """A solution written another way than the module's own."""
    return np.array([f[t + 1 :].prod(axis=0) for t in range(len(f))])


def peephole(x, h, c, W, U, b, p, see="new", use=(1, 1, 1)):
    i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=1)
    i, f = i + use[0] * p[0] * c, f + use[1] * p[1] * c
    new = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o + use[2] * p[2] * (new if see == "new" else c)) * np.tanh(new), new


RIGHT = {
    "lstm-parameters": [12200, np.int64(12200), 12200.0],
    "lstm-step": [step, lambda *a: np.stack(step(*a))],
    "lstm-bias-for": [
        lambda steps: -math.log(math.exp(1 / steps) - 1),
        lambda steps: math.log(math.exp(-1 / steps) / (1 - math.exp(-1 / steps))),
    ],
    "lstm-arriving": [arriving],
    "lstm-peepholes": [peephole],
}

WRONG = {
    "lstm-parameters": [
        (3050, "one part"),
        (9150, "three gates"),
        (15250, "too many"),
        (12000, "biases are missing"),
        (12400, "PyTorch"),
        (2200, "hidden state into the gates"),
        (4 * 10 * 61, "changed places"),
        (1, "shapes of kernel"),
    ],
    "lstm-step": [
        (lambda *a: swapped(step(*a)), "changed places"),
        (lambda *a: step(*a, order="fico"), "another order"),
        (lambda *a: step(*a, order="icfo"), "another order"),
        (lambda *a: step(*a, order="ifoc"), "another order"),
        (lambda *a: step(*a, forget=False), "the LSTM of 1997"),
        (lambda *a: step(*a, kept="h"), "which state is the memory"),
        (lambda *a: step(*a, squash=lambda c: c), "something is missing around c"),
        (shows_the_old, "before the update"),
        (lambda *a: step(*a, write=sigmoid), "never negative"),
        (lambda *a: step(*a)[0], "one state"),
        (lambda *a: [2 * state for state in step(*a)], "one by one"),
    ],
    "lstm-bias-for": [
        (math.log, "rule of thumb"),
        (lambda steps: math.exp(-1 / steps), "keeps at each step"),
        (lambda steps: math.log(math.exp(1 / steps) - 1), "the sign"),
        (lambda bias: 1 / math.log(1 + math.exp(-bias)), "the way back"),
        (lambda steps: 1.0, "what comes out"),
    ],
    "lstm-arriving": [
        (lambda f: np.array([f[t:].prod(axis=0) for t in range(len(f))]), "one gate too many"),
        (lambda f: np.cumprod(f, axis=0), "before the first step"),
        (lambda f: f.prod(axis=0), "one product"),
        (lambda f: f.prod(axis=0) + 0 * f, "one product"),
        (lambda f: np.cumprod(f, axis=1), "over the units"),
        (lambda f: arriving(f)[::-1], "from the last step"),
        (lambda f: np.cumsum(f[::-1], axis=0)[::-1], "not added"),
        (lambda f: f, "three steps by hand"),
    ],
    "lstm-peepholes": [
        (lambda *a: peephole(*a, see="old"), "after the update"),
        (lambda *a: peephole(*a, use=(0, 0, 0)), "no effect"),
        (lambda *a: peephole(*a, use=(1, 1, 0)), "the third"),
        (lambda *a: swapped(peephole(*a)), "changed places"),
        (lambda *a: peephole(*a, use=(0, 1, 1)), "unit by unit"),
    ],
}

UNREADABLE = {
    "lstm-parameters": [("many", "got 'many'"), (0.5, "got 0.5")],
    "lstm-step": [
        (lambda x, h, c, W, U, b: None, "is a return missing?"),
        (lambda x, h, c, W, U, b: x @ U, "your function raised ValueError"),
    ],
    "lstm-bias-for": [(3.0, "got 3.0"), (lambda steps: [steps], "not one number")],
    "lstm-arriving": [
        (np.ones((6, 5)), "hand in the function itself"),
        (lambda f: f.sort(axis=0) or f, "work on a copy"),
    ],
    "lstm-peepholes": [(lambda x, h, c, W, U, b: h, "your function raised TypeError")],
}
