from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue.words import Design, Direction, FindingDirection, GapKind, Tier, UsageBand
from monitor.gap.meaning import meaning
from monitor.gap.rules import State
from monitor.notify.writing import meanings, wording


def state(**parts):
    whole: dict[str, Any] = {
        "tier": Tier.STRONG,
        "direction": Direction.MIXED,
        "studies": (8, 17),
        "band": UsageBand.LITTLE,
        "ranks": (4, 7, 9, 10),
        "out_of": 10,
        "usage_words": "among the least used of the ten",
        "kind": GapKind.UNDER_USED_CARE,
        "sentence": "More use is not clearly supported.",
    } | parts
    whole = {"tier_low": whole["tier"], "tier_high": whole["tier"]} | whole
    return State(**whole, settled=whole["tier_low"] is whole["tier_high"])


def change(before, after, **parts):
    return {
        "name": "Circle of Security",
        "short": "COS",
        "before": before.to_dict() if before else None,
        "after": after.to_dict(),
        "usage": {
            "wave": "2020",
            "numerator": None,
            "denominator": None,
            "unit": None,
            "citation": "An invented survey.",
        },
    } | parts


states = st.builds(
    state,
    tier=st.sampled_from(Tier),
    tier_low=st.sampled_from(Tier),
    tier_high=st.sampled_from(Tier),
    direction=st.sampled_from(Direction),
    studies=st.tuples(st.integers(0, 3), st.integers(3, 20)),
    band=st.sampled_from(UsageBand),
    ranks=st.sets(st.integers(1, 10)).map(lambda ranks: tuple(sorted(ranks))),
    usage_words=st.none() | st.just("least used of the ten"),
    kind=st.sampled_from(GapKind),
)


@given(states | st.none(), states, st.booleans())
def test_a_subject_names_tier_and_direction_together(before, after, correction):
    said = wording.subject([change(before, after)], correction=correction)
    assert "tier" in said
    assert "findings" in said or "trials" in said
    assert said.startswith("Correction: ") is correction


@given(states | st.none(), states)
def test_every_change_can_be_told(before, after):
    told = wording.rows(change(before, after))
    assert [row.label for row in told] == [
        "Evidence tier",
        "Direction of findings",
        "Use in UK services",
        "The gap",
    ]
    assert all(row.words for row in told)
    assert len(told[0].boxes) == 3
    assert len(told[2].boxes) in {0, 10}


@pytest.mark.parametrize(("tier", "direction"), list(product(Tier, Direction)))
def test_a_meaning_tells_nobody_to_buy_or_stop(tier, direction):
    told = meaning(state(tier=tier, direction=direction))
    for words in (told.buying, told.choosing):
        assert words[0].islower()
        assert words.endswith(".")
        assert "should" not in words
        assert "stop" not in words.lower()


def test_what_did_not_change_is_told_too():
    before, after = state(direction=Direction.GENERALLY_POSITIVE), state(studies=(9, 18))
    tier, direction, use, gap = wording.rows(change(before, after))
    assert tier.words == "Strong, unchanged: 9–18 studies, was 8–17"
    assert direction.words == "Was generally positive, now mixed"
    assert use.words == "Among the least used of the ten: 4th, 7th, 9th or 10th of 10"
    assert use.note == "Survey of 2020; no later figure is known to us. An invented survey."
    assert (gap.words, gap.more) == (
        "Under-used, read with care, unchanged",
        "More use is not clearly supported.",
    )


def test_marks_fill_towards_the_right():
    tier, _, use, _ = wording.rows(change(None, state()))
    assert tier.boxes == ("full", "full", "full")
    filled = [10 - place for place, box in enumerate(use.boxes) if box == "full"]
    assert filled == [10, 9, 7, 4]


def test_a_tier_that_is_not_settled_says_so():
    after = state(tier=Tier.WEAK, tier_high=Tier.INTERMEDIATE, studies=(2, 3))
    tier = wording.rows(change(state(tier=Tier.WEAK, studies=(1, 2)), after))[0]
    assert tier.words == "Weak for now; may become intermediate: 2–3 studies, was 1–2"
    assert "stands: weak" in tier.note
    assert tier.boxes == ("full", "open", "empty")


