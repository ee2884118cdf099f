"""Text as word indices: encoding comes back, padding loses only what it says, batches share out."""

import io
import itertools
import string
import unicodedata

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqlearn import text
from seqlearn.text import (
    Vocabulary,
    length_batches,
    pad,
    padding_share,
    read_texts,
    split_words,
)

SETTINGS = settings(derandomize=True, deadline=None, max_examples=150)
WORDS = st.text(string.ascii_lowercase, min_size=1, max_size=6)
ROWS = st.lists(st.lists(st.integers(0, 99), max_size=8), min_size=1, max_size=6)
KERAS = {"before": "pre", "after": "post"}
SIDES = list(itertools.product(KERAS, KERAS))


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
        ("a film\x85, 👍", ["a", "film"]),
        ("¿Qué? film，good！ ¡ya!", ["qué", "film", "good", "ya"]),
        ("日本語。テスト・ケース「本」", ["日本語", "テスト", "ケース", "本"]),
        ("“great”👍🏽film ❤️ 1️⃣", ["great", "film", "1"]),
        ("a\u2028b\x85c\x0cd\x0be\u3000f", ["a", "b", "c", "d", "e", "f"]),
        ("a film™, 3½ of 4€", ["a", "film", "3", "1", "2", "of", "4"]),
        ("well‑known, a−b, «film»", ["well", "known", "a", "b", "film"]),
        ("नमस्ते दुनिया।", ["नमस्ते", "दुनिया"]),
        ("una pel·lícula · צה״ל", ["una", "pel·lícula", "צה״ל"]),
        ("good.<br /><br />Bad", ["good", "br", "br", "bad"]),
        ("snake_case", ["snake", "case"]),
        ("\u0301 ’\u0301", []),
        ("...", []),
        ("'", []),
        ("   ", []),
        ("", []),
    ],
)
def test_what_a_learner_types_becomes_words(typed, words):
    assert split_words(typed) == words


@pytest.mark.parametrize(
    "spellings",
    [
        "don't don’t don‘t don´t donʼt don＇t don′t don`t don｀t DON\x92T",
        "film FILM ｆｉｌｍ ﬁlm fi\u00adlm fi\u200blm \ufefffilm\u2060 fi\u200dlm film\u200e",
        "naïve nai\u0308ve NAÏVE",
        "straße STRASSE Strasse",
        "İstanbul istanbul",
        "φίλος ΦΊΛΟΣ",
        "كتاب كتــاب",
        "pel·lícula peŀlícula PEL·LÍCULA",
    ],
)
def test_what_a_reader_takes_for_one_word_is_one(spellings):
    assert len({word for typed in spellings.split() for word in split_words(typed)}) == 1
    assert len({tuple(Vocabulary.from_texts([t]).word_index) for t in spellings.split()}) == 1


@SETTINGS
@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["NFC", "NFD"]))
def test_it_does_not_matter_whether_letters_are_composed(typed, form):
    assert split_words(unicodedata.normalize(form, typed)) == split_words(typed)


@SETTINGS
@given(st.lists(WORDS, min_size=1), st.characters(categories=["P", "S", "Z", "Cc"]))
def test_whatever_is_no_letter_parts_words(words, mark):
    if split_words(f"a{mark}a") != ["aa"]:  # none of the marks that stand for an apostrophe
        apart = [word for word in split_words(mark.join(words)) if "'" not in word]
        assert apart == words or split_words(f"a{mark}a") == ["a'a"]


@pytest.mark.slow
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


# --- files ----------------------------------------------------------------------------------


def a_file(folder, content):
    path = folder / "reviews.txt"
    path.write_bytes(content)
    return path


@SETTINGS
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\n\r")),
                min_size=1), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(),
       st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))  # fmt: skip
