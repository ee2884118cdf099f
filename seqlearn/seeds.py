"""Repeat a training over several seeds, and say how sure the result is.

One run is an anecdote. :func:`repeat` trains the same model from several seeds; the intervals
here say what the runs together show:

- :meth:`Repeats.interval`, :func:`t_interval`: a mean, with Student's t interval;
- :func:`difference_interval`: a mean difference of two models, paired seed by seed, likewise;
- :func:`share_interval`: how often it worked, 3 of 5 say, with Wilson's interval.

No interval here is a bootstrap: drawing again from five numbers shows less spread than there is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

import keras
import numpy as np

from seqlearn.checks import (
    require_choice,
    require_numbers,
    require_share,
    require_whole_number,
    shown,
)
from seqlearn.display import progress_line


@dataclass(frozen=True, repr=False, eq=False)
class Repeats:
    """What one model gave from several seeds.

    Attributes:
        name: Name of the model.
        seeds: The seeds, in the order in which they were run.
        metrics: For each metric its values, float64 ``(seeds,)``, read-only.
        seconds: Seconds that each training took, float64 ``(seeds,)``, read-only.
        parameters: Number of parameters of the model.
    """

    name: str
    seeds: tuple[int, ...]
    metrics: Mapping[str, np.ndarray]
    seconds: np.ndarray
    parameters: int

    def __repr__(self) -> str:
        """Show each metric with its interval; no seconds, because they differ from run to run."""
        several = len(self.seeds) > 1
        means = "; ".join(f"{metric} {self._mean(metric)}" for metric in self.metrics)
        return (
            f"{self.name}: {means} ({len(self.seeds)} seed{'s' * several}, {self.parameters:,} "
            f"parameters, {'95% t intervals' if several else 'no interval'})"
        )

    def _mean(self, metric: str) -> str:
        values = self.metrics[metric]
        if len(values) == 1 or not np.isfinite(values).all():
            return ", ".join(f"{value:.4g}" for value in values)
        mean, low, high = self.interval(metric)
        return f"{mean:.4g} [{low:.4g}, {high:.4g}]"

    def interval(self, metric: str, level: float = 0.95) -> tuple[float, float, float]:
        """Mean over the seeds, with Student's t interval, as :func:`t_interval` gives it.

        Args:
            metric: Which metric, or ``"seconds"``.
            level: Probability with which such an interval covers the true mean.

        Returns:
            ``(mean, low, high)``, in the unit of the metric.

        Raises:
            ValueError: If there is no such metric, fewer than two seeds, or a value is not finite.

        Example:
            >>> runs = Repeats("GRU", (1, 2), {"accuracy": np.array([0.5, 0.7])}, np.ones(2), 9)
            >>> mean, low, high = runs.interval("accuracy", level=0.5)
            >>> f"{mean:.2f} [{low:.2f}, {high:.2f}]"
            '0.60 [0.50, 0.70]'
        """
        return t_interval(self._values(metric), level)

    def reached(self, metric: str, at_least: float) -> int:
        """Count the seeds that reached a value; :func:`share_interval` says what that shows.

        Args:
            metric: Which metric, or ``"seconds"``.
            at_least: The value to reach; NaN, as of a training that diverged, reaches none.

        Returns:
            Number of seeds.

        Raises:
            TypeError, ValueError: If ``at_least`` is no number; there is no such metric.

        Example:
            >>> runs = Repeats("GRU", (1, 2), {"accuracy": np.array([0.5, 0.7])}, np.ones(2), 9)
            >>> runs.reached("accuracy", at_least=0.6)
            1
        """
        if isinstance(at_least, bool) or not isinstance(at_least, Real) or at_least != at_least:
            raise TypeError(f"at_least: expected a number such as 0.9; got {shown(at_least)}")
        return int(np.sum(self._values(metric) >= at_least))

    def _values(self, metric: str) -> np.ndarray:
        known = {**self.metrics, "seconds": self.seconds}
        return known[require_choice(metric, "metric", known)]


def repeat(
    build: Callable[[], keras.Model],
    train: Callable[[keras.Model, int], Mapping[str, float]],
    seeds: Iterable[int],
    name: str = "model",
) -> Repeats:
    """Build and train a model afresh from each of several seeds.

    Before each build, the generators of Python, NumPy and Keras are seeded anew, so a run does
    not depend on those before it. A line tells how far the runs have come; it leaves no trace of
    its news in the notebook.

    Args:
        build: Gives a new, untrained model, or one that :func:`~seqlearn.training.reinitialize`
            has made as good as new.
        train: Function ``(model, seed) -> metrics``: compiles, trains and measures the model, and
            names each measured number. ``seed`` is for whatever else is random, such as the
            training examples.
        seeds: The seeds, whole numbers from 0 to 2**32 - 1, all different.
        name: Name of the model, for the line and the result.

    Returns:
        The metrics by seed, the number of parameters, and the seconds that ``train`` took:
        compiling and measuring included, unless ``train`` returns its own ``"seconds"``, such as
        the ``training_seconds`` of an :class:`~seqlearn.training.AccuracyClock`.

    Raises:
        TypeError: If a seed is no whole number, or a metric no number.
        ValueError: If there is no seed, one is out of range or stands there twice, or the runs
            give different metrics or models of different sizes.

    Example:
        >>> def build():
        ...     return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> def train(model, seed):
        ...     return {"largest weight": float(np.max(model.get_weights()[0]))}
        >>> runs = repeat(build, train, seeds=[1, 2, 3], name="dense")
        >>> runs.parameters, runs.metrics["largest weight"].shape
        (8, (3,))
    """
    seeds = _distinct(seeds)
    measured: list[dict[str, float]] = []
    seconds: list[float] = []
    sizes: set[int] = set()
    listed = ", ".join(map(str, seeds))
    with progress_line(f"{name}, seed{'s' * (len(seeds) > 1)} {listed}") as say:
        for run, seed in enumerate(seeds):
            left = f", about {np.mean(seconds) * (len(seeds) - run):.0f} s left" if run else ""
            say(f"run {run + 1} of {len(seeds)}{left}")
            keras.utils.set_random_seed(seed)
            model = build()
            began = time.perf_counter()
            try:
                metrics = train(model, seed)
            except Exception as error:
                error.add_note(f"while training {name} with seed {seed}")
                raise
            took = time.perf_counter() - began
            metrics = _as_numbers(metrics)
            seconds.append(metrics.pop("seconds", took))
            measured.append(metrics)
            sizes.add(model.count_params())
            if metrics.keys() != measured[0].keys():
                raise ValueError(
                    f"train: expected the same metrics from each seed; got {[*measured[0]]} from "
                    f"seed {seeds[0]} and {[*metrics]} from seed {seed}"
                )
    if len(sizes) > 1:
        raise ValueError(f"build: expected models of one size; got {sorted(sizes)} parameters")
    return Repeats(
        name=name,
        seeds=seeds,
        metrics={metric: _read_only([run[metric] for run in measured]) for metric in measured[0]},
        seconds=_read_only(seconds),
        parameters=sizes.pop(),
    )


def t_interval(values: Iterable[float], level: float = 0.95) -> tuple[float, float, float]:
    """Mean of a few runs, with Student's interval for it.

    With three to ten seeds the spread is itself uncertain; Student's t accounts for that, where
    a normal interval would be too narrow.

    Args:
        values: One number for each seed, at least two.
        level: Probability with which such an interval covers the true mean, between 0 and 1.

    Returns:
        ``(mean, low, high)``, in the unit of ``values``.

    Raises:
        TypeError: If a value is no number.
        ValueError: If there are fewer than two values, one is missing or infinite, all are truth
            values, or ``level`` is not between 0 and 1.

    Source:
        Student 1908, "The probable error of a mean", Biometrika 6(1).

    Example:
        >>> mean, low, high = t_interval([0.981, 0.984, 0.982])
        >>> f"{mean:.4f} [{low:.4f}, {high:.4f}]"
        '0.9823 [0.9785, 0.9861]'
    """
    from scipy import stats

    values = list(values) if isinstance(values, Iterator) else values
    numbers = require_numbers(values, "values")
    require_share(level, "level", zero=False)
    if numbers.ndim != 1 or len(numbers) < 2:
        raise ValueError(
            f"values: expected a number for each of at least 2 seeds; got shape {numbers.shape}"
        )
    if np.asarray(values).dtype == bool:
        raise ValueError("values: expected numbers; got truth values: count them, share_interval")
    mean = float(numbers.mean())
    half = float(stats.t.ppf((1 + level) / 2, len(numbers) - 1) * stats.sem(numbers))
    return mean, mean - half, mean + half


def difference_interval(
    first: Repeats, second: Repeats, metric: str, level: float = 0.95
) -> tuple[float, float, float]:
    """Mean of first minus second, paired seed by seed, with Student's t interval.

    Two models that share the seed share the examples that were made from it. The pairing takes
    out what makes some seeds harder than others for both.

    Args:
        first: Runs of one model, as :func:`repeat` gives them.
        second: Runs of another, from the same seeds in the same order.
        metric: Which metric, or ``"seconds"``.
        level: Probability with which such an interval covers the true mean difference.

    Returns:
        ``(mean, low, high)``, in the unit of the metric. If 0 lies outside, the models differ.

    Raises:
        TypeError: If one of the two is something else than repeats.
        ValueError: If the seeds differ, there are fewer than two, the metric is missing, or a
            value is not finite.

    Example:
        >>> gru = Repeats("GRU", (1, 2), {"accuracy": np.array([0.5, 0.7])}, np.ones(2), 9)
        >>> rnn = Repeats("RNN", (1, 2), {"accuracy": np.array([0.3, 0.4])}, np.ones(2), 9)
        >>> f"{difference_interval(gru, rnn, 'accuracy')[0]:.2f}"
        '0.25'
    """
    for name, runs in (("first", first), ("second", second)):
        if not isinstance(runs, Repeats):
            raise TypeError(f"{name}: expected what repeat gave; got {type(runs).__name__}")
    if first.seeds != second.seeds:
        raise ValueError(
            f"second: expected the same seeds as {first.name}, {list(first.seeds)}; "
            f"got {list(second.seeds)} from {second.name}"
        )
    return t_interval(first._values(metric) - second._values(metric), level)


def share_interval(successes: int, runs: int, level: float = 0.95) -> tuple[float, float, float]:
    """Share of runs that succeeded, with Wilson's score interval.

    Where all runs succeed or all fail, a t interval has no width and claims certainty. This one
    does not: 5 of 5 still leaves room down to 57%.

    Args:
        successes: Runs that succeeded, from 0 to ``runs``.
        runs: All runs, at least 1.
        level: Probability with which such an interval is meant to cover the true share.

    Returns:
        ``(share, low, high)``, each from 0 to 1.

    Raises:
        TypeError: If a count is no whole number.
        ValueError: If the counts are impossible, or ``level`` is not between 0 and 1.

    Source:
        Wilson 1927, "Probable inference, the law of succession, and statistical inference",
        Journal of the American Statistical Association 22.

    Example:
        >>> share, low, high = share_interval(5, 5)
        >>> f"{share:.2f} [{low:.2f}, {high:.2f}]"
        '1.00 [0.57, 1.00]'
    """
    from scipy import stats

    runs = require_whole_number(runs, "runs")
    successes = require_whole_number(successes, "successes", at_least=0, at_most=runs)
    require_share(level, "level", zero=False)
    low, high = stats.binomtest(successes, runs).proportion_ci(level, method="wilson")
    return successes / runs, float(low), float(high)


def _distinct(seeds: Iterable[int]) -> tuple[int, ...]:
    if not isinstance(seeds, Iterable):
        raise TypeError(f"seeds: expected several, such as [1, 2, 3]; got {shown(seeds)}")
    seeds = tuple(require_whole_number(seed, "seeds", 0, 2**32 - 1) for seed in seeds)
    if not seeds:
        raise ValueError("seeds: expected at least one seed; got none")
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds: expected each seed once; got {list(seeds)}")
    return seeds


def _as_numbers(metrics: Mapping[str, float]) -> dict[str, float]:
    if not isinstance(metrics, Mapping):
        raise TypeError(
            f'train: expected numbers by name, {{"accuracy": 0.9}}; got {shown(metrics)}'
        )
    for metric, value in metrics.items():
        if np.size(value) != 1 or np.asarray(value).dtype.kind not in "biuf":
            raise TypeError(f"train: expected one number as {metric!r}; got {shown(value)}")
    return {metric: np.asarray(value, dtype=float).item() for metric, value in metrics.items()}


def _read_only(values: Sequence[float]) -> np.ndarray:
    array = np.array(values, dtype=float)
    array.flags.writeable = False
    return array
