"""Two real series, measured over decades: sunspots and carbon dioxide.

Both ship with statsmodels, so they are the same wherever the book runs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from seqlearn.datasets import sources

# sha256 of the values as little-endian float64, so that a change in what ships is noticed.
_DIGESTS = {
    "sunspots": "66c86ecdcd5950f61f6243f924fdfa10a44596e94816291062fdda266a31c86d",
    "co2": "db6549786e9444ea79916ea79d031a544b00efe52350fd333859340c0d01846c",
}


@dataclass(frozen=True, repr=False, eq=False)
class TimeSeries:
    """One series, cut into three parts in the order of time; the arrays are read-only.

    Attributes:
        name: What is measured.
        unit: Unit of the values.
        values: float64 ``(timesteps,)``; NaN where none was measured.
        dates: datetime64 ``(timesteps,)``, without gaps.
        season: Timesteps after which the series comes round, such as 12 for months.
        val_start: Index of the first value of the validation part.
        test_start: Index of the first value of the test part.
        source: Always "full": there is no stand-in, and no need of one.
    """

    name: str
    unit: str
    values: np.ndarray
    dates: np.ndarray
    season: int
    val_start: int
    test_start: int
    source: str = "full"

    @property
    def train(self) -> np.ndarray:
        """Values before the validation part."""
        return self.values[: self.val_start]

    @property
    def val(self) -> np.ndarray:
        """Values from the validation part on, up to the test part."""
        return self.values[self.val_start : self.test_start]

    @property
    def test(self) -> np.ndarray:
        """Values of the test part: the last ones."""
        return self.values[self.test_start :]

    def __repr__(self) -> str:
        """Show the parts and the unit in one line."""
        return (
            f"TimeSeries({self.name}, {len(self.train)} train, {len(self.val)} validation, "
            f"{len(self.test)} test, {self.dates[0]} to {self.dates[-1]}, in {self.unit})"
        )


def load_sunspots() -> TimeSeries:
    """Load the yearly sunspot number from 1700 to 2008, and print a line that says so.

    Returns:
        The series, with a season of 11 years; real cycles take 9 to 14. Validation begins with
        1900, test with 1950.

    Raises:
        DataUnavailable: If statsmodels is missing or ships other numbers.

    Source:
        National Geophysical Data Center, public domain; the copy that statsmodels carries.

    Example:
        >>> sunspots = load_sunspots()
        sunspots: 309 years, 1700 to 2008
        >>> sunspots.train.shape, float(sunspots.values[0])
        ((200,), 5.0)
    """
    table = _shipped("sunspots")
    values = table["SUNACTIVITY"].to_numpy(dtype=float)
    first = int(table["YEAR"].iloc[0])
    dates = np.arange(str(first), str(first + len(values)), dtype="datetime64[Y]")
    return _series("sunspots", "sunspot number", values, dates, 11, 200, 250, "years")


def load_co2() -> TimeSeries:
    """Load the carbon dioxide over Mauna Loa by month, 1958 to 2001, and print a line on it.

    Returns:
        Means of weekly samples, with a season of 12 months; NaN in months without a sample.
        Validation begins with 1987, test with 1994.

    Raises:
        DataUnavailable: As for :func:`load_sunspots`.

    Source:
        Keeling and Whorf 2004, Carbon Dioxide Information Analysis Center, public domain; the
        copy that statsmodels carries.

    Example:
        >>> co2 = load_co2()
        CO2: 526 months, 1958-03 to 2001-12, 5 of them without a value
        >>> co2.test.shape, co2.unit
        ((96,), 'ppm')
    """
    table = _shipped("co2")
    weekly = table["co2"].to_numpy(dtype=float)
    months = table.index.to_numpy().astype("datetime64[M]")
    dates = np.arange(months[0], months[-1] + 1)
    place = (months - months[0]).astype(int)
    known = np.isfinite(weekly)
    counts = np.bincount(place[known], minlength=len(dates))
    sums = np.bincount(place[known], weekly[known], minlength=len(dates))
    values = np.divide(sums, counts, out=np.full(len(dates), np.nan), where=counts > 0)
    return _series("CO2", "ppm", values, dates, 12, 346, 430, "months")


def _shipped(name: str):
    """The table that statsmodels carries, imported only now: it takes its time."""
    try:
        from statsmodels import datasets
    except ImportError as error:
        raise sources.DataUnavailable(
            f"{name}: this series ships with statsmodels, which can't be imported ({error}). "
            "To get it: pip install statsmodels"
        ) from error
    return getattr(datasets, name).load_pandas().data


def _series(name, unit, values, dates, season, val_start, test_start, steps) -> TimeSeries:
    found = hashlib.sha256(np.round(values, 6).astype("<f8").tobytes()).hexdigest()
    if found != _DIGESTS[name.lower()]:
        raise sources.DataUnavailable(
            f"{name}: statsmodels ships other numbers than those that this book was written with. "
            "Install the version that stands in constraints.txt"
        )
    for array in (values, dates):
        array.setflags(write=False)
    missing = int(np.isnan(values).sum())
    remark = f", {missing} of them without a value" if missing else ""
    sources.announce(name, f"{len(values)} {steps}, {dates[0]} to {dates[-1]}{remark}")
    return TimeSeries(name, unit, values, dates, season, val_start, test_start)
