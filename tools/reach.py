"""What an experiment computes: all code of the project that it reaches, in a normal form.

From its first names on, each name is followed to its definition, through imports wherever they
stand, and on from there. What is reached is named by its bare name and brought to a normal form, so
that a fingerprint of it changes when a computing statement does, and not when code is moved, laid
out anew, annotated, documented, or guarded against wrong arguments.

In the normal form there are no imports, docstrings, annotations or guards, and each imported name
stands for what it means: ``np.mean`` and ``numpy.mean`` are one, and so are ``accuracy`` and
``training.accuracy``. A guard is an ``if`` that only raises, or a call of a check (a function named
``require_...`` or ``check_...``) whose result is dropped or takes the place of what was checked.

Whose method ``data.encode`` is can't be known from the text. So of each class that is reached, a
method counts when anything that is reached mentions its name, whatever the object; special methods
count always, and so do all methods of a class with a base from elsewhere, which may call them.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("seqlearn", "experiments", "benchmarks")
NOT_FOLLOWED = (
    # What speaks to the reader, and opens a notebook; an experiment sets seeds of its own.
    *("seqlearn.display", "seqlearn.frame"),
    *("seqlearn.notices", "seqlearn.progress", "seqlearn.session"),  # as they were called before
    # How data is had, which changes no figure: a file's digests stand beside its loader. And the
    # stand-in for the reviews, because records are made of the full data.
    *("seqlearn.datasets.sources", "seqlearn.datasets.verify", "seqlearn.datasets.reviews"),
)
CHECK = re.compile(r"_?(require|check)_\w+")

Forms = dict[str, list[ast.stmt]]  # by bare name, the definitions in their normal form


class Form(NamedTuple):
    """A definition in its normal form, and the module and name of all that it names.

    Of a class, its methods stand apart, but for those that may be called unnamed.
    """

    body: list[ast.stmt]
    reached: set[tuple[str, str]]
    methods: list[tuple[str, str, Form]]  # class, method


class Module:
    """A module as text: what it imports and what it defines."""

    def __init__(self, name: str, text: str):
        self.name = name
        self.imports: dict[str, str] = {}
        self.definitions: dict[str, list[ast.stmt]] = {}
        loose = []
        for statement in ast.parse(text).body:
            if isinstance(statement, ast.If) and "__name__" in _loaded(statement.test):
                continue  # what a script does when it is run
            self.imports.update(imported(statement))
            names = _bound([statement]) - self.imports.keys()
            for one in names:
                self.definitions.setdefault(one, []).append(statement)
            if not names:
                loose.append(statement)
        for statement in loose:  # such as TABLE["key"] = 1: it belongs to what it names
            for one in _loaded(statement) & self.definitions.keys():
                self.definitions[one].append(statement)


class Tree:
    """The project's code in a folder: this checkout, or another revision of it.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path = ROOT):
        self.root = root
        self._modules: dict[str, Module | None] = {}
        self._forms: dict[tuple[str, str], Form] = {}

    def module(self, name: str) -> Module | None:
        """Give a module of the project, such as ``"seqlearn.models"``; None if there is none."""
        if name not in self._modules:
            path = self.root.joinpath(*name.split("."))
            files = [path.with_name(f"{path.name}.py"), path / "__init__.py"]
            found = [file for file in files if name.split(".")[0] in FOLDERS and file.is_file()]
            text = found[0].read_text(encoding="utf-8") if found else None
            self._modules[name] = None if text is None else Module(name, text)
        return self._modules[name]

    def find(self, dotted: str) -> tuple[str, str, list[str]] | None:
        """Follow a dotted path, through imports, to a definition of the project.

        Args:
            dotted: Such as ``"seqlearn.datasets.load_imdb"``.

        Returns:
            The definition's module and name, and the attributes that follow; None if the path
            leads out of the project, or to a module.
        """
        parts = dotted.split(".")
        for end in range(len(parts) - 1, 0, -1):
            module = self.module(".".join(parts[:end]))
            if module is not None:
                name, rest = parts[end], parts[end + 1 :]
                if name in module.definitions:
                    return module.name, name, rest
                if name in module.imports:
                    return self.find(".".join([module.imports[name], *rest]))
                return None
        return None

    def form(self, module: str, name: str) -> Form:
        """Give a definition in its normal form."""
        if (module, name) not in self._forms:
            found = self.module(module)
            normal = _Normal(self, found)
            body = normal.block(copy.deepcopy(found.definitions[name]))
            self._forms[module, name] = Form(body, normal.reached, normal.methods)
        return self._forms[module, name]

    def reach(self, names: Iterable[tuple[str, str]]) -> Forms:
        """Follow definitions to all that they reach.

        Args:
            names: Module and name of the definitions to begin with.

        Returns:
            By bare name, what is reached, these included; of one name there may be several.
        """
        forms: Forms = {}
        todo, seen = sorted(names), set()
        methods: list[tuple[str, str, Form]] = []  # that nothing has mentioned yet
        named: set[str] = set()

        def add(name: str, form: Form) -> None:
            forms.setdefault(name, []).extend(form.body)
            todo.extend(sorted(form.reached))
            methods.extend(form.methods)
            named.update(mentioned(form.body))

        called: list[tuple[str, str, Form]] = []
        while todo or called:
            for owner, name, form in called:
                add(f"{owner}.{name}", form)
            while todo:
                module, name = todo.pop()
                if (module, name) not in seen and not module.startswith(NOT_FOLLOWED):
                    seen.add((module, name))
                    add(name, self.form(module, name))
            called = [each for each in methods if named & {each[1], ANY}]
            methods = [each for each in methods if not named & {each[1], ANY}]
        return forms

    def code(self, text: str) -> list[ast.stmt]:
        """Give code that stands in no module, such as a notebook's, in its normal form."""
        module = Module("", text)
        module.definitions.clear()  # nothing here is a definition to be followed
        return _Normal(self, module).block(ast.parse(text).body)


