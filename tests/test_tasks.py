"""Tasks against oracles that read their text, guessers that miss what matters, and leaks."""

import math
import pickle
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqlearn import tasks

SIZES = {"examples": st.integers(1, 7), "seed": st.integers(0, 2**32 - 1)}
SETTINGS = {
    tasks.make_recall: {
        "lag": st.integers(1, 9),
        "symbols": st.integers(2, 5),
        "distractors": st.integers(0, 3),
    },
    tasks.make_adding: {"timesteps": st.integers(2, 11)},
    tasks.make_temporal_order: {"timesteps": st.integers(10, 43)},
    tasks.make_counting: {"shortest": st.integers(1, 3), "longest": st.integers(4, 9)},
    tasks.make_agreement: {"gap": st.integers(12, 40) | st.just(8)},
    tasks.make_tagging: {
        "timesteps": st.integers(3, 17),
        "needs": st.sampled_from(["future", "past", "both"]),
        "words": st.integers(1, 3),
    },
    tasks.make_next_step: {"timesteps": st.integers(2, 9), "persistence": st.floats(0.01, 0.99)},
}
EVERY_TASK = st.one_of(*(st.builds(make, **SIZES, **options) for make, options in SETTINGS.items()))
# One of each, large enough for the law of large numbers to speak.
LARGE = {
    "recall": lambda: tasks.make_recall(20_000, lag=4, seed=1),
    "recall, same symbols": lambda: tasks.make_recall(20_000, 4, 3, distractors=0, seed=2),
    "adding": lambda: tasks.make_adding(20_000, 9, seed=3),
    "temporal order": lambda: tasks.make_temporal_order(20_000, 20, seed=5),
    "counting": lambda: tasks.make_counting(20_000, longest=9, shortest=2, seed=6),
    "agreement": lambda: tasks.make_agreement(20_000, gap=24, seed=7),
    "tagging, future": lambda: tasks.make_tagging(20_000, 12, seed=8),
    "tagging, past": lambda: tasks.make_tagging(20_000, 12, "past", seed=9),
    "tagging, both": lambda: tasks.make_tagging(20_000, 12, "both", seed=10),
    "next step": lambda: tasks.make_next_step(20_000, 12, persistence=0.8, seed=11),
}
every_example = settings(max_examples=60, deadline=None, derandomize=True)


# --- every task -----------------------------------------------------------------------------


@every_example
@given(EVERY_TASK)
def test_shapes_and_dtypes_are_those_of_the_contract(task):
    examples = len(task.x)
    if task.x.ndim == 3:
        assert task.x.dtype == np.float32
        assert not task.symbols or len(task.symbols) == task.x.shape[2]
    else:
        assert task.x.dtype == np.int64
        assert 1 <= task.x.min() <= task.x.max() < len(task.symbols)  # 0 is padding
    if task.classes:
        assert task.y.dtype == np.int64
        assert task.y.shape in [(examples,), (examples, task.timesteps)]
        assert 0 <= task.y.min() <= task.y.max() < task.outputs == len(task.classes)
    else:
        assert task.y.dtype == np.float32
        assert task.y.shape in [(examples, 1), (examples, task.timesteps, 1)]
        assert task.outputs == 1
    if task.counts is None:
        assert task.weights is None
    else:
        assert task.counts.shape == task.y.shape == (examples, task.timesteps)
        assert task.counts.any(axis=1).all(), "each sequence has an answer that counts"
        assert task.weights.dtype == np.float32
        np.testing.assert_array_equal(task.weights > 0, task.counts)
        assert task.weights.mean() == pytest.approx(1, rel=1e-5)


@every_example
@given(EVERY_TASK)
def test_symbols_are_one_hot(task):
    if task.symbols and task.x.ndim == 3:
        assert set(np.unique(task.x)) <= {0, 1}
        ones = task.x.sum(axis=2)
        # Zeros are padding, and padding comes last.
        assert (ones[:, :-1] >= ones[:, 1:]).all()
        assert (ones[:, 0] == 1).all()


