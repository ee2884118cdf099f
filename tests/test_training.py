"""Schedules against their formula, batches, and clocks with a known pace."""

import math
from functools import cache

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from seqlearn import training


@pytest.mark.parametrize("warmup", [0, 0.25])
def test_the_schedule_is_its_formula(warmup):
    peak, steps = 0.01, 40
    climbing = round(warmup * steps)
    rate = training.warmup_cosine(peak, steps, warmup)
    for step in range(steps + 3):
        if step < climbing:
            expected = peak * step / climbing
        else:
            done = min((step - climbing) / (steps - climbing), 1)
            expected = peak * (1 + math.cos(math.pi * done)) / 2
        assert float(rate(step)) == pytest.approx(expected, abs=1e-7)


def test_the_schedule_drives_an_optimizer():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(training.warmup_cosine(0.1, steps=10)), "mse")
    model.fit(np.ones((10, 1)), np.ones((10, 1)), batch_size=1, verbose=0)
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-7)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(n=st.integers(1, 23), batch_size=st.integers(1, 9), seed=st.integers(0, 2**32 - 1))
def test_each_epoch_holds_every_example_once_with_its_target(n, batch_size, seed):
    x, y = np.arange(n)[:, np.newaxis], np.arange(n)
    batches = training.ChangedBatches(x, y, batch_size, lambda a, rng: a + 100, seed)
    assert len(batches) == training.count_steps(n, batch_size, epochs=1)
    for _ in range(2):
        drawn = [batches[index] for index in range(len(batches))]
        inputs = np.concatenate([inputs for inputs, _ in drawn])
        targets = np.concatenate([targets for _, targets in drawn])
        np.testing.assert_array_equal(inputs[:, 0], targets + 100)
        np.testing.assert_array_equal(np.sort(targets), y)
        batches.on_epoch_end()


def test_the_order_changes_between_epochs_and_repeats_with_the_seed():
    def two_epochs():
        batches = training.ChangedBatches(np.arange(50), np.arange(50), 50, lambda a, r: a, 3)
        first = batches[0][1]
        batches.on_epoch_end()
        return first, batches[0][1]

    (a, b), (c, d) = two_epochs(), two_epochs()
    assert not np.array_equal(a, b)
    np.testing.assert_array_equal([a, b], [c, d])


def test_keras_fits_on_changed_batches_and_sees_the_change():
    seen = []

    def change(inputs, rng):
        seen.append(len(inputs))
        return inputs * 0

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    x, y = np.ones((5, 2), "float32"), np.ones((5, 1), "float32")
    history = model.fit(training.ChangedBatches(x, y, 2, change, 0), epochs=2, verbose=0)
    assert sum(seen) >= 2 * 5
    assert history.history["loss"][-1] == pytest.approx(1)  # zeros in, zero out, target 1


class Paced(keras.Model):
    """A classifier whose accuracy is set from outside."""

    def __init__(self):
        super().__init__()
        self.right = 0
        self.scale = self.add_weight(shape=(), initializer="ones")

    def call(self, x):
        return x * self.scale

    def predict(self, x, batch_size=None, verbose=None):
        scores = np.zeros((len(x), 2))
        scores[:, 1] = 1
        scores[: self.right] = (1, 0)
        return scores


