"""The exercises of the chapter on the sentiment of film reviews."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqlearn.exercises.before import (
    Exercise,
    NotAnAnswer,
    call,
    call_on,
    describe,
    read_whole_number,
    same_array,
)
from seqlearn.text import FIRST_WORD, PADDING, START, UNKNOWN, split_words

Array = np.ndarray
Tokens = tuple[str, ...]


# ---- Read a review -----------------------------------------------------------------

_BY_RANK = [
    "the", "and", "film", "was", "a", "it", "not", "but", "good", "slow",
    "plot", "i", "ending", "dull", "laughed", "bored", "actors", "loved", "twist", "never",
    "until", "music", "scene", "last", "clever", "sleepy", "wooden", "quiet", "loud", "silly",
]  # fmt: skip
# In alphabetical order: as in Keras's file, the order of the entries tells nothing.
_RANKS = {word: _BY_RANK.index(word) + 1 for word in sorted(_BY_RANK)}
_WORD_OF = {rank: word for word, rank in _RANKS.items()}
_SHIFT = FIRST_WORD - 1
# One text is padded, one is not; each lacks a word, and holds the commonest one.
_REVIEWS = (
    np.array([PADDING, PADDING, START, 4, 6, 7, 13, 5, UNKNOWN, 11, 15, 18], np.int32),
    np.array([START, 15, 21, 4, UNKNOWN, 24, 4, 27, 26], np.int32),
)
_GAP = "?"


def _decode(review: Array, shift: int = _SHIFT) -> Tokens:
    real = [i for i in review.tolist() if i not in (PADDING, START)]
    return tuple(_GAP if i == UNKNOWN else _WORD_OF.get(i - shift, _GAP) for i in real)


def _decode_marks_too(review: Array, shift: int = _SHIFT) -> Tokens:
    return tuple(_WORD_OF.get(i - shift, _GAP) for i in review.tolist())


def _words_alone(review: Array, shift: int = _SHIFT) -> Tokens:
    return tuple(_WORD_OF.get(i - shift, _GAP) for i in review.tolist() if i >= FIRST_WORD)


def _known_alone(review: Array, shift: int = _SHIFT) -> Tokens:
    return tuple(_WORD_OF[i - shift] for i in review.tolist() if i - shift in _WORD_OF)


def _by_entry(before: int, skips: tuple[int, ...], gap: bool) -> Callable[[Array], Tokens]:
    """Take the words by the order of the dictionary's entries, not by their ranks."""
    words = list(_RANKS)
    return lambda review: tuple(
        _GAP if gap and i == UNKNOWN else words[i - before]
        for i in review.tolist()
        if i not in skips
    )


def _read_decoded(function: Any) -> tuple[Tokens, ...]:
    decoded = []
    for review in _REVIEWS:
        result = call(function, review, dict(_RANKS))
        words = [result] if isinstance(result, str) else result
        if isinstance(words, np.ndarray):
            words = words.tolist()
        if not isinstance(words, Sequence) or not all(isinstance(word, str) for word in words):
            raise NotAnAnswer(f"your function returned {describe(result)}, not words")
        decoded.append(tuple(" ".join(words).split()))
    return tuple(decoded)


def _decoded_by(*rules: Callable[[Array], Tokens]) -> Callable[[tuple[Tokens, ...]], bool]:
    return lambda decoded: any(decoded == tuple(map(rule, _REVIEWS)) for rule in rules)


def _shifted_by(*shifts: int) -> Callable[[tuple[Tokens, ...]], bool]:
    """Whether a reader went by one of these shifts, whatever became of the marks."""
    rules = (_decode, _decode_marks_too, _words_alone, _known_alone)
    return lambda decoded: any(
        decoded == tuple(rule(review, shift) for review in _REVIEWS)
        for shift in shifts
        for rule in rules
    )


def _in_order(words: Tokens, tokens: Tokens) -> bool:
    left = iter(tokens)
    return all(word in left for word in words)


def _all_words_right(decoded: tuple[Tokens, ...]) -> bool:
    return all(
        _in_order(_words_alone(review), tokens)
        for review, tokens in zip(_REVIEWS, decoded, strict=True)
    )


