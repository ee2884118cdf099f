"""SimpleRNN, LSTM and GRU at equal parameters and at equal training time, on seven tasks.

On each task the three cells have as many units as a budget of parameters allows, and are trained
from ten seeds on examples that are never repeated (MNIST: on less than one pass): about 25 minutes.
The skill on test examples is noted on the way, so that the same runs answer both questions:

- *equal parameters*: the skill after all updates;
- *equal time*: the skill when the cell with the cheapest update has made all its updates. The cost
  of an update is measured apart from the training, in processor time, which other programs disturb
  least, and with the cells in turn within one process.

Lengths, budgets and updates of the tasks were set on a few seeds from 1 to 5, so that the tasks
tell the cells apart.

The learning rate of each cell on each task is the better of 0.01 and 0.003, by the mean skill on
seeds 1, 2 and 3, which are not among the seeds of the record; where 0.003 is better, 0.001 is tried
as well. Where two differ by less than 0.01, it is the larger one. ``--choose`` tries them again.
"""

from __future__ import annotations

import dataclasses
import functools
import statistics
import time
from collections.abc import Callable

import numpy as np

from seqlearn import tasks

SEEDS = tuple(range(101, 111))
CHOOSING_SEEDS = (1, 2, 3)
CELLS = ("SimpleRNN", "GRU", "LSTM")
ROUNDS = 5  # how often the cost of an update is measured, all cells in turn
RATES = (1e-2, 3e-3, 1e-3)
CHOSEN = {  # what --choose led to
    "counting": {"SimpleRNN": 1e-2, "GRU": 1e-2, "LSTM": 1e-2},
    "recall": {"SimpleRNN": 1e-2, "GRU": 1e-2, "LSTM": 1e-2},
    "adding": {"SimpleRNN": 1e-3, "GRU": 1e-2, "LSTM": 1e-2},
    "order": {"SimpleRNN": 3e-3, "GRU": 3e-3, "LSTM": 3e-3},
    "agreement": {"SimpleRNN": 1e-2, "GRU": 1e-2, "LSTM": 3e-3},
    "next": {"SimpleRNN": 1e-2, "GRU": 1e-2, "LSTM": 1e-2},
    "mnist": {"SimpleRNN": 3e-3, "GRU": 1e-2, "LSTM": 1e-2},
}


@dataclasses.dataclass(frozen=True)
class Setting:
    """A task and how long it is trained on."""

    label: str
    make: Callable[..., tasks.Task] | None  # None: MNIST
    updates: int = 600
    batch: int = 64
    budget: int = 2000
    every_step: bool = False
    checks: int = 20  # how often the skill is noted
    make_beyond: Callable[..., tasks.Task] | None = None  # a harder test after the training


SETTINGS = {
    "counting": Setting(
        "counting to 16", lambda examples, seed: tasks.make_counting(examples, 16, seed=seed),
        every_step=True, updates=1500, budget=1000,
        make_beyond=lambda examples, seed: tasks.make_counting(examples, 32, 17, seed=seed),
    ),
    "recall": Setting(
        "recall over 20 steps", lambda examples, seed: tasks.make_recall(examples, 20, seed=seed)
    ),
    "adding": Setting(
        "adding over 30 steps", lambda examples, seed: tasks.make_adding(examples, 30, seed=seed)
    ),
    "order": Setting(
        "temporal order over 50 steps",
        lambda examples, seed: tasks.make_temporal_order(examples, 50, seed=seed),
    ),
    "agreement": Setting(
        "agreement across 16 words",
        lambda examples, seed: tasks.make_agreement(examples, 16, seed=seed),
        budget=5000,  # the inputs are as wide as the vocabulary
    ),
    "next": Setting(
        "next step of a noisy series",
        lambda examples, seed: tasks.make_next_step(examples, 20, seed=seed),
        every_step=True,
    ),
    "mnist": Setting("MNIST, row by row", None, updates=400, batch=128, budget=10_000, checks=10),
}  # fmt: skip


