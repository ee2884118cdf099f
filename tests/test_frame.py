"""The frame of the book: settings, contents, bibliography, glossary, notation, look."""

import importlib.util
import json
import re
import unicodedata

import nbformat
import pytest
import yaml
from pybtex.database import parse_file
from site_build import DOT, DOT_BYTES, ROOT, build_book
from sphinx.errors import ExtensionError

BOOK = ROOT / "book"
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))
TOC = yaml.safe_load((BOOK / "_toc.yml").read_text(encoding="utf8"))
CHAPTERS = [chapter for part in TOC["parts"] for chapter in part["chapters"]]
BIBLIOGRAPHY = parse_file(str(BOOK / "references.bib")).entries


def prose(file):
    """The Markdown of a page, whether it is a text file or a notebook."""
    text = file.read_text(encoding="utf8")
    if file.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return text


PAGES = sorted([*BOOK.glob("*.md"), *BOOK.glob("*.ipynb")])


# Contents


def test_the_contents_list_every_page_once():
    listed = [TOC["root"], *(chapter["file"] for chapter in CHAPTERS)]
    assert sorted(listed) == sorted(page.stem for page in PAGES)


def test_parts_and_chapters_come_in_order():
    captions = [part["caption"] for part in TOC["parts"]]
    known = ["Foundations", "Applications", "Practice", "Back matter"]
    assert captions == [caption for caption in known if caption in captions]
    numbers = [c["file"][:2] for c in CHAPTERS if c["file"][:2].isdigit()]
    assert numbers == sorted(numbers)


PART_OF = {range(1, 6): "Foundations", range(6, 10): "Applications", range(10, 12): "Practice"}


@pytest.mark.parametrize("part", TOC["parts"], ids=lambda part: part["caption"])
def test_a_chapter_carries_the_number_of_its_file(part):
    for chapter in part["chapters"]:
        digits = re.match(r"(\d\d)_", chapter["file"])
        if digits is None:
            assert not re.match(r"\d", chapter.get("title", "")), "only chapters have numbers"
            continue
        number = int(digits[1])
        assert chapter.get("title", "").startswith(f"{number} · "), chapter
        home = next(caption for span, caption in PART_OF.items() if number in span)
        assert part["caption"] == home
        heading = prose(BOOK / f"{chapter['file']}.ipynb").lstrip().splitlines()[0]
        assert re.match(r"# \D", heading), "the heading has no number: the contents give it"


# Settings


def test_no_notebook_is_run_by_the_build():
    assert CONFIG["execute"]["execute_notebooks"] == "off"


def test_no_repository_is_invented():
    assert CONFIG["repository"]["url"] == ""
    buttons = [key for key in CONFIG.get("html", {}) if key.startswith("use_") and "button" in key]
    assert not buttons, "buttons follow from repository: url alone"
    assert "launch_buttons" not in CONFIG


def test_extensions_that_reach_for_the_network_are_left_out():
    extensions = CONFIG["sphinx"]["config"]["extensions"]
    assert not {"sphinx_thebe", "sphinx.ext.intersphinx"} & set(extensions)
    assert not CONFIG["sphinx"]["config"]["mathjax_path"].startswith("http")
    assert CONFIG["sphinx"]["config"]["nb_ipywidgets_js"] == {}


def test_the_style_sheet_fetches_nothing():
    sheets = sorted((BOOK / "_static").rglob("*.css"))
    assert len(sheets) == 1, "one style sheet"
    text = sheets[0].read_text(encoding="utf8")
    assert "@import" not in text
    assert "url(" not in text
    assert len(text) < 12_000


@pytest.mark.parametrize("name", ["logo.svg", "favicon.svg"])
def test_the_logo_is_small_and_stands_alone(name):
    text = (BOOK / "_static" / name).read_text(encoding="utf8")
    assert len(text) < 2_000
    assert "href" not in text


# Bibliography


@pytest.mark.parametrize("key", BIBLIOGRAPHY)
def test_an_entry_is_complete_and_its_key_tells_author_and_year(key):
    entry = BIBLIOGRAPHY[key]
    assert {"title", "year"} <= set(entry.fields)
    family = entry.persons["author"][0].rich_last_names[-1].render_as("text")
    letters = unicodedata.normalize("NFKD", family.split()[-1].lower())
    plain = letters.encode("ascii", "ignore").decode()  # a key has no accents
    expected = f"{plain}{entry.fields['year']}"
    assert re.fullmatch(re.escape(expected) + r"[a-z]*", key), expected
    where = {
        "article": "journal",
        "book": "publisher",
        "inproceedings": "booktitle",
        "mastersthesis": "school",
        "misc": "howpublished",
        "techreport": "institution",
    }
    assert where[entry.type] in entry.fields
    if "pages" in entry.fields:
        first, last = re.split("--", entry.fields["pages"])
        assert int(first) < int(last)
    assert not entry.fields.get("doi", "").startswith("http"), "the bare DOI, no address"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_cited_is_in_the_bibliography(page):
    cited = re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", prose(page))
    keys = {key.strip() for group in cited for key in group.split(",")}
    assert keys <= set(BIBLIOGRAPHY)


# Glossary


def glossary():
    body = (BOOK / "glossary.md").read_text(encoding="utf8").split(":::{glossary}\n")[1]
    body = body.split("\n:::")[0]
    entries = [block.split("\n", 1) for block in body.strip().split("\n\n")]
    return {term: " ".join(text.split()) for term, text in entries}


