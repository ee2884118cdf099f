"""The exercises of the chapter on forecasting."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqlearn.exercises.before import (
    Exercise,
    NotAnAnswer,
    call_on,
    describe,
    same_array,
)

Array = np.ndarray


def _pair(function: Any, *arguments: Any) -> tuple[Array, Array]:
    """Call a reader's function that should return two arrays."""
    if not callable(function):
        raise NotAnAnswer(
            f"got {describe(function)}; hand in the function itself, without calling it"
        )
    given = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
    try:
        result = function(*given)
    except Exception as error:
        raise NotAnAnswer(f"your function raised {type(error).__name__}: {error}") from error
    if result is None:
        raise NotAnAnswer("your function returned nothing: is a return missing?")
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise NotAnAnswer(f"your function returned {describe(result)}, not two arrays")
    try:
        first, second = (np.asarray(part, dtype=float) for part in result)
    except (TypeError, ValueError):
        raise NotAnAnswer("your function returned something that is not numbers") from None
    if not all(map(np.array_equal, given, arguments)):
        raise NotAnAnswer(
            "your function changes the array that it is given, so a second run of the cell "
            "would start from other data: work on a copy"
        )
    return first, second


# ---- Windows -----------------------------------------------------------------------

_SERIES = np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.0, 6.0, 5.0, 3.5])
_LOOKBACK, _AHEAD = 3, 2


@dataclass(frozen=True)
class _Cut:
    """Inputs and targets that a reader's function cut from the series."""

    x: Array
    y: Array

    def is_cut(self, shift: int = 0, dropped: int = 0, only_last: bool = False) -> bool:
        """Whether these are the windows, or those of one mistake."""
        x, y = _cut(shift, dropped)
        y = y[:, -1:] if only_last else y
        return same_array(self.x, x) and (
            same_array(self.y, y) or (only_last and same_array(self.y, y[:, 0]))
        )


def _cut(shift: int = 0, dropped: int = 0) -> tuple[Array, Array]:
    count = len(_SERIES) - _LOOKBACK - _AHEAD + 1 - max(shift, 0) - dropped
    starts = range(count)
    x = [_SERIES[s : s + _LOOKBACK] for s in starts]
    y = [_SERIES[s + _LOOKBACK + shift :][:_AHEAD] for s in starts]
    return np.array(x)[..., np.newaxis], np.array(y)


WINDOWS = Exercise(
    id="forecast-windows",
    asks="Cut a series into windows of some values and the values that follow.",
    expects="a function of values, lookback and horizon that returns x, (batch, timesteps, 1), "
    "and y, (batch, horizon)",
    read=lambda function: _Cut(*_pair(function, _SERIES, _LOOKBACK, _AHEAD)),
    is_right=lambda c: c.is_cut(),
    confirms="every window that fits, each with the values that follow right after it.",
    misconceptions=(
        (
            lambda c: c.is_cut(dropped=1),
            "one window is missing at the end: does your last target include the last value of "
            "the series?",
        ),
        (
            lambda c: c.is_cut(shift=-1) or c.is_cut(shift=-1, dropped=1),
            "the first target is the last value of the window: the model can read off what it "
            "should forecast.",
        ),
        (
            lambda c: c.is_cut(shift=1) or c.is_cut(shift=1, dropped=1),
            "there is a step between window and targets: the value right after the window is "
            "never asked for.",
        ),
        (
            lambda c: c.is_cut(only_last=True),
            "only the last step of the horizon is a target. All steps up to it are asked for.",
        ),
        (
            lambda c: same_array(c.x, _cut()[0][..., 0]),
            "x has the shape (batch, timesteps): Keras wants the features axis, too.",
        ),
        (
            lambda c: same_array(c.x, _cut()[0][::-1]) or same_array(c.x, _cut()[0][:, ::-1]),
            "the values run backwards: the oldest window, and in it the oldest value, comes first.",
        ),
        (
            lambda c: len(c.x) != len(c.y),
            "x and y have different lengths: each window needs its targets.",
        ),
    ),
    otherwise="write down the first window and its targets by hand, then the last, and compare.",
)

# ---- Seasonal naive ----------------------------------------------------------------


def _season_forecast(x: Array, season: int, horizon: int) -> Array:
    return x[:, [x.shape[1] - season + step % season for step in range(horizon)], 0]


def _read_seasonal(function: Any) -> list[tuple[Array, int, int, Array]]:
    rng = np.random.default_rng(0)
    tried = []
    for season, horizon in ((4, 3), (4, 7)):
        x = rng.normal(size=(5, 6, 1))
        tried.append((x, season, horizon, call_on(function, x, season, horizon)))
    return tried


def _all_like(rule: Callable[..., Array], tries: slice = slice(None)) -> Callable[[Any], bool]:
    def like(tried):
        return all(
            same_array(result, rule(x, season, horizon))
            for x, season, horizon, result in tried[tries]
        )

    return like


