"""Claims as tests: an empirical sentence beside the check that keeps it true.

A sentence of the book such as "one layer reads digits with 98% accuracy" is
written as a call of :func:`claim`. The call fails when the sentence stops being
true, so a reader never meets a claim that the last run did not bear out.
:mod:`seqlearn.frame.evidence` reads the claims back from the stored notebooks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from seqlearn.display import Line, show

RECORD = "seqlearn_claim"
"""Key of a claim's record in the metadata of its output."""

_Number = bool | int | float


class ClaimFailed(AssertionError):
    """A measured figure does not bear out the sentence that was claimed."""


@dataclass(frozen=True)
class _Bound:
    """What the figure must satisfy, as a test and as words."""

    kind: str
    values: tuple[_Number, ...]
    tolerance: float
    holds: Callable[[_Number], bool]

    def words(self, figure: Callable[[_Number], str]) -> str:
        edges = [figure(value) for value in self.values]
        if self.kind == "between":
            return f"between {edges[0]} and {edges[1]}"
        words = f"{self.kind.replace('_', ' ')} {edges[0]}"
        return f"{words} (± {figure(self.tolerance)})" if self.tolerance else words


def claim(
    sentence: str,
    measured: Any,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    between: tuple[float, float] | None = None,
    equal_to: float | bool | None = None,
    tolerance: float | None = None,
    shown_as: str | None = None,
    unit: str = "",
    source: Literal["full", "embedded"] | None = None,
    only_on: Literal["full"] | None = None,
) -> None:
    """State a sentence, check it against a measured figure and show both.

    Give exactly one bound. Bounds are inclusive, and NaN satisfies none.

    Args:
        sentence: The claim in the words of the text, without the figure.
        measured: One number (or a truth value): a Python or NumPy scalar. An
            array must be reduced first, for instance to its smallest entry.
        at_least: The figure must be this or more.
        at_most: The figure must be this or less.
        between: The figure must lie in this pair ``(low, high)``.
        equal_to: The figure must be this number, or this truth value.
        tolerance: With ``equal_to`` only: the largest distance allowed, in the
            unit of the figure. Without it the figure must be exactly equal.
        shown_as: Python's format for the figure and its bound, such as
            ``".1%"`` or ``".2f"``. By default four significant digits, whole
            numbers with thousands separators.
        unit: Written after each figure, such as ``"s"`` or ``"steps"``.
        source: Where the data came from, ``data.source``: "full" or "embedded".
        only_on: ``"full"`` for a claim that only holds on the full data. It
            needs ``source``. On the embedded data the line then says that the
            claim was not checked; on the full data it is checked as any other.

    Raises:
        ClaimFailed: If the figure does not satisfy the bound; the message gives
            the sentence, the figure and the bound.
        TypeError: If an argument is of the wrong kind.
        ValueError: If no bound or more than one is given, or a bound makes no
            sense.

    Example:
        >>> claim("The net reads digits", 0.9871, at_least=0.98, shown_as=".1%")
        ✓ The net reads digits: 98.7%, at least 98.0%
        >>> claim("It has few weights", 37_386, at_most=40_000)
        ✓ It has few weights: 37,386, at most 40,000
        >>> claim("Both agree", 1e-7, equal_to=0, tolerance=1e-6)
        ✓ Both agree: 1e-07, equal to 0 (± 1e-06)
        >>> claim("It is quick", 12.0, at_most=10, unit="s")
        Traceback (most recent call last):
        ...
        seqlearn.claims.ClaimFailed: It is quick: measured 12 s, expected at most 10 s
    """
    if not isinstance(sentence, str) or not sentence.strip():
        raise TypeError(f"sentence: expected the claim in words; got {sentence!r}")
    if only_on not in (None, "full"):
        raise ValueError(f'only_on: expected "full" or nothing; got {only_on!r}')
    if source not in (None, "full", "embedded"):
        raise ValueError(f'source: expected data.source, "full" or "embedded"; got {source!r}')
    if only_on is not None and source is None:
        raise ValueError(
            'source: a claim with only_on="full" has to know where the data came from; '
            "expected source=data.source; got nothing"
        )
    value = _number("measured", measured)
    bound = _bound(
        value, tolerance, at_least=at_least, at_most=at_most, between=between, equal_to=equal_to
    )
    figure = _writer(value, bound, shown_as, unit)
    words = bound.words(figure)
    checked = not (only_on == "full" and source == "embedded")
    if checked and not bound.holds(value):
        raise ClaimFailed(
            f"{sentence.rstrip('. ')}: measured {_exact(value, figure, bound, unit)}, "
            f"expected {words}"
        )
    remark = f"{figure(value)}, {words}"
    if not checked:
        remark += " on the full data; not checked on the embedded data"
    mark, css_class, colour = (
        ("✓", "seqlearn-claim", "#2a9d8f")
        if checked
        else ("○", "seqlearn-claim unchecked", "#7f7f7f")
    )
    record = {
        "sentence": sentence,
        # JSON knows no infinity, so it is kept as text.
        "measured": value if math.isfinite(value) else str(value),
        "measured_shown": figure(value),
        "bound": words,
        "checked": checked,
        "source": source,
    }
    show(Line(mark, sentence, remark, css_class, colour), {RECORD: record})


