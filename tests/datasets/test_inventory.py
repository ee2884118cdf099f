"""python -m seqlearn data: fetch ahead, list, and fill a memory stick."""

import dataclasses

import pytest

from seqlearn.__main__ import main
from seqlearn.datasets import fetch, inventory, sources, verify


@pytest.fixture
def files(tiny, server, monkeypatch):
    """Two files on the server."""
    second = dataclasses.replace(tiny.file, name="second.npz")
    server.files["second.npz"] = tiny.data
    monkeypatch.setattr(inventory, "FILES", (tiny.file, second))
    return inventory.FILES


@pytest.fixture
def no_files(tiny, no_network, monkeypatch):
    """Two files, and no way to get them."""
    second = dataclasses.replace(tiny.file, name="second.npz")
    monkeypatch.setattr(inventory, "FILES", (tiny.file, second))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_real_list_is_complete():
    assert [file.name for file in inventory.FILES] == [
        "mnist.npz",
        "imdb.npz",
        "imdb_word_index.json",
    ]


def test_fetches_everything_and_fetches_it_once(files, cache_folder, server, capsys):
    assert main(["data"]) == 0
    out = capsys.readouterr().out
    assert f"tiny.npz                 0.1 MB  verified: {cache_folder / 'tiny.npz'}" in out
    assert out.endswith("All 2 files are here and verified.\n")
    assert names(cache_folder) == ["second.npz", "tiny.npz"]
    asked = len(server.asked)
    assert main(["data"]) == 0
    assert len(server.asked) == asked


def test_without_network_the_status_says_so(no_files, cache_folder, capsys):
    assert main(["data"]) == 1
    out = capsys.readouterr().out
    assert "tiny.npz                 0.1 MB  missing: no connection to 127.0.0.1:" in out
    assert out.endswith("2 of 2 files missing or damaged. Notebooks use a small stand-in.\n")
    assert names(cache_folder) == []


def test_list_shows_and_changes_nothing(files, tiny, cache_folder, server, capsys):
    (cache_folder / "tiny.npz").write_bytes(tiny.data)
    (cache_folder / "second.npz").write_bytes(b"")
    assert main(["data", "--list"]) == 1
    first, second, last = capsys.readouterr().out.splitlines()
    assert first == f"tiny.npz                 0.1 MB  verified  {cache_folder / 'tiny.npz'}"
    assert second.endswith(f"damaged   {cache_folder / 'second.npz'}: it is empty")
    assert last.startswith("1 of 2 files")
    assert names(cache_folder) == ["second.npz", "tiny.npz"]
    assert server.asked == []
    (cache_folder / "second.npz").write_bytes(tiny.data)
    assert main(["data", "--list"]) == 0


def test_a_damaged_file_in_the_cache_is_replaced(files, tiny, cache_folder):
    (cache_folder / "tiny.npz").write_bytes(tiny.data[:-1])
    assert main(["data"]) == 0
    assert names(cache_folder) == ["second.npz", "tiny.npz", "tiny.npz.damaged"]
    assert (cache_folder / "tiny.npz").read_bytes() == tiny.data


def test_a_filled_stick_serves_as_data_folder(
    files, tiny, tmp_path, cache_folder, server, monkeypatch, capsys
):
    stick = tmp_path / "stick" / "data"
    (cache_folder / "tiny.npz").write_bytes(tiny.data)  # one is copied, one is downloaded
    assert main(["data", "--into", str(stick)]) == 0
    out = capsys.readouterr().out
    assert f"(copied from {cache_folder})" in out
    assert "(downloaded)" in out
    assert out.endswith(f"On the other machine, set SEQLEARN_DATA to this folder: {stick}\n")
    assert names(stick) == ["second.npz", "tiny.npz"]
    assert server.asked.count("GET /tiny.npz") == 0
    # Another machine: an empty cache, no network.
    monkeypatch.setenv("SEQLEARN_CACHE", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("SEQLEARN_DATA", str(stick))
    server.files.clear()
    assert len(sources.obtain(files, "full")[0]) == 2
    assert main(["data", "--list", "--into", str(stick)]) == 0


def test_a_stick_is_topped_up_and_mended(files, tiny, tmp_path, capsys):
    stick = tmp_path
    (stick / "tiny.npz").write_bytes(tiny.data)
    (stick / "second.npz").write_bytes(b"")
    assert main(["data", "--into", str(stick)]) == 0
    out = capsys.readouterr().out
    assert "(was there)" in out
    assert "(downloaded; the damaged one is now second.npz.damaged)" in out
    assert (stick / "second.npz").read_bytes() == tiny.data


def test_a_stick_that_gives_back_something_else_is_noticed(
    files, tiny, tmp_path, cache_folder, monkeypatch, capsys
):
    for file in files:
        (cache_folder / file.name).write_bytes(tiny.data)

    def worn_out(source, target):
        target.write_bytes(source.read_bytes()[:-1])

    monkeypatch.setattr(inventory.shutil, "copyfile", worn_out)
    assert main(["data", "--into", str(tmp_path / "stick")]) == 1
    assert "the copy in" in capsys.readouterr().out
    assert names(tmp_path / "stick") == []


def test_a_folder_that_cannot_be_written_is_named(files, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["data", "--into", str(tmp_path / "file")]) == 1
    assert f"missing: {tmp_path / 'file'} can't be written (File exists)" in capsys.readouterr().out


def test_ctrl_c_ends_with_its_own_status(files, monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "download", interrupt)
    assert main(["data"]) == 130
    assert capsys.readouterr().err == "\nStopped. Nothing half-written was left behind.\n"


def test_look_prefers_a_verified_file_to_a_damaged_one(tiny, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, data in ((first, b""), (second, tiny.data)):
        folder.mkdir()
        (folder / "tiny.npz").write_bytes(data)
    assert inventory.look(tiny.file, (first, second)).path == second / "tiny.npz"
    assert inventory.look(tiny.file, (first,)).state == "damaged"
    assert inventory.look(tiny.file, ()).state == "missing"


def test_a_data_file_shows_its_name_alone(tiny):
    assert repr(tiny.file) == "DataFile('tiny.npz')"
    assert isinstance(tiny.file, verify.DataFile)
