"""Answers to the exercises of the chapter on improving, of another make than the package's."""

import numpy as np
from scipy import stats

SECRETS = ("A is", "B is", "allclose", "isclose", "np.any", "axis=0", "axis=(", "2.77", "ppf",
           "ddof", "sem(")  # fmt: skip

FOUND = {"A": "statistics", "B": "leak", "C": "axis", "D": "labels", "E": "rate"}


def known(train, val):
    return {v.tobytes() for v in val} & {t.tobytes() for t in train}


def mixes(model, x, atol=1e-4):
    alone = np.concatenate([model(x[i : i + 1]) for i in range(len(x))])
    return not np.allclose(model(x), alone, rtol=0, atol=atol)


RIGHT = {
    "improving-cases": [dict(reversed(FOUND.items()))],
    "improving-leak": [lambda a, b: sum(v.tobytes() in known(a, b) for v in b)],
    "improving-scale": [lambda a, b: (b - a.mean(axis=0)) / (a.std(axis=0) + 1e-7)],
    "improving-mixes": [
        mixes,
        lambda model, x: np.abs(model(x)[-1] - model(x[-1:])[0]).max() > 1e-3,
    ],
    "improving-noise": [lambda a, b: stats.ttest_rel(a, b).confidence_interval()],
}

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
        (lambda a, b: len(known(a, b)), "different sequences"),
        (lambda a, b: np.isin(b, a).any(axis=(1, 2)).sum(), "share a part"),
        (lambda a, b: 1, "too few"),
    ],
    "improving-scale": [
        (lambda a, b: (b - a.min(axis=0)) / np.ptp(a, axis=0), "mean 0"),
        (lambda a, b: b[:3], "mean 0"),
    ],
    "improving-mixes": [
        (lambda *given: mixes(*given, atol=1e-8), "rounding for mixing"),
        (lambda model, x: not np.allclose(model(x[::-1])[::-1], model(x)), "mean of the batch"),
        (lambda model, x: model.__name__ != "_centres", "mean of the batch"),
        (lambda model, x: not np.allclose(model(x)[0], model(x[:1])[0]), "nobody before it"),
        (lambda model, x: model.__name__ != "_rounds", "by itself"),
    ],
    "improving-noise": [
        (lambda a, b: stats.ttest_ind(a, b).confidence_interval(), "as strangers"),
        (lambda a, b: stats.norm.interval(0.95, np.mean(a - b), stats.sem(a - b)), "a guess too"),
        (lambda a, b: (min(a - b), max(a - b)), "t_interval"),
    ],
}

UNREADABLE = {
    "improving-cases": [
        (["leak"], "got ['leak']"),
        ({"A": "leak"}, "got {'A': 'leak'}"),
        ({**FOUND, "C": "batch"}, "got 'batch' for case C"),
    ],
    "improving-mixes": [(lambda model, x: model(x), "not True or False")],
    "improving-noise": [(lambda a, b: np.mean(a - b), "not two numbers")],
}
