"""Recorded experiments: figures that take longer than a chapter may, with all that made them.

The scripts in ``experiments/`` say what is run, and ``make experiments`` runs them; their records
travel with the package, and a chapter reads and shows them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


def load_record(name: str, folder: str | Path = RESULTS) -> dict[str, Any]:
    """Read a recorded experiment.

    Args:
        name: Name of the record, such as ``"mnist_rows"``.
        folder: Where records live.

    Returns:
        The record: ``figures``, ``seeds``, ``minutes``, ``source``, ``hardware``, ``versions``,
        and of the code that it depends on, ``rests_on`` (a fingerprint of each definition) and
        ``fingerprint`` (of them all).

    Raises:
        FileNotFoundError: If there is no such record; the message lists those there are.
        ValueError: If ``name`` is not a plain name, or the file is not a record.

    Example:
        >>> load_record("no_such_thing", folder="nowhere")
        Traceback (most recent call last):
        ...
        FileNotFoundError: no record named 'no_such_thing'; there are: none. \
`make experiments NAME=no_such_thing` makes a missing one
    """
    if not name.isidentifier():
        raise ValueError(f"name: expected letters, digits and underscores; got {name!r}")
    path = Path(folder) / f"{name}.json"
    if not path.is_file():
        there_are = ", ".join(sorted(p.stem for p in Path(folder).glob("*.json"))) or "none"
        raise FileNotFoundError(
            f"no record named {name!r}; there are: {there_are}. "
            f"`make experiments NAME={name}` makes a missing one"
        )
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        missing = {"figures", "fingerprint", "rests_on", "seeds"} - record.keys()
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{path.name}: expected a recorded experiment; {error}") from error
    if missing:
        raise ValueError(f"{path.name}: expected a recorded experiment; lacks {sorted(missing)}")
    return record


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
