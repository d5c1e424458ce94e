"""People, readers, papers, studies and decisions for tests of several packages, straight into the tables.

Each gives the row it made, with its number; what a test is about it names itself, by the column.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy.orm import Session

from monitor.accounts.tables import Role, User
from monitor.literature.tables import Paper, Study, StudyPaper
from monitor.literature.words import Lane
from monitor.notify.tables import Subscriber, SubscriberState
from monitor.review import locking
from monitor.review.tables import Decision, Screening
from monitor.review.words import DecisionVerdict, ExclusionReason, ScreeningVerdict, Stage

_Row = TypeVar("_Row", User, Subscriber, Paper, Study, StudyPaper, Decision, Screening)


def person(
    session: Session, name: str, role: Role = Role.REVIEWER, *, at: datetime, **columns: Any
) -> User:
    """Add somebody who works here; their address is their first name's, else as told."""
    address = f"{name.split(maxsplit=1)[0].lower()}@example.org"
    return _added(
        session,
        User(**{"address": address, "name": name, "role": role, "created_at": at} | columns),
    )


def reader(
    session: Session,
    name: str,
    *slugs: str,
    at: datetime,
    state: SubscriberState = SubscriberState.ACTIVE,
    **columns: Any,
) -> Subscriber:
    """Add a reader who follows these interventions, and confirmed it unless told otherwise."""
    is_active = state is SubscriberState.ACTIVE
    told = {
        "address": f"{name}@reader.example",
        "state": state,
        "interventions": list(slugs),
        "purpose": "news",
        "asked_at": at,
        "confirmed_at": at if is_active else None,
    }
    return _added(session, Subscriber(**told | columns))


def paper(
    session: Session, title: str = "An invented trial", *, at: datetime, **columns: Any
) -> Paper:
    """Add a paper that evaluates one of the ten, and has a title alone unless told more."""
    told = {
        "title": title,
        "authors": [],
        "publication_types": [],
        "keywords": [],
        "read_by": 1,
        "lane": Lane.EVALUATED,
        "first_seen_at": at,
        "changed_at": at,
        "version": 1,
    }
    return _added(session, Paper(**told | columns))


def study(session: Session, label: str, *reports: Paper, at: datetime) -> Study:
    """Add a study; each of these papers is a main report of it."""
    made = _added(session, Study(label=label, created_at=at))
    for one in reports:
        report(session, made.id, one.id, at=at)
    return made


def report(
    session: Session, study_id: int, paper_id: int, role: str = "main report", *, at: datetime
) -> StudyPaper:
    """Let a paper be one of a study's."""
    return _added(
        session, StudyPaper(paper_id=paper_id, study_id=study_id, role=role, linked_at=at)
    )


def decision(
    session: Session,
    study_id: int,
    facts: Mapping[str, Any],
    verdict: DecisionVerdict = DecisionVerdict.ACCEPT,
    *,
    by: Sequence[int],
    at: datetime,
    **columns: Any,
) -> Decision:
    """Add what two decided on a study, of the interventions that its facts name."""
    told = {
        "token": str(uuid4()),
        "study_id": study_id,
        "verdict": verdict,
        "reason": "",
        "interventions": list(facts["interventions"]),
        "facts": dict(facts),
        "decided_by": list(by),
        "at": at,
    }
    return _added(session, Decision(**told | columns))


def excluded_of_before(session: Session, paper_id: int, *, by: User, at: datetime) -> Screening:
    """Exclude a queued paper as another report of a study, as nobody can any more."""
    locking.move(locking.hold_item(session, paper_id), Stage.EXCLUDED, at)
    return _added(
        session,
        Screening(
            token=str(uuid4()),
            paper_id=paper_id,
            reviewer_id=by.id,
            verdict=ScreeningVerdict.EXCLUDE,
            reason=ExclusionReason.ALREADY_KNOWN,
            interventions=[],
            note="",
            at=at,
        ),
    )


def _added(session: Session, row: _Row) -> _Row:
    session.add(row)
    session.flush()
    return row
