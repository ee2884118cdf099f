"""The diagrams: drawn in one language, readable in both themes, and named to who asks wrongly."""

import itertools
import re
import xml.etree.ElementTree as ET

import diagrams
import drawing
import pytest
import yaml
from site_build import ROOT, build_book

from seqlearn.plotting import COLOURS

PICTURES = sorted(diagrams.files().values(), key=str)
SVG = "{http://www.w3.org/2000/svg}"


def picture_id(picture):
    return "-".join(filter(None, picture))


every_picture = pytest.mark.parametrize("picture", PICTURES, ids=picture_id)


@pytest.fixture
def tree(picture):
    return ET.fromstring(diagrams.svg(*picture))


# What is drawn


def test_the_book_has_its_ten_diagrams():
    assert set(diagrams.DIAGRAMS) == {
        "unrolled",
        "simple-rnn",
        "lstm",
        "gru",
        "bidirectional",
        "truncated",
        "encoder-decoder",
        "padding-and-mask",
        "windows",
        "three-tasks",
    }
    assert list(diagrams.DIAGRAMS["lstm"].steps) == ["forget", "write", "update", "show"]


@every_picture
def test_a_picture_has_a_name_and_a_description_and_no_ids(picture, tree):
    assert tree.get("role") == "img"
    assert [child.tag for child in tree[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert len(tree[0].text) < 60
    assert len(tree[1].text) > 150
    assert not [element for element in tree.iter() if element.get("id")]
    # Sphinx and MathJax take what is called so for a formula.
    assert not [element for element in tree.iter() if "math" in element.get("class", "").split()]


def test_no_two_pictures_have_the_same_words():
    words = [text for picture in PICTURES for text in diagrams.words(*picture)]
    assert len(set(words)) == len(words)


def letters(label):
    return re.findall(r"[a-zA-Zσ]", re.sub(r"_\{(.*?)\}", r"\1", label))


@every_picture
def test_letters_are_those_of_the_notation(picture):
    notation = (ROOT / "book" / "notation.md").read_text(encoding="utf8")
    formulas = " ".join(re.findall(r"\$+([^$]+)\$+", notation)).replace(r"\sigma", "σ")
    known = set(re.findall(r"(?<![\\a-zA-Z])[a-zA-Zσ](?![a-zA-Z])", formulas))
    for *_, text in diagrams.draw(*picture).words:
        if "_" in text or len(text) == 1:
            assert set(letters(text)) <= known, text


@every_picture
def test_a_wire_leads_from_something_to_something(picture):
    picture = diagrams.draw(*picture)

    def touches(point, wire):
        others = [route for route, _ in picture.wires if route is not wire]
        return (
            point in picture.ports
            or any(on_edge(point, shape) for shape in picture.shapes)
            or any(on_route(point, route) for route in others)
        )

    assert picture.wires
    for wire, _ in picture.wires:
        assert touches(wire[0], wire), wire
        assert touches(wire[-1], wire), wire


def on_edge(point, shape):
    x, y = point
    across = shape.x <= x <= shape.x + shape.width and y in (shape.y, shape.y + shape.height)
    along = shape.y <= y <= shape.y + shape.height and x in (shape.x, shape.x + shape.width)
    return across or along


def on_route(point, route):
    x, y = point
    return any(
        min(x0, x1) <= x <= max(x0, x1) and min(y0, y1) <= y <= max(y0, y1)
        for (x0, y0), (x1, y1) in itertools.pairwise(route)
    )


@every_picture
def test_an_arrow_is_long_enough_for_its_head(picture):
    for (*_, before, end), style in diagrams.draw(*picture).wires:
        if style != "belt":
            length = abs(end[0] - before[0]) + abs(end[1] - before[1])
            assert length >= 10, (before, end)


@every_picture
def test_words_do_not_overlap_and_stay_in_the_picture(picture):
    picture = diagrams.draw(*picture)
    words = [word for word in picture.words if word[4]]
    for left, top, right, bottom, text in words:
        assert 0 <= left < right <= drawing.WIDTH, text
        assert 0 <= top < bottom <= picture.height, text
    for one, two in itertools.combinations(words, 2):
        apart = one[2] <= two[0] or two[2] <= one[0] or one[3] <= two[1] or two[3] <= one[1]
        assert apart, (one, two)


@every_picture
def test_no_wire_runs_through_words(picture):
    picture = diagrams.draw(*picture)
    for left, top, right, bottom, text in picture.words:
        for route, _ in picture.wires:
            for (x0, y0), (x1, y1) in itertools.pairwise(route):
                beside = max(x0, x1) <= left or min(x0, x1) >= right
                assert beside or max(y0, y1) <= top or min(y0, y1) >= bottom, (text, route)


def test_wires_that_cross_have_a_gap():
    picture = drawing.Drawing(100)
    picture.wire((10, 50), (90, 50))
    assert "gap" not in body(picture)
    picture.wire((50, 10), (50, 90))
    assert body(picture).count('class="gap"') == 1
    picture.wire((20, 50), (20, 90))  # a branch meets the wire, and does not cross it
    assert body(picture).count('class="gap"') == 1


def body(picture):
    return picture.svg("a title", "a description")


def test_a_step_is_lit_alone_and_the_picture_grows():
    steps = list(diagrams.DIAGRAMS["lstm"].steps)
    gates = {"forget": "forget", "write": "candidate", "show": "output"}
    sizes = []
    for at, step in enumerate(steps):
        text = diagrams.svg("lstm", step)
        sizes.append(len(diagrams.draw("lstm", step).shapes))
        assert "lit" in text
        assert ("past" in text) == (step != "forget") or "belt past" in text
        for of, name in gates.items():
            found = re.search(rf'class="aside (\w+)"[^>]*>{name}<', text)
            state = found[1] if found else None
            here = steps.index(of)
            assert state == ("lit" if here == at else "past" if here < at else None), (step, name)
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[1] < sizes[2] < sizes[3] == len(diagrams.draw("lstm").shapes)
    assert "lit" not in diagrams.svg("lstm")


@pytest.mark.parametrize("file", diagrams.files())
def test_the_file_for_jupyter_is_the_picture_of_today(file):
    stored = (diagrams.FOLDER / file).read_text(encoding="utf8")
    again = diagrams.svg(*diagrams.files()[file], alone=True)
    assert stored == again, "write the files again: python book/_ext/diagrams.py"
    assert "prefers-color-scheme:dark" in stored


def test_no_file_is_left_from_an_older_picture():
    assert {file.name for file in diagrams.FOLDER.iterdir()} == set(diagrams.files())


# Colours


def luminance(colour):
    parts = [value / 255 for value in bytes.fromhex(colour[1:])]
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, two):
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", drawing.THEMES)
@pytest.mark.parametrize("kind", drawing.SHADES)
def test_text_and_lines_stand_out(theme, kind):
    colours = drawing.colours(theme, kind)
    for text, grounds in {
        "ink": ("paper", "frame", "box"),
        "quiet": ("paper", "frame"),
    }.items():
        for ground in grounds:
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for line in ("ink", "quiet", "faint", "line", "gradient"):
        for ground in ("paper", "frame"):
            assert contrast(colours[line], colours[ground]) >= 3, (line, ground)
    assert contrast(colours["line"], colours["box"]) >= 3


def test_the_style_sheet_says_the_colours_that_were_measured():
    sheet = drawing.style_sheet()
    for theme, kind in itertools.product(drawing.THEMES, drawing.SHADES):
        rule = re.search(rf'\[data-theme="{theme}"\] \.diagram\.{kind}\{{(.*?)\}}', sheet)[1]
        said = dict(pair.split(":") for pair in rule.split(";"))
        assert said == {f"--{k}": v for k, v in drawing.colours(theme, kind).items()}
    used = set(re.findall(r"var\(--(\w+)\)", sheet))
    assert used <= set(drawing.colours("light", "any"))
    assert "url(" not in sheet


def test_a_cell_has_the_colour_that_it_has_in_figures():
    for kind, name in {
        "rnn": "SimpleRNN",
        "lstm": "LSTM",
        "gru": "GRU",
        "bidirectional": "Bidirectional",
    }.items():
        assert drawing.SHADES[kind] == COLOURS[name]


def test_the_paper_is_that_of_the_page():
    css = (ROOT / "book" / "_static" / "book.css").read_text(encoding="utf8")
    dark = css.split('html[data-theme="dark"]')[1].split("}")[0]
    assert f"--pst-color-background: {drawing.THEMES['dark']['paper']}" in dark
    for theme in drawing.THEMES:
        block = css.split(f'html[data-theme="{theme}"]')[1].split("}")[0]
        assert f"--pst-color-text-base: {drawing.THEMES[theme]['ink']}" in block


# On the page

PAGE = """\
# A page

:::{diagram} lstm
:step: write
:name: one-step
What is *written*.
:::

:::{diagram} lstm
:step: write
:alt: The same again
:::

![](_static/diagrams/unrolled.svg)

See [there](#one-step).

:::{diagram} lstn
:::

:::{diagram} lstm
:step: erase
:::

:::{diagram} gru
:step: forget
:::
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = tmp_path_factory.mktemp("built")
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))
    folder = str(ROOT / "book" / "_ext")
    extensions = config["sphinx"]["local_extensions"]
    config["sphinx"] = dict(config["sphinx"], local_extensions=dict.fromkeys(extensions, folder))
    bibliography = str(ROOT / "book" / "references.bib")
    config.update(logo="", html={}, bibtex_bibfiles=[bibliography])
    (root / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf8")
    book = root / "book"
    (book / "_static" / "diagrams").mkdir(parents=True)
    for file in diagrams.FOLDER.iterdir():
        (book / "_static" / "diagrams" / file.name).write_bytes(file.read_bytes())
    (book / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf8")
    (book / "index.md").write_text(PAGE, encoding="utf8")
    _, log, html = build_book(book)
    assert (html / "index.html").is_file(), log
    return log, html


@pytest.mark.slow
def test_a_diagram_is_drawn_into_the_page(built):
    _, html = built
    page = (html / "index.html").read_text(encoding="utf8")
    assert diagrams.svg("lstm", "write").strip() in page
    assert diagrams.svg("lstm", "write", title="The same again").strip() in page
    assert diagrams.svg("unrolled").strip() in page
    assert page.count('class="diagram ') == 3
    assert page.count('id="one-step"') == 1
    assert 'href="#one-step"' in page
    assert re.search(r"<figcaption>.*What is <em>written</em>", page, re.DOTALL)
    assert not re.search(r"<img[^>]*(lstm|unrolled)", page)


@pytest.mark.slow
def test_the_page_brings_the_style_along(built):
    _, html = built
    page = (html / "index.html").read_text(encoding="utf8")
    assert "_static/diagrams.css" in page
    sheet = (html / "_static" / "diagrams.css").read_text(encoding="utf8")
    assert sheet == drawing.style_sheet()


@pytest.mark.slow
@pytest.mark.parametrize(
    "warning",
    [
        "index.md:18: WARNING: there is no diagram 'lstn'; there are simple-rnn, lstm, gru,",
        "index.md:21: WARNING: the diagram 'lstm' has no step 'erase'; "
        "its steps: forget, write, update, show",
        "index.md:25: WARNING: the diagram 'gru' has no step 'forget'; its steps: none",
    ],
)
def test_a_wrong_name_is_a_warning_that_says_what_there_is(built, warning):
    log, _ = built
    assert warning in log
