"""What each target does. ``python run.py TARGET`` calls this with a Python that will do."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import environment
from suitable_python import typed

SITE = Path("_build/html")

# Another processor sums in another order: without Intel's library in TensorFlow, and with the
# kernels of OpenBLAS for a processor of 2011, so does this one.
OTHER_SUMS = {"TF_ENABLE_ONEDNN_OPTS": "0", "OPENBLAS_CORETYPE": "Sandybridge"}


class Failed(Exception):
    """A program that a target ran has failed, and has said why."""

    def __init__(self, status: int):
        super().__init__(status)
        self.status = status


def book() -> None:
    """Build the site from the stored outputs, strictly."""
    python = prepared()
    built = SITE / ".built"
    # When anything changed, every page is built: a page left alone would keep the old
    # titles in its sidebar. And a build that failed leaves nothing behind, because the
    # next one would skip the pages it had read, and their warnings with them.
    if not built.exists() or any(is_newer(path, built) for path in sources()):
        environment.say("Building the book; warnings are errors.")
        remove(SITE, SITE.parent / ".doctrees")
        program = "from jupyter_book.cli.main import main; main()"
        options = ("-W", "-n", "--keep-going", "-q")
        try:
            run(python, "-c", program, "build", "book", *options, stdout=subprocess.DEVNULL)
        except Failed:
            remove(SITE.parent / ".doctrees")
            raise environment.Refusal(
                f"the book was not built; fix what is said above, then {typed('book')}"
            ) from None
        built.touch()
    environment.say(f"The book is ready: open {SITE.resolve() / 'index.html'}")


def sources() -> list[Path]:
    """What the site is made from."""
    ready = environment_folder() / environment.READY
    files = [Path("_config.yml"), *([ready] if ready.exists() else [])]
    for folder, inner, names in os.walk("book"):
        inner[:] = [name for name in inner if name != "__pycache__" and not name.startswith(".")]
        files += [Path(folder, name) for name in names if not name.startswith(".")]
    return files


def is_newer(path: Path, than: Path) -> bool:
    """Tell whether a file was changed after another."""
    return path.stat().st_mtime > than.stat().st_mtime


def test() -> None:
    """Run the unit tests, then every notebook, its numbers compared."""
    run_tests(*whole_notebooks())


def quick() -> None:
    """Run the quick tests and short notebooks that a change reaches; SINCE=COMMIT, ARGS=--all."""
    python = prepared()
    os.environ["SEQLEARN_SOURCE"] = "embedded"
    since = os.environ.get("SINCE")
    options = ["--since", since] if since else []
    run(python, "tools/quick.py", "--jobs", jobs(), *options, *arguments())


def portable() -> None:
    """Run all tests with sums in another order, as on another processor."""
    os.environ.update(OTHER_SUMS)
    run_tests(*whole_notebooks())


def whole_notebooks() -> tuple[str, ...]:
    """Options of pytest: each notebook whole, in the order of tests/nbval_tolerance.py."""
    return ("-n", jobs(), "--dist", "loadscope", "--no-loadscope-reorder", "--nbval")


def run_tests(*options: str) -> None:
    """Run pytest with the options of a target and those of ARGS."""
    run(prepared(), "-m", "pytest", *options, *arguments())


def execute() -> None:
    """Run and store all notebooks, or NOTEBOOK=book/07_mnist_rows.ipynb."""
    run(prepared(), "tools/execute.py", *words("NOTEBOOK"))


def experiments() -> None:
    """Repeat the recorded experiments, or NAME=mnist_rows; hours."""
    run(prepared(), "tools/record.py", *words("NAME"))


def fresh() -> None:
    """Count the claims that hold on ten fresh seeds; NOTEBOOK=book/02_rnn_limits.ipynb."""
    # Hours for the whole book; the counts are kept in book/fresh_seeds.json.
    run(prepared(), "tools/fresh_seeds.py", *words("NOTEBOOK"))


def backend() -> None:
    """Check the cells with Keras on JAX, or BACKEND=torch; installs it."""
    # Keras can compute with others than TensorFlow, and the cells must equal it there too; the
    # diagnostics differentiate through each of them.
    python, name = prepared(), os.environ.get("BACKEND") or "jax"
    run(python, "-m", "pip", "install", "-q", "-c", "constraints.txt", "-e", f".[{name}]")
    os.environ["KERAS_BACKEND"] = name
    tests = ["tests/test_cells_keras.py", "seqlearn/cells", "tests/test_diagnostics.py"]
    tests += map(str, sorted(Path("seqlearn/diagnostics").glob("g*.py")))
    run(python, "-m", "pytest", *tests, "seqlearn/diagnostics/horizon.py", *arguments())


def lab() -> None:
    """Open the notebooks in JupyterLab."""
    run(prepared(), "-m", "jupyterlab", "book")


def lint() -> None:
    """Check style and format, notebooks included."""
    python = prepared()
    run(python, "-m", "ruff", "check", ".")
    run(python, "-m", "ruff", "format", "--check", ".")


def clean() -> None:
    """Remove the site and the caches; the environment stays."""
    caches = (".pytest_cache", ".ruff_cache", ".hypothesis")
    remove(*map(Path, ("_build", "build", "seqlearn.egg-info", *caches)))
    kept = environment_folder().resolve()
    for folder, inner, _ in os.walk("."):
        for name in [*inner]:
            path = Path(folder, name)
            if name in ("__pycache__", ".ipynb_checkpoints"):
                remove(path)
            elif path.resolve() != kept:
                continue
            inner.remove(name)


def constraints() -> None:
    """Pin the versions that pip would choose today."""
    run(prepared(), "tools/constraints.py")


def ready() -> None:
    """Make the environment, or bring it up to date; every target does so first."""
    prepared()


def show_help() -> None:
    """Show this list."""
    print(f"{typed('TARGET')}, where TARGET is one of")
    for name, target in TARGETS.items():
        print(f"  {name:<12} {target.__doc__[0].lower()}{target.__doc__[1:].rstrip('.')}")
    print("Settings: PYTHON=python3.12  VENV=.venv  JOBS=2  SINCE=HEAD  SEQLEARN_DATA=FOLDER")


TARGETS = {
    **{target.__name__: target for target in (book, test, quick, portable, execute, experiments)},
    **{target.__name__: target for target in (fresh, backend, lab, lint, clean, constraints)},
    "environment": ready,
    "help": show_help,
}


def main(names: Sequence[str]) -> int:
    """Do what the targets say, one after the other.

    Args:
        names: The targets; none shows the list.

    Returns:
        The exit status: that of the first program that failed.
    """
    # The environment's own notebook kernel, whatever kernels the user has installed.
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    # The cells in NumPy multiply small matrices: a second thread gains nothing there, and on a
    # busy machine the first one waits for it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    unknown = [name for name in names if name not in TARGETS]
    try:
        if unknown:
            raise environment.Refusal(
                f"{unknown[0]} isn't a target: {typed('help')} lists what there is"
            )
        for name in names or ["help"]:
            TARGETS[name]()
    except environment.Refusal as refusal:
        print(f"seqlearn: {refusal}.", file=sys.stderr)
        return 1
    except Failed as failed:
        return failed.status
    except KeyboardInterrupt:
        print("\nseqlearn: interrupted; the next call starts afresh.", file=sys.stderr)
        return 130
    return 0


def prepared() -> str:
    """Make sure that the environment is complete, and give its Python."""
    if os.environ.get("CONDA_DEFAULT_ENV") == "seqlearn":
        environment.check_active()
        return sys.executable
    folder = environment_folder()
    environment.prepare(folder, rebuild=bool(os.environ.get("PYTHON")))
    return str(environment.python_of(folder))


def environment_folder() -> Path:
    """Where the environment lives."""
    return Path(os.environ.get("VENV") or ".venv")


def run(*command: str, stdout: int | None = None) -> None:
    """Run a program to its end.

    Args:
        command: The program and its arguments.
        stdout: Where its output goes, if not on.

    Raises:
        Failed: If it fails.
    """
    with subprocess.Popen(command, stdout=stdout) as program:
        while True:
            try:
                status = program.wait()
                break
            except KeyboardInterrupt:
                pass  # the program was interrupted as well, and says so
    if status:
        raise Failed(status if status > 0 else 128 - status)


def arguments() -> list[str]:
    """Further arguments of pytest, from ARGS."""
    return shlex.split(os.environ.get("ARGS", ""), posix=os.name == "posix")


def words(setting: str) -> list[str]:
    """The words of a setting; none if it isn't set."""
    return os.environ.get(setting, "").split()


def jobs() -> str:
    """How many notebooks and test files run side by side."""
    return os.environ.get("JOBS") or "2"


def remove(*paths: Path) -> None:
    """Remove folders, whether they are there or not."""
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
