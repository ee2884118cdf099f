"""Exercises: right answers pass, wrong ones are named, the solution never shows."""

import copy
import functools
import importlib
import itertools
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from answers_mnist_rows import last_change
from hypothesis import given, settings
from hypothesis import strategies as st

from seqlearn import exercises
from seqlearn.exercises import (
    EXERCISES,
    bidirectional,
    check,
    formulas,
    gru,
    imdb_sentiment,
    mnist_rows,
)
from seqlearn.exercises.judging import AnyOf, Function, Verdict, Where, judge
from seqlearn.exercises.reading import (
    NotAnAnswer,
    describe,
    one_number,
    several,
    truth,
    whole_number,
    words,
)

CHAPTERS = [
    importlib.import_module(chapter.__name__.replace("seqlearn.exercises.", "answers_"))
    for chapter in exercises._CHAPTERS
]


def gathered(table):
    return {
        exercise: found
        for chapter in CHAPTERS
        for exercise, found in getattr(chapter, table).items()
    }


# What the tables of the package don't hold: answers of another make; with words of the message
# that must meet it, one answer of each class of wrong ones (a Where, and what stands under
# otherwise); and answers that an exercise alone can't read.
RIGHT, WRONG, UNREADABLE = map(gathered, ("RIGHT", "WRONG", "UNREADABLE"))
SECRETS = {exercise: chapter.SECRETS for chapter in CHAPTERS for exercise in chapter.RIGHT}
FUNCTIONS = {e.id: e for e in EXERCISES.values() if isinstance(e.read, Function)}


def cases(table):
    return [
        pytest.param(exercise, case, id=f"{exercise}-{number}")
        for exercise, found in table.items()
        for number, case in enumerate(found)
    ]


def own(exercise):
    """The wrong answers and programs that an exercise states itself, with their messages."""
    for message, wrong in exercise.misconceptions.items():
        for answer in wrong if isinstance(wrong, AnyOf) else (wrong,):
            if not isinstance(answer, Where):
                yield message, answer


OWN = {exercise.id: list(own(exercise)) for exercise in EXERCISES.values()}


@pytest.mark.parametrize(("exercise", "answer"), cases(RIGHT))
def test_right_answers_are_right(exercise, answer):
    assert judge(EXERCISES[exercise], answer) == (Verdict.RIGHT, EXERCISES[exercise].confirms)


@pytest.mark.parametrize(("exercise", "case"), cases(OWN))
def test_each_wrong_program_is_met_with_its_own_message(exercise, case):
    message, answer = case
    assert judge(EXERCISES[exercise], answer) == (Verdict.WRONG, message)


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


def messages(exercise):
    return [*exercise.misconceptions, exercise.otherwise]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_message_is_met_by_some_wrong_answer(exercise):
    shown = {judge(EXERCISES[exercise], answer)[1] for answer, _ in WRONG[exercise]}
    shown |= {message for message, _ in OWN[exercise]}  # as the test above shows
    assert shown == set(messages(EXERCISES[exercise]))


@pytest.mark.parametrize("exercise", EXERCISES)
def test_no_message_gives_the_solution(exercise):
    for message in messages(EXERCISES[exercise]):
        assert not [secret for secret in SECRETS[exercise] if secret in message], message


def test_every_exercise_is_tested():
    assert list(EXERCISES) == list(RIGHT) == list(WRONG)
    assert set(UNREADABLE) <= set(EXERCISES)


# ---- Ordinary answers, in every exercise alike -------------------------------------

NO_FUNCTIONS = {
    "a number": (5, "got 5; hand in the function itself, without calling it"),
    "nothing": (None, "got nothing (None); hand in the function itself"),
    "a result": (np.zeros((2, 3)), "got an array of shape (2, 3); hand in the function itself"),
    "an error": (lambda *given: given[99], "your function raised IndexError: tuple index"),
    "too few arguments": (lambda: 5, "your function raised TypeError: "),
    "no result": (lambda *given: None, "your function returned nothing: is a return missing?"),
    "another kind": (lambda *given: {2}, "your function returned {2}, not "),
}