SEASONAL = Exercise(
    id="forecast-seasonal",
    asks="Forecast what was one season ago, also beyond one season.",
    expects="a function of x, (batch, timesteps, 1), season and horizon that returns forecasts, "
    "(batch, horizon)",
    read=_read_seasonal,
    is_right=_all_like(_season_forecast),
    confirms="each step repeats its own place in the last season, and beyond one season it comes "
    "round.",
    misconceptions=(
        (
            _all_like(lambda x, s, h: np.repeat(x[:, -1], h, axis=1)),
            "that is the naive forecast: the last value at every step.",
        ),
        (
            _all_like(lambda x, s, h: np.repeat(x[:, -s], h, axis=1)),
            "every step gets the same value. One step later, the value of one season before is "
            "one step later, too.",
        ),
        (
            _all_like(lambda x, s, h: _season_forecast(np.roll(x, 1, axis=1), s, h)),
            "you are one step too early: for the first step of the horizon, count a season back "
            "from the step itself, not from the last value.",
        ),
        (
            lambda tried: (
                _all_like(_season_forecast, slice(1))(tried) and tried[1][3].shape != (5, 7)
            ),
            "right within one season. On a horizon longer than that the shape is wrong: how many "
            "steps were asked for?",
        ),
        (
            _all_like(_season_forecast, slice(1)),
            "right within one season. Beyond it, which values are known at the origin?",
        ),
        (
            lambda tried: all(
                result.shape == (len(x), horizon, 1) for x, _, horizon, result in tried
            ),
            "the shape should be (batch, horizon): drop the features axis.",
        ),
    ),
    otherwise="try it on one window of four values with a season of three, by hand.",
)

# ---- Scaling -----------------------------------------------------------------------

_TRAIN = np.array([2.0, 4.0, 9.0, 5.0])
_TEST = np.array([12.0, 20.0, 13.0])
_BOTH = np.concatenate([_TRAIN, _TEST])


def _scaled(train: Array, test: Array) -> Callable[[tuple[Array, Array]], bool]:
    return lambda given: same_array(given[0], train) and same_array(given[1], test)


def _by(part: Array, values: Array) -> Array:
    return (values - part.mean()) / part.std()


def _between(part: Array, values: Array) -> Array:
    return (values - part.min()) / np.ptp(part)


SCALE = Exercise(
    id="forecast-scale",
    asks="Scale training and test values to mean 0 and standard deviation 1, without a leak.",
    expects="a function of train and test that returns both, scaled",
    read=lambda function: _pair(function, _TRAIN, _TEST),
    is_right=lambda given: (
        _scaled(_by(_TRAIN, _TRAIN), _by(_TRAIN, _TEST))(given)
        or _scaled(*((v - _TRAIN.mean()) / _TRAIN.std(ddof=1) for v in (_TRAIN, _TEST)))(given)
    ),
    confirms="one scale for both, and it knows nothing of the test part. That the scaled test "
    "values are large is news, not an error.",
    misconceptions=(
        (
            _scaled(_by(_BOTH, _TRAIN), _by(_BOTH, _TEST)),
            "the statistics come from both parts: the training values change when the future does.",
        ),
        (
            _scaled(_by(_TRAIN, _TRAIN), _by(_TEST, _TEST)),
            "each part has a scale of its own: the same measured value means two different "
            "inputs, and the test part knows its own future.",
        ),
        (
            lambda given: any(
                _scaled(_between(part, _TRAIN), _between(part, _TEST))(given)
                for part in (_TRAIN, _BOTH)
            ),
            "that scales to the range from 0 to 1. Mean 0 and standard deviation 1 were asked for.",
        ),
        (
            _scaled(_TRAIN - _TRAIN.mean(), _TEST - _TRAIN.mean()),
            "the mean is taken off. The division is missing.",
        ),
        (
            _scaled(_by(_TRAIN, _TRAIN), np.clip(_by(_TRAIN, _TEST), -3, 3)),
            "the test values are clipped: a forecast can no longer be turned back into its unit.",
        ),
    ),
    otherwise="how many numbers describe the scale, and which values may they be computed from?",
)

# ---- Skill -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Scored:
    """Forecasts, and the score that a reader's function gave them."""

    forecast: Array
    truth: Array
    reference: Array
    result: Array

    @property
    def errors(self) -> tuple[Array, Array]:
        return tuple(
            np.mean((given - self.truth) ** 2, axis=0) for given in (self.forecast, self.reference)
        )

    def is_score(self, rule: Callable[[Array, Array], Array]) -> bool:
        """Whether the result is this function of the two errors."""
        return same_array(self.result, np.asarray(rule(*self.errors)))


