"""The cache folder: nothing half-written is ever found under a final name.

Files are written under a name of their own, completed, and only then renamed in one step.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seqlearn.datasets import verify

# Raise when the layout changes: files of another layout are then not looked at.
_LAYOUT = 1
_WORK = ".seqlearn-"
_DAY = 24 * 60 * 60  # seconds


def folder() -> Path:
    """Return the cache folder: ``SEQLEARN_CACHE``, else Keras's own, which need not exist yet."""
    if chosen := os.environ.get("SEQLEARN_CACHE"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets"


def data_folder() -> Path | None:
    """Return the folder with full data that ``SEQLEARN_DATA`` names, or None."""
    chosen = os.environ.get("SEQLEARN_DATA")
    return Path(chosen).expanduser() if chosen else None


@contextlib.contextmanager
def workspace(parent: Path) -> Iterator[Path]:
    """Give an empty folder inside ``parent``, made if needed, and remove it in the end.

    What a killed process left behind is removed when it is a day old.

    Raises:
        OSError: If nothing can be written there.
    """
    parent.mkdir(parents=True, exist_ok=True)
    for old in parent.glob(f"{_WORK}*"):
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > _DAY:
                shutil.rmtree(old, ignore_errors=True)
    path = Path(tempfile.mkdtemp(prefix=_WORK, dir=parent))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def set_aside(path: Path) -> Path | None:
    """Rename a damaged file so that nobody reads it; None if the folder can't be written."""
    aside = path.with_name(f"{path.name}.damaged")
    try:
        path.replace(aside)
    except OSError:
        return None
    return aside


# ---- Flat arrays: content that was slow to read, in a form that loads at once ----


def flat_path(file: verify.DataFile) -> Path:
    """Return where in the cache a file's arrays are kept in flat form."""
    return folder() / f"{Path(file.name).stem}.seqlearn-{_LAYOUT}.npy"


def save_flat(file: verify.DataFile, arrays: verify.Arrays) -> None:
    """Keep a file's verified arrays in the cache, after their names and digests. Never an error."""
    found = verify.digests(arrays)
    path = flat_path(file)
    with contextlib.suppress(OSError), workspace(path.parent) as work:
        with open(work / path.name, "wb") as stream:
            table = [[file.file_hash, file.name], *found.items()]
            np.lib.format.write_array(stream, np.array(table), allow_pickle=False)
            for array in arrays.values():
                np.lib.format.write_array(stream, array, allow_pickle=False)
        (work / path.name).replace(path)


def load_flat(file: verify.DataFile) -> verify.Arrays | None:
    """Read a file's arrays that :func:`save_flat` kept, by name; None when there are none.

    Raises:
        verify.Damaged: If the kept file is damaged.
    """
    try:
        with open(flat_path(file), "rb") as stream:
            (key, name), *table = np.lib.format.read_array(stream, allow_pickle=False).tolist()
            if (key, name) != (file.file_hash, file.name):
                return None
            arrays = {
                name: np.lib.format.read_array(stream, allow_pickle=False) for name, _ in table
            }
    except OSError:  # not there, or not ours to read: nothing is known against it
        return None
    except Exception as problem:  # whatever the bytes led to, they are not what was written
        raise verify.Damaged("it is incomplete or altered") from problem
    if verify.digests(arrays) != dict(table):
        raise verify.Damaged("its content has changed")
    return arrays
