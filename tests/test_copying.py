"""Overlap and copied stretches against a search that tries everything."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqlearn.copying import copied_lengths, overlap

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
        with pytest.raises(ValueError, match="text: expected at least"):
            overlap(text, source, length)
        return
    stretches = [text[at : at + length] for at in range(len(text) - length + 1)]
    assert overlap(text, source, length) == pytest.approx(np.mean([s in source for s in stretches]))


def test_a_text_is_its_own_copy():
    assert overlap("a b c", "a b c", length=5) == 1
    assert copied_lengths("a b c", "a b c").tolist() == [5] * 5


def test_a_length_of_nothing_is_refused():
    with pytest.raises(ValueError, match="length: expected at least 1 character; got 0"):
        overlap("a", "a", length=0)
