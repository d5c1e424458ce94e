"""Double appraisal, consensus and withdrawal on real databases."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from readings import reading_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select

from monitor.accounts.tables import Role
from monitor.catalogue import loader
from monitor.catalogue.words import Design, FindingDirection, OutcomeClass, RiskOfBias
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.literature.tables import StudyPaper
from monitor.review import queries, rules, service
from monitor.review.appraisal import drafting, given
from monitor.review.queries import StudyTurn
from monitor.review.reading.model import from_json
from monitor.review.tables import Appraisal, Decision, QueueItem, ReadingDraft
from monitor.review.words import DecisionVerdict, Settling, Stage

_ACTIONS = {"study.appraised", "study.accepted"}
DIFFERENT: dict[str, dict[str, Any]] = {
    "count_it": {"count_it": False, "reason": "Wrong comparison"},
    "intervention": {"interventions": ("cos", "vipp")},
    "design": {"design": Design.NON_RANDOMISED, "risk_of_bias": RiskOfBias.SERIOUS},
    "stated": {"risk_of_bias": RiskOfBias.HIGH},
    "kind": {"outcome_class": OutcomeClass.PROXIMAL},
    "direction": {"direction": FindingDirection.FAVOURS},
}
TOOLS = loader.load().tool_by_reference


def _study(session, study_id, viewer=None):
    return queries.study(session, study_id, viewer, tools=TOOLS)


def _stage(session, study_id):
    """The study's stage, as every one of its papers shows it."""
    linked = select(StudyPaper.paper_id).where(StudyPaper.study_id == study_id)
    (stage,) = set(session.scalars(select(QueueItem.stage).where(QueueItem.paper_id.in_(linked))))
    return stage


def _entries(session, study_id):
    return [
        (entry.action, entry.actor)
        for entry in session.scalars(select(audit.AuditEntry).order_by(audit.AuditEntry.seq))
        if entry.subject == f"study:{study_id}"
    ]


def test_the_first_appraisal_waits_for_a_second_person(session, world):
    study_id = world.study()
    outcome = world.appraise(study_id, world.ann)
    assert (outcome.stage, outcome.decision) == (Stage.TO_APPRAISE, None)
    assert outcome.appraisal.settles is False
    assert _stage(session, study_id) is Stage.TO_APPRAISE
    assert not session.scalars(select(Decision)).all()


def test_two_who_agree_accept(session, world, judgement):
    study_id = world.study()
    one = world.appraise(study_id, world.ann).appraisal
    outcome = world.appraise(study_id, world.ben)
    decision = outcome.decision
    assert outcome.stage is _stage(session, study_id) is Stage.ACCEPTED
    assert outcome.consensus.how is Settling.AGREED
    assert decision.verdict is DecisionVerdict.ACCEPT
    assert decision.reason == "Two reviewers agree"
    assert decision.interventions == ["cos"]
    assert decision.decided_by == [world.ann.id, world.ben.id]
    assert rules.from_facts(decision.facts) == judgement
    assert from_json(decision.facts["reading"]) == reading_of(judgement)
    assert decision.facts["label"] == "Example 2026"
    assert decision.facts["differences"] == []
    said = decision.facts["said"]
    assert [(s["reviewer"], s["appraisal"], s["settles"]) for s in said] == [
        (world.ann.id, one.id, False),
        (world.ben.id, outcome.appraisal.id, False),
    ]
    assert rules.from_facts(said[0]["judgement"]) == judgement
    ann, ben = f"user:{world.ann.id}", f"user:{world.ben.id}"
    entries = [entry for entry in _entries(session, study_id) if entry[0] in _ACTIONS]
    assert entries == [
        ("study.appraised", ann),
        ("study.appraised", ben),
        ("study.accepted", ben),
    ]
    assert audit.broken_link(session) is None


def test_facts_survive_the_database(session, world, judgement):
    study_id = world.accepted()
    session.expire_all()
    decision = service.accepting_decision(session, study_id)
    assert rules.from_facts(decision.facts) == judgement
    assert [rules.from_facts(s["judgement"]) for s in decision.facts["said"]] == [judgement] * 2


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_difference_in_a_judged_answer_waits_for_a_third_person(session, world, judgement, name):
    study_id = world.study()
    world.appraise(study_id, world.ann)
    outcome = world.appraise(study_id, world.ben, replace(judgement, **DIFFERENT[name]))
    assert (outcome.stage, outcome.decision) == (Stage.DISAGREEMENT, None)
    assert _stage(session, study_id) is Stage.DISAGREEMENT
    told = {"direction": "effect"}.get(name, name)  # a direction is told by its effect
    assert told in {row.place.field for row in _study(session, study_id).differences}


