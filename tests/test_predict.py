"""Questions to predict: how they are read, laid out, and answered in a browser."""

import contextlib
import json
import re
import shutil

import nbformat
import pytest
import test_site
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from site_build import ROOT, build_book
from test_site import DESKTOP, PHONE, contrast, formulas, keep, overflow

from seqlearn.teaching.questions import (
    Choice,
    Question,
    QuestionError,
    parse_question,
    read_questions,
)

# Read

BODY = """
You add two numbers.

What is 2 + 2?

1. three
2. four, which
   is $2^2$
3. five

<!-- right: 2
1. One is missing.
2. Count your fingers:
   four.

   Twice, if you like.
3. One too many.
-->
"""


def test_a_question_is_read_with_its_choices():
    assert parse_question("sum", BODY) == Question(
        "sum",
        "You add two numbers.\n\nWhat is 2 + 2?",
        (
            Choice("three", False, "One is missing."),
            Choice(
                "four, which\nis $2^2$", True, "Count your fingers:\nfour.\n\nTwice, if you like."
            ),
            Choice("five", False, "One too many."),
        ),
    )


def test_a_question_without_choices_is_open():
    assert parse_question("why", "\nWhy?\n") == Question("why", "Why?", ())


words = st.text("abc $`*é?", min_size=1).map(str.strip).filter(bool)
choices = st.lists(st.tuples(words, words), min_size=2, max_size=4)


@given(words, choices, st.data())
def test_what_is_written_is_read(text, choices, data):
    right = data.draw(st.integers(1, len(choices)))
    listed = "\n".join(f"{n}. {choice}" for n, (choice, _) in enumerate(choices, 1))
    told = "\n".join(f"{n}. {why}" for n, (_, why) in enumerate(choices, 1))
    question = parse_question("q", f"\n{text}\n\n{listed}\n\n<!-- right: {right}\n{told}\n-->\n")
    assert question.text == text
    assert [(c.text, c.explanation) for c in question.choices] == choices
    assert [n for n, c in enumerate(question.choices, 1) if c.right] == [right]


def five(body):
    body = body.replace("3. five\n", "3. five\n4. six\n5. seven\n")
    return body.replace("3. One too many.\n", "3. One.\n4. Two.\n5. Three.\n")


FAULTS = {
    "no right choice": (
        lambda body: body.replace("right: 2", "right:"),
        "question sum: expected one right choice, as in “<!-- right: 2” and below it the "
        "explanations; got none",
        10,
    ),
    "no answers": (
        lambda body: body.split("<!--")[0],
        "expected one right choice, as in “<!-- right: 2” and below it the explanations; got none",
        10,
    ),
    "another comment": (
        lambda body: body.replace("right:", "wrong:"),
        "expected one right choice",
        10,
    ),
    "two right": (
        lambda body: body.replace("right: 2", "right: 1, 3"),
        "expected one right choice, as in “<!-- right: 2” and below it the explanations; "
        "got 1 and 3",
        10,
    ),
    "not a choice": (
        lambda body: body.replace("right: 2", "right: 4"),
        "expected the right choice among 1 to 3; got 4",
        10,
    ),
    "one choice": (
        lambda body: body.replace("2. four, which\n   is $2^2$\n3. five\n", ""),
        "expected 2 to 4 choices, a list that begins with “1. ”; got 1",
        5,
    ),
    "no choice": (
        lambda body: body.replace("1. three\n2. four, which\n   is $2^2$\n3. five\n", ""),
        "expected 2 to 4 choices, a list that begins with “1. ”; got 0",
        6,
    ),
    "five choices": (five, "expected 2 to 4 choices, a list that begins with “1. ”; got 5", 5),
    "numbers of choices": (
        lambda body: body.replace("3. five", "4. five"),
        "expected choice 3; got number 4",
        8,
    ),
    "last explanation missing": (
        lambda body: body.replace("3. One too many.\n", ""),
        "expected an explanation for each of 3 choices; got 2",
        10,
    ),
    "first explanation missing": (
        lambda body: body.replace("1. One is missing.\n", ""),
        "expected explanation 1; got number 2",
        11,
    ),
    "explanation without number": (
        lambda body: body.replace("1. One is", "One is"),
        "expected explanation 1; got 'One is missing.'",
        11,
    ),
    "empty explanation": (
        lambda body: body.replace("1. One is missing.", "1."),
        "explanation 1 is empty",
        11,
    ),
    "no question": (
        lambda body: body[body.index("1. three") :],
        "expected the question first; got no text",
        0,
    ),
    "comment not closed": (
        lambda body: body.replace("-->", ""),
        "expected “-->” behind the last explanation, and nothing more",
        10,
    ),
    "text behind the comment": (
        lambda body: body + "\nSo?",
        "expected “-->” behind the last explanation, and nothing more",
        10,
    ),
}


