"""Recorded experiments: figures that take longer than a chapter may, with all that made them.

A script in ``benchmarks/`` writes ``book/results/NAME.json``; a chapter reads and shows it. A
record carries a fingerprint of the code it depends on, so that a test can tell when the code has
changed since.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import json
import os
import platform
import tempfile
import textwrap
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent.parent / "book" / "results"


def code_fingerprint(depends_on: Sequence[str]) -> str:
    """Fingerprint of functions, classes and scripts; comments, docstrings and layout don't count.

    Args:
        depends_on: What the figures depend on: ``"package.module:name"`` for a function, class
            or constant, or the path of a script relative to the project, such as
            ``"benchmarks/mnist_rows.py"``.

    Returns:
        64 hexadecimal digits (SHA-256).

    Raises:
        ValueError: If one of the names can't be found.

    Example:
        >>> len(code_fingerprint(["seqlearn.training:random_shift"]))
        64
    """
    digest = hashlib.sha256()
    for name in sorted(depends_on):
        tree = ast.parse(_source(name))
        for node in ast.walk(tree):
            _drop_docstring(node)
        digest.update(f"{name}\n{_outline(tree)}\n".encode())
    return digest.hexdigest()


def write_record(
    name: str, figures: Any, *, depends_on: Sequence[str], source: str, seeds: Sequence[int],
    minutes: float, folder: Path = RESULTS,
) -> Path:  # fmt: skip
    """Store the figures of an experiment, whole or not at all.

    Args:
        name: Name of the record: letters, digits and underscores.
        figures: What was measured; anything that JSON can hold.
        depends_on: Code that the figures depend on, as for :func:`code_fingerprint`.
        source: Where the data came from: ``"full"`` or ``"embedded"``.
        seeds: The seeds that were run.
        minutes: How long the experiment took, in minutes.
        folder: Where records live.

    Returns:
        Path of the record.

    Raises:
        ValueError: If ``name`` is not a plain name, or ``figures`` holds what JSON can't.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = write_record("demo", {"loss": 0.5}, depends_on=[], source="embedded",
        ...                         seeds=[1], minutes=0.1, folder=folder)
        ...     load_record("demo", folder=folder)["figures"]
        {'loss': 0.5}
    """
    path = _path(name, folder)
    record = {
        "name": name,
        "source": source,
        "seeds": list(seeds),
        "minutes": round(minutes, 1),
        "hardware": {"cores": os.cpu_count(), "processor": _processor()},
        "versions": {
            "python": platform.python_version(),
            **{package: metadata.version(package) for package in ("keras", "numpy", "tensorflow")},
        },
        "depends_on": sorted(depends_on),
        "fingerprint": code_fingerprint(depends_on),
        "figures": figures,
    }
    try:
        text = json.dumps(record, indent=1, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise ValueError(f"figures: expected what JSON can hold; {error}") from error
    write_whole(path, text)
    return path


def load_record(name: str, folder: Path = RESULTS) -> dict[str, Any]:
    """Read a recorded experiment.

    Args:
        name: Name of the record, such as ``"mnist_rows"``.
        folder: Where records live.

    Returns:
        The record: ``figures``, ``seeds``, ``minutes``, ``source``, ``hardware``, ``versions``,
        ``depends_on`` and ``fingerprint``.

    Raises:
        FileNotFoundError: If there is no such record; the message lists those there are.
        ValueError: If the file is not a record.

    Example:
        >>> load_record("no_such_thing", folder="nowhere")
        Traceback (most recent call last):
        ...
        FileNotFoundError: no record named 'no_such_thing'; there are: none. \
`make experiments NAME=no_such_thing` makes a missing one
    """
    path = _path(name, folder)
    if not path.is_file():
        there_are = ", ".join(sorted(p.stem for p in Path(folder).glob("*.json"))) or "none"
        raise FileNotFoundError(
            f"no record named {name!r}; there are: {there_are}. "
            f"`make experiments NAME={name}` makes a missing one"
        )
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        missing = {"figures", "fingerprint", "depends_on", "seeds"} - record.keys()
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{path.name}: expected a recorded experiment; {error}") from error
    if missing:
        raise ValueError(f"{path.name}: expected a recorded experiment; lacks {sorted(missing)}")
    return record


def is_stale(record: dict[str, Any]) -> bool:
    """Tell whether the code that a record depends on has changed since it was made.

    Args:
        record: What :func:`load_record` gives.

    Returns:
        True if the experiment has to be run again.

    Example:
        >>> is_stale({"depends_on": [], "fingerprint": "of other code"})
        True
    """
    return code_fingerprint(record["depends_on"]) != record["fingerprint"]


def describe(record: dict[str, Any]) -> str:
    """Say in one line how a record was made, and how to repeat it.

    Args:
        record: What :func:`load_record` gives.

    Returns:
        The line, without figures that were measured in the experiment.

    Example:
        >>> describe({"name": "demo", "seeds": [1, 2, 3], "minutes": 41.2,
        ...           "hardware": {"cores": 2}})
        'recorded: 3 seeds, 41 minutes on 2 cores; `make experiments NAME=demo` repeats it'
    """
    return (
        f"recorded: {len(record['seeds'])} seeds, {record['minutes']:.0f} minutes on "
        f"{record['hardware']['cores']} cores; `make experiments NAME={record['name']}` repeats it"
    )


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file under a temporary name, then rename it: never a half-written file.

    Args:
        path: The file; its folder is created if need be.
        content: What it shall hold; text is stored as UTF-8.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_whole(Path(folder, "a.txt"), "all of it")
        ...     print(Path(folder, "a.txt").read_text())
        all of it
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.chmod(temporary, 0o644)  # mkstemp makes a file that only its owner may read
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _processor() -> str:
    """Name of the processor, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):  # not Linux
        return platform.processor() or platform.machine()


def _path(name: str, folder: Path) -> Path:
    if not name.isidentifier():
        raise ValueError(f"name: expected letters, digits and underscores; got {name!r}")
    return Path(folder) / f"{name}.json"


def _source(name: str) -> str:
    module, colon, attribute = name.partition(":")
    try:
        if not colon:
            return (RESULTS.parent.parent / name).read_text(encoding="utf-8")
        found = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
        if inspect.isfunction(found) or inspect.isclass(found):
            return textwrap.dedent(inspect.getsource(found))
        return repr(found)
    except (ImportError, AttributeError, OSError, SyntaxError) as error:
        raise ValueError(f"depends_on: {name!r} can't be found; {error}") from error


def _outline(node: Any) -> Any:
    """Nested lists that spell a syntax tree, the same on each version of Python.

    ``ast.dump`` won't do: later versions leave out empty fields and add new ones.
    """
    if isinstance(node, ast.AST):
        fields = [(field, _outline(value)) for field, value in ast.iter_fields(node)]
        return [type(node).__name__, [pair for pair in fields if pair[1] not in (None, [])]]
    if isinstance(node, list):
        return [_outline(item) for item in node]
    return None if node is None else repr(node)


def _drop_docstring(node: ast.AST) -> None:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
        del node.body[0]
