"""Language models that count: n-grams, with three ways to leave room for the unseen.

A text is an array of whole numbers, one for each character or word. An n-gram model predicts the
next one from the last n - 1, by how often each has followed them in the training text. What has
never followed must not get the probability 0, or one surprise would make the whole text
impossible. Smoothing decides what it gets instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np

from seqlearn.checks import (
    require_choice,
    require_numbers,
    require_whole_number,
    require_whole_numbers,
    shown,
)

# The amount by default, and which are allowed.
SMOOTHINGS = {
    "add-k": (1.0, lambda k: 0 < k < np.inf, "k above 0"),
    "interpolated": (0.75, lambda w: 0 <= w < 1, "a weight from 0 up to 1 (not included)"),
    "kneser-ney": (None, lambda d: 0 < d < 1, "a discount above 0 and below 1"),
}


@dataclass(frozen=True, repr=False, eq=False)
class _Table:
    """What has followed each context, as sorted arrays that can be searched."""

    pairs: np.ndarray  # codes of (context, token), rising
    counts: np.ndarray  # how often each was seen, or in how many contexts it was seen
    contexts: np.ndarray  # codes of contexts, rising
    totals: np.ndarray  # sum of the counts after each context
    kinds: np.ndarray  # how many different tokens were seen after each context
    discount: float  # what Kneser-Ney takes from each count


@dataclass(frozen=True, repr=False, eq=False)
class NGrams:
    """A fitted n-gram model.

    Attributes:
        order: n, the number of tokens in an n-gram: it looks back on ``order`` - 1.
        vocabulary_size: Number of tokens; a token is a whole number below it.
        smoothing: ``"add-k"``, ``"interpolated"`` or ``"kneser-ney"``.
        amount: k, the weight of the longer context, or the discount (None: estimated).
    """

    order: int
    vocabulary_size: int
    smoothing: str
    amount: float | None
    _tables: tuple[_Table, ...]  # for 1-grams, 2-grams, ...

    def __repr__(self) -> str:
        """Show order, smoothing and size in one line."""
        return (
            f"NGrams(order {self.order}, {self.smoothing}, {self.vocabulary_size:,} tokens, "
            f"{self.parameters:,} counts)"
        )

    @property
    def parameters(self) -> int:
        """Number of counts that the model keeps."""
        kept = self._tables[-1:] if self.smoothing == "add-k" else self._tables
        return sum(len(table.pairs) for table in kept)

    def probs(self, context: Sequence[int] | np.ndarray) -> np.ndarray:
        """Probability of each token after a context.

        Args:
            context: Tokens seen so far, ``(timesteps,)``, or ``(batch, timesteps)`` for several
                contexts of one length. Only the last ``order`` - 1 count; fewer are enough.

        Returns:
            float64 ``(vocabulary_size,)``, or ``(batch, vocabulary_size)``.

        Raises:
            TypeError, ValueError: If a token is no whole number, or out of range.

        Example:
            >>> model = fit_ngrams([0, 1, 0, 1, 0, 2], order=2, vocabulary_size=3,
            ...                    smoothing="add-k", amount=1)
            >>> model.probs([0]).round(3)  # 0 was followed by 1 twice, by 2 once
            array([0.167, 0.5  , 0.333])
        """
        context = _require_tokens(context, "context", self.vocabulary_size, axes=(1, 2))
        rows = np.atleast_2d(context)
        rows = rows[:, max(0, rows.shape[1] - self.order + 1) :]
        repeated = np.repeat(rows, self.vocabulary_size, axis=0)
        tokens = np.tile(np.arange(self.vocabulary_size), len(rows))
        probs = self._given(repeated, tokens).reshape(len(rows), self.vocabulary_size)
        return probs if context.ndim == 2 else probs[0]

    def log_probs(self, tokens: Sequence[int] | np.ndarray) -> np.ndarray:
        """Natural logarithm of the probability of each token of a text, given those before it.

        Args:
            tokens: A text, ``(timesteps,)``.

        Returns:
            float64 ``(timesteps,)``, in nats.

        Raises:
            TypeError, ValueError: As for :meth:`probs`; if there is more than one text.

        Example:
            >>> model = fit_ngrams([0, 1, 0, 1], order=2, vocabulary_size=2)
            >>> model.log_probs([0, 1, 0]).shape
            (3,)
        """
        tokens = _require_tokens(tokens, "tokens", self.vocabulary_size)
        back = self.order - 1
        start = [
            self._given(tokens[None, :i], tokens[i : i + 1]) for i in range(min(back, len(tokens)))
        ]
        if len(tokens) > back:
            windows = np.lib.stride_tricks.sliding_window_view(tokens, self.order)
            start.append(self._given(windows[:, :-1], windows[:, -1]))
        return np.log(np.concatenate(start)) if start else np.zeros(0)

    def _given(self, contexts: np.ndarray, tokens: np.ndarray) -> np.ndarray:
        """Probability of each token after its own context, ``(pairs, at most order - 1)``."""
        size, length = self.vocabulary_size, contexts.shape[1]
        if self.smoothing == "add-k" and length < self.order - 1:
            # Only the highest order keeps its counts; a short context is a start of the text.
            return np.full(len(tokens), 1 / size)
        lower = (
            np.full(len(tokens), 1 / size)
            if length == 0 or self.smoothing == "add-k"
            else self._given(contexts[:, 1:], tokens)
        )
        table = self._tables[length]
        codes = _codes(contexts, size)
        counts = _look_up(table.pairs, table.counts, codes * size + tokens)
        totals, kinds = (
            _look_up(table.contexts, values, codes) for values in (table.totals, table.kinds)
        )
        seen = np.maximum(totals, 1)
        if self.smoothing == "add-k":
            return (counts + self.amount) / (totals + self.amount * size)
        if self.smoothing == "interpolated":
            weight = np.where(totals > 0, self.amount, 0.0)
            return weight * counts / seen + (1 - weight) * lower
        taken = table.discount * kinds / seen
        return np.where(
            totals > 0, np.maximum(counts - table.discount, 0) / seen + taken * lower, lower
        )


def fit_ngrams(
    tokens: Sequence[int] | np.ndarray,
    order: int,
    vocabulary_size: int,
    smoothing: str = "kneser-ney",
    amount: float | None = None,
) -> NGrams:
    """Count the n-grams of a text.

    - ``"add-k"`` adds ``amount`` to each count. Contexts are not shortened.
    - ``"interpolated"`` mixes the shares after the context with those after the context one
      shorter, and so on down to equal probabilities. The longer one has the weight ``amount``.
    - ``"kneser-ney"`` takes a discount from each count, and gives what it has taken to the
      context one shorter. There a token counts not as often as it was seen, but in how many
      different contexts.

    Args:
        tokens: The training text, ``(timesteps,)``, whole numbers.
        order: n, at least 1: the next token is predicted from the last n - 1.
        vocabulary_size: Number of tokens, ``tokens.max() + 1`` or more.
        smoothing: ``"add-k"``, ``"interpolated"`` or ``"kneser-ney"``.
        amount: k above 0 (by default 1); the weight, from 0 up to 1, not included (by default
            0.75); or the discount, above 0 and below 1 (by default estimated from the counts for
            each order).

    Returns:
        The model.

    Raises:
        TypeError, ValueError: If a token, a size or ``amount`` is no number of its kind or out of
            range, or the n-grams are too long to be numbered.

    Source:
        Interpolation: Jelinek and Mercer 1980. Kneser-Ney: Kneser and Ney 1995, in the
        interpolated form of Chen and Goodman 1999, equations 26 and 27, one discount an order.

    Example:
        >>> text = np.array([0, 1, 2, 0, 1, 2, 0, 1])
        >>> model = fit_ngrams(text, order=3, vocabulary_size=3)
        >>> int(model.probs([0, 1]).argmax())
        2
    """
    order = require_whole_number(order, "order")
    vocabulary_size = require_whole_number(vocabulary_size, "vocabulary_size")
    require_choice(smoothing, "smoothing", SMOOTHINGS)
    tokens = _require_tokens(tokens, "tokens", vocabulary_size)
    if len(tokens) < order:  # asked first, because the power of a huge order takes for ever
        raise ValueError(f"tokens: expected a text of at least {order} tokens; got {len(tokens)}")
    if vocabulary_size**order >= 2**63:
        raise ValueError(
            f"order: {vocabulary_size:,} tokens have more {order}-grams than 64 bits can number; "
            "choose a smaller order"
        )
    default, allowed, words = SMOOTHINGS[smoothing]
    if amount is None:
        amount = default
    elif isinstance(amount, bool) or not isinstance(amount, Real):
        raise TypeError(f"amount: expected a number; got {shown(amount)}")
    elif not allowed(amount):
        raise ValueError(f"amount: expected {words}; got {amount!r}")
    windows = [np.lib.stride_tricks.sliding_window_view(tokens, n + 1) for n in range(order)]
    counted = [np.unique(_codes(each, vocabulary_size), return_counts=True) for each in windows]
    if smoothing == "kneser-ney":
        # Below the highest order, count the different tokens that stand before each n-gram.
        for n in range(1, order):
            pairs = counted[n][0] % vocabulary_size**n  # the (n + 1)-grams without their first
            counted[n - 1] = np.unique(pairs, return_counts=True)
    return NGrams(
        order=order,
        vocabulary_size=vocabulary_size,
        smoothing=smoothing,
        amount=None if amount is None else float(amount),
        _tables=tuple(_table(*found, vocabulary_size, amount) for found in counted),
    )


def perplexity(log_probs: Sequence[float] | np.ndarray) -> float:
    """Perplexity: among how many equally likely tokens the model hesitates, on average.

    Args:
        log_probs: Natural logarithm of the probability that a model gave to each token.

    Returns:
        exp(-mean), at least 1.

    Raises:
        ValueError: If there is no number, or one above 0, which would be a probability above 1.

    Example:
        >>> round(perplexity(np.log([0.25, 0.25])), 6)
        4.0
    """
    values = require_numbers(log_probs, "log_probs", gaps=True)
    if values.size == 0:
        raise ValueError("log_probs: expected at least one; got none")
    if np.any(np.isnan(values)) or values.max() > 1e-6:
        raise ValueError(
            f"log_probs: expected logarithms of probabilities, 0 or less; got {values.max():.4g}: "
            "are these probabilities, or losses with the other sign?"
        )
    return float(np.exp(-values.mean()))


def _require_tokens(tokens: Sequence[int] | np.ndarray, name: str, size: int, axes=(1,)):
    tokens = require_whole_numbers(tokens, name)
    if tokens.ndim not in axes:
        wanted = ("one text, (timesteps,)", "(timesteps,) or (batch, timesteps)")[len(axes) - 1]
        raise ValueError(f"{name}: expected {wanted}; got {tokens.shape}")
    if tokens.size and (tokens.min() < 0 or tokens.max() >= size):
        raise ValueError(
            f"{name}: expected tokens from 0 to {size - 1:,}; got {tokens.min()} to {tokens.max()}"
        )
    return tokens


def _codes(contexts: np.ndarray, size: int) -> np.ndarray:
    """Number the rows: the tokens are digits of a number to the base ``size``."""
    return contexts @ size ** np.arange(contexts.shape[1])[::-1]


def _table(pairs: np.ndarray, counts: np.ndarray, size: int, amount: float | None) -> _Table:
    contexts, first, kinds = np.unique(pairs // size, return_index=True, return_counts=True)
    once, twice = (int(np.sum(counts == times)) for times in (1, 2))
    # The estimate of Ney, Essen and Kneser 1994; one that leaves room where there are no twos.
    estimate = once / (once + 2 * twice) if once and twice else 0.5
    return _Table(
        pairs=pairs,
        counts=counts,
        contexts=contexts,
        totals=np.add.reduceat(counts, first),
        kinds=kinds,
        discount=estimate if amount is None else amount,
    )


def _look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Value of each wanted key, 0 where there is none."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0)
