"""Coming from Keras 2: each old line says what the page says it does, and each new line runs."""

import json
import re
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest

PAGE = (Path(__file__).parents[1] / "book" / "keras2.md").read_text(encoding="utf-8")
SETUP, OLD_FILE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| `")
]


def code(cell):
    return re.search(r"`([^`]+)`", cell)[1]


@pytest.fixture
def names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(SETUP, names)
    return names


def answer(line, names, warns):
    """What Keras says to a line: its warnings, or the error."""
    if not warns:
        with pytest.raises(Exception) as error:  # noqa: PT011, for the page says which
            exec(line, names)
        return str(error.value)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec(line, names)
    return " ".join(str(warning.message) for warning in caught)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: code(row[0]))
def test_a_line_of_the_page_is_what_keras_says_and_what_helps(row, names):
    old, said, new = row
    assert code(said) in answer(code(old), names, warns="a warning" in said).replace("`", "")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        exec(code(new), names)


def test_the_page_has_what_readers_bring_along():
    for word in (
        *("batch_input_shape", "time_major", "input_length", ".h5", "Tokenizer", "pad_sequences"),
        *("reset_states", "CuDNNLSTM", "recurrent_activation", "hard_sigmoid", "implementation"),
        *("predict_classes", "fit_generator"),
    ):
        assert word in PAGE
    assert len(ROWS) >= 25


def test_new_lines_give_what_old_ones_gave(names):
    keras, layers, x = names["keras"], names["layers"], names["x"]
    assert keras.Sequential(
        [keras.Input(batch_shape=(8, 5, 3)), layers.LSTM(4, stateful=True)]
    ).input_shape == (8, 5, 3)
    assert names["ops"].transpose(x, (1, 0, 2)).shape == (5, 8, 3)
    assert keras.utils.to_categorical([0, 2]).tolist() == [[1, 0, 0], [0, 0, 1]]
    # As the page says of its defaults: it pads and cuts at the beginning.
    assert keras.utils.pad_sequences([[1], [2, 3, 4]], 2).tolist() == [[0, 1], [3, 4]]


def test_an_old_file_is_read_as_the_page_says(names):
    keras, layers = names["keras"], names["layers"]
    old = keras.Sequential([keras.Input((5, 3)), layers.LSTM(4), layers.Dense(1)])
    old.compile("adam", "mse")
    old.save("old.h5")
    with pytest.raises(ValueError, match="Could not deserialize"):  # the short word of the loss
        keras.models.load_model("old.h5")
    with h5py.File("old.h5", "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][1]["config"]["time_major"] = False
        file.attrs["model_config"] = json.dumps(config)
    said = "Unrecognized keyword arguments passed to LSTM: {'time_major': False}"
    assert said in PAGE
    with pytest.raises(ValueError, match=re.escape(said)):
        keras.models.load_model("old.h5", compile=False)
    exec(OLD_FILE, names)
    x = np.random.default_rng(0).normal(size=(2, 5, 3))
    np.testing.assert_allclose(names["model"](x), old(x), atol=1e-6)


def test_what_changes_in_silence(names):
    keras, layers, ops = names["keras"], names["layers"], names["ops"]
    assert layers.LSTM(4).get_config()["recurrent_activation"] == "sigmoid"
    assert layers.GRU(4).get_config()["reset_after"] is True
    at = np.array([-4.0, -1.0, 0.5, 4.0])
    hard = np.array(keras.activations.hard_sigmoid(at))
    np.testing.assert_allclose(hard, np.clip(at / 6 + 0.5, 0, 1), atol=1e-6)
    was = re.search(r"`(lambda a: ops.clip.*?)`", PAGE)[1]
    np.testing.assert_allclose(eval(was, {"ops": ops})(at), [0, 0.3, 0.6, 1])
    assert layers.LSTM(4, recurrent_activation=eval(was, {"ops": ops}))(names["x"]).shape == (8, 4)
    shapes = [
        [tuple(weight.shape) for weight in layer.weights]
        for layer in (layers.GRU(4), layers.GRU(4, reset_after=False))
        if layer.build((8, 5, 3)) is None
    ]
    assert shapes[0][:2] == shapes[1][:2]
    assert (shapes[0][2], shapes[1][2]) == ((2, 12), (12,))
    x = np.random.default_rng(0).normal(size=(2, 5, 3))
    outputs = []
    for implementation in (1, 2):
        layer = layers.LSTM(4, implementation=implementation)
        layer.build(x.shape)
        layer.set_weights([np.full(w.shape, 0.1 * (k + 1)) for k, w in enumerate(layer.weights)])
        outputs.append(np.array(layer(x)))
    np.testing.assert_allclose(*outputs, atol=1e-6)


def test_decay_only_warns_and_the_schedule_does_what_it_did(names):
    keras = names["keras"]
    with pytest.warns(UserWarning, match=r"`decay` is no longer supported and will be ignored"):
        optimizer = keras.optimizers.Adam(decay=1e-3)
    assert float(optimizer.learning_rate) == pytest.approx(0.001)
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.001, 1, 1e-3)
    for step in (0, 10, 1000):  # what Keras 2 did: rate / (1 + decay * updates)
        assert float(schedule(step)) == pytest.approx(0.001 / (1 + 1e-3 * step))
    keras.optimizers.Adam(learning_rate=schedule)
