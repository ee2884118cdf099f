"""The notebook comparison: what it lets pass, and what it must not."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbval_tolerance import NUMBER, Tolerance, agree, pytest_collection_modifyitems

ROOT = Path(__file__).parent.parent
PLUGIN = "nbval_tolerance"


def same(stored, fresh, *tags):
    return agree(stored, fresh, Tolerance.from_tags(list(tags)))[0] == stored


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("loss 0.30 after 28 rows", ["0.30", "28"]),
        (
            "1,234 weights, 98.4%, -0.5, +2, 1e-05, 2.5E+3",
            ["1,234", "98.4", "-0.5", "+2", "1e-05", "2.5E+3"],
        ),
        ("(64, 28, 28)", ["64", "28", "28"]),
        ("[ 1.  0.5 -1. ]", ["1.", "0.5", "-1."]),
        ("Over. 28. Next", ["28"]),  # a sentence ends there
        ("off by 0.</span> <span>Or 3. <b>", ["0", "3"]),
        ("they differ by 2.", ["2"]),
        ("[[0. 1.]\n [2. 3.]]", ["0.", "1.", "2.", "3."]),
        ("<td>0.98</td><td>-3</td>", ["0.98", "-3"]),
        ("took 1.5s", ["1.5"]),
        ("0.1-0.2", ["0.1", "0.2"]),
        ("−0.5 and .5", ["−0.5", ".5"]),
        ("keras 3.15.1, float32, x2, 28x28, 0x7f, LSTM(128)", ["128"]),
        ("nan inf", []),
    ],
)
def test_numbers_are_told_from_words(text, numbers):
    assert NUMBER.findall(text) == numbers


@pytest.mark.parametrize(
    ("stored", "fresh"),
    [
        ("accuracy 0.9812", "accuracy 0.9812"),
        ("accuracy 0.98120", "accuracy 0.98185"),  # 1 in 1,000, less than that apart
        ("accuracy 0.984", "accuracy 0.985"),  # the last digit may turn over
        ("98.4%", "98.5%"),
        ("0.98", "0.981"),  # a dropped zero: 0.980
        ("[ 0.1 -0.2]", "[0.1 -0.2]"),  # spaces that align numbers
        ("[1.    0.5  ]", "[0.9999 0.5   ]"),
        ("-0.00", "0.00"),
        ("grad 3.21e-09", "grad 3.22e-09"),
        ("<td>0.3000</td>", "<td>0.3001</td>"),
        ("nan", "nan"),
    ],
)
def test_small_differences_agree(stored, fresh):
    assert same(stored, fresh)
    assert same(fresh, stored)


def test_a_whole_number_may_end_a_sentence_as_a_decimal_does():
    assert same("differ by 0. We asked for 1.", "differ by 1.9e-06. We asked for 1.", "abs:1e-4")


@pytest.mark.parametrize(
    ("stored", "fresh"),
    [
        ("accuracy 0.9812", "accuracy 0.9912"),
        ("accuracy 0.984", "accuracy 0.987"),
        ("37,386 weights", "37,387 weights"),
        ("(64, 28, 28)", "(64, 28, 27)"),
        ("1e-05", "2e-05"),  # whole in its only digit: a setting, not a measurement
        ("3.2e-09", "7.2e-09"),  # small is no excuse
        ("-0.5", "0.5"),
        ("loss 0.30", "loss nan"),
        ("0.30", "0.30 0.30"),
        ("accuracy 0.98", "precision 0.98"),
        ("one two", "one  two"),  # these spaces align nothing
        ("0.98\n", "0.98\n\n"),
        ("keras 3.15.1", "keras 3.15.2"),
        ("float32", "float64"),
    ],
)
def test_true_differences_stay(stored, fresh):
    assert not same(stored, fresh)
    assert not same(fresh, stored)


@pytest.mark.parametrize(
    ("stored", "fresh", "tags", "expected"),
    [
        ("0.9800", "0.9899", ["abs:0.01"], True),
        ("0.9800", "0.9902", ["abs:0.01"], False),
        ("0.5000", "0.5249", ["rel:0.05"], True),
        ("0.5000", "0.5300", ["rel:0.05"], False),
        ("0.5000", "0.5300", ["rel:0.05", "abs:0.03"], True),
        ("95.01", "100.00", ["rel:0.05"], True),  # of the larger of the two
        ("100.00", "95.01", ["rel:0.05"], True),
        ("0.7", "0.9", ["abs:0.1"], True),  # the distance and the last digit, to the full
        ("100 errors", "104 errors", ["rel:0.05"], True),  # a tag is meant for whole numbers too
        ("100 errors", "101 errors", ["abs:0.5"], False),
        ("0.984", "0.985", ["exact"], False),
        ("0.984", "0.984", ["exact"], True),
        ("[ 0.5]", "[0.5]", ["exact"], False),
        ("word 0.5", "work 0.5", ["abs:10"], False),
        ("5000.0", "5004.0", ["abs:0.01"], False),  # a tag replaces the default
    ],
)
def test_a_tag_replaces_the_default(stored, fresh, tags, expected):
    assert same(stored, fresh, *tags) is expected


@pytest.mark.parametrize("tag", ["abs:", "rel:much", "abs:-1", "rel:nan", "abs:inf"])
def test_a_tag_that_says_nothing_is_an_error(tag):
    with pytest.raises(
        ValueError, match=f"expected a distance such as {tag[:3]}:0.01; got '{tag}'"
    ):
        Tolerance.from_tags([tag])


def test_exact_and_a_distance_contradict_each_other():
    with pytest.raises(ValueError, match="both"):
        Tolerance.from_tags(["exact", "abs:1"])


deterministic = settings(derandomize=True, max_examples=100, deadline=None)
value = st.floats(-1e6, 1e6, allow_nan=False)
digits = st.integers(1, 6)


@deterministic
@given(value, digits)
def test_every_printed_number_is_one_number(x, d):
    for text in (f"{x:.{d}f}", f"{x:,.{d}f}", f"{x:.{d}e}"):
        assert NUMBER.findall(f"a {text} b") == [text]


@deterministic
@given(value, digits, st.floats(-1, 1))
def test_what_lies_within_the_tolerance_agrees(x, d, part):
    y = x + part * 1e-3 * abs(x)
    assert same(f"[{x:.{d}f}]", f"[{y:.{d}f}]")


@deterministic
@given(value, digits, st.floats(1.01, 10))
def test_what_lies_beyond_it_does_not(x, d, factor):
    # Beyond the tolerance, the last digit, and half a digit of rounding on each side.
    y = x + factor * (1.002e-3 * abs(x) + 2 * 10**-d)
    assert not same(f"[{x:.{d}f}]", f"[{y:.{d}f}]")


@deterministic
@given(value, value, digits, digits)
def test_the_order_does_not_matter(x, y, d, e):
    a, b = f"{x:.{d}f}", f"{y:.{e}f}"
    assert Tolerance().allows(a, b) == Tolerance().allows(b, a)


def stated(sentence):
    record = {"seqlearn_claim": {"template": sentence, "checked": True}}
    return new_output("display_data", data={"text/plain": f"✓ {sentence}"}, metadata=record)


def cell(source, *outputs, tags=(), count=1):
    return new_code_cell(
        source, outputs=list(outputs), execution_count=count, metadata={"tags": list(tags)}
    )


def printed(text):
    return new_output("stream", name="stdout", text=text)


def shown(**data):
    return new_output("display_data", data={k.replace("_", "/"): v for k, v in data.items()})


HTML = "from IPython.display import HTML, display; display(HTML('<td>{}</td>'))"
HTML_OUTPUT = shown(text_plain="<IPython.core.display.HTML object>", text_html="<td>0.5000</td>")

# name: (cell, how it must come out)
CELLS = {
    "number within the tolerance": (cell("print(0.98121)", printed("0.98120\n")), "passed"),
    "number off": (cell("print(0.9912)", printed("0.9812\n")), "failed"),
    "whole number off": (cell("print(37387)", printed("37386\n")), "failed"),
    "changed word": (cell("print('gru 0.5')", printed("lstm 0.5\n")), "failed"),
    "html within the tolerance": (cell(HTML.format("0.5001"), HTML_OUTPUT), "passed"),
    "html off": (cell(HTML.format("0.5101"), HTML_OUTPUT), "failed"),
    "result within the tolerance": (
        cell("[0.3001, 28]", new_output("execute_result", {"text/plain": "[0.3000, 28]"})),
        "passed",
    ),
    "tag allows": (cell("print(0.99)", printed("0.95\n"), tags=["abs:0.05"]), "passed"),
    "tag does not allow": (cell("print(0.99)", printed("0.90\n"), tags=["abs:0.05"]), "failed"),
    "tag forbids": (cell("print(0.985)", printed("0.984\n"), tags=["exact"]), "failed"),
    "tag makes no sense": (cell("1;", tags=["abs:little"]), "failed"),
    "output gone": (cell("pass", printed("0.5\n")), "failed"),
    "output new": (cell("print(0.5)"), "failed"),
    "stderr new": (cell("import sys; print('oh', file=sys.stderr)"), "failed"),
    "never executed": (cell("later = 1", count=None), "failed"),
    "never executed does not break the next": (cell("later += 1"), "passed"),
    "raises": (cell("1 / 0"), "failed"),
    "raises though ignored": (cell("1 / 0", tags=["nbval-ignore-output"]), "failed"),
    "ignored": (cell("print(1)", printed("2\n"), tags=["nbval-ignore-output"]), "passed"),
    "either way": (cell("print('three')", printed("two\n"), tags=["either-way"]), "passed"),
    "either way raises": (cell("1 / 0", tags=["either-way"]), "failed"),
    "either way claims less": (
        cell("pass", stated("It is near"), tags=["either-way"]),
        "failed",
    ),
    "claim holds": (
        cell(
            "from seqlearn.claims import claim\nclaim('It is {}', 0.98, at_least=0.9)",
            shown(
                text_plain="✓ It is 0.98. We asked for at least 0.9.",
                text_html='<div class="seqlearn-claim" style="border-left:3px solid #2a9d8f;'
                'padding:.15em .8em;margin:.35em 0"><span class="seqlearn-mark">✓</span> '
                'It is 0.98. <span class="seqlearn-remark">We asked for at least 0.9.</span></div>',
            ),
        ),
        "passed",
    ),
    "claim fails": (cell("claim('It is {}', 0.8, at_least=0.9)"), "failed"),
    "claim fails though it needs the full data": (
        cell("claim('It is {}', 0.8, at_least=0.9)", tags=["full-data"]),
        "failed",
    ),
    "an import": (cell("import os"), "passed"),
    "claim about the full data": (
        cell(
            "claim('It is {}', 0.8, at_least=0.9, only_on='full',"
            " source=os.environ.get('SEQLEARN_SOURCE'))",
            tags=["full-data"],
        ),
        "depends",
    ),
    "full data": (cell("print(8)", printed("28\n"), tags=["full-data"]), "depends"),
    "the kernel is told": (
        cell(
            "print(os.environ.get('SEQLEARN_SOURCE', 'auto'))",
            printed("embedded\n"),
        ),
        "depends",
    ),
}


def run(folder, *arguments, **environment):
    """Run pytest with the plugin on a folder of its own, as a reader would."""
    alone = ["--color=no", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", folder]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "SEQLEARN_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-p", PLUGIN, "-v", *alone, *arguments, folder],
        env={
            **inherited,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), str(ROOT)]),
            "IPYTHONDIR": str(folder / "ipython"),
            **environment,
        },
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )


def outcomes(result):
    """The outcome of each cell, by its number."""
    found = {}
    for line in result.stdout.splitlines():
        for outcome in ("PASSED", "FAILED", "ERROR"):
            if "::Cell " in line and f" {outcome} " in line + " " and "[" in line:
                found[int(line.split("::Cell ")[1].split()[0])] = outcome.lower()
    return found


@pytest.fixture(scope="module")
def embedded_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebooks")
    nbformat.write(new_notebook(cells=[c for c, _ in CELLS.values()]), folder / "many.ipynb")
    # Nothing says which data to use, and there is none.
    return run(folder, SEQLEARN_DATA=str(folder), SEQLEARN_CACHE=str(folder / "cache"))


@pytest.mark.slow
@pytest.mark.parametrize("name", CELLS)
def test_a_real_kernel_agrees(embedded_run, name):
    _, expected = CELLS[name]
    found = outcomes(embedded_run)
    assert len(found) == len(CELLS), embedded_run.stdout + embedded_run.stderr
    # On the embedded data the cells that depend on the source are let through.
    assert found[list(CELLS).index(name)] == ("passed" if expected == "depends" else expected)


@pytest.mark.slow
def test_the_report_names_the_distance(embedded_run):
    assert "stored 0.9812, now 0.9912: 0.01 apart" in embedded_run.stdout
    assert "This cell was never executed" in embedded_run.stdout
    assert "expected a distance such as abs:0.01; got 'abs:little'" in embedded_run.stdout
    plain = re.sub(r"\x1b\[[\d;]*m", "", embedded_run.stdout)
    assert "ClaimFailed: It is …: measured 0.8, expected at least 0.9" in plain


@pytest.mark.slow
def test_the_summary_counts_the_cells(embedded_run):
    assert "3 cells ran on the embedded data and were not compared" in embedded_run.stdout
    ignored = "2 cells ran, with output that no run can repeat, and were not compared"
    assert ignored in embedded_run.stdout
    unchecked = "1 claim about the full data was not checked on the embedded data"
    assert unchecked in embedded_run.stdout


@pytest.mark.slow
def test_on_the_full_data_every_cell_is_compared_also_by_workers(tmp_path):
    names = ["number within the tolerance", "full data", "ignored"]
    nbformat.write(new_notebook(cells=[CELLS[n][0] for n in names]), tmp_path / "few.ipynb")
    result = run(tmp_path, "-n", "1", "--dist", "loadscope", SEQLEARN_SOURCE="full")
    assert "1 failed, 2 passed" in result.stdout, result.stdout + result.stderr
    assert "2 cells ran and were compared with their stored outputs" in result.stdout
    assert "1 cell ran, with output that no run can repeat" in result.stdout
    assert "embedded" not in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, False])
def test_cells_about_docstrings_are_compared_on_the_text_of_the_book_alone(tmp_path, known):
    tagged = cell("print(8)", printed("28\n"), tags=["docstrings"])
    nbformat.write(new_notebook(cells=[tagged]), tmp_path / "one.ipynb")
    if not known:  # another SciPy: one that says little
        package = tmp_path / "other" / "scipy"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text('"""A sentence that is long enough to be kept."""')
    path = os.pathsep.join(map(str, (tmp_path / "other", ROOT / "tests", ROOT)))
    result = run(tmp_path, SEQLEARN_SOURCE="full", PYTHONPATH=path)
    other = "1 cell ran on docstrings of other versions and was not compared"
    assert (other in result.stdout) is not known, result.stdout + result.stderr
    assert ("1 failed" in result.stdout) is known


@pytest.mark.slow
def test_a_run_of_the_book_alone_finds_the_plugin(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "tests").mkdir()
    for name in ("conftest.py", "pyproject.toml", "tests/nbval_tolerance.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    nbformat.write(new_notebook(cells=[CELLS["number off"][0]]), tmp_path / "book" / "one.ipynb")
    built = tmp_path / "_build" / "one.ipynb"
    built.parent.mkdir()
    built.write_bytes((tmp_path / "book" / "one.ipynb").read_bytes())
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "--collect-only", "-q", "book", "."],
        env={**os.environ, "PYTHONPATH": str(ROOT), "SEQLEARN_SOURCE": "embedded"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "book/one.ipynb::Cell 0" in result.stdout, result.stdout + result.stderr
    assert "_build" not in result.stdout


@pytest.mark.slow
def test_the_longest_notebooks_are_run_first_and_the_rest_stays_in_order(tmp_path):
    texts = {"a.py": "", "b.ipynb": "about 2 minutes", "c.ipynb": "about 7 minutes", "d.ipynb": ""}
    for name, text in texts.items():
        (tmp_path / name).write_text(f"*Time to run: {text} on two cores*", encoding="utf-8")
    items = [SimpleNamespace(path=tmp_path / name, cell=n) for name in texts for n in (1, 2)]
    pytest_collection_modifyitems(items)
    assert [(item.path.name, item.cell) for item in items] == [
        (name, n) for name in ("c.ipynb", "b.ipynb", "a.py", "d.ipynb") for n in (1, 2)
    ]
