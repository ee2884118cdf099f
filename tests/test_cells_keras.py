"""The cells against Keras's layers: values, states and all gradients.

Sizes are small and all different, and weights random, so that a transposed matrix or two
gates in each other's place can't go unnoticed. Run it under another backend of Keras with
``make backend BACKEND=jax``.
"""

import re

import keras
import numpy as np
import pytest
from keras import layers
from keras_oracle import BACKEND, differentiate, evaluate

from seqlearn.cells import ACTIVATIONS, Bidirectional, from_keras

TIMESTEPS, FEATURES, UNITS = 3, 4, 5

KINDS = {
    "SimpleRNN": (layers.SimpleRNN, {}),
    "LSTM": (layers.LSTM, {}),
    "GRU": (layers.GRU, {"reset_after": True}),
    "GRU, reset before": (layers.GRU, {"reset_after": False}),
}
MERGE_MODES = ["concat", "sum", "mul", "ave", None]

# One sequence with each kind of mask, and all of them again from another initial state.
MASKS = {
    "none": [1, 1, 1],
    "left": [0, 0, 1],
    "right": [1, 1, 0],
    "in the middle": [1, 0, 1],
    "at both ends": [0, 1, 0],
    "all": [0, 0, 0],
}
MASK = np.array([*MASKS.values()] * 2, dtype=bool)
BATCH = len(MASK)


def random_batch(states, dtype="float32"):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(BATCH, TIMESTEPS, FEATURES))
    start = rng.normal(size=(states, BATCH, UNITS))
    start[:, : BATCH // 2] = 0
    return x.astype(dtype), [*start.astype(dtype)]


def build(kind, bidirectional=False, dtype="float32", seed=5, **options):
    """Make a layer that returns all it can, with random weights."""
    layer_class, form = KINDS[kind]
    options = {"return_sequences": True, "return_state": True, **options, **form}
    layer = layer_class(UNITS, dtype=dtype, **options)
    if bidirectional:
        layer = layers.Bidirectional(layer, dtype=dtype)
    layer.build((None, TIMESTEPS, FEATURES))
    randomise(layer, seed)
    return layer


def randomise(layer, seed=5, scale=0.25):
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.normal(0, scale, size=w.shape) for w in layer.get_weights()])


def count_states(kind):
    return 2 if kind == "LSTM" else 1


def random_weights(values):
    """Weights of a loss that is averaged over the batch, as losses are."""
    rng = np.random.default_rng(11)
    return [rng.normal(0, 1 / BATCH, size=value.shape).astype(value.dtype) for value in values]


def results_of(cell, trace, last=False):
    """What Keras would return, flat: outputs, then states."""
    outputs = trace.last if last else trace.h
    return [*(outputs if isinstance(outputs, tuple) else [outputs]), *trace.final_state]


def weights_of(gradients):
    parts = [gradients] if hasattr(gradients, "kernel") else [gradients.forward, gradients.backward]
    found = []
    for part in parts:
        found += [part.kernel, part.recurrent_kernel, part.bias]
    return [gradient for gradient in found if gradient is not None]


def differences(layer, x, start=None, mask=None, last=False):
    """Largest difference between a layer and its cell, for each thing compared."""
    unstarted = shows_initial_state(layer, start, mask)

    def weigh(values):
        weights = random_weights(values)
        if unstarted is not None:
            weights[0][unstarted[:, -1] if last else unstarted] = 0
        return weights

    keras_result = differentiate(layer, weigh, x, start, mask)
    if unstarted is not None:
        keras_result.values[0][unstarted[:, -1] if last else unstarted] = 0
    cell = from_keras(layer)
    trace = cell.run(x, start, mask)
    results = results_of(cell, trace, last)
    weights = weigh(results)
    outputs = len(results) - len(trace.final_state)
    grad_h = weights[0] if outputs == 1 else tuple(weights[:outputs])
    gradients = cell.backward(trace, grad_h, weights[outputs:])
    pairs = {
        "outputs": (results[:outputs], keras_result.values[:outputs]),
        "states": (results[outputs:], keras_result.values[outputs:]),
        "gradient at inputs": ([gradients.inputs], [keras_result.inputs]),
        "gradients at weights": (weights_of(gradients), keras_result.weights),
    }
    if start is not None:
        pairs["gradients at states"] = (gradients.initial_state, keras_result.initial_state)
    found = {}
    for name, (ours, theirs) in pairs.items():
        assert [a.shape for a in ours] == [b.shape for b in theirs], name
        assert {a.dtype for a in ours} == {x.dtype}, name
        found[name] = max(np.abs(a - b).max() for a, b in zip(ours, theirs, strict=True))
    return found


