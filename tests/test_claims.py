"""Claims: what holds is shown, what does not hold stops the notebook."""

import contextlib
import io
import json
import math

import nbformat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from seqlearn.claims import RECORD, ClaimFailed, claim
from seqlearn.frame.evidence import collect_claims, count_fresh, show_evidence


@pytest.mark.parametrize(
    ("place", "measured", "bound", "line"),
    [
        ("{}", 0.9871, {"at_least": 0.98}, "0.9871. We asked for at least 0.98."),
        ("{}", 0.98, {"at_least": 0.98}, "0.98. We asked for at least 0.98."),
        ("{:.1%}", 0.9871, {"at_least": 0.98}, "98.7%. We asked for at least 98%."),
        ("{:.1%}", 0.7, {"between": (0.5, 1)}, "70.0%. We asked for between 50% and 100%."),
        ("{:.2f} s", 12.2, {"at_most": 60}, "12.20 s. We asked for at most 60."),
        ("{:points}", 0.032, {"at_least": 0.01}, "3.2 points. We asked for at least 1 point."),
        ("{:+.2points}", 0.0044, {"at_most": 0.005},
         "+0.44 points. We asked for at most 0.5 points."),
        ("{:points}", -0.0001, {"between": (-0.02, 0.02)},
         "0.0 points. We asked for between -2 and 2 points."),
        # A bound is told whole, however short its figure.
        ("{:.1f}", 0.36, {"at_least": 0.001}, "0.4. We asked for at least 0.001."),
        ("{:.0%}", 0.5, {"at_least": 0.125}, "50%. We asked for at least 12.5%."),
        ("{}", 37386, {"equal_to": 37386}, "37,386. We asked for exactly 37,386."),
        ("{}", 0.5, {"between": (0.5, 0.6)}, "0.5. We asked for between 0.5 and 0.6."),
        ("{}", 0.6, {"between": [0.5, 0.6]}, "0.6. We asked for between 0.5 and 0.6."),
        ("{}", 2.345e-7, {"equal_to": 0, "tolerance": 1e-6}, "2.3e-07. We asked for 0 ± 1e-06."),
        ("{}", np.float32(0.25), {"at_least": 0.25}, "0.25. We asked for at least 0.25."),
        ("{}", np.int64(7), {"at_least": np.float64(6.5)}, "7. We asked for at least 6.5."),
        ("{}", np.array(0.75), {"at_least": 0}, "0.75. We asked for at least 0."),
        ("{}", math.inf, {"at_least": 1}, "inf. We asked for at least 1."),
        # More digits where four would make the figure look like its bound.
        ("{}", 0.980001, {"at_least": 0.98}, "0.980001. We asked for at least 0.98."),
        ("{}", 123456.75, {"at_most": 1e6}, "123,457. We asked for at most 1,000,000."),
    ],
)  # fmt: skip
def test_a_claim_that_holds_is_a_sentence_and_its_bound(place, measured, bound, line, capsys):
    claim(f"It is {place}.", measured, **bound)
    assert capsys.readouterr().out == f"✓ It is {line}\n"


@pytest.mark.parametrize(
    ("place", "measured", "bound", "told", "asked"),
    [
        ("{} of", 0.998, {"at_least": 0.95}, "99.8% of", "at least 95%"),
        ("{:.2f} of", 0.998, {"at_least": 0.95}, "1.00 of", "at least 0.95"),
        ("{} of", 7, {"at_least": 5}, "7 of", "at least 5"),
        ("{} of", 1e-6, {"at_most": 1e-4}, "1e-06 of", "at most 0.0001"),
        ("{}, of", 0.5, {"between": (0.3, 0.7)}, "0.5, of", "between 0.3 and 0.7"),
    ],
)
def test_a_share_of_something_is_told_in_percent(place, measured, bound, told, asked, capsys):
    claim(f"It reads {place} them", measured, **bound)
    assert capsys.readouterr().out == f"✓ It reads {told} them. We asked for {asked}.\n"


def test_a_truth_value_shows_its_sentence_alone(capsys):
    claim("It is so", True, equal_to=True)
    claim("It is not as {{people}} think", np.bool_(False), equal_to=False)
    claim("Is it so?", True, equal_to=True)
    assert capsys.readouterr().out == "✓ It is so.\n✓ It is not as {people} think.\n✓ Is it so?\n"


