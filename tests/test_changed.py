"""What a change reaches is run, whatever way leads to it, and what it can't reach is not."""

import json
import subprocess

import changed
import pytest

FILES = {
    "seqlearn/__init__.py": "",
    "seqlearn/checks.py": "def require(x):\n    return x\n\n\ndef unused():\n    return 1\n",
    "seqlearn/tasks.py": (
        "from seqlearn.checks import require\n\nSIZE = 3\n\n\n"
        "def make(x):\n    '''Make.'''\n    if SIZE:\n        return require(x)\n\n\n"
        "def other():\n    from seqlearn import checks\n\n    return vars(checks)\n"
    ),
    "seqlearn/exercises/__init__.py": (
        "from seqlearn.exercises import gru, lstm\n\nTABLE = (gru, lstm)\n\n\n"
        "def check():\n    return TABLE\n"
    ),
    "seqlearn/exercises/gru.py": "ANSWER = 1\n",
    "seqlearn/exercises/lstm.py": "ANSWER = 2\n",
    "tests/answers_gru.py": "RIGHT = 1\n",
    "tests/answers_lstm.py": "RIGHT = 2\n",
    "tests/test_tasks.py": "from seqlearn import tasks\n\n\ndef test():\n    tasks.make(1)\n",
    "tests/test_other.py": "from seqlearn.tasks import other\n\n\ndef test():\n    other()\n",
    "tests/test_answers.py": "import answers_gru, answers_lstm\n\nassert vars(answers_gru)\n",
    "tests/test_readme.py": "from pathlib import Path\n\nPath('README.md')\n",
    "tools/run.py": "def go():\n    pass\n",
    "tests/test_run.py": "import run\n\nrun.go()\n",
    "README.md": "words\n",
    "pyproject.toml": "",
}
NOTEBOOKS = {
    "book/01_gru.ipynb": "%matplotlib inline\nfrom seqlearn.exercises import check\ncheck()",
    "book/02_lstm.ipynb": "from seqlearn import exercises, tasks\nexercises.check()",
}


@pytest.fixture
def project(tmp_path):
    """A small project under version control."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name, code in NOTEBOOKS.items():
        cells = [{"cell_type": "code", "source": [code]}, {"cell_type": "markdown", "source": []}]
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps({"cells": cells}), encoding="utf-8")
    who = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "old", "new", "reached"),
    [
        ("seqlearn/tasks.py", "SIZE = 3", "SIZE = 4", "tests/test_tasks.py"),
        # A whole module that is handed on, from within a function.
        ("seqlearn/checks.py", "return 1", "return 2", "tests/test_other.py"),
        (
            "seqlearn/checks.py",
            "return x",
            "return -x",
            "seqlearn/tasks.py tests/test_other.py tests/test_tasks.py",
        ),
        ("seqlearn/tasks.py", "if SIZE", "size = 1\n    if SIZE", "tests/test_tasks.py"),
        ("seqlearn/tasks.py", "Make.", "Make it.", ""),  # only the example itself
        (
            "seqlearn/exercises/gru.py",
            "1",
            "3",
            "book/01_gru.ipynb seqlearn/exercises/__init__.py",
        ),
        ("tests/answers_gru.py", "1", "3", "tests/test_answers.py"),
        ("tools/run.py", "pass", "return 1", "tests/test_run.py"),
        ("README.md", "words", "more", "tests/test_readme.py"),
        ("book/02_lstm.ipynb", "check()", "check(1)", ""),
    ],
)
def test_a_change_reaches(project, file, old, new, reached):
    text = (project / file).read_text(encoding="utf-8")
    assert old in text
    (project / file).write_text(text.replace(old, new), encoding="utf-8")
    expected = {*reached.split(), *({file} & set(changed.items(project)))}
    # The module whose examples are run counts as itself.
    if file == "seqlearn/checks.py" and new == "return 2":
        expected.add("seqlearn/tasks.py")
    assert set(changed.select("HEAD", project)) == expected


def test_new_and_removed_code_counts(project):
    (project / "tests/test_new.py").write_text("def test():\n    pass\n", encoding="utf-8")
    (project / "tools/run.py").unlink()
    assert changed.select("HEAD", project) == ["tests/test_new.py", "tests/test_run.py"]


def test_nothing_is_reached_by_nothing_and_all_by_what_decides_how_all_is_run(project):
    assert changed.select("HEAD", project) == []
    (project / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    assert changed.select("HEAD", project) == changed.items(project)


def test_a_commit_that_is_not_there(project):
    with pytest.raises(subprocess.CalledProcessError):
        changed.select("no-such-commit", project)
