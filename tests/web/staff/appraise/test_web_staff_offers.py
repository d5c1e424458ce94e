"""What was read by machine, offered on the paper's page and beside the questions of an appraisal."""

from dataclasses import replace

import pytest
from lxml import html
from sqlalchemy import select
from staff_world import HOSTILE, _papers  # type: ignore[import-not-found]  # on pytest's path

from monitor.feeds.records import Identifier
from monitor.review.tables import Appraisal
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


@pytest.fixture
def result(world, browse, form):
    """The form of a first result."""
    browse(world.ann).send(f"{form}/results", {"action": "add"})
    return f"{form}/results/r1"


def test_suggestions_stand_beside_the_questions_and_choose_nothing(world, browse, form, result):
    browser = browse(world.ann)
    offered, said = set(), ""
    for path in (form, result):
        page = browser.get(path)
        sent = browser.fields(page, path)
        assert not {"design", "uk", "authored"} & set(sent)
        assert [sent.get(name, [""]) for name in ("measure", "n_i")] == [[""], [""]]
        document: html.HtmlElement = html.document_fromstring(page.text)
        offers = document.find_class("gm-offer")
        offered |= {b.get("value") for offer in offers for b in offer.iter("button")}
        said += document.text_content()
        assert "<script>alert" not in page.text
        # Enter presses the first button of a form
        first = next(document.find_class("gm-appraise")[0].iter("button"))
        assert first.get("value") == "next"
    # how many people there were is shown: which group a number is of, a person reads
    assert offered == {
        f"use:{field}:0" for field in ("design", "measure", "quote", "uk", "authored")
    }
    for sentence in SENTENCES.values():
        assert sentence in said


USED = [
    ("use:design:0", "design", "randomised"),
    ("use:uk:0", "uk", "no"),
    ("use:authored:0", "authored", "no"),
    ("use:measure:0", "measure", "Typed before; Strange Situation Procedure"),
    ("use:quote:0", "quote", SENTENCES["result"]),
]


@pytest.mark.parametrize("used", USED)
def test_one_click_fills_one_answer_and_keeps_all_that_was_typed(world, browse, form, result, used):
    action, field, answer = used
    browser = browse(world.ann)
    path = result if field in {"measure", "quote"} else form
    text, typed = ("measure", "Typed before") if path == result else ("country", "Ruritania")
    sent = browser.fields(browser.get(path), path) | {text: typed}
    went = browser.client.post(path, data=sent | {"action": action})
    assert went.status_code == 303
    assert went.location == f"{path}#{field}", "at the question that was answered"
    now = browser.fields(browser.get(path), path)
    assert now[field][0].strip() == answer
    assert now[text][0].startswith(typed)
    with world.database.read() as session:
        assert (
            session.scalar(select(Appraisal.id).where(Appraisal.study_id == world.studies["read"]))
            is None
        )


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
    assert now["reason"][0].strip() == "Typed"


def test_back_and_another_browser_find_what_was_typed(world, browse, form):
    browser = browse(world.ann)
    typed = browser.fields(browser.get(form), form) | {"reason": "An hour of words"}
    browser.client.post(form, data=typed | {"action": "use:design:0"})
    for again in (browser, browse(world.ann)):  # Back asks for the page anew; so does a restart
        page = again.get(form)
        assert "An hour of words" in page.text
    assert "An hour of words" not in browse(world.ben).get(form).text, "nobody else's"
    gone = browser.send(f"{form}/hand-in", {"action": "discard"})
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
