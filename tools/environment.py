"""Prepare the environment that the targets work in.

Whatever is missing is said in one line. Only the standard library is used, and none of
its optional parts at the top, because a bare installation may lack them.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from suitable_python import typed, wanted

NEEDED_GB = 4.0  # the environment takes 3; the rest is room to download and unpack

READY = "seqlearn-ready"  # written last: what the environment was made from
HALF_MADE = "seqlearn-half-made"  # written first, removed last: never trust this folder

INSTALL = ["-m", "pip", "install", "-c", "constraints.txt", "-e", ".[book,test]"]

# What pip says when something outside the project is wrong, and how to fix it; the first
# match decides. Read from pip's messages, because its exit status is the same for all.
CAUSES = (
    (
        ("No space left on device", "Disk quota exceeded"),
        "the disk filled up while installing (the environment takes 3 GB, and the temporary "
        "folder {tmp} needs 1): free some space, or point TMPDIR at a roomier folder",
    ),
    (
        (
            "Failed to establish a new connection",
            "NewConnectionError",
            "NameResolutionError",
            "Temporary failure in name resolution",
            "ConnectTimeoutError",
            "ReadTimeoutError",
            "Network is unreachable",
            "Connection refused",
            "ProxyError",
            "SSLError",
        ),
        "the package index can't be reached: connect to the network, or name a mirror "
        "(PIP_INDEX_URL) or a folder of wheels (PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER)",
    ),
    (
        ("No matching distribution found for",),
        "the package index has no {package} for Python {version} on {machine}: try another "
        "Python ({wanted}), or another package index (PIP_INDEX_URL)",
    ),
)


class Refusal(Exception):
    """Why the environment can't be prepared and how to fix it, in one line."""


def prepare(folder: Path, rebuild: bool = False) -> None:
    """Make the environment, or bring it up to date; do nothing if it is.

    Args:
        folder: Where the environment lives, such as ``.venv``.
        rebuild: Whether to replace an environment of another Python version.

    Raises:
        Refusal: If something is missing.
    """
    with one_at_a_time():
        found, wished = read_stamp(folder), stamp()
        usable = python_of(folder) is not None and not (folder / HALF_MADE).exists()
        if found:
            usable = usable and found["place"] == wished["place"]
            usable = usable and (found["python"] == wished["python"] or not rebuild)
        if usable and found and found["packages"] == wished["packages"]:
            return
        if not usable:
            create(folder)
        elif found:
            wished["python"] = found["python"]
        install(folder)
        (folder / READY).write_text(json.dumps(wished))
        (folder / HALF_MADE).unlink()


