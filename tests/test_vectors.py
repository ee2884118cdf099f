"""Counts, ratios and vectors of words: against formulas, scikit-learn and damaged files."""

import gzip
import itertools
import zipfile
from collections import Counter
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from seqlearn.text import Vocabulary
from seqlearn.vectors import (
    PairRatios,
    beside,
    load_glove,
    log_ratios,
    out_of_fold_ratios,
    word_counts,
    word_vectors,
)

SETTINGS = settings(derandomize=True, deadline=None, max_examples=60)
TEXTS = st.lists(st.lists(st.integers(0, 11), max_size=9), min_size=2, max_size=8)


@SETTINGS
@given(TEXTS)
def test_counts_are_those_of_a_counter(texts):
    counts = word_counts(texts, 12).toarray()
    for row, words in zip(counts, texts, strict=True):
        expected = Counter(word for word in words if word >= 4)
        assert row.tolist() == [expected[word] for word in range(12)]


@SETTINGS
@given(TEXTS)
def test_log_ratios_are_the_formula_of_the_paper(texts):
    y = np.arange(len(texts)) % 2
    ratios = log_ratios(word_counts(texts, 12), y)
    occurring = sorted({word for words in texts for word in words if word >= 4})
    vectors = []  # p and q of the paper: smoothed counts of the texts that hold each word
    for label in (1, 0):
        vectors.append(
            [1 + sum(w in words for words, c in zip(texts, y, strict=True) if c == label)
             for w in occurring]
        )  # fmt: skip
    p, q = (np.array(vector) / np.sum(vector) for vector in vectors)
    np.testing.assert_allclose(ratios[occurring], np.log(p / q), atol=1e-5)
    assert not ratios[[word for word in range(12) if word not in occurring]].any()
    np.testing.assert_allclose(log_ratios(word_counts(texts, 12), 1 - y), -ratios, atol=1e-6)


def test_ratios_rank_words_as_scikit_learns_naive_bayes():
    from sklearn.naive_bayes import BernoulliNB, MultinomialNB

    rng = np.random.default_rng(0)
    texts = [rng.integers(4, 30, 12) for _ in range(60)]
    y = rng.integers(0, 2, 60)
    counts = word_counts(texts, 30)
    assert BernoulliNB().fit(counts, y).classes_.tolist() == [0, 1]
    oracle = MultinomialNB(alpha=1.0).fit((counts > 0)[:, 4:], y).feature_log_prob_
    np.testing.assert_allclose(log_ratios(counts, y)[4:], oracle[1] - oracle[0], atol=1e-5)


def test_vectors_of_words_from_the_same_texts_agree_and_of_others_are_orthogonal_to_them():
    texts = [[4, 5], [4, 5], [6, 7], [6, 7], [6, 7]]
    vectors = word_vectors(word_counts(texts, 9), dimensions=2, seed=0)
    np.testing.assert_allclose(vectors[4], vectors[5], atol=1e-6)
    np.testing.assert_allclose(vectors[6], vectors[7], atol=1e-6)
    assert abs(vectors[4] @ vectors[6]) < 1e-6
    assert vectors[4] @ vectors[4] > 0.01
    assert not vectors[[0, 1, 2, 3, 8]].any()
    assert vectors.dtype == np.float32


def test_vectors_have_their_spread_and_repeat_with_their_seed():
    rng = np.random.default_rng(1)
    counts = word_counts([rng.integers(4, 200, 40) for _ in range(100)], 200)
    vectors = word_vectors(counts, 10, seed=3)
    np.testing.assert_allclose(vectors.std(axis=0), 0.3, rtol=0.05)
    assert abs(vectors).max() <= 6 * 0.3 + 1e-6
    np.testing.assert_allclose(vectors, word_vectors(counts, 10, seed=3), atol=1e-5)


COUNTS = word_counts([[4, 5], [5, 6], [4, 6]], 7)


@pytest.mark.parametrize(
    "y",
    [
        [Decimal(0), Decimal(1), Decimal(1)],
        np.array([0, 1, 1], object),
        [False, True, True],
        pd.array([0, 1, 1], dtype="Int64"),
    ],
)
def test_classes_come_in_many_containers(y):
    texts = [[4, 5], [5, 6], [4, 6]]
    np.testing.assert_array_equal(log_ratios(COUNTS, y), log_ratios(COUNTS, [0, 1, 1]))
    found, right = (PairRatios.fit(texts, c, 7, least=1).ratios for c in (y, [0, 1, 1]))
    np.testing.assert_array_equal(found, right)