@pytest.mark.parametrize(("spoil", "message", "line"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_with_its_line(spoil, message, line):
    with pytest.raises(QuestionError) as caught:
        parse_question("sum", spoil(BODY))
    assert message in str(caught.value)
    assert caught.value.line == line


@pytest.mark.parametrize("name", ["", "Sum", "a sum", "sum-", "sum_up"])
def test_an_id_is_small_letters_digits_and_hyphens(name):
    with pytest.raises(QuestionError, match="expected small letters, digits and hyphens; got '"):
        parse_question(name, "Why?")


def ask(name, body, colons=":::"):
    return f"{colons}{{predict}} {name}\n{body}\n{colons}"


def notebook(*texts):
    return {"cells": [{"cell_type": "markdown", "source": text} for text in texts]}


def test_all_questions_of_a_notebook_are_read_in_order():
    lines = ask("third", "C?").splitlines(keepends=True)  # as a file stores it
    cells = notebook("# Title", ask("b", "B?") + "\n\n" + ask("a", "A?", "::::"), lines)
    cells["cells"].insert(1, {"cell_type": "code", "source": "':::{predict} code'"})
    assert [q.id for q in read_questions(cells)] == ["b", "a", "third"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ask("first", "Again?"), "cell 2: two questions have the id first"),
        (ask("second", "1. No"), "cell 2: question second: expected the question first"),
        ("```{predict} second\nWhy?\n```", "cell 2: expected {predict} between colons"),
        (":::{predict} second\nWhy?\n", "cell 2: expected {predict} between colons"),
    ],
)
def test_a_fault_in_a_notebook_is_named_with_its_cell(text, message):
    with pytest.raises(QuestionError, match=re.escape(message)):
        read_questions(notebook(ask("first", "Why?"), text))


def test_jupyter_shows_the_question_and_keeps_the_answers():
    shown = re.sub("<!--.*?-->", "", MarkdownIt().render(ask("sum", BODY)), flags=re.DOTALL)
    assert "<li>four, which" in shown
    assert "<p>What is 2 + 2?</p>" in shown
    for choice in parse_question("sum", BODY).choices:
        assert choice.explanation.split()[0] not in shown
    assert "right" not in shown


# Laid out

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def page(*cells):
    for count, cell in enumerate((c for c in cells if c.cell_type == "code"), start=1):
        cell.execution_count = count
    return new_notebook(cells=list(cells), metadata={"kernelspec": KERNEL})


