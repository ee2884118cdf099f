"""The targets, through both doors, in a copy of the project whose Python and pip are stand-ins."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKE = shutil.which("make")
REAL = os.path.realpath(sys.executable)
TARGETS = [
    *("book", "test", "quick", "portable", "execute", "experiments", "fresh", "backend", "lab"),
    *("lint", "clean", "constraints", "environment"),
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="the stand-ins are shell scripts"),
]

# Runs a script as the real Python would, after a change to what the script sees.
CHANGED_PYTHON = """\
#!/bin/sh
exec '{real}' -c '
import runpy, sys
sys.argv = sys.argv[1:]
sys.executable = "{path}"
sys.path[0] = "tools"
{change}
runpy.run_path(sys.argv[0], run_name="__main__")' "$@"
"""

VERSION = 'sys.version_info = ({}, {}, 0, "final", 0)'
TELLS = 'if sys.argv[0].endswith("targets.py"): sys.exit(print(sys.executable))'

# The environment's Python: it notes how it was called, and where it matters what
# SEQLEARN_SOURCE and SEQLEARN_DATA were, and does what the test needs of it.
ENVIRONMENT_PYTHON = """\
#!/bin/sh
case "$1" in
  run.py|tools/suitable_python.py|tools/targets.py) exec '{real}' "$@" ;;
  -c)
    shift 2
    echo "jupyter-book $*" >> calls.txt
    mkdir -p _build/html _build/.doctrees
    echo page > _build/html/index.html
    if [ -e broken ]; then echo "book/index.md:3: WARNING: not found" >&2; exit 1; fi
    exit ;;
