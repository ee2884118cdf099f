"""The rules that every notebook of the book keeps, one function each.

A rule takes a :class:`Page` and returns complaints, each a sentence for the author;
none means that the rule is kept. ``RULES`` hold for every notebook, and
``CHAPTER_RULES`` also for the chapters, the notebooks named ``NN_name.ipynb``.
test_book.py shows each rule failing on a bad page, and holds the book to all.

A chapter in short::

    # Title                                  and the question the chapter answers
    ## What you will be able to do           ... 6 minutes on two cores ...
                                             ... From other chapters: nothing ...
    (the import cell, with the seeded start)
    ## Some experiment                       with at least one claim; as many as needed
    ## Exercises                             three or more, each with a folded solution
    ## Summary
    ## Further reading                       cited from references.bib

Numbers in prose
================
A decimal or a percentage that stands in the text has to be found in an output or in
the code of the notebook, rounded as the text rounds it: "98%" is covered by an
output of 0.9812 or of 98.1%. So a figure in the text can not outlive the run that it
came from. Free of this rule are code spans, formulas, links, a paragraph that cites
its source, a cell with the comment ``<!-- not measured: REASON -->``, and the choices of a
question, of which all but one are wrong.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nbval_tolerance import NUMBER, Tolerance

from seqlearn import claims, exercises
from seqlearn.teaching.questions import FENCE, QuestionError, read_questions

LARGEST = 1_500_000  # bytes
LONGEST_CELL = 15  # lines
LONGEST_CLAIM = 160  # characters
FEWEST_EXERCISES = 3
MOST_IGNORED = 0.1  # of the code cells
MOST_CODE_CELLS_IN_A_ROW = 3

AIMS, EXERCISES, SUMMARY, READING = (
    "What you will be able to do",
    "Exercises",
    "Summary",
    "Further reading",
)

TAGS = {"full-data", "docstrings", "either-way", "nbval-ignore-output", "raises-exception",
        "needs-training", "solution", "exact", "hide-input", "hide-output", "hide-cell",
        "remove-input"}  # fmt: skip

Cell = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """A stored notebook and the keys of the bibliography that it may cite."""

    notebook: dict[str, Any]
    size: int = 0
    cited_works: frozenset[str] = frozenset()

    @classmethod
    def read(cls, path: Path) -> Page:
        """Read a notebook, and the bibliography beside it."""
        text = path.read_text(encoding="utf-8")
        bibliography = path.parent / "references.bib"
        works = re.findall(r"^@\w+\{([^,\s]+)", bibliography.read_text("utf-8"), re.MULTILINE)
        return cls(json.loads(text), len(text.encode()), frozenset(works))

    @cached_property
    def cells(self) -> list[Cell]:
        return self.notebook["cells"]

    @cached_property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell["cell_type"] == "code"]

    @cached_property
    def prose(self) -> list[Cell]:
        return [cell for cell in self.cells if cell["cell_type"] == "markdown"]

    @cached_property
    def sections(self) -> list[tuple[str, list[Cell]]]:
        """The second-level headings and the cells below each; before the first, ""."""
        found: list[tuple[str, list[Cell]]] = [("", [])]
        for cell in self.cells:
            if cell["cell_type"] == "markdown":
                for title in headings(cell, 2):
                    found.append((title, []))
            found[-1][1].append(cell)
        return found

    @property
    def experiments(self) -> list[tuple[str, list[Cell]]]:
        """The sections between the aims and the exercises."""
        titles = [title for title, _ in self.sections]
        last = titles.index(EXERCISES) if EXERCISES in titles else len(titles)
        return [s for s in self.sections[:last] if s[0] not in ("", AIMS)]


def text_of(cell: Cell) -> str:
    return "".join(cell["source"])


def tags_of(cell: Cell) -> list[str]:
    return cell.get("metadata", {}).get("tags", [])


def headings(cell: Cell, level: int) -> list[str]:
    plain = re.sub(r"^(```|~~~).*?^\1", "", text_of(cell), flags=re.MULTILINE | re.DOTALL)
    return re.findall(rf"^#{{{level}}}\s+(.+?)\s*$", plain, re.MULTILINE)


def name(cell: Cell) -> str:
    """A cell by its first line, for a complaint."""
    first = (text_of(cell).strip().splitlines() or ["(empty)"])[0]
    return f"{cell['cell_type']} cell “{first[:50]}”"


def syntax(cell: Cell) -> ast.AST:
    """The syntax tree of a code cell, IPython's own lines left out."""
    lines = ("pass" if re.match(r"\s*[%!]", line) else line for line in text_of(cell).split("\n"))
    return ast.parse("\n".join(lines))


