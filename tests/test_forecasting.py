"""Windows, forecasts without learning, scores, intervals, and the search for leaks."""

import dataclasses
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from seqlearn.forecasting import (
    Scaler,
    Windows,
    best_lag,
    conformal_radius,
    find_leaks,
    make_windows,
    seasonal_naive,
    skill_score,
    split_windows,
)

deterministic = settings(derandomize=True, max_examples=60, deadline=None)
sizes = st.integers(1, 6)


def series(length, seed=0):
    return np.random.default_rng(seed).normal(size=length)


# ---- windows -----------------------------------------------------------------------


@deterministic
@given(sizes, sizes, st.integers(0, 12))
def test_a_window_holds_what_stands_before_and_after_its_origin(lookback, horizon, more):
    values = series(lookback + horizon + more)
    windows = make_windows(values, lookback, horizon)
    assert windows.x.shape == (more + 1, lookback, 1)
    assert windows.y.shape == (more + 1, horizon)
    for x, y, origin in zip(windows.x, windows.y, windows.origin, strict=True):
        np.testing.assert_array_equal(x[:, 0], values[origin - lookback + 1 : origin + 1])
        np.testing.assert_array_equal(y, values[origin + 1 : origin + 1 + horizon])


def test_windows_do_not_share_memory_with_the_series():
    values = series(10)
    windows = make_windows(values, 3, 2)
    windows.x[:] = windows.y[:] = 0
    np.testing.assert_array_equal(values, series(10))


@deterministic
@given(sizes, sizes, st.integers(1, 15), st.integers(1, 15), st.integers(0, 15))
def test_no_target_lies_in_two_parts_and_none_is_lost_within_one(
    lookback, horizon, first, second, third
):
    val_start = lookback + horizon + first
    test_start = val_start + horizon + second
    windows = make_windows(series(test_start + horizon + third), lookback, horizon)
    parts = split_windows(windows, val_start, test_start)
    borders = [(lookback, val_start), (val_start, test_start), (test_start, 10**9)]
    for part, (begin, end) in zip(parts, borders, strict=True):
        targets = part.origin[:, None] + 1 + np.arange(horizon)
        assert targets.min() == begin
        assert targets.max() < end
    assert len(parts[0]) == val_start - lookback - horizon + 1
    assert len(parts[1]) == test_start - val_start - horizon + 1
    assert len(parts[2]) == third + 1


def test_windows_are_chosen_together():
    windows = make_windows(np.arange(9.0), 2, 1)
    chosen = windows[windows.origin > 4]
    assert chosen.x[0, -1, 0] == chosen.origin[0] == chosen.y[0, 0] - 1 == 5
    assert repr(chosen) == "Windows(x (3, 2, 1), y (3, 1))"
    assert len(windows[::2]) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((np.ones((4, 2)), 2, 1), r"expected one series \(timesteps,\); got \(4, 2\)"),
        ((np.ones(4), 0, 1), "lookback: expected a whole number of at least 1; got 0"),
        ((np.ones(4), 3, 2), r"at least lookback \+ horizon = 5 of them; got 4"),
        ((np.array([1, np.nan, 2]), 1, 1), "got nan at position 1"),
    ],
)
def test_windows_that_can_not_be_cut_say_why(arguments, words):
    with pytest.raises(ValueError, match=words):
        make_windows(*arguments)


SERIES = [3, 1, 4, 1, 5, 9]
DAYS = pd.date_range("2024-02-26", periods=6)
INDEXES = {
    "labels": list("fabcde"),
    "numbers": range(10, 70, 10),
    "years": [1900.0, 1901.0, 1902.0, 1903.0, 1904.0, 1905.0],
    "days": DAYS,
    "written": [str(day.date()) for day in DAYS],
    "dates": [day.date() for day in DAYS],
    "months": pd.period_range("2023-11", periods=6, freq="M"),
    "month ends": pd.date_range("2023-11-30", periods=6, freq="ME"),
    "the 15th": pd.DatetimeIndex([f"2023-{month:02d}-15" for month in range(4, 10)]),
    "written months": [f"2023-{month:02d}" for month in range(4, 10)],
    "weekdays": pd.date_range("2024-02-26", periods=6, freq="B"),
    "hours of a zone": pd.date_range("2024-03-31", periods=6, freq="h", tz="Europe/Paris"),
    "days of a zone": pd.date_range("2024-03-29", periods=6, tz="Europe/Paris"),
}


