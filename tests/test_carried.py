"""What is carried away works by itself: the wheel, and a notebook without the package."""

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
RECORDS = {"03": "long_lag", "04": "cells_compared", "06": "imdb_sentiment", "07": "mnist_rows"}


def code_of(path):
    return [
        cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"
    ]


# --- the wheel ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that a wheel of the package was installed into."""
    place = tmp_path_factory.mktemp("carried")
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    copy = place / "source"  # so that the build leaves nothing in the project
    for name in ("pyproject.toml", "README.md", "LICENSE", "seqlearn"):
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            files = [p for p in (ROOT / name).rglob("*") if "__pycache__" not in p.parts]
            for file in filter(Path.is_file, files):
                inner = copy / file.relative_to(ROOT)
                inner.parent.mkdir(parents=True, exist_ok=True)
                inner.write_bytes(file.read_bytes())
        else:
            target.write_bytes((ROOT / name).read_bytes())
    build = ["wheel", "--no-deps", "--no-build-isolation", "-w", str(place), str(copy)]
    subprocess.run([*pip, *build], check=True, cwd=place)
    [wheel] = place.glob("*.whl")
    target = place / "empty"
    install = ["install", "--no-deps", "--no-index", "--target", str(target), str(wheel)]
    subprocess.run([*pip, *install], check=True, cwd=place)
    return target


def run_there(installed, code):
    """Run code far from the checkout, with the package that was installed from the wheel."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("SEQLEARN_")}
    env.update(PYTHONPATH=str(installed), SEQLEARN_CACHE=str(installed.parent / "cache"))
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=installed.parent,
        env=env,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.slow
@pytest.mark.parametrize("chapter", RECORDS)
def test_the_wheel_brings_what_a_chapter_needs(installed, chapter):
    [path] = (ROOT / "book").glob(f"{chapter}_*.ipynb")
    opening, *cells = code_of(path)
    read = [name for code in cells for name in re.findall(r'load_record\("(\w+)"', code)]
    assert set(read) == {RECORDS[chapter]}
    code = f"""{opening}
import json, seqlearn
loaded = records.load_record("{RECORDS[chapter]}")
print(json.dumps([seqlearn.__file__, records.describe(loaded), len(loaded["figures"])]))"""
    place, line, figures = json.loads(run_there(installed, code).splitlines()[-1])
    assert Path(place).is_relative_to(installed)
    assert line.startswith("recorded: ")
    assert figures > 0


@pytest.mark.slow
def test_the_wheel_brings_every_module_and_record(installed):
    suffixes = {".py", ".json", ".npz"}
    files = [path for path in (ROOT / "seqlearn").rglob("*") if path.suffix in suffixes]
    missing = [p for p in files if not (installed / p.relative_to(ROOT)).is_file()]
    assert not missing
    assert {path.stem for path in installed.rglob("*.json")} >= {*RECORDS.values()}


# --- a notebook by itself -------------------------------------------------------------------

WHAT_TO_DO = (
    "This notebook needs the seqlearn of its book, not the one that pip finds: get the book's "
    "whole folder, and in it run: python run.py lab"
)


@pytest.fixture
def bare_kernel(tmp_path):
    """A kernel with all packages of this environment but the book's own."""
    venv.create(tmp_path / "bare", symlinks=os.name != "nt")
    [python] = [
        path
        for name in ("bin/python", "Scripts/python.exe")
        if (path := tmp_path / "bare" / name).exists()
    ]
    place = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = Path(subprocess.check_output([python, "-c", place], text=True).strip())
    # Folders named here are searched, and their own lists of further folders are not read: one
    # of these leads to the project.
    packages = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (own / "others.pth").write_text("\n".join(packages))
    manager = AsyncKernelManager()
    manager._kernel_spec = KernelSpec(
        argv=[str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    )
    return manager


@pytest.mark.slow
@pytest.mark.parametrize("stranger", [False, True])
def test_a_notebook_by_itself_says_in_one_line_what_to_do(
    bare_kernel, tmp_path, monkeypatch, stranger
):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    if stranger:
        (tmp_path / "seqlearn").mkdir()
        (tmp_path / "seqlearn" / "__init__.py").write_text("__version__ = '0.2'\n")
    openings = {code_of(path)[0] for path in NOTEBOOKS}
    cells = [new_code_cell("import json, numpy"), *map(new_code_cell, sorted(openings))]
    notebook = new_notebook(cells=cells)
    NotebookClient(notebook, km=bare_kernel, allow_errors=True).execute(cwd=str(tmp_path))
    first, *others = notebook.cells
    assert not first.outputs  # what else the notebooks need is here
    for cell in others:
        error, *noise = cell.outputs
        assert (error.ename, error.evalue) == ("SystemExit", WHAT_TO_DO)
        assert len("".join(error.traceback).strip().splitlines()) == 2  # IPython's remark, and it
        assert all(output.name == "stderr" for output in noise)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_opens_with_that_line(path):
    opening = code_of(path)[0]
    guard = opening.partition(") from None")[0] + ") from None"
    names = re.match(r"try:\n    from seqlearn[\w.]* import [^\n]+\nexcept ImportError:\n", guard)
    assert names, opening
    with pytest.raises(SystemExit, match=f"^{re.escape(WHAT_TO_DO)}$"):
        exec(re.sub(r"from seqlearn[\w.]* import", "from no_such_package import", guard))