@pytest.mark.parametrize("kind", NO_FUNCTIONS)
@pytest.mark.parametrize("exercise", FUNCTIONS)
def test_what_is_no_answer_is_told_in_one_way(exercise, kind):
    answer, words = NO_FUNCTIONS[kind]
    verdict, message = judge(EXERCISES[exercise], answer)
    assert verdict is Verdict.UNREADABLE
    assert words in message


def changing(program):
    """A program that gives the right result, and changes the first array that it is given."""

    def changes(*given):
        result = copy.deepcopy(program(*given))
        arrays = [a for one in given for a in (one if isinstance(one, list) else [one])]
        first = next(a for a in arrays if isinstance(a, np.ndarray))
        first[...] = ~first if first.dtype == bool else first + 1
        return result

    return changes


@pytest.mark.parametrize(
    "exercise",
    [e for e, f in FUNCTIONS.items() if any(isinstance(a, np.ndarray) for a in f.read.cases[0])],
)
def test_a_function_that_changes_its_argument_is_told_so(exercise):
    found = EXERCISES[exercise]
    before = copy.deepcopy(found.read.cases)
    verdict, message = judge(found, changing(first(found.right)))
    assert verdict is Verdict.UNREADABLE
    assert "changes the array that it is given" in message
    np.testing.assert_equal(found.read.cases, before)


def first(known):
    return known[0] if isinstance(known, AnyOf) else known


def listed(result):
    if isinstance(result, tuple | list):
        return [listed(one) for one in result]
    return result.tolist() if isinstance(result, np.ndarray | np.generic) else result


def arrayed(result):
    several = isinstance(result, tuple | list)
    return tuple(map(np.asarray, result)) if several else np.asarray(result)


def tensors(result):
    keras = pytest.importorskip("keras")
    if isinstance(result, tuple | list):
        return [tensors(one) for one in result]
    return result if isinstance(result, str) else keras.ops.convert_to_tensor(result)


@pytest.mark.parametrize("dress", [listed, arrayed, tensors])
@pytest.mark.parametrize("exercise", FUNCTIONS)
def test_a_right_result_is_right_in_any_dress(exercise, dress):
    found = EXERCISES[exercise]
    program = first(found.right)
    assert judge(found, lambda *given: dress(program(*given)))[0] is Verdict.RIGHT


@pytest.mark.parametrize("size", [(), (0,), (3,), (0, 4), (1, 1, 1), (2, 3, 4, 5, 6)])
@pytest.mark.parametrize("exercise", FUNCTIONS)
def test_no_result_is_too_odd_to_be_judged(exercise, size):
    for fill in (0, -1.5, np.nan, True):
        verdict, _ = judge(EXERCISES[exercise], lambda *given, fill=fill: np.full(size, fill))
        assert verdict is not Verdict.RIGHT


@pytest.mark.parametrize("exercise", [e.id for e in EXERCISES.values() if e.read is whole_number])
def test_a_right_number_is_right_in_any_dress(exercise):
    n = EXERCISES[exercise].right
    tensor = tensors(n)
    for dress in (n, np.int64(n), float(n), np.float32(n), np.array(n), np.array([n]), tensor):
        assert judge(EXERCISES[exercise], dress)[0] is Verdict.RIGHT
    for other in (str(n), None, n + 0.5, float("nan"), float("inf"), True, [n, n], {}):
        assert judge(EXERCISES[exercise], other)[0] is Verdict.UNREADABLE


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
    with pytest.raises(ValueError, match="There are sequences-shapes, sequences-cut"):
        check("", 1)


def test_the_parameter_count_is_keras_own():
    keras = pytest.importorskip("keras")
    layer = keras.layers.Bidirectional(keras.layers.GRU(64))
    layer.build((None, 28, 28))
    assert judge(EXERCISES["mnist-parameters"], layer.count_params())[0] is Verdict.RIGHT


def test_the_saved_parameters_are_keras_own():
    keras = pytest.importorskip("keras")
    sizes = {}
    for mode in ("concat", "sum"):
        reader = keras.layers.SimpleRNN(10, return_sequences=True)
        two = keras.layers.Bidirectional(reader, merge_mode=mode)
        model = keras.Sequential([keras.Input((None, 6)), two, keras.layers.Dense(3)])
        sizes[mode] = model.count_params()
    saved = sizes["concat"] - sizes["sum"]
    assert judge(EXERCISES["bidirectional-merge-parameters"], saved)[0] is Verdict.RIGHT