@every_example
@given(EVERY_TASK)
def test_the_reference_solution_is_right_and_needs_x_alone(task):
    solved = task.solve(task.x.copy())
    assert solved.shape == task.y.shape
    if task.best_score in (0, 1):
        assert task.score(solved) == task.best_score
        assert task.skill(solved) == 1
    one_by_one = np.concatenate([task.solve(task.x[k : k + 1]) for k in range(len(task.x))])
    np.testing.assert_array_equal(one_by_one, solved)


@pytest.mark.parametrize("make", SETTINGS)
def test_the_seed_decides_everything(make):
    options = dict.fromkeys(("lag", "timesteps", "longest", "gap"), 20)
    options = {k: v for k, v in options.items() if k in SETTINGS[make]}
    one, two, other = (make(examples=30, **options, seed=seed) for seed in (3, 3, 4))
    for field in ("x", "y", "counts"):
        a, b = getattr(one, field), getattr(two, field)
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_array_equal(a, b)
    assert not np.array_equal(one.x, other.x)


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (tasks.make_recall, {"lag": 120, "symbols": 9}),
        (tasks.make_temporal_order, {"timesteps": 100}),
        (tasks.make_counting, {"longest": 100}),
        (tasks.make_agreement, {"gap": 124}),
        (tasks.make_tagging, {"timesteps": 100, "words": 3}),
        (tasks.make_next_step, {"timesteps": 127}),
    ],
)
@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64])
def test_whole_numbers_of_numpy_make_the_same_task(make, options, kind):
    task = make(examples=kind(100), **{k: kind(v) for k, v in options.items()}, seed=kind(3))
    expected = make(examples=100, **options, seed=3)
    np.testing.assert_array_equal(task.x, expected.x)
    np.testing.assert_array_equal(task.y, expected.y)


def test_global_generators_play_no_part():
    np.random.seed(0)  # noqa: NPY002  the old generator is what is tested
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    tasks.make_agreement(5, 20, seed=1)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("name", LARGE)
def test_arrays_cannot_be_spoilt_and_tasks_can_be_pickled(name):
    task = LARGE[name]()
    for array in (task.x, task.y):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    copied = pickle.loads(pickle.dumps(task))
    np.testing.assert_array_equal(copied.solve(copied.x[:5]), task.solve(task.x[:5]))


# --- the answer, found again from what a reader sees -------------------------------------------


def answers_in_words(task, example):
    row = task.y[example]
    return task.classes[row] if row.ndim == 0 else [task.classes[k] for k in row]


@every_example
@given(st.builds(tasks.make_recall, **SIZES, **SETTINGS[tasks.make_recall]))
def test_recall_asks_for_the_first_symbol(task):
    for example in range(len(task.x)):
        first, *fill = task.text(example).split()
        assert first == answers_in_words(task, example)
        lowercase = len(task.symbols) > len(task.classes)
        assert all(symbol.islower() == lowercase for symbol in fill)
        assert len(fill) == int(re.search(r"\d+", task.name).group())


@every_example
@given(st.builds(tasks.make_adding, **SIZES, **SETTINGS[tasks.make_adding]))
def test_adding_asks_for_the_sum_of_the_marked_numbers(task):
    half = task.timesteps // 2
    for row, answer in zip(task.x.tolist(), task.y.tolist(), strict=True):
        marked = [step for step, (_, mark) in enumerate(row) if mark]
        assert [mark for _, mark in row if mark] == [1, 1]
        assert marked[0] < half <= marked[1]
        assert math.fsum(row[step][0] for step in marked) == pytest.approx(answer[0], abs=1e-6)
        assert all(0 <= number < 1 for number, _ in row)


@every_example
@given(st.builds(tasks.make_temporal_order, **SIZES, **SETTINGS[tasks.make_temporal_order]))
def test_temporal_order_asks_for_both_signs_in_order(task):
    steps = task.timesteps
    for example in range(len(task.x)):
        text = task.text(example).replace(" ", "")
        assert re.fullmatch("E[a-dXY]+B", text)
        assert "".join(re.findall("[XY]", text)) == answers_in_words(task, example)
        first, second = (found.start() for found in re.finditer("[XY]", text))
        assert 0.1 * steps - 1 < first < 0.2 * steps
        assert 0.5 * steps - 1 < second < 0.6 * steps


