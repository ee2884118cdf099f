"""Gate biases: what the layers get, what the formulas promise, what is refused."""

import re
import subprocess
import sys

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqlearn.cells import from_keras
from seqlearn.initializers import chrono_bias, gate_bias, time_scale

LAYERS = {"LSTM": keras.layers.LSTM, "GRU": keras.layers.GRU}


def built(cell, options, units=8, **more):
    # 8 units: a width that 4 divides, where a bias filled in two pieces would go unnoticed.
    layer = LAYERS[cell](units, **options, **more)
    layer.build((None, None, 3))
    return layer


def parts(layer):
    bias = keras.ops.convert_to_numpy(layer.cell.bias)
    if isinstance(layer, keras.layers.LSTM):
        return dict(zip("ifco", np.split(bias, 4), strict=True))
    summed = bias.sum(axis=0) if bias.ndim == 2 else bias
    return dict(zip("zrh", np.split(summed, 3), strict=True))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.floats(-20, 20))
def test_a_state_fades_to_one_part_in_e_after_its_time_scale(bias):
    kept = 1 / (1 + np.exp(-bias))
    assert kept ** time_scale(bias) == pytest.approx(np.exp(-1), rel=1e-6)


def test_a_cell_with_a_gate_bias_alone_fades_over_that_time_scale():
    # The oracle is the recurrence: all weights zero but the biases, and a state of 1.
    layer = built("LSTM", gate_bias("LSTM", 3.0))
    kernel, recurrent, bias = layer.get_weights()
    layer.set_weights([np.zeros_like(kernel), np.zeros_like(recurrent), bias])
    trace = from_keras(layer).run(
        np.zeros((1, 40, 3)), initial_state=[np.zeros((1, 8)), np.ones((1, 8))]
    )
    steps = np.arange(1, 41)
    np.testing.assert_allclose(
        trace.c[0], np.exp(-steps / time_scale(3.0))[:, None] * np.ones(8), rtol=1e-5
    )


def test_the_gate_bias_stands_in_the_gate_that_keeps_and_nowhere_else():
    lstm = parts(built("LSTM", gate_bias("LSTM", 5.0)))
    assert np.all(lstm.pop("f") == 5)
    assert not any(part.any() for part in lstm.values())
    gru = parts(built("GRU", gate_bias("GRU", 5.0)))
    assert np.all(gru.pop("z") == 5)
    assert not any(part.any() for part in gru.values())


@pytest.mark.parametrize("reset_after", [True, False])
def test_a_gru_with_the_bias_keeps_its_state(reset_after):
    layer = built("GRU", gate_bias("GRU", 20.0), reset_after=reset_after)
    state = np.linspace(-0.9, 0.9, 8)[None]
    trace = from_keras(layer).run(np.ones((1, 5, 3)), initial_state=state)
    np.testing.assert_allclose(trace.last, state, atol=1e-6)


@settings(derandomize=True, max_examples=30, deadline=None)
@given(st.integers(3, 5000), st.integers(0, 10_000))
def test_chrono_biases_lie_between_0_and_the_logarithm_of_the_longest(longest, seed):
    lstm = parts(built("LSTM", chrono_bias("LSTM", longest, seed)))
    assert lstm["f"].min() >= 0
    assert lstm["f"].max() <= np.log(longest - 1) + 1e-6
    np.testing.assert_array_equal(lstm["i"], -lstm["f"])
    assert not lstm["c"].any()
    assert not lstm["o"].any()


@pytest.mark.slow
def test_chrono_time_scales_are_spread_evenly():
    forget = parts(built("LSTM", chrono_bias("LSTM", 100, seed=3), units=4000))["f"]
    scales = np.exp(forget)
    for share in (0.25, 0.5, 0.75):
        assert np.quantile(scales, share) == pytest.approx(1 + 98 * share, abs=3)


