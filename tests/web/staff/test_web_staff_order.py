"""The order of the queue on its pages: why a paper stands where it does, filters, what is next."""

from dataclasses import replace

import pytest
from lxml import html
from staff_world import HOSTILE, _papers  # type: ignore[import-not-found]  # on pytest's path

from monitor.feeds.records import Identifier
from monitor.jobs.upkeep.ordering import order_due
from monitor.review.queries import QueueStanding, Taught
from monitor.web.staff import placing

PASSING = (
    "Carers were interviewed about support. Programmes such as Theraplay and Circle of Security are "
    f"widely used {HOSTILE}. Thirty carers took part."
)


def titles(page):
    document: html.HtmlElement = html.document_fromstring(page.text)
    return [li.find("h2").text_content() for li in document.find_class("gm-item")]


def entry(page, title):
    """Give the words of one paper in a list."""
    document: html.HtmlElement = html.document_fromstring(page.text)
    (found,) = [li for li in document.find_class("gm-item") if title in li.text_content()]
    return " ".join(found.text_content().split())


@pytest.fixture
def passing(world):
    """A paper that names two interventions in passing."""
    said = replace(
        _papers()["ddp"],
        title="Support for foster carers: a qualitative study",
        identifiers=(Identifier("pmid", "50000001"),),
        registrations=(),
        publication_types=(),
        abstract=PASSING,
    )
    world.arrive("pubmed", passing=said)
    return world.papers["passing"]


def test_the_queue_says_in_words_why_a_paper_stands_where_it_does(world, browse):
    order_due(world.service)
    page = browse(world.ann).get("/queue")
    first = entry(page, titles(page)[0])
    assert "First because: " in first
    said = entry(page, "perinatal services")
    assert "randomised trial; named in the title; tells of attachment; 2026; reads " in said
    assert "Suggestions order the list, they never decide" in page.text
    assert "from 6 decisions: 5 included, 1 excluded" in " ".join(page.text.split())


def test_nothing_learned_is_said_too(begun, browse):
    page = browse(begun.ann).get("/queue").text
    assert "Nothing has been decided that it could learn from" in page


def test_what_is_only_mentioned_comes_last_and_says_how(world, browse, passing):
    browser = browse(world.ann)
    page = browser.get("/queue")
    assert "foster carers" in titles(page)[-1]
    said = entry(page, "foster carers")
    assert "Mentioned in passing" in said
    assert "Theraplay and COS, given as an example: “" in said
    assert HOSTILE not in page.text
    own = browser.get(f"/papers/{passing}").text
    assert "Mentioned in passing" in own
    assert "given as an example" in own
    assert HOSTILE not in own


def test_a_lane_is_narrowed_by_why_a_paper_is_here(world, browse, passing):
    browser = browse(world.ann)
    everything = titles(browser.get("/queue"))
    found = {
        why: titles(browser.get(f"/queue?why={why}"))
        for why in ("evaluated", "mentioned", "possible", "none", "x")
    }
    assert [t for t in everything if "foster carers" in t] == found["mentioned"]
    assert len(found["possible"]) == 1
    assert len(found["evaluated"]) == len(everything) - 2
    assert found["none"] == found["x"] == everything
    page = browser.get("/queue?why=mentioned&order=oldest").text
    assert "Mentions one in passing (1)" in page
    assert "Names none of the ten (1)" in page
    # the order survives the filters, and they survive it
    assert 'name="order" value="oldest"' in page
    assert 'href="/queue?stage=to+screen&amp;why=mentioned"' in page


def test_the_longest_waiting_can_come_first(world, browse, passing):
    browser = browse(world.ann)
    oldest = titles(browser.get("/queue?order=oldest"))
    assert sorted(oldest) == sorted(titles(browser.get("/queue")))
    assert "perinatal services" in oldest[0]
    assert "foster carers" in oldest[-1]
    assert "because:" not in browser.get("/queue?order=oldest").text


@pytest.mark.parametrize("order", ["", "?order=oldest"])
def test_the_next_paper_is_the_next_of_the_list(world, browse, order):
    browser = browse(world.ann)
    order_due(world.service)
    document: html.HtmlElement = html.document_fromstring(browser.get(f"/queue{order}").text)
    first, second, third = [
        li.find("h2").find("a").get("href") for li in document.find_class("gm-item")
    ][:3]
    assert ("order=oldest" in first) is bool(order)
    answer = browser.client.post(
        first.partition("?")[0],
        data=browser.fields(browser.get(first), first.partition("?")[0]) | {"verdict": "unsure"},
    )
    assert answer.location.partition("?")[0] == second.partition("?")[0]
    following = browser.get(answer.location).text
    assert f'href="{third}"' in following.replace("&amp;", "&"), "skipping leads on in the order"


def test_a_paper_shows_its_score_part_by_part(world, browse):
    order_due(world.service)
    page = browse(world.ann).get(f"/papers/{world.papers['cosp']}").text
    document: html.HtmlElement = html.document_fromstring(page)
    rows = document.find_class("gm-parts")[0].findall("div")
    parts = [float(row.find("dd").text_content().replace("−", "-")) for row in rows]
    assert len(parts) == 6
    assert sum(parts[:-1]) == pytest.approx(parts[-1], abs=0.003)
    assert "compared with 5 papers included and 1 excluded so far" in page
    assert "count 50% of what they did" in page


FULL = {"words": 0.2, "design": 0.35, "names": 0.35, "outcome": 0.2, "recent": 0.1}


@pytest.mark.parametrize(
    ("words", "taught", "said"),
    [
        (0.0, Taught(), ["randomised trial", "named in the title", "2026"]),
        (0.5, Taught(1, 1), ["randomised trial", "named in the title", "2026", "much like"]),
        (0.05, Taught(9, 9), ["somewhat like papers included"]),
        (-0.2, Taught(9, 9), ["like papers excluded so far"]),
        (0.0, Taught(9, 9), ["neither"]),
    ],
)
def test_what_no_longer_counts_is_no_reason(words, taught, said):
    standing = QueueStanding(1.0, FULL | {"words": words}, "randomised", "title", False, 2026)
    reasons = placing.reasons(standing, taught)
    assert len(reasons) == len(said)
    assert all(part in reason for part, reason in zip(said, reasons, strict=True))


def test_a_paper_of_which_nothing_was_read_has_its_reasons_too():
    nothing = QueueStanding(0.0, {}, None, None, False, None)
    assert placing.reasons(nothing, Taught()) == [
        "design not clear",
        "names none of the ten",
        "year not known",
    ]
    assert placing.rows(nothing) == []
