"""Answers to the exercises of the chapter on forecasting."""

import math

import numpy as np


def windows(values, lookback, horizon, shift=0, drop=0, features=True):
    """Windows cut with a loop, and the usual slips."""
    x, y = [], []
    for start in range(len(values) - lookback - horizon + 1 - max(shift, 0) - drop):
        x.append(values[start : start + lookback])
        y.append(values[start + lookback + shift : start + lookback + shift + horizon])
    x = np.array(x)
    return (x[..., None] if features else x), np.array(y)


def windows_by_view(values, lookback, horizon):
    both = np.lib.stride_tricks.sliding_window_view(values, lookback + horizon)
    return both[:, :lookback, None], both[:, lookback:]


def seasonal(x, season, horizon):
    tiled = np.tile(x[:, -season:, 0], (1, math.ceil(horizon / season)))
    return tiled[:, :horizon]


def scaled(train, test, by=None, ddof=0):
    by = train if by is None else by
    return tuple((part - by.mean()) / by.std(ddof=ddof) for part in (train, test))


def mse(forecast, truth):
    return ((forecast - truth) ** 2).mean(axis=0)


def radius(errors, level, extra=1):
    ranked = sorted(abs(e) for e in errors)
    return ranked[math.ceil(round((len(ranked) + extra) * level, 6)) - 1]


RIGHT = {
    "forecast-windows": [windows, windows_by_view],
    "forecast-seasonal": [
        seasonal,
        lambda x, season, horizon: [
            [row[-season + step % season, 0] for step in range(horizon)] for row in x
        ],
    ],
    "forecast-scale": [scaled, lambda train, test: list(scaled(train, test, ddof=1))],
    "forecast-skill": [
        lambda f, t, r: 1 - mse(f, t) / mse(r, t),
        lambda f, t, r: ((mse(r, t) - mse(f, t)) / mse(r, t)).tolist(),
    ],
    "forecast-interval": [radius, lambda errors, level: np.array([radius(errors, level)])],
}

# A wrong answer and words of the message that must meet it.
WRONG = {
    "forecast-windows": [
        (lambda *a: windows(*a, drop=1), "missing at the end"),
        (lambda *a: windows(*a, shift=-1), "read off"),
        (lambda *a: windows(*a, shift=1), "a step between"),
        (lambda *a: (windows(*a)[0], windows(*a)[1][:, -1:]), "only the last step"),
        (lambda *a: (windows(*a)[0], windows(*a)[1][:, -1]), "only the last step"),
        (lambda *a: windows(*a, features=False), "features axis"),
        (lambda *a: (windows(*a)[0][::-1], windows(*a)[1]), "backwards"),
        (lambda *a: (windows(*a)[0][:, ::-1], windows(*a)[1]), "backwards"),
        (lambda *a: (windows(*a)[0], windows(*a)[1][1:]), "different lengths"),
        (lambda *a: (2 * windows(*a)[0], windows(*a)[1]), "by hand"),
    ],
    "forecast-seasonal": [
        (lambda x, season, horizon: np.repeat(x[:, -1], horizon, axis=1), "naive forecast"),
        (lambda x, season, horizon: np.repeat(x[:, -season], horizon, axis=1), "same value"),
        (
            lambda x, season, horizon: seasonal(x[:, :-1], season, horizon),
            "one step too early",
        ),
        (lambda x, season, horizon: x[:, -season:, 0][:, :horizon], "shape is wrong"),
        (
            lambda x, season, horizon: np.pad(
                x[:, -season:, 0], ((0, 0), (0, 9)), constant_values=0
            )[:, :horizon],
            "known at the origin",
        ),
        (lambda *a: seasonal(*a)[..., None], "drop the features axis"),
        (lambda *a: 2 * seasonal(*a), "one window of four"),
    ],
    "forecast-scale": [
        (lambda a, b: scaled(a, b, by=np.concatenate([a, b])), "both parts"),
        (lambda a, b: (scaled(a, b)[0], scaled(b, a)[0]), "a scale of its own"),
        (
            lambda a, b: tuple((v - a.min()) / (a.max() - a.min()) for v in (a, b)),
            "from 0 to 1",
        ),
        (lambda a, b: (a - a.mean(), b - a.mean()), "division is missing"),
        (lambda a, b: (scaled(a, b)[0], np.clip(scaled(a, b)[1], -3, 3)), "clipped"),
        (lambda a, b: (a, b), "how many numbers"),
    ],
    "forecast-skill": [
        (lambda f, t, r: mse(f, t) / mse(r, t), "share of the error that is left"),
        (lambda f, t, r: 1 - mse(r, t) / mse(f, t), "changed places"),
        (lambda f, t, r: 1 - np.sqrt(mse(f, t) / mse(r, t)), "root mean"),
        (lambda f, t, r: 1 - mse(f, t).mean() / mse(r, t).mean(), "one number"),
        (lambda f, t, r: 1 - mse(f, t) / t.var(axis=0), "that is R²"),
        (
            lambda f, t, r: 1 - ((f - t) ** 2).mean(axis=1) / ((r - t) ** 2).mean(axis=1),
            "which axis",
        ),
        (lambda f, t, r: mse(f, t), "two mean squared errors"),
    ],
    "forecast-interval": [
        (lambda errors, level: -radius(errors, level), "below 0"),
        (lambda errors, level: sorted(abs(errors))[int(level * 14)], "place short"),
        (lambda errors, level: np.quantile(abs(errors), level), "interpolates"),
        (
            lambda errors, level: np.sort(errors)[math.ceil(16 * level - 1e-9) - 1],
            "keep their signs",
        ),
        (lambda errors, level: radius(errors, (1 + level) / 2), "one side only"),
        (lambda errors, level: radius(errors, 1 - level), "exceeded"),
        (lambda errors, level: 1.28155 * errors.std(), "normal distribution"),
        (lambda errors, level: 100.0, "sort the distances"),
    ],
}

# An answer of the wrong kind and words of the message.
UNREADABLE = {
    "forecast-windows": [
        (np.zeros(3), "without calling it"),
        (lambda *a: None, "is a return missing?"),
        (lambda *a: windows(*a)[0], "not two arrays"),
        (lambda *a: ("x", "y"), "not numbers"),
        (lambda values: values, "raised TypeError"),
    ],
    "forecast-seasonal": [
        (lambda *a: None, "is a return missing?"),
        (lambda x, season, horizon: x.sort(axis=1) or x, "work on a copy"),
    ],
    "forecast-scale": [
        (lambda a, b: a, "not two arrays"),
        (lambda a, b: (a.sort() or a, b), "work on a copy"),
    ],
    "forecast-skill": [(0.5, "got 0.5"), (lambda f, t: 1.0, "raised TypeError")],
    "forecast-interval": [
        (lambda errors, level: errors, "not one number"),
        (lambda errors, level: "wide", "not numbers"),
    ],
}

SECRETS = ["% season", "1 - mine", "train.mean()", "+ 1) *", "math.ceil"]