def calls(cell: Cell, function: str) -> list[ast.Call]:
    """The calls of a function in a code cell, by its last name."""
    return [
        node
        for node in ast.walk(syntax(cell))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) == function
    ]


def records(cell: Cell, key: str) -> list[dict[str, Any]]:
    """What claims or checks recorded in the outputs of a code cell."""
    found = (output.get("metadata", {}).get(key) for output in cell["outputs"])
    return [record for record in found if record]


def output_texts(cell: Cell) -> Iterator[str]:
    for output in cell["outputs"]:
        yield "".join(output.get("text", ""))
        for mime, content in output.get("data", {}).items():
            if not mime.startswith("image/") and isinstance(content, str | list):
                yield "".join(content)


# ---- every notebook ----------------------------------------------------------------


def is_small(page: Page) -> Iterator[str]:
    """A page loads on a slow line, and a diff can be read."""
    if page.size > LARGEST:
        yield f"the file has {page.size:,} bytes, and {LARGEST:,} are allowed"


def was_executed_in_order(page: Page) -> Iterator[str]:
    """Outputs come from one run, from the first cell to the last."""
    for expected, cell in enumerate(page.code, start=1):
        count = cell["execution_count"]
        if count != expected:
            yield f"{name(cell)}: expected execution count {expected}; got {count}"
            return


def stored_no_errors(page: Page) -> Iterator[str]:
    """An error is stored only where the text is about that error."""
    for cell in page.code:
        errors = [o["ename"] for o in cell["outputs"] if o["output_type"] == "error"]
        if errors and "raises-exception" not in tags_of(cell):
            yield f"{name(cell)}: stored the error {errors[0]}"
        if not errors and "raises-exception" in tags_of(cell):
            yield f"{name(cell)}: is tagged raises-exception and raised nothing"


def stored_no_noise(page: Page) -> Iterator[str]:
    """No warnings and no progress bars: neither is the same twice."""
    for cell in page.code:
        for output in cell["outputs"]:
            if output.get("name") == "stderr":
                yield f"{name(cell)}: wrote to stderr: {''.join(output['text'])[:60]!r}"
        if any("\b" in text or re.search(r"\r[^\n]", text) for text in output_texts(cell)):
            yield f"{name(cell)}: stored a progress bar: use verbose=0"


def names_no_place(page: Page) -> Iterator[str]:
    """Nobody's folders are printed; they would differ on the next machine."""
    folders = "home|Users|root|tmp|work|opt|var|mnt|usr|private|content"
    place = re.compile(rf"(?<![\w.:/])/(?:{folders})/|\b[A-Z]:\\\\?[A-Za-z]|site-packages")
    for cell in page.cells:
        texts = [text_of(cell), *(output_texts(cell) if cell["cell_type"] == "code" else ())]
        texts += [
            line
            for output in cell.get("outputs", [])
            for line in (*output.get("traceback", []), output.get("evalue", ""))
        ]
        for text in texts:
            if found := place.search(text):
                yield f"{name(cell)}: names a place on a machine: {found.group()!r}"
                break


def has_known_tags(page: Page) -> Iterator[str]:
    """A misspelt tag would be passed over in silence."""
    for cell in page.cells:
        for tag in tags_of(cell):
            if tag.startswith(("abs:", "rel:")):
                try:
                    Tolerance.from_tags([tag])
                except ValueError as problem:
                    yield f"{name(cell)}: {problem}"
            elif tag not in TAGS:
                yield f"{name(cell)}: nothing knows the tag {tag!r}; there are {sorted(TAGS)}"


