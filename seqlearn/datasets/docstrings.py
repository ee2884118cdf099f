"""A text that every reader has without a download: what SciPy's docstrings say.

The sentences are read from the source files of the installed package; nothing of it is imported.
They differ a little from version to version of SciPy, so the digest tells whether this is the text
that the book's figures come from.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seqlearn.datasets import sources

PACKAGE = "scipy"
VERSION = "1.17.1"  # whose text has the digest below
DIGEST = "7c9c60003fc16b569596e0b2b545a063e0b17899f90ada56c7e4810ddae7f982"

_SHORTEST = 40  # characters; what is shorter is mostly a heading
_QUOTED = re.compile(r'"""(.*?)"""', re.DOTALL)
_ROLE = re.compile(r":\w+:(?=`)")
_PLAIN = re.compile(r"[a-z0-9 .,;:()'-]+")
# Of eight files with sentences, one each is kept apart.
_EVERY, _VALIDATION, _TEST = 8, 3, 7


@dataclass(frozen=True, repr=False)
class Docstrings:
    """Paragraphs of English prose on scientific computing.

    A part is one string in lower case, a paragraph a line. No paragraph stands twice, and a source
    file lies in one part as a whole, so that no part quotes another.

    Attributes:
        train: Text to learn from.
        val: Text for choosing between models.
        test: Text for the final figure.
        source: "full" if this is the text that the book's figures come from, else "other".
        version: Of the package, such as "SciPy 1.17.1".
    """

    train: str
    val: str
    test: str
    source: str
    version: str

    def __repr__(self) -> str:
        """Show sizes and source in one line."""
        sizes = ", ".join(
            f"{len(text):,} {part}"
            for part, text in (("train", self.train), ("validation", self.val), ("test", self.test))
        )
        return f"Docstrings({sizes} characters, {self.version}, {self.source})"


def load_docstrings() -> Docstrings:
    """Load the sentences of SciPy's docstrings.

    Returns:
        The text, in three parts; a printed line says whether it is that of the book.

    Raises:
        DataUnavailable: If the source files of SciPy can't be read.

    Source:
        Virtanen et al. 2020, the SciPy project; its text is under the BSD licence.

    Example:
        >>> data = load_docstrings()  # doctest: +ELLIPSIS
        Docstrings: SciPy ...
        >>> len(data.train.splitlines()) > 1000
        True
    """
    by_file = list(_paragraphs_by_file(_root()))
    parts = {"train": "", "val": "", "test": ""}
    for number, paragraphs in enumerate(by_file):
        place = {_VALIDATION: "val", _TEST: "test"}.get(number % _EVERY, "train")
        parts[place] += "".join(f"{paragraph}\n" for paragraph in paragraphs)
    known = hashlib.sha256("\0".join(parts.values()).encode("ascii")).hexdigest() == DIGEST
    data = Docstrings(
        **parts,
        source="full" if known else "other",
        version=f"SciPy {importlib.metadata.version(PACKAGE)}",
    )
    what = f"{data.version}, {sum(map(len, by_file)):,} paragraphs of {len(by_file)} files"
    if not known:
        what += f", not quite the text of the book (SciPy {VERSION}): figures differ a little"
    sources.announce("Docstrings", what)
    return data


def _root() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    root = Path(found.origin).parent if found and found.origin else None
    if root is None or not any(root.glob("*.py")):
        raise sources.DataUnavailable(
            "docstrings: expected SciPy with its source files; found none. Install SciPy with "
            "pip or conda, which bring them along"
        )
    return root


def _paragraphs_by_file(root: Path) -> Iterator[list[str]]:
    """The paragraphs of each file that has some, each where it first stands."""
    seen: set[str] = set()
    # By name as text: the order of paths differs between systems.
    files = sorted((path.relative_to(root).as_posix(), path) for path in root.rglob("*.py"))
    for name, path in files:
        if "tests" in name.split("/"):
            continue
        new = []
        for paragraph in _paragraphs(path.read_text(encoding="utf-8")):
            if paragraph not in seen:
                seen.add(paragraph)
                new.append(paragraph)
        if new:
            yield new


def _paragraphs(code: str) -> Iterator[str]:
    """The paragraphs of prose in the triple-quoted texts of a source file."""
    # A regular expression, because parsing all of SciPy would take ten times as long.
    for quoted in _QUOTED.findall(code):
        for paragraph in re.split(r"\n\s*\n", quoted):
            text = " ".join(paragraph.split())
            if len(text) < _SHORTEST or not text[0].isupper() or not text.endswith("."):
                continue  # a heading, a list or code
            text = _ROLE.sub("", text).replace("`", "").lower()
            if _PLAIN.fullmatch(text) and "--" not in text:
                yield text
