"""Windows over a time series, forecasts that learn nothing, and checks on those that do.

A forecast is made at an *origin*, the last timestep whose value is known. It looks back over a
window of values that end there, and ahead over the *horizon*, the values that follow. Everything
here is NumPy.

A series may come as a list, an array, a column of a table, or a table with one column. Its values
stand in the order of time, one for each step: dates that are out of order or leave some out are
refused, and so is a missing value where it would change a number.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from seqlearn.checks import require_numbers, require_share, require_whole_number, shown

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

    def __post_init__(self) -> None:
        if not len(self.x) == len(self.y) == len(self.origin):
            raise ValueError(
                "x, y, origin: expected one of each for each window; got "
                f"{len(self.x)}, {len(self.y)} and {len(self.origin)}"
            )

    def __len__(self) -> int:
        return len(self.origin)

    def __repr__(self) -> str:
        """Show the shapes in one line."""
        return f"Windows(x {self.x.shape}, y {self.y.shape})"

    def __getitem__(self, chosen: Array | slice) -> Windows:
        """Choose windows, by a slice, by indices or by an array of truth values."""
        if not isinstance(chosen, slice) and np.ndim(chosen) != 1:
            raise TypeError(
                f"windows: choose by a slice, indices or truth values; got {shown(chosen)}: one "
                "window is windows[i : i + 1]"
            )
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
        TypeError, ValueError: If ``values`` is no series of finite numbers, or no window fits.

    Example:
        >>> windows = make_windows(np.arange(6.0), lookback=3, horizon=2)
        >>> windows.x[:, :, 0].tolist(), windows.y.tolist()
        ([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]], [[3.0, 4.0], [4.0, 5.0]])
    """
    values = _series(values)
    require_whole_number(lookback, "lookback")
    require_whole_number(horizon, "horizon")
    if len(values) < lookback + horizon:
        raise ValueError(
            f"values: expected at least lookback + horizon = {lookback + horizon} of them; "
            f"got {len(values)}"
        )
    both = np.lib.stride_tricks.sliding_window_view(values, lookback + horizon).copy()
    origin = np.arange(len(both)) + lookback - 1
    return Windows(both[:, :lookback, np.newaxis], both[:, lookback:], origin)


def split_windows(
    windows: Windows, val_start: int, test_start: int
) -> tuple[Windows, Windows, Windows]:
    """Share windows out in the order of time; none has targets in two parts.

    A window belongs to the part in which all its targets lie; its inputs may reach back into the
    part before.

    Args:
        windows: Windows of the whole series.
        val_start: Index of the first value of the validation part.
        test_start: Index of the first value of the test part.

    Returns:
        ``(train, val, test)``.

    Raises:
        TypeError, ValueError: If the borders are no whole numbers in order, or a part stays empty.

    Example:
        >>> windows = make_windows(np.arange(12.0), lookback=3, horizon=2)
        >>> train, val, test = split_windows(windows, val_start=6, test_start=9)
        >>> train.y.max(), val.y.tolist(), test.y.min()
        (np.float64(5.0), [[6.0, 7.0], [7.0, 8.0]], np.float64(9.0))
    """
    if not isinstance(windows, Windows):
        raise TypeError(f"windows: expected what make_windows gave; got {type(windows).__name__}")
    require_whole_number(val_start, "val_start", at_least=None)
    require_whole_number(test_start, "test_start", at_least=None)
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


