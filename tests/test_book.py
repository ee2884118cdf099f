"""The book keeps its rules, and every rule can fail.

The rules are in book_rules.py. Each is first shown a chapter in which everything
is right, then one with a single fault that it has to find.
"""

import copy
from pathlib import Path

import pytest
from book_rules import CHAPTER_RULES, RULES, Page, headings
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from seqlearn import claims, exercises
from seqlearn.teaching.questions import read_questions

BOOK = Path(__file__).parent.parent / "book"
NOTEBOOKS = sorted(BOOK.glob("*.ipynb"))
CHAPTERS = sorted(BOOK.glob("[0-9][0-9]_*.ipynb"))

ALT = {"mystnb": {"image": {"alt": "Accuracy rises over three epochs, then levels off."}}}


def claimed(template="It is near in … of them", measured=0.9812, checked=True, source="full"):
    sentence = template.replace("…", f"{measured:.2%}") + "."
    record = {"sentence": sentence, "template": template, "measured": measured}
    return new_output(
        "display_data",
        data={"text/plain": f"✓ {sentence}"},
        metadata={claims.RECORD: {**record, "checked": checked, "source": source}},
    )


def judged(label, right=True):
    record = {"exercise": label, "right": right}
    return new_output(
        "display_data", data={"text/plain": "✓ Right: so"}, metadata={exercises.RECORD: record}
    )


def exercise(label):
    return [
        new_markdown_cell(f"::::{{exercise}} A title\n:label: {label}\n\nDo it.\n::::"),
        new_markdown_cell(f"::::{{solution-start}} {label}\n:class: dropdown\n::::"),
        new_code_cell(
            f'check("{label}", 1)', outputs=[judged(label)], metadata={"tags": ["solution"]}
        ),
        new_markdown_cell("::::{solution-end}\n::::"),
    ]


QUESTION = """
:::{predict} how-many

How many rows does it read?

1. 12.5% of them.
2. Nearly all.

<!-- right: 2
1. It reads 98.1% of them.
2. It does.
-->
:::"""


def good_chapter():
    figure = new_output("display_data", data={"image/png": "aaaa", "text/plain": "<Figure>"})
    cells = [
        new_markdown_cell("# Rows\n\nCan a network read rows?"),
        new_markdown_cell(
            "## What you will be able to do\n\n- read. 6 minutes on two cores. "
            "From other chapters: nothing."
        ),
        new_code_cell("from seqlearn import start\n\nstart(seed=7)"),
        new_markdown_cell("## Reading\n\nWe expect about 98% at `dropout=0.35`, or $0.77$."),
        new_code_cell("rate = 0.004", metadata={"tags": ["abs:0.01"]}),
        new_markdown_cell("It reads 98.1% of them at a rate of 0.004 {cite:p}`elman1990`."),
        new_markdown_cell(f"We ask first.\n{QUESTION}"),
        new_code_cell("draw()", outputs=[figure], metadata=ALT),
        new_markdown_cell("So it is: 98.1%. ![a row](row.png)"),
        new_code_cell(
            "claim('It is near in {:.1%} of them', x, at_least=0.98)", outputs=[claimed()]
        ),
        new_markdown_cell("## Exercises"),
        *(cell for label in list(exercises.EXERCISES)[:3] for cell in exercise(label)),
        new_markdown_cell("## Summary\n\nYes."),
        new_markdown_cell("## Further reading\n\n{cite:t}`elman1990,lecun1998` began."),
    ]
    for count, cell in enumerate((c for c in cells if c["cell_type"] == "code"), start=1):
        cell["execution_count"] = count
    return new_notebook(cells=cells)


def page(notebook, size=1000):
    return Page(notebook, size, frozenset({"elman1990", "lecun1998"}))


@pytest.mark.parametrize("rule", RULES + CHAPTER_RULES, ids=lambda rule: rule.__name__)
def test_a_good_chapter_has_nothing_to_complain_of(rule):
    assert list(rule(page(good_chapter()))) == []


