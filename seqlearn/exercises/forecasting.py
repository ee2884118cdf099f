"""The exercises of the chapter on forecasting."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from statistics import NormalDist

import numpy as np

from seqlearn.exercises.judging import AnyOf, Exercise, Function, Where, same, shaped
from seqlearn.exercises.reading import Array, arrays, one_number

# ---- Cut a series into windows of some values and the values that follow ------------

_CUT = (np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.0, 6.0, 5.0, 3.5]), 3, 2)


def _windows(
    values: Array, lookback: int, horizon: int,
    shift: int = 0, dropped: int = 0, targets: int | slice = slice(None),
) -> tuple[Array, Array]:  # fmt: skip
    starts = range(len(values) - lookback - horizon + 1 - max(shift, 0) - dropped)
    x = np.array([values[s : s + lookback, np.newaxis] for s in starts])
    return x, np.array([values[s + lookback + shift :][:horizon] for s in starts])[:, targets]


def _where_x_is(*changed: Callable[[Array], Array]) -> Where:
    x, _ = _windows(*_CUT)
    return Where(lambda tried: any(same(tried.result[0], change(x)) for change in changed))


WINDOWS = Exercise(
    id="forecast-windows",
    expects="a function of values, lookback and horizon that returns x, (batch, timesteps, 1), "
    "and y, (batch, horizon)",
    read=Function([_CUT], returns=arrays(2)),
    right=_windows,
    confirms="every window that fits, each with the values that follow right after it.",
    misconceptions={
        "one window is missing at the end: does your last target include the last value of "
        "the series?": partial(_windows, dropped=1),
        "the first target is the last value of the window: the model can read off what it should "
        "forecast.": AnyOf(partial(_windows, shift=-1), partial(_windows, shift=-1, dropped=1)),
        "there is a step between window and targets: the value right after the window is never "
        "asked for.": AnyOf(partial(_windows, shift=1), partial(_windows, shift=1, dropped=1)),
        "only the last step of the horizon is a target. All steps up to it are asked for.": AnyOf(
            partial(_windows, targets=slice(-1, None)), partial(_windows, targets=-1)
        ),
        "x has the shape (batch, timesteps): Keras wants the features axis, too.": _where_x_is(
            lambda x: x[..., 0]
        ),
        "the values run backwards: the oldest window, and in it the oldest value, comes "
        "first.": _where_x_is(lambda x: x[::-1], lambda x: x[:, ::-1]),
        "x and y have different lengths: each window needs its targets.": Where(
            lambda tried: tried.result[0].shape[:1] != tried.result[1].shape[:1]
        ),
    },
    otherwise="write down the first window and its targets by hand, then the last, and compare.",
)

# ---- Forecast what was one season ago, also beyond one season -----------------------

_SIX_STEPS = np.random.default_rng(0).normal(size=(5, 6, 1))


def _seasonal(x: Array, season: int, horizon: int, early: int = 0, moving: int = 1) -> Array:
    start = x.shape[1] - season - early
    return x[:, [start + moving * step % season for step in range(horizon)], 0]


SEASONAL = Exercise(
    id="forecast-seasonal",
    expects="a function of x, (batch, timesteps, 1), season and horizon that returns forecasts, "
    "(batch, horizon)",
    read=Function([(_SIX_STEPS, 4, 3), (_SIX_STEPS, 4, 7)]),
    right=_seasonal,
    confirms="each step repeats its own place in the last season, and beyond one season it comes "
    "round.",
    misconceptions={
        "that is the naive forecast: the last value at every step.": lambda x, season, horizon: (
            _seasonal(x, 1, horizon)
        ),
        "every step gets the same value. One step later, the value of one season before is "
        "one step later, too.": partial(_seasonal, moving=0),
        "you are one step too early: for the first step of the horizon, count a season "
        "back from the step itself, not from the last value.": partial(_seasonal, early=1),
        "right within one season. On a horizon longer than that the shape is wrong: how many "
        "steps were asked for?": Where(
            lambda tried: tried.each_like(_seasonal)[0] and tried.results[1].shape != (5, 7)
        ),
        "right within one season. Beyond it, which values are known at the origin?": Where(
            lambda tried: tried.each_like(_seasonal)[0]
        ),
        "the shape should be (batch, horizon): drop the features axis.": shaped(
            (5, 3, 1), (5, 7, 1)
        ),
    },
    otherwise="try it on one window of four values with a season of three, by hand.",
)

# ---- Scale training and test values to mean 0 and standard deviation 1, without a leak

_Statistic = Callable[[Array], float]


def _scaled(
    train: Array, test: Array,
    off: _Statistic = np.mean, by: _Statistic = np.std, of_both: bool = False,
    limit: float = np.inf,
) -> tuple[Array, ...]:  # fmt: skip
    seen = np.concatenate([train, test]) if of_both else train
    return tuple(np.clip((part - off(seen)) / by(seen), -limit, limit) for part in (train, test))


SCALE = Exercise(
    id="forecast-scale",
    expects="a function of train and test that returns both, scaled",
    read=Function([(np.array([2.0, 4, 9, 5]), np.array([12.0, 20, 13]))], returns=arrays(2)),
    right=AnyOf(_scaled, partial(_scaled, by=partial(np.std, ddof=1))),
    confirms="one scale for both, and it knows nothing of the test part. That the scaled test "
    "values are large is news, not an error.",
    misconceptions={
        "the statistics come from both parts: the training values change when the future "
        "does.": partial(_scaled, of_both=True),
        "each part has a scale of its own: the same measured value means two different inputs, and "
        "the test part knows its own "
        "future.": lambda train, test: (_scaled(train, test)[0], _scaled(test, train)[0]),
        "that scales to the range from 0 to 1. Mean 0 and standard deviation 1 were asked "
        "for.": AnyOf(
            *(partial(_scaled, off=np.min, by=np.ptp, of_both=leak) for leak in (False, True))
        ),
        "the mean is taken off. The division is missing.": partial(_scaled, by=lambda seen: 1),
        "the test values are clipped: a forecast can no longer be turned back into its "
        "unit.": partial(_scaled, limit=3),
    },
    otherwise="how many numbers describe the scale, and which values may they be computed from?",
)

# ---- Compute the skill of a forecast at each horizon, against a reference -----------


def _forecasts() -> tuple[Array, Array, Array]:
    """A forecast, the truth and a reference, (20, 3)."""
    rng = np.random.default_rng(0)
    truth = rng.normal(1, 2, size=(20, 3))
    forecast = truth + rng.normal(size=truth.shape) * [0.5, 1.0, 1.5]
    return forecast, truth, truth + rng.normal(size=truth.shape) * [1.0, 1.2, 1.4]


def _mse(forecast: Array, truth: Array) -> Array:
    return np.mean((forecast - truth) ** 2, axis=0)


def _score(rule: Callable[[Array, Array], Array]) -> Callable[[Array, Array, Array], Array]:
    """Make a score of the forecast's errors and the reference's."""
    return lambda forecast, truth, reference: rule(_mse(forecast, truth), _mse(reference, truth))


SKILL = Exercise(
    id="forecast-skill",
    expects="a function of forecast, truth and reference, each (batch, horizon), that returns the "
    "skill, (horizon,)",
    read=Function([_forecasts()]),
    right=_score(lambda mine, other: 1 - mine / other),
    confirms="1 without error, 0 as good as the reference, and below 0 where it is worse.",
    misconceptions={
        "that is the share of the error that is left. A perfect forecast should get a 1.": _score(
            lambda mine, other: mine / other
        ),
        "numerator and denominator have changed places: what does a perfect forecast get?": _score(
            lambda mine, other: 1 - other / mine
        ),
        "that compares root mean squared errors. The chapter's skill compares squared "
        "ones.": _score(lambda mine, other: 1 - np.sqrt(mine / other)),
        "that is one number. How far ahead a forecast is worth something shows only in one "
        "for each horizon.": shaped(()),
        "that is R², whose reference is the mean of the test part, a forecast that nobody can "
        "make. Use the reference that is given.": lambda forecast, truth, reference: (
            1 - _mse(forecast, truth) / truth.var(axis=0)
        ),
        "that averages over the horizons and keeps the windows: over which axis is the "
        "mean?": shaped((20,)),
    },
    otherwise="two mean squared errors at each horizon, the forecast's and the reference's, and "
    "nothing else.",
)

# ---- How far must an interval reach so that it holds the next value with some probability?


def _radius(errors: Array, level: float, room: int = 1, signed: bool = False) -> float:
    ranked = np.sort(errors if signed else abs(errors))
    return ranked[math.ceil((len(errors) + room) * level - 1e-9) - 1]


INTERVAL = Exercise(
    id="forecast-interval",
    expects="a function of errors, (batch,), and level that returns the radius, a number",
    read=Function(
        [(np.random.default_rng(5).normal(-0.8, 2, size=15), 0.8)],
        returns=one_number,
        tolerance=1e-3,  # quantiles of the normal distribution are often rounded
    ),
    right=_radius,
    confirms="the error to come takes any place among these with equal probability, and you left "
    "it room.",
    misconceptions={
        "that is below 0: a radius is a distance. Which sign do errors have?": Where(
            lambda tried: tried.result < 0
        ),
        "one place short: is your rank counted from 0 or from 1, and does it leave room "
        "for the error to come?": partial(_radius, room=0),
        "np.quantile interpolates between the known errors. For few of them that is too "
        "narrow: the error to come takes a place "
        "as well.": lambda errors, level: np.quantile(abs(errors), level),
        "the errors keep their signs: an interval around the forecast has to be as wide "
        "as the distance, up or down.": partial(_radius, signed=True),
        "that leaves a tenth on each side of the *distances*. They have one side "
        "only.": lambda errors, level: _radius(errors, (1 + level) / 2),
        "that is the radius that is exceeded with the wanted probability.": lambda errors, level: (
            _radius(errors, 1 - level)
        ),
        "that is right for errors of a normal distribution with mean 0. Nobody said they have "
        "one.": lambda errors, level: NormalDist(0, errors.std()).inv_cdf((1 + level) / 2),
    },
    otherwise="sort the distances. How many of them must the radius reach, when one more is to "
    "come?",
)

EXERCISES = (WINDOWS, SEASONAL, SCALE, SKILL, INTERVAL)