def test_texts_come_back_from_a_file_one_a_line(tmp_path_factory, texts, end, last, encoding):
    texts = [text.removeprefix("\ufeff") for text in texts] + ["the end"]
    content = end.join(texts) + end * last
    path = a_file(tmp_path_factory.mktemp("texts"), content.encode(encoding))
    assert read_texts(path, encoding) == texts
    assert read_texts(str(path), encoding) == texts


def test_only_line_ends_part_texts_and_a_blank_line_is_a_text(tmp_path):
    content = "a\u2028b\u2029c\x85d\x0ce\x0bf\x1cg\r\n\n h \ri"
    assert read_texts(a_file(tmp_path, content.encode())) == [content[:13], "", " h ", "i"]


def test_other_encodings_are_read_when_they_are_named(tmp_path):
    assert read_texts(a_file(tmp_path, "café – “ok”".encode("cp1252")), "cp1252") == ["café – “ok”"]
    assert read_texts(a_file(tmp_path, "\ufeffcafé\n".encode())) == ["café"]


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        ("ok\nou café".encode("cp1252"), "utf-8", 'byte 9 .0xe9, in line 2.* encoding="cp1252"'),
        (b"caf\x81", "cp1252", r'expected text in cp1252; byte 3 .* encoding="utf-8"'),
        ("film".encode("utf-16"), "utf-8", 'first bytes say .* utf-16, not utf-8: .*="utf-16"'),
        ("film".encode("utf-32"), "utf-8", 'first bytes say that it is utf-32'),
        ("café".encode("utf-8-sig"), "cp1252", 'first bytes say that it is utf-8, not cp1252'),
        ("film".encode("utf-16-le"), "utf-8", "character 1 is NUL: the file is binary, or in"),
        ("film".encode("utf-16-be"), "utf-8", 'character 0 is NUL: .* encoding="utf-16-be"'),
        ("\ufefffilm".encode("utf-16-le"), "utf-16-be", 'other order: read it with .*="utf-16"'),
        (rb"{\rtf1\ansi film}", "utf-8", r"this file is rich text .RTF.: unpack it, or save it"),
        (b"", "utf-8", "expected one text a line; the file is empty"),
        (b"\xef\xbb\xbf", "utf-8", "the file is empty"),
        (b"\n \n", "utf-8", "the file is empty"),
        (b"PK\x03\x04..", "utf-8", "this file is a zip archive: unpack it"),
        (b"film", "utf8000", "encoding: expected a name such as .*; got 'utf8000'"),
        (b"film", "rot13", "encoding: expected a name"),
        (b"film", None, "encoding: expected a name"),
        (b"film", "undefined", "encoding: expected a name"),
        (b"film", "a\0b", "encoding: expected a name"),
    ],
)  # fmt: skip
def test_a_file_that_can_not_be_read_says_what_to_do(tmp_path, content, encoding, message):
    with pytest.raises(ValueError, match=message):
        read_texts(a_file(tmp_path, content), encoding)


def test_what_is_no_file_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="path: there is no file"):
        read_texts(tmp_path / "none.txt")
    with pytest.raises(IsADirectoryError, match=r"path: expected a file; .* is a folder"):
        read_texts(tmp_path)
    with pytest.raises(TypeError, match="path: expected the path of a file; got list"):
        read_texts(["film"])
    with pytest.raises(FileNotFoundError, match=r"path: there is no file '~nobody-here/film.txt'"):
        read_texts("~nobody-here/film.txt")


# --- containers -----------------------------------------------------------------------------