@pytest.mark.parametrize("name", INDEXES)
def test_a_column_is_a_series_whatever_labels_it_carries(name):
    column = pd.Series(SERIES, index=INDEXES[name])
    expected = make_windows(np.array(SERIES), 3, 2)
    for held in (column, column.to_frame(), column.astype("Int64"), column.astype("uint8")):
        windows = make_windows(held, 3, 2)
        np.testing.assert_array_equal(windows.x, expected.x)
        np.testing.assert_array_equal(windows.y, expected.y)


@pytest.mark.parametrize(
    "held",
    [SERIES, tuple(SERIES), iter(SERIES), np.array(SERIES, "uint8"), np.array(SERIES, object),
     np.array(SERIES)[:, None], np.array(SERIES, "float32"), list(map(Decimal, SERIES)),
     np.ma.array(SERIES)],
)  # fmt: skip
def test_numbers_are_a_series_whatever_holds_them(held):
    windows = make_windows(held, 3, np.int64(2))
    np.testing.assert_array_equal(windows.y, [[1, 5], [5, 9]])
    assert (windows.y[:, :1] - windows.y).min() == -4  # small unsigned integers would wrap round


GAP = DAYS.delete(3)


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        (pd.Series(range(5), GAP), ValueError, "between 2024-02-28 .* and 2024-03-01 .* left out"),
        (pd.Series(range(5), [str(day.date()) for day in GAP]), ValueError, "left out: fill them"),
        (pd.Series(range(5), [day.date() for day in GAP]), ValueError, "left out"),
        (pd.Series(range(5), [list("aabbb"), GAP]), ValueError, "one label for each row; got 2"),
        (pd.Series(range(5), pd.PeriodIndex(GAP, freq="D")), ValueError, "left out"),
        (pd.Series([1, np.nan, 3, 4, 5]).dropna(), ValueError, "between 0 and 2 some are left out"),
        (pd.Series(range(6), DAYS[::-1]), ValueError, "2024-03-01 .* stands after 2024-03-02"),
        (pd.Series(range(6)).sample(frac=1, random_state=0), ValueError, "in the order of time"),
        (pd.Series(range(6), ["2024-03", "2024-01", *"abcd"]), None, ""),
        (pd.Series(range(3), ["2024-03", "2024-01", "2024-02"]), ValueError, "in the order of"),
        (pd.Series(range(3), [1, 1, 2]), ValueError, "1 stands after 1.*stands twice"),
        (pd.Series(range(3), pd.DatetimeIndex(["2024", None, "2025"])), ValueError, "missing in"),
        (
            pd.DataFrame({"a": SERIES, "b": SERIES}),
            ValueError,
            r"got \(6, 2\): choose one of \['a', 'b",
        ),
        (np.ma.array([1, 2, 3], mask=[0, 1, 0]), ValueError, "got -- at position 1"),
        ([1, None, 3], ValueError, "got None at position 1"),
        (pd.array([1, pd.NA, 3], dtype="Int64"), ValueError, "got (--|<NA>) at position 1"),
        ([1, -np.inf, 3], ValueError, "finite number at every position; got -inf at position 1"),
        (["1", "2", "3"], TypeError, "values: expected numbers; got 1 at position 0"),
        (np.array(["2024"] * 3, "datetime64[D]"), TypeError, "values: expected numbers; got 2024"),
        ([1j, 2, 3], TypeError, "values: expected numbers; got 1j at"),
        ("1 2 3", TypeError, "values: expected numbers; got 1 2 3"),
        ({0: 1.0}, TypeError, "values: expected numbers; got {0: 1.0}"),
        ([[1, 2], [3]], ValueError, "values: expected numbers; got lists of different lengths"),
    ],
)
def test_what_is_no_series_is_refused(values, error, words):
    if error is None:
        assert len(make_windows(values, 1, 1)) == len(values) - 1
        return
    with pytest.raises(error, match=words):
        make_windows(values, 1, 1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda w: make_windows(SERIES, 2.0, 1), "lookback: expected a whole number"),
        (lambda w: make_windows(SERIES, 2, True), "horizon: expected a whole number"),
        (lambda w: split_windows(w, 3.5, 5), "val_start: expected a whole number"),
        (lambda w: seasonal_naive(w.x, "1", 1), "season: expected a whole number"),
        (lambda w: w[0], r"choose by a slice, .*; got 0: one window is windows\[i : i \+ 1\]"),
    ],
)
def test_sizes_are_whole_numbers(call, words):
    with pytest.raises(TypeError, match=words):
        call(make_windows(SERIES, 2, 1))


