"""What a stream answers is what the model answers at that step of the whole sequence."""

import keras
import numpy as np
import pandas
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


@pytest.mark.slow
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


# --- layers that treat each step by itself --------------------------------------------------

INNER = {
    "ELU": lambda: layers.ELU(0.7),
    "PReLU": lambda: layers.PReLU(shared_axes=[1]),
    "Softmax": lambda: layers.Softmax(axis=2),
    "Rescaling": lambda: layers.Rescaling([0.5, 2.0, 3.0, 1.0, 0.1], offset=-0.3),
    "BatchNormalization": layers.BatchNormalization,
    "BatchNormalization, axis 2": lambda: layers.BatchNormalization(axis=2),
    "LayerNormalization": lambda: layers.LayerNormalization(axis=[2]),
    "RMSNormalization": layers.RMSNormalization,
    "UnitNormalization": layers.UnitNormalization,
    "Normalization": lambda: layers.Normalization(mean=0.3, variance=4.0),
    "TimeDistributed": lambda: layers.TimeDistributed(layers.Dense(6, "relu")),
    "TimeDistributed stack": lambda: layers.TimeDistributed(
        keras.Sequential([layers.Reshape((5, 1)), layers.GRU(3)])
    ),
    "Dropouts": lambda: keras.Sequential(
        [layers.GaussianDropout(0.4), layers.GaussianNoise(0.9), layers.AlphaDropout(0.3)]
    ),
    "Masking": lambda: layers.Masking(0.5),
}


@pytest.mark.parametrize("name", INNER)
def test_layers_that_treat_each_step_by_itself(name):
    below, above = layers.GRU(5, return_sequences=True), layers.LSTM(4, return_sequences=True)
    model = model_of(below, INNER[name](), above)
    for weights in model.weights:  # a variance is not negative
        if "variance" in weights.path:
            weights.assign(np.abs(weights.numpy()) + 0.1)
    x = sequences()
    np.testing.assert_allclose(streamed(Stream(model, STREAMS), x), model(x), atol=1e-6)
    # The same layers as a function of their inputs.
    inputs = keras.Input((None, FEATURES))
    same = keras.Model(inputs, model(inputs))
    np.testing.assert_allclose(streamed(Stream(same, STREAMS), x), model(x), atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("between", [[], [layers.Rescaling(2.0)], [layers.BatchNormalization()]])
def test_a_mask_reaches_the_layers_that_it_reaches_in_keras(cell, between):
    kind = CELLS[cell]
    model = model_of(
        layers.Masking(0.5),
        *between,
        kind(5, return_sequences=True),
        layers.Dense(4),
        kind(3, return_sequences=True),
    )
    for weights in model.weights:
        if "variance" in weights.path:
            weights.assign(np.abs(weights.numpy()) + 0.1)
    x = sequences()
    x[0, [0, 3, 4]], x[1, 5] = 0.5, 0.5
    stream = Stream(model, STREAMS)
    np.testing.assert_allclose(streamed(stream, x), model(x), atol=1e-6)
    reaches = not between or between[0].supports_masking
    assert stream.steps.tolist() == ([4, 6] if reaches else [7, 7])


def test_after_the_last_output_any_layer_may_follow():
    model = model_of(
        layers.LSTM(4),
        layers.RepeatVector(3),
        layers.Bidirectional(layers.GRU(2, return_sequences=True)),
        layers.GlobalMaxPooling1D(),
        layers.Reshape((2, 2)),
        layers.Softmax(axis=1),
    )
    x = sequences()
    answers = streamed(Stream(model, STREAMS), x)
    for t in range(TIMESTEPS):
        np.testing.assert_allclose(answers[:, t], model(x[:, : t + 1]), atol=1e-6)


def test_a_stateful_layer_is_streamed_from_zero_and_left_as_it_is():
    keras.utils.set_random_seed(3)
    recurrent = layers.GRU(5, return_sequences=True, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(STREAMS, TIMESTEPS, FEATURES)), recurrent])
    randomise(model)
    x = sequences()
    expected = np.asarray(model(x))  # and now the layer is in the middle of something
    kept = np.asarray(recurrent.states[0])
    np.testing.assert_allclose(streamed(Stream(model, STREAMS), x), expected, atol=1e-6)
    np.testing.assert_array_equal(recurrent.states[0], kept)


def test_a_model_in_double_precision_answers_in_it():
    keras.utils.set_random_seed(3)
    recurrent = layers.GRU(5, return_sequences=True, dtype="float64")
    model = keras.Sequential([keras.Input((None, FEATURES), dtype="float64"), recurrent])
    x = sequences().astype("float64") + 1e-9
    answers = streamed(Stream(model, STREAMS), x)
    assert answers.dtype == np.float64
    np.testing.assert_allclose(answers, model(x), atol=1e-12)