@pytest.mark.parametrize(
    ("place", "measured", "bound", "message"),
    [
        ("{}", 0.97, {"at_least": 0.98}, "measured 0.97, expected at least 0.98"),
        ("{}", 4, {"at_most": 3}, "measured 4, expected at most 3"),
        ("{}", 0.7, {"between": (0.5, 0.6)}, "measured 0.7, expected between 0.5 and 0.6"),
        ("{}", 0.4, {"between": (0.5, 0.6)}, "measured 0.4, expected between 0.5 and 0.6"),
        ("{}", 37387, {"equal_to": 37386}, "measured 37,387, expected exactly 37,386"),
        ("{}", 1.2, {"equal_to": 1, "tolerance": 0.1}, "measured 1.2, expected 1 ± 0.1"),
        ("{}", math.nan, {"at_least": 0.98}, "measured nan, expected at least 0.98"),
        ("{:points}", 0.01, {"at_least": 0.02}, "measured 1.0 points, expected at least 2 points"),
        (
            "{:.1%}",
            0.97999,
            {"at_least": 0.98},
            "measured 98.0% (exactly 0.97999), expected at least 98%",
        ),
    ],
)
def test_a_claim_that_does_not_hold_says_why(place, measured, bound, message, capsys):
    with pytest.raises(ClaimFailed) as failure:
        claim(f"We see {place} in it.", measured, **bound)
    assert str(failure.value) == f"We see … in it: {message}"
    assert isinstance(failure.value, AssertionError)
    assert capsys.readouterr().out == ""


def test_a_truth_value_that_is_another_says_so():
    with pytest.raises(ClaimFailed, match=r"^It is so: measured False, expected True$"):
        claim("It is so", False, equal_to=True)


@pytest.mark.parametrize("bound", [{"at_least": -math.inf}, {"at_most": math.inf},
                                   {"between": (-math.inf, math.inf)},
                                   {"equal_to": 0, "tolerance": 1e300}])  # fmt: skip
def test_nan_satisfies_nothing(bound):
    with pytest.raises(ClaimFailed, match="measured nan"):
        claim("It is {}", math.nan, **bound)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("{}", 1), ValueError, "exactly one of at_least, at_most, between, equal_to; got none"),
        (("{}", 1, {"at_least": 0, "at_most": 2}), ValueError, "got at_least and at_most"),
        (("", 1, {"at_least": 0}), TypeError, "sentence: expected the claim in words; got ''"),
        ((1, 1, {"at_least": 0}), TypeError, "sentence: expected the claim in words; got 1"),
        (("{}", np.zeros(3), {"at_least": 0}), TypeError, "ndarray of shape (3,). Which figure"),
        (("{}", [1, 2], {"at_least": 0}), TypeError, "expected one number; got list of shape (2,)"),
        (("{}", None, {"at_least": 0}), TypeError, "measured: expected one number or True/False"),
        (("{}", np.ma.masked, {"at_least": 0}), TypeError, "measured: expected one number or True"),
        (("{}", "0.9", {"at_least": 0}), TypeError, "got '0.9'"),
        (("{}", 1j, {"at_least": 0}), TypeError, "got 1j"),
        (("{}", 1, {"at_least": "0.9"}), TypeError, "at_least: expected one number"),
        (("{}", 1, {"at_least": math.nan}), ValueError, "got NaN, which no figure satisfies"),
        (("{}", 1, {"between": (2, 1)}), ValueError, "low <= high; got (2, 1)"),
        (("{}", 1, {"between": 1}), ValueError, "expected a pair (low, high); got 1"),
        (("{}", 1, {"between": (1, 2, 3)}), ValueError, "expected a pair"),
        (("{}", 1, {"at_least": 0, "tolerance": 1}), ValueError, "with equal_to only; got it with"),
        (("{}", 1, {"equal_to": 0, "tolerance": -1}), ValueError, "distance of 0 or more; got -1"),
        (("{}", 1, {"equal_to": 0, "tolerance": math.inf}), ValueError, "distance of 0 or more"),
        (("s", True, {"at_least": 0}), TypeError, "Pass equal_to=True, or better the figures"),
        (("s", True, {"equal_to": 1}), TypeError, "a truth value, with the number 1"),
        (("{}", 1, {"equal_to": True}), TypeError, "equal_to: expected a number like"),
        (("s", True, {"at_least": True}), ValueError, "only compared by equal_to"),
        (
            ("{:.1z}", 1, {"at_least": 0}),
            ValueError,
            '{:.1%}", "{:.2f}" or "{:points}"; got {:.1z}',
        ),
        (("s", 1, {"at_least": 0}), ValueError, 'sentence: expected a place for the figure, "{}"'),
        (("{}", True, {"equal_to": True}), ValueError, "expected no place for a figure"),
        (
            ("{} {}", 1, {"at_least": 0}),
            ValueError,
            "expected one place for the figure; got two in",
        ),
        (("{ }", 1, {"at_least": 0}), ValueError, "other braces doubled"),
        (("{x}", 1, {"at_least": 0}), ValueError, "other braces doubled"),
        (("{0}", 1, {"at_least": 0}), ValueError, "other braces doubled"),
        (("{!r}", 1, {"at_least": 0}), ValueError, "other braces doubled"),
        (("{:{}}", 1, {"at_least": 0}), ValueError, "other braces doubled"),
        (("{", 1, {"at_least": 0}), ValueError, "other braces doubled"),
        (("{} }", 1, {"at_least": 0}), ValueError, "got '{} }'"),
        (("{}", 1, {"at_least": 0, "only_on": "full"}), ValueError, "expected source=data.source"),
        (
            ("{}", 1, {"at_least": 0, "only_on": "embedded"}),
            ValueError,
            'expected "full" or nothing',
        ),
        (("{}", 1, {"at_least": 0, "source": "auto"}), ValueError, "got 'auto'"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, error, message):
    sentence, measured, options = (*arguments, {})[:3]
    with pytest.raises(error) as refusal:
        claim(sentence, measured, **options)
    assert message in str(refusal.value)


