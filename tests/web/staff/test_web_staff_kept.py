"""Papers kept, not queued: found by what brought them, each with why nobody is asked to screen it."""

from dataclasses import replace

import pytest
from lxml import html
from staff_world import HOSTILE, _papers  # type: ignore[import-not-found]  # on pytest's path

from monitor.feeds.records import Identifier, Link, LinkKind


@pytest.fixture
def turned_away(world):
    """A checklist that shares letters with an intervention, and a notice."""
    plain = {"registrations": (), "publication_types": ()}
    checklist = replace(
        _papers()["ddp"],
        title=f"Irritability measured with the ABC {HOSTILE}",
        abstract=f"The Aberrant Behavior Checklist (ABC) was used. {HOSTILE}",
        identifiers=(Identifier("pmid", "50000001"),),
        **plain,
    )
    notice = replace(
        _papers()["ddp"],
        title="Correction to: an invented trial",
        abstract=None,
        identifiers=(Identifier("pmid", "50000002"),),
        links=(Link(LinkKind.CORRECTS, Identifier("doi", "10.5555/<b>1")),),
        **plain,
    )
    world.arrive("pubmed", checklist=checklist, notice=notice)


def listed(browser, query=""):
    """Give each paper's words, by the first words of its title."""
    document: html.HtmlElement = html.document_fromstring(browser.get(f"/papers{query}").text)
    return [" ".join(li.text_content().split()) for li in document.find_class("gm-item")]


def test_each_says_why_it_is_not_queued(world, browse, turned_away):
    browser = browse(world.ann)
    notice, checklist, _, library = listed(browser)
    assert "A notice about another paper" in notice
    assert "Corrects 10.5555/<b>1." in notice
    assert "“ABC” in the title and abstract is not Attachment and Biobehavioral Catch-up" in (
        checklist
    )
    assert "the text has “aberrant behavio*”" in checklist
    assert "The search for COS brought it." in checklist
    assert "It names none of the ten and does not read like a trial" in library
    text = browser.get("/papers").text
    assert "<script>alert" not in text
    assert "<b>1" not in text


def test_the_paper_itself_says_the_same(world, browse, turned_away):
    browser = browse(world.ann)
    checklist = browser.get(f"/papers/{world.papers['checklist']}").text
    assert "is not Attachment and Biobehavioral Catch-up" in checklist
    notice = browser.get(f"/papers/{world.papers['notice']}").text
    assert "A notice about another paper" in notice
    for page in (checklist, notice):
        assert "Nobody is asked to screen it" in page
        assert "Save and open next" not in page


QUERIES = [
    ("?intervention=cos", 4),  # with the notice that the world holds
    ("?intervention=ddp", 0),
    ("?intervention=x", 4),
    ("?lane=notice", 2),
    ("?lane=none", 2),
    ("?lane=evaluated", 4),
    ("?words=opening+LIBRARY", 1),
    ("?words=%25", 0),
    ("?words=%00%5C", 0),
    ("?words=<script>", 2),
    ("?after=1", 0),
    ("?after=99999999999", 4),
]


def test_the_list_is_narrowed_and_nonsense_breaks_nothing(world, browse, turned_away):
    browser = browse(world.ann)
    for query, count in QUERIES:
        assert len(listed(browser, query)) == count, query
    page = browser.get("/papers?words=<script>&intervention=cos&lane=none").text
    assert 'value="&lt;script&gt;"' in page
    assert "Clear filters" in page


def test_pages_keep_the_filters(world, browse, turned_away, monkeypatch):
    monkeypatch.setattr("monitor.web.staff.unqueued._PAGE", 1)
    document: html.HtmlElement = html.document_fromstring(
        browse(world.ann).get("/papers?intervention=cos&lane=none").text
    )
    (link,) = [a for a in document.iter("a") if a.text == "Next papers"]
    assert {"intervention=cos", "lane=none"} < set(link.get("href").partition("?")[2].split("&"))
    (last,) = listed(browse(world.ann), link.get("href").removeprefix("/papers"))
    assert "library opening hours" in last


def test_words_are_said_to_be_looked_for_in_what_is_kept_and_queued_papers_are_led_to(
    world, browse
):
    browser = browse(world.ann)
    page = browser.get("/papers").text
    assert 'aria-describedby="words-hint"' in page
    assert "Of the papers kept here alone." in page
    assert '<a href="/queue">the queue</a>: its lanes are narrowed by intervention' in page
    nothing = " ".join(browser.get("/papers?words=perinatal").text.split())
    assert "Nothing kept here fits these filters. A paper that was queued is not among" in nothing
