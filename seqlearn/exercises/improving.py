"""The exercises of the chapter on making a model good."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from seqlearn.exercises.formulas import normal
from seqlearn.exercises.judging import AnyOf, Exercise, Function, Where
from seqlearn.exercises.reading import Array, NotAnAnswer, describe, one_number, several, truth

# ---- Which fault has each of five broken trainings? ---------------------------------

# As seqlearn.diagnostics.faults says, which a test holds against it: that module needs Keras.
_CASES = {"A": "statistics", "B": "leak", "C": "axis", "D": "labels", "E": "rate"}


def _read_cases(answer: object) -> dict[str, str]:
    if not isinstance(answer, Mapping) or set(answer) != set(_CASES):
        raise NotAnAnswer(describe(answer))
    for letter, fault in answer.items():
        if fault not in _CASES.values():
            raise NotAnAnswer(f"{describe(fault)} for case {letter}")
    return {letter: str(answer[letter]) for letter in _CASES}


CASES = Exercise(
    id="improving-cases",
    expects='a dictionary with a fault for each case from "A" to "E", each of them "labels", '
    '"leak", "rate", "statistics" or "axis"',
    read=_read_cases,
    right=_CASES,
    confirms="each fault has a symptom of its own, and none of them raised an error.",
    misconceptions={
        "a fault was named twice, and each case has another one.": Where(
            lambda given: len(set(given.values())) < len(_CASES)
        ),
        "two cases do badly on everything new. One of them fits its own training pictures better "
        "and better, the other can't even do that: which "
        "fault does which?": Where(lambda given: given["D"] == "rate" and given["E"] == "labels"),
        "two cases answer otherwise when they are asked otherwise. For one the company counts but "
        "not its order, for the other the order counts too: "
        "which is which?": Where(lambda given: given["A"] == "axis" and given["C"] == "statistics"),
        "one case does better on its validation pictures than any honest one could, and "
        "not on new ones: what has it seen?": Where(lambda given: given["B"] != "leak"),
        "two cases answer otherwise when a picture comes alone or in another order, which no "
        "learned weight can explain: which faults lie outside "
        "of the weights?": Where(lambda given: given["A"] != "statistics" and given["C"] != "axis"),
    },
    otherwise="for each fault, write down which column of the table it would change, and how.",
)

# ---- How many validation sequences stand in the training set too? -------------------


def _sets() -> tuple[Array, Array]:
    """Draw training and validation sequences, of which some stand in both."""
    # Every number differs from all others, so that nothing is equal by chance.
    numbers = np.random.default_rng(3).permutation(52 * 6).astype("float32")
    train, val = np.split(numbers.reshape(52, 3, 2), [40])
    train[30] = train[7]  # a training sequence that stands there twice
    val[2], val[5], val[7], val[9], val[11] = train[[7, 0, 0, 21, 0]]
    val[3], val[4] = train[3, ::-1], train[4, ::-1]  # in another order it is another sequence
    val[6, 1:] = train[6, 1:]  # nearly the same is another sequence
    return train, val


def _same(train: Array, val: Array) -> Array:
    return np.all(val[:, np.newaxis] == train[np.newaxis], axis=(2, 3))


def _leaked(train: Array, val: Array) -> int:
    return _same(train, val).any(axis=1).sum()


LEAK = Exercise(
    id="improving-leak",
    expects="a function that takes x_train and x_val and returns a number",
    read=Function([_sets()], returns=one_number),
    right=_leaked,
    confirms="each validation sequence is counted once, and only if all of it was seen.",
    misconceptions={
        "it compares the first with the first and the second with the second. A leaked sequence "
        "may stand anywhere in the training set.": lambda train, val: np.trace(_same(train, val)),
        "it counts pairs: a validation sequence that stands in the training set twice is "
        "counted twice.": lambda train, val: _same(train, val).sum(),
        "it counts training sequences. How many of the validation ones are known "
        "already?": lambda train, val: _leaked(val, train),
        "it counts different sequences: two equal ones in the validation set are two "
        "answers that were known.": lambda train, val: _leaked(train, np.unique(val, axis=0)),
        "that is a share; the question was how many.": lambda t, v: _leaked(t, v) / len(v),
        "a sequence with the same rows in another order was counted: order is what makes "
        "it a sequence.": lambda train, val: _leaked(np.sort(train, axis=1), np.sort(val, axis=1)),
        "too many: sequences were counted that share a part with a training sequence, "
        "but not the whole.": Where(lambda tried: tried.result > _leaked(*tried.cases[0])),
    },
    otherwise="too few: try it on a validation set that is a piece of the training set.",
)

# ---- Scale new pictures, pixel by pixel, as the training pictures were scaled -------


def _pictures() -> tuple[Array, Array]:
    rng = np.random.default_rng(5)
    spread, place = rng.uniform(1, 3, size=(4, 3)), rng.uniform(2, 8, size=(4, 3))
    train = place + spread * rng.normal(size=(40, 4, 3))
    new = 1.5 + place + 2 * spread * rng.normal(size=(9, 4, 3))  # brighter, with more contrast
    return train, new


def _scaled(by: str = "train", of: str = "new", axis: Any = 0, power: int = 1) -> AnyOf:
    """Programs that scale one set by another; of the two divisors of a spread, each will do."""

    def scale(train: Array, new: Array, ddof: int) -> Array:
        sets = {"train": train, "new": new, "both": np.concatenate([train, new])}
        place, spread = sets[by].mean(axis), sets[by].std(axis, ddof=ddof)
        return (sets[of] - place) / spread**power

    return AnyOf(partial(scale, ddof=0), partial(scale, ddof=1))


SCALE = Exercise(
    id="improving-scale",
    expects="a function that takes x_train and x_new and returns x_new, scaled",
    read=Function([_pictures()], tolerance=1e-3),  # so much for a small number below the line
    right=_scaled(),
    confirms="the new pictures are measured with the training pictures' own ruler.",
    misconceptions={
        "the new pictures were scaled by their own statistics: if they are brighter, it "
        "no longer shows, and a single picture would have none.": _scaled(by="new"),
        "the statistics are of both sets together: then the training knows something of "
        "pictures that it must not have seen.": _scaled(by="both"),
        "these are the training pictures; the new ones were asked for.": _scaled(of="train"),
        "one mean serves several pixels: each pixel, at its timestep and feature, has a "
        "mean and a spread of its own.": AnyOf(*_scaled(axis=None), *_scaled(axis=(0, 1))),
        "the mean is gone, but the spread is what it was.": _scaled(power=0),
        "the variance is in the square of the unit. What has the unit itself?": _scaled(power=2),
    },
    otherwise="hand in the training pictures as the new ones: each pixel should then have mean 0 "
    "and standard deviation 1.",
)

# ---- Does what a model says about a sequence depend on the rest of the batch? -------


def _alone(x: Array) -> Array:
    return np.tanh(x.sum(axis=1) @ np.linspace(-1, 1, 2 * x.shape[2]).reshape(x.shape[2], 2))


def _carries(x: Array) -> Array:
    return np.cumsum(_alone(x), axis=0)  # a state goes from one sequence to the next


def _centres(x: Array) -> Array:
    return _alone(x - x.mean(axis=0))


def _rounds(x: Array) -> Array:
    return _alone(x) + 1e-7 * len(x)  # as sums taken in another order do


_BATCH = normal(2, (6, 4, 3))[0]

MIXES = Exercise(
    id="improving-mixes",
    expects="a function that takes a model and a batch of sequences and returns True or False",
    read=Function([(m, _BATCH) for m in (_alone, _carries, _centres, _rounds)], returns=truth),
    right=lambda model, x: model in (_carries, _centres),
    confirms="it sees a state that passes from sequence to sequence, and statistics of the batch.",
    misconceptions={
        "it finds nothing, though two of four models mix.": lambda *_: False,
        "it suspects every model, also one that treats each sequence by itself.": lambda *_: True,
        "the answers are the wrong way round: True is for a model that mixes.": lambda model, x: (
            model in (_alone, _rounds)
        ),
        "it takes rounding for mixing: the last digits may depend on the size of a batch.": Where(
            lambda tried: tried.results[3] and not tried.results[0]
        ),
        "it misses a model that subtracts the mean of the batch. In another order the mean is the "
        "same: what else could you change about the "
        "company?": Where(lambda tried: not tried.results[2]),
        "it misses a state that goes from each sequence to the next. The first of a batch has "
        "nobody before it: did you look at the others?": Where(lambda tried: not tried.results[1]),
    },
    otherwise="it suspects a model that treats each sequence by itself.",
)

# ---- Between which bounds does the mean difference of two recipes lie? --------------

_FIRST = np.array([0.912, 0.934, 0.891, 0.925, 0.940])
_SECOND = np.array([0.905, 0.921, 0.889, 0.909, 0.934])
_QUANTILES = 2.7764, 1.95996, 2.306  # Student's with 4 degrees of freedom, the normal's, with 8


def _interval(
    first: Array, second: Array,
    quantile: float = _QUANTILES[0], ddof: int = 1, root: float = 0.5, paired: bool = True,
) -> Array:  # fmt: skip
    of = [first - second] if paired else [first, second]
    spread = np.sqrt(sum(a.var(ddof=ddof) for a in of)) / len(first) ** root
    return (first - second).mean() + quantile * spread * np.array([-1, 1])


NOISE = Exercise(
    id="improving-noise",
    expects="a function that takes the accuracies of two recipes, seed by seed, and returns two "
    "numbers, the low and the high end of the interval",
    read=Function(
        [(_FIRST, _SECOND)], returns=several(2, one_number, "two numbers"), tolerance=5e-5
    ),
    right=_interval,
    confirms="paired by seed, with the spread of so few differences taken into account.",
    misconceptions={
        "the ends are the wrong way round: the low one comes first.": lambda a, b: _interval(a, b)[
            ::-1
        ],
        "that is the second recipe minus the first.": lambda a, b: _interval(b, a),
        "the two sets of runs are treated as strangers. Each seed drew the same examples "
        "for both recipes: what could be subtracted first?": AnyOf(
            *(partial(_interval, paired=False, quantile=q) for q in _QUANTILES),
            *(partial(_interval, paired=False, quantile=q, ddof=0) for q in _QUANTILES),
        ),
        "that is where single differences lie. The mean of several is known better: by "
        "which factor?": AnyOf(partial(_interval, root=0), partial(_interval, root=0, ddof=0)),
        "that takes the spread for known. From so few differences it is a guess too, and "
        "another distribution allows for that.": partial(_interval, quantile=1.95996),
        "the spread is too small: it was divided by the number of differences. Which number "
        "is it for a sample?": AnyOf(*(partial(_interval, ddof=0, quantile=q) for q in _QUANTILES)),
    },
    otherwise="seqlearn.seeds.difference_interval does it for whole repeats: look at what it hands "
    "to t_interval.",
)

EXERCISES = (CASES, LEAK, SCALE, MIXES, NOISE)
