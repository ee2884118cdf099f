"""The diagnostics against finite differences, an unrolled model, and states that fade as told.

Run it under another backend of Keras with ``make backend BACKEND=jax``.
"""

import contextlib
import random
import warnings

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from seqlearn.cells import from_keras
from seqlearn.diagnostics import (
    Horizon,
    cell_state_carry,
    gate_activations,
    gradient_norms,
    memory_horizon,
)
from seqlearn.initializers import gate_bias, time_scale

BACKEND = keras.backend.backend()
EXAMPLES, TIMESTEPS, FEATURES, UNITS, CLASSES = 3, 4, 2, 5, 3

CELLS = {"SimpleRNN": layers.SimpleRNN, "LSTM": layers.LSTM, "GRU": layers.GRU}
MASK = np.array([[1, 1, 0, 0], [0, 1, 0, 1], [1, 1, 1, 1]], dtype=bool)


def draw(*shape, seed=3):
    return np.random.default_rng(seed).normal(size=shape)


def randomise(model, seed=5, scale=0.5):
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(0, scale, size=w.shape) for w in model.get_weights()])
    return model


def stack(*parts, shape=(TIMESTEPS, FEATURES), dtype=None):
    return randomise(keras.Sequential([keras.Input(shape, dtype=dtype), *parts]))


def batch(mask=None):
    """Inputs, zero where a Masking layer is to find nothing, and class labels."""
    x = draw(EXAMPLES, TIMESTEPS, FEATURES)
    if mask is not None:
        x[~mask] = 0
    return x.astype("float32"), np.array([2, 0, 1])


@contextlib.contextmanager
def refused(kind, message):
    """Expect an error word for word. (JAX adds notes to errors, which `match` would read too.)"""
    with pytest.raises(kind) as error:
        yield
    assert str(error.value) == message


# --- gradient norms -------------------------------------------------------------------------


def cross_entropy(h, dense, y):
    """Loss of a softmax on h, in NumPy, for each label."""
    kernel, bias = (np.asarray(w, np.float64) for w in dense.get_weights())
    logits = h @ kernel + bias
    log_sum = np.log(np.sum(np.exp(logits), axis=-1))
    return log_sum - np.take_along_axis(logits, y[..., np.newaxis], -1)[..., 0]


def norms_by_differences(layer, loss, x, mask, state="h", step=1e-6):
    """Nudge the state at each step, and read the rest of the sequence from there.

    ``loss`` is a function of the outputs at all steps, that gives one number an example.
    """
    cell, x = from_keras(layer), x.astype(np.float64)
    outputs = cell.run(x, mask=mask).h
    grads = np.empty(outputs.shape)
    for t in range(x.shape[1]):
        before = cell.run(x[:, : t + 1], mask=mask[:, : t + 1])
        for unit in range(cell.units):
            losses = []
            for nudge in (step, -step):
                states = [array.copy() for array in before.final_state]
                states["hc".index(state)][:, unit] += nudge
                if state == "c":  # which h_t shows
                    states[0] = before.output_gate[:, t] * np.tanh(states[1])
                changed = [outputs[:, :t], states[0][:, np.newaxis]]
                for k in range(t + 1, x.shape[1]):
                    one = slice(k, k + 1)
                    states = cell.run(x[:, one], states, mask[:, one]).final_state
                    changed.append(states[0][:, np.newaxis])
                losses.append(loss(np.concatenate(changed, axis=1)))
            grads[:, t, unit] = (losses[0] - losses[1]) / (2 * step)
    return np.where(mask, np.linalg.norm(grads, axis=-1), np.nan)


@pytest.mark.parametrize("masked", [False, True], ids=["whole", "masked"])
@pytest.mark.parametrize("sequences", [False, True], ids=["last", "every"])
@pytest.mark.parametrize(
    ("cell", "state"), [("SimpleRNN", "h"), ("LSTM", "h"), ("LSTM", "c"), ("GRU", "h")]
)
def test_norms_equal_finite_differences(cell, state, sequences, masked):
    mask = MASK if masked else np.ones_like(MASK)
    x, y = batch(mask)
    recurrent = CELLS[cell](UNITS, return_sequences=sequences)
    dense = layers.Dense(CLASSES, activation="softmax")
    model = stack(*[layers.Masking()] * masked, recurrent, dense)
    if sequences:
        y = np.arange(EXAMPLES * TIMESTEPS).reshape(EXAMPLES, TIMESTEPS) % CLASSES

    def loss(h):
        if sequences:  # the mean over an example's own real steps
            return np.sum(mask * cross_entropy(h, dense, y), axis=1) / mask.sum(axis=1)
        return cross_entropy(h[:, -1], dense, y)

    expected = norms_by_differences(recurrent, loss, x, mask, state)
    norms = gradient_norms(model, x, y, "sparse_categorical_crossentropy", state=state)
    assert norms.dtype == np.float64
    np.testing.assert_allclose(norms, expected, rtol=1e-6, atol=1e-9)