def test_the_last_words_are_keras_own():
    keras = pytest.importorskip("keras")
    x = np.random.default_rng(1).normal(size=(2, 4, 3)).astype("float32")
    every = keras.layers.Bidirectional(keras.layers.GRU(5, return_sequences=True))
    last = keras.layers.Bidirectional(keras.layers.GRU(5))
    last.build(x.shape)
    outputs = keras.ops.convert_to_numpy(every(x))
    last.set_weights(every.get_weights())
    expected = keras.ops.convert_to_numpy(last(x))
    np.testing.assert_allclose(bidirectional._ends(outputs), expected, atol=1e-6)


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


def test_the_pairs_are_told_apart_by_what_is_said():
    """Held against bags of another making: every run of words, counted."""
    found = []
    for pair in imdb_sentiment._PAIRS:
        words = [["".join(filter(str.isalpha, w)).lower() for w in text.split()] for text in pair]
        bags = [Counter(itertools.pairwise(w)) for w in words]
        found.append(1 if Counter(words[0]) != Counter(words[1]) else 2 * (bags[0] != bags[1]))
    assert judge(EXERCISES["imdb-same-bag"], found)[0] is Verdict.RIGHT


def test_the_log_ratios_are_those_of_the_package():
    sparse = pytest.importorskip("scipy.sparse")
    from seqlearn.vectors import log_ratios

    exercise = EXERCISES["imdb-log-ratio"]
    assert judge(exercise, lambda counts, y: log_ratios(sparse.csr_matrix(counts), y)) == (
        Verdict.RIGHT,
        exercise.confirms,
    )


def test_the_kept_words_are_those_of_the_package():
    from seqlearn.text import pad

    def keep_last(reviews, n):
        return pad(reviews, n, padding="before", truncating="before")

    assert judge(EXERCISES["imdb-keep"], keep_last)[0] is Verdict.RIGHT


def test_the_shapes_of_the_first_chapter_are_keras_own():
    keras = pytest.importorskip("keras")
    layers = keras.layers
    x, shapes = np.zeros((32, 24, 2), dtype="float32"), []
    for layer in (
        layers.GRU(16, return_sequences=True),
        layers.Bidirectional(layers.LSTM(8, return_sequences=True)),
        layers.LSTM(10),
        layers.Dense(4, activation="softmax"),
    ):
        x = layer(x)
        shapes.append(tuple(x.shape))
    assert judge(EXERCISES["sequences-shapes"], shapes)[0] is Verdict.RIGHT


def test_the_loss_of_the_first_chapter_is_keras_own():
    keras = pytest.importorskip("keras")

    def keras_loss(probs, y):
        return float(keras.losses.SparseCategoricalCrossentropy()(y, probs))

    assert judge(EXERCISES["sequences-loss"], keras_loss)[0] is Verdict.RIGHT


deterministic = settings(derandomize=True, max_examples=100, deadline=None)


def test_the_count_of_a_gru_is_keras_own():
    keras = pytest.importorskip("keras")
    layer = keras.layers.GRU(20)
    layer.build((None, None, 6))
    assert judge(EXERCISES["gru-parameters"], layer.count_params())[0] is Verdict.RIGHT


def test_the_step_of_the_paper_is_keras_without_reset_after():
    keras = pytest.importorskip("keras")
    layer = keras.layers.GRU(4, reset_after=False)

    def keras_step(x, h, W, U, b):
        layer.build((None, None, x.shape[1]))
        layer.set_weights([W, U, b])
        step = layer(x[:, np.newaxis].astype("float32"), initial_state=h.astype("float32"))
        return keras.ops.convert_to_numpy(step)

    assert judge(EXERCISES["gru-step"], keras_step)[0] is Verdict.RIGHT


@deterministic
@given(st.floats(0.5, 1e4))
def test_the_bias_of_a_gate_that_keeps_is_the_inverse_of_time_scale(steps):
    pytest.importorskip("keras")
    from seqlearn.initializers import time_scale

    assert time_scale(formulas.bias_to_keep(steps)) == pytest.approx(steps, rel=1e-9)


