"""Repeat a training over several seeds, and say how sure the result is.

One run is an anecdote. :func:`repeat` trains the same model from several seeds; the intervals
here say what the runs together show:

- :meth:`Repeats.interval`: a mean, with Student's t interval;
- :func:`difference_interval`: a mean difference of two models, paired seed by seed, with
  Student's t interval;
- :func:`share_interval`: how often it worked, 3 of 5 say, with Wilson's interval.

No interval here is a bootstrap: drawing again from five figures shows less spread than there is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import keras
import numpy as np

from seqlearn.display import progress_line
from seqlearn.training import t_interval


@dataclass(frozen=True, repr=False, eq=False)
class Repeats:
    """What one model gave from several seeds.

    Attributes:
        name: Name of the model.
        seeds: The seeds, in the order in which they were run.
        figures: For each measured figure its values, float64 ``(seeds,)``, read-only.
        seconds: Seconds that each training took, float64 ``(seeds,)``, read-only.
        parameters: Number of parameters of the model.
    """

    name: str
    seeds: tuple[int, ...]
    figures: Mapping[str, np.ndarray]
    seconds: np.ndarray
    parameters: int

    def __repr__(self) -> str:
        """Show each figure with its interval; no seconds, because they differ from run to run."""
        several = len(self.seeds) > 1
        shown = "; ".join(f"{figure} {self._shown(figure)}" for figure in self.figures)
        return (
            f"{self.name}: {shown} ({len(self.seeds)} seed{'s' * several}, {self.parameters:,} "
            f"parameters, {'95% t intervals' if several else 'no interval'})"
        )

    def _shown(self, figure: str) -> str:
        if len(self.seeds) == 1:
            return f"{self.figures[figure][0]:.4g}"
        mean, low, high = self.interval(figure)
        return f"{mean:.4g} [{low:.4g}, {high:.4g}]"

    def interval(self, figure: str, level: float = 0.95) -> tuple[float, float, float]:
        """Mean over the seeds, with Student's t interval.

        Args:
            figure: Which figure, or ``"seconds"``.
            level: Probability with which such an interval covers the true mean.

        Returns:
            ``(mean, low, high)``, in the unit of the figure.

        Raises:
            ValueError: If there is no such figure, or fewer than two seeds.

        Example:
            >>> runs = Repeats("GRU", (1, 2), {"accuracy": np.array([0.5, 0.7])}, np.ones(2), 9)
            >>> mean, low, high = runs.interval("accuracy", level=0.5)
            >>> f"{mean:.2f} [{low:.2f}, {high:.2f}]"
            '0.60 [0.50, 0.70]'
        """
        return t_interval(self._values(figure), level)

    def reached(self, figure: str, at_least: float) -> int:
        """Count the seeds that reached a figure; :func:`share_interval` says what that shows.

        Args:
            figure: Which figure.
            at_least: The figure to reach.

        Returns:
            Number of seeds.

        Example:
            >>> runs = Repeats("GRU", (1, 2), {"accuracy": np.array([0.5, 0.7])}, np.ones(2), 9)
            >>> runs.reached("accuracy", at_least=0.6)
            1
        """
        return int(np.sum(self._values(figure) >= at_least))

    def _values(self, figure: str) -> np.ndarray:
        known = {**self.figures, "seconds": self.seconds}
        if figure not in known:
            raise ValueError(f"figure: expected one of {', '.join(known)}; got {figure!r}")
        return known[figure]


def repeat(
    build: Callable[[], keras.Model],
    train: Callable[[keras.Model, int], Mapping[str, float]],
    seeds: Sequence[int],
    name: str = "model",
) -> Repeats:
    """Build and train a model afresh from each of several seeds.

    Before each build, the generators of Python, NumPy and Keras are seeded anew, so a run does
    not hang on those before it. A line tells how far the runs have come; it leaves no trace of
    its figures in the notebook.

    Args:
        build: Gives a new, untrained model.
        train: Function ``(model, seed) -> figures``: compiles, trains and measures the model.
            Use ``seed`` for whatever else is random, such as the training examples. ``figures``
            names each measured number.
        seeds: The seeds, whole numbers from 0 to 2**32 - 1, all different.
        name: Name of the model, for the line and the result.

    Returns:
        The figures by seed, the number of parameters, and the seconds that ``train`` took:
        compiling and measuring included, unless ``train`` returns its own ``"seconds"``, such as
        the ``training_seconds`` of an :class:`~seqlearn.training.AccuracyClock`.

    Raises:
        ValueError: If there is no seed, one is no seed or stands there twice, or the runs give
            different figures or models of different sizes.

    Example:
        >>> def build():
        ...     return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> def train(model, seed):
        ...     return {"largest weight": float(np.max(model.get_weights()[0]))}
        >>> runs = repeat(build, train, seeds=[1, 2, 3], name="dense")
        >>> runs.parameters, runs.figures["largest weight"].shape
        (8, (3,))
    """
    seeds = _checked(seeds)
    measured: list[dict[str, float]] = []
    seconds: list[float] = []
    sizes: set[int] = set()
    listed = ", ".join(map(str, seeds))
    with progress_line(f"{name}, seed{'s' * (len(seeds) > 1)} {listed}") as say:
        for run, seed in enumerate(seeds):
            say(f"run {run + 1} of {len(seeds)}{_time_left(seconds, len(seeds))}")
            keras.utils.set_random_seed(seed)
            model = build()
            began = time.perf_counter()
            try:
                figures = dict(train(model, seed))
            except Exception as error:
                error.add_note(f"while training {name} with seed {seed}")
                raise
            seconds.append(float(figures.pop("seconds", time.perf_counter() - began)))
            measured.append({figure: float(value) for figure, value in figures.items()})
            sizes.add(model.count_params())
            if measured[-1].keys() != measured[0].keys():
                raise ValueError(
                    f"train: expected the same figures from each seed; got {[*measured[0]]} from "
                    f"seed {seeds[0]} and {[*measured[-1]]} from seed {seed}"
                )
    if len(sizes) > 1:
        raise ValueError(f"build: expected models of one size; got {sorted(sizes)} parameters")
    return Repeats(
        name=name,
        seeds=seeds,
        figures={
            figure: _read_only([figures[figure] for figures in measured]) for figure in measured[0]
        },
        seconds=_read_only(seconds),
        parameters=sizes.pop(),
    )


def difference_interval(
    first: Repeats, second: Repeats, figure: str, level: float = 0.95
) -> tuple[float, float, float]:
    """Mean of first minus second, paired seed by seed, with Student's t interval.

    Two models that share the seed share the examples that were made from it. The pairing takes
    out what makes some seeds harder than others for both.

    Args:
        first: Runs of one model.
        second: Runs of another, from the same seeds in the same order.
        figure: Which figure, or ``"seconds"``.
        level: Probability with which such an interval covers the true mean difference.

    Returns:
        ``(mean, low, high)``, in the unit of the figure. If 0 lies outside, the models differ.

    Raises:
        ValueError: If the seeds differ, there are fewer than two, or the figure is missing.

    Example:
        >>> gru = Repeats("GRU", (1, 2), {"accuracy": np.array([0.5, 0.7])}, np.ones(2), 9)
        >>> rnn = Repeats("RNN", (1, 2), {"accuracy": np.array([0.3, 0.4])}, np.ones(2), 9)
        >>> f"{difference_interval(gru, rnn, 'accuracy')[0]:.2f}"
        '0.25'
    """
    if first.seeds != second.seeds:
        raise ValueError(
            f"second: expected the same seeds as {first.name}, {list(first.seeds)}; "
            f"got {list(second.seeds)} from {second.name}"
        )
    return t_interval(first._values(figure) - second._values(figure), level)


def share_interval(successes: int, runs: int, level: float = 0.95) -> tuple[float, float, float]:
    """Share of runs that succeeded, with Wilson's score interval.

    Where all runs succeed or all fail, a t interval has no width and claims certainty. This one
    does not: 5 of 5 still leaves room down to 57%.

    Args:
        successes: Runs that succeeded.
        runs: All runs, at least 1.
        level: Probability with which such an interval is meant to cover the true share.

    Returns:
        ``(share, low, high)``, each from 0 to 1.

    Raises:
        ValueError: If the counts are impossible, or ``level`` is not between 0 and 1.

    Source:
        Wilson 1927, "Probable inference, the law of succession, and statistical inference",
        Journal of the American Statistical Association 22.

    Example:
        >>> share, low, high = share_interval(5, 5)
        >>> f"{share:.2f} [{low:.2f}, {high:.2f}]"
        '1.00 [0.57, 1.00]'
    """
    for name, count, least in (("runs", runs, 1), ("successes", successes, 0)):
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < least:
            raise ValueError(f"{name}: expected a whole number of at least {least}; got {count!r}")
    if successes > runs:
        raise ValueError(f"successes: expected at most {runs}, the number of runs; got {successes}")
    if not 0 < level < 1:
        raise ValueError(f"level: expected a probability between 0 and 1; got {level!r}")
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = successes / runs
    centre = (share + z**2 / (2 * runs)) / (1 + z**2 / runs)
    spread = math.sqrt(share * (1 - share) / runs + (z / (2 * runs)) ** 2)
    half = z * spread / (1 + z**2 / runs)
    # At 0 and at all runs one end is the share itself; rounding must not push it past.
    return share, min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half))


def _checked(seeds: Sequence[int]) -> tuple[int, ...]:
    seeds = tuple(seeds)
    if not seeds:
        raise ValueError("seeds: expected at least one seed; got none")
    for seed in seeds:
        whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
        if not whole or not 0 <= seed < 2**32:
            raise ValueError(f"seeds: expected whole numbers from 0 to 4294967295; got {seed!r}")
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds: expected each seed once; got {list(seeds)}")
    return tuple(map(int, seeds))


def _read_only(values: Sequence[float]) -> np.ndarray:
    array = np.array(values, dtype=float)
    array.flags.writeable = False
    return array


def _time_left(seconds: Sequence[float], runs: int) -> str:
    if not seconds:
        return ""
    return f", about {np.mean(seconds) * (runs - len(seconds)):.0f} s left"