@pytest.mark.parametrize("kind", [np.asarray, sparse.coo_matrix, sparse.csr_array, pd.DataFrame])
def test_counts_come_in_many_containers(kind):
    counts = kind(COUNTS.toarray())
    np.testing.assert_array_equal(log_ratios(counts, [0, 1, 1]), log_ratios(COUNTS, [0, 1, 1]))
    found, right = (word_vectors(c, 1, seed=0) for c in (counts, COUNTS))
    np.testing.assert_allclose(found, right, atol=1e-5)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: word_counts([], 5), "sequences: expected at least one text; got none"),
        (lambda: word_counts([[4], [9]], 9), "indices from 0 to 8, below vocabulary_size; got 9"),
        (lambda: word_counts([[-1]], 9), "got -1"),
        (lambda: log_ratios(COUNTS, [0, 1]), r"y: expected a class for each of 3 .*; got shape"),
        (lambda: log_ratios(COUNTS, [0, 0, 0]), r"y: expected both classes, 0 and 1; got \[0\]"),
        (lambda: log_ratios(COUNTS, [0, 2, 1]), r"got \[0, 1, 2\]"),
        (lambda: word_vectors(COUNTS, 3, seed=0), "dimensions: .* and of at most 2; got 3"),
        (lambda: log_ratios(COUNTS, [[0], [1], [0]]), r"got shape \(3, 1\): flatten it, y.ravel"),
        (lambda: log_ratios(None, [0, 1, 0]), "counts: expected a finite number .*; got None"),
        (lambda: word_vectors([[1, 2], [3]], 1, seed=0), "counts: .* lists of different lengths"),
        (lambda: word_vectors([1, 2], 1, seed=0), r"counts: expected a matrix .* shape \(2,\)"),
        (lambda: word_vectors(-COUNTS, 1, seed=0), "counts: expected a matrix .* negative"),
        (lambda: log_ratios(COUNTS, [0, 1, None]), "y: .* got None at position 2"),
        (
            lambda: log_ratios(COUNTS, pd.Series([0, np.nan, 1], [4, 2, 1])),
            "y: .* got nan at position 1",
        ),
        (lambda: word_counts([[4], None], 9), "sequences: text 1 is missing"),
        (lambda: word_counts([[4], [4, np.nan]], 9), "sequences, text 1: .* missing .* position 1"),
        (lambda: word_counts(np.array([[2**63]], "uint64"), 9), "too large for 64 bits"),
        (lambda: beside([[2**24]], [[0.5]]), "word indices below 2.*24, exact in float32"),
    ],
)
def test_errors_name_the_argument(action, message):
    with pytest.raises(ValueError, match=message):
        action()


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: word_vectors(COUNTS, 1.0, seed=0), "dimensions: expected a whole .*; got 1.0"),
        (lambda: word_counts([[4, 3.7]], 9), "sequences, text 0: .* got 3.7 at position 1"),
        (lambda: word_counts([["film"]], 9), "sequences, text 0: .* got 'film' at position 0"),
        (lambda: word_counts(["film"], 9), "sequences, text 0: .* got one string"),
        (lambda: word_counts([4, 5], 9), "sequences, text 0: .* got int"),
        (lambda: word_counts([[[4]]], 9), r"sequences, text 0: expected .timesteps,.; got"),
        (lambda: word_counts({0: [4]}, 9), "sequences: expected .*; got a dictionary"),
        (lambda: word_counts([[4]], 9.0), "vocabulary_size: expected a whole number"),
        (lambda: log_ratios(COUNTS, ["good", "bad", "so"]), "y: expected numbers; got good at"),
        (lambda: log_ratios(COUNTS, {0, 1}), "y: expected numbers; got {0, 1}"),
        (lambda: PairRatios.fit([[4], [5]], [0, 1], 6, least=1.5), "least: expected a whole"),
        (lambda: out_of_fold_ratios([[4], [5]], [0, 1], 6, folds=2.0, seed=0), "folds: expected"),
        (lambda: beside([[4]], {0: [0.5]}), "ratios: expected .* got a dictionary"),
    ],
)  # fmt: skip
def test_wrong_kinds_are_named(action, message):
    with pytest.raises(TypeError, match=message):
        action()


