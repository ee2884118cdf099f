"""The Makefile, run for real in a copy of the project in which Python and pip are stand-ins."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKE = shutil.which("make")
REAL = os.path.realpath(sys.executable)
TARGETS = [
    *("book", "test", "quick", "execute", "experiments", "fresh", "backend", "lint", "clean"),
    "constraints",
]

pytestmark = pytest.mark.skipif(MAKE is None, reason="make isn't installed")

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

# The environment's programs: they note how they were called, and where it matters what
# SEQLEARN_SOURCE and SEQLEARN_DATA were, and do what the test needs of them.
ENVIRONMENT_PYTHON = """\
#!/bin/sh
case "$1" in
  tools/suitable_python.py|tools/environment.py) exec '{real}' "$@" ;;
esac
echo "python $* [$SEQLEARN_SOURCE] [$SEQLEARN_DATA]" >> calls.txt
"""
JUPYTER_BOOK = """\
#!/bin/sh
echo "jupyter-book $*" >> calls.txt
mkdir -p _build/html _build/.doctrees
echo page > _build/html/index.html
if [ -e broken ]; then echo "book/index.md:3: WARNING: not found" >&2; exit 1; fi
"""


def write_program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


class Project:
    """A copy of the parts of the project that make works with."""

    def __init__(self, folder):
        self.folder = folder
        self.programs = folder / "programs"
        for name in ("Makefile", "pyproject.toml", "constraints.txt"):
            folder.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, folder)
        (folder / "tools").mkdir()
        for name in ("environment.py", "suitable_python.py"):
            shutil.copy(ROOT / "tools" / name, folder / "tools")
        (folder / "book").mkdir()
        (folder / "book" / "index.md").write_text("# A book\n")
        (folder / "_config.yml").write_text("title: A book\n")
        # A PATH with the few programs that a bare system has, and no Python.
        self.programs.mkdir()
        for name in ("sh", "find", "sed", "awk", "grep", "rm", "mkdir", "touch", "env", "cat"):
            (self.programs / name).symlink_to(shutil.which(name))

    def python(self, name, change="", real=REAL):
        """Put a Python on the PATH; the change is made before a script runs."""
        path = self.programs / name
        write_program(path, CHANGED_PYTHON.format(real=real, path=path, change=change))

    def ready_environment(self):
        """Write an environment that is up to date and whose programs are stand-ins."""
        write_program(self.folder / ".venv/bin/python", ENVIRONMENT_PYTHON.format(real=REAL))
        write_program(self.folder / ".venv/bin/jupyter-book", JUPYTER_BOOK)
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

    def make(self, *words, **variables):
        env = {"PATH": str(self.programs), "HOME": str(self.folder), **variables}
        return subprocess.run(
            [MAKE, *words], cwd=self.folder, env=env, capture_output=True, text=True
        )

    def refusal(self, *words, **variables):
        """Run make, expect it to fail, and give the one line that says why."""
        run = self.make(*words, **variables)
        assert run.returncode != 0
        lines = [line for line in run.stderr.splitlines() if not line.startswith("make")]
        assert len(lines) == 1, run.stderr
        return lines[0]

    def calls(self):
        path = self.folder / "calls.txt"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "a project")  # the space is meant


# --- something is missing -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "problem"), [((3, 6), "old"), ((3, 10), "old"), ((3, 14), "new"), ((4, 0), "new")]
)
def test_an_unsuitable_python_is_named_with_its_version(project, version, problem):
    project.python("python3", VERSION.format(*version))
    line = project.refusal("book")
    found = f"{project.programs}/python3 is {version[0]}.{version[1]}, too {problem}: install"
    assert line.startswith(f"seqlearn: Python 3.11, 3.12 or 3.13 is needed, and {found}")
    assert line.endswith("make book PYTHON=python3.12.")
    assert not (project.folder / ".venv").exists()


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
    assert f"python3-venv, or python{version}-venv), then run make again." in line
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


def chosen(project, *words, **variables):
    lines = project.make("-n", "environment", *words, **variables).stdout.splitlines()
    return next(line for line in lines if line.startswith("python=")), lines[-1]


def test_the_first_suitable_python_on_the_path_is_taken(project):
    project.python("python3", VERSION.format(3, 9))
    project.python("python3.12")
    project.python("python3.11")
    assert chosen(project)[0].startswith("python='python3.12'")


def test_a_python_that_does_not_start_is_passed_over(project):
    write_program(project.programs / "python3", "#!/bin/sh\nexit 127\n")
    project.python("python3.11")
    assert chosen(project)[0].startswith("python='python3.11'")


def test_the_environments_own_python_comes_first(project):
    project.python("python3")
    project.ready_environment()
    assert chosen(project)[0].startswith("python='.venv/bin/python'")


def test_a_python_that_is_named_is_taken_and_may_replace_the_environment(project):
    project.python("python3")
    project.ready_environment()
    assert "--rebuild" not in chosen(project)[1]
    for found in (chosen(project, "PYTHON=other"), chosen(project, PYTHON="other")):
        assert found[0].startswith("python='other'")
        assert found[1].endswith("--rebuild")


def test_an_active_conda_environment_is_used_as_it_is(project):
    write_program(project.programs / "python", ENVIRONMENT_PYTHON.format(real=sys.executable))
    run = project.make("lint", CONDA_DEFAULT_ENV="seqlearn")
    assert run.returncode == 0, run.stderr
    assert [line.split()[:4] for line in project.calls()] == [
        ["python", "-m", "ruff", "check"],
        ["python", "-m", "ruff", "format"],
    ]
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
    run = project.make()
    assert run.returncode == 0
    assert run.stdout == project.make("help").stdout
    listed = [line.split()[0] for line in run.stdout.splitlines() if line.startswith("  ")]
    assert listed == [*TARGETS, "help"]


def test_backend_installs_it_and_checks_the_cells_with_it(project):
    project.ready_environment()
    project.make("backend", "BACKEND=torch")
    install, check = project.calls()
    assert install.startswith("python -m pip install -q -c constraints.txt -e .[torch]")
    assert check.startswith("python -m pytest tests/test_cells_keras.py")


def test_book_is_built_once_and_again_when_a_page_changes(project):
    project.ready_environment()
    where = f"The book is ready: open {project.folder}/_build/html/index.html"
    first = project.make("book")
    assert first.stdout.splitlines() == ["Building the book; warnings are errors.", where]
    assert project.calls() == ["jupyter-book build book -W -n --keep-going -q"]
    assert project.make("book").stdout.splitlines() == [where]
    assert project.calls() == []
    page = project.folder / "book" / "index.md"
    later = (project.folder / "_build/html/.built").stat().st_mtime + 5
    os.utime(page, (later, later))
    project.make("book")
    assert len(project.calls()) == 1


def test_book_is_built_again_when_a_page_is_new(project):
    project.ready_environment()
    project.make("book")
    page = project.folder / "book" / "part" / "new.md"
    page.parent.mkdir()
    page.write_text("# New\n")
    later = (project.folder / "_build/html/.built").stat().st_mtime + 5
    os.utime(page, (later, later))
    project.make("book")
    assert len(project.calls()) == 2


def test_a_build_that_failed_is_not_trusted_by_the_next(project):
    project.ready_environment()
    (project.folder / "broken").touch()
    run = project.make("book")
    assert run.returncode != 0
    assert "book/index.md:3: WARNING: not found" in run.stderr
    assert "seqlearn: the book was not built; mend what is said above" in run.stderr
    assert "ready" not in run.stdout
    assert not (project.folder / "_build/.doctrees").exists()
    (project.folder / "broken").unlink()
    assert project.make("book").returncode == 0
    assert len(project.calls()) == 2


# Each notebook whole in one process, and in the order of the plugin.
WHOLE = "--dist loadscope --no-loadscope-reorder --nbval"


def test_test_runs_everything_with_notebooks_kept_whole(project):
    project.ready_environment()
    assert project.make("test").returncode == 0
    assert project.calls() == [f"python -m pytest -n 2 {WHOLE} [] []"]
    project.make("test", "JOBS=4", "ARGS=-x tests")
    assert project.calls() == [f"python -m pytest -n 4 {WHOLE} -x tests [] []"]


def test_quick_runs_on_embedded_data_without_a_browser(project):
    project.ready_environment()
    project.make("quick")
    (call,) = project.calls()
    assert call.startswith(f"python -m pytest -n 2 {WHOLE} -m not browser")
    assert call.endswith("[embedded] []")


def test_the_data_folder_is_made_absolute(project):
    project.ready_environment()
    data = project.folder / "my data"
    data.mkdir()
    for words, variables in [
        (["SEQLEARN_DATA=my data"], {}),
        ([], {"SEQLEARN_DATA": "my data"}),
        ([], {"SEQLEARN_DATA": str(data)}),
    ]:
        project.make("test", *words, **variables)
        assert project.calls()[0].endswith(f"[] [{data}]")
    project.make("test", SEQLEARN_DATA="not there")
    assert project.calls()[0].endswith("[] [not there]")


def test_execute_takes_one_notebook_or_all(project):
    project.ready_environment()
    project.make("execute")
    project.make("execute", "NOTEBOOK=book/07_mnist_rows.ipynb")
    assert [call.split(" [")[0] for call in project.calls()] == [
        "python tools/execute.py",
        "python tools/execute.py book/07_mnist_rows.ipynb",
    ]


def test_experiments_take_one_name_or_all(project):
    project.ready_environment()
    project.make("experiments")
    project.make("experiments", "NAME=second")
    assert [call.split(" [")[0] for call in project.calls()] == [
        "python tools/record.py",
        "python tools/record.py second",
    ]


def test_clean_leaves_the_environment_and_the_sources(project):
    project.ready_environment()
    project.make("book")
    kept = project.folder / ".venv" / "lib" / "__pycache__"
    gone = project.folder / "tools" / "a b" / "__pycache__"
    for folder in (kept, gone):
        folder.mkdir(parents=True)
    assert project.make("clean").returncode == 0
    assert kept.exists()
    assert not gone.exists()
    assert not (project.folder / "_build").exists()
    assert (project.folder / "book/index.md").exists()


def test_two_targets_side_by_side(project):
    project.ready_environment()
    run = project.make("-j2", "book", "test")
    assert run.returncode == 0, run.stderr
    assert len(project.calls()) == 2