TEXTS = ["a fine film", "a dull one"]
CONTAINERS = {
    "tuple": tuple(TEXTS),
    "iterator": None,  # made anew where it is used up
    "array": np.array(TEXTS),
    "objects": np.array(TEXTS, dtype=object),
    "series": pd.Series(TEXTS, index=[1, 0]),
    "column": pd.DataFrame({"text": TEXTS}, index=["x", "y"])["text"],
    "strings": pd.array(TEXTS, dtype="string"),
    "values": {3: TEXTS[0], 1: TEXTS[1]}.values(),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_texts_are_taken_by_position_whatever_holds_them(name):
    def held():
        return iter(TEXTS) if name == "iterator" else CONTAINERS[name]

    vocabulary = Vocabulary.from_texts(TEXTS)
    assert dict(Vocabulary.from_texts(held()).word_index) == dict(vocabulary.word_index)
    for row, text_ in zip(vocabulary.encode_all(held()), TEXTS, strict=True):
        np.testing.assert_array_equal(row, vocabulary.encode(text_))


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ("a film", TypeError, "got one string"),
        (b"a film", TypeError, "got bytes"),
        ({"a film": 1}, TypeError, "got a dictionary"),
        ({"a film"}, TypeError, "got a set, which has no order"),
        (pd.DataFrame({"text": TEXTS}), TypeError, "got a table: choose one column"),
        (io.StringIO("a film"), TypeError, "got an open file: read it with seqlearn.text.read_t"),
        (7, TypeError, "got int"),
        (None, TypeError, "got NoneType"),
        (np.array("a film"), TypeError, "got ndarray"),
        ([b"a film"], TypeError, "position 0 holds b'a film' .bytes.: decode it first"),
        ([["a", "film"]], TypeError, "position 0 holds"),
        (["a film", None], ValueError, "position 1 is missing .None"),
        (["a film", np.nan], ValueError, "position 1 is missing .nan"),
        (pd.Series(["a film", "so", None], [5, 6, 1]), ValueError, "position 2 is missing"),
        (pd.array(["a film", pd.NA], dtype="string"), ValueError, "position 1 is missing .<NA>"),
        (np.ma.array(["a", "b"], mask=[1, 0]), ValueError, "position 0 is missing"),
    ],
)
def test_what_holds_no_texts_is_refused_by_name(texts, error, message):
    for action in (Vocabulary.from_texts, Vocabulary({"film": 4}, 5).encode_all):
        with pytest.raises(error, match=f"texts: expected .*{message}"):
            action(texts)


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


def test_words_of_a_vocabulary_that_are_spelt_otherwise_are_found():
    vocabulary = Vocabulary({"it´s": 4, "Straße": 5, "it's": 6, "STRASSE": 9}, 9)
    assert vocabulary.encode("IT’S strasse straße").tolist() == [1, 6, 5, 5]
    assert vocabulary.decode([4, 5]) == "it´s Straße"
    assert len(vocabulary) == 3


def test_whole_numbers_of_any_kind_are_indices():
    vocabulary = Vocabulary({"film": np.uint8(4), "dull": 5}, np.int64(6))
    for indices in ([4, 5], np.array([4, 5], "uint16"), pd.Series([4, 5], [1, 0]), iter([4, 5])):
        assert vocabulary.decode(indices) == "film dull"
    assert Vocabulary.from_texts(["a film"], size=np.int16(5)).size == 5


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
        (lambda v: v.encode_all("a film"), TypeError, "several texts, .*; got one string: put"),
        (
            lambda v: v.encode_all(["a", 3]),
            TypeError,
            r"texts: expected a string .*position 1 holds 3 \(int",
        ),
        (lambda v: Vocabulary.from_texts("a film"), TypeError, "texts: expected several texts"),
        (lambda v: Vocabulary.from_texts(["", "?"]), ValueError, "at least one word; got none"),
        (lambda v: Vocabulary.from_texts(["a"], 4), ValueError, "size: .* at least 5; got 4"),
        (lambda v: Vocabulary({"a": 4}, True), TypeError, "size: expected a whole .*; got True"),
        (lambda v: Vocabulary({"a": 1}, 9), ValueError, "from 4 on, .*; got 1: Keras's get_word"),
        (lambda v: Vocabulary({"a": 4, "b": 4}, 9), ValueError, "index for each word; 4 stands tw"),
        (lambda v: v.decode([[4]]), TypeError, r"one text, shape \(timesteps,\); got shape \(1, 1"),
        (lambda v: v.decode([4.5]), TypeError, r"whole numbers such as \[1, 14, 22\]; got 4.5 at"),
        (lambda v: v.decode("film"), TypeError, "indices: expected whole numbers.*; got one str"),
        (lambda v: v.decode([4, None]), ValueError, "missing value .None. at position 1"),
        (lambda v: Vocabulary(["film"], 9), TypeError, "word_index: expected a dictionary.*list"),
        (lambda v: Vocabulary({"a": 4.5}, 9), TypeError, "word_index: .* got 4.5 at position 0"),
        (lambda v: Vocabulary({4: "a"}, 9), TypeError, "word_index: .* position 0 holds 4 .int"),
        (lambda v: Vocabulary({"a": 4}, 2**40), ValueError, "size: expected a whole number"),
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
    padding, truncating = sides
    padded = pad(rows, length, padding=padding, truncating=truncating, value=7)
    # Keras makes an empty array where all are empty; ours keeps a step, which a layer can read.
    expected = keras.utils.pad_sequences(
        rows, max(length or max(map(len, rows)), 1), value=7,
        padding=KERAS[padding], truncating=KERAS[truncating],
    )  # fmt: skip
    assert padded.dtype == np.int32
    np.testing.assert_array_equal(padded, expected)


