"""Sampling keeps what it must, whatever the probabilities; copies are found as by trying all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seqlearn.sampling import (
    copied_lengths,
    draw,
    greedy,
    overlap,
    top_k,
    top_p,
    with_temperature,
)

often = settings(max_examples=60, deadline=None, derandomize=True)
logits = arrays(np.float64, (2, 5), elements=st.floats(-60, 60, width=32))
shares = st.floats(0, 1, width=32)


def is_distribution(probs):
    return bool(np.all(probs >= 0)) and np.allclose(probs.sum(axis=-1), 1)


@often
@given(logits, st.floats(0.05, 20))
def test_temperature_is_a_power_of_the_probabilities(scores, temperature):
    probs = with_temperature(scores, temperature)
    assert is_distribution(probs)
    powers = with_temperature(scores) ** (1 / temperature)
    np.testing.assert_allclose(probs, powers / powers.sum(axis=-1, keepdims=True), atol=1e-9)


@often
@given(logits, st.floats(-1000, 1000))
def test_a_constant_added_to_all_scores_changes_nothing(scores, constant):
    np.testing.assert_allclose(
        with_temperature(scores + constant), with_temperature(scores), atol=1e-9
    )


@pytest.mark.parametrize("temperature", [0, 1e-320, 1e-9, 1.0, 1e6])
def test_impossible_tokens_and_extreme_temperatures_give_no_nan(temperature):
    with np.errstate(all="raise", under="ignore"):
        probs = with_temperature(np.array([0.0, -1e4, -np.inf, 3.0]), temperature)
    assert is_distribution(probs)
    assert probs[2] == 0
    assert probs.argmax() == 3
    if temperature < 1e-8:
        assert probs[3] == 1


@often
@given(logits)
def test_temperature_zero_is_greedy_and_the_limit(scores):
    probs = with_temperature(scores)
    chosen = with_temperature(scores, 0)
    np.testing.assert_array_equal(chosen.argmax(axis=-1), scores.argmax(axis=-1))
    np.testing.assert_array_equal(np.sort(chosen, axis=-1)[:, :-1], 0)
    np.testing.assert_array_equal(greedy(probs).sum(axis=-1), 1)


@often
@given(logits, st.integers(1, 7))
def test_top_k_keeps_the_k_largest_in_their_proportions(scores, k):
    probs = with_temperature(scores)
    kept = top_k(probs, k)
    assert is_distribution(kept)
    for before, after in zip(probs, kept, strict=True):
        largest = sorted(before, reverse=True)[: min(k, 5)]
        np.testing.assert_allclose(
            sorted(after, reverse=True)[: len(largest)], largest / np.sum(largest)
        )
        assert np.count_nonzero(after) == np.count_nonzero(largest)


@often
@given(logits, shares)
def test_the_nucleus_is_the_smallest_set_that_is_large_enough(scores, share):
    probs = with_temperature(scores)
    kept = top_p(probs, share)
    assert is_distribution(kept)
    for before, after in zip(probs, kept, strict=True):
        inside = before[after > 0]
        assert inside.sum() >= share - 1e-9
        # Without its least probable token it would be too small, and no other set is smaller.
        assert len(inside) == 1 or inside.sum() - inside.min() < share + 1e-9
        assert inside.min() >= before[after == 0].max(initial=0) - 1e-15
        np.testing.assert_allclose(after[after > 0], inside / inside.sum())


@often
@given(logits)
def test_at_their_ends_the_filters_are_greedy_or_do_nothing(scores):
    probs = with_temperature(scores)
    np.testing.assert_array_equal(top_k(probs, 1), greedy(probs))
    np.testing.assert_array_equal(top_p(probs, 0), greedy(probs))
    np.testing.assert_allclose(top_k(probs, 5), probs)
    np.testing.assert_allclose(top_p(probs, 1), probs)


def test_equal_probabilities_are_kept_in_order():
    np.testing.assert_allclose(top_k(np.full(4, 0.25), 2), [0.5, 0.5, 0, 0])
    np.testing.assert_allclose(top_p(np.full(4, 0.25), 0.4), [0.5, 0.5, 0, 0])


def test_draws_follow_the_probabilities():
    probs = np.array([0.5, 0.0, 0.3, 0.2])
    tokens = draw(np.tile(probs, (20_000, 1)), np.random.default_rng(7))
    assert tokens.shape == (20_000,)
    np.testing.assert_allclose(np.bincount(tokens, minlength=4) / 20_000, probs, atol=0.015)


@often
@given(logits, shares, st.integers(0, 1000))
def test_what_is_impossible_is_never_drawn(scores, share, seed):
    probs = top_p(with_temperature(scores), share).astype("float32")
    tokens = draw(probs, np.random.default_rng(seed))
    assert np.all(np.take_along_axis(probs, tokens[:, None], axis=1) > 0)


def test_a_draw_repeats_with_its_seed():
    probs = np.full((50, 4), 0.25)
    first, again, other = (draw(probs, np.random.default_rng(seed)) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: with_temperature([1.0], -1), "temperature: expected a number from 0 upwards"),
        (lambda: with_temperature([1.0], np.nan), "temperature: expected"),
        (lambda: with_temperature([-np.inf, -np.inf]), "logits: expected a finite score"),
        (lambda: with_temperature([np.nan, 0.0]), "logits: expected a finite score"),
        (lambda: top_k([0.5, 0.5], 0), "k: expected a whole number of at least 1; got 0"),
        (lambda: greedy([np.nan, 0.5]), "probs: expected numbers; got NaN"),
        (lambda: greedy(0.5), r"probs: expected a number a token, \(..., tokens\); got \(\)"),
        (lambda: draw(1.0, np.random.default_rng(7)), "probs: expected a number a token"),
        (lambda: top_k([0.5, 0.6], 1), "are these logits, or counts"),
        (lambda: top_p([1.0, 0.0], 1.2), "p: expected a share from 0 up to 1; got 1.2"),
        (lambda: draw([2.0, -1.0], np.random.default_rng(7)), "smallest of -1"),
        (lambda: draw([np.nan, 1.0], np.random.default_rng(7)), "probs: expected probabilities"),
        (lambda: greedy(np.ma.array([0.2, 0.8], mask=[0, 1])), "probs: expected numbers; got NaN"),
        (lambda: greedy([[0.5, 0.5], [1.0]]), "probs: expected numbers; got lists of different"),
    ],
)
def test_errors_say_what_was_expected(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: top_k([0.5, 0.5], 1.0), "k: expected a whole number of at least 1; got 1.0"),
        (lambda: top_k([0.5, 0.5], True), "k: expected a whole number"),
        (lambda: top_p([0.5, 0.5], "0.9"), "p: expected a share from 0 up to 1; got '0.9'"),
        (lambda: with_temperature(["1", "2"]), "logits: expected numbers; got 1 at position 0"),
        (lambda: with_temperature([1j, 2]), "logits: expected numbers; got 1j"),
        (lambda: greedy(np.array(["2020"], "datetime64[Y]")), "probs: expected numbers; got 2020"),
        (lambda: overlap("ab", "ab", 1.5), "length: expected a whole number"),
        (lambda: overlap(["ab", 3], "ab", 1), "texts: .* position 1 holds 3"),
        (lambda: overlap("ab", ["ab"], 1), "source: .* position 0 holds"),
        (lambda: copied_lengths("ab", b"ab"), "text and source: .* decode it first"),
    ],
)
def test_wrong_kinds_are_named(call, words):
    with pytest.raises(TypeError, match=words):
        call()


def test_numbers_of_numpy_are_numbers():
    probs = np.array([0.25, 0.5, 0.25], "float32")
    np.testing.assert_allclose(top_k(probs, np.uint8(1)), [0, 1, 0])
    np.testing.assert_allclose(top_p(probs, np.float32(0.5)), [0, 1, 0])
    assert overlap(np.array(["ab"]), "ab", np.int16(2)) == 1
    assert overlap(iter(["ab"]), "ab", 2) == 1


def test_the_generator_is_not_a_seed():
    with pytest.raises(TypeError, match=r"rng: expected a generator .* got int"):
        draw([1.0], 7)


def test_a_nucleus_that_has_its_share_exactly_takes_no_token_more():
    probs = np.array([0.25, 0.5, 0.25])  # sums of these are exact
    np.testing.assert_array_equal(top_p(probs, 0.5), [0, 1, 0])
    np.testing.assert_array_equal(top_p(probs, 0.75), [1 / 3, 2 / 3, 0])


# --- copies ---------------------------------------------------------------------------------

texts = st.text("ab.", max_size=12)


@often
@given(texts, texts)
def test_copied_lengths_are_those_of_a_search_that_tries_all(text, source):
    expected = [
        max(
            (
                end - start
                for start in range(at + 1)
                for end in range(at + 1, len(text) + 1)
                if text[start:end] in source
            ),
            default=0,
        )
        for at in range(len(text))
    ]
    assert copied_lengths(text, source).tolist() == expected


@often
@given(texts.filter(len), texts, st.integers(1, 4))
def test_overlap_counts_the_stretches_that_are_found(text, source, length):
    if len(text) < length:
        with pytest.raises(ValueError, match="texts: expected at least"):
            overlap(text, source, length)
        return
    stretches = [text[at : at + length] for at in range(len(text) - length + 1)]
    assert overlap(text, source, length) == pytest.approx(np.mean([s in source for s in stretches]))


@often
@given(st.lists(texts.filter(len), min_size=1, max_size=4), texts)
def test_several_texts_count_by_their_length_and_not_across_their_ends(several, source):
    counts = np.array([len(text) - 1 for text in several])  # stretches of two in each
    if not counts.any():
        with pytest.raises(ValueError, match="one stretch; got 1"):
            overlap(several, source, length=2)
        return
    shares = [overlap(text, source, length=2) if len(text) > 1 else 0 for text in several]
    assert overlap(several, source, length=2) == pytest.approx(np.average(shares, weights=counts))


def test_a_text_is_its_own_copy():
    assert overlap("a b c", "a b c", length=5) == 1
    assert copied_lengths("a b c", "a b c").tolist() == [5] * 5


def test_a_length_of_nothing_is_refused():
    with pytest.raises(ValueError, match="length: expected a whole number of at least 1; got 0"):
        overlap("a", "a", length=0)
