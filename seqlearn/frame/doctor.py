"""What this machine has for the book, what is wrong with it and how to fix it."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)  # the last one that TensorFlow has wheels for

_PROJECT = Path(__file__).parents[2]  # or where packages are installed
_WORTH_FREE = 200e6  # bytes: downloads and their flat copies, with room
_MEMORY = 2e9  # bytes that the longest chapter takes
_PACKAGES = {"sklearn": "scikit-learn"}  # by the name that is imported, where it is another


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
    checks = (
        _python,
        _packages,
        _backend,
        _memory,
        _browser,
        _source,
        _data,
        _cache_folder,
        _network,
    )
    for look in checks:
        for finding in _surviving(look):
            findings.append(finding)
            print(f"{finding.topic:<12} {finding.text}")
    troubles = [finding for finding in findings if finding.trouble]
    errors = sum(finding.trouble == "error" for finding in troubles)
    print()
    for finding in troubles:
        print(f"{finding.trouble}: {finding.topic}: {finding.text}\n    -> {finding.remedy}")
    if errors:
        print(f"The book can't run here: {errors} error{'s' * (errors > 1)} to fix.")
    else:
        print("The book can run here." if troubles else "All is well: the book can run here.")
    return 1 if errors else 0


def _surviving(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Run a check; where a package is missing, that is what it finds."""
    try:
        yield from look()
    except ImportError as problem:
        text = f"can't be examined: {problem}"
        yield Finding(look.__name__.strip("_"), text, "error", _remedy_for_import(problem))


def _remedy_for_import(problem: ImportError) -> str:
    """Say how to get a package that can't be imported."""
    name = (problem.name or "").partition(".")[0]
    if not name or name == "seqlearn":
        return _install_anew()
    if isinstance(problem, ModuleNotFoundError) and name == problem.name:
        return _pip("install", _PACKAGES.get(name, name))
    return _pip("install --force-reinstall --no-deps", _PACKAGES.get(name, name))


def _install_anew() -> str:
    """Say how to install the book's own package."""
    if (_PROJECT / "run.py").is_file():
        return _pip("install -e", str(_PROJECT))
    return "get the book's whole folder, and in it run: python run.py environment"


def _pip(what: str, package: str) -> str:
    return f'{sys.executable} -m pip {what} "{package}"'


def _python() -> Iterator[Finding]:
    """Report on the Python that is running."""
    version = platform.python_version()
    where = f"{version}, {platform.system()} {platform.machine()}"
    oldest, newest = (".".join(map(str, bound)) for bound in (OLDEST_PYTHON, NEWEST_PYTHON))
    if OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON:
        yield Finding("python", where)
    else:
        remedy = (
            f"install one of these, and with it, in the book's folder: "
            f"python{newest} run.py environment PYTHON=python{newest}"
        )
        yield Finding("python", f"{where}, expected {oldest} to {newest}", "error", remedy)


def _packages() -> Iterator[Finding]:
    """Compare installed packages with what the project asks for."""
    from packaging.requirements import Requirement

    import seqlearn

    try:
        version = importlib.metadata.version("seqlearn")
    except importlib.metadata.PackageNotFoundError:
        version = None
        yield Finding("seqlearn", "not installed; run from its folder")
    if version == seqlearn.__version__:
        wanted = importlib.metadata.requires("seqlearn") or []
        yield Finding("seqlearn", version)
    else:
        import tomllib  # here, so that a Python without it is told that it is too old

        if version is not None:
            text = f"{version} is installed, which is not that of the book, {seqlearn.__version__}"
            yield Finding("seqlearn", text, "error", _install_anew())
        file = _PROJECT / "pyproject.toml"
        project = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        wanted = project.get("project", {}).get("dependencies", [])
    for requirement in map(Requirement, wanted):
        if requirement.marker is not None:  # belongs to an extra
            continue
        remedy = _pip("install", str(requirement))
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


def _backend() -> Iterator[Finding]:
    """Start the backend of Keras and count what it can compute on."""
    try:
        import seqlearn

        seqlearn.start()
        keras = importlib.import_module("keras")
        name = keras.config.backend()
    except Exception as problem:
        text = f"does not start: {type(problem).__name__}: {problem}"
        yield Finding("backend", text, "error", _remedy_for_start(problem))
        return
    if name == "tensorflow":
        yield Finding("backend", name)
    else:
        remedy = f"{_choose_tensorflow()}: the figures come from tensorflow"
        yield Finding("backend", f"{name}, expected tensorflow", "note", remedy)
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding("cores", str(usable))
    if name == "tensorflow":
        tensorflow = importlib.import_module("tensorflow")
        graphic = tensorflow.config.list_physical_devices("GPU")
        yield Finding("gpu", f"{len(graphic)}" if graphic else "none (the book needs none)")


