"""Shapes: sequences pass as they are, and what is wrong is named in a learner's words."""

import re
from decimal import Decimal

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from seqlearn import checks, diagnostics, training
from seqlearn.checks import error_message, require_fits, require_sequences


@settings(derandomize=True, max_examples=30, deadline=None)
@given(st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4)))
def test_sequences_pass_as_they_are(shape):
    x = np.zeros(shape)
    assert require_sequences(x) is x
    assert require_sequences(x, features=shape[2]) is x
    assert require_sequences(x.tolist()).shape == shape


@pytest.mark.parametrize(
    ("shape", "features", "words"),
    [
        ((128, 28), None, "did you forget the features axis (x[..., np.newaxis]), or is this a"),
        ((128, 28), 28, "got (128, 28): is this a single sequence (x[np.newaxis])?"),
        ((128, 28), 1, "got (128, 28): did you forget the features axis"),
        ((128, 28), 5, "got (128, 28)"),
        ((24,), None, "got (24,): a single series of numbers needs x[np.newaxis, :, np.newaxis]"),
        ((2, 8, 8, 3), None, "got (2, 8, 8, 3): there is an axis too many"),
        ((), None, "expected (batch, timesteps, features); got ()"),
        ((9, 3, 8), 3, "expected (batch, timesteps, 3); got (9, 3, 8): are timesteps and features"),
        ((9, 4, 8), 3, "expected (batch, timesteps, 3); got (9, 4, 8)"),
    ],
)
def test_a_wrong_shape_is_named(shape, features, words):
    with pytest.raises(ValueError, match=re.escape("x: expected (batch, timesteps")) as raised:
        require_sequences(np.zeros(shape), features=features)
    assert words in str(raised.value)


def test_the_repair_that_the_message_names_works():
    flat = np.zeros((6, 4))
    for repaired in (flat[..., np.newaxis], flat[np.newaxis]):
        assert require_sequences(repaired) is repaired
    series = np.zeros(6)
    assert require_sequences(series[np.newaxis, :, np.newaxis]).shape == (1, 6, 1)


def test_sequences_of_different_lengths_are_told_apart():
    with pytest.raises(ValueError, match=r"inputs: .* got list: do the sequences differ in length"):
        require_sequences([[[1.0], [2.0]], [[3.0]]], name="inputs")
    with pytest.raises(ValueError, match=r"expected an array \(batch, 5\); got list: do the seq"):
        require_fits([[1, 2, 3, 4, 5], [6, 7]], reader(words=True))


def reader(words=False):
    first = [keras.Input((5,)), keras.layers.Embedding(9, 3)] if words else [keras.Input((None, 3))]
    return keras.Sequential([*first, keras.layers.LSTM(2)])


@pytest.mark.parametrize(
    ("words", "shape", "told"),
    [
        (False, (6, 4), "x: expected (batch, timesteps, features); got (6, 4)"),
        (False, (6, 3), "is this a single sequence (x[np.newaxis])?"),
        (False, (6, 3, 4), "(batch, timesteps, 3); got (6, 3, 4): are timesteps and features"),
        (True, (6, 5, 3), "got (6, 5, 3): is there a features axis too many?"),
        (
            True,
            (5,),
            "x: expected (batch, 5), what the model was built for; got (5,): is the batch",
        ),
    ],
)
def test_what_does_not_fit_a_model_is_told_in_words(words, shape, told):
    model, x = reader(words), np.zeros(shape)
    with pytest.raises(ValueError, match=re.escape(told)):
        require_fits(x, model)
    with pytest.raises(ValueError, match=re.escape(told)):
        training.accuracy(model, x, np.zeros(len(x)))
    if x.ndim > 1:
        with pytest.raises(ValueError, match=re.escape(told)):
            diagnostics.gate_activations(model, x)


