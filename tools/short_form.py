"""Run notebooks in a short form: every cell, in minutes for the whole book.

What a cell imports, calls and names is put to the test; what it measures is not. A model
is trained by one update, uncompiled, on a task of few examples, of which a recurrent layer
reads the first steps; five seeds become three. A claim is stated and its figure not judged.
Outputs are not compared. Nothing is stored.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import nbformat

LARGE_BATCH = 1000
FEW_STEPS = 3
NEEDS_TRAINING = "needs-training"  # the tag of a cell that may fail after one update
MOST_EXAMPLES = 1000
SEVERAL_SEEDS = re.compile(r"range\(seed, seed \+ \d+\)")
THREE_SEEDS = "range(seed, seed + 3)"


@dataclass(frozen=True)
class Outcome:
    """How a notebook fared.

    Attributes:
        name: Its file name.
        cells: How many cells ran.
        claims: How many claims were stated.
        untrained: How many cells with the tag ``needs-training`` failed for want of it.
        seconds: How long it took.
        slowest: The cells by seconds.
        error: What the last of them wrote if it failed, else "".
    """

    name: str
    cells: int
    claims: int
    untrained: int
    seconds: float
    slowest: tuple[tuple[float, str], ...]
    error: str


def run(path: Path) -> Outcome:
    """Run the cells of a notebook in its own folder until one fails.

    Args:
        path: The notebook.

    Returns:
        What came of it.
    """
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    code = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    shell = InteractiveShell.instance(colors="nocolor")
    shell.history_manager.enabled = False
    began, times, untrained, error = time.perf_counter(), [], 0, ""
    with contextlib.chdir(path.parent), shortened() as stated:
        for cell in code:
            start = time.perf_counter()
            with capture_output() as captured:
                source = SEVERAL_SEEDS.sub(THREE_SEEDS, cell.source)
                result = shell.run_cell(source, store_history=False)
            times.append((time.perf_counter() - start, cell.source.splitlines()[0]))
            tags = cell.metadata.get("tags", [])
            if not result.success and NEEDS_TRAINING in tags:
                untrained += 1
            elif not result.success and "raises-exception" not in tags:
                error = f"{cell.source}\n\n{captured.stdout[-3000:]}"
                break
    InteractiveShell.clear_instance()
    close_all()
    seconds = time.perf_counter() - began
    slowest = tuple(sorted(times, reverse=True))
    return Outcome(path.name, len(times), len(stated), untrained, seconds, slowest, error)


def close_all() -> None:
    """Forget the models and figures of a notebook."""
    import keras
    import matplotlib.pyplot as plt

    plt.close("all")
    keras.backend.clear_session()


@contextlib.contextmanager
def shortened() -> Iterator[list[str]]:
    """Train little and judge nothing, as long as this is entered.

    Yields:
        The sentences that were claimed, a list that grows.
    """
    import keras
    import tensorflow as tf

    from seqlearn import claims, tasks

    stated: list[str] = []
    with contextlib.ExitStack() as patches:
        # To compile a function takes seconds, and to run it once does not.
        tf.config.run_functions_eagerly(True)
        patches.callback(tf.config.run_functions_eagerly, False)

        def patch(owner: Any, name: str, shorter: Callable) -> None:
            real = getattr(owner, name)
            patches.enter_context(
                mock.patch.object(owner, name, functools.wraps(real)(shorter(real)))
            )

        patch(keras.Model, "fit", short_fit)
        patch(keras.Model, "compile", uncompiled)
        patch(keras.Model, "predict", in_large_batches)
        patch(keras.Model, "evaluate", in_large_batches)
        patch(keras.src.backend, "rnn", few_steps)
        for name in [name for name in vars(tasks) if name.startswith("make_")]:
            patch(tasks, name, few_examples)
        patch(claims, "claim", functools.partial(not_judged, stated=stated))
        yield stated


def short_fit(fit: Callable) -> Callable:
    """Train by one update, a model and its data once; the history is as long as asked."""
    signature = inspect.signature(fit)
    known: dict[Any, Any] = {}

    def shorter(*args, **kwargs):
        call = signature.bind(*args, **kwargs)
        call.apply_defaults()
        asked = call.arguments
        epochs = asked["epochs"]
        what = (id(asked["self"]), getattr(asked["x"], "shape", type(asked["x"])))
        if what not in known or asked["callbacks"]:
            asked.update(epochs=1, steps_per_epoch=1)
            if asked["validation_data"] is not None:
                asked["validation_steps"] = 1
            known[what] = fit(*call.args, **call.kwargs)
        history = copy.copy(known[what])
        history.epoch = list(range(epochs))
        history.history = {name: values * epochs for name, values in history.history.items()}
        return history

    return shorter


def uncompiled(compile_model: Callable) -> Callable:
    """Make ready for one update, without XLA, which takes seconds for each model."""
    signature = inspect.signature(compile_model)

    def quicker(*args, **kwargs):
        call = signature.bind(*args, **kwargs)
        call.arguments.update(jit_compile=False, steps_per_execution=1)
        return compile_model(*call.args, **call.kwargs)

    return quicker


def in_large_batches(predict: Callable) -> Callable:
    """Use a model on many examples at once."""
    signature = inspect.signature(predict)

    def quicker(*args, **kwargs):
        call = signature.bind(*args, **kwargs)
        call.arguments["batch_size"] = LARGE_BATCH
        return predict(*call.args, **call.kwargs)

    return quicker


def few_steps(rnn: Callable) -> Callable:
    """Let a recurrent layer read the first steps, and repeat its last output for the others."""
    import tensorflow as tf

    signature = inspect.signature(rnn)

    def shorter(*args, **kwargs):
        call = signature.bind(*args, **kwargs)
        call.apply_defaults()
        asked = call.arguments
        steps = tf.shape(asked["inputs"])[1]
        asked["inputs"] = asked["inputs"][:, :FEW_STEPS]
        asked["unroll"] = asked["inputs"].shape[1] is not None  # a loop takes long to build
        if asked["mask"] is not None:
            asked["mask"] = asked["mask"][:, :FEW_STEPS]
        last, outputs, states = rnn(*call.args, **call.kwargs)
        if asked["return_all_outputs"]:
            rest = tf.repeat(outputs[:, -1:], steps - tf.shape(outputs)[1], axis=1)
            outputs = tf.concat([outputs, rest], axis=1)
        return last, outputs, states

    return shorter


def few_examples(make: Callable) -> Callable:
    """Make a task of no more examples than a test set has."""

    def shorter(examples, *args, **kwargs):
        return make(min(examples, MOST_EXAMPLES), *args, **kwargs)

    return shorter


def not_judged(claim: Callable, stated: list[str]) -> Callable:
    """State a claim, and let it pass whether its figure bears it out or not."""
    from seqlearn.claims import ClaimFailed

    def lenient(sentence, *args, **kwargs):
        stated.append(sentence)
        with contextlib.suppress(ClaimFailed):
            claim(sentence, *args, **kwargs)

    return lenient
