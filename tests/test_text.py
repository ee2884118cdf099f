"""Text as word indices: encoding comes back, padding loses only what it says, batches share out."""

import itertools
import string

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqlearn import text
from seqlearn.text import Vocabulary, length_batches, pad, padding_share, split_words

SETTINGS = settings(derandomize=True, deadline=None, max_examples=150)
WORDS = st.text(string.ascii_lowercase, min_size=1, max_size=6)
ROWS = st.lists(st.lists(st.integers(0, 99), max_size=8), min_size=1, max_size=6)
SIDES = list(itertools.product(("before", "after"), ("first", "last")))


# --- words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Great film!", ["great", "film"]),
        ("GREAT\tfilm\n\nindeed", ["great", "film", "indeed"]),
        ("it isn't; it wasn't", ["it", "isn't", "it", "wasn't"]),
        ("it isn’t “great”", ["it", "isn't", "great"]),
        ("'quoted' and ''twice''", ["quoted", "and", "twice"]),
        ("well-made… or—not?", ["well", "made", "or", "not"]),
        ("8/10, 1,000 times", ["8", "10", "1", "000", "times"]),
        ("Žižek, naïve ÉCLAIR", ["žižek", "naïve", "éclair"]),
        ("an ’80s\u2003'film'\u2003of its time", ["an", "80s", "film", "of", "its", "time"]),
        ("a film\x85, 👍", ["a", "film", "👍"]),
        ("...", []),
        ("'", []),
        ("   ", []),
        ("", []),
    ],
)
def test_what_a_learner_types_becomes_words(typed, words):
    assert split_words(typed) == words


@SETTINGS
@given(st.text())
def test_any_text_splits_into_clean_words_that_stay_as_they_are(typed):
    words = split_words(typed)
    assert split_words(" ".join(words)) == words
    for word in words:
        assert word == word.strip("'")
        assert not set(word) & set(" " + string.punctuation.replace("'", ""))


@SETTINGS
@given(st.text(st.characters(codec="ascii")))
def test_the_short_way_of_plain_ascii_equals_the_general_one(typed):
    # The long dash makes the text leave ASCII, and is itself a separator.
    assert split_words(typed) == split_words("— " + typed)


# --- vocabulary -----------------------------------------------------------------------------


@SETTINGS
@given(st.lists(st.lists(WORDS, min_size=1), min_size=1, max_size=5))
def test_decoding_undoes_encoding(lists):
    texts = [" ".join(words) for words in lists]
    vocabulary = Vocabulary.from_texts(texts)
    for typed, row in zip(texts, vocabulary.encode_all(texts), strict=True):
        assert row.dtype == np.int32
        assert row[0] == text.START
        assert row.max() < vocabulary.size
        assert vocabulary.decode(row[1:]) == typed
        assert vocabulary.missing(typed) == []


@SETTINGS
@given(st.lists(WORDS, min_size=1), st.integers(5, 12))
def test_a_small_vocabulary_keeps_the_commonest_words(words, size):
    typed = " ".join(words)
    whole, small = Vocabulary.from_texts([typed]), Vocabulary.from_texts([typed], size)
    assert dict(small.word_index) == dict(whole.word_index)
    assert small.size == min(size, whole.size)
    expected = whole.encode(typed)
    expected[expected >= size] = text.UNKNOWN
    np.testing.assert_array_equal(small.encode(typed), expected)
    unknown = {word for word in words if word not in small}
    assert set(small.missing(typed)) == unknown
    kept = [words.count(word) for word in set(words) - unknown]
    assert min(kept) >= max((words.count(word) for word in unknown), default=0)
    assert len(small) == len(kept)


def test_frequent_words_come_first_and_equals_by_the_alphabet():
    vocabulary = Vocabulary.from_texts(["b b a c", "a d"])
    assert list(vocabulary.word_index) == ["a", "b", "c", "d"]
    assert list(vocabulary.word_index.values()) == [4, 5, 6, 7]


def test_nothing_typed_is_the_start_alone():
    vocabulary = Vocabulary.from_texts(["film"])
    assert vocabulary.encode("").tolist() == vocabulary.encode(" ?! ").tolist() == [1]


