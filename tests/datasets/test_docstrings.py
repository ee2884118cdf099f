"""The text of the docstrings: prose alone, nothing twice, one file in one part, known by digest."""

import importlib.metadata
import re

import pytest

from seqlearn.datasets import DataUnavailable, docstrings, load_docstrings


@pytest.fixture(scope="module")
def text():
    return load_docstrings()


def test_prose_is_kept_and_the_rest_is_not():
    code = '''
"""Compute the :func:`sum` of ``all`` elements
    along an axis.

    Parameters
    ----------
    a : array_like
        Elements to sum, of which there must be at least one.

    Too short.

    Formulas such as x^2 + y^2 make this a paragraph to leave out.

    A code sample follows this long enough line::

    Dashes -- two of them -- are the mark of a table or a heading.

    no capital letter opens this paragraph, so it was cut from something.
    """
'''
    assert list(docstrings._paragraphs(code)) == [
        "compute the sum of all elements along an axis.",
    ]


def test_the_characters_are_few(text):
    for part in (text.train, text.val, text.test):
        assert re.fullmatch(r"[a-z0-9 .,;:()'\n-]+", part)
        assert part.endswith(".\n")


def test_no_paragraph_stands_twice_also_not_in_two_parts(text):
    lines = "".join((text.train, text.val, text.test)).splitlines()
    assert len(lines) > 1000
    assert len(set(lines)) == len(lines)


def test_files_are_dealt_to_the_parts_in_order_of_their_names(tmp_path, monkeypatch, capsys):
    package = tmp_path / "scipy"
    (package / "tests").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    for number in range(8):
        sentence = f"This is a sentence of file number {number} of eight."
        (package / f"m{number}.py").write_text(
            f'"""A sentence that stands in every file, but counts once."""\n"""{sentence}"""\n'
        )
    (package / "tests" / "test_m.py").write_text('"""Sentences of the tests are not to be read."""')
    monkeypatch.setattr(docstrings, "_root", lambda: package)
    data = load_docstrings()
    numbers = {
        part: re.findall(r"number (\d)", getattr(data, part)) for part in data.__annotations__
    }
    assert numbers["val"] == ["3"]
    assert numbers["test"] == ["7"]
    assert numbers["train"] == ["0", "1", "2", "4", "5", "6"]
    assert data.train.count("stands in every file") == 1
    assert "tests" not in data.train
    assert data.source == "other"
    assert "not quite the text of the book" in capsys.readouterr().out


def test_the_pinned_version_has_the_known_text(text):
    pinned = importlib.metadata.version("scipy") == docstrings.VERSION
    if not pinned:
        pytest.skip("another SciPy is installed")
    assert text.source == "full"


def test_the_version_is_that_of_the_constraints(pytestconfig):
    lines = (pytestconfig.rootpath / "constraints.txt").read_text(encoding="utf-8").split()
    assert f"scipy=={docstrings.VERSION}" in lines


def test_a_package_without_source_files_is_named(tmp_path, monkeypatch):
    package = tmp_path / "scipy"
    package.mkdir()
    monkeypatch.setattr(
        docstrings.importlib.util,
        "find_spec",
        lambda name: type("Spec", (), {"origin": str(package / "__init__.pyc")}),
    )
    with pytest.raises(DataUnavailable, match="SciPy with its source files"):
        load_docstrings()