def _remedy_for_start(problem: Exception) -> str:
    """Say what to do when Keras doesn't start."""
    if str(problem).startswith("SEQLEARN_SEED"):
        return "unset SEQLEARN_SEED"
    if _wished_backend() not in ("", "tensorflow"):
        return _choose_tensorflow()
    if isinstance(problem, ImportError):
        return _remedy_for_import(problem)
    return _pip("install --force-reinstall --no-deps", "tensorflow")


def _keras_settings() -> Path:
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "keras.json"


def _wished_backend() -> str:
    """The backend that somebody has chosen, by the variable or the file; "" if nobody has."""
    try:
        written = json.loads(_keras_settings().read_text(encoding="utf-8")).get("backend", "")
    except (OSError, ValueError, AttributeError):
        written = ""
    return os.environ.get("KERAS_BACKEND") or written


def _choose_tensorflow() -> str:
    """Say where another backend was chosen, and what to do about it."""
    if os.environ.get("KERAS_BACKEND"):
        return "unset KERAS_BACKEND"
    return f'write "backend": "tensorflow" into {_keras_settings()}'


def _memory() -> Iterator[Finding]:
    """Report how much memory there is for a notebook, where the system tells it."""
    free = _free_memory()
    if free is not None and free < _MEMORY:
        remedy = "close other programs, and run the tests one at a time: python run.py test JOBS=1"
        text = f"{free / 1e9:.1f} GB free, and the longest chapter takes {_MEMORY / 1e9:.0f}"
        yield Finding("memory", text, "note", remedy)
    elif free is not None:
        yield Finding("memory", f"{free / 1e9:.1f} GB free")


def _free_memory() -> float | None:
    """Ask the system for the bytes of memory that a program can have; None if it can't say."""
    try:
        told = Path("/proc/meminfo").read_text(encoding="utf-8")
        return 1024.0 * int(re.search(r"MemAvailable:\s+(\d+)", told).group(1))
    except (OSError, AttributeError):  # not Linux
        return None


def _browser() -> Iterator[Finding]:
    """Report whether the tests can open the site, where they are installed."""
    if importlib.util.find_spec("playwright") is None:
        return
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program:
        yield Finding("browser", program)
    else:
        install = "apt install chromium" if shutil.which("apt") else "install Chromium or Chrome"
        text = "no Chromium on the PATH; the tests that open the site are left out"
        yield Finding("browser", text, "note", install)


def _source() -> Iterator[Finding]:
    """Report on the environment variables that steer the data."""
    from seqlearn.datasets import cache, sources

    wish = os.environ.get("SEQLEARN_SOURCE")
    if wish:
        try:
            sources.resolve("auto")
        except ValueError as problem:
            yield Finding(
                "source",
                str(problem),
                "error",
                "unset SEQLEARN_SOURCE, or set it to full or embedded",
            )
        else:
            yield Finding("source", f"{wish} (SEQLEARN_SOURCE)")
    folder = cache.data_folder()
    if folder is not None and not folder.is_dir():
        text = f"SEQLEARN_DATA names {folder}, which is no folder"
        yield Finding("source", text, "note", "set SEQLEARN_DATA to the folder with the data files")


def _data() -> Iterator[Finding]:
    """Verify each data file."""
    from seqlearn.datasets import fetch, inventory, sources

    full = os.environ.get("SEQLEARN_SOURCE") == "full"
    trouble = "error" if full else "note"
    instead = "and SEQLEARN_SOURCE=full wants it" if full else "a small stand-in serves"
    for file in inventory.FILES:
        state = inventory.look(file)
        if state.state == "verified":
            yield Finding("data", f"{file.name}: verified, {state.path}")
            continue
        if state.state == "damaged":
            text = f"{file.name}: damaged, {state.path}: {state.detail}"
        else:
            text = f"{file.name}: not here, {instead}"
        remedy = sources.HOW_TO_GET
        if fetch.reachable(fetch.address(file)):
            remedy = (
                f"on a machine with a network: {remedy} --into FOLDER; "
                "then bring the folder here and set SEQLEARN_DATA to it"
            )
        yield Finding("data", text, trouble, remedy)


def _cache_folder() -> Iterator[Finding]:
    """Report whether the cache folder can be written and has room."""
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


def _network() -> Iterator[Finding]:
    """Report whether the server that has the data answers."""
    from seqlearn.datasets import fetch, inventory

    url = fetch.address(inventory.FILES[0])
    reason = fetch.reachable(url)
    yield Finding("network", reason or f"{url.rpartition('/')[0]} answers")