def test_a_turned_gate_leaves_the_states_as_they_were():
    rng = np.random.default_rng(0)
    x, h = rng.normal(size=(2, 3)), rng.normal(size=(2, 4))
    W, U, b = rng.normal(size=(3, 12)), rng.normal(size=(4, 12)), rng.normal(size=12)
    turned = EXERCISES["gru-turn"].right(W, U, b)
    np.testing.assert_allclose(gru._step(x, h, *turned), gru._step(x, h, W, U, b, keeps=False))


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
    dresses = (n, np.int64(n), float(n), np.array(n), [n], Fraction(n), Decimal(n))
    assert {whole_number(dress) for dress in dresses} == {n}


@deterministic
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 6))
def test_two_rows_hold_every_pixel_once(batch, pairs, columns):
    x = np.arange(batch * 2 * pairs * columns).reshape(batch, 2 * pairs, columns)
    y = mnist_rows._two_rows(x)
    assert y.shape == (batch, pairs, 2 * columns)
    np.testing.assert_array_equal(y[:, 0], np.concatenate([x[:, 0], x[:, 1]], axis=-1))
    np.testing.assert_array_equal(np.sort(y.ravel()), x.ravel())


def test_a_function_gets_a_copy_of_a_list_of_arrays():
    rows = [np.arange(3), np.arange(2)]
    read = Function([(rows,)], returns=whole_number)
    with pytest.raises(NotAnAnswer, match=r"changes the argument .* work on a copy"):
        read(lambda rows: rows[1].sort() or len([rows.pop()]))
    with pytest.raises(NotAnAnswer, match="work on a copy"):
        read(lambda rows: np.multiply(rows[0], 2, out=rows[0]).sum())
    np.testing.assert_array_equal(np.concatenate(rows), [0, 1, 2, 0, 1])
    assert read(lambda rows: len(rows)).results == (2,)


def test_a_function_of_several_arrays_is_told_all_their_shapes():
    with pytest.raises(NotAnAnswer, match=r"on arrays of shapes \(2,\), \(3,\) and \(4,\) your"):
        Function([(np.ones(2), np.ones(3), np.ones(4))])(lambda a, b, c: a + b + c)
    with pytest.raises(NotAnAnswer, match=r"on 0\.5, 2 your function returned nothing"):
        Function([(0.5, 2)])(lambda a, b: None)


def test_other_cases_are_tried_and_the_first_problem_is_told():
    read = Function([(np.ones(4),)], instead=[(np.ones(2),)])
    assert read(lambda x: x.reshape(1, 2)).like(lambda x: x[np.newaxis])
    with pytest.raises(NotAnAnswer, match=r"on an array of shape \(4,\) your function raised"):
        read(lambda x: x.reshape(3, 3))


def test_results_are_the_same_but_for_rounding():
    read = Function([(3.0,)])
    assert read(lambda x: np.float32(1 / x)).like(lambda x: 1 / x)
    assert not read(lambda x: 1.001 / x).like(lambda x: 1 / x)
    assert not read(lambda x: [1 / x]).like(lambda x: 1 / x)
    whole = Function([(100_000,)], returns=whole_number)
    assert not whole(lambda n: n + 1).like(lambda n: n)


@pytest.mark.parametrize(
    "flags",
    [
        [True, False],
        (True, False),
        np.array([True, False]),
        [np.bool_(True), np.bool_(False)],
        np.array([True, False], dtype=object),
        np.array([1, 0]),
        (flag for flag in (True, False)),
        {True: 1, False: 0}.keys(),
    ],
)
def test_truth_values_are_read_in_any_dress(flags):
    assert several(2, truth)(flags) == (True, False)


@pytest.mark.parametrize("flags", ["TF", None, True, {True, False}, [True], ["True", "False"]])
def test_other_things_are_no_truth_values(flags):
    with pytest.raises(NotAnAnswer):
        several(2, truth)(flags)


@pytest.mark.parametrize("text", ["so dull", np.str_("so dull"), np.array("so dull"), b"so dull"])
def test_texts_are_read_in_any_dress(text):
    assert words(text) == "so dull"


@pytest.mark.parametrize("number", [0.5, np.float32(0.5), np.array([[0.5]]), Fraction(1, 2)])
def test_numbers_are_read_in_any_dress(number):
    assert one_number(number) == 0.5


def test_things_are_described_in_few_words():
    assert describe(functools.partial(max)) == "the function partial"
    assert len(describe(list(range(10_000)))) < 60