def _read_skill(function: Any) -> _Scored:
    rng = np.random.default_rng(0)
    truth = rng.normal(1, 2, size=(20, 3))
    forecast = truth + rng.normal(size=truth.shape) * [0.5, 1.0, 1.5]
    reference = truth + rng.normal(size=truth.shape) * [1.0, 1.2, 1.4]
    result = call_on(function, forecast, truth, reference)
    return _Scored(forecast, truth, reference, result)


SKILL = Exercise(
    id="forecast-skill",
    asks="Compute the skill of a forecast at each horizon, against a reference.",
    expects="a function of forecast, truth and reference, each (batch, horizon), that returns the "
    "skill, (horizon,)",
    read=_read_skill,
    is_right=lambda s: s.is_score(lambda mine, other: 1 - mine / other),
    confirms="1 without error, 0 as good as the reference, and below 0 where it is worse.",
    misconceptions=(
        (
            lambda s: s.is_score(lambda mine, other: mine / other),
            "that is the share of the error that is left. A perfect forecast should get a 1.",
        ),
        (
            lambda s: s.is_score(lambda mine, other: 1 - other / mine),
            "numerator and denominator have changed places: what does a perfect forecast get?",
        ),
        (
            lambda s: s.is_score(lambda mine, other: 1 - np.sqrt(mine / other)),
            "that compares root mean squared errors. The chapter's skill compares squared ones.",
        ),
        (
            lambda s: s.result.shape == () and not s.is_score(lambda mine, other: 1 - mine / other),
            "that is one number. How far ahead a forecast is worth something shows only in one "
            "for each horizon.",
        ),
        (
            lambda s: same_array(s.result, 1 - s.errors[0] / s.truth.var(axis=0)),
            "that is R², whose reference is the mean of the test part, a forecast that nobody can "
            "make. Use the reference that is given.",
        ),
        (
            lambda s: s.result.shape == (len(s.truth),),
            "that averages over the horizons and keeps the windows: over which axis is the mean?",
        ),
    ),
    otherwise="two mean squared errors at each horizon, the forecast's and the reference's, and "
    "nothing else.",
)

# ---- A conformal interval ----------------------------------------------------------

_LEVEL = 0.8


def _ranked(count: float, signed: bool = False) -> Callable[[tuple[Array, float]], bool]:
    """A test for the value at a rank, counted from 1, among the errors."""

    def like(given: tuple[Array, float]) -> bool:
        errors, radius = given
        ranked = np.sort(errors if signed else np.abs(errors))
        place = math.ceil(count - 1e-9)
        return 1 <= place <= len(ranked) and math.isclose(radius, ranked[place - 1], rel_tol=1e-9)

    return like


_COUNT = 15


def _read_radius(function: Any) -> tuple[Array, float]:
    errors = np.random.default_rng(5).normal(-0.8, 2, size=_COUNT)
    result = call_on(function, errors, _LEVEL)
    if result.shape not in ((), (1,)):
        raise NotAnAnswer(f"your function returned {describe(result)}, not one number")
    return errors, float(result.reshape(()))


INTERVAL = Exercise(
    id="forecast-interval",
    asks="How far must an interval reach so that it holds the next value with some probability?",
    expects="a function of errors, (batch,), and level that returns the radius, a number",
    read=_read_radius,
    is_right=_ranked((_COUNT + 1) * _LEVEL),
    confirms="the error to come takes any place among these with equal probability, and you left "
    "it room.",
    misconceptions=(
        (
            lambda given: given[1] < 0,
            "that is below 0: a radius is a distance. Which sign do errors have?",
        ),
        (
            _ranked(_COUNT * _LEVEL),
            "one place short: is your rank counted from 0 or from 1, and does it leave room for "
            "the error to come?",
        ),
        (
            lambda given: math.isclose(given[1], np.quantile(np.abs(given[0]), _LEVEL)),
            "np.quantile interpolates between the known errors. For few of them that is too "
            "narrow: the error to come takes a place as well.",
        ),
        (
            _ranked((_COUNT + 1) * _LEVEL, signed=True),
            "the errors keep their signs: an interval around the forecast has to be as wide as "
            "the distance, up or down.",
        ),
        (
            _ranked((_COUNT + 1) * (1 + _LEVEL) / 2),
            "that leaves a tenth on each side of the *distances*. They have one side only.",
        ),
        (
            _ranked((_COUNT + 1) * (1 - _LEVEL)),
            "that is the radius that is exceeded with the wanted probability.",
        ),
        (
            lambda given: math.isclose(given[1], 1.2815515655446004 * given[0].std(), rel_tol=1e-3),
            "that is right for errors of a normal distribution with mean 0. Nobody said they "
            "have one.",
        ),
    ),
    otherwise="sort the distances. How many of them must the radius reach, when one more is to "
    "come?",
)

EXERCISES = (WINDOWS, SEASONAL, SCALE, SKILL, INTERVAL)
