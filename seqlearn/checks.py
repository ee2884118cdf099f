"""Arguments in a learner's words: one check each for a whole number, a share, a choice, a shape.

What takes a reader's array can ask :func:`require_sequences` first, so that a wrong shape is
named where it arises, with the axis that is missing, and not many calls later.
"""

from __future__ import annotations

import numbers
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from decimal import Decimal
from typing import Any

import numpy as np

_SEQUENCES = "(batch, timesteps, features)"


def shown(value: Any) -> str:
    """Show what a reader handed in, in one short line of a message.

    Args:
        value: Anything.

    Returns:
        Its ``repr``; of a large array or table the kind and shape, of other things the beginning.

    Example:
        >>> shown("film"), shown(np.zeros((5, 2))), len(shown("film" * 99))
        ("'film'", 'ndarray of shape (5, 2)', 60)
    """
    text, shape = repr(value), getattr(value, "shape", None)
    if shape and ("\n" in text or len(text) > 60):
        return f"{type(value).__name__} of shape {tuple(shape)}"
    text = re.sub(r"\s*\n\s*", " ", text)
    return text if len(text) <= 60 else f"{text[:57]}..."


def require_whole_number(
    value: Any, name: str, at_least: int | None = 1, at_most: int | None = None
) -> int:
    """Check that an argument is a whole number, whatever Python or NumPy calls one.

    Args:
        value: What a reader handed in. A float such as ``64.0`` is no whole number here.
        name: The argument's name, for the message.
        at_least: Smallest number allowed; None for no limit.
        at_most: Largest number allowed; None for no limit.

    Returns:
        The number as Python's ``int``.

    Raises:
        TypeError, ValueError: If it is no whole number (a truth value is none); out of range.

    Example:
        >>> require_whole_number(0, "units")
        Traceback (most recent call last):
        ...
        ValueError: units: expected a whole number of at least 1; got 0
    """
    limits = [
        *([f"of at least {at_least:,}"] if at_least is not None else []),
        *([f"of at most {at_most:,}"] if at_most is not None else []),
    ]
    expected = " ".join(["a whole number", " and ".join(limits)]).strip()
    if getattr(value, "shape", ()) != () or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: expected {expected}; got {shown(value)}")
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: expected {expected}; got {value!r}") from None
    if (at_least is not None and number < at_least) or (at_most is not None and number > at_most):
        raise ValueError(f"{name}: expected {expected}; got {number}")
    return number


def require_share(value: Any, name: str, *, zero: bool = True, one: bool = False) -> float:
    """Check that an argument is a share, from 0 up to 1.

    Args:
        value: What a reader handed in: a number of Python or NumPy.
        name: The argument's name, for the message.
        zero: Whether 0 itself is allowed.
        one: Whether 1 itself is allowed, as for a share of the examples; a dropout can't be 1.

    Returns:
        The share as Python's ``float``.

    Raises:
        TypeError, ValueError: If it is no number; out of range, as NaN is.

    Example:
        >>> require_share(30, "dropout")
        Traceback (most recent call last):
        ...
        ValueError: dropout: expected a share from 0 up to 1 (not included); got 30
    """
    expected = f"a share {'from 0 up to' if zero else 'between 0 and'} 1"
    expected += "" if one else " (not included)" if zero else " (neither included)"
    scalar = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
    if isinstance(scalar, bool | np.bool_) or not isinstance(scalar, numbers.Real):
        raise TypeError(f"{name}: expected {expected}; got {shown(value)}")
    if not (0 < scalar < 1 or (zero and scalar == 0) or (one and scalar == 1)):
        raise ValueError(f"{name}: expected {expected}; got {scalar}")
    return float(scalar)


def require_choice(value: Any, name: str, choices: Iterable[str]) -> str:
    """Check that an argument is one of a few words.

    Args:
        value: What a reader handed in.
        name: The argument's name, for the message.
        choices: The words; the keys of a table will do.

    Returns:
        The word.

    Raises:
        ValueError: If it is another one; the message lists those there are.

    Example:
        >>> require_choice("Lstm", "cell", ["LSTM", "GRU"])
        Traceback (most recent call last):
        ...
        ValueError: cell: expected one of 'LSTM', 'GRU'; got 'Lstm'
    """
    choices = list(choices)
    if not isinstance(value, str) or value not in choices:
        known = ", ".join(map(repr, choices))
        raise ValueError(f"{name}: expected one of {known}; got {shown(value)}")
    return value