def python_of(folder: Path) -> Path | None:
    """Find the Python of an environment, in whichever layout it was made.

    Args:
        folder: The environment.

    Returns:
        The program, or None if there is none.
    """
    layouts = ("bin/python", "bin/python.exe", "Scripts/python.exe")  # the last: Windows
    return next((folder / name for name in layouts if (folder / name).exists()), None)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until nobody else prepares an environment of this project."""
    with open("constraints.txt", "rb") as file:
        if not lock(file):
            say("Another call is preparing the environment; waiting for it.")
            while not lock(file):
                time.sleep(0.2)
        yield  # closing the file gives the lock back


def lock(file: BinaryIO) -> bool:
    """Try to lock a file against other processes that call this.

    Args:
        file: The open file; its content stays readable for all.

    Returns:
        False if another process has the lock. True if it is ours, or if this system or
        file system has no locks.
    """
    try:
        try:
            import fcntl
        except ImportError:
            import msvcrt

            # Windows locks bytes, and lets nobody else read them: take one far behind the end.
            file.seek(2**30)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except (ImportError, OSError):
        pass
    return True


def stamp() -> dict[str, str]:
    """Describe the environment that the project asks for now.

    Returns:
        ``packages``, a digest of what pip reads (settings of other tools in
        pyproject.toml don't count); ``python``, the version; and ``place``, because an
        environment doesn't survive being moved.
    """
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    parts = [project["build-system"], project["project"]]
    parts.append(Path("constraints.txt").read_text(encoding="utf-8"))
    packages = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return {"packages": packages, "python": python_version(), "place": os.getcwd()}


def python_version() -> str:
    """Name the version of this Python, such as ``3.12``."""
    return "{}.{}".format(*sys.version_info)


def read_stamp(folder: Path) -> dict[str, str] | None:
    """Read what an environment was made from.

    Args:
        folder: The environment.

    Returns:
        The stamp as it was then, or None if there is no whole one.
    """
    try:
        found = json.loads((folder / READY).read_text())
        return found if found.keys() == {"packages", "python", "place"} else None
    except (OSError, ValueError, AttributeError):
        return None


def create(folder: Path) -> None:
    """Make an empty environment with this Python, in place of what was there.

    Args:
        folder: Where to make it.

    Raises:
        Refusal: If the venv module or disk space is missing, or if the folder holds
            something that isn't an environment.
    """
    check_venv_module()
    check_disk()
    if folder.exists() or folder.is_symlink():
        ours = (folder / "pyvenv.cfg").exists() or (folder / HALF_MADE).exists()
        if folder.is_symlink() or not (folder.is_dir() and (ours or not any(folder.iterdir()))):
            raise Refusal(
                f"{folder} is there and isn't an environment: move it away, or name another "
                f"folder, as in {typed('book VENV=.venv-book')}"
            )
        shutil.rmtree(folder)
    say(f"Making the environment {folder} with Python {python_version()}.")
    folder.mkdir(parents=True)
    mark_half_made(folder)
    # Where this Python is itself that of an environment, take the one below it.
    base = getattr(sys, "_base_executable", None) or sys.executable
    made = subprocess.run(
        [base, "-m", "venv", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if made.returncode != 0:
        words = " ".join(made.stdout.decode("utf-8", "replace").split())
        raise Refusal(f"{base} -m venv failed: {words[-300:]}")


def check_venv_module() -> None:
    """Refuse a Python whose venv module is absent, as on a bare Debian.

    Raises:
        Refusal: With the package that brings it.
    """
    try:
        import ensurepip  # noqa: F401 (venv needs it, and Debian ships it apart)
        import venv  # noqa: F401
    except ImportError:
        raise Refusal(
            f"{sys.executable} has no complete venv module: install it (on Debian or Ubuntu: "
            f"apt install python3-venv, or python{python_version()}-venv), then try again"
        ) from None


def check_disk() -> None:
    """Refuse to begin where the environment wouldn't fit.

    Raises:
        Refusal: With the space that there is and the space that is needed.
    """
    free = shutil.disk_usage(".").free / 1e9
    if free < NEEDED_GB:
        raise Refusal(
            f"the environment needs {NEEDED_GB:.0f} GB of disk and {free:.1f} GB is free: make "
            f"room, or name a folder on another disk, as in {typed('book VENV=/roomy/seqlearn')}"
        )


def mark_half_made(folder: Path) -> None:
    """Note that the folder can't be trusted until the note is gone."""
    (folder / HALF_MADE).write_text("An installation began here. If none is running, try again.\n")


def install(folder: Path) -> None:
    """Install the project with its extras, at the pinned versions.

    Args:
        folder: The environment to install into.

    Raises:
        Refusal: If pip fails, with the cause where it is a known one.
    """
    mark_half_made(folder)
    log_path = folder / "install.log"
    say(f"Installing the packages: 3 GB, a few minutes the first time. Log: {log_path}")
    # Modules are compiled when first imported: quicker than compiling all of TensorFlow now.
    options = ["--no-compile", "--no-input", "--disable-pip-version-check", "--retries", "2"]
    lines = []
    with log_path.open("w", encoding="utf-8") as log:
        pip = subprocess.Popen(
            [str(python_of(folder)), *INSTALL, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        try:
            for line in pip.stdout:
                log.write(line)
                lines.append(line.strip())
                show_progress(line)
        except BaseException:
            pip.terminate()  # nothing may go on writing into a folder that is given up
            raise
    if pip.wait() != 0:
        raise Refusal(explain(lines, log_path))


def show_progress(line: str) -> None:
    """Show on a terminal, in one changing line, how far pip has come."""
    if not sys.stdout.isatty():
        return
    if line.startswith("Collecting "):
        print(f"\r\033[K  fetching {line.split()[1][:60]}", end="", flush=True)
    elif line.startswith("Installing collected packages"):
        print("\r\033[K  unpacking", end="", flush=True)
    elif line.startswith("Successfully installed"):
        print("\r\033[K", end="", flush=True)


def explain(lines: Sequence[str], log_path: Path) -> str:
    """Find in pip's words why it failed.

    Args:
        lines: What pip printed.
        log_path: The file that holds all of it.

    Returns:
        One line: the cause and what to do, or pip's own last error.
    """
    text = "\n".join(lines)
    package = re.search(r"No matching distribution found for ([\w.-]+)", text)
    for signs, advice in CAUSES:
        if any(sign in text for sign in signs):
            return advice.format(
                machine=f"{platform.system()} {platform.machine()}",
                package=package and package.group(1),
                tmp=tempfile.gettempdir(),
                version=python_version(),
                wanted=wanted(),
            )
    errors = [line for line in lines if line.startswith("ERROR")] or list(lines[-1:]) or ["?"]
    return f"pip failed ({errors[-1].rstrip('.')}); all that it said is in {log_path}"


def check_active() -> None:
    """Refuse an active environment that lacks what pyproject.toml names.

    Raises:
        Refusal: With the missing packages and the command that installs them.
    """
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    # The other extras are other backends of Keras, which the target `backend` installs.
    requirements = project["dependencies"] + extras.get("book", []) + extras.get("test", [])
    missing = []
    for requirement in requirements:
        name = re.match(r"[\w.-]+", requirement).group()
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        raise Refusal(
            f"the active Python ({sys.executable}) lacks {', '.join(missing)}: run "
            'python -m pip install -c constraints.txt -e ".[book,test]"'
        )


def say(text: str) -> None:
    """Print a line at once, even into a pipe."""
    print(text, flush=True)