def test_the_clock_measures_when_asked_and_finds_the_target(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(training.time, "perf_counter", lambda: now[0])
    model = Paced()
    clock = training.AccuracyClock(np.zeros((4, 2)), np.zeros(4, int), every=2)
    clock.set_model(model)
    clock.on_train_begin()
    true_predict = model.predict

    def slow_predict(*args, **options):
        now[0] += 100  # the clock must stand still here
        return true_predict(*args, **options)

    model.predict = slow_predict
    for update in range(5):
        now[0] += 1
        model.right = min(update, 4)
        clock.on_train_batch_end(update)
    clock.on_train_end()
    assert clock.seconds == [2, 4, 5]
    assert clock.accuracies == [0.25, 0.75, 1.0]
    assert clock.training_seconds == 5
    assert clock.time_to(0.75) == 4
    assert clock.time_to(0.76) == 5
    assert training.AccuracyClock(np.zeros((1, 2)), np.zeros(1), every=1).time_to(0.5) is None


@cache
def scores(outputs=2, shape=(3,)):
    """A model whose scores are its inputs."""
    return keras.Sequential([keras.Input((*shape[:-1], outputs)), keras.layers.Identity()])


X, Y = np.eye(2, dtype="float32")[[0, 1, 1, 0, 1]], np.array([0, 1, 1, 0, 0])


@pytest.mark.parametrize(
    "y",
    [
        Y, Y.tolist(), tuple(Y), Y.astype(float), Y.astype("uint8"), Y.astype(bool),
        Y.astype(object), pd.Series(Y, index=[4, 3, 2, 1, 0]), pd.Series(Y, dtype="Int64"),
        pd.Series(Y, dtype="category"), np.ma.array(Y), tf.constant(Y),
    ],
    ids=lambda y: f"{type(y).__name__} {getattr(y, 'dtype', '')}",
)  # fmt: skip
def test_accuracy_is_right_whatever_holds_the_classes(y):
    assert training.accuracy(scores(), X, y) == pytest.approx(0.8)


@pytest.mark.parametrize("batch_size", [1, 3, np.int64(5)])
def test_accuracy_is_right_however_many_are_predicted_at_a_time(batch_size):
    assert training.accuracy(scores(), X, Y, batch_size) == pytest.approx(0.8)


@pytest.mark.parametrize(
    "x",
    [X.tolist(), [*X], (row for row in X), pd.DataFrame(X, index=[4, 3, 2, 1, 0]), tf.constant(X)],
    ids=lambda x: type(x).__name__,
)
def test_accuracy_is_right_whatever_holds_the_inputs(x):
    assert training.accuracy(scores(), x, (label for label in Y)) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y[:, None], r"y: .*whole number for each example.* got \(5, 1\): np.ravel\(y\) makes"),
        (pd.DataFrame(Y), r"got \(5, 1\): np.ravel\(y\) makes them of a column"),
        (np.eye(2)[Y], r"y: .* got \(5, 2\): np.argmax\(y, axis=1\) makes them of one-hot rows"),
        (["no", "yes", "yes", "no", "no"], "y: expected numbers; got no at position 0"),
        ([0, 1, np.nan, 0, 0], "y: expected a finite number .* got nan at position 2"),
        (np.ma.array(Y, mask=[0, 0, 0, 1, 0]), "y: expected a finite number .* at position 3"),
        (pd.Series([0, 1, None, 0, 0], dtype="Int64"), "y: .* at position 2"),
        ([0, 1, 0.5, 0, 0], "y: expected whole numbers from 0; got 0.5 at position 2"),
        ([0, 1, 1, 0, -1], "y: expected whole numbers from 0; got -1 at position 4"),
        ([1, 2, 2, 1, 1], "y: expected classes from 0 to 1, .* got 2 at position 1"),
        (Y[:4], "x and y: expected one class for each input; got 5 and 4"),
        (1, r"y: .* got \(\)"),
    ],
)
def test_classes_that_make_no_accuracy_are_refused_with_a_cure(y, message):
    with pytest.raises((TypeError, ValueError), match=message):
        training.accuracy(scores(), X, y)
    if "from 0 to 1" not in message:  # how many classes there are, a clock can't know yet
        with pytest.raises((TypeError, ValueError), match=message):
            training.AccuracyClock(X, y, every=1)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (tf.data.Dataset.from_tensor_slices(X), "x: expected an array of examples; got _TensorSl"),
        ({"x": X}, "x: expected an array of examples; got dict"),
        ([[1, 0], [1]], "x: expected an array; got lists of different lengths"),
        (np.where(np.eye(5, 2, -2), np.nan, X), "x: .* missing number; got nan at position .2, 0"),
    ],
)
def test_inputs_that_make_no_accuracy_are_refused_with_a_cure(x, message):
    with pytest.raises((TypeError, ValueError), match=message):
        training.accuracy(scores(), x, Y)


def test_accuracy_asks_for_a_score_for_each_class():
    with pytest.raises(ValueError, match="return_sequences=True"):
        training.accuracy(scores(2, (3, 2)), np.zeros((4, 3, 2)), np.zeros(4))
    with pytest.raises(ValueError, match="x: expected at least one example; got none"):
        training.accuracy(scores(), X[:0], Y[:0])
    with pytest.raises(ValueError, match="batch_size: expected a whole number of at least 1; got"):
        training.accuracy(scores(), X, Y, batch_size=0)
    diverged = keras.Sequential([keras.Input((2,)), keras.layers.Rescaling(math.nan)])
    with pytest.raises(
        ValueError, match=r"model: .* got NaN for example 0: .* did training diverge"
    ):
        training.accuracy(diverged, X, Y)
    single = keras.Input((2,))
    twice = keras.Model(single, [keras.layers.Identity()(single), keras.layers.Identity()(single)])
    with pytest.raises(ValueError, match=r"scores of shape .* got 2 outputs"):
        training.accuracy(twice, X, Y)