def digests(forms: Forms) -> dict[str, str]:
    """Fingerprint each definition.

    Args:
        forms: As :meth:`Tree.reach` gives them.

    Returns:
        16 hexadecimal digits by bare name, in the order of the names; the same on each version
        of Python.
    """
    return {name: digest(forms[name])[:16] for name in sorted(forms)}


def digest(statements: Iterable[ast.stmt]) -> str:
    """Fingerprint definitions of one name, in 64 hexadecimal digits; their order is no matter."""
    outlines = sorted(json.dumps(_outline(statement)) for statement in statements)
    return hashlib.sha256("\n".join(outlines).encode()).hexdigest()


def show(statements: Iterable[ast.stmt]) -> str:
    """Spell definitions in their normal form as code."""
    return "\n\n".join(sorted(ast.unparse(statement) for statement in statements)) + "\n"


class _Normal(ast.NodeTransformer):
    """Brings a definition to its normal form, and notes what of the project it names."""

    def __init__(self, tree: Tree, module: Module):
        self.tree, self.module = tree, module
        self.reached: set[tuple[str, str]] = set()
        self._scopes: list[dict[str, str | None]] = []  # imports by name; None for variables
        self._in_class = False
        self.methods: list[tuple[str, str, Form]] = []

    # --- names --------------------------------------------------------------------------------

    def _dotted(self, node: ast.expr) -> str | None:
        """What a name, or attributes of one, mean by the imports; None for a variable."""
        rest: list[str] = []
        while isinstance(node, ast.Attribute):
            rest.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        for scope in reversed(self._scopes):
            if node.id in scope:
                origin = scope[node.id]
                break
        else:
            own = f"{self.module.name}.{node.id}" if node.id in self.module.definitions else None
            origin = own or self.module.imports.get(node.id)
        return ".".join([origin, *rest]) if origin else None

    def _name(self, node: ast.Name | ast.Attribute) -> ast.expr:
        dotted = None if isinstance(node.ctx, ast.Store) else self._dotted(node)
        if dotted is None:
            return self.generic_visit(node)
        found = self.tree.find(dotted)
        if found is None:
            return ast.Name(dotted, node.ctx)
        module, name, rest = found
        self.reached.add((module, name))
        named: ast.expr = ast.Name(name, ast.Load())
        for attribute in rest:
            named = ast.Attribute(named, attribute, ast.Load())
        named.ctx = node.ctx
        return named

    visit_Name = visit_Attribute = _name

    # --- scopes -------------------------------------------------------------------------------

    def _function(self, node):
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.returns, node.type_comment = None, None
        self.visit(node.args)
        scope: dict[str, str | None] = dict.fromkeys(_bound(node.body) | _arguments(node.args))
        for statement in node.body:
            scope.update(imported(statement))
        for inner in _own(node.body):
            if isinstance(inner, ast.Global | ast.Nonlocal):
                scope = {name: scope[name] for name in scope.keys() - set(inner.names)}
        within, self._in_class = self._in_class, False
        self._scopes.append(scope)
        node.body = self.block(node.body) or [ast.Pass()]
        self._scopes.pop()
        self._in_class = within
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _function

    def visit_Lambda(self, node):
        self.visit(node.args)
        self._scopes.append(dict.fromkeys(_arguments(node.args)))
        node.body = self.visit(node.body)
        self._scopes.pop()
        return node

    def _comprehension(self, node):
        first = node.generators[0]
        first.iter = self.visit(first.iter)  # the one part that is outside
        targets = [each.target for each in node.generators]
        self._scopes.append(dict.fromkeys(_bound(targets)))
        self.generic_visit(node)
        self._scopes.pop()
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_ClassDef(self, node):
        within, self._in_class = self._in_class, True
        if not within and not self._scopes and self._is_ours(node):
            for each in [each for each in node.body if isinstance(each, ast.FunctionDef)]:
                if not each.name.startswith("__"):
                    node.body.remove(each)
                    reached, self.reached = self.reached, set()
                    form = Form(self.block([each]), self.reached, [])
                    self.methods.append((node.name, each.name, form))
                    self.reached = reached
        self.generic_visit(node)
        self._in_class = within
        return node

    def _is_ours(self, node: ast.ClassDef) -> bool:
        """Whether a class is the project's with all its bases, so that who calls it is known."""
        for base in node.bases:
            found = self._found(base)
            if found is None:
                return False
            module = self.tree.module(found[0])
            normal = _Normal(self.tree, module)
            for each in module.definitions[found[1]]:
                if not isinstance(each, ast.ClassDef) or not normal._is_ours(each):
                    return False
        return True

    # --- what doesn't count -------------------------------------------------------------------

    def block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """Bring statements to their normal form, without those that don't count."""
        kept = []
        for node in statements:
            constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            nothing = isinstance(node, ast.Import | ast.ImportFrom | ast.Pass) or constant
            if not nothing and not self._is_guard(node) and (normal := self.visit(node)):
                kept.append(normal)
        return kept

    def generic_visit(self, node):
        for field, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                empty = [ast.Pass()] if field == "body" else []
                setattr(node, field, self.block(value) or empty)
            elif isinstance(value, list):
                value[:] = [self.visit(v) if isinstance(v, ast.AST) else v for v in value]
            elif isinstance(value, ast.AST):
                setattr(node, field, self.visit(value))
        return node

    def visit_AnnAssign(self, node):
        # In a class an annotation makes a field, whatever it says; these say more than a type.
        special = {"ClassVar", "InitVar", "KW_ONLY"}
        said = {getattr(inner, "attr", getattr(inner, "id", "")) for inner in _nodes(node)}
        if self._in_class:
            if not said & special:
                node.annotation = ast.Constant(None)
            return self.generic_visit(node)
        if node.value is None:
            return None
        return self.visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_arg(self, node):
        node.annotation, node.type_comment = None, None
        return node

    def visit_Constant(self, node):
        node.kind = None  # u"text"
        return node

    def _is_guard(self, node: ast.stmt) -> bool:
        """Whether a statement only turns wrong arguments away, or speaks."""
        match node:
            case ast.If(test=test):
                branches = [branch for branch in (node.body, node.orelse) if branch]
                return _free(test) and all(map(self._raises, branches))
            case ast.Try(finalbody=[], orelse=[]):  # imports, and what to do where they fail
                imports = all(isinstance(each, ast.Import | ast.ImportFrom) for each in node.body)
                return imports and all(self._raises(handler.body) for handler in node.handlers)
            case ast.For(
                iter=ast.Tuple() | ast.List() | ast.Call(func=ast.Attribute(attr="items"))
            ):
                return _free(node.iter) and all(map(self._is_guard, node.body + node.orelse))
            case ast.Expr(value=ast.Call(func=func)):
                found = self._found(func)
                silent = found and (self._is_check(func) or found[0].startswith(NOT_FOLLOWED))
                return bool(silent) and _free(node)
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                match value:
                    case ast.IfExp(body=ast.Constant(None), orelse=checked):  # None stays None
                        value = checked
                match value:
                    case ast.Call(func=func, args=[ast.Name(id=name), *_]):
                        return target == name and self._is_check(func) and _free(node)
        return False

    def _raises(self, branch: list[ast.stmt]) -> bool:
        if isinstance(branch[-1], ast.Raise):
            return all(isinstance(each, ast.Assign) or self._is_guard(each) for each in branch[:-1])
        return all(map(self._is_guard, branch))

    def _found(self, function: ast.expr) -> tuple[str, str, list[str]] | None:
        dotted = self._dotted(function)
        return self.tree.find(dotted) if dotted else None

    def _is_check(self, function: ast.expr) -> bool:
        found = self._found(function)
        return found is not None and CHECK.fullmatch(found[1]) is not None and not found[2]