@every_example
@given(st.builds(tasks.make_counting, **SIZES, **SETTINGS[tasks.make_counting]))
def test_counting_asks_for_what_comes_next(task):
    lowest, highest = map(int, re.findall(r"\d+", task.name))
    for example in range(len(task.x)):
        text = task.text(example).replace(" ", "")
        string = text.rstrip(tasks._PADDING)
        n = string.count("a")
        assert string == "a" * n + "b" * n
        assert lowest <= n <= highest
        following = [*string[1:], "end"]
        assert answers_in_words(task, example)[: 2 * n] == following
        counted = np.flatnonzero(task.counts[example]).tolist()
        assert counted == [step for step, symbol in enumerate(string) if symbol == "b"]


@every_example
@given(st.builds(tasks.make_agreement, **SIZES, **SETTINGS[tasks.make_agreement]))
def test_agreement_asks_for_the_first_nationality(task):
    gap = int(re.search(r"\d+", task.name).group())
    for example in range(len(task.x)):
        text = task.text(example)
        nationality, between = re.fullmatch(
            r"I am an (\w+)(.*), and I am proud to be an", text
        ).groups()
        assert nationality == answers_in_words(task, example)
        clauses = between.removeprefix(", ").split(", ") if between else []
        patterns = [
            re.escape(phrase.removeprefix(", ")).replace(r"\*", r"\w+") for phrase in tasks._FILLING
        ]
        for clause in clauses:
            assert any(re.fullmatch(pattern, clause) for pattern in patterns), clause
        assert len(text.replace(",", " ,").split()) == task.timesteps == gap + 4


def test_the_article_gives_nothing_away():
    assert all(nationality[0] in "AEIOU" for nationality in tasks._NATIONALITIES)
    assert len(set(tasks._NATIONALITIES)) == 8


@every_example
@given(st.builds(tasks.make_tagging, **SIZES, **SETTINGS[tasks.make_tagging]))
def test_tagging_asks_for_the_marks_around_a_word(task):
    needs = task.name.rpartition(" ")[2]
    for example in range(len(task.x)):
        text = task.text(example).replace(" ", "")
        assert re.fullmatch(r"[.?].*[.?]", text)
        tags = answers_in_words(task, example)
        for step, symbol in enumerate(text):
            assert task.counts[example, step] == symbol.islower()
            if symbol.islower():
                past = re.findall(r"[.?]", text[:step])[-1]
                future = re.search(r"[.?]", text[step:]).group()
                same = "same" if past == future else "different"
                assert tags[step] == {"past": past, "future": future, "sides": same}[needs]


@every_example
@given(st.builds(tasks.make_next_step, **SIZES, **SETTINGS[tasks.make_next_step]))
def test_the_next_step_is_the_input_one_step_later(task):
    np.testing.assert_array_equal(task.y[:, :-1], task.x[:, 1:])


# --- the score of guessing --------------------------------------------------------------------


def close(measured, derived, n, spread=0.5):
    """Within four standard errors of n independent figures."""
    assert abs(measured - derived) < 4 * spread / math.sqrt(n), (measured, derived)


@pytest.mark.parametrize("name", ["recall", "recall, same symbols", "temporal order", "agreement"])
def test_every_constant_answer_scores_what_guessing_does(name):
    task = LARGE[name]()
    possible = {name: range(task.outputs) for name in LARGE}
    possible["agreement"] = range(1, 9)
    assert task.chance_score == pytest.approx(1 / len(possible[name]))
    for answer in possible[name]:
        close(task.score(np.full_like(task.y, answer)), task.chance_score, len(task.x))