def test_facts_and_texts_that_differ_need_no_third_person(session, world, judgement):
    study_id = world.study()
    world.appraise(study_id, world.ann)
    other = replace(judgement, uk=False, outcome="Distress", quote="No difference was seen.")
    decision = world.appraise(study_id, world.ben, other).decision
    facts = decision.facts
    assert decision.verdict is DecisionVerdict.ACCEPT
    assert (facts["uk"], facts["developer_led"]) == (None, False)
    assert facts["outcome"] == "Attachment security at 12 months / Distress"
    (counted,) = queries.accepted(session)
    assert (counted.uk, counted.developer_led) == (None, False)


def test_the_ones_compared_come_in_the_catalogues_order(world, judgement):
    study_id = world.study()
    both = replace(judgement, interventions=("cos", "vipp"))
    world.appraise(study_id, world.ann, both)
    outcome = world.appraise(study_id, world.ben, both)
    assert outcome.decision.interventions == ["vipp", "cos"]


def test_groups_named_in_another_order_are_no_difference(world, judgement):
    study_id = world.study()
    world.appraise(study_id, world.ann)
    reading = reading_of(judgement)
    names = {"a1": "a2", "a2": "a1"}
    (result,) = reading.results
    turned = reading.model_copy(
        update={
            "arms": tuple(a.model_copy(update={"key": names[a.key]}) for a in reading.arms[::-1]),
            "results": (result.model_copy(update={"experimental": "a2", "comparator": "a1"}),),
        }
    )
    assert world.appraise(study_id, world.ben, turned).consensus


def test_two_who_would_not_count_it_exclude(session, world, not_counted):
    study_id = world.study()
    world.appraise(study_id, world.ann, not_counted)
    other = replace(not_counted, reason="Adults only", interventions=("vipp",))
    outcome = world.appraise(study_id, world.ben, other)
    assert outcome.stage is _stage(session, study_id) is Stage.NOT_COUNTED
    assert outcome.decision.verdict is DecisionVerdict.EXCLUDE
    assert outcome.decision.reason == "No comparison of interest / Adults only"
    assert outcome.decision.interventions == ["vipp", "cos"]
    assert queries.accepted(session) == []


# the third person


def _disagree(world, judgement, not_counted):
    study_id = world.study()
    world.appraise(study_id, world.ann, judgement)
    world.appraise(study_id, world.ben, not_counted)
    return study_id


def test_the_third_person_accepts(session, world, judgement, not_counted):
    study_id = _disagree(world, judgement, not_counted)
    third = replace(judgement, risk_of_bias=RiskOfBias.LOW)
    outcome = world.appraise(study_id, world.cat, third)
    assert outcome.appraisal.settles is True
    assert outcome.stage is _stage(session, study_id) is Stage.ACCEPTED
    assert outcome.decision.verdict is DecisionVerdict.ACCEPT
    assert outcome.decision.decided_by == [world.ann.id, world.ben.id, world.cat.id]
    assert outcome.decision.facts["risk_of_bias"] == "low"
    assert outcome.decision.reason.startswith(
        "A third reviewer settled a difference in counting it"
    )


def test_one_of_the_two_settles_and_the_other_confirms(session, world, judgement, not_counted):
    study_id = _disagree(world, judgement, not_counted)
    outcome = world.appraise(study_id, world.ben, judgement)
    assert outcome.consensus.how is Settling.PAIR
    assert outcome.consensus.confirmed_at is None
    assert _stage(session, study_id) is Stage.DISAGREEMENT
    assert _study(session, study_id, world.ben.id).turn is StudyTurn.NOTHING
    assert _study(session, study_id, world.ann.id).turn is StudyTurn.CONFIRM
    settled = outcome.consensus.id
    for one in (world.ben, world.cat):
        with pytest.raises(Conflict, match="other of the two"):
            service.confirm(
                session, world.catalogue, world.sent(study_id, one), consensus_id=settled
            )
    with pytest.raises(Conflict, match="has not agreed"):
        world.count(study_id, world.cat, settled)
    service.confirm(session, world.catalogue, world.sent(study_id, world.ann), consensus_id=settled)
    assert _stage(session, study_id) is Stage.AGREED
    decision = world.count(study_id, world.cat, settled)
    assert decision.decided_by == [world.ann.id, world.ben.id, world.cat.id]
    assert decision.reason.startswith("The two reviewers settled a difference in")


