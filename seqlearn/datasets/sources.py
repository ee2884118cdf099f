"""Where data comes from, in which order, and what is said about it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqlearn.checks import require_choice
from seqlearn.datasets import cache, fetch, verify
from seqlearn.display import print_line

SOURCES = ("auto", "full", "embedded")

HOW_TO_GET = "python -m seqlearn data"


class DataUnavailable(RuntimeError):
    """The full data was asked for and can't be had; the message says what to do."""


def resolve(source: str) -> str:
    """Check a ``source`` argument; "auto" becomes what ``SEQLEARN_SOURCE`` says, if set."""
    require_choice(source, "source", SOURCES)
    if source == "auto" and (wish := os.environ.get("SEQLEARN_SOURCE")):
        return require_choice(wish, "SEQLEARN_SOURCE", SOURCES)
    return source


def obtain(files: Sequence[verify.DataFile], source: str) -> tuple[list[Any] | None, str]:
    """Get the full content of files that are needed together, or the reason for doing without.

    Returns:
        The content of each file and an empty string; or None and why the stand-in is used.

    Raises:
        DataUnavailable, ValueError: If ``source`` is "full" and a file can't be had; unknown.
    """
    chosen = resolve(source)
    if chosen == "embedded":
        return None, "as asked"
    contents = []
    for file in files:
        tried: list[str] = []
        if (content := find(file, tried)) is None and (content := _fetched(file, tried)) is None:
            if chosen == "full":
                raise DataUnavailable(_advice(file, tried))
            return None, tried[-1].removeprefix("download: ")
        contents.append(content)
    return contents, ""


def find(file: verify.DataFile, tried: list[str]) -> Any | None:
    """Look for a file in ``SEQLEARN_DATA``, then in the cache; ``tried`` gets a line for each miss.

    A damaged file is reported on stderr, and set aside in the cache alone: the other folder is
    somebody's.
    """
    if file.keep_flat:
        # Its content is known by digest, so it does not matter which file it came from.
        try:
            arrays = cache.load_flat(file)
        except verify.Damaged as problem:
            _set_aside(cache.flat_path(file), problem)
        else:
            if arrays is not None:
                return arrays
    for label, folder, ours in (
        ("the folder in SEQLEARN_DATA", cache.data_folder(), False),
        ("the cache folder", cache.folder(), True),
    ):
        if folder is None:
            tried.append(f"{label}: not set")
            continue
        path = folder / file.name
        try:
            content = verify.verified(file, path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            tried.append(f"{label}: no such file: {path}")
            if not ours and not folder.is_dir():
                _report(f"SEQLEARN_DATA: expected a folder with data files; {folder} is none")
        except OSError as problem:
            tried.append(f"{label}: {path} can't be read ({problem.strerror})")
        except verify.Damaged as problem:
            tried.append(f"{label}: {path} is damaged: {problem}")
            if ours:
                _set_aside(path, problem)
            else:
                _report(f"{path} is damaged: {problem}. Replace it; other sources are tried now")
        else:
            if file.keep_flat:
                cache.save_flat(file, content)
            return content
    return None


def _fetched(file: verify.DataFile, tried: list[str]) -> Any | None:
    """Download a file into the cache, or for this one time; ``tried`` gets a line for a failure."""
    temporary = Path(tempfile.gettempdir())
    for folder in (cache.folder(), temporary):
        try:
            with cache.workspace(folder) as work:
                path, content = fetch.download(file, work)
                if folder is not temporary:
                    path.replace(folder / file.name)
        except fetch.FetchFailed as problem:
            tried.append(f"download: {problem}")
            return None
        except OSError as problem:
            reason = problem.strerror or str(problem)
            tried.append(f"download: {folder} can't be written ({reason})")
            continue
        if folder is temporary:
            _report(f"{tried[-1]}: {file.name} will be downloaded again next time")
        elif file.keep_flat:
            cache.save_flat(file, content)
        return content
    return None


def announce(name: str, what: str, missing: str | None = None) -> None:
    """Print the one line that says which data is in use, and why if it is the stand-in.

    Of full data it does not depend on where it came from, and so not on the machine.
    """
    if missing is None:
        print_line(f"{name}: {what}")
    elif missing == "as asked":
        print_line(f"{name}: embedded stand-in, {what} (full data: {HOW_TO_GET})")
    else:
        print_line(
            f"{name}: embedded stand-in, {what}. The full data is not here: {missing}. "
            f"To get it: {HOW_TO_GET}"
        )


def _set_aside(path: Path, problem: Exception) -> None:
    aside = cache.set_aside(path)
    where = f"Set aside as {aside.name}" if aside else "It can't be renamed; delete it"
    _report(f"{path} is damaged: {problem}. {where}")


_reported: set[str] = set()


def _report(text: str) -> None:
    """Say something on stderr, once in a process."""
    if text not in _reported:
        _reported.add(text)
        print(f"seqlearn: {text}.", file=sys.stderr)


def _advice(file: verify.DataFile, tried: list[str]) -> str:
    lines = [f"{file.name}: the full data can't be had here. Tried:"]
    lines += [f"  - {line}" for line in tried]
    lines += [
        "What to do, one of:",
        f"  - with a network, run: {HOW_TO_GET}",
        f"  - without, run on another machine: {HOW_TO_GET} --into FOLDER,",
        "    bring the folder here and set SEQLEARN_DATA to it",
        '  - or use the small stand-in: source="embedded"',
    ]
    return "\n".join(lines)