@pytest.mark.parametrize(("activation", "threshold"), [("sigmoid", 0.5), ("linear", 0)])
def test_a_single_output_is_refused_and_the_cure_is_right(activation, threshold):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Activation(activation)])
    x = np.where(Y, 3.0, -3.0)[:, None]  # a perfect model
    with pytest.raises(ValueError, match=r"got \(5, 1\): of a single output, class 1 is what lies"):
        training.accuracy(model, x, Y)
    assert np.mean((model.predict(x, verbose=0)[:, 0] > threshold) == Y) == 1


def test_a_clock_refuses_at_its_first_measurement_what_only_the_model_tells():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    with pytest.raises(ValueError, match="of a single output"):
        model.fit(X, Y, verbose=0, callbacks=[training.AccuracyClock(X, Y, every=1)])


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (X.tolist(), Y.tolist()),
        (pd.DataFrame(X, index=[4, 3, 2, 1, 0]), pd.Series(Y, index=[4, 3, 2, 1, 0])),
        ((row for row in X), (label for label in Y)),
    ],
)
def test_batches_are_drawn_by_position(x, y):
    drawn, expected = (
        training.ChangedBatches(*pair, 5, lambda a, rng: a, 0)[0] for pair in ((x, y), (X, Y))
    )
    np.testing.assert_array_equal(drawn[0], expected[0])
    np.testing.assert_array_equal(drawn[1], expected[1])


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (
            np.where(np.eye(5, 2, -2), np.nan, X),
            Y,
            "x: .* missing number; got nan at position .2, 0",
        ),
        (X, np.ma.array(Y, mask=[0, 1, 0, 0, 0]), "y: .* missing number; got -- at position 1"),
        (X, [0, 1, None, 0, 0], "y: .* missing number; got None at position 2"),
        (X, {"labels": Y}, "y: expected an array of examples; got dict"),
    ],
)
def test_batches_of_what_is_missing_are_refused(x, y, message):
    with pytest.raises((TypeError, ValueError), match=message):
        training.ChangedBatches(x, y, 2, lambda a, rng: a, 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: training.warmup_cosine(0, 10), "peak: expected a learning rate above 0"),
        (
            lambda: training.warmup_cosine(0.1, 0),
            "steps: expected a whole number of at least 1; got 0",
        ),
        (lambda: training.warmup_cosine(0.1, 9, 1), "warmup: expected a share from 0 up to 1"),
        (lambda: training.warmup_cosine(0.1, 9.0), "steps: expected a whole number .* got 9.0"),
        (lambda: training.warmup_cosine("0.1", 9), "peak: expected a learning rate above 0"),
        (lambda: training.warmup_cosine(None, 9), "peak: expected a learning rate .*; got None"),
        (
            lambda: training.count_steps(0, 1, 1),
            "examples: expected a whole number of at least 1; got 0",
        ),
        (
            lambda: training.ChangedBatches(np.zeros(3), np.zeros(2), 1, None, 0),
            "one target for each input; got 3 and 2",
        ),
        (
            lambda: training.ChangedBatches(np.zeros(3), np.zeros(3), 0, None, 0),
            "batch_size: expected a whole number of at least 1; got 0",
        ),
        (
            lambda: training.AccuracyClock(np.zeros(1), np.zeros(1), 0),
            "every: expected a whole number of at least 1; got 0",
        ),
    ],
)
def test_bad_input_is_met_in_words(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def trained(model, seed):
    x = np.random.default_rng(seed).normal(size=(12, 5, 3)).astype("float32")
    history = model.fit(x, x.sum(axis=(1, 2)), epochs=2, batch_size=4, verbose=0, shuffle=False)
    return [*history.history["loss"], *(weight.ravel() for weight in model.get_weights())]


@pytest.mark.slow
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.Adam(0.01),
        lambda: keras.optimizers.SGD(0.01, momentum=0.9, clipnorm=1.0),
        lambda: keras.optimizers.Adam(training.warmup_cosine(0.02, steps=6)),
    ],
)
def test_a_model_that_was_reinitialized_trains_as_a_new_one(optimizer):
    def build():
        model = keras.Sequential(
            [
                keras.Input((None, 3)),
                keras.layers.GRU(4, dropout=0.3),
                keras.layers.Dropout(0.2),
                keras.layers.Dense(1),
            ]
        )
        model.compile(optimizer(), "mse")
        return model

    again = build()
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        new = build()
        expected = trained(new, seed)
        keras.utils.set_random_seed(seed)
        assert training.reinitialize(again) is again
        for was, is_now in zip(expected, trained(again, seed), strict=True):
            np.testing.assert_allclose(is_now, was, rtol=1e-5, atol=1e-7)


