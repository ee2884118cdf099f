"""The questions that a chapter asks before it shows a result, read from its Markdown.

A question is a directive, between colons, in a Markdown cell. What follows it, up to the next
question or heading, is its result::

    :::{predict} reading-backwards

    You turn every sentence round, and train again. What happens?

    1. The network learns nothing, because the order is lost.
    2. The network learns as well as before.

    <!-- right: 2
    1. The order is turned round, not lost: no two sentences became the same.
    2. Where the sentences end no longer matters, because all of them are read whole.
    -->
    :::

Choices are two to four, one of them right, and each has its explanation. They are a plain list, and
the answers a comment, so that Jupyter, which doesn't know the directive, shows the question as one
would write it by hand, and keeps the answers to itself. (A task list or a fence of backticks
would give them away.) A question without choices is open: the reader thinks, then looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FEWEST_CHOICES, MOST_CHOICES = 2, 4

FENCE = re.compile(
    r"^(?P<colons>:{3,})\{predict\}[ \t]*(?P<id>[^\n]*)\n(?P<body>.*?)^(?P=colons)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_OPENING = re.compile(r"^[ \t]*[:`~]{3,}\{predict\}", re.MULTILINE)
_ITEM = re.compile(r"(\d+)\.(?:\s+(.*))?$")


class QuestionError(ValueError):
    """A question that is not written as one.

    Args:
        message: What was expected, and what came.
        line: Where, counted from 0 at the first line below the opening of the directive.
    """

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Choice:
    """An answer that a reader may choose.

    Args:
        text: The answer, in Markdown.
        right: Whether it is the right one.
        explanation: Why it is right or wrong, in Markdown.
    """

    text: str
    right: bool
    explanation: str


@dataclass(frozen=True)
class Question:
    """A question that stands before its result.

    Args:
        id: Its name, one of its own in the whole book.
        text: The question, in Markdown. Its last paragraph is what is asked.
        choices: Two to four, one of them right; none for an open question.
    """

    id: str
    text: str
    choices: tuple[Choice, ...] = ()


def parse_question(name: str, body: str) -> Question:
    """Read one question.

    Args:
        name: What stands behind ``{predict}``: the question's id.
        body: The lines between the colons.

    Returns:
        The question.

    Raises:
        QuestionError: If it is not written as the module describes.

    Example:
        >>> question = parse_question("odd", '''
        ... Which is odd?
        ...
        ... 1. two
        ... 2. three
        ...
        ... <!-- right: 2
        ... 1. Two is twice one.
        ... 2. A rest of one is left.
        ... -->''')
        >>> question.text, [choice.right for choice in question.choices]
        ('Which is odd?', [False, True])
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise QuestionError(
            f"a question's id: expected small letters, digits and hyphens; got {name!r}"
        )
    lines = body.splitlines()
    comment = _first(lines, lambda line: line.startswith("<!--"))
    listed = _first(lines[:comment], _ITEM.match)
    text = "\n".join(lines[:listed]).strip()
    if not text:
        raise QuestionError(f"question {name}: expected the question first; got no text")
    choices = _numbered(name, "choice", lines[:comment], listed)
    if not choices and comment == len(lines):
        return Question(name, text)
    if not FEWEST_CHOICES <= len(choices) <= MOST_CHOICES:
        raise QuestionError(
            f"question {name}: expected {FEWEST_CHOICES} to {MOST_CHOICES} choices, a list that "
            f"begins with “1. ”; got {len(choices)}",
            min(listed, comment),
        )
    right, explanations = _answers(name, lines, comment, len(choices))
    return Question(
        name,
        text,
        tuple(Choice(choices[n], n == right, explanations[n]) for n in choices),
    )


def read_questions(notebook: dict[str, Any]) -> list[Question]:
    r"""Read all questions of a notebook.

    Args:
        notebook: The notebook as JSON gives it.

    Returns:
        Its questions, in their order.

    Raises:
        QuestionError: If one is not written as the module describes, or if two have the same id.

    Example:
        >>> cell = {"cell_type": "markdown", "source": ":::{predict} rain\nWill it rain?\n:::"}
        >>> read_questions({"cells": [cell]})
        [Question(id='rain', text='Will it rain?', choices=())]
    """
    questions: dict[str, Question] = {}
    for number, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] != "markdown":
            continue
        try:
            for question in _questions_of("".join(cell["source"])):
                if question.id in questions:
                    raise QuestionError(f"two questions have the id {question.id}")
                questions[question.id] = question
        except QuestionError as problem:
            raise QuestionError(f"cell {number}: {problem}", problem.line) from None
    return list(questions.values())


def _questions_of(text: str) -> Iterator[Question]:
    found = list(FENCE.finditer(text))
    if len(found) != len(_OPENING.findall(text)):
        raise QuestionError("expected {predict} between colons, :::{predict} id to :::")
    for fence in found:
        yield parse_question(fence["id"].strip(), fence["body"])


def _first(lines: list[str], holds: Any) -> int:
    """Index of the first line for which something holds; their number if there is none."""
    return next((i for i, line in enumerate(lines) if holds(line)), len(lines))


def _numbered(name: str, what: str, lines: list[str], start: int) -> dict[int, str]:
    """The items of a list that begins at a line, by number; they are 1, 2, 3 and so on."""
    items: dict[int, list[str]] = {}
    for i, line in enumerate(lines[start:], start):
        if item := _ITEM.match(line):
            number = len(items) + 1
            if int(item[1]) != number:
                raise QuestionError(
                    f"question {name}: expected {what} {number}; got number {item[1]}", i
                )
            if not item[2]:
                raise QuestionError(f"question {name}: {what} {number} is empty", i)
            items[number] = [item[2]]
        elif items:
            items[len(items)].append(re.sub(r"^ {1,3}", "", line))
        elif line.strip():
            raise QuestionError(f"question {name}: expected {what} 1; got {line!r}", i)
    return {number: "\n".join(parts).strip() for number, parts in items.items()}


def _answers(name: str, lines: list[str], start: int, choices: int) -> tuple[int, dict[int, str]]:
    """The number of the right choice, and the explanations, from the comment at a line."""
    comment = "\n".join(lines[start:]).rstrip()
    opening, _, _ = comment.partition("\n")
    marked = re.fullmatch(r"<!--\s*right:\s*([\d\s,]*)", opening)
    right = re.findall(r"\d+", marked[1]) if marked else []
    if len(right) != 1:
        raise QuestionError(
            f"question {name}: expected one right choice, as in “<!-- right: 2” and below it the "
            f"explanations; got {' and '.join(right) or 'none'}",
            start,
        )
    if not 1 <= int(right[0]) <= choices:
        raise QuestionError(
            f"question {name}: expected the right choice among 1 to {choices}; got {right[0]}",
            start,
        )
    if comment.find("-->") != len(comment) - 3:
        raise QuestionError(
            f"question {name}: expected “-->” behind the last explanation, and nothing more", start
        )
    told = [*lines[: start + 1], *comment.removesuffix("-->").split("\n")[1:]]
    explanations = _numbered(name, "explanation", told, start + 1)
    if len(explanations) != choices:
        raise QuestionError(
            f"question {name}: expected an explanation for each of {choices} choices; "
            f"got {len(explanations)}",
            start,
        )
    return int(right[0]), explanations
