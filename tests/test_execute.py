"""Storing notebooks: outputs as the tests will see them, and never half a notebook."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "tools" / "execute.py"


@pytest.fixture
def run(tmp_path):
    """Call the script from another folder; give its status and what it wrote."""

    def call(*arguments, **environment):
        return subprocess.run(
            [sys.executable, SCRIPT, *arguments],
            env={
                # Kernels behave otherwise when they know that a test runs them.
                **{
                    k: v
                    for k, v in os.environ.items()
                    if not k.startswith(("PYTEST_", "SEQLEARN_"))
                },
                "PYTHONPATH": str(ROOT),
                "IPYTHONDIR": str(tmp_path / "ipython"),
                **environment,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return call


@pytest.fixture
def execute(monkeypatch):
    """The script as a module; what it sets in the environment is taken back."""
    monkeypatch.delenv("SEQLEARN_SOURCE", raising=False)
    spec = importlib.util.spec_from_file_location("execute", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write(path, *sources):
    cells = [new_markdown_cell("# Title"), *map(new_code_cell, sources)]
    cells[1].metadata.update(execution={"iopub.status.idle": "2026"}, tags=["exact"])
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.mark.slow
def test_outputs_are_stored_and_compare_equal(run, tmp_path):
    (tmp_path / "deep").mkdir()
    path = write(
        tmp_path / "deep" / "01_a.ipynb",
        "import os, pathlib\nprint(pathlib.Path.cwd().name, os.environ['SEQLEARN_SOURCE'])",
        "from seqlearn.claims import claim\nclaim('It is {}', 0.98, at_least=0.9)",
        "_ = os.write(2, b'noise of a library in C'); print('one'); print('two')",
        "from IPython.display import Image\nImage(data=b'\\x89PNG\\r\\n\\x1a\\n' + bytes(40))",
    )
    write(
        tmp_path / "deep" / "evidence.ipynb",
        "from seqlearn.frame.evidence import collect_claims\nlen(collect_claims())",
    )
    result = run(path)
    assert result.returncode == 0, result.stderr
    assert [line.split(" ... stored")[0] for line in result.stdout.splitlines()] == [
        "01_a.ipynb",
        "evidence.ipynb",
    ]
    stored = nbformat.read(path, as_version=4)
    place, claimed, noise, image = stored.cells[1:]
    assert place.outputs[0].text == "deep full\n"
    assert claimed.outputs[0].metadata["seqlearn_claim"]["checked"] is True
    assert [output.text for output in noise.outputs] == ["one\ntwo\n"]
    assert "image/png" in image.outputs[0].data
    assert [cell.execution_count for cell in stored.cells[1:]] == [1, 2, 3, 4]
    assert place.metadata == {"tags": ["exact"]}
    assert "version" not in stored.metadata.language_info
    evidence = nbformat.read(tmp_path / "deep" / "evidence.ipynb", as_version=4)
    assert evidence.cells[1].outputs[0].data["text/plain"] == "1"
    assert sorted(p.name for p in path.parent.iterdir()) == ["01_a.ipynb", "evidence.ipynb"]
    options = ["--nbval", "-q", "-p", "nbval_tolerance", "-p", "no:cacheprovider", "-c", os.devnull]
    again = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--rootdir", tmp_path, path.parent],
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
            "SEQLEARN_SOURCE": "full",
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "5 passed" in again.stdout, again.stdout


@pytest.mark.slow
def test_a_notebook_that_fails_stays_as_it_was(run, tmp_path):
    path = write(tmp_path / "01_a.ipynb", "x = 1", "x / 0")
    before = path.read_bytes()
    result = run(path)
    assert result.returncode == 1
    assert "01_a.ipynb ... failed, and was left as it was" in result.stdout
    assert "ZeroDivisionError: division by zero" in result.stderr
    assert "\x1b" not in result.stderr
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.glob("*.ipynb*")] == ["01_a.ipynb"]


@pytest.mark.slow
def test_the_embedded_data_is_stored_only_when_asked(run, tmp_path):
    path = write(tmp_path / "01_a.ipynb", "import os; print(os.environ['SEQLEARN_SOURCE'])")
    before = path.read_bytes()
    refused = run(path, SEQLEARN_SOURCE="embedded")
    assert refused.returncode == 1
    assert "come from the full data: unset it, or add --embedded" in refused.stderr
    assert path.read_bytes() == before
    assert run("--embedded", path).returncode == 0
    assert nbformat.read(path, as_version=4).cells[1].outputs[0].text == "embedded\n"


OLD = b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}'
ODD = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"id": "a"}]}'


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("nowhere.ipynb", None, "expected a notebook, NAME.ipynb; got nothing"),
        ("a_folder.ipynb", "folder", "expected a notebook, NAME.ipynb; got a folder"),
        ("notes.md", b"# Notes", "expected a notebook, NAME.ipynb; got another file"),
        ("text.ipynb", b"# Notes", "expected JSON; Expecting value: line 1 column 1 (char 0)"),
        ("cut.ipynb", b'{"cells": [', "expected JSON; Expecting value: line 1 column 12 (char 11)"),
        ("list.ipynb", b"[1, 2]", "expected a notebook; got other JSON"),
        ("table.ipynb", b'{"a": 1}', "expected a notebook; got other JSON"),
        ("null.ipynb", b"null", "expected a notebook; got other JSON"),
        ("bytes.ipynb", b"\xff\xfe{", "expected UTF-8; 'utf-8' codec can't decode byte 0xff in"),
        ("old.ipynb", OLD, "expected a notebook of format 4; got format 3: jupyter nbconvert --to"),
        ("odd.ipynb", ODD, "expected a notebook; "),
    ],
)
def test_what_is_no_notebook_is_named(execute, tmp_path, capsys, name, content, reason):
    path = tmp_path / name
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    assert execute.main([str(path)]) == 2
    out, err = capsys.readouterr()
    assert err.startswith(f"{name}: {reason}")
    assert (out, err.count("\n")) == ("", 1)


def test_a_notebook_that_can_not_be_written_is_not_run(execute, tmp_path, capsys, monkeypatch):
    good, locked = (write(tmp_path / name, "1") for name in ("01_a.ipynb", "02_b.ipynb"))
    monkeypatch.setattr(execute.os, "access", lambda path, mode: path != locked)
    assert execute.main([str(good), str(locked)]) == 2
    assert capsys.readouterr() == (
        "",
        "02_b.ipynb: can't be written, so its outputs couldn't be stored\n",
    )


@pytest.mark.slow
def test_the_script_hands_on_its_status(run):
    result = run("nowhere.ipynb")
    assert (result.returncode, result.stdout) == (2, "")


def test_the_evidence_comes_last_and_once(execute, tmp_path):
    a, b = (write(tmp_path / name, "1") for name in ("01_a.ipynb", "20_b.ipynb"))
    assert execute.chosen([a]) == [a]
    evidence = write(tmp_path / "evidence.ipynb", "1")
    assert execute.chosen([a]) == [a, evidence]
    assert execute.chosen([evidence, b, a]) == [b, a, evidence]
    assert execute.chosen([])[-1] == ROOT / "book" / "evidence.ipynb"


@pytest.mark.slow
def test_a_cell_lends_its_figure_to_other_pages(run, tmp_path):
    code = "from IPython.display import Image\nImage(data=b'\\x89PNG\\r\\n\\x1a\\n' + bytes(40))"
    path = write(tmp_path / "01_a.ipynb", code)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].metadata["seqlearn"] = {"picture": "a_figure"}
    nbformat.write(notebook, path)
    assert run(path).returncode == 0
    lent = (tmp_path / "_static" / "a_figure.png").read_bytes()
    assert lent == b"\x89PNG\r\n\x1a\n" + bytes(40)


def test_a_cell_that_lends_no_figure_is_named(execute):
    cell = new_code_cell("1", metadata={"seqlearn": {"picture": "a_figure"}})
    with pytest.raises(ValueError, match="lends 'a_figure': expected 1 figure; got 0"):
        execute.lent_pictures(new_notebook(cells=[cell]))


@pytest.mark.parametrize("path", sorted((ROOT / "book").glob("*.ipynb")), ids=lambda p: p.stem)
def test_lent_figures_are_those_of_the_stored_run(path, execute):
    notebook = nbformat.read(path, as_version=4)
    for name, picture in execute.lent_pictures(notebook).items():
        assert (ROOT / "book" / "_static" / f"{name}.png").read_bytes() == picture