class Trainer:
    """One cell on one task: a model that is compiled once and started afresh for each seed."""

    def __init__(self, setting: Setting, cell: str, features: int, outputs: int, numbers: bool):
        import keras
        import tensorflow as tf

        from seqlearn import models

        self.setting = setting
        self.units = models.units_within(setting.budget, cell, features, outputs)

        def build():
            return models.build_reader(
                features, outputs, cell, self.units, return_sequences=setting.every_step
            )

        self._build, self.model = build, build()
        loss = (
            keras.losses.MeanSquaredError() if numbers
            else keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        )  # fmt: skip
        self.model.compile(
            keras.optimizers.Adam(1e-3, clipnorm=1.0), loss, jit_compile=True,
            steps_per_execution=setting.updates // setting.checks,
        )  # fmt: skip
        # Keras calls back after each execution: once for each check.
        self._answer = tf.function(self.model, jit_compile=True)

    def start(self, seed: int, rate: float) -> None:
        """Take the first weights of this seed, and an optimizer that has seen nothing."""
        import keras

        keras.utils.set_random_seed(seed)
        self.model.set_weights(self._build().get_weights())
        optimizer = self.model.optimizer
        for variable in optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable))
        optimizer.learning_rate.assign(rate)

    def fit(self, x, y, weights=None, at_check: Callable[[], None] | None = None) -> float:
        """Train on these examples once, in their order; give the seconds of processor time."""
        import keras

        class Checks(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                at_check()

        began = time.process_time()
        self.model.fit(
            x, y, sample_weight=weights, batch_size=self.setting.batch, shuffle=False, verbose=0,
            callbacks=[Checks()] if at_check else [],
        )  # fmt: skip
        return time.process_time() - began

    def answers(self, x) -> np.ndarray:
        """Give the logits, or the predicted numbers; ``x`` in thousands, so as to compile once."""
        return np.concatenate([self._answer(x[i : i + 1000]) for i in range(0, len(x), 1000)])


class MadeUp:
    """Examples of a task that is made: as many as one likes."""

    def __init__(self, setting: Setting):
        self.setting = setting
        sample = setting.make(2, seed=0)
        words = sample.x.ndim == 2
        self.features = len(sample.symbols) if words else sample.x.shape[2]
        self.outputs, self.numbers = sample.outputs, not sample.classes
        # Words go in as one-hot vectors, so that no cell has an embedding besides its budget.
        self._encode = np.eye(self.features, dtype="float32").__getitem__ if words else np.asarray

    def train(self, seed: int, updates: int):
        """Give as many examples as these updates need, none of them twice."""
        task = self.setting.make(updates * self.setting.batch, seed=seed)
        return self._encode(task.x), task.y, task.weights

    def test(self, seed: int, choosing: bool):
        """Give inputs, and what turns answers to them into figures."""
        task = self.setting.make(1000, seed=seed + 10**6)
        return self._encode(task.x), task.skill


class Digits:
    """MNIST, each picture a sequence of rows."""

    def __init__(self, setting: Setting):
        from seqlearn import datasets

        self.setting, self.data = setting, datasets.load_mnist_rows(source="full")
        self.features, self.outputs, self.numbers = self.data.features, self.data.classes, False

    def train(self, seed: int, updates: int):
        """Give as many pictures as these updates need, from a random order."""
        order = np.random.default_rng(seed).permutation(len(self.data.x_train))
        chosen = order[: updates * self.setting.batch]
        return self.data.x_train[chosen], self.data.y_train[chosen], None

    def test(self, seed: int, choosing: bool):
        """Give the test pictures, or to choose by, the validation pictures."""
        part = "val" if choosing else "test"
        x, y = getattr(self.data, f"x_{part}"), getattr(self.data, f"y_{part}")
        return x, lambda logits: float(np.mean(logits.argmax(axis=-1) == y))


def examples_of(setting: Setting):
    """Where the examples of a setting come from."""
    return MadeUp(setting) if setting.make else Digits(setting)


def trainers_of(setting: Setting, source) -> dict[str, Trainer]:
    """A trainer for each cell, compiled, with weights that the first seed will replace."""
    trainers = {
        cell: Trainer(setting, cell, source.features, source.outputs, source.numbers)
        for cell in CELLS
    }
    few = source.train(0, updates=setting.updates // setting.checks)
    for trainer in trainers.values():
        trainer.fit(*few)
    return trainers


def run(trainer: Trainer, source, seed: int, rate: float, choosing: bool = False) -> dict:
    """Train from one seed; give the skill (MNIST: the accuracy) at each check."""
    trainer.start(seed, rate)
    x, skill = source.test(seed, choosing)
    curve: list[float] = []
    trainer.fit(
        *source.train(seed, trainer.setting.updates),
        at_check=lambda: curve.append(round(skill(trainer.answers(x)), 4)),
    )
    result = {"curve": curve}
    if trainer.setting.make_beyond:
        task = trainer.setting.make_beyond(1000, seed=seed + 10**6)
        result["beyond"] = round(task.skill(trainer.answers(task.x)), 4)
    return result


def cost(trainers: dict[str, Trainer], source) -> dict[str, float]:
    """Milliseconds of processor time of one update: the median of rounds of all cells in turn."""
    updates = source.setting.updates
    examples = source.train(0, updates)
    took: dict[str, list[float]] = {cell: [] for cell in trainers}
    for _ in range(ROUNDS):
        for cell, trainer in trainers.items():
            took[cell].append(1000 * trainer.fit(*examples) / updates)
    return {cell: round(statistics.median(times), 3) for cell, times in took.items()}


def cost_at_equal_units(units: int = 64, updates: int = 100) -> dict[str, dict[str, float]]:
    """Milliseconds of processor time of one update at equal width, plain and with XLA."""
    import keras

    from seqlearn import models

    task = tasks.make_recall(64 * updates, 49, seed=0)
    took: dict[str, dict[str, list[float]]] = {}
    built = {}
    for way, compiled in (("plain", False), ("XLA", True)):
        for cell in CELLS:
            model = models.build_reader(task.x.shape[2], task.outputs, cell, units)
            model.compile(
                keras.optimizers.Adam(1e-3),
                keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                jit_compile=compiled, steps_per_execution=20,
            )  # fmt: skip
            model.fit(task.x, task.y, batch_size=64, verbose=0)
            built[way, cell] = model
            took.setdefault(way, {})[cell] = []
    for _ in range(ROUNDS):
        for (way, cell), model in built.items():
            began = time.process_time()
            model.fit(task.x, task.y, batch_size=64, verbose=0)
            took[way][cell].append(1000 * (time.process_time() - began) / updates)
    return {
        way: {cell: round(statistics.median(times), 3) for cell, times in cells.items()}
        for way, cells in took.items()
    }


KEYS = [
    "equal units",
    *(
        f"{name}/{what}"
        for name in SETTINGS
        for what in ("cost", *(f"{cell}/{seed}" for seed in SEEDS for cell in CELLS))
    ),
]


@functools.lru_cache(maxsize=1)
def prepare(name: str) -> tuple:
    """Get ready for the parts of one task: its examples, and a compiled model of each cell."""
    source = examples_of(SETTINGS[name])
    return source, trainers_of(SETTINGS[name], source)


def part(key: str) -> dict:
    """Measure the cost of updates, or train one cell on one task from one seed."""
    if key == "equal units":
        return cost_at_equal_units()
    name, cell, *seed = key.split("/")
    source, trainers = prepare(name)
    if cell == "cost":
        return cost(trainers, source)
    return run(trainers[cell], source, int(*seed), CHOSEN[name][cell])


def figures(done: dict) -> dict:
    """Put the runs together by task and cell."""
    from seqlearn import models

    found = {}
    for name, setting in SETTINGS.items():
        source = examples_of(setting)
        sizes = {"features": source.features, "outputs": source.outputs}
        units = {c: models.units_within(setting.budget, c, **sizes) for c in CELLS}
        found[name] = {
            "label": setting.label,
            "updates": setting.updates,
            "batch": setting.batch,
            "checks": setting.checks,
            "budget": setting.budget,
            "units": units,
            "parameters": {c: models.parameter_count(c, units[c], **sizes) for c in CELLS},
            "rates": CHOSEN[name],
            "cost": done[f"{name}/cost"],
            "runs": {c: [done[f"{name}/{c}/{s}"] for s in SEEDS] for c in CELLS},
        }
    return {"cost_at_equal_units": done["equal units"], "tasks": found}


def report(figures: dict) -> None:
    """Print the record as a table: skill at equal parameters, at equal time, cost of an update."""
    from seqlearn import seeds

    print(figures["cost_at_equal_units"])
    for task in figures["tasks"].values():
        print(task["label"])
        cheapest = min(task["cost"].values())
        for cell in CELLS:
            curves = np.array([run["curve"] for run in task["runs"][cell]])
            check = int(task["checks"] * cheapest / task["cost"][cell])
            for kind, values in (("parameters", curves[:, -1]), ("time", curves[:, check - 1])):
                mean, low, high = seeds.t_interval(values)
                print(f"  {cell:10s} equal {kind:10s} {mean:6.3f} [{low:.3f}, {high:.3f}]", end="")
            print(f"  {task['cost'][cell]:.2f} ms an update")


def choose() -> None:
    """Print the mean skill of each learning rate on the seeds that are for choosing."""
    for name, setting in SETTINGS.items():
        source = examples_of(setting)
        trainers = trainers_of(setting, source)
        for cell, trainer in trainers.items():
            for rate in RATES:
                runs = [run(trainer, source, s, rate, choosing=True) for s in CHOOSING_SEEDS]
                last = [result["curve"][-1] for result in runs]
                print(f"{name:10s} {cell:10s} {rate:6g}  {np.mean(last):6.3f}  {last}", flush=True)