@SETTINGS
@given(ROWS, st.sampled_from(SIDES), st.integers(1, 3))
def test_features_are_padded_as_steps_are(rows, sides, features):
    padding, truncating = sides
    wide = [np.repeat(np.array(row, "float32").reshape(-1, 1), features, axis=1) for row in rows]
    padded = pad(wide, 5, padding=padding, truncating=truncating)
    assert padded.shape == (len(rows), 5, features)
    assert padded.dtype == np.float32
    for feature in range(features):
        alone = pad(rows, 5, padding=padding, truncating=truncating)
        np.testing.assert_array_equal(padded[..., feature], alone)


@pytest.mark.parametrize(
    ("dtypes", "result"),
    [(["int64", "uint8"], "int32"), (["bool"], "int32"), (["float16"], "float32"),
     (["float64", "float32"], "float64")],
)  # fmt: skip
def test_numbers_keep_their_kind(dtypes, result):
    rows = [np.ones(2, dtype) for dtype in dtypes]
    assert pad(rows, padding="after", truncating="after").dtype == result


@pytest.mark.parametrize(
    "container",
    [tuple, iter, lambda rows: (row for row in rows), lambda rows: pd.Series(rows, [7, 2]),
     lambda rows: pd.DataFrame({"x": rows}, [1, 0])["x"], lambda rows: [np.array(r) for r in rows],
     lambda rows: [pd.Series(r, index=range(5, 5 + len(r))) for r in rows],
     lambda rows: np.array([np.array(r) for r in rows], dtype=object)],
)  # fmt: skip
def test_sequences_are_padded_alike_whatever_holds_them(container):
    rows = [[1, 5, 6], [1, 7]]
    padded = pad(container(rows), padding="after", truncating="after")
    assert padded.tolist() == [[1, 5, 6], [1, 7, 0]]


def test_the_given_sequences_are_left_alone():
    rows = [np.array([1, 2, 3], "int32"), np.array([4], "int32")]
    padded = pad(rows, 3, padding="before", truncating="before")
    padded[:] = 9
    assert [row.tolist() for row in rows] == [[1, 2, 3], [4]]


