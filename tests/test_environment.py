"""The environment is made once, renewed when it must be, and never trusted when half made."""

import importlib
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = """\
[build-system]
requires = ["setuptools"]
[project]
name = "seqlearn"
dependencies = ["numpy>=2"]
[project.optional-dependencies]
test = ["pytest>=8"]
[tool.ruff]
line-length = 100
"""
# Stands for the environment's Python. `pip install` prints what the test wrote into
# pip_says.txt, and fails if that file is there.
PIP = """\
#!/bin/sh
echo "$*" >> pip_calls.txt
if [ -e pip_says.txt ]; then cat pip_says.txt; exit 1; fi
echo "Successfully installed all"
"""


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """The module, at work in a small project; making an environment is quick and counted."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    for name in ("PYTHON", "VENV", "CONDA_DEFAULT_ENV", "MAKELEVEL"):
        monkeypatch.delenv(name, raising=False)
    module = importlib.import_module("environment")
    targets = importlib.import_module("targets")
    module.call = lambda: targets.main(["environment"])
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").write_text(PROJECT)
    Path("constraints.txt").write_text("numpy==2.4.6\n")
    module.made = []

    def make_environment(command, **_):
        folder = Path(command[-1])
        assert (folder / module.HALF_MADE).exists()
        module.made.append(command)
        (folder / "pyvenv.cfg").touch()
        (folder / "bin").mkdir()
        python = folder / "bin" / "python"
        python.write_text(PIP)
        python.chmod(0o755)
        return subprocess.CompletedProcess(command, 0, b"")

    monkeypatch.setattr(module.subprocess, "run", make_environment)
    yield module
    for name in ("environment", "suitable_python", "targets"):
        del sys.modules[name]


def installations():
    path = Path("pip_calls.txt")
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return lines


VENV = Path(".venv")


def test_a_fresh_environment_is_made_and_then_left_alone(environment, capsys):
    assert environment.call() == 0
    assert len(environment.made) == 1
    (call,) = installations()
    assert call.startswith("-m pip install -c constraints.txt -e .[book,test]")
    assert not (VENV / environment.HALF_MADE).exists()
    assert "Successfully" in (VENV / "install.log").read_text()
    assert "Making the environment .venv with Python" in capsys.readouterr().out
    assert environment.call() == 0
    assert len(environment.made) == 1
    assert installations() == []
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("pyproject.toml", "numpy>=2", "numpy>=2.1"),
        ("pyproject.toml", "pytest>=8", "pytest>=9"),
        ("pyproject.toml", '["setuptools"]', '["setuptools>=77"]'),
        ("constraints.txt", "2.4.6", "2.4.7"),
    ],
)
def test_a_change_that_pip_would_see_installs_again_in_place(environment, name, old, new):
    environment.call()
    installations()
    Path(name).write_text(Path(name).read_text().replace(old, new))
    assert environment.call() == 0
    assert len(installations()) == 1
    assert len(environment.made) == 1


def test_a_change_of_another_tools_settings_costs_nothing(environment):
    environment.call()
    installations()
    Path("pyproject.toml").write_text(PROJECT.replace("100", "90"))
    environment.call()
    assert installations() == []


def test_an_interrupted_installation_starts_afresh(environment, monkeypatch, capsys):
    environment.call()
    Path("constraints.txt").write_text("numpy==2.4.7\n")

    def interrupt(line):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(environment, "show_progress", interrupt)
        assert environment.call() == 130
    assert "interrupted; the next call starts afresh" in capsys.readouterr().err
    (VENV / "half a package").touch()
    assert environment.call() == 0
    assert len(environment.made) == 2
    assert not (VENV / "half a package").exists()


def test_an_environment_is_not_trusted_after_pip_failed(environment, capsys):
    Path("pip_says.txt").write_text("ERROR: something odd.\n")
    assert environment.call() == 1
    assert capsys.readouterr().err == (
        "seqlearn: pip failed (ERROR: something odd); all that it said is in .venv/install.log.\n"
    )
    Path("pip_says.txt").unlink()
    assert environment.call() == 0
    assert len(environment.made) == 2


def test_an_interruption_before_the_environment_stands_is_put_right_too(environment):
    VENV.mkdir()
    environment.mark_half_made(VENV)
    assert environment.call() == 0
    assert len(environment.made) == 1


@pytest.mark.parametrize("stamp", ["", "{", "[]", "{}", '{"packages": "x"}', "\xff"])
def test_a_damaged_stamp_installs_again(environment, stamp):
    environment.call()
    installations()
    (VENV / environment.READY).write_bytes(stamp.encode("latin-1"))
    assert environment.call() == 0
    assert len(installations()) == 1


def test_an_environment_that_was_moved_is_made_again(environment, monkeypatch, tmp_path_factory):
    environment.call()
    new = tmp_path_factory.mktemp("elsewhere") / "project"
    shutil.copytree(Path.cwd(), new)
    monkeypatch.chdir(new)
    assert environment.call() == 0
    assert len(environment.made) == 2


def test_an_environment_whose_python_is_gone_is_made_again(environment):
    environment.call()
    (VENV / "bin/python").unlink()
    (VENV / "bin/python").symlink_to("/no/such/python")
    assert environment.call() == 0
    assert len(environment.made) == 2


def test_another_python_replaces_the_environment_only_when_asked(environment, monkeypatch):
    environment.call()
    monkeypatch.setattr(environment, "python_version", lambda: "3.99")
    environment.call()
    assert len(environment.made) == 1
    Path("constraints.txt").write_text("numpy==2.4.7\n")
    environment.call()  # renewed in place, the environment keeps its own Python
    assert environment.read_stamp(VENV)["python"] != "3.99"
    monkeypatch.setenv("PYTHON", "python3.99")
    environment.call()
    assert len(environment.made) == 2
    assert environment.read_stamp(VENV)["python"] == "3.99"
    environment.call()
    assert len(environment.made) == 2


def test_a_folder_reached_through_a_link_is_not_emptied(environment, capsys):
    target = Path("elsewhere")
    target.mkdir()
    (target / "pyvenv.cfg").touch()
    VENV.symlink_to(target)
    assert environment.call() == 1
    assert "isn't an environment: move it away" in capsys.readouterr().err
    assert (target / "pyvenv.cfg").exists()


UNREACHABLE = """\
WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError': /simple/numpy/
ERROR: Could not find a version that satisfies the requirement numpy (from versions: none)
ERROR: No matching distribution found for numpy
"""
NO_WHEEL = """\
ERROR: Could not find a version that satisfies the requirement tensorflow<2.22,>=2.21
ERROR: No matching distribution found for tensorflow<2.22,>=2.21
"""
FULL = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"


@pytest.mark.parametrize(
    ("pip_says", "expected"),
    [
        (UNREACHABLE, "the package index can't be reached: connect to the network, or name a "),
        (NO_WHEEL, "the package index has no tensorflow for Python 3."),
        (FULL, "the disk filled up while installing (the environment takes 3 GB, and the temp"),
    ],
)
def test_what_pip_could_not_do_is_said_in_one_line(environment, capsys, pip_says, expected):
    Path("pip_says.txt").write_text(pip_says)
    assert environment.call() == 1
    message = capsys.readouterr().err
    assert message.startswith(f"seqlearn: {expected}")
    assert message.count("\n") == 1
    assert "{" not in message


def test_a_venv_module_that_fails_is_quoted(environment, monkeypatch, capsys):
    monkeypatch.setattr(
        environment.subprocess,
        "run",
        lambda command, **_: subprocess.CompletedProcess(command, 1, b"Error:\n  no links here\n"),
    )
    assert environment.call() == 1
    assert "-m venv failed: Error: no links here." in capsys.readouterr().err


HOLDS_THE_LOCK = """\
import sys
sys.path.insert(0, sys.argv[1])
import environment
with environment.one_at_a_time():
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_two_calls_take_turns(environment, capsys):
    environment.call()
    environment.time = types.SimpleNamespace(sleep=lambda _: first.communicate())
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_THE_LOCK, str(ROOT / "tools")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stdout.readline() == "locked\n"
        environment.call()
        assert first.returncode == 0
    assert "Another call is preparing the environment; waiting for it." in capsys.readouterr().out


