"""Windows over a time series, forecasts that learn nothing, and checks on those that do.

A forecast is made at an *origin*, the last timestep whose value is known. It looks back over a
window of values that end there, and ahead over the *horizon*, the values that follow. Everything
here is NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True, repr=False, eq=False)
class Windows:
    """What a model sees, what it should say, and when.

    Attributes:
        x: Values up to the origin, ``(batch, timesteps, 1)``, oldest first.
        y: Values after it, ``(batch, horizon)``, the next one first.
        origin: Index of the last known value in the series, int64 ``(batch,)``.
    """

    x: Array
    y: Array
    origin: Array

    def __len__(self) -> int:
        return len(self.origin)

    def __repr__(self) -> str:
        """Show the shapes in one line."""
        return f"Windows(x {self.x.shape}, y {self.y.shape})"

    def __getitem__(self, chosen: Array | slice) -> Windows:
        """Choose windows, by a slice, by indices or by an array of truth values."""
        return Windows(self.x[chosen], self.y[chosen], self.origin[chosen])


def make_windows(values: Array, lookback: int, horizon: int) -> Windows:
    """Cut a series into all windows that fit, one for each origin.

    Args:
        values: The series, ``(timesteps,)``, without missing values.
        lookback: Values that a model sees.
        horizon: Values that it should forecast.

    Returns:
        Windows in the order of their origins: ``timesteps - lookback - horizon + 1`` of them.

    Raises:
        ValueError: If ``values`` has another shape or a missing value, or no window fits.

    Example:
        >>> windows = make_windows(np.arange(6.0), lookback=3, horizon=2)
        >>> windows.x[:, :, 0].tolist(), windows.y.tolist()
        ([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]], [[3.0, 4.0], [4.0, 5.0]])
        >>> windows.origin.tolist()
        [2, 3]
    """
    values = np.asarray(values)
    if values.ndim != 1:
        raise ValueError(f"values: expected one series (timesteps,); got shape {values.shape}")
    if lookback < 1 or horizon < 1:
        raise ValueError(
            f"lookback and horizon: expected at least 1 of each; got {lookback!r} and {horizon!r}"
        )
    if len(values) < lookback + horizon:
        raise ValueError(
            f"values: expected at least lookback + horizon = {lookback + horizon} of them; "
            f"got {len(values)}"
        )
    if not np.all(np.isfinite(values)):
        first = int(np.flatnonzero(~np.isfinite(values))[0])
        raise ValueError(
            f"values: expected no missing values; got {values[first]} at index {first}: fill gaps "
            "first, and only from what was known at the time"
        )
    both = np.lib.stride_tricks.sliding_window_view(values, lookback + horizon).copy()
    origin = np.arange(len(both)) + lookback - 1
    return Windows(both[:, :lookback, np.newaxis], both[:, lookback:], origin)


def split_windows(
    windows: Windows, val_start: int, test_start: int
) -> tuple[Windows, Windows, Windows]:
    """Share windows out in the order of time; none has targets in two parts.

    A window belongs to the part in which its targets lie. Its inputs may reach back into the part
    before, since at the origin all of that is known. Windows whose targets straddle a border are
    left out.

    Args:
        windows: Windows of the whole series.
        val_start: Index of the first value of the validation part.
        test_start: Index of the first value of the test part.

    Returns:
        ``(train, val, test)``.

    Raises:
        ValueError: If the borders are not in order, or a part is left without a window.

    Example:
        >>> windows = make_windows(np.arange(12.0), lookback=3, horizon=2)
        >>> train, val, test = split_windows(windows, val_start=6, test_start=9)
        >>> train.y.max(), val.y.tolist(), test.y.min()
        (np.float64(5.0), [[6.0, 7.0], [7.0, 8.0]], np.float64(9.0))
    """
    if not 0 < val_start < test_start:
        raise ValueError(
            "val_start and test_start: expected indices in the order of time, the first above 0; "
            f"got {val_start!r} and {test_start!r}"
        )
    first = windows.origin + 1
    last = windows.origin + windows.y.shape[1]
    parts = {
        "train": last < val_start,
        "validation": (first >= val_start) & (last < test_start),
        "test": first >= test_start,
    }
    for name, chosen in parts.items():
        if not chosen.any():
            raise ValueError(
                f"windows: no window has all its targets in the {name} part; got {len(windows)} "
                f"windows and borders at {val_start} and {test_start}"
            )
    train, val, test = (windows[chosen] for chosen in parts.values())
    return train, val, test


@dataclass(frozen=True)
class Scaler:
    """Shift and scale to mean 0 and standard deviation 1 of the values it was fitted on.

    Args:
        mean: What is subtracted, in the unit of the values.
        scale: What is divided by, in the same unit.

    Example:
        >>> scaler = Scaler.fit(np.array([1.0, 3.0]))  # the training part, and nothing else
        >>> scaler.transform(np.array([5.0])), scaler.inverse(np.array([3.0]))
        (array([3.]), array([5.]))
    """

    mean: float
    scale: float

    @classmethod
    def fit(cls, values: Array) -> Scaler:
        """Measure mean and standard deviation of the training values."""
        values = np.asarray(values, dtype=float)
        if not values.size or not np.all(np.isfinite(values)):
            raise ValueError("values: expected at least one value and none missing")
        scale = float(values.std())
        if scale <= 1e-12 * max(1.0, float(np.abs(values).max())):
            raise ValueError(f"values: all are {values.flat[0]}; there is no spread to scale by")
        return cls(float(values.mean()), scale)

    def transform(self, values: Array) -> Array:
        """Go from the unit of the series to standard deviations."""
        return (np.asarray(values) - self.mean) / self.scale

    def inverse(self, values: Array) -> Array:
        """Go back from standard deviations to the unit of the series."""
        return np.asarray(values) * self.scale + self.mean


def seasonal_naive(x: Array, season: int, horizon: int) -> Array:
    """Forecast what was one season ago; with a season of 1, the last value.

    Args:
        x: Windows, ``(batch, timesteps, 1)``.
        season: Timesteps after which the series comes round.
        horizon: Values to forecast; beyond one season the last season repeats.

    Returns:
        ``(batch, horizon)``.

    Raises:
        ValueError: If the windows are shorter than a season, or a size is below 1.

    Example:
        >>> x = np.array([1.0, 2.0, 3.0, 4.0]).reshape(1, 4, 1)
        >>> seasonal_naive(x, season=3, horizon=4).tolist()
        [[2.0, 3.0, 4.0, 2.0]]
        >>> seasonal_naive(x, season=1, horizon=2).tolist()
        [[4.0, 4.0]]
    """
    x = np.asarray(x)
    if x.ndim != 3 or x.shape[2] != 1:
        raise ValueError(f"x: expected windows (batch, timesteps, 1); got shape {x.shape}")
    if season < 1 or horizon < 1:
        raise ValueError(
            f"season and horizon: expected at least 1 of each; got {season!r} and {horizon!r}"
        )
    if x.shape[1] < season:
        raise ValueError(
            f"x: expected windows of at least one season, {season} timesteps; got {x.shape[1]}"
        )
    last_season = x[:, -season:, 0]
    return last_season[:, np.arange(horizon) % season]


def skill_score(forecast: Array, truth: Array, reference: Array) -> Array:
    """Share of the reference's squared error that a forecast does without, at each horizon.

    Args:
        forecast: ``(batch, horizon)``.
        truth: The same shape.
        reference: The same shape: the forecast to be beaten.

    Returns:
        ``(horizon,)``: 1 without error, 0 as good as the reference, below 0 worse.

    Raises:
        ValueError: If the shapes differ, or the reference makes no error at all.

    Source:
        Murphy 1988: skill scores based on the mean squared error.

    Example:
        >>> truth = np.array([[1.0, 2.0], [3.0, 6.0]])
        >>> skill_score(truth + 1, truth, reference=truth + 2)
        array([0.75, 0.75])
    """
    forecast, truth, reference = (np.asarray(a, dtype=float) for a in (forecast, truth, reference))
    if not forecast.shape == truth.shape == reference.shape or truth.ndim != 2:
        raise ValueError(
            "forecast, truth, reference: expected one shape (batch, horizon); got "
            f"{forecast.shape}, {truth.shape} and {reference.shape}"
        )
    worst = np.mean((reference - truth) ** 2, axis=0)
    if np.any(worst == 0):
        raise ValueError("reference: makes no error at some horizon, so nothing can improve on it")
    return 1 - np.mean((forecast - truth) ** 2, axis=0) / worst


def conformal_radius(errors: Array, level: float) -> Array:
    """Half the width of an interval that holds the next value with a given probability.

    If the errors to come are exchangeable with these, forecast ± radius holds the value with at
    least the probability ``level``, whatever the model and whatever the distribution.

    Args:
        errors: Forecast minus truth on data that the model was not trained on,
            ``(batch,)`` or ``(batch, horizon)``.
        level: Wanted probability, between 0 and 1.

    Returns:
        The radius, a number or ``(horizon,)``, in the unit of the errors.

    Raises:
        ValueError: If ``level`` is out of range, or there are too few errors for it.

    Source:
        Lei, G'Sell, Rinaldo, Tibshirani and Wasserman 2018, algorithm 2, split conformal
        prediction.

    Example:
        >>> float(conformal_radius(np.array([0.5, -1.0, 2.0, -4.0]), level=0.6))
        2.0
    """
    errors = np.abs(np.asarray(errors, dtype=float))
    if not 0 < level < 1:
        raise ValueError(f"level: expected a probability between 0 and 1; got {level!r}")
    if errors.ndim not in (1, 2):
        raise ValueError(f"errors: expected (batch,) or (batch, horizon); got {errors.shape}")
    # One more than the errors, because the error to come takes a place among them. The hair
    # taken off keeps rounding from asking for one place too many.
    rank = math.ceil((len(errors) + 1) * level - 1e-9)
    if rank > len(errors):
        needed = math.ceil(level / (1 - level) - 1e-9)
        raise ValueError(
            f"errors: expected at least {needed} for a level of {level}; got {len(errors)}"
        )
    return np.sort(errors, axis=0)[rank - 1]


def best_lag(forecast: Array, truth: Array, longest: int = 3) -> int:
    """Lag at which a forecast fits the truth best; 1 means that it repeats the value before.

    Args:
        forecast: One-step forecasts in the order of time, ``(timesteps,)``.
        truth: What came, the same shape: the forecast for ``truth[t]`` is ``forecast[t]``.
        longest: Largest lag to try, in steps.

    Returns:
        The lag from 0 to ``longest`` with the smallest mean squared distance between
        ``forecast[t]`` and ``truth[t - lag]``.

    Raises:
        ValueError: If the shapes differ or the series are too short.

    Example:
        >>> truth = np.array([1.0, 5.0, 2.0, 8.0, 3.0])
        >>> best_lag(np.array([0.0, 1.0, 5.0, 2.0, 8.0]), truth)
        1
        >>> best_lag(truth + 0.1, truth)
        0
    """
    forecast, truth = np.asarray(forecast, dtype=float), np.asarray(truth, dtype=float)
    if forecast.shape != truth.shape or truth.ndim != 1:
        raise ValueError(
            "forecast and truth: expected one shape (timesteps,); got "
            f"{forecast.shape} and {truth.shape}"
        )
    if longest < 1 or len(truth) <= longest:
        raise ValueError(
            f"longest: expected at least 1 and fewer than the {len(truth)} timesteps; "
            f"got {longest!r}"
        )
    # All lags are judged on the same forecasts, or a quiet stretch could decide.
    late = forecast[longest:]
    distance = [
        np.mean((late - truth[longest - lag : len(truth) - lag]) ** 2) for lag in range(longest + 1)
    ]
    return int(np.argmin(distance))


Prepare = Callable[[Array], tuple[Windows, Windows]]


def find_leaks(prepare: Prepare, values: Array, checks: int = 5, seed: int = 0) -> list[str]:
    """Look for knowledge of the future in what a model is given.

    The future is replaced by other numbers, and everything is prepared again. What a model was
    given before that future began must be the same as before, to the last digit.

    Args:
        prepare: Function from the values of a series to ``(train, test)``, two
            :class:`Windows`, with all that is done on the way: filling, smoothing, scaling,
            cutting, splitting. The inputs may be in any unit; ``origin`` says when each test
            forecast is made.
        values: The series, ``(timesteps,)``.
        checks: Number of test origins at which the future is replaced, the first among them.
        seed: Seed of the numbers that replace it.

    Returns:
        One sentence for each leak; an empty list if none was found.

    Raises:
        TypeError: If ``prepare`` does not give two ``Windows``.
        ValueError: If it gives other windows when called twice, or no test window.

    Source:
        Kaufman, Rosset, Perlich and Stitelman 2012: what is learned from must be
        known at the time of the prediction.

    Example:
        >>> def prepare(values, known):
        ...     windows = make_windows(values / values[:known].std(), lookback=3, horizon=1)
        ...     train, _, test = split_windows(windows, val_start=10, test_start=15)
        ...     return train, test
        >>> values = np.random.default_rng(0).normal(size=20)
        >>> find_leaks(lambda values: prepare(values, known=10), values)
        []
        >>> find_leaks(lambda values: prepare(values, known=20), values, checks=1)[0][:28]
        'the training windows change '
    """
    values = np.asarray(values, dtype=float)
    rng = np.random.default_rng(seed)
    train, test = _prepared(prepare, values)
    again = _prepared(prepare, values)
    if not (
        _same(train.x, again[0].x) and _same(train.y, again[0].y) and _same(test.x, again[1].x)
    ):
        raise ValueError(
            "prepare: gives other windows when it is called twice; give it a fixed seed"
        )
    if not len(test):
        raise ValueError("prepare: expected at least one test window; got none")
    origins = np.unique(test.origin)
    chosen = origins[np.unique(np.linspace(0, len(origins) - 1, checks).astype(int))]
    leaks = []
    for origin in chosen:
        changed = values.copy()
        future = slice(int(origin) + 1, None)
        spread = np.nanstd(values) or 1.0
        changed[future] = rng.normal(np.nanmean(values), 3 * spread, changed[future].shape)
        train_now, test_now = _prepared(prepare, changed)
        if origin == chosen[0] and not (
            _same(train.x, train_now.x) and _same(train.y, train_now.y)
        ):
            leaks.append(
                f"the training windows change when values after the first test origin, {origin}, "
                "change"
            )
        if not _same(test.x[test.origin <= origin], test_now.x[test_now.origin <= origin]):
            leaks.append(
                f"test inputs up to the origin {origin} change when values after it change"
            )
    return leaks


def _prepared(prepare: Prepare, values: Array) -> tuple[Windows, Windows]:
    given = prepare(values.copy())
    if (
        not isinstance(given, tuple)
        or len(given) != 2
        or not all(isinstance(part, Windows) for part in given)
    ):
        raise TypeError(f"prepare: expected two Windows, (train, test); got {type(given).__name__}")
    return given


def _same(first: Array, second: Array) -> bool:
    return first.shape == second.shape and np.array_equal(first, second, equal_nan=True)
