"""How an answer is judged: read, compared, and held against known misconceptions."""

from __future__ import annotations

import copy
import numbers
import reprlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqlearn.exercises.judging import Verdict
from seqlearn.exercises.reading import NotAnAnswer


@dataclass(frozen=True)
class Exercise:
    """An exercise and what is known of the answers that readers give.

    Args:
        id: Name used by the reader, the chapter's word first: ``"mnist-columns"``.
        asks: The question in one line, for lists of exercises.
        expects: The kind of answer, worded to follow "expected ".
        read: Turns an answer into what is judged, or raises ``NotAnAnswer``. For
            a function this is where it is called, on arrays of the exercise's own.
        is_right: Whether what was read is right.
        confirms: What a right answer shows, in one sentence. Shown after "Right: ".
        misconceptions: Pairs of a test of what was read and the message to a
            reader for whom it is the first to hold. A message names what the
            answer does, or asks a question, and never gives the solution.
        otherwise: The message for an answer that is wrong in no known way.

    Example:
        >>> half = Exercise(
        ...     id="demo-half",
        ...     asks="What is half of 10?",
        ...     expects="a whole number",
        ...     read=read_whole_number,
        ...     is_right=lambda n: n == 5,
        ...     confirms="5 and 5 make 10.",
        ...     misconceptions=((lambda n: n == 20, "that is twice the number."),),
        ...     otherwise="try it with ten coins.",
        ... )
        >>> judge(half, 20)
        (<Verdict.WRONG: 'wrong'>, 'that is twice the number.')
    """

    id: str
    asks: str
    expects: str
    read: Callable[[Any], Any]
    is_right: Callable[[Any], bool]
    confirms: str
    misconceptions: Sequence[tuple[Callable[[Any], bool], str]]
    otherwise: str


def judge(exercise: Exercise, answer: Any) -> tuple[Verdict, str]:
    """Judge an answer.

    Args:
        exercise: The exercise.
        answer: What the reader handed in.

    Returns:
        The verdict, and a message for the reader.
    """
    try:
        given = exercise.read(answer)
    except NotAnAnswer as problem:
        return Verdict.UNREADABLE, f"expected {exercise.expects}; {problem}"
    if exercise.is_right(given):
        return Verdict.RIGHT, exercise.confirms
    for shows, message in exercise.misconceptions:
        if shows(given):
            return Verdict.WRONG, message
    return Verdict.WRONG, exercise.otherwise


def read_whole_number(answer: Any) -> int:
    """Read a whole number, from Python or NumPy.

    Args:
        answer: What the reader handed in.

    Returns:
        The number.

    Raises:
        NotAnAnswer: If it is no whole number.

    Example:
        >>> read_whole_number(12.0)
        12
    """
    if isinstance(answer, np.ndarray) and answer.ndim == 0:
        answer = answer.item()
    number = isinstance(answer, numbers.Real) and not isinstance(answer, bool | np.bool_)
    if number and float(answer).is_integer():
        return int(answer)
    raise NotAnAnswer(f"got {describe(answer)}")


def read_flags(count: int) -> Callable[[Any], tuple[bool, ...]]:
    """Make a reader of lists of True and False.

    Args:
        count: Number of values that a list has to have.

    Returns:
        A function that gives the values, from Python or NumPy, or raises ``NotAnAnswer``.

    Example:
        >>> read_flags(2)(np.array([True, False]))
        (True, False)
    """

    def read(answer: Any) -> tuple[bool, ...]:
        values = answer.tolist() if isinstance(answer, np.ndarray) else answer
        several = isinstance(values, Sequence) and not isinstance(values, str | bytes)
        flags = several and all(isinstance(value, bool | np.bool_) for value in values)
        if not flags or len(values) != count:
            raise NotAnAnswer(f"got {describe(values)}")
        return tuple(bool(value) for value in values)

    return read


def is_one_of(*numbers: int) -> Callable[[int], bool]:
    """Make a test for certain numbers, the right one or those of one misconception.

    Args:
        *numbers: The numbers.

    Returns:
        A function that says whether a number is among them.

    Example:
        >>> is_one_of(3, 5)(5)
        True
    """
    return lambda number: number in numbers