# ---- faults: each takes a good chapter and spoils it ---------------------------------


def find(notebook, text):
    return next(cell for cell in notebook.cells if text in cell["source"])


def replace(old, new):
    def spoil(notebook):
        cell = find(notebook, old)
        cell["source"] = cell["source"].replace(old, new)

    return spoil


def tag(text, *tags):
    return lambda notebook: find(notebook, text)["metadata"].update(tags=list(tags))


def store(text, *outputs):
    return lambda notebook: find(notebook, text).update(outputs=list(outputs))


def drop(*texts):
    def spoil(notebook):
        for text in texts:
            notebook.cells.remove(find(notebook, text))

    return spoil


def insert_after(text, *cells):
    def spoil(notebook):
        at = notebook.cells.index(find(notebook, text)) + 1
        notebook.cells[at:at] = copy.deepcopy(cells)

    return spoil


def count(number):
    return lambda notebook: find(notebook, "draw()").update(execution_count=number)


def printed(text, name="stdout"):
    return new_output("stream", name=name, text=text)


ERROR = new_output("error", ename="ValueError", evalue="no", traceback=["no"])
PLACE = "/".join(["", "home", "someone", "digits.npz"])
PICTURE = new_output("display_data", data={"image/png": "aaaa"})
HTML = new_output("display_data", data={"text/html": "<img src='x'>", "text/plain": "x"})
LABEL = next(iter(exercises.EXERCISES))

