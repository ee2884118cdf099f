"""Architectures: parameter counts from formulas, shapes, and what each reads."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqlearn.models import (
    build_pooling_reader,
    build_reader,
    build_row_classifier,
    build_sentiment_classifier,
    build_stacked_lstm,
    build_two_bilstm,
    build_word_reader,
    parameter_count,
    units_within,
)

GATED_PARTS = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}


def recurrent_parameters(cell, features, units):
    biases = 2 if cell == "GRU" else 1  # reset_after keeps two bias vectors
    return GATED_PARTS[cell] * (features * units + units * units + biases * units)


def test_stacked_lstm_counts_and_shapes():
    model = build_stacked_lstm(timesteps=5, features=4, classes=3, units=6, dense_units=7)
    lower, upper = recurrent_parameters("LSTM", 4, 6), recurrent_parameters("LSTM", 6, 6)
    assert model.count_params() == lower + upper + (6 * 7 + 7) + (7 * 3 + 3)
    assert model.input_shape == (None, 5, 4)
    assert [layer.output.shape for layer in model.layers][:3:2] == [(None, 5, 6), (None, 6)]
    assert model.output_shape == (None, 3)


@pytest.mark.parametrize("cell", ["SimpleRNN", "LSTM", "GRU"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("return_sequences", [True, False])
def test_row_classifier_counts(cell, bidirectional, return_sequences):
    model = build_row_classifier(5, 4, 3, cell, 6, bidirectional, return_sequences)
    directions = 2 if bidirectional else 1
    seen = 6 * directions * (5 if return_sequences else 1)
    expected = directions * recurrent_parameters(cell, 4, 6) + seen * 3 + 3
    assert model.count_params() == expected
    assert model.output_shape == (None, 3)


def test_probabilities_sum_to_one_and_the_last_step_alone_is_read():
    keras.utils.set_random_seed(1)
    model = build_row_classifier(5, 4, 3, "LSTM", 6, bidirectional=False, return_sequences=False)
    x = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    probs = model.predict(x, verbose=0)
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-5)
    recurrent, softmax = model.layers
    last = keras.ops.convert_to_numpy(recurrent(x))
    kernel, bias = softmax.get_weights()
    logits = last @ kernel + bias
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probs, expected, rtol=1e-4)


def test_dropout_acts_in_training_alone():
    model = build_row_classifier(5, 4, 3, units=6, dropout=0.5)
    x = np.ones((1, 5, 4), dtype="float32")
    calm = [keras.ops.convert_to_numpy(model(x, training=False)) for _ in range(2)]
    wild = [keras.ops.convert_to_numpy(model(x, training=True)) for _ in range(8)]
    np.testing.assert_array_equal(*calm)
    assert len({probs.tobytes() for probs in wild}) > 1


CELLS = ["SimpleRNN", "LSTM", "GRU"]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_formula_counts_what_keras_counts(cell, bidirectional):
    for units, features, outputs in [(1, 1, 1), (6, 4, 3), (5, 7, 2), (33, 2, 10)]:
        formula = parameter_count(cell, units, features, outputs, bidirectional)
        for return_sequences in (False, True):
            model = build_reader(features, outputs, cell, units, bidirectional, return_sequences)
            assert model.count_params() == formula
        laid_out = build_row_classifier(5, features, outputs, cell, units, bidirectional)
        assert laid_out.count_params() == parameter_count(
            cell, units, features, outputs, bidirectional, steps_read=5
        )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    cell=st.sampled_from(CELLS),
    bidirectional=st.booleans(),
    features=st.integers(1, 300),
    outputs=st.integers(1, 200),
    steps_read=st.integers(1, 40),
    spare=st.integers(0, 10**7) | st.integers(10**17, 10**20),
)
def test_the_width_is_the_widest_within_the_budget(
    cell, bidirectional, features, outputs, steps_read, spare
):
    shape = (features, outputs, bidirectional, steps_read)
    budget = parameter_count(cell, 1, *shape) + spare
    units = units_within(budget, cell, *shape)
    assert parameter_count(cell, units, *shape) <= budget
    assert parameter_count(cell, units + 1, *shape) > budget
    # A budget that is met exactly is used up; one parameter less is a unit less.
    exact = parameter_count(cell, units, *shape)
    assert units_within(exact, cell, *shape) == units
    if units > 1:
        assert units_within(exact - 1, cell, *shape) == units - 1


@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_reader_gives_logits_for_any_length(return_sequences, bidirectional):
    keras.utils.set_random_seed(1)
    model = build_reader(4, 3, "GRU", 5, bidirectional, return_sequences)
    assert model.input_shape == (None, None, 4)
    *_, readout = model.layers
    kernel, bias = readout.get_weights()
    for timesteps in (2, 6):
        x = np.random.default_rng(0).normal(size=(2, timesteps, 4)).astype("float32")
        hidden = keras.ops.convert_to_numpy(model.layers[0](x))
        expected = hidden @ kernel + bias
        assert expected.shape == ((2, timesteps, 3) if return_sequences else (2, 3))
        np.testing.assert_allclose(model.predict(x, verbose=0), expected, atol=1e-5)


def test_the_reader_hands_options_on():
    ones = keras.initializers.Ones()
    for bidirectional in (False, True):
        model = build_reader(4, 3, "SimpleRNN", 5, bidirectional, bias_initializer=ones)
        biases = [w.numpy() for w in model.layers[0].weights if w.path.endswith("bias")]
        assert len(biases) == 1 + bidirectional
        assert all((bias == 1).all() for bias in biases)


def test_the_word_reader_is_the_reader_on_the_vectors_of_the_words():
    keras.utils.set_random_seed(1)
    model = build_word_reader(7, 3, "LSTM", 5)
    reader = build_reader(16, 3, "LSTM", 5)
    vectors, *weights = model.get_weights()
    assert vectors.shape == (7, 16)
    reader.set_weights(weights)
    words = np.random.default_rng(0).integers(7, size=(2, 6))
    np.testing.assert_allclose(
        model.predict(words, verbose=0), reader.predict(vectors[words], verbose=0), atol=1e-6
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: build_word_reader(0, 3), "words: expected a whole number .* got 0"),
        (lambda: build_word_reader(4, 3, "rnn"), "cell: expected one of"),
        (lambda: build_reader(4, 3, "lstm"), "cell: expected one of 'SimpleRNN', 'LSTM', 'GRU'"),
        (lambda: build_reader(4, 0), "outputs: expected a whole number .* got 0"),
        (
            lambda: build_reader(4, 3, return_sequences="last step"),
            "return_sequences: expected True or False; got 'last step'",
        ),
        (lambda: parameter_count("GRU", 0, 4, 3), "units: expected a whole number .* got 0"),
        (lambda: parameter_count("RNN", 1, 4, 3), "cell: expected one of"),
        (lambda: units_within(0, "GRU", 4, 3), "budget: expected a whole number"),
        (
            lambda: units_within(20, "LSTM", 4, 3),
            "budget: expected at least 30 parameters, which one unit of this LSTM .* got 20",
        ),
    ],
)
def test_bad_sizes_are_met_in_words(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


@pytest.mark.parametrize(
    ("build", "arguments", "message"),
    [
        (build_row_classifier, {"cell": "lstm"}, "cell: expected one of 'SimpleRNN', 'LSTM'"),
        (build_row_classifier, {"return_sequences": 1}, "return_sequences: expected True or False"),
        (build_row_classifier, {"dropout": 1.0}, "dropout: expected a share from 0 up to 1"),
        (build_row_classifier, {"units": 0}, "units: expected a whole number .* got 0"),
        (build_row_classifier, {"units": 2.5}, "units: expected a whole number .* got 2.5"),
        (build_stacked_lstm, {"dense_units": True}, "dense_units: expected a whole number"),
    ],
)
def test_bad_input_is_met_in_words(build, arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        build(**{"timesteps": 5, "features": 4, "classes": 3, **arguments})


@pytest.mark.parametrize("kind", [np.int64, np.uint8])
def test_whole_numbers_of_numpy_are_whole_numbers(kind, tmp_path):
    # In uint8 four times 70 is 24.
    model = build_reader(kind(4), kind(3), "LSTM", kind(70))
    plain = build_reader(4, 3, "LSTM", 70)
    assert [w.shape for w in model.get_weights()] == [w.shape for w in plain.get_weights()]
    assert parameter_count("LSTM", kind(70), kind(4), kind(3)) == plain.count_params()
    model.save(tmp_path / "reader.keras")
    loaded = keras.saving.load_model(tmp_path / "reader.keras")
    assert loaded.count_params() == plain.count_params()


# --- sentiment ------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["SimpleRNN", "LSTM", "GRU"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("stacked", [1, 2, 3])
def test_sentiment_classifier_counts(cell, bidirectional, stacked):
    model = build_sentiment_classifier(30, cell, 6, 4, bidirectional, stacked)
    directions = 2 if bidirectional else 1
    expected = 30 * 4 + (6 * directions + 1)
    for layer in range(stacked):
        features = 4 if layer == 0 else 6 * directions
        expected += directions * recurrent_parameters(cell, features, 6)
    assert model.count_params() == expected
    assert model.output_shape == (None, 1)


@pytest.mark.parametrize("cell", ["SimpleRNN", "LSTM", "GRU"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_mask_makes_padding_invisible_and_no_mask_does_not(cell, bidirectional):
    words = np.array([[5, 9, 2]])
    for mask in (True, False):
        keras.utils.set_random_seed(1)
        model = build_sentiment_classifier(10, cell, 6, 4, bidirectional, 2, mask=mask)
        alone = model(words)
        for padded in (np.pad(words, ((0, 0), (3, 0))), np.pad(words, ((0, 0), (0, 3)))):
            difference = float(abs(model(padded) - alone)[0, 0])
            assert difference < 1e-6 if mask else difference > 1e-5


def test_the_published_network_has_its_published_size():
    model = build_two_bilstm()
    lower = 2 * recurrent_parameters("LSTM", 128, 64)
    upper = 2 * recurrent_parameters("LSTM", 128, 64)
    assert model.count_params() == 20_000 * 128 + lower + upper + 129 == 2_757_761
    assert not model.layers[0].mask_zero


@pytest.mark.parametrize("cell", ["SimpleRNN", "LSTM", "GRU"])
def test_the_pooling_reader_averages_the_steps_that_are_words(cell):
    keras.utils.set_random_seed(2)
    vectors = np.random.default_rng(0).normal(size=(10, 4)).astype("float32")
    model = build_pooling_reader(10, cell, 6, vectors=vectors, spatial_dropout=0.3, dropout=0.5)
    assert model.count_params() == 40 + 2 * recurrent_parameters(cell, 4, 6) + 13
    (recurrent,) = (
        layer for layer in model.layers if isinstance(layer, keras.layers.Bidirectional)
    )
    kernel, bias = model.layers[-1].get_weights()
    words = np.array([5, 9, 2, 7])
    outputs = keras.ops.convert_to_numpy(recurrent(vectors[words][None]))
    expected = 1 / (1 + np.exp(-(outputs[0].mean(axis=0) @ kernel + bias)))
    for padded in (words, [0, 0, *words], [*words, 0, 0, 0]):
        np.testing.assert_allclose(model(np.array([padded]))[0], expected, rtol=1e-5)


@pytest.mark.slow
def test_the_pooling_reader_starts_from_its_vectors_learns_and_comes_back_from_a_file(tmp_path):
    keras.utils.set_random_seed(3)
    vectors = np.random.default_rng(0).normal(size=(10, 4)).astype("float32")
    model = build_pooling_reader(10, "GRU", 6, vectors=vectors, dropout=0.2)
    np.testing.assert_array_equal(model.layers[1].get_weights()[0], vectors)
    x, y = np.array([[4, 5, 0], [6, 7, 8]]), np.array([[0.0], [1.0]])
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy")
    losses = model.fit(x, y, epochs=60, verbose=0).history["loss"]
    assert losses[-1] < 0.2 < losses[0]
    assert np.abs(model.layers[1].get_weights()[0][4] - vectors[4]).max() > 1e-3
    model.save(tmp_path / "reader.keras")
    again = keras.saving.load_model(tmp_path / "reader.keras")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_the_pooling_reader_of_pairs_reads_words_and_ratios_and_skips_padding(tmp_path):
    keras.utils.set_random_seed(4)
    vectors = np.random.default_rng(0).normal(size=(10, 4)).astype("float32")
    options = {"vectors": vectors, "spatial_dropout": 0.3, "dropout": 0.5, "pairs": True}
    model = build_pooling_reader(10, "LSTM", 6, pool="mean and max", **options)
    assert model.input_shape == (None, None, 2)
    assert model.count_params() == 40 + 2 * recurrent_parameters("LSTM", 5, 6) + 25
    words, ratios = np.array([5, 9, 2, 7]), np.array([0, 0.5, -2, 1], "float32")
    (recurrent,) = (
        layer for layer in model.layers if isinstance(layer, keras.layers.Bidirectional)
    )
    seen = np.column_stack([vectors[words], ratios])[None]
    outputs = keras.ops.convert_to_numpy(recurrent(seen))[0]
    pooled = np.concatenate([outputs.mean(axis=0), outputs.max(axis=0)])
    assert (outputs.max(axis=0) < 0).any()  # else zeros of padded steps would go unnoticed
    kernel, bias = model.layers[-1].get_weights()
    expected = 1 / (1 + np.exp(-(pooled @ kernel + bias)))
    x = np.column_stack([words, ratios])
    for before, after in ((0, 0), (2, 0), (0, 3)):
        padded = np.pad(x, ((before, after), (0, 0)))[None]
        np.testing.assert_allclose(model(padded)[0], expected, rtol=1e-5)
    model.save(tmp_path / "reader.keras")
    again = keras.saving.load_model(tmp_path / "reader.keras")
    np.testing.assert_array_equal(again(x[None]), model(x[None]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"words": 0}, "words: expected a whole number of at least 1; got 0"),
        ({"cell": "lstm"}, "cell: expected one of 'SimpleRNN', 'LSTM', 'GRU'; got 'lstm'"),
        ({"pool": "max"}, "pool: expected one of 'mean', 'mean and max'; got 'max'"),
        ({"dropout": 1.0}, "dropout: expected a share from 0 up to 1 .not included.; got 1.0"),
        ({"spatial_dropout": -0.1}, "spatial_dropout: expected a share"),
        ({"vectors": np.zeros((9, 4))}, r"each of the 10 indices, .*; got shape \(9, 4\)"),
        ({"vectors": np.zeros(10)}, r"vectors: .*; got shape \(10,\)"),
    ],
)
def test_wrong_arguments_of_the_pooling_reader_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        build_pooling_reader(**{"words": 10, **options})