def require_numbers(x: Any, name: str, *, gaps: bool = False) -> np.ndarray:
    """Check that a container holds finite numbers, and that none is missing.

    Args:
        x: A list, an array, a generator, a column of a table, whose labels do not count.
        name: The argument's name, for the message.
        gaps: Whether numbers may be missing or infinite; what is missing becomes NaN.

    Returns:
        The numbers, float64, in the shape of ``x``.

    Raises:
        TypeError, ValueError: If it holds something else; a number is missing (None, NaN, masked)
            or infinite; or lists differ in length.

    Example:
        >>> require_numbers([0.5, None, 0.7], "values")
        Traceback (most recent call last):
        ...
        ValueError: values: expected a finite number at every position; got None at position 1
    """
    x = list(x) if isinstance(x, Iterator) else x
    try:
        array = np.ma.asarray(x)
    except ValueError:  # NumPy refuses a list of lists of different lengths
        raise ValueError(f"{name}: expected numbers; got lists of different lengths") from None
    if array.dtype.kind in "US":  # one text among numbers has made a text of each
        array = np.ma.asarray(x, dtype=object)
    lacking = _gaps(array)
    values = np.asarray(array.data)  # a matrix would multiply in a way of its own
    values = np.where(lacking, np.nan, values) if lacking.any() else values
    if values.dtype == object:
        wrong = _each(lambda v: not isinstance(v, numbers.Real | Decimal), values)
    else:
        wrong = np.full(values.shape, values.dtype.kind not in "biuf")
    _refuse(TypeError, f"{name}: expected numbers", array, wrong)
    values = values.astype(float)
    if not gaps:
        expected = f"{name}: expected a finite number at every position"
        _refuse(ValueError, expected, array, ~np.isfinite(values))
    return values


def require_examples(x: Any, name: str, *, array: bool = True) -> Any:
    """Check that a container holds examples, and have them where positions count.

    Args:
        x: An array, a list, a generator, or a table, whose labels do not count.
        name: The argument's name, for the message.
        array: Whether an array is wanted; else a list, of sequences of any lengths.

    Returns:
        An array, or a list; the same one if it was one.

    Raises:
        TypeError, ValueError: If it is something else; there is no example, a number is missing
            (None, NaN, masked), or lists that are to make an array of numbers differ in length.

    Example:
        >>> require_examples([1.0, None], "y")
        Traceback (most recent call last):
        ...
        ValueError: y: expected no missing number; got None at position 1
    """
    x = list(x) if isinstance(x, Iterator) else x
    listed = isinstance(x, Sequence) and not isinstance(x, str | bytes | bytearray | memoryview)
    if not (listed or (hasattr(x, "__array__") and np.ndim(x))):
        wanted = "an array" if array else "a list"
        raise TypeError(f"{name}: expected {wanted} of examples; got {type(x).__name__}")
    if array:
        try:
            x = np.asanyarray(x)
        except ValueError:  # NumPy refuses a list of lists of different lengths
            raise ValueError(f"{name}: expected an array; got lists of different lengths") from None
    elif not (listed or isinstance(x, np.ndarray)):
        x = list(x)  # a column of a table
    if len(x) == 0:
        raise ValueError(f"{name}: expected at least one example; got none")
    if isinstance(x, np.ndarray):
        _refuse(ValueError, f"{name}: expected no missing number", x, _gaps(x))
    if array and x.dtype.kind not in "biuf":
        hint = ": astype(float) makes them" if x.dtype == object else ""
        raise TypeError(f"{name}: expected numbers; got dtype {x.dtype}{hint}")
    for at, example in enumerate([] if array else x):
        if not hasattr(example, "__len__"):
            got = f"{shown(example)} at {at}"
            raise TypeError(f"{name}: expected a sequence in each place; got {got}")
    return x


def _is_missing(value: Any) -> bool:
    """Tell whether a value stands for none: None, NaN, NaT or pandas's NA."""
    if value is None or value is np.ma.masked or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return isinstance(value, numbers.Real | Decimal) and bool(value != value)


def _holds_truths(values: Iterable) -> bool:
    """Tell whether a list, or a list in it, holds True or False, which NumPy takes for 1 and 0."""
    kinds = set(map(type, values))
    if kinds.isdisjoint((list, tuple)):
        return not kinds.isdisjoint((bool, np.bool_))
    return any(_holds_truths(value) for value in values if isinstance(value, list | tuple))


