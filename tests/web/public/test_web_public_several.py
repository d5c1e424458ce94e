"""A study of more than one of the ten is told in words, on pages and in mail, and favours none."""

import re

import pytest
from sqlalchemy import select

from monitor.catalogue.words import FindingDirection
from monitor.gap import queries as gaps
from monitor.notify.tables import Announcement
from monitor.notify.writing import wording

QUOTE = "More children moved to secure attachment in the one group than in the other."
BOTH = {"interventions": ("www", "pip"), "quote": QUOTE}


def text(answer):
    plain = re.sub(
        r"<style.*?</style>|<script.*?</script>|<[^>]+>", " ", answer.text, flags=re.DOTALL
    )
    return " ".join(plain.split())


def states(published):
    with published.read() as session:
        return {slug: gaps.state(session, slug) for slug in ("www", "pip")}


@pytest.mark.parametrize("direction", FindingDirection)
def test_a_trial_of_one_against_another_favours_neither(client, evidence, published, direction):
    before = states(published)
    study = evidence.decided("www", direction=direction, **BOTH)
    after = states(published)
    for slug in ("www", "pip"):
        assert after[slug].direction is before[slug].direction
        assert after[slug].studies[1] == before[slug].studies[1] + 1
        page = text(client.get(f"/interventions/{slug}"))
        assert f"Of more than one of the ten, so told in its words: “{QUOTE}”" in page
        own = text(client.get(f"/interventions/{slug}/studies/{study}"))
        assert f"“{QUOTE}”" in own
        assert "In words, as it is of" in own
        assert "Of more than one of the ten: told in words" in own
        for said in ("Favours the intervention", "Favours the comparison", "No clear difference"):
            assert said not in own


def test_which_group_did_better_is_judged_and_readers_are_told_in_words(evidence, published):
    """Which group a direction is about is read off the groups: two who differ in it differ."""
    study = evidence.arrives("www")
    evidence.judged(study, 0, direction=FindingDirection.FAVOURS, **BOTH)
    evidence.judged(study, 1, direction=FindingDirection.FAVOURS_COMPARISON, **BOTH)
    assert states(published)["www"].studies == (1, 2)
    evidence.judged(study, 2, direction=FindingDirection.FAVOURS, **BOTH)
    assert states(published)["www"].studies == (2, 3)


def test_the_mail_tells_it_in_words_too(evidence, published):
    evidence.decided("www", direction=FindingDirection.FAVOURS, **BOTH)
    with published.read() as session:
        made = session.scalars(select(Announcement)).one()
        study, changes = made.content["study"], made.content["changes"]
    assert study["direction"] is None
    (result,) = [fact.words for fact in wording.study_facts(study) if fact.label == "Result"]
    assert result == f"Of more than one of the ten, so told in its own words: “{QUOTE}”"
    headline = wording.headline(changes, study, correction=False)
    assert headline.endswith("a UK randomised trial concerns more than one of the ten")
    told = {change["slug"]: change["sentence"] for change in changes}
    assert len(told) == 2, "each hears it, with the sign of its own arm"
    signs = {"benefit": 0, "favours the comparison": 0}
    for sentence in told.values():
        for label in signs:
            signs[label] += (
                f"“{label}” for children’s attachment, against another of the ten" in sentence
            )
    assert signs == {"benefit": 1, "favours the comparison": 1}


def test_a_study_of_one_keeps_its_direction(client, evidence):
    study = evidence.decided("www", direction=FindingDirection.FAVOURS, interventions=("www",))
    assert "Favours the intervention" in text(client.get(f"/interventions/www/studies/{study}"))
