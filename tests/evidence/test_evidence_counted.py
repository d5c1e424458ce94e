"""What is remembered of the studies that count gives what would be worked out anew, byte for byte."""

import json
from datetime import UTC, date, datetime

import pytest
from trials_with_effects import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    HIGH,
    result,
    smd,
    trial,
)

from monitor.accounts.tables import Role, User
from monitor.catalogue import loader
from monitor.catalogue import service as catalogue_service
from monitor.catalogue.words import ResultClass
from monitor.evidence import counted, service
from monitor.evidence.words import Cause
from monitor.literature.tables import Lane, Paper, Study, StudyPaper
from monitor.review.reading import summary
from monitor.review.reading.model import to_json
from monitor.review.rules import as_facts, versioned
from monitor.review.tables import Decision
from monitor.review.words import DecisionVerdict

CATALOGUE = loader.load()
T = datetime(2026, 11, 23, tzinfo=UTC)
PROXIMAL = {"kind": ResultClass.PROXIMAL, "key": "r2"}


@pytest.fixture(autouse=True)
def _fresh():
    counted.forget()


def fill(session, *trials):
    """Let studies count, each by the reading given for it."""
    catalogue_service.sync(session, CATALOGUE, T)
    session.add(User(id=1, address="a@example.org", name="A", role=Role.REVIEWER, created_at=T))
    session.flush()
    for number, (label, reading) in enumerate(trials, start=1):
        session.add(Study(id=number, label=label, created_at=T))
        session.add(paper(number))
        session.flush()
        session.add(StudyPaper(paper_id=number, study_id=number, role="main report", linked_at=T))
        decide(session, number, reading)


def paper(number):
    return Paper(
        id=number,
        title=f"Invented {number}",
        authors=[],
        publication_types=[],
        keywords=[],
        published=date(2025, 9, number),
        year=2025,
        read_by=1,
        lane=Lane.EVALUATED,
        first_seen_at=T,
        changed_at=T,
    )


def decide(session, study_id, reading):
    told = summary.judgement(reading, CATALOGUE.tool_by_reference, None)
    decision = Decision(
        token=f"token-{study_id}",
        study_id=study_id,
        verdict=DecisionVerdict.ACCEPT,
        reason="",
        interventions=list(told.interventions),
        facts=versioned(as_facts(told) | {"reading": to_json(reading)}),
        decided_by=[1],
        at=T,
    )
    session.add(decision)
    session.flush()
    return decision


def graded(session, slug="vipp"):
    """Give what a ledger would keep of a grade, as bytes."""
    row = service.preview(session, CATALOGUE, slug)
    return json.dumps(service._columns(row, CATALOGUE), sort_keys=True)


TRIALS = (
    ("Ash", trial("vipp", result(smd(0.4)), result(smd(0.2), **PROXIMAL))),
    ("Beech NCT00000001", trial("vipp", result(smd(0.1), risk=HIGH))),
    ("NCT00000001 again", trial("vipp", result(smd(0.3), months=24.0))),
    ("ash", trial("vipp", result(smd(0.4)), developers=True)),
    ("Cedar", trial("www", result(smd(0.2)), other="vipp")),
)


def test_a_remembered_study_gives_the_grade_that_a_fresh_one_gives(session):
    fill(session, *TRIALS)
    fresh = {slug: graded(session, slug) for slug in CATALOGUE.slugs}
    assert json.loads(fresh["vipp"])["statements"]["shows"]
    assert {slug: graded(session, slug) for slug in CATALOGUE.slugs} == fresh
    counted.forget()
    assert {slug: graded(session, slug) for slug in reversed(CATALOGUE.slugs)} == fresh


def test_a_decision_s_number_that_is_given_again_is_no_earlier_decision(session):
    """SQLite gives the number of a decision that came to nothing to the next one."""
    fill(session, *TRIALS[:1])
    before = graded(session)
    session.commit()
    session.add(Study(id=9, label="Elm", created_at=T))
    session.add(paper(9))
    session.flush()
    session.add(StudyPaper(paper_id=9, study_id=9, role="main report", linked_at=T))
    session.flush()
    session.commit()
    seen = []
    for effect in (-0.9, 0.9):
        decide(session, 9, trial("vipp", result(smd(effect))))
        seen.append(graded(session))
        session.rollback()
        assert graded(session) == before
    counted.forget()
    decide(session, 9, trial("vipp", result(smd(0.9))))
    assert seen[1] == graded(session) != seen[0]


def test_a_study_that_is_called_otherwise_is_told_so(session):
    fill(session, *TRIALS[:2])
    graded(session)
    session.get_one(Study, 1).label = "Oak"
    session.flush()
    row = service.regrade(session, CATALOGUE, "vipp", cause=Cause("baseline", "B"), at=T)
    assert any("Oak" in reason for reason in row.reasons)
    assert not any("Ash" in reason for reason in row.reasons)


def test_other_rules_are_asked_anew(session):
    fill(session, *TRIALS[:1])
    lines = [service.preview(session, CATALOGUE, "vipp").shows]
    wider = CATALOGUE.synthesis.model_copy(update={"high_risk": ("low",)})
    other = CATALOGUE.model_copy(update={"synthesis": wider})
    lines.append(service.preview(session, other, "vipp").shows)
    assert [len([line for line in shows if line.k]) for shows in lines] == [2, 0]
    assert service.preview(session, CATALOGUE, "vipp").shows == lines[0]