def _gaps(array: np.ndarray) -> np.ndarray:
    """Which entries of an array are masked or missing."""
    masked, values = np.ma.getmaskarray(array), np.asarray(array)
    if values.dtype == object:
        return masked | _each(_is_missing, values)
    return masked | np.isnan(values) if values.dtype.kind == "f" else masked


def _each(test: Callable[[Any], bool], values: np.ndarray) -> np.ndarray:
    return np.vectorize(test, otypes=[bool])(values)


def _refuse(error, expected: str, array: np.ndarray, wrong: np.ndarray, got=str) -> None:
    """Name the first entry that is wrong, and its position."""
    if wrong.any():
        at = tuple(np.argwhere(wrong)[0].tolist())
        place = f" at position {at[0] if len(at) == 1 else at}" if at else ""
        text = got(array[at])
        text = text if len(text) <= 60 and "\n" not in text else shown(array[at])
        raise error(f"{expected}; got {text}{place}")


def require_labels(y: Any, examples: int) -> np.ndarray:
    """Check that labels are classes, a whole number from 0 for each example.

    Args:
        y: What a reader handed in.
        examples: How many examples there are.

    Returns:
        The classes, int64 ``(examples,)``.

    Raises:
        TypeError, ValueError: If ``y`` holds no numbers; it is one-hot, a column or of another
            length, or a class is missing or no whole number from 0.

    Example:
        >>> require_labels(np.eye(2), 2)
        Traceback (most recent call last):
        ...
        ValueError: y: expected a whole number for each example, (batch,); got (2, 2): \
np.argmax(y, axis=1) makes them of one-hot rows
    """
    classes = require_numbers(y, "y")
    if classes.ndim != 1:
        cures = ("argmax(y, axis=1) makes them of one-hot rows", "ravel(y) makes them of a column")
        raise ValueError(
            f"y: expected a whole number for each example, (batch,); got {classes.shape}: "
            f"np.{cures[classes.shape[1:] == (1,)]}"
        )
    if len(classes) != examples:
        raise ValueError(
            f"x and y: expected one class for each input; got {examples} and {len(classes)}"
        )
    wrong = (classes < 0) | (classes % 1 != 0)
    _refuse(ValueError, "y: expected whole numbers from 0", classes, wrong, "{:g}".format)
    return classes.astype("int64")


def require_scores(scores: Any, y: Any) -> None:
    """Check that a model has scored each class for each example.

    Args:
        scores: What the model gave.
        y: The right classes, ``(batch,)``, as :func:`require_labels` gives them.

    Raises:
        ValueError: If not so, with at least two classes, or if a score is NaN.

    Example:
        >>> require_scores(np.array([[0.1, 0.9]]), np.array([2]))
        Traceback (most recent call last):
        ...
        ValueError: y: expected classes from 0 to 1, which the model scores; got 2 at position 0
    """
    shape = f"{len(scores)} outputs" if isinstance(scores, list | dict) else np.shape(scores)
    if len(np.shape(scores)) != 2 or isinstance(scores, list | dict):
        raise ValueError(
            f"model: expected scores of shape (batch, classes); got {shape}: does the last "
            "recurrent layer still have return_sequences=True?"
        )
    if shape[1] == 1:
        raise ValueError(
            f"model: expected scores of shape (batch, classes); got {shape}: of a single output, "
            "class 1 is what lies above 0.5 after a sigmoid, or above 0 without one: "
            "np.mean((model.predict(x)[:, 0] > 0.5) == y)"
        )
    if np.isnan(scores).any():
        raise ValueError(
            f"model: expected numbers as scores; got NaN for example "
            f"{np.argwhere(np.isnan(scores))[0, 0]}: does x lack a number, or did training diverge?"
        )
    expected = f"y: expected classes from 0 to {shape[1] - 1}, which the model scores"
    _refuse(ValueError, expected, y, y >= shape[1])


