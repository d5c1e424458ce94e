"""The person with a browser sends what a form offers, and nothing else."""

import pytest
from lxml import html

from monitor.demo.people import EnteredResult, TickedAnswers, first
from monitor.demo.visitor import NotOnPage, VisitedPage, filled

FORM = """
<h1>Decide  now</h1><a href="/papers/7">Paper <mark>seven</mark></a><a href="/queue?after=3">Next papers</a>
<form action="/send" method="post">
<input type="hidden" name="csrf_token" value="t0k"><input type="hidden" name="version" value="3">
<input type="radio" name="verdict" value="include"><input type="radio" name="verdict" value="exclude">
<input type="checkbox" name="interventions" value="cos" checked>
<input type="checkbox" name="interventions" value="vipp">
<select name="reason"><option value=""></option><option value="other">Other</option></select>
<textarea name="note">as it was</textarea>
<button name="action" value="preview">See</button><button name="action" value="save">Save</button>
</form>
<table><thead><tr><th>What</th></tr></thead><tbody><tr><th>Tier</th><td><span>Now</span><div>Weak</div></td></tr></tbody></table>
<dl><dt>Tier</dt><dd>Weak <b>for now</b></dd><dt>Use</dt><dd>Wide</dd></dl>
"""


@pytest.fixture
def page():
    tree = html.document_fromstring(FORM)
    return VisitedPage(200, "http://127.0.0.1:1/papers/7", tree)


def test_hidden_and_untouched_fields_are_sent_as_they_stand(page):
    sent = filled(page.form("verdict"), {"verdict": "include"}, "save")
    assert sorted(sent) == [
        ("action", "save"),
        ("csrf_token", "t0k"),
        ("interventions", "cos"),
        ("note", "as it was"),
        ("reason", ""),
        ("verdict", "include"),
        ("version", "3"),
    ]


def test_ticks_replace_what_was_ticked(page):
    sent = filled(page.form("verdict"), {"interventions": ["vipp"]})
    assert [value for name, value in sent if name == "interventions"] == ["vipp"]


@pytest.mark.parametrize(
    ("values", "press"),
    [({"nosuch": "x"}, ""), ({"verdict": "maybe"}, ""), ({"reason": "none"}, ""), ({}, "delete")],
)
def test_what_is_not_offered_cannot_be_sent(page, values, press):
    with pytest.raises(NotOnPage):
        filled(page.form("verdict"), values, press)


def test_a_page_is_read_as_a_person_reads_it(page):
    assert page.heading == "Decide now"
    assert page.links(r"/papers/\d+") == [("/papers/7", "Paper seven")]
    assert page.named("Next papers") == "http://127.0.0.1:1/queue?after=3"
    assert page.named("Last papers") is None
    assert page.rows() == [["Tier", "Weak"]]
    assert page.fact("Tier") == "Weak for now"
    with pytest.raises(NotOnPage):
        page.fact("The gap")
    with pytest.raises(NotOnPage):
        page.form("nosuch")


def test_a_pattern_not_found_names_what_was_there():
    assert first(r"\d+", "at 42") == "42"
    with pytest.raises(NotOnPage, match="at home"):
        first(r"\d+", "at home")


def test_parts_of_a_form_are_found_by_their_fields(page):
    assert page.keys("ver(.+)") == ["sion", "dict"]
    assert page.keys("nosuch(.+)") == []


def test_one_answer_can_be_changed_in_an_appraisal():
    one, other = (EnteredResult({"outcome": name}, {"1.1": "Y", "1.2": "Y"}) for name in "ab")
    answers = TickedAnswers({"count_it": "yes"}, ({"name": "Usual care"},), (one, other))
    changed = answers.but(**{"1.2": "NI"})
    assert changed.results[0].risk == {"1.1": "Y", "1.2": "NI"}
    assert changed.results[1] == answers.results[1]
    assert answers.results[0].risk["1.2"] == "Y"
