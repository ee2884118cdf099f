"""The exercises of the chapter on the sentiment of film reviews."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from seqlearn.exercises.judging import AnyOf, Exercise, Function, Tried, Where, not_shaped
from seqlearn.exercises.reading import (
    Array,
    NotAnAnswer,
    describe,
    one_number,
    several,
    whole_number,
    words,
)
from seqlearn.text import FIRST_WORD, PADDING, START, UNKNOWN

# ---- Turn the indices of a review back into words -----------------------------------

_BY_RANK = [
    "the", "and", "film", "was", "a", "it", "not", "but", "good", "slow",
    "plot", "i", "ending", "dull", "laughed", "bored", "actors", "loved", "twist", "never",
    "until", "music", "scene", "last", "clever", "sleepy", "wooden", "quiet", "loud", "silly",
]  # fmt: skip
# In alphabetical order: as in Keras's file, the order of the entries tells nothing.
_RANKS = {word: _BY_RANK.index(word) + 1 for word in sorted(_BY_RANK)}
_SHIFT = FIRST_WORD - 1
# One text is padded, one is not; each lacks a word, and holds the commonest one.
_REVIEWS = (
    np.array([PADDING, PADDING, START, 4, 6, 7, 13, 5, UNKNOWN, 11, 15, 18], np.int32),
    np.array([START, 15, 21, 4, UNKNOWN, 24, 4, 27, 26], np.int32),
)
_GONE, _GAP = {PADDING: "", START: ""}, {UNKNOWN: "?"}
_SILENT = _GONE | {UNKNOWN: ""}
_MARKS = (_GONE | _GAP, _SILENT, _GONE, _GAP, {})  # what readers put for marks, in place of words


def _read_text(result: object) -> str:
    """Read a text, or its words one by one."""
    try:
        text = " ".join(map(words, np.array(result, dtype=object).ravel()))
    except NotAnAnswer:
        raise NotAnAnswer(describe(result), "words") from None
    return " ".join(text.split())


def _decode(
    review: Array, ranks: dict[str, int],
    shift: int = _SHIFT, marks: dict[int, str] = _MARKS[0], missing: str = "?",
) -> str:  # fmt: skip
    table = {rank + shift: word for word, rank in ranks.items()} | marks
    return " ".join(table.get(i, missing) for i in review.tolist())


def _by_entry(review: Array, ranks: dict[str, int], before: int, marks: dict[int, str]) -> str:
    """Take the words by the order of the dictionary's entries; before the first comes the last."""
    entries = list(ranks)
    return " ".join(marks.get(i, entries[i - before]) for i in review.tolist())


def _shifted(*shifts: int) -> AnyOf:
    """Whoever went by one of these shifts, whatever became of the marks."""
    ways = itertools.product(shifts, _MARKS, ("?", ""))
    return AnyOf(*(partial(_decode, shift=s, marks=m, missing=gap) for s, m, gap in ways))


def _has_all(tried: Tried) -> bool:
    """Whether every word of the reviews is there, in their order."""
    left = [iter(text.split()) for text in tried.results]
    expected = [_decode(*case, marks=_SILENT).split() for case in tried.cases]
    return all(word in found for found, row in zip(left, expected, strict=True) for word in row)


def _has_more(text: str, review: Array) -> bool:
    return sum(word in _RANKS for word in text.split()) > np.sum(review >= FIRST_WORD)