def require_sequences(x: Any, name: str = "x", features: int | None = None) -> np.ndarray:
    """Check that an array holds sequences, and say what is missing if it does not.

    Args:
        x: What a reader handed in.
        name: The argument's name, for the message.
        features: How many numbers each timestep has to have; any number if None.

    Returns:
        The array, ``(batch, timesteps, features)``.

    Raises:
        ValueError: If not; the message names the axes that are missing or swapped.

    Example:
        >>> require_sequences(np.zeros((128, 28)))
        Traceback (most recent call last):
        ...
        ValueError: x: expected (batch, timesteps, features); got (128, 28): did you forget the \
features axis (x[..., np.newaxis]), or is this a single sequence (x[np.newaxis])?
    """
    array = require_array(x, name)
    if array.ndim != 3:
        hint = _missing_axis(array.shape, name, features)
        raise ValueError(f"{name}: expected {_SEQUENCES}; got {array.shape}{hint}")
    if features is not None and array.shape[2] != features:
        hint = ": are timesteps and features swapped?" if array.shape[1] == features else ""
        raise ValueError(
            f"{name}: expected (batch, timesteps, {features}); got {array.shape}{hint}"
        )
    return array


def require_array(x: Any, name: str = "x", expected: str = _SEQUENCES) -> np.ndarray:
    """Check that something is an array, or can be made one; not yet which axes it has.

    Args:
        x: What a reader handed in.
        name: The argument's name, for the message.
        expected: The shape that is wanted, in words, for the message.

    Returns:
        The array; the same one if it was one.

    Raises:
        ValueError: If lists differ in length, or it holds other things than numbers.

    Example:
        >>> require_array([[1, 2], [3]])
        Traceback (most recent call last):
        ...
        ValueError: x: expected an array (batch, timesteps, features); got list: do the sequences \
differ in length? Pad them to one length first
    """
    try:
        array = np.asarray(x)
    except ValueError:  # NumPy refuses a list of sequences of different lengths
        array = np.empty(0, dtype=object)
    if array.dtype == object:
        raise ValueError(
            f"{name}: expected an array {expected}; got {type(x).__name__}: do the sequences "
            "differ in length? Pad them to one length first"
        )
    if np.ma.is_masked(x):
        raise ValueError(f"{name}: expected an array {expected}; got masked entries: fill them in")
    return array


def _missing_axis(shape: tuple[int, ...], name: str, features: int | None) -> str:
    if len(shape) == 1:
        return f": a single series of numbers needs {name}[np.newaxis, :, np.newaxis]"
    if len(shape) != 2:
        return ": there is an axis too many, join two of them with reshape" if shape else ""
    one_sequence = f"a single sequence ({name}[np.newaxis])"
    no_features = f"forget the features axis ({name}[..., np.newaxis])"
    if features is None:
        return f": did you {no_features}, or is this {one_sequence}?"
    if shape[1] == features:
        return f": is this {one_sequence}?"
    return f": did you {no_features}?" if features == 1 else ""


def require_fits(x: Any, model: Any, name: str = "x") -> None:
    """Check that an array fits the input of a model, before Keras is asked.

    Args:
        x: What a reader handed in.
        model: A built Keras model. One with several inputs is let through unchecked.
        name: The argument's name, for the message.

    Raises:
        TypeError, ValueError: If the axes are not those that the model was built for (timesteps of
            sequences may differ), these are no numbers, the model's Embedding lacks a word, or
            ``model`` is no model.

    Example:
        >>> import types
        >>> model = types.SimpleNamespace(input_shape=(None, 24, 2))  # what a Keras model tells
        >>> require_fits(np.zeros((32, 2, 24)), model)
        Traceback (most recent call last):
        ...
        ValueError: x: expected (batch, timesteps, 2); got (32, 2, 24): are timesteps and \
features swapped?
    """
    if not hasattr(model, "predict") and not hasattr(model, "input_shape"):
        raise TypeError(f"model: expected a Keras model; got {type(model).__name__}")
    wanted = getattr(model, "input_shape", None)
    if not isinstance(wanted, tuple):
        return
    array = require_array(x, name, _written(wanted))
    shape = array.shape
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name}: expected numbers; got dtype {array.dtype}")
    first = _first_layer(model)
    reads_words = type(first).__name__ == "Embedding"
    fixed = 1 if len(wanted) == 2 and not reads_words else 2  # timesteps may differ
    if len(wanted) == 3:
        require_sequences(array, name, features=wanted[2])
    elif len(wanted) == 2 and len(shape) == 3:
        raise ValueError(
            f"{name}: expected two axes, {_written(wanted)}, such as the indices of words "
            f"(batch, timesteps); got {shape}: is there a features axis too many?"
        )
    elif len(shape) != len(wanted) or any(
        size not in (None, got) for size, got in zip(wanted[fixed:], shape[fixed:], strict=True)
    ):
        hint = ": is the batch axis missing?" if len(shape) == len(wanted) - 1 else ""
        raise ValueError(
            f"{name}: expected {_written(wanted)}, what the model was built for; got {shape}{hint}"
        )
    if reads_words:
        require_words(array, first, name)


