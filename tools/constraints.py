"""Write constraints.txt: the versions that pip would choose today for the whole project."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

HEADER = """\
# The exact versions that the book was last verified with: everything that
# pip install -e ".[book,test,jax]" brings in, and PyTorch by itself.
# `make constraints` renews this list.
"""


def main() -> None:
    """Resolve the project afresh, without installing anything, and pin what comes out."""
    pyproject = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    torch = pyproject["project"]["optional-dependencies"]["torch"]
    pins = resolve("-e", ".[book,test,jax]")
    # PyTorch by itself: what it brings along differs between machines with and without a GPU.
    pins |= resolve("--no-deps", *torch)
    del pins["seqlearn"]
    lines = [f"{name}=={version}\n" for name, version in sorted(pins.items())]
    Path("constraints.txt").write_text(HEADER + "".join(lines), encoding="utf-8")
    print(f"constraints.txt: {len(lines)} packages. Now make test, and commit it if that passes.")


def resolve(*wanted: str) -> dict[str, str]:
    """Ask pip which versions it would install.

    Args:
        wanted: Packages, and options of pip.

    Returns:
        The version of each package, by its canonical name.
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"]
    command += ["--ignore-installed", "--report", "-", *wanted]
    resolved = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    pins = {}
    for package in json.loads(resolved)["install"]:
        name = re.sub(r"[-_.]+", "-", package["metadata"]["name"]).lower()
        pins[name] = package["metadata"]["version"].partition("+")[0]  # a build, such as +cpu
    return pins


if __name__ == "__main__":
    main()
