"""The line in a notebook, in a terminal, and where nobody looks."""

import io
import os
import subprocess
import sys
import types

import IPython
import IPython.display
import pytest

from seqlearn.display import print_line, progress_line


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def shown(monkeypatch):
    """What a notebook shows, one entry for each time it changes."""
    changes = []

    class Handle:
        def update(self, data, raw):
            assert raw
            changes.append(data)

    def display(data, raw, display_id):
        assert raw
        assert display_id is True
        changes.append(data)
        return Handle()

    monkeypatch.setattr(IPython, "get_ipython", lambda: types.SimpleNamespace(kernel=object()))
    monkeypatch.setattr(IPython.display, "display", display)
    return changes


def test_a_notebook_is_left_with_what_it_first_showed(shown):
    with progress_line("GRU, seeds 1, 2") as say:
        say("run 1 of 2")
        say("run 2 of 2, about 9 s left")
    assert [change["text/plain"] for change in shown] == [
        "GRU, seeds 1, 2",
        "GRU, seeds 1, 2: run 1 of 2",
        "GRU, seeds 1, 2: run 2 of 2, about 9 s left",
        "GRU, seeds 1, 2",
    ]
    # nbval keeps the first, a stored notebook the last.
    assert shown[0] == shown[-1]


def test_the_line_is_closed_when_the_work_fails(shown):
    def interrupted():
        with progress_line("GRU") as say:
            say("run 1 of 2")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert shown[-1] == {"text/plain": "GRU"}


def screen(written):
    """What stands on a terminal's line after all that was written."""
    line = ""
    for part in written.split("\r"):
        _, wiped, rest = part.partition("\x1b[K")
        line = rest if wiped else line + part
    return line


def test_a_terminal_is_written_over_and_wiped(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress_line("GRU") as say:
        say("run 1 of 2")
        say("run 2")
        assert screen(sys.stderr.getvalue()) == "GRU: run 2"
    assert screen(sys.stderr.getvalue()) == ""
    assert "\n" not in sys.stderr.getvalue()


def test_an_interactive_terminal_is_no_notebook(monkeypatch):
    monkeypatch.setattr(IPython, "get_ipython", lambda: types.SimpleNamespace())
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress_line("GRU") as say:
        say("run 1")
        assert "run 1" in sys.stderr.getvalue()


@pytest.mark.parametrize("nowhere", [None, "file"])
def test_nothing_is_written_where_nobody_looks(monkeypatch, nowhere):
    stderr = io.StringIO() if nowhere == "file" else None
    monkeypatch.setattr(sys, "stderr", stderr)
    with progress_line("GRU") as say:
        say("run 1")
    assert stderr is None or stderr.getvalue() == ""


# --- a terminal that can't write every sign ---------------------------------------------------

SPEAKS = {
    "from seqlearn.claims import claim; claim('It is {}', 1, equal_to=0, tolerance=2)": (
        "+ It is 1. We asked for 0 +/- 2."
    ),
    "from seqlearn.exercises import check; check('mnist-return-sequences', [True, True, True])": (
        "x Not yet: the last recurrent layer"
    ),
    "from seqlearn.datasets import load_mnist_rows; load_mnist_rows('embedded')": (
        "MNIST: embedded stand-in, 1,797 digits of 8 x 8 pixels"
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("code", SPEAKS)
def test_a_terminal_without_utf8_gets_the_line_in_ascii(code):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(SPEAKS[code])


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("ascii", "x 3 +/- 1 ?"), ("latin-1", "× 3 ± 1 ?"), (None, "× 3 ± 1 ы")],
)
def test_only_what_the_terminal_lacks_is_replaced(monkeypatch, encoding, written):
    terminal = io.StringIO()
    monkeypatch.setattr(
        sys, "stdout", types.SimpleNamespace(encoding=encoding, write=terminal.write)
    )
    print_line("× 3 ± 1 ы")
    assert terminal.getvalue() == written + "\n"
    monkeypatch.setattr(sys, "stdout", None)  # as under pythonw
    print_line("✓")
