"""The command line and the doctor."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import seqlearn
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


@pytest.mark.slow
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


@pytest.mark.slow
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
    assert "    -> on a machine with a network: python -m seqlearn data --into FOLDER; then" in out
    assert "network      no connection to nowhere\n" in out
    assert out.endswith("The book can run here.\n")


CHECKS = (
    *("_python", "_packages", "_backend", "_memory", "_browser", "_source", "_data"),
    *("_cache_folder", "_network"),
)


def finding(trouble):
    def check():
        yield doctor.Finding("topic", "text", trouble, "remedy")

    return check


@pytest.mark.parametrize(
    ("trouble", "status", "last"),
    [
        ("", 0, "All is well: the book can run here."),
        ("note", 0, "The book can run here."),
        ("error", 1, "The book can't run here: 1 error to fix."),
    ],
)
def test_status_follows_the_findings(monkeypatch, capsys, trouble, status, last):
    for name in CHECKS:
        monkeypatch.setattr(doctor, name, finding("" if name != "_data" else trouble))
    assert doctor.main() == status
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == last
    assert (f"{trouble}: topic: text\n    -> remedy\n" in out) == bool(trouble)


@pytest.mark.parametrize(
    ("problem", "remedy"),
    [
        (ModuleNotFoundError("no", name="numpy"), f'{sys.executable} -m pip install "numpy"'),
        (
            ModuleNotFoundError("no", name="sklearn"),
            f'{sys.executable} -m pip install "scikit-learn"',
        ),
        (
            ImportError("DLL load failed", name="scipy.special"),
            f'{sys.executable} -m pip install --force-reinstall --no-deps "scipy"',
        ),
        (
            ImportError("cannot import name", name="seqlearn.datasets"),
            f'{sys.executable} -m pip install -e "{ROOT}"',
        ),
    ],
)
def test_a_missing_package_is_a_finding_and_no_traceback(monkeypatch, capsys, problem, remedy):
    def check():
        raise problem
        yield

    for name in CHECKS:
        monkeypatch.setattr(doctor, name, finding(""))
    monkeypatch.setattr(doctor, "_data", check)
    assert doctor.main() == 1
    assert f"can't be examined: {problem}\n    -> {remedy}\n" in capsys.readouterr().out


def test_away_from_the_books_folder_it_says_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "_PROJECT", tmp_path)
    problem = ImportError("cannot import name", name="seqlearn.datasets")
    assert doctor._remedy_for_import(problem) == (
        "get the book's whole folder, and in it run: python run.py environment"
    )


@pytest.mark.parametrize("bounds", [((99, 1), (99, 1)), ((2, 7), (3, 0))])
def test_a_python_too_old_or_too_new_is_named(monkeypatch, bounds):
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", bounds[0])
    monkeypatch.setattr(doctor, "NEWEST_PYTHON", bounds[1])
    [found] = doctor._python()
    oldest, newest = ("{}.{}".format(*bound) for bound in bounds)
    assert found.text.endswith(f"expected {oldest} to {newest}")
    assert found.trouble == "error"
    assert found.remedy.endswith(f"python{newest} run.py environment PYTHON=python{newest}")


def test_the_pythons_of_the_doctor_are_those_of_the_targets(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import suitable_python

    assert (doctor.OLDEST_PYTHON, doctor.NEWEST_PYTHON) == (
        suitable_python.OLDEST,
        suitable_python.NEWEST,
    )


def test_wrong_and_missing_versions_are_errors(monkeypatch):
    monkeypatch.setattr(
        importlib.metadata,
        "requires",
        lambda _: ["numpy<1", "no-such-thing>=2", "keras", 'nbval; extra == "test"'],
    )
    versions = {"seqlearn": seqlearn.__version__, "numpy": "2.4", "keras": "3.15"}

    def version(name):
        if name not in versions:
            raise importlib.metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert found(doctor._packages) == [
        ("seqlearn", seqlearn.__version__, ""),
        ("numpy", "2.4, expected <1", "error"),
        ("no-such-thing", "missing", "error"),
        ("keras", "3.15", ""),
    ]
    remedies = [finding.remedy for finding in doctor._packages() if finding.trouble]
    assert remedies == [
        f'{sys.executable} -m pip install "{wanted}"' for wanted in ("numpy<1", "no-such-thing>=2")
    ]


def test_a_stranger_of_the_same_name_is_found_out(monkeypatch):
    version = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata, "version", lambda name: "0.2" if name == "seqlearn" else version(name)
    )
    first, *others = doctor._packages()
    assert first.text == f"0.2 is installed, which is not that of the book, {seqlearn.__version__}"
    assert (first.trouble, first.remedy) == (
        "error",
        f'{sys.executable} -m pip install -e "{ROOT}"',
    )
    assert "tensorflow" in [finding.topic for finding in others]


def test_without_installation_the_projects_own_file_is_read(monkeypatch, tmp_path):
    real = importlib.metadata.version

    def version(name):
        if name == "seqlearn":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    findings = found(doctor._packages)
    assert findings[0] == ("seqlearn", "not installed; run from its folder", "")
    assert {"keras", "numpy", "tensorflow"} <= {topic for topic, _, _ in findings}
    assert not [finding for finding in findings if finding[2]]
    monkeypatch.setattr(doctor, "_PROJECT", tmp_path)  # the package was copied by itself
    assert found(doctor._packages) == findings[:1]


def test_settings_that_make_no_sense_are_named(monkeypatch, tmp_path):
    assert found(doctor._source) == []
    monkeypatch.setenv("SEQLEARN_SOURCE", "ful")
    monkeypatch.setenv("SEQLEARN_DATA", str(tmp_path / "gone"))
    wrong, gone = found(doctor._source)
    assert wrong == (
        "source",
        "SEQLEARN_SOURCE: expected one of 'auto', 'full', 'embedded'; got 'ful'",
        "error",
    )
    assert gone[1:] == (f"SEQLEARN_DATA names {tmp_path / 'gone'}, which is no folder", "note")


def test_damaged_data_is_a_note_with_its_place(tmp_path, monkeypatch):
    (tmp_path / "mnist.npz").write_bytes(b"<html>")
    text, trouble = found(doctor._data)[0][1:]
    assert text.startswith(f"mnist.npz: damaged, {tmp_path / 'mnist.npz'}: it is a web page")
    assert trouble == "note"
    remedy = next(doctor._data()).remedy
    assert remedy.startswith("on a machine with a network: python -m seqlearn data --into FOLDER")
    monkeypatch.setattr(fetch, "reachable", lambda url: None)
    assert next(doctor._data()).remedy == "python -m seqlearn data"
    assert [path.name for path in tmp_path.iterdir()] == ["mnist.npz"]  # looked at, not touched
    assert len(found(doctor._data)) == len(inventory.FILES)


def test_data_that_is_demanded_and_not_here_is_an_error(monkeypatch):
    monkeypatch.setenv("SEQLEARN_SOURCE", "full")
    text, trouble = found(doctor._data)[0][1:]
    assert (text, trouble) == ("mnist.npz: not here, and SEQLEARN_SOURCE=full wants it", "error")


def test_a_cache_that_cannot_be_written_is_a_note(tmp_path, monkeypatch):
    assert found(doctor._cache_folder)[0][2] == ""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SEQLEARN_CACHE", str(tmp_path / "file" / "cache"))
    text, trouble = found(doctor._cache_folder)[0][1:]
    assert "can't be written" in text
    assert trouble == "note"
    assert next(doctor._cache_folder()).remedy.startswith("set SEQLEARN_CACHE to a folder of yours")
    monkeypatch.setenv("SEQLEARN_CACHE", str(tmp_path / "new" / "cache"))
    assert found(doctor._cache_folder)[0][2] == ""
    assert not (tmp_path / "new").exists()
    monkeypatch.setattr(doctor, "_WORTH_FREE", float("inf"))
    assert found(doctor._cache_folder)[0][2] == "note"
    assert next(doctor._cache_folder()).remedy.startswith("free some space, or set SEQLEARN_CACHE")


@pytest.fixture
def settings(monkeypatch, tmp_path):
    """Keras's file of settings, which is not there yet, and no choice by a variable."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / ".keras"))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    (tmp_path / ".keras").mkdir()
    return tmp_path / ".keras" / "keras.json"


