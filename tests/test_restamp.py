"""Dating anew: only what is equal but for moves, guards and declared names."""

import ast
import json
import subprocess

import nbformat
import pytest
import reach
import record
import restamp
from nbformat.v4 import new_code_cell, new_notebook

SCRIPT = """
from seqlearn import reading

SEEDS = (1,)
SIDES = {"keep": "first"}

def run(seed):
    return reading.cut([1, 2, seed], **SIDES)
"""
JOINTS = """
KEYS = ["1"]

def part(key):
    return run(int(key))

def figures(done):
    return done
"""
READING = """
LENGTH = 2

def cut(sequence, keep="last"):
    return sequence[:LENGTH] if keep == "first" else sequence[-LENGTH:]
"""
NOTEBOOK = "from seqlearn import reading\nprint(reading.cut([1, 2], keep='first'))"

# Another name, another place, a guard: the same is computed.
MOVED = {
    "experiments/demo.py": (SCRIPT + JOINTS)
    .replace("reading.cut", "sides.shorten")
    .replace("import reading", "import sides")
    .replace("keep", "side"),
    "seqlearn/sides.py": READING.replace("keep", "side")
    .replace("def cut", "def shorten")
    .replace("    return", "    if not sequence:\n        raise ValueError\n    return"),
    "seqlearn/reading.py": "",
    "book/01_x.ipynb": "from seqlearn.sides import shorten\n\nprint(shorten([1, 2], side='first'))",
}
RENAMED = ("--renamed", "cut=shorten", "keep=side")


class Project:
    """A repository with one experiment and one chapter."""

    def __init__(self, folder, capsys):
        self.folder, self.capsys = folder, capsys
        self.git("init", "-q")

    def git(self, *words):
        who = ["-c", "user.name=A", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *words], cwd=self.folder, check=True)

    def write(self, files):
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".ipynb":
                text = nbformat.writes(new_notebook(cells=[new_code_cell(text)]))
            path.write_text(text, encoding="utf-8")

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")

    def stamp(self):
        """Write record and counts of the code as it stands."""
        tree = reach.Tree(self.folder)
        code = reach.digests(tree.reach(record.roots("demo", tree)))
        (self.folder / "seqlearn" / "results").mkdir(exist_ok=True)
        record.write_record(
            "demo", {"1": [1, 2]}, rests_on=code, seeds=[1], minutes=1,
            folder=self.folder / "seqlearn" / "results",
        )  # fmt: skip
        chapter = restamp.fresh_seeds.code(self.folder / "book" / "01_x.ipynb", tree)
        counts = {"01_x.ipynb": {"code": reach.digest([chapter]), "seeds": [1], "claims": {}}}
        (self.folder / "book" / "fresh_seeds.json").write_text(json.dumps(counts))

    def restamp(self, *words):
        status = restamp.main(["--old", "HEAD", *words])
        return status, self.capsys.readouterr().out

    def stamps(self):
        return [
            json.loads((self.folder / path).read_text())
            for path in ("seqlearn/results/demo.json", "book/fresh_seeds.json")
        ]