# --- what can't be streamed -----------------------------------------------------------------


class Cumulated(layers.Dense):
    """A layer of a reader's own, which adds up the steps."""

    def call(self, inputs):
        return super().call(keras.ops.cumsum(inputs, axis=1))


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (layers.Bidirectional(layers.GRU(2), name="both"), "got Bidirectional 'both': its backw"),
        (layers.LSTM(2, go_backwards=True, name="rev"), "got LSTM 'rev': with go_backwards=True"),
        (layers.Conv1D(2, 3, name="conv"), "got Conv1D 'conv': it looks at several steps at once"),
        (layers.GlobalMaxPooling1D(name="most"), "'most': it looks at several steps at once"),
        (layers.Reshape((3, 4), name="turn"), "'turn': it moves numbers from one step to another"),
        (layers.Permute((2, 1), name="turn"), "'turn': it moves numbers from one step to another"),
        (layers.GroupNormalization(1, name="g"), "'g': it is not known to treat each step by its"),
        (Cumulated(2, name="own"), "got Cumulated 'own': it is not known to treat each step by"),
        (layers.RNN(layers.GRUCell(2), name="r"), "got RNN 'r': it is not known to treat each"),
        (layers.Softmax(axis=1, name="s"), "got Softmax 's': it treats each step in another way"),
        (layers.LayerNormalization(axis=[1, 2], name="n"), "'n': it treats each step in another"),
        (layers.BatchNormalization(axis=1, name="n"), "'n': it treats each step in another"),
        (layers.PReLU(name="p"), "got PReLU 'p': it treats each step in another way"),
        (layers.Rescaling(np.ones((4, 1)), name="p"), "'p': it treats each step in another way"),
        (layers.TimeDistributed(layers.GRU(2, stateful=True), name="t"), "'t' with stateful=True"),
    ],
)
def test_refuses_what_needs_more_than_one_step(layer, message):
    inputs = (1, 4, 3, 3) if isinstance(layer, layers.TimeDistributed) else (1, 4, 3)
    with pytest.raises(ValueError, match=message):
        Stream(keras.Sequential([keras.Input(batch_shape=inputs), layer]))


def test_why_those_with_numbers_for_each_step_are_refused():
    # Each step alone, as a stream would read it, is not the step of the whole sequence.
    x = sequences(timesteps=4)
    for layer in (
        layers.UnitNormalization(axis=1),
        layers.Rescaling(np.arange(4.0)[:, None]),
    ):
        whole, parts = layer(x), [layer(x[:, t : t + 1])[:, :1] for t in range(4)]
        assert np.abs(np.concatenate(parts, axis=1) - whole).max() > 0.1


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda x: "model", TypeError, "model: expected a Keras model; got str"),
        (lambda x: keras.Sequential([layers.GRU(2)]), ValueError, "it has no weights yet"),
        (
            lambda x: keras.Model(x, layers.Add()([layers.GRU(2)(x), layers.LSTM(2)(x)])),
            ValueError,
            "expected layers that follow one another; 'sum' has 2 inputs",
        ),
        (
            lambda x: keras.Model(x, layers.LSTM(2, return_state=True)(x)),
            ValueError,
            "expected layers that follow one another; got 3 outputs",
        ),
        (
            lambda x: keras.Sequential([keras.Input((3,)), layers.Dense(2)]),
            ValueError,
            r"model: expected one that reads sequences, .*; its input is \(None, 3\)",
        ),
        (
            lambda x: keras.Sequential([x, layers.Rescaling(2.0), layers.Embedding(4, 2)]),
            ValueError,
            "got Embedding .* an Embedding has to come first",
        ),
    ],
)
def test_refuses_what_is_no_chain_of_layers_over_steps(build, error, message):
    message = message.replace("'sum'", "'.*'")
    with pytest.raises(error, match=message):
        Stream(build(keras.Input((None, 3))))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.ones((2, 5)), r"inputs: expected one step of each stream, \(2, 3\); got \(2, 5\)$"),
        (np.ones((3, 3)), r"one step of each stream, \(2, 3\); got \(3, 3\)$"),
        (np.ones(3), r"\(2, 3\); got \(3,\)$"),
        (np.ones((2, 4, 3)), r"got \(2, 4, 3\): hand over one step at a time, inputs\[:, t\]"),
        ([[1.0, 2, 3], [4, 5]], "inputs: .* do the sequences differ in length"),
        ([["a", "b", "c"]] * 2, "inputs: expected numbers, .* got dtype <U1"),
        (np.ones((2, 3)) * 1j, "inputs: expected numbers, .* got dtype complex128"),
        ([[1, 2, 3], [4, 5, 2**24 + 1]], r"that float32 can hold; got 16777217 at \(1, 2\)"),
        ([[1, 2, 3], [4, 1e39, 6]], r"that float32 can hold; got 1e\+39 at \(1, 1\)"),
        (3.0, r"\(2, 3\); got \(\)"),
    ],
    ids=str,
)
def test_a_step_that_does_not_fit_is_refused_in_a_line(inputs, message):
    stream = Stream(model_of(layers.GRU(2)), 2)
    with pytest.raises(ValueError, match=message) as error:
        stream.step(inputs)
    assert "\n" not in str(error.value)
    assert stream.steps.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([3, 9], r"inputs: expected words as whole numbers from 0 to 8; got 9 at position 1"),
        ([-1, 2], r"from 0 to 8; got -1 at position 0"),
        ([2.5, 2], r"from 0 to 8; got 2.5 at position 0"),
        ([np.nan, 2], r"from 0 to 8; got nan at position 0"),
        ([2, 2**40], r"from 0 to 8; got 1099511627776 at position 1"),
        (["so", "dull"], "expected words as whole numbers from 0 to 8; got dtype <U4"),
        ([True, False], "expected words as whole numbers from 0 to 8; got dtype bool"),
        ([[1], [2]], r"expected one step of each stream, \(2,\); got \(2, 1\): hand over one"),
    ],
    ids=str,
)
def test_a_word_that_has_no_vector_is_refused_in_a_line(words, message):
    stream = Stream(word_model(layers.GRU(2)), 2)
    with pytest.raises(ValueError, match=message):
        stream.step(words)