def _words_added(decoded: tuple[Tokens, ...]) -> bool:
    return any(
        sum(token in _RANKS for token in tokens) > len(_words_alone(review))
        for review, tokens in zip(_REVIEWS, decoded, strict=True)
    )


SHIFT = Exercise(
    id="imdb-shift",
    asks="Turn the indices of a review back into words.",
    expects="a function of a review's indices and word_index that returns the text, a string",
    read=_read_decoded,
    is_right=_decoded_by(_decode),
    confirms="every index finds its word, and no mark is taken for one.",
    misconceptions=(
        (
            _shifted_by(0),
            "words, but nonsense: an index of a review is looked up as if it were a rank. Which "
            "index has the commonest word in a review, and which rank?",
        ),
        (
            _shifted_by(-_SHIFT),
            "the shift goes the wrong way: which of the two is larger for one and the same word, "
            "its rank or its index in a review?",
        ),
        (
            _shifted_by(_SHIFT - 1, _SHIFT + 1, _SHIFT - 2),
            "there is a shift, by another number than Keras's. Try the smallest index that is a "
            "word: does it give the commonest one?",
        ),
        (
            _decoded_by(
                *(
                    _by_entry(before, skips, gap)
                    for before in range(FIRST_WORD + 1)
                    for skips in ((), (PADDING, START), (PADDING, START, UNKNOWN))
                    for gap in (True, False)
                )
            ),
            "that goes by where an entry stands in the dictionary. The order of its entries tells "
            "nothing; the numbers in it do.",
        ),
        (
            _decoded_by(_decode_marks_too),
            "every word is right. But which of your question marks stand for a word at all?",
        ),
        (
            _decoded_by(_words_alone),
            "every word is right. But the unknown ones have gone without a trace, and words look "
            "like neighbours that never were.",
        ),
        (
            lambda decoded: decoded == tuple(("".join(_decode(r)),) for r in _REVIEWS),
            "the words are right, and run together.",
        ),
        (
            lambda decoded: _all_words_right(decoded) and _words_added(decoded),
            "the words of the review are right, but there are more of them than it has: a mark is "
            "decoded as a word.",
        ),
        (
            _all_words_right,
            "the words are right. Compare what you make of the marks with what is asked.",
        ),
    ),
    otherwise=(
        "try it by hand on the indices 1, 4, 2: a start, the commonest word and an unknown one."
    ),
)


# ---- Keep the end ------------------------------------------------------------------

# Longer than the first n, as long, shorter by one, and very short; the second n is longer than all.
_LONG_AND_SHORT = tuple(
    np.array(row, np.int32)
    for row in ([1, 14, 8, 21, 2, 9], [1, 30, 5, 17], [1, 12, 25], [1, 7], [1, 6, 19, 4, 33])
)
_KEPT = (4, 8)
_LONGEST = max(map(len, _LONG_AND_SHORT))


@dataclass(frozen=True)
class _Kept:
    """What a reader's function made of the reviews, once for each n."""

    results: tuple[Array, ...]

    def equals(self, rule: Callable[[Array, int], Any], after: bool = False, fill: int = 0) -> bool:
        """Whether each row is what a rule keeps of a review, filled up to n."""
        return all(
            same_array(result, _rows(rule, n, after, fill))
            for result, n in zip(self.results, _KEPT, strict=True)
        )


def _rows(rule: Callable[[Array, int], Any], n: int, after: bool, fill: int) -> Array:
    rows = [list(rule(review, n)) for review in _LONG_AND_SHORT]
    width = max(n, *map(len, rows))
    fillers = [[fill] * (width - len(row)) for row in rows]
    pairs = zip(rows, fillers, strict=True)
    return np.array([row + filler if after else filler + row for row, filler in pairs])


def _last(review: Array, n: int) -> Array:
    return review[-n:]


def _first(review: Array, n: int) -> Array:
    return review[:n]


def _read_kept(function: Any) -> _Kept:
    return _Kept(tuple(call_on(function, list(_LONG_AND_SHORT), n) for n in _KEPT))


