"""How many steps back a network remembers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqlearn.cells.inputs import cast

Array = np.ndarray


@dataclass(frozen=True, repr=False)
class Horizon:
    """How many steps back a network remembers, from :func:`memory_horizon`.

    Attributes:
        steps: The horizon, in steps.
        low: Lower end of its bootstrap interval; NaN if there was one example alone.
        high: Upper end.
        longest: The longest horizon that could be seen in these sequences, in steps. One as long
            says that the memory reaches at least so far.
    """

    steps: float
    low: float
    high: float
    longest: int

    def __repr__(self) -> str:
        steps, low, high = (
            f"at least {self.longest}" if value >= self.longest else f"{value:.4g}"
            for value in (self.steps, self.low, self.high)
        )
        if np.isnan(self.low):
            return f"Horizon: {steps} steps (one example, no interval)"
        return f"Horizon: {steps} steps [{low}, {high}] (95% bootstrap interval)"


def memory_horizon(norms: Array) -> Horizon:
    """Measure how many steps back the loss still depends on the state.

    With r_k the geometric mean over the examples of ‖∂L/∂h_{T−k}‖ / ‖∂L/∂h_T‖ (for an LSTM take
    the norms of its cell state, ``gradient_norms(..., state="c")``), the horizon is
    the lag k up to which r_k stays at or above 1/e, between whole lags by a straight line in
    ln r. A state that fades as a to the power of k has the horizon −1/ln a, exactly: the time
    scale of :func:`seqlearn.initializers.time_scale`. The interval is a percentile bootstrap: the
    examples are drawn again, with replacement, a thousand times.

    Masked steps (NaN) are left out, so lags are counted in real steps from an example's last one;
    lags that fewer than half of the examples have are not looked at. An example in which no
    gradient reaches the last step has no ratio, and is left out too. A gradient of exactly 0
    further back makes the geometric mean 0 from there.

    Args:
        norms: From :func:`gradient_norms`, ``(examples, timesteps)``, at least 0; NaN at masked
            steps.

    Returns:
        The horizon in steps, with its interval.

    Raises:
        ValueError: If ``norms`` are not as above, or nothing can be measured.

    Source:
        The definition is this book's own. Efron 1979 for the bootstrap.

    Example:
        >>> norms = 0.5 ** np.arange(9, -1, -1) * np.ones((4, 1))
        >>> memory_horizon(norms)
        Horizon: 1.443 steps [1.443, 1.443] (95% bootstrap interval)
        >>> print(f"{-1 / np.log(0.5):.3f}")
        1.443
        >>> memory_horizon(np.ones((4, 10)))
        Horizon: at least 9 steps [at least 9, at least 9] (95% bootstrap interval)
    """
    norms = cast(norms, "norms", np.float64)
    if norms.ndim != 2 or norms.shape[1] < 2:
        raise ValueError(
            "norms: expected (examples, timesteps) with at least 2 timesteps; "
            f"got shape {norms.shape}"
        )
    if np.any(norms < 0) or np.any(np.isinf(norms)):
        raise ValueError("norms: expected finite numbers of at least 0; got others")

    back = norms[:, ::-1]
    order = np.argsort(np.isnan(back), axis=1, kind="stable")  # real steps first, last one foremost
    back = np.take_along_axis(back, order, axis=1)
    back = back[back[:, 0] > 0]
    if not len(back):
        raise ValueError(
            "norms: expected a gradient other than 0 at the last step of at least one example; "
            "got none: the loss doesn't depend on it"
        )
    there = ~np.isnan(back)
    lags = int(np.sum(2 * there.sum(axis=0) >= len(back)))
    if lags < 2:
        raise ValueError("norms: expected at least 2 real steps in half of the examples; got fewer")
    back, there = back[:, :lags], there[:, :lags]
    gone = there & (back == 0)
    logs = np.log(np.where(there & ~gone, back, 1))
    logs = np.where(there & ~gone, logs - logs[:, :1], 0)

    def horizons(counts: Array) -> Array:
        """Horizon of each sample, given how often each example stands in it."""
        with_lag = counts @ there.astype(float)
        curve = (counts @ logs) / np.maximum(with_lag, 1)
        curve[counts @ gone.astype(float) > 0] = -np.inf
        for k in np.flatnonzero(np.any(with_lag == 0, axis=0)):  # no example is so long
            curve[:, k] = np.where(with_lag[:, k] == 0, curve[:, k - 1], curve[:, k])
        return _crossing(curve)

    examples = len(back)
    steps = float(horizons(np.ones((1, examples)))[0])
    low = high = np.nan
    if examples > 1:
        drawn = np.random.default_rng(0).multinomial(
            examples, np.full(examples, 1 / examples), size=1000
        )
        low, high = np.quantile(horizons(drawn.astype(float)), [0.025, 0.975])
    return Horizon(steps, float(low), float(high), lags - 1)


def _crossing(curve: Array) -> Array:
    """Lag at which each row of ``(samples, lags)`` first falls below −1; the last if it doesn't."""
    below = curve < -1
    first = np.argmax(below, axis=1)  # at lag 0 the curve is 0, so first > 0 if there is any
    rows = np.arange(len(curve))
    before, after = curve[rows, first - 1], curve[rows, first]
    found = below[rows, first]
    drop = np.where(found, before - after, 1)
    return np.where(found, first - 1 + (before + 1) / drop, curve.shape[1] - 1)
