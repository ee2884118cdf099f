"""What the chapter on variable length says of Keras, held against Keras itself."""

import warnings

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from seqlearn.exercises import variable_length

ROWS = st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=3)


@given(mask=ROWS)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_cudnn_takes_what_keras_lets_through(mask):
    """Keras's own check needs no GPU; it is private, so the exercise has its own."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("the check belongs to the TensorFlow backend")
    import tensorflow as tf
    from keras.src.backend.tensorflow.rnn import _assert_valid_mask

    mask = np.array(mask)
    try:
        _assert_valid_mask(tf.constant(mask))
        accepted = True
    except tf.errors.InvalidArgumentError:
        accepted = False
    assert variable_length._cudnn_takes(mask) == accepted


def test_the_keepers_of_the_mask_keep_it():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not support masking")
        e = layers.Embedding(9, 8, mask_zero=True)(keras.Input((None,), dtype="int32"))
        read = layers.GRU(8, return_sequences=True)(e)
        outputs = (
            layers.Dense(8)(e),
            layers.Reshape((-1, 8))(e),
            2 * e,
            layers.Dropout(0.5)(e),
            layers.GRU(8)(e),
            layers.Concatenate()([e, read]),
        )
    carries = tuple(getattr(output, "_keras_mask", None) is not None for output in outputs)
    assert carries == variable_length._KEEPERS


@pytest.mark.parametrize("name", ["Reshape", "Flatten", "Conv1D", "MaxPooling1D", "Lambda"])
def test_the_layers_that_the_chapter_names_drop_the_mask_with_a_warning(name):
    made = {
        "Reshape": lambda: layers.Reshape((-1, 8)),
        "Flatten": layers.Flatten,
        "Conv1D": lambda: layers.Conv1D(8, 1),
        "MaxPooling1D": lambda: layers.MaxPooling1D(1),
        "Lambda": lambda: layers.Lambda(lambda x: x),
    }[name]()
    e = layers.Embedding(9, 8, mask_zero=True)(keras.Input((5,), dtype="int32"))
    with pytest.warns(UserWarning, match="does not support masking"):
        assert getattr(made(e), "_keras_mask", None) is None