def test_no_study_and_no_usage_are_words_not_blanks():
    after = state(
        tier=Tier.WEAK,
        studies=(0, 0),
        direction=Direction.NONE,
        ranks=(),
        usage_words=None,
        band=UsageBand.UNKNOWN,
    )
    tier, direction, use, _ = wording.rows(change(None, after, usage=None))
    assert tier.words == "Weak: no study counted"
    assert direction.words == "None to go on"
    assert (use.words, use.boxes) == ("Not known", ())


def test_a_share_comes_with_its_denominator():
    usage = {
        "wave": "2027",
        "numerator": 188,
        "denominator": 212,
        "unit": "services",
        "citation": "x",
    }
    use = wording.rows(change(None, state(ranks=(), usage_words=None), usage=usage))[2]
    assert use.words == "Little used: 188 of 212 services (89%)"


UNKNOWN_STUDY: dict[str, Any] = {
    "label": "X",
    "year": None,
    "title": None,
    "identifiers": {},
    "design": None,
    "risk_of_bias": None,
    "outcome_class": None,
    "outcome": None,
    "direction": None,
    "participants": None,
    "uk": None,
    "developer_led": None,
    "decided_at": None,
    "decided_by": None,
}


def test_unknown_facts_are_printed_as_not_known():
    facts = wording.study_facts(UNKNOWN_STUDY)
    assert all("not known" in fact.words.lower() for fact in facts)
    assert wording.study_link(UNKNOWN_STUDY) is None


@pytest.mark.parametrize(("design", "direction"), list(product(Design, FindingDirection)))
def test_every_judged_study_has_a_headline(design, direction):
    study = {**UNKNOWN_STUDY, "design": design.value, "direction": direction.value, "uk": True}
    said = wording.headline([change(None, state())], study, correction=False)
    assert said.startswith("Circle of Security: a UK ")


@pytest.mark.parametrize(
    ("identifiers", "link"),
    [
        ({"doi": "10.1000/a<b>;(c)", "pmid": "1"}, "https://doi.org/10.1000/a%3Cb%3E;(c)"),
        ({"doi": '10.1/"onload=x" y'}, "https://doi.org/10.1/%22onload%3Dx%22%20y"),
        ({"pmid": "36722615"}, "https://pubmed.ncbi.nlm.nih.gov/36722615"),
        ({"nct": "NCT00000000"}, "https://clinicaltrials.gov/study/NCT00000000"),
    ],
)
def test_a_paper_is_linked_by_its_identifier(identifiers, link):
    assert wording.study_link({"identifiers": identifiers}) == link


def test_a_failing_source_says_what_may_be_missing():
    source = {"title": "PubMed", "state": "failing", "last_success": "2026-07-01T08:00:00+00:00"}
    heard = wording.heard(source)
    assert heard.trouble == "not answering; we keep trying."
    assert heard.words == (
        "Last heard from on 1 July 2026, 09:00; a study since then could be missing."
    )
    assert wording.heard({**source, "state": "ok"}).trouble == ""
    assert "so far" in wording.heard({**source, "state": "never", "last_success": None}).words


def test_several_changes_share_one_subject():
    one = change(None, state())
    assert (
        wording.subject([one, one], correction=False).count("COS: tier now strong, findings") == 2
    )
    assert (
        wording.subject([one] * 3, correction=True)
        == "Correction: 3 interventions: COS, COS and COS"
    )


def test_what_several_changes_mean_is_told_once_and_what_differs_apart():
    mixed = change(None, state())
    sibling = change(None, state(), name="DDP")
    other = change(None, state(direction=Direction.FAVOURS), name="VIPP")
    told = meanings.together([mixed, sibling, other])
    assert [names for names, _ in told] == ["Circle of Security and DDP", "VIPP"]
    assert [meant for _, meant in told] == [wording.means(mixed), wording.means(other)]
    above = meanings.told_above([mixed, other, sibling])
    assert above == ["", "", "The same as for Circle of Security, above."]
