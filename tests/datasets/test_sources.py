"""Which source is taken, in which order, and what is said when one fails."""

import dataclasses
import errno
import os

import numpy as np
import pytest

from seqlearn.datasets import cache, fetch, load_imdb, load_mnist_rows, mnist, sources, verify


def same(first, second):
    return first.keys() == second.keys() and all(
        np.array_equal(first[name], second[name]) for name in first
    )


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    folder = tmp_path / "stick"
    folder.mkdir()
    monkeypatch.setenv("SEQLEARN_DATA", str(folder))
    return folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# ---- Order -----------------------------------------------------------------------


def test_data_folder_comes_before_cache_and_network(tiny, data_folder, cache_folder, server):
    (data_folder / "tiny.npz").write_bytes(tiny.data)
    (cache_folder / "tiny.npz").write_bytes(b"never read")
    assert same(sources.obtain([tiny.file], "auto")[0][0], tiny.content)
    assert server.asked == []
    assert names(data_folder) == ["tiny.npz"]


def test_cache_comes_before_network(tiny, cache_folder, server):
    (cache_folder / "tiny.npz").write_bytes(tiny.data)
    assert same(sources.obtain([tiny.file], "auto")[0][0], tiny.content)
    assert server.asked == []


def test_network_comes_last_and_fills_the_cache(tiny, data_folder, cache_folder, server, capfd):
    assert same(sources.obtain([tiny.file], "auto")[0][0], tiny.content)
    assert server.asked == ["HEAD /tiny.npz", "GET /tiny.npz"]
    assert "Downloading data from" in capfd.readouterr().out  # Keras's progress
    assert names(cache_folder) == ["tiny.npz", "tiny.seqlearn-1.npy"]
    assert names(data_folder) == []
    assert (cache_folder / "tiny.npz").read_bytes() == tiny.data
    assert same(sources.obtain([tiny.file], "full")[0][0], tiny.content)
    assert len(server.asked) == 2  # nothing was asked again


def test_embedded_looks_nowhere(tiny, cache_folder, server, monkeypatch):
    assert sources.obtain([tiny.file], "embedded") == (None, "as asked")
    monkeypatch.setenv("SEQLEARN_SOURCE", "embedded")
    assert sources.obtain([tiny.file], "auto") == (None, "as asked")
    assert server.asked == []
    assert same(sources.obtain([tiny.file], "full")[0][0], tiny.content)  # "full" is not "auto"


def test_seqlearn_source_full_means_no_stand_in(tiny, no_network, monkeypatch):
    monkeypatch.setenv("SEQLEARN_SOURCE", "full")
    with pytest.raises(sources.DataUnavailable):
        sources.obtain([tiny.file], "auto")


@pytest.mark.parametrize("wrong", ["Full", "", None, "/some/folder"])
def test_wrong_source_is_named(wrong, monkeypatch):
    with pytest.raises(
        ValueError, match=r"^source: expected one of 'auto', 'full', 'embedded'; got "
    ):
        sources.resolve(wrong)
    if wrong:
        monkeypatch.setenv("SEQLEARN_SOURCE", wrong)
        with pytest.raises(ValueError, match=r"^SEQLEARN_SOURCE: expected .*; got "):
            sources.resolve("auto")
        assert sources.resolve("full") == "full"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"SEQLEARN_CACHE": "/c", "KERAS_HOME": "/k"}, "/c"),
        ({"SEQLEARN_CACHE": "", "KERAS_HOME": "/k"}, "/k/datasets"),
        ({"SEQLEARN_CACHE": "", "KERAS_HOME": ""}, os.path.expanduser("~/.keras/datasets")),
        ({"SEQLEARN_CACHE": "~/c"}, os.path.expanduser("~/c")),
    ],
)
def test_where_the_cache_is(settings, expected, monkeypatch):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert str(cache.folder()) == expected


def test_addresses_are_those_of_keras_unless_a_mirror_is_named(monkeypatch):
    assert fetch.address(mnist.FILE) == (
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
    )
    for mirror in ("http://school/data", "http://school/data/"):
        monkeypatch.setenv("SEQLEARN_MIRROR", mirror)
        assert fetch.address(mnist.FILE) == "http://school/data/mnist.npz"


# ---- Damage ----------------------------------------------------------------------

