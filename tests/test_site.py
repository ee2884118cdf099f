"""The built site, read as files and opened in a browser.

The book is built once, from a copy to which a specimen page is added that has
one of everything: formulas, a figure, a table, a claim, an exercise with its
solution, lines too long for a telephone. So the tests see all of these however
few chapters there are.
"""

import contextlib
import functools
import html.parser
import http.server
import json
import os
import re
import shutil
import threading
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from site_build import DOT, ROOT, build_book

from seqlearn.display import Line

pytestmark = pytest.mark.slow  # it builds the whole site

TOC = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf8"))
PAGES = [TOC["root"], *(c["file"] for part in TOC["parts"] for c in part["chapters"]), "specimen"]
CHAPTER = next((name for name in PAGES if re.match(r"\d\d_", name)), "specimen")
KEPT = ["index", "notation", CHAPTER]
SCREENSHOTS = Path(os.environ.get("SEQLEARN_SCREENSHOTS", ROOT / "_build" / "screenshots"))

# The last five keep the browser itself from reaching for its maker's servers.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


def specimen():
    """A notebook with one of everything that a chapter may show."""
    long = "a line that is far too long for a telephone " * 4
    terms = " + ".join(f"x_{{{t}}}" for t in range(40))
    notice = Line("✓", "It is 0.99.", "We asked for at least 0.98.", "seqlearn-claim", "#2a9d8f")
    table = (
        "<table><thead><tr><th>model</th><th class='number'>parameters</th></tr></thead>"
        "<tbody><tr><th>GRU(64)</th><td class='number'>18,048</td></tr></tbody></table>"
    )
    cells = [
        new_markdown_cell("# A specimen\n\nA term, {term}`forget gate`, and $h_t = 1$."),
        new_code_cell("x = 1\ny = 2\nx + y", outputs=[result({"text/plain": "3"})]),
        new_markdown_cell(f"$${terms}$$"),
        new_code_cell(
            "draw()",
            outputs=[new_output("display_data", {"image/png": DOT, "text/plain": "dot"})],
            metadata={"mystnb": {"image": {"alt": "one dot"}}},
        ),
        new_code_cell("table", outputs=[result({"text/html": table, "text/plain": "a table"})]),
        new_code_cell(
            "claim('It is {}', 0.99, at_least=0.98)",
            outputs=[result({"text/html": notice._repr_html_(), "text/plain": repr(notice)})],
        ),
        new_code_cell(f"print({long!r})", outputs=[new_output("stream", text=long)]),
        new_markdown_cell("::::{exercise} One\n:label: one\n\nAdd one.\n::::"),
        new_markdown_cell("::::{solution-start} one\n:class: dropdown\n::::"),
        new_code_cell("solution = x + 1", metadata={"tags": ["solution"]}),
        new_markdown_cell("::::{solution-end}\n::::"),
        new_markdown_cell("::::{exercise} Two\n:label: two\n\nAdd two.\n::::"),
    ]
    for count, cell in enumerate((c for c in cells if c.cell_type == "code"), start=1):
        cell.execution_count = count
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def result(data):
    return new_output("execute_result", data, execution_count=1)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    root = tmp_path_factory.mktemp("site")
    shutil.copy(ROOT / "_config.yml", root)
    unwanted = shutil.ignore_patterns(".*", "__pycache__", "results")
    shutil.copytree(ROOT / "book", root / "book", ignore=unwanted)
    nbformat.write(specimen(), root / "book" / "specimen.ipynb")
    toc = {**TOC, "parts": [*TOC["parts"], {"caption": "Test", "chapters": [{"file": "specimen"}]}]}
    (root / "book" / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf8")
    status, log, folder = build_book(root / "book", "-W", "-n", "--keep-going")
    assert status == 0, log
    return folder


# The files


class Page(html.parser.HTMLParser):
    """What a page loads, links to, shows, and names."""

    def __init__(self, file):
        super().__init__()
        self.loads, self.links, self.images, self.ids = [], [], [], []
        self.feed(file.read_text(encoding="utf8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "img":
            self.images.append(values)
        if "src" in values:
            self.loads.append(values["src"])
        if tag == "link" and values.get("rel") not in ("canonical", "search", "next", "prev"):
            self.loads.append(values.get("href", ""))


@pytest.fixture(scope="module")
def pages(site):
    return {file.relative_to(site).as_posix(): Page(file) for file in site.glob("*.html")}


def test_every_page_of_the_contents_is_built(pages):
    assert {f"{name}.html" for name in PAGES} <= set(pages)


def test_every_image_has_a_description(pages):
    for name, page in pages.items():
        for image in page.images:
            words = image.get("alt", "")
            assert words.strip(), f"{name}: {image}"
            # Without a description Sphinx writes the name of the file.
            assert not re.search(r"\.(png|svg|jpe?g|gif)$", words), f"{name}: {image}"


def test_no_page_loads_anything_from_elsewhere(pages, site):
    for name, page in pages.items():
        outside = [address for address in page.loads if re.match(r"(\w+:)?//", address)]
        assert not outside, name
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf8")
        assert not re.search(r"(url\(|@import)\s*['\"]?\s*(https?:)?//", text), sheet


def test_every_local_link_leads_somewhere(pages, site):
    for name, page in pages.items():
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link == "#":
                continue
            target = unquote(parts.path) or name
            assert (site / target).exists(), f"{name} links to {link}"
            if parts.fragment and target in pages:
                assert unquote(parts.fragment) in pages[target].ids, f"{name} links to {link}"


def test_an_id_occurs_once_on_a_page(pages):
    for name, page in pages.items():
        twice = {i for i in page.ids if page.ids.count(i) > 1}
        assert not twice, name


def test_the_site_is_small(site):
    size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file())
    assert size < 25e6


# The browser


@pytest.fixture(scope="module")
def address(site):
    handler = functools.partial(QuietHandler, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def browser():
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        reason = "no Chromium on the PATH (on Debian or Ubuntu: apt install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI=true, and {reason}")
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def visit(browser, address):
    """Open pages; whatever they ask of other servers, miss or complain of fails the test."""
    trouble = []
    with contextlib.ExitStack() as open_contexts:

        def visit(name, viewport=DESKTOP, theme="light", base=address):
            context = browser.new_context(
                viewport=viewport, color_scheme=theme, accept_downloads=True
            )
            open_contexts.callback(context.close)
            page = context.new_page()
            page.on("request", lambda r: local(r.url, base) or trouble.append(f"asks {r.url}"))
            # A request that the next page interrupts has not failed.
            page.on(
                "requestfailed",
                lambda r: r.failure == "net::ERR_ABORTED" or trouble.append(f"fails {r.url}"),
            )
            page.on("response", lambda r: r.status < 400 or trouble.append(f"misses {r.url}"))
            page.on("pageerror", lambda error: trouble.append(f"error {error}"))
            page.on("console", lambda m: m.type != "error" or trouble.append(f"says {m.text}"))
            page.goto(f"{base}{name}.html", wait_until="load")
            return page

        yield visit
    assert trouble == []


def local(url, base):
    return url.startswith((base, "data:", "blob:"))


def overflow(page):
    """By how many pixels the page is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def formulas(page):
    """Wait until the formulas are typeset, and count them."""
    if page.locator(".math").count():
        page.wait_for_function("window.MathJax?.startup?.promise")
        page.evaluate("MathJax.startup.promise.then(() => document.fonts.ready)")
    return page.locator("mjx-container").count()


def contrast(page, selector):
    """Contrast of an element's text with what lies behind it, as WCAG defines it."""
    return page.evaluate(
        """selector => {
            const parse = text => {
                const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
                return {rgb: [r, g, b], a};
            };
            const light = rgb => {
                const [r, g, b] = rgb.map(v => v / 255).map(
                    v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const element = document.querySelector(selector);
            let ground = element;
            while (parse(getComputedStyle(ground).backgroundColor).a < 1) {
                ground = ground.parentElement;
            }
            const values = [
                light(parse(getComputedStyle(element).color).rgb),
                light(parse(getComputedStyle(ground).backgroundColor).rgb),
            ].sort();
            return (values[1] + 0.05) / (values[0] + 0.05);
        }""",
        selector,
    )


def keep(page, name):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_the_desk_and_the_telephone_in_both_themes(visit, name):
    page = visit(name)
    formulas(page)
    assert page.locator("article h1").count() == 1
    for switch in page.get_by_role("switch", name="Show all results").all():
        switch.check()  # what waits behind a question has to fit too
    for where, screen in (("desk", DESKTOP), ("phone", PHONE)):
        page.set_viewport_size(screen)
        assert overflow(page) <= 0
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.locator(f"html[data-theme={theme}]").wait_for()
            if name in KEPT:
                keep(page, f"{name}-{where}-{theme}")
    page.wait_for_load_state("networkidle")  # so that a late request counts too


@pytest.mark.browser
def test_the_landing_page_leads_into_the_book(visit):
    page = visit("index")
    assert page.title() == "Sequence learning with Keras, measured"
    page.locator("nav.bd-links a", has_text="Notation").click()
    page.wait_for_url("**/notation.html")
    assert page.locator("article h1").inner_text().startswith("Notation")


@pytest.mark.browser
def test_formulas_are_typeset_by_the_local_copy(visit):
    page = visit("notation")
    assert formulas(page) == page.locator(".math").count() > 30
    assert page.locator("mjx-merror").count() == 0
    used = "[...document.fonts].filter(f => f.family.startsWith('MJX') && f.status == 'loaded')"
    assert page.evaluate(f"{used}.length") >= 2
    assert page.locator("mjx-assistive-mml math").count() > 30, "for screen readers"


@pytest.mark.browser
def test_the_dark_theme_is_a_click_away_and_stays(visit):
    page = visit("specimen")
    for _ in range(3):
        if page.locator("html").get_attribute("data-theme") == "dark":
            break
        page.locator(".theme-switch-button:visible").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_and_figures_have_no_card(visit, theme):
    page = visit("specimen", theme=theme)
    for selector, least in {
        "article p": 7,
        "article p a": 4.5,
        "article td.number": 7,
        ".cell_input pre": 7,
        ".cell_output .stream pre": 7,
        ".seqlearn-claim": 7,
        ".seqlearn-remark": 4.5,
        ".exercise p": 7,
        "nav.bd-links a": 4.5,
    }.items():
        assert contrast(page, selector) >= least, selector
    style = "getComputedStyle(document.querySelector('.cell_output img'))"
    assert page.evaluate(f"{style}.backgroundColor") == "rgba(0, 0, 0, 0)"
    assert page.evaluate(f"{style}.filter") == "none"


@pytest.mark.browser
def test_numbers_in_tables_line_up(visit):
    page = visit("specimen")
    style = "getComputedStyle(document.querySelector('td.number'))"
    assert page.evaluate(f"{style}.textAlign") == "right"
    assert "tabular-nums" in page.evaluate(f"{style}.fontVariantNumeric")


@pytest.mark.browser
def test_lines_of_text_are_of_readable_length(visit):
    page = visit("index", {"width": 1920, "height": 1080})
    paragraph = page.locator("article p").nth(1)
    width = paragraph.bounding_box()["width"]
    letter = paragraph.evaluate(
        """p => {
            const probe = p.cloneNode();
            probe.style.cssText = 'position:absolute;white-space:nowrap';
            probe.textContent = 'the quick brown fox jumps over the lazy dog '.repeat(4);
            p.after(probe);
            const width = probe.getBoundingClientRect().width / probe.textContent.length;
            probe.remove();
            return width;
        }"""
    )
    assert 55 <= width / letter <= 95


@pytest.mark.browser
def test_search_finds_a_word(visit):
    page = visit("index")
    page.keyboard.press("Control+k")
    page.keyboard.type("forget gate")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?**")
    page.locator("ul.search li").first.wait_for()
    found = page.locator("ul.search li a").all_inner_texts()
    assert any("Glossary" in title or "forget gate" in title for title in found), found
    page.wait_for_load_state("networkidle")
    keep(page, "search")


@pytest.mark.browser
def test_the_menu_opens_on_a_telephone(visit):
    page = visit("specimen", PHONE)
    link = page.locator("nav.bd-links a:visible", has_text="Glossary")
    assert link.count() == 0
    page.locator(".primary-toggle:visible").click()
    link.first.wait_for()
    page.wait_for_timeout(400)  # until the menu has slid in, for the picture
    keep(page, "menu-phone")
    link.first.click()
    page.wait_for_url("**/glossary.html")


@pytest.mark.browser
def test_code_is_copied_with_a_click(visit):
    page = visit("specimen")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cell = page.locator(".cell_input").first
    cell.hover()
    cell.locator("button.copybtn").click()
    assert page.evaluate("navigator.clipboard.readText()").strip() == "x = 1\ny = 2\nx + y"
    assert page.locator(".cell_output button.copybtn").count() == 0, "outputs are not for copying"


@pytest.mark.browser
def test_the_notebook_can_be_downloaded(visit):
    page = visit("specimen")
    page.locator("[aria-label='Download this page']").hover()
    button = page.locator("a.btn-download-source-button, a[href$='specimen.ipynb']").first
    with page.expect_download() as download:
        button.click()
    notebook = json.loads(Path(download.value.path()).read_text(encoding="utf8"))
    assert len(notebook["cells"]) == len(specimen().cells)


@pytest.mark.browser
def test_a_solution_is_folded_away_until_asked_for(visit):
    page = visit("specimen")
    solution = page.locator(".solution .tag_solution")
    assert not solution.is_visible()
    assert page.locator(".exercise").first.is_visible()
    page.locator(".solution button, .solution .admonition-title").first.click()
    solution.wait_for(state="visible")
    assert "solution = x + 1" in solution.inner_text()


@pytest.mark.browser
def test_printing_keeps_text_and_leaves_buttons_out(visit):
    page = visit("specimen")
    formulas(page)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("h1:visible").count() == 1
    keep(page, "print")
    assert not page.locator("nav.bd-links").first.is_visible()
    assert page.locator("button.copybtn:visible").count() == 0
    assert not page.locator(".solution .tag_solution").is_visible()


@pytest.mark.browser
def test_the_site_works_from_a_folder(visit, site):
    page = visit("notation", base=f"file://{site}/")
    assert formulas(page) > 30
    assert overflow(page) <= 0