FAULTS = {
    "asks_before_it_shows": [
        (replace("right: 2", "right: 1, 2"), "expected one right choice"),
        (replace("2. It does.\n", ""), "expected an explanation for each"),
        (replace(":::{predict}", "```{predict}"), "expected {predict} between colons"),
        (insert_after("We ask first", new_markdown_cell(QUESTION)), "two questions have the id"),
    ],
    "was_executed_in_order": [
        (count(None), "expected execution count 3; got None"),
        (count(9), "expected execution count 3; got 9"),
    ],
    "stored_no_errors": [
        (store("draw()", ERROR), "stored the error ValueError"),
        (tag("draw()", "raises-exception"), "raised nothing"),
    ],
    "stored_no_noise": [
        (store("draw()", printed("careful", "stderr")), "wrote to stderr: 'careful'"),
        (store("draw()", printed("10%\b\b\b20%")), "progress bar"),
        (store("draw()", printed("10%\r20%")), "progress bar"),
    ],
    "names_no_place": [
        (store("draw()", printed(f"loading {PLACE}")), "names a place"),
        (replace("rate = 0.004", f"load('{PLACE}')"), "names a place"),
        (store("draw()", printed("C:\\Users\\me")), "names a place"),
        (store("draw()", {**ERROR, "traceback": [PLACE]}), "names a place"),
    ],
    "has_known_tags": [
        (tag("draw()", "full_data"), "nothing knows the tag 'full_data'"),
        (tag("draw()", "abs:lots"), "expected a distance such as abs:0.01; got 'abs:lots'"),
        (tag("draw()", "nbval-skip"), "nothing knows the tag 'nbval-skip'"),
    ],
    "ignores_few_outputs": [
        (
            lambda n: (
                tag("draw()", "nbval-ignore-output")(n),
                tag("rate", "nbval-ignore-output")(n),
            ),
            "2 of 7 code cells are not compared, and 1 may be",
        ),
        (replace("draw()", "# NBVAL_SKIP\ndraw()"), "steers nbval by a comment"),
    ],
    "describes_its_figures": [
        (lambda n: find(n, "draw()")["metadata"].clear(), "needs a description"),
        (store("draw()", PICTURE, PICTURE), "draws 2 figures"),
        (store("rate", HTML), "<img> without alt text"),
        (replace("![a row]", "![]"), "no alt text"),
        (replace("Yes.", "<img src='x'>"), "no alt text"),
        (replace("Yes.", "```{figure} row.png\n:width: 50%\nA row\n```\n"), "no alt text"),
    ],
    "opens_with_its_question": [
        (replace("?", "."), "not followed by the question"),
        (replace("# Rows\n", "\n"), "expected one title"),
        (replace("Yes.", "# Another\n"), "expected one title"),
        (lambda n: n.cells.insert(0, new_markdown_cell("Before all")), "in the first cell"),
    ],
    "has_its_sections_in_order": [
        (drop("## Summary"), "expected the sections"),
        (replace("## Summary", "## In short"), "expected the sections"),
        (replace("## What you will be able to do", "## Aims"), "expected the sections"),
        (
            lambda n: n.cells.append(n.cells.pop(n.cells.index(find(n, "## Summary")))),
            "expected the sections",
        ),
        (replace("## Reading", "Reading"), "no experiment"),
    ],
    "says_how_long_it_takes": [
        (replace("6 minutes on two cores", "quick"), "minutes to run"),
        (replace("From other chapters", "As always"), "from other chapters is not stated"),
        (
            lambda n: (
                replace("6 minutes on two cores", "")(n),
                replace("Yes.", "6 minutes on two cores")(n),
            ),
            "minutes to run",
        ),
    ],
    "imports_once_and_starts": [
        (replace("start(seed=7)", "pass"), "does not call start(...)"),
        (replace("draw()", "from x import draw\ndraw()"), "imports belong in the first"),
        (lambda n: n.cells.__delitem__(slice(2, None)), "there is no code"),
    ],
    "has_short_cells": [
        (replace("draw()", "draw()\n" * 16), "has 16 lines"),
        (replace("draw()", ""), "has 0 lines"),
    ],
    "explains_between_cells": [
        (insert_after("rate", *[new_code_cell("x = 1")] * 3), "code cell number 4 in a row"),
    ],
    "claims_what_it_says": [
        (store("claim(", printed("nothing")), "section “Reading” runs code and claims nothing"),
        (
            insert_after("draw()", new_markdown_cell("## Silent"), new_code_cell("x = 1")),
            "section “Reading” runs code and claims nothing",
        ),
        (store("claim(", claimed(checked=False)), "from the embedded data"),
        (store("claim(", claimed(source="embedded")), "from the embedded data"),
        (
            replace("at_least=0.98", "at_least=0.98, only_on='full', source='embedded'"),
            "has to come from the data",
        ),
    ],
    "words_its_claims_well": [
        (store("claim(", claimed("It is near")), "has no place for a figure: “It is near.”"),
        (store("claim(", claimed("It is … so", True)), "has a place for a figure"),
        (store("claim(", claimed("That it is near is True", True)), "speaks of True or False"),
        (store("claim(", claimed("Of them it reads … in")), "breaks off at its end"),
        (store("claim(", claimed("It is near: …, at least")), "breaks off at its end"),
        (store("claim(", claimed("It is near in … of:")), "breaks off at its end"),
        (store("claim(", claimed("It is near " * 14 + "in …")), "has 164 characters, and 160"),
    ],
    "has_checked_exercises": [
        (drop(f":label: {LABEL}"), "there are 2 exercises; expected at least 3"),
        (drop(f"{{solution-start}} {LABEL}"), f"{LABEL}: expected one solution; got 0"),
        (replace(f":label: {LABEL}\n", ""), "an exercise has no label"),
        (replace(f":label: {LABEL}", ":label: mnist-unheard-of"), "knows no such exercise"),
        (replace(":class: dropdown\n", ""), "is not folded"),
        (store(f'check("{LABEL}"', judged(LABEL, right=False)), "finds right; got [False]"),
        (store(f'check("{LABEL}"', judged("another")), "finds right; got []"),
        (store(f'check("{LABEL}"'), "finds right; got []"),
        (tag(f'check("{LABEL}"'), "is not tagged solution"),
        (tag(f'check("{LABEL}"', "solution", "full-data"), "must be compared"),
        (
            lambda n: n.cells.insert(3, n.cells.pop(n.cells.index(find(n, f":label: {LABEL}")))),
            "belongs in the section of exercises",
        ),
    ],
    "cites_its_sources": [
        (replace("lecun1998", "nobody2030"), "nobody2030: is cited and not in references.bib"),
        (replace("{cite:t}`elman1990,lecun1998`", "Others"), "cites nothing"),
    ],
    "prints_the_numbers_it_tells": [
        (replace("So it is: 98.1%", "So it is: 98.7%"), "98.7% stands in no output"),
        (replace("about 98%", "about 97%"), "97% stands in no output"),
        (replace("Yes.", "The loss was 0.35."), "0.35 stands in no output"),
        (replace("Yes.", "Only 2 % failed."), "2% stands in no output"),
        (replace("1. It reads 98.1%", "1. It reads 97.3%"), "97.3% stands in no output"),
        (replace("How many rows", "Of 97.3%, how many"), "97.3% stands in no output"),
    ],
}