def test_windows_have_as_many_inputs_as_targets():
    with pytest.raises(ValueError, match="one of each for each window; got 2, 3 and 2"):
        Windows(np.ones((2, 3, 1)), np.ones((3, 1)), np.arange(2))


def test_a_part_without_windows_is_named():
    windows = make_windows(series(20), 3, 2)
    with pytest.raises(ValueError, match="in the validation part"):
        split_windows(windows, 10, 11)
    with pytest.raises(ValueError, match="in the order of time"):
        split_windows(windows, 15, 10)


# ---- scales ------------------------------------------------------------------------


@deterministic
@given(st.integers(2, 30), st.floats(-100, 100), st.floats(0.01, 100))
def test_a_scaler_gives_mean_0_and_deviation_1_and_back(count, mean, scale):
    values = mean + scale * series(count)
    scaler = Scaler.fit(values)
    scaled = scaler.transform(values)
    assert scaled.mean() == pytest.approx(0, abs=1e-6)
    assert scaled.std() == pytest.approx(1)
    np.testing.assert_allclose(scaler.inverse(scaled), values)


@deterministic
@given(st.integers(2, 4), st.sampled_from([(9,), (3, 5)]))
def test_each_feature_has_a_scale_of_its_own(features, shape):
    factors = 10.0 ** np.arange(features)
    values = series(np.prod(shape) * features).reshape(*shape, features) * factors + factors
    scaler = Scaler.fit(values)
    scaled = scaler.transform(values)
    axes = tuple(range(values.ndim - 1))
    np.testing.assert_allclose(scaled.mean(axis=axes), 0, atol=1e-9)
    np.testing.assert_allclose(scaled.std(axis=axes), 1)
    np.testing.assert_allclose(scaler.inverse(scaled), values)
    for feature in range(features):
        alone = Scaler.fit(values[..., feature].ravel())
        np.testing.assert_allclose(alone.transform(values[..., feature]), scaled[..., feature])


def test_a_table_has_a_scale_for_each_column_and_keeps_its_gaps():
    table = pd.DataFrame({"a": [1, 3], "b": [100, 500]}, index=[7, 3])
    scaler = Scaler.fit(table)
    np.testing.assert_array_equal(scaler.mean, [2, 300])
    np.testing.assert_array_equal(scaler.transform(table), [[-1, -1], [1, 1]])
    np.testing.assert_array_equal(Scaler(2.0, 1.0).transform(pd.Series([None, 3.0])), [np.nan, 1])
    np.testing.assert_array_equal(Scaler.fit([[1.0], [3.0]]).inverse([1.0]), [3.0])


def test_a_scale_for_other_features_is_refused():
    scaler = Scaler.fit(np.arange(6.0).reshape(3, 2))
    with pytest.raises(ValueError, match=r"expected \(..., 2\), .*; got \(3,\): for one of them"):
        scaler.transform(np.ones(3))
    with pytest.raises(ValueError, match=r"got \(4, 3\)"):
        scaler.inverse(np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"all of feature 1 are 5\.0"):
        Scaler.fit([[1, 5], [2, 5]])
    with pytest.raises(ValueError, match=r"a scale above 0; got 0\.0 and 0\.0"):
        Scaler(0.0, 0.0)
    with pytest.raises(ValueError, match="mean and scale: expected as many of each"):
        Scaler(0.0, [1.0, 2.0])
    with pytest.raises(TypeError, match="scale: expected numbers; got 1 at"):
        Scaler([0.0], ["1"])