LOSSES = {
    "squares": keras.losses.MeanSquaredError(dtype="float64"),
    "squares, summed": keras.losses.MeanSquaredError(reduction="sum", dtype="float64"),
    "yes or no": keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64"),
    "classes": keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64"),
    "a probability": keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=0.1, dtype="float64"
    ),
}


@pytest.mark.skipif(BACKEND != "tensorflow", reason="the oracle needs Keras's loss in float64")
@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_masks_are_those_of_keras(name):
    """A linear cell adds its input to its state: nudging x_t is nudging h_t."""
    step, sequences = 1e-6, name != "a probability"
    recurrent = layers.SimpleRNN(
        FEATURES, activation="linear", return_sequences=sequences, dtype="float64"
    )
    parts = [recurrent, layers.Dense(CLASSES, dtype="float64")]
    model = stack(layers.Masking(dtype="float64"), *parts, dtype="float64")
    recurrent.set_weights([np.eye(FEATURES), *recurrent.get_weights()[1:]])
    x, loss = np.where(MASK[..., np.newaxis], draw(EXAMPLES, TIMESTEPS, FEATURES), 0), LOSSES[name]
    y = draw(EXAMPLES, *[TIMESTEPS] * sequences, CLASSES, seed=4)
    y = np.argmax(y, axis=-1) if name == "classes" else np.exp(y) / np.sum(np.exp(y), -1)[..., None]

    def own_loss(i, nudged):
        one = keras.ops.convert_to_tensor(nudged[i : i + 1], dtype="float64")
        targets = keras.ops.convert_to_tensor(y[i : i + 1], dtype="float64")
        return float(keras.ops.convert_to_numpy(loss(targets, model(one))))

    grads = np.full(x.shape, np.nan)
    for i, t, feature in np.argwhere(np.broadcast_to(MASK[..., np.newaxis], x.shape)):
        nudge = np.zeros(x.shape)
        nudge[i, t, feature] = step
        grads[i, t, feature] = (own_loss(i, x + nudge) - own_loss(i, x - nudge)) / (2 * step)
    norms = gradient_norms(model, x, y, loss=loss)
    np.testing.assert_allclose(norms, np.linalg.norm(grads, axis=-1), rtol=1e-6)


def unrolled_norms(model, name, x, y):
    """Run a model of float64 layers a step at a time under TensorFlow's tape."""
    tf = pytest.importorskip("tensorflow")
    with tf.GradientTape(persistent=True) as tape:
        values, states = tf.constant(x, tf.float64), None
        for layer in model.layers:
            if not hasattr(layer, "cell"):
                values = layer(values)
                continue
            state = [tf.zeros((len(x), layer.units), tf.float64)] * (
                2 if isinstance(layer, layers.LSTM) else 1
            )
            outputs = []
            for t in range(x.shape[1]):
                h, state = layer.cell(values[:, t], state)
                # In the state and in the output it has to be the same tensor for the tape.
                state = [h, *state[1:]]
                outputs.append(h)
            states = outputs if layer.name == name else states
            values = tf.stack(outputs, axis=1) if layer.return_sequences else outputs[-1]
        loss = tf.reduce_sum(tf.square(values - y))
    grads = [tape.gradient(loss, h).numpy() for h in states]
    return np.stack([np.linalg.norm(grad, axis=-1) for grad in grads], axis=1)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="the tape of the oracle is TensorFlow's")
@pytest.mark.parametrize("name", ["lower", "middle", "upper"])
def test_norms_equal_tensorflows_through_an_unrolled_model(name):
    model = stack(
        layers.Dense(FEATURES, activation="tanh", dtype="float64"),
        layers.GRU(UNITS, return_sequences=True, name="lower", dtype="float64"),
        layers.LSTM(UNITS + 1, return_sequences=True, name="middle", dtype="float64"),
        layers.SimpleRNN(UNITS - 1, name="upper", dtype="float64"),
        layers.Dense(CLASSES, dtype="float64"),
        dtype="float64",
    )
    x, y = draw(EXAMPLES, TIMESTEPS, FEATURES), draw(EXAMPLES, CLASSES, seed=4)

    def squares(y_true, y_pred):
        return keras.ops.sum(keras.ops.square(y_true - y_pred), axis=-1)

    norms = gradient_norms(model, x, y, loss=squares, layer=name)
    np.testing.assert_allclose(norms, unrolled_norms(model, name, x, y), rtol=1e-9)