def _nodes(node: ast.AST | list) -> Iterator[ast.AST]:
    for each in node if isinstance(node, list) else [node]:
        yield from ast.walk(each)


def _own(statements: list) -> Iterator[ast.AST]:
    """Nodes of statements, without the insides of what has a scope of its own."""
    inside = (
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
        *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    )
    todo = list(statements)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, inside):
            todo += ast.iter_child_nodes(node)


def _bound(statements: list) -> set[str]:
    """Names that statements bind in the scope that they stand in, imports included."""
    names = set()
    for node in _own(statements):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(name)
            case ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)):
                names.add(name)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.add(name)
            case ast.MatchMapping(rest=str(name)):
                names.add(name)
            case ast.alias():
                names.add(node.asname or node.name.partition(".")[0])
    return names


def imported(statement: ast.stmt) -> dict[str, str]:
    """What the imports within a statement, but not within its functions, give a name to."""
    names = {}
    for node in _own([statement]):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _loaded(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


ANY = "*"  # a name that is made while the code runs


def mentioned(statements: list[ast.stmt]) -> set[str]:
    """All names in statements by which a method might be called."""
    names = set()
    for node in _nodes(statements):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                names.add(name)
            case ast.Call(func=ast.Name(id="getattr"), args=[owner, attribute, *_]):
                elsewhere = isinstance(owner, ast.Name) and "." in owner.id  # keras.layers
                if not isinstance(attribute, ast.Constant) and not elsewhere:
                    names.add(ANY)
    return names


def _arguments(arguments: ast.arguments) -> set[str]:
    return {node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)}


def _free(node: ast.AST) -> bool:
    """Whether an expression assigns nothing and hands nothing over."""
    effects = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)
    return not any(isinstance(inner, effects) for inner in ast.walk(node))


def _outline(node: Any) -> Any:
    """Nested lists that spell a syntax tree, the same on each version of Python.

    ``ast.dump`` won't do: later versions leave out empty fields and add new ones.
    """
    if isinstance(node, ast.AST):
        fields = [(field, _outline(value)) for field, value in ast.iter_fields(node)]
        return [type(node).__name__, [pair for pair in fields if pair[1] not in (None, [])]]
    if isinstance(node, list):
        return [_outline(item) for item in node]
    return None if node is None else repr(node)
