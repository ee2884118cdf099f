"""Exercises: right answers pass, wrong ones are named, the solution never shows."""

import functools
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqlearn.exercises import EXERCISES, check, mnist_rows
from seqlearn.exercises.judging import (
    NotAnAnswer,
    Verdict,
    call_on,
    describe,
    judge,
    read_whole_number,
)


def last_change(probs):
    """A solution written another way than the module's own."""
    leaders = np.argmax(probs, axis=1)
    changed = np.flatnonzero(leaders != leaders[-1])
    return changed[-1] + 2 if len(changed) else 1


RIGHT = {
    "mnist-two-rows": [
        lambda x: x.reshape(len(x), x.shape[1] // 2, -1),
        lambda x: x.reshape(-1, 14, 56),
        lambda x: np.concatenate([x[:, ::2], x[:, 1::2]], axis=-1),
        lambda x: x.reshape(-1, 4, 16),  # written for the embedded digits
    ],
    "mnist-columns": [
        lambda x: x.transpose(0, 2, 1),
        lambda x: np.stack([x[:, :, i] for i in range(x.shape[2])], axis=1),
    ],
    "mnist-parameters": [36096, np.int64(36096), 36096.0, np.array(36096)],
    "mnist-return-sequences": [[True, True, False], (True, True, False), np.array([1, 1, 0]) > 0],
    "mnist-reads-until": [last_change],
}

# A wrong answer and words of the message that must meet it.
WRONG = {
    "mnist-two-rows": [
        (lambda x: x, "still one row"),
        (lambda x: x.reshape(len(x), 56, 14), "changed places"),
        (lambda x: x.reshape(len(x), 14, 56).swapaxes(1, 2), "changed places"),
        (lambda x: x.reshape(-1, 56), "run together"),
        (lambda x: x.reshape(1, -1, 56), "run together"),
        (lambda x: x[0].reshape(14, 56), "batch axis is gone"),
        (lambda x: x.reshape(len(x), -1), "another number of axes"),
        (lambda x: x.reshape(len(x), 14, 2, 28), "another number of axes"),
        (lambda x: x[:, ::2], "gone, or averaged"),
        (lambda x: (x[:, ::2] + x[:, 1::2]) / 2, "gone, or averaged"),
        (lambda x: np.concatenate([x[:, :14], x[:, 14:]], axis=-1), "half a picture apart"),
        (lambda x: x.reshape(-1, 14, 2, 28)[:, :, ::-1].reshape(-1, 14, 56), "lower row"),
        (lambda x: x.reshape(-1, 14, 2, 28).swapaxes(2, 3).reshape(-1, 14, 56), "alternate"),
        (lambda x: x.swapaxes(1, 2).reshape(-1, 14, 56), "pairs of columns"),
        (lambda x: x.T.reshape(-1, 14, 56), "wrong place"),
        (lambda x: x.reshape(-1, 7, 112), "count the pixels"),
    ],
    "mnist-columns": [
        (lambda x: x, "which operation exchanges"),
        (lambda x: x.reshape(len(x), x.shape[2], x.shape[1]), "which operation exchanges"),
        (lambda x: x[:, ::-1], "from the bottom"),
        (lambda x: x[:, :, ::-1], "mirror"),
        (lambda x: np.rot90(x, axes=(1, 2)), "right edge to the left"),
        (lambda x: np.rot90(x, k=-1, axes=(1, 2)), "upside down"),
        (lambda x: x.T, "all three axes"),
        (lambda x: x.swapaxes(0, 1), "batch axis has changed places"),
        (lambda x: x[0].T, "another number of axes"),
        (lambda x: x + 1, "left edge"),
    ],
    "mnist-parameters": [
        (18048, "one direction"),
        (37386, "dense layer"),
        (47616, "LSTM"),
        (35712, "one bias vector"),
        (35328, "biases are missing"),
        (2 * 3 * 64 * (28 + 2), "carries the state"),
        (2 * 3 * 64 * 28, "carries the state"),
        (2 * 2 * 64 * (28 + 64 + 2), "candidate"),
        (2 * 64 * (28 + 64 + 1), "plain recurrent"),
        (2 * 3 * 128 * (28 + 128 + 2), "128 units"),
        (2 * 3 * 64 * (8 + 64 + 2), "8 pixels"),
        (28 * 36096, "once for each row"),
        (1, "shape of each weight"),
    ],
    "mnist-return-sequences": [
        ([False, False, False], "ndim=2"),
        ([False, False, True], "wrong way round"),
        ([True, True, True], "28 vectors"),
        ([True, False, False], "waiting"),
        ([False, True, False], "the first layer"),
        ([True, False, True], "follow the shape"),
    ],
    "mnist-reads-until": [
        (lambda p: (p.argmax(1) == p[-1].argmax()).argmax() + 1, "may lose the lead again: "),
        (lambda p: (p.argmax(1) == p[-1].argmax()).argmax(), "counted from 0. It may"),
        (lambda p: last_change(p) - 1, "one row early"),
        (lambda p: last_change(p) + 1, "one row late"),
        (lambda p: len(p) - last_change(p) + 1, "for how many rows"),
        (lambda p: (np.diff(p.argmax(1)) != 0).sum(), "how often"),
        (lambda p: p[-1].argmax(), "asks for a row"),
        (len, "number of rows"),
        (lambda p: p.max(1).argmax() + 1, "surest"),
        (lambda p: last_change(p) if last_change(p) > 1 else 0, "never does"),
        (lambda p: 77, "by hand"),
    ],
}

# An answer of the wrong kind and words of the message.
UNREADABLE = {
    "mnist-two-rows": [
        (np.zeros((3, 14, 56)), "hand in the function itself"),
        (None, "got nothing (None)"),
        (lambda x: None, "is a return missing?"),
        (lambda x: "sequences", "not numbers"),
        (lambda x: [[1], [1, 2]], "not numbers"),
        (lambda x: x.reshape(5, 5), "(3, 28, 28) your function raised ValueError"),
        (lambda x: np.negative(x, out=x), "work on a copy"),
    ],
    "mnist-columns": [("transpose", "got 'transpose'"), (np.zeros, "raised")],
    "mnist-parameters": [
        ("36096", "got '36096'"),
        (36096.5, "got 36096.5"),
        (True, "got True"),
        ([36096], "got [36096]"),
        (float("nan"), "got nan"),
    ],
    "mnist-return-sequences": [
        ([1, 1, 0], "got [1, 1, 0]"),
        ([True, False], "got [True, False]"),
        (True, "got True"),
        ("TTF", "got 'TTF'"),
    ],
    "mnist-reads-until": [
        (3, "got 3"),
        (lambda p: p.argmax(1), "an array of shape"),
        (lambda p: 1.5, "returned 1.5"),
    ],
}


def cases(table):
    return [
        pytest.param(exercise, case, id=f"{exercise}-{number}")
        for exercise, found in table.items()
        for number, case in enumerate(found)
    ]


@pytest.mark.parametrize(("exercise", "answer"), cases(RIGHT))
def test_right_answers_are_right(exercise, answer):
    assert judge(EXERCISES[exercise], answer) == (Verdict.RIGHT, EXERCISES[exercise].confirms)


@pytest.mark.parametrize(("exercise", "case"), cases(WRONG))
def test_each_misconception_is_named(exercise, case):
    answer, words = case
    verdict, message = judge(EXERCISES[exercise], answer)
    assert verdict is Verdict.WRONG
    assert words in message


@pytest.mark.parametrize(("exercise", "case"), cases(UNREADABLE))
def test_an_answer_of_another_kind_is_told_so(exercise, case):
    answer, words = case
    verdict, message = judge(EXERCISES[exercise], answer)
    assert verdict is Verdict.UNREADABLE
    assert message.startswith(f"expected {EXERCISES[exercise].expects}; ")
    assert words in message


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_message_is_met_by_some_wrong_answer(exercise):
    shown = {judge(EXERCISES[exercise], answer)[1] for answer, _ in WRONG[exercise]}
    assert shown == {m for _, m in EXERCISES[exercise].misconceptions} | {
        EXERCISES[exercise].otherwise
    }


@pytest.mark.parametrize("exercise", EXERCISES)
def test_no_message_gives_the_solution(exercise):
    secrets = ["36,096", "36096", "transpose", "swapaxes", "reshape(", "14", "56",
               "True, True", "argmax"]  # fmt: skip
    found = EXERCISES[exercise]
    for message in (*(m for _, m in found.misconceptions), found.otherwise):
        assert not [secret for secret in secrets if secret in message], message


def test_every_exercise_is_tested():
    assert list(EXERCISES) == list(RIGHT) == list(WRONG) == list(UNREADABLE)


def test_check_shows_one_line(capsys):
    check("mnist-parameters", 36096)
    check("mnist-parameters", 18048)
    check("mnist-parameters", "many")
    right, wrong, unreadable = capsys.readouterr().out.splitlines()
    assert right.startswith("✓ Right: two directions")
    assert wrong == ("✗ Not yet: that is one direction. How many GRUs are in a Bidirectional?")
    assert unreadable == (
        "? Not an answer yet: expected a whole number, the parameters of both directions "
        "together; got 'many'"
    )


def test_an_unknown_exercise_lists_near_ones():
    with pytest.raises(ValueError, match=r"Did you mean mnist-two-rows"):
        check("mnist-rows", 1)
    with pytest.raises(ValueError, match="There are mnist-two-rows, mnist-columns"):
        check("", 1)


def test_the_parameter_count_is_keras_own():
    keras = pytest.importorskip("keras")
    layer = keras.layers.Bidirectional(keras.layers.GRU(64))
    layer.build((None, 28, 28))
    assert judge(EXERCISES["mnist-parameters"], layer.count_params())[0] is Verdict.RIGHT


def test_the_flags_are_those_that_keras_accepts():
    keras = pytest.importorskip("keras")
    for flags in itertools.product([True, False], repeat=3):
        x = keras.Input((28, 28))
        try:
            for flag in flags:
                x = keras.layers.SimpleRNN(2, return_sequences=flag)(x)
            fits = keras.layers.Dense(10)(x).shape == (None, 10)
        except ValueError:
            fits = False
        verdict, _ = judge(EXERCISES["mnist-return-sequences"], list(flags))
        assert (verdict is Verdict.RIGHT) == fits


deterministic = settings(derandomize=True, max_examples=100, deadline=None)


@deterministic
@given(st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_the_row_of_decision_means_what_it_says(classes):
    row = mnist_rows._decided_at(classes)
    assert len(set(classes[row - 1 :])) == 1
    assert row == 1 or classes[row - 2] != classes[row - 1]
    assert row == last_change(mnist_rows._one_hot(classes))


@deterministic
@given(st.integers(-(10**9), 10**9))
def test_whole_numbers_are_read_in_any_dress(n):
    dresses = (n, np.int64(n), float(n), np.array(n))
    assert {read_whole_number(dress) for dress in dresses} == {n}


@deterministic
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 6))
def test_two_rows_hold_every_pixel_once(batch, pairs, columns):
    x = np.arange(batch * 2 * pairs * columns).reshape(batch, 2 * pairs, columns)
    y = mnist_rows._two_rows(x)
    assert y.shape == (batch, pairs, 2 * columns)
    np.testing.assert_array_equal(y[:, 0], np.concatenate([x[:, 0], x[:, 1]], axis=-1))
    np.testing.assert_array_equal(np.sort(y.ravel()), x.ravel())


def test_a_function_gets_a_copy():
    given_array = np.arange(4.0)
    with pytest.raises(NotAnAnswer, match="work on a copy"):
        call_on(lambda x: np.multiply(x, 2, out=x), given_array)
    np.testing.assert_array_equal(given_array, np.arange(4.0))


def test_things_are_described_in_few_words():
    assert describe(functools.partial(max)) == "the function partial"
    assert len(describe(list(range(10_000)))) < 60