@pytest.mark.parametrize(
    ("rule", "fault", "words"),
    [
        pytest.param(rule, fault, words, id=f"{rule.__name__}-{number}")
        for rule in RULES + CHAPTER_RULES
        for number, (fault, words) in enumerate(FAULTS.get(rule.__name__, []))
    ],
)
def test_each_rule_finds_its_fault(rule, fault, words):
    notebook = good_chapter()
    fault(notebook)
    assert words in " | ".join(rule(page(notebook)))


def test_a_large_file_is_found():
    (rule,) = (rule for rule in RULES if rule.__name__ == "is_small")
    assert list(rule(page(good_chapter(), size=1_500_000))) == []
    assert list(rule(page(good_chapter(), size=1_500_001))) == [
        "the file has 1,500,001 bytes, and 1,500,000 are allowed"
    ]


def test_every_rule_has_a_fault():
    assert {rule.__name__ for rule in RULES + CHAPTER_RULES} == {*FAULTS, "is_small"}


@pytest.mark.parametrize(
    "text",
    [
        "Others report 99.7% {cite:p}`lecun1998`.",
        "<!-- not measured: a definition -->\nHalf is 50%.",
        "A rate of `0.35`, or $0.35$, or [this](page0.35.html).",
        "28 rows, 60,000 images, version 3.15.1.",
        "One in 50 was 1.9% wrong.\n\nIt was 98.12%.",
    ],
)
def test_numbers_that_need_no_output(text):
    (rule,) = (rule for rule in CHAPTER_RULES if rule.__name__ == "prints_the_numbers_it_tells")
    notebook = good_chapter()
    replace("Yes.", text)(notebook)
    store("draw()", printed("error 0.0188"))(notebook)
    assert list(rule(page(notebook))) == []


def test_a_comment_in_a_code_block_is_no_heading():
    assert headings(new_markdown_cell("# One\n\n```python\n# two\n```\n"), 1) == ["One"]


# ---- the book itself -----------------------------------------------------------------


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_keeps_the_rules(path):
    found = Page.read(path)
    complaints = [f"{rule.__name__}: {text}" for rule in RULES for text in rule(found)]
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_chapter_keeps_the_rules_of_chapters(path):
    found = Page.read(path)
    complaints = [f"{rule.__name__}: {text}" for rule in CHAPTER_RULES for text in rule(found)]
    assert not complaints, "\n".join(complaints)


def test_no_question_of_the_book_has_the_id_of_another():
    asked = [q.id for path in NOTEBOOKS for q in read_questions(Page.read(path).notebook)]
    assert len(asked) == len(set(asked)) >= 9


def test_there_are_notebooks_to_check():
    assert [path.name for path in NOTEBOOKS if path not in CHAPTERS] == ["evidence.ipynb"]
