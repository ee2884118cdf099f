"""Answers to the exercises of the chapter on improving: right, wrong, and of another kind."""

import numpy as np
from scipy import stats

SECRETS = ("A is", "B is", "allclose", "isclose", "np.any", "axis=0", "axis=(", "2.77", "ppf",
           "ddof", "sem(")  # fmt: skip

FOUND = {"A": "statistics", "B": "leak", "C": "axis", "D": "labels", "E": "rate"}


def same(train, val):
    return (val[:, None] == train[None]).all(axis=(2, 3))


def scaled(train, new):
    return (new - train.mean(axis=0)) / train.std(axis=0)


def alone(model, x):
    return np.concatenate([model(x[i : i + 1]) for i in range(len(x))])


T_4, T_8 = stats.t.ppf(0.975, [4, 8])


def interval(first, second, quantile=T_4, ddof=1):
    difference = first - second
    half = quantile * difference.std(ddof=ddof) / len(difference) ** 0.5
    return difference.mean() - half, difference.mean() + half


def strangers(first, second, quantile=T_8):
    half = quantile * np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / len(first))
    return first.mean() - second.mean() - half, first.mean() - second.mean() + half


RIGHT = {
    "improving-cases": [FOUND, dict(reversed(FOUND.items()))],
    "improving-leak": [
        lambda a, b: same(a, b).any(axis=1).sum(),
        lambda a, b: sum(any(np.array_equal(v, t) for t in a) for v in b),
        lambda a, b: sum(v.tobytes() in {t.tobytes() for t in a} for v in b),
    ],
    "improving-scale": [
        scaled,
        lambda a, b: (b - a.mean(axis=0)) / (a.std(axis=0) + 1e-7),
        lambda a, b: (b - a.mean(axis=0)) / a.std(axis=0, ddof=1),
    ],
    "improving-mixes": [
        lambda model, x: not np.allclose(model(x), alone(model, x), atol=1e-4),
        lambda model, x: bool(np.abs(model(x)[-1] - model(x[-1:])[0]).max() > 1e-3),
    ],
    "improving-noise": [
        interval,
        lambda a, b: stats.ttest_rel(a, b).confidence_interval(),
        lambda a, b: np.array(interval(a, b)),
    ],
}

# A wrong answer and words of the message that must meet it.
WRONG = {
    "improving-cases": [
        (dict.fromkeys(FOUND, "leak"), "named twice"),
        ({**FOUND, "D": "rate", "E": "labels"}, "can't even do that"),
        ({**FOUND, "A": "axis", "C": "statistics"}, "the company"),
        ({**FOUND, "B": "rate", "E": "leak"}, "what has it seen"),
        ({**FOUND, "A": "rate", "E": "axis", "C": "statistics"}, "no learned weight"),
        ({**FOUND, "A": "rate", "E": "statistics"}, "which column"),
    ],
    "improving-leak": [
        (lambda a, b: (a[: len(b)] == b).all(axis=(1, 2)).sum(), "stand anywhere"),
        (lambda a, b: same(a, b).sum(), "counts pairs"),
        (lambda a, b: same(a, b).any(axis=0).sum(), "counts training"),
        (
            lambda a, b: len({v.tobytes() for v in b} & {t.tobytes() for t in a}),
            "different sequences",
        ),
        (lambda a, b: same(a, b).any(axis=1).mean(), "a share"),
        (
            lambda a, b: same(np.sort(a, axis=1), np.sort(b, axis=1)).any(axis=1).sum(),
            "in another order",
        ),
        (lambda a, b: np.isin(b, a).any(axis=(1, 2)).sum(), "share a part"),
        (lambda a, b: int(same(a, b).any()), "too few"),
    ],
    "improving-scale": [
        (lambda a, b: scaled(b, b), "their own statistics"),
        (lambda a, b: scaled(np.concatenate([a, b]), b), "both sets together"),
        (lambda a, b: scaled(a, a), "new ones were asked for"),
        (lambda a, b: (b - a.mean()) / a.std(), "one mean serves"),
        (lambda a, b: (b - a.mean(axis=(0, 1))) / a.std(axis=(0, 1)), "one mean serves"),
        (lambda a, b: b - a.mean(axis=0), "spread is what it was"),
        (lambda a, b: (b - a.mean(axis=0)) / a.var(axis=0), "square of the unit"),
        (lambda a, b: (b - a.min(axis=0)) / np.ptp(a, axis=0), "mean 0"),
        (lambda a, b: b[:3], "mean 0"),
    ],
    "improving-mixes": [
        (lambda model, x: False, "finds nothing"),
        (lambda model, x: True, "suspects every"),
        (lambda model, x: np.allclose(model(x), alone(model, x), atol=1e-4), "wrong way round"),
        (lambda model, x: bool((model(x) != alone(model, x)).any()), "rounding for mixing"),
        (lambda model, x: not np.allclose(model(x[::-1])[::-1], model(x)), "mean of the batch"),
        (lambda model, x: not np.allclose(model(x)[0], model(x[:1])[0]), "nobody before it"),
        (lambda model, x: model.__name__ != "_rounds", "by itself"),
    ],
    "improving-noise": [
        (lambda a, b: interval(a, b)[::-1], "wrong way round"),
        (lambda a, b: interval(b, a), "second recipe minus"),
        (strangers, "as strangers"),
        (lambda a, b: strangers(a, b, 1.95996), "as strangers"),
        (lambda a, b: (np.mean(a - b) - 2.7764 * np.std(a - b, ddof=1),
                       np.mean(a - b) + 2.7764 * np.std(a - b, ddof=1)), "single differences"),
        (lambda a, b: interval(a, b, 1.95996), "a guess too"),
        (lambda a, b: interval(a, b, ddof=0), "too small"),
        (lambda a, b: (min(a - b), max(a - b)), "t_interval"),
    ],
}  # fmt: skip

UNREADABLE = {
    "improving-cases": [
        (["leak"], "got ['leak']"),
        ({"A": "leak"}, "got {'A': 'leak'}"),
        ({**FOUND, "C": "batch"}, "for case C got 'batch'"),
    ],
    "improving-leak": [
        (4, "got 4"),
        (lambda a, b: same(a, b), "an array of shape (12, 40)"),
    ],
    "improving-scale": [
        (np.ones(3), "without calling it"),
        (lambda a, b: None, "a return missing"),
    ],
    "improving-mixes": [
        (True, "got True"),
        (lambda model, x: model(x), "an array of shape"),
    ],
    "improving-noise": [
        ((0.1, 0.2), "got (0.1, 0.2)"),
        (lambda a, b: 0.0, "returned"),
    ],
}