def small_model(*extra, loss="mse", **options):
    model = stack(layers.LSTM(UNITS, **options), *extra, layers.Dense(1))
    model.compile(loss=loss)
    return model


def test_the_compiled_loss_is_the_default_in_each_of_its_forms():
    x, y = batch()
    given = gradient_norms(small_model(loss=None), x, y, loss="mse")
    for loss in ("mse", ["mse"], keras.losses.MeanSquaredError(), keras.losses.mean_squared_error):
        np.testing.assert_array_equal(gradient_norms(small_model(loss=loss), x, y), given)


def test_a_loss_that_is_summed_counts_every_step_whole():
    x, y = batch()[0], draw(EXAMPLES, TIMESTEPS, 1)
    model = small_model(return_sequences=True)
    mean = gradient_norms(model, x, y, loss=keras.losses.MeanSquaredError())
    total = gradient_norms(model, x, y, loss=keras.losses.MeanSquaredError(reduction="sum"))
    np.testing.assert_allclose(total, TIMESTEPS * mean)


def test_each_example_has_its_own_loss_whatever_the_batch(monkeypatch):
    x, y = batch()
    model = small_model()
    whole = gradient_norms(model, x, y)
    alone = [gradient_norms(model, x[i : i + 1], y[i : i + 1]) for i in range(EXAMPLES)]
    np.testing.assert_allclose(np.concatenate(alone), whole)
    monkeypatch.setattr("seqlearn.diagnostics.place._BATCH", 2)
    np.testing.assert_allclose(gradient_norms(model, x, y), whole)


def test_the_gradient_of_a_confident_prediction_is_not_rounded_away():
    model = stack(layers.SimpleRNN(UNITS), layers.Dense(CLASSES))
    kernel = model.layers[-1].get_weights()[0]
    model.layers[-1].set_weights([kernel, np.array([0, 0, 20], "float32")])
    x, y = batch()[0], np.full(EXAMPLES, 2)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    norms = gradient_norms(model, x, y, loss=loss)
    h = gate_activations(model, x)["h"][:, -1]
    # 1 - p of the right class is about 1e-8: the sum of the others' p, lost in float32.
    others = np.exp((h @ kernel)[:, :2] - (h @ kernel)[:, 2:] - 20)
    grad = others @ kernel[:, :2].T - others.sum(axis=1, keepdims=True) * kernel[:, 2]
    small = np.linalg.norm(grad, axis=-1)
    assert np.all((small > 1e-11) & (small < 3e-7))
    np.testing.assert_allclose(norms[:, -1], small, rtol=1e-5)


def test_dropout_and_batch_statistics_are_those_of_inference():
    x, y = batch()
    plain = small_model(layers.BatchNormalization())
    dropped = small_model(layers.BatchNormalization(), layers.Dropout(0.9), dropout=0.9)
    dropped.set_weights(plain.get_weights())
    np.testing.assert_array_equal(gradient_norms(dropped, x, y), gradient_norms(plain, x, y))


def test_nothing_is_left_changed():
    x, y = batch()
    model = small_model(layers.Dense(3))
    weights, state = model.get_weights(), random.getstate()
    gradient_norms(model, x, y)
    assert random.getstate() == state
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}


def test_a_layer_that_cannot_be_copied_is_used_as_it_is():
    x, y = batch()
    half = small_model(layers.Lambda(lambda h: h / 2))
    model = small_model(layers.Rescaling(0.5))
    np.testing.assert_allclose(gradient_norms(half, x, y), gradient_norms(model, x, y), rtol=1e-5)


def test_a_functional_model_and_a_nested_one_equal_the_sequential():
    x, y = batch()
    model = small_model(layers.Dense(4, activation="tanh"))
    inputs = keras.Input((TIMESTEPS, FEATURES))
    values = inputs
    for layer in model.layers:
        values = layer(values)
    functional = keras.Model(inputs, values)
    nested = keras.Sequential([keras.Input((TIMESTEPS, FEATURES)), functional])
    expected = gradient_norms(model, x, y)
    for other in (functional, nested):
        np.testing.assert_array_equal(gradient_norms(other, x, y, loss="mse"), expected)


