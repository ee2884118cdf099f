"""The command line and the doctor."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

from seqlearn.__main__ import main
from seqlearn.datasets import fetch, inventory
from seqlearn.frame import doctor

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch, tmp_path):
    """An empty cache, no data, and a network that does not answer."""
    for name in ("DATA", "SOURCE", "MIRROR"):
        monkeypatch.delenv(f"SEQLEARN_{name}", raising=False)
    monkeypatch.setenv("SEQLEARN_CACHE", str(tmp_path))
    monkeypatch.setattr(fetch, "reachable", lambda url: "no connection to nowhere")


def found(check):
    return [(finding.topic, finding.text, finding.trouble) for finding in check()]


def test_no_command_shows_the_commands(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    assert "usage: python -m seqlearn" in out
    assert "fetch and verify all data ahead of a lesson" in out


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--help"], 0, "commands:"),
        (["data", "--help"], 0, "set SEQLEARN_DATA to that folder"),
        (["doctor", "--help"], 0, "Exit status: 0 when the book can run here"),
        (["date"], 2, "invalid choice: 'date'"),
        (["data", "--into"], 2, "expected one argument"),
    ],
)
def test_help_and_misspelling(arguments, status, words, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == status
    said = capsys.readouterr()
    assert words in said.out + said.err


def test_the_module_runs_and_sets_its_exit_status():
    run = subprocess.run(
        [sys.executable, "-m", "seqlearn", "data", "--list"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1  # an empty cache
    assert run.stdout.splitlines()[-1].startswith("3 of 3 files missing")
    assert run.stderr == ""


def test_looking_at_the_data_loads_no_heavy_package():
    code = (
        "import sys; from seqlearn.__main__ import main; main(['data', '--list'])\n"
        "assert not {'keras', 'tensorflow', 'sklearn', 'matplotlib'} & set(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_a_machine_without_data_is_well_enough(capsys):
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert f"keras        {importlib.metadata.version('keras')}\n" in out
    assert "backend      tensorflow\n" in out
    assert "data         mnist.npz: not here, a small stand-in serves\n" in out
    assert "note: data: mnist.npz: not here" in out
    assert "    -> with a network: python -m seqlearn data\n" in out
    assert "network      no connection to nowhere\n" in out
    assert out.endswith("The book can run here.\n")


def finding(trouble):
    def check():
        yield doctor.Finding("topic", "text", trouble, "remedy")

    return check


@pytest.mark.parametrize(
    ("trouble", "status", "last"),
    [
        ("", 0, "All is well: the book can run here."),
        ("note", 0, "The book can run here."),
        ("error", 1, "The book can't run here: 1 error to mend."),
    ],
)
def test_status_follows_the_findings(monkeypatch, capsys, trouble, status, last):
    for name in ("python", "packages", "backend", "source", "data", "cache_folder", "network"):
        monkeypatch.setattr(doctor, name, finding("" if name != "data" else trouble))
    assert doctor.main() == status
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == last
    assert (f"{trouble}: topic: text\n    -> remedy\n" in out) == bool(trouble)


def test_a_missing_package_is_a_finding_and_no_traceback(monkeypatch, capsys):
    def check():
        raise ModuleNotFoundError("No module named 'numpy'")
        yield

    for name in ("packages", "backend", "source", "data", "cache_folder", "network"):
        monkeypatch.setattr(doctor, name, finding(""))
    monkeypatch.setattr(doctor, "data", check)
    assert doctor.main() == 1
    assert "can't be examined: No module named 'numpy'" in capsys.readouterr().out


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 1))
    [(_, text, trouble)] = found(doctor.python)
    assert text.endswith("expected 99.1 or newer")
    assert trouble == "error"


def test_wrong_and_missing_versions_are_errors(monkeypatch):
    monkeypatch.setattr(
        importlib.metadata,
        "requires",
        lambda _: ["numpy<1", "no-such-thing>=2", "keras", 'nbval; extra == "test"'],
    )
    versions = {"seqlearn": "0", "numpy": "2.4", "keras": "3.15"}

    def version(name):
        if name not in versions:
            raise importlib.metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert found(doctor.packages) == [
        ("seqlearn", "0", ""),
        ("numpy", "2.4, expected <1", "error"),
        ("no-such-thing", "missing", "error"),
        ("keras", "3.15", ""),
    ]


def test_without_installation_the_projects_own_file_is_read(monkeypatch):
    def requires(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", requires)
    findings = found(doctor.packages)
    assert findings[0] == ("seqlearn", "not installed; run from its folder", "")
    assert {"keras", "numpy", "tensorflow"} <= {topic for topic, _, _ in findings}
    assert not [finding for finding in findings if finding[2]]


def test_settings_that_make_no_sense_are_named(monkeypatch, tmp_path):
    assert found(doctor.source) == []
    monkeypatch.setenv("SEQLEARN_SOURCE", "ful")
    monkeypatch.setenv("SEQLEARN_DATA", str(tmp_path / "gone"))
    wrong, gone = found(doctor.source)
    assert wrong == (
        "source",
        "SEQLEARN_SOURCE: expected one of 'auto', 'full', 'embedded'; got 'ful'",
        "error",
    )
    assert gone[1:] == (f"SEQLEARN_DATA names {tmp_path / 'gone'}, which is no folder", "note")


def test_damaged_data_is_a_note_with_its_place(tmp_path):
    (tmp_path / "mnist.npz").write_bytes(b"<html>")
    text, trouble = found(doctor.data)[0][1:]
    assert text.startswith(f"mnist.npz: damaged, {tmp_path / 'mnist.npz'}: it is a web page")
    assert trouble == "note"
    assert [path.name for path in tmp_path.iterdir()] == ["mnist.npz"]  # looked at, not touched
    assert len(found(doctor.data)) == len(inventory.FILES)


def test_a_cache_that_cannot_be_written_is_a_note(tmp_path, monkeypatch):
    assert found(doctor.cache_folder)[0][2] == ""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SEQLEARN_CACHE", str(tmp_path / "file" / "cache"))
    text, trouble = found(doctor.cache_folder)[0][1:]
    assert "can't be written" in text
    assert trouble == "note"
    monkeypatch.setenv("SEQLEARN_CACHE", str(tmp_path / "new" / "cache"))
    assert found(doctor.cache_folder)[0][2] == ""
    assert not (tmp_path / "new").exists()
    monkeypatch.setattr(doctor, "_WORTH_FREE", float("inf"))
    assert found(doctor.cache_folder)[0][2] == "note"


def test_another_backend_is_a_note(monkeypatch):
    import keras

    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    assert ("backend", "jax, expected tensorflow", "note") in found(doctor.backend)
