"""Run chapters from seeds that they have never seen, and count which claims hold.

    python tools/fresh_seeds.py book/03_lstm_gates.ipynb            ten runs, two at a time
    python tools/fresh_seeds.py book/03_lstm_gates.ipynb --seeds 1001 2001 3001

A chapter begins with ``seed = seqlearn.start(seed=7)`` and takes all its randomness from that
number; ``SEQLEARN_SEED`` puts another in its place. Chapters count on from it for their several
seeds, so the numbers given here lie far apart. Nothing is stored in the notebooks. The counts go
to ``book/fresh_seeds.json``, and are added to those of runs that were made before of
the same code.

A claim on a recorded experiment is made of the record's seeds and comes out the same each time.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import reach
from execute import BOOK, SameEnvironmentKernel
from files import write_whole
from nbclient import NotebookClient
from nbval.kernel import CURRENT_ENV_KERNEL_NAME

from seqlearn import claims

RESULTS = BOOK / "fresh_seeds.json"
SEEDS = tuple(range(1001, 11001, 1000))


def run(path: Path, seed: int) -> tuple[list[dict], list[str]]:
    """Run a notebook from a seed; go on after a cell that fails.

    Args:
        path: The notebook. It is not changed.
        seed: What ``seqlearn.start`` is to return.

    Returns:
        For each claim its sentence with "…" for the figure, whether it held and what was
        measured; and the errors that were no failing claims, in a line each.
    """
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=None,
        allow_errors=True,
        kernel_name=CURRENT_ENV_KERNEL_NAME,
        kernel_manager_class=SameEnvironmentKernel,
        extra_arguments=["--IPKernelApp.capture_fd_output=False", "--log-level=40"],
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
    ).execute(env={**os.environ, "SEQLEARN_SEED": str(seed)})
    outcomes, errors = [], []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            record = output.get("metadata", {}).get(claims.RECORD)
            if record is not None and record["checked"]:
                outcomes.append(
                    {
                        "sentence": record["template"],
                        "held": True,
                        "shown": record["shown"],
                    }
                )
            elif output.output_type == "error" and output.ename == "ClaimFailed":
                sentence, _, rest = output.evalue.partition(": measured ")
                outcomes.append({"sentence": sentence, "held": False, "shown": rest})
            elif output.output_type == "error":
                errors.append(f"{output.ename}: {output.evalue.splitlines()[0]}")
    return outcomes, errors


def code(path: Path, tree: reach.Tree | None = None) -> ast.Module:
    """Give the code of a notebook in its normal form.

    Imports, comments and layout don't count, nor do the words of a claim.
    """
    notebook = nbformat.read(path, as_version=4)
    cells = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    form = ast.Module((tree or reach.Tree(BOOK.parent)).code(cells), type_ignores=[])
    for node in ast.walk(form):
        if isinstance(node, ast.Call) and node.args and _is_claim(node.func):
            node.args[0] = ast.Constant("…")
    return form


def _is_claim(function: ast.expr) -> bool:
    return ast.unparse(function).rpartition(".")[2] == "claim"


def fingerprint(path: Path) -> str:
    """Fingerprint of a notebook's code; its text and outputs don't count."""
    return reach.digest([code(path)])


def add(table: dict, name: str, stamp: str, seed: int, outcomes: Sequence[dict]) -> None:
    """Put the outcomes of one run into the table.

    Args:
        table: By notebook, what was found so far; changed in place.
        name: File name of the notebook.
        stamp: Fingerprint of its code: outcomes of other code are dropped.
        seed: The seed of the run.
        outcomes: What :func:`run` gives.
    """
    if table.get(name, {}).get("code") != stamp:
        table[name] = {"code": stamp, "seeds": [], "claims": {}}
    entry = table[name]
    if seed in entry["seeds"]:
        return
    entry["seeds"] = sorted([*entry["seeds"], seed])
    for outcome in outcomes:
        found = entry["claims"].setdefault(outcome["sentence"], {"held": 0, "runs": 0, "shown": {}})
        found["held"] += outcome["held"]
        found["runs"] += 1
        found["shown"][str(seed)] = outcome["shown"]


def report(table: dict) -> str:
    """Show the table as lines: how often each claim held, the weakest first."""
    lines = []
    for name, entry in sorted(table.items()):
        total = [sum(found[key] for found in entry["claims"].values()) for key in ("held", "runs")]
        lines.append(f"{name}: {total[0]} of {total[1]} held, from {len(entry['seeds'])} seeds")
        for sentence, found in sorted(entry["claims"].items(), key=lambda item: _share(item[1])):
            lines.append(f"  {found['held']:3d}/{found['runs']:<3d} {sentence}")
    return "\n".join(lines)


def _share(found: dict) -> float:
    return found["held"] / found["runs"]


def read_table() -> dict:
    """Give what earlier runs found."""
    try:
        return json.loads(RESULTS.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the notebooks, store the counts and print them.

    Args:
        arguments: Words of the command line; those of this process if None.

    Returns:
        Exit status: 0, or 1 when a claim failed or a cell raised another error.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--report", action="store_true", help="print what was found, run nothing")
    options = parser.parse_args(arguments)
    table, trouble = read_table(), []
    if not options.report:
        # One thread each: the layers are small, and the runs share the cores.
        for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS",
                     "OPENBLAS_NUM_THREADS"):  # fmt: skip
            os.environ.setdefault(name, "1")
        done = {(name, s) for name, entry in table.items() for s in entry["seeds"]
                if entry["code"] == fingerprint(BOOK / name)}  # fmt: skip
        work = [(path.resolve(), seed) for seed in options.seeds for path in options.notebooks
                if (path.name, seed) not in done]  # fmt: skip
        with ThreadPoolExecutor(options.jobs) as pool:
            started = time.perf_counter()
            for (path, seed), (outcomes, errors) in zip(
                work, pool.map(lambda job: run(*job), work), strict=True
            ):
                table = read_table()  # another process may have added to it
                add(table, path.name, fingerprint(path), seed, outcomes)
                write_whole(RESULTS, json.dumps(table, indent=1, ensure_ascii=False) + "\n")
                missed = [o["sentence"] for o in outcomes if not o["held"]]
                trouble += [*missed, *errors]
                print(f"{path.name}, seed {seed}: {len(outcomes) - len(missed)} of "
                      f"{len(outcomes)} claims held, {time.perf_counter() - started:.0f} s in all",
                      flush=True)  # fmt: skip
                for line in (*missed, *errors):
                    print(re.sub(r"\x1b\[[\d;]*m", "", f"    ✗ {line}"), flush=True)
    print(report(table))
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