def test_windows_has_another_lock(environment, monkeypatch, capsys):
    answers = [PermissionError(13, "Permission denied"), PermissionError(13, "again"), None]

    def locking(descriptor, mode, size):
        assert (mode, size) == (2, 1)
        answer = answers.pop(0)
        if answer:
            raise answer

    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", types.SimpleNamespace(locking=locking, LK_NBLCK=2))
    assert environment.call() == 0
    assert not answers
    assert "waiting for it" in capsys.readouterr().out


def test_a_system_without_locks_goes_on(environment, monkeypatch):
    for name in ("fcntl", "msvcrt"):
        monkeypatch.setitem(sys.modules, name, None)
    assert environment.call() == 0


def test_the_programs_of_an_environment_are_found_in_either_layout(environment):
    assert environment.python_of(VENV) is None
    for name in ("Scripts/python.exe", "bin/python"):
        (VENV / name).parent.mkdir(parents=True)
        (VENV / name).touch()
        assert environment.python_of(VENV) == VENV / name


def test_progress_is_shown_on_a_terminal_only(environment, monkeypatch, capsys):
    lines = ["Collecting numpy==2.4.6 (from x)", "Installing collected packages: a, b"]
    for line in lines:
        environment.show_progress(line)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for line in lines:
        environment.show_progress(line)
    assert capsys.readouterr().out == "\r\033[K  fetching numpy==2.4.6\r\033[K  unpacking"
