"""Exercises that check themselves.

``check("exercise-id", answer)`` tells a reader whether an answer is right, or
which misconception it shows. It never shows the solution. Each chapter has a
module here with its exercises; to add one, write an
:class:`~seqlearn.exercises.judging.Exercise` and name it in ``EXERCISES``.
"""

from __future__ import annotations

import difflib
from typing import Any

from seqlearn.display import Line, show
from seqlearn.exercises import (
    bidirectional,
    forecasting,
    generation,
    gru,
    imdb_sentiment,
    improving,
    lstm_gates,
    mnist_rows,
    rnn_limits,
    sequences,
    variable_length,
)
from seqlearn.exercises.judging import Exercise, Verdict, judge

__all__ = ["EXERCISES", "RECORD", "check"]

_CHAPTERS = (
    *(sequences, rnn_limits, lstm_gates, gru, bidirectional),
    *(imdb_sentiment, mnist_rows, forecasting, generation),
    *(variable_length, improving),
)

EXERCISES: dict[str, Exercise] = {
    exercise.id: exercise for chapter in _CHAPTERS for exercise in chapter.EXERCISES
}
"""Every exercise of the book by its id, in the order of the chapters."""

RECORD = "seqlearn_check"
"""Key of a verdict's record in the metadata of its output."""


def check(exercise_id: str, answer: Any) -> None:
    """Judge the answer to an exercise and show what it tells.

    Args:
        exercise_id: The id that stands in the exercise, such as
            ``"mnist-parameters"``.
        answer: The answer. What kind of thing is expected, a number, a list or a
            function, stands in the exercise; for a function, hand in the
            function itself, without calling it.

    Raises:
        ValueError: If no exercise has this id; the message lists near ones.

    Example:
        >>> check("mnist-return-sequences", [True, True, True])
        ✗ Not yet: the last recurrent layer still hands on 28 vectors, one for each row. How \
many does a softmax that names one digit need?
        >>> check("mnist-return-sequences", [1, 2])
        ? Not an answer yet: expected a list of three values, True or False, in the order of \
the layers; got [1, 2]
    """
    if exercise_id not in EXERCISES:
        near = difflib.get_close_matches(str(exercise_id), EXERCISES, n=3, cutoff=0.4)
        raise ValueError(
            f"exercise_id: no exercise is called {exercise_id!r}. "
            f"{'Did you mean' if near else 'There are'} {', '.join(near or EXERCISES)}?"
        )
    verdict, message = judge(EXERCISES[exercise_id], answer)
    mark, opening, kind, colour = {
        Verdict.RIGHT: ("✓", "Right", "right", "#2a9d8f"),
        Verdict.WRONG: ("✗", "Not yet", "wrong", "#d1603d"),
        Verdict.UNREADABLE: ("?", "Not an answer yet", "unreadable", "#7f7f7f"),
    }[verdict]
    show(
        Line(mark, f"{opening}: {message}", "", f"seqlearn-check {kind}", colour),
        {RECORD: {"exercise": exercise_id, "right": verdict is Verdict.RIGHT}},
    )
