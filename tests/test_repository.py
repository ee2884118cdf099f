"""The repository holds to its own rules: one truth each, one direction, nothing stray."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import targets
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

import seqlearn

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "seqlearn"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
DIRECT = sum(EXTRAS.values(), PROJECT["dependencies"])
BACKENDS = {"jax", "torch"}  # extras that only the checks on them need


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def tracked():
    """Paths of the files in version control; skip where there is none, as in an archive."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone: there is no list of tracked files")
    # A clone may belong to somebody else than the user who tests it, as in a container.
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in listed.stdout.split("\0") if (ROOT / name).is_file()]


# --- dependencies ---------------------------------------------------------------------------


def pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_the_version_stands_in_one_place():
    assert "version" in PROJECT["dynamic"]
    assert PYPROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "seqlearn.__version__"}
    Version(seqlearn.__version__)


def test_constraints_are_names_and_exact_versions_in_order_and_nothing_else():
    names = []
    for line in pins():
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]*==[0-9][\w.!+]*", line), line
        names.append(line.partition("==")[0])
    assert names == sorted(set(names))


@pytest.mark.parametrize("line", DIRECT)
def test_every_direct_dependency_is_pinned_within_its_range(line):
    requirement = Requirement(line)
    versions = dict(pin.split("==") for pin in pins())
    name = canonical(requirement.name)
    assert name in versions, f"make constraints: {name} isn't in constraints.txt"
    assert requirement.specifier.contains(versions[name])


@pytest.mark.parametrize("line", DIRECT)
def test_every_direct_dependency_has_an_upper_bound(line):
    operators = {clause.operator for clause in Requirement(line).specifier}
    assert operators & {"<", "<=", "==", "~="}, line
    assert operators & {">", ">=", "==", "~="}, line


def test_no_dependency_is_named_twice():
    names = [canonical(Requirement(line).name) for line in DIRECT]
    assert sorted(names) == sorted(set(names))


def test_conda_environment_installs_this_project_and_nothing_of_its_own():
    recipe = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert recipe["name"] == "seqlearn"  # the Makefile knows the environment by this name
    assert recipe["channels"] == ["conda-forge"]
    python, pip, through_pip = recipe["dependencies"]
    assert pip == "pip"
    name, _, version = python.partition("=")
    assert name == "python"  # Binder falls back to an old one if none is named
    assert version in SpecifierSet(PROJECT["requires-python"])
    options, project = through_pip["pip"]
    assert options == "-c constraints.txt"
    extras = re.fullmatch(r"-e \.\[([\w,]+)\]", project).group(1).split(",")
    assert sorted(extras) == sorted(set(EXTRAS) - BACKENDS)


def test_supported_pythons_agree(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import suitable_python

    bounds = SpecifierSet(PROJECT["requires-python"])
    oldest = ".".join(map(str, suitable_python.OLDEST))
    assert oldest in bounds
    assert f"{suitable_python.OLDEST[0]}.{suitable_python.OLDEST[1] - 1}" not in bounds
    assert PYPROJECT["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert suitable_python.wanted() in makefile


# --- tracked files --------------------------------------------------------------------------

TOP_LEVEL = {
    *(
        ".ci",
        ".gitattributes",
        ".gitignore",
        "LICENSE",
        "LICENSE-text",
        "Makefile",
        "README.md",
        "_config.yml",
    ),
    *("benchmarks", "book", "conftest.py", "constraints.txt", "environment.yml"),
    *("experiments", "pyproject.toml", "run.py", "seqlearn", "tests", "tools"),
}

# Put together from pieces, so that this file doesn't hold what it looks for.
STRAY = {
    "a path of somebody's machine": r"(?<![\w./-])/(?:{})/".format(
        "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me", "far" + "m", "Us" + "ers", "mn" + "t"))
    ),
    "a package registry": "|".join(
        (r"python" + r"hosted\.org", r"py" + r"pi\.org", r"npm" + r"js\.(?:org|com)")
    ),
    "an unfinished note": r"\b(?:{})\b".format("|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X"))),
    "a mark of an unfinished merge": "^(?:" + "<" * 7 + "|" + ">" * 7 + ")",
}