@pytest.mark.parametrize(
    "container",
    [tuple, iter, lambda rows: np.array(rows, "uint8"), lambda rows: pd.Series(rows, [2, 0, 1]),
     lambda rows: [pd.Series(row, [1, 0]) for row in rows],
     lambda rows: [np.array(row, "int16") for row in rows]],
)  # fmt: skip
def test_texts_are_counted_alike_whatever_holds_them(container):
    rows, y = [[4, 5], [5, 6], [4, 6]], [1, 0, 1]
    np.testing.assert_array_equal(word_counts(container(rows), 7).toarray(), COUNTS.toarray())
    expected = PairRatios.fit(rows, y, 7, least=1).of_all(rows)
    for classes in (np.array(y, bool), pd.Series(y, [2, 0, 1]), np.array(y, float)):
        ratios = PairRatios.fit(container(rows), classes, np.int64(7), least=np.uint8(1))
        np.testing.assert_array_equal(ratios.of_all(container(rows)), expected)
        np.testing.assert_array_equal(log_ratios(COUNTS, classes), log_ratios(COUNTS, y))
    np.testing.assert_array_equal(beside(container(rows), expected), beside(rows, expected))


# --- pairs of words ---------------------------------------------------------------------------


def pairs_of(words):
    return list(itertools.pairwise(words))


@SETTINGS
@given(TEXTS, st.integers(1, 3))
def test_pair_ratios_are_the_formula_over_texts_that_hold_the_pair(texts, least):
    y = np.arange(len(texts)) % 2
    ratios = PairRatios.fit(texts, y, 12, least)
    expected = {}
    for pair in {pair for words in texts for pair in pairs_of(words)}:
        held = [pair in pairs_of(words) for words in texts]
        if sum(held) >= least:
            one, zero = np.dot(held, y), np.dot(held, 1 - y)
            prior = y.sum() / (1 - y).sum()
            expected[pair] = np.log((one + 1) / (zero + 1) / prior)
    for words, row in zip(texts, ratios.of_all(texts), strict=True):
        assert row.dtype == np.float32
        wanted = [0.0] * bool(words) + [expected.get(pair, 0.0) for pair in pairs_of(words)]
        np.testing.assert_allclose(row, wanted, atol=1e-5)
        np.testing.assert_array_equal(ratios.of(words), row)
    bag = ratios.weigh(texts).toarray()
    assert bag.shape == (len(texts), len(expected))
    for words, row in zip(texts, bag, strict=True):
        held = sorted(expected[pair] for pair in set(pairs_of(words)) if pair in expected)
        np.testing.assert_allclose(np.sort(row[row != 0]), [r for r in held if abs(r) > 1e-7],
                                   atol=1e-5)  # fmt: skip


@SETTINGS
@given(st.integers(2, 4), st.integers(0, 5))
def test_no_text_sees_its_own_label(folds, seed):
    rng = np.random.default_rng(seed)
    texts = [rng.integers(4, 7, 6) for _ in range(20)]
    y = rng.permutation(np.arange(20) % 2)
    ratios = out_of_fold_ratios(texts, y, 7, folds=folds, seed=seed, least=1)
    other = 1 - y[0]
    changed = y.copy()
    changed[[0, np.flatnonzero(y == other)[0]]] = other, y[0]  # both classes stay as large
    swapped = np.flatnonzero(y == other)[0]
    again = out_of_fold_ratios(texts, changed, 7, folds=folds, seed=seed, least=1)
    fold = np.random.default_rng(seed).permutation(np.arange(20) % folds)
    if fold[0] == fold[swapped]:  # both left out together, so nothing they see has changed
        np.testing.assert_array_equal(again[0], ratios[0])
    inside = PairRatios.fit(texts, y, 7, least=1).of(texts[0])
    assert not np.allclose(inside, ratios[0])


def test_each_fold_is_looked_up_in_the_counts_of_the_others():
    rng = np.random.default_rng(3)
    texts, y = [rng.integers(4, 9, 5) for _ in range(12)], np.arange(12) % 2
    ratios = out_of_fold_ratios(texts, y, 9, folds=3, seed=8, least=1)
    fold = np.random.default_rng(8).permutation(np.arange(12) % 3)
    assert np.bincount(fold).tolist() == [4, 4, 4]
    for at in range(12):
        others = np.flatnonzero(fold != fold[at])
        seen = PairRatios.fit([texts[k] for k in others], y[others], 9, 1)
        np.testing.assert_array_equal(ratios[at], seen.of(texts[at]))


def test_rows_of_a_table_count_by_position():
    texts, y = [[4, 5], [4, 5], [5, 4], [5, 4]], [1, 1, 0, 0]
    options = {"vocabulary_size": 6, "folds": 2, "seed": 1, "least": 1}
    labelled = out_of_fold_ratios(pd.Series(texts, [3, 1, 2, 0]), y, **options)
    np.testing.assert_array_equal(labelled, out_of_fold_ratios(texts, y, **options))


