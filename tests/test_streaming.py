"""What a stream answers is what the model answers at that step of the whole sequence."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from seqlearn.streaming import Stream

CELLS = {"SimpleRNN": layers.SimpleRNN, "LSTM": layers.LSTM, "GRU": layers.GRU}
STREAMS, TIMESTEPS, FEATURES = 2, 7, 3


def model_of(*stack, features=FEATURES):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((None, features)), *stack])
    randomise(model)
    return model


def word_model(*stack, mask_zero=False):
    keras.utils.set_random_seed(3)
    embedding = layers.Embedding(9, 4, mask_zero=mask_zero)
    model = keras.Sequential([keras.Input((None,), dtype="int32"), embedding, *stack])
    randomise(model)
    return model


def randomise(model):
    """Biases too: with zero biases a state that should have been reset could go unnoticed."""
    rng = np.random.default_rng(4)
    model.set_weights([rng.normal(0, 0.5, w.shape) for w in model.get_weights()])


def sequences(seed=5, streams=STREAMS, timesteps=TIMESTEPS):
    return np.random.default_rng(seed).normal(size=(streams, timesteps, FEATURES)).astype("float32")


def streamed(stream, x, present=None):
    given = [None] * x.shape[1] if present is None else np.moveaxis(present, 1, 0)
    return np.stack([stream.step(x[:, t], given[t]) for t in range(x.shape[1])], axis=1)


@pytest.mark.parametrize("cell", CELLS)
def test_each_answer_is_that_of_the_whole_sequence(cell):
    model = model_of(
        CELLS[cell](5, return_sequences=True),
        layers.LayerNormalization(),
        layers.Dropout(0.5),
        CELLS[cell](4, return_sequences=True),
        layers.Dense(2, activation="softmax"),
    )
    x = sequences()
    np.testing.assert_allclose(streamed(Stream(model, STREAMS), x), model(x), atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_a_model_of_one_answer_gives_it_after_each_prefix(cell):
    model = model_of(CELLS[cell](5), layers.Dense(2))
    x = sequences()
    answers = streamed(Stream(model, STREAMS), x)
    for t in range(TIMESTEPS):
        np.testing.assert_allclose(answers[:, t], model(x[:, : t + 1]), atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("words", [[[3, 1, 8, 0, 0]], [[0, 0, 3, 1, 8]], [[3, 0, 0, 1, 8]]])
def test_padding_is_skipped_where_the_embedding_masks_it(cell, words):
    model = word_model(CELLS[cell](5, return_sequences=True), layers.Dense(2), mask_zero=True)
    words = np.array(words)
    np.testing.assert_allclose(streamed(Stream(model), words), model(words), atol=1e-6)


def test_word_0_is_a_word_where_nothing_masks_it():
    model = word_model(layers.GRU(5, return_sequences=True))
    words = np.array([[3, 0, 1], [0, 2, 0]])
    np.testing.assert_allclose(streamed(Stream(model, 2), words), model(words), atol=1e-6)


@given(present=st.lists(st.lists(st.booleans(), min_size=2, max_size=2), min_size=1, max_size=6))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_absent_steps_are_masked_steps(present):
    model = model_of(layers.LSTM(4, return_sequences=True))
    present = np.array(present).T
    x = sequences(timesteps=present.shape[1])
    expected = model.layers[0](x, mask=present)
    np.testing.assert_allclose(streamed(Stream(model, 2), x, present), expected, atol=1e-6)


def test_streams_do_not_see_one_another():
    model = model_of(layers.GRU(5, return_sequences=True))
    x = sequences()
    other = x.copy()
    other[1] += 1
    first, second = (streamed(Stream(model, STREAMS), inputs) for inputs in (x, other))
    np.testing.assert_array_equal(first[0], second[0])
    assert np.abs(first[1] - second[1]).max() > 0.01


@pytest.mark.parametrize("cell", CELLS)
def test_reset_begins_anew_in_the_chosen_streams_alone(cell):
    model = model_of(CELLS[cell](5, return_sequences=True))
    x = sequences()
    stream = Stream(model, STREAMS)
    streamed(stream, x[:, :3])
    stream.reset([1])
    assert stream.steps.tolist() == [3, 0]
    answers = streamed(stream, x[:, 3:])
    np.testing.assert_allclose(answers[0], model(x)[0, 3:], atol=1e-6)
    np.testing.assert_allclose(answers[1], model(x[1:, 3:])[0], atol=1e-6)
    stream.reset()
    np.testing.assert_allclose(streamed(stream, x), model(x), atol=1e-6)


def test_reset_mends_a_stream_that_has_read_nan():
    model = model_of(layers.GRU(5))
    stream = Stream(model)
    assert np.isnan(stream.step(np.full((1, FEATURES), np.nan))).all()
    stream.reset()
    assert np.isfinite(stream.step(np.ones((1, FEATURES)))).all()


def test_steps_counts_what_was_present():
    stream = Stream(model_of(layers.GRU(5)), 2)
    stream.step(np.ones((2, FEATURES)))
    stream.step(np.ones((2, FEATURES)), present=[False, True])
    assert stream.steps.tolist() == [1, 2]


def test_the_model_keeps_its_own_state_and_weights():
    model = model_of(layers.GRU(5), layers.Dense(1))
    x = sequences()
    before, weights = np.asarray(model(x)), model.get_weights()
    streamed(Stream(model, STREAMS), x)
    np.testing.assert_array_equal(model(x), before)
    for now, then in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (layers.Bidirectional(layers.GRU(2), name="both"), "got Bidirectional 'both': its backw"),
        (layers.LSTM(2, go_backwards=True, name="rev"), "got LSTM 'rev': with go_backwards=True"),
        (layers.Conv1D(2, 3, name="conv"), "got Conv1D 'conv': it may look at several steps"),
        (layers.GlobalMaxPooling1D(name="most"), "got GlobalMaxPooling1D 'most': it may look"),
    ],
)
def test_refuses_what_needs_more_than_the_past(layer, message):
    with pytest.raises(ValueError, match=message):
        Stream(keras.Sequential([keras.Input((None, 3)), layer]))


def test_refuses_a_model_that_is_no_chain_of_layers():
    inputs = keras.Input((None, 3))
    with pytest.raises(TypeError, match=r"expected a keras\.Sequential.*got Functional"):
        Stream(keras.Model(inputs, layers.GRU(2)(inputs)))


def test_says_what_shape_a_step_has():
    stream = Stream(model_of(layers.GRU(2)), 2)
    with pytest.raises(ValueError, match=r"expected one step of each stream, \(2, features\)"):
        stream.step(np.ones((2, 4, FEATURES)))
    with pytest.raises(ValueError, match=r"\(2, features\); got \(3, 3\)"):
        stream.step(np.ones((3, FEATURES)))
    with pytest.raises(ValueError, match=r"expected one step of each stream, \(2,\); got \(2, 1\)"):
        Stream(word_model(layers.GRU(2)), 2).step(np.ones((2, 1)))
    with pytest.raises(ValueError, match=r"for each of 2 streams; got shape \(1,\)"):
        stream.step(np.ones((2, FEATURES)), present=[True])


def test_names_a_stream_that_is_not_there():
    stream = Stream(model_of(layers.GRU(2)), 2)
    with pytest.raises(ValueError, match=r"numbers from 0 to 1; got \[2\]"):
        stream.reset([2])
    with pytest.raises(ValueError, match="expected at least 1; got 0"):
        Stream(model_of(layers.GRU(2)), 0)
