"""Double appraisal, consensus and withdrawal on real databases."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from monitor.catalogue.words import Design, FindingDirection, OutcomeClass, RiskOfBias
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.literature.tables import StudyPaper
from monitor.review import queries, rules, service
from monitor.review.tables import Appraisal, Decision, QueueItem
from monitor.review.words import DecisionVerdict, Stage

_ACTIONS = {"study.appraised", "study.accepted"}
DIFFERENT: dict[str, dict[str, Any]] = {
    "count_it": {"count_it": False, "reason": "Wrong comparison"},
    "interventions": {"interventions": ("cos", "vipp")},
    "design": {"design": Design.SINGLE_GROUP, "risk_of_bias": RiskOfBias.SERIOUS},
    "risk_of_bias": {"risk_of_bias": RiskOfBias.HIGH},
    "outcome_class": {"outcome_class": OutcomeClass.PROXIMAL},
    "direction": {"direction": FindingDirection.MIXED},
}


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
    assert decision.verdict is DecisionVerdict.ACCEPT
    assert decision.reason == "Two reviewers agree"
    assert decision.interventions == ["cos"]
    assert decision.decided_by == [world.ann.id, world.ben.id]
    assert rules.from_facts(decision.facts) == judgement
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
        ("study.accepted", ben),
        ("study.appraised", ben),
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
    expected = ("design", "risk_of_bias") if name == "design" else (name,)
    assert queries.study(session, study_id).differences == expected


def test_facts_that_differ_need_no_third_person(session, world, judgement):
    study_id = world.study()
    world.appraise(study_id, world.ann)
    other = replace(
        judgement, participants=None, uk=False, outcome="Distress", quote="No difference was seen."
    )
    decision = world.appraise(study_id, world.ben, other).decision
    facts = decision.facts
    assert decision.verdict is DecisionVerdict.ACCEPT
    assert (facts["participants"], facts["uk"], facts["developer_led"]) == (None, None, False)
    assert facts["outcome"] == "Attachment security at 12 months / Distress"
    (counted,) = queries.accepted(session)
    assert (counted.participants, counted.uk, counted.developer_led) == (None, None, False)


def test_the_order_of_interventions_is_no_difference(world, judgement):
    study_id = world.study()
    world.appraise(study_id, world.ann, replace(judgement, interventions=("cos", "vipp")))
    outcome = world.appraise(
        study_id, world.ben, replace(judgement, interventions=("vipp", "cos", "vipp"))
    )
    assert outcome.decision.interventions == ["vipp", "cos"]  # the catalogue's order


def test_two_who_would_not_count_it_exclude(session, world, not_counted):
    study_id = world.study()
    world.appraise(study_id, world.ann, not_counted)
    other = replace(not_counted, reason="Adults only", interventions=("vipp",))
    outcome = world.appraise(study_id, world.ben, other)
    assert outcome.stage is _stage(session, study_id) is Stage.NOT_COUNTED
    assert outcome.decision.verdict is DecisionVerdict.EXCLUDE
    assert outcome.decision.reason == "No comparison of interest / Adults only"
    assert outcome.decision.interventions == ["vipp", "cos"]
    assert outcome.decision.facts["interventions"] is None
    assert outcome.decision.facts["differences"] == ["interventions"]
    assert queries.accepted(session) == []


# the third person


def _disagree(world, judgement, not_counted):
    study_id = world.study()
    world.appraise(study_id, world.ann, judgement)
    world.appraise(study_id, world.ben, not_counted)
    return study_id


def test_the_third_person_accepts(session, world, judgement, not_counted):
    study_id = _disagree(world, judgement, not_counted)
    third = replace(judgement, risk_of_bias=RiskOfBias.LOW, participants=None)
    outcome = world.appraise(study_id, world.cat, third)
    assert outcome.appraisal.settles is True
    assert outcome.stage is _stage(session, study_id) is Stage.ACCEPTED
    assert outcome.decision.verdict is DecisionVerdict.ACCEPT
    assert outcome.decision.decided_by == [world.ann.id, world.ben.id, world.cat.id]
    assert outcome.decision.facts["risk_of_bias"] == "low"
    assert outcome.decision.facts["participants"] == 188  # the first two gave the same
    assert [s["settles"] for s in outcome.decision.facts["said"]] == [False, False, True]
    assert outcome.decision.reason == "A third reviewer settled a difference in counting it"


def test_the_third_person_excludes(session, world, judgement, not_counted):
    study_id = _disagree(world, judgement, not_counted)
    outcome = world.appraise(study_id, world.cat, replace(not_counted, reason="Settled: out"))
    assert outcome.decision.verdict is DecisionVerdict.EXCLUDE
    assert outcome.decision.reason == "Settled: out"
    assert _stage(session, study_id) is Stage.NOT_COUNTED


def test_the_third_person_is_neither_of_the_two(session, world, judgement, not_counted):
    study_id = _disagree(world, judgement, not_counted)
    for one in (world.ann, world.ben):
        with pytest.raises(Conflict, match="third person"):
            world.appraise(study_id, one)
    assert len(session.scalars(select(Appraisal)).all()) == 2


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
        ({"interventions": ()}, "interventions"),
        ({"risk_of_bias": RiskOfBias.SERIOUS}, "risk_of_bias"),
        ({"quote": "\x00 \x01"}, "quote"),
        ({"participants": 0}, "participants"),
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
    assert again.decision is session.scalars(select(Decision)).one()
    assert len(session.scalars(select(Appraisal)).all()) == 2
    # the first reviewer's browser sends its form once more, after the decision
    assert world.appraise(study_id, world.ann, token="first").decision is None


def test_the_same_form_with_other_answers_is_told(world, judgement):
    study_id, other = world.study(), world.study(title="Another")
    world.appraise(study_id, world.ann, token="same")
    with pytest.raises(Conflict, match="other answers"):
        world.appraise(study_id, world.ann, replace(judgement, participants=7), token="same")
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
