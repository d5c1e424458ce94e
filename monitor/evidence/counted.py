"""The studies that count, as the rules weigh them. Each is read and derived once, and remembered.

A decision asks of the others only which they are. Grades, pools and labels are worked out anew each
time (DESIGN §9).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence.facts import StudyFacts
from monitor.evidence.showing import names
from monitor.evidence.synthesis import remembered
from monitor.evidence.synthesis.hearing import Derived, Refused, together
from monitor.evidence.synthesis.remembered import (
    MOST,
    derived_of,
    derived_of_facts,
    digest,
    rows_of,
    rules_by,
    rules_of,
)
from monitor.kernel.errors import NotFound
from monitor.kernel.remembering import Remembered
from monitor.literature.tables import Study
from monitor.review import queries as review_queries
from monitor.review.queries import CountedStudy
from monitor.review.reading.model import Reading
from monitor.review.reading.summary import reading_of_facts
from monitor.review.rules import Judgement, as_facts, direction_of, from_facts


@dataclass(frozen=True, slots=True)
class WeighedStudy:
    """A study as grading weighs it: what its tier rests on, and its results, derived."""

    facts: StudyFacts
    derived: Derived | None = None  # None: it has no result


_REMEMBERED: Remembered[WeighedStudy] = Remembered(MOST)


def counting(
    session: Session, catalogue: Catalogue, slug: str, at: datetime | None = None
) -> list[WeighedStudy]:
    """Give the studies that count for an intervention, as the rules weigh them; ``at``: as of then."""
    return [
        _weighed(catalogue, name, study)
        for name, study in names(review_queries.counted(session, slug, at=at)).items()
    ]


def weighed(
    session: Session, catalogue: Catalogue, study_id: int, judgement: Judgement, reading: Reading
) -> WeighedStudy:
    """Give what the rules would know of a study if this judgement were agreed.

    Raises:
        NotFound: no such study.
    """
    study = session.get(Study, study_id)
    if study is None:
        raise NotFound(f"there is no study {study_id}")
    year, published = review_queries.first_results(session, [study_id])[study_id]
    facts = StudyFacts(
        study_id=study_id,
        label=study.label,
        design=judgement.design,
        risk_of_bias=judgement.risk_of_bias,
        outcome_class=judgement.outcome_class,
        direction=direction_of(as_facts(judgement)),
        published=published,
        year=year,
        in_review=reading.in_review,
    )
    name = f"{study.label} ({study_id})"  # as none that counts is named
    return WeighedStudy(facts, derived_of(catalogue, rows_of(catalogue, reading, name)))


def all_derived(
    catalogue: Catalogue, studies: Sequence[WeighedStudy]
) -> tuple[list[Derived], list[Refused]]:
    """Put what several studies say together, and list the results refused, with why."""
    return together([one.derived for one in studies if one.derived], rules_of(catalogue))


def _weighed(catalogue: Catalogue, name: str, study: CountedStudy) -> WeighedStudy:
    key = (digest(study.facts), name, study.label, study.study_id, study.year, study.published)
    return _REMEMBERED.get(key, rules_by(catalogue), lambda: _said(catalogue, name, study))


def _said(catalogue: Catalogue, name: str, study: CountedStudy) -> WeighedStudy:
    """Work out what a decision's facts say."""
    facts = json.loads(study.facts)
    judgement, reading = from_facts(facts), reading_of_facts(facts)
    told = StudyFacts(
        study_id=study.study_id,
        label=study.label,
        design=judgement.design,
        risk_of_bias=judgement.risk_of_bias,
        outcome_class=judgement.outcome_class,
        direction=direction_of(facts),
        published=study.published,
        year=study.year,
        in_review=reading.in_review,
    )
    return WeighedStudy(told, derived_of_facts(catalogue, study.facts, name, lambda: reading))


def forget() -> None:
    """Forget what is remembered of the studies that count: it is worked out anew."""
    _REMEMBERED.forget()
    remembered.forget()
