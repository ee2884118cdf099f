"""The directive ``{predict}``: a question that the reader answers before the result opens.

How a question is written, and why so, stands in :mod:`seqlearn.teaching.questions`, which reads it
here too. Its result is what follows, up to the next question, the next heading or a rule (``---``),
which is taken away. The page that is written here has everything open, so it is complete for who
has no script, prints or searches; ``predict.js`` closes the results and makes the list of choices
a form.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from seqlearn.teaching.questions import QuestionError, parse_question

logger = logging.getLogger(__name__)

VERDICTS = {True: "Right.", False: "No."}


class html_block(nodes.General, nodes.Element):
    """An HTML element of the name that its attribute ``tag`` gives, with elements inside."""


class html_line(nodes.General, nodes.TextElement):
    """The same with text inside, which docutils gives its quotation marks."""


def setup(app):
    """Register the directive with Sphinx.

    Args:
        app: the Sphinx application.

    Returns:
        The extension's properties, as Sphinx wants them.
    """
    through = (lambda translator, node: None,) * 2
    for node in (html_block, html_line):
        app.add_node(node, html=(open_tag, close_tag), latex=through, text=through)
    app.add_directive("predict", Predict)
    app.add_transform(GatherResults)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def open_tag(translator, node):
    """Write the opening of an element, with its classes and ids."""
    translator.body.append(translator.starttag(node, node["tag"], ""))


def close_tag(translator, node):
    """Write the end of an element."""
    translator.body.append(f"</{node['tag']}>\n")


def asked(env):
    """Where each question of the book stands, by its id: the page and the line."""
    if not hasattr(env, "predict_asked"):
        env.predict_asked = {}
    return env.predict_asked


def forget(app, env, docname):
    """Forget the questions of a page that is read anew."""
    env.predict_asked = {name: at for name, at in asked(env).items() if at[0] != docname}


def merge(app, env, docnames, other):
    """Take over the questions that another process has read."""
    for name, at in asked(other).items():
        if at[0] in docnames:
            note(env, name, *at)


def note(env, name, docname, line):
    """Take down a question, and warn if its id is taken."""
    first = asked(env).setdefault(name, (docname, line))
    if first != (docname, line):
        warn(
            f"question {name}: expected an id of its own; {first[0]} has it too, line {first[1]}",
            (docname, line),
        )


def warn(message, location):
    """Warn, in a way that conf can name; the book is built with warnings as errors."""
    logger.warning(message, location=location, type="book_predict")


class Predict(SphinxDirective):
    """A question with its choices."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self):
        """Read the question, and lay it out with everything open.

        Returns:
            The question, or nothing where it is not written as one.
        """
        try:
            question = parse_question(self.arguments[0], "\n".join(self.content))
        except QuestionError as problem:
            line = self.lineno + self.content_offset + problem.line + 1
            warn(str(problem), (self.env.docname, line))
            return []
        note(self.env, question.id, self.env.docname, self.lineno)
        *context, last = question.text.rsplit("\n\n", 1)
        box = self.element("div", "predict", ids=[f"predict-{question.id}"])
        box += html_line("", "Predict", tag="p", classes=["predict-title"])
        for text in context:
            box += self.blocks(text)
        fieldset = self.element("fieldset")
        fieldset += self.line("legend", last)
        if question.choices:
            choices = self.element("ol", "predict-choices")
            choices += [self.choice(choice) for choice in question.choices]
            fieldset += choices
        box += fieldset
        self.set_source_info(box)
        return [box]

    def choice(self, choice):
        """Lay out a choice: its text, and the verdict with its explanation."""
        why = self.element("div", "predict-why", children=self.blocks(choice.explanation))
        verdict = nodes.strong("", VERDICTS[choice.right])
        why[0].insert(0, [verdict, nodes.Text(" ")])
        text = self.line("div", choice.text, "predict-choice")
        classes = ["predict-right"] if choice.right else []
        return self.element("li", *classes, children=[text, why])

    def element(self, name, *classes, ids=(), children=()):
        """Make an HTML element."""
        return html_block("", *children, tag=name, classes=[*classes], ids=[*ids])

    def line(self, name, markdown, *classes):
        """Make an HTML element of a text without paragraphs."""
        inside, _ = self.state.inline_text(markdown, self.lineno)
        return html_line("", "", *inside, tag=name, classes=[*classes])

    def blocks(self, markdown):
        """Read paragraphs."""
        parent = nodes.Element()
        self.state.nested_parse(markdown.splitlines(), self.content_offset, parent)
        return parent.children


class GatherResults(SphinxTransform):
    """Put what follows a question, its result, into an element of its own."""

    default_priority = 20  # when sphinx-exercise has gathered its solutions

    def apply(self):
        """Gather the results of all questions of the page."""
        for box in [node for node in self.document.findall(html_block) if is_question(node)]:
            following = box.parent[box.parent.index(box) + 1 :]
            inside = []
            for node in following:
                if isinstance(node, nodes.section) or is_question(node):
                    break
                if isinstance(node, nodes.transition):
                    node.parent.remove(node)
                    break
                inside.append(node)
            while inside and isinstance(inside[-1], nodes.target | nodes.comment):
                inside.pop()  # a target names what comes after the result
            name = box["ids"][0]
            if not inside:
                warn(f"{name}: expected the result after the question; got none", box)
            for node in inside:
                box.parent.remove(node)
            result = html_block(
                "", *inside, tag="div", classes=["predict-result"], ids=[f"{name}-result"]
            )
            box.parent.insert(box.parent.index(box) + 1, result)


def is_question(node):
    """Whether a node is a question."""
    return isinstance(node, html_block) and "predict" in node["classes"]