def test_a_model_that_was_never_compiled_cannot_be_made_fresh():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="model: expected a compiled model"):
        training.reinitialize(model)


# --- shifts: each is SciPy's shift of the original by some whole step -------------------------


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
    shifted = training.random_shift(images, pixels, rng)
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
    shifted = training.random_shift(picture, 1, np.random.default_rng(0))
    # Nine places, 1,000 expected in each; the standard deviation is 30.
    np.testing.assert_allclose(shifted.sum(axis=0), 1000, atol=150)


def test_a_narrow_whole_number_shifts_as_any_other():
    images = np.random.default_rng(0).random((5, 40, 50))
    moved = [
        training.random_shift(images, pixels, np.random.default_rng(3))
        for pixels in (9, np.uint8(9))
    ]
    np.testing.assert_array_equal(*moved)
    assert training.count_steps(99, 1, np.uint8(9)) == 891


def test_a_seed_is_no_generator():
    with pytest.raises(TypeError, match=r"rng: expected np.random.default_rng\(7\).* got 7"):
        training.random_shift(np.zeros((2, 4, 5)), 1, 7)


def test_the_same_generator_state_gives_the_same_shifts():
    images = np.random.default_rng(0).random((5, 4, 4))
    one = training.random_shift(images, 1, np.random.default_rng(3))
    two = training.random_shift(images, 1, np.random.default_rng(3))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("images", "pixels", "message"),
    [
        (np.zeros((28, 28)), 1, r"images: expected \(batch, timesteps, features\); got \(28, 28\)"),
        (np.zeros((2, 4, 5)), -1, "pixels: .* of at least 0 and of at most 3; got -1"),
        (np.zeros((2, 4, 5)), 4, "pixels: .* of at least 0 and of at most 3; got 4"),
        (np.zeros((2, 4, 5)), 0.5, "pixels: expected a whole number .* got 0.5"),
        (np.zeros((2, 4, 5)), True, "pixels: expected a whole number"),
    ],
)
def test_pictures_that_cannot_be_shifted_are_met_in_words(images, pixels, message):
    with pytest.raises((TypeError, ValueError), match=message):
        training.random_shift(images, pixels, np.random.default_rng(0))


# --- sequences of different lengths -----------------------------------------------------------


def sequences_of(lengths, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.integers(1, 9, length) for length in lengths]


@pytest.mark.parametrize(("padding", "truncating"), [("before", "before"), ("after", "after")])
def test_length_batches_hold_every_sequence_with_its_target_each_epoch(padding, truncating):
    rows = sequences_of([3, 1, 7, 0, 5, 4, 2])
    batches = training.BucketedBatches(
        rows, np.arange(7), 3, padding=padding, truncating=truncating, length=5, seed=1
    )
    seen = []
    for _ in range(2):
        targets = []
        for at in range(len(batches)):
            x, y = batches[at]
            lengths = [min(len(rows[target]), 5) for target in y]
            assert x.shape == (len(y), max(*lengths, 1))
            expected = training.pad(
                [rows[t] for t in y], x.shape[1], padding=padding, truncating=truncating
            )
            np.testing.assert_array_equal(x, expected)
            targets += y.tolist()
        assert sorted(targets) == list(range(7))
        seen.append(targets)
        batches.on_epoch_end()
    assert seen[0] != seen[1]


def test_sequences_of_a_table_are_read_by_position():
    rows, ends = sequences_of([3, 1, 7, 4]), {"padding": "before", "truncating": "before"}
    column, targets = pd.Series(rows, [3, 2, 1, 0]), pd.Series(np.arange(4), [3, 2, 1, 0])
    for x, y in training.BucketedBatches(column, targets, 1, **ends, seed=1):
        np.testing.assert_array_equal(x[0], rows[y[0]])
    model = word_model()
    expected = training.predict_sequences(model, rows, **ends)
    for container in (column, (row for row in rows)):
        answers = training.predict_sequences(model, container, **ends)
        np.testing.assert_array_equal(answers, expected)


