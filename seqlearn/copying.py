"""How much of a text stands word for word in another: memorisation, measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def overlap(texts: str | Sequence[str], source: str, length: int) -> float:
    """Share of the stretches of some length that also stand in a source.

    Args:
        texts: What was written: a text, or several, whose stretches are counted together.
        source: What it may have been copied from.
        length: Characters in a stretch, at least 1.

    Returns:
        From 0 to 1; every stretch counts, also one that overlaps with another.

    Raises:
        ValueError: If ``length`` is below 1, or no text is as long as one stretch.

    Example:
        >>> overlap("abcx", "zabc", length=2)  # ab and bc, but not cx
        0.6666666666666666
        >>> overlap(["ab", "cx"], "zabc", length=2)  # no stretch reaches from one text to the next
        0.5
    """
    if length < 1:
        raise ValueError(f"length: expected at least 1 character; got {length!r}")
    texts = [texts] if isinstance(texts, str) else list(texts)
    stretches = [text[at : at + length] for text in texts for at in range(len(text) - length + 1)]
    if not stretches:
        longest = max(map(len, texts), default=0)
        raise ValueError(
            f"texts: expected at least {length} characters, one stretch; got {longest}"
        )
    # Only the stretches that were written are kept of the source, which may be long.
    written = set(stretches)
    starts = range(len(source) - length + 1)
    known = {stretch for at in starts if (stretch := source[at : at + length]) in written}
    return float(np.mean([stretch in known for stretch in stretches]))


def copied_lengths(text: str, source: str) -> np.ndarray:
    """For each character, the length of the longest copied stretch that it is part of.

    Args:
        text: What was written.
        source: What it may have been copied from.

    Returns:
        int64 ``(len(text),)``: 0 for a character that does not stand in the source at all, 1 for
        one that does but without its neighbours, and so on. The largest is the length of the
        longest common substring.

    Example:
        >>> copied_lengths("abcx", "zabc.bcx")
        array([3, 3, 3, 3])
        >>> copied_lengths("ab!", "ba")
        array([1, 1, 0])
    """
    lengths = np.zeros(len(text), dtype=np.int64)
    end = 0
    for start in range(len(text)):
        # The longest match from here ends no earlier than that of the character before.
        end = max(end, start)
        while end < len(text) and text[start : end + 1] in source:
            end += 1
        lengths[start:end] = np.maximum(lengths[start:end], end - start)
    return lengths