def same_array(result: np.ndarray, expected: np.ndarray) -> bool:
    """Say whether two arrays have one shape and, but for rounding, the same numbers.

    Args:
        result: What a reader's function gave.
        expected: What it is held against; nothing is broadcast.

    Returns:
        Whether they are the same.

    Example:
        >>> same_array(np.ones(2), np.ones((1, 2)))
        False
    """
    return result.shape == expected.shape and np.allclose(result, expected)


def describe(thing: Any) -> str:
    """Say what something is in a few words, for an error message.

    Args:
        thing: Anything.

    Returns:
        A short description.

    Example:
        >>> describe(np.zeros((2, 3)))
        'an array of shape (2, 3)'
        >>> describe(None)
        'nothing (None)'
    """
    if thing is None:
        return "nothing (None)"
    if callable(thing):
        return f"the function {getattr(thing, '__name__', type(thing).__name__)}"
    shape = getattr(thing, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"an array of shape {shape}"
    return reprlib.repr(thing)


def call(function: Any, *arguments: Any) -> Any:
    """Call a reader's function, and hand on whatever it returns.

    Args:
        function: What the reader handed in.
        *arguments: What it is called on. The function gets copies.

    Returns:
        What the function returned, of any kind.

    Raises:
        NotAnAnswer: If it is no function, raises an error, returns nothing, or
            changes what it was given.

    Example:
        >>> call(lambda words: " ".join(words), ["so", "dull"])
        'so dull'
    """
    if not callable(function):
        hint = "; hand in the function itself, without calling it" if _is_array(function) else ""
        raise NotAnAnswer(f"got {describe(function)}{hint}")
    given = [copy.deepcopy(argument) for argument in arguments]
    shape = _described_shapes(arguments)
    try:
        result = function(*given)
    except Exception as error:
        raise NotAnAnswer(
            f"{shape} your function raised {type(error).__name__}: {error}"
        ) from error
    if result is None:
        raise NotAnAnswer(f"{shape} your function returned nothing: is a return missing?")
    if not all(map(_unchanged, given, arguments)):
        raise NotAnAnswer(
            "your function changes the array that it is given, so a second run of the cell "
            "would start from other data: work on a copy"
        )
    return result


def call_on(function: Any, *arguments: Any) -> np.ndarray:
    """Call a reader's function on arrays of the exercise's own.

    Args:
        function: What the reader handed in.
        *arguments: The arrays, lists of arrays, or numbers. The function gets copies.

    Returns:
        What the function returned, as an array.

    Raises:
        NotAnAnswer: If it is no function, raises an error, returns nothing or
            no numbers, or changes the array that it was given.

    Example:
        >>> call_on(lambda x: x + 1, np.zeros(2))
        array([1., 1.])
        >>> call_on(np.add, np.zeros(2), 5)
        array([5., 5.])
    """
    result = call(function, *arguments)
    try:
        array = np.asarray(result)
    except Exception:  # ragged lists and other things that NumPy refuses
        array = np.asarray(None)
    if array.dtype.kind not in "biuf":
        raise NotAnAnswer(
            f"{_described_shapes(arguments)} your function returned {describe(result)}, not numbers"
        )
    return array


def _unchanged(given: Any, argument: Any) -> bool:
    if isinstance(argument, list):  # NumPy can't compare arrays of several lengths at once
        return len(given) == len(argument) and all(map(_unchanged, given, argument))
    return np.array_equal(given, argument)


def _described_shapes(arguments: Sequence[Any]) -> str:
    shapes = [str(a.shape) for a in arguments if isinstance(a, np.ndarray) and a.ndim]
    if not shapes:
        return f"on {', '.join(map(describe, arguments))}"
    if len(shapes) == 1:
        return f"on an array of shape {shapes[0]}"
    return f"on arrays of shapes {', '.join(shapes[:-1])} and {shapes[-1]}"


def _is_array(thing: Any) -> bool:
    return hasattr(thing, "shape")
