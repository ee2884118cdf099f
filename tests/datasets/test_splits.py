"""The validation part: every example once, every class alike, the same each time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqlearn.datasets.splits import validation_split

every_time_alike = settings(derandomize=True, deadline=None, max_examples=60)
labels = st.lists(st.integers(0, 4), min_size=1, max_size=200).map(np.array)
shares = st.floats(0, 0.95)
seeds = st.integers(0, 2**32)


@every_time_alike
@given(labels, shares, seeds)
def test_every_position_occurs_once_and_in_order(labels, share, seed):
    train, validation = validation_split(labels, share, seed)
    assert sorted([*train, *validation]) == list(range(len(labels)))
    assert (np.diff(train) > 0).all()
    assert (np.diff(validation) > 0).all()
    assert len(validation) == round(share * len(labels))


@every_time_alike
@given(labels, shares, seeds)
def test_each_class_gives_its_share(labels, share, seed):
    _, validation = validation_split(labels, share, seed)
    for label in set(labels.tolist()):
        expected = len(validation) * np.mean(labels == label)
        assert abs(np.sum(labels[validation] == label) - expected) <= 1


@every_time_alike
@given(labels, shares, seeds)
def test_same_seed_same_split(labels, share, seed):
    first, second = (validation_split(labels, share, seed) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])


def test_another_seed_another_split():
    labels = np.arange(100) % 10
    assert not np.array_equal(
        validation_split(labels, 0.2, seed=1)[1], validation_split(labels, 0.2, seed=2)[1]
    )


def test_draw_is_at_random_within_a_class():
    chosen = np.zeros(40)
    for seed in range(400):
        chosen[validation_split(np.zeros(40), 0.25, seed)[1]] += 1
    # 100 times expected, standard deviation 8.7: five of them is far.
    assert np.abs(chosen - 100).max() < 44


def test_nothing_or_nearly_everything():
    labels = np.array([0, 1, 1])
    assert validation_split(labels, 0, seed=0)[1].size == 0
    assert validation_split(labels, 0.99, seed=0)[0].size == 0


@pytest.mark.parametrize(
    ("share", "seed", "error", "message"),
    [
        (1.0, 0, ValueError, "validation: expected a share from 0 up to 1 .*; got 1.0"),
        (-0.1, 0, ValueError, "validation: .* got -0.1"),
        (5_000, 0, ValueError, "validation: .* got 5000"),
        ("0.1", 0, TypeError, "validation: expected a share .*; got '0.1'"),
        (True, 0, TypeError, "validation: .* got True"),
        (0.1, 1.5, TypeError, "seed: expected a whole number of at least 0; got 1.5"),
        (0.1, -1, ValueError, "seed: .* got -1"),
    ],
)
def test_wrong_arguments_are_named(share, seed, error, message):
    with pytest.raises(error, match=message):
        validation_split(np.zeros(10), share, seed)


def test_numbers_of_numpy_are_numbers():
    labels = np.arange(20) % 2
    expected = validation_split(labels, 0.5, 3)
    for share, seed in ((np.float32(0.5), np.int64(3)), (0.5, np.uint8(3))):
        np.testing.assert_array_equal(validation_split(labels, share, seed), expected)
