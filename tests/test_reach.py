"""What an experiment reaches: each kind of reach counts, and what computes nothing doesn't."""

import ast

import pytest
import reach

FILES = {
    "experiments/demo.py": """
import seqlearn
from seqlearn import middle as m
from seqlearn.middle import decorate, twice as double

SIZES = {"small": 2}


class Reader(m.Base):
    width: int = m.WIDTH

    def read(self):
        return self.inner()


@decorate
def run(x, factor=m.FACTOR):
    from seqlearn import late

    def nested(y):
        return m.nested_helper(y)

    reader = Reader()
    return double(late.helper(nested(x))) * factor + reader.read() + seqlearn.shown(SIZES["small"])
""",
    "seqlearn/__init__.py": "from seqlearn.middle import inner_one as shown\n",
    "seqlearn/middle.py": """
import math

import numpy as np

WIDTH = 3
FACTOR = 5
TABLE = {}
TABLE["key"] = 7


def decorate(function):
    return function


def twice(x):
    if x < 0:
        raise ValueError(f"x: expected a number; got {x}")
    return np.multiply(x, 2) + TABLE["key"]


def nested_helper(y):
    return y + 11


def inner_one(x):
    return x + 13


def unreached(x):
    return x + 17


class Base:
    def inner(self):
        return 19

    def never_named(self):
        return 23
""",
    "seqlearn/late.py": "def helper(x):\n    return [helper(y) for y in x] if x else 29\n",
    "seqlearn/checks.py": "def require_number(x, name):\n    return x\n",
    "seqlearn/display.py": "def say(line):\n    print(line)\n",
}


@pytest.fixture
def fingerprint(tmp_path):
    """Fingerprint of what ``run`` reaches, after a change of one file."""

    def write(path="seqlearn/late.py", old="", new="", **more):
        for name, text in {**FILES, **more}.items():
            assert name != path or old in text
            text = text.replace(old, new) if name == path and old else text
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        forms = reach.Tree(tmp_path).reach([("experiments.demo", "run")])
        return reach.digests(forms)

    return write


def changed(before, after):
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_what_is_reached_goes_by_its_bare_name(fingerprint):
    assert set(fingerprint()) == {
        *("run", "SIZES", "Reader", "Reader.read", "Base", "Base.inner", "WIDTH", "FACTOR"),
        *("decorate", "twice", "TABLE", "nested_helper", "inner_one", "helper"),
    }


MIDDLE = "seqlearn/middle.py"


@pytest.mark.parametrize(
    ("path", "old", "new", "names"),
    [
        pytest.param("experiments/demo.py", '"small": 2', '"small": 3', {"SIZES"}, id="constant"),
        pytest.param(MIDDLE, '"key"] = 7', '"key"] = 8', {"TABLE"}, id="change of a constant"),
        pytest.param(MIDDLE, "WIDTH = 3", "WIDTH = 4", {"WIDTH"}, id="default of a field"),
        pytest.param(MIDDLE, "FACTOR = 5", "FACTOR = 6", {"FACTOR"}, id="default argument"),
        pytest.param(MIDDLE, "return function", "return len", {"decorate"}, id="decorator"),
        pytest.param(MIDDLE, "(x, 2)", "(x, 3)", {"twice"}, id="alias"),
        pytest.param(MIDDLE, "y + 11", "y - 11", {"nested_helper"}, id="nested function"),
        pytest.param(MIDDLE, "x + 13", "x - 13", {"inner_one"}, id="re-export"),
        pytest.param(MIDDLE, "return 19", "return 20", {"Base.inner"}, id="method of a base"),
        pytest.param("seqlearn/late.py", "29", "30", {"helper"}, id="import in a function"),
        pytest.param(
            "experiments/demo.py", "self.inner()", "-self.inner()", {"Reader.read"}, id="method"
        ),
        pytest.param("experiments/demo.py", "* factor", "/ factor", {"run"}, id="itself"),
        pytest.param(MIDDLE, "import numpy as np", "import cupy as np", {"twice"}, id="meaning"),
        pytest.param(MIDDLE, "class Base:", "class Base(dict):", None, id="base from elsewhere"),
    ],
)
def test_a_change_of_what_is_reached_counts(fingerprint, path, old, new, names):
    found = changed(fingerprint(), fingerprint(path, old, new))
    # All methods of a class that others may call count, so then one is new.
    assert found == (names or {"Base", "Base.inner", "Reader", "Reader.read"})


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        pytest.param(MIDDLE, "x + 17", "x - 17", id="what isn't reached"),
        pytest.param(MIDDLE, "return 23", "return 24", id="a method that nothing names"),
        pytest.param(MIDDLE, "if x < 0:", "if not x > 0:", id="a guard"),
        pytest.param(
            MIDDLE, "def nested_helper(y):",
            "def nested_helper(y):\n    if y is None:\n        e = 1\n        raise TypeError(e)",
            id="a new guard",
        ),
        pytest.param(
            MIDDLE, "def nested_helper(y):",
            "def nested_helper(y):\n    from seqlearn.checks import require_number\n"
            "    require_number(y, 'y')\n    y = require_number(y, 'y')\n"
            "    y = None if y is None else require_number(y, 'y')",
            id="a check",
        ),
        pytest.param(
            MIDDLE, "def nested_helper(y):",
            "def nested_helper(y):\n    for name, value in (('y', y),):\n"
            "        if value < 1:\n            raise ValueError(name)",
            id="guards in a loop",
        ),
        pytest.param(
            MIDDLE, "def nested_helper(y):",
            "def nested_helper(y):\n    try:\n        import json\n"
            "    except ImportError:\n        raise SystemExit('no json') from None",
            id="an import that says what to do",
        ),
        pytest.param(
            MIDDLE, "def nested_helper(y):",
            "def nested_helper(y):\n    from seqlearn import display\n    display.say('hello')",
            id="a line to the reader",
        ),
        pytest.param(MIDDLE, "(y):", "(y: 'int') -> 'int':\n    '''Add.'''", id="annotations"),
        pytest.param(MIDDLE, "WIDTH = 3", "WIDTH: 'int' = 3  # steps", id="a comment"),
        pytest.param(MIDDLE, "x + 13", "(x\n        + 13)", id="layout"),
        pytest.param("experiments/demo.py", "width: int", "width: 'float'", id="type of a field"),
        pytest.param(
            "experiments/demo.py", "from seqlearn import middle as m",
            "import seqlearn.middle as m", id="another import",
        ),
        pytest.param(
            "experiments/demo.py", "decorate, twice as double",
            "decorate, twice as double, unreached", id="one import more",
        ),
    ],
)  # fmt: skip
def test_what_computes_nothing_does_not_count(fingerprint, path, old, new):
    assert fingerprint(path, old, new) == fingerprint()


