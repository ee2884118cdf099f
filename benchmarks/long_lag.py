"""Recall over a lag: plain RNN, LSTM and GRU, with Keras's defaults and with chosen gate biases.

Writes ``book/results/long_lag.json``. Ten seeds that chose nothing; every model has at most as
many parameters as an LSTM of 32 units. Two models are trained at a time, each on one thread,
because layers this small leave a second thread idle. An interrupted run goes on where it stopped.

    python benchmarks/long_lag.py              # everything: about half an hour
    python benchmarks/long_lag.py --report     # print the record's table, run nothing

The width, the learning rate and the number of updates are those of an earlier, smaller
experiment with other seeds; none was chosen for one of the cells.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

NAME = "long_lag"
SEEDS = tuple(range(101, 111))
LAGS = (10, 25, 50, 100, 200)
BUDGET, UPDATES, BATCH, LEARNING_RATE = 5_400, 600, 64, 5e-3
PARTIAL = Path(__file__).parent / ".partial" / f"{NAME}.json"
DEPENDS_ON = [
    "benchmarks/long_lag.py",
    "seqlearn.initializers:ChronoBias",
    "seqlearn.initializers:GateBias",
    "seqlearn.initializers:_part",
    "seqlearn.models:build_reader",
    "seqlearn.models:_recurrent",
    "seqlearn.models:units_within",
    "seqlearn.tasks:make_recall",
    "seqlearn.training:reinitialize",
]
MODELS = {
    "SimpleRNN": ("SimpleRNN", "none"),
    "LSTM": ("LSTM", "default"),
    "LSTM, forget bias 0": ("LSTM", 0.0),
    "LSTM, forget bias 5": ("LSTM", 5.0),
    "LSTM, chrono": ("LSTM", "chrono"),
    "GRU": ("GRU", "default"),
    "GRU, chrono": ("GRU", "chrono"),
}


def run(name: str, lag: int) -> list[dict]:
    """Train one model at one lag from each of the seeds."""
    import seqlearn

    seqlearn.start()
    import keras
    import numpy as np

    from seqlearn import initializers, models, tasks, training

    cell, bias = MODELS[name]
    options = {}
    if bias == "chrono":
        options = initializers.chrono_bias(cell, longest=lag)
    elif isinstance(bias, float):
        options = initializers.gate_bias(cell, bias)
    features, symbols = tasks.make_recall(1, lag, seed=0).x.shape[-1], 4
    units = models.units_within(BUDGET, cell, features, symbols)
    model = models.build_reader(features, symbols, cell, units, **options)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss, jit_compile=True)
    runs = []
    for seed in SEEDS:
        task = tasks.make_recall(BATCH * UPDATES, lag, seed=seed)
        test = tasks.make_recall(1000, lag, seed=seed + 10**6)
        keras.utils.set_random_seed(seed)
        training.reinitialize(model)
        began = time.perf_counter()
        model.fit(task.x, task.y, batch_size=BATCH, shuffle=False, verbose=0)
        seconds = time.perf_counter() - began
        accuracy = test.score(np.asarray(model(test.x)))
        runs.append({"seed": seed, "accuracy": accuracy, "seconds": round(seconds, 2)})
    return [{"units": units, "parameters": model.count_params(), **each} for each in runs]


def run_named(setting: tuple[str, int]) -> tuple[str, list[dict]]:
    """Run one setting, and say which it was."""
    name, lag = setting
    return f"{name}/{lag}", run(name, lag)


def run_all(workers: int) -> None:
    """Run what is still missing, then write the record."""
    # One thread each, set before the workers load their backend.
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = "1"
    import seqlearn
    from seqlearn import records

    seqlearn.start()  # quietly: the fingerprint imports the code that it stands for
    fingerprint = records.code_fingerprint(DEPENDS_ON)
    done, minutes = read_partial(fingerprint)
    wanted = [(name, lag) for lag in LAGS for name in MODELS]
    missing = [(name, lag) for name, lag in wanted if f"{name}/{lag}" not in done]
    spawn = multiprocessing.get_context("spawn")  # a forked TensorFlow hangs
    # A process keeps each compiled step for good, so it is replaced now and then.
    with spawn.Pool(workers, maxtasksperchild=3) as pool:
        for key, runs in pool.imap_unordered(run_named, missing):
            done[key] = runs
            minutes += sum(each["seconds"] for each in runs) / 60 / workers
            content = {"fingerprint": fingerprint, "minutes": minutes, "done": done}
            records.write_whole(PARTIAL, json.dumps(content, indent=1))
            solved = sum(each["accuracy"] >= 0.99 for each in runs)
            print(f"{key:28s} solved {solved:2d} of {len(SEEDS)}", flush=True)
    figures = {
        "guess": 0.25,
        "lags": LAGS,
        "updates": UPDATES,
        "batch_size": BATCH,
        "learning_rate": LEARNING_RATE,
        "models": {
            name: {str(lag): done[f"{name}/{lag}"] for lag in LAGS} for name in MODELS
        },
    }  # fmt: skip
    path = records.write_record(
        NAME, figures, depends_on=DEPENDS_ON, source="full", seeds=SEEDS, minutes=minutes
    )
    PARTIAL.unlink()
    print(f"wrote {path.name}: {minutes:.0f} minutes of training")


def read_partial(fingerprint: str) -> tuple[dict, float]:
    """Give the finished runs of an interrupted experiment, if the code is still the same."""
    try:
        partial = json.loads(PARTIAL.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}, 0.0
    same = partial["fingerprint"] == fingerprint
    return (partial["done"], partial["minutes"]) if same else ({}, 0.0)


def report() -> None:
    """Print how many seeds solved each lag, and the mean accuracy."""
    from seqlearn import records

    record = records.load_record(NAME)
    print(f"{'solved of 10 (mean accuracy)':30s}" + "".join(f"{lag:>13d}" for lag in LAGS))
    for name, by_lag in record["figures"]["models"].items():
        row = ""
        for runs in by_lag.values():
            scores = [each["accuracy"] for each in runs]
            mean = sum(scores) / len(scores)
            row += f"{sum(score >= 0.99 for score in scores):6d} ({mean:4.0%})"
        print(f"{name:30s}{row}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", action="store_true", help="print the record, run nothing")
    parser.add_argument("--workers", type=int, default=2, help="models trained at a time")
    arguments = parser.parse_args()
    sys.exit(report() if arguments.report else run_all(arguments.workers))
