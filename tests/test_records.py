"""Recorded experiments: whole or not at all, and never older than their code."""

import json
import os
import sys
from pathlib import Path

import pytest

from seqlearn import records

SOME_CODE = '''
def double(x):
    """Twice."""
    return 2 * x
'''


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module whose source can be rewritten."""
    path = tmp_path / "some_code_for_records.py"
    monkeypatch.syspath_prepend(tmp_path)

    def write(text):
        path.write_text(text, encoding="utf-8")
        sys.modules.pop("some_code_for_records", None)
        # Two versions written within one clock tick would share a cached compilation.
        sys.dont_write_bytecode, kept = True, sys.dont_write_bytecode
        try:
            return records.code_fingerprint(["some_code_for_records:double"])
        finally:
            sys.dont_write_bytecode = kept

    yield write
    sys.modules.pop("some_code_for_records", None)


def test_comments_docstrings_and_layout_do_not_count(module):
    original = module(SOME_CODE)
    assert module(SOME_CODE.replace("Twice.", "Two times.")) == original
    assert module(SOME_CODE.replace("return 2 * x", "# why\n    return 2*x")) == original
    assert module("import os\n\n\n" + SOME_CODE + "\n\ndef other(): ...\n") == original


def test_a_change_of_the_code_counts(module):
    original = module(SOME_CODE)
    assert module(SOME_CODE.replace("2 *", "3 *")) != original
    assert module(SOME_CODE.replace("(x)", "(x, y=1)")) != original


def test_a_name_that_is_not_there_is_said():
    with pytest.raises(ValueError, match=r"'seqlearn\.models:build_nothing' can't be found"):
        records.code_fingerprint(["seqlearn.models:build_nothing"])
    with pytest.raises(ValueError, match=r"'benchmarks/none\.py' can't be found"):
        records.code_fingerprint(["benchmarks/none.py"])


def write(folder, figures, name="demo"):
    return records.write_record(
        name, figures, depends_on=["seqlearn.training:random_shift"], source="embedded",
        seeds=[1, 2], minutes=0.26, folder=folder,
    )  # fmt: skip


def test_a_record_comes_back_as_it_was_written(tmp_path):
    write(tmp_path, {"test": [0.98, 0.99]})
    record = records.load_record("demo", folder=tmp_path)
    assert record["figures"] == {"test": [0.98, 0.99]}
    assert (record["seeds"], record["minutes"]) == ([1, 2], 0.3)
    assert not records.is_stale(record)
    assert records.is_stale({**record, "fingerprint": "0" * 64})
    assert os.listdir(tmp_path) == ["demo.json"]


@pytest.mark.parametrize("figures", [{"loss": float("nan")}, {"model": object()}])
def test_what_json_cannot_hold_leaves_the_old_record_whole(tmp_path, figures):
    before = write(tmp_path, {"loss": 1.0}).read_bytes()
    with pytest.raises(ValueError, match="figures: expected what JSON can hold"):
        write(tmp_path, figures)
    assert (tmp_path / "demo.json").read_bytes() == before


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    records.write_whole(path, "old")

    def full_disk(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(OSError, match="No space left"):
        records.write_whole(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_missing_and_broken_records_are_said(tmp_path):
    write(tmp_path, {})
    with pytest.raises(FileNotFoundError, match="no record named 'other'; there are: demo"):
        records.load_record("other", folder=tmp_path)
    with pytest.raises(ValueError, match="name: expected letters"):
        records.load_record("../demo", folder=tmp_path)
    for text, message in [("{", "recorded"), ("{}", "lacks"), ("[]", "recorded")]:
        (tmp_path / "demo.json").write_text(text)
        with pytest.raises(ValueError, match=message):
            records.load_record("demo", folder=tmp_path)


@pytest.mark.parametrize("path", sorted(records.RESULTS.glob("*.json")), ids=lambda p: p.stem)
def test_no_record_of_the_book_is_older_than_its_code(path: Path):
    record = records.load_record(path.stem)
    assert not records.is_stale(record), (
        f"code that {path.name} depends on has changed since it was made: "
        f"`make experiments NAME={path.stem}` makes it anew"
    )
    assert record["source"] == "full"
    assert record["name"] == path.stem
    json.dumps(record, allow_nan=False)
