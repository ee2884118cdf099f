"""What the book asks of its pages beyond Jupyter Book's settings.

* Formulas are typeset with no network: the part of MathJax that the pages use is copied into the
  site from the package ``sphinx-mathjax-offline``.
* Every image carries alternative text: an image without it is a warning, and the book is built
  with warnings as errors.
* A citation reads "(Elman, 1990)", with round brackets.
* Repository and launch buttons appear once ``repository: url`` in ``_config.yml`` names a
  repository, and not before.
"""

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from shutil import copyfile

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

logger = logging.getLogger(__name__)

MATHJAX_PACKAGE = "sphinx-mathjax-offline"
# The package carries 15 MB; one entry point, its fonts and the small TeX extensions that it loads
# on demand (\boldsymbol, \cancel, \mathtools and so on) are 2 MB.
MATHJAX_PARTS = (
    "tex-chtml.js",
    "output/chtml/fonts/woff-v2/*.woff",
    "input/tex/extensions/*.js",
)
MATHJAX_LEFT_OUT = {"all-packages.js"}

# sphinx-exercise gives the inside of each exercise the same id, and an id must be unique.
REPEATED_IDS = (["exercise-content"], ["solution-content"])


def _round_brackets():
    return BracketStyle(left="(", right=")")


@dataclass
class RoundAuthorYear(AuthorYearReferenceStyle):
    """Author and year as in running text: (Elman, 1990), or Elman (1990)."""

    bracket_parenthetical: BracketStyle = field(default_factory=_round_brackets)
    bracket_textual: BracketStyle = field(default_factory=_round_brackets)


def setup(app):
    """Connect the checks and copies to Sphinx's events.

    Args:
        app: the Sphinx application.

    Returns:
        The extension's properties, as Sphinx wants them.
    """
    register_plugin("sphinxcontrib.bibtex.style.referencing", "round_author_year", RoundAuthorYear)
    app.connect("config-inited", offer_buttons)
    app.connect("doctree-read", require_alternative_text)
    app.connect("doctree-resolved", drop_repeated_ids)
    app.connect("html-page-context", name_the_landing_page_once)
    app.connect("build-finished", copy_mathjax)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def offer_buttons(app, config):
    """Switch the repository and launch buttons on, provided that a repository is named.

    Args:
        app: the Sphinx application.
        config: its configuration, changed in place.
    """
    options = config.html_theme_options
    if not options.get("repository_url"):
        return
    options["use_repository_button"] = options["use_issues_button"] = True
    launch = options.setdefault("launch_buttons", {})
    launch["notebook_interface"] = "jupyterlab"
    launch["binderhub_url"] = launch.get("binderhub_url") or "https://mybinder.org"


def require_alternative_text(app, doctree):
    """Warn about each image that a listener or a screen reader would have to skip.

    Args:
        app: the Sphinx application.
        doctree: the page just read.
    """
    for image in doctree.findall(nodes.image):
        if not image.get("alt", "").strip():
            logger.warning(
                "an image has no alternative text: in Markdown write ![what it shows](file), for "
                'a figure drawn by a code cell set the cell metadata "mystnb": {"image": '
                '{"alt": "what it shows"}}',
                location=image,
                type="book_frame",
                subtype="alt",
            )


def drop_repeated_ids(app, doctree, docname):
    """Take away the ids that would occur once for each exercise of a page.

    Args:
        app: the Sphinx application.
        doctree: the finished page, changed in place.
        docname: its name.
    """
    for section in doctree.findall(nodes.section):
        if section["ids"] in REPEATED_IDS:
            section["ids"] = []


def name_the_landing_page_once(app, pagename, templatename, context, doctree):
    """Keep the browser from showing "Title - Title" for the page named like the book.

    Args:
        app: the Sphinx application.
        pagename: the page's name.
        templatename: the template it is rendered with.
        context: the values the template sees, changed in place.
        doctree: the page, or None.
    """
    if pagename == app.config.root_doc:
        context["docstitle"] = None


def copy_mathjax(app, exception):
    """Copy the part of MathJax that the pages use into the finished site.

    Args:
        app: the Sphinx application.
        exception: what stopped the build, or None.

    Raises:
        ExtensionError: if the package that carries MathJax is not installed.
    """
    if exception is not None or app.builder.format != "html":
        return
    package = find_spec(MATHJAX_PACKAGE)
    if package is None:
        raise ExtensionError(
            f"the package {MATHJAX_PACKAGE} is missing, so no formula could be shown: install the "
            'book\'s tools with  pip install -e ".[book]"'
        )
    source = Path(package.origin).parent / "static" / "mathjax"
    target = Path(app.outdir) / "_static" / "mathjax"
    for part in MATHJAX_PARTS:
        for file in source.glob(part):
            copy = target / file.relative_to(source)
            if file.name in MATHJAX_LEFT_OUT or copy.exists():
                continue
            copy.parent.mkdir(parents=True, exist_ok=True)
            copyfile(file, copy)