KEEP = Exercise(
    id="imdb-keep",
    asks="Keep the last n words of each review, padded before to one length.",
    expects="a function of reviews and n that returns an array (reviews, n)",
    read=_read_kept,
    is_right=lambda kept: kept.equals(_last),
    confirms="every review ends in the last column, long or short.",
    misconceptions=(
        (
            lambda kept: kept.equals(_first),
            "the padding is where it should be. Of the long reviews, the beginning is left.",
        ),
        (
            lambda kept: kept.equals(_last, after=True),
            "the right words remain. Where does a short review end, and where does its padding?",
        ),
        (
            lambda kept: kept.equals(_first, after=True),
            "two things are the other way round: what remains of a long review, and where a short "
            "one is padded.",
        ),
        (
            lambda kept: kept.equals(lambda r, n: r[len(r) - n :]),
            "a review that is a little shorter than n loses words. What does a slice make of a "
            "start below zero?",
        ),
        (
            lambda kept: (
                kept.equals(lambda r, n: r[-n:-1]) or kept.equals(lambda r, n: r[-n - 1 : -1])
            ),
            "the last word of a review is missing: a slice ends before its end.",
        ),
        (
            lambda kept: kept.equals(lambda r, n: r[1:][-n:]),
            "the mark of the start is thrown away in short reviews. Nobody asked for that.",
        ),
        (
            lambda kept: kept.equals(lambda r, n: [START, *r[1:][1 - n :]]),
            "the mark of the start is kept in long reviews too, and takes the place of a word.",
        ),
        (
            lambda kept: kept.equals(lambda r, n: r[::-1][:n]),
            "the words that remain are the right ones, in reverse.",
        ),
        (
            lambda kept: any(kept.equals(_last, fill=fill) for fill in (-1, START, UNKNOWN)),
            "the right words at the right place. What stands before them is not padding.",
        ),
        (
            lambda kept: any(r.ndim and len(r) < len(_LONG_AND_SHORT) for r in kept.results),
            "there are fewer rows than reviews: what has become of the others?",
        ),
        (
            lambda kept: kept.results[0].shape == (len(_LONG_AND_SHORT), _LONGEST),
            "the array is as wide as the longest review. How wide should it be?",
        ),
        (
            lambda kept: kept.results[1].shape == (len(_LONG_AND_SHORT), _LONGEST),
            "right width for the smaller n. With an n beyond the longest review, the array is as "
            "wide as that review.",
        ),
        (
            lambda kept: any(
                result.shape != (len(_LONG_AND_SHORT), n)
                for result, n in zip(kept.results, _KEPT, strict=True)
            ),
            "the array should have a row for each review and a column for each of n words.",
        ),
    ),
    otherwise=(
        "draw two rows of five cells, one for a review of seven words and one for a review of "
        "two, and fill them in."
    ),
)


# ---- The same bag ------------------------------------------------------------------

_PAIRS = (
    ("The film is good, not bad.", "The film is bad, not good."),
    ("I loved it.", "I never loved it."),
    ("The book was good and the film was bad.", "The film was good and the book was bad."),
    ("A very, very good film.", "A very good film."),
    ("No, good acting!", "No good acting."),
    ("I feared a bore and got a thriller.", "I feared a thriller and got a bore."),
)


