"""The exercises of the chapter on language models and what they write."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from seqlearn.exercises.formulas import parameters
from seqlearn.exercises.judging import AnyOf, Exercise, Function, Where, not_shaped, without_axes
from seqlearn.exercises.reading import Array, one_number, whole_number

# ---- Compute the perplexity from the probabilities that a model gave to what really came


PERPLEXITY = Exercise(
    id="generation-perplexity",
    expects="a function that takes probabilities (timesteps,), those of the tokens that really "
    "came, and returns one number",
    read=Function(
        [(np.array([0.5, 0.1, 0.9, 0.25]),), (np.array([0.02, 0.6]),)],
        returns=partial(one_number, wanted="one number: a text has one perplexity"),
    ),
    right=lambda p: np.exp(-np.log(p).mean()),
    confirms="the number of equally likely choices that would surprise as much.",
    misconceptions={
        "that is a probability, the typical one of a token. How many choices does it "
        "make?": lambda p: np.exp(np.log(p).mean()),
        "that is the cross-entropy, in nats. One step is missing.": lambda p: -np.log(p).mean(),
        "that is the cross-entropy, in bits. One step is missing.": lambda p: -np.log2(p).mean(),
        "that grows with the length of the text: a text twice as long should not be "
        "harder.": lambda p: 1 / p.prod(),
        "the power and the logarithm have different bases.": AnyOf(
            lambda p: 2 ** -np.log(p).mean(), lambda p: np.exp(-np.log2(p).mean())
        ),
        "that is the mean of the numbers of choices; a single surprise would rule it. "
        "What is averaged in the cross-entropy?": lambda p: (1 / p).mean(),
        "that averages the probabilities. What is averaged in the cross-entropy?": lambda p: (
            1 / p.mean()
        ),
    },
    otherwise="try it on two tokens of probability one quarter: the model hesitates among four.",
)

# ---- Make the table of a bigram model with add-k smoothing --------------------------


def _counted(tokens: Array, size: int, k: float, most: float = np.inf) -> Array:
    counts = np.zeros((size, size))
    np.add.at(counts, (tokens[:-1], tokens[1:]), 1)
    return np.minimum(counts, most) + k


def _table(*given: float | Array, axis: int | None = 1, most: float = np.inf) -> Array:
    counts = _counted(*given, most=most)
    return counts / counts.sum(axis=axis, keepdims=True)


BIGRAMS = Exercise(
    id="generation-bigrams",
    expects="a function (tokens, size, k) that returns probabilities (size, size), a row for each "
    "token before, a column for each token after",
    read=Function(
        [(np.array([0, 1, 0, 2, 0, 1, 1]), 3, 0.5), (np.array([3, 1, 3, 3, 0, 1, 3, 1]), 4, 1.0)]
    ),
    right=_table,
    confirms="each row is a distribution over what may follow, and nothing is impossible.",
    misconceptions={
        "these are counts: a row should sum to 1.": _counted,
        "that is the probability of what came before, given what comes after.": lambda t, n, k: (
            _table(t[::-1], n, k)
        ),
        "rows and columns have changed places: a row is for the token before.": lambda t, n, k: (
            _table(t, n, k).T
        ),
        "all the entries together sum to 1, which is the probability of a pair. The question "
        "is about the second token, given the first.": partial(_table, axis=None),
        "the columns sum to 1, and the rows should.": partial(_table, axis=0),
        "the k stands above the line and not below, so rows sum to more than 1.": lambda t, n, k: (
            _counted(t, n, k) / _counted(t, n, 0).sum(axis=1, keepdims=True)
        ),
        "each pair counts once, however often it occurs: that is what NumPy does with += and "
        "repeated indices.": partial(_table, most=1),
        "that adds one to each count, whatever k is.": lambda t, n, k: _table(t, n, 1),
        "some pairs are impossible, or not a number: has every count got its share?": Where(
            lambda tried: any(np.any(np.isnan(r) | (r == 0)) for r in tried.results)
        ),
        "the result has another number of axes than (before, after).": without_axes(2),
    },
    otherwise="try it by hand on a text of four tokens: which pairs are there, and how often?",
)

# ---- Turn scores into probabilities at a temperature --------------------------------


def _softmax(a: Array, tau: float = 1, axis: int = -1) -> Array:
    weights = np.exp((a - a.max(axis=axis, keepdims=True)) / tau)
    return weights / weights.sum(axis=axis, keepdims=True)


TEMPERATURE = Exercise(
    id="generation-temperature",
    expects="a function that takes scores (batch, tokens) and a temperature above 0, and returns "
    "probabilities (batch, tokens)",
    read=Function(
        [
            (np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]]), 2.0),
            (np.array([[900.0, 899.0, 0.0], [-900.0, -901.0, -900.5]]), 0.5),
        ]
    ),
    right=_softmax,
    confirms="also where the scores are large, and no logarithm was needed.",
    misconceptions={
        "right where the scores are small. Scores of 900 or -900 make something overflow, or all "
        "of it vanish. What may be taken from all "
        "scores of a row without any effect?": Where(lambda tried: tried.each_like(_softmax)[0]),
        "a high temperature makes these sharper: it should even them out.": lambda a, tau: _softmax(
            a, 1 / tau
        ),
        "the temperature has no effect.": lambda a, tau: _softmax(a),
        "these do not sum to 1. Does the temperature belong to the scores, or to the "
        "probabilities?": lambda a, tau: _softmax(a) / tau,
        "there are two softmaxes, one on top of the other. How many are needed?": lambda a, tau: (
            _softmax(_softmax(a) / tau)
        ),
        "the columns sum to 1: the softmax goes over the wrong axis.": partial(_softmax, axis=0),
        "the batch axis is gone, or there is one axis too many.": without_axes(2),
        "a row does not sum to 1.": Where(
            lambda tried: not np.allclose(tried.result.sum(axis=-1), 1)
        ),
    },
    otherwise="try two equal scores: at every temperature each should get one half.",
)

# ---- Keep the fewest tokens that have a share of the probability together -----------


def _nucleus(
    p: Array, share: float, crossing: bool = True, shared: bool = True,
    in_order: Callable[[Array], Array] = lambda p: np.argsort(-p),
) -> Array:  # fmt: skip
    order, kept = in_order(p), np.zeros_like(p)
    before = np.cumsum(p[order]) - p[order] * crossing
    kept[order] = np.where(before < share, p[order], 0)
    return kept / kept.sum() if shared else kept


NUCLEUS = Exercise(
    id="generation-nucleus",
    expects="a function that takes probabilities (tokens,) and a share, and returns probabilities "
    "(tokens,), 0 for the tokens that are left out",
    read=Function(
        [
            (np.array([0.1, 0.5, 0.05, 0.3, 0.05]), 0.7),
            (np.array([0.15, 0.05, 0.2, 0.6]), 0.7),
            (np.array([0.26, 0.24, 0.23, 0.27]), 0.55),
        ]
    ),
    right=_nucleus,
    confirms="each token stays in its place, and those that are kept share all of it.",
    misconceptions={
        "the right tokens are kept, but they no longer sum to 1.": partial(_nucleus, shared=False),
        "what is kept has less than the share: the token that crosses the line belongs to "
        "it.": partial(_nucleus, crossing=False),
        "the numbers are right, but sorted: they have left the tokens that they belong "
        "to.": lambda p, share: -np.sort(-_nucleus(p, share)),
        "the sum is taken in the order of the vocabulary. Which tokens come first?": partial(
            _nucleus, in_order=lambda p: np.arange(len(p))
        ),
        "that keeps tokens whose own probability is large. What counts is how much the kept "
        "ones have together.": lambda p, share: p * (p >= share) / max(p[p >= share].sum(), 1e-9),
        "that starts with the least likely tokens.": partial(_nucleus, in_order=np.argsort),
        "nothing is left out.": lambda p, share: p,
        "there should be one probability for each token, also for those that are left "
        "out.": not_shaped((5,), (4,), (4,)),
    },
    otherwise="try probabilities of one half, three tenths and two tenths, and a share of 0.7.",
)

# ---- How many numbers does a word model with frozen vectors train? ------------------

_WORDS, _VECTOR, _UNITS, _HIDDEN = 1000, 50, 64, 32
_LSTM = parameters(4, _UNITS, _VECTOR)
_DENSE = (_UNITS + 1) * _HIDDEN
_READOUT = (_HIDDEN + 1) * _WORDS
_TRAINED = _LSTM + _DENSE + _READOUT

TRAINABLE = Exercise(
    id="generation-trainable",
    expects="a whole number, the trainable parameters of the model",
    read=whole_number,
    right=_TRAINED,
    confirms="more than half of them are in the last layer, which grows with the vocabulary.",
    misconceptions={
        "that counts the vectors, which are frozen.": _TRAINED + _WORDS * _VECTOR,
        "the LSTM has another number of parts: count its gates and its candidate.": AnyOf(
            _LSTM // 4 + _DENSE + _READOUT, 3 * _LSTM // 4 + _DENSE + _READOUT
        ),
        "the layer that names the next word is missing.": AnyOf(
            _LSTM + _DENSE, _LSTM + _DENSE + _WORDS * _VECTOR, _LSTM
        ),
        "the hidden dense layer is missing.": AnyOf(
            _LSTM + (_UNITS + 1) * _WORDS, _LSTM + _READOUT
        ),
        "the kernels are right; biases are missing.": AnyOf(
            _TRAINED - 4 * _UNITS - _HIDDEN - _WORDS, _TRAINED - 4 * _UNITS
        ),
        "what enters the LSTM is a word's vector, not the vocabulary.": (
            _TRAINED + 4 * _UNITS * (_WORDS - _VECTOR)
        ),
    },
    otherwise="go from layer to layer: what goes in, what comes out, and is it trained?",
)

EXERCISES = (PERPLEXITY, BIGRAMS, TEMPERATURE, NUCLEUS, TRAINABLE)