# --- masks ----------------------------------------------------------------------------------


def tokens():
    """Padded on the right and on the left, and whole; 0 is padding."""
    return np.array([[3, 1, 0, 0], [0, 0, 2, 4], [1, 2, 3, 4]])


def token_model(*recurrent):
    model = keras.Sequential(
        [keras.Input((TIMESTEPS,)), layers.Embedding(5, FEATURES, mask_zero=True), *recurrent]
    )
    return randomise(model)


@pytest.mark.parametrize("cell", CELLS)
def test_padding_changes_nothing_at_the_real_steps(cell):
    model = token_model(CELLS[cell](UNITS), layers.Dense(1))
    y = np.array([[0.5], [-1.0], [2.0]])
    norms = gradient_norms(model, tokens(), y, loss="mse")
    np.testing.assert_array_equal(np.isnan(norms), tokens() == 0)
    gates = gate_activations(model, tokens())
    for i, row in enumerate(tokens()):
        real = row[row > 0][np.newaxis]
        alone = gradient_norms(model, real, y[i : i + 1], loss="mse")[0]
        np.testing.assert_allclose(norms[i][row > 0], alone, rtol=1e-6)
        for name, gate in gate_activations(model, real).items():
            np.testing.assert_allclose(gates[name][i][row > 0], gate[0], rtol=1e-6)
            assert np.all(np.isnan(gates[name][i][row == 0]))


def test_a_mask_reaches_the_layers_above_and_the_loss():
    lower, upper = layers.GRU(UNITS, return_sequences=True, name="lower"), layers.LSTM(3)
    model = token_model(lower, layers.Dropout(0.5), upper, layers.Dense(1))
    y = np.array([[0.5], [-1.0], [2.0]])
    norms = gradient_norms(model, tokens(), y, loss="mse", layer="lower")
    for i, row in enumerate(tokens()):
        alone = gradient_norms(model, row[row > 0][np.newaxis], y[i : i + 1], "mse", "lower")[0]
        np.testing.assert_allclose(norms[i][row > 0], alone, rtol=1e-6)


def test_padding_changes_no_carry():
    model = token_model(layers.LSTM(UNITS))
    carry = cell_state_carry(model, tokens())
    for i, row in enumerate(tokens()):
        alone = cell_state_carry(model, row[row > 0][np.newaxis])
        for name in ("product", "measured"):
            array = getattr(carry, name)[i]
            np.testing.assert_allclose(array[row > 0], getattr(alone, name)[0], rtol=1e-6)
            assert np.all(np.isnan(array[row == 0]))


# --- both directions ------------------------------------------------------------------------


@pytest.mark.parametrize("sequences", [False, True], ids=["last", "every"])
@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave"])
def test_the_readers_of_a_bidirectional_add_up(merge_mode, sequences):
    both = layers.Bidirectional(
        layers.LSTM(UNITS, return_sequences=sequences, name="lstm"), merge_mode=merge_mode
    )
    model = stack(both, layers.Dense(1))
    x = batch()[0]
    y = draw(*model(x).shape)
    ahead = gradient_norms(model, x, y, loss="mse", layer="forward_lstm")
    back = gradient_norms(model, x, y, loss="mse", layer="backward_lstm")
    assert ahead.shape == back.shape == (EXAMPLES, TIMESTEPS)
    # The model that reads the other way round, with the readers in each other's place.
    mirrored = keras.models.clone_model(model)
    first, second, dense = both.forward_layer, both.backward_layer, model.layers[-1].get_weights()
    if merge_mode == "concat":
        dense[0] = np.concatenate(np.split(dense[0], 2)[::-1])
    mirrored.set_weights([*second.get_weights(), *first.get_weights(), *dense])
    y_mirrored = y[:, ::-1] if sequences else y
    np.testing.assert_allclose(
        gradient_norms(mirrored, x[:, ::-1], y_mirrored, "mse", "forward_lstm"), back, rtol=1e-5
    )


def test_steps_of_a_backward_reader_are_in_reading_order():
    model = stack(layers.Bidirectional(layers.SimpleRNN(UNITS, name="rnn")), layers.Dense(1))
    x = batch()[0]
    h = gate_activations(model, x, layer="backward_rnn")["h"]
    last = keras.ops.convert_to_numpy(model.layers[0](x))[:, UNITS:]
    np.testing.assert_allclose(h[:, -1], last, atol=1e-6)
    x[:, 0] += 1  # the timestep that it reads last
    np.testing.assert_array_equal(
        gate_activations(model, x, layer="backward_rnn")["h"][:, :-1], h[:, :-1]
    )


