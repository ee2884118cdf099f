"""What a change reaches: the tests and notebooks whose outcome it may alter.

Code is followed from each test file and each notebook, name by name, to all definitions of the
project that it reaches; the change reaches it when one of these differs. So a change of one
function runs what uses this function, and not what uses its module. Where the text can't tell, too
much is reached rather than too little: a class counts as one, and so does a module that is handed
on whole. A test that reads files by name is reached when such a file differs.
"""

from __future__ import annotations

import ast
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

import reach

ROOT = Path(__file__).resolve().parent.parent
# A module's name is looked up from here: tests and tools load one another without a package.
SEARCHED = (".", "tests", "tools")
# What decides how everything is run, or with what.
EVERYTHING = {
    *("conftest.py", "constraints.txt", "pyproject.toml"),
    *("tests/nbval_tolerance.py", "tools/changed.py", "tools/quick.py", "tools/short_form.py"),
}


class Code:
    """The project's Python code in a folder, and what each definition names.

    Args:
        root: The folder: this checkout, or another revision of it.
    """

    def __init__(self, root: Path):
        self.root = root
        self._modules: dict[str, reach.Module | None] = {}
        self._imports: dict[str, dict[str, str]] = {}
        self._named: dict[tuple[str, str], set[tuple[str, str]]] = {}

    def module(self, name: str) -> reach.Module | None:
        """Give a module by its dotted name; None if the project has none of this name."""
        if name not in self._modules:
            files = [
                path
                for folder in SEARCHED
                for stem in [self.root.joinpath(folder, *name.split("."))]
                for path in (stem.with_name(f"{stem.name}.py"), stem / "__init__.py")
                if path.is_file()
            ]
            text = files[0].read_text(encoding="utf-8") if files else None
            self._modules[name] = None if text is None else reach.Module(name, text)
        return self._modules[name]

    def digests(self, name: str) -> dict[str, str]:
        """Fingerprint a module's definitions, each by its name, docstrings left out."""
        module = self.module(name)
        return {
            each: reach.digest(map(_undocumented, statements))
            for each, statements in (module.definitions if module else {}).items()
        }

    def reached(self, text: str, without: Iterable[str] = ()) -> set[tuple[str, str]]:
        """Follow the names in some code to all definitions of the project that they reach.

        Args:
            text: Python code.
            without: Modules that are not entered.

        Returns:
            Module and name of each.
        """
        start = reach.Module("", text)
        todo = list(self._names(ast.parse(text).body, start))
        seen = set(todo)
        while todo:
            module, name = found = todo.pop()
            if module in without:
                seen.discard(found)
                continue
            if found not in self._named:
                owner = self.module(module)
                self._named[found] = set(self._names(owner.definitions[name], owner))
            todo += self._named[found] - seen
            seen |= self._named[found]
        return seen

    def _names(self, statements: list, module: reach.Module) -> Iterator[tuple[str, str]]:
        """What of the project some statements of a module name."""
        # Functions import, too; that another one can't see such a name does no harm here.
        if module.name not in self._imports or not module.name:
            self._imports[module.name] = dict(module.imports)
            for group in [statements] if not module.name else module.definitions.values():
                for node in (inner for each in group for inner in ast.walk(each)):
                    if isinstance(node, ast.Import | ast.ImportFrom):
                        self._imports[module.name].update(reach.imported(node))
        for each in statements:
            yield from self._in(each, self._imports[module.name], module)

    def _in(self, node: ast.AST, imports: dict, module: reach.Module) -> Iterator[tuple[str, str]]:
        parts: list[str] = []
        inner = node
        while isinstance(inner, ast.Attribute):
            parts.insert(0, inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            if inner.id in module.definitions and module.name:
                yield module.name, inner.id
            elif inner.id in imports:
                yield from self._find(".".join([imports[inner.id], *parts]))
            return
        for child in ast.iter_child_nodes(node):
            yield from self._in(child, imports, module)

    def _find(self, dotted: str) -> Iterator[tuple[str, str]]:
        """The definition that a dotted path leads to, or all of a module."""
        parts = dotted.split(".")
        for end in range(len(parts), 0, -1):
            module = self.module(".".join(parts[:end]))
            if module is None:
                continue
            if end == len(parts):
                yield from ((module.name, name) for name in module.definitions)
            elif parts[end] in module.definitions:
                yield module.name, parts[end]
            elif parts[end] in module.imports:
                yield from self._find(".".join([module.imports[parts[end]], *parts[end + 1 :]]))
            return


def _undocumented(statement: ast.stmt) -> ast.stmt:
    for node in ast.walk(statement):
        match node:
            case ast.FunctionDef(body=[first, *rest]) | ast.ClassDef(body=[first, *rest]):
                if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                    node.body = rest or [ast.Pass()]
    return statement


def changed_files(since: str, root: Path = ROOT) -> set[str]:
    """List the files that differ from a commit, new ones included.

    Args:
        since: A commit, such as ``"HEAD"``.
        root: The checkout.

    Returns:
        Their paths from the root, with slashes.

    Raises:
        subprocess.CalledProcessError: If there is no such commit, or no repository.
    """
    changed = _git(root, "diff", "--name-only", "-z", since)
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return set(filter(None, (changed + new).decode().split("\0")))


def _git(root: Path, *words: str) -> bytes:
    # A clone may belong to somebody else than its user, as in a container.
    command = ["git", "-c", f"safe.directory={root}", "-C", str(root), *words]
    return subprocess.run(command, check=True, capture_output=True).stdout


def changed_definitions(files: Iterable[str], then: Code, now: Code) -> set[tuple[str, str]]:
    """List the definitions that differ between two revisions.

    Args:
        files: What differs, as :func:`changed_files` gives it.
        then: One revision.
        now: The other.

    Returns:
        Module and name of each that was changed, added or removed.
    """
    modules = {module_name(file) for file in files if file.endswith(".py")}
    return {
        (module, name)
        for module in modules
        for name, _ in then.digests(module).items() ^ now.digests(module).items()
    }


def module_name(file: str) -> str:
    """Give the dotted name by which the code of a file is imported."""
    parts = file.removesuffix(".py").split("/")
    parts = parts[1:] if parts[0] in SEARCHED else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def items(root: Path = ROOT) -> list[str]:
    """List what can be run by itself: test files, modules with their examples, notebooks.

    Args:
        root: The checkout.

    Returns:
        Their paths from the root, with slashes.
    """
    found = [*root.glob("tests/**/test_*.py"), *root.glob("seqlearn/**/*.py")]
    found += root.glob("book/*.ipynb")
    return sorted(path.relative_to(root).as_posix() for path in found)


def select(since: str, root: Path = ROOT) -> list[str]:
    """List what a change may alter the outcome of.

    Args:
        since: The commit that the checkout is compared with.
        root: The checkout.

    Returns:
        Some of :func:`items`.

    Raises:
        subprocess.CalledProcessError: If there is no such commit, or no repository.
    """
    files = changed_files(since, root)
    if files & EVERYTHING:
        return items(root)
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=BytesIO(_git(root, "archive", since))) as archive:
            archive.extractall(folder, filter="data")
        then, now = Code(Path(folder)), Code(root)
        differing = changed_definitions(files, then, now)
        removed = {each for each in differing if each[1] not in now.digests(each[0])}
        return [
            item
            for item in items(root)
            if item in files
            or definitions_of(item, now) & differing
            # What was removed can be reached as it was alone.
            or (removed and definitions_of(item, then) & removed)
            or reads_one_of(files, item, now)
        ]


