"""Recorded experiments: run for real, kept whole or not at all, never older than their code."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import files
import pytest
import reach
import record

from seqlearn import records

ROOT = Path(__file__).parent.parent
RECORDS = sorted(records.RESULTS.glob("*.json"))


def write(folder, figures, name="demo"):
    return record.write_record(
        name, figures, rests_on={"run": "0" * 16}, seeds=[1, 2], minutes=0.26, folder=folder
    )


def test_a_record_comes_back_as_it_was_written(tmp_path):
    write(tmp_path, {"test": [0.98, 0.99]})
    found = records.load_record("demo", folder=tmp_path)
    assert found["figures"] == {"test": [0.98, 0.99]}
    assert (found["seeds"], found["minutes"]) == ([1, 2], 0.3)
    assert record.changes(found, {"run": "0" * 16}) == []
    assert record.changes(found, {"run": "1" * 16, "more": "0" * 16}) == ["more", "run"]
    assert os.listdir(tmp_path) == ["demo.json"]


@pytest.mark.parametrize("figures", [{"loss": float("nan")}, {"model": object()}])
def test_what_json_cannot_hold_leaves_the_old_record_whole(tmp_path, figures):
    before = write(tmp_path, {"loss": 1.0}).read_bytes()
    with pytest.raises(ValueError, match="figures: expected what JSON can hold"):
        write(tmp_path, figures)
    assert (tmp_path / "demo.json").read_bytes() == before


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    files.write_whole(path, "old")

    def full_disk(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(OSError, match="No space left"):
        files.write_whole(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_missing_and_broken_records_are_said(tmp_path):
    write(tmp_path, {})
    with pytest.raises(FileNotFoundError, match="no record named 'other'; there are: demo"):
        records.load_record("other", folder=tmp_path)
    with pytest.raises(ValueError, match="name: expected letters"):
        records.load_record("../demo", folder=tmp_path)
    for text, message in [("{", "recorded"), ("{}", "lacks"), ("[]", "recorded")]:
        (tmp_path / "demo.json").write_text(text)
        with pytest.raises(ValueError, match=message):
            records.load_record("demo", folder=tmp_path)


# --- the records of the book ----------------------------------------------------------------


def test_each_experiment_has_its_record():
    assert [path.stem for path in RECORDS] == sorted(
        p.stem for p in record.EXPERIMENTS.glob("*.py")
    )


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_no_record_of_the_book_is_older_than_its_code(path):
    found = records.load_record(path.stem)
    now = record.rests_on(path.stem)
    assert not record.changes(found, now), (
        f"changed since {path.name} was made; `make experiments NAME={path.stem}` makes it anew, "
        "and tools/restamp.py dates it anew where nothing but names has changed"
    )
    assert found["fingerprint"] == record.fingerprint(now)
    assert found["source"] == "full"
    assert found["name"] == path.stem
    json.dumps(found, allow_nan=False)


MUTATIONS = {
    "accuracy": ("training.py", "== y", "!= y", {"mnist_rows"}),
    "Task.score": ("tasks.py", "return ", "return 1 - ", {"cells_compared", "long_lag"}),
    "load_mnist_rows": ("datasets/mnist.py", "1 / 12", "1 / 6", {"cells_compared", "mnist_rows"}),
    "chrono_bias": ("initializers.py", "longest, seed)", "2 * longest, seed)", {"long_lag"}),
    "load_imdb": ("datasets/imdb.py", "seed: int = 7", "seed: int = 8", {"imdb_sentiment"}),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_change_of_what_an_experiment_reaches_ages_its_record(tmp_path, name):
    file, old, new, aged = MUTATIONS[name]
    for path in (*ROOT.glob("experiments/*.py"), *ROOT.glob("seqlearn/**/*.py")):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    path = tmp_path / "seqlearn" / file
    head, start, body = path.read_text("utf-8").partition(f"def {name.rpartition('.')[2]}(")
    assert old in body
    path.write_text(head + start + body.replace(old, new, 1), "utf-8")
    tree = reach.Tree(tmp_path)
    for each in (path.stem for path in RECORDS):
        now = reach.digests(tree.reach(record.roots(each, tree)))
        assert record.changes(records.load_record(each), now) == [name] * (each in aged)


# --- an experiment that is run --------------------------------------------------------------

EXPERIMENT = """
import os
from pathlib import Path
from seqlearn.helper import double

SEEDS = (1, 2)
KEYS = [f"a, b/{seed}" for seed in SEEDS] + ["last"]

