"""Schedules against their formula, batches, and clocks with a known pace."""

import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def test_accuracy_asks_for_one_answer_for_each_example():
    model = keras.Sequential([keras.Input((3, 2)), keras.layers.Identity()])
    with pytest.raises(ValueError, match="return_sequences=True"):
        training.accuracy(model, np.zeros((4, 3, 2)), np.zeros(4))
    with pytest.raises(ValueError, match="got 4 and 5"):
        training.accuracy(model, np.zeros((4, 3, 2)), np.zeros(5))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: training.warmup_cosine(0, 10), "peak: expected a learning rate above 0"),
        (lambda: training.warmup_cosine(0.1, 0), "steps: expected at least 1 update; got 0"),
        (lambda: training.warmup_cosine(0.1, 9, 1), "warmup: expected a share from 0 up to 1"),
        (lambda: training.count_steps(0, 1, 1), "examples: expected at least 1; got 0"),
        (
            lambda: training.ChangedBatches(np.zeros(3), np.zeros(2), 1, None, 0),
            "one target for each input; got 3 inputs and 2 targets",
        ),
        (
            lambda: training.ChangedBatches(np.zeros(3), np.zeros(3), 0, None, 0),
            "batch_size: expected at least 1; got 0",
        ),
        (lambda: training.AccuracyClock(np.zeros(1), np.zeros(1), 0), "every: expected at least"),
    ],
)
def test_bad_input_is_met_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def trained(model, seed):
    x = np.random.default_rng(seed).normal(size=(12, 5, 3)).astype("float32")
    history = model.fit(x, x.sum(axis=(1, 2)), epochs=2, batch_size=4, verbose=0, shuffle=False)
    return [*history.history["loss"], *(weight.ravel() for weight in model.get_weights())]


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.Adam(0.01),
        lambda: keras.optimizers.SGD(0.01, momentum=0.9, clipnorm=1.0),
        lambda: keras.optimizers.Adam(training.warmup_cosine(0.02, steps=6)),
    ],
)
def test_a_model_that_starts_over_trains_as_a_new_one(optimizer):
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


def test_a_model_that_was_never_compiled_cannot_start_over():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="model: expected a compiled model"):
        training.reinitialize(model)


# --- sequences of different lengths -----------------------------------------------------------


def sequences_of(lengths, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.integers(1, 9, length) for length in lengths]


@pytest.mark.parametrize(("padding", "keep"), [("before", "last"), ("after", "first")])
def test_length_batches_hold_every_sequence_with_its_target_each_epoch(padding, keep):
    rows = sequences_of([3, 1, 7, 0, 5, 4, 2])
    batches = training.BucketedBatches(
        rows, np.arange(7), 3, padding=padding, keep=keep, length=5, seed=1
    )
    seen = []
    for _ in range(2):
        targets = []
        for at in range(len(batches)):
            x, y = batches[at]
            lengths = [min(len(rows[target]), 5) for target in y]
            assert x.shape == (len(y), max(*lengths, 1))
            expected = training.pad([rows[t] for t in y], x.shape[1], padding=padding, keep=keep)
            np.testing.assert_array_equal(x, expected)
            targets += y.tolist()
        assert sorted(targets) == list(range(7))
        seen.append(targets)
        batches.on_epoch_end()
    assert seen[0] != seen[1]


def test_keras_trains_on_batches_of_many_lengths():
    rows = sequences_of(range(1, 41))
    model = word_model()
    model.compile("adam", "mse")
    batches = training.BucketedBatches(
        rows, np.zeros((40, 3)), 4, padding="before", keep="last", seed=1
    )
    history = model.fit(batches, epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert int(model.optimizer.iterations) == 2 * len(batches) == 20


def test_keras_is_told_that_lengths_vary_even_if_most_batches_are_of_one_length():
    rows = sequences_of([8] * 40 + [3] * 4)  # cut to 8, one short batch among eleven
    model = word_model()
    model.compile("sgd", "mse")
    for seed in range(4):
        batches = training.BucketedBatches(
            rows, np.zeros((44, 3)), 4, padding="before", keep="last", length=8, seed=seed
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
        model, rows, padding=padding, keep="last", length=6, batch_size=3
    )
    for row, answer in zip(rows, together, strict=True):
        np.testing.assert_allclose(answer, model(row[None, -6:])[0], atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": np.zeros(3)}, "one target for each sequence; got 2 sequences and 3 targets"),
        ({"sequences": [], "targets": []}, "got 0 sequences and 0 targets"),
        ({"padding": "pre"}, "padding: expected 'before' or 'after'; got 'pre'"),
        ({"keep": "end"}, "keep: expected 'first' or 'last'; got 'end'"),
        ({"batch_size": 0}, "batch_size: expected a whole number of at least 1; got 0"),
    ],
)
def test_wrong_arguments_of_length_batches_are_named_before_the_training(change, message):
    options = {
        "sequences": [[1], [2, 3]], "targets": np.zeros(2), "batch_size": 1, "padding": "before",
        "keep": "last", "seed": 0, **change,
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        training.BucketedBatches(**options)


def test_wrong_arguments_of_predict_sequences_are_named():
    model = keras.Sequential([keras.layers.Identity()])
    with pytest.raises(ValueError, match="sequences: expected at least one sequence"):
        training.predict_sequences(model, [], padding="before", keep="last")
    with pytest.raises(ValueError, match="batch_size: expected at least 1; got 0"):
        training.predict_sequences(model, [[1]], padding="before", keep="last", batch_size=0)