# what comes after a consensus


def test_what_is_agreed_counts_nothing_before_somebody_has_seen_what_it_would_do(session, world):
    study_id = world.study()
    world.hand_in(study_id, world.ann)
    outcome = world.hand_in(study_id, world.ben)
    assert (outcome.stage, outcome.decision) == (Stage.AGREED, None)
    assert queries.accepted(session) == []
    assert _study(session, study_id, world.cat.id).turn is StudyTurn.COUNT
    world.count(study_id, world.cat, outcome.consensus.id)
    assert len(queries.accepted(session)) == 1


def test_a_change_before_the_decision_keeps_both_and_the_reason(session, world, judgement):
    study_id = world.study()
    world.hand_in(study_id, world.ann)
    agreed = world.hand_in(study_id, world.ben).consensus
    other = replace(judgement, direction=FindingDirection.FAVOURS)
    with pytest.raises(Conflict, match="it is settled"):
        world.hand_in(study_id, world.ben, other)
    changed = world.hand_in(study_id, world.ben, other, because="Table 2 says otherwise")
    assert (changed.appraisal.edition, changed.stage) == (2, Stage.DISAGREEMENT)
    assert agreed.voided_at is not None
    with pytest.raises(Conflict, match="changed since"):
        world.count(study_id, world.cat, agreed.id)
    editions = session.scalars(
        select(Appraisal.edition).where(Appraisal.reviewer_id == world.ben.id)
    )
    assert sorted(editions) == [1, 2]


def test_where_many_would_be_told_a_lead_lets_it_count(session, world):
    study_id = world.study()
    world.hand_in(study_id, world.ann)
    agreed = world.hand_in(study_id, world.ben).consensus.id
    with pytest.raises(Conflict, match="not a lead reviewer"):
        world.count(study_id, world.ann, agreed, by_a_lead=True)
    world.ben.role = Role.LEAD
    session.flush()
    assert world.count(study_id, world.ben, agreed, by_a_lead=True)


def test_counting_twice_is_one_decision(session, world):
    study_id = world.study()
    world.hand_in(study_id, world.ann)
    agreed = world.hand_in(study_id, world.ben).consensus.id
    one = world.count(study_id, world.ann, agreed, token="same")
    assert world.count(study_id, world.ann, agreed, token="same") is one
    with pytest.raises(Conflict, match="was accepted by"):
        world.count(study_id, world.cat, agreed)


# rounds


def _reopened(world, study_id, reason="Table 2 was corrected"):
    world.cat.role = Role.LEAD
    world.session.flush()
    return service.open_round(
        world.session, study_id=study_id, reason=reason, by=world.cat, at=world.now
    )


def test_a_later_round_leaves_what_counts_until_it_is_decided(session, world, judgement):
    study_id = world.accepted()
    assert _reopened(world, study_id).number == 2
    assert _stage(session, study_id) is Stage.TO_APPRAISE
    assert len(queries.accepted(session)) == 1
    view = _study(session, study_id, world.ann.id)
    assert (view.counts, view.turn, view.appraisals) == (True, StudyTurn.APPRAISE, ())
    better = replace(judgement, risk_of_bias=RiskOfBias.LOW)
    world.hand_in(study_id, world.ann, better)
    agreed = world.hand_in(study_id, world.cat, better).consensus
    (before,) = queries.accepted(session)
    assert before.risk_of_bias is RiskOfBias.SOME_CONCERNS
    decision = world.count(study_id, world.cat, agreed.id)
    (after,) = queries.accepted(session)
    assert after.risk_of_bias is RiskOfBias.LOW
    assert decision.facts["supersedes"] == before.decision_id
    assert _stage(session, study_id) is Stage.ACCEPTED
    assert [one.risk_of_bias for one in given.pair(session, study_id, 1)] == ["some concerns"] * 2


