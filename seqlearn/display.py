"""Lines on the page, in a notebook or a terminal, and the progress of a long cell.

Claims and exercises both speak to the reader in a single line. A :class:`Line` holds it as plain
text and as HTML; the record that belongs to it travels in the metadata of the output, where tools
find it and readers do not. Data sets speak through :func:`print_line`.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# What stands for our signs where a terminal can't write them, as with PYTHONIOENCODING=ascii.
_ASCII = {
    **{
        "✓": "+",
        "✗": "x",
        "○": "o",
        "×": "x",
        "·": ".",
        "±": "+/-",
        "−": "-",
        "–": "-",
        "…": "...",
    },
    **{"≤": "<=", "≥": ">=", "≈": "~", "→": "->", "‘": "'", "’": "'", "“": '"', "”": '"'},
}
# Used where the book's style sheet is not loaded, as in Jupyter. Half-transparent
# lines and inherited text colour read well on a light and on a dark page.
_FALLBACK_STYLE = "border-left:3px solid {colour};padding:.15em .8em;margin:.35em 0"


@dataclass(frozen=True)
class Line:
    """A line with a mark, a text and a quieter remark.

    Args:
        mark: One character such as "✓".
        text: The sentence.
        remark: What stands after it, such as the bound of a claim; may be empty.
        css_class: Class of the HTML element, styled by the book's style sheet.
        colour: Colour of the rule at the left where no style sheet is loaded.

    Example:
        >>> Line("✓", "It reads 99% of them.", "We asked for at least 98%.", "seqlearn-claim")
        ✓ It reads 99% of them. We asked for at least 98%.
    """

    mark: str
    text: str
    remark: str
    css_class: str
    colour: str = "#7f7f7f"

    def __repr__(self) -> str:
        return " ".join(filter(None, (self.mark, self.text, self.remark)))

    def _repr_html_(self) -> str:
        style = _FALLBACK_STYLE.format(colour=self.colour)
        remark = (
            f' <span class="seqlearn-remark">{html.escape(self.remark)}</span>'
            if self.remark
            else ""
        )
        return (
            f'<div class="{self.css_class}" style="{style}">'
            f'<span class="seqlearn-mark">{html.escape(self.mark)}</span> '
            f"{html.escape(self.text)}{remark}</div>"
        )


def show(line: Any, record: dict[str, Any] | None = None) -> None:
    """Show something in the notebook, or print it where there is no notebook.

    Args:
        line: What to show: an object with a readable ``repr`` and, for
            notebooks, a ``_repr_html_``.
        record: Metadata stored beside the output. The notebook tests do not
            compare it, and no reader sees it.

    Example:
        >>> show(Line("✓", "It holds.", "", "seqlearn-claim"))
        ✓ It holds.
    """
    # IPython is never imported here: if it runs, it is loaded already.
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from IPython.display import display

        display(line, metadata=record or {})
    else:
        print_line(repr(line))


def print_line(text: str) -> None:
    """Print a line, whatever the terminal can write.

    Args:
        text: The line. A sign that is not in the terminal's encoding is replaced by one that is,
            "✓" by "+", and a letter by "?".

    Example:
        >>> print_line("28 × 28 pixels")
        28 × 28 pixels
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print("".join(sign if _writable(sign, encoding) else _ASCII.get(sign, "?") for sign in text))


def _writable(sign: str, encoding: str) -> bool:
    try:
        return bool(sign.encode(encoding))
    except UnicodeEncodeError:
        return False


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
