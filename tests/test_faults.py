"""Cases with a planted fault: each has its own fault, and only that one."""

import numpy as np
import pytest

from seqlearn.diagnostics import faults
from seqlearn.diagnostics.faults import CASES, train_case

pytestmark = pytest.mark.slow

FAULT = {"A": "statistics", "B": "leak", "C": "axis", "D": "labels", "E": "rate"}


def pictures():
    rng = np.random.default_rng(0)
    return rng.random((530, 4, 3), dtype="float32"), rng.integers(0, 3, 530)


@pytest.fixture(scope="module")
def cases():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faults, "_UPDATES", 25)
        yield {letter: train_case(letter, *pictures(), seed=1) for letter in CASES}


def rows(x):
    return [picture.tobytes() for picture in x]


@pytest.mark.parametrize("letter", CASES)
def test_the_sets_are_the_first_pictures_unless_that_is_the_fault(cases, letter):
    x, y = pictures()
    case = cases[letter]
    np.testing.assert_array_equal(case.x_val, x[320:520])
    np.testing.assert_array_equal(case.y_val, y[320:520])
    label_of = dict(zip(rows(x), y, strict=True))
    belongs = np.mean(
        [label_of[r] == c for r, c in zip(rows(case.x_train), case.y_train, strict=True)]
    )
    leaked = len(set(rows(case.x_train)) & set(rows(case.x_val)))
    assert len(case.x_train) == 320
    assert belongs < 0.5 if FAULT[letter] == "labels" else belongs == 1
    assert leaked == (200 if FAULT[letter] == "leak" else 0)
    assert not set(rows(case.x_train)) & set(rows(x[520:]))


@pytest.mark.parametrize("letter", CASES)
def test_answers_depend_on_the_company_where_that_is_the_fault(cases, letter):
    x, answer = pictures()[0], cases[letter].answer
    mixes = not np.array_equal(
        answer(x), np.concatenate([answer(x[i : i + 1]) for i in range(530)])
    )
    ordered = not np.array_equal(answer(x), answer(x[::-1])[::-1])
    assert mixes == (FAULT[letter] in ("statistics", "axis"))
    assert ordered == (FAULT[letter] == "axis")


def test_one_rate_is_ten_times_the_others(cases):
    rate = {
        FAULT[letter]: float(case._model.optimizer.learning_rate) for letter, case in cases.items()
    }
    assert rate.pop("rate") == pytest.approx(0.1)
    assert list(rate.values()) == pytest.approx([0.01] * 4)


def test_a_case_repeats_itself(cases):
    again = train_case("E", *pictures(), seed=1)
    assert again.losses == pytest.approx(cases["E"].losses)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"letter": "F"}, "letter: expected one of 'A', 'B', 'C', 'D', 'E'; got 'F'"),
        ({"x": np.ones((5, 4, 3)), "y": np.ones(5)}, "x: expected at least 520 pictures; got 5"),
        ({"y": np.ones((530, 1))}, r"y: expected a whole number for each .* \(530, 1\)"),
        ({"y": np.full(530, 0.5)}, "y: expected whole numbers from 0; got 0.5 at position 0"),
        ({"x": np.ones((530, 4))}, "x: expected .batch, timesteps, features"),
        ({"seed": -1}, "seed: expected a whole number of at least 0; got -1"),
    ],
)
def test_impossible_arguments_are_named(changed, message):
    x, y = pictures()
    with pytest.raises(ValueError, match=message):
        train_case(**{"letter": "A", "x": x, "y": y, "seed": 1} | changed)
