"""How an answer is read, compared, and held against known misconceptions.

An exercise is a table: the right answer, and for each misconception the message
that meets it and the wrong answer that shows it. Where a function is asked for,
right and wrong answers are programs, which run on the same inputs as a reader's.
"""

from __future__ import annotations

import contextlib
import copy
import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqlearn.exercises.reading import Array, NotAnAnswer, Read, an_array, describe


class Verdict(enum.Enum):
    """What an answer turned out to be."""

    RIGHT = "right"
    WRONG = "wrong"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Exercise:
    """An exercise, and what is known of the answers that readers give.

    Args:
        id: Name used by the reader, the chapter's word first: ``"mnist-columns"``.
        expects: The kind of answer, worded to follow "expected ".
        read: Turns an answer into what is judged, or raises ``NotAnAnswer``: a
            function of ``reading``, or a :class:`Function`.
        right: The right answer; where a function is asked for, a program.
        confirms: What a right answer shows, in one sentence. Shown after "Right: ".
        misconceptions: By the message to the reader, the wrong answer or program
            that is met with it: one, several as :class:`AnyOf`, or a class of
            them as :class:`Where`. The first that fits is shown. A message names
            what the answer does, or asks a question, and never gives the solution.
        otherwise: The message for an answer that is wrong in no known way.

    Example:
        >>> from seqlearn.exercises.reading import whole_number
        >>> half = Exercise(
        ...     id="demo-half",
        ...     expects="a whole number",
        ...     read=whole_number,
        ...     right=5,
        ...     confirms="5 and 5 make 10.",
        ...     misconceptions={"that is twice the number.": 20},
        ...     otherwise="try it with ten coins.",
        ... )
        >>> judge(half, 20)
        (<Verdict.WRONG: 'wrong'>, 'that is twice the number.')
    """

    id: str
    expects: str
    read: Read | Function
    right: Any
    confirms: str
    misconceptions: Mapping[str, Any]
    otherwise: str


class AnyOf(tuple):
    """Several answers or programs that share a message: ``AnyOf(3050, 9150)``."""

    def __new__(cls, *answers: Any) -> AnyOf:
        """Take the answers one by one."""
        return super().__new__(cls, answers)


@dataclass(frozen=True)
class Where:
    """Wrong answers that no program stands for, such as all results of a wrong shape.

    Args:
        holds: Says of what was read, a value or a :class:`Tried`, whether it is one.
    """

    holds: Callable[[Any], bool]


def shaped(*shapes: tuple) -> Where:
    """Results that have these shapes, case by case."""
    return Where(lambda tried: tried.shapes == shapes)


def not_shaped(*shapes: tuple) -> Where:
    """Results that don't have these shapes."""
    return Where(lambda tried: tried.shapes != shapes)


def without_axes(count: int) -> Where:
    """Results of which one has more axes than so many, or fewer."""
    return Where(lambda tried: any(len(shape) != count for shape in tried.shapes))


def judge(exercise: Exercise, answer: Any) -> tuple[Verdict, str]:
    """Judge an answer; give the verdict, and a message for the reader."""
    try:
        given = exercise.read(answer)
    except NotAnAnswer as problem:
        # What was wanted of a number or a list stands in the exercise's own words.
        found = problem if isinstance(exercise.read, Function) else f"got {problem.found}"
        return Verdict.UNREADABLE, f"expected {exercise.expects}; {found}"
    if _is(given, exercise.right, exercise.read):
        return Verdict.RIGHT, exercise.confirms
    for message, wrong in exercise.misconceptions.items():
        if _is(given, wrong, exercise.read):
            return Verdict.WRONG, message
    return Verdict.WRONG, exercise.otherwise


def _is(given: Any, known: Any, read: Read) -> bool:
    if isinstance(known, AnyOf):
        return any(_is(given, one, read) for one in known)
    if isinstance(known, Where):
        return bool(known.holds(given))
    return given.like(known) if isinstance(given, Tried) else given == read(known)


# ---- A reader's function -----------------------------------------------------------