def test_a_later_round_may_find_that_it_should_not_count(session, world, not_counted):
    study_id = world.accepted()
    _reopened(world, study_id)
    world.hand_in(study_id, world.ann, not_counted)
    outcome = world.hand_in(study_id, world.ben, not_counted)
    assert outcome.decision is None  # readers were told that it counts: it is shown first
    decision = world.count(study_id, world.cat, outcome.consensus.id)
    assert decision.verdict is DecisionVerdict.WITHDRAW
    assert queries.accepted(session) == []
    assert _stage(session, study_id) is Stage.WITHDRAWN


def test_only_a_lead_opens_a_round_of_a_decided_study_and_says_why(session, world):
    waiting, decided = world.study(title="Another"), world.accepted()
    with pytest.raises(Conflict, match="not a lead reviewer"):
        service.open_round(session, study_id=decided, reason="x", by=world.ann, at=world.now)
    with pytest.raises(Conflict, match="Round 1 of this study is open"):
        _reopened(world, waiting)
    with pytest.raises(InvalidInput):
        _reopened(world, decided, reason=" ")
    _reopened(world, decided)
    with pytest.raises(Conflict, match="Round 2 of this study is open"):
        _reopened(world, decided)


def test_a_study_that_is_withdrawn_while_it_is_appraised_again_stays_in_work(session, world):
    study_id = world.accepted()
    _reopened(world, study_id)
    world.withdraw(study_id, world.ann)
    assert _stage(session, study_id) is Stage.TO_APPRAISE
    assert _study(session, study_id).counts is False


def test_the_third_person_excludes(session, world, judgement, not_counted):
    study_id = _disagree(world, judgement, not_counted)
    outcome = world.appraise(study_id, world.cat, replace(not_counted, reason="Settled: out"))
    assert outcome.decision.verdict is DecisionVerdict.EXCLUDE
    assert outcome.decision.reason == "Settled: out"
    assert _stage(session, study_id) is Stage.NOT_COUNTED


def test_nobody_is_both_reviewers(session, world):
    study_id = world.study()
    world.appraise(study_id, world.ann)
    with pytest.raises(Conflict, match="second person"):
        world.appraise(study_id, world.ann)
    assert _stage(session, study_id) is Stage.TO_APPRAISE


# who and what is refused


def test_a_decided_study_takes_no_more_appraisals(world, not_counted):
    study_id = world.accepted()
    with pytest.raises(Conflict) as late:
        world.appraise(study_id, world.cat)
    assert str(late.value) == (
        "This study was accepted by Ann Example and Ben Example on 23 November 2026, 06:10. "
        "Nothing was recorded"
    )
    excluded = world.accepted(judgement=not_counted, title="Another")
    with pytest.raises(Conflict, match="excluded by Ann Example and Ben Example"):
        world.appraise(excluded, world.cat)


def test_only_reviewers_and_admins_appraise(session, world, now):
    study_id = world.study()
    with pytest.raises(Conflict, match="not a reviewer"):
        world.appraise(study_id, world.reader)
    world.ben.disabled_at = now
    with pytest.raises(Conflict, match="disabled"):
        world.appraise(study_id, world.ben)
    assert not session.scalars(select(Appraisal)).all()


def test_an_appraisal_stands_when_its_reviewer_leaves(world, now):
    study_id = world.study()
    world.appraise(study_id, world.ann)
    world.ann.disabled_at = now
    assert world.appraise(study_id, world.ben).stage is Stage.ACCEPTED


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"interventions": ("nope",)}, "interventions"),
        ({"interventions": ()}, "arms"),
        ({"outcome": " "}, "outcome"),
        ({"quote": "\x00 \x01"}, "quote"),
    ],
)
def test_a_judgement_that_is_not_whole_changes_nothing(session, world, judgement, change, field):
    study_id = world.study()
    with pytest.raises(InvalidInput) as refused:
        world.appraise(study_id, world.ann, replace(judgement, **change))
    assert refused.value.field == field
    assert not session.scalars(select(Appraisal)).all()


def test_no_study_no_appraisal(world):
    with pytest.raises(NotFound):
        world.appraise(999, world.ann)
    with pytest.raises(NotFound):
        world.withdraw(999, world.ann)
    with pytest.raises(NotFound):
        service.study_label(world.session, 999)


def test_text_is_kept_as_a_database_can(world, judgement):
    study_id = world.study()
    hostile = "<script>alert(1)</script>\r\n{{7*7}} \u202e\x00=cmd"
    row = world.appraise(study_id, world.ann, replace(judgement, quote=hostile)).appraisal
    assert row.reading["results"][0]["reported"]["quote"] == row.quote
    assert row.quote == "<script>alert(1)</script>\n{{7*7}}   =cmd"