def test_the_vocabulary_can_not_be_spoiled():
    given_index = {"film": 4}
    vocabulary = Vocabulary(given_index, 5)
    given_index["dull"] = 5
    assert "dull" not in vocabulary.word_index
    with pytest.raises(TypeError):
        vocabulary.word_index["dull"] = 5


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (lambda v: v.encode(None), TypeError, "text: expected a string .*; got NoneType"),
        (lambda v: v.encode(["a"]), TypeError, "got list: encode one text at a time, or use enc"),
        (lambda v: v.encode_all("a film"), TypeError, "several texts, .*; got one string: use enc"),
        (lambda v: v.encode_all(["a", 3]), TypeError, "text: expected a string .*; got int"),
        (lambda v: Vocabulary.from_texts("a film"), TypeError, "texts: expected several texts"),
        (lambda v: Vocabulary.from_texts(["", "?"]), ValueError, "at least one word; got none"),
        (lambda v: Vocabulary.from_texts(["a"], 4), ValueError, "size: .* at least 5, to leave"),
        (lambda v: Vocabulary({"a": 4}, True), ValueError, "size: expected a whole .*; got True"),
        (lambda v: Vocabulary({"a": 1}, 9), ValueError, "from 4 on, .*; got 1: Keras's get_word"),
        (lambda v: Vocabulary({"a": 4, "b": 4}, 9), ValueError, "index for each word; 4 stands tw"),
        (lambda v: v.decode([[4]]), TypeError, r"one text, shape \(timesteps,\); got shape \(1, 1"),
        (lambda v: v.decode([4.5]), TypeError, r"whole numbers such as \[1, 14, 22\]; got \[4.5\]"),
        (lambda v: v.decode([3]), ValueError, "no word has index 3; expected 0 .padding.*, 4 to 4"),
    ],
)
def test_errors_name_the_argument(action, error, message):
    with pytest.raises(error, match=message):
        action(Vocabulary({"film": 4}, 5))


# --- padding --------------------------------------------------------------------------------


@SETTINGS
@given(ROWS, st.one_of(st.none(), st.integers(1, 10)), st.sampled_from(SIDES))
def test_padding_equals_kerass_under_keras_names(rows, length, sides):
    padding, keep = sides
    padded = pad(rows, length, padding=padding, keep=keep, value=7)
    # Keras makes an empty array where all are empty; ours keeps a step, which a layer can read.
    expected = keras.utils.pad_sequences(
        rows, max(length or max(map(len, rows)), 1), value=7,
        padding={"before": "pre", "after": "post"}[padding],
        truncating={"last": "pre", "first": "post"}[keep],
    )  # fmt: skip
    assert padded.dtype == np.int32
    np.testing.assert_array_equal(padded, expected)


@SETTINGS
@given(ROWS, st.sampled_from(SIDES), st.integers(1, 3))
def test_features_are_padded_as_steps_are(rows, sides, features):
    padding, keep = sides
    wide = [np.repeat(np.array(row, "float32").reshape(-1, 1), features, axis=1) for row in rows]
    padded = pad(wide, 5, padding=padding, keep=keep)
    assert padded.shape == (len(rows), 5, features)
    assert padded.dtype == np.float32
    for feature in range(features):
        alone = pad(rows, 5, padding=padding, keep=keep)
        np.testing.assert_array_equal(padded[..., feature], alone)


@pytest.mark.parametrize(
    ("dtypes", "result"),
    [(["int64", "uint8"], "int32"), (["bool"], "int32"), (["float16"], "float32"),
     (["float64", "float32"], "float64")],
)  # fmt: skip
def test_numbers_keep_their_kind(dtypes, result):
    rows = [np.ones(2, dtype) for dtype in dtypes]
    assert pad(rows, padding="after", keep="first").dtype == result


def test_the_given_sequences_are_left_alone():
    rows = [np.array([1, 2, 3], "int32"), np.array([4], "int32")]
    padded = pad(rows, 3, padding="before", keep="last")
    padded[:] = 9
    assert [row.tolist() for row in rows] == [[1, 2, 3], [4]]


