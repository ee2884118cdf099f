"""Download a file with Keras's own machinery, and give up soon where there is no network."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from seqlearn.datasets import verify

KERAS_ADDRESS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

ATTEMPTS = 3
PROBE_SECONDS = 5.0  # until the network counts as absent
STALL_SECONDS = 30.0  # without a byte, until a download counts as broken

# A full disk and a broken connection are both an OSError; these are about the disk.
_WRITING = {
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "EIO", "ENOTDIR")
    if hasattr(errno, name)
}

# Servers that did not answer, with the reason: asked once in a process.
_silent: dict[str, str] = {}


class FetchFailed(Exception):
    """A file could not be downloaded; the message says why."""


def address(file: verify.DataFile) -> str:
    """Return a file's address: at Keras's, or in the folder that ``SEQLEARN_MIRROR`` names.

    Example:
        >>> address(verify.DataFile("mnist.npz", 0, "", bytes)).rpartition("/")[2]
        'mnist.npz'
    """
    base = os.environ.get("SEQLEARN_MIRROR") or KERAS_ADDRESS
    return f"{base.rstrip('/')}/{file.name}"


def reachable(url: str) -> str | None:
    """Say why a server does not answer, once in a process; None if it does.

    Name look-up has no time limit, so the question is put in a thread that may be left behind.
    """
    server = urllib.parse.urlsplit(url).netloc
    if server in _silent:
        return _silent[server]
    answer: list[str | None] = []

    def ask() -> None:
        request = urllib.request.Request(url, method="HEAD")
        try:
            with urllib.request.urlopen(request, timeout=PROBE_SECONDS):
                answer.append(None)
        except urllib.error.HTTPError:
            answer.append(None)  # an answer, if not a kind one: the download will say more
        except Exception as problem:
            answer.append(f"no connection to {server} ({_reason(problem)})")

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS)
    reason = answer[0] if answer else f"no answer from {server} within {PROBE_SECONDS:.0f} seconds"
    if reason:
        _silent[server] = reason
    return reason


def download(file: verify.DataFile, into: Path) -> tuple[Path, object]:
    """Download a file into an empty folder and verify it, up to ``ATTEMPTS`` times.

    Returns:
        The path of the verified file, and its content.

    Raises:
        FetchFailed: If no attempt gave the data; the message says why.
        OSError: If the file can't be written.
    """
    url = address(file)
    if reason := reachable(url):
        raise FetchFailed(reason)
    try:
        import keras
    except ImportError as problem:
        raise FetchFailed(f"Keras can't be imported ({problem})") from problem

    problems: list[str] = []
    for _ in range(ATTEMPTS):
        try:
            with _stall_limit():
                # An absolute cache_subdir overrides the cache folder: Keras writes here.
                path = Path(
                    keras.utils.get_file(
                        file.name,
                        origin=url,
                        cache_dir=str(into),
                        cache_subdir=str(into.absolute()),
                        force_download=True,
                    )
                )
            return path, verify.verified(file, path.read_bytes())
        except verify.Damaged as problem:
            problems.append(f"what came is not the data: {problem}")
        except Exception as problem:
            if getattr(problem, "errno", None) in _WRITING:
                raise
            problems.append(f"the download broke off: {_reason(problem)}")
            if re.search(r": 4\d\d -- ", str(problem)):
                break  # the server refuses: asking again changes nothing
    tries = "once" if len(problems) == 1 else f"{len(problems)} times"
    raise FetchFailed(f"{url}, tried {tries}: {problems[-1]}")


def _reason(problem: BaseException) -> str:
    reason = getattr(problem, "reason", None) or problem
    reason = getattr(reason, "strerror", None) or reason
    # Keras puts its own words and the address before the reason.
    return str(reason).rpartition(" -- ")[2].strip() or type(problem).__name__


@contextlib.contextmanager
def _stall_limit() -> Iterator[None]:
    """Let no socket wait for ever: Keras sets no limit of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(STALL_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
