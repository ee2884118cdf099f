"""The inner loop: every cell is run, little is trained, nothing is judged, and that is said."""

import nbformat
import pytest
import quick
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.slow  # a process of its own, with TensorFlow

OPENING = "import keras, numpy as np; from seqlearn import claims, seeds, tasks; seed = 7"
TRAINING = """\
task = tasks.make_recall(10**7, lag=1000, seed=seed)
seeds_of_all = range(seed, seed + 5)
def build():
    return keras.Sequential([keras.Input((1001, 8)), keras.layers.GRU(4), keras.layers.Dense(4)])
def train(model, run):
    model.compile("adam", "mse", jit_compile=True, steps_per_execution=50)
    history = model.fit(task.x, np.zeros((len(task.x), 4)), epochs=10**6, verbose=0)
    assert model.optimizer.iterations == 1
    return {"epochs": len(history.history["loss"])}
runs = seeds.repeat(build, train, seeds_of_all)
assert runs.seeds == (7, 8, 9) and set(runs.metrics["epochs"]) == {10**6}
claims.claim("It learns {} of them", runs.metrics["epochs"].min(), at_most=0)"""
KEEPS_LENGTH = """\
layer = keras.layers.LSTM(3, return_sequences=True)
assert layer(np.zeros((2, 50, 4))).shape == (2, 50, 3)
assert keras.Sequential([layer]).predict(np.zeros((2, 50, 4)), verbose=0).shape == (2, 50, 3)"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """How some notebooks fare, by name."""
    folder = tmp_path_factory.mktemp("notebooks")
    last = {
        "whole": "import pathlib; assert pathlib.Path('whole.ipynb').exists()",
        "renamed": "tasks.make_recal(1, lag=1, seed=1)",
        "misspelt": "claims.claim('It is {}', 0.98, atleast=0.9)",
        "broken": "from seqlearn.tasks import make_recal",
    }
    for name, code in last.items():
        cells = [OPENING, TRAINING, KEEPS_LENGTH] if name == "whole" else [OPENING]
        notebook = new_notebook(cells=[*map(new_code_cell, [*cells, code, "after = 1"])])
        never = new_code_cell("[][0]", metadata={"tags": ["needs-training"]})
        notebook.cells.insert(1, never)
        nbformat.write(notebook, folder / f"{name}.ipynb")
    return {o.name: o for o in quick.run_notebooks(sorted(folder.glob("*.ipynb")), jobs=1)}


def test_training_is_short_and_no_claim_is_judged(outcomes):
    whole = outcomes["whole.ipynb"]
    assert (whole.error, whole.cells, whole.claims) == ("", 6, 1)
    assert whole.untrained == 1


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("renamed", "has no attribute 'make_recal'"),
        ("misspelt", "got an unexpected keyword argument 'atleast'"),
        ("broken", "cannot import name 'make_recal'"),
    ],
)
def test_what_was_renamed_is_found(outcomes, name, error):
    outcome = outcomes[f"{name}.ipynb"]
    assert error in outcome.error
    assert outcome.cells == 3  # and the cell after it is not run


@pytest.mark.parametrize(("status", "error"), [(0, ""), (1, ""), (0, "NameError: x")])
def test_what_is_left_out_is_said(monkeypatch, capsys, status, error):
    outcome = quick.short_form.Outcome("a.ipynb", 3, 2, 1, 1.0, (), error)
    notebook = "book/evidence.ipynb"
    monkeypatch.setattr(quick.changed, "items", lambda: [notebook, "test_a.py", "test_b.py"])
    monkeypatch.setattr(quick.changed, "select", lambda since: [notebook, "test_a.py"])
    ran = []
    monkeypatch.setattr(quick, "run_tests", lambda *what: ran.append(what) or status)
    monkeypatch.setattr(quick, "run_notebooks", lambda paths, jobs: [outcome])
    monkeypatch.delenv("MAKELEVEL", raising=False)
    arguments = ["--jobs", "3", "--since", "HEAD", "-x"]
    assert quick.main(arguments) == (1 if status or error else 0)
    assert ran == [(["test_a.py"], 3, ["-x"])]
    out = capsys.readouterr().out
    assert "The changes since HEAD reach 1 files with tests and 1 notebooks." in out
    assert "1 notebooks in short form: 3 cells ran, 2 claims stated." in out
    assert "1 of the cells did not end, because they need a trained model." in out
    assert "Left out: 1 of 3 files that the change doesn't reach; the tests marked slow" in out
    assert "`python run.py test` leaves out nothing." in out
    assert ("Quick passed after" in out) == (not status and not error)


def test_all_is_run_where_there_is_nothing_to_compare_with(capsys):
    assert quick.reached("no-such-commit") == quick.changed.items()
    assert "everything is run" in capsys.readouterr().out
