"""Claims on fresh seeds: each is counted, failing ones too, and other errors are told."""

import json
import os
import subprocess
import sys
from pathlib import Path

import fresh_seeds
import pytest
from nbformat import read, write
from nbformat.v4 import new_code_cell, new_notebook

from seqlearn import claims

ROOT = Path(__file__).parent.parent
CODE = [
    # Quicker than seqlearn.start, which reads the same variable (test_session.py).
    "import os\n\nfrom seqlearn.claims import claim\n\nseed = int(os.environ['SEQLEARN_SEED'])",
    "claim('The seed is {}', seed, at_least=100)",
    "claim('The seed is odd', seed % 2 == 1, equal_to=True)\n"
    "claim('This is reached', True, equal_to=True)",
    "claim('A later cell runs all the same', True, equal_to=True)",
]


@pytest.fixture
def count(tmp_path):
    """Run the tool in a copy of its surroundings; give its status, output and table."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "book").mkdir()
    for name in ("execute.py", "files.py", "fresh_seeds.py", "reach.py"):
        (tmp_path / "tools" / name).write_text((ROOT / "tools" / name).read_text("utf-8"), "utf-8")

    def call(code, *arguments):
        notebook = new_notebook(cells=[new_code_cell(source) for source in code])
        write(notebook, tmp_path / "book" / "02_x.ipynb")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "SEQLEARN_"))}
        done = subprocess.run(
            [sys.executable, tmp_path / "tools" / "fresh_seeds.py", *arguments],
            env={**kept, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path / "ipython")},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        found = tmp_path / "book" / "fresh_seeds.json"
        return done, json.loads(found.read_text("utf-8")) if found.exists() else {}

    return call


@pytest.mark.slow
def test_claims_are_counted_over_the_seeds_and_one_that_failed_is_told(count):
    done, table = count(CODE, "book/02_x.ipynb", "--seeds", "1001", "2002")
    assert done.returncode == 1, done.stderr
    claims = table["02_x.ipynb"]["claims"]
    counts = {sentence: (found["held"], found["runs"]) for sentence, found in claims.items()}
    assert counts == {
        "The seed is …": (2, 2),
        "The seed is odd": (1, 2),
        "This is reached": (1, 1),  # where the claim above it failed it was not
        "A later cell runs all the same": (2, 2),
    }
    assert "✗ The seed is odd" in done.stdout
    assert "1/2   The seed is odd" in done.stdout
    # Runs add up; one that is there is not repeated, because an import, a comment or the wording of
    # a claim is no other code; other code starts anew.
    again = ["import sys\n" + CODE[0], *CODE[1:-1], CODE[-1].replace("runs", "is run") + "  # so"]
    done, table = count(again, "book/02_x.ipynb", "--seeds", "1001", "3003", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert table["02_x.ipynb"]["seeds"] == [1001, 2002, 3003]
    done, table = count([*CODE[:2], "1 / 0"], "book/02_x.ipynb", "--seeds", "1001")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stdout
    assert table["02_x.ipynb"]["seeds"] == [1001]
    assert list(table["02_x.ipynb"]["claims"]) == ["The seed is …"]


COUNTS = json.loads((ROOT / "book" / "fresh_seeds.json").read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_counts_go_by_the_words_that_the_chapter_has_now(name):
    # Other words are no other code, so the counts stay: their keys have to be reworded as well.
    cells = read(ROOT / "book" / name, as_version=4).cells
    claimed = {
        output.metadata[claims.RECORD]["template"]
        for cell in cells
        for output in cell.get("outputs", [])
        if claims.RECORD in output.get("metadata", {})
    }
    counted = COUNTS[name]["claims"]
    held = {sentence for sentence, found in counted.items() if found["held"] == found["runs"]}
    assert held <= claimed  # one that failed may have left its chapter
    if COUNTS[name]["code"] == fresh_seeds.fingerprint(ROOT / "book" / name):
        assert claimed <= counted.keys()
