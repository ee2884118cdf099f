"""The inner loop, about seven minutes on two cores: what the target ``quick`` calls.

    python tools/quick.py --jobs 2                          all of it
    python tools/quick.py --jobs 2 tests/test_cells.py -x   other arguments go to pytest

First the unit tests that are quick, then every notebook in a short form (short_form.py). What
is left out is said at the end.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import short_form
from suitable_python import typed

BOOK = Path(__file__).resolve().parent.parent / "book"
LEFT_OUT = """\
Left out: the tests marked slow or browser; of each training all but one update on a few steps,
and all seeds but three; whether claims hold; the stored outputs. `{test}` leaves out nothing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the unit tests, then the notebooks.

    Args:
        arguments: Words of the command line; those of this process if None.

    Returns:
        Exit status: 0 when all passed.
    """
    parser = argparse.ArgumentParser(description="Quick unit tests, and notebooks in short form.")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side")
    options, rest = parser.parse_known_args(arguments)
    began = time.perf_counter()
    tests = run_tests(options.jobs, rest)
    outcomes = run_notebooks(sorted(BOOK.glob("*.ipynb"), key=minutes_to_run), options.jobs)
    failed = sum(bool(outcome.error) for outcome in outcomes)
    cells, claims, untrained = (
        sum(getattr(outcome, what) for outcome in outcomes)
        for what in ("cells", "claims", "untrained")
    )
    print(f"\n{len(outcomes)} notebooks in short form: {cells} cells ran, {claims} claims stated.")
    if untrained:
        print(f"{untrained} of the cells did not end, because they need a trained model.")
    print(LEFT_OUT.format(test=typed("test")))
    verdict = "failed" if tests or failed else "passed"
    print(f"Quick {verdict} after {time.perf_counter() - began:.0f} s", end="")
    print(f": {failed} notebooks failed." if failed else ".")
    return int(bool(tests or failed))


def run_tests(jobs: int, arguments: Sequence[str]) -> int:
    """Run the unit tests that are marked neither slow nor browser.

    Args:
        jobs: Processes side by side.
        arguments: Further arguments of pytest.

    Returns:
        The exit status of pytest.
    """
    which = ["-n", str(jobs), "--dist", "loadscope", "-m", "not slow and not browser"]
    return subprocess.call([sys.executable, "-m", "pytest", "-q", *which, *arguments])


def minutes_to_run(path: Path) -> int:
    """How long a notebook says it takes, the longest first when sorted; 0 if it says nothing."""
    said = re.search(r"Time to run: about (\d+) minute", path.read_text(encoding="utf-8"))
    return -int(said[1]) if said else 0


def run_notebooks(paths: Sequence[Path], jobs: int) -> list[short_form.Outcome]:
    """Run notebooks in short form, and say how each fared.

    Args:
        paths: The notebooks, in the order in which to begin.
        jobs: Processes side by side.

    Returns:
        An outcome for each.
    """
    os.environ.setdefault("MPLBACKEND", "agg")
    outcomes = []
    # Each process starts TensorFlow once, not once for each notebook.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=fresh) as pool:
        for done in as_completed(pool.submit(short_form.run, path) for path in paths):
            outcome = done.result()
            outcomes.append(outcome)
            verdict = "FAILED in its last" if outcome.error else "ran"
            print(f"{outcome.name}: {outcome.cells} cells {verdict}, {outcome.seconds:.0f} s")
            print(outcome.error, end="", flush=True)
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