def shows_initial_state(layer, start, mask):
    """Where this backend shows the initial state in place of zeros: see from_keras."""
    loops_in_jax = BACKEND == "jax" and not getattr(layer, "unroll", True)
    if not loops_in_jax or start is None or mask is None:
        return None
    return ~np.logical_or.accumulate(mask[:, ::-1] if layer.go_backwards else mask, axis=1)


def require_small(found, limit=1e-5):
    assert max(found.values()) <= limit, found


def activation_pairs(kind):
    """Each activation in each place, the other place holding its default."""
    pairs = [(name, "sigmoid") for name in ACTIVATIONS]
    if kind != "SimpleRNN":
        pairs += [("tanh", name) for name in ACTIVATIONS if name != "sigmoid"]
    return pairs


def set_activations(layer, pair):
    parts = [layer]
    if isinstance(layer, layers.Bidirectional):
        parts = [layer.forward_layer, layer.backward_layer]
    for part in parts:
        part.cell.activation = keras.activations.get(pair[0])
        if hasattr(part.cell, "recurrent_activation"):
            part.cell.recurrent_activation = keras.activations.get(pair[1])
    # An exponential of an exponential soon leaves the range of numbers, so it starts low.
    randomise(layer, scale=0.05 if "exponential" in pair else 0.25)


# --- every combination ----------------------------------------------------------------------
# Layers are unrolled, which computes the same in a fraction of the time; the loops have their
# own tests below. Each batch holds every kind of mask, with a zero initial state and another.

# JAX is much slower at such small things. There each activation meets one direction and one
# merge mode, and the tests below go through all of those with Keras's default activations.
EVERY = BACKEND != "jax"
# On PyTorch Keras 3.15 raises at a mask in a layer that is unrolled backwards.
UNROLL = BACKEND != "torch"


@pytest.mark.slow
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_every_activation_and_direction(kind, use_bias):
    layer = build(kind, use_bias=use_bias, unroll=UNROLL)
    x, start = random_batch(count_states(kind))
    for index, pair in enumerate(activation_pairs(kind)):
        set_activations(layer, pair)
        for layer.go_backwards in (False, True) if EVERY else (index % 2 == 0,):
            require_small(differences(layer, x, start, MASK))
            if EVERY:
                require_small(differences(layer, x))


@pytest.mark.slow
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_every_activation_and_merge_mode(kind, use_bias):
    layer = build(kind, True, use_bias=use_bias, unroll=UNROLL, return_sequences=False)
    x, start = random_batch(2 * count_states(kind))
    x, mask = x[:, 1:], MASK[:, 1:]  # two steps are enough to be masked left, right and all
    for index, pair in enumerate(activation_pairs(kind)):
        set_activations(layer, pair)
        for layer.merge_mode in MERGE_MODES if EVERY else (MERGE_MODES[index % 5],):
            require_small(differences(layer, x, start, mask, last=True))


