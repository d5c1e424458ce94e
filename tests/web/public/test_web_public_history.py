"""The page of any past day, and what explains a state and a change, on both databases."""

import html
import re

import pytest

from monitor.catalogue import loader
from monitor.catalogue.words import FindingDirection
from monitor.gap.explaining import explained

GRADING = loader.load().grading.version  # in force


def text(page) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


@pytest.fixture
def told(client, evidence, clock):
    """A trial of no difference, a day after the ten were published."""
    clock.advance(days=1)
    evidence.decided("cos")
    clock.advance(days=1)
    return client


def test_any_day_is_shown_as_it_stood_by_the_rules_of_then_or_by_others(told):
    first = text(told.get("/history?on=2026-11-23"))
    assert "How the ten stood on 23 November 2026" in first
    assert (
        "Circle of Security Evidence tier Strong 8–17 studies Findings Generally positive" in first
    )
    for path in ("/history?on=2026-11-24", "/history"):
        later = text(told.get(path))
        assert "Strong 9–18 studies" in later
        assert "Positive to 2021, little or no difference since" in later
        assert "the ledger said" not in later
    votes = "grading/2023-1,gap/2023-2"
    page = told.get(f"/history?on=2026-11-24&policy={votes}")
    assert f'<option value="{votes}" selected>' in page.text
    words = text(page)
    assert (
        "Headline: the ledger said “positive to 2021, little or no difference since” then." in words
    )
    assert 'type="date"' in page.text
    assert 'min="2026-11-23"' in page.text
    assert 'max="2026-11-25"' in page.text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("on=yesterday", "There is no such day: write it as 2026-11-20, from 2000 to 2099."),
        ("on=2026-02-30", "There is no such day"),
        ("on=2026-11-24", "24 November 2026 has not come yet: choose 23 November 2026 or earlier."),
        ("on=2021-05-01", "The ten were entered here on 23 November 2026: before that day nothing"),
        ("policy=2026-1", "'2026-1' names no policy: write grading/2026-1"),
        ("policy=../../etc/passwd", "names no policy"),
        ("policy=gap/2023-1", f"grading/{GRADING} and gap/2023-1 do not fit"),
        ("policy=grading/1999-1", "There is no grading policy '1999-1'; there are 2023-1, "),
        ("on=%3Cscript%3E", "There is no such day"),
    ],
)
def test_a_day_or_a_policy_that_cannot_be_gets_a_sentence(client, query, sentence):
    page = client.get(f"/history?{query}")
    assert page.status_code == 400
    assert sentence in text(page)
    assert "<script>" not in page.text
    assert "<form" in page.text


def test_the_page_and_a_change_say_what_decided_and_what_it_hangs_on(
    told, evidence, published, catalogue, clock
):
    with published.read() as session:
        why = explained.explain_state(session, catalogue, "cos", clock())
    words = text(told.get("/interventions/cos"))
    for line in (*why.decided, *why.moves_most, why.hangs_on, why.next_tier):
        assert " ".join(line.split()) in words
    link = re.search(r'/changes/(\d+)"', told.get("/interventions/cos").text)
    assert link
    change = text(told.get(f"/changes/{link[1]}"))
    assert re.search(r"Without Author1 2026, this would not have changed\.", change)
    assert "Headline: the review’s “generally positive” and “little or no difference”" in change


def test_an_unsettled_tier_says_how_many_trials_would_settle_it(client, evidence):
    evidence.decided("ddp", direction=FindingDirection.MIXED, participants=100)
    words = text(client.get("/interventions/ddp"))
    assert "The tier next" in words
    assert "1 more sound randomised trial would settle the tier as intermediate" in words
