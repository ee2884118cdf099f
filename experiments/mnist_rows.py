"""MNIST read row by row: the tutorials' model, our recipe, and each change between them.

All models are trained in turn in one process, seed by seed, so that their times are comparable:
three seeds, about half an hour.

Choices (learning rate, width, epochs) were made on validation accuracy. The test set measures,
and decides nothing: neither when to stop nor which model to show.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import statistics

from seqlearn import datasets

SEEDS = (101, 102, 103)
TARGET = 0.98


@dataclasses.dataclass(frozen=True)
class Recipe:
    """One way to build and train a model; each differs from the one before in one thing."""

    label: str
    epochs: int
    batch_size: int
    learning_rate: float
    schedule: bool = False
    shift: int = 0
    stacked: bool = False
    model: dict = dataclasses.field(default_factory=dict)
    checks_per_epoch: int = 1


FORWARD = {"cell": "LSTM", "units": 128, "bidirectional": False, "return_sequences": False}
BOTH_WAYS = {"cell": "LSTM", "units": 64, "bidirectional": True, "return_sequences": False}
EVERY_ROW = {**BOTH_WAYS, "return_sequences": True}
PEAK = 6e-3

RECIPES = {
    "tutorial": Recipe("two LSTM(128), batch 32", 5, 32, 1e-3, stacked=True, checks_per_epoch=8),
    "one_layer": Recipe("one LSTM(128)", 3, 32, 1e-3, model=FORWARD),
    "batch": Recipe("batch 128", 3, 128, 1e-3, model=FORWARD),
    "schedule": Recipe("warm-up and cosine", 3, 128, PEAK, schedule=True, model=FORWARD),
    "both_ways": Recipe("both directions", 3, 128, PEAK, schedule=True, model=BOTH_WAYS),
    "every_row": Recipe(
        "softmax on every row", 3, 128, PEAK, schedule=True, model=EVERY_ROW, checks_per_epoch=8
    ),
    "longer": Recipe("10 epochs", 10, 128, PEAK, schedule=True, model=EVERY_ROW),
    "shifted": Recipe("shifted pictures", 10, 128, PEAK, schedule=True, shift=1, model=EVERY_ROW),
    "dropout": Recipe(
        "dropout 0.5", 10, 128, PEAK, schedule=True, shift=1, model={**EVERY_ROW, "dropout": 0.5}
    ),
}


def run(recipe: Recipe, seed: int, data) -> dict:
    """Train once; measure accuracy on validation and test, parameters and seconds."""
    import keras

    from seqlearn import models, training

    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    sizes = {"timesteps": data.timesteps, "features": data.features, "classes": data.classes}
    if recipe.stacked:
        model = models.build_stacked_lstm(**sizes)
    else:
        model = models.build_row_classifier(**sizes, **recipe.model)
    updates = training.count_steps(len(data.x_train), recipe.batch_size, 1)
    rate = recipe.learning_rate
    if recipe.schedule:
        rate = training.warmup_cosine(rate, updates * recipe.epochs)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    clock = training.AccuracyClock(
        data.x_test, data.y_test, every=max(updates // recipe.checks_per_epoch, 1)
    )
    if recipe.shift:
        examples = (
            training.ChangedBatches(
                data.x_train, data.y_train, recipe.batch_size, seed=seed,
                change=lambda images, rng: training.random_shift(images, recipe.shift, rng),
            ),
        )  # fmt: skip
        options = {}
    else:
        examples, options = (data.x_train, data.y_train), {"batch_size": recipe.batch_size}
    model.fit(*examples, epochs=recipe.epochs, verbose=0, callbacks=[clock], **options)
    return {
        "parameters": model.count_params(),
        "seconds": round(clock.training_seconds, 2),
        "validation": training.accuracy(model, data.x_val, data.y_val),
        "test": training.accuracy(model, data.x_test, data.y_test),
        "seconds_to_target": clock.time_to(TARGET),
        "curve": [
            [round(seconds, 2), round(accuracy, 4)]
            for seconds, accuracy in zip(clock.seconds, clock.accuracies, strict=True)
        ],
    }


KEYS = [f"{name}/{seed}" for seed in SEEDS for name in RECIPES]


@functools.cache
def load_data():
    """Load the digits; and let no recipe pay for the start of the backend, as a first fit does."""
    data = datasets.load_mnist_rows(source="full")
    warm = dataclasses.replace(
        data, **{f"{a}_{p}": getattr(data, f"{a}_{p}")[:256]
                 for a in "xy" for p in ("train", "val", "test")}
    )  # fmt: skip
    run(RECIPES["both_ways"], 0, warm)
    return data


def part(key: str) -> dict:
    """Train one recipe from one seed."""
    name, seed = key.split("/")
    data = load_data()
    split = hashlib.sha256(data.y_train.tobytes()).hexdigest()
    return {"split": split, **run(RECIPES[name], int(seed), data)}


def figures(done: dict) -> dict:
    """Put the runs of each recipe together."""
    (split,) = {result.pop("split") for result in done.values()}
    recipes = {
        name: {
            **dataclasses.asdict(recipe),
            "runs": [done[f"{name}/{seed}"] for seed in SEEDS],
        }
        for name, recipe in RECIPES.items()
    }
    return {"target": TARGET, "split": split, "recipes": recipes}


def report(figures: dict) -> None:
    """Print the record as a table, and the two comparisons that it was made for."""
    recipes = figures["recipes"]

    def middle(name: str, key: str) -> float:
        return statistics.median(run[key] for run in recipes[name]["runs"])

    print(f"{'recipe':60s} {'parameters':>10s} {'seconds':>8s} {'val':>7s} {'test':>7s}")
    for name, recipe in recipes.items():
        print(
            f"{recipe['label']:60s} {middle(name, 'parameters'):10,.0f} "
            f"{middle(name, 'seconds'):8.1f} {middle(name, 'validation'):7.2%} "
            f"{middle(name, 'test'):7.2%}"
        )
    tutorial = recipes["tutorial"]["runs"]
    three_epochs = statistics.median(
        run["curve"][3 * recipes["tutorial"]["checks_per_epoch"] - 1][0] for run in tutorial
    )
    slow = [run["seconds_to_target"] or float("inf") for run in tutorial]
    fast = [run["seconds_to_target"] or float("inf") for run in recipes["every_row"]["runs"]]
    print(f"seconds to 98%: tutorial {slow}, every row {fast}")
    print(f"ratio of medians: {statistics.median(slow) / statistics.median(fast):.1f}")
    print(
        f"best recipe: {middle('dropout', 'test'):.2%} in "
        f"{middle('dropout', 'seconds') / three_epochs:.2f} of the tutorial's three epochs"
    )