def build(root, **pages):
    """Build a book of these pages, each a notebook or a text, as the real one is built."""
    book = root / "book"
    book.mkdir()
    shutil.copy(ROOT / "_config.yml", root)
    shutil.copy(ROOT / "book" / "references.bib", book)
    for folder in ("_ext", "_static"):
        shutil.copytree(ROOT / "book" / folder, book / folder)
    for name, content in pages.items():
        if isinstance(content, str):
            (book / f"{name}.md").write_text(content, encoding="utf8")
        else:
            nbformat.write(content, book / f"{name}.ipynb")
    root_page, *others = pages
    toc = {"format": "jb-book", "root": root_page, "chapters": [{"file": name} for name in others]}
    (book / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf8")
    return build_book(book, "-W", "-n", "--keep-going")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    six = new_output("stream", text="It printed six.")
    asking = page(
        new_markdown_cell(
            "# Asking\n\nAn opening.\n\nOutside $h_t$.\n\n## Sums\n\n" + ask("sum", BODY)
        ),
        new_code_cell("print(six)", outputs=[six]),
        new_markdown_cell(
            "The result has peppermint in it, and [a link](#deep).\n\n(deep)=\n\nDeep."
        ),
        new_markdown_cell("## Open\n\n" + ask("open", "What do you *think*?")),
        new_markdown_cell("The second result.\n\nInside $h_t$.\n\n---\n\nBehind the rule."),
        new_markdown_cell(ask("last", "And at last?")),
        new_markdown_cell("The third result.\n\n(next-part)=\n## Next\n\nThe next part."),
    )
    other = page(
        new_markdown_cell("# Other\n\n" + ask("other", "Is this another page?")),
        new_markdown_cell("It is another page."),
    )
    status, log, folder = build(
        tmp_path_factory.mktemp("predict"), index="# A book\n\nNo question.", asking=asking,
        other=other,
    )  # fmt: skip
    assert status == 0, log
    return folder


@pytest.mark.slow
def test_the_page_itself_has_everything_open(site):
    text = (site / "asking.html").read_text(encoding="utf8")
    box = text[text.index('id="predict-sum"') : text.index('id="predict-sum-result"')]
    assert re.search(r"<legend>What is 2 \+ 2\?</legend>", box)
    assert box.index("You add two numbers.") < box.index("<fieldset>")
    for words in ("No.</strong> One is missing.", "Right.</strong> Count", "Twice, if you like."):
        assert words in box
    result = text[text.index('id="predict-sum-result"') : text.index('id="predict-open"')]
    assert "hidden" not in re.sub(r'aria-hidden="true"', "", box + result)
    assert "It printed six." in result


@pytest.mark.slow
def test_the_search_finds_results_and_explanations(site):
    index = (site / "searchindex.js").read_text(encoding="utf8")
    terms = json.loads(index.removeprefix("Search.setIndex(").rstrip(";\n").removesuffix(")"))
    assert {"peppermint", "finger"} <= set(terms["terms"])


@pytest.mark.slow
def test_a_fault_is_a_warning_with_its_page_and_line(tmp_path):
    two_right = BODY.replace("right: 2", "right: 1, 3")
    bad = "\n\n".join(
        ["# Bad", ask("twice", "One?"), "Result.", ask("twice", "Two?"), "Result.",
         ask("wrong", two_right), "Result.", ask("idle", "Three?"), "## End"]
    )  # fmt: skip
    status, log, _ = build(tmp_path, index="# A book", bad=bad)
    assert status != 0
    lines = bad.splitlines()
    second = lines.index("Two?")  # the opening of the directive, counted from 1
    assert re.search(rf"bad\.md:{second}: .*question twice: expected an id of its own; bad", log), (
        log
    )
    answers = lines.index("<!-- right: 1, 3") + 1
    assert re.search(rf"bad\.md:{answers}: .*expected one right choice.* got 1 and 3", log), log
    nothing = lines.index("Three?")
    assert re.search(rf"bad\.md:{nothing}: .*predict-idle: expected the result after", log), log


# Answered

browser, address, visit = test_site.browser, test_site.address, test_site.visit


def box(page, name="sum"):
    return page.locator(f"#predict-{name}")


def sees(page, words):
    return page.get_by_text(words, exact=True).is_visible()


SUM, OPEN, LAST = "It printed six.", "The second result.", "The third result."
TOLD = ["No. One is missing.", "Right. Count your fingers: four.", "No. One too many."]


def told(page):
    """Which explanations are seen."""
    found = box(page).locator(".predict-why")
    return [found.nth(i).is_visible() for i in range(3)]


@pytest.mark.browser
@pytest.mark.slow
def test_results_are_closed_at_first_and_nothing_else(visit):
    page = visit("asking")
    assert [sees(page, words) for words in (SUM, OPEN, LAST)] == [False] * 3
    assert told(page) == [False] * 3
    for words in ("An opening.", "Behind the rule.", "The next part."):
        assert sees(page, words)
    assert page.get_by_role("group", name="What is 2 + 2?").get_by_role("radio").count() == 3
    assert page.get_by_text("3 results wait on this page").is_visible()


@pytest.mark.browser
@pytest.mark.slow
def test_a_right_answer_by_keyboard(visit):
    page = visit("asking")
    page.get_by_role("switch", name="Show all results").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    assert page.get_by_role("radio", name="four").is_checked()
    assert not sees(page, SUM), "choosing is not yet answering"
    page.keyboard.press("Tab")
    button = page.get_by_role("button", name="Check my prediction", expanded=False)
    assert button.evaluate("b => b === document.activeElement")
    page.keyboard.press("Enter")
    assert sees(page, SUM)
    assert told(page) == [False, True, False]
    said = box(page).get_by_role("status").inner_text()
    assert said.startswith("Right. Count your fingers")
    assert said.endswith("The result is open below.")
    button = page.get_by_role("button", name="Hide the result", expanded=True)
    assert button.evaluate("b => b === document.activeElement"), "the focus stays"
    for _ in range(9):  # the code cell may be scrolled and copied
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "a link":
            break
    else:
        pytest.fail("the result is not behind the button in the order of the keys")
    assert not sees(page, OPEN)


@pytest.mark.browser
@pytest.mark.slow
def test_a_wrong_answer_shows_the_right_one_too(visit):
    page = visit("asking")
    page.get_by_text("five", exact=True).click()  # a label
    page.get_by_role("button", name="Check my prediction").click()
    assert told(page) == [False, True, True]
    assert box(page).get_by_role("status").inner_text().startswith("No. One too many.")
    page.get_by_role("radio", name="three").check()
    assert told(page) == [True, True, False]
    assert box(page).get_by_role("status").inner_text().startswith("No. One is missing.")
    box(page).get_by_role("button", name="Hide the result").click()
    assert not sees(page, SUM)
    assert told(page) == [False] * 3
    assert not box(page).locator("input:checked").count(), "one may try again"


@pytest.mark.browser
@pytest.mark.slow
def test_one_may_look_without_an_answer(visit):
    page = visit("asking")
    for name, words in (("sum", SUM), ("open", OPEN)):
        box(page, name).get_by_role("button", name="Show the result").click()
        assert sees(page, words)
    assert told(page) == [True] * 3
    assert not sees(page, LAST)


@pytest.mark.browser
@pytest.mark.slow
def test_a_formula_in_a_result_is_as_large_as_elsewhere(visit):
    page = visit("asking")
    formulas(page)  # typeset while the results are closed
    box(page, "open").get_by_role("button").click()
    outside, inside = (
        page.get_by_text(f"{where} ").locator("mjx-container").bounding_box()
        for where in ("Outside", "Inside")
    )
    assert inside["width"] == pytest.approx(outside["width"], rel=0.01)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("origin", ["http", "file"])
def test_the_switch_opens_everything_and_is_remembered(visit, address, site, origin):
    base = address if origin == "http" else f"file://{site}/"
    page = visit("asking", base=base)
    page.get_by_role("switch").check()
    assert [sees(page, words) for words in (SUM, OPEN, LAST)] == [True] * 3
    assert told(page) == [True] * 3
    page.reload()
    assert page.get_by_role("switch").is_checked()
    assert sees(page, SUM)
    page.goto(f"{base}other.html")
    assert sees(page, "It is another page.")
    page.get_by_role("switch").uncheck()
    assert not sees(page, "It is another page.")
    page.goto(f"{base}asking.html")
    assert not sees(page, SUM)


@pytest.mark.browser
@pytest.mark.slow
def test_it_works_where_nothing_may_be_stored(browser, address):
    with contextlib.closing(browser.new_context()) as context:
        context.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})"
        )
        page = context.new_page()
        page.goto(f"{address}asking.html")
        assert not sees(page, SUM)
        page.get_by_role("switch").check()
        assert sees(page, SUM)


