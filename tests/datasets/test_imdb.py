"""IMDB: words and not nonsense, in Keras's order, with Keras's indices."""

import dataclasses
import hashlib
import importlib
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqlearn.datasets import cache, imdb, inventory, load_imdb, verify

FULL = os.environ.get("SEQLEARN_DATA")
WORDS = {"the": 1, "film": 2, "was": 3, "good": 4, "bad": 5, "tedious": 6, "superb": 7}


@pytest.fixture
def small_imdb(monkeypatch, cache_folder, make_npz, make_lists):
    """A cache with a file like Keras's: 30 + 20 reviews of 1 to 9 words, sorted by label."""
    rng = np.random.default_rng(5)

    def part(count):
        rows = [rng.integers(1, len(WORDS) + 1, rng.integers(1, 10)).tolist() for _ in range(count)]
        return make_lists(*rows), np.repeat([1, 0], count // 2)

    (x_train, y_train), (x_test, y_test) = part(30), part(20)
    stored = make_npz(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    (cache_folder / "imdb.npz").write_bytes(stored)
    text = json.dumps(WORDS).encode()
    (cache_folder / "imdb_word_index.json").write_bytes(text)
    reviews = dataclasses.replace(
        imdb.REVIEWS_FILE, digests=verify.digests(verify.read_npz(stored))
    )
    words = dataclasses.replace(imdb.WORDS_FILE, file_hash=md5(text))
    monkeypatch.setattr(imdb, "REVIEWS_FILE", reviews)
    monkeypatch.setattr(imdb, "WORDS_FILE", words)
    return cache_folder / "imdb.npz"


def md5(data):
    return hashlib.md5(data).hexdigest()


@pytest.fixture
def by_keras(monkeypatch):
    """Keras's own loader, reading a file of ours."""
    module = importlib.import_module("keras.src.datasets.imdb")

    def load(path, **options):
        monkeypatch.setattr(module, "get_file", lambda **_: str(path))
        (x_train, y_train), (x_test, y_test) = module.load_data(**options)
        return x_train, y_train, x_test, y_test

    return load


def agrees(data, x_train, y_train, x_test, y_test):
    """Compare data loaded without a validation part with what Keras loaded."""
    for ours, theirs in ((data.x_train, x_train), (data.x_test, x_test)):
        assert len(ours) == len(theirs)
        assert all(mine.tolist() == list(other) for mine, other in zip(ours, theirs, strict=True))
    assert data.y_train.tolist() == y_train.tolist()
    assert data.y_test.tolist() == y_test.tolist()


@pytest.mark.parametrize("num_words", [5, 8, 10, 11])
def test_indices_and_order_are_those_of_keras(small_imdb, by_keras, num_words):
    expected = by_keras(small_imdb, num_words=num_words)
    agrees(load_imdb("full", num_words=num_words, validation=0), *expected)
    agrees(load_imdb("full", num_words=num_words, validation=0), *expected)  # from the flat copy


def test_without_num_words_the_rarest_word_is_kept(small_imdb, by_keras):
    # Keras's loader takes the largest index for a limit, and so loses that one word.
    data = load_imdb("full", num_words=None, validation=0)
    agrees(data, *by_keras(small_imdb, num_words=11))
    assert data.vocabulary_size == 11
    assert max(index for review in data.x_train for index in review) == 10


def test_decodes_to_words_shifted_exactly_once(small_imdb):
    raw = verify.read_npz(small_imdb.read_bytes())
    ranks = {rank: word for word, rank in WORDS.items()}
    ends = np.cumsum(raw["x_test_lengths"])
    stored = [
        "[start] " + " ".join(ranks[rank] for rank in raw["x_test"][end - length : end])
        for end, length in zip(ends, raw["x_test_lengths"], strict=True)
    ]
    data = load_imdb("full", num_words=None)
    assert sorted(map(data.vocabulary.decode, data.x_test)) == sorted(stored)
    assert data.word_index["the"] == 4


@settings(derandomize=True, deadline=None, max_examples=50)
@given(choices=st.lists(st.integers(0, 10_000), max_size=30))
def test_words_to_indices_and_back(embedded, choices):
    vocabulary = list(embedded.word_index)
    words = [vocabulary[choice % len(vocabulary)] for choice in choices]
    indices = [embedded.word_index[word] for word in words]
    assert embedded.vocabulary.decode(indices) == " ".join(words)
    assert embedded.vocabulary.decode(np.array(indices, dtype=np.int32)).split() == words


@pytest.fixture(scope="module")
def embedded():
    return load_imdb("embedded")


def test_embedded_has_the_same_shape_as_the_full_data(embedded):
    assert (len(embedded.x_train), len(embedded.x_val), len(embedded.x_test)) == (4500, 500, 1500)
    assert embedded.source == "embedded"
    assert repr(embedded) == (
        "IMDB(4,500 train, 500 validation, 1,500 test reviews, 153 indices, embedded)"
    )
    for part in ("train", "val", "test"):
        reviews, labels = getattr(embedded, f"x_{part}"), getattr(embedded, f"y_{part}")
        assert reviews.dtype == object
        assert {review.dtype for review in reviews} == {np.dtype("int32")}
        assert {int(review[0]) for review in reviews} == {imdb.START}
        assert min(int(review[1:].min()) for review in reviews) == 4
        assert labels.dtype == np.int64
        assert np.mean(labels) == 0.5
    top = max(int(review.max()) for review in (*embedded.x_train, *embedded.x_val))
    assert top < embedded.vocabulary_size == max(embedded.word_index.values()) + 1


def test_num_words_turns_rarer_words_into_unknown(embedded):
    fewer = load_imdb("embedded", num_words=10)
    assert fewer.vocabulary_size == 10
    for few, all_of_them in zip(fewer.x_test, embedded.x_test, strict=True):
        assert few.tolist() == [i if i < 10 else imdb.UNKNOWN for i in all_of_them.tolist()]
    assert "[unknown]" in fewer.vocabulary.decode(fewer.x_test[0])


def pairs(reviews, labels):
    return [(review.tobytes(), int(label)) for review, label in zip(reviews, labels, strict=True)]


def test_train_and_validation_share_no_review_and_hold_all(small_imdb):
    whole = load_imdb("full", validation=0)
    data = load_imdb("full", validation=0.2)
    kept = pairs(data.x_train, data.y_train)
    taken = pairs(data.x_val, data.y_val)
    assert sorted(kept + taken) == sorted(pairs(whole.x_train, whole.y_train))
    assert np.mean(data.y_val) == 0.5


def test_nothing_in_the_data_can_be_changed(embedded):
    with pytest.raises(ValueError, match="read-only"):
        embedded.x_train[0][0] = 5
    with pytest.raises(ValueError, match="read-only"):
        embedded.x_train[0] = embedded.x_train[1]
    with pytest.raises(ValueError, match="read-only"):
        embedded.y_train[0] = 5
    with pytest.raises(TypeError):
        embedded.word_index["the"] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        embedded.source = "full"


@pytest.mark.parametrize(
    ("indices", "error", "message"),
    [
        (
            [1, 3],
            ValueError,
            r"indices: no word has index 3; expected 0 \(padding\), 1 \(start\), 2",
        ),
        ([-1], ValueError, r"no word has index -1; .* 4 to 152$"),
        ([4.0], TypeError, r"indices: expected whole numbers such as \[1, 14, 22\]; got 4.0 at"),
        (7, TypeError, r"indices: expected whole numbers such as .*; got int"),
        ("film", TypeError, r"indices: expected whole numbers such as .*; got one string"),
        (np.zeros((2, 3), int), TypeError, r"expected one text, .*; got shape \(2, 3\): decode"),
    ],
)
def test_decode_names_what_is_wrong(embedded, indices, error, message):
    with pytest.raises(error, match=message):
        embedded.vocabulary.decode(indices)


def test_decode_borderline(embedded):
    assert embedded.vocabulary.decode([]) == ""
    assert embedded.vocabulary.decode([0, 1, 2]) == "[padding] [start] [unknown]"


@pytest.mark.parametrize(
    ("num_words", "error", "message"),
    [
        (4, ValueError, r"num_words: expected a whole number of at least 5; got 4$"),
        (2e4, TypeError, r"num_words: expected a whole number of at least 5; got 20000\.0$"),
        (True, TypeError, r"num_words: .*; got True$"),
    ],
)
def test_wrong_num_words_is_named(num_words, error, message):
    with pytest.raises(error, match=message):
        load_imdb("embedded", num_words=num_words)


def test_one_line_says_which_data(small_imdb, capsys):
    load_imdb()
    assert capsys.readouterr().out == "IMDB: full, 25,000 + 25,000 reviews\n"
    load_imdb("embedded")
    assert capsys.readouterr().out == (
        "IMDB: embedded stand-in, 6,500 synthetic reviews (full data: python -m seqlearn data)\n"
    )


def test_a_damaged_flat_copy_is_named_and_made_anew(small_imdb, capsys):
    first = load_imdb("full")
    flat = cache.flat_path(imdb.REVIEWS_FILE)
    spoiled = bytearray(flat.read_bytes())
    spoiled[-3] ^= 1
    flat.write_bytes(spoiled)
    second = load_imdb("full")
    assert "imdb.seqlearn-1.npy is damaged: its content has changed" in capsys.readouterr().err
    assert flat.with_name(f"{flat.name}.damaged").exists()
    assert verify.digests(cache.load_flat(imdb.REVIEWS_FILE)) == imdb.REVIEWS_FILE.digests
    assert first.y_test.tolist() == second.y_test.tolist()


@pytest.mark.slow
@pytest.mark.skipif(not FULL, reason="SEQLEARN_DATA is not set")
def test_the_real_imdb_is_that_of_keras(monkeypatch, by_keras):
    monkeypatch.setenv("SEQLEARN_DATA", FULL)
    if inventory.look(imdb.REVIEWS_FILE).state != "verified":
        pytest.skip("SEQLEARN_DATA has no IMDB")
    expected = by_keras(Path(FULL) / "imdb.npz", num_words=20_000)
    data = load_imdb("full", validation=0)
    agrees(data, *expected)
    assert data.vocabulary_size == 20_000
    assert data.vocabulary.decode([1, 4, 5, 6, 7, 8, 9]) == "[start] the and a of to is"
    assert np.bincount(data.y_test).tolist() == [12_500, 12_500]