def test_what_fits_a_model_passes():
    require_fits(np.zeros((6, 4, 3)), reader())
    require_fits(np.zeros((6, 5)), reader(words=True))
    require_fits(np.zeros((6, 4)), reader(words=True))  # Keras reads words of any number, too
    fixed = keras.Sequential([keras.Input((4, 3)), keras.layers.LSTM(2)])
    require_fits(np.zeros((6, 5, 3)), fixed)


def test_features_without_steps_have_to_be_as_many_as_the_model_was_built_for():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    require_fits(np.zeros((6, 3)), model)
    with pytest.raises(ValueError, match=r"x: expected \(batch, 3\), what the .* got \(6, 4\)$"):
        training.accuracy(model, np.zeros((6, 4)), np.zeros(6))
    require_fits(np.zeros((6, 4)), keras.Sequential([keras.Input((None,)), *reader(True).layers]))


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(("word", "got"), [(9, "9.0"), (-1, "-1.0"), (2.5, "2.5")])
def test_a_word_that_the_model_has_no_vector_for_is_named(word, got, inside):
    model, x = reader(words=True), np.zeros((2, 5))
    model = keras.Sequential([keras.Input((5,)), model]) if inside else model
    require_fits(x + 8, model)
    x[1, 3] = word
    message = f"from 0 to 8; got {re.escape(got)} at position " + re.escape("(1, 3)")
    with pytest.raises(ValueError, match=f"x: expected words as whole numbers {message}"):
        training.accuracy(model, x, [0, 1])
    ends = {"padding": "before", "truncating": "before"}
    with pytest.raises(ValueError, match="sequences: expected words as whole numbers from 0 to 8"):
        training.predict_sequences(model, list(x), **ends)


def test_pictures_have_to_have_the_size_of_the_model():
    model = keras.Sequential([keras.Input((None, 8, 1)), keras.layers.Conv2D(2, 3)])
    require_fits(np.zeros((6, 4, 8, 1)), model)
    with pytest.raises(ValueError, match=r"x: expected \(batch, timesteps, 8, 1\), what the model"):
        require_fits(np.zeros((6, 4, 9, 1)), model)


def test_a_model_with_several_inputs_is_let_through():
    one, two = keras.Input((4, 3)), keras.Input((4, 3))
    require_fits(np.zeros(1), keras.Model([one, two], keras.layers.Add()([one, two])))


def test_keras_complains_in_one_line():
    x = np.zeros((4, 24), dtype="float32")
    said = error_message(lambda: keras.layers.LSTM(8, name="reader")(x))
    assert said.endswith("expected ndim=3, found ndim=2. Full shape received: (4, 24)")
    assert "\n" not in said


def test_what_says_nothing_to_a_reader_is_left_out():
    model = keras.Sequential([keras.Input((24, 2)), keras.layers.LSTM(8)])
    assert error_message(lambda: model(np.full((24, 2), 7.0, dtype="float32"))) == (
        "Invalid input shape. Expected shape (None, 24, 2), but input has incompatible shape "
        "(24, 2)"
    )
    swapped = np.zeros((4, 2, 24), dtype="float32")
    said = error_message(lambda: model.predict(swapped, verbose=0))
    assert "24" in said
    assert "\n" not in said
    assert "node" not in said


def test_other_errors_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        error_message(lambda: 1 / 0)
    assert error_message(lambda: None) == "no error"


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), np.array(3)])
def test_whatever_numpy_calls_a_whole_number_is_one(value):
    number = checks.require_whole_number(value, "units")
    assert (number, type(number)) == (3, int)


@pytest.mark.parametrize(
    "value", [True, np.True_, 3.0, np.float32(3), "3", None, [3], np.array([3])]
)
def test_what_is_no_whole_number_is_refused_by_name(value):
    with pytest.raises(TypeError, match=r"units: expected a whole number of at least 1; got "):
        checks.require_whole_number(value, "units")