def _first_layer(model: Any) -> Any:
    """Give the layer that reads the whole input, also of a model within the model, if one does."""
    if type(model).__name__ != "Sequential":  # others may hand a part of it to each layer
        return None if hasattr(model, "layers") else model
    layers = [each for each in model.layers if type(each).__name__ != "InputLayer"]
    return _first_layer(layers[0]) if layers else None


def require_words(words: np.ndarray, embedding: Any, name: str) -> None:
    """Check that an Embedding has a row for each word, before Keras looks it up.

    Args:
        words: Indices of words, of any shape.
        embedding: A ``keras.layers.Embedding``.
        name: The argument's name, for the message.

    Raises:
        ValueError: If one is no whole number from 0, or too large.

    Example:
        >>> import types
        >>> require_words(np.array([3, 9]), types.SimpleNamespace(input_dim=9), "x")
        Traceback (most recent call last):
        ...
        ValueError: x: expected words as whole numbers from 0 to 8; got 9 at position 1
    """
    expected = f"{name}: expected words as whole numbers from 0 to {embedding.input_dim - 1:,}"
    if words.dtype.kind not in "iuf":
        raise ValueError(f"{expected}; got dtype {words.dtype}")
    known = (words >= 0) & (words < embedding.input_dim) & (words == np.floor(words))
    _refuse(ValueError, expected, words, ~known)


def _written(wanted: tuple[int | None, ...]) -> str:
    names = ["batch", "timesteps", *["…"] * (len(wanted) - 2)]
    sizes = [name if size is None else str(size) for name, size in zip(names, wanted, strict=True)]
    return f"({', '.join(sizes)})"


def require_items(values: Any, name: str, expected: str = "a list or an array") -> list:
    """Check that something holds items in an order, and give them by position.

    Args:
        values: A list, a tuple, an array, a column of a table (its labels do not count), an
            iterator, which is read to its end.
        name: The argument's name, for the message.
        expected: What is wanted, in words, for the message.

    Returns:
        The items as a list; None where one is masked.

    Raises:
        TypeError: If it is a string, bytes, a dictionary, a set, a table, a file or no collection.

    Example:
        >>> require_items({"a": 4}, "words")
        Traceback (most recent call last):
        ...
        TypeError: words: expected a list or an array; got a dictionary: list its keys or its values
    """
    refused = {
        "one string: put it into a list": isinstance(values, str),
        "bytes: decode them first": isinstance(values, bytes | bytearray | memoryview),
        "a dictionary: list its keys or its values": isinstance(values, Mapping),
        "a set, which has no order: sort it into a list": isinstance(values, Set),
        "a table: choose one column": hasattr(values, "columns"),
        "an open file: read it with seqlearn.text.read_texts": hasattr(values, "readline"),
        type(values).__name__: not hasattr(values, "__iter__") or getattr(values, "ndim", 1) == 0,
    }
    for got, is_so in refused.items():
        if is_so:
            raise TypeError(f"{name}: expected {expected}; got {got}")
    return values.tolist() if np.ma.is_masked(values) else list(values)


def require_texts(texts: Any, name: str = "texts") -> list[str]:
    """Check that something holds texts, each a string.

    Args:
        texts: What a reader handed in, as for :func:`require_items`.
        name: The argument's name, for the message.

    Returns:
        The texts, by position.

    Raises:
        TypeError, ValueError: If it holds something else than texts; one is missing.

    Example:
        >>> require_texts(["a film", None])
        Traceback (most recent call last):
        ...
        ValueError: texts: expected a string at each position; position 1 is missing (None)
    """
    items = require_items(texts, name, "several texts, such as a list")
    for at, item in enumerate(items):
        if isinstance(item, str):
            continue
        expected = f"{name}: expected a string at each position; position {at}"
        if _is_missing(item):
            raise ValueError(f"{expected} is missing ({item})")
        hint = ": decode it first" if isinstance(item, bytes) else ""
        raise TypeError(f"{expected} holds {shown(item)} ({type(item).__name__}){hint}")
    return [str(item) for item in items]