@pytest.mark.browser
@pytest.mark.slow
def test_without_scripts_all_is_open(browser, address):
    with contextlib.closing(browser.new_context(java_script_enabled=False)) as context:
        page = context.new_page()
        page.goto(f"{address}asking.html")
        assert [sees(page, words) for words in (SUM, OPEN, LAST)] == [True] * 3
        assert told(page) == [True] * 3
        assert page.locator(".predict :is(button, input)").count() == 0


@pytest.mark.browser
@pytest.mark.slow
def test_in_print_all_is_open(visit):
    page = visit("asking")
    page.emulate_media(media="print")
    assert [sees(page, words) for words in (SUM, OPEN, LAST)] == [True] * 3
    assert told(page) == [True] * 3
    assert page.locator(":is(.predict, .predict-bar) :is(button, input):visible").count() == 0
    keep(page, "predict-print")


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("way", ["asking.html#deep", "asking.html?highlight=peppermint"])
def test_who_comes_for_something_in_a_result_finds_it_open(visit, address, way):
    page = visit("index")
    page.goto(f"{address}{way}")
    assert sees(page, SUM)
    assert not sees(page, OPEN)


@pytest.mark.browser
@pytest.mark.slow
def test_a_search_in_the_page_and_a_link_open_a_result(visit):
    page = visit("asking")
    result = page.locator("#predict-open-result")
    assert result.get_attribute("hidden") == "until-found"
    result.dispatch_event("beforematch")  # as the browser does before it shows what it has found
    assert sees(page, OPEN)
    assert box(page, "open").get_by_role("button").inner_text() == "Hide the result"
    page.evaluate("location.hash = 'deep'")
    page.get_by_text(SUM, exact=True).wait_for()


