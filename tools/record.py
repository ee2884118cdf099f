"""Run recorded experiments: what ``make experiments`` calls.

    python tools/record.py                          all of them; hours
    python tools/record.py mnist_rows               one
    python tools/record.py mnist_rows --report      print its record, run nothing
    python tools/record.py cells_compared --choose  make its choices afresh, write nothing

An experiment is a script in ``experiments/`` that says

- ``SEEDS``;
- ``KEYS``, the names of its parts, in the order in which they run;
- ``part(key)``, which runs one of them and gives what JSON can hold;
- ``figures(done)``, which makes the record's figures of all results by their keys;
- ``report(figures)``, which prints them;
- and, if parts shall run side by side, ``AT_ONCE``, how many: each in a process of its own, on one
  thread. Else they run in turn in one process, so that their times compare.

Each result is kept at once. A run that was interrupted, or had a part that failed, goes on where it
stopped, as long as the code that the experiment reaches (reach.py) is the same.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

import reach
from files import write_whole

from seqlearn import records

EXPERIMENTS = reach.ROOT / "experiments"
PARTIAL = EXPERIMENTS / ".partial"
RESULTS = reach.ROOT / "seqlearn" / "results"
ROOTS = ("SEEDS", "KEYS", "AT_ONCE", "part", "figures")
ONE_THREAD = dict.fromkeys(
    ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
    "1",
)


def rests_on(name: str) -> dict[str, str]:
    """Fingerprint each definition that an experiment reaches, by bare name."""
    tree = reach.Tree()
    return reach.digests(tree.reach(roots(name, tree)))


def roots(name: str, tree: reach.Tree) -> list[tuple[str, str]]:
    """Say with which definitions, by module and name, the code of an experiment begins."""
    script = f"experiments.{name}"
    return [(script, each) for each in ROOTS if each in tree.module(script).definitions]


def fingerprint(code: dict[str, str]) -> str:
    """Give one fingerprint for many, in 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(sorted(code.items())).encode()).hexdigest()


def changes(record: dict[str, Any], now: dict[str, str]) -> list[str]:
    """Name the definitions that have changed, come or gone since a record was made.

    Args:
        record: What ``records.load_record`` gives.
        now: What :func:`rests_on` gives.

    Returns:
        Bare names; none as long as the record is up to date.
    """
    then = record["rests_on"]
    return sorted(each for each in then.keys() | now.keys() if then.get(each) != now.get(each))


def load(name: str) -> ModuleType:
    """Load the script of an experiment."""
    spec = importlib.util.spec_from_file_location(name, EXPERIMENTS / f"{name}.py")
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_part(name: str, key: str, experiment: ModuleType, code: str) -> None:
    """Run one part of an experiment in this process, and keep its result."""
    began = time.perf_counter()
    result = experiment.part(key)
    seconds = round(time.perf_counter() - began, 1)
    kept = {"fingerprint": code, "seconds": seconds, "result": result}
    write_whole(_kept(name, key), json.dumps(kept, indent=1))
    print(f"{key:32s} {seconds:7.1f} s", flush=True)