@dataclass(frozen=True, eq=False)
class Scaler:
    """Shift and scale to mean 0 and standard deviation 1 of the values it was fitted on.

    Args:
        mean: What is subtracted: a number, or one for each feature.
        scale: What is divided by, above 0.

    Raises:
        ValueError: If a scale is not above 0, or a number is missing.

    Example:
        >>> scaler = Scaler.fit(np.array([1.0, 3.0]))  # the training part, and nothing else
        >>> scaler.transform(np.array([5.0])), scaler.inverse(np.array([3.0]))
        (array([3.]), array([5.]))
        >>> Scaler.fit(np.array([[1.0, 100.0], [3.0, 500.0]])).scale  # one for each feature
        array([  1., 200.])
    """

    mean: float | Array
    scale: float | Array

    def __post_init__(self) -> None:
        mean, scale = require_numbers(self.mean, "mean"), require_numbers(self.scale, "scale")
        if mean.shape != scale.shape or not np.all(scale > 0):
            raise ValueError(
                "mean and scale: expected as many of each, and a scale above 0; got "
                f"{shown(self.mean)} and {shown(self.scale)}"
            )

    @classmethod
    def fit(cls, values: Array) -> Scaler:
        """Measure mean and standard deviation of the training values.

        Args:
            values: One series, ``(timesteps,)``, or ``(..., features)``, each with its own scale.

        Returns:
            The scaler.

        Raises:
            TypeError, ValueError: If a value is missing or no finite number, or all are equal.
        """
        values = np.atleast_1d(require_numbers(values, "values"))
        if not values.size:
            raise ValueError("values: expected at least one value; got none")
        axes = tuple(range(values.ndim - 1)) or None
        mean, scale = values.mean(axes), values.std(axes)
        flat = np.atleast_1d(scale <= 1e-12 * np.abs(values).max(axes))
        if flat.any():
            feature = int(np.argmax(flat))
            where = f" of feature {feature}" if values.ndim > 1 else ""
            raise ValueError(
                f"values: all{where} are {values[..., feature].flat[0]}; there is no spread to "
                "scale by"
            )
        return cls(mean, scale)

    def transform(self, values: Array) -> Array:
        """Go from the unit of the series to standard deviations; gaps (NaN) stay.

        Args:
            values: Of any shape; where there is a scale for each feature, ``(..., features)``.

        Returns:
            An array of the same shape.

        Raises:
            TypeError, ValueError: If there are no numbers, or other features than scales.
        """
        return (self._fitting(values) - self.mean) / self.scale

    def inverse(self, values: Array) -> Array:
        """Go back from standard deviations to the unit of the series.

        Args:
            values: As for :meth:`transform`.

        Returns:
            An array of the same shape.

        Raises:
            TypeError, ValueError: If there are no numbers, or other features than scales.
        """
        return self._fitting(values) * self.scale + self.mean

    def _fitting(self, values: Array) -> Array:
        values, features = require_numbers(values, "values", gaps=True), np.size(self.mean)
        if np.ndim(self.mean) and features > 1 and values.shape[-1:] != (features,):
            raise ValueError(
                f"values: expected (..., {features}), as many features as there are scales; got "
                f"{values.shape}: for one of them, use Scaler(mean[i], scale[i])"
            )
        return values