esac
echo "python $* [$SEQLEARN_SOURCE] [$SEQLEARN_DATA]" >> calls.txt
if [ -e broken ]; then exit 3; fi
"""


def write_program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


class Project:
    """A copy of the parts of the project that the targets work with."""

    def __init__(self, folder, door):
        self.folder, self.door = folder, door
        self.programs = folder / "programs"
        for name in ("Makefile", "run.py", "pyproject.toml", "constraints.txt"):
            folder.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, folder)
        (folder / "tools").mkdir()
        for name in ("environment.py", "suitable_python.py", "targets.py"):
            shutil.copy(ROOT / "tools" / name, folder / "tools")
        (folder / "book").mkdir()
        (folder / "book" / "index.md").write_text("# A book\n")
        (folder / "_config.yml").write_text("title: A book\n")
        # A PATH with the few programs that a bare system has, and no Python.
        self.programs.mkdir()
        for name in ("sh", "mkdir", "env", "cat"):
            (self.programs / name).symlink_to(shutil.which(name))

    def python(self, name, change="", real=REAL):
        """Put a Python on the PATH; the change is made before a script runs."""
        path = self.programs / name
        write_program(path, CHANGED_PYTHON.format(real=real, path=path, change=change))

    def ready_environment(self, python="bin/python"):
        """Write an environment that is up to date and whose Python is a stand-in."""
        if not (self.programs / "python3").exists():
            self.python("python3")
        write_program(self.folder / ".venv" / python, ENVIRONMENT_PYTHON.format(real=REAL))
        code = "import json, environment; print(json.dumps(environment.stamp()))"
        stamp = subprocess.run(
            [REAL, "-c", code],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": "tools"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        (self.folder / ".venv/seqlearn-ready").write_text(stamp)

    def run(self, *words, **variables):
        """Call the targets; ``variables`` are those of the environment."""
        env = {"PATH": str(self.programs), "HOME": str(self.folder), **variables}
        pythons = (self.programs / name for name in ("python3", "python"))
        command = [MAKE] if self.door == "make" else [next(filter(Path.exists, pythons)), "run.py"]
        return subprocess.run(
            [*command, *words], cwd=self.folder, env=env, capture_output=True, text=True
        )

    def refusal(self, *words, **variables):
        """Call the targets, expect failure, and give the one line that says why."""
        run = self.run(*words, **variables)
        assert run.returncode != 0
        lines = [line for line in run.stderr.splitlines() if not line.startswith("make")]
        assert len(lines) == 1, run.stderr
        return lines[0]

    def calls(self):
        path = self.folder / "calls.txt"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


def door(name):
    absent = pytest.mark.skipif(name == "make" and MAKE is None, reason="make isn't installed")
    return pytest.param(name, marks=absent)


@pytest.fixture(params=[door("make"), door("python run.py")])
def project(tmp_path, request):
    return Project(tmp_path / "a project", request.param)  # the space is meant


# --- something is missing -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "problem"), [((3, 6), "old"), ((3, 10), "old"), ((3, 14), "new"), ((4, 0), "new")]
)
def test_an_unsuitable_python_is_named_with_its_version(project, version, problem):
    project.python("python3", VERSION.format(*version))
    line = project.refusal("book")
    found = f"{project.programs}/python3 is {version[0]}.{version[1]}, too {problem}: install"
    assert line.startswith(f"seqlearn: Python 3.11, 3.12 or 3.13 is needed, and {found}")
    assert line.endswith(f"as in {project.door} book PYTHON=python3.12.")
    assert not (project.folder / ".venv").exists()


@pytest.mark.parametrize("project", [door("make")], indirect=True)
def test_no_python_at_all(project):
    line = project.refusal("test")
    assert line == (
        "seqlearn: no Python found: install Python 3.11, 3.12 or 3.13 "
        "(on Debian or Ubuntu: apt install python3 python3-venv)."
    )


@pytest.mark.parametrize("module", ["ensurepip", "venv"])
def test_a_python_without_the_venv_module(project, module):
    project.python("python3", f"sys.modules['{module}'] = None".replace("'", '"'))
    line = project.refusal("book")
    version = "{}.{}".format(*sys.version_info)
    assert "has no complete venv module: install it (on Debian or Ubuntu: apt install" in line
    assert f"python3-venv, or python{version}-venv), then try again." in line
    assert not (project.folder / ".venv").exists()


def test_too_little_disk_space(project):
    usage = "import shutil, types; shutil.disk_usage = lambda _: types.SimpleNamespace(free=1.26e9)"
    project.python("python3", usage)
    line = project.refusal("book")
    assert "needs 4 GB of disk and 1.3 GB is free: make room, or name a folder on another" in line
    assert not (project.folder / ".venv").exists()


def test_a_folder_that_is_not_an_environment_is_left_alone(project):
    project.python("python3")
    precious = project.folder / ".venv" / "thesis.tex"
    precious.parent.mkdir()
    precious.write_text("years")
    line = project.refusal("book")
    assert line.startswith("seqlearn: .venv is there and isn't an environment: move it away")
    assert precious.read_text() == "years"


# --- which Python ---------------------------------------------------------------------------


def test_the_first_suitable_python_on_the_path_is_taken(project):
    project.python("python3", VERSION.format(3, 9))
    project.python("python3.12", TELLS)
    project.python("python3.11", TELLS)
    assert project.run("lint").stdout == f"{project.programs}/python3.12\n"


def test_a_python_that_does_not_start_is_passed_over(project):
    project.python("python", VERSION.format(3, 9))
    project.python("python3.11", TELLS)
    write_program(project.programs / "python3.12", "#!/bin/sh\nexit 127\n")
    assert project.run("lint").stdout == f"{project.programs}/python3.11\n"


def test_the_python_that_the_environment_was_made_with_comes_first(project):
    project.python("python3", TELLS)
    project.python("older", TELLS)
    (project.folder / ".venv").mkdir()
    config = project.folder / ".venv/pyvenv.cfg"
    config.write_text(f"home = /usr/bin\nexecutable = {project.programs}/older\n")
    assert project.run("lint").stdout == f"{project.programs}/older\n"
    config.write_text("executable = /gone/python\n")
    assert project.run("lint").stdout == f"{project.programs}/python3\n"


def test_a_python_that_is_named_is_taken_and_may_replace_the_environment(project):
    project.ready_environment()
    project.python("other", VERSION.format(3, 12))
    stamp = project.folder / ".venv/seqlearn-ready"
    stamp.write_text(re.sub(r'"python": "[^"]*"', '"python": "3.13"', stamp.read_text()))
    assert project.run("lint").returncode == 0  # an environment of another Python will do
    (project.folder / ".venv/thesis.tex").touch()
    for words, variables in [(["PYTHON=other"], {}), ([], {"PYTHON": "other"})]:
        line = project.refusal("lint", *words, **variables)
        assert line.startswith("seqlearn: .venv is there and isn't an environment")  # it would


def test_a_python_that_is_named_and_not_there_is_refused(project):
    project.ready_environment()
    assert project.refusal("lint", "PYTHON=other") == (
        "seqlearn: PYTHON=other is no program that starts."
    )


def test_windows_keeps_the_programs_of_an_environment_elsewhere(project):
    project.ready_environment(python="Scripts/python.exe")
    assert project.run("test").returncode == 0
    assert len(project.calls()) == 1


@pytest.mark.parametrize("project", [door("python run.py")], indirect=True)
def test_windows_waits_for_what_it_can_not_turn_into(project):
    windows = 'import subprocess, os\nif sys.argv[0] == "run.py": os.name = "nt"'
    project.python("python3", windows)
    project.ready_environment()
    (project.folder / "broken").touch()
    assert project.run("test").returncode == 3
    assert len(project.calls()) == 1
    project.python("python3", windows + "\n" + VERSION.format(3, 14))
    assert project.refusal("test").endswith("as in py -3.12 run.py book.")


def test_an_active_conda_environment_is_used_as_it_is(project):
    project.python(
        "python", 'if sys.argv[0] == "-m": sys.exit(print(*sys.argv))', real=sys.executable
    )
    run = project.run("lint", CONDA_DEFAULT_ENV="seqlearn")
    assert run.returncode == 0, run.stderr
    assert run.stdout == "-m ruff check .\n-m ruff format --check .\n"
    assert not (project.folder / ".venv").exists()


def test_an_active_conda_environment_that_lacks_packages_is_told_so(project):
    none = (
        "import importlib.metadata as metadata\n"
        "def version(name):\n"
        '    if name in ("keras", "nbval"): raise metadata.PackageNotFoundError(name)\n'
        "metadata.version = version"
    )
    project.python("python", none)
    line = project.refusal("test", CONDA_DEFAULT_ENV="seqlearn")
    assert f"({project.programs}/python) lacks keras, nbval: run python -m pip install" in line
    assert '-c constraints.txt -e ".[book,test]".' in line


# --- the targets ----------------------------------------------------------------------------


def test_help_is_the_default_and_lists_every_target(project):
    project.python("python3")
    run = project.run()
    assert run.returncode == 0
    assert run.stdout == project.run("help").stdout
    listed = [line.split()[0] for line in run.stdout.splitlines() if line.startswith("  ")]
    assert listed == [*TARGETS, "help"]


def test_what_is_no_target_or_setting_is_named(project):
    project.python("python3")
    if project.door == "make":
        assert "No rule to make target" in project.run("bock").stderr
    else:
        assert project.refusal("bock").startswith("seqlearn: bock isn't a target: python run.py h")
        assert project.refusal("test", "JOB=3").startswith("seqlearn: JOB isn't a setting; there")


def test_a_program_that_fails_fails_the_target(project):
    project.ready_environment()
    (project.folder / "broken").touch()
    assert project.run("test", "lint").returncode != 0
    assert len(project.calls()) == 1  # and what comes after it is not begun


def test_backend_installs_it_and_checks_the_cells_with_it(project):
    project.ready_environment()
    project.run("backend", "BACKEND=torch")
    install, check = project.calls()
    assert install.startswith("python -m pip install -q -c constraints.txt -e .[torch]")
    assert check.startswith("python -m pytest tests/test_cells_keras.py")


def test_book_is_built_once_and_again_when_a_page_changes(project):
    project.ready_environment()
    where = f"The book is ready: open {project.folder}/_build/html/index.html"
    first = project.run("book")
    assert first.stdout.splitlines() == ["Building the book; warnings are errors.", where]
    assert project.calls() == ["jupyter-book build book -W -n --keep-going -q"]
    assert project.run("book").stdout.splitlines() == [where]
    assert project.calls() == []
    page = project.folder / "book" / "index.md"
    later = (project.folder / "_build/html/.built").stat().st_mtime + 5
    os.utime(page, (later, later))
    project.run("book")
    assert len(project.calls()) == 1


def test_book_is_built_again_when_a_page_is_new(project):
    project.ready_environment()
    project.run("book")
    page = project.folder / "book" / "part" / "new.md"
    page.parent.mkdir()
    page.write_text("# New\n")
    later = (project.folder / "_build/html/.built").stat().st_mtime + 5
    os.utime(page, (later, later))
    project.run("book")
    assert len(project.calls()) == 2


def test_a_build_that_failed_is_not_trusted_by_the_next(project):
    project.ready_environment()
    (project.folder / "broken").touch()
    run = project.run("book")
    assert run.returncode != 0
    assert "book/index.md:3: WARNING: not found" in run.stderr
    assert f"not built; fix what is said above, then {project.door} book." in run.stderr
    assert "ready" not in run.stdout
    assert not (project.folder / "_build/.doctrees").exists()
    (project.folder / "broken").unlink()
    assert project.run("book").returncode == 0
    assert len(project.calls()) == 2


# Each notebook whole in one process, and in the order of the plugin.
WHOLE = "--dist loadscope --no-loadscope-reorder --nbval"


def test_test_runs_everything_with_notebooks_kept_whole(project):
    project.ready_environment()
    assert project.run("test").returncode == 0
    assert project.calls() == [f"python -m pytest -n 2 {WHOLE} [] []"]
    project.run("test", "JOBS=4", "ARGS=-x tests")
    assert project.calls() == [f"python -m pytest -n 4 {WHOLE} -x tests [] []"]


def test_quick_runs_on_embedded_data(project):
    project.ready_environment()
    project.run("quick", "JOBS=3")
    assert project.calls() == ["python tools/quick.py --jobs 3 [embedded] []"]
    project.run("quick", "SINCE=main", "ARGS=-x")
    assert project.calls() == ["python tools/quick.py --jobs 2 --since main -x [embedded] []"]


def test_portable_is_the_test_with_another_order_of_sums(project):
    project.ready_environment()
    python = project.folder / ".venv/bin/python"
    settings = 'echo "$TF_ENABLE_ONEDNN_OPTS $OPENBLAS_CORETYPE" >> calls.txt\n'
    write_program(python, python.read_text() + settings)
    project.run("test")
    project.run("portable")
    call, none, same, other = project.calls()
    assert (call, none, other) == (same, " ", "0 Sandybridge")


def test_the_data_folder_is_made_absolute(project):
    project.ready_environment()
    data = project.folder / "my data"
    data.mkdir()
    for words, variables in [
        (["SEQLEARN_DATA=my data"], {}),
        ([], {"SEQLEARN_DATA": "my data"}),
        ([], {"SEQLEARN_DATA": str(data)}),
    ]:
        project.run("test", *words, **variables)
        assert project.calls()[0].endswith(f"[] [{data}]")
    project.run("test", SEQLEARN_DATA="not there")
    assert project.calls()[0].endswith("[] [not there]")


def test_execute_takes_one_notebook_or_all(project):
    project.ready_environment()
    project.run("execute")
    project.run("execute", "NOTEBOOK=book/07_mnist_rows.ipynb")
    assert [call.split(" [")[0] for call in project.calls()] == [
        "python tools/execute.py",
        "python tools/execute.py book/07_mnist_rows.ipynb",
    ]


def test_experiments_take_one_name_or_all(project):
    project.ready_environment()
    project.run("experiments", NAME="WINDOWS-PC")  # WSL names the computer so
    project.run("experiments", "NAME=second")
    assert [call.split(" [")[0] for call in project.calls()] == [
        "python tools/record.py",
        "python tools/record.py second",
    ]


def test_clean_leaves_the_environment_and_the_sources(project):
    project.ready_environment()
    project.run("book")
    kept = project.folder / ".venv" / "lib" / "__pycache__"
    gone = project.folder / "tools" / "a b" / "__pycache__"
    for folder in (kept, gone):
        folder.mkdir(parents=True)
    assert project.run("clean").returncode == 0
    assert kept.exists()
    assert not gone.exists()
    assert not (project.folder / "_build").exists()
    assert (project.folder / "book/index.md").exists()


def test_two_targets_in_one_call(project):
    project.ready_environment()
    side_by_side = ["-j2"] if project.door == "make" else []
    run = project.run(*side_by_side, "book", "test")
    assert run.returncode == 0, run.stderr
    assert len(project.calls()) == 2