def test_whole_numbers_keep_to_their_limits():
    assert checks.require_whole_number(-5, "shift", at_least=None) == -5
    with pytest.raises(
        ValueError, match=r"seed: expected .* of at least 0 and of at most 9; got 10"
    ):
        checks.require_whole_number(10, "seed", at_least=0, at_most=9)


@pytest.mark.parametrize("value", [0, 0.25, np.float32(0.25), np.array(0.25)])
def test_shares_are_numbers_of_python_and_numpy(value):
    assert checks.require_share(value, "dropout") == float(value)


@pytest.mark.parametrize(
    ("value", "error"),
    [(1, ValueError), (-0.1, ValueError), (float("nan"), ValueError), (True, TypeError),
     ("0.5", TypeError), (None, TypeError), ([0.5], TypeError), (0.5j, TypeError)],
)  # fmt: skip
def test_what_is_no_share_is_refused_by_name(value, error):
    with pytest.raises(error, match="dropout: expected a share from 0 up to 1"):
        checks.require_share(value, "dropout")
    assert checks.require_share(1, "share", one=True) == 1.0


@pytest.mark.parametrize("value", ["lstm", "", None, 1, ["LSTM"], np.array(["LSTM", "GRU"])])
def test_another_word_is_refused_with_those_there_are(value):
    with pytest.raises(ValueError, match="cell: expected one of 'LSTM', 'GRU'; got "):
        checks.require_choice(value, "cell", ("LSTM", "GRU"))


def test_a_share_may_have_to_lie_between_the_ends():
    assert checks.require_share(0.5, "level", zero=False) == 0.5
    with pytest.raises(ValueError, match=r"between 0 and 1 \(neither included\); got 0"):
        checks.require_share(0, "level", zero=False)


@pytest.mark.parametrize(
    "x",
    [
        [1, 2], (1.0, 2.0), np.array([1, 2], "uint8"), np.array([1, 2], object), range(1, 3),
        pd.Series([1, 2], index=[7, 0]), pd.Series([1, 2], dtype="Int64"), np.ma.array([1, 2]),
        tf.constant([1, 2]), iter([1, 2]), (n for n in (1, 2)), [np.float16(1), np.int8(2)],
    ],
    ids=lambda x: type(x).__name__,
)  # fmt: skip
def test_numbers_come_in_many_containers(x):
    found = checks.require_numbers(x, "values")
    assert found.dtype == np.float64
    assert found.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        ([1.0, np.nan], ValueError, "a finite number at every position; got nan at position 1"),
        ([1, None], ValueError, "got None at position 1"),
        ([[1, 2], [np.inf, 3]], ValueError, r"got inf at position \(1, 0\)"),
        (pd.Series([1, None, 2], dtype="Int64"), ValueError, "got (<NA>|nan) at position 1"),
        (np.ma.array([1, 2], mask=[0, 1]), ValueError, "got -- at position 1"),
        (["cat", "dog"], TypeError, "expected numbers; got cat at position 0"),
        ([1, "2"], TypeError, "expected numbers; got 2 at position 1"),
        ([1j], TypeError, "expected numbers; got 1j at position 0"),
        (np.array(["2020-01-01"], "datetime64[D]"), TypeError, "got 2020-01-01 at position 0"),
        ("text", TypeError, "expected numbers; got text"),
        ([[1, 2], [3]], ValueError, "expected numbers; got lists of different lengths"),
    ],
)
def test_what_is_missing_or_no_number_is_named_with_its_position(x, error, words):
    with pytest.raises(error, match=f"values: .*{words}"):
        checks.require_numbers(x, "values")


@pytest.mark.parametrize(
    "x",
    [
        [None, np.inf, 2],
        [float("nan"), np.inf, Decimal(2)],
        np.ma.array([5, np.inf, 2], mask=[1, 0, 0]),
    ],
)
def test_gaps_may_be_let_through_as_nan(x):
    np.testing.assert_array_equal(
        checks.require_numbers(x, "values", gaps=True), [np.nan, np.inf, 2]
    )