@dataclass(frozen=True)
class Function:
    """Reads an answer that is a function: calls it on inputs of the exercise's own.

    Args:
        cases: The arguments of each call, a tuple. The function gets copies.
        returns: Reads what the function returned, such as :func:`one_number`.
        tolerance: How far two numbers may differ and be taken for the same, as a
            share and by itself; the default forgives the rounding of float32.
        instead: Cases to try if the function can't have the first ones.

    Example:
        >>> add = Function([(np.zeros(2), 5)])
        >>> add(np.add).result
        array([5., 5.])
        >>> add(lambda x, n: [5, 5]).like(np.add)
        True
    """

    cases: Sequence[tuple]
    returns: Read = an_array
    tolerance: float = 1e-5
    instead: Sequence[tuple] = ()

    def __call__(self, function: Any) -> Tried:
        """Call a function on the cases."""
        try:
            return self.on(self.cases, function)
        except NotAnAnswer:
            if self.instead:
                with contextlib.suppress(NotAnAnswer):  # the first problem is the one to tell
                    return self.on(self.instead, function)
            raise

    def on(self, cases: Sequence[tuple], function: Any) -> Tried:
        """Call a function on some cases."""
        results = (_result(function, case, self.returns) for case in cases)
        return Tried(self, tuple(cases), tuple(results))


@dataclass(frozen=True)
class Tried:
    """What a reader's function was given and what it returned, case by case."""

    by: Function
    cases: tuple[tuple, ...]
    results: tuple

    @property
    def result(self) -> Any:
        """What came of the first case, for exercises that have one."""
        return self.results[0]

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape of each result."""
        return tuple(map(np.shape, self.results))

    def like(self, program: Callable[..., Any]) -> bool:
        """Say whether a program returns the same on every case."""
        return all(self.each_like(program))

    def each_like(self, program: Callable[..., Any]) -> tuple[bool, ...]:
        """Say of each case whether a program returns the same."""
        expected = self.by.on(self.cases, program).results
        tolerances = [self.by.tolerance] * len(expected)
        return tuple(map(same, self.results, expected, tolerances))


def same(result: Any, expected: Any, tolerance: float = 1e-5) -> bool:
    """Say whether two results have one shape and, but for rounding, the same numbers.

    Nothing is broadcast. Several arrays are compared each by itself, and whole numbers,
    words and truth values exactly.

    Example:
        >>> same(np.ones(2), np.ones((1, 2)))
        False
    """
    if isinstance(expected, tuple):
        pairs = zip(result, expected, strict=False)
        return len(result) == len(expected) and all(same(*pair, tolerance) for pair in pairs)
    if not isinstance(expected, Array | float):
        return result == expected
    return np.shape(result) == np.shape(expected) and bool(
        np.allclose(result, expected, rtol=tolerance, atol=tolerance, equal_nan=True)
    )


def _result(function: Any, case: tuple, returns: Read) -> Any:
    """Call a function on copies and read its result; say what is wrong in its reader's words."""
    if not callable(function):
        raise NotAnAnswer(
            f"got {describe(function)}; hand in the function itself, without calling it"
        )
    given, where = copy.deepcopy(case), _described(case)
    try:
        with np.errstate(all="ignore"):
            result = function(*given)
    except Exception as error:
        raise NotAnAnswer(
            f"{where} your function raised {type(error).__name__}: {error}"
        ) from error
    if result is None:
        raise NotAnAnswer(f"{where} your function returned nothing: is a return missing?")
    if not _unchanged(given, case):
        kind = "array" if any(isinstance(a, Array) for a in case) else "argument"
        raise NotAnAnswer(
            f"your function changes the {kind} that it is given, so a second run of the cell "
            "would start from other data: work on a copy"
        )
    try:
        return returns(result)
    except NotAnAnswer as problem:
        raise NotAnAnswer(f"{where} your function returned {problem}") from None


def _unchanged(given: Any, case: Any) -> bool:
    if isinstance(case, list | tuple):  # NumPy can't compare arrays of several lengths at once
        return len(given) == len(case) and all(map(_unchanged, given, case))
    return np.array_equal(given, case) if isinstance(case, Array) else given == case


def _described(case: tuple) -> str:
    shapes = [str(a.shape) for a in case if isinstance(a, Array) and a.ndim]
    if not shapes:
        return f"on {', '.join(map(describe, case))}"
    if len(shapes) == 1:
        return f"on an array of shape {shapes[0]}"
    return f"on arrays of shapes {', '.join(shapes[:-1])} and {shapes[-1]}"
