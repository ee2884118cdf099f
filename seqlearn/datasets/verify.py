"""Trust nothing that comes from a disk or a network before it is verified.

A file is accepted when its hash is the one that Keras publishes for it, or when the arrays inside
have the digests that the project publishes. Reading comes before accepting, so it must be harmless:
plain arrays are read without pickle, and lists through an unpickler that runs no function at all.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import pickle
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]

# The largest array of the book's data is 47 MB. A file that claims to unpack to
# far more is not ours, and must not fill the memory before that is noticed.
LARGEST_MEMBER = 256 * 2**20


class Damaged(Exception):
    """A file is not the data that it should be; the message says in what way."""


@dataclass(frozen=True)
class DataFile:
    """One file of a data set: its name, its identity and the way to read it.

    Attributes:
        name: File name, the same in every folder and at the end of its address.
        size: Approximate size in bytes, shown before a download.
        file_hash: Keras's published hash of the file, md5 or sha256, in hex.
        read: Turns the file's bytes into its content, harmlessly; raises on other input.
        digests: sha256, in hex, of the bytes of each array of the content, if it has arrays.
        keep_flat: Whether ``read`` is slow, so that its arrays are kept in the cache.
    """

    name: str
    size: int
    file_hash: str
    read: Callable[[bytes], Any]
    digests: Mapping[str, str] = field(default_factory=dict)
    keep_flat: bool = False

    def __repr__(self) -> str:
        """Show the name alone: the digests are for machines."""
        return f"DataFile({self.name!r})"


def verified(file: DataFile, data: bytes) -> Any:
    """Read all bytes of a file and return its content, as ``file.read`` gives it, or refuse it.

    Raises:
        Damaged: If the bytes are not the data; the message says in what way.

    Example:
        >>> note = DataFile("note.txt", 5, hashlib.md5(b"hello").hexdigest(), bytes.decode)
        >>> verified(note, b"hullo")
        Traceback (most recent call last):
        ...
        seqlearn.datasets.verify.Damaged: its content differs from the published data
    """
    same_file = _same_hash(data, file.file_hash)
    if not same_file and not file.digests:
        raise Damaged(_what_it_is(data) or "its content differs from the published data")
    try:
        content = file.read(data)
    except Damaged:
        raise
    except pickle.UnpicklingError as problem:
        raise Damaged(f"refused, and nothing in it was run: {problem}") from problem
    except Exception as problem:  # a damaged zip fails in a dozen ways, all with one meaning
        raise Damaged(_what_it_is(data) or "it is incomplete or altered") from problem
    if same_file or digests(content) == dict(file.digests):
        return content
    raise Damaged("its content differs from the published data")


def digests(arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Return the sha256, in hex, of each numeric array's bytes, little-endian, row by row.

    Example:
        >>> digests({"ranks": np.array([1, 2], dtype="int32")})["ranks"][:12]
        '34fb5c825de7'
    """
    return {name: _digest(array) for name, array in arrays.items()}


def read_npz(data: bytes) -> Arrays:
    """Read the arrays of an ``.npz`` file by name, and run nothing that it contains.

    An array of objects must be a row of lists of whole numbers, and becomes two, as
    :func:`flatten` gives them: ``x`` and ``x_lengths``. Other bytes raise whatever they like.

    Example:
        >>> buffer = io.BytesIO()
        >>> np.savez(buffer, y=np.array([0, 1]))
        >>> read_npz(buffer.getvalue())
        {'y': array([0, 1])}
    """
    arrays: Arrays = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            if not member.filename.endswith(".npy"):
                continue
            if member.file_size > LARGEST_MEMBER:
                raise Damaged(f"{member.filename} in it claims {member.file_size:,} bytes")
            name = member.filename.removesuffix(".npy")
            content = io.BytesIO(archive.read(member))  # checks the zip's own checksum
            if _holds_objects(content):
                arrays[name], arrays[f"{name}_lengths"] = flatten(_read_lists(content))
            else:
                content.seek(0)
                arrays[name] = np.lib.format.read_array(content, allow_pickle=False)
    return arrays


def flatten(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Lay lists of whole numbers end to end, int32, and give the length of each, int32.

    Example:
        >>> flatten([[5, 6], [7]])
        (array([5, 6, 7], dtype=int32), array([2, 1], dtype=int32))
    """
    lengths = np.fromiter(map(len, rows), dtype=np.int32, count=len(rows))
    total = int(lengths.sum(dtype=np.int64))
    flat = np.fromiter(itertools.chain.from_iterable(rows), dtype=np.int32, count=total)
    return flat, lengths


def _digest(array: np.ndarray) -> str:
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return hashlib.sha256(little.data).hexdigest()


def _same_hash(data: bytes, expected: str) -> bool:
    algorithm = {32: "md5", 64: "sha256"}[len(expected)]
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest() == expected


def _what_it_is(data: bytes) -> str | None:
    """Name a frequent impostor, or return None."""
    if not data:
        return "it is empty"
    if data[:512].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return "it is a web page (an error or a log-in page of the network), not the data"
    return None


# ---- Lists in a pickle, read without calling anything ----------------------------


def _holds_objects(content: io.BytesIO) -> bool:
    """Read the header of an ``.npy`` file; leave the stream behind it."""
    version = np.lib.format.read_magic(content)
    header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    return header(content)[2].hasobject


class _Shell:
    """Stands where the pickle wants something of NumPy's; keeps the state, does nothing."""

    state: tuple = ()

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, state: tuple) -> None:
        self.state = state


# The three names that an object array's pickle uses, under NumPy 1 and 2. None of
# them leads to NumPy: each gives an empty shell.
_SHELLS = {"numpy.ndarray", "numpy.dtype"} | {
    f"numpy.{core}.multiarray._reconstruct" for core in ("core", "_core")
}


class _ListUnpickler(pickle.Unpickler):
    """Unpickles lists inside an object array, and refuses every other name."""

    def find_class(self, module: str, name: str) -> object:
        if f"{module}.{name}" not in _SHELLS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return _Shell


def _read_lists(content: io.BytesIO) -> list[list[int]]:
    state = _ListUnpickler(content).load().state
    rows = state[-1]  # (version, shape, dtype, Fortran order, list of the elements)
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise pickle.UnpicklingError("it holds something other than lists of numbers")
    return rows
