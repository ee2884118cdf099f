"""Overlap and copied stretches against a search that tries everything."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqlearn.sampling import copied_lengths, overlap

often = settings(max_examples=80, deadline=None, derandomize=True)
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
    with pytest.raises(ValueError, match="length: expected at least 1 character; got 0"):
        overlap("a", "a", length=0)