def part(key):
    with open("log", "a") as log:
        print(key, os.environ.get("OMP_NUM_THREADS"), file=log)
    if Path("fail").exists() and key == "a, b/2":
        raise RuntimeError("this part fails")
    return {"key": double(key), "process": os.getpid()}

def figures(done):
    return {"processes": len({each["process"] for each in done.values()}), "keys": list(done)}

def report(figures):
    print("made by", figures["processes"])
"""


@pytest.fixture
def project(tmp_path):
    """A project with one experiment, and a package that starts quickly."""
    for name in ("files", "reach", "record"):
        (tmp_path / "tools").mkdir(exist_ok=True)
        shutil.copy(ROOT / "tools" / f"{name}.py", tmp_path / "tools")
    (tmp_path / "experiments").mkdir()
    (tmp_path / "seqlearn").mkdir()
    shutil.copy(ROOT / "seqlearn" / "records.py", tmp_path / "seqlearn")
    (tmp_path / "seqlearn" / "__init__.py").write_text("def start(): print('started')\n")

    class Project:
        folder = tmp_path
        helper = tmp_path / "seqlearn" / "helper.py"
        record = tmp_path / "seqlearn" / "results" / "demo.json"

        def write(self, more=""):
            (tmp_path / "experiments" / "demo.py").write_text(EXPERIMENT + more)

        def run(self, *words):
            return subprocess.run(
                [sys.executable, "tools/record.py", *words], cwd=tmp_path, capture_output=True,
                env={**os.environ, "PYTHONPATH": str(tmp_path)}, text=True, timeout=120,
                check=False,
            )  # fmt: skip

        def log(self):
            path = tmp_path / "log"
            lines = path.read_text().splitlines() if path.exists() else []
            path.unlink(missing_ok=True)
            return sorted(lines)

    project = Project()
    project.write()
    project.helper.write_text("def double(x):\n    return 2 * x\n")
    return project


def figures(project):
    return json.loads(project.record.read_text())["figures"]


def test_parts_run_in_turn_in_one_process(project):
    done = project.run("demo")
    assert done.returncode == 0, done.stderr
    assert project.log() == ["a, b/1 None", "a, b/2 None", "last None"]
    assert figures(project) == {"processes": 1, "keys": ["a, b/1", "a, b/2", "last"]}
    assert "wrote demo.json: 3 parts" in done.stdout
    found = json.loads(project.record.read_text())
    assert set(found["rests_on"]) == {"SEEDS", "KEYS", "part", "figures", "double"}
    assert not list((project.folder / "experiments" / ".partial" / "demo").iterdir())
    assert project.run("demo", "--report").stdout == "made by 1\n"
    assert not project.log()


def test_parts_side_by_side_have_a_process_and_a_thread_each(project):
    project.write("AT_ONCE = 2\n")
    done = project.run()  # all there are
    assert done.returncode == 0, done.stderr
    assert project.log() == ["a, b/1 1", "a, b/2 1", "last 1"]
    assert figures(project)["processes"] == 3
    project.write("AT_ONCE = 2\n\ndef figures(done):\n    return AT_ONCE\n")
    assert project.run("demo", "--workers", "1").returncode == 0
    assert figures(project) == 1


@pytest.mark.parametrize("more", ["", "AT_ONCE = 2\n"], ids=["in turn", "side by side"])
def test_after_a_part_that_failed_the_finished_ones_are_kept(project, more):
    project.write(more)
    (project.folder / "fail").touch()
    done = project.run("demo")
    assert done.returncode == 1
    assert "this part fails" in done.stderr
    assert not project.record.exists()
    project.log()
    (project.folder / "fail").unlink()
    done = project.run("demo")
    assert done.returncode == 0, done.stderr
    left = [line.rpartition(" ")[0] for line in project.log()]
    assert left == (["a, b/2"] if more else ["a, b/2", "last"])
    assert len(figures(project)["keys"]) == 3


def test_parts_of_other_code_are_run_again(project):
    (project.folder / "fail").touch()
    project.run("demo")
    (project.folder / "fail").unlink()
    project.log()
    project.helper.write_text("def double(x):\n    return x + x\n")
    assert project.run("demo").returncode == 0
    assert len(project.log()) == 3


def test_an_experiment_that_is_not_there_is_said(project):
    done = project.run("none")
    assert done.returncode == 2
    assert "no experiment named none; there are: demo" in done.stderr
