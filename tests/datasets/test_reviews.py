"""The synthetic reviews: balanced, all different, and decided by word order."""

import hashlib
import string

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from seqlearn.datasets import reviews


@pytest.fixture(scope="module")
def texts():
    arrays, ranks = reviews.make_reviews()
    words = {rank: word for word, rank in ranks.items()}
    made = {}
    for part in ("train", "test"):
        ends = np.cumsum(arrays[f"x_{part}_lengths"])
        rows = np.split(arrays[f"x_{part}"], ends[:-1])
        made[part] = [" ".join(words[rank] for rank in row.tolist()) for row in rows]
        made[f"{part}_labels"] = arrays[f"y_{part}"]
    return made


def test_the_same_on_every_machine(texts):
    everything = "\n".join(texts["train"] + texts["test"])
    assert hashlib.sha256(everything.encode()).hexdigest()[:16] == "c736d96abc0c37c6"


def test_ranks_count_from_the_commonest_word_of_train(texts):
    arrays, ranks = reviews.make_reviews()
    counts = np.bincount(arrays["x_train"], minlength=len(ranks) + 1)[1:]
    assert sorted(ranks.values()) == list(range(1, len(ranks) + 1))
    assert (np.diff(counts) <= 0).all()


def test_labels_are_balanced(texts):
    assert np.bincount(texts["train_labels"]).tolist() == [2500, 2500]
    assert np.bincount(texts["test_labels"]).tolist() == [750, 750]


def core(text):
    """Take off the phrases that open and close a review."""
    for opening in filter(None, reviews._OPENINGS):
        text = text.removeprefix(f"{opening} ")
    for closing in filter(None, reviews._CLOSINGS):
        text = text.removesuffix(f" {closing}")
    return text


def test_no_sentence_occurs_twice(texts):
    sentences = [core(text) for text in texts["train"] + texts["test"]]
    assert len(set(sentences)) == len(sentences)


def test_words_of_both_kinds_are_told_apart():
    praise, blame = reviews._PRAISE.split(), reviews._BLAME.split()
    assert len({*praise, *blame}) == len(praise) + len(blame)
    assert len(praise) == len(blame)
    # "a" stands before them, never "an".
    assert not [word for word in praise + blame if word[0] in "aeiou"]


@pytest.mark.parametrize("patterns", [reviews._CONTRAST, reviews._REPORTED, reviews._NEGATED])
def test_twins_exchange_the_roles_between_the_same_neighbours(patterns):
    """What stands before and after a verdict must not say whose it is."""
    for twins in zip(patterns[::2], patterns[1::2], strict=True):
        own, opposite = [], []
        for pattern in twins:
            words = ["<", *pattern.split(), ">"]
            for before, word, after in zip(words, words[1:], words[2:], strict=False):
                if word == "{own}":
                    own.append((before, after))
                elif word in ("{other}", "{denied}"):
                    opposite.append((before, after))
        assert sorted(own) == sorted(opposite), twins


def test_all_slots_are_known():
    for patterns, _ in reviews._KINDS:
        for pattern in patterns:
            slots = {slot for _, slot, _, _ in string.Formatter().parse(pattern) if slot}
            assert slots <= {"own", "other", "denied", "aspect", "reporter"}
    assert sum(percent for _, percent in reviews._KINDS) == 100


@pytest.mark.parametrize("words_at_once", [1, 2])
def test_a_bag_of_words_stays_under_three_quarters(texts, words_at_once):
    bag = TfidfVectorizer(ngram_range=(1, words_at_once), token_pattern=r"\S+")
    train, test = bag.fit_transform(texts["train"]), bag.transform(texts["test"])
    model = LogisticRegression(C=10, max_iter=1000).fit(train, texts["train_labels"])
    right = model.score(test, texts["test_labels"])
    assert 0.55 < right < 0.70  # the three plain ones of ten, and half of the others: 65%
