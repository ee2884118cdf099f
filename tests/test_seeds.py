"""Repeats that do not depend on each other, and intervals against SciPy's."""

import re

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from seqlearn import seeds
from seqlearn.seeds import Repeats, difference_interval, repeat, share_interval


def build(units=2):
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(units)])


def first_weights(model, seed):
    """Figures that tell which weights the model began with, without training it."""
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
    for figure, values in together.metrics.items():
        assert values[1] == alone.metrics[figure][0]
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


def test_reached_counts_seeds():
    runs = made(accuracy=(0.5, 0.7, 0.9))
    assert [runs.reached("accuracy", bound) for bound in (0.4, 0.7, 0.71, 1)] == [3, 2, 1, 0]


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
    expected = stats.binomtest(successes, runs).proportion_ci(level, method="wilson")
    assert share == successes / runs
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= low <= share <= high <= 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: repeat(build, first_weights, []), "seeds: expected at least one seed; got none"),
        (lambda: repeat(build, first_weights, [1, -2]), "seeds: expected whole numbers .* got -2"),
        (lambda: repeat(build, first_weights, [True]), "seeds: expected whole numbers .* got True"),
        (lambda: repeat(build, first_weights, [1, 1]), r"seeds: expected each seed once; got \[1"),
        (
            lambda: repeat(build, lambda model, seed: {str(seed): 1}, [1, 2]),
            r"train: expected the same figures .* got \['1'\] from seed 1 and \['2'\] from seed 2",
        ),
        (
            lambda: repeat(lambda: build(np.random.randint(1, 99)), first_weights, [1, 2]),  # noqa: NPY002
            "build: expected models of one size; got .* parameters",
        ),
        (lambda: made().interval("loss"), "figure: expected one of accuracy, seconds; got 'loss'"),
        (
            lambda: difference_interval(made("a"), made("b", (1, 2, 4)), "accuracy"),
            r"second: expected the same seeds as a, \[1, 2, 3\]; got \[1, 2, 4\] from b",
        ),
        (lambda: share_interval(0, 0), "runs: expected a whole number of at least 1; got 0"),
        (lambda: share_interval(-1, 2), "successes: expected a whole number .* got -1"),
        (lambda: share_interval(3, 2), "successes: expected at most 2, the number of runs; got 3"),
        (lambda: share_interval(1, 2, level=95), "level: expected a probability"),
    ],
)
def test_bad_input_is_met_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()
