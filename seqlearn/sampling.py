"""From scores to the next token: temperature, greedy, top-k, top-p, and the draw itself.

Each function takes probabilities (or logits) along the last axis and gives probabilities, so that
they can be put one after another; :func:`draw` comes last. :func:`overlap` and
:func:`copied_lengths` measure how much of what was written stands word for word elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real

import numpy as np

from seqlearn.checks import (
    require_numbers,
    require_share,
    require_texts,
    require_whole_number,
    shown,
)

_ONE = 1e-3  # how far from 1 the sum of float32 probabilities may be


def with_temperature(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Softmax of logits divided by a temperature; no logarithm is taken.

    Args:
        logits: Scores, ``(..., tokens)``; minus infinity forbids a token.
        temperature: 1 changes nothing, below 1 sharpens, above 1 flattens, 0 is :func:`greedy`.

    Returns:
        Probabilities, float64 ``(..., tokens)``, whose sum over the last axis is 1.

    Raises:
        ValueError: If ``temperature`` is negative or not a number, or a row has no finite score.

    Example:
        >>> with_temperature(np.array([0.0, np.log(3)])).round(2)
        array([0.25, 0.75])
    """
    logits = _scores(logits, "logits")
    if not isinstance(temperature, Real) or not 0 <= temperature < np.inf:
        raise ValueError(f"temperature: expected a number from 0 upwards; got {shown(temperature)}")
    highest = logits.max(axis=-1, keepdims=True)
    if not np.all(np.isfinite(highest)):
        raise ValueError(
            "logits: expected a finite score for at least one token, and no NaN; "
            f"the highest is {highest[~np.isfinite(highest)][0]}"
        )
    if temperature == 0:
        return greedy(np.exp(logits - highest))
    # All exponents are 0 or less, and one is 0: nothing overflows, and the sum is at least 1.
    with np.errstate(over="ignore"):  # a tiny temperature: minus infinity is right
        weights = np.exp((logits - highest) / temperature)
    return weights / weights.sum(axis=-1, keepdims=True)


def greedy(probs: np.ndarray) -> np.ndarray:
    """Put all probability on the most probable token, on the first of them if there are several.

    Args:
        probs: ``(..., tokens)``; they need not sum to 1.

    Returns:
        float64 ``(..., tokens)``, one 1 in each row.

    Raises:
        ValueError: If a number is missing: the largest is then unknown.

    Example:
        >>> greedy(np.array([0.2, 0.5, 0.3]))
        array([0., 1., 0.])
    """
    probs = _scores(probs, "probs")
    if np.isnan(probs).any():
        raise ValueError("probs: expected numbers; got NaN")
    return np.eye(probs.shape[-1])[np.argmax(probs, axis=-1)]


def top_k(probs: np.ndarray, k: int) -> np.ndarray:
    """Keep the k most probable tokens, and let them share all probability as before.

    Args:
        probs: Probabilities, ``(..., tokens)``.
        k: How many tokens to keep, at least 1; of equal ones the first.

    Returns:
        float64 ``(..., tokens)``, each row with sum 1.

    Raises:
        TypeError, ValueError: If ``k`` is no whole number from 1, or a row does not sum to 1.

    Source:
        Fan, Lewis and Dauphin 2018, section 5.4.

    Example:
        >>> top_k(np.array([0.1, 0.6, 0.2, 0.1]), k=2)
        array([0.  , 0.75, 0.25, 0.  ])
    """
    require_whole_number(k, "k")
    probs, ranks = _ranked(probs)
    return _shared(np.where(ranks < k, probs, 0.0))


def top_p(probs: np.ndarray, p: float) -> np.ndarray:
    """Keep the fewest most probable tokens that have the share p together: nucleus sampling.

    Args:
        probs: Probabilities, ``(..., tokens)``.
        p: From 0, which keeps the most probable token alone, to 1, which keeps all.

    Returns:
        float64 ``(..., tokens)``, each row with sum 1.

    Raises:
        TypeError, ValueError: If ``p`` is no share, or a row does not sum to 1.

    Source:
        Holtzman, Buys, Du, Forbes and Choi 2020, equations 2 and 3.

    Example:
        >>> top_p(np.array([0.1, 0.6, 0.2, 0.1]), p=0.7)
        array([0.  , 0.75, 0.25, 0.  ])
    """
    require_share(p, "p", one=True)
    probs, ranks = _ranked(probs)
    ordered = -np.sort(-probs, axis=-1)
    before = np.cumsum(ordered, axis=-1) - ordered  # what the more probable tokens have
    kept = (before < p).sum(axis=-1, keepdims=True) if p < 1 else probs.shape[-1]
    return _shared(np.where(ranks < np.maximum(kept, 1), probs, 0.0))