def test_words_and_ratios_stand_side_by_side():
    rows = beside([[1, 19_999], []], [np.array([0.0, -2.5]), np.empty(0)])
    assert rows[0].tolist() == [[1.0, 0.0], [19_999.0, -2.5]]
    assert rows[1].shape == (0, 2)
    with pytest.raises(ValueError, match="ratios: expected a number for each step of each text"):
        beside([[1, 2]], [[0.0]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"least": 0}, "least: expected a whole number of at least 1; got 0"),
        ({"y": [0] * 8}, "y: expected both classes"),
        ({"vocabulary_size": 5}, "indices from 0 to 4, below vocabulary_size; got 5"),
        ({"folds": 9}, "folds: expected .* at most 8; got 9"),
        ({"folds": 1}, "folds: expected .* at least 2"),
    ],
)
def test_wrong_arguments_of_pairs_are_named(change, message):
    options = {"sequences": [[4, 5], [5, 4]] * 4, "y": [0, 1] * 4, "vocabulary_size": 6}
    with pytest.raises(ValueError, match=message):
        out_of_fold_ratios(**{**options, "seed": 0, **change})


# --- files of word vectors --------------------------------------------------------------------

VOCABULARY = Vocabulary({"film": 4, "dull": 5, "don't": 6, "rare": 7, "beyond": 8}, 8)


def written(tmp_path, content):
    path = tmp_path / "vectors.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("ending", ["\n", "", "\r\n", " \n"])
@pytest.mark.parametrize("header", ["", "4 3\n"])
def test_vectors_come_from_the_file(tmp_path, ending, header):
    lines = "the 1 2 3\nfilm -1.5 2e-3 0\n. . . 9 9 9\ndon't 4 5 6\nfilm 7 7 7\nbeyond 1 1 1"
    vectors, found = load_glove(written(tmp_path, header + lines + ending), VOCABULARY)
    assert vectors.shape == (8, 3)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors[4], [-1.5, 2e-3, 0])
    np.testing.assert_allclose(vectors[6], [4, 5, 6])
    assert found.nonzero()[0].tolist() == [4, 6]
    assert not vectors[~found].any()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("film 1 2\ndull 3\n", "line 2: expected a word and 2 finite numbers, .*; got 'dull 3'"),
        ("film 1 2\ndull 3 4 5\n", "line 2: expected a word and 2 finite numbers"),
        ("film 1 2\ndull 3 x\n", "line 2: expected a word and 2 finite numbers"),
        ("film 1 2\ndull 3 nan\n", "line 2: expected a word and 2 finite numbers"),
        ("film 1 2\n\ndull 3 4\n", "line 2: expected a word and 2 finite numbers, .*; got ''"),
        ("film\ndull\n", "line 1: expected a word and its finite numbers, .*; got 'film'"),
        ("<!DOCTYPE html>\n<html>\n", "line 1: expected .* numbers.*; got '<!DOCTYPE html>'"),
        ("le 1 2\nfilms 3 4\n", "none of the 4 words of the vocabulary is in it"),
        ("", "none of the 4 words"),
        (b"film 1 2\ndu\xffll 3 4\n", "line 2: expected UTF-8 text; byte 2 of the line can't be"),
        ("film 1 2\ndull 1e99 4\n", "line 2: expected a word and 2 finite numbers"),
        (gzip.compress(b"film 1 2\n", mtime=0), "this file is a gzip archive: unpack it"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_said_with_its_line(tmp_path, content, message):
    with pytest.raises(ValueError, match=rf"vectors\.txt.*{message}"):
        load_glove(written(tmp_path, content), VOCABULARY)


def test_an_archive_and_a_missing_file_are_said(tmp_path):
    with zipfile.ZipFile(tmp_path / "glove.zip", "w") as archive:
        archive.writestr("glove.txt", "film 1 2\n")
    with pytest.raises(ValueError, match=r"glove\.zip: .* this file is a zip archive: unpack it"):
        load_glove(tmp_path / "glove.zip", VOCABULARY)
    with pytest.raises(FileNotFoundError, match="path: there is no file"):
        load_glove(tmp_path / "none.txt", VOCABULARY)
    with pytest.raises(IsADirectoryError, match="is a folder"):
        load_glove(tmp_path, VOCABULARY)


def test_only_line_ends_part_vectors_and_a_mark_ahead_is_passed_over(tmp_path):
    content = "\ufefffilm 1 2\na\u2028b 3 4\nc\x85d 5 6\ne\xa0f 7 8\ndull\t9\t10\n"
    vectors, found = load_glove(written(tmp_path, content), VOCABULARY)
    assert vectors[4:6].tolist() == [[1, 2], [9, 10]]
    assert found.sum() == 2