def require_whole_numbers(values: Any, name: str) -> np.ndarray:
    """Check that all of some values are whole numbers, whatever Python or NumPy calls one.

    Args:
        values: A list, an array of any shape, a column of a table, an iterator.
        name: The argument's name, for the message.

    Returns:
        int64 array of the same shape.

    Raises:
        TypeError, ValueError: If one is something else, such as 3.7 or a truth value; one is
            missing, or too large for 64 bits.

    Example:
        >>> require_whole_numbers([1, 3.7], "indices")
        Traceback (most recent call last):
        ...
        TypeError: indices: expected whole numbers such as [1, 14, 22]; got 3.7 at position 1
    """
    expected = "whole numbers such as [1, 14, 22]"
    try:
        if np.ma.is_masked(values) or not isinstance(values, np.ndarray):
            values = require_items(values, name, expected)
        array = np.asarray(values)
    except ValueError:
        got = "rows of different lengths: hand in one at a time"
        raise TypeError(f"{name}: expected {expected}; got {got}") from None
    mixed = not isinstance(values, np.ndarray) and _holds_truths(values)
    if (
        array.dtype.kind in "iu"
        and not mixed
        and (array.dtype != np.uint64 or not (array >> 63).any())
    ):
        return array.astype(np.int64)
    # By way of objects: of uint64 beside int64, NumPy makes floats, which round.
    array = np.asarray(values, object)
    refusals = (
        (ValueError, _is_missing, "a missing value ({})".format),
        (TypeError, lambda n: isinstance(n, bool) or not hasattr(n, "__index__"), shown),
        (ValueError, lambda n: not -(2**63) <= n < 2**63, "{}, too large for 64 bits,".format),
    )
    for error, is_wrong, got in refusals:
        _refuse(error, f"{name}: expected {expected}", array, _each(is_wrong, array), got)
    return array.astype(np.int64)


def require_rows(sequences: Any) -> list:
    """Check that something holds sequences of whole numbers, such as the indices of words.

    Args:
        sequences: What a reader handed in, as for :func:`require_items`.

    Returns:
        The sequences, by position.

    Raises:
        TypeError, ValueError: If it is or holds something else; a sequence or number is missing.

    Example:
        >>> require_rows([[1, 4.5]])
        Traceback (most recent call last):
        ...
        TypeError: sequences, text 0: expected whole numbers such as [1, 14, 22]; got 4.5 at \
position 1
    """
    rows = require_items(sequences, "sequences")
    for at, row in enumerate(rows):
        if isinstance(row, np.ndarray) and row.ndim == 1 and row.dtype.kind in "iu":
            if row.dtype != np.uint64:
                continue  # most texts, and the quick way
        elif _is_missing(row):
            raise ValueError(f"sequences: text {at} is missing ({row})")
        shape = require_whole_numbers(row, f"sequences, text {at}").shape
        if len(shape) != 1:
            raise TypeError(f"sequences, text {at}: expected (timesteps,); got {shape}")
    return rows


def error_message(attempt: Callable[[], Any]) -> str:
    r"""Try something that may go wrong, and give Keras's error message in one line.

    Args:
        attempt: A function without arguments, such as ``lambda: layer(x)``.

    Returns:
        The line of a ``ValueError`` that says what is wrong, without terminal colours and the
        numbers of an array; ``"no error"`` if nothing was raised.

    Example:
        >>> def attempt():
        ...     raise ValueError("Exception encountered when calling Dense.call().\n\nToo wide.")
        >>> error_message(attempt), error_message(lambda: 1)
        ('Too wide.', 'no error')
    """
    try:
        attempt()
    except ValueError as error:
        text = re.sub(r"\x1b?\[\d+m", "", str(error))
        # The numbers of the whole array, and TensorFlow's names for its own operations.
        text = re.sub(
            r"(Invalid input shape) for .*?\. (?=Expected)", r"\1. ", text, flags=re.DOTALL
        )
        text = re.sub(r" for '\{\{node .*", "", text)
        lines = [line.strip() for line in text.splitlines()]
        return next(
            (line for line in lines if line and not line.startswith("Exception encountered")), text
        )
    return "no error"