SHIFT = Exercise(
    id="imdb-shift",
    expects="a function of a review's indices and word_index that returns the text, a string",
    read=Function([(review, _RANKS) for review in _REVIEWS], returns=_read_text),
    right=_decode,
    confirms="every index finds its word, and no mark is taken for one.",
    misconceptions={
        "words, but nonsense: an index of a review is looked up as if it were a rank. Which "
        "index has the commonest word in a review, and which rank?": _shifted(0),
        "the shift goes the wrong way: which of the two is larger for one and the same word, "
        "its rank or its index in a review?": _shifted(-_SHIFT),
        "there is a shift, by another number than Keras's. Try the smallest index that is a "
        "word: does it give the commonest one?": _shifted(_SHIFT - 2, _SHIFT - 1, _SHIFT + 1),
        "that goes by where an entry stands in the dictionary. The order of its entries tells "
        "nothing; the numbers in it do.": AnyOf(
            *(partial(_by_entry, before=n, marks=m) for n in range(FIRST_WORD + 1) for m in _MARKS)
        ),
        "every word is right. But which of your question marks stand for a word at all?": partial(
            _decode, marks={}
        ),
        "every word is right. But the unknown ones have gone without a trace, and words look "
        "like neighbours that never were.": partial(_decode, marks=_SILENT),
        "the words are right, and run together.": lambda *given: _decode(*given).replace(" ", ""),
        "the words of the review are right, but there are more of them than it has: a mark is "
        "decoded as a word.": Where(
            lambda tried: _has_all(tried) and any(map(_has_more, tried.results, _REVIEWS))
        ),
        "the words are right. Compare what you make of the marks with what is asked.": Where(
            _has_all
        ),
    },
    otherwise="try it by hand on the indices 1, 4, 2: a start, the commonest word and an unknown "
    "one.",
)

# ---- Keep the last n words of each review, padded before to one length --------------

# Longer than the first n, as long, shorter by one, and very short; the second n is longer than all.
_LONG_AND_SHORT = [
    np.array(row, np.int32)
    for row in ([1, 14, 8, 21, 2, 9], [1, 30, 5, 17], [1, 12, 25], [1, 7], [1, 6, 19, 4, 33])
]
_ROWS, _LONGEST = len(_LONG_AND_SHORT), max(map(len, _LONG_AND_SHORT))


def _filled(rule: Callable = lambda r, n: r[-n:], after: bool = False, fill: int = 0) -> Callable:
    """A program that keeps of each review what a rule says, at most n words, and fills up to n."""

    def keep(reviews: list[Array], n: int) -> Array:
        rows = [(list(rule(r, n)), [fill] * n) for r in reviews]
        return np.array([(k + f)[:n] if after else (f + k)[-n:] for k, f in rows])

    return keep


KEEP = Exercise(
    id="imdb-keep",
    expects="a function of reviews and n that returns an array (reviews, n)",
    read=Function([(_LONG_AND_SHORT, 4), (_LONG_AND_SHORT, 8)]),
    right=_filled(),
    confirms="every review ends in the last column, long or short.",
    misconceptions={
        "the padding is where it should be. Of the long reviews, the beginning is left.": _filled(
            lambda r, n: r[:n]
        ),
        "the right words remain. Where does a short review end, and where does its "
        "padding?": _filled(after=True),
        "two things are the other way round: what remains of a long review, and where a short "
        "one is padded.": _filled(lambda r, n: r[:n], after=True),
        "a review that is a little shorter than n loses words. What does a slice make of a "
        "start below zero?": _filled(lambda r, n: r[len(r) - n :]),
        "the last word of a review is missing: a slice ends before its end.": AnyOf(
            _filled(lambda r, n: r[-n:-1]), _filled(lambda r, n: r[-n - 1 : -1])
        ),
        "the mark of the start is thrown away in short reviews. Nobody asked for that.": _filled(
            lambda r, n: r[1:][-n:]
        ),
        "the mark of the start is kept in long reviews too, and takes the place of a "
        "word.": _filled(lambda r, n: [START, *r[1:][1 - n :]]),
        "the words that remain are the right ones, in reverse.": _filled(lambda r, n: r[::-1][:n]),
        "the right words at the right place. What stands before them is not padding.": AnyOf(
            *(_filled(fill=fill) for fill in (-1, START, UNKNOWN))
        ),
        "there are fewer rows than reviews: what has become of the others?": Where(
            lambda tried: any(r.ndim and len(r) < _ROWS for r in tried.results)
        ),
        "the array is as wide as the longest review. How wide should it be?": Where(
            lambda tried: tried.shapes[0] == (_ROWS, _LONGEST)
        ),
        "right width for the smaller n. With an n beyond the longest review, the array is as "
        "wide as that review.": Where(lambda tried: tried.shapes[1] == (_ROWS, _LONGEST)),
        "the array should have a row for each review and a column for each of n words.": not_shaped(
            (_ROWS, 4), (_ROWS, 8)
        ),
    },
    otherwise="draw two rows of five cells, one for a review of seven words and one for a review "
    "of two, and fill them in.",
)

