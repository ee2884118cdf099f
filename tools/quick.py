"""The inner loop: what a change reaches, in a short form. The target ``quick`` calls this.

    python tools/quick.py --jobs 2                what the changes since the last commit reach
    python tools/quick.py --jobs 2 --since main   since another commit
    python tools/quick.py --jobs 2 --all          everything, about seven minutes on two cores
    python tools/quick.py --jobs 2 -x             other arguments go to pytest

First the unit tests that are quick, then the notebooks in a short form (short_form.py), of both
those whose outcome the change may alter (changed.py). What is left out is said at the end.
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

import changed
import short_form
from suitable_python import typed

NO_TESTS = 5  # what pytest says of files whose tests are all marked slow
LEFT_OUT = """\
Left out: {rest}the tests marked slow or browser; of each training
all but one update on a few steps, and all seeds but three; whether claims hold; the stored
outputs. `{test}` leaves out nothing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the unit tests, then the notebooks.

    Args:
        arguments: Words of the command line; those of this process if None.

    Returns:
        Exit status: 0 when all passed.
    """
    parser = argparse.ArgumentParser(description="Quick unit tests, and notebooks in short form.")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side")
    parser.add_argument("--since", help="the commit to compare with")
    parser.add_argument("--all", action="store_true", help="run what the change can't reach, too")
    options, rest = parser.parse_known_args(arguments)
    began = time.perf_counter()
    every = changed.items()
    chosen = every if options.all else reached(options.since)
    tests = [item for item in chosen if not item.endswith(".ipynb")]
    notebooks = [changed.ROOT / item for item in chosen if item.endswith(".ipynb")]
    status = run_tests(tests, options.jobs, rest) if tests else 0
    outcomes = run_notebooks(sorted(notebooks, key=minutes_to_run), options.jobs)
    failed = sum(bool(outcome.error) for outcome in outcomes)
    cells, claims, untrained = (
        sum(getattr(outcome, what) for outcome in outcomes)
        for what in ("cells", "claims", "untrained")
    )
    print(f"\n{len(outcomes)} notebooks in short form: {cells} cells ran, {claims} claims stated.")
    if untrained:
        print(f"{untrained} of the cells did not end, because they need a trained model.")
    left = len(every) - len(chosen)
    unreached = f"{left} of {len(every)} files that the change doesn't reach; " if left else ""
    print(LEFT_OUT.format(test=typed("test"), rest=unreached))
    verdict = "failed" if status or failed else "passed"
    print(f"Quick {verdict} after {time.perf_counter() - began:.0f} s", end="")
    print(f": {failed} notebooks failed." if failed else ".")
    return int(bool(status or failed))


def reached(since: str | None) -> list[str]:
    """List what a change reaches, and say how much that is.

    Args:
        since: The commit to compare with. If None it is the last one, or the one before where
            nothing was changed since.

    Returns:
        Some of the test files, modules and notebooks; all where there is no such commit.
    """
    try:
        since = since or ("HEAD" if changed.changed_files("HEAD") else "HEAD~1")
        chosen = changed.select(since)
    except (OSError, subprocess.CalledProcessError):
        print(f"Nothing to compare with ({since or 'no repository'}): everything is run.")
        return changed.items()
    notebooks = sum(item.endswith(".ipynb") for item in chosen)
    files = len(chosen) - notebooks
    print(f"The changes since {since} reach {files} files with tests and {notebooks} notebooks.")
    return chosen


def run_tests(paths: Sequence[str], jobs: int, arguments: Sequence[str]) -> int:
    """Run the unit tests that are marked neither slow nor browser.

    Args:
        paths: Files with tests or examples.
        jobs: Processes side by side.
        arguments: Further arguments of pytest.

    Returns:
        The exit status of pytest.
    """
    which = ["-n", str(jobs), "--dist", "loadscope", "-m", "not slow and not browser"]
    command = [sys.executable, "-m", "pytest", "-q", *which, *paths, *arguments]
    status = subprocess.call(command, cwd=changed.ROOT)
    return 0 if status == NO_TESTS else status


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