def test_masked_entries_are_refused_and_not_taken_for_numbers():
    with pytest.raises(ValueError, match=r"x: expected an array .*; got masked entries: fill them"):
        require_sequences(np.ma.masked_equal([[[1.0], [0.0]]], 0))


def test_a_masked_array_that_masks_nothing_is_an_array():
    assert require_sequences(np.ma.zeros((2, 3, 4))).shape == (2, 3, 4)


@pytest.mark.parametrize("x", ["text", b"bytes", bytearray(b"bytes"), memoryview(b"bytes"), 5])
def test_what_is_no_container_of_examples_is_refused(x):
    with pytest.raises(TypeError, match=rf"x: expected an array .*; got {type(x).__name__}"):
        checks.require_examples(x, "x")


@pytest.mark.parametrize("values", [[4, True, 5], (np.True_, 4), iter([4, False]), [[1], [True]]])
def test_truth_values_are_no_whole_numbers_among_others_either(values):
    with pytest.raises(TypeError, match=r"words: expected whole numbers .*; got .*(True|False)"):
        checks.require_whole_numbers(values, "words")


LARGE = [
    *(pd.Series(range(99)), pd.DataFrame({"a": range(99)}), sparse.csr_matrix(np.eye(30))),
    *(np.zeros((30, 30)), "film\n" * 99, [np.zeros((9, 9))]),
]


@pytest.mark.parametrize("value", LARGE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(
    "check",
    [
        lambda value: checks.require_whole_number(value, "x"),
        lambda value: checks.require_share(value, "x"),
        lambda value: checks.require_choice(value, "x", ["a"]),
        lambda value: checks.require_texts([value, 5], "x"),
        lambda value: checks.require_numbers([value, "x"], "x"),
        lambda value: checks.require_whole_numbers([value, None], "x"),
    ],
)
def test_what_is_large_is_shown_in_one_short_line(check, value):
    with pytest.raises((TypeError, ValueError), match=r"^x: expected ") as raised:
        check(value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 180


@pytest.mark.parametrize(
    "x", [["1", "2"], [1j, 2], np.array(["2020"], "datetime64[Y]"), pd.Series([1, 2], dtype=object)]
)
def test_what_keras_can_not_read_as_numbers_is_refused_before_it(x):
    with pytest.raises(TypeError, match="y: expected numbers; got dtype"):
        checks.require_examples(x, "y")


@pytest.mark.parametrize("wrong", [None, np.nan, 5, np.int64(5), iter([5])])
def test_an_example_that_is_no_sequence_is_named(wrong):
    with pytest.raises(TypeError, match=r"sequences: expected a sequence in each .* at 1"):
        checks.require_examples([[4], wrong], "sequences", array=False)


def test_what_is_no_model_is_refused():
    with pytest.raises(TypeError, match="model: expected a Keras model; got str"):
        training.accuracy("model.keras", np.zeros((1, 2, 3)), [0])
    with pytest.raises(ValueError, match="x: expected numbers; got dtype <U1"):
        require_fits([[["a", "b", "c"]]], reader())


@pytest.mark.parametrize("seed", [0.5, "7", None, -1])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises((TypeError, ValueError), match="seed: expected a whole number"):
        training.ChangedBatches([1, 2], [0, 1], 1, lambda x, rng: x, seed)
    with pytest.raises((TypeError, ValueError), match="seed: expected a whole number"):
        training.BucketedBatches(
            [[1], [2]], [0, 1], 1, padding="before", truncating="before", seed=seed
        )


def test_an_embedding_of_a_part_of_the_input_asks_nothing_of_the_rest():
    x = keras.Input((None, 2))
    words = keras.layers.Embedding(9, 3)(x[..., 0])
    model = keras.Model(x, keras.layers.LSTM(2)(words))
    require_fits(np.full((6, 5, 2), [8, 0.25]), model)
