"""Measure what one decision costs to follow: one intervention graded anew and its gap reassessed.

    python bench/regrade.py [--studies N] [--profile]

Makes an invented intervention of 500 counted studies with three results each, straight into a
database (SQLite) of its own. Measured, as processor time, the median of seven: reading the studies
that count (``review.counted``), making results of them, and ``evidence.regrade`` and
``gap.reassess`` together, with an expunged session each time. The yardstick, in the same run, is
reading the decisions' facts as JSON alone. Budget: 20 ms in all; ends with status 1 where it is
missed, naming the part that takes most.
"""

import argparse
import cProfile
import json
import pstats
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.accounts.tables import Role, User  # noqa: E402 - found through the path above
from monitor.catalogue import loader  # noqa: E402 - the same
from monitor.catalogue import service as catalogue_service  # noqa: E402 - the same
from monitor.catalogue.words import (  # noqa: E402 - the same
    ArmRole,
    Better,
    ComparatorClass,
    Design,
    EffectType,
    InReview,
    OutcomeClass,
    Planned,
    Population,
    ResultClass,
    RiskOfBias,
    Unit,
)
from monitor.evidence import service as evidence  # noqa: E402 - the same
from monitor.evidence.words import Cause  # noqa: E402 - the same
from monitor.gap import service as gaps  # noqa: E402 - the same
from monitor.kernel.persistence.database import Database  # noqa: E402 - the same
from monitor.literature.tables import Paper, Study, StudyPaper  # noqa: E402 - the same
from monitor.literature.words import Lane  # noqa: E402 - the same
from monitor.ops.schema import metadata  # noqa: E402 - the same
from monitor.review import queries as review  # noqa: E402 - the same
from monitor.review.reading.model import (  # noqa: E402 - the same
    Arm,
    Reading,
    ReadingResult,
    Reported,
    Risk,
    to_json,
)
from monitor.review.rules import Judgement, as_facts, versioned  # noqa: E402 - the same
from monitor.review.tables import Decision  # noqa: E402 - the same
from monitor.review.words import DecisionVerdict  # noqa: E402 - the same
from monitor.usage import service as usage  # noqa: E402 - the same

AT = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
SLUG, STUDIES, BUDGET, RUNS = "cos", 500, 20.0, 7
CAUSE = Cause("decision", "Invented")
CATALOGUE = loader.load()
_CHANCE = random.Random(15)  # noqa: S311 - the same world in every run


def fill(database: Database, studies: int) -> None:
    """Write the studies and the decisions that accept them."""
    with database.write() as session:
        catalogue_service.sync(session, CATALOGUE, AT)
        usage.sync_baseline(session, CATALOGUE, at=AT)
        session.add(
            User(id=1, address="a@example.org", name="A", role=Role.REVIEWER, created_at=AT)
        )
        session.flush()
        for number in range(1, studies + 1):
            add(session, number, AT)


def add(session: Session, number: int, at: datetime) -> None:
    """Write a study of this number, and the decision that accepts it."""
    session.add(Study(id=number, label=f"Invented {number}", created_at=at))
    session.add(_paper(number, at))
    session.flush()
    session.add(StudyPaper(paper_id=number, study_id=number, role="main report", linked_at=at))
    session.add(_decision(number, at))


def _paper(number: int, at: datetime) -> Paper:
    return Paper(
        id=number,
        title=f"Invented paper {number}",
        authors=[],
        publication_types=[],
        keywords=[],
        published=date(2025, 9, 1),
        year=2025,
        read_by=1,
        lane=Lane.EVALUATED,
        first_seen_at=at,
        changed_at=at,
    )


def _decision(number: int, at: datetime) -> Decision:
    judgement = Judgement(
        count_it=True,
        reason="",
        interventions=(SLUG,),
        design=Design.RANDOMISED,
        risk_of_bias=RiskOfBias.LOW,
        risk_reason="Invented",
        outcome_class=OutcomeClass.ATTACHMENT,
        outcome="Attachment security",
        direction=None,
        participants=100,
        uk=True,
        developer_led=False,
        quote="Invented.",
    )
    return Decision(
        token=f"token-{number}",
        study_id=number,
        verdict=DecisionVerdict.ACCEPT,
        reason="",
        interventions=[SLUG],
        facts=versioned(as_facts(judgement) | {"reading": to_json(_reading())}),
        decided_by=[1],
        at=at,
    )