def definitions_of(item: str, code: Code) -> set[tuple[str, str]]:
    """List the definitions that a test file, a module's examples or a notebook reaches.

    Args:
        item: One of :func:`items`.
        code: The code at a revision.

    Returns:
        Module and name of each; nothing where the revision has no such file.
    """
    path = code.root / item
    if not path.exists():
        return set()
    text = path.read_text(encoding="utf-8")
    if item.startswith("seqlearn/"):
        name = module_name(item)
        return code.reached(text) | {(name, each) for each in code.digests(name)}
    if not item.endswith(".ipynb"):
        return code.reached(text)
    # A chapter checks exercises of its own alone, though they are found in one table.
    answers = {each.stem for each in code.root.glob("tests/answers_*.py")}
    others = {f"seqlearn.exercises.{stem.removeprefix('answers_')}" for stem in answers}
    return code.reached(_code_of(text), others - {f"seqlearn.exercises.{path.stem[3:]}"})


def reads_one_of(files: set[str], item: str, code: Code) -> bool:
    """Tell whether a test file names one of some files, or a folder that holds it.

    Args:
        files: Paths from the root, with slashes.
        item: One of :func:`items`.
        code: The code at a revision.

    Returns:
        True if so; False for what is no test file.
    """
    if not item.startswith("tests/"):
        return False
    strings = {
        part
        for node in ast.walk(ast.parse((code.root / item).read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for part in node.value.split("/")
    }
    return any(strings & set(file.split("/")) for file in files)


def _code_of(notebook: str) -> str:
    cells = json.loads(notebook)["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    lines = "\n".join(code).split("\n")
    return "\n".join("pass" if line.lstrip().startswith(("%", "!")) else line for line in lines)