def draw(probs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a token from each row. What has probability 0 is never drawn.

    Args:
        probs: Probabilities, ``(..., tokens)``.
        rng: Where the randomness comes from.

    Returns:
        Tokens, int64 ``(...)``.

    Raises:
        TypeError, ValueError: If ``rng`` is no NumPy generator, or a row holds no probabilities.

    Example:
        >>> draw(np.array([[0.0, 1.0], [1.0, 0.0]]), np.random.default_rng(7))
        array([1, 0])
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng: expected a generator such as np.random.default_rng(7); got {type(rng).__name__}"
        )
    reached = np.cumsum(_checked(probs), axis=-1)
    # By what was reached and not by 1: rounding must not leave a gap at the end.
    mark = rng.random((*reached.shape[:-1], 1)) * reached[..., -1:]
    return np.argmax(reached > mark, axis=-1)


def _scores(values: np.ndarray, name: str) -> np.ndarray:
    values = require_numbers(values, name, gaps=True)
    if values.ndim == 0 or values.shape[-1] == 0:
        raise ValueError(f"{name}: expected a number a token, (..., tokens); got {values.shape}")
    return values


def _checked(probs: np.ndarray) -> np.ndarray:
    probs = _scores(probs, "probs")
    sums = probs.sum(axis=-1)
    if not (np.all(probs >= 0) and np.all(np.abs(sums - 1) < _ONE)):
        smallest, off = probs.min(), sums.flat[np.argmax(np.abs(sums - 1))]
        raise ValueError(
            f"probs: expected probabilities, 0 or more, with sum 1 over the last axis; got a "
            f"smallest of {smallest:.4g} and a sum of {off:.4g}: are these logits, or counts?"
        )
    return probs


def _ranked(probs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and the rank of each token: 0 for the most probable."""
    probs = _checked(probs)
    order = np.argsort(-probs, axis=-1, kind="stable")
    return probs, np.argsort(order, axis=-1, kind="stable")


def _shared(kept: np.ndarray) -> np.ndarray:
    return kept / kept.sum(axis=-1, keepdims=True)


def overlap(texts: str | Iterable[str], source: str, length: int) -> float:
    """Share of the stretches of some length that also stand in a source.

    Args:
        texts: What was written: a text, or several, whose stretches are counted together.
        source: What it may have been copied from.
        length: Characters in a stretch, at least 1.

    Returns:
        From 0 to 1; every stretch counts, also one that overlaps with another.

    Raises:
        TypeError, ValueError: If these are no texts, or none is as long as one stretch.

    Example:
        >>> overlap("abcx", "zabc", length=2)  # ab and bc, but not cx
        0.6666666666666666
        >>> overlap(["ab", "cx"], "zabc", length=2)  # no stretch reaches from one text to the next
        0.5
    """
    require_whole_number(length, "length")
    texts = require_texts([texts] if isinstance(texts, str) else texts)
    (source,) = require_texts([source], "source")
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
        int64 ``(len(text),)``, 0 for a character that the source lacks; the largest is the length
        of the longest common substring.

    Raises:
        TypeError: If one of them is no string.

    Example:
        >>> copied_lengths("abcx", "zabc.bcx")
        array([3, 3, 3, 3])
    """
    text, source = require_texts([text, source], "text and source")
    lengths = np.zeros(len(text), dtype=np.int64)
    end = 0
    for start in range(len(text)):
        # The longest match from here ends no earlier than that of the character before.
        end = max(end, start)
        while end < len(text) and text[start : end + 1] in source:
            end += 1
        lengths[start:end] = np.maximum(lengths[start:end], end - start)
    return lengths
