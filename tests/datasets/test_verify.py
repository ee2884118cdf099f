"""Nothing unverified passes, and nothing in a file is ever run."""

import dataclasses
import hashlib
import io
import json
import os
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqlearn.datasets import verify

every_time_alike = settings(derandomize=True, deadline=None, max_examples=60)


def same(first, second):
    return first.keys() == second.keys() and all(
        np.array_equal(first[name], second[name]) for name in first
    )


def test_accepts_by_hash_alone_and_by_content_alone(tiny):
    by_hash = dataclasses.replace(tiny.file, digests={"x": "0" * 64})
    by_content = dataclasses.replace(tiny.file, file_hash="0" * 64)
    assert same(verify.verified(by_hash, tiny.data), tiny.content)
    assert same(verify.verified(by_content, tiny.data), tiny.content)


def test_refuses_when_neither_matches(tiny, make_npz):
    other = make_npz(**(tiny.content | {"y": 1 - tiny.content["y"]}))
    with pytest.raises(verify.Damaged, match="content differs"):
        verify.verified(tiny.file, other)


def test_an_array_too_many_or_too_few_is_refused(tiny, make_npz):
    for content in (tiny.content | {"z": np.zeros(2)}, {"x": tiny.content["x"]}):
        with pytest.raises(verify.Damaged, match="content differs"):
            verify.verified(tiny.file, make_npz(**content))


def test_without_digests_the_hash_alone_decides():
    text = b'{"the": 1}'
    words = verify.DataFile("words.json", 10, hashlib.md5(text).hexdigest(), json.loads)
    assert verify.verified(words, text) == {"the": 1}
    for other in (b'{"the": 2}', b"<html>", b""):
        with pytest.raises(verify.Damaged):
            verify.verified(words, other)


@pytest.mark.parametrize("dtype", ["int32", ">i8"])
def test_digest_is_that_of_the_little_endian_bytes_row_by_row(dtype):
    array = np.arange(6, dtype=dtype).reshape(2, 3)
    plain = b"".join(int(n).to_bytes(array.itemsize, "little") for n in range(6))
    expected = {"a": hashlib.sha256(plain).hexdigest()}
    assert verify.digests({"a": array}) == expected
    assert verify.digests({"a": np.asfortranarray(array)}) == expected


@every_time_alike
@given(st.floats(0, 1, exclude_max=True))
def test_a_truncated_file_is_refused(tiny, share):
    with pytest.raises(verify.Damaged):
        verify.verified(tiny.file, tiny.data[: int(share * len(tiny.data))])


@every_time_alike
@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_a_flipped_byte_never_changes_the_data_unnoticed(tiny, share, flip):
    spoiled = bytearray(tiny.data)
    spoiled[int(share * len(spoiled))] ^= flip
    try:
        content = verify.verified(tiny.file, bytes(spoiled))
    except verify.Damaged:
        return
    assert same(content, tiny.content)  # only a byte that is no data, such as a date


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it is empty"),
        (b"\n<!DOCTYPE html><html>Log in</html>", "it is a web page"),
        (b"<HTML>502</HTML>", "it is a web page"),
        (b"PK\x03\x04 and nothing else", "it is incomplete or altered"),
    ],
)
def test_says_what_a_wrong_file_is(tiny, data, message):
    with pytest.raises(verify.Damaged, match=f"^{message}"):
        verify.verified(tiny.file, data)


# ---- Pickles ----------------------------------------------------------------------


class Trap:
    """On unpickling, makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def npz_with(array_bytes):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x.npy", array_bytes)
    return stream.getvalue()


def npy_with_pickle(payload):
    stream = io.BytesIO()
    header = {"descr": "|O", "fortran_order": False, "shape": (1,)}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue() + payload


def test_a_malicious_pickle_is_refused_and_never_run(tiny, tmp_path, make_npz):
    trap = tmp_path / "made by the trap"
    nested = np.array([Trap(trap), [1, 2]], dtype=object)
    for spoiled in (
        npz_with(npy_with_pickle(pickle.dumps(Trap(trap)))),
        npz_with(npy_with_pickle(pickle.dumps(nested))),
        make_npz(x=nested),
    ):
        with pytest.raises(verify.Damaged, match=r"refused, and nothing in it was run: .*\.mkdir"):
            verify.verified(tiny.file, spoiled)
        assert not trap.exists()
    pickle.loads(pickle.dumps(nested))  # the trap does work where nobody looks
    assert trap.exists()


@pytest.mark.parametrize(
    "name", ["load", "ndarray.tofile", "fromfile", "_core.numeric._frombuffer"]
)
def test_other_names_of_numpy_are_refused_too(tiny, name):
    module, _, attribute = f"numpy.{name}".rpartition(".")
    payload = f"c{module}\n{attribute}\n.".encode()
    with pytest.raises(verify.Damaged, match="refused"):
        verify.verified(tiny.file, npz_with(npy_with_pickle(payload)))


def test_objects_that_are_not_lists_are_refused(tiny, make_npz):
    with pytest.raises(verify.Damaged, match="other than lists of numbers"):
        verify.verified(tiny.file, make_npz(x=np.array(["a", "b"], dtype=object)))
    with pytest.raises(verify.Damaged):
        verify.verified(tiny.file, npz_with(npy_with_pickle(pickle.dumps([[1, 2]]))))


def test_a_file_that_would_fill_the_memory_is_not_unpacked(tiny, monkeypatch, make_npz):
    monkeypatch.setattr(verify, "LARGEST_MEMBER", 1_000)
    with pytest.raises(verify.Damaged, match=r"x\.npy in it claims 100,128 bytes"):
        verify.verified(tiny.file, tiny.data)


@every_time_alike
@given(st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=5), min_size=1, max_size=6))
def test_lists_come_back_laid_end_to_end(make_rows, rows):
    arrays = verify.read_npz(make_rows(rows))
    assert arrays["x"].dtype == arrays["x_lengths"].dtype == np.int32
    assert arrays["x_lengths"].tolist() == [len(row) for row in rows]
    assert arrays["x"].tolist() == [number for row in rows for number in row]


@pytest.fixture(scope="session")
def make_rows():
    def made(rows):
        array = np.empty(len(rows), dtype=object)
        for position, row in enumerate(rows):
            array[position] = row
        stream = io.BytesIO()
        np.savez(stream, x=array)
        return stream.getvalue()

    return made