def _number(name: str, value: Any) -> _Number:
    """Turn a Python, NumPy or backend scalar into a plain Python number."""
    if isinstance(value, int):  # of any size; NumPy's have an end
        return value
    shape = (len(value),) if isinstance(value, list | tuple) else np.shape(value)
    if shape:
        raise TypeError(
            f"{name}: expected one number; got {type(value).__name__} of shape {shape}. "
            "Which figure does the sentence speak of: array.min(), array.mean()?"
        )
    if np.ma.is_masked(value) or np.asarray(value).dtype.kind not in "biuf":
        raise TypeError(f"{name}: expected one number or True/False; got {value!r}")
    return np.asarray(value).item()


def _bound(value: _Number, tolerance: Any, **bounds: Any) -> _Bound:
    """Make the one bound that was given, and refuse what makes no sense."""
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    if len(given) != 1:
        raise ValueError(
            "expected exactly one of at_least, at_most, between, equal_to; "
            f"got {' and '.join(given) or 'none'}"
        )
    (kind, bound), *_ = given.items()
    if tolerance is not None and kind != "equal_to":
        raise ValueError(f"tolerance: goes with equal_to only; got it with {kind}")
    if kind == "between":
        if not isinstance(bound, list | tuple) or len(bound) != 2:
            raise ValueError(f"between: expected a pair (low, high); got {bound!r}")
        values = tuple(_number("between", edge) for edge in bound)
        if not values[0] <= values[1]:
            raise ValueError(f"between: expected (low, high) with low <= high; got {bound!r}")
    else:
        values = (_number(kind, bound),)
    margin = 0.0 if tolerance is None else _number("tolerance", tolerance)
    if isinstance(margin, bool) or not 0 <= margin < math.inf:
        raise ValueError(f"tolerance: expected a distance of 0 or more; got {tolerance!r}")
    if any(math.isnan(edge) for edge in values):
        raise ValueError(f"{kind}: expected a number; got NaN, which no figure satisfies")
    truths = [isinstance(edge, bool) for edge in values]
    if isinstance(value, bool) and not all(truths):
        raise TypeError(
            f"measured: got {value}, a truth value, with the number {bound!r} as its bound. "
            "Pass equal_to=True, or better the figures that were compared"
        )
    if any(truths) and not isinstance(value, bool):
        raise TypeError(f"{kind}: expected a number like the measured {value!r}; got {bound!r}")
    if any(truths) and (kind != "equal_to" or margin):
        raise ValueError(f"{kind}: a truth value is only compared by equal_to, with no tolerance")
    tests: dict[str, Callable[[_Number], bool]] = {
        "at_least": lambda x: x >= values[0],
        "at_most": lambda x: x <= values[0],
        "between": lambda x: values[0] <= x <= values[1],
        # Equality first, for infinities and for exact whole numbers.
        "equal_to": lambda x: x == values[0] or abs(x - values[0]) <= margin,
    }
    return _Bound(kind, values, margin, tests[kind])


def _writer(
    value: _Number, bound: _Bound, shown_as: str | None, unit: str
) -> Callable[[_Number], str]:
    """How figures are written: all in one style, with digits that tell them apart."""
    suffix = f" {unit}" if unit else ""
    if shown_as is not None:
        try:
            format(value, shown_as)
        except (ValueError, TypeError):
            raise ValueError(
                f'shown_as: expected a format such as ".1%" or ".2f"; got {shown_as!r}'
            ) from None
        return lambda x: format(x, shown_as) + suffix

    def write(x: _Number, digits: int) -> str:
        if isinstance(x, bool):
            return str(x)
        if isinstance(x, int) or (x.is_integer() and abs(x) < 1e15):
            return f"{int(x):,}"
        whole_digits = len(f"{abs(x):.0f}") if 1 <= abs(x) < 1e15 else 1
        return f"{x:,.{max(digits, whole_digits)}g}"

    # Four digits, and more where the figure and its bound would look the same.
    others = [edge for edge in bound.values if edge != value]
    digits = 4
    while digits < 17 and write(value, digits) in [write(edge, digits) for edge in others]:
        digits += 1
    return lambda x: write(x, digits) + suffix


def _exact(value: _Number, figure: Callable[[_Number], str], bound: _Bound, unit: str) -> str:
    """The figure for a failure: in full where rounding would hide the difference."""
    written = figure(value)
    if written in [figure(edge) for edge in bound.values]:
        return f"{written} (exactly {value!r}{' ' + unit if unit else ''})"
    return written
