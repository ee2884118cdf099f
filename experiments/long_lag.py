"""Recall over a lag: plain RNN, LSTM and GRU, with Keras's defaults and with chosen gate biases.

Ten seeds that chose nothing; every model has at most as many parameters as an LSTM of 32 units. Two
models are trained at a time, each on one thread, because layers this small leave a second thread
idle: about half an hour.

The width, the learning rate and the number of updates are those of an earlier, smaller
experiment with other seeds; none was chosen for one of the cells.
"""

from __future__ import annotations

import time

AT_ONCE = 2
SEEDS = tuple(range(101, 111))
LAGS = (10, 25, 50, 100, 200)
BUDGET, UPDATES, BATCH, LEARNING_RATE = 5_400, 600, 64, 5e-3
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


KEYS = [f"{name}/{lag}" for lag in LAGS for name in MODELS]


def part(key: str) -> list[dict]:
    """Train one model at one lag."""
    name, lag = key.split("/")
    return run(name, int(lag))


def figures(done: dict) -> dict:
    """Put the runs together by model and lag."""
    return {
        "guess": 0.25,
        "lags": LAGS,
        "updates": UPDATES,
        "batch_size": BATCH,
        "learning_rate": LEARNING_RATE,
        "models": {
            name: {str(lag): done[f"{name}/{lag}"] for lag in LAGS} for name in MODELS
        },
    }  # fmt: skip


def report(figures: dict) -> None:
    """Print how many seeds solved each lag, and the mean accuracy."""
    print(f"{'solved of 10 (mean accuracy)':30s}" + "".join(f"{lag:>13d}" for lag in LAGS))
    for name, by_lag in figures["models"].items():
        row = ""
        for runs in by_lag.values():
            scores = [each["accuracy"] for each in runs]
            mean = sum(scores) / len(scores)
            row += f"{sum(score >= 0.99 for score in scores):6d} ({mean:4.0%})"
        print(f"{name:30s}{row}")
