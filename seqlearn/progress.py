"""A line that says how far a long cell has come, and leaves nothing behind but its title."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_line(title: str) -> Iterator[Callable[[str], None]]:
    """Show how far a long computation has come.

    In a notebook the line is the title, then the title with the latest news, and at the end the
    title alone again. What is stored is therefore the same for each run, however fast it was, and
    the notebook tests can compare it. In a terminal the line is written over itself on stderr
    and is wiped at the end. Where neither is there, as in a test, nothing is written.

    Args:
        title: What is being computed; say nothing in it that changes from run to run.

    Yields:
        A function that takes the latest news, a short text.

    Example:
        >>> with progress_line("GRU, 5 seeds") as say:
        ...     say("seed 3 of 5, about 40 s left")
    """
    if _in_a_kernel():
        from IPython.display import display

        handle = display({"text/plain": title}, raw=True, display_id=True)

        def say(news: str) -> None:
            handle.update({"text/plain": f"{title}: {news}"}, raw=True)

        def close() -> None:
            handle.update({"text/plain": title}, raw=True)

    elif sys.stderr is not None and sys.stderr.isatty():

        def say(news: str) -> None:
            # Back to the margin, wipe the line, write it anew.
            sys.stderr.write(f"\r\x1b[K{title}: {news}")
            sys.stderr.flush()

        def close() -> None:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    else:

        def say(news: str) -> None:
            pass

        def close() -> None:
            pass

    try:
        yield say
    finally:
        close()


def _in_a_kernel() -> bool:
    """Whether a notebook shows the output: only a kernel can change what it has shown."""
    # IPython is never imported to find out: if it runs, it is loaded already.
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
