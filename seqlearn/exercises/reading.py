"""How an answer, or what a reader's function returned, is read.

Each way takes a thing and gives what is judged, from whatever Python, NumPy or Keras
holds it in, or raises :class:`NotAnAnswer`.
"""

from __future__ import annotations

import decimal
import numbers
import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray
Read = Callable[[Any], Any]


class NotAnAnswer(Exception):
    """The answer is of another kind than the exercise asks for.

    Args:
        found: What was found, worded to follow "got " or "your function returned ".
        wanted: What a function should have returned, such as ``"one number"``.
    """

    def __init__(self, found: str, wanted: str = "") -> None:
        super().__init__(f"{found}, not {wanted}" if wanted else found)
        self.found = found


def an_array(thing: Any) -> Array:
    """Read numbers from whatever holds them: a list, an array, a tensor.

    Example:
        >>> an_array([(1, 2), (3, 4)]).shape
        (2, 2)
    """
    array = _as_array(thing)
    if array.dtype.kind not in "biuf":
        raise NotAnAnswer(describe(thing), "numbers")
    return array


def arrays(count: int) -> Read:
    """Make a reader of so many arrays, such as new weights or a pair (x, y).

    Example:
        >>> arrays(2)(([1, 2], 3.0))
        (array([1, 2]), array(3.))
    """
    words = {2: "two", 3: "three", 4: "four"}

    def read(thing: Any) -> tuple[Array, ...]:
        if not isinstance(thing, tuple | list) or len(thing) != count:
            raise NotAnAnswer(describe(thing), f"{words.get(count, count)} arrays")
        return tuple(map(an_array, thing))

    return read


def one_number(thing: Any, wanted: str = "one number") -> float:
    """Read one number, whether or not it stands in an array or a list of its own.

    Example:
        >>> one_number(np.array([0.5]))
        0.5
    """
    return float(_number(thing, wanted))


def whole_number(thing: Any) -> int:
    """Read a whole number in whatever dress Python, NumPy or Keras gives it.

    Example:
        >>> whole_number(12.0), whole_number(np.array([12], "uint8"))
        (12, 12)
    """
    number = _number(thing, "a whole number")
    if isinstance(number, numbers.Integral):
        return int(number)
    try:
        whole = int(number)
    except (OverflowError, ValueError):  # not finite
        whole = None
    if whole is None or whole != number:
        raise NotAnAnswer(describe(thing), "a whole number")
    return whole


def truth(thing: Any, wanted: str = "True or False") -> bool:
    """Read True or False, from Python, NumPy or Keras; 1 and 0 will do.

    Example:
        >>> truth(np.array(True)), truth(0)
        (True, False)
    """
    value = _alone(thing)
    if not isinstance(value, numbers.Real) or value not in (0, 1):
        raise NotAnAnswer(describe(thing), wanted)
    return bool(value)


def words(thing: Any) -> str:
    """Read a text, from Python, NumPy or TensorFlow.

    Example:
        >>> words(np.array("so dull"))
        'so dull'
    """
    value = _alone(thing)
    if isinstance(value, bytes):  # as a tensor of TensorFlow holds text
        value = value.decode(errors="replace")
    if not isinstance(value, str):
        raise NotAnAnswer(describe(thing), "a text")
    return value


def several(count: int, read: Read, wanted: str = "") -> Read:
    """Make a reader of so many answers of one kind, from a list, a tuple, an array, a tensor.

    Example:
        >>> several(2, truth)(np.array([True, False]))
        (True, False)
    """

    def read_all(thing: Any) -> tuple:
        values = thing.tolist() if isinstance(thing, Array) else thing
        ordered = isinstance(values, Iterable) and not isinstance(
            values, str | bytes | Mapping | set
        )
        if ordered and not isinstance(values, Sequence):
            values = list(values)  # a tensor, a column of a table
        if not ordered or len(values) != count:
            raise NotAnAnswer(describe(values), wanted)
        try:
            return tuple(map(read, values))
        except NotAnAnswer:
            raise NotAnAnswer(describe(values), wanted) from None

    return read_all


def _as_array(thing: Any) -> Array:
    try:
        return np.asarray(thing)
    except Exception:  # ragged lists, symbolic tensors, and other things that NumPy refuses
        return np.asarray(None)


def _alone(thing: Any) -> Any:
    """Give the one thing that an array, a list or a tensor holds, as Python's own; or None."""
    if isinstance(thing, bool | str | bytes | numbers.Real | decimal.Decimal):
        return thing.item() if isinstance(thing, np.generic) else thing
    array = _as_array(thing)
    return array.item() if array.size == 1 else None


def _number(thing: Any, wanted: str) -> Any:
    value = _alone(thing)
    if isinstance(value, bool) or not isinstance(value, numbers.Real | decimal.Decimal):
        raise NotAnAnswer(describe(thing), wanted)
    return value


def describe(thing: Any) -> str:
    """Say what something is in a few words, for an error message.

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
    if shape is not None and len(shape):
        return f"an array of shape {tuple(shape)}"
    return reprlib.repr(thing)