def ignores_few_outputs(page: Page) -> Iterator[str]:
    """What is not compared is the exception, and nothing is skipped."""
    for cell in page.code:
        if re.search(r"^\s*#\s*(NBVAL_|PYTEST_VALIDATE_)", text_of(cell), re.MULTILINE):
            yield f"{name(cell)}: steers nbval by a comment, which readers see: use a tag"
    loose = {"either-way", "nbval-ignore-output"}
    ignored = [cell for cell in page.code if loose & set(tags_of(cell))]
    most = max(1, int(MOST_IGNORED * len(page.code)))
    if len(ignored) > most:
        yield (
            f"{len(ignored)} of {len(page.code)} code cells are not compared, and {most} may be: "
            f"{', '.join(map(name, ignored))}"
        )


def describes_its_figures(page: Page) -> Iterator[str]:
    """Every picture has a description in words for those who can't see it."""
    for cell in page.code:
        images = [
            mime
            for output in cell["outputs"]
            for mime in output.get("data", {})
            if mime.startswith("image/")
        ]
        alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
        if len(images) > 1:
            yield f"{name(cell)}: draws {len(images)} figures, which would share one description"
        if images and len(alt) < 20:
            yield (
                f"{name(cell)}: its figure needs a description in the cell's metadata: "
                f'{{"mystnb": {{"image": {{"alt": "..."}}}}}}; got {alt!r}'
            )
    for cell in page.prose:
        yield from (f"{name(cell)}: {bare}: no alt text" for bare in _undescribed(text_of(cell)))
    for cell in page.code:
        for text in output_texts(cell):
            if re.search(r"<img\b(?![^>]*\balt=[\"']\w)", text):
                yield f"{name(cell)}: shows an <img> without alt text"


def _undescribed(text: str) -> Iterator[str]:
    """The pictures in a Markdown text that have no alt text."""
    yield from re.findall(r"!\[\s*\]\([^)]*\)", text)
    yield from re.findall(r"<img\b(?![^>]*\balt=[\"']\w)[^>]*>", text)
    directive = r"(\{(?:image|figure)\}[^\n]*)\n((?:[ \t]*:[\w-]+:[^\n]*\n)*)"
    for opening, options in re.findall(directive, text):
        if not re.search(r":alt:\s*\w", options):
            yield opening


def asks_before_it_shows(page: Page) -> Iterator[str]:
    """A question to predict has its choices, its explanations and an id of its own."""
    try:
        read_questions(page.notebook)
    except QuestionError as problem:
        yield str(problem)


# ---- chapters ----------------------------------------------------------------------


def opens_with_its_question(page: Page) -> Iterator[str]:
    """One title, and below it the question that the chapter answers."""
    titles = [title for cell in page.prose for title in headings(cell, 1)]
    first = page.cells[0]
    if len(titles) != 1 or first["cell_type"] != "markdown" or headings(first, 1) != titles:
        yield f"expected one title, in the first cell; got {titles}"
    opening = "".join(text_of(cell) for cell in page.sections[0][1])
    # Sections begin with the cell that holds their heading; what precedes counts too.
    opening += text_of(first).partition("\n## ")[0]
    if "?" not in opening:
        yield "the title is not followed by the question that the chapter answers"


def has_its_sections_in_order(page: Page) -> Iterator[str]:
    """Aims, experiments, exercises, summary, further reading."""
    titles = [title for title, _ in page.sections if title]
    frame = [AIMS, EXERCISES, SUMMARY, READING]
    if titles[:1] != frame[:1] or titles[-3:] != frame[1:]:
        yield f"expected the sections {frame}, the experiments after the first; got {titles}"
    elif len(titles) == len(frame):
        yield "there is no experiment between the aims and the exercises"


def says_how_long_it_takes(page: Page) -> Iterator[str]:
    """A reader knows before the first cell runs."""
    opening = ""
    for cell in page.cells:
        if cell["cell_type"] == "code":
            break
        opening += text_of(cell)
    if not re.search(r"\bminutes?\b[^.]*\btwo\s+(processor\s+)?cores\b", opening):
        yield "the minutes to run on two cores are not stated before the first code cell"
    if "From other chapters:" not in opening:
        yield "what it needs from other chapters is not stated before the first code cell"


def imports_once_and_starts(page: Page) -> Iterator[str]:
    """The first code cell has all imports and the seeded start; no other has any."""
    if not page.code:
        yield "there is no code"
        return
    first, *others = page.code
    if not calls(first, "start"):
        yield f"{name(first)}: the first code cell does not call start(...)"
    for cell in others:
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(syntax(cell))):
            yield f"{name(cell)}: imports belong in the first code cell"


