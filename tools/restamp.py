"""Date records and fresh-seed counts anew where the code has only been moved, renamed or guarded.

    python tools/restamp.py --old REVISION                          stamp what is equal
    python tools/restamp.py --old REVISION --renamed share=top_p    ... with this name for that
    python tools/restamp.py --old REVISION --witness SCRIPT         ... and what runs alike
    python tools/restamp.py --old REVISION --dry-run                compare, stamp nothing

REVISION is a commit at which the stamps were right, which is checked. All that an experiment
reaches there is compared with what it reaches in this checkout, definition by definition, in the
normal form of reach.py; of a notebook, its code. A name may be replaced by one that ``--renamed``
allows for it, as a variable, parameter, keyword, attribute, function or word of a string; within a
function a variable has one name throughout. One old name may have several new ones:
``--renamed keep=side keep=gate``. Where a parameter's values have changed with its name,
expressions are declared to be equal, as the patches spell them: ``--equal "'every step'" True``.

What was written anew can be shown equal by running it. The witness is a script that calls it with
all that the experiments hand it and prints what comes of it (weights, draws, batches) to the last
bit. It is run in both trees; where both print the same, the definitions that differ in form count
as equal if the witness ran them or, where they are tables, ran what names them.

What is equal is stamped anew. Of what is not, the difference is printed, and it must be run again:
``make experiments NAME=...``, ``make fresh NOTEBOOK=...``.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import fresh_seeds
import nbformat
import reach
import record
from files import write_whole

Renames = dict[str, set[str]]  # by old name or expression, the new ones that may stand for it
ROOT = reach.ROOT
FRESH = Path("book", "fresh_seeds.json")


def same(old: Any, new: Any, renames: Renames, names: tuple[dict, dict] | None = None) -> bool:
    """Tell whether two syntax trees are equal, but for names that may be replaced.

    Args:
        old: The one tree, or a part of it.
        new: The other.
        renames: What may stand for what.
        names: New by old and old by new names of the variables met so far.

    Returns:
        True if they are.
    """
    names = ({}, {}) if names is None else names
    if isinstance(old, ast.expr) and not isinstance(old, ast.Name):
        allowed = renames.get(ast.unparse(old), ())
        if allowed and isinstance(new, ast.expr) and ast.unparse(new) in allowed:
            return True
    if type(old) is not type(new):
        return False
    if isinstance(old, list):
        return len(old) == len(new) and all(
            same(*pair, renames, names) for pair in zip(old, new, strict=True)
        )
    if isinstance(old, ast.AST):
        variable = {ast.Name: "id", ast.arg: "arg"}.get(type(old))
        for field in old._fields:
            one, other = getattr(old, field, None), getattr(new, field, None)
            if field == "body" and isinstance(old, ast.ClassDef | ast.Module):
                right = len(one) == len(other) and all(  # functions share no variables
                    same(*pair, renames, None if isinstance(pair[0], ast.FunctionDef) else names)
                    for pair in zip(one, other, strict=True)
                )
            else:
                right = same(one, other, renames, names)
            if not right:
                return False
            if field == variable:
                there, back = names
                if there.setdefault(one, other) != other or back.setdefault(other, one) != one:
                    return False
        return True
    return old == new or (isinstance(old, str) and _may_be(old, new, renames))


def _may_be(old: str, new: str, renames: Renames) -> bool:
    """Whether a name, or each word of a dotted one or of a string, may stand for the other."""
    words = [re.split(r"(\W+)", each) for each in (old, new)]
    return len(words[0]) == len(words[1]) and all(
        one == other or other in renames.get(one, ()) for one, other in zip(*words, strict=True)
    )


def differences(old: reach.Forms, new: reach.Forms, renames: Renames) -> Iterator[tuple[str, str]]:
    """Compare what was reached with what is reached now.

    Args:
        old: Definitions by bare name.
        new: Likewise.
        renames: What may stand for what.

    Yields:
        For each definition that differs, its name and the difference of the normal forms, as in a
        patch.
    """
    todo = {name: list(forms) for name, forms in old.items()}
    for name, forms in sorted(new.items()):
        called = [each for each in todo if _may_be(each, name, renames)]
        for form in forms:
            partner = next(
                ((each, one) for each in called for one in todo[each] if same(one, form, renames)),
                None,
            )
            if partner:
                todo[partner[0]].remove(partner[1])
                continue
            before = next((todo[each].pop(0) for each in called if todo[each]), None)
            yield name, _patch(name, before, form, renames)
    for name, forms in sorted(todo.items()):
        for form in forms:
            yield name, _patch(name, form, None, renames)


def _patch(name: str, old: ast.AST | None, new: ast.AST | None, renames: Renames) -> str:
    spelt = [ast.unparse(form).splitlines() if form else [] for form in (old, new)]
    for at, line in enumerate(spelt[0]):  # renamed, so that a patch shows what else differs
        for one, others in renames.items():
            if len(others) == 1 and one.isidentifier() and line not in spelt[1]:
                line = re.sub(rf"\b{one}\b", *others, line)
        spelt[0][at] = line
    lines = difflib.unified_diff(*spelt, f"{name}, then", f"{name}, now", lineterm="")
    return "\n".join(lines) or _patch(name, old, new, {})


def compare_experiment(
    name: str, then: reach.Tree, now: reach.Tree, renames: Renames
) -> tuple[list[tuple[str, str]], list[str]]:
    """Compare what an experiment reached at another revision with what it reaches now.

    Args:
        name: Name of the experiment.
        then: The code at that revision.
        now: The code of this checkout.
        renames: What may stand for what.

    Returns:
        The differences, and the definitions of the script that have no counterpart to be
        compared with.
    """
    script, roots = f"experiments.{name}", record.roots(name, now)
    new = now.reach(roots)
    if then.module(script):
        return list(differences(then.reach(record.roots(name, then)), new, renames)), []
    # Once the scripts ran themselves, and what prepares the parts was mixed there with what kept
    # and printed them. There the comparison begins one step further on, at what those parts name.
    old_script = f"benchmarks.{name}"
    here, there = (
        tree.module(each).definitions for tree, each in ((now, script), (then, old_script))
    )
    joints = [each for each in here if each in new and each not in there]
    roots += [each for joint in joints for each in sorted(now.form(script, joint).reached)]
    roots = [root for root in roots if root[0] != script or root[1] not in joints]
    old_roots = [
        (old_script, each) if module == script else _once(module, each, then, renames)
        for module, each in roots
    ]
    return list(differences(then.reach(old_roots), now.reach(roots), renames)), joints


def _once(module: str, name: str, then: reach.Tree, renames: Renames) -> tuple[str, str]:
    """Where a definition stood at another revision, and its name there."""
    names = [name, *(old for old, new in renames.items() if name in new)]
    files = sorted(then.root.glob("seqlearn/**/*.py"))
    modules = [".".join(file.relative_to(then.root).with_suffix("").parts) for file in files]
    for place in (module, *modules):
        for each in names:
            if (found := then.module(place)) and each in found.definitions:
                return place, each
    raise SystemExit(
        f"{name}: not found at the old revision; how was it called? --renamed OLD={name}"
    )


# Runs the witness and notes what it calls of the tree, by the names in the code. Nothing is
# printed here, because what the witness prints is compared.
_NOTING = """
import json, pathlib, runpy, sys, threading
script, noted, *folders = sys.argv[1:]
folders, ran = tuple(folders), set()
def note(frame, event, argument):
    if event == "call" and frame.f_code.co_filename.startswith(folders):
        ran.add(frame.f_code.co_qualname.partition(".<locals>")[0])
