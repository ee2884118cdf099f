"""Builds a book for the tests, as ``make book`` builds the real one."""

import base64
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

# A picture of one dot, as a notebook stores it.
DOT = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4"
    "2mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DOT_BYTES = base64.b64decode(DOT)


def build_book(folder, *options):
    """Build the book in ``folder``, whose parent holds _config.yml.

    Args:
        folder: the folder of the pages.
        options: further options of ``jupyter-book build``.

    Returns:
        The exit status, what the build said, and the folder of the finished site.
    """
    program = "from jupyter_book.cli.main import main; main()"
    run = subprocess.run(
        [sys.executable, "-c", program, "build", str(folder), "-q", *options],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        encoding="utf8",
        check=False,
    )
    return run.returncode, run.stdout + run.stderr, folder.parent / "_build" / "html"