# --- choosing the layer ---------------------------------------------------------------------


def two_layers():
    return stack(
        layers.LSTM(UNITS, return_sequences=True, name="first"),
        layers.Bidirectional(layers.GRU(UNITS, name="second"), name="both"),
    )


def functional(build):
    inputs = keras.Input((TIMESTEPS, FEATURES))
    return keras.Model(inputs, build(inputs))


def branched(inputs):
    h = layers.GRU(UNITS, name="gru")(inputs)
    return layers.Add(name="add")([h, h])


class OwnCall(keras.Model):
    def call(self, inputs):
        return inputs


REFUSED = {
    "several": (
        two_layers,
        None,
        "layer: the model has several, name one of 'first', 'forward_second', 'backward_second'",
    ),
    "unknown": (
        two_layers,
        "third",
        "layer: expected the name of a recurrent layer, 'first', 'forward_second', "
        "'backward_second'; got 'third'",
    ),
    "both readers": (
        two_layers,
        "both",
        "layer: 'both' holds two readers, name one of 'forward_second', 'backward_second'",
    ),
    "none": (
        lambda: stack(layers.Flatten(name="flat"), layers.Dense(2, name="dense")),
        None,
        "model: expected one with a SimpleRNN, LSTM or GRU layer, or a Bidirectional of these; "
        "its layers are 'flat', 'dense'",
    ),
    "same name": (
        lambda: stack(
            layers.Bidirectional(layers.GRU(2, return_sequences=True, name="a"), name="b"),
            layers.Bidirectional(layers.GRU(2, name="a"), name="c"),
        ),
        "forward_a",
        "layer: the model has 2 of the name 'forward_a'",
    ),
    "not built": (
        lambda: keras.Sequential([layers.GRU(2)]),
        None,
        "model: it has no weights yet: begin it with keras.Input, or call it on data first",
    ),
    "own call": (
        OwnCall,
        None,
        "model: expected a Sequential or Functional model, whose layers can be followed; "
        "got OwnCall, which computes in a method of its own",
    ),
    "branches": (
        lambda: functional(branched),
        None,
        "model: expected layers that follow one another; 'add' has 2 inputs",
    ),
    "states": (
        lambda: functional(lambda inputs: layers.GRU(2, return_state=True, name="gru")(inputs)[0]),
        None,
        "model: expected layers that follow one another; 'gru' has 2 outputs",
    ),
    "two outputs": (
        lambda: functional(lambda inputs: [layers.GRU(2)(inputs), layers.GRU(2)(inputs)]),
        None,
        "model: expected layers that follow one another; got 2 outputs",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_models_and_layers_that_are_refused(case):
    build, layer, message = REFUSED[case]
    model = build()
    with refused(ValueError, message):
        gate_activations(model, batch()[0], layer=layer)


def test_an_operation_between_the_layers_is_refused():
    model = functional(lambda inputs: keras.ops.tanh(layers.GRU(2)(inputs)))
    message = (
        f"model: expected layers that follow one another; {model.operations[-1].name!r} is an "
        "operation, not a layer: wrap it in keras.layers.Lambda"
    )
    with refused(ValueError, message):
        gate_activations(model, batch()[0])


def test_named_layers_are_found():
    x = batch()[0]
    assert "forget_gate" in gate_activations(two_layers(), x, layer="first")
    assert "update_gate" in gate_activations(two_layers(), x, layer="forward_second")


def test_what_is_no_model_is_refused():
    message = "model: expected a Keras model; got GRU"
    with refused(TypeError, message):
        gate_activations(layers.GRU(2), batch()[0])


def test_a_layer_with_an_option_that_no_cell_has_is_refused():
    model = stack(layers.GRU(2, activation=lambda a: a))
    with pytest.raises(ValueError, match=r"^activation: expected one of Keras's linear"):
        gate_activations(model, batch()[0])


WRONG_DATA = {
    "no such state": ({"state": "z"}, "state: expected one of 'h', 'c'; got 'z'"),
    "texts": ({"x": np.full((3, 4, 2), "so")}, "x: expected numbers; got dtype <U2"),
    "too few targets": (
        {"y": np.zeros(2)},
        "y: expected a target for each of the 3 examples of x; got shape (2,)",
    ),
    "no example": (
        {"x": np.zeros((0, 4, 2))},
        "x: expected one array (examples, ...) with at least 1 example; got shape (0, 4, 2)",
    ),
    "no loss": ({}, "loss: the model isn't compiled with one; give it, such as loss='mse'"),
    "no function": (
        {"loss": 3},
        "loss: expected the name of a Keras loss, a loss object or a function (y_true, y_pred); "
        "got 3",
    ),
    "averaged": (
        {"loss": lambda y, p: keras.ops.mean(p)},
        "loss: expected a value for each of the 3 examples, before any average over the batch; "
        "got shape ()",
    ),
}


@pytest.mark.parametrize("case", WRONG_DATA)
def test_wrong_data_is_refused(case):
    changed, message = WRONG_DATA[case]
    x, y = batch()
    model = small_model(loss=None if case == "no loss" else "mse")
    with refused(ValueError, message):
        gradient_norms(**({"model": model, "x": x, "y": y} | changed))


@pytest.mark.parametrize(
    ("word", "got"),
    [(9, "got 9 at position (0, 1)"), (-1, "got -1 at"), (2.5, "got 2.5"), (np.nan, "nan")],
)
def test_a_word_without_a_vector_is_refused(word, got):
    words = np.array([[3, word, 1, 0]])
    with pytest.raises(ValueError, match=r"^x: expected words as whole numbers from 0 to") as error:
        gate_activations(token_model(layers.GRU(2)), words)
    assert got in str(error.value)


# --- the memory horizon ---------------------------------------------------------------------


def fading(examples, timesteps, keep):
    return keep ** np.arange(timesteps - 1.0, -1, -1) * np.ones((examples, 1))


@settings(derandomize=True, deadline=None, max_examples=30)
@given(keep=st.floats(0.05, 0.97), scale=st.floats(1e-30, 1e30))
def test_a_state_that_fades_has_its_time_scale_as_horizon(keep, scale):
    horizon = memory_horizon(scale * fading(3, 40, keep))
    assert horizon.steps == pytest.approx(-1 / np.log(keep), rel=1e-9)
    assert horizon.low == pytest.approx(horizon.steps)


@pytest.mark.parametrize("bias", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_a_gate_bias_alone_gives_the_horizon_that_it_predicts(cell, bias):
    nothing = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
    recurrent = CELLS[cell](UNITS, **gate_bias(cell, keep=bias), **nothing)
    model = keras.Sequential([keras.Input((30, FEATURES)), recurrent])
    x, y = draw(EXAMPLES, 30, FEATURES), np.ones((EXAMPLES, UNITS))
    norms = gradient_norms(model, x, y, loss="mse", state="c" if cell == "LSTM" else "h")
    assert memory_horizon(norms).steps == pytest.approx(time_scale(bias), rel=1e-6)


@settings(derandomize=True, deadline=None, max_examples=15)
@given(keep=st.floats(0.2, 0.95), angle=st.floats(0, 3))
def test_a_linear_network_that_turns_and_shrinks_has_the_horizon_of_its_spectrum(keep, angle):
    turn = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    x = draw(2, 60, 1)
    recurrent = layers.SimpleRNN(2, activation="linear")
    model = keras.Sequential([keras.Input((60, 1)), recurrent])
    recurrent.set_weights([np.ones((1, 2)), keep * np.array(turn), np.zeros(2)])
    norms = gradient_norms(model, x, np.zeros((2, 2)), loss="mse")
    radius = np.abs(np.linalg.eigvals(recurrent.get_weights()[1])).max()
    steps = memory_horizon(norms).steps
    assert steps == pytest.approx(-1 / np.log(radius), rel=1e-6)


def test_the_crossing_lies_on_a_straight_line_in_the_logarithm():
    norms = np.exp([[-4.0, -0.6, -0.4, 0.0]])
    steps = memory_horizon(np.repeat(norms, 2, axis=0)).steps
    assert steps == pytest.approx(2 + (1 - 0.6) / (4 - 0.6))


def test_the_first_crossing_counts():
    norms = np.exp([[5.0, -2.0, 0.0], [5.0, -2.0, 0.0]])
    assert memory_horizon(norms).steps == pytest.approx(0.5)


def test_the_mean_over_examples_is_geometric():
    norms = np.concatenate([fading(1, 50, 0.9), fading(1, 50, 0.8)])
    expected = -1 / np.log(np.sqrt(0.9 * 0.8))
    assert memory_horizon(norms).steps == pytest.approx(expected)


def test_the_interval_covers():
    """Examples differ at random; the horizon of all of them is known."""
    rng = np.random.default_rng(0)
    true, covered, trials = 10.0, 0, 200
    for _ in range(trials):
        rates = rng.gamma(4, 1 / (4 * true), size=40)  # mean 1 / true: that of the mean logarithm
        norms = np.exp(-rates[:, np.newaxis] * np.arange(79, -1, -1))
        horizon = memory_horizon(norms)
        covered += horizon.low <= true <= horizon.high
    assert 0.88 * trials <= covered <= 0.99 * trials


def test_the_interval_repeats_itself():
    norms = np.exp(-(draw(20, 1) ** 2) * np.arange(39, -1, -1))
    assert memory_horizon(norms) == memory_horizon(norms)


def test_a_memory_as_long_as_the_sequence_is_censored():
    horizon = memory_horizon(fading(3, 10, 0.99))
    assert horizon == Horizon(9.0, 9.0, 9.0, longest=9)
    assert repr(horizon).startswith("Horizon: at least 9 steps [at least 9,")


def test_zeros_end_the_memory_without_a_warning():
    norms = fading(4, 30, 0.99)
    norms[:, :10] = 0  # lags 20 to 29
    norms[3] = 0  # no gradient at all: no ratio
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert memory_horizon(norms).steps == 19
        assert memory_horizon(np.where(norms > 0, 1e-320, 0)).steps == 19
        assert memory_horizon(fading(4, 5000, 1e-3)).steps == pytest.approx(1 / np.log(1e3))
    norms[0, :20] = 0  # one example forgets sooner
    horizon = memory_horizon(norms)
    assert horizon.steps == 9
    assert horizon.high == 19  # of the samples that leave it out


def test_masked_steps_are_no_steps():
    norms = fading(3, 8, 0.5)
    padded = np.full((3, 12), np.nan)
    padded[0, :8], padded[1, 4:], padded[2, ::2][:6] = norms[0], norms[1], norms[2, -6:]
    padded = np.concatenate([padded, np.full((1, 12), np.nan)])
    horizon = memory_horizon(padded)
    assert horizon.steps == pytest.approx(-1 / np.log(0.5))
    assert horizon.longest == 7


def test_lags_that_few_examples_have_are_not_looked_at():
    norms = np.full((5, 10), np.nan)
    norms[:, -4:] = 1
    norms[0] = 1
    assert memory_horizon(norms).longest == 3
    norms[:3] = 1
    assert memory_horizon(norms).longest == 9


def test_horizons_read_well():
    interval = Horizon(148.91, 140.2, 157.77, longest=399)
    assert repr(interval) == "Horizon: 148.9 steps [140.2, 157.8] (95% bootstrap interval)"
    partly = Horizon(80.0, 60.25, 99.0, longest=99)
    assert repr(partly) == "Horizon: 80 steps [60.25, at least 99] (95% bootstrap interval)"
    alone = memory_horizon(fading(1, 40, 0.5))
    assert repr(alone) == "Horizon: 1.443 steps (one example, no interval)"


HORIZON_ERRORS = {
    "one step": (
        {"norms": np.ones((3, 1))},
        "norms: expected (examples, timesteps) with at least 2 timesteps; got shape (3, 1)",
    ),
    "three axes": (
        {"norms": np.ones((3, 4, 5))},
        "norms: expected (examples, timesteps) with at least 2 timesteps; got shape (3, 4, 5)",
    ),
    "negative": (
        {"norms": -np.ones((3, 4))},
        "norms: expected finite numbers of at least 0; got others",
    ),
    "nothing": (
        {"norms": np.zeros((3, 4))},
        "norms: expected a gradient other than 0 at the last step of at least one example; got "
        "none: the loss doesn't depend on it",
    ),
    "masked": (
        {"norms": np.array([[np.nan, 1.0], [np.nan, 1.0]])},
        "norms: expected at least 2 real steps in half of the examples; got fewer",
    ),
}


@pytest.mark.parametrize("case", HORIZON_ERRORS)
def test_wrong_arguments_of_the_horizon_are_refused(case):
    changed, message = HORIZON_ERRORS[case]
    with refused(ValueError, message):
        memory_horizon(**({"norms": np.ones((3, 4))} | changed))


# --- gates ----------------------------------------------------------------------------------

KEYS = {
    "SimpleRNN": ["h"],
    "LSTM": ["input_gate", "forget_gate", "candidate", "output_gate", "h", "c"],
    "GRU": ["update_gate", "reset_gate", "candidate", "h"],
}


@pytest.mark.parametrize("cell", CELLS)
def test_gates_are_those_of_the_layer(cell, monkeypatch):
    monkeypatch.setattr("seqlearn.diagnostics.place._BATCH", 2)
    x = batch()[0]
    recurrent = CELLS[cell](UNITS, return_sequences=True)
    model = stack(layers.Dense(FEATURES + 1, activation="tanh"), recurrent, layers.Dense(2))
    gates = gate_activations(model, x)
    assert [*gates] == KEYS[cell]
    assert {gate.shape for gate in gates.values()} == {(EXAMPLES, TIMESTEPS, UNITS)}
    assert {gate.dtype for gate in gates.values()} == {np.dtype("float64")}
    outputs = keras.ops.convert_to_numpy(recurrent(model.layers[0](x)))
    np.testing.assert_allclose(gates["h"], outputs, atol=1e-6)


def test_gates_obey_the_equations():
    x = batch()[0]
    gates = gate_activations(stack(layers.LSTM(UNITS)), x)
    old = np.pad(gates["c"], ((0, 0), (1, 0), (0, 0)))[:, :-1]
    c = gates["forget_gate"] * old + gates["input_gate"] * gates["candidate"]
    np.testing.assert_allclose(gates["c"], c)
    np.testing.assert_allclose(gates["h"], gates["output_gate"] * np.tanh(c))
    gates = gate_activations(stack(layers.GRU(UNITS)), x)
    old = np.pad(gates["h"], ((0, 0), (1, 0), (0, 0)))[:, :-1]
    z = gates["update_gate"]
    np.testing.assert_allclose(gates["h"], z * old + (1 - z) * gates["candidate"])


# --- the carry ------------------------------------------------------------------------------


def test_without_recurrent_weights_the_product_is_all_there_is():
    recurrent = layers.LSTM(UNITS)
    model = stack(recurrent)
    kernel, recurrent_kernel, bias = recurrent.get_weights()
    recurrent.set_weights([kernel, 0 * recurrent_kernel, bias])
    carry = cell_state_carry(model, batch()[0])
    np.testing.assert_allclose(carry.measured, carry.product)
    forget = gate_activations(model, batch()[0])["forget_gate"]
    expected = [forget[:, t + 1 :].prod(axis=1) for t in range(TIMESTEPS)]
    np.testing.assert_allclose(carry.product, np.stack(expected, axis=1))
    assert repr(carry) == "Carry(examples=3, timesteps=4, units=5)"


def test_the_measured_carry_equals_finite_differences(monkeypatch):
    monkeypatch.setattr("seqlearn.diagnostics.place._BATCH", 2)
    recurrent = layers.LSTM(UNITS)
    model = stack(recurrent)
    x = batch()[0].astype(np.float64)
    cell, step = from_keras(recurrent), 1e-6
    trace = cell.run(x)
    expected = np.ones((EXAMPLES, TIMESTEPS, UNITS))
    for t in range(TIMESTEPS - 1):
        for unit in range(UNITS):
            ends = []
            for nudge in (step, -step):
                c = trace.c[:, t].copy()
                c[:, unit] += nudge
                h = trace.output_gate[:, t] * np.tanh(c)  # c_t is shown in h_t
                ends.append(cell.run(x[:, t + 1 :], [h, c]).final_state[1][:, unit])
            expected[:, t, unit] = (ends[0] - ends[1]) / (2 * step)
    carry = cell_state_carry(model, x)
    np.testing.assert_allclose(carry.measured, expected, rtol=1e-6, atol=1e-9)
    assert np.abs(carry.measured - carry.product).max() > 0.01  # the other paths count
    np.testing.assert_array_equal(carry.product[:, -1], 1)
    np.testing.assert_array_equal(carry.measured[:, -1], 1)


def test_only_an_lstm_has_a_carry():
    message = "layer: expected an LSTM, because only it has a cell state c; got 'short', a GRU"
    with refused(ValueError, message):
        cell_state_carry(stack(layers.GRU(2, name="short")), batch()[0])


def test_only_an_lstm_has_a_cell_state():
    message = "state: expected an LSTM, because only it has a cell state c; got 'short', a GRU"
    x, y = batch()
    with refused(ValueError, message):
        gradient_norms(stack(layers.GRU(2, name="short")), x, y, loss="mse", state="c")