@pytest.mark.slow
def test_keras_trains_on_batches_of_many_lengths():
    rows = sequences_of(range(1, 41))
    model = word_model()
    model.compile("adam", "mse")
    batches = training.BucketedBatches(
        rows, np.zeros((40, 3)), 4, padding="before", truncating="before", seed=1
    )
    history = model.fit(batches, epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert int(model.optimizer.iterations) == 2 * len(batches) == 20


@pytest.mark.slow
def test_keras_is_told_that_lengths_vary_even_if_most_batches_are_of_one_length():
    rows = sequences_of([8] * 40 + [3] * 4)  # cut to 8, one short batch among eleven
    model = word_model()
    model.compile("sgd", "mse")
    for seed in range(4):
        batches = training.BucketedBatches(
            rows, np.zeros((44, 3)), 4, padding="before", truncating="before", length=8, seed=seed
        )
        for _ in range(2):
            assert {batches[0][0].shape[1], batches[1][0].shape[1]} == {3, 8}
            batches.on_epoch_end()
        model.fit(batches, verbose=0)


def word_model():
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(9, 2, mask_zero=True),
            keras.layers.GRU(3),
        ]
    )


@pytest.mark.parametrize("padding", ["before", "after"])
def test_predictions_of_a_masking_model_are_those_of_each_sequence_alone(padding):
    model = word_model()
    rows = sequences_of([3, 1, 7, 5, 4, 2, 7])
    together = training.predict_sequences(
        model, rows, padding=padding, truncating="before", length=6, batch_size=3
    )
    for row, answer in zip(rows, together, strict=True):
        np.testing.assert_allclose(answer, model(row[None, -6:])[0], atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": np.zeros(3)}, "one target for each sequence; got 2 and 3"),
        ({"sequences": [], "targets": []}, "sequences: expected at least one example; got none"),
        ({"padding": "pre"}, "padding: expected one of 'before', 'after'; got 'pre'"),
        ({"truncating": "end"}, "truncating: expected one of 'before', 'after'; got 'end'"),
        (
            {"targets": [1.0, None]},
            "targets: expected no missing number; got (None|nan) at position 1",
        ),
        (
            {"targets": [1.0, math.nan]},
            "targets: expected no missing number; got (None|nan) at position 1",
        ),
        ({"sequences": {0: [1], 1: [2]}}, "sequences: expected a list of examples; got dict"),
        ({"length": 0}, "length: expected a whole number of at least 1; got 0"),
        ({"length": 2.5}, "length: expected a whole number of at least 1; got 2.5"),
        ({"batch_size": 0}, "batch_size: expected a whole number of at least 1; got 0"),
    ],
)
def test_wrong_arguments_of_length_batches_are_named_before_the_training(change, message):
    options = {
        "sequences": [[1], [2, 3]], "targets": np.zeros(2), "batch_size": 1, "padding": "before",
        "truncating": "before", "seed": 0, **change,
    }  # fmt: skip
    with pytest.raises((TypeError, ValueError), match=message):
        training.BucketedBatches(**options)


def test_wrong_arguments_of_predict_sequences_are_named():
    model = keras.Sequential([keras.layers.Identity()])
    with pytest.raises(ValueError, match="sequences: expected at least one example"):
        training.predict_sequences(model, [], padding="before", truncating="before")
    with pytest.raises(
        ValueError, match="batch_size: expected a whole number of at least 1; got 0"
    ):
        training.predict_sequences(
            model, [[1]], padding="before", truncating="before", batch_size=0
        )
    with pytest.raises(ValueError, match="length: expected a whole number of at least 1; got 0"):
        training.predict_sequences(model, [[1]], padding="before", truncating="before", length=0)


def test_sequences_that_do_not_fit_the_model_are_named():
    ends = {"padding": "before", "truncating": "before", "batch_size": 1}
    with pytest.raises(ValueError, match=r"sequences: expected two axes, .* got \(1, 3, 2\)"):
        training.predict_sequences(word_model(), [np.ones((3, 2))], **ends)
    every_step = keras.Sequential(
        [keras.Input((None, 2)), keras.layers.GRU(3, return_sequences=True)]
    )
    with pytest.raises(
        ValueError, match=r"one answer for each sequence; got \(1, 3\) beside \(2, 3"
    ):
        training.predict_sequences(every_step, [np.ones((2, 2)), np.ones((1, 2))], **ends)
