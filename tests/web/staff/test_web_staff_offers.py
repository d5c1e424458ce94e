"""What was read by machine, offered on the paper's page and beside the questions of an appraisal."""

from dataclasses import replace

import pytest
from lxml import html
from staff_world import HOSTILE, _papers  # type: ignore[import-not-found]  # on pytest's path

from monitor.feeds.records import Identifier
from monitor.review.words import ScreeningVerdict
from monitor.web import forms
from monitor.web.forms import Typed

SENTENCES = {
    "sample": "In all, 240 mothers of infants were randomly allocated in the Netherlands.",
    "measure": f"Security was measured with the Strange Situation Procedure {HOSTILE}.",
    "developers": "The developers of the programme took no part.",
    "result": "Attachment security was higher in the programme group (d = 0.4).",
}


@pytest.fixture
def arrived(world):
    said = replace(
        _papers()["ddp"],
        title="Dyadic Developmental Psychotherapy in Leiden: a randomised trial",
        identifiers=(Identifier("pmid", "50000001"),),
        registrations=(),
        publication_types=(),
        abstract=" ".join(SENTENCES.values()),
    )
    world.arrive("pubmed", read=said)
    return f"/papers/{world.papers['read']}"


@pytest.fixture
def form(world, arrived):
    world.screen("read", ScreeningVerdict.INCLUDE, world.ann)
    return f"/studies/{world.studies['read']}/appraise"


def test_a_paper_shows_what_was_read_with_each_sentence(world, browse, arrived):
    page = browse(world.ann).get(arrived).text
    document: html.HtmlElement = html.document_fromstring(page)
    read = {
        div.find("dt").text: " ".join(" ".join(dd.text_content().split()) for dd in div.iter("dd"))
        for div in document.find_class("gm-read")[0].findall("div")
    }
    assert read["People"].startswith("240 mothers randomised In all, 240 mothers")
    assert read["Country"].startswith("Netherlands, not the UK")
    assert read["Outcome measures"].startswith("Strange Situation Procedure gold standard Security")
    assert read["Developers"].startswith("independent of the developers")
    assert "Setting" not in read
    assert "<script>alert" not in page


def test_what_is_not_said_is_said_where_it_matters(world, browse):
    page = browse(world.ann).get(f"/papers/{world.papers['possible']}").text
    assert page.count("Not said") == 3  # country, outcome measures, developers


def test_suggestions_stand_beside_the_questions_and_choose_nothing(world, browse, form):
    browser = browse(world.ann)
    page = browser.get(form)
    sent = browser.fields(page, form)
    assert not {"design", "uk", "developer_led"} & set(sent)
    assert sent["participants"] == sent["outcome"] == [""]
    document: html.HtmlElement = html.document_fromstring(page.text)
    offered = {
        b.get("value") for offer in document.find_class("gm-offer") for b in offer.iter("button")
    }
    assert offered == {
        f"use:{field}:0"
        for field in ("design", "outcome", "quote", "participants", "uk", "developer_led")
    }
    for sentence in SENTENCES.values():
        assert sentence in document.text_content()
    assert "<script>alert" not in page.text
    # Enter presses the first button of a form
    first = next(document.find_class("gm-appraise")[0].iter("button"))
    assert first.get("value") == "preview"


USED = [
    ("use:design:0", "design", "randomised"),
    ("use:outcome:0", "outcome", "Typed before; Strange Situation Procedure"),
    ("use:quote:0", "quote", SENTENCES["result"]),
    ("use:participants:0", "participants", "240"),
    ("use:participants", "participants", "240"),
    ("use:uk:0", "uk", "no"),
    ("use:developer_led:0", "developer_led", "no"),
]


def test_one_click_fills_one_answer_and_keeps_all_that_was_typed(world, browse, form):
    browser = browse(world.ann)
    before = world.contents()
    typed = browser.fields(browser.get(form), form) | {
        "count_it": "yes",
        "reason": "Typed at length",
        "outcome": "Typed before",
    }
    for action, field, answer in USED:
        went = browser.client.post(form, data=typed | {"action": action})
        assert went.status_code == 303, action
        assert went.location == f"{form}#{field}", "at the question that was answered"
        shown = browser.get(form)
        now = browser.fields(shown, form)
        assert now[field][0].strip() == answer, action
        kept = {"count_it": "yes", "reason": "Typed at length", "token": typed["token"][0]}
        assert {name: now[name][0].strip() for name in kept} == kept, action
        assert (now["outcome"][0] == "Typed before") is (field != "outcome"), action
    assert f'formaction="{form}#participants"' in browser.get(form).text
    assert world.contents() == before, "nothing is recorded"


@pytest.mark.parametrize(
    "action", ["use:", "use:design:9", "use:design:x", "use:token:0", "use:count_it:0"]
)
def test_what_is_not_offered_changes_nothing(world, browse, form, action):
    browser = browse(world.ann)
    typed = browser.fields(browser.get(form), form) | {"reason": "Typed"}
    went = browser.client.post(form, data=typed | {"action": action})
    assert went.status_code == 303
    shown = browser.get(form)
    now = browser.fields(shown, form)
    assert "design" not in now
    assert (now["reason"][0].strip(), now["token"]) == ("Typed", typed["token"])


def test_back_and_another_browser_find_what_was_typed(world, browse, form):
    browser = browse(world.ann)
    typed = browser.fields(browser.get(form), form) | {"reason": "An hour of words"}
    browser.client.post(form, data=typed | {"action": "use:design:0"})
    for again in (browser, browse(world.ann)):  # Back asks for the page anew; so does a restart
        page = again.get(form)
        assert "An hour of words" in page.text
        assert "are below" in page.text
    assert "An hour of words" not in browse(world.ben).get(form).text, "nobody else's"
    kept = browser.fields(browser.get(form), form)
    gone = browser.client.post(form, data=kept | {"action": "discard"})
    assert gone.status_code == 303
    assert "An hour of words" not in browser.get(form).text


def test_an_answer_follows_what_is_typed_and_is_not_added_twice():
    typed = Typed([("quote", "Mine."), ("interventions", "cos"), ("interventions", "ddp")])
    once = forms.with_answer(typed, "quote", "Theirs.")
    assert once["quote"] == "Mine.\nTheirs."
    assert forms.with_answer(once, "quote", "Theirs.")["quote"] == "Mine.\nTheirs."
    assert once.getlist("interventions") == ["cos", "ddp"]
    assert forms.with_answer(typed, "uk", "no")["uk"] == "no"
    assert forms.with_answer(typed, "uk", None) == typed