def seasonal_naive(x: Array, season: int, horizon: int) -> Array:
    """Forecast what was one season ago; with a season of 1, the last value.

    Args:
        x: Windows, ``(batch, timesteps, 1)``.
        season: Timesteps after which the series comes round.
        horizon: Values to forecast; beyond one season the last season repeats.

    Returns:
        ``(batch, horizon)``.

    Raises:
        TypeError, ValueError: If a size is no whole number from 1, or the windows miss a value or
            are shorter than a season.

    Example:
        >>> x = np.array([1.0, 2.0, 3.0, 4.0]).reshape(1, 4, 1)
        >>> seasonal_naive(x, season=3, horizon=4).tolist()
        [[2.0, 3.0, 4.0, 2.0]]
    """
    x = require_numbers(x, "x")
    if x.ndim != 3 or x.shape[2] != 1:
        raise ValueError(f"x: expected windows (batch, timesteps, 1); got shape {x.shape}")
    require_whole_number(season, "season")
    require_whole_number(horizon, "horizon")
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
        ValueError: If the shapes differ, a value is missing, or the reference makes no error.

    Source:
        Murphy 1988: skill scores based on the mean squared error.

    Example:
        >>> truth = np.array([[1.0, 2.0], [3.0, 6.0]])
        >>> skill_score(truth + 1, truth, reference=truth + 2)
        array([0.75, 0.75])
    """
    forecast = require_numbers(forecast, "forecast")
    truth, reference = require_numbers(truth, "truth"), require_numbers(reference, "reference")
    if not forecast.shape == truth.shape == reference.shape or truth.ndim != 2:
        raise ValueError(
            "forecast, truth, reference: expected one shape (batch, horizon); got "
            f"{forecast.shape}, {truth.shape} and {reference.shape}"
        )
    if not truth.size:
        raise ValueError("truth: expected at least one window; got none")
    worst = np.mean((reference - truth) ** 2, axis=0)
    if np.any(worst == 0):
        raise ValueError("reference: makes no error at some horizon, so nothing can improve on it")
    return 1 - np.mean((forecast - truth) ** 2, axis=0) / worst


def conformal_radius(errors: Array, level: float) -> Array:
    """Half the width of an interval that holds the next value with a given probability.

    That is so of forecast ± radius if the errors to come are exchangeable with these.

    Args:
        errors: Forecast minus truth on data not trained on, ``(batch,)`` or ``(batch, horizon)``.
        level: Wanted probability, between 0 and 1.

    Returns:
        The radius, a number or ``(horizon,)``, in the unit of the errors.

    Raises:
        TypeError, ValueError: If ``level`` is no such share, there are too few errors for it, one
            is missing, or each forecast was compared with every truth.

    Source:
        Lei, G'Sell, Rinaldo, Tibshirani and Wasserman 2018, algorithm 2, split conformal
        prediction.

    Example:
        >>> float(conformal_radius(np.array([0.5, -1.0, 2.0, -4.0]), level=0.6))
        2.0
    """
    errors = require_numbers(errors, "errors")
    level = require_share(level, "level", zero=False)
    if errors.ndim not in (1, 2):
        raise ValueError(f"errors: expected (batch,) or (batch, horizon); got {errors.shape}")
    if _is_broadcast(errors):
        raise ValueError(
            f"errors: expected one for each window and horizon; got {errors.shape}, every forecast "
            "minus every truth: give both the same shape before you subtract"
        )
    errors = np.abs(errors)
    # One more than the errors, because the error to come takes a place among them. The hair
    # taken off keeps rounding from asking for one place too many.
    rank = math.ceil((len(errors) + 1) * level - 1e-9)
    if rank > len(errors):
        needed = math.ceil(level / (1 - level) - 1e-9)
        raise ValueError(
            f"errors: expected at least {needed} for a level of {level}; got {len(errors)}"
        )
    return np.sort(errors, axis=0)[rank - 1]


def best_lag(forecast: Array, truth: Array) -> int:
    """Lag up to 3 at which a forecast fits the truth best; 1: it repeats the value before.

    Args:
        forecast: One-step forecasts in the order of time, ``(timesteps,)``.
        truth: What came, the same shape: the forecast for ``truth[t]`` is ``forecast[t]``.

    Returns:
        The lag from 0 to 3 with the smallest mean squared distance between ``forecast[t]`` and
        ``truth[t - lag]``.

    Raises:
        TypeError, ValueError: If the shapes differ, a value is missing, or there are fewer than 4.

    Example:
        >>> truth = np.array([1.0, 5.0, 2.0, 8.0, 3.0])
        >>> best_lag(np.array([0.0, 1.0, 5.0, 2.0, 8.0]), truth)
        1
    """
    forecast, truth = require_numbers(forecast, "forecast"), require_numbers(truth, "truth")
    if forecast.shape != truth.shape or truth.ndim != 1 or len(truth) < 4:
        raise ValueError(
            "forecast and truth: expected one shape (timesteps,), with 4 steps or more; got "
            f"{forecast.shape} and {truth.shape}"
        )
    # All lags are judged on the same forecasts, or a quiet stretch could decide.
    distance = [
        np.mean((forecast[3:] - truth[3 - lag : len(truth) - lag]) ** 2) for lag in range(4)
    ]
    return int(np.argmin(distance))


def find_leaks(
    prepare: Callable[[Array], tuple[Windows, Windows]], values: Array, checks: int = 5
) -> list[str]:
    """Look for knowledge of the future in what a model is given.

    The future is replaced by other numbers, and everything is prepared again. What a model was
    given before that future began must be the same as before, to the last digit. Where no value
    is below 0 none will be, shares stay between 0 and 1, and gaps stay gaps.

    Args:
        prepare: Function from the values of a series, an array, to ``(train, test)``, two
            :class:`Windows`, with all that is done on the way: filling, scaling, cutting.
        values: The series, ``(timesteps,)``.
        checks: Number of test origins at which the future is replaced, the first among them.

    Returns:
        One sentence for each leak; an empty list if none was found.

    Raises:
        TypeError, ValueError: If the series has no value, or infinite ones, or ``prepare`` does not
            give two ``Windows``, the same when called twice, with a test window.

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
    values = _series(values, gaps=True)
    require_whole_number(checks, "checks")
    if not np.isfinite(values).any() or np.isinf(values).any():
        raise ValueError("values: expected numbers; got infinite ones, or none but gaps")
    rng = np.random.default_rng(0)
    train, test = _prepared(prepare, values)
    train_again, test_again = _prepared(prepare, values)
    if not (_same(train, train_again) and _equal(test.x, test_again.x)):
        raise ValueError(
            "prepare: gives other windows when it is called twice; give it a fixed seed"
        )
    if not len(test):
        raise ValueError("prepare: expected at least one test window; got none")
    origins = np.unique(test.origin)
    chosen = origins[
        np.unique(np.linspace(0, len(origins) - 1, min(checks, len(origins))).astype(int))
    ]
    leaks = []
    for origin in chosen:
        changed = values.copy()
        future = slice(int(origin) + 1, None)
        changed[future] = _other_numbers(values, rng)[future]
        train_now, test_now = _prepared(prepare, changed)
        if origin == chosen[0] and not _same(train, train_now):
            leaks.append(
                f"the training windows change when values after the first test origin, {origin}, "
                "change"
            )
        if not _equal(test.x[test.origin <= origin], test_now.x[test_now.origin <= origin]):
            leaks.append(
                f"test inputs up to the origin {origin} change when values after it change"
            )
    return leaks


