"""Answers to the exercises of the chapter on forecasting, of another make than the package's."""

import math

import numpy as np


def windows(values, lookback, horizon):
    both = np.lib.stride_tricks.sliding_window_view(values, lookback + horizon)
    return both[:, :lookback, None], both[:, lookback:]


def seasonal(x, season, horizon):
    tiled = np.tile(x[:, -season:, 0], (1, math.ceil(horizon / season)))
    return tiled[:, :horizon]


def scaled(train, test, ddof=0):
    return tuple((part - train.mean()) / train.std(ddof=ddof) for part in (train, test))


def mse(forecast, truth, axis=0):
    return ((forecast - truth) ** 2).mean(axis)


def radius(errors, level):
    ranked = sorted(abs(e) for e in errors)
    return ranked[math.ceil(round((len(ranked) + 1) * level, 6)) - 1]


RIGHT = {
    "forecast-windows": [windows],
    "forecast-seasonal": [
        seasonal,
        lambda x, s, h: [[row[-s + step % s, 0] for step in range(h)] for row in x],
    ],
    "forecast-scale": [scaled, lambda train, test: list(scaled(train, test, ddof=1))],
    "forecast-skill": [lambda f, t, r: ((mse(r, t) - mse(f, t)) / mse(r, t)).tolist()],
    "forecast-interval": [radius, lambda errors, level: np.array([radius(errors, level)])],
}

WRONG = {
    "forecast-windows": [
        (lambda *a: (windows(*a)[0][..., 0], windows(*a)[1]), "features axis"),
        (lambda *a: (windows(*a)[0][::-1], windows(*a)[1]), "backwards"),
        (lambda *a: (windows(*a)[0][:, ::-1], windows(*a)[1]), "backwards"),
        (lambda *a: (windows(*a)[0], windows(*a)[1][1:]), "different lengths"),
        (lambda *a: (2 * windows(*a)[0], windows(*a)[1]), "by hand"),
        (lambda *a: (1.0, 2.0), "by hand"),
    ],
    "forecast-seasonal": [
        (lambda x, s, h: x[:, -s:, 0][:, :h], "shape is wrong"),
        (lambda x, s, h: np.pad(x[:, -s:, 0], ((0, 0), (0, 9)))[:, :h], "known at the origin"),
        (lambda *a: seasonal(*a)[..., None], "drop the features axis"),
        (lambda *a: 2 * seasonal(*a), "one window of four"),
    ],
    "forecast-scale": [(lambda a, b: (a, b), "how many numbers")],
    "forecast-skill": [
        (lambda f, t, r: 1 - mse(f, t).mean() / mse(r, t).mean(), "one number"),
        (lambda f, t, r: 1 - mse(f, t, axis=1) / mse(r, t, axis=1), "which axis"),
        (lambda f, t, r: mse(f, t), "two mean squared errors"),
    ],
    "forecast-interval": [
        (lambda errors, level: -radius(errors, level), "below 0"),
        (lambda errors, level: 100.0, "sort the distances"),
    ],
}

UNREADABLE = {
    "forecast-windows": [(lambda *a: windows(*a)[0], "not two arrays")],
    "forecast-interval": [(lambda errors, level: errors, "not one number")],
}

SECRETS = ["% season", "1 - mine", "train.mean()", "+ 1) *", "math.ceil"]