# ---- Which pairs of sentences can a bag of words tell apart, which a bag of neighbours?

_PAIRS = (
    ("The film is good, not bad.", "The film is bad, not good."),
    ("I loved it.", "I never loved it."),
    ("The book was good and the film was bad.", "The film was good and the book was bad."),
    ("A very, very good film.", "A very good film."),
    ("No, good acting!", "No good acting."),
    ("I feared a bore and got a thriller.", "I feared a thriller and got a bore."),
)
# The shortest run of words, 1 or 2, whose counts differ; 0 if there is none. A test counts them.
_TOLD_APART = (2, 1, 0, 1, 0, 2)


def _read_told_apart(thing: object) -> int:
    number = whole_number(thing)
    if number not in (0, 1, 2):
        raise NotAnAnswer(describe(thing))
    return number


def _wrong_at(place: int) -> Where:
    return Where(lambda found: found[place] != _TOLD_APART[place])


SAME_BAG = Exercise(
    id="imdb-same-bag",
    expects="a list of six numbers, each 0, 1 or 2, in the order of the pairs",
    read=several(len(_PAIRS), _read_told_apart),
    right=_TOLD_APART,
    confirms="a bag keeps what occurs and how often; neighbours keep a little of the order.",
    misconceptions={
        "two of the numbers have changed places: read again what each stands for.": [
            2 - n for n in _TOLD_APART
        ],
        "is it really the same for all six? They were chosen to differ.": Where(
            lambda found: len(set(found)) == 1
        ),
        "look at the fifth again: what is left of a comma when the words are counted?": _wrong_at(
            4
        ),
        "for a pair where you say that single words will do, both sides have the same words, "
        "each equally often.": Where(
            lambda found: any(n == 1 != right for n, right in zip(found, _TOLD_APART, strict=True))
        ),
        "look at the second again: does each word of one side stand on the other?": _wrong_at(1),
        "look at the fourth again: does a bag keep only which words occur?": _wrong_at(3),
        "look at the third again: write down all neighbours of either side, and sort "
        "them.": _wrong_at(2),
        "look at the sixth again. It resembles the third, but which word stands before "
        "“and”?": _wrong_at(5),
    },
    otherwise="look at the first again: which word stands before “not”, which behind it?",
)

# ---- Weigh each word by the logarithm of how much more often one class uses it ------

# Texts (rows) of classes that differ in number; a word of each class alone; a word said five times.
_COUNTS = np.array([
    [1, 2, 0, 1, 5], [0, 1, 0, 1, 0], [1, 0, 3, 1, 0],
    [0, 2, 1, 0, 0], [1, 1, 0, 2, 1], [0, 0, 0, 1, 1],
])  # fmt: skip
_CLASSES = np.array([1, 1, 0, 0, 1, 1])


def _shares(
    counts: Array, y: Array, most: float = 1, imagined: int = 1,
    of: Callable[[Array, Array], float] = lambda often, texts: often.sum(),
) -> list[Array]:  # fmt: skip
    """What share of all that class 1, and class 0, says is each word."""
    both = counts[y == 1], counts[y == 0]
    often = [np.minimum(texts, most).sum(axis=0) + imagined for texts in both]
    return [o / of(o, texts) for o, texts in zip(often, both, strict=True)]


def _ratios(counts: Array, y: Array, **ways: Any) -> Array:
    return np.log(np.divide(*_shares(counts, y, **ways)))