def test_chrono_draws_anew_from_keras_s_generator_and_repeats_with_its_seed():
    keras.utils.set_random_seed(1)
    first, second = (parts(built("GRU", chrono_bias("GRU", 50)))["z"] for _ in range(2))
    assert not np.array_equal(first, second)
    keras.utils.set_random_seed(1)
    np.testing.assert_array_equal(first, parts(built("GRU", chrono_bias("GRU", 50)))["z"])
    with_seed = [parts(built("GRU", chrono_bias("GRU", 50, seed=4)))["z"] for _ in range(2)]
    np.testing.assert_array_equal(*with_seed)


OPTIONS = {
    "gate": {cell: gate_bias(cell, np.float32(2.5)) for cell in LAYERS},
    "chrono": {cell: chrono_bias(cell, 60) for cell in LAYERS},
    "seeded": {cell: chrono_bias(cell, np.int64(60), seed=np.int64(2)) for cell in LAYERS},
}


def model_with(cell, how):
    recurrent = LAYERS[cell](8, **OPTIONS[how][cell])
    return keras.Sequential([keras.Input((None, 3)), keras.layers.Bidirectional(recurrent)])


@pytest.mark.slow
def test_models_with_such_biases_are_loaded_in_a_new_session(tmp_path):
    for cell in LAYERS:
        for how in OPTIONS:
            model = model_with(cell, how)
            model.save(tmp_path / f"{cell}-{how}.keras")
            np.savez(tmp_path / f"{cell}-{how}.npz", *model.get_weights())
    code = """
import pathlib, sys
import seqlearn
seqlearn.start()
import keras
import numpy as np
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.keras")):
    model = keras.saving.load_model(path)
    saved = np.load(path.with_suffix(".npz"))
    assert all(map(np.array_equal, model.get_weights(), saved.values())), path
    assert len(saved) == 6
    print(path.stem)
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    expected = sorted(f"{cell}-{how}" for cell in LAYERS for how in OPTIONS)
    assert sorted(run.stdout.split()) == expected


@pytest.mark.parametrize("cell", LAYERS)
@pytest.mark.parametrize("how", OPTIONS)
def test_a_copy_draws_by_the_same_rule(cell, how):
    model = model_with(cell, how)
    for copy in (
        keras.models.clone_model(model),
        keras.Sequential.from_config(model.get_config()),
        keras.models.model_from_json(model.to_json()),
    ):
        theirs, ours = (m.layers[0].forward_layer for m in (copy, model))
        assert theirs.get_config()["bias_initializer"] == ours.get_config()["bias_initializer"]
        if how != "chrono":  # this one draws anew
            for part, other in zip(parts(theirs).values(), parts(ours).values(), strict=True):
                np.testing.assert_array_equal(part, other)


def test_both_directions_get_the_bias():
    layer = keras.layers.Bidirectional(keras.layers.LSTM(8, **gate_bias("LSTM", 4.0)))
    layer.build((None, None, 3))
    for direction in (layer.forward_layer, layer.backward_layer):
        assert np.all(parts(direction)["f"] == 4)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: gate_bias("SimpleRNN", 1.0), "cell: expected one of 'LSTM', 'GRU'; got"),
        (lambda: gate_bias("GRU", float("inf")), "keep: expected a finite number such as 5.0"),
        (lambda: chrono_bias("lstm", 9), "got 'lstm'"),
        (lambda: chrono_bias("LSTM", 2), "longest: expected a whole number of at least 3; got 2"),
        (lambda: chrono_bias("LSTM", 10.0), "got 10.0"),
        (lambda: chrono_bias("LSTM", 10, seed=0.5), "seed: expected a whole number; got 0.5"),
        (lambda: gate_bias("GRU", "5"), "keep: expected a finite number such as 5.0; got '5'"),
        (lambda: time_scale(float("nan")), "bias: expected a finite number such as 5.0; got nan"),
    ],
)
def test_what_is_refused(attempt, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        attempt()


def test_a_bias_of_another_type_of_layer_is_refused():
    with pytest.raises(ValueError, match="whole bias of a GRU layer"):
        built("LSTM", gate_bias("GRU", 1.0) | {"unit_forget_bias": False})


@pytest.mark.parametrize("bias", [np.uint8(1), np.int8(1), np.float32(1)])
def test_a_bias_may_be_any_number_of_numpy(bias):
    assert time_scale(bias) == pytest.approx(time_scale(1))
