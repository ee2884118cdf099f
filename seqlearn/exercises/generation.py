"""The exercises of the chapter on language models and what they write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqlearn.exercises.before import (
    Exercise,
    NotAnAnswer,
    call_on,
    is_one_of,
    read_whole_number,
    same_array,
)

Array = np.ndarray


@dataclass(frozen=True)
class _Tried:
    """What a reader's function was given and what it gave, case by case."""

    cases: tuple[tuple[Any, ...], ...]
    results: tuple[Array, ...]

    def equals(self, expected: Callable[..., Array]) -> bool:
        with np.errstate(all="ignore"):
            return all(
                same_array(result, np.asarray(expected(*case)))
                for case, result in zip(self.cases, self.results, strict=True)
            )

    def all_of(self, holds: Callable[[Array], bool]) -> bool:
        return all(holds(result) for result in self.results)


def _read_on(*cases: tuple[Any, ...]) -> Callable[[Any], _Tried]:
    def read(function: Any) -> _Tried:
        with np.errstate(all="ignore"):
            return _Tried(cases, tuple(call_on(function, *case) for case in cases))

    return read


def _shown_by(wrong: Callable[..., Array]) -> Callable[[_Tried], bool]:
    return lambda tried: tried.equals(wrong)


# ---- Perplexity --------------------------------------------------------------------

_CHANCES = ((np.array([0.5, 0.1, 0.9, 0.25]),), (np.array([0.02, 0.6]),))


def _read_numbers(function: Any) -> _Tried:
    tried = _read_on(*_CHANCES)(function)
    if any(result.ndim for result in tried.results):
        raise NotAnAnswer("your function returned an array: a text has one perplexity")
    return tried


PERPLEXITY = Exercise(
    id="generation-perplexity",
    asks="Compute the perplexity from the probabilities that a model gave to what really came.",
    expects=(
        "a function that takes probabilities (timesteps,), those of the tokens that really came, "
        "and returns one number"
    ),
    read=_read_numbers,
    is_right=_shown_by(lambda p: np.exp(-np.log(p).mean())),
    confirms="the number of equally likely choices that would surprise as much.",
    misconceptions=(
        (
            _shown_by(lambda p: np.exp(np.log(p).mean())),
            "that is a probability, the typical one of a token. How many choices does it make?",
        ),
        (
            _shown_by(lambda p: -np.log(p).mean()),
            "that is the cross-entropy, in nats. One step is missing.",
        ),
        (
            _shown_by(lambda p: -np.log2(p).mean()),
            "that is the cross-entropy, in bits. One step is missing.",
        ),
        (
            _shown_by(lambda p: np.exp(-np.log(p).sum())),
            "that grows with the length of the text: a text twice as long should not be harder.",
        ),
        (
            _shown_by(lambda p: 2 ** (-np.log(p).mean())),
            "the power and the logarithm have different bases.",
        ),
        (
            _shown_by(lambda p: np.exp(-np.log2(p).mean())),
            "the power and the logarithm have different bases.",
        ),
        (
            _shown_by(lambda p: (1 / p).mean()),
            "that is the mean of the numbers of choices; a single surprise would rule it. "
            "What is averaged in the cross-entropy?",
        ),
        (
            _shown_by(lambda p: 1 / p.mean()),
            "that averages the probabilities. What is averaged in the cross-entropy?",
        ),
    ),
    otherwise="try it on two tokens of probability one quarter: the model hesitates among four.",
)

# ---- A table of counts -------------------------------------------------------------

_TEXTS = (
    (np.array([0, 1, 0, 2, 0, 1, 1]), 3, 0.5),
    (np.array([3, 1, 3, 3, 0, 1, 3, 1]), 4, 1.0),
)


def _counted(tokens: Array, size: int) -> Array:
    counts = np.zeros((size, size))
    np.add.at(counts, (tokens[:-1], tokens[1:]), 1)
    return counts


def _table(tokens: Array, size: int, k: float) -> Array:
    counts = _counted(tokens, size) + k
    return counts / counts.sum(axis=1, keepdims=True)


def _by_total(tokens: Array, size: int, k: float) -> Array:
    counts = _counted(tokens, size)
    return (counts + k) / counts.sum(axis=1, keepdims=True)


def _overwritten(tokens: Array, size: int, k: float) -> Array:
    """What counts[a, b] += 1 gives for arrays a and b: a pair is counted once at most."""
    counts = np.minimum(_counted(tokens, size), 1) + k
    return counts / counts.sum(axis=1, keepdims=True)


