"""Run notebooks and store their outputs: what ``make execute`` calls.

    python tools/execute.py                             every notebook of the book
    python tools/execute.py book/07_mnist_rows.ipynb    one, and the evidence page

The kernel is started as the tests start it, so that a stored output and the
output of a test are made in the same way. A notebook is written only when all its
cells ran; until then the old one stays. What differs from run to run without
meaning anything (times, the version of Python) is left out, so that a diff shows
what changed.

Stored outputs come from the full data. ``--embedded`` stores a run on the embedded
data all the same, to look at; test_book.py does not let it pass for the book.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from files import write_whole
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager

BOOK = Path(__file__).resolve().parent.parent / "book"
EVIDENCE = "evidence.ipynb"

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"},
}


class NotANotebook(ValueError):
    """What was named can't be run and stored, and why, in one line."""


class SameEnvironmentKernel(AsyncKernelManager):
    """A kernel of the Python that runs this script, as in the tests."""

    def _kernel_spec_manager_default(self) -> NbvalKernelspecManager:
        return NbvalKernelspecManager(parent=self)


def execute(path: Path) -> None:
    """Run a notebook in its own folder and store what it printed.

    Args:
        path: The notebook.

    Raises:
        CellExecutionError: If a cell raises; the file stays as it was.
        DeadKernelError: If the kernel dies; likewise.
    """
    notebook = read(path)
    NotebookClient(
        notebook,
        timeout=None,
        kernel_name=CURRENT_ENV_KERNEL_NAME,
        kernel_manager_class=SameEnvironmentKernel,
        # nbval's kernels don't capture what libraries in C write either.
        extra_arguments=["--IPKernelApp.capture_fd_output=False", "--log-level=40"],
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        coalesce_streams=True,
    ).execute()
    settle(notebook)
    pictures = lent_pictures(notebook)
    write_whole(path, nbformat.writes(notebook) + "\n")
    for name, picture in pictures.items():
        write_whole(path.parent / "_static" / f"{name}.png", picture)


def read(path: Path) -> nbformat.NotebookNode:
    """Read a notebook that can be run and stored.

    Args:
        path: The file.

    Returns:
        The notebook.

    Raises:
        NotANotebook: If the file is something else, or can't be read or written.
    """
    if path.is_dir() or path.suffix != ".ipynb" or not path.exists():
        found = "a folder" if path.is_dir() else "another file" if path.exists() else "nothing"
        raise NotANotebook(f"{path.name}: expected a notebook, NAME.ipynb; got {found}")
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        raise NotANotebook(f"{path.name}: can't be written, so its outputs couldn't be stored")
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
        version = content["nbformat"]
        if version != 4:
            raise NotANotebook(
                f"{path.name}: expected a notebook of format 4; got format {version}: "
                f"jupyter nbconvert --to notebook --nbformat 4 {path.name}"
            )
        nbformat.validate(content)
    except OSError as problem:
        raise NotANotebook(f"{path.name}: can't be read: {problem.strerror}") from None
    except UnicodeDecodeError as problem:
        raise NotANotebook(f"{path.name}: expected UTF-8; {problem}") from None
    except json.JSONDecodeError as problem:
        raise NotANotebook(f"{path.name}: expected JSON; {problem}") from None
    except (KeyError, TypeError):
        raise NotANotebook(f"{path.name}: expected a notebook; got other JSON") from None
    except nbformat.ValidationError as problem:
        reason = str(problem).partition("\n")[0]
        raise NotANotebook(f"{path.name}: expected a notebook; {reason}") from None
    return nbformat.reads(text, as_version=4)


def lent_pictures(notebook: nbformat.NotebookNode) -> dict[str, bytes]:
    """Find the figures that other pages show too, such as the one of the landing page.

    A cell lends its figure by its metadata, ``{"seqlearn": {"picture": "NAME"}}``, and
    ``_static/NAME.png`` is written anew with each run.

    Args:
        notebook: An executed notebook.

    Returns:
        The PNG files by name.

    Raises:
        ValueError: If a cell that lends its figure has not made exactly one.
    """
    pictures = {}
    for cell in notebook.cells:
        name = cell.metadata.get("seqlearn", {}).get("picture")
        if name is None:
            continue
        images = [o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {})]
        if len(images) != 1:
            raise ValueError(f"the cell that lends {name!r}: expected 1 figure; got {len(images)}")
        pictures[name] = base64.b64decode(images[0])
    return pictures


def settle(notebook: nbformat.NotebookNode) -> None:
    """Take out of a notebook what changes from run to run without meaning anything.

    Args:
        notebook: The notebook, changed in place.
    """
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        for key in ("execution", "collapsed", "scrolled", "ExecuteTime"):
            cell.metadata.pop(key, None)


def chosen(names: Sequence[str]) -> list[Path]:
    """The notebooks to run, the evidence page last because it reads the others.

    Args:
        names: Paths that were asked for; none means the whole book.

    Returns:
        The paths.

    Raises:
        NotANotebook: If one of them can't be run and stored.
    """
    paths = [Path(name).resolve() for name in names] or sorted(BOOK.glob("*.ipynb"))
    for path in paths:
        read(path)
    pages = {path.parent / EVIDENCE for path in paths}
    chapters = [path for path in paths if path not in pages]
    return chapters + sorted(page for page in pages if page.is_file())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and store the notebooks that were asked for.

    Args:
        arguments: Words of the command line; those of this process if None.

    Returns:
        Exit status: 0; 1 when a notebook failed; 2 when what was named is no notebook.
    """
    parser = argparse.ArgumentParser(description="Run notebooks and store their outputs.")
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK", help="by default, all")
    parser.add_argument(
        "--embedded", action="store_true", help="store a run on the embedded data all the same"
    )
    options = parser.parse_args(arguments)
    if os.environ.get("SEQLEARN_SOURCE") == "embedded" and not options.embedded:
        print(
            "SEQLEARN_SOURCE is embedded, and the outputs that the book shows come from the full "
            "data: unset it, or add --embedded.",
            file=sys.stderr,
        )
        return 1
    # "full" makes a loader that can't have its data say so, where "auto" would
    # go on with the stand-in.
    os.environ["SEQLEARN_SOURCE"] = "embedded" if options.embedded else "full"
    try:
        paths = chosen(options.notebooks)
    except NotANotebook as problem:
        print(problem, file=sys.stderr)
        return 2
    for path in paths:
        print(f"{path.name} ...", end=" ", flush=True)
        start = time.perf_counter()
        try:
            execute(path)
        except (CellExecutionError, DeadKernelError, ValueError) as problem:
            print("failed, and was left as it was")
            print(re.sub(r"\x1b\[[\d;]*m", "", str(problem)), file=sys.stderr)
            return 1
        print(f"stored after {time.perf_counter() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