def test_adding_guesses_score_the_variance():
    task = LARGE["adding"]()
    n = len(task.x)
    # The fourth moment of a triangular variable on [-1, 1] is 1/15.
    spread = math.sqrt(1 / 15 - 1 / 36)
    close(task.score(np.ones_like(task.y)), task.chance_score, n, spread)
    assert task.chance_score == 1 / 6
    for other in (0.9, 1.1):
        assert task.score(np.full_like(task.y, other)) > task.chance_score
    late = task.x[:, task.timesteps // 2 :]
    half_solved = 0.5 + (late[:, :, 0] * late[:, :, 1]).sum(axis=1, keepdims=True)
    close(task.score(half_solved), 1 / 12, n, 0.1)


@pytest.mark.parametrize("bet", [2, 5, 9])
def test_counting_guesses_are_bets_on_one_length(bet):
    task = LARGE["counting"]()
    position = np.cumsum(task.counts, axis=1)  # which b this is, the first being 1
    answers = np.where(position == bet, 2, 1)
    close(task.score(answers), task.chance_score, len(task.x))
    assert task.chance_score == 1 / 8


@pytest.mark.parametrize("needs", ["future", "past", "both"])
def test_tagging_from_the_wrong_side_is_guessing(needs):
    task = LARGE[f"tagging, {needs}"]()
    marks, middle = 2, task.timesteps // 2
    is_mark = ~task.counts
    symbol = task.x.argmax(axis=2)
    # What each side shows of the word in the middle, which is one per sequence.
    row = np.arange(len(symbol))
    past = symbol[row, [np.flatnonzero(marked[:middle])[-1] for marked in is_mark]]
    future = symbol[row, [middle + np.flatnonzero(marked[middle:])[0] for marked in is_mark]]
    answer = task.y[:, middle]
    hidden_from = {"future": [past], "past": [future], "both": [past, future]}[needs]
    for seen in hidden_from:
        best = 0
        for mark in range(marks):
            best += np.bincount(answer[seen == mark], minlength=marks).max()
        # The best answer to each sight is chosen after the fact, which flatters a little.
        assert task.chance_score - 0.015 < best / len(symbol) < task.chance_score + 0.015
    assert task.chance_score == 1 / 2


def test_next_step_guesses_and_leaks_score_what_the_docstring_says():
    task = LARGE["next step"]()
    n = len(task.x)
    close(task.score(np.zeros_like(task.y)), task.chance_score, n, math.sqrt(2))
    close(task.score(task.x), 2 * (1 - 0.8), n, 1)
    close(task.score(task.solve(task.x)), task.best_score, n, 1)
    assert task.best_score == pytest.approx(1 - 0.8**2)
    copied = task.solve(task.x)
    copied[:, :-1] = task.x[:, 1:]
    close(task.score(copied), task.best_score / task.timesteps, n, 0.1)
    assert task.skill(copied) > 1.4


def test_no_line_through_the_whole_past_beats_the_best_forecast():
    task = LARGE["next step"]()
    past, target = task.x[:, :, 0].astype(float), task.y[:, -1, 0].astype(float)
    weights, *_ = np.linalg.lstsq(past, target, rcond=None)
    np.testing.assert_allclose(weights, [0] * (task.timesteps - 1) + [0.8], atol=0.03)
    np.testing.assert_allclose(past.var(axis=0), 1, atol=0.05)
    close(np.mean((past @ weights - target) ** 2), task.best_score, len(past), 0.6)


def guess_probs(name, task):
    """What a guesser who knows the odds answers, ``(examples, [timesteps,] classes)``."""
    probs = np.zeros((*task.y.shape, task.outputs))
    if name == "agreement":
        probs[..., 1:9] = 1 / 8
    elif name == "counting":
        # After the k-th b, the strings left are those of n = k, ..., 9, all equally likely.
        k = np.cumsum(task.counts, axis=1)
        ends = np.where(k >= 2, 1 / np.maximum(10 - k, 1), 0)
        probs[..., 1], probs[..., 2] = 1 - ends, ends
    else:
        probs[...] = 1 / task.outputs
    return probs


@pytest.mark.parametrize("name", [name for name in LARGE if name not in ("adding", "next step")])
def test_keras_reports_the_loss_of_guessing(name):
    import keras

    task = LARGE[name]()
    logits = np.log(guess_probs(name, task) + 1e-9).astype("float32")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    measured = float(loss(task.y, logits, sample_weight=task.weights))
    assert measured == pytest.approx(task.chance_loss, abs=0.01)


@pytest.mark.parametrize("name", ["adding", "next step"])
def test_the_loss_of_guessing_numbers_is_their_score(name):
    task = LARGE[name]()
    assert task.chance_loss == task.chance_score


# --- nothing else tells the answer --------------------------------------------------------------


def association(seen, answer):
    """Largest correlation of a column seen with a column of the answer, in standard errors."""
    seen, answer = (np.asarray(a, dtype=float).reshape(len(a), -1) for a in (seen, answer))
    seen, answer = seen - seen.mean(axis=0), answer - answer.mean(axis=0)
    lengths = np.outer(np.linalg.norm(seen, axis=0), np.linalg.norm(answer, axis=0))
    products = np.abs(seen.T @ answer)
    return float(np.max(products[lengths > 0] / lengths[lengths > 0])) * math.sqrt(len(seen))


def one_hot(classes):
    return classes[..., np.newaxis] == np.unique(classes)


def test_the_detector_of_leaks_detects_one():
    task = LARGE["recall"]()
    leaky = task.x[:, 1:].copy()
    leaky[:1000, 2] = 0
    leaky[:1000, 2, :4] = task.x[:1000, 0, :4]  # one example in twenty shows the answer again
    assert association(leaky, one_hot(task.y)) > 8


@pytest.mark.parametrize("name", ["recall", "recall, same symbols"])
def test_recall_is_told_by_the_first_step_alone(name):
    task = LARGE[name]()
    assert association(task.x[:, 1:], one_hot(task.y)) < 5


def test_recall_is_independent_of_all_the_rest_together():
    task = tasks.make_recall(20_000, lag=2, symbols=3, distractors=2, seed=12)
    rest = task.x[:, 1].argmax(axis=1) * 5 + task.x[:, 2].argmax(axis=1)
    # Every pattern of distractors with every answer: 4 × 3 cells, each of 1 in 12.
    _, counts = np.unique(rest * 3 + task.y, return_counts=True)
    assert len(counts) == 12
    expected = 20_000 / 12
    assert np.abs(counts - expected).max() < 5 * math.sqrt(expected)


def test_adding_is_told_by_the_marked_numbers_alone():
    task = LARGE["adding"]()
    numbers, marks = task.x[:, :, 0], task.x[:, :, 1]
    assert association(marks, task.y) < 5
    unmarked = np.where(marks == 1, 0.5, numbers)
    assert association(unmarked, task.y) < 5


def test_marks_and_signs_stand_everywhere_they_may_equally_often():
    marks = LARGE["adding"]().x[:, :, 1]  # 4 steps in the first half, 5 in the second
    np.testing.assert_allclose(marks.mean(axis=0), [1 / 4] * 4 + [1 / 5] * 5, atol=0.015)
    signs = LARGE["temporal order"]().x[:, :, 4:6].sum(axis=2)  # of 20 steps
    places = {2: 1 / 2, 3: 1 / 2, 10: 1 / 2, 11: 1 / 2}
    expected = [places.get(step, 0) for step in range(20)]
    np.testing.assert_allclose(signs.mean(axis=0), expected, atol=0.015)


def test_temporal_order_is_told_by_the_signs_alone():
    task = LARGE["temporal order"]()
    hidden = task.x.copy()
    hidden[:, :, 4] += hidden[:, :, 5]  # a sign, one can't see which
    hidden[:, :, 5] = 0
    assert association(hidden, one_hot(task.y)) < 5
    # One sign halves the choices and tells nothing of the other.
    close(np.mean(task.y // 2 == task.y % 2), 1 / 2, len(task.y))


def test_counting_lengths_are_drawn_evenly():
    n = LARGE["counting"]().counts.sum(axis=1)
    values, counts = np.unique(n, return_counts=True)
    assert values.tolist() == [*range(2, 10)]
    np.testing.assert_allclose(counts / len(n), 1 / 8, atol=0.012)


def test_agreement_is_told_by_the_opening_alone():
    task = LARGE["agreement"]()
    later = task.x[:, 4:]
    seen = np.stack([later == word for word in range(1, 9)], axis=-1)
    assert association(seen, one_hot(task.y)) < 5
    assert association(seen.sum(axis=1), one_hot(task.y)) < 5
    # Nor by the choice of clauses.
    words = np.stack([(later == word).sum(axis=1) for word in range(9, len(task.symbols))], axis=1)
    assert association(words, one_hot(task.y)) < 5


def test_agreement_misleads_whoever_takes_the_last_nationality():
    task = LARGE["agreement"]()
    is_one = (task.x >= 1) & (task.x <= 8)
    several = is_one.sum(axis=1) > 1
    assert several.mean() > 0.5
    last = task.timesteps - 1 - is_one[:, ::-1].argmax(axis=1)
    named = np.take_along_axis(task.x, last[:, np.newaxis], axis=1)[:, 0]
    close(np.mean((named == task.y)[several]), 1 / 8, several.sum())


def test_every_clause_is_used():
    task = LARGE["agreement"]()
    assert set(np.unique(task.x)) == set(range(1, len(task.symbols)))


@pytest.mark.parametrize("needs", ["future", "past"])
def test_tagging_is_told_by_one_side_alone(needs):
    task = LARGE[f"tagging, {needs}"]()
    middle = task.timesteps // 2
    blind_side = task.x[:, :middle] if needs == "future" else task.x[:, middle + 1 :]
    assert association(blind_side, one_hot(task.y[:, middle])) < 5
    assert association(task.x[:, middle], one_hot(task.y[:, middle])) < 5


def test_every_symbol_is_drawn_equally_often():
    for name, marks, words in (("tagging, future", 2, 4), ("recall", 4, 4)):
        task = LARGE[name]()
        shares = task.x.sum(axis=(0, 1))[: marks + words]
        for part in (shares[:marks], shares[marks:]):
            np.testing.assert_allclose(part, part.mean(), rtol=0.05)


def test_marks_are_one_step_in_eight():
    task = tasks.make_tagging(2000, 50, seed=1)
    inner = ~task.counts[:, 1:-1]
    middle = task.timesteps // 2 - 1
    assert not inner[:, middle].any()
    close(np.delete(inner, middle, axis=1).mean(), 1 / 8, inner.size)
    gaps = {b - a for row in ~task.counts for a, b in pairwise(np.flatnonzero(row))}
    assert {1, 2, 3, 10} <= gaps  # no delay and no short window fits all


# --- scores and skill -----------------------------------------------------------------------


def test_logits_are_scored_by_the_largest():
    task = tasks.make_tagging(3, 6, seed=1)
    logits = np.random.default_rng(0).normal(size=(*task.y.shape, task.outputs))
    assert task.score(logits) == task.score(logits.argmax(axis=-1))
    logits[np.arange(3)[:, None], np.arange(6), task.y] = 9
    assert task.score(logits) == 1


def test_only_counted_answers_count():
    task = tasks.make_tagging(4, 9, seed=1)
    wrong = 1 - task.y
    assert task.score(np.where(task.counts, task.y, wrong)) == 1
    assert task.score(np.where(task.counts, wrong, task.y)) == 0


def test_one_wrong_step_spoils_a_sequence():
    task = tasks.make_counting(4, longest=3, shortest=2, seed=1)
    answers = task.y.copy()
    answers[0, np.flatnonzero(task.counts[0])[-1]] = 0
    assert task.score(answers) == 0.75
    answers[1, 0] = 2  # what comes after an a is nobody's fault
    assert task.score(answers) == 0.75


def test_skill_is_zero_for_guessing_and_one_at_best():
    task = tasks.make_recall(400, 2, symbols=4, seed=1)
    half = np.where(np.arange(400) < 200, task.y, (task.y + 1) % 4)
    assert task.score(half) == 0.5
    assert task.skill(half) == pytest.approx((0.5 - 0.25) / 0.75)
    numbers = tasks.make_next_step(50, 4, persistence=0.6, seed=1)
    error = numbers.score(numbers.x)
    assert numbers.skill(numbers.x) == pytest.approx((1 - error) / 0.36)


def test_a_task_is_shown_in_one_line():
    assert repr(tasks.make_adding(1200, 9, seed=1)) == (
        "adding over 9 steps: 1,200 examples, each 9 timesteps × 2 features; "
        "mean squared error of guessing 0.1667, at best 0"
    )
    assert "each 24 timesteps; accuracy of guessing 0.125, at best 1" in repr(
        tasks.make_agreement(3, 20, seed=1)
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tasks.make_recall(0, 3, seed=1), "examples: expected a whole number of at least"),
        (lambda: tasks.make_recall(2, 2.5, seed=1), "lag: expected a whole number .* got 2.5"),
        (lambda: tasks.make_recall(2, True, seed=1), "lag: expected a whole number .* got True"),
        (lambda: tasks.make_recall(2, 3, symbols=1, seed=1), "symbols: expected .* at least 2"),
        (lambda: tasks.make_recall(2, 3, symbols=27, seed=1), "symbols: .* of at most 26; got 27"),
        (lambda: tasks.make_recall(2, 3, seed=-1), "seed: expected a whole number .* got -1"),
        (lambda: tasks.make_adding(2, 1, seed=1), "timesteps: expected .* at least 2; got 1"),
        (lambda: tasks.make_temporal_order(2, 9, seed=1), "timesteps: expected .* at least 10"),
        (lambda: tasks.make_counting(2, 3, 3, seed=1), "longest: expected .* at least 4; got 3"),
        (
            lambda: tasks.make_agreement(2, 7, seed=1),
            "gap: expected a whole number of at least 8; got 7",
        ),
        (lambda: tasks.make_agreement(2, 11, seed=1), "gap: expected 8, or at least 12 .* got 11"),
        (
            lambda: tasks.make_tagging(2, 9, "present", seed=1),
            "needs: expected one of 'future', 'past'",
        ),
        (lambda: tasks.make_tagging(2, 9, words=27, seed=1), "words: .* of at most 26; got 27"),
        (lambda: tasks.make_next_step(2, 9, 1, seed=1), "persistence: expected a share between"),
        (
            lambda: tasks.make_recall(2, 3, seed=1).score(np.zeros((2, 4, 4))),
            r"answers: expected shape \(2,\) or \(2, 4\); got \(2, 4, 4\): .*return_sequences",
        ),
        (
            lambda: tasks.make_recall(2, 3, seed=1).score([[0.1, np.nan, 0, 0], [1, 0, 0, 0]]),
            "answers: .* or NaN among them: has the training diverged",
        ),
        (lambda: tasks.make_recall(2, 3, seed=1).score(["A", "B"]), "answers: expected numbers"),
        (
            lambda: tasks.make_recall(2, 3, symbols=2, seed=1).score([0.2, 0.9]),
            r"answers: expected classes as whole numbers; got 0.2: .* each class, \(2, 2\)",
        ),
        (
            lambda: tasks.make_adding(2, 3, seed=1).score(np.zeros(2)),
            r"answers: expected shape \(2, 1\); got \(2,\)",
        ),
        (
            lambda: tasks.make_tagging(2, 9, seed=1).score([[0] * 9, [0] * 8]),
            r"answers: expected an array \(2, 9\) or \(2, 9, 2\); got list: do the sequences",
        ),
        (lambda: tasks.make_adding(2, 3, seed=1).text(0), "the inputs are numbers, not symbols"),
        *(
            (
                lambda example=example: tasks.make_recall(2, 3, seed=1).text(example),
                "example: expected a whole .* at most 1; got " + re.escape(str(example)),
            )
            for example in (1.0, None, True, 2, -1, [0])
        ),
    ],
)
def test_bad_input_is_met_in_words(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