def _other_numbers(values: Array, rng: np.random.Generator) -> Array:
    """Numbers such as a series might have had, far out where they may be, with its gaps."""
    least, most = np.nanmin(values), np.nanmax(values)
    other = rng.normal(np.nanmean(values), 3 * (np.nanstd(values) or 1.0), values.shape)
    if least >= 0:
        other = rng.uniform(0, 1, values.shape) if most <= 1 else np.abs(other)
    elif most <= 0:
        other = -np.abs(other)
    return np.where(np.isnan(values), np.nan, other)


def _series(values: Array, gaps: bool = False) -> Array:
    """Make one series of what a reader holds, each value one step after the one before."""
    array = require_numbers(values, "values", gaps=gaps)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        hint = f": choose one of {list(values.columns)}" if hasattr(values, "columns") else ""
        raise ValueError(f"values: expected one series (timesteps,); got {array.shape}{hint}")
    if hasattr(values, "iloc"):
        _require_steps(values.index)
    return array


def _require_steps(labels) -> None:
    """Refuse the dates or numbers of a table's rows if they are out of order or leave some out."""
    import pandas as pd  # is there, because the labels are its own

    if labels.nlevels > 1:
        raise ValueError(
            f"values: expected one label for each row; got {labels.nlevels}: choose one series, "
            "or hand in the bare numbers (to_numpy)"
        )

    if labels.hasnans:
        raise ValueError("values: expected a label for each row; one is missing in the index")
    if not hasattr(labels, "asi8") and labels.dtype.kind not in "iuf":
        try:
            labels = pd.to_datetime([str(label) for label in labels], format="ISO8601")
        except ValueError:
            return  # names tell no order
    at = labels.asi8 if hasattr(labels, "asi8") else labels.to_numpy(dtype=float)
    if hasattr(labels, "time") and len(set(labels.time)) == len(set(labels.day)) == 1:
        at = (12 * labels.year + labels.month).to_numpy()  # the same day of each month
    steps = np.diff(at)
    back = np.flatnonzero(steps <= 0)
    if len(back):
        raise ValueError(
            "values: expected rows in the order of time; "
            f"{labels[back[0] + 1]} stands after {labels[back[0]]}: sort them, or leave out what "
            "stands twice (sort_index, drop_duplicates)"
        )
    if len(steps) and not np.allclose(steps, steps.min(), rtol=1e-6, atol=0):
        with warnings.catch_warnings(action="ignore"):  # pandas 3 on what pandas 4 will return
            if getattr(labels, "inferred_freq", None) is not None:
                return  # by the calendar: ends of months, working days
        wide = int(np.argmax(steps > steps.min() * (1 + 1e-6)))
        raise ValueError(
            f"values: expected one value for each step; between {labels[wide]} and "
            f"{labels[wide + 1]} some are left out: fill them in (asfreq, reindex), or, if the "
            "steps may differ, hand in the bare numbers (to_numpy)"
        )


def _is_broadcast(errors: Array) -> bool:
    """Tell whether errors are all forecasts minus all truths: a sum of a column and a row."""
    if errors.ndim != 2 or len(errors) < 3 or len(errors) != errors.shape[1]:
        return False
    rest = errors - errors[:1] - errors[:, :1] + errors[0, 0]
    varied = np.ptp(errors, axis=0).min() > 0 and np.ptp(errors, axis=1).min() > 0
    return bool(varied and np.abs(rest).max() < 1e-4 * np.ptp(errors))


def _prepared(prepare: Callable, values: Array) -> tuple[Windows, Windows]:
    given = prepare(values.copy())
    if not isinstance(given, tuple) or list(map(type, given)) != [Windows, Windows]:
        raise TypeError(f"prepare: expected two Windows, (train, test); got {type(given).__name__}")
    return given


def _same(first: Windows, second: Windows) -> bool:
    return _equal(first.x, second.x) and _equal(first.y, second.y)


_equal = partial(np.array_equal, equal_nan=True)