def test_a_small_unit_is_no_reason_to_refuse():
    assert Scaler.fit([1e-15, 3e-15]).scale == pytest.approx(1e-15)


def test_a_scaler_refuses_what_has_no_scale():
    with pytest.raises(ValueError, match=r"all are 3\.0"):
        Scaler.fit(np.full(4, 3.0))
    with pytest.raises(ValueError, match="values: all are 3"):
        Scaler.fit(3.0)
    with pytest.raises(ValueError, match="finite number at every position; got nan at position 1"):
        Scaler.fit(np.array([1.0, np.nan]))
    with pytest.raises(ValueError, match="at least one value"):
        Scaler.fit(np.array([]))


# ---- forecasts without learning ----------------------------------------------------


@deterministic
@given(st.integers(1, 7), st.integers(1, 20))
def test_a_periodic_series_is_forecast_without_error(season, horizon):
    values = np.tile(series(season), 30)
    windows = make_windows(values, season + 1, horizon)
    np.testing.assert_array_equal(seasonal_naive(windows.x, season, horizon), windows.y)


def test_seasonal_naive_says_what_is_missing():
    with pytest.raises(ValueError, match="at least one season, 12 timesteps; got 3"):
        seasonal_naive(np.ones((2, 3, 1)), 12, 1)
    with pytest.raises(ValueError, match=r"windows \(batch, timesteps, 1\); got shape \(2, 3\)"):
        seasonal_naive(np.ones((2, 3)), 1, 1)
    with pytest.raises(ValueError, match="season: expected a whole number of at least 1; got 0"):
        seasonal_naive(np.ones((2, 3, 1)), 0, 1)


# ---- scores ------------------------------------------------------------------------


@deterministic
@given(st.floats(-10, 10), st.floats(0.1, 10))
def test_skill_is_the_same_in_any_unit(shift, unit):
    truth, forecast, reference = series(30).reshape(3, 5, 2)
    expected = skill_score(forecast, truth, reference)
    changed = skill_score(*(shift + unit * a for a in (forecast, truth, reference)))
    np.testing.assert_allclose(changed, expected, rtol=1e-6, atol=1e-6)


def test_skill_knows_its_three_marks():
    truth = series(12).reshape(6, 2)
    reference = truth + 1
    np.testing.assert_array_equal(skill_score(truth, truth, reference), [1, 1])
    np.testing.assert_array_equal(skill_score(reference, truth, reference), [0, 0])
    np.testing.assert_allclose(
        skill_score(truth + np.array([0.5, 2]), truth, reference), [0.75, -3]
    )


def test_skill_refuses_what_would_be_broadcast():
    truth = np.ones((4, 2))
    with pytest.raises(ValueError, match=r"one shape .*got \(4, 1\), \(4, 2\) and \(4, 2\)"):
        skill_score(truth[:, :1], truth, truth + 1)
    with pytest.raises(ValueError, match="nothing can improve on it"):
        skill_score(truth, truth, truth)


@pytest.mark.parametrize(
    "call",
    [
        lambda gap: skill_score(gap, np.ones((4, 1)), np.zeros((4, 1))),
        lambda gap: skill_score(np.ones((4, 1)), gap, np.zeros((4, 1))),
        lambda gap: skill_score(np.ones((4, 1)), np.ones((4, 1)), gap),
        lambda gap: conformal_radius(gap[:, 0], 0.5),
        lambda gap: best_lag(gap[:, 0], np.arange(4)),
        lambda gap: best_lag(np.arange(4), gap[:, 0]),
        lambda gap: seasonal_naive(gap[None], 1, 1),
        lambda gap: make_windows(gap, 1, 1),
        lambda gap: Scaler.fit(gap),
    ],
)
def test_a_missing_value_is_never_counted_as_one(call):
    gap = np.array([[1.0], [np.nan], [2.0], [0.0]])
    with pytest.raises(
        ValueError, match="expected a finite number at every position; got nan at position"
    ):
        call(gap)


