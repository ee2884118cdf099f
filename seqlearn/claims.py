"""Claims as tests: an empirical sentence beside the check that keeps it true.

A sentence of the book such as "one layer reads digits with 98% accuracy" is
written as a call of :func:`claim`. The call fails when the sentence stops being
true, so a reader never meets a claim that the last run did not bear out.
:mod:`seqlearn.frame.evidence` reads the claims back from the stored notebooks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from string import Formatter
from typing import Any, Literal

import numpy as np

from seqlearn.display import Line, show

RECORD = "seqlearn_claim"
"""Key of a claim's record in the metadata of its output."""

_Number = bool | int | float


class ClaimFailed(AssertionError):
    """A measured figure does not bear out the sentence that was claimed."""


@dataclass(frozen=True)
class _Sentence:
    """A sentence around the place of its figure; ``spec`` is None where it has no place."""

    before: str
    spec: str | None
    after: str

    def fill(self, figure: str) -> str:
        return f"{self.before}{figure}{self.after}" if self.spec is not None else self.before


@dataclass(frozen=True)
class _Bound:
    """What the figure must satisfy, as a test and as words."""

    kind: str
    values: tuple[_Number, ...]
    tolerance: float
    holds: Callable[[_Number], bool]

    def words(self, figure: Callable[[_Number], str]) -> str:
        low, *high = [figure(value) for value in self.values]
        if high:
            return f"between {low.removesuffix(' points')} and {high[0]}"
        low = low if low != "1 points" else "1 point"
        if self.kind != "equal_to":
            return f"{self.kind.replace('_', ' ')} {low}"
        return f"{low} ± {figure(self.tolerance)}" if self.tolerance else f"exactly {low}"


def claim(
    sentence: str,
    measured: Any,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    between: tuple[float, float] | None = None,
    equal_to: float | bool | None = None,
    tolerance: float | None = None,
    source: Literal["full", "embedded"] | None = None,
    only_on: Literal["full"] | None = None,
) -> None:
    """State a sentence, check it against a measured figure and show both.

    Give exactly one bound. Bounds are inclusive, and NaN satisfies none.

    Args:
        sentence: The claim in the words of the text, with a place for its figure: ``{}`` for four
            significant digits and, in "{} of the digits", for a share in percent; or a format of
            Python's such as ``{:.0%}`` or ``{:.2f}``. ``{:points}`` and ``{:.2points}`` are for a
            difference of shares: 0.032 is "3.2 points". The bound takes the unit from there. The
            sentence of a truth value has no such place.
        measured: One number (or a truth value): a Python or NumPy scalar. An
            array must be reduced first, for instance to its smallest entry.
        at_least: The figure must be this or more.
        at_most: The figure must be this or less.
        between: The figure must lie in this pair ``(low, high)``.
        equal_to: The figure must be this number, or this truth value.
        tolerance: With ``equal_to`` only: the largest distance allowed, in the
            unit of the figure. Without it the figure must be exactly equal.
        source: Where the data came from, ``data.source``: "full" or "embedded".
        only_on: ``"full"`` for a claim that only holds on the full data. It
            needs ``source``. On the embedded data the line then says that the
            claim was not checked; on the full data it is checked as any other.

    Raises:
        ClaimFailed: If the figure does not satisfy the bound; the message gives
            the sentence, the figure and the bound.
        TypeError: If an argument is of the wrong kind.
        ValueError: If no bound or more than one is given, a bound makes no
            sense, or the sentence has not one place for a figure.

    Example:
        >>> claim("The net reads {} of the digits", 0.9871, at_least=0.98)
        ✓ The net reads 98.7% of the digits. We asked for at least 98%.
        >>> claim("A second layer adds {:points}", 0.0321, at_least=0.01)
        ✓ A second layer adds 3.2 points. We asked for at least 1 point.
        >>> claim("The two losses agree to within {}", 1e-7, equal_to=0, tolerance=1e-6)
        ✓ The two losses agree to within 1e-07. We asked for 0 ± 1e-06.
        >>> claim("A GRU has fewer weights than an LSTM", 2_340 < 3_040, equal_to=True)
        ✓ A GRU has fewer weights than an LSTM.
        >>> claim("It answers after {} s", 12.0, at_most=10)
        Traceback (most recent call last):
        ...
        seqlearn.claims.ClaimFailed: It answers after … s: measured 12, expected at most 10
    """
    parts = _parts(sentence)
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
    truth = isinstance(value, bool)
    if truth and parts.spec is not None:
        raise ValueError(
            f"sentence: expected no place for a figure, as a truth value has none; got {sentence!r}"
        )
    if not truth and parts.spec is None:
        raise ValueError(
            f'sentence: expected a place for the figure, "{{}}" or such as "{{:.1%}}"; '
            f"got {sentence!r}"
        )
    # "0.998 of the digits" is no English. A bound of next to nothing means no share of anything.
    in_percent = (
        parts.spec == ""
        and parts.after.startswith(" of ")
        and 0 <= value <= 1
        and all(isinstance(edge, float) and 0.001 <= edge <= 1 for edge in bound.values)
    )
    figure, edge = _writers(value, bound, ".1%" if in_percent else parts.spec)
    # "…" holds the place in messages and tables, where the sentence stands for many figures.
    template, words = parts.fill("…"), str(bound.values[0]) if truth else bound.words(edge)
    checked = not (only_on == "full" and source == "embedded")
    if checked and not bound.holds(value):
        shown = _exact(value, figure, bound)
        raise ClaimFailed(f"{template}: measured {shown}, expected {words}")
    filled = parts.fill(figure(value))
    filled += "" if filled.endswith(("?", "!")) else "."
    if not checked:
        asked = "this takes the full data" if truth else f"on the full data we ask for {words}"
        remark = f"Not checked here: {asked}."
    else:
        remark = "" if truth else f"We asked for {words}."
    mark, css_class, colour = (
        ("✓", "seqlearn-claim", "#2a9d8f")
        if checked
        else ("○", "seqlearn-claim unchecked", "#7f7f7f")
    )
    record = {
        "sentence": filled,
        "template": template,
        # JSON knows no infinity, so it is kept as text.
        "measured": value if math.isfinite(value) else str(value),
        "shown": figure(value),
        "bound": "" if truth else words,
        "checked": checked,
        "source": source,
    }
    show(Line(mark, filled, remark, css_class, colour), {RECORD: record})