DAMAGE = {
    "truncated": lambda data: data[:-100],
    "flipped byte": lambda data: data[:5000] + bytes([data[5000] ^ 1]) + data[5001:],
    "web page": lambda data: b"<!DOCTYPE html><title>503</title>",
    "empty": lambda data: b"",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_is_named_set_aside_and_fetched_again(
    tiny, cache_folder, server, capfd, damage
):
    spoiled = DAMAGE[damage](tiny.data)
    (cache_folder / "tiny.npz").write_bytes(spoiled)
    assert same(sources.obtain([tiny.file], "auto")[0][0], tiny.content)
    assert (cache_folder / "tiny.npz.damaged").read_bytes() == spoiled
    assert (cache_folder / "tiny.npz").read_bytes() == tiny.data
    said = capfd.readouterr().err
    assert said.startswith(f"seqlearn: {cache_folder / 'tiny.npz'} is damaged: it")
    assert said.endswith("Set aside as tiny.npz.damaged.\n")


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_without_network_ends_in_the_stand_in(
    tiny, cache_folder, no_network, damage
):
    (cache_folder / "tiny.npz").write_bytes(DAMAGE[damage](tiny.data))
    content, reason = sources.obtain([tiny.file], "auto")
    assert content is None
    assert reason.startswith("no connection to 127.0.0.1:")
    with pytest.raises(sources.DataUnavailable):
        sources.obtain([tiny.file], "full")
    assert names(cache_folder) == ["tiny.npz.damaged"]


def test_damage_in_the_data_folder_is_named_and_left_alone(tiny, data_folder, cache_folder, capsys):
    (data_folder / "tiny.npz").write_bytes(tiny.data[:-100])
    (cache_folder / "tiny.npz").write_bytes(tiny.data)
    assert same(sources.obtain([tiny.file], "auto")[0][0], tiny.content)
    assert capsys.readouterr().err == (
        f"seqlearn: {data_folder / 'tiny.npz'} is damaged: it is incomplete or altered. "
        "Replace it; other sources are tried now.\n"
    )
    assert names(data_folder) == ["tiny.npz"]


def test_a_data_folder_that_is_none_is_named_once(tiny, tmp_path, monkeypatch, no_network, capsys):
    monkeypatch.setenv("SEQLEARN_DATA", str(tmp_path / "unplugged"))
    for _ in range(2):
        assert sources.obtain([tiny.file], "auto")[0] is None
    assert capsys.readouterr().err == (
        "seqlearn: SEQLEARN_DATA: expected a folder with data files; "
        f"{tmp_path / 'unplugged'} is none.\n"
    )


def test_full_without_any_way_says_what_was_tried_and_what_to_do(
    tiny, data_folder, cache_folder, no_network
):
    (data_folder / "tiny.npz").write_bytes(b"")
    with pytest.raises(sources.DataUnavailable) as error:
        sources.obtain([tiny.file], "full")
    server = no_network.split("/")[2]
    assert (
        str(error.value)
        == f"""\
tiny.npz: the full data can't be had here. Tried:
  - the folder in SEQLEARN_DATA: {data_folder / "tiny.npz"} is damaged: it is empty
  - the cache folder: no such file: {cache_folder / "tiny.npz"}
  - download: no connection to {server} (Connection refused)
What to do, one of:
  - with a network, run: python -m seqlearn data
  - without, run on another machine: python -m seqlearn data --into FOLDER,
    bring the folder here and set SEQLEARN_DATA to it
  - or use the small stand-in: source="embedded\""""
    )


def test_a_file_that_cannot_be_read_is_passed_over(tiny, data_folder, cache_folder):
    (data_folder / "tiny.npz").mkdir()
    (cache_folder / "tiny.npz").write_bytes(tiny.data)
    assert same(sources.obtain([tiny.file], "auto")[0][0], tiny.content)


# ---- The flat copy ---------------------------------------------------------------


@pytest.mark.parametrize("at", [0, 20, 130, 300, 1000, -1])
def test_a_spoiled_flat_copy_is_never_trusted(tiny, cache_folder, at, capsys):
    (cache_folder / "tiny.npz").write_bytes(tiny.data)
    sources.obtain([tiny.file], "auto")
    flat = cache.flat_path(tiny.file)
    for spoil in (lambda b: b[:at], lambda b: b[:at] + bytes([b[at] ^ 4]) + b[at:][1:]):
        kept = flat.read_bytes()
        flat.write_bytes(spoil(kept))
        assert same(sources.obtain([tiny.file], "auto")[0][0], tiny.content)
        assert flat.read_bytes() == kept
    assert f"{flat} is damaged" in capsys.readouterr().err


def test_a_flat_copy_with_a_pickle_in_it_is_refused(tiny, cache_folder):
    with open(cache.flat_path(tiny.file), "wb") as stream:
        np.save(stream, np.array([[1, "a"], [{}, "b"]], dtype=object), allow_pickle=True)
    with pytest.raises(verify.Damaged):
        cache.load_flat(tiny.file)


def test_a_flat_copy_of_something_else_is_not_taken(tiny, cache_folder):
    cache.save_flat(tiny.file, tiny.content)
    assert cache.load_flat(dataclasses.replace(tiny.file, file_hash="0" * 64)) is None


def test_a_full_disk_costs_the_flat_copy_and_nothing_else(tiny, cache_folder, monkeypatch):
    (cache_folder / "tiny.npz").write_bytes(tiny.data)

    def full(stream, array, **_):
        stream.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np.lib.format, "write_array", full)
    assert same(sources.obtain([tiny.file], "auto")[0][0], tiny.content)
    assert names(cache_folder) == ["tiny.npz"]


# ---- A cache that can't be written -----------------------------------------------


@pytest.fixture
def no_cache(tmp_path, monkeypatch):
    """Put the cache under a file, where even an administrator can make no folder."""
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("SEQLEARN_CACHE", str(tmp_path / "a file" / "cache"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(sources.tempfile, "tempdir", str(temporary))
    return temporary


def test_data_folder_serves_without_a_cache(tiny, data_folder, no_cache, capsys):
    (data_folder / "tiny.npz").write_bytes(tiny.data)
    assert same(sources.obtain([tiny.file], "full")[0][0], tiny.content)
    assert capsys.readouterr().err == ""  # nothing is amiss, it is only slower


def test_download_serves_once_without_a_cache(tiny, no_cache, server, capsys):
    assert same(sources.obtain([tiny.file], "full")[0][0], tiny.content)
    assert "can't be written (Not a directory): tiny.npz will be downloaded again" in (
        capsys.readouterr().err
    )
    assert names(no_cache) == []


def test_embedded_needs_no_cache(no_cache, no_network):
    assert load_mnist_rows().source == "embedded"
    assert load_imdb().source == "embedded"


# ---- The line --------------------------------------------------------------------


def test_the_stand_in_says_why_and_how_to_get_the_data(no_network, capsys):
    load_mnist_rows()
    server = no_network.split("/")[2]
    assert capsys.readouterr().out == (
        "MNIST: embedded stand-in, 1,797 digits of 8 × 8 pixels. The full data is not here: "
        f"no connection to {server} (Connection refused). To get it: python -m seqlearn data\n"
    )