@pytest.mark.parametrize(
    ("sequences", "options", "error", "message"),
    [
        ([[1]], {"padding": "pre"}, ValueError, "padding: expected one of 'before', 'after'"),
        ([[1]], {"truncating": "pre"}, ValueError, "truncating: expected one of 'before', 'after'"),
        ([[1]], {"length": 0}, ValueError, "length: expected a whole number of at least 1; got 0"),
        ([[1]], {"length": 2.5}, TypeError, "length: expected a whole number .*; got 2.5"),
        ([], {}, ValueError, "sequences: expected at least one sequence; got none"),
        ("film", {}, TypeError, "a list of sequences.*; got one string"),
        (["film"], {}, TypeError, "sequences, number 0: expected numbers; got film"),
        ([1, 2], {}, TypeError, r"of shape \(\) at position 0: put the one sequence into a list"),
        ([[1], [[[2]]]], {}, TypeError, r"of shape \(1, 1, 1\) at position 1"),
        ([[1], [1, None]], {}, ValueError, "number 1: expected a finite .* got None at position 1"),
        ([[1], [0.5, np.nan]], {}, ValueError, "number 1: .* got nan at position 1"),
        ([[1], np.ma.array([1, 2], mask=[1, 0])], {}, ValueError, "number 1: .* got -- at"),
        ([[1], None], {}, ValueError, "number 1: .* got None"),
        ({"a": [1]}, {}, TypeError, "sequences: expected a list .*; got a dictionary"),
        ({(1, 2)}, {}, TypeError, "sequences: expected a list .*; got a set"),
        (pd.DataFrame({"a": [1]}), {}, TypeError, "sequences: .*; got a table: choose one"),
        (7, {}, TypeError, "sequences: expected a list .*; got int"),
        ([[1, 2**31]], {}, ValueError, "whole numbers below 2.*31"),
        ([np.array([1], "uint64"), np.array([1])], {}, ValueError, "64 bits .*int64 and uint64"),
        ([[1]], {"value": 0.5}, ValueError, "value: expected .* a whole number .*; got 0.5"),
        ([[1]], {"value": 2**31}, ValueError, "value: expected .*; got 2147483648"),
        ([[0.5]], {"value": None}, ValueError, "value: expected a number .*; got None: .* float"),
        ([[[1, 2], [3]]], {}, ValueError, "number 0: .* lists of different lengths"),
        ([[1], [4, True]], {}, TypeError, "number 1: expected whole numbers .*; got True at"),
        ([np.ones((2, 3)), np.ones((2, 4))], {}, ValueError, r"\(timesteps, 3\) and \(time"),
    ],
)  # fmt: skip
def test_what_can_not_be_padded_is_said(sequences, options, error, message):
    with pytest.raises(error, match=message):
        pad(sequences, **{"padding": "before", "truncating": "before", **options})


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
        ([1.5], {}, TypeError, "lengths: .*; got 1.5 at position 0"),
        ([[1, 2], [3]], {}, TypeError, "lengths: .* rows of different lengths"),
        ([4, True], {}, TypeError, "lengths: .*; got True at position 1"),
        (None, {}, TypeError, "lengths: .*; got NoneType"),
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


@pytest.mark.parametrize(
    ("lengths", "batches", "error", "message"),
    [
        ([1, 2], [[0], [[0, 1]]], IndexError, r"batches: .*, in each; got \(1, 2\)"),
        ([1, 2], [[0, -1]], IndexError, "batches: .* got -1"),
        ([-1, 2], [[0, 1]], ValueError, "lengths: expected numbers of timesteps"),
        ([[1, 2]], [[0]], ValueError, r"lengths: expected .*, \(examples,\)"),
    ],
)
def test_what_is_no_batch_of_lengths_is_said(lengths, batches, error, message):
    with pytest.raises(error, match=message):
        padding_share(lengths, batches)


def test_a_batch_without_examples_holds_no_padding():
    assert padding_share([1, 3], [[], [0, 1]]) == padding_share([1, 3], [[0, 1]])


def test_padding_of_examples_that_there_are_not_is_said():
    with pytest.raises(IndexError, match=r"batches: expected positions of the 2 examples.* got 5"):
        padding_share([1, 2], [np.array([0, 5])])
