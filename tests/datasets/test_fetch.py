"""Downloads that break in every way known, against a server on loopback."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from seqlearn.datasets import cache, fetch, sources

ROOT = Path(__file__).parents[2]

LOAD = """
import sys
from seqlearn.datasets import sources, verify
file = verify.DataFile("tiny.npz", 0, sys.argv[1], verify.read_npz, keep_flat=True)
{before}
content, reason = sources.obtain([file], sys.argv[2])
print(reason or int(content[0]["x"].sum()))
"""


def start(tiny, source="full", before=""):
    return subprocess.Popen(
        [sys.executable, "-c", LOAD.format(before=before), tiny.file.file_hash, source],
        cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def obtained(tiny, source="full"):
    content, reason = sources.obtain([tiny.file], source)
    assert reason == ""
    return all(np.array_equal(content[0][name], tiny.content[name]) for name in tiny.content)


# ---- Broken connections ----------------------------------------------------------


@pytest.mark.parametrize("fault", ["hangs up", "web page", "flipped byte", "500", "stalls"])
def test_starts_again_after_one_fault(tiny, cache_folder, server, monkeypatch, fault):
    monkeypatch.setattr(fetch, "STALL_SECONDS", 0.5)
    server.faults = [fault]
    assert obtained(tiny)
    assert server.asked.count("GET /tiny.npz") == 2
    assert names(cache_folder) == ["tiny.npz", "tiny.seqlearn-1.npy"]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("hangs up", "tried 3 times: the download broke off: retrieval incomplete"),
        ("web page", "tried 3 times: what came is not the data: it is a web page"),
        ("flipped byte", "tried 3 times: what came is not the data: it is incomplete or altered"),
        ("500", "tried 3 times: the download broke off: Internal Server Error"),
        ("404", "tried once: the download broke off: Not Found"),
    ],
)
def test_gives_up_in_the_end_and_leaves_nothing(tiny, cache_folder, server, fault, message):
    server.faults = [fault] * 9
    content, reason = sources.obtain([tiny.file], "auto")
    assert content is None
    assert f"{server.address}tiny.npz, {message}" in reason
    with pytest.raises(sources.DataUnavailable, match="download: "):
        sources.obtain([tiny.file], "full")
    assert names(cache_folder) == []


def test_the_time_limit_of_sockets_is_put_back(tiny, server):
    before = fetch.socket.getdefaulttimeout()
    fetch.socket.setdefaulttimeout(12.5)
    try:
        server.faults = ["404"]
        sources.obtain([tiny.file], "auto")
        assert fetch.socket.getdefaulttimeout() == 12.5
    finally:
        fetch.socket.setdefaulttimeout(before)


# ---- No network ------------------------------------------------------------------


def test_a_silent_server_is_asked_once_in_a_process(tiny, no_network, monkeypatch):
    asked = []
    urlopen = fetch.urllib.request.urlopen
    monkeypatch.setattr(
        fetch.urllib.request, "urlopen", lambda *a, **k: asked.append(1) or urlopen(*a, **k)
    )
    for _ in range(3):
        assert sources.obtain([tiny.file], "auto")[0] is None
    assert len(asked) == 1


def test_a_name_look_up_that_hangs_is_not_waited_for(tiny, monkeypatch):
    hang_up = threading.Event()

    def hanging(*_, **__):
        hang_up.wait(60)
        raise OSError(errno.EAI_AGAIN if hasattr(errno, "EAI_AGAIN") else 1, "never mind")

    monkeypatch.setattr(fetch.socket, "getaddrinfo", hanging)
    monkeypatch.setattr(fetch, "PROBE_SECONDS", 0.2)
    monkeypatch.setenv("SEQLEARN_MIRROR", "http://far.invalid/")
    try:
        content, reason = sources.obtain([tiny.file], "auto")
    finally:
        hang_up.set()
    assert content is None
    assert reason.startswith("no answer from far.invalid within")


def test_the_stand_in_is_reached_within_ten_seconds():
    # One probe a process, and loading Keras is only tried after it.
    assert fetch.PROBE_SECONDS <= 6


@pytest.mark.slow
def test_without_network_keras_is_not_even_loaded(no_network):
    code = (
        "import sys; from seqlearn.datasets import load_mnist_rows, load_imdb\n"
        "assert load_mnist_rows().source == load_imdb().source == 'embedded'\n"
        "assert 'keras' not in sys.modules and 'tensorflow' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# ---- Full disk -------------------------------------------------------------------


def test_a_full_disk_is_an_error_that_says_so(tiny, cache_folder, server, monkeypatch, tmp_path):
    from keras.src.utils import file_utils

    def full(url, target, *_):
        Path(target).write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(sources.tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(file_utils, "urlretrieve", full)
    with pytest.raises(sources.DataUnavailable) as error:
        sources.obtain([tiny.file], "full")
    for folder in (cache_folder, tmp_path / "temporary"):
        assert f"{folder} can't be written (No space left on device)" in str(error.value)
        assert names(folder) == []
    monkeypatch.undo()


@pytest.mark.slow
def test_the_system_refusing_more_bytes_leaves_nothing_behind(
    tiny, cache_folder, server, tmp_path, monkeypatch
):
    """Not simulated: the system allows no file beyond 10 kB."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    limit = "import keras, resource as r; r.setrlimit(r.RLIMIT_FSIZE, (10_000, 10_000))"
    process = start(tiny, "auto", limit)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "can't be written (File too large)" in out
    assert names(cache_folder) == []
    assert names(tmp_path / "temporary") == []
    assert obtained(tiny)


# ---- Interruptions ---------------------------------------------------------------


@pytest.mark.slow
def test_ctrl_c_in_the_middle_leaves_nothing_that_is_trusted(tiny, cache_folder, server):
    server.faults = ["stalls"]
    # A job started in the background may have been told to ignore Ctrl-C.
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    process = start(tiny, before=listen)
    assert server.half_sent.wait(120)
    # Keras writes what has come; a moment later there is half a file to leave behind.
    while process.poll() is None and not list(cache_folder.glob(".seqlearn-*/tiny.npz")):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in err
    assert process.returncode != 0
    assert names(cache_folder) == []
    assert obtained(tiny)


def test_what_a_killed_process_left_is_not_read_and_is_swept_up_after_a_day(
    tiny, cache_folder, server
):
    for name, age in ((".seqlearn-old", 90_000), (".seqlearn-new", 60)):
        left = cache_folder / name
        left.mkdir()
        (left / "tiny.npz").write_bytes(tiny.data[:500])
        os.utime(left, (time.time() - age,) * 2)
    assert obtained(tiny)
    assert names(cache_folder) == [".seqlearn-new", "tiny.npz", "tiny.seqlearn-1.npy"]


@pytest.mark.slow
def test_two_processes_fill_one_cache_at_once(tiny, cache_folder, server):
    server.barrier = threading.Barrier(2, timeout=120)  # neither is served before both ask
    processes = [start(tiny), start(tiny)]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert out.splitlines()[-1] == str(int(tiny.content["x"].sum()))
    assert names(cache_folder) == ["tiny.npz", "tiny.seqlearn-1.npy"]
    assert (cache_folder / "tiny.npz").read_bytes() == tiny.data
    assert cache.load_flat(tiny.file) is not None