def readable_text(path):
    """Text of a file; of a notebook, without its pictures, whose letters mean nothing."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            for kind in [kind for kind in data if kind.startswith("image/")]:
                del data[kind]
    return json.dumps(notebook, ensure_ascii=False)


def test_nothing_unexpected_at_the_top():
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} <= TOP_LEVEL


def test_no_tracked_file_is_large():
    large = {path.name: path.stat().st_size for path in tracked() if path.stat().st_size > 1.5e6}
    assert not large


def test_text_files_are_utf8_with_one_newline_at_the_end():
    wrong = []
    for path in tracked():
        if path.suffix in {".py", ".md", ".yml", ".toml", ".txt", ".css", ".bib", ".ipynb", ".svg"}:
            text = path.read_bytes().decode("utf-8")
            if text and (not text.endswith("\n") or text.endswith("\n\n") or "\r" in text):
                wrong.append(str(path.relative_to(ROOT)))
    assert not wrong


@pytest.mark.parametrize("what", STRAY)
def test_no_tracked_file_holds(what):
    found = []
    for path in tracked():
        try:
            text = readable_text(path)
        except UnicodeDecodeError:
            continue  # a picture or a font
        for match in re.finditer(STRAY[what], text, re.MULTILINE):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path.relative_to(ROOT)}:{line}: {match.group()}")
    assert not found, f"{what} in {found}"


# --- the direction of dependencies ----------------------------------------------------------

# What a module may use, itself or through other modules of the package, besides the standard
# library. A new module takes its place here.
MAY_USE = {
    "cells": {"numpy"},
    "tasks": {"numpy"},
    "checks": {"numpy"},
    "text": {"numpy"},
    "vectors": {"numpy", "scipy", "sklearn"},
    "ngrams": {"numpy"},
    "sampling": {"numpy"},
    "display": {"IPython"},
    "claims": {"numpy", "IPython"},
    "exercises": {"numpy", "IPython"},
    "records": set(),
    "forecasting": {"numpy", "pandas"},
    "teaching": set(),
    "datasets": {"numpy", "keras", "sklearn", "statsmodels", "IPython"},
    "models": {"numpy", "keras"},
    "training": {"numpy", "keras"},
    "streaming": {"numpy", "keras"},
    "seeds": {"numpy", "keras", "scipy", "IPython"},
    "search": {"numpy", "optuna", "IPython"},
    "initializers": {"numpy", "keras"},
    "diagnostics": {"numpy", "keras", "tensorflow", *BACKENDS},
    "plotting": {"numpy", "matplotlib"},
    "frame": {"numpy", "keras", "tensorflow", "matplotlib", "sklearn", "packaging", "IPython"},
    "__main__": {"numpy", "keras", "sklearn", "packaging", "IPython"},
}
# Who may load the slow libraries when imported. All others do so when they are first needed.
SLOW = {
    *("keras", "tensorflow", "matplotlib", "sklearn", "scipy", "optuna", "statsmodels"),
    "IPython",
}
SLOW_AT_ONCE = {
    "models": {"keras"},
    "training": {"keras"},
    "streaming": {"keras"},
    "seeds": {"keras"},
    "initializers": {"keras"},
    "diagnostics": {"keras"},
    "plotting": {"matplotlib"},
    "vectors": {"scipy"},
    "search": {"optuna"},
}


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports(path):
    """Name what a file imports, and whether at once (at the top) or lazily (in a function)."""
    yield from imported_names(ast.parse(path.read_text(encoding="utf-8")))


def imported_names(tree):
    lazy = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{node.module}: imports are absolute in this project"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            yield name, id(node) not in lazy


def libraries(module, at_once_only=False):
    """Collect the third-party libraries that a module reaches, through its siblings too."""
    reached, found, todo = set(), set(), [module]
    while todo:
        name = todo.pop()
        if name in reached:
            continue
        reached.add(name)
        for target, at_once in imports(MODULES[name]):
            if at_once_only and not at_once:
                continue
            top = target.partition(".")[0]
            if top == "seqlearn":
                inside = [name for name in (target, target.rpartition(".")[0]) if name in MODULES]
                todo += inside[:1] if inside[:1] != ["seqlearn"] else []
            elif top not in sys.stdlib_module_names:
                found.add(top)
    return found


def role(module):
    """Name the part of the package that a module belongs to."""
    return module.partition(".")[2].partition(".")[0]


@pytest.mark.parametrize("module", [name for name in MODULES if name != "seqlearn"])
def test_modules_use_only_what_their_role_allows(module):
    assert role(module) in MAY_USE, f"{module}: give it a place in MAY_USE"
    assert libraries(module) <= MAY_USE[role(module)]
    slow = libraries(module, at_once_only=True) & SLOW
    assert slow <= SLOW_AT_ONCE.get(role(module), set())


@pytest.mark.parametrize("module", MODULES)
def test_the_package_knows_nothing_of_notebooks_tests_and_tools(module):
    outside = {"tests", "book", "benchmarks", "tools", "conftest", "pytest", "nbval", "sphinx"}
    outside.add("experiments")
    outside |= {path.stem for folder in ("tests", "tools") for path in (ROOT / folder).glob("*.py")}
    assert not libraries(module) & outside


def siblings_imported_at_once(module):
    for target, at_once in imports(MODULES[module]):
        for name in (target, target.rpartition(".")[0]):
            if at_once and name in MODULES and name != "seqlearn":
                yield name
                break


def test_no_module_leads_back_to_itself():
    graph = {module: set(siblings_imported_at_once(module)) for module in MODULES}
    done = set()
    while ready := {module for module in graph if module not in done and graph[module] <= done}:
        done |= ready
    assert done == set(graph), f"these import each other in a circle: {set(graph) - done}"


def test_every_library_used_is_asked_for_by_name():
    lines = sum((EXTRAS[backend] for backend in sorted(BACKENDS)), PROJECT["dependencies"])
    asked = {canonical(Requirement(line).name) for line in lines}
    used = set().union(*map(libraries, MODULES)) - {"IPython"}  # always there in a notebook
    assert {"scikit-learn" if name == "sklearn" else name for name in used} <= asked


def test_importing_the_package_loads_no_slow_library():
    code = "import sys, seqlearn; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    assert "seqlearn" in loaded
    assert not loaded & (SLOW | {"jax", "torch", "pandas"})


# --- nothing that nobody uses -----------------------------------------------------------------

# What contracts promise to others, whoever uses it here.
PROMISED = {
    "seqlearn.cells": "glass-box cells, whole: every trace, gate and gradient by name",
    "seqlearn.vectors.load_glove": "readers bring such files; chapter 6 is to show it",
    "seqlearn.seeds.share_interval": "Wilson's interval, for the counts of the next stage",
    "seqlearn.teaching.questions": "slides, sheets and quizzes are to be made from the questions",
    "seqlearn.forecasting.Scaler.inverse": "who scales a series has to come back to its unit",
}
GROUND = {"checks", "display"}


def code_of(path):
    """Syntax trees of a Python file, or of the cells of a notebook."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return [ast.parse(text)]
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    lines = "".join("".join(cell["source"]) + "\n" for cell in cells).splitlines()
    return [ast.parse("\n".join(line for line in lines if not line.startswith(("%", "!"))))]