# forms sent twice


def test_the_same_form_twice_is_one_appraisal(session, world):
    study_id = world.study()
    one = world.appraise(study_id, world.ann, token="first")
    two = world.appraise(study_id, world.ann, token="first")
    assert one.appraisal is two.appraisal
    assert two.decision is None
    world.appraise(study_id, world.ben, token="second")
    again = world.appraise(study_id, world.ben, token="second")
    assert again.stage is Stage.ACCEPTED
    assert len(session.scalars(select(Decision)).all()) == 1
    assert len(session.scalars(select(Appraisal)).all()) == 2
    # the first reviewer's browser sends its form once more, after the decision
    assert world.appraise(study_id, world.ann, token="first").decision is None


def test_the_same_form_with_other_answers_is_told(world, judgement):
    study_id, other = world.study(), world.study(title="Another")
    world.appraise(study_id, world.ann, token="same")
    with pytest.raises(Conflict, match="other answers"):
        world.appraise(study_id, world.ann, replace(judgement, quote="Another."), token="same")
    with pytest.raises(Conflict, match="other answers"):
        world.appraise(other, world.ann, token="same")
    with pytest.raises(Conflict, match="other answers"):
        world.appraise(study_id, world.ben, token="same")


# withdrawal


def test_withdrawing_an_accepted_study(session, world, judgement):
    study_id = world.accepted()
    accepted = service.accepting_decision(session, study_id)
    decision = world.withdraw(study_id, world.cat, reason=" Retracted\x00 ")
    assert decision.verdict is DecisionVerdict.WITHDRAW
    assert (decision.reason, decision.decided_by) == ("Retracted", [world.cat.id])
    assert decision.interventions == ["cos"]
    assert decision.facts["withdraws"] == accepted.id
    assert rules.from_facts(decision.facts) == judgement
    assert _stage(session, study_id) is Stage.WITHDRAWN
    assert queries.accepted(session) == []
    assert ("study.withdrawn", f"user:{world.cat.id}") in _entries(session, study_id)
    with pytest.raises(Conflict, match="withdrawn by Cat Example"):
        service.accepting_decision(session, study_id)


def test_a_withdrawal_sent_twice_is_one(session, world):
    study_id, other = world.accepted(), world.accepted(title="Another")
    one = world.withdraw(study_id, world.ann, token="same")
    assert world.withdraw(study_id, world.ann, token="same") is one
    with pytest.raises(Conflict, match="another study"):
        world.withdraw(other, world.ann, token="same")
    with pytest.raises(Conflict, match="withdrawn by Ann Example"):
        world.withdraw(study_id, world.ben)


def test_only_an_accepted_study_is_withdrawn(world, not_counted):
    waiting = world.study()
    with pytest.raises(Conflict, match="still being appraised"):
        world.withdraw(waiting, world.ann)
    excluded = world.accepted(judgement=not_counted, title="Another")
    with pytest.raises(Conflict, match="excluded by"):
        world.withdraw(excluded, world.ann)


def test_withdrawing_needs_a_reason_and_a_reviewer(session, world):
    study_id = world.accepted()
    for reason in ("", " \n", "x" * 5001):
        with pytest.raises(InvalidInput) as refused:
            world.withdraw(study_id, world.ann, reason=reason)
        assert refused.value.field == "reason"
    with pytest.raises(Conflict, match="not a reviewer"):
        world.withdraw(study_id, world.reader)
    assert _stage(session, study_id) is Stage.ACCEPTED


def test_a_withdrawn_study_takes_no_more_appraisals(world):
    study_id = world.accepted()
    world.withdraw(study_id, world.ann)
    with pytest.raises(Conflict, match="withdrawn by Ann Example"):
        world.appraise(study_id, world.cat)


def test_a_draft_that_nobody_came_back_to_is_forgotten_after_a_quarter_of_a_year(
    session, world, judgement
):
    old, lately = world.study(), world.study(title="Another")
    for study_id, days in ((old, 91), (lately, 89)):
        service.keep_draft(
            session,
            study_id=study_id,
            by=world.ann,
            reading=reading_of(judgement),
            version=0,
            at=world.now - timedelta(days=days),
        )
    assert drafting.drop_old(session, at=world.now) == 1
    assert session.scalars(select(ReadingDraft.study_id)).all() == [lately]
