"""Run notebooks in a short form: every cell, in minutes for the whole book.

What a cell imports, calls and names is put to the test; what it measures is not. A model
is trained by one update, uncompiled, and a ``repeat`` trains from its first seed alone. A
claim is stated and its figure not judged. Outputs are not compared. Nothing is stored.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import inspect
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import nbformat

LARGE_BATCH = 1000


@dataclass(frozen=True)
class Outcome:
    """How a notebook fared.

    Attributes:
        name: Its file name.
        cells: How many cells ran.
        claims: How many claims were stated.
        seconds: How long it took.
        slowest: The cells by seconds.
        error: What the last of them wrote if it failed, else "".
    """

    name: str
    cells: int
    claims: int
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
    os.chdir(path.parent)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(colors="nocolor", history_length=0)
    shell.history_manager.enabled = False
    began, times, error = time.perf_counter(), [], ""
    with shortened() as stated:
        for cell in code:
            start = time.perf_counter()
            with capture_output() as captured:
                result = shell.run_cell(cell.source, store_history=False)
            times.append((time.perf_counter() - start, cell.source.splitlines()[0]))
            if not result.success and "raises-exception" not in cell.metadata.get("tags", []):
                error = f"{cell.source}\n\n{captured.stdout[-3000:]}"
                break
    close_all()
    seconds = time.perf_counter() - began
    slowest = tuple(sorted(times, reverse=True))
    return Outcome(path.name, len(times), len(stated), seconds, slowest, error)


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

    from seqlearn import claims, seeds

    stated: list[str] = []
    # To compile a function takes seconds, and to run it once does not.
    tf.config.run_functions_eagerly(True)
    with contextlib.ExitStack() as patches:

        def patch(owner: Any, name: str, shorter: Callable) -> None:
            real = getattr(owner, name)
            patches.enter_context(
                mock.patch.object(owner, name, functools.wraps(real)(shorter(real)))
            )

        patch(keras.Model, "fit", short_fit)
        patch(keras.Model, "compile", without_xla)
        patch(keras.Model, "predict", in_large_batches)
        patch(keras.Model, "evaluate", in_large_batches)
        patch(seeds, "repeat", of_one_seed)
        patch(claims, "claim", functools.partial(not_judged, stated=stated))
        yield stated


def short_fit(fit: Callable) -> Callable:
    """Train by one update; the history is as long as it would have been."""
    signature = inspect.signature(fit)

    def shorter(*args, **kwargs):
        call = signature.bind(*args, **kwargs)
        call.apply_defaults()
        epochs, call.arguments["epochs"] = call.arguments["epochs"], 1
        call.arguments["steps_per_epoch"] = 1
        if call.arguments["validation_data"] is not None:
            call.arguments["validation_steps"] = 1
        history = fit(*call.args, **call.kwargs)
        for values in history.history.values():
            values += values[-1:] * (epochs - len(values))
        return history

    return shorter


def without_xla(compile_model: Callable) -> Callable:
    """Compile a model without XLA, which takes seconds for each."""
    signature = inspect.signature(compile_model)

    def quicker(*args, **kwargs):
        call = signature.bind(*args, **kwargs)
        call.arguments["jit_compile"] = False
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


def of_one_seed(repeat: Callable) -> Callable:
    """Train from the first seed, and give its metrics for the others too."""

    def shorter(build, train, seeds, name="model"):
        runs = repeat(build, train, seeds[:1], name)
        return dataclasses.replace(
            runs,
            seeds=tuple(seeds),
            metrics={name: values.repeat(len(seeds)) for name, values in runs.metrics.items()},
            seconds=runs.seconds.repeat(len(seeds)),
        )

    return shorter


def not_judged(claim: Callable, stated: list[str]) -> Callable:
    """State a claim, and let it pass whether its figure bears it out or not."""
    from seqlearn.claims import ClaimFailed

    def lenient(sentence, *args, **kwargs):
        stated.append(sentence)
        with contextlib.suppress(ClaimFailed):
            claim(sentence, *args, **kwargs)

    return lenient