def users():
    """Find the files that may use the package: its modules, pages, tools and experiments."""
    folders = ("seqlearn/**/*.py", "book/*.ipynb", "book/_ext/*.py", "tools/*.py")
    return [path for each in (*folders, "experiments/*.py", "benchmarks/*.py", "conftest.py")
            for path in sorted(ROOT.glob(each))]  # fmt: skip


def mentioned(tree):
    """Every name in a tree: variables, attributes, imports, and what a text such as code holds."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.ImportFrom(names=aliases):
                yield from (alias.name for alias in aliases)
            case (
                ast.keyword(value=ast.Constant(value=str(text)))
                | ast.Assign(value=ast.Constant(value=str(text)))
            ):
                yield from re.findall(r"\w+", text)  # code that is run in another process


def definitions(tree):
    """Names that a module defines, each with the class it belongs to and its node."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, None, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (
                (target.id, None, node) for target in targets if isinstance(target, ast.Name)
            )
        if isinstance(node, ast.ClassDef) and not node.bases:  # a base may call what it names
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    yield method.name, node.name, method


def unused_names():
    """Public names that nothing uses but their definition and the tests.

    A function has to be used outside of its module, else it is not public. For a method, a class
    or a value a use inside will do: they may be what a function of the module gives.
    """
    uses = {path: {name for tree in code_of(path) for name in mentioned(tree)} for path in users()}
    for module, path in MODULES.items():
        (tree,) = code_of(path)
        elsewhere = set().union(*(names for other, names in uses.items() if other != path))
        inside = [name for node in tree.body for name in mentioned(node)]
        for name, owner, node in definitions(tree):
            full = ".".join(part for part in (module, owner, name) if part)
            promised = any(f"{full}.".startswith(f"{each}.") for each in PROMISED)
            if name.startswith("_") or promised or name in elsewhere:
                continue
            function = isinstance(node, ast.FunctionDef) and owner is None
            if function or inside.count(name) <= [*mentioned(node)].count(name):
                yield full