def has_short_cells(page: Page) -> Iterator[str]:
    """A cell is read in one look. The import cell may be longer."""
    for cell in page.code[1:]:
        lines = len(text_of(cell).strip().splitlines())
        if not 1 <= lines <= LONGEST_CELL:
            yield f"{name(cell)}: has {lines} lines, and 1 to {LONGEST_CELL} are allowed"


def explains_between_cells(page: Page) -> Iterator[str]:
    """Predict, run, interpret: code stands between words."""
    row = 0
    for cell in page.cells:
        row = row + 1 if cell["cell_type"] == "code" else 0
        if row == MOST_CODE_CELLS_IN_A_ROW + 1:
            yield f"{name(cell)}: is code cell number {row} in a row, without a word between them"


def claims_what_it_says(page: Page) -> Iterator[str]:
    """Each section with experiments makes a claim, on the full data."""
    for title, cells in page.experiments:
        code = [cell for cell in cells if cell["cell_type"] == "code" and cell is not page.code[0]]
        if code and not any(records(cell, claims.RECORD) for cell in code):
            yield f"section “{title}” runs code and claims nothing"
    for cell in page.code:
        for record in records(cell, claims.RECORD):
            if not record["checked"] or record["source"] == "embedded":
                yield f"{name(cell)}: a claim was stored from the embedded data"
        for call in calls(cell, "claim"):
            source = [word.value for word in call.keywords if word.arg == "source"]
            if source and isinstance(source[0], ast.Constant):
                yield f"{name(cell)}: a claim's source has to come from the data: data.source"


def words_its_claims_well(page: Page) -> Iterator[str]:
    """A claim is an English sentence with its figure inside, as far as a machine can tell."""
    dangling = (
        "a|an|and|at|by|for|from|in|is|are|as|least|most|of|on|or|than|that|the|to|was|with|within"
    )
    for cell in page.code:
        for record in records(cell, claims.RECORD):
            sentence, truth = record["sentence"], isinstance(record["measured"], bool)
            if truth == ("…" in record["template"]):
                found = "a place" if truth else "no place"
                yield f"{name(cell)}: a claim has {found} for a figure: “{sentence}”"
            if re.search(r"(?<!=)\b(True|False)\b", sentence):  # mask_zero=True is code
                yield f"{name(cell)}: a claim speaks of True or False: “{sentence}”"
            if re.search(rf"([:,;]|\b(?:{dangling}))\.?$", sentence):
                yield f"{name(cell)}: a claim breaks off at its end: “{sentence}”"
            if len(sentence) > LONGEST_CLAIM:
                yield (
                    f"{name(cell)}: a claim has {len(sentence)} characters, and {LONGEST_CLAIM} "
                    f"are allowed: “{sentence}”"
                )


def has_checked_exercises(page: Page) -> Iterator[str]:
    """Three or more exercises, each with a folded solution that check found right."""
    text_by_cell = [text_of(c) if c["cell_type"] == "markdown" else "" for c in page.cells]
    text = "\n".join(text_by_cell)
    labels = re.findall(r":{3,}\{exercise\}[^\n]*\n(?::[^\n]*\n)*?:label:\s*(\S+)", text)
    if len(labels) != len(re.findall(r"\{exercise\}", text)):
        yield "an exercise has no label"
    if len(labels) < FEWEST_EXERCISES:
        yield f"there are {len(labels)} exercises; expected at least {FEWEST_EXERCISES}"
    placed = [c for title, cells in page.sections if title == EXERCISES for c in cells]
    for label in labels:
        if label not in exercises.EXERCISES:
            yield f"exercise {label}: check(...) knows no such exercise"
        starts = [
            i for i, t in enumerate(text_by_cell)
            if re.search(rf"\{{solution-start\}}\s+{re.escape(label)}\s*$", t, re.MULTILINE)
        ]  # fmt: skip
        if len(starts) != 1:
            yield f"exercise {label}: expected one solution; got {len(starts)}"
            continue
        start = starts[0]
        asked = next(i for i, t in enumerate(text_by_cell) if f":label: {label}" in t)
        if not any(page.cells[asked] is c for c in placed) or start < asked:
            yield f"exercise {label}: belongs in the section of exercises, before its solution"
        if ":class: dropdown" not in text_by_cell[start]:
            yield f"exercise {label}: its solution is not folded (:class: dropdown)"
        solution = []
        for cell in page.cells[start + 1 :]:
            if "{solution-end}" in text_of(cell):
                break
            solution.append(cell)
        yield from _solution(label, [c for c in solution if c["cell_type"] == "code"])


