"""The evidence page: every claim of the stored notebooks, and how often it held on fresh seeds."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqlearn.claims import RECORD
from seqlearn.display import show


@dataclass(frozen=True)
class Evidence:
    """A claim as a stored notebook recorded it.

    Args:
        notebook: File name, such as ``"07_mnist_rows.ipynb"``.
        chapter: The notebook's title.
        sentence: The claim in words, with the figure that was measured.
        bound: What the figure had to satisfy, in words; empty for a truth value.
        checked: False where the claim was shown without being checked.
        source: Where the data came from: "full", "embedded", or None where no
            data set was involved.
    """

    notebook: str
    chapter: str
    sentence: str
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
    """Show collected claims as a list, chapter by chapter, with their number.

    Args:
        rows: The claims, as :func:`collect_claims` gives them.

    Example:
        >>> show_evidence([Evidence("01_a.ipynb", "A", "It has 2.", "at least 1", True, None)])
        1 claim in 1 chapter
        <BLANKLINE>
        A
          ✓ It has 2. (at least 1)
    """
    show(_EvidenceList(tuple(rows)))


@dataclass(frozen=True)
class _EvidenceList:
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
                f"  {'✓' if row.checked else '○'} {row.sentence}{_quietly(row)}" for row in rows
            ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = [f"<p>{self._count}</p>"]
        for (notebook, chapter), rows in self._chapters.items():
            link = html.escape(notebook.removesuffix(".ipynb")) + ".html"
            parts.append(f'<h3><a href="{link}">{html.escape(chapter)}</a></h3>')
            parts.append('<ul class="seqlearn-evidence">')
            parts += [
                f"<li>{'' if row.checked else '○ '}{html.escape(row.sentence)}"
                f'<span class="seqlearn-remark">{html.escape(_quietly(row))}</span></li>'
                for row in rows
            ]
            parts.append("</ul>")
        return "".join(parts)


def _quietly(row: Evidence) -> str:
    """The bound as it follows its sentence."""
    return f" ({row.bound})" if row.bound else ""
