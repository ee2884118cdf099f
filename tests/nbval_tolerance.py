"""A pytest plugin: nbval compares text exactly and numbers within a tolerance.

nbval runs the notebooks of the book and compares what they print with the
outputs that are stored in them. By itself it compares strings, so that a sum
that differs in its seventh digit on another processor counts as an error. This
plugin reads the numbers out of the text and allows them a stated distance.

The rules
=========
*Text* is compared exactly. Only the spaces that align numbers are not.

*Whole numbers* are text: 37,386 parameters are 37,386 parameters.

*Decimals* may differ by 1 in 1,000, and by 1 in the last digit that is printed.
The last digit is free because rounding can turn it over however close the two
values are: 0.98449 prints as 0.984, and 0.98451 as 0.985. There is no absolute
tolerance by default, as any choice would be blind to small quantities.

*A cell tag* replaces the default for one cell, whole numbers included:

=============== ==============================================================
``abs:0.01``    may differ by 0.01 in the unit that is printed (0.01 of "98.4%"
                is 0.01%)
``rel:0.05``    may differ by 5% of the larger of the two
both            within either of them is enough
``exact``       not one digit may differ
=============== ==============================================================

Other tags
==========
``full-data``   the numbers of this cell depend on the full data. Where only the
                embedded data is to be had, the cell runs (an error or a failing
                claim fails the test) and its output is not compared.
``docstrings``  the numbers of this cell depend on the text of SciPy's docstrings. Where
                SciPy is of another version, so that the text is another, the cell
                runs and its output is not compared.
``either-way``  the cell prints a choice that rounding may decide: the best of a search, the
                words nearest to a word. Another processor adds in another order and may
                choose another, as rightly. The cell runs and has to state the same claims
                as before, which have to hold; its words are not compared.
``nbval-ignore-output``
                the output can not be repeated, such as a time in seconds. The
                cell runs; its output is not compared. test_book.py bounds how
                many cells may do so.
``needs-training``
                after a single update, as in the target quick, the cell may fail. It runs
                and is compared here as any other.

The summary counts the cells of each kind. A code cell without an execution count
fails: nbval by itself would pass over it in silence.

Which data the notebooks of a run have is decided once: what ``SEQLEARN_SOURCE``
says; else full, if every file is here and verified; else embedded. The kernels
are told, so that no notebook waits for a download in the middle of a test, or
falls back on other data half-way.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import io
import math
import os
import re
from collections import Counter, defaultdict
from dataclasses import dataclass

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from seqlearn.claims import RECORD

DEFAULT_RELATIVE = 1e-3
SOURCE = pytest.StashKey[str]()

# A number stands alone: digits within a word (x2, float32), a version (3.15.1) or
# a size (28x28) are text. A decimal may carry its unit (1.5s). A sign belongs to
# the number unless it joins two things (0.1-0.2).
NUMBER = re.compile(
    r"""
    (?:(?<![\w.)\]])[-+−])?                   # a sign
    (?<![\w.])
    (?:
        (?:\d{1,3}(?:,\d{3})+|\d+)?\.\d+       # 0.5   .5   1,234.5
        (?:[eE][-+]?\d+)?(?!\d|\.\d)
    |
        (?:\d{1,3}(?:,\d{3})+|\d+)           # 28   1,234
        (?:\.(?!\s*(?:$|[A-Z<("])))?          # NumPy's 1. but no full stop
        (?:[eE][-+]?\d+)?(?!\w|\.\d)
    )
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Tolerance:
    """How far two printed numbers may lie apart.

    Args:
        absolute: Distance allowed, in the printed unit.
        relative: Distance allowed, as a part of the larger magnitude.
        whole_numbers: Whether whole numbers may differ as well.
        last_digit: Whether the last printed digit of a decimal may differ by 1.
    """

    absolute: float = 0.0
    relative: float = DEFAULT_RELATIVE
    whole_numbers: bool = False
    last_digit: bool = True

    @classmethod
    def from_tags(cls, tags: list[str]) -> Tolerance:
        """The tolerance that a cell's tags ask for.

        >>> Tolerance.from_tags(["abs:0.01"])
        Tolerance(absolute=0.01, relative=0.0, whole_numbers=True, last_digit=True)
        """
        given = [tag for tag in tags if tag.startswith(("abs:", "rel:"))]
        if "exact" in tags:
            if given:
                raise ValueError(f'tags: expected either "exact" or {given}; got both')
            return EXACT
        if not given:
            return cls()
        distances = {"abs": 0.0, "rel": 0.0}
        for tag in given:
            kind, _, text = tag.partition(":")
            try:
                distance = float(text)
            except ValueError:
                distance = math.nan
            if not 0 <= distance < math.inf:
                raise ValueError(f"tags: expected a distance such as {kind}:0.01; got {tag!r}")
            distances[kind] = distance
        return cls(distances["abs"], distances["rel"], True, True)

    def allows(self, stored: str, fresh: str) -> bool:
        """Whether two printed numbers agree.

        >>> Tolerance().allows("0.984", "0.985"), Tolerance().allows("0.984", "0.987")
        (True, False)
        >>> Tolerance().allows("37,386", "37,387")
        False
        """
        if stored == fresh or self == EXACT:
            return stored == fresh
        whole = not (_decimals(stored) or _decimals(fresh))
        if whole and not self.whole_numbers:
            return False
        a, b = _value(stored), _value(fresh)
        allowed = max(self.absolute, self.relative * max(abs(a), abs(b)))
        if self.last_digit and not whole:
            allowed += min(_last_place(text) for text in (stored, fresh) if _decimals(text))
        # Decimal fractions have no exact binary form: 0.985 - 0.984 > 0.001.
        return abs(a - b) <= allowed * (1 + 1e-9)


EXACT = Tolerance(absolute=0.0, relative=0.0, whole_numbers=False, last_digit=False)


def agree(stored: str, fresh: str, tolerance: Tolerance) -> tuple[str, list[str]]:
    """Write the fresh text with the stored spelling of each number that agrees.

    What is left different after that is a true difference, and nbval shows it.

    Args:
        stored: Text from the notebook file.
        fresh: Text from this run.
        tolerance: How far numbers may lie apart.

    Returns:
        The text to compare with ``stored``, and a line on each number that lies
        too far away.

    >>> agree("loss 0.300, 28 rows", "loss 0.3001, 28 rows", Tolerance())
    ('loss 0.300, 28 rows', [])
    >>> agree("loss 0.300", "loss 0.310", Tolerance())
    ('loss 0.310', ['stored 0.300, now 0.310: 0.01 apart'])
    """
    if stored == fresh or tolerance == EXACT:
        return fresh, []
    stored_numbers, fresh_numbers = NUMBER.findall(stored), NUMBER.findall(fresh)
    if _words(stored) != _words(fresh):
        return fresh, []
    too_far = [
        f"stored {was}, now {now}: {abs(_value(was) - _value(now)):.3g} apart"
        for was, now in zip(stored_numbers, fresh_numbers, strict=True)
        if not tolerance.allows(was, now)
    ]
    if not too_far:
        return stored, []
    spelling = iter(stored_numbers)

    def stored_spelling(match: re.Match) -> str:
        was = next(spelling)
        return was if tolerance.allows(was, match.group()) else match.group()

    return NUMBER.sub(stored_spelling, fresh), too_far


def _words(text: str) -> list[str]:
    """The text between the numbers, without the spaces that align them."""
    words = NUMBER.split(text)
    for i, word in enumerate(words):
        if i > 0:
            word = re.sub(r"^[ \t]+", " ", word)
        if i < len(words) - 1:
            word = word.rstrip(" \t")
        words[i] = word
    return words


def _value(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def _decimals(text: str) -> int:
    """How many digits stand after the point."""
    return len(re.split("[eE]", text)[0].partition(".")[2])


def _last_place(text: str) -> float:
    """What 1 in the last printed digit is worth."""
    _, _, exponent = text.lower().partition("e")
    return 10.0 ** (int(exponent or 0) - _decimals(text))


class Notebook(IPyNbFile):
    """A notebook whose cells are compared within a tolerance."""

    def setup(self):
        # For the kernel alone: the tests of the package choose their own source.
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SEQLEARN_SOURCE", data_source(self.config))
            super().setup()

    def collect(self):
        for cell in super().collect():
            yield Cell.from_parent(
                self, name=cell.name, cell_num=cell.cell_num, cell=cell.cell, options=cell.options
            )


class Cell(IPyNbCell):
    """A code cell: run, and compared as its tags say."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.tags = list(self.cell.metadata.get("tags", []))
        self.too_far: list[str] = []

    def runtest(self):
        try:
            self.tolerance = Tolerance.from_tags(self.tags)
        except ValueError as error:
            self.raise_cell_error(str(error))
        never_executed = self.cell.execution_count is None
        if never_executed:
            kind = "never executed"
        elif not self.options["check"]:
            kind = "ignored"
        elif "full-data" in self.tags and data_source(self.config) == "embedded":
            kind = "embedded"
        elif "docstrings" in self.tags and not has_the_books_docstrings():
            kind = "other text"
        elif "either-way" in self.tags:
            kind = "either way"
        else:
            kind = "compared"
        self.options["check"] = kind == "compared"
        # Travels with the report, also from the workers of pytest-xdist.
        self.user_properties.append(("notebook_cell", kind))
        try:
            super().runtest()
        finally:
            unchecked = sum(
                not output.get("metadata", {}).get(RECORD, {"checked": True})["checked"]
                for output in self.test_outputs or []
            )
            self.user_properties.append(("unchecked_claims", unchecked))
        stored = claimed(self.cell.outputs)
        if kind == "either way" and (now := claimed(self.test_outputs or [])) != stored:
            self.raise_cell_error(f"This cell claimed {stored}, and now {now}")
        if never_executed:
            self.raise_cell_error(
                "This cell was never executed, so there is nothing to compare with: "
                "store its output with `make execute`"
            )

    def compare_outputs(self, test, ref, skip_compare=None):
        """Let numbers that agree take their stored spelling, then compare exactly."""
        stored = defaultdict(list)
        for output in ref:
            for key, texts, name in _texts(output):
                stored[key].append(texts[name])
        fresh = copy.deepcopy(test)
        too_far = []
        counts = Counter()
        for output in fresh:
            for key, texts, name in _texts(output):
                if counts[key] < len(stored[key]):
                    texts[name], far = agree(
                        self.sanitize(stored[key][counts[key]]),
                        self.sanitize(texts[name]),
                        self.tolerance,
                    )
                    too_far += far
                counts[key] += 1
        same = super().compare_outputs(fresh, ref, skip_compare)
        if not same and too_far:
            # The same number often stands in the plain text and in the HTML.
            self.comparison_traceback[:0] = dict.fromkeys(too_far)
        return same


def claimed(outputs) -> list[str]:
    """The sentences of the claims in outputs, without their figures."""
    records = [output.get("metadata", {}).get(RECORD) for output in outputs]
    return [record["template"] for record in records if record]


def _texts(output):
    """Yield each text of an output: what it is compared as, its dict, its key."""
    if output["output_type"] == "stream":
        yield output["name"], output, "text"
    for mime, content in output.get("data", {}).items():
        if isinstance(content, str) and not mime.startswith("image/"):
            yield mime, output["data"], mime


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    collectors = yield
    return [
        Notebook.from_parent(parent, path=file_path) if type(found) is IPyNbFile else found
        for found in collectors
    ]


def pytest_collection_modifyitems(items):
    # The longest chapters first: side by side, the short tests then fill the end of the run.
    items.sort(key=lambda item: -minutes_to_run(item.path))


@functools.cache
def minutes_to_run(path) -> int:
    """Minutes that a notebook says it takes; 0 for any other file."""
    if path.suffix != ".ipynb":
        return 0
    said = re.search(r"Time to run: about (\d+) minute", path.read_text(encoding="utf-8"))
    return int(said[1]) if said else 0


def pytest_configure(config):
    if config.option.nbval:
        # The environment under test, not whatever kernel is called python3 here.
        config.option.nbval_current_env = True


def data_source(config) -> str:
    """Which data the notebooks of this run have: "full" or "embedded"."""
    if SOURCE not in config.stash:
        asked = os.environ.get("SEQLEARN_SOURCE", "auto")
        config.stash[SOURCE] = asked if asked in ("full", "embedded") else _source_at_hand()
    return config.stash[SOURCE]


def _source_at_hand() -> str:
    from seqlearn.datasets import inventory

    here = all(inventory.look(file).state == "verified" for file in inventory.FILES)
    return "full" if here else "embedded"


@functools.cache
def has_the_books_docstrings() -> bool:
    """Whether the docstrings of the installed packages are those of the stored outputs."""
    from seqlearn.datasets import load_docstrings

    with contextlib.redirect_stdout(io.StringIO()):
        return load_docstrings().source == "full"


def pytest_terminal_summary(terminalreporter):
    properties = [
        found
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "call"
        for found in getattr(report, "user_properties", [])
    ]
    counts = Counter(value for name, value in properties if name == "notebook_cell")
    counts["unchecked"] = sum(value for name, value in properties if name == "unchecked_claims")
    lines = {
        "compared": "cell{s} ran and {were} compared with {its} stored output{s}",
        "embedded": "cell{s} ran on the embedded data and {were} not compared",
        "other text": "cell{s} ran on docstrings of other versions and {were} not compared",
        "either way": "cell{s} ran, with a choice that rounding decides, and {were} not compared",
        "ignored": "cell{s} ran, with output that no run can repeat, and {were} not compared",
        "unchecked": "claim{s} about the full data {were} not checked on the embedded data",
    }
    if any(counts.values()):
        terminalreporter.section("notebooks")
    for kind, words in lines.items():
        if count := counts[kind]:
            one = {"s": "", "were": "was", "its": "its"}
            many = {"s": "s", "were": "were", "its": "their"}
            terminalreporter.line(f"{count} {words.format(**(one if count == 1 else many))}")