def run(name: str, workers: int | None = None) -> None:
    """Run what is still missing of an experiment, then write its record.

    Args:
        name: Name of the experiment.
        workers: Parts at a time, if they run side by side at all; None for the script's number.

    Raises:
        SystemExit: If a part failed in a process of its own. What is finished is kept.
    """
    reached = rests_on(name)
    code, experiment = fingerprint(reached), load(name)
    missing = [key for key in experiment.KEYS if _finished(name, key, code) is None]
    at_once = getattr(experiment, "AT_ONCE", None)
    if at_once:
        at_once = experiment.AT_ONCE = workers or at_once
        environment = {**os.environ, **ONE_THREAD}

        def in_its_own_process(key: str) -> int:
            command = [sys.executable, __file__, name, "--part", key]
            return subprocess.run(command, env=environment, check=False).returncode

        with ThreadPoolExecutor(at_once) as pool:
            try:
                ended = list(pool.map(in_its_own_process, missing))
            except BaseException:  # interrupted: begin no other part
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        failed = [key for key, status in zip(missing, ended, strict=True) if status]
        if failed:
            raise SystemExit(f"failed: {', '.join(failed)}; the rest is kept: start this again")
    elif missing:
        _start()
        for key in missing:
            run_part(name, key, experiment, code)
    parts = {key: _finished(name, key, code) for key in experiment.KEYS}
    if None in parts.values():
        raise SystemExit("the code has changed meanwhile: start this again")
    minutes = sum(part["seconds"] for part in parts.values()) / 60 / (at_once or 1)
    figures = experiment.figures({key: part["result"] for key, part in parts.items()})
    write_record(name, figures, rests_on=reached, seeds=experiment.SEEDS, minutes=minutes)
    for key in parts:
        _kept(name, key).unlink()
    print(f"wrote {name}.json: {len(parts)} parts, {minutes:.0f} minutes")


def write_record(
    name: str, figures: Any, *, rests_on: dict[str, str], seeds: Sequence[int], minutes: float,
    folder: Path = RESULTS,
) -> Path:  # fmt: skip
    """Store the figures of an experiment, whole or not at all.

    Args:
        name: Name of the record.
        figures: What was measured; anything that JSON can hold.
        rests_on: The code that they depend on, as :func:`rests_on` gives it.
        seeds: The seeds that were run.
        minutes: How long the experiment took, in minutes.
        folder: Where records live.

    Returns:
        Path of the record.

    Raises:
        ValueError: If ``figures`` holds what JSON can't.
    """
    record = {
        "name": name,
        "source": "full",
        "seeds": list(seeds),
        "minutes": round(minutes, 1),
        "hardware": {"cores": os.cpu_count(), "processor": _processor()},
        "versions": {
            "python": platform.python_version(),
            **{package: metadata.version(package) for package in ("keras", "numpy", "tensorflow")},
        },
        "rests_on": rests_on,
        "fingerprint": fingerprint(rests_on),
        "figures": figures,
    }
    try:
        text = json.dumps(record, indent=1, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise ValueError(f"figures: expected what JSON can hold; {error}") from error
    write_whole(folder / f"{name}.json", text)
    return folder / f"{name}.json"


def _start() -> None:
    import seqlearn

    seqlearn.start()


def _kept(name: str, key: str) -> Path:
    return PARTIAL / name / f"{quote(key, safe='')}.json"


def _finished(name: str, key: str, code: str) -> dict[str, Any] | None:
    """Give a part that was run before, if the code is still the same."""
    try:
        part = json.loads(_kept(name, key).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return part if part["fingerprint"] == code else None


def _processor() -> str:
    """Name of the processor, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):  # not Linux
        return platform.processor() or platform.machine()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiments that were asked for.

    Args:
        arguments: Words of the command line; those of this process if None.

    Returns:
        Exit status 0.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="by default, all")
    parser.add_argument("--report", action="store_true", help="print the record, run nothing")
    parser.add_argument("--choose", action="store_true", help="try settings, write nothing")
    parser.add_argument("--workers", type=int, help="parts at a time, if they run side by side")
    parser.add_argument("--part", metavar="KEY", help="run one part and keep its result")
    options = parser.parse_args(arguments)
    there_are = sorted(path.stem for path in EXPERIMENTS.glob("*.py"))
    if unknown := set(options.names) - set(there_are):
        parser.error(f"no experiment named {', '.join(unknown)}; there are: {', '.join(there_are)}")
    for name in options.names or there_are:
        if options.report:
            load(name).report(records.load_record(name, RESULTS)["figures"])
        elif options.choose:
            _start()
            load(name).choose()
        elif options.part:
            code = fingerprint(rests_on(name))
            _start()
            run_part(name, options.part, load(name), code)
        else:
            run(name, options.workers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