@pytest.mark.browser
@pytest.mark.slow
def test_a_page_without_questions_is_left_alone(visit):
    page = visit("index")
    assert page.locator(".predict-bar, [class*=predict]").count() == 0


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_verdicts_stand_out_and_fit_a_telephone(visit, theme):
    page = visit("asking", theme=theme)
    for selector in (".predict-title", ".predict-bar", ".predict-bar label", ".predict button"):
        assert contrast(page, selector) >= 4.5, selector
    page.get_by_role("radio", name="five").check()
    assert contrast(page, ".predict-ready") >= 4.5
    box(page).get_by_role("button").click()
    for selector in ("legend", ".predict-choice", ".predict-why"):
        assert contrast(page, f".predict {selector}") >= 7, selector
    for selector in (".predict-right strong", ".predict-chosen strong"):
        assert contrast(page, selector) >= 4.5, selector
    for where, screen in (("desk", DESKTOP), ("phone", PHONE)):
        page.set_viewport_size(screen)
        assert overflow(page) <= 0
        keep(page, f"predict-{where}-{theme}")


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_a_question(visit, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit("asking", theme=theme)
    for step in (None, "five", "all"):
        if step == "five":
            page.get_by_role("radio", name="five").check()
            box(page).get_by_role("button").click()
        if step == "all":
            page.get_by_role("switch").check()
        for selector in (".predict", ".predict-bar"):
            found = axe.run(page, context=selector, options={"preload": False}).response
            named = [(each["id"], node["html"]) for each in found["violations"]
                     for node in each["nodes"]]  # fmt: skip
            assert not named
