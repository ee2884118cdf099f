"""Shifts against an oracle: each picture is scipy's shift of the original by some whole step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from seqlearn.training import random_shift


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    batch=st.integers(0, 6),
    rows=st.integers(3, 7),
    columns=st.integers(3, 7),
    pixels=st.integers(0, 2),
    seed=st.integers(0, 2**32 - 1),
)
def test_each_picture_is_a_whole_shift_of_its_original(batch, rows, columns, pixels, seed):
    rng = np.random.default_rng(seed)
    images = rng.random((batch, rows, columns)).astype("float32")
    kept = images.copy()
    shifted = random_shift(images, pixels, rng)
    assert shifted.shape == images.shape
    assert shifted.dtype == images.dtype
    np.testing.assert_array_equal(images, kept)
    steps = range(-pixels, pixels + 1)
    for before, after in zip(images, shifted, strict=True):
        candidates = [
            ndimage.shift(before, (down, right), order=0, prefilter=False)
            for down in steps
            for right in steps
        ]
        assert any(np.array_equal(after, candidate) for candidate in candidates)


def test_every_shift_is_drawn_about_equally_often():
    picture = np.zeros((9000, 3, 3))
    picture[:, 1, 1] = 1
    shifted = random_shift(picture, 1, np.random.default_rng(0))
    # Nine places, 1,000 expected in each; the standard deviation is 30.
    np.testing.assert_allclose(shifted.sum(axis=0), 1000, atol=150)


def test_the_same_generator_state_gives_the_same_shifts():
    images = np.random.default_rng(0).random((5, 4, 4))
    one = random_shift(images, 1, np.random.default_rng(3))
    two = random_shift(images, 1, np.random.default_rng(3))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("images", "pixels", "message"),
    [
        (np.zeros((28, 28)), 1, r"images: expected \(batch, timesteps, features\); got \(28, 28\)"),
        (np.zeros((2, 4, 5)), -1, "pixels: expected 0 to 3 .* got -1"),
        (np.zeros((2, 4, 5)), 4, "pixels: expected 0 to 3 for pictures of 4 rows and 5 columns"),
        (np.zeros((2, 4, 5)), 0.5, "pixels: expected a whole number such as 1; got 0.5"),
        (np.zeros((2, 4, 5)), True, "pixels: expected a whole number"),
    ],
)
def test_bad_input_is_met_in_words(images, pixels, message):
    with pytest.raises(ValueError, match=message):
        random_shift(images, pixels, np.random.default_rng(0))