def test_terms_are_in_alphabetical_order():
    terms = [term.lower() for term in glossary()]
    assert terms == sorted(terms)
    assert len(terms) >= 40


@pytest.mark.parametrize(("term", "definition"), glossary().items())
def test_a_definition_is_one_to_three_sentences(term, definition):
    assert definition.endswith(".")
    assert 1 <= len(re.findall(r"\.(?=\s|$)", definition)) <= 3
    assert len(definition) < 330


# Notation


def packing_rows():
    text = (BOOK / "notation.md").read_text(encoding="utf8")
    table = text.split("## How Keras packs the gates")[1].split("## Learning")[0]
    rows = [line for line in table.splitlines() if re.match(r"\| `(SimpleRNN|LSTM|GRU)", line)]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize("row", packing_rows(), ids=lambda row: row[0].replace("`", ""))
def test_shapes_and_parameters_are_those_of_keras(row):
    keras = pytest.importorskip("keras")
    name, _, kernel, recurrent_kernel, bias, parameters = row
    name, *option = name.replace("`", "").split(", ")
    options = {"reset_after": option[0].endswith("True")} if option else {}
    d, n = 4, 5
    layer = getattr(keras.layers, name)(n, **options)
    layer.build((2, 3, d))

    def shape(text):
        sizes = re.sub(r"(\d)([dn])", r"\1*\2", text.strip("$()"))
        return tuple(eval(size, {"d": d, "n": n}) for size in sizes.split(","))

    weights = [tuple(weight.shape) for weight in layer.weights]
    assert weights == [shape(kernel), shape(recurrent_kernel), shape(bias)]
    product = re.sub(r"(\d?)n\(", lambda m: f"{m[1] or 1}*n*(", parameters.strip("$"))
    assert eval(product, {"d": d, "n": n}) == layer.count_params()


def test_the_notation_has_all_four_layers():
    assert len(packing_rows()) == 4


# Text


@pytest.mark.parametrize(
    "file", [*PAGES, ROOT / "_config.yml", BOOK / "_toc.yml"], ids=lambda f: f.name
)
def test_no_machine_shows_through(file):
    text = file.read_text(encoding="utf8")
    assert not re.search(r"(?<![\w.])(/work|/root|/home|/Users|/tmp)/|[A-Z]:\\\\", text)


def test_text_and_code_have_their_licences():
    text = (ROOT / "LICENSE-text").read_text(encoding="utf8")
    assert "creativecommons.org/licenses/by/4.0/" in text
    assert "MIT" in (ROOT / "LICENSE").read_text(encoding="utf8")


# The extension


def extension():
    spec = importlib.util.spec_from_file_location("book_frame", BOOK / "_ext" / "book_frame.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_missing_mathjax_is_named_with_its_remedy(monkeypatch):
    module = extension()
    monkeypatch.setattr(module, "find_spec", lambda name: None)

    class App:
        class builder:
            format = "html"

    with pytest.raises(ExtensionError, match=r"sphinx-mathjax-offline is missing.*\[book\]"):
        module.copy_mathjax(App, None)


@pytest.fixture(scope="module")
def configured(tmp_path_factory):
    """A book of two pages with a repository named, a picture without words, a figure too."""
    root = tmp_path_factory.mktemp("configured")
    book = root / "book"
    book.mkdir()
    config = dict(CONFIG, repository=dict(CONFIG["repository"], url="https://github.com/a/b"))
    config["sphinx"] = dict(config["sphinx"], local_extensions={"book_frame": str(BOOK / "_ext")})
    config.update(logo="", html={}, bibtex_bibfiles=[str(BOOK / "references.bib")])
    (root / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf8")
    (book / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters: [{file: page}]\n", encoding="utf8"
    )
    (book / "index.md").write_text("# A book\n\n![](dot.png)\n\n![a dot](dot.png)\n", "utf8")
    (book / "dot.png").write_bytes(DOT_BYTES)
    figure = nbformat.v4.new_output("display_data", {"image/png": DOT, "text/plain": "dot"})
    cell = nbformat.v4.new_code_cell("draw()", execution_count=1, outputs=[figure])
    described = nbformat.v4.new_code_cell("draw()", execution_count=2, outputs=[figure])
    described.metadata["mystnb"] = {"image": {"alt": "one dot"}}
    heading = nbformat.v4.new_markdown_cell("# A page")
    page = nbformat.v4.new_notebook(cells=[heading, cell, described])
    page.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(page, book / "page.ipynb")
    _, log, html = build_book(book)
    assert (html / "page.html").is_file(), log
    return log, (html / "page.html").read_text(encoding="utf8")


@pytest.mark.slow
def test_an_image_without_words_is_a_warning(configured):
    log, _ = configured
    warnings = [line for line in log.splitlines() if "no alternative text" in line]
    assert len(warnings) == 2, log
    assert any("index.md" in line for line in warnings)
    assert any("page.ipynb" in line and "mystnb" in line for line in warnings)


@pytest.mark.slow
def test_the_words_of_a_figure_reach_the_page(configured):
    _, page = configured
    assert 'alt="one dot"' in page


@pytest.mark.slow
def test_a_configured_repository_gets_its_buttons(configured):
    _, page = configured
    assert "https://mybinder.org/v2/gh/a/b/main?urlpath=lab/tree/book/page.ipynb" in page
    assert 'href="https://github.com/a/b"' in page