BIGRAMS = Exercise(
    id="generation-bigrams",
    asks="Make the table of a bigram model with add-k smoothing.",
    expects=(
        "a function (tokens, size, k) that returns probabilities (size, size), a row for each "
        "token before, a column for each token after"
    ),
    read=_read_on(*_TEXTS),
    is_right=_shown_by(_table),
    confirms="each row is a distribution over what may follow, and nothing is impossible.",
    misconceptions=(
        (
            _shown_by(lambda t, n, k: _counted(t, n) + k),
            "these are counts: a row should sum to 1.",
        ),
        (
            _shown_by(lambda t, n, k: _table(t[::-1], n, k)),
            "that is the probability of what came before, given what comes after.",
        ),
        (
            _shown_by(lambda t, n, k: _table(t, n, k).T),
            "rows and columns have changed places: a row is for the token before.",
        ),
        (
            _shown_by(lambda t, n, k: (_counted(t, n) + k) / (_counted(t, n) + k).sum()),
            "all the entries together sum to 1, which is the probability of a pair. The question "
            "is about the second token, given the first.",
        ),
        (
            _shown_by(lambda t, n, k: (_counted(t, n) + k) / (_counted(t, n) + k).sum(axis=0)),
            "the columns sum to 1, and the rows should.",
        ),
        (
            _shown_by(_by_total),
            "the k stands above the line and not below, so rows sum to more than 1.",
        ),
        (
            _shown_by(_overwritten),
            "each pair counts once, however often it occurs: that is what NumPy does with += and "
            "repeated indices.",
        ),
        (
            _shown_by(lambda t, n, k: _table(t, n, 1.0)),
            "that adds one to each count, whatever k is.",
        ),
        (
            lambda tried: any(np.isnan(r).any() or np.any(r == 0) for r in tried.results),
            "some pairs are impossible, or not a number: has every count got its share?",
        ),
        (
            lambda tried: not tried.all_of(lambda r: r.ndim == 2),
            "the result has another number of axes than (before, after).",
        ),
    ),
    otherwise="try it by hand on a text of four tokens: which pairs are there, and how often?",
)

# ---- Temperature -------------------------------------------------------------------

_SCORES = (
    (np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]]), 2.0),
    (np.array([[900.0, 899.0, 0.0], [-900.0, -901.0, -900.5]]), 0.5),
)


def _softmax(a: Array, axis: int = -1) -> Array:
    weights = np.exp(a - a.max(axis=axis, keepdims=True))
    return weights / weights.sum(axis=axis, keepdims=True)


def _first_right(tried: _Tried) -> bool:
    scores, tau = tried.cases[0]
    return same_array(tried.results[0], _softmax(scores / tau))


TEMPERATURE = Exercise(
    id="generation-temperature",
    asks="Turn scores into probabilities at a temperature.",
    expects=(
        "a function that takes scores (batch, tokens) and a temperature above 0, and returns "
        "probabilities (batch, tokens)"
    ),
    read=_read_on(*_SCORES),
    is_right=_shown_by(lambda a, tau: _softmax(a / tau)),
    confirms="also where the scores are large, and no logarithm was needed.",
    misconceptions=(
        (
            _first_right,
            "right where the scores are small. Scores of 900 or -900 make something overflow, or "
            "all of it vanish. What may be taken from all scores of a row without any effect?",
        ),
        (
            _shown_by(lambda a, tau: _softmax(a * tau)),
            "a high temperature makes these sharper: it should even them out.",
        ),
        (_shown_by(lambda a, tau: _softmax(a)), "the temperature has no effect."),
        (
            _shown_by(lambda a, tau: _softmax(a) / tau),
            "these do not sum to 1. Does the temperature belong to the scores, or to the "
            "probabilities?",
        ),
        (
            _shown_by(lambda a, tau: _softmax(_softmax(a) / tau)),
            "there are two softmaxes, one on top of the other. How many are needed?",
        ),
        (
            _shown_by(lambda a, tau: _softmax(a / tau, axis=0)),
            "the columns sum to 1: the softmax goes over the wrong axis.",
        ),
        (
            lambda tried: not tried.all_of(lambda r: r.ndim == 2),
            "the batch axis is gone, or there is one axis too many.",
        ),
        (
            lambda tried: not np.allclose(tried.results[0].sum(axis=-1), 1),
            "a row does not sum to 1.",
        ),
    ),
    otherwise="try two equal scores: at every temperature each should get one half.",
)

# ---- The nucleus -------------------------------------------------------------------

_ROWS = (
    (np.array([0.1, 0.5, 0.05, 0.3, 0.05]), 0.7),
    (np.array([0.15, 0.05, 0.2, 0.6]), 0.7),
    (np.array([0.26, 0.24, 0.23, 0.27]), 0.55),
)