def _solution(label: str, code: list[Cell]) -> Iterator[str]:
    for cell in code:
        if "solution" not in tags_of(cell):
            yield f"exercise {label}: {name(cell)}: is not tagged solution"
        if {"full-data", "nbval-ignore-output"} & set(tags_of(cell)):
            yield f"exercise {label}: {name(cell)}: must be compared, so that a wrong one fails"
    verdicts = [
        record["right"]
        for cell in code
        for record in records(cell, exercises.RECORD)
        if record["exercise"] == label
    ]
    if verdicts != [True]:
        yield f"exercise {label}: expected a solution that check finds right; got {verdicts}"


def cites_its_sources(page: Page) -> Iterator[str]:
    """Further reading cites works, and every cited work is in the bibliography."""
    cited = [
        key.strip()
        for cell in page.prose
        for keys in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text_of(cell))
        for key in keys.split(",")
    ]
    for key in sorted(set(cited) - page.cited_works):
        yield f"{key}: is cited and not in references.bib"
    reading = [c for title, cells in page.sections if title == READING for c in cells]
    if not any("{cite" in text_of(cell) for cell in reading):
        yield f"the section “{READING}” cites nothing"


def prints_the_numbers_it_tells(page: Page) -> Iterator[str]:
    """A decimal or a percentage in the text stands in an output or in the code."""
    known = [
        (number, percent == "%")
        for cell in page.code
        for text in (text_of(cell), *output_texts(cell))
        for number, percent in _numbers(text)
    ]
    for cell in page.prose:
        if "<!-- not measured:" in text_of(cell):
            continue
        for paragraph in re.split(r"\n\s*\n", FENCE.sub(_without_choices, text_of(cell))):
            if "{cite" in paragraph:
                continue
            plain = re.sub(
                r"`[^`]*`|\$\$.*?\$\$|\$[^$\n]*\$|\]\([^)]*\)|<[^>]*>", " ", paragraph, flags=re.S
            )
            for number, percent in _numbers(plain):
                if ("." in number.rstrip(".") or percent) and not any(
                    _rounds_to(other, number, other_percent, percent == "%")
                    for other, other_percent in known
                ):
                    yield (
                        f"{name(cell)}: {number}{percent} stands in no output of this notebook: "
                        "print it, claim it, cite it or measure it again"
                    )


def _without_choices(question: re.Match[str]) -> str:
    return re.sub(r"^1\..*?^<!-- right:.*?$", "", question["body"], flags=re.MULTILINE | re.DOTALL)


def _numbers(text: str) -> list[tuple[str, str]]:
    return [
        (match.group(), "%" if re.match(r"\s?%", text[match.end() :]) else "")
        for match in NUMBER.finditer(text)
    ]


def _rounds_to(other: str, told: str, other_percent: bool, percent: bool) -> bool:
    """Whether a number of an output, rounded as the text rounds, is what the text tells."""
    decimals = len(told.rstrip(".").partition(".")[2])
    value = float(other.replace(",", "").replace("−", "-"))
    target = float(told.replace(",", "").replace("−", "-"))
    values = [value]
    if percent and not other_percent:
        values.append(100 * value)
    return any(abs(v - target) <= 0.5 * 10**-decimals * (1 + 1e-9) for v in values)


Rule = Callable[[Page], Iterator[str]]

RULES: tuple[Rule, ...] = (
    is_small,
    was_executed_in_order,
    stored_no_errors,
    stored_no_noise,
    names_no_place,
    has_known_tags,
    ignores_few_outputs,
    describes_its_figures,
    asks_before_it_shows,
)

CHAPTER_RULES: tuple[Rule, ...] = (
    opens_with_its_question,
    has_its_sections_in_order,
    says_how_long_it_takes,
    imports_once_and_starts,
    has_short_cells,
    explains_between_cells,
    claims_what_it_says,
    words_its_claims_well,
    has_checked_exercises,
    cites_its_sources,
    prints_the_numbers_it_tells,
)