@pytest.mark.parametrize(
    "line",
    [
        "if (y := y + 1) < 0:\n        raise ValueError",
        "if y < 0:\n        raise ValueError\n    else:\n        y = 1",
        "y = abs(y)",
        "try:\n        y = y + 1\n    except ValueError:\n        raise TypeError from None",
        "try:\n        import json\n    except ImportError:\n        y = 1",
        "x = require_number(y, 'y')",
        "y = 1 if y is None else require_number(y, 'y')",
        "while y < 0:\n        raise ValueError",
        "for y in iter(y):\n        if y:\n            raise ValueError",
    ],
)
def test_what_only_looks_like_a_guard_counts(fingerprint, line):
    new = f"def nested_helper(y):\n    from seqlearn.checks import require_number\n    {line}"
    after = fingerprint(MIDDLE, "def nested_helper(y):", new)
    assert "nested_helper" in changed(fingerprint(), after)


def test_moving_a_function_ages_nothing(fingerprint):
    moved = "def nested_helper(y):\n    return y + 11\n"
    files = {"seqlearn/elsewhere.py": moved}
    before = fingerprint()
    after = fingerprint(
        MIDDLE, f"\n\n{moved}", "\n\nfrom seqlearn.elsewhere import nested_helper\n", **files
    )
    assert after == before
    after = fingerprint(
        "experiments/demo.py",
        "return m.nested_helper(y)",
        "from seqlearn import elsewhere\n        return elsewhere.nested_helper(y)",
        **files,
    )
    assert after == before


def test_a_variable_is_no_import_of_the_same_name(fingerprint):
    """``twice`` is imported, but in ``twice_over`` it is a parameter."""
    run = "def run(twice, late):\n    return [nested_helper for nested_helper in twice]"
    text = f"from seqlearn import late\nfrom seqlearn.middle import twice, nested_helper\n{run}\n"
    assert set(fingerprint(**{"experiments/demo.py": text})) == {"run"}


def test_a_name_made_while_running_may_be_any_method(fingerprint):
    names = fingerprint("experiments/demo.py", "reader.read()", "getattr(reader, SIZES['small'])")
    assert {"Base.never_named", "Reader.read"} <= names.keys()
    module = "import os\n    getattr(os.path, SIZES['small'])\n    from seqlearn import late"
    names = fingerprint("experiments/demo.py", "from seqlearn import late", module)
    assert "Base.never_named" not in names


def test_code_of_a_notebook_keeps_its_order():
    tree = reach.Tree()

    def digest(text):
        return reach.digest([ast.Module(tree.code(text), type_ignores=[])])

    first = "import numpy as np\nfrom seqlearn import text\nx = np.zeros(3)\ny = text.pad(x)\n"
    again = "from seqlearn.training import pad\nimport numpy\nx = numpy.zeros(3)  # 3\ny = pad(x)"
    assert digest(first) == digest(again)
    assert digest(first) != digest(again.replace("3)", "4)"))
    assert digest("a = 1\nb = 2") != digest("b = 2\na = 1")