threading.setprofile(note), sys.setprofile(note)
runpy.run_path(script, run_name="__main__")
sys.setprofile(None)
pathlib.Path(noted).write_text(json.dumps(sorted(ran)))
"""


def witnessed(script: Path, then: reach.Tree, now: reach.Tree) -> set[str]:
    """Run a witness in both trees; give what it ran there, if both times it printed the same.

    Args:
        script: The witness.
        then: The code at the old revision.
        now: The code of this checkout.

    Returns:
        Names of functions, and of methods with their class, ``"Task.score"``.

    Raises:
        SystemExit: If it failed, printed nothing, or printed something else; the message tells.
    """
    printed, ran = [], set()
    with tempfile.TemporaryDirectory() as folder:
        for tree in (then, now):
            noted = Path(folder, "noted")
            noted.unlink(missing_ok=True)
            folders = [str(tree.root / each) for each in reach.FOLDERS]
            done = subprocess.run(
                [sys.executable, "-c", _NOTING, str(script.resolve()), str(noted), *folders],
                env={**os.environ, "PYTHONPATH": str(tree.root), "PYTHONDONTWRITEBYTECODE": "1"},
                cwd=tree.root, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode or not done.stdout.strip():
                raise SystemExit(
                    f"{script.name}: expected a witness that runs in both trees and prints what it "
                    f"finds; got {done.stderr.strip()[-2000:] or 'nothing'}"
                )
            printed.append(done.stdout.splitlines(keepends=True))
            ran.update(json.loads(noted.read_text(encoding="utf-8")))
    if printed[0] != printed[1]:
        lines = difflib.unified_diff(*printed, "then", "now", n=0)
        raise SystemExit(f"{script.name}: not the same in both trees:\n{''.join(lines)}")
    print(f"{script.name}: {len(printed[0])} lines, the same in both trees")
    return ran


def _is_witnessed(name: str, ran: set[str], forms: reach.Forms) -> bool:
    """Whether a definition was run, or, where it is a table, named by one that was."""
    shown, grown = ran | {each.partition(".")[0] for each in ran}, True  # methods, their classes
    while grown:
        named = set().union(*(reach.mentioned(forms[one]) for one in shown & forms.keys()))
        tables = {one for one in named & forms.keys() if not _runs(forms[one])}
        grown, shown = bool(tables - shown), shown | tables
    return name in shown or name not in forms  # what is gone is used no more


def _runs(definitions: Sequence[ast.stmt]) -> bool:
    return any(isinstance(each, ast.FunctionDef | ast.ClassDef) for each in definitions)


def restamp_record(
    name: str,
    then: reach.Tree,
    now: reach.Tree,
    renames: Renames,
    write: bool,
    ran: set[str],
) -> bool:
    """Stamp a record anew, if its code is shown equal.

    Args:
        name: Name of the experiment.
        then: The code at a revision at which the record was up to date.
        now: The code of this checkout.
        renames: What may stand for what.
        write: Whether to store the stamp.
        ran: What a witness ran alike in both trees.

    Returns:
        False if the experiment must be run again.
    """
    path = now.root / "seqlearn" / "results" / f"{name}.json"
    kept, code = _read(path), reach.digests(now.reach(record.roots(name, now)))
    if kept.get("rests_on") == code:
        return _say(name, "up to date")
    there = [then.root / folder / "results" / path.name for folder in ("seqlearn", "book")]
    old = next((_read(each) for each in there if each.is_file()), {})
    if old.get("figures") != kept["figures"]:
        return _say(
            name, "NOT COMPARED: it had other figures, or none, at the old revision", ok=False
        )
    if not _was_right(name, old, then):
        return _say(name, "NOT COMPARED: it was not up to date at the old revision", ok=False)
    found, joints = compare_experiment(name, then, now, renames)
    if joints:
        print(f"{name}: to be read, because the script ran itself then: {', '.join(joints)}")
    forms = now.reach(record.roots(name, now))
    differ = [patch for each, patch in found if not _is_witnessed(each, ran, forms)]
    if differ:
        what = f"DIFFERS in {len(differ)} of {len(code)} definitions:"
        return _say(name, what, *differ, ok=False)
    if write:
        kept = {
            each: value for each, value in kept.items() if each not in ("depends_on", "figures")
        }
        kept |= {"rests_on": code, "fingerprint": record.fingerprint(code)}
        write_whole(path, json.dumps({**kept, "figures": old["figures"]}, indent=1) + "\n")
    alike = f", {len(found)} of them as the witness ran them" if found else ""
    return _say(name, f"all {len(code)} definitions are equal{alike}{', stamped' * write}")


def _was_right(name: str, old: dict[str, Any], then: reach.Tree) -> bool:
    """Whether a record was up to date at its revision, by the test that held there."""
    if "rests_on" in old:
        return old["rests_on"] == reach.digests(then.reach(record.roots(name, then)))
    test = f"from seqlearn import records as r; print(r.is_stale(r.load_record({name!r})))"
    done = subprocess.run(
        [sys.executable, "-c", test], env={**os.environ, "PYTHONPATH": str(then.root)},
        cwd=then.root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.split()[-1] == "False"


def restamp_counts(then: reach.Tree, now: reach.Tree, renames: Renames, write: bool) -> bool:
    """Stamp the counts of those notebooks anew whose code is shown equal.

    Args:
        then: The code at a revision at which the counts were up to date.
        now: The code of this checkout.
        renames: What may stand for what.
        write: Whether to store the stamps.

    Returns:
        False if a notebook must be run again.
    """
    table, old_table = _read(now.root / FRESH), _read(then.root / FRESH)
    right = True
    for name, entry in sorted(table.items()):
        paths = [tree.root / "book" / name for tree in (then, now)]
        code = fresh_seeds.code(paths[1], now)
        if entry["code"] == (stamp := reach.digest([code])):
            _say(name, "up to date")
            continue
        old_entry = old_table.get(name, {})
        if {**old_entry, "code": ""} != {**entry, "code": ""}:
            right = _say(name, "NOT COMPARED: there were other counts, or none", ok=False)
            continue
        old_code = fresh_seeds.code(paths[0], then)
        if old_entry["code"] not in (reach.digest([old_code]), _digest_of_source(paths[0])):
            right = _say(name, "NOT COMPARED: it was not up to date at the old revision", ok=False)
        elif not same(old_code, code, renames):
            patch = _patch(name, old_code, code, renames)
            right = _say(name, "DIFFERS:", patch, ok=False)
        else:
            entry["code"] = stamp
            _say(name, f"the code is equal{', stamped' * write}")
    if write:
        write_whole(now.root / FRESH, json.dumps(table, indent=1, ensure_ascii=False) + "\n")
    return right


def _digest_of_source(path: Path) -> str:
    """The stamp of a notebook as it once was: of its code to the letter."""
    cells = nbformat.read(path, as_version=4).cells
    code = "\n\n".join(cell.source for cell in cells if cell.cell_type == "code")
    return hashlib.sha256(code.encode()).hexdigest()


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _say(name: str, what: str, *patches: str, ok: bool = True) -> bool:
    print(f"{name}: {what}")
    for patch in patches:
        print(textwrap.indent(patch, "    "), end="\n\n")
    return ok


def main(arguments: Sequence[str] | None = None) -> int:
    """Stamp what is shown equal, and print what is not.

    Args:
        arguments: Words of the command line; those of this process if None.

    Returns:
        Exit status: 0, or 1 when something must be run again.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--old", required=True, metavar="REVISION", help="when all was up to date")
    parser.add_argument("--renamed", nargs="+", action="extend", default=[], metavar="OLD=NEW")
    parser.add_argument("--equal", nargs=2, action="append", default=[], metavar=("OLD", "NEW"))
    parser.add_argument("--witness", type=Path, metavar="SCRIPT", help="shows by running it")
    parser.add_argument("--dry-run", action="store_true", help="compare only, stamp nothing")
    options = parser.parse_args(arguments)
    renames: Renames = {}
    for each in options.renamed:
        old, equals, new = each.partition("=")
        if not (equals and old.isidentifier() and new.isidentifier()):
            parser.error(f"--renamed: expected OLD=NEW; got {each!r}")
        renames.setdefault(old, set()).add(new)
    for pair in options.equal:
        old, new = (ast.unparse(ast.parse(each, mode="eval")) for each in pair)
        renames.setdefault(old, set()).add(new)
    with tempfile.TemporaryDirectory() as folder:
        command = ["git", "-C", str(ROOT), "archive", options.old]
        packed = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        then, now, write = reach.Tree(Path(folder)), reach.Tree(ROOT), not options.dry_run
        ran = witnessed(options.witness, then, now) if options.witness else set()
        right = [
            *(restamp_record(path.stem, then, now, renames, write, ran)
              for path in sorted(ROOT.glob("experiments/*.py"))),
            restamp_counts(then, now, renames, write),
        ]  # fmt: skip
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main())
