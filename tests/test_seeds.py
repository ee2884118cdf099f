"""Repeats that do not depend on each other, and intervals against SciPy's."""

import math
import re

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from seqlearn import seeds
from seqlearn.seeds import Repeats, difference_interval, repeat, share_interval, t_interval


def build(units=2):
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(units)])


def first_weights(model, seed):
    """Metrics that tell which weights the model began with, without training it."""
    return {
        "kernel": model.get_weights()[0].sum(),
        "drawn": np.random.random(),  # noqa: NPY002  the global generator is what is tested
        "seed": seed,
    }


def made(name="GRU", chosen=(1, 2, 3), accuracy=(0.5, 0.7, 0.9)):
    return Repeats(name, chosen, {"accuracy": np.array(accuracy)}, np.ones(len(chosen)), 1234)


# --- repeat ---------------------------------------------------------------------------------


def test_a_run_does_not_hang_on_those_before_it():
    together = repeat(build, first_weights, seeds=[5, 6, 7])
    alone = repeat(build, first_weights, seeds=[6])
    assert together.seeds == (5, 6, 7)
    for metric, values in together.metrics.items():
        assert values[1] == alone.metrics[metric][0]
    assert len(set(together.metrics["kernel"])) == 3
    assert together.metrics["seed"].tolist() == [5, 6, 7]


def test_each_seed_has_a_model_of_its_own():
    models = []

    def train(model, seed):
        models.append(model)
        model.compile("sgd", "mse")
        x = np.random.default_rng(seed).normal(size=(8, 3))
        return {"loss": model.fit(x, x[:, :2], verbose=0).history["loss"][-1]}

    runs = repeat(build, train, seeds=np.arange(3), name="dense")
    assert len({id(model) for model in models}) == 3
    assert runs.parameters == 3 * 2 + 2
    assert runs.seeds == (0, 1, 2)
    assert all(type(seed) is int for seed in runs.seeds)  # JSON takes no others
    assert runs.name == "dense"
    assert runs.metrics["loss"].dtype == np.float64
    for array in (runs.metrics["loss"], runs.seconds):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_seconds_are_those_of_training_unless_it_tells_better(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(seeds.time, "perf_counter", lambda: now[0])

    def slow_build():
        now[0] += 100
        return build()

    def train(model, seed):
        now[0] += seed
        return {"loss": 1}

    assert repeat(slow_build, train, seeds=[4, 2]).seconds.tolist() == [4, 2]

    def timed(model, seed):
        return {**train(model, seed), "seconds": 0.5}

    runs = repeat(slow_build, timed, seeds=[4, 2])
    assert runs.seconds.tolist() == [0.5, 0.5]
    assert [*runs.metrics] == ["loss"]


def test_the_line_counts_down(monkeypatch):
    now, said = [0.0], []
    monkeypatch.setattr(seeds.time, "perf_counter", lambda: now[0])

    class Line:
        def __init__(self, title):
            said.append(title)

        def __enter__(self):
            return said.append

        def __exit__(self, *_):
            said.append("closed")

    monkeypatch.setattr(seeds, "progress_line", Line)

    def train(model, seed):
        now[0] += 10
        return {"loss": 1}

    repeat(build, train, seeds=[8, 9, 7], name="GRU")
    assert said == [
        "GRU, seeds 8, 9, 7",
        "run 1 of 3",
        "run 2 of 3, about 20 s left",
        "run 3 of 3, about 10 s left",
        "closed",
    ]
    said.clear()
    repeat(build, train, seeds=[8])
    assert said[0] == "model, seed 8"


def test_a_failing_run_names_its_seed():
    def train(model, seed):
        return {"loss": 1 / (seed - 2)}

    with pytest.raises(ZeroDivisionError) as caught:
        repeat(build, train, seeds=[1, 2], name="GRU")
    assert caught.value.__notes__ == ["while training GRU with seed 2"]


# --- what the runs show ----------------------------------------------------------------------


def test_a_result_is_shown_in_one_line_without_seconds():
    line = repr(made())
    found = re.fullmatch(
        r"GRU: accuracy 0.7 \[(.+), (.+)\] \(3 seeds, 1,234 parameters, 95% t intervals\)", line
    )
    low, high = stats.t.interval(0.95, 2, 0.7, stats.sem([0.5, 0.7, 0.9]))
    assert [float(end) for end in found.groups()] == pytest.approx([low, high], rel=1e-3)
    assert repr(made(chosen=(1,), accuracy=(0.5,))) == (
        "GRU: accuracy 0.5 (1 seed, 1,234 parameters, no interval)"
    )


def test_intervals_are_students_and_seconds_have_one_too():
    runs = Repeats("a", (1, 2, 3), {"loss": np.array([1.0, 2.0, 6.0])}, np.array([4.0, 5, 6]), 1)
    mean, low, high = runs.interval("loss", level=0.9)
    assert mean == 3
    assert (low, high) == pytest.approx(stats.t.interval(0.9, 2, 3, stats.sem([1, 2, 6])))
    assert runs.interval("seconds")[0] == 5


def test_a_training_that_diverged_is_shown_and_reaches_nothing():
    runs = made(accuracy=(0.5, math.nan, 0.9))
    assert repr(runs).startswith("GRU: accuracy 0.5, nan, 0.9 (3 seeds")
    assert runs.reached("accuracy", 0.4) == 2


@pytest.mark.slow
def test_intervals_cover_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(2000, 4))
    intervals = [t_interval(sample, level=0.8) for sample in samples]
    covered = np.mean([low <= 0 <= high for _, low, high in intervals])
    assert covered == pytest.approx(0.8, abs=0.04)  # standard error 0.009