def test_whole_numbers_of_any_size_are_written_in_full(capsys):
    for number in (2**53 + 1, 2**80, np.int64(2**53 + 1)):
        claim("It is {}", number, equal_to=int(number))
        assert (
            f"It is {int(number):,}. We asked for exactly {int(number):,}."
            in capsys.readouterr().out
        )


def test_a_claim_on_the_full_data_is_checked_there_and_only_there(capsys):
    bound = {"at_least": 0.98, "only_on": "full"}
    with pytest.raises(ClaimFailed):
        claim("It reads {:.0%} of the digits", 0.5, source="full", **bound)
    claim("It reads {:.0%} of the digits", 0.5, source="embedded", **bound)
    claim("It reads digits", False, equal_to=True, source="embedded", only_on="full")
    assert capsys.readouterr().out.splitlines() == [
        "○ It reads 50% of the digits. Not checked here: on the full data we ask for at least 98%.",
        "○ It reads digits. Not checked here: this takes the full data.",
    ]
    with pytest.raises(ClaimFailed):  # naming the source alone does not switch the check off
        claim("It reads {:.0%} of the digits", 0.5, at_least=0.98, source="embedded")


deterministic = settings(derandomize=True, max_examples=100, deadline=None)
number = st.floats(allow_nan=False)


def holds(measured, **bound):
    try:
        claim("{}", measured, **bound)
    except ClaimFailed:
        return False
    return True


@deterministic
@given(number, number)
def test_at_least_and_at_most_meet_only_where_equal(x, edge):
    assert holds(x, at_least=edge) or holds(x, at_most=edge)
    both = holds(x, at_least=edge) and holds(x, at_most=edge)
    assert both == (x == edge) == holds(x, equal_to=edge)


@deterministic
@given(number, number, number)
def test_between_is_both_bounds_at_once(x, a, b):
    low, high = sorted([a, b])
    expected = holds(x, at_least=low) and holds(x, at_most=high)
    assert holds(x, between=(low, high)) == expected


@deterministic
@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_the_shown_figures_differ_where_the_figures_differ(x, edge):
    try:
        claim("It is {}", x, at_least=edge)
    except ClaimFailed as failure:
        shown, bound = str(failure).removeprefix("It is …: measured ").split(", expected at least ")
        assert shown != bound


words = st.text("aé ,“”%{}…", min_size=1).filter(lambda text: text.strip(" ."))