# --- the loop that Keras runs by default ----------------------------------------------------


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_looping_layers(kind, return_sequences, go_backwards, use_bias):
    layer = build(
        kind, return_sequences=return_sequences, go_backwards=go_backwards, use_bias=use_bias
    )
    x, start = random_batch(count_states(kind))
    for mask in (None, MASK):
        for state in (None, start):
            require_small(differences(layer, x, state, mask, last=not return_sequences))


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("merge_mode", MERGE_MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_looping_layers_in_both_directions(kind, merge_mode, use_bias):
    x, start = random_batch(2 * count_states(kind))
    for return_sequences in (False, True):
        layer = build(kind, True, return_sequences=return_sequences, use_bias=use_bias)
        layer.merge_mode = merge_mode
        require_small(differences(layer, x, None, None, last=not return_sequences))
        if BACKEND == "jax" and not return_sequences:
            start = None  # an all-masked row shows the initial state there: see from_keras
        require_small(differences(layer, x, start, MASK, last=not return_sequences))


@pytest.mark.slow
@pytest.mark.skipif(not EVERY, reason="too slow there; the unrolled layers are compared")
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_looping_layers_in_both_directions_with_every_activation(kind, use_bias):
    layer = build(kind, bidirectional=True, use_bias=use_bias)
    x, start = random_batch(2 * count_states(kind))
    for index, pair in enumerate(activation_pairs(kind)):
        set_activations(layer, pair)
        layer.merge_mode = MERGE_MODES[index % len(MERGE_MODES)]
        require_small(differences(layer, x, start, MASK))


@pytest.mark.skipif(BACKEND != "tensorflow", reason="Keras rounds to float32 on the way there")
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_in_double_precision_to_the_last_digits(kind, bidirectional):
    layer = build(kind, bidirectional, dtype="float64")
    x, start = random_batch((1 + bidirectional) * count_states(kind), "float64")
    require_small(differences(layer, x, start, MASK), limit=1e-12)


def test_what_is_shown_before_the_first_real_step():
    layer = build("GRU")
    x, (start,) = random_batch(1)
    start = start + 1
    shown, state = evaluate(layer, x[:1], [start[:1]], np.zeros((1, TIMESTEPS), bool))
    np.testing.assert_allclose(state, start[:1], rtol=1e-6)
    expected = start[:1] if BACKEND == "jax" else np.zeros((1, UNITS))
    np.testing.assert_allclose(shown[0], np.repeat(expected, TIMESTEPS, axis=0), rtol=1e-6)


@pytest.mark.skipif(not UNROLL, reason="an error there")
def test_why_bidirectional_is_not_converted_when_unrolled():
    looping = build("GRU", bidirectional=True)
    unrolled = build("GRU", bidirectional=True, unroll=True)
    x, _ = random_batch(2)
    right, wrong = (evaluate(layer, x, None, MASK) for layer in (looping, unrolled))
    np.testing.assert_allclose(wrong[1], right[1], atol=1e-6)  # the states are the same
    assert np.abs(wrong[0] - right[0]).max() > 0.1


# --- gradients at every step ----------------------------------------------------------------


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_gradient_at_the_states_of_every_step(kind, masked):
    """Start Keras anew from the state after step t: ∂L/∂h_t is what reaches that start."""
    layer = build(kind, unroll=True)
    x, start = random_batch(count_states(kind))
    mask = MASK if masked else np.ones_like(MASK)
    cell = from_keras(layer)
    trace = cell.run(x, start, mask)
    weights = random_weights([trace.h])[0]
    gradients = cell.backward(trace, weights)
    for t in range(TIMESTEPS - 1):
        upto = cell.run(x[:, : t + 1], start, mask[:, : t + 1])
        rest = slice(t + 1, None)
        # In the second part alone, an output before a real step would be zero; in the whole
        # it repeats h_t, unless that is not shown either.
        begun = mask[:, : t + 1].any(axis=1)
        repeats = begun[:, None] & ~np.logical_or.accumulate(mask[:, rest], axis=1)
        passed = np.where(repeats[..., None], weights[:, rest], 0).sum(axis=1)

        def weigh(values, rest=rest):
            return [weights[:, rest], *map(np.zeros_like, values[1:])]

        result = differentiate(layer, weigh, x[:, rest], [*upto.final_state], mask[:, rest])
        at_output = np.where(begun[:, None], weights[:, t], 0)
        expected = result.initial_state[0] + passed + at_output
        np.testing.assert_allclose(gradients.h[:, t], expected, atol=1e-5)
        if kind == "LSTM":
            # c_t also acts through h_t = o_t tanh(c_t), where step t is real.
            slope = upto.output_gate[:, t] * (1 - np.tanh(upto.c[:, t]) ** 2)
            through_h = np.where(mask[:, t, None], expected * slope, 0)
            expected_c = result.initial_state[1] + through_h
            np.testing.assert_allclose(gradients.c[:, t], expected_c, atol=1e-5)


# --- models ---------------------------------------------------------------------------------


def test_a_stacked_model_layer_by_layer():
    keras.utils.set_random_seed(2)
    model = keras.Sequential(
        [
            keras.Input((TIMESTEPS, FEATURES)),
            layers.Masking(mask_value=0.0),
            layers.Bidirectional(layers.GRU(4, return_sequences=True), merge_mode="mul"),
            layers.LSTM(6, return_sequences=True, dropout=0.5, recurrent_dropout=0.5),
            layers.SimpleRNN(5, return_sequences=True, activation="relu"),
            layers.Bidirectional(layers.LSTM(3)),
            layers.Dense(2),
        ]
    )
    x, _ = random_batch(1)
    x = np.where(MASK[..., np.newaxis], x, 0)
    h = x
    *recurrent, dense = model.layers[1:]
    for layer in recurrent[:-1]:
        h = from_keras(layer).run(h, mask=MASK).h
    kernel, bias = dense.get_weights()
    logits = from_keras(recurrent[-1]).run(h, mask=MASK).last @ kernel + bias
    np.testing.assert_allclose(logits, model.predict(x, verbose=0), atol=1e-5)


def test_different_cells_in_the_two_directions():
    layer = layers.Bidirectional(
        layers.LSTM(3, return_sequences=True),
        backward_layer=layers.GRU(5, return_sequences=True, go_backwards=True),
    )
    layer.build((None, TIMESTEPS, FEATURES))
    x, _ = random_batch(1)
    require_small(differences_in_values(layer, x, MASK))


def differences_in_values(layer, x, mask):
    (theirs,) = evaluate(layer, x, mask=mask)
    return {"outputs": np.abs(from_keras(layer).run(x, mask=mask).h - theirs).max()}


def test_the_cell_keeps_the_weights_it_was_made_with():
    layer = build("LSTM")
    cell = from_keras(layer)
    before = cell.kernel.copy()
    layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])
    np.testing.assert_array_equal(cell.kernel, before)


