"""Synthetic reviews in which the order of the words decides.

They stand in for the film reviews where those can't be had. In seven of ten, one word of praise
and one of blame meet in a sentence whose order alone says which is the writer's own, or a verdict
is affirmed or denied some words away from it. Each pattern has a twin in which the roles are
exchanged, so that single words and pairs say nothing. The other three of ten are plain.
"""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from seqlearn.datasets import verify

TRAIN_EXAMPLES, TEST_EXAMPLES = 5_000, 1_500

_SEED = 20  # chooses the one set of reviews that everybody gets

_PRAISE = (
    "brilliant charming clever delightful fine great gripping lovely "
    "memorable moving perfect remarkable splendid superb touching wonderful"
)
_BLAME = (
    "bad boring clumsy disappointing dreadful dull feeble forgettable "
    "hollow lifeless poor shoddy silly tedious terrible weak"
)
_ASPECTS = "acting camera cast dialogue direction ending humour language music plot script story"
_REPORTERS = (
    "my brother",
    "my sister",
    "my neighbour",
    "my teacher",
    "a friend of mine",
    "the critic on the radio",
    "the man in front of me",
    "everyone at work",
)

# Slots: own is the writer's verdict, other its opposite, denied a word of the
# opposite kind that the writer takes back. Twins stand side by side.
_CONTRAST = (
    "i expected a {other} film but saw a {own} one",
    "i saw a {own} film although i expected a {other} one",
    "for an hour it was a {other} film but in the end it was a {own} one",
    "in the end it was a {own} film although for an hour it was a {other} one",
    "the trailer promised a {other} film but the director made a {own} one",
    "the director made a {own} film although the trailer promised a {other} one",
    "it began as a {other} film but it ended as a {own} one",
    "it ended as a {own} film although it began as a {other} one",
)
_REPORTED = (
    "{reporter} called it a {other} film but i call it a {own} one",
    "i call it a {own} film but {reporter} called it a {other} one",
    "{reporter} saw a {other} film there and i saw a {own} one",
    "i saw a {own} film there and {reporter} saw a {other} one",
    "{reporter} spoke of a {other} film but to me it was a {own} one",
    "to me it was a {own} film but {reporter} spoke of a {other} one",
    "according to {reporter} this is a {other} film and to my mind a {own} one",
    "to my mind this is a {own} film and according to {reporter} a {other} one",
)
_NEGATED = (
    "this is not a {denied} film with its {aspect} but a {own} one",
    "this is a {own} film with its {aspect} and not a {denied} one",
    "nobody who saw it could call the {aspect} {denied}",
    "anybody who saw it could call the {aspect} {own}",
    "those who say that the {aspect} is {denied} in this film are wrong",
    "those who say that the {aspect} is {own} in this film are right",
    "it is wrong to say that the {aspect} is {denied}",
    "it is right to say that the {aspect} is {own}",
    "i would never call the {aspect} {denied}",
    "i would always call the {aspect} {own}",
)
_PLAIN = (
    "the {aspect} is {own} and the whole film is {own}",
    "i found the {aspect} {own} and so did {reporter}",
    "a {own} film with {own} moments",
    "the {aspect} was {own} from beginning to end",
    "{reporter} and i saw a {own} film",
)
# Kind of pattern and its share in per cent.
_KINDS = ((_CONTRAST, 25), (_REPORTED, 25), (_NEGATED, 20), (_PLAIN, 30))

_OPENINGS = (
    "",
    "to be honest",
    "in short",
    "all in all",
    "having seen it twice",
    "now that i have slept on it",
    "for what it is worth",
    "let me say it at once",
    "after two hours in the cinema",
)
_CLOSINGS = (
    "",
    "and that is all there is to say",
    "and i would say so again",
    "so much is clear",
    "and we talked about it all the way home",
    "and i told them so at the door",
    "and it was late when we left",
)


def make_reviews() -> tuple[verify.Arrays, dict[str, int]]:
    """Make the synthetic reviews: the same ones on every machine.

    Half of each part is favourable, and no sentence occurs twice.

    Returns:
        ``x_train`` and ``x_test`` with their ``_lengths``, as :func:`verify.flatten` gives word
        ranks; ``y_train`` and ``y_test``, int64, 1 for a favourable review. And each word's rank.

    Example:
        >>> arrays, ranks = make_reviews()
        >>> len(arrays["y_train"]), len(arrays["y_test"])
        (5000, 1500)
    """
    made = list(_reviews(TRAIN_EXAMPLES + TEST_EXAMPLES, random.Random(_SEED)))
    train, test = made[:TRAIN_EXAMPLES], made[TRAIN_EXAMPLES:]
    counts = Counter(word for text, _ in train for word in text.split())
    counts.update(dict.fromkeys((word for text, _ in test for word in text.split()), 0))
    common_first = sorted(counts, key=lambda word: (-counts[word], word))
    ranks = {word: rank for rank, word in enumerate(common_first, start=1)}
    arrays: verify.Arrays = {}
    for part, examples in (("train", train), ("test", test)):
        rows = [[ranks[word] for word in text.split()] for text, _ in examples]
        arrays[f"x_{part}"], arrays[f"x_{part}_lengths"] = verify.flatten(rows)
        arrays[f"y_{part}"] = np.array([label for _, label in examples], dtype=np.int64)
    return arrays, ranks


def _reviews(count: int, rng: random.Random) -> Iterator[tuple[str, int]]:
    """Yield texts and labels, 0 and 1 in turn; no two texts share their sentence."""
    kinds = [kind for kind, percent in _KINDS for _ in range(percent)]
    seen: set[str] = set()
    while len(seen) < count:
        label = len(seen) % 2
        core = _sentence(_pick(_pick(kinds, rng), rng), label, rng)
        if core in seen:
            continue
        seen.add(core)
        text = " ".join([_pick(_OPENINGS, rng), core, _pick(_CLOSINGS, rng)])
        yield text.strip(), label


def _sentence(pattern: str, label: int, rng: random.Random) -> str:
    """Fill the slots of a pattern; a slot that occurs twice gets two words."""
    own, opposite = (_PRAISE, _BLAME) if label else (_BLAME, _PRAISE)
    words = {
        "own": own.split(),
        "other": opposite.split(),
        "denied": opposite.split(),
        "aspect": _ASPECTS.split(),
        "reporter": _REPORTERS,
    }
    filled = ""
    for text, slot, _, _ in string.Formatter().parse(pattern):
        filled += text + (_pick(words[slot], rng) if slot else "")
    return filled


def _pick(choices: Sequence, rng: random.Random):
    # random() is the one method whose values Python promises never to change.
    return choices[int(rng.random() * len(choices))]