def test_errors_of_every_forecast_minus_every_truth_are_refused():
    forecast, truth = series(20)[:, None], series(20, 1)
    for errors in (forecast - truth, (forecast - truth).astype("float32")):
        with pytest.raises(ValueError, match=r"got \(20, 20\), every forecast minus every truth"):
            conformal_radius(errors, 0.9)
    assert conformal_radius(series(400).reshape(20, 20), 0.9).shape == (20,)


# ---- intervals ---------------------------------------------------------------------


@deterministic
@given(st.integers(10, 60), st.floats(0.05, 0.9))
def test_each_error_left_out_is_covered_as_often_as_promised(count, level):
    # The guarantee in its finite form: of count + 1 errors, leave each out in turn.
    errors = series(count + 1)
    if level * (count + 1) > count:
        return
    covered = [
        abs(errors[k]) <= conformal_radius(np.delete(errors, k), level) for k in range(len(errors))
    ]
    assert level - 1e-9 <= np.mean(covered) < level + 1 / (count + 1) + 1e-9


def test_a_radius_for_each_horizon():
    errors = series(40).reshape(20, 2)
    both = conformal_radius(errors, 0.9)
    assert both.shape == (2,)
    assert both[1] == conformal_radius(errors[:, 1], 0.9)
    assert np.mean(np.abs(errors[:, 0]) <= both[0]) == 0.95  # the 19th of 20


def test_too_few_errors_are_told_how_many_are_needed():
    assert conformal_radius(series(9), 0.9) == np.abs(series(9)).max()
    with pytest.raises(ValueError, match=r"at least 9 for a level of 0\.9; got 8"):
        conformal_radius(series(8), 0.9)
    with pytest.raises(ValueError, match=r"level: .* between 0 and 1 .*; got 90"):
        conformal_radius(series(9), 90)
    with pytest.raises(ValueError, match=r"got \(2, 2, 2\)"):
        conformal_radius(np.ones((2, 2, 2)), 0.5)


# ---- yesterday again ---------------------------------------------------------------


@deterministic
@given(st.integers(0, 3), st.integers(0, 100))
def test_the_lag_of_a_delayed_copy_is_found(lag, seed):
    truth = series(60, seed)
    delayed = np.concatenate([np.zeros(lag), truth[: len(truth) - lag]])
    assert best_lag(delayed + 0.01 * series(60, seed + 1), truth) == lag


def test_lags_of_unequal_series_are_refused():
    with pytest.raises(ValueError, match=r"got \(3,\) and \(4,\)"):
        best_lag(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match=r"with 4 steps or more; got \(3,\) and \(3,\)"):
        best_lag(np.ones(3), np.ones(3))


# ---- leaks -------------------------------------------------------------------------

VAL, TEST = 40, 60
VALUES = np.sin(np.arange(90.0)) + series(90)


def prepare(values, fitted_on=VAL, smooth=None, lookback=5, horizon=2, fill=None):
    values = values if fill is None else fill(values)
    values = values if smooth is None else smooth(values)
    windows = make_windows(Scaler.fit(values[:fitted_on]).transform(values), lookback, horizon)
    train, _, test = split_windows(windows, VAL, TEST)
    return train, test


def centred(values):
    return np.convolve(np.pad(values, 1, "edge"), np.ones(3) / 3, "valid")


def trailing(values):
    return np.convolve(np.pad(values, (2, 0), "edge"), np.ones(3) / 3, "valid")


def interpolated(values):
    known = np.isfinite(values)
    steps = np.arange(len(values))
    return np.interp(steps, steps[known], values[known])


def carried_forward(values):
    last = np.maximum.accumulate(np.where(np.isfinite(values), np.arange(len(values)), 0))
    return values[last]


def shuffled(values):
    windows = make_windows(values, 5, 2)
    order = np.random.default_rng(0).permutation(len(windows))
    return windows[order[:60]], windows[order[60:]]


