"""The exercises of the chapter on making a model good."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from seqlearn.exercises.judging import Exercise, NotAnAnswer, call_on, describe

Array = np.ndarray

# ---- Five cases --------------------------------------------------------------------

# As seqlearn.diagnostics.faults says, which a test holds against it: that module needs Keras.
_CASES = {"A": "statistics", "B": "leak", "C": "axis", "D": "labels", "E": "rate"}


def _read_cases(answer: Any) -> dict[str, str]:
    if not isinstance(answer, Mapping) or set(answer) != set(_CASES):
        raise NotAnAnswer(f"got {describe(answer)}")
    for letter, fault in answer.items():
        if fault not in _CASES.values():
            raise NotAnAnswer(f"for case {letter} got {describe(fault)}")
    return {letter: str(answer[letter]) for letter in _CASES}


def _swapped(first: str, second: str) -> Callable[[dict[str, str]], bool]:
    """Make a test of whether two faults were taken for each other."""
    found = {fault: letter for letter, fault in _CASES.items()}
    return lambda given: given[found[first]] == second and given[found[second]] == first


CASES = Exercise(
    id="improving-cases",
    asks="Which fault has each of five broken trainings?",
    expects=(
        'a dictionary with a fault for each case from "A" to "E", each of them "labels", '
        '"leak", "rate", "statistics" or "axis"'
    ),
    read=_read_cases,
    is_right=lambda given: given == _CASES,
    confirms="each fault has a symptom of its own, and none of them raised an error.",
    misconceptions=(
        (
            lambda given: len(set(given.values())) < len(_CASES),
            "a fault was named twice, and each case has another one.",
        ),
        (
            _swapped("labels", "rate"),
            "two cases do badly on everything new. One of them fits its own training pictures "
            "better and better, the other can't even do that: which fault does which?",
        ),
        (
            _swapped("statistics", "axis"),
            "two cases answer otherwise when they are asked otherwise. For one the company "
            "counts but not its order, for the other the order counts too: which is which?",
        ),
        (
            lambda given: given["B"] != "leak",
            "one case does better on its validation pictures than any honest one could, and "
            "not on new ones: what has it seen?",
        ),
        (
            lambda given: given["A"] != "statistics" and given["C"] != "axis",
            "two cases answer otherwise when a picture comes alone or in another order, which "
            "no learned weight can explain: which faults lie outside of the weights?",
        ),
    ),
    otherwise="for each fault, write down which column of the table it would change, and how.",
)


# ---- A leak ------------------------------------------------------------------------


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


def _read_leaked(function: Any) -> tuple[Array, Array, float]:
    train, val = _sets()
    result = call_on(function, train, val)
    if result.ndim:
        raise NotAnAnswer(f"your function returned {describe(result)}")
    return train, val, float(result)


def _counts(count: Callable[[Array, Array], float]) -> Callable[[tuple[Array, Array, float]], bool]:
    return lambda given: np.isclose(given[2], count(given[0], given[1]))


LEAK = Exercise(
    id="improving-leak",
    asks="How many validation sequences stand in the training set too?",
    expects="a function that takes x_train and x_val and returns a number",
    read=_read_leaked,
    is_right=_counts(lambda train, val: _same(train, val).any(axis=1).sum()),
    confirms="each validation sequence is counted once, and only if all of it was seen.",
    misconceptions=(
        (
            _counts(lambda train, val: (train[: len(val)] == val).all(axis=(1, 2)).sum()),
            "it compares the first with the first and the second with the second. A leaked "
            "sequence may stand anywhere in the training set.",
        ),
        (
            _counts(lambda train, val: _same(train, val).sum()),
            "it counts pairs: a validation sequence that stands in the training set twice is "
            "counted twice.",
        ),
        (
            _counts(lambda train, val: _same(train, val).any(axis=0).sum()),
            "it counts training sequences. How many of the validation ones are known already?",
        ),
        (
            _counts(
                lambda train, val: len({r.tobytes() for r in val} & {r.tobytes() for r in train})
            ),
            "it counts different sequences: two equal ones in the validation set are two "
            "answers that were known.",
        ),
        (
            _counts(lambda train, val: _same(train, val).any(axis=1).mean()),
            "that is a share; the question was how many.",
        ),
        (
            _counts(lambda train, val: _same(np.sort(train, 1), np.sort(val, 1)).any(axis=1).sum()),
            "a sequence with the same rows in another order was counted: order is what makes "
            "it a sequence.",
        ),
        (
            lambda given: given[2] > _same(given[0], given[1]).any(axis=1).sum(),
            "too many: sequences were counted that share a part with a training sequence, "
            "but not the whole.",
        ),
    ),
    otherwise="too few: try it on a validation set that is a piece of the training set.",
)


# ---- Statistics from the wrong split -----------------------------------------------


def _pictures() -> tuple[Array, Array]:
    rng = np.random.default_rng(5)
    spread, place = rng.uniform(1, 3, size=(4, 3)), rng.uniform(2, 8, size=(4, 3))
    train = place + spread * rng.normal(size=(40, 4, 3))
    new = 1.5 + place + 2 * spread * rng.normal(size=(9, 4, 3))  # brighter, with more contrast
    return train, new


def _read_scaled(function: Any) -> tuple[Array, Array, Array]:
    train, new = _pictures()
    return train, new, call_on(function, train, new)


def _scaled_by(
    source: Callable[[Array, Array], Array], of: str = "new", axis: Any = 0
) -> Callable[[tuple[Array, Array, Array]], bool]:
    """Make a test of whether pictures were scaled by the statistics of a source."""

    def test(given: tuple[Array, Array, Array]) -> bool:
        train, new, result = given
        scaled, base = (new if of == "new" else train), source(train, new)
        if result.shape != scaled.shape:
            return False
        return any(
            np.allclose(
                result,
                (scaled - base.mean(axis=axis)) / base.std(axis=axis, ddof=ddof),
                rtol=1e-3,
                atol=1e-3,
            )
            for ddof in (0, 1)
        )

    return test


def _of_train(train: Array, new: Array) -> Array:
    return train


def _of_new(train: Array, new: Array) -> Array:
    return new


SCALE = Exercise(
    id="improving-scale",
    asks="Scale new pictures, pixel by pixel, as the training pictures were scaled.",
    expects="a function that takes x_train and x_new and returns x_new, scaled",
    read=_read_scaled,
    is_right=_scaled_by(_of_train),
    confirms="the new pictures are measured with the training pictures' own ruler.",
    misconceptions=(
        (
            _scaled_by(_of_new),
            "the new pictures were scaled by their own statistics: if they are brighter, it "
            "no longer shows, and a single picture would have none.",
        ),
        (
            _scaled_by(lambda train, new: np.concatenate([train, new])),
            "the statistics are of both sets together: then the training knows something of "
            "pictures that it must not have seen.",
        ),
        (
            _scaled_by(_of_train, of="train"),
            "these are the training pictures; the new ones were asked for.",
        ),
        (
            lambda given: any(_scaled_by(_of_train, axis=axis)(given) for axis in (None, (0, 1))),
            "one mean serves several pixels: each pixel, at its timestep and feature, has a "
            "mean and a spread of its own.",
        ),
        (
            lambda given: (
                given[2].shape == given[1].shape
                and np.allclose(given[2], given[1] - given[0].mean(axis=0))
            ),
            "the mean is gone, but the spread is what it was.",
        ),
        (
            lambda given: (
                given[2].shape == given[1].shape
                and np.allclose(
                    given[2], (given[1] - given[0].mean(axis=0)) / given[0].var(axis=0), rtol=1e-2
                )
            ),
            "the variance is in the square of the unit. What has the unit itself?",
        ),
    ),
    otherwise=(
        "hand in the training pictures as the new ones: each pixel should then have mean 0 and "
        "standard deviation 1."
    ),
)


# ---- Do sequences of a batch mix? --------------------------------------------------


def _alone(x: Array) -> Array:
    return np.tanh(x.sum(axis=1) @ np.linspace(-1, 1, 2 * x.shape[2]).reshape(x.shape[2], 2))


def _carries(x: Array) -> Array:
    return np.cumsum(_alone(x), axis=0)  # a state goes from one sequence to the next


def _centres(x: Array) -> Array:
    return _alone(x - x.mean(axis=0))


def _rounds(x: Array) -> Array:
    return _alone(x) + 1e-7 * len(x)  # as sums taken in another order do


_MODELS = (_alone, _carries, _centres, _rounds)


def _read_mixes(function: Any) -> tuple[bool, ...]:
    x = np.random.default_rng(2).normal(size=(6, 4, 3))
    found = []
    for model in _MODELS:
        result = call_on(function, model, x)
        if result.ndim or result.item() not in (0, 1):
            raise NotAnAnswer(f"your function returned {describe(result)}")
        found.append(bool(result))
    return tuple(found)


MIXES = Exercise(
    id="improving-mixes",
    asks="Does what a model says about a sequence depend on the rest of the batch?",
    expects="a function that takes a model and a batch of sequences and returns True or False",
    read=_read_mixes,
    is_right=lambda found: found == (False, True, True, False),
    confirms="it sees a state that passes from sequence to sequence, and statistics of the batch.",
    misconceptions=(
        (lambda found: not any(found), "it finds nothing, though two of four models mix."),
        (all, "it suspects every model, also one that treats each sequence by itself."),
        (
            lambda found: found == (True, False, False, True),
            "the answers are the wrong way round: True is for a model that mixes.",
        ),
        (
            lambda found: found[3] and not found[0],
            "it takes rounding for mixing: the last digits may depend on the size of a batch.",
        ),
        (
            lambda found: not found[2],
            "it misses a model that subtracts the mean of the batch. In another order the mean "
            "is the same: what else could you change about the company?",
        ),
        (
            lambda found: not found[1],
            "it misses a state that goes from each sequence to the next. The first of a batch "
            "has nobody before it: did you look at the others?",
        ),
    ),
    otherwise="it suspects a model that treats each sequence by itself.",
)


# ---- A difference and its interval -------------------------------------------------

_FIRST = np.array([0.912, 0.934, 0.891, 0.925, 0.940])
_SECOND = np.array([0.905, 0.921, 0.889, 0.909, 0.934])


def _read_interval(function: Any) -> tuple[float, float]:
    result = call_on(function, _FIRST, _SECOND)
    if result.shape != (2,):
        raise NotAnAnswer(f"your function returned {describe(result)}")
    return float(result[0]), float(result[1])


def _is(low: float, high: float) -> Callable[[tuple[float, float]], bool]:
    return lambda given: np.allclose(given, (low, high), rtol=0, atol=5e-5)


def _interval(
    quantile: float = 2.7764, ddof: int = 1, root: bool = True, paired: bool = True
) -> tuple[float, float]:
    """Give the interval, or one that is mistaken for it."""
    n = len(_FIRST)
    difference = (_FIRST - _SECOND).mean()
    spread = (_FIRST - _SECOND).std(ddof=ddof)
    if not paired:
        spread = np.sqrt(_FIRST.var(ddof=ddof) + _SECOND.var(ddof=ddof))
    half = quantile * spread / (np.sqrt(n) if root else 1)
    return difference - half, difference + half


_VARIANTS = [
    {"quantile": quantile, "paired": paired, "ddof": ddof}
    for quantile, paired, ddof in itertools.product((2.7764, 1.95996, 2.306), (True, False), (0, 1))
]

NOISE = Exercise(
    id="improving-noise",
    asks="Between which bounds does the mean difference of two recipes lie?",
    expects=(
        "a function that takes the accuracies of two recipes, seed by seed, and returns two "
        "numbers, the low and the high end of the interval"
    ),
    read=_read_interval,
    is_right=_is(*_interval()),
    confirms="paired by seed, with the spread of so few differences taken into account.",
    misconceptions=(
        (
            lambda given: _is(*_interval())((given[1], given[0])),
            "the ends are the wrong way round: the low one comes first.",
        ),
        (
            lambda given: given[0] < given[1] and _is(*_interval())((-given[1], -given[0])),
            "that is the second recipe minus the first.",
        ),
        (
            lambda given: any(
                _is(*_interval(**variant))(given) for variant in _VARIANTS if not variant["paired"]
            ),
            "the two sets of runs are treated as strangers. Each seed drew the same examples "
            "for both recipes: what could be subtracted first?",
        ),
        (
            lambda given: any(_is(*_interval(ddof=d, root=False))(given) for d in (0, 1)),
            "that is where single differences lie. The mean of several is known better: by "
            "which factor?",
        ),
        (
            _is(*_interval(quantile=1.95996)),
            "that takes the spread for known. From so few differences it is a guess too, and "
            "another distribution allows for that.",
        ),
        (
            lambda given: any(
                _is(*_interval(**variant))(given) for variant in _VARIANTS if variant["ddof"] == 0
            ),
            "the spread is too small: it was divided by the number of differences. Which "
            "number is it for a sample?",
        ),
    ),
    otherwise=(
        "seqlearn.seeds.difference_interval does it for whole repeats: look at what it hands "
        "to t_interval."
    ),
)


EXERCISES = (CASES, LEAK, SCALE, MIXES, NOISE)
