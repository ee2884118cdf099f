"""A search that lives in one file: it survives a kill, and processes may share it.

Optuna proposes settings and keeps what became of them in a database. Here the database is one
SQLite file, so a search can be stopped, killed, opened again, or opened twice. On a drive that is
shared over a network SQLite's locks can't be trusted: search on a local one.
"""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seqlearn.checks import require_whole_number
from seqlearn.display import progress_line

if TYPE_CHECKING:
    import optuna


_LOST_AFTER = 60  # seconds without a sign of life after which a trial is taken for lost


def open_study(
    file: str | Path, seed: int, *, pruner: optuna.pruners.BasePruner | None = None
) -> optuna.Study:
    """Open a study in a file, or begin it there.

    The sampler's seed is made from ``seed`` and from the number of trials that the file already
    holds; else a search that is taken up again would propose the same settings once more. A trial
    that gives no sign of life for a minute, because its process was killed, is written off when
    any process begins its next one.

    Args:
        file: The SQLite file. It is made if it isn't there; its folder must be.
        seed: Seed of the proposals, from 0. Processes that share a study each need their own.
        pruner: Which trials to stop early; by default none.

    Returns:
        The study, which looks for the largest value, with Optuna's ``TPESampler``.

    Raises:
        FileNotFoundError: If the folder of ``file`` is not there.
        TypeError, ValueError: If ``seed`` is no whole number, or below 0.

    Source:
        Akiba et al. 2019, section 4; the sampler: Bergstra et al. 2011, section 4.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     study = open_study(folder + "/search.db", seed=7)
        ...     study = search(study, lambda trial: -abs(trial.suggest_float("x", -1, 1)), trials=3)
        ...     again = open_study(folder + "/search.db", seed=7)
        ...     print(len(finished(again)))
        3
    """
    import optuna

    file = Path(file)
    if not file.parent.is_dir():
        raise FileNotFoundError(f"file: there is no folder {file.parent} to keep {file.name} in")
    seed = require_whole_number(seed, "seed", at_least=0)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        # The sign of life is called experimental; the tests of this module kill processes.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        storage = optuna.storages.RDBStorage(
            f"sqlite:///{file}",
            engine_kwargs={"connect_args": {"timeout": 60}},  # seconds to wait for the others
            heartbeat_interval=max(1, _LOST_AFTER // 6),
            grace_period=_LOST_AFTER,
        )
    study = optuna.create_study(
        storage=storage,
        study_name="study",
        direction="maximize",
        pruner=pruner or optuna.pruners.NopPruner(),
        load_if_exists=True,
    )
    state = np.random.SeedSequence([seed, len(study.trials)]).generate_state(1)
    study.sampler = optuna.samplers.TPESampler(seed=int(state[0]))
    return study


def finished(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """List the trials that came to an end, trained to the last or pruned.

    Args:
        study: The study.

    Returns:
        The trials in the order in which they began. Those that failed, were lost or are still
        running are not among them.

    Example:
        >>> import optuna
        >>> study = optuna.create_study()
        >>> done, running = study.tell(study.ask(), 0.5), study.ask()
        >>> len(finished(study))
        1
    """
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def search(
    study: optuna.Study, objective: Callable[[optuna.Trial], float], trials: int
) -> optuna.Study:
    """Run trials until the study holds so many finished ones, whoever ran them.

    What an earlier session finished counts, and so does what other processes finish meanwhile.
    Each process looks at the count before it begins a trial, so several of them may together run
    a trial too many for each process beyond the first. A line tells how far the search has come.

    Args:
        study: The study, from :func:`open_study` or Optuna's own.
        objective: Function ``trial -> value`` that asks the trial for settings, trains and
            measures a number. It may raise ``optuna.TrialPruned``, as where the number is NaN
            because the training diverged; any other error ends the search.
        trials: Number of finished trials to reach, at least 1.

    Returns:
        The same study.

    Raises:
        TypeError: If ``trials`` is no whole number, or ``objective`` gives no number.
        ValueError: If ``trials`` is below 1, or ``objective`` gives NaN.

    Example:
        >>> import optuna
        >>> study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=7))
        >>> study = search(study, lambda trial: trial.suggest_float("x", 0, 1), trials=4)
        >>> len(search(study, lambda trial: 0.0, trials=4).trials)  # nothing is left to do
        4
    """
    trials = require_whole_number(trials, "trials")

    def measured(trial: optuna.Trial) -> float:
        # Optuna would note the trial as failed, which counts for nothing, and we would go on.
        value = objective(trial)
        if not isinstance(value, numbers.Real):
            raise TypeError(f"objective: expected a number; got {value!r}")
        if math.isnan(value):
            raise ValueError("objective: expected a number, or optuna.TrialPruned; got NaN")
        return float(value)

    with progress_line(f"search, {trials} trials") as say:
        while (done := len(finished(study))) < trials:
            say(f"{done} finished{_best(study)}")
            study.optimize(measured, n_trials=1)
    return study


def _best(study: optuna.Study) -> str:
    values = [trial.value for trial in finished(study) if trial.state.name == "COMPLETE"]
    return f", best {study.best_value:.4g}" if values else ""
