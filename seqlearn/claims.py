"""Claims as tests: an empirical sentence beside the check that keeps it true.

A sentence of the book such as "one layer reads digits with 98% accuracy" is
written as a call of :func:`claim`. The call fails when the sentence stops being
true, so a reader never meets a claim that the last run did not bear out.
:func:`collect_claims` reads the claims back from the stored notebooks.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from seqlearn.notices import Notice, show

RECORD = "seqlearn_claim"
"""Key of a claim's record in the metadata of its output."""

Number = bool | int | float


class ClaimFailed(AssertionError):
    """A measured figure does not bear out the sentence that was claimed."""


@dataclass(frozen=True)
class _Bound:
    """What the figure must satisfy, as a test and as words."""

    kind: str
    values: tuple[Number, ...]
    tolerance: float
    holds: Callable[[Number], bool]

    def words(self, figure: Callable[[Number], str]) -> str:
        shown = [figure(value) for value in self.values]
        if self.kind == "between":
            return f"between {shown[0]} and {shown[1]}"
        words = f"{self.kind.replace('_', ' ')} {shown[0]}"
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
    bound = _bound(value, at_least, at_most, between, equal_to, tolerance)
    figure = _figure(value, bound, shown_as, unit)
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
    notice = Notice(
        mark="✓" if checked else "○",
        text=sentence,
        remark=remark,
        css_class="seqlearn-claim" if checked else "seqlearn-claim unchecked",
        colour="#2a9d8f" if checked else "#7f7f7f",
    )
    show(
        notice,
        {
            RECORD: {
                "sentence": sentence,
                # JSON knows no infinity, so it is kept as text.
                "measured": value if math.isfinite(value) else str(value),
                "measured_shown": figure(value),
                "bound": words,
                "checked": checked,
                "source": source,
            }
        },
    )


def _number(name: str, value: Any) -> Number:
    """Turn a Python, NumPy or backend scalar into a plain Python number."""
    array = None
    if not isinstance(value, str | bytes | list | tuple | dict | set | type(None)):
        array = np.asarray(value)
    elif isinstance(value, list | tuple):
        raise TypeError(
            f"{name}: expected one number; got {len(value)} of them. "
            f"Which one does the sentence speak of: the smallest, the mean?"
        )
    if array is not None and array.ndim:
        raise TypeError(
            f"{name}: expected one number; got an array of shape {array.shape}. "
            f"Which figure does the sentence speak of: array.min(), array.mean()?"
        )
    if array is None or array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: expected one number or True/False; got {value!r}")
    return array.item()


def _bound(
    value: Number,
    at_least: Any,
    at_most: Any,
    between: Any,
    equal_to: Any,
    tolerance: Any,
) -> _Bound:
    """Make the one bound that was given, and refuse what makes no sense."""
    given = {
        name: bound
        for name, bound in {
            "at_least": at_least,
            "at_most": at_most,
            "between": between,
            "equal_to": equal_to,
        }.items()
        if bound is not None
    }
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
    tests: dict[str, Callable[[Number], bool]] = {
        "at_least": lambda x: x >= values[0],
        "at_most": lambda x: x <= values[0],
        "between": lambda x: values[0] <= x <= values[1],
        # Equality first, for infinities and for exact whole numbers.
        "equal_to": lambda x: x == values[0] or abs(x - values[0]) <= margin,
    }
    return _Bound(kind, values, margin, tests[kind])


def _figure(
    value: Number, bound: _Bound, shown_as: str | None, unit: str
) -> Callable[[Number], str]:
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

    def write(x: Number, digits: int) -> str:
        if isinstance(x, bool):
            return str(x)
        if isinstance(x, int) or (x.is_integer() and abs(x) < 1e15):
            return f"{x:,.0f}"
        whole_digits = len(f"{abs(x):.0f}") if 1 <= abs(x) < 1e15 else 1
        return f"{x:,.{max(digits, whole_digits)}g}"

    # Four digits, and more where the figure and its bound would look the same.
    digits = next(
        (
            digits
            for digits in range(4, 17)
            if all(
                write(value, digits) != write(edge, digits) or value == edge
                for edge in bound.values
            )
        ),
        17,
    )
    return lambda x: write(x, digits) + suffix


def _exact(value: Number, figure: Callable[[Number], str], bound: _Bound, unit: str) -> str:
    """The figure for a failure: in full where rounding would hide the difference."""
    shown = figure(value)
    if shown in [figure(edge) for edge in bound.values]:
        return f"{shown} (exactly {value!r}{' ' + unit if unit else ''})"
    return shown


@dataclass(frozen=True)
class Evidence:
    """A claim as a stored notebook recorded it.

    Args:
        notebook: File name, such as ``"07_mnist_rows.ipynb"``.
        chapter: The notebook's title.
        sentence: The claim in words.
        measured: The measured figure as it was shown.
        bound: What it had to satisfy, in words.
        checked: False where the claim was shown without being checked.
        source: Where the data came from: "full", "embedded", or None where no
            data set was involved.
    """

    notebook: str
    chapter: str
    sentence: str
    measured: str
    bound: str
    checked: bool
    source: str | None


