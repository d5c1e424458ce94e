from datetime import date

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from published import ten  # type: ignore[import-not-found]  # tests/support is on pytest's path
from readings import reading_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select

from monitor.catalogue import loader
from monitor.catalogue.words import (
    Design,
    Direction,
    FindingDirection,
    OutcomeClass,
    RiskOfBias,
    Tier,
)
from monitor.evidence import queries, service
from monitor.evidence.rules import CountRange
from monitor.evidence.tables import GradeRow
from monitor.evidence.words import Cause
from monitor.kernel import audit
from monitor.kernel.errors import NotFound
from monitor.literature.tables import Study
from monitor.review.reading.model import to_json
from monitor.review.rules import Judgement, as_facts, versioned
from monitor.review.words import DecisionVerdict

BASELINE = Cause("baseline", "Published: the review")
ACCEPTED = Cause("decision", "Invented trial was accepted by two reviewers", 7)


def judgement(*slugs, **changes):
    answers = {
        "count_it": True,
        "reason": "",
        "interventions": slugs,
        "design": Design.RANDOMISED,
        "risk_of_bias": RiskOfBias.SOME_CONCERNS,
        "risk_reason": "no protocol found",
        "outcome_class": OutcomeClass.ATTACHMENT,
        "outcome": "attachment security, an invented scale",
        "direction": FindingDirection.NO_DIFFERENCE,
        "participants": 120,
        "uk": True,
        "developer_led": False,
        "quote": "No difference was found.",
    }
    return Judgement(**{**answers, **changes})


def read(given):
    """The judgement as a reading, of people who were not asked whether the review has it."""
    return reading_of(given).model_copy(update={"in_review": None})


class World:
    """Ten interventions and two reviewers, straight into the tables."""

    def __init__(self, session, now):
        self.session, self.now, self.papers = session, now, 0
        self.catalogue = loader.load()
        ten(session, self.catalogue, now)
        self.people = [rows.person(session, name, at=now) for name in ("Ann", "Ben")]

    def paper(self, study_id, *, published=None, year=None, role="main report"):
        self.papers += 1
        paper = rows.paper(
            self.session,
            f"Invented paper {self.papers}",
            at=self.now,
            published=published,
            year=year,
        )
        rows.report(self.session, study_id, paper.id, role, at=self.now)

    def study(self, label, **published):
        study = rows.study(self.session, label, at=self.now)
        self.paper(study.id, **(published or {"published": date(2025, 9, 1), "year": 2025}))
        return study.id

    def decide(self, study_id, given, verdict=DecisionVerdict.ACCEPT):
        rows.decision(
            self.session,
            study_id,
            versioned(as_facts(given) | {"reading": to_json(read(given))}),
            verdict,
            by=[person.id for person in self.people],
            at=self.now,
        )

    def accept(self, label, *slugs, **changes):
        study_id = self.study(label)
        self.decide(study_id, judgement(*slugs, **changes))
        return study_id

    def regrade(self, slug, cause=BASELINE):
        return service.regrade(self.session, self.catalogue, slug, cause=cause, at=self.now)


def weighed(world, study_id, given):
    return service.weighed(world.session, world.catalogue, study_id, given, read(given))


@pytest.fixture
def world(session, now):
    return World(session, now)


def _ledger(session):
    session.expire_all()
    return list(session.scalars(select(GradeRow).order_by(GradeRow.id)))


def test_the_baseline_of_all_ten_is_recorded_once(world, session):
    for _ in range(2):
        for slug in world.catalogue.slugs:
            world.regrade(slug)
        session.expire_all()
    rows = _ledger(session)
    assert [row.slug for row in rows] == list(world.catalogue.slugs)
    for row in rows:
        published = world.catalogue.intervention(row.slug).baseline
        assert (row.tier, row.tier_low, row.tier_high) == (published.tier,) * 3
        assert row.direction == published.direction
        in_force = world.catalogue.grading.version
        assert (row.policy, row.counted, row.cause_kind) == (in_force, [], "baseline")


def test_an_accepted_trial_is_graded_with_its_cause(world, session, now):
    world.regrade("cos")
    study_id = world.accept("Invented trial", "cos")
    row = world.regrade("cos", ACCEPTED)
    assert (row.tier, row.direction, row.counted) == (
        Tier.STRONG,
        Direction.POSITIVE_THEN_LITTLE,
        [study_id],
    )
    assert row.facts == {
        "studies": [9, 18],
        "sound": [9, 18],
        "high_quality": [9, 18],
        "randomised": [3, 18],
    }
    assert (row.cause_kind, row.cause_id, row.cause) == ("decision", 7, ACCEPTED.words)
    assert row.at == now
    assert any("Invented trial" in reason for reason in row.reasons)
    assert world.regrade("cos", ACCEPTED).id == row.id
    assert queries.current(session, "cos") is row
    assert [one.direction for one in queries.history(session, "cos")] == [
        Direction.POSITIVE_THEN_LITTLE,
        Direction.GENERALLY_POSITIVE,
    ]