def test_every_public_name_is_used():
    unused = sorted(unused_names())
    assert not unused, f"delete these, or give them an underscore: {', '.join(unused)}"


def test_the_top_level_is_what_a_chapter_imports():
    imported = {name for page in (ROOT / "book").glob("*.ipynb") for tree in code_of(page)
                for name, _ in imported_names(tree)}  # fmt: skip
    top = {module for module in MODULES if module.count(".") == 1}
    chapters = {
        module for module in top if any(f"{name}.".startswith(f"{module}.") for name in imported)
    }
    rooms = {module for module in top if MODULES[module].name == "__init__.py"}
    allowed = {f"seqlearn.{name}" for name in GROUND | {"__main__"}}
    strangers = sorted(top - chapters - rooms - allowed)
    assert not strangers, f"no chapter imports these, they belong in a room: {strangers}"


# --- public names ---------------------------------------------------------------------------


def exported(module):
    """Names that a module lists in ``__all__``, or None if it lists none."""
    for node in ast.parse(MODULES[module].read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return ast.literal_eval(node.value)
    return None


def public_names():
    """Find the functions and classes that readers meet."""
    for module, path in MODULES.items():
        if module.rpartition(".")[2] in {"doctor", "__main__"}:  # these are met as commands
            continue
        # What a folder shows is listed in its __init__; a file shows all that has no underscore.
        folder = module.rpartition(".")[0]
        shown = exported(folder) if folder not in ("", "seqlearn") else exported(module)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            if shown is None or node.name in shown:
                yield pytest.param(node, id=f"{module}.{node.name}")


@pytest.mark.parametrize("node", [*public_names()])
def test_public_names_are_documented(node):
    text = ast.get_docstring(node)
    assert text, "no docstring"
    first = text.splitlines()[0]
    assert first.endswith((".", "?")), f"the first line isn't a sentence: {first}"
    if isinstance(node, ast.ClassDef):
        return
    spec = node.args
    named = [arg.arg for arg in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]
    missing = [name for name in named if not re.search(rf"^\s+\*?{name}(, \w+)*:", text, re.M)]
    assert not missing, f"Args: says nothing of {missing}"
    assert ">>>" in text, "no example that doctest runs"


# --- README and CI --------------------------------------------------------------------------

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_make_has_the_targets_of_run_py():
    listed = re.search(r"^TARGETS = ((?:.*\\\n)*.*)$", MAKEFILE, re.M).group(1)
    assert listed.replace("\\\n", " ").split() == [*targets.TARGETS]


def test_readme_lists_every_target_and_names_no_other():
    assert re.findall(r"^\| `make ([a-z]+)` \|", README, re.M) == [*targets.TARGETS]
    named = set(re.findall(r"(?:`|\$ |=\S+ )make ([a-z]+)\b", README))
    assert {"book", "test"} <= named <= {*targets.TARGETS}


def test_readme_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", README):
        if "://" not in target:
            assert (ROOT / target).exists(), target


def test_pictures_of_the_readme_have_alt_text():
    assert "![](" not in README
    assert "<img" not in README


def test_ci_runs_the_commands_of_the_readme():
    path = ROOT / ".ci" / "run"
    assert path.stat().st_mode & 0o111, "not executable"
    text = path.read_text(encoding="utf-8")
    places = [text.index(f"\n{command}\n") for command in ("make lint", "make test", "make book")]
    assert places == sorted(places)
    assert "set -euo pipefail" in text