def collect_claims(folder: str | Path = ".") -> list[Evidence]:
    """Read the claims that the stored notebooks of a folder recorded.

    Nothing is run: the records lie in the outputs that the notebooks were
    committed with.

    Args:
        folder: Folder with the chapters, the notebooks named ``NN_name.ipynb``.

    Returns:
        One row for each claim, in the order of the chapters and of their cells.
        Empty where no chapter is found.

    Raises:
        FileNotFoundError: If the folder does not exist.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as empty:
        ...     collect_claims(empty)
        []
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"folder: expected the folder of the chapters; got {str(folder)!r}")
    rows = []
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        chapter = _title(cells) or path.stem
        for cell in cells:
            for output in cell.get("outputs", []):
                record = output.get("metadata", {}).get(RECORD)
                if record is not None:
                    rows.append(
                        Evidence(
                            notebook=path.name,
                            chapter=chapter,
                            sentence=record["sentence"],
                            measured=record["measured_shown"],
                            bound=record["bound"],
                            checked=record["checked"],
                            source=record["source"],
                        )
                    )
    return rows


def _title(cells: list[dict[str, Any]]) -> str | None:
    """The first heading of a notebook."""
    for cell in cells:
        if cell["cell_type"] == "markdown":
            found = re.search(r"^#\s+(.+?)\s*$", "".join(cell["source"]), flags=re.MULTILINE)
            if found:
                return found.group(1)
    return None


def count_fresh(folder: str | Path = ".") -> list[str]:
    """Say how often the claims of each chapter held from seeds that they had never seen.

    Nothing is run: ``make fresh`` runs the chapters and keeps the counts.

    Args:
        folder: Folder with ``fresh_seeds.json``.

    Returns:
        A line for each chapter that was run, and one more for each of its claims that once
        failed. Empty where there are no counts.

    Raises:
        ValueError: If the file is not one of such counts.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as empty:
        ...     count_fresh(empty)
        []
    """
    path = Path(folder) / "fresh_seeds.json"
    if not path.is_file():
        return []
    lines = []
    try:
        for name, entry in sorted(json.loads(path.read_text(encoding="utf-8")).items()):
            found = entry["claims"]
            held, runs = (sum(each[key] for each in found.values()) for key in ("held", "runs"))
            lines.append(
                f"{name.removesuffix('.ipynb'):20s}{len(found):4d} claims, from "
                f"{len(entry['seeds']):2d} fresh seeds: held {held} times of {runs}"
            )
            lines += [
                f"    {each['held']} of {each['runs']}: {sentence}"
                for sentence, each in found.items()
                if each["held"] < each["runs"]
            ]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(
            f"folder: expected counts in {path.name}, as make fresh writes them; {error!r}"
        ) from error
    return lines


def show_evidence(rows: list[Evidence]) -> None:
    """Show collected claims as a table, chapter by chapter, with their number.

    Args:
        rows: The claims, as :func:`collect_claims` gives them.

    Example:
        >>> show_evidence([Evidence("01_a.ipynb", "A", "It holds", "2", "at least 1", True, None)])
        1 claim in 1 chapter
        <BLANKLINE>
        A
          ✓ It holds: 2, at least 1
    """
    show(_EvidenceTable(tuple(rows)))


@dataclass(frozen=True)
class _EvidenceTable:
    rows: tuple[Evidence, ...]

    @property
    def _chapters(self) -> dict[tuple[str, str], list[Evidence]]:
        chapters: dict[tuple[str, str], list[Evidence]] = {}
        for row in self.rows:
            chapters.setdefault((row.notebook, row.chapter), []).append(row)
        return chapters

    @property
    def _count(self) -> str:
        claims, chapters = len(self.rows), len(self._chapters)
        text = f"{claims} claim{'s' * (claims != 1)} in {chapters} chapter{'s' * (chapters != 1)}"
        unchecked = sum(not row.checked for row in self.rows)
        return f"{text}, {unchecked} not checked" if unchecked else text

    def __repr__(self) -> str:
        lines = [self._count]
        for (_, chapter), rows in self._chapters.items():
            lines += ["", chapter]
            lines += [
                f"  {'✓' if row.checked else '○'} {row.sentence.rstrip('.')}: "
                f"{row.measured}, {row.bound}"
                for row in rows
            ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = [f"<p>{self._count}</p>"]
        for (notebook, chapter), rows in self._chapters.items():
            link = html.escape(notebook.removesuffix(".ipynb")) + ".html"
            parts.append(
                '<table class="seqlearn-evidence">'
                f'<caption><a href="{link}">{html.escape(chapter)}</a></caption>'
                '<thead><tr><th scope="col">Claim</th><th scope="col">Measured</th>'
                '<th scope="col">Expected</th></tr></thead><tbody>'
            )
            parts += [
                f"<tr><td>{'' if row.checked else '○ '}{html.escape(row.sentence)}</td>"
                f"<td>{html.escape(row.measured)}</td><td>{html.escape(row.bound)}</td></tr>"
                for row in rows
            ]
            parts.append("</tbody></table>")
        return "".join(parts)
