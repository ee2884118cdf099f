"""Searches: killed, taken up again, shared; nothing that was finished is ever lost."""

import math
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from seqlearn.search import finished, open_study, search

# A process that finishes some trials and then hangs in the next one, to be killed there.
HANGS = """
import sys, time
import seqlearn.search
from seqlearn.search import open_study, search
seqlearn.search._LOST_AFTER = 2
file, seed, hangs_after, trials = sys.argv[1], *map(int, sys.argv[2:])
study = open_study(file, seed)
mine = []

def objective(trial):
    x = trial.suggest_float("x", -1, 1)
    trial.set_user_attr("process", seed)
    mine.append(trial)
    time.sleep(600 if len(mine) > hangs_after else 0.05)
    return -x * x

search(study, objective, trials)
"""

WAIT = 120  # seconds before a test gives up on a process


def parabola(trial):
    return -(trial.suggest_float("x", -1, 1) ** 2)


@contextmanager
def process(file, seed, hangs_after=1000, trials=1000):
    arguments = [str(argument) for argument in (file, seed, hangs_after, trials)]
    with subprocess.Popen([sys.executable, "-c", HANGS, *arguments]) as started:
        try:
            yield started
        finally:
            started.kill()


def wait_until(holds):
    end = time.monotonic() + WAIT
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def seen(study):
    return {trial.number: (trial.params, trial.value) for trial in finished(study)}


def signs_of_life(file):
    with closing(sqlite3.connect(file, timeout=WAIT)) as database:
        return database.execute("SELECT COUNT(*) FROM trial_heartbeats").fetchone()[0]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "search.db"


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("seqlearn.search._LOST_AFTER", 2)


@pytest.mark.slow
@pytest.mark.usefixtures("impatient")
def test_a_killed_search_goes_on_where_it_was(file):
    study = open_study(file, seed=1)
    with process(file, seed=1, hangs_after=2) as hanging:
        wait_until(lambda: len(study.trials) == 3)
        hanging.kill()
        hanging.wait()
    before = seen(study)
    assert sorted(before) == [0, 1]

    again = search(open_study(file, seed=1), parabola, trials=5)
    assert len(finished(again)) == 5
    assert {number: seen(again)[number] for number in before} == before
    proposed = [trial.params["x"] for trial in finished(again)]
    assert len(set(proposed)) == len(proposed), "a proposal came twice"


@pytest.mark.slow
@pytest.mark.usefixtures("impatient")
def test_a_trial_whose_process_was_killed_is_written_off(file):
    study = open_study(file, seed=1)
    with process(file, seed=1, hangs_after=0):
        wait_until(lambda: signs_of_life(file) == 1)
    assert study.trials[0].state is TrialState.RUNNING  # nobody has told the file

    def one_more():
        time.sleep(0.5)
        search(study, parabola, trials=len(finished(study)) + 1)
        return study.trials[0].state is TrialState.FAIL

    wait_until(one_more)
    assert 0 not in seen(study)


@pytest.mark.slow
def test_processes_share_a_study(file):
    study = open_study(file, seed=0)
    with process(file, seed=1, trials=6) as first, process(file, seed=2, trials=6) as second:
        assert (first.wait(WAIT), second.wait(WAIT)) == (0, 0)
    trials = finished(study)
    assert 6 <= len(trials) <= 7
    assert {trial.user_attrs["process"] for trial in trials} <= {1, 2}
    assert sorted(trial.number for trial in trials) == list(range(len(trials)))
    assert len({trial.params["x"] for trial in trials}) == len(trials)


@pytest.mark.slow
def test_one_process_repeats_itself(tmp_path):
    runs = [search(open_study(tmp_path / f"{i}.db", seed=5), parabola, 4) for i in range(2)]
    assert seen(runs[0]) == seen(runs[1])


def test_pruned_trials_are_finished_and_failed_ones_are_not():
    study = optuna.create_study()
    for state, value in ((TrialState.COMPLETE, 1.0), (TrialState.PRUNED, None)):
        study.tell(study.ask(), value, state=state)
    study.tell(study.ask(), state=TrialState.FAIL)
    study.ask()
    assert [trial.number for trial in finished(study)] == [0, 1]


def test_a_search_may_prune_every_trial():
    def hopeless(trial):
        raise optuna.TrialPruned

    assert len(search(optuna.create_study(), hopeless, trials=3).trials) == 3


def test_an_error_ends_the_search_and_is_not_counted(file):
    def broken(trial):
        raise RuntimeError("no such layer")

    study = open_study(file, seed=1)
    with pytest.raises(RuntimeError, match="no such layer"):
        search(study, broken, trials=3)
    assert len(study.trials) == 1
    assert not finished(study)


@pytest.mark.parametrize(
    ("value", "error"), [(math.nan, ValueError), (None, TypeError), ("1", TypeError)]
)
def test_an_objective_without_a_number_ends_the_search(value, error):
    with pytest.raises(error, match="objective: expected a number"):
        search(optuna.create_study(), lambda trial: value, trials=2)


def test_numbers_of_numpy_are_taken(file):
    study = search(open_study(file, np.int64(1)), lambda trial: np.float32(0.5), np.int64(2))
    assert study.best_value == 0.5


def test_other_pruners_are_taken(file):
    study = open_study(file, 1, pruner=optuna.pruners.MedianPruner())
    assert isinstance(study.pruner, optuna.pruners.MedianPruner)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"seed": -1}, ValueError, "seed: expected a whole number of at least 0; got -1"),
        ({"seed": True}, TypeError, "got True"),
        ({"file": "nowhere/search.db"}, FileNotFoundError, "no folder nowhere to keep search.db"),
    ],
)
def test_impossible_arguments_are_named(file, arguments, error, words):
    with pytest.raises(error, match=words):
        open_study(**{"file": file, "seed": 1, **arguments})


def test_no_trials_is_no_search():
    with pytest.raises(ValueError, match="trials: expected a whole number of at least 1; got 0"):
        search(optuna.create_study(), parabola, trials=0)
