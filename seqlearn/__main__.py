"""The command line: ``python -m seqlearn data`` and ``python -m seqlearn doctor``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

_ABOUT = "Prepare and check this machine for the book."

_ABOUT_DATA = """\
Fetch and verify all the data that the book uses, ahead of a lesson.

Without options the files go to the cache folder, where every notebook finds
them. Files that are here already, in the folder that SEQLEARN_DATA names or in
the cache folder, are verified and not downloaded again.

With --into FOLDER they go to a folder of your choice, a memory stick say. On
another machine, with or without a network, set SEQLEARN_DATA to that folder.

Exit status: 0 when every file is there and verified, 1 when one is not."""

_ABOUT_DOCTOR = """\
Show versions, backend, cores, GPU, and where the data is; say what is wrong and
how to fix it.

Exit status: 0 when the book can run here, 1 when it can't."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: Words after ``python -m seqlearn``; those of this process if None.

    Returns:
        Exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m seqlearn", description=_ABOUT)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    as_written = argparse.RawDescriptionHelpFormatter
    data = commands.add_parser(
        "data",
        help="fetch and verify all data ahead of a lesson",
        description=_ABOUT_DATA,
        formatter_class=as_written,
    )
    data.add_argument("--list", action="store_true", help="show what is here; fetch nothing")
    data.add_argument("--into", metavar="FOLDER", type=Path, help="put the files there")
    commands.add_parser(
        "doctor",
        help="show what this machine has, what is wrong and how to fix it",
        description=_ABOUT_DOCTOR,
        formatter_class=as_written,
    )
    options = parser.parse_args(arguments)
    try:
        if options.command == "data":
            return _list(options.into) if options.list else _fetch(options.into)
        if options.command == "doctor":
            from seqlearn.frame import doctor

            return doctor.main()
    except KeyboardInterrupt:
        print("\nStopped. Nothing half-written was left behind.", file=sys.stderr)
        return 130
    parser.print_help()
    return 0


def _list(into: Path | None) -> int:
    from seqlearn.datasets import inventory

    states = [inventory.look(file, (into,) if into else None) for file in inventory.FILES]
    for state in states:
        where = f"  {state.path}" if state.path else ""
        detail = f": {state.detail}" if state.detail else ""
        print(f"{_row(state.file)}  {state.state:<8}{where}{detail}")
    return _status(states, "")


def _fetch(into: Path | None) -> int:
    from seqlearn.datasets import inventory

    states = []
    for file in inventory.FILES:
        state = inventory.look(file) if into is None else None
        if state is None or state.state != "verified":
            state = inventory.bring(file, into or inventory.cache.folder())
        states.append(state)
        what = f"verified: {state.path}" if state.path else f"missing: {state.detail}"
        print(
            f"{_row(file)}  {what}" + (f" ({state.detail})" if state.path and state.detail else "")
        )
    hint = f"On the other machine, set SEQLEARN_DATA to this folder: {into}" if into else ""
    return _status(states, hint)


def _row(file) -> str:
    return f"{file.name:<22} {file.size / 1e6:5.1f} MB"


def _status(states: list, hint: str) -> int:
    missing = sum(state.state != "verified" for state in states)
    if missing:
        print(
            f"{missing} of {len(states)} files missing or damaged. Notebooks use a small stand-in."
        )
        return 1
    print(f"All {len(states)} files are here and verified.")
    if hint:
        print(hint)
    return 0


if __name__ == "__main__":
    sys.exit(main())