@pytest.mark.parametrize(
    "values",
    [[1.0, 3.0], np.array([1, 3], "uint8"), pd.Series([1, 3], [9, 0]), (n for n in (1, 3))],
)
def test_the_interval_of_two_values_is_the_textbook_one(values):
    mean, low, high = t_interval(values)
    assert mean == 2
    # t(0.975; 1 degree of freedom) = 12.7062, standard error of the mean 1
    assert (low, high) == pytest.approx((2 - 12.7062, 2 + 12.7062), abs=1e-3)


def test_counts_of_numpy_make_the_same_interval():
    assert share_interval(np.uint8(150), np.uint8(200)) == share_interval(150, 200)


def test_reached_counts_seeds():
    runs = made(accuracy=(0.5, 0.7, 0.9))
    assert [runs.reached("accuracy", bound) for bound in (0.4, 0.7, 0.71, 1)] == [3, 2, 1, 0]
    for bound in (None, "0.4", True, float("nan"), [0.4, 0.7], pd.Series([0.4] * 99)):
        with pytest.raises(TypeError, match=r"at_least: expected a number such .*; got .{1,60}$"):
            runs.reached("accuracy", bound)


paired = st.lists(
    st.tuples(st.floats(-5, 5).map(lambda x: round(x, 3)), st.floats(-5, 5)),
    min_size=3,
    max_size=8,
    unique_by=lambda pair: round(pair[0] - pair[1], 3),
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(pairs=paired, level=st.floats(0.5, 0.99))
def test_differences_are_paired(pairs, level):
    one, two = map(np.array, zip(*pairs, strict=True))
    chosen = tuple(range(len(pairs)))
    a, b = made("a", chosen, one), made("b", chosen, two)
    mean, low, high = difference_interval(a, b, "accuracy", level)
    expected = stats.ttest_rel(one, two).confidence_interval(level)
    assert mean == pytest.approx((one - two).mean(), abs=1e-9)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-7)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data(), runs=st.integers(1, 40), level=st.floats(0.5, 0.999))
def test_shares_have_wilsons_interval(data, runs, level):
    successes = data.draw(st.integers(0, runs))
    share, low, high = share_interval(successes, runs, level)
    expected = proportion_confint(successes, runs, 1 - level, method="wilson")
    assert share == successes / runs
    assert (low, high) == pytest.approx(expected, abs=1e-12)
    assert 0 <= low <= share <= high <= 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: repeat(build, first_weights, []), "seeds: expected at least one seed; got none"),
        (lambda: repeat(build, first_weights, [1, -2]), "seeds: expected a whole number .* got -2"),
        (lambda: repeat(build, first_weights, [2**32]), "seeds: .* 4,294,967,295; got 4294967296"),
        (lambda: repeat(build, first_weights, [True]), "seeds: expected a whole number .* True"),
        (lambda: repeat(build, first_weights, [1.5]), "seeds: expected a whole number .* got 1.5"),
        (lambda: repeat(build, first_weights, 5), r"seeds: expected several, such as .*; got 5"),
        (lambda: repeat(build, lambda m, s: 0.9, [1]), "train: expected numbers by name.* got 0.9"),
        (
            lambda: repeat(build, lambda m, s: {"loss": [0.9, 0.8]}, [1]),
            r"train: expected one number as 'loss'; got \[0.9, 0.8\]",
        ),
        (lambda: repeat(build, lambda m, s: {"loss": "0.9"}, [1]), "one number as 'loss'; got '0"),
        (lambda: repeat(build, first_weights, [1, 1]), r"seeds: expected each seed once; got \[1"),
        (
            lambda: repeat(build, lambda model, seed: {str(seed): 1}, [1, 2]),
            r"train: expected the same metrics .* got \['1'\] from seed 1 and \['2'\] from seed 2",
        ),
        (
            lambda: repeat(lambda: build(np.random.randint(1, 99)), first_weights, [1, 2]),  # noqa: NPY002
            "build: expected models of one size; got .* parameters",
        ),
        (
            lambda: made().interval("loss"),
            "metric: expected one of 'accuracy', 'seconds'; got 'loss'",
        ),
        (
            lambda: difference_interval(made("a"), made("b", (1, 2, 4)), "accuracy"),
            r"second: expected the same seeds as a, \[1, 2, 3\]; got \[1, 2, 4\] from b",
        ),
        (lambda: share_interval(0, 0), "runs: expected a whole number of at least 1; got 0"),
        (lambda: share_interval(-1, 2), "successes: expected a whole number .* got -1"),
        (lambda: difference_interval(made(), [0.5, 0.7], "accuracy"), "second: .* got list"),
        (
            lambda: difference_interval(made(accuracy=(1, math.nan, 1)), made(), "accuracy"),
            "values: expected a finite number at every position; got nan at position 1",
        ),
        (lambda: share_interval(3, 2), "successes: .* of at least 0 and of at most 2; got 3"),
        (lambda: share_interval(math.nan, 2), "successes: expected a whole number .* got nan"),
        (lambda: share_interval(1, 2, level=95), "level: expected a share between 0 and 1"),
        (lambda: t_interval([1.0]), r"at least 2 seeds; got shape \(1,\)"),
        (lambda: t_interval([[1.0, 2.0]]), r"at least 2 seeds; got shape \(1, 2\)"),
        (lambda: t_interval([1.0, math.nan]), "values: .* got nan at position 1"),
        (lambda: t_interval(["good", "bad"]), "values: expected numbers; got good at position 0"),
        (lambda: t_interval([True, False]), "got truth values: count them, share_interval"),
        (lambda: t_interval([1.0, 2.0], level=95), "level: expected a share between 0 and 1"),
        (lambda: t_interval([1.0, 2.0], level=0), "level: expected a share between 0 and 1"),
    ],
)
def test_bad_input_is_met_in_words(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
