"""n-grams: probabilities that sum to 1, and values worked out from the counts by hand."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqlearn.ngrams import SMOOTHINGS, fit_ngrams, perplexity

often = settings(max_examples=60, deadline=None, derandomize=True)
smoothings = st.sampled_from(list(SMOOTHINGS))
texts = st.lists(st.integers(0, 3), min_size=6, max_size=60)


@often
@given(texts, smoothings, st.integers(1, 4), st.lists(st.integers(0, 4), max_size=5))
def test_probabilities_sum_to_one_and_none_is_zero(text, smoothing, order, context):
    # Token 4 is in the vocabulary and never in the text.
    model = fit_ngrams(text, order, 5, smoothing)
    probs = model.probs(context)
    assert probs.shape == (5,)
    assert probs.sum() == pytest.approx(1)
    assert probs.min() > 0


@often
@given(texts, texts, smoothings, st.integers(1, 4))
def test_log_probs_are_the_logarithms_of_probs(text, new, smoothing, order):
    model = fit_ngrams(text, order, 4, smoothing)
    expected = [np.log(model.probs(new[:at])[token]) for at, token in enumerate(new)]
    np.testing.assert_allclose(model.log_probs(new), expected)


@often
@given(texts, smoothings, st.integers(1, 4))
def test_contexts_can_come_in_a_batch(text, smoothing, order):
    model = fit_ngrams(text, order, 4, smoothing)
    contexts = np.array([[0, 1, 2], [3, 3, 0]])
    np.testing.assert_allclose(model.probs(contexts), [model.probs(row) for row in contexts])


def by_definition(text, order, smoothing, amount, size):
    """The formulas, with dictionaries and one token at a time."""

    def grams(n):
        return Counter(tuple(text[at : at + n]) for at in range(len(text) - n + 1))

    def counts(n):
        if smoothing == "kneser-ney" and n < order:  # before how many different tokens it stands
            return Counter(gram[1:] for gram in grams(n + 1))
        return grams(n)

    def prob(context, token):
        n = len(context) + 1
        lower = 1 / size if n == 1 else prob(context[1:], token)
        after = {gram[-1]: count for gram, count in counts(n).items() if gram[:-1] == context}
        total = sum(after.values())
        if smoothing == "add-k":
            return (after.get(token, 0) + amount) / (total + amount * size)
        if total == 0:
            return lower
        if smoothing == "interpolated":
            return amount * after.get(token, 0) / total + (1 - amount) * lower
        left = max(after.get(token, 0) - amount, 0)
        return left / total + amount * len(after) / total * lower

    return prob


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("smoothing", "amount"), [("add-k", 0.3), ("interpolated", 0.6), ("kneser-ney", 0.7)]
)
def test_probabilities_are_those_of_the_definition(order, smoothing, amount):
    text = np.random.default_rng(3).integers(0, 4, size=80)
    model = fit_ngrams(text, order, 5, smoothing, amount)
    prob = by_definition(text.tolist(), order, smoothing, amount, 5)
    for context in ([0, 1, 2], [3, 3, 3], [4, 0, 1], [2, 4, 4]):
        kept = tuple(context[len(context) - order + 1 :])
        expected = [prob(kept, token) for token in range(5)]
        np.testing.assert_allclose(model.probs(context), expected)


def test_kneser_neys_discount_is_estimated_for_each_order():
    # Bigrams: 01 and 12 twice, 20 and 23 once; of one order each: n1 / (n1 + 2 n2).
    model = fit_ngrams([0, 1, 2, 0, 1, 2, 3], 2, 4)
    once, twice = 2, 2
    discount = once / (once + 2 * twice)
    by_hand = fit_ngrams([0, 1, 2, 0, 1, 2, 3], 2, 4, amount=discount)
    assert model._tables[1].discount == by_hand._tables[1].discount


def test_kneser_ney_asks_for_the_variety_of_contexts():
    # 9 stands often, but always after 8; 7 stands after many. Where the context is new, 7 wins.
    text = [8, 9] * 6 + [0, 7, 1, 7, 2, 7, 3, 7]
    kneser_ney, plain = (
        fit_ngrams(text, 2, 11, s).probs([10]) for s in ("kneser-ney", "interpolated")
    )
    assert kneser_ney[7] > kneser_ney[9]
    assert plain[7] < plain[9]


def test_the_counts_that_are_kept():
    text = [0, 1, 0, 1, 2]
    assert fit_ngrams(text, 2, 3, "add-k").parameters == 3  # 01, 10, 12
    assert fit_ngrams(text, 2, 3).parameters == 3 + 3
    assert repr(fit_ngrams(text, 2, 3)) == "NGrams(order 2, kneser-ney, 3 tokens, 6 counts)"


def test_on_its_own_text_a_longer_context_is_surer():
    text = np.random.default_rng(0).integers(0, 3, size=300)
    surprise = [perplexity(fit_ngrams(text, n, 3).log_probs(text)) for n in (1, 2, 4, 6)]
    assert surprise == sorted(surprise, reverse=True)


def test_guessing_has_the_perplexity_of_the_vocabulary():
    text = np.arange(7)
    assert perplexity(fit_ngrams(text, 1, 7, "add-k").log_probs(text)) == pytest.approx(7)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fit_ngrams([0, 1], 0, 2), "order: expected a whole number of at least 1; got 0"),
        (lambda: fit_ngrams([0, 1], 3, 2), "at least 3 tokens; got 2"),
        (lambda: fit_ngrams([0, 1], 10**30, 2), "at least 10{30} tokens; got 2"),
        (lambda: fit_ngrams([0, 2], 2, 2), "tokens: expected tokens from 0 to 1; got 0 to 2"),
        (lambda: fit_ngrams([0, np.nan], 2, 2), r"tokens: .*missing value \(nan\) at position 1"),
        (lambda: fit_ngrams([0, 2**63], 2, 2), "too large for 64 bits, at position 1"),
        (lambda: fit_ngrams(np.array([0, 2**63], "uint64"), 2, 2), "too large for 64 bits"),
        (lambda: fit_ngrams([0, -1], 2, 2), "tokens: expected tokens from 0 to 1; got -1 to 0"),
        (lambda: perplexity([-1.0, None]), "log_probs: expected logarithms"),
        (lambda: fit_ngrams([[0, 1]], 1, 2), "one text"),
        (lambda: fit_ngrams([0, 1], 2, 2, "laplace"), "smoothing: expected one of"),
        (lambda: fit_ngrams([0, 1], 2, 2, "add-k", 0), "amount: expected k above 0"),
        (lambda: fit_ngrams([0, 1], 2, 2, "interpolated", 1), "amount: expected a weight"),
        (lambda: fit_ngrams([0, 1], 2, 2, amount=1.0), "amount: expected a discount"),
        (lambda: fit_ngrams([0, 1] * 9, 7, 1000), "64 bits"),
        (lambda: fit_ngrams([0, 1], 2, 2).probs([2]), "context: expected tokens from 0 to 1"),
        (lambda: fit_ngrams([0, 1], 2, 2).probs(np.zeros((1, 1, 1), int)), "context: expected"),
        (lambda: perplexity([]), "log_probs: expected at least one"),
        (lambda: perplexity([0.5, 0.2]), "are these probabilities, or losses"),
        (lambda: perplexity([np.nan]), "log_probs: expected logarithms"),
    ],
)
def test_errors_say_what_was_expected(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fit_ngrams([0, 1], True, 2), "order: expected a whole number"),
        (lambda: fit_ngrams([0, 1], 2, 2.0), "vocabulary_size: expected a whole number"),
        (lambda: fit_ngrams([0.5, 1], 2, 2), "tokens: expected whole numbers .* got 0.5 at pos"),
        (lambda: fit_ngrams("01", 2, 2), "tokens: expected whole numbers.*; got one string"),
        (lambda: fit_ngrams(["a", "b"], 2, 2), "tokens: expected whole numbers.*; got 'a' at"),
        (lambda: fit_ngrams([[0, 1], [0]], 1, 2), "rows of different lengths"),
        (lambda: fit_ngrams({0: 1}, 1, 2), "got a dictionary"),
        (lambda: fit_ngrams([0, 1], 2, 2).probs([0.7]), "context: expected .*; got 0.7"),
        (lambda: fit_ngrams([0, 1], 2, 2, amount="0.5"), "amount: expected a number; got '0.5'"),
    ],
)
def test_wrong_kinds_are_named(call, words):
    with pytest.raises(TypeError, match=words):
        call()


def test_a_text_may_be_held_by_anything_that_keeps_an_order():
    text = [0, 1, 2, 0, 1, 1]
    expected = fit_ngrams(text, 2, 3).probs([0])
    for held in (tuple(text), iter(text), np.array(text, "uint8"), np.array(text, object),
                 pd.Series(text, index=text[::-1]), pd.array(text, dtype="Int64")):  # fmt: skip
        np.testing.assert_array_equal(
            fit_ngrams(held, np.int64(2), np.uint8(3)).probs(np.array([0], "int8")), expected
        )
    logs = pd.Series(np.log([0.25, 0.25]), index=["a", "a"])
    assert perplexity(logs) == perplexity(iter(logs)) == pytest.approx(4)