LOG_RATIO = Exercise(
    id="imdb-log-ratio",
    expects="a function of counts (texts, words) and classes that returns numbers (words,)",
    read=Function([(_COUNTS, _CLASSES)]),
    right=_ratios,
    confirms="these are the weights with which the naive-Bayes features begin.",
    misconceptions={
        "there should be one number for each word: over which axis do you add up, the texts "
        "or the words?": not_shaped(_COUNTS[0].shape),
        "a word that one class never uses weighs more than all others together, or has no number "
        "at all. What is imagined to keep it "
        "finite?": Where(lambda tried: not np.all(np.abs(tried.result) <= 10)),
        "every sign is wrong: which words should be above zero?": lambda c, y: -_ratios(c, y),
        "a text that says a word five times counts five times. What should count is whether "
        "it says it.": partial(_ratios, most=np.inf),
        "right, but in another unit: which logarithm is meant by nats?": AnyOf(
            lambda c, y: _ratios(c, y) / np.log(2), lambda c, y: _ratios(c, y) / np.log(10)
        ),
        "that is a difference of shares: rare words get next to nothing, however "
        "one-sided.": lambda c, y: np.subtract(*_shares(c, y)),
        "that is the ratio itself: a word that both classes use equally should weigh 0. What "
        "does it weigh here?": lambda c, y: np.divide(*_shares(c, y)),
        "the numbers of texts are compared as they are, though there are more texts, and more "
        "words, in one class. By what is each to be "
        "divided?": partial(_ratios, of=lambda often, texts: 1),
        "you divide by the number of texts. The exercise asks for another sum, over words.": AnyOf(
            *(partial(_ratios, of=lambda often, texts, k=k: len(texts) + k) for k in range(3))
        ),
        "the imagined text is in one of the two numbers that you divide, and not, or not for "
        "each word, in the other: do your shares sum to 1?": AnyOf(
            *(partial(_ratios, of=lambda often, texts, k=k: (often - 1).sum() + k) for k in (0, 1))
        ),
        "something is added too late, to the shares: is it a share that is imagined, or a "
        "text?": lambda c, y: np.subtract(*map(np.log1p, _shares(c, y, imagined=0))),
        "that is how common a word is in one class. What of the other?": AnyOf(
            lambda c, y: np.log(_shares(c, y)[0]), lambda c, y: np.log(_shares(c, y)[1])
        ),
    },
    otherwise="take two texts of two words each, one of each class, and work out the four shares "
    "on paper.",
)

# ---- How far are the probabilities from what happened, in ten bins? -----------------

# Bins of two to ten examples, some of them empty; none lies on a border but 0, a half and 1.
# The labels are such that every known mistake shows in the result.
_PROBS = np.array([
    0, 0.013, 0.032, 0.047, 0.051, 0.064, 0.078, 0.086, 0.121, 0.145, 0.187,
    0.233, 0.262, 0.271, 0.288, 0.413, 0.468, 0.5, 0.5, 0.537, 0.552, 0.571,
    0.712, 0.745, 0.783, 0.824, 0.853, 0.871,
    0.907, 0.924, 0.941, 0.958, 0.963, 0.972, 0.981, 0.994, 1, 1,
])  # fmt: skip
_LABELS = np.array([
    0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0,
    0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0,
    0, 0, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 0, 1,
])  # fmt: skip
_BINS = 10


def _floor(p: Array) -> Array:
    return np.minimum(np.floor(_BINS * p), _BINS - 1)


def _ceiling(p: Array) -> Array:
    return np.maximum(np.ceil(_BINS * p) - 1, 0)


def _error(
    p: Array, happened: Array, bins: Callable[[Array], Array] = _floor,
    said: Callable[[Array], Array] = lambda p: p,
    join: Callable[[Array, Array], float] = lambda gaps, shares: shares @ np.abs(gaps),
) -> float:  # fmt: skip
    """Join what each bin that is not empty says too much, and its share of the examples."""
    inside = [bins(p) == k for k in np.unique(bins(p))]
    gaps = [(said(p) - happened)[i].mean() for i in inside]
    return join(np.array(gaps), np.mean(inside, axis=1))


