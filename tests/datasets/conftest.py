"""Small data files, a server on loopback that misbehaves on request, and clean settings."""

import hashlib
import http.server
import io
import socket
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from seqlearn.datasets import fetch, sources, verify


@pytest.fixture(autouse=True)
def _clean(monkeypatch, tmp_path):
    """Give every test its own empty cache and no other source of data."""
    for name in ("DATA", "SOURCE", "MIRROR"):
        monkeypatch.delenv(f"SEQLEARN_{name}", raising=False)
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    monkeypatch.setenv("SEQLEARN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fetch, "_silent", {})
    monkeypatch.setattr(sources, "_reported", set())


@pytest.fixture
def cache_folder(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


@pytest.fixture
def no_network(monkeypatch):
    """Point to a port on which nobody listens; return the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/"
    monkeypatch.setenv("SEQLEARN_MIRROR", address)
    return address


def npz_bytes(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def lists(*rows):
    """Return an array of lists, as the reviews are stored."""
    array = np.empty(len(rows), dtype=object)
    array[:] = [list(row) for row in rows]
    return array


@pytest.fixture(scope="session")
def tiny():
    """A data file of 100 kB: how to verify it, its bytes and its content."""
    rng = np.random.default_rng(0)
    content = {
        "x": rng.integers(0, 256, (100, 1000), dtype=np.uint8),
        "y": rng.integers(0, 2, 100),
    }
    data = npz_bytes(**content)
    file = verify.DataFile(
        "tiny.npz",
        len(data),
        hashlib.sha256(data).hexdigest(),
        verify.read_npz,
        verify.digests(content),
        keep_flat=True,
    )
    return SimpleNamespace(file=file, data=data, content=content)


class Server(http.server.ThreadingHTTPServer):
    """Serves the bytes in ``files``, misbehaving as ``faults`` says, one fault a request."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"http://127.0.0.1:{self.server_address[1]}/"
        self.files = {}
        self.faults = []
        self.asked = []  # method and path of each request
        self.half_sent = threading.Event()
        self.go_on = threading.Event()
        self.barrier = None

    def handle_error(self, request, client_address):
        """Say nothing: clients that hang up are part of the tests."""


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.server.asked.append(f"HEAD {self.path}")
        self.send_response(200)
        self.end_headers()

    def do_GET(self):
        server = self.server
        server.asked.append(f"GET {self.path}")
        fault = server.faults.pop(0) if server.faults else ""
        data = server.files[self.path.lstrip("/")]
        if fault.isdigit():
            self.send_error(int(fault))
            return
        if fault == "web page":
            data = b"<!DOCTYPE html><title>Please log in</title>"
        if fault == "flipped byte":
            middle = len(data) // 2
            data = data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :]
        if server.barrier:
            server.barrier.wait()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])
        self.wfile.flush()
        server.half_sent.set()
        if fault == "hangs up":
            return
        if fault == "stalls":
            server.go_on.wait(60)
        self.wfile.write(data[len(data) // 2 :])

    def log_message(self, *_):
        """Keep the test's output clean."""


@pytest.fixture
def server(monkeypatch, tiny):
    with Server() as running:
        running.files["tiny.npz"] = tiny.data
        monkeypatch.setenv("SEQLEARN_MIRROR", running.address)
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.go_on.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def make_npz():
    return npz_bytes


@pytest.fixture
def make_lists():
    return lists
