"""Seconds of the inner loop for a change of each definition, beside all of it and `make test`.

    python benchmarks/quick_loop.py              everything once, then the parts of `make test`
    python benchmarks/quick_loop.py --loop       without the parts of `make test`

Everything is run once, in ten minutes, and the seconds of each file are kept. What a change of one
definition of the package would take is their sum over the files that it reaches, shared by two
processes, and what it takes to start. Run it on a machine that has nothing else to do: the first
line says whether it has.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import changed  # noqa: E402

JOBS = 2
PYTEST = ["-m", "pytest", "-q", f"-n{JOBS}", "--dist", "loadscope", "--no-loadscope-reorder"]
LOOP = ["tools/quick.py", "--jobs", str(JOBS)]
PARTS = {
    "unit tests": [*PYTEST, "tests", "seqlearn", "-m", "not browser"],
    "tests in a browser": [*PYTEST, "tests", "-m", "browser"],
    "notebooks": [*PYTEST, "--nbval", "book"],
}
TARGET = 180  # s


def seconds(arguments):
    """Run a part to its end: seconds, what it printed, and what went wrong."""
    env = {**os.environ, "SEQLEARN_SOURCE": "embedded", "OPENBLAS_NUM_THREADS": "1"}
    began = time.perf_counter()
    run = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    )
    verdict = "" if run.returncode == 0 else f" (failed, status {run.returncode})"
    return time.perf_counter() - began, run.stdout, verdict


def seconds_of_files(report, printed):
    """Seconds of each test file, module and notebook, from pytest's report and quick's lines."""
    files = Counter()
    for case in ElementTree.parse(report).iter("testcase"):
        module = case.get("classname")
        files[f"{module.replace('.', '/')}.py"] += float(case.get("time"))
    for notebook, took in re.findall(r"^(\w+\.ipynb): .* (\d+) s$", printed, re.MULTILINE):
        files[f"book/{notebook}"] += int(took)
    return files


def seconds_by_definition(files, start):
    """Seconds of the loop when a definition of the package changes, by its name."""
    code = changed.Code(ROOT)
    items = changed.items(ROOT)
    reached = {item: changed.definitions_of(item, code) for item in items}
    loops = {}
    for path in sorted((ROOT / "seqlearn").rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        module = changed.module_name(file)
        by_name = {item for item in items if changed.reads_one_of({file}, item, code)}
        for name in code.digests(module):
            run = by_name | {item for item in items if (module, name) in reached[item]}
            loops[f"{module}.{name}"] = start + sum(files[item] for item in run) / JOBS
    return loops


def main():
    parser = argparse.ArgumentParser(description="Time the inner loop.")
    parser.add_argument("--loop", action="store_true", help="without the parts of make test")
    options = parser.parse_args()
    if hasattr(os, "getloadavg"):
        print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        whole, printed, verdict = seconds([*LOOP, "--all", f"--junitxml={report}"])
        files = seconds_of_files(report, printed)
    print(f"{'all of the loop':20s} {whole:6.0f} s{verdict}", flush=True)
    start = max(0, whole - sum(files.values()) / JOBS)
    loops = seconds_by_definition(files, start)
    took = np.array(list(loops.values()))
    print(
        f"a change of one of {len(loops)} definitions: median {np.median(took):.0f} s, nine in ten "
        f"at most {np.quantile(took, 0.9):.0f} s; {np.mean(took <= TARGET):.0%} at most {TARGET} s"
    )
    for name in sorted(loops, key=loops.get, reverse=True)[:5]:
        print(f"    {loops[name]:4.0f} s  {name}")
    for name, arguments in () if options.loop else PARTS.items():
        took, _, verdict = seconds(arguments)
        print(f"{name:20s} {took:6.0f} s, {took / whole:5.1f} times the loop{verdict}", flush=True)


if __name__ == "__main__":
    main()