@pytest.fixture
def project(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(restamp, "ROOT", tmp_path)
    project = Project(tmp_path, capsys)
    project.write(
        {
            "experiments/demo.py": SCRIPT + JOINTS,
            "seqlearn/__init__.py": "",
            "seqlearn/reading.py": READING,
            "book/01_x.ipynb": NOTEBOOK,
        }
    )
    project.stamp()
    project.commit()
    return project


def test_what_was_moved_renamed_and_guarded_is_stamped_anew(project):
    before = project.stamps()
    project.write(MOVED)
    status, said = project.restamp(*RENAMED, "--dry-run")
    assert (status, project.stamps()) == (0, before)
    status, said = project.restamp(*RENAMED)
    assert status == 0
    assert "demo: all 8 definitions are equal, stamped" in said
    assert "01_x.ipynb: the code is equal, stamped" in said
    after = project.stamps()
    assert after[0]["figures"] == before[0]["figures"]
    assert {"cut", "shorten"} & after[0]["rests_on"].keys() == {"shorten"}
    project.stamp()  # as if it had been run now
    assert [each["rests_on"] for each in after[:1]] == [project.stamps()[0]["rests_on"]]
    assert after[1] == project.stamps()[1]
    status, said = project.restamp()
    assert (status, said) == (0, "demo: up to date\n01_x.ipynb: up to date\n")


@pytest.mark.parametrize(
    ("path", "old", "new", "line"),
    [
        ("seqlearn/sides.py", "LENGTH = 2", "LENGTH = 3", "+LENGTH = 3"),
        ("seqlearn/sides.py", "[:LENGTH]", "[:-LENGTH]", "+    return sequence[:-LENGTH]"),
        ("experiments/demo.py", '"first"', '"last"', "+SIDES = {'side': 'last'}"),
        ("experiments/demo.py", "int(key)", "len(key)", "+    return run(len(key))"),
    ],
)
def test_a_change_is_shown_and_never_stamped(project, path, old, new, line):
    before = project.stamps()
    assert old in MOVED[path]
    project.write({**MOVED, path: MOVED[path].replace(old, new)})
    status, said = project.restamp(*RENAMED)
    assert status == 1
    assert "demo: DIFFERS in 1 of 8 definitions" in said
    assert line in said
    assert project.stamps()[0] == before[0]


def test_a_name_that_was_not_declared_differs(project):
    before = project.stamps()
    project.write(MOVED)
    status, said = project.restamp("--renamed", "cut=shorten")
    assert status == 1
    assert "-def shorten(sequence, keep='last'):" in said
    assert "+def shorten(sequence, side='last'):" in said
    assert "01_x.ipynb: DIFFERS" in said
    assert project.stamps() == before


def test_stamps_that_were_not_right_then_are_no_ground(project):
    project.write({"seqlearn/reading.py": READING.replace("2", "3"), "book/01_x.ipynb": "1"})
    project.commit()
    project.write(MOVED)
    status, said = project.restamp(*RENAMED)
    assert status == 1
    assert said.count("NOT COMPARED: it was not up to date") == 2


def test_figures_that_were_made_since_are_not_compared(project):
    record_of, counts = project.stamps()
    project.write(
        {
            **MOVED,
            "seqlearn/results/demo.json": json.dumps({**record_of, "figures": 1}),
            "book/fresh_seeds.json": json.dumps(
                {"01_x.ipynb": {**counts["01_x.ipynb"], "seeds": []}}
            ),
        }
    )
    status, said = project.restamp(*RENAMED)
    assert status == 1
    assert said.count("NOT COMPARED") == 2


@pytest.mark.parametrize("stale", [False, True])
def test_scripts_that_ran_themselves_are_compared_from_what_their_parts_name(project, stale):
    project.git("mv", "experiments", "benchmarks")
    project.write(
        {
            "benchmarks/demo.py": SCRIPT + "\ndef run_all():\n    print(run(1))\n",
            "seqlearn/records.py": "load_record = print\n\ndef is_stale(record):\n"
            f"    return {stale}\n",
        }
    )
    found = project.stamps()[0]
    del found["rests_on"]
    text = json.dumps({**found, "depends_on": ["benchmarks/demo.py"]})
    project.write({"seqlearn/results/demo.json": text})
    project.commit()
    project.write(MOVED)
    status, said = project.restamp(*RENAMED)
    if stale:
        assert status == 1
        assert "NOT COMPARED: it was not up to date" in said
        return
    assert status == 0
    assert "to be read, because the script ran itself then: KEYS, part, figures" in said
    after = project.stamps()[0]
    assert "depends_on" not in after
    project.stamp()
    assert after["rests_on"] == project.stamps()[0]["rests_on"]


@pytest.mark.parametrize(
    ("old", "new", "equal"),
    [
        ("def f(a, b): return a - b", "def f(c, b): return c - b", True),
        ("def f(a, b): return a - b", "def f(a, b): return a - b", True),
        ("def f(a, b): return a - b", "def f(c, b): return a - b", False),
        ("def f(a, c): return a - c", "def f(c, c2): return c - c", False),
        ("def f(x): return g(x, a=x.a)['a']", "def f(x): return g(x, c=x.a)['c']", True),
        ("def f(x): return g(x, a=1)", "def f(x): return g(x, a=1.0)", False),
        ("def f(x): return g(x, a=1)", "def f(x): return g(x, a=True)", False),
        ("def f(x): return g(x)", "def f(y): return g(y)", False),
        ("def f(x): return g(x)", "def f(x): return g(x, x)", False),
        ("x = 'a.b(a)'", "x = 'c.b(a)'", True),
        ("x = 'a.b(a)'", "x = 'c.b[a]'", False),
        ("x = a - b\ny = a", "x = c - b\ny = a", False),
        ("def f(a): return a\ndef g(a): return a", "def f(c): return c\ndef g(a): return a", True),
        (
            "class C:\n def f(s, a): return a\n def g(s, a): return a",
            "class C:\n def f(s, c): return c\n def g(s, a): return a",
            True,
        ),
    ],
)
def test_a_name_stands_for_another_only_throughout_a_function(old, new, equal):
    assert restamp.same(ast.parse(old), ast.parse(new), {"a": {"c"}}) is equal


def test_a_parameter_may_change_its_values_with_its_name(project):
    renamed = (SCRIPT + JOINTS).replace("keep", "from_start").replace('"first"', "True")
    reading = READING.replace("keep", "from_start").replace('from_start == "first"', "from_start")
    files = {"experiments/demo.py": renamed, "seqlearn/reading.py": reading}
    declared = ["--renamed", "keep=from_start", "--equal", "'first'", "True"]
    declared += ["--equal", "keep == 'first'", "from_start"]
    project.write({each: text.replace('"last"', "False") for each, text in files.items()})
    assert "demo: DIFFERS in 1 of 8" in project.restamp(*declared)[1]
    assert "demo: all 8" in project.restamp(*declared, "--equal", "'last'", "False")[1]


# The same function, written anew with a table that there wasn't.
REWRITTEN = """
SIGN = {"first": 1, "last": -1}
WAYS = {side: slice(None, 2) if sign > 0 else slice(-2, None) for side, sign in SIGN.items()}

def cut(sequence, keep="last"):
    return sequence[WAYS[keep]]
"""
WITNESS = """
from seqlearn import reading
for side in ("first", "last"):
    print(reading.cut([1, 2, 3, 4], side))
"""


def witness(project, text):
    path = project.folder.parent / "witness.py"
    path.write_text(text, encoding="utf-8")
    return ("--witness", str(path))


def test_what_was_written_anew_is_stamped_where_a_witness_ran_it_alike(project):
    project.write({"seqlearn/reading.py": REWRITTEN})
    assert project.restamp()[0] == 1
    status, said = project.restamp(*witness(project, WITNESS))
    assert "witness.py: 2 lines, the same in both trees" in said
    assert "demo: all 9 definitions are equal, 4 of them as the witness ran them, stamped" in said
    assert status == 0


def test_a_witness_speaks_only_for_what_it_ran(project):
    project.write({"seqlearn/reading.py": REWRITTEN})
    before = project.stamps()
    status, said = project.restamp(*witness(project, "print(1)"))
    assert status == 1
    assert "demo: DIFFERS in 3 of 9 definitions" in said
    assert project.stamps() == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (WITNESS, "not the same in both trees"),
        (WITNESS.replace("print", "len"), "got nothing"),
        ("raise SystemExit('no data')", "got no data"),
    ],
)
def test_a_witness_that_finds_a_difference_or_nothing_ends_it(project, text, words):
    project.write({"seqlearn/reading.py": REWRITTEN.replace("slice(-2", "slice(-1")})
    before = project.stamps()
    with pytest.raises(SystemExit, match=words):
        project.restamp(*witness(project, text))
    assert project.stamps() == before