def test_another_backend_is_a_note(monkeypatch, settings):
    import keras

    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    settings.write_text('{"backend": "jax"}')
    assert ("backend", "jax, expected tensorflow", "note") in found(doctor._backend)
    remedy = f'write "backend": "tensorflow" into {settings}: the figures come from tensorflow'
    assert next(doctor._backend()).remedy == remedy
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert next(doctor._backend()).remedy.startswith("unset KERAS_BACKEND: the figures")


@pytest.mark.parametrize(
    ("problem", "chosen", "remedy"),
    [
        (ValueError("SEQLEARN_SEED: expected a whole number"), "", "unset SEQLEARN_SEED"),
        (ModuleNotFoundError("no jax", name="jax"), "jax", "unset KERAS_BACKEND"),
        (
            ModuleNotFoundError("no tensorflow", name="tensorflow"),
            "",
            f'{sys.executable} -m pip install "tensorflow"',
        ),
        (
            RuntimeError("half a library"),
            "",
            f'{sys.executable} -m pip install --force-reinstall --no-deps "tensorflow"',
        ),
    ],
)
def test_a_backend_that_does_not_start(monkeypatch, settings, problem, chosen, remedy):
    def start():
        raise problem

    monkeypatch.setattr(seqlearn, "start", start)
    monkeypatch.setenv("KERAS_BACKEND", chosen)
    [found] = doctor._backend()
    assert found.text == f"does not start: {type(problem).__name__}: {problem}"
    assert (found.trouble, found.remedy) == ("error", remedy)


def test_too_little_memory_is_a_note(monkeypatch):
    monkeypatch.setattr(doctor, "_free_memory", lambda: None)
    assert found(doctor._memory) == []
    monkeypatch.setattr(doctor, "_free_memory", lambda: 1.26e9)
    [finding] = doctor._memory()
    assert finding.text == "1.3 GB free, and the longest chapter takes 2"
    assert finding.remedy.endswith("one at a time: python run.py test JOBS=1")
    monkeypatch.setattr(doctor, "_free_memory", lambda: 8e9)
    assert found(doctor._memory) == [("memory", "8.0 GB free", "")]


def test_no_browser_is_a_note(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", {"apt": "/usr/bin/apt"}.get)
    [finding] = doctor._browser()
    assert (finding.trouble, finding.remedy) == ("note", "apt install chromium")
    monkeypatch.setattr(doctor.shutil, "which", {}.get)
    assert next(doctor._browser()).remedy == "install Chromium or Chrome"
    monkeypatch.setattr(doctor.shutil, "which", {"google-chrome": "/opt/chrome"}.get)
    assert found(doctor._browser) == [("browser", "/opt/chrome", "")]
