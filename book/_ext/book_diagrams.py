"""Puts the diagrams of ``diagrams`` into the pages, as SVG in the page's own colours.

In a text page::

    :::{diagram} lstm
    :step: forget
    :name: the-forget-gate
    What the reader should look at.
    :::

In a notebook write a plain Markdown image, which Jupyter shows as well, and the caption as text
below it::

    ![The forget gate](_static/diagrams/lstm-forget.svg)

On the page both become the same inlined SVG: it follows the theme, and carries its description.
"""

from pathlib import Path, PurePosixPath
from typing import ClassVar

import diagrams
import drawing
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.directives.patches import Figure
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)

SHEET = "diagrams.css"


def setup(app):
    """Register the directive, and the ways of a diagram into the page.

    Args:
        app: the Sphinx application.

    Returns:
        The extension's properties, as Sphinx wants them.
    """
    app.add_directive("diagram", DiagramDirective)
    app.add_post_transform(InlineDiagrams)
    app.connect("builder-inited", write_style_sheet)
    app.connect("doctree-read", describe, priority=400)  # before images are checked and described
    app.add_css_file(SHEET)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


class DiagramDirective(Figure):
    """A figure whose picture is a diagram of the book, whole or at a step."""

    option_spec: ClassVar = {**Figure.option_spec, "step": directives.unchanged_required}

    def run(self):
        """Make the figure.

        Returns:
            The figure, or nothing, after a warning, for a name or a step that there is not.
        """
        name, step = self.arguments[0], self.options.pop("step", None)
        wrong = None
        if name not in diagrams.DIAGRAMS:
            wrong = f"there is no diagram {name!r}; there are {', '.join(diagrams.DIAGRAMS)}"
        elif step is not None and step not in diagrams.DIAGRAMS[name].steps:
            steps = ", ".join(diagrams.DIAGRAMS[name].steps) or "none"
            wrong = f"the diagram {name!r} has no step {step!r}; its steps: {steps}"
        if wrong:
            place = self.state.document.settings.env.docname, self.lineno
            logger.warning(wrong, location=place, type="book_diagrams", subtype="name")
            return []
        self.arguments[0] = "/_static/diagrams/" + diagrams.file_name(name, step)
        return super().run()


def _diagram(image):
    """The name and the step of the diagram that an image shows, or None."""
    path = PurePosixPath(image["uri"])
    return diagrams.files().get(path.name) if path.parent.name == "diagrams" else None


def describe(app, doctree):
    """Give each diagram that has no alternative text its own title for one.

    Args:
        app: the Sphinx application.
        doctree: the page just read, changed in place.
    """
    for image in doctree.findall(nodes.image):
        found = _diagram(image)
        if found and not image.get("alt", "").strip():
            image["alt"] = diagrams.words(*found)[0]


class InlineDiagrams(SphinxPostTransform):
    """Replaces each image of a diagram by the diagram itself."""

    default_priority = 5  # before images are copied
    formats = ("html",)

    def run(self, **options):
        """Change the page.

        Args:
            options: none.
        """
        for image in list(self.document.findall(nodes.image)):
            found = _diagram(image)
            if found:
                text = diagrams.svg(*found, title=image["alt"])
                picture = nodes.raw("", text, format="html")
                image.replace_self(nodes.inline("", "", picture, ids=image["ids"]))


def write_style_sheet(app):
    """Write the rules that the diagrams share into the site.

    Args:
        app: the Sphinx application.
    """
    if app.builder.format == "html":
        folder = Path(app.outdir) / "_static"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SHEET).write_text(drawing.style_sheet(), encoding="utf8")