def overlapping(values):
    windows = make_windows(values, 5, 2)
    return windows[windows.origin < TEST], windows[windows.origin >= TEST - 1]


def peeking(values):
    train, test = prepare(values)
    return train, dataclasses.replace(test, x=np.concatenate([test.x, test.y[:, :1, None]], 1))


WITH_GAPS = np.where(np.isin(np.arange(90), [20, 66, 75, 88]), np.nan, VALUES)


@pytest.mark.parametrize(
    ("honest", "values"),
    [
        (prepare, VALUES),
        (lambda values: prepare(values, smooth=trailing), VALUES),
        (lambda values: prepare(values, fill=carried_forward), WITH_GAPS),
    ],
)
def test_an_honest_preparation_has_no_leak(honest, values):
    assert find_leaks(honest, values, checks=30) == []


@pytest.mark.parametrize(
    ("careless", "values", "words"),
    [
        (lambda values: prepare(values, fitted_on=len(values)), VALUES, "training windows"),
        (lambda values: prepare(values, fitted_on=TEST + 1), VALUES, "training windows"),
        (lambda values: prepare(values, smooth=centred), VALUES, "test inputs"),
        (lambda values: prepare(values, fill=interpolated), WITH_GAPS, "test inputs"),
        (shuffled, VALUES, "training windows"),
        (overlapping, VALUES, "training windows"),
        (peeking, VALUES, "test inputs"),
    ],
)
def test_every_planted_leak_is_found(careless, values, words):
    leaks = find_leaks(careless, values, checks=30)
    assert any(words in leak for leak in leaks), leaks


@pytest.mark.parametrize("change", [np.log, np.sqrt, np.log1p])
def test_a_preparation_that_needs_positive_values_gets_them(change):
    positive = np.exp(VALUES)
    assert find_leaks(lambda values: prepare(change(values)), positive, checks=10) == []
    leaks = find_leaks(lambda values: prepare(change(values), fitted_on=90), positive, checks=1)
    assert "training windows" in leaks[0]


def test_shares_stay_shares_and_gaps_stay_gaps():
    shares = 1 / (1 + np.exp(-VALUES))
    assert find_leaks(lambda values: prepare(np.log(values / (1 - values))), shares) == []

    def dropped(values):
        assert np.isnan(values).sum() == 4
        return prepare(carried_forward(values))

    assert find_leaks(dropped, WITH_GAPS) == []
    assert find_leaks(prepare, pd.Series(VALUES)) == []
    with pytest.raises(ValueError, match="got infinite ones, or none but gaps"):
        find_leaks(prepare, [np.nan] * 90)


def test_the_series_is_left_as_it_was():
    values = VALUES.copy()

    def spoils(given):
        windows = prepare(given)
        given[:] = 0
        return windows

    assert find_leaks(spoils, values) == []
    np.testing.assert_array_equal(values, VALUES)


def test_a_preparation_must_be_repeatable_and_give_windows():
    rng = np.random.default_rng(0)

    def noisy(values):
        train, test = prepare(values)
        return Windows(train.x + rng.normal(), train.y, train.origin), test

    with pytest.raises(ValueError, match="called twice; give it a fixed seed"):
        find_leaks(noisy, VALUES)
    with pytest.raises(TypeError, match=r"two Windows, \(train, test\); got ndarray"):
        find_leaks(lambda values: values, VALUES)
    with pytest.raises(ValueError, match="at least one test window"):
        find_leaks(lambda values: (prepare(values)[0], prepare(values)[1][:0]), VALUES)


def test_what_make_windows_did_not_give_is_not_split():
    with pytest.raises(TypeError, match="windows: expected what make_windows gave; got ndarray"):
        split_windows(np.zeros(12), 4, 8)


def test_a_matrix_is_scaled_as_an_array():
    array = np.array([[1.0, 100.0], [3.0, 500.0]])
    scaler = Scaler.fit(array)
    matrix = sparse.csr_matrix(scaler.transform(array)).todense()
    np.testing.assert_array_equal(scaler.inverse(matrix), array)
