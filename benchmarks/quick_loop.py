"""Seconds of the inner loop, and its share of what `make test` takes; half an hour in all.

    python benchmarks/quick_loop.py              the loop, then the parts of `make test`
    python benchmarks/quick_loop.py --loop       the loop alone, three times

Run it on a machine that has nothing else to do: the first line says whether it has.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
JOBS = "2"
PYTEST = ["-m", "pytest", "-q", "-n", JOBS, "--dist", "loadscope", "--no-loadscope-reorder"]
LOOP = ["tools/quick.py", "--jobs", JOBS]
PARTS = {
    "unit tests": [*PYTEST, "tests", "seqlearn", "-m", "not browser"],
    "tests in a browser": [*PYTEST, "tests", "-m", "browser"],
    "notebooks": [*PYTEST, "--nbval", "book"],
}


def seconds(arguments):
    """Run a part to its end; its own output goes to stderr."""
    env = {**os.environ, "SEQLEARN_SOURCE": "embedded", "OPENBLAS_NUM_THREADS": "1"}
    began = time.perf_counter()
    run = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=env, stdout=sys.stderr)
    verdict = "" if run.returncode == 0 else f" (failed, status {run.returncode})"
    return time.perf_counter() - began, verdict


def main():
    parser = argparse.ArgumentParser(description="Time the inner loop.")
    parser.add_argument("--loop", action="store_true", help="the loop alone, three times")
    if hasattr(os, "getloadavg"):
        print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    if parser.parse_args().loop:
        for _ in range(3):
            took, verdict = seconds(LOOP)
            print(f"quick {took:6.0f} s{verdict}", flush=True)
        return
    loop, verdict = seconds(LOOP)
    print(f"{'quick':20s} {loop:6.0f} s{verdict}", flush=True)
    for name, arguments in PARTS.items():
        took, verdict = seconds(arguments)
        print(f"{name:20s} {took:6.0f} s, {took / loop:5.1f} times quick{verdict}", flush=True)


if __name__ == "__main__":
    main()