@pytest.mark.parametrize(
    ("sequences", "options", "error", "message"),
    [
        ([[1]], {"padding": "pre"}, ValueError, "padding: expected 'before' or 'after'; got 'pre'"),
        ([[1]], {"keep": "pre"}, ValueError, "keep: expected 'first' or 'last'; got 'pre'"),
        ([[1]], {"length": 0}, ValueError, "length: expected a whole number of at least 1; got 0"),
        ([[1]], {"length": 2.5}, ValueError, "length: expected a whole number .*; got 2.5"),
        ([], {}, ValueError, "sequences: expected at least one sequence; got none"),
        ("film", {}, TypeError, "expected a list of sequences.*; got str: encode it first"),
        (["film"], {}, TypeError, "sequence 0 is the string 'film': encode it first"),
        ([1, 2], {}, TypeError, "sequence 0 is 1: put the one sequence into a list"),
        ([[1], [[[2]]]], {}, TypeError, r"sequence 1 is of shape \(1, 1, 1\)"),
        ([[1], [None]], {}, TypeError, r"sequence 1 is of shape \(1,\), object"),
        ([[[1, 2], [3]]], {}, TypeError, r"sequence 0 is \[\[1, 2\], \[3\]\]"),
        ([np.ones((2, 3)), np.ones((2, 4))], {}, ValueError, r"\(timesteps, 3\) and \(time"),
    ],
)  # fmt: skip
def test_what_can_not_be_padded_is_said(sequences, options, error, message):
    with pytest.raises(error, match=message):
        pad(sequences, **{"padding": "before", "keep": "last", **options})


# --- batches of similar length --------------------------------------------------------------

LENGTHS = st.lists(st.integers(0, 30), min_size=1, max_size=80)


@SETTINGS
@given(LENGTHS, st.integers(1, 9), st.integers(1, 5), st.integers(0, 3))
def test_each_example_is_in_one_batch(lengths, batch_size, pool, seed):
    batches = length_batches(lengths, batch_size, np.random.default_rng(seed), pool=pool)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    sizes = sorted(map(len, batches))
    assert sizes[1:] == [batch_size] * (len(sizes) - 1)
    assert 1 <= sizes[0] <= batch_size


@SETTINGS
@given(LENGTHS.filter(any), st.integers(1, 9))
def test_one_pool_of_all_is_sorted_and_has_the_least_padding(lengths, batch_size):
    rng = np.random.default_rng(0)
    batches = length_batches(lengths, batch_size, rng, pool=len(lengths) + 1)
    spans = sorted((min(lengths[at] for at in b), max(lengths[at] for at in b)) for b in batches)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    other = length_batches(lengths, batch_size, rng, pool=1)
    assert 0 <= padding_share(lengths, batches) < 1
    if len(lengths) % batch_size == 0:  # else the odd batch may be a lucky one
        assert padding_share(lengths, batches) <= padding_share(lengths, other) + 1e-12


def test_batches_differ_from_epoch_to_epoch_and_repeat_with_their_seed():
    lengths = np.arange(400) % 37

    def epochs(seed, pool=4):
        rng = np.random.default_rng(seed)
        drawn = [length_batches(lengths, 8, rng, pool=pool) for _ in range(2)]
        return [{frozenset(batch.tolist()) for batch in epoch} for epoch in drawn]

    first, second = epochs(1)
    assert first != second
    assert epochs(1) == [first, second]
    assert epochs(2) != [first, second]


def test_the_order_of_the_batches_says_nothing_of_their_length():
    lengths = np.arange(1000)
    order = [
        lengths[batch].mean() for batch in length_batches(lengths, 10, np.random.default_rng(0))
    ]
    assert abs(np.corrcoef(order, range(len(order)))[0, 1]) < 0.3


@pytest.mark.parametrize(
    ("lengths", "options", "error", "message"),
    [
        ([], {}, ValueError, "lengths: expected a whole number for each example"),
        ([[1, 2]], {}, ValueError, r"shape \(examples,\); got shape \(1, 2\)"),
        ([1.5], {}, ValueError, "lengths: .*float64"),
        ([-1], {}, ValueError, "lengths: expected numbers of timesteps; got -1"),
        ([1], {"batch_size": 0}, ValueError, "batch_size: expected .* at least 1; got 0"),
        ([1], {"pool": 0}, ValueError, "pool: expected .* at least 1; got 0"),
        ([1], {"rng": 7}, TypeError, r"rng: expected a generator such as .*\(7\); got int"),
    ],
)
def test_wrong_arguments_of_batches_are_named(lengths, options, error, message):
    given_options = {"batch_size": 2, "rng": np.random.default_rng(0), **options}
    with pytest.raises(error, match=message):
        length_batches(lengths, **given_options)


def test_padding_without_any_step_is_said():
    with pytest.raises(ValueError, match="batches: expected at least one step in all"):
        padding_share([0, 0], [np.array([0, 1])])


def test_padding_of_examples_that_there_are_not_is_said():
    with pytest.raises(IndexError, match=r"batches: expected positions of the 2 examples.* got 5"):
        padding_share([1, 2], [np.array([0, 5])])