def test_what_people_hand_in_for_a_step_is_read():
    model = model_of(layers.GRU(2))
    expected = Stream(model, 2).step(np.arange(6.0).reshape(2, 3))
    rows = [[0, 1, 2], [3, 4, 5]]
    table = pandas.DataFrame(rows, index=[7, 9])
    for step in (rows, table, np.array(rows, "int8"), np.array(rows, "float16")):
        np.testing.assert_array_equal(Stream(model, np.int64(2)).step(step), expected)
    model = word_model(layers.GRU(2))
    expected = Stream(model, 2).step(np.array([3, 0]))
    for words in ([3, 0], (3.0, 0.0), pandas.Series([3, 0], index=[5, 6]), np.uint8([3, 0])):
        np.testing.assert_array_equal(Stream(model, 2).step(words), expected)


def test_a_single_step_of_a_single_stream_needs_its_axis():
    with pytest.raises(ValueError, match=r"the axis of the streams is missing, inputs\[np\.newax"):
        Stream(model_of(layers.GRU(2))).step(np.ones(3))
    with pytest.raises(ValueError, match=r"the axis of the streams is missing, inputs\[np\.newax"):
        Stream(word_model(layers.GRU(2))).step(3)


@pytest.mark.parametrize(
    ("present", "message"),
    [
        ([True], r"present: expected True or False for each of 2 streams; got \(1,\)"),
        (True, r"for each of 2 streams; got \(\)"),
        ([1, 0.5], r"present: expected true or false, or 1 or 0; got 0.5 at \(1,\)"),
        ([1, np.nan], r"got nan at \(1,\)"),
        (["yes", "no"], r"got yes at \(0,\)"),
    ],
    ids=str,
)
def test_who_is_present_is_said_by_true_and_false(present, message):
    with pytest.raises(ValueError, match=message):
        Stream(model_of(layers.GRU(2)), 2).step(np.ones((2, FEATURES)), present)


@pytest.mark.parametrize(
    ("streams", "message"),
    [
        ([2], "streams: expected a whole number of at least 0 and of at most 1; got 2"),
        (-1, "got -1"),
        ([0.5], "got 0.5"),
        ([True, False], "got True"),
        (["a"], "got 'a'"),
        ([0, True], "got True at position 1"),
        ([[0], [0, 1]], "rows of different lengths"),
        ([None], r"a missing value \(None\)"),
        ("0", "one string"),
    ],
)
def test_names_a_stream_that_is_not_there(streams, message):
    stream = Stream(model_of(layers.GRU(2)), 2)
    with pytest.raises((TypeError, ValueError), match=message):
        stream.reset(streams)


def test_one_stream_is_named_by_its_number_alone():
    stream = Stream(model_of(layers.GRU(2)), 2)
    for named in (1, np.int64(1), [1], np.array([1]), (1, 1)):
        stream.step(np.ones((2, FEATURES)))
        stream.reset(named)
        assert stream.steps[1] == 0
    assert stream.steps.tolist() == [5, 0]
    stream.reset([])
    assert stream.steps.tolist() == [5, 0]


@pytest.mark.parametrize("streams", [0, 1.0, True, "2"])
def test_the_number_of_streams_is_a_whole_one(streams):
    with pytest.raises((TypeError, ValueError), match="streams: expected a whole number of at"):
        Stream(model_of(layers.GRU(2)), streams)