def test_a_study_of_another_intervention_changes_nothing(world, session):
    world.regrade("cos")
    world.accept("Invented trial", "ddp")
    world.regrade("cos", ACCEPTED)
    assert len(_ledger(session)) == 1


def test_a_study_of_two_interventions_counts_for_both(world):
    study_id = world.accept("Invented trial", "pip", "cpp")
    assert world.regrade("pip").counted == [study_id]
    assert world.regrade("cpp").counted == [study_id]


def test_a_withdrawn_study_leaves_the_grade_as_it_was(world):
    first = world.regrade("ddp")
    study_id = world.accept("Invented trial", "ddp")
    second = world.regrade("ddp", ACCEPTED)
    assert (second.tier_low, second.tier_high) == (Tier.WEAK, Tier.INTERMEDIATE)
    world.decide(study_id, judgement("ddp"), DecisionVerdict.WITHDRAW)
    third = world.regrade("ddp", Cause("withdrawal", "retracted", 8))
    assert third.id > second.id
    for name in ("tier", "tier_low", "tier_high", "direction", "facts", "counted", "reasons"):
        assert getattr(third, name) == getattr(first, name)


def test_a_preview_is_what_regrading_then_records_and_changes_nothing(world, session):
    before = world.regrade("ddp")
    study_id = world.study("Invented trial")
    adding = weighed(world, study_id, judgement("ddp"))
    seen = service.preview(session, world.catalogue, "ddp", adding=adding)
    assert len(_ledger(session)) == 1
    world.decide(study_id, judgement("ddp"))
    row = world.regrade("ddp", ACCEPTED)
    assert queries.as_grade(row) == seen
    # and previewing its withdrawal gives the grade before it
    withdrawn = service.preview(session, world.catalogue, "ddp", without=study_id)
    assert withdrawn == queries.as_grade(before)


def test_a_preview_judges_an_accepted_study_anew_instead_of_counting_it_twice(world, session):
    study_id = world.accept("Invented trial", "ddp")
    anew = judgement("ddp", direction=FindingDirection.FAVOURS, risk_of_bias=RiskOfBias.HIGH)
    adding = weighed(world, study_id, anew)
    seen = service.preview(session, world.catalogue, "ddp", adding=adding)
    assert seen.facts["studies"] == CountRange(2, 3)
    assert seen.facts["sound"] == CountRange(0, 0)


@pytest.mark.parametrize(
    ("reports", "studies"),
    [
        ([{"published": date(2025, 9, 1), "year": 2025}], [2, 3]),
        ([{"year": 2022}], [2, 3]),
        ([{"year": 2021}], [1, 3]),
        ([{}], [1, 3]),
        ([{"year": 2024}, {"year": 2019}], [1, 3]),
        ([{"year": 2024}, {"year": 2019, "role": "protocol"}], [2, 3]),
        ([{"year": 2024}, {"role": "secondary report"}], [1, 3]),
        ([{"year": 2024, "role": "registration"}], [1, 3]),
    ],
)
def test_the_first_report_of_results_says_whether_the_review_may_hold_it(
    world, session, reports, studies
):
    study = Study(label="Invented trial", created_at=world.now)
    session.add(study)
    session.flush()
    for report in reports:
        world.paper(study.id, **report)
    world.decide(study.id, judgement("ddp"))
    assert world.regrade("ddp").facts["studies"] == studies
    adding = weighed(world, study.id, judgement("ddp"))
    seen = service.preview(session, world.catalogue, "ddp", adding=adding)
    assert [seen.facts["studies"].lo, seen.facts["studies"].hi] == studies


def test_a_new_version_of_the_policy_is_a_new_row(world, session):
    world.regrade("cos")
    newer = world.catalogue.grading.model_copy(update={"version": "2099-1"})
    world.catalogue = world.catalogue.model_copy(update={"grading": newer})
    assert world.regrade("cos").policy == "2099-1"
    assert len(_ledger(session)) == 2


def test_each_grade_is_audited(world, session):
    before = audit.count(session)
    world.regrade("cos")
    world.regrade("cos")
    assert audit.count(session) == before + 1
    assert audit.broken_link(session) is None


def test_what_does_not_exist_is_not_found(world, session):
    with pytest.raises(NotFound):
        world.regrade("marte")
    with pytest.raises(NotFound, match="no study 404"):
        weighed(world, 404, judgement("ddp"))
    assert queries.current(session, "cos") is None


def test_the_order_of_acceptance_makes_no_difference(world, session):
    one = world.study("Invented one")
    two = world.study("Invented two")
    world.decide(two, judgement("cpp", direction=FindingDirection.FAVOURS))
    world.decide(one, judgement("cpp"))
    row = world.regrade("cpp")
    assert row.counted == sorted([one, two])
    assert row.at == world.now
