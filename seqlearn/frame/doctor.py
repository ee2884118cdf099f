"""What this machine has for the book, what is wrong with it and how to mend it."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST_PYTHON = (3, 11)

_INSTALL = "in the project's folder, run: make book"
_WORTH_FREE = 200e6  # bytes: downloads and their flat copies, with room


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        topic: What was looked at.
        text: What was found.
        trouble: "" when all is well, "note" when the book runs with less, "error"
            when it can't run.
        remedy: What to do about it.
    """

    topic: str
    text: str
    trouble: str = ""
    remedy: str = ""


def main() -> int:
    """Print the report.

    Returns:
        1 if something prevents the book from running, else 0.
    """
    findings = []
    for look in (python, packages, backend, source, data, cache_folder, network):
        for finding in _surviving(look):
            findings.append(finding)
            print(f"{finding.topic:<12} {finding.text}")
    troubles = [finding for finding in findings if finding.trouble]
    errors = sum(finding.trouble == "error" for finding in troubles)
    print()
    for finding in troubles:
        print(f"{finding.trouble}: {finding.topic}: {finding.text}\n    -> {finding.remedy}")
    if errors:
        print(f"The book can't run here: {errors} error{'s' * (errors > 1)} to mend.")
    else:
        print("The book can run here." if troubles else "All is well: the book can run here.")
    return 1 if errors else 0


def _surviving(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Run a check; where a package is missing, that is what it finds."""
    try:
        yield from look()
    except ImportError as problem:
        yield Finding(look.__name__, f"can't be examined: {problem}", "error", _INSTALL)


def python() -> Iterator[Finding]:
    """Report on the Python that is running.

    Yields:
        Findings.
    """
    version = platform.python_version()
    where = f"{version}, {platform.system()} {platform.machine()}"
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        text = f"{where}, expected {wanted} or newer"
        yield Finding("python", text, "error", f"install Python {wanted} or newer")
    else:
        yield Finding("python", where)


def packages() -> Iterator[Finding]:
    """Compare installed packages with what the project asks for.

    Yields:
        Findings.
    """
    from packaging.requirements import Requirement

    try:
        wanted = importlib.metadata.requires("seqlearn") or []
        yield Finding("seqlearn", importlib.metadata.version("seqlearn"))
    except importlib.metadata.PackageNotFoundError:
        import tomllib  # here, so that a Python without it is told that it is too old

        yield Finding("seqlearn", "not installed; run from its folder")
        project = Path(__file__).parents[2] / "pyproject.toml"
        wanted = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    for requirement in map(Requirement, wanted):
        if requirement.marker is not None:  # belongs to an extra
            continue
        remedy = f'pip install "{requirement}"'
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(requirement.name, "missing", "error", remedy)
            continue
        if requirement.specifier.contains(version, prereleases=True):
            yield Finding(requirement.name, version)
        else:
            text = f"{version}, expected {requirement.specifier}"
            yield Finding(requirement.name, text, "error", remedy)


def backend() -> Iterator[Finding]:
    """Start the backend of Keras and count what it can compute on.

    Yields:
        Findings.
    """
    try:
        import seqlearn

        seqlearn.start()
        keras = importlib.import_module("keras")
        name = keras.config.backend()
    except Exception as problem:
        text = f"does not start: {type(problem).__name__}: {problem}"
        yield Finding("backend", text, "error", _INSTALL)
        return
    if name == "tensorflow":
        yield Finding("backend", name)
    else:
        remedy = (
            "unset KERAS_BACKEND, and see ~/.keras/keras.json: the figures come from tensorflow"
        )
        yield Finding("backend", f"{name}, expected tensorflow", "note", remedy)
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding("cores", str(usable))
    if name == "tensorflow":
        tensorflow = importlib.import_module("tensorflow")
        graphic = tensorflow.config.list_physical_devices("GPU")
        yield Finding("gpu", f"{len(graphic)}" if graphic else "none (the book needs none)")


def source() -> Iterator[Finding]:
    """Report on the environment variables that steer the data.

    Yields:
        Findings.
    """
    from seqlearn.datasets import cache, sources

    wish = os.environ.get("SEQLEARN_SOURCE")
    if wish:
        try:
            sources.resolve("auto")
        except ValueError as problem:
            yield Finding("source", str(problem), "error", "unset SEQLEARN_SOURCE or mend it")
        else:
            yield Finding("source", f"{wish} (SEQLEARN_SOURCE)")
    folder = cache.data_folder()
    if folder is not None and not folder.is_dir():
        text = f"SEQLEARN_DATA names {folder}, which is no folder"
        yield Finding("source", text, "note", "set SEQLEARN_DATA to the folder with the data files")


def data() -> Iterator[Finding]:
    """Verify each data file.

    Yields:
        Findings.
    """
    from seqlearn.datasets import inventory, sources

    for file in inventory.FILES:
        state = inventory.look(file)
        if state.state == "verified":
            yield Finding("data", f"{file.name}: verified, {state.path}")
        elif state.state == "damaged":
            text = f"{file.name}: damaged, {state.path}: {state.detail}"
            yield Finding("data", text, "note", f"delete or replace it, or: {sources.HOW_TO_GET}")
        else:
            text = f"{file.name}: not here, a small stand-in serves"
            yield Finding("data", text, "note", f"with a network: {sources.HOW_TO_GET}")


def cache_folder() -> Iterator[Finding]:
    """Report whether the cache folder can be written and has room.

    Yields:
        Findings.
    """
    from seqlearn.datasets import cache

    folder = cache.folder()
    existing = next((path for path in (folder, *folder.parents) if path.exists()), Path())
    free = shutil.disk_usage(existing).free
    text = f"{folder}, {free / 1e9:.1f} GB free"
    try:
        if folder.is_dir():
            with cache.workspace(folder):
                pass
        elif not existing.is_dir() or not os.access(existing, os.W_OK):
            raise NotADirectoryError(20, f"it can't be made in {existing}")
    except OSError as problem:
        remedy = "set SEQLEARN_CACHE to a folder of yours; until then data loads slowly"
        yield Finding("cache", f"{folder} can't be written: {problem.strerror}", "note", remedy)
        return
    if free < _WORTH_FREE:
        yield Finding("cache", text, "note", "free some space, or set SEQLEARN_CACHE elsewhere")
    else:
        yield Finding("cache", text)


def network() -> Iterator[Finding]:
    """Report whether the server that has the data answers.

    Yields:
        Findings.
    """
    from seqlearn.datasets import fetch, inventory

    url = fetch.address(inventory.FILES[0])
    reason = fetch.reachable(url)
    yield Finding("network", reason or f"{url.rpartition('/')[0]} answers")
