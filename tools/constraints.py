"""Write constraints.txt: the versions that pip would choose today for the whole project."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

HEADER = """\
# The exact versions that the book was last verified with: everything that
# pip install -e ".[book,test]" brings in. `make constraints` renews this list.
"""


def main() -> None:
    """Resolve the project afresh, without installing anything, and pin what comes out."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"]
    command += ["--ignore-installed", "--report", "-", "-e", ".[book,test]"]
    resolved = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    pins = {}
    for package in json.loads(resolved)["install"]:
        name = re.sub(r"[-_.]+", "-", package["metadata"]["name"]).lower()
        pins[name] = package["metadata"]["version"]
    del pins["seqlearn"]
    lines = [f"{name}=={version}\n" for name, version in sorted(pins.items())]
    Path("constraints.txt").write_text(HEADER + "".join(lines), encoding="utf-8")
    print(f"constraints.txt: {len(lines)} packages. Now make test, and commit it if that passes.")


if __name__ == "__main__":
    main()