def _runs(text: str, n: int) -> list[Tokens]:
    words = split_words(text)
    return sorted(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def _told_apart_by(one: str, other: str) -> int:
    """Give the shortest run of words, 1 or 2, whose counts differ; 0 if there is none."""
    return next((n for n in (1, 2) if _runs(one, n) != _runs(other, n)), 0)


_TOLD_APART = tuple(_told_apart_by(*pair) for pair in _PAIRS)
_FLIPPED = {0: 2, 1: 1, 2: 0}


def _read_told_apart(answer: Any) -> tuple[int, ...]:
    if isinstance(answer, np.ndarray):
        answer = answer.tolist()
    if not isinstance(answer, Sequence) or isinstance(answer, str | bytes):
        raise NotAnAnswer(f"got {describe(answer)}")
    try:
        found = tuple(read_whole_number(number) for number in answer)
    except NotAnAnswer:
        found = ()
    if len(found) != len(_PAIRS) or not set(found) <= {0, 1, 2}:
        raise NotAnAnswer(f"got {describe(answer)}")
    return found


SAME_BAG = Exercise(
    id="imdb-same-bag",
    asks="Which pairs of sentences can a bag of words tell apart, which a bag of neighbours?",
    expects="a list of six numbers, each 0, 1 or 2, in the order of the pairs",
    read=_read_told_apart,
    is_right=lambda found: found == _TOLD_APART,
    confirms="a bag keeps what occurs and how often; neighbours keep a little of the order.",
    misconceptions=(
        (
            lambda found: found == tuple(_FLIPPED[n] for n in _TOLD_APART),
            "two of the numbers have changed places: read again what each stands for.",
        ),
        (
            lambda found: len(set(found)) == 1,
            "is it really the same for all six? They were chosen to differ.",
        ),
        (
            lambda found: found[4] != 0,
            "look at the fifth again: what is left of a comma when the words are counted?",
        ),
        (
            lambda found: any(
                n == 1 and right != 1 for n, right in zip(found, _TOLD_APART, strict=True)
            ),
            "for a pair where you say that single words will do, both sides have the same words, "
            "each equally often.",
        ),
        (
            lambda found: found[1] != 1,
            "look at the second again: does each word of one side stand on the other?",
        ),
        (
            lambda found: found[3] != 1,
            "look at the fourth again: does a bag keep only which words occur?",
        ),
        (
            lambda found: found[2] != 0,
            "look at the third again: write down all neighbours of either side, and sort them.",
        ),
        (
            lambda found: found[5] == 0,
            "look at the sixth again. It resembles the third, but which word stands before “and”?",
        ),
    ),
    otherwise="look at the first again: which word stands before “not”, which behind it?",
)


# ---- What a word weighs ------------------------------------------------------------

# Texts (rows) of classes that differ in number; a word of each class alone; a word said five times.
_COUNTS = np.array(
    [
        [1, 2, 0, 1, 5],
        [0, 1, 0, 1, 0],
        [1, 0, 3, 1, 0],
        [0, 2, 1, 0, 0],
        [1, 1, 0, 2, 1],
        [0, 0, 0, 1, 1],
    ]
)
_CLASSES = np.array([1, 1, 0, 0, 1, 1])
_TEXTS = [_COUNTS[np.equal(_CLASSES, c)] for c in (0, 1)]


def _present(c: int) -> Array:
    return (_TEXTS[c] > 0).sum(axis=0)


def _said(c: int) -> Array:
    return _TEXTS[c].sum(axis=0)


def _shares(often: Callable[[int], Array], c: int, smoothing: float = 1) -> Array:
    return (often(c) + smoothing) / (often(c) + smoothing).sum()


def _log_of(share: Callable[[int], Array]) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(share(1) / share(0))


def _share(c: int) -> Array:
    return _shares(_present, c)


_RATIOS = _log_of(_share)


def _among(*expected: Array) -> Callable[[Array], bool]:
    return lambda result: any(same_array(result, other) for other in expected)


LOG_RATIO = Exercise(
    id="imdb-log-ratio",
    asks="Weigh each word by the logarithm of how much more often one class uses it.",
    expects="a function of counts (texts, words) and classes that returns numbers (words,)",
    read=lambda function: call_on(function, _COUNTS, _CLASSES),
    is_right=_among(_RATIOS),
    confirms="these are the weights with which the naive-Bayes features begin.",
    misconceptions=(
        (
            lambda r: r.shape != _RATIOS.shape,
            "there should be one number for each word: over which axis do you add up, the texts "
            "or the words?",
        ),
        (
            lambda r: not np.isfinite(r).all() or np.abs(r).max() > 10,
            "a word that one class never uses weighs more than all others together, or has no "
            "number at all. What is imagined to keep it finite?",
        ),
        (_among(-_RATIOS), "every sign is wrong: which words should be above zero?"),
        (
            _among(_log_of(lambda c: _shares(_said, c))),
            "a text that says a word five times counts five times. What should count is whether "
            "it says it.",
        ),
        (
            _among(_RATIOS / np.log(2), _RATIOS / np.log(10)),
            "right, but in another unit: which logarithm is meant by nats?",
        ),
        (
            _among(_share(1) - _share(0)),
            "that is a difference of shares: rare words get next to nothing, however one-sided.",
        ),
        (
            _among(_share(1) / _share(0)),
            "that is the ratio itself: a word that both classes use equally should weigh 0. What "
            "does it weigh here?",
        ),
        (
            _among(_log_of(lambda c: _present(c) + 1)),
            "the numbers of texts are compared as they are, though there are more texts, and "
            "more words, in one class. By what is each to be divided?",
        ),
        (
            _among(
                *(
                    _log_of(lambda c, k=k: (_present(c) + 1) / (len(_TEXTS[c]) + k))
                    for k in range(3)
                )
            ),
            "you divide by the number of texts. The exercise asks for another sum, over words.",
        ),
        (
            _among(
                _log_of(lambda c: (_present(c) + 1) / _present(c).sum()),
                _log_of(lambda c: (_present(c) + 1) / (_present(c).sum() + 1)),
            ),
            "the imagined text is in one of the two numbers that you divide, and not, or not for "
            "each word, in the other: do your shares sum to 1?",
        ),
        (
            _among(_log_of(lambda c: _shares(_present, c, 0) + 1)),
            "something is added too late, to the shares: is it a share that is imagined, or a "
            "text?",
        ),
        (
            _among(np.log(_share(1)), np.log(_share(0))),
            "that is how common a word is in one class. What of the other?",
        ),
    ),
    otherwise=(
        "take two texts of two words each, one of each class, and work out the four shares on "
        "paper."
    ),
)


# ---- Is it right nine times in ten? ------------------------------------------------

# Bins of two to ten examples, some of them empty; none lies on a border but 0, a half and 1.
# The labels are such that every known mistake shows in the result.
_PROBS = np.array([
    0, 0.013, 0.032, 0.047, 0.051, 0.064, 0.078, 0.086,
    0.121, 0.145, 0.187,
    0.233, 0.262, 0.271, 0.288,
    0.413, 0.468,
    0.5, 0.5, 0.537, 0.552, 0.571,
    0.712, 0.745, 0.783,
    0.824, 0.853, 0.871,
    0.907, 0.924, 0.941, 0.958, 0.963, 0.972, 0.981, 0.994, 1, 1,
])  # fmt: skip
_LABELS = np.array([
    0, 0, 0, 0, 0, 0, 0, 1,
    0, 1, 0,
    0, 0, 0, 0,
    1, 1,
    0, 0, 1, 0, 0,
    0, 0, 1,
    1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 0, 1,
])  # fmt: skip
_BINS = 10


def _bins(probs: Array) -> Array:
    return np.minimum((_BINS * probs).astype(int), _BINS - 1)


def _gaps(
    probs: Array, happened: Array, bins: Array, said: Array | None = None
) -> tuple[Array, Array]:
    """Give the share of examples in each bin that is not empty, and what it says too much."""
    said = probs if said is None else said
    inside = [bins == k for k in np.unique(bins)]
    shares = np.array([i.mean() for i in inside])
    return shares, np.array([said[i].mean() - happened[i].mean() for i in inside])


_SHARES, _GAPS = _gaps(_PROBS, _LABELS, _bins(_PROBS))
_ERROR = float(_SHARES @ np.abs(_GAPS))
_HITS = ((_PROBS >= 0.5) == _LABELS, (_PROBS > 0.5) == _LABELS)


def _weighted(*args: Array) -> float:
    shares, gaps = _gaps(*args)
    return float(shares @ np.abs(gaps))


def _of_predicted_class() -> tuple[float, ...]:
    """Give the calibration error of the predicted class, whichever it is."""
    sure = np.maximum(_PROBS, 1 - _PROBS)
    return tuple(_weighted(sure, hit, _bins(sure)) for hit in _HITS)


def _without_ones() -> tuple[float, float]:
    """Leave the probability 1 in no bin: counted among all examples, or not at all."""
    inside = _PROBS < 1
    error = _weighted(_PROBS[inside], _LABELS[inside], _bins(_PROBS[inside]))
    return error * float(inside.mean()), error


def _bins_closed_above() -> tuple[float, ...]:
    bins = np.ceil(_BINS * _PROBS) - 1
    inside = bins >= 0
    without_zero = _weighted(_PROBS[inside], _LABELS[inside], bins[inside])
    all_in = _weighted(_PROBS, _LABELS, np.maximum(bins, 0))
    return without_zero * float(inside.mean()), without_zero, all_in


def _read_error(function: Any) -> float:
    result = call_on(function, _PROBS, _LABELS)
    if result.size != 1:
        raise NotAnAnswer(f"your function returned {describe(result)}, not one number")
    return float(result.ravel()[0])


def _close_to(*expected: float) -> Callable[[float], bool]:
    return lambda error: any(np.isclose(error, other, rtol=1e-5, atol=0) for other in expected)


CALIBRATION = Exercise(
    id="imdb-calibration",
    asks="How far are the probabilities from what happened, in ten bins?",
    expects="a function of probabilities and labels that returns one number, from 0 to 1",
    read=_read_error,
    is_right=_close_to(_ERROR),
    confirms="each bin is held against what happened in it, and counts by its examples.",
    misconceptions=(
        (
            np.isnan,
            "the result is not a number (nan): what is the mean of a bin that nobody is in, and "
            "should such a bin have a say?",
        ),
        (
            _close_to(float(np.abs(_GAPS).mean()), float(np.abs(_GAPS).sum() / _BINS)),
            "every bin counts alike, with two examples or with ten.",
        ),
        (
            _close_to(float(np.abs(_GAPS).sum())),
            "the gaps of all bins are added up. Should a bin with few examples have as much say "
            "as one with many?",
        ),
        (
            _close_to(float(_SHARES @ _GAPS), float(-_SHARES @ _GAPS), float(abs(_SHARES @ _GAPS))),
            "a bin that says too much makes up for one that says too little: a network can be "
            "wrong in both, and get 0 here.",
        ),
        (
            _close_to(*(_weighted(_PROBS, hit, _bins(_PROBS)) for hit in _HITS)),
            "you hold the probability against how often the decision was right. When p is near "
            "0, a good network is right nearly always: how often should the label be 1 there?",
        ),
        (
            _close_to(*_of_predicted_class()),
            "that is the calibration of the predicted class, whichever it is: its bins begin at a "
            "half. Asked is that of class 1.",
        ),
        (
            _close_to(*_without_ones()),
            "an example has fallen out of the bins: where does a probability of exactly 1 go?",
        ),
        (
            _close_to(_weighted(_PROBS, _LABELS, (_BINS * _PROBS).astype(int))),
            "there is a bin too many: those who say exactly 1 sit in one of their own.",
        ),
        (
            _close_to(*_bins_closed_above()),
            "nearly. To which of two bins does a probability belong that lies on the border "
            "between them?",
        ),
        (
            _close_to(_weighted(_PROBS, _LABELS, _bins(_PROBS), (_bins(_PROBS) + 0.5) / _BINS)),
            "you take the middle of each bin for what its examples say. What do they say on "
            "average?",
        ),
        (
            _close_to(float(_SHARES @ _GAPS**2), float(np.sqrt(_SHARES @ _GAPS**2))),
            "the gaps are squared. Asked is how wide they are.",
        ),
        (
            _close_to(float(np.abs(_GAPS).max())),
            "that is the widest gap of all: one bin speaks for the rest.",
        ),
        (
            _close_to(
                float(np.abs(_PROBS - _LABELS).mean()), float(((_PROBS - _LABELS) ** 2).mean())
            ),
            "that compares each probability with its own label. Even a perfect 0.7 is never equal "
            "to a 0 or a 1: which examples should be taken together?",
        ),
        (
            _close_to(100 * _ERROR),
            "right as a percentage. Asked is a number from 0 to 1.",
        ),
    ),
    otherwise=(
        "try it with four examples: 0.1 and 0.1, labels 0 and 1, then 0.9 and 0.9, labels 1 and 1."
    ),
)

EXERCISES = (SHIFT, KEEP, SAME_BAG, LOG_RATIO, CALIBRATION)