@deterministic
@given(words, words, st.floats(0, 1), st.sampled_from(["", ":.1%", ":.3f", ":points"]))
def test_the_sentence_holds_its_figure_and_nothing_else(before, after, x, spec):
    told = io.StringIO()
    doubled = [text.replace("{", "{{").replace("}", "}}") for text in (f"a{before}", f"{after}b")]
    with contextlib.redirect_stdout(told):
        claim(f"{doubled[0]}{{{spec}}}{doubled[1]}", x, between=(0, 1))
    line = told.getvalue()
    assert line.startswith(f"✓ a{before}")
    figure, _, bound = line.removeprefix(f"✓ a{before}").rpartition(f"{after}b. We asked for ")
    number, scale = figure.removesuffix("%").removesuffix(" points"), 1 if spec[-1:] in "f" else 100
    unit = 0.06 if scale == 100 else 0.002
    assert abs(float(number) - scale * x) <= max(unit, 1e-3 * x)
    zero, one = {":.1%": ("0%", "100%"), ":points": ("0", "100 points")}.get(spec, ("0", "1"))
    assert bound == f"between {zero} and {one}.\n"


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would be sent: pairs of data and metadata, as they are shown."""
    outputs = []

    def display(thing, metadata):
        data, _ = DisplayFormatter().format(thing)
        # As in a real kernel, what goes out has to be JSON.
        outputs.append(json.loads(json.dumps((data, metadata), allow_nan=False)))

    monkeypatch.setattr("IPython.get_ipython", lambda: "a shell")
    monkeypatch.setattr("IPython.display.display", display)
    return outputs


def test_a_notebook_gets_text_html_and_a_record(shown):
    claim("a < b & c in {:.1%}", np.float32(0.5), at_least=0.25, source="full")
    ((data, metadata),) = shown
    assert data["text/plain"] == "✓ a < b & c in 50.0%. We asked for at least 25%."
    assert 'class="seqlearn-claim"' in data["text/html"]
    assert (
        'a &lt; b &amp; c in 50.0%. <span class="seqlearn-remark">We asked for at least 25%.</span>'
    ) in data["text/html"]
    assert metadata == {
        RECORD: {
            "sentence": "a < b & c in 50.0%.",
            "template": "a < b & c in …",
            "measured": 0.5,
            "shown": "50.0%",
            "bound": "at least 25%",
            "checked": True,
            "source": "full",
        }
    }


def test_the_record_of_an_infinity_is_valid_json(shown):
    claim("{}", math.inf, at_least=1)
    assert shown[0][1][RECORD]["measured"] == "inf"


def chapter(path, title, shown, *claims):
    """Store a chapter in which these claims were made."""
    shown.clear()
    for arguments in claims:
        claim(**arguments)
    epoch = new_output("stream", text="epoch 1\n")
    cells = [
        new_code_cell(
            "claim(...)", outputs=[epoch, new_output("display_data", data=data, metadata=metadata)]
        )
        for data, metadata in shown
    ]
    title = new_markdown_cell(f"Before\n\n# {title}\n\n## Aims")
    nbformat.write(new_notebook(cells=[title, *cells]), path)


def test_stored_claims_are_gathered_chapter_by_chapter(tmp_path, shown):
    one = {"sentence": "{} <is> enough.", "measured": 1, "at_least": 1}
    two = {"sentence": "Two", "measured": True, "equal_to": True}
    full = {"sentence": "Big as {}", "measured": 0, "at_least": 1, "only_on": "full"}
    chapter(tmp_path / "10_late.ipynb", "Late", shown, one)
    chapter(
        tmp_path / "02_early.ipynb", "Early & first", shown, two, {**full, "source": "embedded"}
    )
    chapter(tmp_path / "03_silent.ipynb", "Silent", shown)
    chapter(tmp_path / "evidence.ipynb", "Evidence", shown, one)
    rows = collect_claims(tmp_path)
    assert [(r.notebook, r.sentence, r.bound, r.checked, r.source) for r in rows] == [
        ("02_early.ipynb", "Two.", "", True, None),
        ("02_early.ipynb", "Big as 0.", "at least 1", False, "embedded"),
        ("10_late.ipynb", "1 <is> enough.", "at least 1", True, None),
    ]
    show_evidence(rows)
    data, _ = shown[-1]
    assert data["text/plain"].splitlines() == [
        "3 claims in 2 chapters, 1 not checked",
        "",
        "Early & first",
        "  ✓ Two.",
        "  ○ Big as 0. (at least 1)",
        "",
        "Late",
        "  ✓ 1 <is> enough. (at least 1)",
    ]
    assert '<a href="02_early.html">Early &amp; first</a>' in data["text/html"]
    bound = '<span class="seqlearn-remark"> (at least 1)</span>'
    assert f"<li>1 &lt;is&gt; enough.{bound}</li>" in data["text/html"]
    assert data["text/html"].count("<ul") == data["text/html"].count("</ul>") == 2


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected the folder of the chapters; got"):
        collect_claims(tmp_path / "nowhere")


def test_counts_on_fresh_seeds_are_told_and_a_claim_that_failed_is_named(tmp_path):
    claims = {
        "It holds": {"held": 3, "runs": 3, "shown": {}},
        "It wobbles": {"held": 2, "runs": 3, "shown": {}},
    }
    table = {"02_x.ipynb": {"code": "", "seeds": [1, 2, 3], "claims": claims}}
    (tmp_path / "fresh_seeds.json").write_text(json.dumps(table), encoding="utf-8")
    assert count_fresh(tmp_path) == [
        "02_x                   2 claims, from  3 fresh seeds: held 5 times of 6",
        "    2 of 3: It wobbles",
    ]


@pytest.mark.parametrize("content", ["not json", "[]", '{"02_x.ipynb": {"seeds": []}}'])
def test_a_file_that_holds_no_counts_is_named(tmp_path, content):
    (tmp_path / "fresh_seeds.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"expected counts in fresh_seeds\.json, as make fresh"):
        count_fresh(tmp_path)