@pytest.mark.parametrize(
    "options",
    [
        {"dropout": 0.5, "recurrent_dropout": 0.3},
        {"return_sequences": False, "return_state": False},
        {"unroll": True},
        {"trainable": False},
        {"kernel_regularizer": "l2"},
        {"activation": None},
    ],
    ids=str,
)
def test_options_that_change_no_number(options):
    plain = build("GRU", **({"activation": "linear"} if "activation" in options else {}))
    layer = build("GRU", **options)
    layer.set_weights(plain.get_weights())
    x, _ = random_batch(1)
    ours = from_keras(layer).run(x)
    np.testing.assert_allclose(ours.h, evaluate(plain, x)[0], atol=1e-5)
    assert ours.h.shape == (BATCH, TIMESTEPS, UNITS)


def test_activations_are_found_however_they_are_given():
    assert from_keras(build("LSTM", activation="swish")).activation == "silu"
    assert from_keras(build("LSTM", activation=keras.activations.relu)).activation == "relu"
    assert from_keras(build("LSTM", activation=keras.ops.tanh)).activation == "tanh"
    assert from_keras(build("SimpleRNN", activation=None)).activation == "linear"


# --- what can't be converted ----------------------------------------------------------------


def tanh(a):
    """A function of somebody's own that bears the name of one of Keras's."""
    return a


REFUSED = [
    (
        lambda: build("GRU", bidirectional=True, unroll=True),
        ValueError,
        "^forward_layer: unroll=True: .* make the layers without it",
    ),
    (lambda: layers.Dense(2), TypeError, "one of SimpleRNN, LSTM, GRU, Bidirectional; got Dense"),
    (
        lambda: keras.Sequential([keras.Input((3, 4)), layers.LSTM(2)]),
        TypeError,
        "got Sequential: for a model, convert its layers one by one",
    ),
    (lambda: layers.RNN(layers.LSTMCell(2)), TypeError, "got RNN"),
    (lambda: layers.LSTM(2), ValueError, r"has no weights yet: call it on data first"),
    (lambda: layers.Bidirectional(layers.LSTM(2)), ValueError, "^forward_layer: layer: .* no wei"),
    (lambda: build("GRU", zero_output_for_mask=True), ValueError, "^zero_output_for_mask=True: a"),
    (lambda: stateful(), ValueError, "^stateful=True: .* hand trace.final_state on"),
    (lambda: build("LSTM", activation="gelu"), ValueError, "^activation: .*; got 'gelu' of keras"),
    (
        lambda: build("LSTM", activation=tanh),
        ValueError,
        "^activation: .*; got 'tanh' of .*test_c",
    ),
    (
        lambda: build("LSTM", recurrent_activation="softmax"),
        ValueError,
        "^recurrent_activation: expected one of Keras's linear, tanh, .*; got 'softmax'",
    ),
    (
        lambda: build("LSTM", activation=layers.LeakyReLU(0.3)),
        ValueError,
        "^activation: .*; got 'LeakyReLU'",
    ),
    (
        lambda: build("LSTM", bidirectional=True, activation="mish"),
        ValueError,
        "^forward_layer: activation: .*; got 'mish'",
    ),
    (
        lambda: build("GRU", dtype="mixed_bfloat16"),
        ValueError,
        "^dtype: expected a layer that computes in float32 or float64; got bfloat16",
    ),
    (lambda: backwards_pair(), ValueError, "^forward: expected a cell with go_backwards=False"),
]


def stateful():
    layer = layers.LSTM(2, stateful=True)
    layer.build((5, 3, 4))
    return layer


def backwards_pair():
    layer = layers.Bidirectional(
        layers.GRU(2, go_backwards=True), backward_layer=layers.GRU(2, go_backwards=False)
    )
    layer.build((None, 3, 4))
    return layer


@pytest.mark.parametrize(("make", "error", "message"), REFUSED, ids=[m for _, _, m in REFUSED])
def test_what_cannot_be_converted_is_refused_by_name(make, error, message):
    with pytest.raises(error) as caught:
        from_keras(make())
    assert re.search(message, str(caught.value)), str(caught.value)


def test_a_class_of_ones_own_is_not_taken_for_keras():
    class LSTM(layers.LSTM):
        pass

    with pytest.raises(TypeError, match=r"expected a Keras 3 layer.*got LSTM"):
        from_keras(LSTM(2))


def test_the_pair_keeps_its_mode():
    layer = build("GRU", bidirectional=True)
    layer.merge_mode = "ave"
    cell = from_keras(layer)
    assert isinstance(cell, Bidirectional)
    assert cell.merge_mode == "ave"
    assert cell.backward_cell.go_backwards
