"""Time this project's loaders beside Keras's own, in one run, on the same files.

    python benchmarks/loading.py

Needs the full data (``python -m seqlearn data``). Every loader reads its warm
cache; ours verifies what it reads each time, as does Keras's. Each is run several
times in turn, so that a busy machine slows both, and the median is taken.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import io
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from seqlearn import datasets, start
from seqlearn.datasets import imdb, inventory, mnist

RUNS = 5
LIMITS = {"MNIST": 0.3, "IMDB": 1.0}  # seconds, for ours


def by_keras(module: str, path: Path, **options: object) -> Callable[[], object]:
    """Return Keras's loader for a file of ours.

    The file may be packed by another zip writer than Keras's and then has another
    hash, so the download step is replaced by what it does with a warm cache: hash
    the file and return its path.
    """
    loader = importlib.import_module(f"keras.src.datasets.{module}")

    def from_warm_cache(**_: object) -> str:
        hashlib.sha256(path.read_bytes()).hexdigest()
        return str(path)

    def load() -> object:
        with mock.patch.object(loader, "get_file", from_warm_cache):
            return loader.load_data(**options)

    return load


def main() -> int:
    """Print seconds and ratios.

    Returns:
        0 if our loaders keep within their limits.
    """
    places = {}
    for file in (mnist.FILE, imdb.REVIEWS_FILE, imdb.WORDS_FILE):
        state = inventory.look(file)
        if state.path is None or state.state != "verified":
            print(f"{file.name} is {state.state}. Get it with: python -m seqlearn data")
            return 1
        places[file.name] = state.path
    start()  # load the backend before the clock runs
    pairs = {
        "MNIST": (
            lambda: datasets.load_mnist_rows("full"),
            by_keras("mnist", places["mnist.npz"]),
        ),
        "IMDB": (
            lambda: datasets.load_imdb("full", num_words=20_000),
            by_keras("imdb", places["imdb.npz"], num_words=20_000),
        ),
    }
    slow = False
    print(f"median of {RUNS} runs      ours    Keras    ratio")
    for name, loaders in pairs.items():
        seconds: list[list[float]] = [[], []]
        with contextlib.redirect_stdout(io.StringIO()):
            loaders[0]()  # fills the cache
            for _ in range(RUNS):
                for times, load in zip(seconds, loaders, strict=True):
                    began = time.perf_counter()
                    load()
                    times.append(time.perf_counter() - began)
        ours, theirs = map(statistics.median, seconds)
        verdict = "" if ours < LIMITS[name] else f"   over the limit of {LIMITS[name]} s"
        slow = slow or bool(verdict)
        print(f"{name:<17} {ours:7.2f} s {theirs:6.2f} s {theirs / ours:7.1f}{verdict}")
    print("(MNIST: ours also scales to float32 and cuts the validation part.)")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