def _joined(*joins: Callable[[Array, Array], float]) -> AnyOf:
    return AnyOf(*(partial(_error, join=join) for join in joins))


def _without(value: float, bins: Callable[[Array], Array]) -> tuple[Callable[..., float], ...]:
    """An example that says this falls out of all bins: counted among all, or not at all."""

    def of_the_rest(p: Array, y: Array) -> float:
        return _error(p[p != value], y[p != value], bins)

    return of_the_rest, lambda p, y: of_the_rest(p, y) * np.mean(p != value)


CALIBRATION = Exercise(
    id="imdb-calibration",
    expects="a function of probabilities and labels that returns one number, from 0 to 1",
    read=Function([(_PROBS, _LABELS)], returns=one_number),
    right=_error,
    confirms="each bin is held against what happened in it, and counts by its examples.",
    misconceptions={
        "the result is not a number (nan): what is the mean of a bin that nobody is in, and "
        "should such a bin have a say?": lambda p, y: np.nan,
        "every bin counts alike, with two examples or with ten.": _joined(
            lambda gaps, _: np.abs(gaps).mean(), lambda gaps, _: np.abs(gaps).sum() / _BINS
        ),
        "the gaps of all bins are added up. Should a bin with few examples have as much say "
        "as one with many?": _joined(lambda gaps, _: np.abs(gaps).sum()),
        "a bin that says too much makes up for one that says too little: a network can be wrong in "
        "both, and get 0 here.": AnyOf(lambda p, y: np.mean(p - y), lambda p, y: np.mean(y - p)),
        "you hold the probability against how often the decision was right. When p is near "
        "0, a good network is right nearly always: how often should the label be 1 there?": AnyOf(
            lambda p, y: _error(p, (p >= 0.5) == y), lambda p, y: _error(p, (p > 0.5) == y)
        ),
        "that is the calibration of the predicted class, whichever it is: its bins begin at a "
        "half. Asked is that of class 1.": AnyOf(
            lambda p, y: _error(np.maximum(p, 1 - p), (p >= 0.5) == y),
            lambda p, y: _error(np.maximum(p, 1 - p), (p > 0.5) == y),
        ),
        "an example has fallen out of the bins: where does a probability of exactly 1 go?": AnyOf(
            *_without(1, _floor)
        ),
        "there is a bin too many: those who say exactly 1 sit in one of their own.": partial(
            _error, bins=lambda p: np.floor(_BINS * p)
        ),
        "nearly. To which of two bins does a probability belong that lies on the border "
        "between them?": AnyOf(partial(_error, bins=_ceiling), *_without(0, _ceiling)),
        "you take the middle of each bin for what its examples say. What do they say on "
        "average?": partial(_error, said=lambda p: (_floor(p) + 0.5) / _BINS),
        "the gaps are squared. Asked is how wide they are.": _joined(
            lambda gaps, shares: shares @ gaps**2, lambda gaps, shares: np.sqrt(shares @ gaps**2)
        ),
        "that is the widest gap of all: one bin speaks for the rest.": _joined(
            lambda gaps, _: np.abs(gaps).max()
        ),
        "that compares each probability with its own label. Even a perfect 0.7 is never equal to a "
        "0 or a 1: which examples should be taken "
        "together?": AnyOf(lambda p, y: np.abs(p - y).mean(), lambda p, y: ((p - y) ** 2).mean()),
        "right as a percentage. Asked is a number from 0 to 1.": lambda p, y: 100 * _error(p, y),
    },
    otherwise="try it with four examples: 0.1 and 0.1, labels 0 and 1, then 0.9 and 0.9, labels 1 "
    "and 1.",
)

EXERCISES = (SHIFT, KEEP, SAME_BAG, LOG_RATIO, CALIBRATION)