def _nucleus_of(p: Array, share: float, crossing: bool = True, shared: bool = True) -> Array:
    order = np.argsort(-p)
    reached = np.cumsum(p[order])
    kept = order[: np.sum(reached - p[order] < share) if crossing else np.sum(reached < share)]
    result = np.zeros_like(p)
    result[kept] = p[kept]
    return result / result.sum() if shared else result


def _in_order(p: Array, share: float) -> Array:
    return -np.sort(-_nucleus_of(p, share))


def _in_the_order_given(p: Array, share: float) -> Array:
    result = np.where(np.cumsum(p) - p < share, p, 0)
    return result / result.sum()


def _above(p: Array, share: float) -> Array:
    result = np.where(p >= share, p, 0)
    return result / result.sum() if result.sum() else result


def _least_likely(p: Array, share: float) -> Array:
    order = np.argsort(p)
    kept = order[np.cumsum(p[order]) - p[order] < share]
    result = np.zeros_like(p)
    result[kept] = p[kept]
    return result / result.sum()


NUCLEUS = Exercise(
    id="generation-nucleus",
    asks="Keep the fewest tokens that have a share of the probability together.",
    expects=(
        "a function that takes probabilities (tokens,) and a share, and returns probabilities "
        "(tokens,), 0 for the tokens that are left out"
    ),
    read=_read_on(*_ROWS),
    is_right=_shown_by(_nucleus_of),
    confirms="each token stays in its place, and those that are kept share all of it.",
    misconceptions=(
        (
            _shown_by(lambda p, share: _nucleus_of(p, share, shared=False)),
            "the right tokens are kept, but they no longer sum to 1.",
        ),
        (
            _shown_by(lambda p, share: _nucleus_of(p, share, crossing=False)),
            "what is kept has less than the share: the token that crosses the line belongs to it.",
        ),
        (
            _shown_by(_in_order),
            "the numbers are right, but sorted: they have left the tokens that they belong to.",
        ),
        (
            _shown_by(_in_the_order_given),
            "the sum is taken in the order of the vocabulary. Which tokens come first?",
        ),
        (
            _shown_by(_above),
            "that keeps tokens whose own probability is large. What counts is how much the kept "
            "ones have together.",
        ),
        (_shown_by(_least_likely), "that starts with the least likely tokens."),
        (_shown_by(lambda p, share: p), "nothing is left out."),
        (
            lambda tried: any(
                r.shape != c[0].shape for r, c in zip(tried.results, tried.cases, strict=True)
            ),
            "there should be one probability for each token, also for those that are left out.",
        ),
    ),
    otherwise="try probabilities of one half, three tenths and two tenths, and a share of 0.7.",
)

# ---- What is trained ---------------------------------------------------------------

_WORDS, _VECTOR, _UNITS, _HIDDEN = 1000, 50, 64, 32
_LSTM = 4 * _UNITS * (_VECTOR + _UNITS + 1)
_DENSE = _UNITS * _HIDDEN + _HIDDEN
_READOUT = _HIDDEN * _WORDS + _WORDS
_TRAINED = _LSTM + _DENSE + _READOUT

TRAINABLE = Exercise(
    id="generation-trainable",
    asks="How many numbers does a word model with frozen vectors train?",
    expects="a whole number, the trainable parameters of the model",
    read=read_whole_number,
    is_right=is_one_of(_TRAINED),
    confirms="more than half of them are in the last layer, which grows with the vocabulary.",
    misconceptions=(
        (
            is_one_of(_TRAINED + _WORDS * _VECTOR),
            "that counts the vectors, which are frozen.",
        ),
        (
            is_one_of(_TRAINED - _LSTM + _LSTM // 4, _TRAINED - _LSTM + 3 * _LSTM // 4),
            "the LSTM has another number of parts: count its gates and its candidate.",
        ),
        (
            is_one_of(
                _TRAINED - _READOUT, _TRAINED - _READOUT + _WORDS * _VECTOR, _LSTM, _LSTM + _DENSE
            ),
            "the layer that names the next word is missing.",
        ),
        (
            is_one_of(_LSTM + _UNITS * _WORDS + _WORDS, _LSTM + _READOUT),
            "the hidden dense layer is missing.",
        ),
        (
            is_one_of(_TRAINED - 4 * _UNITS - _HIDDEN - _WORDS, _TRAINED - 4 * _UNITS),
            "the kernels are right; biases are missing.",
        ),
        (
            is_one_of(_TRAINED - _LSTM + 4 * _UNITS * (_WORDS + _UNITS + 1)),
            "what enters the LSTM is a word's vector, not the vocabulary.",
        ),
    ),
    otherwise="go from layer to layer: what goes in, what comes out, and is it trained?",
)

EXERCISES = (PERPLEXITY, BIGRAMS, TEMPERATURE, NUCLEUS, TRAINABLE)