def _parts(sentence: Any) -> _Sentence:
    """Find the place of the figure, and refuse a sentence with two or with another sort."""
    if not isinstance(sentence, str) or not sentence.strip():
        raise TypeError(f"sentence: expected the claim in words; got {sentence!r}")
    texts, specs = [""], []
    try:
        fields = list(Formatter().parse(sentence.strip().removesuffix(".")))
    except ValueError:
        fields = [("", "a lone brace", "", None)]
    for literal, name, spec, conversion in fields:
        texts[-1] += literal
        if name is None:
            continue
        if name or conversion or "{" in spec:
            raise ValueError(
                'sentence: expected "{}" or such as "{:.1%}" as the place for the figure, and '
                f'other braces doubled, "{{{{" and "}}}}"; got {sentence!r}'
            )
        specs.append(spec)
        texts.append("")
    if len(specs) > 1:
        raise ValueError(f"sentence: expected one place for the figure; got two in {sentence!r}")
    return _Sentence(texts[0], specs[0] if specs else None, texts[-1])


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


def _writers(
    value: _Number, bound: _Bound, spec: str | None
) -> tuple[Callable[[_Number], str], Callable[[_Number], str]]:
    """How the figure is written, and how its bound: in the same unit, and only as long as it is."""
    if not spec:
        # More digits where the figure and its bound would look the same.
        others = [edge for edge in bound.values if edge != value]
        more = 0
        while more < 15 and _written(value, more) in [_written(edge, more) for edge in others]:
            more += 1
        return (lambda x: _written(x, more),) * 2
    if points := re.fullmatch(r"(\+?)(?:\.(\d))?points", spec):
        sign, digits = points[1], points[2] or "1"
        return (
            lambda x: f"{100 * x:{sign}z,.{digits}f} points",
            lambda x: f"{_written(100 * x)} points",
        )
    try:
        format(value, spec)
    except (ValueError, TypeError):
        raise ValueError(
            'sentence: expected a format such as "{:.1%}", "{:.2f}" or "{:points}"; '
            f"got {{:{spec}}}"
        ) from None
    if spec.endswith("%"):
        return lambda x: format(x, spec), lambda x: f"{_written(100 * x)}%"
    return lambda x: format(x, spec), _written


def _written(x: _Number, more: int = 0) -> str:
    """A figure in four significant digits, or more; of next to nothing, two say enough."""
    if isinstance(x, bool):
        return str(x)
    if isinstance(x, int) or (x.is_integer() and abs(x) < 1e15):
        return f"{int(x):,}"
    whole_digits = len(f"{abs(x):.0f}") if 1 <= abs(x) < 1e15 else 1
    return f"{x:,.{max((2 if abs(x) < 1e-4 else 4) + more, whole_digits)}g}"


def _exact(value: _Number, figure: Callable[[_Number], str], bound: _Bound) -> str:
    """The figure for a failure: in full where rounding would hide the difference."""
    written = figure(value)
    if written in [figure(edge) for edge in bound.values]:
        return f"{written} (exactly {value!r})"
    return written
