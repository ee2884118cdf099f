"""The line in a notebook, in a terminal, and where nobody looks."""

import io
import sys
import types

import IPython
import IPython.display
import pytest

from seqlearn.display import progress_line


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
