"""Subjects, sentences and tables of mails, for any two states: what moved is named, and nothing is cut off."""

import json
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from monitor.catalogue.words import (
    SAID,
    Certainty,
    Direction,
    GapKind,
    Label,
    ResultClass,
    Tier,
    UsageBand,
)
from monitor.evidence.shown import COMPARATORS, OUTCOMES, ShownFinding
from monitor.evidence.shown import place as place_of
from monitor.gap import wording as state_wording
from monitor.gap.rules import State, changed, sentence
from monitor.gap.words import ChangeKind
from monitor.notify.writing import wording

NAME = "Video-feedback Intervention to promote Positive Parenting"
BLEMISH = re.compile(r"\bNone\b(?! to go)|  | ,|,,|;;|\bbuy\b|\bstop\b|[{}]")
WORDS = {
    Label.NOT_SETTLED: "not settled, leans to the comparison",
    Label.BENEFIT: "benefit; varies: a new setting may see none or harm",
    Label.NOTHING: "1 of 1 point towards benefit; size not known",
}
places = st.tuples(st.sampled_from(list(COMPARATORS)), st.sampled_from(list(OUTCOMES)))
lines = st.builds(
    lambda place, label, k, people, randomised: ShownFinding(
        place[0],
        place[1],
        label,
        WORDS.get(label, label.value),
        None,
        None,
        None,
        k,
        people,
        randomised,
    ),
    places,
    st.sampled_from(Label),
    st.integers(1, 40),
    st.none() | st.integers(10, 5000),
    st.booleans(),
)
states = st.builds(
    lambda tiers, **facts: State(
        tier=tiers[1],
        tier_low=tiers[0],
        tier_high=tiers[2],
        settled=tiers[0] is tiers[2],
        ranks=(1, 2),
        out_of=10,
        usage_words=None,
        sentence="A sentence.",
        **facts,
    ),
    st.tuples(*[st.integers(0, 2)] * 3).map(lambda three: [list(Tier)[i] for i in sorted(three)]),
    direction=st.sampled_from(Direction),
    studies=st.sampled_from([(0, 0), (1, 1), (8, 17)]),
    band=st.sampled_from(UsageBand),
    kind=st.sampled_from(GapKind),
    said=st.none() | st.sampled_from(sorted(SAID)),
    shows=st.lists(
        lines, max_size=6, unique_by=lambda line: (line.comparator_class, line.outcome_class)
    ).map(tuple),
    certainty=st.dictionaries(
        st.sampled_from([ResultClass.ATTACHMENT.value, ResultClass.PROXIMAL.value]),
        st.sampled_from(Certainty),
    ),
)


def change(before, after):
    return {
        "name": NAME, "short": "VIPP", "usage": None, "cause_kind": "decision",
        "before": before.to_dict() if before else None, "after": after.to_dict(),
    }  # fmt: skip


def whole(said, after):
    findings = [state_wording.findings_clause(after.direction, word) for word in ("now", "still")]
    return state_wording.tier_clause(after) in said and any(each in said for each in findings)


@given(st.none() | states, states, st.booleans())
def test_a_subject_is_never_cut_and_has_no_blemish(before, after, correction):
    said = wording.subject([change(before, after)], correction=correction)
    assert len(said) <= 200
    assert whole(said, after)
    assert not BLEMISH.search(said)
    assert not BLEMISH.search(sentence(NAME, before, after, "x"))
    for row in wording.rows(change(before, after)):
        assert row.words
        assert not BLEMISH.search(row.words + row.more + row.note)


@given(st.tuples(states, states), st.tuples(states, states))
def test_a_subject_of_two_tells_tier_and_findings_of_both_or_of_neither(one, other):
    said = wording.subject([change(*one), change(*other)], correction=True)
    assert len(said) <= 200
    if said != "Correction: 2 interventions: VIPP and VIPP":
        assert whole(said, one[1])
        assert whole(said, other[1])


@given(states, states)
def test_whatever_moved_in_what_trials_show_is_told_also_where_the_last_study_is_gone(
    before, after
):
    after = replace(after, direction=before.direction)
    moved = state_wording.moved(before, after)
    assert (ChangeKind.FINDINGS in changed(before, after)) == bool(moved)
    told = sentence(NAME, before, after, "x")
    rows = [row.label for row in wording.rows(change(before, after))]
    for line in moved:
        assert f"read “{line.told}” {place_of(line)} (before: “" in told
        assert after.said is None or f"What trials since show {place_of(line)}" in rows
    backwards = {place_of(line) for line in state_wording.moved(after, before)}
    assert backwards == {place_of(line) for line in moved}


@given(states, states)
def test_a_subject_says_that_something_moved_where_something_did(before, after):
    kinds = set(changed(before, after)) - {ChangeKind.STUDIES, ChangeKind.USE}
    said = wording.subject([change(before, after)], correction=False)
    assert ("now" in said or "moved" in said) or not kinds


def test_a_certainty_that_moved_alone_is_in_the_subject_the_table_and_the_promise():
    before = State(
        tier=Tier.WEAK, tier_low=Tier.WEAK, tier_high=Tier.WEAK, settled=True, direction=Direction.MIXED, studies=(1, 1), band=UsageBand.WIDE, ranks=(),
        out_of=None, usage_words=None, kind=GapKind.UNDER_RESEARCHED, sentence="A sentence.",
        said=Direction.MIXED, certainty={"attachment": Certainty.MODERATE},
    )  # fmt: skip
    after = replace(before, certainty={"attachment": Certainty.LOW})
    said = wording.subject([change(before, after)], correction=False)
    assert said.endswith(
        "tier still weak, findings still mixed, certainty for children’s attachment now low"
    )
    assert ("Certainty for children’s attachment", "Was moderate, now low") in [
        (row.label, row.words) for row in wording.rows(change(before, after))
    ]
    assert "certainty" in wording.promise(1)


@given(states.filter(lambda state: state.shows), states)
def test_what_was_not_kept_apart_before_is_not_called_nothing_to_go_on(after, before):
    told = sentence(NAME, replace(before, said=None, shows=()), after, "x")
    assert "(before: “no result to go on”)" not in told


@given(states)
def test_beside_the_reviews_word_stands_only_what_a_headline_could_be_read_off(state):
    beside = state_wording.since(state)
    assert beside is None or beside.outcome_class in {"attachment", "proximal"}


@given(states)
def test_a_state_with_all_it_can_hold_survives_the_ledger(state):
    assert State.from_dict(json.loads(json.dumps(state.to_dict()))) == state