def _reading() -> Reading:
    arms = (
        Arm(key="a1", role=ArmRole.EXPERIMENTAL, intervention=SLUG),
        Arm(
            key="a2",
            role=ArmRole.COMPARATOR,
            name="Usual care",
            comparator=ComparatorClass.USUAL_CARE,
        ),
    )
    kinds = (ResultClass.ATTACHMENT, ResultClass.PROXIMAL, ResultClass.ATTACHMENT)
    return Reading(
        count_it=True,
        in_review=InReview.NO,
        in_review_reason="Invented",
        design=Design.RANDOMISED,
        unit=Unit.PEOPLE,
        arms=arms,
        results=tuple(_result(f"r{at}", kind) for at, kind in enumerate(kinds, start=1)),
    )


def _result(key: str, kind: ResultClass) -> ReadingResult:
    return ReadingResult(
        key=key,
        experimental="a1",
        comparator="a2",
        kind=kind,
        outcome="Invented",
        population=Population.ALL,
        planned=Planned.PRIMARY if key == "r1" else Planned.SECONDARY,
        better=Better.HIGHER,
        reported=Reported(
            type=EffectType.SMD,
            effect=round(_CHANCE.gauss(0.2, 0.3), 2),
            n_i=_CHANCE.randint(20, 150),
            n_c=_CHANCE.randint(20, 150),
            quote="Invented.",
        ),
        risk=Risk(stated=RiskOfBias.LOW, reason="Invented"),
    )


def follow(session: Session, at: datetime = AT) -> None:
    """Grade anew and reassess, as after a decision."""
    grade = evidence.regrade(session, CATALOGUE, SLUG, cause=CAUSE, at=at)
    gaps.reassess(session, CATALOGUE, SLUG, grade=grade, cause=CAUSE, at=at)


def facts(session: Session) -> None:
    """The yardstick: the decisions' facts alone, as JSON."""
    for text in session.scalars(select(Decision.facts)):
        json.loads(json.dumps(text))


def measured(database: Database, work: Callable[[Session], object]) -> float:
    """Give the median processor time in milliseconds; the first run, which loads, is left out."""
    took = []
    for _ in range(RUNS + 1):
        with database.write() as session:
            began = time.process_time()
            work(session)
            took.append((time.process_time() - began) * 1000)
    return statistics.median(took[1:])


def main() -> int:
    """Measure, print, and say whether the budget is kept."""
    options = argparse.ArgumentParser()
    options.add_argument("--studies", type=int, default=STUDIES)
    options.add_argument("--profile", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/bench.sqlite3")
        metadata.create_all(database.engine)
        fill(database, chosen.studies)
        if chosen.profile:
            with database.write() as session, cProfile.Profile() as profile:
                follow(session)
            pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
            return 0
        yardstick = measured(database, facts)
        parts = {
            "the studies that count, read": measured(
                database, lambda session: review.counted(session, SLUG)
            ),
            "and as results": measured(
                database, lambda session: evidence.counting(session, CATALOGUE, SLUG)
            ),
            "and graded": measured(
                database, lambda session: evidence.grade_at(session, CATALOGUE, SLUG, AT)
            ),
            "one decision followed": measured(database, follow),
        }
        database.dispose()
    print(f"yardstick, facts of {chosen.studies} decisions as JSON: {yardstick:.1f} ms")
    before, most = 0.0, ("", 0.0)
    for name, took in parts.items():
        print(f"{name}: {took:.1f} ms, {took / yardstick:.1f} × the yardstick")
        most = max(most, (name, took - before), key=lambda part: part[1])
        before = took
    print(f"at most {BUDGET:.0f} ms; most of it is “{most[0]}”, {most[1]:.1f} ms")
    return int(parts["one decision followed"] > BUDGET)


if __name__ == "__main__":
    sys.exit(main())
